// Package transcript reads transcripts, runs them against a Stage and prints what came out. A transcript is a
// conversation between several people and the bot, written down as a text archive (txtar): a specification that is a
// test, a test that can be read aloud, and a bug report that can be sent.
//
//	# Two people, one late reply.
//	now 2026-03-02 14:00 Europe/Berlin
//	people ana (facilitator), bo America/New_York
//	-- #ops --
//	14:02 ana: errors on checkout are up   =m1
//	14:03 bo +📌 m1
//	      bot +📎 m1
//	15:10 ana> /postmortem start Checkout errors
//	      bot: PM-1  Checkout errors   =card
//	        [Answer]  [Ask here ▾ Timeline | Impact]
//	-- #ops/PM-1 --
//	15:12 ana> [Ask here ▾ Impact] on card
//	      bot: Who was hit?   =question-4
//	-- (3 weeks later) --
//	      bot -> bo: One of your follow-ups is late.   =nudge
//	-- report.md --
//
// # Before the first section
//
// Lines that begin with # are for readers; those at the very top are the title.
//
//   - now DATE TIME ZONE: when it begins, and the zone of the workspace, in which all times of the file are.
//   - people NAME [(notes)] [ZONE], …: who is there; several lines add up. A zone of their own where it differs. Notes that
//     mean something: admin, bot (another program's account), inactive (account closed), outsider (a guest, sees only
//     channels that name them), role mods (has that role, which is typed @&mods). All others are for readers. Nobody is
//     called bot or chat.
//   - channels #NAME [(notes)], …: only those that are not plain public channels with the bot in them. Notes: private
//     (everybody but outsiders is in), private: ana bo (only they are), archived, without bot.
//   - budget channel|thread|private N: because …: an exception to the message budget, with its reason.
//
// # Sections
//
//   - #ops is a channel, #ops/m3 the thread under the message of that name, #ops/PM-1 the thread under the card that
//     shows this number, @bo what is between the bot and bo alone.
//   - (3 weeks later), (13 hours later), (2026-03-24 10:00): time passes. Everything that becomes due on the way happens,
//     in order. Days and weeks keep the clock time. What follows is still in the place of the section before.
//   - report.md, or any other name in .md, is the report: the newest file of that name that the bot attached, for
//     report.md of any name in .md, else the newest message in a slot that begins with "report". What stands there is
//     rewritten like bot lines. A line that would begin a section has a backslash before it.
//
// # What people do
//
//	14:02 ana: text   =m1            a message, with a name for it after two spaces or more; else it is called `ana 14:02`
//	deploybot (app): text            a message of another program
//	ana: see graph  +file graph.png  with a file; several are possible; ^m1 there answers m1
//	bo +📌 m1                        a reaction; bo -📌 m1 takes it off
//	ana edits m1: text
//	ana deletes m1
//	ana> /postmortem start …         a command
//	ana> [Next]                      a click on the newest message here that has this button, else in the private messages
//	ana> [Next] on card              on the message of that name
//	ana> [Next (2)]                  on the second button there that is called so
//	ana> [Which ▾ Tue 03:14]         a choice from a menu; may be quoted as in Go
//	ana> {text: "…"; when: 14:05}    fills in the form that is open for ana, and submits it; values may be quoted as in Go
//	ana joins                        becomes a member of the channel; ana leaves
//	ana invites bot                  adds the bot to the channel; ana removes bot
//	ana archives                     archives the channel; ana unarchives
//	bo is deactivated                closes bo's account
//	restart                          a new bot over the same store
//	store away                       the store cannot be reached, until store back
//
// A time before it (14:02, or 2026-03-03 09:10) says when. A time of the day that has passed is tomorrow's. Without one a
// minute has gone by. A line that begins with & happens at the same moment as the one before.
//
// A text goes on in lines that are indented and do not look like a line of somebody's; a backslash before one makes sure.
// A message's name and files may stand after its first line or after its last. A line with nothing but a dot, or a backslash, is empty. Blank lines and lines that begin with # at the margin are for readers.
//
// # What the bot does
//
// Lines that begin with bot (or chat: the platform itself refusing something) are what came out. The runner writes them,
// six spaces in, in one order: private answers, reactions, edits, posts, private messages.
//
//	bot -> bo in #ops: text        a private answer to something bo did; also: chat -> bo in #ops: …
//	bot asks bo: Title             a form for bo, with its inputs, and with what is wrong in them
//	bot +📎 m1                     a reaction; bot -📎 m1.
//	bot edits card:                only the lines that differ, after "- " and "+ "; compared from block to block
//	bot: text   =card              a post, named after what it is for; card.2 when there is one already
//	bot -> bo: text   =nudge       a private message; its edit: bot edits nudge -> bo:
//
// Posts and edits in another place than the section's say so: bot in #ops/m3: …, bot edits card in #ops:.
//
// A block is a run of what people do and of what the bot does about it. It ends before lines of the bot, at a section,
// when more than five minutes or a due moment pass, before a click or a form, since nobody clicks what they have not seen,
// and after whatever is said to the bot (a click, a form, a command, a text that begins with @debrief), since people wait
// for what it says to that; but never before a line with &. Only at the end of a block does the bot work off what has come in, so within one block it may
// come in doubled, late and in any order, and the end of the block must be the same.
//
// # The message budget
//
// Run counts what the bot posts: in a channel two for each card there and one digest a week; in a thread twelve for each
// card it hangs on or holds (four when the card says "tiny", none where there is no card), all slots that begin with
// "report" counting as one; to a person one private message a week, and one a day whose slot begins with "hand". Private
// answers do not count.
package transcript

import (
	"strings"
	"time"
)

// Transcript is a parsed file, with every byte of it.
type Transcript struct {
	File    string // its name, for errors
	Title   string // the comment it begins with, on one line
	Setting Setting
	Budget  map[string]Exception // by "channel", "thread", "private"

	nodes []node
}

// Setting is what a transcript begins with.
type Setting struct {
	Start    time.Time
	Zone     *time.Location
	People   []Person
	Channels []Channel
}

// Person is somebody in a transcript. Their name is their id.
type Person struct {
	Name     string
	Zone     string // IANA name; empty: the workspace's
	Admin    bool
	Bot      bool
	Inactive bool
	Outsider bool
	Roles    []string
}

// Channel is a channel in a transcript. Its name is its id, without the #.
type Channel struct {
	Name       string
	Private    bool
	Archived   bool
	WithoutBot bool
	Members    []string // of a private channel
}

// Exception is a reasoned exception to the message budget.
type Exception struct {
	Limit   int
	Because string
}

// nodeKind says what a piece of the file is.
type nodeKind int

const (
	plain  nodeKind = iota // the head of the file, blank lines, comments
	place                  // a section: where it happens
	passes                 // a section: time passes
	report                 // a section: the report; its text follows in the same node
	act                    // what somebody does
	bot                    // what the bot did: written by the runner
)

// node is a piece of the file: one line with those that continue it.
type node struct {
	kind nodeKind
	line int    // of its beginning, from 1
	text string // exactly as it stands in the file, with its line ends
	name string // of a section
	act  line
}

// String is the transcript as a file.
func (t *Transcript) String() string {
	var b strings.Builder
	for _, n := range t.nodes {
		b.WriteString(n.text)
	}
	return b.String()
}

// Stripped is the transcript without anything that the runner writes: no lines of the bot, no reports.
func (t *Transcript) Stripped() *Transcript {
	s := *t
	s.nodes = nil
	for _, n := range t.nodes {
		switch n.kind {
		case bot:
			continue
		case report:
			n.text, _, _ = strings.Cut(n.text, "\n")
			n.text += "\n"
		}
		s.nodes = append(s.nodes, n)
	}
	return &s
}

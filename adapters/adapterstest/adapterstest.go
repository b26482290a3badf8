// Package adapterstest is what every chat platform must do, as tests: the port adapters.Chat in cases.
//
// # The suite
//
// A platform's own test is a harness and one call:
//
//	func TestSuite(t *testing.T) { adapterstest.Run(t, newPlatform) }
//
// The harness makes a platform: the adapter under test, connected to something that plays its vendor (a server of our
// own in the test, or somebody else's), and functions by which people there act and look. Every case gets a fresh one.
// What a platform does not have is declared by leaving its function nil; the cases about it are then not run.
//
// # Golden envelopes
//
// testdata/slack and testdata/discord hold what the vendors' servers send, shaped as they document it, with ids that
// are invented, and the events that must come of it:
//
//	{
//	  "about": "what this shows",
//	  "happening": "the same words in every file that is about one and the same happening",
//	  "before": [envelope, …],       delivered first, so that the adapter knows what it must (optional)
//	  "envelope": {…} or "a=b&c=d",  as it comes: a JSON body or dispatch, or a form body as a string
//	  "events": [{…}]                conversations.Event, none when the envelope concerns nobody
//	}
//
// The events are in the form in which they are stored. They were made by an adapter that is set up as the constants
// here say. An adapter's test hands its receive function to Golden, which compares.
//
// What a control or a form of ours is called on the wire is for the adapter to decide. The files have ours as
// verb|subject|value, in Slack's action value and view private_metadata (there after the place, `C0OPS/1772456520.000100|`)
// and in Discord's custom_id. An adapter that writes them differently passes Golden a function that rewrites an envelope.
package adapterstest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// Harness makes a platform for one case. What the adapter logs must go to log.
type Harness func(t *testing.T, log *slog.Logger) *Platform

// Platform is a chat platform with the adapter under test connected to it. References and ids are those that the
// adapter uses in events.
type Platform struct {
	Chat    adapters.Chat
	Channel conversations.Place // a public channel that the bot, Ana and Bo are in, with nothing in it
	Ana, Bo string              // two people's ids
	Tokens  []string            // the secrets that the adapter was given

	// Ready returns when what happens from now on reaches the adapter. Chat.Run has been called. nil: it always does.
	Ready func(t *testing.T)
	// Do has somebody do something. It returns when the adapter has acknowledged it to the platform (Acked), or has
	// refused it, or the platform's patience is at an end.
	Do func(t *testing.T, a Act) Outcome
	// Again delivers the newest happening again as the platform does when it was not acknowledged: the same happening in
	// a new delivery. It reports whether the adapter acknowledged it.
	Again func(t *testing.T) (acked bool)
	// Shown is a message as people see it there now; false: it is not there.
	Shown func(t *testing.T, ref conversations.MessageRef) (Shown, bool)
	// Private is what one person alone has been shown, oldest first: direct messages, private answers, and what the
	// platform or the adapter itself told them.
	Private func(t *testing.T, person string) []Shown
	// Form is the form that somebody has before them: its title, the names of its inputs, and what is wrong, by input;
	// what is wrong with none of them has an empty name.
	Form func(t *testing.T, person string) (title string, inputs []string, wrong []conversations.Field, open bool)

	Pins      []string // everything that people may pick and that is 📌
	CustomPin string   // an emoji of the workspace's own whose name is that of 📌; empty: there are none

	Closed      conversations.Place // a place where the bot may not write
	Unreachable string              // somebody who cannot be written to
	Expire      func(t *testing.T)  // the time for answering privately passes, for all acts so far
	Busy        func(t *testing.T, after time.Duration)
	// Cut has nothing reach the adapter for a while, and returns when it is connected again. nil: what happens meanwhile
	// is kept for it.
	Cut func(t *testing.T)
	// Lose has the answer to the next post get lost on its way: the message is there and the adapter does not hear of it.
	Lose func(t *testing.T)
}

// Act is something that somebody does. What is needed depends on Kind.
type Act struct {
	Kind    conversations.EventKind // Said, Edited, Deleted, Reacted, Commanded, Clicked, Submitted
	Who     string
	Where   conversations.Place      // Said, Commanded
	Message conversations.MessageRef // Edited, Deleted, Reacted, Clicked
	Text    string                   // Said, Edited, Commanded: as it is read, without markup
	Mention bool                     // Said: it begins by mentioning the bot
	Names   string                   // Said: it ends by mentioning this person
	Files   []string                 // Said: names
	Emoji   string                   // Reacted
	On      bool                     // Reacted
	Label   string                   // Clicked: of the button or menu
	Choice  string                   // Clicked: the label of the option
	Fields  []conversations.Field    // Submitted: the form that Who has before them
}

// Outcome is what came of an act.
type Outcome struct {
	Message conversations.MessageRef // Said: the message
	Acked   bool
}

// Shown is a message as people see it.
type Shown struct {
	Text   string   // all of it, as it is read, with its parts and its files; of controls the labels
	Pings  []string // whom it notified or highlighted because of what stands in it
	Links  []string // what the platform made clickable, other than the message's own links and controls
	Marks  []string // the bot's reactions, as conversations.Emoji writes them
	Edited bool
}

// Run puts a platform through every case.
func Run(t *testing.T, h Harness) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, h)
			c.test(b)
			b.end()
		})
	}
}

var cases = []struct {
	name string
	test func(*bench)
}{
	{"acknowledges what was saved", acknowledges},
	{"says so when an act was not saved", notSaved},
	{"same happening, same key", sameKey},
	{"its own messages never come in", ownMessages},
	{"masks before it makes an event", masks},
	{"folds emoji", foldsEmoji},
	{"cuts the mention of the bot", cutsMention},
	{"writes people by id", writesPeople},
	{"a reply has its thread", replies},
	{"edits", edited},
	{"deletions", deleted},
	{"reactions", reactions},
	{"files", files},
	{"commands", commands},
	{"buttons and menus", controls},
	{"forms", forms},
	{"answers at once", answersAtOnce},
	{"says that it was away", saysAway},
	{"posts and edits", posts},
	{"reacts, twice the same", reacts},
	{"writes to a person", writes},
	{"answers an act privately", answersPrivately},
	{"finds what it sent", finds},
	{"finds what it does not know it sent", findsLost},
	{"what people wrote is inert", inert},
	{"long texts are complete", long},
	{"refusals come as their type", refusals},
	{"not now comes as its type", notNow},
	{"reads in pages", readsPages},
	{"reads a thread", readsThread},
	{"reads one message", readsMessage},
	{"people and places", peopleAndPlaces},
	{"a context that has ended", endedContext},
	{"all at once", allAtOnce},
}

// patience is how long a case waits for something that must come.
const patience = 10 * time.Second

// bench is one case's platform, and the bot's door at which its events come in.
type bench struct {
	*testing.T
	p    *Platform
	chat adapters.Chat
	door *door
	log  *logged
	errs []error
}

func newBench(t *testing.T, h Harness) *bench {
	b := &bench{T: t, door: newDoor(), log: &logged{}}
	b.p = h(t, slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	b.chat = b.p.Chat
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.chat.Run(ctx, b.door) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("Run does not end with its context")
		}
	})
	if b.p.Ready != nil {
		b.p.Ready(t)
	}
	return b
}

// end looks for words and tokens where they must not be, and at every event that came in.
func (b *bench) end() {
	b.Helper()
	said := append(append([]string{canary, secretWord}, b.p.Tokens...), b.door.tokens()...)
	written := b.log.String()
	for _, err := range b.errs {
		written += "\n" + err.Error()
	}
	for _, s := range said {
		if s != "" && contains(written, s) {
			b.Errorf("a log line or an error holds %q, which is a token or somebody's words", s)
		}
	}
	for _, e := range b.door.all() {
		for _, wrong := range Malformed(e) {
			b.Errorf("event %s: %s", e.Key, wrong)
		}
	}
}

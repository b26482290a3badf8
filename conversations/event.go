package conversations

import (
	"strings"
	"time"
)

// EventKind says what happened.
type EventKind string

// The kinds of events. The first group comes from people through a platform, the second from the bot itself.
const (
	Said      EventKind = "said"      // a message was posted; Mention is set when it begins by addressing the bot
	Edited    EventKind = "edited"    // a message's text changed; At is the time of the edit
	Deleted   EventKind = "deleted"   // a message was deleted by an explicit act; absence is never a deletion
	Reacted   EventKind = "reacted"   // Who put Emoji on Message (On) or took it off
	Commanded EventKind = "commanded" // `/postmortem …`; Text is what follows the command's name
	Clicked   EventKind = "clicked"   // a button or a menu of ours; Verb, Subject and Value are the control's
	Submitted EventKind = "submitted" // a form of ours; Verb, Subject and Value are the form's, Fields what was typed
	Joined    EventKind = "joined"    // the bot was added to Where, or can write there again
	Left      EventKind = "left"      // the bot cannot write in Where any more; Value says why: Archived, Removed, Gone
	Named     EventKind = "named"     // Where is a public channel that is called Value: it is new, or was renamed
	Changed   EventKind = "changed"   // the platform says something new about Who: a name, a zone, that they have left
	Opened    EventKind = "opened"    // somebody looks at their own page; what they see is the answer
	Looked    EventKind = "looked"    // reading back found that Message differs from what is stored

	Sent    EventKind = "sent"    // a post of this subject reached the platform: Slot, Result
	Refused EventKind = "refused" // the platform will never carry out this effect: Slot, Reason
	Fetched EventKind = "fetched" // the answer to a Fetch: Seen, Snapshot (nil: the message cannot be read)
	ReadTo  EventKind = "read"    // the answer to a ReadBack: what is Left of its part (nil: nothing)
	Filed   EventKind = "filed"   // a Keep is durable: Value is the kept row's key
	Told    EventKind = "told"    // another subject says something: Verb, Value, Fields
	Ticked  EventKind = "ticked"  // the subject's Due has come; At is that due time
)

// Event is one thing that happened, shaped the same on every platform. Adapters make the events of people, the bot
// makes the rest. Its Key is natural: the same happening has the same key however often and by whatever way it arrives.
//
// Times are UTC, to the millisecond. Secrets are masked before an Event is made.
type Event struct {
	Key   string    `json:"key"`
	Kind  EventKind `json:"kind"`
	At    time.Time `json:"at,omitzero"`    // when it happened, by the source's clock; for a message, its own time
	Where Place     `json:"where,omitzero"` // Thread is empty where the platform does not say (Slack's reactions)
	Who   string    `json:"who,omitempty"`  // the acting person's id on the platform; empty for messages of other programs

	Message   MessageRef `json:"message,omitzero"`   // the message concerned, or the one that carries the control
	MessageAt time.Time  `json:"messageAt,omitzero"` // the time of Message, where its id tells it (Slack's ts, Discord's snowflake)
	ReplyTo   string     `json:"replyTo,omitempty"`  // id of the message this one answers, where the platform has that
	Text      string     `json:"text,omitempty"`     // a message's words, or a command's arguments; secrets masked
	Masked    bool       `json:"masked,omitempty"`   // something in Text was masked
	Mention   bool       `json:"mention,omitempty"`  // the message begins with a mention of the bot, which is cut from Text
	Files     []string   `json:"files,omitempty"`    // names of the files that came with the message
	Author    string     `json:"author,omitempty"`   // for messages of other programs: the name shown
	Emoji     string     `json:"emoji,omitempty"`    // normalised: see Emoji
	On        bool       `json:"on,omitempty"`       // a reaction: put on, not taken off

	Verb    string  `json:"verb,omitempty"`
	Subject string  `json:"subject,omitempty"`
	Value   string  `json:"value,omitempty"`
	Fields  []Field `json:"fields,omitempty"`
	Handle  Handle  `json:"handle,omitzero"` // how to answer this act privately

	Effect   string    `json:"effect,omitempty"` // for results: the effect they are about
	Slot     string    `json:"slot,omitempty"`
	Result   Result    `json:"result,omitzero"`
	Reason   string    `json:"reason,omitempty"`
	Seen     int       `json:"seen,omitempty"`
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	Left     *Stretch  `json:"left,omitempty"`
}

// Lane is what is handled one at a time in the usual case: workspace and channel for what people do, the subject for
// what comes of effects. Correctness does not rest on it.
func (e Event) Lane(subject string) string {
	switch e.Kind {
	case Sent, Refused, Fetched, ReadTo, Filed, Told, Ticked:
		return subject
	}
	return e.Where.Workspace + "/" + e.Where.Channel
}

// Field is one named value of a form.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

// Field returns the named value, empty when there is none.
func (e Event) Field(name string) string {
	for _, f := range e.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Place is where people write: a channel, or a thread in it. On Slack a thread is the id of its root message; on
// Discord it is a channel of its own, and both Channel and Thread are its id.
type Place struct {
	Workspace string `json:"workspace,omitempty"` // "slack/T1", "discord/<guild>", "local/main": always two parts
	Channel   string `json:"channel,omitempty"`
	Thread    string `json:"thread,omitempty"`
}

// Address is the name under which a subject that lives in this place is found.
func (p Place) Address() string {
	if p.Thread != "" {
		return p.Workspace + "/thread/" + p.Channel + "/" + p.Thread
	}
	return p.Workspace + "/channel/" + p.Channel
}

// Root is the place without its thread.
func (p Place) Root() Place { return Place{Workspace: p.Workspace, Channel: p.Channel} }

// MessageRef names one message on a platform.
type MessageRef struct {
	Workspace string `json:"workspace,omitempty"`
	Channel   string `json:"channel,omitempty"` // the channel as it stands on the platform's event; a Discord thread's own id
	ID        string `json:"id,omitempty"`
}

// Key is the message's natural key, which is also the key of the event that it was posted.
func (m MessageRef) Key() string { return m.Workspace + "/msg/" + m.Channel + "/" + m.ID }

// Handle is a platform's permission to answer one act privately, for a limited time. The token is a secret.
type Handle struct {
	Token   Secret    `json:"token,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// Secret is a text that never prints.
type Secret string

// String hides the secret from logs and errors.
func (Secret) String() string { return "(secret)" }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return "(secret)" }

// Reveal returns the secret itself, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// Result is where a post ended up.
type Result struct {
	Message MessageRef `json:"message,omitzero"`
	Thread  Place      `json:"thread,omitzero"` // where replies to it are written
	At      time.Time  `json:"at,omitzero"`     // the message's own time

	Further []MessageRef `json:"further,omitempty"` // what a long message goes on in, in order
}

// Snapshot is a message as the platform shows it now.
type Snapshot struct {
	Message   MessageRef `json:"message"`
	Where     Place      `json:"where"`
	At        time.Time  `json:"at"`
	EditedAt  time.Time  `json:"editedAt,omitzero"`
	Who       string     `json:"who,omitempty"`     // the author's id; empty for other programs
	Author    string     `json:"author,omitempty"`  // for other programs: the name shown
	Ours      bool       `json:"ours,omitempty"`    // the bot's own
	Mention   bool       `json:"mention,omitempty"` // begins with a mention of the bot, which is cut from Text
	ReplyTo   string     `json:"replyTo,omitempty"`
	Text      string     `json:"text,omitempty"` // secrets masked
	Masked    bool       `json:"masked,omitempty"`
	Files     []string   `json:"files,omitempty"`
	Reactions []Reaction `json:"reactions,omitempty"` // all of people; the bot's own are left out
}

// Reaction is one emoji on a message and the people who put it there.
type Reaction struct {
	Emoji string   `json:"emoji"`
	Who   []string `json:"who"`
}

// Person is somebody on a platform.
type Person struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Zone   string   `json:"zone,omitempty"` // IANA name; empty where the platform does not know
	Active bool     `json:"active"`
	Admin  bool     `json:"admin,omitempty"`
	Roles  []string `json:"roles,omitempty"` // ids of their roles, where the platform has that (Discord), sorted
	Bot    bool     `json:"bot,omitempty"`
}

// Location is the person's time zone, or the fallback where none is known.
func (p Person) Location(fallback *time.Location) *time.Location {
	if p.Zone == "" {
		return fallback
	}
	loc, err := time.LoadLocation(p.Zone)
	if err != nil {
		return fallback
	}
	return loc
}

// Emoji folds what platforms send as the same emoji into one form: skin tones and variation selectors go, Slack's
// names become the character where we know it. Custom emoji stay `name:id` and never equal a plain one.
func Emoji(s string) string {
	if strings.Contains(s, ":") && !strings.Contains(s, "::") {
		return s // custom, by id
	}
	s, _, _ = strings.Cut(s, "::") // Slack's `thumbsup::skin-tone-2`
	s = strings.Map(func(r rune) rune {
		if r == '\uFE0F' || r == '\uFE0E' || (r >= 0x1F3FB && r <= 0x1F3FF) {
			return -1
		}
		return r
	}, s)
	if c, ok := emojiNames[s]; ok {
		return c
	}
	return s
}

// emojiNamed reports whether we know what Slack calls an emoji.
func emojiNamed(emoji string) bool {
	for _, e := range emojiNames {
		if e == emoji {
			return true
		}
	}
	return false
}

// emojiNames are Slack's names of the emoji that Debrief gives a meaning, by itself or as settings suggest, and of a few
// that people like to give one.
var emojiNames = map[string]string{
	"pushpin": "📌", "round_pushpin": "📍", "dart": "🎯", "memo": "📝", "pencil": "📝", "x": "❌",
	"paperclip": "📎", "warning": "⚠",
	"rotating_light": "🚨", "eyes": "👀", "adhesive_bandage": "🩹", "white_check_mark": "✅", "heavy_check_mark": "✔",
	"fire": "🔥", "+1": "👍", "thumbsup": "👍", "safety_pin": "🧷", "checkered_flag": "🏁", "bulb": "💡",
}

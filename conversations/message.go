package conversations

import (
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// Message is what an adapter is given to send: already words, made by Render just before.
type Message struct {
	Effect      string       // the effect's id: metadata on Slack, nonce on Discord; what Find looks for
	Kind        EffectKind   // Post, Private, Reply, React or Join
	Slot        string       // what the message is for ("card", "question 1"): for logs and transcripts, never shown
	Place       Place        // Post: where; Reply: where the act was
	Person      string       // Private and Reply: to whom
	Edit        MessageRef   // when set: edit this message instead of posting
	Further     []MessageRef // Edit: what the message goes on in, by the result of the last Send; unsure when Since is set
	Target      MessageRef   // React: the message
	Names       []string     // Join: patterns of names, see JoinMatches
	Emoji       string
	On          bool
	Handle      Handle    // Reply: how; expired handles are never passed
	Since       time.Time // Find: no part of it can be on the platform before this, by the store's clock
	Body        Body
	OpensThread bool // Post: people will reply under it (Slack: nothing to do; Discord: start a thread)
}

// Body is what people see: words, and rows of controls. A row stands where a span of the text says so, else below all of it.
type Body struct {
	Text     []Span
	Controls [][]Control // rows
	File     *File       // sent along where the platform can, linked or cut where it cannot
}

// IsZero reports whether there is nothing to say.
func (b Body) IsZero() bool { return len(b.Text) == 0 && len(b.Controls) == 0 && b.File == nil }

// Below are the rows of controls that stand below the text, by their number: those that stand nowhere in it.
func (b Body) Below() []int {
	var below []int
	for n, row := range b.Controls {
		if len(row) > 0 && !slices.ContainsFunc(b.Text, func(s Span) bool { return s.Kind == Buttons && s.Row == n }) {
			below = append(below, n)
		}
	}
	return below
}

// File is a text document that goes with a message.
type File struct {
	Name   string // "PM-1.md"
	Text   string
	Record *postmortem.Record // what Text was printed from, so that it can be had in other forms; nil: it is only a text
}

// SpanKind says how a span is to be shown.
type SpanKind string

// The kinds of spans.
const (
	Words   SpanKind = "words"   // ours: CommonMark
	Quoted  SpanKind = "quoted"  // theirs: shown exactly, never formatted, linked or pinged
	Someone SpanKind = "someone" // a person by id; Text is the name as a fallback; named, never pinged
	Channel SpanKind = "channel" // a channel by id
	Moment  SpanKind = "moment"  // a time, shown in each reader's zone where the platform can; Text is the fallback
	Link    SpanKind = "link"    // Text, to the message or place in Ref
	Item    SpanKind = "item"    // a new line of a list, Level deep; Text is the fallback
	Buttons SpanKind = "buttons" // a row of controls, on a line of its own; it has no Text
)

// Span is a run of text of one kind.
type Span struct {
	Kind SpanKind
	Text string
	ID   string     // Someone, Channel
	Time time.Time  // Moment
	Hour bool       // Moment: only the time of day, where the date has just been said
	Ref  MessageRef // Link

	Level int // Item: 0 is the outermost
	Row   int // Buttons: which of the body's Controls
}

// Control is a button, or a menu when it has options. A click on it comes back as Clicked with the same Verb, Subject and
// Value (a menu: the chosen option's).
type Control struct {
	Label   string
	Verb    string
	Subject string
	Value   string
	Options []Option
	Primary bool // the one most people want
}

// Option is one choice of a menu.
type Option struct {
	Label string
	Value string
}

// Form is a dialogue. Submitting it comes back as Submitted with the same Verb, Subject and Value.
type Form struct {
	Title   string
	Verb    string
	Subject string
	Value   string
	Submit  string
	Inputs  []Input
}

// Input is one field of a form.
type Input struct {
	Name     string
	Label    string
	Hint     string
	Value    string   // what stands there already
	Lines    bool     // several lines
	Options  []Option // a choice instead of free text
	Many     bool     // several options can be chosen: values, also the one that stands there, are separated by spaces
	Pick     Pick     // what is to be chosen, where the platform has something to choose it with
	Optional bool
}

// Pick is something that platforms let people choose instead of type. What is typed is read as well.
type Pick string

// What can be picked.
const (
	PickPerson  Pick = "person"  // the value is a mention, <@id>; of Many, several with spaces between
	PickDay     Pick = "day"     // the value is 2026-12-01
	PickChannel Pick = "channel" // the value is a mention, <#id>; likewise
)

// Answer is what is said at once to the person who acted, before or instead of anything durable: nothing, a private
// line, a form, or field errors that keep a form open.
type Answer struct {
	Private Body // to Opened: their page
	Form    *Form
	Errors  []Field  // by input name: what is wrong with it
	Options []Option // autocompletion
}

// Plain is the text without any markup, for logs of transcripts and platforms that can do nothing.
func Plain(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		switch s.Kind {
		case Channel:
			b.WriteString("#" + s.Text)
		default:
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// Package adapters is the port to chat platforms.
//
// To add one: a package of its own beside slack, discord and local, with three files: receive.go turns what the platform
// sends into conversations.Event, render.go turns conversations.Message into what the platform shows, and a third
// connects. It passes adapterstest, gets one block in cmd and one row in the README; nothing else changes.
//
// What every implementation owes, each a case of that suite:
//
//   - An event's Key is natural (see conversations.Event), never the delivery's own id: the same happening arriving by
//     retry, by another connection or by reading back has the same Key.
//   - It acknowledges to the platform only after Handler.Handle returned nil. An error means "not saved": the platform
//     is told to send again, or the person to try again.
//   - When what happened for a while may not have reached it, it hands in conversations.Away once it is connected again, and
//     until that is saved: the bot reads back. (At its start the bot reads back by itself, once Workspaces answers.)
//   - The bot's own messages and reactions never come in as events.
//   - What somebody writes to the bot alone, in direct messages, counts as a mention: Event.Mention is set, and
//     Snapshot.Mention when it is read.
//   - Secrets in what people wrote are masked (conversations.Mask) before an Event or Snapshot is made.
//   - Emoji are folded with conversations.Emoji. Times are UTC, to the millisecond.
//   - Spans of kind Quoted and Someone never ping, link or format anything, on a post and on an edit.
//   - No token and nothing people said is ever in a log line or in an error.
package adapters

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// ErrUndeliverable means: the platform refuses this message for good (channel gone, message deleted, direct messages closed).
// It is never repeated. Wrap it in an *Undeliverable to say why.
var ErrUndeliverable = errors.New("undeliverable")

// Undeliverable is an ErrUndeliverable with a reason that people can be shown.
type Undeliverable struct {
	Reason string
	Gone   bool // an edit: the message is not there any more, so what it says can only be posted anew
}

func (e *Undeliverable) Error() string { return "undeliverable: " + e.Reason }

// Is makes errors.Is(err, ErrUndeliverable) true.
func (e *Undeliverable) Is(target error) bool { return target == ErrUndeliverable }

// RetryAfter is the platform's "not now": nothing was sent, and nothing is to be tried before After has passed.
type RetryAfter struct{ After time.Duration }

func (e *RetryAfter) Error() string { return fmt.Sprintf("the platform asks to wait %s", e.After) }

// ErrUnreadable means: the message, place or person cannot be read (deleted, no access, past retention). It says nothing
// about whether it exists.
var ErrUnreadable = errors.New("unreadable")

// Handler is the bot's one door.
type Handler interface {
	// Handle takes one event. nil means: durable, or of no concern; acknowledge it. The answer is what to say at once to
	// the person who acted. An error means that it was not saved. It returns within two and a half seconds.
	Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error)
}

// Found is the answer to "did it arrive?".
type Found int

// The three answers.
const (
	CannotTell Found = iota // no history to look at, or a message that leaves no trace
	Yes
	No
)

// Page is a part of what is written in a place.
type Page struct {
	Messages []conversations.Snapshot // oldest first; there may be none, though more follow
	Left     *conversations.Stretch   // what of it is to be read still, by any process at any time; nil: nothing
}

// Chat connects the bot to one chat platform. All methods may be called at once; each keeps to the context's deadline.
// Errors that are none of the named ones leave open whether the call had an effect.
type Chat interface {
	// Name is the first part of the platform's workspace keys: "slack", "discord", "local".
	Name() string
	// Run brings events in until the context ends. It reconnects by itself and returns an error only when it can never
	// work as configured.
	Run(ctx context.Context, h Handler) error
	// Workspaces lists the keys of the workspaces the bot is in, once what happens in them comes in.
	Workspaces(ctx context.Context) ([]string, error)
	// Places lists the channels the bot is in: what is read back after a gap.
	Places(ctx context.Context) ([]conversations.Place, error)
	// Send makes one post, edit or reaction, or joins channels. *Undeliverable, *RetryAfter; anything else is uncertain. A post that is
	// several calls on the platform is sent as parts with markers "<effect>/<n>", each looked up separately by Find.
	Send(ctx context.Context, m conversations.Message) (conversations.Result, error)
	// Find looks for a post by its marker, among what was written since m.Since.
	Find(ctx context.Context, m conversations.Message) (Found, conversations.Result, error)
	// Read reads a page of what was written in a place, threads not included: from the oldest on or from the newest back.
	// ErrUnreadable, *RetryAfter.
	Read(ctx context.Context, p conversations.Place, part conversations.Stretch) (Page, error)
	// Message reads one message with all its reactions. ErrUnreadable, *RetryAfter.
	Message(ctx context.Context, ref conversations.MessageRef) (conversations.Snapshot, error)
	// User reads one person. ErrUnreadable.
	User(ctx context.Context, workspace, id string) (conversations.Person, error)
	// CanSee asks the platform, afresh, whether the person can read the place now. An empty user asks whether everybody in
	// the workspace can: it is a public channel.
	CanSee(ctx context.Context, user string, p conversations.Place) (bool, error)
}

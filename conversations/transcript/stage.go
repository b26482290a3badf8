package transcript

import (
	"context"
	"time"
)

// Stage is where a transcript is played: a chat with people in it, a bot and its store, and the time. Run calls it from
// one goroutine.
type Stage interface {
	// Begin puts everybody and everything in place, sets the time and starts the bot. It is called once, first.
	Begin(ctx context.Context, s Setting) error
	// Do carries out one thing at its time, without working off anything that follows from it beyond what the bot
	// answers at once. For a message it returns the message's id, by which the stage knows it; empty when the chat
	// refused it. An error means that nobody could do this: the transcript is wrong.
	Do(ctx context.Context, d Deed) (message string, err error)
	// Settle lets everything happen that follows from what was done, retries included, and returns when nothing is
	// left that would happen without the time going on for people.
	Settle(ctx context.Context) error
	// Due is the next moment at which the bot wants to do something by itself; zero: never.
	Due(ctx context.Context) (time.Time, error)
	// Pass moves the time on. Everything that becomes due on the way happens, in order, and settles. A time that has
	// passed already changes nothing.
	Pass(ctx context.Context, to time.Time) error
	// Scene is what there is to be seen of the bot.
	Scene(ctx context.Context) (Scene, error)
}

// Deed is one thing that somebody does, with every name looked up.
type Deed struct {
	Line    int // in the transcript
	Verb    Verb
	At      time.Time
	Who     string
	Channel string // where, without #; "@bo" is what is between the bot and bo
	Thread  string // id of the thread's root message; empty: in the channel itself
	Text    string // of messages, edits and commands
	Files   []string
	ReplyTo string // id of the message it answers
	Message string // id of the message it is about
	Emoji   string
	Label   string // of the button or menu
	Nth     int    // among those of that label on the message, from 1; 0: the first
	Choice  string // of the menu
	Fields  []Field
}

// Verb says what somebody does.
type Verb string

// What people, and the one who plays the world, do.
const (
	Say        Verb = "say"     // Who, Text, Files, ReplyTo
	Program    Verb = "program" // the same, by another program; Who is its name
	Edit       Verb = "edit"
	Delete     Verb = "delete"
	React      Verb = "react"
	Unreact    Verb = "unreact"
	Command    Verb = "command" // Text is what follows /postmortem
	Click      Verb = "click"
	Submit     Verb = "submit"  // Fields, into the form that is open for Who
	Join       Verb = "join"    // Who becomes a member of Channel
	Leave      Verb = "leave"   //
	Invite     Verb = "invite"  // the bot is added to Channel
	Remove     Verb = "remove"  // the bot is taken out of Channel
	Archive    Verb = "archive" // Channel
	Unarchive  Verb = "unarchive"
	Deactivate Verb = "deactivate"
	Restart    Verb = "restart" // a new bot over the same store
	StoreAway  Verb = "store away"
	StoreBack  Verb = "store back"
)

// Scene is what there is to be seen of the bot.
type Scene struct {
	Messages []Message // the bot's, oldest first, the private ones too
	Marks    []Mark    // the bot's reactions, in any order
	Answers  []Answer  // private answers and forms from the beginning on, oldest first
}

// Message is a message of the bot as it is now.
type Message struct {
	ID       string
	Channel  string // "@bo": a private message to bo
	Thread   string // id of the thread's root message
	Slot     string // what it is for: it is named after it
	At       time.Time
	Touched  time.Time // when it was posted or last edited
	Text     string    // as it is read: words, a line for each row of controls, the name of its file
	Controls []Control
	File     *File
}

// Mark is a reaction of the bot's.
type Mark struct {
	Message string
	Emoji   string
}

// Answer is something that one person saw in answer to what they did.
type Answer struct {
	To       string
	Channel  string
	Thread   string
	ByChat   bool   // the platform said it, not the bot
	Form     bool   // a form: Text is its title, then a line for each input
	Message  string // id, for clicks
	At       time.Time
	Text     string
	Controls []Control
}

// Control is a button, or a menu when it has choices.
type Control struct {
	Label   string
	Choices []string
}

// File is a document that goes with a message.
type File struct {
	Name string
	Text string
}

package adapterstest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// door is a bot that keeps what comes in.
type door struct {
	mu     sync.Mutex
	events []conversations.Event
	came   chan struct{} // closed and replaced when an event comes
	answer func(conversations.Event) (conversations.Answer, error)
}

func newDoor() *door { return &door{came: make(chan struct{})} }

// Handle implements adapters.Handler.
func (d *door) Handle(_ context.Context, e conversations.Event) (conversations.Answer, error) {
	d.mu.Lock()
	d.events = append(d.events, e)
	close(d.came)
	d.came = make(chan struct{})
	answer := d.answer
	d.mu.Unlock()
	if answer == nil {
		return conversations.Answer{}, nil
	}
	return answer(e)
}

// says sets what is answered from now on.
func (d *door) says(answer func(conversations.Event) (conversations.Answer, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

// fails has everything from now on not be saved; the error has people's words in it, as errors of a store might.
func (d *door) fails() {
	d.says(func(conversations.Event) (conversations.Answer, error) {
		return conversations.Answer{}, errors.New("the store is away: " + canary)
	})
}

func (d *door) all() []conversations.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.events)
}

// tokens are the secrets of the handles that came in.
func (d *door) tokens() []string {
	var all []string
	for _, e := range d.all() {
		all = append(all, e.Handle.Token.Reveal())
	}
	return all
}

// until waits for n events to have come in and returns them.
func (b *bench) until(n int) []conversations.Event {
	b.Helper()
	late := time.After(patience)
	for {
		b.door.mu.Lock()
		events, came := slices.Clone(b.door.events), b.door.came
		b.door.mu.Unlock()
		if len(events) >= n {
			return events
		}
		select {
		case <-came:
		case <-late:
			b.Fatalf("only %d events came in, not %d", len(events), n)
		}
	}
}

// does has somebody act and returns the one event that comes of it.
func (b *bench) does(a Act) (conversations.Event, Outcome) {
	b.Helper()
	before := len(b.door.all())
	out := b.p.Do(b.T, a)
	if !out.Acked {
		b.Fatalf("%s was not acknowledged", a.Kind)
	}
	events := b.until(before + 1)
	if len(events) != before+1 {
		b.Fatalf("%s made %d events, not one", a.Kind, len(events)-before)
	}
	e := events[before]
	if e.Kind != a.Kind {
		b.Errorf("it came in as %q, not %q", e.Kind, a.Kind)
	}
	if e.Where.Root() != b.p.Channel && e.Where.Workspace != b.p.Channel.Workspace {
		b.Errorf("it came in from %+v", e.Where)
	}
	return e, out
}

// said posts a message of Ana's and returns the event and the message.
func (b *bench) said(text string) (conversations.Event, conversations.MessageRef) {
	b.Helper()
	e, out := b.does(Act{Kind: conversations.Said, Who: b.p.Ana, Where: b.p.Channel, Text: text})
	return e, out.Message
}

// failed keeps an error, to look at what it says when the case ends.
func (b *bench) failed(err error) error {
	if err != nil {
		b.errs = append(b.errs, err)
	}
	return err
}

// logged is a log that is read afterwards.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func contains(text, part string) bool { return strings.Contains(text, part) }

const (
	canary     = "canary-7f3a"                 // is in everything that people say here
	secretWord = "hunter2canary9QzX"           // a password that somebody types
	secretText = "password=" + secretWord      // as they type it
	evil       = "@everyone @here <!channel> " // see inert
)

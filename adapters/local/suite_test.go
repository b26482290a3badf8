package local

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/adapterstest"
	"github.com/debrief-bot/debrief/conversations"
)

func TestSuite(t *testing.T) { adapterstest.Run(t, newPlatform) }

// platform is a local chat as the suite sees it.
type platform struct {
	chat *Chat
	mu   sync.Mutex
	last conversations.Event // the newest that was handed over
}

func newPlatform(_ *testing.T, log *slog.Logger) *adapterstest.Platform {
	clock := NewClock(time.Now())
	p := &platform{chat: New(Options{Now: clock.Now, Log: log})}
	for _, id := range []string{"ana", "bo"} {
		p.chat.Add(Person{Person: conversations.Person{ID: id, Name: strings.ToUpper(id), Active: true}})
	}
	p.chat.Add(Person{Person: conversations.Person{ID: "gone", Name: "Gone"}})
	p.chat.Open(Channel{Name: "ops"})
	p.chat.Open(Channel{Name: "old", Archived: true})
	return &adapterstest.Platform{
		Chat: tapped{p.chat, p}, Channel: In("ops"), Ana: "ana", Bo: "bo",
		Ready: p.ready, Do: p.do, Again: p.again, Shown: p.shown, Private: p.private, Form: p.form,
		Pins: []string{"📌", "📌\uFE0F", "pushpin", "pushpin::skin-tone-3"}, CustomPin: "pushpin:42",
		Closed: In("old"), Unreachable: "gone",
		Expire: func(*testing.T) { clock.Set(clock.Now().Add(handleLife)) },
		Busy: func(_ *testing.T, d time.Duration) {
			p.chat.mu.Lock()
			defer p.chat.mu.Unlock()
			p.chat.busy = d
		},
	}
}

// tapped is the chat, with a look at what it hands over.
type tapped struct {
	*Chat
	p *platform
}

func (c tapped) Run(ctx context.Context, h adapters.Handler) error {
	return c.Chat.Run(ctx, tap{h, c.p})
}

type tap struct {
	adapters.Handler
	p *platform
}

func (h tap) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	h.p.mu.Lock()
	h.p.last = e
	h.p.mu.Unlock()
	return h.Handler.Handle(ctx, e)
}

func (p *platform) newest() conversations.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func (p *platform) ready(*testing.T) {
	for {
		p.chat.mu.Lock()
		connected := p.chat.handler != nil
		p.chat.mu.Unlock()
		if connected {
			return
		}
		runtime.Gosched()
	}
}

func (p *platform) do(t *testing.T, a adapterstest.Act) adapterstest.Outcome {
	t.Helper()
	var err error
	out := adapterstest.Outcome{}
	ctx := t.Context()
	switch a.Kind {
	case conversations.Said:
		text := a.Text
		if a.Mention {
			text = "@debrief " + text
		}
		if a.Names != "" {
			text += " @" + a.Names
		}
		out.Message, err = p.chat.Say(ctx, a.Who, a.Where, text, Extra{Files: a.Files})
	case conversations.Edited:
		err = p.chat.Edit(ctx, a.Who, a.Message, a.Text)
	case conversations.Deleted:
		err = p.chat.Delete(ctx, a.Who, a.Message)
	case conversations.Reacted:
		err = p.chat.reacted(ctx, a.Who, a.Message, a.Emoji, a.On)
	case conversations.Commanded:
		err = p.chat.Command(ctx, a.Who, a.Where, a.Text)
	case conversations.Clicked:
		err = p.chat.Click(ctx, a.Who, a.Message, a.Label, a.Choice)
	case conversations.Submitted:
		values := map[string]string{}
		for _, f := range a.Fields {
			values[f.Name] = f.Value
		}
		err = p.chat.Submit(ctx, a.Who, values)
	}
	if err != nil {
		t.Errorf("%s cannot do this: %v", a.Who, err)
	}
	out.Acked = p.chat.Redeliver(ctx) == 0
	return out
}

// again puts the newest event in line once more if it is no longer there.
func (p *platform) again(t *testing.T) bool {
	t.Helper()
	err := p.chat.do(t.Context(), func() error {
		if len(p.chat.s.Waiting) == 0 {
			p.chat.queue(p.newest())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return p.chat.Redeliver(t.Context()) == 0
}

func (p *platform) shown(_ *testing.T, ref conversations.MessageRef) (adapterstest.Shown, bool) {
	for _, m := range p.chat.Everything() {
		if m.Message == ref {
			return p.seen(m), true
		}
	}
	return adapterstest.Shown{}, false
}

// seen is a message as the page shows it. Plain text pings and links nothing.
func (p *platform) seen(m Shown) adapterstest.Shown {
	s := adapterstest.Shown{Text: m.Text, Edited: !m.Edited.IsZero()}
	if m.Who == BotID || m.Only != "" {
		s.Text = Text(m.Body, p.chat.ReaderOf("", time.UTC))
	}
	if m.Body.File != nil {
		s.Text += "\n" + m.Body.File.Text
	}
	for _, r := range m.Reactions {
		for _, who := range r.Who {
			if who == BotID {
				s.Marks = append(s.Marks, r.Emoji)
			}
		}
	}
	return s
}

func (p *platform) private(_ *testing.T, person string) []adapterstest.Shown {
	var all []adapterstest.Shown
	for _, m := range p.chat.Everything() {
		if m.Only == person || m.Where == Direct(person) {
			all = append(all, p.seen(m))
		}
	}
	return all
}

func (p *platform) form(_ *testing.T, person string) (string, []string, []conversations.Field, bool) {
	f, wrong, open := p.chat.FormOf(person)
	var inputs []string
	for _, in := range f.Inputs {
		inputs = append(inputs, in.Name)
	}
	return f.Title, inputs, wrong, open
}

package local

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// Bot is the bot as the stage drives it.
type Bot interface {
	adapters.Handler
	transcript.Worker
}

// StageOptions say what is on a Stage.
type StageOptions struct {
	Chat  *Chat  // what is played on, made with Clock; nil: an empty one in memory
	Clock *Clock // people's and the bot's; nil: one is made
	Store *Clock // the store's; nil: one is made
	// Open makes the bot: at the beginning, and anew over the same store at every `restart`. The chat can be wrapped
	// before the bot gets it. A bot that is an io.Closer is closed before the next one is made.
	Open func(ctx context.Context, chat *Chat, zone *time.Location) (Bot, error)
	// Next and NextDue are the store's, as transcript.Clockwork has them.
	Next, NextDue func(ctx context.Context) (time.Time, error)
	// Away takes the store away, or gives it back. nil: the bot is cut off from the chat instead, which people cannot tell
	// apart.
	Away func(away bool)
}

// Stage plays transcripts on a local chat.
type Stage struct {
	transcript.Clockwork
	o    StageOptions
	chat *Chat
	bot  Bot
	zone *time.Location
	refs map[string]conversations.MessageRef // by id
}

var _ transcript.Stage = (*Stage)(nil)

// NewStage makes a stage with an empty chat.
func NewStage(o StageOptions) *Stage {
	if o.Clock == nil {
		o.Clock = NewClock(time.Time{})
	}
	if o.Store == nil {
		o.Store = NewClock(time.Time{})
	}
	if o.Chat == nil {
		o.Chat = New(Options{Now: o.Clock.Now})
	}
	return &Stage{o: o, chat: o.Chat, refs: map[string]conversations.MessageRef{}, Clockwork: transcript.Clockwork{
		People: o.Clock, Store: o.Store, Next: o.Next, NextDue: o.NextDue,
		Redeliver: func(ctx context.Context) { o.Chat.Redeliver(ctx) }, Waiting: o.Chat.waiting,
	}}
}

// Chat is the chat on the stage.
func (s *Stage) Chat() *Chat { return s.chat }

// Begin implements transcript.Stage.
func (s *Stage) Begin(ctx context.Context, set transcript.Setting) error {
	s.o.Clock.Set(set.Start)
	s.o.Store.Set(set.Start)
	s.zone = set.Zone
	for _, p := range set.People {
		zone := p.Zone
		if zone == "" {
			zone = set.Zone.String()
		}
		s.chat.Add(Person{
			Person: conversations.Person{
				ID: p.Name, Name: p.Name, Zone: zone, Active: !p.Inactive, Admin: p.Admin, Bot: p.Bot, Roles: p.Roles,
			},
			Outsider: p.Outsider,
		})
	}
	for _, ch := range set.Channels {
		s.chat.Open(Channel{
			Name: ch.Name, Private: ch.Private, Archived: ch.Archived, WithoutBot: ch.WithoutBot, Members: ch.Members,
		})
	}
	return s.open(ctx)
}

func (s *Stage) open(ctx context.Context) error {
	b, err := s.o.Open(ctx, s.chat, s.zone)
	if err != nil {
		return fmt.Errorf("open the bot: %w", err)
	}
	s.bot, s.Bot = b, b
	s.chat.connect(b)
	return nil
}

// restart ends the bot wherever it is and opens another. The chat is written out and read in again, as it would be.
func (s *Stage) restart(ctx context.Context) error {
	s.chat.connect(nil)
	if c, ok := s.bot.(io.Closer); ok {
		if err := c.Close(); err != nil {
			return fmt.Errorf("close the bot: %w", err)
		}
	}
	saved, err := s.chat.Save()
	if err != nil {
		return err
	}
	if err := s.chat.Load(saved); err != nil {
		return err
	}
	return s.open(ctx)
}

// Do implements transcript.Stage.
func (s *Stage) Do(ctx context.Context, d transcript.Deed) (string, error) {
	s.Move(d.At)
	p, on := In(d.Channel, d.Thread), s.refs[d.Message]
	switch d.Verb {
	case transcript.Say, transcript.Program:
		return s.say(ctx, d, p)
	case transcript.Edit:
		return "", s.chat.Edit(ctx, d.Who, on, d.Text)
	case transcript.Delete:
		return "", s.chat.Delete(ctx, d.Who, on)
	case transcript.React:
		return "", s.chat.React(ctx, d.Who, on, d.Emoji)
	case transcript.Unreact:
		return "", s.chat.Unreact(ctx, d.Who, on, d.Emoji)
	case transcript.Command:
		return "", s.chat.Command(ctx, d.Who, p, d.Text)
	case transcript.Click:
		return "", s.chat.clickNth(ctx, d.Who, on, d.Label, d.Nth, d.Choice)
	case transcript.Submit:
		values := map[string]string{}
		for _, f := range d.Fields {
			values[f.Name] = f.Value
		}
		return "", s.chat.Submit(ctx, d.Who, values)
	}
	return "", s.arrange(ctx, d)
}

func (s *Stage) say(ctx context.Context, d transcript.Deed, p conversations.Place) (string, error) {
	who, extra := d.Who, Extra{Files: d.Files, ReplyTo: d.ReplyTo}
	if d.Verb == transcript.Program {
		who, extra.Program = "", d.Who
	}
	ref, err := s.chat.Say(ctx, who, p, d.Text, extra)
	if err != nil {
		return "", err
	}
	s.refs[ref.ID] = ref
	return ref.ID, nil
}

// arrange changes the world around the bot.
func (s *Stage) arrange(ctx context.Context, d transcript.Deed) error {
	switch d.Verb {
	case transcript.Join:
		return s.chat.Enter(ctx, d.Who, d.Channel)
	case transcript.Leave:
		return s.chat.Leave(ctx, d.Who, d.Channel)
	case transcript.Invite:
		return s.chat.Join(ctx, d.Channel)
	case transcript.Remove:
		return s.chat.Remove(ctx, d.Channel)
	case transcript.Archive:
		return s.chat.Archive(ctx, d.Channel)
	case transcript.Unarchive:
		return s.chat.Unarchive(ctx, d.Channel)
	case transcript.Deactivate:
		return s.chat.Deactivate(ctx, d.Who)
	case transcript.Restart:
		return s.restart(ctx)
	case transcript.StoreAway, transcript.StoreBack:
		s.Away = d.Verb == transcript.StoreAway
		switch {
		case s.o.Away != nil:
			s.o.Away(s.Away)
		case s.Away:
			s.chat.connect(nil)
		default:
			s.chat.connect(s.bot)
		}
		return nil
	}
	return fmt.Errorf("this stage does not know %q", d.Verb)
}

// Scene implements transcript.Stage.
func (s *Stage) Scene(context.Context) (transcript.Scene, error) {
	var scene transcript.Scene
	readers := s.readers()
	for _, m := range s.chat.Everything() {
		s.refs[m.Message.ID] = m.Message
		for _, r := range m.Reactions {
			if slices.Contains(r.Who, BotID) {
				scene.Marks = append(scene.Marks, transcript.Mark{Message: m.Message.ID, Emoji: r.Emoji})
			}
		}
		if m.Who == BotID && m.Only == "" {
			scene.Messages = append(scene.Messages, s.message(m, readers))
		}
	}
	for _, a := range s.chat.Log(0) {
		switch a.Did {
		case "reply", "notice", "form":
			scene.Answers = append(scene.Answers, s.answer(a, readers))
		}
	}
	return scene, nil
}

// readers says how things are rendered for each person; without one, as in the workspace's zone.
func (s *Stage) readers() func(person string) Reader {
	known := map[string]Reader{}
	return func(person string) Reader {
		r, ok := known[person]
		if !ok {
			r = s.chat.ReaderOf(person, s.zone)
			known[person] = r
		}
		return r
	}
}

func (s *Stage) message(m Shown, readers func(string) Reader) transcript.Message {
	person, _ := isDirect(m.Where.Channel)
	t := transcript.Message{
		ID: m.Message.ID, Channel: m.Where.Channel, Thread: m.Where.Thread, Slot: m.Slot, At: m.At, Touched: m.At,
		Text: Text(m.Body, readers(person)), Controls: choices(m.Body),
	}
	if m.Edited.After(t.Touched) {
		t.Touched = m.Edited
	}
	if m.Body.File != nil {
		t.File = &transcript.File{Name: m.Body.File.Name, Text: m.Body.File.Text}
	}
	return t
}

func choices(b conversations.Body) []transcript.Control {
	var all []transcript.Control
	for _, row := range b.Controls {
		for _, c := range row {
			t := transcript.Control{Label: c.Label}
			for _, o := range c.Options {
				t.Choices = append(t.Choices, o.Label)
			}
			all = append(all, t)
		}
	}
	return all
}

func (s *Stage) answer(a Act, readers func(string) Reader) transcript.Answer {
	t := transcript.Answer{
		To: a.Person, Channel: a.Where.Channel, Thread: a.Where.Thread, ByChat: a.Did == "notice", At: a.At,
	}
	if a.Form != nil {
		t.Form, t.Text = true, FormText(*a.Form, a.Wrong)
		return t
	}
	t.Message, t.Controls = a.Message.ID, choices(a.Body)
	t.Text = Text(a.Body, readers(a.Person))
	return t
}

// FormText is a form as plain text: its title, a line for each input, what is wrong, and the button.
func FormText(f conversations.Form, wrong []conversations.Field) string {
	lines := []string{f.Title}
	for _, in := range f.Inputs {
		lines = append(lines, inputText(in))
	}
	for _, w := range wrong {
		lines = append(lines, "! "+strings.TrimPrefix(w.Name+": "+w.Value, ": "))
	}
	if f.Submit != "" {
		lines = append(lines, "["+f.Submit+"]")
	}
	return strings.Join(lines, "\n")
}

func inputText(in conversations.Input) string {
	text := in.Name + ": " + in.Label
	if in.Optional {
		text += " (optional)"
	}
	value := in.Value
	var options []string
	for _, o := range in.Options {
		options = append(options, inert(o.Label))
		if o.Value == in.Value {
			value = o.Label
		}
	}
	if len(options) > 0 {
		text += " ▾ " + strings.Join(options, " | ")
	}
	if value != "" {
		text += " = " + strings.ReplaceAll(inert(value), "\n", " / ")
	}
	if in.Hint != "" {
		text += " – " + in.Hint
	}
	return text
}

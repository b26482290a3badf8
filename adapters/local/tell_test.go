package local

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// silent is a bot that says nothing.
type silent struct{}

func (silent) Handle(context.Context, conversations.Event) (conversations.Answer, error) {
	return conversations.Answer{}, nil
}
func (silent) Drain(context.Context) error           { return nil }
func (silent) Tick(context.Context, time.Time) error { return nil }

// alike is a bot that answers every command with buttons that are called the same.
type alike struct {
	silent
	chat *Chat
}

func (b alike) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	switch e.Kind {
	case conversations.Commanded:
		m := conversations.Message{Kind: conversations.Post, Effect: e.Key, Slot: "card", Place: e.Where, Body: words("Which?")}
		m.Body.Controls = [][]conversations.Control{
			{{Label: "Take", Verb: "a", Value: "1"}, {Label: "Take", Verb: "b", Value: "2"}},
			{{Label: "Take", Verb: "c", Value: "3"}, {Label: "Take (2)", Verb: "d", Value: "4"}},
			{{Label: "Which", Verb: "e", Options: []conversations.Option{{Label: "w1 the \"front\" [door] ▾ x", Value: "5"}, {Label: "w2", Value: "6"}}}},
		}
		_, err := b.chat.Send(unnamed(ctx), m)
		return conversations.Answer{}, err
	case conversations.Clicked:
		m := conversations.Message{Kind: conversations.Post, Effect: e.Key, Slot: "pressed", Place: e.Where, Body: words("You pressed " + e.Value)}
		_, err := b.chat.Send(unnamed(ctx), m)
		return conversations.Answer{}, err
	}
	return conversations.Answer{}, nil
}

// stages makes stages with a bot on each.
func stages(open func(*Chat) Bot) func(context.Context) (*Stage, func(), error) {
	return func(context.Context) (*Stage, func(), error) {
		return NewStage(StageOptions{Open: func(_ context.Context, chat *Chat, _ *time.Location) (Bot, error) { return open(chat), nil }}), func() {}, nil
	}
}

// playsBackEqual saves what was done as a transcript, and plays that.
func (s *site) playsBackEqual() string {
	s.t.Helper()
	saved, err := s.server.Transcript(s.t.Context())
	if err != nil {
		told, _ := s.server.tell(s.t.Context())
		s.t.Fatalf("%v\n%s", err, told)
	}
	if strings.Contains(saved, "came out differently") {
		s.t.Fatalf("it says that it differs:\n%s\n%s", saved, s.chat.Picture())
	}
	t, err := transcript.Parse("saved.txtar", []byte(saved))
	if err != nil {
		s.t.Fatalf("%v\n%s", err, saved)
	}
	stage, _, err := s.server.o.Stage(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	again, err := transcript.Run(s.t.Context(), t, stage)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, saved)
	}
	if diff := cmp.Diff(saved, again.String()); diff != "" {
		s.t.Fatalf("played, it is another one:\n%s", diff)
	}
	return saved
}

var oddTexts = []string{
	"plain words", "  blanks around  ", "one\n\n\ntwo", "-- x --", "-- #ops --\nmore", "bot: not the bot", "bot says", "chat -> ana: hm", "x   =m1", "=m1",
	"one\n=m1", "one\ntwo  +file a.png", "^m1", "a   b", "> quoted", "ana> [Next]", "ana: hello", "14:02 ana: hello", "one\nana: hello", "one\nfoo (app): hello",
	"one\n14:02 pager duty (app): hello", "foo (app): hello", "edits m1: x", "deletes m1", "joins", "is deactivated", "restart", "store away", "& bo: x", "+📌 m1",
	"📎", "👩🏽‍🚒 🎯", "# a title", ".", "one\n.\ntwo", `\`, `one\n\two`, "one\n  indented\n\tmore", "#ops", "/postmortem", "@debrief next", "{text: x}", "[Next] on card",
	"“quoted” (and) *so* on", "\u00a0odd blanks\u2003", "one\u2028two", "tab\there", "null\x00byte", "\v\f", "bot", "bot edits card:\n  - a", "…", "report.md", "-- report.md --",
}

func (s *site) text(what, text string) string {
	s.t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return what + `: ` + string(b)
}

// saidEverywhere says a text in every way in which one can be said.
func saidEverywhere(t *testing.T, text string) {
	t.Helper()
	s := newSite(t, ServerOptions{Stage: stages(func(*Chat) Bot { return silent{} })})
	in, said := `"channel": "incidents", `, s.text(`"text"`, text)
	if tidied, err := tidy(text); err != nil || tidied == "" {
		return // nothing is said
	}
	s.must("ana", "say", in+said)
	first := s.messages("ana", "incidents", "").Messages
	if len(first) == 0 || first[0].Who != "ana" { // it began with a slash
		s.must("ana", "say", in+`"text": "a root"`)
		first = s.messages("ana", "incidents", "").Messages
	}
	root := first[len(first)-1].ID
	s.must("bo", "say", in+`"thread": "`+root+`", `+said)
	s.must("bo", "say", in+`"files": ["graph.png", "b.txt"], `+said)
	s.must("kim", "program", in+`"name": "pagerduty", `+said)
	s.must("ana", "edit", in+`"message": "`+root+`", `+said)
	s.must("ana", "react", in+`"message": "`+root+`", "emoji": "📌", "on": true`)
	s.must("kim", "say", `"channel": "@kim", `+said)
	s.playsBackEqual()
}

func TestOddTextsPlayBackEqual(t *testing.T) {
	for _, text := range oddTexts {
		t.Run(text, func(t *testing.T) { saidEverywhere(t, text) })
	}
}

func FuzzTold(f *testing.F) {
	for _, text := range oddTexts {
		f.Add(text)
	}
	f.Fuzz(saidEverywhere)
}

func TestButtonsThatAreCalledTheSamePlayBackEqual(t *testing.T) {
	s := newSite(t, ServerOptions{Stage: stages(func(c *Chat) Bot { return alike{chat: c} })})
	s.chat.connect(alike{chat: s.chat})
	s.must("ana", "say", `"channel": "incidents", "text": "/postmortem start"`)
	card := `"channel": "incidents", "message": "` + s.messages("ana", "incidents", "").Messages[0].ID + `", `
	s.must("ana", "press", card+`"row": 0, "column": 1, "label": "Take"`)
	s.must("bo", "press", card+`"row": 1, "column": 0, "label": "Take"`)
	s.must("bo", "press", card+`"row": 1, "column": 1, "label": "Take (2)"`)
	s.must("bo", "press", card+`"row": 0, "column": 0, "label": "Take"`)
	if code, _ := s.act("kim", "press", card+`"row": 2, "column": 1, "label": "Take"`); code == http.StatusOK {
		t.Error("one of three that are called the same was pressed, where none of them stands")
	}
	s.must("kim", "press", card+`"row": 0, "column": 0, "label": "Which", "choice": "w1 the \"front\" [door] ▾ x"`)
	saved := s.playsBackEqual()
	for _, want := range []string{"ana> [Take (2)]", "bo> [Take (3)]", "bo> [Take (2) (1)]", "bo> [Take]", "You pressed 5"} {
		if !strings.Contains(saved, want) {
			t.Errorf("it lacks %s:\n%s", want, saved)
		}
	}
}

// patient is a bot that posts a button, and takes it away when it was pressed often enough.
type patient struct {
	silent
	chat    *Chat
	presses int
	card    conversations.Result
}

func (b *patient) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	m := conversations.Message{Kind: conversations.Post, Effect: e.Key, Slot: "card", Place: e.Where, Body: words("Go on?")}
	if e.Kind == conversations.Commanded {
		m.Body.Controls = [][]conversations.Control{{{Label: "Next", Verb: "next"}}}
		var err error
		b.card, err = b.chat.Send(unnamed(ctx), m)
		return conversations.Answer{}, err
	}
	if b.presses--; b.presses != 0 {
		return conversations.Answer{}, nil
	}
	m.Edit = b.card.Message
	_, err := b.chat.Send(unnamed(ctx), m)
	return conversations.Answer{}, err
}

// TestAButtonThatIsGoneIsLeftOut has a button pressed twice that goes sooner when all of it is played again.
func TestAButtonThatIsGoneIsLeftOut(t *testing.T) {
	s := newSite(t, ServerOptions{Stage: stages(func(c *Chat) Bot { return &patient{chat: c, presses: 1} })})
	s.chat.connect(&patient{chat: s.chat, presses: 2})
	s.must("ana", "say", `"channel": "incidents", "text": "/postmortem start"`)
	press := `"channel": "incidents", "message": "` + s.messages("ana", "incidents", "").Messages[0].ID + `", "label": "Next"`
	s.must("ana", "press", press)
	s.must("bo", "press", press)
	s.must("kim", "say", `"channel": "incidents", "text": "and on"`)
	saved := s.playsBackEqual()
	if !strings.Contains(saved, "\n# Left out, since played again it cannot be done: 13:02 bo> [Next] on card\n") || !strings.Contains(saved, "kim: and on") {
		t.Errorf("it says otherwise:\n%s", saved)
	}
}

func TestTheWorldAroundTheBotPlaysBackEqual(t *testing.T) {
	s := newSite(t, ServerOptions{Stage: stages(func(*Chat) Bot { return silent{} })})
	s.must("ana", "channel", `"name": "inc-1", "withoutBot": true`)
	s.must("ana", "channel", `"name": "war-room", "private": true, "members": ["kim"]`)
	s.must("ana", "invite", `"channel": "inc-1"`)
	s.must("ana", "enter", `"channel": "war-room", "name": "bo"`)
	s.must("kim", "leave", `"channel": "war-room"`)
	s.must("bo", "say", `"channel": "war-room", "text": "here I am"`)
	s.must("bo", "archive", `"channel": "general"`)
	s.must("ana", "deactivate", `"name": "kim"`)
	saved := s.playsBackEqual()
	for _, want := range []string{"#inc-1 (without bot)", "#war-room (private: ana kim)", "ana invites bot", "bo joins", "kim leaves", "archives", "kim is deactivated"} {
		if !strings.Contains(saved, want) {
			t.Errorf("it lacks %q:\n%s", want, saved)
		}
	}
}

package local

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// What only the local chat does, beside the suite.

// keeper is a bot that keeps what comes in.
type keeper struct{ events []conversations.Event }

func (k *keeper) Handle(_ context.Context, e conversations.Event) (conversations.Answer, error) {
	k.events = append(k.events, e)
	return conversations.Answer{}, nil
}

// newChat is a chat with ana (admin), bo, an outsider, and the channels ops and war (private, ana's).
func newChat(t *testing.T) (*Chat, *keeper, *Clock) {
	t.Helper()
	clock := NewClock(time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC))
	c := New(Options{Now: clock.Now})
	for _, p := range []Person{
		{Person: conversations.Person{ID: "ana", Name: "Ana", Active: true, Admin: true}},
		{Person: conversations.Person{ID: "bo", Name: "Bo", Active: true}},
		{Person: conversations.Person{ID: "out", Name: "Out", Active: true}, Outsider: true},
	} {
		c.Add(p)
	}
	c.Open(Channel{Name: "ops"})
	c.Open(Channel{Name: "war", Private: true, Members: []string{"ana"}})
	k := &keeper{}
	c.connect(k)
	return c, k, clock
}

func say(t *testing.T, c *Chat, who string, p conversations.Place, text string) conversations.MessageRef {
	t.Helper()
	ref, err := c.Say(t.Context(), who, p, text, Extra{})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestKeys(t *testing.T) {
	c, k, clock := newChat(t)
	ref := say(t, c, "ana", In("ops"), "one")
	same := say(t, c, "ana", In("ops"), "at the same moment")
	if ref.ID != "1772456520.000000" || same.ID <= ref.ID {
		t.Errorf("ids %s, %s", ref.ID, same.ID)
	}
	clock.Set(clock.Now().Add(time.Minute))
	ctx := t.Context()
	for _, err := range []error{
		c.Edit(ctx, "ana", ref, "two"),
		c.React(ctx, "bo", ref, "pushpin"),
		c.React(ctx, "bo", ref, "pushpin"), // nothing happens
		c.Unreact(ctx, "bo", ref, "📌"),
		c.Delete(ctx, "ana", ref),
		c.Command(ctx, "bo", In("ops"), "start X"),
		c.Join(ctx, "ops"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{
		"local/main/msg/ops/1772456520.000000",
		"local/main/msg/ops/1772456520.001000",
		"local/main/edit/ops/1772456520.000000/1772456580.000000",
		"local/main/react/ops/1772456520.000000/bo/📌/+/1772456580.001000",
		"local/main/react/ops/1772456520.000000/bo/📌/-/1772456580.002000",
		"local/main/gone/ops/1772456520.000000",
		"local/main/cmd/1",
		"local/main/join/ops/1772456580.005000",
	}
	for i, e := range k.events {
		if i >= len(want) || e.Key != want[i] {
			t.Errorf("event %d has the key %s, want %v", i, e.Key, want[min(i, len(want)-1)])
		}
	}
	if len(k.events) != len(want) {
		t.Errorf("%d events, want %d", len(k.events), len(want))
	}
}

func TestSlashes(t *testing.T) {
	c, k, _ := newChat(t)
	root := say(t, c, "ana", In("ops"), "root")
	thread := In("ops", root.ID)
	if err := c.Command(t.Context(), "ana", thread, "next"); err != nil {
		t.Fatal(err)
	}
	for place, text := range map[conversations.Place]string{thread: "/postmortem next", In("ops"): "/frobnicate"} {
		if ref, err := c.Say(t.Context(), "ana", place, text, Extra{}); err != nil || ref.ID != "" {
			t.Errorf("%q was sent as %v, %v", text, ref, err)
		}
	}
	if len(k.events) != 1 {
		t.Errorf("a slash made events: %+v", k.events)
	}
	var told []string
	for _, m := range c.Look("ana", thread) {
		if m.Only == "ana" && m.Who == "" {
			told = append(told, m.Text)
		}
	}
	if len(told) != 2 || !strings.Contains(told[0], "`@debrief next`") {
		t.Errorf("she is told %q", told)
	}
	if seen := c.Look("bo", thread); len(seen) != 1 {
		t.Errorf("others see %+v", seen)
	}
	ref := say(t, c, "ana", thread, "@debrief: next")
	e := k.events[len(k.events)-1]
	if e.Message != ref || !e.Mention || e.Text != "next" || e.Where != thread {
		t.Errorf("the mention came in as %+v", e)
	}
	say(t, c, "ana", Direct("ana"), "next")
	if e := k.events[len(k.events)-1]; !e.Mention || e.Text != "next" {
		t.Errorf("what she says to the bot alone came in as %+v", e)
	}
}

func TestWhoMay(t *testing.T) {
	c, k, _ := newChat(t)
	ctx := t.Context()
	ref := say(t, c, "ana", In("ops"), "mine")
	secret := say(t, c, "ana", In("war"), "hidden")
	body := words("card")
	body.Controls = [][]conversations.Control{{{Label: "Go", Verb: "go"}, {Label: "Which", Verb: "which", Options: []conversations.Option{{Label: "A", Value: "a"}}}}}
	card, err := c.Send(ctx, conversations.Message{Kind: conversations.Private, Person: "ana", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	before := len(k.events)
	sayError := func(who string, p conversations.Place) error {
		_, err := c.Say(ctx, who, p, "x", Extra{})
		return err
	}
	for what, err := range map[string]error{
		"edits another's":          c.Edit(ctx, "bo", ref, "x"),
		"deletes another's":        c.Delete(ctx, "bo", ref),
		"clicks another's private": c.Click(ctx, "bo", card.Message, "Go", ""),
		"clicks what is not there": c.Click(ctx, "ana", card.Message, "Stay", ""),
		"chooses what is not":      c.Click(ctx, "ana", card.Message, "Which", "B"),
		"chooses from a button":    c.Click(ctx, "ana", card.Message, "Go", "A"),
		"submits without a form":   c.Submit(ctx, "ana", nil),
		"is not there":             c.React(ctx, "eve", ref, "📌"),
		"writes in a private":      sayError("bo", In("war")),
		"writes as an outsider":    sayError("out", In("ops")),
		"writes nowhere":           sayError("ana", In("nowhere")),
		"writes under nothing":     sayError("ana", In("ops", "17.1")),
		"writes to another's":      sayError("ana", Direct("bo")),
	} {
		if err == nil {
			t.Errorf("it is possible that somebody %s", what)
		}
	}
	if len(k.events) != before {
		t.Errorf("what is not possible made events: %+v", k.events[before:])
	}
	if err := c.Delete(ctx, "ana", secret); err != nil {
		t.Error(err)
	}
	for _, see := range []struct {
		who string
		p   conversations.Place
		yes bool
	}{
		{"ana", In("war"), true},
		{"bo", In("war"), false},
		{"bo", In("ops"), true},
		{"out", In("ops"), false},
		{"bo", Direct("bo"), true},
		{"ana", Direct("bo"), false},
		{"", In("war"), false}, // everybody
		{"", In("ops"), true},
		{"", Direct("bo"), false},
	} {
		if yes, err := c.CanSee(ctx, see.who, see.p); err != nil || yes != see.yes {
			t.Errorf("%s sees %v: %v, %v", see.who, see.p, yes, err)
		}
	}
	if err := c.Enter(t.Context(), "out", "ops"); err != nil {
		t.Fatal(err)
	}
	if yes, _ := c.CanSee(ctx, "out", In("ops")); !yes {
		t.Error("a guest does not see the channel they were let into")
	}
}

func TestTheBotIsNotEverywhere(t *testing.T) {
	c, k, _ := newChat(t)
	ctx := t.Context()
	c.Open(Channel{Name: "new", WithoutBot: true})
	ref := say(t, c, "ana", In("new"), "unheard")
	if err := c.React(ctx, "bo", ref, "📌"); err != nil {
		t.Fatal(err)
	}
	if len(k.events) != 1 || k.events[0].Kind != conversations.Named {
		t.Errorf("beside that there is such a channel it heard %+v", k.events)
	}
	if _, err := c.Message(ctx, ref); !errors.Is(err, adapters.ErrUnreadable) {
		t.Errorf("it reads: %v", err)
	}
	if _, err := c.Send(ctx, conversations.Message{Kind: conversations.Post, Place: In("new"), Body: words("x")}); !errors.Is(err, adapters.ErrUndeliverable) {
		t.Errorf("it writes: %v", err)
	}
	if err := c.Join(ctx, "new"); err != nil {
		t.Fatal(err)
	}
	page, err := c.Read(ctx, In("new"), conversations.Stretch{})
	if err != nil || len(page.Messages) != 1 || len(page.Messages[0].Reactions) != 1 {
		t.Errorf("after joining it reads %+v, %v", page, err)
	}
}

func TestAThreadLivesAsLongAsSomethingIsInIt(t *testing.T) {
	c, _, _ := newChat(t)
	root := say(t, c, "ana", In("ops"), "root")
	reply := say(t, c, "bo", In("ops", root.ID), "reply")
	post := func() error {
		_, err := c.Send(t.Context(), conversations.Message{Kind: conversations.Post, Place: In("ops", root.ID), Body: words("x")})
		return err
	}
	if err := c.Delete(t.Context(), "ana", root); err != nil {
		t.Fatal(err)
	}
	if err := post(); err != nil {
		t.Errorf("a thread without its root: %v", err)
	}
	mine := c.Everything()[1]
	for _, ref := range []conversations.MessageRef{reply, mine.Message} {
		if err := c.Delete(t.Context(), "ana", ref); err != nil {
			t.Fatal(err)
		}
	}
	if err := post(); !errors.Is(err, adapters.ErrUndeliverable) {
		t.Errorf("a thread with nothing in it: %v", err)
	}
}

func TestSaveAndLoad(t *testing.T) {
	c, k, clock := newChat(t)
	ctx := t.Context()
	ref := say(t, c, "ana", In("ops"), "one")
	body := words("card")
	body.Controls = [][]conversations.Control{{{Label: "Go", Verb: "go"}}}
	res, err := c.Send(ctx, conversations.Message{Kind: conversations.Post, Effect: "e1", Slot: "card", Place: In("ops"), Body: body})
	if err != nil {
		t.Fatal(err)
	}
	c.connect(nil) // what happens now waits
	if err := c.React(ctx, "bo", ref, "📌"); err != nil {
		t.Fatal(err)
	}
	if err := c.Click(ctx, "bo", res.Message, "Go", ""); err != nil {
		t.Fatal(err)
	}
	saved, err := c.Save()
	if err != nil {
		t.Fatal(err)
	}
	other := New(Options{Now: clock.Now})
	if err := other.Load(saved); err != nil {
		t.Fatal(err)
	}
	if other.Picture() != c.Picture() || len(other.Log(0)) != len(c.Log(0)) {
		t.Errorf("it was\n%s\nand is\n%s", c.Picture(), other.Picture())
	}
	other.connect(k)
	if left := other.Redeliver(ctx); left != 0 || k.events[len(k.events)-1].Kind != conversations.Reacted {
		t.Errorf("what waited: %d left, %+v", left, k.events)
	}
	found, _, err := other.Find(ctx, conversations.Message{Kind: conversations.Post, Effect: "e1", Place: In("ops")})
	if err != nil || found != adapters.Yes {
		t.Errorf("what was sent is found: %d, %v", found, err)
	}
	if next := say(t, other, "ana", In("ops"), "two"); next.ID <= res.Message.ID {
		t.Errorf("ids go back: %s after %s", next.ID, res.Message.ID)
	}
	if err := other.Load([]byte("{")); err == nil {
		t.Error("junk is loaded")
	}
}

func TestNothingWaitsForEver(t *testing.T) {
	c, _, _ := newChat(t)
	c.connect(nil)
	ref := say(t, c, "ana", In("ops"), "one")
	k := &failing{}
	c.connect(k)
	if left := c.Redeliver(t.Context()); left != 1 || k.count != 1 {
		t.Errorf("%d left after %d tries", left, k.count)
	}
	say(t, c, "ana", In("ops"), "two")
	if k.count != 3 { // the first one again, then the second
		t.Errorf("%d tries", k.count)
	}
	keep := &keeper{}
	c.connect(keep)
	if left := c.Redeliver(t.Context()); left != 0 || len(keep.events) != 2 || keep.events[0].Message != ref {
		t.Errorf("%d left, %+v", left, keep.events)
	}
}

type failing struct{ count int }

func (f *failing) Handle(context.Context, conversations.Event) (conversations.Answer, error) {
	f.count++
	return conversations.Answer{}, errors.New("not now")
}

func TestText(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	body := conversations.Body{
		Text: []conversations.Span{
			{Kind: conversations.Words, Text: "**Hi** "},
			{Kind: conversations.Someone, ID: "U1", Text: "Ana"},
			{Kind: conversations.Words, Text: " in "},
			{Kind: conversations.Channel, ID: "ops"},
			{Kind: conversations.Words, Text: " at "},
			{Kind: conversations.Moment, Time: time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC), Text: "13:02"},
			{Kind: conversations.Words, Text: ": "},
			{Kind: conversations.Quoted, Text: "**no**\x00"},
			{Kind: conversations.Buttons, Row: 2},
			{Kind: conversations.Link, Text: "↑"},
			{Kind: conversations.Buttons, Row: 3},
			{Kind: conversations.Words, Text: "\n\nend"},
		},
		Controls: [][]conversations.Control{
			{{Label: "Next"}, {Label: "Ask", Options: []conversations.Option{{Label: "a"}, {Label: "b"}}}}, {}, {{Label: "Here"}}, {{Label: "There"}}, {{Label: "More"}},
		},
		File: &conversations.File{Name: "PM-1.md"},
	}
	want := "**Hi** @Ana in #ops at Mon 2 Mar 14:02: **no**␀\n[Here]\n↑\n[There]\n\nend\n[Next]  [Ask ▾ a | b]\n[More]\n+file PM-1.md"
	if got := Text(body, Reader{Zone: berlin}); got != want {
		t.Errorf("\n%q\n%q", got, want)
	}
	if got := Text(conversations.Body{}, Reader{}); got != "" {
		t.Errorf("nothing is %q", got)
	}
}

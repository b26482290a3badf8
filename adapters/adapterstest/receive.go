package adapterstest

import (
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// The cases about what comes in.

func acknowledges(b *bench) {
	b.door.fails()
	out := b.p.Do(b.T, Act{Kind: conversations.Said, Who: b.p.Ana, Where: b.p.Channel, Text: canary})
	if out.Acked {
		b.Error("what was not saved was acknowledged")
	}
	b.door.says(nil)
	n := len(b.door.all())
	if !b.p.Again(b.T) {
		b.Fatal("what was saved at the second try was not acknowledged")
	}
	events := b.until(n + 1)
	if events[n].Key != out.Message.Key() {
		b.Errorf("it came again as %s, not %s", events[n].Key, out.Message.Key())
	}

	gate, entered := make(chan struct{}), make(chan struct{})
	b.door.says(func(conversations.Event) (conversations.Answer, error) {
		close(entered)
		<-gate
		return conversations.Answer{}, nil
	})
	var open, early atomic.Bool
	done := make(chan bool)
	go func() {
		acked := b.p.Do(b.T, Act{Kind: conversations.Said, Who: b.p.Ana, Where: b.p.Channel, Text: canary}).Acked
		early.Store(!open.Load())
		done <- acked
	}()
	<-entered
	for range 1000 {
		runtime.Gosched()
	}
	open.Store(true)
	close(gate)
	if !<-done {
		b.Error("what was saved was not acknowledged")
	}
	if early.Load() {
		b.Error("it was acknowledged before it was saved")
	}
}

func notSaved(b *bench) {
	b.door.fails()
	b.told("a command", func() {
		b.p.Do(b.T, Act{Kind: conversations.Commanded, Who: b.p.Ana, Where: b.p.Channel, Text: "start"})
	})
	ref := b.post(controlled())
	b.told("a click", func() {
		b.p.Do(b.T, Act{Kind: conversations.Clicked, Who: b.p.Ana, Where: b.p.Channel, Message: ref, Label: "Next"})
	})
	b.opens(ref)
	b.door.fails()
	b.p.Do(b.T, Act{Kind: conversations.Submitted, Who: b.p.Ana, Fields: []conversations.Field{{Name: "text", Value: canary}}})
	if _, _, wrong, open := b.p.Form(b.T, b.p.Ana); !open || len(wrong) == 0 {
		b.Errorf("a form that was not saved is not open any more (%v), or says nothing (%v)", open, wrong)
	}
}

// told reports whether Ana is told that something was not saved, in words that are not the error's.
func (b *bench) told(what string, act func()) {
	b.Helper()
	before := len(b.p.Private(b.T, b.p.Ana))
	act()
	after := b.p.Private(b.T, b.p.Ana)
	if len(after) != before+1 {
		b.Errorf("%s was not saved, and nobody is told", what)
		return
	}
	if text := after[before].Text; text == "" || contains(text, canary) {
		b.Errorf("%s was not saved, and she is told %q", what, text)
	}
}

func sameKey(b *bench) {
	e, ref := b.said("one " + canary)
	if !b.p.Again(b.T) {
		b.Error("what came again was not acknowledged")
	}
	again := b.until(2)[1]
	if !reflect.DeepEqual(e, again) {
		b.Errorf("the same happening came as another:\n%+v\n%+v", e, again)
	}
	s := b.read(ref)
	if s.Message.Key() != e.Key || s.Text != e.Text || !s.At.Equal(e.At) || s.Who != e.Who || s.Where != e.Where || s.Ours {
		b.Errorf("by reading it is another:\n%+v\n%+v", e, s)
	}
	other, _ := b.said("one " + canary)
	if other.Key == e.Key {
		b.Error("two messages have one key")
	}
	for _, on := range []bool{true, false, true} {
		r, _ := b.does(Act{Kind: conversations.Reacted, Who: b.p.Bo, Message: ref, Emoji: b.p.Pins[0], On: on})
		b.p.Again(b.T)
		all := b.door.all()
		if last := all[len(all)-1]; last.Key != r.Key {
			b.Errorf("a reaction that came again has the key %s, not %s", last.Key, r.Key)
		}
	}
	keys := map[string]int{}
	for _, e := range b.door.all() {
		keys[e.Key]++
	}
	if len(keys) != 5 {
		b.Errorf("five happenings have %d keys: %v", len(keys), keys)
	}
}

func ownMessages(b *bench) {
	_, ref := b.said(canary)
	card := b.post(words("a card"))
	b.send(conversations.Message{Kind: conversations.Post, Effect: effect(2), Place: b.p.Channel, Edit: card, Body: words("a card, edited")})
	b.send(conversations.Message{Kind: conversations.React, Effect: effect(3), Target: ref, Emoji: "📎", On: true})
	b.send(conversations.Message{Kind: conversations.React, Effect: effect(4), Target: ref, Emoji: "📎"})
	b.send(conversations.Message{Kind: conversations.Private, Effect: effect(5), Person: b.p.Ana, Body: words("a note")})
	b.said("that was all " + canary)
	if n := len(b.door.all()); n != 2 {
		b.Errorf("%d events came in, two of them from Ana: %+v", n, b.door.all())
	}
}

func masks(b *bench) {
	want, found := conversations.Mask(secretText)
	if !found {
		b.Fatal("this is no secret to the rules")
	}
	e, ref := b.said(secretText)
	if e.Text != want || !e.Masked {
		b.Errorf("a message came in as %q, masked %v", e.Text, e.Masked)
	}
	if s := b.read(ref); s.Text != want || !s.Masked {
		b.Errorf("by reading it is %q, masked %v", s.Text, s.Masked)
	}
	page, err := b.chat.Read(b.Context(), b.p.Channel, conversations.Stretch{From: e.At})
	if b.failed(err) != nil || len(page.Messages) != 1 || page.Messages[0].Text != want {
		b.Errorf("by reading back it is %+v, %v", page.Messages, err)
	}
	e, _ = b.does(Act{Kind: conversations.Edited, Who: b.p.Ana, Message: ref, Text: "again " + secretText})
	if e.Text != "again "+want || !e.Masked {
		b.Errorf("an edit came in as %q, masked %v", e.Text, e.Masked)
	}
	e, _ = b.does(Act{Kind: conversations.Commanded, Who: b.p.Ana, Where: b.p.Channel, Text: "event " + secretText})
	if e.Text != "event "+want || !e.Masked {
		b.Errorf("a command came in as %q, masked %v", e.Text, e.Masked)
	}
	b.opens(b.post(controlled()))
	e, _ = b.does(Act{Kind: conversations.Submitted, Who: b.p.Ana, Fields: []conversations.Field{{Name: "text", Value: secretText}}})
	if e.Field("text") != want || !e.Masked {
		b.Errorf("a form came in with %q, masked %v", e.Field("text"), e.Masked)
	}
}

func foldsEmoji(b *bench) {
	for _, pin := range b.p.Pins {
		_, ref := b.said(canary)
		e, _ := b.does(Act{Kind: conversations.Reacted, Who: b.p.Ana, Message: ref, Emoji: pin, On: true})
		if e.Emoji != "📌" {
			b.Errorf("%q came in as %q", pin, e.Emoji)
		}
		if s := b.read(ref); len(s.Reactions) != 1 || s.Reactions[0].Emoji != "📌" || !slices.Equal(s.Reactions[0].Who, []string{b.p.Ana}) {
			b.Errorf("%q is read as %+v", pin, s.Reactions)
		}
	}
	if b.p.CustomPin == "" {
		return
	}
	_, ref := b.said(canary)
	e, _ := b.does(Act{Kind: conversations.Reacted, Who: b.p.Ana, Message: ref, Emoji: b.p.CustomPin, On: true})
	if e.Emoji == "📌" || e.Emoji == "" {
		b.Errorf("a custom emoji of the same name came in as %q", e.Emoji)
	}
}

func cutsMention(b *bench) {
	e, out := b.does(Act{Kind: conversations.Said, Who: b.p.Ana, Where: b.p.Channel, Text: "next " + canary, Mention: true})
	if !e.Mention || e.Text != "next "+canary {
		b.Errorf("a message to the bot came in as %q, mention %v", e.Text, e.Mention)
	}
	if s := b.read(out.Message); !s.Mention || s.Text != e.Text {
		b.Errorf("by reading it is %q, mention %v", s.Text, s.Mention)
	}
	if e, _ := b.said("next " + canary); e.Mention {
		b.Error("a message to nobody came in as one to the bot")
	}
}

func writesPeople(b *bench) {
	e, _ := b.does(Act{Kind: conversations.Said, Who: b.p.Ana, Where: b.p.Channel, Text: canary, Names: b.p.Bo})
	if want := canary + " <@" + b.p.Bo + ">"; e.Text != want {
		b.Errorf("a mention came in as %q, not %q", e.Text, want)
	}
	e, _ = b.said("a < b && c > d " + canary)
	if e.Text != "a < b && c > d "+canary {
		b.Errorf("plain signs came in as %q", e.Text)
	}
}

func replies(b *bench) {
	res := b.send(conversations.Message{
		Kind: conversations.Post, Effect: effect(1), Slot: "card", Place: b.p.Channel, Body: words("a card"), OpensThread: true,
	})
	if res.Thread.Thread == "" || res.Thread.Workspace != b.p.Channel.Workspace {
		b.Fatalf("the card says that replies are written in %+v", res.Thread)
	}
	e, out := b.does(Act{Kind: conversations.Said, Who: b.p.Ana, Where: res.Thread, Text: canary})
	if e.Where != res.Thread {
		b.Errorf("a reply came in from %+v, not from %+v", e.Where, res.Thread)
	}
	if s := b.read(out.Message); s.Where != res.Thread {
		b.Errorf("by reading it is from %+v, not from %+v", s.Where, res.Thread)
	}
	e, _ = b.does(Act{Kind: conversations.Edited, Who: b.p.Ana, Message: out.Message, Text: "edited " + canary})
	if e.Where != res.Thread {
		b.Errorf("its edit came in from %+v, not from %+v", e.Where, res.Thread)
	}
	question := b.send(conversations.Message{Kind: conversations.Post, Effect: effect(2), Place: res.Thread, Body: words("a question")})
	if question.Thread != res.Thread {
		b.Errorf("replies beside a post in a thread are written in %+v, not in %+v", question.Thread, res.Thread)
	}
	if e, _ := b.said(canary); e.Where != b.p.Channel {
		b.Errorf("a message in the channel came in from %+v", e.Where)
	}
}

func edited(b *bench) {
	first, ref := b.said("one " + canary)
	e, _ := b.does(Act{Kind: conversations.Edited, Who: b.p.Ana, Message: ref, Text: "two " + canary})
	if e.Text != "two "+canary || e.Message != ref || e.Who != b.p.Ana || !e.MessageAt.Equal(first.At) || e.Key == first.Key {
		b.Errorf("an edit came in as %+v", e)
	}
	b.p.Again(b.T)
	if again := b.until(3)[2]; again.Key != e.Key {
		b.Errorf("the same edit has two keys: %s and %s", e.Key, again.Key)
	}
	third, _ := b.does(Act{Kind: conversations.Edited, Who: b.p.Ana, Message: ref, Text: "three " + canary})
	if third.Key == e.Key || third.At.Before(e.At) {
		b.Errorf("two edits have the keys %s, %s and the times %s, %s", e.Key, third.Key, e.At, third.At)
	}
	if s := b.read(ref); s.Text != "three "+canary || s.EditedAt.IsZero() || !s.At.Equal(first.At) {
		b.Errorf("by reading it is %+v", s)
	}
}

func deleted(b *bench) {
	first, ref := b.said(canary)
	e, _ := b.does(Act{Kind: conversations.Deleted, Who: b.p.Ana, Message: ref})
	if e.Message != ref || !e.MessageAt.Equal(first.At) {
		b.Errorf("a deletion came in as %+v", e)
	}
	if _, err := b.chat.Message(b.Context(), ref); !errors.Is(b.failed(err), adapters.ErrUnreadable) {
		b.Errorf("reading it gives %v", err)
	}
}

func reactions(b *bench) {
	first, ref := b.said(canary)
	pin := b.p.Pins[0]
	on, _ := b.does(Act{Kind: conversations.Reacted, Who: b.p.Bo, Message: ref, Emoji: pin, On: true})
	off, _ := b.does(Act{Kind: conversations.Reacted, Who: b.p.Bo, Message: ref, Emoji: pin})
	for _, e := range []conversations.Event{on, off} {
		if e.Message != ref || e.Who != b.p.Bo || e.Emoji != "📌" || !e.MessageAt.Equal(first.At) {
			b.Errorf("a reaction came in as %+v", e)
		}
	}
	if !on.On || off.On || on.Key == off.Key {
		b.Errorf("on and off came in as %v and %v, %s and %s", on.On, off.On, on.Key, off.Key)
	}
	if s := b.read(ref); len(s.Reactions) != 0 {
		b.Errorf("by reading it still has %+v", s.Reactions)
	}
}

func files(b *bench) {
	e, out := b.does(Act{Kind: conversations.Said, Who: b.p.Ana, Where: b.p.Channel, Text: canary, Files: []string{"graph.png", "log.txt"}})
	if !slices.Equal(e.Files, []string{"graph.png", "log.txt"}) {
		b.Errorf("files came in as %q", e.Files)
	}
	if s := b.read(out.Message); !slices.Equal(s.Files, e.Files) {
		b.Errorf("by reading they are %q", s.Files)
	}
}

func commands(b *bench) {
	e, _ := b.does(Act{Kind: conversations.Commanded, Who: b.p.Ana, Where: b.p.Channel, Text: "start Checkout errors"})
	if e.Text != "start Checkout errors" || e.Who != b.p.Ana || e.Where != b.p.Channel {
		b.Errorf("a command came in as %+v", e)
	}
	other, _ := b.does(Act{Kind: conversations.Commanded, Who: b.p.Ana, Where: b.p.Channel, Text: "start Checkout errors"})
	if other.Key == e.Key {
		b.Error("the same command given twice has one key")
	}
}

// controlled is a message with a button and a menu.
func controlled() conversations.Body {
	body := words("a question")
	body.Controls = [][]conversations.Control{{
		{Label: "Next", Verb: "next", Subject: "x/y/review/cmd/1", Value: "4"},
		{Label: "Ask here", Verb: "ask", Subject: "x/y/review/cmd/1", Options: []conversations.Option{
			{Label: "Timeline", Value: "1"}, {Label: "Impact", Value: "4"},
		}},
	}}
	return body
}

func controls(b *bench) {
	ref := b.post(controlled())
	click := Act{Kind: conversations.Clicked, Who: b.p.Ana, Where: b.p.Channel, Message: ref, Label: "Next"}
	e, _ := b.does(click)
	if e.Verb != "next" || e.Subject != "x/y/review/cmd/1" || e.Value != "4" || e.Message != ref || e.Who != b.p.Ana || e.Where != b.p.Channel {
		b.Errorf("a click came in as %+v", e)
	}
	other, _ := b.does(click)
	if other.Key == e.Key {
		b.Error("two clicks have one key")
	}
	e, _ = b.does(Act{Kind: conversations.Clicked, Who: b.p.Bo, Where: b.p.Channel, Message: ref, Label: "Ask here", Choice: "Impact"})
	if e.Verb != "ask" || e.Value != "4" || e.Who != b.p.Bo {
		b.Errorf("a choice came in as %+v", e)
	}
}

// opens has a click answered with a form.
func (b *bench) opens(ref conversations.MessageRef) {
	b.Helper()
	b.door.says(func(e conversations.Event) (conversations.Answer, error) {
		if e.Kind != conversations.Clicked {
			return conversations.Answer{}, nil
		}
		return conversations.Answer{Form: &conversations.Form{
			Title: "Answer", Verb: "answer", Subject: "x/y/review/cmd/1", Value: "4", Submit: "Keep",
			Inputs: []conversations.Input{
				{Name: "text", Label: "What happened?", Lines: true},
				{Name: "when", Label: "When?", Optional: true},
			},
		}}, nil
	})
	b.does(Act{Kind: conversations.Clicked, Who: b.p.Ana, Where: b.p.Channel, Message: ref, Label: "Next"})
	title, inputs, wrong, open := b.p.Form(b.T, b.p.Ana)
	if !open || title != "Answer" || !slices.Equal(inputs, []string{"text", "when"}) || len(wrong) > 0 {
		b.Fatalf("the form she has is %q with %v, %v, open %v", title, inputs, wrong, open)
	}
}

func forms(b *bench) {
	b.opens(b.post(controlled()))
	b.door.says(func(conversations.Event) (conversations.Answer, error) {
		return conversations.Answer{Errors: []conversations.Field{{Name: "when", Value: "I do not know this time"}}}, nil
	})
	fill := Act{Kind: conversations.Submitted, Who: b.p.Ana, Fields: []conversations.Field{
		{Name: "text", Value: "it broke " + canary}, {Name: "when", Value: "half past"},
	}}
	e, _ := b.does(fill)
	if e.Verb != "answer" || e.Subject != "x/y/review/cmd/1" || e.Value != "4" || e.Who != b.p.Ana || e.Where.Workspace != b.p.Channel.Workspace {
		b.Errorf("a form came in as %+v", e)
	}
	want := []conversations.Field{{Name: "text", Value: "it broke " + canary}, {Name: "when", Value: "half past"}}
	if !slices.Equal(e.Fields, want) {
		b.Errorf("its fields came in as %+v", e.Fields)
	}
	_, _, wrong, open := b.p.Form(b.T, b.p.Ana)
	if !open || !slices.Equal(wrong, []conversations.Field{{Name: "when", Value: "I do not know this time"}}) {
		b.Errorf("a form with a mistake is open %v and says %v", open, wrong)
	}
	b.door.says(nil)
	again, _ := b.does(fill)
	if again.Key != e.Key {
		b.Errorf("one form, submitted again because of a mistake, has two keys: %s and %s", e.Key, again.Key)
	}
	if _, _, _, open := b.p.Form(b.T, b.p.Ana); open {
		b.Error("a form that was taken is still open")
	}
}

func answersAtOnce(b *bench) {
	b.door.says(func(conversations.Event) (conversations.Answer, error) {
		return conversations.Answer{Private: words("only for you")}, nil
	})
	before := len(b.p.Private(b.T, b.p.Ana))
	b.does(Act{Kind: conversations.Commanded, Who: b.p.Ana, Where: b.p.Channel, Text: "help"})
	got := b.p.Private(b.T, b.p.Ana)
	if len(got) != before+1 || !contains(got[before].Text, "only for you") {
		b.Errorf("she is shown %+v", got)
	}
	if other := b.p.Private(b.T, b.p.Bo); len(other) > 0 {
		b.Errorf("and so is he: %+v", other)
	}
	page, err := b.chat.Read(b.Context(), b.p.Channel, conversations.Stretch{From: b.door.all()[0].At.AddDate(0, 0, -1)})
	if b.failed(err) != nil || len(page.Messages) > 0 {
		b.Errorf("everybody is shown %+v, %v", page.Messages, err)
	}
}

// read reads one message.
func (b *bench) read(ref conversations.MessageRef) conversations.Snapshot {
	b.Helper()
	s, err := b.chat.Message(b.Context(), ref)
	if b.failed(err) != nil {
		b.Fatalf("reading a message: %v", err)
	}
	for _, t := range []bool{s.At.Equal(s.At.UTC()), s.Message == ref, strings.TrimSpace(s.Where.Channel) != ""} {
		if !t {
			b.Errorf("a message is read as %+v", s)
		}
	}
	return s
}

// saysAway: what happened while nothing reached the adapter is read back by the bot, which has to know of it.
func saysAway(b *bench) {
	if b.p.Cut == nil {
		return
	}
	b.door.fails()
	n := len(b.door.all())
	b.p.Cut(b.T)
	b.until(n + 1)
	b.door.says(nil)
	n = len(b.door.all())
	e := b.until(n + 1)[n]
	want := conversations.Away(b.p.Channel.Workspace, e.At, e.At).Event
	since, err := time.Parse(time.RFC3339Nano, e.Value)
	if e.Kind != want.Kind || e.Verb != want.Verb || e.Where != want.Where || err != nil || since.After(e.At) {
		b.Errorf("having been away, and having failed to say so, it handed in %+v", e)
	}
}

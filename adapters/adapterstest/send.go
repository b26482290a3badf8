package adapterstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// The cases about what goes out, and about reading.

// effect is the n-th id, as long as they are and of the letters they have.
func effect(n int) string {
	return fmt.Sprintf("effect%s", strings.Repeat(string(rune('a'+n%26)), 18))
}

func words(text string) conversations.Body {
	return conversations.Body{Text: []conversations.Span{{Kind: conversations.Words, Text: text}}}
}

func quoted(text string) conversations.Body {
	return conversations.Body{Text: []conversations.Span{
		{Kind: conversations.Words, Text: "they said: "}, {Kind: conversations.Quoted, Text: text},
	}}
}

func (b *bench) send(m conversations.Message) conversations.Result {
	b.Helper()
	m.Since = time.Now().Add(-time.Hour)
	res, err := b.chat.Send(b.Context(), m)
	if b.failed(err) != nil {
		b.Fatalf("sending a %s: %v", m.Kind, err)
	}
	return res
}

// post posts in the channel.
func (b *bench) post(body conversations.Body) conversations.MessageRef {
	b.Helper()
	res := b.send(conversations.Message{Kind: conversations.Post, Effect: effect(0), Slot: "card", Place: b.p.Channel, Body: body})
	if res.Message.Workspace != b.p.Channel.Workspace || res.Message.ID == "" || res.At.IsZero() || !res.At.Equal(res.At.Truncate(time.Millisecond)) {
		b.Fatalf("the result of a post is %+v", res)
	}
	return res.Message
}

func (b *bench) shown(ref conversations.MessageRef) Shown {
	b.Helper()
	s, ok := b.p.Shown(b.T, ref)
	if !ok {
		b.Fatalf("the message %s is not there", ref.Key())
	}
	return s
}

func posts(b *bench) {
	ref := b.post(controlled())
	s := b.shown(ref)
	for _, want := range []string{"a question", "Next", "Ask here"} {
		if !contains(s.Text, want) {
			b.Errorf("a post shows %q, without %q", s.Text, want)
		}
	}
	res := b.send(conversations.Message{Kind: conversations.Post, Effect: effect(1), Place: b.p.Channel, Edit: ref, Body: words("an answer")})
	if res.Message != ref {
		b.Errorf("an edit says that the message is %+v, not %+v", res.Message, ref)
	}
	if s := b.shown(ref); !contains(s.Text, "an answer") || contains(s.Text, "a question") || contains(s.Text, "Next") {
		b.Errorf("an edited post shows %q", s.Text)
	}
	if s := b.read(ref); !s.Ours {
		b.Errorf("the bot's own message is read as %+v", s)
	}
}

func reacts(b *bench) {
	_, ref := b.said(canary)
	for i, want := range [][]string{{"📎"}, {"📎"}, {}, {}} {
		b.send(conversations.Message{Kind: conversations.React, Effect: effect(i), Target: ref, Emoji: "📎", On: i < 2})
		if s := b.shown(ref); !slices.Equal(s.Marks, want) && len(s.Marks)+len(want) > 0 {
			b.Errorf("after reacting %d times there is %q, not %q", i+1, s.Marks, want)
		}
		if s := b.read(ref); len(s.Reactions) > 0 {
			b.Errorf("the bot's own reaction is read as people's: %+v", s.Reactions)
		}
	}
}

func writes(b *bench) {
	m := conversations.Message{Kind: conversations.Private, Effect: effect(1), Slot: "weekly", Person: b.p.Ana, Body: words("two are late")}
	res := b.send(m)
	got := b.p.Private(b.T, b.p.Ana)
	if len(got) != 1 || !contains(got[0].Text, "two are late") || len(b.p.Private(b.T, b.p.Bo)) > 0 {
		b.Errorf("she is shown %+v", got)
	}
	m.Edit, m.Effect, m.Body = res.Message, effect(2), words("one is late")
	b.send(m)
	if got := b.p.Private(b.T, b.p.Ana); len(got) != 1 || !contains(got[0].Text, "one is late") {
		b.Errorf("after an edit she is shown %+v", got)
	}
}

func answersPrivately(b *bench) {
	e, _ := b.does(Act{Kind: conversations.Commanded, Who: b.p.Ana, Where: b.p.Channel, Text: "timeline"})
	if fmt.Sprint(e.Handle) != fmt.Sprintf("{(secret) %s}", e.Handle.Expires) {
		b.Errorf("the handle prints as %v", e.Handle)
	}
	before := len(b.p.Private(b.T, b.p.Ana))
	m := conversations.Message{Kind: conversations.Reply, Effect: effect(1), Place: e.Where, Person: b.p.Ana, Handle: e.Handle, Body: words("three events")}
	b.send(m)
	if got := b.p.Private(b.T, b.p.Ana); len(got) != before+1 || !contains(got[before].Text, "three events") {
		b.Errorf("she is shown %+v", got)
	}
	if got := b.p.Private(b.T, b.p.Bo); len(got) > 0 {
		b.Errorf("and so is he: %+v", got)
	}
	if b.p.Expire == nil {
		return
	}
	b.p.Expire(b.T)
	m.Effect, m.Body = effect(2), words("four events")
	_, err := b.chat.Send(b.Context(), m)
	shown := 0
	for _, s := range b.p.Private(b.T, b.p.Ana) {
		if contains(s.Text, "four events") {
			shown++
		}
	}
	// It is refused, or shown by another way that the platform has.
	if refused := errors.Is(b.failed(err), adapters.ErrUndeliverable); refused == (shown == 1) || err != nil && !refused || shown > 1 {
		b.Errorf("an answer that comes too late gives %v and is shown %d times", err, shown)
	}
	if got := b.p.Private(b.T, b.p.Bo); len(got) > 0 {
		b.Errorf("and so is he: %+v", got)
	}
}

func finds(b *bench) {
	since := time.Now().Add(-time.Hour)
	post := conversations.Message{Kind: conversations.Post, Effect: effect(1), Slot: "card", Place: b.p.Channel, Since: since, Body: words("a card")}
	b.found(post, adapters.No)
	res := b.send(post)
	if got := b.found(post, adapters.Yes); got.Message != res.Message || got.Thread != res.Thread || !got.At.Equal(res.At) {
		b.Errorf("it is found as %+v, not as %+v", got, res)
	}
	other := post
	other.Effect = effect(2)
	b.found(other, adapters.No)

	private := conversations.Message{Kind: conversations.Private, Effect: effect(3), Person: b.p.Ana, Since: since, Body: words("a note")}
	b.found(private, adapters.No)
	b.send(private)
	b.found(private, adapters.Yes)

	e, _ := b.does(Act{Kind: conversations.Commanded, Who: b.p.Ana, Where: b.p.Channel, Text: "timeline"})
	reply := conversations.Message{Kind: conversations.Reply, Effect: effect(4), Place: e.Where, Person: b.p.Ana, Handle: e.Handle, Since: since, Body: words("an answer")}
	b.send(reply)
	b.found(reply, adapters.CannotTell)
}

func (b *bench) found(m conversations.Message, want adapters.Found) conversations.Result {
	b.Helper()
	got, res, err := b.chat.Find(b.Context(), m)
	if b.failed(err) != nil || got != want {
		b.Errorf("looking for a %s gives %d, %v; want %d", m.Kind, got, err, want)
	}
	return res
}

func findsLost(b *bench) {
	if b.p.Lose == nil {
		return
	}
	m := conversations.Message{Kind: conversations.Post, Effect: effect(1), Place: b.p.Channel, Since: time.Now().Add(-time.Hour), Body: words("a card")}
	b.p.Lose(b.T)
	_, err := b.chat.Send(b.Context(), m)
	var later *adapters.RetryAfter
	if b.failed(err) == nil || errors.Is(err, adapters.ErrUndeliverable) || errors.As(err, &later) {
		b.Errorf("a post whose answer is lost gives %v, which says that it knows", err)
	}
	b.found(m, adapters.Yes)
}

// hostile is what people may have written.
var hostile = []string{
	evil + "@channel @Everyone <@U0BO> <@!4242> <@&77> <!here|here> <!subteam^S1> <#C1|ops>",
	"[click](http://evil.example/a) <http://evil.example|here> http://evil.example/b www.evil.example mailto:a@evil.example",
	"**bold** *it* _it_ ~~no~~ `code` ```fence``` > quote\n# Heading\n- list\n1. one\n| a | b |",
	"<script>alert(1)</script> <img src=x onerror=alert(1)> &lt;b&gt; &amp;",
	"invoice\u202egpj.exe \u2066isolated\u2069 zero\u200bwidth \u200djoined",
	"nul\x00bell\x07escape\x1b[31mred\x1b[0m",
	"[Next]  [Answer ▾ one]\nbot: I said nothing",
	"<t:1772456520:R> <:pushpin:4242> :pushpin: </postmortem:4242> {date^1^{date}|x}",
	"||spoiler|| \\*escaped\\* \\<@U0BO\\>",
}

func inert(b *bench) {
	for _, text := range hostile {
		ref := b.post(quoted(text))
		b.harmless(ref, text)
		b.send(conversations.Message{Kind: conversations.Post, Effect: effect(1), Place: b.p.Channel, Edit: ref, Body: quoted("edited " + text)})
		b.harmless(ref, "edited "+text)
	}
	body := conversations.Body{Text: []conversations.Span{{Kind: conversations.Someone, ID: b.p.Bo, Text: "Bo"}}}
	if s := b.shown(b.post(body)); len(s.Pings) > 0 || visible(s.Text) == "" {
		b.Errorf("somebody who is named is shown as %q, pinged %v", s.Text, s.Pings)
	}
	body = conversations.Body{Text: []conversations.Span{{Kind: conversations.Someone, ID: "X9", Text: "<!channel> @everyone"}}}
	if s := b.shown(b.post(body)); len(s.Pings) > 0 {
		b.Errorf("a name that is a ping pings %v", s.Pings)
	}
}

func (b *bench) harmless(ref conversations.MessageRef, text string) {
	b.Helper()
	s := b.shown(ref)
	if len(s.Pings) > 0 || len(s.Links) > 0 {
		b.Errorf("%q pings %v and links %v", text, s.Pings, s.Links)
	}
	if !contains(visible(s.Text), visible(text)) {
		b.Errorf("%q is shown as %q", text, s.Text)
	}
	for _, r := range s.Text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069)) {
			b.Errorf("%q is shown with %U in it", text, r)
		}
	}
}

// visible is what of a text can be seen: no spaces, no controls or what stands for them, nothing of no width.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		case r >= 0x2400 && r <= 0x2426, r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
}

func long(b *bench) {
	var text strings.Builder
	for i := 0; text.Len() < 40000; i++ {
		fmt.Fprintf(&text, "%d: errors on <checkout> & *payment* are up @everyone\n", i)
	}
	s := b.shown(b.post(quoted(text.String())))
	if len(s.Pings) > 0 {
		b.Errorf("a long text pings %v", s.Pings)
	}
	if want, got := visible(text.String()), visible(s.Text); !contains(got, want) {
		b.Errorf("of 40,000 characters %d are shown", len(got))
	}
	body := words("the report")
	body.File = &conversations.File{Name: "PM-1.md", Text: text.String()}
	res := b.send(conversations.Message{Kind: conversations.Post, Effect: effect(1), Place: b.p.Channel, Body: body})
	if s := b.shown(res.Message); !contains(visible(s.Text), visible(text.String())) {
		b.Error("a file is not all there")
	}
	m := conversations.Message{Kind: conversations.Post, Effect: effect(0), Place: b.p.Channel, Since: time.Now().Add(-time.Hour), Body: quoted(text.String())}
	b.found(m, adapters.Yes)
}

func refusals(b *bench) {
	_, ref := b.said(canary)
	b.does(Act{Kind: conversations.Deleted, Who: b.p.Ana, Message: ref})
	nowhere := conversations.MessageRef{Workspace: b.p.Channel.Workspace, Channel: b.p.Closed.Channel, ID: ref.ID}
	refused := map[string]conversations.Message{
		"a post where the bot may not write":    {Kind: conversations.Post, Place: b.p.Closed, Body: quoted(canary)},
		"a reaction on a message that is gone":  {Kind: conversations.React, Target: ref, Emoji: "📎", On: true},
		"an edit of a message that is gone":     {Kind: conversations.Post, Place: b.p.Channel, Edit: ref, Body: quoted(canary)},
		"an edit of a message that never was":   {Kind: conversations.Post, Place: b.p.Closed, Edit: nowhere, Body: quoted(canary)},
		"a note to somebody who is unreachable": {Kind: conversations.Private, Person: b.p.Unreachable, Body: quoted(canary)},
	}
	for what, m := range refused {
		m.Effect = effect(3)
		_, err := b.chat.Send(b.Context(), m)
		var why *adapters.Undeliverable
		if !errors.Is(b.failed(err), adapters.ErrUndeliverable) || !errors.As(err, &why) || why.Reason == "" {
			b.Errorf("%s gives %v, not an Undeliverable with a reason", what, err)
			continue
		}
		if edit := what == "an edit of a message that is gone"; why.Gone != edit && m.Edit != nowhere {
			b.Errorf("%s: gone is %v", what, why.Gone)
		}
	}
}

func notNow(b *bench) {
	_, ref := b.said(canary)
	calls := map[string]func() error{
		"Send": func() error {
			_, err := b.chat.Send(b.Context(), conversations.Message{Kind: conversations.Post, Effect: effect(1), Place: b.p.Channel, Body: quoted(canary)})
			return err
		},
		"Message": func() error { _, err := b.chat.Message(b.Context(), ref); return err },
		"Read": func() error {
			_, err := b.chat.Read(b.Context(), b.p.Channel, conversations.Stretch{})
			return err
		},
	}
	for name, call := range calls {
		b.p.Busy(b.T, 7*time.Second)
		var later *adapters.RetryAfter
		if err := b.failed(call()); !errors.As(err, &later) || later.After < 7*time.Second || later.After > time.Minute {
			b.Errorf("%s, told to wait seven seconds, gives %v", name, err)
		}
		if err := b.failed(call()); err != nil {
			b.Errorf("%s, afterwards, gives %v", name, err)
		}
	}
}

func readsPages(b *bench) {
	var events []conversations.Event
	for i := range 40 {
		e, _ := b.said(fmt.Sprintf("%d %s", i, canary))
		events = append(events, e)
	}
	b.post(words("of the bot's own"))
	b.does(Act{Kind: conversations.Deleted, Who: b.p.Ana, Message: events[20].Message})
	card := b.send(conversations.Message{Kind: conversations.Post, Effect: effect(5), Slot: "card", Place: b.p.Channel, Body: words("a card"), OpensThread: true})
	b.does(Act{Kind: conversations.Said, Who: b.p.Bo, Where: card.Thread, Text: "in a thread " + canary})

	want := append(slices.Clone(events[10:20]), events[21:]...)
	since := events[10].At
	got, left := b.readAll(b.p.Channel, conversations.Stretch{From: since})
	theirs := slices.DeleteFunc(slices.Clone(got), func(s conversations.Snapshot) bool { return s.Ours })
	if len(theirs) != len(want) || len(got) != len(want)+2 {
		b.Fatalf("%d messages are read, %d of people's; want %d and 2 of ours", len(got), len(theirs), len(want))
	}
	for i, s := range theirs {
		if s.Message.Key() != want[i].Key || s.Text != want[i].Text || s.Where != b.p.Channel {
			b.Fatalf("message %d is read as %+v, not as %+v", i, s, want[i])
		}
	}
	for _, l := range left {
		again, _ := b.readAll(b.p.Channel, l.part)
		if len(again) != len(got)-l.read {
			b.Errorf("after %d of %d messages, %d are left when it is read again", l.read, len(got), len(again))
		}
	}
	some, _ := b.readAll(b.p.Channel, conversations.Stretch{From: since, To: events[15].At})
	if len(some) != 6 || some[5].Message != events[15].Message {
		b.Errorf("of 6 messages up to a time, %d are read", len(some))
	}
}

// left is what is to be read after so many messages.
type left struct {
	read int
	part conversations.Stretch
}

// readAll reads to the end and returns the messages, and what was left on the way.
func (b *bench) readAll(p conversations.Place, part conversations.Stretch) (all []conversations.Snapshot, on []left) {
	b.Helper()
	oldest := func(a, b conversations.Snapshot) int { return a.At.Compare(b.At) }
	for range 50 {
		page, err := b.chat.Read(b.Context(), p, part)
		if b.failed(err) != nil {
			b.Fatalf("reading: %v", err)
		}
		if !slices.IsSortedFunc(page.Messages, oldest) {
			b.Error("the oldest of a page is not first")
		}
		all = append(all, page.Messages...)
		if page.Left == nil {
			slices.SortFunc(all, oldest)
			return all, on
		}
		part = *page.Left
		on = append(on, left{len(all), part})
	}
	b.Fatal("reading has no end")
	return nil, nil
}

func readsThread(b *bench) {
	card := b.send(conversations.Message{Kind: conversations.Post, Effect: effect(1), Slot: "card", Place: b.p.Channel, Body: words("a card"), OpensThread: true})
	var want []string
	for i := range 20 {
		e, _ := b.does(Act{Kind: conversations.Said, Who: b.p.Bo, Where: card.Thread, Text: fmt.Sprintf("%d %s", i, canary)})
		want = append(want, e.Key)
	}
	b.said("beside it " + canary)
	all, _ := b.readAll(card.Thread, conversations.Stretch{From: card.At})
	var got []string
	for _, s := range all {
		if s.Message != card.Message {
			got = append(got, s.Message.Key())
		}
	}
	if !slices.Equal(got, want) {
		b.Errorf("of a thread of 20 replies %d are read: %v", len(got), got)
	}
}

func readsMessage(b *bench) {
	e, ref := b.said(canary)
	for _, who := range []string{b.p.Ana, b.p.Bo} {
		b.does(Act{Kind: conversations.Reacted, Who: who, Message: ref, Emoji: b.p.Pins[0], On: true})
	}
	s := b.read(ref)
	who := []string{}
	for _, r := range s.Reactions {
		who = append(who, r.Who...)
	}
	slices.Sort(who)
	people := []string{b.p.Ana, b.p.Bo}
	slices.Sort(people)
	if len(s.Reactions) != 1 || !slices.Equal(who, people) || s.Where != e.Where || s.Who != b.p.Ana {
		b.Errorf("it is read as %+v", s)
	}
	never := conversations.MessageRef{Workspace: ref.Workspace, Channel: b.p.Closed.Channel, ID: ref.ID}
	if _, err := b.chat.Message(b.Context(), never); !errors.Is(b.failed(err), adapters.ErrUnreadable) {
		b.Errorf("a message that cannot be read gives %v", err)
	}
}

func peopleAndPlaces(b *bench) {
	w := b.p.Channel.Workspace
	if name, _, _ := strings.Cut(w, "/"); name != b.chat.Name() {
		b.Errorf("the chat %q has the workspace %q", b.chat.Name(), w)
	}
	if all, err := b.chat.Workspaces(b.Context()); b.failed(err) != nil || !slices.Equal(all, []string{w}) {
		b.Errorf("the bot is in the workspaces %v, %v", all, err)
	}
	p, err := b.chat.User(b.Context(), w, b.p.Ana)
	if b.failed(err) != nil || p.ID != b.p.Ana || p.Name == "" || !p.Active || p.Bot {
		b.Errorf("Ana is %+v, %v", p, err)
	}
	if _, err := b.chat.User(b.Context(), w, "4141414141"); !errors.Is(b.failed(err), adapters.ErrUnreadable) {
		b.Errorf("somebody who does not exist gives %v", err)
	}
	places, err := b.chat.Places(b.Context())
	if b.failed(err) != nil || !slices.Contains(places, b.p.Channel) || slices.Contains(places, b.p.Closed) {
		b.Errorf("the bot is in %+v, %v", places, err)
	}
	if sees, err := b.chat.CanSee(b.Context(), b.p.Ana, b.p.Channel); b.failed(err) != nil || !sees {
		b.Errorf("Ana sees her channel: %v, %v", sees, err)
	}
	if sees, err := b.chat.CanSee(b.Context(), "", b.p.Channel); b.failed(err) != nil || !sees {
		b.Errorf("everybody sees the channel: %v, %v", sees, err)
	}
	if sees, err := b.chat.CanSee(b.Context(), "4141414141", b.p.Channel); sees {
		b.Errorf("somebody who does not exist sees it, %v", b.failed(err))
	}
}

func endedContext(b *bench) {
	ctx, end := context.WithCancel(b.Context())
	end()
	_, err := b.chat.Send(ctx, conversations.Message{Kind: conversations.Post, Effect: effect(1), Place: b.p.Channel, Body: quoted(canary)})
	if !errors.Is(b.failed(err), context.Canceled) || errors.Is(err, adapters.ErrUndeliverable) {
		b.Errorf("Send gives %v", err)
	}
	_, err = b.chat.Read(ctx, b.p.Channel, conversations.Stretch{})
	if !errors.Is(b.failed(err), context.Canceled) || errors.Is(err, adapters.ErrUnreadable) {
		b.Errorf("Read gives %v", err)
	}
}

func allAtOnce(b *bench) {
	const each = 8
	var all sync.WaitGroup
	for i := range each {
		all.Go(func() {
			b.p.Do(b.T, Act{Kind: conversations.Said, Who: b.p.Ana, Where: b.p.Channel, Text: fmt.Sprint(i, canary)})
		})
		all.Go(func() {
			_, err := b.chat.Send(b.Context(), conversations.Message{Kind: conversations.Post, Effect: effect(i), Place: b.p.Channel, Body: words("at once")})
			if err != nil {
				b.Errorf("sending at once: %v", err)
			}
		})
		all.Go(func() { _, _ = b.chat.Places(b.Context()) })
	}
	all.Wait()
	keys := map[string]bool{}
	for _, e := range b.until(each) {
		keys[e.Key] = true
	}
	if len(keys) != each {
		b.Errorf("%d messages at once have %d keys", each, len(keys))
	}
}

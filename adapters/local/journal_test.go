package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// rows is a journal in memory. It can be made to fail.
type rows struct {
	mu   sync.Mutex
	all  [][]byte                        // what was forgotten is nil
	hold bool                            // nothing can be forgotten
	fail func(seq int64) (kept, ok bool) // nil: it never does
}

func (r *rows) Append(_ context.Context, seq int64, entry []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, ok := true, true
	if r.fail != nil {
		kept, ok = r.fail(seq)
	}
	switch {
	case !kept:
		return errors.New("the store is away")
	case seq <= int64(len(r.all)) && !bytes.Equal(r.all[seq-1], entry):
		return ErrTaken
	case seq > int64(len(r.all))+1:
		return fmt.Errorf("entry %d after %d", seq, len(r.all))
	case seq == int64(len(r.all))+1:
		r.all = append(r.all, bytes.Clone(entry))
	}
	if !ok {
		return errors.New("no answer came")
	}
	return nil
}

func (r *rows) Entries(_ context.Context, from int64, each func(int64, []byte) error) error {
	r.mu.Lock()
	all := slices.Clone(r.all)
	r.mu.Unlock()
	for i := from; i <= int64(len(all)); i++ {
		if all[i-1] == nil {
			continue
		}
		if err := each(i, all[i-1]); err != nil {
			return err
		}
	}
	return nil
}

func (r *rows) Forget(_ context.Context, before int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hold {
		return errors.New("the store is away")
	}
	clear(r.all[:before-1])
	return nil
}

func (r *rows) holds(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Contains(bytes.Join(r.all, nil), []byte(text))
}

// oneByOne is a bot that counts what it is handed by key, and answers commands with a form.
type oneByOne struct {
	mu   sync.Mutex
	seen map[string]conversations.Event
	keys []string
}

func (k *oneByOne) Handle(_ context.Context, e conversations.Event) (conversations.Answer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, again := k.seen[e.Key]; !again {
		k.keys = append(k.keys, e.Key)
	}
	k.seen[e.Key] = e
	if e.Kind == conversations.Commanded {
		return conversations.Answer{Form: &conversations.Form{Title: "T", Verb: "v", Inputs: []conversations.Input{{Name: "a", Label: "A"}}}}, nil
	}
	return conversations.Answer{}, nil
}

func durable(t *testing.T, j Journal, clock *Clock) *Chat {
	t.Helper()
	c, err := Restore(t.Context(), Options{Now: clock.Now, Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// steps are a session of people and of the bot; each can be done again when no answer came.
func steps(t *testing.T) []func(ctx context.Context, c *Chat) error {
	root := In("ops")
	newest := func(c *Chat, who string) conversations.MessageRef {
		for _, m := range slices.Backward(c.Everything()) {
			if m.Who == who {
				return m.Message
			}
		}
		return conversations.MessageRef{}
	}
	body := words("card")
	body.Controls = [][]conversations.Control{{{Label: "Go", Verb: "go"}, {Label: "Go", Verb: "go", Value: "second"}}}
	return []func(context.Context, *Chat) error{
		func(ctx context.Context, c *Chat) error {
			return c.Admit(ctx, Person{Person: conversations.Person{ID: "ana", Name: "Ana", Active: true}})
		},
		func(ctx context.Context, c *Chat) error {
			return c.Admit(ctx, Person{Person: conversations.Person{ID: "bo", Name: "Bo", Active: true}})
		},
		func(ctx context.Context, c *Chat) error { return c.Found(ctx, Channel{Name: "ops"}) },
		func(ctx context.Context, c *Chat) error {
			_, err := c.Say(ctx, "ana", root, "it broke", Extra{Files: []string{"graph.png"}})
			return err
		},
		func(ctx context.Context, c *Chat) error { return c.React(ctx, "bo", newest(c, "ana"), "👍🏽") },
		func(ctx context.Context, c *Chat) error {
			return c.Edit(ctx, "ana", newest(c, "ana"), "it broke badly")
		},
		func(ctx context.Context, c *Chat) error { return c.Unreact(ctx, "bo", newest(c, "ana"), "👍") },
		func(ctx context.Context, c *Chat) error { return c.Command(ctx, "bo", root, "start x") },
		func(ctx context.Context, c *Chat) error { return c.Submit(ctx, "bo", map[string]string{"a": ""}) },
		func(ctx context.Context, c *Chat) error { return c.Submit(ctx, "bo", map[string]string{"a": "yes"}) },
		func(ctx context.Context, c *Chat) error {
			m := conversations.Message{Kind: conversations.Post, Effect: "e1", Slot: "card", Place: root, Body: body}
			if found, _, err := c.Find(ctx, m); err != nil || found == 1 {
				return err
			}
			_, err := c.Send(ctx, m)
			return err
		},
		func(ctx context.Context, c *Chat) error { return c.Press(ctx, "ana", newest(c, BotID), 0, 1, "Go", "") },
		func(ctx context.Context, c *Chat) error {
			m := conversations.Message{Kind: conversations.Post, Effect: "e1", Place: root, Body: words("card, changed"), Edit: newest(c, BotID)}
			_, err := c.Send(ctx, m)
			return err
		},
		func(ctx context.Context, c *Chat) error {
			_, err := c.Say(ctx, "bo", In("ops", newest(c, BotID).ID), "/postmortem next", Extra{})
			return err
		},
		func(ctx context.Context, c *Chat) error {
			_, err := c.Say(ctx, "bo", In("ops", newest(c, BotID).ID), "answer", Extra{})
			return err
		},
		func(ctx context.Context, c *Chat) error { return c.Delete(ctx, "bo", newest(c, "bo")) },
	}
}

func session(t *testing.T, j *rows) (*Chat, *oneByOne) {
	t.Helper()
	clock := NewClock(time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC))
	c := durable(t, j, clock)
	k := &oneByOne{seen: map[string]conversations.Event{}}
	c.connect(k)
	for i, step := range steps(t) {
		if err := step(WithAct(t.Context(), fmt.Sprint("act", i)), c); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	return c, k
}

func TestRestoredChatIsTheSame(t *testing.T) {
	j := &rows{}
	c, k := session(t, j)
	other := durable(t, j, NewClock(time.Time{}))
	if other.Picture() != c.Picture() {
		t.Errorf("it was\n%s\nand is\n%s", c.Picture(), other.Picture())
	}
	if !reflect.DeepEqual(other.s.Forms, c.s.Forms) || other.s.LastStamp != c.s.LastStamp || other.s.Count != c.s.Count || other.s.Rev != c.s.Rev {
		t.Errorf("forms, stamps or counts differ: %+v, %+v", other.s, c.s)
	}
	if !reflect.DeepEqual(other.s.Handles, c.s.Handles) {
		t.Errorf("what can be answered differs: %v, %v", other.s.Handles, c.s.Handles)
	}
	before := len(k.keys)
	other.connect(k)
	if left := other.Redeliver(t.Context()); left != 0 || len(k.keys) != before {
		t.Errorf("%d left, handed over anew: %q", left, k.keys[before:])
	}
	for _, step := range []int{3, 7, 11} { // the browser asks again
		if err := steps(t)[step](WithAct(t.Context(), fmt.Sprint("act", step)), other); err != nil {
			t.Error(err)
		}
	}
	if len(k.keys) != before || other.Picture() != c.Picture() {
		t.Errorf("what was done is done twice: %q", k.keys[before:])
	}
}

// TestKilledAnywhere dies at every entry, before it is kept and after, and goes on with what the journal holds. Whoever
// heard no answer asks again.
func TestKilledAnywhere(t *testing.T) {
	whole := &rows{}
	want, k := session(t, whole)
	for n := 1; n <= len(whole.all); n++ {
		for _, kept := range []bool{false, true} {
			j := &rows{}
			dead := false
			clock := NewClock(time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC))
			c := durable(t, j, clock)
			bot := &oneByOne{seen: map[string]conversations.Event{}}
			c.connect(mortal{bot, &dead})
			j.fail = func(seq int64) (bool, bool) {
				if dead {
					return false, false
				}
				if seq == int64(n) {
					dead = true
					return kept, false
				}
				return true, true
			}
			for i, step := range steps(t) {
				ctx := WithAct(t.Context(), fmt.Sprint("act", i))
				err := step(ctx, c)
				if !dead {
					if err != nil {
						t.Fatalf("killed at %d: step %d: %v", n, i, err)
					}
					continue
				}
				j.fail, dead = nil, false
				c = durable(t, j, clock)
				c.connect(bot)
				if left := c.Redeliver(ctx); left != 0 {
					t.Errorf("killed at %d: %d events wait", n, left)
				}
				if err := step(ctx, c); err != nil {
					t.Fatalf("killed at %d (kept %v): step %d again: %v", n, kept, i, err)
				}
			}
			if got := unstamped(c.Picture()); got != unstamped(want.Picture()) {
				t.Errorf("killed at %d (kept %v), it should be\n%s\nand is\n%s", n, kept, unstamped(want.Picture()), got)
			}
			if len(bot.keys) != len(k.keys) {
				t.Errorf("killed at %d (kept %v), the bot should have\n%q\nand has\n%q", n, kept, k.keys, bot.keys)
			}
		}
	}
}

// mortal is a bot that nobody reaches any more once the process is dead.
type mortal struct {
	*oneByOne
	dead *bool
}

func (m mortal) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	if *m.dead {
		return conversations.Answer{}, errors.New("dead")
	}
	return m.oneByOne.Handle(ctx, e)
}

// unstamped is a picture without the thousandths of seconds, of which a repeated act takes more.
func unstamped(picture string) string {
	lines := strings.Split(picture, "\n")
	for i, l := range lines {
		if at := strings.Index(l, ".00"); at > 0 && at+4 <= len(l) {
			lines[i] = l[:at] + l[at+4:]
		}
	}
	return strings.Join(lines, "\n")
}

func TestWhatIsNotSavedIsNotDone(t *testing.T) {
	j := &rows{}
	c, k := session(t, j)
	picture, events, stamp := c.Picture(), len(k.keys), c.s.LastStamp
	for what, fail := range map[string]func(int64) (bool, bool){
		"the store is away":  func(int64) (bool, bool) { return false, false },
		"its answer is lost": func(int64) (bool, bool) { return true, false },
	} {
		j.fail = fail
		ctx := WithAct(t.Context(), what)
		other := WithAct(t.Context(), "other")
		say := func() error { _, err := c.Say(ctx, "ana", In("ops"), "more", Extra{}); return err }
		if err := say(); !errors.Is(err, ErrNotSaved) {
			t.Errorf("%s: %v", what, err)
		}
		if c.Picture() != picture || len(k.keys) != events || c.s.LastStamp != stamp {
			t.Errorf("%s: something was done", what)
		}
		j.fail = func(int64) (bool, bool) { return false, false }
		for who, err := range map[string]error{
			"reacts":  c.React(other, "bo", c.Everything()[0].Message, "🎉"),
			"founds":  c.Found(other, Channel{Name: "new"}),
			"edits":   c.Edit(other, "ana", c.Everything()[0].Message, "x"),
			"deletes": c.Delete(other, "ana", c.Everything()[0].Message),
		} {
			if err == nil {
				t.Errorf("%s: somebody %s", what, who)
			}
		}
		if c.Picture() != picture {
			t.Errorf("%s: it is now\n%s", what, c.Picture())
		}
		j.fail = nil
		for range 2 { // what arrived late counts, and is recognised
			if err := say(); err != nil && !errors.Is(err, ErrNotSaved) {
				t.Fatal(err)
			}
		}
		if n := strings.Count(c.Picture(), "ana: more"); n != 1 {
			t.Errorf("%s: it is there %d times", what, n)
		}
		c, k = session(t, &rows{})
		j = c.journal.(*rows)
		picture, events, stamp = c.Picture(), len(k.keys), c.s.LastStamp
	}
}

func TestNoSecretIsKept(t *testing.T) {
	j := &rows{}
	c, k := session(t, j)
	ctx := t.Context()
	secret := "AKIAIOSFODNN7EXAMPLQ" // shaped like a key, and none
	ref, err := c.Say(ctx, "ana", In("ops"), "the key is "+secret, Extra{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		c.Edit(ctx, "ana", ref, "really "+secret),
		c.Command(ctx, "ana", In("ops"), "event "+secret),
		c.Submit(ctx, "ana", map[string]string{"a": secret}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(c.Picture(), secret) || bytes.Contains(bytes.Join(j.all, nil), []byte(secret)) {
		t.Error("a secret is kept")
	}
	masked := 0
	for _, e := range k.seen {
		if e.Masked {
			masked++
		}
	}
	if masked != 4 {
		t.Errorf("%d events say that something was masked", masked)
	}
}

func TestAnActIsToldWithTheEntry(t *testing.T) {
	j := &rows{}
	session(t, j)
	var told []string
	for _, b := range j.all {
		for _, d := range mustEntry(t, b).Deeds {
			told = append(told, strings.TrimSpace(string(d.Verb)+" "+d.Who))
		}
	}
	want := []string{
		"say ana", "react bo", "edit ana", "unreact bo", "command bo", "submit bo", "submit bo", "click ana", "say bo", "say bo", "delete bo",
	}
	if !slices.Equal(told, want) {
		t.Errorf("it is told that %q", told)
	}
}

// largeChat is a chat of 10,000 messages, each with a reaction of somebody's and one of the bot's.
func largeChat(b *testing.B, j *rows) *Chat {
	clock := NewClock(time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC))
	c := New(Options{Now: clock.Now, Journal: j})
	c.Add(Person{Person: conversations.Person{ID: "ana", Name: "Ana", Active: true}})
	c.Open(Channel{Name: "ops"})
	c.connect(&oneByOne{seen: map[string]conversations.Event{}})
	for i := range 10_000 {
		ref, err := c.Say(b.Context(), "ana", In("ops"), fmt.Sprint("errors on checkout are up, 5 % of requests, seen for the time ", i), Extra{})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.React(b.Context(), "ana", ref, "📌"); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Send(b.Context(), conversations.Message{Kind: conversations.React, Target: ref, Emoji: "📎", On: true}); err != nil {
			b.Fatal(err)
		}
	}
	return c
}

// BenchmarkJournal is the time that it takes to make a large chat of its journal again, as it is when it was never written
// anew.
func BenchmarkJournal(b *testing.B) {
	j := &rows{}
	largeChat(b, j)
	clock := NewClock(time.Time{})
	size := 0
	for _, e := range j.all {
		size += len(e)
	}
	for b.Loop() {
		if _, err := Restore(b.Context(), Options{Now: clock.Now, Journal: j}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/1e6, "MB")
	b.ReportMetric(float64(len(j.all)), "entries")
}

func mustEntry(t *testing.T, b []byte) entry {
	t.Helper()
	var e entry
	if err := json.Unmarshal(b, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

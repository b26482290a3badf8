package local

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

const canary = "the canary that sang"

// mustSay is a message of ana's.
func mustSay(t *testing.T, c *Chat, text string, files ...string) conversations.MessageRef {
	t.Helper()
	ref, err := c.Say(t.Context(), "ana", In("ops"), text, Extra{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func compacted(t *testing.T, c *Chat) {
	t.Helper()
	if err := c.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// What the journal says after it was written anew is the same chat, and what browsers ask again for is recognised.
func TestCompactedChatIsTheSame(t *testing.T) {
	j := &rows{}
	c, k := session(t, j)
	before := len(j.all)
	if err := c.Command(t.Context(), "bo", In("ops"), "opens a form"); err != nil {
		t.Fatal(err)
	}
	seen := c.s.Rev
	compacted(t, c)
	other := durable(t, j, NewClock(time.Time{}))
	if other.Picture() != c.Picture() {
		t.Errorf("it was\n%s\nand is\n%s", c.Picture(), other.Picture())
	}
	if !reflect.DeepEqual(other.s.Forms, c.s.Forms) || other.s.LastStamp != c.s.LastStamp || other.s.Count != c.s.Count ||
		other.s.Rev != c.s.Rev || other.born != c.born || !reflect.DeepEqual(other.s.Handles, c.s.Handles) {
		t.Errorf("something differs: %+v, %+v", other.s, c.s)
	}
	known := len(k.keys)
	other.connect(k)
	for i, step := range steps(t) {
		if err := step(WithAct(t.Context(), fmt.Sprint("act", i)), other); err != nil && i != 10 && i != 12 {
			t.Errorf("step %d again: %v", i, err)
		}
	}
	if left := other.Redeliver(t.Context()); left != 0 || len(k.keys) != known {
		t.Errorf("%d left, handed over anew: %q", left, k.keys[known:])
	}
	for _, b := range j.all[:before] {
		if b != nil {
			t.Error("an old entry is still there")
		}
	}
	s := NewServer(durable(t, j, NewClock(time.Time{})), ServerOptions{})
	if v, _, _, ok := s.since("ana", "", seen); !ok || len(v.Messages) > 0 {
		t.Errorf("a browser that had seen all is told %+v, %v", v, ok)
	}
	if v, _, _, ok := s.since("ana", "", 4); !ok || len(v.Messages) == 0 {
		t.Errorf("a browser that had seen little is told %+v, %v", v, ok)
	}
}

// What was deleted or edited away stands nowhere any more, neither in the chat's messages nor in what a transcript tells.
func TestCompactedForgetsWords(t *testing.T) {
	j := &rows{}
	c, _ := session(t, j)
	deleted := mustSay(t, c, canary, "canary.png")
	edited := mustSay(t, c, canary+" 2")
	kept := mustSay(t, c, "the words of somebody")
	for _, err := range []error{
		c.Edit(t.Context(), "ana", deleted, canary+" and was edited"),
		c.Delete(t.Context(), "ana", deleted),
		c.Edit(t.Context(), "ana", edited, canary+" 3"),
		c.Edit(t.Context(), "ana", edited, "nothing sang"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !j.holds(canary) {
		t.Fatal("it was never there, so this proves nothing")
	}
	compacted(t, c)
	if j.holds("canary") {
		t.Error("it is still there")
	}
	var told []string
	deeds, err := c.deeds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deeds {
		if slices.Contains([]string{deleted.ID, edited.ID, kept.ID}, d.Message) {
			told = append(told, fmt.Sprintf("%s %q %v", d.Verb, d.Text, d.Files))
		}
	}
	want := []string{
		`say "(deleted)" []`, `say "nothing sang" []`, `say "the words of somebody" []`, `edit "(deleted)" []`,
		`delete "" []`, `edit "nothing sang" []`, `edit "nothing sang" []`,
	}
	if !slices.Equal(told, want) {
		t.Errorf("it is told that\n%s", strings.Join(told, "\n"))
	}
}

// A chat that goes on for years in the same messages has a journal of the size of the chat.
func TestCompactedStaysShort(t *testing.T) {
	j := &rows{}
	c, _ := session(t, j)
	size := func() (n int) {
		for _, b := range j.all {
			n += len(b)
		}
		return n
	}
	ref := mustSay(t, c, "the same")
	var sizes []int
	for range 3 {
		for i := range 200 {
			if _, err := c.Send(t.Context(), conversations.Message{Kind: conversations.React, Target: ref, Emoji: "📎", On: i%2 == 0}); err != nil {
				t.Fatal(err)
			}
		}
		compacted(t, c)
		sizes = append(sizes, size())
	}
	if sizes[2] > sizes[0]+200 { // numbers grow by digits
		t.Errorf("it grows: %v bytes", sizes)
	}
}

// A large chat is written in parts, none of them larger than a row may be.
func TestCompactedInParts(t *testing.T) {
	j := &rows{}
	c, _ := session(t, j)
	for i := range 400 {
		mustSay(t, c, fmt.Sprint(i, strings.Repeat(" a long story", 900)))
	}
	before := len(j.all)
	compacted(t, c)
	for i, b := range j.all[before:] {
		if len(b) > 2*partBytes {
			t.Errorf("part %d has %d bytes", i, len(b))
		}
	}
	if n := len(j.all) - before; n < 5 {
		t.Errorf("only %d parts", n)
	}
	if other := durable(t, j, NewClock(time.Time{})); other.Picture() != c.Picture() {
		t.Error("it is another chat")
	}
}

// What somebody clicked is being handed over while the journal is written anew, and the process dies: it is handed over
// again.
func TestCompactedWhileSomebodyActs(t *testing.T) {
	j := &rows{}
	c, k := session(t, j)
	c.connect(amid{k, func() { compacted(t, c) }})
	if err := c.Command(t.Context(), "bo", In("ops"), "start once more"); err != nil {
		t.Fatal(err)
	}
	clear(j.all[len(j.all)-1:]) // that it was handed over was not written
	j.all = j.all[:len(j.all)-1]
	again := &oneByOne{seen: map[string]conversations.Event{}}
	other := durable(t, j, NewClock(time.Time{}))
	other.connect(again)
	if other.Redeliver(t.Context()); len(again.keys) != 1 || again.seen[again.keys[0]].Text != "start once more" {
		t.Errorf("handed over again: %q", again.keys)
	}
}

// amid is a bot that does something before it takes an event.
type amid struct {
	*oneByOne
	do func()
}

func (a amid) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	a.do()
	return a.oneByOne.Handle(ctx, e)
}

// Nobody has to ask for it: within a minute what was deleted is gone. When nothing happens, nothing is written.
func TestCompactedEveryMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &rows{}
		c, k := session(t, j)
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- c.Run(ctx, k) }()
		if err := c.Delete(t.Context(), "ana", mustSay(t, c, canary)); err != nil {
			t.Error(err)
		}
		time.Sleep(compactEvery) // by the bubble's clock, as below: nobody waits
		synctest.Wait()
		if j.holds(canary) {
			t.Error("after a minute it is still there")
		}
		n := len(j.all)
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(j.all) != n {
			t.Errorf("%d entries were written for nothing", len(j.all)-n)
		}
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
}

// A chat that is restored writes its journal anew, too: the one before may have died before it did.
func TestRestoredIsCompacted(t *testing.T) {
	j := &rows{}
	c, _ := session(t, j)
	if err := c.Delete(t.Context(), "ana", mustSay(t, c, canary)); err != nil {
		t.Fatal(err)
	}
	compacted(t, durable(t, j, NewClock(time.Time{})))
	if j.holds(canary) {
		t.Error("it is still there")
	}
}

// Parts that nobody completed say nothing, and are not told twice: the first time the journal is written anew, and later.
func TestHalfCompacted(t *testing.T) {
	for round := range 2 {
		for written := range 4 {
			j := &rows{}
			c, _ := session(t, j)
			if round > 0 {
				compacted(t, c)
				mustSay(t, c, "later")
			}
			deeds, err := c.deeds(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			last := int64(len(j.all) + written)
			j.fail = func(seq int64) (bool, bool) { return seq <= last, seq <= last }
			j.hold = true
			if err := c.Compact(t.Context()); err == nil || len(j.all) != int(last) {
				t.Fatalf("%d parts written: %v, %d entries of %d", written, err, len(j.all), last)
			}
			j.fail, j.hold = nil, false
			mustSay(t, c, "and on it goes")
			other := durable(t, j, NewClock(time.Time{}))
			if other.Picture() != c.Picture() {
				t.Errorf("%d parts written: it was\n%s\nand is\n%s", written, c.Picture(), other.Picture())
			}
			for range 2 {
				if again, err := other.deeds(t.Context()); err != nil || len(again) != len(deeds)+1 {
					t.Errorf("%d parts written: %d deeds, then one more, and now %d, %v", written, len(deeds), len(again), err)
				}
				compacted(t, other)
			}
		}
	}
}

// Two programs on one journal: the one that slept finds it written anew, does nothing of its own on top of what it knew,
// and goes on with what is there.
func TestCompactedByAnother(t *testing.T) {
	j := &rows{}
	sleeper, k := session(t, j)
	other := durable(t, j, NewClock(time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)))
	other.connect(k)
	mustSay(t, other, "of the other")
	compacted(t, other)
	if _, err := sleeper.Say(t.Context(), "ana", In("ops"), "of the sleeper", Extra{}); !errors.Is(err, ErrNotSaved) {
		t.Errorf("it says %v", err)
	}
	if sleeper.Picture() != other.Picture() {
		t.Errorf("the other has\n%s\nand the sleeper\n%s", other.Picture(), sleeper.Picture())
	}
	mustSay(t, sleeper, "of the sleeper")
	other.stale = true
	if err := other.Compact(t.Context()); !errors.Is(err, ErrTaken) {
		t.Errorf("on top of the sleeper's: %v", err)
	}
	if sleeper.Picture() != other.Picture() {
		t.Errorf("the sleeper has\n%s\nand the other\n%s", sleeper.Picture(), other.Picture())
	}
	compacted(t, other)
	mustSay(t, other, "of the other again")
	if restored := durable(t, j, NewClock(time.Time{})); restored.Picture() != other.Picture() || strings.Count(restored.Picture(), "of the") != 3 {
		t.Errorf("it is\n%s", restored.Picture())
	}
}

// BenchmarkCompact writes the journal of a chat of 10,000 messages anew, each with a reaction of somebody's and the bot's.
func BenchmarkCompact(b *testing.B) {
	j := &rows{}
	c := largeChat(b, j)
	for b.Loop() {
		c.stale = true
		if err := c.Compact(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	size := 0
	for _, e := range j.all {
		size += len(e)
	}
	b.ReportMetric(float64(size)/1e6, "MB")
}

package bot

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

var errReset = errors.New("connection reset")

func (w *world) lookUps(found adapters.Found) *int {
	n := 0
	w.chat.find = func(m conversations.Message) (adapters.Found, conversations.Result, error) {
		n++
		if m.Since.IsZero() || m.Effect == "" {
			w.t.Errorf("looked up without a marker or without a beginning: %q since %v", m.Effect, m.Since)
		}
		return found, conversations.Result{Message: message("found"), At: noon}, nil
	}
	return &n
}

func TestPostThenEdit(t *testing.T) {
	w := newWorld(t)
	w.asks(post("e1", "note", "one"))
	w.drain()
	w.asks(post("e2", "note", "two"))
	w.drain()
	w.sent("one") // not twice within the slot's spacing
	w.clock.wind(storage.SlotSpacing)
	w.drain()
	w.sent("one", "~two")
	if got := w.chat.sent[1].Edit.ID; got != "p1" {
		t.Errorf("edited %q, want p1", got)
	}
}

// What a message goes on in changes with every edit, and the next edit must know it, whoever makes it.
func TestAnEditKnowsWhatTheMessageGoesOnIn(t *testing.T) {
	w := newWorld(t)
	for i, further := range [][]conversations.MessageRef{{message("a"), message("b")}, {message("a")}, nil} {
		w.chat.further = further
		w.asks(post(fmt.Sprint("e", i), "note", fmt.Sprint("text ", i)))
		w.drain()
		w.clock.wind(storage.SlotSpacing)
	}
	w.sent("text 0", "~text 1", "~text 2")
	for i, want := range []int{0, 2, 1} {
		if got := w.chat.sent[i].Further; len(got) != want {
			t.Errorf("the sending %d knows %v, want %d of them", i, got, want)
		}
	}
}

func TestAnEditThatChangesNothingIsNotSent(t *testing.T) {
	w := newWorld(t)
	w.asks(post("e1", "note", "one"))
	w.drain()
	w.clock.wind(storage.SlotSpacing)
	w.asks(post("e2", "note", "one"))
	w.drain()
	w.sent("one")
	if got := w.waiting(); len(got) > 0 {
		t.Errorf("%q waits still", got)
	}
}

// An edit in doubt may have changed the message, so that what was sent last is not known to stand there.
func TestAnEditInDoubtIsSentThoughItEqualsTheLast(t *testing.T) {
	w := newWorld(t)
	w.asks(post("e1", "note", "one"))
	w.drain()
	w.clock.wind(storage.SlotSpacing)
	w.asks(post("e2", "note", "one"))
	if _, err := w.store.ClaimEffect(t.Context(), "one who dies"); err != nil {
		t.Fatal(err)
	}
	w.clock.wind(storage.EffectTTL)
	w.drain()
	w.sent("one", "~one")
}

func TestALostPostIsLookedUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  conversations.EffectKind
		found adapters.Found
		want  []string
	}{
		{"found", conversations.Post, adapters.Yes, nil},
		{"absent", conversations.Post, adapters.No, []string{"one"}},
		{"unknown", conversations.Post, adapters.CannotTell, []string{"one"}},
		{"private found", conversations.Private, adapters.Yes, nil},
		{"private absent", conversations.Private, adapters.No, []string{"one"}},
		{"private unknown", conversations.Private, adapters.CannotTell, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			lookUps := w.lookUps(c.found)
			w.chat.sendErrs = []error{errReset}
			e := post("e1", "note", "one")
			e.Kind = c.kind
			w.asks(e)
			w.drainFor(storage.EffectTTL - time.Second)
			w.sent()
			w.clock.wind(time.Second)
			w.drain()
			w.sent(c.want...)
			if *lookUps != 1 {
				t.Errorf("looked up %d times, want once", *lookUps)
			}
			if got := w.waiting(); len(got) > 0 {
				t.Errorf("%q waits still", got)
			}
			w.drainFor(time.Minute)
			w.sent(c.want...)
		})
	}
}

func TestAnAdoptedPostIsEdited(t *testing.T) {
	w := newWorld(t)
	w.lookUps(adapters.Yes)
	w.chat.sendErrs = []error{errReset}
	w.asks(post("e1", "note", "one"))
	w.drain()
	w.clock.wind(storage.EffectTTL)
	w.drain()
	w.clock.wind(storage.SlotSpacing)
	w.asks(post("e2", "note", "one"))
	w.drain()
	w.sent("~one") // though it may say so already
	if got := w.chat.sent[0].Edit.ID; got != "found" {
		t.Errorf("edited %q, want the one that was found", got)
	}
}

func TestALostReplyIsDropped(t *testing.T) {
	w := newWorld(t)
	lookUps := w.lookUps(adapters.No)
	w.chat.sendErrs = []error{errReset}
	e := post("e1", "", "psst")
	e.Kind = conversations.Reply
	w.asks(e)
	w.drainFor(2 * storage.EffectTTL)
	w.sent()
	if *lookUps > 0 {
		t.Error("a private answer leaves no trace, but was looked up")
	}
	if got := w.waiting(); len(got) > 0 {
		t.Errorf("%q waits still", got)
	}
}

func TestAnExpiredReplyGoesAsAPrivateMessage(t *testing.T) {
	w := newWorld(t)
	e := post("e1", "", "psst")
	e.Kind, e.Person = conversations.Reply, "ANA"
	e.Handle = conversations.Handle{Token: "secret", Expires: noon}
	w.asks(e)
	w.drain()
	m := w.chat.sent[0]
	if m.Kind != conversations.Private || m.Handle != (conversations.Handle{}) || m.Person != "ANA" {
		t.Errorf("sent as %s to %q, with handle: %v", m.Kind, m.Person, m.Handle != conversations.Handle{})
	}
}

func TestTooLateIsNotSent(t *testing.T) {
	w := newWorld(t)
	w.store.claimed = func() { w.clock.wind(callBound) }
	w.asks(post("e1", "note", "one"))
	w.drain()
	w.sent()
	w.store.claimed = nil
	lookUps := w.lookUps(adapters.No)
	w.drainFor(2 * time.Second)
	w.sent("one")
	if *lookUps > 0 {
		t.Error("nothing was sent before, but it was looked up")
	}
}

func TestLaterIsNoAttempt(t *testing.T) {
	w := newWorld(t)
	w.chat.sendErrs = []error{&adapters.RetryAfter{After: 7 * time.Second}}
	w.asks(post("e1", "note", "one"))
	w.drainFor(6 * time.Second)
	w.sent()
	entries, _, _ := w.store.Pending(t.Context(), review)
	if entries[0].Tries != 0 {
		t.Errorf("%d tries counted, want none", entries[0].Tries)
	}
	w.clock.wind(time.Second)
	w.drain()
	w.sent("one")
}

// A look-up that the platform puts off must not let a newer post of the slot go out first: the older may be there.
func TestNothingOvertakesAPostInDoubt(t *testing.T) {
	w := newWorld(t)
	w.chat.sendErrs = []error{errReset}
	w.asks(post("e1", "note", "one"))
	w.drain()
	w.clock.wind(storage.EffectTTL)
	w.asks(post("e2", "note", "two"))
	busy := true
	w.chat.find = func(conversations.Message) (adapters.Found, conversations.Result, error) {
		if busy {
			busy = false
			return adapters.CannotTell, conversations.Result{}, &adapters.RetryAfter{After: time.Minute}
		}
		return adapters.Yes, conversations.Result{Message: message("found")}, nil
	}
	w.drainFor(2 * time.Minute)
	w.sent("~two")
}

func TestARefusalIsToldAndNeverRepeated(t *testing.T) {
	w := newWorld(t)
	events := w.accepted()
	w.chat.sendErrs = []error{fmt.Errorf("send: %w", &adapters.Undeliverable{Reason: "the channel is archived"})}
	w.asks(post("e1", "note", "one"))
	w.drain()
	if len(*events) == 0 || (*events)[0].Kind != conversations.Refused || (*events)[0].Reason != "the channel is archived" || (*events)[0].Slot != "note" {
		t.Fatalf("the subject heard %+v", *events)
	}
	if slices.Contains(w.waiting(), "e1") {
		t.Error("it is tried again")
	}
}

var errGone = &adapters.Undeliverable{Reason: "the message was deleted", Gone: true}

// Somebody deletes one of our messages: what it would say next is posted anew, once, and edited from then on.
func TestAMessageThatIsGoneIsPostedAnew(t *testing.T) {
	w := newWorld(t)
	w.asks(post("e1", "note", "one"))
	w.drain()
	events := w.accepted()
	w.chat.sendErrs = []error{errGone}
	w.clock.wind(storage.SlotSpacing)
	w.asks(post("e2", "note", "two"))
	w.drain()
	w.clock.wind(storage.SlotSpacing)
	w.asks(post("e3", "note", "three"))
	w.drain()
	w.sent("one", "two", "~three")
	if got := w.chat.sent[2].Edit.ID; got != "p2" {
		t.Errorf("edited %q, want p2", got)
	}
	if len(*events) != 1 || (*events)[0].Kind != conversations.Sent || (*events)[0].Result.Message.ID != "p2" {
		t.Errorf("the subject heard %+v", *events)
	}
}

// Whether it was posted anew is not known: it is looked up before it would be posted again.
func TestWhatIsPostedAnewIsNotDoubled(t *testing.T) {
	for found, want := range map[adapters.Found][]string{adapters.Yes: {"one", "~three"}, adapters.No: {"one", "two", "~three"}} {
		w := newWorld(t)
		w.asks(post("e1", "note", "one"))
		w.drain()
		lookUps := w.lookUps(found)
		w.chat.sendErrs = []error{errGone, errReset, errGone}
		w.clock.wind(storage.SlotSpacing)
		w.asks(post("e2", "note", "two"))
		w.drain()
		w.clock.wind(storage.EffectTTL)
		w.drain()
		w.clock.wind(storage.SlotSpacing)
		w.asks(post("e3", "note", "three"))
		w.drain()
		w.sent(want...)
		if *lookUps != 1 {
			t.Errorf("looked up %d times", *lookUps)
		}
	}
}

// Where it cannot be posted anew either, the subject is told, and nothing is tried for ever.
func TestWhatIsGoneAndCannotBePostedIsRefused(t *testing.T) {
	w := newWorld(t)
	w.asks(post("e1", "note", "one"))
	w.drain()
	events := w.accepted()
	w.chat.sendErrs = []error{errGone, &adapters.Undeliverable{Reason: "the channel is archived"}}
	w.clock.wind(storage.SlotSpacing)
	w.asks(post("e2", "note", "two"))
	w.drain()
	w.sent("one")
	if len(*events) == 0 || (*events)[0].Kind != conversations.Refused || slices.Contains(w.waiting(), "e2") {
		t.Errorf("the subject heard %+v; still waiting: %q", *events, w.waiting())
	}
}

func TestOnlyPostsHaveAResult(t *testing.T) {
	w := newWorld(t)
	w.asks(post("e1", "note", "one"))
	w.drain()
	events := w.accepted()
	w.clock.wind(storage.SlotSpacing)
	w.asks(post("e2", "note", "two"), conversations.Effect{ID: "e3", Kind: conversations.React, Message: message("m1"), Emoji: "📎", On: true})
	w.drain()
	w.sent("one", "~two", "📎 true on m1")
	if len(*events) > 0 {
		t.Errorf("an edit and a reaction said %+v", *events)
	}
}

func TestAPanickingRenderIsGivenUpAndTold(t *testing.T) {
	w := newWorld(t)
	events := w.accepted()
	bad := post("e1", "note", "")
	bad.Args = nil
	w.asks(bad, post("e2", "other", "two"))
	w.drain()
	w.sent() // order holds for one destination
	w.drainFor(10 * time.Second)
	if got := w.chat.texts(); got[0] != "two" {
		t.Errorf("sent %q, want the next one first", got)
	}
	if e := (*events)[0]; e.Kind != conversations.Refused || e.Reason != "internal error" || e.Effect != "e1" {
		t.Errorf("the subject heard %+v", e)
	}
}

// A panic of the platform's code leaves open whether it sent. It is looked up, and not tried for ever.
func TestAPanickingPlatformIsGivenUp(t *testing.T) {
	w := newWorld(t)
	w.chat.panics = true
	lookUps := w.lookUps(adapters.No)
	events := w.accepted()
	w.asks(post("e1", "note", "one"), post("e2", "other", "two"))
	w.drainFor(storage.EffectTTL - time.Second)
	if *lookUps != 0 || len(*events) != 0 {
		t.Error("something was done before the claim had run out")
	}
	w.drainFor(2 * time.Minute)
	if len(*events) == 0 || (*events)[0].Reason != "internal error" || (*events)[0].Effect != "e1" {
		t.Errorf("the subject heard %+v", *events)
	}
}

func TestAResultIsAcceptedBeforeTheEffectIsSettled(t *testing.T) {
	w := newWorld(t)
	w.lookUps(adapters.Yes)
	w.store.accept = func(...storage.Row) error { return storage.ErrUnavailable }
	w.asks(post("e1", "note", "one"))
	if err := w.bot.Drain(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("drain says %v", err)
	}
	if got := w.waiting(); len(got) != 1 {
		t.Fatalf("settled without its result: %q", got)
	}
	w.restart()
	w.store.accept = nil
	w.drainFor(storage.EffectTTL)
	w.sent("one")
	if got := w.waiting(); len(got) > 0 {
		t.Errorf("%q waits still", got)
	}
}

// A store that fails for a moment costs nobody their answer.
func TestAReplyThatWasNotSentIsPutBackThoughTheStoreFails(t *testing.T) {
	w := newWorld(t)
	e := post("e1", "", "psst")
	e.Kind = conversations.Reply
	w.asks(e)
	w.store.claimed = func() { w.clock.wind(callBound) } // too late, whatever happens
	failing := once(storage.ErrUnavailable)
	w.store.settle = func() error { return failing() }
	w.drain()
	w.store.claimed = nil
	w.drainFor(2 * time.Second)
	w.sent("psst")
}

func TestTheOutboxWaitsForANewerProgram(t *testing.T) {
	w := newWorld(t)
	w.asks(post("e1", "note", "one"))
	s, _ := w.store.Load(t.Context(), review)
	s.V = conversations.Version + 1
	if err := w.store.Save(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	w.drainFor(10 * time.Second)
	w.sent()
	if got := w.waiting(); len(got) != 1 {
		t.Errorf("waiting: %q", got)
	}
}

// A reading is done page by page, and goes on where it was also when the process dies in between.
func TestReadingBack(t *testing.T) {
	w := newWorld(t)
	left := &conversations.Stretch{From: noon, Mark: "1"}
	w.chat.pages = []adapters.Page{
		{Messages: []conversations.Snapshot{snapshot("m1", "chatter")}, Left: left},
		{Messages: []conversations.Snapshot{snapshot("m2", "checkout is down", "BO")}},
	}
	w.chat.messages["m2"] = w.chat.pages[1].Messages[0]
	w.chat.readErrs = []error{nil, &adapters.RetryAfter{After: time.Minute}}
	events := w.accepted()
	c1 := conversations.Place{Workspace: workspace, Channel: "C1"}
	w.handle(conversations.Event{Key: "fake/main/join/C1/1", Kind: conversations.Joined, At: noon, Where: c1})
	w.drain()
	w.restart()
	w.drainFor(time.Minute)
	var came []string
	for _, e := range *events {
		if e.Kind == conversations.ReadTo || e.Kind == conversations.Said {
			came = append(came, fmt.Sprint(e.Kind, e.Message.ID, e.Left != nil))
		}
	}
	if want := []string{"readtrue", "saidm2false", "readfalse"}; !slices.Equal(came, want) {
		t.Errorf("came in: %v, want %v", came, want)
	}
	if want := []conversations.Stretch{{From: noon.AddDate(0, 0, -7)}, *left, *left}; !slices.Equal(w.chat.read, want) {
		t.Errorf("it read %v, not %v", w.chat.read, want)
	}
	w.clips("📎 true on m2")
}

func TestWhatCannotBeReadBackIsGivenUp(t *testing.T) {
	w := newWorld(t)
	w.chat.readErrs = []error{adapters.ErrUnreadable}
	w.asks(conversations.Effect{ID: "e1", Kind: conversations.ReadBack, Place: conversations.Place{Workspace: workspace, Channel: "C1"}, Part: conversations.Stretch{From: noon}})
	events := w.accepted()
	w.drain()
	if len(*events) == 0 || (*events)[0].Kind != conversations.Refused {
		t.Errorf("came in: %+v", *events)
	}
}

func TestTell(t *testing.T) {
	w := newWorld(t)
	events := w.accepted()
	told := conversations.Event{Key: workspace + "/tell/e1", Kind: conversations.Told, Subject: workspace + "/review/other", Verb: "timeline"}
	w.asks(conversations.Effect{ID: "e1", Kind: conversations.Tell, Tell: &told})
	w.drain()
	if len(*events) != 1 || (*events)[0].Key != workspace+"/tell/e1" || (*events)[0].Verb != "timeline" {
		t.Errorf("told %+v", *events)
	}
	if got := w.waiting(); len(got) > 0 {
		t.Errorf("%q waits still", got)
	}
}

func TestBackOffGrows(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 500: time.Minute} {
		if got := backOff(tries); got != want {
			t.Errorf("after %d tries %v, want %v", tries, got, want)
		}
	}
}

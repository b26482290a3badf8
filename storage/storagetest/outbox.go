package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

var outboxCases = []namedCase{
	{"EffectsReadBackEqual", effectsReadBackEqual},
	{"OrderPerDestination", orderPerDestination},
	{"DestinationsAreIndependent", destinationsAreIndependent},
	{"LongestWaitingFirst", longestWaitingFirst},
	{"AClockSetBackHoldsNothingUp", aClockSetBackHoldsNothingUp},
	{"AClockSetBackWakesNobody", aClockSetBackWakesNobody},
	{"NewerSupersedes", newerSupersedes},
	{"SendingIsNotSuperseded", sendingIsNotSuperseded},
	{"LapsedIsNotSuperseded", lapsedIsNotSuperseded},
	{"SupersededHoldsNobodyUp", supersededHoldsNobodyUp},
	{"SlotSpacing", slotSpacing},
	{"SpacingOfWhatWaitsAlready", spacingOfWhatWaitsAlready},
	{"ClaimLapses", claimLapses},
	{"LapsedTwiceKeepsTheFirst", lapsedTwiceKeepsTheFirst},
	{"SettledTooLate", settledTooLate},
	{"Again", again},
	{"Refs", refs},
	{"SaveAndDeliveryDoNotUndoEachOther", saveAndDeliveryDoNotUndoEachOther},
	{"SaveAndDeliveryRaced", saveAndDeliveryRaced},
	{"DeliverersRaced", deliverersRaced},
	{"ClaimEffectRaced", claimEffectRaced},
	{"SettleRaced", settleRaced},
	{"PendingOfNothing", pendingOfNothing},
}

func effectsReadBackEqual(f *fixture) {
	ref := conversations.MessageRef{Workspace: "slack/T1", Channel: "C1", ID: "171.02"}
	place := conversations.Place{Workspace: "slack/T1", Channel: "C1", Thread: "171.01"}
	told := conversations.Event{
		Key: "tell", Kind: conversations.Told, At: noon, Subject: "slack/T1/item/1", Verb: "propose",
		Fields: []conversations.Field{{Name: "$a.b", Value: longText}},
	}
	effects := []conversations.Effect{
		{
			ID: "e1", To: "$slack/T1.C1", Slot: "question 4.$x/y", Kind: conversations.Tell, Place: place, Person: "U1", Message: ref,
			Handle: conversations.Handle{Token: "secret", Expires: noon}, Emoji: "📎", On: true, Seen: 3, At: noon,
			View: "card", Args: []string{"naïve 🙂", ""}, Tell: &told, Key: "slack/T1/kept/1",
		},
		{ID: "e2", To: "y"},
		{ID: "e3", To: ""},
	}
	s := f.save(review("r", longText), effects...)
	entries, refs, err := f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	for i, e := range entries {
		f.equal("pending", e.Effect, effects[i])
		if e.State != storage.Waiting || !e.Since.Equal(noon) || e.Tries != 0 || e.By != "" || !e.StartedAt.IsZero() || e.NotBefore.After(noon) {
			f.Fatalf("pending %+v, want one that waits since noon", e)
		}
	}
	f.equal("entries", len(entries), 3)
	f.equal("refs", refs, map[string]storage.Ref(nil))
	for range effects {
		c := f.claimEffect("w")
		i := slices.IndexFunc(effects, func(e conversations.Effect) bool { return e.ID == c.Effect.ID })
		f.equal("claim", c, storage.Claim{Subject: s, Effect: effects[i], StartedAt: noon, Worker: "w"})
	}
	f.noEffect()
	entries, _, err = f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	for _, e := range entries {
		if e.State != storage.Sending || e.By != "w" || !e.StartedAt.Equal(noon) {
			f.Fatalf("pending %+v, want one that is sent by w since noon", e)
		}
	}
}

func orderPerDestination(f *fixture) {
	s := f.save(review("r", ""), post("z", "x", ""), post("a", "x", ""))
	f.save(s, post("m", "x", ""))
	for _, id := range []string{"z", "a", "m"} {
		c := f.claims("w", id)
		f.noEffect()
		f.settle(c, storage.Settlement{})
	}
	f.noEffect()
	f.equal("next", f.next(), time.Time{})
}

func destinationsAreIndependent(f *fixture) {
	f.save(review("r", ""), post("x1", "x", ""), post("x2", "x", ""), post("y1", "y", ""), post("y2", "y", ""))
	f.save(review("q", ""), post("q1", "x", "")) // the same destination of another subject is another one
	var got []string
	for range 3 {
		got = append(got, f.claimEffect("w").Effect.ID)
	}
	slices.Sort(got)
	f.equal("claimed", got, []string{"q1", "x1", "y1"})
	f.noEffect()
}

func longestWaitingFirst(f *fixture) {
	for _, name := range []string{"c", "a", "b"} {
		f.save(review(name, ""), post(name, "x", ""))
		f.clock.wind(time.Second)
	}
	f.settle(f.claims("w", "c"), storage.Settlement{Again: time.Millisecond})
	f.clock.wind(time.Second) // c has waited since a moment ago only
	for _, name := range []string{"a", "b", "c"} {
		f.claims("w", name)
	}
}

func aClockSetBackHoldsNothingUp(f *fixture) {
	s := f.save(review("r", ""), post("e1", "x", ""))
	f.clock.wind(-time.Hour)
	f.save(s, post("e2", "y", ""))
	f.settle(f.claims("w", "e1"), storage.Settlement{})
	f.settle(f.claims("w", "e2"), storage.Settlement{})
	f.noEffect()
}

// What was woken and is not yet claimed when the clock is set back waits again, and alone.
func aClockSetBackWakesNobody(f *fixture) {
	for _, name := range []string{"a", "b"} {
		f.save(review(name, ""), post(name, "x", ""))
	}
	a, b := f.claimEffect("w"), f.claimEffect("w")
	f.settle(a, storage.Settlement{Again: time.Minute})
	f.settle(b, storage.Settlement{Again: time.Minute})
	f.clock.wind(time.Minute)
	f.settle(f.claimEffect("w"), storage.Settlement{}) // both are woken, one is claimed
	f.clock.wind(time.Minute)
	f.save(review("c", ""), post("c", "x", ""))
	f.clock.wind(-time.Minute - time.Second)
	f.settle(f.claims("w", "c"), storage.Settlement{})
	f.noEffect()
	f.clock.wind(time.Second)
	f.settle(f.claimEffect("w"), storage.Settlement{})
	f.noEffect()
}

func newerSupersedes(f *fixture) {
	s := f.save(review("r", ""), post("card1", "x", "card"), post("said", "x", ""), post("card2", "x", "card"))
	s = f.save(s, post("card3", "x", "card"))
	f.settle(f.claims("w", "said"), storage.Settlement{})
	c := f.claims("w", "card3")
	f.equal("superseded ones wait", f.pending(s.ID), []string{"card1", "card2", "card3"})
	f.settle(c, storage.Settlement{})
	f.equal("they go with the newest", f.pending(s.ID), []string(nil))
	f.noEffect()
}

func sendingIsNotSuperseded(f *fixture) {
	s := f.save(review("r", ""), post("card1", "x", "card"))
	c := f.claims("w", "card1")
	s = f.save(s, post("card2", "x", "card"))
	s = f.save(s, post("card3", "x", "card"))
	f.noEffect() // the one in sending comes first
	f.clock.wind(storage.EffectTTL)
	f.is(f.store.Settle(f.ctx, storage.Claim{Subject: s, Effect: c.Effect, Worker: "w2", StartedAt: c.StartedAt}, storage.Settlement{}), storage.ErrConflict)
	c = f.claims("w2", "card1") // also when its claim has run out
	f.settle(c, storage.Settlement{})
	f.equal("the newer ones stay", f.pending(s.ID), []string{"card2", "card3"})
	f.claims("w", "card3")
}

// What lapsed once may have been sent. It is looked up before anything newer goes out, also when it was put back meanwhile.
func lapsedIsNotSuperseded(f *fixture) {
	s := f.save(review("r", ""), post("card1", "x", "card"))
	f.claims("w1", "card1")
	f.clock.wind(storage.EffectTTL)
	c := f.claims("w2", "card1")
	s = f.save(s, post("card2", "x", "card"))
	f.settle(c, storage.Settlement{Again: time.Minute, Attempt: true})
	s = f.save(s, post("card3", "x", "card"))
	f.noEffect() // the newer ones wait for it
	f.equal("next", f.next(), f.clock.Now().Add(time.Minute))
	f.clock.wind(time.Minute)
	c = f.claims("w3", "card1")
	f.equal("lapsed", c.Lapsed, noon)
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "found"}})
	f.equal("the newer ones stay", f.pending(s.ID), []string{"card2", "card3"})
	f.clock.wind(storage.SlotSpacing)
	c = f.claims("w4", "card3")
	f.equal("found", c.Ref.Hash, "found")
}

func supersededHoldsNobodyUp(f *fixture) {
	s := f.save(review("r", ""), post("card1", "x", "card"))
	c := f.claims("w", "card1")
	s = f.save(s, post("said", "x", ""), post("card2", "x", "card"))
	f.settle(c, storage.Settlement{Again: time.Hour}) // put back it is superseded by now
	c = f.claims("w", "said")
	f.noEffect()
	f.settle(c, storage.Settlement{})
	f.settle(f.claims("w", "card2"), storage.Settlement{})
	f.equal("pending", f.pending(s.ID), []string(nil))
}

func slotSpacing(f *fixture) {
	s := f.save(review("r", ""), post("card1", "x", "card"))
	c := f.claims("w", "card1")
	f.clock.wind(time.Second)
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "h1"}})
	sent := f.clock.Now()
	s = f.save(s, post("card2", "x", "card"), post("other", "y", ""))
	f.settle(f.claims("w", "other"), storage.Settlement{})
	f.noEffect()
	f.equal("next", f.next(), sent.Add(storage.SlotSpacing))
	f.save(s, post("said", "x", ""))
	f.noEffect() // order holds: what comes after the card waits with it
	f.clock.wind(storage.SlotSpacing - time.Millisecond)
	f.noEffect()
	f.clock.wind(time.Millisecond)
	c = f.claims("w", "card2")
	f.equal("ref", c.Ref, storage.Ref{Hash: "h1", At: sent})
}

// The newer one was there before the older was sent: its waiting begins with that sending.
func spacingOfWhatWaitsAlready(f *fixture) {
	s := f.save(review("r", ""), post("card1", "x", "card"))
	c := f.claims("w", "card1")
	f.save(s, post("card2", "x", "card"))
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "h1"}})
	f.noEffect()
	f.equal("next", f.next(), noon.Add(storage.SlotSpacing))
	f.clock.wind(storage.SlotSpacing)
	f.claims("w", "card2")
}

func claimLapses(f *fixture) {
	f.save(review("r", ""), post("e1", "x", "card"))
	lost := f.claims("w1", "e1")
	f.equal("first claim", lost.Lapsed, time.Time{})
	f.equal("next", f.next(), noon.Add(storage.EffectTTL))
	f.clock.wind(storage.EffectTTL - time.Millisecond)
	f.noEffect()
	f.clock.wind(time.Millisecond)
	c := f.claims("w2", "e1")
	f.equal("lapsed", c.Lapsed, noon)
	f.equal("started", c.StartedAt, noon.Add(storage.EffectTTL))
	f.equal("tries", c.Tries, 0) // nobody knows whether it was one
	f.noEffect()
	f.equal("next", f.next(), noon.Add(2*storage.EffectTTL))
	f.is(f.store.Settle(f.ctx, lost, storage.Settlement{Ref: &storage.Ref{Hash: "lost"}}), storage.ErrConflict)
	f.is(f.store.Settle(f.ctx, lost, storage.Settlement{Again: time.Second, Attempt: true}), storage.ErrConflict)
	entries, refs, err := f.store.Pending(f.ctx, c.Subject.ID)
	f.ok(err)
	f.equal("refs", refs, map[string]storage.Ref(nil))
	if e := entries[0]; e.By != "w2" || e.State != storage.Sending || e.Tries != 0 {
		f.Fatalf("the lost holder changed the entry: %+v", e)
	}
	f.settle(c, storage.Settlement{})
	f.is(f.store.Settle(f.ctx, c, storage.Settlement{}), storage.ErrConflict) // it is settled already
}

func lapsedTwiceKeepsTheFirst(f *fixture) {
	f.save(review("r", ""), post("e1", "x", ""))
	f.claims("w1", "e1")
	f.clock.wind(storage.EffectTTL)
	f.claims("w2", "e1")
	f.clock.wind(storage.EffectTTL)
	c := f.claims("w3", "e1")
	f.equal("lapsed", c.Lapsed, noon)
	f.settle(c, storage.Settlement{Again: time.Second})
	f.clock.wind(time.Second)
	f.equal("lapsed after being put back", f.claims("w4", "e1").Lapsed, noon)
}

// A holder whose claim has run out, but whom nobody has relieved, may still say what came of it.
func settledTooLate(f *fixture) {
	s := f.save(review("r", ""), post("e1", "x", "card"))
	c := f.claims("w", "e1")
	f.clock.wind(2 * storage.EffectTTL)
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "h"}})
	f.equal("pending", f.pending(s.ID), []string(nil))

	f.save(s, post("e2", "x", ""))
	f.clock.wind(storage.SlotSpacing)
	first := f.claims("w", "e2")
	f.clock.wind(storage.EffectTTL)
	second := f.claims("w", "e2") // the same worker's second claim is not its first
	f.is(f.store.Settle(f.ctx, first, storage.Settlement{}), storage.ErrConflict)
	f.settle(second, storage.Settlement{})
}

func again(f *fixture) {
	s := f.save(review("r", ""), post("e1", "x", "card"), post("e2", "x", ""))
	tries := 0
	for _, attempt := range []bool{true, false, true} {
		c := f.claims("w", "e1")
		f.equal("tries", c.Tries, tries)
		f.settle(c, storage.Settlement{Again: time.Minute, Attempt: attempt, Ref: &storage.Ref{Hash: "not done"}})
		if attempt {
			tries++
		}
		f.noEffect() // what comes after it waits too
		f.equal("next", f.next(), f.clock.Now().Add(time.Minute))
		f.is(f.store.Settle(f.ctx, c, storage.Settlement{}), storage.ErrConflict)
		f.clock.wind(time.Minute - time.Millisecond)
		f.noEffect()
		f.clock.wind(time.Millisecond)
	}
	entries, refs, err := f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	f.equal("refs", refs, map[string]storage.Ref(nil))
	if e := entries[0]; e.State != storage.Waiting || e.Tries != 2 || e.By != "" || !e.StartedAt.IsZero() || !e.NotBefore.Equal(f.clock.Now()) || !e.Since.Equal(noon) {
		f.Fatalf("put back as %+v", e)
	}
	c := f.claims("w", "e1")
	f.equal("tries", c.Tries, 2)
	f.equal("lapsed", c.Lapsed, time.Time{})
}

func refs(f *fixture) {
	message := conversations.MessageRef{Workspace: "slack/T1", Channel: "C1", ID: "171.02"}
	result := conversations.Result{Message: message, Thread: conversations.Place{Workspace: "slack/T1", Channel: "C1", Thread: "171.02"}, At: noon.Add(-time.Hour)}
	result.Further = []conversations.MessageRef{{Workspace: "slack/T1", Channel: "C1", ID: "171.03"}, {Workspace: "slack/T1", Channel: "C1", ID: "171.04"}}
	s := f.save(review("r", ""))
	want := map[string]storage.Ref{}
	for _, slot := range oddNames {
		s = f.save(s, post("e"+slot, slot, slot))
		c := f.claims("w", "e"+slot)
		f.clock.wind(time.Second)
		given := storage.Ref{Result: result, Hash: "h." + slot, At: noon.AddDate(1, 0, 0)} // At is the store's to say
		f.settle(c, storage.Settlement{Ref: &given})
		f.equal("what was passed in", given.At, noon.AddDate(1, 0, 0))
		want[slot] = storage.Ref{Result: result, Hash: "h." + slot, At: f.clock.Now()}
	}
	_, got, err := f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	f.equal("refs", got, want)

	f.clock.wind(storage.SlotSpacing)
	s = f.save(s, post("again", "x", oddNames[0]), post("no slot", "y", ""))
	c := f.claims("w", "again")
	f.equal("ref", c.Ref, want[oddNames[0]])
	f.settle(c, storage.Settlement{}) // without a Ref the slot keeps what it has
	c = f.claims("w", "no slot")
	f.equal("no ref", c.Ref, storage.Ref{})
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "of no slot"}})
	_, got, err = f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	f.equal("refs", got, want)
	s.State = &conversations.Review{Title: "saved after"}
	f.save(s)
	_, got, err = f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	f.equal("refs after a save", got, want)
}

// A step that was loaded before a claim and saved after it must not undo the claim; nor the other way round.
func saveAndDeliveryDoNotUndoEachOther(f *fixture) {
	f.save(review("r", "first"), post("e1", "x", "card"))
	before := f.load("slack/T1/review/r")
	c := f.claims("w", "e1")
	before.State = &conversations.Review{Title: "second"}
	before = f.save(before, post("e2", "x", "card"))
	f.noEffect() // e1 is still claimed
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "h1"}})
	f.equal("saved", f.load(before.ID), before)
	f.equal("pending", f.pending(before.ID), []string{"e2"})

	before.State = &conversations.Review{Title: "third"}
	before = f.save(before) // on a revision from before the settle
	_, refs, err := f.store.Pending(f.ctx, before.ID)
	f.ok(err)
	f.equal("ref", refs["card"].Hash, "h1")
	f.equal("pending", f.pending(before.ID), []string{"e2"})

	f.clock.wind(storage.SlotSpacing)
	c = f.claims("w", "e2")
	f.equal("subject at the claim", c.Subject, before)
	before = f.save(before)
	f.settle(c, storage.Settlement{Again: time.Second, Attempt: true})
	before = f.save(before)
	f.noEffect() // it is not claimable again before its time
	f.clock.wind(time.Second)
	f.equal("tries", f.claims("w", "e2").Tries, 1)
	f.equal("subject", f.load(before.ID), before)
}

// One goroutine saves, appending, while others deliver: everything appended is delivered once, in order.
func saveAndDeliveryRaced(f *fixture) {
	const n = 60
	s := f.save(review("r", ""))
	var d delivery
	errs := race(4, func(i int) error {
		if i > 0 {
			return d.run(f, fmt.Sprint("w", i), n)
		}
		for k := range n {
			if err := f.store.Save(f.ctx, s, []conversations.Effect{post(fmt.Sprintf("e%03d", k), "x", "")}); err != nil {
				return err
			}
			s.Rev++
		}
		return nil
	})
	for _, err := range errs {
		f.ok(err)
	}
	d.check(f, n)
	f.equal("revision", f.load(s.ID).Rev, int64(n+1))
}

func deliverersRaced(f *fixture) {
	const subjects, each = 10, 20
	for i := range subjects {
		var effects []conversations.Effect
		for k := range each {
			effects = append(effects, post(fmt.Sprintf("s%02d-e%03d", i, k), fmt.Sprint("to", k%2), ""))
		}
		f.save(review(fmt.Sprint("r", i), ""), effects...)
	}
	var d delivery
	for _, err := range race(20, func(i int) error { return d.run(f, fmt.Sprint("w", i), subjects*each) }) {
		f.ok(err)
	}
	d.check(f, subjects*each)
	f.noEffect()
}

// delivery claims and settles from many goroutines and writes down who did what.
type delivery struct {
	mu     sync.Mutex
	flying map[string]string   // by (subject, destination): the effect in sending
	sent   map[string][]string // by (subject, destination): in order
	count  int
	wrong  []string
}

func (d *delivery) run(f *fixture, worker string, total int) error {
	for range 100_000 {
		if d.done(total) {
			return nil
		}
		c, err := f.store.ClaimEffect(f.ctx, worker)
		if errors.Is(err, storage.ErrNotFound) {
			runtime.Gosched()
			continue
		}
		if err != nil {
			return err
		}
		d.take(c)
		if err := f.store.Settle(f.ctx, c, d.land(c)); err != nil {
			return err
		}
	}
	return errors.New("the outbox does not get empty")
}

func (d *delivery) done(total int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count >= total
}

func (d *delivery) take(c storage.Claim) {
	d.mu.Lock()
	defer d.mu.Unlock()
	to := c.Subject.ID + " to " + c.Effect.To
	if other := d.flying[to]; other != "" {
		d.wrong = append(d.wrong, c.Effect.ID+" was claimed while "+other+" was in sending")
	}
	if d.flying == nil {
		d.flying, d.sent = map[string]string{}, map[string][]string{}
	}
	d.flying[to] = c.Effect.ID
}

// land notes the effect as sent, before it is settled: afterwards the next may be claimed at once.
func (d *delivery) land(c storage.Claim) storage.Settlement {
	d.mu.Lock()
	defer d.mu.Unlock()
	to := c.Subject.ID + " to " + c.Effect.To
	delete(d.flying, to)
	d.sent[to] = append(d.sent[to], c.Effect.ID)
	d.count++
	return storage.Settlement{}
}

func (d *delivery) check(f *fixture, total int) {
	f.Helper()
	if len(d.wrong) > 0 {
		f.Fatal(strings.Join(d.wrong, "\n"))
	}
	if d.count != total {
		f.Fatalf("%d sent, want %d", d.count, total)
	}
	for to, ids := range d.sent {
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			f.Fatalf("%s: sent %q, want each once and in order", to, ids)
		}
	}
}

func claimEffectRaced(f *fixture) {
	for round := range 5 {
		f.save(review(fmt.Sprint("r", round), ""), post(fmt.Sprint("e", round), "x", ""))
		f.oneWins(race(20, func(i int) error {
			_, err := f.store.ClaimEffect(f.ctx, fmt.Sprint("w", i))
			return err
		}), storage.ErrNotFound)
	}
}

func settleRaced(f *fixture) {
	s := f.save(review("r", ""), post("e", "x", "card"))
	c := f.claims("w", "e")
	f.oneWins(race(20, func(int) error {
		return f.store.Settle(context.WithoutCancel(f.ctx), c, storage.Settlement{Ref: &storage.Ref{Hash: "h"}})
	}), storage.ErrConflict)
	f.equal("pending", f.pending(s.ID), []string(nil))
}

func pendingOfNothing(f *fixture) {
	entries, refs, err := f.store.Pending(f.ctx, "slack/T1/review/none")
	f.ok(err)
	f.equal("entries", entries, []storage.Entry(nil))
	f.equal("refs", refs, map[string]storage.Ref(nil))
}

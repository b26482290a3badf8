package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

var storeCases = []namedCase{
	{"ReadyTwice", readyTwice},
	{"ReadyOfANewerDatabase", readyOfANewerDatabase},
	{"TheSameDataAgain", theSameDataAgain},
	{"TheServersClock", theServersClock},
	{"Next", next},
	{"Health", health},
	{"CancelledContext", cancelledContext},
	{"Closed", closed},
}

func readyTwice(f *fixture) {
	s := f.save(review("r", "title"))
	f.ok(f.store.Ready(f.ctx))
	f.ok(f.store.Ready(f.ctx))
	f.equal("untouched", f.load(s.ID), s)
}

func readyOfANewerDatabase(f *fixture) {
	s := f.save(review("r", "title"))
	f.h.MakeNewer(f, f.store)
	f.is(f.store.Ready(f.ctx), storage.ErrNewer)
	f.is(f.store.Ready(f.ctx), storage.ErrNewer)
	f.equal("untouched", f.load(s.ID), s)
}

// theSameDataAgain works on the same data by two stores, as two replicas do.
func theSameDataAgain(f *fixture) {
	s := f.save(review("r", "title", "a"), post("e1", "x", "card"))
	f.accept(messages("lane", s.ID, 2)...)
	l := f.claim("w")
	f.ok(f.store.Finish(f.ctx, l.Rows[0]))
	f.ok(f.store.Keep(f.ctx, storage.Kept{Key: "k", At: noon, Body: []byte("b")}))
	n := f.number("slack/T1", "PM", s.ID)

	one := f.store
	two := f.h.Again(f, one, f.clock.Now)
	f.ok(two.Ready(f.ctx))
	f.store = two
	f.equal("subject", f.load(s.ID), s)
	f.equal("number", f.number("slack/T1", "PM", s.ID), n)
	f.noLane() // the other holds it
	f.accept(message("lane", "lane/00000", s.ID))
	f.clock.wind(storage.LeaseTTL)
	taken := f.claim("w2")
	f.equal("rows", keys(taken.Rows), []string{"lane/00001"})
	f.is(one.Renew(f.ctx, l), storage.ErrConflict)
	c := f.claims("w2", "e1")
	if _, err := one.ClaimEffect(f.ctx, "w"); !errors.Is(err, storage.ErrNotFound) {
		f.Fatalf("the other store's claim: %v, want none", err)
	}
	f.ok(one.Save(f.ctx, s, nil))
	f.is(f.store.Save(f.ctx, s, nil), storage.ErrConflict)
	f.ok(one.Close())
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "h"}}) // the other goes on
	f.equal("pending", f.pending(s.ID), []string(nil))
}

func theServersClock(f *fixture) {
	s := f.h.Open(f, nil)
	f.ok(s.Ready(f.ctx))
	f.store = s
	if off := time.Since(s.Now()).Abs(); off > time.Minute {
		f.Fatalf("the store's clock is %v off; want the server's, which is this machine's within a minute", off)
	}
	if s.Now().Location() != time.UTC || s.Now().Nanosecond()%1_000_000 != 0 {
		f.Fatalf("Now is %v, want UTC to the millisecond", s.Now())
	}
	f.accept(message("lane", "k", "s"))
	l := f.claim("w")
	until := f.next()
	if left := until.Sub(s.Now()); left <= storage.LeaseTTL/2 || left > storage.LeaseTTL {
		f.Fatalf("the lease has %v left, want about %v", left, storage.LeaseTTL)
	}
	f.ok(f.store.Finish(f.ctx, l.Rows...))
	f.ok(f.store.Release(f.ctx, l, 0))
	f.save(review("r", ""), post("e1", "x", ""))
	f.settle(f.claims("w", "e1"), storage.Settlement{Again: time.Hour})
	f.noEffect()
	if wait := f.next().Sub(s.Now()); wait <= 50*time.Minute || wait > time.Hour {
		f.Fatalf("the effect is claimable in %v, want about an hour", wait)
	}
}

func next(f *fixture) {
	soon := func(what string) {
		f.Helper()
		if n := f.next(); n.IsZero() || n.After(f.clock.Now()) {
			f.Fatalf("%s: next is %v, want a moment that has come", what, n)
		}
	}
	at := func(what string, d time.Duration) {
		f.Helper()
		f.equal(what, f.next(), f.clock.Now().Add(d))
	}
	f.equal("nothing", f.next(), time.Time{})
	f.accept(message("a", "a1", "s"), message("b", "b1", "s"))
	soon("two lanes")
	a, b := f.claim("w"), f.claim("w")
	at("two leases", storage.LeaseTTL)
	f.ok(f.store.Release(f.ctx, b, 3*time.Second))
	at("a rest", 3*time.Second)
	f.ok(f.store.Release(f.ctx, a, 4*time.Second))
	at("two rests", 3*time.Second)
	s := f.save(review("r", ""), post("e1", "x", "card"))
	soon("an effect")
	c := f.claims("w", "e1")
	at("a rest before a claim", 3*time.Second)
	f.settle(c, storage.Settlement{Again: 2 * time.Second})
	at("back-off", 2*time.Second)
	s = f.save(s, post("e2", "y", ""))
	soon("another destination")
	f.settle(f.claims("w", "e2"), storage.Settlement{})
	at("back-off", 2*time.Second)
	s = f.save(s, post("e3", "x", "card"))
	soon("a newer one in the slot")
	f.settle(f.claims("w", "e3"), storage.Settlement{Ref: &storage.Ref{}})
	at("a rest", 3*time.Second)
	f.save(s, post("e4", "x", "card"))
	at("spacing", storage.SlotSpacing)
	f.clock.wind(storage.SlotSpacing)
	f.claims("w", "e4")
	at("a rest", time.Second)
	f.clock.wind(2 * time.Second)
	soon("both rests are over")
	f.ok(f.store.Finish(f.ctx, a.Rows...))
	f.ok(f.store.Finish(f.ctx, b.Rows...))
	at("a claim", storage.EffectTTL-2*time.Second)
	f.clock.wind(storage.EffectTTL)
	soon("a claim has run out")
}

func health(f *fixture) {
	want := func(h storage.Health) {
		f.Helper()
		got, err := f.store.Health(f.ctx)
		f.ok(err)
		f.equal("health", got, h)
	}
	want(storage.Health{})
	f.accept(messages("lane", "s", 3)...)
	f.clock.wind(time.Minute)
	f.accept(message("other", "k", "s"))
	f.save(review("r", ""), post("e1", "x", "card"))
	f.clock.wind(time.Minute)
	f.save(review("q", ""), post("e2", "x", "card"), post("e3", "x", "card"), post("e4", "y", ""))
	want(storage.Health{New: 4, OldestNew: noon, Effects: 4, Oldest: noon.Add(time.Minute)})
	l := f.claim("w")
	f.ok(f.store.Finish(f.ctx, l.Rows[0]))
	f.ok(f.store.Fail(f.ctx, l.Rows[1], "panic", true))
	f.ok(f.store.Fail(f.ctx, l.Rows[2], "panic", true))
	c := f.claims("w", "e1")
	want(storage.Health{New: 1, OldestNew: noon.Add(time.Minute), Dead: 2, Effects: 4, Oldest: noon.Add(time.Minute)})
	f.settle(c, storage.Settlement{})
	f.ok(f.store.Replay(f.ctx, l.Rows[1].Event.Key, "s"))
	want(storage.Health{New: 2, OldestNew: noon, Dead: 1, Effects: 3, Oldest: noon.Add(2 * time.Minute)})
}

// calls is every method that can fail.
func (f *fixture) calls() map[string]func(ctx context.Context) error {
	s := f.store
	one := review("r", "")
	return map[string]func(ctx context.Context) error{
		"Ready":       s.Ready,
		"Next":        func(ctx context.Context) error { _, err := s.Next(ctx); return err },
		"Health":      func(ctx context.Context) error { _, err := s.Health(ctx); return err },
		"Purge":       func(ctx context.Context) error { _, err := s.Purge(ctx); return err },
		"Accept":      func(ctx context.Context) error { return s.Accept(ctx, message("lane", "k", "s")) },
		"Claim":       func(ctx context.Context) error { _, err := s.Claim(ctx, "w"); return err },
		"Renew":       func(ctx context.Context) error { return s.Renew(ctx, storage.Lane{Name: "lane", Worker: "w"}) },
		"Finish":      func(ctx context.Context) error { return s.Finish(ctx, message("lane", "k", "s")) },
		"Release":     func(ctx context.Context) error { return s.Release(ctx, storage.Lane{Name: "lane", Worker: "w"}, 0) },
		"Fail":        func(ctx context.Context) error { return s.Fail(ctx, message("lane", "k", "s"), "panic", true) },
		"Dead":        func(ctx context.Context) error { _, err := s.Dead(ctx, 1); return err },
		"Replay":      func(ctx context.Context) error { return s.Replay(ctx, "k", "s") },
		"Load":        func(ctx context.Context) error { _, err := s.Load(ctx, one.ID); return err },
		"Find":        func(ctx context.Context) error { _, err := s.Find(ctx, storage.Query{Address: "a"}); return err },
		"Route":       func(ctx context.Context) error { _, err := s.Route(ctx, []string{"a"}); return err },
		"Save":        func(ctx context.Context) error { return s.Save(ctx, one, nil) },
		"Due":         func(ctx context.Context) error { _, err := s.Due(ctx, noon, 1); return err },
		"NextDue":     func(ctx context.Context) error { _, err := s.NextDue(ctx); return err },
		"ClaimEffect": func(ctx context.Context) error { _, err := s.ClaimEffect(ctx, "w"); return err },
		"Settle": func(ctx context.Context) error {
			return s.Settle(ctx, storage.Claim{Subject: one, Effect: conversations.Effect{ID: "e"}, Worker: "w"}, storage.Settlement{})
		},
		"Pending":   func(ctx context.Context) error { _, _, err := s.Pending(ctx, one.ID); return err },
		"Keep":      func(ctx context.Context) error { return s.Keep(ctx, storage.Kept{Key: "k"}) },
		"Kept":      func(ctx context.Context) error { _, err := s.Kept(ctx, "k"); return err },
		"KeptUnder": func(ctx context.Context) error { _, err := s.KeptUnder(ctx, "k", "", 1); return err },
		"Discard":   func(ctx context.Context) error { return s.Discard(ctx, "k", "l") },
		"Number":    func(ctx context.Context) error { _, err := s.Number(ctx, "slack/T1", "PM", "s"); return err },
	}
}

func cancelledContext(f *fixture) {
	cancelled, cancel := context.WithCancel(f.ctx)
	cancel()
	late, cancelLate := context.WithDeadline(f.ctx, time.Unix(0, 0))
	defer cancelLate()
	for name, call := range f.calls() {
		if err := call(cancelled); !isUnavailable(err, context.Canceled) {
			f.Errorf("%s with a cancelled context: %v, want ErrUnavailable and context.Canceled", name, err)
		}
		if err := call(late); !isUnavailable(err, context.DeadlineExceeded) {
			f.Errorf("%s after its deadline: %v, want ErrUnavailable and context.DeadlineExceeded", name, err)
		}
	}
	f.save(review("r", "")) // the store is none the worse, and nothing was done
	f.noLane()
}

func closed(f *fixture) {
	calls := f.calls()
	f.ok(f.store.Close())
	for name, call := range calls {
		if err := call(f.ctx); !errors.Is(err, storage.ErrUnavailable) {
			f.Errorf("%s of a closed store: %v, want ErrUnavailable", name, err)
		}
	}
	f.ok(f.store.Close())
	f.store.Now() // still tells the time
}

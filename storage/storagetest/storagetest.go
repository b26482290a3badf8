// Package storagetest is what every store must pass.
//
// A store's own test fills in a Harness and calls Run; what only that store does is tested beside it. The cases are the
// contract of package storage spelled out: what storage.go says in words is shown here by example, and where the two
// disagree, the case is wrong. Each case gets a fresh, empty store and a clock that stands still until the case winds
// it, so nothing sleeps and nothing depends on how fast the machine is.
//
// Memory is a store without a database. It passes the suite itself, is fast enough for thousands of simulated worlds, and
// serves the last case, Model, which does random things to it and to the store under test and wants the same answers.
package storagetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// Harness is how the suite gets at a store, and beneath it. All of it is required.
type Harness struct {
	// Open makes a fresh, empty store and closes it when the test ends. A nil clock means the server's own; a store that
	// is given one counts leases, claims, back-off and slot spacing on it, and the age of finished rows on the server's
	// all the same.
	Open func(t testing.TB, clock func() time.Time) storage.Store
	// Again opens the data of a store once more, as a second process does or the same one after a restart.
	Again func(t testing.TB, s storage.Store, clock func() time.Time) storage.Store
	// SetField writes one top-level field of a stored subject, as a newer version of the program would.
	SetField func(t testing.TB, s storage.Store, id, field string, value json.RawMessage)
	// Field reads one top-level field of a stored subject; false when it is not there, null counting as there.
	Field func(t testing.TB, s storage.Store, id, field string) (json.RawMessage, bool)
	// Holds reports whether the text is stored in any row of the inbox.
	Holds func(t testing.TB, s storage.Store, text string) bool
	// Age makes all finished rows look as if they had been finished earlier by that much.
	Age func(t testing.TB, s storage.Store, by time.Duration)
	// MakeNewer marks the database as written by a newer version of the program.
	MakeNewer func(t testing.TB, s storage.Store)
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	groups := []struct {
		name  string
		cases []namedCase
	}{
		{"Subjects", subjectCases},
		{"Inbox", inboxCases},
		{"Outbox", outboxCases},
		{"Archive", archiveCases},
		{"Store", storeCases},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) { c.run(newFixture(t, h)) })
			}
		})
	}
	t.Run("Model", func(t *testing.T) { runModel(t, h) })
}

type namedCase struct {
	name string
	run  func(f *fixture)
}

// fixture is one case's store and clock.
type fixture struct {
	*testing.T
	h     Harness
	clock *clock
	store storage.Store
	ctx   context.Context
}

func newFixture(t *testing.T, h Harness) *fixture {
	c := newClock()
	f := &fixture{T: t, h: h, clock: c, store: h.Open(t, c.Now), ctx: t.Context()}
	f.ok(f.store.Ready(f.ctx))
	return f
}

// clock stands still until it is wound.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newClock() *clock { return &clock{now: noon} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) wind(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// ok ends the case when there is an error.
func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// is ends the case when the error is not of this sort.
func (f *fixture) is(err, sort error) {
	f.Helper()
	if !errors.Is(err, sort) {
		f.Fatalf("got error %v, want one that is %q", err, sort)
	}
}

// equal ends the case when two values differ. Missing and empty lists are alike; times must be in UTC.
func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if d := diff(got, want); d != "" {
		f.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func diff(got, want any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(sameTime), cmp.Transformer("fields", stateFields))
}

// sameTime also wants the same zone: what is read back is in UTC.
func sameTime(a, b time.Time) bool { return a.Equal(b) && a.Location() == b.Location() }

// stateFields shows a state as its fields, which is all a store knows of it.
func stateFields(s conversations.State) map[string]string {
	fields, err := conversations.Encode(s)
	if err != nil {
		panic(err)
	}
	out := map[string]string{}
	for name, value := range fields {
		out[name] = string(value)
	}
	return out
}

func (f *fixture) load(id string) conversations.Subject {
	f.Helper()
	s, err := f.store.Load(f.ctx, id)
	f.ok(err)
	return s
}

// save stores the subject and returns it as it is then.
func (f *fixture) save(s conversations.Subject, effects ...conversations.Effect) conversations.Subject {
	f.Helper()
	f.ok(f.store.Save(f.ctx, s, effects))
	s.Rev++
	return s
}

func (f *fixture) accept(rows ...storage.Row) {
	f.Helper()
	f.ok(f.store.Accept(f.ctx, rows...))
}

func (f *fixture) claim(worker string) storage.Lane {
	f.Helper()
	l, err := f.store.Claim(f.ctx, worker)
	f.ok(err)
	return l
}

func (f *fixture) noLane() {
	f.Helper()
	l, err := f.store.Claim(f.ctx, "nobody")
	if err == nil {
		f.Fatalf("claimed lane %q, want none to be free", l.Name)
	}
	f.is(err, storage.ErrNotFound)
}

func (f *fixture) claimEffect(worker string) storage.Claim {
	f.Helper()
	c, err := f.store.ClaimEffect(f.ctx, worker)
	f.ok(err)
	return c
}

// claims takes the effect of that id and fails when it is another's turn.
func (f *fixture) claims(worker, effect string) storage.Claim {
	f.Helper()
	c := f.claimEffect(worker)
	if c.Effect.ID != effect {
		f.Fatalf("claimed effect %q, want %q", c.Effect.ID, effect)
	}
	return c
}

func (f *fixture) noEffect() {
	f.Helper()
	c, err := f.store.ClaimEffect(f.ctx, "nobody")
	if err == nil {
		f.Fatalf("claimed effect %q, want none to be free", c.Effect.ID)
	}
	f.is(err, storage.ErrNotFound)
}

func (f *fixture) settle(c storage.Claim, s storage.Settlement) {
	f.Helper()
	f.ok(f.store.Settle(f.ctx, c, s))
}

func (f *fixture) pending(id string) []string {
	f.Helper()
	entries, _, err := f.store.Pending(f.ctx, id)
	f.ok(err)
	return effectIDs(entries)
}

func effectIDs(entries []storage.Entry) []string {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Effect.ID)
	}
	return ids
}

func (f *fixture) next() time.Time {
	f.Helper()
	next, err := f.store.Next(f.ctx)
	f.ok(err)
	return next
}

// review is a subject to work with.
func review(name, title string, addresses ...string) conversations.Subject {
	return conversations.Subject{
		ID: "slack/T1/review/" + name, V: conversations.Version, At: noon, Addresses: addresses,
		State: &conversations.Review{Title: title},
	}
}

// longText is longer than any platform lets people write.
var longText = strings.Repeat("ж🙂 text ", 5000)

func titleOf(s conversations.Subject) string { return s.State.(*conversations.Review).Title }

// message is a row of the lane.
func message(lane, key, subject string) storage.Row {
	return storage.Row{Lane: lane, Subject: subject, Event: conversations.Event{
		Key: key, Kind: conversations.Said, At: noon, Text: "text of " + key,
	}}
}

// messages are n rows of one lane for one subject, their keys in order.
func messages(lane, subject string, n int) []storage.Row {
	var rows []storage.Row
	for i := range n {
		rows = append(rows, message(lane, fmt.Sprintf("%s/%05d", lane, i), subject))
	}
	return rows
}

func keys(rows []storage.Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Event.Key)
	}
	return out
}

// post is an effect: a post to a destination in a slot.
func post(id, to, slot string) conversations.Effect {
	return conversations.Effect{ID: id, To: to, Slot: slot, Kind: conversations.Post, View: "card"}
}

// race runs n goroutines that start together and returns their errors.
func race(n int, run func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = run(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// oneWins ends the case unless exactly one of the errors is nil and all others are of the sort.
func (f *fixture) oneWins(errs []error, sort error) {
	f.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		f.is(err, sort)
	}
	if won != 1 {
		f.Fatalf("%d of %d won, want one", won, len(errs))
	}
}

package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo/faultproxy"
)

// The tests below do everything once without and once with each fault, repeat as the bot would, and compare what is
// stored afterwards.

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// scene is one run of one method.
type scene struct {
	testing.TB
	what   string
	single bool // one command only meets a fault
	ctx    context.Context
	store  *Store // the one that meets the faults
	direct *Store // another one on the same data, past the proxy

	mu  sync.Mutex
	now time.Time
}

func (s *scene) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *scene) wind(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *scene) ok(err error) {
	s.Helper()
	if err != nil {
		s.Errorf("%s: %v", s.what, err)
	}
}

// again repeats a call while the store is unavailable. once is what an error means that only a repeated call may give:
// that the first one had succeeded.
func (s *scene) again(call func() error, once error) {
	s.Helper()
	for try := range 20 {
		err := call()
		if errors.Is(err, storage.ErrUnavailable) {
			continue
		}
		if err != nil && (try == 0 || once == nil || !errors.Is(err, once)) {
			s.Errorf("%s: %v", s.what, err)
		}
		return
	}
	s.Errorf("%s: still unavailable", s.what)
}

// claimed repeats a claim. After a lost answer nothing may be free until the claim runs out.
func (s *scene) claimed(call func() error, ttl time.Duration) {
	s.Helper()
	s.again(func() error {
		err := call()
		if errors.Is(err, storage.ErrNotFound) {
			s.wind(ttl)
			err = call()
		}
		return err
	}, nil)
}

// saved repeats a save. It finds out by itself whether it succeeded, so that only further trouble makes it a conflict.
func (s *scene) saved(call func() error) {
	s.Helper()
	if s.single {
		s.again(call, nil)
		return
	}
	s.again(call, storage.ErrConflict)
}

func testReview(name, title string) conversations.Subject {
	return conversations.Subject{
		ID: "slack/T1/review/" + name, V: 1, At: noon, Due: noon, Addresses: []string{"a"}, Applied: []int64{1},
		State: &conversations.Review{Title: title},
	}
}

func testRow(lane, key string) storage.Row {
	return storage.Row{Lane: lane, Subject: "s", Event: conversations.Event{Key: key, Kind: conversations.Said, Text: key}}
}

func testPost(id, to, slot string) conversations.Effect {
	return conversations.Effect{ID: id, To: to, Slot: slot, Kind: conversations.Post}
}

// method is one method of the store: what is there before, and the call.
type method struct {
	name    string
	prepare func(s *scene)
	run     func(s *scene)
}

func withRows(s *scene) {
	s.ok(s.direct.Accept(s.ctx, testRow("lane", "k1"), testRow("lane", "k2"), testRow("other", "k3")))
}

func withReview(s *scene) {
	s.ok(s.direct.Save(s.ctx, testReview("r", "first"),
		[]conversations.Effect{testPost("e1", "x", "card"), testPost("e2", "x", "card"), testPost("e3", "y", "")}))
}

func withKept(s *scene) {
	s.ok(s.direct.Keep(s.ctx, storage.Kept{Key: "slack/T1/k", At: noon, Body: []byte("first")}))
}

var methods = []method{
	{"Ready", func(*scene) {}, func(s *scene) { s.again(func() error { return s.store.Ready(s.ctx) }, nil) }},
	{"Next", func(s *scene) { withRows(s); withReview(s) }, func(s *scene) {
		s.again(func() error {
			next, err := s.store.Next(s.ctx)
			if err == nil && !next.Equal(noon) {
				s.Errorf("next %v", next)
			}
			return err
		}, nil)
	}},
	{"Health", func(s *scene) { withRows(s); withReview(s) }, func(s *scene) {
		s.again(func() error {
			h, err := s.store.Health(s.ctx)
			if err == nil && (h != storage.Health{New: 3, OldestNew: noon, Effects: 3, Oldest: noon}) {
				s.Errorf("health %+v", h)
			}
			return err
		}, nil)
	}},
	{"Purge", func(s *scene) {
		withRows(s)
		s.ok(s.direct.Finish(s.ctx, testRow("lane", "k1"), testRow("lane", "k2")))
		age(s, s.direct, 2*storage.KeyLife)
	}, func(s *scene) {
		s.again(func() error { _, err := s.store.Purge(s.ctx); return err }, nil)
	}},
	{"Accept", func(s *scene) { s.ok(s.direct.Accept(s.ctx, testRow("lane", "k1"))) }, func(s *scene) {
		s.again(func() error {
			return s.store.Accept(s.ctx, testRow("lane", "k1"), testRow("lane", "k2"), testRow("other", "k3"))
		}, nil)
	}},
	{"Claim", withRows, func(s *scene) {
		s.claimed(func() error {
			l, err := s.store.Claim(s.ctx, "w")
			if err == nil && len(l.Rows) != 2 { // of the other lane, when the first claim's answer was lost
				l, err = s.store.Claim(s.ctx, "w2")
			}
			if err == nil && len(l.Rows) != 2 {
				err = storage.ErrNotFound
			}
			return err
		}, storage.LeaseTTL)
		s.wind(storage.LeaseTTL)
		for range 2 { // one of them was perhaps held by nobody
			_, err := s.direct.Claim(s.ctx, "w")
			s.ok(err)
		}
	}},
	{"Claim after another", func(s *scene) {
		withRows(s)
		_, err := s.direct.Claim(s.ctx, "dead")
		s.ok(err)
		_, err = s.direct.Claim(s.ctx, "dead")
		s.ok(err)
		s.wind(storage.LeaseTTL)
	}, func(s *scene) {
		for range 2 {
			s.claimed(func() error { _, err := s.store.Claim(s.ctx, "w"); return err }, storage.LeaseTTL)
		}
	}},
	{"Renew", func(s *scene) { withRows(s); _, err := s.direct.Claim(s.ctx, "w"); s.ok(err) }, func(s *scene) {
		s.again(func() error { return s.store.Renew(s.ctx, storage.Lane{Name: "lane", Worker: "w"}) }, nil)
	}},
	{"Finish", withRows, func(s *scene) {
		s.again(func() error { return s.store.Finish(s.ctx, testRow("lane", "k1"), testRow("lane", "k2")) }, nil)
	}},
	{"Release", func(s *scene) { withRows(s); _, err := s.direct.Claim(s.ctx, "w"); s.ok(err) }, func(s *scene) {
		s.again(func() error { return s.store.Release(s.ctx, storage.Lane{Name: "lane", Worker: "w"}, 0) }, nil)
	}},
	{"Release to rest", func(s *scene) { withRows(s); _, err := s.direct.Claim(s.ctx, "w"); s.ok(err) }, func(s *scene) {
		s.again(func() error { return s.store.Release(s.ctx, storage.Lane{Name: "lane", Worker: "w"}, time.Hour) }, nil)
	}},
	{"Fail", withRows, func(s *scene) {
		s.again(func() error { return s.store.Fail(s.ctx, testRow("lane", "k1"), "panic", false) }, nil)
		s.again(func() error { return s.store.Fail(s.ctx, testRow("lane", "k1"), "panic", false) }, nil)
	}},
	{"Fail for good", withRows, func(s *scene) {
		s.again(func() error { return s.store.Fail(s.ctx, testRow("lane", "k1"), "panic", true) }, nil)
	}},
	{"Dead", func(s *scene) { withRows(s); s.ok(s.direct.Fail(s.ctx, testRow("lane", "k1"), "panic", true)) }, func(s *scene) {
		s.again(func() error {
			rows, err := s.store.Dead(s.ctx, 10)
			if err == nil && len(rows) != 1 {
				s.Errorf("%d dead", len(rows))
			}
			return err
		}, nil)
	}},
	{"Replay", func(s *scene) { withRows(s); s.ok(s.direct.Fail(s.ctx, testRow("lane", "k1"), "panic", true)) }, func(s *scene) {
		s.again(func() error { return s.store.Replay(s.ctx, "k1", "s") }, storage.ErrNotFound)
	}},
	{"Load", withReview, func(s *scene) {
		s.again(func() error { _, err := s.store.Load(s.ctx, "slack/T1/review/r"); return err }, nil)
	}},
	{"Find", withReview, func(s *scene) {
		s.again(func() error {
			found, err := s.store.Find(s.ctx, storage.Query{Address: "a"})
			if err == nil && len(found) != 1 {
				s.Errorf("found %d", len(found))
			}
			return err
		}, nil)
	}},
	{"Route", withReview, func(s *scene) {
		s.again(func() error {
			hits, err := s.store.Route(s.ctx, []string{"a"})
			if err == nil && len(hits) != 1 {
				s.Errorf("%d hits", len(hits))
			}
			return err
		}, nil)
	}},
	{"Save a new one", func(*scene) {}, func(s *scene) {
		s.saved(func() error {
			return s.store.Save(s.ctx, testReview("r", "first"), []conversations.Effect{testPost("e1", "x", "card")})
		})
	}},
	{"Save", withReview, func(s *scene) {
		subject := testReview("r", "second")
		subject.Rev, subject.Due = 1, time.Time{}
		s.saved(func() error {
			return s.store.Save(s.ctx, subject, []conversations.Effect{testPost("e4", "x", "card")})
		})
	}},
	{"Save nothing", func(s *scene) { s.ok(s.direct.Save(s.ctx, testReview("r", ""), nil)) }, func(s *scene) {
		s.saved(func() error { return s.store.Save(s.ctx, conversations.Subject{ID: "slack/T1/review/r", Rev: 1}, nil) })
	}},
	{"Due", withReview, func(s *scene) {
		s.again(func() error { _, err := s.store.Due(s.ctx, noon, 10); return err }, nil)
	}},
	{"NextDue", withReview, func(s *scene) {
		s.again(func() error { _, err := s.store.NextDue(s.ctx); return err }, nil)
	}},
	{"ClaimEffect", withReview, func(s *scene) {
		got := map[string]bool{}
		for range 2 {
			s.claimed(func() error {
				c, err := s.store.ClaimEffect(s.ctx, "w")
				got[c.Effect.ID] = true
				return err
			}, storage.EffectTTL)
		}
		s.wind(storage.EffectTTL) // whoever claimed twice has it again; both are in sending in the end
		for range 2 {
			_, err := s.direct.ClaimEffect(s.ctx, "w")
			s.ok(err)
		}
	}},
	{"Settle", withReview, func(s *scene) {
		c, err := s.direct.ClaimEffect(s.ctx, "w")
		s.ok(err)
		s.again(func() error { return s.store.Settle(s.ctx, c, storage.Settlement{Ref: &storage.Ref{Hash: "h"}}) }, storage.ErrConflict)
	}},
	{"Settle again", withReview, func(s *scene) {
		c, err := s.direct.ClaimEffect(s.ctx, "w")
		s.ok(err)
		s.again(func() error { return s.store.Settle(s.ctx, c, storage.Settlement{Again: time.Minute, Attempt: true}) }, storage.ErrConflict)
	}},
	{"Pending", withReview, func(s *scene) {
		s.again(func() error { _, _, err := s.store.Pending(s.ctx, "slack/T1/review/r"); return err }, nil)
	}},
	{"Keep", withKept, func(s *scene) {
		s.again(func() error { return s.store.Keep(s.ctx, storage.Kept{Key: "slack/T1/k", Body: []byte("second")}) }, nil)
		s.again(func() error { return s.store.Keep(s.ctx, storage.Kept{Key: "slack/T1/l", Body: []byte("third")}) }, nil)
	}},
	{"Kept", withKept, func(s *scene) {
		s.again(func() error { _, err := s.store.Kept(s.ctx, "slack/T1/k"); return err }, nil)
	}},
	{"KeptUnder", withKept, func(s *scene) {
		s.again(func() error { _, err := s.store.KeptUnder(s.ctx, "slack/", "", 0); return err }, nil)
	}},
	{"Number", func(s *scene) { _, err := s.direct.Number(s.ctx, "slack/T1", "PM", "a"); s.ok(err) }, numbered},
	{"Number of a new series", func(*scene) {}, numbered},
}

func numbered(s *scene) {
	var n int
	s.again(func() (err error) { n, err = s.store.Number(s.ctx, "slack/T1", "PM", "b"); return err }, nil)
	for subject, want := range map[string]bool{"b": true, "c": false} {
		again, err := s.direct.Number(s.ctx, "slack/T1", "PM", subject)
		s.ok(err)
		if n < 1 || (again == n) != want {
			s.Errorf("b was given %d, then %s %d", n, subject, again)
		}
	}
}

// faults are all that can happen to one command. release is closed when everything else is over.
var faults = map[string]func(release <-chan struct{}) faultproxy.Action{
	"none":                func(<-chan struct{}) faultproxy.Action { return faultproxy.Pass() },
	"cut before":          func(<-chan struct{}) faultproxy.Action { return faultproxy.CutBefore() },
	"cut after":           func(<-chan struct{}) faultproxy.Action { return faultproxy.CutAfter() },
	"delay":               func(<-chan struct{}) faultproxy.Action { return faultproxy.Delay(5 * time.Millisecond) },
	"hang":                faultproxy.Hang,
	"not primary":         func(<-chan struct{}) faultproxy.Action { return faultproxy.NotPrimary() },
	"stepped down after":  func(<-chan struct{}) faultproxy.Action { return faultproxy.NotPrimaryAfter() },
	"write concern error": func(<-chan struct{}) faultproxy.Action { return faultproxy.ConcernError() },
	"time limit":          func(<-chan struct{}) faultproxy.Action { return faultproxy.TimeLimit() },
}

func TestFaults(t *testing.T) {
	serverURI(t)
	crowd := make(chan struct{}, 48) // the cases mostly wait
	var all sync.WaitGroup
	for _, m := range methods {
		want := play(t, m, "none", 1, 1)
		for fault := range faults {
			for _, at := range [][2]int{{1, 1}, {2, 2}, {1, 3}} {
				crowd <- struct{}{}
				all.Go(func() {
					defer func() { <-crowd }()
					if got := play(t, m, fault, at[0], at[1]); got != want {
						t.Errorf("%s with %q at its commands %d to %d: stored is\n%s\nwant\n%s", m.name, fault, at[0], at[1], got, want)
					}
				})
			}
		}
	}
	all.Wait()
}

// play runs a method with a fault from the nth of its commands to the mth, and returns what is stored afterwards.
func play(t *testing.T, m method, fault string, first, last int) string {
	p, err := faultproxy.New(serverURI(t))
	if err != nil {
		t.Error(err)
		return ""
	}
	defer p.Close()
	s := &scene{
		TB: t, what: fmt.Sprintf("%s with %q at %d to %d", m.name, fault, first, last), single: first == last,
		ctx: t.Context(), now: noon,
	}
	s.direct = openTest(t, Options{Clock: s.clock})
	s.store = openAt(t, p.URI(), Options{Clock: s.clock, Database: s.direct.db.Name(), Timeout: DefaultTimeout})
	defer s.store.Close()
	s.ok(s.direct.Ready(s.ctx))
	m.prepare(s)

	release := make(chan struct{})
	n := 0
	p.Script(func(command string, _ int) faultproxy.Action {
		if command == "hello" || command == "isMaster" || command == "ismaster" {
			return faultproxy.Pass()
		}
		if n++; n < first || n > last {
			return faultproxy.Pass()
		}
		return faults[fault](release)
	})
	m.run(s)
	close(release)
	p.Land()
	return dump(s)
}

// dump is everything stored but for what may differ: clocks, tokens, who holds what, and which numbers were skipped.
func dump(s *scene) string {
	var out strings.Builder
	for _, c := range []string{"subjects", "inbox", "lanes", "kept", "numbers", "meta"} {
		cursor, err := s.direct.db.Collection(c).Find(s.ctx, bson.D{})
		s.ok(err)
		var docs []bson.M
		s.ok(cursor.All(s.ctx, &docs))
		var lines []string
		for _, d := range docs {
			forget(d)
			text, err := bson.MarshalExtJSON(sorted(d), true, false)
			s.ok(err)
			lines = append(lines, string(text))
		}
		slices.Sort(lines)
		fmt.Fprintf(&out, "%s\n  %s\n", c, strings.Join(lines, "\n  "))
	}
	return out.String()
}

func forget(d bson.M) {
	for _, f := range []string{"savedBy", "failure", "seq", "doneAt", "until", "startedAt", "lapsed", "ready", "wake", "outboxRev", "n"} {
		if _, ok := d[f]; ok {
			d[f] = "…"
		}
	}
	delete(d, "lapsed")
	if entries, ok := d["outbox"].(bson.A); ok {
		for i, e := range entries {
			entry := bson.M{}
			for _, f := range e.(bson.D) {
				entry[f.Key] = f.Value
			}
			forget(entry)
			entries[i] = sorted(entry)
		}
	}
}

func sorted(m bson.M) bson.D {
	var d bson.D
	for k, v := range m {
		d = append(d, bson.E{Key: k, Value: v})
	}
	slices.SortFunc(d, func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) })
	return d
}

// A server that takes connections and never says anything, one that hangs later, and one that is slow with every single
// command: there is an answer in time.
func TestHangingServer(t *testing.T) {
	const timeout = 400 * time.Millisecond
	const bound = timeout*5/4 + 250*time.Millisecond // and a busy machine
	handshake := func(command string) bool { return command == "isMaster" || command == "hello" }
	never := make(chan struct{})
	for what, script := range map[string]faultproxy.Script{
		"hangs from the first": func(string, int) faultproxy.Action { return faultproxy.Hang(never) },
		"hangs": func(command string, _ int) faultproxy.Action {
			if handshake(command) {
				return faultproxy.Pass()
			}
			return faultproxy.Hang(never)
		},
		"is slow": func(command string, _ int) faultproxy.Action {
			if handshake(command) {
				return faultproxy.Pass()
			}
			return faultproxy.Delay(timeout * 3 / 4)
		},
	} {
		p, err := faultproxy.New(serverURI(t))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		s := openAt(t, p.URI(), Options{Database: openTest(t, Options{}).db.Name(), Timeout: timeout})
		if what != "hangs from the first" {
			if err := s.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Accept(t.Context(), testRow("lane", "k0")); err != nil {
				t.Fatal(err)
			}
		}
		p.Script(script)
		var all sync.WaitGroup
		for name, call := range calls(s) {
			all.Go(func() {
				start := time.Now()
				err := call(t.Context())
				if took := time.Since(start); took > bound {
					t.Errorf("%s of a server that %s took %v, want an answer within %v", name, what, took, bound)
				}
				if !errors.Is(err, storage.ErrUnavailable) && what != "is slow" {
					t.Errorf("%s of a server that %s: %v, want ErrUnavailable", name, what, err)
				}
			})
		}
		all.Wait()
	}
}

func calls(s *Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Ready":       s.Ready,
		"Next":        func(ctx context.Context) error { _, err := s.Next(ctx); return err },
		"Health":      func(ctx context.Context) error { _, err := s.Health(ctx); return err },
		"Accept":      func(ctx context.Context) error { return s.Accept(ctx, testRow("lane", "k")) },
		"Claim":       func(ctx context.Context) error { _, err := s.Claim(ctx, "w"); return err },
		"Route":       func(ctx context.Context) error { _, err := s.Route(ctx, []string{"a"}); return err },
		"Save":        func(ctx context.Context) error { return s.Save(ctx, testReview("r", ""), nil) },
		"ClaimEffect": func(ctx context.Context) error { _, err := s.ClaimEffect(ctx, "w"); return err },
		"Number":      func(ctx context.Context) error { _, err := s.Number(ctx, "slack/T1", "PM", "s"); return err },
	}
}

// After an outage the same store goes on by itself.
func TestOutage(t *testing.T) {
	p, err := faultproxy.New(serverURI(t))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	direct := openTest(t, Options{})
	s := openAt(t, p.URI(), Options{Database: direct.db.Name(), Timeout: DefaultTimeout})
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Script(func(string, int) faultproxy.Action { return faultproxy.CutBefore() })
	if err := s.Accept(t.Context(), testRow("lane", "k1")); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("during the outage: %v", err)
	}
	p.Script(nil)
	if err := s.Accept(t.Context(), testRow("lane", "k1")); err != nil {
		t.Fatalf("after the outage: %v", err)
	}
}

// What is there already but not yet durable is not accepted.
func TestNotDurableIsUnavailable(t *testing.T) {
	p, err := faultproxy.New(serverURI(t))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := openAt(t, p.URI(), Options{Database: openTest(t, Options{}).db.Name()})
	for range 2 { // the second time as a duplicate
		p.Script(func(string, int) faultproxy.Action { return faultproxy.ConcernError() })
		if err := s.Accept(t.Context(), testRow("lane", "k")); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("accept: %v, want ErrUnavailable", err)
		}
		if err := s.Keep(t.Context(), storage.Kept{Key: "k"}); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("keep: %v, want ErrUnavailable", err)
		}
	}
	p.Script(nil)
	if err := s.Accept(t.Context(), testRow("lane", "k")); err != nil {
		t.Error(err)
	}
}

// An error never quotes what people said, which servers put into theirs.
func TestErrorsQuoteNothing(t *testing.T) {
	s := openTest(t, Options{})
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := s.kept.InsertMany(t.Context(), []any{kept{Key: "what people said"}, kept{Key: "what people said"}})
	if err == nil {
		t.Fatal("a duplicate was inserted")
	}
	if text := s.failed(t.Context(), "keep", err).Error(); strings.Contains(text, "people") {
		t.Fatal(text)
	}
}

package bot

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
	"github.com/prometheus/client_golang/prometheus"
)

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// running is a bot whose Run runs in a bubble, where time passes only when all wait.
type running struct {
	t        *testing.T
	bot      *Bot
	chat     *fakeChat
	store    *brokenStore
	log      *safeBuffer
	registry *prometheus.Registry
	end      context.CancelFunc
	done     chan error
}

func start(t *testing.T, prepare func(*running)) *running {
	t.Helper()
	r := &running{t: t, log: &safeBuffer{}, registry: prometheus.NewRegistry(), done: make(chan error, 1)}
	r.chat = &fakeChat{messages: map[string]conversations.Snapshot{"m1": snapshot("m1", "checkout is down", "ANA")}}
	r.chat.pages = []adapters.Page{{}}
	r.store = &brokenStore{Store: storagetest.NewMemory(nil)}
	if prepare != nil {
		prepare(r)
	}
	r.bot = New(Options{
		Store: r.store, Chats: []adapters.Chat{r.chat}, Log: slog.New(slog.NewTextHandler(r.log, nil)),
		Registry: r.registry,
	})
	ctx, cancel := context.WithCancel(t.Context())
	r.end = cancel
	go func() { r.done <- r.bot.Run(ctx) }()
	synctest.Wait()
	return r
}

// stop ends Run and says how long that took.
func (r *running) stop() (time.Duration, error) {
	began := time.Now()
	r.end()
	err := <-r.done
	return time.Since(began), err
}

// stopped is stop for tests that do not look at how it ends.
func (r *running) stopped() {
	r.t.Helper()
	if _, err := r.stop(); err != nil {
		r.t.Error(err)
	}
}

func (r *running) clipped() bool {
	for _, text := range r.chat.texts() {
		if text == "📎 true on m1" {
			return true
		}
	}
	return false
}

func TestRunKeepsAPin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		if err := r.bot.Ready(); err != nil {
			t.Fatalf("not ready: %v", err)
		}
		if _, err := r.bot.Handle(t.Context(), pinned("m1", "ANA")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // no time passes: the bells ring
		if !r.clipped() {
			t.Errorf("no 📎 without delay, only %q\n%s", r.chat.texts(), r.log)
		}
		took, err := r.stop()
		if err != nil || took > 0 {
			t.Errorf("stopping took %v: %v\n%s", took, err, r.log)
		}
		if h, _ := r.store.Health(context.Background()); h.New > 0 {
			t.Errorf("%d rows are left", h.New)
		}
	})
}

func TestRunAsksEachWorkspaceToReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		defer r.stopped()
		for _, w := range []string{workspace, "fake/other"} {
			if _, err := r.store.Load(t.Context(), conversations.SettingsID(w)); err != nil {
				t.Errorf("%s was not asked: %v", w, err)
			}
		}
	})
}

func TestRunWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away sync.Mutex // locked: away
		away.Lock()
		r := start(t, func(r *running) {
			r.store.ready = func() error {
				if away.TryLock() {
					away.Unlock()
					return nil
				}
				return storage.ErrUnavailable
			}
		})
		defer r.stopped()
		time.Sleep(time.Minute)
		if err := r.bot.Ready(); err == nil {
			t.Error("ready without a store")
		}
		if _, err := r.bot.Handle(t.Context(), pinned("m1", "ANA")); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("handle says %v", err)
		}
		if _, err := r.bot.Handle(t.Context(), said("m2", "", "lunch?")); err != nil {
			t.Errorf("chatter is not acknowledged: %v", err)
		}
		away.Unlock()
		time.Sleep(2 * retryMost)
		if err := r.bot.Ready(); err != nil {
			t.Errorf("the store is back, but: %v", err)
		}
		if _, err := r.bot.Handle(t.Context(), pinned("m1", "ANA")); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !r.clipped() {
			t.Errorf("no 📎, only %q", r.chat.texts())
		}
	})
}

func TestRunRefusesANewerDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, func(r *running) { r.store.ready = func() error { return storage.ErrNewer } })
		if err := <-r.done; !errors.Is(err, storage.ErrNewer) || !strings.Contains(err.Error(), "older than its database") {
			t.Errorf("run says %v", err)
		}
	})
}

func TestRunEndsWithItsLastChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("the token is not valid")
		r := start(t, func(r *running) {
			r.chat.run = func(context.Context, adapters.Handler) error { return refused }
		})
		if err := <-r.done; !errors.Is(err, refused) || !strings.HasPrefix(err.Error(), "fake: ") {
			t.Errorf("run says %v", err)
		}
	})
}

func TestWhatHangsAtTheEndIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		r := start(t, func(r *running) {
			r.chat.run = func(context.Context, adapters.Handler) error { <-release; return nil }
		})
		took, err := r.stop()
		if err != nil || took != stopIntake {
			t.Errorf("stopping took %v: %v", took, err)
		}
		if !strings.Contains(r.log.String(), "intake did not end") {
			t.Errorf("the log does not name it:\n%s", r.log)
		}
	})
}

func TestTheLastPassEmptiesTheOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		s := conversations.Subject{ID: review, V: conversations.Version, State: &conversations.Review{Stage: conversations.StageBurning}}
		var effects []conversations.Effect
		for _, id := range []string{"e1", "e2", "e3"} {
			e := post(id, id, id)
			e.To = "somewhere"
			effects = append(effects, e)
		}
		if err := r.store.Save(t.Context(), s, effects); err != nil { // rings no bell
			t.Fatal(err)
		}
		if _, err := r.stop(); err != nil {
			t.Error(err)
		}
		if got := r.chat.texts(); len(got) != 3 {
			t.Errorf("sent %q, want all that waited", got)
		}
	})
}

func TestMetricsCountWhatHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		defer r.stopped()
		if _, err := r.bot.Handle(t.Context(), pinned("m1", "ANA")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		families, err := r.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		counted := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				name := f.GetName()
				for _, l := range m.GetLabel() {
					name += " " + l.GetValue()
				}
				counted[name] = m.GetCounter().GetValue()
			}
		}
		for _, name := range []string{"debrief_effects_total fetch fetched", "debrief_effects_total react sent"} {
			if counted[name] != 1 {
				t.Errorf("%s is %v, want 1", name, counted[name])
			}
		}
	})
}

// What another replica accepted rings no bell here. It is seen within a second.
func TestAnotherReplicasWorkIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		defer r.stopped()
		other := New(Options{Store: r.store})
		if _, err := other.Handle(t.Context(), pinned("m1", "ANA")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !r.clipped() {
			t.Errorf("no 📎, only %q", r.chat.texts())
		}
	})
}

func TestTheMetronomeTicksWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		defer r.stopped()
		id := conversations.SettingsID(workspace)
		s, err := r.store.Load(t.Context(), id)
		if err != nil || s.Due.IsZero() {
			t.Fatalf("due %v, %v", s.Due, err)
		}
		time.Sleep(time.Until(s.Due) + 2*time.Second)
		synctest.Wait()
		after, err := r.store.Load(t.Context(), id)
		if err != nil || !after.Due.After(s.Due) {
			t.Errorf("still due %v, %v", after.Due, err)
		}
	})
}

func TestAStoreThatFailsIsNotAskedWithoutPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		defer r.stopped()
		calls := 0
		var mu sync.Mutex
		r.store.accept = func(...storage.Row) error {
			mu.Lock()
			defer mu.Unlock()
			calls++
			return storage.ErrUnavailable
		}
		r.chat.messages["m1"] = snapshot("m1", "checkout is down", "ANA")
		row := rowFor(conversations.Addressed{Subject: conversations.EventID(message("m1")), Event: pinned("m1", "ANA")})
		if err := r.store.Store.Accept(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if calls < 3 || calls > 30 {
			t.Errorf("the result of the fetch was offered %d times in a minute", calls)
		}
	})
}

// A platform may not send again what could not be saved. It is read back when the outage is over.
func TestAnOutageIsMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, nil)
		defer r.stopped()
		time.Sleep(time.Minute)
		began := time.Now()
		var mu sync.Mutex
		down := true
		var away []conversations.Event
		r.store.accept = func(rows ...storage.Row) error {
			mu.Lock()
			defer mu.Unlock()
			if down {
				return storage.ErrUnavailable
			}
			for _, row := range rows {
				if row.Event.Verb == "away" {
					away = append(away, row.Event)
				}
			}
			return nil
		}
		for range 30 { // an outage in which people go on
			if _, err := r.bot.Handle(t.Context(), pinned("m1", "ANA")); err == nil {
				t.Error("acknowledged, but not saved")
			}
			time.Sleep(time.Second)
		}
		mu.Lock()
		down = false
		mu.Unlock()
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if len(away) != 1 {
			t.Fatalf("asked to read back %d times, want once", len(away))
		}
		if since, err := time.Parse(time.RFC3339Nano, away[0].Value); err != nil || !since.Equal(began) {
			t.Errorf("from %s on, want %v", away[0].Value, began)
		}
	})
}

// claims counts what the store is asked for work.
type claims struct {
	storage.Store
	n atomic.Int64
}

func (c *claims) Claim(ctx context.Context, worker string) (storage.Lane, error) {
	c.n.Add(1)
	return c.Store.Claim(ctx, worker)
}

func (c *claims) ClaimEffect(ctx context.Context, worker string) (storage.Claim, error) {
	c.n.Add(1)
	return c.Store.ClaimEffect(ctx, worker)
}

// TestNothingToDoIsAskedOnce: while nothing waits, the store is not asked by every worker at every beat.
func TestNothingToDoIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counted := &claims{}
		r := start(t, func(r *running) {
			counted.Store = r.store.Store
			r.store.Store = counted
		})
		defer r.stopped()
		time.Sleep(10 * time.Second) // what the start brought is done
		before := counted.n.Load()
		time.Sleep(time.Minute)
		if n := counted.n.Load() - before; n > 0 {
			t.Errorf("in an idle minute work was asked for %d times", n)
		}
		another := New(Options{Store: r.store}) // of the same store, whose bells nobody here hears
		if _, err := another.Handle(t.Context(), pinned("m1", "ANA")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !r.clipped() {
			t.Errorf("what another replica accepted was not seen within a second, only %q\n%s", r.chat.texts(), r.log)
		}
	})
}

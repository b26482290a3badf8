package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/robfig/cron/v3"
)

const (
	dueBatch   = 256            // subjects read in one go
	pushDefect = time.Hour      // a subject whose tick leaves it due is left alone for so long
	pushPanic  = 24 * time.Hour // and one whose tick panics, after three tries
)

// startCron starts the metronome. cron only beats: what is due is stored, so a beat that is missed, or one too many,
// changes nothing.
func (b *Bot) startCron() stop {
	log := cronLog{b.log}
	// In this order: with Recover outermost, a job that panics once never runs again.
	c := cron.New(cron.WithLocation(time.UTC), cron.WithLogger(log), cron.WithChain(cron.SkipIfStillRunning(log), cron.Recover(log)))
	ctx, cut := context.WithCancel(context.Background())
	beat := func(every string, job func(context.Context) error) {
		_, err := c.AddFunc("@every "+every, func() {
			if err := job(ctx); err != nil && ctx.Err() == nil {
				b.log.Warn("a beat was interrupted, the next one repeats it", "err", err)
			}
		})
		if err != nil {
			panic(err) // the words above are wrong
		}
	}
	beat("1s", func(ctx context.Context) error { return b.Tick(ctx, b.now()) })
	beat("1s", b.poll)
	beat("1m", b.purge)
	beat("1m", b.measure)
	c.Start()
	done := make(chan struct{})
	begin := func() {
		cut() // a sweep of thousands may be under way; the next one goes on with it
		running := c.Stop()
		go func() {
			<-running.Done()
			close(done)
		}()
	}
	return stop{name: "cron", bound: stopCron, begin: begin, done: done, force: func() {}}
}

// poll asks the store what waits, for what other replicas accepted and saved, and wakes everybody if there is something.
// For what can be claimed within the next second, because a rest, a lease or a slot's time runs out, it wakes them in
// time. And as the store answers, it makes up for what was missed while it did not.
func (b *Bot) poll(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	next, err := b.store.Next(asking)
	if err != nil {
		return fmt.Errorf("what waits: %w", err)
	}
	switch in := next.Sub(b.store.Now()); {
	case next.IsZero() || in >= time.Second: // nothing that could be done before the next beat
	case in > 0:
		time.AfterFunc(in, b.ringAll)
	default:
		b.ringAll()
	}
	return b.makeUp(ctx)
}

func (b *Bot) ringAll() {
	b.work.ring(b.workers)
	b.deliver.ring(b.senders)
}

// purge forgets the keys of old rows, a bounded number at a time.
func (b *Bot) purge(ctx context.Context) error {
	for ctx.Err() == nil {
		asking, cancel := context.WithTimeout(ctx, storeBound)
		n, err := b.store.Purge(asking)
		cancel()
		if err != nil {
			return fmt.Errorf("purge: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
	return ctx.Err()
}

// cronLog passes on that a beat panicked. The rest of what cron says is of no use, and a panic's value may hold what people
// wrote.
type cronLog struct{ log *slog.Logger }

func (cronLog) Info(string, ...any) {}

func (l cronLog) Error(err error, _ string, _ ...any) {
	l.log.Error("a beat panicked", "err", panicWords(err))
}

// sweep ticks what is due at the moment now, at most so many, and says how many it ticked.
func (b *Bot) sweep(ctx context.Context, now time.Time, most int) (int, error) {
	passed := map[string]bool{} // still due after having been looked at: not again in this sweep
	ticked := 0
	for {
		ids, err := b.due(ctx, now, min(dueBatch, most)+len(passed))
		if err != nil {
			return ticked, err
		}
		progress := false
		for _, id := range ids {
			if passed[id] {
				continue
			}
			progress = true
			ok, err := b.tick(ctx, id, now)
			if err != nil {
				return ticked, err
			}
			if !ok {
				passed[id] = true
				continue
			}
			if ticked++; ticked == most {
				return ticked, nil
			}
		}
		if !progress {
			return ticked, nil
		}
	}
}

func (b *Bot) due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	ids, err := b.store.Due(ctx, now, limit)
	if err != nil {
		return nil, fmt.Errorf("what is due: %w", err)
	}
	return ids, nil
}

// tick steps a due subject. No row is needed: the due time is durable and goes in the same write that carries what the
// tick does. Whoever is faster wins; the others see that nothing is due any more. false: it is still as it was.
func (b *Bot) tick(ctx context.Context, id string, now time.Time) (bool, error) {
	for range hotConflicts {
		ticked, err := b.tryTick(ctx, id, now)
		if !errors.Is(err, storage.ErrConflict) {
			return ticked, err
		}
		b.metrics.conflicts.Inc()
	}
	return false, nil // the next beat sees it
}

func (b *Bot) tryTick(ctx context.Context, id string, now time.Time) (bool, error) {
	s, err := b.load(ctx, id)
	if err != nil {
		return false, err
	}
	if s.V > conversations.Version || s.Due.IsZero() || s.Due.After(now) {
		return false, nil
	}
	due := s.Due
	r := b.reader(conversations.WorkspaceOf(id), id)
	r.now = func() time.Time { return now }
	next, effects, err := b.step(ctx, r, s, tickEvent(s))
	switch {
	case isPanic(err):
		return b.tickFailed(ctx, id, now, err)
	case err != nil:
		return false, err
	}
	if leftDue(next, due) {
		b.log.Error("a tick left its subject due, it is put off for an hour", "subject", id)
		next.Due = now.Add(pushDefect)
	}
	err = b.save(ctx, next, effects)
	switch {
	case err == nil:
		b.faults.forget(id)
		return true, nil
	case errors.Is(err, storage.ErrConflict) || isTrouble(err):
		return false, err
	}
	return b.tickFailed(ctx, id, now, err)
}

// leftDue reports whether a tick did not move the due time on. It may still lie in the past, when many were missed.
func leftDue(s conversations.Subject, due time.Time) bool {
	return s.State != nil && !s.Due.IsZero() && !s.Due.After(due)
}

func tickEvent(s conversations.Subject) conversations.Event {
	workspace := conversations.WorkspaceOf(s.ID)
	return conversations.Event{
		Key:  workspace + "/tick/" + s.ID + "/" + s.Due.UTC().Format("2006-01-02T15:04:05.000Z"),
		Kind: conversations.Ticked, At: s.Due, Where: conversations.Place{Workspace: workspace}, Subject: s.ID,
	}
}

// tickFailed leaves the subject due, for another try; after three that failed by their own fault it is put off.
func (b *Bot) tickFailed(ctx context.Context, id string, now time.Time, cause error) (bool, error) {
	b.log.Error("a tick failed", "subject", id, "err", cause)
	if b.faults.count(id) < panicsAtMost {
		return false, nil
	}
	b.faults.forget(id)
	s, err := b.load(ctx, id) // afresh: a step may have changed what it was given
	if err != nil || s.State == nil {
		return false, err
	}
	s.Due = now.Add(pushPanic)
	err = b.save(ctx, s, nil)
	return err == nil, err
}

// faults counts failed ticks in a row, by subject. They are forgotten with the process, which costs three more tries.
type faults struct {
	mu  sync.Mutex
	all map[string]int
}

func (f *faults) count(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[string]int{}
	}
	f.all[id]++
	return f.all[id]
}

func (f *faults) forget(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, id)
}

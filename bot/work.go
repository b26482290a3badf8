package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

const (
	appliedAtMost = 256                   // hashes of event keys that a subject remembers
	panicsAtMost  = 3                     // tries of what fails by its own fault
	hotConflicts  = 3                     // conflicts in a row before pausing between them
	mostConflicts = 20                    // conflicts in a row before others get their turn
	conflictPause = 20 * time.Millisecond // at most, at random
	troubleRest   = time.Second           // a lane's, after trouble with the store or a missing fact
	newerRest     = 5 * time.Second       // a lane's, when a newer program must step what is in it
	renewAfter    = storage.LeaseTTL / 3  // by the store's clock
)

var (
	errNewerSubject = errors.New("written by a newer version of the program")
	errLeaseLost    = errors.New("the lane's lease is lost")
	errBusy         = errors.New("others keep changing it")
	errNoSubject    = errors.New("effects of a subject that does not exist")
)

// workOnce claims a lane and steps its rows. false: none is free. The error is trouble with the store or a platform.
func (b *Bot) workOnce(ctx context.Context, worker string) (bool, error) {
	claiming, cancel := context.WithTimeout(ctx, storeBound)
	lane, err := b.store.Claim(claiming, worker)
	cancel()
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim a lane: %w", err)
	}
	t := &turn{b: b, lane: lane, renewed: b.store.Now()}
	err = t.work(ctx)
	return true, t.end(ctx, err)
}

// turn is one worker's time with one lane.
type turn struct {
	b       *Bot
	lane    storage.Lane
	renewed time.Time     // by the store's clock
	done    []storage.Row // to be finished
	rest    time.Duration
}

// work steps the lane's rows. Rows in a run for one subject are stepped in memory and saved once.
func (t *turn) work(ctx context.Context) error {
	for rows := t.lane.Rows; len(rows) > 0; {
		n := 1
		for n < len(rows) && rows[n].Subject == rows[0].Subject {
			n++
		}
		if err := t.run(ctx, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// end finishes what was stepped and gives the lane back.
func (t *turn) end(ctx context.Context, err error) error {
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	lost := errors.Is(err, errLeaseLost)
	if lost {
		err = nil
	}
	if len(t.done) > 0 {
		if e := t.b.store.Finish(ctx, t.done...); e != nil {
			err = errors.Join(err, fmt.Errorf("finish rows: %w", e))
		}
	}
	if err != nil {
		t.rest = max(t.rest, restAfter(err))
		t.b.metrics.retries.WithLabelValues("step").Inc()
		t.b.log.Warn("a lane is tried again", "lane", t.lane.Name, "err", err)
	}
	if lost {
		return err
	}
	if e := t.b.store.Release(ctx, t.lane, t.rest); e != nil {
		err = errors.Join(err, fmt.Errorf("release lane %s: %w", t.lane.Name, e))
	}
	return err
}

// restAfter is how long a lane rests after trouble: as long as the platform asks, if it was that.
func restAfter(err error) time.Duration {
	var retry *adapters.RetryAfter
	if errors.As(err, &retry) {
		return max(retry.After, troubleRest)
	}
	return troubleRest
}

// run steps rows of one subject. A row that fails by its own fault is found by stepping them one by one, and does not
// hold up the others. The error is trouble that is nobody's fault, which ends the turn.
func (t *turn) run(ctx context.Context, rows []storage.Row) error {
	n, err := t.step(ctx, rows)
	t.done = append(t.done, rows[:n]...)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNewerSubject):
		t.rest = max(t.rest, newerRest)
		return nil
	case errors.Is(err, errBusy):
		t.rest = max(t.rest, troubleRest)
		return nil
	case isTrouble(err):
		return err
	case len(rows) == 1:
		return t.fail(ctx, rows[0], err)
	}
	for i := range rows {
		if err := t.run(ctx, rows[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// isTrouble tells what passes by itself from a row's own fault.
func isTrouble(err error) bool {
	return errors.Is(err, storage.ErrUnavailable) || errors.Is(err, errLeaseLost) || errors.Is(err, errNoFacts) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// step loads the subject, steps the rows and saves, again and again until nobody changed it in between. The first n rows
// are saved; with an error, the others are not.
func (t *turn) step(ctx context.Context, rows []storage.Row) (n int, err error) {
	for conflicts := 0; ; conflicts++ {
		n, err = t.stepAndSave(ctx, rows)
		if !errors.Is(err, storage.ErrConflict) {
			return n, err
		}
		t.b.metrics.conflicts.Inc()
		if conflicts >= mostConflicts {
			return 0, fmt.Errorf("%s: %w", rows[0].Subject, errBusy)
		}
		if conflicts >= hotConflicts {
			wait(ctx, nil, rand.N(conflictPause))
		}
	}
}

func (t *turn) stepAndSave(ctx context.Context, rows []storage.Row) (n int, err error) {
	if err := t.renew(ctx); err != nil {
		return 0, err
	}
	s, err := t.b.load(ctx, rows[0].Subject)
	if err != nil {
		return 0, err
	}
	if s.V > conversations.Version {
		t.b.log.Warn("rows wait for a newer program", "subject", s.ID, "lane", t.lane.Name)
		return 0, fmt.Errorf("%s: %w", s.ID, errNewerSubject)
	}
	p, err := t.stepAll(ctx, s, rows)
	if err != nil && !isTrouble(err) {
		return 0, err
	}
	if p.changed {
		if err := t.b.save(ctx, p.subject, p.effects); err != nil {
			return 0, err
		}
	}
	return p.rows, err
}

// progress is how far a run has come in memory.
type progress struct {
	subject conversations.Subject
	effects []conversations.Effect
	rows    int  // how many rows are in it
	changed bool // false: all of them had been saved before
}

// stepAll steps the rows in memory, as far as it gets: what was stepped before some fact could not be had is not lost, or
// a run of many rows might never get through.
func (t *turn) stepAll(ctx context.Context, s conversations.Subject, rows []storage.Row) (progress, error) {
	r := t.b.reader(conversations.WorkspaceOf(s.ID), s.ID)
	p := progress{subject: s}
	for ; p.rows < len(rows); p.rows++ {
		e := rows[p.rows].Event
		if slices.Contains(p.subject.Applied, conversations.KeyHash(e.Key)) {
			continue // saved before, but not finished
		}
		if err := t.renew(ctx); err != nil {
			return p, err
		}
		next, effects, err := t.b.step(ctx, r, p.subject, e)
		if err != nil {
			return p, err
		}
		p.subject, p.effects, p.changed = next, append(p.effects, effects...), true
	}
	return p, nil
}

// renew extends the lease when a third of it has gone.
func (t *turn) renew(ctx context.Context) error {
	now := t.b.store.Now()
	if now.Sub(t.renewed) < renewAfter {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	err := t.b.store.Renew(ctx, t.lane)
	if errors.Is(err, storage.ErrConflict) {
		return fmt.Errorf("lane %s: %w", t.lane.Name, errLeaseLost)
	}
	if err != nil {
		return fmt.Errorf("renew lane %s: %w", t.lane.Name, err)
	}
	t.renewed = now
	return nil
}

// fail counts a try of a row that cannot be stepped. The third is the last: it is set aside and the person is told.
func (t *turn) fail(ctx context.Context, row storage.Row, cause error) error {
	last := row.Tries+1 >= panicsAtMost
	t.b.log.Error("a row cannot be stepped", "subject", row.Subject, "lane", row.Lane, "event", row.Event.Key, "err", cause)
	if last {
		t.b.metrics.dead.Inc()
		if err := t.mourn(ctx, row); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	if err := t.b.store.Fail(ctx, row, cause.Error(), last); err != nil {
		return fmt.Errorf("fail row %s: %w", row.Event.Key, err)
	}
	return nil
}

// mourn has the person told whose event dies. It comes before the row is set aside, so that a crash repeats it.
func (t *turn) mourn(ctx context.Context, row storage.Row) error {
	var told conversations.Addressed
	tell := false
	err := t.b.guard(func() error {
		told, tell = conversations.Died(row.Event)
		return nil
	})
	if err != nil {
		t.b.log.Error("nobody can be told of a dead row", "event", row.Event.Key, "err", err)
	}
	if !tell {
		return nil
	}
	return t.b.accept(ctx, rowFor(told))
}

// step applies one event to a subject in memory.
func (b *Bot) step(ctx context.Context, r *reader, s conversations.Subject, e conversations.Event) (next conversations.Subject, effects []conversations.Effect, err error) {
	err = b.guard(func() error {
		facts, err := r.gather(ctx, func(f conversations.Facts) conversations.Needs {
			return conversations.StepNeeds(s, e, f)
		})
		if err != nil {
			return err
		}
		next, effects = conversations.Step(s, e, facts)
		next.Applied = remember(s.Applied, conversations.KeyHash(e.Key))
		return nil
	})
	return next, effects, err
}

// remember adds a hash to those that are kept, which does not change the slice given.
func remember(applied []int64, hash int64) []int64 {
	applied = append(slices.Clone(applied), hash)
	return applied[max(0, len(applied)-appliedAtMost):]
}

// save writes the subject and what is to be done, in one write, and wakes the deliverers.
func (b *Bot) save(ctx context.Context, s conversations.Subject, effects []conversations.Effect) error {
	effects = newest(effects)
	if s.State == nil && len(effects) > 0 {
		return fmt.Errorf("%s: %w", s.ID, errNoSubject)
	}
	if s.State == nil && s.Rev == 0 {
		return nil // there was nothing, and there is nothing
	}
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	err := b.store.Save(ctx, s, effects)
	b.settings.saved(s.ID) // also when only the answer was lost
	if err != nil {
		return fmt.Errorf("save %s: %w", s.ID, err)
	}
	b.deliver.ring(len(effects))
	return nil
}

// newest drops effects that a later one of the same slot supersedes before anybody could see them.
func newest(effects []conversations.Effect) []conversations.Effect {
	var left []conversations.Effect
	for i, e := range effects {
		superseded := e.Slot != "" && slices.ContainsFunc(effects[i+1:], func(later conversations.Effect) bool {
			return later.Slot == e.Slot
		})
		if !superseded {
			left = append(left, e)
		}
	}
	return left
}

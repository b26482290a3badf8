package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"runtime"

	"github.com/debrief-bot/debrief/storage"
)

// maxBatch bounds how many writes wait for one another's commit.
const maxBatch = 256

// job is one write: a function that runs inside a transaction, perhaps more than once, and whoever waits for it to be on
// the disk.
type job struct {
	ctx  context.Context
	run  func(tx *tx) (any, error)
	done chan outcome // holds one
}

type outcome struct {
	value any
	err   error
}

// tx is the transaction of the one writer. Its statements are not broken off by a caller's context: they are short, and
// other callers' writes share their fate.
type tx struct {
	statements
	ctx   context.Context
	wrote bool // the job that runs has changed something
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(q *query, args ...any) (int64, error) {
	done, err := t.statements[q].ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := done.RowsAffected()
	t.wrote = t.wrote || n > 0
	return n, err
}

func (t *tx) row(q *query, args ...any) *sql.Row {
	return t.statements[q].QueryRowContext(t.ctx, args...)
}

func (t *tx) rows(q *query, args ...any) (*sql.Rows, error) {
	return t.statements[q].QueryContext(t.ctx, args...)
}

// write has the function run by the writer and returns once the outcome is durable. When the context ends earlier, the
// function may still be run.
func write[T any](ctx context.Context, s *Store, doing string, run func(tx *tx) (T, error)) (T, error) {
	var none T
	j := &job{ctx: ctx, done: make(chan outcome, 1), run: func(tx *tx) (any, error) { return run(tx) }}
	if err := ctx.Err(); err != nil {
		return none, s.wrap(ctx, doing, err)
	}
	select {
	case <-s.closing:
		return none, s.wrap(ctx, doing, errClosed)
	default:
	}
	select {
	case s.jobs <- j:
	case <-ctx.Done():
		return none, s.wrap(ctx, doing, ctx.Err())
	case <-s.closing:
		return none, s.wrap(ctx, doing, errClosed)
	}
	out := outcome{err: errClosed}
	select {
	case out = <-j.done:
	case <-ctx.Done():
		out.err = ctx.Err()
	case <-s.stopped:
		select { // it may have been the last one done
		case out = <-j.done:
		default:
		}
	}
	if out.err != nil {
		return none, s.wrap(ctx, doing, out.err)
	}
	return out.value.(T), nil
}

// writeLoop is the one writer. Whatever waits while it commits is committed together the next time: a commit costs one
// wait for the disk, however many share it.
func (s *Store) writeLoop() {
	defer close(s.stopped)
	for {
		select {
		case j := <-s.jobs:
			s.commit(s.gather(j))
		case <-s.closing:
			return
		}
	}
}

func (s *Store) gather(first *job) []*job {
	batch := []*job{first}
	runtime.Gosched() // whoever is about to come, comes in: fewer commits cost less than the moment
	for len(batch) < maxBatch {
		select {
		case j := <-s.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit runs the jobs in one transaction and tells each what came of it. A job that fails leaves no trace, and does not
// harm the others; a transaction that fails, fails for all.
func (s *Store) commit(batch []*job) {
	outcomes, err := s.runBatch(batch)
	var lost undone
	if errors.As(err, &lost) {
		if len(batch) > 1 {
			for _, j := range batch {
				s.commit([]*job{j})
			}
			return
		}
		err = lost.because
	}
	for i, j := range batch {
		if err != nil {
			j.done <- outcome{err: err}
			continue
		}
		j.done <- outcomes[i]
	}
}

// undone: a job failed and took the whole transaction with it, so that the others must be run again. It is rare: what
// fails every day, because there is nothing to claim or somebody was faster, fails before it has written. So it is
// cheaper than a savepoint around every job.
type undone struct{ because error }

func (u undone) Error() string { return u.because.Error() }

func (s *Store) runBatch(batch []*job) ([]outcome, error) {
	tx := &tx{statements: s.writing, ctx: context.Background()}
	if _, err := tx.exec(beginImmediate); err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(batch))
	for i, j := range batch {
		var keep bool
		if outcomes[i], keep = runJob(tx, j); !keep {
			return nil, rollback(tx, undone{outcomes[i].err})
		}
	}
	_, err := tx.exec(commit)
	if err != nil {
		return nil, rollback(tx, err)
	}
	s.commits.Add(1)
	return outcomes, nil
}

// runJob runs one job. keep is false when the transaction must not be committed.
func runJob(tx *tx, j *job) (out outcome, keep bool) {
	if err := j.ctx.Err(); err != nil {
		return outcome{err: err}, true
	}
	tx.wrote = false
	out.value, out.err = j.run(tx)
	decided := errors.Is(out.err, storage.ErrNotFound) || errors.Is(out.err, storage.ErrConflict)
	return out, out.err == nil || decided && !tx.wrote
}

// rollback ends the transaction.
func rollback(tx *tx, because error) error {
	_, _ = tx.exec(rollbackAll) // fails only where SQLite has ended it already, as it does on a full disk
	return because
}

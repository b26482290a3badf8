// Package sqlite keeps everything in one file: the store for one machine, and the default.
//
// A write is durable when its method returns: the file has a write-ahead log and every commit waits for the disk
// (journal_mode WAL, synchronous FULL). One connection writes, and what callers want written at the same time is
// committed together; a few others read. Several processes may work on the same file on one machine; on a network file
// system SQLite's locks cannot be trusted.
//
// Backups: copy the file while nothing runs, or use `sqlite3 debrief.db ".backup copy.db"` at any time. The files ending in
// -wal and -shm belong to the database and must not be deleted. The one ending in -lock is empty, stays, and says nothing
// by being there.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	driver "modernc.org/sqlite"

	"github.com/debrief-bot/debrief/storage"
)

// Options are what Open can be told. The zero value is right for whoever looks into a file, also while a bot runs on it.
type Options struct {
	// Clock is what leases, claims, back-off and slot spacing are counted on; nil: the machine's clock. The age of
	// finished rows is counted on the machine's clock all the same.
	Clock func() time.Time
	// Patience is how long a write waits for another process that holds the file locked; zero: 1.5 s, so that whoever
	// waits for an acknowledgement is answered in time.
	Patience time.Duration
	// Alone is for a program that runs on the file and must be the only one: another that asked for the same is ErrInUse.
	// It is so until Close, or until the process ends, however it ends. Who does not ask is not kept out, and must change
	// no subject. Where the operating system has no such locks, nobody is kept out. Lanes that a process held which ended
	// without letting go of them are free at once.
	Alone bool
	// Inside goes with Alone and says that the chat platform runs in the same program: what an earlier process was sending
	// when it ended has arrived or never will, so it may be claimed at once and not only after storage.EffectTTL.
	Inside bool
	// Scratch is for a file that is thrown away when the program ends: no commit waits for the disk, so that nothing is
	// promised should the machine go down.
	Scratch bool
}

// ErrInUse means: another program runs on this file.
var ErrInUse = errors.New("another program runs on this file")

// Store is an open database.
type Store struct {
	path  string
	clock func() time.Time

	writer, readers  *sql.DB
	conn             *sql.Conn // the writer's only one
	lock             *os.File  // held while we are alone; nil: anybody may come
	writing, reading statements

	jobs    chan *job
	commits atomic.Int64 // how many there were; tests look at it
	cutting sync.Mutex   // held while the log is cut: SQLite lets one do it at a time, and the others do not wait
	close   sync.Once
	closing chan struct{} // closed by Close
	stopped chan struct{} // closed when the writer has done its last
}

var _ storage.Store = (*Store)(nil)

// Open opens the database in the file and makes it when there is none. What it refuses it leaves as it was: another
// program's database, a file that is no database, and one of a newer version, which is ErrNewer.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	s := &Store{
		path: path, clock: opts.Clock,
		jobs: make(chan *job, maxBatch), closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if opts.Patience == 0 {
		opts.Patience = 1500 * time.Millisecond
	}
	// Where it can be had (Linux), SQLite shall use locks that survive this process closing another descriptor of the same
	// file, as look does when a second store is opened here. Elsewhere one process must open a file once.
	_, _ = driver.OFDLocking(true)
	if err := look(path); err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	if opts.Alone {
		var err error
		if s.lock, err = alone(path); err != nil {
			return nil, fmt.Errorf("sqlite: open %s: %w", path, err)
		}
	}
	if err := s.connect(ctx, opts); err != nil {
		return nil, s.wrap(ctx, "open", err)
	}
	go s.writeLoop()
	return s, nil
}

// connect opens the connections and prepares what runs on them. When it fails nothing stays open.
func (s *Store) connect(ctx context.Context, opts Options) (err error) {
	defer func() {
		if err != nil {
			s.disconnect()
		}
	}()
	// The log grows to 16 MB before it is folded into the file: the pages of what waits are written again and again.
	if s.writer, err = open(s.path, opts, "secure_delete(1)", "journal_size_limit(67108864)", "wal_autocheckpoint(4000)"); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	if s.conn, err = s.writer.Conn(ctx); err != nil {
		return err
	}
	if err := prepare(ctx, s.conn); err != nil {
		return err
	}
	if s.lock != nil {
		inherit(ctx, s.conn, opts.Inside)
	}
	if s.writing, err = prepared(ctx, s.conn, true); err != nil {
		return err
	}
	if s.readers, err = open(s.path, opts, "query_only(1)"); err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(4)
	s.readers.SetMaxIdleConns(4)
	s.reading, err = prepared(ctx, s.readers, false)
	return err
}

// inherit frees what a process held that ended in the middle of its work. Only the one that is alone on the file may.
// Where the file cannot be written just now, nothing is lost: what is held runs out by itself.
func inherit(ctx context.Context, c *sql.Conn, inside bool) {
	statements := []string{"UPDATE lanes SET free = 1, worker = '' WHERE worker <> ''"}
	if inside {
		statements = append(statements,
			fmt.Sprintf("UPDATE deliveries SET wake = 1 WHERE wake > 0 AND subject IN (SELECT subject FROM outbox WHERE state = '%s')", storage.Sending),
			fmt.Sprintf("UPDATE outbox SET started_at = started_at - %d WHERE state = '%s'", storage.EffectTTL.Milliseconds(), storage.Sending))
	}
	if err := execAll(ctx, c, slices.Concat([]string{"BEGIN IMMEDIATE"}, statements, []string{"COMMIT"})...); err != nil {
		_ = execAll(ctx, c, "ROLLBACK") // there is none where it could not begin
	}
}

func open(path string, opts Options, pragmas ...string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	durable := "synchronous(FULL)"
	if opts.Scratch {
		durable = "synchronous(OFF)"
	}
	q := url.Values{"_pragma": append([]string{
		fmt.Sprintf("busy_timeout(%d)", opts.Patience.Milliseconds()), durable, "foreign_keys(1)",
	}, pragmas...)}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: abs}).EscapedPath()+"?"+q.Encode())
}

// disconnect closes everything, statements first: SQLite folds the write-ahead log into the file only when a connection
// with none left is the last one to go. Errors lose nothing: all that was promised is on the disk.
func (s *Store) disconnect() {
	for _, all := range []statements{s.reading, s.writing} {
		for _, stmt := range all {
			_ = stmt.Close()
		}
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	for _, db := range []*sql.DB{s.readers, s.writer} {
		if db != nil {
			_ = db.Close()
		}
	}
	if s.lock != nil {
		_ = s.lock.Close() // which unlocks it
	}
}

// Close implements storage.Store.
func (s *Store) Close() error {
	s.close.Do(func() {
		close(s.closing)
		<-s.stopped
		s.disconnect()
	})
	return nil
}

// Ready implements storage.Store. It begins a write, so a file that is locked or cannot be written is noticed.
func (s *Store) Ready(ctx context.Context) error {
	_, err := write(ctx, s, "look at the schema", func(tx *tx) (struct{}, error) {
		var version int
		if err := tx.row(readVersion).Scan(&version); err != nil {
			return struct{}{}, err
		}
		if version > schemaVersion {
			return struct{}{}, newer(version)
		}
		return struct{}{}, nil
	})
	return err
}

// Now implements storage.Store.
func (s *Store) Now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// Next implements storage.Store.
func (s *Store) Next(ctx context.Context) (time.Time, error) {
	var next time.Time
	for _, q := range []*query{nextLane, nextDelivery} {
		moments, err := read(ctx, s, "look for what is next", scanInt, q)
		if err != nil {
			return time.Time{}, err
		}
		for _, ms := range moments {
			at := s.Now() // 0: at once
			if ms != 0 {
				at = timeOf(ms)
			}
			if next.IsZero() || at.Before(next) {
				next = at
			}
		}
	}
	return next, nil
}

// Health implements storage.Store.
func (s *Store) Health(ctx context.Context) (storage.Health, error) {
	figures := make([]sql.NullInt64, 5)
	for i, q := range []*query{countNew, oldestNew, countDead, countEffects, oldestEffect} {
		got, err := read(ctx, s, "count what waits", scanNull, q)
		if err != nil {
			return storage.Health{}, err
		}
		figures[i] = got[0]
	}
	h := storage.Health{New: int(figures[0].Int64), Dead: int(figures[2].Int64), Effects: int(figures[3].Int64)}
	if figures[1].Valid {
		h.OldestNew = timeOf(figures[1].Int64)
	}
	if figures[4].Valid {
		h.Oldest = timeOf(figures[4].Int64)
	}
	return h, nil
}

// purgeBatch bounds one Purge.
const purgeBatch = 1000

// Purge implements storage.Store. What was wiped since the last time goes from the write-ahead log, too.
func (s *Store) Purge(ctx context.Context) (int, error) {
	n, err := write(ctx, s, "purge finished rows", func(tx *tx) (int, error) {
		n, err := tx.exec(purgeRows, millis(time.Now().Add(-storage.KeyLife)), purgeBatch)
		return int(n), err
	})
	if err == nil {
		_ = s.cutLog(ctx) // somebody reads: the next time
	}
	return n, err
}

// cutLog folds the write-ahead log into the file and leaves nothing of it: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
func (s *Store) cutLog(ctx context.Context) error {
	s.cutting.Lock()
	defer s.cutting.Unlock()
	held, err := read(ctx, s, "cut the log", func(row scanner) (held bool, err error) {
		var pages, folded int
		err = row.Scan(&held, &pages, &folded)
		return held, err
	}, cutLog)
	if err == nil && held[0] {
		return fmt.Errorf("sqlite: cut the log of %s: %w: somebody reads from it", s.path, storage.ErrUnavailable)
	}
	return err
}

// scanner is a row that is being read: *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// read runs a query on one of the readers and scans each of its rows. As with writes, a query that has begun is not broken
// off: it is short, reads wait for no lock, and for a context that can end two goroutines are started each time. Only a disk
// that hangs holds it up longer than the port allows.
func read[T any](ctx context.Context, s *Store, doing string, scan func(scanner) (T, error), q *query, args ...any) ([]T, error) {
	select {
	case <-s.closing:
		return nil, s.wrap(ctx, doing, errClosed)
	default:
	}
	if err := ctx.Err(); err != nil {
		return nil, s.wrap(ctx, doing, err)
	}
	rows, err := s.reading[q].QueryContext(context.WithoutCancel(ctx), args...)
	if err == nil {
		var all []T
		if all, err = collect(rows, scan); err == nil {
			return all, nil
		}
	}
	return nil, s.wrap(ctx, doing, err)
}

// collect scans all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) ([]T, error) {
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

func scanInt(row scanner) (n int64, err error) { err = row.Scan(&n); return n, err }

func scanNull(row scanner) (n sql.NullInt64, err error) { err = row.Scan(&n); return n, err }

func scanString(row scanner) (text string, err error) { err = row.Scan(&text); return text, err }

// millis is a time as it is stored, timeOf its inverse.
func millis(t time.Time) int64 { return t.UnixMilli() }

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

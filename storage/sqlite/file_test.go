package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

func event(key, text string) storage.Row {
	return storage.Row{Subject: "s", Lane: "lane", Event: conversations.Event{Key: key, Kind: conversations.Said, Text: text}}
}

// refused opens the file, wants an error that says these words, and the file left as it was.
func refused(t *testing.T, path string, words ...string) error {
	t.Helper()
	before, _ := os.ReadFile(path)
	s, err := Open(t.Context(), path, Options{Patience: time.Millisecond})
	if err == nil {
		_ = s.Close()
		t.Fatal("opened, want it to be refused")
	}
	want(t, err.Error(), append(words, path)...)
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("the refused file was changed")
	}
	return err
}

func want(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q does not say %q", text, w)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Run("MissingDirectory", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "none")
		refused(t, filepath.Join(dir, "debrief.db"), "the directory "+dir+" does not exist")
	})
	t.Run("DirectoryIsAFile", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		put(t, file, "")
		refused(t, filepath.Join(file, "debrief.db"), "not a directory")
	})
	t.Run("Directory", func(t *testing.T) { refused(t, t.TempDir(), "it is a directory") })
	t.Run("NoDatabase", func(t *testing.T) {
		for _, content := range []string{"x", "Dear diary, ", strings.Repeat("not a database ", 1000)} {
			path := filepath.Join(t.TempDir(), "diary.txt")
			put(t, path, content)
			refused(t, path, "not an SQLite database")
		}
	})
	t.Run("AnotherProgramsDatabase", func(t *testing.T) {
		for _, mode := range []string{"delete", "wal"} {
			path := filepath.Join(t.TempDir(), "other.db")
			db := beside(t, path)
			for _, text := range []string{"PRAGMA journal_mode = " + mode, "CREATE TABLE subjects (id)", "INSERT INTO subjects VALUES (1)"} {
				if _, err := db.ExecContext(t.Context(), text); err != nil {
					t.Fatal(err)
				}
			}
			refused(t, path, "another program's") // also while the other program has it open
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			refused(t, path, "another program's")
		}
	})
	t.Run("NewerDatabase", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "debrief.db")
		s := openStore(t, path, nil)
		raw(t, s, "PRAGMA user_version = 99")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := refused(t, path, "number 99", "knows 2"); !errors.Is(err, storage.ErrNewer) {
			t.Errorf("%v, want ErrNewer", err)
		}
	})
	t.Run("FromBeforeTheFirstRelease", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "debrief.db")
		s := openStore(t, path, nil)
		raw(t, s, "PRAGMA user_version = 1")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		refused(t, path, "before the first release", "move it away")
	})
	t.Run("Damaged", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "debrief.db")
		if err := openStore(t, path, nil).Close(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, path, string(content[:100])+strings.Repeat("\xff", len(content)-100))
		if err := refused(t, path, "damaged"); errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("%v says that it may pass", err)
		}
	})
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOddPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dé brief?x=1#%41&.db")
	s := openStore(t, path, nil)
	if err := s.Accept(t.Context(), event("k", "text")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: others can read what people said", info.Mode())
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(files) != 3 { // with -wal and -shm
		t.Errorf("files %q, %v", files, err)
	}
}

// A store that was closed leaves one file, which can be copied as it is.
func TestCloseLeavesOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	s := openStore(t, path, nil)
	if err := s.Accept(t.Context(), event("k", "text")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 1 {
		t.Errorf("files %q, %v", files, err)
	}
}

// What was discarded is in no file any more, neither in a page that is free now nor in the write-ahead log, while the
// database is open.
func TestDiscardedIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	s := openStore(t, path, nil)
	const canary = "the canary that sang"
	for i := range 50 {
		body := strings.Repeat(fmt.Sprint(canary, " ", i), 1+i*20) // up to some pages
		if err := s.Keep(t.Context(), storage.Kept{Key: fmt.Sprintf("k/%02d", i), Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	if !storagetest.OnDisk(t, path, canary) {
		t.Fatal("it is not on the disk, so this proves nothing")
	}
	if err := s.Discard(t.Context(), "k/", "k0"); err != nil {
		t.Fatal(err)
	}
	if storagetest.OnDisk(t, path, canary) {
		t.Error("it is still on the disk")
	}
}

// What an event said goes from the disk after it was handled, at the latest with the next purge.
func TestHandledIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	s := openStore(t, path, nil)
	const canary = "the canary that sang"
	e := event("k", canary)
	if err := errors.Join(s.Accept(t.Context(), e), s.Finish(t.Context(), e)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if storagetest.OnDisk(t, path, canary) {
		t.Error("it is still on the disk")
	}
}

// Somebody who reads keeps the log from being cut: that is said, and it is cut the next time.
func TestDiscardWhileSomebodyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	s, err := Open(t.Context(), path, Options{Patience: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := beside(t, path)
	defer other.Close()
	reader, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRowContext(t.Context(), "SELECT count(*) FROM kept").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(t.Context(), storage.Kept{Key: "k", Body: []byte("text")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Discard(t.Context(), "k", "l"); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("while somebody reads: %v", err)
	}
	_ = reader.Rollback()
	if err := s.Discard(t.Context(), "k", "l"); err != nil {
		t.Errorf("the next time: %v", err)
	}
}

// Every commit waits for the disk, but where the file is to be thrown away.
func TestEveryCommitWaitsForTheDisk(t *testing.T) {
	pragmas := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"}
	for _, scratch := range []bool{false, true} {
		s, err := Open(t.Context(), filepath.Join(t.TempDir(), "debrief.db"), Options{Scratch: scratch})
		if err != nil {
			t.Fatal(err)
		}
		if scratch {
			pragmas["synchronous"] = "0"
		}
		for pragma, want := range pragmas {
			got, err := write(t.Context(), s, "ask", func(tx *tx) (string, error) {
				var v string
				err := s.conn.QueryRowContext(tx.ctx, "PRAGMA "+pragma).Scan(&v)
				return v, err
			})
			if err != nil || got != want {
				t.Errorf("thrown away: %t: %s is %q, %v; want %q", scratch, pragma, got, err, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A full disk refuses what does not fit, loses nothing, and is over when there is room again.
func TestFullDisk(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "debrief.db"), nil)
	ctx := t.Context()
	if err := s.Accept(ctx, event("before", "text")); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) {
		if _, err := write(ctx, s, "limit", func(tx *tx) (struct{}, error) {
			var got int
			return struct{}{}, s.conn.QueryRowContext(tx.ctx, "PRAGMA max_page_count = "+pages).Scan(&got)
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // never less than there are
	var full error
	for i := range 100 {
		if full = s.Accept(ctx, event(string(rune('a'+i)), strings.Repeat("x", 4000))); full != nil {
			break
		}
	}
	if !errors.Is(full, storage.ErrUnavailable) || !strings.Contains(full.Error(), "the disk is full") {
		t.Fatalf("got %v, want ErrUnavailable and the disk named", full)
	}
	if _, err := s.Health(ctx); err != nil {
		t.Errorf("reading on a full disk: %v", err)
	}
	limit("4294967294")
	if err := s.Accept(ctx, event("after", "text")); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	lane, err := s.Claim(ctx, "w")
	if err != nil || lane.Rows[0].Event.Key != "before" || lane.Rows[len(lane.Rows)-1].Event.Key != "after" {
		t.Fatalf("claimed %v, %v", lane, err)
	}
}

func TestLockedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	s, err := Open(t.Context(), path, Options{Patience: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := beside(t, path)
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"Accept": s.Accept(t.Context(), event("k", "text")), "Ready": s.Ready(t.Context())} {
		if !errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "another process") {
			t.Errorf("%s: %v, want ErrUnavailable and the other process named", what, err)
		}
	}
	if _, err := s.Health(t.Context()); err != nil {
		t.Errorf("reading beside a writer: %v", err)
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := s.Accept(t.Context(), event("k", "text")); err != nil {
		t.Fatal(err)
	}
}

// held keeps the writer busy until the returned function is called.
func held(t *testing.T, s *Store) func() {
	t.Helper()
	running, release := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = write(context.WithoutCancel(t.Context()), s, "hold", func(*tx) (struct{}, error) {
			close(running)
			<-release
			return struct{}{}, nil
		})
	}()
	<-running
	return func() { close(release) }
}

// A caller whose context ends does not wait for the writer, and his write is not begun.
func TestCancelledWhileWaiting(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "debrief.db"), nil)
	release := held(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Accept(ctx, event("k", "text")) }()
	cancel()
	if err := <-done; !errors.Is(err, storage.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want ErrUnavailable and context.Canceled", err)
	}
	release()
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err := s.Health(t.Context()); err != nil || h.New != 0 {
		t.Errorf("health %+v, %v; want no row", h, err)
	}
}

// gathered queues the writes behind a busy writer, so that they become one transaction, and returns their errors.
func gathered(t *testing.T, s *Store, runs ...func() error) []error {
	t.Helper()
	release := held(t, s)
	errs := make([]error, len(runs))
	done := make(chan int)
	for i, run := range runs {
		go func() {
			errs[i] = run()
			done <- i
		}()
		for len(s.jobs) != i+1 {
			runtime.Gosched()
		}
	}
	release()
	for range runs {
		<-done
	}
	return errs
}

func TestWritesShareACommit(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "debrief.db"), nil)
	ctx := t.Context()
	stale := conversations.Subject{ID: "slack/T1/review/r", V: 1, Rev: 3, State: &conversations.Review{}}
	fresh := stale
	fresh.Rev = 0
	before := s.commits.Load()
	errs := gathered(t, s,
		func() error { return s.Accept(ctx, event("k1", "text")) },
		func() error { return s.Save(ctx, stale, nil) },
		func() error { return s.Save(ctx, fresh, nil) },
		func() error { return s.Accept(ctx, event("k1", "text"), event("k2", "text")) },
	)
	if n := s.commits.Load() - before; n != 2 { // the one that held the writer, and one for the four
		t.Errorf("%d commits, want 2", n)
	}
	for i, err := range errs {
		fails := i == 1
		if fails != errors.Is(err, storage.ErrConflict) || fails == (err == nil) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if lane, err := s.Claim(ctx, "w"); err != nil || len(lane.Rows) != 2 {
		t.Errorf("claimed %v, %v; want two rows", lane, err)
	}
}

// A write that fails after it has changed something is undone, and those that share its transaction are not harmed.
func TestAFailedWriteLeavesNoTrace(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "debrief.db"), nil)
	ctx := t.Context()
	for _, failure := range []error{storage.ErrConflict, errors.New("a defect")} {
		errs := gathered(t, s,
			func() error { return s.Accept(ctx, event("k1", "text")) },
			func() error {
				_, err := write(ctx, s, "write and fail", func(tx *tx) (struct{}, error) {
					if err := acceptRow(tx, event("k2", "text"), "{}", 0); err != nil {
						return struct{}{}, err
					}
					return struct{}{}, failure
				})
				return err
			},
			func() error { return s.Accept(ctx, event("k3", "text")) },
		)
		if errs[0] != nil || !errors.Is(errs[1], failure) || errs[2] != nil {
			t.Errorf("%v: told %v", failure, errs)
		}
	}
	lane, err := s.Claim(ctx, "w")
	if err != nil || len(lane.Rows) != 2 || lane.Rows[0].Event.Key != "k1" || lane.Rows[1].Event.Key != "k3" {
		t.Errorf("claimed %v, %v; want k1 and k3", lane, err)
	}
}

// When the commit that several share fails, none of them is told that it was done.
func TestASharedCommitFailsForAll(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "debrief.db"), nil)
	ctx := t.Context()
	errs := gathered(t, s,
		func() error { return s.Accept(ctx, event("k1", "text")) },
		func() error { return s.Accept(ctx, event("k2", "text")) },
		func() error {
			_, err := write(ctx, s, "break the transaction", func(tx *tx) (struct{}, error) {
				_, err := tx.exec(rollbackAll)
				return struct{}{}, err
			})
			return err
		},
	)
	for i, err := range errs {
		if err == nil {
			t.Errorf("write %d was told that it is done", i)
		}
	}
	if h, err := s.Health(ctx); err != nil || h.New != 0 {
		t.Errorf("health %+v, %v; want no row", h, err)
	}
	if err := s.Accept(ctx, event("k3", "text")); err != nil {
		t.Fatalf("afterwards: %v", err)
	}
}

// TestWhatTheDeadHeld: a program that is alone on the file goes on at once with what an earlier process held when it ended.
// What that one was sending waits as long as a platform may take, unless the platform ended with it.
func TestWhatTheDeadHeld(t *testing.T) {
	for _, c := range []struct {
		name             string
		next             Options
		goesOn, sendsNow bool
	}{
		{"not alone", Options{}, false, false},
		{"alone", Options{Alone: true}, true, false},
		{"alone, with the platform inside", Options{Alone: true, Inside: true}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "debrief.db")
			dead, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			subject := conversations.Subject{ID: "s", V: 1, State: &conversations.Review{}}
			effects := []conversations.Effect{{ID: "first", To: "thread"}, {ID: "second", To: "thread"}}
			if err := errors.Join(dead.Accept(t.Context(), event("1", "text")), dead.Save(t.Context(), subject, effects)); err != nil {
				t.Fatal(err)
			}
			if _, err := dead.Claim(t.Context(), "dead"); err != nil {
				t.Fatal(err)
			}
			if _, err := dead.ClaimEffect(t.Context(), "dead"); err != nil {
				t.Fatal(err)
			}
			if err := dead.Close(); err != nil { // which lets go of nothing, as a kill does not
				t.Fatal(err)
			}
			s, err := Open(t.Context(), path, c.next)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Claim(t.Context(), "w"); (err == nil) != c.goesOn {
				t.Errorf("the lane: %v", err)
			}
			claim, err := s.ClaimEffect(t.Context(), "w")
			if (err == nil) != c.sendsNow {
				t.Errorf("the effect: %v", err)
			}
			if err == nil && (claim.Effect.ID != "first" || claim.Lapsed.IsZero()) {
				t.Errorf("claimed %s, in doubt since %v: what may have been sent is looked up first", claim.Effect.ID, claim.Lapsed)
			}
		})
	}
}

package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/debrief-bot/debrief/storage"
)

// crashFile names the database in the environment of the child that is to be killed.
const crashFile = "DEBRIEF_TEST_CRASH_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		acceptUntilKilled(path)
	}
	os.Exit(m.Run())
}

// acceptUntilKilled accepts rows from several goroutines and prints each key once Accept has returned.
func acceptUntilKilled(path string) {
	s, err := Open(context.Background(), path, Options{Alone: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var printing sync.Mutex
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				row := event(fmt.Sprintf("%d/%d/%d", os.Getpid(), worker, i), "text")
				row.Lane = fmt.Sprint("lane", worker)
				if err := s.Accept(context.Background(), row); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				printing.Lock()
				fmt.Println(row.Event.Key)
				printing.Unlock()
			}
		})
	}
	all.Wait()
}

// What was accepted is there after the process was killed at any moment, and the file is sound. As long as the process runs
// it is alone, and no longer.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	acknowledged := map[string]bool{}
	for _, after := range []int{1, 50, 333, 1200} {
		for _, key := range killAfter(t, path, after) {
			acknowledged[key] = true
		}
		s, err := Open(t.Context(), path, Options{Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		var sound string
		selectOne(t, s, &sound, "PRAGMA integrity_check")
		if sound != "ok" {
			t.Fatalf("after %d rows: integrity_check says %s", after, sound)
		}
		var counted, lost int
		selectOne(t, s, &counted, "SELECT count(*) FROM inbox WHERE state = 0")
		selectOne(t, s, &lost, "SELECT count(*) FROM inbox WHERE state = 0 AND lane NOT IN (SELECT name FROM lanes)")
		if lost > 0 || counted < len(acknowledged) {
			t.Fatalf("after %d rows: %d rows, %d in no lane, %d were acknowledged", after, counted, lost, len(acknowledged))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openStore(t, path, nil)
	stored := map[string]bool{}
	for {
		lane, err := s.Claim(t.Context(), "w")
		if err != nil {
			break
		}
		for _, r := range lane.Rows {
			stored[r.Event.Key] = true
		}
		finishAll(t, s, lane)
	}
	for key := range acknowledged {
		if !stored[key] {
			t.Errorf("%s was acknowledged and is lost", key)
		}
	}
	t.Logf("%d acknowledged, %d stored", len(acknowledged), len(stored))
}

func finishAll(t *testing.T, s *Store, lane storage.Lane) {
	t.Helper()
	if err := s.Finish(t.Context(), lane.Rows...); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), lane, 0); err != nil {
		t.Fatal(err)
	}
}

// killAfter runs a child that accepts rows, kills it after so many and returns the keys that it had printed.
func killAfter(t *testing.T, path string, rows int) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashFile+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var keys []string
	lines := bufio.NewScanner(out)
	for lines.Scan() { // to the end: what was printed before the kill is in the pipe
		keys = append(keys, lines.Text())
		if len(keys) == rows {
			if _, err := Open(t.Context(), path, Options{Alone: true}); !errors.Is(err, ErrInUse) {
				t.Errorf("a second one is told %v", err)
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(keys) < rows {
		t.Fatalf("the child ended by itself after %d rows: %v", len(keys), err)
	}
	return keys
}

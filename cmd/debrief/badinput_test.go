package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// started is how the program ended that was started; once it runs, it is ended, and that is nil.
func started(t *testing.T, c Config) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	return runHere(ctx, c, io.Discard, func(net.Addr, net.Addr) { cancel() })
}

// A second program on the same file is refused at once, whatever it was to do there; who only looks is let in, and after
// the first one has ended there is room.
func TestSecondOnTheSameFile(t *testing.T) {
	c := localConfig(t)
	p := served(t, c)
	for name, second := range map[string]func() error{
		"debrief":          func() error { return started(t, c) },
		"debrief in Slack": func() error { return started(t, withSlack(c)) },
		"debrief play":     func() error { return play(t.Context(), c, firstReview, io.Discard, 80) },
	} {
		err := second()
		if !errors.Is(err, sqlite.ErrInUse) || !strings.Contains(err.Error(), "end that one") || !strings.Contains(err.Error(), c.SQLitePath) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var out bytes.Buffer
	if err := doctor(t.Context(), c, &out, false, false); err != nil || !strings.Contains(out.String(), "ready.") {
		t.Errorf("debrief doctor: %v, %s", err, out.String())
	}
	if err := export(t.Context(), c, t.TempDir(), false, &out); err != nil {
		t.Errorf("debrief export: %v", err)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
	p = served(t, c)
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func withSlack(c Config) Config {
	c.SlackToken, c.SlackSigning = "xoxb-1", "signing"
	return c
}

// TestFileThatCannotBeUsed starts the program on files that it must leave alone. It says why, which file, and what chose it.
func TestFileThatCannotBeUsed(t *testing.T) {
	run := func(t *testing.T, c Config, words ...string) error {
		t.Helper()
		err := started(t, c)
		if err == nil {
			t.Fatal("it ran")
		}
		for _, w := range append(words, c.SQLitePath, "DEBRIEF_SQLITE_PATH") {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q does not say %q", err, w)
			}
		}
		return err
	}
	// made has a database of ours, and somebody else's hands in it until the test ends.
	made := func(t *testing.T, statements ...string) Config {
		t.Helper()
		c := localConfig(t)
		p := served(t, c)
		if err := p.end(); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", c.SQLitePath)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		hands, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			if _, err := hands.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	t.Run("NoDatabase", func(t *testing.T) {
		c := localConfig(t)
		if err := os.WriteFile(c.SQLitePath, []byte("Dear diary, "), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, c, "not an SQLite database", "move it away")
	})
	t.Run("NoFolder", func(t *testing.T) {
		c := localConfig(t)
		c.SQLitePath = filepath.Join(t.TempDir(), "none", "debrief.db")
		run(t, c, "does not exist: make it")
	})
	t.Run("Newer", func(t *testing.T) {
		if err := run(t, made(t, "PRAGMA user_version = 99"), "number 99", "start the newer program"); !errors.Is(err, storage.ErrNewer) {
			t.Errorf("%v, want ErrNewer", err)
		}
	})
	t.Run("Locked", func(t *testing.T) {
		run(t, made(t, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "CREATE TABLE other (id)"), "another process holds the database locked")
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// held is what a journal holds from an entry on.
func held(t *testing.T, j local.Journal, from int64) string {
	t.Helper()
	var all []string
	err := j.Entries(t.Context(), from, func(_ int64, entry []byte) error {
		all = append(all, string(entry))
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return strings.Join(all, " ")
}

func TestJournalNeverLosesAnEntryToAnother(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "debrief.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, j := range map[string]chatJournal{"memory": {storagetest.NewMemory(time.Now)}, "sqlite": {db}} {
		file := func(seq int64, entry string) error { return j.Append(t.Context(), seq, []byte(entry)) }
		for seq, entry := range []string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"} {
			if err := file(int64(seq), entry); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := file(2, "two"); err != nil {
			t.Errorf("%s: the same again: %v", name, err)
		}
		if err := file(2, "too"); !errors.Is(err, local.ErrTaken) {
			t.Errorf("%s: another entry: %v", name, err)
		}
		if got := held(t, j, 2); got != "two three four five six seven eight nine ten eleven" {
			t.Errorf("%s: it holds %s", name, got)
		}
		for range 2 {
			if err := j.Forget(t.Context(), 9); err != nil {
				t.Errorf("%s: forget: %v", name, err)
			}
			if got := held(t, j, 2); got != "nine ten eleven" {
				t.Errorf("%s: it holds %s", name, got)
			}
		}
		if err := file(8, "of somebody who slept"); !errors.Is(err, local.ErrTaken) {
			t.Errorf("%s: an entry that was forgotten: %v", name, err)
		}
		if err := errors.Join(file(11, "eleven"), file(12, "twelve"), j.Forget(t.Context(), 11)); err != nil {
			t.Errorf("%s: on it goes: %v", name, err)
		}
		if got := held(t, j, 1); got != "eleven twelve" {
			t.Errorf("%s: it holds %s", name, got)
		}
		rows, err := j.rows.KeptUnder(t.Context(), local.Workspace, "", 0)
		if err != nil || len(rows) != 3 {
			t.Errorf("%s: %d rows are left, %v; want two entries and where they begin", name, len(rows), err)
		}
	}
}

// interrupted is an archive whose first listing is followed by something.
type interrupted struct {
	storage.Archive
	then *func()
}

func (a interrupted) KeptUnder(ctx context.Context, prefix, past string, limit int) ([]storage.Kept, error) {
	rows, err := a.Archive.KeptUnder(ctx, prefix, past, limit)
	if then := *a.then; prefix == journalPrefix && then != nil {
		*a.then = nil
		then()
	}
	return rows, err
}

func TestJournalIsReadAgainWhenItIsWrittenAnew(t *testing.T) {
	rows := storagetest.NewMemory(time.Now)
	other := chatJournal{rows}
	file := func(seq int64, entry string) error { return other.Append(t.Context(), seq, []byte(entry)) }
	if err := errors.Join(file(1, "one"), file(2, "two")); err != nil {
		t.Fatal(err)
	}
	meanwhile := func() {
		if err := errors.Join(file(3, "all anew"), other.Forget(t.Context(), 3)); err != nil {
			t.Error(err)
		}
	}
	if got := held(t, chatJournal{interrupted{rows, &meanwhile}}, 1); got != "all anew" {
		t.Errorf("it holds %q", got)
	}
}

// mortal is an archive that dies at one of its calls, before or after that was carried out, and is dead from then on. It
// discards one row at a time, every other one first: no order is promised.
type mortal struct {
	storage.Archive
	calls, dies int
	carriesOut  bool
}

var errDead = errors.New("dead")

func (m *mortal) call(do func() error) error {
	m.calls++
	switch {
	case m.calls > m.dies:
		return errDead
	case m.calls < m.dies:
		return do()
	case m.carriesOut:
		_ = do() // nobody hears what came of it
	}
	return errDead
}

func (m *mortal) Keep(ctx context.Context, row storage.Kept) error {
	return m.call(func() error { return m.Archive.Keep(ctx, row) })
}

func (m *mortal) Kept(ctx context.Context, key string) (row storage.Kept, err error) {
	err = m.call(func() (err error) { row, err = m.Archive.Kept(ctx, key); return err })
	return row, err
}

func (m *mortal) KeptUnder(ctx context.Context, prefix, past string, limit int) (rows []storage.Kept, err error) {
	err = m.call(func() (err error) { rows, err = m.Archive.KeptUnder(ctx, prefix, past, limit); return err })
	return rows, err
}

func (m *mortal) Discard(ctx context.Context, first, end string) error {
	rows, err := m.Archive.KeptUnder(ctx, "", "", 0)
	for odd := range 2 {
		for i, row := range rows {
			if err == nil && i%2 == odd && first <= row.Key && row.Key < end {
				err = m.call(func() error { return m.Archive.Discard(ctx, row.Key, row.Key+"\x00") })
			}
		}
	}
	return err
}

// copied is another archive with the same rows.
func copied(t *testing.T, a storage.Archive) storage.Archive {
	t.Helper()
	rows, err := a.KeptUnder(t.Context(), "", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	b := storagetest.NewMemory(time.Now)
	for _, row := range rows {
		if err := b.Keep(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// TestCompactionKilledAtEveryCall dies at every call of the store while the chat's journal is written anew, the first time
// and the second, and goes on with what is there.
func TestCompactionKilledAtEveryCall(t *testing.T) {
	const canary = "the canary that sang"
	clock := local.NewClock(time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC))
	restore := func(rows storage.Archive) *local.Chat {
		c, err := local.Restore(t.Context(), local.Options{Clock: clock, Journal: chatJournal{rows}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	quiet := local.Channel{Name: "quiet", WithoutBot: true} // there is no bot that would take what is said
	say := func(c *local.Chat, text string) conversations.MessageRef {
		ref, err := c.Say(t.Context(), "ana", local.In(quiet.Name), text, local.Extra{})
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	holds := func(rows storage.Archive) bool {
		all, err := rows.KeptUnder(t.Context(), "", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(all, func(k storage.Kept) bool { return strings.Contains(string(k.Body), canary) })
	}

	first := storagetest.NewMemory(time.Now)
	c := restore(first)
	if err := errors.Join(local.Furnish(t.Context(), c), c.Found(t.Context(), quiet)); err != nil {
		t.Fatal(err)
	}
	say(c, "errors on checkout are up")
	if err := c.Delete(t.Context(), "ana", say(c, canary)); err != nil {
		t.Fatal(err)
	}
	second := copied(t, first)
	c = restore(second)
	if err := c.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), "ana", say(c, canary)); err != nil {
		t.Fatal(err)
	}

	for name, before := range map[string]storage.Archive{"first": first, "second": second} {
		picture := restore(before).Picture()
		deaths := 0
		for died := true; died; deaths++ {
			for _, carriesOut := range []bool{false, true} {
				where := fmt.Sprintf("the %s time, dead at call %d, carried out %v", name, deaths+1, carriesOut)
				rows := copied(t, before)
				m := &mortal{Archive: rows, dies: math.MaxInt, carriesOut: carriesOut}
				c := restore(m)
				m.calls, m.dies = 0, deaths+1
				died = c.Compact(t.Context()) != nil
				again := restore(rows)
				if got := again.Picture(); got != picture {
					t.Fatalf("%s: it was\n%s\nand is\n%s", where, picture, got)
				}
				say(again, "on it goes")
				if err := again.Compact(t.Context()); err != nil || holds(rows) {
					t.Fatalf("%s: the next time: %v, what was deleted is there: %v", where, err, holds(rows))
				}
				if got, want := restore(rows).Picture(), again.Picture(); got != want {
					t.Fatalf("%s: after it was\n%s\nand is\n%s", where, want, got)
				}
			}
		}
		if deaths < 15 {
			t.Errorf("the %s time it died only %d times", name, deaths)
		}
	}
}

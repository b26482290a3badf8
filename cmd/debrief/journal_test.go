package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/storage/sqlite"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

func TestJournalNeverLosesAnEntryToAnother(t *testing.T) {
	file, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "debrief.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, j := range map[string]chatJournal{"memory": {storagetest.NewMemory(time.Now)}, "sqlite": {file}} {
		for seq, entry := range []string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"} {
			if err := j.Append(t.Context(), int64(seq), []byte(entry)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := j.Append(t.Context(), 2, []byte("two")); err != nil {
			t.Errorf("%s: the same again: %v", name, err)
		}
		if err := j.Append(t.Context(), 2, []byte("too")); !errors.Is(err, local.ErrTaken) {
			t.Errorf("%s: another entry: %v", name, err)
		}
		var all []string
		err := j.Entries(t.Context(), 2, func(_ int64, entry []byte) error {
			all = append(all, string(entry))
			return nil
		})
		if got := strings.Join(all, " "); err != nil || got != "two three four five six seven eight nine ten eleven" {
			t.Errorf("%s: it holds %s, %v", name, got, err)
		}
	}
}

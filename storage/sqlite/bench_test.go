package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// The figures of the design, as ratios within one run:
//
//	go test ./storage/sqlite -run '^$' -bench . -benchtime 2000x
func BenchmarkStore(b *testing.B) {
	storagetest.Benchmark(b, func(b *testing.B) storage.Store {
		return openStore(b, filepath.Join(b.TempDir(), "debrief.db"), nil)
	})
}

// BenchmarkBareInsert is what Accept is compared with: one insert and one commit of the same size into a table with one
// unique key, on the same settings and nothing else.
func BenchmarkBareInsert(b *testing.B) {
	db := beside(b, openStore(b, filepath.Join(b.TempDir(), "debrief.db"), nil).path)
	defer db.Close()
	if _, err := db.ExecContext(b.Context(), "CREATE TABLE bare (key TEXT PRIMARY KEY, body TEXT)"); err != nil {
		b.Fatal(err)
	}
	insert, err := db.PrepareContext(b.Context(), "INSERT INTO bare VALUES (?, ?)")
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	body := string(make([]byte, 450))
	n := 0
	for b.Loop() {
		n++
		if _, err := insert.ExecContext(b.Context(), n, body); err != nil {
			b.Fatal(err)
		}
	}
}

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

func TestStore(t *testing.T) { storagetest.Run(t, harness()) }

func harness() storagetest.Harness {
	return storagetest.Harness{
		Open: func(t testing.TB, clock func() time.Time) storage.Store {
			return openStore(t, filepath.Join(t.TempDir(), "debrief.db"), clock)
		},
		Again: func(t testing.TB, s storage.Store, clock func() time.Time) storage.Store {
			return openStore(t, s.(*Store).path, clock)
		},
		SetField: func(t testing.TB, s storage.Store, id, field string, value json.RawMessage) {
			fields := fieldsOf(t, s, id)
			fields[field] = value
			data, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			raw(t, s, "UPDATE subjects SET data = ? WHERE id = ?", string(data), id)
		},
		Field: func(t testing.TB, s storage.Store, id, field string) (json.RawMessage, bool) {
			value, ok := fieldsOf(t, s, id)[field]
			return value, ok
		},
		Holds: func(t testing.TB, s storage.Store, text string) bool {
			var n int
			selectOne(t, s, &n, "SELECT count(*) FROM inbox WHERE instr(key || subject || lane || event || error, ?)", text)
			return n > 0
		},
		Age: func(t testing.TB, s storage.Store, by time.Duration) {
			raw(t, s, "UPDATE inbox SET done_at = done_at - ? WHERE state = 2", by.Milliseconds())
		},
		MakeNewer: func(t testing.TB, s storage.Store) { raw(t, s, "PRAGMA user_version = 99") },
	}
}

func openStore(t testing.TB, path string, clock func() time.Time) *Store {
	t.Helper()
	s, err := Open(context.Background(), path, Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fieldsOf(t testing.TB, s storage.Store, id string) map[string]json.RawMessage {
	t.Helper()
	var data string
	selectOne(t, s, &data, "SELECT data FROM subjects WHERE id = ?", id)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(data), &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// beside opens the file on a connection of its own, as another program does.
func beside(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := open(path, Options{Patience: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func raw(t testing.TB, s storage.Store, text string, args ...any) {
	t.Helper()
	db := beside(t, s.(*Store).path)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

func selectOne(t testing.TB, s storage.Store, into any, text string, args ...any) {
	t.Helper()
	db := beside(t, s.(*Store).path)
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), text, args...).Scan(into); err != nil {
		t.Fatal(err)
	}
}

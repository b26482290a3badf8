package sqlite

import (
	"context"
	"fmt"

	"github.com/debrief-bot/debrief/storage"
)

// Keep implements storage.Archive.
func (s *Store) Keep(ctx context.Context, row storage.Kept) error {
	body := row.Body
	if body == nil {
		body = []byte{}
	}
	_, err := write(ctx, s, "keep "+row.Key, func(tx *tx) (struct{}, error) {
		_, err := tx.exec(insertKept, row.Key, millis(row.At), body)
		return struct{}{}, err
	})
	return err
}

func scanKept(row scanner) (storage.Kept, error) {
	var k storage.Kept
	var at int64
	err := row.Scan(&k.Key, &at, &k.Body)
	k.At = timeOf(at)
	return k, err
}

// Kept implements storage.Archive.
func (s *Store) Kept(ctx context.Context, key string) (storage.Kept, error) {
	found, err := read(ctx, s, "read kept "+key, scanKept, selectKept, key)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("sqlite: read kept %s: %w", key, storage.ErrNotFound)
	}
	if err != nil {
		return storage.Kept{}, err
	}
	return found[0], nil
}

// KeptUnder implements storage.Archive.
func (s *Store) KeptUnder(ctx context.Context, prefix, past string, limit int) ([]storage.Kept, error) {
	if limit <= 0 {
		limit = -1
	}
	first, end := prefix, after(prefix)
	if past >= prefix && past != "" {
		first = past + "\x00" // the next text there can be
	}
	if end == "" {
		return read(ctx, s, "list kept", scanKept, keptFrom, first, limit)
	}
	return read(ctx, s, "list kept under "+prefix, scanKept, keptBetween, first, end, limit)
}

// Discard implements storage.Archive. What is deleted is overwritten in the file, and then the write-ahead log, in which it
// may stand as well, is folded in and cut to nothing. Somebody who reads meanwhile can hold that up: ErrUnavailable.
func (s *Store) Discard(ctx context.Context, first, end string) error {
	_, err := write(ctx, s, "discard kept", func(tx *tx) (struct{}, error) {
		_, err := tx.exec(deleteKept, first, end)
		return struct{}{}, err
	})
	if err != nil {
		return err
	}
	return s.cutLog(ctx)
}

// after is the first text, by bytes, that sorts after everything beginning with the prefix; empty when there is none.
func after(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}

// Number implements storage.Archive.
func (s *Store) Number(ctx context.Context, workspace, series, subject string) (int, error) {
	known, err := read(ctx, s, "read a number", scanInt, selectNumber, workspace, series, subject)
	if err != nil {
		return 0, err
	}
	if len(known) > 0 {
		return int(known[0]), nil
	}
	return write(ctx, s, "give a number to "+subject, func(tx *tx) (int, error) {
		n, err := scanInt(tx.row(assignNumber, workspace, series, subject))
		return int(n), err
	})
}

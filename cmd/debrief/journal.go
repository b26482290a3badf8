package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/storage"
)

// chatJournal is the local chat's journal in a store: an immutable row for each entry.
type chatJournal struct{ rows storage.Archive }

var _ local.Journal = chatJournal{}

const journalPrefix = local.Workspace + "/chat/"

// Append implements local.Journal. A key that is taken keeps what it has, so what is there then is read.
func (j chatJournal) Append(ctx context.Context, seq int64, entry []byte) error {
	key := fmt.Sprintf("%s%012d", journalPrefix, seq)
	if err := j.rows.Keep(ctx, storage.Kept{Key: key, At: time.Now(), Body: entry}); err != nil {
		return err
	}
	kept, err := j.rows.Kept(ctx, key)
	if err != nil {
		return err
	}
	if !bytes.Equal(kept.Body, entry) {
		return fmt.Errorf("%s: %w", key, local.ErrTaken)
	}
	return nil
}

// Entries implements local.Journal.
func (j chatJournal) Entries(ctx context.Context, from int64, each func(seq int64, entry []byte) error) error {
	rows, err := j.rows.KeptUnder(ctx, journalPrefix, 0)
	if err != nil {
		return err
	}
	for _, row := range rows {
		seq, err := strconv.ParseInt(strings.TrimPrefix(row.Key, journalPrefix), 10, 64)
		if err != nil {
			return fmt.Errorf("%s is no entry of a chat: %w", row.Key, err)
		}
		if seq < from {
			continue
		}
		if err := each(seq, row.Body); err != nil {
			return err
		}
	}
	return nil
}

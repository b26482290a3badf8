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

// chatJournal is the local chat's journal in a store: a row for each entry, and one that says with which the journal
// begins since something was forgotten.
type chatJournal struct{ rows storage.Archive }

var _ local.Journal = chatJournal{}

const (
	journalPrefix = local.Workspace + "/chat/"
	beginPrefix   = local.Workspace + "/chat-from/"
)

func numbered(prefix string, seq int64) string { return fmt.Sprintf("%s%012d", prefix, seq) }

func numberOf(prefix, key string) (int64, error) {
	seq, err := strconv.ParseInt(strings.TrimPrefix(key, prefix), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is not a chat's: %w", key, err)
	}
	return seq, nil
}

// begin is the number of the first entry that counts.
func (j chatJournal) begin(ctx context.Context) (int64, error) {
	rows, err := j.rows.KeptUnder(ctx, beginPrefix, "", 0)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return numberOf(beginPrefix, rows[len(rows)-1].Key)
}

// Append implements local.Journal. A key that is taken keeps what it has, so what is there then is read. One that was
// forgotten is free again; where the journal begins was written before that, so it is read after.
func (j chatJournal) Append(ctx context.Context, seq int64, entry []byte) error {
	key := numbered(journalPrefix, seq)
	if err := j.rows.Keep(ctx, storage.Kept{Key: key, At: time.Now(), Body: entry}); err != nil {
		return err
	}
	begin, err := j.begin(ctx)
	if err != nil {
		return err
	}
	kept, err := j.rows.Kept(ctx, key)
	switch {
	case seq < begin:
		return fmt.Errorf("%s was forgotten: %w", key, local.ErrTaken)
	case err != nil:
		return err
	case !bytes.Equal(kept.Body, entry):
		return fmt.Errorf("%s: %w", key, local.ErrTaken)
	}
	return nil
}

// Entries implements local.Journal. When the journal is written anew meanwhile, it reads again.
func (j chatJournal) Entries(ctx context.Context, from int64, each func(seq int64, entry []byte) error) error {
	begin, err := j.begin(ctx)
	if err != nil {
		return err
	}
	for {
		rows, err := j.rows.KeptUnder(ctx, journalPrefix, "", 0)
		if err != nil {
			return err
		}
		began := begin
		if begin, err = j.begin(ctx); err != nil {
			return err
		}
		if begin == began {
			return entriesOf(rows, max(from, begin), each)
		}
	}
}

func entriesOf(rows []storage.Kept, from int64, each func(seq int64, entry []byte) error) error {
	for _, row := range rows {
		seq, err := numberOf(journalPrefix, row.Key)
		if err != nil {
			return err
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

// Forget implements local.Journal. One row says where the journal begins from now on; only then is anything discarded, and
// whoever dies amid that has it discarded the next time.
func (j chatJournal) Forget(ctx context.Context, before int64) error {
	if err := j.rows.Keep(ctx, storage.Kept{Key: numbered(beginPrefix, before), At: time.Now()}); err != nil {
		return err
	}
	if err := j.rows.Discard(ctx, numbered(journalPrefix, 0), numbered(journalPrefix, before)); err != nil {
		return err
	}
	return j.rows.Discard(ctx, numbered(beginPrefix, 0), numbered(beginPrefix, before))
}

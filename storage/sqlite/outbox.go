package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// appendEffects puts the effects of a save at the end of the outbox.
func appendEffects(tx *tx, c change, effects []conversations.Effect) error {
	if len(effects) == 0 {
		return nil
	}
	never := millis(time.Time{})
	for i, e := range effects {
		if _, err := tx.exec(insertEffect, c.ID, e.ID, e.To, e.Slot, c.bodies[i], string(storage.Waiting), c.now, never, never, never); err != nil {
			return err
		}
	}
	box, err := openOutbox(tx, c.ID)
	if err != nil {
		return err
	}
	return box.schedule(tx)
}

// outbox is a subject's, without the bodies of its effects. Of refs it knows those of the entries' slots, and only when
// they were sent.
type outbox struct {
	subject string
	entries []storage.Entry
	seqs    []int64 // of the entries, in the table
	refs    map[string]storage.Ref
}

func openOutbox(tx *tx, subject string) (outbox, error) {
	box := outbox{subject: subject, refs: map[string]storage.Ref{}}
	rows, err := tx.rows(entriesOf, subject)
	if err != nil {
		return box, err
	}
	box.entries, err = collect(rows, func(row scanner) (storage.Entry, error) {
		var sent sql.NullInt64
		e, seq, err := scanEntry(row, &sent)
		box.seqs = append(box.seqs, seq)
		if sent.Valid {
			box.refs[e.Effect.Slot] = storage.Ref{At: timeOf(sent.Int64)}
		}
		return e, err
	})
	return box, err
}

func scanEntry(row scanner, more ...any) (storage.Entry, int64, error) {
	var e storage.Entry
	var seq, since, notBefore, startedAt, lapsed int64
	err := row.Scan(append([]any{
		&seq, &e.Effect.ID, &e.Effect.To, &e.Effect.Slot, &e.State, &e.Tries,
		&since, &notBefore, &startedAt, &e.By, &lapsed,
	}, more...)...)
	e.Since, e.NotBefore, e.StartedAt, e.Lapsed = timeOf(since), timeOf(notBefore), timeOf(startedAt), timeOf(lapsed)
	return e, seq, err
}

func collectRefs(rows *sql.Rows) (map[string]storage.Ref, error) {
	refs := map[string]storage.Ref{}
	_, err := collect(rows, func(row scanner) (struct{}, error) {
		var slot string
		var result []byte
		var ref storage.Ref
		var at int64
		if err := row.Scan(&slot, &result, &ref.Hash, &at); err != nil {
			return struct{}{}, err
		}
		ref.At = timeOf(at)
		refs[slot] = ref
		if err := json.Unmarshal(result, &ref.Result); err != nil {
			return struct{}{}, fmt.Errorf("slot %s: %w", slot, err)
		}
		refs[slot] = ref
		return struct{}{}, nil
	})
	return refs, err
}

// schedule writes down when the outbox can next be claimed from.
func (box outbox) schedule(tx *tx) error {
	if len(box.entries) == 0 {
		_, err := tx.exec(dropDelivery, box.subject)
		return err
	}
	i, wake := storage.NextEntry(box.entries, box.refs, time.Time{})
	if i >= 0 { // at once, at any time
		_, err := tx.exec(writeDelivery, box.subject, 0, millis(box.entries[i].Since))
		return err
	}
	_, err := tx.exec(writeDelivery, box.subject, millis(wake), millis(wake))
	return err
}

// ClaimEffect implements storage.Outbox.
func (s *Store) ClaimEffect(ctx context.Context, worker string) (storage.Claim, error) {
	now := s.Now()
	found, err := write(ctx, s, "claim an effect", func(tx *tx) (*claimed, error) {
		if _, err := tx.exec(wakeDeliveries, millis(now)); err != nil {
			return nil, err
		}
		for {
			box, err := firstOutbox(tx)
			if errors.Is(err, sql.ErrNoRows) {
				return nil, nil // not an error, which would undo what was done on the way
			}
			if err != nil {
				return nil, err
			}
			if i, _ := storage.NextEntry(box.entries, box.refs, now); i >= 0 {
				return box.claim(tx, i, worker, now)
			}
			// The clock was set back since it was woken: it waits again, and the next one's turn it is.
			if err := box.schedule(tx); err != nil {
				return nil, err
			}
		}
	})
	if err == nil && found == nil {
		err = s.wrap(ctx, "claim an effect", fmt.Errorf("none is free: %w", storage.ErrNotFound))
	}
	if err != nil {
		return storage.Claim{}, err
	}
	c, err := found.decode()
	return c, s.wrap(ctx, "claim an effect", err)
}

// claimed is a claim as it is stored. It is decoded when the writer is done with it.
type claimed struct {
	storage.Claim
	subject      stored
	body, result []byte
}

func (c *claimed) decode() (storage.Claim, error) {
	err := json.Unmarshal(c.body, &c.Effect)
	if err == nil && c.result != nil {
		err = json.Unmarshal(c.result, &c.Ref.Result)
	}
	if err == nil {
		c.Subject, err = c.subject.decode()
	}
	if err != nil {
		return storage.Claim{}, fmt.Errorf("a stored effect of %s: %w", c.subject.ID, err)
	}
	return c.Claim, nil
}

// firstOutbox is the one that has waited longest.
func firstOutbox(tx *tx) (outbox, error) {
	var subject string
	if err := tx.row(firstDelivery).Scan(&subject); err != nil {
		return outbox{}, err
	}
	return openOutbox(tx, subject)
}

func (box outbox) claim(tx *tx, i int, worker string, now time.Time) (*claimed, error) {
	e := &box.entries[i]
	if e.State == storage.Sending && e.Lapsed.IsZero() {
		e.Lapsed = e.StartedAt
	}
	e.State, e.StartedAt, e.By = storage.Sending, now, worker
	if err := box.update(tx, i); err != nil {
		return nil, err
	}
	c := &claimed{Claim: storage.Claim{
		Ref: box.refs[e.Effect.Slot], StartedAt: now, Tries: e.Tries, Lapsed: e.Lapsed, Worker: worker,
	}}
	var hash sql.NullString
	if err := tx.row(claimEntry, box.seqs[i]).Scan(&c.body, &c.result, &hash); err != nil {
		return nil, err
	}
	c.Ref.Hash = hash.String
	var err error
	c.subject, err = scanStored(tx.row(claimSubject, box.subject))
	return c, err
}

// update writes an entry and, as that may change what is next, the schedule.
func (box outbox) update(tx *tx, i int) error {
	e := box.entries[i]
	if _, err := tx.exec(updateEffect, string(e.State), e.Tries, millis(e.NotBefore), millis(e.StartedAt), e.By, millis(e.Lapsed), box.seqs[i]); err != nil {
		return err
	}
	return box.schedule(tx)
}

// Settle implements storage.Outbox.
func (s *Store) Settle(ctx context.Context, c storage.Claim, settled storage.Settlement) error {
	now := s.Now()
	_, err := write(ctx, s, "settle "+c.Effect.ID, func(tx *tx) (struct{}, error) {
		box, err := openOutbox(tx, c.Subject.ID)
		if err != nil {
			return struct{}{}, err
		}
		i := slices.IndexFunc(box.entries, func(e storage.Entry) bool {
			return e.Effect.ID == c.Effect.ID && e.State == storage.Sending && e.By == c.Worker && e.StartedAt.Equal(c.StartedAt)
		})
		if i < 0 {
			return struct{}{}, storage.ErrConflict
		}
		if settled.Again > 0 {
			return struct{}{}, box.putBack(tx, i, now.Add(settled.Again), settled.Attempt)
		}
		return struct{}{}, box.done(tx, i, settled.Ref, now)
	})
	return err
}

func (box outbox) putBack(tx *tx, i int, notBefore time.Time, attempt bool) error {
	e := &box.entries[i]
	e.State, e.StartedAt, e.By, e.NotBefore = storage.Waiting, time.Time{}, "", notBefore
	if attempt {
		e.Tries++
	}
	return box.update(tx, i)
}

// done deletes an entry with those it superseded.
func (box outbox) done(tx *tx, i int, ref *storage.Ref, now time.Time) error {
	slot := box.entries[i].Effect.Slot
	if ref != nil && slot != "" {
		result, err := json.Marshal(ref.Result)
		if err != nil {
			return err
		}
		if _, err := tx.exec(writeRef, box.subject, slot, string(result), ref.Hash, millis(now)); err != nil {
			return err
		}
		box.refs[slot] = storage.Ref{At: now}
	}
	left := outbox{subject: box.subject, refs: box.refs}
	for j, e := range box.entries {
		superseded := j < i && slot != "" && e.Effect.Slot == slot && e.State == storage.Waiting
		if j != i && !superseded {
			left.entries = append(left.entries, e)
			continue
		}
		if _, err := tx.exec(deleteEffect, box.seqs[j]); err != nil {
			return err
		}
	}
	return left.schedule(tx)
}

// Pending implements storage.Outbox.
func (s *Store) Pending(ctx context.Context, id string) ([]storage.Entry, map[string]storage.Ref, error) {
	entries, err := read(ctx, s, "list the outbox of "+id, scanWholeEntry, pendingEntries, id)
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.reading[pendingRefs].QueryContext(ctx, id)
	if err != nil {
		return nil, nil, s.wrap(ctx, "list the slots of "+id, err)
	}
	refs, err := collectRefs(rows)
	return entries, refs, s.wrap(ctx, "list the slots of "+id, err)
}

func scanWholeEntry(row scanner) (storage.Entry, error) {
	var body []byte
	e, _, err := scanEntry(row, &body)
	if err != nil {
		return e, err
	}
	e.Effect = conversations.Effect{}
	return e, json.Unmarshal(body, &e.Effect)
}

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/debrief-bot/debrief/storage"
)

// The states of a row, as schema has them.
const (
	rowNew = iota
	rowDead
	rowDone
)

// Accept implements storage.Inbox. Calls that come at the same time share a commit.
func (s *Store) Accept(ctx context.Context, rows ...storage.Row) error {
	events := make([]string, len(rows))
	for i := range rows {
		b, err := json.Marshal(&rows[i].Event)
		if err != nil {
			return fmt.Errorf("sqlite: accept %s: %w", rows[i].Event.Key, err)
		}
		events[i] = string(b)
	}
	now := millis(s.Now())
	_, err := write(ctx, s, "accept", func(tx *tx) (struct{}, error) {
		for i, r := range rows {
			if err := acceptRow(tx, r, events[i], now); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

func acceptRow(tx *tx, r storage.Row, event string, now int64) error {
	n, err := tx.exec(insertRow, r.Event.Key, r.Subject, r.Lane, now, event)
	if err != nil || n == 0 {
		return err // it is there already
	}
	_, err = tx.exec(queueNewLane, r.Lane)
	return err
}

// Claim implements storage.Inbox.
func (s *Store) Claim(ctx context.Context, worker string) (storage.Lane, error) {
	now := s.Now()
	lane := storage.Lane{Worker: worker}
	found, err := write(ctx, s, "claim a lane", func(tx *tx) ([]claimedRow, error) {
		if err := queueLanes(tx, now); err != nil {
			return nil, err
		}
		for {
			err := tx.row(firstLane).Scan(&lane.Name)
			if errors.Is(err, sql.ErrNoRows) {
				return nil, nil // not an error, which would undo what was done on the way
			}
			if err != nil {
				return nil, err
			}
			rows, err := claimLane(tx, lane, now)
			if err != nil || len(rows) > 0 {
				return rows, err
			}
			if _, err := tx.exec(forgetLane, lane.Name); err != nil {
				return nil, err
			}
		}
	})
	if err == nil && len(found) == 0 {
		err = s.wrap(ctx, "claim a lane", fmt.Errorf("none is free: %w", storage.ErrNotFound))
	}
	if err != nil {
		return storage.Lane{}, err
	}
	for _, r := range found {
		row, err := r.decode()
		if err != nil {
			return storage.Lane{}, s.wrap(ctx, "claim a lane", err)
		}
		lane.Rows = append(lane.Rows, row)
	}
	return lane, nil
}

// claimLane leases a lane and reads its rows. None: they were finished, or set aside, by somebody who never released it.
func claimLane(tx *tx, lane storage.Lane, now time.Time) ([]claimedRow, error) {
	if _, err := tx.exec(leaseLane, lane.Worker, millis(now.Add(storage.LeaseTTL)), lane.Name); err != nil {
		return nil, err
	}
	rows, err := tx.rows(rowsOfLane, lane.Name, storage.LaneBatch)
	if err != nil {
		return nil, err
	}
	return collect(rows, scanClaimed)
}

// queueLanes puts the lanes that have rested, and those whose lease has run out, at the end of the queue.
func queueLanes(tx *tx, now time.Time) error {
	rows, err := tx.rows(lanesBack, millis(now))
	if err != nil {
		return err
	}
	names, err := collect(rows, scanString)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := tx.exec(queueLane, name); err != nil {
			return err
		}
	}
	return nil
}

// claimedRow is a row whose event is not decoded yet: that is done when the writer is done with it.
type claimedRow struct {
	storage.Row
	event []byte
}

func scanClaimed(row scanner) (claimedRow, error) {
	var r claimedRow
	err := row.Scan(&r.Token, &r.Subject, &r.Lane, &r.event, &r.Tries, &r.Error)
	return r, err
}

func (r claimedRow) decode() (storage.Row, error) {
	if err := json.Unmarshal(r.event, &r.Event); err != nil {
		return r.Row, fmt.Errorf("row %s: %w", r.Token, err)
	}
	return r.Row, nil
}

func scanRow(row scanner) (storage.Row, error) {
	r, err := scanClaimed(row)
	if err != nil {
		return r.Row, err
	}
	return r.decode()
}

// Renew implements storage.Inbox.
func (s *Store) Renew(ctx context.Context, lane storage.Lane) error {
	until := millis(s.Now().Add(storage.LeaseTTL))
	_, err := write(ctx, s, "renew lane "+lane.Name, func(tx *tx) (struct{}, error) {
		n, err := tx.exec(renewLane, until, lane.Name, lane.Worker)
		if err == nil && n == 0 {
			err = storage.ErrConflict
		}
		return struct{}{}, err
	})
	return err
}

// Finish implements storage.Inbox.
func (s *Store) Finish(ctx context.Context, rows ...storage.Row) error {
	at := millis(time.Now())
	_, err := write(ctx, s, "finish", func(tx *tx) (struct{}, error) {
		for _, r := range rows {
			if _, err := tx.exec(finishRow, at, r.Event.Key, r.Subject); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// storedRow is where a row stands. One that does not exist is as good as done.
type storedRow struct {
	seq   int64
	lane  string
	state int
}

func find(tx *tx, key, subject string) (storedRow, error) {
	r := storedRow{state: rowDone}
	err := tx.row(findRow, key, subject).Scan(&r.seq, &r.lane, &r.state)
	if errors.Is(err, sql.ErrNoRows) {
		return r, nil
	}
	return r, err
}

// Release implements storage.Inbox.
func (s *Store) Release(ctx context.Context, lane storage.Lane, rest time.Duration) error {
	free := int64(0)
	if rest > 0 {
		free = millis(s.Now().Add(rest))
	}
	_, err := write(ctx, s, "release lane "+lane.Name, func(tx *tx) (struct{}, error) {
		if free == 0 {
			n, err := tx.exec(dropLane, lane.Name, lane.Worker)
			if err != nil || n > 0 {
				return struct{}{}, err
			}
		}
		_, err := tx.exec(releaseLane, free, lane.Name, lane.Worker)
		return struct{}{}, err
	})
	return err
}

// Fail implements storage.Inbox.
func (s *Store) Fail(ctx context.Context, row storage.Row, reason string, dead bool) error {
	_, err := write(ctx, s, "fail "+row.Event.Key, func(tx *tx) (struct{}, error) {
		stored, err := find(tx, row.Event.Key, row.Subject)
		if err != nil || stored.state != rowNew {
			return struct{}{}, err
		}
		state := rowNew
		if dead {
			state = rowDead
		}
		_, err = tx.exec(failRow, state, reason, stored.seq)
		return struct{}{}, err
	})
	return err
}

// Dead implements storage.Inbox.
func (s *Store) Dead(ctx context.Context, limit int) ([]storage.Row, error) {
	return read(ctx, s, "list dead rows", scanRow, deadRows, max(0, limit))
}

// Replay implements storage.Inbox.
func (s *Store) Replay(ctx context.Context, key, subject string) error {
	_, err := write(ctx, s, "replay "+key, func(tx *tx) (struct{}, error) {
		stored, err := find(tx, key, subject)
		if err == nil && stored.state != rowDead {
			err = storage.ErrNotFound
		}
		if err != nil {
			return struct{}{}, err
		}
		if _, err := tx.exec(replayRow, stored.seq); err != nil {
			return struct{}{}, err
		}
		_, err = tx.exec(queueNewLane, stored.lane)
		return struct{}{}, err
	})
	return err
}

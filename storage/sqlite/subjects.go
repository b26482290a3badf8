package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// Load implements storage.Subjects.
func (s *Store) Load(ctx context.Context, id string) (conversations.Subject, error) {
	found, err := read(ctx, s, "load "+id, scanSubject, loadSubject, id)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("sqlite: load %s: %w", id, storage.ErrNotFound)
	}
	if err != nil {
		return conversations.Subject{}, err
	}
	return found[0], nil
}

// stored is a subject as it is stored.
type stored struct {
	conversations.Subject
	kind      conversations.Kind
	addresses []byte
	data      []byte
}

func scanStored(row scanner) (stored, error) {
	var s stored
	var due sql.NullInt64
	var at int64
	var applied []byte
	err := row.Scan(&s.ID, &s.kind, &s.V, &s.Rev, &due, &at, &s.addresses, &applied, &s.data)
	s.At = timeOf(at)
	if due.Valid {
		s.Due = timeOf(due.Int64)
	}
	s.Applied = unpack(applied)
	return s, err
}

func scanSubject(row scanner) (conversations.Subject, error) {
	s, err := scanStored(row)
	if err != nil {
		return conversations.Subject{}, err
	}
	return s.decode()
}

func (s stored) decode() (conversations.Subject, error) {
	err := json.Unmarshal(s.addresses, &s.Addresses)
	if err == nil {
		s.State, err = decode(s.kind, s.V, s.data)
	}
	if err != nil {
		return s.Subject, fmt.Errorf("stored subject %s: %w", s.ID, err)
	}
	return s.Subject, nil
}

// decode reads a state. One of a newer version may have another shape: then its content cannot be shown, but the subject
// can still be named, and left alone.
func decode(kind conversations.Kind, v int, data []byte) (conversations.State, error) {
	state := conversations.NewState(kind)
	if state == nil {
		return nil, fmt.Errorf("there is no kind %q", kind)
	}
	if err := json.Unmarshal(data, state); err != nil {
		if v > conversations.Version {
			return conversations.NewState(kind), nil
		}
		return nil, err
	}
	return state, nil
}

func pack(numbers []int64) []byte {
	b := make([]byte, 0, 8*len(numbers))
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}

func unpack(b []byte) []int64 {
	var numbers []int64
	for ; len(b) >= 8; b = b[8:] {
		numbers = append(numbers, int64(binary.LittleEndian.Uint64(b)))
	}
	return numbers
}

// Find implements storage.Subjects.
func (s *Store) Find(ctx context.Context, q storage.Query) ([]conversations.Subject, error) {
	until, limit := int64(math.MaxInt64), -1
	if !q.Until.IsZero() {
		until = millis(q.Until)
	}
	if q.Limit > 0 {
		limit = q.Limit
	}
	return read(ctx, s, "find "+q.Address, scanSubject, findSubjects, q.Address, millis(q.From), until, limit)
}

// Route implements storage.Subjects.
func (s *Store) Route(ctx context.Context, addresses []string) ([]storage.Hit, error) {
	if len(addresses) == 1 { // a reply's: what is asked most, and every time before it is acknowledged
		return read(ctx, s, "route", scanHit, routeAddress, addresses[0])
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(addresses)))
	list, err := json.Marshal(distinct)
	if err != nil {
		return nil, fmt.Errorf("sqlite: route: %w", err)
	}
	return read(ctx, s, "route", scanHit, routeSeveral, string(list))
}

func scanHit(row scanner) (h storage.Hit, err error) {
	err = row.Scan(&h.Address, &h.Subject)
	return h, err
}

// Due implements storage.Subjects.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return read(ctx, s, "look for what is due", scanString, dueSubjects, millis(now), max(0, limit))
}

// NextDue implements storage.Subjects.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	found, err := read(ctx, s, "look for what is due next", scanInt, nextDue)
	if err != nil || len(found) == 0 {
		return time.Time{}, err
	}
	return timeOf(found[0]), nil
}

// change is a subject and its effects, encoded before the writer is troubled with them.
type change struct {
	conversations.Subject
	addresses, data []byte
	bodies          []string // of the effects
	now             int64
}

// before is what a change is compared with.
type before struct {
	exists    bool
	rev, at   int64
	addresses []byte
	data      []byte
}

// Save implements storage.Subjects.
func (s *Store) Save(ctx context.Context, subject conversations.Subject, effects []conversations.Effect) error {
	doing := "save " + subject.ID
	c := change{Subject: subject, now: millis(s.Now())}
	if subject.State == nil && len(effects) > 0 {
		return fmt.Errorf("sqlite: %s: a subject that is deleted has no effects", doing)
	}
	if subject.State != nil {
		var err error
		if c.data, err = json.Marshal(subject.State); err == nil {
			c.addresses, err = json.Marshal(subject.Addresses)
		}
		if err != nil {
			return fmt.Errorf("sqlite: %s: %w", doing, err)
		}
	}
	for _, e := range effects {
		body, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("sqlite: %s: effect %s: %w", doing, e.ID, err)
		}
		c.bodies = append(c.bodies, string(body))
	}
	_, err := write(ctx, s, doing, func(tx *tx) (struct{}, error) {
		old, err := lookUp(tx, c.ID)
		if err != nil {
			return struct{}{}, err
		}
		if old.rev != c.Rev {
			return struct{}{}, fmt.Errorf("at revision %d, which is %d by now: %w", c.Rev, old.rev, storage.ErrConflict)
		}
		if c.State == nil {
			return struct{}{}, remove(tx, c.ID)
		}
		return struct{}{}, store(tx, c, old, effects)
	})
	return err
}

func lookUp(tx *tx, id string) (before, error) {
	var old before
	err := tx.row(storedSubject, id).Scan(&old.rev, &old.at, &old.addresses, &old.data)
	if errors.Is(err, sql.ErrNoRows) {
		return old, nil
	}
	old.exists = err == nil
	return old, err
}

// remove deletes a subject and with it, by the schema, its addresses and slots.
func remove(tx *tx, id string) error {
	var busy bool
	if err := tx.row(hasEffects, id).Scan(&busy); err != nil {
		return err
	}
	if busy {
		return fmt.Errorf("its outbox is not empty: %w", storage.ErrConflict)
	}
	_, err := tx.exec(deleteSubject, id)
	return err
}

func store(tx *tx, c change, old before, effects []conversations.Effect) error {
	data, err := keepUnknown(c, old)
	if err != nil {
		return err
	}
	var due any
	if !c.Due.IsZero() {
		due = millis(c.Due)
	}
	put := insertSubject
	if old.exists {
		put = updateSubject
	}
	if _, err := tx.exec(put, string(c.State.Kind()), c.V, c.Rev+1, due, millis(c.At),
		string(c.addresses), pack(c.Applied), string(data), c.ID); err != nil {
		return err
	}
	if err := index(tx, c, old); err != nil {
		return err
	}
	return appendEffects(tx, c, effects)
}

// keepUnknown is what is to be stored, and with it the fields that are stored already and that this program does not know.
func keepUnknown(c change, old before) ([]byte, error) {
	if !old.exists {
		return c.data, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(old.data, &fields); err != nil {
		return nil, fmt.Errorf("stored fields: %w", err)
	}
	known := conversations.FieldNames(c.State.Kind())
	maps.DeleteFunc(fields, func(name string, _ json.RawMessage) bool {
		_, found := slices.BinarySearch(known, name)
		return found
	})
	if len(fields) == 0 {
		return c.data, nil
	}
	if err := json.Unmarshal(c.data, &fields); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// index brings the table of addresses in line with the subject.
func index(tx *tx, c change, old before) error {
	at := millis(c.At)
	if old.exists && old.at == at && bytes.Equal(old.addresses, c.addresses) {
		return nil
	}
	var given []string
	if old.exists {
		if err := json.Unmarshal(old.addresses, &given); err != nil {
			return fmt.Errorf("stored addresses: %w", err)
		}
	}
	for _, address := range given {
		if _, err := tx.exec(deleteAddress, address, old.at, c.ID); err != nil {
			return err
		}
	}
	for _, address := range c.Addresses {
		if _, err := tx.exec(insertAddress, address, at, c.ID); err != nil {
			return err
		}
	}
	return nil
}

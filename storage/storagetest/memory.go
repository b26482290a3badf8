package storagetest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// Memory is a store that forgets everything with the process. It passes the whole suite, so it stands for a database in
// tests that need thousands of them, and it is the model that others are compared with. One lock guards everything.
type Memory struct {
	clock  func() time.Time
	data   *data
	closed bool // guarded by data.mu
}

var _ storage.Store = (*Memory)(nil)

// data is what several Memory values may share, as several processes share a database.
type data struct {
	mu      sync.Mutex
	newer   bool
	seq     int64 // the last row's or lane turn's number
	rows    map[identity]*row
	lanes   map[string]*lane
	docs    map[string]*doc
	named   map[string]map[string]*doc // by address, by id
	kept    map[string]storage.Kept
	numbers map[series]map[string]int
}

type identity struct{ key, subject string }

type series struct{ workspace, name string }

type rowState int

const (
	rowNew rowState = iota
	rowDead
	rowDone
)

type row struct {
	storage.Row
	seq    int64
	at     time.Time // accepted, by the store's clock
	state  rowState
	doneAt time.Time // by the real clock
}

type lane struct {
	worker string    // empty: nobody holds it
	free   time.Time // when its rest is over or its lease runs out; zero: it can be claimed at once
	turn   int64     // its place in the queue of lanes that can be claimed
	rows   []*row    // new ones, in the order of acceptance
}

type doc struct {
	subject conversations.Subject
	unknown map[string]json.RawMessage // top-level fields of a newer version
	outbox  []storage.Entry
	refs    map[string]storage.Ref
}

// NewMemory returns an empty store that counts on the clock; nil: on the machine's.
func NewMemory(clock func() time.Time) *Memory {
	if clock == nil {
		clock = time.Now
	}
	return &Memory{clock: clock, data: &data{
		rows:    map[identity]*row{},
		lanes:   map[string]*lane{},
		docs:    map[string]*doc{},
		named:   map[string]map[string]*doc{},
		kept:    map[string]storage.Kept{},
		numbers: map[series]map[string]int{},
	}}
}

// enter locks the data for one call; the caller unlocks when there is no error.
func (m *Memory) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memory: %w: %w", storage.ErrUnavailable, err)
	}
	m.data.mu.Lock()
	if m.closed {
		m.data.mu.Unlock()
		return fmt.Errorf("memory: closed: %w", storage.ErrUnavailable)
	}
	return nil
}

// Ready implements storage.Store.
func (m *Memory) Ready(ctx context.Context) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	if m.data.newer {
		return storage.ErrNewer
	}
	return nil
}

// Now implements storage.Store.
func (m *Memory) Now() time.Time { return milli(m.clock()) }

// Next implements storage.Store.
func (m *Memory) Next(ctx context.Context) (time.Time, error) {
	if err := m.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer m.data.mu.Unlock()
	var next time.Time
	for _, l := range m.data.lanes {
		if len(l.rows) > 0 {
			next = earlier(next, cmp.Or(l.free, m.Now()))
		}
	}
	for _, d := range m.data.docs {
		if len(d.outbox) > 0 {
			wake, _ := d.wake()
			next = earlier(next, cmp.Or(wake, m.Now()))
		}
	}
	return next, nil
}

// Health implements storage.Store.
func (m *Memory) Health(ctx context.Context) (storage.Health, error) {
	if err := m.enter(ctx); err != nil {
		return storage.Health{}, err
	}
	defer m.data.mu.Unlock()
	var h storage.Health
	for _, r := range m.data.rows {
		switch r.state {
		case rowNew:
			h.New++
			h.OldestNew = earlier(h.OldestNew, r.at)
		case rowDead:
			h.Dead++
		}
	}
	for _, d := range m.data.docs {
		h.Effects += len(d.outbox)
		for _, e := range d.outbox {
			h.Oldest = earlier(h.Oldest, e.Since)
		}
	}
	return h, nil
}

// Purge implements storage.Store.
func (m *Memory) Purge(ctx context.Context) (int, error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.data.mu.Unlock()
	before, deleted := time.Now().Add(-storage.KeyLife), 0
	for id, r := range m.data.rows {
		if r.state == rowDone && r.doneAt.Before(before) {
			delete(m.data.rows, id)
			deleted++
		}
	}
	return deleted, nil
}

// Close implements storage.Store.
func (m *Memory) Close() error {
	m.data.mu.Lock()
	defer m.data.mu.Unlock()
	m.closed = true
	return nil
}

// Accept implements storage.Inbox.
func (m *Memory) Accept(ctx context.Context, rows ...storage.Row) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	now := m.Now()
	for _, given := range rows {
		id := identity{given.Event.Key, given.Subject}
		if m.data.rows[id] != nil {
			continue
		}
		m.data.seq++
		r := &row{Row: clone(given), seq: m.data.seq, at: now}
		r.Tries, r.Error, r.Token = 0, "", ""
		m.data.rows[id] = r
		m.enqueue(r)
	}
	return nil
}

// enqueue puts a new row into its lane. A lane that had none joins the end of the queue of lanes.
func (m *Memory) enqueue(r *row) {
	l := m.data.lanes[r.Lane]
	if l == nil {
		l = &lane{}
		m.data.lanes[r.Lane] = l
	}
	if len(l.rows) == 0 && l.free.IsZero() {
		l.turn = m.turn()
	}
	at, _ := slices.BinarySearchFunc(l.rows, r.seq, func(r *row, seq int64) int { return cmp.Compare(r.seq, seq) })
	l.rows = slices.Insert(l.rows, at, r)
}

// turn is a place at the end of the queue.
func (m *Memory) turn() int64 {
	m.data.seq++
	return m.data.seq
}

// dequeue takes a row out of its lane.
func (m *Memory) dequeue(r *row) {
	l := m.data.lanes[r.Lane]
	if i := slices.Index(l.rows, r); i >= 0 {
		l.rows = slices.Delete(l.rows, i, i+1)
	}
}

// Claim implements storage.Inbox.
func (m *Memory) Claim(ctx context.Context, worker string) (storage.Lane, error) {
	if err := m.enter(ctx); err != nil {
		return storage.Lane{}, err
	}
	defer m.data.mu.Unlock()
	m.queueLanes()
	var name string
	var next *lane
	for n, l := range m.data.lanes {
		if len(l.rows) > 0 && l.free.IsZero() && (next == nil || l.turn < next.turn) {
			name, next = n, l
		}
	}
	if next == nil {
		return storage.Lane{}, fmt.Errorf("memory: no lane is free: %w", storage.ErrNotFound)
	}
	return next.claim(name, worker, m.Now()), nil
}

// queueLanes puts the lanes that have rested, and those whose lease has run out, at the end of the queue.
func (m *Memory) queueLanes() {
	var back []*lane
	for _, l := range m.data.lanes {
		if !l.free.IsZero() && !l.free.After(m.Now()) {
			back = append(back, l)
		}
	}
	slices.SortFunc(back, func(a, b *lane) int { return cmp.Or(a.free.Compare(b.free), cmp.Compare(a.turn, b.turn)) })
	for _, l := range back {
		l.free, l.turn = time.Time{}, m.turn()
	}
}

func (l *lane) claim(name, worker string, now time.Time) storage.Lane {
	l.worker, l.free = worker, now.Add(storage.LeaseTTL)
	claimed := storage.Lane{Name: name, Worker: worker}
	for _, r := range l.rows[:min(len(l.rows), storage.LaneBatch)] {
		claimed.Rows = append(claimed.Rows, clone(r.Row))
	}
	return claimed
}

// Renew implements storage.Inbox.
func (m *Memory) Renew(ctx context.Context, given storage.Lane) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	l := m.data.lanes[given.Name]
	if l == nil || l.worker == "" || l.worker != given.Worker {
		return fmt.Errorf("memory: renew lane %s: %w", given.Name, storage.ErrConflict)
	}
	l.free = m.Now().Add(storage.LeaseTTL)
	return nil
}

// Finish implements storage.Inbox.
func (m *Memory) Finish(ctx context.Context, rows ...storage.Row) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	for _, given := range rows {
		r := m.data.rows[identity{given.Event.Key, given.Subject}]
		if r == nil || r.state == rowDone {
			continue
		}
		m.dequeue(r)
		r.state, r.doneAt, r.Row = rowDone, time.Now(), storage.Row{}
	}
	return nil
}

// Release implements storage.Inbox.
func (m *Memory) Release(ctx context.Context, given storage.Lane, rest time.Duration) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	l := m.data.lanes[given.Name]
	if l == nil || l.worker == "" || l.worker != given.Worker {
		return nil
	}
	if len(l.rows) == 0 && rest <= 0 {
		delete(m.data.lanes, given.Name)
		return nil
	}
	l.worker, l.free, l.turn = "", time.Time{}, m.turn()
	if rest > 0 {
		l.free = milli(m.Now().Add(rest))
	}
	return nil
}

// Fail implements storage.Inbox.
func (m *Memory) Fail(ctx context.Context, given storage.Row, reason string, dead bool) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	r := m.data.rows[identity{given.Event.Key, given.Subject}]
	if r == nil || r.state != rowNew {
		return nil
	}
	r.Tries++
	r.Error = reason
	if dead {
		r.state = rowDead
		m.dequeue(r)
	}
	return nil
}

// Dead implements storage.Inbox.
func (m *Memory) Dead(ctx context.Context, limit int) ([]storage.Row, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.data.mu.Unlock()
	var dead []*row
	for _, r := range m.data.rows {
		if r.state == rowDead {
			dead = append(dead, r)
		}
	}
	slices.SortFunc(dead, func(a, b *row) int { return cmp.Compare(a.seq, b.seq) })
	var out []storage.Row
	for _, r := range atMost(dead, limit) {
		out = append(out, clone(r.Row))
	}
	return out, nil
}

// Replay implements storage.Inbox.
func (m *Memory) Replay(ctx context.Context, key, subject string) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	r := m.data.rows[identity{key, subject}]
	if r == nil || r.state != rowDead {
		return fmt.Errorf("memory: replay %s: %w", key, storage.ErrNotFound)
	}
	r.state, r.Tries, r.Error = rowNew, 0, ""
	m.enqueue(r)
	return nil
}

// Load implements storage.Subjects.
func (m *Memory) Load(ctx context.Context, id string) (conversations.Subject, error) {
	if err := m.enter(ctx); err != nil {
		return conversations.Subject{}, err
	}
	defer m.data.mu.Unlock()
	d := m.data.docs[id]
	if d == nil {
		return conversations.Subject{}, fmt.Errorf("memory: load %s: %w", id, storage.ErrNotFound)
	}
	return copySubject(d.subject), nil
}

// copySubject copies a subject as a database gives it back.
func copySubject(s conversations.Subject) conversations.Subject {
	s.Due, s.At = milli(s.Due), milli(s.At)
	s.Addresses, s.Applied = clone(s.Addresses), clone(s.Applied)
	s.State = copyState(s.State)
	return s
}

func copyState(s conversations.State) conversations.State {
	out := reflect.New(reflect.TypeOf(s).Elem())
	out.Elem().Set(reflect.ValueOf(s).Elem())
	if detach := detacherOf(out.Type().Elem()); detach != nil {
		detach(out.Elem())
	}
	return out.Interface().(conversations.State)
}

// Find implements storage.Subjects.
func (m *Memory) Find(ctx context.Context, q storage.Query) ([]conversations.Subject, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.data.mu.Unlock()
	from, until := milli(q.From), milli(q.Until)
	var found []*doc
	for _, d := range m.data.named[q.Address] {
		if d.subject.At.Before(from) || !until.IsZero() && !d.subject.At.Before(until) {
			continue
		}
		found = append(found, d)
	}
	slices.SortFunc(found, func(a, b *doc) int {
		return cmp.Or(a.subject.At.Compare(b.subject.At), cmp.Compare(a.subject.ID, b.subject.ID))
	})
	if q.Limit > 0 {
		found = found[:min(q.Limit, len(found))]
	}
	var out []conversations.Subject
	for _, d := range found {
		out = append(out, copySubject(d.subject))
	}
	return out, nil
}

// Route implements storage.Subjects.
func (m *Memory) Route(ctx context.Context, addresses []string) ([]storage.Hit, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.data.mu.Unlock()
	var hits []storage.Hit
	for _, a := range slices.Compact(slices.Sorted(slices.Values(addresses))) {
		first := len(hits)
		for id := range m.data.named[a] {
			hits = append(hits, storage.Hit{Address: a, Subject: id})
		}
		slices.SortFunc(hits[first:], func(a, b storage.Hit) int { return cmp.Compare(a.Subject, b.Subject) })
	}
	return hits, nil
}

// Save implements storage.Subjects.
func (m *Memory) Save(ctx context.Context, s conversations.Subject, effects []conversations.Effect) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	if s.State == nil && len(effects) > 0 {
		return fmt.Errorf("memory: save %s: %w", s.ID, errEffectsOfNothing)
	}
	d, rev := m.data.docs[s.ID], int64(0)
	if d != nil {
		rev = d.subject.Rev
	}
	if rev != s.Rev || s.State == nil && d != nil && len(d.outbox) > 0 {
		return fmt.Errorf("memory: save %s at %d: %w", s.ID, s.Rev, storage.ErrConflict)
	}
	if d != nil {
		m.unname(d)
	}
	if s.State == nil {
		delete(m.data.docs, s.ID)
		return nil
	}
	if d == nil {
		d = &doc{refs: map[string]storage.Ref{}}
		m.data.docs[s.ID] = d
	}
	d.subject = copySubject(s)
	d.subject.Rev++
	m.name(d)
	now := m.Now()
	for _, e := range effects {
		d.outbox = append(d.outbox, storage.Entry{Effect: clone(e), State: storage.Waiting, Since: now})
	}
	return nil
}

var errEffectsOfNothing = errors.New("a subject that is deleted has no effects")

func (m *Memory) unname(d *doc) {
	for _, a := range d.subject.Addresses {
		delete(m.data.named[a], d.subject.ID)
		if len(m.data.named[a]) == 0 {
			delete(m.data.named, a)
		}
	}
}

func (m *Memory) name(d *doc) {
	for _, a := range d.subject.Addresses {
		if m.data.named[a] == nil {
			m.data.named[a] = map[string]*doc{}
		}
		m.data.named[a][d.subject.ID] = d
	}
}

// Due implements storage.Subjects.
func (m *Memory) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.data.mu.Unlock()
	var due []*doc
	for _, d := range m.data.docs {
		if !d.subject.Due.IsZero() && !d.subject.Due.After(now) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b *doc) int {
		return cmp.Or(a.subject.Due.Compare(b.subject.Due), cmp.Compare(a.subject.ID, b.subject.ID))
	})
	var ids []string
	for _, d := range atMost(due, limit) {
		ids = append(ids, d.subject.ID)
	}
	return ids, nil
}

// NextDue implements storage.Subjects.
func (m *Memory) NextDue(ctx context.Context) (time.Time, error) {
	if err := m.enter(ctx); err != nil {
		return time.Time{}, err
	}
	defer m.data.mu.Unlock()
	var next time.Time
	for _, d := range m.data.docs {
		next = earlier(next, d.subject.Due)
	}
	return next, nil
}

// ClaimEffect implements storage.Outbox.
func (m *Memory) ClaimEffect(ctx context.Context, worker string) (storage.Claim, error) {
	if err := m.enter(ctx); err != nil {
		return storage.Claim{}, err
	}
	defer m.data.mu.Unlock()
	now := m.Now()
	var next *doc
	var since time.Time
	for _, d := range m.data.docs {
		if len(d.outbox) == 0 {
			continue
		}
		wake, waiting := d.wake()
		if wake.After(now) {
			continue
		}
		if next == nil || waiting.Before(since) || waiting.Equal(since) && d.subject.ID < next.subject.ID {
			next, since = d, waiting
		}
	}
	if next == nil {
		return storage.Claim{}, fmt.Errorf("memory: no effect can be claimed: %w", storage.ErrNotFound)
	}
	return next.claim(worker, now), nil
}

// wake is when the first entry of the outbox can be claimed, zero: at once; and since when it waits for that.
func (d *doc) wake() (wake, since time.Time) {
	i, wake := storage.NextEntry(d.outbox, d.refs, time.Time{})
	if i >= 0 {
		return time.Time{}, d.outbox[i].Since
	}
	return wake, wake
}

func (d *doc) claim(worker string, now time.Time) storage.Claim {
	i, _ := storage.NextEntry(d.outbox, d.refs, now)
	e := &d.outbox[i]
	if e.State == storage.Sending && e.Lapsed.IsZero() {
		e.Lapsed = e.StartedAt
	}
	e.State, e.StartedAt, e.By = storage.Sending, now, worker
	return storage.Claim{
		Subject: copySubject(d.subject), Effect: clone(e.Effect), Ref: clone(d.refs[e.Effect.Slot]),
		StartedAt: now, Tries: e.Tries, Lapsed: e.Lapsed, Worker: worker,
	}
}

// Settle implements storage.Outbox.
func (m *Memory) Settle(ctx context.Context, c storage.Claim, s storage.Settlement) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	d := m.data.docs[c.Subject.ID]
	i := -1
	if d != nil {
		i = slices.IndexFunc(d.outbox, func(e storage.Entry) bool {
			return e.Effect.ID == c.Effect.ID && e.State == storage.Sending && e.By == c.Worker && e.StartedAt.Equal(c.StartedAt)
		})
	}
	if i < 0 {
		return fmt.Errorf("memory: settle %s: %w", c.Effect.ID, storage.ErrConflict)
	}
	if s.Again > 0 {
		d.putBack(i, m.Now().Add(s.Again), s.Attempt)
		return nil
	}
	d.done(i, s.Ref, m.Now())
	return nil
}

func (d *doc) putBack(i int, notBefore time.Time, attempt bool) {
	e := &d.outbox[i]
	e.State, e.StartedAt, e.By, e.NotBefore = storage.Waiting, time.Time{}, "", milli(notBefore)
	if attempt {
		e.Tries++
	}
}

func (d *doc) done(i int, ref *storage.Ref, now time.Time) {
	slot := d.outbox[i].Effect.Slot
	if ref != nil && slot != "" {
		r := clone(*ref)
		r.At = now
		d.refs[slot] = r
	}
	var left []storage.Entry
	for j, e := range d.outbox {
		superseded := j < i && slot != "" && e.Effect.Slot == slot && e.State == storage.Waiting
		if j != i && !superseded {
			left = append(left, e)
		}
	}
	d.outbox = left
}

// Pending implements storage.Outbox.
func (m *Memory) Pending(ctx context.Context, id string) ([]storage.Entry, map[string]storage.Ref, error) {
	if err := m.enter(ctx); err != nil {
		return nil, nil, err
	}
	defer m.data.mu.Unlock()
	d := m.data.docs[id]
	if d == nil {
		return nil, nil, nil
	}
	return clone(d.outbox), clone(d.refs), nil
}

// Keep implements storage.Archive.
func (m *Memory) Keep(ctx context.Context, row storage.Kept) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	if _, taken := m.data.kept[row.Key]; !taken {
		m.data.kept[row.Key] = copyKept(row)
	}
	return nil
}

func copyKept(k storage.Kept) storage.Kept {
	return storage.Kept{Key: k.Key, At: milli(k.At), Body: slices.Clone(k.Body)}
}

// Kept implements storage.Archive.
func (m *Memory) Kept(ctx context.Context, key string) (storage.Kept, error) {
	if err := m.enter(ctx); err != nil {
		return storage.Kept{}, err
	}
	defer m.data.mu.Unlock()
	k, ok := m.data.kept[key]
	if !ok {
		return storage.Kept{}, fmt.Errorf("memory: kept %s: %w", key, storage.ErrNotFound)
	}
	return copyKept(k), nil
}

// KeptUnder implements storage.Archive.
func (m *Memory) KeptUnder(ctx context.Context, prefix, past string, limit int) ([]storage.Kept, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.data.mu.Unlock()
	var out []storage.Kept
	for key, k := range m.data.kept {
		if strings.HasPrefix(key, prefix) && (past == "" || key > past) {
			out = append(out, copyKept(k))
		}
	}
	slices.SortFunc(out, func(a, b storage.Kept) int { return cmp.Compare(a.Key, b.Key) })
	if limit > 0 {
		out = out[:min(limit, len(out))]
	}
	return out, nil
}

// Discard implements storage.Archive.
func (m *Memory) Discard(ctx context.Context, first, end string) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.data.mu.Unlock()
	maps.DeleteFunc(m.data.kept, func(key string, _ storage.Kept) bool { return first <= key && key < end })
	return nil
}

// Number implements storage.Archive.
func (m *Memory) Number(ctx context.Context, workspace, name, subject string) (int, error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.data.mu.Unlock()
	id := series{workspace, name}
	if m.data.numbers[id] == nil {
		m.data.numbers[id] = map[string]int{}
	}
	numbers := m.data.numbers[id]
	if numbers[subject] == 0 {
		numbers[subject] = len(numbers) + 1
	}
	return numbers[subject], nil
}

func atMost[T any](list []T, limit int) []T { return list[:max(0, min(limit, len(list)))] }

// earlier is the earlier of two times, where zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// milli is a time as databases keep it.
func milli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

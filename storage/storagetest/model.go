package storagetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

const (
	modelSeeds = 8
	modelSteps = 200
)

// runModel does random things to the store and to a Memory and wants the same answers. The same seed does the same
// things again; a failure shows the last of them.
//
// Where the contract leaves a choice, the store chooses and the model follows: which of several lanes or subjects comes
// next is for other cases to judge, but it must be one that the model could have given too.
func runModel(t *testing.T, h Harness) {
	for seed := range modelSeeds {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			f := newFixture(t, h)
			m := &model{
				fixture: f, rnd: rand.New(rand.NewPCG(uint64(seed), 1)), memory: NewMemory(f.clock.Now),
				loaded: map[string]conversations.Subject{},
			}
			for range modelSteps {
				m.step()
			}
		})
	}
}

type model struct {
	*fixture
	rnd    *rand.Rand
	memory *Memory
	log    []string

	lanes  []storage.Lane                   // claimed at some time
	claims []storage.Claim                  // likewise
	loaded map[string]conversations.Subject // as last loaded or saved, perhaps stale
	serial int
}

func (m *model) step() {
	ops := []struct {
		weight int
		name   string
		run    func() string
	}{
		{10, "accept", m.accept},
		{10, "claim", m.claim},
		{4, "renew", m.renew},
		{8, "finish", m.finish},
		{6, "release", m.release},
		{4, "fail", m.fail},
		{2, "replay", m.replay},
		{12, "save", m.save},
		{5, "load", m.load},
		{4, "find", m.find},
		{3, "delete", m.delete},
		{12, "claimEffect", m.claimEffect},
		{12, "settle", m.settle},
		{2, "keep", m.keep},
		{1, "discard", m.discard},
		{2, "number", m.number},
		{8, "wind", m.wind},
		{1, "purge", m.purge},
	}
	all := 0
	for _, op := range ops {
		all += op.weight
	}
	pick := m.rnd.IntN(all)
	for _, op := range ops {
		if pick -= op.weight; pick < 0 {
			m.log = append(m.log, op.name)
			m.log[len(m.log)-1] = op.name + " " + op.run()
			break
		}
	}
	m.compareAll()
}

// same ends the test unless both stores said the same.
func (m *model) same(what string, got, want any) {
	m.Helper()
	if d := diff(got, want); d != "" {
		m.Fatalf("%s differs (-model +store) after\n%s\n%s", what, m.tail(), d)
	}
}

func (m *model) tail() string { return strings.Join(m.log[max(0, len(m.log)-25):], "\n") }

// sort names an error by its sentinel.
func sort(err error) string {
	for _, s := range []error{storage.ErrNotFound, storage.ErrConflict, storage.ErrUnavailable} {
		if errors.Is(err, s) {
			return s.Error()
		}
	}
	if err != nil {
		return "another error"
	}
	return ""
}

func (m *model) both(what string, run func(s storage.Store) error) string {
	m.Helper()
	got, want := run(m.store), run(m.memory)
	if sort(got) != sort(want) {
		m.Fatalf("%s: the store says %v, the model %v, after\n%s", what, got, want, m.tail())
	}
	return fmt.Sprintf("%s → %v", what, sort(want))
}

func pick[T any](m *model, list []T) T { return list[m.rnd.IntN(len(list))] }

func (m *model) row() storage.Row {
	return message(fmt.Sprint("lane", m.rnd.IntN(4)), fmt.Sprint("k", m.rnd.IntN(60)), fmt.Sprint("s", m.rnd.IntN(3)))
}

func (m *model) accept() string {
	var rows []storage.Row
	for range 1 + m.rnd.IntN(4) {
		rows = append(rows, m.row())
	}
	return m.both(fmt.Sprint(keys(rows)), func(s storage.Store) error { return s.Accept(m.ctx, rows...) })
}

func (m *model) claim() string {
	worker := fmt.Sprint("w", len(m.lanes))
	got, err := m.store.Claim(m.ctx, worker)
	if errors.Is(err, storage.ErrNotFound) {
		m.both("claim", func(s storage.Store) error { _, err := s.Claim(m.ctx, "nobody"); return err })
		return "none"
	}
	m.ok(err)
	want, ok := m.memory.claimLane(got.Name, worker)
	if !ok {
		m.Fatalf("the store gave lane %s, which the model would not, after\n%s", got.Name, m.tail())
	}
	got.Rows, want.Rows = withoutTokens(got.Rows), withoutTokens(want.Rows)
	m.same("the lane", got, want)
	m.lanes = append(m.lanes, got)
	return got.Name + " for " + worker
}

// claimLane is Claim of a given lane.
func (m *Memory) claimLane(name, worker string) (storage.Lane, bool) {
	m.data.mu.Lock()
	defer m.data.mu.Unlock()
	m.queueLanes()
	l := m.data.lanes[name]
	if l == nil || len(l.rows) == 0 || !l.free.IsZero() {
		return storage.Lane{}, false
	}
	return l.claim(name, worker, m.Now()), true
}

// held picks a lane that was claimed once. One whose lease ran out without anybody taking it is left alone: whether it
// can still be renewed is the store's to say.
func (m *model) held() (storage.Lane, bool) {
	if len(m.lanes) == 0 {
		return storage.Lane{}, false
	}
	lane := pick(m, m.lanes)
	m.memory.data.mu.Lock()
	defer m.memory.data.mu.Unlock()
	l := m.memory.data.lanes[lane.Name]
	return lane, l == nil || l.worker != lane.Worker || l.free.After(m.memory.Now())
}

func (m *model) renew() string {
	lane, ok := m.held()
	if !ok {
		return ""
	}
	return m.both(lane.Name+" "+lane.Worker, func(s storage.Store) error { return s.Renew(m.ctx, lane) })
}

func (m *model) release() string {
	lane, ok := m.held()
	if !ok {
		return ""
	}
	rest := pick(m, []time.Duration{0, 0, time.Second, 20 * time.Second})
	return m.both(fmt.Sprint(lane.Name, lane.Worker, rest), func(s storage.Store) error { return s.Release(m.ctx, lane, rest) })
}

// some picks rows that were claimed, or any.
func (m *model) some() []storage.Row {
	if len(m.lanes) == 0 || m.rnd.IntN(5) == 0 {
		return []storage.Row{m.row()}
	}
	rows := pick(m, m.lanes).Rows
	return rows[:1+m.rnd.IntN(len(rows))]
}

func (m *model) finish() string {
	rows := m.some()
	return m.both(fmt.Sprint(keys(rows)), func(s storage.Store) error { return s.Finish(m.ctx, rows...) })
}

func (m *model) fail() string {
	row, dead := m.some()[0], m.rnd.IntN(2) == 0
	return m.both(fmt.Sprint(row.Event.Key, dead), func(s storage.Store) error { return s.Fail(m.ctx, row, "panic", dead) })
}

func (m *model) replay() string {
	row := m.row()
	if dead, _ := m.memory.Dead(m.ctx, 100); len(dead) > 0 {
		row = pick(m, dead)
	}
	return m.both(row.Event.Key, func(s storage.Store) error { return s.Replay(m.ctx, row.Event.Key, row.Subject) })
}

func (m *model) subject() conversations.Subject {
	name := fmt.Sprint("r", m.rnd.IntN(5))
	s, known := m.loaded["slack/T1/review/"+name]
	if !known || m.rnd.IntN(10) == 0 {
		s = review(name, "")
	}
	m.serial++
	s.State = &conversations.Review{Title: pick(m, []string{"", fmt.Sprint("title ", m.serial)})}
	s.Addresses = slices.Repeat([]string{fmt.Sprint("a", m.rnd.IntN(3)), fmt.Sprint("b", m.rnd.IntN(3))}, m.rnd.IntN(3))
	s.At = noon.Add(time.Duration(m.rnd.IntN(4)) * time.Minute)
	s.Due = pick(m, []time.Time{{}, noon, noon.Add(time.Duration(m.rnd.IntN(100)) * time.Second)})
	s.Applied = append(slices.Clone(s.Applied[:min(3, len(s.Applied))]), int64(m.rnd.Uint64()))
	return s
}

func (m *model) save() string {
	s := m.subject()
	var effects []conversations.Effect
	for i := range m.rnd.IntN(4) {
		to := fmt.Sprint("to", m.rnd.IntN(3))
		effects = append(effects, post(fmt.Sprintf("e%d.%d", m.serial, i), to, pick(m, []string{"", "", "card " + to, "question " + to})))
	}
	said := m.both(fmt.Sprintf("%s at %d with %d", s.ID, s.Rev, len(effects)), func(st storage.Store) error { return st.Save(m.ctx, s, effects) })
	if strings.HasSuffix(said, "→ ") {
		s.Rev++
		m.loaded[s.ID] = s
	}
	return said
}

func (m *model) delete() string {
	s := m.subject()
	s.State = nil
	return m.both(fmt.Sprintf("%s at %d", s.ID, s.Rev), func(st storage.Store) error { return st.Save(m.ctx, s, nil) })
}

func (m *model) load() string {
	id := m.subject().ID
	got, err := m.store.Load(m.ctx, id)
	want, wantErr := m.memory.Load(m.ctx, id)
	m.same("error", sort(err), sort(wantErr))
	m.same("subject", got, want)
	delete(m.loaded, id)
	if err == nil {
		m.loaded[id] = got
	}
	return id
}

func (m *model) find() string {
	q := storage.Query{Address: fmt.Sprint(pick(m, []string{"a", "b"}), m.rnd.IntN(3)), Limit: m.rnd.IntN(4)}
	if m.rnd.IntN(2) == 0 {
		q.From = noon.Add(time.Minute)
	}
	if m.rnd.IntN(2) == 0 {
		q.Until = noon.Add(3 * time.Minute)
	}
	got, err := m.store.Find(m.ctx, q)
	m.ok(err)
	want, err := m.memory.Find(m.ctx, q)
	m.ok(err)
	m.same("what was found", got, want)
	return q.Address
}

func (m *model) claimEffect() string {
	worker := fmt.Sprint("d", len(m.claims))
	got, err := m.store.ClaimEffect(m.ctx, worker)
	if errors.Is(err, storage.ErrNotFound) {
		m.both("claim", func(s storage.Store) error { _, err := s.ClaimEffect(m.ctx, "nobody"); return err })
		return "none"
	}
	m.ok(err)
	want, ok := m.memory.claimEffectOf(got.Subject.ID, worker)
	if !ok {
		m.Fatalf("the store gave effect %s of %s, where the model has none, after\n%s", got.Effect.ID, got.Subject.ID, m.tail())
	}
	m.same("the claim", got, want)
	m.claims = append(m.claims, got)
	return got.Effect.ID + " of " + got.Subject.ID
}

// claimEffectOf is ClaimEffect of a given subject.
func (m *Memory) claimEffectOf(id, worker string) (storage.Claim, bool) {
	m.data.mu.Lock()
	defer m.data.mu.Unlock()
	d := m.data.docs[id]
	if d == nil {
		return storage.Claim{}, false
	}
	if i, _ := storage.NextEntry(d.outbox, d.refs, m.Now()); i < 0 {
		return storage.Claim{}, false
	}
	return d.claim(worker, m.Now()), true
}

func (m *model) settle() string {
	if len(m.claims) == 0 {
		return ""
	}
	c := m.claims[max(0, len(m.claims)-1-m.rnd.IntN(4))]
	s := storage.Settlement{Attempt: m.rnd.IntN(2) == 0}
	if m.rnd.IntN(3) == 0 {
		s.Again = pick(m, []time.Duration{time.Millisecond, time.Second, time.Minute})
	}
	if m.rnd.IntN(2) == 0 {
		s.Ref = &storage.Ref{Hash: c.Effect.ID}
	}
	return m.both(fmt.Sprint(c.Effect.ID, " ", s.Again), func(st storage.Store) error { return st.Settle(m.ctx, c, s) })
}

func (m *model) keep() string {
	k := storage.Kept{Key: fmt.Sprint("k/", m.rnd.IntN(5)), At: m.clock.Now(), Body: []byte(fmt.Sprint(m.rnd.Uint32()))}
	return m.both(k.Key, func(s storage.Store) error { return s.Keep(m.ctx, k) })
}

func (m *model) discard() string {
	first, end := fmt.Sprint("k/", m.rnd.IntN(5)), fmt.Sprint("k/", m.rnd.IntN(5))
	return m.both(first+" to "+end, func(s storage.Store) error { return s.Discard(m.ctx, first, end) })
}

func (m *model) number() string {
	subject := fmt.Sprint("r", m.rnd.IntN(6))
	got, err := m.store.Number(m.ctx, "slack/T1", "PM", subject)
	m.ok(err)
	want, err := m.memory.Number(m.ctx, "slack/T1", "PM", subject)
	m.ok(err)
	if got < want { // the store may skip some
		m.Fatalf("number %d of %s, the model gave %d", got, subject, want)
	}
	return subject
}

func (m *model) wind() string {
	by := pick(m, []time.Duration{time.Millisecond, time.Second, storage.SlotSpacing, storage.LeaseTTL, storage.EffectTTL})
	m.clock.wind(by)
	return by.String()
}

func (m *model) purge() string {
	return m.both("", func(s storage.Store) error { _, err := s.Purge(m.ctx); return err })
}

// compareAll compares what can be asked at any time.
func (m *model) compareAll() {
	m.same("what is next", m.nextOf(m.store), m.nextOf(m.memory))
	health, err := m.store.Health(m.ctx)
	m.ok(err)
	want, err := m.memory.Health(m.ctx)
	m.ok(err)
	m.same("health", health, want)
	last := m.log[len(m.log)-1]
	for id := range m.loaded {
		if strings.Contains(last, id) || m.rnd.IntN(10) == 0 {
			m.compareOutbox(id)
		}
	}
	if m.rnd.IntN(5) == 0 {
		m.compareLists()
	}
}

// nextOf is when something can be claimed; any moment that has come is as good as another.
func (m *model) nextOf(s storage.Store) time.Time {
	next, err := s.Next(m.ctx)
	m.ok(err)
	if !next.IsZero() && !next.After(m.clock.Now()) {
		return m.clock.Now()
	}
	return next
}

func (m *model) compareOutbox(id string) {
	got, gotRefs, err := m.store.Pending(m.ctx, id)
	m.ok(err)
	want, wantRefs, err := m.memory.Pending(m.ctx, id)
	m.ok(err)
	for _, list := range [][]storage.Entry{got, want} {
		for i := range list { // a fresh entry may say that it waits for nothing, or for the moment it came
			if list[i].NotBefore.Equal(list[i].Since) {
				list[i].NotBefore = time.Time{}
			}
		}
	}
	m.same("the outbox of "+id, got, want)
	m.same("the slots of "+id, gotRefs, wantRefs)
}

func (m *model) compareLists() {
	dead, err := m.store.Dead(m.ctx, 3)
	m.ok(err)
	wantDead, err := m.memory.Dead(m.ctx, 3)
	m.ok(err)
	m.same("dead rows", withoutTokens(dead), withoutTokens(wantDead))
	now := m.clock.Now()
	due, err := m.store.Due(m.ctx, now, 3)
	m.ok(err)
	wantDue, err := m.memory.Due(m.ctx, now, 3)
	m.ok(err)
	m.same("what is due", due, wantDue)
	next, err := m.store.NextDue(m.ctx)
	m.ok(err)
	wantNext, err := m.memory.NextDue(m.ctx)
	m.ok(err)
	m.same("what is due next", next, wantNext)
	hits, err := m.store.Route(m.ctx, []string{"a0", "b1", "none"})
	m.ok(err)
	wantHits, err := m.memory.Route(m.ctx, []string{"a0", "b1", "none"})
	m.ok(err)
	byName := func(a, b storage.Hit) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Subject, b.Subject))
	}
	slices.SortFunc(hits, byName)
	slices.SortFunc(wantHits, byName)
	m.same("routes", hits, wantHits)
	kept, err := m.store.KeptUnder(m.ctx, "k/", "", 3)
	m.ok(err)
	wantKept, err := m.memory.KeptUnder(m.ctx, "k/", "", 3)
	m.ok(err)
	m.same("what is kept", kept, wantKept)
}

package storagetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// MemoryHarness is the harness of Memory, and an example of one.
func MemoryHarness() Harness {
	return Harness{
		Open: func(_ testing.TB, clock func() time.Time) storage.Store { return NewMemory(clock) },
		Again: func(_ testing.TB, s storage.Store, clock func() time.Time) storage.Store {
			m := NewMemory(clock)
			m.data = s.(*Memory).data
			return m
		},
		SetField:  setMemoryField,
		Field:     memoryField,
		Holds:     memoryHolds,
		Age:       ageMemory,
		MakeNewer: func(_ testing.TB, s storage.Store) { s.(*Memory).data.newer = true },
	}
}

func setMemoryField(t testing.TB, s storage.Store, id, field string, value json.RawMessage) {
	m := s.(*Memory)
	m.data.mu.Lock()
	defer m.data.mu.Unlock()
	d := m.data.docs[id]
	fields, err := conversations.Encode(d.subject.State)
	if err != nil {
		t.Fatal(err)
	}
	fields[field] = value
	if state, err := conversations.Decode(d.subject.State.Kind(), fields); err == nil {
		d.subject.State = state
	}
	if d.unknown == nil {
		d.unknown = map[string]json.RawMessage{}
	}
	d.unknown[field] = value
}

func memoryField(t testing.TB, s storage.Store, id, field string) (json.RawMessage, bool) {
	m := s.(*Memory)
	m.data.mu.Lock()
	defer m.data.mu.Unlock()
	d := m.data.docs[id]
	fields, err := conversations.Encode(d.subject.State)
	if err != nil {
		t.Fatal(err)
	}
	if value, ok := fields[field]; ok {
		return value, true
	}
	value, ok := d.unknown[field]
	return value, ok
}

func memoryHolds(_ testing.TB, s storage.Store, text string) bool {
	m := s.(*Memory)
	m.data.mu.Lock()
	defer m.data.mu.Unlock()
	for _, r := range m.data.rows {
		if b, err := json.Marshal(r.Row); err != nil || strings.Contains(string(b), text) {
			return true
		}
	}
	return false
}

func ageMemory(_ testing.TB, s storage.Store, by time.Duration) {
	m := s.(*Memory)
	m.data.mu.Lock()
	defer m.data.mu.Unlock()
	for _, r := range m.data.rows {
		if r.state == rowDone {
			r.doneAt = r.doneAt.Add(-by)
		}
	}
}

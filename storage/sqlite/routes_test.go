package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// TestRoutesAreExact: what a store that is alone remembers of addresses is what stands in the file, at every moment at
// which somebody can know.
func TestRoutesAreExact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	s, err := Open(t.Context(), path, Options{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	reads := openStore(t, path, nil) // reads the file each time
	subjectsAt := func(s *Store, address string) []string {
		hits, err := s.Route(t.Context(), []string{address})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, h := range hits {
			ids = append(ids, h.Subject)
		}
		slices.Sort(ids)
		return ids
	}
	address := func(n int) string { return fmt.Sprint("a", n%5) }
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			subject := conversations.Subject{ID: fmt.Sprint("s", w), V: 1}
			for i := range 60 {
				subject.State = &conversations.Review{}
				subject.Addresses = []string{address(w + i)}
				if i%10 == 9 {
					subject.State = nil // it goes
				}
				if err := s.Save(t.Context(), subject, nil); err != nil {
					t.Error(err)
					return
				}
				if subject.Rev++; subject.State == nil {
					subject.Rev = 0
				}
				for n := range 5 { // its own change is known to whoever made it
					has := slices.Contains(subjectsAt(s, address(n)), subject.ID)
					if want := subject.State != nil && address(n) == address(w+i); has != want {
						t.Errorf("after %s was saved at %v, it being at %s is %v", subject.ID, subject.Addresses, address(n), has)
					}
				}
			}
		})
	}
	all.Wait()
	for n := range 5 {
		if got, want := subjectsAt(s, address(n)), subjectsAt(reads, address(n)); !slices.Equal(got, want) {
			t.Errorf("at %s are %q, in the file %q", address(n), got, want)
		}
	}
}

// TestRoutesOfAStoreThatIsNotAlone: what another program changes is seen.
func TestRoutesOfAStoreThatIsNotAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	s, other := openStore(t, path, nil), openStore(t, path, nil)
	if hits, err := s.Route(t.Context(), []string{"a"}); len(hits) > 0 || err != nil {
		t.Fatal(hits, err)
	}
	if err := other.Save(t.Context(), conversations.Subject{ID: "s", V: 1, Addresses: []string{"a"}, State: &conversations.Review{}}, nil); err != nil {
		t.Fatal(err)
	}
	if hits, err := s.Route(t.Context(), []string{"a"}); len(hits) != 1 || err != nil {
		t.Error(hits, err)
	}
}

// TestRoutesOfAClosedStore: what is remembered is not told any more.
func TestRoutesOfAClosedStore(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "debrief.db"), Options{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Route(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Route(t.Context(), []string{"a"}); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("a closed store says %v", err)
	}
}

// TestRoutesForgetWhatWasReadMeanwhile: what was read before a change is not learned after it.
func TestRoutesForgetWhatWasReadMeanwhile(t *testing.T) {
	var r routes
	_, before, _ := r.of("a")
	r.forget()
	r.learn("a", []storage.Hit{{Address: "a", Subject: "old"}}, before)
	if hits, _, known := r.of("a"); known {
		t.Errorf("known: %v", hits)
	}
}

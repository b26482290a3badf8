package mongo

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/storage"
)

// slow is a call that takes a second, says what it was given, and refuses whatever has a bad one among it.
type slow struct{ calls [][]string }

var errBad = errors.New("bad")

func (s *slow) call(_ context.Context, all []string) (int, error) {
	s.calls = append(s.calls, slices.Sorted(slices.Values(all)))
	time.Sleep(time.Second) // of the bubble's clock
	if slices.Contains(all, "panic") {
		panic("broken")
	}
	if slices.Contains(all, "bad") {
		return 0, errBad
	}
	return len(all), nil
}

func TestWhatComesMeanwhileGoesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		calls := share(s.call)
		for i := range callsAtOnce { // these go alone
			go calls.do(t.Context(), []string{string(rune('a' + i))})
			synctest.Wait()
		}
		type outcome struct {
			n      int
			joined bool
			err    error
		}
		got := make(chan outcome, 3)
		for _, in := range [][]string{{"x"}, {"y", "z"}, {"w"}} {
			go func() {
				n, joined, err := calls.do(t.Context(), in)
				got <- outcome{n, joined, err}
			}()
		}
		for range 3 {
			if o := <-got; o != (outcome{4, true, nil}) {
				t.Errorf("came back with %+v", o)
			}
		}
		if last := s.calls[len(s.calls)-1]; len(s.calls) != callsAtOnce+1 || !slices.Equal(last, []string{"w", "x", "y", "z"}) {
			t.Errorf("the calls were %v", s.calls)
		}
	})
}

func TestWhoGivesUpIsNoAnswerForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		calls := share(s.call)
		for range callsAtOnce {
			go calls.do(t.Context(), []string{"before"})
			synctest.Wait()
		}
		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		first := make(chan error, 1)
		go func() { // it begins the call that the other joins
			_, _, err := calls.do(hurried, []string{"hurried"})
			first <- err
		}()
		synctest.Wait()
		n, _, err := calls.do(t.Context(), []string{"patient"})
		if n != 2 || err != nil {
			t.Errorf("whoever joined got %d, %v", n, err)
		}
		if err := <-first; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("whoever hurried got %v", err)
		}
	})
}

// TestNobodyWaitsBeyondTheirTime: a call that hangs, or a turn that never comes, holds up nobody.
func TestNobodyWaitsBeyondTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		hangs := share(func(context.Context, []string) (int, error) { <-end; return 0, nil })
		var all sync.WaitGroup
		for range 2*callsAtOnce + 1 { // some hang, one waits for its turn, and the others join that
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				if _, _, err := hangs.do(ctx, []string{"a"}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		close(end)
	})
}

// TestAPanicAnswersThemAll: whoever is alone with a call that panics, panics; whoever joined it may try alone.
func TestAPanicAnswersThemAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		calls := share(s.call)
		panicked := make(chan any, callsAtOnce+1)
		panics := func() {
			defer func() { panicked <- recover() }()
			_, _, _ = calls.do(t.Context(), []string{"panic"})
		}
		for range callsAtOnce + 1 { // the last one waits for its turn
			go panics()
			synctest.Wait()
		}
		if _, _, err := calls.do(t.Context(), []string{"joins"}); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("whoever joined a call that panicked got %v", err)
		}
		for range callsAtOnce {
			if <-panicked == nil {
				t.Error("whoever was alone with it heard nothing of it")
			}
		}
		if n, _, err := calls.do(t.Context(), []string{"after"}); n != 1 || err != nil {
			t.Errorf("the next got %d, %v", n, err)
		}
	})
}

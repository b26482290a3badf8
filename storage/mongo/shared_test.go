package mongo

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a call that takes a second, unless its context ends before, says how many it was given, and refuses whatever has a
// bad one among it.
type slow struct {
	mu    sync.Mutex
	calls [][]string
}

var errBad = errors.New("bad")

func (s *slow) call(ctx context.Context, all []string) (int, error) {
	s.mu.Lock()
	s.calls = append(s.calls, all)
	s.mu.Unlock()
	select {
	case <-time.After(time.Second): // of the bubble's clock
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if slices.Contains(all, "panic") {
		panic("broken")
	}
	if slices.Contains(all, "bad") {
		return 0, errBad
	}
	return len(all), nil
}

// busy is a call of which as many are on their way as may be.
func busy(t *testing.T) (*slow, *shared[string, int]) {
	s := &slow{}
	calls := share(s.call)
	for range callsAtOnce {
		go calls.do(t.Context(), []string{"before"})
		synctest.Wait()
	}
	return s, calls
}

type outcome struct {
	n   int
	err error
}

// begin makes the call, after whoever made it before.
func begin(ctx context.Context, calls *shared[string, int], in ...string) <-chan outcome {
	got := make(chan outcome, 1)
	go func() {
		n, err := calls.do(ctx, in)
		got <- outcome{n, err}
	}()
	synctest.Wait()
	return got
}

func TestWhatComesMeanwhileGoesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, calls := busy(t)
		for _, got := range []<-chan outcome{
			begin(t.Context(), calls, "x"), begin(t.Context(), calls, "y", "z"), begin(t.Context(), calls, "w"),
		} {
			if o := <-got; o != (outcome{4, nil}) {
				t.Errorf("came back with %+v", o)
			}
		}
		if last := s.calls[len(s.calls)-1]; len(s.calls) != callsAtOnce+1 || !slices.Equal(last, []string{"x", "y", "z", "w"}) {
			t.Errorf("the calls were %v", s.calls)
		}
	})
}

func TestWhatIsWrongWithOneIsNotTheOthersTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, calls := busy(t)
		good, bad, other := begin(t.Context(), calls, "x"), begin(t.Context(), calls, "bad"), begin(t.Context(), calls, "y", "z")
		if o := <-good; o != (outcome{1, nil}) {
			t.Errorf("whoever began it got %+v", o)
		}
		if o := <-other; o != (outcome{2, nil}) {
			t.Errorf("whoever joined got %+v", o)
		}
		if o := <-bad; !errors.Is(o.err, errBad) {
			t.Errorf("whoever was wrong got %+v", o)
		}
	})
}

func TestWhatIsWrongAloneIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		if _, err := share(s.call).do(t.Context(), []string{"bad"}); !errors.Is(err, errBad) || len(s.calls) != 1 {
			t.Errorf("got %v after %d calls", err, len(s.calls))
		}
	})
}

func TestWhoGivesUpIsNoAnswerForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, calls := busy(t)
		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		first := begin(hurried, calls, "hurried") // it begins the call that the other joins
		if o := <-begin(t.Context(), calls, "patient"); o != (outcome{2, nil}) {
			t.Errorf("whoever joined got %+v", o)
		}
		if o := <-first; !errors.Is(o.err, context.DeadlineExceeded) {
			t.Errorf("whoever hurried got %v", o.err)
		}
		if len(s.calls) != callsAtOnce+1 {
			t.Errorf("the calls were %v", s.calls)
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
				if _, err := hangs.do(ctx, []string{"a"}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > time.Second {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		close(end)
	})
}

func TestWhoHasGivenUpAsksForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := share(s.call).do(ended, []string{"x"}); !errors.Is(err, context.Canceled) || len(s.calls) > 0 {
			t.Errorf("got %v after %d calls", err, len(s.calls))
		}
	})
}

// TestAPanicAnswersThemAll: whoever is alone with a call that panics, panics; whoever joined it may try alone.
func TestAPanicAnswersThemAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := share((&slow{}).call)
		panicked := make(chan any, callsAtOnce+1)
		panics := func() {
			defer func() { panicked <- recover() }()
			_, _ = calls.do(t.Context(), []string{"panic"})
		}
		for range callsAtOnce + 1 { // the last one waits for its turn
			go panics()
			synctest.Wait()
		}
		if o := <-begin(t.Context(), calls, "joins"); o != (outcome{1, nil}) {
			t.Errorf("whoever joined a call that panicked got %+v", o)
		}
		for range callsAtOnce {
			if <-panicked == nil {
				t.Error("whoever was alone with it heard nothing of it")
			}
		}
		if o := <-begin(t.Context(), calls, "after"); o != (outcome{1, nil}) {
			t.Errorf("the next got %+v", o)
		}
	})
}

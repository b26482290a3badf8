package mongo

import (
	"context"
	"fmt"
	"sync"

	"github.com/debrief-bot/debrief/storage"
)

// shared is a call that many make together: what comes while some are on their way goes with the next, so that a round
// trip is shared as a commit is. Each is part of a call that began after it came.
type shared[In, Out any] struct {
	call func(ctx context.Context, all []In) (Out, error)
	turn chan struct{} // holds one for each call on its way

	mu   sync.Mutex
	next *together[In, Out] // nil: whoever comes begins one
}

// together is one call, and what came of it.
type together[In, Out any] struct {
	all    []In
	joined bool // it is for several callers
	done   chan struct{}
	out    Out // everybody's: only to be read
	err    error
	panics any // what the call panicked with
}

// callsAtOnce is how many are on their way: few, so that they are shared, but more than one, so that nobody waits for a
// whole round trip before theirs.
const callsAtOnce = 2

func share[In, Out any](call func(context.Context, []In) (Out, error)) *shared[In, Out] {
	return &shared[In, Out]{call: call, turn: make(chan struct{}, callsAtOnce)}
}

// do makes the call, with others or not, and alone when it went wrong with others: what is wrong with one's part, which may
// even make the server hang up, is not their trouble. It returns when its context ends, whatever those made together do. After
// ErrUnavailable it may have been made all the same, or be made yet.
func (s *shared[In, Out]) do(ctx context.Context, in []In) (out Out, err error) {
	if err := ctx.Err(); err != nil {
		return out, err
	}
	s.mu.Lock()
	t, first := s.next, s.next == nil
	if first {
		t = &together[In, Out]{done: make(chan struct{}), err: fmt.Errorf("broken off: %w", storage.ErrUnavailable)}
		s.next = t
	}
	t.all, t.joined = append(t.all, in...), !first
	s.mu.Unlock()
	if first {
		go s.make(context.WithoutCancel(ctx), t) // that whoever began it gives up is no answer for the others
	}
	select {
	case <-t.done:
		switch {
		case t.err != nil && t.joined:
			return s.call(ctx, in)
		case t.panics != nil:
			panic(t.panics) // it is the only caller's own doing
		}
		return t.out, t.err
	case <-ctx.Done():
		return out, ctx.Err()
	}
}

func (s *shared[In, Out]) make(ctx context.Context, t *together[In, Out]) {
	s.turn <- struct{}{}
	defer func() {
		t.panics = recover()
		close(t.done)
		<-s.turn
	}()
	s.mu.Lock()
	s.next = nil
	s.mu.Unlock()
	t.out, t.err = s.call(ctx, t.all)
}

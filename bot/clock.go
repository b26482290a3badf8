package bot

import (
	"context"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// Bounds of single calls, on the real clock, so that whatever hangs is given up.
const (
	storeBound    = 5 * time.Second // of one call of the store outside of Handle
	platformBound = 2 * time.Second // of asking the platform for a fact
	placesBound   = 8 * time.Second // of asking it for all channels, which may take it several calls
)

// milli is a time as everything here keeps it: UTC, to the millisecond.
func milli(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// normal is the event with its times as everything here keeps them.
func normal(e conversations.Event) conversations.Event {
	e.At, e.MessageAt = milli(e.At), milli(e.MessageAt)
	e.Handle.Expires, e.Result.At = milli(e.Handle.Expires), milli(e.Result.At)
	if e.Snapshot != nil {
		s := normalSnapshot(*e.Snapshot)
		e.Snapshot = &s
	}
	if e.Left != nil {
		left := *e.Left
		left.From, left.To = milli(left.From), milli(left.To)
		e.Left = &left
	}
	return e
}

func normalSnapshot(s conversations.Snapshot) conversations.Snapshot {
	s.At, s.EditedAt = milli(s.At), milli(s.EditedAt)
	return s
}

// bell wakes whoever waits for work. It holds a ring for each of them, so none is lost while they are busy.
type bell chan struct{}

func newBell(listeners int) bell { return make(bell, listeners) }

func (b bell) ring(times int) {
	for range min(times, cap(b)) {
		select {
		case b <- struct{}{}:
		default:
			return
		}
	}
}

// wait lets the time pass. false: the context or the channel ended first.
func wait(ctx context.Context, ended <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ended:
		return false
	case <-ctx.Done():
		return false
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func closedAfter(all *sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		all.Wait()
	}()
	return done
}

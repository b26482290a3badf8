package local

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations/transcript"
)

// Clock is a time that stands still, or goes with the machine's once it is told to. It can be set to a later time and
// never goes back.
//
// People's clock, when it goes, shows whole minutes, as transcripts do: what is done by it can be written down exactly.
// The store's, by which leases and rests are counted, is exact.
type Clock struct {
	mu      sync.Mutex
	at      time.Time        // what it showed last, and shows as long as it stands
	machine func() time.Time // nil: it stands
	lead    time.Duration    // of the machine's clock
	exact   bool
}

// NewClock makes a clock that stands at a time.
func NewClock(at time.Time) *Clock { return &Clock{at: at.UTC()} }

// Now is what the clock shows, UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.machine != nil {
		now := c.machine().Add(c.lead).UTC()
		if !c.exact {
			now = now.Truncate(time.Minute)
		}
		if now.After(c.at) {
			c.at = now
		}
	}
	return c.at
}

// Set moves the clock to a later time, from which it goes on. An earlier one changes nothing.
func (c *Clock) Set(to time.Time) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !to.After(now) {
		return
	}
	c.at = to.UTC()
	if c.machine != nil {
		c.lead = c.at.Sub(c.machine())
	}
}

// Go lets the clock go on with the machine's, from what it shows; one that shows nothing yet, from the machine's time.
func (c *Clock) Go(machine func() time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() {
		c.lead = c.at.Sub(machine())
	}
	c.machine = machine
}

// GoExactly is Go for the clock of a store.
func (c *Clock) GoExactly(machine func() time.Time) {
	c.Go(machine)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exact = true
}

// put makes the clock lead the machine's by so much, which may be less than nothing.
func (c *Clock) put(lead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lead, c.at = lead, time.Time{}
}

// leads is by how much the clock leads the machine's.
func (c *Clock) leads() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lead
}

var errNoClock = errors.New("this chat has no clock that can be wound")

// Wind sets the chat's clock to a later time, and the store's forward by as much, for good: after a restart they are as
// far ahead as before.
func (c *Chat) Wind(ctx context.Context, to time.Time) error { return c.windTo(ctx, to, true) }

// windTo winds the clock, and with told lets a transcript tell it.
func (c *Chat) windTo(ctx context.Context, to time.Time, told bool) error {
	if c.clock == nil {
		return errNoClock
	}
	return c.do(ctx, func() error {
		from := c.clock.Now()
		clocks := []*Clock{c.clock}
		if c.store != nil {
			clocks = append(clocks, c.store)
		}
		for _, clock := range clocks {
			lead := clock.leads()
			c.undo(func() { clock.put(lead) })
		}
		c.clock.Set(to)
		if by := c.clock.Now().Sub(from); by > 0 && c.store != nil {
			c.store.Set(c.store.Now().Add(by))
		}
		c.s.Ahead = ahead{People: c.clock.leads()}
		if c.store != nil {
			c.s.Ahead.Store = c.store.leads()
		}
		now := c.s.Ahead
		c.tx.entry.Ahead = &now
		if told {
			c.tx.entry.Deeds = append(c.tx.entry.Deeds, deed{Deed: transcript.Deed{At: from}, Wound: to.UTC()})
		}
		return nil
	})
}

// ahead is by how much the clocks that can be wound are ahead of the machine's, which may be less than nothing.
type ahead struct {
	People time.Duration `json:"people"`
	Store  time.Duration `json:"store"`
}

// stir tells those who watch about the clock.
func (c *Chat) stir() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.news)
	c.news = make(chan struct{})
}

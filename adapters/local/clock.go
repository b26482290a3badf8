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
// One that goes shows whole minutes, as transcripts do: what is done by it can be written down exactly.
type Clock struct {
	mu      sync.Mutex
	at      time.Time        // what it showed last, and shows as long as it stands
	machine func() time.Time // nil: it stands
	lead    time.Duration    // of the machine's clock
}

// NewClock makes a clock that stands at a time.
func NewClock(at time.Time) *Clock { return &Clock{at: at.UTC()} }

// Now is what the clock shows, UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.machine != nil {
		if now := c.machine().Add(c.lead).Truncate(time.Minute); now.After(c.at) {
			c.at = now.UTC()
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

// Wind sets the chat's clock to a later time, for good: after a restart the chat is as far ahead as before.
func (c *Chat) Wind(ctx context.Context, to time.Time) error { return c.windTo(ctx, to, true) }

// windTo winds the clock, and with told lets a transcript tell it.
func (c *Chat) windTo(ctx context.Context, to time.Time, told bool) error {
	if c.clock == nil {
		return errNoClock
	}
	return c.do(ctx, func() error {
		from, lead := c.clock.Now(), c.clock.leads()
		c.undo(func() { c.clock.put(lead) })
		c.clock.Set(to)
		c.s.Ahead = c.clock.leads()
		ahead := c.s.Ahead
		c.tx.entry.Ahead = &ahead
		if told {
			c.tx.entry.Deeds = append(c.tx.entry.Deeds, deed{Deed: transcript.Deed{At: from}, Wound: to.UTC()})
		}
		return nil
	})
}

// stir tells those who watch about the clock.
func (c *Chat) stir() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.news)
	c.news = make(chan struct{})
}

package transcript

import (
	"context"
	"fmt"
	"time"
)

// Clock shows a time that is set.
type Clock interface {
	Now() time.Time
	// Set brings the clock to a moment. It never goes back.
	Set(to time.Time)
}

// Worker is the bot as a stage drives it.
type Worker interface {
	// Drain works off everything that can be worked off now.
	Drain(ctx context.Context) error
	// Tick does what is due at the moment now.
	Tick(ctx context.Context, now time.Time) error
}

// Clockwork is the part of a Stage that has to do with time: Settle, Due and Pass.
//
// There are two clocks, as everywhere: that of people, which the chat and the bot read, and that of the store, by which
// it counts leases, back-off and the spacing of slots. Settling winds only the store's, so what has to be tried again
// takes no time that anybody sees, and messages have the same times in every world.
type Clockwork struct {
	People, Store Clock
	Bot           Worker
	// Next is the store's Next: when something that waits now can be gone on with, by its clock. nil: nothing waits.
	Next func(ctx context.Context) (time.Time, error)
	// NextDue is the store's NextDue: when a subject wants to be ticked, by the bot's clock. nil: never.
	NextDue func(ctx context.Context) (time.Time, error)
	// Redeliver has the platform bring what was not acknowledged once more.
	Redeliver func(ctx context.Context)
	// Waiting is how much is still not acknowledged.
	Waiting func() int
	// Away: the store cannot be reached, so nothing happens.
	Away bool
}

// Move brings people's time to a moment, and the store's forward by as much.
func (c *Clockwork) Move(to time.Time) {
	by := to.Sub(c.People.Now())
	if by <= 0 {
		return
	}
	c.People.Set(to)
	c.Store.Set(c.Store.Now().Add(by))
}

const (
	restless   = 2000          // rounds after which Settle gives up
	settleTime = 6 * time.Hour // by the store's clock, after which it gives up
)

// Settle implements Stage: everything that waits is worked off, and the store's clock is wound to whatever waits next,
// until nothing does. While the store is away nothing happens.
func (c *Clockwork) Settle(ctx context.Context) error {
	if c.Away {
		return nil
	}
	limit := c.Store.Now().Add(settleTime)
	for range restless {
		c.Redeliver(ctx)
		if err := c.Bot.Drain(ctx); err != nil {
			return fmt.Errorf("drain: %w", err)
		}
		ticked, err := c.tick(ctx)
		if err != nil {
			return err
		}
		if ticked {
			continue
		}
		next, err := ask(ctx, c.Next)
		if err != nil {
			return fmt.Errorf("ask the store what waits: %w", err)
		}
		if next.IsZero() && c.Waiting() == 0 {
			return nil
		}
		if next.After(limit) {
			return fmt.Errorf("something still waits until %s, after %s of trying", next.Format(time.RFC3339), settleTime)
		}
		if !next.IsZero() {
			c.Store.Set(next)
		}
	}
	return fmt.Errorf("no rest after %d rounds", restless)
}

// tick ticks the bot if something is due now.
func (c *Clockwork) tick(ctx context.Context) (bool, error) {
	now := c.People.Now()
	due, err := c.Due(ctx)
	if err != nil || due.IsZero() || due.After(now) {
		return false, err
	}
	if err := c.Bot.Tick(ctx, now); err != nil {
		return false, fmt.Errorf("tick: %w", err)
	}
	return true, nil
}

func ask(ctx context.Context, f func(context.Context) (time.Time, error)) (time.Time, error) {
	if f == nil {
		return time.Time{}, nil
	}
	return f(ctx)
}

// Due implements Stage.
func (c *Clockwork) Due(ctx context.Context) (time.Time, error) {
	if c.Away {
		return time.Time{}, nil
	}
	due, err := ask(ctx, c.NextDue)
	if err != nil {
		return due, fmt.Errorf("ask the store what is due: %w", err)
	}
	return due, nil
}

// Pass implements Stage.
func (c *Clockwork) Pass(ctx context.Context, to time.Time) error {
	if err := c.Settle(ctx); err != nil {
		return err
	}
	for range restless {
		due, err := c.Due(ctx)
		if err != nil {
			return err
		}
		if due.IsZero() || due.After(to) {
			return c.arrive(ctx, to)
		}
		c.Move(due)
		if err := c.Settle(ctx); err != nil {
			return fmt.Errorf("at %s: %w", due.Format(time.RFC3339), err)
		}
	}
	return fmt.Errorf("more than %d things due on the way", restless)
}

// arrive is the end of a time that passes: the bot is ticked once more, as its metronome would.
func (c *Clockwork) arrive(ctx context.Context, to time.Time) error {
	c.Move(to)
	if c.Away {
		return nil
	}
	if err := c.Bot.Tick(ctx, c.People.Now()); err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	return c.Settle(ctx)
}

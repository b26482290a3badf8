package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	restWithin = 8 * time.Second // what the bot is waited for after each thing that fell due
	restLook   = 20 * time.Millisecond
	hopsMost   = 5000
)

var (
	errWinding   = errors.New("the clock is being wound")
	errNoWinding = errors.New("this clock cannot be wound")
	errNotDue    = errors.New("nothing is due, ever")
)

// quietMost is how far the clock is wound at most until the bot says something: less than pins are kept without a review.
const quietMost = 28 * 24 * time.Hour

// wind winds the clock in the background: by an hour, a day, a week, or until the bot says something by itself.
func (s *Server) wind(person, by string) error {
	if s.o.Winder == nil || s.chat.clock == nil {
		return errNoWinding
	}
	now := s.chat.now()
	local := now.In(s.chat.ReaderOf(person, s.o.Zone).Zone)
	said := s.chat.count()
	var to time.Time
	enough := func() bool { return false }
	switch by {
	case "hour":
		to = now.Add(time.Hour)
	case "day":
		to = local.AddDate(0, 0, 1)
	case "week":
		to = local.AddDate(0, 0, 7)
	case "next":
		due, err := s.o.Winder.Due(context.Background())
		switch {
		case err != nil:
			s.log.Warn("what is due cannot be asked", "platform", "local", "err", err)
			return ErrNotSaved
		case due.IsZero():
			return errNotDue
		}
		to = now.Add(quietMost)
		enough = func() bool { return len(s.chat.botSaid(said)) > 0 }
	default:
		return fmt.Errorf("it is wound by an hour, a day, a week or to what comes next, not by %q", by)
	}
	if !s.winding.TryLock() {
		return errWinding
	}
	s.spoke.Store(nil)
	s.busy.Store(true)
	go func() {
		defer s.winding.Unlock()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			select {
			case <-s.closing:
				cancel()
			case <-ctx.Done():
			}
		}()
		err := s.through(ctx, to.Truncate(time.Minute), enough)
		spoke := s.chat.botSaid(said)
		s.spoke.Store(&spoke)
		s.busy.Store(false)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("the clock was not wound all the way", "platform", "local", "err", err)
		}
		s.chat.stir()
	}()
	return nil
}

// through winds the clock to a time, or until it is enough, and stops at everything that falls due on the way until the
// bot is done with it.
func (s *Server) through(ctx context.Context, to time.Time, enough func() bool) error {
	s.rest(ctx)
	for range hopsMost {
		due, err := s.o.Winder.Due(ctx)
		if err != nil {
			return fmt.Errorf("ask what is due: %w", err)
		}
		if due.IsZero() || due.After(to) {
			break
		}
		if due.After(s.chat.now()) {
			if err := s.chat.windTo(ctx, due, false); err != nil {
				return err
			}
		}
		if err := s.o.Winder.Tick(ctx, s.chat.now()); err != nil {
			return fmt.Errorf("tick: %w", err)
		}
		s.rest(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		if enough() {
			to = s.chat.now().Add(time.Minute - 1).Truncate(time.Minute)
			break
		}
	}
	if err := s.chat.windTo(ctx, to, true); err != nil {
		return err
	}
	if err := s.o.Winder.Tick(ctx, s.chat.now()); err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	s.rest(ctx)
	return nil
}

// rest waits until the bot is done with what it has, for a bounded time: whatever takes longer goes on by itself. What is
// only waiting because a message is not to be edited twice within moments is spared that.
func (s *Server) rest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, restWithin)
	defer cancel()
	look := time.NewTicker(restLook)
	defer look.Stop()
	for looks := 0; ; looks++ {
		if done, err := s.o.Winder.Rest(ctx); done && err == nil {
			return
		}
		if looks%spareAfter == spareAfter-1 {
			s.spare(ctx)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

const (
	spareAfter = 8               // looks
	spareMost  = 3 * time.Second // far less than any claim lasts, so that nobody's is taken from them
)

// spare winds the store's clock alone, when what comes next is so near that it can only be a rest between two edits.
func (s *Server) spare(ctx context.Context) {
	if s.chat.store == nil {
		return
	}
	next, err := s.o.Winder.Next(ctx)
	now := s.chat.store.Now()
	if err == nil && next.After(now) && next.Sub(now) <= spareMost {
		s.chat.store.Set(next)
	}
}

// count says how many messages there are.
func (c *Chat) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.s.Messages)
}

// botSaid gives the channels in which the bot has said something that others see, after so many messages.
func (c *Chat) botSaid(since int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var where []string
	for _, m := range c.s.Messages[min(since, len(c.s.Messages)):] {
		if m.ours() && m.Only == "" && !slices.Contains(where, m.Channel) {
			where = append(where, m.Channel)
		}
	}
	return where
}

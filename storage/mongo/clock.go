package mongo

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

const (
	clockLife    = time.Minute // after which the offset is measured again
	clockSamples = 3           // of which the one with the quickest answer counts
)

// clock is the machine's clock plus a measured offset.
type clock struct {
	mu        sync.Mutex
	offset    time.Duration
	measured  time.Time // by the machine's clock; zero: never
	measuring bool
	command   string // "hello" or "isMaster"; empty: not known yet
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// stale reports, to one caller at a time, that the offset should be measured again. One that was never measured waits
// for Ready.
func (c *clock) stale() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.measuring || c.measured.IsZero() || time.Since(c.measured) < clockLife {
		return false
	}
	c.measuring = true
	return true
}

func (c *clock) set(offset time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.measured = offset, time.Now()
}

// rest ends a measurement, whatever came of it; after one that failed the next is tried in a minute.
func (c *clock) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.measuring, c.measured = false, time.Now()
}

func (s *Store) measureAgain() {
	defer s.clock.rest()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	_ = s.measure(ctx) // the old offset stays good enough; Ready reports a server that is away
}

// measure asks the server for its time and takes the middle of the quickest round trip for the moment it meant.
func (s *Store) measure(ctx context.Context) error {
	var best time.Duration
	var offset time.Duration
	for i := range clockSamples {
		start := time.Now()
		at, err := s.localTime(ctx)
		if err != nil {
			return err
		}
		if trip := time.Since(start); i == 0 || trip < best {
			best, offset = trip, at.Sub(start.Add(trip/2))
		}
	}
	s.clock.set(offset)
	return nil
}

var errNoClock = errors.New("the server does not tell its time (localTime in the answer to hello or isMaster)")

// localTime asks by hello, and by its older name where the server does not know it or leaves the time out.
func (s *Store) localTime(ctx context.Context) (time.Time, error) {
	for _, command := range s.clock.commands() {
		var answer struct {
			LocalTime time.Time `bson:"localTime"`
		}
		err := s.db.RunCommand(ctx, bson.D{{Key: command, Value: 1}}).Decode(&answer)
		var refused mongo.CommandError
		if errors.As(err, &refused) && refused.HasErrorCode(codeCommandNotFound) {
			continue
		}
		if err != nil {
			return time.Time{}, err
		}
		if !answer.LocalTime.IsZero() {
			s.clock.works(command)
			return answer.LocalTime, nil
		}
	}
	return time.Time{}, errNoClock
}

func (c *clock) commands() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.command != "" {
		return []string{c.command}
	}
	return []string{"hello", "isMaster"}
}

func (c *clock) works(command string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.command = command
}

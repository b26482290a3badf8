package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// toRun is how a bot opens its store. On one SQLite file only one runs at a time, in front of MongoDB as many as wanted; and
// whoever only looks into it may do so while one runs.
func toRun() sqlite.Options { return sqlite.Options{Alone: true} }

// toRunLocal is the same for the local chat, whose clock can be wound.
func toRunLocal(clock func() time.Time) sqlite.Options {
	return sqlite.Options{Clock: clock, Alone: true, Inside: true}
}

// toThrowAway is the same where the file goes with the program.
func toThrowAway(clock func() time.Time) sqlite.Options {
	o := toRunLocal(clock)
	o.Scratch = true
	return o
}

// openStore opens the configured store and makes it ready.
func openStore(ctx context.Context, c Config, o sqlite.Options) (storage.Store, error) {
	s, err := connect(ctx, c, o)
	if err != nil {
		return nil, err
	}
	if err := s.Ready(ctx); err != nil {
		_ = s.Close() // what matters is why it is not ready
		if c.MongoURI != "" && errors.Is(err, storage.ErrUnavailable) {
			return nil, fmt.Errorf("MongoDB does not answer; is it running, and is %s_MONGO_URI its address? (%w)", prefix, err)
		}
		return nil, fmt.Errorf("%s: %w", c.storeName(), err)
	}
	return s, nil
}

func connect(ctx context.Context, c Config, o sqlite.Options) (storage.Store, error) {
	if uri := c.MongoURI.Reveal(); uri != "" {
		return mongo.Open(ctx, uri, mongo.Options{Clock: o.Clock})
	}
	s, err := sqlite.Open(ctx, c.SQLitePath, o)
	if err != nil {
		return nil, fmt.Errorf("%w (%s_SQLITE_PATH is its path)", err, prefix)
	}
	return s, nil
}

// storeName is what the store is called in words.
func (c Config) storeName() string {
	if c.MongoURI != "" {
		return "MongoDB"
	}
	return "SQLite file " + c.SQLitePath
}

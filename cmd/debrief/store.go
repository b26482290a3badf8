package main

import (
	"context"
	"fmt"
	"time"

	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// openStore opens the configured store and makes it ready. clock is the store's; nil: its own.
func openStore(ctx context.Context, c Config, clock func() time.Time) (storage.Store, error) {
	s, err := connect(ctx, c, clock)
	if err != nil {
		return nil, err
	}
	if err := s.Ready(ctx); err != nil {
		_ = s.Close() // what matters is why it is not ready
		return nil, fmt.Errorf("%s: %w", c.storeName(), err)
	}
	return s, nil
}

func connect(ctx context.Context, c Config, clock func() time.Time) (storage.Store, error) {
	if uri := c.MongoURI.Reveal(); uri != "" {
		return mongo.Open(ctx, uri, mongo.Options{Clock: clock})
	}
	return sqlite.Open(ctx, c.SQLitePath, sqlite.Options{Clock: clock})
}

// storeName is what the store is called in words.
func (c Config) storeName() string {
	if c.MongoURI != "" {
		return "MongoDB"
	}
	return "SQLite file " + c.SQLitePath
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// openChat is the chat in the browser as the store has it, with people and channels where there is nothing yet. Its clock,
// which the bot has to go by, can be wound, and the store's goes with it.
func openChat(ctx context.Context, s storage.Store, stores *local.Clock, log *slog.Logger) (*local.Chat, *local.Clock, error) {
	clock := local.NewClock(time.Time{})
	clock.Go(time.Now)
	chat, err := local.Restore(ctx, local.Options{Clock: clock, Store: stores, Journal: chatJournal{s}, Log: log})
	if err != nil {
		return nil, nil, err
	}
	return chat, clock, local.Furnish(ctx, chat)
}

// wound is the bot as the chat in the browser winds it.
type wound struct {
	store storage.Store
	bot   *bot.Bot
}

var _ local.Winder = wound{}

// Due implements local.Winder.
func (w wound) Due(ctx context.Context) (time.Time, error) { return w.store.NextDue(ctx) }

// Next implements local.Winder.
func (w wound) Next(ctx context.Context) (time.Time, error) { return w.store.Next(ctx) }

// Tick implements local.Winder.
func (w wound) Tick(ctx context.Context, now time.Time) error { return w.bot.Tick(ctx, now) }

// Rest implements local.Winder.
func (w wound) Rest(ctx context.Context) (bool, error) {
	h, err := w.store.Health(ctx)
	return err == nil && h.New == 0 && h.Effects == 0, err
}

// stageFor makes stages in a zone, each with a bot and a store of its own, which goes when the stage ends.
func stageFor(log *slog.Logger) func(context.Context) (*local.Stage, func(), error) {
	return func(ctx context.Context) (*local.Stage, func(), error) {
		dir, err := os.MkdirTemp("", "debrief-told-")
		if err != nil {
			return nil, nil, fmt.Errorf("make room for the database: %w", err)
		}
		people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
		store, err := sqlite.Open(ctx, filepath.Join(dir, "debrief.db"), toThrowAway(stores.Now))
		if err == nil {
			err = store.Ready(ctx)
		}
		if err != nil {
			_ = os.RemoveAll(dir) // what matters is why there is no store
			return nil, nil, err
		}
		end := func() {
			_ = store.Close()
			_ = os.RemoveAll(dir) // nothing in it is needed
		}
		return newStage(nil, people, stores, store, log), end, nil
	}
}

// newStage is where transcripts are played: a chat, nil for one in memory, and a bot over a store. Each has a clock of its
// own.
func newStage(chat *local.Chat, people, stores *local.Clock, store storage.Store, log *slog.Logger) *local.Stage {
	return local.NewStage(local.StageOptions{
		Chat: chat, Clock: people, Store: stores, Next: store.Next, NextDue: store.NextDue,
		Open: func(ctx context.Context, chat *local.Chat, zone *time.Location) (local.Bot, error) {
			b := bot.New(bot.Options{Store: store, Chats: []adapters.Chat{chat}, Now: people.Now, Zone: zone, Log: log})
			return b, b.CatchUp(ctx)
		},
	})
}

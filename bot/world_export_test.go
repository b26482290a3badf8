package bot

import (
	"context"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// DrainOnce does one thing that can be done now. It is what Drain repeats.
func (b *Bot) DrainOnce(ctx context.Context) (bool, error) { return b.drainOnce(ctx) }

// WorkOnce is what a worker repeats.
func (b *Bot) WorkOnce(ctx context.Context, worker string) (bool, error) {
	return b.workOnce(ctx, worker)
}

// DeliverOnce is what a deliverer repeats.
func (b *Bot) DeliverOnce(ctx context.Context, worker string) (bool, error) {
	return b.deliverOnce(ctx, worker)
}

// SweepOnce is what a beat does.
func (b *Bot) SweepOnce(ctx context.Context, now time.Time) (int, error) {
	return b.sweep(ctx, milli(now), dueBatch)
}

// HandleHere is Handle on the caller's own goroutine.
func (b *Bot) HandleHere(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	return b.handle(ctx, normal(e))
}

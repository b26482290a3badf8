package bot

import "context"

// DrainOnce does one thing that can be done now. It is what Drain repeats.
func (b *Bot) DrainOnce(ctx context.Context) (bool, error) { return b.drainOnce(ctx) }

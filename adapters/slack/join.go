package slack

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// noJoinScope is said when the app may not join channels: without it nothing that was wanted happens, and nobody sees why.
const noJoinScope = "the app has no right to join channels. Print its manifest with `--with join` beside what you have, " +
	"paste it under App Manifest at https://api.slack.com/apps, and install the app again"

// join has the bot become a member of every public channel that matches. One that does not let it in is passed over. What
// was joined stays so: after an end in the middle, doing it again goes on. A list that is too long for one call's time goes
// on at the page where it was, or it would never come to its end; after a death, it begins again.
func (c *Chat) join(ctx context.Context, m conversations.Message) error {
	cursor := c.listed(m.Effect)
	defer func() { c.list(m.Effect, cursor) }()
	for {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < answerTime {
			return &adapters.RetryAfter{After: time.Second}
		}
		got, next, err := c.api.GetConversationsContext(ctx, &slack.GetConversationsParameters{
			Types: []string{"public_channel"}, ExcludeArchived: true, Limit: listSize, Cursor: cursor,
		})
		if code(err) == "invalid_cursor" {
			cursor = ""
			return &adapters.RetryAfter{After: time.Second}
		}
		if err != nil {
			return c.sending("list channels", err)
		}
		for _, ch := range got {
			if ch.IsMember || ch.IsArchived || ch.IsExtShared || !conversations.JoinMatches(m.Names, ch.Name) {
				continue
			}
			if err := c.enter(ctx, ch.ID); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// listing is how far the list of channels was gone through, for which effect.
type listing struct{ effect, cursor string }

func (c *Chat) listed(effect string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.joining.effect != effect {
		return ""
	}
	return c.joining.cursor
}

func (c *Chat) list(effect, cursor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.joining = listing{effect, cursor}
}

// listSize is how many channels are asked for at once, the most that Slack gives:
// https://docs.slack.dev/reference/methods/conversations.list
const listSize = 999

// enter joins one channel: https://docs.slack.dev/reference/methods/conversations.join
func (c *Chat) enter(ctx context.Context, channel string) error {
	_, _, _, err := c.api.JoinConversationContext(ctx, channel)
	switch name := code(err); {
	case err == nil:
		return nil
	case name == "missing_scope":
		return &adapters.Undeliverable{Reason: noJoinScope}
	case name == "" || isUnsure(name) || isTokenError(name) || name == "ratelimited":
		return c.sending("join a channel", err)
	}
	c.log.Warn("a channel was not joined", "platform", "slack", "err", clean("join a channel", err))
	return nil
}

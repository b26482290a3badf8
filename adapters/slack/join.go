package slack

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// noJoinScope is said when the app may not join channels: without it nothing that was wanted happens, and nobody sees why.
const noJoinScope = "the app has no right to join channels. Print its manifest with `--with join` beside what you have, " +
	"paste it under App Manifest at https://api.slack.com/apps, and install the app again"

// join has the bot become a member of every public channel that matches. One that does not let it in is passed over. What
// was joined stays so: after an end in the middle, doing it again goes on.
func (c *Chat) join(ctx context.Context, m conversations.Message) error {
	for cursor := ""; ; {
		got, next, err := c.api.GetConversationsContext(ctx, &slack.GetConversationsParameters{
			Types: []string{"public_channel"}, ExcludeArchived: true, Limit: listSize, Cursor: cursor,
		})
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

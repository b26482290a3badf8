package slack

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/conversations"
)

// The Home is a page of one's own in the app: https://docs.slack.dev/surfaces/app-home. What it shows is made anew each
// time somebody opens it, which is when it can have become old, and after each thing that they do on it: it has no
// messages, and Slack gives no address to answer at, so what the bot says to that stands above the page, until it is opened
// again.

// atHome is the handle of what somebody does on their Home.
const atHome = "home"

// maxHome is how many blocks it may have: https://docs.slack.dev/reference/views/home-tab-views
const maxHome = 100

// opened is that somebody looks at their Home; not at another tab of the app.
func (id identity) opened(ev event) (conversations.Event, bool) {
	e, ok := id.looks(ev.User, ev.EventTS)
	return e, ok && ev.Tab == "home" && isID(ev.User)
}

// looks asks for somebody's page.
func (id identity) looks(user, ts string) (conversations.Event, bool) {
	at, ok := timeOf(ts)
	return conversations.Event{
		Key: id.key("home", user, ts), Kind: conversations.Opened, At: at, Who: user, Where: conversations.Place{Workspace: id.workspace()},
	}, ok
}

// publish shows somebody their page, below what is said to them; that may be nothing.
func (c *Chat) publish(ctx context.Context, id identity, person string, above, page conversations.Body) error {
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: id.home(above, page)}}
	if _, err := c.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: person, View: view}); err != nil {
		return c.sending("show a page", err)
	}
	return nil
}

func (id identity) home(above, page conversations.Body) []slack.Block {
	var blocks []slack.Block
	for _, b := range []conversations.Body{above, page} {
		if b.IsZero() {
			continue
		}
		if len(blocks) > 0 {
			blocks = append(blocks, slack.NewDividerBlock())
		}
		for _, p := range id.render(b) {
			blocks = append(blocks, p.blocks...)
		}
	}
	blocks = blocks[:min(len(blocks), maxHome)]
	uniqueIDs(blocks)
	return blocks
}

// answerAtHome says something to somebody on their page, with what that shows now.
func (c *Chat) answerAtHome(ctx context.Context, id identity, m conversations.Message) error {
	h, _, ok := c.connected()
	if !ok {
		return errNotConnected
	}
	look, _ := id.looks(m.Person, stamp(c.now()))
	page, err := h.Handle(ctx, look)
	if err != nil {
		return c.write(ctx, id, m) // the page as it stands there would be lost
	}
	return c.publish(ctx, id, m.Person, m.Body, page.Private)
}

// showing shows somebody the page that they opened.
func (c *Chat) showing(id identity, e conversations.Event, page conversations.Body) reply {
	return reply{then: func(ctx context.Context) {
		if err := c.publish(ctx, id, e.Who, conversations.Body{}, page); err != nil {
			c.log.Warn("a page was not shown", "platform", "slack", "event", e.Key, "err", err)
		}
	}}
}

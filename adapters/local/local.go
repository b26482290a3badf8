// Package local is a chat of its own: people, channels, threads, reactions, buttons and forms, in memory or with
// a journal. It is what Debrief talks to when no platform is configured, in the browser, and what transcripts, worlds
// and `debrief play` run on.
//
// It behaves like Slack, because Slack is the stricter teacher: a thread is the id of its root message, reactions do not
// say in which thread they happened, slash commands are refused inside threads, a text that begins with a slash is not
// sent, a deleted message cannot be edited, somebody whose account is closed cannot be written to. What the bot does
// itself never comes back to it as an event.
//
// The pieces: people.go is what people do, receive.go turns it into events and hands them over, send.go is what the bot
// does, journal.go makes all of it durable, compact.go has what was deleted forgotten, clock.go is the time, render.go is
// how a message reads as plain text, picture.go shows the whole chat, stage.go plays transcripts. In the browser: server.go
// answers, arrange.go changes who and what there is, view.go is what somebody sees, html.go how a message looks, wind.go
// winds the clock, tell.go writes down what was done, page/ is the page.
package local

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

const (
	// Workspace is the key of the one workspace there is.
	Workspace = "local/main"
	// BotID is the bot's id as the author of messages and reactions. People address it as `@debrief`.
	BotID = "debrief"

	pageSize     = 15               // messages that Read gives at once, as the worst class of Slack app gets them
	handleLife   = 30 * time.Minute // how long a click or command can be answered privately
	answerWithin = 3 * time.Second  // what an act waits for its answer
	retryEvery   = time.Second      // Run offers undelivered events again this often
)

// Options say how a Chat is to work.
type Options struct {
	Now     func() time.Time // the chat's clock; nil: Clock, else the machine's
	Clock   *Clock           // a clock that can be wound; how far it was is kept in the journal
	Store   *Clock           // the store's clock, which goes with Clock when that is wound; nil: it stays as it is
	Journal Journal          // nil: the chat is in memory only
	Log     *slog.Logger     // nil: nothing is logged
}

// Chat is the whole chat. It implements adapters.Chat; all its methods may be called at once.
type Chat struct {
	now     func() time.Time
	clock   *Clock
	store   *Clock
	journal Journal
	log     *slog.Logger

	delivering sync.Mutex // held while events are handed over, so that they keep their order; taken before mu

	mu      sync.Mutex
	s       state
	index   map[string]*message // by channel and id
	places  map[conversations.Place][]*message
	effects map[string]*message // by effect
	handler adapters.Handler
	tx      *change           // what is being done
	inHand  []waiting         // events of clicks, commands and forms that the bot is being handed
	taken   []string          // keys of events that the bot has, to be written down with the next entry
	acts    []string          // names of the newest acts
	stale   bool              // the journal may say what is not so any more
	born    int64             // tells this chat from every other
	around  int64             // the change that touched people or channels last
	wound   int64             // the change that wound the clock last
	windows map[string]string // in which somebody acted, by the key of the event
	formed  map[string]int64  // the change that touched somebody's form last
	news    chan struct{}     // closed at the next change
	busy    time.Duration     // when not zero, the next call of the bot is told to wait so long: for the suite
}

var _ adapters.Chat = (*Chat)(nil)

// New makes an empty chat. One that has a journal with something in it is made by Restore.
func New(o Options) *Chat {
	if o.Now == nil && o.Clock != nil {
		o.Now = o.Clock.Now
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Chat{
		now: o.Now, clock: o.Clock, store: o.Store, journal: o.Journal, log: o.Log, s: newState(),
		formed: map[string]int64{}, windows: map[string]string{}, news: make(chan struct{}), born: time.Now().UnixNano(),
	}
	c.reindex()
	return c
}

// Name implements adapters.Chat.
func (*Chat) Name() string { return "local" }

// Run hands events to the bot until the context ends: what waits at once, what people do from then on as they do it,
// what could not be saved again every second. Meanwhile it keeps the journal short.
func (c *Chat) Run(ctx context.Context, h adapters.Handler) error {
	c.connect(h)
	defer c.connect(nil)
	c.Redeliver(ctx)
	again := time.NewTicker(retryEvery)
	defer again.Stop()
	anew := time.NewTicker(compactEvery)
	defer anew.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
			c.Redeliver(ctx)
		case <-anew.C:
			if err := c.Compact(ctx); err != nil {
				c.log.Warn("the local chat's journal still holds what was deleted", "platform", "local", "err", err)
			}
		}
	}
}

// connect says who takes the events from now on; nil: nobody, and they wait.
func (c *Chat) connect(h adapters.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handler = h
}

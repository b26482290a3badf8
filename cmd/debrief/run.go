package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/storage"
)

// opened is where a bot runs: its store, and the chat in the browser with its clock and the zone that it is in.
type opened struct {
	store storage.Store
	chat  *local.Chat
	clock *local.Clock
	zone  *time.Location
}

// open opens the configured store and the chat that it keeps.
func open(ctx context.Context, c Config) (opened, error) {
	zone, err := time.LoadLocation(cmp.Or(c.Timezone, local.Zone))
	if err != nil {
		return opened{}, err
	}
	stores := local.NewClock(time.Time{})
	stores.GoExactly(time.Now)
	store, err := openStore(ctx, c, toRunLocal(stores.Now))
	if err != nil {
		return opened{}, err
	}
	chat, clock, err := openChat(ctx, store, stores, c.logger(os.Stderr))
	if err != nil {
		return opened{}, errors.Join(fmt.Errorf("%s: %w", c.storeName(), err), store.Close())
	}
	return opened{store, chat, clock, zone}, nil
}

// runHere is the program without a command: the bot on the platform that is configured, else with the chat in the browser
// as its only one.
func runHere(ctx context.Context, c Config, out io.Writer, ready func(page, ops net.Addr)) error {
	if c.slack() {
		return runSlack(ctx, c, out, ready)
	}
	if err := c.localOnly(); err != nil {
		return err
	}
	p, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer p.store.Close()
	err = p.serve(ctx, c, out, "keeps everything in the "+c.storeName(), ready)
	forgetting, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
	defer cancel()
	return cmp.Or(err, p.chat.Compact(forgetting)) // what was deleted does not lie in the file until the next start
}

// serve runs the bot with the chat in the browser.
func (p opened) serve(ctx context.Context, c Config, out io.Writer, keeps string, ready func(page, ops net.Addr)) error {
	log := c.logger(os.Stderr)
	h := house{
		store: p.store, chat: p.chat, now: p.clock.Now, zone: p.zone, log: log, what: "the chat",
		front: func(b *bot.Bot) intake {
			return local.NewServer(p.chat, local.ServerOptions{
				Zone: p.zone, Winder: wound{p.store, b}, Stage: stageFor(log), Renderers: renderers(), Hosts: c.LocalHosts, Log: log,
			})
		},
		greeting: func(at net.Addr) string {
			return fmt.Sprintf("Debrief is at http://%s and %s. No platform is configured, so this is the chat in the browser; Ctrl-C ends it.", at, keeps)
		},
	}
	return h.serve(ctx, c, out, ready)
}

// intake is what the configured address serves, until the context ends.
type intake interface {
	Serve(ctx context.Context, l net.Listener) error
}

// house is what runs together: a bot, its store, the platform that it is on, and what that shows to the outside.
type house struct {
	store    storage.Store
	chat     adapters.Chat
	now      func() time.Time
	zone     *time.Location
	log      *slog.Logger
	what     string                   // is served, for errors
	front    func(*bot.Bot) intake    // nil: nothing comes in from outside
	greeting func(at net.Addr) string // at is nil without a front
	metrics  prometheus.Collector     // beside the bot's; nil: none
}

// entrance is a front at its address. The zero value is none.
type entrance struct {
	intake
	net.Listener
}

// enter takes the configured address for the front, if there is one.
func (h house) enter(ctx context.Context, b *bot.Bot, addr string) (entrance, error) {
	if h.front == nil {
		return entrance{}, nil
	}
	l, err := openAddr(ctx, h.what, prefix+"_HTTP_ADDR", addr)
	return entrance{h.front(b), l}, err
}

func (e entrance) addr() net.Addr {
	if e.Listener == nil {
		return nil
	}
	return e.Addr()
}

func (e entrance) serve(ctx context.Context) error {
	if e.Listener == nil {
		<-ctx.Done()
		return nil
	}
	return e.Serve(ctx, e.Listener)
}

func (e entrance) close() error {
	if e.Listener == nil {
		return nil
	}
	return e.Close()
}

// serve runs the bot until the context ends. ready is told where the front and the ops address listen, once both do. It
// stops in order: the front takes nothing in any more, the bot ends what it has begun, then the ops address closes.
func (h house) serve(ctx context.Context, c Config, out io.Writer, ready func(page, ops net.Addr)) error {
	registry := newRegistry()
	if h.metrics != nil {
		registry.MustRegister(h.metrics)
	}
	b := bot.New(bot.Options{
		Store: h.store, Chats: []adapters.Chat{h.chat}, Now: h.now, Zone: h.zone, Log: h.log, Registry: registry,
		Admins: c.Admins, Audit: os.Stdout,
	})
	page, err := h.enter(ctx, b, c.HTTPAddr)
	if err != nil {
		return err
	}
	ops, err := listen(ctx, "operations", prefix+"_OPS_ADDR", c.OpsAddr, opsHandler(b.Ready, registry))
	if err != nil {
		return errors.Join(err, page.close())
	}

	over, end := context.WithCancelCause(ctx)
	defer end(nil)
	running := make(chan error, 1)
	go func() { running <- ops.serve() }()
	botCtx, endBot := context.WithCancel(context.WithoutCancel(ctx))
	defer endBot()
	botDone := make(chan error, 1)
	go func() { botDone <- b.Run(botCtx) }()
	pageDone := make(chan error, 1)
	go func() { pageDone <- page.serve(over) }()
	fmt.Fprintln(out, h.greeting(page.addr()))
	if ready != nil {
		ready(page.addr(), ops.net.Addr())
	}

	var failed error
	pageOver, botOver := false, false
	select {
	case <-ctx.Done():
	case failed = <-running:
	case failed = <-pageDone:
		pageOver = true
	case failed = <-botDone:
		botOver = true
	}
	end(failed)
	if !pageOver {
		failed = cmp.Or(failed, <-pageDone)
	}
	endBot()
	if !botOver {
		failed = cmp.Or(failed, <-botDone)
	}
	ops.close()
	return failed
}

// localOnly refuses to show the chat to other machines, unless that was asked for in so many words: whoever reaches it
// can act as anybody.
func (c Config) localOnly() error {
	host, _, err := net.SplitHostPort(c.HTTPAddr)
	if err != nil {
		return fmt.Errorf("%s_HTTP_ADDR: %q is no address; it looks like 127.0.0.1:8080", prefix, c.HTTPAddr)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || (err == nil && ip.IsLoopback()) || len(c.LocalHosts) > 0 {
		return nil
	}
	return fmt.Errorf("%s_HTTP_ADDR is %s, which other machines can reach, and in the chat in the browser whoever reaches it can act as anybody; "+
		"use 127.0.0.1, or name in %s_LOCAL_HOSTS under which names it may be opened", prefix, c.HTTPAddr, prefix)
}

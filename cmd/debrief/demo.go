package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

func demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Open the chat in the browser with a real incident already told",
		Long: "Demo plays a real incident, retold, into a chat of its own, then opens it in the browser: the pins, the review, the\n" +
			"report, and a clock that winds forward to the reminders. What happens in it is kept in a file that is removed at\n" +
			"the end.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			return demo(cmd.Context(), c, cmd.ErrOrStderr(), nil)
		},
	}
}

func demo(ctx context.Context, c Config, out io.Writer, ready func(page, ops net.Addr)) error {
	if err := c.localOnly(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "debrief-demo-")
	if err != nil {
		return fmt.Errorf("make room for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	c.MongoURI, c.SQLitePath = "", filepath.Join(dir, "debrief.db")
	fmt.Fprintln(out, "Telling the incident …")
	p, err := tellDemo(ctx, c)
	if err != nil {
		return err
	}
	defer p.store.Close()
	return p.serve(ctx, c, out, "shows an incident already told", ready)
}

// tellDemo plays the demo through the same door as everything: people act in the chat, the bot answers. Then its clocks
// go on from where the story ends.
func tellDemo(ctx context.Context, c Config) (opened, error) {
	t, err := transcript.Parse("demo.txtar", conversations.Demo)
	if err != nil {
		return opened{}, err
	}
	people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
	store, err := openStore(ctx, c, toThrowAway(stores.Now))
	if err != nil {
		return opened{}, err
	}
	log := c.logger(os.Stderr)
	chat := local.New(local.Options{Clock: people, Store: stores, Journal: chatJournal{store}, Log: log})
	if _, err := transcript.Run(ctx, t, newStage(chat, people, stores, store, log)); err != nil {
		return opened{}, errors.Join(fmt.Errorf("tell the demo: %w", err), store.Close())
	}
	debug.FreeOSMemory() // a whole incident told at once took memory that showing it does not take
	people.Go(time.Now)
	stores.GoExactly(time.Now)
	return opened{store, chat, people, t.Setting.Zone}, nil
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
)

func playCommand() *cobra.Command {
	width := 80
	cmd := &cobra.Command{
		Use:   "play FILE",
		Short: "Play a transcript in the terminal, and print the report that comes out",
		Long: "Play runs a transcript (conversations/testdata has many) through the real bot, on a chat in memory, and prints\n" +
			"what everybody says. What the bot keeps goes to a file that is removed afterwards; to keep it, name one with\n" +
			"DEBRIEF_SQLITE_PATH, or a database with DEBRIEF_MONGO_URI.",
		Args: named("one transcript, as in conversations/testdata/first-review.txtar"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			return play(cmd.Context(), c, args[0], cmd.OutOrStdout(), width)
		},
	}
	cmd.Flags().IntVar(&width, "width", width, "columns of the terminal")
	return cmd
}

func play(ctx context.Context, c Config, path string, w io.Writer, width int) error {
	t, err := readTranscript(path)
	if err != nil {
		return err
	}
	people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
	options := toRunLocal(stores.Now)
	if c.MongoURI == "" && os.Getenv(prefix+"_SQLITE_PATH") == "" {
		dir, err := os.MkdirTemp("", "debrief-play-")
		if err != nil {
			return fmt.Errorf("make room for the database: %w", err)
		}
		defer os.RemoveAll(dir)
		c.SQLitePath, options = filepath.Join(dir, "debrief.db"), toThrowAway(stores.Now)
	}
	store, err := openStore(ctx, c, options)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := unused(ctx, store); err != nil {
		return fmt.Errorf("%s: %w", c.storeName(), err)
	}
	stage := newStage(nil, people, stores, store, c.logger(os.Stderr))
	return transcript.Play(ctx, t, stage, w, width)
}

func readTranscript(path string) (*transcript.Transcript, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return transcript.Parse(path, b)
}

// unused makes sure that nothing of an earlier play is in the store: its numbers and messages would get in the way.
func unused(ctx context.Context, s storage.Store) error {
	first := conversations.EventsOf(local.Workspace)
	found, err := s.Route(ctx, []string{first, conversations.SettingsID(local.Workspace)})
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("it already holds a conversation of a local chat; name another one to play into")
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// listedDead is how many rows that were set aside doctor lists.
const listedDead = 50

func doctorCommand() *cobra.Command {
	var asJSON, replay bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check what is configured, and say what will not work and how to mend it",
		Long: "Doctor opens the configured store and looks at what waits in it. What could not be handled is listed by its key,\n" +
			"never with its content; --replay gives each of it another try when the bot runs next. With Slack configured it asks\n" +
			"Slack whether the tokens work and what the app may do. It exits with 1 when something needs attention.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			return doctor(cmd.Context(), c, cmd.OutOrStdout(), asJSON, replay)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&replay, "replay", false, "try again what could not be handled")
	return cmd
}

// diagnosis is what doctor found.
type diagnosis struct {
	Store    string     `json:"store"`
	Waiting  int        `json:"waiting"` // events accepted and not handled yet
	Since    *time.Time `json:"waitingSince,omitempty"`
	Unsent   int        `json:"unsent"` // effects not carried out yet
	Dead     []deadRow  `json:"dead"`
	Replayed int        `json:"replayed,omitempty"`

	Slack   []slack.Finding `json:"slack,omitempty"`
	LastRan *time.Time      `json:"lastRan,omitempty"` // in this workspace, to the hour
}

type deadRow struct {
	Key     string `json:"key"`
	Subject string `json:"subject"`
	Tries   int    `json:"tries"`
	Error   string `json:"error"`
}

func doctor(ctx context.Context, c Config, w io.Writer, asJSON, replay bool) error {
	s, err := openStore(ctx, c, sqlite.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	d, err := examine(ctx, c, s)
	if err != nil {
		return err
	}
	if replay {
		for _, row := range d.Dead {
			if err := s.Replay(ctx, row.Key, row.Subject); err != nil {
				return fmt.Errorf("replay %s: %w", row.Key, err)
			}
			d.Replayed++
		}
	}
	if c.slack() {
		if err := d.askSlack(ctx, c.slackChat(nil), s); err != nil {
			return err
		}
	}
	if err := d.print(w, asJSON); err != nil {
		return err
	}
	return d.attention()
}

// attention is an error when something needs it.
func (d diagnosis) attention() error {
	var all []error
	if n := len(d.Dead) - d.Replayed; n > 0 {
		all = append(all, fmt.Errorf("%d could not be handled; after an upgrade, debrief doctor --replay gives them another try", n))
	}
	for _, f := range d.Slack {
		if !f.OK {
			all = append(all, fmt.Errorf("slack, %s: %s", f.Check, f.Fix))
		}
	}
	return errors.Join(all...)
}

// askSlack has Slack say how the app is set up.
func (d *diagnosis) askSlack(ctx context.Context, chat *slack.Chat, s storage.Store) error {
	var workspace string
	if workspace, d.Slack = chat.Check(ctx); workspace == "" {
		return nil
	}
	subject, err := s.Load(ctx, conversations.SettingsID(workspace))
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if state, ok := subject.State.(*conversations.WorkspaceState); ok && !state.Alive.IsZero() {
		d.LastRan = &state.Alive
	}
	return err
}

func examine(ctx context.Context, c Config, s storage.Store) (diagnosis, error) {
	h, err := s.Health(ctx)
	if err != nil {
		return diagnosis{}, err
	}
	d := diagnosis{Store: c.storeName(), Waiting: h.New, Unsent: h.Effects, Dead: []deadRow{}}
	if !h.OldestNew.IsZero() {
		d.Since = &h.OldestNew
	}
	rows, err := s.Dead(ctx, listedDead)
	if err != nil {
		return diagnosis{}, err
	}
	for _, r := range rows {
		d.Dead = append(d.Dead, deadRow{r.Event.Key, r.Subject, r.Tries, r.Error})
	}
	return d, nil
}

func (d diagnosis) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(d)
	}
	fmt.Fprintf(w, "Store: %s, ready.\n", d.Store)
	fmt.Fprintf(w, "Waiting: %d events, %d messages not sent yet.\n", d.Waiting, d.Unsent)
	if d.Since != nil {
		fmt.Fprintf(w, "The oldest event waits since %s.\n", d.Since.Format(time.RFC3339))
	}
	for _, r := range d.Dead {
		fmt.Fprintf(w, "Not handled after %d tries: %s for %s: %s\n", r.Tries, r.Key, r.Subject, r.Error)
	}
	if d.Replayed > 0 {
		fmt.Fprintf(w, "Given another try: %d.\n", d.Replayed)
	}
	for _, f := range d.Slack {
		fmt.Fprintf(w, "Slack, %s: %s", f.Check, f.Found)
		if f.Fix != "" {
			fmt.Fprintf(w, " %s", f.Fix)
		}
		fmt.Fprintln(w)
	}
	if d.LastRan != nil {
		fmt.Fprintf(w, "The bot was last seen running here at %s.\n", d.LastRan.Format(time.RFC3339))
	}
	return nil
}

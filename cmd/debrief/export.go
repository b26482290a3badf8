package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

func exportCommand() *cobra.Command {
	var private bool
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write every published postmortem as a Markdown file",
		Long: "Export writes the newest version of every published postmortem to DIR, one file each, with front matter that\n" +
			"programs can read. The same postmortem gives the same bytes, so that a folder under version control shows only\n" +
			"what changed. Other files in DIR are left alone.\n\n" +
			"What was made in a private channel, or from one, is left out, and it is said how many those are. With --private they\n" +
			"are written, too, and their front matter names the channels that somebody must see to read them: whoever reads DIR\n" +
			"reads them all.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			return export(cmd.Context(), c, args[0], private, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&private, "private", false, "also what was made in private channels, or from them")
	return cmd
}

func export(ctx context.Context, c Config, dir string, private bool, w io.Writer) error {
	s, err := openStore(ctx, c, sqlite.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	reports, err := published(ctx, s, local.Workspace)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		fmt.Fprintln(w, "Nothing is published yet.")
		return nil
	}
	all := len(reports)
	if !private {
		reports = slices.DeleteFunc(reports, func(r conversations.Report) bool { return !r.Everybody })
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, r := range reports {
		path := filepath.Join(dir, r.Record.ID+".md")
		changed, err := writeFile(path, frontMatter(r)+r.Markdown)
		if err != nil {
			return err
		}
		if changed {
			fmt.Fprintf(w, "%s  version %d  %s\n", path, r.Record.Version, postmortem.Clean(r.Record.Title))
		}
	}
	fmt.Fprintf(w, "%d in %s\n", len(reports), dir)
	if left := all - len(reports); left > 0 {
		fmt.Fprintf(w, "%d private left out; --private writes those, too\n", left)
	}
	return nil
}

// published are the newest versions of all postmortems of a workspace, by number.
func published(ctx context.Context, s storage.Store, workspace string) ([]conversations.Report, error) {
	rows, err := s.KeptUnder(ctx, workspace+"/report/", 0)
	if err != nil {
		return nil, fmt.Errorf("read what was published: %w", err)
	}
	newest := map[string]conversations.Report{}
	for _, row := range rows {
		var r conversations.Report
		if err := json.Unmarshal(row.Body, &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", row.Key, err)
		}
		if r.Record.Version > newest[r.Record.ID].Record.Version {
			newest[r.Record.ID] = r
		}
	}
	var all []conversations.Report
	for _, r := range newest {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b conversations.Report) int {
		return cmp.Or(cmp.Compare(len(a.Record.ID), len(b.Record.ID)), strings.Compare(a.Record.ID, b.Record.ID))
	})
	return all, nil
}

// frontMatter is what programs read of a report: YAML, of which every value is also JSON.
func frontMatter(rep conversations.Report) string {
	var b strings.Builder
	r := rep.Record
	field := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			return // strings, numbers and lists of them always can be
		}
		fmt.Fprintf(&b, "%s: %s\n", name, text)
	}
	open := 0
	for _, a := range r.Actions {
		if a.State != string(conversations.ItemDone) && a.State != string(conversations.ItemWontDo) {
			open++
		}
	}
	b.WriteString("---\n")
	field("id", r.ID)
	field("title", postmortem.Clean(r.Title))
	field("version", r.Version)
	field("published", r.Published.UTC().Format(time.RFC3339))
	if r.Severity > 0 {
		field("severity", r.Severity)
	}
	for _, m := range r.Moments {
		if !m.Unknown {
			field(string(m.Name), m.Time.UTC().Format(time.RFC3339))
		}
	}
	field("facilitator", r.Facilitator)
	field("people", r.People)
	if !rep.Everybody {
		field("audience", rep.Channels)
	}
	field("actions", len(r.Actions))
	field("open", open)
	b.WriteString("---\n\n")
	return b.String()
}

// writeFile writes a file that differs from what is there, whole or not at all.
func writeFile(path, content string) (changed bool, err error) {
	if old, err := os.ReadFile(path); err == nil && string(old) == content {
		return false, nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".export-")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // it is gone when it was renamed
	_, err = tmp.WriteString(content)
	if err = cmp.Or(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil {
		return false, fmt.Errorf("write %s: %w", path, err)
	}
	return true, os.Rename(tmp.Name(), path)
}

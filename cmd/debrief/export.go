package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

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
			"what changed. Where the store holds several workspaces, each has a folder in DIR.\n\n" +
			"What was made in a private channel, or from one, is left out, and it is said how many those are. With --private they\n" +
			"are written, too, and their front matter names the channels that somebody must see to read them: whoever reads DIR\n" +
			"reads them all.\n\n" +
			"A file that an earlier export wrote of a postmortem that is left out now, or lies elsewhere, is removed. Other files in\n" +
			"DIR are left alone, also of postmortems that the store knows nothing of.",
		Args: named("the folder to write to"),
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
	if _, err := os.Stat(c.SQLitePath); c.MongoURI == "" && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s to export from (%s_SQLITE_PATH is its path)", c.storeName(), prefix)
	}
	s, err := openStore(ctx, c, sqlite.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	reports, err := published(ctx, s)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		fmt.Fprintln(w, "Nothing is published yet.")
		return nil
	}
	folders := reports[0].workspace != reports[len(reports)-1].workspace
	left := 0
	for _, r := range reports {
		path := filepath.Join(dir, r.Record.ID+".md")
		if folders {
			if err := r.unwrite(path, w); err != nil { // from when there was only one workspace
				return err
			}
			path = filepath.Join(dir, strings.ReplaceAll(r.workspace, "/", "-"), r.Record.ID+".md")
		}
		do := r.write
		if !r.Everybody && !private {
			left++
			do = r.unwrite
		}
		if err := do(path, w); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "%d in %s\n", len(reports)-left, dir)
	if left > 0 {
		fmt.Fprintf(w, "%d private left out; --private writes those, too\n", left)
	}
	return nil
}

// exported is a published report and the workspace that it is of.
type exported struct {
	conversations.Report

	workspace string
}

// published are the newest versions of all postmortems, by workspace and number. Nothing lists the workspaces of a store, so
// each is found by the first thing that it keeps.
func published(ctx context.Context, s storage.Store) ([]exported, error) {
	newest := map[string]exported{}
	for past := ""; ; {
		first, err := s.KeptUnder(ctx, "", past, 1)
		if err != nil {
			return nil, fmt.Errorf("look for what was published: %w", err)
		}
		if len(first) == 0 {
			break
		}
		workspace := conversations.WorkspaceOf(first[0].Key)
		if err := publishedIn(ctx, s, workspace, newest); err != nil {
			return nil, err
		}
		past = workspace + "0" // which comes after everything that begins with it and a slash
	}
	return slices.SortedFunc(maps.Values(newest), func(a, b exported) int {
		return cmp.Or(strings.Compare(a.workspace, b.workspace), cmp.Compare(len(a.Record.ID), len(b.Record.ID)), strings.Compare(a.Record.ID, b.Record.ID))
	}), nil
}

// reportsAtOnce are few: a store says no more at once than it can within its time.
const reportsAtOnce = 50

// publishedIn adds the newest versions of one workspace, by its name and their number.
func publishedIn(ctx context.Context, s storage.Store, workspace string, newest map[string]exported) error {
	for past := ""; ; {
		rows, err := s.KeptUnder(ctx, workspace+"/report/", past, reportsAtOnce)
		if err != nil {
			return fmt.Errorf("read what was published: %w", err)
		}
		for _, row := range rows {
			r := exported{workspace: workspace}
			if err := json.Unmarshal(row.Body, &r.Report); err != nil {
				return fmt.Errorf("read %s: %w", row.Key, err)
			}
			if id := workspace + "/" + r.Record.ID; r.Record.Version > newest[id].Record.Version {
				newest[id] = r
			}
		}
		if len(rows) < reportsAtOnce {
			return nil
		}
		past = rows[len(rows)-1].Key
	}
}

// write writes the report to its file, and says so if that changed anything.
func (r exported) write(path string, w io.Writer) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	changed, err := writeFile(path, r.frontMatter()+r.Markdown)
	if err == nil && changed {
		fmt.Fprintf(w, "%s  version %d  %s\n", path, r.Record.Version, postmortem.Clean(r.Record.Title))
	}
	return err
}

// unwrite removes the file if an export wrote this report to it, and says so. Another file that has this name stays.
func (r exported) unwrite(path string, w io.Writer) error {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !strings.HasPrefix(string(old), r.identity()) {
		return err
	}
	fmt.Fprintf(w, "%s  removed\n", path)
	return os.Remove(path)
}

// identity is how the front matter begins: by this an export knows the file again.
func (r exported) identity() string {
	return fmt.Sprintf("---\nid: %q\nworkspace: %q\n", r.Record.ID, r.workspace)
}

// frontMatter is what programs read of a report: YAML, of which every value is also JSON.
func (rep exported) frontMatter() string {
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
	b.WriteString(rep.identity())
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

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// What was published is written once, with front matter; the second time nothing changes.
func TestExport(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	t.Setenv("DEBRIEF_SQLITE_PATH", filepath.Join(dir, "debrief.db"))
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	empty, err := openStore(t.Context(), c, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	to := filepath.Join(dir, "postmortems")
	if err := export(t.Context(), c, to, false, &out); err != nil || !strings.Contains(out.String(), "Nothing is published yet.") {
		t.Fatalf("of nothing: %v, %s", err, out.String())
	}
	if err := play(t.Context(), c, firstReview, &bytes.Buffer{}, 80); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := export(t.Context(), c, to, false, &out); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(to, "PM-1.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"---\nid: \"PM-1\"\nworkspace: \"local/main\"\ntitle: \"Checkout errors after deploy 4.12\"\nversion: 1\npublished: \"2026-03-04T09:26:", "\nactions: 2\nopen: 2\n---\n\n# PM-1 ",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the file lacks %q:\n%s", want, got)
		}
	}
	if !strings.Contains(out.String(), "PM-1.md  version 1  Checkout errors") {
		t.Errorf("said: %s", out.String())
	}
	out.Reset()
	if err := export(t.Context(), c, to, false, &out); err != nil || strings.Contains(out.String(), "version 1") {
		t.Errorf("the second time: %v, %s", err, out.String())
	}
	left, err := filepath.Glob(filepath.Join(to, ".export-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// What was made in a private channel is written only when that was asked for, and then it says who may read it.
func TestExportLeavesOutWhatIsPrivate(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	told, err := os.ReadFile(firstReview)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(told), "\n-- #")
	channel, _, _ := strings.Cut(rest, " --")
	hidden := filepath.Join(dir, "hidden.txtar")
	if err := os.WriteFile(hidden, []byte(head+"\nchannels #"+channel+" (private: ana bo kim)\n-- #"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DEBRIEF_SQLITE_PATH", filepath.Join(dir, "debrief.db"))
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if err := play(t.Context(), c, hidden, &bytes.Buffer{}, 80); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	to := filepath.Join(dir, "postmortems")
	if err := export(t.Context(), c, to, false, &out); err != nil || !strings.Contains(out.String(), "0 in ") || !strings.Contains(out.String(), "1 private left out; --private") {
		t.Errorf("%v, said: %s", err, out.String())
	}
	if _, err := os.Stat(filepath.Join(to, "PM-1.md")); !os.IsNotExist(err) {
		t.Errorf("it is written: %v", err)
	}
	if err := export(t.Context(), c, to, true, &out); err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(filepath.Join(to, "PM-1.md"))
	if err != nil || !strings.Contains(string(got), "\naudience: [\""+channel+"\"]\n") {
		t.Errorf("%v, with --private it is\n%.400s", err, got)
	}
	out.Reset()
	if err := export(t.Context(), c, to, false, &out); err != nil || !strings.Contains(out.String(), "PM-1.md  removed\n0 in ") {
		t.Errorf("without it again: %v, said: %s", err, out.String())
	}
	if err := os.WriteFile(filepath.Join(to, "PM-1.md"), []byte("# Somebody's own"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, files := exportTo(t, c, to); strings.Contains(said, "removed") || !slices.Equal(files, []string{"/PM-1.md"}) {
		t.Errorf("somebody's own file: %q, said: %s", files, said)
	}
}

// keepReport keeps a published report in the store of a configuration, as publishing does.
func keepReport(t *testing.T, c Config, workspace string, r conversations.Report) {
	t.Helper()
	s, err := openStore(t.Context(), c, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf("%s/report/%s/v%d", workspace, r.Record.ID, r.Record.Version)
	if err := s.Keep(t.Context(), storage.Kept{Key: key, At: time.Now(), Body: body}); err != nil {
		t.Fatal(err)
	}
}

func exportTo(t *testing.T, c Config, to string) (said string, files []string) {
	t.Helper()
	var out bytes.Buffer
	if err := export(t.Context(), c, to, false, &out); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, filepath.ToSlash(strings.TrimPrefix(path, to)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), files
}

// Whatever workspace a report is of, it is written; and as soon as there are several, each has its folder.
func TestExportOfSeveralWorkspaces(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	t.Setenv("DEBRIEF_SQLITE_PATH", filepath.Join(dir, "debrief.db"))
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	report := func(id string, version int, everybody bool) conversations.Report {
		return conversations.Report{Record: postmortem.Record{ID: id, Title: "Checkout", Version: version}, Markdown: "# " + id + "\n", Everybody: everybody}
	}
	to := filepath.Join(dir, "postmortems")
	keepReport(t, c, "slack/T1", report("PM-1", 1, true))
	keepReport(t, c, "slack/T1", report("PM-10", 1, true))
	keepReport(t, c, "slack/T1", report("PM-2", 1, true))
	if said, files := exportTo(t, c, to); !slices.Equal(files, []string{"/PM-1.md", "/PM-10.md", "/PM-2.md"}) || !strings.HasSuffix(said, "3 in "+to+"\n") {
		t.Errorf("of one workspace: %q, said: %s", files, said)
	}
	keepReport(t, c, "slack/T1", report("PM-2", 2, false)) // published again, from a private channel
	if said, files := exportTo(t, c, to); !slices.Equal(files, []string{"/PM-1.md", "/PM-10.md"}) || !strings.Contains(said, "1 private left out") {
		t.Errorf("one is private now: %q, said: %s", files, said)
	}
	keepReport(t, c, "slack/T2", report("PM-1", 1, true))
	if said, files := exportTo(t, c, to); !slices.Equal(files, []string{"/slack-T1/PM-1.md", "/slack-T1/PM-10.md", "/slack-T2/PM-1.md"}) {
		t.Errorf("of two workspaces: %q, said: %s", files, said)
	}
}

// counting is a store that counts the rows it listed, and how many at once.
type counting struct {
	storage.Store
	rows, most int
}

func (c *counting) KeptUnder(ctx context.Context, prefix, past string, limit int) ([]storage.Kept, error) {
	rows, err := c.Store.KeptUnder(ctx, prefix, past, limit)
	c.rows, c.most = c.rows+len(rows), max(c.most, len(rows))
	return rows, err
}

// What is no report is not read, and of reports never more at once than a store can say within its time.
func TestExportReadsReportsInParts(t *testing.T) {
	s := &counting{Store: storagetest.NewMemory(time.Now)}
	keep := func(key string, body any) {
		t.Helper()
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Keep(t.Context(), storage.Kept{Key: key, Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	kept := 0
	for _, w := range []string{"discord/7", "slack/T1", "slack/T10", "slack/T1-2", "slack/U"} {
		for i := range 200 {
			keep(fmt.Sprintf("%s/audit/%03d", w, i), "approve")
		}
		for pm := range 2 * reportsAtOnce / 3 {
			id := fmt.Sprintf("PM-%d", pm+1)
			for version := range 3 {
				keep(fmt.Sprintf("%s/report/%s/v%d", w, id, version+1), conversations.Report{Record: postmortem.Record{ID: id, Version: version + 1}})
				kept++
			}
			want = append(want, w+" "+id+" 3")
		}
		keep(w+"/sent/1", "later than reports")
	}
	reports, err := published(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range reports {
		got = append(got, fmt.Sprintf("%s %s %d", r.workspace, r.Record.ID, r.Record.Version))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d were published, found were %d: %q", len(want), len(got), got)
	}
	if s.most > reportsAtOnce || s.rows > kept+5 {
		t.Errorf("of %d reports %d rows were read, %d at once", kept, s.rows, s.most)
	}
}

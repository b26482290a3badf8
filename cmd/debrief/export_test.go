package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		"---\nid: \"PM-1\"\ntitle: \"Checkout errors after deploy 4.12\"\nversion: 1\npublished: \"2026-03-04T09:26:", "\nactions: 2\nopen: 2\n---\n\n# PM-1 ",
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
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sprint(v any) string { return fmt.Sprintf("%v %+v %#v %s", v, v, v, v) }

func TestPlayPrintsTheStoryAndItsReport(t *testing.T) {
	bare(t)
	var out bytes.Buffer
	if err := play(t.Context(), Config{}, firstReview, &out, 80); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10:01 ana> [It is over]", "**1 · What happened?**", "# PM-1 Checkout errors after deploy 4.12", "## Action items"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("what is printed lacks %q", want)
		}
	}
	for i, line := range strings.Split(out.String(), "\n") {
		if n := len([]rune(line)); n > 80 && !strings.Contains(line, "|") {
			t.Errorf("line %d is %d columns wide: %s", i+1, n, line)
		}
	}
}

// What is played into a file that is named stays there: doctor finds it in order, and a second play does not mix with it.
func TestPlayKeepsWhatItIsToldToKeep(t *testing.T) {
	bare(t)
	path := filepath.Join(t.TempDir(), "kept.db")
	t.Setenv("DEBRIEF_SQLITE_PATH", path)
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := play(t.Context(), c, firstReview, &out, 80); err != nil {
		t.Fatal(err)
	}
	err = play(t.Context(), c, firstReview, &out, 80)
	if err == nil || !strings.Contains(err.Error(), "already holds a conversation") {
		t.Errorf("a second play into the same file gives %v", err)
	}
	out.Reset()
	if err := doctor(t.Context(), c, &out, false, false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "Waiting: 0 events, 0 messages not sent yet.") {
		t.Errorf("doctor says %s", out.String())
	}
}

func TestPlaySaysWhatIsWrongWithAFile(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.txtar")
	if err := os.WriteFile(broken, []byte("# Title\nnow someday\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{filepath.Join(dir, "none.txtar"): "no such file", broken: "broken.txtar:2"} {
		err := play(t.Context(), Config{}, path, &bytes.Buffer{}, 80)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want something with %q", path, err, want)
		}
	}
}

func TestDoctorSaysWhenTheFileIsNoDatabase(t *testing.T) {
	bare(t)
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	err := doctor(t.Context(), Config{SQLitePath: path}, &bytes.Buffer{}, false, false)
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("doctor gives %v, which does not name the file", err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(b), "not a database") {
		t.Error("the file was touched")
	}
}

// Transcripts in which the store goes away, the bot restarts and weeks pass are played on a file just as in memory.
func TestPlayPlaysWhatGoesWrong(t *testing.T) {
	bare(t)
	for _, name := range []string{"store-away", "defect-12-offer-survives-a-restart", "pins-made-while-away"} {
		var out bytes.Buffer
		if err := play(t.Context(), Config{LogLevel: "error"}, "../../conversations/testdata/"+name+".txtar", &out, 80); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

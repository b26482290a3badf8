package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// notInSlack are the transcripts that cannot go in Slack as they are told, and why.
var notInSlack = map[string]string{
	"community":                         "Slack has no roles, and there the bot is told who is in the crew by their names",
	"skipped-and-answered-all-the-same": "in Slack nobody answers a message inside a thread: an answer to another question begins with its number",
	"preset-asked-once":                 "in Slack people are picked in forms, so that nobody mistypes them",
	"owners-and-dates-that-are-not":     "in Slack people are picked in forms, so that nobody mistypes them",
}

// TestTranscriptsInSlack plays every transcript in Slack, and compares what people read with what they read in the local
// chat, which the transcript itself is compared with.
func TestTranscriptsInSlack(t *testing.T) {
	paths, err := filepath.Glob("../../conversations/testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			err := inSlack(t, path, newSlackStage(t))
			reason, cannot := notInSlack[strings.TrimSuffix(filepath.Base(path), ".txtar")]
			switch {
			case cannot && err == nil:
				t.Errorf("it goes in Slack, too: it need not be left out because %s", reason)
			case !cannot && err != nil:
				t.Error(err)
			}
		})
	}
}

// TestWithoutTalk: a whole review in an app that asks for the least. It hears no plain reply and reads no channel, and what
// comes out is what comes out everywhere.
func TestWithoutTalk(t *testing.T) {
	b, err := slack.Manifest("https://debrief.example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Settings struct {
			Events struct {
				Bot []string `json:"bot_events"`
			} `json:"event_subscriptions"`
		}
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	deaf := func() *slackStage {
		s := newSlackStage(t)
		s.slack.Subscribe(func(event string) bool { return slices.Contains(m.Settings.Events.Bot, event) })
		s.slack.Fail(slacktest.Deny("conversations.history", "conversations.replies"))
		return s
	}
	if err := inSlack(t, "../../conversations/testdata/nine-by-forms.txtar", deaf()); err != nil {
		t.Error(err)
	}
	if inSlack(t, "../../conversations/testdata/nine-by-replies.txtar", deaf()) == nil {
		t.Error("it hears plain replies without the right to")
	}
}

// inSlack says where a transcript comes out otherwise in Slack.
func inSlack(t *testing.T, path string, stage *slackStage) error {
	want, err := transcript.Run(t.Context(), parsed(t, path), aloud(t))
	if err != nil {
		t.Fatalf("in the local chat: %v", err)
	}
	shown := newGallery(path)
	stage.show = shown.see
	got, err := transcript.Run(t.Context(), parsed(t, path), stage)
	shown.compare(t)
	if err != nil {
		return err
	}
	if diff := transcript.Diff(want.String(), got.String()); diff != "" {
		return fmt.Errorf("in Slack it is otherwise (- as it should, + as it is):\n%s", diff)
	}
	return nil
}

func parsed(t testing.TB, path string) *transcript.Transcript {
	tr, err := readTranscript(path)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// spokenStage is a local stage of which is seen what is read aloud.
type spokenStage struct{ *local.Stage }

func aloud(testing.TB) spokenStage {
	people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
	return spokenStage{newStage(nil, people, stores, storagetest.NewMemory(stores.Now), nil)}
}

// Scene implements transcript.Stage. A file is read where it is told of: in Slack its text goes along.
func (s spokenStage) Scene(ctx context.Context) (transcript.Scene, error) {
	scene, err := s.Stage.Scene(ctx)
	for i := range scene.Messages {
		m := &scene.Messages[i]
		if m.File != nil {
			m.Text = strings.Replace(m.Text, abridged(m.File.Text), m.File.Text, 1)
		}
		m.Text, m.File = plainly(withoutFile(m.Text)), nil
	}
	for i := range scene.Answers {
		a := &scene.Answers[i]
		if a.Form {
			a.Text = picked.ReplaceAllString(a.Text, "")
		}
		a.Text = plainly(withoutFile(a.Text))
	}
	return scene, err
}

// picked is how to type, in a form, what is picked in Slack.
var picked = regexp.MustCompile(`(?m) – (@kim\b.*|.*\b2026-12-01|next monday, or empty)$`)

var fileLine = regexp.MustCompile(`(?m)^\+file \S+$`)

func withoutFile(text string) string { return fileLine.ReplaceAllString(text, "") }

// abridged is how the local chat shows a report that comes as a file.
func abridged(report string) string {
	parts := strings.SplitN(report, "\n\n", 3)
	return strings.Join(parts[:min(2, len(parts))], "\n") + "\n… (all of it in the file)"
}

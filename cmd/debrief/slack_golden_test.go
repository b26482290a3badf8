package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// seen is something that people see in Slack: what kind it is of, what it says, and what Slack was sent.
type seen struct {
	kind string // what a message is for; "line": a private one; "form …"
	text string
	sent any // the parts of a message, or a view
}

// partOf is what Slack was sent of one message.
func partOf(m slacktest.Message) any { return map[string]any{"text": m.Text, "blocks": m.Blocks} }

// goldens are what the bot says in Slack, one of each kind: the first in a transcript that is of the kind and says this.
// They are kept in testdata/slack, and .ci/counterparts has Slack's types look at them.
var goldens = []struct{ name, transcript, kind, says string }{
	{"card-what-happened", "whole-review", "card", "what happened ▸ why"},
	{"card-why", "whole-review", "card", "✓ 4 Impact"},
	{"card-published", "whole-review", "card", "3 action items"},
	{"card-cancelled", "cancelled-and-reopened", "card", "Cancelled: it was a drill"},
	{"card-parked", "parked-and-resumed", "card", "Parked until"},
	{"card-tiny", "first-review", "card", "tiny"},
	{"question-1-timeline", "whole-review", "question 1", "What is missing on the timeline?"},
	{"question-1-answered", "whole-review", "question 1", "✓"},
	{"question-2-moments", "whole-review", "question 2", "When did it begin"},
	{"question-3-detection", "whole-review", "question 3", ""},
	{"question-4-impact", "whole-review", "question 4", ""},
	{"question-5-whys", "whys-grow", "question 5", "w4"},
	{"question-6-surprises", "whole-review", "question 6", ""},
	{"question-7-helped", "whole-review", "question 7", ""},
	{"question-8-changes", "whole-review", "question 8", "A-1"},
	{"question-9-causes-left", "whole-review", "question 9", ""},
	{"report", "whole-review", "report", ""},
	{"published", "whole-review", "published", ""},
	{"nudge-weekly", "weekly-nudge", "weekly", ""},
	{"nudge-weekly-answered", "weekly-nudge", "weekly", "Undo"},
	{"nudge-offer", "offer", "offer", ""},
	{"nudge-hand", "hand-over", "hand", ""},
	{"channel-shut", "channel-archived", "shut", ""},
	{"preset", "preset-asked-once", "preset", ""},
	{"draft-to-approve", "whole-review", "draft", ""},
	{"help-asked-for", "later-until-a-date", "", "could use a hand"},
	{"line-first-pin", "whole-review", "line", "Kept for a review"},
	{"line-over-or-burning", "whole-review", "line", "still burning?"},
	{"line-help", "slips", "line", "begin a review"},
	{"line-settings", "preset-asked-once", "line", "Settings"},
	{"line-timeline", "marks", "line", "Timeline"},
	{"line-actions", "actions", "line", "A-1"},
	{"line-list", "two-reviews-in-one-channel", "line", "led by"},
	{"line-draft", "addressed-replies", "line", "draft"},
	{"form-answer", "addressed-replies", "form 1 · What happened", ""},
	{"form-answer-kept-open", "empty-and-odd", "form 1 · What happened", "! text"},
	{"form-due", "weekly-nudge", "form Another date for A-3", ""},
	{"form-sort", "sorted-in-a-form", "form Answer or talk?", ""},
	{"form-ask", "async-ask-one-person", "form Ask one person", ""},
	{"form-cancel", "cancelled-and-reopened", "form Cancel this review", ""},
	{"form-moments", "moments-in-any-order", "form Four moments", ""},
	{"form-give", "hand-over-unanswered", "form Hand A-1 over", ""},
	{"form-hand-over", "handed-over", "form Hand over", ""},
	{"form-later", "later-until-a-date", "form Hear of A-1 later", ""},
	{"form-skip", "skipped-and-answered-all-the-same", "form Leave a question out", ""},
	{"form-done", "weekly-nudge", "form A-1 is done", ""},
	{"form-wont-do", "weekly-nudge", "form A-3 will not be done", ""},
	{"form-decline", "hand-over", "form Not take A-1", ""},
	{"form-park", "parked-and-resumed", "form Park this review", ""},
	{"form-setting", "preset-asked-once", "form Settings: crew", ""},
	{"form-summary", "cloudflare-2019", "form Title, summary, trigger", ""},
	{"form-fill", "actions", "form Who, and by when?", ""},
	{"form-rewrite", "whys-grow", "form Write it again", ""},
}

// gallery is what was to be seen while a transcript was played.
type gallery struct {
	transcript string
	found      map[string]any // by the golden file's name, what Slack was sent
	kinds      map[string]bool
}

func newGallery(path string) *gallery {
	return &gallery{strings.TrimSuffix(filepath.Base(path), ".txtar"), map[string]any{}, map[string]bool{}}
}

func (g *gallery) see(s seen) {
	g.kinds[s.kind] = true
	for _, row := range goldens {
		if g.found[row.name] == nil && g.transcript == row.transcript && s.kind == row.kind && strings.Contains(s.text, row.says) {
			g.found[row.name] = s.sent
		}
	}
}

// compare holds what was seen against the golden files that are made of this transcript, and looks for kinds of messages
// and forms that no golden file shows.
func (g *gallery) compare(t *testing.T) {
	t.Helper()
	have := map[string]bool{}
	for _, row := range goldens {
		have[anyNumber.ReplaceAllString(row.kind, "n")] = true
		switch {
		case row.transcript != g.transcript:
		case g.found[row.name] == nil:
			t.Errorf("nobody sees %q that says %q", row.kind, row.says)
		default:
			compareGolden(t, row.name, g.found[row.name])
		}
	}
	for kind := range g.kinds {
		if !have[anyNumber.ReplaceAllString(kind, "n")] {
			t.Errorf("no golden file shows %q; add one to the table of them", kind)
		}
	}
}

var anyNumber = regexp.MustCompile(`\d+( · .*)?`) // the form of a question has its name, too

// always are the parts of what is sent that hang on the order in which things happen at the same moment, and what stands
// for them in golden files.
var always = []struct {
	part *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(`\b\d{10}\.\d{6}\b`), "1772456520.000100"},
	{regexp.MustCompile(`/p\d{16}\b`), "/p1772456520000100"},
	{regexp.MustCompile(`\bcmd/[\d.]+opaque`), "cmd/1.1.opaque"},
}

func compareGolden(t *testing.T, name string, sent any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(sent); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, a := range always {
		got = a.part.ReplaceAllString(got, a.is)
	}
	path := filepath.Join("testdata", "slack", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := transcript.Diff(string(want), got); diff != "" {
		t.Errorf("it is not what %s says; go test ./cmd/debrief -run TestTranscriptsInSlack -update writes it:\n%s", path, diff)
	}
}

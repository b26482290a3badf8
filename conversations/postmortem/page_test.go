package postmortem

import (
	"math/rand"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	opened   = regexp.MustCompile(`<(\w+)`)
	headings = regexp.MustCompile(`(?m)^## (.*)$`)
	address  = regexp.MustCompile(`(?i)(https?://|www\.|ftp://|@|mailto:|xmpp:)`)
)

// ours are the tags of a report. Bare addresses may be made links by the reader's program.
var ours = strings.Fields("h1 h2 h3 p ul li strong em pre code table thead tbody tr th td br")

// checkPage prints a record in which people said this everywhere.
func checkPage(t testing.TB, rnd *rand.Rand, said string) {
	t.Helper()
	rec := invented(rnd, func(field string) string { return said })
	rec.Zone = "Europe/Berlin"
	md := rec.Markdown()
	h := shown(t, md)
	for _, tag := range opened.FindAllStringSubmatch(h, -1) {
		if !slices.Contains(ours, tag[1]) && (tag[1] != "a" || !address.MatchString(said)) {
			t.Fatalf("%q became <%s>:\n%s\n%s", said, tag[1], md, h)
		}
	}
	if n := strings.Count(h, "<h1"); n != 1 {
		t.Fatalf("%q makes %d titles:\n%s", said, n, h)
	}
	order := []string{"Summary", "Impact", "Metrics", "Detection", "Root cause analysis", "Action items", "Accepted risks", "Response", "Lessons learned", "Key moments", "Timeline", "Ideas not taken up", "How this was made"}
	last := -1
	for _, part := range strings.Split(h, "<h2")[1:] {
		heading, body, _ := strings.Cut(part, "</h2>")
		_, heading, _ = strings.Cut(heading, ">")
		at := slices.Index(order, heading)
		if at <= last {
			t.Fatalf("%q: the section %q is ours twice, out of order, or not ours:\n%s", said, heading, md)
		}
		last = at
		if words(body) == "" {
			t.Fatalf("%q: the section %q is empty:\n%s", said, heading, md)
		}
	}
	for _, table := range strings.Split(h, "<table>")[1:] {
		table, _, _ = strings.Cut(table, "</table>")
		columns := strings.Count(table, "<th")
		columns -= strings.Count(table, "<thead")
		for _, row := range strings.Split(table, "<tr>")[2:] {
			if n := strings.Count(row, "<td"); n != columns {
				t.Fatalf("%q makes a row of %d cells in a table of %d:\n%s", said, n, columns, md)
			}
		}
	}
	if strings.Contains(h, "**") && !strings.Contains(Clean(said), "**") {
		t.Fatalf("%q breaks what is bold:\n%s", said, md)
	}
}

func TestWhatPeopleSaidIsInertInEveryField(t *testing.T) {
	for i, said := range append(slices.Clone(hostile), sayings...) {
		for seed := range int64(5) {
			checkPage(t, rand.New(rand.NewSource(int64(i)*100+seed)), said)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for i, said := range append(slices.Clone(hostile), sayings...) {
		f.Add(int64(i), said)
	}
	f.Fuzz(func(t *testing.T, seed int64, said string) {
		if len(said) > 500 {
			return
		}
		checkPage(t, rand.New(rand.NewSource(seed)), said)
	})
}

// The sections that everybody expects of a postmortem are there under the names they expect.
func TestFullReportHasTheExpectedSections(t *testing.T) {
	for _, name := range []string{"shop-over-midnight", "wiki-down", "cloudflare-2019"} {
		md, err := os.ReadFile("testdata/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range headings.FindAllStringSubmatch(string(md), -1) {
			got = append(got, h[1])
		}
		for _, want := range []string{"Summary", "Timeline", "Root cause analysis", "Impact", "Lessons learned", "Action items"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s has no section %q, only %q", name, want, got)
			}
		}
	}
}

func TestSectionsWithNothingToSay(t *testing.T) {
	rec := Record{
		ID: "PM-1", Title: "Nothing", Zone: "UTC",
		Skipped: []Skip{{Question: "Who was hit?", Why: "nobody knows.", Section: SectionImpact}, {Question: "And else?"}},
	}
	md := rec.Markdown()
	want := "# PM-1 Nothing\n\nDraft\n\n## Summary\n\nNothing. No change has been decided.\n\n" +
		"## Impact\n\n“Who was hit?” (nobody knows) was not answered.\n\n" +
		"## How this was made\n\nNothing was pinned to the timeline. “And else?” was not answered.\n"
	if md != want {
		t.Errorf("got\n%s\nwant\n%s", md, want)
	}
	rec.Impact = []Note{{Text: "two people"}}
	if md := rec.Markdown(); !strings.Contains(md, "## Impact\n\nTwo people.\n") || !strings.Contains(md, "“Who was hit?” (nobody knows) and “And else?” were not answered.") {
		t.Errorf("a question that is answered elsewhere is lost:\n%s", md)
	}
}

func TestNothingIsChanged(t *testing.T) {
	rec := Record{ID: "PM-1", Title: "Small", Zone: "UTC", NoChange: "it is switched off in March", Causes: []Cause{{Text: "old"}}}
	if md := rec.Markdown(); !strings.Contains(md, "## Action items\n\n**Nothing is changed.** It is switched off in March.\n") {
		t.Errorf("why nothing is changed is not said:\n%s", md)
	}
}

// A drafted summary says what happened, and never that a person is the cause.
func TestDraftedSummaryNamesNobody(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	rec := Record{
		ID: "PM-1", Title: "Config broken", Zone: "UTC", People: []string{"ana", "bo"}, Trigger: "bo pushed the wrong config",
		Impact:  []Note{{Text: "@bo says forty"}},
		Causes:  []Cause{{Text: "because of Ana"}, {Text: "the config is not checked"}},
		Moments: []Moment{{Name: Began, Time: noon}, {Name: Eased, Time: noon.Add(time.Hour), Text: "bo rolled back"}},
	}
	_, md, _ := strings.Cut(rec.Markdown(), "## Summary\n\n")
	got, _, _ := strings.Cut(md, "\n\n")
	want := "Config broken. It began on Monday 2 March 2026 at 12:00 UTC. It eased after 1 hour. What made it possible: the config is not checked. No change has been decided."
	if got != want {
		t.Errorf("the summary is\n%s\nwant\n%s", got, want)
	}
}

func TestUnansweredCauses(t *testing.T) {
	rec := Record{
		Causes: []Cause{
			{ID: "w1", Root: WhyHappened, Text: "answered above", Causes: []Cause{{ID: "w2", Text: "below", Causes: []Cause{{ID: "w3", Text: "deep"}}}}},
			{ID: "w4", Root: WhyLate, Text: "answered below", Causes: []Cause{{ID: "w5", Text: "answered"}, {ID: "w6", Text: "left"}}},
			{ID: "w7", Root: WhyLong, Text: "accepted", Accepted: "why not"},
			{ID: "w8", Root: WhyLong, Text: "left too"},
			{ID: "w9", Text: "of a review without a tree"},
		},
		Actions: []Action{{Text: "a", Causes: []string{"w1", "w5", "w99"}}},
	}
	var got []string
	for _, c := range rec.Unanswered() {
		got = append(got, c.ID)
	}
	if want := []string{"w6", "w8"}; !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

// A moment that was told without pointing at an event belongs to the only event of that minute, else it is a line of its
// own.
func TestMomentsOnTheTimeline(t *testing.T) {
	at := func(minute, second int) time.Time { return time.Date(2026, 3, 2, 12, minute, second, 0, time.UTC) }
	md := Record{
		ID: "PM-1", Title: "Moments", Zone: "UTC",
		Timeline: []Entry{
			{ID: "E-1", Time: at(1, 10), Text: "alone", How: Pinned},
			{ID: "E-2", Time: at(2, 0), Text: "one of two", How: Pinned},
			{ID: "E-3", Time: at(2, 5), Text: "the other", How: Pinned},
			{ID: "E-4", Time: at(9, 0), Text: "pointed at", How: Pinned, Key: true},
		},
		Moments: []Moment{{Name: Began, Time: at(1, 0)}, {Name: Noticed, Time: at(2, 0)}, {Name: Over, Time: at(9, 0), Entry: "E-4"}},
	}.Markdown()
	for _, want := range []string{
		"| 12:01 | **alone** |  | E-1, began |\n",
		"| 12:02 | one of two |  | E-2 |\n| 12:02 | *It was noticed* |  | told |\n| 12:02 | the other |  | E-3 |\n", "| 12:09 | **pointed at** |  | E-4, over |\n",
		"## Key moments\n\n- 12:01 alone (E-1, began)\n- 12:02 It was noticed\n- 12:09 pointed at (E-4, over)\n",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("the report lacks %q:\n%s", want, md)
		}
	}
}

func TestHowMuchIsChanged(t *testing.T) {
	open, done, due := Action{State: "open"}, Action{State: "done", Due: "2026-01-01"}, Action{State: "proposed", Due: "2026-03-06"}
	for _, c := range []struct {
		actions []Action
		want    string
	}{
		{nil, "no change has been decided"},
		{[]Action{{State: "won't do"}}, "no change has been decided"},
		{[]Action{open}, "one change follows"},
		{[]Action{due}, "one change follows, due on 6 March 2026"},
		{[]Action{due, open, {State: "open", Due: "2026-03-07"}}, "three changes follow, the first due on 6 March 2026"},
		{[]Action{done, due, due}, "three changes follow, the next due on 6 March 2026; one is done"},
		{[]Action{done, done, open}, "three changes follow; two are done"},
		{[]Action{done}, "one change followed and is done"},
		{[]Action{done, done}, "two changes followed and are done"},
	} {
		if got := (Record{Actions: c.actions}).page().changes(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.actions, got, c.want)
		}
	}
}

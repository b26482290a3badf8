package pdf

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/postmortem/picture"
)

var update = flag.Bool("update", false, "write the texts of the PDFs in testdata anew")

// What the PDFs of the examples say, page by page, lies beside their Markdown.
func TestReports(t *testing.T) {
	for name, rec := range examples(t) {
		got := strings.Join(pagesOf(t, printed(t, rec)), "\f\n")
		path := "../testdata/" + name + ".pdf.txt"
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err, "(go test ./conversations/postmortem/pdf -update writes it)")
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func examples(t testing.TB) map[string]postmortem.Record {
	t.Helper()
	paths, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no records in testdata", err)
	}
	all := map[string]postmortem.Record{}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := postmortem.ParseRecord(body)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = rec
	}
	return all
}

func printed(t testing.TB, rec postmortem.Record) []byte {
	t.Helper()
	got, err := Print(rec)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSameRecordSameBytes(t *testing.T) {
	for name, rec := range examples(t) {
		first := printed(t, rec)
		for range 5 {
			if !bytes.Equal(first, printed(t, rec)) {
				t.Fatalf("%s: printed twice, it differs", name)
			}
		}
	}
}

func long(n int, text string) postmortem.Record {
	rec := postmortem.Record{Schema: 1, ID: "PM-1", Title: "Long", Zone: "Europe/Berlin", Facilitator: "Ana"}
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	rnd := rand.New(rand.NewSource(1))
	for i := range n {
		start = start.Add(time.Duration(rnd.Intn(120)) * time.Second)
		rec.Timeline = append(rec.Timeline, postmortem.Entry{
			ID: fmt.Sprintf("E-%d", i+1), Time: start, Who: "Ana", How: postmortem.Pinned, Key: i%50 == 0, Text: text,
		})
	}
	return rec
}

func BenchmarkPrint10000Events(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"latin", "errors on checkout are up, 5 % of requests; see [the graph] | and *this* as well, https://graphs.example/d/1"},
		{"japanese", "チェックアウトのエラーが増えています、リクエストの五パーセント"},
	} {
		b.Run(c.name, func(b *testing.B) {
			rec := long(10000, c.text)
			b.ReportAllocs()
			var size, pages int
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				body := printed(b, rec)
				size, pages = len(body), bytes.Count(body, []byte("/Type /Page\n"))
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(size)/1e6, "MB/file")
			b.ReportMetric(float64(pages), "pages")
			b.ReportMetric(float64(after.Sys)/1e6, "MB/process")
		})
	}
}

// What people said is on the page whatever they said, each sign of it: in the order of the report, but for white space and
// for signs that cannot be seen.
func TestNothingIsDropped(t *testing.T) {
	for _, said := range sayings {
		checkWhole(t, said)
	}
}

var sayings = []string{
	"plain", "Ошибка оплаты", "Σφάλμα πληρωμής", "Łódź, Zürich, naïve", "支払いエラー", "emoji 🔥 and 👩‍👩‍👧", "(brackets) \\ and ) more (", "a\rb\nc",
	strings.Repeat("long", 300), strings.Repeat("two words ", 200), "e\u0301 combining", "BT (x) Tj ET", "endstream\nendobj", "{nb} %s %d", "\u00a0",
}

func FuzzPrint(f *testing.F) {
	for _, said := range sayings {
		f.Add(said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		if len(said) <= 400 {
			checkWhole(t, said)
		}
	})
}

func checkWhole(t testing.TB, said string) {
	t.Helper()
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	note := []postmortem.Note{{Text: said}}
	rec := postmortem.Record{
		Schema: 1, ID: "PM-1", Title: said, Facilitator: said, People: []string{said}, Impact: note, Lessons: append(note, postmortem.Note{Text: "more"}),
		Timeline: []postmortem.Entry{{ID: "E-1", Time: at, Text: said, Who: said, How: postmortem.Pinned, Files: []string{said}}},
		Actions:  []postmortem.Action{{ID: "A-1", Text: said, Owner: said, State: "open"}},
		Causes:   []postmortem.Cause{{Text: said}, {Text: "other", Accepted: said}},
	}
	got := bare(strings.Join(pagesOf(t, printed(t, rec)), ""))
	if strings.ContainsFunc(said, runsLeft) {
		return // its order on the page is another; see TestVisual
	}
	for _, want := range texts(rec.Report()) {
		if !strings.Contains(got, want) {
			t.Fatalf("%q: %q is not in\n%s", said, want, got)
		}
	}
}

// texts are the texts of a report that stand together on the page; those of a table do so only if they fit on a line.
func texts(r postmortem.Report) []string {
	all := []string{bare(r.Title), bare(r.Byline)}
	add := func(t postmortem.Text) { all = append(all, bare(t.String())) }
	for _, part := range r.Parts {
		for _, block := range part.Blocks {
			switch block := block.(type) {
			case postmortem.Paragraph:
				add(block.Text)
			case postmortem.List:
				for _, item := range block {
					add(item.Text)
				}
			case postmortem.Table:
				for _, row := range block.Rows {
					for _, c := range row.Cells {
						if len([]rune(c.String())) < 12 {
							add(c)
						}
					}
				}
			}
		}
	}
	return all
}

// bare is a text without what a page has no place for: white space, signs that are never seen, footers between the lines.
func bare(s string) string {
	s = footers.ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || picture.Invisible(r):
			return -1
		case r > 0xFFFF:
			return '�'
		}
		return r
	}, s)
}

// footers stand at the end of each page.
var footers = regexp.MustCompile(`(?m)^\d+ / \d+(\t.*)?\n`)

// A long table goes on on the next page under its head, and under its day.
func TestTablesGoOnUnderTheirHead(t *testing.T) {
	rec := long(200, "the alert averages all countries")
	rec.Zone = "UTC"
	pages := pagesOf(t, printed(t, rec))
	if len(pages) < 4 {
		t.Fatalf("200 entries are on %d pages", len(pages))
	}
	for i, page := range pages[1 : len(pages)-1] {
		if !strings.HasPrefix(page, "UTC\tWhat\tWho\nMon 2 Mar 2026\n") {
			t.Errorf("page %d begins with %q", i+2, page[:min(60, len(page))])
		}
		if !strings.HasSuffix(page, fmt.Sprintf("%d / %d\tPM-1 Long\n", i+2, len(pages))) {
			t.Errorf("page %d ends with %q", i+2, page[max(0, len(page)-60):])
		}
	}
}

// A cell that is longer than a page is printed on several.
func TestACellLongerThanAPage(t *testing.T) {
	text := strings.Repeat("word ", 8000)
	rec := long(1, text)
	rec.Timeline[0].Key = false
	pages := pagesOf(t, printed(t, rec))
	if n := strings.Count(strings.Join(pages, ""), "word"); n != 8000 {
		t.Errorf("of 8000 words %d are there", n)
	}
}

// The dates of the file are those of the record: a report printed next year is the same file.
func TestDatesAreTheRecords(t *testing.T) {
	body := string(printed(t, postmortem.Record{ID: "PM-1", Title: "x", Published: time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)}))
	if n := strings.Count(body, date("D:20260304100000")); n != 2 {
		t.Errorf("the dates of the file are not when it was published (%d)", n)
	}
	body = string(printed(t, postmortem.Record{ID: "PM-1", Title: "x"}))
	if !strings.Contains(body, date("D:19700101000000")) {
		t.Error("a draft without a timeline has a date that is not its own")
	}
}

// date is one as fpdf writes it.
func date(s string) string { return "(" + s + ")" }

// A row stands on one page, unless it is longer than one.
func TestRowsAreNotBroken(t *testing.T) {
	rec := long(150, "begin "+strings.Repeat("of words that go on and on ", 12)+"end")
	for i := range rec.Timeline {
		rec.Timeline[i].Key = false
	}
	for i, page := range pagesOf(t, printed(t, rec)) {
		if begun, ended := strings.Count(page, "begin "), strings.Count(page, " end"); begun != ended {
			t.Errorf("on page %d %d rows begin and %d end", i+1, begun, ended)
		}
	}
}

// Pages are numbered at the end, when fpdf has the colours of the last page in mind.
func TestNumbersOfPagesAreQuiet(t *testing.T) {
	r, g, b := picture.Quiet.RGB()
	quiet := fmt.Sprintf("q %.3f %.3f %.3f rg BT ", float64(r)/255, float64(g)/255, float64(b)/255)
	for _, page := range contentsOf(t, printed(t, examples(t)["cloudflare-2019"])) {
		texts := strings.Split(strings.TrimSpace(page), "\n")
		if last := texts[len(texts)-1]; !strings.HasPrefix(last, quiet) {
			t.Errorf("a footer is written with %q", last[:min(40, len(last))])
		}
	}
}

// A tree that would be too small to be read is not drawn, and not a word of it is missing.
func TestTreesTooLargeToBeDrawn(t *testing.T) {
	for _, n := range []int{20, 300, 700} {
		rec := postmortem.Record{ID: "PM-1", Title: "Many", Zone: "UTC"}
		for i := range n {
			rec.Causes = append(rec.Causes, postmortem.Cause{ID: fmt.Sprintf("w%d", i), Root: postmortem.WhyHappened, Text: fmt.Sprintf("Cause %03d", i)})
		}
		said := strings.Join(pagesOf(t, printed(t, rec)), "")
		want := 1 // in the list
		if n == 20 {
			want++
		}
		if got := strings.Count(said, "Cause 017"); got != want {
			t.Errorf("of %d causes one is there %d times, want %d", n, got, want)
		}
	}
}

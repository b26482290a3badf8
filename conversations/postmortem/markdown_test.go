package postmortem

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// shown renders Markdown as a reader's program would and returns the HTML.
func shown(t testing.TB, markdown string) string {
	t.Helper()
	var b bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(markdown), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var tags = regexp.MustCompile(`<[^>]*>`)

// words is what a reader sees of HTML, white space folded.
func words(h string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(h, ""))), " ")
}

func TestEscapedTextIsInert(t *testing.T) {
	for _, said := range hostile {
		checkInert(t, said)
	}
}

var hostile = []string{
	"plain", "**bold** _it_ ~~gone~~ `code`", "[link](http://x.example) ![img](http://x.example/i.png)", "<script>alert(1)</script>",
	"<b>x</b> &amp; &#60;", "# heading", "1. first\n2. second", "- a\n- b", "+ a", "> quote", "| a | b |\n|---|---|\n| c | d |",
	"---", "***", "Title\n===", "```\nfence\n```", "~~~", "    indented", "https://auto.example www.auto.example a@b.example",
	`\backslash\`, "[ref]: http://x.example", "[x] task", "- [ ] task", "a\r\nb\rc", "<!-- comment -->", "<http://auto.example>",
	"@everyone <@U1> <!channel>", "$math$", "12) twelve", "\t- tab", "   # three spaces",
}

func checkInert(t testing.TB, said string) {
	t.Helper()
	// A link that a program makes of a bare address is the program's, not ours to prevent: those are left out here.
	h := shown(t, "before\n"+Markdown(Paragraph{plain(oneLine(said))})+"\nafter")
	for _, tag := range regexp.MustCompile(`<(\w+)`).FindAllStringSubmatch(h, -1) {
		if tag[1] != "p" && tag[1] != "br" && tag[1] != "a" {
			t.Errorf("%q became <%s>: %s", said, tag[1], h)
		}
		if tag[1] == "a" && !regexp.MustCompile(`(?i)(https?://|www\.|ftp://|@|mailto:|xmpp:)`).MatchString(said) {
			t.Errorf("%q became a link: %s", said, h)
		}
	}
	want := strings.Join(strings.Fields("before "+Clean(said)+" after"), " ")
	if got := words(h); got != want {
		t.Errorf("%q is shown as %q, want %q", said, got, want)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, said string) {
		if len(said) > 2000 {
			return
		}
		checkInert(t, said)
	})
}

func TestCleanTakesOutWhatIsNotSeen(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"invoice\u202egpj.exe", "invoicegpj.exe"},
		{"zero\u200bwidth", "zerowidth"},
		{"family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"},
		{"nul\x00bell\x07", "nulbell"},
		{"del\x7f", "del"},
		{"tag\U000E0041", "tag"},
		{"line\nbreak\ttab", "line\nbreak\ttab"},
		{"bad\xffutf8", "bad�utf8"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// Defect 8 of other bots: a duration longer than a day loses its days.
func TestDurationKeepsItsDays(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0 minutes"},
		{time.Minute, "1 minute"},
		{29 * time.Minute, "29 minutes"},
		{90 * time.Minute, "1 hour 30 minutes"},
		{24 * time.Hour, "1 day"},
		{24*time.Hour + 40*time.Minute, "1 day 40 minutes"},
		{(24*3+2)*time.Hour + time.Minute, "3 days 2 hours 1 minute"},
	} {
		if got := Duration(c.d); got != c.want {
			t.Errorf("Duration(%s) = %q, want %q", c.d, got, c.want)
		}
	}
}

func TestTimelineShowsTheDayWhenItBreaks(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	rec := Record{ID: "PM-1", Title: "Night", Zone: "Europe/Berlin", Timeline: []Entry{
		{ID: "E-1", Time: at("2026-03-28T22:30:00Z"), Text: "before midnight", How: Pinned},
		{ID: "E-2", Time: at("2026-03-28T23:30:00Z"), Text: "after midnight there, not in UTC", How: Pinned},
		{ID: "E-3", Time: at("2026-03-29T01:30:00Z"), Text: "after the clocks went forward", How: Pinned},
	}}
	md := rec.Markdown()
	for _, want := range []string{
		"| **Sat 28 Mar 2026** | | | | |\n| 23:30 | 22:30 |", "| **Sun 29 Mar 2026** | | | | |\n| 00:30 | 28 Mar 23:30 |", "| 03:30 | 01:30 |",
		"CET", "CEST", "spans 3 hours",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("the report lacks %q:\n%s", want, md)
		}
	}
}

func BenchmarkMarkdown10000Events(b *testing.B) {
	rec := Record{ID: "PM-1", Title: "Long", Zone: "Europe/Berlin"}
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	for i := range 10000 {
		rec.Timeline = append(rec.Timeline, Entry{
			ID: "E-1", Time: start.Add(time.Duration(i) * time.Minute), Who: "Ana", How: Pinned,
			Text: "errors on checkout are up, 5 % of requests; see [the graph] | and *this* as well, https://graphs.example/d/1",
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = rec.Markdown()
	}
}

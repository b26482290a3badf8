package html

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	xhtml "golang.org/x/net/html"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

var update = flag.Bool("update", false, "write the reports in testdata anew")

// The HTML of the examples lies beside their Markdown, but for the stylesheet, which is the same in all of them.
func TestReports(t *testing.T) {
	for name, rec := range examples(t) {
		got := withoutStyle(t, printed(t, rec))
		path := "../testdata/" + name + ".html"
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err, "(go test ./conversations/postmortem/html -update writes it)")
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// Up to five causes behind one another are shown whole on the widest page; with more, their words would become too small.
func TestWidePicturesScroll(t *testing.T) {
	rec := examples(t)["cloudflare-2019"]
	for levels, class := range map[int]string{4: "pictures", 5: "pictures", 6: "pictures wide"} {
		chain := []postmortem.Cause(nil)
		for range levels {
			chain = []postmortem.Cause{{Root: postmortem.WhyHappened, Text: "it could", Causes: chain}}
		}
		rec.Causes = chain
		if figure := `<div class="` + class + `" role="region" aria-label="Pictures of the causes"`; !bytes.Contains(printed(t, rec), []byte(figure)) {
			t.Errorf("%d levels are not shown in %s", levels, figure)
		}
	}
}

// withoutStyle is a document with the name of the stylesheet in its place. It must be there once, as it lies here.
func withoutStyle(t testing.TB, doc []byte) []byte {
	t.Helper()
	css, err := os.ReadFile("report.css")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(doc, css); n != 1 {
		t.Errorf("the stylesheet stands in it %d times", n)
	}
	return bytes.Replace(doc, css, []byte("report.css"), 1)
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

func TestExamplesSayWhatTheReportSays(t *testing.T) {
	for name, rec := range examples(t) {
		t.Run(name, func(t *testing.T) { check(t, rec) })
	}
}

// What people said is text wherever it stands, and nothing of it is lost.
func TestWhatPeopleSaidIsInert(t *testing.T) {
	for _, said := range hostile {
		check(t, everywhere(t, said))
	}
}

func FuzzPrint(f *testing.F) {
	for _, said := range hostile {
		f.Add(said)
	}
	f.Fuzz(func(t *testing.T, said string) {
		if len(said) > 500 {
			return
		}
		check(t, everywhere(t, said))
	})
}

var hostile = []string{
	"plain", "<script>alert(1)</script>", "</p></main><h2>Summary</h2>", `"><img src=x onerror=alert(1)>`, "<!-- ", "]]>", "&lt;b&gt; &amp; &#60;b&#62;",
	"**bold** [link](javascript:alert(1)) ![i](http://x.example/i.png) `code`", "https://auto.example a@b.example", "</td></tr></table>", "</svg></title>",
	"# heading", "- item\n- item", "1. one", "> quote", "| a | b |\n|---|---|", "a\x00b\u202ec\xff", "   ", "\t- tab", `\`, "***", "日本語 🔥 e\u0301", "' onload='x", "{{.}}",
	"</style><style>*{display:none}", "```\ncode\n```", "a  b", "<", "&",
}

// everywhere is the fullest of the examples with these words in the place of all others.
func everywhere(t testing.TB, said string) postmortem.Record {
	t.Helper()
	body, err := os.ReadFile("../testdata/shop-over-midnight.json")
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	kept := []string{"schema", "time", "published", "at", "root", "how", "name", "due", "zone", "section"}
	var put func(key string, v any) any
	put = func(key string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k := range v {
				v[k] = put(k, v[k])
			}
		case []any:
			for i := range v {
				v[i] = put(key, v[i])
			}
		case string:
			if slices.Contains(kept, key) || key == "id" && strings.HasPrefix(v, "w") {
				return v
			}
			return said
		}
		return v
	}
	body, err = json.Marshal(put("", all))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := postmortem.ParseRecord(body)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// ours are the elements of a report.
var ours = strings.Fields(`html head meta title style body header h1 h2 h3 p span nav ul li a main section div strong em
	table thead tbody tr th td svg desc path text`)

var attributes = regexp.MustCompile(`^(lang|charset|http-equiv|content|name|class|aria-label|aria-labelledby|role|tabindex|id|scope|colspan|data-head|href|xmlns|viewBox|width|height|fill|stroke-width|stroke-dasharray|d|x|y|font-size|font-weight)$`)

// check reads the HTML as a browser does: nothing but our elements, and text by text what the report says.
func check(t testing.TB, rec postmortem.Record) {
	t.Helper()
	body := printed(t, rec)
	root, err := xhtml.Parse(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var walk func(n *xhtml.Node)
	walk = func(n *xhtml.Node) {
		switch n.Type {
		case xhtml.CommentNode:
			t.Fatalf("there is a comment: %q", n.Data)
		case xhtml.ElementNode:
			if !slices.Contains(ours, n.Data) {
				t.Fatalf("there is a <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if !attributes.MatchString(a.Key) {
					t.Fatalf("<%s> has %s=%q", n.Data, a.Key, a.Val)
				}
				if a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Fatalf("there is a link to %q", a.Val)
				}
			}
			switch n.Data {
			case "style", "svg", "nav", "title":
				return
			case "h1", "h2", "h3", "p", "th", "td":
				got = append(got, folded(inside(n)))
				return
			case "li":
				got = append(got, folded(own(n)))
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	want := texts(rec.Report())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the document says (-report +document):\n%s", diff)
	}
}

// texts are all texts of a report in their order.
func texts(r postmortem.Report) []string {
	all := []string{folded(r.ID + " " + r.Title), folded(r.Byline)}
	var items func(l postmortem.List)
	items = func(l postmortem.List) {
		for _, i := range l {
			all = append(all, folded(i.Text.String()))
			items(i.Items)
		}
	}
	for _, part := range r.Parts {
		all = append(all, string(part.Heading))
		for _, b := range part.Blocks {
			switch b := b.(type) {
			case postmortem.Paragraph:
				all = append(all, folded(b.Text.String()))
			case postmortem.Subheading:
				all = append(all, string(b))
			case postmortem.List:
				items(b)
			case postmortem.Table:
				for _, c := range b.Columns {
					all = append(all, folded(c.Head))
				}
				for _, row := range b.Rows {
					if row.Day != "" {
						all = append(all, row.Day)
					}
					for _, c := range row.Cells {
						all = append(all, folded(c.String()))
					}
				}
			}
		}
	}
	return all
}

// folded is a text as it is seen: white space is one space.
func folded(s string) string { return strings.Join(strings.Fields(s), " ") }

func inside(n *xhtml.Node) string {
	if n.Type == xhtml.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(inside(c))
	}
	return b.String()
}

// own is what an item says without those below it.
func own(n *xhtml.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Data != "ul" {
			b.WriteString(inside(c))
		}
	}
	return b.String()
}

func TestSameRecordSameBytes(t *testing.T) {
	for name, rec := range examples(t) {
		if first := printed(t, rec); !bytes.Equal(first, printed(t, rec)) {
			t.Errorf("%s: printed twice, it differs", name)
		}
	}
}

// The policy in the head allows the style sheet that is there, and nothing else.
func TestPolicyFitsTheStyle(t *testing.T) {
	body := string(printed(t, examples(t)["wiki-down"]))
	if !strings.Contains(body, `content="default-src 'none'; style-src 'sha256-`) || strings.Contains(body, "unsafe") || strings.Contains(body, ` style="`) {
		t.Error("the policy is not the strict one")
	}
	for _, part := range []string{"<script", "http://", "https://fonts", "url("} {
		if strings.Contains(strings.ReplaceAll(body, `xmlns="http://www.w3.org/2000/svg"`, ""), part) {
			t.Errorf("the document has a %q in it", part)
		}
	}
}

func long(n int) postmortem.Record {
	rec := postmortem.Record{Schema: 1, ID: "PM-1", Title: "Long", Zone: "Europe/Berlin", Facilitator: "Ana"}
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	rnd := rand.New(rand.NewSource(1))
	for i := range n {
		start = start.Add(time.Duration(rnd.Intn(120)) * time.Second)
		rec.Timeline = append(rec.Timeline, postmortem.Entry{
			ID: fmt.Sprintf("E-%d", i+1), Time: start, Who: "Ana", How: postmortem.Pinned, Key: i%50 == 0,
			Text: "errors on checkout are up, 5 % of requests; see [the graph] | and *this* as well, https://graphs.example/d/1",
		})
	}
	return rec
}

func BenchmarkPrint10000Events(b *testing.B) {
	rec := long(10000)
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		size = len(printed(b, rec))
	}
	b.ReportMetric(float64(size)/1e6, "MB")
}

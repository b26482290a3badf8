package postmortem

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

var sayings = append([]string{
	`say "no"`, "]:::x", `"] --> n9["`, "%%{init: {\"theme\":\"forest\"}}%%", "%% comment", "end", "1. first", "- item", "`**bold**`", "fa:fa-car",
	"$$x^2$$", `a\nb`, "#35; #quot; &lt;b&gt;", "<img src=x onerror=alert(1)>", "click n1 href \"http://x.example\"", "line\nbreak", "style n1 fill:#f00;",
	"classDef x fill:#f00;", "www.x.example http://x.example a@b.example", "4.12, done. (yes)", "it's e-mail", "ﬂ°°35¶ß", "subgraph x", "---\ntitle: x\n---",
	"déjà vu 田中 🔥", "", " ", "; a; b", "{{x}} ((y)) |z|", "@{ shape: rect }", "```", "graph TD",
}, hostile...)

// line is all that a line of a diagram may be: a node, or an edge to a new node, with a label of letters, digits, a few
// signs and numbered characters.
var line = func() *regexp.Regexp {
	const label = `"(?:[\pL\pM\pN ,.'’-]|#\d+;|…)+"`
	const node = `n\d+(?:\[` + label + `\]|\(` + label + `\)|\(\[` + label + `\]\))`
	return regexp.MustCompile(`^  (?:n0\[\[` + label + `\]\]|n\d+ --> ` + node + `)$`)
}()

var (
	quoted  = regexp.MustCompile(`"([^"]*)"`)
	numbers = regexp.MustCompile(`#(\d+);`)
)

func checkMermaid(t *testing.T, title, said, accepted string) {
	t.Helper()
	rec := Record{Title: title, Causes: []Cause{
		{Root: WhyHappened, Text: said, Causes: []Cause{{Text: said, Accepted: accepted}}},
		{Root: WhyLong, Text: said},
	}}
	lines := strings.Split(strings.TrimSuffix(rec.Mermaid(), "\n"), "\n")
	if lines[0] != "flowchart LR" || len(lines) != 7 {
		t.Fatalf("the diagram of %q has %d lines: %q", said, len(lines), lines)
	}
	for _, l := range lines[1:] {
		if !line.MatchString(l) {
			t.Errorf("%q breaks out of a label: %s", said, l)
		}
	}
	label := quoted.FindStringSubmatch(lines[3])[1]
	want := cut(strings.Join(strings.Fields(Clean(said)), " "), mermaidLabel)
	if want == "" {
		want = "…"
	}
	if got := html.UnescapeString(numbers.ReplaceAllString(label, "&#$1;")); got != want && !strings.ContainsAny(want, "\u0080\uFFFD") {
		t.Errorf("%q is drawn as %q, want %q", said, got, want)
	}
	if list := regexp.MustCompile(`^(\d+[.)]|[-*+]) `); list.MatchString(label) {
		t.Errorf("%q becomes a list in the label %q", said, label)
	}
}

func TestMermaidLabelsCannotBreakOut(t *testing.T) {
	for _, said := range sayings {
		checkMermaid(t, said, said, said)
	}
}

func FuzzMermaid(f *testing.F) {
	for _, s := range sayings {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, title, said string) { checkMermaid(t, title, said, said) })
}

func TestMermaidDrawsOnlyTreesThatCanBeRead(t *testing.T) {
	if d := (Record{Causes: []Cause{{Text: "a list"}, {Text: "is no tree"}}}).Mermaid(); d != "" {
		t.Errorf("a list is drawn:\n%s", d)
	}
	many := Record{Title: "Many"}
	for range mermaidEdges + 1 {
		many.Causes = append(many.Causes, Cause{Root: WhyHappened, Text: "one of many"})
	}
	if d := many.Mermaid(); d != "" {
		t.Errorf("%d causes are drawn, which Mermaid refuses", len(many.Causes))
	}
	many.Causes = many.Causes[:mermaidEdges-1]
	if n := strings.Count(many.Mermaid(), "-->"); n != mermaidEdges {
		t.Errorf("%d edges are drawn, want %d", n, mermaidEdges)
	}
}

package local

import (
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

func TestHTML(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := Reader{ID: "ana", Zone: berlin, Name: func(id string) string { return map[string]string{"ana": "ana", "bo": "<bo>"}[id] }}
	at := time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC)
	words := func(s string) conversations.Span { return conversations.Span{Kind: conversations.Words, Text: s} }
	quoted := func(s string) conversations.Span {
		return conversations.Span{Kind: conversations.Quoted, Text: s}
	}
	for _, c := range []struct {
		spans []conversations.Span
		want  string
	}{
		{[]conversations.Span{words("**a** `b` *c*")}, "<p><strong>a</strong> <code>b</code> <em>c</em></p>\n"},
		{[]conversations.Span{words("a\nb")}, "<p>a<br>\nb</p>\n"},
		{[]conversations.Span{words("<b>x</b>")}, "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"},
		{[]conversations.Span{words("[x](javascript:alert(1))")}, "<p><a href=\"\">x</a></p>\n"},
		{[]conversations.Span{words("**"), quoted("<script>*x*\n`y`\u202e"), words("**")}, "<p><strong>&lt;script&gt;*x*<br>`y`\uFFFD</strong></p>\n"},
		{[]conversations.Span{quoted("\uE0000\uE001")}, "<p>\uE0000\uE001</p>\n"},
		{[]conversations.Span{words("\uE0000\uE001"), quoted("q")}, "<p>\uFFFD0\uFFFDq</p>\n"},
		{[]conversations.Span{{Kind: conversations.Someone, ID: "bo"}}, "<p><span class=\"mention\">@&lt;bo&gt;</span></p>\n"},
		{[]conversations.Span{{Kind: conversations.Someone, ID: "ana"}}, "<p><span class=\"mention me\">@ana</span></p>\n"},
		{[]conversations.Span{{Kind: conversations.Channel, ID: `o"ps`, Text: "ops"}}, "<p><a class=\"channel\" data-channel=\"o&#34;ps\" href=\"#\">#ops</a></p>\n"},
		{[]conversations.Span{{Kind: conversations.Moment, Time: at}}, "<p><time datetime=\"2026-03-02T13:02:00Z\" title=\"Mon 2 Mar 2026 13:02 UTC\">Mon 2 Mar 14:02</time></p>\n"},
		{[]conversations.Span{{Kind: conversations.Moment, Time: at, Hour: true}}, "<p><time datetime=\"2026-03-02T13:02:00Z\" title=\"Mon 2 Mar 2026 13:02 UTC\">14:02</time></p>\n"},
		{[]conversations.Span{{Kind: conversations.Link, Text: "it", Ref: conversations.MessageRef{Channel: "ops", ID: "1.2"}}}, "<p><a data-channel=\"ops\" data-message=\"1.2\" href=\"#\">it</a></p>\n"},
		{
			[]conversations.Span{words("a"), {Kind: conversations.Item}, words("b"), {Kind: conversations.Item, Level: 1}, quoted("c\nd"), words("\nend")},
			"<p>a</p>\n<ul>\n<li>b\n<ul>\n<li>c<br>d</li>\n</ul>\n</li>\n</ul>\n<p>end</p>\n",
		},
		{
			[]conversations.Span{words("a\n• b"), {Kind: conversations.Buttons, Row: 1}, words("\nc"), {Kind: conversations.Buttons}, words("\n\nd")},
			"<p>a</p>\n<ul>\n<li>b</li>\n</ul>\n<p><span class=\"controls\" data-row=\"1\"></span></p>\n" +
				"<p>c</p>\n<p><span class=\"controls\" data-row=\"0\"></span></p>\n<p>d</p>\n",
		},
		{[]conversations.Span{words("a\n• b\n• c\nd")}, "<p>a</p>\n<ul>\n<li>b</li>\n<li>c</li>\n</ul>\n<p>d</p>\n"},
		{[]conversations.Span{words("✓ one\n– 2 left\n● two\n– d")}, "<ul>\n<li>✓ one</li>\n<li>– 2 left</li>\n<li>● two</li>\n</ul>\n<p>– d</p>\n"},
		{
			[]conversations.Span{words("**PM-1** "), quoted("It · broke ▸ x"), words(" · **what happened** ▸ why\nmore")},
			"<h3 class=\"title\"><strong>PM-1</strong> It · broke ▸ x</h3><p class=\"phases\"><strong>what happened</strong> ▸ why</p>\n<p>more</p>\n",
		},
	} {
		if got := HTML(conversations.Body{Text: c.spans}, r); got != c.want {
			t.Errorf("%+v\n is  %q\n not %q", c.spans, got, c.want)
		}
	}
}

func TestTypedHTML(t *testing.T) {
	r := Reader{ID: "ana", Name: func(id string) string { return map[string]string{"ana": "ana", "bo": "bo"}[id] }}
	for typed, want := range map[string]string{
		"<script>alert(1)</script>":   "&lt;script&gt;alert(1)&lt;/script&gt;",
		"**a** _b_ # c":               "**a** _b_ # c",
		"a\nb":                        "a<br>b",
		"see `x < y` ok":              "see <code>x &lt; y</code> ok",
		"```\na\n<b>\n```":            "<pre><code>a\n&lt;b&gt;\n</code></pre>",
		"hi @ana, @bo and @eve":       `hi <span class="mention me">@ana</span>, <span class="mention">@bo</span> and @eve`,
		"@debrief next":               `<span class="mention">@debrief</span> next`,
		`http://x.example/"onclick=a`: `<a href="http://x.example/" target="_blank" rel="noopener noreferrer">http://x.example/</a>&#34;onclick=a`,
		"(https://x.example/a?b=1).":  `(<a href="https://x.example/a?b=1" target="_blank" rel="noopener noreferrer">https://x.example/a?b=1</a>).`,
		"javascript:alert(1)":         "javascript:alert(1)",
		"\uE0000\uE001 `x`":           "\uFFFD0\uFFFD <code>x</code>",
	} {
		if got := r.typedHTML(typed); got != want {
			t.Errorf("%q is\n  %s, not\n  %s", typed, got, want)
		}
	}
}

// FuzzHTML looks for a text that leaves a tag behind that is none of ours.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<script>", "`<img src=x>`", "[a](javascript:b)", "![x](y)", "\uE0000\uE001", "http://a/<b>\"'", "<a@b.c>", "| a |\n|---|\n| <b> |"} {
		f.Add(s)
	}
	ours := map[string]bool{}
	for _, tag := range strings.Fields("p br strong em code pre a img ul ol li h1 h2 h3 h4 h5 h6 hr blockquote span time table thead tbody tr th td") {
		ours[tag] = true
	}
	r := Reader{Name: func(string) string { return "" }}
	f.Fuzz(func(t *testing.T, s string) {
		all := HTML(conversations.Body{Text: []conversations.Span{{Kind: conversations.Quoted, Text: s}, {Kind: conversations.Words, Text: s}}}, r) + r.typedHTML(s) + DocumentHTML(s)
		for _, part := range strings.Split(all, "<")[1:] {
			tag := strings.TrimPrefix(part, "/")
			if end := strings.IndexAny(tag, " >/"); end >= 0 {
				tag = tag[:end]
			}
			if !ours[tag] || strings.Contains(strings.ToLower(part), "href=\"javascript:") {
				t.Errorf("%q leaves <%s in %s", s, part, all)
			}
		}
	})
}

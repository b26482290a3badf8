package local

import (
	"bytes"
	"cmp"
	"html"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	renderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"github.com/debrief-bot/debrief/conversations"
)

// markdown knows CommonMark without raw HTML, which stays the text that it is.
var markdown = sync.OnceValue(newMarkdown)

func newMarkdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithParser(parser.NewParser(
			parser.WithBlockParsers(
				util.Prioritized(parser.NewThematicBreakParser(), 200),
				util.Prioritized(parser.NewListParser(), 300),
				util.Prioritized(parser.NewListItemParser(), 400),
				util.Prioritized(parser.NewATXHeadingParser(), 600),
				util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
				util.Prioritized(parser.NewBlockquoteParser(), 800),
				util.Prioritized(parser.NewParagraphParser(), 1000),
			),
			parser.WithInlineParsers(
				util.Prioritized(parser.NewCodeSpanParser(), 100),
				util.Prioritized(parser.NewLinkParser(), 200),
				util.Prioritized(parser.NewAutoLinkParser(), 300),
				util.Prioritized(parser.NewEmphasisParser(), 500),
			),
			parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
		)),
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithRendererOptions(renderer.WithHardWraps()),
	)
}

// lazily compiles a pattern when it is first used: nobody may open a window for days, and the bot shall be small until then.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// HTML is a message as HTML that is safe to show: words formatted, all else inert. Times are in the reader's zone, with
// UTC as their title.
func HTML(b conversations.Body, r Reader) string {
	a := assembled{reader: r}
	for _, s := range b.Text {
		a.add(s)
	}
	text := a.text.String()
	if b.File != nil && conversations.Plain(b.Text) == b.File.Text {
		text = beginning(text)
	}
	return a.filled(titled(fromMarkdown(outline(headline(text)))))
}

var (
	firstLineOfCard = lazily(`^(\*\*[A-Z]+-[0-9]+\*\*.*) · ([^\n]*▸[^\n]*)(\n|$)`)
	titleOfCard     = lazily(`(?s)^<h3>(.*?)</h3>\n<p>(.*?)</p>`)
)

// headline gives the line with which a card begins, number, title and phases, two lines: a title and what is below it.
func headline(text string) string { return firstLineOfCard().ReplaceAllString(text, "### $1\n$2\n\n") }

func titled(html string) string {
	return titleOfCard().ReplaceAllString(html, `<h3 class="title">$1</h3><p class="phases">$2</p>`)
}

// beginning is the head of a document: its title and what is right below it.
func beginning(text string) string {
	paragraphs := strings.SplitN(text, "\n\n", 3)
	return strings.Join(paragraphs[:min(2, len(paragraphs))], "\n\n")
}

// DocumentHTML is a document as HTML that is safe to show.
func DocumentHTML(text string) string { return fromMarkdown(marked().ReplaceAllString(text, "\uFFFD")) }

func fromMarkdown(text string) string {
	var out bytes.Buffer
	if err := markdown().Convert([]byte(text), &out); err != nil {
		return "<p>" + html.EscapeString(text) + "</p>"
	}
	return out.String()
}

// assembled is a text in CommonMark in which everything that must not be formatted is a mark, to be filled in after the
// formatting.
type assembled struct {
	reader Reader
	text   strings.Builder
	fills  []string
}

// marked finds the two characters that a mark is made of. They are for private use, and nobody else's here.
var marked = lazily("[\uE000\uE001]")

var mark = lazily("\uE000([0-9]+)\uE001")

func (a *assembled) fill(html string) {
	a.text.WriteString("\uE000" + strconv.Itoa(len(a.fills)) + "\uE001")
	a.fills = append(a.fills, html)
}

func (a *assembled) filled(text string) string {
	return mark().ReplaceAllStringFunc(text, func(m string) string {
		n, err := strconv.Atoi(m[len("\uE000") : len(m)-len("\uE001")])
		if err != nil || n >= len(a.fills) {
			return ""
		}
		return a.fills[n]
	})
}

func (a *assembled) add(s conversations.Span) {
	switch s.Kind {
	case conversations.Quoted:
		a.fill(inertHTML(s.Text))
	case conversations.Someone:
		a.fill(a.reader.someone(s.ID, s.Text))
	case conversations.Channel:
		a.fill(channelHTML(s))
	case conversations.Moment:
		a.fill(a.reader.momentHTML(s))
	case conversations.Link:
		a.fill(a.reader.linkHTML(s))
	case conversations.Buttons: // the page puts them there
		a.text.WriteString("\n\n")
		a.fill(`<span class="controls" data-row="` + strconv.Itoa(s.Row) + `"></span>`)
		a.text.WriteString("\n\n")
	case conversations.Item:
		a.text.WriteString("\n" + strings.Repeat("  ", max(s.Level, 0)) + "- ")
	default:
		a.text.WriteString(marked().ReplaceAllString(s.Text, "\uFFFD"))
	}
}

func inertHTML(text string) string {
	return strings.ReplaceAll(html.EscapeString(inert(text)), "\n", "<br>")
}

func (r Reader) someone(id, fallback string) string {
	name := ""
	if r.Name != nil {
		name = r.Name(id)
	}
	class := "mention"
	if id != "" && id == r.ID {
		class = "mention me"
	}
	return `<span class="` + class + `">@` + inertHTML(strings.TrimPrefix(cmp.Or(name, fallback, id), "@")) + `</span>`
}

func channelHTML(s conversations.Span) string {
	return `<a class="channel" data-channel="` + html.EscapeString(s.ID) + `" href="#">#` + inertHTML(firstOf(s.Text, s.ID)) + `</a>`
}

func (r Reader) momentHTML(s conversations.Span) string {
	if s.Time.IsZero() {
		return inertHTML(s.Text)
	}
	return `<time datetime="` + s.Time.UTC().Format(time.RFC3339) + `" title="` + s.Time.UTC().Format("Mon 2 Jan 2006 15:04") + ` UTC">` +
		html.EscapeString(r.span(s)) + `</time>`
}

func (r Reader) linkHTML(s conversations.Span) string {
	at := html.EscapeString
	return `<a data-channel="` + at(s.Ref.Channel) + `" data-message="` + at(s.Ref.ID) + `" href="#">` + inertHTML(s.Text) + `</a>`
}

var (
	bullet = lazily(`^( *)• `)
	step   = lazily(`^(?:[✓●○] |– [0-9])`)
	listed = lazily(`^ *[-*] `)
)

// outline writes lists as CommonMark has them. The bot writes them as lines that begin with a dot, and what a review has
// behind it, in hand and before it as lines that begin with ✓, ● and ○, what was left out with –. A line after a list ends it.
func outline(text string) string {
	var out []string
	inList, fenced := false, false
	for _, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(l), "```") {
			fenced = !fenced
		}
		if !fenced {
			l = bullet().ReplaceAllString(l, "$1- ")
			l = step().ReplaceAllString(l, "* $0")
		}
		is := !fenced && listed().MatchString(l)
		if inList && !is && strings.TrimSpace(l) != "" {
			out = append(out, "")
		}
		inList = is
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}

var (
	codeBlock = lazily("(?s)```\n?(.*?)```")
	codeSpan  = lazily("`([^`\n]+)`")
	address   = lazily(`https?://[^\s<>"'\x60]+[^\s<>"'\x60.,;:!?)\]}]`)
)

// typedHTML is what somebody typed as HTML that is safe to show: code between backticks, addresses as links, people by
// name; nothing else is formatted.
func (r Reader) typedHTML(text string) string {
	a := assembled{reader: r}
	text = marked().ReplaceAllString(inert(text), "\uFFFD")
	hold := func(html string) string {
		a.fills = append(a.fills, html)
		return "\uE000" + strconv.Itoa(len(a.fills)-1) + "\uE001"
	}
	text = codeBlock().ReplaceAllStringFunc(text, func(s string) string {
		return hold("<pre><code>" + html.EscapeString(codeBlock().FindStringSubmatch(s)[1]) + "</code></pre>")
	})
	text = codeSpan().ReplaceAllStringFunc(text, func(s string) string {
		return hold("<code>" + html.EscapeString(s[1:len(s)-1]) + "</code>")
	})
	text = address().ReplaceAllStringFunc(text, func(s string) string {
		s = html.EscapeString(s)
		return hold(`<a href="` + s + `" target="_blank" rel="noopener noreferrer">` + s + `</a>`)
	})
	text = someone().ReplaceAllStringFunc(text, func(s string) string {
		before, name, _ := strings.Cut(s, "@")
		id := strings.TrimRight(name, ".-_")
		if id != BotID && (r.Name == nil || r.Name(id) == "") {
			return s
		}
		return before + hold(r.someone(id, id)) + name[len(id):]
	})
	return a.filled(strings.ReplaceAll(html.EscapeString(text), "\n", "<br>"))
}

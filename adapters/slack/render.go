package slack

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/conversations"
)

// What Slack takes: https://docs.slack.dev/reference/block-kit/blocks and …/block-elements. That all blocks of a message
// together may have some 13,200 characters is said nowhere: https://github.com/slackapi/bolt-js/issues/2509
const (
	maxPart        = 8000 // of the text of one message
	maxLine        = 2500 // of one paragraph
	maxPieces      = 300  // runs of text in one message
	maxBlocks      = 45
	maxInRow       = 25
	maxOptions     = 100
	maxLabel       = 75
	maxOptionValue = 150
	maxTitle       = 24
	maxTyped       = 3000
	maxFallback    = 300
	maxHint        = 150
)

// part is one message of those that a body may need.
type part struct {
	blocks []slack.Block
	text   string // what notifications show, escaped
}

// render makes messages of a body: the words as rich text, in which what people wrote cannot become anything else than
// text, and the controls where they stand in it. What one message cannot hold goes on in further ones.
func (id identity) render(b conversations.Body) []part {
	lines := id.lines(b)
	parts := cut(lines)
	if b.File != nil && b.File.Text != conversations.Plain(b.Text) {
		// A file goes along as text: uploading one can be neither found nor repeated.
		file := []line{{kind: heading, runs: []run{{text: inert(b.File.Name)}}}}
		for l := range strings.Lines(inert(b.File.Text)) {
			file = append(file, line{kind: fenced, runs: []run{{text: strings.TrimSuffix(l, "\n")}}})
		}
		parts = append(parts, cut(file)...)
	}
	if len(parts) == 0 {
		parts = []part{{}}
	}
	for _, n := range b.Below() {
		parts[0].blocks = append(parts[0].blocks, rows(b.Controls[n], n)...)
	}
	var said []string
	for _, l := range lines {
		if l.kind != buttons {
			said = append(said, textOf(l))
		}
	}
	fallback := escape(shorten(strings.TrimSpace(strings.Join(said, "\n")), maxFallback))
	for i := range parts {
		uniqueIDs(parts[i].blocks)
		parts[i].text = fallback
		if fallback == "" {
			parts[i].text = "Debrief"
		}
	}
	return parts
}

// A paragraph is one line of the text, of a kind.
type lineKind int

const (
	paragraph lineKind = iota
	heading
	bulleted
	numbered
	quote
	fenced
	buttons
)

type line struct {
	kind  lineKind
	level int
	runs  []run
	row   []slack.Block // of buttons
}

// run is a piece of a line: text in a style, or something that each reader's Slack writes out.
type run struct {
	text  string
	style slack.RichTextSectionTextStyle
	span  conversations.Span // Channel, Moment
	url   string             // a link
}

func (l line) size() int {
	n := 0
	for _, r := range l.runs {
		n += utf8.RuneCountInString(r.text) + len(r.url)
	}
	return n
}

// lines reads spans: ours as the CommonMark that we write, theirs as they are.
func (id identity) lines(b conversations.Body) []line {
	w := &writer{}
	for _, s := range b.Text {
		switch s.Kind {
		case conversations.Words:
			w.words(s.Text)
		case conversations.Item:
			w.end()
			w.line.kind, w.line.level, w.opened = bulleted, s.Level, true
		case conversations.Buttons:
			if w.opened {
				w.end()
			}
			w.line.kind, w.line.row, w.opened = buttons, rows(b.Controls[s.Row], s.Row), true
		case conversations.Quoted:
			w.add(run{text: inert(s.Text)})
		case conversations.Someone:
			w.add(run{text: "@" + inert(strings.TrimPrefix(firstOf(s.Text, s.ID), "@"))})
		case conversations.Channel:
			r := run{text: "#" + inert(strings.TrimPrefix(firstOf(s.Text, s.ID), "#"))}
			if isChannel(s.ID) { // else it is a name that somebody typed
				r.span = s
			}
			w.add(r)
		case conversations.Moment:
			r := run{text: inert(s.Text), span: s}
			if s.Time.IsZero() {
				r.span = conversations.Span{}
			}
			w.add(r)
		case conversations.Link:
			w.add(run{text: inert(s.Text), url: id.permalink(s.Ref)})
		}
	}
	w.end()
	return w.all
}

// permalink is where a message can be opened: https://docs.slack.dev/reference/methods/chat.getPermalink
func (id identity) permalink(ref conversations.MessageRef) string {
	if id.url == "" || !isID(ref.Channel) {
		return ""
	}
	link := id.url + "archives/" + ref.Channel
	if _, ok := timeOf(ref.ID); ok {
		link += "/p" + strings.ReplaceAll(ref.ID, ".", "")
	}
	return link
}

// writer collects lines. Bold and italic reach over spans, to the end of the line.
type writer struct {
	all    []line
	line   line
	opened bool // the line's kind is known
	style  slack.RichTextSectionTextStyle
	fence  bool
	skip   bool // inside a fence that only programs can read
	drop   bool // the line is none to show
}

func (w *writer) add(r run) {
	if w.skip {
		return
	}
	if w.line.kind == buttons {
		w.end()
	}
	w.opened = true
	if w.fence {
		w.line.kind = fenced
	}
	r.style = w.style
	w.line.runs = append(w.line.runs, r)
}

// end ends the line. An empty one is a paragraph's end.
func (w *writer) end() {
	if (w.opened || len(w.all) > 0) && !w.drop {
		w.all = append(w.all, w.line)
	}
	w.line, w.opened, w.drop, w.style = line{}, false, false, slack.RichTextSectionTextStyle{}
}

// words reads CommonMark as far as we write it: headings, lists, quotes, fences, tables, bold, italic, code, links, and
// signs that are escaped.
func (w *writer) words(text string) {
	for i, l := range strings.Split(inert(text), "\n") {
		if i > 0 && !w.skip {
			w.end()
		}
		if mark, ok := strings.CutPrefix(strings.TrimLeft(l, " "), "```"); ok && !w.opened {
			w.fence, w.skip = !w.fence, !w.fence && strings.TrimSpace(mark) == "mermaid"
			continue
		}
		switch {
		case w.skip:
		case w.fence:
			w.add(run{text: l})
		case w.opened:
			w.inline(l)
		default:
			w.inline(w.open(l))
		}
	}
}

// open takes what says of which kind a line is off its beginning.
func (w *writer) open(l string) string {
	trimmed := strings.TrimLeft(l, " ")
	level := (len(l) - len(trimmed)) / 2
	if rest := strings.TrimLeft(trimmed, "#"); len(rest) < len(trimmed) && strings.HasPrefix(rest, " ") {
		w.line.kind = heading
		w.opened = true
		return strings.TrimSpace(rest)
	}
	for _, bullet := range []string{"- ", "* ", "• "} {
		if rest, ok := strings.CutPrefix(trimmed, bullet); ok {
			w.line.kind, w.line.level, w.opened = bulleted, level, true
			return rest
		}
	}
	if rest := strings.TrimLeft(trimmed, "0123456789"); len(rest) < len(trimmed) && strings.HasPrefix(rest, ". ") {
		w.line.kind, w.line.level, w.opened = numbered, level, true
		return rest[2:]
	}
	if rest, ok := strings.CutPrefix(trimmed, ">"); ok {
		w.line.kind, w.opened = quote, true
		return strings.TrimPrefix(rest, " ")
	}
	if strings.HasPrefix(trimmed, "|") {
		return w.row(trimmed)
	}
	return l
}

// row writes a row of a table as an item: tables are too wide for a phone, and a message takes only one.
func (w *writer) row(l string) string {
	if strings.Trim(l, "|-: ") == "" && strings.Contains(l, "-") { // below the names of the columns, which a list has not
		if n := len(w.all); n > 0 && w.all[n-1].kind == bulleted {
			w.all = w.all[:n-1]
		}
		w.drop = true
		return ""
	}
	var cells []string
	for _, c := range strings.Split(strings.ReplaceAll(strings.Trim(l, "|"), `\|`, "\x00"), "|") {
		if c = strings.TrimSpace(strings.ReplaceAll(c, "\x00", `\|`)); c != "" {
			cells = append(cells, c)
		}
	}
	w.line.kind, w.opened = bulleted, true
	return strings.Join(cells, " · ")
}

// inline reads bold, italic, code, links and escaped signs.
func (w *writer) inline(text string) {
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			w.add(run{text: plain.String()})
			plain.Reset()
		}
	}
	for text != "" {
		switch {
		case text[0] == '\\' && len(text) > 1 && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", text[1]) >= 0:
			plain.WriteByte(text[1])
			text = text[2:]
			continue
		case strings.HasPrefix(text, "**"):
			flush()
			w.style.Bold = !w.style.Bold
			text = text[2:]
			continue
		case text[0] == '*' || text[0] == '_':
			if w.emphasis(text, plain.String()) {
				flush()
				w.style.Italic = !w.style.Italic
				text = text[1:]
				continue
			}
		case text[0] == '`':
			if inside, rest, ok := strings.Cut(text[1:], "`"); ok && inside != "" {
				flush()
				before := w.style
				w.style.Code = true
				w.add(run{text: inside})
				w.style, text = before, rest
				continue
			}
		case text[0] == '[':
			if label, url, rest, ok := link(text); ok {
				flush()
				w.add(run{text: label, url: url})
				text = rest
				continue
			}
		case text[0] == '&':
			if i := strings.IndexByte(text[:min(len(text), len("&amp;"))], ';'); i > 0 {
				if sign := unescape.Replace(text[:i+1]); sign != text[:i+1] {
					plain.WriteString(sign)
					text = text[i+1:]
					continue
				}
			}
		}
		_, size := utf8.DecodeRuneInString(text)
		plain.WriteString(text[:size])
		text = text[size:]
	}
	flush()
}

// emphasis reports whether a sign begins or ends italics here, and is not part of a word or a calculation.
func (w *writer) emphasis(text, before string) bool {
	if w.style.Italic {
		return before != "" && !strings.HasSuffix(before, " ")
	}
	end := strings.IndexByte(text[1:], text[0])
	opens := before == "" || strings.ContainsAny(before[len(before)-1:], " ([\"–")
	return opens && end > 0 && text[1] != ' ' && text[end] != ' '
}

// link is what a text like [label](https://…) begins with.
func link(text string) (label, url, rest string, ok bool) {
	i := strings.Index(text[:min(len(text), maxLine)], "](")
	if i < 0 {
		return "", "", "", false
	}
	label, after := text[1:i], text[i+2:]
	if strings.ContainsAny(label, "[\n") {
		return "", "", "", false
	}
	url, rest, ok = strings.Cut(after, ")")
	if !ok || len(url) > maxLine || !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") || strings.ContainsAny(url, " <>|") {
		return "", "", "", false
	}
	return label, url, rest, true
}

// cut makes as many messages of the lines as they need.
func cut(lines []line) []part {
	var parts []part
	var held []line
	size, pieces, blocks := 0, 0, 0
	flush := func() {
		if p := (part{blocks: richText(held)}); len(p.blocks) > 0 {
			parts = append(parts, p)
		}
		held, size, pieces, blocks = nil, 0, 0, 0
	}
	for _, whole := range lines {
		for _, l := range whole.pieces() {
			n := l.size() + 1
			switch l.kind {
			case heading:
				blocks += 2 // it, and what goes on below it
			case buttons:
				blocks += len(l.row) + 1
			}
			full := size+n > maxPart || pieces+len(l.runs) > maxPieces || blocks > maxBlocks
			if full && len(held) > 0 && l.kind != buttons { // those stay with what they are about
				flush()
			}
			held = append(held, l)
			size, pieces = size+n, pieces+len(l.runs)+1
		}
	}
	flush()
	return parts
}

// pieces divides a line that is too long, between words where it can.
func (l line) pieces() []line {
	if l.size() <= maxLine && len(l.runs) <= maxPieces {
		return []line{l}
	}
	var all []line
	next := line{kind: l.kind, level: l.level}
	size := 0
	flush := func() {
		if len(next.runs) > 0 {
			all = append(all, next)
		}
		next, size = line{kind: l.kind, level: l.level}, 0
	}
	for _, r := range l.runs {
		for {
			room := maxLine - size
			n := utf8.RuneCountInString(r.text)
			if n <= room || r.span.Kind != "" || r.url != "" {
				break
			}
			head, rest := divide(r.text, room)
			if head != "" {
				next.runs = append(next.runs, run{text: head, style: r.style})
			}
			r.text = rest
			flush()
		}
		next.runs = append(next.runs, r)
		size += utf8.RuneCountInString(r.text)
		if len(next.runs) >= maxPieces {
			flush()
		}
	}
	flush()
	return all
}

// divide cuts a text after at most n characters, behind a space if there is one in the last half. Nothing is lost.
func divide(text string, n int) (head, rest string) {
	at := 0
	for range n {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	if space := strings.LastIndexAny(text[:at], " \n"); space > at/2 {
		at = space + 1
	}
	return text[:at], text[at:]
}

// richText makes blocks of lines: a header for a heading, one rich text for what stands between headings.
func richText(lines []line) []slack.Block {
	var blocks []slack.Block
	var elements []slack.RichTextElement
	flush := func() {
		if len(elements) > 0 {
			blocks = append(blocks, slack.NewRichTextBlock("", elements...))
		}
		elements = nil
	}
	for i := 0; i < len(lines); {
		l := lines[i]
		if l.kind == heading && l.size() <= 150 {
			flush()
			if text := strings.TrimSpace(textOf(l)); text != "" {
				blocks = append(blocks, slack.NewHeaderBlock(words(text)))
			}
			i++
			continue
		}
		if l.kind == buttons {
			flush()
			blocks = append(blocks, l.row...)
			i++
			continue
		}
		end := i + 1
		for end < len(lines) && lines[end].kind == l.kind && lines[end].level == l.level {
			end++
		}
		if e := element(lines[i:end]); e != nil {
			elements = append(elements, e)
		}
		i = end
	}
	flush()
	return blocks
}

func textOf(l line) string {
	var b strings.Builder
	for _, r := range l.runs {
		b.WriteString(r.text)
	}
	return b.String()
}

// element is a run of lines of one kind.
func element(lines []line) slack.RichTextElement {
	switch l := lines[0]; l.kind {
	case bulleted, numbered:
		style := slack.RTEListBullet
		if l.kind == numbered {
			style = slack.RTEListOrdered
		}
		var items []slack.RichTextElement
		for _, l := range lines {
			if inside := sections(l.runs); len(inside) > 0 {
				items = append(items, slack.NewRichTextSection(inside...))
			}
		}
		if len(items) == 0 {
			return nil
		}
		return slack.NewRichTextList(style, min(max(l.level, 0), 8), items...)
	case quote:
		if inside := joined(lines); len(inside) > 0 {
			return &slack.RichTextQuote{Type: slack.RTEQuote, Elements: inside}
		}
		return nil
	case fenced:
		if inside := joined(lines); len(inside) > 0 {
			return &slack.RichTextPreformatted{Type: slack.RTEPreformatted, Elements: inside}
		}
		return nil
	}
	for len(lines) > 0 && len(lines[0].runs) == 0 {
		lines = lines[1:]
	}
	for len(lines) > 0 && len(lines[len(lines)-1].runs) == 0 {
		lines = lines[:len(lines)-1]
	}
	if inside := joined(lines); len(inside) > 0 {
		return slack.NewRichTextSection(inside...)
	}
	return nil
}

// joined is lines below each other.
func joined(lines []line) []slack.RichTextSectionElement {
	var all []run
	for i, l := range lines {
		if i > 0 {
			all = append(all, run{text: "\n"})
		}
		if l.kind == heading {
			for j := range l.runs {
				l.runs[j].style.Bold = true
			}
		}
		all = append(all, l.runs...)
	}
	return sections(all)
}

// sections writes runs out. Pieces of text in one style are one element.
func sections(runs []run) []slack.RichTextSectionElement {
	var all []slack.RichTextSectionElement
	var open *slack.RichTextSectionTextElement
	for _, r := range runs {
		switch {
		case r.span.Kind == conversations.Channel:
			all, open = append(all, slack.NewRichTextSectionChannelElement(r.span.ID, nil)), nil
		case r.span.Kind == conversations.Moment:
			format := "{date_short_pretty} {time}"
			if r.span.Hour {
				format = "{time}"
			}
			fallback := firstOf(r.text, r.span.Time.UTC().Format("2 Jan 15:04 UTC"))
			all, open = append(all, slack.NewRichTextSectionDateElement(r.span.Time.Unix(), format, nil, &fallback)), nil
		case r.url != "":
			all, open = append(all, slack.NewRichTextSectionLinkElement(r.url, firstOf(r.text, r.url), nil)), nil
		case r.text == "":
		case open != nil && styled(open) == r.style:
			open.Text += r.text
		default:
			open = slack.NewRichTextSectionTextElement(r.text, nil)
			if style := r.style; style != (slack.RichTextSectionTextStyle{}) {
				open.Style = &style
			}
			all = append(all, open)
		}
	}
	return all
}

func styled(e *slack.RichTextSectionTextElement) slack.RichTextSectionTextStyle {
	if e.Style == nil {
		return slack.RichTextSectionTextStyle{}
	}
	return *e.Style
}

// words is a text that Slack formats nothing in, also no emoji by name.
func words(text string) *slack.TextBlockObject {
	off := false
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: text, Emoji: &off}
}

func label(text string, most int) *slack.TextBlockObject {
	return words(firstOf(shorten(inert(text), most), "…"))
}

// rows makes blocks of a row of controls.
func rows(row []conversations.Control, n int) []slack.Block {
	var all []slack.BlockElement
	for _, c := range row {
		all = append(all, elements(c)...)
	}
	var blocks []slack.Block
	for i := 0; len(all) > 0; i++ {
		k := min(len(all), maxInRow)
		blocks = append(blocks, slack.NewActionBlock(fmt.Sprintf("row%d.%d", n, i), all[:k]...))
		all = all[k:]
	}
	return blocks
}

func elements(c conversations.Control) []slack.BlockElement {
	if len(c.Options) == 0 {
		b := slack.NewButtonBlockElement(c.Verb, control{c.Verb, c.Subject, c.Value}.String(), label(c.Label, maxLabel))
		if c.Primary {
			b.Style = slack.StylePrimary
		}
		return []slack.BlockElement{b}
	}
	var menus []slack.BlockElement
	for all := c.Options; len(all) > 0; {
		k := min(len(all), maxOptions)
		menus = append(menus, menu(c, all[:k]))
		all = all[k:]
	}
	return menus
}

func menu(c conversations.Control, options []conversations.Option) slack.BlockElement {
	actionID, fits := c.Verb, true
	for _, o := range options {
		fits = fits && len(control{c.Verb, c.Subject, o.Value}.String()) <= maxOptionValue
	}
	if !fits {
		actionID = c.Verb + "|" + c.Subject
	}
	var all []*slack.OptionBlockObject
	for _, o := range options {
		value := "~" + o.Value
		if fits {
			value = control{c.Verb, c.Subject, o.Value}.String()
		}
		all = append(all, &slack.OptionBlockObject{Text: label(o.Label, maxLabel), Value: value})
	}
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, label(c.Label, maxHint), actionID, all...)
}

// uniqueIDs numbers ids of rows and actions that a message or page has twice, which Slack refuses.
func uniqueIDs(blocks []slack.Block) {
	seen := map[string]int{}
	name := func(id *string) {
		*id = copyNumber.ReplaceAllString(*id, "")
		seen[*id]++
		if n := seen[*id]; n > 1 {
			*id = fmt.Sprintf("%s %d", *id, n)
		}
	}
	for _, b := range blocks {
		row, ok := b.(*slack.ActionBlock)
		if !ok {
			continue
		}
		name(&row.BlockID)
		for _, e := range row.Elements.ElementSet {
			switch e := e.(type) {
			case *slack.ButtonBlockElement:
				name(&e.ActionID)
			case *slack.SelectBlockElement:
				name(&e.ActionID)
			}
		}
	}
}

// form makes a dialogue. It remembers by which act it was opened.
func form(f conversations.Form, by conversations.Event) slack.ModalViewRequest {
	v := slack.ModalViewRequest{
		Type: slack.VTModal, Title: label(f.Title, maxTitle), Submit: label(firstOf(f.Submit, "Save"), maxTitle), Close: words("Cancel"),
		CallbackID: f.Verb, PrivateMetadata: origin(by) + "|" + control{f.Verb, f.Subject, f.Value}.String(),
	}
	for _, in := range f.Inputs {
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, input(in))
	}
	return v
}

func input(in conversations.Input) slack.Block {
	b := slack.NewInputBlock(in.Name, label(in.Label, 2000), nil, nil)
	b.Optional = in.Optional
	if in.Pick != "" { // hints are about what to type
		b.Element = picker(in)
		return b
	}
	if hint := inert(in.Hint); hint != "" {
		b.Hint = label(hint, 2000)
	}
	if len(in.Options) == 0 {
		b.Element = &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: in.Name, Multiline: in.Lines, InitialValue: shorten(in.Value, maxTyped), MaxLength: maxTyped,
		}
		return b
	}
	chosen := map[string]bool{in.Value: in.Value != ""}
	if in.Many {
		for _, v := range strings.Fields(in.Value) {
			chosen[v] = true
		}
	}
	var all, initial []*slack.OptionBlockObject
	for _, o := range in.Options[:min(len(in.Options), maxOptions)] {
		option := &slack.OptionBlockObject{Text: label(o.Label, maxLabel), Value: o.Value}
		all = append(all, option)
		if chosen[o.Value] {
			initial = append(initial, option)
		}
	}
	if in.Many {
		e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, words("Choose"), in.Name, all...)
		e.InitialOptions = initial
		b.Element = e
		return b
	}
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, words("Choose"), in.Name, all...)
	if len(initial) > 0 {
		e.InitialOption = initial[0]
	}
	b.Element = e
	return b
}

// picker is an input in which something is chosen. A channel is that in which somebody is, if nothing stands there.
func picker(in conversations.Input) slack.BlockElement {
	var ids []string
	for _, m := range picked.FindAllStringSubmatch(in.Value, -1) {
		ids = append(ids, m[1])
	}
	first := firstOf(append(ids, "")...)
	switch {
	case in.Pick == conversations.PickDay:
		e := slack.NewDatePickerBlockElement(in.Name)
		if _, err := time.Parse(time.DateOnly, in.Value); err == nil {
			e.InitialDate = in.Value
		}
		return e
	case in.Pick == conversations.PickChannel && in.Many:
		e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeConversations, words("Choose channels"), in.Name)
		e.InitialConversations, e.Filter = ids, ourChannels
		return e
	case in.Pick == conversations.PickChannel:
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeConversations, words("Choose a channel"), in.Name)
		e.InitialConversation, e.DefaultToCurrentConversation, e.Filter = first, first == "", ourChannels
		return e
	case in.Many:
		e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeUser, words("Choose people"), in.Name)
		e.InitialUsers = ids
		return e
	}
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, words("Choose somebody"), in.Name)
	e.InitialUser = first
	return e
}

// picked is a person or a channel that stands in an input.
var picked = regexp.MustCompile(`<[@#]([A-Za-z0-9]{1,40})>`)

// ourChannels leaves out direct messages and channels that are shared with other organisations.
var ourChannels = &slack.SelectBlockElementFilter{Include: []string{"public", "private"}, ExcludeExternalSharedChannels: true}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes a text inert where Slack reads mrkdwn: no mention, no link, no date.
func escape(text string) string { return escaper.Replace(text) }

// inert keeps every letter and takes from characters that cannot be seen what they do: controls are shown as pictures,
// those that turn the direction of writing as a replacement character.
func inert(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ':
			return '␀' + r
		case r == 0x7F:
			return '␡'
		case r > 0x7F && r < 0xA0, r == 0x2028, r == 0x2029:
			return ' '
		case r == 0x061C, r == 0x200E, r == 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return utf8.RuneError
		}
		return r
	}, text)
}

// shorten cuts a text to so many characters and says so.
func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	head, _ := divide(text, most-1)
	return strings.TrimRight(head, " \n") + "…"
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

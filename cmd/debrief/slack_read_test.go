package main

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// How what Slack shows is compared with what a transcript says.
//
// Slack has blocks, and a transcript CommonMark with the zone's times. Both are brought to what is read aloud: every word,
// name, number, time, link and mark of punctuation, line by line, the rows of controls with every label and choice. Left
// out is how it looks (bold, headings, bullets, quotes, code, tables' rules and the names of their columns), which the
// golden files of the adapter hold, and diagrams for programs, which Slack is not sent.

type block = map[string]any

// reader is whose Slack shows blocks.
type reader struct{ zone *time.Location }

// read is what blocks say, each row of controls on a line where it stands.
func (r reader) read(blocks []map[string]any) string {
	var all []string
	for _, b := range blocks {
		switch b["type"] {
		case "header":
			all = append(all, textOf(b["text"]))
		case "rich_text":
			all = append(all, r.rich(b)...)
		case "actions":
			all = append(all, rowText(controlsOf([]map[string]any{b})))
		}
	}
	return strings.Join(all, "\n")
}

// rich are the lines of rich text: of a section as they are, of a list one for each item.
func (r reader) rich(v block) []string {
	var all []string
	for _, e := range list(v["elements"]) {
		switch e["type"] {
		case "rich_text_list":
			all = append(all, r.rich(e)...)
		default:
			all = append(all, r.line(e))
		}
	}
	return all
}

// line is a section: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
func (r reader) line(v block) string {
	var b strings.Builder
	for _, e := range list(v["elements"]) {
		text, _ := e["text"].(string)
		switch e["type"] {
		case "text":
			b.WriteString(text)
		case "link":
			b.WriteString(linkText(text, e["url"].(string)))
		case "channel":
			b.WriteString("#" + strings.ToLower(strings.TrimPrefix(e["channel_id"].(string), "C0")))
		case "date":
			b.WriteString(r.date(e))
		}
	}
	return b.String()
}

// linkText is a link as it is read: one to a message in Slack by its label, one to elsewhere with where it leads.
func linkText(label, url string) string {
	if strings.HasPrefix(url, slacktest.TeamURL) {
		return label
	}
	return label + " (" + url + ")"
}

// date is a moment as this reader's Slack writes it, in our transcripts' way.
func (r reader) date(v block) string {
	at := time.Unix(int64(v["timestamp"].(float64)), 0).In(r.zone)
	if v["format"] == "{time}" {
		return at.Format("15:04")
	}
	return at.Format("Mon 2 Jan 15:04")
}

func list(v any) []block {
	var all []block
	elements, _ := v.([]any)
	for _, e := range elements {
		if e, ok := e.(block); ok {
			all = append(all, e)
		}
	}
	return all
}

func textOf(v any) string {
	o, _ := v.(block)
	text, _ := o["text"].(string)
	return text
}

// controlsOf are the buttons and menus of a message.
func controlsOf(blocks []map[string]any) []transcript.Control {
	var all []transcript.Control
	for _, b := range blocks {
		if b["type"] != "actions" {
			continue
		}
		for _, e := range list(b["elements"]) {
			c := transcript.Control{Label: textOf(e["text"]) + textOf(e["placeholder"])}
			for _, o := range list(e["options"]) {
				c.Choices = append(c.Choices, textOf(o["text"]))
			}
			all = append(all, c)
		}
	}
	return all
}

func rowText(row []transcript.Control) string {
	var shown []string
	for _, c := range row {
		label := "[" + c.Label
		if len(c.Choices) > 0 {
			label += " ▾ " + strings.Join(c.Choices, " | ")
		}
		shown = append(shown, label+"]")
	}
	return strings.Join(shown, " ")
}

// plainly is a message as it is read aloud.
func plainly(text string) string { return strings.Join(spoken(text), "\n") }

var (
	diagram  = regexp.MustCompile("(?s)```mermaid\n.*?\n```")
	columns  = regexp.MustCompile(`(?m)^\|.*\|\n\|[-| :]+\|$`)
	markdown = regexp.MustCompile(`\[([^\[\]\n]*)\]\((https?://[^\s()]*)\)`)
	leading  = regexp.MustCompile(`^(?:(?:#+|[-•>]|\d+\.)\s+)+`)
	looks    = strings.NewReplacer("*", "", "_", "", "`", "", "|", " ", "·", " ", `\`, "")
)

// spoken are the lines of words without what is only looks.
func spoken(words string) []string {
	words = diagram.ReplaceAllString(words, "")
	words = columns.ReplaceAllString(words, "")
	words = markdown.ReplaceAllString(words, "$1 ($2)")
	var lines []string
	for _, l := range strings.Split(html.UnescapeString(words), "\n") {
		l = strings.Join(strings.Fields(looks.Replace(l)), " ")
		if l = leading.ReplaceAllString(l, ""); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// input is one of a form's.
type input struct {
	name, label, hint, value string
	optional, person         bool
	options, values          []string
}

// valueOf is what an input sends for what somebody chooses by its words or its value; several with spaces between.
func (in input) valueOf(chosen string) string {
	if in.person {
		return userID(strings.TrimPrefix(chosen, "@"))
	}
	if len(in.options) == 0 || slices.Contains(in.values, chosen) {
		return chosen
	}
	if i := slices.Index(in.options, chosen); i >= 0 {
		return in.values[i]
	}
	return chosen
}

func inputsOf(v slacktest.View) []input {
	var all []input
	for _, b := range v.Blocks {
		e, ok := b["element"].(block)
		if !ok {
			continue
		}
		in := input{label: textOf(b["label"]), hint: textOf(b["hint"])}
		in.name, _ = b["block_id"].(string)
		in.optional, _ = b["optional"].(bool)
		in.value, _ = e["initial_value"].(string)
		for _, o := range list(e["options"]) {
			value, _ := o["value"].(string)
			in.options, in.values = append(in.options, textOf(o["text"])), append(in.values, value)
		}
		if o, ok := e["initial_option"].(block); ok {
			in.value = textOf(o["text"])
		}
		kind, _ := e["type"].(string)
		in.person = kind == "users_select"
		if id, ok := e["initial_user"].(string); ok {
			in.value = "@" + strings.ToLower(strings.TrimPrefix(id, "U0"))
		}
		if day, ok := e["initial_date"].(string); ok {
			in.value = day
		}
		var chosen []string
		for _, o := range list(e["initial_options"]) {
			value, _ := o["value"].(string)
			chosen = append(chosen, value)
		}
		if len(chosen) == 1 {
			chosen[0] = in.options[slices.Index(in.values, chosen[0])]
		}
		in.value += strings.Join(chosen, " ")
		all = append(all, in)
	}
	return all
}

func inputOf(v slacktest.View, name string) (input, bool) {
	all := inputsOf(v)
	i := slices.IndexFunc(all, func(in input) bool { return in.name == name || in.label == name })
	if i < 0 {
		return input{}, false
	}
	return all[i], true
}

// formText is a form as the local chat writes one.
func formText(v slacktest.View) string {
	lines := []string{v.Title}
	for _, in := range inputsOf(v) {
		lines = append(lines, in.text())
	}
	for _, in := range inputsOf(v) {
		if wrong := v.Wrong[in.name]; wrong != "" {
			lines = append(lines, "! "+in.name+": "+wrong)
		}
	}
	return plainly(strings.Join(append(lines, "["+v.Submit+"]"), "\n"))
}

func (in input) text() string {
	text := in.name + ": " + in.label
	if in.optional {
		text += " (optional)"
	}
	if len(in.options) > 0 {
		text += " ▾ " + strings.Join(in.options, " | ")
	}
	if in.value != "" {
		text += " = " + strings.ReplaceAll(in.value, "\n", " / ")
	}
	if in.hint != "" {
		text += " – " + in.hint
	}
	return text
}

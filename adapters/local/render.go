package local

import (
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// Reader is for whom a message is rendered.
type Reader struct {
	ID   string              // who it is; empty: nobody in particular
	Zone *time.Location      // in which times are shown; nil: UTC
	Name func(string) string // of a person by id, empty when unknown; nil: the names in the spans
}

// Text is a message as plain text: the words and each row of controls on a line where it stands, buttons as `[Label]` and
// menus as `[Label ▾ one | two]`, then the name of the file that goes with it.
func Text(b conversations.Body, r Reader) string {
	parts := []string{}
	if words := r.words(b); words != "" {
		parts = append(parts, abridged(words, b.File))
	}
	for _, n := range b.Below() {
		parts = append(parts, controls(b.Controls[n]))
	}
	if b.File != nil {
		parts = append(parts, "+file "+b.File.Name)
	}
	return strings.Join(parts, "\n")
}

// abridged is the beginning of a report that also comes as a file: its title and what is right below it. Drafts come whole.
func abridged(words string, f *conversations.File) string {
	if f == nil || f.Text != words || strings.HasSuffix(f.Name, "-draft.md") {
		return words
	}
	paragraphs := strings.SplitN(words, "\n\n", 3)
	if len(paragraphs) < 3 {
		return words
	}
	return paragraphs[0] + "\n" + paragraphs[1] + "\n… (all of it in the file)"
}

// words are the text with the rows of controls that stand in it.
func (r Reader) words(b conversations.Body) string {
	var all strings.Builder
	below := false // a row of controls
	for _, s := range b.Text {
		if s.Kind == conversations.Buttons {
			all.WriteString("\n" + controls(b.Controls[s.Row]))
			below = true
			continue
		}
		text := r.span(s)
		if below && !strings.HasPrefix(text, "\n") {
			all.WriteString("\n")
		}
		all.WriteString(text)
		below = false
	}
	return all.String()
}

func (r Reader) span(s conversations.Span) string {
	switch s.Kind {
	case conversations.Quoted:
		return inert(s.Text)
	case conversations.Someone:
		name := ""
		if r.Name != nil {
			name = r.Name(s.ID)
		}
		return "@" + inert(strings.TrimPrefix(firstOf(name, s.Text, s.ID), "@"))
	case conversations.Channel:
		return "#" + inert(firstOf(s.Text, s.ID))
	case conversations.Moment:
		if s.Time.IsZero() {
			return s.Text
		}
		zone := r.Zone
		if zone == nil {
			zone = time.UTC
		}
		if s.Hour {
			return s.Time.In(zone).Format("15:04")
		}
		return s.Time.In(zone).Format("Mon 2 Jan 15:04")
	}
	return s.Text
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func controls(row []conversations.Control) string {
	var shown []string
	for _, c := range row {
		label := "[" + c.Label
		if len(c.Options) > 0 {
			var options []string
			for _, o := range c.Options {
				options = append(options, inert(o.Label))
			}
			label += " ▾ " + strings.Join(options, " | ")
		}
		shown = append(shown, label+"]")
	}
	return strings.Join(shown, "  ")
}

// inert makes what people wrote harmless on a terminal or in a page, and leaves it readable to the last letter: control
// characters are shown as pictures, those that turn the direction of writing as a replacement character.
func inert(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20:
			return 0x2400 + r
		case r == 0x7F:
			return '␡'
		case r >= 0x80 && r < 0xA0, r == 0x2028, r == 0x2029:
			return ' '
		case r == 0x061C, r == 0x200E, r == 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, text)
}

package conversations

import (
	"fmt"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// RenderNeeds says what Render and Row must know.
func RenderNeeds(s Subject, ef Effect, f Facts) Needs {
	if ef.Kind == Audit {
		return auditNeeds(ef)
	}
	switch state := s.State.(type) {
	case *Review:
		return state.renderNeeds(s.ID, ef, f)
	case *TimelineEvent:
		return Needs{People: []string{ef.Person}}
	case *ActionItem:
		return state.renderNeeds(ef)
	case *Nudge:
		return state.renderNeeds(s.ID, f)
	case *WorkspaceState:
		return state.renderNeeds(ef)
	case *PersonState:
		return Needs{People: []string{ef.Person}}
	}
	return Needs{}
}

// Render makes the words of a Post, Private or Reply from what is stored now. false: there is nothing left to say, and
// the effect is done without being sent.
func Render(s Subject, ef Effect, f Facts) (Body, bool) {
	if ef.View == "say" {
		return Body{Text: []Span{{Kind: Words, Text: ef.Args[0]}}}, true
	}
	p := &page{zone: f.Zone, facts: f}
	switch state := s.State.(type) {
	case *Review:
		state.render(p, s.ID, ef)
	case *TimelineEvent:
		state.render(p, ef)
	case *ActionItem:
		state.render(p, s.ID, ef)
	case *Nudge:
		state.render(p, s.ID)
	case *WorkspaceState:
		state.render(p, s.ID, ef)
	case *PersonState:
		state.render(p, s.ID, ef)
	}
	return p.body, !p.body.IsZero()
}

// page collects the spans and controls of a message.
type page struct {
	body  Body
	zone  *time.Location // of the fallback of moments
	facts Facts
}

func (p *page) words(s string) *page {
	p.body.Text = append(p.body.Text, Span{Kind: Words, Text: s})
	return p
}

func (p *page) wordsf(format string, args ...any) *page { return p.words(fmt.Sprintf(format, args...)) }

// quote shows what people said, exactly and inert; the people mentioned in it by name.
func (p *page) quote(text string) *page {
	text = postmortem.Clean(text)
	for {
		loc := mention.FindStringSubmatchIndex(text)
		if loc == nil {
			break
		}
		p.inert(text[:loc[0]])
		p.someone(text[loc[2]:loc[3]])
		text = text[loc[1]:]
	}
	return p.inert(text)
}

func (p *page) inert(text string) *page {
	if text != "" {
		p.body.Text = append(p.body.Text, Span{Kind: Quoted, Text: text})
	}
	return p
}

func (p *page) someone(id string) *page {
	p.body.Text = append(p.body.Text, Span{Kind: Someone, ID: id, Text: "@" + p.facts.Person(id).Name})
	return p
}

func (p *page) channel(id string) *page {
	p.body.Text = append(p.body.Text, Span{Kind: Channel, ID: id, Text: id})
	return p
}

// moment is a time, for each reader in their own zone.
func (p *page) moment(t time.Time) *page {
	p.body.Text = append(p.body.Text, Span{Kind: Moment, Time: t, Text: t.In(p.zone).Format("Mon 2 Jan 15:04")})
	return p
}

// next is a moment after another one that was just shown: on the same day its time is enough.
func (p *page) next(before, t time.Time) *page {
	if before.IsZero() || !sameDay(before.In(p.zone), t.In(p.zone)) {
		return p.moment(t)
	}
	p.body.Text = append(p.body.Text, Span{Kind: Moment, Time: t, Hour: true, Text: t.In(p.zone).Format("15:04")})
	return p
}

// span is from when until when; one moment when both are the same minute.
func (p *page) span(from, until time.Time) *page {
	p.moment(from)
	if until.Sub(from) >= time.Minute {
		p.words(" – ").next(from, until)
	}
	return p
}

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

func (p *page) link(label string, to MessageRef) *page {
	p.body.Text = append(p.body.Text, Span{Kind: Link, Text: label, Ref: to})
	return p
}

// item begins a line of a list, so many levels deep.
func (p *page) item(level int) *page {
	p.body.Text = append(p.body.Text, Span{Kind: Item, Level: level, Text: "\n" + strings.Repeat("    ", level) + "• "})
	return p
}

// row is a row of controls below all the text.
func (p *page) row(controls ...Control) {
	p.body.Controls = append(p.body.Controls, controls)
}

// rowHere is a row of controls right below what was said last. What is said next begins on a new line.
func (p *page) rowHere(controls ...Control) {
	p.body.Text = append(p.body.Text, Span{Kind: Buttons, Row: len(p.body.Controls)})
	p.row(controls...)
}

// entry is one line of a timeline, after another one of the time before.
func (p *page) entry(e entry, before time.Time) {
	p.words("\n• ").next(before, e.Time).words(" ").quote(shorten(firstLine(e.Text), 160))
	if len(e.Files) > 0 {
		p.words(" (").inert(strings.Join(e.Files, ", ")).words(")")
	}
	switch {
	case e.Who != "":
		p.words(" – ").someone(e.Who)
	case e.Author != "":
		p.words(" – ").inert(e.Author)
	}
	for _, name := range e.Marks {
		p.words(" · " + string(name) + "?")
	}
}

func firstLine(s string) string {
	first, more, cut := strings.Cut(strings.TrimSpace(s), "\n")
	if cut && strings.TrimSpace(more) != "" {
		return first + " …"
	}
	return first
}

// capital begins with a capital letter what is ours to begin.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func orMissing(s, missing string) string {
	if s == "" {
		return missing
	}
	return postmortem.Clean(s)
}

func dueWords(due string) string {
	d, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return due
	}
	return d.Format("Mon 2 Jan 2006")
}

// joint is what stands before the i-th of n things in a sentence.
func joint(i, n int) string {
	switch i {
	case 0:
		return ""
	case n - 1:
		return " and "
	}
	return ", "
}

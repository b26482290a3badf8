package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

func (r *Review) renderNeeds(id string, ef Effect, f Facts) Needs {
	switch ef.View {
	case "start":
		return Needs{
			People: []string{ef.Person},
			Queries: []Query{
				{Address: eventsIn(r.Home), From: r.Started.Add(-unusedLife), Until: r.Started.Add(time.Hour)},
				{Address: reviewsIn(r.Home)},
			},
		}
	case "card", "question", "report", "unfinished":
		return recordNeeds(id, r, f)
	case "published report", "published":
		return Needs{Kept: ef.Args[:1]}
	case "not yours":
		return Needs{People: []string{r.Facilitator}}
	}
	return Needs{}
}
func (r *Review) name() string { return number("PM", r.Number) }

func (r *Review) render(p *page, id string, ef Effect) {
	switch ef.View {
	case "start":
		r.renderStart(p, id)
	case "burning":
		p.words("Fine: I stay silent and collect what you pin. When it is over, press the button or say `start` here again.")
		p.row(Control{Label: "It is over", Verb: "over", Subject: id, Value: r.windowValue(), Primary: true})
	case "started":
		p.words("**" + r.name() + "** ").quote(r.Title).words(" is under way")
		if r.Card.ID != "" {
			p.words(": ").link("its thread", r.Card)
		}
		p.words(".")
	case "where":
		r.renderWhere(p)
	case "taken":
		p.words("Taken as an answer to question " + ef.Args[0] + ".")
	case "full":
		p.wordsf("This review holds %d answers, and takes no more. What is said now stays in the thread only.", answerCap)
	case "asking":
		p.words("Replies in the thread now belong to question " + ef.Args[0] + ".")
	case "not yours":
		p.someone(r.Facilitator).words(" leads this review and publishes it, or an admin does.")
	case "unfinished":
		r.renderUnfinished(p, id)
	case "refused":
		p.words("**" + r.name() + "** ").quote(r.Title).words(": I could not show its " + ef.Args[0] + ": ").inert(ef.Args[1]).words(". Nothing is lost.")
	case "card":
		r.renderCard(p, id)
	case "question":
		n, _ := strconv.Atoi(ef.Args[0])
		r.renderQuestion(p, id, n)
	case "published report":
		if rep, ok := kept(p.facts, ef.Args[0]); ok {
			p.words(rep.Markdown)
			p.body.File = &File{Name: rep.Record.ID + ".md", Text: rep.Markdown}
		}
	case "published":
		if rep, ok := kept(p.facts, ef.Args[0]); ok {
			r.renderPublished(p, rep.Record)
		}
	}
}

func (r *Review) renderStart(p *page, id string) {
	var pins []Subject
	for _, s := range p.facts.Subjects {
		if t, ok := s.State.(*TimelineEvent); ok && t.counts() {
			pins = append(pins, s)
		}
	}
	p.words("Is it over, or still burning?")
	groups := clusters(pins)
	if len(groups) > 4 {
		groups = groups[len(groups)-4:]
	}
	slices.Reverse(groups)
	if len(groups) == 0 {
		p.words("\nNothing is pinned here. `event` puts things on the timeline by hand, before or afterwards.")
		p.row(Control{Label: "It is over", Verb: "over", Subject: id, Primary: true}, Control{Label: "Still burning", Verb: "burning", Subject: id})
		return
	}
	for _, s := range p.facts.Subjects {
		if other, ok := s.State.(*Review); ok && s.ID != id && other.Stage != StagePublished && other.Number > 0 {
			p.words("\n" + other.name() + " ").quote(other.Title).words(" is open here already.")
		}
	}
	var row []Control
	for i, g := range groups {
		from, until := spanOf(g)
		p.words("\n• ").span(from, until).words(" · " + pinsWords(len(g)))
		label := "It is over"
		if len(groups) > 1 {
			label = "Over: " + from.In(p.zone).Format("Mon 2 Jan 15:04")
		}
		row = append(row, Control{
			Label: label, Verb: "over", Subject: id, Primary: i == 0,
			Value: windowOf(from, until),
		})
	}
	if len(groups) > 1 {
		first, _ := spanOf(groups[len(groups)-1])
		_, last := spanOf(groups[0])
		row = append(row, Control{
			Label: "Over: all of these", Verb: "over", Subject: id, Value: windowOf(first, last),
		})
	}
	from, _ := spanOf(groups[0])
	p.row(append(row, Control{Label: "Still burning", Verb: "burning", Subject: id, Value: from.UTC().Format(time.RFC3339Nano)})...)
}

// windowOf is what a button carries to say which pins are meant: the times of the first and of the last.
func windowOf(from, until time.Time) string {
	return from.UTC().Format(time.RFC3339Nano) + " " + until.UTC().Format(time.RFC3339Nano)
}

func pinsWords(n int) string {
	if n == 1 {
		return "1 pin"
	}
	return strconv.Itoa(n) + " pins"
}

// windowValue is what the button of a burning review carries: since when it collects.
func (r *Review) windowValue() string {
	if len(r.Sources) == 0 {
		return ""
	}
	return r.Sources[0].From.Add(silenceParts).UTC().Format(time.RFC3339Nano)
}

func (r *Review) renderWhere(p *page) {
	switch {
	case r.Stage == StageAsked || r.Stage == StageBurning:
		p.words("This review has not begun: it waits to hear that the incident is over.")
	case r.asking() > 0:
		q, _ := r.question(r.asking())
		p.wordsf("Somebody was quicker: question %d, %s, is the one that is asked now.", q.N, strings.ToLower(q.Short))
	default:
		p.words("All questions are closed. [Read the draft] and [Publish] are on the card.")
	}
}

func (r *Review) renderUnfinished(p *page, id string) {
	var open []string
	for _, q := range r.questions() {
		if !slices.Contains(r.Closed, q.N) {
			open = append(open, strconv.Itoa(q.N)+" "+strings.ToLower(q.Short))
		}
	}
	p.words("Not closed yet: " + strings.Join(open, ", ") + ".")
	p.row(Control{Label: "Publish anyway", Verb: "publish", Subject: id, Value: "anyway"})
}

// phase is the index into phases that the review is in.
func (r *Review) phase() int {
	if r.Stage != StageOpen {
		return len(phases) - 1
	}
	q, _ := r.question(r.asking())
	return max(slices.Index(phases, q.Phase), 0)
}

func (r *Review) renderCard(p *page, id string) {
	answers := r.answers()
	p.words("**" + r.name() + "** ").quote(r.Title).words(" · ")
	for i, name := range phases {
		if i > 0 {
			p.words(" ▸ ")
		}
		if i == r.phase() {
			name = "**" + name + "**"
		}
		p.words(name)
	}
	p.words("\n")
	events := r.entries(answers, p.facts)
	if len(events) > 0 {
		from, until := events[0].Time, events[len(events)-1].Time
		p.span(from, until).words(" · ")
	}
	p.words(countWords(len(events), "event") + " on the timeline · tiny review led by ").someone(r.Facilitator)
	for _, q := range r.questions() {
		mark := "○"
		switch {
		case slices.Contains(r.Closed, q.N):
			mark = "✓"
		case r.hasAsked(q.N):
			mark = "●"
		}
		p.wordsf("\n%s %d %s", mark, q.N, q.Short)
		if n := len(takenFor(answers, q.N)); n > 0 {
			p.words(" · " + countWords(n, "answer"))
		}
	}
	if n := len(r.actionRows(id, p.facts)); n > 0 {
		p.words("\n" + countWords(n, "action item"))
		if open := len(r.openLines()); open > 0 {
			p.wordsf(", %d of them without owner or date", open)
		}
	}
	if ideas := r.ideas(p.facts); ideas > 0 {
		p.words("\n" + countWords(ideas, "idea") + " for a change kept")
	}
	switch {
	case len(r.Published) > 0 && r.Changes > 0:
		p.wordsf("\nVersion %d is published. %s since.", len(r.Published), countWords(r.Changes, "change"))
	case len(r.Published) > 0:
		p.wordsf("\nVersion %d is published.", len(r.Published))
	default:
		p.words("\nWe look at how this could happen, not at who did it.")
	}
	r.cardControls(p, id)
}

// ideas counts the messages of the window that are kept as ideas for a change.
func (r *Review) ideas(f Facts) int {
	n := 0
	for _, s := range f.Subjects {
		if t, ok := s.State.(*TimelineEvent); ok && t.ideaOnly() && t.Hidden == "" && r.covers(t.Where, t.Shown().Time) {
			n++
		}
	}
	return n
}

func (r *Review) cardControls(p *page, id string) {
	var answer, ask []Option
	for _, q := range r.questions() {
		o := Option{Label: strconv.Itoa(q.N) + " " + q.Short, Value: strconv.Itoa(q.N)}
		answer, ask = append(answer, o), append(ask, o)
	}
	p.row(
		Control{Label: "Answer", Verb: "answer form", Subject: id, Options: answer},
		Control{Label: "Ask here", Verb: "ask", Subject: id, Options: ask},
	)
	publish := Control{Label: "Publish", Verb: "publish", Subject: id, Primary: r.Stage == StageDraft}
	if len(r.Published) > 0 {
		publish.Label = "Publish again"
		publish.Primary = r.Changes > 0
	}
	p.row(Control{Label: "Timeline", Verb: "timeline", Subject: id}, Control{Label: "Read the draft", Verb: "draft", Subject: id}, publish)
}

func (r *Review) renderQuestion(p *page, id string, n int) {
	q, ok := r.question(n)
	if !ok {
		return
	}
	answers := r.answers()
	taken := takenFor(answers, n)
	closed := slices.Contains(r.Closed, n)
	p.wordsf("**%d · %s**", q.N, q.Title)
	if closed {
		p.words(" ✓")
	} else {
		if q.Gives == PartTimeline {
			r.quoteTimeline(p, answers)
		}
		p.words("\n" + q.Hint)
	}
	switch {
	case q.Gives == PartActions:
		r.quoteActions(p, id)
	case closed:
		during := r.incident(p.facts)
		for _, a := range taken {
			quoteAnswer(p, q, a, during)
		}
	}
	if closed {
		if len(taken) == 0 {
			p.words("\nNo answer.")
		}
		return
	}
	talk := 0
	for _, a := range answers {
		if a.Question == n && !a.Taken && !a.Deleted {
			talk++
		}
	}
	if len(taken)+talk > 0 {
		p.wordsf("\n%d taken · %d just talk", len(taken), talk)
	}
	row := []Control{{Label: "Next", Verb: "next", Subject: id, Value: strconv.Itoa(n), Primary: true}}
	row = append(row, Control{Label: "Answer in a form", Verb: "answer form", Subject: id, Value: strconv.Itoa(n)})
	if len(r.openLines()) > 0 && q.Gives == PartActions {
		row = append(row, Control{Label: "Fill in", Verb: "fill form", Subject: id})
	}
	p.row(row...)
}

// quoteAnswer lists an answer; lines with a time as they were read.
func quoteAnswer(p *page, q Question, a Answered, during incident) {
	words := a.Body
	if q.Gives == PartTimeline {
		var told []entry
		told, words = during.told(a, p.facts)
		for _, e := range told {
			p.entry(e, time.Time{})
		}
	}
	if words != "" {
		p.words("\n• ").quote(shorten(words, 600)).words(" – ").someone(a.Who)
	}
}

const timelineShown = 15

// quoteTimeline lists what is on the timeline, of a long one the beginning and the end.
func (r *Review) quoteTimeline(p *page, answers []Answered) {
	entries := r.entries(answers, p.facts)
	if len(entries) == 0 {
		p.words("\nNothing is pinned yet.")
		return
	}
	var before time.Time
	for i, e := range entries {
		if len(entries) > timelineShown && i >= timelineShown/2 && i < len(entries)-timelineShown/2 {
			if i == timelineShown/2 {
				p.wordsf("\n… %d more: [Timeline] on the card …", len(entries)-2*(timelineShown/2))
			}
			continue
		}
		p.entry(e, before)
		before = e.Time
	}
}
func (r *Review) quoteActions(p *page, id string) {
	for _, a := range r.actionRows(id, p.facts) {
		p.words("\n• ")
		if a.ID != "" {
			p.words("**" + a.ID + "** ")
		}
		p.inert(postmortem.Clean(shorten(a.Text, 300)))
		p.words(" · " + orMissing(a.Owner, "owner?"))
		if a.Priority != "" {
			p.words(" · " + a.Priority)
		}
		p.words(" · " + orMissing(dueWords(a.Due), "by when?"))
		if a.Doubt != "" {
			p.words(" ⚠ ").inert(a.Doubt)
		}
		if a.State != string(ItemProposed) && a.State != "open" {
			p.words(" · " + a.State)
		}
	}
}
func (r *Review) renderPublished(p *page, rec postmortem.Record) {
	p.words("**" + rec.ID + "** ").inert(postmortem.Clean(rec.Title)).words(" is published")
	if rec.Version > 1 {
		p.wordsf(" (version %d)", rec.Version)
	}
	p.wordsf(": %s, %s, %s.", countWords(len(rec.Timeline), "event"), countWords(len(rec.Causes), "cause"), countWords(len(rec.Actions), "action item"))
	if r.Card.ID != "" {
		p.words(" ").link("The report is in its thread", r.Card).words(".")
	}
}

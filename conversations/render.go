package conversations

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// RenderNeeds says what Render and Row must know.
func RenderNeeds(s Subject, ef Effect, f Facts) Needs {
	switch state := s.State.(type) {
	case *Review:
		return state.renderNeeds(s.ID, ef, f)
	case *TimelineEvent:
		return Needs{People: []string{ef.Person}}
	case *ActionItem:
		return Needs{People: known([]string{state.Owner, state.Facilitator, ef.Person})}
	case *Nudge:
		return state.renderNeeds(s.ID, f)
	}
	return Needs{}
}

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

func (n *Nudge) renderNeeds(id string, f Facts) Needs {
	needs := Needs{People: []string{n.Person}}
	switch n.Rule {
	case RuleOffer:
		needs.Queries = append(needs.Queries, n.eventsQuery(), Query{Address: reviewsOf(WorkspaceOf(id)), From: n.From.Add(-silenceParts)})
		for _, s := range f.Subjects {
			if t, ok := s.State.(*TimelineEvent); ok {
				needs.Sees = append(needs.Sees, Sees{n.Person, t.Where.Root()})
			}
		}
	case RuleWeekly:
		needs.Load = n.Offers
		for _, o := range n.Offers {
			if s, ok := f.Subject(o); ok {
				offer := s.State.(*Nudge).renderNeeds(o, f)
				needs.Queries, needs.Sees = append(needs.Queries, offer.Queries...), append(needs.Sees, offer.Sees...)
			}
		}
	}
	return needs
}

func (n *Nudge) eventsQuery() Query {
	return Query{Address: EventsOf(n.Where.Workspace), From: n.From, Until: n.Until.Add(time.Millisecond)}
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
		state.render(p, ef)
	case *Nudge:
		state.render(p, s.ID)
	case *WorkspaceState:
		state.render(p)
	case *PersonState:
		p.words("Something you did at ").moment(ef.At).words(" could not be handled, and trying again did not help. It is kept, and whoever runs me can see it with `debrief doctor`.")
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

func (p *page) wordsf(format string, args ...any) { p.words(fmt.Sprintf(format, args...)) }

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

func (p *page) row(controls ...Control) {
	p.body.Controls = append(p.body.Controls, controls)
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

func countWords(n int, what string) string {
	if n == 0 {
		return "no " + what + "s"
	}
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
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
}

func firstLine(s string) string {
	first, more, cut := strings.Cut(strings.TrimSpace(s), "\n")
	if cut && strings.TrimSpace(more) != "" {
		return first + " …"
	}
	return first
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

func (t *TimelineEvent) render(p *page, ef Effect) {
	p.zone = p.facts.Person(ef.Person).Location(p.facts.Zone)
	name := number("E", t.Number)
	switch ef.View {
	case "event":
	default:
		return
	}
	shown := t.Shown()
	switch ef.Args[0] {
	case "kept":
		if n, _ := strconv.Atoi(ef.Args[1]); n > 1 {
			p.wordsf("Kept %d events. The first is **%s** ", n, name)
		} else {
			p.words("Kept as **" + name + "** ")
		}
	case "changed":
		p.words("**" + name + "** is now ")
	case "shown":
		p.words("Shown again: **" + name + "** ")
	}
	p.moment(shown.Time)
	if p.zone.String() != "UTC" {
		p.words(" (" + shown.Time.UTC().Format("15:04") + " UTC)")
	}
	p.words(" ").quote(shorten(firstLine(shown.Text), 300))
}

func (i *ActionItem) render(p *page, ef Effect) {
	name := "**" + number("A", i.Number) + "** "
	switch ef.View {
	case "not your item":
		p.words(name).quote(i.Text).words(" is for ").someone(i.Owner).words(" to close, or for ").someone(i.Facilitator).words(", who leads the review.")
	case "item":
		p.words(name).quote(i.Text).words(" is " + string(i.State))
		if i.Reason != "" {
			p.words(": ").quote(i.Reason)
		}
		p.words(".")
	}
}

func (n *Nudge) render(p *page, id string) {
	p.zone = p.facts.Person(n.Person).Location(p.facts.Zone)
	switch n.Rule {
	case RuleFirstPin:
		p.words("📎 Kept for a review: this message, its edits, its deletion. Pins that no review uses go after 30 days. " +
			"A pinned message without my 📎 is not kept.")
		p.row(Control{Label: "What do you keep?", Verb: "keeps", Subject: id})
	case RuleOffer:
		n.renderOffer(p, id)
	case RuleWeekly:
		for _, o := range n.Offers {
			if s, ok := p.facts.Subject(o); ok {
				s.State.(*Nudge).renderOffer(p, o)
			}
		}
	}
}

func (n *Nudge) controls(id string) []Control {
	if n.Outcome != "" {
		return nil
	}
	return []Control{
		{Label: "Start", Verb: "start", Subject: offerReview(id), Primary: true},
		{Label: "Not needed", Verb: "not needed", Subject: id},
	}
}

// renderOffer says what was pinned. With nothing left to review there is nothing to say.
func (n *Nudge) renderOffer(p *page, id string) {
	pins := map[string]int{} // by channel
	var channels, who []string
	for _, s := range p.facts.Subjects {
		switch state := s.State.(type) {
		case *TimelineEvent:
			shown := state.Shown().Time
			if !state.OnTimeline() || shown.Before(n.From) || shown.After(n.Until) || !p.facts.Sees[Sees{n.Person, state.Where.Root()}] {
				continue
			}
			if pins[state.Where.Channel]++; !slices.Contains(channels, state.Where.Channel) {
				channels = append(channels, state.Where.Channel)
			}
			for _, pin := range state.Pins {
				if pin.On && !slices.Contains(who, pin.Who) {
					who = append(who, pin.Who)
				}
			}
		case *Review:
			if n.Outcome == "" && state.covers(n.Where, n.From) {
				return // somebody began by themselves
			}
		}
	}
	if len(channels) == 0 && n.Outcome == "" {
		return
	}
	if !p.body.IsZero() {
		p.words("\n\n")
	}
	for i, c := range channels {
		p.words(joint(i, len(channels)) + pinsWords(pins[c]) + " in ").channel(c)
	}
	p.words(", ").span(n.From, n.Until)
	for i, w := range who {
		p.words(map[bool]string{true: ", by ", false: joint(i, len(who))}[i == 0]).someone(w)
	}
	p.words(".")
	if n.Outcome != "" {
		p.words("\n" + n.Outcome)
		return
	}
	p.words("\nA review takes a live half hour, or two or three days in bits.")
	if len(channels) > 1 {
		p.words(" It would be held in ").channel(n.Channel).words(", about the pins there.")
	}
	p.row(n.controls(id)...)
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

func (w *WorkspaceState) render(p *page) { settingsWords(p, w.Settings) }

func settingsWords(p *page, s Settings) {
	p.words("Pins: ").inert(strings.Join(s.pins(), " ")).words("\nIdeas for a change: ").inert(strings.Join(s.ideas(), " "))
	p.words("\nZone: ").inert(s.Location(p.zone).String())
	p.words("\nAn admin changes them: `settings pins 📌 📍`, `settings ideas 🎯`, `settings zone Europe/Berlin`.")
}

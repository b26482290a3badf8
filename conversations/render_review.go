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
		n := Needs{
			People:  []string{ef.Person},
			Queries: []Query{{Address: reviewsIn(r.Home)}},
			Sees:    sourceSees(r.Home.Workspace, r.Facilitator, r.Also),
		}
		for _, channel := range append([]string{r.Home.Channel}, r.Also...) {
			from := eventsIn(Place{Workspace: r.Home.Workspace, Channel: channel})
			n.Queries = append(n.Queries, Query{Address: from, From: r.Started.Add(-unusedLife), Until: r.Started.Add(time.Hour)})
		}
		return n
	case "report":
		n := recordNeeds(id, r, f)
		n.Sees = r.audienceNeeds()
		return n
	case "card", "question", "draft", "unfinished":
		return recordNeeds(id, r, f)
	case "published report", "published":
		return Needs{Kept: ef.Args[:1]}
	case "not yours", "asked to publish", "led", "not silent", "unapproved":
		return Needs{People: []string{r.Facilitator}}
	case "handed":
		var who []string
		for _, h := range r.Handed {
			who = append(who, h.Who)
		}
		return Needs{People: known(who)}
	}
	return Needs{}
}

func (r *Review) name() string { return number("PM", r.Number) }

func (r *Review) render(p *page, id string, ef Effect) {
	switch ef.View {
	case "start":
		p.facts.Subjects = r.openTo(p.facts)
		r.renderStart(p, id)
	case "left out":
		r.renderLeftOut(p, ef.Args)
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
	case "quicker":
		if q, ok := r.question(r.asking()); ok && r.Stage != StagePublished {
			p.wordsf("Somebody was quicker: question %d, %s, is the one that is asked now.", q.N, strings.ToLower(q.Short))
		} else {
			r.renderWhere(p)
		}
	case "taken":
		p.words("Taken as an answer to question " + ef.Args[0] + ".")
		if len(ef.Args) > 1 {
			p.words(" It is longer than I keep: say the rest of it in another one.")
		}
		if r.Stage == StageCancelled {
			p.words(" This review is cancelled, though; `reopen` takes it up again.")
		}
	case "full":
		p.wordsf("This review holds %d answers, and takes no more. What is said now stays in the thread only.", answerCap)
	case "asking":
		p.words("Replies in the thread now belong to question " + ef.Args[0] + ".")
	case "not yours":
		p.words("Only ").someone(r.Facilitator).words(", who leads this review, or an admin can " + ef.Args[0] + ".")
		if ef.Args[0] == "publish it" {
			p.row(Control{Label: "Ask for it to be published", Verb: "ask to publish", Subject: id})
		}
	case "asked to publish":
		p.someone(r.Facilitator).words(" hears in the weekly message that you would like to see it published.")
	case "not yet":
		r.renderNotYet(p, ef.Args[0])
	case "handed":
		r.renderHanded(p, ef.Args[0])
	case "live":
		if r.Async {
			p.words("From now on I ask nothing by myself. [Ask here] on the card asks a question, `ask 4 @kim thu` asks one person, and a reply that begins with `4:` answers question 4 at any time.")
		} else {
			p.words("From now on [Next] asks the next question.")
		}
	case "deeper":
		r.renderDeeper(p, ef.Args[0])
	case "severity":
		p.wordsf("**%s** has severity %d.", r.name(), r.Severity)
		if r.wantsApproval() {
			p.words(" Somebody else who took part has to approve its report before it is published.")
		}
	case "reworded":
		p.words("The " + ef.Args[0] + " is changed.")
	case "parked":
		p.words("**" + r.name() + "** is parked")
		if r.Parked != nil && !r.Parked.Until.IsZero() {
			p.words(" until ").moment(r.Parked.Until)
		}
		p.words(". Nothing is asked meanwhile; [Resume] on the card goes on.")
	case "resumed":
		p.words("**" + r.name() + "** goes on.")
	case "cancelled":
		p.words("**" + r.name() + "** is cancelled. What was said is kept; `reopen` takes it up again.")
	case "reopened":
		p.words("**" + r.name() + "** is open again. Action items stay as they are; publishing makes version " + strconv.Itoa(len(r.Published)+1) + ".")
	case "led":
		p.someone(r.Facilitator).words(" leads **" + r.name() + "** now.")
	case "not silent":
		p.someone(r.Facilitator).words(" was here ").moment(r.Led).words(". After two working days without a word anybody who takes part can take over.")
	case "approved":
		p.words("Thank you. You approve the draft as it is; if it changes, somebody has to approve it again.")
	case "unapproved":
		p.wordsf("Severity %d: somebody who took part, other than ", r.Severity).someone(r.Facilitator).words(", has to approve the draft first, with [Approve] in the thread.")
		if len(r.Approved) > 0 {
			p.words(" It has changed since it was approved.")
		}
	case "unfinished":
		r.renderUnfinished(p, id, ef.Args[0])
	case "refused":
		p.words("**" + r.name() + "** ").quote(r.Title).words(": I could not show its " + ef.Args[0] + ": ").inert(ef.Args[1]).words(". Nothing is lost.")
	case "shut":
		r.renderShut(p)
	case "card":
		r.renderCard(p, id)
	case "question":
		n, _ := strconv.Atoi(ef.Args[0])
		r.renderQuestion(p, id, n)
	case "draft":
		r.renderDraft(p, id)
	case "published report":
		if rep, ok := kept(p.facts, ef.Args[0]); ok {
			p.words(rep.Markdown)
			p.body.File = &File{Name: rep.Record.ID + ".md", Text: rep.Markdown, Record: &rep.Record}
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
	n := r.asking()
	switch {
	case !r.begun():
		p.words("This review has not begun: it waits to hear that the incident is over.")
	case r.Stage == StageCancelled:
		p.words("This review is cancelled: ").quote(r.Reason).words(". `reopen` takes it up again.")
	case r.Parked != nil:
		p.words("This review is parked. [Resume] on the card goes on.")
	case r.Stage == StagePublished:
		p.wordsf("Version %d is published. `reopen` takes the review up again.", len(r.Published))
	case n > 0:
		q, _ := r.question(n)
		p.wordsf("Question %d, %s, is the one that is asked now.", n, strings.ToLower(q.Short))
	case r.Stage == StageOpen:
		p.words("No question is asked just now. [Ask here] on the card asks one.")
	default:
		p.words("All questions are closed. [Read the draft] and [Publish] are on the card.")
	}
}

func (r *Review) renderNotYet(p *page, arg string) {
	n, _ := strconv.Atoi(arg)
	q, _ := r.question(n)
	var waits []string
	for _, n := range r.waits(q) {
		waits = append(waits, strconv.Itoa(n))
	}
	p.words("First what comes before: " + strings.Join(waits, ", ") + " " + map[bool]string{true: "is", false: "are"}[len(waits) == 1] +
		" still open. What you have for it already is kept if you write `" + arg + ": …`.")
}

func (r *Review) renderHanded(p *page, arg string) {
	n, _ := strconv.Atoi(arg)
	h, ok := r.handedTo(n)
	if !ok {
		return
	}
	p.someone(h.Who).wordsf(" is asked to answer question %d", n)
	if !h.Due.IsZero() {
		p.words(" by " + dueWords(h.Due.String()))
	}
	p.words(", and hears of it in the weekly message.")
}

func (r *Review) renderDeeper(p *page, place string) {
	p.words("Plain replies in the thread now ")
	if c := r.cause(place); c != nil {
		p.words("go under **" + place + "** ").quote(shorten(c.Text, 200)).words(": why was that so?")
		return
	}
	p.words("say " + rootWords[postmortem.Root(place)] + ".")
}

func (r *Review) renderUnfinished(p *page, id, how string) {
	var open []string
	for _, q := range r.openQuestions() {
		open = append(open, strconv.Itoa(q.N)+" "+strings.ToLower(q.Short))
	}
	if len(open) == 0 { // the last of them was closed meanwhile
		r.renderWhere(p)
		return
	}
	p.words("Not closed yet: " + strings.Join(open, ", ") + ".")
	p.row(Control{Label: "Publish anyway", Verb: "publish", Subject: id, Value: strings.TrimSpace("anyway " + how)})
}

// phase is the index into phases that the review is in.
func (r *Review) phase() int {
	switch r.Stage {
	case StageOpen:
	case StageCancelled:
		return -1
	default:
		return len(phases) - 1
	}
	for _, q := range r.questions() {
		if n := r.asking(); q.N == n || (n == 0 && !r.isClosed(q.N)) {
			return slices.Index(phases, q.Phase)
		}
	}
	return len(phases) - 1
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
	p.words(countWords(len(events), "event") + " on the timeline · ")
	if r.Severity > 0 {
		p.wordsf("severity %d · ", r.Severity)
	}
	p.words(map[bool]string{true: "tiny review", false: "review"}[r.Tiny] + " led by ").someone(r.Facilitator)
	for _, q := range r.questions() {
		if q.Gives != PartLeft || r.hasAsked(q.N) {
			r.cardQuestion(p, q, answers)
		}
	}
	if n := len(r.actionRows(id, p.facts)); n > 0 {
		p.words("\n" + countWords(n, "action item"))
		switch open := len(r.openLines(p.facts.Settings)); {
		case open == n && n == 1:
			p.words(" without owner or date")
		case open > 0:
			p.wordsf(", %d of them without owner or date", open)
		}
		if done := r.itemsClosed(id, p.facts); len(r.Published) > 0 && done > 0 {
			p.wordsf(", %d settled", done)
		}
	}
	if ideas := len(r.ideas(p.facts)); ideas > 0 {
		p.words("\n" + countWords(ideas, "idea") + " for a change kept")
	}
	r.cardState(p)
	r.cardControls(p, id)
}

// cardQuestion is a question's line on the card.
func (r *Review) cardQuestion(p *page, q Question, answers []Answered) {
	mark := "○"
	why, skipped := r.skippedWhy(q.N)
	taken := len(takenFor(answers, q.N))
	switch {
	case skipped && taken == 0:
		mark = "–"
	case r.isClosed(q.N):
		mark = "✓"
	case r.hasAsked(q.N):
		mark = "●"
	}
	p.wordsf("\n%s %d %s", mark, q.N, q.Short)
	if taken > 0 {
		p.words(" · " + countWords(taken, "answer"))
	} else if skipped {
		p.words(" · left out")
		if why != "" {
			p.words(": ").quote(why)
		}
	}
	if h, ok := r.handedTo(q.N); ok && taken == 0 {
		p.words(" · ").someone(h.Who)
		if !h.Due.IsZero() {
			p.words(", by " + dueWords(h.Due.String()))
		}
	}
}

// cardState is how far the review has come, and what has happened to it.
func (r *Review) cardState(p *page) {
	switch {
	case r.Stage == StageCancelled:
		p.words("\nCancelled: ").quote(r.Reason)
		return
	case r.Parked != nil:
		p.words("\nParked")
		if !r.Parked.Until.IsZero() {
			p.words(" until ").moment(r.Parked.Until)
		}
		if r.Parked.Why != "" {
			p.words(": ").quote(r.Parked.Why)
		}
		return
	}
	if n := r.changedSinceAgreed(p.facts); n > 0 && len(r.Published) == 0 {
		p.words("\nThe timeline has " + countWords(n, "change") + " since it was agreed.")
	}
	switch {
	case len(r.Published) > 0 && r.Changes > 0:
		p.wordsf("\nVersion %d is published. %s since.", len(r.Published), countWords(r.Changes, "change"))
	case len(r.Published) > 0:
		p.wordsf("\nVersion %d is published.", len(r.Published))
	case r.Stage == StageDraft && r.wantsApproval() && len(r.approved(p.facts)) == 0:
		p.wordsf("\nSeverity %d: the draft waits for an approval.", r.Severity)
	case r.Stage == StageDraft:
		p.words("\nThe draft is ready to be read and published.")
	default:
		p.words("\nWe look at how this could happen, not at who did it.")
	}
}

// changedSinceAgreed counts the events that changed after the question about the timeline was closed.
func (r *Review) changedSinceAgreed(f Facts) int {
	if r.Agreed.IsZero() {
		return 0
	}
	n := 0
	for _, s := range f.Subjects {
		t, ok := s.State.(*TimelineEvent)
		if ok && t.Number > 0 && t.ChangedAt.After(r.Agreed) && r.covers(t.Where, t.Shown().Time) {
			n++
		}
	}
	return n
}

// itemsClosed counts the action items that were done or given up.
func (r *Review) itemsClosed(id string, f Facts) int {
	n := 0
	for _, l := range r.Lines {
		if i := r.itemOf(id, l.Ordinal, f); i != nil && i.closed() {
			n++
		}
	}
	return n
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

func (r *Review) cardControls(p *page, id string) {
	if r.Stage == StageCancelled {
		p.row(Control{Label: "Reopen", Verb: "reopen", Subject: id}, Control{Label: "Timeline", Verb: "timeline", Subject: id})
		return
	}
	if r.Parked != nil {
		p.row(Control{Label: "Resume", Verb: "resume", Subject: id, Primary: true})
	}
	var answer, ask []Option
	for _, q := range r.questions() {
		if q.Gives == PartLeft && !r.hasAsked(q.N) {
			continue
		}
		o := Option{Label: strconv.Itoa(q.N) + " " + q.Short, Value: strconv.Itoa(q.N)}
		answer, ask = append(answer, o), append(ask, o)
	}
	row := []Control{{Label: "Answer", Verb: "answer form", Subject: id, Options: answer}}
	if r.Parked == nil {
		row = append(row, Control{Label: "Ask here", Verb: "ask", Subject: id, Options: ask})
	}
	if !r.Tiny && r.Stage == StageOpen {
		live := Control{Label: "Live: on", Verb: "live", Subject: id, Value: "off"}
		if r.Async {
			live.Label, live.Value = "Live: off", "on"
		}
		row = append(row, live)
	}
	p.row(row...)
	row = []Control{{Label: "Timeline", Verb: "timeline", Subject: id}, {Label: "Read the draft", Verb: "draft", Subject: id}}
	if r.Parked == nil {
		publish := Control{Label: "Publish", Verb: "publish", Subject: id, Primary: r.Stage == StageDraft}
		if len(r.Published) > 0 {
			publish.Label = "Publish again"
			publish.Primary = r.Changes > 0
		}
		row = append(row, publish)
	}
	if len(r.Published) > 0 && r.Changes > 0 {
		row = append(row, Control{Label: "Look", Verb: "changes", Subject: id})
	}
	p.row(append(row, Control{Label: "More", Verb: "more", Subject: id})...)
}

// renderMore shows privately what can be done with the review that is not done every day. Each button opens a form.
func (r *Review) renderMore(p *page, id string) {
	form := func(label, verb string) Control { return Control{Label: label, Verb: "form", Subject: id, Value: verb} }
	p.words("**" + r.name() + "** ").quote(r.Title)
	p.row(form("Title, summary, trigger", "words"), form("Severity", "severity"))
	if r.Stage == StageOpen && r.Parked == nil {
		p.row(form("Ask one person", "hand out"), form("Leave a question out", "skip"))
	}
	row := []Control{form("Hand over", "hand over"), {Label: "Take over", Verb: "take over", Subject: id}}
	switch {
	case r.Stage == StagePublished:
		row = append(row, Control{Label: "Reopen", Verb: "reopen", Subject: id})
	case len(r.Published) > 0:
	case r.Parked == nil:
		row = append(row, form("Park", "park"), form("Cancel", "cancel"))
	default:
		row = append(row, form("Cancel", "cancel"))
	}
	p.row(row...)
	p.row(Control{Label: "Help", Verb: "help", Subject: id})
}

func (r *Review) renderQuestion(p *page, id string, n int) {
	q, ok := r.question(n)
	if !ok {
		return
	}
	answers := r.answers()
	taken := takenFor(answers, n)
	closed := r.isClosed(n)
	p.wordsf("**%d · %s**", q.N, q.Title)
	if closed {
		p.words(" ✓")
		if q.Gives == PartTimeline && !r.Tiny {
			r.quoteTimeline(p, answers) // with the numbers that answers to later questions name
		}
	} else {
		r.beforeHint(p, q, answers)
		p.words("\n" + q.Hint)
	}
	switch {
	case q.Gives == PartActions:
		r.quoteActions(p, id)
	case q.Gives == PartCauses && !r.Tiny:
		r.quoteWhys(p, closed)
	case closed && q.Gives == PartMoments:
		r.quoteMoments(p, answers, closed)
	case closed:
		during := r.incident(p.facts)
		for _, a := range taken {
			quoteAnswer(p, q, a, during, r.Tiny)
		}
		if left := r.leftCauses(answers); q.Gives == PartLeft && len(left) > 0 {
			p.words("\nLeft as they are: ")
			for i, c := range left {
				p.words(joint(i, len(left)) + causeName(c.ID))
			}
			p.words(".")
		}
	}
	if closed {
		if why, skipped := r.skippedWhy(n); skipped && len(taken) == 0 {
			p.words("\nLeft out")
			if why != "" {
				p.words(": ").quote(why)
			}
			p.words(".")
		} else if len(taken) == 0 {
			p.words("\nNo answer.")
		}
		return
	}
	r.questionFoot(p, id, q, answers)
}

// questionFoot says what was heard and offers what can be done about an open question.
func (r *Review) questionFoot(p *page, id string, q Question, answers []Answered) {
	taken, talk, look := len(takenFor(answers, q.N)), 0, 0
	odd := r.odd(answers, p.facts)
	for _, a := range answers {
		if a.Question != q.N || a.Deleted {
			continue
		}
		if !a.Taken {
			talk++
		} else if len(odd.looks(a)) > 0 {
			look++
		}
	}
	var heard []string
	switch {
	case taken > 0:
		heard = append(heard, strconv.Itoa(taken)+" taken")
	case talk > 0:
		heard = append(heard, "nothing taken yet")
	}
	if talk > 0 {
		heard = append(heard, strconv.Itoa(talk)+" just talk")
	}
	if look > 0 {
		heard = append(heard, "⚠ "+strconv.Itoa(look)+" to look at")
	}
	if len(heard) > 0 {
		p.words("\n" + strings.Join(heard, " · "))
	}
	own := r.questionControls(p, id, q, answers)
	if len(own) > 0 {
		p.row(own...)
	}
	n := strconv.Itoa(q.N)
	first := !slices.ContainsFunc(own, func(c Control) bool { return c.Primary })
	row := []Control{{Label: "Next", Verb: "next", Subject: id, Value: n, Primary: first}}
	row = append(row, Control{Label: "Answer in a form", Verb: "answer form", Subject: id, Value: n})
	if !r.Tiny {
		row = append(row, Control{Label: "Skip", Verb: "form", Subject: id, Value: "skip " + n})
	}
	row = append(row, Control{Label: "Sort", Verb: "sort form", Subject: id, Value: n})
	if look > 0 {
		row = append(row, Control{Label: "Look", Verb: "look", Subject: id, Value: n})
	}
	p.row(row...)
}

// questionControls are the buttons and menus that only one question has.
func (r *Review) questionControls(p *page, id string, q Question, answers []Answered) []Control {
	var row []Control
	if len(q.Choices) > 0 {
		var options []Option
		for _, c := range q.Choices {
			options = append(options, Option{c, strconv.Itoa(q.N) + " " + c})
		}
		row = append(row, Control{Label: "It was", Verb: "choose", Subject: id, Options: options})
	}
	switch q.Gives {
	case PartMoments:
		if said, _ := r.moments(answers, p.facts); len(r.guesses(answers, p.facts)) > 0 {
			row = append(row, Control{Label: "That's right", Verb: "moments", Subject: id, Primary: len(said) == 0})
		}
		row = append(row, Control{Label: "Change", Verb: "form", Subject: id, Value: "moments"})
	case PartCauses:
		if options := r.deeperOptions(); !r.Tiny {
			row = append(row, Control{Label: "Go deeper", Verb: "deeper", Subject: id, Options: options})
		}
	case PartActions:
		if len(r.openLines(p.facts.Settings)) > 0 {
			row = append(row, Control{Label: "Fill in", Verb: "fill form", Subject: id})
		}
		if n := len(r.leftIdeas(p.facts)); n > 0 {
			label := "Take the " + countWords(n, "idea")
			if n == 1 {
				label = "Take the idea"
			}
			row = append(row, Control{Label: label, Verb: "ideas", Subject: id})
		}
	case PartLeft:
		if len(r.openLines(p.facts.Settings)) > 0 {
			row = append(row, Control{Label: "Fill in", Verb: "fill form", Subject: id})
		}
	}
	return row
}

const deeperCap = 25 // options of one menu of Discord

// deeperOptions are the roots and the newest leaves.
func (r *Review) deeperOptions() []Option {
	var options []Option
	for _, root := range postmortem.Roots {
		options = append(options, Option{rootWords[root], string(root)})
	}
	open := r.branches().open()
	for _, c := range open[max(0, len(open)-deeperCap+len(options)):] {
		options = append(options, Option{causeName(c.ID) + " " + shorten(c.Text, 60), causeName(c.ID)})
	}
	return options
}

var rootWords = map[postmortem.Root]string{
	postmortem.WhyHappened: "why it happened", postmortem.WhyLate: "why we noticed late", postmortem.WhyLong: "why it took long",
}

// beforeHint is what the bot knows already about what it asks.
func (r *Review) beforeHint(p *page, q Question, answers []Answered) {
	switch q.Gives {
	case PartTimeline:
		r.quoteTimeline(p, answers)
		if !r.Tiny {
			r.quoteGap(p, answers)
		}
	case PartMoments:
		r.quoteMoments(p, answers, false)
	case PartActions:
		for _, idea := range r.leftIdeas(p.facts) {
			p.words("\n🎯 ").inert(postmortem.Clean(shorten(idea.Text, 200)))
		}
	case PartLeft:
		for _, c := range r.leftCauses(answers) {
			p.words("\n• **" + causeName(c.ID) + "** ").quote(shorten(c.Text, 300))
		}
	}
}

// shortGap is the silence below which nothing is asked about it.
const shortGap = 15 * time.Minute

// quoteGap asks about the longest silence of the timeline.
func (r *Review) quoteGap(p *page, answers []Answered) {
	entries := r.entries(answers, p.facts)
	var from, until time.Time
	for i := 1; i < len(entries); i++ {
		if a, b := entries[i-1].Time, entries[i].Time; b.Sub(a) >= shortGap && b.Sub(a) > until.Sub(from) {
			from, until = a, b
		}
	}
	if len(entries) == 0 {
		return
	}
	if from.IsZero() {
		p.words("\nWhat came before ").next(entries[0].Time, entries[0].Time).words("?")
		return
	}
	p.words("\nNothing is there between ").next(from, from).words(" and ").next(from, until).
		words(" ("+postmortem.Duration(until.Sub(from))+"). What went on? And what came before ").next(from, entries[0].Time).words("?")
}

// quoteMoments lists the moments: what was said, and of the others what the pins propose.
func (r *Review) quoteMoments(p *page, answers []Answered, closed bool) {
	entries := r.entries(answers, p.facts)
	said, words := r.moments(answers, p.facts)
	proposed := r.proposed(entries)
	for _, name := range postmortem.MomentNames {
		m, known := said[name]
		if !known {
			if m = proposed[name]; closed || (m.event == "" && name == postmortem.Acked) {
				continue
			}
		}
		p.words("\n• **" + string(name) + "** ")
		m, e, found := m.resolved(entries)
		switch {
		case m.unknown:
			p.words("not known")
		case !found:
			p.words(m.event + ", which is not on the timeline")
		case m.at.IsZero():
			p.words("when?")
		default:
			p.moment(m.at)
			if m.event != "" {
				p.words(" · ").quote(shorten(firstLine(e.Text), 120)).words(" (" + m.event + ")")
			}
			if !known {
				p.words(" · my guess")
			}
		}
	}
	if wrong := disorder(said, entries); wrong != "" {
		p.words("\n⚠ " + capital(wrong) + ". Which of the two is off?")
	}
	for _, a := range words {
		p.words("\n• ").quote(shorten(a.Body, 300)).words(" – ").someone(a.Who)
	}
}

// quoteWhys is the tree of causes.
func (r *Review) quoteWhys(p *page, closed bool) {
	b := r.branches()
	for _, root := range postmortem.Roots {
		if under := b.under[string(root)]; len(under) > 0 {
			p.words("\n**" + capital(rootWords[root]) + "**")
			b.quote(p, under, 0, closed)
		}
	}
	if open := b.open(); len(open) > 0 && !closed {
		p.words("\n○ why was that so? Stop where it no longer helps.")
	}
}

// quote lists causes with what is under them; a mark is on those that nothing explains yet.
func (b branches) quote(p *page, causes []Factor, level int, closed bool) {
	for _, c := range causes {
		name := causeName(c.ID)
		under := b.under[name]
		p.item(level)
		if c.Gone {
			p.words("**" + name + "** (taken back)")
		} else {
			p.words("**" + name + "** ").quote(shorten(c.Text, 300))
			if len(c.Events) > 0 {
				p.words(" (" + strings.Join(c.Events, ", ") + ")")
			}
			if c.Doubt != "" {
				p.words(" ⚠")
			}
			if len(under) == 0 && !closed {
				p.words(" ○")
			}
		}
		b.quote(p, under, level+1, closed)
	}
}

// renderDraft is the message that says that everything was asked: what the report will say at its head, and what it lacks.
func (r *Review) renderDraft(p *page, id string) {
	p.words("**The draft of " + r.name() + " is ready.** Read it, say what is wrong, then publish it.")
	if open := r.unanswered(r.answers()); len(open) > 0 {
		p.words("\nNot answered: ")
		for i, q := range open {
			p.words(joint(i, len(open)) + strconv.Itoa(q.N) + " " + q.Short)
		}
		p.words(".")
	}
	if n := len(r.openLines(p.facts.Settings)); n > 0 {
		p.words("\n" + countWords(n, "action item") + " without owner or date.")
	}
	if r.Summary == "" {
		p.words("\nI wrote the summary. [Change the words] lets you write your own.")
	}
	approved := r.approved(p.facts)
	for i, a := range approved {
		if i == 0 {
			p.words("\nApproved by ")
		}
		p.words(joint(i, len(approved))).someone(a.Who)
	}
	switch stale := len(r.Approved) - len(approved); {
	case !r.wantsApproval():
	case len(approved) > 0:
	case stale > 0:
		p.words("\nIt has changed since it was approved, so somebody has to approve it again.")
	default:
		p.wordsf("\nSeverity %d: somebody other than ", r.Severity).someone(r.Facilitator).words(" approves it first.")
	}
	if len(r.Published) > 0 {
		p.wordsf("\nVersion %d is published.", len(r.Published))
	}
	row := []Control{{Label: "Read the draft", Verb: "draft", Subject: id, Primary: true}}
	if r.approvable() {
		row = append(row, Control{Label: "Approve", Verb: "approve", Subject: id})
	}
	row = append(row, Control{Label: "Change the words", Verb: "form", Subject: id, Value: "words"})
	switch {
	case r.Stage == StageDraft:
		row = append(row, Control{Label: "Publish", Verb: "publish", Subject: id}, Control{Label: "Publish with roles instead of names", Verb: "publish", Subject: id, Value: "roles"})
	case r.Changes > 0:
		row = append(row, Control{Label: "Publish again", Verb: "publish", Subject: id})
	}
	p.row(row...)
}

// quoteAnswer lists an answer; told: lines with a time too, as they were read, where the timeline does not show them.
func quoteAnswer(p *page, q Question, a Answered, during incident, told bool) {
	words := a.Body
	if q.Gives == PartTimeline {
		var lines []entry
		lines, words = during.told(a, p.facts)
		for _, e := range lines {
			if told {
				p.entry(e, time.Time{})
			}
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
		if e.id != "" && !r.Tiny {
			p.words(" · " + e.id)
		}
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
		switch a.State {
		case "open", string(ItemAccepted):
		case string(ItemProposed):
			p.words(" · asked")
		default:
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

package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

func (n *Nudge) renderNeeds(id string, f Facts) Needs {
	needs := Needs{People: []string{n.Person}}
	switch n.Rule {
	case RuleOffer:
		needs.Queries = append(needs.Queries, n.eventsQuery(), Query{Address: reviewsOf(WorkspaceOf(id)), From: n.From.Add(-silenceParts)})
		for _, s := range f.Subjects {
			if t, ok := s.State.(*TimelineEvent); ok {
				needs.Sees = append(needs.Sees, Sees{n.Person, t.Where.Root()})
				for _, pin := range t.Pins {
					needs.People = append(needs.People, pin.Who)
				}
			}
		}
	case RuleHand:
		needs = merged(needs, n.itemsNeeds(f))
	case RuleWeekly:
		needs = merged(needs, n.itemsNeeds(f))
		needs.Load = append(needs.Load, n.Offers...)
		for _, q := range n.Questions {
			needs.Load = append(needs.Load, q.Review)
		}
		for _, t := range n.Notes {
			needs.Load = append(needs.Load, t.Review)
		}
		for _, o := range n.Offers {
			if s, ok := f.Subject(o); ok {
				offer := s.State.(*Nudge).renderNeeds(o, f)
				needs, needs.Sees = merged(needs, offer), append(needs.Sees, offer.Sees...)
			}
		}
	}
	return needs
}

func (n *Nudge) eventsQuery() Query {
	return Query{Address: EventsOf(n.Where.Workspace), From: n.From, Until: n.Until.Add(time.Millisecond)}
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
	case RuleHand:
		n.renderHand(p)
	case RuleWeekly:
		n.renderWeekly(p)
	}
}

// itemsNeeds says what the items of a message need to be shown.
func (n *Nudge) itemsNeeds(f Facts) Needs {
	needs := Needs{Load: n.Items}
	for _, id := range n.Items {
		if s, ok := f.Subject(id); ok {
			if i, ok := s.State.(*ActionItem); ok {
				needs = merged(needs, i.renderNeeds(Effect{}))
			}
		}
	}
	return needs
}

// shown are the items of a message: as long as it is not there, those that still wait for the person; then all that it
// was written with.
func (n *Nudge) shown(f Facts) (ids []string, items []*ActionItem) {
	var all []Subject
	for _, id := range n.Items {
		s, _ := f.Subject(id)
		i, ok := s.State.(*ActionItem)
		if ok && (n.Message.ID != "" || n.waits(i)) {
			all = append(all, s)
		}
	}
	if n.Rule == RuleHand { // they came in any order
		slices.SortStableFunc(all, func(a, b Subject) int { return inLine(a.State.(*ActionItem), b.State.(*ActionItem)) })
	}
	for _, s := range all {
		ids, items = append(ids, s.ID), append(items, s.State.(*ActionItem))
	}
	return ids, items
}

// waits reports whether an item is still as it was when the message was written.
func (n *Nudge) waits(i *ActionItem) bool {
	switch {
	case !i.State.open():
		return false
	case n.Rule == RuleHand:
		return i.asks(n.Person)
	}
	return i.Holder == n.Person && i.Candidate == "" && !i.Touched.After(n.Said)
}

const (
	itemsListed  = 20 // in one message
	itemsPressed = 5  // of them with buttons: no platform has room for more
)

// renderHand asks whether somebody takes what was handed to them that day.
func (n *Nudge) renderHand(p *page) {
	ids, items := n.shown(p.facts)
	if len(items) == 0 {
		return
	}
	p.words("Do you take " + map[bool]string{true: "this?", false: "these?"}[len(items) == 1])
	waiting := 0
	for k, i := range items {
		if !n.waits(i) {
			i.outcome(p, n.Person)
			if i.undoable(n.Person) {
				p.rowHere(Control{Label: "Undo " + number("A", i.Number), Verb: "undo", Subject: ids[k]})
			}
			continue
		}
		p.words("\n")
		i.name(p).quote(shorten(i.Text, 160))
		if !i.Due.IsZero() {
			p.words(", due " + dueWords(i.Due.DayOnly().String()))
		}
		if i.Test != "" {
			p.words(" · done when: ").quote(shorten(i.Test, 100))
		}
		p.words(" (" + number("PM", i.PM) + " ").quote(i.Title).words(", led by ").someone(i.Facilitator).words(")")
		if waiting++; waiting <= itemsPressed {
			p.rowHere(i.yesOrNo(ids[k])...)
		}
	}
	switch {
	case waiting > itemsPressed:
		p.words("\nFor the rest: `accept A-1` or `decline A-1`.")
	case waiting == 1:
		p.words("\nWithout an answer in two working days it stays with whoever has it now, or who leads the review.")
	case waiting > 1:
		p.words("\nWithout an answer in two working days they stay with whoever has them now, or who leads the review.")
	}
}

// renderWeekly is the one message of the week.
func (n *Nudge) renderWeekly(p *page) {
	for _, o := range n.Offers {
		if s, ok := p.facts.Subject(o); ok {
			s.State.(*Nudge).renderOffer(p, o)
		}
	}
	n.renderReviews(p)
	ids, items := n.shown(p.facts)
	if len(items) == 0 {
		return
	}
	rule, today := p.facts.Settings.nudgeRule(), when.DateOf(n.Said.In(p.zone))
	p.paragraph()
	n.opening(p, rule, today, items)
	pressed, settling := 0, false
	for k, i := range items {
		if k == itemsListed {
			p.wordsf("\n… and %d more: `actions mine` shows them.", len(items)-k)
			break
		}
		if !n.waits(i) {
			i.outcome(p, n.Person)
			if i.undoable(n.Person) {
				p.rowHere(Control{Label: "Undo " + number("A", i.Number), Verb: "undo", Subject: ids[k]})
			}
			continue
		}
		i.line(p, rule, today, n.Person)
		settling = settling || i.Owner != n.Person
		if pressed++; pressed <= itemsPressed {
			p.rowHere(n.presses(i, ids[k], rule)...)
		}
	}
	if settling {
		p.words("\nWhat is nobody else's is yours to hand over, take or close, since you lead the review.")
	}
	if pressed > itemsPressed {
		p.words(restTyped)
	}
	if pressed > 0 {
		p.row(Control{Label: "Pause these for two weeks", Verb: "me pause", Subject: personID(n.Where.Workspace, n.Person)})
	}
}

// asks reports whether the message asks whether to go on, since nobody answers.
func (n *Nudge) asks() bool { return n.Unheard >= ignoredMost }

// opening says what the list is about.
func (n *Nudge) opening(p *page, rule cadence, today when.Date, items []*ActionItem) {
	if n.asks() {
		it := map[bool]string{true: "it", false: "them"}[len(items) == 1]
		p.wordsf("The last %d of these messages went by without a word, and that is all right. What shall become of %s: ", n.Unheard, it)
		if rule.nameless {
			p.words("shall I give " + it + " back to the list?")
			return
		}
		p.words("keep, hand back, or close with a reason?")
		return
	}
	if rule.nameless {
		p.words("Hi ").someone(n.Person).words(", still up for this? No hurry.")
		return
	}
	late, soon := 0, 0
	for _, i := range items {
		switch {
		case !i.Due.IsZero() && i.Due.Before(today):
			late++
		case !i.Due.IsZero() && i.Due.Before(rule.next(n.Day)):
			soon++
		}
	}
	before := " due before " + rule.next(n.Day).Weekday().String()
	switch {
	case late > 0 && soon > 0:
		p.words(beWords(late, " of your follow-ups") + " late, " + strings.ToLower(beWords(soon, "")) + before + ".")
	case late > 0:
		p.words(beWords(late, " of your follow-ups") + " late.")
	case soon > 0:
		p.words(beWords(soon, " of your follow-ups") + before + ".")
	default:
		p.words("On your list:")
	}
}

func beWords(n int, of string) string {
	if n == 1 {
		return "One" + of + " is"
	}
	return strconv.Itoa(n) + of + " are"
}

// restTyped is said below a list of action items that has no room for all their buttons.
const restTyped = "\nFor the rest, type it: `done A-1 <evidence>`, `later A-1 a week`, `give A-1 @kim`."

// presses are the buttons of an item that waits.
func (n *Nudge) presses(i *ActionItem, id string, rule cadence) []Control {
	if n.asks() && i.Owner == n.Person {
		label := " " + number("A", i.Number)
		return []Control{
			{Label: "Keep" + label, Verb: "keep", Subject: id},
			{Label: "Give back" + label, Verb: "back", Subject: id},
			itemForm("Done"+label, "done", id), itemForm("Close"+label, "wontdo", id),
		}
	}
	return i.presses(id, n.Person, rule)
}

// presses are the buttons of an item for whoever has it to deal with.
func (i *ActionItem) presses(id, who string, rule cadence) []Control {
	label := " " + number("A", i.Number)
	done := itemForm("Done"+label, "done", id)
	switch {
	case i.Owner != who:
		return []Control{
			{Label: "Take" + label, Verb: "take", Subject: id, Primary: true},
			itemForm("Hand over"+label, "give", id),
			itemForm("Will not do"+label, "wontdo", id),
		}
	case rule.nameless:
		return []Control{
			done, {Label: "Still on it" + label, Verb: "keep", Subject: id}, {Label: "Give back" + label, Verb: "back", Subject: id},
		}
	}
	return []Control{
		done,
		{Label: "Later" + label, Verb: "later", Subject: id, Options: []Option{{"a day", "1 day"}, {"a week", "1 week"}, {"a date …", formChoice}}},
		itemForm("Hand over"+label, "give", id),
		{Label: "More" + label, Verb: "item form", Subject: id, Options: []Option{
			{"need help", "need help"}, {"another due date", "due"}, {"will not do", "wontdo"},
		}},
	}
}

// yesOrNo are the buttons by which somebody says whether they take an item.
func (i *ActionItem) yesOrNo(id string) []Control {
	label := " " + number("A", i.Number)
	return []Control{
		{Label: "Yes" + label, Verb: "accept", Subject: id, Primary: true},
		itemForm("Other date"+label, "due", id), itemForm("Not me"+label, "decline", id),
	}
}

// formChoice is the choice of a menu that opens a form.
const formChoice = "form"

// itemForm is a button that opens the form of a command.
func itemForm(label, command, id string) Control {
	return Control{Label: label, Verb: "item form", Subject: id, Value: command}
}

// renderReviews says what reviews want of somebody.
func (n *Nudge) renderReviews(p *page) {
	for _, q := range n.Questions {
		r, ok := n.review(p, q.Review)
		if !ok || !r.lacksAnswer(q.N) {
			continue
		}
		asked, ok := r.question(q.N)
		if !ok {
			continue
		}
		p.paragraph()
		r.waitsForAnswer(p, asked, q.By)
	}
	for _, t := range n.Notes {
		if r, ok := n.review(p, t.Review); ok {
			p.paragraph()
			p.words("**" + r.name() + "** ").quote(r.Title).words(": ").quote(t.Text)
			p.toCard(r)
		}
	}
}

func (n *Nudge) review(p *page, id string) (*Review, bool) {
	s, _ := p.facts.Subject(id)
	r, ok := s.State.(*Review)
	return r, ok && r.Number > 0
}

func (p *page) toCard(r *Review) {
	if r.Card.ID != "" {
		p.words(" · ").link("card", r.Card)
	}
}

// paragraph begins a new one, if there is something before it.
func (p *page) paragraph() {
	if !p.body.IsZero() {
		p.words("\n\n")
	}
}

func (n *Nudge) controls(id string) []Control {
	if n.Outcome != "" {
		return nil
	}
	return []Control{
		{Label: "Start, nine questions", Verb: "start", Subject: offerReview(id), Primary: true},
		{Label: "Tiny, three questions", Verb: "start tiny", Subject: offerReview(id)},
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
	p.paragraph()
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
	p.rowHere(n.controls(id)...)
}

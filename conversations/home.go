package conversations

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/debrief-bot/debrief/conversations/when"
)

// The home is one's own page: which reviews wait for whoever opens it, their action items, and for admins the settings.
// `mine` says the same without the settings, which are a command of their own. It is made anew each time somebody looks,
// and kept nowhere. What is in it may be out of date the moment after, so every act on it is checked like any other.

// homeNeeds says what somebody's page must know.
func homeNeeds(e Event, f Facts) Needs {
	w := e.Where.Workspace
	n := Needs{
		Queries: []Query{{Address: itemsOwned(w, e.Who)}, {Address: openReviews(w)}, {Address: changedReviews(w)}},
		People:  []string{e.Who},
	}
	if e.Kind == Opened {
		n.Powers = []string{e.Who}
		n.People = append(n.People, f.Settings.crewPeople()...)
	}
	for _, s := range f.Subjects {
		switch state := s.State.(type) {
		case *ActionItem:
			n = merged(n, state.renderNeeds(Effect{}))
		case *Review:
			if state.mayWaitFor(e.Who) {
				n.Sees = append(n.Sees, sight(state.Home, e)...)
			}
			if state.mayLackApproval() { // which hangs on the timeline, as does who took part
				n.Queries = append(n.Queries, state.timelineQueries()...)
			}
			for _, h := range state.Handed {
				n.People = append(n.People, h.Who)
			}
		}
	}
	n.People = known(n.People)
	return n
}

// mayWaitFor reports whether a review can be on somebody's page.
func (r *Review) mayWaitFor(who string) bool {
	return r.Facilitator == who || r.mayLackApproval() || slices.ContainsFunc(r.Handed, func(h Handed) bool { return h.Who == who })
}

// lacksApproval reports whether nothing but somebody's approval is missing.
func (r *Review) lacksApproval(f Facts) bool {
	return r.mayLackApproval() && len(r.approved(f)) == 0
}

func (r *Review) mayLackApproval() bool { return r.approvable() && r.wantsApproval() }

// home is somebody's page.
func home(p *page, e Event, f Facts) {
	for _, s := range f.Subjects {
		if r, ok := s.State.(*Review); ok && r.mayWaitFor(e.Who) && !f.hides(r.Home, e) {
			r.homeWaits(p, s.ID, e.Who)
		}
	}
	homeItems(p, e.Who)
	switch {
	case len(f.Unsure) > 0:
		p.paragraph()
		p.words(unsureOfList)
	case p.body.IsZero():
		p.words("Nothing waits for you: no review, and no action item.")
	}
	if e.Kind != Opened {
		return
	}
	p.rowHere(Control{Label: "Start a postmortem", Verb: "start form", Subject: workspaceID(e.Where.Workspace)})
	if f.Person(e.Who).Admin {
		p.paragraph()
		settingsWords(p, f.Settings)
		settingsMenu(p, e.Where.Workspace)
	}
}

// homeWaits says what a review waits for, as far as that is somebody's business.
func (r *Review) homeWaits(p *page, id, who string) {
	for _, h := range r.Handed {
		if q, ok := r.question(h.Question); ok && h.Who == who && r.lacksAnswer(q.N) {
			p.paragraph()
			r.waitsForAnswer(p, q, h.Due)
			p.rowHere(Control{Label: r.name() + ": answer " + strconv.Itoa(q.N), Verb: "answer form", Subject: id, Value: strconv.Itoa(q.N)})
		}
	}
	switch {
	case r.Facilitator == who && r.Stage != StageAsked:
		p.paragraph()
		r.titled(p).words(", which you lead: ")
		r.waitsFor(p)
		p.toCard(r)
		if r.changed() {
			p.rowHere(Control{Label: r.name() + ": look", Verb: "changes", Subject: id})
		}
	case r.lacksApproval(p.facts) && r.takesPart(who, p.facts):
		p.paragraph()
		r.titled(p).words(" waits for somebody who took part, as you did, to approve the draft.")
		p.toCard(r)
		p.rowHere(
			Control{Label: r.name() + ": read the draft", Verb: "draft", Subject: id},
			Control{Label: r.name() + ": approve", Verb: "approve", Subject: id},
		)
	}
}

// titled names a review. One that waits for its incident to be over has no number yet.
func (r *Review) titled(p *page) *page {
	if r.Number > 0 {
		return p.words("**" + r.name() + "** ").quote(r.Title)
	}
	p.words("The review in ").channel(r.Home.Channel)
	if r.Title != "" {
		p.words(" of ").quote(r.Title)
	}
	return p
}

// waitsForAnswer says that somebody was asked to answer a question.
func (r *Review) waitsForAnswer(p *page, q Question, by when.Date) {
	r.titled(p).words(" waits for you: " + strconv.Itoa(q.N) + " · " + q.Title)
	if !by.IsZero() {
		p.words(", by " + dueWords(by.DayOnly().String()))
	}
	p.toCard(r)
}

// waitsFor says what must happen for a review to go on.
func (r *Review) waitsFor(p *page) {
	if r.changed() {
		p.wordsf("%s since version %d was published; ", countWords(r.Changes, "change"), len(r.Published))
	}
	switch {
	case r.lacksApproval(p.facts):
		p.words("somebody else who took part has to approve the draft.")
		return
	case r.changed():
		p.words("[Publish again] is on the card.")
		return
	}
	r.renderWhere(p)
	for _, h := range r.Handed {
		if r.lacksAnswer(h.Question) {
			p.words(" ")
			r.renderHanded(p, strconv.Itoa(h.Question))
		}
	}
}

// homeItems lists somebody's action items, the most urgent first.
func homeItems(p *page, who string) {
	rule, today := p.facts.Settings.nudgeRule(), when.DateOf(p.facts.Now.In(p.zone))
	mine := slices.DeleteFunc(slices.Clone(p.facts.Subjects), func(s Subject) bool {
		i, ok := s.State.(*ActionItem)
		return !ok || !i.State.open() || !i.concerns(who)
	})
	slices.SortStableFunc(mine, func(a, b Subject) int {
		x, y := a.State.(*ActionItem), b.State.(*ActionItem)
		return cmp.Or(compareDue(x.Due, y.Due), inLine(x, y))
	})
	for n, s := range mine {
		i := s.State.(*ActionItem)
		if n == 0 {
			p.paragraph()
			p.words("**Your action items**")
		}
		if n == itemsListed {
			p.wordsf("\n… and %d more: `actions mine` shows them.", len(mine)-n)
			return
		}
		i.line(p, rule, today, who)
		row := i.presses(s.ID, who, rule)
		if i.asks(who) {
			p.words(" · do you take it?")
			row = i.yesOrNo(s.ID)
		}
		if n < itemsPressed {
			p.rowHere(row...)
		}
	}
	if len(mine) > itemsPressed {
		p.words(restTyped)
	}
}

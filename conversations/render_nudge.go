package conversations

import (
	"slices"
	"time"
)

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

package conversations

import (
	"slices"
	"strings"
)

// The crew is who takes part in a community: whose pins are kept and whose replies are answers. What others do is passed
// over without a word and without a trace. In a company everybody takes part, and so does everybody in a community that
// has not said who its crew is: better a pin too many in the first hour than one of an incident lost.

const roleSign = "&" // before the id of a role, among the ids of people

// limited reports whether only some take part.
func (s Settings) limited() bool { return s.Community() && len(s.Crew) > 0 }

// inCrew reports whether somebody takes part. Needs.Powers must have named them: see crewNeeds.
func (f Facts) inCrew(who string) bool {
	if !f.Settings.limited() {
		return true
	}
	if who == "" {
		return false // another program's
	}
	if slices.Contains(f.Settings.Crew, who) {
		return true
	}
	return slices.ContainsFunc(f.People[who].Roles, func(role string) bool {
		return slices.Contains(f.Settings.Crew, roleSign+role)
	})
}

// ofCrew is the message without the reactions of those who take no part. What counted once goes on counting: who leaves
// the crew takes nothing along.
func (f Facts) ofCrew(snap *Snapshot, had State) *Snapshot {
	if snap == nil || !f.Settings.limited() {
		return snap
	}
	s := *snap
	s.Reactions = nil
	for _, r := range snap.Reactions {
		r.Who = slices.DeleteFunc(slices.Clone(r.Who), func(who string) bool {
			return !f.inCrew(who) && !counted(had, snap.Message, r.Emoji, who)
		})
		if len(r.Who) > 0 {
			s.Reactions = append(s.Reactions, r)
		}
	}
	return &s
}

// counted reports whether somebody's reaction on a message is known to the subject as one that counts.
func counted(s State, m MessageRef, emoji, who string) bool {
	switch s := s.(type) {
	case *TimelineEvent:
		return slices.ContainsFunc(s.Pins, func(p Pin) bool { return p.On && p.Who == who && p.Emoji == emoji }) ||
			slices.ContainsFunc(s.Marked, func(m Marked) bool { return m.Emoji == emoji && slices.Contains(m.Who, who) })
	case *Review:
		return slices.ContainsFunc(s.Marks, func(k Mark) bool {
			return k.On && k.Message == m.ID && k.Who == who && k.Emoji == emoji
		})
	}
	return false
}

// reactors are those whose reactions on a message mean something to us.
func (s Settings) reactors(snap *Snapshot) []string {
	if snap == nil {
		return nil
	}
	var all []string
	for _, r := range snap.Reactions {
		if s.isPin(r.Emoji) || s.marks(r.Emoji) != "" || r.Emoji == markTake || r.Emoji == markLeave {
			all = append(all, r.Who...)
		}
	}
	return all
}

// passesOver reports whether an event is of no concern to the subject because its person takes no part. Whoever wants
// something done by a command, a click or a form hears so; plain pins, marks and replies are passed over without a word.
func passesOver(o *out, s Subject, e Event, f Facts) bool {
	if e.Who == "" || KindOf(s.ID) != KindReview || f.inCrew(e.Who) || f.Person(e.Who).Admin {
		return false
	}
	switch e.Kind {
	case Said:
		if !e.Mention {
			return true
		}
	case Edited: // what was said while they took part is followed
		r, ok := s.State.(*Review)
		return !ok || r.heardIndex(e.Message.ID) < 0
	case Reacted:
		return e.On
	case Commanded, Clicked, Submitted:
	default:
		return false
	}
	if s.State != nil {
		o.say(onlyCrew)
	}
	return true
}

const onlyCrew = "Here only the crew takes part. `/postmortem settings` shows who that is."

// forCrew reports whether only the crew can have this done: what makes or changes a timeline or a review. Whoever owns an
// action item deals with it, in the crew or not.
func forCrew(e Event, typed Typed) bool {
	if e.Kind == Submitted {
		return e.Verb == "add" || e.Verb == "action" || KindOf(e.Subject) == KindReview
	}
	return typed.about == aboutNew || typed.about == aboutReview || strings.HasPrefix(typed.Name, "timeline ")
}

// takesPart says, in words, why somebody cannot have something done; empty: they can.
func (f Facts) takesPart(who string) string {
	switch {
	case f.inCrew(who), f.Person(who).Admin:
		return ""
	case !f.Powers[who]:
		return "I cannot find out just now whether you are in the crew. Nothing was changed; please try again in a minute."
	}
	return onlyCrew
}

// crewPeople are those of the crew who are named one by one.
func (s Settings) crewPeople() []string {
	return slices.DeleteFunc(slices.Clone(s.Crew), func(id string) bool { return strings.HasPrefix(id, roleSign) })
}

// crewNeeds are those of these people of whom only the platform can say whether they are in the crew.
func (s Settings) crewNeeds(who ...string) []string {
	if !s.limited() || !slices.ContainsFunc(s.Crew, func(c string) bool { return strings.HasPrefix(c, roleSign) }) {
		return nil
	}
	var ask []string
	for _, id := range who {
		if id != "" && !slices.Contains(s.Crew, id) && !slices.Contains(ask, id) {
			ask = append(ask, id)
		}
	}
	return ask
}

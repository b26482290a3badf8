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

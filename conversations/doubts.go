package conversations

import (
	"regexp"
	"strings"
)

// doubts are what somebody should look at again in an answer, in words for whoever presses [Look]: a cause that stops at
// a person, a date that is none, an owner who cannot be one. Nothing of it is in anybody's way.
func (r *Review) doubts(a Answered, f Facts) []string {
	if !a.Taken || a.Kept {
		return nil
	}
	q, _ := r.question(a.Question)
	var all []string
	if a.Long {
		all = append(all, "This is longer than I keep. Say it in parts, or link to it.")
	}
	switch q.Gives {
	case PartCauses:
		for _, c := range r.Causes {
			if c.Reply == a.ID && !c.Gone {
				if blames(c.Text, f) {
					all = append(all, "This stops at a person. What made that the sensible thing to do, or easy to get wrong?")
				}
				if c.Doubt != "" {
					all = append(all, c.Doubt)
				}
			}
		}
	case PartMoments:
		_, words := incident{}.readMoments(a.words(), a.At)
		if len(words) > 0 {
			all = append(all, "I cannot read a moment in this. Name it and say when: `eased 14:31`, `over E-14`, `noticed unknown`.")
		}
	case PartActions, PartLeft:
		for _, l := range r.Lines {
			if l.Reply == a.ID && !l.Gone {
				all = append(all, l.doubts(f)...)
			}
		}
		all = append(all, r.doubtsLeft(a)...)
	}
	return all
}

// looks are the doubts and what else is odd about an answer as the timeline stands: times far from all others. These
// follow the pins, so they are shown and not marked on the reply.
func (r *Review) looks(a Answered, f Facts) []string {
	all := r.doubts(a, f)
	if q, _ := r.question(a.Question); q.Gives != PartTimeline || !a.Taken || a.Kept {
		return all
	}
	during := r.incident(f)
	lines, _ := during.told(a, f)
	for _, l := range lines {
		if during.farFrom(l.Time) {
			all = append(all, "I read this as "+l.Time.In(f.Zone).Format("2 January 15:04 MST")+
				", far from everything else. If that is not meant, say the zone or the day: `03:36 CET`.")
		}
	}
	return all
}

// doubts are what is odd about a line of an action item.
func (l Line) doubts(f Facts) []string {
	var all []string
	if l.Due.IsZero() && l.Doubt != "" {
		all = append(all, sentence(textError(l.Doubt)))
	}
	if p, known := f.People[l.Owner]; known && (p.Bot || !p.Active) {
		all = append(all, "“"+p.Name+"” cannot own anything: that is a program, or somebody who has left. Who else?")
	}
	if vague.MatchString(l.Text) {
		all = append(all, "What will somebody do? Begin with a verb: `add an alert per country`.")
	}
	return all
}

type textError string

func (e textError) Error() string { return string(e) }

// doubtsLeft are names of causes that do not exist.
func (r *Review) doubtsLeft(a Answered) []string {
	var all []string
	for _, l := range r.readLeft([]Answered{a}) {
		for _, c := range l.causes {
			if r.cause(c) == nil {
				all = append(all, "There is no "+c+".")
			}
		}
		if len(l.causes) == 0 {
			all = append(all, "Which cause is it about? Begin with its number: `w4: …`.")
		}
	}
	return all
}

// vague is an action that nobody can begin: a wish, or a thing without anything done to it.
var vague = regexp.MustCompile(`(?i)^(?:be (?:more )?care(?:ful)?\b|pay (?:more )?attention\b|(?:better|more|improved?|good|proper) \w+(?:ing|ation|ness)?$|\w*(?:monitoring|alerting|documentation|training|communication|awareness|testing|logging)$|try harder\b|(?:don.t|never) do (?:that|this|it) again\b)`)

var (
	humanError = regexp.MustCompile(`(?i)\b(?:human|user|operator|pilot)[ -](?:error|mistake|failure)\b|\bcareless(?:ness)?\b`)
	faultVerbs = `(?:forgot|failed|broke|missed|caused|ignored|messed|screwed|did ?n.?t|did not|should have|should.ve|could have|made a mistake|was (?:careless|sloppy|tired|wrong)|pushed|deleted|merged|deployed|ran|typed|pressed|mis\w+)`
	someoneDid = regexp.MustCompile(`(?i)^(?:some(?:one|body)|an? (?:engineer|developer|operator|admin|colleague)|he|she|i|<@[^>\s]+>)\s+(?:just |simply |again |accidentally |mistakenly )?` + faultVerbs + `\b`)
	faultWords = regexp.MustCompile(`(?i)\b` + faultVerbs + `\b`)
)

// blames reports whether a cause stops at a person: it names one who did something, or "human error".
func blames(text string, f Facts) bool {
	if humanError.MatchString(text) || someoneDid.MatchString(text) {
		return true
	}
	if !faultWords.MatchString(text) {
		return false
	}
	if mention.MatchString(text) {
		return true
	}
	first, _ := cutWord(text)
	for _, p := range f.People {
		if name, _ := cutWord(p.Name); len(name) > 1 && strings.EqualFold(strings.Trim(first, "@,.:'"), name) {
			return true
		}
	}
	return false
}

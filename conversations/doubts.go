package conversations

import (
	"regexp"
	"slices"
	"strings"

	"github.com/debrief-bot/debrief/conversations/when"
)

// odd finds what somebody should look at again in an answer: a cause that stops at a person, a date that is none, an owner
// who cannot be one. Nothing of it is in anybody's way.
type odd struct {
	*Review
	facts  Facts
	causes map[string][]Factor // reply → the causes in it
	lines  map[string][]Line   // reply → the action items in it
	left   map[string][]left   // reply → what it says about causes without a change
	during incident
}

func (r *Review) odd(answers []Answered, f Facts) odd {
	o := odd{r, f, map[string][]Factor{}, map[string][]Line{}, map[string][]left{}, r.incident(f)}
	for _, c := range r.Causes {
		if !c.Gone {
			o.causes[c.Reply] = append(o.causes[c.Reply], c)
		}
	}
	for _, l := range r.Lines {
		if !l.Gone {
			o.lines[l.Reply] = append(o.lines[l.Reply], l)
		}
	}
	for _, l := range r.readLeft(answers) {
		o.left[l.reply.ID] = append(o.left[l.reply.ID], l)
	}
	return o
}

// doubts are what is odd about an answer, in words for whoever presses [Look].
func (o odd) doubts(a Answered) []string {
	if !a.Taken || a.Kept {
		return nil
	}
	q, _ := o.question(a.Question)
	var all []string
	if a.Long {
		all = append(all, "This is longer than I keep. Say it in parts, or link to it.")
	}
	switch q.Gives {
	case PartTimeline:
		now := a.At.In(o.facts.Person(a.Who).Location(o.facts.Zone))
		for _, line := range strings.Split(a.words(), "\n") {
			if phrase, err := when.Misread(line, now); err != nil {
				all = append(all, asked(phrase+": "+err.Error()))
			}
		}
	case PartCauses:
		for _, c := range o.causes[a.ID] {
			if blames(c.Text, o.facts) {
				all = append(all, "This stops at a person. What made that the sensible thing to do, or easy to get wrong?")
			}
			if c.Doubt != "" {
				all = append(all, c.Doubt)
			}
		}
	case PartMoments:
		_, words := incident{}.readMoments(a.words(), a.At)
		if len(words) > 0 {
			all = append(all, "I cannot read a moment in this. Name it and say when: `eased 14:31`, `over E-14`, `noticed unknown`.")
		}
	case PartActions, PartLeft:
		for _, l := range o.lines[a.ID] {
			all = append(all, l.doubts(o.facts)...)
		}
		all = append(all, o.doubtsLeft(a)...)
	}
	return all
}

// looks are the doubts and what else is odd about an answer as the timeline stands: times far from all others. These
// follow the pins, so they are shown and not marked on the reply.
func (o odd) looks(a Answered) []string {
	all := o.doubts(a)
	q, _ := o.question(a.Question)
	switch {
	case !a.Taken || a.Kept:
		return all
	case q.Gives == PartLeft:
		return append(all, o.missingItems(a)...)
	case q.Gives != PartTimeline:
		return all
	}
	lines, _ := o.during.told(a, o.facts)
	for _, l := range lines {
		if o.during.farFrom(l.Time) {
			all = append(all, "I read this as "+l.Time.In(o.facts.Zone).Format("2 January 15:04 MST")+
				", far from everything else. If that is not meant, say the zone or the day: `03:36 CET`.")
		}
	}
	return all
}

// missingItems are the action items that an answer names and that are not this review's.
func (o odd) missingItems(a Answered) []string {
	var all []string
	for _, l := range o.left[a.ID] {
		mine := slices.ContainsFunc(o.facts.Subjects, func(s Subject) bool {
			i, ok := s.State.(*ActionItem)
			return ok && i.PM == o.Number && number("A", i.Number) == l.item && i.State != ItemWithdrawn
		})
		if l.item != "" && !mine {
			all = append(all, l.item+" is no change of this review.")
		}
	}
	return all
}

// doubts are what is odd about a line of an action item.
func (l Line) doubts(f Facts) []string {
	var all []string
	if l.Doubt != "" && (l.Owner == "" || l.Due.IsZero()) {
		all = append(all, asked(l.Doubt))
	}
	if no := f.cannotOwn(l.Owner); no != "" {
		all = append(all, no)
	}
	if vague.MatchString(l.Text) {
		all = append(all, "What will somebody do? Begin with a verb: `add an alert per country`.")
	}
	return all
}

// cannotOwn says, in words, why nobody can expect something of that person; empty: nothing speaks against it.
func (f Facts) cannotOwn(id string) string {
	switch p, known := f.People[id]; {
	case f.Unknown[id]:
		return nobodyCalled("@" + id)
	case !known:
		return ""
	case p.Bot:
		return p.Name + " is a program and cannot take this on. Who will?"
	case !p.Active:
		return p.Name + " has left. Who will take this on instead?"
	}
	return ""
}

// nobodyCalled is what people are told of somebody who does not exist.
func nobodyCalled(name string) string { return "I know nobody called " + name + "." }

// asked is a doubt as a sentence of its own.
func asked(doubt string) string {
	if strings.HasSuffix(doubt, "?") {
		return doubt
	}
	return capital(strings.TrimSuffix(doubt, ".")) + "."
}

// doubtsLeft are names of causes that do not exist.
func (o odd) doubtsLeft(a Answered) []string {
	var all []string
	for _, l := range o.left[a.ID] {
		for _, c := range l.causes {
			if o.cause(c) == nil {
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
	faultVerbs = `(?:forgot|failed|broke|missed|caused|ignored|messed|screwed|did ?n.?t|did not|should have|should.ve|could have|made a mistake|was (?:careless|sloppy|tired|wrong)|pushed|deleted|removed|dropped|wiped|killed|overwrote|merged|deployed|ran|typed|pressed|mis\w+)`
	someoneDid = regexp.MustCompile(`(?i)^(?:some(?:one|body)|an? (?:engineer|developer|operator|admin|colleague)|he|she|i|<@[^>\s]+>)\s+(?:just |simply |again |accidentally |mistakenly )?` + faultVerbs + `\b`)
	faultWords = regexp.MustCompile(`(?i)\b` + faultVerbs + `\b`)
)

// blames reports whether a cause stops at a person: it names one who did something, or "human error".
func blames(text string, f Facts) bool {
	if humanError.MatchString(text) {
		return true
	}
	if !faultWords.MatchString(text) {
		return false
	}
	if someoneDid.MatchString(text) || mention.MatchString(text) {
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

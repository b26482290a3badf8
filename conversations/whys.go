package conversations

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// Factor is one contributing factor: a line of an answer to the whys. Several can be under one, as what made it possible.
type Factor struct {
	ID     int      `json:"id"`    // w4; never used twice in a review
	Reply  string   `json:"reply"` // the answer it stands in
	Raw    string   `json:"raw"`   // as it was typed
	Text   string   `json:"text"`
	Who    string   `json:"who,omitempty"`
	Under  string   `json:"under"`            // "w2", or a root
	Events []string `json:"events,omitempty"` // "E-17": what shows it
	Doubt  string   `json:"doubt,omitempty"`  // why it does not stand where it was meant to
	Gone   bool     `json:"gone,omitempty"`   // the answer no longer has it
}

func causeName(id int) string { return "w" + strconv.Itoa(id) }

var (
	causeWord    = regexp.MustCompile(`^(?i)w(\d{1,4})$`)
	causeAddress = regexp.MustCompile(`^\s*(?i)(w\d{1,4}(?:\s*[,+&]\s*w\d{1,4})*)\s*:\s*`)
	rootAddress  = regexp.MustCompile(`^\s*(?i)(happened|late|seen late|noticed late|long|took long)\s*:\s*`)
	eventMention = regexp.MustCompile(`(?i)[(\[]?\bE-(\d{1,9})\b[)\]]?`)
)

// rootNamed is the root that people mean by a word.
func rootNamed(word string) postmortem.Root {
	switch word = strings.ToLower(word); {
	case strings.HasSuffix(word, "late"):
		return postmortem.WhyLate
	case strings.HasSuffix(word, "long"):
		return postmortem.WhyLong
	}
	return postmortem.WhyHappened
}

// causeLine is what one line of an answer to the whys says.
type causeLine struct {
	text, under string
	events      []string
}

// parseCause reads `w3: two people looked at the syntax (E-4)` or `late: nobody watches it`. under is where a line
// without an address goes.
func parseCause(line, under string) causeLine {
	c := causeLine{under: under}
	line = bulletMark.ReplaceAllString(line, "")
	if m := causeAddress.FindStringSubmatch(line); m != nil {
		first, _, _ := strings.Cut(strings.NewReplacer("+", ",", "&", ",").Replace(m[1]), ",")
		c.under, line = strings.ToLower(strings.TrimSpace(first)), line[len(m[0]):]
	} else if m := rootAddress.FindStringSubmatch(line); m != nil {
		c.under, line = string(rootNamed(m[1])), line[len(m[0]):]
	}
	for _, m := range eventMention.FindAllStringSubmatch(line, -1) {
		if id := "E-" + m[1]; !slices.Contains(c.events, id) {
			c.events = append(c.events, id)
		}
	}
	line = eventMention.ReplaceAllString(line, "")
	c.text = strings.TrimRight(strings.Join(strings.Fields(line), " "), " ,;–-")
	return c
}

// followCauses brings the causes into step with the answers: lines are matched by what they say, new ones get the next
// number, those that are gone stay only where something hangs on them.
func (r *Review) followCauses(answers []Answered) {
	kept := map[int]bool{}
	rank := map[int]int{}
	for _, a := range takenFor(answers, r.giving(PartCauses)) {
		under := a.Under
		single := r.onlyCause(a.ID)
		if under == "" {
			under = string(postmortem.WhyHappened)
		}
		for _, raw := range strings.Split(a.Body, "\n") {
			if strings.TrimSpace(raw) == "" {
				continue
			}
			parsed := parseCause(raw, under)
			under = parsed.under // what follows in the same message goes to the same place
			if parsed.text == "" {
				continue
			}
			id := r.followCause(a, raw, parsed, kept, single)
			rank[id] = len(rank) + 1
		}
	}
	for i := range r.Causes {
		r.Causes[i].Gone = !kept[r.Causes[i].ID]
	}
	slices.SortStableFunc(r.Causes, func(a, b Factor) int { return cmp.Compare(rank[a.ID], rank[b.ID]) })
	for i := range r.Causes { // only now is it known which there are
		c := &r.Causes[i]
		c.Doubt = ""
		if m := causeWord.FindStringSubmatch(c.Under); m != nil {
			switch {
			case r.cause(c.Under) == nil:
				c.Doubt = "There is no " + c.Under + "."
			case r.circles(*c):
				c.Doubt = causeName(c.ID) + " would explain itself."
			}
		}
	}
}

// onlyCause is where the cause is that an answer of one line gave; below zero: it gave none, or several.
func (r *Review) onlyCause(reply string) int {
	only := -1
	for i, c := range r.Causes {
		if c.Reply == reply {
			if only >= 0 {
				return -1
			}
			only = i
		}
	}
	return only
}

// followCause returns the cause's number.
func (r *Review) followCause(a Answered, raw string, parsed causeLine, kept map[int]bool, only int) int {
	free := func(c Factor) bool { return c.Reply == a.ID && !kept[c.ID] }
	i := slices.IndexFunc(r.Causes, func(c Factor) bool { return free(c) && c.Raw == raw })
	if i < 0 {
		i = slices.IndexFunc(r.Causes, func(c Factor) bool { return free(c) && strings.EqualFold(c.Text, parsed.text) })
	}
	if i < 0 {
		i = mostAlike(parsed.text, len(r.Causes), func(i int) (string, bool) { return r.Causes[i].Text, free(r.Causes[i]) })
	}
	if i < 0 && only >= 0 && free(r.Causes[only]) && !strings.Contains(strings.TrimSpace(a.Body), "\n") {
		i = only // its one line was put in other words
	}
	if i < 0 {
		r.NextCause++
		r.Causes = append(r.Causes, Factor{ID: r.NextCause, Reply: a.ID})
		i = len(r.Causes) - 1
	}
	c := &r.Causes[i]
	kept[c.ID] = true
	c.Raw, c.Text, c.Who, c.Under, c.Events = raw, parsed.text, a.Who, parsed.under, parsed.events
	return c.ID
}

// cause is the one of that name, nil when there is none. One that was taken back counts while something is under it.
func (r *Review) cause(name string) *Factor {
	m := causeWord.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	id, _ := strconv.Atoi(m[1])
	for i := range r.Causes {
		if r.Causes[i].ID == id {
			return &r.Causes[i]
		}
	}
	return nil
}

// circles reports whether a cause is, by way of others, under itself.
func (r *Review) circles(c Factor) bool {
	at := c.Under
	for range r.Causes {
		above := r.cause(at)
		if above == nil {
			return false
		}
		if above.ID == c.ID {
			return true
		}
		at = above.Under
	}
	return true // it leads into a circle of others
}

// place is where a cause stands: under another one or under a root. What cannot stand where it was meant to stands under
// the first root.
func (c Factor) place() string {
	if c.Doubt != "" {
		return string(postmortem.WhyHappened)
	}
	return c.Under
}

// causesUnder are those right under a cause or root, in the order in which they were said. One that was taken back is
// among them while something hangs on it.
func (r *Review) causesUnder(place string) []Factor {
	var under []Factor
	for _, c := range r.Causes {
		if c.place() == place && (!c.Gone || len(r.causesUnder(causeName(c.ID))) > 0) {
			under = append(under, c)
		}
	}
	return under
}

// openCauses are the leaves: those under which nothing is.
func (r *Review) openCauses() []Factor {
	var open []Factor
	for _, c := range r.Causes {
		if !c.Gone && len(r.causesUnder(causeName(c.ID))) == 0 {
			open = append(open, c)
		}
	}
	return open
}

// leftCauses are the leaves that no action item answers, neither them nor what is above them.
func (r *Review) leftCauses(answers []Answered) []Factor {
	answered := map[string]bool{}
	for _, l := range r.Lines {
		if !l.Gone {
			for _, c := range l.Causes {
				answered[c] = true
			}
		}
	}
	for _, l := range r.readLeft(answers) {
		for _, c := range l.causes {
			answered[c] = answered[c] || l.accepted != "" || l.item != ""
		}
	}
	return slices.DeleteFunc(r.openCauses(), func(c Factor) bool {
		for range r.Causes {
			if answered[causeName(c.ID)] {
				return true
			}
			above := r.cause(c.place())
			if above == nil {
				return false
			}
			c = *above
		}
		return false
	})
}

// left is what one line says about causes that have no change.
type left struct {
	reply    Answered
	raw      string
	causes   []string
	accepted string // why we live with them
	item     string // "A-3": the action item that answers them
	action   string // something to be changed, as it was typed
}

var accepts = regexp.MustCompile(`(?i)^(?:we\s+)?(?:can\s+)?(?:accept(?:ed|ing|s)?|live with|living with|a?\s*risk|fine|ok(?:ay)?|nothing|none|no change|won.?t|leave it|not worth)\b[\s,:;.–-]*(?:it\b[\s,:;.–-]*)?(?:because\b|since\b|as\b)?\s*`)

// readLeft reads the answers about causes without a change: `w4: add a check @bo fri`, `w4: A-3`, `w4, w5: accepted, it
// is retired in May`. A line without a name is about the only one there is.
func (r *Review) readLeft(answers []Answered) []left {
	var all []left
	for _, a := range takenFor(answers, r.giving(PartLeft)) {
		for _, raw := range strings.Split(a.Body, "\n") {
			l := left{reply: a, raw: raw}
			text := bulletMark.ReplaceAllString(raw, "")
			if m := causeAddress.FindStringSubmatch(text); m != nil {
				for _, name := range strings.FieldsFunc(m[1], func(c rune) bool { return strings.ContainsRune(" ,+&\t", c) }) {
					l.causes = append(l.causes, strings.ToLower(name))
				}
				text = text[len(m[0]):]
			} else if open := r.openCauses(); len(open) == 1 {
				l.causes = []string{causeName(open[0].ID)}
			}
			text = strings.TrimSpace(text)
			series, n, isNumber := parseNumber(text)
			switch {
			case text == "":
				continue
			case isNumber && series == "A":
				l.item = number("A", n)
			case accepts.MatchString(text):
				l.accepted = strings.TrimSpace(text[len(accepts.FindString(text)):])
				if l.accepted == "" {
					l.accepted = text
				}
			default:
				l.action = text
			}
			all = append(all, l)
		}
	}
	return all
}

// acceptRisk is `risk w4 why`: an answer to the question about causes without a change.
func (r *Review) acceptRisk(o *out, e Event, args string) {
	word, why := cutWord(args)
	word = strings.ToLower(strings.TrimSuffix(word, ":"))
	switch {
	case r.giving(PartLeft) == 0:
		o.say("A tiny review does not go into that. Say it under `What we change`.")
	case r.cause(word) == nil:
		o.say("Name the cause by its number: `risk w4 the system is retired in May`.")
	case strings.TrimSpace(why) == "":
		o.say("Say why we can live with it: `risk " + word + " the system is retired in May`.")
	default:
		r.answer(o, Heard{
			ID: e.Key, Who: e.Who, At: e.At, Text: word + ": accepted, " + why, Masked: e.Masked, Question: r.giving(PartLeft),
		})
	}
}

// deeper lets plain replies go under a cause or a root from now on.
func (r *Review) deeper(o *out, e Event) {
	n := r.giving(PartCauses)
	isRoot := slices.Contains(postmortem.Roots, postmortem.Root(e.Value))
	if !isRoot && r.cause(e.Value) == nil || !r.hasAsked(n) {
		o.reply("where")
		return
	}
	r.setFocus(Focus{Question: n, Under: e.Value, From: e.At})
	o.reply("deeper", e.Value)
}

// tree is the causes as the record keeps them.
func (r *Review) tree(place string, accepted map[string]string, f Facts) []postmortem.Cause {
	var all []postmortem.Cause
	for _, c := range r.causesUnder(place) {
		name := causeName(c.ID)
		cause := postmortem.Cause{
			ID: name, Text: named(c.Text, f), Who: f.Person(c.Who).Name, Events: c.Events, Accepted: accepted[name],
			Causes: r.tree(name, accepted, f),
		}
		if c.Gone {
			cause.Text, cause.Who, cause.Events = "(taken back)", "", nil
		}
		all = append(all, cause)
	}
	return all
}

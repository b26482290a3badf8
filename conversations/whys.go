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
	causeAddress = regexp.MustCompile(`^\s*(?i)(w\d{1,4}(?:\s*(?:[,+&/\s]|\band\b)\s*w\d{1,4})*)\s*(?::|=|→|->|–|-\s)\s*`)
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
	raw         string // as it was typed
	text, under string
	events      []string
}

// parseCause reads `w3: two people looked at the syntax (E-4)` or `late: nobody watches it`. under is where a line
// without an address goes.
func parseCause(line, under string) causeLine {
	c := causeLine{raw: line, under: under}
	line = bulletMark.ReplaceAllString(line, "")
	if names, rest, ok := causesNamed(line); ok {
		c.under, line = names[0], rest
	} else if m := rootAddress.FindStringSubmatch(line); m != nil {
		c.under, line = string(rootNamed(m[1])), line[len(m[0]):]
	}
	if strings.ContainsAny(line, "Ee") && strings.ContainsRune(line, '-') {
		for _, m := range eventMention.FindAllStringSubmatch(line, -1) {
			if id := "E-" + m[1]; !slices.Contains(c.events, id) {
				c.events = append(c.events, id)
			}
		}
		line = eventMention.ReplaceAllString(line, "")
	}
	c.text = strings.TrimRight(strings.Join(strings.Fields(line), " "), " ,;–-")
	return c
}

// followCauses brings the causes into step with the answers: lines are matched by what they say, new ones get the next
// number, those that are gone stay only where something hangs on them.
func (r *Review) followCauses(answers []Answered) {
	of := map[string][]int{} // reply → where its causes are
	for i, c := range r.Causes {
		of[c.Reply] = append(of[c.Reply], i)
	}
	kept, rank := map[int]bool{}, map[int]int{}
	for _, a := range takenFor(answers, r.giving(PartCauses)) {
		lines := causeLines(a)
		for _, line := range lines {
			i := r.matchCause(line, lines, of[a.ID], kept)
			if i < 0 {
				r.NextCause++
				r.Causes = append(r.Causes, Factor{ID: r.NextCause, Reply: a.ID})
				i = len(r.Causes) - 1
			}
			c := &r.Causes[i]
			kept[c.ID], rank[c.ID] = true, len(rank)+1
			c.Raw, c.Text, c.Who, c.Under, c.Events = line.raw, line.text, a.Who, line.under, line.events
		}
	}
	for i := range r.Causes {
		r.Causes[i].Gone = !kept[r.Causes[i].ID]
	}
	slices.SortStableFunc(r.Causes, func(a, b Factor) int { return cmp.Compare(rank[a.ID], rank[b.ID]) })
	r.doubtCauses()
}

// causeLines are the causes that an answer names.
func causeLines(a Answered) []causeLine {
	under := a.Under
	if under == "" {
		under = string(postmortem.WhyHappened)
	}
	var lines []causeLine
	for _, raw := range strings.Split(a.words(), "\n") {
		line := parseCause(raw, under)
		under = line.under // what follows in the same message goes to the same place
		if line.text != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// matchCause is where the cause is, of those of the same reply, that a line was before; below zero: it is new. A cause
// whose very line is still there is left to that line, so that a new one beside it does not take its number.
func (r *Review) matchCause(line causeLine, lines []causeLine, of []int, kept map[int]bool) int {
	is := func(same func(Factor) bool) int {
		i := slices.IndexFunc(of, func(i int) bool { return !kept[r.Causes[i].ID] && same(r.Causes[i]) })
		if i < 0 {
			return -1
		}
		return of[i]
	}
	if i := is(func(c Factor) bool { return c.Raw == line.raw }); i >= 0 {
		return i
	}
	free := func(c Factor) bool {
		return !kept[c.ID] && !slices.ContainsFunc(lines, func(l causeLine) bool { return l.raw == c.Raw })
	}
	if i := is(func(c Factor) bool { return free(c) && strings.EqualFold(c.Text, line.text) }); i >= 0 {
		return i
	}
	if i := mostAlike(line.text, len(of), func(i int) (string, bool) { return r.Causes[of[i]].Text, free(r.Causes[of[i]]) }); i >= 0 {
		return of[i]
	}
	if len(of) == 1 && len(lines) == 1 {
		return is(free) // its one line was put in other words
	}
	return -1
}

// doubtCauses says of each cause why it cannot stand where it was meant to, now that it is known which there are.
func (r *Review) doubtCauses() {
	above := map[int]int{} // cause → the one it is under
	for _, c := range r.Causes {
		above[c.ID] = 0
	}
	for i := range r.Causes {
		c := &r.Causes[i]
		c.Doubt = ""
		if m := causeWord.FindStringSubmatch(c.Under); m != nil {
			id, _ := strconv.Atoi(m[1])
			if _, known := above[id]; !known {
				c.Doubt = "There is no " + c.Under + "."
				continue
			}
			above[c.ID] = id
		}
	}
	circle := circling(above)
	for i := range r.Causes {
		if c := &r.Causes[i]; circle[c.ID] {
			c.Doubt = "This goes in a circle: " + causeName(c.ID) + " would explain itself."
		}
	}
}

// circling are those that are, by way of others, under themselves. 0 is above the topmost.
func circling(above map[int]int) map[int]bool {
	circle, walked := map[int]bool{}, map[int]int{} // walked: in which walk one was come by first
	for start := range above {
		at := start
		for at != 0 && walked[at] == 0 {
			walked[at] = start
			at = above[at]
		}
		if walked[at] != start || at == 0 {
			continue
		}
		for ; !circle[at]; at = above[at] {
			circle[at] = true
		}
	}
	return circle
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

// place is where a cause stands: under another one or under a root. What cannot stand where it was meant to stands under
// the first root.
func (c Factor) place() string {
	if c.Doubt != "" {
		return string(postmortem.WhyHappened)
	}
	return c.Under
}

// branches are the causes as they hang together.
type branches struct {
	causes []Factor            // in the order in which they were said
	named  map[string]Factor   // "w4"
	under  map[string][]Factor // right under a cause or root; one that was taken back only while something hangs on it
}

func (r *Review) branches() branches {
	b := branches{r.Causes, make(map[string]Factor, len(r.Causes)), make(map[string][]Factor, len(r.Causes))}
	under := map[string][]Factor{}
	for _, c := range r.Causes {
		b.named[causeName(c.ID)] = c
		under[c.place()] = append(under[c.place()], c)
	}
	var shows func(c Factor) bool
	shows = func(c Factor) bool { return !c.Gone || slices.ContainsFunc(under[causeName(c.ID)], shows) }
	for _, c := range r.Causes {
		if shows(c) {
			b.under[c.place()] = append(b.under[c.place()], c)
		}
	}
	return b
}

// open are the leaves: those under which nothing is.
func (b branches) open() []Factor {
	var open []Factor
	for _, c := range b.causes {
		if !c.Gone && len(b.under[causeName(c.ID)]) == 0 {
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
	b := r.branches()
	return slices.DeleteFunc(b.open(), func(c Factor) bool {
		for above := true; above; c, above = b.named[c.place()] {
			if answered[causeName(c.ID)] {
				return true
			}
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

// Words that say that we live with a cause as it is. Some of them also begin what somebody will do, so they count only
// where the line goes on as a reason does, or ends.
var (
	accepts   = regexp.MustCompile(`(?i)^(?:we\s+)?(?:(?:can|will|have to|just)\s+)?(?:accept(?:ed|able|ing|s)?|liv(?:e|ing) with|risk accepted|leave (?:it|that|this)(?: as it is| alone)?|not worth|won.?t (?:do|fix|change))\b`)
	acceptsIf = regexp.MustCompile(`(?i)^((?:(?:a|known|small|low)\s+)*(?:risk|fine|ok(?:ay)?|nothing|none|no change|no))(?:$|\s*[,;:.–-]\s*|\s+(?:because|since|as|by|for|here|with|to (?:do|change))\b)`)
	reason    = regexp.MustCompile(`(?i)^[\s,;:.–-]*(?:(?:it|that|this|as it is|the risk)\s*[,;:.–-]+\s*|(?:(?:it|that|this|as it is|the risk)\s+)?(?:because|since)\s+)?`)
)

// accepting reads why a cause is accepted as it is; false: the line says something else.
func accepting(text string) (why string, ok bool) {
	said := accepts.FindString(text)
	if m := acceptsIf.FindStringSubmatch(text); said == "" && m != nil {
		said = m[1]
	}
	if said == "" {
		return "", false
	}
	why = text[len(said):]
	why = strings.TrimSpace(why[len(reason.FindString(why)):])
	if !strings.Contains(why, " ") { // "live with it", "nothing"
		why = text
	}
	return why, true
}

// readLeft reads the answers about causes without a change: `w4: add a check @bo fri`, `w4: A-3`, `w4, w5: accepted, it
// is retired in May`. A line without a name is about the only one there is.
func (r *Review) readLeft(answers []Answered) []left {
	taken := takenFor(answers, r.giving(PartLeft))
	if len(taken) == 0 {
		return nil
	}
	only := ""
	if open := r.branches().open(); len(open) == 1 {
		only = causeName(open[0].ID)
	}
	var all []left
	for _, a := range taken {
		for _, raw := range strings.Split(a.Body, "\n") {
			if l := readLeftLine(raw, only); l.causes != nil || l.item != "" || l.accepted != "" || l.action != "" {
				l.reply = a
				all = append(all, l)
			}
		}
	}
	return all
}

// readLeftLine reads one line of it. only is the cause it is about when it names none.
func readLeftLine(raw, only string) left {
	l := left{raw: raw}
	text := bulletMark.ReplaceAllString(raw, "")
	if names, rest, ok := causesNamed(text); ok {
		l.causes, text = names, rest
	} else if only != "" {
		l.causes = []string{only}
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return left{}
	}
	if series, n, ok := parseNumber(text); ok && series == "A" {
		l.item = number("A", n)
	} else if why, ok := accepting(text); ok {
		l.accepted = why
	} else {
		l.action = text
	}
	return l
}

// causesNamed reads the names that a line begins with: `w4: …`, `w4, w5: …`, `w4 and w5 → A-3`.
func causesNamed(line string) (names []string, rest string, ok bool) {
	m := causeAddress.FindStringSubmatch(line)
	if m == nil {
		return nil, line, false
	}
	for _, word := range strings.FieldsFunc(m[1], func(c rune) bool { return strings.ContainsRune(" ,+&/\t", c) }) {
		if causeWord.MatchString(word) {
			names = append(names, strings.ToLower(word))
		}
	}
	return names, line[len(m[0]):], true
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

// tree is the causes under a place as the record keeps them.
func (b branches) tree(place string, accepted map[string]string, f Facts) []postmortem.Cause {
	var all []postmortem.Cause
	for _, c := range b.under[place] {
		name := causeName(c.ID)
		cause := postmortem.Cause{
			ID: name, Text: named(c.Text, f), Who: f.Person(c.Who).Name, Events: c.Events, Accepted: accepted[name],
			Causes: b.tree(name, accepted, f),
		}
		if c.Gone {
			cause.Text, cause.Who, cause.Events = "(taken back)", "", nil
		}
		all = append(all, cause)
	}
	return all
}

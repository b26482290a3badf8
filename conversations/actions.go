package conversations

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// Line is one line of an answer to "what do we change?", or one about a cause that had no change. It is the review's
// until it has text, owner and due date; then the action item it proposes owns the truth.
type Line struct {
	Ordinal  int       `json:"ordinal"` // never used twice in a review
	Reply    string    `json:"reply"`   // the answer it stands in
	Raw      string    `json:"raw"`     // as it was typed
	Text     string    `json:"text"`
	Owner    string    `json:"owner,omitempty"`
	Due      when.Date `json:"due,omitzero"`
	Priority string    `json:"priority,omitempty"`
	What     string    `json:"what,omitempty"`     // prevent, detect, mitigate or process
	Test     string    `json:"test,omitempty"`     // how it will be known that it is done
	Causes   []string  `json:"causes,omitempty"`   // "w4": what it answers
	Doubt    string    `json:"doubt,omitempty"`    // why its date could not be read
	Proposed bool      `json:"proposed,omitempty"` // the action item was told
	Gone     bool      `json:"gone,omitempty"`     // the answer no longer has it
}

// complete reports whether the line can become an action item: it has what the workspace asks for.
func (l Line) complete(s Settings) bool {
	return l.Text != "" && (l.Owner != "" || !s.needsOwner()) && (!l.Due.IsZero() || !s.needsDue())
}

// action is what one line says.
type action struct {
	text, owner, priority string
	what, test            string
	causes                []string
	due                   when.Date
	doubt                 string // what stands where a date does, but is none
	nobody                string // who is named as owner, but is not there
}

var (
	personWord   = regexp.MustCompile(`^<@([^>\s]+)>[.,;:]?$`)
	atWord       = regexp.MustCompile(`^@[\pL\d][\pL\d._-]*$`)
	priorityWord = regexp.MustCompile(`^(?i)p[123]$`)
	bulletMark   = regexp.MustCompile(`^\s*(?:[-*•–]|\d{1,2}[.)])\s+`)
	whatWord     = regexp.MustCompile(`^(?i)#(prevent|detect|mitigate|process)$`)
	testClause   = regexp.MustCompile(`(?i)[\s,;(–-]*\bdone when:?\s+(.+?)\)?\s*$`)
	noChange     = regexp.MustCompile(`^(?i)(none|nothing|no change)\b`)
)

// parseAction reads `add an alert per country @kim p1 fri w5 #detect; done when a test alert arrives`: owner, priority,
// date, causes and kind anywhere at the end, in any order, and last how it will be known that it is done. now is the
// moment of typing in the zone of whoever typed.
func parseAction(line string, now time.Time) action {
	var a action
	if m := testClause.FindStringSubmatchIndex(line); m != nil {
		a.test, line = strings.TrimSpace(line[m[2]:m[3]]), line[:m[0]]
	}
	words := strings.Fields(bulletMark.ReplaceAllString(line, ""))
	for len(words) > 0 {
		last := words[len(words)-1]
		if m := personWord.FindStringSubmatch(last); m != nil && a.owner == "" {
			a.owner, words = m[1], words[:len(words)-1]
			continue
		}
		if bare := strings.TrimRight(last, ".,;:"); atWord.MatchString(bare) && a.owner == "" && a.nobody == "" {
			a.nobody, words = bare, words[:len(words)-1]
			continue
		}
		if bare := strings.Trim(last, ".,;()"); priorityWord.MatchString(bare) && a.priority == "" {
			a.priority, words = strings.ToLower(bare), words[:len(words)-1]
			continue
		}
		if bare := strings.Trim(last, ".,;()←⟵"); causeWord.MatchString(bare) {
			a.causes, words = append(a.causes, strings.ToLower(bare)), words[:len(words)-1]
			continue
		}
		if m := whatWord.FindStringSubmatch(last); m != nil && a.what == "" {
			a.what, words = strings.ToLower(m[1]), words[:len(words)-1]
			continue
		}
		due, n, ok := when.TrailingDue(words, now)
		if n == 0 || !a.due.IsZero() || a.doubt != "" {
			break
		}
		phrase := strings.Join(words[len(words)-n:], " ")
		words = words[:len(words)-n]
		if a.due = due; ok {
			continue
		}
		if _, err := when.Due(phrase, now); err != nil {
			a.doubt = phrase + ": " + err.Error()
		}
	}
	for i, w := range words { // an owner in the middle or in front: `<@kim> adds an alert`
		if m := personWord.FindStringSubmatch(w); m != nil && a.owner == "" {
			a.owner = m[1]
			words = slices.Delete(slices.Clone(words), i, i+1)
			break
		}
	}
	a.text = strings.TrimRight(strings.Join(words, " "), " ,;:–-")
	slices.Sort(a.causes)
	return a
}

// changesNothing reports whether a line says that nothing is to be changed. One with an owner or a date says what is, however
// it begins.
func changesNothing(line string, now time.Time) bool {
	if !noChange.MatchString(line) {
		return false
	}
	a := parseAction(line, now)
	return a.owner == "" && a.due.IsZero()
}

// followLines brings the lines into step with the answers: lines that are new get an ordinal, lines that went are
// withdrawn, complete ones are proposed as action items, changed ones amend theirs.
func (r *Review) followLines(o *out, answers []Answered, f Facts) {
	kept := map[int]bool{} // by ordinal
	var order []int        // of the ordinals, as the answers have them
	follow := func(a Answered, raw, words string, causes []string) {
		now := a.At.In(f.Person(a.Who).Location(f.Zone))
		if n := r.followLine(o, a, raw, words, causes, now, kept, f); n > 0 {
			order = append(order, n)
		}
	}
	for _, a := range takenFor(answers, r.giving(PartActions)) {
		for _, raw := range strings.Split(a.Body, "\n") {
			if line := strings.TrimSpace(raw); line != "" && !changesNothing(line, a.At) {
				follow(a, raw, raw, nil)
			}
		}
	}
	for _, l := range r.readLeft(answers) {
		if l.action != "" {
			follow(l.reply, l.raw, l.action, l.causes)
		}
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		if !kept[l.Ordinal] && !l.Gone {
			l.Gone = true
			if l.Proposed {
				o.tell(r.itemID(o, l.Ordinal), "withdraw", "")
			}
		}
	}
	// They stand in the order in which they were said, also when one came late.
	rank := map[int]int{}
	for i, ordinal := range order {
		rank[ordinal] = i + 1 // lines that went come first
	}
	slices.SortStableFunc(r.Lines, func(a, b Line) int { return cmp.Compare(rank[a.Ordinal], rank[b.Ordinal]) })
}

// followLine returns the line's ordinal; 0: it says nothing.
func (r *Review) followLine(o *out, a Answered, raw, words string, causes []string, now time.Time, kept map[int]bool, f Facts) int {
	var parsed action
	reply := a.ID
	i := r.sameLine(reply, raw, kept)
	if i < 0 {
		parsed = parseAction(words, now)
		if parsed.causes = known(append(parsed.causes, causes...)); parsed.text == "" {
			return 0
		}
		i = r.matchLine(a, parsed.text, kept)
	}
	if i < 0 {
		r.NextLine++
		r.Lines = append(r.Lines, Line{Ordinal: r.NextLine, Reply: reply})
		i = len(r.Lines) - 1
	}
	l := &r.Lines[i]
	kept[l.Ordinal] = true
	back := l.Gone
	l.Gone = false
	if l.Raw != raw {
		l.Raw, l.Text = raw, parsed.text
		was := l.Owner
		if parsed.owner != "" {
			l.Owner = parsed.owner
		}
		if parsed.priority != "" {
			l.Priority = parsed.priority
		}
		l.What, l.Test, l.Causes = parsed.what, parsed.test, parsed.causes
		if l.Doubt = parsed.doubt; !parsed.due.IsZero() {
			l.Due = parsed.due
		}
		if days := f.Settings.dueIn(l.Priority); l.Due.IsZero() && l.Doubt == "" && days > 0 {
			l.Due = when.DateOf(now).AddDays(days)
		}
		if no := r.cannotOwn(parsed.owner, f); no != "" && parsed.owner != was { // else the item knows, and goes on from there
			l.Owner, l.Doubt = "", no
		} else if parsed.nobody != "" && l.Owner == "" {
			l.Doubt = nobodyCalled(parsed.nobody) + " Who will do it?"
		}
	} else if !back {
		return l.Ordinal
	}
	r.propose(o, l, f.Settings)
	return l.Ordinal
}

// propose tells the action item what the line says, once it says enough.
func (r *Review) propose(o *out, l *Line, s Settings) {
	if !l.complete(s) {
		return
	}
	l.Proposed = true
	o.tell(r.itemID(o, l.Ordinal), "propose", l.Text,
		Field{"owner", l.Owner}, Field{"due", l.Due.String()}, Field{"priority", l.Priority},
		Field{"kind", l.What}, Field{"test", l.Test}, Field{"causes", strings.Join(l.Causes, " ")},
		Field{"review", o.subject}, Field{"number", strconv.Itoa(r.Number)}, Field{"facilitator", r.Facilitator},
		Field{"ordinal", strconv.Itoa(l.Ordinal)}, Field{"title", r.Title}, Field{"channel", r.Home.Channel},
		Field{"by", r.writerOf(l.Reply)})
}

// writerOf is who wrote a reply.
func (r *Review) writerOf(reply string) string {
	if i := r.heardIndex(reply); i >= 0 {
		return r.Heard[i].Who
	}
	return ""
}

func (r *Review) itemID(o *out, ordinal int) string {
	return subjectID(o.workspace(), KindItem, rest(o.subject)+"/"+strconv.Itoa(ordinal))
}

// sameLine finds the line of a reply that says the very same.
func (r *Review) sameLine(reply, raw string, taken map[int]bool) int {
	return slices.IndexFunc(r.Lines, func(l Line) bool { return l.Reply == reply && l.Raw == raw && !taken[l.Ordinal] })
}

// matchLine finds the line of a reply that this one was before: by the same words, else by half of them. One that is
// still there as it was is left to itself, so that a new line beside it does not take its action item.
func (r *Review) matchLine(a Answered, text string, taken map[int]bool) int {
	raws := strings.Split(a.Body, "\n")
	free := func(l Line) bool { return l.Reply == a.ID && !taken[l.Ordinal] && !slices.Contains(raws, l.Raw) }
	if i := slices.IndexFunc(r.Lines, func(l Line) bool { return free(l) && strings.EqualFold(l.Text, text) }); i >= 0 {
		return i
	}
	if i := mostAlike(text, len(r.Lines), func(i int) (string, bool) { return r.Lines[i].Text, free(r.Lines[i]) }); i >= 0 {
		return i
	}
	is := slices.IndexFunc(r.Lines, func(l Line) bool { return l.Reply == a.ID && !l.Gone })
	if is >= 0 && len(raws) == 1 && free(r.Lines[is]) && !slices.ContainsFunc(r.Lines[is+1:], func(l Line) bool { return l.Reply == a.ID && !l.Gone }) {
		return is // its one line was put in other words
	}
	return -1
}

// mostAlike is which of n texts shares most words with this one, and at least half of them, or all that one of the two
// has; below zero: none does.
func mostAlike(text string, n int, at func(i int) (text string, free bool)) int {
	best, most := -1, 0
	words := strings.Fields(strings.ToLower(text))
	for i := range n {
		other, free := at(i)
		if !free {
			continue
		}
		have := strings.Fields(strings.ToLower(other))
		if n := shared(words, have); (2*n >= max(len(words), len(have)) || n == min(len(words), len(have))) && n > most {
			best, most = i, n
		}
	}
	return best
}

// shared counts the words that both have.
func shared(a, b []string) int {
	n := 0
	for _, w := range a {
		if slices.Contains(b, w) {
			n++
		}
	}
	return n
}

// openLines are those that still lack something.
func (r *Review) openLines(s Settings) []Line {
	var open []Line
	for _, l := range r.Lines {
		if !l.Gone && !l.complete(s) {
			open = append(open, l)
		}
	}
	return open
}

// fill takes owner and date for lines that lack them, from the form.
func (r *Review) fill(o *out, e Event, f Facts) {
	for i := range r.Lines {
		l := &r.Lines[i]
		n := strconv.Itoa(l.Ordinal)
		changed, doubt := false, ""
		if owner := ownerOf(e.Field("owner " + n)); owner != "" && l.Owner == "" {
			if doubt = r.cannotOwn(owner, f); doubt != "" {
				o.say(doubt)
			} else {
				l.Owner = owner
			}
			changed = true
		}
		if typed := strings.TrimSpace(e.Field("due " + n)); typed != "" && l.Due.IsZero() {
			if due, err := when.Due(typed, e.At.In(f.Person(e.Who).Location(f.Zone))); err == nil {
				l.Due, changed = due, true
			}
		}
		if changed && !l.Gone {
			l.Doubt = doubt
			r.propose(o, l, f.Settings)
		}
	}
}

// ownerOf reads a person out of a form's field: a mention, or an id that a person picker gave.
func ownerOf(value string) string {
	value = strings.TrimSpace(value)
	if m := personWord.FindStringSubmatch(value); m != nil {
		return m[1]
	}
	if strings.ContainsAny(value, " \t\n") {
		return ""
	}
	return strings.TrimPrefix(value, "@")
}

// takeIdeas makes answers of the ideas that were kept on the way: one line each.
func (r *Review) takeIdeas(o *out, e Event, f Facts) {
	var lines []string
	for _, t := range r.ideas(f) {
		line := firstLine(t.Shown().Text)
		if line != "" && !slices.ContainsFunc(r.Lines, func(l Line) bool { return !l.Gone && strings.EqualFold(l.Text, parseAction(line, e.At).text) }) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		o.say("They are all taken.")
		return
	}
	r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: strings.Join(lines, "\n"), Question: r.giving(PartActions)})
}

// ideas are the messages of the window that are kept as ideas for a change.
func (r *Review) ideas(f Facts) []*TimelineEvent {
	var all []*TimelineEvent
	for _, s := range f.Subjects {
		if t, ok := s.State.(*TimelineEvent); ok && t.listing() == listedIdea && r.covers(t.Where, t.Shown().Time) {
			all = append(all, t)
		}
	}
	return all
}

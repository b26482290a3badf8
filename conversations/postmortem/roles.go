package postmortem

import (
	"slices"
	"strings"
	"unicode"
)

// WithRoles is the record with roles in the place of people: "the facilitator", "participant A" and so on, each person
// the same one everywhere. Programs keep their names. It also finds people inside of what was said: the whole name, with
// or without an @, in capitals or not; of a name of several words its first, and the others as they are spelled. A first
// name that two people have becomes "a participant". The record itself is left alone.
//
// It knows the names that are in the record, and no others: who is only spoken of belongs into Mentioned. Nicknames and
// misspellings stay, so somebody should read what is to leave the house.
func (r Record) WithRoles() Record {
	if r.Roles {
		return r
	}
	cast := r.cast()
	r = r.reworded(cast.role, cast.text)
	r.Roles, r.Mentioned = true, nil
	return r
}

// reworded is the record with who of every person and said of everything people said. What it came from is left alone.
func (r Record) reworded(who, said func(string) string) Record {
	r.Facilitator, r.PublishedBy, r.People = who(r.Facilitator), who(r.PublishedBy), mapped(r.People, who)
	r.Approved = mapped(r.Approved, func(a Approval) Approval {
		a.Who = who(a.Who)
		return a
	})
	r.Title, r.Summary, r.Trigger, r.NoChange = said(r.Title), said(r.Summary), said(r.Trigger), said(r.NoChange)
	r.Timeline = mapped(r.Timeline, func(e Entry) Entry {
		if e.Program {
			e.Who = said(e.Who) // a program may be called after somebody
		} else {
			e.Who = who(e.Who)
		}
		e.Text, e.Files = said(e.Text), mapped(e.Files, said)
		if said(e.Subject) != e.Subject {
			e.Subject, e.Revision = "", 0
		}
		return e
	})
	r.Moments = mapped(r.Moments, func(m Moment) Moment {
		m.Text = said(m.Text)
		return m
	})
	for _, list := range r.notes() {
		*list = mapped(*list, func(n Note) Note { return Note{Text: said(n.Text), Who: who(n.Who)} })
	}
	var causes func(list []Cause) []Cause
	causes = func(list []Cause) []Cause {
		return mapped(list, func(c Cause) Cause {
			c.Text, c.Accepted, c.Who, c.Causes = said(c.Text), said(c.Accepted), who(c.Who), causes(c.Causes)
			return c
		})
	}
	r.Causes = causes(r.Causes)
	r.Actions = mapped(r.Actions, func(a Action) Action {
		a.Text, a.Test, a.Reason, a.Doubt, a.Owner = said(a.Text), said(a.Test), said(a.Reason), said(a.Doubt), who(a.Owner)
		return a
	})
	r.Skipped = mapped(r.Skipped, func(s Skip) Skip {
		s.Question, s.Why = said(s.Question), said(s.Why)
		return s
	})
	return r
}

// notes are all lists of what people said.
func (r *Record) notes() []*[]Note {
	return []*[]Note{
		&r.Notes, &r.Detection, &r.Impact, &r.Surprises, &r.Helped, &r.Hindered, &r.Lucky, &r.Response, &r.Lessons, &r.Ideas,
	}
}

// mapped is a new list with f of each element; nothing stays nothing.
func mapped[T any](list []T, f func(T) T) []T {
	if list == nil {
		return nil
	}
	made := make([]T, len(list))
	for i, v := range list {
		made[i] = f(v)
	}
	return made
}

// names are the people in the record, each once, the facilitator first.
func (r Record) names() []string {
	var all []string
	seen := map[string]bool{}
	add := func(name string) {
		key := string(folded(name))
		if strings.TrimSpace(key) != "" && !seen[key] {
			seen[key] = true
			all = append(all, name)
		}
	}
	add(r.Facilitator)
	for _, name := range r.People {
		add(name)
	}
	add(r.PublishedBy)
	for _, a := range r.Approved {
		add(a.Who)
	}
	for _, e := range r.Timeline {
		if !e.Program {
			add(e.Who)
		}
	}
	for _, list := range r.notes() {
		for _, n := range *list {
			add(n.Who)
		}
	}
	var grow func(causes []Cause)
	grow = func(causes []Cause) {
		for _, c := range causes {
			add(c.Who)
			grow(c.Causes)
		}
	}
	grow(r.Causes)
	for _, a := range r.Actions {
		add(a.Owner)
	}
	for _, name := range r.Mentioned {
		add(name)
	}
	return all
}

// cast knows who plays which role.
type cast struct {
	roles  map[string]string   // by folded name
	called map[rune][]nickname // what people are called in a text, by its first rune folded; longest first
}

// nickname is one way in which a text may name somebody.
type nickname struct {
	runes []rune // folded, unless exact
	exact bool   // only in this spelling: it is a word as well
	role  string
}

const somebody = "a participant"

func (r Record) cast() cast {
	c := cast{roles: map[string]string{}, called: map[rune][]nickname{}}
	names := r.names()
	letters := 0
	for _, name := range names {
		key := string(folded(name))
		if name == r.Facilitator {
			c.roles[key] = "the facilitator"
			continue
		}
		letter := letters
		// Nobody is called what a role is called.
		for slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), lettered(letter)) }) {
			letter++
		}
		letters = letter + 1
		c.roles[key] = "participant " + lettered(letter)
	}
	calls := map[string]nickname{}
	for _, name := range names {
		key := string(folded(name))
		calls[key] = nickname{runes: []rune(key), role: c.roles[key]}
	}
	for _, name := range names {
		if r.Roles {
			break // a role is called by no part of it
		}
		role := c.roles[string(folded(name))]
		for i, part := range parts(name) {
			n := nickname{runes: folded(part), role: role}
			if i > 0 || ordinary[string(n.runes)] {
				n.runes, n.exact = []rune(part), true
			}
			key := string(n.runes)
			if other, ok := calls[key]; ok && other.role != role {
				if _, isName := c.roles[key]; !isName {
					other.role = somebody
					calls[key] = other
				}
				continue
			}
			calls[key] = n
		}
	}
	for _, n := range calls {
		first := foldRune(n.runes[0])
		c.called[first] = append(c.called[first], n)
	}
	for _, list := range c.called {
		slices.SortFunc(list, func(a, b nickname) int {
			if d := len(b.runes) - len(a.runes); d != 0 {
				return d
			}
			if a.exact != b.exact {
				if a.exact {
					return 1
				}
				return -1
			}
			return slices.Compare(a.runes, b.runes)
		})
	}
	return c
}

// ordinary are first names that are words as well: "will" is somebody only as "Will".
var ordinary = wordSet(`amber april art august autumn bill bob buck chance chase chip clay cliff dale dawn dean dot drew earl
	faith frank gene glen grace grant guy heath hope iris ivy jack jay jean joy june lance mark max may miles nick norm olive page
	pat penny pierce ray red rich rob robin rose rusty sandy skip stew sue summer ty van wade will`)

// parts are the words of a name that has several: what is in brackets or behind a bar is a title or a team.
func parts(name string) []string {
	if i := strings.IndexAny(name, "([{|,/"); i > 0 {
		name = name[:i]
	}
	words := strings.FieldsFunc(Clean(name), func(r rune) bool { return !wordRune(r) && r != '\'' && r != '’' })
	return slices.DeleteFunc(words, func(w string) bool {
		return len([]rune(w)) < 2 || strings.IndexFunc(w, unicode.IsLetter) < 0 || particles[w]
	})
}

// particles are small words in names.
var particles = wordSet("al bin da das de del della den der di do dos du el ibn la le ten ter van von")

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// lettered is A, B, … Z, AA, AB and so on.
func lettered(n int) string {
	s := ""
	for n++; n > 0; n = (n - 1) / 26 {
		s = string(rune('A'+(n-1)%26)) + s
	}
	return s
}

func foldRune(r rune) rune {
	if unicode.IsSpace(r) {
		return ' '
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// folded is a text as names are compared: without invisible signs, case and differences of space.
func folded(s string) []rune {
	var runes []rune
	for _, r := range strings.Join(strings.Fields(Clean(s)), " ") {
		runes = append(runes, foldRune(r))
	}
	return runes
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// together are the scripts that put no space between words.
var together = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

// parted reports whether a word can end between two runes.
func parted(a, b rune) bool {
	return !wordRune(a) || !wordRune(b) || unicode.In(a, together...) || unicode.In(b, together...)
}

// role is what stands for a person; programs and nobody stay what they are.
func (c cast) role(name string) string {
	if role, ok := c.roles[string(folded(name))]; ok {
		return role
	}
	return name
}

// text is a text with roles in the place of names.
func (c cast) text(s string) string {
	found, i := false, 0
	runes := []rune(Clean(s))
	var b strings.Builder
	for i < len(runes) {
		role, length := c.at(runes, i)
		if length == 0 {
			b.WriteRune(runes[i])
			i++
			continue
		}
		found = true
		if unicode.IsUpper(firstLetter(runes[i:])) && opens(b.String()) {
			role = strings.ToUpper(role[:1]) + role[1:]
		}
		b.WriteString(role)
		i += length
	}
	if !found {
		return s
	}
	return b.String()
}

// at is the role of whom the text names at i, and how many runes that takes.
func (c cast) at(runes []rune, i int) (role string, length int) {
	start := i
	if runes[i] == '@' && i+1 < len(runes) && (i == 0 || !wordRune(runes[i-1])) {
		start++
	}
	for _, n := range c.called[foldRune(runes[start])] {
		end, ok := n.matches(runes, start)
		if !ok {
			continue
		}
		if start == i && i > 0 && !parted(runes[i-1], runes[i]) {
			continue
		}
		if end < len(runes) && !parted(runes[end-1], runes[end]) {
			continue
		}
		return n.role, end - i
	}
	return "", 0
}

// matches reports whether the nickname stands at i, and where it ends. Any run of white space is one space.
func (n nickname) matches(runes []rune, i int) (end int, ok bool) {
	for _, want := range n.runes {
		if i >= len(runes) {
			return 0, false
		}
		if want == ' ' {
			if !unicode.IsSpace(runes[i]) {
				return 0, false
			}
			for i < len(runes) && unicode.IsSpace(runes[i]) {
				i++
			}
			continue
		}
		if got := runes[i]; got != want && (n.exact || foldRune(got) != want) {
			return 0, false
		}
		i++
	}
	return i, true
}

func firstLetter(runes []rune) rune {
	for _, r := range runes {
		if unicode.IsLetter(r) {
			return r
		}
	}
	return 0
}

// opens reports whether a new sentence begins behind a text.
func opens(before string) bool {
	trimmed := strings.TrimRightFunc(before, unicode.IsSpace)
	return trimmed == "" || (len(trimmed) < len(before) && strings.ContainsAny(trimmed[len(trimmed)-1:], ".!?"))
}

// names reports whether a text names somebody.
func (c cast) names(s string) bool {
	runes := []rune(Clean(s))
	for i := range runes {
		if _, length := c.at(runes, i); length > 0 {
			return true
		}
	}
	return false
}

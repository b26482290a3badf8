package conversations

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/when"
)

// momentWords are how people name the moments; the first of each is ours.
var momentWords = map[postmortem.MomentName][]string{
	postmortem.Began:   {"began", "begin", "started", "start", "it began", "it started"},
	postmortem.Noticed: {"noticed", "we noticed", "knew", "we knew", "seen", "detected", "saw it"},
	postmortem.Acked:   {"acknowledged", "acked", "ack", "took it on", "taken on"},
	postmortem.Eased:   {"eased", "mitigated", "better", "less bad"},
	postmortem.Over:    {"over", "resolved", "fixed", "ended", "all clear"},
}

var (
	momentParts = regexp.MustCompile(`[\n;·]|,\s+`)
	unknownTime = regexp.MustCompile(`(?i)^(unknown|not known|don.?t know|no idea|nobody knows|\?)$`)
)

// moment is what one answer says about one of the moments.
type moment struct {
	name    postmortem.MomentName
	at      time.Time
	event   string // "E-17": the event that shows it
	unknown bool
}

// readMoments reads `began 03:06, noticed E-3; over unknown`. What it cannot read comes back as words.
func (i incident) readMoments(text string, now time.Time) (read []moment, words []string) {
	for _, part := range momentParts.Split(text, -1) {
		part = strings.TrimSpace(bulletMark.ReplaceAllString(part, ""))
		if part == "" {
			continue
		}
		if m, ok := i.readMoment(part, now); ok {
			read = append(read, m)
		} else {
			words = append(words, part)
		}
	}
	return read, words
}

// readMoment reads one of them: its name first, or last: `03:06 began`.
func (i incident) readMoment(part string, now time.Time) (moment, bool) {
	lower := strings.ToLower(part)
	for _, name := range postmortem.MomentNames {
		for _, word := range momentWords[name] {
			value, ok := strings.CutPrefix(lower, word)
			if !ok || (value != "" && !strings.ContainsAny(value[:1], " :=\t")) {
				if value, ok = strings.CutSuffix(lower, " "+word); !ok {
					continue
				}
			}
			value = strings.Trim(value, " :=\t.")
			value = strings.TrimPrefix(strings.TrimPrefix(value, "at "), "around ")
			if series, n, ok := parseNumber(value); ok && series == "E" {
				return moment{name: name, event: number("E", n)}, true
			}
			if unknownTime.MatchString(value) {
				return moment{name: name, unknown: true}, true
			}
			at, err := when.Past(value, now)
			if err != nil {
				continue
			}
			if bareClock.MatchString(value) && !strings.ContainsAny(value, "-/") {
				at = i.day(at)
			}
			return moment{name: name, at: at.UTC()}, true
		}
	}
	return moment{}, false
}

// moments are the four moments as the answers say it, the newest answer about each; and what else was said there.
func (r *Review) moments(answers []Answered, f Facts) (named map[postmortem.MomentName]moment, words []Answered) {
	named, during := map[postmortem.MomentName]moment{}, r.incident(f)
	for _, a := range takenFor(answers, r.giving(PartMoments)) {
		read, other := during.readMoments(a.words(), a.At.In(f.Person(a.Who).Location(f.Zone)))
		for _, m := range read {
			named[m.name] = m
		}
		if len(other) > 0 {
			a.Body, a.Long = strings.Join(other, ", "), false
			words = append(words, a)
		}
	}
	return named, words
}

// proposed is what the pins say by themselves: it began with the first, we knew with the first alert, it was over with
// the last; and what somebody marked goes before all of that.
func (r *Review) proposed(entries []entry) map[postmortem.MomentName]moment {
	all, marked := map[postmortem.MomentName]moment{}, map[postmortem.MomentName]bool{}
	for _, e := range entries {
		if e.id == "" {
			continue
		}
		m := moment{event: e.id, at: e.Time}
		if _, ok := all[postmortem.Began]; !ok {
			m.name = postmortem.Began
			all[m.name] = m
		}
		if _, ok := all[postmortem.Noticed]; !ok && e.Who == "" && e.Author != "" {
			m.name = postmortem.Noticed
			all[m.name] = m
		}
		m.name = postmortem.Over
		all[m.name] = m
	}
	for _, e := range entries {
		for _, name := range e.Marks {
			if marked[name] && name != postmortem.Over {
				continue // of several the first; what is over is over with the last
			}
			marked[name] = true
			all[name] = moment{name: name, event: e.id, at: e.Time}
		}
	}
	if all[postmortem.Began].event == all[postmortem.Over].event {
		delete(all, postmortem.Over)
	}
	return all
}

// guesses is what is proposed for the moments that nobody has said yet.
func (r *Review) guesses(answers []Answered, f Facts) map[postmortem.MomentName]moment {
	said, _ := r.moments(answers, f)
	guesses := r.proposed(r.entries(answers, f))
	maps.DeleteFunc(guesses, func(name postmortem.MomentName, _ moment) bool {
		_, known := said[name]
		return known
	})
	return guesses
}

// confirmMoments takes as an answer what is shown: [That's right].
func (r *Review) confirmMoments(o *out, e Event, f Facts) {
	answers := r.answers()
	guesses := r.guesses(answers, f)
	var lines []string
	for _, name := range postmortem.MomentNames {
		if m, ok := guesses[name]; ok {
			lines = append(lines, string(name)+" "+m.event)
		}
	}
	if len(lines) == 0 {
		o.say("Those were taken already. Say what is different: `eased 14:31`.")
		return
	}
	r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: strings.Join(lines, "\n"), Question: r.giving(PartMoments)})
}

// resolved gives a moment its time from the event that shows it. false: there is no such event on the timeline.
func (m moment) resolved(entries []entry) (moment, entry, bool) {
	if m.event == "" {
		return m, entry{}, true
	}
	i := slices.IndexFunc(entries, func(e entry) bool { return e.id == m.event })
	if i < 0 {
		return m, entry{}, false
	}
	m.at = entries[i].Time
	return m, entries[i], true
}

// disorder says which moment comes before one that should come first; empty: none does.
func disorder(said map[postmortem.MomentName]moment, entries []entry) string {
	var before moment
	for _, name := range postmortem.MomentNames {
		m, ok := said[name]
		if !ok || m.unknown {
			continue
		}
		m, _, found := m.resolved(entries)
		if !found {
			continue
		}
		if !before.at.IsZero() && m.at.Before(before.at) {
			return string(name) + " is before " + string(before.name)
		}
		before = m
	}
	return ""
}

// printedMoments are the moments as the record keeps them.
func printedMoments(said map[postmortem.MomentName]moment, entries []entry, f Facts) []postmortem.Moment {
	var all []postmortem.Moment
	for _, name := range postmortem.MomentNames {
		m, ok := said[name]
		if !ok {
			continue
		}
		m, e, found := m.resolved(entries)
		if !found {
			continue
		}
		all = append(all, postmortem.Moment{Name: name, Time: m.at, Entry: m.event, Text: named(e.Text, f), Unknown: m.unknown})
	}
	return all
}

// submitMoments takes from the form what differs from what was said before.
func (r *Review) submitMoments(o *out, e Event, f Facts) {
	said, _ := r.moments(r.answers(), f)
	during := r.incident(f)
	var lines []string
	for _, name := range postmortem.MomentNames {
		value := strings.TrimSpace(e.Field(string(name)))
		m, ok := during.readMoment(string(name)+" "+value, e.At.In(f.Person(e.Who).Location(f.Zone)))
		before := said[name]
		if value == "" || !ok || (m.event == before.event && m.unknown == before.unknown && m.at.Equal(before.at)) {
			continue
		}
		lines = append(lines, string(name)+" "+value)
	}
	if len(lines) == 0 {
		o.say("Nothing is different.")
		return
	}
	r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: strings.Join(lines, "\n"), Question: r.giving(PartMoments)})
}

package conversations

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/when"
)

// Report is what a kept version holds: the record, and the report as it was printed from it.
type Report struct {
	Record   postmortem.Record `json:"record"`
	Markdown string            `json:"markdown"`
	Answers  []string          `json:"answers,omitempty"` // fingerprints of the answers it was made of
}

// recordNeeds says what the record of a review is made of.
func recordNeeds(id string, r *Review, f Facts) Needs {
	n := Needs{Queries: append(r.timelineQueries(), Query{Address: itemsOf(id)})}
	n.People = append(n.People, r.Facilitator)
	for _, h := range r.Heard {
		n.People = append(n.People, h.Who)
		n.People = append(n.People, mentioned(h.Text)...)
	}
	for _, l := range r.Lines {
		n.People = append(n.People, l.Owner)
	}
	for _, s := range f.Subjects {
		switch state := s.State.(type) {
		case *TimelineEvent:
			n.People = append(n.People, state.Who)
			n.People = append(n.People, mentioned(state.Shown().Text)...)
		case *ActionItem:
			n.People = append(n.People, state.Owner)
			n.People = append(n.People, mentioned(state.Text)...)
		}
	}
	n.People = known(n.People)
	return n
}

// known are the ids, each once, without empty ones.
func known(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return s == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}

var mention = regexp.MustCompile(`<@([^>\s]+)>`)

// mentioned are the people a text mentions.
func mentioned(text string) []string {
	var ids []string
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// named puts names in the place of mentions.
func named(text string, f Facts) string {
	return mention.ReplaceAllStringFunc(text, func(m string) string {
		return "@" + f.Person(mention.FindStringSubmatch(m)[1]).Name
	})
}

// record is what the review amounts to now.
func record(id string, r *Review, f Facts) postmortem.Record {
	answers := r.answers()
	rec := postmortem.Record{
		Schema: postmortem.Schema, ID: number("PM", r.Number), Title: r.Title, Zone: f.Zone.String(),
		Facilitator: f.Person(r.Facilitator).Name, People: r.people(answers, f),
	}
	for _, e := range r.entries(answers, f) {
		rec.Timeline = append(rec.Timeline, e.printed(f))
	}
	during := r.incident(f)
	for _, q := range r.questions() {
		for _, a := range takenFor(answers, q.N) {
			switch q.Gives {
			case PartTimeline:
				if _, words := during.told(a, f); words != "" {
					rec.Notes = append(rec.Notes, postmortem.Note{Text: named(words, f), Who: f.Person(a.Who).Name})
				}
			case PartCauses:
				rec.Causes = append(rec.Causes, postmortem.Cause{Text: named(a.words(), f), Who: f.Person(a.Who).Name})
			}
		}
	}
	rec.Actions = r.actionRows(id, f)
	return rec
}

// words is an answer's text; what was cut off is said.
func (a Answered) words() string {
	if a.Long {
		return a.Body + " … (longer; the rest is in the thread)"
	}
	return a.Body
}

// people are those who took part, the facilitator first.
func (r *Review) people(answers []Answered, f Facts) []string {
	ids := []string{r.Facilitator}
	for _, a := range answers {
		if a.Taken && !slices.Contains(ids, a.Who) && a.Who != "" {
			ids = append(ids, a.Who)
		}
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = f.Person(id).Name
	}
	return names
}

// timelineOf are the events among the facts that the review shows, by time.
func (r *Review) timelineOf(f Facts) []Subject {
	var events []Subject
	for _, s := range f.Subjects {
		t, ok := s.State.(*TimelineEvent)
		if ok && t.OnTimeline() && r.covers(t.Where, t.Shown().Time) {
			events = append(events, s)
		}
	}
	return events
}

// entry is one line of a timeline, as lists and reports show it.
type entry struct {
	Shown
	id      string // "E-17"; empty: told in the review
	how     postmortem.How
	subject string
	version int
}

func entriesOf(events []Subject) []entry {
	entries := make([]entry, 0, len(events))
	for _, s := range events {
		t := s.State.(*TimelineEvent)
		e := entry{Shown: t.Shown(), id: number("E", t.Number), how: postmortem.Pinned, subject: s.ID, version: t.Version}
		if t.Hand != "" {
			e.how = postmortem.ByHand
		}
		entries = append(entries, e)
	}
	return entries
}

// entries are the events of the review and the lines told in it, by time.
func (r *Review) entries(answers []Answered, f Facts) []entry {
	entries, during := entriesOf(r.timelineOf(f)), r.incident(f)
	for _, q := range r.questions() {
		if q.Gives != PartTimeline {
			continue
		}
		for _, a := range takenFor(answers, q.N) {
			lines, _ := during.told(a, f)
			entries = append(entries, lines...)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.Time.Compare(b.Time) })
	return entries
}

// printed is the entry in a report.
func (e entry) printed(f Facts) postmortem.Entry {
	return postmortem.Entry{
		ID: e.id, Time: e.Time, Text: named(e.Text, f), Who: writer(e.Who, e.Author, f), Files: e.Files, How: e.how,
		Subject: e.subject, Revision: e.version,
	}
}

func writer(who, author string, f Facts) string {
	if who == "" {
		return author
	}
	return f.Person(who).Name
}

// incident is when it was, as far as the pins know: the times of the first and of the last. Zero: there are none.
type incident struct{ from, until time.Time }

func (r *Review) incident(f Facts) incident {
	from, until := spanOf(r.timelineOf(f))
	return incident{from, until}
}

// told reads an answer about what happened: lines that begin with a time are entries, the rest are words.
func (i incident) told(a Answered, f Facts) (lines []entry, words string) {
	now := a.At.In(f.Person(a.Who).Location(f.Zone))
	var other []string
	for _, line := range strings.Split(a.words(), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		at, text, ok := when.Leading(line, now)
		if !ok || strings.TrimSpace(text) == "" {
			other = append(other, line)
			continue
		}
		if bareClock.MatchString(line) {
			at = i.day(at)
		}
		lines = append(lines, entry{Shown: Shown{Time: at.UTC(), Text: text, Who: a.Who}, how: postmortem.Told})
	}
	return lines, strings.Join(other, "\n")
}

// bareClock begins a line with a time of the day and no date.
var bareClock = regexp.MustCompile(`(?i)^\s*\d{1,2}(:\d{2}|\s*[ap]m)`)

// day moves a time of the day to the day of the incident it is told of: days may have passed since. It is the day on
// which the time lies between the first and the last pin, else nearest to them.
func (i incident) day(at time.Time) time.Time {
	from, until := i.from, i.until
	if from.IsZero() {
		return at
	}
	best, least := at, time.Duration(-1)
	for day := from.AddDate(0, 0, -1); !day.After(until.AddDate(0, 0, 2)); day = day.AddDate(0, 0, 1) {
		y, m, d := day.In(at.Location()).Date()
		candidate := time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, at.Location())
		off := max(from.Sub(candidate), candidate.Sub(until), 0)
		if least < 0 || off < least {
			best, least = candidate, off
		}
	}
	return best
}

// actionRows are the action items, and the lines that are not complete yet, in the order of their lines.
func (r *Review) actionRows(id string, f Facts) []postmortem.Action {
	var rows []postmortem.Action
	for _, l := range r.Lines {
		if l.Gone {
			continue
		}
		row := postmortem.Action{Text: named(l.Text, f), Owner: ownerName(l.Owner, f), Due: l.Due.String(), Priority: l.Priority, State: "open"}
		if l.Due.IsZero() {
			row.Due, row.Doubt = "", l.Doubt
		}
		if i := r.itemOf(id, l.Ordinal, f); i != nil {
			row = postmortem.Action{
				ID: number("A", i.Number), Text: named(i.Text, f), Owner: ownerName(i.Owner, f), Due: i.Due.String(),
				Priority: i.Priority, State: string(i.State), Reason: named(i.Reason, f),
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func ownerName(id string, f Facts) string {
	if id == "" {
		return ""
	}
	return f.Person(id).Name
}

func (r *Review) itemOf(id string, ordinal int, f Facts) *ActionItem {
	for _, s := range f.Subjects {
		if i, ok := s.State.(*ActionItem); ok && i.Review == id && i.Ordinal == ordinal && i.State != ItemWithdrawn {
			return i
		}
	}
	return nil
}

// Row makes the content of a Keep, with the same facts as Render. An error means that a fact is missing that must be
// there; it is tried again later.
func Row(s Subject, ef Effect, f Facts) ([]byte, error) {
	if ef.Kind == Audit {
		return auditRow(s, ef, f)
	}
	r, ok := s.State.(*Review)
	if !ok || ef.View != "report" {
		return nil, fmt.Errorf("keep %s of a %s", ef.View, KindOf(s.ID))
	}
	rec := record(s.ID, r, f)
	rec.Version = len(r.Published) + 1
	rec.Published, rec.PublishedBy = ef.At, f.Person(ef.Person).Name
	return json.Marshal(Report{Record: rec, Markdown: rec.Markdown(), Answers: fingerprints(r.answers())})
}

// kept reads a published version.
func kept(f Facts, key string) (Report, bool) {
	var rep Report
	body, ok := f.Kept[key]
	if !ok || json.Unmarshal(body, &rep) != nil {
		return Report{}, false
	}
	return rep, true
}

// fingerprints tell whether an answer came, went or changed, without keeping it twice.
func fingerprints(answers []Answered) []string {
	var all []string
	for _, a := range answers {
		if a.Taken {
			all = append(all, a.ID+" "+strconv.FormatUint(uint64(KeyHash(a.Body)), 36))
		}
	}
	return all
}

// countChanges compares the last published version with the answers and the timeline as they are.
func (r *Review) countChanges(answers []Answered, f Facts) {
	if len(r.Published) == 0 {
		return
	}
	rep, ok := kept(f, r.Published[len(r.Published)-1].Key)
	if !ok {
		return
	}
	now := map[string]int{}
	for _, s := range r.timelineOf(f) {
		now[s.ID] = s.State.(*TimelineEvent).Version
	}
	changes := 0
	for _, e := range rep.Record.Timeline {
		if e.Subject == "" {
			continue
		}
		if version, ok := now[e.Subject]; !ok || version != e.Revision {
			changes++
		}
		delete(now, e.Subject)
	}
	r.Changes = changes + len(now) + differing(rep.Answers, fingerprints(answers))
}

// differing counts the answers that are in only one of two lists or differ between them.
func differing(before, after []string) int {
	ids := map[string]bool{}
	for _, list := range [][2][]string{{before, after}, {after, before}} {
		for _, f := range list[0] {
			if !slices.Contains(list[1], f) {
				id, _, _ := strings.Cut(f, " ")
				ids[id] = true
			}
		}
	}
	return len(ids)
}

// spanOf is the first and last time of a list of events.
func spanOf(events []Subject) (from, until time.Time) {
	if len(events) == 0 {
		return from, until
	}
	return events[0].At, events[len(events)-1].At
}

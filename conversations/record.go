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
	// Channels it was made in and from, and whether everybody in the workspace could see all of them when it was published.
	// What was kept before that was asked counts as private.
	Channels  []string `json:"channels,omitempty"`
	Everybody bool     `json:"everybody,omitempty"`
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
	for _, h := range r.Handed {
		n.People = append(n.People, h.Who)
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
		Schema: postmortem.Schema, ID: number("PM", r.Number), Title: r.Title, Severity: r.Severity, Zone: f.Zone.String(),
		Facilitator: f.Person(r.Facilitator).Name, People: r.people(answers, f),
		Summary: named(r.Summary, f), Trigger: named(r.Trigger, f),
	}
	for _, a := range r.approved(f) {
		rec.Approved = append(rec.Approved, postmortem.Approval{Who: f.Person(a.Who).Name, At: a.At})
	}
	entries := r.entries(answers, f)
	said, other := r.moments(answers, f)
	rec.Moments = printedMoments(said, entries, f)
	key := r.keyEvents(rec.Moments)
	for _, e := range entries {
		printed := e.printed(f)
		printed.Key = e.id != "" && key[e.id]
		rec.Timeline = append(rec.Timeline, printed)
	}
	rec.Notes = notes(other, f)
	for _, q := range r.questions() {
		r.printAnswers(&rec, q, takenFor(answers, q.N), f)
	}
	accepted := map[string]string{}
	for _, l := range r.readLeft(answers) {
		for _, c := range l.causes {
			if l.accepted != "" {
				accepted[c] = named(l.accepted, f)
			}
		}
	}
	causes := r.branches()
	for _, root := range postmortem.Roots {
		for _, c := range causes.tree(string(root), accepted, f) {
			if c.Root = root; r.Tiny {
				c.Root = ""
			}
			rec.Causes = append(rec.Causes, c)
		}
	}
	rec.Actions = r.actionRows(id, f)
	r.linkItems(&rec, answers)
	rec.Ideas = r.leftIdeas(f)
	for _, q := range r.unanswered(answers) {
		why, _ := r.skippedWhy(q.N)
		rec.Skipped = append(rec.Skipped, postmortem.Skip{Question: q.Title, Why: why, Section: sections[q.Gives]})
	}
	rec.Mentioned = r.spokenOf(rec, answers, f)
	return rec
}

// spokenOf are the people who are mentioned and did not take part, by name.
func (r *Review) spokenOf(rec postmortem.Record, answers []Answered, f Facts) []string {
	var ids []string
	for _, a := range answers {
		if a.Taken {
			ids = append(ids, mentioned(a.Text)...)
		}
	}
	for _, s := range r.timelineOf(f) {
		ids = append(ids, mentioned(s.State.(*TimelineEvent).Shown().Text)...)
	}
	var names []string
	for _, id := range known(ids) {
		if name := f.Person(id).Name; !slices.Contains(rec.People, name) {
			names = append(names, name)
		}
	}
	return known(names)
}

// keyEvents are those that show a moment or a cause.
func (r *Review) keyEvents(moments []postmortem.Moment) map[string]bool {
	key := map[string]bool{}
	for _, m := range moments {
		key[m.Entry] = m.Entry != ""
	}
	for _, c := range r.Causes {
		for _, e := range c.Events {
			key[e] = key[e] || !c.Gone
		}
	}
	return key
}

// printAnswers puts the answers to a question into the part of the record that they are for.
func (r *Review) printAnswers(rec *postmortem.Record, q Question, taken []Answered, f Facts) {
	switch q.Gives {
	case PartTimeline:
		during := r.incident(f)
		for _, a := range taken {
			if _, words := during.told(a, f); words != "" {
				rec.Notes = append(rec.Notes, postmortem.Note{Text: named(words, f), Who: f.Person(a.Who).Name})
			}
		}
	case PartDetection:
		rec.Detection = notes(taken, f)
	case PartImpact:
		rec.Impact = notes(taken, f)
	case PartSurprises:
		rec.Surprises = notes(taken, f)
	case PartLessons:
		for _, a := range taken {
			for _, line := range strings.Split(a.words(), "\n") {
				kind, text := lesson(line)
				if text == "" {
					continue
				}
				to := map[string]*[]postmortem.Note{
					"": &rec.Lessons, "helped": &rec.Helped, "hindered": &rec.Hindered, "lucky": &rec.Lucky, "response": &rec.Response,
				}[kind]
				*to = append(*to, postmortem.Note{Text: named(text, f), Who: f.Person(a.Who).Name})
			}
		}
	case PartActions:
		for _, a := range taken {
			if line := firstWords(a.Body); changesNothing(line, a.At) {
				rec.NoChange = named(a.words(), f)
			}
		}
	}
}

// notes are answers as they were said. That something is not known is no note.
func notes(taken []Answered, f Facts) []postmortem.Note {
	var all []postmortem.Note
	for _, a := range taken {
		if text := named(a.words(), f); !unknownTime.MatchString(strings.TrimSpace(text)) {
			all = append(all, postmortem.Note{Text: text, Who: f.Person(a.Who).Name})
		}
	}
	return all
}

// linkItems notes on action items which causes they answer, where that was said afterwards: `w4: A-3`.
func (r *Review) linkItems(rec *postmortem.Record, answers []Answered) {
	for _, l := range r.readLeft(answers) {
		for i := range rec.Actions {
			if a := &rec.Actions[i]; l.item != "" && a.ID == l.item {
				a.Causes = known(append(a.Causes, l.causes...))
			}
		}
	}
}

// leftIdeas are the ideas that became no line of an action item.
func (r *Review) leftIdeas(f Facts) []postmortem.Note {
	var all []postmortem.Note
	for _, t := range r.ideas(f) {
		shown := t.Shown()
		text := firstLine(shown.Text)
		taken := slices.ContainsFunc(r.Lines, func(l Line) bool {
			return !l.Gone && strings.EqualFold(l.Text, parseAction(text, shown.Time).text)
		})
		if !taken {
			all = append(all, postmortem.Note{Text: named(text, f), Who: writer(shown.Who, shown.Author, f)})
		}
	}
	return all
}

// sections are where the report says that a question was not answered.
var sections = map[Part]postmortem.Section{
	PartMoments: postmortem.SectionMetrics, PartDetection: postmortem.SectionDetection, PartImpact: postmortem.SectionImpact,
	PartCauses: postmortem.SectionRootCauses, PartSurprises: postmortem.SectionLessons, PartLessons: postmortem.SectionLessons,
	PartActions: postmortem.SectionActionItems,
}

// unanswered are the questions without an answer.
func (r *Review) unanswered(answers []Answered) []Question {
	var all []Question
	for _, q := range r.questions() {
		if q.Gives != PartTimeline && r.needed(q) && len(takenFor(answers, q.N)) == 0 {
			all = append(all, q)
		}
	}
	return all
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
		ID: e.id, Time: e.Time, Text: named(e.Text, f), Who: writer(e.Who, e.Author, f), Program: e.Who == "", Files: e.Files, How: e.how,
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

// farFrom reports whether a time is so far from all pins that it may have been misread. Without pins nothing is.
func (i incident) farFrom(at time.Time) bool {
	return !i.from.IsZero() && (at.Before(i.from.Add(-silenceParts/2)) || at.After(i.until.Add(silenceParts/2)))
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

// actionRows are the action items, and the lines that are not complete yet, in the order of their lines. What was done
// or given up stays, also when the line it came from is gone.
func (r *Review) actionRows(id string, f Facts) []postmortem.Action {
	var rows []postmortem.Action
	for _, l := range r.Lines {
		i := r.itemOf(id, l.Ordinal, f)
		if l.Gone && (i == nil || !i.closed()) {
			continue
		}
		row := postmortem.Action{
			Text: named(l.Text, f), Owner: ownerName(l.Owner, f), Due: l.Due.String(), Priority: l.Priority, State: "open",
			Kind: l.What, Test: named(l.Test, f), Causes: l.Causes,
		}
		if l.Due.IsZero() {
			row.Due = ""
		}
		if l.Owner == "" || l.Due.IsZero() {
			row.Doubt = l.Doubt
		}
		if i != nil {
			row.ID, row.Text, row.Owner, row.Due = number("A", i.Number), named(i.Text, f), ownerName(i.Owner, f), i.Due.String()
			row.Priority, row.State, row.Reason = i.Priority, string(i.State), named(i.Reason, f)
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
	rec = r.signed(rec)
	return json.Marshal(Report{
		Record: rec, Markdown: rec.Markdown(), Answers: fingerprints(r.answers()),
		Channels: r.channels(), Everybody: r.everybodySees(f),
	})
}

// channels are those in which the review is held and from which it took its timeline.
func (r *Review) channels() []string {
	all := []string{r.Home.Channel}
	for _, s := range r.Sources {
		if !slices.Contains(all, s.Channel) {
			all = append(all, s.Channel)
		}
	}
	return all
}

// audienceNeeds asks for what everybodySees must know.
func (r *Review) audienceNeeds() []Sees {
	var ask []Sees
	for _, channel := range r.channels() {
		ask = append(ask, Sees{Where: Place{Workspace: r.Home.Workspace, Channel: channel}})
	}
	return ask
}

// everybodySees reports whether everybody in the workspace can see every channel that the review was made in and from: its
// audience is the narrowest of them.
func (r *Review) everybodySees(f Facts) bool {
	return !slices.ContainsFunc(r.audienceNeeds(), func(q Sees) bool { return !f.Sees[q] })
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
			all = append(all, fingerprint(a))
		}
	}
	return all
}

func fingerprint(a Answered) string {
	return a.ID + " " + strconv.FormatUint(uint64(KeyHash(a.Body)), 36)
}

// change is one difference between the last published version and now.
type change struct{ what, text string }

// changes compares the last published version with the answers and the timeline as they are. false: it cannot be read.
func (r *Review) changes(answers []Answered, f Facts) ([]change, bool) {
	if len(r.Published) == 0 {
		return nil, false
	}
	rep, ok := kept(f, r.Published[len(r.Published)-1].Key)
	if !ok {
		return nil, false
	}
	var all []change
	before := map[string]int{} // subject → revision
	for _, e := range rep.Record.Timeline {
		if e.Subject != "" {
			before[e.Subject] = e.Revision
		}
	}
	now := map[string]bool{}
	for _, s := range r.timelineOf(f) {
		t := s.State.(*TimelineEvent)
		now[s.ID] = true
		switch version, known := before[s.ID]; {
		case !known:
			all = append(all, change{number("E", t.Number) + " is new", t.Shown().Text})
		case version != t.Version:
			all = append(all, change{number("E", t.Number) + " has changed", t.Shown().Text})
		}
	}
	for _, e := range rep.Record.Timeline {
		if e.Subject != "" && !now[e.Subject] {
			all = append(all, change{e.ID + " is gone from the timeline", ""})
		}
	}
	return append(all, changedAnswers(rep.Answers, answers)...), true
}

// changedAnswers are the answers that came, went or changed since these fingerprints were taken.
func changedAnswers(before []string, answers []Answered) []change {
	was := map[string]string{} // id → fingerprint
	for _, f := range before {
		id, _, _ := strings.Cut(f, " ")
		was[id] = f
	}
	var all []change
	for _, a := range answers {
		if !a.Taken {
			continue
		}
		f, known := was[a.ID]
		delete(was, a.ID)
		question := strconv.Itoa(a.Question)
		switch {
		case !known:
			all = append(all, change{"a new answer to question " + question, a.Body})
		case f != fingerprint(a):
			all = append(all, change{"the answer to question " + question + " has changed", a.Body})
		}
	}
	for range was {
		all = append(all, change{"an answer was taken back", ""})
	}
	return all
}

// countChanges keeps the number of differences, where they can be told.
func (r *Review) countChanges(answers []Answered, f Facts) {
	if changes, ok := r.changes(answers, f); ok {
		r.Changes = len(changes)
	}
}

// spanOf is the first and last time of a list of events.
func spanOf(events []Subject) (from, until time.Time) {
	if len(events) == 0 {
		return from, until
	}
	return events[0].At, events[len(events)-1].At
}

package postmortem

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is what a record says, in the order in which it is read. Whatever prints a report, prints this: Markdown, HTML
// and PDF differ in how they look, and not in a word. All texts are plain, without what Clean takes out.
type Report struct {
	ID     string // "PM-4"
	Title  string // in people's words, on one line; never empty
	Byline string // when it was, who led the review, which version this is
	Parts  []Part
}

// Part is one section of a report.
type Part struct {
	Heading Section
	Blocks  []Block
}

// Block is a Paragraph, a Subheading, a List, a Table, or a place for a picture: Whys or Course.
type Block interface{ block() }

// Paragraph is a paragraph.
type Paragraph struct{ Text Text }

// Subheading parts a section.
type Subheading string

// List is a list without numbers.
type List []Item

// Item is one point of a list, and what belongs under it.
type Item struct {
	Text  Text
	Items List
}

// Table is a table. Every row has as many cells as there are columns, but for those that only say the day.
type Table struct {
	Columns []Column
	Rows    []Row
}

// Column is a column of a table.
type Column struct {
	Head  string // may be empty
	Short bool   // what is in it is a few signs, and reads badly when it is broken
}

// Row is a row of a table.
type Row struct {
	Day   string // the day of the rows that follow; then there are no cells
	Key   bool   // it decided what came
	Cells []Text
}

// Whys is what a picture of the causes shows; without branches it is too large for one.
type Whys struct{ Branches []Branch }

// Branch is the causes that answer one question.
type Branch struct {
	Question string
	Whys     []Why
}

// Why is a cause in a picture, and what made it possible.
type Why struct {
	Text     string // on one line, and short enough for a box
	Accepted bool
	Whys     []Why
}

// Course is what a picture of the timeline shows.
type Course struct {
	Zone   *time.Location
	Points []Point // by time
}

// Point is a row of the timeline in a picture.
type Point struct {
	Time    time.Time
	Key     bool         // it decided what came
	Moments []MomentName // that it shows
}

func (Paragraph) block()  {}
func (Subheading) block() {}
func (List) block()       {}
func (Table) block()      {}
func (Whys) block()       {}
func (Course) block()     {}

// Text is a text on one line, of which parts stand out.
type Text []Span

// Span is a part of a text.
type Span struct {
	Text  string
	Style Style
}

// Style is how a part of a text stands out.
type Style int

// The styles.
const (
	Plain Style = iota
	Strong
	Emphasis
)

// String is the text without its styles.
func (t Text) String() string {
	if len(t) == 1 {
		return t[0].Text
	}
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
	}
	return b.String()
}

func plain(s string) Text {
	if s == "" {
		return nil
	}
	return Text{{Text: s}}
}

// Report is what the record says.
func (r Record) Report() Report {
	p := r.page()
	report := Report{ID: oneLine(r.ID), Title: dots(oneLine(r.Title)), Byline: p.byline()}
	for _, part := range []Part{
		{SectionSummary, p.summary()},
		{SectionImpact, said(r.Impact)},
		{SectionMetrics, p.metrics()},
		{SectionDetection, p.detection()},
		{SectionRootCauses, p.causes()},
		{SectionActionItems, p.actions()},
		{SectionAccepted, p.accepted()},
		{SectionResponse, said(r.Response)},
		{SectionLessons, p.lessons()},
		{SectionKeyMoments, p.keyMoments()},
		{SectionTimeline, p.timeline()},
		{SectionIdeas, said(r.Ideas)},
	} {
		if part, ok := p.answered(part); ok {
			report.Parts = append(report.Parts, part)
		}
	}
	// Last, because it says which questions no other section spoke of.
	if part, ok := p.answered(Part{SectionMade, p.made()}); ok {
		report.Parts = append(report.Parts, part)
	}
	return report
}

// page is a report that is being written.
type page struct {
	Record
	loc     *time.Location
	rows    []row
	entries map[string]time.Time // when they were, by id
	days    bool                 // not all of it is on one day
	long    bool                 // nor within a day, so that a time of the day could be on either
	years   bool                 // nor in one year
	untold  []Skip               // left out and said in no section
}

// row is one line of the timeline: an entry, or a moment that no entry shows.
type row struct {
	*Entry
	moments []MomentName
	bare    bool // no entry shows it
}

// key reports whether the row decided what came.
func (r row) key() bool { return r.Key || len(r.moments) > 0 }

func (r Record) page() *page {
	p := &page{Record: r, loc: location(r.Zone), entries: make(map[string]time.Time, len(r.Timeline)), untold: r.Skipped}
	shows := map[string][]MomentName{}
	for _, m := range r.Moments {
		if !m.missing() && m.Entry != "" && momentWords[m.Name] != "" {
			shows[m.Entry] = append(shows[m.Entry], m.Name)
		}
	}
	p.rows = make([]row, 0, len(r.Timeline)+len(r.Moments))
	for i := range r.Timeline {
		e := &r.Timeline[i]
		row := row{Entry: e}
		if e.ID != "" {
			p.entries[e.ID] = e.Time
			row.moments = shows[e.ID]
		}
		p.rows = append(p.rows, row)
	}
	told := p.rows
	for _, m := range r.Moments {
		if _, shown := p.entries[m.Entry]; shown || m.missing() || momentWords[m.Name] == "" {
			continue
		}
		if e := only(told, m.Time); e != nil {
			e.moments = append(e.moments, m.Name)
			continue
		}
		p.rows = append(p.rows, row{Entry: &Entry{Time: m.Time, How: Told}, moments: []MomentName{m.Name}, bare: true})
	}
	slices.SortStableFunc(p.rows, func(a, b row) int { return a.Time.Compare(b.Time) })
	if len(p.rows) > 0 {
		first, last := p.rows[0].Time.In(p.loc), p.rows[len(p.rows)-1].Time.In(p.loc)
		p.days = !sameDay(first, last)
		p.long = last.Sub(first) >= 18*time.Hour
		p.years = first.Year() != last.Year()
	}
	return p
}

// only is the one row of that minute; nil if there is none, or more than one: then nobody said which of them it was.
func only(rows []row, at time.Time) *row {
	var found *row
	for i := range rows {
		if !rows[i].Time.Truncate(time.Minute).Equal(at.Truncate(time.Minute)) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &rows[i]
	}
	return found
}

// location is a zone by its name; UTC if there is none of that name. The machine's own zone is none.
func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil || loc == time.Local {
		return time.UTC
	}
	return loc
}

// answered is a section, if it has something to say; otherwise it says which question about it was not answered, if any.
func (p *page) answered(part Part) (Part, bool) {
	if len(part.Blocks) == 0 {
		var of []Skip
		p.untold = slices.DeleteFunc(slices.Clone(p.untold), func(s Skip) bool {
			if s.Section == part.Heading {
				of = append(of, s)
			}
			return s.Section == part.Heading
		})
		if words := unanswered(of); words != "" {
			part.Blocks = []Block{Paragraph{plain(words)}}
		}
	}
	return part, len(part.Blocks) > 0
}

// unanswered says that questions were not answered, in one sentence.
func unanswered(skipped []Skip) string {
	var questions []string
	for _, s := range skipped {
		words := oneLine(s.Question)
		if words == "" {
			continue
		}
		words = "“" + words + "”"
		if why := oneLine(strings.TrimRight(strings.TrimSpace(s.Why), ".")); why != "" {
			words += " (" + why + ")"
		}
		questions = append(questions, words)
	}
	switch len(questions) {
	case 0:
		return ""
	case 1:
		return questions[0] + " was not answered."
	}
	return list(questions) + " were not answered."
}

func (p *page) byline() string {
	var parts []string
	if p.Severity > 0 {
		parts = append(parts, fmt.Sprintf("severity %d", p.Severity))
	}
	if from, until, ok := p.span(); ok {
		parts = append(parts, spanWords(from.In(p.loc), until.In(p.loc)))
	}
	if p.Facilitator != "" && !p.Roles {
		parts = append(parts, "led by "+oneLine(p.Facilitator))
	}
	switch {
	case p.Version > 0 && !p.Published.IsZero():
		parts = append(parts, fmt.Sprintf("version %d, published %s", p.Version, p.Published.In(p.loc).Format("2 January 2006")))
	case p.Version > 0:
		parts = append(parts, fmt.Sprintf("version %d", p.Version))
	default:
		parts = append(parts, "draft")
	}
	return capital(strings.Join(parts, " · "))
}

// span is when it was: from its beginning to its end where people said when that was, else from the first entry to the
// last.
func (p *page) span() (from, until time.Time, ok bool) {
	began, over := p.moment(Began), p.moment(Over)
	switch {
	case !began.missing() && !over.missing() && !over.Time.Before(began.Time):
		return began.Time, over.Time, true
	case len(p.rows) == 0:
		return from, until, false
	}
	return p.rows[0].Time, p.rows[len(p.rows)-1].Time, true
}

func spanWords(from, until time.Time) string {
	names := zoneName(from)
	if z := zoneName(until); z != names {
		names += "/" + z
	}
	switch {
	case until.Sub(from) < time.Minute:
		return from.Format("Monday 2 January 2006, 15:04 ") + names
	case sameDay(from, until):
		return from.Format("Monday 2 January 2006, 15:04") + "–" + until.Format("15:04 ") + names
	}
	return from.Format("Monday 2 January 2006 15:04") + " – " + until.Format("Monday 2 January 2006 15:04 ") + names
}

// zoneName is what the zone is called at that time: CET, or UTC-03 where it has no name.
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + name
	}
	return name
}

// clock is a time of the incident in the report's zone, with its day if the incident went on for about a day.
func (p *page) clock(t time.Time) string {
	if !p.long {
		return t.In(p.loc).Format("15:04")
	}
	return p.date(t)
}

// date is a time of the incident with its day, if the incident has more than one.
func (p *page) date(t time.Time) string {
	layout := "15:04"
	switch {
	case p.years:
		layout = "2 Jan 2006 15:04"
	case p.days:
		layout = "2 Jan 15:04"
	}
	return t.In(p.loc).Format(layout)
}

// event is how a text points at an entry: "23:41, E-1".
func (p *page) event(id string) string {
	if at, ok := p.entries[id]; ok {
		return p.clock(at) + ", " + oneLine(id)
	}
	return oneLine(id)
}

func (p *page) summary() []Block {
	blocks := paragraphs(p.Summary)
	if p.Summary == "" {
		blocks = []Block{Paragraph{plain(p.draft())}}
	}
	// Where nobody was asked for the impact, what was said without a time is the story.
	if !p.told() {
		blocks = append(blocks, said(p.Notes)...)
	}
	return blocks
}

// told reports whether people said more of what happened than the timeline and a few words.
func (p *page) told() bool { return p.Summary != "" || len(p.Impact) > 0 }

// summaryText is the length in runes up to which something people said goes into a drafted summary.
const summaryText = 200

// draft is a summary of what the record says: one short paragraph. Behind the title, which stands above it anyway, nothing
// goes into it that names a person.
func (p *page) draft() string {
	cast := p.cast()
	quotable := func(s string) bool {
		return s != "" && len([]rune(s)) <= summaryText && !cast.names(s) && !strings.Contains(s, "\n")
	}
	var sentences []string
	say := func(s string) { sentences = append(sentences, oneLine(sentence(s))) }
	opening := strings.Join(strings.Fields(p.Title), " ")
	if impact := points(p.Impact); len(impact) > 0 && len(impact[0].subs) == 0 && quotable(impact[0].text) {
		opening = strings.TrimPrefix(strings.TrimRight(opening, ".!")+": "+impact[0].text, ": ")
	}
	if opening != "" {
		say(opening)
	}
	if when := p.course(quotable); when != "" {
		sentences = append(sentences, when)
	} else if from, until, ok := p.span(); ok {
		sentences = append(sentences, ranWords(from.In(p.loc), until.Sub(from)))
	}
	p.followed(say, quotable)
	return strings.Join(sentences, " ")
}

// ranWords says what the timeline covers, where nobody said when it began or was noticed.
func ranWords(from time.Time, d time.Duration) string {
	words := "The timeline begins on " + from.Format("Monday 2 January 2006 at 15:04 ") + zoneName(from)
	if d >= time.Minute {
		words += " and spans " + Duration(d)
	}
	return words + "."
}

// course says when it began, was noticed, eased and was over, as far as people said so and do not contradict each other.
func (p *page) course(quotable func(string) bool) string {
	began, noticed, eased, over := p.moment(Began), p.moment(Noticed), p.moment(Eased), p.moment(Over)
	var b strings.Builder
	if began.Unknown {
		b.WriteString("When it began is not known. ")
	}
	first, verb := began, "began"
	if first.missing() {
		first, verb = noticed, "was noticed"
	}
	if first.missing() {
		return strings.TrimSpace(b.String())
	}
	local := first.Time.In(p.loc)
	fmt.Fprintf(&b, "It %s on %s %s", verb, local.Format("Monday 2 January 2006 at 15:04"), zoneName(local))
	if verb == "began" && !noticed.missing() && !noticed.Time.Before(began.Time) {
		b.WriteString(" and was noticed " + later(noticed.Time.Sub(began.Time)))
	}
	b.WriteString(".")
	var then []string
	if !eased.missing() && !eased.Time.Before(first.Time) {
		words := "eased " + after(eased.Time.Sub(first.Time), verb)
		if quotable(eased.Text) {
			words += " (“" + oneLine(eased.Text) + "”)"
		}
		then = append(then, words)
	}
	if !over.missing() && !over.Time.Before(first.Time) && !over.Time.Before(eased.Time) {
		words := "was over " + after(over.Time.Sub(first.Time), verb) + ", at " + over.Time.In(p.loc).Format("15:04")
		if !sameDay(local, over.Time.In(p.loc)) {
			words += over.Time.In(p.loc).Format(" on Monday 2 January")
		}
		then = append(then, words)
	}
	if len(then) > 0 {
		b.WriteString(" It " + list(then) + ".")
	}
	return b.String()
}

// after is how long something took from the beginning, or, where that is not known, from when it was noticed.
func after(d time.Duration, verb string) string {
	if verb == "began" && d >= time.Minute {
		return "after " + Duration(d)
	}
	return later(d)
}

// later is how long after the beginning something was.
func later(d time.Duration) string {
	if d < time.Minute {
		return "at once"
	}
	return Duration(d) + " later"
}

// followed says what set it off, or else what made it possible, and what is changed.
func (p *page) followed(say func(string), quotable func(string) bool) {
	causes := p.causesOf(WhyHappened)
	if len(causes) == 0 {
		causes = p.causesOf("")
	}
	var why []string
	for _, c := range causes {
		if len(why) < 2 && quotable(c.Text) {
			why = append(why, strings.TrimRight(c.Text, "."))
		}
	}
	switch {
	case quotable(p.Trigger):
		say("What set it off: " + p.Trigger)
	case len(why) > 0:
		say("What made it possible: " + strings.Join(why, "; "))
	}
	say(p.changes())
}

// changes says how much is changed, and by when.
func (p *page) changes() string {
	var first time.Time
	total, done := 0, 0
	for _, a := range p.Actions {
		switch a.State {
		case "won't do", "withdrawn":
			continue
		case "done":
			done++
		default:
			if d, err := time.Parse(time.DateOnly, a.Due); err == nil && (first.IsZero() || d.Before(first)) {
				first = d
			}
		}
		total++
	}
	switch {
	case total == 0 && p.NoChange != "":
		return "nothing is changed"
	case total == 0:
		return "no change has been decided"
	case total == 1 && done == 1:
		return "one change followed and is done"
	case done == total:
		return count(total, "", "changes") + " followed and are done"
	}
	words := count(total, "change follows", "changes follow")
	switch {
	case first.IsZero():
	case total == 1:
		words += ", due on "
	case done == 0:
		words += ", the first due on "
	default:
		words += ", the next due on "
	}
	if !first.IsZero() {
		words += first.Format("2 January 2006")
	}
	if done > 0 {
		words += "; " + count(done, "is", "are") + " done"
	}
	return words
}

func (p *page) metrics() []Block {
	if len(p.Moments) == 0 {
		return nil
	}
	table := Table{Columns: []Column{{"", true}, {"Took", false}, {"From", false}, {"Until", false}}}
	for _, m := range p.Metrics() {
		took := "not known"
		switch {
		case m.Known():
			took = Duration(m.Took)
			if m.Took < time.Minute/2 {
				took = "under a minute"
			}
		case m.OutOfOrder:
			took = "not clear: the second comes before the first"
		}
		table.Rows = append(table.Rows, Row{Cells: []Text{
			plain(capital(string(m.Name))), plain(took), plain(p.end(m.From)), plain(p.end(m.Until)),
		}})
	}
	return []Block{table}
}

// end is one of the two moments of a metric.
func (p *page) end(m Moment) string {
	switch {
	case m.Unknown:
		return string(m.Name) + ": not known"
	case m.missing():
		return string(m.Name) + ": nobody said"
	}
	at := string(m.Name) + " " + p.date(m.Time) + " " + zoneName(m.Time.In(p.loc))
	if m.Entry != "" {
		at += " (" + inRow(m.Entry) + ")"
	}
	return at
}

func (p *page) detection() []Block {
	body := said(p.Detection)
	noticed := p.moment(Noticed)
	if len(body) == 0 || noticed.missing() {
		return body
	}
	lead := "It was noticed at " + noticed.Time.In(p.loc).Format("15:04")
	if p.days {
		lead += noticed.Time.In(p.loc).Format(" on 2 January")
	}
	if noticed.Entry != "" {
		lead += " (" + oneLine(noticed.Entry) + ")"
	}
	switch m := p.Metrics()[0]; {
	case m.Known() && m.Took < time.Minute:
		lead += ", as soon as it began"
	case m.Known():
		lead += ", " + Duration(m.Took) + " after it began"
	case m.From.missing():
		lead += "; how long it had been going on by then is not known"
	}
	if only, ok := body[0].(Paragraph); ok && len(points(p.Detection)) == 1 {
		body[0] = Paragraph{append(plain(lead+". "), only.Text...)}
		return body
	}
	return append([]Block{Paragraph{plain(lead + ".")}}, body...)
}

func (p *page) causes() []Block {
	blocks := runIn("What set it off", []Note{{Text: p.Trigger}})
	if len(p.Causes) > 0 && p.hasTree() && p.deep() {
		blocks = append(blocks, Paragraph{plain("Under each point stands what made it possible.")})
	}
	for _, root := range append([]Root{""}, Roots...) {
		causes := p.causesOf(root)
		if len(causes) == 0 {
			continue
		}
		if root != "" {
			blocks = append(blocks, Subheading(rootWords[root]))
		}
		blocks = append(blocks, p.tree(causes))
	}
	if p.hasTree() {
		blocks = append(blocks, p.whys())
	}
	return blocks
}

// maxWhys is how many causes a picture has room for.
const maxWhys = mermaidEdges

func (p *page) whys() Whys {
	n := 0
	var grow func(causes []Cause) []Why
	grow = func(causes []Cause) []Why {
		var whys []Why
		for _, c := range causes {
			if n++; n > maxWhys {
				return nil
			}
			whys = append(whys, Why{Text: dots(cut(oneLine(c.Text), mermaidLabel)), Accepted: c.Accepted != "", Whys: grow(c.Causes)})
		}
		return whys
	}
	var w Whys
	for _, root := range append([]Root{""}, Roots...) {
		question := rootWords[root]
		if root == "" {
			question = dots(cut(oneLine(p.Title), mermaidLabel))
		}
		if whys := grow(p.causesOf(root)); len(whys) > 0 {
			w.Branches = append(w.Branches, Branch{question, whys})
		}
	}
	if n > maxWhys {
		return Whys{}
	}
	return w
}

// deep reports whether any cause has causes.
func (p *page) deep() bool {
	return slices.ContainsFunc(p.Causes, func(c Cause) bool { return len(c.Causes) > 0 })
}

func (p *page) tree(causes []Cause) List {
	var list List
	for _, c := range causes {
		text := dots(oneLine(phrase(c.Text)))
		var shown []string
		for _, id := range c.Events {
			if words := p.event(id); words != "" {
				shown = append(shown, words)
			}
		}
		if len(shown) > 0 {
			text += " (" + strings.Join(shown, "; ") + ")"
		}
		item := Item{Text: plain(text), Items: p.tree(c.Causes)}
		if c.Accepted != "" {
			item.Text = Text{{Text: text + " – "}, {"accepted, see below", Emphasis}}
		}
		list = append(list, item)
	}
	return list
}

// each calls f for every cause, those that are explained before those that explain them.
func each(causes []Cause, above []Cause, f func(c Cause, above []Cause)) {
	for _, c := range causes {
		f(c, above)
		each(c.Causes, append(above[:len(above):len(above)], c), f)
	}
}

// Unanswered are the causes at which nothing is done: those at the end of a line of whys in which no cause is answered by
// an action or accepted. To break a line anywhere is enough. In a review that asks for no tree there are none: nobody was
// asked which change answers what.
func (r Record) Unanswered() []Cause {
	answered := map[string]bool{}
	for _, a := range r.Actions {
		for _, id := range a.Causes {
			answered[id] = true
		}
	}
	done := func(c Cause) bool { return c.Accepted != "" || answered[c.ID] }
	var open []Cause
	each(r.Causes, nil, func(c Cause, above []Cause) {
		root := c.Root
		if len(above) > 0 {
			root = above[0].Root
		}
		if c.ID != "" && rootWords[root] != "" && len(c.Causes) == 0 && !done(c) && !slices.ContainsFunc(above, done) {
			open = append(open, c)
		}
	})
	return open
}

func (p *page) actions() []Block {
	if len(p.Actions) == 0 {
		return runIn("Nothing is changed", []Note{{Text: p.NoChange}})
	}
	blocks := []Block{p.actionTable()}
	if rest := runIn("Beyond that nothing is changed", []Note{{Text: p.NoChange}}); len(rest) > 0 {
		return append(blocks, rest...)
	}
	var open List
	for _, c := range p.Unanswered() {
		open = append(open, Item{Text: plain(dots(oneLine(phrase(c.Text))))})
	}
	switch len(open) {
	case 0:
		return blocks
	case 1:
		return append(blocks, Paragraph{plain("No change answers this cause yet:")}, open)
	}
	return append(blocks, Paragraph{plain("No change answers these causes yet:")}, open)
}

func (p *page) actionTable() Table {
	texts := map[string]string{}
	each(p.Causes, nil, func(c Cause, _ []Cause) {
		if c.ID != "" {
			texts[c.ID] = c.Text
		}
	})
	type column struct {
		Column
		cell func(a Action) string
	}
	all := []column{
		{Column{"", true}, func(a Action) string { return inRow(a.ID) }},
		{Column{"What", false}, func(a Action) string { return inRow(capital(a.Text)) }},
		{Column{"Owner", false}, func(a Action) string { return inRow(a.Owner) }},
		{Column{"Due", false}, func(a Action) string { return inRow(dueWords(a.Due)) }},
		{Column{"Priority", true}, func(a Action) string { return inRow(a.Priority) }},
		{Column{"Kind", true}, func(a Action) string { return inRow(a.Kind) }},
		{Column{"Done when", false}, func(a Action) string { return inRow(a.Test) }},
		{Column{"Because", false}, func(a Action) string {
			var because []string
			for _, id := range a.Causes {
				if text := texts[id]; text != "" {
					because = append(because, inRow(cut(text, 100)))
				}
			}
			return strings.Join(because, "; ")
		}},
		{Column{"State", false}, func(a Action) string {
			if a.Reason != "" {
				return inRow(a.State + ": " + a.Reason)
			}
			return inRow(a.State)
		}},
	}
	// A column is left out where it has nothing to say.
	columns := slices.DeleteFunc(all, func(c column) bool {
		return c.Head != "What" && !slices.ContainsFunc(p.Actions, func(a Action) bool { return c.cell(a) != "" })
	})
	var table Table
	for _, c := range columns {
		table.Columns = append(table.Columns, c.Column)
	}
	for _, a := range p.Actions {
		var row Row
		for _, c := range columns {
			text := c.cell(a)
			if text == "" && c.Head == "Owner" {
				text = "nobody yet"
			}
			row.Cells = append(row.Cells, plain(text))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func dueWords(due string) string {
	d, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return due
	}
	return d.Format("Mon 2 Jan 2006")
}

func (p *page) accepted() []Block {
	var list List
	each(p.Causes, nil, func(c Cause, _ []Cause) {
		if c.Accepted != "" {
			list = append(list, Item{Text: Text{
				{dots(oneLine(strings.TrimRight(phrase(c.Text), ".: "))) + ".", Strong}, {Text: " " + oneLine(sentence(c.Accepted))},
			}})
		}
	})
	return blocksOf(list)
}

// blocksOf is a list as the only block of a section; an empty one is none.
func blocksOf(list List) []Block {
	if len(list) == 0 {
		return nil
	}
	return []Block{list}
}

func (p *page) lessons() []Block {
	parts, only := 0, false
	var blocks []Block
	for _, of := range []struct {
		words string
		notes []Note
	}{
		{"What helped", p.Helped},
		{"What got in the way", p.Hindered},
		{"Where we were lucky", p.Lucky},
		{"What surprised us", p.Surprises},
		{"What else we take from it", p.Lessons},
	} {
		if b := runIn(of.words, of.notes); len(b) > 0 {
			parts++
			only = len(p.Lessons) > 0
			blocks = append(blocks, b...)
		}
	}
	if parts == 1 && only {
		return said(p.Lessons)
	}
	return blocks
}

func (p *page) keyMoments() []Block {
	var list List
	for _, row := range p.rows {
		switch {
		case row.bare:
			list = append(list, Item{Text: plain(p.clock(row.Time) + " " + momentWords[row.moments[0]])})
		case row.key():
			list = append(list, Item{Text: plain(p.clock(row.Time) + " " + oneLine(row.Text) + p.label(row, " (", ")"))})
		}
	}
	return blocksOf(list)
}

// momentWords are a moment as an event of its own.
var momentWords = map[MomentName]string{
	Began: "It began", Noticed: "It was noticed", Acked: "It was acknowledged", Eased: "It eased", Over: "It was over",
}

func (p *page) timeline() []Block {
	var blocks []Block
	if p.told() {
		blocks = said(p.Notes)
	}
	if len(p.rows) == 0 {
		return blocks
	}
	utc := isUTC(p.loc)
	table := Table{Rows: make([]Row, 0, len(p.rows)+1)}
	if !utc {
		table.Columns = append(table.Columns, Column{inRow(p.Zone), true})
	}
	table.Columns = append(table.Columns, Column{"UTC", true}, Column{"What", false}, Column{"Who", false}, Column{"", false})
	course := Course{Zone: p.loc, Points: make([]Point, 0, len(p.rows))}
	var day time.Time
	for _, row := range p.rows {
		course.Points = append(course.Points, Point{Time: row.Time, Key: row.key(), Moments: row.moments})
		local := row.Time.In(p.loc)
		if !sameDay(day, local) {
			table.Rows = append(table.Rows, Row{Day: local.Format("Mon 2 Jan 2006")})
			day = local
		}
		cells := make([]Text, 0, len(table.Columns))
		cells = append(cells, plain(local.Format("15:04")))
		if !utc {
			cells = append(cells, plain(utcClock(local)))
		}
		cells = append(cells, row.words(), plain(inRow(row.Who)), plain(p.label(row, "", "")))
		table.Rows = append(table.Rows, Row{Key: row.key(), Cells: cells})
	}
	return append(blocks, course, table)
}

// words are what a row says; what decided the outcome is bold.
func (r row) words() Text {
	if r.bare {
		return Text{{momentWords[r.moments[0]], Emphasis}}
	}
	var words Text
	if text := inRow(r.Text); text != "" {
		words = Text{{Text: text}}
		if r.key() {
			words[0].Style = Strong
		}
	}
	if len(r.Files) > 0 {
		files := inRow("(" + strings.Join(r.Files, ", ") + ")")
		if len(words) > 0 {
			files = " " + files
		}
		words = append(words, Span{Text: files})
	}
	return words
}

// label is how the report refers to a row, and what the row shows: "E-17, began".
func (p *page) label(r row, before, after string) string {
	var parts []string
	switch {
	case r.ID != "":
		parts = append(parts, inRow(r.ID))
	case r.How == Told:
		parts = append(parts, "told")
	}
	if !r.bare {
		for _, name := range r.moments {
			parts = append(parts, string(name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return before + strings.Join(parts, ", ") + after
}

func isUTC(loc *time.Location) bool { return loc.String() == "UTC" || loc.String() == "Etc/UTC" }

// utcClock is the time of the day in UTC, which may be on another day.
func utcClock(local time.Time) string {
	utc := local.UTC()
	if sameDay(utc, local) {
		return utc.Format("15:04")
	}
	return utc.Format("2 Jan 15:04")
}

// made says where the report comes from.
func (p *page) made() []Block {
	sentences := []string{}
	say := func(s string) { sentences = append(sentences, s) }
	if s := p.sources(); s != "" {
		say(s)
	}
	if s := p.reviewers(); s != "" {
		say(s)
	}
	for _, a := range p.Approved {
		say("Approved by " + oneLine(a.Who) + " on " + a.At.In(p.loc).Format("2 January 2006") + ".")
	}
	if p.PublishedBy != "" && p.PublishedBy != p.Facilitator {
		say("Published by " + oneLine(p.PublishedBy) + ".")
	}
	if p.Summary == "" && len(p.rows) > 0 {
		say("The summary was drafted from the rest of the report.")
	}
	if p.Roles {
		say("People are called by their roles.")
	}
	if s := unanswered(p.untold); s != "" {
		say(s)
	}
	if len(sentences) == 0 {
		return nil
	}
	return []Block{Paragraph{plain(strings.Join(sentences, " "))}}
}

// sources says how the timeline came together.
func (p *page) sources() string {
	n := map[How]int{}
	for _, e := range p.Timeline {
		n[e.How]++
	}
	total, ways := len(p.Timeline), []string{}
	for _, w := range []struct {
		how  How
		verb string
	}{{Pinned, "pinned in the chat"}, {ByHand, "added by hand"}, {Told, "told in the review"}} {
		switch of := n[w.how]; {
		case of == 0:
		case of == total && total == 1:
			return "The one entry of the timeline was " + w.verb + "."
		case of == total && total == 2:
			return "Both entries of the timeline were " + w.verb + "."
		case of == total:
			return fmt.Sprintf("All %s of the timeline were %s.", count(total, "entry", "entries"), w.verb)
		default:
			ways = append(ways, count(of, "was", "were")+" "+w.verb)
		}
	}
	if total == 0 {
		return "Nothing was pinned to the timeline."
	}
	return fmt.Sprintf("Of the %s of the timeline, %s.", count(total, "entry", "entries"), list(ways))
}

// reviewers says who led the review and who took part.
func (p *page) reviewers() string {
	var others []string
	for _, name := range p.People {
		if name != p.Facilitator {
			others = append(others, oneLine(name))
		}
	}
	switch {
	case p.Facilitator == "" && len(others) == 0:
		return ""
	case p.Facilitator == "":
		return "Those who took part in the review: " + list(others) + "."
	case len(others) == 0:
		return "The review was done by " + oneLine(p.Facilitator) + " alone."
	}
	return "The review was led by " + oneLine(p.Facilitator) + "; " + list(others) + " took part."
}

package postmortem

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Markdown is the report as a CommonMark document with tables. What people said is escaped: it formats and links
// nothing.
func (r Record) Markdown() string {
	p := r.page()
	fmt.Fprintf(&p.b, "# %s\n\n%s\n", dots(flow(r.ID+" "+r.Title)), p.byline())
	p.section(SectionSummary, p.summary())
	p.section(SectionImpact, said(r.Impact))
	p.section(SectionMetrics, p.metrics())
	p.section(SectionDetection, p.detection())
	p.section(SectionRootCauses, p.causes())
	p.section(SectionActionItems, p.actions())
	p.section(SectionAccepted, p.accepted())
	p.section(SectionResponse, said(r.Response))
	p.section(SectionLessons, p.lessons())
	p.section(SectionKeyMoments, p.keyMoments())
	p.section(SectionTimeline, p.timeline())
	p.section(SectionIdeas, said(r.Ideas))
	p.section(SectionMade, p.made())
	return p.b.String()
}

// page is a report that is being written.
type page struct {
	Record
	b       strings.Builder
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

// section prints a section if it has something to say, and otherwise which question about it was not answered.
func (p *page) section(heading Section, body string) {
	if body == "" {
		var of []Skip
		p.untold = slices.DeleteFunc(slices.Clone(p.untold), func(s Skip) bool {
			if s.Section == heading {
				of = append(of, s)
			}
			return s.Section == heading
		})
		body = unanswered(of)
	}
	if body != "" {
		p.b.WriteString("\n## " + string(heading) + "\n\n" + strings.TrimRight(body, "\n") + "\n")
	}
}

// unanswered says that questions were not answered, in one sentence.
func unanswered(skipped []Skip) string {
	var questions []string
	for _, s := range skipped {
		words := flow(s.Question)
		if words == "" {
			continue
		}
		words = "“" + words + "”"
		if why := flow(strings.TrimRight(strings.TrimSpace(s.Why), ".")); why != "" {
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
		parts = append(parts, "led by "+flow(p.Facilitator))
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
		return p.clock(at) + ", " + flow(id)
	}
	return flow(id)
}

func (p *page) summary() string {
	var b strings.Builder
	if p.Summary != "" {
		b.WriteString(paragraphs(p.Summary))
	} else {
		b.WriteString(p.draft() + "\n")
	}
	// Where nobody was asked for the impact, what was said without a time is the story.
	if words := said(p.Notes); words != "" && !p.told() {
		b.WriteString("\n" + words)
	}
	return b.String()
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
	say := func(s string) { sentences = append(sentences, escape(sentence(s))) }
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
			words += " (“" + flow(eased.Text) + "”)"
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

func (p *page) metrics() string {
	if len(p.Moments) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| | Took | From | Until |\n|---|---|---|---|\n")
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
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", capital(string(m.Name)), took, p.end(m.From), p.end(m.Until))
	}
	return b.String()
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
		at += " (" + cell(m.Entry) + ")"
	}
	return at
}

func (p *page) detection() string {
	body := said(p.Detection)
	noticed := p.moment(Noticed)
	if body == "" || noticed.missing() {
		return body
	}
	lead := "It was noticed at " + noticed.Time.In(p.loc).Format("15:04")
	if p.days {
		lead += noticed.Time.In(p.loc).Format(" on 2 January")
	}
	if noticed.Entry != "" {
		lead += " (" + flow(noticed.Entry) + ")"
	}
	switch m := p.Metrics()[0]; {
	case m.Known() && m.Took < time.Minute:
		lead += ", as soon as it began"
	case m.Known():
		lead += ", " + Duration(m.Took) + " after it began"
	case m.From.missing():
		lead += "; how long it had been going on by then is not known"
	}
	if len(points(p.Detection)) == 1 {
		return lead + ". " + body
	}
	return lead + ".\n\n" + body
}

func (p *page) causes() string {
	var b strings.Builder
	if p.Trigger != "" {
		b.WriteString(runIn("What set it off", []Note{{Text: p.Trigger}}))
	}
	if len(p.Causes) > 0 && p.hasTree() && p.deep() {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString("Under each point stands what made it possible.\n")
	}
	for _, root := range append([]Root{""}, Roots...) {
		causes := p.causesOf(root)
		if len(causes) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		if root != "" {
			b.WriteString("### " + rootWords[root] + "\n\n")
		}
		p.tree(&b, causes, "")
	}
	if diagram := p.Mermaid(); diagram != "" {
		b.WriteString("\n```mermaid\n" + diagram + "```\n")
	}
	return b.String()
}

// deep reports whether any cause has causes.
func (p *page) deep() bool {
	return slices.ContainsFunc(p.Causes, func(c Cause) bool { return len(c.Causes) > 0 })
}

func (p *page) tree(b *strings.Builder, causes []Cause, indent string) {
	for _, c := range causes {
		b.WriteString(indent + "- " + dots(flow(phrase(c.Text))))
		var shown []string
		for _, id := range c.Events {
			if words := p.event(id); words != "" {
				shown = append(shown, words)
			}
		}
		if len(shown) > 0 {
			b.WriteString(" (" + strings.Join(shown, "; ") + ")")
		}
		if c.Accepted != "" {
			b.WriteString(" – *accepted, see below*")
		}
		b.WriteString("\n")
		p.tree(b, c.Causes, indent+"  ")
	}
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

// column is one of a table: left out where it has nothing to say.
type column struct {
	head string
	cell func(a Action) string
}

func (p *page) actions() string {
	if len(p.Actions) == 0 {
		return runIn("Nothing is changed", []Note{{Text: p.NoChange}})
	}
	var b strings.Builder
	p.actionTable(&b)
	if rest := runIn("Beyond that nothing is changed", []Note{{Text: p.NoChange}}); rest != "" {
		return b.String() + "\n" + rest
	}
	open := p.Unanswered()
	switch len(open) {
	case 0:
		return b.String()
	case 1:
		b.WriteString("\nNo change answers this cause yet:\n\n")
	default:
		b.WriteString("\nNo change answers these causes yet:\n\n")
	}
	for _, c := range open {
		b.WriteString("- " + dots(flow(phrase(c.Text))) + "\n")
	}
	return b.String()
}

func (p *page) actionTable(b *strings.Builder) {
	texts := map[string]string{}
	each(p.Causes, nil, func(c Cause, _ []Cause) {
		if c.ID != "" {
			texts[c.ID] = c.Text
		}
	})
	all := []column{
		{"", func(a Action) string { return cell(a.ID) }},
		{"What", func(a Action) string { return cell(capital(a.Text)) }},
		{"Owner", func(a Action) string { return cell(a.Owner) }},
		{"Due", func(a Action) string { return cell(dueWords(a.Due)) }},
		{"Priority", func(a Action) string { return cell(a.Priority) }},
		{"Kind", func(a Action) string { return cell(a.Kind) }},
		{"Done when", func(a Action) string { return cell(a.Test) }},
		{"Because", func(a Action) string {
			var because []string
			for _, id := range a.Causes {
				if text := texts[id]; text != "" {
					because = append(because, cell(cut(text, 100)))
				}
			}
			return strings.Join(because, "; ")
		}},
		{"State", func(a Action) string {
			if a.Reason != "" {
				return cell(a.State + ": " + a.Reason)
			}
			return cell(a.State)
		}},
	}
	columns := slices.DeleteFunc(all, func(c column) bool {
		return c.head != "What" && !slices.ContainsFunc(p.Actions, func(a Action) bool { return c.cell(a) != "" })
	})
	b.WriteString("|")
	for _, c := range columns {
		b.WriteString(strings.TrimRight(" "+c.head, " ") + " |")
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, a := range p.Actions {
		b.WriteString("|")
		for _, c := range columns {
			text := c.cell(a)
			if text == "" && c.head == "Owner" {
				text = "nobody yet"
			}
			b.WriteString(" " + text + " |")
		}
		b.WriteString("\n")
	}
}

func dueWords(due string) string {
	d, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return due
	}
	return d.Format("Mon 2 Jan 2006")
}

func (p *page) accepted() string {
	var b strings.Builder
	each(p.Causes, nil, func(c Cause, _ []Cause) {
		if c.Accepted != "" {
			b.WriteString("- **" + dots(flow(strings.TrimRight(phrase(c.Text), ".: "))) + ".** " + flow(sentence(c.Accepted)) + "\n")
		}
	})
	return b.String()
}

func (p *page) lessons() string {
	var parts []string
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
		if s := runIn(of.words, of.notes); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 1 && len(p.Lessons) > 0 {
		return said(p.Lessons)
	}
	return strings.Join(parts, "\n")
}

func (p *page) keyMoments() string {
	var b strings.Builder
	for _, row := range p.rows {
		switch {
		case row.bare:
			b.WriteString("- " + p.clock(row.Time) + " " + momentWords[row.moments[0]] + "\n")
		case row.key():
			b.WriteString("- " + p.clock(row.Time) + " " + flow(row.Text) + p.label(row, " (", ")") + "\n")
		}
	}
	return b.String()
}

// momentWords are a moment as an event of its own.
var momentWords = map[MomentName]string{
	Began: "It began", Noticed: "It was noticed", Acked: "It was acknowledged", Eased: "It eased", Over: "It was over",
}

func (p *page) timeline() string {
	var b strings.Builder
	if words := said(p.Notes); words != "" && p.told() {
		b.WriteString(words + "\n")
	}
	if len(p.rows) == 0 {
		return b.String()
	}
	head, rule, blank := "| UTC |", "|---|", "| |"
	if !isUTC(p.loc) {
		head, rule, blank = "| "+cell(p.Zone)+" | UTC |", "|---|---|", "| | |"
	}
	fmt.Fprintf(&b, "%s What | Who | |\n%s---|---|---|\n", head, rule)
	var day time.Time
	for _, row := range p.rows {
		local := row.Time.In(p.loc)
		if !sameDay(day, local) {
			fmt.Fprintf(&b, "| **%s** %s | |\n", local.Format("Mon 2 Jan 2006"), blank)
			day = local
		}
		b.WriteString("| ")
		b.WriteString(clocks(local))
		b.WriteString(" | ")
		b.WriteString(row.words())
		b.WriteString(" | ")
		b.WriteString(cell(row.Who))
		b.WriteString(" | ")
		b.WriteString(p.label(row, "", ""))
		b.WriteString(" |\n")
	}
	return b.String()
}

// words are what a row says; what decided the outcome is bold.
func (r row) words() string {
	if r.bare {
		return "*" + momentWords[r.moments[0]] + "*"
	}
	text := cell(r.Text)
	if r.key() && text != "" {
		text = "**" + text + "**"
	}
	if len(r.Files) > 0 {
		text = strings.TrimSpace(text + " " + cell("("+strings.Join(r.Files, ", ")+")"))
	}
	return text
}

// label is how the report refers to a row, and what the row shows: "E-17, began".
func (p *page) label(r row, before, after string) string {
	var parts []string
	switch {
	case r.ID != "":
		parts = append(parts, cell(r.ID))
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

// clocks is the time of the day in the report's zone and in UTC, which may be on another day.
func clocks(local time.Time) string {
	if isUTC(local.Location()) {
		return local.Format("15:04")
	}
	utc := local.UTC()
	if sameDay(utc, local) {
		return local.Format("15:04") + " | " + utc.Format("15:04")
	}
	return local.Format("15:04") + " | " + utc.Format("2 Jan 15:04")
}

// made says where the report comes from.
func (p *page) made() string {
	sentences := []string{}
	say := func(s string) { sentences = append(sentences, s) }
	if s := p.sources(); s != "" {
		say(s)
	}
	if s := p.reviewers(); s != "" {
		say(s)
	}
	for _, a := range p.Approved {
		say("Approved by " + flow(a.Who) + " on " + a.At.In(p.loc).Format("2 January 2006") + ".")
	}
	if p.PublishedBy != "" && p.PublishedBy != p.Facilitator {
		say("Published by " + flow(p.PublishedBy) + ".")
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
	return strings.Join(sentences, " ")
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
			others = append(others, flow(name))
		}
	}
	switch {
	case p.Facilitator == "" && len(others) == 0:
		return ""
	case p.Facilitator == "":
		return "Those who took part in the review: " + list(others) + "."
	case len(others) == 0:
		return "The review was done by " + flow(p.Facilitator) + " alone."
	}
	return "The review was led by " + flow(p.Facilitator) + "; " + list(others) + " took part."
}

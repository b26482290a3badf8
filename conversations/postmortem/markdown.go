package postmortem

import (
	"fmt"
	"strings"
	"time"
)

// Markdown is the report as a CommonMark document with tables. What people said is escaped: it formats and links
// nothing.
func (r Record) Markdown() string {
	loc, err := time.LoadLocation(r.Zone)
	if err != nil {
		loc = time.UTC
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n%s\n", r.ID, escape(r.Title), r.byline(loc))
	b.WriteString("\n## Summary\n\n" + r.summary(loc) + "\n")
	for _, n := range r.Notes {
		b.WriteString("\n" + paragraph(n) + "\n")
	}
	r.timeline(&b, loc)
	r.causes(&b)
	r.actions(&b)
	b.WriteString("\n## How this was made\n\n" + r.made() + "\n")
	return b.String()
}

func (r Record) byline(loc *time.Location) string {
	parts := []string{}
	if from, until, ok := r.span(); ok {
		parts = append(parts, spanWords(from.In(loc), until.In(loc)))
	}
	if r.Facilitator != "" {
		parts = append(parts, "led by "+escape(r.Facilitator))
	}
	if r.Version > 0 {
		parts = append(parts, fmt.Sprintf("version %d, published %s", r.Version, r.Published.In(loc).Format("2 January 2006")))
	} else {
		parts = append(parts, "draft")
	}
	return strings.Join(parts, " · ")
}

// span is the time of the first and of the last entry.
func (r Record) span() (from, until time.Time, ok bool) {
	if len(r.Timeline) == 0 {
		return from, until, false
	}
	return r.Timeline[0].Time, r.Timeline[len(r.Timeline)-1].Time, true
}

func spanWords(from, until time.Time) string {
	zone := from.Format("MST")
	if z, _ := until.Zone(); z != zone && z != "" {
		zone += "/" + z
	}
	if until.Sub(from) < time.Minute {
		return from.Format("Monday 2 January 2006, 15:04 MST")
	}
	if sameDay(from, until) {
		return fmt.Sprintf("%s, %s–%s %s", from.Format("Monday 2 January 2006"), from.Format("15:04"), until.Format("15:04"), zone)
	}
	return fmt.Sprintf("%s – %s %s", from.Format("Monday 2 January 2006 15:04"), until.Format("Monday 2 January 2006 15:04"), zone)
}

func (r Record) summary(loc *time.Location) string {
	from, until, ok := r.span()
	when := ""
	if ok {
		when = " on " + from.In(loc).Format("2 January 2006")
		if d := until.Sub(from); d >= time.Minute {
			when += ", over " + Duration(d)
		}
	}
	return fmt.Sprintf("%s%s. The timeline has %s; %s named; %s.", strings.TrimRight(escape(r.Title), "."), when,
		count(len(r.Timeline), "event", "events"), was(count(len(r.Causes), "cause", "causes"), len(r.Causes)), changes(len(r.Actions)))
}

func was(words string, n int) string {
	if n == 1 {
		return words + " was"
	}
	return words + " were"
}

func changes(n int) string {
	switch n {
	case 0:
		return "nothing is to be changed"
	case 1:
		return "one change follows"
	}
	return count(n, "change", "changes") + " follow"
}

func (r Record) timeline(b *strings.Builder, loc *time.Location) {
	b.WriteString("\n## Timeline\n\n")
	if len(r.Timeline) == 0 {
		b.WriteString("Nothing was pinned or told.\n")
		return
	}
	head, rule, blank := "| UTC |", "|---|", "| |"
	if !isUTC(loc) {
		head, rule, blank = "| "+escape(r.Zone)+" | UTC |", "|---|---|", "| | |"
	}
	fmt.Fprintf(b, "%s What | Who | |\n%s---|---|---|\n", head, rule)
	var day time.Time
	for _, e := range r.Timeline {
		local := e.Time.In(loc)
		if !sameDay(day, local) {
			fmt.Fprintf(b, "| **%s** %s | |\n", local.Format("Mon 2 Jan 2006"), blank)
			day = local
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", clocks(local), cell(e.Text+filesOf(e)), cell(e.Who), e.ID)
	}
}

func isUTC(loc *time.Location) bool { return loc.String() == "UTC" }

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

func filesOf(e Entry) string {
	if len(e.Files) == 0 {
		return ""
	}
	return " (" + strings.Join(e.Files, ", ") + ")"
}

func (r Record) causes(b *strings.Builder) {
	b.WriteString("\n## Root cause analysis\n\n")
	if len(r.Causes) == 0 {
		b.WriteString("No cause was named.\n")
	}
	for _, c := range r.Causes {
		b.WriteString("- " + strings.ReplaceAll(escape(c.Text), "\n", "\n  ") + "\n")
	}
}

func (r Record) actions(b *strings.Builder) {
	b.WriteString("\n## Action items\n\n")
	if len(r.Actions) == 0 {
		b.WriteString("Nothing was decided to be changed.\n")
		return
	}
	b.WriteString("| | What | Owner | Due | Priority | State |\n|---|---|---|---|---|---|\n")
	for _, a := range r.Actions {
		state := a.State
		if a.Reason != "" {
			state += ": " + a.Reason
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", a.ID, cell(a.Text), cell(a.Owner), dueWords(a.Due), a.Priority, cell(state))
	}
}

func dueWords(due string) string {
	d, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return due
	}
	return d.Format("Mon 2 Jan 2006")
}

func (r Record) made() string {
	n := map[How]int{}
	for _, e := range r.Timeline {
		n[e.How]++
	}
	var parts []string
	for _, w := range []struct {
		how  How
		verb string
	}{{Pinned, "pinned by reaction"}, {ByHand, "added by hand"}, {Told, "told in the review"}} {
		if n[w.how] > 0 {
			parts = append(parts, was(plural(n[w.how], "entry"), n[w.how])+" "+w.verb)
		}
	}
	s := "Nothing is on the timeline."
	if len(parts) > 0 {
		s = "Of the timeline, " + list(parts) + "."
	}
	if len(r.People) > 0 {
		s += " It was reviewed by " + list(escapeAll(r.People)) + "."
	}
	return s
}

func list(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

func escapeAll(texts []string) []string {
	escaped := make([]string, len(texts))
	for i, t := range texts {
		escaped[i] = escape(t)
	}
	return escaped
}

func count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "one " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Duration says how long, in whole minutes, hours and days: a day is never lost.
func Duration(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	parts := []string{}
	if days := minutes / (24 * 60); days > 0 {
		parts = append(parts, plural(days, "day"))
	}
	if hours := minutes / 60 % 24; hours > 0 {
		parts = append(parts, plural(hours, "hour"))
	}
	if m := minutes % 60; m > 0 || len(parts) == 0 {
		parts = append(parts, plural(m, "minute"))
	}
	return strings.Join(parts, " ")
}

func plural(n int, unit string) string {
	switch {
	case n == 1:
		return "1 " + unit
	case strings.HasSuffix(unit, "y") && unit != "day":
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(unit, "y"))
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

func paragraph(n Note) string {
	if n.Who == "" {
		return escape(n.Text)
	}
	return escape(n.Text) + " (" + escape(n.Who) + ")"
}

// cell is a text as the content of one table cell.
func cell(s string) string {
	return strings.ReplaceAll(strings.TrimSpace(escape(s)), "\n", " / ")
}

var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `>`, `\>`, `|`, `\|`, `~`, `\~`, `#`, `\#`,
	`&`, `\&`, `!`, `\!`, `$`, `\$`,
)

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// escape makes a text inert in Markdown: it shows exactly what was typed, and links, formats and pings nothing. (A bare
// address stays one; whether it can be clicked is the reader's program's affair.) Line breaks stay; a line that would
// begin a list, a heading or a rule does not.
func escape(s string) string {
	lines := strings.Split(markup.Replace(Clean(s)), "\n")
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " \t")
		if trimmed == "" {
			lines[i] = ""
			continue
		}
		lines[i] = unlist(trimmed)
	}
	return strings.Join(lines, "\n")
}

// unlist escapes what would begin a list item, a rule or an underlined heading.
func unlist(line string) string {
	switch line[0] {
	case '-', '+', '=':
		return `\` + line
	}
	i := 0
	for i < len(line) && i < 9 && line[i] >= '0' && line[i] <= '9' {
		i++
	}
	if i > 0 && i < len(line) && (line[i] == '.' || line[i] == ')') && (i+1 == len(line) || line[i+1] == ' ') {
		return line[:i] + `\` + line[i:]
	}
	return line
}

// Clean takes out what changes how a text reads without being seen: direction overrides, zero-width characters other
// than the joiners that emoji and scripts need, tag characters and other controls.
func Clean(s string) string {
	s = newlines.Replace(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20 || (r >= 0x7F && r < 0xA0):
			return -1
		case r == 0x200B || r == 0x200E || r == 0x200F || r == 0x2060 || r == 0xFEFF || r == 0x00AD:
			return -1
		case (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069):
			return -1
		case r >= 0xE0000 && r <= 0xE007F:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

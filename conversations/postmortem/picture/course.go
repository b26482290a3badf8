package picture

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot/vg"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// The measures of the picture of the timeline.
const (
	courseWidth   = 680.
	courseEdge    = 10.
	flagHeight    = 15.
	bandHeight    = 9.
	dotStep       = 6.5 // the side of the square that an entry takes
	dotStack      = 5   // so many entries above each other are dots, more are bars
	barHeight     = dotStep * dotStack
	courseColumns = 102 // squares beside each other
)

// flag is a moment with its words.
type flag struct {
	at    time.Time
	name  postmortem.MomentName
	words string
	row   int
	x     float64 // where the words begin
}

// Course draws the timeline: when it was what above a band in the colours of the phases, below it the entries. However many
// entries there are, the picture has the same size: where they do not fit as dots they are bars.
func Course(c postmortem.Course) Picture {
	if len(c.Points) == 0 {
		return Picture{Title: "Course of the incident", draw: func(vg.Canvas) {}}
	}
	from, until := c.Points[0].Time, c.Points[len(c.Points)-1].Time
	whole := until.Sub(from)
	pad := whole / 40
	if whole < 2*time.Minute {
		pad = time.Minute
	}
	begin, span := from.Add(-pad), float64(whole+2*pad)
	x := func(t time.Time) float64 {
		return courseEdge + float64(t.Sub(begin))/span*(courseWidth-2*courseEdge)
	}

	strong, small := NewFace(9.5, Bold), NewFace(9, Regular)
	layout := clockLayout(from.In(c.Zone), until.In(c.Zone))
	flags := flagsOf(c, layout)
	rows := placeFlags(flags, strong, x)

	band := 6 + float64(rows)*flagHeight + 4
	dots := band + bandHeight + 5
	columns, most := stacks(c.Points, x)
	stack := float64(min(most, dotStack)) * dotStep
	axis := dots + stack + 5
	p := Picture{Title: "Course of the incident", Description: courseWords(c, flags, layout), Width: courseWidth, Height: axis + 18}

	p.draw = func(to vg.Canvas) {
		s := sketch{to, p.Height}
		s.fill(Rule, s.box(courseEdge, band, courseWidth-2*courseEdge, bandHeight, bandHeight/2))
		for _, ph := range phases(flags) {
			left, right := x(ph.from), x(ph.until)
			s.fill(ph.ink, s.box(left, band, math.Max(right-left, 1), bandHeight, 0))
		}
		for _, f := range flags {
			y := 6 + float64(f.row)*flagHeight
			s.line(Quiet, 0.75, x(f.at), y+2, x(f.at), band+bandHeight)
			s.fill(Surface, s.box(f.x-3, y-1, strong.Width(f.words)+6, flagHeight-2, 3))
			s.text(strong, Words, f.x, y+9, f.words)
		}
		for i, col := range columns {
			left := courseEdge + float64(i)*dotStep
			drawStack(s, left, dots, col, most)
		}
		s.line(Rule, 0.75, courseEdge, axis, courseWidth-courseEdge, axis)
		for _, t := range ticks(begin.In(c.Zone), begin.Add(time.Duration(span)).In(c.Zone)) {
			s.line(Rule, 0.75, x(t.at), axis, x(t.at), axis+4)
			w := small.Width(t.words)
			left := math.Min(math.Max(x(t.at)-w/2, 0), courseWidth-w)
			s.text(small, Quiet, left, axis+14, t.words)
		}
	}
	return p
}

// clockLayout shows the day only where a time of the day could be on more than one.
func clockLayout(from, until time.Time) string {
	switch {
	case until.Sub(from) < 18*time.Hour:
		return "15:04"
	case from.Year() != until.Year():
		return "2 Jan 2006 15:04"
	}
	return "2 Jan 15:04"
}

// flagsOf are the moments by time.
func flagsOf(c postmortem.Course, layout string) []flag {
	var flags []flag
	for _, p := range c.Points {
		for _, name := range p.Moments {
			flags = append(flags, flag{at: p.Time, name: name, words: string(name) + " " + p.Time.In(c.Zone).Format(layout)})
		}
	}
	return flags
}

// placeFlags puts the words of the moments into as few rows as they need so as not to cover each other, and says how many.
// Later ones hang lower, so that no stem crosses the words of another.
func placeFlags(flags []flag, f *Face, x func(time.Time) float64) int {
	var ends []float64 // of each row, from the band upwards
	for i := len(flags) - 1; i >= 0; i-- {
		w := f.Width(flags[i].words)
		left := math.Min(math.Max(x(flags[i].at)-6, 4), courseWidth-w-4)
		flags[i].x = left
		row := 0
		for row < len(ends) && left+w+10 > ends[row] {
			row++
		}
		if row == len(ends) {
			ends = append(ends, 0)
		}
		ends[row] = left
		flags[i].row = row
	}
	for i := range flags {
		flags[i].row = len(ends) - 1 - flags[i].row
	}
	return len(ends)
}

// phase is what it was like for a while.
type phase struct {
	from, until time.Time
	ink         Ink
}

// phases are how it felt: unseen, hurting, easing, as far as the moments that part them are known.
func phases(flags []flag) []phase {
	at := map[postmortem.MomentName]time.Time{}
	for _, f := range flags {
		at[f.name] = f.at
	}
	var all []phase
	add := func(from, until postmortem.MomentName, ink Ink) {
		a, began := at[from]
		b, ended := at[until]
		if began && ended && !b.Before(a) {
			all = append(all, phase{a, b, ink})
		}
	}
	end := postmortem.Eased
	if _, ok := at[end]; !ok {
		end = postmortem.Over
	}
	start := postmortem.Began
	if _, ok := at[start]; !ok {
		start = postmortem.Noticed
	}
	add(start, end, Hurting)
	add(postmortem.Began, postmortem.Noticed, Unseen)
	add(postmortem.Eased, postmortem.Over, Easing)
	return all
}

// column is how many entries of the timeline, and how many of those that decided the outcome, are at about one time.
type column struct{ all, key int }

func stacks(points []postmortem.Point, x func(time.Time) float64) (columns []column, most int) {
	columns = make([]column, courseColumns)
	for _, p := range points {
		i := min(max(int((x(p.Time)-courseEdge)/dotStep), 0), len(columns)-1)
		columns[i].all++
		if p.Key {
			columns[i].key++
		}
		most = max(most, columns[i].all)
	}
	return columns, most
}

func drawStack(s sketch, left, top float64, col column, most int) {
	if most <= dotStack {
		for i := range col.all {
			ink := Quiet
			if i < col.key {
				ink = Accent
			}
			s.dot(ink, left+dotStep/2, top+dotStep/2+float64(i)*dotStep, 2.4)
		}
		return
	}
	if col.all == 0 {
		return
	}
	high := func(n int) float64 { return math.Max(1.5, barHeight*float64(n)/float64(most)) }
	s.fill(Quiet, s.box(left+0.75, top, dotStep-1.5, high(col.all), 1))
	if col.key > 0 {
		s.fill(Accent, s.box(left+0.75, top, dotStep-1.5, math.Max(high(col.key), 4), 1))
	}
}

// tick is a time at the edge of the picture.
type tick struct {
	at    time.Time
	words string
}

var steps = []int{1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720} // minutes

// ticks are round times between two, as many as there is room for. Both are in the zone whose times are round.
func ticks(from, until time.Time) []tick {
	const most = 10 // of words like "2 Jan 2006"
	y, m, d := from.Date()
	minutes := int(math.Ceil(until.Sub(time.Date(y, m, d, 0, 0, 0, 0, from.Location())).Minutes()))
	for _, step := range steps {
		if int(until.Sub(from).Minutes())/step > most {
			continue
		}
		var all []tick
		for i := 0; i*step <= minutes+60; i++ {
			at := time.Date(y, m, d, 0, i*step, 0, 0, from.Location())
			if at.Before(from) || at.After(until) || len(all) > 0 && !at.After(all[len(all)-1].at) {
				continue
			}
			words := at.Format("15:04")
			if words == "00:00" {
				words = at.Format("2 Jan")
			}
			all = append(all, tick{at, words})
		}
		return all
	}
	days := int(until.Sub(from).Hours()/24)/most + 1
	layout := "2 Jan"
	if from.Year() != until.Year() {
		layout = "2 Jan 2006"
	}
	var all []tick
	for at := time.Date(y, m, d+1, 0, 0, 0, 0, from.Location()); !at.After(until); at = at.AddDate(0, 0, days) {
		all = append(all, tick{at, at.Format(layout)})
	}
	return all
}

// courseWords say what can be seen.
func courseWords(c postmortem.Course, flags []flag, layout string) string {
	zone := "UTC"
	if c.Zone != time.UTC {
		zone = c.Zone.String()
	}
	words := fmt.Sprintf("From %s to %s, %s", c.Points[0].Time.In(c.Zone).Format(layout), c.Points[len(c.Points)-1].Time.In(c.Zone).Format(layout), zone)
	if n := len(c.Points); n == 1 {
		words = fmt.Sprintf("One line of the timeline, at %s, %s", c.Points[0].Time.In(c.Zone).Format(layout), zone)
	} else {
		words += fmt.Sprintf(": %d lines of the timeline", n)
	}
	var moments []string
	for _, f := range slices.Clone(flags) {
		moments = append(moments, f.words)
	}
	if len(moments) > 0 {
		words += "; " + strings.Join(moments, ", ")
	}
	return words + ". The table below says it in words."
}

package pdf

import (
	"cmp"
	"slices"
	"strings"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/postmortem/picture"
)

const (
	gutter    = 9.   // between columns
	padding   = 3.   // above and below what a row says
	widest    = 320. // beyond that a column is as wide as it needs to be
	wholeWord = 78.  // a column is at least as wide as its longest word, up to this
)

// table prints a table, on as many pages as it needs, each with its head.
func (p *printer) table(t postmortem.Table, timeline bool) {
	widths := p.widths(t)
	kinds := make([]kind, len(t.Columns))
	for i, c := range t.Columns {
		kinds[i] = cell
		switch {
		case timeline && (c.Short && i > 0 || i == len(t.Columns)-1):
			kinds[i] = quietCell
		case i == 0 && c.Head == "":
			kinds[i] = firstCell
		}
	}
	p.head(t, widths)
	label := "" // of the day, for the next page
	for i, row := range t.Rows {
		if row.Day != "" {
			label = row.Day
			need := cell.leading + 2*padding + 6
			if i+1 < len(t.Rows) {
				need *= 2
			}
			if p.y+need > bottom {
				p.page()
				p.head(t, widths)
			}
			p.day(row.Day)
			continue
		}
		p.row(t, row, widths, kinds, label)
	}
}

func (p *printer) head(t postmortem.Table, widths []float64) {
	var cells [][][]fragment
	most := 0
	for i, c := range t.Columns {
		lines := p.lines(postmortem.Text{{Text: c.Head}}, head, widths[i])
		cells = append(cells, lines)
		most = max(most, len(lines))
	}
	height := float64(most)*head.leading + padding
	// A head alone at the end of a page is not worth having.
	if p.y > top && p.y+height+2*(cell.leading+2*padding) > bottom {
		p.page()
	}
	x := left
	for i, lines := range cells {
		y := p.y + float64(most-len(lines))*head.leading
		for j, l := range lines {
			p.line(l, head, x, y+float64(j)*head.leading+head.size)
		}
		x += widths[i] + gutter
	}
	p.y += height
	p.rule(0.8)
}

func (p *printer) day(words string) {
	p.y += 6
	p.text(postmortem.Text{{Text: words}}, day, left)
	p.y += 1
	p.rule(0.4)
}

func (p *printer) rule(width float64) {
	r, g, b := picture.Rule.RGB()
	p.pdf.SetDrawColor(int(r), int(g), int(b))
	p.pdf.SetLineWidth(width)
	p.pdf.Line(left, p.y, right, p.y)
}

// row prints a row. It goes on on the next page only if it is longer than one.
func (p *printer) row(t postmortem.Table, row postmortem.Row, widths []float64, kinds []kind, label string) {
	cells := make([][][]fragment, len(row.Cells))
	most := 1
	for i, text := range row.Cells {
		cells[i] = p.lines(text, kinds[i], widths[i])
		most = max(most, len(cells[i]))
	}
	next := func() {
		p.page()
		p.head(t, widths)
		if label != "" {
			p.day(label)
		}
	}
	height := float64(most)*cell.leading + 2*padding
	if p.y+height > bottom && height < bottom-top-80 {
		next()
	}
	p.y += padding
	for j := range most {
		if p.y+cell.leading > bottom {
			next()
			p.y += padding
		}
		x := left
		for i, lines := range cells {
			if j < len(lines) {
				p.line(lines[j], kinds[i], x, p.y+cell.size)
			}
			x += widths[i] + gutter
		}
		p.y += cell.leading
	}
	p.y += padding
	p.rule(0.4)
}

// widths shares the page among the columns: each has room for its longest word, the rest goes to those that have the most
// to say.
func (p *printer) widths(t postmortem.Table) []float64 {
	n := len(t.Columns)
	least, wished := make([]float64, n), make([]float64, n)
	for i, c := range t.Columns {
		face := p.face(head.style, head.size)
		least[i] = face.Width(c.Head)
		if !c.Short {
			for _, word := range strings.Fields(c.Head) {
				least[i] = min(least[i], face.Width(word))
			}
		}
		wished[i] = face.Width(c.Head)
	}
	for _, row := range t.Rows {
		for i, text := range row.Cells {
			whole := 0.
			for _, span := range text {
				face := p.face(styleOf(span.Style, cell), cell.size)
				if i == 0 {
					face = p.face(picture.Bold, cell.size)
				}
				whole += face.Width(span.Text)
				for word := range strings.FieldsSeq(span.Text) {
					if w := face.Width(word); w > least[i] {
						least[i] = max(least[i], min(w, wholeWord))
					}
				}
			}
			wished[i] = max(wished[i], min(whole, widest))
			if t.Columns[i].Short {
				least[i] = max(least[i], min(whole, wholeWord))
			}
		}
	}
	room := right - left - gutter*float64(n-1)
	sum := func(all []float64) (s float64) {
		for _, w := range all {
			s += w
		}
		return s
	}
	widths := slices.Clone(least)
	if total := sum(least); total > room {
		for i := range widths {
			widths[i] *= room / total
		}
		return widths
	}
	// Those that wish for less than their share have it, so that dates and names stand on one line; the others share what
	// is left.
	spare, wishing := room-sum(least), []int{}
	for i := range widths {
		if wished[i] > least[i] {
			wishing = append(wishing, i)
		}
	}
	slices.SortStableFunc(wishing, func(a, b int) int { return cmp.Compare(wished[a]-least[a], wished[b]-least[b]) })
	for n, i := range wishing {
		more := min(wished[i]-least[i], spare/float64(len(wishing)-n))
		widths[i] += more
		spare -= more
	}
	// What nobody wishes for is the widest's.
	if spare > 0 {
		widths[slices.Index(wished, slices.Max(wished))] += spare
	}
	return widths
}

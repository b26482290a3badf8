// Package pdf prints a report as a PDF on A4. It says what the Markdown says, word for word. The font is embedded; a sign that
// it lacks is shown as a box with the sign's number in it, and can still be found and copied. The same record gives the same
// file, to the byte: its dates are the record's.
package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/postmortem/picture"
)

// The page, in points.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
	left       = 56.
	right      = pageWidth - 56
	top        = 56.
	bottom     = pageHeight - 64
	footer     = pageHeight - 36
)

// kind is how a text looks.
type kind struct {
	size    float64
	leading float64
	style   picture.Style // of what does not stand out
	ink     picture.Ink
}

var (
	number     = kind{10, 14, picture.Bold, picture.Accent}
	title      = kind{21, 26, picture.Bold, picture.Words}
	byline     = kind{9.5, 14, picture.Regular, picture.Quiet}
	heading    = kind{13.5, 18, picture.Bold, picture.Words}
	subheading = kind{10, 14, picture.Bold, picture.Words}
	body       = kind{10, 14.5, picture.Regular, picture.Words}
	head       = kind{8, 11, picture.Regular, picture.Quiet}
	cell       = kind{8.5, 11.5, picture.Regular, picture.Words}
	quietCell  = kind{8.5, 11.5, picture.Regular, picture.Quiet}
	firstCell  = kind{8.5, 11.5, picture.Bold, picture.Words}
	day        = kind{8.5, 11.5, picture.Bold, picture.Quiet}
	foot       = kind{8, 11, picture.Regular, picture.Quiet}
)

// Print is the report of a record as a PDF.
func Print(rec postmortem.Record) ([]byte, error) {
	report := rec.Report()
	p := newPrinter(report, rec)
	p.page()
	p.text(postmortem.Text{{Text: report.ID}}, number, left)
	p.y += 2
	p.pdf.Bookmark(beside(name(report)), 0, p.y)
	p.text(postmortem.Text{{Text: report.Title}}, title, left)
	p.y += 4
	p.text(postmortem.Text{{Text: report.Byline}}, byline, left)
	for _, part := range report.Parts {
		p.part(part)
	}
	p.footers(name(report))
	var b bytes.Buffer
	if err := p.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("print the report as PDF: %w", err)
	}
	return b.Bytes(), nil
}

// name is what the report is called.
func name(r postmortem.Report) string { return strings.TrimSpace(r.ID + " " + r.Title) }

// beside is a text that stands beside the pages, where fpdf writes nothing beyond the first plane.
func beside(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return '�'
		}
		return r
	}, s)
}

// printer is a document that is being written.
type printer struct {
	pdf   *fpdf.Fpdf
	faces map[faceKey]*picture.Face
	y     float64 // how far the page is written
	boxes int     // how many missing glyphs were shown
	font  faceKey // what the page has selected
}

type faceKey struct {
	style picture.Style
	size  float64
}

// inPDF is what fpdf calls the styles.
var inPDF = [...]string{picture.Regular: "", picture.Bold: "B", picture.Italic: "I"}

func newPrinter(report postmortem.Report, rec postmortem.Record) *printer {
	doc := fpdf.New("P", "pt", "A4", "")
	for style, s := range inPDF {
		doc.AddUTF8FontFromBytes("Liberation", s, picture.Style(style).TTF())
	}
	doc.SetAutoPageBreak(false, 0)
	doc.SetMargins(left, top, pageWidth-right)
	doc.SetCellMargin(0)
	doc.SetCatalogSort(true)
	doc.SetLang("en")
	doc.SetTitle(beside(name(report)), true)
	doc.SetAuthor(beside(postmortem.Clean(rec.Facilitator)), true)
	doc.SetCreator("Debrief", true)
	doc.SetFont("Liberation", "", body.size) // so that bookmarks are taken for UTF-8
	at := written(rec)
	doc.SetCreationDate(at)
	doc.SetModificationDate(at)
	return &printer{pdf: doc, faces: map[faceKey]*picture.Face{}}
}

// written is when the document is from: when it was published, or else the end of the timeline. A document has to say
// something, and fpdf would say now.
func written(rec postmortem.Record) time.Time {
	at := rec.Published
	if at.IsZero() && len(rec.Timeline) > 0 {
		at = rec.Timeline[len(rec.Timeline)-1].Time
	}
	if at.IsZero() {
		at = time.Unix(0, 0)
	}
	return at.UTC()
}

func (p *printer) face(style picture.Style, size float64) *picture.Face {
	key := faceKey{style, size}
	f := p.faces[key]
	if f == nil {
		f = picture.NewFace(size, style)
		p.faces[key] = f
	}
	return f
}

// page begins a new page.
func (p *printer) page() {
	p.pdf.AddPage()
	p.y = top
	p.font = faceKey{}
}

// room begins a new page unless there is so much left of this one.
func (p *printer) room(height float64) {
	if p.y > top && p.y+height > bottom {
		p.page()
	}
}

// footers number the pages, when it is known how many there are.
func (p *printer) footers(name string) {
	pages := p.pdf.PageCount()
	face := p.face(foot.style, foot.size)
	for i := 1; i <= pages; i++ {
		p.pdf.SetPage(i)
		// What fpdf believes to be selected is selected on another page.
		p.font = faceKey{}
		p.pdf.SetFillColor(255, 255, 255)
		number := fmt.Sprintf("%d / %d", i, pages)
		width := face.Width(number)
		p.write(right-width, footer, foot.size, foot.style, foot.ink, number)
		if i > 1 {
			if lines := p.lines(postmortem.Text{{Text: name}}, foot, right-left-width-24); len(lines) > 0 {
				p.line(lines[0], foot, left, footer)
			}
		}
	}
}

func (p *printer) part(part postmortem.Part) {
	p.y += 20
	p.room(70)
	p.pdf.Bookmark(string(part.Heading), 1, p.y)
	p.text(postmortem.Text{{Text: string(part.Heading)}}, heading, left)
	p.y += 4
	for i, block := range part.Blocks {
		switch block := block.(type) {
		case postmortem.Paragraph:
			after := 5.
			if i+1 < len(part.Blocks) {
				if _, ok := part.Blocks[i+1].(postmortem.List); ok {
					p.room(float64(len(p.lines(block.Text, body, right-left))+2) * body.leading)
					after = 2
				}
			}
			p.text(block.Text, body, left)
			p.y += after
		case postmortem.Subheading:
			p.y += 4
			p.room(50)
			p.pdf.Bookmark(string(block), 2, p.y)
			p.text(postmortem.Text{{Text: string(block)}}, subheading, left)
			p.y += 2
		case postmortem.List:
			p.list(block, left)
			p.y += 5
		case postmortem.Table:
			p.table(block, part.Heading == postmortem.SectionTimeline)
			p.y += 10
		case postmortem.Whys:
			for _, pic := range picture.Whys(block) {
				p.picture(pic)
			}
		case postmortem.Course:
			p.picture(picture.Course(block))
		}
	}
}

func (p *printer) list(list postmortem.List, x float64) {
	for _, item := range list {
		p.room(body.leading)
		p.write(x+2, p.y+body.size, body.size, picture.Regular, picture.Quiet, "•")
		p.text(item.Text, body, x+14)
		p.y += 1.5
		// Very deep trees go on below each other rather than off the page.
		p.list(item.Items, min(x+14, right-160))
	}
}

// smallest is how much smaller than drawn a picture may get. What would get smaller is left out: the report says it in
// words.
const smallest = 0.3

func (p *printer) picture(pic picture.Picture) {
	scale := min((right-left)/pic.Width, (bottom-top-40)/pic.Height, 1)
	if pic.Width <= 0 || pic.Height <= 0 || scale < smallest {
		return
	}
	p.y += 4
	p.room(pic.Height * scale)
	pic.Print(&pen{p, p.y, scale})
	p.y += pic.Height*scale + 8
}

// pen draws on the page.
type pen struct {
	*printer
	top, scale float64
}

func (p *pen) Path(path []picture.Segment, ink picture.Ink, width float64, dashes []float64) {
	r, g, b := ink.RGB()
	how := "F"
	if width > 0 {
		how = "D"
		p.pdf.SetDrawColor(int(r), int(g), int(b))
		p.pdf.SetLineWidth(width * p.scale)
	} else {
		p.pdf.SetFillColor(int(r), int(g), int(b))
	}
	if len(dashes) > 0 {
		scaled := make([]float64, len(dashes))
		for i, d := range dashes {
			scaled[i] = d * p.scale
		}
		p.pdf.SetDashPattern(scaled, 0)
		defer p.pdf.SetDashPattern([]float64{}, 0)
	}
	at := func(q picture.Point) (x, y float64) { return left + q.X*p.scale, p.top + q.Y*p.scale }
	for _, s := range path {
		switch s.Kind {
		case picture.Move:
			p.pdf.MoveTo(at(s.Points[0]))
		case picture.Line:
			p.pdf.LineTo(at(s.Points[0]))
		case picture.Curve:
			x1, y1 := at(s.Points[0])
			x2, y2 := at(s.Points[1])
			x3, y3 := at(s.Points[2])
			p.pdf.CurveBezierCubicTo(x1, y1, x2, y2, x3, y3)
		case picture.Close:
			p.pdf.ClosePath()
		}
	}
	p.pdf.DrawPath(how)
}

func (p *pen) Text(x, y, size float64, bold bool, ink picture.Ink, text string) {
	style := picture.Regular
	if bold {
		style = picture.Bold
	}
	p.write(left+x*p.scale, p.top+y*p.scale, size*p.scale, style, ink, text)
}

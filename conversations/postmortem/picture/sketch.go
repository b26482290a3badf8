package picture

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// sketch draws shapes on a canvas, with its origin at the upper left as on a page.
type sketch struct {
	vg.Canvas
	height float64
}

func (s sketch) at(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(s.height - y)}
}

// box is a rectangle with corners of that radius, as a path.
func (s sketch) box(x, y, w, h, r float64) vg.Path {
	r = math.Min(r, math.Min(w, h)/2)
	var p vg.Path
	if r <= 0 {
		p.Move(s.at(x, y))
		p.Line(s.at(x+w, y))
		p.Line(s.at(x+w, y+h))
		p.Line(s.at(x, y+h))
		p.Close()
		return p
	}
	quarter := math.Pi / 2
	p.Arc(s.at(x+w-r, y+r), vg.Length(r), quarter, -quarter)
	p.Arc(s.at(x+w-r, y+h-r), vg.Length(r), 0, -quarter)
	p.Arc(s.at(x+r, y+h-r), vg.Length(r), -quarter, -quarter)
	p.Arc(s.at(x+r, y+r), vg.Length(r), 2*quarter, -quarter)
	p.Close()
	return p
}

func (s sketch) fill(ink Ink, p vg.Path) {
	s.SetColor(ink)
	s.Fill(p)
}

func (s sketch) stroke(ink Ink, width float64, p vg.Path, dashes ...vg.Length) {
	s.SetColor(ink)
	s.SetLineWidth(vg.Length(width))
	s.SetLineDash(dashes, 0)
	s.Stroke(p)
}

func (s sketch) dot(ink Ink, x, y, r float64) {
	var p vg.Path
	p.Arc(s.at(x, y), vg.Length(r), 0, 2*math.Pi)
	p.Close()
	s.fill(ink, p)
}

func (s sketch) line(ink Ink, width, x1, y1, x2, y2 float64) {
	var p vg.Path
	p.Move(s.at(x1, y1))
	p.Line(s.at(x2, y2))
	s.stroke(ink, width, p)
}

func (s sketch) text(f *Face, ink Ink, x, y float64, words string) {
	s.SetColor(ink)
	s.FillString(f.face, s.at(x, y), words)
}

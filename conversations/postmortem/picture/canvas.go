package picture

import (
	"image"
	"image/color"
	"math"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Pen prints what is drawn. Points lie on a page of which the upper left corner is (0, 0), in points of 1/72 inch.
type Pen interface {
	// Path strokes a line of that width, dashed or not, or, with a width of 0, fills an area.
	Path(path []Segment, ink Ink, width float64, dashes []float64)
	// Text writes on a base line that begins at that place.
	Text(x, y, size float64, bold bool, ink Ink, text string)
}

// Segment is a part of a path: it goes to the last of its points.
type Segment struct {
	Kind   Kind
	Points [3]Point // one of them for Move and Line, three for Curve, none for Close
}

// Point is a place.
type Point struct{ X, Y float64 }

// Kind is how a part of a path goes.
type Kind byte

// The kinds, by their letters in SVG.
const (
	Move  Kind = 'M'
	Line  Kind = 'L'
	Curve Kind = 'C'
	Close Kind = 'Z'
)

// canvas is a vg.Canvas that hands everything on to a pen.
type canvas struct {
	pen Pen
	state
	saved []state
}

// state is what Push keeps: the pen's, and the transformation as the six numbers of an affine matrix.
type state struct {
	m      [6]float64
	width  vg.Length
	dashes []vg.Length
	color  color.Color
}

// A vg.Canvas has its origin at the lower left, a page at the upper left.
func newCanvas(pen Pen, height float64) *canvas {
	return &canvas{pen: pen, state: state{m: [6]float64{1, 0, 0, -1, 0, height}}}
}

func (c *canvas) SetLineWidth(w vg.Length)                     { c.width = w }
func (c *canvas) SetLineDash(pattern []vg.Length, _ vg.Length) { c.dashes = pattern }
func (c *canvas) SetColor(k color.Color)                       { c.color = k }
func (c *canvas) Push()                                        { c.saved = append(c.saved, c.state) }

func (c *canvas) Pop() {
	c.state = c.saved[len(c.saved)-1]
	c.saved = c.saved[:len(c.saved)-1]
}

func (c *canvas) Translate(by vg.Point) {
	at := c.at(by)
	c.m[4], c.m[5] = at.X, at.Y
}

func (c *canvas) Scale(x, y float64) {
	c.m[0], c.m[1], c.m[2], c.m[3] = c.m[0]*x, c.m[1]*x, c.m[2]*y, c.m[3]*y
}

func (c *canvas) Rotate(angle float64) {
	sin, cos := math.Sincos(angle)
	m := c.m
	c.m[0], c.m[1] = m[0]*cos+m[2]*sin, m[1]*cos+m[3]*sin
	c.m[2], c.m[3] = m[2]*cos-m[0]*sin, m[3]*cos-m[1]*sin
}

func (c *canvas) at(p vg.Point) Point {
	x, y := float64(p.X), float64(p.Y)
	return Point{c.m[0]*x + c.m[2]*y + c.m[4], c.m[1]*x + c.m[3]*y + c.m[5]}
}

// scale is how much longer a line is on the page.
func (c *canvas) scale() float64 { return math.Sqrt(math.Abs(c.m[0]*c.m[3] - c.m[1]*c.m[2])) }

func (c *canvas) ink() Ink {
	if ink, ok := c.color.(Ink); ok {
		return ink
	}
	return Words
}

func (c *canvas) Stroke(p vg.Path) {
	if c.width <= 0 {
		return
	}
	var dashes []float64
	for _, d := range c.dashes {
		dashes = append(dashes, float64(d)*c.scale())
	}
	c.pen.Path(c.segments(p), c.ink(), float64(c.width)*c.scale(), dashes)
}

func (c *canvas) Fill(p vg.Path) { c.pen.Path(c.segments(p), c.ink(), 0, nil) }

func (c *canvas) segments(path vg.Path) []Segment {
	var all []Segment
	var last vg.Point
	to := func(kind Kind, points ...vg.Point) {
		s := Segment{Kind: kind}
		for i, p := range points {
			s.Points[i], last = c.at(p), p
		}
		all = append(all, s)
	}
	for _, p := range path {
		switch p.Type {
		case vg.MoveComp:
			to(Move, p.Pos)
		case vg.LineComp:
			to(Line, p.Pos)
		case vg.CurveComp:
			if q := p.Control[0]; len(p.Control) == 1 {
				// A quadratic curve as a cubic one.
				to(Curve, last.Add(q.Sub(last).Scale(2./3)), p.Pos.Add(q.Sub(p.Pos).Scale(2./3)), p.Pos)
			} else {
				to(Curve, q, p.Control[1], p.Pos)
			}
		case vg.ArcComp:
			c.arc(p, len(all) == 0, to)
		case vg.CloseComp:
			to(Close)
		}
	}
	return all
}

// arc draws an arc as curves of at most a quarter of a circle.
func (c *canvas) arc(p vg.PathComp, first bool, to func(Kind, ...vg.Point)) {
	on := func(angle, along float64) vg.Point {
		sin, cos := math.Sincos(angle)
		return p.Pos.Add(vg.Point{
			X: p.Radius * vg.Length(cos-along*sin),
			Y: p.Radius * vg.Length(sin+along*cos),
		})
	}
	kind := Line
	if first {
		kind = Move
	}
	to(kind, on(p.Start, 0))
	n := math.Max(1, math.Ceil(math.Abs(p.Angle)/(math.Pi/2)-1e-9))
	step := p.Angle / n
	k := 4. / 3 * math.Tan(step/4)
	for i := range int(n) {
		a := p.Start + float64(i)*step
		to(Curve, on(a, k), on(a+step, -k), on(a+step, 0))
	}
}

func (c *canvas) FillString(f font.Face, at vg.Point, text string) {
	if f.Font.Size <= 0 || text == "" {
		return
	}
	p := c.at(at)
	c.pen.Text(p.X, p.Y, float64(f.Font.Size)*c.scale(), f.Font.Weight == xfont.WeightBold, c.ink(), text)
}

// DrawImage is there because a vg.Canvas has it. No picture has an image in it.
func (c *canvas) DrawImage(vg.Rectangle, image.Image) {}

// Package picture draws the two pictures of a report, the course of the incident and the tree of its causes. Each is drawn
// once, on the canvas of gonum.org/v1/plot/vg, and printed with one of the pens: SVG here, a page of a PDF in package pdf.
// The pictures say nothing that the report does not say in words.
package picture

import (
	"image/color"

	"gonum.org/v1/plot/vg"
)

// Picture is a drawing, in points.
type Picture struct {
	Title       string // what it shows
	Description string // what can be seen on it, for those who do not see it
	Width       float64
	Height      float64
	draw        func(vg.Canvas)
}

// Print draws the picture with a pen.
func (p Picture) Print(pen Pen) {
	c := newCanvas(pen, p.Height)
	vg.Initialize(c)
	p.draw(c)
}

// Ink is a colour by its purpose, so that what prints the picture may choose others, as for dark screens.
type Ink int

// The inks.
const (
	Words   Ink = iota // words that count
	Quiet              // words beside
	Rule               // lines
	Surface            // what boxes are filled with
	Accent             // what decided the outcome
	Unseen             // the time in which nobody knew
	Hurting            // the time in which it hurt
	Easing             // the time in which it hurt less
)

// Inks are all of them.
var Inks = []Ink{Words, Quiet, Rule, Surface, Accent, Unseen, Hurting, Easing}

// light are the inks on white paper.
var light = map[Ink]color.RGBA{
	Words:   {0x1f, 0x29, 0x33, 0xff},
	Quiet:   {0x5b, 0x67, 0x73, 0xff},
	Rule:    {0xc3, 0xcb, 0xd4, 0xff},
	Surface: {0xf4, 0xf6, 0xf8, 0xff},
	Accent:  {0x1d, 0x5f, 0xa8, 0xff},
	Unseen:  {0xd9, 0x6c, 0x5f, 0xff},
	Hurting: {0xe9, 0xa8, 0x5c, 0xff},
	Easing:  {0xf0, 0xd4, 0x8a, 0xff},
}

// RGBA is the ink on white paper.
func (i Ink) RGBA() (r, g, b, a uint32) { return light[i].RGBA() }

// RGB is the ink on white paper, a byte each.
func (i Ink) RGB() (r, g, b uint8) {
	c := light[i]
	return c.R, c.G, c.B
}

// String names the ink.
func (i Ink) String() string {
	return [...]string{"words", "quiet", "rule", "surface", "accent", "unseen", "hurting", "easing"}[i]
}

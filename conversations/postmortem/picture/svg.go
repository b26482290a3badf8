package picture

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// SVG is the picture as an element of an HTML page, without colours: those are the page's, which styles the classes
// .fill-accent, .line-accent and so on, one of each for every ink. The id is one that nothing else on the page begins with.
func (p Picture) SVG(id string) string {
	s := &svg{}
	s.b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" aria-labelledby="` + id + `-title ` + id + `-desc" viewBox="0 0 `)
	s.numbers(p.Width, p.Height)
	s.b.WriteString(`" width="` + number(p.Width*pixels) + `" height="` + number(p.Height*pixels) + `">`)
	s.b.WriteString(`<title id="` + id + `-title">` + escaped(p.Title) + `</title><desc id="` + id + `-desc">` + escaped(p.Description) + `</desc>`)
	p.Print(s)
	s.b.WriteString("</svg>")
	return s.b.String()
}

// pixels is how many of a browser's pixels a point has.
const pixels = 96. / 72

// svg is a pen that writes SVG.
type svg struct{ b strings.Builder }

func (s *svg) Path(path []Segment, ink Ink, width float64, dashes []float64) {
	s.b.WriteString(`<path class="`)
	if width > 0 {
		s.b.WriteString("line-" + ink.String() + `" fill="none" stroke-width="` + number(width))
	} else {
		s.b.WriteString("fill-" + ink.String())
	}
	if len(dashes) > 0 {
		s.b.WriteString(`" stroke-dasharray="`)
		s.numbers(dashes...)
	}
	s.b.WriteString(`" d="`)
	for _, seg := range path {
		s.b.WriteByte(byte(seg.Kind))
		n := map[Kind]int{Move: 1, Line: 1, Curve: 3}[seg.Kind]
		for i, p := range seg.Points[:n] {
			if i > 0 {
				s.b.WriteByte(' ')
			}
			s.numbers(p.X, p.Y)
		}
	}
	s.b.WriteString(`"/>`)
}

func (s *svg) Text(x, y, size float64, bold bool, ink Ink, text string) {
	s.b.WriteString(`<text class="fill-` + ink.String() + `" x="` + number(x) + `" y="` + number(y) + `" font-size="` + number(size))
	if bold {
		s.b.WriteString(`" font-weight="bold`)
	}
	s.b.WriteString(`">` + escaped(text) + `</text>`)
}

func (s *svg) numbers(all ...float64) {
	for i, n := range all {
		if i > 0 {
			s.b.WriteByte(' ')
		}
		s.b.WriteString(number(n))
	}
}

// number has at most two places behind the point.
func number(f float64) string {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func escaped(s string) string {
	var b strings.Builder
	// A strings.Builder takes everything.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

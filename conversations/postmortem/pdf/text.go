package pdf

import (
	"fmt"
	"strings"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/postmortem/picture"
)

// fragment is a part of a line in one style.
type fragment struct {
	x     float64 // from the beginning of the line
	style picture.Style
	text  string
}

// styleOf is the style of a part of a text that is printed as a kind.
func styleOf(s postmortem.Style, k kind) picture.Style {
	switch s {
	case postmortem.Strong:
		return picture.Bold
	case postmortem.Emphasis:
		return picture.Italic
	}
	return k.style
}

// lines break a text into lines of that width. A word that is longer than a line is broken.
func (p *printer) lines(t postmortem.Text, k kind, width float64) [][]fragment {
	var all [][]fragment
	var now []fragment
	end, space := 0., false
	add := func(style picture.Style, face *picture.Face, word string, w float64) {
		n, gap, glue := len(now), 0., ""
		if space && n > 0 {
			gap, glue = face.Width(" "), " "
		}
		if n > 0 && now[n-1].style == style {
			now[n-1].text += glue + word
		} else {
			if n > 0 {
				now[n-1].text += glue
			}
			now = append(now, fragment{end + gap, style, word})
		}
		end += gap + w
		space = false
	}
	turn := func() {
		all = append(all, now)
		now, end, space = nil, 0, false
	}
	for _, span := range t {
		style := styleOf(span.Style, k)
		face := p.face(style, k.size)
		rest := span.Text
		for rest != "" {
			word := rest
			if i := strings.IndexAny(rest, " \t\n"); i == 0 {
				space, rest = len(now) > 0, rest[1:]
				continue
			} else if i > 0 {
				word = rest[:i]
			}
			rest = rest[len(word):]
			w, gap := face.Width(word), 0.
			if space {
				gap = face.Width(" ")
			}
			if end+gap+w > width && len(now) > 0 {
				turn()
			}
			for w > width {
				cut, part := 0, 0.
				for i, r := range word {
					rw := face.Width(string(r))
					if i > 0 && part+rw > width {
						break
					}
					part += rw
					cut = i + len(string(r))
				}
				add(style, face, word[:cut], part)
				word = word[cut:]
				w -= part
				if word != "" {
					turn()
				}
			}
			if word != "" {
				add(style, face, word, w)
			}
		}
	}
	if len(now) > 0 {
		all = append(all, now)
	}
	return all
}

// text prints a text from there to the right edge, on as many pages as it needs.
func (p *printer) text(t postmortem.Text, k kind, from float64) {
	for _, line := range p.lines(t, k, right-from) {
		p.room(k.leading)
		p.line(line, k, from, p.y+k.size)
		p.y += k.leading
	}
}

func (p *printer) line(line []fragment, k kind, x, baseline float64) {
	for _, f := range line {
		p.write(x+f.x, baseline, k.size, f.style, k.ink, f.text)
	}
}

// write puts a text on the page. What the font lacks is shown as a box.
func (p *printer) write(x, baseline, size float64, style picture.Style, ink picture.Ink, text string) {
	face := p.face(style, size)
	text = visual(text)
	if key := (faceKey{style, size}); p.font != key {
		p.pdf.SetFont("Liberation", inPDF[style], size)
		p.font = key
	}
	r, g, b := ink.RGB()
	p.pdf.SetTextColor(int(r), int(g), int(b))
	from := 0
	flush := func(to int) {
		if from < to {
			p.pdf.Text(x, baseline, text[from:to])
			x += face.Width(text[from:to])
		}
	}
	for i, r := range text {
		if face.Has(r) {
			continue
		}
		flush(i)
		from = i + len(string(r))
		if !picture.Invisible(r) {
			p.missing(x, baseline, size, ink, r)
			x += face.Width(string(r))
		}
	}
	flush(len(text))
}

// mostBoxes is for how many signs the numbers are drawn. A report in a script that the font lacks would be too heavy.
const mostBoxes = 20_000

// missing shows a sign that the font lacks: a box with its number in it, in digits of squares, so that they are not text.
// The sign itself is there as well, unseen, for those who search and copy.
func (p *printer) missing(x, baseline, size float64, ink picture.Ink, r rune) {
	digits, columns := fmt.Sprintf("%04X", r), 2
	if len(digits) > 4 {
		digits, columns = fmt.Sprintf("%06X", r), 3
	}
	u := size * picture.BoxUnit
	w, h := float64(4*columns+1)*u, 13*u
	y := baseline - 11*u
	red, green, blue := ink.RGB()
	p.pdf.SetDrawColor(int(red), int(green), int(blue))
	p.pdf.SetLineWidth(u * 0.6)
	p.pdf.Rect(x+u*0.3, y+u*0.3, w-u*0.6, h-u*0.6, "D")
	if p.boxes++; p.boxes <= mostBoxes {
		p.pdf.SetFillColor(int(red), int(green), int(blue))
		for i, d := range digits {
			dx, dy := x+float64(1+4*(i%columns))*u, y+float64(1+6*(i/columns))*u
			for row, bits := range squares[strings.IndexRune("0123456789ABCDEF", d)] {
				for from := 0; from < 3; from++ {
					n := 0
					for from+n < 3 && bits[from+n] == '#' {
						n++
					}
					if n > 0 {
						p.pdf.Rect(dx+float64(from)*u, dy+float64(row)*u, float64(n)*u, u, "F")
						from += n
					}
				}
			}
		}
	}
	if r > 0xFFFF {
		r = '�' // fpdf writes nothing beyond the first plane
	}
	p.pdf.SetTextRenderingMode(3)
	p.pdf.Text(x, baseline, string(r))
	p.pdf.SetTextRenderingMode(0)
}

// squares are the sixteen digits.
var squares = [16][5]string{
	{"###", "#.#", "#.#", "#.#", "###"},
	{".#.", "##.", ".#.", ".#.", "###"},
	{"###", "..#", "###", "#..", "###"},
	{"###", "..#", ".##", "..#", "###"},
	{"#.#", "#.#", "###", "..#", "..#"},
	{"###", "#..", "###", "..#", "###"},
	{"###", "#..", "###", "#.#", "###"},
	{"###", "..#", "..#", ".#.", ".#."},
	{"###", "#.#", "###", "#.#", "###"},
	{"###", "#.#", "###", "..#", "###"},
	{".#.", "#.#", "###", "#.#", "#.#"},
	{"##.", "#.#", "##.", "#.#", "##."},
	{".##", "#..", "#..", "#..", ".##"},
	{"##.", "#.#", "#.#", "#.#", "##."},
	{"###", "#..", "##.", "#..", "###"},
	{"###", "#..", "##.", "#..", "#.."},
}

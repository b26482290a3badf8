package picture

import (
	"bytes"
	"strings"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Style is a style of Liberation Sans, the font in which pictures are measured. Pens have it, or something as wide.
type Style int

// The styles.
const (
	Regular Style = iota
	Bold
	Italic
)

var files = [...][]byte{Regular: liberationsansregular.TTF, Bold: liberationsansbold.TTF, Italic: liberationsansitalic.TTF}

// TTF is the font's file, to be embedded.
func (s Style) TTF() []byte { return bytes.Clone(files[s]) }

// Face is the font in one size and style. It is not for use by several goroutines.
type Face struct {
	face   font.Face
	buffer sfnt.Buffer
	glyphs map[rune]glyph
}

type glyph struct {
	width float64 // in parts of the size
	has   bool
}

// NewFace is the font in a size and style.
func NewFace(size float64, style Style) *Face {
	parsed, err := opentype.Parse(files[style])
	if err != nil {
		panic("picture: the embedded font cannot be read: " + err.Error())
	}
	weight := xfont.WeightNormal
	if style == Bold {
		weight = xfont.WeightBold
	}
	return &Face{
		face: font.Face{
			Font: font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: vg.Length(size)},
			Face: parsed,
		},
		glyphs: map[rune]glyph{},
	}
}

// Size is the size of the face in points.
func (f *Face) Size() float64 { return float64(f.face.Font.Size) }

// Has reports whether the font can show a sign.
func (f *Face) Has(r rune) bool { return f.glyph(r).has }

// Invisible reports whether a sign is one that is never seen, such as what joins emoji.
func Invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}

func (f *Face) glyph(r rune) glyph {
	g, known := f.glyphs[r]
	if known {
		return g
	}
	em := f.face.Face.UnitsPerEm()
	i, err := f.face.Face.GlyphIndex(&f.buffer, r)
	switch {
	case err == nil && i != 0 && r <= 0xFFFF:
		g.has = true
		if advance, err := f.face.Face.GlyphAdvance(&f.buffer, i, fixed.I(int(em)), xfont.HintingNone); err == nil {
			g.width = float64(advance) / 64 / float64(em)
		}
	case Invisible(r):
	case r > 0xFFFF:
		g.width = 14 * BoxUnit
	default:
		g.width = 10 * BoxUnit
	}
	f.glyphs[r] = g
	return g
}

// BoxUnit is the side of the squares of which the sign for a missing glyph is made, in parts of the size: a box with the
// number of the sign in it, four digits in 9 squares beside each other, five or six in 13, and one more to the next sign.
const BoxUnit = 0.07

// Width is the width of a text in points.
func (f *Face) Width(s string) float64 {
	var w float64
	for _, r := range s {
		w += f.glyph(r).width
	}
	return w * f.Size()
}

// lines are a text in lines of that width. A word that is too long for one is broken.
func (f *Face) lines(s string, width float64) []string {
	var all []string
	now := ""
	for _, word := range strings.Fields(s) {
		next := strings.TrimPrefix(now+" "+word, " ")
		if f.Width(next) <= width {
			now = next
			continue
		}
		if now != "" {
			all = append(all, now)
		}
		now = ""
		for _, r := range word {
			if now != "" && f.Width(now+string(r)) > width {
				all = append(all, now)
				now = ""
			}
			now += string(r)
		}
	}
	if now != "" {
		all = append(all, now)
	}
	return all
}

package picture

import (
	"strings"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// face is a font in one size, and what measures it.
type face struct {
	font.Face
	buffer sfnt.Buffer
}

// faceOf is Liberation Sans, in which the text is measured. Pens have it, or something as wide.
func faceOf(size float64, bold bool) *face {
	body, weight := liberationsansregular.TTF, xfont.WeightNormal
	if bold {
		body, weight = liberationsansbold.TTF, xfont.WeightBold
	}
	parsed, err := opentype.Parse(body)
	if err != nil {
		panic("picture: the embedded font cannot be read: " + err.Error())
	}
	return &face{Face: font.Face{
		Font: font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: vg.Length(size)},
		Face: parsed,
	}}
}

// width is the width of a text. Signs that the font lacks are taken to be as wide as they are high.
func (f *face) width(s string) float64 {
	var units float64
	em := float64(f.Face.Face.UnitsPerEm())
	for _, r := range s {
		switch i, err := f.Face.Face.GlyphIndex(&f.buffer, r); {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		case err != nil || i == 0:
			units += em
		default:
			advance, err := f.Face.Face.GlyphAdvance(&f.buffer, i, fixed.I(int(f.Face.Face.UnitsPerEm())), xfont.HintingNone)
			if err == nil {
				units += float64(advance) / 64
			}
		}
	}
	return units / em * float64(f.Font.Size)
}

// lines are a text in lines of that width. A word that is too long for one is broken.
func (f *face) lines(s string, width float64) []string {
	var all []string
	now := ""
	for _, word := range strings.Fields(s) {
		next := strings.TrimPrefix(now+" "+word, " ")
		if f.width(next) <= width {
			now = next
			continue
		}
		if now != "" {
			all = append(all, now)
		}
		now = ""
		for _, r := range word {
			if now != "" && f.width(now+string(r)) > width {
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

package pdf

import (
	"slices"
	"testing"
)

func TestVisual(t *testing.T) {
	for in, want := range map[string]string{
		"left only (a) 12":                "left only (a) 12",
		"before שלום עולם after":          "before םלוע םולש after",
		"שלום 12:30 עולם":                 "םלוע 12:30 םולש",
		"שלום (עולם) טוב":                 "בוט (םלוע) םולש",
		"(שלום)":                          "(םולש)",
		"one אב two גד":                   "one בא two דג",
		"שָׁלוֹם":                         "םוֹלשָׁ",
		"E-1, שרת נפל.":                   "E-1, לפנ תרש.",
		"سقط الخادم":                      "مداخلا طقس",
		"\u05d0":                          "\u05d0",
		"\u0301\u05d0\u0301 end\u05d0":    "\u0301\u05d0\u0301 end\u05d0",
		"\u05d0\u05d1 https://x.example/": "\u05d1\u05d0 https://x.example/",
	} {
		if got := visual(in); got != want {
			t.Errorf("%q is seen as %q, want %q", in, got, want)
		}
	}
}

func FuzzVisual(f *testing.F) {
	f.Add("before שלום 12:30 (עולם) after")
	f.Fuzz(func(t *testing.T, s string) {
		a, b := []rune(s), []rune(visual(s))
		// A bracket may have become its mirror image, and nothing else may come or go.
		for _, all := range [][]rune{a, b} {
			for i, r := range all {
				if m, ok := mirrored[r]; ok {
					all[i] = min(r, m)
				}
			}
			slices.Sort(all)
		}
		if !slices.Equal(a, b) {
			t.Fatalf("%q is seen as %q", s, visual(s))
		}
	})
}

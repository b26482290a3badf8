package pdf

import (
	"slices"
	"strings"
	"unicode"
)

// leftwards are the scripts that are written from the right to the left.
var leftwards = []*unicode.RangeTable{unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko}

// visual is a line in the order in which it is seen from the left to the right, which is how fpdf writes. What stands between
// words of a script that runs to the left runs with them, but for numbers. Lines begin at the left, as the report does.
func visual(s string) string {
	if !strings.ContainsFunc(s, runsLeft) {
		return s
	}
	runes := []rune(s)
	for from := 0; from < len(runes); from++ {
		if !runsLeft(runes[from]) {
			continue
		}
		end := from + 1 // behind the last letter of the run
		for i := end; i < len(runes) && (runsLeft(runes[i]) || !unicode.IsLetter(runes[i])); i++ {
			if runsLeft(runes[i]) || unicode.Is(unicode.Mn, runes[i]) {
				end = i + 1
			}
		}
		copy(runes[from:], turned(runes[from:end]))
		from = end
	}
	return string(runes)
}

func runsLeft(r rune) bool { return unicode.IsLetter(r) && unicode.In(r, leftwards...) }

// turned is a run in the other direction: letters with the marks that belong to them, numbers as they are, brackets mirrored.
func turned(run []rune) []rune {
	var parts [][]rune
	for i := 0; i < len(run); {
		n := 1
		number := unicode.IsDigit(run[i])
		for i+n < len(run) && (unicode.Is(unicode.Mn, run[i+n]) ||
			number && (unicode.IsDigit(run[i+n]) || i+n+1 < len(run) && strings.ContainsRune(".,:/", run[i+n]) && unicode.IsDigit(run[i+n+1]))) {
			n++
		}
		part := slices.Clone(run[i : i+n])
		if m, ok := mirrored[part[0]]; ok {
			part[0] = m
		}
		parts = append(parts, part)
		i += n
	}
	slices.Reverse(parts)
	return slices.Concat(parts...)
}

var mirrored = map[rune]rune{'(': ')', ')': '(', '[': ']', ']': '[', '{': '}', '}': '{', '<': '>', '>': '<', '«': '»', '»': '«'}

package postmortem

import (
	"fmt"
	"strings"
	"unicode"
)

// Programs that draw Mermaid refuse what is larger (its defaults for maxEdges and maxTextSize).
const (
	mermaidEdges = 500
	mermaidSize  = 50_000
)

// mermaidLabel is the length of a label in runes beyond which a box cannot be read.
const mermaidLabel = 110

// rootWords are the questions that the three trees answer.
var rootWords = map[Root]string{
	WhyHappened: "Why it happened",
	WhyLate:     "Why it was noticed late",
	WhyLong:     "Why it took long",
}

// Mermaid is the tree of causes as a Mermaid flowchart, from the incident over the questions to what each cause is made
// possible by. It is empty where there is no tree, only a list, and where it would be larger than Mermaid draws.
func (r Record) Mermaid() string {
	if !r.hasTree() {
		return ""
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	fmt.Fprintf(&b, "  n0[[\"%s\"]]\n", mermaidText(r.Title))
	nodes := 0
	node := func(parent int, open, text, end string) int {
		nodes++
		fmt.Fprintf(&b, "  n%d --> n%d%s\"%s\"%s\n", parent, nodes, open, mermaidText(text), end)
		return nodes
	}
	var grow func(parent int, causes []Cause)
	grow = func(parent int, causes []Cause) {
		for _, c := range causes {
			if nodes > mermaidEdges {
				return
			}
			if c.Accepted != "" {
				// Rounded, so that it is told from the others without colour.
				grow(node(parent, "(", cut(c.Text, mermaidLabel)+", accepted", ")"), c.Causes)
				continue
			}
			grow(node(parent, "[", cut(c.Text, mermaidLabel), "]"), c.Causes)
		}
	}
	for _, root := range append([]Root{""}, Roots...) {
		causes := r.causesOf(root)
		switch {
		case len(causes) == 0:
		case root == "":
			grow(0, causes)
		default:
			grow(node(0, "([", rootWords[root], "])"), causes)
		}
	}
	if nodes > mermaidEdges || b.Len() > mermaidSize {
		return ""
	}
	return b.String()
}

// hasTree reports whether the causes are more than a list.
func (r Record) hasTree() bool {
	for _, c := range r.Causes {
		if rootWords[c.Root] != "" || len(c.Causes) > 0 {
			return true
		}
	}
	return false
}

// causesOf are the causes that answer to one root. To the empty one answer those with no root that we know.
func (r Record) causesOf(root Root) []Cause {
	var of []Cause
	for _, c := range r.Causes {
		known := c.Root
		if rootWords[known] == "" {
			known = ""
		}
		if known == root {
			of = append(of, c)
		}
	}
	return of
}

// mermaidText is a text as the inside of a quoted Mermaid label. Only letters, digits and spaces stand for themselves, and
// a few signs where they can mean nothing: everything else is written by its number. Mermaid reads comments and settings
// ("%%{…}%%"), Markdown ("1. "), HTML, icons ("fa:fa-x"), formulas ("$$"), links and line breaks ("\n") inside labels, each
// by rules of its own; a number is none of them.
func mermaidText(s string) string {
	runes := []rune(strings.Join(strings.Fields(Clean(s)), " "))
	if len(runes) == 0 {
		return "…"
	}
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return ' '
		}
		return runes[i]
	}
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
	var b strings.Builder
	for i, r := range runes {
		before, after := at(i-1), at(i+1)
		plain := r == ' ' || letter(r) || unicode.IsDigit(r)
		switch r {
		case ',':
			plain = true
		case '.':
			plain = (letter(before) && after == ' ') || (unicode.IsDigit(before) && unicode.IsDigit(after))
		case '-', '\'', '’':
			plain = (letter(before) || unicode.IsDigit(before)) && (letter(after) || unicode.IsDigit(after))
		}
		if plain {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}

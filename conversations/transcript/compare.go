package transcript

import (
	"fmt"
	"slices"
	"strings"
)

// Compare says where two runs of one transcript differ, nil when they do not. It looks at what the bot did and at the
// reports, block by block, and lets pass what a disorderly world may change: numbers (PM-4, E-17, A-3) that were given in
// one block may be given in another order, as long as each goes on naming the same; and a private answer may be lost.
func Compare(want, got *Transcript) error {
	a, b := want.blocks(), got.blocks()
	if len(a) != len(b) {
		return fmt.Errorf("not two runs of one transcript: %d and %d parts", len(a), len(b))
	}
	same := newNumbers()
	for i := range a {
		if same.block(a[i], b[i]) {
			continue
		}
		return &Error{
			File: want.File, Line: a[i].line,
			Msg: "after this line it came out differently (- as it should, + as it did):\n" +
				Diff(strings.Join(a[i].all(), ""), strings.Join(b[i].all(), "")),
		}
	}
	return nil
}

// block is what came out after one line or section.
type block struct {
	line   int
	lines  []string // of what must be there
	mayGo  []string // private answers, each whole
	report string
}

func (b block) all() []string { return append(append(slices.Clone(b.mayGo), b.lines...), b.report) }

// blocks cuts a transcript at everything that the runner does not write.
func (t *Transcript) blocks() []block {
	var all []block
	for _, n := range t.nodes {
		switch n.kind {
		case plain:
		case bot:
			if len(all) == 0 {
				continue
			}
			last := &all[len(all)-1]
			if isAnswer(n.text) {
				last.mayGo = append(last.mayGo, n.text)
			} else {
				last.lines = append(last.lines, strings.SplitAfter(strings.TrimSuffix(n.text, "\n"), "\n")...)
				last.lines[len(last.lines)-1] += "\n"
			}
		case report:
			all = append(all, block{line: n.line, report: n.text})
		default:
			all = append(all, block{line: n.line})
		}
	}
	return all
}

var answerLine = lazily(`^\s*(bot|chat) (asks \S+:|-> \S+ in )`)

func isAnswer(text string) bool { return answerLine().MatchString(text) }

// numbers is which number of ours stands for which of theirs.
type numbers struct {
	to, from map[string]string
}

func newNumbers() *numbers { return &numbers{map[string]string{}, map[string]string{}} }

// aNumber is a number that people see (PM-4, E-17, A-3, w2), and the name of an input of the form that asks for what
// lines still lack. What stands between backticks is an example of what can be typed: the numbers there are no numbers.
const aNumber = `\b(?:PM|A|E)-\d+\b|\bw\d+\b|\b(?:owner|due) \d+\b`

var (
	numberWord = lazily(aNumber)
	exampleOr  = lazily("`[^`\n]*`|" + aNumber)
)

// numbered lists the numbers in a text, and returns it without them.
func numbered(text string) (numbers []string, rest string) {
	rest = exampleOr().ReplaceAllStringFunc(text, func(w string) string {
		if w[0] == '`' {
			return w
		}
		numbers = append(numbers, w)
		return "#"
	})
	return numbers, rest
}

// mine rewrites the numbers in a text of theirs.
func (n *numbers) mine(text string) string {
	if n == nil {
		return text
	}
	return numberWord().ReplaceAllStringFunc(text, func(w string) string {
		if to, ok := n.to[w]; ok {
			return to
		}
		return w
	})
}

// block compares a block and learns the numbers that were given in it.
func (n *numbers) block(want, got block) bool {
	if !n.lines(want.lines, got.lines) || !n.lines(strings.SplitAfter(want.report, "\n"), strings.SplitAfter(got.report, "\n")) {
		return false
	}
	left := slices.Clone(want.mayGo)
	for _, g := range got.mayGo {
		i := slices.IndexFunc(left, func(w string) bool { return n.pair(w, g) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// learn takes from two versions of a block which numbers are the same, as far as that can be told.
func (n *numbers) learn(want, got []string) {
	t := &Transcript{nodes: []node{{kind: act}}}
	u := &Transcript{nodes: []node{{kind: act}}}
	for _, text := range want {
		t.nodes = append(t.nodes, node{kind: bot, text: text})
	}
	for _, text := range got {
		u.nodes = append(u.nodes, node{kind: bot, text: text})
	}
	n.block(t.blocks()[0], u.blocks()[0])
}

// lines compares line by line; where new numbers were given, their order may have changed that of the lines.
func (n *numbers) lines(want, got []string) bool {
	if len(want) != len(got) {
		return false
	}
	before := n.copy()
	if n.inOrder(want, got) {
		return true
	}
	*n = *before
	steps := 10000
	if n.allKnown(want) {
		return false
	}
	if before.anyOrder(want, slices.Clone(got), &steps) {
		*n = *before
		return true
	}
	return false
}

// allKnown reports whether no new number is given in these lines.
func (n *numbers) allKnown(lines []string) bool {
	numbers, _ := numbered(strings.Join(lines, ""))
	for _, w := range numbers {
		if n.to[w] == "" {
			return false
		}
	}
	return true
}

func (n *numbers) inOrder(want, got []string) bool {
	for i := range want {
		if !n.pair(want[i], got[i]) {
			return false
		}
	}
	return true
}

// anyOrder looks for a line of got for each of want, taking back what leads nowhere.
func (n *numbers) anyOrder(want, got []string, steps *int) bool {
	if len(want) == 0 {
		return true
	}
	tried := map[string]bool{}
	for i, g := range got {
		if *steps--; *steps < 0 {
			return false
		}
		if tried[g] {
			continue
		}
		tried[g] = true
		next := n.copy()
		if !next.pair(want[0], g) {
			continue
		}
		rest := append(slices.Clone(got[:i]), got[i+1:]...)
		if next.anyOrder(want[1:], rest, steps) {
			*n = *next
			return true
		}
	}
	return false
}

// pair reports whether two texts are the same but for numbers, and remembers which stands for which.
func (n *numbers) pair(want, got string) bool {
	w, wantRest := numbered(want)
	g, gotRest := numbered(got)
	if len(w) != len(g) || wantRest != gotRest {
		return false
	}
	next := n.copy()
	for i := range w {
		to, known := next.to[w[i]]
		from, used := next.from[g[i]]
		switch {
		case series(w[i]) != series(g[i]), known && to != g[i], used && from != w[i]:
			return false
		}
		next.to[w[i]], next.from[g[i]] = g[i], w[i]
	}
	*n = *next
	return true
}

func series(number string) string { return strings.TrimRight(number, "0123456789") }

func (n *numbers) copy() *numbers {
	c := newNumbers()
	for w, g := range n.to {
		c.to[w] = g
	}
	for g, w := range n.from {
		c.from[g] = w
	}
	return c
}

package picture

import (
	"math"

	"gonum.org/v1/plot/vg"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// The measures of the picture of the causes.
const (
	whysWidth   = 680. // it is wider only where many causes stand behind one another
	whysRoot    = 92.
	whysGap     = 26.
	whysBox     = 138. // at least
	whysWidest  = 250.
	whysLine    = 12.5
	whysPadding = 6.
	whysBetween = 8.
)

// node is a box of the tree with its place.
type node struct {
	lines      []string
	accepted   bool
	root       bool
	x, y, w, h float64
	below      float64 // the height of all that hangs on it
	nodes      []*node
}

// Whys draws the trees of causes, one picture for each question: the question at the left, right of it its causes, and right
// of each what made it possible. A cause that is accepted is rounded and dashed, and says so.
func Whys(w postmortem.Whys) []Picture {
	deepest := 0
	for _, b := range w.Branches {
		deepest = max(deepest, depth(b.Whys))
	}
	var all []Picture
	for _, b := range w.Branches {
		all = append(all, branch(b, deepest))
	}
	return all
}

func depth(whys []postmortem.Why) int {
	d := 0
	for _, w := range whys {
		d = max(d, 1+depth(w.Whys))
	}
	return d
}

func branch(b postmortem.Branch, deepest int) Picture {
	strong, small := NewFace(9.5, Bold), NewFace(9.5, Regular)
	room := (whysWidth-whysRoot)/float64(deepest) - whysGap
	box := math.Min(math.Max(room, whysBox), whysWidest)
	root := &node{
		lines: strong.lines(b.Question, whysRoot-2*whysPadding-4), root: true,
		x: 1, w: whysRoot, nodes: nodesOf(b.Whys, small, 1+whysRoot+whysGap, box),
	}
	root.measure()
	root.place(1)
	p := Picture{
		Title:  b.Question,
		Width:  math.Max(whysWidth, whysRoot+float64(deepest)*(box+whysGap)+2),
		Height: root.below + 2,
	}
	p.Description = "The question is at the left, right of it are its causes, and right of each is what made it possible. The list says it in words."
	p.draw = func(to vg.Canvas) {
		root.draw(sketch{to, p.Height}, strong, small)
	}
	return p
}

func nodesOf(whys []postmortem.Why, f *Face, x, box float64) []*node {
	var all []*node
	for _, w := range whys {
		text := w.Text
		if w.Accepted {
			text += ", accepted"
		}
		// Readers of an SVG may have a font that is a little wider.
		all = append(all, &node{
			lines: f.lines(text, (box-2*whysPadding)*0.97), accepted: w.Accepted, x: x, w: box,
			nodes: nodesOf(w.Whys, f, x+box+whysGap, box),
		})
	}
	return all
}

func (n *node) measure() {
	n.h = float64(len(n.lines))*whysLine + 2*whysPadding - 1
	n.below = n.h
	if len(n.nodes) == 0 {
		return
	}
	n.below = math.Max(n.h, n.children())
}

// children is the height of all nodes below this one, measured on the way.
func (n *node) children() float64 {
	sum := -whysBetween
	for _, c := range n.nodes {
		c.measure()
		sum += c.below + whysBetween
	}
	return sum
}

// place puts a node into the middle of the height it has, and what hangs on it below one another.
func (n *node) place(top float64) {
	n.y = top + (n.below-n.h)/2
	sum := -whysBetween
	for _, c := range n.nodes {
		sum += c.below + whysBetween
	}
	y := top + (n.below-sum)/2
	for _, c := range n.nodes {
		c.place(y)
		y += c.below + whysBetween
	}
}

func (n *node) draw(s sketch, strong, small *Face) {
	for _, c := range n.nodes {
		var p vg.Path
		x1, y1, x2, y2 := n.x+n.w, n.y+n.h/2, c.x, c.y+c.h/2
		p.Move(s.at(x1, y1))
		p.CubeTo(s.at((x1+x2)/2, y1), s.at((x1+x2)/2, y2), s.at(x2, y2))
		s.stroke(Rule, 1, p)
		c.draw(s, strong, small)
	}
	f, ink, radius := small, Words, 4.
	switch {
	case n.root:
		f, ink, radius = strong, Surface, 12
		s.fill(Accent, s.box(n.x, n.y, n.w, n.h, radius))
	case n.accepted:
		radius = 12
		s.fill(Surface, s.box(n.x, n.y, n.w, n.h, radius))
		s.stroke(Quiet, 0.75, s.box(n.x, n.y, n.w, n.h, radius), 3, 2)
	default:
		s.fill(Surface, s.box(n.x, n.y, n.w, n.h, radius))
		s.stroke(Rule, 0.75, s.box(n.x, n.y, n.w, n.h, radius))
	}
	for i, l := range n.lines {
		x := n.x + whysPadding
		if n.root {
			x = n.x + (n.w-f.Width(l))/2
		}
		s.text(f, ink, x, n.y+whysPadding+float64(i)*whysLine+9, l)
	}
}

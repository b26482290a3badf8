package picture

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/vg"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// written is a pen that remembers.
type written struct {
	texts  []string
	points []Point
	paths  int
}

func (w *written) Path(path []Segment, _ Ink, _ float64, _ []float64) {
	w.paths++
	for _, s := range path {
		n := map[Kind]int{Move: 1, Line: 1, Curve: 3}[s.Kind]
		w.points = append(w.points, s.Points[:n]...)
	}
}

func (w *written) Text(x, y, _ float64, _ bool, _ Ink, text string) {
	w.texts = append(w.texts, text)
	w.points = append(w.points, Point{x, y})
}

// inside checks that everything is on the picture.
func inside(t *testing.T, p Picture) *written {
	t.Helper()
	var w written
	p.Print(&w)
	for _, at := range w.points {
		if at.X < -0.01 || at.Y < -0.01 || at.X > p.Width+0.01 || at.Y > p.Height+0.01 || math.IsNaN(at.X+at.Y) {
			t.Fatalf("%v is off a picture of %v × %v", at, p.Width, p.Height)
		}
	}
	return &w
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func course(zone *time.Location, minutes ...int) postmortem.Course {
	c := postmortem.Course{Zone: zone}
	for _, m := range minutes {
		c.Points = append(c.Points, postmortem.Point{Time: noon.Add(time.Duration(m) * time.Minute)})
	}
	return c
}

func TestCourseShowsMomentsAndTimes(t *testing.T) {
	c := course(time.UTC, 0, 12, 17, 50, 81)
	for i, name := range postmortem.MomentNames {
		c.Points[i].Moments = []postmortem.MomentName{name}
	}
	p := Course(c)
	got := strings.Join(inside(t, p).texts, "|")
	for _, want := range []string{"began 12:00", "noticed 12:12", "acknowledged 12:17", "eased 12:50", "over 13:21", "|12:30|", "|13:00|"} {
		if !strings.Contains("|"+got+"|", want) {
			t.Errorf("%q is not on the picture: %s", want, got)
		}
	}
	want := "From 12:00 to 13:21, UTC: 5 lines of the timeline; began 12:00, noticed 12:12, acknowledged 12:17, eased 12:50, over 13:21. The table below says it in words."
	if p.Description != want {
		t.Errorf("it is described as %q", p.Description)
	}
}

// The words of moments never cover each other, however close they are.
func TestMomentsDoNotCoverEachOther(t *testing.T) {
	for _, minutes := range [][]int{{0, 0, 0, 0, 0}, {0, 1, 2, 3, 1000}, {0, 997, 998, 999, 1000}, {0, 250, 500, 750, 1000}} {
		c := course(time.UTC, minutes...)
		for i, name := range postmortem.MomentNames {
			c.Points[i].Moments = []postmortem.MomentName{name}
		}
		inside(t, Course(c))
		face := NewFace(9.5, Bold)
		flags := flagsOf(c, "15:04")
		span := float64(max(minutes[4], 1))
		placeFlags(flags, face, func(at time.Time) float64 { return 20 + at.Sub(noon).Minutes()/span*640 })
		for i, a := range flags {
			for _, b := range flags[:i] {
				if a.row == b.row && a.x < b.x+face.Width(b.words) && b.x < a.x+face.Width(a.words) {
					t.Errorf("%v: %q covers %q", minutes, a.words, b.words)
				}
			}
		}
	}
}

// From a minute to years, in zones that change their clocks: there are some times at the edge, round ones, and not too many.
func TestTicks(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range []int{0, 1, 3, 29, 61, 300, 1000, 1440, 5000, 20_000, 200_000, 3_000_000} {
			p := Course(course(zone, 0, span))
			inside(t, p)
			from := noon.In(zone)
			got := ticks(from, from.Add(time.Duration(span)*time.Minute))
			if len(got) > 13 {
				t.Errorf("%s, %d minutes: %d times", name, span, len(got))
			}
			for i, k := range got {
				if i > 0 && !k.at.After(got[i-1].at) {
					t.Errorf("%s, %d minutes: %v comes behind %v", name, span, k.at, got[i-1].at)
				}
			}
			if span > 3 && len(got) == 0 {
				t.Errorf("%s, %d minutes: no time at all", name, span)
			}
		}
	}
}

// However long a timeline is, its picture stays small.
func TestCourseOfManyEntries(t *testing.T) {
	var minutes []int
	for i := range 10_000 {
		minutes = append(minutes, i*3)
	}
	p := Course(course(time.UTC, minutes...))
	if w := inside(t, p); w.paths > 300 || p.Height > 120 {
		t.Errorf("10,000 entries are %d shapes on a picture %v high", w.paths, p.Height)
	}
}

func TestWhysShowEveryCause(t *testing.T) {
	deep := postmortem.Why{Text: "deepest"}
	for i := range 12 {
		deep = postmortem.Why{Text: fmt.Sprintf("cause %d", i), Whys: []postmortem.Why{deep, {Text: "beside", Accepted: true}}}
	}
	pictures := Whys(postmortem.Whys{Branches: []postmortem.Branch{
		{Question: "Why it happened", Whys: []postmortem.Why{deep}},
		{Question: "Why it took long", Whys: []postmortem.Why{{Text: strings.Repeat("long ", 22)}, {Text: strings.Repeat("x", 110)}}},
	}})
	if len(pictures) != 2 {
		t.Fatalf("two questions make %d pictures", len(pictures))
	}
	got := strings.Join(inside(t, pictures[0]).texts, " ")
	for _, want := range []string{"deepest", "cause 0", "cause 11", "beside, accepted", "Why it"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not on the picture: %s", want, got)
		}
	}
	got = strings.Join(inside(t, pictures[1]).texts, "")
	if strings.Count(got, "x") != 110 || strings.Count(got, "long") != 23 {
		t.Errorf("something of the causes is lost: %s", got)
	}
	if Whys(postmortem.Whys{}) != nil {
		t.Error("no causes are a picture")
	}
}

func TestSVGIsInert(t *testing.T) {
	said := `</text><script>alert(1)</script>" onload="x & ]]> <!--`
	p := Whys(postmortem.Whys{Branches: []postmortem.Branch{{Question: said, Whys: []postmortem.Why{{Text: said}}}}})[0]
	var texts []string
	d := xml.NewDecoder(strings.NewReader(p.SVG("one")))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !strings.Contains(" svg title desc path text ", " "+token.Name.Local+" ") {
				t.Errorf("there is a <%s>", token.Name.Local)
			}
		case xml.CharData:
			texts = append(texts, string(token))
		case xml.Comment:
			t.Error("there is a comment")
		}
	}
	bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if got := bare(strings.Join(texts, "")); strings.Count(got, bare(said)) != 3 { // its title, its root and its cause
		t.Errorf("what was said is not there three times: %s", got)
	}
}

// The canvas is one like any other: it moves, turns and scales what is drawn on it, and Pop takes that back.
func TestCanvas(t *testing.T) {
	var w written
	c := newCanvas(&w, 100)
	vg.Initialize(c)
	draw := func() {
		var p vg.Path
		p.Move(vg.Point{X: 10, Y: 0})
		p.Line(vg.Point{X: 10, Y: 10})
		c.Stroke(p)
	}
	c.Push()
	c.Translate(vg.Point{X: 50, Y: 20})
	c.Rotate(math.Pi / 2)
	c.Scale(2, 1)
	draw()
	c.Pop()
	draw()
	want := []Point{{50, 60}, {40, 60}, {10, 100}, {10, 90}}
	for i, p := range w.points {
		if math.Abs(p.X-want[i].X)+math.Abs(p.Y-want[i].Y) > 1e-9 {
			t.Errorf("point %d is at %v, want %v", i, p, want[i])
		}
	}
	w.points = nil
	var p vg.Path
	p.Arc(vg.Point{X: 50, Y: 50}, 10, 0, 2*math.Pi)
	c.Fill(p)
	for i, at := range w.points {
		if d := math.Hypot(at.X-50, at.Y-50); i%3 == 0 && math.Abs(d-10) > 1e-9 {
			t.Errorf("point %d of a circle is %v from its middle", i, d)
		}
	}
}

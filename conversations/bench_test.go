package conversations_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// What one step, one rendering and one report cost, at the sizes that are allowed at most:
//
//	go test ./conversations -run '^$' -bench . -benchtime 0.5s

const benchWorkspace = "slack/T1"

var (
	benchStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	benchRoot  = conversations.Place{Workspace: benchWorkspace, Channel: "C1"}
	benchCard  = conversations.MessageRef{Workspace: benchWorkspace, Channel: "C1", ID: "card"}
	benchHere  = conversations.Place{Workspace: benchWorkspace, Channel: "C1", Thread: "card"}
)

// meeting is one subject and the facts its steps are given. Each act is stepped like the bot does it.
type meeting struct {
	subject conversations.Subject
	facts   conversations.Facts
	acts    int
}

func newMeeting(id string) *meeting {
	return &meeting{
		subject: conversations.Subject{ID: benchWorkspace + id},
		facts: conversations.Facts{
			Now: benchStart, Zone: time.UTC, Number: 4,
			People: map[string]conversations.Person{
				"ana": {ID: "ana", Name: "Ana", Zone: "Europe/Berlin", Active: true},
				"kim": {ID: "kim", Name: "Kim", Zone: "America/New_York", Active: true},
			},
			Sees: map[conversations.Sees]bool{{Who: "ana", Where: benchHere.Root()}: true, {Who: "kim", Where: benchHere.Root()}: true},
		},
	}
}

// step makes e the next act, a second after the one before.
func (m *meeting) step(e conversations.Event) (conversations.Subject, []conversations.Effect) {
	m.acts++
	e.Key = fmt.Sprintf("%s/act/%d", benchWorkspace, m.acts)
	if e.At.IsZero() {
		e.At = benchStart.Add(time.Duration(m.acts) * time.Second)
	}
	if e.Where.Workspace == "" {
		e.Where = benchHere
	}
	_ = conversations.StepNeeds(m.subject, e, m.facts)
	next, effects := conversations.Step(m.subject, e, m.facts)
	next.Rev++
	return next, effects
}

func (m *meeting) take(e conversations.Event) { m.subject, _ = m.step(e) }

func (m *meeting) reply(i int, text string) conversations.Event {
	return conversations.Event{
		Kind: conversations.Said, Who: []string{"ana", "kim"}[i%2], Text: text,
		Message: conversations.MessageRef{Workspace: benchWorkspace, Channel: "C1", ID: fmt.Sprintf("1700000000.%06d", i)},
	}
}

// newReview is a review that was asked its first so many questions and has heard n replies to each but the last.
func newReview(questions, n int, words func(question, i int) string) *meeting {
	m := newMeeting("/review/cmd/1")
	m.take(conversations.Event{Kind: conversations.Commanded, Who: "ana", Where: benchRoot, Text: "start Checkout errors"})
	m.take(conversations.Event{Kind: conversations.Clicked, Who: "ana", Where: benchRoot, Verb: "over"})
	m.take(conversations.Event{Kind: conversations.Sent, Slot: "card", Result: conversations.Result{Message: benchCard, Thread: benchHere, At: benchStart}})
	for q := 1; q <= questions; q++ {
		m.take(conversations.Event{Kind: conversations.Sent, Slot: fmt.Sprint("question ", q), Result: conversations.Result{
			Message: conversations.MessageRef{Workspace: benchWorkspace, Channel: "C1", ID: fmt.Sprint("question", q)},
			At:      benchStart.Add(time.Duration(m.acts) * time.Second),
		}})
		if q == questions && q > 1 {
			break
		}
		for i := range n {
			m.take(m.reply(q*10000+i, words(q, i)))
		}
		if q < questions {
			m.take(conversations.Event{Kind: conversations.Clicked, Who: "ana", Verb: "next", Value: fmt.Sprint(q)})
		}
	}
	return m
}

func answer(_, i int) string {
	return fmt.Sprintf("the %dth health check only looks at the front door, so a broken card service shows up late", i)
}

// clone makes the state anew: a step may change what it is given, and a store gives it a fresh one every time.
func clone(b *testing.B, s conversations.Subject) conversations.Subject {
	fields, err := conversations.Encode(s.State)
	if err != nil {
		b.Fatal(err)
	}
	if s.State, err = conversations.Decode(s.State.Kind(), fields); err != nil {
		b.Fatal(err)
	}
	return s
}

// benchStep steps the event again and again from the same state.
func benchStep(b *testing.B, m *meeting, e conversations.Event) {
	b.ReportAllocs()
	before := m.subject
	for b.Loop() {
		b.StopTimer()
		m.subject = clone(b, before)
		b.StartTimer()
		m.step(e)
	}
	m.subject = before
}

func BenchmarkStepReview(b *testing.B) {
	for _, n := range []int{10, 999} {
		m := newReview(2, n, answer)
		first := m.reply(10000+n/2, "")
		later := benchStart.Add(24 * time.Hour)
		b.Run(fmt.Sprintf("reply/heard=%d", n), func(b *testing.B) { benchStep(b, m, m.reply(90000, "one more")) })
		b.Run(fmt.Sprintf("edit/heard=%d", n), func(b *testing.B) {
			e := first
			e.Kind, e.Text, e.At = conversations.Edited, "it looks at the front door only", later
			benchStep(b, m, e)
		})
		b.Run(fmt.Sprintf("mark/heard=%d", n), func(b *testing.B) {
			e := first
			e.Kind, e.Emoji, e.On, e.At = conversations.Reacted, "❌", true, later
			benchStep(b, m, e)
		})
		b.Run(fmt.Sprintf("next/heard=%d", n), func(b *testing.B) {
			benchStep(b, m, conversations.Event{Kind: conversations.Clicked, Who: "ana", Verb: "next", Value: "2"})
		})
	}
	marked := newReview(2, 999, answer)
	for i := range 999 { // the worst there can be: every reply has a mark of somebody
		e := marked.reply(10000+i, "")
		e.Kind, e.Emoji, e.On = conversations.Reacted, "📝", true
		marked.take(e)
	}
	b.Run("reply/heard=999,marks=999", func(b *testing.B) { benchStep(b, marked, marked.reply(90000, "one more")) })
}

func BenchmarkStepActions(b *testing.B) {
	for _, n := range []int{10, 300} {
		m := newReview(3, 1, answer)
		for i := range n {
			m.take(m.reply(50000+i, fmt.Sprintf("alert number %d per country <@kim> p1 12 may", i)))
		}
		b.Run(fmt.Sprintf("line/lines=%d", n), func(b *testing.B) { benchStep(b, m, m.reply(90000, "alert per country <@kim> p1 fri")) })
	}
}

// newTree is a review that has heard n causes: every one of the first ten roots has branches, and one of them goes deep.
func newTree(n int) *meeting {
	m := newReview(5, 0, answer)
	for i := 1; i <= n; i++ {
		text := fmt.Sprintf("the %dth guard was never tried out", i)
		if i > 10 {
			above := i / 10
			if i%10 == 0 {
				above = i - 10
			}
			text = fmt.Sprintf("w%d: %s", above, text)
		}
		m.take(m.reply(50000+i, text))
	}
	return m
}

func BenchmarkWhys(b *testing.B) {
	for _, n := range []int{10, 998} {
		m := newTree(n)
		b.Run(fmt.Sprintf("step/causes=%d", n), func(b *testing.B) { benchStep(b, m, m.reply(90000, "w3: one more guard was never tried out")) })
		b.Run(fmt.Sprintf("question/causes=%d", n), func(b *testing.B) { benchRender(b, m, "question", "5") })
		b.Run(fmt.Sprintf("card/causes=%d", n), func(b *testing.B) { benchRender(b, m, "card") })
		b.Run(fmt.Sprintf("draft/causes=%d", n), func(b *testing.B) { benchRender(b, m, "draft") })
		b.Run(fmt.Sprintf("left/causes=%d", n), func(b *testing.B) { benchRender(b, m, "question", "9") })
	}
}

func BenchmarkStepTimelineEvent(b *testing.B) {
	ref := conversations.MessageRef{Workspace: benchWorkspace, Channel: "C1", ID: "1700000000.000001"}
	pin := conversations.Event{Kind: conversations.Reacted, Who: "ana", Where: benchRoot, Message: ref, Emoji: "📌", On: true}
	fetched := conversations.Event{Kind: conversations.Fetched, Message: ref, Seen: 1, Snapshot: &conversations.Snapshot{
		Message: ref, Where: benchRoot, At: benchStart, Who: "kim", Text: "errors on checkout are up, 5 % of requests",
		Reactions: []conversations.Reaction{{Emoji: "📌", Who: []string{"ana"}}},
	}}
	m := newMeeting("/event/C1/1700000000.000001")
	b.Run("pin", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.step(pin)
		}
	})
	m.take(pin)
	b.Run("fetched", func(b *testing.B) { benchStep(b, m, fetched) })
}

// timeline puts n pinned messages, a minute apart, among the facts.
func (m *meeting) timeline(n int) {
	r := m.subject.State.(*conversations.Review)
	r.Sources[0].Until = benchStart.Add(time.Duration(n) * time.Minute).Add(6 * time.Hour)
	for i := range n {
		at := benchStart.Add(time.Duration(i) * time.Minute)
		ref := conversations.MessageRef{Workspace: benchWorkspace, Channel: "C1", ID: fmt.Sprintf("1600000000.%06d", i)}
		m.facts.Subjects = append(m.facts.Subjects, conversations.Subject{
			ID: conversations.EventID(ref), V: 1, Rev: 3, At: at, State: &conversations.TimelineEvent{
				Number: i + 1, Message: ref, Where: benchRoot, Time: at, Who: []string{"ana", "kim"}[i%2], Known: 1, Seen: 1, Version: 2,
				Text: "errors on checkout are up, 5 % of requests; see [the graph] | and *this*, https://graphs.example/d/1, <@kim>",
				Pins: []conversations.Pin{{Who: "ana", Emoji: "📌", On: true, At: at}},
			},
		})
	}
}

// benchRender renders one view again and again.
func benchRender(b *testing.B, m *meeting, view string, args ...string) {
	b.ReportAllocs()
	ef := conversations.Effect{Kind: conversations.Post, View: view, Args: args}
	for b.Loop() {
		_ = conversations.RenderNeeds(m.subject, ef, m.facts)
		if _, ok := conversations.Render(m.subject, ef, m.facts); !ok {
			b.Fatal("there is nothing to say")
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, n := range []int{20, 1000} {
		m := newReview(2, n/2, func(_, i int) string { return fmt.Sprintf("09:%02d rolled back for the %dth time", i%60, i) })
		m.timeline(n)
		b.Run(fmt.Sprintf("card/events=%d,heard=%d", n, n/2), func(b *testing.B) { benchRender(b, m, "card") })
		b.Run(fmt.Sprintf("question/events=%d,heard=%d", n, n/2), func(b *testing.B) { benchRender(b, m, "question", "1") })
	}
}

// BenchmarkReport makes the record of a review and files it with its Markdown.
func BenchmarkReport(b *testing.B) {
	for _, n := range []int{100, 10000} {
		m := newReview(2, 10, answer)
		m.timeline(n)
		b.Run(fmt.Sprint("events=", n), func(b *testing.B) {
			b.ReportAllocs()
			ef := conversations.Effect{Kind: conversations.Keep, View: "report", At: benchStart, Person: "ana"}
			for b.Loop() {
				_ = conversations.RenderNeeds(m.subject, ef, m.facts)
				if _, err := conversations.Row(m.subject, ef, m.facts); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

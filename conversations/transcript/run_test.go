package transcript

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite what the stage says in testdata")

// scripted is a stage with a bot of a few rules: it puts 📎 on what is pinned, posts a card for every command (numbered
// when it settles, the last first if backwards), takes replies under a card, writes to bo after three weeks.
type scripted struct {
	now       time.Time
	backwards bool // numbers are given in the other order
	forgets   bool // private answers get lost
	chatty    bool // it posts more than it may

	scene  Scene
	starts []Deed
	wishes []func()
	due    time.Time
	number int
	count  int
	trace  []string
	deeds  []Deed
}

func (s *scripted) id() string { s.count++; return fmt.Sprintf("id%03d", s.count) }

func (s *scripted) Begin(_ context.Context, set Setting) error {
	s.now = set.Start
	return nil
}

func (s *scripted) Do(_ context.Context, d Deed) (string, error) {
	if d.At.Before(s.now) {
		return "", errors.New("time runs backwards")
	}
	s.now = d.At
	s.trace = append(s.trace, string(d.Verb))
	s.deeds = append(s.deeds, d)
	switch d.Verb {
	case Say, Program:
		if d.Text == "nonsense" {
			return "", errors.New("cannot say this")
		}
		id := s.id()
		if d.Thread != "" {
			s.wish(func() { s.mark(id, "📝"); s.message(d.Thread).Text += "\nanswer: " + d.Text })
		}
		return id, nil
	case React:
		s.wish(func() { s.mark(d.Message, "📎") })
	case Unreact, Delete:
		s.wish(func() {
			s.scene.Marks = slices.DeleteFunc(s.scene.Marks, func(m Mark) bool { return m.Message == d.Message })
		})
	case Command:
		s.starts = append(s.starts, d)
	case Click:
		if !s.forgets {
			s.answer(Answer{To: d.Who, Channel: d.Channel, Thread: d.Thread, Text: "What now?"})
			s.answer(Answer{To: d.Who, Channel: d.Channel, Thread: d.Thread, Form: true, Text: "Ideas\ntext: What?"})
		}
	case Submit:
		s.message(s.scene.Messages[0].ID).Text += "\nidea: " + d.Fields[0].Value + ", " + d.Fields[1].Value
	}
	return "", nil
}

func (s *scripted) wish(f func()) { s.wishes = append(s.wishes, f) }

func (s *scripted) mark(id, emoji string) { s.scene.Marks = append(s.scene.Marks, Mark{id, emoji}) }

func (s *scripted) answer(a Answer) {
	a.At = s.now
	s.scene.Answers = append(s.scene.Answers, a)
}

func (s *scripted) message(id string) *Message {
	i := slices.IndexFunc(s.scene.Messages, func(m Message) bool { return m.ID == id })
	return &s.scene.Messages[i]
}

func (s *scripted) begin(d Deed) {
	s.number++
	title := strings.TrimPrefix(d.Text, "start ")
	s.post(d.Channel, "", "card", fmt.Sprintf("PM-%d  %s   \n\n  indented\n[Next]", s.number, title))
	card := s.message(s.scene.Messages[len(s.scene.Messages)-1].ID)
	card.Controls = []Control{{Label: "Next"}, {Label: "Answer", Choices: []string{"one", "two"}}}
	card.File = &File{Name: fmt.Sprintf("PM-%d.md", s.number), Text: "# " + title + "\n\n-- a line like a section --\n"}
	if s.chatty {
		s.post(d.Channel, card.ID, "question 1", "Why?")
		s.post("war", "", "", "Somebody spoke.")
	}
	s.due = s.now.Add(20 * 24 * time.Hour)
}

func (s *scripted) post(channel, thread, slot, text string) {
	s.scene.Messages = append(s.scene.Messages, Message{
		ID: s.id(), Channel: channel, Thread: thread, Slot: slot, Text: text, At: s.now, Touched: s.now,
	})
}

func (s *scripted) Settle(context.Context) error {
	s.trace = append(s.trace, "settle")
	if s.backwards {
		slices.Reverse(s.starts)
	}
	for _, d := range s.starts {
		s.begin(d)
	}
	for _, w := range s.wishes {
		w()
	}
	s.starts, s.wishes = nil, nil
	return nil
}

func (s *scripted) Due(context.Context) (time.Time, error) { return s.due, nil }

func (s *scripted) Pass(ctx context.Context, to time.Time) error {
	s.trace = append(s.trace, "pass")
	if err := s.Settle(ctx); err != nil {
		return err
	}
	if !s.due.IsZero() && !s.due.After(to) {
		s.post("@bo", "", "nudge", "One of your follow-ups is late.")
		s.due = time.Time{}
	}
	s.now = to
	return nil
}

func (s *scripted) Scene(context.Context) (Scene, error) {
	scene := s.scene
	scene.Messages, scene.Marks = slices.Clone(scene.Messages), slices.Clone(scene.Marks)
	return scene, nil
}

func TestRunWritesWhatCameOut(t *testing.T) {
	for _, path := range []string{"testdata/pin.txtar", "testdata/numbers.txtar"} {
		want := read(t, path)
		got, err := Run(t.Context(), want, &scripted{})
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, []byte(got.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			want = got
		}
		if diff := Diff(want.String(), got.String()); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
		again, err := Run(t.Context(), want.Stripped(), &scripted{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := Diff(want.String(), again.String()); diff != "" {
			t.Errorf("%s, from what people do alone:\n%s", path, diff)
		}
	}
}

func TestRunChangesNothingElse(t *testing.T) {
	want := read(t, "testdata/pin.txtar")
	got, err := Run(t.Context(), want, &scripted{backwards: true, forgets: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := Diff(want.Stripped().String(), got.Stripped().String()); diff != "" {
		t.Error(diff)
	}
	if got.String() == want.String() {
		t.Error("another stage, and nothing differs")
	}
}

func TestWhenBlocksEnd(t *testing.T) {
	tr, err := Parse("t", []byte(`now 2026-03-02 14:00 UTC
people ana, bo
-- #ops --
14:00 ana: one   =m1
14:04 bo: two
14:10 ana: after a pause
14:11 ana> /postmortem start X
& bo: at the same moment
bo: a minute later
bo> [Next] on card
& ana> [Next] on card
bo: a minute later
bo +📌 m1
`))
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{}
	if _, err := Run(t.Context(), tr, s); err != nil {
		t.Fatal(err)
	}
	want := "say say settle pass settle settle say command say say settle click click settle say react settle"
	if got := strings.Join(s.trace, " "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	var times []string
	for _, d := range s.deeds {
		times = append(times, d.At.Format("15:04"))
	}
	if got := strings.Join(times, " "); got != "14:00 14:04 14:10 14:11 14:11 14:12 14:13 14:13 14:14 14:15" {
		t.Errorf("times %s", got)
	}
}

func TestWhatNobodyCanDo(t *testing.T) {
	for text, says := range map[string]string{
		"-- #ops --\nana +📌 m9\n":                                  "no message is called m9",
		"-- #ops --\nana> [Next]\n":                                "has a button [Next]",
		"-- #ops/PM-3 --\nana: x\n":                                "no card in #ops shows it",
		"-- #ops --\nana: nonsense\n":                              "cannot say this",
		"-- #ops --\n15:00 ana: x\n2026-03-01 10:00 bo: y\n":       "has passed",
		"-- #ops --\n15:00 ana: x\n-- (2026-03-02 14:30) --\n":     "has passed",
		"-- (1 hour later) --\nana: x\n":                           "begin a section first",
		"-- #ops --\nana> /postmortem start X\nana> [Away ▾ on]\n": "has a button [Away]",
	} {
		tr, err := Parse("t", []byte("now 2026-03-02 14:00 UTC\npeople ana, bo\n"+text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var at *Error
		if _, err = Run(t.Context(), tr, &scripted{}); !errors.As(err, &at) || !strings.Contains(at.Msg, says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
}

func TestBudget(t *testing.T) {
	run := func(extra string) error {
		tr, err := Parse("t", []byte("now 2026-03-02 14:00 UTC\npeople ana, bo\n"+extra+"-- #ops --\nana> /postmortem start X\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Run(t.Context(), tr, &scripted{chatty: true})
		if got == nil || !strings.Contains(got.String(), "bot in #ops/card: Why?   =question-1") {
			t.Errorf("what came out is missing:\n%v", got)
		}
		return err
	}
	var over *BudgetError
	if err := run(""); !errors.As(err, &over) || len(over.Over) != 1 || !strings.Contains(err.Error(), "channel #war: 1 messages, 0 allowed: post") {
		t.Errorf("a post where there is no review: %v", err)
	}
	if err := run("budget channel 1: because it is a test\n"); err != nil {
		t.Errorf("a reasoned exception: %v", err)
	}
	if err := run("budget channel 1: because it is a test\nbudget thread 0: because it is strict\n"); err == nil || !strings.Contains(err.Error(), "thread #ops/card: 1 messages, 0 allowed: question-1") {
		t.Errorf("a stricter budget: %v", err)
	}
}

func TestBudgetCounts(t *testing.T) {
	day := time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC) // a Tuesday
	many := func(n int, m Message) []Message {
		var all []Message
		for i := range n {
			m.ID, m.At = fmt.Sprint(m.Slot, i), day
			all = append(all, m)
		}
		return all
	}
	card := Message{ID: "c", Channel: "ops", Slot: "card", Text: "PM-1", At: day}
	tiny := Message{ID: "c", Channel: "ops", Slot: "card", Text: "PM-1 tiny review", At: day}
	private := Message{Channel: "@bo", Slot: "weekly"}
	for name, c := range map[string]struct {
		messages []Message
		over     int
	}{
		"a card and a line":       {append(many(1, Message{Channel: "ops", Slot: "published"}), card), 0},
		"three in a channel":      {append(many(2, Message{Channel: "ops", Slot: "published"}), card), 1},
		"twelve in a thread":      {append(many(12, Message{Channel: "ops", Thread: "c", Slot: "question"}), card), 0},
		"thirteen in a thread":    {append(many(13, Message{Channel: "ops", Thread: "c", Slot: "question"}), card), 1},
		"a report in parts":       {append(many(20, Message{Channel: "ops", Thread: "c", Slot: "report"}), card), 0},
		"five in a tiny thread":   {append(many(5, Message{Channel: "ops", Thread: "c", Slot: "question"}), tiny), 1},
		"one private a week":      {many(1, private), 0},
		"two private in a week":   {many(2, private), 1},
		"a hand-over beside it":   {append(many(1, private), many(1, Message{Channel: "@bo", Slot: "hand-over"})...), 0},
		"two hand-overs a day":    {many(2, Message{Channel: "@bo", Slot: "hand-over"}), 1},
		"a digest":                {many(1, Message{Channel: "ops", Slot: "digest"}), 0},
		"two digests":             {many(2, Message{Channel: "ops", Slot: "digest"}), 1},
		"a thread that is none's": {many(1, Message{Channel: "ops", Thread: "x", Slot: "question"}), 1},
	} {
		r := newRun(&Transcript{Setting: Setting{Zone: time.UTC}}, nil)
		r.last = Scene{Messages: c.messages}
		err := r.overBudget()
		over := &BudgetError{}
		errors.As(err, &over)
		if len(over.Over) != c.over {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumbersGivenInAnotherOrder(t *testing.T) {
	want := read(t, "testdata/numbers.txtar")
	s := &scripted{backwards: true, forgets: true}
	got, err := RunLoosely(t.Context(), want, s)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() == want.String() {
		t.Fatal("the numbers were not given in another order")
	}
	if err := Compare(want, got); err != nil {
		t.Error(err)
	}
	last := s.deeds[len(s.deeds)-2]
	if last.Text != "it is back, see PM-1 and PM-2" {
		t.Errorf("what was said of PM-2 is %q", last.Text)
	}
}

func TestCompare(t *testing.T) {
	const head = "now 2026-03-02 14:00 UTC\npeople ana, bo\n-- #ops --\nana: x   =m1\n"
	parse := func(bot string) *Transcript {
		tr, err := Parse("t", []byte(head+bot))
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	for _, c := range []struct {
		name, want, got string
		same            bool
	}{
		{"equal", "bot: x\n", "bot: x\n", true},
		{"another text", "bot: x\n", "bot: y\n", false},
		{"one less", "bot: x\nbot: y\n", "bot: x\n", false},
		{"another order", "bot: x\nbot: y\n", "bot: y\nbot: x\n", false},
		{"numbers swapped", "bot: PM-1 x\nbot: PM-2 y\n", "bot: PM-2 x\nbot: PM-1 y\n", true},
		{"numbers and lines swapped", "bot: PM-1 x\nbot: PM-2 y\n", "bot: PM-1 y\nbot: PM-2 x\n", true},
		{"two become one", "bot: PM-1 x\nbot: PM-2 y\n", "bot: PM-1 x\nbot: PM-1 y\n", false},
		{"one becomes two", "bot: PM-1 x\nbot: PM-1 y\n", "bot: PM-1 x\nbot: PM-2 y\n", false},
		{"another series", "bot: PM-1 x\n", "bot: A-1 x\n", false},
		{"kept later", "bot: E-1 x\nbot: E-2 y\nbo: z\nbot: E-1 again\n", "bot: E-2 x\nbot: E-1 y\nbo: z\nbot: E-2 again\n", true},
		{"not kept later", "bot: E-1 x\nbot: E-2 y\nbo: z\nbot: E-1 again\n", "bot: E-2 x\nbot: E-1 y\nbo: z\nbot: E-1 again\n", false},
		{"in a report", "bot: E-1 x\nbot: E-2 y\n-- report.md --\nE-1\nE-2\n", "bot: E-2 x\nbot: E-1 y\n-- report.md --\nE-2\nE-1\n", true},
		{"a private answer lost", "bot -> bo in #ops: x\nbot: y\n", "bot: y\n", true},
		{"a private answer more", "bot: y\n", "bot -> bo in #ops: x\nbot: y\n", false},
		{"a private answer twice", "bot -> bo in #ops: x\n", "bot -> bo in #ops: x\nbot -> bo in #ops: x\n", false},
		{"a private message lost", "bot -> bo: x\n", "", false},
	} {
		err := Compare(parse(c.want), parse(c.got))
		if (err == nil) != c.same {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "t:") {
			t.Errorf("%s: %v does not say where", c.name, err)
		}
	}
}

func TestPlayFitsTheTerminal(t *testing.T) {
	tr := read(t, "testdata/pin.txtar")
	var out bytes.Buffer
	if err := Play(t.Context(), tr, &scripted{}, &out, 40); err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(out.String(), "\n") {
		if utf8.RuneCountInString(l) > 40 {
			t.Errorf("too long: %q", l)
		}
	}
	for _, want := range []string{"A pin is kept, and somebody hears of it\n", "Monday 2 March 2026", "15:11 ana: it was the deploy", "      bot +📎 m1", "report.md", "\n# Checkout errors\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if err := Play(t.Context(), tr, &scripted{}, failing{}, 80); err == nil {
		t.Error("the error of writing is lost")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no more room") }

func TestDiff(t *testing.T) {
	if got := Diff("a\nb\nc", "a\nc\nd"); got != "  a\n- b\n  c\n+ d\n" {
		t.Errorf("%q", got)
	}
	if got := Diff("x", "x"); got != "" {
		t.Errorf("%q", got)
	}
}

func TestADueMomentEndsTheBlock(t *testing.T) {
	tr, err := Parse("t", []byte("now 2026-03-02 14:00 UTC\npeople ana, bo\n-- #ops --\n14:01 ana: x\n14:02 ana: y\n14:04 ana: z\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{due: time.Date(2026, 3, 2, 14, 3, 0, 0, time.UTC)}
	got, err := Run(t.Context(), tr, s)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(s.trace, " "), "say say settle pass settle settle say settle"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if want := "14:02 ana: y\n      bot -> bo: One of your follow-ups is late.   =nudge\n14:04 ana: z\n"; !strings.Contains(got.String(), want) {
		t.Errorf("it came out as\n%s", got)
	}
}

func TestALineWithADotIsNoEmptyLine(t *testing.T) {
	if got := unit("bot: a\n\n.\nb"); got != "      bot: a\n        .\n        ..\n        b\n" {
		t.Errorf("%q", got)
	}
}

func TestAReviewThatBeganInAThread(t *testing.T) {
	r := newRun(&Transcript{Setting: Setting{Zone: time.UTC}}, nil)
	r.last = Scene{Messages: []Message{{ID: "c", Channel: "ops", Thread: "root", Slot: "card", Text: "PM-4 tiny"}}}
	if err := r.enter(node{name: "#ops/PM-4"}); err != nil || r.thread != "root" {
		t.Errorf("its thread is %q, %v", r.thread, err)
	}
	if got := r.threadLimit(Message{Channel: "ops", Thread: "root"}); got != perTiny {
		t.Errorf("it may post %d", got)
	}
}

package transcript

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func read(t testing.TB, path string) *Transcript {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := Parse(filepath.Base(path), data)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestParseKeepsEveryByte(t *testing.T) {
	for _, path := range []string{"testdata/pin.txtar", "testdata/races.txtar"} {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, path).String(); got != string(want) {
			t.Errorf("%s printed:\n%s", path, Diff(string(want), got))
		}
	}
}

func TestHead(t *testing.T) {
	tr := read(t, "testdata/races.txtar")
	if want := "Two at once, another program, places elsewhere, restarts and a store that is away."; tr.Title != want {
		t.Errorf("title %q", tr.Title)
	}
	if got := tr.Setting.Start.Format(time.RFC3339); got != "2026-03-28T23:50:00+01:00" {
		t.Errorf("start %s", got)
	}
	people := tr.Setting.People
	if len(people) != 4 || !people[0].Admin || people[1].Zone != "America/New_York" || !people[2].Outsider || !people[3].Inactive || people[3].Zone != "Asia/Tokyo" {
		t.Errorf("people %+v", people)
	}
	ch := tr.Setting.Channels
	if len(ch) != 5 || !ch[1].Private || strings.Join(ch[1].Members, " ") != "ana bo eve" || strings.Join(ch[2].Members, " ") != "ana kim" || !ch[3].Archived || !ch[4].WithoutBot {
		t.Errorf("channels %+v", ch)
	}
	tr = read(t, "testdata/pin.txtar")
	if tr.Title != "A pin is kept, and somebody hears of it three weeks later." {
		t.Errorf("title %q", tr.Title)
	}
	tr = read(t, "testdata/numbers.txtar")
	if e, ok := tr.Budget["thread"]; !ok || e.Limit != 0 || e.Because != "nobody answers here" {
		t.Errorf("budget %+v", tr.Budget)
	}
}

// lineOf reads one line of somebody's in a transcript in which it is the only one.
func parseLine(t *testing.T, text string) (line, error) {
	t.Helper()
	tr, err := Parse("t", []byte("now 2026-03-02 14:00 UTC\npeople ana, bo\n-- #ops --\n"+text))
	if err != nil {
		return line{}, err
	}
	return tr.nodes[len(tr.nodes)-1].act, nil
}

func TestLines(t *testing.T) {
	cases := []struct {
		text string
		want line
	}{
		{"ana: errors", line{verb: says, who: "ana", text: "errors"}},
		{"14:02 ana:  errors  at 14:05: a lot   =m1 ", line{verb: says, who: "ana", clock: "14:02", text: "errors  at 14:05: a lot", name: "m1"}},
		{"2026-03-03 09:10 ana: hm =m1", line{verb: says, who: "ana", date: "2026-03-03", clock: "09:10", text: "hm =m1"}},
		{"ana: see  +file a.png  +file b.png  ^m0  =m1", line{verb: says, who: "ana", text: "see", files: []string{"a.png", "b.png"}, reply: "m0", name: "m1"}},
		{"ana:  +file a.png", line{verb: says, who: "ana", files: []string{"a.png"}}},
		{"ana: one\n  two\n    three\n  .\n  \\bo: four   =m1", line{verb: says, who: "ana", text: "one\ntwo\n  three\n\nbo: four", name: "m1"}},
		{"ana: one   =m1\n      two", line{verb: says, who: "ana", text: "one\ntwo", name: "m1"}},
		{"ana:\n  - one\n  - two", line{verb: says, who: "ana", text: "- one\n- two"}},
		{"Deploy Bot (app): v4.12: live   =d", line{verb: programSays, who: "Deploy Bot", text: "v4.12: live", name: "d"}},
		{"& bo +📌 m1", line{verb: reacts, with: true, who: "bo", emoji: "📌", target: "m1"}},
		{"bo -📌 ana 14:02", line{verb: unreacts, who: "bo", emoji: "📌", target: "ana 14:02"}},
		{"ana edits m1: a: b", line{verb: edits, who: "ana", target: "m1", text: "a: b"}},
		{"ana edits ana 14:02: x\n  y", line{verb: edits, who: "ana", target: "ana 14:02", text: "x\ny"}},
		{"ana deletes ana 14:02 (2)", line{verb: deletes, who: "ana", target: "ana 14:02 (2)"}},
		{"ana> /postmortem start a  b", line{verb: commands, who: "ana", text: "start a  b"}},
		{"ana> /postmortem event a\n  b @ 14:00", line{verb: commands, who: "ana", text: "event a\nb @ 14:00"}},
		{"ana> /postmortem", line{verb: commands, who: "ana"}},
		{"ana> [Next]", line{verb: clicks, who: "ana", label: "Next"}},
		{"ana> [Read the draft] on card.2", line{verb: clicks, who: "ana", label: "Read the draft", target: "card.2"}},
		{"ana> [Which ▾ Tue 03:14]", line{verb: clicks, who: "ana", label: "Which", choice: "Tue 03:14"}},
		{"ana> [Next (2)] on card", line{verb: clicks, who: "ana", label: "Next", nth: 2, target: "card"}},
		{`ana> [Which (3) ▾ "a [b] \"c\""]`, line{verb: clicks, who: "ana", label: "Which", nth: 3, choice: `a [b] "c"`}},
		{"ana: a\n  \\foo (app): b", line{verb: says, who: "ana", text: "a\nfoo (app): b"}},
		{"ana> {}", line{verb: submits, who: "ana"}},
		{`ana> {text: "a; {b}: \"c\"\nd"; when: 14:05}`, line{verb: submits, who: "ana", fields: []Field{{"text", "a; {b}: \"c\"\nd"}, {"when", "14:05"}}}},
		{"ana joins", line{verb: joins, who: "ana"}},
		{"ana invites bot", line{verb: invites, who: "ana"}},
		{"ana is deactivated", line{verb: deactivated, who: "ana"}},
		{"14:00 restart", line{verb: restarts, clock: "14:00"}},
		{"store away", line{verb: storeAway}},
	}
	for _, c := range cases {
		got, err := parseLine(t, c.text+"\n")
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if !sameLine(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}

func sameLine(a, b line) bool {
	files, fields := strings.Join(a.files, "|") == strings.Join(b.files, "|"), len(a.fields) == len(b.fields)
	for i := range min(len(a.fields), len(b.fields)) {
		fields = fields && a.fields[i] == b.fields[i]
	}
	return files && fields && a.verb == b.verb && a.who == b.who && a.date == b.date && a.clock == b.clock && a.with == b.with &&
		a.text == b.text && a.name == b.name && a.reply == b.reply && a.target == b.target && a.emoji == b.emoji &&
		a.label == b.label && a.choice == b.choice
}

func TestWhatTheBotSaysIsNotReadAsSomebodys(t *testing.T) {
	tr, err := Parse("t", []byte("now 2026-03-02 14:00 UTC\npeople ana, bo\n-- #ops --\nana: hm\n      bot: card   =card\n        bo: said so\n        -- x --\n      bo: and I do\n"))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []nodeKind
	for _, n := range tr.nodes {
		kinds = append(kinds, n.kind)
	}
	want := []nodeKind{plain, plain, place, act, bot, act}
	if len(kinds) != len(want) {
		t.Fatalf("kinds %v, want %v", kinds, want)
	}
	for i := range want {
		if kinds[i] != want[i] {
			t.Fatalf("kinds %v, want %v", kinds, want)
		}
	}
}

func TestErrorsSayWhereAndWhatToDo(t *testing.T) {
	const head = "now 2026-03-02 14:00 UTC\npeople ana, bo\n-- #ops --\n"
	cases := []struct {
		text string
		line int
		says string
	}{
		{"", 1, "now 2026-03-02"},
		{"now 2026-03-02 14:00 UTC\n", 2, "people ana"},
		{"now 2026-03-02\n", 1, "write it like"},
		{"now 2026-03-02 14:00 Mars/Olympus\n", 1, "no time zone"},
		{"now 2026-03-32 14:00 UTC\n", 1, "no date"},
		{"people ana, bot\n", 1, "nobody can be called"},
		{"people ana, ana\n", 1, "there already"},
		{"people ana Berlin\n", 1, "no time zone"},
		{"peple ana\n", 1, "only lines with now"},
		{"channels ops\n", 1, "cannot read"},
		{"channels #ops (secret)\n", 1, "not \"secret\""},
		{"budget thread 13\n", 1, "because"},
		{"now 2026-03-02 14:00 UTC\npeople ana\nchannels #x (private: bo)\n-- #x --\n", 4, "not among the people"},
		{head + "-- ops --\n", 4, "a section is"},
		{head + "-- # --\n", 4, "needs a name"},
		{head + "-- @eve --\n", 4, "not among the people"},
		{head + "-- (next year) --\n", 4, "cannot read the time"},
		{head + "\nhello\n", 5, "cannot read"},
		{head + "eve: hello\n", 4, "ana, bo"},
		{head + "ana:\n", 4, "no text"},
		{head + "25:00 ana: x\n", 4, "no time of the day"},
		{head + "& 14:00 ana: x\n", 4, "none of its own"},
		{head + "ana: x   =m1\nbo: y   =m1\n", 5, "given in line 4"},
		{head + "ana: x   =1\n", 4, "no name for a message"},
		{head + "bo +📌 m1\n  more\n", 5, "no text to go on with"},
		{head + "ana> Next\n", 4, "a button like"},
		{head + "ana> [Next\n", 4, "write it like"},
		{head + "ana> {text}\n", 4, "cannot read the form"},
		{head + "ana> {text: a\n", 4, "not closed"},
		{head + "ana> {text: \"a\" b}\n", 4, "comes ; or }"},
		{head + "ana> /frobnicate\n", 4, "/postmortem"},
		{head + "ana deletes m1: x\n", 4, "cannot read"},
		{head + "ana: x\r\n", 4, "carriage return"},
	}
	for _, c := range cases {
		_, err := Parse("file", []byte(c.text))
		var at *Error
		if !errors.As(err, &at) {
			t.Errorf("%q: error %v", c.text, err)
			continue
		}
		if at.Line != c.line || !strings.Contains(at.Msg, c.says) || !strings.HasPrefix(err.Error(), "file:") {
			t.Errorf("%q: %v; want line %d and %q", c.text, err, c.line, c.says)
		}
	}
}

func TestLater(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 28, 10, 0, 0, 0, zone)
	for name, want := range map[string]string{
		"(1 day later)":      "2026-03-29T10:00:00+02:00", // the clocks have changed
		"(24 hours later)":   "2026-03-29T11:00:00+02:00",
		"(3 weeks later)":    "2026-04-18T10:00:00+02:00",
		"(90 minutes later)": "2026-03-28T11:30:00+01:00",
		"(2026-03-29 02:30)": "2026-03-29T03:30:00+02:00", // there is no 02:30
	} {
		got, err := later(name, now, zone)
		if err != nil || got.In(zone).Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v, want %s", name, got.In(zone).Format(time.RFC3339), err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range []string{"testdata/pin.txtar", "testdata/races.txtar"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("now 2026-03-02 14:00 UTC\npeople ana (\n-- #ops/ --\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := Parse("f", data)
		if err != nil {
			return
		}
		printed := first.String()
		again, err := Parse("f", []byte(printed))
		if err != nil {
			t.Fatalf("what was printed is not read: %v", err)
		}
		if again.String() != printed {
			t.Fatal("printing twice differs")
		}
		stripped := first.Stripped().String()
		if _, err := Parse("f", []byte(stripped)); err != nil {
			t.Fatalf("what is left without the bot is not read: %v\n%s", err, stripped)
		}
	})
}

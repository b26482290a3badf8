package conversations

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// wholeReview is a review of nine questions whose card is there and whose questions were asked ten minutes apart.
func wholeReview(asked int) Subject {
	s := openReview()
	r := s.State.(*Review)
	r.Tiny, r.Asked, r.Focus = false, nil, nil
	for n := 1; n <= asked; n++ {
		r.Asked = append(r.Asked, Asked{Question: n, Message: message(fmt.Sprint("q", n))})
		r.setFocus(Focus{Question: n, From: minute(10 * (n - 1))})
	}
	return s
}

// tell says something in the review, at a minute.
func tell(s Subject, id string, at int, who, text string) Subject {
	s, _ = Step(s, said(id, at, who, text), testFacts())
	return s
}

func edit(id string, at, edited int, who, text string) Event {
	e := said(id, at, who, text)
	e.Key, e.Kind, e.MessageAt, e.At = testWorkspace+"/edit/"+id+"/"+fmt.Sprint(edited), Edited, e.At, minute(edited)
	return e
}

// grown is the tree of causes as people see it, without its numbers: what hangs on what.
func grown(r *Review) string {
	var b strings.Builder
	tree := r.branches()
	var write func(place string, level int)
	write = func(place string, level int) {
		for _, c := range tree.under[place] {
			text := c.Text
			if c.Gone {
				text = "(taken back)"
			}
			fmt.Fprintf(&b, "%s%s %v\n", strings.Repeat("  ", level), text, c.Doubt != "")
			write(causeName(c.ID), level+1)
		}
	}
	for _, root := range postmortem.Roots {
		b.WriteString(string(root) + "\n")
		write(string(root), 1)
	}
	return b.String()
}

// Nine questions: in whatever order replies, edits, deletions and marks come in, the same answers come out.
func TestAnyOrderOfNineQuestions(t *testing.T) {
	events := []Event{
		said("01.0", 1, "U1", "11:40 failed over to the second gateway\nand then we all waited"),
		said("12.0", 12, "U2", "eased 12:31; over unknown"),
		said("22.0", 22, "U1", "a customer called support"),
		said("32.0", 32, "U2", "checkout for EU, about 12k carts"),
		edit("32.0", 32, 38, "U2", "DE, FR, NL; about 9k carts"),
		edit("32.0", 32, 36, "U2", "DE, FR; about 9k carts"),
		said("33.0", 33, "U1", "lunch?"),
		said("42.0", 42, "U1", "config went everywhere at once"),
		said("43.0", 43, "U2", "late: the alert averages all countries\nlong: a roll-back needs a build"),
		said("44.0", 44, "U1", "nobody had tried the roll-back"),
		{Key: testWorkspace + "/gone/44.0", Kind: Deleted, At: minute(47), MessageAt: minute(44), Where: testThread, Message: message("44.0")},
		said("52.0", 52, "U2", "that it took a build at all"),
		said("62.0", 62, "U1", "lucky: it was at night\nresponse: no one lead for half an hour"),
		said("72.0", 72, "U2", "add an alert per country <@U2> p1 12 may"),
		said("82.0", 82, "U1", "4: support has 41 tickets"),
		{Key: testWorkspace + "/react/42.0", Kind: Reacted, At: minute(48), Where: testThread, Message: message("42.0"), Who: "U2", Emoji: markTake, On: true},
	}
	want := ""
	for seed := range uint64(200) {
		order := slices.Clone(events)
		if seed > 0 {
			rand.New(rand.NewPCG(seed, 9)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		s := wholeReview(9)
		for _, e := range order {
			s, _ = Step(s, e, testFacts())
		}
		r := s.State.(*Review)
		var got strings.Builder
		for _, a := range r.answers() {
			fmt.Fprintf(&got, "%s %d %v %q\n", a.ID, a.Question, a.Taken, a.Body)
		}
		got.WriteString(grown(r))
		for _, l := range r.Lines {
			fmt.Fprintf(&got, "%s %s %s %v\n", l.Text, l.Owner, l.Due, l.Gone)
		}
		if seed == 0 {
			want = got.String()
		}
		if got.String() != want {
			t.Fatalf("in the order %v came out\n%s\nnot\n%s", keys(order), got.String(), want)
		}
	}
	for _, line := range []string{
		`32.0 4 true "DE, FR, NL; about 9k carts"`, `82.0 4 true "support has 41 tickets"`, `33.0 4 false`, `44.0 5 false`,
		"late\n  the alert averages", "long\n  a roll-back needs", "add an alert per country U2 2026-05-12",
	} {
		if !strings.Contains(want, line) {
			t.Errorf("what came out lacks %s:\n%s", line, want)
		}
	}
}

// The order in which causes come in decides their numbers and nothing else, and editing one keeps its number.
func TestCausesInAnyOrderKeepTheirNumbers(t *testing.T) {
	base := tell(wholeReview(5), "41.0", 41, "U1", "first\nsecond\nthird")
	fields, err := Encode(base.State)
	if err != nil {
		t.Fatal(err)
	}
	events := []Event{
		said("42.0", 42, "U1", "w1: what made the first possible"),
		said("43.0", 43, "U2", "w2, w3: what made the second possible"),
		said("44.0", 44, "U1", "late: nobody watched it"),
		said("45.0", 45, "U2", "w77: hangs nowhere"),
		edit("41.0", 41, 46, "U1", "first of all\nsecond\nthird"),
	}
	want := ""
	for seed := range uint64(120) {
		state, err := Decode(KindReview, fields)
		if err != nil {
			t.Fatal(err)
		}
		s := base
		s.State = state
		order := slices.Clone(events)
		if seed > 0 {
			rand.New(rand.NewPCG(seed, 5)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		for _, e := range order {
			s, _ = Step(s, e, testFacts())
		}
		r := s.State.(*Review)
		if got := grown(r); seed == 0 {
			want = got
		} else if got != want {
			t.Fatalf("in the order %v grew\n%s\nnot\n%s", keys(order), got, want)
		}
		for id, text := range map[string]string{"w1": "first of all", "w2": "second", "w3": "third"} {
			if c := r.cause(id); c == nil || c.Text != text {
				t.Fatalf("in the order %v %s is %+v, not %q", keys(order), id, c, text)
			}
		}
	}
	if !strings.Contains(want, "  first of all false\n    what made the first possible") {
		t.Errorf("it grew like this:\n%s", want)
	}
}

// A new line beside an old one that is much like it takes neither its number nor its action item.
func TestANewLineTakesNobodysNumber(t *testing.T) {
	s := tell(wholeReview(8), "41.0", 41, "U1", "the alert for one country is missing")
	s, _ = Step(s, edit("41.0", 41, 42, "U1", "the alert for one region is missing\nthe alert for one country is missing"), testFacts())
	s = tell(s, "72.0", 72, "U1", "add an alert per country <@U1> fri")
	s, _ = Step(s, edit("72.0", 72, 73, "U1", "add an alert per region <@U1> fri\nadd an alert per country <@U1> fri"), testFacts())
	r := s.State.(*Review)
	if c := r.cause("w1"); c.Text != "the alert for one country is missing" {
		t.Errorf("w1 is now %q", c.Text)
	}
	i := slices.IndexFunc(r.Lines, func(l Line) bool { return l.Ordinal == 1 })
	if r.Lines[i].Text != "add an alert per country" {
		t.Errorf("line 1 is now %q", r.Lines[i].Text)
	}
	// One line that is put in quite other words stays the same one.
	s, _ = Step(s, edit("72.0", 72, 74, "U1", "add an alert per country <@U1> fri"), testFacts())
	s, _ = Step(s, edit("72.0", 72, 75, "U1", "page whoever is on call <@U1> fri"), testFacts())
	r = s.State.(*Review)
	i = slices.IndexFunc(r.Lines, func(l Line) bool { return l.Ordinal == 1 })
	if r.Lines[i].Text != "page whoever is on call" || r.Lines[i].Gone {
		t.Errorf("line 1 is now %+v", r.Lines[i])
	}
}

// Whatever hangs on whatever, every cause that is there stands in the tree exactly once.
func TestEveryCauseStandsOnce(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		r := &Review{}
		n := 1 + random.IntN(12)
		for id := 1; id <= n; id++ {
			under := string(postmortem.WhyHappened)
			if random.IntN(3) > 0 {
				under = causeName(1 + random.IntN(n+1))
			}
			r.Causes = append(r.Causes, Factor{ID: id, Text: fmt.Sprint(id), Under: under, Gone: random.IntN(4) == 0})
		}
		r.doubtCauses()
		seen := map[int]int{}
		b := r.branches()
		var walk func(place string)
		walk = func(place string) {
			for _, c := range b.under[place] {
				if seen[c.ID]++; seen[c.ID] > 1 {
					t.Fatalf("w%d stands twice in %+v", c.ID, r.Causes)
				}
				walk(causeName(c.ID))
			}
		}
		walk(string(postmortem.WhyHappened))
		for _, c := range r.Causes {
			if !c.Gone && seen[c.ID] != 1 {
				t.Fatalf("w%d stands nowhere in %+v", c.ID, r.Causes)
			}
		}
	}
}

func TestMomentsAreRead(t *testing.T) {
	during := incident{from: noon.Add(-3 * time.Hour), until: noon}
	now := noon.Add(48 * time.Hour)
	for _, c := range []struct{ text, want string }{
		{"began 09:06", "began 2026-03-02 09:06"},
		{"09:06 began", "began 2026-03-02 09:06"},
		{"it started at 9:06", "began 2026-03-02 09:06"},
		{"we knew E-3", "noticed E-3"},
		{"over e-14.", "over E-14"},
		{"mitigated: unknown", "eased unknown"},
		{"over ?", "over unknown"},
		{"began 09:06, noticed E-3; over unknown", "began 2026-03-02 09:06, noticed E-3, over unknown"},
		{"- acked 09:08\n- fixed 11:50", "acknowledged 2026-03-02 09:08, over 2026-03-02 11:50"},
		{"began yesterday 23:50", "began 2026-03-03 23:50"},
		{"began 2026-03-01 23:50", "began 2026-03-01 23:50"},
		{"over 25:99", `"over 25:99"`},
		{"over 30 feb 10:00", `"over 30 feb 10:00"`},
		{"overall it was slow", `"overall it was slow"`},
		{"started the fail-over by hand", `"started the fail-over by hand"`},
		{"somewhere around nine", `"somewhere around nine"`},
		{"", ""},
	} {
		read, words := during.readMoments(c.text, now)
		var got []string
		for _, m := range read {
			value := m.event
			switch {
			case m.unknown:
				value = "unknown"
			case value == "":
				value = m.at.Format("2006-01-02 15:04")
			}
			got = append(got, string(m.name)+" "+value)
		}
		for _, w := range words {
			got = append(got, fmt.Sprintf("%q", w))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%q is read as %s, not %s", c.text, s, c.want)
		}
	}
}

func FuzzMoments(f *testing.F) {
	for _, s := range []string{"began 09:06, noticed E-3; over unknown", "09:06 began", "it started at 9:06", "over 25:99", ", ;·"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, words := incident{from: noon, until: noon}.readMoments(text, noon)
		for _, m := range read {
			if !slices.Contains(postmortem.MomentNames, m.name) || (m.event == "" && m.at.IsZero() && !m.unknown) {
				t.Errorf("%q is read as %+v", text, m)
			}
		}
		for _, w := range words {
			if strings.TrimSpace(w) == "" || !strings.Contains(text, w) {
				t.Errorf("of %q is left %q", text, w)
			}
		}
	})
}

func TestLessonsHaveLabels(t *testing.T) {
	for _, c := range []struct{ line, kind, text string }{
		{"lucky: it was at night", "lucky", "it was at night"},
		{"- Helped : the runbook", "helped", "the runbook"},
		{"went well: the hand-over", "helped", "the hand-over"},
		{"in the way: two people with the right to roll back", "hindered", "two people with the right to roll back"},
		{"bad: no lead", "hindered", "no lead"},
		{"response: one lead, one scribe", "response", "one lead, one scribe"},
		{"luckily: no", "", "luckily: no"},
		{"we were lucky that it was night", "", "we were lucky that it was night"},
		{"badly: x", "", "badly: x"},
		{"helped:", "helped", ""},
	} {
		if kind, text := lesson(c.line); kind != c.kind || text != c.text {
			t.Errorf("%q is %q, %q", c.line, kind, text)
		}
	}
}

func TestLeftCausesAreRead(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"w4: add a check <@U2> fri", "w4 action add a check <@U2> fri"},
		{"w4: A-3", "w4 item A-3"},
		{"w4 = a-3.", "w4 item A-3"},
		{"W4, w5: accepted, it is retired in May", "w4 w5 accepted it is retired in May"},
		{"w4 and w5 → A-3", "w4 w5 item A-3"},
		{"w4 w5: we accept that, the vendor goes", "w4 w5 accepted the vendor goes"},
		{"w4 - accepted because it is rare", "w4 accepted it is rare"},
		{"w4: accept the risk", "w4 accepted the risk"},
		{"w4: fine, it is rare", "w4 accepted it is rare"},
		{"w4: ok as it is", "w4 accepted as it is"},
		{"w4: nothing", "w4 accepted nothing"},
		{"w4: no change, it is rewritten anyway", "w4 accepted it is rewritten anyway"},
		{"w4: leave it as it is", "w4 accepted leave it as it is"},
		{"w4: won't fix", "w4 accepted won't fix"},
		{"w4: not worth it, twice a year", "w4 accepted twice a year"},
		{"w4: live with it", "w4 accepted live with it"},
		{"w4: fine tune the alert <@U2> fri", "w4 action fine tune the alert <@U2> fri"},
		{"w4: risk assessment <@U2> fri", "w4 action risk assessment <@U2> fri"},
		{"w4: none of the alerts fire, repair them", "w4 action none of the alerts fire, repair them"},
		{"w4: no one is paged, page somebody", "w4 action no one is paged, page somebody"},
		{"w4: okay the pull request <@U2> fri", "w4 action okay the pull request <@U2> fri"},
		{"w4: acceptance test for config <@U2> fri", "w4 action acceptance test for config <@U2> fri"},
		{"accepted, too rare", " accepted too rare"},
		{"w4:", ""},
		{"  ", ""},
	} {
		l := readLeftLine(c.line, "")
		got := ""
		if l.item+l.accepted+l.action != "" {
			got = strings.Join(l.causes, " ")
			for _, part := range []struct{ name, text string }{{"item", l.item}, {"accepted", l.accepted}, {"action", l.action}} {
				if part.text != "" {
					got += " " + part.name + " " + part.text
				}
			}
		}
		if got != c.want {
			t.Errorf("%q is read as %q, not %q", c.line, got, c.want)
		}
	}
}

func FuzzLeftCauses(f *testing.F) {
	for _, s := range []string{"w4: accepted, it is rare", "w4, w5 → A-3", "ok", "w4 and", "-> w1: x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		l := readLeftLine(line, "w1")
		said := 0
		for _, s := range []string{l.item, l.accepted, l.action} {
			if s != "" {
				said++
			}
		}
		if said > 1 || (said == 1) != (len(l.causes) > 0) {
			t.Errorf("%q is read as %+v", line, l)
		}
		for _, c := range l.causes {
			if !causeWord.MatchString(c) {
				t.Errorf("%q names %q", line, c)
			}
		}
	})
}

func FuzzCauses(f *testing.F) {
	for _, s := range []string{"w3: two looked (E-4)", "late: nobody watches it", "w1, w2:", "[E-1] E-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c := parseCause(line, string(postmortem.WhyHappened))
		if c.under == "" || strings.Contains(c.text, "\n") && !strings.Contains(line, "\n") || c.raw != line {
			t.Errorf("%q is read as %+v", line, c)
		}
	})
}

func TestBlameIsSeen(t *testing.T) {
	f := testFacts()
	f.People["U3"] = Person{ID: "U3", Name: "Mark Twain", Active: true}
	for _, text := range []string{
		"human error", "it was an operator mistake", "carelessness", "bo forgot to check the diff", "Bo, again, broke the build",
		"<@U2> pushed it without asking", "somebody ran the script twice", "an engineer deleted the wrong volume", "I should have looked",
		"ana didn't read the runbook", "Mark missed the page", "someone accidentally deployed it", "he misread the graph",
	} {
		if !blames(text, f) {
			t.Errorf("%q stops at a person and is not seen", text)
		}
	}
	for _, text := range []string{
		"two people reviewed it, both looked at the syntax", "the alert missed one country", "the cron job failed twice",
		"nobody owns the runbook", "we did not test fail-over", "the deploy tool asks for no second pair of eyes",
		"bo was alone on call for nine days", "marking a region as drained failed", "the user table was deleted by the job",
		"humans have to copy the id by hand", "somebody on call had no right to roll back", "the bot broke the loop",
	} {
		if blames(text, f) {
			t.Errorf("%q is taken for blame", text)
		}
	}
}

func TestVagueActions(t *testing.T) {
	for text, want := range map[string]bool{
		"monitoring": true, "better monitoring": true, "more training": true, "be more careful": true, "be careful with config": true,
		"pay attention to alerts": true, "improve communication": true, "never do that again": true, "documentation": true,
		"add an alert per country": false, "monitor the second gateway": false, "write the runbook": false,
		"train two more people to roll back": false, "improve the alert: page per country": false, "document how to fail over": false,
		"remove the monitoring of the old gateway": false, "better page per country than per continent": false,
	} {
		if got := vague.MatchString(text); got != want {
			t.Errorf("%q: vague is %v", text, got)
		}
	}
}

func TestSeverityWords(t *testing.T) {
	for word, want := range map[string]int{
		"sev1": 1, "SEV2": 2, "sev=3": 3, "sev-4": 4, "sev:5": 5, "sev0": 0, "sev6": 0, "sev": 0, "several": 0, "1": 0, "sev11": 0, "sev1x": 0,
	} {
		n, ok := severityWord(word)
		if (want > 0) != ok || (ok && n != want) {
			t.Errorf("%q is %d, %v", word, n, ok)
		}
	}
}

// Whatever changes what the report says takes an approval back; what does not leaves it.
func TestApprovalIsOfWhatWasRead(t *testing.T) {
	approved := func() Subject {
		s := tell(wholeReview(9), "32.0", 32, "U2", "about 9k carts")
		s = tell(s, "72.0", 72, "U2", "add an alert per country <@U2>")
		r := s.State.(*Review)
		r.Severity, r.Stage = 1, StageDraft
		r.Approved = []Approval{{Who: "U2", Draft: r.fingerprint(testFacts())}}
		return s
	}
	click := func(verb, value string, fields ...Field) Event {
		kind := Clicked
		if len(fields) > 0 {
			kind = Submitted
		}
		return Event{Key: testWorkspace + "/click/" + verb, Kind: kind, Who: "U1", At: minute(90), Where: testThread, Verb: verb, Value: value, Fields: fields}
	}
	for name, c := range map[string]struct {
		e    Event
		kept bool
	}{
		"an edit":          {edit("32.0", 32, 91, "U2", "about 19k carts"), false},
		"a new answer":     {said("91.0", 91, "U2", "4: 41 tickets"), false},
		"a deletion":       {Event{Key: testWorkspace + "/gone/32.0", Kind: Deleted, At: minute(91), MessageAt: minute(32), Where: testThread, Message: message("32.0")}, false},
		"a due date":       {click("fill", "", Field{"due 1", "12 may"}), false},
		"a title":          {click("words", "", Field{"title", "Another"}), false},
		"talk":             {said("91.0", 91, "U2", "thanks!"), true},
		"the same words":   {edit("32.0", 32, 91, "U2", "about 9k carts"), true},
		"async":            {click("live", "off"), true},
		"another severity": {click("severity", "", Field{"severity", "2"}), false},
	} {
		s, _ := Step(approved(), c.e, testFacts())
		if kept := len(s.State.(*Review).approved(testFacts())) > 0; kept != c.kept {
			t.Errorf("after %s the approval holds: %v", name, kept)
		}
	}
}

// What comes while a version is being filed is not in it unread: it waits, and is a change since.
func TestWhatComesWhileAVersionIsFiled(t *testing.T) {
	s := tell(wholeReview(9), "32.0", 32, "U2", "about 9k carts")
	s.State.(*Review).Stage = StageDraft
	publish := Event{Key: testWorkspace + "/click/publish", Kind: Clicked, Who: "U1", At: minute(100), Where: testThread, Verb: "publish"}
	s, effects := Step(s, publish, testFacts())
	at := slices.IndexFunc(effects, func(e Effect) bool { return e.Kind == Keep })
	if at < 0 {
		t.Fatal("nothing is filed")
	}
	s, _ = Step(s, edit("32.0", 32, 101, "U2", "about 19k carts"), testFacts())
	s, _ = Step(s, said("102.0", 102, "U1", "4: and 41 tickets"), testFacts())
	row, err := Row(s, effects[at], testFacts())
	if err != nil || strings.Contains(string(row), "19k") || strings.Contains(string(row), "41 tickets") || !strings.Contains(string(row), "9k carts") {
		t.Fatalf("what is filed is %s, %v", row, err)
	}
	filed := Event{Key: testWorkspace + "/filed", Kind: Filed, At: minute(103), Value: effects[at].Key}
	if needs := StepNeeds(s, filed, testFacts()); !slices.Contains(needs.Kept, filed.Value) {
		t.Errorf("what was filed is not read, so that nobody can tell what changed since: %v", needs.Kept)
	}
	f := testFacts()
	f.Kept = map[string][]byte{effects[at].Key: row}
	s, _ = Step(s, filed, f)
	r := s.State.(*Review)
	if r.Stage != StagePublished || len(r.Later) != 0 || r.Changes != 2 {
		t.Errorf("it is %s with %d changes, and %d wait", r.Stage, r.Changes, len(r.Later))
	}
	if i := r.heardIndex("32.0"); r.Heard[i].Text != "about 19k carts" {
		t.Errorf("the edit is lost: %q", r.Heard[i].Text)
	}
}

// Only whoever said something can put it in other words.
func TestOnlyTheirOwnWords(t *testing.T) {
	s := tell(wholeReview(5), "42.0", 42, "U2", "human error")
	rewrite := func(who string) Event {
		return Event{
			Key: testWorkspace + "/form/" + who, Kind: Submitted, Who: who, At: minute(50), Where: testThread, Verb: "rewrite", Value: "1",
			Fields: []Field{{"text", "the tool asks nobody"}},
		}
	}
	s, _ = Step(s, rewrite("U1"), testFacts())
	if got := s.State.(*Review).Heard[0].Text; got != "human error" {
		t.Errorf("somebody else made it %q", got)
	}
	s, _ = Step(s, rewrite("U2"), testFacts())
	if got := s.State.(*Review).Heard[0].Text; got != "the tool asks nobody" {
		t.Errorf("it is still %q", got)
	}
}

// A judgement is of the words: it stays when only the beginning of them is kept, and goes when they are others.
func TestWordsAreJudgedOnce(t *testing.T) {
	s := tell(wholeReview(4), "32.0", 32, "U2", "("+strings.Repeat("so sorry about that, about 9k carts ", 12))
	if h := s.State.(*Review).Heard[0]; h.Judged != "impact -" || len(h.Text) != talkRunes || h.Noted {
		t.Errorf("it is judged %q, and %d characters are kept", h.Judged, len(h.Text))
	}
	s, _ = Step(s, edit("32.0", 32, 33, "U2", "about 9k carts"), testFacts())
	if h := s.State.(*Review).Heard[0]; !h.Noted || h.Judged != "impact +" {
		t.Errorf("after the edit it is judged %q", h.Judged)
	}
}

// One button of a question is what most people want next: what confirms the guesses while nobody has said anything, else
// [Next]. What answers the question stands above what goes on from it.
func TestAQuestionHasOneFirstButton(t *testing.T) {
	s := wholeReview(2)
	r := s.State.(*Review)
	f := testFacts()
	r.Sources = []Source{{Channel: r.Home.Channel, From: noon.Add(-time.Hour)}}
	for i, text := range []string{"the checkout fails", "rolled back, all green"} {
		at := noon.Add(time.Duration(i) * time.Minute)
		f.Subjects = append(f.Subjects, Subject{
			ID: fmt.Sprint(testWorkspace, "/event/", i), At: at,
			State: &TimelineEvent{Number: i + 1, Where: r.Home, Hand: "U1", Who: "U1", Text: text, Time: at},
		})
	}
	first := func() (labels []string) {
		body, _ := Render(s, Effect{Kind: Post, View: "question", Args: []string{"2"}}, f)
		for _, row := range body.Controls {
			for _, c := range row {
				if c.Primary {
					labels = append(labels, c.Label)
				}
			}
		}
		return append(labels, body.Controls[0][0].Label)
	}
	if got, want := first(), []string{"That's right", "That's right"}; !slices.Equal(got, want) {
		t.Errorf("guessed, the first buttons are %q, want %q", got, want)
	}
	s = tell(s, "m1", 15, "U2", "2: eased 12:01")
	if got := first(); got[0] != "Next" || len(got) != 2 {
		t.Errorf("answered, the first buttons are %q", got)
	}
}

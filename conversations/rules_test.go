package conversations

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const testWorkspace = "slack/T1"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }

var testThread = Place{Workspace: testWorkspace, Channel: "C1", Thread: "1.0"}

// testFacts knows everybody by a name, all in UTC and in the channel.
func testFacts() Facts {
	return Facts{
		Now: minute(500), Zone: time.UTC,
		People: map[string]Person{
			"U1": {ID: "U1", Name: "ana", Zone: "UTC", Active: true}, "U2": {ID: "U2", Name: "bo", Zone: "UTC", Active: true},
		},
		Sees: map[Sees]bool{{"U1", testThread.Root()}: true, {"U2", testThread.Root()}: true},
	}
}

// openReview is a review whose card and first question are there.
func openReview() Subject {
	r := &Review{
		Number: 1, Title: "Broken", Tiny: true, Stage: StageOpen, Facilitator: "U1", Started: noon, Home: testThread.Root(), Thread: testThread,
		Card: MessageRef{testWorkspace, "C1", "1.0"}, Asked: []Asked{{Question: 1, Message: MessageRef{testWorkspace, "C1", "2.0"}}},
		Focus: []Focus{{Question: 1, From: minute(1)}},
	}
	return Subject{ID: testWorkspace + "/review/cmd/1", Rev: 1, V: Version, State: r}
}

func message(id string) MessageRef { return MessageRef{testWorkspace, "C1", id} }

func said(id string, at int, who, text string) Event {
	m := message(id)
	return Event{Key: m.Key(), Kind: Said, At: minute(at), Where: testThread, Who: who, Message: m, MessageAt: minute(at), Text: text}
}

func edited(id string, posted, at int, text string) Event {
	e := said(id, posted, "U2", text)
	e.Key, e.Kind, e.At = fmt.Sprintf("%s/edit/%s/%d", testWorkspace, id, at), Edited, minute(at)
	return e
}

func marked(id string, at int, who, emoji string, on bool) Event {
	return Event{
		Key: fmt.Sprintf("%s/react/%s/%d/%s/%v", testWorkspace, id, at, emoji, on), Kind: Reacted, At: minute(at),
		Where: testThread.Root(), Who: who, Message: message(id), Emoji: emoji, On: on,
	}
}

// Whatever order replies, edits, deletions, marks and our own posts become known in, the same answers come out.
func TestAnswersDoNotDependOnTheOrderOfArrival(t *testing.T) {
	gone := said("12.0", 12, "U2", "")
	gone.Key, gone.Kind, gone.At = testWorkspace+"/gone/12.0", Deleted, minute(40)
	events := []Event{
		said("10.0", 10, "U2", "about 12k carts"), edited("10.0", 10, 15, "about 9k carts"), edited("10.0", 10, 14, "about 10k carts"),
		said("11.0", 11, "U1", "41 tickets"), said("12.0", 12, "U2", "never mind"), gone,
		said("13.0", 13, "U2", "lunch?"), marked("13.0", 14, "U1", markLeave, true), marked("13.0", 15, "U2", markTake, true),
		marked("13.0", 16, "U2", markTake, false),
		said("14.0", 14, "U1", "2: nobody had read the manual"), said("31.0", 31, "U2", "the config went everywhere at once"),
		{
			Key: testWorkspace + "/result/q2", Kind: Sent, At: minute(30), Slot: "question 2", Where: Place{Workspace: testWorkspace},
			Result: Result{Message: message("30.0"), Thread: testThread, At: minute(30)},
		},
	}
	var want string
	for seed := range uint64(300) {
		order := slices.Clone(events)
		if seed > 0 {
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		s := openReview()
		r := s.State.(*Review)
		r.Asked = append(r.Asked, Asked{Question: 2}) // asked, its message is on its way
		for _, e := range order {
			s, _ = Step(s, e, testFacts())
		}
		var got strings.Builder
		for _, a := range r.answers() {
			fmt.Fprintf(&got, "%s %d %v %q\n", a.ID, a.Question, a.Taken, a.Body)
		}
		if seed == 0 {
			want = got.String()
			t.Log("\n" + want)
		}
		if got.String() != want {
			t.Fatalf("seed %d: in the order %v came out\n%s\nnot\n%s", seed, keys(order), got.String(), want)
		}
	}
	for _, line := range []string{
		`10.0 1 true "about 9k carts"`, `12.0 1 false ""`, `13.0 1 false "lunch?"`, `14.0 2 true "nobody had read the manual"`,
		`31.0 2 true "the config went everywhere at once"`,
	} {
		if !strings.Contains(want, line) {
			t.Errorf("the answers lack %s", line)
		}
	}
}

func keys(events []Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.Key)
	}
	return all
}

// The same event gives effects of the same ids, so a step that is done again sends nothing twice.
func TestEffectIDsAreNatural(t *testing.T) {
	_, first := Step(openReview(), said("10.0", 10, "U2", "about 9k carts"), testFacts())
	_, again := Step(openReview(), said("10.0", 10, "U2", "about 9k carts"), testFacts())
	_, other := Step(openReview(), said("11.0", 10, "U2", "about 9k carts"), testFacts())
	if len(first) == 0 || len(first) != len(again) {
		t.Fatalf("%d and %d effects", len(first), len(again))
	}
	for i := range first {
		if first[i].ID != again[i].ID || first[i].ID == other[i].ID || len(first[i].ID) > 25 {
			t.Errorf("ids %s, %s, %s", first[i].ID, again[i].ID, other[i].ID)
		}
	}
}

func TestEmojiAreFolded(t *testing.T) {
	for in, want := range map[string]string{
		"pushpin": "📌", "📌": "📌", "round_pushpin": "📍", "memo": "📝", "❌": "❌", "x": "❌", "⚠️": "⚠", "warning": "⚠",
		"thumbsup::skin-tone-3": "👍", "white_check_mark": "✅", "party_parrot::skin-tone-3": "party_parrot", "👍🏽": "👍", "pushpin:123456": "pushpin:123456", "party": "party",
	} {
		if got := Emoji(in); got != want {
			t.Errorf("Emoji(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestActionLines(t *testing.T) {
	monday := noon // 2 March 2026
	for _, c := range []struct{ line, text, owner, priority, due string }{
		{"alert per country <@U2> p1 fri", "alert per country", "U2", "p1", "2026-03-06"},
		{"- alert per country, p2 <@U2> by friday", "alert per country", "U2", "p2", "2026-03-06"},
		{"1. fix friday job", "fix friday job", "", "", ""},
		{"<@U2> writes the runbook", "writes the runbook", "U2", "", ""},
		{"write it 2026-04-30 P3", "write it", "", "p3", "2026-04-30"},
		{"p1", "", "", "p1", ""},
		{"call <@U2> and <@U1>", "call <@U2> and", "U1", "", ""},
	} {
		a := parseAction(c.line, monday)
		due := a.due.String()
		if a.due.IsZero() {
			due = ""
		}
		if a.text != c.text || a.owner != c.owner || a.priority != c.priority || due != c.due {
			t.Errorf("%q is read as %+v, due %q", c.line, a, due)
		}
	}
}

func TestSettingsRefuseOverlap(t *testing.T) {
	for _, c := range []struct{ rest, problem string }{
		{"pins 📌 🧷", ""},
		{"pins :pushpin: :round_pushpin:", ""},
		{"pins 🎯", "cannot be both"},
		{"ideas 📌", "cannot be both"},
		{"pins 📝", "already has a meaning"},
		{"ideas ❌", "already has a meaning"},
		{"pins ⚠️", "already has a meaning"},
		{"zone Europe/Berlin", ""},
		{"zone Local", "do not know the zone"},
		{"zone", "What should `zone` be"},
		{"colour red", "no setting of that name"},
	} {
		_, problem := Settings{}.change(c.rest)
		if (problem == "") != (c.problem == "") || !strings.Contains(problem, c.problem) {
			t.Errorf("settings %s: %q", c.rest, problem)
		}
	}
}

// Chatter is forgotten without a look into the store, and so acknowledged while it is away.
func TestChatterConcernsNobody(t *testing.T) {
	for _, e := range []Event{
		{Kind: Said, Where: testThread.Root(), Text: "hello"},
		{Kind: Reacted, Where: testThread.Root(), Emoji: "👍", On: true, Message: message("1.0")},
	} {
		r := Route(e, Settings{})
		subjects, _ := r.Subjects(e, Settings{}, nil)
		if r.AtOnce || r.Check || len(r.Addresses) > 0 || len(subjects) > 0 {
			t.Errorf("%s is routed as %+v to %v", e.Kind, r, subjects)
		}
	}
}

// No two commands can be taken for one another, each has help, and each that concerns a subject is routed to it.
func TestCommandTable(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Commands {
		if seen[c.Name] || c.Help == "" || c.Name != strings.ToLower(c.Name) {
			t.Errorf("%q", c.Name)
		}
		seen[c.Name] = true
		if typed, ok := ParseCommand(c.Name + " and so on"); !ok || typed.Name != c.Name || typed.Rest != "and so on" {
			t.Errorf("%q is read as %q with %q", c.Name, typed.Name, typed.Rest)
		}
		if c.AtOnce != (c.about == aboutNothing) {
			t.Errorf("%q reads or concerns somebody, one of them", c.Name)
		}
	}
}

func TestStatesHaveTaggedFieldsOnly(t *testing.T) {
	for _, k := range []Kind{KindReview, KindEvent, KindItem, KindNudge, KindPerson, KindWorkspace} {
		if names := FieldNames(k); len(names) == 0 || slices.Contains(names, "") {
			t.Errorf("%s has fields %v", k, names)
		}
	}
}

func FuzzTyped(f *testing.F) {
	for _, s := range []string{"start tiny x", "event a @ 14:05\nb", "timeline at E-1 14:05", "done A-1 x", "answer 4 y", "", "PM-1", "settings pins 📌", "draft PM-0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []EventKind{Commanded, Said} {
			e := Event{
				Key: testWorkspace + "/cmd/1", Kind: kind, At: noon, Where: testThread, Who: "U1", Text: text, Mention: kind == Said,
				Message: message("1.0"),
			}
			r := Route(e, Settings{})
			if r.Check {
				Check(e, testFacts())
			}
			if r.AtOnce {
				Respond(e, testFacts())
				continue
			}
			subjects, _ := r.Subjects(e, Settings{}, nil)
			for _, id := range subjects {
				if KindOf(id) == "" {
					t.Fatalf("%q concerns %q, which is no subject", text, id)
				}
				StepNeeds(Subject{ID: id}, e, testFacts())
				Step(Subject{ID: id}, e, testFacts())
			}
			Step(openReview(), e, testFacts())
		}
	})
}

func FuzzActionLine(f *testing.F) {
	f.Add("alert per country <@U2> p1 fri")
	f.Fuzz(func(t *testing.T, line string) {
		if a := parseAction(line, noon); len(a.text) > len(line) {
			t.Errorf("%q became longer: %q", line, a.text)
		}
	})
}

// A line that says that nothing changes is no action item; one that somebody owns is, however it begins.
func TestChangesNothing(t *testing.T) {
	for line, want := range map[string]bool{
		"nothing, it was a drill":        true,
		"None":                           true,
		"no change, the vendor mends it": true,
		"Nothing may be deployed without a check <@U2>":     false,
		"none of the alerts may page twice: merge them fri": false,
		"notify support": false,
	} {
		if got := changesNothing(line, noon); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

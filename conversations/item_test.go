package conversations

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

var friday = when.NewDate(2026, 1, 16)

// smallTown is a Monday noon with people of whom ana leads the review.
func smallTown(t *testing.T) *town {
	t.Helper()
	w := newTown(t, PresetCompany, Person{ID: "ana", Name: "ana"}, Person{ID: "bo", Name: "bo"}, Person{ID: "kim", Name: "kim"})
	w.people["deploybot"] = Person{ID: "deploybot", Name: "deploybot", Active: true, Bot: true}
	w.people["lee"] = Person{ID: "lee", Name: "lee"} // has left
	return w
}

// line proposes what somebody else wrote down for the owner.
func (w *town) line(n int, by, owner, text string, due when.Date) string {
	id := fmt.Sprintf("%s/item/cmd/1/%d", testWorkspace, n)
	w.take(id, Event{Kind: Told, Verb: "propose", Value: text, Fields: []Field{
		{"owner", owner},
		{"due", due.String()},
		{"review", townReview},
		{"number", "1"},
		{"facilitator", "ana"},
		{"ordinal", fmt.Sprint(n)},
		{"title", "Broken"},
		{"channel", testThread.Channel},
		{"by", by},
	}})
	return id
}

func (w *town) texts(who string) []string {
	var all []string
	for _, m := range w.told {
		if m.who == who {
			all = append(all, m.text)
		}
	}
	return all
}

func TestAnItemTakesWhatTheReviewSays(t *testing.T) {
	w := smallTown(t)
	i := w.item(w.propose(1, "kim", "alert per country", friday))
	if i.State != ItemAccepted || i.Aim != "detect" || i.Test != "the alert fires" || fmt.Sprint(i.Causes) != "[w2 w4]" || i.PM != 1 || i.Ordinal != 1 {
		t.Errorf("%+v", i)
	}
	i = w.item(w.line(2, "kim", "kim", "test the roll-back", friday))
	if i.Aim != "" || i.Test != "" || len(i.Causes) != 0 {
		t.Errorf("what is absent is %+v", i)
	}
}

func TestWhoIsAskedAndWhoIsNot(t *testing.T) {
	for _, c := range []struct {
		by, owner string
		state     ItemState
		holder    string
		asked     int // messages about it to the owner, by the evening
	}{
		{"kim", "kim", ItemAccepted, "kim", 0},
		{"bo", "ana", ItemAccepted, "ana", 0}, // she leads the review
		{"bo", "kim", ItemProposed, "kim", 1},
		{"bo", "lee", ItemOrphaned, "ana", 0},
		{"bo", "deploybot", ItemOrphaned, "ana", 0},
		{"bo", "stranger", ItemOrphaned, "ana", 0},
	} {
		w := smallTown(t)
		id := w.line(1, c.by, c.owner, "alert per country", friday)
		w.pass(w.now.Add(5 * time.Hour))
		i := w.item(id)
		if i.State != c.state || i.Holder != c.holder || len(w.texts(c.owner)) != c.asked {
			t.Errorf("%s wrote it down for %s: %s, reminded is %q, asked %d times", c.by, c.owner, i.State, i.Holder, len(w.texts(c.owner)))
		}
	}
}

// An edit of the line's words brings back neither the date nor the owner that it had.
func TestAnEditedLineDoesNotUndoWhatPeopleDid(t *testing.T) {
	w := smallTown(t)
	id := w.propose(1, "kim", "alert per country", friday)
	w.do("kim", "due", "30 jan", id)
	w.do("kim", "give", "<@bo>", id)
	w.do("bo", "accept", "", id)
	w.propose(1, "kim", "alert for each country", friday)
	i := w.item(id)
	if i.Text != "alert for each country" || i.Owner != "bo" || i.Due != when.NewDate(2026, 1, 30) || i.State != ItemAccepted {
		t.Errorf("%+v", i)
	}
	w.propose(1, "kim", "alert for each country", friday.AddDays(3)) // now the line says another date
	if i := w.item(id); i.Due != friday.AddDays(3) || i.Owner != "bo" {
		t.Errorf("%+v", i)
	}
}

func TestAWithdrawnItemComesBackAsItWas(t *testing.T) {
	w := smallTown(t)
	id := w.propose(1, "kim", "alert per country", friday)
	number := w.item(id).Number
	w.do("kim", "keep", "", id)
	w.take(id, Event{Kind: Told, Verb: "withdraw"})
	if i := w.item(id); i.State != ItemWithdrawn || i.Holder != "" || !w.subjects[id].Due.IsZero() {
		t.Fatalf("%+v", i)
	}
	w.propose(1, "kim", "alert per country", friday)
	if i := w.item(id); i.State != ItemProgress || i.Number != number || i.Owner != "kim" {
		t.Errorf("%+v", i)
	}
}

func TestAClosedItemStays(t *testing.T) {
	for _, verb := range []string{"done", "wontdo"} {
		w := smallTown(t)
		id := w.propose(1, "kim", "alert per country", friday)
		w.do("kim", verb, "merged in #4411", id)
		state := w.item(id).State
		w.take(id, Event{Kind: Told, Verb: "withdraw"})
		w.propose(1, "bo", "something else", friday.AddDays(3))
		w.pass(w.now.AddDate(0, 2, 0))
		if i := w.item(id); i.State != state || i.Reason != "merged in #4411" || i.Text != "alert per country" {
			t.Errorf("%+v", i)
		}
		if len(w.told) > 0 {
			t.Errorf("%q was said about what is closed", w.told[0].text)
		}
	}
}

// Everything somebody can do can be taken back, once, by them and by whoever leads the review.
func TestUndo(t *testing.T) {
	for _, d := range []deed{
		{"done", "merged"}, {"wontdo", "no use"}, {"later", "a week"}, {"due", "30 jan"}, {"give", "<@bo>"}, {"back", ""}, {"keep", ""},
	} {
		for _, who := range []string{"kim", "ana"} {
			w := smallTown(t)
			id := w.propose(1, "kim", "alert per country", friday)
			before := *w.item(id).before("", Event{})
			w.now = w.now.Add(time.Hour)
			w.do("kim", d.verb, d.arg, id)
			w.do("kim", d.verb, d.arg, id) // pressed twice
			w.do("bo", "undo", "", id)     // is not theirs
			w.do(who, "undo", "", id)
			i := w.item(id)
			if got := *i.before("", Event{}); got != before || i.Reason != "" || i.By != "" || !i.Closed.IsZero() || !i.State.open() {
				t.Errorf("%s, undone by %s: %+v, was %+v", d.verb, who, got, before)
			}
			w.do(who, "undo", "", id)
			if got := *w.item(id).before("", Event{}); got != before {
				t.Errorf("%s, undone twice: %+v, was %+v", d.verb, got, before)
			}
		}
	}
}

func TestHistoryHasAnEnd(t *testing.T) {
	w := smallTown(t)
	id := w.propose(1, "kim", "alert per country", friday)
	for range 150 {
		w.do("kim", "keep", "", id)
		w.do("kim", "undo", "", id)
	}
	h := w.item(id).History
	if len(h) != historyCap || h[0].What == "proposed" || h[historyCap-1].What != "undo" || h[historyCap-1].Who != "kim" {
		t.Errorf("%d entries, the last %+v", len(h), h[len(h)-1])
	}
}

// The platform refuses the message: what it was about goes to whoever leads the review, and nothing counts as sent.
func TestARefusedMessageCountsAsNothing(t *testing.T) {
	w := smallTown(t)
	asked := w.line(1, "bo", "kim", "alert per country", friday)
	w.propose(2, "kim", "test the roll-back", friday)
	w.away = true
	w.pass(time.Date(2026, 1, 5, 17, 0, 0, 0, time.UTC))
	if i := w.item(asked); !i.Lapsed || i.Holder != "ana" {
		t.Errorf("nobody could ask kim: %+v", i)
	}
	for _, id := range []string{weeklyID(testWorkspace, "kim", when.NewDate(2026, 1, 13)), personID(testWorkspace, "kim")} {
		w.pass(time.Date(2026, 1, 19, 12, 0, 0, 0, time.UTC))
		switch s := w.subjects[id].State.(type) {
		case *Nudge:
			if s.Message.ID != "" || s.Answered {
				t.Errorf("a message that was refused counts as sent: %+v", s)
			}
		case *PersonState:
			t.Errorf("and as ignored: %+v", s)
		}
	}
	w.away = false
	w.pass(time.Date(2026, 1, 20, 12, 0, 0, 0, time.UTC))
	if got := w.texts("kim"); len(got) != 1 || !strings.Contains(got[0], "test the roll-back") {
		t.Errorf("afterwards kim hears %q", got)
	}
	if got := w.texts("ana"); len(got) != 1 || !strings.Contains(got[0], "@kim has not said yes") {
		t.Errorf("ana hears %q", got)
	}
}

// Everything for a person in a week goes into one message.
func TestOneMessageCarriesEverything(t *testing.T) {
	w := smallTown(t)
	w.subjects[townReview] = Subject{ID: townReview, Rev: 1, V: Version, State: &Review{
		Number: 1, Title: "Broken", Stage: StageOpen, Facilitator: "ana", Home: testThread.Root(), Card: message("1.0"),
	}}
	o := &out{subject: townReview, event: Event{Key: testWorkspace + "/cmd/1", At: w.now}}
	f := w.facts(func(Facts) Needs { return Needs{} })
	o.weekly("kim", f, "weekly question", townReview, Field{"question", "2"}, Field{"by", "2026-01-08"})
	o.weekly("kim", f, "weekly note", townReview, Field{"text", "Two answers wait to be sorted."})
	o.weekly("kim", f, "weekly note", townReview, Field{"text", "Two answers wait to be sorted."}) // said twice
	for _, ef := range o.effects {
		w.take(ef.Tell.Subject, *ef.Tell)
	}
	w.propose(1, "kim", "alert per country", when.NewDate(2026, 1, 5))
	w.item(w.propose(2, "kim", "test the roll-back", friday)).Touched = w.now
	w.now = time.Date(2026, 1, 5, 13, 0, 0, 0, time.UTC)
	w.pass(time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC))
	got := w.texts("kim")
	if len(got) != 1 || strings.Count(got[0], "Two answers wait") != 1 || !strings.Contains(got[0], "Broken waits for you: 2 · ") ||
		!strings.Contains(got[0], "by Thu 8 Jan 2026") {
		t.Fatalf("%q", got)
	}
	if strings.Contains(got[0], "alert per country") { // it was touched yesterday
		t.Errorf("%q", got[0])
	}
}

// A pause ends by itself, and what came up meanwhile is not lost.
func TestAPauseKeepsWhatIsToBeSettled(t *testing.T) {
	w := smallTown(t)
	w.take(personID(testWorkspace, "ana"), Event{Kind: Commanded, Who: "ana", Text: "me pause until 27 jan"})
	w.line(1, "bo", "lee", "alert per country", when.NewDate(2026, 6, 1))
	w.pass(time.Date(2026, 1, 26, 12, 0, 0, 0, time.UTC))
	if got := w.texts("ana"); len(got) != 0 {
		t.Fatalf("during the pause: %q", got)
	}
	w.pass(time.Date(2026, 1, 27, 12, 0, 0, 0, time.UTC))
	if got := w.texts("ana"); len(got) != 1 || !strings.Contains(got[0], "@lee has left") {
		t.Errorf("afterwards: %q", got)
	}
}

func TestNobodySpeaksForSomebodyElse(t *testing.T) {
	w := smallTown(t)
	for _, verb := range []string{"me pause", "me digest", "me resume"} {
		w.take(personID(testWorkspace, "kim"), Event{Kind: Clicked, Who: "bo", Verb: verb})
	}
	if s, ok := w.subjects[personID(testWorkspace, "kim")]; ok {
		t.Errorf("bo changed what kim hears: %+v", s.State)
	}
}

// A community: nobody is late by name, what is given back is everybody's, and a date is welcome.
func TestInACommunity(t *testing.T) {
	w := newTown(t, PresetCommunity, Person{ID: "ana", Name: "ana"}, Person{ID: "kai", Name: "kai"})
	id := w.propose(1, "kai", "nightly wiki backup test", when.Date{})
	w.pass(time.Date(2026, 1, 17, 12, 0, 0, 0, time.UTC))
	got := w.texts("kai")
	if len(got) != 1 || !strings.Contains(got[0], "still up for this? No hurry.") || strings.Contains(got[0], "late") {
		t.Fatalf("%q", got)
	}
	if at := w.told[0].at; at.Weekday() != time.Saturday || at.Hour() != 11 {
		t.Errorf("said at %s", at)
	}
	w.do("kai", "back", "", id)
	w.pass(time.Date(2026, 3, 17, 12, 0, 0, 0, time.UTC))
	if len(w.told) != 1 || w.item(id).Holder != "" {
		t.Errorf("%q was said about what is everybody's", w.told[len(w.told)-1].text)
	}
	w.do("ana", "take", "", id)
	if i := w.item(id); i.Owner != "ana" || i.State != ItemAccepted {
		t.Errorf("%+v", i)
	}
}

// The commands about items and the buttons name the same things.
func TestEveryDeedIsACommand(t *testing.T) {
	n := 0
	for _, c := range Commands {
		if !forItem(c) {
			continue
		}
		n++
		w := smallTown(t)
		id := w.propose(1, "kim", "alert per country", friday)
		arg := map[string]string{"give": "<@bo>", "later": "a week", "due": "a week"}[c.Name]
		if arg == "" {
			arg = "words"
		}
		for _, e := range []Event{
			{Kind: Commanded, Who: "kim", Text: c.Name + " A-1 " + arg},
			{Kind: Said, Mention: true, Who: "kim", Text: c.Name + " A-1 " + arg},
			{Kind: Clicked, Who: "kim", Verb: c.Name, Value: arg},
			{Kind: Submitted, Who: "kim", Verb: c.Name, Fields: []Field{{"text", arg}}},
		} {
			e.Key, e.At, e.Where = testWorkspace+"/cmd/9", w.now, testThread.Root()
			s := w.subjects[id]
			_, effects := Step(s, e, w.facts(func(f Facts) Needs { return StepNeeds(s, e, f) }))
			answered := false
			for _, ef := range effects {
				answered = answered || ef.Kind == Reply
			}
			if !answered {
				t.Errorf("%s, %s: no answer", c.Name, e.Kind)
			}
		}
	}
	if n != 12 {
		t.Errorf("%d commands are about items", n)
	}
}

// A question that was closed since it was handed to somebody is not asked of them any more.
func TestAClosedQuestionIsNotAskedOfAnybody(t *testing.T) {
	w := smallTown(t)
	w.subjects[townReview] = Subject{ID: townReview, Rev: 1, V: Version, State: &Review{
		Number: 1, Title: "Broken", Stage: StageOpen, Facilitator: "ana", Home: testThread.Root(), Closed: []Closed{{Question: 2}},
	}}
	o := &out{subject: townReview, event: Event{Key: testWorkspace + "/cmd/1", At: w.now}}
	o.weekly("kim", w.facts(func(Facts) Needs { return Needs{} }), "weekly question", townReview, Field{"question", "2"})
	w.take(o.effects[0].Tell.Subject, *o.effects[0].Tell)
	w.pass(w.now.AddDate(0, 0, 7))
	if len(w.told) > 0 {
		t.Errorf("kim is told %q", w.told[0].text)
	}
}

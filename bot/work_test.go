package bot

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

func TestDrainOfNothing(t *testing.T) {
	w := newWorld(t)
	w.drain()
	if err := w.bot.Tick(t.Context(), noon); err != nil {
		t.Error(err)
	}
}

func TestAPinIsKept(t *testing.T) {
	w := newWorld(t)
	w.chat.messages["m1"] = snapshot("m1", "checkout is down", "ANA")
	w.handle(pinned("m1", "ANA"))
	w.drain()
	w.clips("📎 true on m1")
	s, err := w.store.Load(t.Context(), conversations.EventID(message("m1")))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.State.(*conversations.TimelineEvent).Text; got != "checkout is down" {
		t.Errorf("kept %q", got)
	}
	if h := w.health(); h.New+h.Effects+h.Dead > 0 {
		t.Errorf("left over: %+v", h)
	}
}

// A reaction storm costs one fetch for each spacing of the slot.
func TestAStormOfReactionsIsFetchedOnce(t *testing.T) {
	w := newWorld(t)
	w.chat.messages["m1"] = snapshot("m1", "checkout is down", "ANA")
	for i := range 100 {
		w.handle(pinned("m1", fmt.Sprint("U", i)))
	}
	w.drain()
	if w.chat.fetched != 1 {
		t.Errorf("fetched %d times", w.chat.fetched)
	}
}

func TestACrashBetweenSaveAndFinishIsRecognised(t *testing.T) {
	w := newWorld(t)
	w.chat.messages["m1"] = snapshot("m1", "checkout is down", "ANA")
	w.handle(pinned("m1", "ANA"))
	w.store.finish = once(storage.ErrUnavailable)
	if err := w.bot.Drain(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("drain says %v", err)
	}
	w.restart()
	saves := 0
	w.store.save = func(s conversations.Subject) error {
		if conversations.KindOf(s.ID) == conversations.KindEvent {
			saves++
		}
		return nil
	}
	w.drainFor(storage.LeaseTTL)
	w.clips("📎 true on m1")
	if saves != 1 { // of the fetched message; the pin was saved before
		t.Errorf("saved %d times more", saves)
	}
}

func TestAConflictIsSteppedAgain(t *testing.T) {
	w := newWorld(t)
	w.chat.messages["m1"] = snapshot("m1", "checkout is down", "ANA")
	failing := once(storage.ErrConflict)
	w.store.save = func(conversations.Subject) error { return failing() }
	w.handle(pinned("m1", "ANA"))
	w.drain()
	w.clips("📎 true on m1")
}

func TestConflictsWithoutEndDoNotSpin(t *testing.T) {
	w := newWorld(t)
	w.store.save = func(conversations.Subject) error { return storage.ErrConflict }
	w.handle(pinned("m1", "ANA"))
	w.drain()
	if h := w.health(); h.New != 1 {
		t.Errorf("rows that wait: %d, want 1", h.New)
	}
}

func over() conversations.Event {
	return conversations.Event{
		Key: workspace + "/click/1", Kind: conversations.Clicked, At: noon, Who: "ANA", Verb: "over", Subject: review,
		Where: conversations.Place{Workspace: workspace, Channel: "C1"},
	}
}

// rows puts events into the inbox for the review, all in one lane.
func (w *world) rows(events ...conversations.Event) {
	w.t.Helper()
	for _, e := range events {
		if err := w.store.Accept(w.t.Context(), storage.Row{Subject: review, Lane: "lane", Event: e}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestARowThatPanicsDiesAndTheOthersGoOn(t *testing.T) {
	w := newWorld(t)
	w.store.number = func() (int, error) { panic("what Ana said") } // only [Over] asks for a number
	w.knows("ANA")
	w.asks()
	w.rows(said("m1", "t", "first"), over(), said("m2", "t", "second"))
	tries := 0
	for w.health().Dead == 0 && tries < 10 {
		if _, err := w.bot.workOnce(t.Context(), "w"); err != nil {
			t.Fatal(err)
		}
		tries++
	}
	if tries != panicsAtMost {
		t.Errorf("tried %d times", tries)
	}
	w.drain()
	s, err := w.store.Load(t.Context(), review)
	if err != nil {
		t.Fatal(err)
	}
	if heard := s.State.(*conversations.Review).Heard; len(heard) != 2 {
		t.Errorf("heard %d replies, want both", len(heard))
	}
	dead, err := w.store.Dead(t.Context(), 10)
	if err != nil || len(dead) != 1 || dead[0].Event.Key != over().Key || !strings.HasPrefix(dead[0].Error, "panic in bot.") {
		t.Errorf("dead: %+v, %v", dead, err)
	}
	if strings.Contains(w.log.String(), "Ana said") || strings.Contains(dead[0].Error, "Ana said") {
		t.Errorf("what people wrote is told:\n%s", w.log)
	}
	if n := len(w.chat.sent); n != 1 || w.chat.sent[0].Person != "ANA" {
		t.Errorf("%d messages, want one to the person whose click died", n)
	}
}

func TestTroubleIsTriedForEver(t *testing.T) {
	w := newWorld(t)
	w.asks()
	w.rows(over())
	down := true
	w.store.number = func() (int, error) {
		if down {
			return 0, storage.ErrUnavailable
		}
		return 1, nil
	}
	for range 10 {
		if err := w.bot.Drain(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("drain says %v", err)
		}
		w.drain() // the lane rests
		w.clock.wind(troubleRest)
	}
	down = false
	w.drain()
	if h := w.health(); h.New+h.Dead > 0 {
		t.Errorf("left over: %+v", h)
	}
}

func TestRowsOfANewerSubjectWait(t *testing.T) {
	w := newWorld(t)
	w.asks()
	s, _ := w.store.Load(t.Context(), review)
	s.V = conversations.Version + 1
	if err := w.store.Save(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	w.rows(said("m1", "t", "first"))
	other := storage.Row{Subject: workspace + "/review/r2", Lane: "lane", Event: said("m9", "t", "other")}
	if err := w.store.Accept(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	w.drainFor(time.Minute)
	h := w.health()
	if h.New != 1 || h.Dead > 0 {
		t.Errorf("waiting %d, dead %d; want the one row to wait and the other one done", h.New, h.Dead)
	}
}

func TestALaneThatIsLostIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.knows("ANA")
	w.asks()
	var rows []conversations.Event
	for i := range 3 {
		rows = append(rows, said(fmt.Sprint("m", i), "t", "words"))
	}
	w.rows(rows...)
	stolen := false
	w.store.save = func(conversations.Subject) error {
		if !stolen {
			stolen = true
			w.clock.wind(storage.LeaseTTL)
			if _, err := w.store.Claim(t.Context(), "another"); err != nil {
				t.Fatal(err)
			}
			return storage.ErrConflict
		}
		return nil
	}
	if did, err := w.bot.workOnce(t.Context(), "w"); !did || err != nil {
		t.Fatalf("%v, %v", did, err)
	}
	if h := w.health(); h.New != 3 {
		t.Errorf("%d rows wait, want all three", h.New)
	}
	if did, _ := w.bot.workOnce(t.Context(), "w"); did {
		t.Error("the lane was given back, though another holds it")
	}
}

func TestSupersededEffectsAreNotSaved(t *testing.T) {
	e := func(id, slot string) conversations.Effect { return conversations.Effect{ID: id, Slot: slot} }
	var got []string
	for _, left := range newest([]conversations.Effect{e("1", "card"), e("2", ""), e("3", "card"), e("4", ""), e("5", "fetch")}) {
		got = append(got, left.ID)
	}
	if strings.Join(got, "") != "2345" {
		t.Errorf("left %v", got)
	}
}

func TestAppliedKeepsTheLast(t *testing.T) {
	var applied []int64
	for i := range appliedAtMost + 10 {
		applied = remember(applied, int64(i))
	}
	if len(applied) != appliedAtMost || applied[0] != 10 || applied[len(applied)-1] != appliedAtMost+9 {
		t.Errorf("%d hashes from %d to %d", len(applied), applied[0], applied[len(applied)-1])
	}
}

func TestATickMovesItsDue(t *testing.T) {
	w := newWorld(t)
	id := conversations.SettingsID(workspace)
	if err := w.bot.accept(t.Context(), rowFor(conversations.Away(workspace, noon, noon))); err != nil {
		t.Fatal(err)
	}
	w.drainFor(time.Second)
	before, err := w.store.Load(t.Context(), id)
	if err != nil || before.Due.IsZero() {
		t.Fatalf("due %v, %v", before.Due, err)
	}
	if err := w.bot.Tick(t.Context(), before.Due.Add(-time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if s, _ := w.store.Load(t.Context(), id); s.Rev != before.Rev {
		t.Error("ticked before its time")
	}
	if err := w.bot.Tick(t.Context(), before.Due); err != nil {
		t.Fatal(err)
	}
	s, err := w.store.Load(t.Context(), id)
	if err != nil || !s.Due.After(before.Due) {
		t.Errorf("due %v, before %v, %v", s.Due, before.Due, err)
	}
}

func TestATickThatLeavesItsSubjectDueIsADefect(t *testing.T) {
	some := &conversations.Review{}
	for _, c := range []struct {
		s    conversations.Subject
		want bool
	}{
		{conversations.Subject{State: some, Due: noon}, true},
		{conversations.Subject{State: some, Due: noon.Add(-time.Second)}, true},
		{conversations.Subject{State: some, Due: noon.Add(time.Millisecond)}, false},
		{conversations.Subject{State: some}, false},
		{conversations.Subject{Due: noon}, false}, // deleted
	} {
		if got := leftDue(c.s, noon); got != c.want {
			t.Errorf("%+v: %v", c.s, got)
		}
	}
}

// What was stepped before some fact could not be had is saved, or a run in which that happens now and then would begin
// anew for ever.
func TestARunKeepsWhatItHasDone(t *testing.T) {
	w := newWorld(t)
	w.knows("ANA")
	w.asks()
	w.store.number = func() (int, error) { return 0, storage.ErrUnavailable }
	w.rows(said("m1", "t", "first"), over(), said("m2", "t", "second"))
	if err := w.bot.Drain(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("drain says %v", err)
	}
	s, err := w.store.Load(t.Context(), review)
	if err != nil {
		t.Fatal(err)
	}
	if heard := s.State.(*conversations.Review).Heard; len(heard) != 1 {
		t.Errorf("heard %d replies, want the first", len(heard))
	}
	if h := w.health(); h.New != 2 {
		t.Errorf("%d rows wait, want two", h.New)
	}
}

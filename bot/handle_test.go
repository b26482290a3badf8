package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

func said(id, thread, text string) conversations.Event {
	return conversations.Event{
		Key: message(id).Key(), Kind: conversations.Said, At: noon, Who: "ANA", Message: message(id), Text: text,
		Where: conversations.Place{Workspace: workspace, Channel: "C1", Thread: thread},
	}
}

func TestChatterNeverAsksTheStore(t *testing.T) {
	b := New(Options{}) // without a store, any question panics
	if _, err := b.Handle(t.Context(), said("m1", "", "lunch?")); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotSavedIsNotAcknowledged(t *testing.T) {
	w := newWorld(t)
	w.store.accept = func(...storage.Row) error { return storage.ErrUnavailable }
	if _, err := w.bot.Handle(t.Context(), pinned("m1", "ANA")); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("handle says %v", err)
	}
}

func TestAPanicOfTheRulesIsAnError(t *testing.T) {
	w := newWorld(t)
	w.store.accept = func(...storage.Row) error { panic("checkout is down, says Ana") }
	_, err := w.bot.Handle(t.Context(), pinned("m1", "ANA"))
	var p *panicked
	if !errors.As(err, &p) {
		t.Fatalf("handle says %v", err)
	}
	if p.what != "a string" || !strings.HasPrefix(p.where, "bot.") {
		t.Errorf("the error is to say where, and never what people wrote: %v", p)
	}
}

// slowStore answers when the deadline is over, as a store does whose database hangs.
type slowStore struct{ storage.Store }

func (slowStore) Load(ctx context.Context, _ string) (conversations.Subject, error) {
	<-ctx.Done()
	return conversations.Subject{}, errors.Join(storage.ErrUnavailable, ctx.Err())
}

func (slowStore) Route(ctx context.Context, _ []string) ([]storage.Hit, error) {
	<-ctx.Done()
	return nil, errors.Join(storage.ErrUnavailable, ctx.Err())
}

func TestHandleAnswersInTime(t *testing.T) {
	command := conversations.Event{
		Key: workspace + "/cmd/1", Kind: conversations.Commanded, At: noon, Who: "ANA", Text: "list",
		Where: conversations.Place{Workspace: workspace, Channel: "C1"},
	}
	for name, c := range map[string]struct {
		event  conversations.Event
		within time.Duration
	}{
		"a pin":     {pinned("m1", "ANA"), handleBound},
		"a reply":   {said("m2", "m1", "it was the cache"), handleBound},
		"a command": {command, atOnceBound},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := New(Options{Store: slowStore{storagetest.NewMemory(nil)}})
				began := time.Now()
				if _, err := b.Handle(t.Context(), c.event); !errors.Is(err, storage.ErrUnavailable) {
					t.Errorf("handle says %v", err)
				}
				if took := time.Since(began); took > c.within {
					t.Errorf("took %v, want at most %v", took, c.within)
				}
			})
		})
	}
}

func TestTimesAreCutWhenTheyComeIn(t *testing.T) {
	w := newWorld(t)
	events := w.accepted()
	e := pinned("m1", "ANA")
	e.At = noon.Add(1234567).In(time.FixedZone("somewhere", 3600))
	w.handle(e)
	if got := (*events)[0].At; got != noon.Add(time.Millisecond) {
		t.Errorf("kept as %v", got)
	}
}

func TestTheSameEventTwiceCountsOnce(t *testing.T) {
	w := newWorld(t)
	w.chat.messages["m1"] = snapshot("m1", "checkout is down", "ANA")
	for range 3 {
		w.handle(pinned("m1", "ANA"))
		w.drain()
	}
	w.clips("📎 true on m1")
	if w.chat.fetched != 1 {
		t.Errorf("fetched %d times", w.chat.fetched)
	}
}

// Of a thread that is nobody's the store is asked every time, since another replica may make a review of it; whose it was
// found to be it stays.
func TestWhoseAThreadIsIsRemembered(t *testing.T) {
	w := newWorld(t)
	asked := 0
	w.store.route = func([]string) { asked++ }
	events := w.accepted()
	reply := func(id string) {
		t.Helper()
		w.handle(said(id, "m1", "it was the cache"))
	}
	reply("m2")
	reply("m3")
	if asked != 2 || len(*events) != 0 {
		t.Fatalf("asked %d times, %d accepted, when the thread is nobody's", asked, len(*events))
	}
	thread := said("m2", "m1", "").Where
	review := conversations.Subject{
		ID: workspace + "/review/1", V: conversations.Version, Addresses: []string{thread.Address()},
		State: &conversations.Review{Stage: conversations.StageOpen, Home: thread.Root(), Thread: thread},
	}
	if err := w.store.Save(t.Context(), review, nil); err != nil {
		t.Fatal(err)
	}
	reply("m4")
	reply("m5")
	if asked != 3 || len(*events) != 2 {
		t.Errorf("asked %d times, %d accepted, when it is a review's", asked, len(*events))
	}
	edit := said("m4", "m1", "it was the disk")
	edit.Kind, edit.Key = conversations.Edited, edit.Key+"/edit"
	w.handle(edit)
	if asked != 4 {
		t.Error("an edit concerns a timeline event, too, that the store knows of")
	}
}

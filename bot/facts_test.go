package bot

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

func (w *world) gather(needs func(conversations.Facts) conversations.Needs) conversations.Facts {
	w.t.Helper()
	f, err := w.bot.reader(workspace, review).gather(w.t.Context(), needs)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func always(n conversations.Needs) func(conversations.Facts) conversations.Needs {
	return func(conversations.Facts) conversations.Needs { return n }
}

func TestFactsAreAskedForInRounds(t *testing.T) {
	w := newWorld(t)
	w.asks()
	asked := 0
	f := w.gather(func(f conversations.Facts) conversations.Needs {
		asked++
		n := conversations.Needs{Load: []string{review, workspace + "/review/none"}, Series: "PM"}
		for _, s := range f.Subjects {
			n.People = append(n.People, s.State.(*conversations.Review).Facilitator)
		}
		return n
	})
	if f.Person("ANA").Name != "ana" || len(f.Subjects) != 1 || f.Number != 1 || f.Now != noon || f.Zone != time.UTC {
		t.Errorf("found %+v", f)
	}
	if asked != 3 { // the review, then its facilitator, then nothing new
		t.Errorf("asked %d times", asked)
	}
}

func TestRoundsEnd(t *testing.T) {
	w := newWorld(t)
	asked := 0
	w.gather(func(conversations.Facts) conversations.Needs {
		asked++
		return conversations.Needs{Load: []string{review + string(rune('a'+asked))}}
	})
	if asked != rounds {
		t.Errorf("asked %d times", asked)
	}
}

func TestFactsAreEachOnceAndInOrder(t *testing.T) {
	w := newWorld(t)
	for id, at := range map[string]time.Time{"b": noon, "a": noon, "late": noon.Add(time.Hour), "never": {}} {
		s := conversations.Subject{
			ID: workspace + "/review/" + id, V: 1, At: at, Addresses: []string{workspace + "/open", workspace + "/reviews"},
			State: &conversations.Review{},
		}
		if err := w.store.Save(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
	}
	f := w.gather(always(conversations.Needs{
		Queries: []conversations.Query{{Address: workspace + "/reviews"}, {Address: workspace + "/open"}},
		Load:    []string{workspace + "/review/a"},
	}))
	var got []string
	for _, s := range f.Subjects {
		got = append(got, s.ID[len(workspace+"/review/"):])
	}
	if want := []string{"never", "a", "b", "late"}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestAMissingFactOfTheStoreIsAnError(t *testing.T) {
	w := newWorld(t)
	w.store.number = func() (int, error) { return 0, storage.ErrUnavailable }
	_, err := w.bot.reader(workspace, review).gather(t.Context(), always(conversations.Needs{Series: "PM"}))
	if !isTrouble(err) {
		t.Errorf("gather says %v", err)
	}
}

func TestPeopleAreRemembered(t *testing.T) {
	w := newWorld(t)
	name, calls := "Ana", 0
	var broken error
	w.chat.user = func(_ context.Context, id string) (conversations.Person, error) {
		calls++
		return conversations.Person{ID: id, Name: name}, broken
	}
	who := func() string {
		return w.gather(always(conversations.Needs{People: []string{"U1"}})).Person("U1").Name
	}
	who()
	name = "Ana Maria"
	if got := who(); got != "Ana" || calls != 1 {
		t.Errorf("%q after %d calls", got, calls)
	}
	w.clock.wind(personLife)
	if got := who(); got != "Ana Maria" {
		t.Errorf("after an hour still %q", got)
	}
	w.clock.wind(personLife)
	broken = errors.New("connection reset")
	if got := who(); got != "Ana Maria" {
		t.Errorf("nobody can say, and what was known is forgotten: %q", got)
	}
	broken = adapters.ErrUnreadable
	calls = 0
	who()
	who()
	if calls != 1 {
		t.Errorf("somebody unknown was asked for %d times", calls)
	}
}

// That nobody of a name exists is said only when the platform says so.
func TestWhoDoesNotExist(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{"there": {}, "nobody": {adapters.ErrUnreadable, true}, "cannot say": {errors.New("connection reset"), false}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.chat.user = func(_ context.Context, id string) (conversations.Person, error) {
				return conversations.Person{ID: id}, c.err
			}
			atOnce := w.bot.reader(workspace, review)
			atOnce.strict = false
			for range 2 { // as the platform says, and as remembered
				f, err := atOnce.gather(t.Context(), always(conversations.Needs{People: []string{"U1"}}))
				if err != nil || f.Unknown["U1"] != c.want {
					t.Errorf("unknown %v, want %v (%v)", f.Unknown["U1"], c.want, err)
				}
			}
		})
	}
}

func TestANameIsAskedForTwice(t *testing.T) {
	w := newWorld(t)
	failing := once(errors.New("connection reset"))
	w.chat.user = func(_ context.Context, id string) (conversations.Person, error) {
		return conversations.Person{ID: id, Name: "Ana"}, failing()
	}
	if got := w.gather(always(conversations.Needs{People: []string{"U1"}})).Person("U1").Name; got != "Ana" {
		t.Errorf("named %q", got)
	}
}

func TestAPlatformThatHangsCostsOneWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.chat.user = func(ctx context.Context, _ string) (conversations.Person, error) {
			<-ctx.Done()
			return conversations.Person{}, ctx.Err()
		}
		w.chat.sees = func(ctx context.Context) (bool, error) {
			<-ctx.Done()
			return true, ctx.Err()
		}
		place := conversations.Place{Workspace: workspace, Channel: "C1"}
		needs := always(conversations.Needs{
			People: []string{"U1", "U2", "U3"}, Sees: []conversations.Sees{{Who: "U1", Where: place}},
		})
		began := time.Now()
		if _, err := w.bot.reader(workspace, review).gather(t.Context(), needs); !errors.Is(err, errNoFacts) {
			t.Errorf("somebody never heard of is not waited for: %v", err)
		}
		if took := time.Since(began); took != platformBound {
			t.Errorf("took %v", took)
		}
		w.clock.wind(strangerWait) // but not for ever
		f := w.gather(needs)
		if f.Sees[conversations.Sees{Who: "U1", Where: place}] {
			t.Error("when nobody can say who sees a place, the answer is no")
		}
		if f.Person("U1").Name != "U1" {
			t.Errorf("named %q", f.Person("U1").Name)
		}
	})
}

// That the platform wants to be asked later is no answer: what is stepped waits, and an answer at once is a polite no.
func TestWhoSeesAPlaceCanBeAskedLater(t *testing.T) {
	w := newWorld(t)
	asked := conversations.Sees{Who: "U1", Where: conversations.Place{Workspace: workspace, Channel: "C1"}}
	needs := always(conversations.Needs{Sees: []conversations.Sees{asked}})
	busy := &adapters.RetryAfter{After: time.Minute}
	w.chat.sees = func(context.Context) (bool, error) { return false, busy }
	if _, err := w.bot.reader(workspace, review).gather(t.Context(), needs); !errors.Is(err, errNoFacts) || restAfter(err) != time.Minute {
		t.Errorf("a step is told %v", err)
	}
	atOnce := w.bot.reader(workspace, review)
	atOnce.strict = false
	if f, err := atOnce.gather(t.Context(), needs); err != nil || f.Sees[asked] {
		t.Errorf("an answer at once is told %v, %v", f.Sees, err)
	}
	w.chat.sees = nil
	if f := w.gather(needs); !f.Sees[asked] {
		t.Error("asked later, it is no")
	}
}

func TestPlacesAreThoseOfTheWorkspace(t *testing.T) {
	w := newWorld(t)
	f := w.gather(always(conversations.Needs{Places: true}))
	if want := []conversations.Place{{Workspace: workspace, Channel: "C1"}}; !slices.Equal(f.Places, want) {
		t.Errorf("places: %v", f.Places)
	}
}

func TestChangedSettingsCountAtOnce(t *testing.T) {
	w := newWorld(t)
	id := conversations.SettingsID(workspace)
	if _, err := w.bot.settingsOf(t.Context(), workspace); err != nil {
		t.Fatal(err)
	}
	s := conversations.Subject{ID: id, V: 1, State: &conversations.WorkspaceState{Settings: conversations.Settings{Zone: "Europe/Berlin"}}}
	if err := w.bot.save(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	if f := w.gather(always(conversations.Needs{})); f.Zone.String() != "Europe/Berlin" {
		t.Errorf("zone %v", f.Zone)
	}
}

// A restart forgets no names, not even while the platform is away; what somebody may do it forgets at once.
func TestNamesOutliveARestart(t *testing.T) {
	w := newWorld(t)
	w.admins("ANA")
	needs := always(conversations.Needs{People: []string{"BO"}, Powers: []string{"ANA"}})
	if f := w.gather(needs); !f.Person("ANA").Admin || f.Person("BO").Name != "bo" {
		t.Fatalf("at first %+v", f.People)
	}
	w.drain()
	calls := 0
	w.chat.user = func(context.Context, string) (conversations.Person, error) {
		calls++
		return conversations.Person{}, errors.New("connection reset")
	}
	w.restart()
	f := w.gather(needs)
	if f.Person("ANA").Name != "ana" || f.Person("BO").Name != "bo" || f.Person("ANA").Admin {
		t.Errorf("after a restart %+v", f.People)
	}
	if calls != 2 {
		t.Errorf("the platform was asked %d times, want twice, about whom something hangs on", calls)
	}
	w.clock.wind(30 * 24 * time.Hour)
	w.restart()
	if f := w.gather(needs); f.Person("BO").Name != "bo" {
		t.Errorf("a month later %+v", f.People)
	}
}

// Whom the operator named is an admin also when the platform cannot be asked.
func TestAdminsByConfiguration(t *testing.T) {
	w := newWorld(t)
	w.bot.admins = []string{"BO"}
	f := w.gather(always(conversations.Needs{People: []string{"BO"}, Powers: []string{"ANA"}}))
	if !f.Person("BO").Admin || f.Person("ANA").Admin {
		t.Errorf("admins: %+v", f.People)
	}
}

// What the platform says is kept when it is new, and only then.
func TestPeopleAreKeptWhenTheyChange(t *testing.T) {
	w := newWorld(t)
	events := w.accepted()
	name := "bo"
	w.chat.user = func(_ context.Context, id string) (conversations.Person, error) {
		return conversations.Person{ID: id, Name: name, Active: true, Roles: []string{"R1"}}, nil
	}
	needs := always(conversations.Needs{People: []string{"BO"}})
	for range 3 {
		w.gather(needs)
		w.drain()
		w.clock.wind(personLife)
		w.restart()
	}
	if len(*events) != 1 {
		t.Errorf("kept %d times", len(*events))
	}
	name = "Bo"
	w.gather(needs)
	w.drain()
	w.restart()
	w.chat.user = nil
	if got := w.gather(needs).Person("BO"); got.Name != "Bo" || !slices.Equal(got.Roles, []string{"R1"}) || len(*events) != 2 {
		t.Errorf("kept %d times, and now it is %+v", len(*events), got)
	}
}

// When the platform says that somebody has changed, they are asked for at once; of whom nothing is known, it is forgotten.
func TestAChangedNameIsKnownAtOnce(t *testing.T) {
	w := newWorld(t)
	name, calls := "bo", 0
	w.chat.user = func(_ context.Context, id string) (conversations.Person, error) {
		calls++
		return conversations.Person{ID: id, Name: name, Active: true}, nil
	}
	needs := always(conversations.Needs{People: []string{"BO"}})
	w.gather(needs)
	w.drain()
	name, calls = "Bo B.", 0
	for _, who := range []string{"BO", "STRANGER"} {
		w.handle(conversations.Event{
			Key: workspace + "/user/" + who + "/1", Kind: conversations.Changed, At: noon, Who: who, Where: conversations.Place{Workspace: workspace},
		})
	}
	w.drain()
	if calls != 1 {
		t.Errorf("the platform was asked %d times, not once", calls)
	}
	if got := w.gather(needs).Person("BO").Name; got != "Bo B." {
		t.Errorf("the name is still %q", got)
	}
}

// Of two answers the newer counts, in whatever order they come to be kept.
func TestTheNewerAnswerAboutSomebodyCounts(t *testing.T) {
	w := newWorld(t)
	late := conversations.Met(workspace, conversations.Person{ID: "BO", Name: "Bo"}, noon.Add(time.Minute))
	early := conversations.Met(workspace, conversations.Person{ID: "BO", Name: "bo"}, noon)
	for _, a := range []conversations.Addressed{late, early} {
		if err := w.bot.accept(t.Context(), rowFor(a)); err != nil {
			t.Fatal(err)
		}
		w.drain()
	}
	s, err := w.bot.load(t.Context(), conversations.PersonID(workspace, "BO"))
	if known, ok := conversations.PersonOf(s); err != nil || !ok || known.Person.Name != "Bo" {
		t.Errorf("kept %+v, %v", known, err)
	}
}

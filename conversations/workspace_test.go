package conversations

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A second gap that is asked about before the first was read must not shorten that reading: both are one intention.
func TestAReadingIsNotShortenedByTheNext(t *testing.T) {
	f := testFacts()
	f.Places = []Place{testThread.Root()}
	s := Subject{ID: SettingsID(testWorkspace)}
	asked := func(e Event) time.Time {
		var effects []Effect
		s, effects = Step(s, e, f)
		s.Rev++
		for _, effect := range effects {
			if effect.Kind == ReadBack {
				return effect.At
			}
		}
		return time.Time{}
	}
	long := noon.Add(-72 * time.Hour)
	if at := asked(Away(testWorkspace, long, noon).Event); !at.Equal(long.Add(-readBackOver)) {
		t.Fatalf("read from %v", at)
	}
	if at := asked(Away(testWorkspace, noon, minute(1)).Event); !at.Equal(long.Add(-readBackOver)) {
		t.Errorf("the second reading takes the place of the first, and begins at %v", at)
	}
	asked(Event{Key: testWorkspace + "/result/x", Kind: ReadTo, At: minute(2), Slot: "readback channel/C1", Where: testThread.Root()})
	if at := asked(Away(testWorkspace, minute(2), minute(3)).Event); !at.Equal(minute(2).Add(-readBackOver)) {
		t.Errorf("after both were read, the next begins at %v", at)
	}
}

// An adapter that had no connection for a while hands that in.
func TestBeingAwayConcernsTheWorkspace(t *testing.T) {
	e := Away(testWorkspace, noon, minute(1)).Event
	if ids, _ := Route(e, Settings{}).Subjects(e, Settings{}, nil); len(ids) != 1 || ids[0] != SettingsID(testWorkspace) {
		t.Errorf("it concerns %v", ids)
	}
	e.Verb = "item"
	if ids, _ := Route(e, Settings{}).Subjects(e, Settings{}, nil); len(ids) > 0 {
		t.Errorf("something else that is told from outside concerns %v", ids)
	}
}

// Channels are joined when somebody says which, when one is made or renamed so, and after a gap; and who wanted it hears
// when the platform does not let the bot.
func TestChannelsAreJoinedByTheirNames(t *testing.T) {
	f := testFacts()
	f.People["ANA"] = Person{ID: "ANA", Name: "ana", Active: true, Admin: true}
	f.Powers = map[string]bool{"ANA": true}
	s := Subject{ID: SettingsID(testWorkspace)}
	does := func(e Event) (all []Effect) {
		e.Key = testWorkspace + "/x/" + e.At.String()
		s, all = Step(s, e, f)
		s.Rev++
		return slices.DeleteFunc(all, func(ef Effect) bool { return ef.Kind != Join && ef.Kind != Private })
	}
	named := func(name string) Event {
		return Event{Key: testWorkspace + "/named/C7/1", Kind: Named, At: minute(2), Where: Place{Workspace: testWorkspace, Channel: "C7"}, Value: name}
	}
	concerns := func(name string) int {
		ids, _ := Route(named(name), SettingsOf(s)).Subjects(named(name), SettingsOf(s), nil)
		return len(ids)
	}
	away := Away(testWorkspace, noon, minute(3)).Event
	if n := concerns("inc-7"); n != 0 || len(does(away)) != 0 {
		t.Errorf("nobody asked for it: a channel concerns %d, or something is joined after a gap", n)
	}
	settings := Event{Kind: Commanded, At: minute(1), Who: "ANA", Where: testThread.Root(), Text: "settings join inc-*"}
	if all := does(settings); len(all) != 1 || all[0].Kind != Join || !slices.Equal(all[0].Args, []string{"inc-*"}) {
		t.Errorf("said: %+v", all)
	}
	for what, e := range map[string]Event{"made": named("inc-7"), "gap": Away(testWorkspace, noon, minute(9)).Event} {
		if all := does(e); len(all) != 1 || all[0].Kind != Join || all[0].Slot != "join" {
			t.Errorf("%s: %+v", what, all)
		}
	}
	if concerns("inc-7") != 1 || concerns("random") != 0 {
		t.Errorf("channels of these names concern %d and %d", concerns("inc-7"), concerns("random"))
	}
	all := does(Event{Kind: Refused, At: minute(4), Slot: "join", Reason: "the app has no right to"})
	if len(all) != 1 || all[0].Person != "ANA" || all[0].View != "not joined" {
		t.Fatalf("refused: %+v", all)
	}
	if body, ok := Render(s, all[0], f); !ok || !strings.Contains(Plain(body.Text), "the app has no right to. Until") {
		t.Errorf("she reads %q", Plain(body.Text))
	}
}

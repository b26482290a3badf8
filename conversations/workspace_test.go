package conversations

import (
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

package conversations

import (
	"strings"
	"testing"
)

// TestAChannelIsShutByWhatHappenedLast, in whatever order it is heard; whoever leads the review hears of each time once.
func TestAChannelIsShutByWhatHappenedLast(t *testing.T) {
	for _, c := range []struct {
		name   string
		stage  Stage
		events string // kind:minute, in the order in which they come
		why    string
		told   string // the slots of what the facilitator is told
	}{
		{"archived", StageOpen, "archived:5", Archived, "shut"},
		{"and removed by that", StageOpen, "archived:5 deleted:6 removed:7", Gone, "shut shut"},
		{"and open again", StageOpen, "archived:5 joined:6", "", "shut shut"},
		{"open again, heard first", StageOpen, "joined:6 archived:5", "", ""},
		{"removed long ago, heard last", StageOpen, "removed:5 joined:6 removed:4", "", "shut shut"},
		{"twice", StageOpen, "removed:5 joined:6 archived:7", Archived, "shut shut shut 2"},
		{"while it burns", StageBurning, "removed:5 joined:6", "", "shut shut"},
		{"once published", StagePublished, "archived:5 joined:6", "", ""},
		{"once cancelled", StageCancelled, "deleted:5", Gone, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := wholeReview(1)
			s.State.(*Review).Stage = c.stage
			var told []string
			for _, word := range strings.Fields(c.events) {
				what, at, _ := strings.Cut(word, ":")
				e := Event{Key: testWorkspace + "/" + word, Kind: Left, Value: what, At: minute(int(at[0] - '0')), Where: testThread.Root()}
				if what == "joined" {
					e.Kind, e.Value = Joined, ""
				}
				var effects []Effect
				s, effects = Step(s, e, testFacts())
				for _, effect := range effects {
					if effect.View == "shut" {
						told = append(told, effect.Slot)
					}
				}
			}
			if r := s.State.(*Review); r.Shut.Why != c.why || strings.Join(told, " ") != c.told {
				t.Errorf("it is shut as %q, and they are told %q", r.Shut.Why, told)
			}
		})
	}
}

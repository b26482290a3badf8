package transcript

import (
	"slices"
	"strings"
	"testing"
)

// Who looks at an edited message sees what it says now, and a menu that nobody has opened shows little.
func TestPlayShowsWhatPeopleSee(t *testing.T) {
	in := strings.Split(strings.Trim(`
      bot +📎 m1
      bot edits card:
        - ● 1 Timeline
        + ● 1 Timeline · 2 answers
      bot edits question-1:
        - [Next]  [Sort]
      bot: Why?   =question-5
        [Go deeper ▾ why it happened | why we noticed late | why it took long]  [Next]
        [It was ▾ an alert | luck]`, "\n"), "\n")
	want := strings.Split(strings.Trim(`
      bot +📎 m1
      bot edits card:
        ● 1 Timeline · 2 answers
      bot edits question-1:
        - [Next]  [Sort]
      bot: Why?   =question-5
        [Go deeper ▾ why it happened | …]  [Next]
        [It was ▾ an alert | luck]`, "\n"), "\n")
	if got := seen(in); !slices.Equal(got, want) {
		t.Errorf("what is shown is\n%s", strings.Join(got, "\n"))
	}
}

package conversations

import (
	"slices"
	"strings"
	"testing"
)

func TestStartReadsItsChannels(t *testing.T) {
	for typed, want := range map[string]struct {
		also  []string
		tiny  bool
		title string
	}{
		"Checkout errors":                       {nil, false, "Checkout errors"},
		"#db #ops tiny Checkout":                {[]string{"db", "ops"}, true, "Checkout"},
		"tiny <#C7|war> <#C8> <#C7> sev2":       {[]string{"C7", "C8"}, true, ""},
		"<#C1> Checkout":                        {nil, false, "Checkout"}, // where it is typed
		"#1 priority of the year":               {nil, false, "#1 priority of the year"},
		"Errors of #db":                         {nil, false, "Errors of #db"},
		"#db":                                   {[]string{"db"}, false, ""},
		"# db":                                  {nil, false, "# db"},
		"#" + strings.Repeat("x", 3) + " #x,#y": {[]string{"xxx"}, false, "#x,#y"},
	} {
		r := &Review{Home: testThread.Root()}
		r.readStart(typed)
		if !slices.Equal(r.Also, want.also) || r.Tiny != want.tiny || r.Title != want.title {
			t.Errorf("start %s: channels %q, tiny %v, title %q", typed, r.Also, r.Tiny, r.Title)
		}
	}
	r := &Review{Home: testThread.Root()}
	r.readStart(strings.Repeat("#a", 1) + strings.Repeat(" #b", 3))
	if len(r.Also) != 2 {
		t.Errorf("channels named twice count twice: %q", r.Also)
	}
}

// What could be a source when somebody said start may be private when the review opens: the platform is asked again, and
// a channel that it cannot speak for is left out.
func TestSourcesAreCheckedWhenTheReviewOpens(t *testing.T) {
	place := func(c string) Place { return Place{Workspace: testWorkspace, Channel: c} }
	for _, verb := range []string{"over", "burning"} {
		r := &Review{Stage: StageAsked, Facilitator: "U1", Started: noon, Home: testThread.Root(), Also: []string{"C2", "C3", "C4", "C5"}}
		s := Subject{ID: testWorkspace + "/review/cmd/1", Rev: 1, V: Version, State: r}
		e := Event{Key: testWorkspace + "/click/1", Kind: Clicked, At: minute(1), Who: "U2", Verb: verb, Subject: s.ID, Where: testThread.Root()}
		f := testFacts()
		f.Number = 1
		f.Sees = map[Sees]bool{
			{Who: "U1", Where: place("C2")}: true, {Where: place("C2")}: true,
			{Who: "U1", Where: place("C3")}: true,                             // private
			{Where: place("C4")}:            true,                             // public, and not for her
			{Who: "U2", Where: place("C5")}: true, {Where: place("C5")}: true, // whoever clicks counts for nothing
		}
		for _, q := range StepNeeds(s, e, f).Sees {
			if q.Who != "" && q.Who != "U1" {
				t.Errorf("asked what %s sees", q.Who)
			}
		}
		s, effects := Step(s, e, f)
		var from []string
		for _, src := range s.State.(*Review).Sources {
			from = append(from, src.Channel)
		}
		if !slices.Equal(from, []string{"C1", "C2"}) {
			t.Errorf("%s: it is fed by %q", verb, from)
		}
		i := slices.IndexFunc(effects, func(ef Effect) bool { return ef.View == "left out" })
		if i < 0 {
			t.Fatalf("%s: nobody hears what is left out", verb)
		}
		body, _ := Render(s, effects[i], f)
		if said := Plain(body.Text); strings.Count(said, "\n") != 2 || !strings.Contains(said, "#C3 is private") || !strings.Contains(said, "no channel #C4 that you can see") {
			t.Errorf("%s: they hear %q", verb, said)
		}
		if !slices.Contains(s.Addresses, fedBy(place("C2"))) || slices.Contains(s.Addresses, fedBy(place("C3"))) {
			t.Errorf("%s: found under %q", verb, s.Addresses)
		}
	}
}

// Pins of a channel that cannot be a source are not even offered.
func TestNothingIsOfferedFromAHiddenChannel(t *testing.T) {
	r := &Review{Stage: StageAsked, Facilitator: "U1", Started: minute(60), Home: testThread.Root(), Also: []string{"C2"}}
	event := func(id, channel string) Subject {
		p := Place{Workspace: testWorkspace, Channel: channel}
		pin := Pin{Who: "U1", Emoji: "📌", On: true, At: noon}
		return Subject{ID: testWorkspace + "/event/" + id, At: noon, State: &TimelineEvent{Where: p, Time: noon, Known: 1, Pins: []Pin{pin}}}
	}
	f := testFacts()
	f.Subjects = []Subject{event("1", "C1"), event("2", "C2")}
	s := Subject{ID: testWorkspace + "/review/cmd/1", Rev: 1, V: Version, State: r}
	ef := Effect{Kind: Reply, Person: "U1", View: "start"}
	if n := len(RenderNeeds(s, ef, f).Queries); n != 3 {
		t.Errorf("%d queries, want one for each channel and one for the reviews", n)
	}
	body, _ := Render(s, ef, f)
	if said := Plain(body.Text); !strings.Contains(said, "1 pin") {
		t.Errorf("offered %q", said)
	}
}

// What stands before the title are sources; what stands in it is read by people.
func TestChannelsInATitleAreWords(t *testing.T) {
	r := &Review{Home: testThread.Root()}
	r.readStart("tiny <#C7|war> #db Checkout, see <#C8|ops> and <#C9>")
	if r.Title != "Checkout, see #ops and #C9" || strings.Join(r.Also, " ") != "C7 db" {
		t.Errorf("from %q, called %q", r.Also, r.Title)
	}
}

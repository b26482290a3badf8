package conversations

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Who takes part: in a community the crew, by name or by role; everybody where there is none, and in a company.
func TestCrew(t *testing.T) {
	for _, c := range []struct {
		preset string
		crew   []string
		who    string
		in     bool
		ask    bool
	}{
		{PresetCompany, []string{"U1"}, "U2", true, false},
		{PresetCommunity, nil, "U2", true, false},
		{PresetCommunity, []string{"U1"}, "U1", true, false},
		{PresetCommunity, []string{"U1"}, "U2", false, false},
		{PresetCommunity, []string{"U1", "&R1"}, "U2", true, true},
		{PresetCommunity, []string{"U1", "&R1"}, "U1", true, false},
		{PresetCommunity, []string{"&R2"}, "U2", false, true},
		{PresetCommunity, []string{"R1"}, "U2", false, false}, // a person called like the role
		{PresetCommunity, []string{"&R1"}, "", false, false},
	} {
		f := testFacts()
		f.Settings = Settings{Preset: c.preset, Crew: c.crew}
		f.People["U2"] = Person{ID: "U2", Name: "bo", Active: true, Roles: []string{"R1"}}
		if got := f.inCrew(c.who); got != c.in {
			t.Errorf("%s of %q: %q takes part: %v", c.preset, c.crew, c.who, got)
		}
		if got := len(f.Settings.crewNeeds(c.who)) > 0; got != c.ask {
			t.Errorf("%s of %q: %q is asked about: %v", c.preset, c.crew, c.who, got)
		}
	}
}

// What somebody outside the crew pins or replies leaves nothing behind: no subject, no change, no word.
func TestOutsidersLeaveNoTrace(t *testing.T) {
	f := testFacts()
	f.Settings = Settings{Preset: PresetCommunity, Crew: []string{"U1"}, Marks: defaultMarks}
	pin := marked("10.0", 10, "U2", "📌", true)
	readBack := Event{
		Key: message("10.0").Key(), Kind: Said, At: minute(10), Where: testThread.Root(), Who: "U2", Message: message("10.0"),
		Snapshot: &Snapshot{Message: message("10.0"), Where: testThread.Root(), At: minute(10), Reactions: []Reaction{{"📌", []string{"U2", "U9"}}}},
	}
	for _, e := range []Event{pin, readBack} {
		s, effects := Step(Subject{ID: EventID(e.Message)}, e, f)
		if s.State != nil || len(effects) > 0 {
			t.Errorf("%s by an outsider makes %+v and %+v", e.Kind, s.State, effects)
		}
	}
	for _, e := range []Event{
		said("10.0", 10, "U2", "about 12k carts"), edited("10.0", 10, 15, "about 9k carts"), marked("11.0", 12, "U2", markLeave, true),
	} {
		before := openReview()
		before.State.(*Review).hear(Heard{ID: "11.0", Who: "U1", At: minute(11), Text: "41 tickets"})
		want := fmt.Sprintf("%+v", before.State)
		s, effects := Step(before, e, f)
		if got := fmt.Sprintf("%+v", s.State); got != want || len(effects) > 0 {
			t.Errorf("%s by an outsider makes\n%s of\n%s and %+v", e.Kind, got, want, effects)
		}
	}
	// On a message that the crew pinned, the pins and marks of others do not count either.
	s, _ := Step(Subject{ID: EventID(pin.Message)}, marked("10.0", 10, "U1", "📌", true), f)
	s.Rev = 1
	fetched := Event{Key: "k", Kind: Fetched, At: minute(20), Seen: 1, Message: pin.Message, Snapshot: &Snapshot{
		Message: pin.Message, Where: testThread.Root(), At: minute(9), Who: "U2", Text: "it broke",
		Reactions: []Reaction{{"📌", []string{"U1", "U2"}}, {"🚨", []string{"U2"}}, {"✅", []string{"U1", "U2"}}},
	}}
	s, _ = Step(s, fetched, f)
	event := s.State.(*TimelineEvent)
	if len(event.Pins) != 1 || event.Pins[0].Who != "U1" || len(event.Marked) != 1 || !slices.Equal(event.Marked[0].Who, []string{"U1"}) {
		t.Errorf("it has the pins %+v and marks %+v", event.Pins, event.Marked)
	}
	fetched.Key, fetched.Snapshot.Reactions = "k2", []Reaction{{"📌", []string{"U2"}}}
	s, _ = Step(s, fetched, f)
	if event := s.State.(*TimelineEvent); event.Pinned() || event.Text != "" || event.Marked != nil {
		t.Errorf("without a pin of the crew it keeps %+v", event)
	}
}

// Where pins count only in some channels, one elsewhere concerns nobody; taking it off still does.
func TestPinsCountInTheChannelsThatAreSet(t *testing.T) {
	s := Settings{Channels: []string{"C2"}, Marks: defaultMarks}
	for _, c := range []struct {
		channel, emoji string
		on             bool
		concerns       int
	}{{"C1", "📌", true, 0}, {"C1", "📌", false, 1}, {"C2", "📌", true, 1}, {"C1", "🚨", true, 0}, {"C2", "🚨", true, 1}, {"C2", "🎉", true, 0}} {
		e := marked("10.0", 10, "U1", c.emoji, c.on)
		e.Where.Channel = c.channel
		r := Route(e, s)
		if ids, _ := r.Subjects(e, s, nil); len(ids) != c.concerns {
			t.Errorf("%s in %s, on %v, concerns %q", c.emoji, c.channel, c.on, ids)
		}
	}
}

// Only what makes or changes a timeline or a review is the crew's; whoever owns an action item deals with it.
func TestWhatOutsidersCanDo(t *testing.T) {
	f := testFacts()
	f.Settings = Settings{Preset: PresetCommunity, Crew: []string{"U1"}}
	for text, can := range map[string]bool{
		"start Mine": false, "event it broke": false, "next": false, "publish": false, "timeline hide E-3": false,
		"done A-4 merged": true, "wontdo A-4 no": true, "settings zone Europe/Berlin": true,
	} {
		e := Event{Kind: Commanded, At: noon, Who: "U2", Where: testThread.Root(), Text: text}
		f.Powers = map[string]bool{"U2": true}
		if answer, ok := Check(e, f); ok != can || (!can && Plain(answer.Private.Text) != onlyCrew) {
			t.Errorf("%s: %v, %q", text, ok, Plain(answer.Private.Text))
		}
		f.Powers = nil // the platform cannot say
		if answer, ok := Check(e, f); ok != can || (!can && !strings.Contains(Plain(answer.Private.Text), "cannot find out")) {
			t.Errorf("%s, with nobody to ask: %v, %q", text, ok, Plain(answer.Private.Text))
		}
		e.Who = "U1"
		if answer, ok := Check(e, f); !ok {
			t.Errorf("%s by the crew: %q", text, Plain(answer.Private.Text))
		}
	}
}

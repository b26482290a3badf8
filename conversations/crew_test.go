package conversations

import "testing"

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

package conversations

import "testing"

// Until somebody chooses, the platform's default counts: a company's, on Discord a community's.
func TestPresetIsThePlatformsUntilChosen(t *testing.T) {
	for _, c := range []struct {
		workspace, chosen string
		community         bool
	}{
		{"slack/T1", "", false},
		{"local/main", "", false},
		{"discord/1", "", true},
		{"discord/1", PresetCompany, false},
		{"slack/T1", PresetCommunity, true},
	} {
		s := Subject{ID: SettingsID(c.workspace)}
		if c.chosen != "" {
			s.State = &WorkspaceState{Settings: Settings{Preset: c.chosen}}
		}
		if got := SettingsOf(s).Community(); got != c.community {
			t.Errorf("%s with %q chosen: community %v", c.workspace, c.chosen, got)
		}
	}
}

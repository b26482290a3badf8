package conversations

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

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

// What counts is shown as it is typed: reading it back changes nothing, whatever is set.
func TestSettingsAreShownAsTheyAreTyped(t *testing.T) {
	for _, preset := range []string{PresetCompany, PresetCommunity} {
		s := Settings{Preset: preset}
		for _, typed := range []string{
			"crew <@U1>, <@&R1> <@U2|kim>", "channels <#C1|ops> #db", "join #INC-*, `war-*`", "pins :pushpin: <:kept:123>", "ideas 💡", "marks on",
			"zone Europe/Berlin", "days Mon-Thu, saturday", "hours 9:00 - 17:00", "nudge Saturday at 11:00, every other week",
			"owner Optional", "due REQUIRED", "p1 7", "p2 2 weeks", "p3 none",
		} {
			changed, problem := s.change(typed)
			if problem != "" {
				t.Fatalf("settings %s: %s", typed, problem)
			}
			s = changed
		}
		for _, st := range settingsTable {
			again, problem := s.change(st.name + " " + st.value(s))
			if problem != "" || !reflect.DeepEqual(again, s) {
				t.Errorf("settings %s %s: %s, and then it is %+v", st.name, st.value(s), problem, again)
			}
			unset, problem := s.change(st.name + " default")
			if want := (Settings{Preset: unset.Preset}); problem != "" || st.value(unset) != st.value(want) {
				t.Errorf("settings %s default: %s, and then it is %s", st.name, problem, st.value(unset))
			}
		}
		got := map[string]string{}
		for _, st := range settingsTable {
			got[st.name] = st.value(s)
		}
		want := map[string]string{
			"preset": preset, "crew": "<@U1> <@&R1> <@U2>", "channels": "<#C1> <#db>", "join": "inc-* war-*", "pins": "📌 kept:123", "ideas": "💡",
			"marks": "began 🚨 noticed 👀 eased 🩹 over ✅", "zone": "Europe/Berlin", "days": "mon-thu sat", "hours": "9-17",
			"nudge": "sat 11 every 2 weeks", "owner": "optional", "due": "required", "p1": "7 days", "p2": "14 days", "p3": "none",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// Each preset's defaults, as the rules read them.
func TestPresetsDiffer(t *testing.T) {
	type rules struct {
		Day           time.Weekday
		Hour, Every   int
		Opens, Closes int
		Saturdays     bool
		Owner, Due    bool
		P1, P2, P3    int
	}
	read := func(s Settings) (r rules) {
		r.Day, r.Hour, r.Every = s.nudge()
		r.Opens, r.Closes = s.hours()
		r.Saturdays, r.Owner, r.Due = s.worksOn(time.Saturday), s.needsOwner(), s.needsDue()
		r.P1, r.P2, r.P3 = s.dueIn("p1"), s.dueIn("p2"), s.dueIn("p3")
		return r
	}
	for preset, want := range map[string]rules{
		PresetCompany:   {time.Tuesday, 10, 1, 9, 17, false, true, true, 14, 30, 90},
		PresetCommunity: {time.Saturday, 11, 2, 9, 21, true, false, false, 0, 0, 0},
	} {
		if got := read(Settings{Preset: preset}); got != want {
			t.Errorf("%s: %+v, want %+v", preset, got, want)
		}
	}
	if n := (Settings{}).dueIn("p9"); n != 0 {
		t.Errorf("a priority that does not exist has %d days", n)
	}
	odd := Settings{Days: "?", Hours: "?", Nudge: "?"} // from a newer program, say
	if opens, closes := odd.hours(); !odd.worksOn(time.Sunday) || opens != 0 || closes != 24 {
		t.Error("what cannot be read forbids something")
	}
	if day, hour, every := odd.nudge(); day != time.Tuesday || hour != 10 || every != 1 {
		t.Error("what cannot be read has owners nudged at an odd time")
	}
}

// A slip gets words that say what would be right, and nothing is changed.
func TestSettingsRefuseSlips(t *testing.T) {
	for typed, says := range map[string]string{
		"preset":                     "What should `preset` be?",
		"preset comunity":            "one of `company` and `community`",
		"pin 📌":                      "Did you mean `pins`?",
		"":                           "no setting of that name",
		"`rm -rf`":                   "no setting of that name",
		"pins pins":                  "not all emoji",
		"pins 📌 and 📍":               "not all emoji",
		"pins ключ":                  "not all emoji",
		"pins 📌 ✅ 📝":                 "already has a meaning",
		"pins ,":                     "Name between one and",
		"marks began":                "Name moments and their emoji",
		"marks began 🎉 ended 🎂":      "Name moments and their emoji",
		"marks began 🎉 over 🎉":       "cannot be both the mark `began` and the mark `over`",
		"marks began 📌":              "cannot be both a pin and the mark `began`",
		"marks began 🎉 began 🎉":      "is there twice",
		"crew ana":                   "Name people and roles",
		"crew @ana":                  "Name people and roles", // nobody of that name is known, or it would be an id
		"crew <@U1> and <@U2>":       "Name people and roles",
		"channels ops":               "Name channels",
		"channels <@U1>":             "Name channels",
		"zone Europe/Berlin please":  "Name one zone",
		"zone Local":                 "do not know the zone",
		"zone ../../etc/passwd":      "do not know the zone",
		"days weekdays":              "Which days?",
		"days mon-":                  "Which days?",
		"days m":                     "Which days?",
		"hours 17-9":                 "From when until when?",
		"hours 9-25":                 "From when until when?",
		"hours 9:30-17":              "From when until when?",
		"nudge tue":                  "Which day",
		"nudge tue 24":               "Which day",
		"nudge tue 10 every 9 weeks": "Which day",
		"nudge tue 10 every 0 weeks": "Which day",
		"owner maybe":                "one of `required` and `optional`",
		"p1 0":                       "How many days?",
		"p1 -3":                      "How many days?",
		"p1 soon":                    "How many days?",
		"p1 999 weeks":               "How many days?",
		"p4 14":                      "Did you mean `p1`?",
	} {
		before := Settings{Preset: PresetCommunity, Crew: []string{"U1"}, P1: 3}
		after, problem := before.change(typed)
		if !strings.Contains(problem, says) || !reflect.DeepEqual(after, before) {
			t.Errorf("settings %s: %q, and then it is %+v", typed, problem, after)
		}
	}
}

// Everything that can be set is explained, and fits into a form of every platform.
func TestSettingsAreExplained(t *testing.T) {
	p := &page{}
	help(p, "settings")
	words := Plain(p.body.Text)
	for _, st := range settingsTable {
		if !strings.Contains(words, "settings "+st.name+" "+st.args) {
			t.Errorf("help does not explain %s", st.name)
		}
		form := settingForm(Settings{}, testWorkspace, st.name).Form
		if n := len([]rune(form.Title)); n > 24 {
			t.Errorf("the title %q has %d characters, Slack takes 24", form.Title, n)
		}
	}
	if n := len(settingsTable); n > 25 {
		t.Errorf("a menu of Discord has 25 choices, not %d", n)
	}
}

// FuzzSettings: whatever is typed, the answer is words or settings that read back the same.
func FuzzSettings(f *testing.F) {
	for _, st := range settingsTable {
		f.Add(st.name + " " + st.args)
		f.Add(st.name + " " + st.value(Settings{}))
	}
	f.Fuzz(func(t *testing.T, typed string) {
		s, problem := Settings{}.change(typed)
		if problem != "" {
			return
		}
		for _, st := range settingsTable {
			value := st.value(s)
			if value == "" {
				continue // the zone of the environment
			}
			again, problem := s.change(st.name + " " + value)
			if problem != "" || st.value(again) != value {
				t.Errorf("%q makes %s %q, which reads back as %q: %s", typed, st.name, value, st.value(again), problem)
			}
		}
	})
}

// A channel is joined by its whole name; a pattern that would be every channel is none.
func TestJoinMatches(t *testing.T) {
	s, problem := Settings{}.change("join inc-* *-war")
	if problem != "" {
		t.Fatal(problem)
	}
	for name, want := range map[string]bool{
		"inc-7": true, "inc-": true, "INC-7": true, "db-war": true, "my-inc-7": false, "inc": false, "war": false, "": false,
	} {
		if got := JoinMatches(s.Join, name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	for _, typed := range []string{"*", "inc-* **", "inc[0-9]", "inc-? x", "<#C1|inc>", "-"} {
		if changed, problem := s.change("join " + typed); problem == "" {
			t.Errorf("%q is taken as %q", typed, changed.Join)
		}
	}
	if s, problem := s.change("join off"); problem != "" || JoinMatches(s.Join, "inc-7") {
		t.Errorf("off: %s", problem)
	}
}

// An emoji of which nobody knows what Slack calls it would be set and never count.
func TestEmojiThatSlackNamesOtherwise(t *testing.T) {
	in := func(platform, typed string) string {
		_, problem := Settings{platform: platform}.change(typed)
		return problem
	}
	for _, typed := range []string{"pins 🚀", "ideas 💡 🦆", "marks began 🚀"} {
		if problem := in("slack", typed); !strings.Contains(problem, ":rocket:") {
			t.Errorf("%s: %q", typed, problem)
		}
		if problem := in("local", typed); problem != "" {
			t.Errorf("where emoji are themselves, %s: %q", typed, problem)
		}
	}
	for _, typed := range []string{"pins :rocket: 📌 :our-own:", "ideas 💡 👍🏽", "marks on", "pins default"} {
		if problem := in("slack", typed); problem != "" {
			t.Errorf("%s: %q", typed, problem)
		}
	}
	if s, _ := (Settings{platform: "slack"}).change("pins :rocket:"); !s.isPin(Emoji("rocket::skin-tone-3")) {
		t.Error("what Slack calls it is no pin")
	}
}

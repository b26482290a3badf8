package conversations

import (
	"slices"
	"strings"
	"time"
)

// Settings are how a workspace works. Empty fields mean the default.
type Settings struct {
	Preset string `json:"preset,omitempty"` // PresetCompany or PresetCommunity; empty: nobody has chosen, see Community

	Pins  []string `json:"pins,omitempty"`  // emoji that put a message on the timeline
	Ideas []string `json:"ideas,omitempty"` // emoji that keep a message as an idea for a change
	Zone  string   `json:"zone,omitempty"`  // IANA name of the workspace's zone

	Crew []string `json:"crew,omitempty"` // who takes part in a community: ids of people, and of roles after &; none: everybody

	platform string // whose default counts while nobody has chosen; set by SettingsOf
}

// The presets: how a workspace works where it has set nothing else.
const (
	PresetCompany   = "company"   // everybody takes part; owners and due dates are required
	PresetCommunity = "community" // only the crew takes part; owners and dates are welcome, lateness never has a name
)

// Community reports whether the community's preset counts, because it was chosen or because it is the platform's.
func (s Settings) Community() bool {
	return s.Preset == PresetCommunity || (s.Preset == "" && s.platform == "discord")
}

// The emoji with a meaning, as Emoji folds them.
var (
	defaultPins  = []string{"📌", "📍"}
	defaultIdeas = []string{"🎯"}
)

const (
	markTake  = "📝" // on a reply: it is an answer
	markLeave = "❌" // on a reply: it is just talk
	clip      = "📎" // the bot's: kept
	clipAlert = "⚠" // the bot's: kept, with something masked
)

func (s Settings) pins() []string {
	if len(s.Pins) > 0 {
		return s.Pins
	}
	return defaultPins
}

func (s Settings) ideas() []string {
	if len(s.Ideas) > 0 {
		return s.Ideas
	}
	return defaultIdeas
}

// Pins reports whether the emoji puts or keeps a message: as an event or as an idea.
func (s Settings) isPin(emoji string) bool {
	return slices.Contains(s.pins(), emoji) || slices.Contains(s.ideas(), emoji)
}

// Location is the workspace's zone.
func (s Settings) Location(fallback *time.Location) *time.Location {
	return Person{Zone: s.Zone}.Location(fallback)
}

// change applies `pins 📌 📍`, `ideas 🎯` or `zone Europe/Berlin`. problem says in words why it cannot be done.
func (s Settings) change(rest string) (changed Settings, problem string) {
	what, value := cutWord(rest)
	words := strings.Fields(value)
	switch strings.ToLower(what) {
	case "pins":
		s.Pins = foldAll(words)
	case "ideas":
		s.Ideas = foldAll(words)
	case "zone":
		if len(words) != 1 {
			return s, "Name one zone, as in `settings zone Europe/Berlin`."
		}
		if _, err := time.LoadLocation(words[0]); err != nil || words[0] == "Local" {
			return s, "I do not know the zone `" + words[0] + "`. Names look like `Europe/Berlin` or `America/New_York`."
		}
		s.Zone = words[0]
	default:
		return s, "You can set `pins`, `ideas` and `zone`: `settings pins 📌 📍`."
	}
	return s, s.overlap()
}

// overlap says which emoji would mean two things.
func (s Settings) overlap() string {
	for _, p := range s.pins() {
		if slices.Contains(s.ideas(), p) {
			return p + " cannot be both a pin and an idea."
		}
		if p == markTake || p == markLeave || p == clip || p == clipAlert {
			return p + " already has a meaning: " + markTake + " and " + markLeave + " mark answers, " + clip + " and " + clipAlert + " are mine."
		}
	}
	for _, p := range s.ideas() {
		if p == markTake || p == markLeave || p == clip || p == clipAlert {
			return p + " already has a meaning: " + markTake + " and " + markLeave + " mark answers, " + clip + " and " + clipAlert + " are mine."
		}
	}
	return ""
}

func foldAll(words []string) []string {
	var folded []string
	for _, w := range words {
		if e := Emoji(strings.Trim(w, ":<>")); e != "" && !slices.Contains(folded, e) {
			folded = append(folded, e)
		}
	}
	return folded
}

package conversations

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// Settings are how a workspace works. Empty fields mean the preset's default, which stands in defaults and nowhere else;
// what can be set, and how it is typed, stands in settingsTable.
type Settings struct {
	Preset string `json:"preset,omitempty"` // PresetCompany or PresetCommunity; empty: nobody has chosen, see Community

	Pins     []string    `json:"pins,omitempty"`     // emoji that put a message on the timeline
	Ideas    []string    `json:"ideas,omitempty"`    // emoji that keep a message as an idea for a change
	Marks    []MarkEmoji `json:"marks,omitempty"`    // emoji that propose a pinned message for one of the moments; none: off
	Channels []string    `json:"channels,omitempty"` // where pins count; none: everywhere
	Join     []string    `json:"join,omitempty"`     // patterns of names: the bot joins public channels that match one; none: it waits to be invited
	Crew     []string    `json:"crew,omitempty"`     // who takes part in a community: ids of people, and of roles after &; none: everybody

	Zone  string `json:"zone,omitempty"`  // IANA name of the workspace's zone
	Days  string `json:"days,omitempty"`  // on which people may be told something: "mon-fri"
	Hours string `json:"hours,omitempty"` // between which: "9-17"
	Nudge string `json:"nudge,omitempty"` // when owners hear what is late: "tue 10" or "sat 11 every 2 weeks"

	Owner string `json:"owner,omitempty"` // of an action item: "required" or "optional"
	Due   string `json:"due,omitempty"`   // likewise
	P1    int    `json:"p1,omitempty"`    // days until an action item of that priority is due; noDays: none
	P2    int    `json:"p2,omitempty"`
	P3    int    `json:"p3,omitempty"`

	platform string // whose default counts while nobody has chosen; set by SettingsOf
}

// MarkEmoji is an emoji that proposes a pinned message for one of the moments of an incident.
type MarkEmoji struct {
	Moment postmortem.MomentName `json:"moment"`
	Emoji  string                `json:"emoji"`
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

const (
	markTake  = "📝" // on a reply: it is an answer
	markLeave = "❌" // on a reply: it is just talk
	clip      = "📎" // the bot's: kept
	clipAlert = "⚠" // the bot's: kept, with something masked

	mustHave = "required"
	mayHave  = "optional"
	noDays   = -1
	mostDays = 999
	mostOf   = 50 // emoji, channels or people in one setting
)

// defaultMarks are what `settings marks on` means.
var defaultMarks = []MarkEmoji{
	{postmortem.Began, "🚨"}, {postmortem.Noticed, "👀"}, {postmortem.Eased, "🩹"}, {postmortem.Over, "✅"},
}

// defaults are what counts where nothing is set.
func (s Settings) defaults() Settings {
	d := Settings{
		Preset: PresetCompany, Pins: []string{"📌", "📍"}, Ideas: []string{"🎯"},
		Days: "mon-fri", Hours: "9-17", Nudge: "tue 10", Owner: mustHave, Due: mustHave, P1: 14, P2: 30, P3: 90,
	}
	if s.Community() {
		d.Preset, d.Days, d.Hours, d.Nudge = PresetCommunity, "every day", "9-21", "sat 11 every 2 weeks"
		d.Owner, d.Due, d.P1, d.P2, d.P3 = mayHave, mayHave, noDays, noDays, noDays
	}
	return d
}

func (s Settings) preset() string { return orElse(s.Preset, s.defaults().Preset) }

func (s Settings) pins() []string {
	if len(s.Pins) > 0 {
		return s.Pins
	}
	return s.defaults().Pins
}

func (s Settings) ideas() []string {
	if len(s.Ideas) > 0 {
		return s.Ideas
	}
	return s.defaults().Ideas
}

// isPin reports whether the emoji puts or keeps a message: as an event or as an idea.
func (s Settings) isPin(emoji string) bool {
	return slices.Contains(s.pins(), emoji) || slices.Contains(s.ideas(), emoji)
}

// marks is the moment that the emoji proposes; empty when it proposes none.
func (s Settings) marks(emoji string) postmortem.MomentName {
	for _, m := range s.Marks {
		if m.Emoji == emoji {
			return m.Moment
		}
	}
	return ""
}

// countsIn reports whether pins in the place count.
func (s Settings) countsIn(p Place) bool {
	return len(s.Channels) == 0 || slices.Contains(s.Channels, p.Channel)
}

// Location is the workspace's zone.
func (s Settings) Location(fallback *time.Location) *time.Location {
	return Person{Zone: s.Zone}.Location(fallback)
}

// worksOn reports whether people may be told something on that day of the week.
func (s Settings) worksOn(day time.Weekday) bool {
	days, ok := readDays(orElse(s.Days, s.defaults().Days))
	return !ok || days[day]
}

// hours are those between which people may be told something, from the one until the other.
func (s Settings) hours() (opens, closes int) {
	opens, closes, ok := readHours(orElse(s.Hours, s.defaults().Hours))
	if !ok {
		return 0, 24
	}
	return opens, closes
}

// nudge is on which day, at which hour and every how many weeks owners hear what is late.
func (s Settings) nudge() (day time.Weekday, hour, every int) {
	day, hour, every, ok := readNudge(orElse(s.Nudge, s.defaults().Nudge))
	if !ok {
		return time.Tuesday, 10, 1
	}
	return day, hour, every
}

func (s Settings) needsOwner() bool { return orElse(s.Owner, s.defaults().Owner) == mustHave }
func (s Settings) needsDue() bool   { return orElse(s.Due, s.defaults().Due) == mustHave }

// dueIn is in how many days an action item of the priority is due where nobody says when; 0: it has no date then.
func (s Settings) dueIn(priority string) int {
	d := s.defaults()
	days := 0
	switch priority {
	case "p1":
		days = orElse(s.P1, d.P1)
	case "p2":
		days = orElse(s.P2, d.P2)
	case "p3":
		days = orElse(s.P3, d.P3)
	}
	return max(0, days)
}

// orElse is the first of two that is not zero.
func orElse[T comparable](set, otherwise T) T {
	var zero T
	if set != zero {
		return set
	}
	return otherwise
}

// setting is one thing that can be set.
type setting struct {
	name  string
	args  string // how its values are shown in help
	help  string
	value func(s Settings) string                          // what counts, as it is typed
	set   func(s *Settings, value string) (problem string) // problem says in words why it cannot be
	unset func(s *Settings)
}

// settingsTable is everything that can be set: the one grammar, which typed words, the form and help share.
var settingsTable = []setting{
	{
		"preset", "company | community", "how this workspace works: where nothing else is set, this decides",
		func(s Settings) string { return s.preset() },
		func(s *Settings, value string) string {
			return oneOf(&s.Preset, value, PresetCompany, PresetCommunity)
		},
		func(s *Settings) { s.Preset = "" },
	},
	{
		"crew", "everybody | <@person or @role …>", "who pins and answers in a community; what others do is passed over",
		func(s Settings) string { return writeIDs(s.Crew, "<@", "everybody") },
		setCrew,
		func(s *Settings) { s.Crew = nil },
	},
	{
		"channels", "all | <#channel …>", "where pins count",
		func(s Settings) string { return writeIDs(s.Channels, "<#", "all") },
		setChannels,
		func(s *Settings) { s.Channels = nil },
	},
	{
		"join", "off | <pattern …>", "public channels that I join by myself, by their names, as in `inc-*`",
		func(s Settings) string { return orElse(strings.Join(s.Join, " "), "off") },
		setJoin,
		func(s *Settings) { s.Join = nil },
	},
	{
		"pins", "<emoji …>", "emoji that put a message on the timeline",
		func(s Settings) string { return strings.Join(s.pins(), " ") },
		func(s *Settings, value string) string { return setEmoji(&s.Pins, value) },
		func(s *Settings) { s.Pins = nil },
	},
	{
		"ideas", "<emoji …>", "emoji that keep a message as an idea for a change",
		func(s Settings) string { return strings.Join(s.ideas(), " ") },
		func(s *Settings, value string) string { return setEmoji(&s.Ideas, value) },
		func(s *Settings) { s.Ideas = nil },
	},
	{
		"marks", "off | on | began <emoji> noticed <emoji> eased <emoji> over <emoji>",
		"emoji on a pinned message that propose it for a moment of the incident",
		func(s Settings) string {
			var words []string
			for _, m := range s.Marks {
				words = append(words, string(m.Moment)+" "+m.Emoji)
			}
			return orElse(strings.Join(words, " "), "off")
		},
		setMarks,
		func(s *Settings) { s.Marks = nil },
	},
	{
		"zone", "<Area/City>", "the zone of times typed by people who have none of their own",
		func(s Settings) string { return s.Zone },
		setZone,
		func(s *Settings) { s.Zone = "" },
	},
	{
		"days", "mon-fri | every day", "the days on which people may be told something",
		func(s Settings) string { return orElse(s.Days, s.defaults().Days) },
		func(s *Settings, value string) string {
			days, ok := readDays(value)
			if !ok {
				return "Which days? `settings days mon-fri`, `settings days tue thu sat` or `settings days every day`."
			}
			s.Days = daysWords(days)
			return ""
		},
		func(s *Settings) { s.Days = "" },
	},
	{
		"hours", "9-17", "the hours between which people may be told something, in their own zone",
		func(s Settings) string { return orElse(s.Hours, s.defaults().Hours) },
		func(s *Settings, value string) string {
			opens, closes, ok := readHours(value)
			if !ok {
				return "From when until when? Full hours of one day, as in `settings hours 9-17`."
			}
			s.Hours = strconv.Itoa(opens) + "-" + strconv.Itoa(closes)
			return ""
		},
		func(s *Settings) { s.Hours = "" },
	},
	{
		"nudge", "tue 10 | sat 11 every 2 weeks", "when owners of action items hear what is late",
		func(s Settings) string { return orElse(s.Nudge, s.defaults().Nudge) },
		func(s *Settings, value string) string {
			day, hour, every, ok := readNudge(value)
			if !ok {
				return "Which day, and at which full hour? `settings nudge tue 10`, or `settings nudge sat 11 every 2 weeks`."
			}
			s.Nudge = dayNames[day] + " " + strconv.Itoa(hour)
			if every > 1 {
				s.Nudge += " every " + strconv.Itoa(every) + " weeks"
			}
			return ""
		},
		func(s *Settings) { s.Nudge = "" },
	},
	{
		"owner", "required | optional", "whether an action item must have an owner",
		func(s Settings) string { return orElse(s.Owner, s.defaults().Owner) },
		func(s *Settings, value string) string { return oneOf(&s.Owner, value, mustHave, mayHave) },
		func(s *Settings) { s.Owner = "" },
	},
	{
		"due", "required | optional", "whether an action item must have a due date",
		func(s Settings) string { return orElse(s.Due, s.defaults().Due) },
		func(s *Settings, value string) string { return oneOf(&s.Due, value, mustHave, mayHave) },
		func(s *Settings) { s.Due = "" },
	},
	priority("p1", func(s *Settings) *int { return &s.P1 }),
	priority("p2", func(s *Settings) *int { return &s.P2 }),
	priority("p3", func(s *Settings) *int { return &s.P3 }),
}

// priority is the setting of how many days an action item of that priority has.
func priority(name string, field func(*Settings) *int) setting {
	return setting{
		name, "<days> | none", "in how many days an action item of priority " + name + " is due where nobody says when",
		func(s Settings) string {
			d := s.defaults()
			days := orElse(*field(&s), *field(&d))
			if days == noDays {
				return "none"
			}
			return countWords(days, "day")
		},
		func(s *Settings, value string) string {
			days, ok := readCount(value)
			if !ok {
				return "How many days? 1 to " + strconv.Itoa(mostDays) + ", as in `settings " + name + " 14`, or `settings " + name + " none`."
			}
			*field(s) = days
			return ""
		},
		func(s *Settings) { *field(s) = 0 },
	}
}

// settingNamed finds a setting by its name.
func settingNamed(name string) (setting, bool) {
	i := slices.IndexFunc(settingsTable, func(st setting) bool { return st.name == strings.ToLower(name) })
	if i < 0 {
		return setting{}, false
	}
	return settingsTable[i], true
}

// change applies what was typed after `settings`: a name and a value, or `default`. problem says in words why it cannot
// be; nothing is changed then.
func (s Settings) change(typed string) (changed Settings, problem string) {
	name, value := cutWord(typed)
	st, ok := settingNamed(name)
	if !ok {
		return s, noSuchSetting(name)
	}
	value = strings.TrimSpace(value)
	changed = s
	switch {
	case value == "":
		return s, "What should `" + st.name + "` be? `settings " + st.name + " " + st.args + "`."
	case strings.EqualFold(value, "default"):
		st.unset(&changed)
	default:
		problem = st.set(&changed, value)
	}
	if problem == "" {
		problem = changed.overlap()
	}
	if problem == "" {
		problem = changed.nameless()
	}
	if problem != "" {
		return s, problem
	}
	return changed, ""
}

func noSuchSetting(name string) string {
	problem := "There is no setting of that name."
	for _, st := range settingsTable {
		if oneSlip(strings.ToLower(name), st.name) {
			problem += " Did you mean `" + st.name + "`?"
			break
		}
	}
	return problem + " `settings` shows what there is."
}

func oneOf(field *string, value string, choices ...string) string {
	value = strings.ToLower(value)
	if !slices.Contains(choices, value) {
		return "It is one of `" + strings.Join(choices, "` and `") + "`."
	}
	*field = value
	return ""
}

// writeIDs writes ids as they are mentioned.
func writeIDs(ids []string, sign, none string) string {
	if len(ids) == 0 {
		return none
	}
	words := make([]string, 0, len(ids))
	for _, id := range ids {
		words = append(words, sign+id+">")
	}
	return strings.Join(words, " ")
}

var (
	crewWord    = regexp.MustCompile(`^(?:<@([^>|\s]+)(?:\|[^>]*)?>|@(&\S+))$`)
	channelWord = regexp.MustCompile(`^(?:<#([^>|\s]+)(?:\|[^>]*)?>|#(\S+))$`)
)

// readIDs reads words that all name somebody, or all a channel.
func readIDs(word *regexp.Regexp, value string) (all []string, ok bool) {
	for _, w := range strings.FieldsFunc(value, isListSpace) {
		m := word.FindStringSubmatch(w)
		if m == nil {
			return nil, false
		}
		if id := m[1] + m[2]; !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all, len(all) > 0 && len(all) <= mostOf
}

func isListSpace(r rune) bool { return unicode.IsSpace(r) || r == ',' }

func setCrew(s *Settings, value string) string {
	if strings.EqualFold(value, "everybody") {
		s.Crew = nil
		return ""
	}
	crew, ok := readIDs(crewWord, value)
	if !ok {
		return "Name people and roles, " + strconv.Itoa(mostOf) + " at most, as in `settings crew @ana @kim`; or `settings crew everybody`."
	}
	s.Crew = crew
	return ""
}

func setChannels(s *Settings, value string) string {
	if strings.EqualFold(value, "all") {
		s.Channels = nil
		return ""
	}
	channels, ok := readIDs(channelWord, value)
	if !ok {
		return "Name channels, " + strconv.Itoa(mostOf) + " at most, as in `settings channels #ops #db`; or `settings channels all`."
	}
	s.Channels = channels
	return ""
}

// joinPattern is a pattern of names, in which a star stands for anything; a star alone would be every channel.
var joinPattern = regexp.MustCompile(`^[\pL\pN_*-]*[\pL\pN][\pL\pN_*-]*$`)

func setJoin(s *Settings, value string) string {
	if strings.EqualFold(value, "off") {
		s.Join = nil
		return ""
	}
	var all []string
	for _, word := range strings.FieldsFunc(strings.ToLower(value), isListSpace) {
		word = strings.Trim(word, "`#")
		if !joinPattern.MatchString(word) || len(all) == mostOf {
			return "Name channels by the pattern of their names, in which `*` stands for anything: `settings join inc-*`, " +
				strconv.Itoa(mostOf) + " at most; or `settings join off`."
		}
		all = append(all, word)
	}
	s.Join = all
	return ""
}

// JoinMatches reports whether a channel's name, without its sign, matches one of the patterns of a Join.
func JoinMatches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(p, strings.ToLower(name))
		return ok && err == nil
	})
}

func setZone(s *Settings, value string) string {
	if strings.ContainsAny(value, " \t\n") {
		return "Name one zone, as in `settings zone Europe/Berlin`."
	}
	if _, err := time.LoadLocation(value); err != nil || value == "Local" {
		return "I do not know the zone `" + shorten(strings.ReplaceAll(value, "`", "'"), 60) + "`. Names look like `Europe/Berlin` or `America/New_York`."
	}
	s.Zone = value
	return ""
}

func setEmoji(field *[]string, value string) string {
	var all []string
	for _, w := range strings.FieldsFunc(value, isListSpace) {
		e, ok := readEmoji(w)
		if !ok {
			return "Those are not all emoji. Type the emoji themselves, or their names between colons: `settings pins 📌 :thumbtack:`."
		}
		if !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	if len(all) == 0 || len(all) > mostOf {
		return "Name between one and " + strconv.Itoa(mostOf) + " emoji."
	}
	*field = all
	return ""
}

func setMarks(s *Settings, value string) string {
	switch strings.ToLower(value) {
	case "off":
		s.Marks = nil
		return ""
	case "on":
		s.Marks = slices.Clone(defaultMarks)
		return ""
	}
	const how = "Name moments and their emoji, as in `settings marks began 🚨 over ✅`; or `settings marks on`, or `off`."
	words := strings.FieldsFunc(value, isListSpace)
	if len(words)%2 != 0 || len(words) == 0 || len(words) > mostOf {
		return how
	}
	var marks []MarkEmoji
	for i := 0; i < len(words); i += 2 {
		moment := postmortem.MomentName(strings.ToLower(words[i]))
		e, ok := readEmoji(words[i+1])
		known := slices.ContainsFunc(defaultMarks, func(m MarkEmoji) bool { return m.Moment == moment })
		if !ok || !known {
			return how
		}
		marks = append(marks, MarkEmoji{moment, e})
	}
	s.Marks = marks
	return ""
}

var (
	emojiName   = regexp.MustCompile(`^[\w+'-]+$`)
	customEmoji = regexp.MustCompile(`^<?a?:?([\w+'-]+:\d+)>?$`)
)

// readEmoji reads an emoji as people type it: itself, its name between colons, or as platforms write their own.
func readEmoji(word string) (string, bool) {
	if m := customEmoji.FindStringSubmatch(word); m != nil {
		return m[1], true
	}
	bare := strings.Trim(word, ":")
	e := Emoji(bare)
	if emojiName.MatchString(bare) {
		return e, e != bare || (len(word) > len(bare)+1)
	}
	letters := 0
	for _, r := range e {
		if r < 0x80 && !unicode.IsDigit(r) && r != '#' && r != '*' {
			return "", false
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return e, e != "" && letters < 2 && len([]rune(e)) <= 16
}

// nameless says which emoji would never be recognised: Slack tells of all by their names, and knows more than we do.
func (s Settings) nameless() string {
	if s.platform != "slack" {
		return ""
	}
	all := slices.Concat(s.Pins, s.Ideas)
	for _, m := range s.Marks {
		all = append(all, m.Emoji)
	}
	for _, e := range all {
		if !emojiName.MatchString(e) && !emojiNamed(e) {
			return "Slack tells me emoji by their names, and I do not know what it calls " + e + ". Type its name between colons, as in `settings pins :rocket:`."
		}
	}
	return ""
}

// overlap says which emoji would mean two things.
func (s Settings) overlap() string {
	means := map[string]string{markTake: "", markLeave: "", clip: "", clipAlert: ""}
	for _, kind := range []struct {
		emoji []string
		what  string
	}{{s.pins(), "a pin"}, {s.ideas(), "an idea"}} {
		for _, e := range kind.emoji {
			if problem := claimEmoji(means, e, kind.what); problem != "" {
				return problem
			}
		}
	}
	for _, m := range s.Marks {
		if problem := claimEmoji(means, m.Emoji, "the mark `"+string(m.Moment)+"`"); problem != "" {
			return problem
		}
	}
	return ""
}

func claimEmoji(means map[string]string, emoji, what string) string {
	other, taken := means[emoji]
	switch {
	case taken && other == "":
		return emoji + " already has a meaning: " + markTake + " and " + markLeave + " mark answers, " + clip + " and " + clipAlert + " are mine."
	case taken && other == what:
		return emoji + " is there twice."
	case taken:
		return emoji + " cannot be both " + other + " and " + what + "."
	}
	means[emoji] = what
	return ""
}

// dayNames are the days of the week as people type them, Sunday first, as package time counts.
var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// readDay reads `tue`, `tues` or `Tuesday`.
func readDay(word string) (time.Weekday, bool) {
	word = strings.ToLower(strings.TrimSuffix(word, "."))
	for d := time.Sunday; d <= time.Saturday; d++ {
		if full := strings.ToLower(d.String()); len(word) >= 3 && strings.HasPrefix(full, word) {
			return d, true
		}
	}
	return 0, false
}

// readDays reads `mon-fri`, `tue thu sat` or `every day`.
func readDays(value string) (days [7]bool, ok bool) {
	value = strings.ToLower(strings.TrimSpace(value))
	if value == "every day" || value == "all" || value == "daily" {
		return [7]bool{true, true, true, true, true, true, true}, true
	}
	for _, w := range strings.FieldsFunc(value, isListSpace) {
		first, last, isRange := strings.Cut(strings.ReplaceAll(w, "–", "-"), "-")
		from, ok := readDay(first)
		until := from
		if isRange && ok {
			until, ok = readDay(last)
		}
		if !ok {
			return days, false
		}
		for d := from; ; d = (d + 1) % 7 {
			days[d] = true
			if d == until {
				break
			}
		}
	}
	return days, slices.Contains(days[:], true)
}

// daysWords writes days as readDays reads them.
func daysWords(days [7]bool) string {
	if !slices.Contains(days[:], false) {
		return "every day"
	}
	var words []string
	for d := 1; d <= 7; {
		if !days[d%7] {
			d++
			continue
		}
		last := d
		for last < 7 && days[(last+1)%7] {
			last++
		}
		switch {
		case last-d >= 2:
			words = append(words, dayNames[d%7]+"-"+dayNames[last%7])
		case last > d:
			words = append(words, dayNames[d%7], dayNames[last%7])
		default:
			words = append(words, dayNames[d%7])
		}
		d = last + 1
	}
	return strings.Join(words, " ")
}

var (
	hoursWord = regexp.MustCompile(`^(\d{1,2})(?::00)?\s*(?:-|–|to|until)\s*(\d{1,2})(?::00)?$`)
	nudgeWord = regexp.MustCompile(`^([a-z]+)[\s,]+(?:at\s+)?(\d{1,2})(?::00)?(?:[\s,]+(?:every\s+(\d|other)\s*weeks?|every\s+week|weekly))?$`)
	countWord = regexp.MustCompile(`^(\d{1,3})\s*(d|days?|w|weeks?)?$`)
)

// readHours reads `9-17`: full hours of one day.
func readHours(value string) (opens, closes int, ok bool) {
	m := hoursWord.FindStringSubmatch(strings.ToLower(strings.TrimSpace(value)))
	if m == nil {
		return 0, 0, false
	}
	opens, _ = strconv.Atoi(m[1])
	closes, _ = strconv.Atoi(m[2])
	return opens, closes, opens < closes && closes <= 24
}

// readNudge reads `tue 10` or `sat 11 every 2 weeks`.
func readNudge(value string) (day time.Weekday, hour, every int, ok bool) {
	m := nudgeWord.FindStringSubmatch(strings.ToLower(strings.TrimSpace(value)))
	if m == nil {
		return 0, 0, 0, false
	}
	day, ok = readDay(m[1])
	hour, _ = strconv.Atoi(m[2])
	switch m[3] {
	case "":
		every = 1
	case "other":
		every = 2
	default:
		every, _ = strconv.Atoi(m[3])
	}
	return day, hour, every, ok && hour < 24 && every >= 1 && every <= 4
}

// readCount reads `14`, `14 days`, `2 weeks` or `none`.
func readCount(value string) (days int, ok bool) {
	value = strings.ToLower(strings.TrimSpace(value))
	if value == "none" {
		return noDays, true
	}
	m := countWord.FindStringSubmatch(value)
	if m == nil {
		return 0, false
	}
	days, _ = strconv.Atoi(m[1])
	if strings.HasPrefix(m[2], "w") {
		days *= 7
	}
	return days, days >= 1 && days <= mostDays
}

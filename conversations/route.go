package conversations

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/when"
)

// Routing says what is done with an event before it is acknowledged.
type Routing struct {
	AtOnce    bool     // it only reads: Respond answers it, nothing is stored
	Check     bool     // what was typed is looked at by Check before anything is stored
	Addresses []string // to be looked up in the store, once; then Subjects says whom the event concerns
	Thread    bool     // the only address is a thread's: whose it was found to be it stays, so that may be remembered
}

// Addressed is an event and the subject it is for.
type Addressed struct {
	Subject string
	Event   Event
}

// Route says what is done with an event of a person or a platform before it is acknowledged. Pure, and without any look-up.
func Route(e Event, s Settings) Routing {
	switch e.Kind {
	case Commanded:
		return routeCommand(e, e.Text)
	case Said:
		return routeSaid(e)
	case Edited, Deleted, Looked:
		r := Routing{Addresses: []string{e.Message.Key()}}
		if e.Where.Thread != "" {
			r.Addresses = append(r.Addresses, e.Where.Address())
		}
		return r
	case Reacted:
		if e.Emoji == markTake || e.Emoji == markLeave {
			return Routing{Addresses: []string{reviewsIn(e.Where)}}
		}
	case Clicked:
		return Routing{AtOnce: readingVerbs[e.Verb] || e.Value == formChoice}
	case Submitted:
		r := Routing{Check: true}
		if n := reviewOfForm(e); n > 0 {
			r.Addresses = []string{numberAddress(e.Where.Workspace, "PM", n)}
		}
		return r
	case Opened:
		return Routing{AtOnce: true}
	case Joined, Left:
		return Routing{Addresses: []string{reviewsIn(e.Where)}}
	case Changed:
		return Routing{Addresses: []string{personID(e.Where.Workspace, e.Who), itemsOwned(e.Where.Workspace, e.Who)}}
	}
	return Routing{}
}

// readingVerbs are those of controls that change nothing.
var readingVerbs = map[string]bool{
	"draft": true, "timeline": true, "answer form": true, "fill form": true, "add form": true, "sort form": true,
	"rewrite form": true, "form": true, "more": true, "look": true, "changes": true, "help": true, "keeps": true,
	"setting form": true, "item form": true, "start form": true, "action form": true,
}

func routeSaid(e Event) Routing {
	if e.Mention {
		if typed, ok := ParseCommand(e.Text); ok || e.Where.Thread == "" {
			if !ok || e.Where.Thread == "" || typed.AtOnce || typed.about != aboutReview {
				return routeCommand(e, e.Text)
			}
		}
	}
	if e.Where.Thread == "" {
		return Routing{} // a root message that mentions nobody of ours: forgotten, and the store is not asked
	}
	return Routing{Addresses: []string{e.Where.Address()}, Thread: true}
}

func routeCommand(e Event, text string) Routing {
	typed, ok := ParseCommand(text)
	if !ok || typed.AtOnce {
		return Routing{AtOnce: true}
	}
	if typed.about == aboutSettings && strings.TrimSpace(typed.Rest) == "" {
		return Routing{AtOnce: true}
	}
	r := Routing{Check: true}
	switch typed.about {
	case aboutNew:
		if typed.Name == "start" {
			r.Addresses = append(r.Addresses, burningIn(e.Where))
			if e.Where.Thread != "" {
				r.Addresses = append(r.Addresses, e.Where.Address())
			}
		}
	case aboutNumber:
		word, _ := cutWord(typed.Rest)
		if series, n, ok := parseNumber(word); ok {
			r.Addresses = append(r.Addresses, numberAddress(e.Where.Workspace, series, n))
		}
	case aboutReview:
		if n, _ := reviewArgs(typed); n > 0 {
			r.Addresses = append(r.Addresses, numberAddress(e.Where.Workspace, "PM", n))
			break
		}
		if e.Where.Thread != "" {
			r.Addresses = append(r.Addresses, e.Where.Address())
		}
		r.Addresses = append(r.Addresses, reviewsIn(e.Where))
	}
	return r
}

// Subjects says whom the event concerns, given the subjects found under the routing's addresses: none (it is forgotten),
// one, or several, each of which gets a row of its own. The answer is what to say at once: nothing, usually; or why
// nothing is concerned.
func (r Routing) Subjects(e Event, s Settings, found map[string][]string) ([]string, Answer) {
	switch e.Kind {
	case Commanded:
		return r.commandSubjects(e, s, found)
	case Said:
		if e.Mention {
			if typed, ok := ParseCommand(e.Text); ok && (e.Where.Thread == "" || typed.about != aboutReview) {
				return r.commandSubjects(e, s, found)
			}
		}
		return found[e.Where.Address()], Answer{}
	case Edited, Looked:
		return all(r.Addresses, found), Answer{}
	case Deleted:
		// Whether or not the event is known yet: a pin that is still on its way must not outlive its message.
		ids := all(r.Addresses, found)
		if id := EventID(e.Message); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		return ids, Answer{}
	case Reacted:
		if s.isPin(e.Emoji) || s.marks(e.Emoji) != "" {
			if e.On && !s.countsIn(e.Where) {
				return nil, Answer{}
			}
			return []string{EventID(e.Message)}, Answer{}
		}
		return all(r.Addresses, found), Answer{}
	case Clicked, Submitted:
		if e.Kind == Submitted && e.Verb == "add" {
			if e.Message.ID != "" {
				return []string{EventID(e.Message)}, Answer{}
			}
			return []string{handID(e, 1)}, Answer{}
		}
		if n := reviewOfForm(e); n > 0 {
			if ids := all(r.Addresses, found); len(ids) > 0 {
				return ids[:1], Answer{}
			}
			return nil, refusal(e, noSuch(number("PM", n)))
		}
		if KindOf(e.Subject) == "" || WorkspaceOf(e.Subject) != e.Where.Workspace {
			return nil, refusal(e, notOurs)
		}
		return []string{e.Subject}, Answer{}
	case Joined:
		return append([]string{workspaceID(e.Where.Workspace)}, all(r.Addresses, found)...), Answer{}
	case Left:
		return all(r.Addresses, found), Answer{}
	case Named:
		if JoinMatches(s.Join, e.Value) {
			return []string{workspaceID(e.Where.Workspace)}, Answer{}
		}
	case Changed: // nobody is remembered but who matters here
		if len(all(r.Addresses, found)) == 0 {
			return nil, Answer{}
		}
		return []string{personID(e.Where.Workspace, e.Who)}, Answer{}
	case Told:
		if e.Verb == away {
			return []string{workspaceID(e.Where.Workspace)}, Answer{}
		}
	}
	return nil, Answer{}
}

func (r Routing) commandSubjects(e Event, s Settings, found map[string][]string) ([]string, Answer) {
	typed, _ := ParseCommand(e.Text)
	switch typed.about {
	case aboutNew:
		if typed.Name == "event" {
			n := strings.Count(strings.TrimSpace(typed.Rest), "\n") + 1
			var ids []string
			for i := range n {
				ids = append(ids, handID(e, i+1))
			}
			return ids, Answer{}
		}
		if ids := found[e.Where.Address()]; len(ids) > 0 && e.Where.Thread != "" {
			return ids[:1], Answer{}
		}
		if ids := found[burningIn(e.Where)]; len(ids) > 0 {
			return ids[:1], Answer{}
		}
		if s.Preset == "" { // the workspace asks how it is to work, once
			return []string{startID(e), workspaceID(e.Where.Workspace)}, Answer{}
		}
		return []string{startID(e)}, Answer{}
	case aboutSettings:
		return []string{workspaceID(e.Where.Workspace)}, Answer{}
	case aboutMe:
		return []string{personID(e.Where.Workspace, e.Who)}, Answer{}
	case aboutNumber:
		word, _ := cutWord(typed.Rest)
		if ids := all(r.Addresses, found); len(ids) > 0 {
			return ids[:1], Answer{}
		}
		return nil, private(noSuch(strings.ToUpper(word)))
	case aboutReview:
		for _, a := range r.Addresses {
			switch ids := found[a]; len(ids) {
			case 0:
			case 1:
				return ids, Answer{}
			default:
				return nil, private("Several reviews are open here. Name the one you mean: `" + typed.Name + " PM-1`. `/postmortem list` shows them.")
			}
		}
		if n, _ := reviewArgs(typed); n > 0 {
			return nil, private(noSuch(number("PM", n)))
		}
		return nil, private("No review is open here. `/postmortem start` begins one, `/postmortem list` shows what there is.")
	}
	return nil, Answer{}
}

// noSuch is said of a number that does not exist, and of one that is not for whoever asks.
func noSuch(name string) string {
	if strings.HasPrefix(name, "PM-") {
		return "There is no " + name + ". `/postmortem list` shows what there is."
	}
	return "There is no " + name + ". `/postmortem timeline` and `/postmortem actions` show the numbers."
}

// startID is the review that `start` makes: one for each thread, else one for each time it is said.
func startID(e Event) string {
	if e.Where.Thread != "" {
		return subjectID(e.Where.Workspace, KindReview, "thread/"+e.Where.Channel+"/"+e.Where.Thread)
	}
	return subjectID(e.Where.Workspace, KindReview, strings.TrimPrefix(e.Key, e.Where.Workspace+"/"))
}

// all are the subjects found under any of the addresses, each once, in the order of the addresses.
func all(addresses []string, found map[string][]string) []string {
	var ids []string
	for _, a := range addresses {
		for _, id := range found[a] {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// notOurs is said of a button or a form that nothing here is known by.
const notOurs = "This belongs to another workspace or to a version of me that is gone. `/postmortem list` shows what there is."

// refusal says why something is not done: in a form, which stays as it was filled in, else privately.
func refusal(e Event, words string) Answer {
	if e.Kind == Submitted {
		return Answer{Errors: []Field{{Value: words}}}
	}
	return private(words)
}

// private is an answer of one line.
func private(text string) Answer {
	return Answer{Private: Body{Text: []Span{{Kind: Words, Text: text}}}}
}

// CheckNeeds says what Check must know.
func CheckNeeds(e Event, f Facts) Needs {
	n := Needs{People: known(append(ownersIn(e), e.Who))}
	if f.Settings.limited() {
		n.Powers = []string{e.Who}
	}
	if typed, _ := ParseCommand(e.Text); typed.Name == "start" {
		n.Sees = sourceSees(e.Where.Workspace, e.Who, startSources(e, typed))
		if len(e.Fields) > 0 {
			n.Sees = append(n.Sees, Sees{Who: e.Who, Where: e.Where})
		}
	}
	return n
}

// Check looks at what was typed before it is accepted. false: it is not accepted; the answer says why, beside the field
// of a form, which stays open.
func Check(e Event, f Facts) (Answer, bool) {
	answer, ok := checkTyped(e, f)
	if !ok && len(e.Fields) > 0 && !answer.Private.IsZero() {
		answer = Answer{Errors: []Field{{Value: Plain(answer.Private.Text)}}}
	}
	return answer, ok
}

func checkTyped(e Event, f Facts) (Answer, bool) {
	typed, _ := ParseCommand(e.Text)
	if forCrew(e, typed) {
		if no := f.takesPart(e.Who); no != "" {
			return private(no), false
		}
	}
	if e.Kind == Submitted {
		return checkForm(e, f)
	}
	word, rest := cutWord(typed.Rest)
	switch typed.about {
	case aboutNumber:
		series, _, ok := parseNumber(word)
		want := "E"
		if forItem(typed.Command) {
			want = "A"
		}
		if !ok || series != want {
			return private("Name it by its number: `" + typed.Name + " " + typed.Args + "`."), false
		}
		if strings.Contains(typed.Args, "> <") && strings.TrimSpace(rest) == "" {
			return private("Something is missing: `" + typed.Name + " " + typed.Args + "`."), false
		}
		if typed.Name == "later" || typed.Name == "due" {
			if _, err := when.Due(rest, e.At.In(f.Person(e.Who).Location(f.Zone))); err != nil {
				return private(sentence(err)), false
			}
		}
		if typed.Name == "timeline at" {
			if _, err := when.Past(rest, e.At.In(f.Person(e.Who).Location(f.Zone))); err != nil {
				return private(sentence(err)), false
			}
		}
	case aboutNew:
		if typed.Name == "event" {
			return checkEvent(e, f)
		}
		if q := (Sees{Who: e.Who, Where: e.Where}); len(e.Fields) > 0 && !f.Sees[q] {
			if f.Unsure[q] {
				return Answer{Errors: []Field{{"channel", "I cannot find out just now whether you can see it. Please try again in a minute."}}}, false
			}
			return Answer{Errors: []Field{{"channel", "I know no such channel that you can see."}}}, false
		}
		if answer, ok := checkSources(e, typed, f); !ok {
			return answer, false
		}
	case aboutMe:
		return checkMe(typed, e, f)
	}
	if typed.about == aboutSettings {
		if _, problem := f.Settings.change(typed.Rest); problem != "" {
			return private(problem), false
		}
	}
	if tooLong(e.Text) {
		return private("That is longer than " + strconv.Itoa(answerRunes) + " characters. Say it in parts, or link to it."), false
	}
	return Answer{}, true
}

const eventLinesCap = 50

func checkEvent(e Event, f Facts) (Answer, bool) {
	lines, err := handLines(e, f)
	switch {
	case err != nil:
		return private(sentence(err) + " Nothing was kept; here is what you typed:\n" + fence(e.Text)), false
	case len(lines) == 0:
		return private("What happened? `event rolled back to 4.11 @ 14:05`, several lines at once if you like."), false
	case len(lines) > eventLinesCap || tooLong(e.Text):
		return private("That is too much at once: " + strconv.Itoa(eventLinesCap) + " lines and " + strconv.Itoa(answerRunes) + " characters at most. Nothing was kept."), false
	}
	return Answer{}, true
}

func checkForm(e Event, f Facts) (Answer, bool) {
	var wrong []Field
	text := strings.TrimSpace(e.Field("text"))
	switch e.Verb {
	case "setting":
		if _, problem := f.Settings.change(e.Value + " " + orElse(strings.TrimSpace(e.Field("value")), "default")); problem != "" {
			wrong = append(wrong, Field{"value", problem})
		}
	case "answer", "add", "action", "rewrite", "done", "wontdo", "need help":
		if text == "" {
			wrong = append(wrong, Field{"text", "There is nothing here yet."})
		}
	case "cancel":
		if strings.TrimSpace(e.Field("reason")) == "" {
			wrong = append(wrong, Field{"reason", "Say why, so that nobody wonders later."})
		}
	case "moments":
		wrong = append(wrong, checkMoments(e, f)...)
	}
	for _, field := range e.Fields {
		if len([]rune(field.Value)) > answerRunes {
			wrong = append(wrong, Field{field.Name, "Longer than " + strconv.Itoa(answerRunes) + " characters. Say it in parts, or link to it."})
		}
	}
	now := e.At.In(f.Person(e.Who).Location(f.Zone))
	for _, field := range e.Fields {
		typed := strings.TrimSpace(field.Value)
		if typed == "" {
			continue
		}
		var err error
		switch name, _, _ := strings.Cut(field.Name, " "); name {
		case "when":
			_, err = when.Past(typed, now)
		case "due", "until":
			_, err = when.Due(typed, now)
		case "owner":
			if ownerOf(typed) == "" {
				wrong = append(wrong, Field{field.Name, "Name one person, as in @kim."})
			} else if no := f.cannotOwn(ownerOf(typed)); no != "" {
				wrong = append(wrong, Field{field.Name, no})
			}
		}
		if err != nil {
			wrong = append(wrong, Field{field.Name, sentence(err)})
		}
	}
	for i := range wrong {
		wrong[i].Value = plainHint(wrong[i].Value)
	}
	return Answer{Errors: wrong}, len(wrong) == 0
}

// checkMoments says which of the moments in the form cannot be read.
func checkMoments(e Event, f Facts) []Field {
	var wrong []Field
	now := e.At.In(f.Person(e.Who).Location(f.Zone))
	for _, name := range postmortem.MomentNames {
		typed := strings.TrimSpace(e.Field(string(name)))
		if _, ok := (incident{}).readMoment(string(name)+" "+typed, now); typed != "" && !ok {
			wrong = append(wrong, Field{string(name), "A time or an event of the timeline: 14:31, yesterday 23:50, E-14, or unknown."})
		}
	}
	return wrong
}

// sentence is a refusal to read a date or time, as people are shown it.
func sentence(err error) string {
	s := err.Error()
	r, size := utf8.DecodeRuneInString(s)
	return strings.TrimSuffix(string(unicode.ToUpper(r))+s[size:], ".") + "."
}

func tooLong(text string) bool { return len([]rune(text)) > answerRunes }

// fence shows what somebody typed, inert, in a block of its own.
func fence(text string) string {
	return "```\n" + strings.ReplaceAll(shorten(text, 1500), "```", "'''") + "\n```"
}

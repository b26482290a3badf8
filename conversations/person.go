package conversations

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// PersonState is what is remembered about one person's dealings with the bot: what they want to hear, and whether they
// answer. It is changed by themselves alone, and by nudges that went unanswered.
//
// Each change is one step and one Save, with its answer in the outbox of the same write; a process that dies on the way
// leaves either nothing or all of it.
type PersonState struct {
	Failures int          `json:"failures,omitempty"` // acts of theirs that could not be handled
	Known    *KnownPerson `json:"known,omitempty"`    // what the platform last said about them

	Paused  when.Date `json:"paused,omitzero"`   // no private messages before that day
	Digest  bool      `json:"digest,omitempty"`  // no weekly messages at all
	Stopped []int     `json:"stopped,omitempty"` // reviews of whose items they want to hear nothing
	Zone    string    `json:"zone,omitempty"`    // instead of what the platform says
	Ignored int       `json:"ignored,omitempty"` // weekly messages in a row that they did not answer
	Last    string    `json:"last,omitempty"`    // the newest of them that was counted
}

const stoppedCap = 100

// Kind implements State.
func (*PersonState) Kind() Kind { return KindPerson }

func (p *PersonState) index(id string) (addresses []string, at, due time.Time) {
	if p.Known != nil {
		addresses = append(addresses, id)
	}
	if p.Zone != "" {
		addresses = append(addresses, zonesOf(WorkspaceOf(id)))
	}
	return addresses, time.Time{}, time.Time{}
}

// ZonesOf is where those are found who have set a zone of their own; OwnZone reads it off one of them.
func ZonesOf(workspace string) Query { return Query{Address: zonesOf(workspace)} }

// OwnZone returns the person's id and the zone they have set; empty when there is none.
func OwnZone(s Subject) (person, zone string) {
	p, ok := s.State.(*PersonState)
	if !ok || p == nil {
		return "", ""
	}
	return rest(s.ID), p.Zone
}

// personOf is what is remembered of somebody, if it was loaded; never nil.
func (f Facts) personOf(workspace, who string) *PersonState {
	s, _ := f.Subject(personID(workspace, who))
	if p, ok := s.State.(*PersonState); ok && p != nil {
		return p
	}
	return &PersonState{}
}

// paused reports whether they want to be left alone on that day.
func (p *PersonState) paused(today when.Date) bool { return p.Paused.After(today) }

func personNeeds(id string, e Event, f Facts) Needs {
	switch who := rest(id); {
	case e.Kind == Told:
		return Needs{}
	case e.Kind == Changed && gone(who, f):
		return Needs{Queries: []Query{{Address: itemsOwned(WorkspaceOf(id), who)}}}
	case e.Kind == Changed: // asked of the platform afresh, which is all that most changes need
		return Needs{Powers: []string{who}}
	default:
		return Needs{People: []string{who}}
	}
}

func stepPerson(o *out, p *PersonState, e Event, f Facts) *PersonState {
	switch {
	case e.Kind != Told && e.Who != rest(o.subject):
		return p // nobody is shown such a button
	case p == nil && e.Kind == Told && e.Verb == "answered":
		return nil // there is nothing to forget
	case p == nil:
		p = &PersonState{}
	}
	switch e.Kind {
	case Changed:
		p.left(o, f)
	case Told:
		p.told(o, e)
	case Commanded, Said:
		typed, _ := ParseCommand(e.Text)
		p.change(o, typed.Name, typed.Rest, e, f)
	case Clicked, Submitted:
		p.change(o, e.Verb, cmp.Or(e.Field("due"), e.Value), e, f)
	}
	return p
}

// left tells what somebody owned when they have left, instead of at its next tick.
func (p *PersonState) left(o *out, f Facts) {
	for _, s := range f.Subjects {
		if i, ok := s.State.(*ActionItem); ok && i.Owner == rest(o.subject) {
			o.tell(s.ID, "owner left", "")
		}
	}
}

func (p *PersonState) told(o *out, e Event) {
	switch e.Verb {
	case "died":
		p.Failures++
		who := rest(o.subject)
		o.add(Effect{Kind: Private, To: "person " + who, Person: who, View: "died", At: e.At})
	case "ignored":
		if e.Value > p.Last { // by day, so that what is told late counts once and in its turn
			p.Ignored, p.Last = p.Ignored+1, e.Value
		}
	case "answered":
		if e.Value >= p.Last {
			p.Ignored, p.Last = 0, e.Value
		}
	}
}

// change is what somebody wants to hear, and when.
func (p *PersonState) change(o *out, what, arg string, e Event, f Facts) {
	now := e.At.In(f.Person(e.Who).Location(f.Zone))
	p.Ignored, p.Last = 0, max(p.Last, when.DateOf(now).String()) // whoever says this has read what was sent
	switch what {
	case "me pause":
		day := when.DateOf(now).AddDays(14)
		if arg = strings.TrimSpace(arg); arg != "" {
			var err error
			if day, err = when.Due(arg, now); err != nil {
				o.say(sentence(err))
				return
			}
		}
		p.Paused = day.DayOnly()
	case "me digest":
		p.Digest = true
	case "me zone":
		zone, problem := readZone(arg)
		if problem != "" {
			o.say(problem)
			return
		}
		p.Zone = zone
	case "me stop":
		_, n, ok := parseNumber(arg)
		if !ok {
			o.say("Name the review: `me stop PM-42`.")
			return
		}
		if !slices.Contains(p.Stopped, n) && len(p.Stopped) < stoppedCap {
			p.Stopped = append(p.Stopped, n)
		}
	case "me resume":
		if _, n, ok := parseNumber(arg); ok {
			p.Stopped = slices.DeleteFunc(p.Stopped, func(s int) bool { return s == n })
			break
		}
		p.Paused, p.Digest, p.Stopped = when.Date{}, false, nil
	default:
		return
	}
	o.reply("me")
}

// checkMe looks at what somebody typed about themselves before it is taken in.
func checkMe(typed Typed, e Event, f Facts) (Answer, bool) {
	arg, problem := strings.TrimSpace(typed.Rest), ""
	switch typed.Name {
	case "me pause":
		if arg == "" {
			break
		}
		if _, err := when.Due(arg, e.At.In(f.Person(e.Who).Location(f.Zone))); err != nil {
			problem = sentence(err)
		}
	case "me zone":
		_, problem = readZone(arg)
	case "me stop", "me resume":
		series, _, ok := parseNumber(arg)
		if (arg != "" || typed.Name == "me stop") && (!ok || series != "PM") {
			problem = "Name the review: `" + typed.Name + " PM-42`."
		}
	}
	return private(problem), problem == ""
}

// readZone is the IANA name that was typed. `none` is the platform's again.
func readZone(arg string) (zone, problem string) {
	switch arg = strings.TrimSpace(arg); strings.ToLower(arg) {
	case "none":
		return "", ""
	case "", "local":
		return "", "Name one zone, as in `me zone Europe/Berlin`; `me zone none` takes it back."
	}
	loc, err := time.LoadLocation(arg)
	if err != nil {
		return "", "I do not know that zone. Names look like `Europe/Berlin` or `America/New_York`."
	}
	return loc.String(), ""
}

func (p *PersonState) render(pg *page, id string, ef Effect) {
	switch ef.View {
	case "died":
		pg.words("Something you did at ").moment(ef.At).words(" could not be handled, and trying again did not help. It is kept, and whoever runs me can see it with `debrief doctor`.")
	case "me":
		p.words(pg, when.DateOf(pg.facts.Now.In(pg.facts.Person(rest(id)).Location(pg.facts.Zone))))
	}
}

// words say what somebody has chosen to hear.
func (p *PersonState) words(pg *page, today when.Date) {
	switch {
	case p.Digest:
		pg.words("You get no weekly message from me; whoever hands you something still asks you.")
	case p.paused(today):
		pg.words("I leave you alone until " + dueWords(p.Paused.String()) + ".")
	default:
		pg.words("Once a week I tell you what is late and what is due, if there is anything.")
	}
	for i, n := range p.Stopped {
		if i == 0 {
			pg.words(" Not about ")
		}
		pg.words(joint(i, len(p.Stopped)) + number("PM", n))
	}
	if len(p.Stopped) > 0 {
		pg.words(".")
	}
	if p.Zone != "" {
		pg.words("\nYour zone is " + p.Zone + ".")
	}
	pg.words("\n`me pause until <date>`, `me digest`, `me stop PM-1`, `me zone <Area/City>` change that; `me resume` ends it.")
}

// Died turns an event that could not be stepped into one that tells the person; ok is false when there is nobody to tell.
func Died(e Event) (Addressed, bool) {
	if e.Who == "" || e.Kind == Told || e.Where.Workspace == "" {
		return Addressed{}, false
	}
	return Addressed{
		Subject: personID(e.Where.Workspace, e.Who),
		Event: Event{
			Key: e.Where.Workspace + "/died/" + strings.TrimPrefix(e.Key, e.Where.Workspace+"/"), Kind: Told, Verb: "died", At: e.At,
			Where: Place{Workspace: e.Where.Workspace},
		},
	}, true
}

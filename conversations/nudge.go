package conversations

import (
	"strings"
	"time"
)

// Nudge is something said to one person on the bot's own account. It exists once for what it is about: that, and no
// timer, is why nobody hears it twice.
type Nudge struct {
	Rule    Rule      `json:"rule"`
	Person  string    `json:"person"`
	Channel string    `json:"channel,omitempty"`
	Where   Place     `json:"where,omitzero"`
	At      time.Time `json:"at,omitzero"` // when it is to be said; zero: it was
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Offers  []string  `json:"offers,omitempty"`  // a weekly message: the offers it carries
	Outcome string    `json:"outcome,omitempty"` // what came of it, as its message shows
}

// Rule is why somebody is nudged.
type Rule string

// The rules.
const (
	RuleFirstPin Rule = "first-pin" // what is kept, once for each channel
	RuleOffer    Rule = "offer"     // a review of pins nobody has reviewed
	RuleWeekly   Rule = "weekly"    // Tuesday's message
)

const offerHour = 10

// Kind implements State.
func (*Nudge) Kind() Kind { return KindNudge }

func (n *Nudge) index(string) (addresses []string, at, due time.Time) { return nil, n.At, n.At }

func firstPinID(p Place) string {
	return subjectID(p.Workspace, KindNudge, p.Channel+"/first-pin")
}

// offerID is the nudge about the cluster whose first pinned event is this one.
func offerID(event string) string {
	return subjectID(WorkspaceOf(event), KindNudge, "offer/"+rest(event))
}

// offerReview is the review that [Start] on an offer makes, offerOf the way back.
func offerReview(offer string) string {
	return subjectID(WorkspaceOf(offer), KindReview, rest(offer))
}

func offerOf(review string) string {
	return subjectID(WorkspaceOf(review), KindNudge, rest(review))
}

func weeklyID(workspace, person string, day time.Time) string {
	return subjectID(workspace, KindNudge, person+"/weekly/"+day.Format(time.DateOnly))
}

func nudgeNeeds(n *Nudge, e Event) Needs {
	needs := Needs{}
	if n == nil && e.Kind == Told {
		needs.People = []string{e.Field("who")}
	}
	return needs
}

func stepNudge(o *out, n *Nudge, e Event, f Facts) *Nudge {
	if n == nil {
		return newNudge(o, e, f)
	}
	switch {
	case e.Kind == Ticked:
		n.At = time.Time{}
		n.show(o)
	case e.Kind == Told && e.Verb == "offer" && n.Rule == RuleWeekly:
		n.Offers = append(n.Offers, e.Value)
	case e.Kind == Told && e.Verb == "started":
		n.Outcome = "Started: " + e.Value + "."
		n.show(o)
	case e.Kind == Clicked && e.Verb == "not needed":
		if n.Outcome == "" {
			n.Outcome = "Not needed. The pins go after 30 days."
			n.show(o)
		}
	}
	return n
}

// newNudge is the Tell that creates it; nothing else does.
func newNudge(o *out, e Event, f Facts) *Nudge {
	if e.Kind != Told || e.Field("who") == "" {
		return nil
	}
	who := e.Field("who")
	n := &Nudge{Person: who, Channel: e.Field("channel")}
	n.Where = Place{Workspace: o.workspace(), Channel: n.Channel}
	switch e.Verb {
	case "pinned":
		n.Rule = RuleFirstPin
		o.add(Effect{Kind: Reply, To: "person " + who, Place: n.Where, Person: who, View: "first pin"})
	case "offer":
		n.Rule = RuleOffer
		n.From, _ = time.Parse(time.RFC3339Nano, e.Field("from"))
		n.Until, _ = time.Parse(time.RFC3339Nano, e.Field("until"))
		at := nextWorkingMorning(f.Now, f.Person(who).Location(f.Zone))
		if at.Weekday() == time.Tuesday {
			o.tell(weeklyID(o.workspace(), who, at), "weekly offer", o.subject, Field{"who", who}, Field{"at", at.Format(time.RFC3339)})
			return n
		}
		n.At = at.UTC()
	case "weekly offer":
		n.Rule = RuleWeekly
		n.Offers = []string{e.Value}
		n.At, _ = time.Parse(time.RFC3339, e.Field("at"))
		n.At = n.At.UTC()
	default:
		return nil
	}
	return n
}

func (n *Nudge) show(o *out) {
	o.add(Effect{Kind: Private, To: "person " + n.Person, Slot: string(n.Rule), Person: n.Person, View: string(n.Rule)})
}

// nextWorkingMorning is the next ten o'clock in that zone that falls on Monday to Friday.
func nextWorkingMorning(now time.Time, loc *time.Location) time.Time {
	local := now.In(loc)
	for day := 0; ; day++ {
		t := time.Date(local.Year(), local.Month(), local.Day()+day, offerHour, 0, 0, 0, loc)
		if wd := t.Weekday(); t.After(now) && wd != time.Saturday && wd != time.Sunday {
			return t
		}
	}
}

// PersonState is what is remembered about one person's dealings with the bot.
type PersonState struct {
	Failures int          `json:"failures,omitempty"` // acts of theirs that could not be handled
	Known    *KnownPerson `json:"known,omitempty"`    // what the platform last said about them
}

// Kind implements State.
func (*PersonState) Kind() Kind { return KindPerson }

func (*PersonState) index(string) (addresses []string, at, due time.Time) {
	return nil, time.Time{}, time.Time{}
}

func stepPerson(o *out, p *PersonState, e Event) *PersonState {
	if e.Kind != Told || e.Verb != "died" {
		return p
	}
	if p == nil {
		p = &PersonState{}
	}
	p.Failures++
	who := strings.TrimPrefix(rest(o.subject), "/")
	o.add(Effect{Kind: Private, To: "person " + who, Person: who, View: "died", At: e.At})
	return p
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

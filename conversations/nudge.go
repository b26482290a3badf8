package conversations

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// Nudge is something said to one person on the bot's own account. It exists once for what it is about: that, and no
// timer, is why nobody hears it twice.
//
// What is to be said is told to it, each time by a Tell that is durable with the state that asked for it. When its time
// has come it ticks: one Save says that it was said and puts the message into the outbox, so a process that dies before
// it has said nothing and ticks again, and one that dies after it leaves a message which is sent once, by whoever comes
// next: looked up on the platform if it may have arrived. Whether it arrived is known from its result alone, and only then
// does it count as something that could be answered. A message that the platform refuses counts as nothing; its items
// hear of it.
type Nudge struct {
	Rule    Rule      `json:"rule"`
	Person  string    `json:"person"`
	Channel string    `json:"channel,omitempty"`
	Where   Place     `json:"where,omitzero"`
	At      time.Time `json:"at,omitzero"` // when it is to be said, or looked at again; zero: never
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Outcome string    `json:"outcome,omitempty"` // what came of it, as its message shows

	Day       when.Date  `json:"day,omitzero"`        // whose a weekly message is; of an offer: of the one that carries it
	Offers    []string   `json:"offers,omitempty"`    // the offers it carries
	Items     []string   `json:"items,omitempty"`     // the action items it shows
	Settle    []string   `json:"settle,omitempty"`    // those of them that have nobody else
	Questions []Errand   `json:"questions,omitempty"` // of reviews, which they were asked to answer
	Notes     []Note     `json:"notes,omitempty"`     // about reviews they lead
	Said      time.Time  `json:"said,omitzero"`       // since when it is in the outbox
	Message   MessageRef `json:"message,omitzero"`    // since it arrived
	Answered  bool       `json:"answered,omitempty"`  // they did something about it
	Unheard   int        `json:"unheard,omitempty"`   // so many before it, in a row, went by without an answer
}

// Errand is a review's question that was handed to somebody.
type Errand struct {
	Review string    `json:"review"`
	N      int       `json:"n"`
	By     when.Date `json:"by,omitzero"`
}

// Note is what a review wants the one who leads it to know.
type Note struct {
	Review string `json:"review"`
	Text   string `json:"text"`
}

// Rule is why somebody is nudged.
type Rule string

// The rules.
const (
	RuleFirstPin Rule = "first-pin" // what is kept, once for each channel
	RuleOffer    Rule = "offer"     // a review of pins nobody has reviewed
	RuleWeekly   Rule = "weekly"    // Tuesday's message
	RuleHand     Rule = "hand"      // what was handed to them that day: do they take it?
)

const (
	offerHour = 10
	tellsCap  = 50 // of a kind that one message carries
)

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

// weeklyID is the one message of that nominal day, handoverID the one about what is handed over on that day.
func weeklyID(workspace, person string, day when.Date) string {
	return subjectID(workspace, KindNudge, person+"/weekly/"+day.String())
}

func handoverID(workspace, person string, day when.Date) string {
	return subjectID(workspace, KindNudge, person+"/hand/"+day.String())
}

func nudgeNeeds(id string, n *Nudge, e Event) Needs {
	if n == nil {
		if e.Kind != Told {
			return Needs{}
		}
		return Needs{People: []string{e.Field("who")}}
	}
	needs := Needs{People: []string{n.Person}}
	if n.Rule == RuleWeekly || n.Rule == RuleHand {
		needs.Load = append(slices.Clone(n.Items), personID(WorkspaceOf(id), n.Person))
		if e.Verb == "weekly due" {
			needs.Load = append(needs.Load, e.Value)
		}
	}
	if n.Rule == RuleWeekly && e.Kind == Ticked {
		needs.Queries = []Query{{Address: itemsOwned(WorkspaceOf(id), n.Person)}}
	}
	return needs
}

func stepNudge(o *out, n *Nudge, e Event, f Facts) *Nudge {
	if n == nil {
		if n = newNudge(o, e, f); n == nil || n.Rule == RuleFirstPin || n.Rule == RuleOffer {
			return n
		}
	}
	switch {
	case n.Rule == RuleWeekly || n.Rule == RuleHand:
		n.bundle(o, e, f)
	case e.Kind == Ticked:
		n.At = time.Time{}
		n.show(o)
	case e.Kind == Told && e.Verb == "started":
		n.Outcome = "Started: " + e.Value + "."
		n.settled(o)
	case e.Kind == Told && e.Verb == "carried":
		n.Day, _ = when.ParseDate(e.Value)
	case e.Kind == Clicked && e.Verb == "not needed":
		if n.Outcome == "" {
			n.Outcome = "Not needed. The pins go after 30 days."
			n.settled(o)
		}
	}
	return n
}

// settled shows what came of an offer where it stands: in its own message, or in the weekly one that carries it.
func (n *Nudge) settled(o *out) {
	if n.Day.IsZero() {
		n.show(o)
		return
	}
	o.tell(weeklyID(o.workspace(), n.Person, n.Day), "offer settled", o.subject)
}

// newNudge is the Tell that creates it; nothing else does.
func newNudge(o *out, e Event, f Facts) *Nudge {
	if e.Kind != Told || e.Field("who") == "" {
		return nil
	}
	who := e.Field("who")
	n := &Nudge{Person: who, Channel: e.Field("channel")}
	n.Where = Place{Workspace: o.workspace(), Channel: n.Channel}
	rule, loc := f.Settings.nudgeRule(), f.Person(who).Location(f.Zone)
	switch e.Verb {
	case "pinned":
		n.Rule = RuleFirstPin
		o.add(Effect{Kind: Reply, To: "person " + who, Place: n.Where, Person: who, View: "first pin"})
	case "offer":
		n.Rule = RuleOffer
		n.From, _ = time.Parse(time.RFC3339Nano, e.Field("from"))
		n.Until, _ = time.Parse(time.RFC3339Nano, e.Field("until"))
		at := nextWorkingMorning(f.Now, loc)
		if day := when.DateOf(at); rule.isNominal(day) {
			n.Day = day
			o.weeklyOf(who, day, "weekly offer", o.subject)
			return n
		}
		n.At = at.UTC()
	case "weekly offer", "weekly question", "weekly note", "weekly item", "weekly due":
		n.Rule = RuleWeekly
		n.Day, _ = when.ParseDate(e.Field("day"))
		if n.Day.IsZero() {
			n.Day = rule.upcoming(f.Now, loc)
		}
		n.At = rule.moment(n.Day, loc).UTC()
	case "handed":
		n.Rule = RuleHand
		at, err := time.Parse(time.RFC3339, e.Field("at"))
		if err != nil {
			at = rule.handing(f.Now, loc)
		}
		n.Day, n.At = when.DateOf(at), at.UTC()
	default:
		return nil
	}
	return n
}

// bundle is a message that carries what several subjects have to say.
func (n *Nudge) bundle(o *out, e Event, f Facts) {
	switch {
	case e.Kind == Ticked && n.Message.ID != "":
		n.At = time.Time{}
		n.judge(o)
	case e.Kind == Ticked:
		n.At = time.Time{}
		n.speak(o, f)
	case e.Kind == Sent:
		n.Message = e.Result.Message
		if n.Rule == RuleWeekly {
			n.At = f.Settings.nudgeRule().check(n.Day, f.Person(n.Person).Location(f.Zone)).UTC()
		}
		n.show(o) // what has changed since it was written
	case e.Kind == Refused && n.Message.ID == "":
		for _, item := range n.Items {
			o.tell(item, "unreached", "", Field{"who", n.Person})
		}
	case e.Kind == Told && e.Verb == "item":
		n.changed(o, e)
	case e.Kind == Told && e.Verb == "offer settled":
		if n.Message.ID != "" {
			n.show(o)
		}
	case e.Kind == Told:
		n.hear(o, e, f)
	}
}

// hear takes in what is to be said. What comes after the message was said is added to it; a hand-over is not, since an
// edit tells nobody: it is the next day's.
func (n *Nudge) hear(o *out, e Event, f Facts) {
	switch e.Verb {
	case "handed":
		if !n.Said.IsZero() && !slices.Contains(n.Items, e.Value) {
			rule, loc := f.Settings.nudgeRule(), f.Person(n.Person).Location(f.Zone)
			n.handOn(o, e.Value, rule.morning(n.Day.AddDays(1), handHour, loc))
			return
		}
		n.Items = added(n.Items, e.Value)
	case "weekly due":
		if slices.Contains(n.Items, e.Value) || muted(f.personOf(o.workspace(), n.Person), e.Value, f) {
			return
		}
		n.Items = added(n.Items, e.Value)
	case "weekly item":
		n.Items, n.Settle = added(n.Items, e.Value), added(n.Settle, e.Value)
	case "weekly offer":
		n.Offers = added(n.Offers, e.Value)
	case "weekly question":
		q := Errand{Review: e.Value}
		q.N, _ = strconv.Atoi(e.Field("question"))
		q.By, _ = when.ParseDate(e.Field("by"))
		n.Questions = slices.DeleteFunc(n.Questions, func(x Errand) bool { return x.Review == q.Review && x.N == q.N })
		n.Questions = added(n.Questions, q)
	case "weekly note":
		n.Notes = added(n.Notes, Note{e.Value, shorten(e.Field("text"), 500)})
	default:
		return
	}
	switch {
	case !n.Said.IsZero():
		n.show(o)
	case n.At.IsZero(): // it was silent on its day: there may be something to say after all
		n.At = f.Now
	}
}

// handOn leaves an item to the message of another day, and says so to the item.
func (n *Nudge) handOn(o *out, item string, at time.Time) {
	o.tell(item, "shown", o.handAt(n.Person, item, at))
}

// added appends what is not there yet, while there is room.
func added[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) || len(list) >= tellsCap {
		return list
	}
	return append(list, x)
}

// changed is an item that says it is another now. When the person themselves did it, they have answered.
func (n *Nudge) changed(o *out, e Event) {
	if n.Message.ID == "" {
		return // the message is written when it is sent, from the items as they are then
	}
	if e.Who == n.Person && !n.Answered {
		n.Answered = true
		if n.Rule == RuleWeekly {
			o.tell(personID(o.workspace(), n.Person), "answered", n.Day.String())
		}
	}
	n.show(o)
}

// judge is the evening before the next one: did anybody answer?
func (n *Nudge) judge(o *out) {
	if n.Rule == RuleWeekly && !n.Answered && len(n.Items) > 0 {
		o.tell(personID(o.workspace(), n.Person), "ignored", n.Day.String())
	}
}

// speak says it, if it is a decent hour and there is something to say. Else it waits for the hour, or leaves what it has
// to the next one.
func (n *Nudge) speak(o *out, f Facts) {
	rule, loc := f.Settings.nudgeRule(), f.Person(n.Person).Location(f.Zone)
	p, today := f.personOf(o.workspace(), n.Person), when.DateOf(f.Now.In(loc))
	if n.Rule == RuleHand {
		at := rule.decent(f.Now, handHour, loc).In(loc)
		switch {
		case when.DateOf(at).After(n.Day): // another day has a message of its own
			for _, id := range n.Items {
				n.handOn(o, id, at)
			}
			n.Items = nil
		case at.After(f.Now):
			n.At = at.UTC()
		case !p.paused(today): // while somebody wants none, the items stop waiting by themselves
			n.Said = f.Now
			n.show(o)
		}
		return
	}
	at, ok := rule.sending(n.Day, f.Now, loc)
	switch {
	case p.Digest:
		return
	case !ok, p.paused(today):
		n.pass(o, rule.upcoming(f.Now, loc))
		return
	case at.After(f.Now):
		n.At = at.UTC()
		return
	}
	n.list(f, rule)
	n.Items = slices.DeleteFunc(n.Items, func(id string) bool { return muted(p, id, f) })
	if len(n.Items)+len(n.Offers)+len(n.Questions)+len(n.Notes) == 0 {
		return
	}
	n.Said, n.Unheard = f.Now, p.Ignored
	n.show(o)
}

// list finds what the person is to be reminded of, by asking the items; what only told it and is no longer so is left out.
func (n *Nudge) list(f Facts, rule cadence) {
	var due []Subject
	for _, s := range f.Subjects {
		i, ok := s.State.(*ActionItem)
		if ok && i.Holder == n.Person && (slices.Contains(n.Settle, s.ID) || rule.due(i, n.Day, f.Now)) && i.State.open() {
			due = append(due, s)
		}
	}
	slices.SortStableFunc(due, func(a, b Subject) int {
		x, y := a.State.(*ActionItem), b.State.(*ActionItem)
		return cmp.Or(compareDue(x.Due, y.Due), inLine(x, y))
	})
	n.Items = nil
	for _, s := range due {
		n.Items = added(n.Items, s.ID)
	}
}

// inLine sorts items as their lines stand in their reviews. Their numbers hang on which of them was read first.
func inLine(x, y *ActionItem) int {
	return cmp.Or(cmp.Compare(x.PM, y.PM), cmp.Compare(x.Ordinal, y.Ordinal))
}

// compareDue sorts what has no date last.
func compareDue(a, b when.Date) int {
	return cmp.Or(btoi(a.IsZero())-btoi(b.IsZero()), a.Compare(b))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// muted reports whether somebody does not want to hear of the item's review.
func muted(p *PersonState, item string, f Facts) bool {
	s, _ := f.Subject(item)
	i, ok := s.State.(*ActionItem)
	return ok && slices.Contains(p.Stopped, i.PM)
}

// pass leaves what cannot be said to the next message. What is due tells that one by itself.
func (n *Nudge) pass(o *out, day when.Date) {
	if !n.Day.Before(day) {
		return
	}
	for _, id := range n.Offers {
		o.weeklyOf(n.Person, day, "weekly offer", id)
		o.tell(id, "carried", day.String())
	}
	for _, q := range n.Questions {
		o.weeklyOf(n.Person, day, "weekly question", q.Review, Field{"question", strconv.Itoa(q.N)}, Field{"by", q.By.String()})
	}
	for _, t := range n.Notes {
		o.weeklyOf(n.Person, day, "weekly note", t.Review, Field{"text", t.Text})
	}
	for _, id := range n.Settle {
		o.tell(id, "shown", o.weeklyOf(n.Person, day, "weekly item", id))
	}
	n.Offers, n.Questions, n.Notes, n.Items, n.Settle = nil, nil, nil, nil, nil
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

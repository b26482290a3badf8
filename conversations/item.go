package conversations

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// ActionItem is one thing to be changed: one owner, one due date. It owns the truth about itself; the line in the review
// only proposes.
//
// Everything that happens to it is one step and one Save, so it is either whole or did not happen: a process that dies
// before the Save has done nothing, and the row is stepped again; one that dies after it has left the effects in the
// outbox (the answer, what the review and the nudges are told), and whoever comes next carries them out. A row that is
// stepped twice is recognised by its key. So nobody is asked twice, and no click is lost between two lines of this file.
type ActionItem struct {
	Number      int       `json:"number,omitempty"`
	Review      string    `json:"review"`           // the subject it came from
	PM          int       `json:"pm"`               // that review's number
	Title       string    `json:"title,omitempty"`  // that review's title
	Ordinal     int       `json:"ordinal"`
	Facilitator string    `json:"facilitator"`
	Where       Place     `json:"where"` // where that review is held
	Text        string    `json:"text"`
	Owner       string    `json:"owner"`        // empty: open for taking
	Due         when.Date `json:"due,omitzero"` // in the owner's zone
	Priority    string    `json:"priority,omitempty"`
	Aim         string    `json:"aim,omitempty"`    // prevent, detect, mitigate, process
	Test        string    `json:"test,omitempty"`   // how it will be known that it is done
	Causes      []string  `json:"causes,omitempty"` // the causes it answers, as the review names them: "w4"
	State       ItemState `json:"state"`
	Was         ItemState `json:"was,omitempty"` // withdrawn: what it was before
	Proposed    time.Time `json:"proposed"`
	Reason      string    `json:"reason,omitempty"` // evidence of done, or why it will not be done
	By          string    `json:"by,omitempty"`     // who closed it
	Closed      time.Time `json:"closed,omitzero"`

	Line      Proposed `json:"line,omitzero"`       // what the line said last
	Candidate string   `json:"candidate,omitempty"` // was asked to take it over, and has not said
	Refused   string   `json:"refused,omitempty"`   // who said no last
	Because   string   `json:"because,omitempty"`   // and why
	Lapsed    bool     `json:"lapsed,omitempty"`    // its owner never said yes: it counts as the facilitator's

	Holder  string    `json:"holder,omitempty"` // who is reminded of it; empty: nobody
	Touched time.Time `json:"touched,omitzero"` // when somebody last dealt with it
	Quiet   when.Date `json:"quiet,omitzero"`   // not to be heard of before
	NudgeAt time.Time `json:"nudgeAt,omitzero"` // when it looks whether there is something to remind of
	LapseAt time.Time `json:"lapseAt,omitzero"` // when waiting for a yes ends
	Nudges  []string  `json:"nudges,omitempty"` // the messages that show it, the newest last

	Plea    string   `json:"plea,omitempty"`   // a call for help that PleaBy wrote and has not posted
	PleaBy  string   `json:"pleaBy,omitempty"` //
	Undo    *Before  `json:"undo,omitempty"`   // what it was before what somebody just did
	History []Change `json:"history,omitempty"`
}

// ItemState is how far an action item has come.
type ItemState string

// The states.
const (
	ItemProposed  ItemState = "proposed"        // its owner has not said yes
	ItemAccepted  ItemState = "accepted"        //
	ItemProgress  ItemState = "in progress"     //
	ItemOpen      ItemState = "open for taking" // it has no owner
	ItemOrphaned  ItemState = "orphaned"        // its owner has left
	ItemDone      ItemState = "done"
	ItemWontDo    ItemState = "won't do"
	ItemWithdrawn ItemState = "withdrawn" // the line it came from is gone
)

// open reports whether there is still something to be done about it.
func (s ItemState) open() bool {
	return s != ItemDone && s != ItemWontDo && s != ItemWithdrawn
}

// closed reports whether it was done or given up.
func (i *ActionItem) closed() bool { return i.State == ItemDone || i.State == ItemWontDo }

// Proposed is what a line in a review says about an action item.
type Proposed struct {
	Text     string    `json:"text,omitempty"`
	Owner    string    `json:"owner,omitempty"`
	Due      when.Date `json:"due,omitzero"`
	Priority string    `json:"priority,omitempty"`
}

// Change is one entry of an action item's history.
type Change struct {
	At   time.Time `json:"at"`
	Who  string    `json:"who,omitempty"` // empty: nobody, time
	What string    `json:"what"`
	More string    `json:"more,omitempty"` // a person, a date, a reason
}

// Before is an action item as it was before somebody did something, so that they can take it back.
type Before struct {
	What string    `json:"what"`
	Who  string    `json:"who"`
	At   time.Time `json:"at"`

	Owner     string    `json:"owner,omitempty"`
	Due       when.Date `json:"due,omitzero"`
	State     ItemState `json:"state"`
	Candidate string    `json:"candidate,omitempty"`
	Refused   string    `json:"refused,omitempty"`
	Because   string    `json:"because,omitempty"`
	Lapsed    bool      `json:"lapsed,omitempty"`
	Touched   time.Time `json:"touched,omitzero"`
	Quiet     when.Date `json:"quiet,omitzero"`
	LapseAt   time.Time `json:"lapseAt,omitzero"`
}

const nudgesCap = 3 // messages that are edited when an item changes; older ones answer a click

// Kind implements State.
func (*ActionItem) Kind() Kind { return KindItem }

func (i *ActionItem) index(id string) (addresses []string, at, due time.Time) {
	w := WorkspaceOf(id)
	addresses = []string{itemsOf(i.Review)}
	if i.Number > 0 {
		addresses = append(addresses, numberAddress(w, "A", i.Number))
	}
	if !i.State.open() {
		return addresses, i.Proposed, time.Time{}
	}
	addresses = append(addresses, openItems(w))
	for _, who := range known([]string{i.Owner, i.Holder, i.Candidate}) {
		addresses = append(addresses, itemsOwned(w, who))
	}
	due = i.NudgeAt
	if !i.LapseAt.IsZero() && (due.IsZero() || i.LapseAt.Before(due)) {
		due = i.LapseAt
	}
	return addresses, i.Proposed, due
}

// deed is what somebody wants of an item, however they said it: typed, by a button, in a form.
type deed struct {
	verb string // a command's name
	arg  string
}

// deedOf reads it. ok is false for what is none.
func deedOf(e Event) (d deed, ok bool) {
	switch e.Kind {
	case Commanded, Said:
		typed, known := ParseCommand(e.Text)
		_, arg := cutWord(typed.Rest)
		return deed{typed.Name, strings.TrimSpace(arg)}, known && forItem(typed.Command)
	case Clicked:
		d = deed{e.Verb, e.Value}
	case Submitted:
		d = deed{e.Verb, strings.TrimSpace(cmp.Or(e.Field("text"), e.Field("owner"), e.Field("due")))}
	}
	i := slices.IndexFunc(Commands, func(c Command) bool { return c.Name == d.verb })
	return d, d.verb == postHelp || (i >= 0 && forItem(Commands[i]))
}

// postHelp is the button that posts a call for help which somebody has read over.
const postHelp = "post help"

func itemNeeds(i *ActionItem, e Event) Needs {
	n := Needs{}
	if i == nil {
		if e.Verb == "propose" {
			n.Series, n.People = "A", []string{e.Field("owner"), e.Field("facilitator")}
		}
		return n
	}
	n.People = []string{i.Owner, i.Facilitator, i.Candidate, i.Holder, e.Who, e.Field("owner"), e.Field("facilitator")}
	if e.Kind == Told && e.Verb == "owner left" {
		n.Powers = known([]string{i.Owner}) // whoever steps this may remember them from before
	}
	if d, ok := deedOf(e); ok {
		n.Sees = sight(i.Where, e)
		switch d.verb {
		case "give":
			to := ownerOf(d.arg)
			n.People, n.Sees = append(n.People, to), append(n.Sees, Sees{to, i.Where.Root()})
		case "need help", postHelp:
			n.Load = []string{i.Review}
		}
	}
	n.People = known(n.People)
	return n
}

func stepItem(o *out, i *ActionItem, e Event, f Facts) *ActionItem {
	if i == nil {
		if e.Kind != Told || e.Verb != "propose" {
			return nil
		}
		i = &ActionItem{Number: f.Number, Proposed: e.At}
	}
	switch {
	case e.Kind == Told && e.Verb == "propose":
		i.take(o, e, f)
	case e.Kind == Told && e.Verb == "withdraw":
		i.withdraw(o, e)
	case e.Kind == Told && e.Verb == "unreached":
		i.unreached(o, e, f)
	case e.Kind == Told && e.Verb == "owner left":
		i.lookForOwner(o, f)
	case e.Kind == Told && e.Verb == "shown":
		i.shownBy(e.Value)
	case e.Kind == Ticked:
		i.tick(o, f)
	default:
		if d, ok := deedOf(e); ok {
			i.do(o, d, e, f)
		}
	}
	i.settle(f)
	return i
}

// settle computes what follows from the rest: who is reminded, and when the item looks at the calendar again.
func (i *ActionItem) settle(f Facts) {
	if !i.State.open() {
		i.Holder, i.NudgeAt, i.LapseAt, i.Candidate = "", time.Time{}, time.Time{}, ""
		return
	}
	rule := f.Settings.nudgeRule()
	switch {
	case i.State == ItemOrphaned, i.State == ItemOpen && f.Settings.needsOwner(), i.State == ItemProposed && i.Lapsed:
		i.Holder = i.Facilitator
	default:
		i.Holder = i.Owner
	}
	loc := f.Zone
	if i.Holder != "" {
		loc = f.Person(i.Holder).Location(f.Zone)
	}
	if i.NudgeAt.IsZero() || i.NudgeAt.After(f.Now) { // else its tick is still to come
		i.NudgeAt = rule.moment(rule.upcoming(f.Now, loc), loc).UTC()
	}
}

// take is what the line in the review says now. The item keeps what it was told since: an edit of the words brings
// neither an old date nor an old owner back. A closed item stays as it is.
func (i *ActionItem) take(o *out, e Event, f Facts) {
	if i.closed() {
		return
	}
	line := Proposed{Text: e.Value, Owner: e.Field("owner"), Priority: e.Field("priority")}
	line.Due, _ = when.ParseDate(e.Field("due"))
	first := i.State == ""
	if i.State == ItemWithdrawn {
		i.State, i.Was = cmp.Or(i.Was, ItemProposed), ""
		i.note(e.At, e.Who, "back", "")
	}
	i.Text, i.Aim, i.Test, i.Causes = line.Text, e.Field("kind"), e.Field("test"), strings.Fields(strings.ReplaceAll(e.Field("causes"), ",", " "))
	i.Where = Place{Workspace: o.workspace(), Channel: e.Field("channel")}
	i.Review, i.Facilitator, i.Title = e.Field("review"), e.Field("facilitator"), e.Field("title")
	i.PM, _ = strconv.Atoi(e.Field("number"))
	i.Ordinal, _ = strconv.Atoi(e.Field("ordinal"))
	if line.Due != i.Line.Due {
		i.Due = line.Due
	}
	if line.Priority != i.Line.Priority {
		i.Priority = line.Priority
	}
	if first || line.Owner != i.Line.Owner {
		i.Owner = line.Owner
		i.ask(o, e, f)
	}
	if line != i.Line {
		i.Touched, i.Undo = e.At, nil
		i.note(e.At, e.Who, "proposed", "")
	}
	i.Line = line
	i.tellAll(o)
}

// ask asks the owner whether they take it. Nobody is asked who said it themselves, or who leads the review; and nobody
// can be asked who is no member, has left or is a program: then it is the facilitator's to find somebody.
func (i *ActionItem) ask(o *out, e Event, f Facts) {
	i.Candidate, i.Refused, i.Lapsed, i.LapseAt = "", "", false, time.Time{}
	switch {
	case i.Owner == "":
		i.State = ItemOpen
	case !reachable(i.Owner, f):
		i.orphan(o, f)
	case i.Owner == i.Facilitator || i.Owner == e.Field("by"):
		i.State = ItemAccepted
	default:
		i.State = ItemProposed
		i.LapseAt = f.Settings.nudgeRule().answerBy(e.At, f.Person(i.Owner).Location(f.Zone)).UTC()
		i.shownBy(o.hand(i.Owner, o.subject, f))
	}
}

// reachable reports whether somebody can own something: the platform knows them, they have not left and are no program.
func reachable(who string, f Facts) bool {
	p, ok := f.People[who]
	return ok && p.Active && !p.Bot
}

// orphan gives an item whose owner has left to the facilitator, to find another. When they have left, too, it is
// everybody's.
func (i *ActionItem) orphan(o *out, f Facts) {
	i.State, i.Candidate, i.Lapsed, i.LapseAt, i.Undo = ItemOrphaned, "", false, time.Time{}, nil
	i.note(f.Now, "", "orphaned", i.Owner)
	if !reachable(i.Facilitator, f) {
		i.State, i.Owner = ItemOpen, ""
		return
	}
	i.toFacilitator(o, f)
}

// toFacilitator tells whoever leads the review, in their weekly message, that the item is theirs to settle.
func (i *ActionItem) toFacilitator(o *out, f Facts) {
	if reachable(i.Facilitator, f) {
		i.shownBy(o.weekly(i.Facilitator, f, "weekly item", o.subject))
	}
}

func (i *ActionItem) withdraw(o *out, e Event) {
	if !i.State.open() {
		return
	}
	i.Was, i.State, i.Undo = i.State, ItemWithdrawn, nil
	i.note(e.At, e.Who, "withdrawn", "")
	i.tellAll(o)
}

// unreached is what a nudge says that the platform would not bring to its owner.
func (i *ActionItem) unreached(o *out, e Event, f Facts) {
	who := e.Field("who")
	switch {
	case !i.State.open():
		return
	case who == i.Owner && !reachable(who, f):
		i.orphan(o, f)
	case who == i.Candidate:
		i.Candidate, i.LapseAt, i.Undo = "", time.Time{}, nil
		i.toHolder(o, f)
	case who == i.Owner && i.State == ItemProposed:
		i.lapse(o, f)
	case who == i.Owner && who != i.Facilitator:
		i.toFacilitator(o, f)
	default:
		return
	}
	i.note(e.At, "", "not reached", who)
	i.tellAll(o)
}

func (i *ActionItem) toHolder(o *out, f Facts) {
	i.settle(f)
	if i.Holder != "" && reachable(i.Holder, f) {
		i.shownBy(o.weekly(i.Holder, f, "weekly item", o.subject))
	}
}

// lapse ends the waiting for a yes.
func (i *ActionItem) lapse(o *out, f Facts) {
	i.LapseAt = time.Time{}
	switch {
	case i.Candidate != "":
		i.note(f.Now, "", "no answer", i.Candidate)
		i.Candidate = ""
		i.toHolder(o, f)
	case i.State == ItemProposed:
		i.note(f.Now, "", "no answer", i.Owner)
		i.Lapsed = true
		i.toFacilitator(o, f)
	}
}

// tick looks at the calendar: whether somebody answered in time, whether the owner is still there, and whether there is
// something to remind of. It always sets both times anew, so however many were missed, there is one reminder.
func (i *ActionItem) tick(o *out, f Facts) {
	if !i.State.open() {
		return
	}
	i.lookForOwner(o, f)
	if !i.LapseAt.IsZero() && !i.LapseAt.After(f.Now) {
		i.lapse(o, f)
		i.tellAll(o)
	}
	if i.NudgeAt.IsZero() || i.NudgeAt.After(f.Now) {
		return
	}
	i.NudgeAt = time.Time{}
	if i.Holder == "" {
		return
	}
	rule, loc := f.Settings.nudgeRule(), f.Person(i.Holder).Location(f.Zone)
	day := rule.latest(f.Now, loc)
	if _, ok := rule.sending(day, f.Now, loc); ok && rule.due(i, day, f.Now) {
		i.shownBy(o.weeklyOf(i.Holder, day, "weekly due", o.subject))
	}
}

// lookForOwner makes an orphan of an item whose owner has left.
func (i *ActionItem) lookForOwner(o *out, f Facts) {
	if i.State.open() && i.Owner != "" && i.State != ItemOrphaned && gone(i.Owner, f) {
		i.orphan(o, f)
		i.tellAll(o)
	}
}

// gone reports whether the platform says that somebody has left. That it cannot say is no reason.
func gone(who string, f Facts) bool {
	p, ok := f.People[who]
	return ok && (!p.Active || p.Bot)
}

// do is what somebody does about the item. Whatever state it is in, they get an answer.
func (i *ActionItem) do(o *out, d deed, e Event, f Facts) {
	switch {
	case e.Who == "":
		return
	case !i.concerns(e.Who) && f.hides(i.Where, e):
		o.say(f.hidden(number("A", i.Number), i.Where, e))
		return
	case d.verb == "undo":
		i.undo(o, e, f)
		return
	case !i.State.open():
		i.reply(o, "closed", e)
		return
	}
	if refusal := i.refuses(d, e, f); refusal != "" {
		i.reply(o, refusal, e)
		return
	}
	before := i.before(d.verb, e)
	var more string
	switch d.verb {
	case "done":
		i.close(ItemDone, d.arg, e)
		more = i.Reason
	case "wontdo":
		i.close(ItemWontDo, d.arg, e)
		more = i.Reason
	case "later":
		day, err := i.date(d.arg, e, f)
		if err != nil {
			o.say(sentence(err))
			return
		}
		i.Quiet, more = day.DayOnly(), day.String()
	case "due":
		day, err := i.date(d.arg, e, f)
		if err != nil {
			o.say(sentence(err))
			return
		}
		i.Due, i.Quiet, more = day, when.Date{}, day.String()
		if e.Who == i.Owner && i.State == ItemProposed {
			i.accept(e.Who) // yes, but on another day
		}
	case "give":
		more = ownerOf(d.arg)
		i.give(o, more, e, f)
	case "accept":
		i.accept(e.Who)
	case "take":
		i.accept(e.Who)
	case "decline":
		more = d.arg
		i.decline(o, d.arg, e, f)
	case "back":
		i.giveBack(o, e, f)
	case "keep":
		i.State, i.Lapsed, i.LapseAt = ItemProgress, false, time.Time{}
	case "need help":
		i.Plea, i.PleaBy = shorten(d.arg, answerRunes), e.Who
		if e.Kind != Submitted { // in a form they have seen their words
			o.reply("help")
			return
		}
		i.callForHelp(o, e, f)
		return
	case postHelp:
		i.callForHelp(o, e, f)
		return
	}
	if same := i.before(d.verb, e); i.Undo == nil || !before.like(same) {
		i.Undo = before // else it was said twice: what can be undone is the first time
	}
	if e.Who != before.Owner && e.Who != before.Candidate && e.Who != i.Owner {
		o.audit(d.verb, number("A", i.Number))
	}
	i.Touched = e.At
	i.note(e.At, e.Who, d.verb, more)
	i.settle(f)
	i.tellAll(o)
	i.reply(o, "now", e)
}

// reply answers whoever did something. Where they typed it, or did it on their own page, the answer has a button that takes
// it back; where they pressed a button of a message, that will.
func (i *ActionItem) reply(o *out, what string, e Event) {
	typed := ""
	if e.Kind == Commanded || e.Kind == Said || e.Message.ID == "" {
		typed = "typed"
	}
	o.reply("item", what, typed)
}

// concerns reports whether somebody may know of the item wherever they are: it is theirs, or they are asked to take it.
func (i *ActionItem) concerns(who string) bool {
	return who != "" && (who == i.Owner || who == i.Candidate || who == i.Holder || who == i.By)
}

// asks reports whether it waits for somebody to say whether they take it.
func (i *ActionItem) asks(who string) bool {
	return who == i.Candidate || (who == i.Owner && i.State == ItemProposed && i.Candidate == "")
}

// refuses says why somebody cannot do this: the name of what Render answers; empty when they can.
func (i *ActionItem) refuses(d deed, e Event, f Facts) string {
	leads := e.Who == i.Facilitator || f.Person(e.Who).Admin
	asked := i.asks(e.Who)
	free := i.State == ItemOpen || (leads && (i.State == ItemOrphaned || i.Lapsed))
	switch d.verb {
	case "back":
		switch {
		case i.State == ItemOpen:
			return "open already"
		case e.Who != i.Owner && !leads:
			return "not your item"
		}
	case "accept":
		switch {
		case asked, free:
			return ""
		case e.Who == i.Owner:
			return "yours already"
		}
		return "not asked"
	case "decline":
		if !asked {
			return "not asked"
		}
	case "take":
		switch {
		case free, asked:
			return ""
		case e.Who == i.Owner:
			return "yours already"
		}
		return "taken"
	case "give":
		to := ownerOf(d.arg)
		switch {
		case e.Who != i.Owner && !leads:
			return "not your item"
		case to == "":
			return "nobody named"
		case to == i.Owner && i.State != ItemOrphaned && !i.Lapsed:
			return "theirs already"
		case to == i.Candidate:
			return "asked already"
		case !reachable(to, f):
			return "unknown person"
		case f.Unsure[Sees{to, i.Where.Root()}]:
			return "unsure"
		case !f.Sees[Sees{to, i.Where.Root()}]:
			return "outside"
		}
	default:
		switch {
		case e.Who != i.Owner && !leads:
			return "not your item"
		case d.verb == "wontdo" && d.arg == "":
			return "no reason"
		case d.verb == "done" && d.arg == "":
			return "no evidence"
		}
	}
	return ""
}

func (i *ActionItem) close(state ItemState, reason string, e Event) {
	i.State, i.Reason, i.By, i.Closed = state, shorten(reason, 2000), e.Who, e.At
}

// date reads a day in the zone of whoever typed it. Check has refused what is none, but for a menu's choice.
func (i *ActionItem) date(arg string, e Event, f Facts) (when.Date, error) {
	return when.Due(arg, e.At.In(f.Person(e.Who).Location(f.Zone)))
}

// give asks somebody to take the item over. Until they say yes it stays where it is. Whoever gives it to themselves has
// said yes.
func (i *ActionItem) give(o *out, to string, e Event, f Facts) {
	if to == e.Who {
		i.accept(to)
		return
	}
	i.Candidate, i.Refused, i.Because = to, "", ""
	i.LapseAt = f.Settings.nudgeRule().answerBy(e.At, f.Person(to).Location(f.Zone)).UTC()
	i.shownBy(o.hand(to, o.subject, f))
}

func (i *ActionItem) accept(who string) {
	i.Owner, i.State, i.Candidate, i.Refused, i.Because = who, ItemAccepted, "", "", ""
	i.Lapsed, i.LapseAt = false, time.Time{}
}

// decline leaves a hand-over where it was; what nobody ever said yes to goes back to whoever leads the review.
func (i *ActionItem) decline(o *out, why string, e Event, f Facts) {
	i.Refused, i.Because, i.LapseAt = e.Who, shorten(why, 500), time.Time{}
	if i.Candidate != "" {
		i.Candidate = ""
		i.toHolder(o, f)
		return
	}
	i.Owner, i.State = "", ItemOpen
	i.toHolder(o, f)
}

// giveBack puts it on the list of what is open for taking. Where items must have an owner, whoever leads the review hears
// of it.
func (i *ActionItem) giveBack(o *out, e Event, f Facts) {
	i.Owner, i.State, i.Candidate, i.Refused, i.Because = "", ItemOpen, "", e.Who, ""
	i.Lapsed, i.LapseAt, i.Quiet = false, time.Time{}, when.Date{}
	if i.Facilitator != e.Who {
		i.toHolder(o, f)
	}
}

// callForHelp posts the words, which whoever asks has read over, where the review is talked about. Once: a second click
// finds none.
func (i *ActionItem) callForHelp(o *out, e Event, f Facts) {
	s, _ := f.Subject(i.Review)
	r, ok := s.State.(*Review)
	switch {
	case !ok || r.Thread.Thread == "":
		o.say("The review has no thread yet in which I could ask.")
		return
	case i.Plea != "" && i.PleaBy == e.Who:
		o.add(Effect{Kind: Post, To: "thread", Place: r.Thread, Person: e.Who, View: "help", Args: []string{i.Plea}})
		i.Touched, i.Undo = e.At, nil // what is posted is posted
		i.note(e.At, e.Who, "need help", i.Plea)
		i.Plea, i.PleaBy = "", ""
		i.tellAll(o)
	}
	i.reply(o, "helped", e)
}

// before remembers the item as it is now.
func (i *ActionItem) before(what string, e Event) *Before {
	return &Before{
		What: what, Who: e.Who, At: e.At, Owner: i.Owner, Due: i.Due, State: i.State, Candidate: i.Candidate, Refused: i.Refused, Because: i.Because,
		Lapsed: i.Lapsed, Touched: i.Touched, Quiet: i.Quiet, LapseAt: i.LapseAt,
	}
}

// like reports whether nothing happened between the two.
func (b *Before) like(c *Before) bool {
	x, y := *b, *c
	x.Touched, y.Touched = time.Time{}, time.Time{}
	return x == y
}

// undo takes back what was done last: by whoever did it, or whoever leads the review.
func (i *ActionItem) undo(o *out, e Event, f Facts) {
	b := i.Undo
	switch {
	case b == nil:
		i.reply(o, "nothing to undo", e)
		return
	case e.Who != b.Who && e.Who != i.Facilitator && !f.Person(e.Who).Admin:
		i.reply(o, "not yours to undo", e)
		return
	}
	i.Owner, i.Due, i.State, i.Candidate, i.Refused, i.Because = b.Owner, b.Due, b.State, b.Candidate, b.Refused, b.Because
	i.Lapsed, i.Touched, i.Quiet, i.LapseAt = b.Lapsed, b.Touched, b.Quiet, b.LapseAt
	i.Reason, i.By, i.Closed, i.Undo = "", "", time.Time{}, nil
	i.note(e.At, e.Who, "undo", b.What)
	i.settle(f)
	i.tellAll(o)
	i.reply(o, "undone", e)
}

// note keeps what happened, the newest two hundred.
func (i *ActionItem) note(at time.Time, who, what, more string) {
	i.History = append(i.History, Change{At: at, Who: who, What: what, More: shorten(more, 200)})
	if over := len(i.History) - historyCap; over > 0 {
		i.History = slices.Delete(i.History, 0, over)
	}
}

// shownBy remembers a message that shows the item, so that it is edited when the item changes.
func (i *ActionItem) shownBy(nudge string) {
	i.Nudges = append(slices.DeleteFunc(i.Nudges, func(id string) bool { return id == nudge }), nudge)
	if over := len(i.Nudges) - nudgesCap; over > 0 {
		i.Nudges = slices.Delete(i.Nudges, 0, over)
	}
}

// tellAll tells everything that shows the item that it is another now.
func (i *ActionItem) tellAll(o *out) {
	o.tell(i.Review, "item", "")
	for _, n := range i.Nudges {
		o.tell(n, "item", o.subject)
	}
}

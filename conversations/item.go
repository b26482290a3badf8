package conversations

import (
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// ActionItem is one thing to be changed: one owner, one due date. It owns the truth about itself.
type ActionItem struct {
	Number      int       `json:"number,omitempty"`
	Review      string    `json:"review"`           // the subject it came from
	PM          int       `json:"pm"`               // that review's number
	Title       string    `json:"title,omitempty"`  // that review's title
	Ordinal     int       `json:"ordinal"`
	Facilitator string    `json:"facilitator"`
	Where       Place     `json:"where"` // where that review is held
	Text        string    `json:"text"`
	Owner       string    `json:"owner"`
	Due         when.Date `json:"due,omitzero"` // in the owner's zone
	Priority    string    `json:"priority,omitempty"`
	State       ItemState `json:"state"`
	Proposed    time.Time `json:"proposed"`
	Reason      string    `json:"reason,omitempty"` // evidence of done, or why it will not be done
	By          string    `json:"by,omitempty"`     // who closed it
	Closed      time.Time `json:"closed,omitzero"`
}

// ItemState is how far an action item has come.
type ItemState string

// The states.
const (
	ItemProposed  ItemState = "proposed"
	ItemDone      ItemState = "done"
	ItemWontDo    ItemState = "won't do"
	ItemWithdrawn ItemState = "withdrawn" // the line it came from is gone
)

// Kind implements State.
func (*ActionItem) Kind() Kind { return KindItem }

func (i *ActionItem) index(id string) (addresses []string, at, due time.Time) {
	w := WorkspaceOf(id)
	addresses = []string{itemsOf(i.Review)}
	if i.Number > 0 {
		addresses = append(addresses, numberAddress(w, "A", i.Number))
	}
	if i.State == ItemProposed {
		addresses = append(addresses, itemsOwned(w, i.Owner), openItems(w))
	}
	return addresses, i.Proposed, time.Time{}
}

func itemNeeds(i *ActionItem, e Event) Needs {
	n := Needs{}
	if i == nil && e.Verb == "propose" {
		n.Series = "A"
	}
	if i != nil && (e.Kind == Commanded || e.Kind == Said) {
		n.People, n.Sees = []string{e.Who}, sight(i.Where, e)
	}
	return n
}

func stepItem(o *out, i *ActionItem, e Event, f Facts) *ActionItem {
	if i == nil {
		if e.Kind != Told || e.Verb != "propose" {
			return nil
		}
		i = &ActionItem{Number: f.Number, State: ItemProposed, Proposed: e.At}
		i.take(o, e)
		return i
	}
	switch {
	case e.Kind == Told && e.Verb == "propose":
		i.take(o, e)
	case e.Kind == Told && e.Verb == "withdraw":
		if i.State == ItemProposed {
			i.State = ItemWithdrawn
			i.tellReview(o)
		}
	case e.Kind == Commanded || e.Kind == Said:
		i.command(o, e, f)
	}
	return i
}

// take is what the line in the review says now. A closed item stays closed.
func (i *ActionItem) take(o *out, e Event) {
	if i.State == ItemDone || i.State == ItemWontDo {
		return
	}
	i.State = ItemProposed
	i.Text, i.Owner, i.Priority = e.Value, e.Field("owner"), e.Field("priority")
	i.Due, _ = when.ParseDate(e.Field("due"))
	i.Where = Place{Workspace: o.workspace(), Channel: e.Field("channel")}
	i.Review, i.Facilitator, i.Title = e.Field("review"), e.Field("facilitator"), e.Field("title")
	i.PM, _ = strconv.Atoi(e.Field("number"))
	i.Ordinal, _ = strconv.Atoi(e.Field("ordinal"))
	i.tellReview(o)
}

func (i *ActionItem) tellReview(o *out) { o.tell(i.Review, "item", "") }

// command is `done A-3 evidence` and `wontdo A-3 reason`: the owner's, the facilitator's or an admin's to say.
func (i *ActionItem) command(o *out, e Event, f Facts) {
	typed, _ := ParseCommand(e.Text)
	_, reason := cutWord(typed.Rest)
	reason = strings.TrimSpace(reason)
	state := ItemDone
	if typed.Name == "wontdo" {
		state = ItemWontDo
	}
	switch {
	case e.Who != i.Owner && f.hides(i.Where, e):
		o.say(noSuch(number("A", i.Number)))
	case e.Who != i.Owner && e.Who != i.Facilitator && !f.Person(e.Who).Admin:
		o.reply("not your item")
	case i.State != ItemProposed:
		o.reply("item")
	default:
		i.State, i.Reason, i.By, i.Closed = state, shorten(reason, 2000), e.Who, e.At
		if e.Who != i.Owner {
			o.audit(typed.Name, number("A", i.Number))
		}
		i.tellReview(o)
		o.reply("item")
	}
}

// closed reports whether it was done or given up.
func (i *ActionItem) closed() bool { return i.State == ItemDone || i.State == ItemWontDo }

package conversations

import (
	"strconv"
	"time"
)

// Shut says whether the bot can write in a review's channel.
type Shut struct {
	Why   string    `json:"why,omitempty"`   // Archived, Removed or Gone; empty: it can
	At    time.Time `json:"at,omitzero"`     // when that was last said; zero: it never was
	Times int       `json:"times,omitempty"` // how often it could not
}

// Why the bot cannot write in a channel: the Value of a Left.
const (
	Archived = "archived" // nobody can
	Removed  = "removed"  // the bot is not in it any more
	Gone     = "deleted"  // for good
)

// shut notes that nothing can be shown for now. Whoever leads an open review hears of it at once and only once, however
// much is refused from then on; archiving the channel of one that is published is usual.
func (r *Review) shut(o *out, e Event) {
	if e.At.Before(r.Shut.At) || e.Value == Removed && r.Shut.Why != "" {
		return // out of date; or removed because the channel is archived
	}
	if r.Shut.Why == "" {
		r.Shut.Times++
	}
	r.Shut.Why, r.Shut.At = e.Value, e.At
	r.tellShut(o)
}

// comeBack shows again what could not be shown meanwhile, and reads what was written.
func (r *Review) comeBack(o *out, e Event) {
	if e.At.Before(r.Shut.At) {
		return
	}
	since := r.Started
	was := r.Shut
	r.Shut.Why, r.Shut.At = "", e.At
	if was.Why != "" {
		since = was.At
		r.tellShut(o)
	}
	if !r.begun() {
		return
	}
	r.showCard(o)
	if r.Thread.Thread == "" {
		return
	}
	for _, a := range r.Asked {
		r.showQuestion(o, a.Question)
	}
	r.readBack(o, since)
}

// tellShut says it in one message for each time, which says in the end that it is over.
func (r *Review) tellShut(o *out) {
	if r.Stage == StagePublished || r.Stage == StageCancelled {
		return
	}
	slot := "shut"
	if r.Shut.Times > 1 {
		slot += " " + strconv.Itoa(r.Shut.Times)
	}
	o.add(Effect{Kind: Private, To: "person " + r.Facilitator, Slot: slot, Person: r.Facilitator, View: "shut"})
}

func (r *Review) renderShut(p *page) {
	if r.Number > 0 {
		p.words("**" + r.name() + "** ").quote(r.Title)
	} else {
		p.words("The review that is to come")
	}
	p.words(": ")
	switch r.Shut.Why {
	case Archived:
		p.channel(r.Home.Channel).words(" was archived, so nobody can write there. Nothing is lost, and follow-ups go on. Once it is back and I am in it, the review goes on where it stood.")
	case Removed:
		p.words("I am not in ").channel(r.Home.Channel).words(" any more. Nothing is lost, and follow-ups go on. Invite me again, and the review goes on where it stood.")
	case Gone:
		p.channel(r.Home.Channel).words(" was deleted, so the review cannot go on. What was kept of it stays, and follow-ups go on. `/postmortem start` in another channel begins a new one.")
	default:
		p.words("I can write in ").channel(r.Home.Channel).words(" again. The review goes on where it stood.")
	}
}

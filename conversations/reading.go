package conversations

import "time"

// Stretch is a part of what was written in a place, with both ends in it.
type Stretch struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`    // zero: open
	Mark string    `json:"mark,omitempty"` // where its reading goes on, in the platform's own words; it does not expire
}

// Reading is what is still to be read back of a place. It is part of a subject, so a reading that takes hours goes on where
// it was when the process has died. Each ReadBack reads a page, and its answer says what that left.
type Reading struct {
	Slot   string    `json:"slot"`
	Place  Place     `json:"place"`
	Effect string    `json:"effect"` // that reads the first of Left now; what others say is out of date
	Left   []Stretch `json:"left"`   // in this order
}

// since asks for everything from a time on. What was read already may have changed since, so it is read again, but last:
// first comes what nobody has read yet, else a place that is asked for again and again would never be read to its end.
func (r *Reading) since(o *out, from time.Time) {
	if len(r.Left) == 0 {
		r.Left = []Stretch{{From: from}}
	}
	for _, s := range r.Left[1:] {
		from = earlier(from, s.From)
	}
	first := r.Left[0]
	r.Left = r.Left[:1:1]
	if from.Before(first.From) {
		r.Left = append(r.Left, Stretch{From: from, To: first.From})
	}
	if !first.To.IsZero() {
		r.Left = append(r.Left, Stretch{From: later(from, first.To)})
	}
	r.goOn(o)
}

// heard takes an answer, and goes on. over: nothing is left, or the place cannot be read.
func (r *Reading) heard(o *out, e Event) (over bool) {
	switch {
	case e.Effect != r.Effect:
		return false
	case e.Kind == Refused:
		return true
	case e.Left != nil:
		r.Left[0] = *e.Left
	default:
		r.Left = r.Left[1:]
	}
	if len(r.Left) == 0 {
		return true
	}
	r.goOn(o)
	return false
}

func (r *Reading) goOn(o *out) {
	o.add(Effect{Kind: ReadBack, To: r.Slot, Slot: r.Slot, Place: r.Place, Part: r.Left[0]})
	r.Effect = o.effects[len(o.effects)-1].ID
}

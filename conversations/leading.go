package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// Parked is a pause of the review: nothing is asked until it goes on.
type Parked struct {
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	Until time.Time `json:"until,omitzero"` // zero: until somebody says resume
	Why   string    `json:"why,omitempty"`
}

// silentDays is after how many working days without a word from the facilitator anybody who takes part may take over.
const silentDays = 2

// severityWord reads 1, sev1, sev=2, sev-3.
func severityWord(word string) (int, bool) {
	word = strings.ToLower(word)
	digits, ok := strings.CutPrefix(word, "sev")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimLeft(digits, "=-: "))
	return n, err == nil && n >= 1 && n <= 5
}

func (r *Review) setSeverity(o *out, args string) {
	n, ok := severityWord("sev" + strings.TrimPrefix(strings.ToLower(strings.TrimSpace(args)), "sev"))
	if !ok {
		o.say("Severity is a number from 1, the worst, to 5: `severity 2`.")
		return
	}
	r.Severity = n
	o.reply("severity")
}

// reword changes the title, the summary or the trigger.
func (r *Review) reword(o *out, what *string, name, text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		o.say("Say it behind the word: `" + name + " …`.")
		return
	}
	*what = text
	o.reply("reworded", name)
}

// park pauses the review: `park`, `park until 2 june`, `park waiting for the vendor`.
func (r *Review) park(o *out, e Event, f Facts, args string) {
	if r.Parked != nil || len(r.Published) > 0 || r.Stage == StageCancelled || r.Stage == StagePublishing {
		o.reply("where")
		return
	}
	p := &Parked{At: e.At, By: e.Who}
	text := strings.TrimSpace(args)
	first, rest := cutWord(text)
	dated := strings.EqualFold(first, "until")
	if dated {
		text = rest
	}
	now := e.At.In(f.Person(e.Who).Location(f.Zone))
	words := strings.Fields(text)
	if due, err := when.Due(text, now); err == nil {
		p.Until = morning(due, now.Location())
	} else if due, n, ok := when.TrailingDue(words, now); ok {
		words = words[:len(words)-n]
		if len(words) > 0 && strings.EqualFold(words[len(words)-1], "until") {
			words = words[:len(words)-1]
		}
		p.Until, p.Why = morning(due, now.Location()), strings.Join(words, " ")
	} else if dated {
		o.say(sentence(err) + " `park` alone pauses until somebody says `resume`.")
		return
	} else {
		p.Why = shorten(text, 300)
	}
	r.Parked = p
	r.setFocus(Focus{From: e.At})
	o.reply("parked")
}

// morning is ten o'clock of a day.
func morning(d when.Date, loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, offerHour, 0, 0, 0, loc).UTC()
}

// resume ends a pause; what was asked before is in focus again.
func (r *Review) resume(o *out) {
	if r.Parked == nil {
		o.say("This review is not parked.")
		return
	}
	r.goOn(o.event.At)
	o.reply("resumed")
}

func (r *Review) goOn(at time.Time) {
	r.Parked = nil
	if n := r.asking(); n != 0 {
		r.setFocus(Focus{Question: n, From: at})
	}
}

// cancel ends the review without a report. What was said stays; `reopen` takes it up again.
func (r *Review) cancel(o *out, e Event, f Facts, why string) {
	switch {
	case r.Stage == StageCancelled || r.Stage == StagePublishing || len(r.Published) > 0:
		o.reply("where")
	case !r.leads(e.Who, f):
		o.reply("not yours", "end it")
	case strings.TrimSpace(why) == "":
		o.say("Say why: `cancel it was a drill`.")
	default:
		r.Stage, r.Reason, r.Parked = StageCancelled, shorten(why, 300), nil
		r.setFocus(Focus{From: e.At})
		o.audit("cancel", r.name())
		o.reply("cancelled")
	}
}

// reopen takes a published or cancelled review up again. Versions and action items stay as they are.
func (r *Review) reopen(o *out, e Event, f Facts) {
	switch {
	case r.Stage == StagePublishing:
		o.reply("where")
	case r.Stage != StagePublished && r.Stage != StageCancelled:
		o.say("This review is open already.")
	case !r.leads(e.Who, f):
		o.reply("not yours", "reopen it")
	default:
		r.Reason, r.Approved = "", nil
		r.Stage = StageDraft
		if _, more := r.following(); more || r.asking() != 0 {
			r.Stage = StageOpen
		}
		if n := r.asking(); n != 0 {
			r.setFocus(Focus{Question: n, From: e.At})
		}
		o.audit("reopen", r.name())
		o.reply("reopened")
	}
}

// handOver makes somebody else the facilitator.
func (r *Review) handOver(o *out, e Event, f Facts, to string) {
	named := parseAction(to, e.At)
	owner := named.owner
	if e.Kind == Submitted {
		owner = ownerOf(to)
	}
	switch {
	case !r.leads(e.Who, f):
		o.reply("not yours", "hand it over")
	case owner == "" && named.nobody != "":
		o.say(nobodyCalled(named.nobody))
	case owner == "":
		o.say("Name who is to lead it: `hand over @kim`.")
	case r.cannotOwn(owner, f) != "":
		o.say(r.cannotOwn(owner, f))
	case owner == r.Facilitator:
		o.reply("led")
	default:
		r.lead(o, owner, e.At, f.Settings)
		o.weekly(owner, f, "weekly note", o.subject, Field{"text", f.Person(e.Who).Name + " handed it over to you: you lead it now."})
		o.audit("hand over", r.name(), owner)
		o.reply("led")
	}
}

// takeOver makes somebody who takes part the facilitator, when the one there is has been silent.
func (r *Review) takeOver(o *out, e Event, f Facts) {
	switch {
	case e.Who == r.Facilitator:
		o.say("You lead this review already.")
	case !f.Person(e.Who).Admin && !r.takesPart(e.Who, f):
		o.say("Whoever takes part can take over: answer something first.")
	case !f.Person(e.Who).Admin && f.Now.Before(f.Settings.nudgeRule().workingDaysAfter(r.Led, silentDays, f.Zone)):
		o.reply("not silent")
	default:
		r.lead(o, e.Who, e.At, f.Settings)
		o.audit("take over", r.name())
		o.reply("led")
	}
}

// lead changes who leads; the action items hear of it.
func (r *Review) lead(o *out, who string, at time.Time, s Settings) {
	r.Facilitator, r.Led = who, at
	for i := range r.Lines {
		if l := &r.Lines[i]; !l.Gone && l.Proposed {
			r.propose(o, l, s)
		}
	}
}

// takesPart reports whether somebody answered here, or wrote or pinned what is on the timeline.
func (r *Review) takesPart(who string, f Facts) bool {
	if slices.ContainsFunc(r.answers(), func(a Answered) bool { return a.Taken && a.Who == who }) {
		return true
	}
	return slices.ContainsFunc(r.timelineOf(f), func(s Subject) bool {
		t := s.State.(*TimelineEvent)
		return t.Who == who || t.Hand == who || slices.ContainsFunc(t.Pins, func(p Pin) bool { return p.On && p.Who == who })
	})
}

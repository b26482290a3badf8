package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// Asked is a question's message.
type Asked struct {
	Question int        `json:"question"`
	Message  MessageRef `json:"message,omitzero"` // zero: still on its way
}

// Closed is a question that is done with.
type Closed struct {
	Question int    `json:"question"`
	Skipped  bool   `json:"skipped,omitempty"` // it was left out
	Why      string `json:"why,omitempty"`     // why it was left out
	Who      string `json:"who,omitempty"`
}

// Focus says from when on plain replies belong to a question.
type Focus struct {
	Question int       `json:"question,omitempty"` // 0: to none
	Under    string    `json:"under,omitempty"`    // of the whys: the cause or root that plain replies explain
	From     time.Time `json:"from"`               // message time
}

// Handed is a question that one person was asked to answer.
type Handed struct {
	Question int       `json:"question"`
	Who      string    `json:"who"`
	Due      when.Date `json:"due,omitzero"`
}

// asking is the question that Next would close; 0 when none is asked.
func (r *Review) asking() int {
	for i := len(r.Asked) - 1; i >= 0; i-- {
		if !r.isClosed(r.Asked[i].Question) {
			return r.Asked[i].Question
		}
	}
	return 0
}

func (r *Review) isClosed(n int) bool { return r.closed(n) >= 0 }

// closed is where in Closed a question is; below zero: it is open.
func (r *Review) closed(n int) int {
	return slices.IndexFunc(r.Closed, func(c Closed) bool { return c.Question == n })
}

// skippedWhy tells whether a question was left out, and why.
func (r *Review) skippedWhy(n int) (why string, skipped bool) {
	i := r.closed(n)
	if i < 0 || !r.Closed[i].Skipped {
		return "", false
	}
	return r.Closed[i].Why, true
}

func (r *Review) hasAsked(n int) bool {
	return slices.ContainsFunc(r.Asked, func(a Asked) bool { return a.Question == n })
}

// next closes question n and goes on. A click on a question that is closed already says so.
func (r *Review) next(o *out, n int, e Event) {
	if r.halted(o) {
		return
	}
	if n == 0 || r.isClosed(n) || !r.hasAsked(n) {
		o.reply("quicker")
		return
	}
	r.close(o, Closed{Question: n, Who: e.Who}, e)
}

// skip leaves a question out, also one that was not asked yet. What is answered all the same counts.
func (r *Review) skip(o *out, n int, why string, e Event) {
	if r.halted(o) {
		return
	}
	if _, ok := r.question(n); !ok {
		o.say(r.noQuestion(n))
		return
	}
	if r.isClosed(n) {
		o.say("Question " + strconv.Itoa(n) + " is closed already.")
		return
	}
	r.close(o, Closed{Question: n, Skipped: true, Why: shorten(why, 300), Who: e.Who}, e)
}

// halted says what stands in the way of going on: the review is parked, cancelled, or out and nothing is asked.
func (r *Review) halted(o *out) bool {
	switch {
	case r.Parked != nil, r.Stage == StageCancelled, r.Stage == StagePublishing, r.Stage == StagePublished && r.asking() == 0:
		o.reply("where")
		return true
	}
	return false
}

func (r *Review) close(o *out, c Closed, e Event) {
	r.Closed = append(r.Closed, c)
	r.Handed = slices.DeleteFunc(r.Handed, func(h Handed) bool { return h.Question == c.Question })
	if q, _ := r.question(c.Question); q.Gives == PartTimeline && r.Agreed.IsZero() {
		r.Agreed = e.At
	}
	r.followCauses(r.answers()) // whether the last question is needed hangs on the causes
	if n := r.asking(); n != 0 {
		r.setFocus(Focus{Question: n, From: e.At})
		return
	}
	r.setFocus(Focus{From: e.At})
	q, more := r.following()
	switch {
	case r.Stage == StagePublished: // a question that was asked again afterwards
	case !more:
		r.Stage, r.DraftOut = StageDraft, !r.Tiny
	case !r.Async:
		r.ask(o, q.N)
	}
}

// following is the first question in order that is neither asked nor left out.
func (r *Review) following() (Question, bool) {
	for _, q := range r.openQuestions() {
		if !r.hasAsked(q.N) {
			return q, true
		}
	}
	return Question{}, false
}

// openQuestions are those that are not done with. Where nothing is asked by itself, one that was answered without being
// asked is.
func (r *Review) openQuestions() []Question {
	answers := r.answers()
	return slices.DeleteFunc(slices.Clone(r.questions()), func(q Question) bool {
		given := r.Async && !r.hasAsked(q.N) && len(takenFor(answers, q.N)) > 0
		return r.isClosed(q.N) || given || !r.needed(q)
	})
}

// needed reports whether a question is asked at all: the last one only when there is something to ask about.
func (r *Review) needed(q Question) bool {
	return q.Gives != PartLeft || r.hasAsked(q.N) || len(r.leftCauses(r.answers())) > 0
}

// waits are the questions that come first: those of earlier phases that are still open. A tiny review is asked in any
// order.
func (r *Review) waits(q Question) (waits []int) {
	if r.Tiny {
		return nil
	}
	for _, other := range r.openQuestions() {
		if slices.Index(phases, other.Phase) < slices.Index(phases, q.Phase) {
			waits = append(waits, other.N)
		}
	}
	return waits
}

func (r *Review) ask(o *out, n int) {
	r.Asked = append(r.Asked, Asked{Question: n})
	r.showQuestion(o, n)
}

func (r *Review) showQuestion(o *out, n int) {
	o.add(Effect{
		Kind: Post, To: "thread", Slot: "question " + strconv.Itoa(n), Place: r.Thread, View: "question",
		Args: []string{strconv.Itoa(n)},
	})
}

// askHere moves the focus to a question: it is asked if it was not yet, and opened again if it was closed.
func (r *Review) askHere(o *out, n int, e Event) {
	q, ok := r.question(n)
	switch {
	case !ok:
		o.say(r.noQuestion(n))
		return
	case r.Thread.Thread == "" || r.Parked != nil || r.Stage == StageCancelled || r.Stage == StagePublishing:
		o.reply("where")
		return
	case q.Gives == PartLeft && !r.needed(q):
		o.say("Every cause has a change already.")
		return
	case len(r.waits(q)) > 0 && r.Stage == StageOpen:
		o.reply("not yet", strconv.Itoa(n))
		return
	}
	if i := r.closed(n); i >= 0 {
		r.Closed = slices.Delete(r.Closed, i, i+1)
	}
	if !r.hasAsked(n) {
		r.ask(o, n)
		return
	}
	r.setFocus(Focus{Question: n, From: e.At})
	o.reply("asking", strconv.Itoa(n))
}

// askCommand is `ask 4`, or `ask 4 @kim thu`: kim is to answer it, wherever and whenever that suits.
func (r *Review) askCommand(o *out, n int, rest string, e Event, f Facts) {
	if strings.TrimSpace(rest) == "" {
		r.askHere(o, n, e)
		return
	}
	a := parseAction(rest, e.At.In(f.Person(e.Who).Location(f.Zone)))
	if _, ok := r.question(n); !ok {
		o.say(r.noQuestion(n))
		return
	}
	switch {
	case a.doubt != "":
		o.say(asked(a.doubt))
	case a.nobody != "":
		o.say(nobodyCalled(a.nobody))
	case a.owner == "" || (a.text != "" && !strings.EqualFold(a.text, "by")):
		o.say("Say who and by when: `ask " + strconv.Itoa(n) + " @kim thu`.")
	default:
		r.handOut(o, n, a.owner, a.due, f)
	}
}

// handOut asks one person to answer a question, by a day. They hear of it in their weekly message.
func (r *Review) handOut(o *out, n int, who string, due when.Date, f Facts) {
	if _, ok := r.question(n); !ok || who == "" {
		o.say(r.noQuestion(n))
		return
	}
	if no := r.cannotOwn(who, f); no != "" {
		o.say(no)
		return
	}
	if r.halted(o) {
		return
	}
	r.Handed = slices.DeleteFunc(r.Handed, func(h Handed) bool { return h.Question == n })
	r.Handed = append(r.Handed, Handed{Question: n, Who: who, Due: due})
	o.weekly(who, f, "weekly question", o.subject, Field{"question", strconv.Itoa(n)}, Field{"by", due.String()})
	o.reply("handed", strconv.Itoa(n))
}

// lacksAnswer reports whether a question is open, and nobody has said anything to it that counts.
func (r *Review) lacksAnswer(n int) bool {
	return !r.isClosed(n) && len(takenFor(r.answers(), n)) == 0
}

func (r *Review) handedTo(n int) (Handed, bool) {
	i := slices.IndexFunc(r.Handed, func(h Handed) bool { return h.Question == n })
	if i < 0 {
		return Handed{}, false
	}
	return r.Handed[i], true
}

func (r *Review) noQuestion(n int) string {
	return "There is no question " + strconv.Itoa(n) + ". They are 1 to " + strconv.Itoa(len(r.questions())) + "."
}

// setAsync chooses between a review that goes on by itself after Next and one that waits to be asked.
func (r *Review) setAsync(o *out, async bool) {
	r.Async = async
	if q, more := r.following(); !async && more && r.asking() == 0 && r.Stage == StageOpen && r.Thread.Thread != "" && r.Parked == nil {
		r.ask(o, q.N)
	}
	o.reply("live")
}

func (r *Review) setFocus(f Focus) {
	if slices.Contains(r.Focus, f) {
		return
	}
	r.Focus = append(r.Focus, f)
	slices.SortStableFunc(r.Focus, func(a, b Focus) int { return a.From.Compare(b.From) })
}

// focusAt is the focus at a message time.
func (r *Review) focusAt(at time.Time) Focus {
	var now Focus
	for _, f := range r.Focus {
		if !f.From.After(at) {
			now = f
		}
	}
	return now
}

// choose is an answer taken from a question's menu: "3 an alert".
func (r *Review) choose(o *out, e Event) {
	word, text := cutWord(e.Value)
	n, _ := strconv.Atoi(word)
	if _, ok := r.question(n); !ok || text == "" {
		return
	}
	r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: text, Question: n})
}

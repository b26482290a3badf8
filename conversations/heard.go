package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Heard is a reply in the thread, or an answer given by form or command.
type Heard struct {
	ID       string    `json:"id"` // of the message; of the act, for forms and commands
	N        int       `json:"n"`  // counts what is heard as it comes in; never used twice in a review
	Who      string    `json:"who,omitempty"`
	At       time.Time `json:"at"`
	EditedAt time.Time `json:"editedAt,omitzero"`
	Deleted  bool      `json:"deleted,omitempty"`
	Text     string    `json:"text,omitempty"`
	Masked   bool      `json:"masked,omitempty"`
	Question int       `json:"question,omitempty"` // given by form or command for this question
	ReplyTo  string    `json:"replyTo,omitempty"`
	Seen     int       `json:"seen,omitempty"`   // counts the marks that came in; a reading from before the newest does not count
	Noted    bool      `json:"noted,omitempty"`  // our 📝 is on it
	Long     bool      `json:"long,omitempty"`   // an answer that was longer than is kept
	Cut      bool      `json:"cut,omitempty"`    // talk, of which only the beginning is kept, if anything
	Warned   bool      `json:"warned,omitempty"` // our ⚠ is on it
	Kept     bool      `json:"kept,omitempty"`   // somebody looked at what is odd about it and keeps it as it is
	Judged   string    `json:"judged,omitempty"` // what its words looked like when they came: see looksLike
}

// looksLike tells whether a plain reply looks like an answer to what was asked. Its words are judged once: what somebody
// was shown as taken stays taken when the rest of it is not kept, and when the rules are better one day.
func (h Heard) looksLike(about asking) (judged string, answer bool) {
	switch h.Judged {
	case string(about) + " +":
		return h.Judged, true
	case string(about) + " -":
		return h.Judged, false
	}
	if looksLikeTalk(h.Text, about) {
		return string(about) + " -", false
	}
	return string(about) + " +", true
}

// Mark is one person's 📝 or ❌ on a message.
type Mark struct {
	Message string    `json:"message"`
	Who     string    `json:"who"`
	Emoji   string    `json:"emoji"`
	On      bool      `json:"on,omitempty"`
	At      time.Time `json:"at"`
	Read    bool      `json:"read,omitempty"` // as a reading of the message showed it; At is then by our clock, not the platform's
	Form    bool      `json:"form,omitempty"` // ticked in the form for sorting: the message itself does not show it
}

// hear keeps a reply, in the order of message times. false: there are too many.
func (r *Review) hear(h Heard) bool {
	if slices.ContainsFunc(r.Heard, func(x Heard) bool { return x.ID == h.ID }) {
		return true
	}
	if len(r.Heard) >= answerCap {
		return false
	}
	r.NextHeard++
	h.N = r.NextHeard
	h.write(h.Text, h.Masked)
	i, _ := slices.BinarySearchFunc(r.Heard, h, func(a, b Heard) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	r.Heard = slices.Insert(r.Heard, i, h)
	return true
}

// edited follows a reply's words. Of two edits the newer by the platform's time counts.
func (r *Review) edited(e Event) {
	i := r.heardIndex(e.Message.ID)
	if i < 0 {
		if e.MessageAt.IsZero() {
			return
		}
		// The edit came before the message. Its words are the newer ones; the message itself will change nothing.
		r.hear(Heard{ID: e.Message.ID, Who: e.Who, At: e.MessageAt, EditedAt: e.At, Text: e.Text, Masked: e.Masked, ReplyTo: e.ReplyTo})
		return
	}
	h := &r.Heard[i]
	if h.Deleted || !e.At.After(h.EditedAt) {
		return
	}
	h.write(e.Text, e.Masked)
	h.EditedAt = e.At
}

// write sets the words, as many of them as are kept.
func (h *Heard) write(text string, masked bool) {
	h.Text, h.Masked, h.Cut, h.Judged = cutRunes(text, answerRunes), masked, false, ""
	h.Long = len(h.Text) < len(text)
}

func (r *Review) deleted(e Event) {
	i := r.heardIndex(e.Message.ID)
	if i < 0 {
		if !e.MessageAt.IsZero() && r.Thread.Thread != "" && e.Where.Thread == r.Thread.Thread {
			r.hear(Heard{ID: e.Message.ID, At: e.MessageAt, Deleted: true})
		}
		return
	}
	h := &r.Heard[i]
	h.Deleted, h.Text, h.Noted, h.Warned = true, "", false, false
}

func (r *Review) heardIndex(message string) int {
	return slices.IndexFunc(r.Heard, func(h Heard) bool { return h.ID == message })
}

// marked keeps what a person's 📝 or ❌ last said, also that it was taken off: its being put on may come in later.
//
// It reports whether the message has to be read: a reading showed something else, and since that has its time from another
// clock, nobody can tell whether this came before it or after.
func (r *Review) marked(e Event) (doubtful bool) {
	if e.Emoji != markTake && e.Emoji != markLeave {
		return false
	}
	if i := r.heardIndex(e.Message.ID); i >= 0 {
		r.Heard[i].Seen++
	}
	for _, have := range r.Marks {
		if have.Message == e.Message.ID && have.Who == e.Who && have.Emoji == e.Emoji && have.Read && have.On != e.On && !e.At.After(have.At) {
			return true
		}
	}
	r.mark(Mark{Message: e.Message.ID, Who: e.Who, Emoji: e.Emoji, On: e.On, At: e.At})
	return false
}

func (r *Review) mark(m Mark) {
	for i, have := range r.Marks {
		if have.Message == m.Message && have.Who == m.Who && have.Emoji == m.Emoji && have.Form == m.Form {
			if m.At.After(have.At) || (m.At.Equal(have.At) && !m.On) {
				r.Marks[i] = m
			}
			return
		}
	}
	if len(r.Marks) >= answerCap {
		r.Marks = slices.Delete(r.Marks, 0, 1)
	}
	r.Marks = append(r.Marks, m)
}

// reread asks for the words of a reply that were not kept, when a mark on it changes and none leaves it out: by them it may
// count, and for a question that it names itself.
func (r *Review) reread(o *out, message string) {
	i := r.heardIndex(message)
	if i < 0 || !r.Heard[i].Cut || r.Heard[i].Deleted || r.newestMarks()[message].Emoji == markLeave {
		return
	}
	r.fetch(o, message)
}

// fetch asks for a reply as it is now.
func (r *Review) fetch(o *out, message string) {
	seen := 0
	if i := r.heardIndex(message); i >= 0 {
		seen = r.Heard[i].Seen
	}
	o.fetch(MessageRef{Workspace: r.Home.Workspace, Channel: r.Thread.Channel, ID: message}, seen)
}

// fetched is a reply read again because it differed.
func (r *Review) fetched(o *out, e Event) {
	i := r.heardIndex(e.Message.ID)
	if i < 0 || e.Snapshot == nil || r.Heard[i].Deleted {
		return
	}
	if e.Seen < r.Heard[i].Seen {
		r.fetch(o, e.Message.ID) // a mark came in while it was being read
		return
	}
	h, snap := &r.Heard[i], e.Snapshot
	if !snap.EditedAt.Before(h.EditedAt) {
		h.write(snap.Text, snap.Masked)
		h.EditedAt = snap.EditedAt
	}
	for _, emoji := range []string{markTake, markLeave} {
		r.setMarks(h.ID, emoji, *snap, e.At)
	}
}

// setMarks makes the marks of one emoji on a reply equal to what the message shows.
func (r *Review) setMarks(message, emoji string, snap Snapshot, at time.Time) {
	var who []string
	for _, reaction := range snap.Reactions {
		if reaction.Emoji == emoji {
			who = reaction.Who
		}
	}
	for i, m := range r.Marks {
		if m.Message == message && m.Emoji == emoji && m.On && !m.Form && !slices.Contains(who, m.Who) {
			r.Marks[i].On, r.Marks[i].At, r.Marks[i].Read = false, at, true
		}
	}
	for _, w := range who {
		on := slices.ContainsFunc(r.Marks, func(m Mark) bool {
			return m.Message == message && m.Emoji == emoji && m.Who == w && m.On && !m.Form
		})
		if !on {
			r.Marks = slices.DeleteFunc(r.Marks, func(m Mark) bool {
				return m.Message == message && m.Emoji == emoji && m.Who == w && !m.Form
			})
			r.mark(Mark{Message: message, Who: w, Emoji: emoji, On: true, At: at, Read: true})
		}
	}
}

// followMarks puts our 📝 on every reply that is taken and our ⚠ on every one that somebody should look at again.
func (r *Review) followMarks(o *out, answers []Answered, f Facts) {
	odd := r.odd(answers, f)
	for _, a := range answers {
		h := &r.Heard[a.index]
		if h.Question != 0 || h.Deleted { // forms and commands have no message to mark
			continue
		}
		warned := len(odd.doubts(a)) > 0
		message := MessageRef{Workspace: r.Home.Workspace, Channel: r.Thread.Channel, ID: h.ID}
		if a.Taken != h.Noted {
			h.Noted = a.Taken
			o.react(message, markTake, a.Taken)
		}
		if warned != h.Warned {
			h.Warned = warned
			o.react(message, clipAlert, warned)
		}
	}
}

// followTalk keeps of what is just talk only the beginning, and nothing once the report is out. Talk that becomes an
// answer is read again.
func (r *Review) followTalk(o *out, answers []Answered) {
	keep := talkRunes
	if len(r.Published) > 0 {
		keep = 0
	}
	for _, a := range answers {
		h := &r.Heard[a.index]
		h.Judged = a.judged
		switch {
		case h.Deleted || h.Question != 0:
		case a.Taken && h.Cut:
			r.fetch(o, h.ID)
		case !a.Taken && len(cutRunes(h.Text, keep)) < len(h.Text):
			h.Text, h.Cut = cutRunes(h.Text, keep), true
		}
	}
}

// Answered is what a reply counts as.
type Answered struct {
	Heard
	Question int    // which it belongs to; 0: none
	Taken    bool   // it is an answer
	Body     string // without what addresses it
	Under    string // of the whys: the cause or root that a plain reply explains
	index    int
	judged   string
}

// answers decides of every reply which question it belongs to and whether it is an answer, from all of them: what comes
// late finds its place by its own time.
func (r *Review) answers() []Answered {
	all := make([]Answered, 0, len(r.Heard))
	last := map[int]time.Time{} // question → time of its last reply
	marks := r.newestMarks()
	for i, h := range r.Heard {
		a := Answered{Heard: h, Body: h.Text, index: i}
		focus := r.focusAt(h.At)
		lapsed, named := false, true
		n, body, isNamed := addressed(h.Text)
		_, known := r.question(n)
		switch {
		case h.Question != 0:
			a.Question = h.Question
		case isNamed && known:
			a.Question, a.Body = n, body
		case causeAddress.MatchString(h.Text) && r.aboutCauses(focus.Question) != 0:
			a.Question = r.aboutCauses(focus.Question)
		case r.askedIn(h.ReplyTo) != 0:
			a.Question, named = r.askedIn(h.ReplyTo), false
		default:
			a.Question, named = focus.Question, false
			before := last[a.Question]
			lapsed = !before.IsZero() && !before.Before(focus.From) && h.At.After(before.Add(focusLapse))
		}
		if a.Question == focus.Question {
			a.Under = focus.Under
		}
		if a.Question != 0 && !lapsed {
			last[a.Question] = h.At
		}
		if q, asked := r.question(a.Question); asked && !h.Deleted {
			a.Taken, a.judged = takes(a, q, marks, lapsed, named)
		}
		all = append(all, a)
	}
	return all
}

// aboutCauses is the question to which `w4: …` belongs: the one about causes without a change while it is in focus, else
// the one that asks for causes; 0: this review asks for neither.
func (r *Review) aboutCauses(focus int) int {
	if n := r.giving(PartLeft); n != 0 && focus == n {
		return n
	}
	return r.giving(PartCauses)
}

// takes decides whether a reply to a question is an answer: the last mark of anybody, else what it looks like.
func takes(a Answered, q Question, marks map[string]Mark, lapsed, named bool) (taken bool, judged string) {
	m, marked := marks[a.ID]
	empty := strings.TrimSpace(a.Body) == ""
	switch {
	case marked && (a.Cut || !empty):
		return m.Emoji == markTake, a.Judged
	case empty:
		return false, a.Judged
	case named, q.labels(a.Body, a.At):
		return true, a.Judged
	case lapsed:
		return false, a.Judged
	}
	judged, taken = a.looksLike(q.asks())
	return taken, judged
}

// newestMarks are the last 📝 or ❌ on each message, by its id. ❌ wins where the order cannot be known.
func (r *Review) newestMarks() map[string]Mark {
	newest := map[string]Mark{}
	for _, m := range r.Marks {
		if !m.On {
			continue
		}
		have, marked := newest[m.Message]
		if !marked || m.At.After(have.At) || (m.At.Equal(have.At) && m.Emoji == markLeave) {
			newest[m.Message] = m
		}
	}
	return newest
}

// askedIn is the question whose message this is.
func (r *Review) askedIn(message string) int {
	if message == "" {
		return 0
	}
	for _, a := range r.Asked {
		if a.Message.ID == message {
			return a.Question
		}
	}
	return 0
}

// takenFor are the answers to a question, in order.
func takenFor(answers []Answered, question int) []Answered {
	var taken []Answered
	for _, a := range answers {
		if a.Taken && a.Question == question {
			taken = append(taken, a)
		}
	}
	return taken
}

// said is a message in the thread, or a mention of the bot there.
func (r *Review) said(o *out, e Event, f Facts) {
	if e.Mention {
		if typed, ok := ParseCommand(e.Text); ok && typed.about != aboutNothing && typed.Name != "event" {
			r.command(o, e, f, e.Text)
			return
		}
	}
	if e.Who == "" {
		return // what other programs write is not an answer; it can be pinned
	}
	if strings.EqualFold(strings.TrimSpace(e.Text), "next") && e.Who == r.Facilitator && r.begun() {
		r.next(o, r.asking(), e)
		return
	}
	h := Heard{ID: e.Message.ID, Who: e.Who, At: e.At, Text: e.Text, Masked: e.Masked, ReplyTo: e.ReplyTo}
	if !r.hear(h) && !r.Full {
		r.Full = true
		o.reply("full")
	}
}

// answer takes an answer that names its question: from a form, a menu or a command.
func (r *Review) answer(o *out, h Heard) {
	q, ok := r.question(h.Question)
	switch {
	case !ok:
		o.say(r.noQuestion(h.Question))
		return
	case strings.TrimSpace(h.Text) == "":
		o.say("There is nothing in that answer. `answer " + strconv.Itoa(q.N) + " your words`.")
		return
	}
	if !r.hear(h) {
		o.reply("full")
		return
	}
	if tooLong(h.Text) {
		o.reply("taken", strconv.Itoa(q.N), "long")
		return
	}
	o.reply("taken", strconv.Itoa(q.N))
}

// sorted is how many replies the form for sorting lists: what fits into one menu of Discord.
const sortCap = 25

// sortable is what was heard for a question, as the form lists it, of what came in until n: replies, and what was said in
// forms and by buttons, which no message shows and no mark can leave out.
func (r *Review) sortable(question, n int) []Answered {
	var all []Answered
	for _, a := range r.answers() {
		if a.Question == question && a.N <= n && !a.Deleted {
			all = append(all, a)
		}
	}
	return all[max(0, len(all)-sortCap):]
}

// sort takes the form in which the replies to a question are ticked that are answers. Only what differs from what they
// count as becomes a mark, as if that person had put 📝 or ❌ on the reply.
func (r *Review) sort(e Event) {
	word, until := cutWord(e.Value)
	question, _ := strconv.Atoi(word)
	n, _ := strconv.Atoi(until)
	ticked := strings.Fields(e.Field("taken"))
	for _, a := range r.sortable(question, n) {
		if taken := slices.Contains(ticked, strconv.Itoa(a.N)); taken != a.Taken {
			on, off := markTake, markLeave
			if !taken {
				on, off = off, on
			}
			r.mark(Mark{Message: a.ID, Who: e.Who, Emoji: off, At: e.At, Form: true})
			r.mark(Mark{Message: a.ID, Who: e.Who, Emoji: on, On: true, At: e.At, Form: true})
		}
	}
}

// rewrite gives a reply other words, as if whoever said it had edited the message.
func (r *Review) rewrite(n int, e Event) {
	for i := range r.Heard {
		h := &r.Heard[i]
		if h.N != n || h.Deleted || h.Who != e.Who || !e.At.After(h.EditedAt) || strings.TrimSpace(e.Field("text")) == "" {
			continue
		}
		h.write(e.Field("text"), e.Masked)
		h.EditedAt = e.At
	}
}

// keepAsItIs says that nothing is odd about a reply.
func (r *Review) keepAsItIs(n int) {
	for i := range r.Heard {
		if r.Heard[i].N == n {
			r.Heard[i].Kept = true
		}
	}
}

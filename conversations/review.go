package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Review is one postmortem while it is being made and afterwards. It keeps references and what people said in its
// thread, never copies of timeline events or action items.
type Review struct {
	Number      int       `json:"number,omitempty"` // PM-4, from when it opens
	Title       string    `json:"title,omitempty"`
	Stage       Stage     `json:"stage"`
	Facilitator string    `json:"facilitator"`
	Started     time.Time `json:"started"`
	Home        Place     `json:"home"`            // where start was said; the card is posted there
	Thread      Place     `json:"thread,omitzero"` // where people reply, from when it is known
	Sources     []Source  `json:"sources,omitempty"`

	Card      MessageRef         `json:"card,omitzero"`
	Asked     []Asked            `json:"asked,omitempty"`  // in the order in which they were asked
	Closed    []int              `json:"closed,omitempty"` // questions that Next moved on from
	Focus     []Focus            `json:"focus,omitempty"`
	Heard     []Heard            `json:"heard,omitempty"`
	Marks     []Mark             `json:"marks,omitempty"`
	Lines     []Line             `json:"lines,omitempty"` // of action items
	NextLine  int                `json:"nextLine,omitempty"`
	Published []PublishedVersion `json:"published,omitempty"`
	Changes   int                `json:"changes,omitempty"` // since the last version was published
	CheckAt   time.Time          `json:"checkAt,omitzero"`
	Full      bool               `json:"full,omitempty"` // takes no more answers
}

// Stage is how far a review has come.
type Stage string

// The stages.
const (
	StageAsked      Stage = "asked"      // somebody said start; over or burning is not answered yet
	StageBurning    Stage = "burning"    // it stays silent and collects
	StageOpen       Stage = "open"       // questions are being answered
	StageDraft      Stage = "draft"      // the last question is closed
	StagePublishing Stage = "publishing" // the version is being filed
	StagePublished  Stage = "published"
)

// Source is where a review's timeline comes from: what is pinned in a channel, by message time.
type Source struct {
	Channel string    `json:"channel"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until,omitzero"` // zero: open
}

// Asked is a question's message.
type Asked struct {
	Question int        `json:"question"`
	Message  MessageRef `json:"message,omitzero"` // zero: still on its way
}

// Focus says from when on plain replies belong to a question.
type Focus struct {
	Question int       `json:"question"`
	From     time.Time `json:"from"` // message time
}

// Heard is a reply in the thread, or an answer given by form or command.
type Heard struct {
	ID       string    `json:"id"` // of the message; of the act, for forms and commands
	Who      string    `json:"who,omitempty"`
	At       time.Time `json:"at"`
	EditedAt time.Time `json:"editedAt,omitzero"`
	Deleted  bool      `json:"deleted,omitempty"`
	Text     string    `json:"text,omitempty"`
	Masked   bool      `json:"masked,omitempty"`
	Question int       `json:"question,omitempty"` // given by form or command for this question
	ReplyTo  string    `json:"replyTo,omitempty"`
	Noted    bool      `json:"noted,omitempty"` // our 📝 is on it
	Long     bool      `json:"long,omitempty"`  // an answer that was longer than is kept
	Cut      bool      `json:"cut,omitempty"`   // talk, of which only the beginning is kept, if anything
}

// Mark is one person's 📝 or ❌ on a message.
type Mark struct {
	Message string    `json:"message"`
	Who     string    `json:"who"`
	Emoji   string    `json:"emoji"`
	On      bool      `json:"on,omitempty"`
	At      time.Time `json:"at"`
}

// PublishedVersion is a published version of the report.
type PublishedVersion struct {
	N   int       `json:"n"`
	Key string    `json:"key"` // of the kept row
	At  time.Time `json:"at"`
	By  string    `json:"by"`
}

const (
	focusLapse  = 30 * time.Minute
	answerCap   = 1000
	answerRunes = 4000
	talkRunes   = 200
	askedLife   = 7 * 24 * time.Hour
	checkEvery  = 24 * time.Hour
	checkLife   = 30 * 24 * time.Hour
)

// Kind implements State.
func (*Review) Kind() Kind { return KindReview }

func (r *Review) index(id string) (addresses []string, at, due time.Time) {
	w := r.Home.Workspace
	if r.Stage == StageAsked {
		return nil, r.Started, r.Started.Add(askedLife)
	}
	addresses = []string{reviewsOf(w), reviewsIn(r.Home)}
	if r.Stage != StagePublished {
		addresses = append(addresses, openReviews(w))
	}
	if r.Stage == StageBurning {
		addresses = append(addresses, burningIn(r.Home))
	}
	if r.Number > 0 {
		addresses = append(addresses, numberAddress(w, "PM", r.Number))
	}
	if r.Thread.Thread != "" {
		addresses = append(addresses, r.Thread.Address(), reviewsIn(r.Thread))
	}
	return addresses, r.Started, r.CheckAt
}

// covers reports whether an event of that place and time belongs to the review.
func (r *Review) covers(p Place, at time.Time) bool {
	return slices.ContainsFunc(r.Sources, func(s Source) bool {
		return s.Channel == p.Channel && !at.Before(s.From) && (s.Until.IsZero() || at.Before(s.Until))
	})
}

// asking is the question that Next would close; 0 when none is asked.
func (r *Review) asking() int {
	for i := len(r.Asked) - 1; i >= 0; i-- {
		if !slices.Contains(r.Closed, r.Asked[i].Question) {
			return r.Asked[i].Question
		}
	}
	return 0
}

func (r *Review) timelineQueries() []Query {
	var qs []Query
	for _, s := range r.Sources {
		qs = append(qs, Query{
			Address: eventsIn(Place{Workspace: r.Home.Workspace, Channel: s.Channel}), From: s.From, Until: s.Until,
		})
	}
	return qs
}

func reviewNeeds(id string, r *Review, e Event) Needs {
	n := Needs{}
	switch e.Kind {
	case Commanded, Said:
		if r == nil {
			n.Queries = append(n.Queries, startQuery(e), Query{Address: reviewsIn(e.Where)})
		} else if e.Who != "" {
			n.People = append(n.People, e.Who)
			n.Sees = sight(r.Home, e)
		}
	case Clicked:
		if e.Verb == "over" || e.Verb == "start" {
			n.Series = "PM"
		}
		if e.Verb == "start" && r == nil {
			n.Load = append(n.Load, offerOf(id))
			n.Queries = append(n.Queries, Query{Address: reviewsOf(WorkspaceOf(id))})
		}
		n.People = append(n.People, e.Who)
	case Submitted, Edited:
		n.People = append(n.People, e.Who)
	}
	if r == nil {
		return n
	}
	if len(r.Published) > 0 {
		n.Kept = append(n.Kept, r.Published[len(r.Published)-1].Key)
		n.Queries = append(n.Queries, r.timelineQueries()...)
	}
	for _, h := range r.Heard { // dates in their lines are read in their zones
		n.People = append(n.People, h.Who)
	}
	n.People = known(n.People)
	return n
}

// startQuery finds what was pinned in the channel lately.
func startQuery(e Event) Query {
	return Query{Address: eventsIn(e.Where), From: e.At.Add(-unusedLife)}
}

func stepReview(o *out, r *Review, e Event, f Facts) *Review {
	if r == nil {
		return newReview(o, e, f)
	}
	switch e.Kind {
	case Commanded:
		r.command(o, e, f, e.Text)
	case Said:
		r.said(o, e, f)
	case Edited:
		r.edited(e)
	case Deleted:
		r.deleted(e)
	case Reacted:
		r.marked(e)
	case Clicked:
		r.clicked(o, e, f)
	case Submitted:
		r.submitted(o, e, f)
	case Sent:
		r.sent(o, e)
	case Refused:
		r.refused(o, e)
		return r // to show everything again would be refused again, for ever
	case Looked:
		o.fetch(e.Message, 0)
	case Fetched:
		if e.Snapshot == nil {
			return r // what hangs on its words would ask for them again, for ever
		}
		r.fetched(e)
	case Filed:
		r.filed(o, e)
	case Ticked:
		if r.Stage == StageAsked {
			return nil // nobody said whether it is over
		}
		r.checked(f)
	}
	r.follow(o, f)
	return r
}

// newReview is what `start` makes of nothing, or [Start] on an offer.
func newReview(o *out, e Event, f Facts) *Review {
	r := &Review{Stage: StageAsked, Facilitator: e.Who, Started: e.At, Home: e.Where.Root()}
	switch e.Kind {
	case Commanded, Said:
		typed, ok := ParseCommand(e.Text)
		if !ok || typed.Name != "start" {
			return nil
		}
		r.Title = startTitle(typed.Rest)
		if e.Where.Thread != "" {
			r.Thread = e.Where
		}
		o.reply("start")
		return r
	case Clicked:
		n, ok := f.Subject(offerOf(o.subject))
		if e.Verb != "start" || !ok {
			return nil
		}
		offer := n.State.(*Nudge)
		for _, s := range f.Subjects {
			if other, ok := s.State.(*Review); ok && other.covers(offer.Where, offer.From) {
				o.say(number("PM", other.Number) + " is about these pins already. `list` shows where it is.")
				return r // never opened, so it goes by itself
			}
		}
		r.Home = Place{Workspace: o.workspace(), Channel: offer.Channel}
		r.open(o, offer.From, offer.Until, f)
		o.tell(n.ID, "started", number("PM", r.Number))
		return r
	}
	return nil
}

// startTitle is what follows `start`, without the words that choose the size.
func startTitle(rest string) string {
	if first, more := cutWord(rest); strings.EqualFold(first, "tiny") {
		rest = more
	}
	title, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	return shorten(title, 120)
}

// open begins the review over the pins between two message times.
func (r *Review) open(o *out, from, until time.Time, f Facts) {
	r.Stage = StageOpen
	r.Number = f.Number
	r.Sources = []Source{{Channel: r.Home.Channel, From: from.Add(-silenceParts), Until: until.Add(silenceParts)}}
	if r.Title == "" {
		r.Title = "Incident of " + from.In(f.Zone).Format("2 January 2006")
	}
	place := r.Home
	if r.Thread.Thread != "" {
		place = r.Thread
	}
	o.add(Effect{Kind: Post, To: "card", Slot: "card", Place: place, View: "card"})
}

func (r *Review) clicked(o *out, e Event, f Facts) {
	switch e.Verb {
	case "over":
		if r.Stage != StageAsked && r.Stage != StageBurning {
			o.reply("started")
			return
		}
		from, until := window(e.Value, e.At)
		r.open(o, from, until, f)
	case "burning":
		switch r.Stage {
		case StageAsked:
		case StageBurning:
			o.reply("burning")
			return
		default:
			o.reply("started")
			return
		}
		r.Stage = StageBurning
		from, _ := window(e.Value, e.At)
		r.Sources = []Source{{Channel: r.Home.Channel, From: from.Add(-silenceParts)}}
		o.reply("burning")
	case "start":
		o.reply("started")
	case "next":
		n, _ := strconv.Atoi(e.Value)
		r.next(o, n)
	case "ask":
		n, _ := strconv.Atoi(e.Value)
		r.askHere(o, n, e)
	case "publish":
		r.publish(o, e, f, e.Value == "anyway")
	}
}

// command is one of those that concern a review: typed after the slash, or after a mention in its thread.
func (r *Review) command(o *out, e Event, f Facts, text string) {
	typed, ok := ParseCommand(text)
	if !ok {
		return
	}
	_, args := reviewArgs(typed)
	if f.hides(r.Home, e) {
		o.say(noSuch(r.name()))
		return
	}
	switch typed.Name {
	case "start":
		switch r.Stage {
		case StageAsked:
			o.reply("start") // the first asking may never have been seen
		case StageBurning:
			o.reply("burning")
		default:
			o.reply("started")
		}
	case "next":
		r.next(o, r.asking())
	case "answer":
		word, body := cutWord(args)
		n, _ := strconv.Atoi(strings.TrimSuffix(word, ":"))
		r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: body, Masked: e.Masked, Question: n})
	case "publish":
		r.publish(o, e, f, strings.Contains(strings.ToLower(args), "anyway"))
	}
}

// reviewArgs takes `PM-4` off the front of a command's arguments.
func reviewArgs(t Typed) (n int, args string) {
	word, rest := cutWord(t.Rest)
	if series, n, ok := parseNumber(word); ok && series == "PM" {
		return n, rest
	}
	return 0, t.Rest
}

// answer takes an answer that names its question.
func (r *Review) answer(o *out, h Heard) {
	q, ok := r.question(h.Question)
	switch {
	case !ok:
		o.say("There is no question " + strconv.Itoa(h.Question) + ". They are 1 to " + strconv.Itoa(len(r.questions())) + ".")
		return
	case strings.TrimSpace(h.Text) == "":
		o.say("There is nothing in that answer. `answer " + strconv.Itoa(q.N) + " your words`.")
		return
	}
	if !r.hear(h) {
		o.reply("full")
		return
	}
	o.reply("taken", strconv.Itoa(q.N))
}

// said is a message in the thread, or a mention of the bot there.
func (r *Review) said(o *out, e Event, f Facts) {
	text := e.Text
	if e.Mention {
		if typed, ok := ParseCommand(text); ok && typed.about != aboutNothing && typed.Name != "event" {
			r.command(o, e, f, text)
			return
		}
	}
	if strings.EqualFold(strings.TrimSpace(text), "next") && e.Who == r.Facilitator {
		r.next(o, r.asking())
		return
	}
	h := Heard{ID: e.Message.ID, Who: e.Who, At: e.At, Text: text, Masked: e.Masked, ReplyTo: e.ReplyTo}
	if e.Who == "" {
		return // what other programs write is not an answer; it can be pinned
	}
	if !r.hear(h) && !r.Full {
		r.Full = true
		o.reply("full")
	}
}

// hear keeps a reply, in the order of message times. false: there are too many.
func (r *Review) hear(h Heard) bool {
	if slices.ContainsFunc(r.Heard, func(x Heard) bool { return x.ID == h.ID }) {
		return true
	}
	if len(r.Heard) >= answerCap {
		return false
	}
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
	h.Text, h.Masked, h.Cut = cutRunes(text, answerRunes), masked, false
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
	h.Deleted, h.Text, h.Noted = true, "", false
}

func (r *Review) heardIndex(message string) int {
	return slices.IndexFunc(r.Heard, func(h Heard) bool { return h.ID == message })
}

// marked keeps what a person's 📝 or ❌ last said, also that it was taken off: its being put on may come in later.
func (r *Review) marked(e Event) {
	if e.Emoji != markTake && e.Emoji != markLeave {
		return
	}
	m := Mark{Message: e.Message.ID, Who: e.Who, Emoji: e.Emoji, On: e.On, At: e.At}
	for i, have := range r.Marks {
		if have.Message == m.Message && have.Who == m.Who && have.Emoji == m.Emoji {
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

// fetched is a reply read again because it differed.
func (r *Review) fetched(e Event) {
	i := r.heardIndex(e.Message.ID)
	if i < 0 || e.Snapshot == nil || r.Heard[i].Deleted {
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
		if m.Message == message && m.Emoji == emoji && m.On && !slices.Contains(who, m.Who) {
			r.Marks[i].On, r.Marks[i].At = false, at
		}
	}
	for _, w := range who {
		on := slices.ContainsFunc(r.Marks, func(m Mark) bool {
			return m.Message == message && m.Emoji == emoji && m.Who == w && m.On
		})
		if !on {
			r.marked(Event{Message: MessageRef{ID: message}, Who: w, Emoji: emoji, On: true, At: at})
		}
	}
}

func (r *Review) submitted(o *out, e Event, f Facts) {
	switch e.Verb {
	case "answer":
		n, _ := strconv.Atoi(e.Value)
		r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: e.Field("text"), Masked: e.Masked, Question: n})
	case "fill":
		r.fill(o, e, f)
	}
}

// next closes question n and asks the one after it. A click on a question that is closed already says so.
func (r *Review) next(o *out, n int) {
	if r.Stage != StageOpen || n == 0 || slices.Contains(r.Closed, n) || !r.hasAsked(n) {
		o.reply("where")
		return
	}
	r.Closed = append(r.Closed, n)
	if q, ok := r.following(); ok {
		r.ask(o, q.N)
		return
	}
	r.Stage = StageDraft
}

// following is the first question in order that was not asked yet.
func (r *Review) following() (Question, bool) {
	for _, q := range r.questions() {
		if !r.hasAsked(q.N) {
			return q, true
		}
	}
	return Question{}, false
}

func (r *Review) hasAsked(n int) bool {
	return slices.ContainsFunc(r.Asked, func(a Asked) bool { return a.Question == n })
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

// askHere moves the focus, and asks the question if it was not asked yet.
func (r *Review) askHere(o *out, n int, e Event) {
	if _, ok := r.question(n); !ok || r.Thread.Thread == "" || r.Stage == StageAsked || r.Stage == StageBurning {
		o.reply("where")
		return
	}
	if !r.hasAsked(n) {
		r.ask(o, n)
		return
	}
	r.setFocus(n, e.At)
	o.reply("asking", strconv.Itoa(n))
}

func (r *Review) setFocus(n int, at time.Time) {
	if slices.Contains(r.Focus, Focus{n, at}) {
		return
	}
	r.Focus = append(r.Focus, Focus{n, at})
	slices.SortStableFunc(r.Focus, func(a, b Focus) int { return a.From.Compare(b.From) })
}

// sent notes where our posts ended up. The thread is known from then on, and what was written there meanwhile is read.
func (r *Review) sent(o *out, e Event) {
	switch slot, arg, _ := strings.Cut(e.Slot, " "); slot {
	case "card":
		if r.Card.ID != "" {
			return
		}
		r.Card = e.Result.Message
		if r.Thread.Thread == "" {
			r.Thread = e.Result.Thread
		}
		o.add(Effect{Kind: ReadBack, To: "readback", Slot: "readback", Place: r.Thread, At: e.Result.At})
		if q, ok := r.following(); ok && len(r.Asked) == 0 {
			r.ask(o, q.N)
		}
	case "question":
		n, _ := strconv.Atoi(arg)
		for i, a := range r.Asked {
			if a.Question == n && a.Message.ID == "" {
				r.Asked[i].Message = e.Result.Message
				r.setFocus(n, e.Result.At)
			}
		}
	}
}

// refused tells the facilitator that something cannot be shown; what people can see for themselves is left unsaid.
func (r *Review) refused(o *out, e Event) {
	what, _, _ := strings.Cut(e.Slot, " ")
	if !slices.Contains([]string{"card", "question", "report", "published"}, what) {
		return
	}
	o.add(Effect{
		Kind: Private, To: "person " + r.Facilitator, Slot: "refused", Person: r.Facilitator, View: "refused",
		Args: []string{e.Slot, e.Reason},
	})
}

// publish freezes the next version, if this person may and nothing is open.
func (r *Review) publish(o *out, e Event, f Facts, anyway bool) {
	switch {
	case r.Stage == StageAsked || r.Stage == StageBurning:
		o.reply("where")
	case r.Stage == StagePublishing:
		o.say("It is being published.")
	case e.Who != r.Facilitator && !f.Person(e.Who).Admin:
		o.reply("not yours")
	case r.Stage == StageOpen && !anyway:
		o.reply("unfinished")
	case r.Stage == StagePublished && r.Changes == 0:
		o.say("Nothing has changed since version " + strconv.Itoa(len(r.Published)) + ".")
	default:
		r.Stage = StagePublishing
		o.add(Effect{
			Kind: Keep, To: "archive", View: "report", Key: r.versionKey(len(r.Published) + 1), At: f.Now, Person: e.Who,
		})
	}
}

func (r *Review) versionKey(n int) string {
	return r.Home.Workspace + "/report/" + number("PM", r.Number) + "/v" + strconv.Itoa(n)
}

// filed posts what was frozen: from the kept row, not from what is stored now.
func (r *Review) filed(o *out, e Event) {
	n := len(r.Published) + 1
	if e.Value != r.versionKey(n) {
		return
	}
	r.Published = append(r.Published, PublishedVersion{N: n, Key: e.Value, At: e.At, By: e.Who})
	r.Stage, r.Changes = StagePublished, 0
	r.CheckAt = e.At.Add(checkEvery)
	o.add(Effect{Kind: Post, To: "thread", Slot: "report", Place: r.Thread, View: "published report", Args: []string{e.Value}})
	o.add(Effect{Kind: Post, To: "published", Slot: "published", Place: r.Home, View: "published", Args: []string{e.Value}})
}

// checked sets the next of the daily looks at the timeline, which compare it with the published report, told or not.
func (r *Review) checked(f Facts) {
	r.CheckAt = r.CheckAt.Add(checkEvery)
	if !r.CheckAt.After(f.Now) {
		r.CheckAt = f.Now.Add(checkEvery)
	}
	if n := len(r.Published); n == 0 || r.CheckAt.After(r.Published[n-1].At.Add(checkLife)) {
		r.CheckAt = time.Time{}
	}
}

// follow brings everything that hangs on the answers into line with them: our 📝, the lines of action items, the card
// and the questions. Each of these compares with what it did last.
func (r *Review) follow(o *out, f Facts) {
	if r.Stage == StageAsked || r.Stage == StageBurning || r.Number == 0 {
		return
	}
	answers := r.answers()
	r.followMarks(o, answers)
	r.followTalk(o, answers)
	r.followLines(o, answers, f)
	if r.Stage == StagePublished {
		before := r.Changes
		r.countChanges(answers, f)
		if o.event.Kind == Ticked && r.Changes == before {
			return
		}
	}
	for _, a := range r.Asked {
		if a.Message.ID != "" {
			r.showQuestion(o, a.Question)
		}
	}
	if r.Card.ID != "" {
		o.add(Effect{Kind: Post, To: "card", Slot: "card", Place: r.Home, View: "card"})
	}
}

// followMarks puts our 📝 on every reply that is taken and off every other.
func (r *Review) followMarks(o *out, answers []Answered) {
	for _, a := range answers {
		h := &r.Heard[a.index]
		byMessage := h.Question == 0 // forms and commands have no message to mark
		if a.Taken == h.Noted || !byMessage || h.Deleted {
			continue
		}
		h.Noted = a.Taken
		o.react(MessageRef{Workspace: r.Home.Workspace, Channel: r.Thread.Channel, ID: h.ID}, markTake, a.Taken)
	}
}

// followTalk keeps of what is just talk only the beginning, and nothing once the report is out. Talk that becomes an
// answer is read again.
func (r *Review) followTalk(o *out, answers []Answered) {
	keep := talkRunes
	if r.Stage == StagePublished {
		keep = 0
	}
	for _, a := range answers {
		h := &r.Heard[a.index]
		switch {
		case h.Deleted || h.Question != 0:
		case a.Taken && h.Cut:
			o.fetch(MessageRef{Workspace: r.Home.Workspace, Channel: r.Thread.Channel, ID: h.ID}, 0)
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
	index    int
}

// answers decides of every reply which question it belongs to and whether it is an answer, from all of them: what comes
// late finds its place by its own time.
func (r *Review) answers() []Answered {
	all := make([]Answered, 0, len(r.Heard))
	last := map[int]time.Time{} // question → time of its last reply
	marks := r.newestMarks()
	for i, h := range r.Heard {
		a := Answered{Heard: h, Body: h.Text, index: i}
		lapsed := false
		named, body, isNamed := addressed(h.Text)
		_, known := r.question(named)
		switch {
		case h.Question != 0:
			a.Question = h.Question
		case isNamed && known:
			a.Question, a.Body = named, body
		case r.askedIn(h.ReplyTo) != 0:
			a.Question = r.askedIn(h.ReplyTo)
		default:
			focus, since := r.focusAt(h.At)
			before := last[focus]
			lapsed = !before.IsZero() && !before.Before(since) && h.At.After(before.Add(focusLapse))
			a.Question = focus
		}
		if a.Question != 0 && !lapsed {
			last[a.Question] = h.At
		}
		q, _ := r.question(a.Question)
		a.Taken = a.Question != 0 && !h.Deleted && takes(a, q.asks(), marks, lapsed, isNamed || h.Question != 0)
		all = append(all, a)
	}
	return all
}

// takes decides whether a reply to a question is an answer: the last mark of anybody, else what it looks like.
func takes(a Answered, about asking, marks map[string]Mark, lapsed, named bool) bool {
	m, marked := marks[a.ID]
	if marked && (a.Cut || strings.TrimSpace(a.Body) != "") {
		return m.Emoji == markTake
	}
	if strings.TrimSpace(a.Body) == "" {
		return false
	}
	return named || (!lapsed && !looksLikeTalk(a.Body, about))
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

// focusAt is the question in focus at a message time, and since when.
func (r *Review) focusAt(at time.Time) (question int, since time.Time) {
	for _, f := range r.Focus {
		if !f.From.After(at) {
			question, since = f.Question, f.From
		}
	}
	return question, since
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

// window reads the pins' first and last time off a button. Without any the incident was just now.
func window(value string, now time.Time) (from, until time.Time) {
	first, last, _ := strings.Cut(value, " ")
	from, err := time.Parse(time.RFC3339Nano, first)
	if err != nil {
		return now, now
	}
	until, err = time.Parse(time.RFC3339Nano, last)
	if err != nil {
		return from, now
	}
	return from, until
}

// cutRunes is at most the first n characters.
func cutRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// shorten cuts a text to so many characters, with a mark that it was cut.
func shorten(s string, n int) string {
	runes := []rune(strings.TrimSpace(s))
	if len(runes) <= n {
		return string(runes)
	}
	return string(runes[:n-1]) + "…"
}

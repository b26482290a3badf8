package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// Review is one postmortem while it is being made and afterwards. It keeps references and what people said in its
// thread, never copies of timeline events or action items.
type Review struct {
	Number      int       `json:"number,omitempty"` // PM-4, from when it opens
	Title       string    `json:"title,omitempty"`
	Severity    int       `json:"severity,omitempty"` // 1 (worst) to 5; 0: nobody said
	Tiny        bool      `json:"tiny,omitempty"`     // three questions instead of nine
	Async       bool      `json:"async,omitempty"`    // Next asks nothing by itself
	Stage       Stage     `json:"stage"`
	Facilitator string    `json:"facilitator"`
	Led         time.Time `json:"led,omitzero"` // when the facilitator last did something here
	Started     time.Time `json:"started"`
	Home        Place     `json:"home"`            // where start was said; the card is posted there
	Thread      Place     `json:"thread,omitzero"` // where people reply, from when it is known
	Sources     []Source  `json:"sources,omitempty"`
	Also        []string  `json:"also,omitempty"` // further channels that were named at the start

	Card      MessageRef `json:"card,omitzero"`
	Asked     []Asked    `json:"asked,omitempty"`  // in the order in which they were asked
	Closed    []Closed   `json:"closed,omitempty"` // questions that Next moved on from, or that were left out
	Focus     []Focus    `json:"focus,omitempty"`
	Handed    []Handed   `json:"handed,omitempty"`
	Outside   []string   `json:"outside,omitempty"` // of those who were named: who cannot see the review
	Heard     []Heard    `json:"heard,omitempty"`
	NextHeard int        `json:"nextHeard,omitempty"`
	Marks     []Mark     `json:"marks,omitempty"`
	Full      bool       `json:"full,omitempty"` // takes no more answers

	Causes    []Factor `json:"causes,omitempty"`
	NextCause int      `json:"nextCause,omitempty"`
	Lines     []Line   `json:"lines,omitempty"` // of action items
	NextLine  int      `json:"nextLine,omitempty"`

	Summary  string    `json:"summary,omitempty"` // as people wrote it; empty: the report drafts one
	Trigger  string    `json:"trigger,omitempty"`
	Agreed   time.Time `json:"agreed,omitzero"` // when the question about the timeline was closed
	Parked   *Parked   `json:"parked,omitempty"`
	Reason   string    `json:"reason,omitempty"` // why it was cancelled
	DraftOut bool      `json:"draftOut,omitempty"`

	Approved  []Approval         `json:"approved,omitempty"`
	Roles     bool               `json:"roles,omitempty"` // reports name roles instead of people
	Published []PublishedVersion `json:"published,omitempty"`
	Changes   int                `json:"changes,omitempty"` // since the last version was published
	Later     []Event            `json:"later,omitempty"`   // what came while a version was being filed
	CheckAt   time.Time          `json:"checkAt,omitzero"`
	Shut      Shut               `json:"shut,omitzero"` // the channel, to the bot
	Reading   *Reading           `json:"reading,omitempty"`
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
	StageCancelled  Stage = "cancelled"
)

// Source is where a review's timeline comes from: what is pinned in a channel, by message time.
type Source struct {
	Channel string    `json:"channel"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until,omitzero"` // zero: open
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

func (r *Review) index(string) (addresses []string, at, due time.Time) {
	w := r.Home.Workspace
	if r.Stage == StageAsked {
		return nil, r.Started, r.Started.Add(askedLife)
	}
	addresses = []string{reviewsOf(w), reviewsIn(r.Home)}
	for _, s := range r.Sources {
		addresses = append(addresses, fedBy(Place{Workspace: w, Channel: s.Channel}))
	}
	if r.Stage != StagePublished && r.Stage != StageCancelled {
		addresses = append(addresses, openReviews(w))
	}
	if r.changed() {
		addresses = append(addresses, changedReviews(w))
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
	return addresses, r.Started, r.due()
}

// due is when the review wants to be ticked: for its daily look at the timeline, or when its pause ends.
func (r *Review) due() time.Time {
	if r.Parked != nil && !r.Parked.Until.IsZero() && (r.CheckAt.IsZero() || r.Parked.Until.Before(r.CheckAt)) {
		return r.Parked.Until
	}
	return r.CheckAt
}

// covers reports whether an event of that place and time belongs to the review.
func (r *Review) covers(p Place, at time.Time) bool {
	return slices.ContainsFunc(r.Sources, func(s Source) bool {
		return s.Channel == p.Channel && !at.Before(s.From) && (s.Until.IsZero() || at.Before(s.Until))
	})
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

// begun reports whether questions are, or were, asked.
func (r *Review) begun() bool {
	return r.Number > 0 && r.Stage != StageAsked && r.Stage != StageBurning
}

// leads reports whether somebody decides about the review: its facilitator, or an admin.
func (r *Review) leads(who string, f Facts) bool { return who == r.Facilitator || f.Person(who).Admin }

func reviewNeeds(id string, r *Review, e Event, f Facts) Needs {
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
		if e.Verb == "over" || e.Verb == "start" || e.Verb == "start tiny" {
			n.Series = "PM"
		}
		if r == nil && (e.Verb == "start" || e.Verb == "start tiny") {
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
	if e.Kind == Clicked || e.Kind == Submitted {
		n.Sees = append(n.Sees, sight(r.Home, e)...)
	}
	if e.Kind == Clicked && !r.begun() {
		n.Sees = append(n.Sees, sourceSees(WorkspaceOf(id), r.Facilitator, r.Also)...)
	}
	if len(r.Published) > 0 {
		n.Kept = append(n.Kept, r.Published[len(r.Published)-1].Key)
	}
	if e.Kind == Filed && len(r.Later) > 0 { // to count the changes since
		n.Kept = append(n.Kept, e.Value)
	}
	if len(r.Published) > 0 || len(r.Later) > 0 || r.needsTimeline(e) {
		n.Queries = append(n.Queries, r.timelineQueries()...)
	}
	for _, later := range r.Later {
		n.People = append(n.People, later.Who)
		for _, who := range r.namedIn(later, f) {
			n.People, n.Sees = append(n.People, who), append(n.Sees, Sees{who, r.Home.Root()})
		}
	}
	for _, h := range r.Heard { // dates in their lines are read in their zones
		n.People = append(n.People, h.Who)
		n.People = append(n.People, mentioned(h.Text)...)
	}
	n.People = append(n.People, r.Facilitator)
	for _, who := range r.namedIn(e, f) {
		n.People, n.Sees = append(n.People, who), append(n.Sees, Sees{who, r.Home.Root()})
	}
	n.People = known(n.People)
	return n
}

// ownersIn are the people whom the fields of a form name.
func ownersIn(e Event) []string {
	var ids []string
	for _, field := range e.Fields {
		if name, _, _ := strings.Cut(field.Name, " "); name == "owner" {
			ids = append(ids, ownerOf(field.Value))
		}
	}
	return ids
}

// namedIn are the people whom an event names, any of whom may be meant to own something.
func (r *Review) namedIn(e Event, f Facts) []string {
	ids := append(ownersIn(e), mentioned(e.Text)...)
	for _, field := range e.Fields {
		ids = append(ids, mentioned(field.Value)...)
	}
	if e.Snapshot != nil {
		ids = append(ids, mentioned(e.Snapshot.Text)...)
	}
	if e.Kind == Clicked && e.Verb == "ideas" {
		for _, t := range r.ideas(f) {
			ids = append(ids, mentioned(t.Shown().Text)...)
		}
	}
	return known(ids)
}

// noteOutside keeps who of the people that an event names cannot see the review, as far as they are known. It is asked when
// they are named, and what was said of them counts until they are named again: a reply may become an answer much later.
func (r *Review) noteOutside(e Event, f Facts) {
	for _, who := range r.namedIn(e, f) {
		r.Outside = slices.DeleteFunc(r.Outside, func(id string) bool { return id == who })
		q := Sees{who, r.Home.Root()}
		if _, known := f.People[who]; known && !f.Sees[q] && !f.Unsure[q] {
			r.Outside = append(r.Outside, who)
		}
	}
}

// cannotOwn says, in words, why nobody can expect something of that person in this review; empty: nothing speaks against it.
func (r *Review) cannotOwn(id string, f Facts) string {
	if no := f.cannotOwn(id); no != "" || !slices.Contains(r.Outside, id) {
		return no
	}
	return f.Person(id).Name + " cannot see this review, as far as I can tell. Invite them to the channel and name them again, or choose somebody else."
}

// needsTimeline reports whether the step looks at what is pinned: the ideas that are taken up, who took part.
func (r *Review) needsTimeline(e Event) bool {
	if e.Kind == Commanded || e.Mention {
		return true
	}
	switch e.Verb {
	case "ideas", "approve", "publish", "moments", "take over":
		return e.Kind == Clicked || e.Kind == Submitted
	}
	return false
}

// startQuery finds what was pinned in the channel lately.
func startQuery(e Event) Query {
	return Query{Address: eventsIn(e.Where), From: e.At.Add(-unusedLife)}
}

func stepReview(o *out, r *Review, e Event, f Facts) *Review {
	if r == nil {
		return newReview(o, e, f)
	}
	if r.Stage == StagePublishing && r.waitsForFiling(e) {
		r.Later = append(r.Later, e)
		return r
	}
	if e.Who == r.Facilitator && e.Who != "" && e.At.After(r.Led) {
		r.Led = e.At
	}
	r.noteOutside(e, f)
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
		if r.marked(e) {
			r.fetch(o, e.Message.ID)
		} else {
			r.reread(o, e.Message.ID)
		}
	case Clicked, Submitted:
		r.pressed(o, e, f)
	case Sent:
		r.sent(o, e)
	case Left:
		r.shut(o, e)
		return r
	case Joined:
		r.comeBack(o, e)
		return r
	case Refused:
		r.read(o, e)
		r.refused(o, e)
		return r // to show everything again would be refused again, for ever
	case ReadTo:
		r.read(o, e)
		return r
	case Looked:
		r.fetch(o, e.Message.ID)
	case Fetched:
		if e.Snapshot == nil {
			return r // what hangs on its words would ask for them again, for ever
		}
		r.fetched(o, e)
	case Filed:
		r.filed(o, e)
		for _, later := range r.Later {
			r.Later, o.event = r.Later[1:], later
			stepReview(o, r, later, f)
		}
		o.event = e
	case Ticked:
		if r.Stage == StageAsked {
			return nil // nobody said whether it is over
		}
		r.ticked(f)
	}
	r.follow(o, f)
	return r
}

// newReview is what `start` makes of nothing, or [Start] on an offer.
func newReview(o *out, e Event, f Facts) *Review {
	r := &Review{Stage: StageAsked, Facilitator: e.Who, Started: e.At, Led: e.At, Home: e.Where.Root()}
	switch e.Kind {
	case Commanded, Said:
		typed, ok := ParseCommand(e.Text)
		if !ok || typed.Name != "start" {
			return nil
		}
		r.readStart(typed.Rest)
		if title := e.Field("title"); title != "" {
			r.call(title)
		}
		if e.Where.Thread != "" {
			r.Thread = e.Where
		}
		o.reply("start")
		return r
	case Clicked:
		n, ok := f.Subject(offerOf(o.subject))
		if (e.Verb != "start" && e.Verb != "start tiny") || !ok {
			return nil
		}
		r.Tiny = e.Verb == "start tiny"
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

// readStart reads what follows `start`: its size, severity and further channels, in any order, then the title.
func (r *Review) readStart(rest string) {
	for {
		word, more := cutWord(rest)
		if strings.EqualFold(word, "tiny") {
			r.Tiny, rest = true, more
			continue
		}
		if n, ok := severityWord(word); ok {
			r.Severity, rest = n, more
			continue
		}
		if channel, ok := sourceNamed(word); ok {
			r.addSource(channel)
			rest = more
			continue
		}
		break
	}
	r.call(rest)
}

// call gives it a title, of the first line.
func (r *Review) call(title string) {
	r.Title = shorten(channelRef.ReplaceAllString(firstWords(title), "#$1"), 120)
}

// open begins the review over the pins between two message times.
func (r *Review) open(o *out, from, until time.Time, f Facts) {
	r.Stage = StageOpen
	r.Number = f.Number
	r.Sources = []Source{{Channel: r.Home.Channel, From: from.Add(-silenceParts), Until: until.Add(silenceParts)}}
	r.withSources(o, f)
	if r.Title == "" {
		r.Title = "Incident of " + from.In(f.Zone).Format("2 January 2006")
	}
	r.showCard(o)
}

// showCard posts the card, or edits it.
func (r *Review) showCard(o *out) {
	place := r.Home
	if r.Card.ID == "" && r.Thread.Thread != "" {
		place = r.Thread
	}
	o.add(Effect{Kind: Post, To: "card", Slot: "card", Place: place, View: "card"})
}

// pressed is a button or a form. Those on one's own page may be from before: whoever cannot see the review any more is
// told what strangers are told.
func (r *Review) pressed(o *out, e Event, f Facts) {
	switch {
	case r.begun() && f.hides(r.Home, e):
		o.say(f.hidden(r.name(), r.Home, e))
	case e.Kind == Clicked:
		r.clicked(o, e, f)
	default:
		r.submitted(o, e, f)
	}
}

func (r *Review) clicked(o *out, e Event, f Facts) {
	n, _ := strconv.Atoi(e.Value)
	switch e.Verb {
	case "over", "burning", "start", "start tiny":
	default:
		if !r.begun() {
			o.reply("where")
			return
		}
	}
	switch e.Verb {
	case "over":
		if r.Stage != StageAsked && r.Stage != StageBurning {
			o.reply("started")
			return
		}
		from, until := window(e.Value, e.At)
		r.open(o, from, until, f)
	case "burning":
		r.burn(o, e, f)
	case "start", "start tiny":
		o.reply("started")
	case "next":
		r.next(o, n, e)
	case "ask":
		r.askHere(o, n, e)
	case "choose":
		r.choose(o, e)
	case "deeper":
		r.deeper(o, e)
	case "moments":
		r.confirmMoments(o, e, f)
	case "ideas":
		r.takeIdeas(o, e, f)
	case "live":
		r.setAsync(o, e.Value == "off")
	case "resume":
		r.resume(o)
	case "take over":
		r.takeOver(o, e, f)
	case "reopen":
		r.reopen(o, e, f)
	case "keep":
		r.keepAsItIs(n)
	case "approve":
		r.approve(o, e, f)
	case "publish":
		r.publish(o, e, f, e.Value)
	case "ask to publish":
		r.askToPublish(o, e, f)
	}
}

// burn answers start with: it is still burning.
func (r *Review) burn(o *out, e Event, f Facts) {
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
	r.withSources(o, f)
	o.reply("burning")
}

// command is one of those that concern a review: typed after the slash, or after a mention in its thread.
func (r *Review) command(o *out, e Event, f Facts, text string) {
	typed, ok := ParseCommand(text)
	if !ok {
		return
	}
	_, args := reviewArgs(typed)
	if f.hides(r.Home, e) {
		o.say(f.hidden(r.name(), r.Home, e))
		return
	}
	if typed.Name == "start" {
		switch r.Stage {
		case StageAsked:
			o.reply("start") // the first asking may never have been seen
		case StageBurning:
			o.reply("burning")
		default:
			o.reply("started")
		}
		return
	}
	if !r.begun() {
		o.reply("where")
		return
	}
	word, rest := cutWord(args)
	n, _ := strconv.Atoi(strings.TrimSuffix(word, ":"))
	switch typed.Name {
	case "next":
		r.next(o, r.asking(), e)
	case "ask":
		r.askCommand(o, n, rest, e, f)
	case "answer":
		r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: rest, Masked: e.Masked, Question: n})
	case "why":
		r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: args, Masked: e.Masked, Question: r.giving(PartCauses)})
	case "risk":
		r.acceptRisk(o, e, args)
	case "skip":
		if n == 0 {
			n, rest = r.asking(), args
		}
		r.skip(o, n, rest, e)
	case "live":
		r.setAsync(o, strings.EqualFold(word, "off"))
	case "park":
		r.park(o, e, f, args)
	case "resume":
		r.resume(o)
	case "cancel":
		r.cancel(o, e, f, args)
	case "reopen":
		r.reopen(o, e, f)
	case "hand over":
		r.handOver(o, e, f, args)
	case "take over":
		r.takeOver(o, e, f)
	case "severity":
		r.setSeverity(o, args)
	case "title":
		r.reword(o, &r.Title, "title", shorten(firstWords(args), 120))
	case "summary":
		r.reword(o, &r.Summary, "summary", args)
	case "trigger":
		r.reword(o, &r.Trigger, "trigger", args)
	case "approve":
		r.approve(o, e, f)
	case "publish":
		r.publish(o, e, f, strings.ToLower(args))
	}
}

// firstWords is a text's first line.
func firstWords(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return first
}

// reviewArgs takes `PM-4` off the front of a command's arguments.
func reviewArgs(t Typed) (n int, args string) {
	word, rest := cutWord(t.Rest)
	if series, n, ok := parseNumber(word); ok && series == "PM" {
		return n, rest
	}
	return 0, t.Rest
}

// submitted is a form of the review. What could be wrong in it was looked at by checkForm before.
func (r *Review) submitted(o *out, e Event, f Facts) {
	n, _ := strconv.Atoi(e.Value)
	switch e.Verb {
	case "answer":
		r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: e.Field("text"), Masked: e.Masked, Question: n})
	case "action":
		r.answer(o, Heard{ID: e.Key, Who: e.Who, At: e.At, Text: actionLine(e), Masked: e.Masked, Question: r.giving(PartActions)})
	case "fill":
		r.fill(o, e, f)
	case "sort":
		r.sort(e)
	case "rewrite":
		r.rewrite(n, e)
	case "skip":
		r.skip(o, n, e.Field("why"), e)
	case "moments":
		r.submitMoments(o, e, f)
	case "words":
		r.retitle(e.Field("title"))
		r.Summary, r.Trigger = strings.TrimSpace(e.Field("summary")), strings.TrimSpace(e.Field("trigger"))
	case "severity":
		r.setSeverity(o, e.Field("severity"))
	case "hand out":
		due, _ := when.Due(e.Field("due"), e.At.In(f.Person(e.Who).Location(f.Zone)))
		question, _ := strconv.Atoi(e.Field("question"))
		r.handOut(o, question, ownerOf(e.Field("owner")), due, f)
	case "hand over":
		r.handOver(o, e, f, e.Field("owner"))
	case "park":
		r.park(o, e, f, e.Field("until"))
	case "cancel":
		r.cancel(o, e, f, e.Field("reason"))
	}
}

func (r *Review) retitle(s string) {
	if s = shorten(firstWords(s), 120); s != "" {
		r.Title = s
	}
}

// readBack asks for what was written in the thread.
func (r *Review) readBack(o *out, from time.Time) {
	if r.Reading == nil {
		r.Reading = &Reading{Slot: "readback", Place: r.Thread}
	}
	r.Reading.since(o, from)
}

// read notes how far it was read.
func (r *Review) read(o *out, e Event) {
	if r.Reading != nil && r.Reading.heard(o, e) {
		r.Reading = nil
	}
}

// sent notes where our posts ended up. The thread is known from then on, and what was written there meanwhile is read.
func (r *Review) sent(o *out, e Event) {
	switch slot, arg, _ := strings.Cut(e.Slot, " "); slot {
	case "card":
		if r.Card.ID != "" { // somebody deleted it, and it was posted anew; the thread stays what it was
			r.Card = e.Result.Message
			return
		}
		r.Card = e.Result.Message
		if r.Thread.Thread == "" {
			r.Thread = e.Result.Thread
		}
		r.readBack(o, e.Result.At)
		if q, ok := r.following(); ok && len(r.Asked) == 0 {
			r.ask(o, q.N)
		}
	case "question":
		n, _ := strconv.Atoi(arg)
		for i, a := range r.Asked {
			if a.Question == n && a.Message.ID == "" {
				r.Asked[i].Message = e.Result.Message
				r.setFocus(Focus{Question: n, From: e.Result.At})
			}
		}
	}
}

// refused tells the facilitator that something cannot be shown; what people can see for themselves, or were told when the
// channel was shut, is left unsaid.
func (r *Review) refused(o *out, e Event) {
	switch what, _, _ := strings.Cut(e.Slot, " "); what {
	case "card", "question":
		if r.Shut.Why != "" {
			return
		}
	case "draft", "report", "published":
	default:
		return
	}
	o.add(Effect{
		Kind: Private, To: "person " + r.Facilitator, Slot: "refused", Person: r.Facilitator, View: "refused",
		Args: []string{e.Slot, e.Reason},
	})
}

// ticked ends a pause whose time has come, and sets the next of the daily looks at the timeline.
func (r *Review) ticked(f Facts) {
	if r.Parked != nil && !r.Parked.Until.IsZero() && !r.Parked.Until.After(f.Now) {
		r.goOn(r.Parked.Until)
	}
	if !r.CheckAt.IsZero() && !r.CheckAt.After(f.Now) {
		r.checked(f)
	}
}

// follow brings everything that hangs on the answers into line with them: our reactions, causes, the lines of action
// items, the card and the questions. Each of these compares with what it did last.
func (r *Review) follow(o *out, f Facts) {
	if !r.begun() {
		return
	}
	answers := r.answers()
	r.followTalk(o, answers)
	r.followCauses(answers)
	r.followLines(o, answers, f)
	r.followMarks(o, answers, f)
	if len(r.Published) > 0 {
		before := r.Changes
		r.countChanges(answers, f)
		if o.event.Kind == Ticked && r.Changes == before && r.Parked == nil {
			return
		}
	}
	for _, a := range r.Asked {
		if a.Message.ID != "" {
			r.showQuestion(o, a.Question)
		}
	}
	r.showDraft(o)
	if r.Card.ID != "" {
		r.showCard(o)
	}
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

package conversations

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/when"
)

// TimelineEvent is a message that somebody pinned, or a line that somebody put on the timeline by hand.
//
// Reactions are state to be read, not a log: each one raises Seen and asks for the message; only what comes back sets
// text and pins. Where the message cannot be read, what the reactions themselves said counts.
type TimelineEvent struct {
	Number  int        `json:"number,omitempty"` // E-17, from when its text was first kept
	Message MessageRef `json:"message,omitzero"` // zero: by hand
	Where   Place      `json:"where"`
	Time    time.Time  `json:"time"`           // the message's own time, or the one that was typed
	Hand    string     `json:"hand,omitempty"` // who put it there by hand; empty: pinned

	Who       string     `json:"who,omitempty"`    // who wrote it
	Author    string     `json:"author,omitempty"` // for other programs: the name shown
	Text      string     `json:"text,omitempty"`
	Files     []string   `json:"files,omitempty"`
	Masked    bool       `json:"masked,omitempty"`
	Revisions []Revision `json:"revisions,omitempty"` // earlier texts, oldest first
	Version   int        `json:"version,omitempty"`   // raised by everything that changes how it shows
	Listed    listing    `json:"listed,omitempty"`    // as what it was when the reviews were last told of it
	ChangedAt time.Time  `json:"changedAt,omitzero"`  // when it last changed a timeline, by the bot's clock

	Pins       []Pin     `json:"pins,omitempty"`
	Marked     []Marked  `json:"marked,omitempty"` // the marks that stood on it when it was last read
	Seen       int       `json:"seen,omitempty"`
	Known      int       `json:"known,omitempty"`      // the Seen of the last answer; 0: none yet
	Unreadable bool      `json:"unreadable,omitempty"` // the last answer was that it cannot be read
	Deleted    time.Time `json:"deleted,omitzero"`

	CorrectText string    `json:"correctText,omitempty"` // from `timeline edit`
	CorrectTime time.Time `json:"correctTime,omitzero"`  // from `timeline at`
	Hidden      string    `json:"hidden,omitempty"`      // who left it out of every report

	Clip    string    `json:"clip,omitempty"` // the emoji of ours that is on it
	Armed   time.Time `json:"armed,omitzero"` // the newest pin when the next two were set
	OfferAt time.Time `json:"offerAt,omitzero"`
	EndAt   time.Time `json:"endAt,omitzero"` // when it goes, if no review uses it
}

// Pin is what one person's reaction last said.
type Pin struct {
	Who   string    `json:"who"`
	Emoji string    `json:"emoji"`
	Idea  bool      `json:"idea,omitempty"` // the emoji meant "an idea" when it was put on
	On    bool      `json:"on,omitempty"`
	At    time.Time `json:"at"` // the reaction's own time, else when it was noticed
}

// Marked is an emoji on the message that proposes it for one of the moments, and who put them there.
type Marked struct {
	Moment postmortem.MomentName `json:"moment"`
	Emoji  string                `json:"emoji"`
	Who    []string              `json:"who"`
}

// Revision is an earlier text.
type Revision struct {
	Until time.Time `json:"until"`
	Text  string    `json:"text"`
}

const (
	quietBeforeOffer = 12 * time.Hour
	unusedLife       = 30 * 24 * time.Hour
	silenceParts     = 6 * time.Hour // a silence this long parts two incidents
	historyCap       = 200
	textRunes        = 40000 // the longest message Slack takes; of earlier texts answerRunes are kept
)

// Kind implements State.
func (*TimelineEvent) Kind() Kind { return KindEvent }

func (t *TimelineEvent) index(string) (addresses []string, at, due time.Time) {
	w := t.Where.Workspace
	addresses = []string{eventsIn(t.Where), EventsOf(w)}
	if t.Message.ID != "" {
		addresses = append(addresses, t.Message.Key())
	}
	if t.Number > 0 {
		addresses = append(addresses, numberAddress(w, "E", t.Number))
	}
	due = t.OfferAt
	if due.IsZero() || (!t.EndAt.IsZero() && t.EndAt.Before(due)) {
		due = t.EndAt
	}
	return addresses, t.Shown().Time, due
}

// Shown is the event as reports and lists print it.
type Shown struct {
	Time   time.Time
	Text   string
	Who    string
	Author string
	Files  []string
	Marks  []postmortem.MomentName // the moments it is proposed for
}

// Shown applies what people corrected by hand.
func (t *TimelineEvent) Shown() Shown {
	s := Shown{Time: t.Time, Text: t.Text, Who: t.Who, Author: t.Author, Files: t.Files, Marks: t.marks()}
	if t.CorrectText != "" {
		s.Text = t.CorrectText
	}
	if !t.CorrectTime.IsZero() {
		s.Time = t.CorrectTime
	}
	if t.Unreadable && s.Text == "" {
		s.Text = "(a message I cannot read)"
	}
	return s
}

// Pinned reports whether the event is to be kept.
func (t *TimelineEvent) Pinned() bool {
	if !t.Deleted.IsZero() {
		return false
	}
	return t.Hand != "" || slices.ContainsFunc(t.Pins, func(p Pin) bool { return p.On })
}

// marks are the moments that it is proposed for. They count on pinned messages only, and only propose.
func (t *TimelineEvent) marks() []postmortem.MomentName {
	if !t.Pinned() {
		return nil
	}
	var all []postmortem.MomentName
	for _, m := range t.Marked {
		if !slices.Contains(all, m.Moment) {
			all = append(all, m.Moment)
		}
	}
	return all
}

// listing is as what reviews show an event.
type listing string

const (
	notListed   listing = ""
	listedEvent listing = "event"
	listedIdea  listing = "idea"
)

func (t *TimelineEvent) listing() listing {
	switch {
	case t.OnTimeline():
		return listedEvent
	case t.ideaOnly() && t.Hidden == "" && t.Known > 0:
		return listedIdea
	}
	return notListed
}

// OnTimeline reports whether reports and lists show it.
func (t *TimelineEvent) OnTimeline() bool {
	return t.counts() && (t.Hand != "" || t.Known > 0)
}

// counts reports whether it will be on the timeline as far as is known yet: its text may still be on its way.
func (t *TimelineEvent) counts() bool {
	return t.Pinned() && t.Hidden == "" && !t.ideaOnly()
}

// ideaOnly reports whether it is kept as an idea for a change and not as an event.
func (t *TimelineEvent) ideaOnly() bool {
	event := slices.ContainsFunc(t.Pins, func(p Pin) bool { return p.On && !p.Idea })
	return t.Hand == "" && t.Pinned() && !event
}

func timelineEventNeeds(id string, t *TimelineEvent, e Event, f Facts) Needs {
	w := WorkspaceOf(id)
	n := Needs{}
	switch e.Kind {
	case Fetched:
		if t != nil {
			n.Series = t.series(e, f)
			if n.Series != "" {
				n.Load = append(n.Load, firstPinID(t.Where))
			}
			n.Queries = append(n.Queries, Query{Address: fedBy(t.Where)})
		}
	case Reacted:
		n.Powers = f.Settings.crewNeeds(e.Who)
	case Commanded, Submitted, Said:
		n.People = append(n.People, e.Who)
		if t == nil && e.Snapshot == nil {
			n.Series = "E"
		}
		if t != nil {
			n.Queries = append(n.Queries, Query{Address: fedBy(t.Where)})
			n.Sees = sight(t.Where, e)
		} else {
			n.Queries = append(n.Queries, Query{Address: fedBy(e.Where)})
		}
	case Deleted:
		if t != nil {
			n.Queries = append(n.Queries, Query{Address: fedBy(t.Where)})
		}
	case Ticked:
		if t != nil {
			n.Queries = append(n.Queries,
				Query{Address: EventsOf(w), From: t.Time.Add(-3 * 24 * time.Hour), Until: t.Time.Add(3 * 24 * time.Hour), Limit: 1000},
				Query{Address: reviewsOf(w), From: t.Time.Add(-silenceParts)})
		}
	}
	return n
}

// series asks for a number when the answer will keep a text for the first time.
func (t *TimelineEvent) series(e Event, f Facts) string {
	if t.Number > 0 || !t.Deleted.IsZero() || e.Seen < t.Seen {
		return ""
	}
	if e.Snapshot == nil {
		if t.Pinned() {
			return "E"
		}
		return ""
	}
	if pinnedIn(*f.ofCrew(e.Snapshot, t), f.Settings) {
		return "E"
	}
	return ""
}

func stepTimelineEvent(o *out, t *TimelineEvent, e Event, f Facts) *TimelineEvent {
	if t == nil {
		return newTimelineEvent(o, e, f)
	}
	switch e.Kind {
	case Reacted:
		t.react(o, e, f)
	case Edited, Looked:
		t.look(o)
	case Said:
		if e.Snapshot != nil { // read back
			t.look(o)
			break
		}
		t.command(o, e, f)
	case Deleted:
		t.delete(o, e, f)
	case Fetched:
		t.fetched(o, e, f)
	case Told:
		if e.Verb == "look" {
			t.look(o)
		}
	case Commanded:
		t.command(o, e, f)
	case Submitted:
		o.say("It is on the timeline already: " + number("E", t.Number) + ".")
	case Ticked:
		return t.tick(o, f)
	}
	return t
}

// newTimelineEvent is what a pin, a line by hand, or a message found by reading back makes of nothing.
func newTimelineEvent(o *out, e Event, f Facts) *TimelineEvent {
	switch e.Kind {
	case Reacted:
		if !e.On || !f.Settings.isPin(e.Emoji) || !f.inCrew(e.Who) {
			return nil
		}
		t := &TimelineEvent{Message: e.Message, Where: e.Where, Time: e.At, Version: 1}
		if !e.MessageAt.IsZero() {
			t.Time = e.MessageAt
		}
		t.react(o, e, f)
		return t
	case Said:
		if e.Snapshot == nil {
			return byHand(o, e, f)
		}
		// Read back, with a pin on it.
		if !pinnedIn(*e.Snapshot, f.Settings) {
			return nil
		}
		t := &TimelineEvent{Message: e.Message, Where: e.Where, Time: e.Snapshot.At, Version: 1}
		t.setPins(*e.Snapshot, f)
		t.arm()
		t.look(o)
		return t
	case Commanded, Submitted:
		return byHand(o, e, f)
	}
	return nil
}

func (t *TimelineEvent) look(o *out) {
	if t.Message.ID == "" || !t.Deleted.IsZero() {
		return
	}
	t.Seen++
	o.fetch(t.Message, t.Seen)
}

// react notes what the reaction says and asks for the truth.
func (t *TimelineEvent) react(o *out, e Event, f Facts) {
	switch {
	case !t.Deleted.IsZero() || (e.On && !f.inCrew(e.Who)):
		return
	case !f.Settings.isPin(e.Emoji):
		if f.Settings.marks(e.Emoji) != "" {
			t.look(o)
		}
		return
	}
	at := e.At
	if at.IsZero() {
		at = f.Now
	}
	t.notePin(Pin{Who: e.Who, Emoji: e.Emoji, Idea: slices.Contains(f.Settings.ideas(), e.Emoji), On: e.On, At: at})
	t.arm()
	t.look(o)
}

// notePin keeps the newest word of each person and emoji; of two at the same moment, the one that takes it off.
func (t *TimelineEvent) notePin(p Pin) {
	for i, have := range t.Pins {
		if have.Who != p.Who || have.Emoji != p.Emoji {
			continue
		}
		if p.At.After(have.At) || (p.At.Equal(have.At) && !p.On) {
			t.Pins[i] = p
		}
		return
	}
	if len(t.Pins) < historyCap {
		t.Pins = append(t.Pins, p)
	}
}

// setPins makes the pins equal to what the message shows. The times that reactions told are kept.
func (t *TimelineEvent) setPins(snap Snapshot, f Facts) {
	var shown []Pin
	for _, r := range snap.Reactions {
		if !f.Settings.isPin(r.Emoji) {
			continue
		}
		for _, who := range r.Who {
			shown = append(shown, Pin{Who: who, Emoji: r.Emoji, Idea: slices.Contains(f.Settings.ideas(), r.Emoji), On: true})
		}
	}
	for i, have := range t.Pins {
		j := slices.IndexFunc(shown, func(p Pin) bool { return p.Who == have.Who && p.Emoji == have.Emoji })
		t.Pins[i].On = j >= 0
		if j >= 0 {
			shown = slices.Delete(shown, j, j+1)
		}
	}
	for _, p := range shown {
		p.At = f.Now
		if len(t.Pins) < historyCap {
			t.Pins = append(t.Pins, p)
		}
	}
}

// setMarks makes the marks equal to what the message shows, in the order of the moments. true: something is different.
func (t *TimelineEvent) setMarks(snap Snapshot, f Facts) bool {
	var marked []Marked
	for _, name := range postmortem.MomentNames {
		for _, r := range snap.Reactions {
			if f.Settings.marks(r.Emoji) == name && len(r.Who) > 0 {
				marked = append(marked, Marked{name, r.Emoji, r.Who})
			}
		}
	}
	same := slices.EqualFunc(marked, t.Marked, func(a, b Marked) bool { return a.Emoji == b.Emoji && slices.Equal(a.Who, b.Who) })
	t.Marked = marked
	return !same
}

// arm sets when the event is looked at again: for the offer, and to go when nothing used it. Once for each newest pin:
// reading the message again brings back nothing that was decided.
func (t *TimelineEvent) arm() {
	newest := t.newestPin()
	if newest.IsZero() || newest.Equal(t.Armed) {
		return
	}
	t.Armed = newest
	t.OfferAt = newest.Add(quietBeforeOffer)
	t.EndAt = newest.Add(unusedLife)
}

func (t *TimelineEvent) newestPin() time.Time {
	var newest time.Time
	for _, p := range t.Pins {
		if p.At.After(newest) {
			newest = p.At
		}
	}
	return newest
}

// delete leaves a tombstone without text. It is final.
func (t *TimelineEvent) delete(o *out, e Event, f Facts) {
	if !t.Deleted.IsZero() || t.Message.ID == "" {
		return
	}
	t.Deleted = e.At
	t.forget()
	t.changed(o, f)
}

// forget drops everything people said.
func (t *TimelineEvent) forget() {
	t.Text, t.Author, t.Files, t.Revisions, t.CorrectText = "", "", nil, nil, ""
	t.Masked, t.Marked = false, nil
}

// fetched takes over what the message shows. An answer to an older question is dropped: the newer one is on its way.
func (t *TimelineEvent) fetched(o *out, e Event, f Facts) {
	if !t.Deleted.IsZero() || e.Seen < t.Seen {
		return
	}
	before, remarked := *t, false
	seemed := t.listing() // by what reactions said, as a card may have shown it meanwhile
	t.Known = e.Seen
	t.Unreadable = e.Snapshot == nil
	if e.Snapshot != nil {
		t.setPins(*e.Snapshot, f)
		remarked = t.setMarks(*e.Snapshot, f)
		t.Time, t.Where = e.Snapshot.At, e.Snapshot.Where
	}
	t.arm()
	switch {
	case !t.Pinned():
		t.forget()
	case e.Snapshot != nil:
		t.setText(*e.Snapshot)
	}
	if t.Pinned() && t.Number == 0 {
		t.Number = f.Number
		t.firstPin(o, f)
	}
	t.showClip(o)
	if now := t.listing(); t.Text != before.Text || now != before.Listed || now != seemed || t.Unreadable != before.Unreadable || before.Known == 0 {
		t.changed(o, f)
	} else if remarked && t.Pinned() {
		t.tellReviews(o, f) // its words are the same, so no report is out of date
	}
}

func (t *TimelineEvent) setText(snap Snapshot) {
	text := cutRunes(snap.Text, textRunes)
	if t.Text != "" && t.Text != text {
		until := snap.EditedAt
		if until.IsZero() {
			until = snap.At
		}
		t.Revisions = append(t.Revisions, Revision{Until: until, Text: cutRunes(t.Text, answerRunes)})
		if len(t.Revisions) > historyCap {
			t.Revisions = t.Revisions[len(t.Revisions)-historyCap:]
		}
	}
	t.Text, t.Who, t.Author, t.Files, t.Masked = text, snap.Who, snap.Author, snap.Files, snap.Masked
}

// showClip keeps the bot's own reaction in step: 📎 kept, ⚠ kept with something masked, none not kept.
func (t *TimelineEvent) showClip(o *out) {
	want := ""
	switch {
	case !t.Pinned() || t.Hand != "":
	case t.Masked:
		want = clipAlert
	default:
		want = clip
	}
	if want == t.Clip {
		return
	}
	if t.Clip != "" {
		o.react(t.Message, t.Clip, false)
	}
	if want != "" {
		o.react(t.Message, want, true)
	}
	t.Clip = want
}

// firstPin has the person told, once for each channel, what is kept. That it is once hangs on the nudge's id; looking
// whether it exists only spares a busy channel the telling.
func (t *TimelineEvent) firstPin(o *out, f Facts) {
	who := t.firstPinner()
	if told, ok := f.Subject(firstPinID(t.Where)); who == "" || (ok && told.State != nil) {
		return
	}
	o.tell(firstPinID(t.Where), "pinned", "", Field{"who", who}, Field{"channel", t.Where.Channel})
}

func (t *TimelineEvent) firstPinner() string {
	var first Pin
	for _, p := range t.Pins {
		if p.On && (first.Who == "" || p.At.Before(first.At)) {
			first = p
		}
	}
	return first.Who
}

// changed raises the version and lets the reviews know that may show the event.
func (t *TimelineEvent) changed(o *out, f Facts) {
	t.Version++
	was := t.Listed
	t.Listed = t.listing()
	if was == listedEvent || t.Listed == listedEvent {
		t.ChangedAt = f.Now
	}
	t.tellReviews(o, f)
}

func (t *TimelineEvent) tellReviews(o *out, f Facts) {
	for _, s := range f.Subjects {
		if r, ok := s.State.(*Review); ok && r.covers(t.Where, t.Shown().Time) {
			o.tell(s.ID, "timeline", "")
		}
	}
}

// command is `timeline edit`, `at`, `hide` and `show`.
func (t *TimelineEvent) command(o *out, e Event, f Facts) {
	typed, _ := ParseCommand(e.Text)
	_, rest := cutWord(typed.Rest)
	name := number("E", t.Number)
	if f.hides(t.Where, e) {
		o.say(f.hidden(name, t.Where, e))
		return
	}
	switch typed.Name {
	case "timeline edit":
		t.CorrectText = strings.TrimSpace(rest)
		o.reply("event", "changed")
	case "timeline at":
		at, err := when.Past(rest, e.At.In(f.Person(e.Who).Location(f.Zone)))
		if err != nil {
			o.say(sentence(err))
			return
		}
		t.CorrectTime = at.UTC()
		o.reply("event", "changed")
	case "timeline hide":
		t.Hidden = e.Who
		o.audit(typed.Name, name)
		o.say(name + " is left out. `timeline show " + name + "` takes it in again.")
	case "timeline show":
		t.Hidden = ""
		o.audit(typed.Name, name)
		o.reply("event", "shown")
	default:
		return
	}
	t.changed(o, f)
}

// byHand makes the event of one line of `event`, or of the form "Add to timeline".
func byHand(o *out, e Event, f Facts) *TimelineEvent {
	if !f.inCrew(e.Who) {
		return nil // Check has said so
	}
	lines, _ := handLines(e, f)
	n := lineOf(o.subject)
	if e.Kind == Submitted {
		n = 1 // the form is about one event, which may be a message
	}
	if n < 1 || n > len(lines) {
		return nil
	}
	line := lines[n-1]
	t := &TimelineEvent{
		Number: f.Number, Where: e.Where, Time: line.at, Hand: e.Who, Who: e.Who, Text: line.text, Version: 1,
		Masked: e.Masked,
	}
	if e.Kind == Submitted {
		t.Message = e.Message // the one that was put on the timeline; of a command it is the command
	}
	if t.Message.ID != "" {
		t.CorrectText = line.text // what was typed stays, whatever the message says
	}
	if n == 1 {
		o.reply("event", "kept", strconv.Itoa(len(lines)))
	}
	t.changed(o, f)
	return t
}

type handLine struct {
	text string
	at   time.Time
}

// handLines reads what was typed after `event`: one event a line, each with its own time or the moment of typing.
func handLines(e Event, f Facts) ([]handLine, error) {
	now := e.At.In(f.Person(e.Who).Location(f.Zone))
	if e.Kind == Submitted {
		at := e.At
		if !e.MessageAt.IsZero() {
			at = e.MessageAt
		}
		if typed := strings.TrimSpace(e.Field("when")); typed != "" {
			t, err := when.Past(typed, now)
			if err != nil {
				return nil, err
			}
			at = t.UTC()
		}
		return []handLine{{strings.TrimSpace(e.Field("text")), at}}, nil
	}
	typed, _ := ParseCommand(e.Text)
	var lines []handLine
	for _, text := range strings.Split(typed.Rest, "\n") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		at, words, found, err := when.At(text, now)
		if err != nil {
			return nil, err
		}
		if !found {
			at, words, found = when.Leading(text, now)
		}
		if !found {
			at, words = e.At, text
		}
		if at.After(e.At) {
			at = e.At
		}
		lines = append(lines, handLine{strings.TrimSpace(words), at.UTC()})
	}
	return lines, nil
}

// handID is the subject of the n-th line of a command or form.
func handID(e Event, n int) string {
	tail := strings.TrimPrefix(e.Key, e.Where.Workspace+"/")
	return subjectID(e.Where.Workspace, KindEvent, tail+"/line/"+strconv.Itoa(n))
}

func lineOf(id string) int {
	_, n, ok := strings.Cut(rest(id), "/line/")
	if !ok {
		return 0
	}
	line, _ := strconv.Atoi(n)
	return line
}

// tick makes the offer when its cluster has been quiet, and lets an unused pin go.
func (t *TimelineEvent) tick(o *out, f Facts) *TimelineEvent {
	used := slices.ContainsFunc(f.Subjects, func(s Subject) bool {
		r, ok := s.State.(*Review)
		return ok && r.covers(t.Where, t.Shown().Time)
	})
	if !t.OfferAt.IsZero() && !t.OfferAt.After(f.Now) {
		t.OfferAt = time.Time{}
		if !used {
			t.offer(o, f)
		}
	}
	if t.EndAt.IsZero() || t.EndAt.After(f.Now) {
		return t
	}
	if used {
		t.EndAt = time.Time{}
		return t
	}
	if t.Clip != "" || t.Text != "" { // first the text and the 📎, a day later the rest
		t.forget()
		t.Pins = nil
		t.showClip(o)
		t.EndAt = f.Now.Add(24 * time.Hour)
		return t
	}
	return nil
}

// offer tells the nudge of this cluster, if this is the event of it that was pinned last.
func (t *TimelineEvent) offer(o *out, f Facts) {
	var mine []Subject
	for _, c := range clusters(f.Subjects) {
		if slices.ContainsFunc(c, func(s Subject) bool { return s.ID == o.subject }) {
			mine = c
		}
	}
	pinned := 0
	for _, s := range mine {
		other := s.State.(*TimelineEvent)
		if other.Pinned() {
			pinned++
		}
		if s.ID != o.subject && other.newestPin().Add(quietBeforeOffer).After(f.Now) {
			return // somebody pinned later: that event's tick decides
		}
	}
	if pinned < 3 {
		return
	}
	first := slices.MinFunc(mine, func(a, b Subject) int {
		return cmp.Or(a.State.(*TimelineEvent).oldestPin().Compare(b.State.(*TimelineEvent).oldestPin()), strings.Compare(a.ID, b.ID))
	})
	o.tell(offerID(first.ID), "offer", first.ID, Field{"who", pinnedMost(mine)},
		Field{"from", mine[0].At.Format(time.RFC3339Nano)}, Field{"until", mine[len(mine)-1].At.Format(time.RFC3339Nano)},
		Field{"channel", first.State.(*TimelineEvent).Where.Channel})
}

func (t *TimelineEvent) oldestPin() time.Time {
	var oldest time.Time
	for _, p := range t.Pins {
		if oldest.IsZero() || p.At.Before(oldest) {
			oldest = p.At
		}
	}
	if oldest.IsZero() {
		return t.Time
	}
	return oldest
}

// clusters parts timeline events wherever there is a long silence. Hand-written lines count as their time says. The
// events come sorted by time, other subjects are passed over.
func clusters(subjects []Subject) [][]Subject {
	var all [][]Subject
	var last time.Time
	for _, s := range subjects {
		if _, ok := s.State.(*TimelineEvent); !ok {
			continue
		}
		if len(all) == 0 || s.At.Sub(last) >= silenceParts {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], s)
		last = s.At
	}
	return all
}

// pinnedMost is who put the most pins on these events; of equals the first by id.
func pinnedMost(events []Subject) string {
	count := map[string]int{}
	for _, s := range events {
		for _, p := range s.State.(*TimelineEvent).Pins {
			if p.On {
				count[p.Who]++
			}
		}
	}
	best := ""
	for who, n := range count {
		if best == "" || n > count[best] || (n == count[best] && who < best) {
			best = who
		}
	}
	return best
}

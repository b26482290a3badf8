package transcript

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Run plays a transcript and returns it with the lines of the bot and the reports as they really came out, everything
// else byte for byte as it was. The error is an *Error when somebody does what nobody can do here, and a *BudgetError
// when the bot said too much; with the latter the transcript is complete.
func Run(ctx context.Context, t *Transcript, stage Stage) (*Transcript, error) {
	return newRun(t, stage).all(ctx)
}

// RunLoosely is Run for a world in which numbers (PM-4, E-17, A-3) may be given in another order than t says: where
// people use a number, they mean what it names in t. See Compare.
func RunLoosely(ctx context.Context, t *Transcript, stage Stage) (*Transcript, error) {
	r := newRun(t, stage)
	r.same = newNumbers()
	return r.all(ctx)
}

// Retell is Run for what was written down while somebody tried things out: what cannot be done again, such as pressing a
// button that is gone by then, is left out, with a comment in its place.
func Retell(ctx context.Context, t *Transcript, stage Stage) (*Transcript, error) {
	r := newRun(t, stage)
	r.lenient = true
	return r.all(ctx)
}

// patience is how long a pause may be within a block.
const patience = 5 * time.Minute

// run is a transcript being played.
type run struct {
	t     *Transcript
	stage Stage
	out   []node
	held  []node // blank lines and comments that come before what follows
	show  func(node, time.Time)

	now     time.Time
	channel string
	thread  string
	here    string // the section's name
	open    bool   // something was done that has not settled
	spoken  bool   // the last line spoke to the bot
	at      int    // index of the node being played
	anchor  int    // index of the last one that was: not of the bot, no comment

	ids    map[string]string // of messages by name
	labels map[string]string // what a message is called, by id
	ranks  map[string]int    // the order in which messages became known, by id
	given  map[string]bool   // names that people's messages have, or will have
	gone   map[string]bool   // messages that people deleted, and the bot's reactions with them, by id
	last   Scene             // at the end of the block before
	same   *numbers          // nil: numbers mean themselves

	lenient bool // what cannot be done is left out
}

func newRun(t *Transcript, stage Stage) *run {
	r := &run{
		t: t, stage: stage, now: t.Setting.Start, show: func(node, time.Time) {},
		ids: map[string]string{}, labels: map[string]string{}, ranks: map[string]int{}, given: map[string]bool{},
		gone: map[string]bool{},
	}
	for _, n := range t.nodes {
		if n.act.name != "" {
			r.given[n.act.name] = true
		}
	}
	return r
}

func (r *run) all(ctx context.Context) (*Transcript, error) {
	if err := r.stage.Begin(ctx, r.t.Setting); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	for i, n := range r.t.nodes {
		r.at = i
		if err := r.node(ctx, n); err != nil {
			return nil, err
		}
		if n.kind == act {
			r.anchor = i
		}
	}
	if err := r.end(ctx); err != nil {
		return nil, err
	}
	r.flush()
	done := *r.t
	done.nodes = r.out
	return &done, r.overBudget()
}

func (r *run) fail(n node, format string, args ...any) error {
	return &Error{File: r.t.File, Line: n.line, Msg: fmt.Sprintf(format, args...)}
}

func (r *run) node(ctx context.Context, n node) error {
	switch n.kind {
	case plain:
		r.held = append(r.held, n)
		return nil
	case bot:
		r.flush()
		return r.end(ctx)
	case act:
		return r.act(ctx, n)
	}
	if err := r.end(ctx); err != nil {
		return err
	}
	r.flush()
	r.anchor = r.at
	switch n.kind {
	case place:
		r.keep(n)
		return r.enter(n)
	case passes:
		r.keep(n)
		to, err := later(n.name, r.now, r.t.Setting.Zone)
		if err != nil {
			return r.fail(n, "%v", err)
		}
		if to.Before(r.now) {
			return r.fail(n, "%s has passed: it is %s", n.name, r.now.In(r.t.Setting.Zone).Format("2006-01-02 15:04"))
		}
		return r.pass(ctx, to)
	case report:
		r.keep(r.report(n))
	}
	return nil
}

func (r *run) keep(n node) {
	r.out = append(r.out, n)
	r.show(n, r.now)
}

func (r *run) flush() {
	for _, n := range r.held {
		r.keep(n)
	}
	r.held = nil
}

// end is the end of a block: everything settles, and what the bot did is written down.
func (r *run) end(ctx context.Context) error {
	if !r.open {
		return nil
	}
	r.open = false
	if err := r.stage.Settle(ctx); err != nil {
		return r.fail(r.t.nodes[r.at], "nothing settles before this line: %v", err)
	}
	return r.look(ctx)
}

// look writes down what the bot did since the last look.
func (r *run) look(ctx context.Context) error {
	scene, err := r.stage.Scene(ctx)
	if err != nil {
		return fmt.Errorf("look at the bot: %w", err)
	}
	lines := r.news(scene)
	r.last = scene
	if len(lines) == 0 {
		return nil
	}
	if r.same != nil {
		r.same.learn(r.expected(), lines)
	}
	for _, l := range lines {
		r.keep(node{kind: bot, text: l})
	}
	return nil
}

// expected is what the file says the bot does after what was played last.
func (r *run) expected() []string {
	var lines []string
	for _, n := range r.t.nodes[r.anchor+1:] {
		switch n.kind {
		case bot:
			lines = append(lines, n.text)
		case plain:
		default:
			return lines
		}
	}
	return lines
}

// pass lets time go by.
func (r *run) pass(ctx context.Context, to time.Time) error {
	if err := r.stage.Pass(ctx, to); err != nil {
		return r.fail(r.t.nodes[r.at], "time does not pass: %v", err)
	}
	r.now = to
	if err := r.stage.Settle(ctx); err != nil {
		return r.fail(r.t.nodes[r.at], "nothing settles: %v", err)
	}
	return r.look(ctx)
}

var cardNumber = lazily(`^[A-Z]+-\d+$`)

// enter goes to the place that a section names.
func (r *run) enter(n node) error {
	name := r.same.mine(n.name)
	if strings.HasPrefix(name, "@") {
		r.channel, r.thread, r.here = name, "", name
		return nil
	}
	channel, thread, inThread := strings.Cut(name[1:], "/")
	r.channel, r.thread, r.here = channel, "", name
	if !inThread {
		return nil
	}
	if id, ok := r.ids[thread]; ok {
		r.thread = id
		return nil
	}
	var cards []string
	for _, m := range r.last.Messages {
		if m.Channel != channel || !isCard(m) {
			continue
		}
		if cardNumber().MatchString(thread) && hasWord(m.Text, thread) {
			r.thread = cmp.Or(m.Thread, m.ID) // a review that was started in a thread lives there
			return nil
		}
		first, _, _ := strings.Cut(m.Text, "\n")
		cards = append(cards, first)
	}
	return r.fail(n, "no message is called %s and no card in #%s shows it; the cards there: %q", thread, channel, cards)
}

func isCard(m Message) bool { return m.Slot == "card" }

// hasWord reports whether a text has the word with nothing of a word beside it.
func hasWord(text, word string) bool {
	return regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(word) + `($|[^\w])`).MatchString(text)
}

// act plays one line of somebody's.
func (r *run) act(ctx context.Context, n node) error {
	at, err := r.when(n)
	if err != nil {
		return err
	}
	if err := r.until(ctx, n, at); err != nil {
		return err
	}
	d, err := r.deed(ctx, n)
	if err != nil {
		return r.cannot(ctx, n, err)
	}
	r.flush()
	d.At = r.now
	id, err := r.stage.Do(ctx, d)
	if err != nil {
		return r.cannot(ctx, n, r.fail(n, "%v", err))
	}
	r.open, r.spoken = true, n.act.asks()
	if d.Verb == Delete {
		r.gone[d.Message] = true
	}
	if id != "" {
		r.known(id, d)
	}
	if n.act.name != "" {
		if id == "" {
			return r.fail(n, "the message was not sent, so it cannot be called %s", n.act.name)
		}
		r.ids[n.act.name], r.labels[id] = id, n.act.name
	}
	r.keep(n)
	return nil
}

// cannot is what becomes of a line that cannot be played.
func (r *run) cannot(ctx context.Context, n node, err error) error {
	if !r.lenient || ctx.Err() != nil {
		return err
	}
	r.flush()
	text := strings.ReplaceAll(strings.TrimSpace(n.text), "\n", "\n# ")
	r.keep(node{kind: plain, text: "# Left out, since played again it cannot be done: " + text + "\n"})
	return nil
}

// known gives a message of somebody's a label until it has a name.
func (r *run) known(id string, d Deed) {
	if _, ok := r.ranks[id]; ok {
		return
	}
	r.ranks[id] = len(r.ranks)
	label := d.Who + " " + d.At.In(r.t.Setting.Zone).Format("15:04")
	for n, first := 2, label; r.ids[label] != ""; n++ {
		label = fmt.Sprintf("%s (%d)", first, n)
	}
	r.ids[label], r.labels[id] = id, label
}

// when is the moment of a line.
func (r *run) when(n node) (time.Time, error) {
	zone := r.t.Setting.Zone
	now := r.now.In(zone)
	switch {
	case n.act.with:
		return r.now, nil
	case n.act.clock == "":
		return r.now.Add(time.Minute), nil
	}
	clock, _ := time.Parse("15:04", n.act.clock)
	if n.act.date != "" {
		day, _ := time.Parse("2006-01-02", n.act.date)
		at := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
		if at.Before(r.now) {
			return at, r.fail(n, "%s %s has passed: it is %s", n.act.date, n.act.clock, now.Format("2006-01-02 15:04"))
		}
		return at, nil
	}
	at := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
	if at.Before(r.now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, clock.Hour(), clock.Minute(), 0, 0, zone)
	}
	return at, nil
}

// until brings the time to a line's moment. A longer pause, or something due on the way, ends the block.
func (r *run) until(ctx context.Context, n node, at time.Time) error {
	due, err := r.stage.Due(ctx)
	if err != nil {
		return fmt.Errorf("ask what is due: %w", err)
	}
	isDue := !due.IsZero() && due.After(r.now) && !due.After(at)
	if at.Sub(r.now) <= patience && !isDue {
		r.now = at
		if !n.act.with && (n.act.seesFirst() || r.spoken) {
			return r.end(ctx)
		}
		return nil
	}
	if r.open {
		r.open = false
		if err := r.stage.Settle(ctx); err != nil {
			return r.fail(n, "nothing settles before this line: %v", err)
		}
	}
	return r.pass(ctx, at)
}

// seesFirst reports whether a line is about something that the bot shows, so that it must have been shown.
func (l line) seesFirst() bool { return l.verb == clicks || l.verb == submits }

// asks reports whether a line speaks to the bot, so that people wait for what it says to that.
func (l line) asks() bool {
	mention := l.verb == says && len(l.text) >= len(botName) && strings.EqualFold(l.text[:len(botName)], botName)
	return l.verb == commands || l.seesFirst() || mention
}

const botName = "@debrief"

var verbs = map[verb]Verb{
	says: Say, programSays: Program, edits: Edit, deletes: Delete, reacts: React, unreacts: Unreact, commands: Command,
	clicks: Click, submits: Submit, joins: Join, leaves: Leave, invites: Invite, removes: Remove, archives: Archive, unarchives: Unarchive,
	deactivated: Deactivate, restarts: Restart, storeAway: StoreAway, storeBack: StoreBack,
}

// deed looks up every name of a line.
func (r *run) deed(ctx context.Context, n node) (Deed, error) {
	l := n.act
	d := Deed{
		Line: n.line, Verb: verbs[l.verb], Who: l.who, Channel: r.channel, Thread: r.thread, Text: r.same.mine(l.text),
		Files: l.files, Emoji: l.emoji, Label: r.same.mine(l.label), Nth: l.nth, Choice: r.same.mine(l.choice),
	}
	for _, f := range l.fields {
		d.Fields = append(d.Fields, Field{r.same.mine(f.Name), r.same.mine(f.Value)})
	}
	if r.channel == "" && l.who != "" {
		return d, r.fail(n, "begin a section first, such as -- #ops --")
	}
	var err error
	if l.reply != "" {
		if d.ReplyTo, err = r.find(ctx, n, l.reply); err != nil {
			return d, err
		}
	}
	switch {
	case l.target != "":
		d.Message, err = r.find(ctx, n, l.target)
	case l.verb == clicks:
		d.Message, err = r.clickable(n, d)
	}
	return d, err
}

// find looks a message up by name. One that the bot may be about to post is waited for.
func (r *run) find(ctx context.Context, n node, name string) (string, error) {
	if id, ok := r.ids[name]; ok {
		return id, nil
	}
	if err := r.end(ctx); err != nil {
		return "", err
	}
	if id, ok := r.ids[name]; ok {
		return id, nil
	}
	return "", r.fail(n, "no message is called %s", name)
}

// clickable finds the newest message that has the button: here, else in the private messages.
func (r *run) clickable(n node, d Deed) (string, error) {
	var here, private candidate
	for _, m := range r.last.Messages {
		switch {
		case !hasControl(m.Controls, d):
		case r.isHere(m.Channel, m.Thread, m.ID):
			here.offer(m.ID, m.At)
		case m.Channel == "@"+d.Who:
			private.offer(m.ID, m.At)
		}
	}
	for _, a := range r.last.Answers {
		if a.To == d.Who && a.Message != "" && hasControl(a.Controls, d) && r.isHere(a.Channel, a.Thread, "") {
			here.offer(a.Message, a.At)
		}
	}
	if here.id != "" {
		return here.id, nil
	}
	if private.id != "" {
		return private.id, nil
	}
	return "", r.fail(n, "no message that %s sees in %s has a button [%s]", d.Who, r.here, d.Label)
}

// candidate is the newest message of those that were offered.
type candidate struct {
	id string
	at time.Time
}

func (c *candidate) offer(id string, at time.Time) {
	if c.id == "" || !at.Before(c.at) {
		c.id, c.at = id, at
	}
}

// isHere reports whether a message is to be seen in the section's place; a thread shows its root.
func (r *run) isHere(channel, thread, id string) bool {
	return channel == r.channel && (thread == r.thread || (r.thread != "" && id == r.thread))
}

// hasControl reports whether the button that is to be clicked is among these.
func hasControl(controls []Control, click Deed) bool {
	found := 0
	for _, c := range controls {
		if c.Label == click.Label {
			found++
		}
	}
	return found >= max(click.Nth, 1)
}

// report is a report's section with what the bot has made of it.
func (r *run) report(n node) node {
	head, _, _ := strings.Cut(n.text, "\n")
	n.text = head + "\n"
	text := r.last.report(n.name)
	for _, l := range strings.SplitAfter(text, "\n") {
		if l == "" {
			continue
		}
		if section(l) != "" || strings.HasPrefix(l, `\-- `) {
			l = `\` + l
		}
		n.text += strings.TrimSuffix(l, "\n") + "\n"
	}
	return n
}

// report is the newest report of that name.
func (s Scene) report(name string) string {
	var text string
	var at time.Time
	for _, m := range s.Messages {
		fits := m.File != nil && (m.File.Name == name || (name == "report.md" && strings.HasSuffix(m.File.Name, ".md")))
		if fits && !m.Touched.Before(at) {
			text, at = m.File.Text, m.Touched
		}
	}
	if !at.IsZero() || name != "report.md" {
		return text
	}
	for _, m := range s.Messages {
		if strings.HasPrefix(m.Slot, "report") && !m.Touched.Before(at) {
			text, at = m.Text, m.Touched
		}
	}
	return text
}

package bot_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
)

// check compares what is stored and shown with what people did.
func (c *crowd) check() {
	scene, err := c.s.stage.Scene(c.ctx)
	if err != nil {
		c.s.failf("look: %v", err)
		return
	}
	h, err := c.s.memory.Health(c.ctx)
	if err != nil || h.New+h.Dead+h.Effects > 0 {
		c.s.failf("left over: %+v %v", h, err)
	}
	for id, e := range c.s.effects {
		if e.key == "" {
			continue
		}
		k, err := c.s.memory.Kept(c.ctx, e.key)
		if err != nil || !slices.Equal(k.Body, c.s.rows[e.key]) && e.kind == conversations.Keep {
			c.s.failf("what %s was to keep as %s is not what was kept first, or not there: %v", id, e.key, err)
		}
	}
	c.checkTimeline(scene)
	c.checkReview(scene)
	c.checkItems()
}

func marked(scene transcript.Scene, message, emoji string) bool {
	return slices.Contains(scene.Marks, transcript.Mark{Message: message, Emoji: emoji})
}

func (c *crowd) checkTimeline(scene transcript.Scene) {
	count := 0
	for _, m := range slices.Concat(c.pinned, c.replies) {
		pins := c.pinsOf(m)
		s, err := c.s.memory.Load(c.ctx, conversations.EventID(m.ref))
		if errors.Is(err, storage.ErrNotFound) {
			if len(pins) > 0 {
				c.s.failf("%s is pinned by %v and nothing is stored", m.ref.ID, pins)
			}
			continue
		}
		e := s.State.(*conversations.TimelineEvent)
		var stored []string
		for _, p := range e.Pins {
			if p.On {
				stored = append(stored, p.Who+p.Emoji)
			}
		}
		slices.Sort(stored)
		if !m.gone && !slices.Equal(pins, stored) {
			c.s.failf("%s is pinned by %v, stored is %v", m.ref.ID, pins, stored)
		}
		want := ""
		if len(pins) > 0 {
			want = strings.ReplaceAll(m.text, "@kim", "<@kim>")
			count++
		}
		if e.Text != want {
			c.s.failf("%s: stored is %q, want %q", m.ref.ID, e.Text, want)
		}
		if clip := marked(scene, m.ref.ID, "📎"); clip != (len(pins) > 0) {
			c.s.failf("%s: 📎 %t, pinned by %v", m.ref.ID, clip, pins)
		}
	}
	words := fmt.Sprintf("%d events on", count)
	switch count {
	case 0:
		words = "no events on"
	case 1:
		words = "1 event on"
	}
	for _, m := range scene.Messages {
		if m.Slot == "card" && !strings.Contains(m.Text, words) {
			c.s.failf("the card does not say %q: %q", words, m.Text)
		}
	}
}

// pinsOf are the pins on a message as the chat shows them.
func (c *crowd) pinsOf(m *saidThing) []string {
	var pins []string
	if m.gone {
		return nil
	}
	for _, shown := range c.s.chat.Everything() {
		if shown.Message != m.ref {
			continue
		}
		for _, r := range shown.Reactions {
			for _, who := range r.Who {
				if r.Emoji == "📌" || r.Emoji == "📍" {
					pins = append(pins, who+r.Emoji)
				}
			}
		}
	}
	slices.Sort(pins)
	return pins
}

// verdict is what a reply must count as.
type verdict struct {
	*saidThing
	question int
	taken    bool
	body     string
}

// verdicts recomputes from the chat which question each reply belongs to and whether it is an answer.
func (c *crowd) verdicts(scene transcript.Scene) []verdict {
	focus := c.closings() // and when each question was posted
	for _, m := range scene.Messages {
		n := 0
		if _, err := fmt.Sscanf(m.Slot, "question %d", &n); err == nil {
			focus = append(focus, conversations.Focus{Question: n, From: m.At})
		}
	}
	slices.SortStableFunc(focus, func(a, b conversations.Focus) int { return a.From.Compare(b.From) })
	var all []verdict
	for _, r := range c.said() {
		v := verdict{saidThing: r, body: r.text}
		if r.act != "" {
			v.question, v.taken = r.question, true
			all = append(all, v)
			continue
		}
		named := 0
		if r.gone {
			v.body = ""
		} else if n, err := fmt.Sscanf(r.text, "%d:", &named); n == 1 && err == nil {
			v.question, v.body = named, strings.TrimSpace(r.text[2:])
		}
		if v.question == 0 {
			for _, f := range focus {
				if !f.From.After(r.at) {
					v.question = f.Question
				}
			}
		}
		switch mark, ok := c.newestMark(r.ref.ID); {
		case r.gone || v.question == 0:
		case ok:
			v.taken = mark == taken
		default:
			v.taken = named > 0 || answers[fmt.Sprintf("%d %s", v.question, strings.ReplaceAll(v.body, ", corrected", ""))]
		}
		all = append(all, v)
	}
	return all
}

// closings are the moments from which on no question was asked, because somebody pressed Next or published. Which
// of two that pressed it was the first to be heard only the review knows.
func (c *crowd) closings() []conversations.Focus {
	r := c.stored()
	var all []conversations.Focus
	for _, f := range r.Focus {
		if f.Question != 0 {
			continue
		}
		all = append(all, f)
		if !slices.Contains(c.s.clicks, f.From) {
			c.s.failf("a question was closed at %s, when nobody pressed Next or published", f.From)
		}
	}
	return all
}

// said is everything that was said to the review, in the order in which it was.
func (c *crowd) said() []*saidThing {
	all := slices.Concat(c.replies, c.forms)
	slices.SortFunc(all, func(a, b *saidThing) int {
		return cmp.Or(a.at.Truncate(time.Millisecond).Compare(b.at.Truncate(time.Millisecond)), cmp.Compare(a.id(), b.id()))
	})
	return all
}

// newestMark is the mark on a reply that was put on last.
func (c *crowd) newestMark(reply string) (string, bool) {
	var newest markSeen
	for _, m := range c.marks {
		if m.reply == reply && m.on && (m.emoji == taken || m.emoji == left) && m.at.After(newest.at) {
			newest = m
		}
	}
	return newest.emoji, newest.on
}

func (c *crowd) checkReview(scene transcript.Scene) {
	all := c.verdicts(scene)
	c.checkHeard(all)
	byQuestion := map[int][]verdict{}
	for _, v := range all {
		if v.act == "" && marked(scene, v.ref.ID, taken) != v.taken {
			c.s.failf("reply %s %q to question %d: 📝 %t, want %t", v.ref.ID, v.text, v.question, !v.taken, v.taken)
		}
		if v.taken {
			byQuestion[v.question] = append(byQuestion[v.question], v)
		}
	}
	seen := map[string]bool{}
	var times []time.Time
	for _, m := range scene.Messages {
		private := strings.HasPrefix(m.Channel, "@") // each day has its own; isOnly looks at those
		if seen[m.Slot] && m.Slot != "" && !private {
			c.s.failf("%s was posted twice", m.Slot)
		}
		seen[m.Slot] = true
		n := 0
		if _, err := fmt.Sscanf(m.Slot, "question %d", &n); err != nil {
			continue
		}
		if len(times) != n-1 {
			c.s.failf("question %d was posted as number %d", n, len(times)+1)
		}
		times = append(times, m.At)
		c.checkQuestion(m, n, byQuestion[n])
	}
}

// checkHeard compares the answers that are stored with those that were given.
func (c *crowd) checkHeard(all []verdict) {
	r := c.stored()
	if len(r.Heard) != len(all) {
		c.s.failf("%d replies are stored, want %d", len(r.Heard), len(all))
		return
	}
	for i, v := range all {
		want := strings.ReplaceAll(v.text, "@kim", "<@kim>")
		if v.gone || c.published && !v.taken { // of talk nothing is kept
			want = ""
		}
		if h := r.Heard[i]; h.ID != v.id() || h.Text != want || h.Deleted != v.gone || h.Question != 0 && h.Question != v.question {
			c.s.failf("reply %d is stored as %s %q, want %s %q", i, h.ID, h.Text, v.id(), want)
		}
	}
	for _, a := range r.Asked {
		if id := c.slot(fmt.Sprint("question ", a.Question)).Message.ID; a.Message.ID == "" || a.Message.ID != id {
			c.s.failf("question %d is stored as %q and was posted as %q", a.Question, a.Message.ID, id)
		}
	}
	if card := c.slot("card"); r.Card != card.Message || r.Thread != c.thread {
		c.s.failf("the card is stored as %s in %s, and was posted as %s in %s", r.Card.ID, r.Thread.Address(), card.Message.ID, c.thread.Address())
	}
}

// stored is the review as it is stored.
func (c *crowd) stored() *conversations.Review {
	s, err := c.s.memory.Load(c.ctx, c.review)
	if err != nil {
		c.s.failf("load the review: %v", err)
		return &conversations.Review{}
	}
	return s.State.(*conversations.Review)
}

// slot is the message that the bot posted for that.
func (c *crowd) slot(name string) local.Shown {
	for _, m := range c.s.chat.Everything() {
		if m.Slot == name {
			return m
		}
	}
	return local.Shown{}
}

// checkItems looks whether every complete line has its action item, which says the same, and no other has one.
func (c *crowd) checkItems() {
	for _, l := range c.stored().Lines {
		if !l.Proposed {
			continue
		}
		id := fmt.Sprintf("%s/%d", strings.Replace(c.review, "/review/", "/item/", 1), l.Ordinal)
		s, err := c.s.memory.Load(c.ctx, id)
		if err != nil {
			c.s.failf("line %d %q has no action item: %v", l.Ordinal, l.Text, err)
			continue
		}
		i := s.State.(*conversations.ActionItem)
		as := i.State == conversations.ItemProposed || i.State == conversations.ItemAccepted // by whoever wrote it for themselves
		if l.Gone {
			as = i.State == conversations.ItemWithdrawn
		}
		if !as || !l.Gone && (i.Text != l.Text || i.Owner != l.Owner || i.Due != l.Due) {
			c.s.failf("line %d is %q of %s for %s, and its item %q of %s for %s is %s", l.Ordinal, l.Text, l.Owner, l.Due, i.Text, i.Owner, i.Due, i.State)
		}
	}
}

// checkReport compares the newest version that was published with what is stored and with what was posted.
func (c *crowd) checkReport() {
	r, n := c.stored(), 0
	var newest conversations.Report
	for _, v := range r.Published {
		n++
		k, err := c.s.memory.Kept(c.ctx, v.Key)
		if err == nil {
			newest = conversations.Report{}
			err = json.Unmarshal(k.Body, &newest)
		}
		if err != nil || newest.Record.Version != n {
			c.s.failf("version %d is kept as version %d: %v", n, newest.Record.Version, err)
		}
	}
	if r.Stage != conversations.StagePublished || n == 0 || n > 4 || r.Changes != 0 {
		c.s.failf("the review is %s, %d times published, and %d things have changed since", r.Stage, n, r.Changes)
	}
	if m := c.slot("report"); m.Body.File == nil || m.Body.File.Text != newest.Markdown {
		c.s.failf("what was posted is not what was kept: %q", m.Text)
	}
	if m := c.slot("published"); !strings.Contains(m.Text, newest.Record.ID) || n > 1 && !strings.Contains(m.Text, fmt.Sprintf("(version %d)", n)) {
		c.s.failf("version %d is posted as %q", n, m.Text)
	}
	scene, err := c.s.stage.Scene(c.ctx)
	if err != nil {
		c.s.failf("look: %v", err)
		return
	}
	want, got := map[string][]string{}, map[string][]string{}
	for _, m := range slices.Concat(c.pinned, c.replies) {
		if len(c.pinsOf(m)) > 0 {
			want["timeline"] = append(want["timeline"], m.text)
		}
	}
	for _, v := range c.verdicts(scene) {
		if v.taken {
			want[fmt.Sprint(v.question)] = append(want[fmt.Sprint(v.question)], v.body)
		}
	}
	for _, e := range newest.Record.Timeline {
		got["timeline"] = append(got["timeline"], e.Text)
	}
	for _, note := range newest.Record.Notes {
		got["1"] = append(got["1"], note.Text)
	}
	for _, cause := range newest.Record.Causes {
		got["2"] = append(got["2"], cause.Text)
	}
	for _, part := range []string{"timeline", "1", "2"} {
		if !slices.Equal(got[part], want[part]) {
			c.s.failf("of %s the report says %q, want %q", part, got[part], want[part])
		}
	}
	if got, want := len(newest.Record.Actions), len(want["3"]); got != want {
		c.s.failf("the report has %d actions, want %d", got, want)
	}
}

// checkQuestion looks whether a question's message shows its answers.
func (c *crowd) checkQuestion(m transcript.Message, n int, want []verdict) {
	head, _, _ := strings.Cut(m.Text, "\n")
	if !strings.Contains(head, "✓") {
		if words := fmt.Sprintf("\n%d taken", len(want)); len(want) > 0 && !strings.Contains(m.Text, words) {
			c.s.failf("question %d does not say %q: %q", n, words, m.Text)
		}
		return
	}
	if n == 3 {
		return // its lines are action items
	}
	var got, lines []string
	for _, l := range strings.Split(m.Text, "\n") {
		if strings.HasPrefix(l, "• ") {
			got = append(got, l)
		}
	}
	for _, v := range want {
		lines = append(lines, "• "+v.body+" – @"+v.who)
	}
	if !slices.Equal(got, lines) {
		c.s.failf("question %d shows %q, want %q", n, got, lines)
	}
}

// checkOffer lets days pass, with both processes looking at what is due, and wants the pins elsewhere to be offered once.
func (c *crowd) checkOffer() {
	s := c.s
	for _, ref := range c.web {
		_ = s.chat.React(c.ctx, "bo", ref, "📌")
	}
	if err := s.settle(); err != nil {
		s.failf("%v", err)
		return
	}
	until := s.o.begins().Add(60 * time.Hour)
	for range 200 {
		due, err := s.memory.NextDue(c.ctx)
		if err != nil || due.IsZero() || due.After(until) {
			break
		}
		if by := due.Sub(s.people.Now()); by > 0 {
			s.wind(s.stores.Now().Add(by))
		}
		s.calm = false
		for range 60 {
			s.step()
		}
		if err := s.settle(); err != nil {
			s.failf("%v", err)
			return
		}
	}
	offers := 0
	for _, a := range s.chat.Log(0) {
		if a.Did == "private" && (a.Slot == "offer" || a.Slot == "weekly") {
			offers++
		}
	}
	if offers != 1 {
		s.failf("%d offers were made, want one", offers)
	}
	c.check()
}

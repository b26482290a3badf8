package bot_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
)

var (
	simSeeds = flag.Int("seeds", 200, "how many runs TestSimulation makes")
	simSeed  = flag.Uint64("seed", 0, "the one run that TestSimulation makes, with a trace")
)

// TestSimulation lets people do random things while two processes, each with a worker, a deliverer and a metronome,
// share a store and a chat that fail, with clocks that jump and processes that die. In the end the store must say what
// the chat shows, everything was sent once and in its order, and nothing is left over.
func TestSimulation(t *testing.T) {
	classify(t)
	if *simSeed > 0 {
		o := optionsFor(*simSeed)
		o.trace = true
		s := simulate(o)
		t.Log(strings.Join(s.lines, "\n"))
		for _, w := range s.wrong {
			t.Error(w)
		}
		return
	}
	var next atomic.Uint64
	var failed atomic.Int32
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				seed := next.Add(1)
				if seed > uint64(*simSeeds) || failed.Load() > 3 {
					return
				}
				if s := simulate(optionsFor(seed)); len(s.wrong) > 0 {
					failed.Add(1)
					reportSim(t, s)
				}
			}
		})
	}
	all.Wait()
}

// TestSimulationDiesAtEveryCall plays one run in which nothing goes wrong but that the process dies which makes the
// N-th call of store or platform, for every N: before it, and when it was done.
func TestSimulationDiesAtEveryCall(t *testing.T) {
	classify(t)
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after=%t", after), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				s := simulate(simOptions{seed: 1, acts: 24, mail: 6, dieAt: n, after: after})
				if len(s.wrong) > 0 {
					reportSim(t, s)
					return
				}
				if s.calls < n {
					if n < 100 {
						t.Errorf("only %d calls: nothing was tested", n)
					}
					return
				}
			}
		})
	}
}

// TestSimulationRepeats makes sure that a seed decides everything, else no failure could be replayed.
func TestSimulationRepeats(t *testing.T) {
	classify(t)
	for seed := uint64(1); seed <= 8; seed++ {
		o := optionsFor(seed)
		o.trace = true
		a, b := simulate(o), simulate(o)
		if !slices.Equal(a.lines, b.lines) {
			t.Errorf("seed %d went differently the second time", seed)
		}
	}
}

// reportSim says what is wrong, and shows the end of what happened.
func reportSim(t *testing.T, s *sim) {
	o := s.o
	o.trace = true
	lines := simulate(o).lines
	most := 60
	if first := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "WRONG") }); first >= 0 {
		lines = lines[:min(len(lines), first+3)]
	}
	t.Errorf("seed %d (dies at %d, after=%t; all of it with -run %s -seed=%d):\n  %s\n%s", o.seed, o.dieAt, o.after, "TestSimulation$", o.seed,
		strings.Join(s.wrong, "\n  "), strings.Join(lines[max(0, len(lines)-most):], "\n"))
}

// optionsFor are what goes wrong with a seed: each alone now and then, mostly all together.
func optionsFor(seed uint64) simOptions {
	r := rand.New(rand.NewPCG(seed, 0x0971))
	o := simOptions{seed: seed, acts: 24, mail: []int{6, 15, 40}[r.IntN(3)], offer: true, store: 40, sends: 5, deaths: 8, clocks: true, catchUp: r.IntN(4) == 0}
	switch r.IntN(8) {
	case 0:
		o.store = 0
	case 1:
		o.deaths = 0
	case 2:
		o.clocks = false
	case 3:
		o.sends = 2
	case 4:
		o.store = 8
	}
	return o
}

// simulate makes one run.
func simulate(o simOptions) *sim {
	s := newSim(o)
	defer s.end()
	if err := s.begin(); err != nil {
		s.failf("begin: %v", err)
		return s
	}
	c := newCrowd(s)
	if err := c.open(); err != nil {
		s.failf("open the review: %v", err)
		return s
	}
	s.open, s.calls, s.calm = true, 0, o.store+o.sends+o.deaths == 0
	for left := o.acts; left > 0; {
		if s.rand.IntN(25) == 0 {
			c.act()
			left--
			continue
		}
		s.step()
	}
	for range 10 * o.acts {
		s.step()
	}
	if err := s.settle(); err != nil {
		s.failf("%v", err)
		return s
	}
	c.check()
	if o.offer {
		c.checkOffer()
	}
	return s
}

// crowd is the people in a simulation, and what must come of what they do.
type crowd struct {
	s       *sim
	ctx     context.Context
	pinned  []*saidThing // in the channel
	replies []*saidThing // in the review's thread
	web     []conversations.MessageRef
	thread  conversations.Place
	review  string
	marks   map[string]markSeen // by reply, who and emoji
}

type saidThing struct {
	ref  conversations.MessageRef
	who  string
	text string
	at   time.Time
	gone bool
}

type markSeen struct {
	reply, emoji string
	on           bool
	at           time.Time
}

const (
	taken = "📝"
	left  = "❌"
)

func newCrowd(s *sim) *crowd {
	return &crowd{s: s, ctx: context.Background(), marks: map[string]markSeen{}}
}

// open posts messages and begins a review, in peace.
func (c *crowd) open() error {
	for i := range 3 {
		ref, err := c.s.chat.Say(c.ctx, "kim", local.In("web"), fmt.Sprintf("elsewhere %d", i+1), local.Extra{})
		if err != nil {
			return err
		}
		c.web = append(c.web, ref)
	}
	c.s.wind(c.s.stores.Now().Add(10 * time.Hour)) // another incident
	for i := range 4 {
		c.say(&c.pinned, []string{"ana", "bo"}[i%2], local.In("ops"), fmt.Sprintf("happening %d", i+1))
	}
	c.react("bo", c.pinned[0], "📌", true)
	if err := c.s.settle(); err != nil {
		return err
	}
	if err := c.s.chat.Command(c.ctx, "ana", local.In("ops"), "start tiny Broken"); err != nil {
		return err
	}
	if err := c.s.settle(); err != nil {
		return err
	}
	for _, m := range c.s.chat.Everything() {
		for _, row := range m.Body.Controls {
			for _, control := range row {
				if control.Verb == "over" {
					c.review = control.Subject
					if err := c.s.chat.Click(c.ctx, "ana", m.Message, control.Label, ""); err != nil {
						return err
					}
				}
			}
		}
	}
	if err := c.s.settle(); err != nil {
		return err
	}
	for _, m := range c.s.chat.Everything() {
		if m.Slot == "card" {
			c.thread = local.In("ops", m.Message.ID)
			return nil
		}
	}
	return errors.New("no card was posted")
}

func (c *crowd) say(list *[]*saidThing, who string, p conversations.Place, text string) {
	ref, err := c.s.chat.Say(c.ctx, who, p, text, local.Extra{})
	if err != nil {
		c.s.failf("%s cannot say: %v", who, err)
		return
	}
	all := c.s.chat.Everything()
	*list = append(*list, &saidThing{ref: ref, who: who, text: text, at: all[len(all)-1].At})
	c.s.tracef("%s says %q = %s", who, text, ref.ID)
}

func (c *crowd) react(who string, m *saidThing, emoji string, on bool) {
	if m.gone {
		return
	}
	before := len(c.s.mail)
	do := c.s.chat.Unreact
	if on {
		do = c.s.chat.React
	}
	if err := do(c.ctx, who, m.ref, emoji); err != nil {
		c.s.failf("%s cannot react: %v", who, err)
		return
	}
	c.s.tracef("%s reacts %s %t on %s", who, emoji, on, m.ref.ID)
	if len(c.s.mail) > before {
		c.marks[m.ref.ID+who+emoji] = markSeen{m.ref.ID, emoji, on, c.s.mail[len(c.s.mail)-1].e.At}
	}
}

// phrases are what people say in a review's thread. Which of them are answers is asked of the bot itself, in peace.
var phrases = []string{
	"about 12000 carts were lost in Europe", "the switch had no second power supply", "nobody had the pager that night",
	"(lunch, anybody)", "1: the cache was cold", "2: the runbook was out of date", "3: alert per country", "(never mind me)",
}

// act is one thing that somebody does, some time after the one before.
func (c *crowd) act() {
	s := c.s
	switch s.rand.IntN(10) {
	case 0:
		s.wind(s.stores.Now().Add(time.Duration(s.rand.IntN(60)) * time.Second))
	case 1, 2, 3:
		s.wind(s.stores.Now().Add(time.Duration(s.rand.IntN(10000)) * time.Millisecond))
	default:
		s.wind(s.stores.Now().Add(time.Duration(s.rand.IntN(1000)) * time.Millisecond))
	}
	who := []string{"ana", "bo", "kim"}[s.rand.IntN(3)]
	m := c.pinned[s.rand.IntN(len(c.pinned))]
	switch n := s.rand.IntN(100); {
	case n < 25:
		c.react(who, m, []string{"📌", "📍"}[s.rand.IntN(2)], s.rand.IntN(3) > 0)
	case n < 32:
		c.edit(m)
	case n < 35:
		c.remove(m)
	case n < 42:
		_ = s.chat.React(c.ctx, "bo", c.web[s.rand.IntN(len(c.web))], "📌")
	case n < 65:
		c.say(&c.replies, who, c.thread, phrases[s.rand.IntN(len(phrases))])
	case n < 90 && len(c.replies) > 0:
		r := c.replies[s.rand.IntN(len(c.replies))]
		switch k := s.rand.IntN(10); {
		case k < 2:
			c.edit(r)
			if s.rand.IntN(4) == 0 { // a change of mind
				c.remove(r)
			}
		case k < 3:
			c.remove(r)
		default:
			emoji := []string{taken, left}[s.rand.IntN(2)]
			if s.o.catchUp { // reading back does not know which mark is the newer one
				emoji = []string{taken, left}[r.ref.ID[len(r.ref.ID)-4]%2]
			}
			c.react(who, r, emoji, s.rand.IntN(3) > 0)
			if s.rand.IntN(3) == 0 { // another
				c.react(who, r, emoji, s.rand.IntN(2) > 0)
			}
		}
	default:
		c.next()
	}
}

func (c *crowd) edit(m *saidThing) {
	if m.gone {
		return
	}
	m.text += ", corrected"
	if err := c.s.chat.Edit(c.ctx, m.who, m.ref, m.text); err != nil {
		c.s.failf("%s cannot edit: %v", m.who, err)
	}
	c.s.tracef("%s edits %s", m.who, m.ref.ID)
}

func (c *crowd) remove(m *saidThing) {
	if m.gone {
		return
	}
	m.gone = true
	if err := c.s.chat.Delete(c.ctx, m.who, m.ref); err != nil {
		c.s.failf("%s cannot delete: %v", m.who, err)
	}
	c.s.tracef("%s deletes %s", m.who, m.ref.ID)
}

// next presses [Next] on the newest question that has it; sometimes two people do.
func (c *crowd) next() {
	for _, m := range slices.Backward(c.s.chat.Everything()) {
		if !strings.HasPrefix(m.Slot, "question ") || !hasButton(m.Body, "Next") {
			continue
		}
		_ = c.s.chat.Click(c.ctx, "ana", m.Message, "Next", "")
		c.s.tracef("ana presses Next on %s", m.Slot)
		if c.s.rand.IntN(3) == 0 {
			_ = c.s.chat.Click(c.ctx, "bo", m.Message, "Next", "")
		}
		return
	}
}

func hasButton(b conversations.Body, label string) bool {
	for _, row := range b.Controls {
		for _, control := range row {
			if control.Label == label {
				return true
			}
		}
	}
	return false
}

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
	c.checkTimeline(scene)
	c.checkReview(scene)
}

func marked(scene transcript.Scene, message, emoji string) bool {
	return slices.Contains(scene.Marks, transcript.Mark{Message: message, Emoji: emoji})
}

func (c *crowd) checkTimeline(scene transcript.Scene) {
	count := 0
	for _, m := range c.pinned {
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
			want = m.text
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
	asked := map[int]time.Time{} // when each question was posted
	for _, m := range scene.Messages {
		n := 0
		if _, err := fmt.Sscanf(m.Slot, "question %d", &n); err == nil {
			asked[n] = m.At
		}
	}
	var all []verdict
	for _, r := range c.replies {
		v := verdict{saidThing: r, body: r.text}
		named := 0
		if r.gone {
			v.body = ""
		} else if n, err := fmt.Sscanf(r.text, "%d:", &named); n == 1 && err == nil {
			v.question, v.body = named, strings.TrimSpace(r.text[2:])
		}
		if v.question == 0 {
			var since time.Time
			for n, at := range asked {
				if !at.After(r.at) && !at.Before(since) {
					v.question, since = n, at
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
	c.checkHeard()
	byQuestion := map[int][]verdict{}
	for _, v := range all {
		if marked(scene, v.ref.ID, taken) != v.taken {
			c.s.failf("reply %s %q to question %d: 📝 %t, want %t", v.ref.ID, v.text, v.question, !v.taken, v.taken)
		}
		if v.taken {
			byQuestion[v.question] = append(byQuestion[v.question], v)
		}
	}
	seen := map[string]bool{}
	var times []time.Time
	for _, m := range scene.Messages {
		if seen[m.Slot] && m.Slot != "" { // a private answer that came too late to be one has none
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

// checkHeard compares the replies that are stored with those that were written.
func (c *crowd) checkHeard() {
	s, err := c.s.memory.Load(c.ctx, c.review)
	if err != nil {
		c.s.failf("load the review: %v", err)
		return
	}
	heard := s.State.(*conversations.Review).Heard
	if len(heard) != len(c.replies) {
		c.s.failf("%d replies are stored, want %d", len(heard), len(c.replies))
		return
	}
	for i, r := range c.replies {
		want := r.text
		if r.gone {
			want = ""
		}
		if h := heard[i]; h.ID != r.ref.ID || h.Text != want || h.Deleted != r.gone {
			c.s.failf("reply %d is stored as %s %q, want %s %q", i, h.ID, h.Text, r.ref.ID, want)
		}
	}
}

// checkQuestion looks whether a question's message shows its answers.
func (c *crowd) checkQuestion(m transcript.Message, n int, want []verdict) {
	head, _, _ := strings.Cut(m.Text, "\n")
	if !strings.Contains(head, "✓") {
		if words := fmt.Sprintf("%d taken · ", len(want)); len(want) > 0 && !strings.Contains(m.Text, words) {
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
	until := simStart.Add(60 * time.Hour)
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
		if a.Did == "private" && a.Slot == "offer" {
			offers++
		}
	}
	if offers != 1 {
		s.failf("%d offers were made, want one", offers)
	}
	c.check()
}

// answers says which phrases the bot takes as an answer to which question, in a run where nothing goes wrong.
var (
	answers     map[string]bool
	answersOnce sync.Once
)

func classify(t *testing.T) {
	t.Helper()
	answersOnce.Do(func() {
		s := newSim(simOptions{mail: 1})
		defer s.end()
		if err := s.begin(); err != nil {
			t.Fatal(err)
		}
		c := newCrowd(s)
		if err := c.open(); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for n := range 3 {
			c.replies = nil
			for _, p := range phrases {
				c.say(&c.replies, "bo", c.thread, p)
			}
			if err := s.settle(); err != nil {
				t.Fatal(err)
			}
			scene, err := s.stage.Scene(c.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range c.replies {
				found[fmt.Sprintf("%d %s", n+1, r.text)] = marked(scene, r.ref.ID, taken)
			}
			c.next()
		}
		answers = found
		if len(s.wrong) > 0 {
			t.Fatal(s.wrong)
		}
	})
}

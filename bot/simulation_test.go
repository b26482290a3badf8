package bot_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
)

var (
	simSeeds = flag.Int("seeds", 200, "how many runs TestSimulation makes")
	simSeed  = flag.Uint64("seed", 0, "the one run that TestSimulation makes, with a trace")
)

// TestSimulation lets people do random things while two processes, each with a worker, a deliverer and a metronome,
// share a store and a chat that fail, with clocks that jump and processes that die.
//
// People say, edit and delete, pin and mark, take that back, answer in the thread, by form and by command, press Next, often
// two at once, and publish. What they do comes to the bots late, twice, in another order, or is brought again because
// nobody acknowledged it. Calls of the store fail, before or after they were carried out; sendings get lost, or their answers,
// or arrive when their caller has long given up; the platform asks to wait. One in four runs reads back.
//
// It sees what is wrong in the end: what is stored of replies, pins, action items and reports against what the chat shows
// and people did; 📝 and 📎, questions, card and report against what is stored; something sent or posted twice, not in its
// order, or never; rows and effects that are left over. And what may not be for a moment: an effect saved twice, one
// claimed that a newer one supersedes, a slot sent twice in two seconds, an un-reaction undone that was known, a key
// that does not follow from what it is the key of, a kept row that changes.
//
// It does not see what is lost when a store breaks its own promises (Memory keeps them; storagetest is for the others),
// a deletion that overtakes the pin on its message, how long anything takes, and what the reports say beyond pins and answers.
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
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // each run leaves much behind, and none needs what another left
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
				s := simulate(simOptions{seed: 1, acts: 24, mail: 6, publish: true, dieAt: n, after: after})
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
	o.publish, o.early = r.IntN(2) == 0, 2*r.IntN(2)
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
	if o.publish {
		c.publish()
	}
	if o.offer {
		c.checkOffer()
	}
	return s
}

// crowd is the people in a simulation, and what must come of what they do.
type crowd struct {
	s         *sim
	ctx       context.Context
	pinned    []*saidThing // in the channel
	replies   []*saidThing // in the review's thread
	forms     []*saidThing // answers given by form or command
	web       []conversations.MessageRef
	thread    conversations.Place
	review    string
	published bool
	marks     map[string]markSeen // by reply, who and emoji
}

type saidThing struct {
	ref      conversations.MessageRef
	act      string // instead: the key of the form or command it was given by
	question int    // and for which question
	who      string
	text     string
	at       time.Time
	gone     bool
}

// id is what the review knows it by.
func (m *saidThing) id() string {
	if m.act != "" {
		return m.act
	}
	return m.ref.ID
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
	c := &crowd{s: s, ctx: context.Background(), marks: map[string]markSeen{}}
	s.changeMind = c.takeOff
	return c
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

// takeOff takes a pin off that was just seen on a message.
func (c *crowd) takeOff(snap conversations.Snapshot) {
	if snap.Where.Channel == "web" {
		return // those must be offered
	}
	for _, r := range snap.Reactions {
		if r.Emoji == "📌" || r.Emoji == "📍" {
			_ = c.s.chat.Unreact(c.ctx, r.Who[0], snap.Message, r.Emoji) // an error: it is gone
			c.s.tracef("%s takes %s off %s, which was just read", r.Who[0], r.Emoji, snap.Message.ID)
			return
		}
	}
}

// phrases are what people say in a review's thread. Which of them are answers is asked of the bot itself, in peace.
var phrases = []string{
	"about 12000 carts were lost in Europe", "the switch had no second power supply", "nobody had the pager that night",
	"(lunch, anybody)", "1: the cache was cold", "2: the runbook was out of date", "3: alert per country", "(never mind me)",
	"3: page two people @kim p1 2026-04-01",
}

// acts are the answers that come by form or command: those are always taken.
var acts = []string{"the rollback had no button", "two teams looked at the same graph", "every mirror was cold"}

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
		if len(c.replies) > 0 && s.rand.IntN(4) == 0 { // what happens to a reply that is pinned concerns two
			m = c.replies[s.rand.IntN(len(c.replies))]
		}
		emoji := []string{"📌", "📍"}[s.rand.IntN(2)]
		c.react(who, m, emoji, s.rand.IntN(3) > 0)
		if s.rand.IntN(3) == 0 { // a slip
			c.react(who, m, emoji, false)
		}
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
	case n < 94:
		c.answer(who)
	default:
		c.next()
	}
}

// answer gives an answer by a form, which may be opened and sent once more, or by a command.
func (c *crowd) answer(who string) {
	n, text := 1+c.s.rand.IntN(3), acts[c.s.rand.IntN(len(acts))]
	before := len(c.s.mail)
	if c.s.rand.IntN(3) == 0 {
		if err := c.s.chat.Command(c.ctx, who, local.In("ops"), fmt.Sprintf("answer %d %s", n, text)); err != nil {
			c.s.failf("%s cannot answer: %v", who, err)
		}
	} else {
		for _, m := range c.s.chat.Everything() {
			if m.Slot != "card" {
				continue
			}
			err := c.s.chat.Click(c.ctx, who, m.Message, "answer form", fmt.Sprint(n))
			if err == nil {
				err = c.s.chat.Submit(c.ctx, who, map[string]string{"text": text})
			}
			if err != nil {
				c.s.failf("%s cannot fill in the form: %v", who, err)
			}
		}
	}
	for _, l := range c.s.mail[before:] {
		c.forms = append(c.forms, &saidThing{act: l.e.Key, question: n, who: who, text: text, at: l.e.At})
		c.s.tracef("%s answers question %d with %q", who, n, text)
	}
	if len(c.s.mail) > before && c.s.rand.IntN(4) == 0 {
		c.answer(who)
	}
}

// publish lets the facilitator publish while people go on, and once more when they have stopped: then the version that
// counts must say what is stored.
func (c *crowd) publish() {
	s := c.s
	for _, acts := range []int{6, 0} {
		s.calm, s.deaths = false, s.deaths/2
		for range 1 + s.rand.IntN(2) {
			if err := s.chat.Command(c.ctx, "ana", local.In("ops"), "publish anyway"); err != nil {
				s.failf("ana cannot publish: %v", err)
			}
		}
		for range 120 {
			if s.rand.IntN(20) == 0 && acts > 0 {
				c.act()
				acts--
			}
			s.step()
		}
		if err := s.settle(); err != nil {
			s.failf("%v", err)
			return
		}
		c.published = true
		c.check()
	}
	c.checkReport()
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
			if err := s.settle(); err != nil { // until the next question is asked, nothing is an answer
				t.Fatal(err)
			}
		}
		answers = found
		if len(s.wrong) > 0 {
			t.Fatal(s.wrong)
		}
	})
}

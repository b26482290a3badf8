package bot_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// simOptions say what may go wrong.
type simOptions struct {
	seed    uint64
	store   int // the store fails for one call in so many, before or after it; 0: never
	sends   int // a sending goes wrong, one in so many; 0: never
	deaths  int // how many processes die at most
	clocks  bool
	catchUp bool // a new process reads back; without, nothing that was lost is found again
	acts    int  // how much people do
	mail    int  // how slowly the platform brings it in; 1: at once
	publish bool // whether they publish what came of it
	offer   bool // and whether days pass afterwards
	early   int  // how many days before Wednesday it begins
	dieAt   int  // the process that makes the n-th call of all dies of it: before it
	after   bool // or when it was done
	trace   bool
}

// sim is one simulated run: two processes over one store and one chat. Exactly one actor runs at a time; it gives the
// baton back before every call of the store and after every call of the platform, and the seed decides who is next.
type sim struct {
	o      simOptions
	rand   *rand.Rand
	memory *storagetest.Memory
	stage  *local.Stage
	chat   *local.Chat
	people *local.Clock
	stores *local.Clock

	procs  []*simProcess
	now    *actor // who runs
	born   int
	deaths int
	calls  int
	calm   bool // nothing goes wrong any more
	open   bool // the review is open

	mail   []letter // what the platform has still to bring
	flight []landing

	effects    map[string]*effectSeen // by id
	landed     map[string]int         // by subject and destination: the highest number that reached the platform
	saved      map[string]int         // by subject and destination: how many effects were saved
	posted     map[string]string      // by subject and slot: the effect that was posted there
	last       map[string]time.Time   // by subject and slot: when something of it last reached the platform, by the store's clock
	rows       map[string][]byte      // by key: what was kept
	reactions  []conversations.Event  // of people, as they happened
	clicks     []time.Time            // on Next
	changeMind func(conversations.Snapshot)
	desk       *bot.Bot // answers at once what only reads
	wrong      []string
	lines      []string
}

// letter is an event on its way to the bot.
type letter struct {
	e     conversations.Event
	twice bool
}

// landing is a sending that its caller gave up, and that reaches the platform nevertheless.
type landing struct {
	at time.Time
	m  conversations.Message
}

// effectSeen is an effect as it was saved.
type effectSeen struct {
	subject string
	lane    string // subject and destination
	n       int    // its place there
	kind    conversations.EffectKind
	key     string // of the row that it keeps
	times   int    // it reached the platform as a new message
}

// simProcess is a process of the bot.
type simProcess struct {
	name   string
	b      *bot.Bot
	dead   bool
	skew   time.Duration
	actors []*actor
}

// actor is one goroutine of a process.
type actor struct {
	name   string
	p      *simProcess
	resume func() (struct{}, bool)
	yield  func(struct{}) bool
	idle   bool // it found nothing to do
	rests  int  // how often it did in a row
	naps   int  // how many turns it lets go by
	done   bool
}

func newSim(o simOptions) *sim {
	s := &sim{
		o: o, rand: rand.New(rand.NewPCG(o.seed, 0x5EED)),
		people: local.NewClock(time.Time{}), stores: local.NewClock(time.Time{}),
		effects: map[string]*effectSeen{}, landed: map[string]int{}, saved: map[string]int{},
		posted: map[string]string{}, last: map[string]time.Time{}, rows: map[string][]byte{},
	}
	s.memory = storagetest.NewMemory(s.stores.Now)
	s.stage = local.NewStage(local.StageOptions{
		Clock: s.people, Store: s.stores,
		Open: func(_ context.Context, chat *local.Chat, _ *time.Location) (local.Bot, error) {
			s.chat = chat
			s.desk = bot.New(bot.Options{Store: s.memory, Chats: []adapters.Chat{chat}, Zone: time.UTC, Now: s.people.Now})
			return postOffice{s}, nil
		},
	})
	return s
}

func (s *sim) tracef(format string, args ...any) {
	if s.o.trace {
		s.lines = append(s.lines, s.stores.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

func (s *sim) failf(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
	s.tracef("WRONG: "+format, args...)
}

// postOffice takes what the chat brings in, for the simulation to hand over. What only reads is answered at once, by a bot
// to which nothing happens: nothing of it is kept anywhere.
type postOffice struct{ s *sim }

func (o postOffice) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	if conversations.Route(e, conversations.Settings{}).AtOnce {
		return o.s.desk.HandleHere(ctx, e)
	}
	switch {
	case e.Kind == conversations.Reacted:
		o.s.reactions = append(o.s.reactions, e)
	case e.Verb == "next", e.Kind == conversations.Commanded && strings.HasPrefix(e.Text, "publish"):
		o.s.clicks = append(o.s.clicks, e.At.Truncate(time.Millisecond))
	}
	o.s.mail = append(o.s.mail, letter{e: e})
	return conversations.Answer{}, nil
}
func (postOffice) Drain(context.Context) error           { return nil }
func (postOffice) Tick(context.Context, time.Time) error { return nil }

// start makes a process: a worker, a deliverer and a metronome.
func (s *sim) start() *simProcess {
	s.born++
	p := &simProcess{name: fmt.Sprint("p", s.born)}
	p.b = bot.New(bot.Options{
		Store: s.store(p), Chats: []adapters.Chat{s.chatOf(p)}, Zone: time.UTC, Name: p.name,
		Now: func() time.Time { return s.people.Now().Add(p.skew) },
	})
	s.procs = append(s.procs, p)
	ctx := context.Background()
	if s.o.catchUp {
		s.actor(p, "catch up", func(a *actor) {
			for !p.dead && p.b.CatchUp(ctx) != nil {
				a.restUnless(true)
			}
		})
	}
	s.actor(p, "work", func(a *actor) {
		for !p.dead {
			did, _ := p.b.WorkOnce(ctx, p.name+"-work")
			a.restUnless(did)
		}
	})
	s.actor(p, "deliver", func(a *actor) {
		for !p.dead {
			did, _ := p.b.DeliverOnce(ctx, p.name+"-deliver")
			a.restUnless(did)
		}
	})
	s.actor(p, "sweep", func(a *actor) {
		for !p.dead {
			n, _ := p.b.SweepOnce(ctx, s.people.Now().Add(p.skew))
			a.restUnless(n > 0)
		}
	})
	return p
}

// actor starts something that runs until it gives the baton back.
func (s *sim) actor(p *simProcess, name string, body func(*actor)) {
	a := &actor{name: p.name + " " + name, p: p}
	a.resume, _ = iter.Pull(func(yield func(struct{}) bool) {
		a.yield = yield
		body(a)
	})
	p.actors = append(p.actors, a)
}

// pass gives the baton back and waits for it.
func (a *actor) pass() {
	if !a.p.dead {
		a.yield(struct{}{})
	}
}

// restUnless is pass when there was nothing to do.
func (a *actor) restUnless(did bool) {
	if did {
		a.rests = 0
		return
	}
	a.idle = true
	a.rests++
	a.pass()
	a.idle = false
}

// run gives the baton to an actor.
func (s *sim) run(a *actor) {
	s.now = a
	if _, ok := a.resume(); !ok {
		a.done = true
		a.p.actors = slices.DeleteFunc(a.p.actors, func(b *actor) bool { return b == a })
	}
	s.now = nil
	if a.p.dead && slices.Contains(s.procs, a.p) {
		s.bury(a.p)
	}
}

// kill ends a process wherever it is.
func (s *sim) kill(p *simProcess) {
	p.dead = true
	s.bury(p)
}

// bury lets the actors of a dead process run to their ends, with nothing they do having any effect, and starts another.
func (s *sim) bury(p *simProcess) {
	s.deaths++
	s.tracef("%s dies", p.name)
	for _, a := range slices.Clone(p.actors) {
		for !a.done {
			s.now = a
			if _, ok := a.resume(); !ok {
				a.done = true
			}
		}
	}
	s.now = nil
	s.procs = slices.DeleteFunc(s.procs, func(q *simProcess) bool { return q == p })
	s.start()
}

// chance is one in n while things may go wrong.
func (s *sim) chance(n int) bool { return !s.calm && n > 0 && s.rand.IntN(n) == 0 }

// strikes reports whether the process dies of the call that it makes now.
func (s *sim) strikes(after bool) bool {
	return s.o.dieAt > 0 && s.calls == s.o.dieAt && after == s.o.after && s.deaths == 0 && s.open
}

// changes are the calls that are counted: those that change something, and claims that get something. Dying of any other
// is dying of the one before.
var changes = map[string]bool{
	"Accept": true, "Save": true, "Finish": true, "Release": true, "Settle": true, "Keep": true, "Message": true, "Find": true,
}

// call is a call of the store, or a question to the platform, by a process.
func (s *sim) call(p *simProcess, call string, do func() error) error {
	a := s.now
	if p.dead {
		return errDead
	}
	if s.chance(50) {
		a.naps = s.rand.IntN(20)
	}
	a.pass()
	if p.dead {
		return errDead
	}
	matters, claims := changes[call], call == "Claim" || call == "ClaimEffect"
	if matters {
		s.calls++
		if p.dead = s.strikes(false); p.dead {
			return errDead
		}
	}
	broken := s.chance(s.o.store)
	if broken && s.rand.IntN(2) == 0 {
		s.tracef("%s: %s fails", a.name, call)
		return storage.ErrUnavailable
	}
	err := do()
	if !errors.Is(err, storage.ErrNotFound) {
		s.tracef("%s: %s %v", a.name, call, err)
	}
	if claims && err == nil {
		matters = true
		s.calls++
	}
	if p.dead = matters && s.strikes(true); p.dead {
		return errDead
	}
	if broken {
		s.tracef("%s: and the answer is lost", a.name)
		return storage.ErrUnavailable
	}
	return err
}

func (s *sim) store(p *simProcess) storage.Store {
	return &simStore{hookedStore{s.memory, func(_ context.Context, call string, do func() error) error {
		return s.call(p, call, do)
	}}, s}
}

// simStore notes what is saved, in which order, and what must never be.
type simStore struct {
	hookedStore
	s *sim
}

// Accept makes sure that what comes of an effect has a key that follows from the effect alone, so that it counts once.
func (t *simStore) Accept(ctx context.Context, rows ...storage.Row) error {
	for _, r := range rows {
		for _, kind := range []string{"/tell/", "/result/"} {
			if _, id, ok := strings.Cut(r.Event.Key, kind); ok && t.s.effects[id] == nil {
				t.s.failf("a row has the key %s, and there is no such effect", r.Event.Key)
			}
		}
	}
	return t.hookedStore.Accept(ctx, rows...)
}

// Keep notes what is kept first: that, and nothing else, must be found there ever after.
func (t *simStore) Keep(ctx context.Context, row storage.Kept) error {
	return t.hook(ctx, "Keep", func() error {
		err := t.Store.Keep(ctx, row)
		if _, there := t.s.rows[row.Key]; err == nil && !there {
			t.s.rows[row.Key] = slices.Clone(row.Body)
		}
		return err
	})
}

func (t *simStore) Save(ctx context.Context, subject conversations.Subject, effects []conversations.Effect) error {
	return t.hook(ctx, "Save", func() error {
		t.s.tracef("  saves %s at %d", subject.ID, subject.Rev)
		t.s.inspect(subject)
		if err := t.Store.Save(ctx, subject, effects); err != nil {
			return err
		}
		for _, e := range effects {
			lane := subject.ID + " → " + e.To
			t.s.saved[lane]++
			if t.s.effects[e.ID] != nil {
				t.s.failf("effect %s (%s to %s) was saved twice", e.ID, e.Kind, lane)
			}
			t.s.effects[e.ID] = &effectSeen{subject: subject.ID, lane: lane, n: t.s.saved[lane], kind: e.Kind, key: e.Key}
		}
		return nil
	})
}

func (t *simStore) ClaimEffect(ctx context.Context, worker string) (c storage.Claim, err error) {
	err = t.hook(ctx, "ClaimEffect", func() (err error) {
		c, err = t.Store.ClaimEffect(ctx, worker)
		if err == nil {
			t.s.isNewest(c)
			t.s.tracef("  claimed %s %s %s lapsed=%t", c.Effect.Kind, c.Effect.To, c.Effect.ID[:6], !c.Lapsed.IsZero())
		}
		return err
	})
	return c, err
}

// inspect looks at what is about to be saved for what may not be there for a moment, whatever comes later.
func (s *sim) inspect(next conversations.Subject) {
	old, err := s.memory.Load(context.Background(), next.ID)
	if err != nil || old.Rev != next.Rev {
		return // new, or a conflict
	}
	switch state := next.State.(type) {
	case *conversations.TimelineEvent:
		for _, p := range state.Pins {
			before := old.State.(*conversations.TimelineEvent).Pins
			if i := slices.IndexFunc(before, func(b conversations.Pin) bool { return b.Who == p.Who && b.Emoji == p.Emoji }); i >= 0 &&
				p.On && !before[i].On && p.At.Equal(before[i].At) && s.staysOff(state.Message, before[i]) {
				s.failf("%s took %s off %s, which was known, and it is on again", p.Who, p.Emoji, state.Message.ID)
			}
		}
	case *conversations.Nudge:
		if all := slices.Sorted(slices.Values(state.Offers)); len(slices.Compact(all)) < len(state.Offers) {
			s.failf("%s tells an offer twice: %v", next.ID, state.Offers)
		}
	}
}

// staysOff reports whether a pin that is off was taken off by the reaction that was at that time, and never put on since.
func (s *sim) staysOff(m conversations.MessageRef, p conversations.Pin) bool {
	off := false
	for _, e := range s.reactions {
		if e.Message == m && e.Who == p.Who && e.Emoji == p.Emoji {
			off = !e.On && (off || e.At.Truncate(time.Millisecond).Equal(p.At))
		}
	}
	return off
}

// isNewest makes sure that nothing is claimed that a newer effect of its slot supersedes.
func (s *sim) isNewest(c storage.Claim) {
	if c.Effect.Slot == "" || !c.Lapsed.IsZero() {
		return
	}
	entries, _, err := s.memory.Pending(context.Background(), c.Subject.ID)
	if err != nil {
		s.failf("pending: %v", err)
		return
	}
	at := slices.IndexFunc(entries, func(e storage.Entry) bool { return e.Effect.ID == c.Effect.ID })
	for _, later := range entries[at+1:] {
		if later.Effect.Slot == c.Effect.Slot {
			s.failf("%s was claimed, and a newer one of %q waits", c.Effect.ID, c.Effect.Slot)
		}
	}
}

func (s *sim) chatOf(p *simProcess) adapters.Chat {
	return &simChat{hookedChat{s.chat, func(_ context.Context, call string, do func() error) error {
		err := s.call(p, call, do)
		if errors.Is(err, storage.ErrUnavailable) && !p.dead {
			return errReset
		}
		return err
	}}, s, p}
}

// simChat is the platform as a process reaches it.
type simChat struct {
	hookedChat
	s *sim
	p *simProcess
}

// Message lets somebody change their mind about what was just read.
func (c *simChat) Message(ctx context.Context, ref conversations.MessageRef) (conversations.Snapshot, error) {
	snap, err := c.hookedChat.Message(ctx, ref)
	if err == nil && c.s.changeMind != nil && c.s.chance(10) {
		before := len(c.s.mail)
		c.s.changeMind(snap)
		if len(c.s.mail) > before { // it is heard of before what was read
			c.s.deliver(before)
			c.s.now.naps = 20
		}
	}
	return snap, err
}

// lateness is how long a sending may take that its caller gave up: what is left of the claim after the call's deadline.
const lateness = 25 * time.Second

// Send begins at once: between the look at the deadline and the call nothing comes. Then anything may.
func (c *simChat) Send(_ context.Context, m conversations.Message) (r conversations.Result, err error) {
	s, a := c.s, c.s.now
	if c.p.dead {
		return r, errDead
	}
	s.calls++
	if c.p.dead = s.strikes(false); c.p.dead {
		return r, errDead
	}
	what := 0
	if s.chance(s.o.sends) {
		what = 1 + s.rand.IntN(5)
	}
	switch what {
	case 1:
		s.tracef("%s: sending %s does not arrive", a.name, m.Effect[:6])
		err = errReset
	case 2, 3:
		late := time.Duration(s.rand.Int64N(int64(lateness)))
		s.tracef("%s: sending %s arrives %s late", a.name, m.Effect[:6], late)
		s.flight = append(s.flight, landing{s.stores.Now().Add(late), m})
		err = context.DeadlineExceeded
	case 4:
		err = &adapters.RetryAfter{After: time.Duration(1+s.rand.IntN(4)) * time.Second}
	default:
		r, err = s.land(m)
		if what == 5 {
			err = errReset
		}
	}
	if c.p.dead = s.strikes(true); c.p.dead {
		return r, errDead
	}
	a.pass()
	if c.p.dead {
		return r, errDead
	}
	return r, err
}

// land is a sending that reaches the platform.
func (s *sim) land(m conversations.Message) (conversations.Result, error) {
	r, err := s.chat.Send(context.Background(), m)
	s.tracef("  arrives: %s %s %s edit=%t %v", m.Kind, m.Slot, m.Effect[:6], m.Edit.ID != "", err)
	seen := s.effects[m.Effect]
	if seen == nil {
		s.failf("effect %s was sent and never saved", m.Effect)
		return r, err
	}
	if err != nil {
		return r, err
	}
	if m.Kind != conversations.React && m.Edit.ID == "" {
		if seen.times++; seen.times > 1 {
			s.failf("%s %q of %s was sent %d times", m.Kind, m.Slot, seen.lane, seen.times)
		}
		s.isOnly(seen.subject, m)
	}
	s.isSpaced(seen.subject, m)
	if seen.n < s.landed[seen.lane] {
		s.failf("%s: number %d came after number %d", seen.lane, seen.n, s.landed[seen.lane])
	}
	s.landed[seen.lane] = max(s.landed[seen.lane], seen.n)
	return r, err
}

// isOnly makes sure that a slot is posted once, and a nudge without a slot said once.
func (s *sim) isOnly(subject string, m conversations.Message) {
	if m.Slot == "" && conversations.KindOf(subject) != conversations.KindNudge {
		return
	}
	slot := subject + " " + m.Slot
	if before := s.posted[slot]; before != "" {
		s.failf("%s was posted by %s and again by %s", slot, before, m.Effect)
	}
	s.posted[slot] = m.Effect
}

// isSpaced makes sure that a slot is not sent more often than people can follow.
func (s *sim) isSpaced(subject string, m conversations.Message) {
	if m.Slot == "" || m.Kind == conversations.React {
		return
	}
	slot, now := subject+" "+m.Slot, s.stores.Now()
	if before, ok := s.last[slot]; ok && now.Sub(before) < storage.SlotSpacing-time.Millisecond { // stores count in milliseconds
		s.failf("%s was sent %s after it had been sent", slot, now.Sub(before))
	}
	s.last[slot] = now
}

// wind moves the store's clock, and people's with it. What is under way arrives in time.
func (s *sim) wind(to time.Time) {
	for {
		next := -1
		for i, l := range s.flight {
			if !l.at.After(to) && (next < 0 || l.at.Before(s.flight[next].at)) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		l := s.flight[next]
		s.flight = slices.Delete(s.flight, next, next+1)
		s.stores.Set(l.at)
		_, _ = s.land(l.m)
	}
	by := to.Sub(s.stores.Now())
	s.stores.Set(to)
	s.people.Set(s.people.Now().Add(max(by, 0)))
}

// deliver hands a letter to one of the processes. One that is not acknowledged comes again.
func (s *sim) deliver(i int) {
	l := s.mail[i]
	s.mail = slices.Delete(s.mail, i, i+1)
	p := s.procs[s.rand.IntN(len(s.procs))]
	s.actor(p, "handle "+l.e.Key, func(*actor) {
		_, err := p.b.HandleHere(context.Background(), l.e)
		if err != nil || p.dead {
			s.mail = append(s.mail, l)
			return
		}
		if !l.twice && !s.calm && s.rand.IntN(5) == 0 {
			s.mail = append(s.mail, letter{l.e, true})
		}
	})
}

// deliverable reports whether a letter may come now: what deletes a message comes after the reactions on it, see
// deletionsAfterPins.
func (s *sim) deliverable(i int) bool {
	e := s.mail[i].e
	if e.Kind != conversations.Deleted {
		return true
	}
	for _, p := range s.procs {
		for _, a := range p.actors {
			if strings.Contains(a.name, "handle") {
				return false
			}
		}
	}
	return !slices.ContainsFunc(s.mail, func(l letter) bool {
		return l.e.Kind == conversations.Reacted && l.e.Message == e.Message
	})
}

// step does one thing that the seed decides. false: there was nothing to do.
func (s *sim) step() bool {
	if len(s.mail) > 0 && s.rand.IntN(s.o.mail) == 0 {
		if i := s.rand.IntN(min(len(s.mail), 6)); s.deliverable(i) {
			s.deliver(i)
			return true
		}
	}
	if !s.calm {
		s.weather()
	}
	p := s.procs[s.rand.IntN(len(s.procs))]
	a := p.actors[s.rand.IntN(len(p.actors))]
	if a.idle && s.rand.IntN(3) > 0 {
		return true
	}
	if a.naps > 0 {
		a.naps--
		return true
	}
	s.run(a)
	return true
}

// weather is what goes wrong by itself.
func (s *sim) weather() {
	switch n := s.rand.IntN(1000); {
	case n < 100:
		s.wind(s.stores.Now().Add(time.Duration(s.rand.IntN(800)) * time.Millisecond))
	case !s.o.clocks:
	case n < 106:
		s.wind(s.stores.Now().Add(time.Duration(s.rand.IntN(40)) * time.Second))
	case n < 110:
		p := s.procs[s.rand.IntN(len(s.procs))]
		p.skew = time.Duration(s.rand.IntN(121)-60) * time.Minute
	}
	if s.o.catchUp && s.rand.IntN(300) == 0 { // the platform was away
		p := s.procs[s.rand.IntN(len(s.procs))]
		s.actor(p, "catch up", func(*actor) { _ = p.b.CatchUp(context.Background()) })
	}
	if s.deaths < s.o.deaths && s.rand.IntN(150) == 0 {
		s.kill(s.procs[s.rand.IntN(len(s.procs))])
	}
}

// settle lets nothing more go wrong, and everything end.
func (s *sim) settle() error {
	s.calm = true
	for _, p := range s.procs {
		p.skew = 0
	}
	ctx := context.Background()
	for range 3000 {
		s.quiet() // whoever takes in a letter is done with it
		for len(s.mail) > 0 {
			i := s.rand.IntN(len(s.mail))
			for !s.deliverable(i) {
				i = (i + 1) % len(s.mail)
			}
			s.deliver(i)
			s.quiet()
		}
		next, err := s.memory.Next(ctx)
		if err != nil {
			return err
		}
		if next.IsZero() && len(s.flight) == 0 && len(s.mail) == 0 {
			return nil
		}
		for _, l := range s.flight {
			if next.IsZero() || l.at.Before(next) {
				next = l.at
			}
		}
		if next.After(s.stores.Now()) {
			s.wind(next)
		}
	}
	return errors.New("no rest")
}

// quiet runs everybody until nobody has anything to do.
func (s *sim) quiet() {
	for busy := true; busy; {
		busy = false
		for _, p := range slices.Clone(s.procs) {
			for _, a := range slices.Clone(p.actors) {
				a.rests = 0
				for !a.done && !p.dead && a.rests == 0 {
					s.run(a)
				}
				for !a.done && !p.dead && a.rests == 1 && a.idle { // it looks once more, from the beginning
					s.run(a)
					for !a.done && !p.dead && !a.idle {
						s.run(a)
					}
				}
				busy = busy || a.done || p.dead || a.rests < 2
			}
		}
	}
}

// end lets go of every actor.
func (s *sim) end() {
	for _, p := range s.procs {
		p.dead = true
		for _, a := range slices.Clone(p.actors) {
			for !a.done {
				s.now = a
				if _, ok := a.resume(); !ok {
					a.done = true
				}
			}
		}
	}
}

// begins is when a run begins: on a Wednesday, or on a Monday, whose offers are Tuesday's.
func (o simOptions) begins() time.Time { return time.Date(2026, 3, 4-o.early, 4, 0, 0, 0, time.UTC) }

// begin puts everybody in place and opens the review, before anything goes wrong.
func (s *sim) begin() error {
	ctx := context.Background()
	s.calm = true
	err := s.stage.Begin(ctx, transcript.Setting{
		Start: s.o.begins(), Zone: time.UTC,
		People:   []transcript.Person{{Name: "ana"}, {Name: "bo"}, {Name: "kim"}},
		Channels: []transcript.Channel{{Name: "ops"}, {Name: "web"}},
	})
	if err != nil {
		return err
	}
	s.start()
	s.start()
	return nil
}

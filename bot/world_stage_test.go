package bot_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// trouble is what goes wrong on one stage. The zero value: nothing.
type trouble struct {
	rand *rand.Rand // of this run's seed

	// What the platform brings in. Clicks, commands and forms come at once and in their order, since people see what
	// became of them; everything else may be doubled, late and in disorder within its block.
	twice    bool // every event is handed over twice, and once more a block later
	held     bool // nothing is handed over before the end of the block
	inTurn   bool // but what people say to the bot waits for all that came before it
	shuffled bool // and then in any order

	sends     func(m conversations.Message, do func() error) error // around every Send
	sight     hook                                                 // around every question who sees a place
	reads     hook                                                 // around everything that is asked of the platform
	store     hook                                                 // around every call of the store
	strangers bool                                                 // somebody saves every subject between load and save
	deaths    death                                                // of the process
	restarts  bool                                                 // after every line
	replicas  int                                                  // bots over one store; 0: one
	cannotSay bool                                                 // Find cannot tell
}

// death decides whether the process dies at a call.
type death interface {
	// strikes is asked at every call. before: nothing has happened yet.
	strikes(call string, before bool) bool
}

// worldStage is a stage with trouble.
type worldStage struct {
	*local.Stage
	tr    *trouble
	store storage.Store // that behaves; what the bots get goes wrong
	clock *local.Clock
	zone  *time.Location

	asked []transcript.Deed // in this block, what was said to the bot
	done  int               // lines that were played
	quiet quietRun
	dues  int

	away    atomic.Bool
	borne   int // processes so far
	release map[string]bool
	open    bool // everything that comes is let through
	held    []conversations.Event
	again   []conversations.Event // to be handed over once more
	later   []conversations.Event // a block later
}

func newWorldStage(t testing.TB, seed uint64, misbehave func(*trouble)) *worldStage {
	t.Helper()
	return newWorldStageOn(t, inMemory, seed, misbehave)
}

// opener opens an empty store that counts leases and claims on the clock.
type opener func(t testing.TB, clock func() time.Time) storage.Store

func inMemory(_ testing.TB, clock func() time.Time) storage.Store {
	return storagetest.NewMemory(clock)
}

func newWorldStageOn(t testing.TB, open opener, seed uint64, misbehave func(*trouble)) *worldStage {
	t.Helper()
	tr := &trouble{rand: rand.New(rand.NewPCG(seed, 0x0DDBA11))}
	misbehave(tr)
	people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
	s := &worldStage{tr: tr, store: open(t, stores.Now), clock: people}
	s.Stage = local.NewStage(local.StageOptions{
		Clock: people, Store: stores,
		Open: func(ctx context.Context, chat *local.Chat, zone *time.Location) (local.Bot, error) {
			s.zone = zone
			return s.newHouse(ctx, chat)
		},
		Next:    s.store.Next,
		NextDue: s.store.NextDue,
		Away:    s.away.Store,
	})
	return s
}

// Do plays a line, and what this world adds to it.
func (s *worldStage) Do(ctx context.Context, d transcript.Deed) (string, error) {
	s.done++
	if d.Verb == transcript.Command || d.Verb == transcript.Click || strings.HasPrefix(d.Text, "@debrief") {
		s.asked = append(s.asked, d)
	}
	id, err := s.Stage.Do(ctx, d)
	if err == nil && s.tr.restarts && !s.away.Load() {
		_, err = s.Stage.Do(ctx, transcript.Deed{Verb: transcript.Restart, At: d.At})
	}
	return id, err
}

// Settle is the end of a block: what was held comes in. A private answer may be lost in doubt; who was to get a button
// and did not asks again.
func (s *worldStage) Settle(ctx context.Context) error {
	defer func() { s.asked = nil }()
	for range patience {
		if err := s.settle(ctx); err != nil {
			return err
		}
		d, ok := s.unanswered()
		if !ok {
			return nil
		}
		if _, err := s.Stage.Do(ctx, d); err != nil {
			return fmt.Errorf("ask again: %w", err)
		}
	}
	return errors.New("no answer, however often somebody asks")
}

func (s *worldStage) settle(ctx context.Context) error {
	s.letIn(ctx)
	s.open = true
	defer func() { s.open = false }()
	return s.Stage.Settle(ctx)
}

// unanswered is the last thing that somebody said to the bot who got fewer buttons than they should have.
func (s *worldStage) unanswered() (transcript.Deed, bool) {
	have := buttonsOffered(s.Chat())
	for _, d := range slices.Backward(s.asked) {
		for button, n := range s.quiet.buttons[s.done] {
			if who, _, _ := strings.Cut(button, " "); who == d.Who && have[button] < n {
				return d, true
			}
		}
	}
	return transcript.Deed{}, false
}

// buttonsOffered counts the buttons in private answers, by person and label.
func buttonsOffered(chat *local.Chat) map[string]int {
	offered := map[string]int{}
	for _, a := range chat.Log(0) {
		if a.Did != "reply" {
			continue
		}
		for _, row := range a.Body.Controls {
			for _, c := range row {
				if c.Verb != "keeps" {
					offered[a.Person+" "+c.Label]++
				}
			}
		}
	}
	return offered
}

// Due implements transcript.Stage. It is what it was where nothing misbehaves: a moment at which the bot wants to do
// something ends a block, and blocks are to be the same.
func (s *worldStage) Due(ctx context.Context) (time.Time, error) {
	if s.dues++; s.dues <= len(s.quiet.dues) {
		return s.quiet.dues[s.dues-1], nil
	}
	return s.Stage.Due(ctx)
}

// quietRun is how a transcript comes out where nothing misbehaves.
type quietRun struct {
	played  *transcript.Transcript
	buttons map[int]map[string]int // what people were offered privately, by the lines played
	dues    []time.Time            // what Due said
}

// listener is a stage where nothing misbehaves and everything is noted.
type listener struct {
	*local.Stage
	done int
	run  quietRun
}

func (s *listener) Do(ctx context.Context, d transcript.Deed) (string, error) {
	s.done++
	return s.Stage.Do(ctx, d)
}

func (s *listener) Settle(ctx context.Context) error {
	err := s.Stage.Settle(ctx)
	s.run.buttons[s.done] = buttonsOffered(s.Chat())
	return err
}

func (s *listener) Due(ctx context.Context) (time.Time, error) {
	due, err := s.Stage.Due(ctx)
	s.run.dues = append(s.run.dues, due)
	return due, err
}

func (s *worldStage) letIn(ctx context.Context) {
	if !s.tr.held {
		return
	}
	s.held = nil
	s.Chat().Redeliver(ctx) // notes what is held
	order := s.held
	if s.tr.shuffled {
		s.tr.rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		order = deletionsAfterPins(order)
	}
	if s.tr.inTurn {
		slices.SortStableFunc(order, func(a, b conversations.Event) int { return cmp.Compare(btoi(a.Mention), btoi(b.Mention)) })
	}
	for _, e := range order {
		s.release = map[string]bool{e.Key: true}
		s.Chat().Redeliver(ctx)
	}
	s.release = nil
}

// deletionsAfterPins moves what deletes a message behind the reactions on it. A deletion of a message that nobody has
// stored is forgotten, so a pin that comes after it keeps a message that cannot be read: nothing tells that from one
// that is there and out of reach.
func deletionsAfterPins(order []conversations.Event) []conversations.Event {
	var moved []conversations.Event
	for i, e := range order {
		pinned := func(later conversations.Event) bool {
			return later.Kind == conversations.Reacted && later.Message == e.Message
		}
		if e.Kind != conversations.Deleted || !slices.ContainsFunc(order[i:], pinned) {
			continue
		}
		moved = append(moved, e)
	}
	order = slices.DeleteFunc(order, func(e conversations.Event) bool {
		return slices.ContainsFunc(moved, func(m conversations.Event) bool { return m.Key == e.Key })
	})
	return append(order, moved...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// leftOver says what still waits, or was given up, at the end.
func (s *worldStage) leftOver(ctx context.Context) error {
	h, err := s.store.Health(ctx)
	if err != nil {
		return err
	}
	if h.New+h.Dead+h.Effects > 0 && !s.away.Load() {
		return fmt.Errorf("left over at the end: %+v", h)
	}
	return nil
}

// house is the bots that run: one, or several over one store.
type house struct {
	s    *worldStage
	chat *local.Chat
	bots []*process
	turn int
}

// process is a bot that may die: from then on nothing it does has an effect.
type process struct {
	*bot.Bot
	dead *bool
}

func (s *worldStage) newHouse(ctx context.Context, chat *local.Chat) (*house, error) {
	h := &house{s: s, chat: chat}
	for range max(1, s.tr.replicas) {
		p, err := h.newProcess(ctx)
		if err != nil {
			return nil, err
		}
		h.bots = append(h.bots, p)
	}
	return h, nil
}

const patience = 200 // tries of what must work in the end

func (h *house) newProcess(ctx context.Context) (*process, error) {
	for range patience {
		h.s.borne++
		p := &process{dead: new(bool)}
		p.Bot = bot.New(bot.Options{
			Store: h.s.storeFor(p), Chats: []adapters.Chat{h.s.chatFor(p, h.chat)}, Now: h.s.clock.Now, Zone: h.s.zone,
			Name: fmt.Sprint("bot", h.s.borne),
		})
		err := p.CatchUp(ctx)
		for i := 0; err != nil && !*p.dead && i < patience; i++ {
			err = p.CatchUp(ctx)
		}
		if err == nil && !*p.dead {
			return p, nil
		}
		if !*p.dead {
			return nil, fmt.Errorf("catch up: %w", err)
		}
	}
	return nil, errors.New("no process survives its start")
}

// next is the bot whose turn it is. A dead one is replaced.
func (h *house) next(ctx context.Context) (*process, error) {
	h.turn = (h.turn + 1) % len(h.bots)
	if *h.bots[h.turn].dead {
		p, err := h.newProcess(ctx)
		if err != nil {
			return nil, err
		}
		h.bots[h.turn] = p
	}
	return h.bots[h.turn], nil
}

var errHeld = errors.New("held back by this world")

// Handle implements adapters.Handler.
func (h *house) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	s := h.s
	if s.away.Load() {
		return h.bots[0].Handle(ctx, e)
	}
	act := e.Kind == conversations.Clicked || e.Kind == conversations.Commanded || e.Kind == conversations.Submitted
	if act && s.tr.inTurn {
		s.letIn(ctx)
	}
	if s.tr.held && !act && !s.open && !s.release[e.Key] {
		if s.release == nil {
			s.held = append(s.held, e)
		}
		return conversations.Answer{}, errHeld
	}
	answer, err := h.hand(ctx, e, act)
	if err == nil && s.tr.twice {
		s.again = append(s.again, e)
		_, err = h.hand(ctx, e, act)
	}
	return answer, err
}

// hand gives an event to one of the bots. A platform that gets no answer sends the event again; people whose act was not
// saved try again.
func (h *house) hand(ctx context.Context, e conversations.Event, act bool) (conversations.Answer, error) {
	var answer conversations.Answer
	var err error
	for range patience {
		var p *process
		if p, err = h.next(ctx); err != nil {
			break
		}
		answer, err = p.Handle(ctx, e)
		if err == nil && !*p.dead {
			return answer, nil
		}
		if err == nil {
			err = errDead // whoever died cannot acknowledge
		}
		if h.s.tr.held && !h.s.tr.inTurn && !act {
			break
		}
	}
	return conversations.Answer{}, err
}

// Drain implements local.Bot: the bots take turns until none of them finds anything to do. Trouble passes.
func (h *house) Drain(ctx context.Context) error {
	due := h.s.later
	h.s.later, h.s.again = h.s.again, nil
	for _, e := range due {
		if _, err := h.hand(ctx, e, true); err != nil {
			return fmt.Errorf("hand over once more: %w", err)
		}
	}
	idle, failed := 0, 0
	for idle < len(h.bots) {
		p, err := h.next(ctx)
		if err != nil {
			return err
		}
		did, err := p.DrainOnce(ctx)
		switch {
		case *p.dead:
			idle = 0
		case err != nil:
			if failed++; failed > 100*patience {
				return err
			}
			idle = 0
		case did:
			idle = 0
		default:
			idle++
		}
	}
	return nil
}

// Tick implements local.Bot.
func (h *house) Tick(ctx context.Context, now time.Time) error {
	var err error
	for range patience {
		var p *process
		if p, err = h.next(ctx); err != nil {
			return err
		}
		if err = p.Tick(ctx, now); err == nil && !*p.dead {
			return nil
		}
	}
	return err
}

// storeFor is the store as a process sees it.
func (s *worldStage) storeFor(p *process) storage.Store {
	store := s.store
	if s.tr.strangers {
		store = &strangerStore{Store: store, came: map[string]bool{}}
	}
	return hookedStore{store, func(ctx context.Context, call string, do func() error) error {
		if s.away.Load() {
			return storage.ErrUnavailable
		}
		return p.mortal(s.tr.deaths, call, func() error {
			if s.tr.store == nil {
				return do()
			}
			return s.tr.store(ctx, call, do)
		})
	}}
}

// chatFor is the chat as a process sees it.
func (s *worldStage) chatFor(p *process, chat adapters.Chat) adapters.Chat {
	if s.tr.sends != nil || s.tr.cannotSay {
		chat = &lossyChat{Chat: chat, tr: s.tr}
	}
	return hookedChat{chat, func(ctx context.Context, call string, do func() error) error {
		return p.mortal(s.tr.deaths, call, func() error {
			if call == "CanSee" && s.tr.sight != nil {
				return s.tr.sight(ctx, call, do)
			}
			if s.tr.reads == nil || call == "Send" || call == "CanSee" {
				return do()
			}
			return s.tr.reads(ctx, call, do)
		})
	}}
}

var errDead = fmt.Errorf("this process is dead: %w", storage.ErrUnavailable)

func (p *process) mortal(d death, call string, do func() error) error {
	if *p.dead {
		return errDead
	}
	if d == nil {
		return do()
	}
	if *p.dead = d.strikes(call, true); *p.dead {
		return errDead
	}
	err := do()
	if *p.dead = d.strikes(call, false); *p.dead {
		return errDead
	}
	return err
}

// oneDeath strikes at the n-th call of all.
type oneDeath struct {
	at, n int
	after bool
	came  bool
	call  string
}

func (d *oneDeath) strikes(call string, before bool) bool {
	if before {
		d.n++
	}
	if d.came || d.n != d.at || before == d.after {
		return false
	}
	d.came, d.call = true, call
	return true
}

// randomDeath strikes every so many calls.
type randomDeath struct {
	rand  *rand.Rand
	every int
}

func nowAndThenKilled(r *rand.Rand, every int) death { return randomDeath{r, every} }

func (d randomDeath) strikes(string, bool) bool { return d.rand.IntN(2*d.every) == 0 }

var errReset = errors.New("connection reset")

// errWait stands for the platform's "not now".
var errWait error = &adapters.RetryAfter{After: 3 * time.Second}

// failsOnce lets the first sending of every effect fail: after it was done, or instead.
func failsOnce(done bool, with error) func(conversations.Message, func() error) error {
	tried := map[string]bool{}
	return func(m conversations.Message, do func() error) error {
		what := m.Effect
		if m.Kind == conversations.Reply { // one that may have arrived is not repeated; who asks again gets another
			what = "to " + m.Person
		}
		if tried[what] {
			tried[what] = m.Kind != conversations.Reply
			return do()
		}
		tried[what] = true
		if done {
			if err := do(); err != nil {
				return err
			}
		}
		return with
	}
}

// everyOther lets every other call of each sort fail.
func everyOther(with error) hook {
	calls := map[string]int{}
	return func(_ context.Context, call string, do func() error) error {
		if calls[call]++; calls[call]%2 == 1 {
			return with
		}
		return do()
	}
}

// nowAndThen makes the store unreachable for one call in so many: before it, or after it was done.
func nowAndThen(r *rand.Rand, oneIn int, done bool) hook {
	return func(_ context.Context, _ string, do func() error) error {
		if r.IntN(oneIn) > 0 {
			return do()
		}
		if done {
			if err := do(); err != nil {
				return err
			}
		}
		return storage.ErrUnavailable
	}
}

// strangerStore is a store in which somebody else changes every subject just before it is saved, every other time.
type strangerStore struct {
	storage.Store
	came map[string]bool
}

func (s *strangerStore) Save(ctx context.Context, subject conversations.Subject, effects []conversations.Effect) error {
	s.came[subject.ID] = !s.came[subject.ID]
	if s.came[subject.ID] {
		there, err := s.Load(ctx, subject.ID)
		if errors.Is(err, storage.ErrNotFound) {
			return storage.ErrConflict // it came and went
		}
		if err != nil {
			return err
		}
		if err := s.Store.Save(ctx, there, nil); err != nil {
			return err
		}
	}
	return s.Store.Save(ctx, subject, effects)
}

// lossyChat is a chat whose sendings go wrong.
type lossyChat struct {
	adapters.Chat
	tr *trouble
}

func (c *lossyChat) Send(ctx context.Context, m conversations.Message) (r conversations.Result, err error) {
	if c.tr.sends == nil {
		return c.Chat.Send(ctx, m)
	}
	err = c.tr.sends(m, func() (err error) { r, err = c.Chat.Send(ctx, m); return err })
	return r, err
}

func (c *lossyChat) Find(ctx context.Context, m conversations.Message) (adapters.Found, conversations.Result, error) {
	if c.tr.cannotSay {
		return adapters.CannotTell, conversations.Result{}, nil
	}
	return c.Chat.Find(ctx, m)
}

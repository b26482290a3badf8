package bot

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// noon is when every test begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const workspace = "fake/main"

// clock is wound by the test, and is the bot's and the store's.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) wind(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fakeChat is a platform whose answers a test writes down beforehand.
type fakeChat struct {
	mu       sync.Mutex
	sent     []conversations.Message
	posts    int
	sendErrs []error                    // of the next sendings, in order; nil: it works
	further  []conversations.MessageRef // what is sent goes on in
	find     func(conversations.Message) (adapters.Found, conversations.Result, error)
	messages map[string]conversations.Snapshot
	fetched  int
	pages    []adapters.Page
	read     []conversations.Stretch
	readErrs []error
	run      func(context.Context, adapters.Handler) error
	user     func(context.Context, string) (conversations.Person, error)
	sees     func(context.Context) (bool, error)
	panics   bool
}

var _ adapters.Chat = (*fakeChat)(nil)

func (*fakeChat) Name() string { return "fake" }

func (c *fakeChat) Run(ctx context.Context, h adapters.Handler) error {
	if c.run != nil {
		return c.run(ctx, h)
	}
	<-ctx.Done()
	return nil
}

func (*fakeChat) Workspaces(context.Context) ([]string, error) {
	return []string{workspace, "fake/other"}, nil
}

func (*fakeChat) Places(context.Context) ([]conversations.Place, error) {
	return []conversations.Place{{Workspace: workspace, Channel: "C1"}, {Workspace: "fake/other", Channel: "C9"}}, nil
}

func (c *fakeChat) Send(_ context.Context, m conversations.Message) (conversations.Result, error) {
	if c.panics {
		panic("in the platform's code")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	if len(c.sendErrs) > 0 {
		err, c.sendErrs = c.sendErrs[0], c.sendErrs[1:]
	}
	if err != nil {
		return conversations.Result{}, err
	}
	c.sent = append(c.sent, m)
	if m.Edit.ID != "" || m.Kind == conversations.React {
		return conversations.Result{Further: c.further}, nil
	}
	c.posts++
	ref := conversations.MessageRef{Workspace: workspace, Channel: "C1", ID: fmt.Sprint("p", c.posts)}
	r := conversations.Result{Message: ref, Thread: conversations.Place{Workspace: workspace, Channel: "C1", Thread: ref.ID}, At: noon, Further: c.further}
	return r, nil
}

func (c *fakeChat) Find(_ context.Context, m conversations.Message) (adapters.Found, conversations.Result, error) {
	if c.find != nil {
		return c.find(m)
	}
	return adapters.CannotTell, conversations.Result{}, nil
}

func (c *fakeChat) Read(_ context.Context, _ conversations.Place, part conversations.Stretch) (adapters.Page, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = append(c.read, part)
	if len(c.readErrs) > 0 {
		err := c.readErrs[0]
		if c.readErrs = c.readErrs[1:]; err != nil {
			return adapters.Page{}, err
		}
	}
	i := 0
	if part.Mark != "" {
		if _, err := fmt.Sscan(part.Mark, &i); err != nil {
			return adapters.Page{}, err
		}
	}
	return c.pages[i], nil
}

func (c *fakeChat) Message(_ context.Context, ref conversations.MessageRef) (conversations.Snapshot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fetched++
	s, ok := c.messages[ref.ID]
	if !ok {
		return s, adapters.ErrUnreadable
	}
	return s, nil
}

func (c *fakeChat) User(ctx context.Context, _, id string) (conversations.Person, error) {
	if c.user != nil {
		return c.user(ctx, id)
	}
	return conversations.Person{ID: id, Name: strings.ToLower(id), Active: true}, nil
}

func (c *fakeChat) CanSee(ctx context.Context, _ string, _ conversations.Place) (bool, error) {
	if c.sees != nil {
		return c.sees(ctx)
	}
	return true, nil
}

// texts are what was sent, in order: an edit is marked with ~.
func (c *fakeChat) texts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, m := range c.sent {
		text := conversations.Plain(m.Body.Text)
		switch {
		case m.Kind == conversations.React:
			text = fmt.Sprintf("%s %v on %s", m.Emoji, m.On, m.Target.ID)
		case m.Edit.ID != "":
			text = "~" + text
		}
		out = append(out, text)
	}
	return out
}

// brokenStore does what a test says before, or instead of, what its store does.
type brokenStore struct {
	storage.Store
	accept  func(...storage.Row) error
	route   func(addresses []string)
	finish  func() error
	save    func(conversations.Subject) error
	number  func() (int, error)
	ready   func() error
	claimed func()
	settle  func() error
}

func (s *brokenStore) Accept(ctx context.Context, rows ...storage.Row) error {
	if s.accept != nil {
		if err := s.accept(rows...); err != nil {
			return err
		}
	}
	return s.Store.Accept(ctx, rows...)
}

func (s *brokenStore) Route(ctx context.Context, addresses []string) ([]storage.Hit, error) {
	if s.route != nil {
		s.route(addresses)
	}
	return s.Store.Route(ctx, addresses)
}

func (s *brokenStore) Finish(ctx context.Context, rows ...storage.Row) error {
	if s.finish != nil {
		if err := s.finish(); err != nil {
			return err
		}
	}
	return s.Store.Finish(ctx, rows...)
}

func (s *brokenStore) Save(ctx context.Context, sub conversations.Subject, effects []conversations.Effect) error {
	if s.save != nil {
		if err := s.save(sub); err != nil {
			return err
		}
	}
	return s.Store.Save(ctx, sub, effects)
}

func (s *brokenStore) Number(ctx context.Context, workspace, series, subject string) (int, error) {
	if s.number != nil {
		return s.number()
	}
	return s.Store.Number(ctx, workspace, series, subject)
}

func (s *brokenStore) Ready(ctx context.Context) error {
	if s.ready != nil {
		if err := s.ready(); err != nil {
			return err
		}
	}
	return s.Store.Ready(ctx)
}

func (s *brokenStore) ClaimEffect(ctx context.Context, worker string) (storage.Claim, error) {
	c, err := s.Store.ClaimEffect(ctx, worker)
	if err == nil && s.claimed != nil {
		s.claimed()
	}
	return c, err
}

func (s *brokenStore) Settle(ctx context.Context, c storage.Claim, to storage.Settlement) error {
	if s.settle != nil {
		if err := s.settle(); err != nil {
			return err
		}
	}
	return s.Store.Settle(ctx, c, to)
}

// once gives the error the first time only.
func once(err error) func() error {
	return func() (e error) {
		e, err = err, nil
		return e
	}
}

// world is a bot between a store in memory and a scripted platform, on one clock.
type world struct {
	t     *testing.T
	clock *clock
	store *brokenStore
	chat  *fakeChat
	bot   *Bot
	log   *bytes.Buffer
	audit *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: noon}, chat: &fakeChat{messages: map[string]conversations.Snapshot{}}, log: &bytes.Buffer{}, audit: &bytes.Buffer{}}
	w.store = &brokenStore{Store: storagetest.NewMemory(w.clock.Now)}
	w.restart()
	return w
}

// restart replaces the bot by a new one, which knows nothing but what the store knows.
func (w *world) restart() {
	w.bot = New(Options{
		Store: w.store, Chats: []adapters.Chat{w.chat}, Now: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Audit: w.audit,
	})
}

func (w *world) handle(e conversations.Event) conversations.Answer {
	w.t.Helper()
	a, err := w.bot.Handle(w.t.Context(), e)
	if err != nil {
		w.t.Fatalf("handle: %v", err)
	}
	return a
}

func (w *world) drain() {
	w.t.Helper()
	if err := w.bot.Drain(w.t.Context()); err != nil {
		w.t.Fatalf("drain: %v", err)
	}
}

// drainFor drains again and again while the clock is wound by the second.
func (w *world) drainFor(d time.Duration) {
	w.t.Helper()
	for range int(d / time.Second) {
		w.drain()
		w.clock.wind(time.Second)
	}
	w.drain()
}

// knows has the store keep who these people are, so that nothing of that waits later.
func (w *world) knows(ids ...string) {
	w.t.Helper()
	w.gather(always(conversations.Needs{People: ids}))
	w.drain()
}

func (w *world) sent(want ...string) {
	w.t.Helper()
	if got := w.chat.texts(); !slices.Equal(got, want) {
		w.t.Errorf("sent %q, want %q", got, want)
	}
}

// clips are the bot's reactions so far; other words are the rules' business.
func (w *world) clips(want ...string) {
	w.t.Helper()
	var got []string
	for _, text := range w.chat.texts() {
		if strings.HasPrefix(text, "📎") && strings.Contains(text, " on m") {
			got = append(got, text)
		}
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("reacted %q, want %q", got, want)
	}
}

const review = workspace + "/review/r1"

// asks saves a review whose outbox holds the effects. Their To is always the same.
func (w *world) asks(effects ...conversations.Effect) {
	w.t.Helper()
	s, err := w.bot.load(w.t.Context(), review)
	if err != nil {
		w.t.Fatal(err)
	}
	if s.State == nil {
		s.State = &conversations.Review{
			Stage: conversations.StageBurning, Facilitator: "ANA", Started: noon,
			Home: conversations.Place{Workspace: workspace, Channel: "C1"},
		}
		s.V = conversations.Version
	}
	for i := range effects {
		effects[i].To = "somewhere"
	}
	if err := w.store.Store.Save(w.t.Context(), s, effects); err != nil {
		w.t.Fatal(err)
	}
}

// post is an effect that says the words.
func post(id, slot, words string) conversations.Effect {
	return conversations.Effect{ID: id, Kind: conversations.Post, Slot: slot, View: "say", Args: []string{words}}
}

func (w *world) waiting() []string {
	w.t.Helper()
	entries, _, err := w.store.Pending(w.t.Context(), review)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Effect.ID)
	}
	return ids
}

func (w *world) health() storage.Health {
	w.t.Helper()
	h, err := w.store.Health(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// accepted records the events that come in from now on.
func (w *world) accepted() *[]conversations.Event {
	var events []conversations.Event
	w.store.accept = func(rows ...storage.Row) error {
		for _, r := range rows {
			events = append(events, r.Event)
		}
		return nil
	}
	return &events
}

func message(id string) conversations.MessageRef {
	return conversations.MessageRef{Workspace: workspace, Channel: "C1", ID: id}
}

func snapshot(id, text string, pins ...string) conversations.Snapshot {
	s := conversations.Snapshot{
		Message: message(id), Where: conversations.Place{Workspace: workspace, Channel: "C1"}, At: noon, Who: "ANA", Text: text,
	}
	if len(pins) > 0 {
		s.Reactions = []conversations.Reaction{{Emoji: "📌", Who: pins}}
	}
	return s
}

func pinned(id, who string) conversations.Event {
	return conversations.Event{
		Key:  fmt.Sprintf("%s/react/C1/%s/%s/pushpin/+/1", workspace, id, who),
		Kind: conversations.Reacted, At: noon, Where: conversations.Place{Workspace: workspace, Channel: "C1"}, Who: who,
		Message: message(id), Emoji: "📌", On: true,
	}
}

//go:build unix

package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// childSpec carries a spec, in the environment of a process that is the bot and no test.
const childSpec = "DEBRIEF_TEST_CHILD"

func TestMain(m *testing.M) {
	if s := os.Getenv(childSpec); s != "" {
		os.Exit(beTheBot([]byte(s)))
	}
	os.Exit(m.Run())
}

// spec says what a bot in a process of its own is made of.
type spec struct {
	Name     string
	SQLite   string // the file; or
	MongoURI string
	Database string
	Zone     string
	Now      time.Time     // people's clock
	Ahead    time.Duration // the store's clock before the machine's
	Doom     doom
}

func (s spec) open(ctx context.Context, clock func() time.Time) (storage.Store, error) {
	if s.MongoURI != "" {
		return mongo.Open(ctx, s.MongoURI, mongo.Options{Database: s.Database, Clock: clock})
	}
	return sqlite.Open(ctx, s.SQLite, sqlite.Options{Clock: clock})
}

// windable is the machine's clock with something added.
type windable struct{ ahead atomic.Int64 }

func (c *windable) now() time.Time            { return time.Now().Add(c.aheadOf()) }
func (c *windable) aheadOf() time.Duration    { return time.Duration(c.ahead.Load()) }
func (c *windable) set(ahead time.Duration)   { c.ahead.Store(int64(ahead)) }
func (c *windable) wind(by time.Duration)     { c.ahead.Add(int64(by)) }
func (d doom) strikesIn(side doomSide) bool   { return d.Side == side && d.Call != "" }
func (d doom) is(call string, when when) bool { return d.Call == call && d.When == when }

// beTheBot runs the bot as the program does, until it is killed or told to stop. What it returns is the exit code.
func beTheBot(encoded []byte) int {
	stopped, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM) // to the end: it may be told twice
	var s spec
	if err := json.Unmarshal(encoded, &s); err != nil {
		return failed(err)
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return failed(err)
	}
	c := &childBot{peer: newPeer(os.Stdout), people: local.NewClock(s.Now), gate: newGate(), doom: s.Doom}
	c.clock.set(s.Ahead)
	c.chat = &remoteChat{peer: c.peer}
	store, err := s.open(stopped, c.clock.now)
	switch {
	case stopped.Err() != nil:
		return 0 // before it began
	case err != nil:
		return failed(err)
	}
	defer store.Close()
	c.bot = bot.New(bot.Options{
		Store: hookedStore{gatedStore{store, c.gate}, c.hook}, Chats: []adapters.Chat{c.chat}, Now: c.people.Now, Zone: zone,
		Name: s.Name, Log: slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	go func() {
		c.peer.listen(os.Stdin, c.serve, func(string) {})
		os.Exit(3) // the test is gone
	}()
	if err := c.bot.Run(stopped); err != nil {
		return failed(err)
	}
	return 0
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// childBot is the bot's end of the line.
type childBot struct {
	peer   *peer
	people *local.Clock
	clock  windable
	gate   *gate
	chat   *remoteChat
	bot    *bot.Bot

	mu    sync.Mutex
	doom  doom
	calls int // of the sort the doom waits for
}

// Write sends a line of the log, in its place among everything else that is sent.
func (c *childBot) Write(line []byte) (int, error) {
	body, err := json.Marshal(string(line))
	if err != nil {
		return 0, err
	}
	return len(line), c.peer.write(frame{Body: body})
}

func (c *childBot) serve(f frame) {
	c.people.Set(f.Now)
	result, err := c.do(f)
	_ = c.peer.answer(f, result, err) // nobody there: the process ends
}

func (c *childBot) do(f frame) (any, error) {
	ctx := context.Background()
	switch f.Call {
	case "Handle":
		return with(f, func(e conversations.Event) (conversations.Answer, error) { return c.chat.hand(ctx, e) })
	case "Tick":
		return nil, c.bot.Tick(ctx, f.Now)
	case "Doom":
		return with(f, func(d doom) (any, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.doom, c.calls = d, 0
			return nil, nil
		})
	case "Ring":
		c.bot.RingAll()
		return nil, nil
	case "Freeze":
		return nil, c.gate.freeze()
	case "Thaw":
		return with(f, func(a windArgs) (any, error) {
			c.clock.set(a.Ahead)
			c.gate.thaw()
			c.bot.RingAll()
			return nil, nil
		})
	}
	return nil, fmt.Errorf("no call %q", f.Call)
}

// hook kills this process at the call of the store that it is doomed at.
func (c *childBot) hook(_ context.Context, call string, do func() error) error {
	c.mu.Lock()
	ripe := false
	if c.doom.strikesIn(inStore) && c.doom.Call == call {
		c.calls++
		ripe = c.calls == c.doom.N
	}
	d := c.doom
	c.mu.Unlock()
	if ripe && d.When == before {
		d.carryOut()
	}
	err := do()
	if ripe && d.When == after {
		d.carryOut()
	}
	return err
}

// carryOut signals the process itself. SIGKILL it does not outlive, whatever other goroutines are at.
func (d doom) carryOut() {
	if err := syscall.Kill(os.Getpid(), d.Signal); err != nil {
		panic(err)
	}
	if d.Signal == syscall.SIGKILL {
		select {}
	}
}

// gate keeps anybody from claiming while the store's clock is wound, and the clock from being wound while anybody here
// holds something. So time passes only for the leases and claims of the dead, as it does for real: whoever lives holds a
// claim for milliseconds, and a lease or claim runs out after ten or thirty seconds.
type gate struct {
	mu       sync.Mutex
	changed  chan struct{} // closed and replaced when something changes
	frozen   bool
	caughtUp bool
	held     map[string]bool // by worker
}

func newGate() *gate { return &gate{changed: make(chan struct{}), held: map[string]bool{}} }

func (g *gate) change(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
	close(g.changed)
	g.changed = make(chan struct{})
}

// enter is called before a worker claims. It has given up what it claimed before.
func (g *gate) enter(ctx context.Context, worker string) error {
	for {
		g.mu.Lock()
		if !g.frozen {
			g.held[worker] = true
			g.mu.Unlock()
			return nil
		}
		delete(g.held, worker)
		close(g.changed)
		g.changed = make(chan struct{})
		changed := g.changed
		g.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", storage.ErrUnavailable, ctx.Err())
		}
	}
}

func (g *gate) leave(worker string) { g.change(func() { delete(g.held, worker) }) }

var errBusyChild = errors.New("something is held")

// freeze waits until nothing is held. Nothing can be claimed from then on.
func (g *gate) freeze() error {
	g.change(func() { g.frozen = true })
	late := time.NewTimer(200 * time.Millisecond)
	defer late.Stop()
	for {
		g.mu.Lock()
		idle, changed := len(g.held) == 0 && g.caughtUp, g.changed
		g.mu.Unlock()
		if idle {
			return nil
		}
		select {
		case <-changed:
		case <-late.C:
			g.thaw()
			return errBusyChild
		}
	}
}

func (g *gate) thaw() { g.change(func() { g.frozen = false }) }

// gatedStore is a store before which stands a gate.
type gatedStore struct {
	storage.Store
	gate *gate
}

func (s gatedStore) Accept(ctx context.Context, rows ...storage.Row) error {
	err := s.Store.Accept(ctx, rows...)
	if err == nil && len(rows) > 0 && rows[0].Event.Verb == "away" {
		s.gate.change(func() { s.gate.caughtUp = true })
	}
	return err
}

func (s gatedStore) Claim(ctx context.Context, worker string) (storage.Lane, error) {
	if err := s.gate.enter(ctx, worker); err != nil {
		return storage.Lane{}, err
	}
	lane, err := s.Store.Claim(ctx, worker)
	if err != nil {
		s.gate.leave(worker)
	}
	return lane, err
}

func (s gatedStore) Release(ctx context.Context, lane storage.Lane, rest time.Duration) error {
	defer s.gate.leave(lane.Worker)
	return s.Store.Release(ctx, lane, rest)
}

func (s gatedStore) ClaimEffect(ctx context.Context, worker string) (storage.Claim, error) {
	if err := s.gate.enter(ctx, worker); err != nil {
		return storage.Claim{}, err
	}
	c, err := s.Store.ClaimEffect(ctx, worker)
	if err != nil {
		s.gate.leave(worker)
	}
	return c, err
}

func (s gatedStore) Settle(ctx context.Context, c storage.Claim, to storage.Settlement) error {
	err := s.Store.Settle(ctx, c, to)
	if err == nil {
		s.gate.leave(c.Worker)
	}
	return err
}

// remoteChat is the chat as the process sees it: in another one.
type remoteChat struct {
	peer *peer

	mu      sync.RWMutex // read-held while events are handed over
	handler adapters.Handler
}

var _ adapters.Chat = (*remoteChat)(nil)

var errNotConnected = errors.New("not connected")

func (c *remoteChat) hand(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.handler == nil {
		return conversations.Answer{}, errNotConnected
	}
	return c.handler.Handle(ctx, e)
}

func (c *remoteChat) connect(h adapters.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handler = h
}

func (*remoteChat) Name() string { return "local" }

// Run takes events until the context ends, and answers those it has taken.
func (c *remoteChat) Run(ctx context.Context, h adapters.Handler) error {
	c.connect(h)
	defer c.connect(nil)
	if err := c.peer.call(ctx, "Connected", time.Time{}, nil, nil, nil); err != nil && ctx.Err() == nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (c *remoteChat) ask(ctx context.Context, call string, args, result any) error {
	return c.peer.call(ctx, call, time.Time{}, args, result, nil)
}

func (c *remoteChat) Workspaces(ctx context.Context) (all []string, err error) {
	err = c.ask(ctx, "Workspaces", nil, &all)
	return all, err
}

func (c *remoteChat) Places(ctx context.Context) (all []conversations.Place, err error) {
	err = c.ask(ctx, "Places", nil, &all)
	return all, err
}

func (c *remoteChat) Send(ctx context.Context, m conversations.Message) (r conversations.Result, err error) {
	err = c.ask(ctx, "Send", m, &r)
	return r, err
}

func (c *remoteChat) Find(ctx context.Context, m conversations.Message) (adapters.Found, conversations.Result, error) {
	var f findResult
	err := c.ask(ctx, "Find", m, &f)
	return f.Found, f.Result, err
}

func (c *remoteChat) Read(ctx context.Context, p conversations.Place, part conversations.Stretch) (page adapters.Page, err error) {
	err = c.ask(ctx, "Read", readArgs{p, part}, &page)
	return page, err
}

func (c *remoteChat) Message(ctx context.Context, ref conversations.MessageRef) (s conversations.Snapshot, err error) {
	err = c.ask(ctx, "Message", ref, &s)
	return s, err
}

func (c *remoteChat) User(ctx context.Context, workspace, id string) (p conversations.Person, err error) {
	err = c.ask(ctx, "User", userArgs{workspace, id}, &p)
	return p, err
}

func (c *remoteChat) CanSee(ctx context.Context, user string, p conversations.Place) (can bool, err error) {
	err = c.ask(ctx, "CanSee", seeArgs{user, p}, &can)
	return can, err
}

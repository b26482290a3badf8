// Package bot carries events in and effects out. It knows no platform and no database, only their ports, and leaves
// every decision to the rules in package conversations. The way of everything that happens:
//
//  1. A platform tells its adapter, which makes a conversations.Event of it and calls Handle.
//  2. Handle asks the rules whom it concerns. Nobody: it is forgotten, and the adapter acknowledges.
//  3. Else one row for each subject is made durable by storage.Accept; only then does the adapter acknowledge.
//  4. A worker claims a lane of rows and loads the subject and the facts that its step needs.
//  5. The rules step: subject, event and facts in, subject and effects out.
//  6. The worker saves both in one conditional write and finishes the rows. Changed by somebody else: it steps again.
//  7. A deliverer claims the oldest effect of a subject and destination, renders it and sends it.
//  8. What came of it is accepted as one more event, and the effect is settled.
//
// Time takes the same way: a subject whose Due has come is stepped with an event of kind Ticked.
//
// Nothing that matters is kept in memory: whatever dies, whenever, is done again by another, and doing it again changes
// nothing. Any number of bots may share a store.
package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/prometheus/client_golang/prometheus"
)

// Options are what a bot is made of. Only Store is required.
type Options struct {
	Store      storage.Store
	Chats      []adapters.Chat
	Now        func() time.Time // the clock of everything people see and of what is due; default: time.Now
	Zone       *time.Location   // of workspaces that have set none; default: UTC
	Log        *slog.Logger     // default: nothing is logged
	Workers    int              // how many lanes are stepped at once; default: 32
	Deliverers int              // how many effects are carried out at once; default: 32
	Name       string           // begins the names of this bot's claims, another in each process; default: random
	Registry   prometheus.Registerer
	Admins     []string  // ids of people who count as admins, beside those that their platform says are
	Audit      io.Writer // every entry of the audit as a line of JSON, too; default: nowhere
}

// Bot is the one between chats and store. New makes one.
type Bot struct {
	store    storage.Store
	chats    []adapters.Chat
	now      func() time.Time
	zone     *time.Location
	log      *slog.Logger
	name     string
	workers  int
	senders  int
	metrics  *metrics
	people   people
	settings settings
	threads  threads
	admins   []string
	audit    witness
	faults   faults
	missed   missed

	work    bell // something was accepted
	deliver bell // an effect was saved

	starting atomic.Bool // Run has not found the store ready yet
	mu       sync.Mutex
	broken   map[string]error // chats that gave up, by name
}

var _ adapters.Handler = (*Bot)(nil)

// atOnce is how many goroutines do each kind of work. They wait most of the time: for a platform, or for a commit, which
// is one wait for the disk however many share it.
const atOnce = 32

// New makes a bot. It does nothing before Run, Handle, Drain or Tick is called.
func New(o Options) *Bot {
	b := &Bot{
		store:   o.Store,
		chats:   o.Chats,
		zone:    o.Zone,
		log:     o.Log,
		name:    o.Name,
		admins:  o.Admins,
		workers: o.Workers,
		senders: o.Deliverers,
		metrics: newMetrics(o.Registry),
		broken:  map[string]error{},
	}
	b.audit.w = o.Audit
	clock := o.Now
	if clock == nil {
		clock = time.Now
	}
	b.now = func() time.Time { return milli(clock()) }
	if b.zone == nil {
		b.zone = time.UTC
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.name == "" {
		b.name = strings.ToLower(rand.Text()[:8])
	}
	if b.workers <= 0 {
		b.workers = atOnce
	}
	if b.senders <= 0 {
		b.senders = atOnce
	}
	b.work, b.deliver = newBell(b.workers), newBell(b.senders)
	return b
}

// Ready is nil when events can be taken in: the store is there, and every chat works as configured. It asks the store.
func (b *Bot) Ready() error {
	if b.starting.Load() {
		return errStarting
	}
	if err := b.brokenChats(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), handleBound)
	defer cancel()
	if err := b.store.Ready(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// brokenChats says which chats gave up and why.
func (b *Bot) brokenChats() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, c := range b.chats {
		if err := b.broken[c.Name()]; err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.Name(), err))
		}
	}
	return errors.Join(errs...)
}

var errStarting = fmt.Errorf("the bot is starting: %w", storage.ErrUnavailable)

// How long each step of stopping may take. Together they stay within ten seconds, which is what supervisors give.
const (
	stopIntake  = 3 * time.Second
	stopWorkers = 3 * time.Second
	stopCatchUp = time.Second
	stopCron    = time.Second
	stopOutbox  = 2 * time.Second
)

// Run brings events in and effects out until the context ends. While the store is away at the start, the chats run
// already and are told that nothing can be saved; everything else begins when it answers. Run then stops what it started,
// in order and each step for a bounded time: intake, workers, cron, and after one last pass over the outbox the
// deliverers. The store stays open: whoever opened it closes it.
//
// The error is nil when the context ended it. It is storage.ErrNewer when the database is too new for this program, and
// what a chat said when no chat is left that can work.
func (b *Bot) Run(ctx context.Context) error {
	b.starting.Store(true)
	over, end := context.WithCancelCause(ctx)
	defer end(nil)

	intake := b.startChats(over, end)
	stops := []stop{intake}
	if err := b.awaitStore(over); err == nil {
		b.starting.Store(false)
		workers := b.startLoops(b.workers, "work", b.work, b.workOnce, false)
		deliverers := b.startLoops(b.senders, "deliver", b.deliver, b.deliverOnce, true)
		metronome := b.startCron()
		stops = append(stops, b.startCatchUp(over), workers, metronome, deliverers)
		<-over.Done()
	} else if errors.Is(err, storage.ErrNewer) {
		end(err)
	}
	for _, s := range stops {
		b.stop(s)
	}
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(over)
}

// stop is one step of stopping.
type stop struct {
	name  string
	bound time.Duration
	begin func()          // asks it to end
	done  <-chan struct{} // closed when it has
	force func()          // cuts it off when it has not ended in time
}

func (b *Bot) stop(s stop) {
	s.begin()
	late := time.NewTimer(s.bound)
	defer late.Stop()
	select {
	case <-s.done:
	case <-late.C:
		b.log.Error("a step of stopping took too long and was cut off", "err", fmt.Errorf("%s did not end within %v", s.name, s.bound))
	}
	s.force()
}

// awaitStore waits until the store is ready. Only a database that is too new, or the end of the context, ends it before.
func (b *Bot) awaitStore(ctx context.Context) error {
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		try, cancel := context.WithTimeout(ctx, storeBound)
		err := b.store.Ready(try)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if errors.Is(err, storage.ErrNewer) {
			return fmt.Errorf("this program is older than its database; start the newer one again, or restore a backup from before: %w", err)
		}
		b.log.Warn("the store is not ready", "err", err)
		if !wait(ctx, nil, pause) {
			return ctx.Err()
		}
	}
}

// startChats runs every chat. One that gives up makes the bot unready; when the last one has, the bot ends.
func (b *Bot) startChats(over context.Context, end context.CancelCauseFunc) stop {
	ctx, cancel := context.WithCancel(over)
	var all sync.WaitGroup
	left := len(b.chats)
	for _, c := range b.chats {
		all.Go(func() {
			err := c.Run(ctx, b)
			if ctx.Err() != nil {
				return
			}
			if err == nil {
				err = errors.New("ended by itself")
			}
			b.log.Error("a chat has given up", "platform", c.Name(), "err", err)
			b.mu.Lock()
			defer b.mu.Unlock()
			b.broken[c.Name()] = err
			if left--; left == 0 {
				end(fmt.Errorf("%s: %w", c.Name(), err))
			}
		})
	}
	return stop{name: "intake", bound: stopIntake, begin: cancel, done: closedAfter(&all), force: func() {}}
}

// startLoops starts n goroutines that do a kind of work whenever there is some. Asked to stop, each ends what it has in
// hand; with last, it also goes on until nothing is left that can be done now.
func (b *Bot) startLoops(n int, name string, woken bell, once func(context.Context, string) (bool, error), last bool) stop {
	ctx, cut := context.WithCancel(context.Background())
	stopping := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		l := loop{b: b, name: b.name + "-" + name + strconv.Itoa(i), woken: woken, stopping: stopping, once: once, last: last}
		all.Go(func() { l.run(ctx) })
	}
	bound := stopWorkers
	if last {
		bound = stopOutbox
	}
	return stop{name: name, bound: bound, begin: func() { close(stopping) }, done: closedAfter(&all), force: cut}
}

// loop does one kind of work for ever.
type loop struct {
	b        *Bot
	name     string
	woken    bell
	stopping <-chan struct{}
	once     func(context.Context, string) (bool, error)
	last     bool
}

// How long is waited after an error of the store, at first and at most.
const (
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second
)

func (l loop) run(ctx context.Context) {
	pause := retryFirst
	for ctx.Err() == nil {
		stopping := isClosed(l.stopping)
		if stopping && !l.last {
			return
		}
		did, err := l.once(ctx, l.name)
		switch {
		case err != nil:
			if stopping {
				return
			}
			l.b.log.Warn("work was interrupted and is tried again", "err", err)
			wait(ctx, l.stopping, pause)
			pause = min(2*pause, retryMost)
			continue
		case !did && stopping:
			return
		case !did:
			select {
			case <-l.woken:
			case <-l.stopping:
			case <-ctx.Done():
			}
		}
		pause = retryFirst
	}
}

// CatchUp asks every workspace to read back what happened while the bot was away. Run does it at the start; a chat that
// was cut off later sends such events itself.
func (b *Bot) CatchUp(ctx context.Context) error {
	for _, c := range b.chats {
		if err := b.catchUp(ctx, c); err != nil {
			return fmt.Errorf("catch up with %s: %w", c.Name(), err)
		}
	}
	return nil
}

func (b *Bot) catchUp(ctx context.Context, c adapters.Chat) error {
	asking, cancel := context.WithTimeout(ctx, placesBound)
	defer cancel()
	workspaces, err := c.Workspaces(asking)
	if err != nil {
		return err
	}
	var rows []storage.Row
	for _, w := range workspaces {
		rows = append(rows, rowFor(conversations.Away(w, time.Time{}, b.now())))
	}
	return b.accept(ctx, rows...)
}

// startCatchUp is CatchUp for chats that may take a while to connect.
func (b *Bot) startCatchUp(over context.Context) stop {
	ctx, cancel := context.WithCancel(over)
	var all sync.WaitGroup
	for _, c := range b.chats {
		all.Go(func() {
			for pause := retryFirst; b.catchUp(ctx, c) != nil; pause = min(2*pause, retryMost) {
				if !wait(ctx, nil, pause) {
					return
				}
			}
		})
	}
	return stop{name: "catch up", bound: stopCatchUp, begin: cancel, done: closedAfter(&all), force: func() {}}
}

// Drain does everything that can be done now, one thing after the other in a fixed order: what was accepted, then what
// is to be delivered, then what is due. It returns when nothing is left that can be claimed without time passing, or
// with the first error of the store. It is Run without goroutines: for tests, and for playing a transcript.
func (b *Bot) Drain(ctx context.Context) error {
	for {
		did, err := b.drainOnce(ctx)
		if err != nil || !did {
			return err
		}
	}
}

func (b *Bot) drainOnce(ctx context.Context) (bool, error) {
	if did, err := b.workOnce(ctx, b.name+"-work"); did || err != nil {
		return did, err
	}
	if did, err := b.deliverOnce(ctx, b.name+"-deliver"); did || err != nil {
		return did, err
	}
	ticked, err := b.sweep(ctx, b.now(), 1)
	return ticked > 0, err
}

// Tick ticks every subject that is due at the given moment.
func (b *Bot) Tick(ctx context.Context, now time.Time) error {
	_, err := b.sweep(ctx, milli(now), math.MaxInt)
	return err
}

// chat is the platform of a workspace or of any other key; nil when it is not configured.
func (b *Bot) chat(key string) adapters.Chat {
	name, _, _ := strings.Cut(key, "/")
	for _, c := range b.chats {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// accept makes rows durable and wakes the workers, in bounded time.
func (b *Bot) accept(ctx context.Context, rows ...storage.Row) error {
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	return b.insert(ctx, rows)
}

// insert is accept for whoever has a bound already.
func (b *Bot) insert(ctx context.Context, rows []storage.Row) error {
	if len(rows) == 0 {
		return nil
	}
	if err := b.store.Accept(ctx, rows...); err != nil {
		return fmt.Errorf("accept %s: %w", rows[0].Event.Key, err)
	}
	b.work.ring(len(rows))
	return nil
}

func rowFor(a conversations.Addressed) storage.Row {
	return storage.Row{Subject: a.Subject, Lane: a.Event.Lane(a.Subject), Event: normal(a.Event)}
}

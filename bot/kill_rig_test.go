//go:build unix

package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// doom is when a process is to be signalled.
type doom struct {
	Side   doomSide
	Call   string
	N      int // the how manieth of these calls
	When   when
	Wait   time.Duration // after this it comes in any case
	Signal syscall.Signal
}

// doomSide says where the moment is noticed.
type doomSide int

const (
	none    doomSide = iota
	byTime           // some time after the doom was given
	inChat           // at a call between the process and the chat: the chat does it
	inStore          // at a call of its store: the process does it to itself
)

// when is the moment within a call.
type when string

const (
	before  when = "before it is carried out"
	after   when = "after it was carried out, before the answer"
	replied when = "after the answer"

	asked    when = "while it is asked"               // Handle
	unheard  when = "after its answer, which is lost" // Handle
	accepted when = "after its answer"                // Handle
)

func (d doom) String() string {
	if d.Side == byTime {
		return "some time"
	}
	return d.Call + " " + string(d.When)
}

// Calls at which processes are signalled, the more often named the more often.
var (
	chatCalls  = strings.Fields("Handle Handle Handle Handle Send Send Send Send Send Send Message Message Read User Places Find CanSee")
	storeCalls = strings.Fields("Accept Accept Accept Claim Claim Load Save Save Save Finish Finish Release Release ClaimEffect " +
		"ClaimEffect ClaimEffect Settle Settle Settle Settle Route Keep Number Due Ready")
)

// rig runs bots in processes of their own, and ends them. To the stage it is the bot.
type rig struct {
	spec     spec
	signal   syscall.Signal
	replicas int
	chat     *local.Chat
	people   *local.Clock
	clock    windable      // the store's
	store    storage.Store // the rig's own connection, to look

	running sync.Mutex // held while processes are started and while the clock is wound
	mu      sync.Mutex
	rand    *rand.Rand
	alive   []*child
	born    int
	over    bool
	ending  sync.WaitGroup // of the processes
	allow   int            // how many more may be killed before the block has settled
	kills   map[string]int // that were carried out, by moment
	broken  error          // what must not happen
	drops   int            // private answers that were given up in doubt, as the bots say
	longest time.Duration  // that the clock was wound at once
	cutOff  bool           // a step of stopping was
	log     []string
	waits   int         // looks at something that could be claimed
	unsaved atomic.Bool // an act was not acknowledged since this was last looked at
}

// child is one process.
type child struct {
	rig    *rig
	name   string
	cmd    *exec.Cmd
	peer   *peer
	stderr bytes.Buffer
	ready  atomic.Bool
	reaped chan struct{} // closed when it has exited

	mu    sync.Mutex
	doom  doom
	own   doom           // the last that it was to carry out itself
	calls int            // of the sort the doom waits for
	ended syscall.Signal // that was sent to it
	late  *time.Timer    // runs when it is told to stop
	dead  bool
}

const (
	quietBound = 90 * time.Second // of all that is done between two lines
	stopBound  = 15 * time.Second // of a process that is told to stop: ten by its own rules
	glance     = 2 * time.Millisecond
)

func (r *rig) do(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func (r *rig) fail(format string, args ...any) {
	r.do(func() {
		if r.broken == nil {
			r.broken = fmt.Errorf(format, args...)
		}
	})
}

func (r *rig) failure() (err error) {
	r.do(func() { err = r.broken })
	return err
}

// start starts a process. With jump some time passes by the store's clock before, as it does where nobody is in a hurry.
func (r *rig) start(jump bool) error {
	r.running.Lock()
	defer r.running.Unlock()
	c := &child{rig: r, reaped: make(chan struct{})}
	r.do(func() {
		r.born++
		c.name = fmt.Sprint("bot", r.born)
		if jump && len(r.alive) == 0 {
			r.clock.wind([]time.Duration{0, 0, time.Second, storage.LeaseTTL, storage.EffectTTL}[r.rand.IntN(5)])
		}
	})
	s := r.spec
	s.Name, s.Now, s.Ahead, s.Doom = c.name, r.people.Now(), r.clock.aheadOf(), r.condemn(c)
	encoded, err := json.Marshal(s)
	if err != nil {
		return err
	}
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(os.Environ(), childSpec+"="+string(encoded))
	c.cmd.Stderr = &c.stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, childsOut, err := os.Pipe() // not StdoutPipe: what the dead had said is read to the end
	if err != nil {
		return err
	}
	c.cmd.Stdout = childsOut
	c.peer = newPeer(in)
	err = c.cmd.Start()
	childsOut.Close()
	if err != nil {
		out.Close()
		return err
	}
	over := false
	r.do(func() {
		r.alive, over = append(r.alive, c), r.over
		r.ending.Add(1)
	})
	go func() {
		c.peer.listen(out, c.serve, c.logged)
		out.Close()
	}()
	exited := make(chan error, 1)
	go func() {
		exited <- c.cmd.Wait()
		close(c.reaped)
	}()
	go func() {
		defer r.ending.Done()
		<-c.reaped
		<-c.peer.gone
		c.peer.serving.Wait()
		c.buried(<-exited)
	}()
	c.expire(s.Doom)
	if over {
		c.strike(doom{Signal: syscall.SIGTERM})
	}
	return nil
}

// buried judges how a process ended, and starts another in its place.
func (c *child) buried(err error) {
	r := c.rig
	c.mu.Lock()
	sent, d := c.ended, c.doom
	c.dead = true
	if c.late != nil {
		c.late.Stop()
	}
	c.mu.Unlock()
	state, _ := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if sent != syscall.SIGKILL && c.own.Side != none && (sent == 0 || state.Signaled()) { // it did it itself
		sent, d = c.own.Signal, c.own
		r.do(func() { r.kills[d.String()]++; r.allow-- })
	}
	said := c.stderr.String()
	killed := state.Signaled() && state.Signal() == syscall.SIGKILL
	stopped := err == nil || !c.ready.Load() && state.Signaled() && state.Signal() == syscall.SIGTERM // it had hardly begun
	if (sent != syscall.SIGKILL || !killed) && (sent != syscall.SIGTERM || !stopped) || strings.Contains(said, "DATA RACE") {
		r.fail("%s ended with %v, after signal %q at %s; it said:\n%s", c.name, err, sent, d, said)
	}
	over := false
	r.do(func() {
		r.alive = slices.DeleteFunc(r.alive, func(a *child) bool { return a == c })
		over = r.over
	})
	if over {
		return
	}
	if err := r.start(true); err != nil {
		r.fail("start a process: %w", err)
	}
}

func (c *child) logged(line string) {
	c.rig.do(func() {
		if strings.Contains(line, "a private answer may not have arrived and is not repeated") {
			c.rig.drops++
		}
		if strings.Contains(line, "took too long and was cut off") {
			c.rig.cutOff = true
		}
		c.rig.log = append(c.rig.log, c.name+": "+strings.TrimSpace(line))
	})
}

// strike signals the process. When it was SIGKILL, it is dead and buried when this returns; what it had asked for before
// may still be on its way.
func (c *child) strike(d doom) {
	c.mu.Lock()
	first := c.ended == 0 && !c.dead
	if first {
		c.ended = d.Signal
		if d.Signal == syscall.SIGTERM {
			c.late = time.AfterFunc(stopBound, func() { _ = c.cmd.Process.Signal(syscall.SIGQUIT) }) // it says where it is stuck
		}
	}
	c.mu.Unlock()
	if first && c.cmd.Process.Signal(d.Signal) == nil && d.Side != none { // an error: it has ended
		c.rig.do(func() { c.rig.kills[d.String()]++; c.rig.allow-- })
	}
	if d.Signal == syscall.SIGKILL {
		<-c.reaped
	}
}

// hit strikes when the process is doomed at this moment.
func (c *child) hit(call string, w when) bool {
	c.mu.Lock()
	d := c.doom
	ripe := d.strikesIn(inChat) && d.is(call, w)
	if ripe {
		c.calls++
		ripe = c.calls == d.N
	}
	c.mu.Unlock()
	if ripe {
		c.strike(d)
	}
	return ripe && d.Signal == syscall.SIGKILL
}

// serve is the chat's end of a call.
func (c *child) serve(f frame) {
	if c.hit(f.Call, before) {
		return
	}
	result, err := c.carryOut(f)
	if c.hit(f.Call, after) {
		return
	}
	if c.peer.answer(f, result, err) == nil {
		c.hit(f.Call, replied)
	}
}

func (c *child) carryOut(f frame) (any, error) {
	ctx, chat := context.Background(), c.rig.chat
	switch f.Call {
	case "Connected":
		c.ready.Store(true)
		return nil, nil
	case "Workspaces":
		return with(f, func(any) ([]string, error) { return chat.Workspaces(ctx) })
	case "Places":
		return with(f, func(any) ([]conversations.Place, error) { return chat.Places(ctx) })
	case "Send":
		return with(f, func(m conversations.Message) (conversations.Result, error) { return chat.Send(ctx, m) })
	case "Find":
		return with(f, func(m conversations.Message) (findResult, error) {
			found, result, err := chat.Find(ctx, m)
			return findResult{found, result}, err
		})
	case "Read":
		return with(f, func(a readArgs) (any, error) { return chat.Read(ctx, a.Place, a.Part) })
	case "Message":
		return with(f, func(ref conversations.MessageRef) (any, error) { return chat.Message(ctx, ref) })
	case "User":
		return with(f, func(a userArgs) (any, error) { return chat.User(ctx, a.Workspace, a.ID) })
	case "CanSee":
		return with(f, func(a seeArgs) (bool, error) { return chat.CanSee(ctx, a.User, a.Place) })
	}
	return nil, fmt.Errorf("no call %q", f.Call)
}

// condemn gives a process its doom, or another one, if more are to die in this block. Of several replicas one has a doom
// at a time, so that another lives to take over.
func (r *rig) condemn(c *child) (d doom) {
	r.do(func() {
		if r.allow <= 0 || r.over {
			return
		}
		for _, other := range r.alive {
			if other != c && (other.doomed() || !other.ready.Load()) {
				return
			}
		}
		d = r.draw()
	})
	if d.Side == none {
		return d
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doom, c.calls = d, 0
	if d.Side == inStore {
		c.own = d
	}
	return d
}

// expire strikes when the moment of a doom has not come in time.
func (c *child) expire(d doom) {
	if d.Side != none {
		time.AfterFunc(d.Wait, func() { c.strike(doom{Side: byTime, Signal: d.Signal}) })
	}
}

func (c *child) doomed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doom.Side != none || c.ended != 0
}

// draw draws a doom. The rig is locked.
func (r *rig) draw() doom {
	one := func(of []string) string { return of[r.rand.IntN(len(of))] }
	d := doom{Signal: r.signal, N: 1 + r.rand.IntN(1+r.rand.IntN(3)), Wait: time.Duration(150_000+r.rand.IntN(300_000)) * time.Microsecond}
	switch n := r.rand.IntN(10); {
	case n < 2:
		d.Side, d.Wait = byTime, d.Wait/8
	case n < 6:
		d.Side, d.Call = inChat, one(chatCalls)
		moments := []when{before, after, replied}
		if d.Call == "Handle" {
			moments = []when{asked, unheard, accepted}
		}
		d.When = moments[r.rand.IntN(3)]
	default:
		d.Side, d.Call = inStore, one(storeCalls)
		d.When = []when{before, after}[r.rand.IntN(2)]
	}
	return d
}

// more says how many more may be killed before the next block has settled.
func (r *rig) more(n int) {
	var all []*child
	r.do(func() {
		r.allow, all = n, slices.Clone(r.alive)
		r.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	})
	for _, c := range all {
		if !c.ready.Load() {
			continue
		}
		d := r.condemn(c)
		c.expire(d)
		if d.Side == inStore {
			go func() { _ = c.peer.call(context.Background(), "Doom", r.people.Now(), d, nil, nil) }() // an error: it is dead
		}
	}
}

func (r *rig) killed() (n int) {
	r.do(func() {
		for _, times := range r.kills {
			n += times
		}
	})
	return n
}

var errUnacknowledged = errors.New("not acknowledged")

// Handle gives an event to one of the processes. Whatever is not acknowledged is an error: the platform brings it again.
func (r *rig) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	answer, err := r.hand(ctx, e)
	switch e.Kind {
	case conversations.Clicked, conversations.Commanded, conversations.Submitted:
		if err != nil {
			r.unsaved.Store(true)
		}
	}
	return answer, err
}

func (r *rig) hand(ctx context.Context, e conversations.Event) (answer conversations.Answer, err error) {
	var c *child
	r.do(func() {
		up := slices.DeleteFunc(slices.Clone(r.alive), func(c *child) bool { return !c.ready.Load() })
		if len(up) > 0 {
			c = up[r.rand.IntN(len(up))]
		}
	})
	if c == nil {
		return answer, errUnacknowledged
	}
	err = c.peer.call(ctx, "Handle", r.people.Now(), e, &answer, func() { c.hit("Handle", asked) })
	if err != nil {
		return conversations.Answer{}, err
	}
	if c.hit("Handle", unheard) {
		return conversations.Answer{}, errUnacknowledged
	}
	c.hit("Handle", accepted)
	return answer, nil
}

// Tick implements local.Bot. The processes' own beats tick, too; this saves waiting for them.
func (r *rig) Tick(ctx context.Context, now time.Time) error {
	return r.until(ctx, "tick", func() bool {
		var c *child
		r.do(func() {
			if len(r.alive) > 0 {
				c = r.alive[0]
			}
		})
		return c != nil && c.ready.Load() && c.peer.call(ctx, "Tick", now, nil, nil, nil) == nil
	})
}

// Drain implements local.Bot: it waits until nothing is left to do. Where something waits for time to pass by the store's
// clock, and nobody who lives holds anything, the clock is wound.
func (r *rig) Drain(ctx context.Context) error {
	return r.until(ctx, "come to rest", func() bool { return r.chat.Redeliver(ctx) == 0 && r.atRest(ctx) })
}

// connected waits until all processes take events.
func (r *rig) connected(ctx context.Context) error {
	return r.until(ctx, "start", func() bool {
		up := 0
		r.do(func() {
			for _, c := range r.alive {
				if c.ready.Load() {
					up++
				}
			}
		})
		return up == r.replicas
	})
}

// until looks again and again whether something is so.
func (r *rig) until(ctx context.Context, what string, so func() bool) error {
	late := time.NewTimer(quietBound)
	defer late.Stop()
	look := time.NewTicker(glance)
	defer look.Stop()
	for !so() {
		if err := r.failure(); err != nil {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return fmt.Errorf("the bots did not %s within %s", what, quietBound)
		}
	}
	return r.failure()
}

func (r *rig) atRest(ctx context.Context) bool {
	next, err := r.store.Next(ctx)
	if err != nil {
		return false
	}
	if !next.IsZero() && !next.After(r.store.Now()) {
		if r.waits++; r.waits%20 == 0 { // what became free while they slept waits for the beat, a second at most; this does not
			r.ring(ctx)
		}
		return false
	}
	r.waits = 0
	r.running.Lock()
	defer r.running.Unlock()
	var all []*child
	r.do(func() { all = slices.Clone(r.alive) })
	if len(all) < r.replicas {
		return false
	}
	defer func() {
		for _, c := range all {
			_ = c.peer.call(ctx, "Thaw", r.people.Now(), windArgs{r.clock.aheadOf()}, nil, nil) // an error: it is dead
		}
	}()
	for _, c := range all {
		if c.peer.call(ctx, "Freeze", r.people.Now(), nil, nil, nil) != nil {
			return false
		}
	}
	next, err = r.store.Next(ctx)
	if err != nil {
		return false
	}
	if by := next.Sub(r.store.Now()); !next.IsZero() && by > 0 {
		r.clock.wind(by + time.Millisecond)
		r.do(func() { r.longest = max(r.longest, by) })
	}
	return next.IsZero()
}

// ring wakes the workers and deliverers of all processes.
func (r *rig) ring(ctx context.Context) {
	var all []*child
	r.do(func() { all = slices.Clone(r.alive) })
	for _, c := range all {
		if c.ready.Load() {
			_ = c.peer.call(ctx, "Ring", r.people.Now(), nil, nil, nil) // an error: it is dead
		}
	}
}

// Close tells all processes to stop, and waits for them.
func (r *rig) Close() error {
	var all []*child
	r.do(func() { r.over, all = true, slices.Clone(r.alive) })
	for _, c := range all {
		c.strike(doom{Signal: syscall.SIGTERM})
	}
	r.ending.Wait()
	return nil
}

package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// What platforms leave us: Slack takes three seconds for a failure, so does Discord. A store returns soon after its time is
// over, whatever its database does.
const (
	handleBound    = 2 * time.Second         // for everything before the acknowledgement
	atOnceBound    = 1500 * time.Millisecond // for an answer that only reads
	handleAskBound = 500 * time.Millisecond  // for names from the platform, meanwhile
)

// Handle takes one event in. It implements adapters.Handler.
func (b *Bot) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	var answer conversations.Answer
	err := b.guard(func() (err error) {
		answer, err = b.handle(ctx, normal(conversations.AsCommand(e)))
		return err
	})
	if err != nil {
		b.miss(e, err)
		b.log.Warn("an event was not taken in", "platform", platform(e.Key), "event", e.Key, "err", err)
		return conversations.Answer{}, err
	}
	return answer, nil
}

func (b *Bot) handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, handleBound)
	defer cancel()
	if e.At.IsZero() {
		e.At = b.now() // Discord's reactions tell no time: that of taking them in stands for it
	}
	settings, err := b.settingsToRoute(ctx, e)
	if err != nil {
		return conversations.Answer{}, err
	}
	routing := conversations.Route(e, settings)
	if routing.AtOnce {
		return b.respond(ctx, e)
	}
	if routing.Check {
		if answer, ok, err := b.check(ctx, e); err != nil || !ok {
			return answer, err
		}
	}
	found, err := b.lookUp(ctx, routing)
	if err != nil {
		return conversations.Answer{}, err
	}
	subjects, answer := routing.Subjects(e, settings, found)
	return answer, b.take(ctx, e, subjects)
}

// settingsToRoute are the settings by which the event is routed. Only what a reaction means and which channels are joined
// hangs on them; for anything else the store is not asked, so that chatter is acknowledged while it is away.
func (b *Bot) settingsToRoute(ctx context.Context, e conversations.Event) (conversations.Settings, error) {
	if e.Kind != conversations.Reacted && e.Kind != conversations.Named {
		return b.settings.known(e.Where.Workspace), nil
	}
	if b.starting.Load() {
		return conversations.Settings{}, errStarting
	}
	return b.settingsOf(ctx, e.Where.Workspace)
}

// respond answers an event that only reads.
func (b *Bot) respond(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, atOnceBound)
	defer cancel()
	facts, err := b.factsAtOnce(ctx, e, conversations.RespondNeeds)
	if err != nil {
		return conversations.Answer{}, err
	}
	return conversations.Respond(e, facts), nil
}

// check looks at what was typed before it is accepted. false: it is not, and the answer says why.
func (b *Bot) check(ctx context.Context, e conversations.Event) (conversations.Answer, bool, error) {
	facts, err := b.factsAtOnce(ctx, e, conversations.CheckNeeds)
	if err != nil {
		return conversations.Answer{}, false, err
	}
	answer, ok := conversations.Check(e, facts)
	return answer, ok, nil
}

func (b *Bot) factsAtOnce(ctx context.Context, e conversations.Event, needs func(conversations.Event, conversations.Facts) conversations.Needs) (conversations.Facts, error) {
	if b.starting.Load() {
		return conversations.Facts{}, errStarting
	}
	r := b.reader(e.Where.Workspace, e.Subject)
	r.patience, r.strict = handleAskBound, false // what is accepted is stepped with the facts it needs
	return r.gather(ctx, func(f conversations.Facts) conversations.Needs { return needs(e, f) })
}

// lookUp asks the store, once, which subjects have the addresses, unless it is known.
func (b *Bot) lookUp(ctx context.Context, r conversations.Routing) (map[string][]string, error) {
	if len(r.Addresses) == 0 {
		return nil, nil
	}
	if b.starting.Load() {
		return nil, errStarting
	}
	if r.Thread {
		if found := b.threads.of(r.Addresses[0]); found != nil {
			return found, nil
		}
	}
	hits, err := b.store.Route(ctx, r.Addresses)
	if err != nil {
		return nil, fmt.Errorf("route: %w", err)
	}
	found := map[string][]string{}
	for _, h := range hits {
		found[h.Address] = append(found[h.Address], h.Subject)
	}
	if r.Thread && len(hits) == 1 {
		b.threads.learn(r.Addresses[0], found)
	}
	return found, nil
}

// threads remembers whose the threads are in which people reply. A thread that is somebody's stays theirs, whichever
// replica asks; one that is nobody's may become a review's at any moment, so of those nothing is remembered.
type threads struct {
	mu    sync.Mutex
	found map[string]map[string][]string // by address, what was found: only to be read
}

// threadsMost bounds what is remembered. Beyond it everything is forgotten.
const threadsMost = 10_000

// of is what was found for the address; nil: it is not known.
func (t *threads) of(address string) map[string][]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.found[address]
}

func (t *threads) learn(address string, found map[string][]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.found == nil || len(t.found) >= threadsMost {
		t.found = map[string]map[string][]string{}
	}
	t.found[address] = found
}

// take makes the event durable for each subject it concerns.
func (b *Bot) take(ctx context.Context, e conversations.Event, subjects []string) error {
	if len(subjects) == 0 {
		return nil
	}
	if b.starting.Load() {
		return errStarting
	}
	rows := make([]storage.Row, 0, len(subjects))
	for _, s := range subjects {
		rows = append(rows, rowFor(conversations.Addressed{Subject: s, Event: e}))
	}
	return b.insert(ctx, rows)
}

// missed remembers since when events of a workspace could not be saved. A platform does not send again for ever, or at
// all, so what was written meanwhile is read back when the store has answered for a while. It dies with the process,
// whose next start reads back anyway.
type missed struct {
	mu    sync.Mutex
	since map[string]time.Time // by workspace, by the bot's clock
	last  time.Time
}

// missedQuiet is how long nothing may be missed before it is made up for: one reading for an outage, not one for each
// of its interruptions.
const missedQuiet = 10 * time.Second

// miss notes an event that was not saved, if reading back can make up for it.
func (b *Bot) miss(e conversations.Event, err error) {
	switch e.Kind {
	case conversations.Said, conversations.Edited, conversations.Deleted, conversations.Reacted:
	default:
		return
	}
	if !isTrouble(err) || e.Where.Workspace == "" {
		return
	}
	now := b.now()
	m := &b.missed
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since == nil {
		m.since = map[string]time.Time{}
	}
	if m.since[e.Where.Workspace].IsZero() {
		m.since[e.Where.Workspace] = now
	}
	m.last = now
}

// over returns what was missed, and forgets it, when the outage is over.
func (m *missed) over(now time.Time) map[string]time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.last) < missedQuiet {
		return nil
	}
	since := m.since
	m.since = nil
	return since
}

// makeUp asks the workspaces of which events were not saved to read back.
func (b *Bot) makeUp(ctx context.Context) error {
	now := b.now()
	var errs []error
	for workspace, since := range b.missed.over(now) {
		away := conversations.Away(workspace, since, now)
		if err := b.accept(ctx, rowFor(away)); err != nil {
			b.miss(conversations.Event{Kind: conversations.Said, At: since, Where: away.Event.Where}, err)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// readBack reads what was written in a place, page by page, and takes in what is new or differs. Everything it takes in
// has a natural key, so beginning again is harmless. It is done in slices of one claim's time each; in between, the
// place to go on from is remembered, else a platform that gives one page a minute would never be read to the end.
func (d *delivery) readBack(ctx context.Context) error {
	at := d.readings.get(d.effect.ID)
	for {
		page, err := d.page(ctx, at.cursor)
		switch {
		case errors.Is(err, errTooLate) && at.cursor != "":
			return d.later(ctx, time.Millisecond, "sliced")
		case errors.Is(err, adapters.ErrUnreadable), errors.Is(err, adapters.ErrUndeliverable):
			d.readings.forget(d.effect.ID)
			return d.giveUp(ctx, "it cannot be read", "refused")
		case err != nil:
			return d.again(ctx, err)
		}
		if err := d.takeIn(ctx, page.Messages); err != nil {
			return d.again(ctx, err)
		}
		if page.Covered.After(at.covered) {
			at.covered = page.Covered
		}
		at.cursor = page.Next
		if at.cursor == "" {
			return d.readTo(ctx, at.covered)
		}
		d.readings.put(d.effect.ID, at)
	}
}

func (d *delivery) page(ctx context.Context, cursor string) (page adapters.Page, err error) {
	err = d.call(ctx, func(ctx context.Context) (err error) {
		page, err = d.chat.Read(ctx, d.effect.Place, d.effect.At, cursor)
		return err
	})
	return page, err
}

// readTo ends the reading.
func (d *delivery) readTo(ctx context.Context, covered time.Time) error {
	e := d.result(conversations.ReadTo)
	e.Where = d.effect.Place
	if !covered.IsZero() {
		e.At = covered
	}
	if err := d.report(ctx, e); err != nil {
		return d.again(ctx, err)
	}
	d.readings.forget(d.effect.ID)
	return d.done(ctx, &storage.Ref{}, "read")
}

// takeIn compares a page of messages with what is stored, and accepts what is new or differs.
func (d *delivery) takeIn(ctx context.Context, messages []conversations.Snapshot) error {
	known, err := d.holdersOf(ctx, messages)
	if err != nil {
		return err
	}
	var rows []storage.Row
	for _, snap := range messages {
		snap = normalSnapshot(snap)
		for _, a := range conversations.Backread(snap, known.of(snap), d.now()) {
			rows = append(rows, rowFor(a))
		}
	}
	return d.accept(ctx, rows...)
}

// holders are the subjects that may hold one of the messages of a page.
type holders struct {
	byAddress map[string][]string
	loaded    map[string]conversations.Subject
}

func (d *delivery) holdersOf(ctx context.Context, messages []conversations.Snapshot) (holders, error) {
	h := holders{byAddress: map[string][]string{}, loaded: map[string]conversations.Subject{}}
	var names []string
	for _, snap := range messages {
		names = append(names, conversations.BackreadAddresses(snap)...)
	}
	if len(names) == 0 {
		return h, nil
	}
	routing, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	hits, err := d.store.Route(routing, names)
	if err != nil {
		return h, fmt.Errorf("route: %w", err)
	}
	for _, hit := range hits {
		h.byAddress[hit.Address] = append(h.byAddress[hit.Address], hit.Subject)
		names = append(names, hit.Subject)
	}
	for _, id := range names {
		if _, ok := h.loaded[id]; ok || conversations.KindOf(id) == "" {
			continue
		}
		if h.loaded[id], err = d.load(ctx, id); err != nil {
			return h, err
		}
	}
	return h, nil
}

// of are the subjects found under the addresses and ids of one message, each once.
func (h holders) of(snap conversations.Snapshot) []conversations.Subject {
	var found []conversations.Subject
	seen := map[string]bool{}
	for _, name := range conversations.BackreadAddresses(snap) {
		for _, id := range append([]string{name}, h.byAddress[name]...) {
			if s := h.loaded[id]; s.Rev > 0 && !seen[id] {
				seen[id] = true
				found = append(found, s)
			}
		}
	}
	return found
}

// readings remembers how far each reading has come. It dies with the process: then the reading begins again.
type readings struct {
	mu  sync.Mutex
	all map[string]reading
}

type reading struct {
	cursor  string
	covered time.Time
}

const readingsAtMost = 10000

func (r *readings) get(effect string) reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[effect]
}

func (r *readings) put(effect string, at reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil || len(r.all) >= readingsAtMost {
		r.all = map[string]reading{}
	}
	r.all[effect] = at
}

func (r *readings) forget(effect string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, effect)
}

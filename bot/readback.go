package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// readBack reads a page of what was written in a place, and takes in what is new or differs. Everything it takes in has a
// natural key, so reading it again is harmless. How far it came is an event, so it outlives the process, which a platform
// that gives one page a minute needs.
func (d *delivery) readBack(ctx context.Context) error {
	var page adapters.Page
	err := d.call(ctx, func(ctx context.Context) (err error) {
		page, err = d.chat.Read(ctx, d.effect.Place, d.effect.Part)
		return err
	})
	switch {
	case errors.Is(err, adapters.ErrUnreadable), errors.Is(err, adapters.ErrUndeliverable):
		return d.giveUp(ctx, "it cannot be read", "refused")
	case err != nil:
		return d.again(ctx, err)
	}
	if err := d.takeIn(ctx, page.Messages); err != nil {
		return d.again(ctx, err)
	}
	read := d.result(conversations.ReadTo)
	read.Where, read.Left = d.effect.Place, page.Left
	if err := d.report(ctx, read); err != nil {
		return d.again(ctx, err)
	}
	if page.Left != nil {
		return d.done(ctx, nil, "read") // what is left need not wait
	}
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

package sqlite

import (
	"slices"
	"sync"

	"github.com/debrief-bot/debrief/storage"
)

// routes remembers who has an address, for a store that is alone on its file: no other program changes an address, so it
// knows of every change. Every message in a thread asks for one before it is acknowledged, and most threads are asked for
// again and again, those of no review, too.
type routes struct {
	mu      sync.Mutex
	changes int // of addresses, so far
	known   map[string][]storage.Hit
}

// routesMost bounds what is remembered. Beyond it everything is forgotten.
const routesMost = 10_000

// of is who has the address. changes is what to learn with when it is not known.
func (r *routes) of(address string) (hits []storage.Hit, changes int, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	hits, known = r.known[address]
	return slices.Clone(hits), r.changes, known
}

// learn remembers what was read, unless an address was changed since it was asked for.
func (r *routes) learn(address string, hits []storage.Hit, changes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes != changes {
		return
	}
	if r.known == nil || len(r.known) >= routesMost {
		r.known = map[string][]storage.Hit{}
	}
	r.known[address] = slices.Clone(hits)
}

// forget is called when addresses may have changed, before anybody hears that they did.
func (r *routes) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	r.known = nil
}

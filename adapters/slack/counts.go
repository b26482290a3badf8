package slack

import (
	"maps"
	"sync"
)

// Counts are what an operator watches, counted since the start.
type Counts struct {
	Connections int            // of Socket Mode, that are there now
	Ended       map[string]int // those that ended, by why: "failed" to open, "broken", "silent", or what Slack says
	Refused     map[string]int // what came in and was not taken, by why; Slack sends events again, and people are told
	Limited     map[string]int // calls that Slack answered with "not now", by method
}

// Counts returns what was counted so far. It may be called at any time.
func (c *Chat) Counts() Counts {
	all := Counts{Refused: c.refused.all(), Limited: c.limits.limited.all()}
	if s := c.sockets; s != nil {
		all.Connections, all.Ended = s.gap.connections(), s.ended.all()
	}
	return all
}

// Why something that came in is not taken.
const (
	refusedUnsigned   = "unsigned"
	refusedCompressed = "compressed"
	refusedLarge      = "large"
	refusedMalformed  = "malformed"
	refusedForeign    = "foreign"  // of another workspace or app
	refusedOutdated   = "outdated" // a control or form that this version does not know
	refusedUnsaved    = "unsaved"  // the store is away
	refusedCrowded    = "crowded"  // too much is being taken in
)

// refuse notes that something is not taken, and why. what and args are for the log.
func (c *Chat) refuse(why, what string, args ...any) {
	c.refused.add(why)
	c.log.Warn(what, append([]any{"platform", "slack"}, args...)...)
}

// tally counts things by a word. The zero value is ready.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (t *tally) add(word string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = map[string]int{}
	}
	t.n[word]++
}

func (t *tally) all() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}

package transcript

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What the bot may post, unless a transcript gives a reason for more.
const (
	perCard    = 2 // in a channel, for each card there
	perThread  = 12
	perTiny    = 4
	perWeek    = 1 // private messages to a person
	handovers  = 1 // a day, beside it
	digests    = 1 // a week, in a channel
	cardSlot   = "card"
	reportSlot = "report"
	handSlot   = "hand"
	digestSlot = "digest"
)

// BudgetError says where the bot posted more than it may.
type BudgetError struct {
	Over []string // one line each
}

func (e *BudgetError) Error() string {
	return "the bot said too much:\n" + strings.Join(e.Over, "\n")
}

// tally counts messages under what limits them.
type tally struct {
	names  map[string][]string // of the messages counted
	limits map[string]int
}

func (t *tally) count(what string, limit int, name string) {
	t.names[what] = append(t.names[what], name)
	t.limits[what] = limit
}

// overBudget compares what the bot posted from beginning to end with what it may.
func (r *run) overBudget() error {
	t := tally{map[string][]string{}, map[string]int{}}
	for _, m := range r.last.Messages {
		switch {
		case strings.HasPrefix(m.Channel, "@"):
			r.countPrivate(&t, m)
		case m.Thread != "":
			r.countReply(&t, m)
		default:
			r.countPost(&t, m)
		}
	}
	var over []string
	for _, what := range slices.Sorted(maps.Keys(t.names)) {
		if names := t.names[what]; len(names) > t.limits[what] {
			over = append(over, fmt.Sprintf("%s: %d messages, %d allowed: %s", what, len(names), t.limits[what], strings.Join(names, ", ")))
		}
	}
	if len(over) == 0 {
		return nil
	}
	return &BudgetError{over}
}

func (r *run) limit(what string, usual int) int {
	if e, ok := r.t.Budget[what]; ok {
		return e.Limit
	}
	return usual
}

func (r *run) countPrivate(t *tally, m Message) {
	at, who := r.local(m.At), m.Channel[1:]
	if strings.HasPrefix(m.Slot, handSlot) {
		t.count("handed over to "+who+" on "+at.Format("2006-01-02"), handovers, r.labels[m.ID])
		return
	}
	t.count("private to "+who+" in "+week(at), r.limit("private", perWeek), r.labels[m.ID])
}

func (r *run) countPost(t *tally, m Message) {
	if strings.HasPrefix(m.Slot, digestSlot) {
		t.count("digest in #"+m.Channel+" in "+week(r.local(m.At)), digests, r.labels[m.ID])
		return
	}
	cards := 0
	for _, other := range r.last.Messages {
		if other.Channel == m.Channel && isCard(other) {
			cards++
		}
	}
	t.count("channel #"+m.Channel, r.limit("channel", perCard*cards), r.labels[m.ID])
}

func (r *run) countReply(t *tally, m Message) {
	if isCard(m) { // a review that was begun in a thread: the card is not one of its thread's messages
		return
	}
	thread := r.placeName(m.Channel, m.Thread)
	what := "thread " + thread
	name := r.labels[m.ID]
	if strings.HasPrefix(m.Slot, reportSlot) {
		if slices.ContainsFunc(t.names[what], func(n string) bool { return n == reportSlot }) {
			return
		}
		name = reportSlot
	}
	t.count(what, r.limit("thread", r.threadLimit(m)), name)
}

// threadLimit is what the reviews of a thread may post in it: its root is their card, or the card is in it.
func (r *run) threadLimit(m Message) int {
	limit := 0
	for _, c := range r.last.Messages {
		if !isCard(c) || c.Channel != m.Channel || (c.ID != m.Thread && c.Thread != m.Thread) {
			continue
		}
		if hasWord(strings.ToLower(c.Text), "tiny") {
			limit += perTiny
		} else {
			limit += perThread
		}
	}
	return limit
}

func (r *run) local(t time.Time) time.Time { return t.In(cmp.Or(r.t.Setting.Zone, time.UTC)) }

func week(t time.Time) string {
	year, n := t.ISOWeek()
	return fmt.Sprintf("week %d of %d", n, year)
}

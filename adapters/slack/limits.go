package slack

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/adapters"
)

// limit is how many calls Slack takes within a time.
type limit struct {
	most int // 0: it is not known
	per  time.Duration
}

// Slack's tiers: https://docs.slack.dev/apis/web-api/rate-limits
var (
	tier2 = limit{20, time.Minute}
	tier3 = limit{50, time.Minute}
	tier4 = limit{100, time.Minute}

	inChannel   = limit{3, 3 * time.Second} // posts: one a second in a channel, with short bursts
	inWorkspace = limit{200, time.Minute}   // and in all of them together "several hundred" a minute
	slowReading = limit{1, time.Minute}     // of history, for apps that others distribute outside the marketplace
)

// posting is the method that has a limit in each channel.
const posting = "chat.postMessage"

// tiers are the limits of the methods that we call, as their pages state them. Connections keep a pace of their own
// (socket.go), and who we are is asked only at the start.
var tiers = map[string]limit{
	posting:                        inWorkspace,
	"chat.delete":                  tier3,
	"chat.postEphemeral":           tier4,
	"chat.update":                  tier3,
	"conversations.history":        tier3,
	"conversations.info":           tier3,
	"conversations.join":           tier3,
	"conversations.list":           tier2,
	"conversations.members":        tier4,
	"conversations.open":           tier3,
	"conversations.replies":        tier3,
	"files.completeUploadExternal": tier4,
	"files.getUploadURLExternal":   tier4,
	"reactions.add":                tier3,
	"reactions.get":                tier3,
	"reactions.remove":             tier2,
	"users.conversations":          tier3,
	"users.info":                   tier4,
	"views.open":                   tier4,
	"views.publish":                tier4,
}

// limits keep every method within its tier, so that Slack need not refuse, and stay away from one that it did refuse for
// as long as it asked; all others go on. A limit counts what this process calls: where several share a workspace, Slack
// refuses now and then, and that is waited for.
type limits struct {
	now func() time.Time

	mu    sync.Mutex
	gates map[string]*gate // by method, and by method and channel

	limited tally // by method
}

// gatesMost is how many are kept before those that hold nothing up are forgotten.
const gatesMost = 1000

// answerTime is what is left of a call's time when it has waited for its turn.
const answerTime = time.Second

// longRefusal is a Retry-After that tells of a limit by the minute.
const longRefusal = 30 * time.Second

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, gates: map[string]*gate{}}
}

// gate is where calls pass that share a limit.
type gate struct {
	limit
	taken []time.Time       // the latest calls, oldest first, at most limit.most
	held  time.Time         // Slack takes none before
	told  [queues]time.Time // when the last of those who were turned away is to be back
	short bool              // its pages are as short as those of the slow class
}

// free is when the next call may be made.
func (g *gate) free() time.Time {
	if g.most > 0 && len(g.taken) >= g.most {
		return latest(g.held, g.taken[len(g.taken)-g.most].Add(g.per))
	}
	return g.held
}

func (g *gate) take(now time.Time) {
	if g.most == 0 {
		return
	}
	if len(g.taken) >= g.most {
		g.taken = append(g.taken[:0], g.taken[len(g.taken)-g.most+1:]...)
	}
	g.taken = append(g.taken, now)
}

// opens is when the next call may be made by one of a queue: at leisure, not while somebody in haste is about to come.
func (g *gate) opens(q queue, now time.Time) time.Time {
	if hasty := g.told[inHaste].Add(courtesy); q == atLeisure && hasty.After(now) {
		return latest(g.free(), hasty)
	}
	return g.free()
}

// courtesy is how long those at leisure wait for one in haste who was to be back.
const courtesy = time.Second

// comeBack is when whoever is turned away is to try again: each at a time of their own, so that they do not all come at
// once and be turned away again. One who comes a little early, as clocks and networks are, does not lose their turn.
func (g *gate) comeBack(q queue, opens, now time.Time) time.Time {
	var each time.Duration
	if g.most > 0 {
		each = g.per / time.Duration(g.most)
	}
	if opens.Sub(now) <= each/10 {
		return opens
	}
	at := g.told[q].Add(each)
	if at.Before(opens) || at.Sub(opens) > queueMost {
		at = opens
	}
	g.told[q] = at
	return at
}

// queueMost is for how long ahead times are given out. Some who were given one never come.
const queueMost = 10 * time.Minute

// idle reports whether the gate would let everybody pass.
func (g *gate) idle(now time.Time) bool {
	quiet := len(g.taken) == 0 || g.taken[len(g.taken)-1].Add(g.per).Before(now)
	return quiet && !g.short && g.held.Before(now)
}

// pass counts a call that may be made now. Else it says when to try again.
func (l *limits) pass(keys []string, q queue) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	var gates []*gate
	var shut *gate // the one that opens last
	opens := now
	for _, key := range keys {
		g := l.gate(key, now)
		gates = append(gates, g)
		if at := g.opens(q, now); at.After(opens) {
			shut, opens = g, at
		}
	}
	if shut != nil {
		return shut.comeBack(q, opens, now).Sub(now)
	}
	for _, g := range gates {
		g.take(now)
	}
	return 0
}

func (l *limits) gate(key string, now time.Time) *gate {
	g := l.gates[key]
	if g != nil {
		return g
	}
	if len(l.gates) >= gatesMost {
		for k, old := range l.gates {
			if old.idle(now) {
				delete(l.gates, k)
			}
		}
	}
	g = &gate{limit: tiers[key]}
	if strings.Contains(key, " ") {
		g.limit = inChannel
	}
	l.gates[key] = g
	return g
}

// enter waits for a call's turn, if that leaves time for the call. Else nothing was called, and it says so.
func (l *limits) enter(ctx context.Context, keys []string) error {
	for len(keys) > 0 {
		wait := l.pass(keys, queueOf(ctx))
		if wait <= 0 {
			return nil
		}
		deadline, ok := ctx.Deadline()
		if ok && time.Until(deadline) < wait+answerTime || !sleep(ctx, wait) {
			return &adapters.RetryAfter{After: wait}
		}
	}
	return nil
}

// refused notes that Slack wants nothing more for a while. Whoever was to be back before is turned away again. Where a
// refusal is long and pages are short, the app is of the class that may read once a minute.
func (l *limits) refused(keys []string, q queue, after time.Duration) {
	if len(keys) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.limited.add(keys[len(keys)-1])
	g := l.gate(keys[0], now)
	g.held = latest(g.held, now.Add(after))
	g.told[q] = g.held // to whoever was refused
	if g.short && after >= longRefusal {
		g.limit = slowReading
	}
}

// Pages that are this long, though more was asked for and more is there, have those apps that may read once a minute:
// https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
const shortPage = 15

// paged notes how long a page was.
func (l *limits) paged(method string, objects int, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.gate(method, l.now())
	switch {
	case objects > shortPage:
		g.short, g.limit = false, tiers[method]
	case objects == shortPage && more:
		g.short = true
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// queue is one of two in which those stand who were turned away.
type queue int

// Who reads back is not waited for, and lets all others go first.
const (
	inHaste queue = iota
	atLeisure
	queues
)

type queueKey struct{}

func leisurely(ctx context.Context) context.Context {
	return context.WithValue(ctx, queueKey{}, atLeisure)
}

func queueOf(ctx context.Context) queue {
	q, _ := ctx.Value(queueKey{}).(queue)
	return q
}

// patient is the way of every call. It keeps to the limits, and turns Slack's "not now" into the port's, whatever form it
// has: the library tells them apart by whether the header is a number, and knows only some.
type patient struct {
	http.RoundTripper
	limits *limits
	api    string // the address that methods are below
}

// RoundTrip implements http.RoundTripper.
func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	keys := p.keys(r)
	if err := p.limits.enter(r.Context(), keys); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	resp, err := p.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusTooManyRequests {
		return resp, err
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 1<<16) // so that the connection can be used again
	_ = resp.Body.Close()
	after := unsaidWait + rand.N(unsaidWait/4) // who else was refused comes back at another moment
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds < 86400 {
		after = time.Duration(seconds) * time.Second
	}
	p.limits.refused(keys, queueOf(r.Context()), after)
	return nil, &adapters.RetryAfter{After: after}
}

// keys are the gates of a call, the narrowest first: of the method, and for a post of its channel.
func (p patient) keys(r *http.Request) []string {
	method, ok := strings.CutPrefix(r.URL.Scheme+"://"+r.URL.Host+r.URL.Path, p.api)
	if !ok {
		return nil // an answer to an act, or an upload
	}
	if method != posting || r.GetBody == nil {
		return []string{method}
	}
	body, err := r.GetBody()
	if err != nil {
		return []string{method}
	}
	form, _ := io.ReadAll(body) // it is in memory
	values, _ := url.ParseQuery(string(form))
	return []string{method + " " + values.Get("channel"), method}
}

package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// Socket Mode: Slack sends over connections that we open, https://docs.slack.dev/apis/events-api/using-socket-mode. Any
// of them may be given any delivery, and each is ended every few hours, so there are several, opened one after the other.
//
// The library holds one connection; everything around it is here. Left alone it opens the next at once, however short the
// last one lived, and acknowledges on it what came over the last. So it gets a client for each connection, which can open
// only one. It does not say why Slack ended a connection: what was too short for use counts as a failure to connect.

const (
	links       = 2       // connections that are kept
	takenAtOnce = 256     // deliveries; what comes beyond is not acknowledged, so that Slack sends it again
	refusedMost = 64      // acts that are being refused, since Slack does not send those again
	dropsInARow = 5       // after so many, somebody should look
	readLimit   = maxBody // of a delivery

	ackWithin   = 2 * time.Second
	lastAcks    = 100 * time.Millisecond // for what was acknowledged last to be on its way
	firstRetry  = time.Second
	slowestOpen = time.Minute
)

// pace is how connections are opened.
type pace struct {
	stagger time.Duration // between the first opening of each, so that Slack does not end them together
	steady  time.Duration // a connection that lives so long was of use
	retry   time.Duration // before the second try, doubled for each after it
}

var slackPace = pace{stagger: 10 * time.Second, steady: 10 * time.Second, retry: firstRetry}

// sockets are the connections over which Slack sends.
type sockets struct {
	c       *Chat
	token   conversations.Secret
	pace    pace
	options []socketmode.Option // of every connection
	id      identity            // of whoever runs

	flowing  chan struct{} // closed when there was a connection
	flow     sync.Once
	gap      gap
	taking   chan struct{} // one for each delivery that is being taken in
	refusing chan struct{} // one for each act that is being refused
}

func newSockets(c *Chat, token conversations.Secret) *sockets {
	return &sockets{
		c: c, token: token, pace: slackPace, options: []socketmode.Option{socketmode.OptionReadLimit(readLimit)},
		flowing: make(chan struct{}), gap: gap{clock: c.now},
		taking: make(chan struct{}, takenAtOnce), refusing: make(chan struct{}, refusedMost),
	}
}

// run brings in what Slack sends, until the context ends or Slack says that it can never work. What has come in by then is
// still taken in and acknowledged.
func (s *sockets) run(ctx context.Context, id identity, h adapters.Handler) error {
	s.id = id
	over, end := context.WithCancelCause(ctx)
	defer end(nil)
	linked, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var all sync.WaitGroup
	for n := range links {
		all.Go(func() {
			if err := s.keep(over, linked, time.Duration(n)*s.pace.stagger); err != nil {
				end(err)
			}
		})
	}
	all.Go(func() { s.watch(over, h) })
	select {
	case <-over.Done():
	case err := <-s.c.fatal:
		end(err)
	}
	s.finish()
	cut()
	all.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return context.Cause(over)
}

// finish lets what has come in be taken in, and its acknowledgement go out. It takes all the room there is, so that
// nothing new is.
func (s *sockets) finish() {
	late := time.NewTimer(patience)
	defer late.Stop()
	for range takenAtOnce {
		select {
		case s.taking <- struct{}{}:
		case <-late.C:
			return
		}
	}
	sleep(context.Background(), lastAcks)
}

// keep holds one connection after the other. It ends when the context does, or with an error that only somebody who
// changes the configuration can mend.
func (s *sockets) keep(ctx, linked context.Context, after time.Duration) error {
	pause, drops := s.pace.retry, 0
	for sleep(ctx, after) {
		lived, err := s.connect(linked)
		if fix := unfixable(err); fix != nil {
			return fix
		}
		if lived >= s.pace.steady {
			pause, drops, after = s.pace.retry, 0, rand.N(s.pace.retry)
			continue
		}
		after = pause + rand.N(pause/2+1)
		pause = min(2*pause, slowestOpen)
		var later *adapters.RetryAfter
		if errors.As(err, &later) {
			after = later.After + rand.N(s.pace.retry)
		}
		drops++
		s.notConnected(ctx, drops, after, err)
	}
	return nil
}

// notConnected says what is known about a connection that was of no use.
func (s *sockets) notConnected(ctx context.Context, drops int, wait time.Duration, err error) {
	switch {
	case ctx.Err() != nil: // it was ended
	case err != nil && code(err) != "" && !isUnsure(code(err)):
		s.c.log.Error("slack refuses a connection", "platform", "slack", "err", err)
	case err != nil || drops < dropsInARow:
		s.c.log.Warn("a connection did not last, the next is opened later", "platform", "slack", "wait", wait, "err", err)
	default:
		s.c.log.Error("slack ends every connection at once; switch Socket Mode on in the settings of the app, and see that not more "+
			"than ten connections of this app are open", "platform", "slack", "wait", wait)
	}
}

// unfixable is what Slack's refusal to open a connection means when it will stay:
// https://docs.slack.dev/reference/methods/apps.connections.open. nil: it may work later.
func unfixable(err error) error {
	var other *otherApp
	if errors.As(err, &other) {
		return other
	}
	name := code(err)
	fix := fixes[name]
	if fix == "" {
		return nil
	}
	return fmt.Errorf("slack: the app-level token does not work (%s): %s", name, fix)
}

const newAppToken = "under Basic Information, App-Level Tokens, generate one with the scope connections:write and set it as the app token"

var fixes = map[string]string{
	"invalid_auth":            "it is wrong, or Slack does not take calls from this address; " + newAppToken,
	"not_authed":              "it is empty; " + newAppToken,
	"token_revoked":           "it was revoked; " + newAppToken,
	"token_expired":           "it has expired; " + newAppToken,
	"missing_scope":           "it lacks the scope connections:write; " + newAppToken,
	"not_allowed_token_type":  "it is another kind of token, and must begin with xapp-; " + newAppToken,
	"account_inactive":        "the app was removed, or whoever made it has left; install the app again and set its new tokens",
	"link_disabled":           "Socket Mode is off; switch it on under Socket Mode in the settings of the app",
	"forbidden_team":          "the workspace may not use Socket Mode; use HTTP, with the signing secret",
	"access_denied":           "the workspace does not let the app connect; ask its admins to approve the app",
	"team_access_not_granted": "the app is not installed in this workspace; install it and set its new tokens",
	"org_login_required":      "the workspace is being moved into an organisation; install the app again when that is done",
}

// otherApp: the connection is another app's than the bot token.
type otherApp struct{ app, bot string }

func (e *otherApp) Error() string {
	return fmt.Sprintf("slack: the app-level token is of the app %s, the bot token of %s; take both from one app", e.app, e.bot)
}

// connection is one of them, as long as it lasts.
type connection struct {
	*socketmode.Client
	ctx   context.Context // as long as it is there
	close context.CancelFunc
}

// connect holds one connection until it ends, and says how long it was of use.
func (s *sockets) connect(ctx context.Context) (lived time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &connection{Client: s.client(), ctx: ctx, close: cancel}
	ended := make(chan error, 1)
	go func() { ended <- l.RunContext(ctx) }()
	var since time.Time
	defer func() {
		if !since.IsZero() {
			s.gap.lost()
			lived = time.Since(since)
		}
	}()
	for {
		select {
		case err := <-ended:
			return 0, clean("open a connection", err)
		case e := <-l.Events:
			switch e.Type {
			case socketmode.EventTypeHello:
				if app := e.Request.ConnectionInfo.AppID; !s.id.isApp(app) {
					return 0, &otherApp{app, s.id.app}
				}
				since = time.Now()
				s.gap.connected()
				s.flow.Do(func() { close(s.flowing) })
			case socketmode.EventTypeEventsAPI, socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive:
				s.receive(l, *e.Request)
			case socketmode.EventTypeErrorBadMessage:
				s.receiveRaw(l, e)
			case socketmode.EventTypeErrorWriteFailed:
				s.c.log.Warn("an acknowledgement did not go out", "platform", "slack")
			case socketmode.EventTypeConnectionError:
				failed, _ := e.Data.(*slack.ConnectionErrorEvent)
				return 0, clean("open a connection", failed.ErrorObj)
			case socketmode.EventTypeConnecting:
				if begun, _ := e.Data.(*slack.ConnectingEvent); begun.ConnectionCount > 0 {
					return 0, nil // it wants the next one
				}
			}
		}
	}
}

// client is the library's, for one connection.
func (s *sockets) client() *socketmode.Client {
	through := &http.Client{Timeout: s.c.client.Timeout, Transport: &once{RoundTripper: s.c.client.Transport}}
	api := slack.New("", slack.OptionAppLevelToken(s.token.Reveal()), slack.OptionHTTPClient(through), slack.OptionAPIURL(s.c.apiURL))
	return socketmode.New(api, s.options...)
}

// once lets one request through: a client of the library that has lost its connection opens no other.
type once struct {
	http.RoundTripper
	used atomic.Bool
}

var errOnce = errors.New("slack: a client opens one connection")

// RoundTrip implements http.RoundTripper.
func (o *once) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.used.Swap(true) {
		return nil, errOnce
	}
	return o.RoundTripper.RoundTrip(r)
}

// receiveRaw looks at what the library cannot read: types of events and of blocks that are newer than it, which are no
// trouble to us, and what nobody can read, which is acknowledged, or Slack would send it again.
func (s *sockets) receiveRaw(l *connection, e socketmode.Event) {
	bad, _ := e.Data.(*socketmode.ErrorBadMessage)
	if bad == nil {
		return
	}
	var req socketmode.Request
	_ = json.Unmarshal(bad.Message, &req) // what of it can be read is
	s.receive(l, req)
}

// receive has a delivery taken in, and does not wait for it: who does not read on answers no ping.
func (s *sockets) receive(l *connection, req socketmode.Request) {
	if req.EnvelopeID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), patience)
	room := s.taking
	select {
	case room <- struct{}{}:
	default:
		cancel() // what is taken in now is not saved, and whoever acted is told
		if req.Type == socketmode.RequestTypeEventsAPI {
			s.gap.missed()
			s.c.log.Warn("an event was left to be sent again: too many are being taken in", "platform", "slack")
			return
		}
		room = s.refusing
		select {
		case room <- struct{}{}:
		default:
			s.c.log.Error("an act was left unanswered: too many are being taken in", "platform", "slack")
			return
		}
	}
	go func() {
		defer func() { <-room }()
		defer cancel()
		s.take(ctx, l, req)
	}()
}

// take has a delivery decided upon as one over HTTP is, and acknowledges it.
func (s *sockets) take(ctx context.Context, l *connection, req socketmode.Request) {
	defer func() {
		if recover() != nil { // what it says may hold what people wrote
			s.c.log.Error("a delivery could not be looked at", "platform", "slack", "type", kindOf(req))
		}
	}()
	answer, err := s.c.takeDelivery(ctx, req)
	if err != nil {
		return // not acknowledged: Slack sends it again
	}
	if !l.acknowledge(req.EnvelopeID, answer.payload) && answer.unheard != nil {
		answer.then = answer.unheard
	}
	answer.after(ctx)
}

// acknowledge answers a delivery, over the connection that it came by. false: that is gone.
func (l *connection) acknowledge(envelope string, payload any) bool {
	ctx, cancel := context.WithTimeout(l.ctx, ackWithin)
	defer cancel()
	return ctx.Err() == nil && l.AckCtx(ctx, envelope, payload) == nil
}

// takeDelivery hands what came over a connection to where what came over HTTP goes.
func (c *Chat) takeDelivery(ctx context.Context, req socketmode.Request) (answer reply, err error) {
	switch req.Type {
	case socketmode.RequestTypeEventsAPI:
		var env envelope
		if json.Unmarshal(req.Payload, &env) != nil {
			err = errMalformed
			break
		}
		answer, err = c.takeEvent(ctx, env)
	case socketmode.RequestTypeSlashCommands:
		var form url.Values
		if form, err = formOf(req.Payload); err == nil {
			answer, err = c.takeCommand(ctx, form)
		}
	case socketmode.RequestTypeInteractive:
		answer, err = c.takeInteraction(ctx, req.Payload)
	default:
		err = errMalformed
	}
	if errors.Is(err, errMalformed) {
		c.log.Warn("a delivery was not understood", "platform", "slack", "type", kindOf(req))
		return reply{}, nil // sent again, it would not be either
	}
	return answer, err
}

// kindOf is the type of a delivery, if it is one of those that there are.
func kindOf(req socketmode.Request) string {
	switch req.Type {
	case socketmode.RequestTypeEventsAPI, socketmode.RequestTypeSlashCommands, socketmode.RequestTypeInteractive:
		return req.Type
	}
	return "unknown"
}

// formOf is a command as it comes over HTTP.
func formOf(payload []byte) (url.Values, error) {
	var fields map[string]any
	if json.Unmarshal(payload, &fields) != nil {
		return nil, errMalformed
	}
	form := url.Values{}
	for name, v := range fields {
		if text, ok := v.(string); ok {
			form.Set(name, text)
		}
	}
	return form, nil
}

// gap is a time in which events could be lost: there was no connection, or too much came.
type gap struct {
	clock func() time.Time

	mu      sync.Mutex
	open    int       // connections
	since   time.Time // by clock; zero: nothing was lost
	changed time.Time
}

func (g *gap) connected() { g.change(1, false) }
func (g *gap) missed()    { g.change(0, true) }
func (g *gap) lost()      { g.change(-1, false) }

func (g *gap) change(by int, missed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open += by
	g.changed = time.Now()
	if (missed || g.open == 0) && g.since.IsZero() {
		g.since = g.clock()
	}
}

// over is since when events could be lost, when that has ended a while ago: one reading for an outage, not one for each of
// its interruptions. Zero: there is nothing to make up for.
func (g *gap) over(steady time.Duration) (since time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == 0 || time.Since(g.changed) < steady {
		return time.Time{}
	}
	since, g.since = g.since, time.Time{}
	return since
}

// reopen takes back that a gap was over.
func (g *gap) reopen(since time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.since = since
}

// watch has the bot read back what may have been lost.
func (s *sockets) watch(ctx context.Context, h adapters.Handler) {
	for sleep(ctx, s.pace.steady) {
		since := s.gap.over(s.pace.steady)
		if since.IsZero() {
			continue
		}
		away := conversations.Away(s.id.workspace(), milli(since), milli(s.c.now())).Event
		if _, err := h.Handle(ctx, away); err != nil {
			s.gap.reopen(since) // it is said with the next beat
			continue
		}
		s.c.log.Info("what was missed is read back", "platform", "slack", "since", since)
	}
}

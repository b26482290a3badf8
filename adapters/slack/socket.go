package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// Socket Mode: Slack sends over connections that we open, https://docs.slack.dev/apis/events-api/using-socket-mode. Any
// of them may be given any delivery, and each is ended every few hours, so there are several, opened one after the other.
//
// The library is asked for the address of a connection, and no more: its own client opens the next at once, however short
// the last one lived, acknowledges on it what came over the last, and does not say why Slack ended one.

const (
	links       = 2       // connections that are kept
	takenAtOnce = 256     // deliveries; what comes beyond is not acknowledged, so that Slack sends it again
	refusedMost = 64      // acts that are being refused, since Slack does not send those again
	dropsInARow = 5       // after so many, somebody should look
	readLimit   = maxBody // of a delivery

	openWithin  = 10 * time.Second
	ackWithin   = 2 * time.Second
	silence     = 30 * time.Second // Slack pings more often; a connection that is silent for so long is dead
	ackBytes    = 32 << 10         // what Slack takes is less; an acknowledgement in several frames it would not put together
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
	c      *Chat
	api    *slack.Client
	dialer *websocket.Dialer
	pace   pace
	id     identity // of whoever runs

	ended    tally         // connections, by why
	flowing  chan struct{} // closed when there was a connection
	flow     sync.Once
	gap      gap
	taking   chan struct{} // one for each delivery that is being taken in
	refusing chan struct{} // one for each act that is being refused
}

func newSockets(c *Chat, token conversations.Secret) *sockets {
	return &sockets{
		c: c, pace: slackPace,
		api:     slack.New("", slack.OptionAppLevelToken(token.Reveal()), slack.OptionHTTPClient(c.client), slack.OptionAPIURL(c.apiURL)),
		dialer:  &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: openWithin, WriteBufferSize: ackBytes},
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
}

// keep holds one connection after the other. It ends when the context does, or with an error that only somebody who
// changes the configuration can mend.
func (s *sockets) keep(ctx, linked context.Context, after time.Duration) error {
	pause, drops := s.pace.retry, 0
	for sleep(ctx, after) {
		lived, err := s.connect(linked)
		if ctx.Err() != nil {
			continue // it was ended here, and with it the loop
		}
		s.ended.add(cmp.Or(reasonOf(err), reasonFailed))
		if fix := unfixable(err); fix != nil {
			return fix
		}
		var later *adapters.RetryAfter
		switch crowded := reasonOf(err) == reasonTooMany; {
		case lived >= s.pace.steady && !crowded:
			s.c.log.Info("a connection is renewed", "platform", "slack", "lived", lived.Round(time.Second), "err", err)
			pause, drops, after = s.pace.retry, 0, rand.N(s.pace.retry)
			continue
		case crowded:
			after = slowestOpen + rand.N(slowestOpen/2)
		case errors.As(err, &later):
			after = later.After + rand.N(s.pace.retry)
		default:
			after = pause + rand.N(pause/2+1)
		}
		pause = min(2*pause, slowestOpen)
		drops++
		s.notConnected(drops, after, err)
	}
	return nil
}

// notConnected says what is known about a connection that was of no use.
func (s *sockets) notConnected(drops int, wait time.Duration, err error) {
	switch reason := reasonOf(err); {
	case reason == reasonTooMany:
		s.c.log.Error("slack allows the app no more connections; end other programs that use its app-level token, ten connections may be open",
			"platform", "slack", "wait", wait)
	case code(err) != "" && !isUnsure(code(err)):
		s.c.log.Error("slack refuses a connection", "platform", "slack", "err", err)
	case drops < dropsInARow || reason == "":
		s.c.log.Warn("a connection did not last, the next is opened later", "platform", "slack", "wait", wait, "err", err)
	default:
		s.c.log.Error("slack ends every connection at once; see that Socket Mode is on in the settings of the app, and that nothing on the way "+
			"to Slack cuts WebSockets off", "platform", "slack", "wait", wait, "err", err)
	}
}

// unfixable is what Slack's refusal to open a connection means when it will stay:
// https://docs.slack.dev/reference/methods/apps.connections.open. nil: it may work later.
func unfixable(err error) error {
	var other *otherApp
	if errors.As(err, &other) {
		return other
	}
	if reasonOf(err) == reasonDisabled {
		return fmt.Errorf("slack: it takes no connections any more (%s): %s", reasonDisabled, fixes[reasonDisabled])
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
	reasonDisabled:            "Socket Mode is off; switch it on under Socket Mode in the settings of the app",
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

// disconnected: a connection that was opened has ended.
type disconnected struct{ reason string }

func (d *disconnected) Error() string { return "slack: a connection has ended (" + d.reason + ")" }

// Why a connection ended: what Slack says when it asks us to go, and what it does not say. It renews each after some hours,
// with or without a warning: https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect
const (
	reasonWarning  = "warning"
	reasonRefresh  = "refresh_requested"
	reasonDisabled = "link_disabled"
	reasonTooMany  = "too_many_websockets"
	reasonSilent   = "silent"
	reasonBroken   = "broken"
	reasonFailed   = "failed" // there never was one
)

// asked is the end of a connection that Slack wants, for that reason.
func asked(reason string) error {
	switch reason {
	case reasonWarning, reasonRefresh, reasonDisabled, reasonTooMany:
		return &disconnected{reason}
	}
	return &disconnected{unknown}
}

// broken is the end of a connection that cannot be read from any more.
func broken(err error) error {
	var failed net.Error
	if errors.As(err, &failed) && failed.Timeout() {
		return &disconnected{reasonSilent}
	}
	return &disconnected{reasonBroken}
}

// reasonOf is why a connection ended; empty: it was never opened.
func reasonOf(err error) string {
	var d *disconnected
	if errors.As(err, &d) {
		return d.reason
	}
	return ""
}

// delivery is what comes over a connection.
type delivery struct {
	Type     string          `json:"type"`
	Envelope string          `json:"envelope_id"` // is acknowledged; empty: nothing is to be
	Payload  json.RawMessage `json:"payload"`
	Reason   string          `json:"reason"` // of a disconnect
	Info     struct {
		App string `json:"app_id"`
	} `json:"connection_info"` // of a hello
}

// unknown stands for a reason or a type that is none of those that there are: what Slack may have sent is not repeated.
const unknown = "unknown"

// The types of deliveries.
const (
	typeHello       = "hello"
	typeDisconnect  = "disconnect"
	typeEvent       = "events_api"
	typeCommand     = "slash_commands"
	typeInteraction = "interactive"
)

// connect holds one connection until it ends, and says how long it was of use.
func (s *sockets) connect(ctx context.Context) (lived time.Duration, err error) {
	l, err := s.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })() // then there is nothing more to read
	var since time.Time
	defer func() {
		if !since.IsZero() {
			s.gap.lost()
			lived = time.Since(since)
		}
	}()
	for {
		d, err := l.read()
		if err != nil {
			return 0, broken(err)
		}
		switch d.Type {
		case typeHello:
			if !s.id.isApp(d.Info.App) {
				return 0, &otherApp{d.Info.App, s.id.app}
			}
			since = time.Now()
			s.gap.connected()
			s.flow.Do(func() { close(s.flowing) })
		case typeDisconnect:
			return 0, asked(d.Reason)
		default:
			s.receive(ctx, l, d)
		}
	}
}

// open asks Slack for the address of a connection and opens it.
func (s *sockets) open(ctx context.Context) (*connection, error) {
	const doing = "open a connection"
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	_, address, err := s.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, clean(doing, err)
	}
	conn, resp, err := s.dialer.DialContext(ctx, address, nil)
	if resp != nil {
		_ = resp.Body.Close() // it is in memory
	}
	if err != nil {
		return nil, clean(doing, err)
	}
	conn.SetReadLimit(readLimit)
	l := &connection{Conn: conn}
	pong := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		return errors.Join(l.alive(), pong(data))
	})
	return l, l.alive()
}

// connection is one of them, as long as it lasts.
type connection struct {
	*websocket.Conn
	writing sync.Mutex
}

// alive notes that there was something to be heard.
func (l *connection) alive() error { return l.SetReadDeadline(time.Now().Add(silence)) }

// read waits for the next delivery.
func (l *connection) read() (d delivery, err error) {
	_, raw, err := l.ReadMessage()
	if err != nil {
		return delivery{}, err
	}
	_ = parse(raw, &d) // what is no JSON at all has no envelope
	return d, l.alive()
}

// receive has a delivery taken in, and does not wait for it: who does not read on answers no ping.
func (s *sockets) receive(ctx context.Context, l *connection, d delivery) {
	if d.Envelope == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	room := s.taking
	select {
	case room <- struct{}{}:
	default:
		cancel() // what is taken in now is not saved, and whoever acted is told
		if d.Type == typeEvent {
			s.gap.missed()
			s.c.refuse(refusedCrowded, "an event was left to be sent again: too many are being taken in")
			return
		}
		room = s.refusing
		select {
		case room <- struct{}{}:
		default:
			s.c.refused.add(refusedCrowded)
			s.c.log.Error("an act was left unanswered: too many are being taken in", "platform", "slack")
			return
		}
	}
	go func() {
		defer func() { <-room }()
		defer cancel()
		s.take(ctx, l, d)
	}()
}

// take has a delivery decided upon as one over HTTP is, and acknowledges it.
func (s *sockets) take(ctx context.Context, l *connection, d delivery) {
	defer func() {
		if recover() != nil { // what it says may hold what people wrote
			s.c.log.Error("a delivery could not be looked at", "platform", "slack", "type", d.kind())
		}
	}()
	answer, err := s.c.takeDelivery(ctx, d)
	if err != nil {
		return // not acknowledged: Slack sends it again
	}
	if err := l.acknowledge(d.Envelope, answer.payload); err != nil {
		s.c.log.Warn("an acknowledgement did not go out", "platform", "slack", "type", d.kind())
		if answer.unheard != nil {
			answer.then = answer.unheard
		}
	}
	answer.after(ctx)
}

// acknowledge answers a delivery, over the connection that it came by. One that takes no answer is given up.
func (l *connection) acknowledge(envelope string, payload any) error {
	raw, err := json.Marshal(struct {
		Envelope string `json:"envelope_id"`
		Payload  any    `json:"payload,omitempty"`
	}{envelope, payload})
	if err != nil {
		return fmt.Errorf("slack: acknowledge: %w", err)
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	err = l.SetWriteDeadline(time.Now().Add(ackWithin))
	if err == nil {
		err = l.WriteMessage(websocket.TextMessage, raw)
	}
	if err != nil {
		_ = l.Close()
	}
	return err
}

// takeDelivery hands what came over a connection to where what came over HTTP goes.
func (c *Chat) takeDelivery(ctx context.Context, d delivery) (answer reply, err error) {
	switch d.Type {
	case typeEvent:
		var env envelope
		if env, err = readEnvelope(d.Payload); err == nil {
			answer, err = c.takeEvent(ctx, env)
		}
	case typeCommand:
		var form url.Values
		if form, err = formOf(d.Payload); err == nil {
			answer, err = c.takeCommand(ctx, form)
		}
	case typeInteraction:
		answer, err = c.takeInteraction(ctx, d.Payload)
	default:
		err = errMalformed
	}
	if errors.Is(err, errMalformed) {
		c.refuse(refusedMalformed, "a delivery was not understood", "type", d.kind())
		return reply{}, nil // sent again, it would not be either
	}
	return answer, err
}

// kind is the type of a delivery, if it is one of those that there are.
func (d delivery) kind() string {
	switch d.Type {
	case typeEvent, typeCommand, typeInteraction:
		return d.Type
	}
	return unknown
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

// connections is how many there are.
func (g *gap) connections() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
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

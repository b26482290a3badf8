package slacktest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Kinds of deliveries.
const (
	Event       = "event"       // of the Events API
	Command     = "command"     // a slash command
	Interaction = "interaction" // a click, a shortcut, a form
)

// Delivery is something that the app is to hear of.
type Delivery struct {
	Kind   string
	Body   map[string]any // of a command the form's values, as strings
	Retry  int            // how often it was tried before: https://docs.slack.dev/apis/events-api#retries
	Reason string         // of the retry: "http_error", "http_timeout"
}

// Transport carries a delivery to the app: what it answered, and as which status of HTTP. It returns when the app has done
// what it does after the answer, as far as that can be known.
type Transport func(Delivery) (status int, answer []byte)

// Paths are where an app takes things in.
type Paths struct{ Events, Commands, Interactions string }

// of is where a kind of delivery goes.
func (p Paths) of(kind string) string {
	switch kind {
	case Command:
		return p.Commands
	case Interaction:
		return p.Interactions
	}
	return p.Events
}

// Connect has deliveries carried by a transport from now on.
func (s *Server) Connect(t Transport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transport = t
}

// Meddle has every delivery pass through somebody, who carries it as often as they like, and says what came of it.
func (s *Server) Meddle(meddle func(d Delivery, carry Transport) (status int, answer []byte)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meddle = meddle
}

// ServeTo has deliveries posted to a handler, over HTTP.
func (s *Server) ServeTo(h http.Handler, p Paths) {
	var ended sync.Map // what follows an acknowledgement is over when the handler returns
	app, client := s.host(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if over, ok := ended.Load(r.Header.Get("X-Delivery")); ok {
			defer close(over.(chan struct{}))
		}
		h.ServeHTTP(w, r)
	}))
	s.t.Cleanup(app.Close)
	s.Connect(func(d Delivery) (int, []byte) {
		name, over := rand.Text(), make(chan struct{})
		ended.Store(name, over)
		defer ended.Delete(name)
		status, answer := s.post(client, app.URL+p.of(d.Kind), d, http.Header{"X-Delivery": {name}})
		if status != 0 {
			<-over
		}
		return status, answer
	})
}

// host starts a server for an app: on the network, or within the process when the workspace is there.
func (s *Server) host(h http.Handler) (*httptest.Server, *http.Client) {
	if s.memory == nil {
		app := httptest.NewServer(h)
		return app, app.Client()
	}
	line := newMemory()
	app := &httptest.Server{Listener: line, Config: &http.Server{Handler: h, ReadHeaderTimeout: slackWaits}}
	app.Start()
	return app, &http.Client{Transport: &http.Transport{DialContext: line.dial, DisableKeepAlives: true}}
}

// PostTo has deliveries posted to addresses.
func (s *Server) PostTo(p Paths) {
	s.Connect(func(d Delivery) (int, []byte) { return s.post(http.DefaultClient, p.of(d.Kind), d, http.Header{}) })
}

// post is one signed request: https://docs.slack.dev/authentication/verifying-requests-from-slack
func (s *Server) post(client *http.Client, address string, d Delivery, h http.Header) (int, []byte) {
	contentType, body := d.encode()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		s.t.Error(err)
		return 0, nil
	}
	req.Header = h
	at := strconv.FormatInt(s.Now().Unix(), 10)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("X-Slack-Request-Timestamp", at)
	req.Header.Set("X-Slack-Signature", Signature(Secret, at, body))
	if d.Retry > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(d.Retry))
		req.Header.Set("X-Slack-Retry-Reason", d.Reason)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	answer, _ := io.ReadAll(resp.Body) // what breaks off is what it is
	_ = resp.Body.Close()
	return resp.StatusCode, answer
}

// Signature is what Slack signs a request with.
func Signature(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + at + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// encode is a delivery's body on the wire.
func (d Delivery) encode() (contentType string, body []byte) {
	raw, err := json.Marshal(d.Body)
	if err != nil {
		panic(err) // it is made of strings, numbers and what came as JSON
	}
	const form = "application/x-www-form-urlencoded"
	switch d.Kind {
	case Command:
		values := url.Values{}
		for k, v := range d.Body {
			values.Set(k, fmt.Sprint(v))
		}
		return form, []byte(values.Encode())
	case Interaction:
		return form, []byte(url.Values{"payload": {string(raw)}}.Encode())
	}
	return "application/json", raw
}

// Deliver delivers once, whatever it is.
func (s *Server) Deliver(d Delivery) (status int, answer []byte) {
	s.mu.Lock()
	carry, meddle := s.transport, s.meddle
	s.mu.Unlock()
	if meddle != nil {
		return meddle(d, carry)
	}
	return carry(d)
}

// Envelope is a new delivery of an event.
func (s *Server) Envelope(event map[string]any) Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := channelOf(event)
	c, _ := s.channel(id)
	return Delivery{Kind: Event, Body: object{
		"type": "event_callback", "team_id": Team, "api_app_id": App, "event": event, "event_id": fmt.Sprintf("Ev%d", s.number()),
		"event_time": s.Now().Unix(), "is_ext_shared_channel": c.Shared,
		"authorizations": []object{{"team_id": Team, "user_id": BotUser, "is_bot": true}},
	}}
}

// channelOf is where an event happened.
func channelOf(event object) (string, bool) {
	if item, ok := event["item"].(object); ok {
		event = item
	}
	id, ok := event["channel"].(string)
	return id, ok
}

// happens delivers an event, as often as the app subscribes to it. It reports whether all were acknowledged; one that was
// not waits for Redeliver.
func (s *Server) happens(event object) (acked bool) {
	acked = true
	for _, e := range s.wanted(event) {
		d := s.Envelope(e)
		s.mu.Lock()
		s.newest = d
		s.mu.Unlock()
		acked = s.try(d) && acked
	}
	return acked
}

// wanted are the events of those that the app gets of a happening.
func (s *Server) wanted(event object) []object {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := channelOf(event)
	if c, ok := s.channel(id); ok && c.WithoutBot {
		return nil // it hears nothing where it is not
	}
	name, _ := event["type"].(string)
	if name == "message" {
		name += "." + map[bool]string{true: "im", false: "channels"}[strings.HasPrefix(id, "D")]
		if s.channels[id] != nil && s.channels[id].Private {
			name = "message.groups"
		}
	}
	var all []object
	if s.subscribed(name) {
		all = append(all, event)
	}
	text, _ := event["text"].(string)
	if _, sub := event["subtype"]; event["type"] == "message" && !sub && event["user"] != BotUser && !strings.HasPrefix(id, "D") &&
		strings.Contains(text, "<@"+BotUser+">") && s.subscribed("app_mention") {
		mention := maps.Clone(event)
		mention["type"] = "app_mention"
		delete(mention, "channel_type")
		all = append(all, mention)
	}
	return all
}

// try delivers an event and keeps it when it was not acknowledged.
func (s *Server) try(d Delivery) bool {
	status, _ := s.Deliver(d)
	if status == http.StatusOK {
		return true
	}
	d.Retry, d.Reason = d.Retry+1, "http_error"
	if status == 0 {
		d.Reason = "http_timeout"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, d)
	return false
}

// Again delivers the newest event once more, as Slack does when it was not acknowledged. It reports whether it was now.
func (s *Server) Again() bool {
	s.mu.Lock()
	d := s.newest
	s.waiting = slices.DeleteFunc(s.waiting, func(w Delivery) bool { return w.Body["event_id"] == d.Body["event_id"] })
	s.mu.Unlock()
	d.Retry, d.Reason = 1, "http_error"
	status, _ := s.Deliver(d)
	return status == http.StatusOK
}

// retriesMost is how often Slack tries again: https://docs.slack.dev/apis/events-api#retries
const retriesMost = 3

// Redeliver tries what waits once more, oldest first, and gives up on what was tried often enough. It returns how much
// still waits.
func (s *Server) Redeliver() (left int) {
	s.mu.Lock()
	all := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for _, d := range all {
		if d.Retry <= retriesMost {
			s.try(d)
		}
	}
	return s.Waiting()
}

// Waiting is how much waits for Redeliver.
func (s *Server) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

// said is the event of a new message.
func (s *Server) said(m *message) object {
	e := s.object(m)
	e["channel"], e["event_ts"], e["channel_type"] = m.Channel, m.TS, "channel"
	if strings.HasPrefix(m.Channel, "D") {
		e["channel_type"] = "im"
	} else if c := s.channels[m.Channel]; c != nil && c.Private {
		e["channel_type"] = "group"
	}
	if len(m.Files) > 0 {
		e["subtype"] = "file_share"
	}
	return e
}

// changed is the event of an edit.
func (s *Server) changed(m *message, before object) object {
	at := s.stamp()
	return object{
		"type": "message", "subtype": "message_changed", "channel": m.Channel, "ts": at, "event_ts": at, "hidden": true,
		"message": s.object(m), "previous_message": before,
	}
}

// goes deletes a message. Of one with replies something stays, so that they have a root.
func (s *Server) goes(m *message) object {
	before := s.object(m)
	m.gone, m.tomb = true, s.replied(m)
	if m.tomb {
		return s.changed(m, before)
	}
	at := s.stamp()
	return object{
		"type": "message", "subtype": "message_deleted", "channel": m.Channel, "ts": at, "event_ts": at, "deleted_ts": m.TS, "hidden": true,
		"previous_message": before,
	}
}

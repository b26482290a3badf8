package slack

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/adapterstest"
	"github.com/debrief-bot/debrief/conversations"
)

func TestSuite(t *testing.T) {
	t.Run("http", func(t *testing.T) { adapterstest.Run(t, overHTTP) })
}

func overHTTP(t *testing.T, log *slog.Logger) *adapterstest.Platform {
	w := newWorkspace(t)
	c := New(Options{BotToken: fakeToken, SigningSecret: fakeSecret, APIURL: w.api.URL + "/api", Log: log})
	w.wireHTTP(c)
	return w.platform(t, c)
}

func (w *workspace) platform(t *testing.T, c *Chat) *adapterstest.Platform {
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, problem := range w.wrong {
			t.Errorf("Slack would not take it: %s", problem)
		}
	})
	return &adapterstest.Platform{
		Chat: c, Channel: place, Ana: ana, Bo: bo, Tokens: []string{fakeToken, fakeSecret, "secret7f3a"},
		Ready: func(*testing.T) {
			for {
				if _, _, ok := c.connected(); ok {
					return
				}
				runtime.Gosched()
			}
		},
		Do: w.do, Again: func(*testing.T) bool { return w.newest(true) }, Shown: w.shown, Private: w.private, Form: w.form,
		Pins:   []string{"pushpin"},
		Closed: conversations.Place{Workspace: us.workspace(), Channel: closed}, Unreachable: disabled,
		Expire: func(*testing.T) { w.locked(func() { clear(w.answers) }) },
		Busy:   func(_ *testing.T, after time.Duration) { w.locked(func() { w.busy = secondsOf(after) }) },
		Lose:   func(*testing.T) { w.locked(func() { w.lose = true }) },
	}
}

func (w *workspace) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// do has somebody act, and delivers that.
func (w *workspace) do(t *testing.T, a adapterstest.Act) adapterstest.Outcome {
	var out adapterstest.Outcome
	var event, body map[string]any
	kind := "event"
	w.locked(func() {
		switch a.Kind {
		case conversations.Said:
			m := &posted{channel: a.Where.Channel, ts: w.ts(), thread: a.Where.Thread, user: a.Who, text: typed(a), files: a.Files, reactions: map[string][]string{}}
			w.messages = append(w.messages, m)
			event = w.event(m)
			out.Message = conversations.MessageRef{Workspace: us.workspace(), Channel: m.channel, ID: m.ts}
		case conversations.Edited:
			m := w.find(a.Message.Channel, a.Message.ID)
			before := w.json(m)
			m.text, m.edited = escape(a.Text), w.ts()
			event = w.changed(m, before)
		case conversations.Deleted:
			m := w.find(a.Message.Channel, a.Message.ID)
			at := w.ts()
			event = map[string]any{
				"type": "message", "subtype": "message_deleted", "channel": m.channel, "ts": at, "event_ts": at, "deleted_ts": m.ts,
				"previous_message": w.json(m),
			}
			m.gone = true
		case conversations.Reacted:
			_, events := w.react(a.Who, a.Message.Channel, a.Message.ID, a.Emoji, a.On)
			event = events[0]
		case conversations.Commanded:
			trigger, url := w.trigger(a.Who)
			kind, body = "command", map[string]any{
				"team_id": us.team, "api_app_id": us.app, "command": "/postmortem", "text": a.Text, "user_id": a.Who,
				"channel_id": a.Where.Channel, "trigger_id": trigger, "response_url": url,
			}
		case conversations.Clicked:
			kind, body = "interaction", w.click(t, a)
		case conversations.Submitted:
			kind, body = "interaction", w.submission(t, a)
		}
	})
	if event != nil {
		w.newest = func(retry bool) bool {
			status, _ := w.deliver("event", w.envelope(event), retry)
			return status == 200
		}
		out.Acked = w.newest(false)
		return out
	}
	status, answer := w.deliver(kind, body, false)
	out.Acked = status == 200
	w.locked(func() { w.answered(t, a, answer) })
	return out
}

// typed is what somebody writes, as Slack sends it.
func typed(a adapterstest.Act) string {
	text := escape(a.Text)
	if a.Mention {
		text = "<@" + us.user + "> " + text
	}
	if a.Names != "" {
		text += " <@" + a.Names + ">"
	}
	return text
}

// click is what Slack sends when somebody presses the control with that label.
func (w *workspace) click(t *testing.T, a adapterstest.Act) map[string]any {
	m := w.find(a.Message.Channel, a.Message.ID)
	trigger, url := w.trigger(a.Who)
	var pressed map[string]any
	for _, b := range m.blocks {
		elements, _ := b["elements"].([]any)
		if b["type"] != "actions" {
			continue
		}
		for _, e := range elements {
			e := e.(map[string]any)
			if labelOf(e["text"]) == a.Label || labelOf(e["placeholder"]) == a.Label {
				pressed = e
			}
		}
	}
	if pressed == nil {
		t.Fatalf("there is no %q on the message", a.Label)
	}
	action := map[string]any{"type": pressed["type"], "action_id": pressed["action_id"], "action_ts": w.ts(), "value": pressed["value"]}
	options, _ := pressed["options"].([]any)
	for _, o := range options {
		if o := o.(map[string]any); labelOf(o["text"]) == a.Choice {
			action["selected_option"] = o
		}
	}
	container := map[string]any{"type": "message", "message_ts": m.ts, "channel_id": m.channel}
	if m.thread != "" {
		container["thread_ts"] = m.thread
	}
	return map[string]any{
		"type": "block_actions", "api_app_id": us.app, "team": map[string]any{"id": us.team}, "user": map[string]any{"id": a.Who, "team_id": us.team},
		"trigger_id": trigger, "response_url": url, "container": container, "channel": map[string]any{"id": m.channel},
		"message": w.json(m), "actions": []any{action},
	}
}

func labelOf(v any) string {
	m, _ := v.(map[string]any)
	s, _ := m["text"].(string)
	return s
}

// submission is what Slack sends when somebody fills in the form that they have before them.
func (w *workspace) submission(t *testing.T, a adapterstest.Act) map[string]any {
	v := w.views[a.Who]
	if v == nil {
		t.Fatalf("%s has no form", a.Who)
	}
	trigger, _ := w.trigger(a.Who)
	values := map[string]any{}
	blocks, _ := v.view["blocks"].([]any)
	for _, b := range blocks {
		b := b.(map[string]any)
		element := b["element"].(map[string]any)
		entered := map[string]any{"type": element["type"], "value": nil}
		for _, f := range a.Fields {
			if f.Name != b["block_id"] {
				continue
			}
			switch element["type"] {
			case "plain_text_input":
				entered["value"] = f.Value
			case "static_select":
				entered["selected_option"] = map[string]any{"value": f.Value}
			}
		}
		values[b["block_id"].(string)] = map[string]any{element["action_id"].(string): entered}
	}
	v.view["id"], v.view["hash"] = v.id, v.hash
	v.view["state"] = map[string]any{"values": values}
	return map[string]any{
		"type": "view_submission", "api_app_id": us.app, "team": map[string]any{"id": us.team}, "trigger_id": trigger,
		"user": map[string]any{"id": a.Who, "team_id": us.team}, "view": v.view,
	}
}

// answered does what the acknowledgement asks for.
func (w *workspace) answered(t *testing.T, a adapterstest.Act, answer []byte) {
	if a.Kind == conversations.Commanded && len(answer) > 0 {
		w.whispered(a.Who, func(v any) error { return json.Unmarshal(answer, v) })
	}
	if a.Kind != conversations.Submitted {
		return
	}
	var reply struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   map[string]any    `json:"view"`
	}
	if err := json.Unmarshal(answer, &reply); err != nil && len(answer) > 0 {
		t.Error(err)
	}
	switch reply.Action {
	case "errors":
		w.views[a.Who].errs = reply.Errors
	case "update":
		w.views[a.Who] = w.opened(reply.View)
	default:
		delete(w.views, a.Who)
	}
}

func (w *workspace) shown(_ *testing.T, ref conversations.MessageRef) (adapterstest.Shown, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.find(ref.Channel, ref.ID)
	if m == nil {
		return adapterstest.Shown{}, false
	}
	s := w.seen(m)
	for _, other := range w.messages {
		if strings.Contains(string(other.metadata), fmt.Sprintf(`"of":%q`, m.ts)) && !other.gone {
			more := w.seen(other)
			s.Text, s.Pings, s.Links = s.Text+more.Text, append(s.Pings, more.Pings...), append(s.Links, more.Links...)
		}
	}
	return s, true
}

func (w *workspace) seen(m *posted) adapterstest.Shown {
	s := adapterstest.Shown{Edited: m.edited != ""}
	s.Text, s.Pings, s.Links = m.read()
	for name, who := range m.reactions {
		if slices.Contains(who, us.user) {
			s.Marks = append(s.Marks, conversations.Emoji(name))
		}
	}
	return s
}

func (w *workspace) private(_ *testing.T, person string) []adapterstest.Shown {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []adapterstest.Shown
	for _, m := range w.messages {
		if m.channel == "D0"+person[2:] && !m.gone {
			all = append(all, w.seen(m))
		}
	}
	for _, m := range w.ephemerals {
		if m.only == person {
			all = append(all, w.seen(m))
		}
	}
	return all
}

func (w *workspace) form(_ *testing.T, person string) (title string, inputs []string, wrong []conversations.Field, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.views[person]
	if v == nil {
		return "", nil, nil, false
	}
	blocks, _ := v.view["blocks"].([]any)
	for _, b := range blocks {
		name, _ := b.(map[string]any)["block_id"].(string)
		inputs = append(inputs, name)
		if v.errs[name] != "" {
			wrong = append(wrong, conversations.Field{Name: name, Value: v.errs[name]})
		}
	}
	return labelOf(v.view["title"]), inputs, wrong, true
}

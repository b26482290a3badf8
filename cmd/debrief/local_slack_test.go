//go:build counterparts

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations/postmortem/pdf"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// TestLocalSlack begins a review in local-slack, somebody else's imitation of Slack, over both ways in which it sends.
func TestLocalSlack(t *testing.T) {
	t.Run("http", func(t *testing.T) {
		var chat *slack.Chat
		address := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { oneAddress(chat.Handler(), w, r) }))
		t.Cleanup(address.Close)
		there := startLocalSlack(t, "events", address.URL)
		chat = slack.New(slack.Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: there.url + "/api/", Pace: slacktest.Unhurried(), Log: logOf(t), PDF: pdf.Print})
		there.review(chat)
	})
	t.Run("socket", func(t *testing.T) {
		there := startLocalSlack(t, "socket", "http://127.0.0.1:1/unused")
		there.review(slack.New(slack.Options{BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, APIURL: there.url + "/api/", Pace: slacktest.Unhurried(), Log: logOf(t), PDF: pdf.Print}))
	})
}

// logOf shows what the adapter warns of when a test fails.
func logOf(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// oneAddress takes in at one address what Slack sends to three: local-slack knows only one.
func oneAddress(h http.Handler, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "broken off", http.StatusBadRequest)
		return
	}
	r.URL.Path = slack.CommandsPath
	switch {
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		r.URL.Path = slack.EventsPath
	case bytes.HasPrefix(body, []byte("payload=")):
		r.URL.Path = slack.InteractionsPath
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.ServeHTTP(w, r)
}

// localSlack is a running local-slack.
type localSlack struct {
	*testing.T
	url string
}

// The people and the channel in .ci/slack/local-slack.yaml.
const (
	lsAna = "U0ANA"
	lsBo  = "U0BO"
	lsOps = "C0OPS"
)

func startLocalSlack(t *testing.T, mode, requestURL string) localSlack {
	raw, err := os.ReadFile(filepath.Join("../..", slacktest.Counterparts, "local-slack.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	filled := strings.NewReplacer("MODE", mode, "REQUEST_URL", requestURL).Replace(string(raw))
	if err := os.WriteFile(config, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	address := slacktest.FreeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	slacktest.Counterpart(t, address, nil, "node_modules/local-slack-linux-x64/bin/local-slack", "--config", config, "--port", port, "--base-host", "127.0.0.1")
	return localSlack{t, "http://" + address}
}

// review plays the beginning of a review: pins, a command, buttons, replies, a form.
func (l localSlack) review(chat *slack.Chat) {
	ctx, stop := context.WithCancel(l.Context())
	b := bot.New(bot.Options{Store: storagetest.NewMemory(time.Now), Chats: []adapters.Chat{chat}, Now: time.Now, Zone: time.UTC, Log: logOf(l.T)})
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			l.Errorf("the bot ended with %v", err)
		}
	}()
	slacktest.Eventually(l.T, "the bot is ready", func() bool { return b.Ready() == nil })
	l.eventually("commands are answered", func() bool { // in Socket Mode none are before there is a connection
		l.command(lsAna, "help")
		_, ok := l.find(func(m message) bool { return m.Only == lsAna && strings.Contains(m.all(), "begin a review") })
		return ok
	})

	alert := l.say(lsAna, "checkout fails for everybody", "")
	l.post("reaction", object{"channel": lsOps, "ts": alert, "user": lsBo, "name": "pushpin"})
	l.eventually("the pin is kept", func() bool { return l.reacted(alert, "paperclip") })
	l.post("edit-message", object{"channel": lsOps, "ts": alert, "user": lsAna, "text": "checkout fails in Germany"})

	l.command(lsAna, "start tiny Checkout")
	l.click(lsAna, "It is over")
	card := l.wait("there is a card", func(m message) bool { return m.Thread == "" && strings.Contains(m.all(), "PM-1") && m.Only == "" })
	question := l.wait("it asks", func(m message) bool {
		return m.Thread == card.TS && strings.Contains(m.all(), "What happened?") && strings.Contains(m.all(), "in Germany")
	})

	reply := l.say(lsBo, "somebody had switched the gateway off at 13:50", card.TS)
	l.eventually("an answer is taken", func() bool { return l.reacted(reply, "memo") })
	l.clickOn(question, lsAna, "Answer in a form")
	l.submit(lsAna, object{"text": object{"text": object{"type": "plain_text_input", "value": "it came back at 14:20"}}})
	l.wait("what was typed is an answer", func(m message) bool { return m.TS == card.TS && strings.Contains(m.all(), "2 answers") })
	l.clickOn(question, lsAna, "Next")
	l.wait("it goes on", func(m message) bool {
		return m.Thread == card.TS && strings.Contains(m.all(), "What made it possible?")
	})
	l.wait("the question has become what was said", func(m message) bool {
		return m.TS == question.TS && strings.Contains(m.all(), "it came back at 14:20") && strings.Contains(m.all(), "switched the gateway off")
	})

	l.say(lsBo, "<@"+slacktest.BotUser+"> draft", card.TS)
	l.wait("a mention is answered", func(m message) bool { return m.Only == lsBo && strings.Contains(m.all(), "fails in Germany") })

	for _, asked := range []string{"What made it possible?", "What do we change"} {
		l.clickOn(l.wait("it asks "+asked, func(m message) bool { return m.Thread == card.TS && m.Only == "" && strings.Contains(m.all(), asked) }), lsAna, "Next")
	}
	l.say(lsAna, "<@"+slacktest.BotUser+"> publish", card.TS)
	l.wait("the report is published", func(m message) bool { return m.Thread == "" && strings.Contains(m.all(), "is published") })
	l.wait("its PDF is in the thread", func(m message) bool {
		return m.Thread == card.TS && slices.ContainsFunc(m.Files, func(f file) bool { return f.Name == "PM-1-v1.pdf" })
	})
}

// file is one as local-slack has it.
type file struct {
	Name string `json:"name"`
}

type object = map[string]any

// message is one as local-slack has it.
type message struct {
	TS        string            `json:"ts"`
	Thread    string            `json:"thread_ts"`
	User      string            `json:"user"`
	Only      string            `json:"ephemeral_to"`
	Text      string            `json:"text"`
	Blocks    []json.RawMessage `json:"blocks"`
	Files     []file            `json:"files"`
	Reactions []struct {
		Name  string   `json:"name"`
		Users []string `json:"users"`
	} `json:"reactions"`
}

// all is everything that a message says, blocks included.
func (m message) all() string {
	raw, _ := json.Marshal(m.Blocks) // it was JSON
	return m.Text + string(raw)
}

func (l localSlack) eventually(what string, is func() bool) { slacktest.Eventually(l.T, what, is) }

// post has something done in the workspace, and returns what came of it.
func (l localSlack) post(what string, body object) object {
	raw, err := json.Marshal(body)
	if err != nil {
		l.Fatal(err)
	}
	req, err := http.NewRequestWithContext(l.Context(), http.MethodPost, l.url+"/_control/"+what, bytes.NewReader(raw))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return l.ask(req)
}

func (l localSlack) ask(req *http.Request) object {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer object
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		l.Fatalf("%s: HTTP %d, %v, %v", req.URL.Path, resp.StatusCode, answer, err)
	}
	return answer
}

func (l localSlack) say(who, text, thread string) (ts string) {
	body := object{"channel": lsOps, "user": who, "text": text}
	if thread != "" {
		body["thread_ts"] = thread
	}
	said, _ := l.post("message", body)["message"].(object)
	ts, _ = said["ts"].(string)
	return ts
}

func (l localSlack) command(who, text string) {
	l.post("command", object{"channel": lsOps, "user": who, "command": "/postmortem", "text": text})
}

func (l localSlack) messages() []message {
	req, err := http.NewRequestWithContext(l.Context(), http.MethodGet, l.url+"/_control/messages/"+lsOps, nil)
	if err != nil {
		l.Fatal(err)
	}
	raw, err := json.Marshal(l.ask(req)["messages"])
	if err != nil {
		l.Fatal(err)
	}
	var all []message
	if err := json.Unmarshal(raw, &all); err != nil {
		l.Fatal(err)
	}
	return all
}

func (l localSlack) find(is func(message) bool) (message, bool) {
	all := l.messages()
	i := slices.IndexFunc(all, func(m message) bool { return m.User == slacktest.BotUser && is(m) })
	if i < 0 {
		return message{}, false
	}
	return all[i], true
}

func (l localSlack) wait(what string, is func(message) bool) (found message) {
	l.eventually(what, func() (ok bool) { found, ok = l.find(is); return ok })
	return found
}

func (l localSlack) reacted(ts, name string) bool {
	for _, m := range l.messages() {
		for _, r := range m.Reactions {
			if m.TS == ts && r.Name == name && slices.Contains(r.Users, slacktest.BotUser) {
				return true
			}
		}
	}
	return false
}

// click presses a button on the first message that has it.
func (l localSlack) click(who, label string) {
	m := l.wait("somebody can press "+label, func(m message) bool { return strings.Contains(m.all(), `"text":"`+label+`"`) })
	l.clickOn(m, who, label)
}

func (l localSlack) clickOn(m message, who, label string) {
	for _, raw := range m.Blocks {
		var row struct {
			ID       string   `json:"block_id"`
			Elements []object `json:"elements"`
		}
		_ = json.Unmarshal(raw, &row) // most blocks have no such elements
		for _, e := range row.Elements {
			if text, _ := e["text"].(object); text["text"] == label {
				l.post("interact", object{"channel": lsOps, "messageTs": m.TS, "user": who, "action": object{
					"type": "button", "action_id": e["action_id"], "block_id": row.ID, "value": e["value"], "text": text,
				}})
				return
			}
		}
	}
	l.Fatalf("there is no %q on %s", label, m.all())
}

// submit sends the form off that somebody has before them, which only the page of local-slack can.
func (l localSlack) submit(who string, values object) {
	page, resp, err := websocket.DefaultDialer.DialContext(l.Context(), "ws"+strings.TrimPrefix(l.url, "http")+"/ui", nil)
	if err != nil {
		l.Fatal(err)
	}
	defer func() { _, _ = page.Close(), resp.Body.Close() }()
	l.eventually("there is a form", func() bool {
		var news struct {
			T     string `json:"t"`
			Stack []any  `json:"stack"`
			State struct {
				Stack []any `json:"modalStack"`
			} `json:"state"`
		}
		if err := page.ReadJSON(&news); err != nil {
			l.Fatal(err)
		}
		return len(news.Stack)+len(news.State.Stack) > 0
	})
	if err := page.WriteJSON(object{"t": "view_submit", "user": who, "values": values}); err != nil {
		l.Fatal(err)
	}
}

package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

func TestSlackSettings(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"DEBRIEF_SLACK_SIGNING_SECRET is missing, or DEBRIEF_SLACK_APP_TOKEN": {"SLACK_BOT_TOKEN": "xoxb-1"},
		"DEBRIEF_SLACK_BOT_TOKEN is missing":                                  {"SLACK_SIGNING_SECRET": "s"},
		"DEBRIEF_SLACK_BOT_TOKEN is missing; it is":                           {"SLACK_APP_TOKEN": "xapp-1"},
		"does not begin with xapp-":                                           {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-1"},
		"are both set; keep the signing secret":                               {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s"},
		"does not begin with xoxb-":                                           {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s"},
		"is no address":                                                       {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "slack"},
		"":                                                                    {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"},
	} {
		bare(t)
		for k, v := range env {
			t.Setenv("DEBRIEF_"+k, v)
		}
		_, err := loadConfig()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, not %q", env, err, want)
		}
	}
}

// slackNamed is a Slack that knows who the bot is and nothing else.
func slackNamed(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.FormValue("token") != "xoxb-1":
			_, _ = io.WriteString(w, `{"ok":false,"error":"invalid_auth"}`)
		case strings.HasSuffix(r.URL.Path, "/auth.test"):
			_, _ = io.WriteString(w, `{"ok":true,"url":"https://acme.slack.example/","team_id":"T0ACME","user_id":"U0DEBRIEF","bot_id":"B0DEBRIEF"}`)
		case strings.HasSuffix(r.URL.Path, "/bots.info"):
			_, _ = io.WriteString(w, `{"ok":true,"bot":{"id":"B0DEBRIEF","app_id":"A0DEBRIEF"}}`)
		case strings.HasSuffix(r.URL.Path, "/users.conversations"):
			_, _ = io.WriteString(w, `{"ok":true,"channels":[]}`)
		default:
			_, _ = io.WriteString(w, `{"ok":false,"error":"unknown_method"}`)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// command sends `/postmortem <text>` as Slack does.
func command(t *testing.T, at net.Addr, secret, text string) (int, string) {
	body := "team_id=T0ACME&api_app_id=A0DEBRIEF&command=%2Fpostmortem&user_id=U0ANA&channel_id=C0OPS&trigger_id=1.2.abc" +
		"&response_url=http%3A%2F%2F127.0.0.1%3A1%2F&text=" + text
	return fromSlack(t, at, "/slack/commands", secret, "application/x-www-form-urlencoded", body)
}

// fromSlack sends what Slack would, signed as it does.
func fromSlack(t *testing.T, at net.Addr, path, secret, kind, body string) (int, string) {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", now, body)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+at.String()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("X-Slack-Request-Timestamp", now)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return answered(t, req)
}

// With a bot token Debrief is in Slack, and there is no chat in the browser.
func TestServeSlack(t *testing.T) {
	c := localConfig(t)
	c.SlackToken, c.SlackSigning, c.SlackAPIURL = "xoxb-1", "signing", slackNamed(t).URL+"/api/"
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	there := make(chan net.Addr, 1)
	ended := make(chan error, 1)
	go func() { ended <- runHere(ctx, c, &out, func(page, _ net.Addr) { there <- page }) }()
	select {
	case err := <-ended:
		t.Fatal(err)
	case at := <-there:
		if code, _ := command(t, at, "another", "help"); code != http.StatusUnauthorized {
			t.Errorf("a forged command: HTTP %d", code)
		}
		answer := ""
		for !strings.Contains(answer, "timeline") { // until it is connected, it says that nothing was saved
			var code int
			if code, answer = command(t, at, "signing", "help"); code != http.StatusOK {
				t.Fatalf("help: HTTP %d, %s", code, answer)
			}
		}
		if !strings.Contains(answer, `"response_type":"ephemeral"`) {
			t.Errorf("help: %s", answer)
		}
		if body := fetch(t, at, "/api/ana/state"); strings.Contains(body, "incidents") {
			t.Error("the chat in the browser is there, too")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(out.String(), "Debrief is in Slack") {
		t.Errorf("said %q", out.String())
	}
}

// With an app token it opens connections to Slack, and listens nowhere but for who operates it.
func TestServeSlackOverSockets(t *testing.T) {
	s := slacktest.New(t)
	s.AddUser(slacktest.User{ID: "U0ANA", Name: "ana"})
	s.AddChannel(slacktest.Channel{ID: "C0OPS", Name: "ops"})
	s.Connect(s.Socket)
	c := localConfig(t)
	c.SlackToken, c.SlackAppToken, c.SlackAPIURL = slacktest.BotToken, slacktest.AppToken, s.URL+"/api/"
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	there, ended := make(chan [2]net.Addr, 1), make(chan error, 1)
	go func() { ended <- runHere(ctx, c, &out, func(page, ops net.Addr) { there <- [2]net.Addr{page, ops} }) }()
	select {
	case err := <-ended:
		t.Fatal(err)
	case at := <-there:
		if at[0] != nil || at[1] == nil {
			t.Errorf("it listens at %v", at)
		}
		for !slices.ContainsFunc(s.Whispers(), func(m slacktest.Message) bool { // until it is connected, nothing comes
			text, _, _ := m.Read()
			return strings.Contains(text, "timeline")
		}) {
			s.Command("U0ANA", "C0OPS", "help")
		}
		if body := fetch(t, at[1], "/metrics"); !strings.Contains(body, "\ndebrief_slack_connections 1\n") {
			t.Errorf("/metrics does not tell of the connection: %s", body)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(out.String(), "Socket Mode") {
		t.Errorf("said %q", out.String())
	}
}

func TestServeSlackWithAWrongAppToken(t *testing.T) {
	s := slacktest.New(t)
	c := localConfig(t)
	c.SlackToken, c.SlackAppToken, c.SlackAPIURL = slacktest.BotToken, "xapp-revoked", s.URL+"/api/"
	err := runHere(t.Context(), c, io.Discard, nil)
	if err == nil || !strings.Contains(err.Error(), "generate one") || strings.Contains(err.Error(), "xapp-revoked") {
		t.Errorf("ended with %v", err)
	}
}

func TestServeSlackWithAWrongToken(t *testing.T) {
	c := localConfig(t)
	c.SlackToken, c.SlackSigning, c.SlackAPIURL = "xoxb-2", "signing", slackNamed(t).URL+"/api/"
	err := runHere(t.Context(), c, io.Discard, nil)
	if err == nil || !strings.Contains(err.Error(), "bot token does not work") || strings.Contains(err.Error(), "xoxb-2") {
		t.Errorf("ended with %v", err)
	}
}

// While the database is away at the start, the program lives, is not ready, and Slack is told to send again. (That the
// bot goes on when it is back is tested where the bot is.)
func TestSlackWhileTheDatabaseIsAway(t *testing.T) {
	c := localConfig(t)
	c.SlackToken, c.SlackSigning, c.SlackAPIURL = "xoxb-1", "signing", slackNamed(t).URL+"/api/"
	away, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := away.Addr().String()
	_ = away.Close() // nobody answers there
	c.MongoURI = conversations.Secret("mongodb://" + at + "/debrief?directConnection=true")
	ctx, cancel := context.WithCancel(t.Context())
	there := make(chan [2]net.Addr, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- runHere(ctx, c, io.Discard, func(page, ops net.Addr) { there <- [2]net.Addr{page, ops} })
	}()
	select {
	case err := <-ended:
		t.Fatal(err)
	case at := <-there:
		if body := fetch(t, at[1], "/livez"); body != "ok\n" {
			t.Errorf("/livez: %q", body)
		}
		if body := fetch(t, at[1], "/readyz"); !strings.Contains(body, "store unavailable") {
			t.Errorf("/readyz: %q", body)
		}
		pin := `{"type":"event_callback","team_id":"T0ACME","api_app_id":"A0DEBRIEF","event":{"type":"reaction_added","user":"U0ANA",` +
			`"reaction":"pushpin","item":{"type":"message","channel":"C0OPS","ts":"1772456520.001000"},"event_ts":"1772456521.001000"}}`
		if code, answer := fromSlack(t, at[0], "/slack/events", "signing", "application/json", pin); code != http.StatusServiceUnavailable {
			t.Errorf("a pin: HTTP %d, %s", code, answer)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestDoctorAsksSlack(t *testing.T) {
	s := slacktest.New(t)
	s.AddChannel(slacktest.Channel{ID: "C0OPS", Name: "ops"})
	s.Grant("chat:write", "reactions:read")
	c := localConfig(t)
	c.SlackToken, c.SlackAppToken, c.SlackAPIURL = slacktest.BotToken, slacktest.AppToken, s.URL+"/api/"
	ran(t, c)
	var out bytes.Buffer
	err := doctor(t.Context(), c, &out, false, false)
	if err == nil || !strings.Contains(err.Error(), "slack, scope reactions:write: Add it") {
		t.Errorf("with scopes missing it ends with %v", err)
	}
	for _, want := range []string{"Slack, bot token: It works", "Slack, app token: It works", "Slack, channels: The bot is in 1.", "last seen running here"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q: %s", want, out.String())
		}
	}
	s.Grant(scopeNames()...)
	out.Reset()
	if err := doctor(t.Context(), c, &out, true, false); err != nil {
		t.Errorf("with everything there it ends with %v", err)
	}
	var d diagnosis
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || len(d.Slack) != 5 || !d.Slack[0].OK || d.LastRan == nil {
		t.Errorf("%+v, %v", d, err)
	}
	c.SlackToken = "xoxb-other"
	out.Reset()
	if err := doctor(t.Context(), c, &out, false, false); err == nil || !strings.Contains(err.Error(), "Install the app again") {
		t.Errorf("with another token it ends with %v, %s", err, out.String())
	}
}

// ran leaves what a bot leaves that has run in Slack.
func ran(t *testing.T, c Config) {
	t.Helper()
	store, err := openStore(t.Context(), c, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	c.SlackAppToken = "" // over HTTP it need not be connected
	b := bot.New(bot.Options{Store: store, Chats: []adapters.Chat{c.slackChat(nil)}})
	if err := errors.Join(b.CatchUp(t.Context()), b.Drain(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func scopeNames() []string {
	var all []string
	for _, s := range slack.Scopes {
		all = append(all, s.Name)
	}
	return all
}

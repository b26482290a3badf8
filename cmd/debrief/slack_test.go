package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

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

// slackAt is a Slack with somebody in a channel, and the program set up for it over HTTP.
func slackAt(t *testing.T) (*slacktest.Server, Config) {
	s := slacktest.New(t)
	s.AddUser(slacktest.User{ID: "U0ANA", Name: "ana"})
	s.AddChannel(slacktest.Channel{ID: "C0OPS", Name: "ops"})
	c := localConfig(t)
	c.SlackToken, c.SlackSigning, c.SlackAPIURL = slacktest.BotToken, slacktest.Secret, s.URL+"/api/"
	return s, c
}

// slackPaths are where the adapter takes in what Slack sends, below an address.
func slackPaths(base string) slacktest.Paths {
	return slacktest.Paths{Events: base + slack.EventsPath, Commands: base + slack.CommandsPath, Interactions: base + slack.InteractionsPath}
}

// helped has somebody ask for help until she is answered: before it is connected, nothing comes, or nothing was saved.
func helped(s *slacktest.Server) {
	for !slices.ContainsFunc(s.Whispers(), func(m slacktest.Message) bool {
		text, _, _ := m.Read()
		return strings.Contains(text, "timeline")
	}) {
		s.Command("U0ANA", "C0OPS", "help")
	}
}

// With a bot token Debrief is in Slack, and there is no chat in the browser.
func TestServeSlack(t *testing.T) {
	s, c := slackAt(t)
	r := served(t, c)
	s.PostTo(slackPaths("http://" + r.page.String()))
	helped(s)
	forged, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.page.String()+slack.CommandsPath, strings.NewReader("text=help"))
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := answered(t, forged); code != http.StatusUnauthorized {
		t.Errorf("a forged command: HTTP %d", code)
	}
	if body := fetch(t, r.page, "/api/ana/state"); strings.Contains(body, "incidents") {
		t.Error("the chat in the browser is there, too")
	}
	if body := fetch(t, r.ops, "/metrics"); !strings.Contains(body, `debrief_slack_refused_total{why="unsigned"} 1`) {
		t.Errorf("/metrics does not tell of the forged one: %s", body)
	}
	if err := r.end(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if said := r.said.String(); !strings.Contains(said, "Debrief is in Slack") {
		t.Errorf("said %q", said)
	}
}

// With an app token it opens connections to Slack, and listens nowhere but for who operates it.
func TestServeSlackOverSockets(t *testing.T) {
	s, c := slackAt(t)
	s.Connect(s.Socket)
	c.SlackSigning, c.SlackAppToken = "", slacktest.AppToken
	r := served(t, c)
	if r.page != nil || r.ops == nil {
		t.Errorf("it listens at %v and %v", r.page, r.ops)
	}
	helped(s)
	if body := fetch(t, r.ops, "/metrics"); !strings.Contains(body, "\ndebrief_slack_connections 1\n") {
		t.Errorf("/metrics does not tell of the connection: %s", body)
	}
	if err := r.end(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if said := r.said.String(); !strings.Contains(said, "Socket Mode") {
		t.Errorf("said %q", said)
	}
}

// A token that does not work ends it with what to do, and is not said.
func TestServeSlackWithAWrongToken(t *testing.T) {
	_, wrongBot := slackAt(t)
	wrongBot.SlackToken = "xoxb-revoked"
	_, wrongApp := slackAt(t)
	wrongApp.SlackSigning, wrongApp.SlackAppToken = "", "xapp-revoked"
	for want, c := range map[string]Config{"bot token does not work": wrongBot, "generate one": wrongApp} {
		err := runHere(t.Context(), c, io.Discard, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "-revoked") {
			t.Errorf("ended with %v, not %q", err, want)
		}
	}
}

// While the database is away at the start, the program lives, is not ready, and Slack is told to send again. (That the
// bot goes on when it is back is tested where the bot is.)
func TestSlackWhileTheDatabaseIsAway(t *testing.T) {
	s, c := slackAt(t)
	away, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := away.Addr().String()
	_ = away.Close() // nobody answers there
	c.MongoURI = conversations.Secret("mongodb://" + at + "/debrief?directConnection=true")
	r := served(t, c)
	s.PostTo(slackPaths("http://" + r.page.String()))
	if body := fetch(t, r.ops, "/livez"); body != "ok\n" {
		t.Errorf("/livez: %q", body)
	}
	if body := fetch(t, r.ops, "/readyz"); !strings.Contains(body, "store unavailable") {
		t.Errorf("/readyz: %q", body)
	}
	pin := s.Envelope(map[string]any{
		"type": "reaction_added", "user": "U0ANA", "reaction": "pushpin", "event_ts": "1772456521.001000",
		"item": map[string]any{"type": "message", "channel": "C0OPS", "ts": "1772456520.001000"},
	})
	if code, answer := s.Deliver(pin); code != http.StatusServiceUnavailable {
		t.Errorf("a pin: HTTP %d, %s", code, answer)
	}
	if err := r.end(); err != nil {
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

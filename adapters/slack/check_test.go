package slack

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
)

// checked are the findings by what was looked at.
func checked(t *testing.T, w workspace, o Options) (workspace string, findings map[string]Finding) {
	t.Helper()
	o.APIURL = w.URL + "/api"
	workspace, all := New(o).Check(t.Context())
	findings = map[string]Finding{}
	for _, f := range all {
		if f.Found == "" || !f.OK && f.Fix == "" {
			t.Errorf("%+v says too little", f)
		}
		findings[f.Check] = f
	}
	return workspace, findings
}

func everyScope() []string {
	var all []string
	for _, s := range Scopes {
		all = append(all, s.Name)
	}
	return all
}

func TestCheck(t *testing.T) {
	whole := Options{BotToken: slacktest.BotToken, AppToken: slacktest.AppToken}
	for name, c := range map[string]struct {
		options Options
		set     func(workspace)
		wrong   map[string]string // what is not as it should be, and what its fix says
	}{
		"whole":       {whole, func(workspace) {}, nil},
		"over HTTP":   {Options{BotToken: slacktest.BotToken}, func(workspace) {}, nil},
		"wrong token": {Options{BotToken: "xoxb-other"}, func(workspace) {}, map[string]string{"bot token": "Install the app again"}},
		"away":        {whole, func(w workspace) { w.Close() }, map[string]string{"bot token": "reaches Slack"}},
		"wrong app token": {
			Options{BotToken: slacktest.BotToken, AppToken: "xapp-other"}, func(workspace) {}, map[string]string{"app token": "connections:write"},
		},
		"asked too often": {whole, func(w workspace) { w.Fail(slacktest.Once(openMethod, busy("60"))) }, map[string]string{"app token": "Try again"}},
		"scopes": {
			whole, func(w workspace) {
				w.Grant(slices.DeleteFunc(everyScope(), func(s string) bool { return s == "reactions:write" || s == "channels:history" })...)
			}, map[string]string{"scope reactions:write": "install the app again"},
		},
		"clock":       {Options{BotToken: slacktest.BotToken, Now: func() time.Time { return time.Now().Add(-4 * time.Minute) }}, func(workspace) {}, map[string]string{"clock": "NTP"}},
		"no channels": {whole, func(w workspace) { w.AddChannel(slacktest.Channel{ID: ops, WithoutBot: true}) }, map[string]string{"channels": "/invite"}},
		"no scope to list them": {
			whole, func(w workspace) { w.Fail(slacktest.Deny("users.conversations")) }, map[string]string{"channels": "channels:read"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t)
			w.Grant(everyScope()...)
			c.set(w)
			key, findings := checked(t, w, c.options)
			if _, ok := c.wrong["bot token"]; ok == (key == us.workspace()) {
				t.Errorf("the workspace is %q", key)
			}
			for check, f := range findings {
				if fix, wrong := c.wrong[check]; f.OK == wrong || !strings.Contains(f.Fix, fix) {
					t.Errorf("%+v", f)
				}
				if strings.Contains(f.Found+f.Fix, "xapp-other") || strings.Contains(f.Found+f.Fix, "xoxb-") {
					t.Errorf("a token is in %+v", f)
				}
			}
			for check := range c.wrong {
				if _, ok := findings[check]; !ok {
					t.Errorf("nothing is said of %s", check)
				}
			}
			if _, ok := findings["app token"]; key != "" && ok != (c.options.AppToken != "") {
				t.Errorf("the app token is looked at: %v", ok)
			}
		})
	}
}

// What doctor would find is in the log from the start.
func TestWhatIsMissingIsSaidAtTheStart(t *testing.T) {
	w := newWorkspace(t)
	w.Grant(slices.DeleteFunc(everyScope(), func(s string) bool { return s == "reactions:write" || s == "channels:history" })...)
	var log bytes.Buffer
	c := New(Options{BotToken: slacktest.BotToken, APIURL: w.URL + "/api", Pace: slacktest.Unhurried(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if _, err := c.identity(context.Background()); err != nil {
		t.Fatal(err)
	}
	if said := log.String(); strings.Count(said, "level=WARN") != 1 || !strings.Contains(said, "scope reactions:write") {
		t.Errorf("it says %s", said)
	}
}

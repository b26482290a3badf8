package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations/postmortem/pdf"
)

// slack reports whether Debrief is to be in Slack.
func (c Config) slack() bool { return c.SlackToken != "" }

// slackSockets reports whether Slack sends over connections that we open, rather than to our address.
func (c Config) slackSockets() bool { return c.SlackAppToken != "" }

// slackProblems says what is wrong with the settings for Slack.
func (c Config) slackProblems() []error {
	var problems []error
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format, append([]any{prefix}, args...)...))
	}
	if c.SlackToken != "" && !strings.HasPrefix(c.SlackToken.Reveal(), "xoxb-") {
		wrong("%s_SLACK_BOT_TOKEN does not begin with xoxb-; the bot token is under OAuth & Permissions of the Slack app")
	}
	if c.SlackAppToken != "" && !strings.HasPrefix(c.SlackAppToken.Reveal(), "xapp-") {
		wrong("%s_SLACK_APP_TOKEN does not begin with xapp-; app-level tokens are under Basic Information of the Slack app")
	}
	switch {
	case c.SlackAppToken != "" && c.SlackSigning != "":
		wrong("%[1]s_SLACK_APP_TOKEN and %[1]s_SLACK_SIGNING_SECRET are both set; keep the signing secret when Slack sends to an address of yours (HTTP), " +
			"the app token when it has none to send to (Socket Mode)")
	case c.SlackToken != "" && c.SlackSigning == "" && c.SlackAppToken == "":
		wrong("%[1]s_SLACK_SIGNING_SECRET is missing, or %[1]s_SLACK_APP_TOKEN for Socket Mode; both are under Basic Information of the Slack app")
	case c.SlackToken == "" && c.SlackSigning+c.SlackAppToken != "":
		wrong("%s_SLACK_BOT_TOKEN is missing; it is under OAuth & Permissions of the Slack app")
	}
	if u, err := url.Parse(c.SlackAPIURL); c.SlackAPIURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		wrong("%s_SLACK_API_URL: %q is no address; it looks like https://slack.com/api/", c.SlackAPIURL)
	}
	return problems
}

// runSlack is the program with Slack as its platform, which sends to the configured address or over connections that are
// opened to it.
func runSlack(ctx context.Context, c Config, out io.Writer, ready func(page, ops net.Addr)) error {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return err
	}
	store, err := connect(ctx, c, toRun()) // when it is away the bot waits for it, and Slack is told to send again
	if err != nil {
		return err
	}
	defer store.Close()
	log := c.logger(os.Stderr)
	chat := c.slackChat(log)
	h := house{store: store, chat: chat, now: time.Now, zone: zone, log: log, what: "Slack", metrics: slackMetrics{chat}}
	if c.slackSockets() {
		h.greeting = func(net.Addr) string {
			return fmt.Sprintf("Debrief is in Slack, takes in what Slack sends over connections of its own (Socket Mode), and keeps everything in the %s; Ctrl-C ends it.",
				c.storeName())
		}
		return h.serve(ctx, c, out, ready)
	}
	h.front = func(*bot.Bot) intake { return webhooks{chat.Handler()} }
	h.greeting = func(at net.Addr) string {
		return fmt.Sprintf("Debrief is in Slack, takes in what Slack sends at http://%s%s, %s and %s, and keeps everything in the %s; Ctrl-C ends it.",
			at, slack.EventsPath, slack.CommandsPath, slack.InteractionsPath, c.storeName())
	}
	return h.serve(ctx, c, out, ready)
}

func (c Config) slackChat(log *slog.Logger) *slack.Chat {
	return slack.New(slack.Options{
		BotToken: c.SlackToken, SigningSecret: c.SlackSigning, AppToken: c.SlackAppToken, APIURL: c.SlackAPIURL, Log: log, PDF: pdf.Print,
	})
}

// webhooks serves a platform that sends over HTTP.
type webhooks struct{ handler http.Handler }

// Serve implements intake. When the context ends, what has come in is still taken in.
func (w webhooks) Serve(ctx context.Context, l net.Listener) error {
	s := &listener{name: "webhooks", net: l, server: &http.Server{
		Handler: w.handler, ReadHeaderTimeout: headWithin, ReadTimeout: 2 * headWithin, IdleTimeout: idleWithin, MaxHeaderBytes: headBytes,
	}}
	failed := make(chan error, 1)
	go func() { failed <- s.serve() }()
	select {
	case err := <-failed:
		return errors.Join(err, l.Close())
	case <-ctx.Done():
		s.close()
		return <-failed
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/bot"
)

// slack reports whether Debrief is to be in Slack.
func (c Config) slack() bool { return c.SlackToken != "" }

// slackProblems says what is wrong with the settings for Slack.
func (c Config) slackProblems() []error {
	var problems []error
	if c.SlackToken != "" && !strings.HasPrefix(c.SlackToken.Reveal(), "xoxb-") {
		problems = append(problems, fmt.Errorf("%s_SLACK_BOT_TOKEN does not begin with xoxb-; the bot token is under OAuth & Permissions of the Slack app", prefix))
	}
	if c.SlackToken != "" && c.SlackSigning == "" {
		problems = append(problems, fmt.Errorf("%s_SLACK_SIGNING_SECRET is missing; it is under Basic Information of the Slack app", prefix))
	}
	if c.SlackToken == "" && c.SlackSigning != "" {
		problems = append(problems, fmt.Errorf("%s_SLACK_BOT_TOKEN is missing; it is under OAuth & Permissions of the Slack app", prefix))
	}
	if u, err := url.Parse(c.SlackAPIURL); c.SlackAPIURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		problems = append(problems, fmt.Errorf("%s_SLACK_API_URL: %q is no address; it looks like https://slack.com/api/", prefix, c.SlackAPIURL))
	}
	return problems
}

// runSlack is the program with Slack as its platform, which sends to the configured address.
func runSlack(ctx context.Context, c Config, out io.Writer, ready func(page, ops net.Addr)) error {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return err
	}
	store, err := connect(ctx, c, nil) // when it is away the bot waits for it, and Slack is told to send again
	if err != nil {
		return err
	}
	defer store.Close()
	log := c.logger(os.Stderr)
	chat := slack.New(slack.Options{BotToken: c.SlackToken, SigningSecret: c.SlackSigning, APIURL: c.SlackAPIURL, Log: log})
	return house{
		store: store, chat: chat, now: time.Now, zone: zone, log: log, what: "Slack",
		front: func(*bot.Bot) intake { return webhooks{chat.Handler()} },
		greeting: func(at net.Addr) string {
			return fmt.Sprintf("Debrief is in Slack, takes in what Slack sends at http://%s%s, %s and %s, and keeps everything in the %s; Ctrl-C ends it.",
				at, slack.EventsPath, slack.CommandsPath, slack.InteractionsPath, c.storeName())
		},
	}.serve(ctx, c, out, ready)
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

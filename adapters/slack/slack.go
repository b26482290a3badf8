// Package slack connects Debrief to one Slack workspace, as an internal app of its own.
//
// Slack sends over HTTP, or over connections that we open to it (Socket Mode). Either way what it sends is made an event of
// (receive.go), handed to the bot, and acknowledged only when the bot has it safe (take.go). What the bot says goes out as
// blocks (render.go). Everything is called through one client that keeps to Slack's limits, and who is told to wait by
// Slack all the same gets the port's "not now" (limits.go).
//
// Slack sends an event again when it is not acknowledged, up to three times within six minutes, but never a command, a
// click or a form: who did that is told that it was not saved.
package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// Options say how the workspace is reached.
type Options struct {
	BotToken      conversations.Secret
	SigningSecret conversations.Secret                    // of what comes over HTTP
	AppToken      conversations.Secret                    // opens connections; when set, what Slack sends comes over them (Socket Mode)
	APIURL        string                                  // empty: Slack's own
	Now           func() time.Time                        // nil: time.Now
	Pace          func() time.Time                        // the clock by which Slack's limits are kept; nil: time.Now
	Transport     http.RoundTripper                       // of every call; nil: http.DefaultTransport
	PDF           func(postmortem.Record) ([]byte, error) // prints a report for its thread; nil: it gets none
	Log           *slog.Logger
}

// Chat implements adapters.Chat.
type Chat struct {
	api     *slack.Client
	token   conversations.Secret
	client  *http.Client // of every call
	limits  *limits
	apiURL  string // with a slash at the end
	signing string
	sockets *sockets // nil: over HTTP
	pdf     func(postmortem.Record) ([]byte, error)
	now     func() time.Time
	log     *slog.Logger

	asking  sync.Mutex // of who we are
	mu      sync.Mutex
	who     identity
	handler adapters.Handler
	fatal   chan error

	answered map[string]bool // events that were answered at once, by key
	refused  tally
	joining  listing
}

var _ adapters.Chat = (*Chat)(nil)

const (
	callTimeout = 10 * time.Second // of one call, where the context allows more
	unsaidWait  = 30 * time.Second // at least, after a 429 that does not say how long
	tokenWait   = time.Minute      // after Slack refused the token
)

// New makes the connection. Nothing is called before Run.
func New(o Options) *Chat {
	c := &Chat{
		token: o.BotToken, signing: o.SigningSecret.Reveal(), now: o.Now, log: o.Log, pdf: o.PDF, fatal: make(chan error, 1),
		answered: map[string]bool{}, apiURL: slack.APIURL,
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.APIURL != "" {
		c.apiURL = strings.TrimSuffix(o.APIURL, "/") + "/"
	}
	if o.Pace == nil {
		o.Pace = time.Now
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	c.limits = newLimits(o.Pace)
	c.client = &http.Client{Timeout: callTimeout, Transport: patient{o.Transport, c.limits, c.apiURL}}
	c.api = slack.New(o.BotToken.Reveal(), slack.OptionHTTPClient(c.client), slack.OptionAPIURL(c.apiURL))
	if o.AppToken != "" {
		c.sockets = newSockets(c, o.AppToken)
	}
	return c
}

// Name implements adapters.Chat.
func (c *Chat) Name() string { return "slack" }

// Run implements adapters.Chat. It ends with an error when Slack says that a token can never work.
func (c *Chat) Run(ctx context.Context, h adapters.Handler) error {
	id, err := c.introduce(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.handler = h
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.handler = nil
		c.mu.Unlock()
	}()
	if c.sockets != nil {
		return c.sockets.run(ctx, id, h)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.fatal:
		return err
	}
}

// introduce asks Slack who we are until it answers. The error is that of a token that can never work.
func (c *Chat) introduce(ctx context.Context) (identity, error) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		id, err := c.identity(ctx)
		if err == nil {
			c.log.Info("connected to a workspace", "platform", "slack", "workspace", id.workspace())
			return id, nil
		}
		if isTokenError(code(err)) {
			return identity{}, fmt.Errorf("slack: the bot token does not work (%s); install the app again and set its new token", code(err))
		}
		if ended := ctx.Err(); ended != nil {
			return identity{}, ended
		}
		c.log.Warn("slack cannot be reached yet", "platform", "slack", "err", err)
		var later *adapters.RetryAfter
		if errors.As(err, &later) {
			wait = max(wait, later.After)
		}
		if !sleep(ctx, wait) {
			return identity{}, ctx.Err()
		}
	}
}

// sleep waits; false: the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// connected is the bot's door, and who we are; false: Run has not got that far.
func (c *Chat) connected() (adapters.Handler, identity, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handler, c.who, c.handler != nil
}

// identity asks Slack once who we are.
func (c *Chat) identity(ctx context.Context) (identity, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.mu.Lock()
	id := c.who
	c.mu.Unlock()
	if id.team != "" {
		return id, nil
	}
	auth, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return identity{}, clean("ask who I am", err)
	}
	c.warn(auth)
	id = identity{team: auth.TeamID, enterprise: auth.EnterpriseID, user: auth.UserID, bot: auth.BotID}
	if !isID(id.team) || !isID(id.user) {
		return identity{}, errors.New("slack: the answer to auth.test names no workspace")
	}
	if u, err := url.Parse(auth.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		id.url = strings.TrimSuffix(u.String(), "/") + "/"
	}
	if id.bot != "" {
		if bot, err := c.api.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: id.bot}); err == nil {
			id.app = bot.AppID
		} else if code(err) == "" {
			return identity{}, clean("ask which app I am", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.who = id
	return id, nil
}

// code is Slack's name of an error; empty: it is none that Slack answered with.
func code(err error) string {
	var answered slack.SlackErrorResponse
	if errors.As(err, &answered) {
		return answered.Err
	}
	return ""
}

// clean says what went wrong without what the library's errors may hold: addresses with secrets in them, or words.
func clean(doing string, err error) error {
	var later *adapters.RetryAfter
	var status slack.StatusCodeError
	switch name := code(err); {
	case errors.As(err, &later):
		return later
	case name == "ratelimited" || name == "rate_limited":
		return &adapters.RetryAfter{After: unsaidWait}
	case name != "":
		return &refusal{doing, name}
	case errors.As(err, &status):
		return fmt.Errorf("slack: %s: HTTP %d", doing, status.Code)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("slack: %s: %w", doing, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("slack: %s: %w", doing, context.DeadlineExceeded)
	}
	return fmt.Errorf("slack: %s: no answer that can be read", doing)
}

// refusal is an answer of Slack's that is an error.
type refusal struct{ doing, name string }

func (r *refusal) Error() string { return "slack: " + r.doing + ": " + r.name }

// As lets code find the name in it.
func (r *refusal) As(target any) bool {
	answered, ok := target.(*slack.SlackErrorResponse)
	if ok {
		answered.Err = r.name
	}
	return ok
}

// isTokenError tells errors that stay until somebody changes the configuration:
// https://docs.slack.dev/reference/methods/auth.test
func isTokenError(name string) bool {
	switch name {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "org_login_required":
		return true
	}
	return false
}

// isUnsure tells errors after which the call may have had its effect all the same.
func isUnsure(name string) bool {
	switch name {
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org":
		return true
	}
	return false
}

// sending is what an error of a call that changes something means to the port.
func (c *Chat) sending(doing string, err error) error {
	err = clean(doing, err)
	name := code(err)
	switch {
	case name == "" || isUnsure(name):
		return err
	case isTokenError(name):
		c.log.Error("slack refuses the bot token", "platform", "slack", "err", err)
		return &adapters.RetryAfter{After: tokenWait}
	case name == "message_not_found":
		return &adapters.Undeliverable{Reason: "the message was deleted", Gone: true}
	}
	return &adapters.Undeliverable{Reason: reason(name)}
}

// reading is what an error of a call that reads means to the port.
func reading(doing string, err error) error {
	err = clean(doing, err)
	if name := code(err); name != "" && !isUnsure(name) {
		if isTokenError(name) {
			return &adapters.RetryAfter{After: tokenWait}
		}
		return fmt.Errorf("%w: %w", err, adapters.ErrUnreadable)
	}
	return err
}

// reason says in people's words why Slack refuses something.
func reason(name string) string {
	switch name {
	case "channel_not_found":
		return "there is no such channel, or I am not in it"
	case "not_in_channel":
		return "I am not in the channel"
	case "is_archived":
		return "the channel is archived"
	case "thread_not_found":
		return "the thread was deleted"
	case "user_not_found", "users_not_found", "user_not_visible", "user_disabled", "cannot_dm_bot", "user_not_in_channel", "messages_tab_disabled":
		return "they cannot be written to"
	case "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_thread_locked",
		"restricted_action_non_threadable_channel", "as_user_not_supported", "ekm_access_denied":
		return "the workspace does not let me write there"
	case "missing_scope", "no_permission", "access_denied":
		return "the app is not allowed to do that"
	case "cant_update_message", "edit_window_closed":
		return "the message cannot be edited any more"
	case "too_many_reactions", "too_many_emoji":
		return "there are too many reactions on it"
	case "expired_url", "used_url":
		return "it is too late to answer this"
	}
	return "Slack refuses it (" + name + ")"
}

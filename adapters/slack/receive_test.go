package slack

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/debrief-bot/debrief/adapters/adapterstest"
	"github.com/debrief-bot/debrief/conversations"
)

var us = identity{
	team: adapterstest.SlackTeam, app: adapterstest.SlackApp, user: adapterstest.SlackBotUser, bot: adapterstest.SlackBotID,
	url: "https://acme.slack.example/",
}

// receive takes in what Slack sends, of any kind.
func (id identity) receive(raw []byte) ([]conversations.Event, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if len(raw) == 0 || raw[0] != '{' {
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, err
		}
		a, err := id.receiveCommand(form, adapterstest.Accepted)
		if err != nil {
			return nil, err
		}
		return []conversations.Event{a.event}, nil
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	if kind.Type != "event_callback" {
		a, ok, err := id.receiveInteraction(raw, adapterstest.Accepted)
		if err != nil || !ok {
			return nil, err
		}
		return []conversations.Event{a.event}, nil
	}
	env, err := readEnvelope(raw)
	if err != nil {
		return nil, err
	}
	e, ok, err := id.receiveEvent(env)
	if err != nil || !ok {
		return nil, err
	}
	return []conversations.Event{e}, nil
}

func TestGolden(t *testing.T) {
	adapterstest.Golden(t, "slack", func(raw []byte) []conversations.Event {
		events, err := us.receive(raw)
		if err != nil {
			t.Error(err)
		}
		return events
	})
}

func FuzzReceive(f *testing.F) {
	cases, err := adapterstest.Cases("slack")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add(c.Envelope)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		events, _ := us.receive(raw)
		for _, e := range events {
			for _, wrong := range adapterstest.Malformed(e) {
				t.Errorf("%q: %s: %s", raw, e.Key, wrong)
			}
		}
	})
}

// TestAMentionNamesChannels as a command does, whichever event tells of it.
func TestAMentionNamesChannels(t *testing.T) {
	for _, raw := range []string{"message", "app_mention"} {
		env := `{"type":"event_callback","team_id":"T0ACME","event":{"type":"` + raw + `","user":"U0ANA","channel":"C0OPS","ts":"1772456520.000100",` +
			`"thread_ts":"1772456500.000100","text":"<@` + us.user + `> start <#C0WAR|war> Checkout, see <#C0DB|db>"}}`
		events, err := us.receive([]byte(env))
		if err != nil || len(events) != 1 || !events[0].Mention || events[0].Text != "start <#C0WAR|war> Checkout, see <#C0DB|db>" {
			t.Errorf("%s: %+v, %v", raw, events, err)
		}
	}
}

func TestWritten(t *testing.T) {
	for text, want := range map[string]string{
		"a &lt; b &amp;&amp; c &gt; d":                 "a < b && c > d",
		"<@U0BO|bo> in <#C0WAR|war> and <#C0OPS>":      "<@U0BO> in #war and #C0OPS",
		"<!here> <!subteam^S1|@ops> <!subteam^S1>":     "@here @ops @subteam",
		"<https://a.example/b|the graph>":              "the graph (https://a.example/b)",
		"<https://a.example/b> <mailto:a@b.c|a@b.c>":   "https://a.example/b a@b.c",
		"<!date^1772452800^{date}|Monday> and < alone": "Monday and < alone",
		"&lt;!channel&gt; stays what it was typed as":  "<!channel> stays what it was typed as",
	} {
		if got := plain(text); got != want {
			t.Errorf("%q is read as %q, not %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"start <#C0WAR|war> &amp; more":  "start <#C0WAR|war> & more",
		"start <#C0WAR> now":             "start <#C0WAR> now",
		"settings channels <#C0WAR|war>": "settings channels <#C0WAR|war>",
		"event moved to <#C0WAR|war>":    "event moved to #war",
	} {
		if got := ordered(text); got != want {
			t.Errorf("the command %q is read as %q", text, got)
		}
	}
}

// TestAClickHasItsThread, whether the container or only the message says it.
func TestAClickHasItsThread(t *testing.T) {
	click := func(container, message string) string {
		raw := `{"type":"block_actions","team":{"id":"T0ACME"},"user":{"id":"U0ANA"},"response_url":"https://hooks.slack.example/1",` +
			`"container":{"type":"message","channel_id":"C0OPS","message_ts":"1772456941.000100"` + container + `},"message":{"ts":"1772456941.000100"` + message + `},` +
			`"actions":[{"action_id":"next","action_ts":"1772457000.123456","value":"next|s|4"}]}`
		a, ok, err := us.receiveInteraction([]byte(raw), adapterstest.Accepted)
		if err != nil || !ok {
			t.Fatalf("%v, %v", ok, err)
		}
		return a.event.Where.Thread
	}
	const root = "1772456940.000100"
	if got := click(`,"thread_ts":"`+root+`"`, ""); got != root {
		t.Errorf("by the container it is in %q", got)
	}
	if got := click("", `,"thread_ts":"`+root+`"`); got != root {
		t.Errorf("by the message it is in %q", got)
	}
	if got := click("", `,"thread_ts":"1772456941.000100"`); got != "" {
		t.Errorf("the root of a thread is in %q", got)
	}
}

// TestOwn: any one sign is enough to know what the bot itself said.
func TestOwn(t *testing.T) {
	for name, m := range map[string]message{
		"by its user": {User: us.user}, "by its bot": {BotID: us.bot}, "by its app": {AppID: us.app},
	} {
		if !us.isOwn(m) {
			t.Errorf("%s it is not known", name)
		}
	}
	if us.isOwn(message{User: "U0ANA"}) || us.isOwn(message{BotID: "B0PAGER", AppID: "A0PAGER"}) || (identity{}).isOwn(message{}) {
		t.Error("somebody else's is the bot's own")
	}
}

package slacktest

import (
	"slices"
	"testing"
)

// TestSignature is the example of https://docs.slack.dev/authentication/verifying-requests-from-slack
func TestSignature(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA" +
		"&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
		"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	if got := Signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", []byte(body)); got != "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503" {
		t.Error(got)
	}
}

func newWorkspace(t *testing.T) *Server {
	s := New(t)
	s.AddUser(User{ID: "U0BO", Name: "bo"})
	s.AddUser(User{ID: "U0BOB", Name: "bob"})
	s.AddChannel(Channel{ID: "C0OPS", Name: "ops"})
	return s
}

func TestCompose(t *testing.T) {
	s := newWorkspace(t)
	for typed, want := range map[string]string{
		"@bo and @bob, a < b & c":  "<@U0BO> and <@U0BOB>, a &lt; b &amp; c",
		"me@bo in #ops, not #opsy": "me@bo in <#C0OPS|ops>, not #opsy",
		"@debrief next":            "<@" + BotUser + "> next",
	} {
		if got := s.Compose(typed); got != want {
			t.Errorf("%q is sent as %q, not %q", typed, got, want)
		}
	}
}

// TestRetries: what is not acknowledged comes again, in the same envelope, three times.
func TestRetries(t *testing.T) {
	s := newWorkspace(t)
	var tries []int
	ids := map[any]bool{}
	s.Connect(func(d Delivery) (int, []byte) {
		tries, ids[d.Body["event_id"]] = append(tries, d.Retry), true
		return 503, nil
	})
	if _, acked := s.Say(Message{User: "U0BO", Channel: "C0OPS", Text: "x"}); acked {
		t.Error("what was refused is acknowledged")
	}
	for s.Redeliver() > 0 {
	}
	if !slices.Equal(tries, []int{0, 1, 2, 3}) || len(ids) != 1 {
		t.Errorf("tries %v in %d envelopes", tries, len(ids))
	}
}

// TestMentions come as messages and as mentions, as far as the app subscribes to them.
func TestMentions(t *testing.T) {
	s := newWorkspace(t)
	var kinds []any
	s.Connect(func(d Delivery) (int, []byte) {
		kinds = append(kinds, d.Body["event"].(map[string]any)["type"])
		return 200, nil
	})
	mention := Message{User: "U0BO", Channel: "C0OPS", Text: "<@" + BotUser + "> next"}
	s.Say(mention)
	s.Subscribe(func(event string) bool { return event == "app_mention" })
	s.Say(mention)
	s.Say(Message{User: "U0BO", Channel: "C0OPS", Text: "talk"})
	if !slices.Equal(kinds, []any{"message", "app_mention", "app_mention"}) {
		t.Errorf("it gets %v", kinds)
	}
}

package slack

import (
	"errors"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

func TestJoinsByName(t *testing.T) {
	w, c, d, _ := connect(t)
	w.AddChannel(slacktest.Channel{ID: "C0OLD", Name: "inc-1", WithoutBot: true, Archived: true})
	w.AddChannel(slacktest.Channel{ID: "C0SECRET", Name: "inc-2", WithoutBot: true, Private: true})
	w.AddChannel(slacktest.Channel{ID: "C0THEIRS", Name: "inc-3", WithoutBot: true, Shared: true})
	w.Create(ana, "C0RANDOM", "random")
	w.Create(ana, "C0INC", "inc-4")
	w.Create(ana, "C0NEXT", "next")
	w.Rename("C0NEXT", "inc-5")
	var names []string
	for _, e := range d.events {
		names = append(names, string(e.Kind)+" "+e.Where.Channel+" "+e.Value)
	}
	if got := strings.Join(names, ", "); got != "named C0RANDOM random, named C0INC inc-4, named C0NEXT next, named C0NEXT inc-5" {
		t.Errorf("it hears: %s", got)
	}
	d.events = nil
	m := conversations.Message{Kind: conversations.Join, Effect: "effect-one", Names: []string{"inc-*"}}
	for range 2 {
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var joined []string
	for _, e := range d.events {
		joined = append(joined, string(e.Kind)+" "+e.Where.Channel)
	}
	if got := strings.Join(joined, ", "); got != "joined C0INC, joined C0NEXT" {
		t.Errorf("it is told: %s", got)
	}
	if n := w.Calls("conversations.join"); n != 2 {
		t.Errorf("it joined %d times", n)
	}
}

// TestWithoutTheRightToJoin says what to do; a channel that alone cannot be joined hinders no other.
func TestWithoutTheRightToJoin(t *testing.T) {
	w, c, _, _ := connect(t)
	w.Create(ana, "C0INC", "inc-4")
	w.Create(ana, "C0NEXT", "inc-5")
	m := conversations.Message{Kind: conversations.Join, Effect: "effect-one", Names: []string{"inc-*"}}
	w.Fail(slacktest.Deny("conversations.join"))
	_, err := c.Send(t.Context(), m)
	var u *adapters.Undeliverable
	if !errors.As(err, &u) || !strings.Contains(u.Reason, "--with join") {
		t.Errorf("without the scope: %v", err)
	}
	w.Fail(slacktest.Once("conversations.join", busy("7")))
	var later *adapters.RetryAfter
	if _, err := c.Send(t.Context(), m); !errors.As(err, &later) {
		t.Errorf("when Slack asks to wait: %v", err)
	}
	w.Fail(slacktest.Once("conversations.join", slacktest.Fault{Error: "is_archived"}))
	if _, err := c.Send(t.Context(), m); err != nil || w.Calls("conversations.join") != 4 {
		t.Errorf("with one that was archived meanwhile: %v, %d calls", err, w.Calls("conversations.join"))
	}
}

package slack

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

// However the messages of a channel lie, reading it back takes one call a page, and brings each once, newest page first.
// Posts in doubt, which somebody waits for, are looked for meanwhile.
func TestReadingAChannelOnceAMinute(t *testing.T) {
	inTime(t, func(t *testing.T, w workspace, c *Chat) {
		w.LimitMeanly()
		from := time.Now()
		const messages = 100
		for n := range messages {
			passes(time.Duration(1+n/50*3600) * time.Millisecond) // half of them in a burst
			w.Say(slacktest.Message{User: ana, Channel: ops, Text: strconv.Itoa(n)})
		}
		lost := post("in doubt")
		w.Fail(slacktest.Once(posting, slacktest.Fault{Lose: true}))
		if _, err := c.Send(t.Context(), lost); err == nil {
			t.Fatal("the answer was not lost")
		}
		lost.Since = time.Now()
		found := make(chan time.Duration, 1)
		go func() {
			began := time.Now()
			asBot(t, func(ctx context.Context) error {
				is, _, err := c.Find(ctx, lost)
				if err == nil && is != adapters.Yes {
					t.Errorf("it is found as %v", is)
				}
				return err
			})
			found <- time.Since(began)
		}()
		began, seen, newest := time.Now(), map[string]bool{}, time.Now().Add(time.Hour)
		for left := (&conversations.Stretch{From: from}); left != nil; {
			var page adapters.Page
			asBot(t, func(ctx context.Context) (err error) {
				page, err = c.Read(ctx, place, *left)
				return err
			})
			for _, m := range slices.Backward(page.Messages) {
				if m.At.After(newest) || seen[m.Message.ID] {
					t.Fatalf("after %d messages comes %q", len(seen), m.Text)
				}
				seen[m.Message.ID], newest = true, m.At
			}
			left = page.Left
		}
		if len(seen) != messages+1 {
			t.Errorf("%d messages are read", len(seen))
		}
		if n, pages := w.Calls("conversations.history"), (messages+1+14)/15+1; n != pages+w.Refused() { // and one to look for the post
			t.Errorf("it took %d calls", n)
		}
		if took := time.Since(began); took > 9*time.Minute {
			t.Errorf("it took %v", took)
		}
		if took := <-found; took > 3*time.Minute {
			t.Errorf("the post was looked for for %v", took)
		}
		if n := w.Refused(); n > 2 {
			t.Errorf("Slack refused %d calls before it was understood", n)
		}
	})
}

// A message of another program may have in it what nobody expects. It is read all the same, and so are those beside it.
func TestAnOddMessageIsRead(t *testing.T) {
	w, c, d, _ := connect(t)
	odd := map[string]any{
		"attachments": []any{map[string]any{"id": "one", "text": "disk full", "ts": true, "fields": []any{map[string]any{"title": 1, "value": 7}}}},
		"files":       []any{map[string]any{"name": "graph.png", "initial_comment": "the last hour", "size": "large"}},
		"edited":      "never", "reply_count": "none", "blocks": "none", "bot_profile": map[string]any{"name": "Checker", "icons": "none"},
	}
	from := time.Now().Add(-time.Minute)
	ts, _ := w.Say(slacktest.Message{Program: "checker", Channel: ops, More: odd})
	w.Say(slacktest.Message{User: ana, Channel: ops, Text: "I look"})
	w.React(bo, ops, ts, "pushpin", true)

	says := func(how, text string, files []string) {
		t.Helper()
		if text != "disk full" || !slices.Equal(files, []string{"graph.png"}) {
			t.Errorf("%s, it says %q with %q", how, text, files)
		}
	}
	if d.heard() != 3 {
		t.Errorf("%d events came in", d.heard())
	}
	says("as an event", d.events[0].Text, d.events[0].Files)
	m, err := c.Message(t.Context(), d.events[0].Message)
	if err != nil || len(m.Reactions) != 1 {
		t.Fatalf("fetched: %+v, %v", m, err)
	}
	says("fetched", m.Text, m.Files)
	page, err := c.Read(t.Context(), place, conversations.Stretch{From: from})
	if err != nil || len(page.Messages) != 2 || page.Messages[1].Text != "I look" {
		t.Fatalf("read back: %+v, %v", page, err)
	}
	says("read back", page.Messages[0].Text, page.Messages[0].Files)
}

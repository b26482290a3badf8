package local

import (
	"net/http"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/conversations"
)

func TestPeopleChangeTheWorldAroundTheBot(t *testing.T) {
	s := newSite(t, ServerOptions{})
	s.must("ana", "channel", `"name": "inc-1", "withoutBot": true`)
	s.must("ana", "say", `"channel": "inc-1", "text": "nobody hears this"`)
	for _, e := range s.bot.seen {
		if e.Kind != conversations.Named {
			t.Fatalf("beside that there is such a channel, the bot heard %+v", e)
		}
	}
	s.must("bo", "invite", `"channel": "inc-1"`)
	s.must("bo", "invite", `"channel": "inc-1"`)
	s.must("bo", "program", `"channel": "inc-1", "name": "pagerduty", "text": "/checkout is down"`)
	kinds := map[conversations.EventKind]int{}
	for _, e := range s.bot.seen {
		kinds[e.Kind]++
		if e.Kind == conversations.Said && (e.Author != "pagerduty" || e.Who != "") {
			t.Errorf("a program's message is %q's and %q's", e.Author, e.Who)
		}
	}
	if kinds[conversations.Joined] != 1 || kinds[conversations.Said] != 1 {
		t.Errorf("the bot saw %v", kinds)
	}

	s.must("ana", "channel", `"name": "war-room", "private": true`)
	if code, _ := s.act("bo", "enter", `"channel": "war-room", "name": "bo"`); code == http.StatusOK {
		t.Error("bo let himself into a private channel")
	}
	s.must("ana", "enter", `"channel": "war-room", "name": "bo"`)
	s.must("bo", "say", `"channel": "war-room", "text": "thanks"`)
	s.must("bo", "leave", `"channel": "war-room"`)
	if v := s.messages("bo", "war-room", ""); !v.Missing {
		t.Error("bo left and still sees it")
	}

	s.must("bo", "archive", `"channel": "general"`)
	if code, words := s.act("bo", "say", `"channel": "general", "text": "hello?"`); code != http.StatusUnprocessableEntity || !strings.Contains(words, "archived") {
		t.Errorf("said in an archived channel: %d %s", code, words)
	}
	s.must("kim", "unarchive", `"channel": "general"`)
	s.must("kim", "unarchive", `"channel": "general"`)
	s.must("bo", "say", `"channel": "general", "text": "hello again"`)
	s.must("ana", "archive", `"channel": "war-room"`)
	if code, words := s.act("bo", "unarchive", `"channel": "war-room"`); code != http.StatusUnprocessableEntity || !strings.Contains(words, "not in") {
		t.Errorf("somebody outside opened a private channel again: %d %s", code, words)
	}
	s.must("ana", "deactivate", `"name": "bo"`)
	if code, _ := s.act("bo", "say", `"channel": "inc-1", "text": "still here"`); code == http.StatusOK {
		t.Error("somebody whose account is closed speaks")
	}
}

func TestWhatCannotBeArrangedIsAnsweredInWords(t *testing.T) {
	s := newSite(t, ServerOptions{})
	for _, c := range []struct{ who, what, body, words string }{
		{"bo", "deactivate", `"name": "kim"`, "Only an admin closes accounts"},
		{"ana", "deactivate", `"name": "ana"`, "Nobody closes their own account"},
		{"ana", "deactivate", `"name": "eve"`, "nobody called"},
		{"ana", "program", `"channel": "incidents", "name": "two words", "text": "x"`, "one word"},
		{"ana", "program", `"channel": "incidents", "name": "Chat", "text": "x"`, "mistaken for something else"},
		{"ana", "program", `"channel": "incidents", "name": "pagerduty"`, "no text"},
		{"ana", "program", `"channel": "@bo", "name": "pagerduty", "text": "x"`, "channels only"},
		{"ana", "invite", `"channel": "nowhere"`, "no channel"},
		{"eve", "archive", `"channel": "incidents"`, "nobody called"},
	} {
		if code, words := s.act(c.who, c.what, c.body); code == http.StatusOK || !strings.Contains(words, c.words) {
			t.Errorf("%s %s %s: %d %s", c.who, c.what, c.body, code, words)
		}
	}
	if n := len(s.chat.Everything()); n != 0 {
		t.Errorf("%d messages were said", n)
	}
}

// TestAnActThatWasDoneAndNotHeardOf asks again for what was done, as a browser does that heard no answer.
func TestAnActThatWasDoneAndNotHeardOf(t *testing.T) {
	s := newSite(t, ServerOptions{})
	for what, body := range map[string]string{
		"person": `"name": "eve", "zone": "UTC"`, "channel": `"name": "inc-1"`, "archive": `"channel": "general"`, "deactivate": `"name": "kim"`,
	} {
		again := `{"act": "again-` + what + `", ` + body + `}`
		for range 2 {
			if code, words := s.ask("POST", "/api/ana/"+what, again); code != http.StatusOK {
				t.Errorf("%s: %d %s", what, code, words)
			}
		}
	}
}

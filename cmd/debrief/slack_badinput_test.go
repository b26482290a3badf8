package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
)

// TestBadInputInSlack: 40,000 characters that would ping, link and format are said as they are, wherever they come out
// again; and a form with everything wrong stays open and says what.
func TestBadInputInSlack(t *testing.T) {
	s := played(t, threeInSlack)
	bo, ops := userID("bo"), channelID("ops")
	hostile := strings.Repeat("<!channel> <@U0KIM> <https://bank.example|acme.slack.example> *now* _now_ `now` &lt;!here&gt; ", 450)[:40000]
	pinned, _ := s.slack.Say(slacktest.Message{User: bo, Channel: ops, Text: hostile})
	s.slack.React(bo, ops, pinned, "pushpin", true)
	all := s.slack.Messages()
	thread := all[slices.IndexFunc(all, func(m slacktest.Message) bool { return m.Thread != "" })].Thread
	s.slack.Say(slacktest.Message{User: bo, Channel: ops, Thread: thread, Text: "1: " + hostile})
	s.slack.Command(bo, ops, "title PM-1 "+hostile)
	s.slack.Command(bo, ops, hostile)
	s.slack.Command(bo, ops, "timeline")
	s.settle(t)
	s.slack.Command(bo, ops, "draft PM-1")
	s.slack.OpenHome(bo)
	text := s.home(t, "bo")
	said := append(s.slack.Messages(), s.slack.Whispers()...)
	for _, m := range said {
		if m.User == bo || m.User == userID("ana") {
			continue
		}
		words, pings, links := m.Read()
		text += words
		if len(pings) > 0 {
			t.Errorf("%.80q pings %v", words, pings)
		}
		for _, l := range links {
			if !strings.HasPrefix(l, slacktest.TeamURL) {
				t.Errorf("%.80q leads to %s", words, l)
			}
		}
	}
	expect(t, "said", text, "@channel", "bank.example", "*now*")

	idea, _ := s.slack.Say(slacktest.Message{User: bo, Channel: ops, Text: "alert per country"})
	s.slack.Shortcut(bo, "action form", ops, idea)
	s.slack.Submit(bo, map[string]string{"owner": slacktest.BotUser, "due": "2020-02-03", "priority": "p2"})
	v, open := s.slack.Form(bo)
	if !open || v.Wrong["due"] == "" || v.Wrong["owner"] == "" {
		t.Errorf("open %v, with %v", open, v.Wrong)
	}
}

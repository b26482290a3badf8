package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// threeInSlack is where they are when somebody opens their Home: a review that waits for its approval, and an action item.
const threeInSlack = `now 2026-03-02 14:00 Europe/Berlin
people ana (admin), bo, kim
-- #ops --
14:00 ana: checkout fails for everybody   =m1
14:01 bo +📌 m1
15:00 ana> /postmortem start tiny sev1 Checkout
15:01 ana> [It is over]
-- #ops/PM-1 --
15:03 bo: germany only, 900 carts
15:04 bo: 3: order a second power supply @bo p1 fri
15:30 ana> [Next]
15:31 ana> [Next]
15:32 ana> [Next]
`

func played(t *testing.T, text string) *slackStage {
	s := newSlackStage(t)
	tr, err := transcript.Parse("home", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transcript.Run(t.Context(), tr, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *slackStage) settle(t *testing.T) {
	t.Helper()
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// home is what somebody reads on their Home, once everything has settled.
func (s *slackStage) home(t *testing.T, who string) string {
	t.Helper()
	s.settle(t)
	v, ok := s.slack.Home(userID(who))
	if !ok {
		t.Fatalf("%s has no Home", who)
	}
	return plainly(reader{zone: s.zone}.read(v.Blocks))
}

func expect(t *testing.T, what, text string, has ...string) {
	t.Helper()
	for _, h := range has {
		if !strings.Contains(text, h) {
			t.Errorf("%s: no %q in\n%s", what, h, text)
		}
	}
}

// TestHomeInSlack: everything that is on it works there, as if it stood below a message.
func TestHomeInSlack(t *testing.T) {
	s := played(t, threeInSlack)
	bo, ana := userID("bo"), userID("ana")
	s.slack.OpenHome(bo)
	first := s.home(t, "bo")
	expect(t, "opened", first, "PM-1 Checkout waits for somebody who took part", "A-1 order a second power supply", "[Done A-1]", "[Start a postmortem]")
	if strings.Contains(first, "Settings") {
		t.Errorf("somebody who is no admin is shown the settings:\n%s", first)
	}

	s.slack.ClickHome(bo, "PM-1: approve", "")
	now := s.home(t, "bo")
	expect(t, "approved", now, "Thank you. You approve the draft", "[Done A-1]")
	if strings.Contains(now, "waits for somebody") {
		t.Errorf("it still waits:\n%s", now)
	}
	s.slack.ClickHome(bo, "Done A-1", "")
	s.slack.Submit(bo, map[string]string{"text": "it hums"})
	expect(t, "done", s.home(t, "bo"), "A-1 order a second power supply is done: it hums.", "[Undo]", "Nothing waits for you")
	s.slack.ClickHome(bo, "Undo", "")
	expect(t, "undone", s.home(t, "bo"), "[Done A-1]", "[Later A-1")
	s.slack.ClickHome(bo, "Later A-1", "a date …")
	s.slack.Submit(bo, map[string]string{"due": "2026-02-01"})
	if v, _ := s.slack.Form(bo); !strings.Contains(v.Wrong["due"], "past") {
		t.Errorf("a day in the past: the form says %v", v.Wrong)
	}
	s.slack.Submit(bo, map[string]string{"due": "2026-03-30"})
	expect(t, "later", s.home(t, "bo"), "You hear of it again from Mon 30 Mar 2026 on.")
	s.slack.ClickHome(bo, "Hand over A-1", "")
	s.slack.Submit(bo, map[string]string{"owner": userID("kim")})
	expect(t, "handed over", s.home(t, "bo"), "@kim is asked to take it")
	s.slack.OpenHome(userID("kim"))
	expect(t, "to kim", s.home(t, "kim"), "do you take it?", "[Yes A-1]", "[Not me A-1]")

	s.slack.OpenHome(ana)
	expect(t, "an admin's", s.home(t, "ana"), "PM-1 Checkout, which you lead", "Settings", "pins 📌", "[Change ▾ preset")
	s.slack.ClickHome(ana, "Change", "pins")
	s.slack.Submit(ana, map[string]string{"value": "nothing"})
	if v, _ := s.slack.Form(ana); v.Wrong["value"] == "" {
		t.Error("a setting that cannot be is taken")
	}
	s.slack.Submit(ana, map[string]string{"value": "📍"})
	expect(t, "set", s.home(t, "ana"), "pins is now 📍")

	for _, channels := range []string{channelID("ops"), channelID("ops") + " " + channelID("db")} { // the second time, one stands there
		s.slack.AddChannel(slacktest.Channel{ID: channelID("db"), Name: "db"})
		s.slack.ClickHome(ana, "Change", "channels")
		s.slack.Submit(ana, map[string]string{"value": channels})
		s.settle(t)
	}
	expect(t, "channels", s.home(t, "ana"), "channels is now #ops #db")
	s.slack.ClickHome(ana, "Change", "crew")
	s.slack.Submit(ana, map[string]string{"value": ana + " " + bo})
	expect(t, "crew", s.home(t, "ana"), "crew is now @ana @bo")
}

// TestHomeOpenedAgain: what happened elsewhere shows when somebody opens their Home again.
func TestHomeOpenedAgain(t *testing.T) {
	s := played(t, threeInSlack)
	bo, ana, ops := userID("bo"), userID("ana"), channelID("ops")
	opened := func(who string) string {
		s.settle(t)
		s.slack.OpenHome(userID(who))
		return s.home(t, who)
	}
	expect(t, "at first", opened("bo"), "PM-1 Checkout waits for somebody who took part", "[Done A-1]")

	s.slack.Command(bo, ops, "done A-1 it hums")
	s.slack.Command(bo, ops, "approve PM-1")
	s.settle(t)
	s.slack.Command(ana, ops, "publish PM-1")
	for _, who := range []string{"bo", "ana"} {
		expect(t, "published and done", opened(who), "Nothing waits for you")
	}

	all := s.slack.Messages()
	reply := all[slices.IndexFunc(all, func(m slacktest.Message) bool { return m.Thread != "" })]
	s.slack.Say(slacktest.Message{User: bo, Channel: ops, Thread: reply.Thread, Text: "1: france, too"})
	expect(t, "changed since, for who took part", opened("bo"), "PM-1 Checkout waits for somebody who took part", "[PM-1: approve]")
	expect(t, "changed since, for who leads", opened("ana"), "which you lead: 1 change since version 1 was published; somebody else", "[PM-1: look]")
	s.slack.ClickHome(bo, "PM-1: approve", "")
	expect(t, "approved", opened("ana"), "[Publish again] is on the card.")
	s.slack.ClickHome(ana, "PM-1: look", "")
	expect(t, "looked at", s.home(t, "ana"), "france")
	s.slack.Command(ana, ops, "publish PM-1")
	for _, who := range []string{"bo", "ana"} {
		expect(t, "published again", opened(who), "Nothing waits for you")
	}
}

// TestShortcutsInSlack: a review is begun from anywhere, and a message becomes one of its action items.
func TestShortcutsInSlack(t *testing.T) {
	s := played(t, threeInSlack)
	bo, ops := userID("bo"), channelID("ops")
	idea, _ := s.slack.Say(slacktest.Message{User: userID("ana"), Channel: ops, Text: "we should alert per country"})
	s.slack.Shortcut(bo, "action form", ops, idea)
	s.slack.Submit(bo, map[string]string{"owner": bo, "due": "2026-03-20", "priority": "p2"})
	s.settle(t)
	s.slack.OpenHome(bo)
	expect(t, "an action", s.home(t, "bo"), "A-2 we should alert per country")

	s.slack.Shortcut(bo, "start form", "", "")
	s.slack.Submit(bo, map[string]string{"channel": ops, "title": "Mail is late", "size": "tiny"})
	s.settle(t)
	all := s.slack.Whispers()
	asked := all[len(all)-1]
	if asked.To != bo || asked.Channel != ops || !strings.Contains(asked.Text, "Is it over, or still burning?") {
		t.Fatalf("begun, he is asked %+v", asked)
	}
	s.slack.Click(bo, ops, asked.TS, "It is over", "")
	s.settle(t)
	expect(t, "a review", lastIn(s, ops), "PM-2", "Mail is late")
}

func lastIn(s *slackStage, channel string) string {
	text := ""
	for _, m := range s.slack.Messages() {
		if m.Ours && m.Channel == channel && m.Thread == "" {
			text, _, _ = m.Read()
		}
	}
	return text
}

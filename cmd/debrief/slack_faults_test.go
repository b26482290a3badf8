package main

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// slackFaults are the ways in which Slack goes wrong, one at a time. The bot's own worlds try what its ports may do; these
// try that Slack's ways of going wrong are told apart and come to that.
var slackFaults = map[string]func(*slacktest.Server){
	"a call now and then is told to wait":               nowAndThen(slacktest.Fault{Status: 429, RetryAfter: "7"}),
	"a call now and then is told to wait, not how long": nowAndThen(slacktest.Fault{Status: 429}),
	"a call now and then gets a 503":                    nowAndThen(slacktest.Fault{Status: 503}),
	"a call now and then fails inside Slack":            nowAndThen(slacktest.Fault{Error: "internal_error"}),
	"an answer now and then is lost":                    nowAndThen(slacktest.Fault{Lose: true}),
	"an answer now and then breaks off":                 nowAndThen(slacktest.Fault{Cut: true}),
	"an answer comes later than anybody waits":          slowOnce,
	"the token is revoked for a while":                  revokedForAWhile,
	"every event comes again, in another envelope":      func(s *slacktest.Server) { s.Meddle(comesAgain) },
	"every event is late":                               func(s *slacktest.Server) { s.Meddle(newLateness().refuse) },
	"every acknowledgement comes too late":              func(s *slacktest.Server) { s.Meddle(newLateness().forget) },
}

// repeatable are the methods that somebody else than a person waiting calls, so that they can be called again.
var repeatable = map[string]bool{
	"chat.postMessage": true, "chat.update": true, "chat.delete": true, "conversations.open": true, "reactions.add": true, "reactions.remove": true,
	"reactions.get": true, "conversations.history": true, "conversations.replies": true,
}

// nowAndThen has two calls of five go wrong, always the same ones.
func nowAndThen(fault slacktest.Fault) func(*slacktest.Server) {
	return func(s *slacktest.Server) {
		var mu sync.Mutex
		luck := rand.New(rand.NewPCG(7, 5))
		s.Fail(func(method string) slacktest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if repeatable[method] && luck.IntN(5) < 2 {
				return fault
			}
			return slacktest.Fault{}
		})
	}
}

// slowOnce has Slack answer a post when the bot has stopped waiting for it.
func slowOnce(s *slacktest.Server) {
	s.Fail(slacktest.Once("chat.postMessage", slacktest.Fault{Late: func() { <-time.After(5500 * time.Millisecond) }}))
}

// revokedForAWhile has Slack refuse the token from the tenth call on, twelve times.
func revokedForAWhile(s *slacktest.Server) {
	var mu sync.Mutex
	calls := 0
	s.Fail(func(method string) slacktest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if !repeatable[method] {
			return slacktest.Fault{}
		}
		if calls++; calls >= 10 && calls < 22 {
			return slacktest.Fault{Error: "token_revoked"}
		}
		return slacktest.Fault{}
	})
}

// comesAgain delivers an event a second time as a retry with an id of its own, as was seen of Slack.
func comesAgain(d slacktest.Delivery, carry slacktest.Transport) (int, []byte) {
	status, answer := carry(d)
	if d.Kind == slacktest.Event {
		again := d
		again.Body = maps.Clone(d.Body)
		again.Body["event_id"], again.Retry, again.Reason = "Ev9"+d.Body["event_id"].(string), 1, "http_timeout"
		carry(again)
	}
	return status, answer
}

// lateness knows what it has seen once.
type lateness struct {
	mu   sync.Mutex
	seen map[any]bool
}

func newLateness() *lateness { return &lateness{seen: map[any]bool{}} }

func (l *lateness) first(d slacktest.Delivery) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	id := d.Body["event_id"]
	first := d.Kind == slacktest.Event && !l.seen[id]
	l.seen[id] = true
	return first
}

// refuse does not bring an event at the first try.
func (l *lateness) refuse(d slacktest.Delivery, carry slacktest.Transport) (int, []byte) {
	if l.first(d) {
		return 0, nil
	}
	return carry(d)
}

// forget brings an event and does not hear that it was acknowledged.
func (l *lateness) forget(d slacktest.Delivery, carry slacktest.Transport) (int, []byte) {
	status, answer := carry(d)
	if l.first(d) {
		return 0, nil
	}
	return status, answer
}

// inTrouble are the transcripts that are played in every trouble: pins that change, a question closed by two at once, a
// review that nobody asked for, and a tree that grows.
var inTrouble = []string{"follows-the-message", "next-twice", "offer", "whys-grow"}

// TestSlackGoesWrong plays transcripts through the whole bot while Slack goes wrong, and everything ends as it should:
// what was accepted is not lost, and nothing stands there twice.
func TestSlackGoesWrong(t *testing.T) {
	for what, wrong := range slackFaults {
		for _, name := range inTrouble {
			t.Run(what+"/"+name, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join("../../conversations/testdata", name+".txtar")
				want, err := transcript.Run(t.Context(), parsed(t, path), newSlackStage(t))
				if err != nil {
					t.Fatal(err)
				}
				stage := newSlackStage(t)
				wrong(stage.slack)
				got, err := transcript.RunLoosely(t.Context(), want, stage)
				if err != nil {
					t.Fatal(err)
				}
				if err := transcript.Compare(want, got); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

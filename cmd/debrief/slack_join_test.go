package main

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
)

// A bot that is in no channel yet joins those of the names that were wanted: at once, at its start, and within the hour
// where Slack never said that one was made. The list is longer than Slack gives within a minute, and nothing is refused.
func TestChannelsAreJoinedFromNone(t *testing.T) {
	inLimits(t, func(t *testing.T, l *limited) {
		made := func(id, name string) {
			l.AddChannel(slacktest.Channel{ID: id, Name: name, Members: []string{"U0ANA"}, WithoutBot: true})
		}
		for _, c := range limitedChannels {
			made(c, "talk-"+c)
		}
		for n := range 70 {
			made(fmt.Sprint("C0A", n), fmt.Sprint("team-", n))
		}
		made("C0Z1", "inc-1")
		l.begin()
		joined := func(n, within int) {
			t.Helper()
			l.until(within, func() bool { return l.Calls("conversations.join") == n })
		}
		l.Command("U0ANA", limitedChannels[0], "settings join inc-*")
		joined(1, 5)
		l.end()
		time.Sleep(time.Minute) // the next one does not know how often this one called
		synctest.Wait()
		// Somebody removed it from one, and another was made.
		made("C0Z1", "inc-1")
		made("C0Z2", "inc-2")
		l.begin()
		joined(3, 5)
		made("C0Z3", "inc-3")
		joined(4, 65)
		if n := l.Refused(); n > 0 {
			t.Errorf("Slack refused %d calls", n)
		}
	})
}

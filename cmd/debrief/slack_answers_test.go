package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
)

// answerFaults are the ways in which an answer to an act goes wrong on its way to whoever acted, and how often they see it.
var answerFaults = map[string]struct {
	fault slacktest.Fault
	shown int
}{
	"nothing":                                 {slacktest.Fault{}, 1},
	"its time is over":                        {slacktest.Fault{Error: "expired_url"}, 1},
	"its answers are used up":                 {slacktest.Fault{Error: "used_url"}, 1},
	"its address is gone":                     {slacktest.Fault{Status: http.StatusGone}, 1},
	"it is told to wait":                      {slacktest.Fault{Status: http.StatusTooManyRequests, RetryAfter: "2"}, 1},
	"it is told to wait, not how long":        {slacktest.Fault{Status: http.StatusTooManyRequests}, 1},
	"Slack is not there":                      {slacktest.Fault{Status: http.StatusServiceUnavailable}, 1},
	"Slack fails, and may have shown it":      {slacktest.Fault{Status: http.StatusInternalServerError}, 0}, // what is private is dropped in doubt
	"it is shown, and Slack's answer is lost": {slacktest.Fault{Lose: true}, 1},
}

// However the way back to whoever acted fails, what they did is done once, and they see what came of it once, or by another
// way; also in a channel that the bot is not in. Only where it may have been shown already it is not shown again.
func TestAnswersThatGoWrong(t *testing.T) {
	for name, c := range answerFaults {
		for where, out := range map[string]bool{"where the bot is": false, "where it is not": true} {
			t.Run(name+"/"+where, func(t *testing.T) {
				inLimits(t, func(t *testing.T, l *limited) {
					ops := limitedChannels[0]
					l.AddChannel(slacktest.Channel{ID: ops, Name: "ops", Members: []string{"U0ANA"}, WithoutBot: out})
					l.begin()
					l.Fail(everytime(slacktest.Respond, c.fault))
					l.Command("U0ANA", ops, "event it broke at 13:02 @ 13:02")
					time.Sleep(5 * time.Minute)
					synctest.Wait()
					if n := l.shown("it broke"); n != c.shown {
						t.Errorf("she is shown it %d times: %q", n, l.private())
					}
					l.Command("U0ANA", ops, "timeline")
					synctest.Wait()
					if n := l.shown("it broke") - c.shown; n != 1 {
						t.Errorf("the timeline says it %d times", n)
					}
				})
			})
		}
	}
}

// private is what she alone was shown.
func (l *limited) private() (all []string) {
	for _, m := range slices.Concat(l.Whispers(), l.Messages()) {
		if text, _, _ := m.Read(); m.To == "U0ANA" || m.Channel == slacktest.Direct("U0ANA") {
			all = append(all, text)
		}
	}
	return all
}

// shown is how often she was shown something.
func (l *limited) shown(words string) (n int) {
	for _, text := range l.private() {
		n += strings.Count(text, words)
	}
	return n
}

// Where Slack opens no form, whoever asked for one is told so and tries again, and what they then fill in counts once.
func TestFormsThatDoNotOpen(t *testing.T) {
	for name, c := range map[string]struct {
		fault slacktest.Fault
		says  string
		open  bool
	}{
		"too late":                         {slacktest.Fault{Error: "expired_trigger_id"}, "took too long", false},
		"told to wait":                     {slacktest.Fault{Status: http.StatusTooManyRequests, RetryAfter: "7"}, "opens no form just now", false},
		"told to wait, not how long":       {slacktest.Fault{Status: http.StatusTooManyRequests}, "opens no form just now", false},
		"a server in front of Slack fails": {slacktest.Fault{Status: http.StatusBadGateway}, "If you see none", false},
		"Slack fails":                      {slacktest.Fault{Error: "internal_error"}, "If you see none", false},
		"it is open, and the answer lost":  {slacktest.Fault{Lose: true}, "If you see none", true},
	} {
		t.Run(name, func(t *testing.T) {
			inLimits(t, func(t *testing.T, l *limited) {
				l.begin()
				ts, _ := l.Say(slacktest.Message{User: "U0ANA", Channel: limitedChannels[0], Text: "it broke"})
				l.Fail(slacktest.Once("views.open", c.fault))
				asks := func() bool {
					l.Shortcut("U0ANA", "add form", limitedChannels[0], ts)
					synctest.Wait()
					_, open := l.Form("U0ANA")
					return open
				}
				if open := asks(); open != c.open {
					t.Errorf("a form is open: %v", open)
				}
				if n := l.shown(c.says); n != 1 {
					t.Errorf("she is told %q", l.private())
				}
				time.Sleep(time.Minute)
				if !asks() {
					t.Fatal("the second time none opens either")
				}
				l.Submit("U0ANA", nil)
				synctest.Wait()
				told := len(l.private())
				l.Command("U0ANA", limitedChannels[0], "timeline")
				synctest.Wait()
				if all := l.private(); strings.Count(strings.Join(all[told:], "\n"), "it broke") != 1 {
					t.Errorf("the timeline is %q", all[told:])
				}
			})
		})
	}
}

// While Slack cannot say who may see what, nobody is told that what they ask about does not exist, and nothing is done. The
// same words do it once, afterwards.
func TestWhatSlackCannotSay(t *testing.T) {
	for name, fault := range map[string]slacktest.Fault{
		"told to wait":               {Status: http.StatusTooManyRequests, RetryAfter: "30"},
		"told to wait, not how long": {Status: http.StatusTooManyRequests},
		"Slack is not there":         {Status: http.StatusServiceUnavailable},
		"Slack fails":                {Error: "internal_error"},
		"its answers are lost":       {Lose: true},
	} {
		for _, method := range []string{"conversations.info", "conversations.members"} {
			t.Run(name+"/"+method, func(t *testing.T) {
				inLimits(t, func(t *testing.T, l *limited) {
					l.AddChannel(slacktest.Channel{ID: "C0SECRET", Name: "secret", Members: []string{"U0ANA"}, Private: true})
					l.begin()
					l.startReview("C0SECRET")
					l.Command("U0ANA", "C0SECRET", "event it broke @ 00:00")
					synctest.Wait()
					says := func(text string) string {
						var all []string
						told := len(l.Whispers())
						l.Command("U0ANA", limitedChannels[0], text)
						time.Sleep(2 * time.Minute)
						synctest.Wait()
						for _, m := range l.Whispers()[told:] {
							said, _, _ := m.Read()
							all = append(all, said)
						}
						return strings.Join(all, "\n")
					}
					l.Fail(everytime(method, fault))
					asked := []string{"list", "timeline hide E-1"}
					if fault.Status == http.StatusTooManyRequests {
						asked = asked[:1] // what is to be done waits until Slack can say
					}
					for _, text := range asked {
						if s := says(text); strings.Count(s, "cannot find out just now") != 1 || strings.Contains(s, "There ") {
							t.Errorf("%s: she reads %q", text, s)
						}
					}
					l.Fail(func(string) slacktest.Fault { return slacktest.Fault{} })
					if s := says("list"); !strings.Contains(s, "PM-1") || strings.Contains(s, "cannot find out") {
						t.Errorf("afterwards she reads %q", s)
					}
					if s := says("timeline hide E-1"); strings.Count(s, "E-1 is left out") != 1 {
						t.Errorf("afterwards she reads %q", s)
					}
				})
			})
		}
	}
}

// everytime has every call of a method go wrong.
func everytime(method string, fault slacktest.Fault) func(string) slacktest.Fault {
	return func(called string) slacktest.Fault {
		if called == method {
			return fault
		}
		return slacktest.Fault{}
	}
}

package adapterstest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

var platforms = []string{"slack", "discord"}

func goldens(t *testing.T, platform string) []Case {
	t.Helper()
	cases, err := Cases(platform)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestGoldenEventsAreWellFormed(t *testing.T) {
	for _, platform := range platforms {
		for _, c := range goldens(t, platform) {
			if c.About == "" || c.Happening == "" {
				t.Errorf("%s/%s does not say what it is about", platform, c.Name)
			}
			for _, e := range c.Events {
				for _, wrong := range Malformed(e) {
					t.Errorf("%s/%s: %s", platform, c.Name, wrong)
				}
				if !strings.HasPrefix(e.Where.Workspace, platform+"/") {
					t.Errorf("%s/%s comes from %s", platform, c.Name, e.Where.Workspace)
				}
			}
		}
	}
}

func TestKeysAndHappeningsAreOneToOne(t *testing.T) {
	for _, platform := range platforms {
		keys, happenings := map[string]string{}, map[string]string{}
		for _, c := range goldens(t, platform) {
			for i, e := range c.Events {
				happening := fmt.Sprintf("%s (%d)", c.Happening, i+1)
				if other, ok := keys[e.Key]; ok && other != happening {
					t.Errorf("%s: %q and %q have one key, %s", platform, happening, other, e.Key)
				}
				whole, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				if other, ok := happenings[happening]; ok && other != string(whole) {
					t.Errorf("%s: %q is two events:\n%s\n%s", platform, happening, other, whole)
				}
				keys[e.Key], happenings[happening] = happening, string(whole)
			}
		}
	}
}

// TestEverythingIsShown: what the adapters must be able to take in, and what must come of nothing.
func TestEverythingIsShown(t *testing.T) {
	kinds := []conversations.EventKind{
		conversations.Said, conversations.Edited, conversations.Deleted, conversations.Reacted, conversations.Commanded,
		conversations.Clicked, conversations.Submitted, conversations.Joined,
	}
	for _, platform := range platforms {
		seen, nothing, twice := map[conversations.EventKind]int{}, 0, map[string]int{}
		for _, c := range goldens(t, platform) {
			twice[c.Happening]++
			if len(c.Events) == 0 {
				nothing++
			}
			for _, e := range c.Events {
				seen[e.Kind]++
			}
		}
		for _, k := range kinds {
			if seen[k] == 0 {
				t.Errorf("%s has no %s", platform, k)
			}
		}
		again := 0
		for _, n := range twice {
			if n > 1 {
				again++
			}
		}
		if nothing < 3 || again < 2 {
			t.Errorf("%s: %d envelopes that concern nobody, %d happenings that come twice", platform, nothing, again)
		}
	}
}

// TestEventsComeFromTheirEnvelopes: every id in an event is in its envelope, so that the files agree with themselves.
func TestEventsComeFromTheirEnvelopes(t *testing.T) {
	for _, platform := range platforms {
		for _, c := range goldens(t, platform) {
			for _, e := range c.Events {
				for _, id := range []string{e.Who, e.Message.ID, e.Where.Channel, e.Where.Thread, e.ReplyTo, e.Verb, e.Handle.Token.Reveal()} {
					if id != "" && !mentions(c.Envelope, id) {
						t.Errorf("%s/%s: the envelope does not have %q", platform, c.Name, id)
					}
				}
				if id := e.Message.ID; id != "" && !idTime(platform, id).Equal(e.MessageAt) {
					t.Errorf("%s/%s: the message's id says %s, not %s", platform, c.Name, idTime(platform, id), e.MessageAt)
				}
			}
		}
	}
}

func mentions(envelope []byte, id string) bool {
	switch id {
	case "add form": // a message command of Discord's is known by its title
		return strings.Contains(string(envelope), id) || strings.Contains(string(envelope), "Add to timeline")
	}
	escaped := strings.NewReplacer("%3A", ":", "%2F", "/").Replace(string(envelope))
	return strings.Contains(escaped, id)
}

// idTime is the time that a message's id tells.
func idTime(platform, id string) time.Time {
	var sec, us, snowflake int64
	if platform == "discord" {
		_, _ = fmt.Sscan(id, &snowflake)
		return time.UnixMilli(snowflake>>22 + 1420070400000).UTC()
	}
	_, _ = fmt.Sscanf(id, "%d.%d", &sec, &us)
	return time.UnixMilli(sec*1000 + us/1000).UTC()
}

func TestGoldenCompares(t *testing.T) {
	answers := map[string][]conversations.Event{}
	for _, c := range goldens(t, "slack") {
		answers[string(c.Envelope)] = c.Events
	}
	Golden(t, "slack", func(envelope []byte) []conversations.Event { return answers[string(envelope)] })
}

func TestMalformed(t *testing.T) {
	good := goldens(t, "slack")
	var base conversations.Event
	for _, c := range good {
		if c.Name == "message" {
			base = c.Events[0]
		}
	}
	for what, spoil := range map[string]func(*conversations.Event){
		"the key":          func(e *conversations.Event) { e.Key = "slack/T0ACME/msg/Ev123" },
		"the workspace":    func(e *conversations.Event) { e.Where.Workspace = "slack" },
		"the kind":         func(e *conversations.Event) { e.Kind = conversations.Ticked },
		"the zone":         func(e *conversations.Event) { e.At = e.At.In(time.FixedZone("x", 3600)) },
		"the precision":    func(e *conversations.Event) { e.At = e.At.Add(time.Microsecond) },
		"no time":          func(e *conversations.Event) { e.At = time.Time{} },
		"no message time":  func(e *conversations.Event) { e.MessageAt = time.Time{} },
		"another's time":   func(e *conversations.Event) { e.MessageAt = e.At.Add(time.Second) },
		"nobody":           func(e *conversations.Event) { e.Who = "" },
		"both":             func(e *conversations.Event) { e.Author = "Alertmanager" },
		"no text":          func(e *conversations.Event) { e.Text = "" },
		"a secret":         func(e *conversations.Event) { e.Text = secretText },
		"its own thread":   func(e *conversations.Event) { e.Where.Thread = e.Message.ID },
		"an endless token": func(e *conversations.Event) { e.Handle.Token = "x" },
		"no channel":       func(e *conversations.Event) { e.Where.Channel = "" },
		"an emoji's name":  func(e *conversations.Event) { e.Kind = conversations.Reacted; e.Emoji = "pushpin" },
	} {
		e := base
		spoil(&e)
		if len(Malformed(e)) == 0 {
			t.Errorf("%s: nothing is wrong with %+v", what, e)
		}
	}
	if wrong := Malformed(base); len(wrong) > 0 {
		t.Errorf("the good one: %q", wrong)
	}
}

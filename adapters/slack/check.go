package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
)

// Finding is what one look at how the app is set up came to.
type Finding struct {
	Check string `json:"check"` // what was looked at: "bot token", "scope channels:read", "app token", "channels", "clock"
	OK    bool   `json:"ok"`
	Found string `json:"found"`         // a sentence
	Fix   string `json:"fix,omitempty"` // what to do; empty: nothing
}

const skewMost = time.Minute // of our clock; at five, Slack's requests are refused as too old

// Check asks Slack whether everything is set up that is needed, and which workspace this is (its key; empty when the bot
// token does not work). It changes nothing and may be called at any time, also while the bot runs elsewhere. What Slack
// cannot be asked, as whether it reaches our address, is not in it.
func (c *Chat) Check(ctx context.Context) (workspace string, all []Finding) {
	auth, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return "", []Finding{noAnswer(clean("ask who I am", err))}
	}
	id := identity{team: auth.TeamID}
	all = append(all, Finding{
		Check: "bot token", OK: true, Found: fmt.Sprintf("It works, as @%s in %s (%s, %s).", auth.User, auth.Team, auth.TeamID, auth.URL),
	})
	all = append(all, c.granted(auth.Header)...)
	if c.sockets != nil {
		all = append(all, c.sockets.check(ctx))
	}
	return id.workspace(), append(all, c.checkChannels(ctx))
}

func noAnswer(err error) Finding {
	f := Finding{Check: "bot token", Found: "Slack does not say who the bot is: " + trouble(err) + ".", Fix: "See that this machine reaches Slack, and try again."}
	if name := code(err); isTokenError(name) {
		f.Found = "It does not work (" + name + ")."
		f.Fix = "Install the app again, under Install App, and set its new Bot User OAuth Token."
	}
	return f
}

// granted looks at what Slack says beside an answer: what the app may do, and what time it is.
func (c *Chat) granted(h http.Header) []Finding {
	return append(checkScopes(h.Get("X-Oauth-Scopes")), checkClock(h.Get("Date"), c.now())...)
}

// checkScopes compares what the app was granted with the table of what it asks for.
func checkScopes(header string) []Finding {
	if header == "" {
		return []Finding{{Check: "scopes", OK: true, Found: "Slack does not say which the app has."}}
	}
	granted := strings.FieldsFunc(header, func(r rune) bool { return r == ',' || r == ' ' })
	var all []Finding
	for _, s := range Scopes {
		if slices.Contains(granted, s.Name) {
			continue
		}
		all = append(all, lacking(s))
	}
	if all == nil {
		all = []Finding{{Check: "scopes", OK: true, Found: fmt.Sprintf("The app has all %d.", len(Scopes))}}
	}
	return all
}

// lacking is about a scope that the app does not have. What it can do without is no trouble.
func lacking(s Scope) Finding {
	f := Finding{
		Check: "scope " + s.Name, Found: "The app does not have it. Without it there is no: " + s.Why + ".",
		Fix: "Add it under OAuth & Permissions, Scopes, Bot Token Scopes, and install the app again.",
	}
	if s.With != "" {
		f.OK, f.Found = true, fmt.Sprintf("The app does without it (--with %s). It is for: %s.", s.With, s.Why)
	}
	return f
}

// checkClock compares our clock with that of Slack's answer.
func checkClock(date string, now time.Time) []Finding {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return nil
	}
	f := Finding{Check: "clock", OK: true, Found: "It agrees with Slack's."}
	if off := now.Sub(theirs).Round(time.Second); off.Abs() > skewMost {
		f = Finding{
			Check: "clock", Found: fmt.Sprintf("It is off by %s from Slack's.", off),
			Fix: "Have the time of this machine set by NTP: from five minutes on, what Slack sends over HTTP is refused, and reminders come at another time.",
		}
	}
	return []Finding{f}
}

// check opens no connection, but asks for the address of one.
func (s *sockets) check(ctx context.Context) Finding {
	const appToken = "app token"
	_, _, err := s.api.StartSocketModeContext(ctx)
	if err == nil {
		return Finding{Check: appToken, OK: true, Found: "It works: Slack offers a connection."}
	}
	err = clean("ask for a connection", err)
	if name := code(err); fixes[name] != "" {
		return Finding{Check: appToken, Found: "It does not work (" + name + ").", Fix: sentence(fixes[name])}
	}
	return Finding{Check: appToken, Found: "Slack offers no connection: " + trouble(err) + ".", Fix: "Try again in a minute."}
}

// trouble says what came instead of an answer.
func trouble(err error) string {
	var later *adapters.RetryAfter
	switch name := code(err); {
	case errors.As(err, &later):
		return "it asks to wait " + later.After.String()
	case name != "":
		return "it refuses (" + name + ")"
	}
	return "nothing that can be read came back"
}

func sentence(words string) string { return strings.ToUpper(words[:1]) + words[1:] + "." }

func (c *Chat) checkChannels(ctx context.Context) Finding {
	f := Finding{Check: "channels"}
	places, err := c.Places(ctx)
	switch {
	case err != nil:
		f.Found, f.Fix = "They cannot be listed: "+trouble(err)+".", "See the scopes channels:read and groups:read."
	case len(places) == 0:
		f.Found, f.Fix = "The bot is in none, so nobody can pin anything.", "Write /invite @debrief in a channel."
	default:
		f.OK, f.Found = true, fmt.Sprintf("The bot is in %d.", len(places))
	}
	return f
}

// warn says in the log what is not as it should be, from an answer of Slack's.
func (c *Chat) warn(auth *slack.AuthTestResponse) {
	for _, f := range c.granted(auth.Header) {
		if !f.OK {
			c.log.Warn("the app is not set up whole", "platform", "slack", "check", f.Check, "found", f.Found, "fix", f.Fix)
		}
	}
}

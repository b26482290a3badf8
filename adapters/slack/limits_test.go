package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

// inTime runs a test against a workspace in which time passes when everybody waits. It keeps to Slack's limits.
func inTime(t *testing.T, test func(*testing.T, workspace, *Chat)) {
	synctest.Test(t, func(t *testing.T) {
		w := settled(slacktest.NewInMemory(t))
		w.Limit()
		c := New(Options{
			BotToken: slacktest.BotToken, APIURL: w.URL + "/api", Transport: &http.Transport{DialContext: w.Dial, DisableKeepAlives: true},
		})
		test(t, w, c)
	})
}

// passes lets time go by in the test's bubble, whose clock it winds: nobody waits. It is the only sleep here.
func passes(d time.Duration) { time.Sleep(d) }

// asBot calls with the time that the bot gives a call, again and again until it is done, as the bot does: when it was to
// wait, it waits for as long, and when it is not known whether it was done, for half a minute.
func asBot(t *testing.T, call func(context.Context) error) {
	for range 1000 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := call(ctx)
		cancel()
		var later *adapters.RetryAfter
		switch {
		case err == nil:
			return
		case errors.As(err, &later):
			passes(later.After)
		default:
			passes(30 * time.Second)
		}
	}
	t.Error("it is never done")
}

func waitOf(err error) time.Duration {
	var later *adapters.RetryAfter
	if !errors.As(err, &later) {
		return 0
	}
	return later.After
}

// Whatever is wanted of it at once, no method is called more often than Slack takes it.
func TestSlackNeedNotRefuse(t *testing.T) {
	inTime(t, func(t *testing.T, w workspace, c *Chat) {
		res, err := c.Send(t.Context(), post("a card"))
		if err != nil {
			t.Fatal(err)
		}
		edit := post("a card, edited")
		edit.Edit = res.Message
		react := conversations.Message{Kind: conversations.React, Target: res.Message, Emoji: "📎", On: true}
		whisper := conversations.Message{Kind: conversations.Reply, Place: place, Person: ana, Body: said("only you")}
		calls := map[string]func(context.Context, int) error{
			"chat.update":         func(ctx context.Context, _ int) error { _, err := c.Send(ctx, edit); return err },
			"reactions.add":       func(ctx context.Context, _ int) error { _, err := c.Send(ctx, react); return err },
			"reactions.get":       func(ctx context.Context, _ int) error { _, err := c.Message(ctx, res.Message); return err },
			"chat.postEphemeral":  func(ctx context.Context, _ int) error { _, err := c.Send(ctx, whisper); return err },
			"users.info":          func(ctx context.Context, _ int) error { _, err := c.User(ctx, us.workspace(), ana); return err },
			"users.conversations": func(ctx context.Context, _ int) error { _, err := c.Places(ctx); return err },
			"conversations.info":  func(ctx context.Context, _ int) error { _, err := c.CanSee(ctx, "", place); return err },
			"conversations.history": func(ctx context.Context, _ int) error {
				_, err := c.Read(ctx, place, conversations.Stretch{From: time.Now()})
				return err
			},
			posting: func(ctx context.Context, n int) error {
				m := post("one of many")
				m.Effect = fmt.Sprint("effect-", n)
				_, err := c.Send(ctx, m)
				return err
			},
		}
		const times = 130
		began := time.Now()
		var all sync.WaitGroup
		for _, call := range calls {
			for n := range times {
				all.Go(func() { asBot(t, func(ctx context.Context) error { return call(ctx, n) }) })
			}
		}
		all.Wait()
		for method := range calls {
			if n := w.Calls(method); n < times || n > times+1 {
				t.Errorf("%s was called %d times", method, n)
			}
		}
		if n := w.Refused(); n > 0 {
			t.Errorf("Slack refused %d calls", n)
		}
		if took := time.Since(began); took < 2*time.Minute || took > 4*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// What Slack refused is not called until the time is over; other channels and methods are.
func TestOneBusyChannelHoldsUpNoOther(t *testing.T) {
	inTime(t, func(t *testing.T, w workspace, c *Chat) {
		res, err := c.Send(t.Context(), post("before"))
		if err != nil {
			t.Fatal(err)
		}
		w.Fail(slacktest.Once(posting, busy("30")))
		if _, err := c.Send(t.Context(), post("one")); waitOf(err) != 30*time.Second {
			t.Errorf("the refusal is %v", err)
		}
		calls := w.Calls(posting)
		passes(20 * time.Second)
		for n := range 3 {
			want := 10*time.Second + time.Duration(n+1)*time.Second
			if _, err := c.Send(t.Context(), post("one")); waitOf(err) != want {
				t.Errorf("the %d. to come meanwhile is told %v, not %v", n+1, err, want)
			}
		}
		if w.Calls(posting) != calls {
			t.Error("Slack was called while it asked to wait")
		}
		direct := conversations.Message{Kind: conversations.Private, Effect: "effect-two", Person: bo, Body: said("you")}
		if _, err := c.Send(t.Context(), direct); err != nil {
			t.Errorf("another channel has to wait: %v", err)
		}
		edit := post("edited")
		edit.Edit = res.Message
		if _, err := c.Send(t.Context(), edit); err != nil {
			t.Errorf("another method has to wait: %v", err)
		}
		passes(10 * time.Second)
		if _, err := c.Send(t.Context(), post("one")); err != nil {
			t.Errorf("after the time there is %v", err)
		}
	})
}

// A 429 that does not say for how long is kept to for a while, and those who were refused do not all come at once.
func TestARefusalWithoutATime(t *testing.T) {
	inTime(t, func(t *testing.T, w workspace, c *Chat) {
		w.Fail(slacktest.Once(posting, busy("")))
		_, err := c.Send(t.Context(), post("one"))
		wait := waitOf(err)
		if wait < unsaidWait || wait > unsaidWait*5/4 {
			t.Errorf("the refusal is %v", err)
		}
		passes(wait - time.Millisecond)
		if _, err := c.Send(t.Context(), post("one")); err != nil { // a millisecond is waited for
			t.Errorf("at its time there is %v", err)
		}
		if n := w.Calls(posting); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
}

// Whoever is turned away comes back at a time of their own: hardly anybody is turned away twice.
func TestThoseTurnedAwayDoNotComeAtOnce(t *testing.T) {
	inTime(t, func(t *testing.T, w workspace, c *Chat) {
		var tries sync.Map
		var all sync.WaitGroup
		const many = 500
		began := time.Now()
		for n := range many {
			all.Go(func() {
				mine := 0
				asBot(t, func(ctx context.Context) error {
					mine++
					_, err := c.User(ctx, us.workspace(), ana)
					return err
				})
				tries.Store(n, mine)
			})
		}
		all.Wait()
		total := 0
		tries.Range(func(_, n any) bool { total += n.(int); return true })
		if total > 2*many {
			t.Errorf("%d tries for %d calls", total, many)
		}
		if took := time.Since(began); took > 6*time.Minute {
			t.Errorf("it took %v", took)
		}
		if n := w.Refused(); n > 0 {
			t.Errorf("Slack refused %d calls", n)
		}
	})
}

// A report in many parts waits for its turn within the time that it has, and is finished later.
func TestALongPostKeepsToTheLimit(t *testing.T) {
	inTime(t, func(t *testing.T, w workspace, c *Chat) {
		m := post(strings.Repeat("a line of a long report\n", 4000))
		parts := len(us.render(m.Body))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := c.Send(ctx, m)
		if n := len(w.Messages()); err == nil || waitOf(err) > 0 || n < 6 || n >= parts {
			t.Errorf("%d of %d parts are there, and it says %v", n, parts, err)
		}
		m.Since = time.Now().Add(-time.Minute)
		asBot(t, func(ctx context.Context) error { _, err := c.Send(ctx, m); return err })
		if n := len(w.Messages()); n != parts || w.Refused() > 0 {
			t.Errorf("%d messages for %d parts, %d refused", n, parts, w.Refused())
		}
	})
}

// Where a workspace has thousands of channels, the limits of those that are quiet are forgotten.
func TestLimitsOfQuietChannelsAreForgotten(t *testing.T) {
	now := time.Unix(1772456520, 0)
	l := newLimits(func() time.Time { return now })
	for n := range 10 * gatesMost {
		now = now.Add(time.Second)
		if wait := l.pass([]string{fmt.Sprint(posting, " C0", n), posting}, inHaste); wait > 0 {
			t.Fatalf("the %d. channel waits %v", n, wait)
		}
		if len(l.gates) > gatesMost+1 {
			t.Fatalf("%d are kept", len(l.gates))
		}
	}
}

// An app of the usual class is not slowed down for good by a page that happens to have 15 messages.
func TestTheUsualClassIsNotTakenForTheSlow(t *testing.T) {
	now := time.Unix(1772456520, 0)
	l := newLimits(func() time.Time { return now })
	history := []string{"conversations.history"}
	l.refused(history, atLeisure, longRefusal)
	l.paged(history[0], shortPage, true)
	if g := l.gates[history[0]]; g.limit != tier3 {
		t.Errorf("short pages alone: %+v", g.limit)
	}
	l.refused(history, atLeisure, longRefusal)
	if g := l.gates[history[0]]; g.limit != slowReading {
		t.Errorf("with a long refusal: %+v", g.limit)
	}
	l.paged(history[0], shortPage+1, true)
	if g := l.gates[history[0]]; g.limit != tier3 {
		t.Errorf("after a long page: %+v", g.limit)
	}
}

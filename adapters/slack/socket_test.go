package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

// rig is the adapter in Socket Mode against a workspace that does what the test says, in a bubble in which time passes
// only when everybody waits.
type rig struct {
	workspace
	c     *Chat
	ended chan error
	stop  func()

	mu     sync.Mutex
	log    bytes.Buffer
	events []conversations.Event
	answer func(conversations.Event) (conversations.Answer, error)
}

// Write implements io.Writer, for the log.
func (r *rig) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(b)
}

// Handle implements adapters.Handler.
func (r *rig) Handle(_ context.Context, e conversations.Event) (conversations.Answer, error) {
	r.mu.Lock()
	r.events = append(r.events, e)
	answer := r.answer
	r.mu.Unlock()
	if answer == nil {
		return conversations.Answer{}, nil
	}
	return answer(e)
}

func (r *rig) says(answer func(conversations.Event) (conversations.Answer, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// taken counts what came in, by key, and returns what the adapter said of having been away.
func (r *rig) taken() (keys map[string]int, away []conversations.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys = map[string]int{}
	for _, e := range r.events {
		keys[e.Key]++
		if e.Kind == conversations.Told {
			away = append(away, e)
		}
	}
	return keys, away
}

func (r *rig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// overScript runs the adapter against a workspace that prepare has set up, until the test ends it.
func overScript(t *testing.T, prepare func(*rig), test func(*testing.T, *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{workspace: settled(slacktest.NewInMemory(t)), ended: make(chan error, 1)}
		r.Subscribe(func(event string) bool { return event != "app_mention" })
		r.Connect(r.Socket)
		r.c = New(Options{
			BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, APIURL: r.URL + "/api", Log: slog.New(slog.NewTextHandler(r, nil)),
			Transport: &http.Transport{DialContext: r.Dial, DisableKeepAlives: true},
		})
		r.c.sockets.dialer.NetDialContext = r.Dial
		if prepare != nil {
			prepare(r)
		}
		ctx, stop := context.WithCancel(context.Background())
		r.stop = stop
		go func() { r.ended <- r.c.Run(ctx, r) }()
		t.Cleanup(func() {
			stop()
			<-r.ended
		})
		synctest.Wait()
		test(t, r)
	})
}

// over returns how Run ended, when it has within a second.
func (r *rig) over() (error, bool) {
	time.Sleep(time.Second)
	synctest.Wait()
	select {
	case err := <-r.ended:
		r.ended <- err
		return err, true
	default:
		return nil, false
	}
}

const openMethod = "apps.connections.open"

// refused is for Fail: connections are refused with an error of Slack's.
func refused(name string) func(string) slacktest.Fault {
	return func(method string) (f slacktest.Fault) {
		if method == openMethod {
			f.Error = name
		}
		return f
	}
}

// Two connections are opened, not at once; one that is renewed after hours is there again at once, and the other is there
// meanwhile, so that nothing has to be read back.
func TestConnectionsAreStaggeredAndRenewed(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		if n := len(r.Links()); n != 1 {
			t.Fatalf("%d connections at first", n)
		}
		time.Sleep(slackPace.stagger)
		synctest.Wait()
		if n := len(r.Links()); n != 2 {
			t.Fatalf("%d connections after a while", n)
		}
		for _, reason := range []string{"warning", "refresh_requested"} {
			time.Sleep(4 * time.Hour)
			r.Links()[0].Disconnect(reason)
			synctest.Wait()
			if n := len(r.Links()); n != 1 {
				t.Errorf("%s: %d connections while one is renewed", reason, n)
			}
			time.Sleep(slackPace.retry)
			synctest.Wait()
			if n := len(r.Links()); n != 2 {
				t.Errorf("%s: %d connections a second later", reason, n)
			}
		}
		time.Sleep(time.Hour)
		if _, away := r.taken(); len(away) > 0 {
			t.Errorf("it says that it was away: %+v", away)
		}
		if n := r.Calls(openMethod); n != 4 {
			t.Errorf("opened %d times", n)
		}
		if counts := r.c.Counts(); counts.Connections != 2 || !maps.Equal(counts.Ended, map[string]int{"warning": 1, "refresh_requested": 1}) {
			t.Errorf("counted: %+v", counts)
		}
		if log := r.logged(); strings.Contains(log, "level=WARN") || strings.Contains(log, "level=ERROR") {
			t.Errorf("the log says:\n%s", log)
		}
	})
}

// Nothing is lost while connections are renewed all the time: what was not acknowledged is sent again.
func TestNothingIsLostInAHundredRenewals(t *testing.T) {
	overScript(t, func(r *rig) {
		r.Script(func(l *slacktest.Link) {
			l.Hello()
			l.Stay(slackPace.steady + 5*time.Second)
			l.Disconnect("refresh_requested")
			<-l.Gone()
		})
	}, func(t *testing.T, r *rig) {
		said := map[string]bool{}
		for r.Calls(openMethod) < 100 {
			ts, _ := r.Say(slacktest.Message{User: ana, Channel: ops, Text: "checkout is down"})
			said[conversations.MessageRef{Workspace: us.workspace(), Channel: ops, ID: ts}.Key()] = true
			time.Sleep(500 * time.Millisecond)
		}
		for r.Redeliver() > 0 {
			time.Sleep(time.Minute)
		}
		keys, _ := r.taken()
		for key := range said {
			if keys[key] == 0 {
				t.Errorf("%s was lost", key)
			}
		}
		if len(said) < 1000 {
			t.Errorf("only %d messages were said", len(said))
		}
	})
}

// The same happening by another connection, as a try again, late, under another id of Slack's, is the same event.
func TestTheSameByAnotherConnection(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(time.Minute)
		event := map[string]any{
			"type": "reaction_added", "user": ana, "reaction": "pushpin", "event_ts": "1772456521.000200",
			"item": map[string]any{"type": "message", "channel": ops, "ts": "1772456520.000100"},
		}
		first, again := r.Envelope(event), r.Envelope(event)
		if first.Body["event_id"] == again.Body["event_id"] {
			t.Fatal("they have one id")
		}
		again.Retry, again.Reason = 2, "timeout"
		for _, l := range r.Links() {
			if status, _ := l.Deliver(first); status != http.StatusOK {
				t.Error("it was not acknowledged")
			}
			time.Sleep(8 * time.Minute)
			if status, _ := l.Deliver(again); status != http.StatusOK {
				t.Error("it was not acknowledged when it came again")
			}
		}
		if keys, _ := r.taken(); len(keys) != 1 {
			t.Errorf("it came in as %v", keys)
		}
	})
}

// A Slack that ends every connection, however it does it, is not called over and over.
func TestItDoesNotSpin(t *testing.T) {
	for name, script := range map[string]func(*slacktest.Link){
		"hello, then gone":         (*slacktest.Link).Hello,
		"gone without a hello":     func(*slacktest.Link) {},
		"hello, then a disconnect": func(l *slacktest.Link) { l.Hello(); l.Disconnect("refresh_requested"); <-l.Gone() },
		"hello, then half a frame": func(l *slacktest.Link) { l.Hello(); l.Break(); <-l.Gone() },
		"a reason that is new":     func(l *slacktest.Link) { l.Hello(); l.Disconnect("of its own"); <-l.Gone() },
		"every 30 ms": func(l *slacktest.Link) {
			l.Hello()
			l.Stay(30 * time.Millisecond)
			l.Disconnect("refresh_requested")
			<-l.Gone()
		},
	} {
		t.Run(name, func(t *testing.T) {
			overScript(t, func(r *rig) { r.Script(script) }, func(t *testing.T, r *rig) {
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if n := r.Calls(openMethod); n < 20 || n > 40 {
					t.Errorf("opened %d times in ten minutes", n)
				}
				if log := r.logged(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "see that Socket Mode is on") || strings.Contains(log, "of its own") {
					t.Errorf("the log says:\n%s", log)
				}
				if err, over := r.over(); over {
					t.Errorf("it gave up: %v", err)
				}
			})
		})
	}
}

// Who has too many connections is told so, and does not make it worse.
func TestTooManyConnections(t *testing.T) {
	for name, script := range map[string]func(*slacktest.Link){
		"at once": func(l *slacktest.Link) { l.Disconnect("too_many_websockets"); <-l.Gone() },
		"after a minute": func(l *slacktest.Link) {
			l.Hello()
			l.Stay(time.Minute)
			l.Disconnect("too_many_websockets")
			<-l.Gone()
		},
	} {
		t.Run(name, func(t *testing.T) {
			overScript(t, func(r *rig) { r.Script(script) }, func(t *testing.T, r *rig) {
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if log := r.logged(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, "no more connections") {
					t.Errorf("the log says:\n%s", log)
				}
				time.Sleep(8 * time.Minute)
				if n := r.Calls(openMethod); n < 8 || n > 20 {
					t.Errorf("opened %d times in ten minutes", n)
				}
				r.Script(func(l *slacktest.Link) { l.Hello(); <-l.Gone() })
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if n := len(r.Links()); n != 2 {
					t.Errorf("%d connections when there is room again", n)
				}
			})
		})
	}
}

// That somebody switches Socket Mode off comes over the connection.
func TestSocketModeSwitchedOff(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(time.Hour)
		r.Links()[0].Disconnect("link_disabled")
		if err, over := r.over(); !over || err == nil || !strings.Contains(err.Error(), "switch it on under Socket Mode") {
			t.Errorf("ended: %v, with %v", over, err)
		}
	})
}

// A server that takes the connection and says nothing, not even pings, is left.
func TestASilentConnectionIsLeft(t *testing.T) {
	overScript(t, func(r *rig) {
		r.Script(func(l *slacktest.Link) {
			if l.Number > 2 {
				l.Hello()
			} else {
				l.Mute()
			}
			<-l.Gone()
		})
	}, func(t *testing.T, r *rig) {
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := len(r.Links()); n != 2 {
			t.Errorf("%d connections after two minutes", n)
		}
		if log := r.logged(); !strings.Contains(log, "(silent)") {
			t.Errorf("the log says:\n%s", log)
		}
	})
}

func TestOpeningWaitsAsLongAsSlackSays(t *testing.T) {
	overScript(t, func(r *rig) { r.Fail(slacktest.Once(openMethod, busy("300"))) }, func(t *testing.T, r *rig) {
		time.Sleep(299 * time.Second)
		synctest.Wait()
		if n := r.Calls(openMethod); n != 1 { // of whichever connection came first
			t.Errorf("called %d times while Slack asked to wait", n)
		}
		if counts := r.c.Counts(); counts.Connections != 0 || counts.Limited[openMethod] != 1 || counts.Ended["failed"] == 0 {
			t.Errorf("counted: %+v", counts)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := len(r.Links()); n != 2 {
			t.Errorf("%d connections after that", n)
		}
	})
}

// What only somebody who changes the configuration can mend ends it, with what to do.
func TestWhatCanNeverWorkEndsIt(t *testing.T) {
	for name, want := range map[string]string{
		"invalid_auth": "generate one", "not_authed": "generate one", "token_revoked": "generate one", "token_expired": "generate one",
		"missing_scope": "connections:write", "not_allowed_token_type": "begin with xapp-", "account_inactive": "install the app again",
		"link_disabled": "switch it on under Socket Mode",
	} {
		t.Run(name, func(t *testing.T) {
			overScript(t, func(r *rig) { r.Fail(refused(name)) }, func(t *testing.T, r *rig) {
				err, over := r.over()
				if !over || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
					t.Errorf("ended: %v, with %v", over, err)
				}
			})
			overScript(t, nil, func(t *testing.T, r *rig) { // in the middle of it
				time.Sleep(time.Hour)
				r.Fail(refused(name))
				r.Links()[0].Close()
				time.Sleep(time.Minute)
				if err, over := r.over(); !over || err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("an hour later; ended: %v, with %v", over, err)
				}
			})
		})
	}
	overScript(t, func(r *rig) { r.Script(func(l *slacktest.Link) { l.HelloTo("A0OTHER"); <-l.Gone() }) }, func(t *testing.T, r *rig) {
		if err, over := r.over(); !over || err == nil || !strings.Contains(err.Error(), "A0OTHER") {
			t.Errorf("with another app's token; ended: %v, with %v", over, err)
		}
	})
}

// That the app was removed comes as an event, while everything is as it was.
func TestBeingRemovedEndsIt(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(time.Hour)
		status, _ := r.Deliver(r.Envelope(map[string]any{"type": "app_uninstalled"}))
		if err, over := r.over(); status != http.StatusOK || !over || err == nil || !strings.Contains(err.Error(), "install it again") {
			t.Errorf("acknowledged with %d; ended: %v, with %v", status, over, err)
		}
	})
}

// Trouble that may pass is waited for.
func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for _, name := range []string{"internal_error", "service_unavailable", "something_new"} {
		overScript(t, func(r *rig) { r.Fail(refused(name)) }, func(t *testing.T, r *rig) {
			time.Sleep(10 * time.Minute)
			if n := r.Calls(openMethod); n < 20 || n > 40 {
				t.Errorf("%s: called %d times in ten minutes", name, n)
			}
			r.Fail(slacktest.Once("", slacktest.Fault{}))
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if n := len(r.Links()); n != 2 {
				t.Errorf("%s: %d connections when it had passed", name, n)
			}
		})
	}
}

// What nobody can read is acknowledged, so that it is not sent again; what the library cannot read is taken in all the
// same; and what has no id is left alone, which the workspace sees to.
func TestOddEnvelopes(t *testing.T) {
	const event = `{"envelope_id":"%s","type":"events_api","payload":{"type":"event_callback","team_id":"T0ACME","api_app_id":"A0DEBRIEF","event":%s}}`
	odd := map[string]string{
		"a new type":              `{"envelope_id":"e1","type":"telepathy","payload":{}}`,
		"no type":                 `{"envelope_id":"e1"}`,
		"a new kind of event":     fmt.Sprintf(event, "e1", `{"type":"thought_shared"}`),
		"no event":                fmt.Sprintf(event, "e1", "null"),
		"a payload of nothing":    `{"envelope_id":"e1","type":"events_api","payload":null}`,
		"a payload of text":       `{"envelope_id":"e1","type":"events_api","payload":"x"}`,
		"an interaction of lists": `{"envelope_id":"e1","type":"interactive","payload":[[]]}`,
		"a command of numbers":    `{"envelope_id":"e1","type":"slash_commands","payload":{"team_id":7,"trigger_id":[]}}`,
		"a type of a number":      `{"envelope_id":"e1","type":7,"payload":{}}`,
		"deep nesting":            `{"envelope_id":"e1","type":"interactive","payload":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
	}
	overScript(t, nil, func(t *testing.T, r *rig) {
		l := r.Links()[0]
		for what, raw := range odd {
			if status, _ := l.Wait(l.SendAs("e1", raw)); status != http.StatusOK {
				t.Errorf("%s was not acknowledged", what)
			}
		}
		message := `{"type":"message","channel":"C0OPS","user":"U0ANA","ts":"1772456520.000100","text":"checkout is down","blocks":[{"type":"rich_text","elements":7}]}`
		if status, _ := l.Wait(l.SendAs("e2", fmt.Sprintf(event, "e2", message))); status != http.StatusOK {
			t.Error("a message with odd blocks was not acknowledged")
		}
		for _, raw := range []string{`{"type":"events_api","payload":{}}`, `{"type":"goodbye"}`, `{"envelope_id":7,"type":"telepathy"}`} {
			l.Send(raw)
		}
		for _, raw := range []string{"", "x", "[]", "{"} { // not JSON, or not an object
			l.Send(raw)
		}
		time.Sleep(time.Second)
		if keys, _ := r.taken(); len(keys) != 1 || keys["slack/T0ACME/msg/C0OPS/1772456520.000100"] != 1 {
			t.Errorf("taken in: %v", keys)
		}
		if n := len(r.Links()); n != 1 {
			t.Errorf("%d connections after all that", n)
		}
	})
}

// Who reads on while the bot is stuck keeps the connection, tells people that nothing was saved, and has Slack send the rest
// again.
func TestAStalledBot(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(time.Minute)
		free := make(chan struct{})
		r.says(func(conversations.Event) (conversations.Answer, error) {
			<-free
			return conversations.Answer{}, nil
		})
		opened := r.Calls(openMethod)
		var all sync.WaitGroup
		const events = takenAtOnce + 100
		for n := range events {
			all.Go(func() { r.Say(slacktest.Message{User: ana, Channel: ops, Text: fmt.Sprintf("line %d", n)}) })
		}
		all.Wait() // after three seconds Slack has had enough of each
		all.Go(func() { r.Command(bo, ops, "help") })
		time.Sleep(time.Minute)
		if n := r.Calls(openMethod); n != opened || len(r.Links()) != 2 {
			t.Errorf("the connections were lost, %d are there", len(r.Links()))
		}
		if w := r.private(t, bo); len(w) != 1 || !strings.Contains(w[0].Text, notSaved) {
			t.Errorf("who acted is shown %+v", w)
		}
		close(free)
		all.Wait()
		synctest.Wait()
		for r.Redeliver() > 0 {
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Minute)
		keys, away := r.taken()
		if len(keys) != events+len(away) {
			t.Errorf("%d events were taken in, not %d", len(keys), events)
		}
		if len(away) != 1 {
			t.Errorf("of what Slack may not have sent again, it says %+v", away)
		}
	})
}

// When there was no connection at all, the bot is told since when, once, however often that was interrupted.
func TestAwayIsSaidOnce(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(time.Hour)
		began := time.Now()
		r.Script(func(l *slacktest.Link) {
			l.Hello()
			l.Stay(slackPace.steady - time.Second)
			l.Disconnect("refresh_requested")
			<-l.Gone()
		})
		for _, l := range r.Links() {
			l.Close()
		}
		time.Sleep(10 * time.Minute)
		if _, away := r.taken(); len(away) > 0 {
			t.Fatalf("while it is away, it says %+v", away)
		}
		r.Script(func(l *slacktest.Link) { l.Hello(); <-l.Gone() })
		fails := true
		r.says(func(conversations.Event) (conversations.Answer, error) {
			if fails {
				fails = false
				return conversations.Answer{}, errors.New("the store is away")
			}
			return conversations.Answer{}, nil
		})
		time.Sleep(10 * time.Minute)
		_, away := r.taken()
		if len(away) != 2 {
			t.Fatalf("it says %+v", away)
		}
		if since, err := time.Parse(time.RFC3339Nano, away[1].Value); err != nil || !since.Equal(began) {
			t.Errorf("it was away since %v, and says %v", began, since)
		}
	})
}

// Before there is a connection, nothing is read back: what is said until then would be missed.
func TestWorkspacesWaitForAConnection(t *testing.T) {
	overScript(t, func(r *rig) { r.Fail(refused("internal_error")) }, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if all, err := r.c.Workspaces(ctx); err == nil {
			t.Errorf("they are %v", all)
		}
		r.Fail(slacktest.Once("", slacktest.Fault{}))
		if all, err := r.c.Workspaces(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("with a connection they are %v, %v", all, err)
		}
	})
}

// What has come in when it is stopped is saved and acknowledged; what comes after is not.
func TestStoppingAcknowledgesWhatCameIn(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		free := make(chan struct{})
		r.says(func(conversations.Event) (conversations.Answer, error) {
			<-free
			return conversations.Answer{}, nil
		})
		acked, late := make(chan bool, 1), make(chan bool, 1)
		say := func(acked chan bool) {
			_, ok := r.Say(slacktest.Message{User: ana, Channel: ops, Text: "checkout is down"})
			acked <- ok
		}
		go say(acked)
		synctest.Wait()
		r.stop()
		synctest.Wait()
		go say(late)
		synctest.Wait()
		close(free)
		if !<-acked {
			t.Error("what was saved was not acknowledged")
		}
		if <-late {
			t.Error("what came after it was stopped was acknowledged")
		}
		time.Sleep(time.Second)
		if err, over := r.over(); !over || err != nil {
			t.Errorf("ended: %v, with %v", over, err)
		}
	})
}

// An answer to a command whose connection is gone by then is given another way.
func TestAnAnswerWithoutAConnection(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		r.says(func(conversations.Event) (conversations.Answer, error) {
			for _, l := range r.Links() {
				l.Disconnect("refresh_requested")
			}
			time.Sleep(time.Second)
			return conversations.Answer{Private: said("three reviews are open")}, nil
		})
		r.Command(bo, ops, "list")
		time.Sleep(2 * time.Second)
		if w := r.private(t, bo); len(w) != 1 || !strings.Contains(w[0].Text, "three reviews") {
			t.Errorf("who asked is shown %+v", w)
		}
	})
}

// A form that is too large for an acknowledgement takes the place of the one before by being opened anew.
func TestALargeFormAfterAForm(t *testing.T) {
	overScript(t, nil, func(t *testing.T, r *rig) {
		shows := func(f conversations.Form) func(conversations.Event) (conversations.Answer, error) {
			return func(conversations.Event) (conversations.Answer, error) { return conversations.Answer{Form: &f}, nil }
		}
		small := conversations.Form{Title: "First", Verb: "answer", Inputs: []conversations.Input{{Name: "text", Label: "What happened?"}}}
		large := conversations.Form{Title: "Second", Verb: "answer"}
		for n := range 8 {
			large.Inputs = append(large.Inputs, conversations.Input{
				Name: fmt.Sprintf("text %d", n), Label: "And then?", Value: strings.Repeat("x", 2900), Lines: true,
			})
		}
		r.says(shows(small))
		r.Command(bo, ops, "answer")
		synctest.Wait()
		r.says(shows(large))
		r.Submit(bo, map[string]string{"text": "the pool was too small"})
		synctest.Wait()
		if title, inputs, _, open := r.form(t, bo); !open || title != "Second" || len(inputs) != 8 {
			t.Errorf("before them is %q with %v, open: %v", title, inputs, open)
		}
	})
}

package slack

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

// door is a bot that keeps what comes in.
type door struct {
	mu     sync.Mutex
	events []conversations.Event
	away   bool
	answer conversations.Answer
}

func (d *door) Handle(_ context.Context, e conversations.Event) (conversations.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return conversations.Answer{}, errors.New("the store is away")
	}
	d.events = append(d.events, e)
	return d.answer, nil
}

// connect runs the adapter against a workspace.
func connect(t *testing.T) (workspace, *Chat, *door, <-chan error) {
	w := newWorkspace(t)
	c := New(Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: w.URL + "/api", Pace: slacktest.Unhurried(), Log: slog.New(slog.DiscardHandler)})
	w.ServeTo(c.Handler(), paths)
	d, ended := &door{}, make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() { ended <- c.Run(ctx, d) }()
	t.Cleanup(stop)
	for {
		if _, _, ok := c.connected(); ok {
			return w, c, d, ended
		}
		runtime.Gosched()
	}
}

// TestNothingWaitsBehindAForm: what follows an acknowledgement takes as long as Slack takes, and Slack, or what stands in front
// of us, sends the next thing on the same connection if it can.
func TestNothingWaitsBehindAForm(t *testing.T) {
	w, c, d, _ := connect(t)
	app := httptest.NewServer(c.Handler())
	t.Cleanup(app.Close)
	gate := make(chan struct{})
	w.Fail(slacktest.Once("views.open", slacktest.Fault{Wait: func() { <-gate }}))
	d.says(conversations.Answer{Form: &conversations.Form{Title: "A form", Verb: "add", Inputs: []conversations.Input{{Name: "text", Label: "What?"}}}})
	for _, text := range []string{"start", "help"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		body := url.Values{
			"team_id": {us.team}, "user_id": {ana}, "channel_id": {ops}, "trigger_id": {"1.2.x"}, "response_url": {w.URL + "/respond/1"}, "text": {text},
		}.Encode()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, app.URL+CommandsPath, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		at := strconv.FormatInt(time.Now().Unix(), 10)
		r.Header = http.Header{"X-Slack-Request-Timestamp": {at}, "X-Slack-Signature": {slacktest.Signature(slacktest.Secret, at, []byte(body))}}
		resp, err := app.Client().Do(r)
		if err != nil {
			t.Errorf("%s is not answered while a form is opened: %v", text, err)
		} else {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		d.says(conversations.Answer{})
		cancel()
	}
	close(gate)
}

// another is the adapter after a restart: it remembers nothing.
func (w workspace) another() *Chat {
	return New(Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: w.URL + "/api", Pace: slacktest.Unhurried()})
}

// TestSignature has the library verify what we sign.
func TestSignature(t *testing.T) {
	at, body := strconv.FormatInt(time.Now().Unix(), 10), []byte("token=x&text=start+%26+more")
	h := http.Header{"X-Slack-Request-Timestamp": {at}, "X-Slack-Signature": {signature(slacktest.Secret, at, body)}}
	v, err := slack.NewSecretsVerifier(h, slacktest.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Write(body); err != nil || v.Ensure() != nil {
		t.Errorf("%v, %v", err, v.Ensure())
	}
}

func TestWhatIsNotSlacksIsRefused(t *testing.T) {
	_, c, d, _ := connect(t)
	body := `{"type":"event_callback","team_id":"T0ACME","api_app_id":"A0DEBRIEF","event":{"type":"message","user":"U0ANA","channel":"C0OPS","ts":"1772456520.000100","text":"forged"}}`
	now := strconv.FormatInt(time.Now().Unix(), 10)
	old := strconv.FormatInt(time.Now().Add(-6*time.Minute).Unix(), 10)
	early := strconv.FormatInt(time.Now().Add(6*time.Minute).Unix(), 10)
	sign := func(at, secret, body string) http.Header {
		return http.Header{"X-Slack-Request-Timestamp": {at}, "X-Slack-Signature": {signature(secret, at, []byte(body))}}
	}
	large := strings.Repeat("x", maxBody+1)
	var bomb bytes.Buffer
	pack := gzip.NewWriter(&bomb)
	_, packed := pack.Write(make([]byte, 64*maxBody))
	if err := errors.Join(packed, pack.Close()); err != nil {
		t.Fatal(err)
	}
	zipped := sign(now, slacktest.Secret, bomb.String())
	zipped.Set("Content-Encoding", "gzip")
	for name, c2 := range map[string]struct {
		method string
		header http.Header
		body   string
		want   int
	}{
		"unsigned":         {http.MethodPost, http.Header{}, body, 401},
		"forged":           {http.MethodPost, sign(now, "another secret", body), body, 401},
		"another body":     {http.MethodPost, sign(now, slacktest.Secret, body), body + " ", 401},
		"stale":            {http.MethodPost, sign(old, slacktest.Secret, body), body, 401},
		"from the future":  {http.MethodPost, sign(early, slacktest.Secret, body), body, 401},
		"no time":          {http.MethodPost, sign("soon", slacktest.Secret, body), body, 401},
		"too large":        {http.MethodPost, sign(now, slacktest.Secret, large), large, 413},
		"zipped":           {http.MethodPost, zipped, bomb.String(), 415},
		"zipped, not said": {http.MethodPost, sign(now, slacktest.Secret, bomb.String()), bomb.String(), 400},
		"read":             {http.MethodGet, sign(now, slacktest.Secret, ""), "", 405},
		"malformed":        {http.MethodPost, sign(now, slacktest.Secret, "{"), "{", 400},
	} {
		r := httptest.NewRequest(c2.method, EventsPath, strings.NewReader(c2.body))
		r.Header = c2.header
		rec := httptest.NewRecorder()
		c.Handler().ServeHTTP(rec, r)
		if rec.Code != c2.want {
			t.Errorf("%s: HTTP %d, not %d", name, rec.Code, c2.want)
		}
	}
	if len(d.events) > 0 {
		t.Errorf("something came in: %+v", d.events)
	}
	if got, want := c.Counts().Refused, (map[string]int{"unsigned": 6, "large": 1, "compressed": 1, "malformed": 2}); !maps.Equal(got, want) {
		t.Errorf("counted as refused: %v", got)
	}
	unset := New(Options{BotToken: slacktest.BotToken})
	r := httptest.NewRequest(http.MethodPost, EventsPath, strings.NewReader(body))
	r.Header = sign(now, "", body)
	rec := httptest.NewRecorder()
	unset.Handler().ServeHTTP(rec, r)
	if rec.Code != 401 {
		t.Errorf("without a secret: HTTP %d", rec.Code)
	}
}

func TestVerificationOfTheAddress(t *testing.T) {
	w := newWorkspace(t)
	c := New(Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: w.URL + "/api", Pace: slacktest.Unhurried()})
	w.ServeTo(c.Handler(), paths) // Slack asks before anything else works
	status, answer := w.Deliver(slacktest.Delivery{Kind: slacktest.Event, Body: map[string]any{"type": "url_verification", "challenge": "abc"}})
	if status != 200 || string(answer) != "abc" {
		t.Errorf("HTTP %d, %q", status, answer)
	}
	if status, _ := w.Deliver(slacktest.Delivery{Kind: slacktest.Event, Body: map[string]any{"type": "event_callback"}}); status != 503 {
		t.Errorf("an event before the connection stands: HTTP %d", status)
	}
}

func TestWhatIsMeantForOthers(t *testing.T) {
	w, c, d, _ := connect(t)
	message := map[string]any{"type": "message", "user": ana, "channel": ops, "ts": "1772456520.000100", "text": "hello"}
	for name, change := range map[string]func(env map[string]any){
		"another workspace":     func(env map[string]any) { env["team_id"] = "T0OTHER" },
		"another app":           func(env map[string]any) { env["api_app_id"] = "A0OTHER" },
		"a shared channel":      func(env map[string]any) { env["is_ext_shared_channel"] = true },
		"an unknown envelope":   func(env map[string]any) { env["type"] = "news" },
		"an unknown event":      func(env map[string]any) { env["event"] = map[string]any{"type": "pin_added"} },
		"an event of nothing":   func(env map[string]any) { delete(env, "event") },
		"a message of no place": func(env map[string]any) { env["event"] = map[string]any{"type": "message", "ts": "1772456520.000100"} },
	} {
		d := w.Envelope(message)
		change(d.Body)
		if status, _ := w.Deliver(d); status != 200 {
			t.Errorf("%s: HTTP %d", name, status)
		}
	}
	stranger := map[string]any{
		"team_id": "T0OTHER", "user_id": ana, "channel_id": ops, "trigger_id": "1.2.x", "response_url": w.URL + "/respond/1", "text": "help",
	}
	if status, answer := w.Deliver(slacktest.Delivery{Kind: slacktest.Command, Body: stranger}); status != 200 || !strings.Contains(string(answer), "another workspace") {
		t.Errorf("a command elsewhere: HTTP %d, %s", status, answer)
	}
	if got, want := c.Counts().Refused, (map[string]int{"foreign": 3}); !maps.Equal(got, want) {
		t.Errorf("counted as refused: %v", got)
	}
	if len(d.events) > 0 {
		t.Errorf("something came in: %+v", d.events)
	}
}

// TestActsThatAreNotOurs do nothing, whoever signed them; and one that is sent twice is the same act.
func TestActsThatAreNotOurs(t *testing.T) {
	w, c, d, _ := connect(t)
	send := func(change func(map[string]any)) int {
		click := map[string]any{
			"type": "block_actions", "api_app_id": us.app, "team": map[string]any{"id": us.team}, "user": map[string]any{"id": ana, "team_id": us.team},
			"trigger_id": "1.2.x", "response_url": w.URL + "/respond/1", "channel": map[string]any{"id": ops},
			"container": map[string]any{"type": "message", "channel_id": ops, "message_ts": "1772456520.000100"},
			"actions":   []any{map[string]any{"action_id": "next", "action_ts": "1772457000.123456", "value": "next|slack/T0ACME/review/1|4"}},
		}
		change(click)
		status, _ := w.Deliver(slacktest.Delivery{Kind: slacktest.Interaction, Body: click})
		return status
	}
	for name, is := range map[string]struct {
		change func(map[string]any)
		status int
	}{
		"another workspace":   {func(in map[string]any) { in["team"] = map[string]any{"id": "T0OTHER"} }, 200},
		"another app":         {func(in map[string]any) { in["api_app_id"] = "A0OTHER" }, 200},
		"somebody of another": {func(in map[string]any) { in["user"] = map[string]any{"id": ana, "team_id": "T0OTHER"} }, 200},
		"an unknown type":     {func(in map[string]any) { in["type"] = "telepathy" }, 200},
		"a form that closes":  {func(in map[string]any) { in["type"] = "view_closed" }, 200},
		"no control":          {func(in map[string]any) { in["actions"] = []any{} }, 200},
		"nobody":              {func(in map[string]any) { in["user"] = map[string]any{} }, 400},
		"no time": {func(in map[string]any) {
			in["actions"] = []any{map[string]any{"action_id": "next", "value": "next|s|4"}}
		}, 400},
		"no message":       {func(in map[string]any) { in["container"] = map[string]any{"type": "message"} }, 400},
		"an id of its own": {func(in map[string]any) { in["user"] = map[string]any{"id": "../U0ANA"} }, 400},
	} {
		if status := send(is.change); status != is.status {
			t.Errorf("%s: HTTP %d", name, status)
		}
	}
	if d.heard() > 0 {
		t.Fatalf("something came in: %+v", d.events)
	}
	if got, want := c.Counts().Refused, (map[string]int{"foreign": 3, "malformed": 4}); !maps.Equal(got, want) {
		t.Errorf("counted as refused: %v", got)
	}
	for range 2 {
		send(func(map[string]any) {})
	}
	if d.heard() != 2 || d.events[0].Key != d.events[1].Key {
		t.Errorf("a click that was sent twice comes in as %+v", d.events)
	}
}

func TestSharedChannelsAreToldWhy(t *testing.T) {
	w, _, d, _ := connect(t)
	call := w.Envelope(map[string]any{"type": "app_mention", "user": ana, "channel": ops, "ts": "1772456520.000100", "text": "<@" + us.user + "> start"})
	call.Body["is_ext_shared_channel"] = true
	w.Deliver(call)
	told := w.Whispers()
	if len(told) != 1 {
		t.Fatalf("she is told %d things", len(told))
	}
	if text, _, _ := told[0].Read(); !strings.Contains(text, "shared with another organisation") || told[0].To != ana {
		t.Errorf("she is told %q", text)
	}
	if len(d.events) > 0 {
		t.Errorf("something came in: %+v", d.events)
	}
}

// TestToldOnce: a mention comes as a message, too, and what was not acknowledged in time comes again.
func TestToldOnce(t *testing.T) {
	w, _, d, _ := connect(t)
	d.answer.Private = said("here you are")
	for n := 1; n < 3; n++ {
		w.Say(slacktest.Message{User: ana, Channel: ops, Text: "<@" + us.user + "> list"})
		w.Again()
		if told := w.Whispers(); len(told) != n || len(d.events) != 3*n {
			t.Errorf("%d mentions came in as %d events, and she is told %d times", n, len(d.events), len(told))
		}
	}
}

// TestTwoEditsWithinASecond: Slack says of a message only to the second when it was edited.
func TestTwoEditsWithinASecond(t *testing.T) {
	w, _, d, _ := connect(t)
	at := time.Now().Truncate(time.Second).Add(500 * time.Millisecond)
	w.Now = func() time.Time { return at }
	ts, _ := w.Say(slacktest.Message{User: ana, Channel: ops, Text: "one"})
	w.Edit(ops, ts, "two")
	w.Edit(ops, ts, "three")
	w.Again()
	if len(d.events) != 4 {
		t.Fatalf("%d events came in", len(d.events))
	}
	second, third, again := d.events[1], d.events[2], d.events[3]
	if second.Key == third.Key || !third.At.After(second.At) || third.Text != "three" {
		t.Errorf("the edits came in as %s of %s and %s of %s", second.Key, second.At, third.Key, third.At)
	}
	if again.Key != third.Key || !again.At.Equal(third.At) {
		t.Errorf("what came again is %s of %s", again.Key, again.At)
	}
}

// TestWhatHappensToChannelsAndPeople is taken in once each, whatever Slack calls it.
func TestWhatHappensToChannelsAndPeople(t *testing.T) {
	w, _, d, _ := connect(t)
	w.AddChannel(slacktest.Channel{ID: "C0WAR", Name: "war", Private: true, Members: []string{ana, bo}})
	for _, channel := range []string{ops, "C0WAR"} {
		d.events = nil
		w.Archive(ana, channel)
		w.Unarchive(ana, channel)
		w.Remove(ana, channel)
		w.Invite(ana, channel)
		w.DeleteChannel(ana, channel)
		var came []string
		keys := map[string]bool{}
		for _, e := range d.events {
			came = append(came, strings.TrimSpace(string(e.Kind)+" "+e.Value))
			if e.Where.Channel != channel || keys[e.Key] {
				t.Errorf("%s came from %+v, by a key that another has: %v", e.Key, e.Where, keys[e.Key])
			}
			keys[e.Key] = true
		}
		if got, want := strings.Join(came, ", "), "left archived, joined, left removed, left removed, joined, left deleted"; got != want {
			t.Errorf("%s: %s\nnot: %s", channel, got, want)
		}
	}
	d.events = nil
	w.Change(slacktest.User{ID: bo, Name: "bo", Deactivated: true})
	w.Again()
	if len(d.events) != 2 || d.events[0].Kind != conversations.Changed || d.events[0].Who != bo || d.events[0].Key != d.events[1].Key {
		t.Errorf("an account that is closed comes in as %+v", d.events)
	}
}

func TestEnterprise(t *testing.T) {
	id := us
	id.enterprise = "E0GRID"
	for _, c := range []struct {
		team, enterprise string
		want             bool
	}{{us.team, "", true}, {us.team, "E0GRID", true}, {"E0GRID", "E0GRID", true}, {"", "E0GRID", true}, {"T0OTHER", "E0GRID", false}, {"", "E0OTHER", false}} {
		if got := id.ours(c.team, c.enterprise); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if us.ours("", "E0GRID") || us.ours("", "") {
		t.Error("outside an organisation another's envelope is ours")
	}
	if id.stranger("T0HOME") || !us.stranger("T0HOME") {
		t.Error("somebody of the same organisation is a stranger, or one of another is not")
	}
}

func TestTheEndOfAnInstallation(t *testing.T) {
	for _, ev := range []map[string]any{
		{"type": "app_uninstalled"},
		{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{}, "bot": []string{us.user}}},
	} {
		w, _, _, ended := connect(t)
		other := map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{ana}, "bot": []string{}}}
		w.Happens(other)
		w.Happens(ev)
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "install it again") {
			t.Errorf("%v: Run ends with %v", ev, err)
		}
	}
	w := newWorkspace(t)
	c := New(Options{BotToken: "xoxb-another", APIURL: w.URL + "/api", Pace: slacktest.Unhurried()})
	if err := c.Run(t.Context(), &door{}); err == nil || strings.Contains(err.Error(), "xoxb") {
		t.Errorf("with a wrong token Run ends with %v", err)
	}
}

func post(text string) conversations.Message {
	return conversations.Message{Kind: conversations.Post, Effect: "effect-one", Place: place, Body: said(text)}
}

func TestNotNowInEveryForm(t *testing.T) {
	w, c, _, _ := connect(t)
	unsaid := [2]time.Duration{unsaidWait, unsaidWait * 5 / 4}
	for header, want := range map[string][2]time.Duration{"3": {3 * time.Second, 3 * time.Second}, "": unsaid, "soon": unsaid, "-4": unsaid} {
		w.Fail(slacktest.Once("", busy(header)))
		_, err := c.Send(t.Context(), post("one"))
		var later *adapters.RetryAfter
		if !errors.As(err, &later) || later.After < want[0] || later.After > want[1] {
			t.Errorf("Retry-After %s: %v", header, err)
		}
	}
	if n := len(w.Messages()); n > 0 {
		t.Errorf("%d messages were posted", n)
	}
	w.Fail(slacktest.Once("", slacktest.Fault{Status: 503}))
	_, err := c.Send(t.Context(), post("one"))
	var later *adapters.RetryAfter
	if err == nil || errors.Is(err, adapters.ErrUndeliverable) || errors.As(err, &later) {
		t.Errorf("a 503 says that it is known: %v", err)
	}
	if n := w.Calls("chat.postMessage"); n != 5 {
		t.Errorf("%d calls: the library tries again by itself", n)
	}
}

func TestAPostInPartsIsFinishedNotRepeated(t *testing.T) {
	w, c, _, _ := connect(t)
	m := post(strings.Repeat("a line of a long report\n", 1500))
	m.Since = time.Now().Add(-time.Minute)
	w.Fail(slacktest.Once("chat.postMessage", slacktest.Fault{Lose: true}))
	if _, err := c.Send(t.Context(), m); err == nil {
		t.Fatal("the lost answer was not lost")
	}
	if found, _, err := c.Find(t.Context(), m); found != adapters.No || err != nil {
		t.Errorf("one part of several is found as %v, %v", found, err)
	}
	res, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	parts, roots := len(us.render(m.Body)), 0
	for _, p := range w.Messages() {
		if p.Thread == "" {
			roots++
		}
	}
	if n := len(w.Messages()); n != parts || roots != 1 || parts < 3 {
		t.Errorf("%d messages for %d parts, %d of them in the channel", n, parts, roots)
	}
	if found, at, err := c.Find(t.Context(), m); found != adapters.Yes || !reflect.DeepEqual(at, res) || err != nil {
		t.Errorf("found %v %+v %v, not %+v", found, at, err, res)
	}

	c = w.another() // what was sent before a restart is edited after it
	edit := conversations.Message{
		Kind: conversations.Post, Effect: "effect-two", Place: place, Edit: res.Message, Further: res.Further, Body: said(strings.Repeat("another line\n", 900)),
	}
	res, err = c.Send(t.Context(), edit)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	there := 0
	for _, p := range w.Messages() {
		said, _, _ := p.Read()
		text += said
		there++
	}
	if strings.Contains(text, "a line of") || strings.Count(text, "another line") != 900 || there != len(us.render(edit.Body)) {
		t.Errorf("after the edit there are %d messages with %d lines", there, strings.Count(text, "another line"))
	}
	c = w.another()
	edit.Effect, edit.Further, edit.Body = "effect-three", res.Further, said("short")
	if res, err = c.Send(t.Context(), edit); err != nil || len(res.Further) > 0 {
		t.Fatal(res, err)
	}
	for _, p := range w.Messages() {
		if said, _, _ := p.Read(); strings.TrimSpace(said) != "short" {
			t.Errorf("after it was shortened there is still %q", said)
		}
	}
}

// TestFindsBehindAPage: what was posted in a busy channel is found however much was written since.
func TestFindsBehindAPage(t *testing.T) {
	w, c, _, _ := connect(t)
	m := post("a card")
	m.Since = time.Now().Add(-time.Minute)
	res, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		w.Say(slacktest.Message{User: ana, Channel: ops, Text: "talk"})
	}
	if found, at, err := c.Find(t.Context(), m); found != adapters.Yes || !reflect.DeepEqual(at, res) || err != nil {
		t.Errorf("found %v %+v %v, not %+v", found, at, err, res)
	}
}

// TestAMarkOfAnotherApp: what another app says under our mark is not ours.
func TestAMarkOfAnotherApp(t *testing.T) {
	w, c, _, _ := connect(t)
	m := post("a card")
	m.Since = time.Now().Add(-time.Minute)
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	mark := w.Messages()[0].Metadata
	m.Effect = "another-effect"
	mark = bytes.ReplaceAll(mark, []byte("effect-one"), []byte(m.Effect))
	w.Say(slacktest.Message{Program: "echo", Channel: ops, Text: "a card", Metadata: mark})
	if found, _, err := c.Find(t.Context(), m); found != adapters.No || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

// TestAnEditInDoubt: an earlier try may have made a message longer than anybody knows.
func TestAnEditInDoubt(t *testing.T) {
	w, c, _, _ := connect(t)
	res, err := c.Send(t.Context(), post("short"))
	if err != nil {
		t.Fatal(err)
	}
	edit := conversations.Message{
		Kind: conversations.Post, Effect: "effect-two", Place: place, Edit: res.Message, Body: said(strings.Repeat("a line of a long report\n", 1500)),
	}
	w.Fail(w.full(3))
	_, err = c.Send(t.Context(), edit)
	var later *adapters.RetryAfter
	if err == nil || errors.As(err, &later) {
		t.Fatalf("an edit that was made in part gives %v", err)
	}
	w.Fail(w.full(1000))
	c = w.another()
	edit.Since = time.Now()
	if res, err = c.Send(t.Context(), edit); err != nil || len(w.Messages()) != len(us.render(edit.Body)) || len(res.Further) != len(w.Messages())-1 {
		t.Errorf("at the end %d messages are there, %d of them known, %v", len(w.Messages()), len(res.Further), err)
	}
	w.Delete(ops, res.Further[1].ID)
	edit.Effect, edit.Since, edit.Further = "effect-three", time.Time{}, res.Further
	if _, err = c.Send(t.Context(), edit); err != nil || len(w.Messages()) != len(us.render(edit.Body)) {
		t.Errorf("with a part deleted %d messages are there, %v", len(w.Messages()), err)
	}
	edit.Effect, edit.Since, edit.Body, edit.Further = "effect-four", time.Now(), said("short"), nil
	if _, err = w.another().Send(t.Context(), edit); err != nil || len(w.Messages()) != 1 {
		t.Errorf("once it is short again %d messages are there, %v", len(w.Messages()), err)
	}
}

// TestNotNowInTheMiddle: after a part was sent, "not now" must not have the whole of it sent once more.
func TestNotNowInTheMiddle(t *testing.T) {
	w, c, _, _ := connect(t)
	m := post(strings.Repeat("a line of a long report\n", 1500))
	w.Fail(w.full(2))
	_, err := c.Send(t.Context(), m)
	var later *adapters.RetryAfter
	if err == nil || errors.As(err, &later) || errors.Is(err, adapters.ErrUndeliverable) {
		t.Errorf("a post that was sent in part gives %v", err)
	}
	reply := conversations.Message{Kind: conversations.Reply, Effect: "effect-two", Place: place, Person: ana, Body: m.Body}
	w.Fail(w.full(3))
	if err := func() error { _, err := c.Send(t.Context(), reply); return err }(); err == nil || errors.As(err, &later) {
		t.Errorf("an answer that was sent in part gives %v", err)
	}
	w.Fail(w.full(1000))
	m.Since = time.Now().Add(-time.Minute)
	if _, err := c.Send(t.Context(), m); err != nil || len(w.Messages()) != len(us.render(m.Body)) {
		t.Errorf("at the end %d messages are there, %v", len(w.Messages()), err)
	}
}

// full is a workspace that takes no more once so many messages are there.
func (w workspace) full(n int) func(string) slacktest.Fault {
	return func(method string) slacktest.Fault {
		if strings.HasPrefix(method, "chat.post") && len(w.Messages())+len(w.Whispers()) >= n {
			return busy("60")
		}
		return slacktest.Fault{}
	}
}

func TestWithoutTheRightToReadChannels(t *testing.T) {
	w, c, _, _ := connect(t)
	w.Fail(slacktest.Deny("conversations.history", "conversations.replies"))
	m := post("a card")
	res, err := c.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if found, _, err := c.Find(t.Context(), m); found != adapters.CannotTell || err != nil {
		t.Errorf("looking gives %v, %v", found, err)
	}
	if _, err := c.Read(t.Context(), place, conversations.Stretch{From: time.Now()}); !errors.Is(err, adapters.ErrUnreadable) {
		t.Errorf("reading gives %v", err)
	}
	if s, err := c.Message(t.Context(), res.Message); err != nil || !s.Ours {
		t.Errorf("one message is read as %+v, %v", s, err)
	}
	m.Edit, m.Body, m.Since = res.Message, said(strings.Repeat("long ", 5000)), time.Now()
	if _, err := c.Send(t.Context(), m); err != nil || len(w.Messages()) != 1 {
		t.Errorf("a long edit in doubt: %v, %d messages", err, len(w.Messages()))
	}
	m.Edit, m.Effect = conversations.MessageRef{}, "effect-two"
	if _, err := c.Send(t.Context(), m); err != nil || len(w.Messages()) != 1+len(us.render(m.Body)) {
		t.Errorf("a long post in doubt: %v, %d messages", err, len(w.Messages()))
	}
	w.Fail(slacktest.Deny("conversations.history", "reactions.get"))
	if s, err := c.Message(t.Context(), res.Message); err != nil || s.Message != res.Message {
		t.Errorf("by its thread a message is read as %+v, %v", s, err)
	}
}

func TestGuestsSeeWhatTheyAreIn(t *testing.T) {
	_, c, _, _ := connect(t)
	private := conversations.Place{Workspace: us.workspace(), Channel: closed}
	direct := conversations.Place{Workspace: us.workspace(), Channel: "D0ANA"}
	for _, k := range []struct {
		who   string
		place conversations.Place
		want  bool
	}{{ana, place, true}, {"U0GUEST", place, false}, {disabled, place, false}, {ana, private, false}, {bo, private, true}, {"", private, false}, {ana, direct, true}, {bo, direct, false}, {"", direct, false}} {
		if got, err := c.CanSee(t.Context(), k.who, k.place); got != k.want || err != nil {
			t.Errorf("%q sees %s: %v, %v", k.who, k.place.Channel, got, err)
		}
	}
	if _, err := c.CanSee(t.Context(), ana, conversations.Place{Workspace: us.workspace(), Channel: "C0NONE"}); !errors.Is(err, adapters.ErrUnreadable) {
		t.Errorf("a channel that is not there gives %v", err)
	}
}

func TestNoSecretInAnError(t *testing.T) {
	w, c, _, _ := connect(t)
	var b bytes.Buffer
	c.log = slog.New(slog.NewTextHandler(&b, nil))
	w.Close()
	m := conversations.Message{Kind: conversations.Reply, Place: place, Person: ana, Body: said("x")}
	m.Handle = conversations.Handle{Token: conversations.Secret(w.URL + "/respond/secret7f3a"), Expires: time.Now().Add(time.Minute)}
	_, err := c.Send(t.Context(), m)
	_, post := c.Send(t.Context(), post("words"))
	if all := fmt.Sprint(err, post, b.String()); err == nil || post == nil || strings.Contains(all, "secret7f3a") || strings.Contains(all, slacktest.BotToken) {
		t.Errorf("%s", all)
	}
}

func FuzzInteraction(f *testing.F) {
	f.Add("payload=%7B%22type%22%3A%22block_actions%22%7D")
	f.Fuzz(func(t *testing.T, form string) {
		v, err := url.ParseQuery(form)
		if err != nil {
			return
		}
		_, _ = us.receiveCommand(v, time.Unix(1772456520, 0))
		_, _, _ = us.receiveInteraction([]byte(v.Get("payload")), time.Unix(1772456520, 0))
	})
}

package local

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// site is a server over a chat with a journal, and a bot that keeps what comes in.
type site struct {
	t      *testing.T
	chat   *Chat
	server *Server
	bot    *oneByOne
	rows   *rows
	acts   int
}

func newSite(t *testing.T, o ServerOptions) *site {
	t.Helper()
	s := &site{t: t, rows: &rows{}, bot: &oneByOne{seen: map[string]conversations.Event{}}}
	s.chat = New(Options{Clock: NewClock(time.Date(2026, 3, 2, 13, 2, 0, 0, time.UTC)), Journal: s.rows})
	if err := Furnish(t.Context(), s.chat); err != nil {
		t.Fatal(err)
	}
	s.chat.connect(s.bot)
	s.server = NewServer(s.chat, o)
	t.Cleanup(s.server.Close)
	return s
}

// ask sends a request with these headers, given as "Name: value", and returns the status and what was said.
func (s *site) ask(method, path, body string, headers ...string) (int, string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (s *site) act(who, what, body string) (int, string) {
	s.t.Helper()
	s.acts++
	return s.ask("POST", "/api/"+who+"/"+what, fmt.Sprintf(`{"act": "act-%08d", %s}`, s.acts, body))
}

func (s *site) must(who, what, body string) {
	s.t.Helper()
	if code, words := s.act(who, what, body); code != http.StatusOK {
		s.t.Fatalf("%s %s %s: %d %s", who, what, body, code, words)
	}
}

func (s *site) messages(who, channel, thread string) viewPage {
	s.t.Helper()
	_, body := s.ask("GET", "/api/"+who+"/messages?channel="+channel+"&thread="+thread, "")
	var v viewPage
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		s.t.Fatal(err)
	}
	return v
}

const sayHello = `{"act": "hello-hello", "channel": "incidents", "text": "hello"}`

func TestOnlyThisMachineAndThisPage(t *testing.T) {
	s := newSite(t, ServerOptions{Hosts: []string{"chat.example"}})
	for _, c := range []struct {
		what    string
		headers []string
		code    int
	}{
		{"a name that was made to point here", []string{"Host: evil.example:8080"}, http.StatusMisdirectedRequest},
		{"the address of this machine for others", []string{"Host: 192.168.1.7:8080"}, http.StatusMisdirectedRequest},
		{"a name that begins like ours", []string{"Host: localhost.evil.example"}, http.StatusMisdirectedRequest},
		{"no name", []string{"Host: "}, http.StatusMisdirectedRequest},
		{"another site's page", []string{"Sec-Fetch-Site: cross-site"}, http.StatusForbidden},
		{"another site's page in an old browser", []string{"Origin: http://evil.example"}, http.StatusForbidden},
		{"another port's page", []string{"Sec-Fetch-Site: same-site", "Origin: http://127.0.0.1:9999"}, http.StatusForbidden},
		{"a form, which any page can send", []string{"Content-Type: application/x-www-form-urlencoded"}, http.StatusUnsupportedMediaType},
		{"text, which any page can send", []string{"Content-Type: text/plain"}, http.StatusUnsupportedMediaType},
	} {
		if code, words := s.ask("POST", "/api/ana/say", sayHello, c.headers...); code != c.code {
			t.Errorf("%s: %d %s", c.what, code, words)
		}
	}
	if n := len(s.chat.Everything()); n != 0 {
		t.Fatalf("%d messages were said", n)
	}
	for _, host := range []string{"127.0.0.1:8080", "localhost:8080", "[::1]:8080", "LOCALHOST", "127.1.2.3", "chat.example:8080"} {
		if code, words := s.ask("POST", "/api/ana/say", sayHello, "Host: "+host, "Sec-Fetch-Site: same-origin", "Origin: http://"+host); code != http.StatusOK {
			t.Errorf("%s: %d %s", host, code, words)
		}
	}
	if n := len(s.chat.Everything()); n != 1 {
		t.Errorf("an act done six times was done %d times", n)
	}
	if code, _ := s.ask("GET", "/api/ana/state", "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"); code != http.StatusForbidden {
		t.Errorf("another site's page reads: %d", code)
	}
	if code, _ := s.ask("GET", "/", "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"); code != http.StatusFound {
		t.Errorf("a link from elsewhere: %d", code)
	}
	before := s.chat.Picture()
	for _, path := range []string{"/api/ana/say", "/api/ana/delete", "/api/ana/wind", "/api/ana/person"} {
		if code, _ := s.ask("GET", path, sayHello); code != http.StatusMethodNotAllowed || s.chat.Picture() != before {
			t.Errorf("GET %s: %d", path, code)
		}
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, ServerOptions{})
	for _, path := range []string{"/as/ana", "/page/page.js", "/api/ana/state", "/nothing"} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "http://127.0.0.1"+path, nil)
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") || w.Header().Get("Access-Control-Allow-Origin") != "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
	page, err := assets.ReadFile("page/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, inline := range []string{" style=", "<style", "javascript:", " onclick", "<script>", "http://", "https://"} {
		if strings.Contains(string(page), inline) {
			t.Errorf("the page has %q in it", inline)
		}
	}
}

func TestWhatCannotBeDoneIsAnsweredInWords(t *testing.T) {
	s := newSite(t, ServerOptions{})
	s.must("ana", "say", `"channel": "incidents", "text": "mine"`)
	id := s.messages("ana", "incidents", "").Messages[0].ID
	for _, c := range []struct{ who, what, body, words string }{
		{"ana", "say", `"channel": "incidents", "text": "` + strings.Repeat("x", 40_000) + `"`, "at most 12000 characters"},
		{"ana", "say", `"channel": "incidents", "text": "` + strings.Repeat("x", 400_000) + `"`, "at most 12000 characters"},
		{"ana", "say", `"channel": "nowhere", "text": "x"`, "There is no channel #nowhere."},
		{"ana", "say", `"channel": "incidents", "text": "  "`, "There is no text."},
		{"ana", "say", `"channel": "incidents", "files": ["../../etc/passwd"]`, "A file's name has no blanks and no slashes."},
		{"eve", "say", `"channel": "incidents", "text": "x"`, "There is nobody called"},
		{"bo", "edit", `"channel": "incidents", "message": "` + id + `", "text": "x"`, "cannot edit a message of somebody else"},
		{"bo", "delete", `"channel": "incidents", "message": "` + id + `"`, "cannot delete a message of somebody else"},
		{"bo", "react", `"channel": "incidents", "message": "` + id + `", "emoji": "<b>", "on": true`, "That is no emoji."},
		{"bo", "press", `"channel": "incidents", "message": "` + id + `", "row": 7, "column": -1`, "not there any more"},
		{"bo", "submit", `"values": {}`, "No form is open"},
		{"bo", "person", `"name": "two words", "zone": "UTC"`, "A name is one word"},
		{"bo", "person", `"name": "` + strings.Repeat("é", 32) + `", "zone": "UTC"`, "A name is one word"},
		{"bo", "channel", `"name": "` + strings.Repeat("é", 62) + `"`, "small letters"},
		{"bo", "person", `"name": "eve", "zone": "Mars/Olympus"`, "There is no time zone"},
		{"bo", "person", `"name": "debrief", "zone": "UTC"`, "mistaken for something else"},
		{"bo", "person", `"name": "ana", "zone": "UTC"`, "Ana is here already."},
		{"bo", "channel", `"name": "General Talk"`, "small letters"},
		{"bo", "wind", `"by": "hour"`, "cannot be wound"},
		{"bo", "fly", `"text": ""`, "There is no such act"},
	} {
		code, words := s.act(c.who, c.what, c.body)
		if code < 400 || code >= 500 || !strings.Contains(words, c.words) {
			t.Errorf("%s %s: %d %s, want %q", c.who, c.what, code, words, c.words)
		}
	}
	for _, body := range []string{`{`, `{"act": "x"}`, `{"act": "../../../x"}`, `[]`} {
		if code, _ := s.ask("POST", "/api/ana/say", body); code != http.StatusBadRequest {
			t.Errorf("%s: %d", body, code)
		}
	}
	if n := len(s.chat.Everything()); n != 1 {
		t.Errorf("%d messages are there", n)
	}
}

func TestEverybodySeesTheirsOnly(t *testing.T) {
	s := newSite(t, ServerOptions{})
	s.must("ana", "channel", `"name": "war", "private": true, "members": ["bo"]`)
	s.must("ana", "say", `"channel": "war", "text": "hidden"`)
	s.must("bo", "say", `"channel": "incidents", "text": "/frobnicate"`) // told to bo alone
	s.must("kim", "say", `"channel": "@kim", "text": "between us"`)
	if v := s.messages("kim", "war", ""); !v.Missing || len(v.Messages) != 0 {
		t.Errorf("kim sees %+v", v)
	}
	if v := s.messages("bo", "@kim", ""); !v.Missing {
		t.Errorf("bo sees %+v", v)
	}
	if v := s.messages("bo", "incidents", ""); len(v.Messages) != 1 || !v.Messages[0].Only {
		t.Errorf("bo sees %+v", v)
	}
	if v := s.messages("kim", "incidents", ""); len(v.Messages) != 0 {
		t.Errorf("kim sees %+v", v)
	}
	change, _, _, ok := s.server.since("kim", "", 0)
	if !ok || len(change.Messages) != 1 || change.Messages[0].Channel != "@kim" {
		t.Errorf("kim is told %+v", change)
	}
	_, state := s.ask("GET", "/api/kim/state", "")
	if strings.Contains(state, "war") {
		t.Errorf("kim is told of the channel: %s", state)
	}
}

// stream reads server-sent events of a request until enough is true of what came.
func (s *site) stream(since string, header http.Header, enough func(got string) bool) string {
	s.t.Helper()
	web := httptest.NewServer(s.server)
	defer web.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+"/api/ana/events?since="+since, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	got := ""
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		got += lines.Text() + "\n"
		if enough(got) {
			return got
		}
	}
	s.t.Fatalf("the stream ended with %q", got)
	return ""
}

func TestStreamGoesOnWhereItWasHeardLast(t *testing.T) {
	s := newSite(t, ServerOptions{})
	s.must("bo", "say", `"channel": "incidents", "text": "before"`)
	at := fmt.Sprintf("%s.%d", s.server.born(), s.chat.s.Rev)
	s.must("bo", "say", `"channel": "incidents", "text": "while it slept"`)
	s.must("bo", "say", `"channel": "incidents", "text": "and this"`)
	has := func(words ...string) func(string) bool {
		return func(got string) bool {
			for _, w := range words {
				if !strings.Contains(got, w) {
					return false
				}
			}
			return strings.HasSuffix(got, "\n\n")
		}
	}
	got := s.stream(at, nil, has("while it slept", "and this"))
	if strings.Contains(got, "before") || !strings.Contains(got, fmt.Sprintf("id: %s.%d\n", s.server.born(), s.chat.s.Rev)) {
		t.Errorf("it is told %s", got)
	}
	got = s.stream("nonsense", http.Header{"Last-Event-Id": {at}}, has("and this"))
	if strings.Contains(got, "before") {
		t.Errorf("the header does not come first: %s", got)
	}
	for _, since := range []string{"", "nonsense", "other." + strings.SplitN(at, ".", 2)[1], fmt.Sprintf("%s.%d", s.server.born(), 999999)} {
		if got := s.stream(since, nil, has("event: reload")); strings.Contains(got, "slept") {
			t.Errorf("since %q: %s", since, got)
		}
	}

	// The same after a restart: who heard something of the chat is told what came since.
	again, err := Restore(t.Context(), Options{Clock: NewClock(time.Time{}), Journal: s.rows})
	if err != nil {
		t.Fatal(err)
	}
	s.chat, s.server = again, NewServer(again, ServerOptions{})
	defer s.server.Close()
	if got := s.stream(at, nil, has("while it slept", "and this")); strings.Contains(got, "before") {
		t.Errorf("after a restart it is told %s", got)
	}
	for i := range changesMost + 1 {
		s.must("bo", "say", fmt.Sprintf(`"channel": "incidents", "text": "more %d"`, i))
	}
	s.stream(at, nil, has("event: reload")) // it slept for too long
}

func TestStreamsEnd(t *testing.T) {
	s := newSite(t, ServerOptions{})
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- s.server.Serve(ctx, l) }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://%s/api/ana/events?since=%s.%d", l.Addr(), s.server.born(), s.chat.s.Rev), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	cancel()
	select {
	case err := <-over:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the server does not end while somebody listens")
	}
}

func TestTooManyWindows(t *testing.T) {
	s := newSite(t, ServerOptions{})
	s.server.streams.Store(streamsMost)
	if code, _ := s.ask("GET", "/api/ana/events", ""); code != http.StatusServiceUnavailable || s.server.streams.Load() != streamsMost {
		t.Errorf("one more: %d", code)
	}
}

func TestFormsOpenWhereTheyWereAskedFor(t *testing.T) {
	s := newSite(t, ServerOptions{})
	formIn := func(window string) *viewForm {
		v, ok := s.server.state("ana", window)
		if !ok {
			t.Fatal("ana is not there")
		}
		return v.Form
	}
	for _, window := range []string{"window-1", "window-2"} {
		s.must("ana", "say", `"window": "`+window+`", "channel": "incidents", "text": "/postmortem start"`)
	}
	if formIn("window-1") == nil || formIn("window-2") == nil || formIn("window-3") != nil {
		t.Fatal("the forms are in other windows")
	}
	for _, window := range []string{"window-1", "window-2"} {
		s.must("ana", "submit", `"window": "`+window+`", "values": {"a": "from `+window+`"}`)
		if formIn(window) != nil {
			t.Errorf("the form in %s stays open", window)
		}
	}
	var fields []string
	for _, key := range s.bot.keys {
		if e := s.bot.seen[key]; e.Kind == conversations.Submitted {
			fields = append(fields, e.Field("a"))
		}
	}
	if got := strings.Join(fields, ", "); got != "from window-1, from window-2" {
		t.Errorf("the bot has %s", got)
	}
}

func TestTheJournalIsAway(t *testing.T) {
	s := newSite(t, ServerOptions{})
	s.rows.fail = func(int64) (bool, bool) { return false, false }
	code, words := s.ask("POST", "/api/ana/say", sayHello)
	if code != http.StatusServiceUnavailable || !strings.Contains(words, "Not saved") {
		t.Errorf("%d %s", code, words)
	}
	s.rows.fail = nil
	for range 2 {
		if code, words := s.ask("POST", "/api/ana/say", sayHello); code != http.StatusOK {
			t.Errorf("%d %s", code, words)
		}
	}
	if n := len(s.chat.Everything()); n != 1 || len(s.bot.keys) != 1 {
		t.Errorf("it is there %d times, the bot has %q", n, s.bot.keys)
	}
}

func TestDocuments(t *testing.T) {
	s := newSite(t, ServerOptions{Renderers: []Renderer{
		{Label: "HTML", Ext: "html", Type: "text/html; charset=utf-8", Shown: true, Render: func(r postmortem.Record) ([]byte, error) {
			return []byte("<h1>" + r.ID + "</h1>"), nil
		}},
		{Label: "PDF", Ext: "pdf", Type: "application/pdf", Render: func(postmortem.Record) ([]byte, error) { return nil, errors.New("no ink") }},
	}})
	body := conversations.Body{
		Text: []conversations.Span{{Kind: conversations.Words, Text: "# PM-1\n\nwords"}},
		File: &conversations.File{Name: "PM-1.md", Record: &postmortem.Record{ID: "PM-1"}, Text: "# PM-1\n\n<script>alert(1)</script>\n\n| a | b |\n|---|--:|\n| `<b>` | 1 |"},
	}
	res, err := s.chat.Send(t.Context(), conversations.Message{Kind: conversations.Private, Person: "ana", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	path := "/documents/ana/@ana/" + res.Message.ID
	for _, c := range []struct {
		path string
		code int
		want string
	}{
		{path, 200, `\u0026lt;script\u0026gt;alert(1)`},
		{path, 200, `"frame":"html"`},
		{path + "?form=md", 200, "<script>alert(1)</script>"},
		{path + "?form=html", 200, "<h1>PM-1</h1>"},
		{path + "?form=pdf", 500, "just now"},
		{path + "?form=exe", 404, ""},
		{strings.Replace(path, "/ana/", "/bo/", 1), 404, ""},
		{"/documents/ana/@ana/17.1", 404, ""},
	} {
		if code, words := s.ask("GET", c.path, ""); code != c.code || !strings.Contains(words, c.want) {
			t.Errorf("%s: %d %s", c.path, code, words)
		}
	}
	for query, want := range map[string]string{"?form=md": "attachment", "?form=html": "attachment", "?form=html&shown=1": ""} {
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost"+path+query, nil))
		csp := w.Header().Get("Content-Security-Policy")
		if got := w.Header().Get("Content-Disposition"); !strings.HasPrefix(got, want) || (want == "") != strings.HasPrefix(csp, "sandbox;") || (want == "" && got != "") {
			t.Errorf("%s: %v", query, w.Header())
		}
	}
}

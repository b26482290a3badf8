package slack

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/debrief-bot/debrief/conversations"
)

// workspace is a Slack of our own: the Web API as far as the adapter uses it, with the limits that Slack documents, and
// people who act. It holds a page to 15 objects, as Slack does for apps it likes least.
type workspace struct {
	t   *testing.T
	api *httptest.Server

	mu         sync.Mutex
	last       time.Time
	count      int
	messages   []*posted
	ephemerals []*posted
	views      map[string]*opened // by user
	answers    map[string]string  // response_urls still good: whose act
	noScope    map[string]bool    // methods that miss a scope
	busy       string             // Retry-After of the next call; "-": a 429 without one
	broken     int                // the next calls get a 503
	lose       bool               // the answer to the next post
	full       int                // after so many messages there is a 429 for a post; 0: never
	calls      map[string]int
	deliver    func(kind string, body map[string]any, retry bool) (status int, answer []byte)
	newest     func(retry bool) bool
	wrong      []string // what the adapter did that Slack would not take
}

// posted is a message.
type posted struct {
	channel, ts, thread, user, text string
	bot, gone                       bool
	only                            string
	edited                          string
	files                           []string
	blocks                          []map[string]any
	metadata                        json.RawMessage
	reactions                       map[string][]string
}

type opened struct {
	view map[string]any
	id   string
	hash string
	errs map[string]string
}

const (
	fakeToken  = "xoxb-fake-token-7f3a"
	fakeSecret = "fake-signing-secret-7f3a"
	ana, bo    = "U0ANA", "U0BO"
	ops        = "C0OPS"
	closed     = "C0CLOSED"
	disabled   = "U0GONE"
)

func newWorkspace(t *testing.T) *workspace {
	w := &workspace{
		t: t, views: map[string]*opened{}, answers: map[string]string{}, noScope: map[string]bool{}, calls: map[string]int{}, last: time.Now(),
	}
	w.api = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.api.Close)
	return w
}

// ts is the id of a new message. Each is a millisecond after the one before.
func (w *workspace) ts() string {
	if next := w.last.Add(time.Millisecond); next.After(time.Now()) {
		w.last = next
	} else {
		w.last = time.Now()
	}
	return stamp(w.last)
}

func (w *workspace) number() int { w.count++; return w.count }

func (w *workspace) serve(rw http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		w.t.Error(err)
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/respond/"); ok {
		w.respond(rw, r, name)
		return
	}
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	w.mu.Lock()
	w.calls[method]++
	busy, broken, lose := w.busy, w.broken > 0, w.lose && method == "chat.postMessage"
	w.busy = ""
	if broken {
		w.broken--
	}
	if lose {
		w.lose = false
	}
	w.mu.Unlock()
	w.locked(func() {
		if w.full > 0 && len(w.messages)+len(w.ephemerals) >= w.full && strings.HasPrefix(method, "chat.post") {
			busy = "60"
		}
	})
	switch {
	case busy != "":
		if busy != "-" {
			rw.Header().Set("Retry-After", busy)
		}
		rw.WriteHeader(http.StatusTooManyRequests)
		return
	case broken:
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	args := map[string]string{}
	for k := range r.Form {
		args[k] = r.Form.Get(k)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var body map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			w.t.Error(err)
		}
		for k, v := range body {
			var s string
			if json.Unmarshal(v, &s) != nil {
				s = string(v)
			}
			args[k] = s
		}
		args["token"] = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	w.mu.Lock()
	var answer map[string]any
	var events []map[string]any
	switch {
	case args["token"] != fakeToken:
		answer = map[string]any{"error": "invalid_auth"}
	case w.noScope[method]:
		answer = map[string]any{"error": "missing_scope"}
	default:
		answer, events = w.call(method, args)
	}
	w.mu.Unlock()
	for _, e := range events { // what the bot does comes back to it
		w.deliver("event", w.envelope(e), false)
	}
	if lose {
		if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	answer["ok"] = answer["error"] == nil
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(answer)
}

type args = map[string]string

func fails(name string) (map[string]any, []map[string]any) { return map[string]any{"error": name}, nil }

func (w *workspace) call(method string, a args) (map[string]any, []map[string]any) {
	switch method {
	case "auth.test":
		return map[string]any{"url": us.url, "team_id": us.team, "user_id": us.user, "bot_id": us.bot}, nil
	case "bots.info":
		return map[string]any{"bot": map[string]any{"id": us.bot, "app_id": us.app, "user_id": us.user}}, nil
	case "chat.postMessage", "chat.postEphemeral":
		return w.post(method, a)
	case "chat.update":
		return w.update(a)
	case "chat.delete":
		m := w.find(a["channel"], a["ts"])
		if m == nil {
			return fails("message_not_found")
		}
		m.gone = true
		return map[string]any{}, nil
	case "reactions.add", "reactions.remove":
		return w.react(us.user, a["channel"], a["timestamp"], a["name"], method == "reactions.add")
	case "reactions.get":
		m := w.find(a["channel"], a["timestamp"])
		if m == nil {
			return fails("message_not_found")
		}
		return map[string]any{"type": "message", "channel": m.channel, "message": w.json(m)}, nil
	case "conversations.open":
		if a["users"] != ana && a["users"] != bo {
			return fails("user_disabled")
		}
		return map[string]any{"channel": map[string]any{"id": "D0" + a["users"][2:]}}, nil
	case "conversations.history", "conversations.replies":
		return w.page(method, a)
	case "conversations.info":
		switch {
		case a["channel"] == ops:
			return map[string]any{"channel": map[string]any{"id": ops, "is_channel": true}}, nil
		case strings.HasPrefix(a["channel"], "D0"):
			return map[string]any{"channel": map[string]any{"id": a["channel"], "is_im": true, "user": "U0" + a["channel"][2:]}}, nil
		case a["channel"] == closed:
			return map[string]any{"channel": map[string]any{"id": closed, "is_group": true, "is_private": true}}, nil
		}
		return fails("channel_not_found")
	case "conversations.members":
		if a["channel"] == closed {
			return map[string]any{"members": []string{bo}}, nil
		}
		return map[string]any{"members": []string{ana, bo, us.user}}, nil
	case "users.conversations":
		return map[string]any{"channels": []map[string]any{{"id": ops, "is_channel": true}, {"id": "C0SHARED", "is_channel": true, "is_ext_shared": true}}}, nil
	case "users.info":
		return w.user(a["user"])
	case "views.open":
		return w.open(a)
	}
	return fails("unknown_method")
}

func (w *workspace) user(id string) (map[string]any, []map[string]any) {
	switch id {
	case ana:
		return map[string]any{"user": map[string]any{"id": ana, "team_id": us.team, "name": "ana", "tz": "Europe/Berlin", "is_admin": true, "profile": map[string]any{"display_name": "Ana"}}}, nil
	case bo:
		return map[string]any{"user": map[string]any{"id": bo, "team_id": us.team, "name": "bo", "tz": "America/New_York", "profile": map[string]any{"display_name": "Bo"}}}, nil
	case "U0GUEST":
		return map[string]any{"user": map[string]any{"id": id, "team_id": us.team, "name": "guest", "is_restricted": true}}, nil
	case disabled:
		return map[string]any{"user": map[string]any{"id": id, "team_id": us.team, "name": "gone", "deleted": true}}, nil
	}
	return fails("user_not_found")
}

func (w *workspace) find(channel, ts string) *posted {
	for _, m := range w.messages {
		if m.channel == channel && m.ts == ts && !m.gone {
			return m
		}
	}
	return nil
}

func (w *workspace) post(method string, a args) (map[string]any, []map[string]any) {
	switch {
	case a["channel"] == closed:
		return fails("not_in_channel")
	case a["channel"] != ops && !strings.HasPrefix(a["channel"], "D0"):
		return fails("channel_not_found")
	case a["thread_ts"] != "" && w.find(a["channel"], a["thread_ts"]) == nil:
		return fails("thread_not_found")
	}
	blocks, problem := checkBlocks(a["blocks"])
	if problem != "" {
		w.wrong = append(w.wrong, problem)
		return fails("invalid_blocks")
	}
	if a["text"] == "" {
		return fails("no_text")
	}
	for _, name := range []string{"unfurl_links", "unfurl_media"} {
		if a[name] != "false" && method == "chat.postMessage" {
			w.wrong = append(w.wrong, name+" is not off")
		}
	}
	m := &posted{channel: a["channel"], ts: w.ts(), thread: a["thread_ts"], user: us.user, bot: true, text: a["text"], blocks: blocks, reactions: map[string][]string{}}
	if a["metadata"] != "" {
		m.metadata = json.RawMessage(a["metadata"])
	}
	if method == "chat.postEphemeral" {
		m.only = a["user"]
		w.ephemerals = append(w.ephemerals, m)
		return map[string]any{"message_ts": m.ts}, nil
	}
	w.messages = append(w.messages, m)
	return map[string]any{"channel": m.channel, "ts": m.ts, "message": w.json(m)}, []map[string]any{w.event(m)}
}

func (w *workspace) update(a args) (map[string]any, []map[string]any) {
	m := w.find(a["channel"], a["ts"])
	if m == nil {
		return fails("message_not_found")
	}
	if !m.bot {
		return fails("cant_update_message")
	}
	blocks, problem := checkBlocks(a["blocks"])
	if problem != "" {
		w.wrong = append(w.wrong, problem)
		return fails("invalid_blocks")
	}
	before := w.json(m)
	m.text, m.blocks, m.edited = a["text"], blocks, w.ts()
	if a["metadata"] != "" {
		m.metadata = json.RawMessage(a["metadata"])
	}
	return map[string]any{"channel": m.channel, "ts": m.ts, "text": m.text}, []map[string]any{w.changed(m, before)}
}

func (w *workspace) react(user, channel, ts, name string, on bool) (map[string]any, []map[string]any) {
	m := w.find(channel, ts)
	if m == nil {
		return fails("message_not_found")
	}
	has := slices.Contains(m.reactions[name], user)
	switch {
	case on && has:
		return fails("already_reacted")
	case !on && !has:
		return fails("no_reaction")
	case on:
		m.reactions[name] = append(m.reactions[name], user)
	default:
		m.reactions[name] = slices.DeleteFunc(m.reactions[name], func(u string) bool { return u == user })
	}
	kind := map[bool]string{true: "reaction_added", false: "reaction_removed"}[on]
	return map[string]any{}, []map[string]any{{
		"type": kind, "user": user, "reaction": name, "event_ts": w.ts(),
		"item": map[string]any{"type": "message", "channel": channel, "ts": ts},
	}}
}

// page gives a channel newest first and a thread oldest first, at most 15 at a time.
func (w *workspace) page(method string, a args) (map[string]any, []map[string]any) {
	if a["channel"] == closed || a["channel"] != ops && !strings.HasPrefix(a["channel"], "D0") {
		return fails("channel_not_found")
	}
	var fits []*posted
	thread := a["ts"]
	for _, m := range w.messages {
		in := m.thread == ""
		if method == "conversations.replies" {
			in = m.thread == thread || m.ts == thread
		}
		root := method == "conversations.replies" && m.ts == thread
		if m.channel != a["channel"] || m.gone || !in || !root && (m.ts < a["oldest"] || a["latest"] != "" && m.ts > a["latest"]) {
			continue
		}
		fits = append(fits, m)
	}
	if method == "conversations.history" {
		slices.Reverse(fits)
	} else if len(fits) == 0 {
		return fails("thread_not_found")
	}
	from, _ := strconv.Atoi(a["cursor"])
	limit, _ := strconv.Atoi(a["limit"])
	to := min(len(fits), from+min(cmp.Or(limit, 15), 15))
	all := []map[string]any{}
	for _, m := range fits[min(from, to):to] {
		j := w.json(m)
		if a["include_all_metadata"] != "1" && a["include_all_metadata"] != "true" {
			delete(j, "metadata")
		}
		all = append(all, j)
	}
	answer := map[string]any{"messages": all, "has_more": to < len(fits)}
	if to < len(fits) {
		answer["response_metadata"] = map[string]any{"next_cursor": strconv.Itoa(to)}
	}
	return answer, nil
}

func (w *workspace) open(a args) (map[string]any, []map[string]any) {
	user, ok := w.answers["trigger "+a["trigger_id"]]
	if !ok {
		return fails("expired_trigger_id")
	}
	delete(w.answers, "trigger "+a["trigger_id"])
	var view map[string]any
	if err := json.Unmarshal([]byte(a["view"]), &view); err != nil {
		return fails("invalid_arguments")
	}
	if problem := checkView(view); problem != "" {
		w.wrong = append(w.wrong, problem)
		return fails("invalid_arguments")
	}
	w.views[user] = w.opened(view)
	return map[string]any{"view": map[string]any{"id": w.views[user].id}}, nil
}

func (w *workspace) opened(view map[string]any) *opened {
	n := w.number()
	return &opened{view: view, id: fmt.Sprintf("V%d", n), hash: fmt.Sprintf("1772457000.%d", n)}
}

// respond is a response_url.
func (w *workspace) respond(rw http.ResponseWriter, r *http.Request, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	user, ok := w.answers[name]
	if !ok {
		rw.WriteHeader(http.StatusNotFound)
		_, _ = rw.Write([]byte(`{"ok":false,"error":"used_url"}`))
		return
	}
	w.whispered(user, json.NewDecoder(r.Body).Decode)
	_, _ = rw.Write([]byte("ok"))
}

func (w *workspace) whispered(user string, read func(any) error) {
	var body struct {
		Type   string          `json:"response_type"`
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := read(&body); err != nil {
		w.t.Error(err)
	}
	blocks, problem := checkBlocks(string(body.Blocks))
	if problem != "" || body.Type != "ephemeral" {
		w.wrong = append(w.wrong, "a private answer: "+problem+body.Type)
	}
	w.ephemerals = append(w.ephemerals, &posted{only: user, text: body.Text, blocks: blocks})
}

// json is a message as Slack gives it.
func (w *workspace) json(m *posted) map[string]any {
	j := map[string]any{"type": "message", "user": m.user, "ts": m.ts, "text": m.text, "team": us.team}
	if m.bot {
		j["bot_id"], j["app_id"] = us.bot, us.app
		j["blocks"] = m.blocks
	}
	if m.thread != "" {
		j["thread_ts"] = m.thread
	} else if slices.ContainsFunc(w.messages, func(o *posted) bool { return o.thread == m.ts && o.channel == m.channel }) {
		j["thread_ts"], j["reply_count"] = m.ts, 1
	}
	if m.edited != "" {
		j["edited"] = map[string]any{"user": m.user, "ts": m.edited}
	}
	if len(m.metadata) > 0 {
		j["metadata"] = m.metadata
	}
	var files []map[string]any
	for _, f := range m.files {
		files = append(files, map[string]any{"id": "F0", "name": f})
	}
	if files != nil {
		j["files"] = files
	}
	var reactions []map[string]any
	for _, name := range sortedKeys(m.reactions) {
		if who := m.reactions[name]; len(who) > 0 {
			reactions = append(reactions, map[string]any{"name": name, "users": who, "count": len(who)})
		}
	}
	if reactions != nil {
		j["reactions"] = reactions
	}
	return j
}

func sortedKeys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func (w *workspace) event(m *posted) map[string]any {
	j := w.json(m)
	j["channel"], j["event_ts"], j["channel_type"] = m.channel, m.ts, "channel"
	if isDirect(m.channel) {
		j["channel_type"] = "im"
	}
	if len(m.files) > 0 {
		j["subtype"] = "file_share"
	}
	return j
}

func (w *workspace) changed(m *posted, before map[string]any) map[string]any {
	at := w.ts()
	return map[string]any{
		"type": "message", "subtype": "message_changed", "channel": m.channel, "ts": at, "event_ts": at, "hidden": true,
		"message": w.json(m), "previous_message": before,
	}
}

// envelope is a new delivery of an event.
func (w *workspace) envelope(event map[string]any) map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return map[string]any{
		"type": "event_callback", "team_id": us.team, "api_app_id": us.app, "event": event, "event_id": fmt.Sprintf("Ev%d", w.number()),
		"event_time": time.Now().Unix(), "is_ext_shared_channel": false,
	}
}

// trigger makes a trigger id and a response_url for an act of somebody's.
func (w *workspace) trigger(user string) (trigger, responseURL string) {
	n := w.number()
	trigger, name := fmt.Sprintf("%d.%d.opaque", n, n), fmt.Sprintf("%d-secret7f3a", n)
	w.answers["trigger "+trigger], w.answers[name] = user, user
	return trigger, w.api.URL + "/respond/" + name
}

// wireHTTP has the workspace send to the adapter over HTTP, signed.
func (w *workspace) wireHTTP(c *Chat) {
	var ended sync.Map // what follows an acknowledgement is over when the handler returns
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if over, ok := ended.Load(r.Header.Get("X-Delivery")); ok {
			defer close(over.(chan struct{}))
		}
		c.Handler().ServeHTTP(rw, r)
	}))
	w.t.Cleanup(server.Close)
	w.deliver = func(kind string, body map[string]any, retry bool) (int, []byte) {
		path, raw, contentType := EventsPath, []byte(nil), "application/x-www-form-urlencoded"
		switch kind {
		case "event":
			raw, contentType = encoded(w.t, body), "application/json"
		case "command":
			path = CommandsPath
			form := url.Values{}
			for k, v := range body {
				form.Set(k, fmt.Sprint(v))
			}
			raw = []byte(form.Encode())
		case "interaction":
			path, raw = InteractionsPath, []byte(url.Values{"payload": {string(encoded(w.t, body))}}.Encode())
		}
		req, err := http.NewRequest(http.MethodPost, server.URL+path, strings.NewReader(string(raw)))
		if err != nil {
			w.t.Error(err)
			return 0, nil
		}
		at := strconv.FormatInt(time.Now().Unix(), 10)
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("X-Slack-Request-Timestamp", at)
		req.Header.Set("X-Slack-Signature", signature(fakeSecret, at, raw))
		if retry {
			req.Header.Set("X-Slack-Retry-Num", "1")
			req.Header.Set("X-Slack-Retry-Reason", "http_error")
		}
		name, over := rand.Text(), make(chan struct{})
		ended.Store(name, over)
		req.Header.Set("X-Delivery", name)
		resp, err := server.Client().Do(req)
		if err != nil {
			return 0, nil
		}
		defer func() { <-over }()
		defer resp.Body.Close()
		var answer strings.Builder
		buf := make([]byte, 4096)
		for {
			n, err := resp.Body.Read(buf)
			answer.Write(buf[:n])
			if err != nil {
				return resp.StatusCode, []byte(answer.String())
			}
		}
	}
}

func encoded(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return b
}

// checkBlocks says what Slack would not take about blocks: https://docs.slack.dev/reference/block-kit/blocks
func checkBlocks(raw string) ([]map[string]any, string) {
	if raw == "" || raw == "null" {
		return nil, ""
	}
	var blocks []map[string]any
	if err := json.Unmarshal([]byte(raw), &blocks); err != nil {
		return nil, err.Error()
	}
	if len(blocks) > 50 {
		return nil, "more than 50 blocks"
	}
	total, seen := 0, map[string]bool{}
	for _, b := range blocks {
		switch b["type"] {
		case "header":
			if n := length(b, "text", "text"); n < 1 || n > 150 {
				return nil, fmt.Sprintf("a header of %d characters", n)
			}
		case "rich_text":
			n, problem := checkRichText(b["elements"])
			if problem != "" {
				return nil, problem
			}
			total += n
		case "actions":
			elements, _ := b["elements"].([]any)
			if len(elements) < 1 || len(elements) > 25 {
				return nil, fmt.Sprintf("%d elements in a row", len(elements))
			}
			for _, e := range elements {
				e, _ := e.(map[string]any)
				if problem := checkElement(e); problem != "" {
					return nil, problem
				}
				id, _ := e["action_id"].(string)
				if seen[id] {
					return nil, "two actions are " + id
				}
				seen[id] = true
			}
		default:
			return nil, fmt.Sprintf("a block of type %v", b["type"])
		}
	}
	if total > 13000 {
		return nil, fmt.Sprintf("msg_blocks_too_long: %d", total)
	}
	return blocks, ""
}

func checkElement(e map[string]any) string {
	id, _ := e["action_id"].(string)
	if id == "" || len(id) > 255 {
		return "an action id of " + strconv.Itoa(len(id))
	}
	switch e["type"] {
	case "button":
		if n := length(e, "text", "text"); n < 1 || n > 75 {
			return fmt.Sprintf("a button of %d characters", n)
		}
		if len(e["value"].(string)) > 2000 {
			return "a value that is too long"
		}
	case "static_select", "multi_static_select":
		if n := length(e, "placeholder", "text"); n < 1 || n > 150 {
			return fmt.Sprintf("a placeholder of %d characters", n)
		}
		options, _ := e["options"].([]any)
		if len(options) < 1 || len(options) > 100 {
			return fmt.Sprintf("%d options", len(options))
		}
		for _, o := range options {
			o := o.(map[string]any)
			if n := length(o, "text", "text"); n < 1 || n > 75 {
				return fmt.Sprintf("an option of %d characters", n)
			}
			if v := o["value"].(string); v == "" || len(v) > 150 {
				return "an option's value is too long or empty: " + v
			}
		}
	case "plain_text_input":
		if v, _ := e["initial_value"].(string); utf8.RuneCountInString(v) > 3000 {
			return "an initial value that is too long"
		}
	default:
		return fmt.Sprintf("an element of type %v", e["type"])
	}
	return ""
}

func checkRichText(elements any) (total int, problem string) {
	all, _ := elements.([]any)
	if len(all) == 0 {
		return 0, "a rich text of nothing"
	}
	for _, e := range all {
		e, _ := e.(map[string]any)
		switch e["type"] {
		case "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted":
			n, problem := checkRichText(e["elements"])
			if problem != "" {
				return 0, problem
			}
			total += n
		case "text":
			s, _ := e["text"].(string)
			if s == "" {
				return 0, "a text of nothing"
			}
			total += utf8.RuneCountInString(s)
		case "link", "channel", "date", "user", "broadcast", "usergroup":
			total += 20
		default:
			return 0, fmt.Sprintf("rich text of type %v", e["type"])
		}
	}
	return total, ""
}

func checkView(v map[string]any) string {
	for _, name := range []string{"title", "submit", "close"} {
		if n := length(v, name, "text"); n < 1 || n > 24 {
			return fmt.Sprintf("%s of %d characters", name, n)
		}
	}
	if len(v["private_metadata"].(string)) > 3000 {
		return "too much metadata"
	}
	blocks, _ := v["blocks"].([]any)
	if len(blocks) > 100 {
		return "too many blocks"
	}
	for _, b := range blocks {
		b := b.(map[string]any)
		if n := length(b, "label", "text"); b["type"] != "input" || n < 1 || n > 2000 {
			return "an input without a label"
		}
		if problem := checkElement(b["element"].(map[string]any)); problem != "" {
			return problem
		}
	}
	return ""
}

// length is how long a text in an object is.
func length(m map[string]any, path ...string) int {
	for _, p := range path[:len(path)-1] {
		m, _ = m[p].(map[string]any)
	}
	s, _ := m[path[len(path)-1]].(string)
	return utf8.RuneCountInString(s)
}

// read is a message as people see it: what it says, whom it pings, what it links.
func (m *posted) read() (text string, pings, links []string) {
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			switch v["type"] {
			case "text":
				b.WriteString(v["text"].(string))
			case "plain_text":
				b.WriteString(v["text"].(string) + "\n")
			case "mrkdwn":
				pings = append(pings, "mrkdwn")
			case "link":
				links = append(links, v["url"].(string))
				fmt.Fprint(&b, v["text"])
			case "user", "broadcast", "usergroup":
				pings = append(pings, fmt.Sprint(v))
			case "channel":
				b.WriteString("#" + v["channel_id"].(string))
			case "date":
				fmt.Fprint(&b, v["fallback"])
			default:
				for _, k := range []string{"text", "placeholder", "elements", "options"} {
					walk(v[k])
				}
				b.WriteString("\n")
			}
		}
	}
	for _, bl := range m.blocks {
		walk(bl)
	}
	if len(m.blocks) == 0 {
		b.WriteString(plain(m.text))
	}
	if m.bot && strings.ContainsAny(m.text, "<>") {
		pings = append(pings, "the text for notifications: "+m.text)
	}
	return b.String(), pings, links
}

// secondsOf writes a Retry-After.
func secondsOf(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

var place = conversations.Place{Workspace: us.workspace(), Channel: ops}

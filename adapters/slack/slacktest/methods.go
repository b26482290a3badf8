package slacktest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// arguments are those of a call, however they came.
type arguments map[string]string

// serve is the Web API, and the addresses at which acts can be answered.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, uploads) {
		s.upload(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	if name, ok := strings.CutPrefix(r.URL.Path, "/respond/"); ok {
		s.respond(w, r, name)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/link/") {
		s.serveLink(w, r)
		return
	}
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	called := s.arguments(r)
	fault := s.fate(method)
	if after := s.limited(method, called["channel"]); after != "" {
		fault.Status, fault.RetryAfter = http.StatusTooManyRequests, after
	}
	if refuses(w, fault) {
		return
	}
	answer, events := s.call(method, called, fault)
	for _, e := range events { // what the app does comes back to it
		s.happens(e)
	}
	answer["ok"] = answer["error"] == nil
	body := s.encoded(answer)
	if fault.Late != nil {
		fault.Late()
	}
	switch {
	case fault.Lose:
		hangUp(w)
		return
	case fault.Cut:
		body = body[:len(body)/2]
	}
	w.Header().Set("Content-Type", "application/json")
	s.mu.Lock()
	if s.granted != nil {
		w.Header().Set("X-Oauth-Scopes", strings.Join(s.granted, ","))
	}
	s.mu.Unlock()
	_, _ = w.Write(body) // if the app is gone, it is gone
}

// fate counts a call, and asks the test what goes wrong with it.
func (s *Server) fate(method string) Fault {
	s.mu.Lock()
	s.calls[method]++
	fail := s.fail
	s.mu.Unlock()
	return fail(method)
}

func (s *Server) encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		s.t.Error(err)
	}
	return b
}

// arguments reads a form or JSON, with the token in it or in the header.
func (s *Server) arguments(r *http.Request) arguments {
	a := arguments{}
	for k := range r.Form {
		a[k] = r.Form.Get(k)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var body map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
			s.t.Error(err)
		}
		for k, v := range body {
			var text string
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			a[k] = text
		}
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		a["token"] = token
	}
	return a
}

func fails(name string) (object, []object) { return object{"error": name}, nil }

// call carries a method out: its answer, and the events that come of it.
func (s *Server) call(method string, a arguments, fault Fault) (object, []object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch do := methods[method]; {
	case method == "apps.connections.open":
		return s.openSocket(a["token"], cmp.Or(s.revoked, fault.Error)), nil
	case a["token"] != BotToken:
		return fails("invalid_auth")
	case s.revoked != "":
		return fails(s.revoked)
	case fault.Error != "":
		return fails(fault.Error)
	case do == nil:
		return fails("unknown_method")
	default:
		return do(s, a)
	}
}

var methods = map[string]func(*Server, arguments) (object, []object){
	"auth.test":                    (*Server).authTest,
	"bots.info":                    (*Server).botsInfo,
	"chat.postMessage":             (*Server).postMessage,
	"chat.postEphemeral":           (*Server).postEphemeral,
	"chat.update":                  (*Server).update,
	"chat.delete":                  (*Server).deletePost,
	"reactions.add":                func(s *Server, a arguments) (object, []object) { return s.reactAs(BotUser, a, true) },
	"reactions.remove":             func(s *Server, a arguments) (object, []object) { return s.reactAs(BotUser, a, false) },
	"reactions.get":                (*Server).reactionsGet,
	"files.getUploadURLExternal":   (*Server).getUploadURL,
	"files.completeUploadExternal": (*Server).completeUpload,
	"conversations.open":           (*Server).openDirect,
	"conversations.history":        func(s *Server, a arguments) (object, []object) { return s.page(a, false) },
	"conversations.replies":        func(s *Server, a arguments) (object, []object) { return s.page(a, true) },
	"conversations.info":           (*Server).conversationsInfo,
	"conversations.members":        (*Server).conversationsMembers,
	"conversations.list":           (*Server).conversationsList,
	"conversations.join":           (*Server).conversationsJoin,
	"users.conversations":          (*Server).usersConversations,
	"users.info":                   (*Server).usersInfo,
	"views.open":                   (*Server).viewsOpen,
	"views.publish":                (*Server).viewsPublish,
}

func (s *Server) authTest(arguments) (object, []object) {
	return object{"url": TeamURL, "team": "Acme", "user": BotName, "team_id": Team, "user_id": BotUser, "bot_id": BotID}, nil
}

func (s *Server) botsInfo(arguments) (object, []object) {
	return object{"bot": object{"id": BotID, "app_id": App, "user_id": BotUser, "name": BotName}}, nil
}

func (s *Server) usersInfo(a arguments) (object, []object) {
	u, ok := s.users[a["user"]]
	if !ok {
		return fails("user_not_found")
	}
	return object{"user": userObject(u)}, nil
}

func userObject(u User) object {
	return object{
		"id": u.ID, "team_id": Team, "name": u.Name, "tz": u.TZ, "is_admin": u.Admin, "is_bot": u.Bot, "is_restricted": u.Guest,
		"deleted": u.Deactivated, "profile": object{"display_name": cmp.Or(u.Display, u.Name)},
	}
}

func (s *Server) openDirect(a arguments) (object, []object) {
	u, ok := s.users[a["users"]]
	switch {
	case !ok:
		return fails("user_not_found")
	case u.Deactivated:
		return fails("user_disabled")
	case u.Bot:
		return fails("cannot_dm_bot")
	}
	return object{"channel": object{"id": Direct(u.ID)}}, nil
}

func (s *Server) conversationsInfo(a arguments) (object, []object) {
	c, ok := s.channel(a["channel"])
	if !ok {
		return fails("channel_not_found")
	}
	return object{"channel": channelObject(c)}, nil
}

func channelObject(c Channel) object {
	if strings.HasPrefix(c.ID, "D") {
		return object{"id": c.ID, "is_im": true, "user": c.Members[0]}
	}
	return object{
		"id": c.ID, "name": c.Name, "is_channel": !c.Private, "is_group": c.Private, "is_private": c.Private, "is_archived": c.Archived,
		"is_ext_shared": c.Shared, "is_member": !c.WithoutBot,
	}
}

func (s *Server) conversationsMembers(a arguments) (object, []object) {
	c, ok := s.channel(a["channel"])
	if !ok {
		return fails("channel_not_found")
	}
	return object{"members": s.members(c)}, nil
}

func (s *Server) usersConversations(arguments) (object, []object) {
	all := []object{}
	for _, id := range sortedKeys(s.channels) {
		if c := *s.channels[id]; !c.WithoutBot && !c.Archived {
			all = append(all, channelObject(c))
		}
	}
	return object{"channels": all}, nil
}

// conversationsList pages through the public channels, two at a time: Slack may give fewer than it is asked for.
func (s *Server) conversationsList(a arguments) (object, []object) {
	var names []string
	for _, id := range sortedKeys(s.channels) {
		if c := s.channels[id]; !c.Private && !c.Archived {
			names = append(names, id)
		}
	}
	from, _ := strconv.Atoi(a["cursor"]) // none: the beginning
	to := min(len(names), from+2)
	all := []object{}
	for _, id := range names[min(from, to):to] {
		all = append(all, channelObject(*s.channels[id]))
	}
	answer := object{"channels": all}
	if to < len(names) {
		answer["response_metadata"] = object{"next_cursor": strconv.Itoa(to)}
	}
	return answer, nil
}

func (s *Server) conversationsJoin(a arguments) (object, []object) {
	c := s.channels[a["channel"]]
	switch {
	case c == nil:
		return fails("channel_not_found")
	case c.Private:
		return fails("method_not_supported_for_channel_type")
	case c.Archived:
		return fails("is_archived")
	case !c.WithoutBot:
		return object{"channel": channelObject(*c), "warning": "already_in_channel"}, nil
	}
	c.WithoutBot = false
	return object{"channel": channelObject(*c)}, []object{s.joined("", c.ID)}
}

// joined is the event that the app is in a channel.
func (s *Server) joined(by, channel string) object {
	e := object{"type": "member_joined_channel", "user": BotUser, "channel": channel, "channel_type": "C", "team": Team, "event_ts": s.stamp()}
	if by != "" {
		e["inviter"] = by
	}
	return e
}

// closed is why the app cannot write in a channel; empty: it can.
func (s *Server) closed(channel string) string {
	c, ok := s.channel(channel)
	switch {
	case !ok:
		return "channel_not_found"
	case c.WithoutBot:
		return "not_in_channel"
	case c.Archived:
		return "is_archived"
	}
	return ""
}

// written is a message as the app wants it; the error is Slack's.
func (s *Server) written(a arguments) (*message, string) {
	switch {
	case s.closed(a["channel"]) != "":
		return nil, s.closed(a["channel"])
	case a["thread_ts"] != "" && !s.isThread(a["channel"], a["thread_ts"]):
		return nil, "thread_not_found"
	}
	blocks, problem := CheckBlocks(a["blocks"])
	if problem != "" {
		s.wrong = append(s.wrong, problem)
		return nil, "invalid_blocks"
	}
	if a["text"] == "" && len(blocks) == 0 {
		return nil, "no_text"
	}
	m := &message{Message: Message{
		Channel: a["channel"], Thread: a["thread_ts"], User: BotUser, Ours: true, Text: a["text"], Blocks: blocks, Reactions: map[string][]string{},
	}}
	if a["metadata"] != "" {
		m.Metadata = json.RawMessage(a["metadata"])
	}
	return m, ""
}

func (s *Server) postMessage(a arguments) (object, []object) {
	m, problem := s.written(a)
	if problem != "" {
		return fails(problem)
	}
	m.TS = s.stamp()
	m.Unfurls = a["unfurl_links"] != "false" || a["unfurl_media"] != "false"
	s.messages = append(s.messages, m)
	return object{"channel": m.Channel, "ts": m.TS, "message": s.object(m)}, []object{s.said(m)}
}

func (s *Server) postEphemeral(a arguments) (object, []object) {
	m, problem := s.written(a)
	if problem != "" {
		return fails(problem)
	}
	m.TS, m.To = s.stamp(), a["user"]
	s.whisper(m.Message)
	return object{"message_ts": m.TS}, nil
}

func (s *Server) update(a arguments) (object, []object) {
	m := s.find(a["channel"], a["ts"])
	switch {
	case m == nil:
		return fails("message_not_found")
	case !m.Ours:
		return fails("cant_update_message")
	case s.closed(a["channel"]) != "":
		return fails(s.closed(a["channel"]))
	}
	blocks, problem := CheckBlocks(a["blocks"])
	if problem != "" {
		s.wrong = append(s.wrong, problem)
		return fails("invalid_blocks")
	}
	before := s.object(m)
	m.Text, m.Blocks, m.Edited = a["text"], blocks, s.second()
	if a["metadata"] != "" {
		m.Metadata = json.RawMessage(a["metadata"])
	}
	return object{"channel": m.Channel, "ts": m.TS, "text": m.Text}, []object{s.changed(m, before)}
}

func (s *Server) deletePost(a arguments) (object, []object) {
	m := s.find(a["channel"], a["ts"])
	switch {
	case m == nil:
		return fails("message_not_found")
	case !m.Ours:
		return fails("cant_delete_message")
	}
	return object{"channel": m.Channel, "ts": m.TS}, []object{s.goes(m)}
}

// reactAs puts somebody's reaction on a message, or takes it off.
func (s *Server) reactAs(user string, a arguments, on bool) (object, []object) {
	m := s.find(a["channel"], a["timestamp"])
	if m == nil {
		return fails("message_not_found")
	}
	if user == BotUser && s.closed(m.Channel) != "" {
		return fails(s.closed(m.Channel))
	}
	has := slices.Contains(m.Reactions[a["name"]], user)
	kind := "reaction_removed"
	switch {
	case on && has:
		return fails("already_reacted")
	case !on && !has:
		return fails("no_reaction")
	case on:
		kind = "reaction_added"
		m.Reactions[a["name"]] = append(m.Reactions[a["name"]], user)
	default:
		m.Reactions[a["name"]] = slices.DeleteFunc(m.Reactions[a["name"]], func(u string) bool { return u == user })
	}
	return object{}, []object{{
		"type": kind, "user": user, "reaction": a["name"], "item_user": m.User, "event_ts": s.stamp(),
		"item": object{"type": "message", "channel": m.Channel, "ts": m.TS},
	}}
}

func (s *Server) reactionsGet(a arguments) (object, []object) {
	m := s.find(a["channel"], a["timestamp"])
	if c, ok := s.channel(a["channel"]); m == nil || !ok || c.WithoutBot {
		return fails("message_not_found")
	}
	return object{"type": "message", "channel": m.Channel, "message": s.object(m)}, nil
}

// pageMost is how many objects a page has for an app outside Slack's marketplace:
// https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
const pageMost = 15

// page gives a channel newest first, and a thread oldest first with its root.
func (s *Server) page(a arguments, thread bool) (object, []object) {
	if c, ok := s.channel(a["channel"]); !ok || c.WithoutBot {
		return fails("channel_not_found")
	}
	var fits []*message
	for _, m := range s.messages {
		root := thread && m.TS == a["ts"]
		in := m.Thread == ""
		if thread {
			in = root || m.Thread == a["ts"]
		}
		early := m.TS < a["oldest"] || a["latest"] != "" && m.TS > a["latest"]
		if m.Channel != a["channel"] || m.gone && !m.tomb || !in || early && !root {
			continue
		}
		fits = append(fits, m)
	}
	if !thread {
		slices.Reverse(fits)
	} else if len(fits) == 0 {
		return fails("thread_not_found")
	}
	from, _ := strconv.Atoi(a["cursor"]) // none: the beginning
	limit, _ := strconv.Atoi(a["limit"]) // none: as many as there are
	to := min(len(fits), from+min(cmp.Or(limit, pageMost), pageMost))
	all := []object{}
	for _, m := range fits[min(from, to):to] {
		o := s.object(m)
		if a["include_all_metadata"] != "1" && a["include_all_metadata"] != "true" {
			delete(o, "metadata")
		}
		all = append(all, o)
	}
	answer := object{"messages": all, "has_more": to < len(fits)}
	if to < len(fits) {
		answer["response_metadata"] = object{"next_cursor": strconv.Itoa(to)}
	}
	return answer, nil
}

// view is a modal or a home that somebody has before them.
type view struct {
	object object
	id     string
	hash   string
	wrong  map[string]string
}

func (s *Server) viewsOpen(a arguments) (object, []object) {
	user, ok := s.triggers[a["trigger_id"]]
	if !ok {
		return fails("expired_trigger_id")
	}
	delete(s.triggers, a["trigger_id"])
	v, problem := s.shown(a["view"], "modal")
	if problem != "" {
		return fails(problem)
	}
	s.shows(user, v)
	return object{"view": object{"id": v.id, "hash": v.hash}}, nil
}

func (s *Server) viewsPublish(a arguments) (object, []object) {
	if _, ok := s.users[a["user_id"]]; !ok {
		return fails("user_not_found")
	}
	v, problem := s.shown(a["view"], "home")
	if problem != "" {
		return fails(problem)
	}
	s.homes[a["user_id"]] = v
	return object{"view": object{"id": v.id, "hash": v.hash}}, nil
}

// shown is a view as the app wants it; the error is Slack's.
func (s *Server) shown(raw, kind string) (*view, string) {
	var v object
	if json.Unmarshal([]byte(raw), &v) != nil || v["type"] != kind {
		return nil, "invalid_arguments"
	}
	if problem := CheckView(v); problem != "" {
		s.wrong = append(s.wrong, problem)
		return nil, "invalid_arguments"
	}
	return s.opened(v), ""
}

func (s *Server) opened(v object) *view {
	n := s.number()
	return &view{object: v, id: fmt.Sprintf("V%d", n), hash: fmt.Sprintf("%d.%d", s.Now().Unix(), n)}
}

// respond is a response_url. It is good for a time, and for five answers:
// https://docs.slack.dev/interactivity/handling-user-interaction
func (s *Server) respond(w http.ResponseWriter, r *http.Request, name string) {
	fault := s.fate(Respond)
	if refuses(w, fault) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	whose, ok := s.answers[name]
	if wrong := cmp.Or(fault.Error, map[bool]string{false: "used_url"}[ok && s.used[name] < respondMost]); wrong != "" {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"ok":false,"error":"` + wrong + `"}`))
		return
	}
	s.used[name]++
	user, channel, _ := strings.Cut(whose, " ")
	s.whispered(user, channel, json.NewDecoder(r.Body).Decode)
	if fault.Lose {
		hangUp(w)
		return
	}
	_, _ = w.Write([]byte("ok"))
}

// Respond is what Fail calls an answer to a response_url.
const Respond = "respond"

const respondMost = 5

// refuses answers as a server in front of Slack, if that is what goes wrong.
func refuses(w http.ResponseWriter, f Fault) bool {
	if f.Wait != nil {
		f.Wait()
	}
	if f.Status == 0 {
		return false
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	w.WriteHeader(f.Status)
	return true
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// whispered is a private answer to an act, in a response or at a response_url.
func (s *Server) whispered(user, channel string, read func(any) error) {
	var body struct {
		Type   string          `json:"response_type"`
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
		Thread string          `json:"thread_ts"`
	}
	if err := read(&body); err != nil {
		s.wrong = append(s.wrong, "an answer that is no JSON")
		return
	}
	blocks, problem := CheckBlocks(string(body.Blocks))
	if body.Text == "" && len(blocks) == 0 && problem == "" {
		return // an acknowledgement, and no more
	}
	if problem != "" || body.Type != "" && body.Type != "ephemeral" {
		s.wrong = append(s.wrong, "a private answer: "+problem+body.Type)
	}
	s.whisper(Message{
		Channel: channel, Thread: body.Thread, TS: s.stamp(), User: BotUser, Ours: true, To: user, Text: body.Text, Blocks: blocks,
	})
}

package slacktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Message is a message as it stands there.
type Message struct {
	Channel, TS, Thread string
	User                string // who wrote it
	Program             string // another app that did
	Ours                bool   // the app did
	To                  string // who alone sees it; empty: everybody there
	Text                string
	Edited              string // when, as an id; empty: never
	Unfurls             bool   // it may show previews of links
	Files               []string
	Blocks              []map[string]any
	Metadata            json.RawMessage
	Reactions           map[string][]string // who, by the emoji's name
	More                map[string]any      // what else it has, as Slack gives it
}

// Told is something that one person alone was shown: a private answer, or a form, anew each time that it changed.
type Told struct {
	To      string
	Message Message
	Form    *View // nil: it is a message
}

// message is one that may be gone, or leave a tombstone for its replies.
type message struct {
	Message
	gone, tomb bool
}

// View is a form or a home that somebody has before them.
type View struct {
	ID, Title, Submit string
	Blocks            []map[string]any  // with what was typed into them
	Wrong             map[string]string // below its inputs, by their names
	Whole             map[string]any    // as the app made it, with what was typed into it
}

// Find is a message; false: it is not there.
func (s *Server) Find(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(channel, ts); m != nil {
		return m.clone(), true
	}
	return Message{}, false
}

// Messages are all that are there, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	for _, m := range s.messages {
		if !m.gone {
			all = append(all, m.clone())
		}
	}
	return all
}

// Told is what people were shown alone so far, oldest first; direct messages are not among it.
func (s *Server) Told() []Told {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told)
}

// Whispers are the private answers among what people were told.
func (s *Server) Whispers() []Message {
	var all []Message
	for _, t := range s.Told() {
		if t.Form == nil {
			all = append(all, t.Message)
		}
	}
	return all
}

func (s *Server) whisper(m Message) { s.told = append(s.told, Told{To: m.To, Message: m}) }

// shows puts a form before somebody, or what has become of it.
func (s *Server) shows(user string, v *view) {
	s.views[user] = v
	seen := v.seen()
	s.told = append(s.told, Told{To: user, Form: &seen})
}

// Form is what somebody has before them to fill in; false: nothing.
func (s *Server) Form(user string) (View, bool) { return s.look(s.views, user) }

// Home is the app's home as somebody sees it; false: the app has shown them none.
func (s *Server) Home(user string) (View, bool) { return s.look(s.homes, user) }

func (s *Server) look(views map[string]*view, user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := views[user]
	if v == nil {
		return View{}, false
	}
	return v.seen(), true
}

// seen is a view as it is now.
func (v *view) seen() View {
	var now object
	if b, err := json.Marshal(v.object); err == nil {
		_ = json.Unmarshal(b, &now) // it was JSON before
	}
	return View{ID: v.id, Title: labelOf(now["title"]), Submit: labelOf(now["submit"]), Blocks: blocksOf(now), Wrong: maps.Clone(v.wrong), Whole: now}
}

func (m *message) clone() Message {
	c := m.Message
	c.Reactions = map[string][]string{}
	for name, who := range m.Reactions {
		c.Reactions[name] = slices.Clone(who)
	}
	return c
}

func (s *Server) find(channel, ts string) *message {
	for _, m := range s.messages {
		if m.Channel == channel && m.TS == ts && !m.gone {
			return m
		}
	}
	return nil
}

// isThread reports whether a message is there, or what is left of one that has replies.
func (s *Server) isThread(channel, ts string) bool {
	return slices.ContainsFunc(s.messages, func(m *message) bool { return m.Channel == channel && m.TS == ts && (!m.gone || m.tomb) })
}

// replied reports whether a message has replies.
func (s *Server) replied(m *message) bool {
	return slices.ContainsFunc(s.messages, func(o *message) bool { return o.Thread == m.TS && o.Channel == m.Channel && !o.gone })
}

// object is a message as Slack gives it.
func (s *Server) object(m *message) object {
	o := object{"type": "message", "ts": m.TS, "text": m.Text, "team": Team}
	maps.Copy(o, m.More)
	switch {
	case m.tomb:
		return object{"type": "message", "subtype": "tombstone", "ts": m.TS, "thread_ts": m.TS, "user": "USLACKBOT", "hidden": true, "text": "This message was deleted."}
	case m.Ours:
		o["user"], o["bot_id"], o["app_id"], o["blocks"] = m.User, BotID, App, m.Blocks
	case m.Program != "":
		o["subtype"], o["bot_id"], o["username"] = "bot_message", "B0"+strings.ToUpper(m.Program), m.Program
	default:
		o["user"] = m.User
	}
	if m.Thread != "" {
		o["thread_ts"] = m.Thread
	} else if s.replied(m) {
		o["thread_ts"], o["reply_count"] = m.TS, 1
	}
	if m.Edited != "" {
		o["edited"] = object{"user": m.User, "ts": m.Edited}
	}
	if len(m.Metadata) > 0 {
		o["metadata"] = m.Metadata
	}
	var files []object
	for _, f := range m.Files {
		files = append(files, object{"id": "F0", "name": f})
	}
	if files != nil {
		o["files"] = files
	}
	var reactions []object
	for _, name := range sortedKeys(m.Reactions) {
		if who := m.Reactions[name]; len(who) > 0 {
			reactions = append(reactions, object{"name": name, "users": who, "count": len(who)})
		}
	}
	if reactions != nil {
		o["reactions"] = reactions
	}
	return o
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Read is a message as people see it: what it says, with the labels of its controls, whom it pings, and where what can be
// clicked leads.
func (m Message) Read() (text string, pings, links []string) {
	r := &reader{}
	for _, b := range m.Blocks {
		r.read(b)
	}
	if len(m.Blocks) == 0 {
		r.b.WriteString(unescaped(m.Text))
	}
	if m.Ours && strings.ContainsAny(m.Text, "<>") {
		r.pings = append(r.pings, "the text for notifications: "+m.Text)
	}
	if m.Ours && m.Unfurls {
		r.links = append(r.links, "previews")
	}
	return r.b.String(), r.pings, r.links
}

func unescaped(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// reader collects what people see of blocks.
type reader struct {
	b            strings.Builder
	pings, links []string
}

func (r *reader) read(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			r.read(e)
		}
	case object:
		r.object(v)
	}
}

func (r *reader) object(v object) {
	switch v["type"] {
	case "text":
		r.b.WriteString(v["text"].(string))
	case "plain_text":
		r.b.WriteString(v["text"].(string) + "\n")
	case "mrkdwn":
		r.pings = append(r.pings, "mrkdwn")
	case "link":
		r.links = append(r.links, v["url"].(string))
		fmt.Fprint(&r.b, v["text"])
	case "user", "broadcast", "usergroup":
		r.pings = append(r.pings, fmt.Sprint(v))
	case "channel":
		r.b.WriteString("#" + v["channel_id"].(string))
	case "date":
		fmt.Fprint(&r.b, v["fallback"])
	default:
		for _, k := range []string{"text", "placeholder", "elements", "options"} {
			r.read(v[k])
		}
		r.b.WriteString("\n")
	}
}

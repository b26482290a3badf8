package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// What people do. Everything is delivered at once; acked is whether the app acknowledged it.

// Say has somebody write a message, as Slack sends it (Compose makes that of what they type). What is needed of m: User or
// Program, Channel, Thread, Text, Files. It returns the message's id.
func (s *Server) Say(m Message) (ts string, acked bool) {
	s.mu.Lock()
	m.TS, m.Reactions = s.stamp(), map[string][]string{}
	said := &message{Message: m}
	s.messages = append(s.messages, said)
	event := s.said(said)
	s.mu.Unlock()
	return m.TS, s.happens(event)
}

// Compose is a text as Slack makes it of what somebody types: signs escaped, people and channels that are named by id.
func (s *Server) Compose(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	for _, id := range sortedKeys(s.users) {
		text = named(text, "@"+s.users[id].Name, "<@"+id+">")
	}
	for _, id := range sortedKeys(s.channels) {
		text = named(text, "#"+s.channels[id].Name, "<#"+id+"|"+s.channels[id].Name+">")
	}
	return text
}

// named replaces a name where it stands as a word of its own.
func named(text, name, by string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, name)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if isWordAt(before, len(before)-1) || isWordAt(after, 0) {
			b.WriteString(name)
		} else {
			b.WriteString(by)
		}
		text = after
	}
}

func isWordAt(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// Edit has the author of a message change it.
func (s *Server) Edit(channel, ts, text string) (acked bool) {
	s.mu.Lock()
	m := s.find(channel, ts)
	if m == nil {
		s.mu.Unlock()
		s.t.Errorf("slacktest: there is no message %s in %s to edit", ts, channel)
		return false
	}
	before := s.object(m)
	m.Text, m.Edited = text, s.second()
	event := s.changed(m, before)
	s.mu.Unlock()
	return s.happens(event)
}

// Delete takes a message away, whosever it is.
func (s *Server) Delete(channel, ts string) (acked bool) {
	s.mu.Lock()
	m := s.find(channel, ts)
	if m == nil {
		s.mu.Unlock()
		s.t.Errorf("slacktest: there is no message %s in %s to delete", ts, channel)
		return false
	}
	event := s.goes(m)
	s.mu.Unlock()
	return s.happens(event)
}

// React puts somebody's reaction on a message by its name ("pushpin"), or takes it off. What is so already is not
// delivered.
func (s *Server) React(user, channel, ts, name string, on bool) (acked bool) {
	s.mu.Lock()
	_, events := s.reactAs(user, arguments{"channel": channel, "timestamp": ts, "name": name}, on)
	s.mu.Unlock()
	for _, e := range events {
		acked = s.happens(e)
	}
	return acked
}

// Invite has somebody bring the app into a channel.
func (s *Server) Invite(by, channel string) (acked bool) {
	s.mu.Lock()
	s.channels[channel].WithoutBot = false
	event := s.joined(by, channel)
	s.mu.Unlock()
	return s.happens(event)
}

// Remove has somebody take the app out of a channel. It is told so twice: as the app, and as everybody in it.
func (s *Server) Remove(by, channel string) (acked bool) {
	s.mu.Lock()
	c := s.channels[channel]
	kind := s.kindOf(channel)
	events := []object{
		{"type": kind + "_left", "channel": channel, "actor_id": by, "event_ts": s.stamp()},
		{"type": "member_left_channel", "user": BotUser, "channel": channel, "channel_type": "C", "team": Team, "event_ts": s.stamp()},
	}
	s.mu.Unlock()
	acked = true
	for _, e := range events {
		acked = s.happens(e) && acked
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.WithoutBot = true
	return acked
}

// Archive archives a channel; Unarchive ends that. The app stays in it, which Slack does not promise.
func (s *Server) Archive(by, channel string) (acked bool) { return s.archive(by, channel, true) }

// Unarchive is described with Archive.
func (s *Server) Unarchive(by, channel string) (acked bool) { return s.archive(by, channel, false) }

func (s *Server) archive(by, channel string, archived bool) (acked bool) {
	s.mu.Lock()
	s.channels[channel].Archived = archived
	event := object{"type": s.kindOf(channel) + map[bool]string{true: "_archive", false: "_unarchive"}[archived], "user": by, "channel": channel, "event_ts": s.stamp()}
	s.mu.Unlock()
	return s.happens(event)
}

// Create has somebody make a public channel, in which the app is not; Rename gives one another name.
func (s *Server) Create(by, channel, name string) (acked bool) {
	s.AddChannel(Channel{ID: channel, Name: name, WithoutBot: true})
	return s.names("channel_created", channel, name, by)
}

// Rename is described with Create.
func (s *Server) Rename(channel, name string) (acked bool) {
	s.mu.Lock()
	s.channels[channel].Name = name
	s.mu.Unlock()
	return s.names("channel_rename", channel, name, "")
}

func (s *Server) names(kind, channel, name, by string) (acked bool) {
	s.mu.Lock()
	c := object{"id": channel, "name": name, "created": s.Now().Unix()}
	if by != "" {
		c["creator"] = by
	}
	event := object{"type": kind, "channel": c, "event_ts": s.stamp()}
	s.mu.Unlock()
	return s.happens(event)
}

// DeleteChannel deletes a channel with all that was written in it.
func (s *Server) DeleteChannel(by, channel string) (acked bool) {
	s.mu.Lock()
	event := object{"type": s.kindOf(channel) + "_deleted", "channel": channel, "actor_id": by, "event_ts": s.stamp()}
	delete(s.channels, channel)
	s.messages = slices.DeleteFunc(s.messages, func(m *message) bool { return m.Channel == channel })
	s.mu.Unlock()
	return s.happens(event)
}

// kindOf is what events call a channel of that kind.
func (s *Server) kindOf(channel string) string {
	if c := s.channels[channel]; c != nil && c.Private {
		return "group"
	}
	return "channel"
}

// Change changes who somebody is, which the app hears of.
func (s *Server) Change(u User) (acked bool) {
	s.AddUser(u)
	s.mu.Lock()
	event := object{"type": "user_change", "user": userObject(u), "cache_ts": s.Now().Unix(), "event_ts": s.stamp()}
	s.mu.Unlock()
	return s.happens(event)
}

// Enter has somebody become a member of a channel; Leave ends that.
func (s *Server) Enter(user, channel string) { s.membership(user, channel, true) }

// Leave is described with Enter.
func (s *Server) Leave(user, channel string) { s.membership(user, channel, false) }

func (s *Server) membership(user, channel string, in bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	members := slices.DeleteFunc(s.members(*c), func(m string) bool { return m == user || m == BotUser })
	if in {
		members = append(members, user)
	}
	c.Members = members
}

// Happens has anything else happen: an event as Slack describes it.
func (s *Server) Happens(event map[string]any) (acked bool) { return s.happens(event) }

// Command has somebody use /postmortem. Slack runs none inside threads.
func (s *Server) Command(user, channel, text string) (acked bool) {
	s.mu.Lock()
	trigger, address := s.trigger(user, channel)
	d := Delivery{Kind: Command, Body: object{
		"team_id": Team, "api_app_id": App, "command": "/postmortem", "text": text, "user_id": user, "channel_id": channel,
		"trigger_id": trigger, "response_url": address, "is_enterprise_install": "false",
	}}
	s.mu.Unlock()
	status, answer := s.Deliver(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if status == 200 && len(answer) > 0 {
		s.whispered(user, channel, func(v any) error { return json.Unmarshal(answer, v) })
	}
	return status == 200
}

// trigger makes a trigger id and a response_url for an act of somebody's.
func (s *Server) trigger(user, channel string) (trigger, responseURL string) {
	n := s.number()
	trigger, name := fmt.Sprintf("%d.%d.opaque", n, n), fmt.Sprintf("%d-%s", n, AnswerSecret)
	s.triggers[trigger], s.answers[name] = user, user+" "+channel
	return trigger, s.URL + "/respond/" + name
}

// interaction is what every act of somebody's with the app has.
func (s *Server) interaction(user, channel, kind string) object {
	trigger, address := s.trigger(user, channel)
	return object{
		"type": kind, "api_app_id": App, "team": object{"id": Team}, "user": object{"id": user, "team_id": Team}, "trigger_id": trigger,
		"response_url": address, "action_ts": s.stamp(),
	}
}

// Click has somebody press the button with that label, or choose that option of the menu with that label. The message may
// be one that they alone see. A control that is not there fails the test.
func (s *Server) Click(user, channel, ts, label, choice string) (acked bool) {
	s.mu.Lock()
	m := s.onMessage(user, channel, ts)
	if m == nil {
		s.mu.Unlock()
		s.t.Errorf("slacktest: there is no message %s in %s to click on", ts, channel)
		return false
	}
	action := s.pressed(m.Blocks, label, choice)
	if action == nil {
		s.mu.Unlock()
		s.t.Errorf("slacktest: there is no %q, %q on the message", label, choice)
		return false
	}
	body := s.interaction(user, channel, "block_actions")
	container := object{"type": "message", "message_ts": m.TS, "channel_id": channel, "is_ephemeral": m.To != ""}
	if m.Thread != "" {
		container["thread_ts"] = m.Thread
	}
	body["container"], body["channel"], body["actions"] = container, object{"id": channel}, []any{action}
	if m.To == "" {
		body["message"] = s.object(&message{Message: *m})
	}
	s.mu.Unlock()
	status, _ := s.Deliver(Delivery{Kind: Interaction, Body: body})
	return status == 200
}

// onMessage is a message that somebody sees, also one that only they do.
func (s *Server) onMessage(user, channel, ts string) *Message {
	if m := s.find(channel, ts); m != nil {
		return &m.Message
	}
	for i := range s.told {
		if w := &s.told[i].Message; s.told[i].To == user && w.TS == ts {
			return w
		}
	}
	return nil
}

// pressed is the action of a control among blocks; nil: there is none.
func (s *Server) pressed(blocks []map[string]any, label, choice string) object {
	for _, e := range controls(blocks) {
		if labelOf(e["text"]) != label && labelOf(e["placeholder"]) != label {
			continue
		}
		action := object{"type": e["type"], "action_id": e["action_id"], "action_ts": s.stamp(), "value": e["value"]}
		options, _ := e["options"].([]any)
		if len(options) == 0 {
			return action
		}
		for _, o := range options {
			if o := o.(object); labelOf(o["text"]) == choice {
				action["selected_option"] = o
				return action
			}
		}
	}
	return nil
}

// controls are the elements in blocks that can be pressed.
func controls(blocks []map[string]any) []object {
	var all []object
	for _, b := range blocks {
		elements, _ := b["elements"].([]any)
		if accessory, ok := b["accessory"].(object); ok {
			elements = append(elements, accessory)
		}
		for _, e := range elements {
			if e, ok := e.(object); ok && e["action_id"] != nil {
				all = append(all, e)
			}
		}
	}
	return all
}

func labelOf(v any) string {
	m, _ := v.(object)
	text, _ := m["text"].(string)
	return text
}

// Shortcut has somebody use a shortcut on a message; without a message, one that can be used anywhere.
func (s *Server) Shortcut(user, callback, channel, ts string) (acked bool) {
	s.mu.Lock()
	kind := "shortcut"
	m := s.find(channel, ts)
	if m != nil {
		kind = "message_action"
	}
	body := s.interaction(user, channel, kind)
	body["callback_id"] = callback
	if m != nil {
		body["channel"], body["message_ts"], body["message"] = object{"id": channel}, ts, s.object(m)
	} else {
		delete(body, "response_url")
	}
	s.mu.Unlock()
	status, _ := s.Deliver(Delivery{Kind: Interaction, Body: body})
	return status == 200
}

// OpenHome has somebody look at the app's home.
func (s *Server) OpenHome(user string) (acked bool) {
	s.mu.Lock()
	event := object{"type": "app_home_opened", "user": user, "channel": Direct(user), "tab": "home", "event_ts": s.stamp()}
	s.mu.Unlock()
	return s.happens(event)
}

// ClickHome has somebody press a control on the app's home. A control that is not there fails the test.
func (s *Server) ClickHome(user, label, choice string) (acked bool) {
	s.mu.Lock()
	v := s.homes[user]
	var action object
	if v != nil {
		action = s.pressed(blocksOf(v.object), label, choice)
	}
	if action == nil {
		s.mu.Unlock()
		s.t.Errorf("slacktest: there is no %q, %q on %s's home", label, choice, user)
		return false
	}
	body := s.interaction(user, "", "block_actions")
	delete(body, "response_url")
	body["container"], body["view"], body["actions"] = object{"type": "view", "view_id": v.id}, v.whole(nil), []any{action}
	s.mu.Unlock()
	status, _ := s.Deliver(Delivery{Kind: Interaction, Body: body})
	return status == 200
}

// blocksOf are the blocks of a view.
func blocksOf(v object) []map[string]any {
	var all []map[string]any
	blocks, _ := v["blocks"].([]any)
	for _, b := range blocks {
		if b, ok := b.(object); ok {
			all = append(all, b)
		}
	}
	return all
}

// whole is a view as Slack gives it, with what was filled in.
func (v *view) whole(values object) object {
	all := object{"id": v.id, "hash": v.hash, "state": object{"values": values}}
	for k, value := range v.object {
		all[k] = value
	}
	return all
}

// Submit has somebody fill in the form before them, by the names of its inputs, and send it off. Options go by their
// values, several with spaces between, people and channels by their ids, days as 2026-12-01; what is not filled in stays as it was. Slack itself keeps it where something is
// missing. Without a form the test fails.
func (s *Server) Submit(user string, fields map[string]string) (acked bool) {
	s.mu.Lock()
	v := s.views[user]
	if v == nil {
		s.mu.Unlock()
		s.t.Errorf("slacktest: %s has no form", user)
		return false
	}
	values := object{}
	v.wrong = map[string]string{}
	for _, b := range blocksOf(v.object) {
		element, ok := b["element"].(object)
		if !ok {
			continue
		}
		block, _ := b["block_id"].(string)
		id, _ := element["action_id"].(string)
		filled, given := fields[block]
		if given {
			enter(element, filled)
		}
		state, empty := entered(element)
		if optional, _ := b["optional"].(bool); empty && !optional {
			v.wrong[block] = Missing
		}
		values[block] = object{id: state}
	}
	if len(v.wrong) > 0 {
		s.shows(user, v)
		s.mu.Unlock()
		return false
	}
	body := s.interaction(user, "", "view_submission")
	delete(body, "response_url")
	body["view"] = v.whole(values)
	s.mu.Unlock()
	status, answer := s.Deliver(Delivery{Kind: Interaction, Body: body})
	s.answered(user, status, answer)
	return status == 200
}

// Missing is what stands below an input that must be filled in and was not.
const Missing = "Please fill this in."

// enter has somebody type into an input, or choose.
func enter(element object, value string) {
	switch element["type"] {
	case "static_select":
		element["initial_option"] = first(chosen(element, []string{value}))
	case "multi_static_select":
		element["initial_options"] = chosen(element, strings.Fields(value))
	case "multi_users_select", "multi_conversations_select":
		var all []any
		for _, id := range strings.Fields(value) {
			all = append(all, id)
		}
		element["initial_"+holds(element)] = all
	default:
		element["initial_"+holds(element)] = value
	}
}

// holds is what an input has but no options.
func holds(element object) string {
	switch element["type"] {
	case "users_select":
		return "user"
	case "multi_users_select":
		return "users"
	case "conversations_select":
		return "conversation"
	case "multi_conversations_select":
		return "conversations"
	case "datepicker":
		return "date"
	}
	return "value"
}

// entered is the state of an input, and whether it is empty.
func entered(element object) (state object, empty bool) {
	state = object{"type": element["type"]}
	switch element["type"] {
	case "static_select":
		state["selected_option"] = element["initial_option"]
		return state, element["initial_option"] == nil
	case "multi_static_select":
		all, _ := element["initial_options"].([]any)
		state["selected_options"] = all
		return state, len(all) == 0
	case "multi_users_select", "multi_conversations_select":
		all, _ := element["initial_"+holds(element)].([]any)
		state["selected_"+holds(element)] = all
		return state, len(all) == 0
	}
	what := holds(element)
	text, _ := element["initial_"+what].(string)
	if what != "value" {
		what = "selected_" + what
	}
	if state[what] = text; text == "" {
		state[what] = nil
	}
	return state, strings.TrimSpace(text) == ""
}

// chosen are the options with these values.
func chosen(element object, values []string) []any {
	var all []any
	options, _ := element["options"].([]any)
	for _, o := range options {
		if value, _ := o.(object)["value"].(string); slices.Contains(values, value) {
			all = append(all, o)
		}
	}
	return all
}

func first(all []any) any {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// answered does with a form what the acknowledgement says.
func (s *Server) answered(user string, status int, answer []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var reply struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   object            `json:"view"`
	}
	if status != 200 {
		return // Slack says that there was an error, and leaves it open
	}
	if len(answer) > 0 && json.Unmarshal(answer, &reply) != nil {
		s.wrong = append(s.wrong, "an answer to a form that is no JSON")
	}
	switch reply.Action {
	case "errors":
		s.keepsOpen(user, reply.Errors)
	case "update":
		if problem := CheckView(reply.View); problem != "" {
			s.wrong = append(s.wrong, problem)
		}
		s.shows(user, s.opened(reply.View))
	default:
		delete(s.views, user)
	}
}

// keepsOpen leaves a form with what is wrong in it, below inputs that it must have.
func (s *Server) keepsOpen(user string, wrong map[string]string) {
	v := s.views[user]
	var names []string
	for _, b := range blocksOf(v.object) {
		name, _ := b["block_id"].(string)
		names = append(names, name)
	}
	for name := range wrong {
		if !slices.Contains(names, name) {
			s.wrong = append(s.wrong, "an error beside no input: "+name)
		}
	}
	v.wrong = wrong
	s.shows(user, v)
}

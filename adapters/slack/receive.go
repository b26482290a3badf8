package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/debrief-bot/debrief/conversations"
)

// identity is who the bot is in its workspace. What is meant for others is not taken in.
type identity struct {
	team, enterprise string
	app              string // empty where Slack does not say
	user, bot        string // as whom it is mentioned, as whom it posts
	url              string // of the workspace, with a slash at the end
}

func (id identity) workspace() string { return "slack/" + id.team }

// errForeign: it comes from another workspace or another app.
var errForeign = errors.New("slack: meant for another workspace or app")

// errOld: it is ours, but this version does not know what it means. The act says whose it is, and no more.
var errOld = errors.New("slack: a control or form that is not known")

// errMalformed: it is nothing that Slack sends. It says no more, since what was sent may be anything.
var errMalformed = errors.New("slack: malformed request")

// handleLife is how long a response_url can be used: https://docs.slack.dev/interactivity/handling-user-interaction
const handleLife = 30 * time.Minute

// act is what somebody did, and how Slack lets us answer at once.
type act struct {
	event   conversations.Event
	trigger string   // opens a form, for three seconds
	inputs  []string // a submitted form's
}

// parse reads what Slack sends. Only what is used is read, so that nothing else about it can be wrong, and a field that is of
// another type than is known is as if it were not there.
func parse(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if odd := (*json.UnmarshalTypeError)(nil); errors.As(err, &odd) {
		return nil
	}
	return err
}

// envelope is what the Events API delivers.
type envelope struct {
	Type       string `json:"type"`
	Challenge  string `json:"challenge"`
	TeamID     string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	AppID      string `json:"api_app_id"`
	Shared     bool   `json:"is_ext_shared_channel"`
	Event      event  `json:"event"`
}

type event struct {
	Type      string `json:"type"`
	Subtype   string `json:"subtype"`
	Channel   named  `json:"channel"`
	Account   named  `json:"user"`
	ChannelIs string `json:"channel_type"`
	EventTS   string `json:"event_ts"`
	DeletedTS string `json:"deleted_ts"`
	UserTeam  string `json:"user_team"`
	Reaction  string `json:"reaction"`
	Item      item   `json:"item"`
	Inviter   string `json:"inviter"`
	Tab       string `json:"tab"`
	Tokens    struct {
		Bot []string `json:"bot"`
	} `json:"tokens"`
	Message  *message `json:"message"`
	Previous *message `json:"previous_message"`
	message
}

// readEnvelope reads a delivery. Of what somebody says, Account is who says it.
func readEnvelope(b []byte) (envelope, error) {
	var env envelope
	if parse(b, &env) != nil {
		return env, errMalformed
	}
	env.Event.User = env.Event.Account.ID
	return env, nil
}

// named is an id, which some events wrap in an object.
type named struct{ ID, Name string }

// UnmarshalJSON implements json.Unmarshaler.
func (n *named) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &n.ID)
	}
	var object struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if json.Unmarshal(b, &object) == nil {
		*n = named(object)
	}
	return nil
}

type item struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	TS      string `json:"ts"`
}

// receiveEvent is the event that a delivery of the Events API makes; false: it concerns nobody.
func (id identity) receiveEvent(env envelope) (conversations.Event, bool, error) {
	if !id.ours(env.TeamID, env.Enterprise) || !id.isApp(env.AppID) {
		return conversations.Event{}, false, errForeign
	}
	ev := env.Event
	if env.Shared || id.stranger(ev.UserTeam) {
		return conversations.Event{}, false, nil // channels shared with other organisations are not heard
	}
	t := taken[ev.Type]
	if t == nil {
		return conversations.Event{}, false, nil
	}
	e, ok := t(id, ev)
	return e, ok, nil
}

// taken are the types of events that the bot gets. The manifest subscribes to them, and to what notice looks at.
var taken = map[string]take{
	"message": identity.receiveMessage,
	"app_mention": func(id identity, ev event) (conversations.Event, bool) {
		return id.said(ev.Channel.ID, ev.message)
	},
	"reaction_added":        identity.reacted,
	"reaction_removed":      identity.reacted,
	"app_home_opened":       identity.opened,
	"user_change":           identity.person,
	"member_joined_channel": theBot(open),
	"channel_created":       called,
	"channel_rename":        called,
	"channel_unarchive":     open,
	"group_unarchive":       open,
	"member_left_channel":   theBot(shut(conversations.Removed)),
	"channel_left":          shut(conversations.Removed),
	"group_left":            shut(conversations.Removed),
	"channel_archive":       shut(conversations.Archived),
	"group_archive":         shut(conversations.Archived),
	"channel_deleted":       shut(conversations.Gone),
	"group_deleted":         shut(conversations.Gone),
}

// ours reports whether an envelope is of this workspace. What comes through an organisation names that.
func (id identity) ours(team, enterprise string) bool {
	if team == id.team {
		return true
	}
	return id.enterprise != "" && (team == id.enterprise || team == "" && enterprise == id.enterprise)
}

func (id identity) isApp(app string) bool { return id.app == "" || app == "" || app == id.app }

// stranger tells people of other organisations. Inside an organisation people have a home workspace of their own.
func (id identity) stranger(team string) bool {
	return team != "" && team != id.team && id.enterprise == ""
}

func (id identity) receiveMessage(ev event) (conversations.Event, bool) {
	switch ev.Subtype {
	case "", "file_share", "thread_broadcast", "bot_message", "me_message":
		return id.said(ev.Channel.ID, ev.message)
	case "message_changed":
		return id.changed(ev)
	case "message_deleted":
		return id.deleted(ev, ev.Previous, ev.DeletedTS)
	}
	return conversations.Event{}, false
}

func (id identity) said(ch string, m message) (conversations.Event, bool) {
	e, ok := id.aboutMessage(conversations.Said, ch, m.TS, m.ThreadTS)
	if !ok || id.isOwn(m) {
		return e, false
	}
	e.Key, e.At = e.Message.Key(), e.MessageAt
	id.words(&e, m)
	return e, (e.Text != "" || len(e.Files) > 0 || e.Mention) && (e.Who != "" || e.Author != "")
}

// words fills in who says what.
func (id identity) words(e *conversations.Event, m message) {
	s := id.snapshotOf(e.Where, m)
	e.Who, e.Author, e.Text, e.Masked, e.Mention, e.Files = s.Who, s.Author, s.Text, s.Masked, s.Mention, s.Files
}

func (id identity) changed(ev event) (conversations.Event, bool) {
	m := ev.Message
	if m == nil {
		return conversations.Event{}, false
	}
	if m.Subtype == "tombstone" { // a deleted message that has a thread below it
		return id.deleted(ev, ev.Previous, m.TS)
	}
	e, ok := id.aboutMessage(conversations.Edited, ev.Channel.ID, m.TS, m.ThreadTS)
	if !ok || id.isOwn(*m) || m.Edited == nil || ev.Previous.is(*m) {
		return e, false // a preview of a link, a new reply, a pin: no edit
	}
	// The message says to the second when it was edited; only the event tells two edits within one apart.
	ts := firstOf(ev.EventTS, m.Edited.TS)
	at, ok := timeOf(ts)
	if !ok || at.Before(e.MessageAt) {
		return e, false
	}
	e.At, e.Key = at, id.key("edit", e.Message.Channel, e.Message.ID, ts)
	id.words(&e, *m)
	return e, true
}

// is reports whether a message says the same in the same edition.
func (m *message) is(other message) bool {
	return m != nil && m.Edited != nil && m.Edited.TS == other.Edited.TS && m.Text == other.Text
}

func (id identity) deleted(ev event, was *message, ts string) (conversations.Event, bool) {
	thread := ""
	if was != nil {
		if id.isOwn(*was) {
			return conversations.Event{}, false
		}
		thread = was.ThreadTS
	}
	e, ok := id.aboutMessage(conversations.Deleted, ev.Channel.ID, ts, thread)
	if !ok {
		return e, false
	}
	e.At, ok = timeOf(ev.EventTS)
	e.Key = id.key("gone", e.Message.Channel, e.Message.ID)
	return e, ok
}

func (id identity) reacted(ev event) (conversations.Event, bool) {
	e, ok := id.aboutMessage(conversations.Reacted, ev.Item.Channel, ev.Item.TS, "")
	if !ok || ev.Item.Type != "message" || ev.User == id.user || !isID(ev.User) || !isName(ev.Reaction) {
		return e, false
	}
	if e.At, ok = timeOf(ev.EventTS); !ok {
		return e, false
	}
	sign := "-"
	if e.On = ev.Type == "reaction_added"; e.On {
		sign = "+"
	}
	e.Who, e.Emoji = ev.User, conversations.Emoji(ev.Reaction)
	e.Key = id.key("react", e.Message.Channel, e.Message.ID, ev.User, ev.Reaction, sign, ev.EventTS)
	return e, e.Emoji != ""
}

// take makes an event of one of Slack's; false: it concerns nobody.
type take = func(identity, event) (conversations.Event, bool)

// theBot takes what is told of everybody only where it is about the bot.
func theBot(t take) take {
	return func(id identity, ev event) (conversations.Event, bool) {
		if ev.User != id.user {
			return conversations.Event{}, false
		}
		return t(id, ev)
	}
}

// open: the bot was added to a channel, or somebody took it out of the archive.
func open(id identity, ev event) (conversations.Event, bool) {
	return id.aboutChannel(conversations.Joined, "join", ev)
}

// shut: the bot cannot write in a channel any more.
func shut(why string) take {
	return func(id identity, ev event) (conversations.Event, bool) {
		e, ok := id.aboutChannel(conversations.Left, "left", ev)
		e.Value = why
		return e, ok
	}
}

// called: a public channel was made, or has another name.
func called(id identity, ev event) (conversations.Event, bool) {
	e, ok := id.aboutChannel(conversations.Named, "named", ev)
	e.Value = ev.Channel.Name
	return e, ok && e.Value != ""
}

func (id identity) aboutChannel(kind conversations.EventKind, what string, ev event) (conversations.Event, bool) {
	at, ok := timeOf(ev.EventTS)
	return conversations.Event{
		Key: id.key(what, ev.Channel.ID, ev.EventTS), Kind: kind, At: at,
		Where: conversations.Place{Workspace: id.workspace(), Channel: ev.Channel.ID},
	}, ok && isID(ev.Channel.ID)
}

// person: what Slack says about somebody has changed. What it is now, it is asked.
func (id identity) person(ev event) (conversations.Event, bool) {
	at, ok := timeOf(ev.EventTS)
	return conversations.Event{
		Key: id.key("user", ev.User, ev.EventTS), Kind: conversations.Changed, At: at, Who: ev.User,
		Where: conversations.Place{Workspace: id.workspace()},
	}, ok && isID(ev.User)
}

// aboutMessage is the beginning of an event about a message. The root of a thread is in its channel.
func (id identity) aboutMessage(kind conversations.EventKind, ch, ts, thread string) (conversations.Event, bool) {
	at, ok := timeOf(ts)
	if thread == ts {
		thread = ""
	}
	if _, threaded := timeOf(thread); !ok || thread != "" && !threaded || !isID(ch) {
		return conversations.Event{}, false
	}
	w := id.workspace()
	return conversations.Event{
		Kind: kind, Where: conversations.Place{Workspace: w, Channel: ch, Thread: thread},
		Message: conversations.MessageRef{Workspace: w, Channel: ch, ID: ts}, MessageAt: at,
	}, true
}

func (id identity) key(parts ...string) string {
	return id.workspace() + "/" + strings.Join(parts, "/")
}

// receiveCommand is the event that a form body of `/postmortem …` makes. Commands have no time of their own.
func (id identity) receiveCommand(form url.Values, now time.Time) (act, error) {
	if !id.ours(form.Get("team_id"), form.Get("enterprise_id")) || !id.isApp(form.Get("api_app_id")) {
		return act{}, errForeign
	}
	trigger, user, ch := form.Get("trigger_id"), form.Get("user_id"), form.Get("channel_id")
	if !isTrigger(trigger) || !isID(user) || !isID(ch) {
		return act{}, errMalformed
	}
	e := conversations.Event{
		Key: id.key("cmd", trigger), Kind: conversations.Commanded, At: milli(now), Who: user,
		Where: conversations.Place{Workspace: id.workspace(), Channel: ch},
	}
	e.Text, e.Masked = conversations.Mask(strings.TrimSpace(ordered(form.Get("text"))))
	e.Handle = handle(form.Get("response_url"), e.At)
	if e.Handle.Token == "" {
		return act{}, errMalformed
	}
	return act{event: e, trigger: trigger}, nil
}

func handle(responseURL string, at time.Time) conversations.Handle {
	if responseURL == "" {
		return conversations.Handle{}
	}
	return conversations.Handle{Token: conversations.Secret(responseURL), Expires: at.Add(handleLife)}
}

// interaction is a click, a shortcut or a form.
type interaction struct {
	Type        string `json:"type"`
	AppID       string `json:"api_app_id"`
	TriggerID   string `json:"trigger_id"`
	CallbackID  string `json:"callback_id"`
	ActionTS    string `json:"action_ts"`
	MessageTS   string `json:"message_ts"`
	ResponseURL string `json:"response_url"`
	Team        struct {
		ID string `json:"id"`
	} `json:"team"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	User struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Type      string `json:"type"`
		MessageTS string `json:"message_ts"`
		ThreadTS  string `json:"thread_ts"`
		ChannelID string `json:"channel_id"`
	} `json:"container"`
	Message message  `json:"message"`
	Actions []action `json:"actions"`
	View    view     `json:"view"`
}

type action struct {
	ActionID string  `json:"action_id"`
	ActionTS string  `json:"action_ts"`
	Value    string  `json:"value"`
	Selected *choice `json:"selected_option"`
}

type choice struct {
	Value string `json:"value"`
}

type view struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Hash     string `json:"hash"`
	Metadata string `json:"private_metadata"`
	Blocks   []struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
	} `json:"blocks"`
	State struct {
		Values map[string]map[string]entered `json:"values"`
	} `json:"state"`
}

type entered struct {
	Value    string   `json:"value"`
	Day      string   `json:"selected_date"`
	Person   string   `json:"selected_user"`
	People   []string `json:"selected_users"`
	Channel  string   `json:"selected_conversation"`
	Channels []string `json:"selected_conversations"`
	Choice   *choice  `json:"selected_option"`
	Choices  []choice `json:"selected_options"`
}

func (v entered) text() string {
	switch {
	case v.Choice != nil:
		return v.Choice.Value
	case len(v.Choices) > 0:
		var all []string
		for _, c := range v.Choices {
			all = append(all, c.Value)
		}
		return strings.Join(all, " ")
	}
	var all []string
	for _, id := range append(v.People, v.Person) {
		if id != "" {
			all = append(all, "<@"+id+">")
		}
	}
	for _, id := range append(v.Channels, v.Channel) {
		if id != "" {
			all = append(all, "<#"+id+">")
		}
	}
	return firstOf(v.Value, v.Day, strings.Join(all, " "))
}

// receiveInteraction is what somebody did with a button, a menu, a shortcut or a form; false: nothing that concerns us.
func (id identity) receiveInteraction(payload []byte, now time.Time) (act, bool, error) {
	var in interaction
	if parse(payload, &in) != nil {
		return act{}, false, errMalformed
	}
	if !id.ours(in.Team.ID, in.Enterprise.ID) || !id.isApp(in.AppID) || id.stranger(in.User.TeamID) {
		return act{}, false, errForeign
	}
	if !isID(in.User.ID) {
		return act{}, false, errMalformed
	}
	switch in.Type {
	case "block_actions":
		return id.clicked(in)
	case "message_action":
		return id.onMessage(in)
	case "shortcut":
		return id.anywhere(in)
	case "view_submission":
		return id.submitted(in, now)
	}
	return act{}, false, nil
}

func (id identity) clicked(in interaction) (act, bool, error) {
	onHome := in.Container.Type == "view" && in.View.Type == "home"
	if len(in.Actions) == 0 || !onHome && in.Container.Type != "message" {
		return act{}, false, nil
	}
	e, carrier, ok := id.clickedOn(in, onHome)
	a := in.Actions[0]
	at, timed := timeOf(a.ActionTS)
	if onHome {
		in.ResponseURL = atHome
	}
	if !ok || !timed || in.ResponseURL == "" {
		return act{}, false, errMalformed
	}
	e.Key = id.key("click", carrier, in.User.ID, a.ActionID, a.ActionTS)
	e.At, e.Who, e.Handle = at, in.User.ID, handle(in.ResponseURL, at)
	value := a.Value
	if a.Selected != nil {
		value = a.Selected.Value
	}
	c, ok := readControl(a.ActionID, value)
	if !ok {
		return act{event: e}, false, errOld
	}
	e.Verb, e.Subject, e.Value = c.Verb, c.Subject, c.Value
	return act{event: e, trigger: in.TriggerID}, true, nil
}

// clickedOn is the beginning of a click, and the message or the page that carries the control.
func (id identity) clickedOn(in interaction, onHome bool) (e conversations.Event, carrier string, ok bool) {
	if onHome {
		e.Kind, e.Where.Workspace = conversations.Clicked, id.workspace()
		return e, in.View.ID, isID(in.View.ID)
	}
	e, ok = id.aboutMessage(conversations.Clicked, in.Container.ChannelID, in.Container.MessageTS, firstOf(in.Container.ThreadTS, in.Message.ThreadTS))
	return e, e.Message.Channel + "/" + e.Message.ID, ok
}

// anywhere is a shortcut that is used on no message and in no channel: a click whose verb is the shortcut's name.
func (id identity) anywhere(in interaction) (act, bool, error) {
	at, timed := timeOf(in.ActionTS)
	if !timed || !isVerb(in.CallbackID) {
		return act{}, false, errMalformed
	}
	return act{trigger: in.TriggerID, event: conversations.Event{
		Key: id.key("click", in.User.ID, in.CallbackID, in.ActionTS), Kind: conversations.Clicked, At: at, Who: in.User.ID,
		Where: conversations.Place{Workspace: id.workspace()}, Verb: in.CallbackID,
	}}, true, nil
}

// onMessage is a shortcut that is used on a message: a click on it, with what it says.
func (id identity) onMessage(in interaction) (act, bool, error) {
	at, timed := timeOf(in.ActionTS)
	e, ok := id.aboutMessage(conversations.Clicked, in.Channel.ID, in.MessageTS, in.Message.ThreadTS)
	if !ok || !timed || !isVerb(in.CallbackID) || in.ResponseURL == "" {
		return act{}, false, errMalformed
	}
	e.Verb = in.CallbackID
	e.Text, e.Masked = conversations.Mask(plain(in.Message.words()))
	e.Key = id.key("click", e.Message.Channel, e.Message.ID, in.User.ID, in.CallbackID, in.ActionTS)
	e.At, e.Who, e.Handle = at, in.User.ID, handle(in.ResponseURL, at)
	return act{event: e, trigger: in.TriggerID}, true, nil
}

func (id identity) submitted(in interaction, now time.Time) (act, bool, error) {
	if !isID(in.View.ID) || in.View.Hash == "" {
		return act{}, false, errMalformed
	}
	origin, rest, _ := strings.Cut(in.View.Metadata, "|")
	e, opened := id.openedAt(origin, now)
	e.Key, e.Who = id.key("form", in.View.ID, in.View.Hash, in.User.ID), in.User.ID
	c, known := readControl("", rest)
	e.Verb, e.Subject, e.Value = c.Verb, c.Subject, c.Value
	a := act{trigger: in.TriggerID}
	for _, b := range in.View.Blocks {
		if b.Type != "input" {
			continue
		}
		a.inputs = append(a.inputs, b.BlockID)
		f := conversations.Field{Name: b.BlockID}
		for _, v := range in.View.State.Values[b.BlockID] {
			text, masked := conversations.Mask(v.text())
			f.Value, e.Masked = text, e.Masked || masked
		}
		e.Fields = append(e.Fields, f)
	}
	if a.event = e; !opened || !known {
		return a, false, errOld
	}
	return a, true, nil
}

// origin is where a form is opened, as the form remembers it: the Home, a message, a place, or nothing.
func origin(e conversations.Event) string {
	if e.Handle.Token == atHome {
		return atHome
	}
	return strings.TrimRight(e.Where.Channel+"/"+e.Where.Thread+"/"+e.Message.ID, "/")
}

// openedAt is the beginning of what somebody submits in a form that was opened there. Slack keeps what forms remember, and
// shows it to nobody; what cannot be read comes from another version.
func (id identity) openedAt(origin string, now time.Time) (conversations.Event, bool) {
	e := conversations.Event{Kind: conversations.Submitted, At: milli(now), Where: conversations.Place{Workspace: id.workspace()}}
	if origin == "" {
		return e, true
	}
	if origin == atHome {
		e.Handle = handle(atHome, e.At)
		return e, true
	}
	parts := append(strings.SplitN(origin, "/", 3), "", "")
	e.Where.Channel, e.Where.Thread = parts[0], parts[1]
	_, threaded := timeOf(parts[1])
	if !isID(parts[0]) || parts[1] != "" && !threaded {
		return e, false
	}
	if parts[2] == "" {
		return e, true
	}
	at, ok := timeOf(parts[2])
	e.Message, e.MessageAt = conversations.MessageRef{Workspace: e.Where.Workspace, Channel: parts[0], ID: parts[2]}, at
	return e, ok
}

// control is what a button, an option or a form of ours says on the wire: verb|subject|value. An option has little room:
// what does not fit into it is the menu's action id, and the option is "~" and its value.
type control struct{ Verb, Subject, Value string }

func (c control) String() string { return c.Verb + "|" + c.Subject + "|" + c.Value }

func readControl(actionID, value string) (control, bool) {
	if option, ok := strings.CutPrefix(value, "~"); ok {
		value = copyNumber.ReplaceAllString(actionID, "") + "|" + option
	}
	parts := strings.SplitN(value, "|", 3)
	if len(parts) != 3 || !isVerb(parts[0]) {
		return control{}, false
	}
	return control{parts[0], parts[1], parts[2]}, true
}

// copyNumber is what an action id ends with that a message would have twice.
var copyNumber = regexp.MustCompile(` [0-9]+$`)

var (
	ids      = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	channels = regexp.MustCompile(`^[CDG][A-Z0-9]+$`)
	names    = regexp.MustCompile(`^[^/\s|]+$`)
	triggers = regexp.MustCompile(`^[A-Za-z0-9.]+$`)
	verbs    = regexp.MustCompile(`^[a-z][a-z ]*$`)
)

// Lengths are compared beside the patterns: a pattern that counts to 200 is 200 times as large, at every start.
func isID(s string) bool      { return len(s) <= 40 && ids.MatchString(s) }
func isChannel(s string) bool { return len(s) <= 40 && channels.MatchString(s) }
func isName(s string) bool    { return utf8.RuneCountInString(s) <= 200 && names.MatchString(s) }
func isTrigger(s string) bool { return len(s) <= 200 && triggers.MatchString(s) }
func isVerb(s string) bool    { return len(s) <= 61 && verbs.MatchString(s) }

// timeOf is the time that an id of a message tells, "1772456520.000100": seconds and the order within them.
func timeOf(ts string) (time.Time, bool) {
	at, ok := exactly(ts)
	return milli(at), ok
}

// exactly is timeOf to the microsecond, which tells all messages of a channel apart.
func exactly(ts string) (time.Time, bool) {
	whole, part, ok := strings.Cut(ts, ".")
	if !ok || len(whole) < 9 || len(whole) > 11 || len(part) < 1 || len(part) > 9 {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseUint(whole, 10, 63)
	if err != nil {
		return time.Time{}, false
	}
	nanos, err := strconv.ParseUint((part + "000000000")[:9], 10, 63)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), int64(nanos)).UTC(), true
}

// stamp writes a time as Slack's methods want it.
func stamp(t time.Time) string {
	if t.IsZero() || t.Unix() < 0 {
		return "0"
	}
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

func milli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// message is a message as events and methods have it. Only what is used is read.
type message struct {
	Subtype  string `json:"subtype"`
	User     string `json:"user"`
	BotID    string `json:"bot_id"`
	AppID    string `json:"app_id"`
	Username string `json:"username"`
	Text     string `json:"text"`
	TS       string `json:"ts"`
	ThreadTS string `json:"thread_ts"`
	Edited   *struct {
		TS string `json:"ts"`
	} `json:"edited"`
	BotProfile *struct {
		Name  string `json:"name"`
		AppID string `json:"app_id"`
	} `json:"bot_profile"`
	Files []struct {
		Name  string `json:"name"`
		Title string `json:"title"`
	} `json:"files"`
	Attachments []attachment    `json:"attachments"`
	Blocks      json.RawMessage `json:"blocks"`
	Reactions   []reaction      `json:"reactions"`
	Metadata    struct {
		EventType string          `json:"event_type"`
		Payload   json.RawMessage `json:"event_payload"`
	} `json:"metadata"`
}

type reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

type attachment struct {
	Fallback string `json:"fallback"`
	Pretext  string `json:"pretext"`
	Title    string `json:"title"`
	Text     string `json:"text"`
}

func (id identity) isOwn(m message) bool {
	app := m.AppID
	if app == "" && m.BotProfile != nil {
		app = m.BotProfile.AppID
	}
	return m.User != "" && m.User == id.user || m.BotID != "" && m.BotID == id.bot || app != "" && app == id.app
}

// snapshotOf is a message as it stands there. What a program says is nobody's, also where Slack gives it a user.
func (id identity) snapshotOf(where conversations.Place, m message) conversations.Snapshot {
	s := conversations.Snapshot{
		Message: conversations.MessageRef{Workspace: id.workspace(), Channel: where.Channel, ID: m.TS},
		Where:   where, Who: m.User, Ours: id.isOwn(m),
	}
	s.At, _ = timeOf(m.TS)
	if m.Edited != nil {
		s.EditedAt, _ = timeOf(m.Edited.TS)
	}
	if (m.BotID != "" || !isID(m.User)) && !s.Ours {
		s.Who, s.Author = "", m.author()
	}
	text := m.words()
	text, s.Mention = id.addressed(text)
	s.Mention = s.Mention || isDirect(where.Channel)
	if s.Mention {
		s.Text, s.Masked = conversations.Mask(ordered(text))
	} else {
		s.Text, s.Masked = conversations.Mask(plain(text))
	}
	for _, f := range m.Files {
		name := f.Name
		if name == "" {
			name = f.Title
		}
		if name != "" {
			s.Files = append(s.Files, name)
		}
	}
	for _, r := range m.Reactions {
		who := slices.DeleteFunc(slices.Clone(r.Users), func(u string) bool { return u == id.user })
		s.Reactions = withReaction(s.Reactions, conversations.Emoji(r.Name), who)
	}
	return s
}

// withReaction adds people to an emoji: Slack counts the skin tones of one apart.
func withReaction(all []conversations.Reaction, emoji string, who []string) []conversations.Reaction {
	if len(who) == 0 || emoji == "" {
		return all
	}
	for i := range all {
		if all[i].Emoji != emoji {
			continue
		}
		for _, w := range who {
			if !slices.Contains(all[i].Who, w) {
				all[i].Who = append(all[i].Who, w)
			}
		}
		return all
	}
	return append(all, conversations.Reaction{Emoji: emoji, Who: who})
}

func (m message) author() string {
	switch {
	case m.Username != "":
		return m.Username
	case m.BotProfile != nil && m.BotProfile.Name != "":
		return m.BotProfile.Name
	case m.BotID != "":
		return m.BotID
	}
	return "somebody"
}

// words are what a message says. Programs often say nothing in it and all in attachments or blocks.
func (m message) words() string {
	if m.Text != "" || m.BotID == "" {
		return m.Text
	}
	var all []string
	for _, a := range m.Attachments {
		for _, s := range []string{a.Fallback, strings.TrimSpace(strings.Join([]string{a.Pretext, a.Title, a.Text}, "\n"))} {
			if s != "" {
				all = append(all, s)
				break
			}
		}
	}
	if len(all) == 0 {
		var blocks []struct {
			Text struct {
				Text string `json:"text"`
			} `json:"text"`
		}
		if json.Unmarshal(m.Blocks, &blocks) == nil {
			for _, b := range blocks {
				if b.Text.Text != "" {
					all = append(all, b.Text.Text)
				}
			}
		}
	}
	return strings.Join(all, "\n")
}

// addressed cuts off the mention of the bot that a message begins with.
func (id identity) addressed(text string) (rest string, mention bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \n\t"), "<@"+id.user)
	if !ok || id.user == "" {
		return text, false
	}
	named, rest, ok := strings.Cut(rest, ">")
	if !ok || named != "" && named[0] != '|' {
		return text, false
	}
	return strings.TrimLeft(strings.TrimLeft(rest, ":,"), " \n\t"), true
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// plain is a text as people read it, with people by id.
func plain(text string) string { return written(text, byName) }

// ordered is what somebody wants of the bot.
func ordered(text string) string {
	if conversations.NamesChannels(text) {
		return written(text, byReference)
	}
	return plain(text)
}

// byName and byReference are how a channel is written: for people to read, and as what a command is about.
func byName(id, name string) string { return "#" + firstOf(name, id) }

func byReference(id, name string) string {
	if name == "" {
		return "<#" + id + ">"
	}
	return "<#" + id + "|" + name + ">"
}

// written is a text without Slack's own writing: https://docs.slack.dev/messaging/formatting-message-text
func written(text string, channel func(id, name string) string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "<")
		b.WriteString(unescape.Replace(before))
		if !ok {
			return b.String()
		}
		inside, after, closed := strings.Cut(rest, ">")
		if !closed {
			b.WriteString("<" + unescape.Replace(rest))
			return b.String()
		}
		b.WriteString(reference(inside, channel))
		text = after
	}
}

// reference is what stands between angle brackets.
func reference(inside string, channel func(id, name string) string) string {
	target, label, labelled := strings.Cut(inside, "|")
	target, label = unescape.Replace(target), unescape.Replace(label)
	switch {
	case strings.HasPrefix(target, "@"):
		return "<" + target + ">"
	case strings.HasPrefix(target, "#"):
		return channel(target[1:], label)
	case strings.HasPrefix(target, "!"):
		if label != "" {
			return label
		}
		name, _, _ := strings.Cut(target[1:], "^")
		return "@" + name
	case !labelled || label == "":
		return target
	case strings.HasSuffix(target, label) || strings.HasSuffix(label, "…"):
		return label
	}
	return label + " (" + target + ")"
}

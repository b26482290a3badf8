package slack

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/debrief-bot/debrief/conversations"
)

// Scope is a right that the app asks for, and what for.
type Scope struct {
	Name string
	Why  string
	With string // asked for only with this; empty: always
}

// Scopes are all rights that the app can ask for. The manifest is made from them, and the README lists them.
var Scopes = []Scope{
	{Name: "commands", Why: "`/postmortem` and the shortcuts"},
	{Name: "app_mentions:read", Why: "`@debrief …`, above all in threads, where Slack runs no commands"},
	{Name: "chat:write", Why: "the card, the questions, the report"},
	{Name: "reactions:read", Why: "pins, and the text of what is pinned"},
	{Name: "reactions:write", Why: "📎 on what is kept, 📝 on what is taken as an answer"},
	{Name: "users:read", Why: "names, time zones, who is an admin and who has left, when it changes, too"},
	{Name: "im:write", Why: "the weekly message about what is late"},
	{Name: "im:history", Why: "what people write to the bot alone, and whether a message to them arrived"},
	{Name: "channels:read", Why: "in which channels it is, who can see them, and when one is archived or deleted"},
	{Name: "groups:read", Why: "the same for private channels that it was invited to"},
	{Name: "channels:history", Why: "plain replies as answers, edits and deletions, and reading back what was missed", With: "talk"},
	{Name: "groups:history", Why: "the same in private channels that it was invited to", With: "talk"},
	{Name: "channels:join", Why: "joining public channels by itself, those that `settings join` names", With: "join"},
	{Name: "files:write", Why: "the published report as a PDF in its thread", With: "files"},
}

// subscription is an event that the app gets, the type that it then has, and the right that it needs.
type subscription struct{ name, kind, scope string }

var subscriptions = []subscription{
	{"app_home_opened", "app_home_opened", ""},
	{"app_mention", "app_mention", "app_mentions:read"},
	{"app_uninstalled", "app_uninstalled", ""},
	{"channel_archive", "channel_archive", "channels:read"},
	{"channel_created", "channel_created", "channels:join"}, // channels:read would do; nobody else needs it
	{"channel_deleted", "channel_deleted", "channels:read"},
	{"channel_left", "channel_left", "channels:read"},
	{"channel_rename", "channel_rename", "channels:join"}, // likewise
	{"channel_unarchive", "channel_unarchive", "channels:read"},
	{"group_archive", "group_archive", "groups:read"},
	{"group_deleted", "group_deleted", "groups:read"},
	{"group_left", "group_left", "groups:read"},
	{"group_unarchive", "group_unarchive", "groups:read"},
	{"member_joined_channel", "member_joined_channel", "channels:read"},
	{"member_left_channel", "member_left_channel", "channels:read"},
	{"message.channels", "message", "channels:history"},
	{"message.groups", "message", "groups:history"},
	{"message.im", "message", "im:history"},
	{"reaction_added", "reaction_added", "reactions:read"},
	{"reaction_removed", "reaction_removed", "reactions:read"},
	{"tokens_revoked", "tokens_revoked", ""},
	{"user_change", "user_change", "users:read"},
}

// shortcuts are what the menu of a message offers, and what can be begun anywhere (global): a click whose verb is the name.
var shortcuts = []struct{ verb, kind, label, what string }{
	{"add form", "message", "Add to timeline", "Put this message on the timeline of the incident"},
	{"action form", "message", "Make it an action", "Make this message something that the review changes"},
	{"start form", "global", "Start a postmortem", "Begin a review of what was pinned in a channel"},
}

// Extras are what a manifest can be asked for beside the least, in order.
func Extras() []string {
	var all []string
	for _, s := range Scopes {
		if s.With != "" && !slices.Contains(all, s.With) {
			all = append(all, s.With)
		}
	}
	return all
}

// Manifest is the app as Slack wants it described, https://docs.slack.dev/reference/app-manifest. base is the address at
// which Slack reaches this program; with none, Slack sends over connections (Socket Mode). with names what the app may do
// beside the least, see Extras. The error is words for who asked.
func Manifest(base string, with []string) ([]byte, error) {
	if u, err := url.Parse(base); base != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		return nil, fmt.Errorf("%q is no address that Slack can reach; it looks like https://debrief.example.com", base)
	}
	for _, w := range with {
		if !slices.Contains(Extras(), w) {
			return nil, fmt.Errorf("there is nothing called %q to add; there is: %s", w, strings.Join(Extras(), ", "))
		}
	}
	var scopes []string
	for _, s := range Scopes {
		if s.With == "" || slices.Contains(with, s.With) {
			scopes = append(scopes, s.Name)
		}
	}
	var events []string
	for _, s := range subscriptions {
		if s.scope == "" || slices.Contains(scopes, s.scope) {
			events = append(events, s.name)
		}
	}
	var offered []object
	for _, s := range shortcuts {
		offered = append(offered, object{"name": s.label, "type": s.kind, "callback_id": s.verb, "description": s.what})
	}
	command := object{
		"command": "/postmortem", "description": "Start a postmortem, and everything about it",
		"usage_hint": conversations.Commands[0].Name + " " + conversations.Commands[0].Args, "should_escape": true,
	}
	subscribed, interactive := object{"bot_events": events}, object{"is_enabled": true}
	if base = strings.TrimSuffix(base, "/"); base != "" {
		command["url"], subscribed["request_url"], interactive["request_url"] = base+CommandsPath, base+EventsPath, base+InteractionsPath
	}
	return json.MarshalIndent(object{
		"display_information": object{"name": "Debrief", "description": "Pin during the incident, review in the thread, follow through"},
		"features": object{
			"app_home":       object{"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false},
			"bot_user":       object{"display_name": "debrief", "always_online": true},
			"slash_commands": []object{command},
			"shortcuts":      offered,
		},
		"oauth_config": object{"scopes": object{"bot": scopes}},
		"settings": object{
			"event_subscriptions": subscribed, "interactivity": interactive,
			"org_deploy_enabled": false, "socket_mode_enabled": base == "", "token_rotation_enabled": false,
		},
	}, "", "  ")
}

type object = map[string]any

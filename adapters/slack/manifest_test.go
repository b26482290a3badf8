package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

type manifest struct {
	Display struct {
		Name        string
		Description string
	} `json:"display_information"`
	Features struct {
		Home struct {
			Tab bool `json:"home_tab_enabled"`
		} `json:"app_home"`
		Commands  []struct{ URL, Description, UsageHint string } `json:"slash_commands"`
		Shortcuts []struct {
			Name, Description string
			CallbackID        string `json:"callback_id"`
		}
	}
	OAuth    struct{ Scopes struct{ Bot []string } } `json:"oauth_config"`
	Settings struct {
		Events struct {
			URL string   `json:"request_url"`
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			On  bool   `json:"is_enabled"`
			URL string `json:"request_url"`
		}
		Sockets bool `json:"socket_mode_enabled"`
	}
}

func manifestWith(t *testing.T, with ...string) manifest {
	return manifestAt(t, "https://debrief.example.com/", with...)
}

func manifestAt(t *testing.T, base string, with ...string) manifest {
	b, err := Manifest(base, with)
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

const shortcutUsed = `{"type":%q,"callback_id":%q,"team":{"id":"T0ACME"},"user":{"id":"U0ANA"},"action_ts":"1772457060.000111",` +
	`"response_url":"https://hooks.slack.example/1","channel":{"id":"C0OPS"},"message_ts":"1772456550.000200","message":{"text":"x"}}`

// TestManifestIsWhatIsHandled: nothing that is handled is missing from it, and nothing in it is unhandled.
func TestManifestIsWhatIsHandled(t *testing.T) {
	var kinds []string
	for _, s := range subscriptions {
		kinds = append(kinds, s.kind)
		if taken[s.kind] == nil && ended[s.kind] == nil {
			t.Errorf("nothing handles %s", s.name)
		}
		if s.scope != "" && !slices.ContainsFunc(Scopes, func(o Scope) bool { return o.Name == s.scope }) {
			t.Errorf("nothing asks for %s, which %s needs", s.scope, s.name)
		}
	}
	for _, kind := range append(slices.Sorted(maps.Keys(taken)), slices.Sorted(maps.Keys(ended))...) {
		if !slices.Contains(kinds, kind) {
			t.Errorf("nothing subscribes to %s", kind)
		}
	}
	open := conversations.Subject{ID: "slack/T0ACME/review/cmd/1", State: &conversations.Review{Number: 1, Stage: conversations.StageOpen, Home: place}}
	for _, s := range shortcuts {
		e := conversations.Event{Kind: conversations.Clicked, Verb: s.verb, Where: place}
		if a := conversations.Respond(e, conversations.Facts{Subjects: []conversations.Subject{open}}); a.Form == nil || !conversations.Route(e, conversations.Settings{}).AtOnce {
			t.Errorf("the shortcut %q opens nothing", s.label)
		}
		used := fmt.Sprintf(shortcutUsed, map[string]string{"message": "message_action", "global": "shortcut"}[s.kind], s.verb)
		if a, ok, err := us.receiveInteraction([]byte(used), time.Now()); err != nil || !ok || a.event.Verb != s.verb {
			t.Errorf("the shortcut %q comes in as %+v, %v", s.label, a.event, err)
		}
	}
	if home := slices.ContainsFunc(subscriptions, func(s subscription) bool { return s.kind == "app_home_opened" }); home != manifestWith(t).Features.Home.Tab {
		t.Errorf("it hears of the Home: %v, and the app has one: %v", home, !home)
	}
}

func TestManifest(t *testing.T) {
	least, all := manifestWith(t), manifestWith(t, Extras()...)
	if slices.Contains(least.OAuth.Scopes.Bot, "channels:history") || slices.Contains(least.Settings.Events.Bot, "message.channels") {
		t.Error("it asks for the talk of channels without being told to")
	}
	if !slices.Contains(all.OAuth.Scopes.Bot, "channels:history") || !slices.Contains(all.Settings.Events.Bot, "message.channels") {
		t.Error("with talk it does not ask for it")
	}
	for _, address := range []string{least.Settings.Events.URL, least.Settings.Interactivity.URL, least.Features.Commands[0].URL} {
		if !strings.HasPrefix(address, "https://debrief.example.com/slack/") {
			t.Errorf("Slack would send to %s", address)
		}
	}
	sockets := manifestAt(t, "", Extras()...)
	if !sockets.Settings.Sockets || all.Settings.Sockets {
		t.Error("Socket Mode is on where there is an address, or off where there is none")
	}
	if sockets.Settings.Events.URL+sockets.Settings.Interactivity.URL+sockets.Features.Commands[0].URL != "" || !sockets.Settings.Interactivity.On {
		t.Errorf("without an address, Slack would send to one: %+v", sockets)
	}
	if !slices.Equal(sockets.Settings.Events.Bot, all.Settings.Events.Bot) || !slices.Equal(sockets.OAuth.Scopes.Bot, all.OAuth.Scopes.Bot) {
		t.Error("over connections it asks for something else")
	}
	longest := map[string]int{least.Display.Name: 35, least.Display.Description: 140}
	for _, s := range least.Features.Shortcuts {
		longest[s.Name], longest[s.Description] = 24, 150
	}
	for what, n := range longest {
		if what == "" || len(what) > n {
			t.Errorf("%q is empty or longer than %d", what, n)
		}
	}
	for _, base := range []string{"debrief.example.com", "http://debrief.example.com", "https://", "https://x.example/?a=b"} {
		if _, err := Manifest(base, nil); err == nil {
			t.Errorf("%q is an address for it", base)
		}
	}
	if _, err := Manifest("https://x.example", []string{"everything"}); err == nil || !strings.Contains(err.Error(), "talk") {
		t.Errorf("with everything: %v", err)
	}
}

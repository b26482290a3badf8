package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// Slack says a mention twice, as a message and as a mention, and with two bots on one store each may hear another half.
// Whoever asked is answered once, and what was started is started once, whichever comes first and also where the app hears
// mentions only.
func TestAMentionThatTwoBotsHear(t *testing.T) {
	for name, talk := range map[string]bool{"with talk": true, "without talk": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := slacktest.NewInMemory(t)
				s.AddUser(slacktest.User{ID: "U0ANA", Name: "ana", TZ: "Europe/Berlin", Admin: true})
				s.AddChannel(slacktest.Channel{ID: "C0OPS", Name: "ops", Members: []string{"U0ANA"}})
				s.Subscribe(func(event string) bool { return talk || event == "app_mention" })
				store := storagetest.NewMemory(nil)
				bots := map[string]http.Handler{"message": aReplica(t, s, store), "app_mention": aReplica(t, s, store)}
				s.ServeTo(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					half := "message"
					if bytes.Contains(body, []byte(`"app_mention"`)) {
						half = "app_mention"
					}
					bots[half].ServeHTTP(w, r)
				}), slackPaths(""))
				synctest.Wait()
				said := func(text string) (whispers, posts int) {
					whispers, posts = len(s.Whispers()), s.Calls("chat.postMessage")
					s.Say(slacktest.Message{User: "U0ANA", Channel: "C0OPS", Text: "<@" + slacktest.BotUser + "> " + text})
					synctest.Wait()
					return len(s.Whispers()) - whispers, s.Calls("chat.postMessage") - posts
				}
				if n, _ := said("help"); n != 1 {
					t.Errorf("she is shown %d answers", n)
				}
				if n, _ := said("start tiny Checkout is down"); n != 1 {
					t.Errorf("she is asked %d times whether it is over", n)
				}
				for _, w := range s.Whispers() {
					if text, _, _ := w.Read(); strings.Contains(text, "still burning?") {
						s.Click("U0ANA", "C0OPS", w.TS, "It is over", "")
					}
				}
				synctest.Wait()
				cards := 0
				for _, m := range s.Messages() {
					if text, _, _ := m.Read(); m.Ours && m.Thread == "" && strings.Contains(text, "Checkout is down") {
						cards++
					}
				}
				if cards != 1 {
					t.Errorf("there are %d cards", cards)
				}
			})
		})
	}
}

// aReplica is one of several bots on a store, until the test ends.
func aReplica(t *testing.T, s *slacktest.Server, store storage.Store) http.Handler {
	chat := slack.New(slack.Options{
		BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: s.URL + "/api",
		Transport: &http.Transport{DialContext: s.Dial, DisableKeepAlives: true},
	})
	b := bot.New(bot.Options{Store: store, Chats: []adapters.Chat{chat}, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("a bot ended with %v", err)
		}
	})
	return chat.Handler()
}

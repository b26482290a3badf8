package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// limited is the bot in a Slack that refuses what is beyond its limits. Time passes when everybody waits, so hours are
// over in seconds.
type limited struct {
	*slacktest.Server
	t        *testing.T
	store    storage.Store
	registry *prometheus.Registry
	end      func()
}

// inLimits runs a test with people in three channels, and no bot yet.
func inLimits(t *testing.T, test func(*testing.T, *limited)) {
	synctest.Test(t, func(t *testing.T) {
		l := &limited{Server: slacktest.NewInMemory(t), t: t, store: storagetest.NewMemory(nil), end: func() {}}
		l.Limit()
		l.AddUser(slacktest.User{ID: "U0ANA", Name: "ana", TZ: "Europe/Berlin", Admin: true})
		for _, c := range limitedChannels {
			l.AddChannel(slacktest.Channel{ID: c, Name: strings.ToLower(c), Members: []string{"U0ANA"}})
		}
		t.Cleanup(func() { l.end() })
		test(t, l)
	})
}

var limitedChannels = []string{"C0ONE", "C0TWO", "C0THREE"}

// begin runs the bot, or another after the one before has ended.
func (l *limited) begin() {
	l.end()
	l.registry = prometheus.NewRegistry()
	chat := slack.New(slack.Options{
		BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: l.URL + "/api",
		Transport: &http.Transport{DialContext: l.Dial, DisableKeepAlives: true},
	})
	l.ServeTo(chat.Handler(), slackPaths(""))
	b := bot.New(bot.Options{Store: l.store, Chats: []adapters.Chat{chat}, Registry: l.registry, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	l.end = func() {
		stop()
		if err := <-ended; err != nil {
			l.t.Errorf("the bot ended with %v", err)
		}
		l.end = func() {}
	}
	synctest.Wait()
}

// effects is how many effects came to something.
func (l *limited) effects(outcome string) (n int) {
	all, err := l.registry.Gather()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, f := range all {
		for _, m := range f.GetMetric() {
			for _, label := range m.GetLabel() {
				if f.GetName() == "debrief_effects_total" && label.GetName() == "outcome" && label.GetValue() == outcome {
					n += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return n
}

// kept is how many messages have the bot's 📎.
func (l *limited) kept() (n int) {
	for _, m := range l.Messages() {
		if slices.Contains(m.Reactions["paperclip"], slacktest.BotUser) {
			n++
		}
	}
	return n
}

// until lets minutes pass until something is so, and says how many it took.
func (l *limited) until(most int, so func() bool) int {
	l.t.Helper()
	for n := range most {
		if so() {
			return n
		}
		time.Sleep(time.Minute)
		synctest.Wait()
	}
	l.t.Fatalf("not even after %d minutes", most)
	return most
}

// For ten minutes Slack takes no posts. Nothing of what was to be said in that time is lost or said twice, no try is
// counted, everything else goes on, and Slack is left alone for as long as it asks.
func TestTenMinutesOfNotNow(t *testing.T) {
	inLimits(t, func(t *testing.T, l *limited) {
		l.begin()
		over := time.Now().Add(10 * time.Minute)
		l.Fail(func(method string) (f slacktest.Fault) {
			if method == "chat.postMessage" && time.Now().Before(over) {
				f.Status, f.RetryAfter = http.StatusTooManyRequests, "30"
			}
			return f
		})
		for _, c := range limitedChannels {
			ts, _ := l.Say(slacktest.Message{User: "U0ANA", Channel: c, Text: "it broke"})
			l.React("U0ANA", c, ts, "pushpin", true)
			l.startReview(c)
		}
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if n := l.kept(); n != 3 {
			t.Errorf("meanwhile only %d pins were kept", n)
		}
		if n := l.Calls("chat.postMessage"); n < 3 || n > 4*20 { // in three channels, and to her alone
			t.Errorf("Slack was called %d times", n)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		for _, c := range limitedChannels {
			cards, questions := 0, 0
			for _, m := range l.Messages() {
				switch text, _, _ := m.Read(); {
				case m.Channel != c || !m.Ours:
				case m.Thread == "":
					cards++
				case strings.Contains(text, "What happened?"):
					questions++
				}
			}
			if cards != 1 || questions != 1 {
				t.Errorf("%s: %d cards and %d questions", c, cards, questions)
			}
		}
		if again, uncertain := l.effects("again"), l.effects("uncertain"); again+uncertain > 0 || l.effects("later") == 0 {
			t.Errorf("%d tries were counted, %d are uncertain", again, uncertain)
		}
	})
}

var pinsFlag = flag.Int("pins", 500, "how many messages TestPinsInAMinute pins")

// Many messages are pinned within a minute. Each is fetched once, as fast as Slack allows and no faster.
func TestPinsInAMinute(t *testing.T) {
	inLimits(t, func(t *testing.T, l *limited) {
		pins := *pinsFlag
		store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "pins.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		defer func() { l.end() }()
		l.store = store
		l.Subscribe(func(event string) bool { return event == "reaction_added" })
		l.begin()
		for range pins {
			ts, _ := l.Say(slacktest.Message{User: "U0ANA", Channel: limitedChannels[0], Text: "it broke"})
			if !l.React("U0ANA", limitedChannels[0], ts, "pushpin", true) {
				t.Fatal("a pin was not acknowledged")
			}
			time.Sleep(time.Minute / time.Duration(pins))
		}
		took := l.until(pins/50*5/4, func() bool { return l.kept() == pins })
		t.Logf("the last is kept after %d minutes; %d times something was put off", took, l.effects("later"))
		hourly := 200 * ((took + 2) / 60) // known pins are looked at once more
		if n := l.Calls("reactions.get"); n < pins || n > pins+hourly {
			t.Errorf("%d fetches", n)
		}
		if n := l.Refused(); n > 0 {
			t.Errorf("Slack refused %d calls", n)
		}
	})
}

// What was said in three channels while the bot was away is read back by an app that may call once a minute, for 15
// messages; also when the bot is ended in the middle, and without holding up what happens meanwhile.
func TestReadingBackOnceAMinute(t *testing.T) {
	inLimits(t, func(t *testing.T, l *limited) {
		l.LimitMeanly()
		pinned := 0
		for n := range 100 {
			for _, c := range limitedChannels {
				ts, _ := l.Say(slacktest.Message{User: "U0ANA", Channel: c, Text: fmt.Sprint("message ", n)})
				if n%10 == 0 {
					l.React("U0ANA", c, ts, "pushpin", true)
					pinned++
				}
				time.Sleep(time.Second)
			}
		}
		l.begin()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := l.kept(); n == pinned {
			t.Error("it was not ended in the middle")
		}
		l.begin()
		ts, _ := l.Say(slacktest.Message{User: "U0ANA", Channel: limitedChannels[0], Text: "meanwhile"})
		l.React("U0ANA", limitedChannels[0], ts, "pushpin", true)
		synctest.Wait()
		if m, _ := l.Find(limitedChannels[0], ts); len(m.Reactions["paperclip"]) == 0 {
			t.Error("reading back holds up a pin")
		}
		took := l.until(60, func() bool { return l.kept() == pinned+1 })
		t.Logf("all is read %d minutes after the second start", took)
		if n := l.Refused(); n > 10 {
			t.Errorf("Slack refused %d calls", n)
		}
	})
}

// A process is killed in the middle of a reading of a week, between a call and what came of it. The next one goes on from
// there, and reads again only the last day before the gap, where somebody may have pinned something meanwhile.
func TestKilledInAReadingOfAWeek(t *testing.T) {
	inLimits(t, func(t *testing.T, l *limited) {
		l.LimitMeanly()
		const messages, apart = 300, 30 * time.Minute
		pinned := 0
		for n := range messages {
			ts, _ := l.Say(slacktest.Message{User: "U0ANA", Channel: limitedChannels[0], Text: fmt.Sprint("message ", n)})
			if n%10 == 0 {
				l.React("U0ANA", limitedChannels[0], ts, "pushpin", true)
				pinned++
			}
			time.Sleep(apart)
		}
		store := l.store
		dying := &killed{Store: store}
		l.store = dying
		l.begin()
		calls := func() int { return l.Calls("conversations.history") - l.Refused() }
		for calls() < 16 {
			time.Sleep(time.Second)
		}
		dying.dead.Store(true)
		time.Sleep(time.Minute)
		l.store = store
		before := calls()
		l.begin()
		l.until(60, func() bool { return l.kept() == pinned })
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		const page = 15
		day := int(24*time.Hour/apart)/page + 1
		after, all := calls()-before, messages/page+2 // two channels are empty
		t.Logf("%d calls, and then %d; it would be %d at once", before, after, all)
		if most := all - before + 1 + day + 2; after > most {
			t.Errorf("after %d calls of %d it took %d more, not %d", before, all, after, most)
		}
	})
}

// killed is a store that nothing reaches any more from one moment on, as if the process had died.
type killed struct {
	storage.Store
	dead atomic.Bool
}

func (k *killed) do(call func() error) error {
	if k.dead.Load() {
		return storage.ErrUnavailable
	}
	return call()
}

func (k *killed) Accept(ctx context.Context, rows ...storage.Row) error {
	return k.do(func() error { return k.Store.Accept(ctx, rows...) })
}

func (k *killed) Save(ctx context.Context, s conversations.Subject, effects []conversations.Effect) error {
	return k.do(func() error { return k.Store.Save(ctx, s, effects) })
}

func (k *killed) Settle(ctx context.Context, c storage.Claim, s storage.Settlement) error {
	return k.do(func() error { return k.Store.Settle(ctx, c, s) })
}

func (k *killed) ClaimEffect(ctx context.Context, worker string) (c storage.Claim, err error) {
	err = k.do(func() error { c, err = k.Store.ClaimEffect(ctx, worker); return err })
	return c, err
}

// Hundreds of people whom nobody here knows yet are asked for no faster than Slack allows, each once, and what names them
// waits until they are known. (That a name is asked for again after an hour is tested where the bot is.)
func TestHundredsOfNames(t *testing.T) {
	inLimits(t, func(t *testing.T, l *limited) {
		const people = 300
		channel := limitedChannels[0]
		for n := range people {
			l.AddUser(slacktest.User{ID: fmt.Sprint("U1", n), Name: fmt.Sprint("person-", n)})
		}
		l.AddChannel(slacktest.Channel{ID: channel, Name: "one"})
		l.begin()
		for n := range people {
			ts, _ := l.Say(slacktest.Message{User: fmt.Sprint("U1", n), Channel: channel, Text: "it broke"})
			l.React("U0ANA", channel, ts, "pushpin", true)
		}
		l.until(10, func() bool { return l.kept() == people })
		l.startReview(channel)
		took := l.until(10, func() bool { return strings.Contains(l.said(channel), "What happened?") })
		t.Logf("%d calls for %d people, the question is there after %d minutes", l.Calls("users.info"), people+1, took)
		if n := l.Calls("users.info"); n < people || n > people*5/4 {
			t.Errorf("%d calls for %d people", n, people+1)
		}
		if n := l.Refused(); n > 0 {
			t.Errorf("Slack refused %d calls", n)
		}
		if said := l.said(channel); strings.Contains(said, "U1") || !strings.Contains(said, "person-1") {
			t.Errorf("names are missing: %s", said)
		}
	})
}

// startReview has somebody start one, as something that is over.
func (l *limited) startReview(channel string) {
	l.Command("U0ANA", channel, "start tiny Broken")
	synctest.Wait()
	for _, m := range slices.Backward(l.Whispers()) {
		if text, _, _ := m.Read(); m.Channel == channel && strings.Contains(text, "still burning?") {
			l.Click("U0ANA", channel, m.TS, "It is over", "")
			break
		}
	}
	synctest.Wait()
}

// said is everything that the bot wrote in a channel.
func (l *limited) said(channel string) string {
	var all []string
	for _, m := range l.Messages() {
		if text, _, _ := m.Read(); m.Channel == channel && m.Ours {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n")
}

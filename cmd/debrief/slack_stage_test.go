package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// slackStage plays transcripts in Slack: the bot, the adapter as the program has it, HTTP both ways, and a Slack of ours.
type slackStage struct {
	transcript.Clockwork
	t     testing.TB
	slack *slacktest.Server
	store storage.Store
	zone  *time.Location
	zones map[string]*time.Location // of people, by name
	away  atomic.Bool
	slots sync.Map // what a message is for, by its effect
	end   func()   // of the adapter that runs now

	places  map[string]slacktest.Message // where a message is, by its id
	show    func(seen)                   // is shown everything that people see, each time they look
	told    int                          // of what Slack told people alone, how much is among the answers
	answers []transcript.Answer
}

var _ transcript.Stage = (*slackStage)(nil)

func newSlackStage(t testing.TB) *slackStage {
	people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
	w := slacktest.New(t)
	w.Now = people.Now
	memory := storagetest.NewMemory(stores.Now)
	s := &slackStage{t: t, slack: w, store: memory, zones: map[string]*time.Location{}, places: map[string]slacktest.Message{}, end: func() {}, show: func(seen) {}}
	s.Clockwork = transcript.Clockwork{
		People: people, Store: stores, Next: memory.Next, NextDue: memory.NextDue, Waiting: w.Waiting,
		Redeliver: func(context.Context) { w.Redeliver() },
	}
	t.Cleanup(func() { s.end() })
	return s
}

// Names of a transcript are ids of Slack's: ana is U0ANA, #inc-checkout C0INCCHECKOUT.
var noID = regexp.MustCompile(`[^A-Z0-9]`)

func slackID(kind, name string) string {
	return kind + noID.ReplaceAllString(strings.ToUpper(name), "")
}

func userID(name string) string { return slackID("U0", name) }

// channelID is a channel's id, or that of what is between the bot and somebody: "@bo".
func channelID(name string) string {
	if person, ok := strings.CutPrefix(name, "@"); ok {
		return slacktest.Direct(userID(person))
	}
	return slackID("C0", name)
}

// Begin implements transcript.Stage.
func (s *slackStage) Begin(ctx context.Context, set transcript.Setting) error {
	s.People.Set(set.Start)
	s.Store.Set(set.Start)
	s.zone = set.Zone
	for _, p := range set.People {
		zone := set.Zone.String()
		if p.Zone != "" {
			zone = p.Zone
		}
		s.zones[p.Name], _ = time.LoadLocation(zone)
		s.slack.AddUser(slacktest.User{
			ID: userID(p.Name), Name: p.Name, TZ: zone, Admin: p.Admin, Bot: p.Bot, Guest: p.Outsider, Deactivated: p.Inactive,
		})
	}
	for _, c := range set.Channels {
		members := []string{}
		for _, m := range c.Members {
			members = append(members, userID(m))
		}
		s.slack.AddChannel(slacktest.Channel{
			ID: channelID(c.Name), Name: c.Name, Private: c.Private, Archived: c.Archived, WithoutBot: c.WithoutBot, Members: members,
		})
	}
	return s.open(ctx)
}

// open starts the adapter and a bot behind it.
func (s *slackStage) open(ctx context.Context) error {
	chat := slack.New(slack.Options{
		BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: s.slack.URL + "/api", Now: s.People.Now,
		Pace: slacktest.Unhurried(), Log: slog.New(slog.DiscardHandler),
	})
	s.slack.ServeTo(chat.Handler(), slackPaths(""))
	b := bot.New(bot.Options{Store: s.store, Chats: []adapters.Chat{noted{chat, &s.slots, s.ahead}}, Now: s.People.Now, Zone: s.zone})
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- chat.Run(running, door{b, &s.away}) }()
	s.end = func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Errorf("the adapter ended with %v", err)
		}
	}
	hello := s.slack.Envelope(map[string]any{"type": "hello"})
	for connected := false; !connected; { // until then it refuses what comes
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("the adapter ended: %w", err)
		default:
			status, _ := s.slack.Deliver(hello)
			connected = status == 200
		}
	}
	s.Bot = b
	return b.CatchUp(ctx)
}

// door is the bot's, from which it can be cut off as by a store that is away.
type door struct {
	adapters.Handler
	away *atomic.Bool
}

func (d door) Handle(ctx context.Context, e conversations.Event) (conversations.Answer, error) {
	if d.away.Load() {
		return conversations.Answer{}, storage.ErrUnavailable
	}
	return d.Handler.Handle(ctx, e)
}

// noted is a chat of whose messages is known what each is for, which nobody in Slack sees and transcripts name them after.
//
// It is asked by the store's clock what was sent since when, and Slack has people's, which in a stage is behind.
type noted struct {
	adapters.Chat
	slots *sync.Map
	ahead func() time.Duration
}

func (n noted) Send(ctx context.Context, m conversations.Message) (conversations.Result, error) {
	n.slots.Store(m.Effect, m.Slot)
	return n.Chat.Send(ctx, n.inPeoplesTime(m))
}

func (n noted) Find(ctx context.Context, m conversations.Message) (adapters.Found, conversations.Result, error) {
	return n.Chat.Find(ctx, n.inPeoplesTime(m))
}

func (n noted) inPeoplesTime(m conversations.Message) conversations.Message {
	if !m.Since.IsZero() {
		m.Since = m.Since.Add(-n.ahead())
	}
	return m
}

// ahead is by how much the store's clock was wound further than people's.
func (s *slackStage) ahead() time.Duration { return s.Store.Now().Sub(s.People.Now()) }

// Do implements transcript.Stage.
func (s *slackStage) Do(ctx context.Context, d transcript.Deed) (string, error) {
	s.Move(d.At)
	who, channel, on := userID(d.Who), channelID(d.Channel), s.places[d.Message]
	if !strings.HasPrefix(d.Channel, "@") && d.Channel != "" {
		s.known(d.Channel)
	}
	switch d.Verb {
	case transcript.Say, transcript.Program:
		return s.say(d)
	case transcript.Edit:
		s.slack.Edit(on.Channel, on.TS, s.typed(d.Text))
	case transcript.Delete:
		s.slack.Delete(on.Channel, on.TS)
	case transcript.React, transcript.Unreact:
		name, ok := reactionNames[d.Emoji]
		if !ok {
			return "", fmt.Errorf("this stage does not know what Slack calls %s", d.Emoji)
		}
		s.slack.React(who, on.Channel, on.TS, name, d.Verb == transcript.React)
	case transcript.Command:
		if d.Thread != "" {
			s.refuse(d, "/postmortem does not work inside threads. Write `"+strings.TrimSpace("@debrief "+d.Text)+"` instead. Your message was not sent.")
			return "", nil
		}
		s.slack.Command(who, channel, s.typed(d.Text))
	case transcript.Click:
		s.slack.Click(who, on.Channel, on.TS, d.Label, d.Choice)
	case transcript.Submit:
		return "", s.submit(d)
	default:
		return "", s.arrange(ctx, d)
	}
	return "", nil
}

// reactionNames are what Slack calls the emoji that people react with in transcripts.
var reactionNames = map[string]string{
	"📌": "pushpin", "📍": "round_pushpin", "🎯": "dart", "📝": "memo", "❌": "x", "✅": "white_check_mark", "👍": "+1",
	"👍🏿": "+1::skin-tone-6", "👍🏽": "+1::skin-tone-4", "🚨": "rotating_light", "🧷": "safety_pin", "🩹": "adhesive_bandage", "👀": "eyes", "🔥": "fire",
}

// typed is a text as Slack sends it: emoji, too, go by their names.
func (s *slackStage) typed(text string) string {
	var names []string
	for _, emoji := range slices.Backward(slices.Sorted(maps.Keys(reactionNames))) { // those with a tone of skin first
		names = append(names, emoji, ":"+reactionNames[emoji]+":")
	}
	return s.slack.Compose(strings.NewReplacer(names...).Replace(text))
}

// known has a channel that the transcript says nothing about: a plain public one.
func (s *slackStage) known(name string) {
	if s.slack.NameOf(channelID(name)) == "" {
		s.slack.AddChannel(slacktest.Channel{ID: channelID(name), Name: name})
	}
}

// refuse is Slack itself telling somebody that what they typed was not sent.
func (s *slackStage) refuse(d transcript.Deed, text string) {
	s.hear()
	s.answers = append(s.answers, transcript.Answer{To: d.Who, Channel: d.Channel, Thread: d.Thread, ByChat: true, Text: plainly(text)})
}

func (s *slackStage) say(d transcript.Deed) (string, error) {
	m := slacktest.Message{User: userID(d.Who), Channel: channelID(d.Channel), Thread: d.Thread, Text: s.typed(d.Text), Files: d.Files}
	word, rest, _ := strings.Cut(d.Text, " ")
	switch {
	case d.Verb == transcript.Program:
		m.User, m.Program = "", d.Who
	case word == "/postmortem" && d.Thread != "":
		s.refuse(d, word+" does not work inside threads. Write `@debrief "+strings.TrimSpace(rest)+"` instead. Your message was not sent.")
		return "", nil
	case strings.HasPrefix(word, "/"):
		s.refuse(d, word+" is not a command here; the only one is `/postmortem`. Your message was not sent.")
		return "", nil
	}
	ts, _ := s.slack.Say(m)
	s.places[ts] = slacktest.Message{Channel: m.Channel, TS: ts}
	return ts, nil
}

// submit fills in a form by the names of its inputs or what stands beside them, and by what its options say.
func (s *slackStage) submit(d transcript.Deed) error {
	v, open := s.slack.Form(userID(d.Who))
	if !open {
		return fmt.Errorf("no form is open for %s", d.Who)
	}
	fields := map[string]string{}
	for _, f := range d.Fields {
		in, ok := inputOf(v, f.Name)
		if !ok {
			return fmt.Errorf("the form %q has no input %q", v.Title, f.Name)
		}
		fields[in.name] = in.valueOf(f.Value)
	}
	s.slack.Submit(userID(d.Who), fields)
	return nil
}

// arrange changes the world around the bot.
func (s *slackStage) arrange(ctx context.Context, d transcript.Deed) error {
	who, channel := userID(d.Who), channelID(d.Channel)
	switch d.Verb {
	case transcript.Join:
		s.slack.Enter(who, channel)
	case transcript.Leave:
		s.slack.Leave(who, channel)
	case transcript.Invite:
		s.slack.Invite(who, channel)
	case transcript.Remove:
		s.slack.Remove(who, channel)
	case transcript.Archive:
		s.slack.Archive(who, channel)
	case transcript.Unarchive:
		s.slack.Unarchive(who, channel)
	case transcript.Deactivate:
		s.slack.Change(slacktest.User{ID: who, Name: d.Who, TZ: s.zones[d.Who].String(), Deactivated: true})
	case transcript.Restart:
		s.end()
		return s.open(ctx)
	case transcript.StoreAway, transcript.StoreBack:
		s.Away = d.Verb == transcript.StoreAway
		s.away.Store(s.Away)
	default:
		return fmt.Errorf("this stage does not know %q", d.Verb)
	}
	return nil
}

// Scene implements transcript.Stage.
func (s *slackStage) Scene(context.Context) (transcript.Scene, error) {
	var scene transcript.Scene
	all := s.slack.Messages()
	for _, m := range all {
		s.places[m.TS] = slacktest.Message{Channel: m.Channel, TS: m.TS}
		for name, who := range m.Reactions {
			if slices.Contains(who, slacktest.BotUser) {
				scene.Marks = append(scene.Marks, transcript.Mark{Message: m.TS, Emoji: conversations.Emoji(name)})
			}
		}
		mark, ok := markerOf(m)
		if !m.Ours || mark.Of != "" {
			continue // somebody else's, or a further part of one of ours
		}
		if !ok {
			return scene, errors.New("a message of the bot's that nobody could find again: " + m.Text)
		}
		scene.Messages = append(scene.Messages, s.message(m, mark, all))
	}
	s.hear()
	scene.Answers = s.answers
	return scene, nil
}

// marker is what the adapter writes on its messages to know them again.
type marker struct{ Effect, Of string }

func markerOf(m slacktest.Message) (marker, bool) {
	var all struct {
		Payload marker `json:"event_payload"`
	}
	err := json.Unmarshal(m.Metadata, &all)
	return all.Payload, err == nil
}

// message is one of the bot's with the messages in which it goes on.
func (s *slackStage) message(m slacktest.Message, mark marker, all []slacktest.Message) transcript.Message {
	slot, _ := s.slots.Load(mark.Effect)
	r := reader{zone: s.zoneIn(m.Channel)}
	t := transcript.Message{
		ID: m.TS, Channel: s.channelName(m.Channel), Thread: m.Thread, At: momentOf(m.TS), Touched: momentOf(m.TS), Controls: controlsOf(m.Blocks),
	}
	t.Slot, _ = slot.(string)
	if m.Edited != "" {
		t.Touched = momentOf(m.Edited)
	}
	end := len(m.Blocks) // of what goes on in further messages: below it are the controls
	for end > 0 && m.Blocks[end-1]["type"] == "actions" {
		end--
	}
	text, parts := r.read(m.Blocks[:end]), []any{partOf(m)}
	for _, further := range all {
		if mark, _ := markerOf(further); mark.Of == m.TS {
			text, parts = text+"\n"+r.read(further.Blocks), append(parts, partOf(further))
		}
	}
	t.Text = plainly(text + "\n" + r.read(m.Blocks[end:]))
	s.show(seen{t.Slot, t.Text, parts})
	return t
}

// hear adds what people were told alone since the last time to the answers.
func (s *slackStage) hear() {
	all := s.slack.Told()
	for _, told := range all[s.told:] {
		a := transcript.Answer{To: s.personName(told.To), At: s.People.Now()}
		if told.Form != nil {
			a.Form, a.Text = true, formText(*told.Form)
			s.show(seen{"form " + told.Form.Title, a.Text, told.Form.Whole})
		} else {
			m := told.Message
			a.Channel, a.Thread, a.Message, a.Controls = s.channelName(m.Channel), m.Thread, m.TS, controlsOf(m.Blocks)
			a.Text = plainly(reader{zone: s.zones[a.To]}.read(m.Blocks))
			if len(m.Blocks) == 0 {
				a.Text = plainly(m.Text)
			}
			a.ByChat = a.Text == "Not saved. Please try again." // which the adapter says, since there is no bot to
			s.places[m.TS] = m
			s.show(seen{"line", a.Text, []any{partOf(m)}})
		}
		s.answers = append(s.answers, a)
	}
	s.told = len(all)
}

func (s *slackStage) personName(id string) string {
	for name := range s.zones {
		if userID(name) == id {
			return name
		}
	}
	return id
}

func (s *slackStage) channelName(id string) string {
	if person, ok := strings.CutPrefix(id, "D"); ok {
		return "@" + s.personName("U"+person)
	}
	return s.slack.NameOf(id)
}

// zoneIn is the zone of whoever reads a channel: one person, or as good as anybody.
func (s *slackStage) zoneIn(channel string) *time.Location {
	if person, ok := strings.CutPrefix(channel, "D"); ok {
		return s.zones[s.personName("U"+person)]
	}
	return s.zone
}

func momentOf(ts string) time.Time {
	whole, part, _ := strings.Cut(ts, ".")
	seconds, _ := strconv.ParseInt(whole, 10, 64)
	micros, _ := strconv.ParseInt(part, 10, 64)
	return time.Unix(seconds, micros*1000).UTC()
}

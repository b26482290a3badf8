package bot_test

import (
	"context"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// TestAPinTakenOffWhileItIsReadStaysOff takes a pin off between the reading of the message and its result, and then lets
// the message become unreadable: nothing that is read later can put right what the older answer said.
func TestAPinTakenOffWhileItIsReadStaysOff(t *testing.T) {
	ctx := t.Context()
	people, stores := local.NewClock(noonOfWorlds), local.NewClock(noonOfWorlds)
	memory := storagetest.NewMemory(stores.Now)
	var ref conversations.MessageRef
	var others *bot.Bot
	var stage *local.Stage
	reads := 0
	stage = local.NewStage(local.StageOptions{
		Clock: people, Store: stores, Next: memory.Next, NextDue: memory.NextDue,
		Open: func(_ context.Context, chat *local.Chat, zone *time.Location) (local.Bot, error) {
			others = bot.New(bot.Options{Store: memory, Chats: []adapters.Chat{chat}, Now: people.Now, Zone: zone, Name: "other"})
			read := hookedChat{chat, func(ctx context.Context, call string, do func() error) error {
				if call != "Message" {
					return do()
				}
				if reads++; reads > 1 {
					return adapters.ErrUnreadable
				}
				err := do()
				if err := stage.Chat().Unreact(ctx, "bo", ref, "📌"); err != nil {
					t.Error(err)
				}
				if _, err := others.WorkOnce(ctx, "other"); err != nil {
					t.Error(err)
				}
				return err
			}}
			return bot.New(bot.Options{Store: memory, Chats: []adapters.Chat{read}, Now: people.Now, Zone: zone, Name: "one"}), nil
		},
	})
	if err := stage.Begin(ctx, transcript.Setting{
		Start: noonOfWorlds, Zone: time.UTC, People: []transcript.Person{{Name: "ana"}, {Name: "bo"}},
		Channels: []transcript.Channel{{Name: "ops"}},
	}); err != nil {
		t.Fatal(err)
	}
	var err error
	if ref, err = stage.Chat().Say(ctx, "ana", local.In("ops"), "it broke", local.Extra{}); err != nil {
		t.Fatal(err)
	}
	if err := stage.Chat().React(ctx, "bo", ref, "📌"); err != nil {
		t.Fatal(err)
	}
	if err := stage.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := memory.Load(ctx, conversations.EventID(ref))
	if err != nil {
		t.Fatal(err)
	}
	e := s.State.(*conversations.TimelineEvent)
	if reads != 2 || e.Pinned() || e.Text != "" || e.Number != 0 {
		t.Errorf("read %d times; pinned %t, kept %q as E-%d", reads, e.Pinned(), e.Text, e.Number)
	}
}

var noonOfWorlds = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

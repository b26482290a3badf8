package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// room is a chat with the bot in it, for what is too large to write down in a transcript.
type room struct {
	*testing.T
	stage *local.Stage
	chat  *local.Chat
	store storage.Store
	clock *local.Clock
	bot   local.Bot
}

func newRoom(t *testing.T) *room {
	t.Helper()
	people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
	store := storagetest.NewMemory(stores.Now)
	r := &room{T: t, store: store, clock: people}
	r.stage = local.NewStage(local.StageOptions{
		Clock: people, Store: stores, Next: store.Next, NextDue: store.NextDue,
		Open: func(ctx context.Context, chat *local.Chat, zone *time.Location) (b local.Bot, err error) {
			r.bot, err = openBot(ctx, store, chat, zone, people)
			return r.bot, err
		},
	})
	r.chat = r.stage.Chat()
	err := r.stage.Begin(t.Context(), transcript.Setting{
		Start: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC), Zone: time.UTC,
		People: []transcript.Person{{Name: "ana"}, {Name: "bo"}}, Channels: []transcript.Channel{{Name: "ops"}},
	})
	r.must(err)
	return r
}

func (r *room) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *room) settle() {
	r.Helper()
	r.must(r.stage.Settle(r.Context()))
}

func (r *room) say(who string, where conversations.Place, text string) conversations.MessageRef {
	r.Helper()
	ref, err := r.chat.Say(r.Context(), who, where, text, local.Extra{})
	r.must(err)
	return ref
}

// review starts one and returns its thread.
func (r *room) review() conversations.Place {
	r.Helper()
	r.must(r.chat.Command(r.Context(), "ana", local.In("ops"), "start tiny Large"))
	r.settle()
	var ask conversations.MessageRef
	for _, m := range r.chat.Everything() {
		if strings.Contains(m.Text, "still burning?") {
			ask = m.Message
		}
	}
	r.must(r.chat.Click(r.Context(), "ana", ask, "It is over", ""))
	r.settle()
	found, err := r.store.Find(r.Context(), storage.Query{Address: local.Workspace + "/reviews"})
	r.must(err)
	if len(found) != 1 {
		r.Fatalf("%d reviews are open", len(found))
	}
	return found[0].State.(*conversations.Review).Thread
}

func (r *room) theReview() *conversations.Review {
	r.Helper()
	found, err := r.store.Find(r.Context(), storage.Query{Address: local.Workspace + "/reviews"})
	r.must(err)
	return found[0].State.(*conversations.Review)
}

func TestBadInputAPinOf40000Characters(t *testing.T) {
	r := newRoom(t)
	long := strings.Repeat("é", 40000)
	m := r.say("ana", local.In("ops"), long)
	r.must(r.chat.React(t.Context(), "bo", m, "📌"))
	r.settle()
	s, err := r.store.Load(t.Context(), conversations.EventID(m))
	r.must(err)
	if got := s.State.(*conversations.TimelineEvent).Text; got != long {
		t.Errorf("%d bytes of %d are kept", len(got), len(long))
	}
	r.review() // whose question shows the beginning of it
}

func TestBadInputAReplyOf40000Characters(t *testing.T) {
	r := newRoom(t)
	thread := r.review()
	r.say("bo", thread, "2: "+strings.Repeat("why ", 10000))
	r.settle()
	heard := r.theReview().Heard
	if len(heard) != 1 || len([]rune(heard[0].Text)) != 4000 || !heard[0].Long || !heard[0].Noted {
		t.Errorf("what is kept of it: %d replies, %d characters, long %v, taken %v", len(heard), len(heard[0].Text), heard[0].Long, heard[0].Noted)
	}
	r.must(r.chat.Command(t.Context(), "ana", local.In("ops"), "draft"))
	r.settle()
	if text := lastPrivate(r, "ana"); !strings.Contains(text, "the rest is in the thread") {
		t.Error("the draft does not say that the answer is longer")
	}
}

func lastPrivate(r *room, who string) string {
	text := ""
	for _, m := range r.chat.Everything() {
		if m.Only == who {
			text = m.Text
		}
	}
	return text
}

func TestBadInputTalkIsKeptInItsBeginningOnlyAndReadAgainWhenItIsAnAnswer(t *testing.T) {
	r := newRoom(t)
	thread := r.review()
	long := "(" + strings.Repeat("aside ", 100) + ")"
	m := r.say("bo", thread, long)
	r.settle()
	if h := r.theReview().Heard[0]; len([]rune(h.Text)) != 200 || h.Noted {
		t.Errorf("of talk %d characters are kept", len([]rune(h.Text)))
	}
	r.must(r.chat.React(t.Context(), "ana", m, "📝"))
	r.settle()
	if h := r.theReview().Heard[0]; h.Text != long || !h.Noted {
		t.Errorf("of talk made an answer %d characters are kept, taken %v", len([]rune(h.Text)), h.Noted)
	}
}

func TestBadInputMoreAnswersThanAReviewTakes(t *testing.T) {
	r := newRoom(t)
	thread := r.review()
	for i := range 1003 {
		r.clock.Set(r.clock.Now().Add(time.Second))
		r.say("bo", thread, "cart "+strconv.Itoa(i))
		if i%200 == 0 {
			r.settle()
		}
	}
	r.settle()
	review := r.theReview()
	if len(review.Heard) != 1000 || !review.Full {
		t.Errorf("%d answers are held, full %v", len(review.Heard), review.Full)
	}
	told := 0
	for _, m := range r.chat.Everything() {
		if m.Only == "bo" && strings.Contains(m.Text, "takes no more") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the writer was told %d times that it is full", told)
	}
}

// A reaction that arrives after its message was deleted, and the deletion was never heard of: the event counts, without a
// text, and nothing loops.
func TestBadInputAReactionOnAMessageThatCannotBeRead(t *testing.T) {
	r := newRoom(t)
	at := r.clock.Now()
	gone := conversations.MessageRef{Workspace: local.Workspace, Channel: "ops", ID: "1.000000"}
	_, err := r.bot.Handle(t.Context(), conversations.Event{
		Key: local.Workspace + "/react/ops/1.000000/bo/📌/+/1", Kind: conversations.Reacted, At: at, Where: local.In("ops"),
		Who: "bo", Message: gone, MessageAt: at, Emoji: "📌", On: true,
	})
	r.must(err)
	r.settle()
	s, err := r.store.Load(t.Context(), conversations.EventID(gone))
	r.must(err)
	if e := s.State.(*conversations.TimelineEvent); !e.Unreadable || !e.Pinned() || e.Text != "" {
		t.Errorf("it became %+v", e)
	}
	health, err := r.store.Health(t.Context())
	r.must(err)
	if health.New != 0 || health.Effects != 0 || health.Dead != 0 {
		t.Errorf("something is left over: %+v", health)
	}
}

// One person has the form of a question open in two tabs and sends both at the same moment, each of them twice, as a browser
// does that got no answer: both answers are kept, once each, also when they say the same.
func TestTwoTabsAtTheSameMoment(t *testing.T) {
	for _, words := range [][2]string{{"a valve failed", "the pager was silent"}, {"a valve failed", "a valve failed"}} {
		r := newRoom(t)
		thread := r.review()
		found, err := r.store.Find(t.Context(), storage.Query{Address: local.Workspace + "/reviews"})
		r.must(err)
		at := r.clock.Now()
		var tabs sync.WaitGroup
		for tab, text := range words {
			for range 2 {
				tabs.Go(func() {
					_, err := r.bot.Handle(t.Context(), conversations.Event{
						Key: fmt.Sprint(local.Workspace, "/form/tab", tab), Kind: conversations.Submitted, At: at, Where: thread, Who: "bo",
						Verb: "answer", Subject: found[0].ID, Value: "2", Fields: []conversations.Field{{Name: "text", Value: text}},
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		tabs.Wait()
		r.settle()
		var kept []string
		for _, h := range r.theReview().Heard {
			if h.Question == 2 {
				kept = append(kept, h.Text)
			}
		}
		slices.Sort(kept)
		if !slices.Equal(kept, words[:]) {
			t.Errorf("of %q is kept %q", words, kept)
		}
	}
}

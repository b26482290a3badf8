package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/sqlite"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// tried is a chat with a bot at work in it, as the program has them, on a clock that stands until it is wound.
type tried struct {
	t      *testing.T
	chat   *local.Chat
	server *local.Server
	path   string // of the database
	store  storage.Store
	stores *local.Clock
	winder wound
}

func tryOut(t *testing.T) *tried {
	t.Helper()
	at := time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)
	people, stores := local.NewClock(at), local.NewClock(at)
	stores.GoExactly(time.Now)
	path := filepath.Join(t.TempDir(), "debrief.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{Clock: stores.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := store.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	chat := local.New(local.Options{Clock: people, Store: stores, Journal: chatJournal{store}})
	if err := local.Furnish(t.Context(), chat); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	b := bot.New(bot.Options{Store: store, Chats: []adapters.Chat{chat}, Now: people.Now, Zone: zone, Log: log})
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	w := wound{store, b}
	s := local.NewServer(chat, local.ServerOptions{Zone: zone, Winder: w, Stage: stageFor(log), Log: log})
	return &tried{t, chat, s, path, store, stores, w}
}

// ok waits until the bot is done with what was just done.
func (p *tried) ok(errs ...error) {
	p.t.Helper()
	for _, err := range errs {
		if err != nil {
			p.t.Fatal(err)
		}
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	late := time.After(30 * time.Second)
	for quiet := 0; quiet < 3; { // an act is on its way for a moment before anybody knows of it
		select {
		case <-look.C:
		case <-late:
			p.t.Fatal("the bot finds no rest")
		}
		if done, err := p.winder.Rest(p.t.Context()); done && err == nil {
			quiet++
			continue
		}
		quiet = 0
		next, err := p.store.Next(p.t.Context())
		if in := next.Sub(p.stores.Now()); err == nil && in > 0 && in <= storage.SlotSpacing { // nobody waits for a rest between two edits
			p.stores.Set(next)
		}
	}
}

// wind winds the clock as the page does, and waits until it has been.
func (p *tried) wind(by string) {
	p.t.Helper()
	ask := func(method, path, body string) string {
		r := httptest.NewRequestWithContext(p.t.Context(), method, "http://localhost/api/ana/"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		p.server.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			p.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		return w.Body.String()
	}
	ask("POST", "wind", `{"act": "`+rand.Text()+`", "by": "`+by+`"}`)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for strings.Contains(ask("GET", "clock", ""), `"busy":true`) {
		<-look.C
	}
	p.ok()
}

// find is the newest message of somebody's that says something.
func (p *tried) find(who, text string) conversations.MessageRef {
	p.t.Helper()
	all := p.chat.Everything()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Who == who && strings.Contains(all[i].Text, text) {
			return all[i].Message
		}
	}
	p.t.Fatalf("%s did not say %q:\n%s", who, text, p.chat.Picture())
	return conversations.MessageRef{}
}

// TestSavedTranscriptPlaysBackEqual saves what was done in the chat with the bot at work, and plays it.
func TestSavedTranscriptPlaysBackEqual(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a bot on a real clock")
	}
	p := tryOut(t)
	c, ctx := p.chat, t.Context()
	ops := local.In("incidents")
	say := func(who string, where conversations.Place, text string, files ...string) error {
		_, err := c.Say(ctx, who, where, text, local.Extra{Files: files})
		return err
	}
	p.ok(say("ana", ops, "errors on checkout are up, 5 % of requests", "graph.png"))
	p.ok(say("bo", ops, "+1 here\n\n  and this is indented\nbot: not the bot\n-- #ops --"))
	p.ok(c.React(ctx, "bo", p.find("ana", "errors on"), "📌"))
	p.ok(c.React(ctx, "kim", p.find("ana", "errors on"), "👍🏽"))
	p.ok(c.Edit(ctx, "ana", p.find("ana", "errors on"), "joins"))
	p.ok(c.Edit(ctx, "ana", p.find("ana", "joins"), "errors on checkout are up, at 30 % now"))
	p.ok(say("ana", ops, "all green"))
	p.ok(c.React(ctx, "ana", p.find("ana", "all green"), "📌"))
	p.ok(c.Unreact(ctx, "kim", p.find("ana", "errors on"), "👍"))
	p.wind("day")
	p.ok(c.Command(ctx, "ana", ops, "start tiny Checkout errors"))
	p.ok(c.Click(ctx, "ana", p.find(local.BotID, "Is it over"), "It is over", ""))
	card := p.find(local.BotID, "Checkout errors")
	thread := local.In("incidents", card.ID)
	p.ok(say("kim", thread, "14:10 tried a restart"))
	p.ok(say("bo", thread, "/postmortem next"))
	p.ok(c.Command(ctx, "bo", thread, "next"))
	p.ok(say("bo", thread, "was it all of Europe?"))
	p.ok(c.Delete(ctx, "bo", p.find("bo", "was it")))
	p.ok(c.Click(ctx, "bo", p.find(local.BotID, "What happened?"), "Answer in a form", ""))
	p.ok(c.Submit(ctx, "bo", map[string]string{"text": "about 9k carts; \"lost\""}))
	p.ok(c.Click(ctx, "ana", p.find(local.BotID, "What happened?"), "Next", ""))
	p.ok(say("kim", thread, "staged roll-out does not cover config"))
	p.ok(say("kim", thread, "@debrief next"))
	p.ok(say("bo", thread, "staged roll-out for config @bo p1 in 3 days"))
	p.ok(c.Click(ctx, "ana", p.find(local.BotID, "What do we change?"), "Next", ""))
	p.ok(c.Click(ctx, "ana", card, "Publish", ""))
	p.wind("week")
	p.wind("next")

	saved, err := p.server.Transcript(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(saved, "Played again, something came out differently") {
		t.Errorf("it says that it differs:\n%s", saved)
	}
	for _, want := range []string{"bot: **PM-1** Checkout errors", "bot asks bo", "chat -> bo", "+file PM-1.md", "ana edits"} {
		if !strings.Contains(saved, want) {
			t.Errorf("it lacks %q:\n%s", want, saved)
		}
	}
	told, err := transcript.Parse("saved.txtar", []byte(saved))
	if err != nil {
		t.Fatal(err)
	}
	stage, end, err := stageFor(slog.New(slog.DiscardHandler))(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	again, err := transcript.Run(ctx, told, stage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(saved, again.String()); diff != "" {
		t.Errorf("it plays back differently:\n%s", diff)
	}
	p.savedWithoutDeletedWords()
}

// savedWithoutDeletedWords writes the journal anew, after which what was deleted and edited away is told no more. It plays
// back equal all the same.
func (p *tried) savedWithoutDeletedWords() {
	p.t.Helper()
	p.ok(p.chat.Compact(p.t.Context()))
	saved, err := p.server.Transcript(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for words, want := range map[string]bool{
		"was it all of Europe?": false, "(deleted)": true, "5 % of requests": false, "at 30 % now": true,
		"Played again, something came out differently": false,
	} {
		if strings.Contains(saved, words) != want {
			p.t.Errorf("%q stands in it: %v\n%s", words, !want, saved)
		}
	}
}

// A message that was pinned and then deleted is nowhere on the disk, neither as the chat's nor as the bot's, once the
// journal was written anew: while the program runs, without anything being closed.
func TestDeletedMessageLeavesTheDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a bot on a real clock")
	}
	const canary = "the canary that sang"
	p := tryOut(t)
	c, ctx, ops := p.chat, t.Context(), local.In("incidents")
	say := func(text string) error {
		_, err := c.Say(ctx, "ana", ops, text, local.Extra{})
		return err
	}
	p.ok(say(canary))
	p.ok(c.React(ctx, "bo", p.find("ana", canary), "📌"))
	p.ok(say("all green"), c.React(ctx, "bo", p.find("ana", "all green"), "📌"))
	p.ok(c.Command(ctx, "ana", ops, "timeline"))
	p.ok(c.Dismiss(ctx, "ana", p.find(local.BotID, canary))) // what only she saw
	if !storagetest.OnDisk(t, p.path, canary) {
		t.Fatal("it was never there, so this proves nothing")
	}
	p.ok(c.Delete(ctx, "ana", p.find("ana", canary)))
	p.ok(c.Compact(ctx))
	if storagetest.OnDisk(t, p.path, "canary") {
		t.Error("it is still on the disk")
	}
}

// atOnce has one person do something in two windows at the same time, and returns what was refused.
func (p *tried) atOnce(what string, bodies [2]string) string {
	p.t.Helper()
	var both sync.WaitGroup
	var refused [2]string
	for i, body := range bodies {
		both.Go(func() {
			body = fmt.Sprintf(`{"act": %q, "window": "window-%d", %s}`, rand.Text(), i, body)
			r := httptest.NewRequestWithContext(p.t.Context(), "POST", "http://localhost/api/bo/"+what, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if p.server.ServeHTTP(w, r); w.Code != http.StatusOK {
				refused[i] = w.Body.String()
			}
		})
	}
	both.Wait()
	p.ok()
	return refused[0] + refused[1]
}

// One person has the same question open in two tabs: both forms and both replies count, once each, and [Next] pressed in
// both moves on once.
func TestTwoTabsAnswerTheSameQuestion(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a bot on a real clock")
	}
	p := tryOut(t)
	ops := local.In("incidents")
	_, err := p.chat.Say(t.Context(), "ana", ops, "errors on checkout are up", local.Extra{})
	p.ok(err)
	p.ok(p.chat.React(t.Context(), "ana", p.find("ana", "errors on"), "📌"))
	p.ok(p.chat.Command(t.Context(), "ana", ops, "start tiny Checkout errors"))
	p.ok(p.chat.Click(t.Context(), "ana", p.find(local.BotID, "Is it over"), "It is over", ""))
	card, question := p.find(local.BotID, "Checkout errors"), p.find(local.BotID, "What happened?")
	same := func(body string) [2]string { return [2]string{body, body} }
	press := func(column int, label string) [2]string {
		return same(fmt.Sprintf(`"channel": "incidents", "message": %q, "row": 0, "column": %d, "label": %q`, question.ID, column, label))
	}
	all := func(refused string) {
		t.Helper()
		if refused != "" {
			t.Errorf("refused: %s", refused)
		}
	}
	all(p.atOnce("press", press(1, "Answer in a form")))
	all(p.atOnce("submit", [2]string{`"values": {"text": "the first form"}`, `"values": {"text": "the second form"}`}))
	say := func(text string) string {
		return fmt.Sprintf(`"channel": "incidents", "thread": %q, "text": %q`, card.ID, text)
	}
	all(p.atOnce("say", [2]string{say("14:10 bo tried a restart of the first gateway"), say("14:20 bo tried a restart of the second gateway")}))
	if refused := p.atOnce("press", press(0, "Next")); refused != "" && strings.TrimSpace(refused) != `{"error":"No button [Next] on that message."}` {
		t.Errorf("pressed when the other was quicker: %s", refused)
	}
	picture := p.chat.Picture()
	for _, once := range []string{
		"• the first form – @bo", "• the second form – @bo", "restart of the first gateway – @bo", "restart of the second gateway – @bo",
		"✓ 1 What happened · 4 answers", "bot [question 2]", "● 2 Why",
	} {
		if n := strings.Count(picture, once); n != 1 {
			t.Errorf("%q is there %d times:\n%s", once, n, picture)
		}
	}
}

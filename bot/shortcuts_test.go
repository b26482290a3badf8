package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// "Add to timeline" on a message: the form holds its words, and the event has its time and follows it from then on.
func TestShortcutAddToTimeline(t *testing.T) {
	r := newRoom(t)
	m := r.say("ana", local.In("ops"), "rolled back")
	said := r.clock.Now()
	r.clock.Set(said.Add(time.Hour))
	act := conversations.Event{
		Key: local.Workspace + "/click/1", Kind: conversations.Clicked, At: r.clock.Now(), Where: local.In("ops"), Who: "bo",
		Message: m, MessageAt: said, Text: "rolled back", Verb: "add form",
	}
	answer, err := r.bot.Handle(t.Context(), act)
	r.must(err)
	if answer.Form == nil || answer.Form.Inputs[0].Value != "rolled back" {
		t.Fatalf("the answer is %+v", answer)
	}
	act.Key, act.Kind, act.Verb = local.Workspace+"/form/1", conversations.Submitted, answer.Form.Verb
	act.Fields = []conversations.Field{{Name: "text", Value: ""}, {Name: "when", Value: "25:70"}}
	answer, err = r.bot.Handle(t.Context(), act)
	r.must(err)
	if len(answer.Errors) != 2 {
		t.Errorf("a form with everything wrong is answered with %+v", answer)
	}
	act.Fields = []conversations.Field{{Name: "text", Value: "rolled back to 4.11"}, {Name: "when"}}
	_, err = r.bot.Handle(t.Context(), act)
	r.must(err)
	r.settle()
	s, err := r.store.Load(t.Context(), conversations.EventID(m))
	r.must(err)
	e := s.State.(*conversations.TimelineEvent)
	if e.Shown().Text != "rolled back to 4.11" || !e.Time.Equal(said) || e.Hand != "bo" || !e.OnTimeline() || e.Number != 1 {
		t.Errorf("it became %+v", e)
	}
	r.must(r.chat.Delete(t.Context(), "ana", m))
	r.settle()
	s, err = r.store.Load(t.Context(), conversations.EventID(m))
	r.must(err)
	if e := s.State.(*conversations.TimelineEvent); e.Shown().Text != "" || e.OnTimeline() {
		t.Errorf("after its message was deleted it is %+v", e)
	}
}

// does is an act that the chat in the browser has no way for.
func (r *room) does(e conversations.Event) conversations.Answer {
	r.Helper()
	e.At = r.clock.Now()
	answer, err := r.bot.Handle(r.Context(), e)
	r.must(err)
	r.settle()
	return answer
}

// "Start a postmortem" is used nowhere: the form asks where, and is the command then.
func TestShortcutStart(t *testing.T) {
	r := newRoom(t)
	nowhere := conversations.Place{Workspace: local.Workspace}
	act := conversations.Event{Key: local.Workspace + "/click/1", Kind: conversations.Clicked, Where: nowhere, Who: "bo", Verb: "start form"}
	form := r.does(act).Form
	if form == nil || form.Inputs[0].Name != "channel" {
		t.Fatalf("the form is %+v", form)
	}
	submit := func(key, channel string) conversations.Answer {
		return r.does(conversations.Event{
			Key: local.Workspace + "/form/" + key, Kind: conversations.Submitted, Where: nowhere, Who: "bo", Verb: form.Verb, Subject: form.Subject,
			Value: form.Value, Fields: []conversations.Field{{Name: "channel", Value: channel}, {Name: "title", Value: "#ops Tiny leak"}, {Name: "size", Value: "nine"}, {Name: "severity", Value: "2"}},
		})
	}
	for i, hidden := range []string{"", "nowhere", "#nowhere"} {
		if wrong := submit("hidden/"+hidden, hidden).Errors; len(wrong) != 1 || wrong[0].Name != "channel" {
			t.Errorf("%d: in %q it is answered with %+v", i, hidden, wrong)
		}
	}
	if answer := submit("1", "ops"); len(answer.Errors) > 0 {
		t.Fatalf("it is answered with %+v", answer)
	}
	submit("1", "ops") // delivered twice
	var asked []conversations.MessageRef
	for _, m := range r.chat.Everything() {
		if strings.Contains(m.Text, "still burning?") && m.Only == "bo" && m.Message.Channel == "ops" {
			asked = append(asked, m.Message)
		}
	}
	if len(asked) != 1 {
		t.Fatalf("it asked %d times whether it is over", len(asked))
	}
	r.must(r.chat.Click(t.Context(), "bo", asked[0], "It is over", ""))
	r.settle()
	if review := r.theReview(); review.Title != "#ops Tiny leak" || review.Tiny || review.Severity != 2 || review.Home != local.In("ops") || review.Facilitator != "bo" {
		t.Errorf("it became %+v", review)
	}
}

// "Make it an action" is a line of what we change, of the review that is open where the message is.
func TestShortcutMakeItAnAction(t *testing.T) {
	r := newRoom(t)
	m := r.say("ana", local.In("ops"), "we should alert per country\nor so")
	click := conversations.Event{
		Key: local.Workspace + "/click/1", Kind: conversations.Clicked, Where: local.In("ops"), Who: "bo",
		Message: m, MessageAt: r.clock.Now(), Text: "we should alert per country\nor so", Verb: "action form",
	}
	if answer := r.does(click); answer.Form != nil || !strings.Contains(conversations.Plain(answer.Private.Text), "🎯") {
		t.Fatalf("with no review it is answered with %+v", answer)
	}
	r.review()
	form := r.does(click).Form
	if form == nil || form.Inputs[0].Name != "text" || form.Inputs[0].Value != "we should alert per country" {
		t.Fatalf("the form is %+v", form)
	}
	submit := conversations.Event{
		Key: local.Workspace + "/form/1", Kind: conversations.Submitted, Where: local.In("ops"), Who: "bo", Message: m, Verb: form.Verb, Value: form.Value,
		Fields: []conversations.Field{{Name: "text", Value: " "}, {Name: "owner", Value: "ana and bo"}, {Name: "due", Value: "31 february"}, {Name: "priority"}},
	}
	if wrong := r.does(submit).Errors; len(wrong) != 3 || wrong[0].Name != "text" || wrong[1].Name != "owner" || wrong[2].Name != "due" {
		t.Errorf("with everything wrong it is answered with %+v", wrong)
	}
	submit.Fields = []conversations.Field{{Name: "text", Value: "alert per country by friday"}, {Name: "owner", Value: "ana"}, {Name: "due", Value: "2026-03-20"}, {Name: "priority", Value: "p2"}}
	r.does(submit)
	if i := r.theItem(); i.Text != "alert per country by friday" || i.Owner != "ana" || i.Due.String() != "2026-03-20" || i.Priority != "p2" || i.PM != 1 {
		t.Errorf("it became %+v", i)
	}
	submit.Key, submit.Value = local.Workspace+"/form/2", "PM-7"
	if wrong := r.does(submit).Errors; len(wrong) != 1 || !strings.Contains(wrong[0].Value, "no PM-7") {
		t.Errorf("of a review that does not exist it is answered with %+v", wrong)
	}
	r.command("ana", "start tiny Another")
	r.must(r.chat.Click(t.Context(), "ana", r.newest("still burning?"), "It is over", ""))
	r.settle()
	if form = r.does(click).Form; form == nil || form.Inputs[0].Name != "review" || len(form.Inputs[0].Options) != 2 || form.Inputs[0].Value != "PM-2" {
		t.Fatalf("with two reviews the form is %+v", form)
	}
	submit.Key, submit.Value = local.Workspace+"/form/3", form.Value
	submit.Fields = append(submit.Fields, conversations.Field{Name: "review", Value: "PM-1"})
	r.does(submit)
	found, err := r.store.Find(t.Context(), storage.Query{Address: local.Workspace + "/A-2"})
	r.must(err)
	if len(found) != 1 || found[0].State.(*conversations.ActionItem).PM != 1 {
		t.Errorf("the second one is not of the review that was chosen: %+v", found)
	}
	r.command("ana", "cancel PM-2 a drill")
	if form = r.does(click).Form; form == nil || form.Inputs[0].Name != "text" || form.Value != "PM-1" {
		t.Errorf("with one of them cancelled the form is %+v", form)
	}
}

func (r *room) newest(text string) conversations.MessageRef {
	var ref conversations.MessageRef
	for _, m := range r.chat.Everything() {
		if strings.Contains(m.Text, text) {
			ref = m.Message
		}
	}
	return ref
}

// One's own page is answered and kept nowhere. What is done on it is answered with a way back, since no message will show
// it; and a form that is known by nothing says so and stays.
func TestHome(t *testing.T) {
	r := newRoom(t)
	r.anItem("alert per country @bo fri")
	home := conversations.Event{Key: local.Workspace + "/home/bo/1", Kind: conversations.Opened, Where: conversations.Place{Workspace: local.Workspace}, Who: "bo"}
	page := r.does(home).Private
	text := conversations.Plain(page.Text)
	if !strings.Contains(text, "alert per country") || !strings.Contains(text, "do you take it?") || strings.Contains(text, "Settings") {
		t.Errorf("it says %q", text)
	}
	yes, ok := pressed(page, "Yes A-1")
	start, startable := pressed(page, "Start a postmortem")
	if !ok || !startable || start.Verb != "start form" {
		t.Fatalf("its buttons are %+v", page.Controls)
	}
	health, err := r.store.Health(t.Context())
	r.must(err)
	if again := r.does(home).Private; conversations.Plain(again.Text) != text {
		t.Errorf("opened again it says %q", conversations.Plain(again.Text))
	}
	if after, err := r.store.Health(t.Context()); err != nil || after != health {
		t.Errorf("it left something in the store: %+v, before %+v, %v", after, health, err)
	}
	click := conversations.Event{
		Key: local.Workspace + "/click/home/1", Kind: conversations.Clicked, Where: home.Where, Who: "bo", Verb: yes.Verb, Subject: yes.Subject, Value: yes.Value,
	}
	r.does(click)
	if i := r.theItem(); i.State != conversations.ItemAccepted {
		t.Errorf("it is %s", i.State)
	}
	click.Key, click.Who = local.Workspace+"/click/home/2", "ana"
	r.does(click)
	if i := r.theItem(); i.Owner != "bo" {
		t.Errorf("somebody else's click on his page made it %s's", i.Owner)
	}
	foreign := conversations.Event{
		Key: local.Workspace + "/form/9", Kind: conversations.Submitted, Where: home.Where, Who: "bo", Verb: "answer",
		Subject: "slack/T0OTHER/review/cmd/1", Value: "1", Fields: []conversations.Field{{Name: "text", Value: "words"}},
	}
	if wrong := r.does(foreign).Errors; len(wrong) != 1 || !strings.Contains(wrong[0].Value, "another workspace") {
		t.Errorf("a form of elsewhere is answered with %+v", wrong)
	}
	for _, subject := range []string{"slack/T0OTHER/review/cmd/1", "", "nonsense", local.Workspace + "/riddle/1"} {
		click.Key, click.Verb, click.Subject = local.Workspace+"/click/home/3"+subject, "next", subject
		if text := conversations.Plain(r.does(click).Private.Text); !strings.Contains(text, "another workspace") {
			t.Errorf("a button about %q is answered with %q", subject, text)
		}
	}
	click.Key, click.Verb, click.Subject = local.Workspace+"/click/home/4", "answer form", local.Workspace+"/review/gone"
	if text := conversations.Plain(r.does(click).Private.Text); !strings.Contains(text, "gone") {
		t.Errorf("a button about a review that is gone is answered with %q", text)
	}
}

func pressed(b conversations.Body, label string) (conversations.Control, bool) {
	for _, row := range b.Controls {
		for _, c := range row {
			if c.Label == label {
				return c, true
			}
		}
	}
	return conversations.Control{}, false
}

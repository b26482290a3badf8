package slack

import (
	"slices"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

func (d *door) says(a conversations.Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = a
}

func (d *door) goesAway() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = true
}

// newest is what somebody did last, apart from looking at their Home.
func (d *door) newest(t *testing.T) conversations.Event {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range slices.Backward(d.events) {
		if e.Kind != conversations.Opened {
			return e
		}
	}
	t.Fatal("nothing came in")
	return conversations.Event{}
}

func (d *door) heard() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.events)
}

// page is what somebody's Home shows.
func page(text string) conversations.Body {
	b := said(text)
	for _, n := range []string{"1", "2"} {
		b.Controls = append(b.Controls, []conversations.Control{
			{Label: "Done A-" + n, Verb: "item form", Subject: "slack/T0ACME/item/cmd/1/" + n, Value: "done"},
			{Label: "Later A-" + n, Verb: "later", Subject: "slack/T0ACME/item/" + strings.Repeat("x", 140) + "/" + n, Options: []conversations.Option{{Label: "a day", Value: "1 day"}}},
		})
	}
	return b
}

// homeText is what somebody reads on their Home.
func (w workspace) homeText(t *testing.T, user string) string {
	t.Helper()
	v, ok := w.Home(user)
	if !ok {
		t.Fatal("there is no Home")
	}
	text, _, _ := slacktest.Message{Blocks: v.Blocks}.Read()
	return text
}

// direct are the messages that somebody got alone.
func (w workspace) direct(user string) []string {
	var all []string
	for _, m := range w.Messages() {
		if m.Channel == slacktest.Direct(user) && m.Ours {
			text, _, _ := m.Read()
			all = append(all, strings.TrimSpace(text))
		}
	}
	return all
}

func TestHome(t *testing.T) {
	w, c, d, _ := connect(t)
	d.says(conversations.Answer{Private: page("two items")})
	if !w.OpenHome(ana) || d.heard() != 1 || !strings.Contains(w.homeText(t, ana), "two items") {
		t.Fatalf("opened, it shows %q", w.homeText(t, ana))
	}
	w.ClickHome(ana, "Later A-2", "a day")
	later := d.newest(t)
	if later.Verb != "later" || !strings.HasSuffix(later.Subject, "/2") || later.Value != "1 day" || later.Who != ana || later.Where.Channel != "" {
		t.Errorf("a choice on it comes in as %+v", later)
	}
	w.ClickHome(ana, "Later A-2", "a day")
	if again := d.newest(t); again.Key == later.Key {
		t.Errorf("two clicks have one key, %s", again.Key)
	}

	d.says(conversations.Answer{Form: &conversations.Form{Title: "A-1 is done", Verb: "done", Subject: "s", Inputs: []conversations.Input{{Name: "text", Label: "What shows it?"}}}})
	w.ClickHome(ana, "Done A-1", "")
	d.says(conversations.Answer{})
	w.Submit(ana, map[string]string{"text": "it hums"})
	done := d.newest(t)
	if done.Kind != conversations.Submitted || done.Field("text") != "it hums" || done.Where.Channel != "" || done.Handle.Token != later.Handle.Token {
		t.Fatalf("a form opened on it comes in as %+v", done)
	}

	d.says(conversations.Answer{Private: page("one item")})
	answer := conversations.Message{Kind: conversations.Reply, Effect: "effect-one", Person: ana, Place: done.Where, Handle: done.Handle, Body: said("A-1 is done.")}
	answer.Body.Controls = [][]conversations.Control{{{Label: "Why?", Verb: "item form", Subject: "s", Value: "why"}}}
	if _, err := c.Send(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	if text := w.homeText(t, ana); !strings.HasPrefix(text, "A-1 is done.") || !strings.Contains(text, "one item") || strings.Contains(text, "two items") {
		t.Errorf("after that it shows %q", text)
	}
	w.ClickHome(ana, "Later A-2", "a day")
	if e := d.newest(t); e.Verb != "later" || !strings.HasSuffix(e.Subject, "/2") {
		t.Errorf("below an answer a choice comes in as %+v", e)
	}
	d.goesAway()
	w.ClickHome(ana, "Done A-1", "")
	if all := w.direct(ana); len(all) != 1 || !strings.Contains(all[0], notSaved) {
		t.Errorf("a click that was not saved is answered with %q", all)
	}
	if text := w.homeText(t, ana); !strings.Contains(text, "one item") {
		t.Errorf("and then it shows %q", text)
	}
	if w.OpenHome(bo) {
		t.Error("that it was opened while the store is away is acknowledged")
	}
}

// TestShortcutAnywhere has no channel: what is picked comes in by id, and what is said about it goes to whoever used it.
func TestShortcutAnywhere(t *testing.T) {
	w, _, d, _ := connect(t)
	d.says(conversations.Answer{Form: &conversations.Form{Title: "Start a postmortem", Verb: "start", Inputs: []conversations.Input{
		{Name: "channel", Label: "Where?", Pick: conversations.PickChannel},
		{Name: "owner", Label: "Who?", Pick: conversations.PickPerson},
		{Name: "due", Label: "By when?", Pick: conversations.PickDay, Value: "2026-03-20"},
		{Name: "until", Label: "Until when?", Pick: conversations.PickDay, Optional: true},
		{Name: "crew", Label: "Who takes part?", Pick: conversations.PickPerson, Many: true, Optional: true},
		{Name: "channels", Label: "Where?", Pick: conversations.PickChannel, Many: true, Optional: true, Value: "<#" + ops + ">"},
	}}})
	w.Shortcut(ana, "start form", "", "")
	if e := d.newest(t); e.Kind != conversations.Clicked || e.Verb != "start form" || e.Who != ana || e.Where.Channel != "" {
		t.Fatalf("it comes in as %+v", e)
	}
	d.says(conversations.Answer{Errors: []conversations.Field{{Name: "channel", Value: "I know no such channel."}, {Name: "owner", Value: "They have left."}}})
	w.Submit(ana, map[string]string{"channel": ops, "owner": bo, "crew": ana + " " + bo})
	want := []conversations.Field{
		{Name: "channel", Value: "<#" + ops + ">"},
		{Name: "owner", Value: "<@" + bo + ">"},
		{Name: "due", Value: "2026-03-20"},
		{Name: "until"},
		{Name: "crew", Value: "<@" + ana + "> <@" + bo + ">"},
		{Name: "channels", Value: "<#" + ops + ">"},
	}
	if e := d.newest(t); e.Verb != "start" || !slices.Equal(e.Fields, want) || e.Handle.Token != "" {
		t.Errorf("the form comes in as %+v", e)
	}
	if v, ok := w.Form(ana); !ok || v.Wrong["channel"] != "I know no such channel." || v.Wrong["owner"] != "They have left." {
		t.Errorf("what is wrong stands at %v, open %v", v.Wrong, ok)
	}
	d.says(conversations.Answer{Private: said("It is under way.")})
	w.Submit(ana, map[string]string{"channel": ops, "owner": bo})
	if all := w.direct(ana); len(all) != 1 || all[0] != "It is under way." {
		t.Errorf("she is told %q", all)
	}
}

// TestShortcutOnAMessage knows what the message says, and so does the form that it opens.
func TestShortcutOnAMessage(t *testing.T) {
	w, _, d, _ := connect(t)
	ts, _ := w.Say(slacktest.Message{User: bo, Channel: ops, Text: "rolled back &amp; <@U0ANA>"})
	d.says(conversations.Answer{Form: &conversations.Form{Title: "Add to timeline", Verb: "add", Inputs: []conversations.Input{{Name: "text", Label: "What happened"}}}})
	w.Shortcut(ana, "add form", ops, ts)
	ref := conversations.MessageRef{Workspace: us.workspace(), Channel: ops, ID: ts}
	used := d.newest(t)
	if used.Verb != "add form" || used.Message != ref || used.Text != "rolled back & <@U0ANA>" || used.Who != ana {
		t.Errorf("it comes in as %+v", used)
	}
	d.says(conversations.Answer{})
	w.Submit(ana, map[string]string{"text": "rolled back"})
	if e := d.newest(t); e.Message != ref || !e.MessageAt.Equal(used.MessageAt) || e.Where != place {
		t.Errorf("the form comes in as %+v", e)
	}
}

// TestAnswersToSomebodyElsewhere reach them alone, where the channel that is meant cannot be written in.
func TestAnswersToSomebodyElsewhere(t *testing.T) {
	w, c, _, _ := connect(t)
	m := conversations.Message{Kind: conversations.Reply, Effect: "effect-one", Person: bo, Body: said("Is it over?")}
	m.Place = conversations.Place{Workspace: us.workspace(), Channel: closed}
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if all := w.direct(bo); len(all) != 1 || all[0] != "Is it over?" {
		t.Errorf("he is told %q", all)
	}
}

// TestWhatIsNotKnown is said in words, and does nothing: a button or a form of another version, or one that somebody
// changed on the way.
func TestWhatIsNotKnown(t *testing.T) {
	w, _, d, _ := connect(t)
	click := func(value string) {
		w.Deliver(slacktest.Delivery{Kind: slacktest.Interaction, Body: map[string]any{
			"type": "block_actions", "api_app_id": us.app, "team": map[string]any{"id": us.team}, "user": map[string]any{"id": ana}, "trigger_id": "1.2.x",
			"container": map[string]any{"type": "view", "view_id": "V0HOME"}, "view": map[string]any{"id": "V0HOME", "type": "home"},
			"actions": []any{map[string]any{"action_id": "go", "action_ts": "1772457000.123456", "value": value}},
		}})
	}
	for _, value := range []string{"", "next", "NEXT|s|4", "~4"} {
		before := w.Calls("views.publish")
		had := d.heard()
		click(value)
		if w.Calls("views.publish") != before+1 || !strings.Contains(w.homeText(t, ana), "a version of me that is gone") {
			t.Errorf("%q: it is not said", value)
		}
		for _, e := range d.events[had:] {
			if e.Kind != conversations.Opened {
				t.Errorf("%q comes in as %+v", value, e)
			}
		}
	}
	for _, metadata := range []string{"", "C0OPS", "C0OPS|ANSWER|s|4", "C0 OPS|answer|s|4", "C0OPS/171|answer|s|4", "C0OPS//x|answer|s|4", "../../x|answer|s|4"} {
		had := d.heard()
		status, answer := w.Deliver(slacktest.Delivery{Kind: slacktest.Interaction, Body: map[string]any{
			"type": "view_submission", "api_app_id": us.app, "team": map[string]any{"id": us.team}, "user": map[string]any{"id": ana},
			"view": map[string]any{"id": "V0FORM", "hash": "1.x", "private_metadata": metadata, "blocks": []any{map[string]any{"type": "input", "block_id": "text"}}},
		}})
		if status != 200 || !strings.Contains(string(answer), `"text":"This is from a version of me that is gone`) {
			t.Errorf("%q: HTTP %d, %s", metadata, status, answer)
		}
		if d.heard() != had {
			t.Errorf("%q comes in as %+v", metadata, d.newest(t))
		}
	}
}

// TestTooLateForAForm: Slack opens none three seconds after the act. Who pressed the button is told, wherever that was.
func TestTooLateForAForm(t *testing.T) {
	w, _, d, _ := connect(t)
	d.says(conversations.Answer{Private: page("two items")})
	w.OpenHome(ana)
	d.says(conversations.Answer{})
	ts, _ := w.Say(slacktest.Message{User: bo, Channel: ops, Text: "rolled back"})
	late := slacktest.Fault{Error: "expired_trigger_id"}
	d.says(conversations.Answer{Form: &conversations.Form{Title: "A form", Verb: "done", Inputs: []conversations.Input{{Name: "text", Label: "What?"}}}})
	w.Fail(slacktest.Once("views.open", late))
	w.Shortcut(ana, "add form", ops, ts)
	if all := w.Whispers(); len(all) != 1 || !strings.Contains(all[0].Text, "took too long") || all[0].To != ana {
		t.Errorf("on a message she is told %+v", all)
	}
	w.Fail(slacktest.Once("views.open", late))
	w.ClickHome(ana, "Done A-1", "")
	if text := w.homeText(t, ana); !strings.Contains(text, "took too long") {
		t.Errorf("on her Home stands %q", text)
	}
	w.Fail(slacktest.Once("views.open", late))
	w.Shortcut(ana, "start form", "", "")
	if all := w.direct(ana); len(all) != 1 || !strings.Contains(all[0], "took too long") {
		t.Errorf("elsewhere she is told %q", all)
	}
	if _, open := w.Form(ana); open {
		t.Error("a form is open")
	}
}

package conversations

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestHomeOfAnAdmin: the settings are on the page of those of whom the platform says now that they are admins.
func TestHomeOfAnAdmin(t *testing.T) {
	e := Event{Kind: Opened, Who: "ana", Where: Place{Workspace: "slack/T1"}}
	if n := RespondNeeds(e, Facts{}); !slices.Contains(n.Powers, "ana") {
		t.Errorf("the platform is not asked what she may do: %+v", n)
	}
	for _, admin := range []bool{true, false} {
		page := Respond(e, Facts{Zone: time.UTC, People: map[string]Person{"ana": {ID: "ana", Active: true, Admin: admin}}}).Private
		menu := slices.ContainsFunc(slices.Concat(page.Controls...), func(c Control) bool { return c.Verb == "setting form" })
		if shown := strings.Contains(Plain(page.Text), "`pins`"); shown != admin || menu != admin {
			t.Errorf("admin %v: settings %v, their menu %v", admin, shown, menu)
		}
	}
}

// TestWhatIsDoneOnOnesPageCanBeTakenBack: no message shows it, so the answer must.
func TestWhatIsDoneOnOnesPageCanBeTakenBack(t *testing.T) {
	click := Event{Key: "slack/T1/click/home/1", Kind: Clicked, Verb: "keep", Who: "ana", Where: Place{Workspace: "slack/T1"}, At: time.Unix(1772456520, 0)}
	for _, message := range []string{"", "171.01"} {
		click.Message.ID = message
		s := Subject{ID: "slack/T1/item/r/1", Rev: 1, State: &ActionItem{Number: 1, Owner: "ana", State: ItemAccepted}}
		f := Facts{Zone: time.UTC, People: map[string]Person{"ana": {ID: "ana", Active: true}}}
		s, effects := Step(s, click, f)
		i := slices.IndexFunc(effects, func(ef Effect) bool { return ef.Kind == Reply })
		if i < 0 {
			t.Fatalf("there is no answer among %+v", effects)
		}
		body, _ := Render(s, effects[i], f)
		if undo := len(body.Controls) > 0; undo != (message == "") {
			t.Errorf("on message %q it can be taken back in the answer: %v", message, undo)
		}
	}
}

// TestAButtonFromBefore: who cannot see a review any more is told what strangers are told, whatever their page still shows.
func TestAButtonFromBefore(t *testing.T) {
	s := Subject{ID: "slack/T1/review/cmd/1", Rev: 1, State: &Review{
		Number: 2, Title: "Keys", Stage: StageOpen, Facilitator: "ana", Home: Place{Workspace: "slack/T1", Channel: "sec"},
	}}
	click := Event{Key: "slack/T1/click/home/1", Kind: Clicked, Who: "bo", Where: Place{Workspace: "slack/T1"}, Subject: s.ID, At: time.Unix(1772456520, 0)}
	sec := Sees{Who: "bo", Where: Place{Workspace: "slack/T1", Channel: "sec"}}
	f := Facts{Zone: time.UTC, Subjects: []Subject{s}, Sees: map[Sees]bool{sec: false}}
	for _, verb := range []string{"answer form", "draft", "timeline", "more"} {
		click.Verb, click.Value = verb, "1"
		if !slices.Contains(RespondNeeds(click, f).Sees, sec) {
			t.Errorf("%s: nobody asks whether he sees it", verb)
		}
		if a := Respond(click, f); a.Form != nil || Plain(a.Private.Text) != noSuch("PM-2") {
			t.Errorf("%s is answered with %+v", verb, a)
		}
	}
	for _, e := range []Event{{Kind: Clicked, Verb: "live", Value: "off"}, {Kind: Submitted, Verb: "answer", Value: "1", Fields: []Field{{"text", "words"}}}} {
		e.Key, e.Who, e.Where, e.Subject, e.At = click.Key, click.Who, click.Where, s.ID, click.At
		if !slices.Contains(StepNeeds(s, e, f).Sees, sec) {
			t.Errorf("%s: nobody asks whether he sees it", e.Verb)
		}
		after, effects := Step(s, e, f)
		if r := after.State.(*Review); r.Async || len(r.Heard) > 0 || len(effects) != 1 || !slices.Contains(effects[0].Args, noSuch("PM-2")) {
			t.Errorf("%s did something: %+v, %+v", e.Verb, r, effects)
		}
	}
	f.Sees[sec] = true
	if click.Verb = "answer form"; Respond(click, f).Form == nil {
		t.Error("who can see it gets no form")
	}
}

// That the platform cannot say just now who sees what is not taken for that they do not: nobody is told that they asked for
// nothing, that somebody cannot take an item, or that a channel does not exist.
func TestWhatThePlatformCannotSay(t *testing.T) {
	unsure := func(who string) Facts {
		f, q := testFacts(), Sees{who, testThread.Root()}
		f.Sees, f.Unsure = nil, map[Sees]bool{q: true}
		return f
	}
	says := func(what string, write func(*page)) {
		t.Helper()
		p := &page{facts: testFacts(), zone: time.UTC}
		write(p)
		if text := Plain(p.body.Text); !strings.Contains(text, "cannot find out just now") {
			t.Errorf("%s: %q", what, text)
		}
	}
	e := Event{Kind: Commanded, Who: "U1", Where: Place{Workspace: testWorkspace, Channel: "C2"}, Text: "U2", At: noon}
	says("no items", func(p *page) { listActions(p, e, unsure("U1")) })
	says("no reviews", func(p *page) { listReviews(p, e, unsure("U1")) })
	says("somebody's page", func(p *page) { home(p, e, unsure("U1")) })

	why := unsure("U1").sourceRefused(testWorkspace, "U1", "C1")
	says("a further channel", func(p *page) { sourceWords(p, "C2", "C1", why) })

	i := &ActionItem{Owner: "U1", State: ItemAccepted, Where: testThread, Number: 1}
	give := deed{verb: "give", arg: "@U2"}
	why = i.refuses(give, Event{Who: "U1"}, unsure("U2"))
	says("handing over", func(p *page) { i.answer(p, why, "U1") })

	r := &Review{Home: testThread.Root()}
	named := Event{Text: "alert per country <@U2>"}
	if r.noteOutside(named, unsure("U2")); len(r.Outside) > 0 {
		t.Errorf("%v is taken for an outsider", r.Outside)
	}
	f := unsure("U2")
	f.Unsure = nil
	if r.noteOutside(named, f); len(r.Outside) != 1 {
		t.Error("nobody is an outsider")
	}

	form := Event{Kind: Commanded, Text: "start Broken", Who: "U1", Where: testThread.Root(), Fields: []Field{{"title", "Broken"}, {"channel", "C1"}}}
	if a, ok := Check(form, unsure("U1")); ok || len(a.Errors) != 1 || !strings.Contains(a.Errors[0].Value, "cannot find out just now") {
		t.Errorf("a form: %+v", a)
	}
}

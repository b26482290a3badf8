package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// anItem is A-1, which ana wrote down for bo. He leads nothing.
func (r *room) anItem(line string) {
	r.Helper()
	thread := r.review()
	r.say("ana", thread, "3: "+line)
	r.settle()
}

func (r *room) theItem() *conversations.ActionItem {
	r.Helper()
	found, err := r.store.Find(r.Context(), storage.Query{Address: local.Workspace + "/A-1"})
	r.must(err)
	if len(found) != 1 {
		r.Fatalf("%d items are A-1", len(found))
	}
	return found[0].State.(*conversations.ActionItem)
}

func (r *room) command(who, text string) {
	r.Helper()
	r.must(r.chat.Command(r.Context(), who, local.In("ops"), text))
	r.settle()
}

func TestBadInputEvidenceOf40000Characters(t *testing.T) {
	r := newRoom(t)
	r.anItem("alert per country @bo fri")
	long := strings.Repeat("é", 40000)
	r.command("bo", "done A-1 "+long)
	if text := lastPrivate(r, "bo"); !strings.Contains(text, "longer than 4000 characters") {
		t.Errorf("typed, it is answered with %.200q", text)
	}
	item := conversations.Event{
		Key: local.Workspace + "/form/1", Kind: conversations.Submitted, At: r.clock.Now(), Where: local.In("ops"), Who: "bo",
		Verb: "done", Subject: r.itemID(), Fields: []conversations.Field{{Name: "text", Value: long}},
	}
	answer, err := r.bot.Handle(t.Context(), item)
	r.must(err)
	if len(answer.Errors) != 1 {
		t.Errorf("in a form, it is answered with %+v", answer)
	}
	item.Key, item.Fields[0].Value = local.Workspace+"/form/2", strings.Repeat("é", 4000)
	_, err = r.bot.Handle(t.Context(), item)
	r.must(err)
	r.settle()
	if i := r.theItem(); i.State != conversations.ItemDone || len([]rune(i.Reason)) != 2000 {
		t.Errorf("it is %s, and %d characters are kept", i.State, len([]rune(i.Reason)))
	}
}

func (r *room) itemID() string {
	r.Helper()
	found, err := r.store.Find(r.Context(), storage.Query{Address: local.Workspace + "/A-1"})
	r.must(err)
	return found[0].ID
}

func TestBadInputOwners(t *testing.T) {
	for owner, state := range map[string]conversations.ItemState{
		"@bo": conversations.ItemProposed, "@nobody": "", "<@U999>": "", "@ana": conversations.ItemAccepted,
	} {
		r := newRoom(t)
		r.anItem("alert per country " + owner + " fri")
		found, err := r.store.Find(t.Context(), storage.Query{Address: local.Workspace + "/A-1"})
		r.must(err)
		switch {
		case state == "" && len(found) > 0:
			t.Errorf("for %s it became %+v", owner, found[0].State)
		case state != "" && len(found) == 0:
			t.Errorf("for %s it became nothing", owner)
		case state != "" && r.theItem().State != state:
			t.Errorf("for %s it is %s", owner, r.theItem().State)
		}
	}
}

// A button that was made by hand, or by another version: whatever it says, it is answered or forgotten, and nothing dies.
func TestBadInputButtonsOfItems(t *testing.T) {
	r := newRoom(t)
	r.anItem("alert per country @bo fri")
	before := *r.theItem()
	id := r.itemID()
	n := 0
	for _, subject := range []string{id, id + "9", local.Workspace + "/nudge/bo/weekly/2026-02-30", local.Workspace + "/person/ana", local.Workspace + "/nudge/x"} {
		for _, verb := range []string{"done", "later", "due", "give", "item form", "post help", "undo", "me pause", "weekly due", "", "propose"} {
			for _, kind := range []conversations.EventKind{conversations.Clicked, conversations.Submitted} {
				n++
				_, err := r.bot.Handle(t.Context(), conversations.Event{
					Key: local.Workspace + "/click/x/" + strings.Repeat("i", n), Kind: kind, At: r.clock.Now(), Where: local.In("ops"),
					Who: "bo", Verb: verb, Subject: subject, Value: "31 feb",
				})
				r.must(err)
			}
		}
	}
	r.settle()
	after := *r.theItem()
	if after.State != before.State && after.State != conversations.ItemDone || after.Due != before.Due || after.Owner != before.Owner {
		t.Errorf("it was %+v and is %+v", before, after)
	}
	dead, err := r.store.Dead(t.Context(), 30)
	r.must(err)
	for _, d := range dead {
		t.Errorf("%s on %s: %s", d.Event.Verb, d.Subject, d.Error)
	}
	health, err := r.store.Health(t.Context())
	r.must(err)
	if health.New != 0 || health.Effects != 0 || health.Dead != 0 {
		t.Errorf("something is left over: %+v", health)
	}
	r.must(r.stage.Pass(t.Context(), r.clock.Now().Add(30*24*time.Hour)))
}

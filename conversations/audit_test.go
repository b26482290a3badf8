package conversations

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// acts are those that leave an entry in the audit, each with the subject it is done to.
var acts = []struct {
	what    string
	subject Subject
	event   Event
	ids     []string
}{
	{
		"publish", openReview(),
		Event{Kind: Filed, Value: testWorkspace + "/report/PM-1/v1"},
		[]string{"PM-1", testWorkspace + "/report/PM-1/v1"},
	},
	{"cancel", openReview(), Event{Kind: Commanded, Text: "cancel the canary text"}, []string{"PM-1"}},
	{"reopen", reviewAt(StagePublished, "U1"), Event{Kind: Commanded, Text: "reopen"}, []string{"PM-1"}},
	{"hand over", openReview(), Event{Kind: Commanded, Text: "hand over <@U2>"}, []string{"PM-1", "U2"}},
	{"take over", reviewAt(StageOpen, "U2"), Event{Kind: Commanded, Text: "take over"}, []string{"PM-1"}},
	{"approve", reviewAt(StageDraft, "U2"), Event{Kind: Commanded, Text: "approve"}, []string{"PM-1"}},
	{"timeline hide", auditedEvent(), Event{Kind: Commanded, Text: "timeline hide E-3"}, []string{"E-3"}},
	{"timeline show", auditedEvent(), Event{Kind: Commanded, Text: "timeline show E-3"}, []string{"E-3"}},
	{"done", auditedItem(), Event{Kind: Commanded, Text: "done A-4 the canary text"}, []string{"A-4"}},
	{"wontdo", auditedItem(), Event{Kind: Commanded, Text: "wontdo A-4 the canary text"}, []string{"A-4"}},
	{"settings zone", Subject{ID: SettingsID(testWorkspace)}, Event{Kind: Commanded, Text: "settings zone Europe/Berlin"}, nil},
}

// reviewAt is a review of some facilitator's in which U1 has taken part.
func reviewAt(stage Stage, facilitator string) Subject {
	s := openReview()
	r := s.State.(*Review)
	r.Stage, r.Facilitator = stage, facilitator
	r.hear(Heard{ID: "10.0", Who: "U1", At: noon, Text: "the canary text", Question: 1})
	return s
}

func auditedEvent() Subject {
	t := &TimelineEvent{Number: 3, Where: testThread.Root(), Hand: "U1", Who: "U1", Text: "the canary text", Time: noon}
	return Subject{ID: testWorkspace + "/event/cmd/3/line/1", Rev: 1, V: Version, State: t}
}

func auditedItem() Subject {
	i := &ActionItem{Number: 4, State: ItemProposed, Owner: "U2", Facilitator: "U1", Text: "the canary text", Where: testThread.Root()}
	return Subject{ID: testWorkspace + "/item/cmd/1/1", Rev: 1, V: Version, State: i}
}

func TestActsAreAudited(t *testing.T) {
	for _, act := range acts {
		e := act.event
		e.Key, e.At, e.Who, e.Where = testWorkspace+"/cmd/9", minute(1), "U1", testThread.Root()
		f := testFacts()
		f.People["U1"] = Person{ID: "U1", Name: "ana", Active: true, Admin: true}
		s, effects := Step(act.subject, e, f)
		i := slices.IndexFunc(effects, func(ef Effect) bool { return ef.Kind == Audit })
		if i < 0 {
			t.Errorf("%s leaves no entry", act.what)
			continue
		}
		ef := effects[i]
		if !strings.HasPrefix(ef.Key, testWorkspace+"/audit/2026-03-02T12:01:00.000Z/") {
			t.Errorf("%s is filed under %s", act.what, ef.Key)
		}
		f.Kept = map[string][]byte{}
		for _, key := range RenderNeeds(s, ef, f).Kept {
			f.Kept[key] = []byte("the report")
		}
		body, err := Row(s, ef, f)
		if err != nil {
			t.Fatal(err)
		}
		var entry AuditEntry
		if err := json.Unmarshal(body, &entry); err != nil {
			t.Fatal(err)
		}
		if entry.What != act.what || entry.Who != "U1" || !entry.At.Equal(minute(1)) || entry.Subject != s.ID ||
			entry.Where != testThread.Root() || (act.ids != nil && !slices.Equal(entry.IDs, act.ids)) {
			t.Errorf("%s is filed as %s", act.what, body)
		}
		if strings.Contains(string(body), "canary") || strings.Contains(string(body), "Berlin") {
			t.Errorf("%s tells what people wrote: %s", act.what, body)
		}
		if act.what == "publish" && len(entry.Hashes[testWorkspace+"/report/PM-1/v1"]) != 64 {
			t.Errorf("the entry about a publication lacks the hash of the report: %s", body)
		}
	}
}

// What is one's own to close is nobody else's business.
func TestClosingOnesOwnItemIsNotAudited(t *testing.T) {
	e := Event{Key: testWorkspace + "/cmd/9", Kind: Commanded, At: minute(1), Who: "U2", Where: testThread.Root(), Text: "done A-4 merged"}
	_, effects := Step(auditedItem(), e, testFacts())
	for _, ef := range effects {
		if ef.Kind == Audit {
			t.Errorf("it is: %+v", ef)
		}
	}
}

func TestAuditKeysSortByTime(t *testing.T) {
	early, late := AuditKey(testWorkspace, noon.Add(999*time.Millisecond)), AuditKey(testWorkspace, noon.Add(time.Second))
	if early >= late {
		t.Errorf("%s is not before %s", early, late)
	}
}

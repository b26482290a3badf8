package conversations

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A place that is asked for again while it is being read goes on being read where it was; then comes what was read before,
// as it may have changed, and what was written since.
func TestAReadingGoesOnWhereItWas(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	from := func(n int) Stretch { return Stretch{From: hour(n)} }
	part := func(n, m int) Stretch { return Stretch{From: hour(n), To: hour(m)} }
	for name, c := range map[string]struct {
		left *Stretch // by the first page of what was asked from 0 on
		from int      // when it is asked again
		want []Stretch
	}{
		"nothing is read":               {nil, 5, []Stretch{from(0)}},
		"nothing is read, and earlier":  {nil, -5, []Stretch{from(0), part(-5, 0)}},
		"from the newest back":          {&Stretch{From: hour(0), To: hour(9), Mark: "x"}, 5, []Stretch{{hour(0), hour(9), "x"}, from(9)}},
		"and the rest is old":           {&Stretch{From: hour(0), To: hour(2), Mark: "x"}, 5, []Stretch{{hour(0), hour(2), "x"}, from(5)}},
		"and earlier":                   {&Stretch{From: hour(0), To: hour(9), Mark: "x"}, -5, []Stretch{{hour(0), hour(9), "x"}, part(-5, 0), from(9)}},
		"from the oldest on":            {&Stretch{From: hour(3), Mark: "x"}, 0, []Stretch{{hour(3), time.Time{}, "x"}, part(0, 3)}},
		"and only the newest is wanted": {&Stretch{From: hour(3), Mark: "x"}, 4, []Stretch{{hour(3), time.Time{}, "x"}}},
	} {
		r, key := &Reading{Slot: "readback"}, 0
		var read []Stretch
		does := func(step func(*out) bool) (over bool) {
			key++
			o := &out{subject: "x/y/workspace", event: Event{Key: strconv.Itoa(key)}}
			if over = step(o); !over {
				read = append(read, o.effects[0].Part)
			}
			return over
		}
		asks := func(from time.Time) { does(func(o *out) bool { r.since(o, from); return false }) }
		hears := func(effect string, left *Stretch) bool {
			return does(func(o *out) bool { return r.heard(o, Event{Kind: ReadTo, Effect: effect, Left: left}) })
		}
		asks(hour(0))
		first := r.Effect
		if c.left != nil {
			hears(first, c.left)
		}
		read = nil
		asks(hour(c.from))
		if r.heard(&out{}, Event{Kind: ReadTo, Effect: first}) {
			t.Errorf("%s: an answer to what was asked before ends it", name)
		}
		for range c.want {
			if hears(r.Effect, nil) {
				break
			}
		}
		if !slices.Equal(read, c.want) {
			t.Errorf("%s: it reads %v, not %v", name, read, c.want)
		}
		if len(r.Left) > 0 {
			t.Errorf("%s: it has no end: %v", name, r.Left)
		}
	}
}

// An adapter that had no connection for a while hands that in.
func TestBeingAwayConcernsTheWorkspace(t *testing.T) {
	e := Away(testWorkspace, noon, minute(1)).Event
	if ids, _ := Route(e, Settings{}).Subjects(e, Settings{}, nil); len(ids) != 1 || ids[0] != SettingsID(testWorkspace) {
		t.Errorf("it concerns %v", ids)
	}
	e.Verb = "item"
	if ids, _ := Route(e, Settings{}).Subjects(e, Settings{}, nil); len(ids) > 0 {
		t.Errorf("something else that is told from outside concerns %v", ids)
	}
}

// Channels are joined when somebody says which, when one is made or renamed so, and after a gap; and who wanted it hears
// when the platform does not let the bot.
func TestChannelsAreJoinedByTheirNames(t *testing.T) {
	f := testFacts()
	f.People["ANA"] = Person{ID: "ANA", Name: "ana", Active: true, Admin: true}
	f.Powers = map[string]bool{"ANA": true}
	s := Subject{ID: SettingsID(testWorkspace)}
	does := func(e Event) (all []Effect) {
		e.Key = testWorkspace + "/x/" + e.At.String()
		s, all = Step(s, e, f)
		s.Rev++
		return slices.DeleteFunc(all, func(ef Effect) bool { return ef.Kind != Join && ef.Kind != Private })
	}
	named := func(name string) Event {
		return Event{Key: testWorkspace + "/named/C7/1", Kind: Named, At: minute(2), Where: Place{Workspace: testWorkspace, Channel: "C7"}, Value: name}
	}
	concerns := func(name string) int {
		ids, _ := Route(named(name), SettingsOf(s)).Subjects(named(name), SettingsOf(s), nil)
		return len(ids)
	}
	away := Away(testWorkspace, noon, minute(3)).Event
	if n := concerns("inc-7"); n != 0 || len(does(away)) != 0 {
		t.Errorf("nobody asked for it: a channel concerns %d, or something is joined after a gap", n)
	}
	settings := Event{Kind: Commanded, At: minute(1), Who: "ANA", Where: testThread.Root(), Text: "settings join inc-*"}
	if all := does(settings); len(all) != 1 || all[0].Kind != Join || !slices.Equal(all[0].Args, []string{"inc-*"}) {
		t.Errorf("said: %+v", all)
	}
	for what, e := range map[string]Event{"made": named("inc-7"), "gap": Away(testWorkspace, noon, minute(9)).Event} {
		if all := does(e); len(all) != 1 || all[0].Kind != Join || all[0].Slot != "join" {
			t.Errorf("%s: %+v", what, all)
		}
	}
	if concerns("inc-7") != 1 || concerns("random") != 0 {
		t.Errorf("channels of these names concern %d and %d", concerns("inc-7"), concerns("random"))
	}
	all := does(Event{Kind: Refused, At: minute(4), Slot: "join", Reason: "the app has no right to"})
	if len(all) != 1 || all[0].Person != "ANA" || all[0].View != "not joined" {
		t.Fatalf("refused: %+v", all)
	}
	if body, ok := Render(s, all[0], f); !ok || !strings.Contains(Plain(body.Text), "the app has no right to. Until") {
		t.Errorf("she reads %q", Plain(body.Text))
	}
}

package conversations

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

var (
	company   = Settings{Preset: PresetCompany}.nudgeRule()
	community = Settings{Preset: PresetCommunity}.nudgeRule()
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// wallClock reads "2026-03-10 10:00" in the zone.
func wallClock(t testing.TB, text string, loc *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNominalDays(t *testing.T) {
	for _, c := range []struct {
		rule                    cadence
		zone, now, last, coming string
	}{
		{company, "Europe/Berlin", "2026-03-10 09:59", "2026-03-03", "2026-03-10"},
		{company, "Europe/Berlin", "2026-03-10 10:00", "2026-03-10", "2026-03-17"},
		{company, "Europe/Berlin", "2026-03-31 10:00", "2026-03-31", "2026-04-07"}, // two days after the clocks changed
		{company, "America/New_York", "2026-03-09 23:59", "2026-03-03", "2026-03-10"},
		{company, "Pacific/Auckland", "2026-03-10 10:01", "2026-03-10", "2026-03-17"},
		{company, "Pacific/Apia", "2011-12-29 12:00", "2011-12-27", "2012-01-03"}, // the 30th did not exist there
		{company, "Australia/Lord_Howe", "2026-04-05 01:45", "2026-03-31", "2026-04-07"},
		{company, "UTC", "2026-12-31 23:59", "2026-12-29", "2027-01-05"},
		{community, "Europe/Berlin", "2026-03-14 11:00", "2026-03-14", "2026-03-28"},
		{community, "Europe/Berlin", "2026-03-21 11:00", "2026-03-14", "2026-03-28"},
		{community, "UTC", "2025-12-31 00:00", "2025-12-20", "2026-01-03"}, // fortnights run over the end of a year
	} {
		loc := zone(t, c.zone)
		now := wallClock(t, c.now, loc)
		if last, coming := c.rule.latest(now, loc).String(), c.rule.upcoming(now, loc).String(); last != c.last || coming != c.coming {
			t.Errorf("%s in %s: after %s comes %s, want %s and %s", c.now, c.zone, last, coming, c.last, c.coming)
		}
	}
}

func TestWhenAMessageIsSaid(t *testing.T) {
	for _, c := range []struct {
		rule                 cadence
		zone, day, now, said string // said: empty for never
	}{
		{company, "Europe/Berlin", "2026-03-10", "2026-03-08 12:00", "2026-03-10 10:00"},
		{company, "Europe/Berlin", "2026-03-31", "2026-03-27 12:00", "2026-03-31 10:00"}, // the clocks change in between
		{company, "Europe/Berlin", "2026-03-10", "2026-03-10 12:34", "2026-03-10 12:34"},
		{company, "Europe/Berlin", "2026-03-10", "2026-03-10 17:00", "2026-03-11 10:00"},
		{company, "Europe/Berlin", "2026-03-10", "2026-03-11 03:00", "2026-03-11 10:00"},
		{company, "Europe/Berlin", "2026-03-10", "2026-03-12 09:00", "2026-03-12 09:00"},
		{company, "Europe/Berlin", "2026-03-10", "2026-03-13 16:59", "2026-03-13 16:59"},
		{company, "Europe/Berlin", "2026-03-10", "2026-03-13 17:00", ""}, // Monday is too near to Tuesday
		{company, "Europe/Berlin", "2026-03-10", "2026-03-16 10:00", ""},
		{company, "Europe/Berlin", "2026-03-10", "2026-06-16 10:00", ""},
		{company, "America/New_York", "2026-11-03", "2026-11-01 01:30", "2026-11-03 10:00"}, // an hour that comes twice
		{community, "Europe/Berlin", "2026-03-14", "2026-03-14 20:59", "2026-03-14 20:59"},
		{community, "Europe/Berlin", "2026-03-14", "2026-03-14 21:00", "2026-03-15 11:00"},
		{community, "Europe/Berlin", "2026-03-14", "2026-03-20 20:00", "2026-03-20 20:00"},
		{community, "Europe/Berlin", "2026-03-14", "2026-03-20 21:00", ""},
	} {
		loc := zone(t, c.zone)
		day, err := when.ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := c.rule.sending(day, wallClock(t, c.now, loc), loc)
		said := ""
		if ok {
			said = at.In(loc).Format("2006-01-02 15:04")
		}
		if said != c.said {
			t.Errorf("the message of %s, seen from %s: said at %q, want %q", c.day, c.now, said, c.said)
		}
	}
}

func TestWhatBelongsIntoTheWeeklyMessage(t *testing.T) {
	tuesday := when.NewDate(2026, 3, 10)
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	old := now.Add(-30 * 24 * time.Hour)
	for _, c := range []struct {
		name string
		item ActionItem
		want bool
		free bool // in a community
	}{
		{"late", ActionItem{Due: tuesday.AddDays(-1)}, true, true},
		{"due today", ActionItem{Due: tuesday}, true, true},
		{"due on Friday", ActionItem{Due: tuesday.AddDays(3)}, true, true},
		{"due on Monday", ActionItem{Due: tuesday.AddDays(6)}, true, false},
		{"due next Tuesday", ActionItem{Due: tuesday.AddDays(7)}, false, false},
		{"due in a fortnight", ActionItem{Due: tuesday.AddDays(14)}, false, false},
		{"without a date", ActionItem{}, true, true},
		{"put off until today", ActionItem{Due: tuesday, Quiet: tuesday}, true, true},
		{"put off until tomorrow", ActionItem{Due: tuesday, Quiet: tuesday.AddDays(1)}, false, false},
		{"touched on Sunday", ActionItem{Due: tuesday, Touched: now.Add(-2 * 24 * time.Hour)}, false, false},
		{"touched on Saturday", ActionItem{Due: tuesday, Touched: now.Add(-3 * 24 * time.Hour)}, true, true},
		{"done", ActionItem{Due: tuesday, State: ItemDone}, false, false},
		{"will not be done", ActionItem{Due: tuesday, State: ItemWontDo}, false, false},
		{"withdrawn", ActionItem{Due: tuesday, State: ItemWithdrawn}, false, false},
	} {
		c.item.State = cmp.Or(c.item.State, ItemAccepted)
		if c.item.Touched.IsZero() {
			c.item.Touched = old
		}
		if got := company.due(&c.item, tuesday, now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := community.due(&c.item, tuesday, now); got != c.free {
			t.Errorf("%s, in a community: %v", c.name, got)
		}
	}
}

func TestAnAnswerIsWaitedForTwoWorkingDays(t *testing.T) {
	loc := zone(t, "Europe/Berlin")
	for _, c := range []struct {
		rule       cadence
		asked, end string
	}{
		{company, "2026-03-02 15:00", "2026-03-04 15:00"},
		{company, "2026-03-05 15:00", "2026-03-09 15:00"},
		{company, "2026-03-06 15:00", "2026-03-10 15:00"},
		{company, "2026-03-07 02:00", "2026-03-10 02:00"},
		{company, "2026-03-27 15:00", "2026-03-31 15:00"}, // the clocks change in between
		{community, "2026-03-06 15:00", "2026-03-08 15:00"},
	} {
		if got := c.rule.answerBy(wallClock(t, c.asked, loc), loc).Format("2006-01-02 15:04"); got != c.end {
			t.Errorf("asked at %s, waited for until %s, want %s", c.asked, got, c.end)
		}
	}
}

// town is people, subjects and what they are told, without a bot: every Tell arrives, every message is sent, in turn.
type town struct {
	testing.TB
	settings Settings
	now      time.Time
	zone     *time.Location
	people   map[string]Person
	subjects map[string]Subject
	refs     map[string]MessageRef // by subject and slot
	told     []told
	edits    int
	keys     int
	queue    []Addressed
	away     bool // the platform refuses
}

// told is a message that somebody got.
type told struct {
	who, slot, text string
	at              time.Time
	loc             *time.Location
	subject         string
}

func newTown(t testing.TB, preset string, people ...Person) *town {
	w := &town{
		TB: t, settings: Settings{Preset: preset}, now: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC), zone: time.UTC,
		people: map[string]Person{}, subjects: map[string]Subject{}, refs: map[string]MessageRef{},
	}
	for _, p := range people {
		p.Active = true
		w.people[p.ID] = p
	}
	return w
}

func (w *town) facts(needs func(Facts) Needs) Facts {
	f := Facts{
		Now: w.now, Zone: w.zone, Settings: w.settings, Number: len(w.subjects) + 1, People: w.people, Sees: map[Sees]bool{},
	}
	for range 4 {
		n := needs(f)
		for _, q := range n.Queries {
			for _, s := range w.subjects {
				if slices.Contains(s.Addresses, q.Address) {
					f = f.with(s)
				}
			}
		}
		for _, id := range n.Load {
			if s, ok := w.subjects[id]; ok {
				f = f.with(s)
			}
		}
		for _, s := range n.Sees {
			f.Sees[s] = true
		}
	}
	return f
}

func (f Facts) with(s Subject) Facts {
	if _, ok := f.Subject(s.ID); !ok {
		f.Subjects = append(f.Subjects, s)
		slices.SortFunc(f.Subjects, func(a, b Subject) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	}
	return f
}

// take lets something happen, and everything that follows from it.
func (w *town) take(subject string, e Event) {
	w.keys++
	e.Key = fmt.Sprintf("%s/test/%d", testWorkspace, w.keys)
	if e.At.IsZero() {
		e.At = w.now
	}
	if e.Where.Workspace == "" {
		e.Where = testThread.Root()
	}
	w.queue = append(w.queue, Addressed{subject, e})
	for len(w.queue) > 0 {
		next := w.queue[0]
		w.queue = w.queue[1:]
		w.step(next.Subject, next.Event)
	}
}

func (w *town) step(id string, e Event) {
	w.Helper()
	s, ok := w.subjects[id]
	if !ok {
		s = Subject{ID: id}
	}
	if s.State != nil { // as a store gives it: nobody else's
		fields, err := Encode(s.State)
		if err != nil {
			w.Fatal(err)
		}
		if s.State, err = Decode(s.State.Kind(), fields); err != nil {
			w.Fatal(err)
		}
	}
	due := s.Due
	next, effects := Step(s, e, w.facts(func(f Facts) Needs { return StepNeeds(s, e, f) }))
	if e.Kind == Ticked && next.Due.Equal(due) {
		w.Fatalf("%s: the tick of %s left it due", id, due)
	}
	if next.State != nil {
		next.Rev++
		w.subjects[id] = next
	}
	for _, ef := range effects {
		w.carryOut(id, ef)
	}
}

func (w *town) carryOut(id string, ef Effect) {
	s := w.subjects[id]
	switch ef.Kind {
	case Tell:
		w.queue = append(w.queue, Addressed{ef.Tell.Subject, *ef.Tell})
		return
	case Private:
	default:
		return
	}
	f := w.facts(func(f Facts) Needs { return RenderNeeds(s, ef, f) })
	body, ok := Render(s, ef, f)
	slot := id + " " + ef.Slot
	switch {
	case !ok:
		return
	case w.refs[slot].ID != "":
		w.edits++
		return
	case w.away || !w.people[ef.Person].Active:
		w.queue = append(w.queue, Addressed{id, Event{
			Key: testWorkspace + "/result/" + ef.ID, Kind: Refused, At: w.now, Slot: ef.Slot, Where: Place{Workspace: testWorkspace},
		}})
		return
	}
	w.refs[slot] = message(ef.ID)
	w.told = append(w.told, told{
		who: ef.Person, slot: ef.Slot, text: Plain(body.Text), at: w.now, loc: w.people[ef.Person].Location(w.zone), subject: id,
	})
	w.queue = append(w.queue, Addressed{id, Event{
		Key: testWorkspace + "/result/" + ef.ID, Kind: Sent, At: w.now, Slot: ef.Slot, Where: Place{Workspace: testWorkspace},
		Result: Result{Message: message(ef.ID), At: w.now},
	}})
}

// pass lets time go by; everything that becomes due on the way happens, in order.
func (w *town) pass(to time.Time) {
	for range 100000 {
		id, due := w.next()
		if id == "" || due.After(to) {
			w.now = to
			return
		}
		if due.After(w.now) {
			w.now = due
		}
		w.take(id, Event{Kind: Ticked, At: due})
	}
	w.Fatal("it never ends")
}

func (w *town) next() (id string, due time.Time) {
	for _, s := range w.subjects {
		if !s.Due.IsZero() && (id == "" || s.Due.Before(due) || (s.Due.Equal(due) && s.ID < id)) {
			id, due = s.ID, s.Due
		}
	}
	return id, due
}

const townReview = testWorkspace + "/review/cmd/1"

func (w *town) propose(n int, owner, text string, due when.Date) string {
	id := fmt.Sprintf("%s/item/cmd/1/%d", testWorkspace, n)
	w.take(id, Event{Kind: Told, Verb: "propose", Value: text, Fields: []Field{
		{"owner", owner},
		{"due", due.String()},
		{"review", townReview},
		{"number", "1"},
		{"facilitator", "ana"},
		{"ordinal", fmt.Sprint(n)},
		{"title", "Broken"},
		{"channel", testThread.Channel},
		{"by", owner},
		{"kind", "detect"},
		{"test", "the alert fires"},
		{"causes", "w2,w4"},
	}})
	return id
}

func (w *town) item(id string) *ActionItem { return w.subjects[id].State.(*ActionItem) }

// do is somebody doing something about an item.
func (w *town) do(who, verb, arg, item string) {
	w.take(item, Event{Kind: Submitted, Who: who, Verb: verb, Fields: []Field{{"text", arg}}})
}

// A year of several people in several zones, with a bot that is away now and then, people who move and who answer or
// not: nobody hears of anything outside of working hours, twice in a week, or once it is closed; and whoever has something
// late hears of it within a fortnight, unless the bot was away.
func TestAYearOfReminders(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Kiritimati", "Pacific/Pago_Pago"}
	said := 0
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 7))
		preset := []string{PresetCompany, PresetCommunity}[seed%3/2]
		w := newTown(t, preset, Person{ID: "ana", Name: "ana"}, Person{ID: "bo", Name: "bo"}, Person{ID: "kim", Name: "kim"})
		for id, p := range w.people {
			p.Zone = zones[r.IntN(len(zones))]
			w.people[id] = p
		}
		moves := seed%2 == 1
		who := []string{"ana", "bo", "kim"}
		var items []string
		closed := map[string]time.Time{}
		for day := range 365 {
			if r.IntN(12) == 0 {
				items = append(items, w.propose(len(items)+1, who[r.IntN(3)], fmt.Sprintf("thing-%d-", len(items)+1), when.DateOf(w.now).AddDays(r.IntN(60))))
			}
			for range r.IntN(3) {
				if len(items) == 0 {
					continue
				}
				id := items[r.IntN(len(items))]
				i := w.item(id)
				verb := []string{"done", "later", "due", "give", "accept", "back", "take", "keep", "undo", "decline", "wontdo"}[r.IntN(11)]
				arg := map[string]string{"later": "a week", "due": "in 10 days", "give": "<@" + who[r.IntN(3)] + ">"}[verb]
				if r.IntN(4) == 0 {
					w.do(cmp.Or(i.Holder, i.Candidate, "ana"), verb, cmp.Or(arg, "said so"), id)
				}
				if s := w.item(id).State; !s.open() && closed[id].IsZero() {
					closed[id] = w.now
				} else if s.open() {
					delete(closed, id)
				}
			}
			if moves && r.IntN(60) == 0 {
				id := who[r.IntN(3)]
				p := w.people[id]
				p.Zone = zones[r.IntN(len(zones))]
				w.people[id] = p
			}
			to := w.now.Add(time.Duration(12+r.IntN(24)) * time.Hour)
			if r.IntN(40) == 0 { // the bot is away: what was due on the way is late
				w.now = to.AddDate(0, 0, r.IntN(25))
				continue
			}
			before := len(w.told)
			w.pass(to)
			for _, m := range w.told[before:] {
				for id, since := range closed {
					if since.Before(m.at) && strings.Contains(m.text, w.item(id).Text) {
						t.Fatalf("seed %d, day %d: %s was closed at %s, and said at %s:\n%s", seed, day, id, since, m.at, m.text)
					}
				}
			}
		}
		rule := w.settings.nudgeRule()
		weeks, hands := map[string]int{}, map[string]int{}
		for _, m := range w.told {
			local := m.at.In(m.loc)
			if h := local.Hour(); h < rule.opens || h >= rule.closes || !rule.works(when.DateOf(local)) {
				t.Errorf("seed %d: %s heard %q at %s", seed, m.who, m.slot, local)
			}
			switch m.slot {
			case "weekly":
				said++
				weeks[m.who+" "+m.subject]++
			case "hand":
				hands[m.who+" "+local.Format(time.DateOnly)]++
			}
		}
		for what, n := range weeks {
			if n > 1 {
				t.Errorf("seed %d: %d messages of %s", seed, n, what)
			}
		}
		for what, n := range hands {
			if n > 1 && !moves {
				t.Errorf("seed %d: %d hand-overs to %s", seed, n, what)
			}
		}
		if !moves {
			neverTwiceAWeek(t, seed, w)
		}
	}
	if said < 200 {
		t.Errorf("%d weekly messages: nothing was tested", said)
	}
	t.Logf("%d weekly messages", said)
}

func neverTwiceAWeek(t *testing.T, seed uint64, w *town) {
	seen := map[string]told{}
	for _, m := range w.told {
		year, n := m.at.In(m.loc).ISOWeek()
		key := fmt.Sprint(m.who, m.slot, year, n)
		if before, ok := seen[key]; ok && m.slot == "weekly" {
			t.Errorf("seed %d: %s heard twice in a week, %s and %s", seed, m.who, before.at, m.at)
		}
		seen[key] = m
	}
}

// What is late is heard of every week, for as long as it is late and nobody answers.
func TestWhatIsLateIsHeardOfEveryWeek(t *testing.T) {
	w := newTown(t, PresetCompany, Person{ID: "ana", Name: "ana"}, Person{ID: "kim", Name: "kim", Zone: "Europe/Berlin"})
	w.propose(1, "kim", "alert per country", when.NewDate(2026, 1, 16))
	w.pass(time.Date(2027, 1, 5, 12, 0, 0, 0, time.UTC))
	if len(w.told) != 52 {
		t.Fatalf("%d messages in 52 weeks", len(w.told))
	}
	loc := zone(t, "Europe/Berlin")
	for i, m := range w.told {
		if at := m.at.In(loc); at.Weekday() != time.Tuesday || at.Hour() != 10 || at.Minute() != 0 {
			t.Errorf("message %d came at %s", i, at)
		}
		if asks := strings.Contains(m.text, "The last "+strconv.Itoa(i)+" of these messages went by"); asks != (i >= 3) {
			t.Errorf("message %d asks whether to go on: %v", i, asks)
		}
	}
}

func TestMissedRunsBecomeOne(t *testing.T) {
	w := newTown(t, PresetCompany, Person{ID: "ana", Name: "ana"}, Person{ID: "kim", Name: "kim", Zone: "Europe/Berlin"})
	for n := range 5 {
		w.propose(n+1, "kim", fmt.Sprint("thing ", n+1), when.NewDate(2026, 1, 16))
	}
	w.now = time.Date(2026, 2, 5, 3, 0, 0, 0, time.UTC) // a Thursday, four Tuesdays later
	w.pass(w.now.Add(24 * time.Hour))
	if len(w.told) != 1 || w.told[0].at.In(zone(t, "Europe/Berlin")).Format("2006-01-02 15:04") != "2026-02-05 10:00" {
		t.Fatalf("after four missed runs: %+v", w.told)
	}
	w.pass(time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC))
	if len(w.told) != 2 {
		t.Errorf("%d messages after the next Tuesday", len(w.told))
	}
}

package storagetest

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

var subjectCases = []namedCase{
	{"ReadBackEqual", readBackEqual},
	{"TimesAreUTCMilliseconds", timesAreUTCMilliseconds},
	{"NothingIsShared", nothingIsShared},
	{"LoadOfNothing", loadOfNothing},
	{"SaveIsConditional", saveIsConditional},
	{"SaveRaced", saveRaced},
	{"InsertRaced", insertRaced},
	{"UnknownFieldsStay", unknownFieldsStay},
	{"ClearedFieldsGo", clearedFieldsGo},
	{"ClearedDueStopsTicking", clearedDueStopsTicking},
	{"NewerSubjectLoads", newerSubjectLoads},
	{"Delete", deleteSubject},
	{"DeleteWaitsForTheOutbox", deleteWaitsForTheOutbox},
	{"FindByAddress", findByAddress},
	{"FindByTime", findByTime},
	{"FindFollowsChanges", findFollowsChanges},
	{"Route", route},
	{"Due", due},
	{"NextDue", nextDue},
}

// oddNames are spellings that databases are known to trip over.
var oddNames = []string{
	"C1/171.01", "a.b.c", "$set", "a$b", "sp ace", "100%_*?", `q"u'o\te`, "naïve/日本語/🙂", "[x]{y}", "-- drop", "ТЕСТ", "e\u0301",
}

func readBackEqual(f *fixture) {
	subjects := []conversations.Subject{
		{
			ID: "slack/T1/review/full", V: 3, Due: noon.Add(time.Hour), At: noon, Addresses: []string{"b", "a", "$c.d/e"},
			Applied: []int64{3, -1, math.MinInt64, math.MaxInt64, 0}, State: &conversations.Review{Title: "Checkout errors"},
		},
		{ID: "slack/T1/review/bare", V: 1, State: &conversations.Review{}},
		{ID: "slack/T1/review/empty-lists", V: 1, Addresses: []string{}, Applied: []int64{}, State: &conversations.Review{}},
		{ID: "slack/T1/review/old", V: 1, Due: time.UnixMilli(-5).UTC(), At: time.UnixMilli(0).UTC(), State: &conversations.Review{}},
		{ID: "slack/T1/event/C1/171.01", V: 1, At: noon, State: &conversations.TimelineEvent{Text: longText}},
		{ID: "slack/T1/event/C1/171.02", V: 1, At: noon, State: &conversations.TimelineEvent{Text: "line\r\n\ttab <!channel> \u202e\u200b & </script> \u2028"}},
	}
	for _, name := range oddNames {
		s := review(name, name, "address/"+name, name)
		subjects = append(subjects, s)
	}
	for _, s := range subjects {
		want := f.save(s)
		f.equal("load "+s.ID, f.load(s.ID), want)
		if len(s.Addresses) > 0 {
			found, err := f.store.Find(f.ctx, storage.Query{Address: s.Addresses[0]})
			f.ok(err)
			f.equal("find "+s.ID, found, []conversations.Subject{want})
		}
	}
}

func timesAreUTCMilliseconds(f *fixture) {
	berlin := time.FixedZone("CET", 3600)
	odd := time.Date(2026, 3, 2, 13, 0, 0, 1_999_999, berlin)
	cut := time.Date(2026, 3, 2, 12, 0, 0, 1_000_000, time.UTC)
	s := review("times", "")
	s.At, s.Due = odd, odd.Add(time.Hour)
	f.save(s)
	got := f.load(s.ID)
	f.equal("At", got.At, cut)
	f.equal("Due", got.Due, cut.Add(time.Hour))
	next, err := f.store.NextDue(f.ctx)
	f.ok(err)
	f.equal("NextDue", next, cut.Add(time.Hour))
	f.ok(f.store.Keep(f.ctx, storage.Kept{Key: "slack/T1/k", At: odd}))
	k, err := f.store.Kept(f.ctx, "slack/T1/k")
	f.ok(err)
	f.equal("Kept.At", k.At, cut)
	f.clock.wind(999_999)
	f.equal("Now", f.store.Now(), noon)
}

func nothingIsShared(f *fixture) {
	s := f.save(review("own", "first", "a"), post("e1", "x", ""))
	s = f.load(s.ID)
	s.State.(*conversations.Review).Title, s.Addresses[0] = "scribbled", "scribbled"
	again := f.load(s.ID)
	f.equal("title", titleOf(again), "first")
	f.equal("addresses", again.Addresses, []string{"a"})

	given := again
	effect := conversations.Effect{ID: "e2", To: "y", Kind: conversations.Post, Args: []string{"kept"}}
	f.ok(f.store.Save(f.ctx, given, []conversations.Effect{effect}))
	f.equal("revision of what was passed in", given.Rev, again.Rev)
	given.State.(*conversations.Review).Title, effect.Args[0] = "scribbled", "scribbled"
	f.equal("title", titleOf(f.load(s.ID)), "first")
	entries, _, err := f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	f.equal("arguments", entries[1].Effect.Args, []string{"kept"})
}

func loadOfNothing(f *fixture) {
	_, err := f.store.Load(f.ctx, "slack/T1/review/none")
	f.is(err, storage.ErrNotFound)
}

func saveIsConditional(f *fixture) {
	s := review("one", "first")
	s.Rev = 4
	f.is(f.store.Save(f.ctx, s, nil), storage.ErrConflict) // there is nothing yet
	s.Rev = 0
	stale := s
	s = f.save(s)
	if got := f.load(s.ID).Rev; got != 1 {
		f.Fatalf("revision %d after the first save, want 1", got)
	}
	stale.State = &conversations.Review{Title: "stale"}
	f.is(f.store.Save(f.ctx, stale, []conversations.Effect{post("e1", "x", "")}), storage.ErrConflict)
	s.State = &conversations.Review{Title: "second"}
	s = f.save(s)
	f.is(f.store.Save(f.ctx, stale, nil), storage.ErrConflict)
	stale.Rev = 7
	f.is(f.store.Save(f.ctx, stale, nil), storage.ErrConflict) // ahead of what is stored
	f.equal("after the conflicts", f.load(s.ID), s)
	f.equal("outbox after the conflicts", f.pending(s.ID), []string(nil))
}

func saveRaced(f *fixture) {
	s := f.save(review("raced", ""))
	for round := range 10 {
		f.oneWins(race(20, func(i int) error {
			mine := s
			mine.State = &conversations.Review{Title: string(rune('a' + i))}
			return f.store.Save(f.ctx, mine, []conversations.Effect{post(string(rune('a'+i)), "x", "")})
		}), storage.ErrConflict)
		got := f.load(s.ID)
		if got.Rev != s.Rev+1 {
			f.Fatalf("revision %d after round %d, want %d", got.Rev, round, s.Rev+1)
		}
		ids := f.pending(s.ID)
		if len(ids) != round+1 || ids[round] != titleOf(got) {
			f.Fatalf("round %d: %q won, but the outbox is %q", round, titleOf(got), ids)
		}
		s = got
	}
}

func insertRaced(f *fixture) {
	for _, name := range []string{"r1", "r2", "r3", "r4", "r5"} {
		f.oneWins(race(20, func(i int) error {
			return f.store.Save(f.ctx, review(name, string(rune('a'+i)), "raced"), nil)
		}), storage.ErrConflict)
	}
	found, err := f.store.Find(f.ctx, storage.Query{Address: "raced"})
	f.ok(err)
	if len(found) != 5 {
		f.Fatalf("%d subjects, want 5", len(found))
	}
}

func unknownFieldsStay(f *fixture) {
	s := f.save(review("newer", "first"))
	flavour := json.RawMessage(`{"a.b":[1,"zwei",null,{"$c":true}],"n":-3}`)
	f.h.SetField(f, f.store, s.ID, "flavour", flavour)
	f.h.SetField(f, f.store, s.ID, "zero", json.RawMessage(`""`))
	for _, title := range []string{"second", "", "third"} {
		s = f.load(s.ID)
		s.State.(*conversations.Review).Title = title
		s = f.save(s, post("e"+title, "x", ""))
	}
	got, ok := f.h.Field(f, f.store, s.ID, "flavour")
	if !ok {
		f.Fatal("the field of a newer version was dropped by Save")
	}
	f.equal("unknown field", anyJSON(f, got), anyJSON(f, flavour))
	if _, ok := f.h.Field(f, f.store, s.ID, "zero"); !ok {
		f.Fatal("the empty field of a newer version was dropped by Save")
	}
	f.equal("title", titleOf(f.load(s.ID)), "third")
}

func anyJSON(f *fixture, raw json.RawMessage) any {
	f.Helper()
	var v any
	f.ok(json.Unmarshal(raw, &v))
	return v
}

func clearedFieldsGo(f *fixture) {
	s := review("cleared", "first", "a", "b")
	s.Due, s.Applied = noon, []int64{1, 2}
	s = f.save(s)
	if _, ok := f.h.Field(f, f.store, s.ID, "title"); !ok {
		f.Fatal("the harness does not see the field title")
	}
	s.Due, s.At, s.Applied, s.Addresses = time.Time{}, time.Time{}, nil, nil
	s.State = &conversations.Review{}
	s = f.save(s)
	f.equal("after clearing", f.load(s.ID), s)
	if raw, ok := f.h.Field(f, f.store, s.ID, "title"); ok {
		f.Fatalf("the cleared title is still stored: %s", raw)
	}
	hits, err := f.store.Route(f.ctx, []string{"a", "b"})
	f.ok(err)
	f.equal("cleared addresses", hits, []storage.Hit(nil))
}

func clearedDueStopsTicking(f *fixture) {
	s := review("due", "")
	s.Due = noon
	s = f.save(s)
	f.equal("due", f.due(noon, 10), []string{s.ID})
	s.Due = time.Time{}
	f.save(s)
	f.equal("due after clearing", f.due(noon.AddDate(100, 0, 0), 10), []string(nil))
}

func newerSubjectLoads(f *fixture) {
	s := review("tomorrow", "", "a")
	s.V = conversations.Version + 1
	s = f.save(s, post("e1", "x", ""))
	f.h.SetField(f, f.store, s.ID, "title", json.RawMessage(`{"text":"a title of another shape"}`))
	if got := f.load(s.ID); got.V != s.V || got.Rev != s.Rev || got.State == nil {
		f.Fatalf("loaded %+v, want its header and some state", got)
	}
	found, err := f.store.Find(f.ctx, storage.Query{Address: "a"})
	f.ok(err)
	if len(found) != 1 {
		f.Fatalf("found %d, want 1", len(found))
	}
	f.claims("w", "e1")
}

func deleteSubject(f *fixture) {
	s := review("gone", "", "a")
	s.Due = noon
	stale := f.save(s)
	s = f.save(stale, post("e1", "x", "card"))
	c := f.claims("w", "e1")
	f.settle(c, storage.Settlement{Ref: &storage.Ref{Hash: "h"}})
	stale.State = nil
	f.is(f.store.Save(f.ctx, stale, nil), storage.ErrConflict)
	f.load(s.ID)
	none := s
	none.State = nil
	if err := f.store.Save(f.ctx, none, []conversations.Effect{post("e2", "x", "")}); err == nil {
		f.Fatal("a deletion took effects")
	}
	f.load(s.ID)
	f.ok(f.store.Save(f.ctx, none, nil))
	_, err := f.store.Load(f.ctx, s.ID)
	f.is(err, storage.ErrNotFound)
	hits, err := f.store.Route(f.ctx, []string{"a"})
	f.ok(err)
	f.equal("addresses", hits, []storage.Hit(nil))
	f.equal("due", f.due(noon, 10), []string(nil))
	f.is(f.store.Save(f.ctx, none, nil), storage.ErrConflict) // there is none of that revision any more

	s.Rev = 0
	s = f.save(s) // the same id again is a new subject
	_, refs, err := f.store.Pending(f.ctx, s.ID)
	f.ok(err)
	f.equal("slots of the new subject", refs, map[string]storage.Ref(nil))
	if got := f.load(s.ID).Rev; got != 1 {
		f.Fatalf("revision %d, want 1", got)
	}
}

func deleteWaitsForTheOutbox(f *fixture) {
	s := f.save(review("busy", ""), post("e1", "x", ""))
	none := s
	none.State = nil
	f.is(f.store.Save(f.ctx, none, nil), storage.ErrConflict)
	c := f.claims("w", "e1")
	f.is(f.store.Save(f.ctx, none, nil), storage.ErrConflict)
	f.settle(c, storage.Settlement{})
	f.ok(f.store.Save(f.ctx, none, nil))
}

func (f *fixture) find(q storage.Query) []string {
	f.Helper()
	found, err := f.store.Find(f.ctx, q)
	f.ok(err)
	var ids []string
	for _, s := range found {
		ids = append(ids, strings.TrimPrefix(s.ID, "slack/T1/review/"))
	}
	return ids
}

func findByAddress(f *fixture) {
	for i, name := range oddNames {
		s := review(string(rune('a'+i)), "", name, "all")
		f.save(s)
	}
	for i, name := range oddNames {
		f.equal("find "+name, f.find(storage.Query{Address: name}), []string{string(rune('a' + i))})
	}
	f.equal("all", len(f.find(storage.Query{Address: "all"})), len(oddNames))
	for _, none := range []string{"", "al", "all/", "ALL", "%", "a_l", "a.l", "тест", "\u00e9"} {
		f.equal("find "+none, f.find(storage.Query{Address: none}), []string(nil))
	}
}

func findByTime(f *fixture) {
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for name, t := range map[string]time.Time{"never": {}, "b": at(0), "a": at(0), "c": at(1), "d": at(2)} {
		s := review(name, "", "x")
		s.At = t
		f.save(s)
	}
	f.save(review("other", "", "y"))
	for _, c := range []struct {
		what string
		q    storage.Query
		want []string
	}{
		{"all", storage.Query{}, []string{"never", "a", "b", "c", "d"}},
		{"from is included", storage.Query{From: at(1)}, []string{"c", "d"}},
		{"until is not", storage.Query{Until: at(1)}, []string{"never", "a", "b"}},
		{"both", storage.Query{From: at(0), Until: at(2)}, []string{"a", "b", "c"}},
		{"nothing between", storage.Query{From: at(1), Until: at(1)}, nil},
		{"limit", storage.Query{Limit: 2}, []string{"never", "a"}},
		{"limit and from", storage.Query{From: at(0), Limit: 3}, []string{"a", "b", "c"}},
		{"limit beyond", storage.Query{From: at(2), Limit: 3}, []string{"d"}},
	} {
		c.q.Address = "x"
		f.equal(c.what, f.find(c.q), c.want)
	}
}

func findFollowsChanges(f *fixture) {
	a, b := f.save(review("a", "", "x", "y")), f.save(review("b", "", "x"))
	a.At = noon.Add(time.Hour)
	a.Addresses = []string{"z", "x", "x"} // named twice, found once
	a = f.save(a)
	f.equal("x", f.find(storage.Query{Address: "x"}), []string{"b", "a"})
	f.equal("y", f.find(storage.Query{Address: "y"}), []string(nil))
	f.equal("z", f.find(storage.Query{Address: "z"}), []string{"a"})
	f.equal("in the hour", f.find(storage.Query{Address: "x", From: noon, Until: noon.Add(time.Hour)}), []string{"b"})
	a.State.(*conversations.Review).Title = "only the title changes"
	f.save(a)
	f.equal("x", f.find(storage.Query{Address: "x"}), []string{"b", "a"})
	b.At = noon.Add(2 * time.Hour) // only the time changes
	b = f.save(b)
	f.equal("x", f.find(storage.Query{Address: "x"}), []string{"a", "b"})
	f.equal("x at noon", f.find(storage.Query{Address: "x", Until: noon.Add(time.Minute)}), []string(nil))
	b.Addresses = nil
	f.save(b)
	f.equal("x", f.find(storage.Query{Address: "x"}), []string{"a"})
}

func route(f *fixture) {
	f.save(review("a", "", "m1", "thread"))
	f.save(review("b", "", "m2", "thread", "$x.y"))
	hits, err := f.store.Route(f.ctx, []string{"thread", "m2", "none", "$x.y", "m2", ""})
	f.ok(err)
	slices.SortFunc(hits, func(a, b storage.Hit) int { return strings.Compare(a.Address+a.Subject, b.Address+b.Subject) })
	f.equal("hits", hits, []storage.Hit{
		{Address: "$x.y", Subject: "slack/T1/review/b"},
		{Address: "m2", Subject: "slack/T1/review/b"},
		{Address: "thread", Subject: "slack/T1/review/a"},
		{Address: "thread", Subject: "slack/T1/review/b"},
	})
	hits, err = f.store.Route(f.ctx, nil)
	f.ok(err)
	f.equal("no addresses", hits, []storage.Hit(nil))
}

func (f *fixture) due(now time.Time, limit int) []string {
	f.Helper()
	ids, err := f.store.Due(f.ctx, now, limit)
	f.ok(err)
	return ids
}

func due(f *fixture) {
	ms := time.Millisecond
	for name, at := range map[string]time.Time{"never": {}, "now": noon, "soon": noon.Add(ms), "past": noon.Add(-time.Hour), "long-past": noon.AddDate(-1, 0, 0)} {
		s := review(name, "")
		s.Due = at
		f.save(s)
	}
	id := func(names ...string) []string {
		for i := range names {
			names[i] = "slack/T1/review/" + names[i]
		}
		return names
	}
	f.equal("a moment early", f.due(noon.Add(-ms), 10), id("long-past", "past"))
	f.equal("exactly now", f.due(noon, 10), id("long-past", "past", "now"))
	f.equal("a moment late", f.due(noon.Add(ms), 10), id("long-past", "past", "now", "soon"))
	f.equal("limited", f.due(noon, 2), id("long-past", "past"))
	f.equal("long ago", f.due(noon.AddDate(-2, 0, 0), 10), []string(nil))
}

func nextDue(f *fixture) {
	next := func() time.Time {
		at, err := f.store.NextDue(f.ctx)
		f.ok(err)
		return at
	}
	f.equal("of nothing", next(), time.Time{})
	s := f.save(review("a", ""))
	f.equal("never", next(), time.Time{})
	s.Due = noon.Add(time.Hour)
	s = f.save(s)
	f.equal("one", next(), noon.Add(time.Hour))
	b := review("b", "")
	b.Due = noon
	b = f.save(b)
	f.equal("two", next(), noon)
	b.State = nil
	f.ok(f.store.Save(f.ctx, b, nil))
	f.equal("one deleted", next(), noon.Add(time.Hour))
	s.Due = time.Time{}
	f.save(s)
	f.equal("one cleared", next(), time.Time{})
}

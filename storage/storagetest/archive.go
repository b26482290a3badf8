package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/storage"
)

var archiveCases = []namedCase{
	{"Keep", keep},
	{"KeepRaced", keepRaced},
	{"KeptUnder", keptUnder},
	{"Discard", discard},
	{"DiscardMany", discardMany},
	{"Number", number},
	{"NumberRaced", numberRaced},
}

func keep(f *fixture) {
	body := []byte("\x00\xff version 1 " + longText)
	first := storage.Kept{Key: "slack/T1/report/r1/1", At: noon, Body: body}
	f.ok(f.store.Keep(f.ctx, first))
	f.ok(f.store.Keep(f.ctx, first))
	f.ok(f.store.Keep(f.ctx, storage.Kept{Key: first.Key, At: noon.Add(time.Hour), Body: []byte("another")}))
	got, err := f.store.Kept(f.ctx, first.Key)
	f.ok(err)
	f.equal("the first is kept", got, first)
	got.Body[0] = 'x'
	got, err = f.store.Kept(f.ctx, first.Key)
	f.ok(err)
	f.equal("not shared with whoever read it", got, first)

	empty := storage.Kept{Key: "slack/T1/report/empty"}
	f.ok(f.store.Keep(f.ctx, empty))
	got, err = f.store.Kept(f.ctx, empty.Key)
	f.ok(err)
	f.equal("empty", got, empty)
	for _, none := range []string{"slack/T1/report/r1", "slack/T1/report/r1/1/", ""} {
		_, err = f.store.Kept(f.ctx, none)
		f.is(err, storage.ErrNotFound)
	}
}

func keepRaced(f *fixture) {
	for round := range 5 {
		key := fmt.Sprint("slack/T1/k/", round)
		for _, err := range race(20, func(i int) error {
			return f.store.Keep(f.ctx, storage.Kept{Key: key, Body: []byte{byte(i)}})
		}) {
			f.ok(err)
		}
		first, err := f.store.Kept(f.ctx, key)
		f.ok(err)
		f.ok(f.store.Keep(f.ctx, storage.Kept{Key: key, Body: []byte("late")}))
		later, err := f.store.Kept(f.ctx, key)
		f.ok(err)
		f.equal("kept", later, first)
	}
}

func keptUnder(f *fixture) {
	all := []string{"slack/T1/a", "slack/T1/a/1", "slack/T1/a/10", "slack/T1/a/2", "slack/T1/a0", "slack/T1/b", "slack/T10/a/1", "x%", "x.y", "x_", "xy", "é", "日本", "日本語"}
	for _, key := range slices.Backward(all) {
		f.ok(f.store.Keep(f.ctx, storage.Kept{Key: key, At: noon, Body: []byte(key)}))
	}
	for _, c := range []struct {
		prefix, past string
		limit        int
		want         []string
	}{
		{"slack/T1/a", "", 0, all[:5]},
		{"slack/T1/a/", "", 0, all[1:4]},
		{"slack/T1/a/", "", 2, all[1:3]},
		{"slack/T1/a/", "", 10, all[1:4]},
		{"slack/T1/", "", 0, all[:6]},
		{"slack/T1", "", 0, all[:7]},
		{"SLACK", "", 0, nil},
		{"x%", "", 0, []string{"x%"}},
		{"x.", "", 0, []string{"x.y"}},
		{"x_", "", 0, []string{"x_"}},
		{"x", "", 0, []string{"x%", "x.y", "x_", "xy"}},
		{"日", "", 0, []string{"日本", "日本語"}},
		{"none", "", 0, nil},
		{"", "", 0, all},
		{"", "", 3, all[:3]},
		{"slack/T1/a/", "slack/T1/a/1", 0, all[2:4]},
		{"slack/T1/a/", "slack/T1/a/1", 1, all[2:3]},
		{"slack/T1/a/", "slack/T1/a/100", 0, all[3:4]},
		{"slack/T1/a/", "slack/T1/a/2", 0, nil},
		{"slack/T1/a/", "slack/T1/a", 0, all[1:4]},
		{"slack/T1/a/", "slack/T1/b", 0, nil},
		{"", "slack/T10", 0, all[6:]},
		{"", "xy", 2, all[11:13]},
	} {
		rows, err := f.store.KeptUnder(f.ctx, c.prefix, c.past, c.limit)
		f.ok(err)
		var got []string
		for _, r := range rows {
			got = append(got, r.Key)
			f.equal("row", r, storage.Kept{Key: r.Key, At: noon, Body: []byte(r.Key)})
		}
		f.equal(fmt.Sprintf("under %q, past %q, at most %d", c.prefix, c.past, c.limit), got, c.want)
	}
}

// left are the keys that are still kept, of all.
func (f *fixture) left(prefix string) []string {
	f.Helper()
	rows, err := f.store.KeptUnder(f.ctx, prefix, "", 0)
	f.ok(err)
	var keys []string
	for _, r := range rows {
		keys = append(keys, r.Key)
	}
	return keys
}

func discard(f *fixture) {
	for _, key := range []string{"a", "b/1", "b/10", "b/2", "b/3", "c", "é", "日本"} {
		f.ok(f.store.Keep(f.ctx, storage.Kept{Key: key, At: noon, Body: []byte("first")}))
	}
	for range 2 { // again: nothing more
		f.ok(f.store.Discard(f.ctx, "b/1", "b/2"))
		f.equal("from the first, before the end", f.left(""), []string{"a", "b/2", "b/3", "c", "é", "日本"})
	}
	f.ok(f.store.Discard(f.ctx, "b/2", "b/2"))
	f.ok(f.store.Discard(f.ctx, "c", "b/2"))
	f.ok(f.store.Discard(f.ctx, "x", "y"))
	f.equal("nothing between them", f.left(""), []string{"a", "b/2", "b/3", "c", "é", "日本"})
	f.ok(f.store.Discard(f.ctx, "é", "日本"))
	f.equal("by bytes", f.left(""), []string{"a", "b/2", "b/3", "c", "日本"})

	_, err := f.store.Kept(f.ctx, "b/1")
	f.is(err, storage.ErrNotFound)
	again := storage.Kept{Key: "b/1", At: noon, Body: []byte("second")}
	f.ok(f.store.Keep(f.ctx, again))
	got, err := f.store.Kept(f.ctx, "b/1")
	f.ok(err)
	f.equal("kept anew", got, again)
}

// discardMany is the journal of a chat that is written anew while it goes on.
func discardMany(f *fixture) {
	key := func(i int) string { return fmt.Sprintf("j/%06d", i) }
	const n = 500
	for i := range n {
		f.ok(f.store.Keep(f.ctx, storage.Kept{Key: key(i), Body: []byte(longText)}))
	}
	for _, err := range race(20, func(i int) error {
		if i%2 == 0 {
			return f.store.Discard(f.ctx, key(0), key(n))
		}
		return f.store.Keep(f.ctx, storage.Kept{Key: key(n + i), Body: []byte(longText)})
	}) {
		f.ok(err)
	}
	f.equal("left", len(f.left("j/")), 10)
}

func (f *fixture) number(workspace, series, subject string) int {
	f.Helper()
	n, err := f.store.Number(f.ctx, workspace, series, subject)
	f.ok(err)
	return n
}

func number(f *fixture) {
	f.equal("first", f.number("slack/T1", "PM", "a"), 1)
	second := f.number("slack/T1", "PM", "b")
	if second < 2 {
		f.Fatalf("second number %d, want more than the first", second)
	}
	f.equal("asked again", f.number("slack/T1", "PM", "a"), 1)
	f.equal("asked again", f.number("slack/T1", "PM", "b"), second)
	f.equal("another series", f.number("slack/T1", "A", "b"), 1)
	f.equal("another workspace", f.number("slack/T2", "PM", "b"), 1)
	for _, name := range oddNames {
		f.equal("odd workspace", f.number(name, "PM", "a"), 1)
		f.equal("odd series", f.number("slack/T1", name, "a"), 1)
	}
	third := f.number("slack/T1", "PM", "$a.b/c")
	if third <= second {
		f.Fatalf("third number %d, want more than %d", third, second)
	}
	f.equal("asked again", f.number("slack/T1", "PM", "$a.b/c"), third)
}

// numberRaced asks for twenty subjects from twenty goroutines, each of them for all.
func numberRaced(f *fixture) {
	const n = 20
	got := make([][n]int, n)
	for _, err := range race(n, func(i int) error {
		for k := range n {
			subject := (i + k) % n
			number, err := f.store.Number(f.ctx, "slack/T1", "PM", fmt.Sprint("s", subject))
			if err != nil {
				return err
			}
			got[i][subject] = number
		}
		return nil
	}) {
		f.ok(err)
	}
	used := map[int]bool{}
	for subject := range n {
		for i := range n {
			if got[i][subject] != got[0][subject] {
				f.Fatalf("subject %d was given %d and %d", subject, got[i][subject], got[0][subject])
			}
		}
		if number := got[0][subject]; used[number] || number < 1 {
			f.Fatalf("number %d was given twice", number)
		}
		used[got[0][subject]] = true
	}
}

package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

var inboxCases = []namedCase{
	{"RowsReadBackEqual", rowsReadBackEqual},
	{"AcceptedTwiceIsOne", acceptedTwiceIsOne},
	{"AcceptedAfterFinishIsDone", acceptedAfterFinishIsDone},
	{"AcceptRaced", acceptRaced},
	{"FinishWipes", finishWipes},
	{"FinishNeedsNoLease", finishNeedsNoLease},
	{"OrderWithinALane", orderWithinALane},
	{"AtMostABatch", atMostABatch},
	{"ClaimRaced", claimRaced},
	{"LanesInTurn", lanesInTurn},
	{"ABusyLaneStarvesNobody", aBusyLaneStarvesNobody},
	{"LeaseRunsOut", leaseRunsOut},
	{"LeaseOfAnEmptyLaneRunsOut", leaseOfAnEmptyLaneRunsOut},
	{"Renew", renew},
	{"Release", release},
	{"Rest", rest},
	{"RestOfAnEmptyLane", restOfAnEmptyLane},
	{"RowsJoinAClaimedLane", rowsJoinAClaimedLane},
	{"FailCounts", failCounts},
	{"DeadRows", deadRows},
	{"Replay", replay},
	{"PurgeForgetsOldKeys", purgeForgetsOldKeys},
}

func rowsReadBackEqual(f *fixture) {
	place := conversations.Place{Workspace: "slack/T1", Channel: "C1", Thread: "171.01"}
	ref := conversations.MessageRef{Workspace: "slack/T1", Channel: "C1", ID: "171.02"}
	full := conversations.Event{
		Key: "slack/T1/msg/C1/171.02", Kind: conversations.Fetched, At: noon.Add(time.Millisecond), Where: place, Who: "U1",
		Message: ref, ReplyTo: "171.01", Text: "naïve 日本語 🙂 \u202e & </b>\x01", Masked: true, Mention: true,
		Files: []string{"a.png", ""}, Author: "PagerDuty", Emoji: "📌", On: true,
		Verb: "Publish", Subject: "slack/T1/review/r", Value: "$v.1", Fields: []conversations.Field{{Name: "a.b", Value: "1"}, {Name: "$c"}},
		Handle: conversations.Handle{Token: "xoxb-secret", Expires: noon.Add(time.Hour)},
		Effect: "abc", Slot: "card", Result: conversations.Result{Message: ref, Thread: place, At: noon}, Reason: "gone", Seen: 7,
		Snapshot: &conversations.Snapshot{
			Message: ref, Where: place, At: noon, EditedAt: noon, Text: "t", Files: []string{"f"},
			Reactions: []conversations.Reaction{{Emoji: "📌", Who: []string{"U1", "U2"}}, {Emoji: "📝"}},
		},
	}
	rows := []storage.Row{
		{Subject: "slack/T1/review/r", Lane: "lane", Event: full},
		{Subject: "slack/T1/review/r", Lane: "lane", Event: conversations.Event{Key: "bare"}},
		{Subject: "", Lane: "lane", Event: conversations.Event{Key: "no subject", Text: longText}},
	}
	for _, name := range oddNames {
		rows = append(rows, message("lane", name, name))
	}
	f.accept(rows...)
	f.equal("rows", withoutTokens(f.claim("w").Rows), rows)

	for _, name := range oddNames {
		f.accept(message(name, "k", "s/"+name))
	}
	for range oddNames {
		l := f.claim("w")
		f.equal("lane of the row", l.Rows[0].Lane, l.Name)
		f.equal("row", withoutTokens(l.Rows), []storage.Row{message(l.Name, "k", "s/"+l.Name)})
		f.ok(f.store.Finish(f.ctx, l.Rows...))
		f.ok(f.store.Release(f.ctx, l, 0))
	}
	f.noLane()
}

func withoutTokens(rows []storage.Row) []storage.Row {
	out := slices.Clone(rows)
	for i := range out {
		out[i].Token = ""
	}
	return out
}

func acceptedTwiceIsOne(f *fixture) {
	row := message("lane", "k", "s")
	f.accept(row, row) // in one call
	f.accept(row)
	other := row
	other.Event.Text, other.Lane = "something else under the same key", "another lane"
	f.accept(other)
	second := message("lane", "k", "another subject") // the same event for another subject is another row
	f.accept(second)
	l := f.claim("w")
	f.equal("rows", withoutTokens(l.Rows), []storage.Row{row, second})
	f.accept(row, second) // while it is claimed
	f.noLane()
}

func acceptedAfterFinishIsDone(f *fixture) {
	row := message("lane", "k", "s")
	f.accept(row)
	l := f.claim("w")
	f.ok(f.store.Finish(f.ctx, l.Rows...))
	f.ok(f.store.Release(f.ctx, l, 0))
	f.accept(row, row)
	f.noLane()
	if f.h.Holds(f, f.store, row.Event.Text) {
		f.Fatal("accepting a finished row again stored its content again")
	}
	f.accept(row, message("lane", "k2", "s")) // the new one in the same call is not lost
	f.equal("keys", keys(f.claim("w").Rows), []string{"k2"})
}

func acceptRaced(f *fixture) {
	const n, keyCount = 20, 30
	for _, err := range race(n, func(i int) error {
		for k := range keyCount {
			row := message("lane", fmt.Sprint("k", (k+i)%keyCount), "s")
			if err := f.store.Accept(f.ctx, row, row); err != nil {
				return err
			}
		}
		return nil
	}) {
		f.ok(err)
	}
	got := keys(f.claim("w").Rows)
	slices.Sort(got)
	if len(got) != keyCount || len(slices.Compact(got)) != keyCount {
		f.Fatalf("%d rows, want each of %d once: %q", len(got), keyCount, got)
	}
}

func finishWipes(f *fixture) {
	row := message("lane", "k", "s")
	row.Event.Text = "what people said"
	row.Event.Handle.Token = "xoxb-secret"
	f.accept(row)
	if !f.h.Holds(f, f.store, "what people said") {
		f.Fatal("the harness does not see the content of a waiting row")
	}
	l := f.claim("w")
	f.ok(f.store.Fail(f.ctx, l.Rows[0], "panic: what people said", false))
	f.ok(f.store.Finish(f.ctx, l.Rows...))
	for _, text := range []string{"what people said", "xoxb-secret"} {
		if f.h.Holds(f, f.store, text) {
			f.Fatalf("%q is still stored after Finish", text)
		}
	}
	f.ok(f.store.Finish(f.ctx, l.Rows...)) // again
	f.ok(f.store.Finish(f.ctx))
	f.ok(f.store.Finish(f.ctx, message("lane", "never accepted", "s")))
}

func finishNeedsNoLease(f *fixture) {
	f.accept(messages("lane", "s", 3)...)
	late := f.claim("w1")
	f.clock.wind(storage.LeaseTTL)
	now := f.claim("w2")
	f.ok(f.store.Finish(f.ctx, late.Rows[0]))
	f.ok(f.store.Fail(f.ctx, now.Rows[1], "panic", true))
	f.ok(f.store.Finish(f.ctx, late.Rows[1])) // stepped after all, so it is not dead
	f.ok(f.store.Release(f.ctx, now, 0))
	f.equal("left", keys(f.claim("w3").Rows), []string{"lane/00002"})
	dead, err := f.store.Dead(f.ctx, 10)
	f.ok(err)
	f.equal("dead", dead, []storage.Row(nil))
}

func orderWithinALane(f *fixture) {
	rows := messages("lane", "s", 40)
	// Accepted against the order of keys and times, singly and together.
	slices.Reverse(rows)
	f.accept(rows[:10]...)
	for _, r := range rows[10:20] {
		f.accept(r)
	}
	f.clock.wind(-time.Minute) // a clock that is set back does not reorder, nor does it hold up what waits
	f.accept(rows[20:]...)
	l := f.claim("w")
	f.equal("order", keys(l.Rows), keys(rows))
	f.ok(f.store.Finish(f.ctx, l.Rows[0], l.Rows[5]))
	f.ok(f.store.Release(f.ctx, l, 0))
	left := slices.Delete(slices.Clone(keys(rows)), 5, 6)[1:]
	f.equal("order of what is left", keys(f.claim("w").Rows), left)
}

func atMostABatch(f *fixture) {
	rows := messages("lane", "s", 2*storage.LaneBatch+1)
	f.accept(rows...)
	for want := rows; len(want) > 0; {
		n := min(len(want), storage.LaneBatch)
		l := f.claim("w")
		f.equal("rows", keys(l.Rows), keys(want[:n]))
		f.ok(f.store.Finish(f.ctx, l.Rows...))
		f.ok(f.store.Release(f.ctx, l, 0))
		want = want[n:]
	}
	f.noLane()
}

func claimRaced(f *fixture) {
	for round := range 5 {
		f.accept(message(fmt.Sprint("lane", round), fmt.Sprint("k", round), "s"))
		f.oneWins(race(20, func(i int) error {
			_, err := f.store.Claim(f.ctx, fmt.Sprint("w", i))
			return err
		}), storage.ErrNotFound)
	}
	for i := range 20 {
		f.accept(message(fmt.Sprint("many", i), fmt.Sprint("many", i), "s"))
	}
	var mu sync.Mutex
	var names []string
	for _, err := range race(20, func(i int) error {
		l, err := f.store.Claim(f.ctx, fmt.Sprint("w", i))
		mu.Lock()
		defer mu.Unlock()
		names = append(names, l.Name)
		return err
	}) {
		f.ok(err)
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 20 {
		f.Fatalf("20 claims of 20 lanes gave %q", names)
	}
}

func lanesInTurn(f *fixture) {
	for _, lane := range []string{"b", "a", "c"} {
		f.accept(messages(lane, "s", 2*storage.LaneBatch)...)
		f.clock.wind(time.Millisecond)
	}
	var order []string
	for range 9 {
		l := f.claim("w")
		order = append(order, l.Name)
		f.ok(f.store.Finish(f.ctx, l.Rows[:1]...))
		f.ok(f.store.Release(f.ctx, l, 0))
		f.clock.wind(time.Millisecond)
	}
	for round := range slices.Chunk(order, 3) { // in whatever order, each once before any comes again
		slices.Sort(round)
		f.equal("one round", round, []string{"a", "b", "c"})
	}
}

func aBusyLaneStarvesNobody(f *fixture) {
	const quiet = 10
	for batch := range slices.Chunk(messages("busy", "s", 10_000), 1000) {
		f.accept(batch...)
	}
	f.clock.wind(time.Millisecond)
	for i := range quiet {
		f.accept(message(fmt.Sprint("quiet", i), fmt.Sprint("quiet", i), "s"))
	}
	served := map[string]int{}
	for range quiet + 2 {
		f.clock.wind(time.Millisecond)
		l := f.claim("w")
		served[l.Name]++
		f.ok(f.store.Finish(f.ctx, l.Rows...))
		f.ok(f.store.Release(f.ctx, l, 0))
	}
	if len(served) != quiet+1 || served["busy"] > 2 {
		f.Fatalf("served %v in %d claims, want each lane", served, quiet+2)
	}
	for i := range 3 { // a lane that comes later waits for one turn at most
		f.accept(message("late", fmt.Sprint("k", i), "s"))
		f.clock.wind(time.Millisecond)
		first, second := f.claim("w1"), storage.Lane{}
		if first.Name != "late" {
			second = f.claim("w2")
		}
		for _, l := range []storage.Lane{first, second} {
			f.ok(f.store.Finish(f.ctx, l.Rows...))
			f.ok(f.store.Release(f.ctx, l, 0))
		}
		if first.Name != "late" && second.Name != "late" {
			f.Fatalf("claimed %q and %q, want the late lane among them", first.Name, second.Name)
		}
		f.clock.wind(time.Millisecond)
	}
}

// leaseOfAnEmptyLaneRunsOut: its holder has finished all rows and died before it released the lane.
func leaseOfAnEmptyLaneRunsOut(f *fixture) {
	f.accept(messages("a", "s", 2)...)
	f.ok(f.store.Finish(f.ctx, f.claim("w1").Rows...))
	f.clock.wind(storage.LeaseTTL)
	f.noLane()
	f.accept(message("b", "k", "s"))
	l := f.claim("w2")
	f.equal("lane", l.Name, "b")
	f.noLane()
	f.accept(message("a", "a/late", "s"))
	f.equal("rows", keys(f.claim("w2").Rows), []string{"a/late"})
	f.noLane()
}

func leaseRunsOut(f *fixture) {
	f.accept(messages("lane", "s", 2)...)
	l := f.claim("w1")
	f.equal("worker", l.Worker, "w1")
	f.clock.wind(storage.LeaseTTL - time.Millisecond)
	f.noLane()
	f.equal("next", f.next(), noon.Add(storage.LeaseTTL))
	f.clock.wind(time.Millisecond)
	taken := f.claim("w2")
	f.equal("rows", keys(taken.Rows), keys(l.Rows))
	f.is(f.store.Renew(f.ctx, l), storage.ErrConflict)
	f.ok(f.store.Release(f.ctx, l, time.Hour)) // not held any more: nothing happens
	f.noLane()
	f.ok(f.store.Renew(f.ctx, taken))
	f.ok(f.store.Release(f.ctx, taken, 0))
	f.claim("w3")
}

func renew(f *fixture) {
	f.accept(message("lane", "k", "s"))
	l := f.claim("w")
	for range 5 {
		f.clock.wind(storage.LeaseTTL - time.Millisecond)
		f.ok(f.store.Renew(f.ctx, l))
	}
	f.noLane()
	f.clock.wind(storage.LeaseTTL - time.Millisecond)
	f.noLane()
	f.ok(f.store.Release(f.ctx, l, 0))
	f.is(f.store.Renew(f.ctx, l), storage.ErrConflict) // released
	f.is(f.store.Renew(f.ctx, storage.Lane{Name: "no such lane", Worker: "w"}), storage.ErrConflict)
	f.claim("w2")
	f.is(f.store.Renew(f.ctx, l), storage.ErrConflict)
}

func release(f *fixture) {
	f.accept(messages("lane", "s", 2)...)
	l := f.claim("w")
	f.ok(f.store.Finish(f.ctx, l.Rows[0]))
	f.ok(f.store.Release(f.ctx, l, 0))
	l = f.claim("w2") // at once, in the same moment
	f.equal("rows", keys(l.Rows), []string{"lane/00001"})
	f.ok(f.store.Finish(f.ctx, l.Rows...))
	f.ok(f.store.Release(f.ctx, l, 0))
	f.ok(f.store.Release(f.ctx, l, 0)) // again
	f.noLane()
	f.equal("next", f.next(), time.Time{})
	f.accept(message("lane", "k3", "s"))
	f.equal("a lane that comes back", keys(f.claim("w").Rows), []string{"k3"})
}

func rest(f *fixture) {
	f.accept(message("lane", "k", "s"))
	f.ok(f.store.Release(f.ctx, f.claim("w"), time.Minute))
	f.noLane()
	f.equal("next", f.next(), noon.Add(time.Minute))
	f.clock.wind(time.Minute - time.Millisecond)
	f.noLane()
	f.clock.wind(time.Millisecond)
	f.claim("w")
}

func restOfAnEmptyLane(f *fixture) {
	f.accept(message("lane", "k", "s"))
	l := f.claim("w")
	f.ok(f.store.Finish(f.ctx, l.Rows...))
	f.ok(f.store.Release(f.ctx, l, time.Minute))
	f.equal("nothing waits", f.next(), time.Time{})
	f.accept(message("lane", "k2", "s"))
	f.noLane()
	f.equal("next", f.next(), noon.Add(time.Minute))
	f.clock.wind(time.Minute)
	f.claim("w")
}

func rowsJoinAClaimedLane(f *fixture) {
	f.accept(message("lane", "k1", "s"))
	l := f.claim("w")
	f.ok(f.store.Finish(f.ctx, l.Rows...))
	f.accept(message("lane", "k2", "s")) // between the last Finish and Release
	f.noLane()
	f.ok(f.store.Release(f.ctx, l, 0))
	f.equal("rows", keys(f.claim("w").Rows), []string{"k2"})
}

func failCounts(f *fixture) {
	f.accept(messages("lane", "s", 2)...)
	for tries := range 3 {
		l := f.claim("w")
		f.equal("tries", l.Rows[0].Tries, tries)
		f.equal("tries of the other", l.Rows[1].Tries, 0)
		f.ok(f.store.Fail(f.ctx, l.Rows[0], fmt.Sprint("panic ", tries), false))
		f.ok(f.store.Release(f.ctx, l, 0))
	}
	l := f.claim("w")
	f.equal("error", l.Rows[0].Error, "panic 2")
	f.ok(f.store.Finish(f.ctx, l.Rows[0]))
	f.ok(f.store.Fail(f.ctx, l.Rows[0], "too late", true)) // finished stays finished
	dead, err := f.store.Dead(f.ctx, 10)
	f.ok(err)
	f.equal("dead", dead, []storage.Row(nil))
}

func deadRows(f *fixture) {
	rows := messages("lane", "s", 4)
	f.accept(rows...)
	l := f.claim("w")
	for _, i := range []int{2, 0, 1} {
		f.ok(f.store.Fail(f.ctx, l.Rows[i], "panic: index out of range", true))
	}
	f.ok(f.store.Fail(f.ctx, l.Rows[0], "once more", true)) // dead stays as it is
	f.ok(f.store.Release(f.ctx, l, 0))
	f.equal("left", keys(f.claim("w").Rows), []string{"lane/00003"})
	dead, err := f.store.Dead(f.ctx, 10)
	f.ok(err)
	want := slices.Clone(rows[:3])
	for i := range want {
		want[i].Tries, want[i].Error = 1, "panic: index out of range"
	}
	f.equal("dead", withoutTokens(dead), want)
	dead, err = f.store.Dead(f.ctx, 2)
	f.ok(err)
	f.equal("limited", keys(dead), keys(rows[:2]))
	f.accept(rows[0]) // accepted again it is still dead
	dead, err = f.store.Dead(f.ctx, 10)
	f.ok(err)
	f.equal("dead", len(dead), 3)
}

func replay(f *fixture) {
	rows := messages("lane", "s", 3)
	f.accept(rows...)
	l := f.claim("w")
	f.ok(f.store.Fail(f.ctx, l.Rows[0], "panic", true))
	f.ok(f.store.Finish(f.ctx, l.Rows[1]))
	f.ok(f.store.Release(f.ctx, l, 0))
	for _, key := range []string{rows[1].Event.Key, rows[2].Event.Key, "none"} {
		f.is(f.store.Replay(f.ctx, key, "s"), storage.ErrNotFound)
	}
	f.is(f.store.Replay(f.ctx, rows[0].Event.Key, "another subject"), storage.ErrNotFound)
	f.ok(f.store.Replay(f.ctx, rows[0].Event.Key, "s"))
	f.is(f.store.Replay(f.ctx, rows[0].Event.Key, "s"), storage.ErrNotFound)
	l = f.claim("w")
	f.equal("rows", withoutTokens(l.Rows), []storage.Row{rows[0], rows[2]}) // no tries, no error, its old place
	f.ok(f.store.Finish(f.ctx, l.Rows[1]))
	f.ok(f.store.Fail(f.ctx, l.Rows[0], "panic", true))
	f.ok(f.store.Release(f.ctx, l, 0))
	f.noLane()
	f.ok(f.store.Replay(f.ctx, rows[0].Event.Key, "s")) // into a lane that had gone
	f.equal("rows", keys(f.claim("w").Rows), keys(rows[:1]))
}

func purgeForgetsOldKeys(f *fixture) {
	done, waiting, dead := message("lane", "done", "s"), message("lane", "waiting", "s"), message("lane", "dead", "s")
	f.accept(done, waiting, dead)
	l := f.claim("w")
	f.ok(f.store.Finish(f.ctx, l.Rows[0]))
	f.ok(f.store.Fail(f.ctx, l.Rows[2], "panic", true))
	f.ok(f.store.Release(f.ctx, l, 0))

	f.clock.wind(2 * storage.KeyLife) // the store's clock does not age what is finished: the server's does
	f.equal("purged while young", f.purge(), 0)
	f.h.Age(f, f.store, storage.KeyLife-time.Hour)
	f.equal("purged before its time", f.purge(), 0)
	f.accept(done)
	f.equal("still known", keys(f.claim("w").Rows), []string{"waiting"})

	f.h.Age(f, f.store, 2*time.Hour)
	f.equal("purged", f.purge(), 1)
	f.equal("purged twice", f.purge(), 0)
	f.clock.wind(storage.LeaseTTL)
	f.accept(done, waiting, dead)
	f.equal("forgotten", keys(f.claim("w").Rows), []string{"waiting", "done"})
	rows, err := f.store.Dead(f.ctx, 10)
	f.ok(err)
	f.equal("dead rows are never purged", keys(rows), []string{"dead"})
}

// purge deletes until nothing is left to delete.
func (f *fixture) purge() int {
	f.Helper()
	all := 0
	for {
		n, err := f.store.Purge(f.ctx)
		f.ok(err)
		if n == 0 {
			return all
		}
		all += n
	}
}

// isUnavailable reports whether an error is what a cancelled call gives.
func isUnavailable(err, also error) bool {
	return errors.Is(err, storage.ErrUnavailable) && errors.Is(err, also)
}

package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// benchSubjects names the variable that sets how many subjects the largest of the Point benchmarks has; 100,000 where it is not
// set. A million take SQLite some minutes to make and 1 GB of disk:
//
//	DEBRIEF_BENCH_SUBJECTS=1000000 go test ./storage/sqlite -run '^$' -bench Store/Point -benchtime 20000x
const benchSubjects = "DEBRIEF_BENCH_SUBJECTS"

// Benchmark measures what the bot does all day. open gives a fresh, empty store on the server's clock. Read the figures as
// ratios within one run: Accept against the store's own bare insert, Lane/behind10000 against Lane/alone, Point with many
// subjects against few.
func Benchmark(b *testing.B, open func(b *testing.B) storage.Store) {
	b.Run("Accept", func(b *testing.B) { benchAccept(b, open(b)) })
	b.Run("AcceptParallel", func(b *testing.B) { benchAcceptParallel(b, open(b)) })
	b.Run("Event", func(b *testing.B) { benchEvent(b, open(b)) })
	b.Run("Effect", func(b *testing.B) { benchEffect(b, open(b)) })
	b.Run("Lane/alone", func(b *testing.B) { benchLane(b, open(b), 0) })
	b.Run("Lane/behind10000", func(b *testing.B) { benchLane(b, open(b), 10_000) })
	many := 100_000
	if text := os.Getenv(benchSubjects); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatalf("%s: %v", benchSubjects, err)
		}
		many = n
	}
	for _, n := range []int{1000, many} {
		benchPoint(b, open, n)
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// reaction is the commonest event, of the size that platforms send.
func reaction(n int64) storage.Row {
	key := fmt.Sprintf("slack/T0123456/react/C0123456/1700000000.%06d/U0123456/pushpin/+/1700000001.%06d", n, n)
	message := conversations.MessageRef{Workspace: "slack/T0123456", Channel: "C0123456", ID: fmt.Sprintf("1700000000.%06d", n)}
	return storage.Row{
		Subject: "slack/T0123456/event/C0123456/" + message.ID, Lane: fmt.Sprint("slack/T0123456/C", n%50),
		Event: conversations.Event{
			Key: key, Kind: conversations.Reacted, At: noon, Who: "U0123456", Message: message, Emoji: "📌", On: true,
			Where: conversations.Place{Workspace: "slack/T0123456", Channel: "C0123456"},
		},
	}
}

func benchAccept(b *testing.B, s storage.Store) {
	var n int64
	for b.Loop() {
		n++
		must(b, s.Accept(b.Context(), reaction(n)))
	}
}

// benchAcceptParallel has 32 callers at once, as a loaded web server has.
func benchAcceptParallel(b *testing.B, s storage.Store) {
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Accept(context.Background(), reaction(n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// benchEvent carries one event at a time from the platform to its subject.
func benchEvent(b *testing.B, s storage.Store) {
	ctx, n := b.Context(), int64(0)
	for b.Loop() {
		n++
		row := reaction(n)
		_, err := s.Route(ctx, []string{row.Event.Message.Key(), row.Event.Where.Address()})
		must(b, err)
		must(b, s.Accept(ctx, row))
		lane, err := s.Claim(ctx, "w")
		must(b, err)
		_, err = s.Load(ctx, lane.Rows[0].Subject)
		if !errors.Is(err, storage.ErrNotFound) {
			b.Fatal("the subject is there already: ", err)
		}
		subject := conversations.Subject{
			ID: row.Subject, V: 1, At: noon, Addresses: []string{row.Event.Message.Key()}, Applied: []int64{n},
			State: &conversations.TimelineEvent{Text: "errors on checkout are up"},
		}
		must(b, s.Save(ctx, subject, nil))
		must(b, s.Finish(ctx, lane.Rows...))
		must(b, s.Release(ctx, lane, 0))
	}
}

// benchEffect claims and settles one effect at a time, of as many subjects.
func benchEffect(b *testing.B, s storage.Store) {
	seed(b, s, b.N, []conversations.Effect{{To: "x", Slot: "mark", Kind: conversations.React, Emoji: "📎", On: true}})
	b.ResetTimer()
	for range b.N {
		c, err := s.ClaimEffect(b.Context(), "w")
		must(b, err)
		must(b, s.Settle(b.Context(), c, storage.Settlement{Ref: &storage.Ref{Hash: "h"}}))
	}
}

// benchLane gives the next free lane while another, which is leased, has so many rows.
func benchLane(b *testing.B, s storage.Store, busy int) {
	ctx, n := b.Context(), 0
	for batch := range slices.Chunk(messages("busy", "s", busy), 1000) {
		must(b, s.Accept(ctx, batch...))
	}
	var held storage.Lane
	if busy > 0 {
		var err error
		held, err = s.Claim(ctx, "busy")
		must(b, err)
	}
	renewed := time.Now()
	for b.Loop() {
		n++
		if held.Name != "" && time.Since(renewed) > storage.LeaseTTL/3 {
			must(b, s.Renew(ctx, held))
			renewed = time.Now()
		}
		must(b, s.Accept(ctx, message("quiet", fmt.Sprint("k", n), "s")))
		lane, err := s.Claim(ctx, "w")
		must(b, err)
		if lane.Name != "quiet" {
			b.Fatalf("claimed lane %s", lane.Name)
		}
		must(b, s.Finish(ctx, lane.Rows...))
		must(b, s.Release(ctx, lane, 0))
	}
}

func subjectName(i int) string { return fmt.Sprintf("slack/T1/event/C1/%08d", i) }

// seed saves n subjects, several at a time.
func seed(b *testing.B, s storage.Store, n int, effects []conversations.Effect) {
	b.Helper()
	var next atomic.Int64
	var failed atomic.Value
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := s.Save(context.Background(), event(i), numbered(effects, i)); err != nil {
					failed.Store(err)
					return
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(err)
	}
}

func event(i int) conversations.Subject {
	return conversations.Subject{
		ID: subjectName(i), V: 1, At: noon, Due: noon.Add(time.Duration(i) * time.Second),
		Addresses: []string{"message/" + strconv.Itoa(i), "review/" + strconv.Itoa(i/20)},
		Applied:   []int64{1, 2, 3}, State: &conversations.TimelineEvent{Text: "errors on checkout are up, 30 % of carts"},
	}
}

func numbered(effects []conversations.Effect, i int) []conversations.Effect {
	out := slices.Clone(effects)
	for k := range out {
		out[k].ID = fmt.Sprintf("effect%d.%d", i, k)
	}
	return out
}

// benchPoint does single things to random ones of n subjects, and reports the slowest of a hundred.
func benchPoint(b *testing.B, open func(b *testing.B) storage.Store, n int) {
	b.Run(fmt.Sprint("Point/", n), func(b *testing.B) {
		s := open(b)
		seed(b, s, n, nil)
		rnd := rand.New(rand.NewPCG(1, 1))
		for name, do := range map[string]func(i int) error{
			"Load": func(i int) error { _, err := s.Load(b.Context(), subjectName(i)); return err },
			"Route": func(i int) error {
				_, err := s.Route(b.Context(), []string{"message/" + strconv.Itoa(i), "none"})
				return err
			},
			"Find": func(i int) error {
				_, err := s.Find(b.Context(), storage.Query{Address: "review/" + strconv.Itoa(i/20)})
				return err
			},
			"Due": func(int) error { _, err := s.Due(b.Context(), noon.Add(time.Minute), 100); return err },
			"Save": func(i int) error {
				subject, err := s.Load(b.Context(), subjectName(i))
				if err == nil {
					err = s.Save(b.Context(), subject, nil)
				}
				return err
			},
		} {
			b.Run(name, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					start := time.Now()
					must(b, do(rnd.IntN(n)))
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	})
}

//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
	"github.com/debrief-bot/debrief/storage/sqlite"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// What the whole bot costs, as it is wired here: the real bot, stores and a chat in memory, which has no limits. Read the
// ratios; the absolute figures are the machine's, above all those of its disk.
//
//	go test ./cmd/debrief -run '^$' -bench 'Handle|Event' -benchtime 5000x
//	go test ./cmd/debrief -run '^$' -bench 'Backlog|Pin|Sweep|Start' -benchtime 1x -count 3
//
// With DEBRIEF_TEST_MONGO_URI set MongoDB is measured, too, each time in a new database, which is left there.

// benchStores runs a benchmark on every store there is.
func benchStores(b *testing.B, run func(b *testing.B, s storage.Store)) {
	b.Run("memory", func(b *testing.B) { run(b, storagetest.NewMemory(time.Now)) })
	b.Run("sqlite", func(b *testing.B) { run(b, benchSQLite(b, filepath.Join(b.TempDir(), "debrief.db"))) })
	if uri := os.Getenv("DEBRIEF_TEST_MONGO_URI"); uri != "" {
		b.Run("mongo", func(b *testing.B) {
			name := fmt.Sprint("debrief_bench_", time.Now().UnixNano())
			s, err := mongo.Open(b.Context(), uri, mongo.Options{Database: name})
			check(b, err)
			ready(b, s)
			run(b, s)
		})
	}
}

// benchSQLite opens a file as the program does: with a write-ahead log, every commit waiting for the disk.
func benchSQLite(b *testing.B, path string) storage.Store {
	s, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	check(b, err)
	ready(b, s)
	return s
}

func ready(b *testing.B, s storage.Store) {
	check(b, s.Ready(b.Context()))
	b.Cleanup(func() { _ = s.Close() })
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// cost is the time that something took, on the clock and of the processors.
type cost struct{ wall, cpu time.Duration }

// took does something n times, by so many callers at once.
func took(b *testing.B, n, callers int, do func(i int) error) cost {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	from, cpu := time.Now(), processorTime()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	return cost{time.Since(from), processorTime() - cpu}
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(ratios []float64) float64 {
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func place(i int) conversations.Place { return local.In("c" + strconv.Itoa(i%50)) }

func benchMessage(i int) conversations.MessageRef {
	return conversations.MessageRef{Workspace: local.Workspace, Channel: place(i).Channel, ID: fmt.Sprintf("1700000000.%06d", i)}
}

// pinOn is the commonest event that is kept, of the size that platforms send.
func pinOn(i int) conversations.Event {
	m := benchMessage(i)
	return conversations.Event{
		Key:  fmt.Sprintf("%s/react/%s/%s/ana/pushpin/+/1700000001.%06d", local.Workspace, m.Channel, m.ID, i),
		Kind: conversations.Reacted, At: time.Now(), Where: place(i), Who: "ana", Message: m, Emoji: "📌", On: true,
	}
}

// replyTo is a reply in the thread of a review: it must be looked up whose it is.
func replyTo(i int) conversations.Event {
	m := benchMessage(i)
	return conversations.Event{
		Key: m.Key(), Kind: conversations.Said, At: time.Now(), Where: local.In(m.Channel, "thread"), Who: "ana", Message: m,
		Text: "the health check only looks at the front door, so a broken card service shows up late",
	}
}

// reviewsWithThreads are what the replies are for: one in each channel.
func reviewsWithThreads(b *testing.B, s storage.Store) {
	for i := range 50 {
		p := place(i)
		check(b, s.Save(b.Context(), conversations.Subject{
			ID: local.Workspace + "/review/" + p.Channel, V: conversations.Version, At: time.Now(),
			Addresses: []string{local.In(p.Channel, "thread").Address()},
			State:     &conversations.Review{Stage: conversations.StageOpen, Home: p},
		}, nil))
	}
}

// BenchmarkHandle takes events in, 32 at a time as a loaded web server does, and compares with a bare insert of the same
// size through the same store: Keep, which is one insert by a unique key and no more, and shares commits where the store
// lets them be shared.
func BenchmarkHandle(b *testing.B) {
	const rounds, callers = 5, 32
	for name, event := range map[string]func(int) conversations.Event{"pin": pinOn, "reply": replyTo} {
		b.Run(name, func(b *testing.B) {
			benchStores(b, func(b *testing.B, s storage.Store) {
				reviewsWithThreads(b, s)
				t := bot.New(bot.Options{Store: s})
				body := make([]byte, 450)
				n := max(1, b.N/rounds)
				var wall, cpu, perEvent []float64
				b.ResetTimer()
				for round := range rounds {
					base := round * n
					ours := took(b, n, callers, func(i int) error {
						_, err := t.Handle(context.Background(), event(base+i))
						return err
					})
					bare := took(b, n, callers, func(i int) error {
						e := event(base + i) // it is made in both
						return s.Keep(context.Background(), storage.Kept{Key: e.Key, At: e.At, Body: body})
					})
					wall = append(wall, bare.wall.Seconds()/ours.wall.Seconds())
					cpu = append(cpu, ours.cpu.Seconds()/bare.cpu.Seconds())
					perEvent = append(perEvent, float64(ours.wall.Microseconds())/float64(n))
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(median(perEvent), "µs/event")
				b.ReportMetric(median(wall), "×bare-throughput")
				b.ReportMetric(median(cpu), "×bare-cpu")
			})
		})
	}
}

// watched counts what the bot asks of its store, and says when rows and effects are through.
type watched struct {
	storage.Store
	calls   atomic.Int64
	stepped atomic.Int64 // rows finished that came from people
}

func (w *watched) Claim(ctx context.Context, worker string) (storage.Lane, error) {
	w.calls.Add(1)
	return w.Store.Claim(ctx, worker)
}

func (w *watched) Accept(ctx context.Context, rows ...storage.Row) error {
	w.calls.Add(1)
	return w.Store.Accept(ctx, rows...)
}

func (w *watched) Load(ctx context.Context, id string) (conversations.Subject, error) {
	w.calls.Add(1)
	return w.Store.Load(ctx, id)
}

func (w *watched) Find(ctx context.Context, q storage.Query) ([]conversations.Subject, error) {
	w.calls.Add(1)
	return w.Store.Find(ctx, q)
}

func (w *watched) Route(ctx context.Context, addresses []string) ([]storage.Hit, error) {
	w.calls.Add(1)
	return w.Store.Route(ctx, addresses)
}

func (w *watched) Save(ctx context.Context, s conversations.Subject, effects []conversations.Effect) error {
	w.calls.Add(1)
	return w.Store.Save(ctx, s, effects)
}

func (w *watched) Number(ctx context.Context, workspace, series, subject string) (int, error) {
	w.calls.Add(1)
	return w.Store.Number(ctx, workspace, series, subject)
}

func (w *watched) Finish(ctx context.Context, rows ...storage.Row) error {
	w.calls.Add(1)
	err := w.Store.Finish(ctx, rows...)
	for _, r := range rows {
		if err == nil && r.Event.Kind == conversations.Reacted {
			w.stepped.Add(1)
		}
	}
	return err
}

func (w *watched) Release(ctx context.Context, lane storage.Lane, rest time.Duration) error {
	w.calls.Add(1)
	return w.Store.Release(ctx, lane, rest)
}

func (w *watched) ClaimEffect(ctx context.Context, worker string) (storage.Claim, error) {
	w.calls.Add(1)
	return w.Store.ClaimEffect(ctx, worker)
}

func (w *watched) Settle(ctx context.Context, c storage.Claim, to storage.Settlement) error {
	w.calls.Add(1)
	return w.Store.Settle(ctx, c, to)
}

// clipped is a local chat that says when the bot's 📎 goes onto a message.
type clipped struct {
	*local.Chat
	quiet   bool // it names no workspaces: nothing is read back
	clip    func(conversations.MessageRef)
	running *atomic.Bool
}

func (c clipped) Run(ctx context.Context, h adapters.Handler) error {
	c.running.Store(true)
	return c.Chat.Run(ctx, h)
}

func (c clipped) Workspaces(ctx context.Context) ([]string, error) {
	if c.quiet {
		return nil, nil
	}
	return c.Chat.Workspaces(ctx)
}

func (c clipped) Send(ctx context.Context, m conversations.Message) (conversations.Result, error) {
	r, err := c.Chat.Send(ctx, m)
	if err == nil && c.clip != nil && m.Kind == conversations.React && m.Emoji == "📎" && m.On {
		c.clip(m.Target)
	}
	return r, err
}

// takenDown is a handler that only writes down what people did.
type takenDown struct{ events *[]conversations.Event }

func (h takenDown) Handle(_ context.Context, e conversations.Event) (conversations.Answer, error) {
	if e.Kind == conversations.Reacted {
		*h.events = append(*h.events, e)
	}
	return conversations.Answer{}, nil
}

// pinnedChat is a chat in which so many messages were written and pinned, and the events of the pins.
func pinnedChat(b *testing.B, n int) (*local.Chat, []conversations.Event) {
	chat := local.New(local.Options{})
	chat.Add(local.Person{Person: conversations.Person{ID: "ana", Name: "Ana", Active: true}})
	for i := range min(n, 50) {
		chat.Open(local.Channel{Name: place(i).Channel})
	}
	var events []conversations.Event
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	all.Go(func() { _ = chat.Run(ctx, takenDown{&events}) })
	for i := range n {
		m, err := chat.Say(ctx, "ana", place(i), "errors on checkout are up, 5 % of requests", local.Extra{})
		check(b, err)
		check(b, chat.React(ctx, "ana", m, "📌"))
	}
	until(func() bool { return chat.Redeliver(ctx) == 0 }) // those that were written before it ran
	cancel()
	all.Wait()
	if len(events) != n {
		b.Fatalf("%d pins came in of %d", len(events), n)
	}
	return chat, events
}

// until waits for something to be so.
func until(so func() bool) {
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !so() {
		<-look.C
	}
}

// running is a bot at work until the test ends it.
func running(b *testing.B, s storage.Store, c clipped) (t *bot.Bot, end func()) {
	c.running = new(atomic.Bool)
	t = bot.New(bot.Options{Store: s, Chats: []adapters.Chat{c}})
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- t.Run(ctx) }()
	until(c.running.Load) // from then on, what is ready stays it
	until(func() bool { return t.Ready() == nil })
	return t, func() {
		cancel()
		if err := <-over; err != nil {
			b.Error(err)
		}
	}
}

// idle waits until nothing waits in the store.
func idle(b *testing.B, s storage.Store) {
	until(func() bool {
		h, err := s.Health(b.Context())
		check(b, err)
		return h.New == 0 && h.Effects == 0
	})
}

// BenchmarkBacklog starts a bot that died with 10,000 accepted pins. "stepped" is when the last of them is, "clipped" when
// the last message has its 📎, "idle" when nothing is left to do, all in seconds. With readback the bot also reads, as it
// does when it starts, everything that was written in the fifty channels.
func BenchmarkBacklog(b *testing.B) {
	const n = 10_000
	for _, v := range []struct {
		name  string
		quiet bool
	}{{"alone", true}, {"readback", false}} {
		b.Run(v.name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				chat, events := pinnedChat(b, n)
				s := &watched{Store: benchSQLite(b, filepath.Join(b.TempDir(), "debrief.db"))}
				before := bot.New(bot.Options{Store: s})
				took(b, n, 64, func(i int) error {
					_, err := before.Handle(context.Background(), events[i])
					return err
				})
				s.calls.Store(0)
				var clips atomic.Int64
				clippedAll := make(chan struct{})
				b.StartTimer()
				from, cpu := time.Now(), processorTime()
				_, end := running(b, s, clipped{Chat: chat, quiet: v.quiet, clip: func(conversations.MessageRef) {
					if clips.Add(1) == n {
						close(clippedAll)
					}
				}})
				until(func() bool { return s.stepped.Load() >= n })
				b.ReportMetric(time.Since(from).Seconds(), "s-stepped")
				<-clippedAll
				b.ReportMetric(time.Since(from).Seconds(), "s-clipped")
				idle(b, s)
				b.ReportMetric(time.Since(from).Seconds(), "s-idle")
				b.ReportMetric(float64((processorTime()-cpu).Microseconds())/n, "cpu-µs/pin")
				b.ReportMetric(float64(s.calls.Load())/n, "calls/pin")
				end()
			}
		})
	}
}

// BenchmarkSweep has 10,000 subjects of 100,000 (DEBRIEF_TEST_BENCH_SUBJECTS: of so many) whose time has come, which is to say
// something to somebody. ×bare compares the time until all of it is said with a loop that reads each of them, files a row and saves
// it, one after the other; ×few with the same sweep where there are only the 10,000.
func BenchmarkSweep(b *testing.B) {
	const due = 10_000
	many := 100_000
	if text := os.Getenv("DEBRIEF_TEST_BENCH_SUBJECTS"); text != "" {
		n, err := strconv.Atoi(text)
		check(b, err)
		many = n
	}
	for range b.N {
		bare := bareSweep(b, sweepStore(b, due, due), due)
		few := sweep(b, sweepStore(b, due, due))
		among := sweep(b, sweepStore(b, due, many))
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(among.Seconds(), "s-sweep")
		b.ReportMetric(among.Seconds()/bare.Seconds(), "×bare")
		b.ReportMetric(among.Seconds()/few.Seconds(), "×few")
	}
}

func nudgeID(i int) string { return fmt.Sprintf("%s/nudge/p%d/offer", local.Workspace, i) }

// sweepStore holds nudges, of which the first due ones are.
func sweepStore(b *testing.B, due, n int) storage.Store {
	s := benchSQLite(b, filepath.Join(b.TempDir(), "debrief.db"))
	now := time.Now()
	took(b, n, 64, func(i int) error {
		at := now.Add(-time.Minute)
		if i >= due {
			at = now.Add(24 * time.Hour)
		}
		return s.Save(context.Background(), conversations.Subject{
			ID: nudgeID(i), V: conversations.Version, At: at, Due: at,
			State: &conversations.Nudge{Rule: conversations.RuleFirstPin, Person: "p" + strconv.Itoa(i%500), At: at},
		}, nil)
	})
	return s
}

func sweep(b *testing.B, s storage.Store) time.Duration {
	chat := local.New(local.Options{})
	for i := range 500 {
		id := "p" + strconv.Itoa(i)
		chat.Add(local.Person{Person: conversations.Person{ID: id, Name: id, Active: true}})
	}
	from := time.Now()
	_, end := running(b, s, clipped{Chat: chat, quiet: true})
	defer end()
	until(func() bool {
		left, err := s.Due(b.Context(), time.Now(), 1)
		check(b, err)
		return len(left) == 0
	})
	idle(b, s)
	return time.Since(from)
}

func bareSweep(b *testing.B, s storage.Store, due int) time.Duration {
	from := time.Now()
	ids, err := s.Due(b.Context(), time.Now(), due)
	check(b, err)
	for _, id := range ids {
		subject, err := s.Load(b.Context(), id)
		check(b, err)
		check(b, s.Keep(b.Context(), storage.Kept{Key: id, At: time.Now(), Body: make([]byte, 300)}))
		subject.Due = time.Time{}
		check(b, s.Save(b.Context(), subject, nil))
	}
	return time.Since(from)
}

// BenchmarkStart builds the program plainly and starts it on a database of 10,000 subjects. It reports the milliseconds from
// the start of the process until it says where it listens, and the MiB it takes after ten seconds in which it had nothing to
// do.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "debrief")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	path := filepath.Join(dir, "debrief.db")
	s := benchSQLite(b, path)
	took(b, 10_000, 64, func(i int) error {
		return s.Save(context.Background(), conversations.Subject{
			ID: nudgeID(i), V: conversations.Version, At: time.Now(), Addresses: []string{strconv.Itoa(i)},
			State: &conversations.Nudge{Rule: conversations.RuleFirstPin, Person: "ana"},
		}, nil)
	})
	check(b, s.Close())
	var starts, sizes []float64
	for range max(b.N, 5) {
		cmd := exec.CommandContext(b.Context(), program)
		cmd.Env = append(os.Environ(), prefix+"_SQLITE_PATH="+path, prefix+"_HTTP_ADDR=127.0.0.1:0", prefix+"_OPS_ADDR=127.0.0.1:0")
		out, err := cmd.StderrPipe()
		check(b, err)
		from := time.Now()
		check(b, cmd.Start())
		greeting, err := bufio.NewReader(out).ReadString('\n')
		check(b, err)
		starts = append(starts, float64(time.Since(from).Microseconds())/1000)
		if !strings.HasPrefix(greeting, "Debrief is at ") {
			b.Fatalf("it said %q", greeting)
		}
		<-time.After(10 * time.Second) // what it takes then is what is measured
		sizes = append(sizes, residentMiB(b, cmd.Process.Pid))
		check(b, cmd.Process.Signal(syscall.SIGTERM))
		_ = cmd.Wait()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(starts), "ms-ready")
	b.ReportMetric(median(sizes), "MiB-idle")
}

// TestMain makes the test's program serve instead of testing, where BenchmarkHTTP asks for it.
func TestMain(m *testing.M) {
	front := os.Getenv(frontInBench)
	if front == "" {
		os.Exit(m.Run())
	}
	if err := serveFront(front, os.Getenv(serveInBench)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// residentMiB is how much memory a process has, where /proc says it; 0 elsewhere.
func residentMiB(b *testing.B, pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	check(b, err)
	return kib / 1024
}

// BenchmarkPin pins 100 messages a second for five seconds, whatever becomes of the ones before, and takes the time from
// each pin to its 📎.
func BenchmarkPin(b *testing.B) {
	const n, every = 500, 10 * time.Millisecond
	for range b.N {
		chat, events := pinnedChat(b, n)
		var mu sync.Mutex
		at := map[string]time.Time{}
		var waits []time.Duration
		var all sync.WaitGroup
		all.Add(n)
		t, end := running(b, benchSQLite(b, filepath.Join(b.TempDir(), "debrief.db")), clipped{Chat: chat, quiet: true, clip: func(m conversations.MessageRef) {
			mu.Lock()
			waits = append(waits, time.Since(at[m.Key()]))
			mu.Unlock()
			all.Done()
		}})
		from := time.Now()
		next := time.NewTicker(every)
		defer next.Stop()
		for i, e := range events {
			<-next.C
			due := from.Add(time.Duration(i+1) * every) // not when the ticker got round to it
			mu.Lock()
			at[e.Message.Key()] = due
			mu.Unlock()
			go func() {
				if _, err := t.Handle(context.Background(), e); err != nil {
					b.Error(err)
				}
			}()
		}
		all.Wait()
		end()
		slices.Sort(waits)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(waits[n/2].Microseconds())/1000, "ms-p50")
		b.ReportMetric(float64(waits[n*99/100].Microseconds())/1000, "ms-p99")
	}
}

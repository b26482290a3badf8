//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// What it costs to take a platform's signed request in, over HTTP, until it is durable and acknowledged. Two processes
// with the same door (the body read within bounds, its signature compared, its JSON read) and each with a database of its
// own are measured in turns:
//
//   - handle gives the event to the bot;
//   - bare makes one insert of the body by the event's id, through the same store, so with the same durability and with
//     commits shared in the same way.
//
// Neither steps what it took in. The requests are signed beforehand and sent by this process over 32 connections that
// stay; only the servers' own processor time is counted. Afterwards every request must be a row.
//
//	go test ./cmd/debrief -run '^$' -bench HTTP -benchtime 20000x

const (
	frontInBench   = "DEBRIEF_TEST_FRONT"    // handle or bare
	frontDatabase  = "DEBRIEF_TEST_DATABASE" // MongoDB's; with none, serveInBench names SQLite's file
	frontSecret    = "not a secret"
	frontCallers   = 32
	frontBodyBound = 1 << 20
	frontClockSkew = 5 * time.Minute
)

// frontEnvelope is what both read of a request.
type frontEnvelope struct {
	Team  string `json:"team_id"`
	ID    string `json:"event_id"`
	Event struct {
		Type     string `json:"type"`
		User     string `json:"user"`
		Reaction string `json:"reaction"`
		Item     struct {
			Channel string `json:"channel"`
			TS      string `json:"ts"`
		} `json:"item"`
		Channel string `json:"channel"`
		Text    string `json:"text"`
		TS      string `json:"ts"`
		Thread  string `json:"thread_ts"`
	} `json:"event"`
}

// frontBody is the i-th request: of the size, and with the fields, that Slack sends.
func frontBody(kind string, i int) []byte {
	m := benchMessage(i)
	event := fmt.Sprintf(`{"type":"reaction_added","user":"ana","reaction":"pushpin","item":{"type":"message","channel":"%s","ts":"%s"},"item_user":"U0ANA","event_ts":"1700000001.%06d"}`, m.Channel, m.ID, i)
	if kind == "reply" {
		event = fmt.Sprintf(`{"type":"message","user":"ana","text":"%s","channel":"%s","ts":"%s","thread_ts":"thread","channel_type":"channel"}`, replyTo(i).Text, m.Channel, m.ID)
	}
	return fmt.Appendf(nil, `{"token":"verification-token","team_id":"T0ACME","api_app_id":"A0DEBRIEF","event":%s,"type":"event_callback",`+
		`"event_id":"Ev%08d","event_time":1700000001,"authorizations":[{"enterprise_id":null,"team_id":"T0ACME","user_id":"U0DEBRIEF",`+
		`"is_bot":true,"is_enterprise_install":false}],"is_ext_shared_channel":false,"event_context":"4-opaque-%d"}`, event, i, i)
}

// event is what an adapter would make of it.
func (f frontEnvelope) event() conversations.Event {
	if f.Event.Type == "message" {
		m := conversations.MessageRef{Workspace: local.Workspace, Channel: f.Event.Channel, ID: f.Event.TS}
		return conversations.Event{
			Key: m.Key(), Kind: conversations.Said, At: time.Now(), Where: local.In(m.Channel, f.Event.Thread), Who: f.Event.User,
			Message: m, Text: f.Event.Text,
		}
	}
	m := conversations.MessageRef{Workspace: local.Workspace, Channel: f.Event.Item.Channel, ID: f.Event.Item.TS}
	return conversations.Event{
		Key:  fmt.Sprintf("%s/react/%s/%s/%s/%s/+/%s", local.Workspace, m.Channel, m.ID, f.Event.User, f.Event.Reaction, f.ID),
		Kind: conversations.Reacted, At: time.Now(), Where: local.In(m.Channel), Who: f.Event.User, Message: m, Emoji: "📌", On: true,
	}
}

func frontSignature(timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(frontSecret))
	fmt.Fprintf(mac, "v0:%s:", timestamp)
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// frontDoor is the same for both: it reads a request, verifies it, and acknowledges when take says that it is durable.
func frontDoor(take func(ctx context.Context, f frontEnvelope, body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, frontBodyBound))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		timestamp := r.Header.Get("X-Slack-Request-Timestamp")
		seconds, err := strconv.ParseInt(timestamp, 10, 64)
		signed := hmac.Equal([]byte(frontSignature(timestamp, body)), []byte(r.Header.Get("X-Slack-Signature")))
		if err != nil || !signed || time.Since(time.Unix(seconds, 0)).Abs() > frontClockSkew {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var f frontEnvelope
		if err := json.Unmarshal(body, &f); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if err := take(r.Context(), f, body); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

// serveFront is the process that is measured. It says its address, and after every round what it has used.
func serveFront(front, path string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := frontStore(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	t := bot.New(bot.Options{Store: s})
	take := func(ctx context.Context, f frontEnvelope, _ []byte) error {
		_, err := t.Handle(ctx, f.event())
		return err
	}
	if front == "bare" {
		take = func(ctx context.Context, f frontEnvelope, body []byte) error {
			return s.Keep(ctx, storage.Kept{Key: f.ID, At: time.Now(), Body: body})
		}
	}
	door := http.NewServeMux()
	door.Handle("POST /slack/events", frontDoor(take))
	door.HandleFunc("GET /used", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, processorTime().Nanoseconds()) })
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: door, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	fmt.Println(listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func frontStore(ctx context.Context, path string) (storage.Store, error) {
	var s storage.Store
	var err error
	if name := os.Getenv(frontDatabase); name != "" {
		s, err = mongo.Open(ctx, os.Getenv("DEBRIEF_TEST_MONGO_URI"), mongo.Options{Database: name})
	} else {
		s, err = sqlite.Open(ctx, path, sqlite.Options{})
	}
	if err != nil {
		return nil, err
	}
	return s, s.Ready(ctx)
}

// front is a running one.
type front struct {
	b       *testing.B
	address string
	conns   []net.Conn
}

func startFront(b *testing.B, kind, path string, env ...string) *front {
	self, err := os.Executable()
	check(b, err)
	cmd := exec.CommandContext(b.Context(), self)
	cmd.Env = append(append(os.Environ(), frontInBench+"="+kind, serveInBench+"="+path), env...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	check(b, err)
	check(b, cmd.Start())
	f := &front{b: b}
	_, err = fmt.Fscan(out, &f.address)
	check(b, err)
	for range frontCallers {
		c, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", f.address)
		check(b, err)
		f.conns = append(f.conns, c)
	}
	b.Cleanup(func() {
		for _, c := range f.conns {
			_ = c.Close()
		}
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	return f
}

// used is the server's processor time so far.
func (f *front) used() time.Duration {
	r, err := http.NewRequestWithContext(f.b.Context(), http.MethodGet, "http://"+f.address+"/used", http.NoBody)
	check(f.b, err)
	answer, err := http.DefaultClient.Do(r)
	check(f.b, err)
	defer answer.Body.Close()
	var ns int64
	_, err = fmt.Fscan(answer.Body, &ns)
	check(f.b, err)
	return time.Duration(ns)
}

// send sends requests over all connections, each as soon as the one before is answered; with an interval, not before its
// turn has come. It returns what that took, and the time from every request's turn to its answer.
func (f *front) send(requests [][]byte, every time.Duration) (cost, []time.Duration) {
	f.b.Helper()
	waits := make([]time.Duration, len(requests))
	var next atomic.Int64
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	cpu, from := f.used(), time.Now()
	for _, c := range f.conns {
		all.Go(func() {
			answers := bufio.NewReader(c)
			for i := int(next.Add(1)) - 1; i < len(requests); i = int(next.Add(1)) - 1 {
				turn := time.Now()
				if every > 0 {
					turn = from.Add(time.Duration(i) * every)
					<-time.After(time.Until(turn)) // an open loop asks by the clock, answered or not
				}
				if err := roundTrip(c, answers, requests[i]); err != nil {
					failed.Store(&err)
					return
				}
				waits[i] = time.Since(turn)
			}
		})
	}
	all.Wait()
	took := cost{wall: time.Since(from)}
	if err := failed.Load(); err != nil {
		f.b.Fatal(*err)
	}
	took.cpu = f.used() - cpu
	return took, waits
}

// roundTrip is the cheapest client there can be, so that the servers have the processors.
func roundTrip(c net.Conn, answers *bufio.Reader, request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, err := answers.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return fmt.Errorf("answered %s", strings.TrimSpace(status))
	}
	for {
		line, err := answers.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			return nil // the answers have no body
		}
	}
}

// frontRequests are signed ones, of which the first is the given one.
func frontRequests(kind string, first, n int) [][]byte {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	requests := make([][]byte, n)
	for i := range requests {
		body := frontBody(kind, first+i)
		requests[i] = fmt.Appendf(nil, "POST /slack/events HTTP/1.1\r\nHost: bot\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept: */*\r\n"+
			"Content-Type: application/json\r\nX-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: %s\r\nContent-Length: %d\r\n\r\n%s",
			timestamp, frontSignature(timestamp, body), len(body), body)
	}
	return requests
}

// BenchmarkHTTP compares the two at as much as they can take, and at half of what bare can take, when the requests come
// whether or not the ones before are answered.
func BenchmarkHTTP(b *testing.B) {
	for _, kind := range []string{"pin", "reply"} {
		b.Run(kind, func(b *testing.B) {
			b.Run("sqlite", func(b *testing.B) { benchFront(b, kind, "") })
			if os.Getenv("DEBRIEF_TEST_MONGO_URI") != "" {
				name := fmt.Sprint("debrief_bench_", time.Now().UnixNano())
				b.Run("mongo", func(b *testing.B) { benchFront(b, kind, name) })
			}
		})
	}
}

func benchFront(b *testing.B, kind, database string) {
	const rounds = 5
	n := max(frontCallers, b.N/rounds)
	fronts, stores := map[string]*front{}, map[string]storage.Store{}
	for _, name := range []string{"handle", "bare"} {
		path := filepath.Join(b.TempDir(), "debrief.db")
		s := frontStoreBeside(b, path, database, name)
		if name == "handle" {
			reviewsWithThreads(b, s)
		}
		stores[name] = s
		var env []string
		if database != "" {
			env = []string{frontDatabase + "=" + database + name}
		}
		fronts[name] = startFront(b, name, path, env...)
	}
	b.ResetTimer()
	var wall, cpu, tail, perEvent, bareEvent, p99 []float64
	sent := 0
	for range rounds {
		closed := frontRequests(kind, sent, n)
		ours, _ := fronts["handle"].send(closed, 0)
		bare, _ := fronts["bare"].send(closed, 0)
		half := bare.wall / time.Duration(n) * 2
		open := frontRequests(kind, sent+n, n)
		_, ourWaits := fronts["handle"].send(open, half)
		_, bareWaits := fronts["bare"].send(open, half)
		sent += 2 * n
		slices.Sort(ourWaits)
		slices.Sort(bareWaits)
		wall = append(wall, bare.wall.Seconds()/ours.wall.Seconds())
		cpu = append(cpu, ours.cpu.Seconds()/bare.cpu.Seconds())
		perEvent = append(perEvent, float64(ours.cpu.Microseconds())/float64(n))
		bareEvent = append(bareEvent, float64(bare.cpu.Microseconds())/float64(n))
		tail = append(tail, ourWaits[n*99/100].Seconds()/bareWaits[n*99/100].Seconds())
		p99 = append(p99, ourWaits[n*99/100].Seconds()*1000)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(wall), "×bare-throughput")
	b.ReportMetric(median(cpu), "×bare-cpu")
	b.ReportMetric(median(tail), "×bare-p99")
	b.ReportMetric(median(perEvent), "cpu-µs/event")
	b.ReportMetric(median(bareEvent), "cpu-µs/bare")
	b.ReportMetric(median(p99), "ms-p99")
	h, err := stores["handle"].Health(b.Context())
	check(b, err)
	kept, err := stores["bare"].KeptUnder(b.Context(), "", 0)
	check(b, err)
	if h.New != sent || len(kept) != sent {
		b.Errorf("of %d requests %d and %d became rows", sent, h.New, len(kept))
	}
}

// frontStoreBeside opens the database that a front uses, too.
func frontStoreBeside(b *testing.B, path, database, name string) storage.Store {
	if database == "" {
		return benchSQLite(b, path)
	}
	s, err := mongo.Open(b.Context(), os.Getenv("DEBRIEF_TEST_MONGO_URI"), mongo.Options{Database: database + name})
	check(b, err)
	ready(b, s)
	return s
}

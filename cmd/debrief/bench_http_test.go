//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

	"github.com/debrief-bot/debrief/adapters/slack"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// What it costs to take in what Slack sends over HTTP, until it is durable and acknowledged. Processes of which each has
// a database of its own, all on the same server where there is one, are measured in turns:
//
//   - debrief: the Slack adapter and the bot behind it, as they are wired here;
//   - bare: a handler of net/http that compares the signature, reads the JSON and makes one insert of the body by the
//     event's id, through the same store, so with the same durability;
//   - bolt: an app of Bolt for JavaScript that does what bare does (.ci/slack/speed.mjs), on MongoDB only.
//
// None of them works on what it took in. The requests are signed beforehand and sent by this process over 32 connections
// that stay; only the servers' own processor time is counted. Afterwards every request must be a row.
//
//	.ci/speed      installs and starts what this needs, and runs it
//	go test ./cmd/debrief -run '^$' -bench HTTP -benchtime 20000x      without MongoDB and Bolt

const (
	frontInBench   = "DEBRIEF_TEST_FRONT"    // debrief or bare
	serveInBench   = "DEBRIEF_TEST_SERVE"    // SQLite's file
	frontDatabase  = "DEBRIEF_TEST_DATABASE" // MongoDB's; with none, SQLite's file is served
	frontSlack     = "DEBRIEF_TEST_SLACK"    // where the adapter asks who it is
	frontBolt      = "DEBRIEF_TEST_BOLT"     // the app of Bolt's; with none, it is left out
	frontWorkspace = "slack/T0ACME"
	frontCallers   = 32
	frontBodyBound = 1 << 20
	frontClockSkew = 5 * time.Minute
)

// frontChannel is where the i-th event is.
func frontChannel(i int) string { return fmt.Sprintf("C%03d", i%50) }

// frontThread is where the replies are: in the thread of a review, one in each channel.
const frontThread = "1699999999.000001"

// frontBody is the i-th request: of the size, and with the fields, that Slack sends.
func frontBody(kind string, i int) []byte {
	channel, ts := frontChannel(i), fmt.Sprintf("1700000000.%06d", i)
	event := fmt.Sprintf(`{"type":"reaction_added","user":"U0ANA","reaction":"pushpin","item":{"type":"message","channel":"%s","ts":"%s"},"item_user":"U0BO","event_ts":"1700000001.%06d"}`, channel, ts, i)
	switch kind {
	case "chatter":
		event = fmt.Sprintf(`{"type":"message","user":"U0ANA","text":"hello","channel":"%s","ts":"%s","event_ts":"%s"}`, channel, ts, ts)
	case "reply":
		event = fmt.Sprintf(`{"type":"message","user":"U0ANA","text":"%s","channel":"%s","ts":"%s","thread_ts":"%s","channel_type":"channel","event_ts":"%s"}`,
			replyTo(i).Text, channel, ts, frontThread, ts)
	}
	return fmt.Appendf(nil, `{"token":"verification-token","team_id":"T0ACME","api_app_id":"A0DEBRIEF","event":%s,"type":"event_callback",`+
		`"event_id":"Ev%08d","event_time":1700000001,"authorizations":[{"enterprise_id":null,"team_id":"T0ACME","user_id":"U0DEBRIEF",`+
		`"is_bot":true,"is_enterprise_install":false}],"is_ext_shared_channel":false,"event_context":"4-opaque-%d"}`, event, i, i)
}

// frontReviews are what the replies are for.
func frontReviews(b *testing.B, s storage.Store) {
	for i := range 50 {
		home := conversations.Place{Workspace: frontWorkspace, Channel: frontChannel(i)}
		thread := conversations.Place{Workspace: frontWorkspace, Channel: home.Channel, Thread: frontThread}
		check(b, s.Save(b.Context(), conversations.Subject{
			ID: frontWorkspace + "/review/" + home.Channel, V: conversations.Version, At: time.Now(), Addresses: []string{thread.Address()},
			State: &conversations.Review{Stage: conversations.StageOpen, Home: home},
		}, nil))
	}
}

// bareDoor reads a request, verifies it, and acknowledges when it is durable.
func bareDoor(s storage.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, frontBodyBound))
		if err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		timestamp := r.Header.Get("X-Slack-Request-Timestamp")
		seconds, err := strconv.ParseInt(timestamp, 10, 64)
		signed := hmac.Equal([]byte(slacktest.Signature(slacktest.Secret, timestamp, body)), []byte(r.Header.Get("X-Slack-Signature")))
		if err != nil || !signed || time.Since(time.Unix(seconds, 0)).Abs() > frontClockSkew {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var envelope struct {
			ID    string `json:"event_id"`
			Event struct {
				Type    string `json:"type"`
				User    string `json:"user"`
				Channel string `json:"channel"`
				TS      string `json:"ts"`
			} `json:"event"`
		}
		if err := json.Unmarshal(body, &envelope); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if err := s.Keep(r.Context(), storage.Kept{Key: envelope.ID, At: time.Now(), Body: body}); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
}

// debriefDoor is the adapter's, connected to the bot.
func debriefDoor(ctx context.Context, s storage.Store) (http.Handler, error) {
	chat := slack.New(slack.Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: os.Getenv(frontSlack)})
	gaveUp := make(chan error, 1)
	go func() { gaveUp <- chat.Run(ctx, bot.New(bot.Options{Store: s})) }()
	for { // chatter is acknowledged, and forgotten, once the adapter is connected
		body := frontBody("chatter", 0)
		timestamp := strconv.FormatInt(time.Now().Unix(), 10)
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, slack.EventsPath, bytes.NewReader(body))
		r.Header.Set("X-Slack-Request-Timestamp", timestamp)
		r.Header.Set("X-Slack-Signature", slacktest.Signature(slacktest.Secret, timestamp, body))
		answer := httptest.NewRecorder()
		chat.Handler().ServeHTTP(answer, r)
		if answer.Code == http.StatusOK {
			return chat.Handler(), nil
		}
		select {
		case err := <-gaveUp:
			return nil, errors.Join(errors.New("the adapter is not connected"), err)
		case <-time.After(time.Millisecond):
		}
	}
}

// serveFront is the process that is measured. It says its address, and when asked what it has used.
func serveFront(front, path string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := frontStore(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	var events http.Handler = bareDoor(s)
	if front == "debrief" {
		if events, err = debriefDoor(ctx, s); err != nil {
			return err
		}
	}
	door := http.NewServeMux()
	door.Handle(slack.EventsPath, events)
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
		s, err = sqlite.Open(ctx, path, sqlite.Options{Alone: true}) // as the program does
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
	if kind == "bolt" {
		cmd = exec.CommandContext(b.Context(), "node", os.Getenv(frontBolt))
	}
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
	for ends := 1; ends > 0; { // of the head; and of a body in chunks, which is empty
		line, err := answers.ReadSlice('\n')
		switch line = bytes.TrimSpace(line); {
		case err != nil:
			return err
		case bytes.EqualFold(line, []byte("Transfer-Encoding: chunked")):
			ends++
		case len(line) == 0:
			ends--
		}
	}
	return nil
}

// frontRequests are signed ones, of which the first is the given one.
func frontRequests(kind string, first, n int) [][]byte {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	requests := make([][]byte, n)
	for i := range requests {
		body := frontBody(kind, first+i)
		requests[i] = fmt.Appendf(nil, "POST /slack/events HTTP/1.1\r\nHost: bot\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept: */*\r\n"+
			"Content-Type: application/json\r\nX-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: %s\r\nContent-Length: %d\r\n\r\n%s",
			timestamp, slacktest.Signature(slacktest.Secret, timestamp, body), len(body), body)
	}
	return requests
}

// BenchmarkHTTP compares them at as much as they can take, and debrief with bare also at half of what bare can take, when
// the requests come whether or not the ones before are answered.
func BenchmarkHTTP(b *testing.B) {
	for _, kind := range []string{"pin", "reply"} {
		b.Run(kind, func(b *testing.B) {
			b.Run("sqlite", func(b *testing.B) { benchFronts(b, kind, "", "debrief", "bare") })
			names := []string{"debrief", "bare"}
			if os.Getenv(frontBolt) != "" {
				names = append(names, "bolt")
			}
			if os.Getenv("DEBRIEF_TEST_MONGO_URI") != "" {
				b.Run("mongo", func(b *testing.B) {
					benchFronts(b, kind, fmt.Sprint("debrief_bench_", time.Now().UnixNano()), names...)
				})
			}
		})
	}
}

// benchFronts measures them in rounds, each after the other in every round.
func benchFronts(b *testing.B, kind, database string, names ...string) {
	const rounds = 5
	n := max(frontCallers, b.N/rounds)
	fronts, stores := map[string]*front{}, map[string]storage.Store{}
	for _, name := range names {
		path := filepath.Join(b.TempDir(), "debrief.db")
		s := frontStoreBeside(b, path, database, name)
		frontReviews(b, s)
		stores[name] = s
		env := []string{frontSlack + "=" + slacktest.New(b).URL + "/api/"}
		if database != "" {
			env = append(env, frontDatabase+"="+database+name)
		}
		fronts[name] = startFront(b, name, path, env...)
	}
	b.ResetTimer()
	figures := map[string][]float64{}
	note := func(figure string, value float64) { figures[figure] = append(figures[figure], value) }
	sent := map[string]int{}
	for range rounds {
		took := map[string]cost{}
		for _, name := range names {
			took[name], _ = fronts[name].send(frontRequests(kind, sent[name], n), 0)
			sent[name] += n
			note(name+"-req/s", float64(n)/took[name].wall.Seconds())
			note(name+"-cpu-µs", float64(took[name].cpu.Microseconds())/float64(n))
		}
		for _, other := range names[1:] {
			note("×"+other, took[other].wall.Seconds()/took["debrief"].wall.Seconds())
			note("×"+other+"-cpu", took["debrief"].cpu.Seconds()/took[other].cpu.Seconds())
		}
		half := 2 * took["bare"].wall / time.Duration(n)
		waits := map[string]time.Duration{}
		for _, name := range names[:2] {
			_, all := fronts[name].send(frontRequests(kind, sent[name], n), half)
			sent[name] += n
			slices.Sort(all)
			waits[name] = all[n*99/100]
			note(name+"-ms-p99", waits[name].Seconds()*1000)
		}
		note("×bare-p99", waits["debrief"].Seconds()/waits["bare"].Seconds())
	}
	b.ReportMetric(0, "ns/op")
	for figure, values := range figures {
		b.ReportMetric(median(values), figure)
	}
	h, err := stores["debrief"].Health(b.Context())
	check(b, err)
	if h.New != sent["debrief"] {
		b.Errorf("of %d requests %d became rows", sent["debrief"], h.New)
	}
	for _, name := range names[1:] {
		if n := countKept(b, stores[name], sent[name]); n != sent[name] {
			b.Errorf("of %d requests to %s %d became rows", sent[name], name, n)
		}
	}
}

// countKept counts what is there of so many, in hundreds: a store says no more at once than it can within its time.
func countKept(b *testing.B, s storage.Store, of int) int {
	n := 0
	for hundred := range of/100 + 1 {
		kept, err := s.KeptUnder(b.Context(), fmt.Sprintf("Ev%06d", hundred), "", 0)
		check(b, err)
		n += len(kept)
	}
	return n
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

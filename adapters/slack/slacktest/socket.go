package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// AppToken is what the app opens connections with.
const AppToken = "xapp-fake-token-7f3a"

// Socket Mode as Slack documents it, https://docs.slack.dev/apis/events-api/using-socket-mode, and as it was seen to be.
const (
	slackWaits = 3 * time.Second  // for an acknowledgement
	pingEvery  = 10 * time.Second // an app takes a silent connection for a dead one
	mostAcked  = 20 << 10         // bytes; Slack drops a larger acknowledgement without a word
)

// Link is a connection that the app opened.
type Link struct {
	Number int // of the connection, from 1

	s       *Server
	conn    *websocket.Conn
	writing sync.Mutex
	gone    chan struct{}

	mu   sync.Mutex
	sent map[string]chan []byte // by envelope, until it is acknowledged
	mute bool
}

// sockets are the workspace's connections to the app.
type sockets struct {
	script  func(*Link)
	tickets map[string]bool
	opened  int
	links   []*Link // that said hello and are there
	turn    int
}

// stays is what a connection does unless the test says otherwise.
func stays(l *Link) {
	l.Hello()
	<-l.Gone()
}

// Script says what each connection from now on does; when the script ends, so does the connection. Before, each says hello
// and stays.
func (s *Server) Script(script func(*Link)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.script = script
}

// Links are the connections that are there.
func (s *Server) Links() []*Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets.links)
}

// Socket is a Transport: each delivery goes to one of the connections, in turn, and to none when there is none.
func (s *Server) Socket(d Delivery) (status int, answer []byte) {
	s.mu.Lock()
	links := s.sockets.links
	if len(links) == 0 {
		s.mu.Unlock()
		return 0, nil
	}
	s.sockets.turn++
	l := links[s.sockets.turn%len(links)]
	s.mu.Unlock()
	return l.Deliver(d)
}

// openSocket is apps.connections.open: an address that is good once.
func (s *Server) openSocket(token, problem string) object {
	switch {
	case problem != "":
		return object{"error": problem}
	case token == BotToken:
		return object{"error": "not_allowed_token_type"}
	case token != AppToken:
		return object{"error": "invalid_auth"}
	}
	ticket := strconv.Itoa(s.number())
	s.sockets.tickets[ticket] = true
	return object{"url": strings.Replace(s.URL, "http", "ws", 1) + "/link/?ticket=" + ticket}
}

// serveLink is where connections go.
func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	ticket := r.FormValue("ticket")
	s.mu.Lock()
	good := s.sockets.tickets[ticket]
	delete(s.sockets.tickets, ticket)
	s.sockets.opened++
	l := &Link{Number: s.sockets.opened, s: s, gone: make(chan struct{}), sent: map[string]chan []byte{}}
	script := s.sockets.script
	s.mu.Unlock()
	if !good {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.t.Error(err)
		return
	}
	l.conn = conn
	var all sync.WaitGroup
	all.Go(l.read)
	all.Go(l.ping)
	script(l)
	l.Close()
	all.Wait()
}

// Hello says that the connection is ready.
func (l *Link) Hello() {
	l.HelloTo(App)
}

// HelloTo says so to an app.
func (l *Link) HelloTo(app string) {
	l.s.mu.Lock()
	l.s.sockets.links = append(l.s.sockets.links, l)
	n := len(l.s.sockets.links)
	l.s.mu.Unlock()
	l.Send(object{
		"type": "hello", "num_connections": n, "connection_info": object{"app_id": app},
		"debug_info": object{"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
	})
}

// Disconnect asks the app to go: "warning", "refresh_requested", "link_disabled", "too_many_websockets".
func (l *Link) Disconnect(reason string) {
	l.Send(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-1"}})
}

// Close breaks the connection off.
func (l *Link) Close() {
	l.s.mu.Lock()
	l.s.sockets.links = slices.DeleteFunc(l.s.sockets.links, func(o *Link) bool { return o == l })
	l.s.mu.Unlock()
	_ = l.conn.Close() // it may be closed already
}

// Break ends the connection in the middle of a frame.
func (l *Link) Break() {
	l.writing.Lock()
	_, _ = l.conn.NetConn().Write([]byte{0x81, 126, 0x10}) // a text of some thousand bytes begins, and is never there
	l.writing.Unlock()
	l.Close()
}

// Mute has the connection send no pings from now on.
func (l *Link) Mute() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mute = true
}

// Stay waits for so long, or until the connection has ended.
func (l *Link) Stay(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-l.gone:
	}
}

// Gone is closed when the connection has ended.
func (l *Link) Gone() <-chan struct{} { return l.gone }

// Send writes anything. Strings and bytes go as they are.
func (l *Link) Send(v any) {
	var raw []byte
	switch v := v.(type) {
	case string:
		raw = []byte(v)
	default:
		raw = l.s.encoded(v)
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	_ = l.conn.WriteMessage(websocket.TextMessage, raw) // the app may be gone
}

// types are those of envelopes, by the kind of delivery.
var types = map[string]string{Event: "events_api", Command: "slash_commands", Interaction: "interactive"}

// Deliver sends an envelope and waits as long as Slack does: 200 and what the acknowledgement carried, or 0.
func (l *Link) Deliver(d Delivery) (status int, answer []byte) {
	l.s.mu.Lock()
	id := "envelope-" + strconv.Itoa(l.s.number())
	l.s.mu.Unlock()
	envelope := object{
		"type": types[d.Kind], "envelope_id": id, "payload": d.Body, "accepts_response_payload": d.Kind != Event,
	}
	if d.Retry > 0 {
		envelope["retry_attempt"], envelope["retry_reason"] = d.Retry, "timeout"
	}
	return l.Wait(l.SendAs(id, envelope))
}

// SendAs writes something that is to be acknowledged under an id.
func (l *Link) SendAs(id string, v any) (acked <-chan []byte) {
	wait := make(chan []byte, 1)
	l.mu.Lock()
	l.sent[id] = wait
	l.mu.Unlock()
	l.Send(v)
	return wait
}

// Wait waits for an acknowledgement as long as Slack does.
func (l *Link) Wait(acked <-chan []byte) (status int, answer []byte) {
	late := time.NewTimer(slackWaits)
	defer late.Stop()
	select {
	case answer = <-acked:
		return http.StatusOK, answer
	case <-l.gone:
	case <-late.C:
	}
	return 0, nil
}

// read takes acknowledgements until the connection ends.
func (l *Link) read() {
	defer l.Close()
	defer close(l.gone)
	for {
		_, raw, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		if problem := l.acknowledged(raw); problem != "" {
			l.s.mu.Lock()
			l.s.wrong = append(l.s.wrong, problem)
			l.s.mu.Unlock()
		}
	}
}

// acknowledged takes one acknowledgement, and says what is wrong with it.
func (l *Link) acknowledged(raw []byte) (problem string) {
	var ack struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(raw, &ack); err != nil {
		return "an acknowledgement that is none: " + err.Error()
	}
	if len(raw) > mostAcked {
		return fmt.Sprintf("an acknowledgement of %d bytes", len(raw))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	wait, ok := l.sent[ack.ID]
	if !ok {
		return fmt.Sprintf("%q was acknowledged, which did not come over that connection or was acknowledged before", ack.ID)
	}
	delete(l.sent, ack.ID)
	wait <- ack.Payload
	return ""
}

// ping keeps the connection alive until it ends.
func (l *Link) ping() {
	beat := time.NewTicker(pingEvery)
	defer beat.Stop()
	for {
		select {
		case <-beat.C:
			l.mu.Lock()
			mute := l.mute
			l.mu.Unlock()
			if mute {
				continue
			}
			l.writing.Lock()
			_ = l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(slackWaits)) // who is gone is noticed by reading
			l.writing.Unlock()
		case <-l.gone:
			return
		}
	}
}

// memory is a network within the process, for tests in a bubble of testing/synctest.
type memory struct {
	calls  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemory() *memory { return &memory{calls: make(chan net.Conn), closed: make(chan struct{})} }

// Accept implements net.Listener.
func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.calls:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

// Addr implements net.Listener.
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// Dial reaches the workspace, whatever the address, when it is one of NewInMemory.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return s.memory.dial(ctx, network, address)
}

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case m.calls <- theirs:
		return ours, nil
	case <-m.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

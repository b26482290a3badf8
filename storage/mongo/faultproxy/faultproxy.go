// Package faultproxy stands between a MongoDB client and its server and misbehaves on cue, for tests.
//
// It understands as much of the wire protocol as it needs to tell one command from the next: message headers, OP_MSG,
// the OP_QUERY of old handshakes, and the first name in a command's body. A script is asked about every command and says
// what happens to it. Everything listens on the loopback.
//
//	p, err := faultproxy.New("127.0.0.1:27017")
//	defer p.Close()
//	p.Script(func(command string, n int) faultproxy.Action {
//		if command == "update" && n == 1 {
//			return faultproxy.CutAfter()
//		}
//		return faultproxy.Pass()
//	})
//	// connect to p.URI()
package faultproxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Action is what happens to a command. The zero value passes it on.
type Action struct {
	kind    kind
	delay   time.Duration
	release <-chan struct{}
}

type kind int

const (
	pass kind = iota
	cutBefore
	cutAfter
	notPrimary
	notPrimaryAfter
	concernError
	timeLimit
)

// Pass lets the command and its answer through.
func Pass() Action { return Action{} }

// CutBefore closes the connection before the command reaches the server.
func CutBefore() Action { return Action{kind: cutBefore} }

// CutAfter closes the connection after the server has carried out the command, before its answer reaches the client.
func CutAfter() Action { return Action{kind: cutAfter} }

// Delay lets the command through after a while.
func Delay(d time.Duration) Action { return Action{delay: d} }

// Hang keeps the command until the channel is closed and then lets it through, though the client may be gone by then.
func Hang(release <-chan struct{}) Action { return Action{release: release} }

// NotPrimary answers that this server takes no writes; the command does not reach it.
func NotPrimary() Action { return Action{kind: notPrimary} }

// NotPrimaryAfter carries the command out and answers that the server stepped down meanwhile.
func NotPrimaryAfter() Action { return Action{kind: notPrimaryAfter} }

// ConcernError carries a write out and answers that it is not yet durable. Other commands pass.
func ConcernError() Action { return Action{kind: concernError} }

// TimeLimit answers that the command took too long (MaxTimeMSExpired, 50); it does not reach the server.
func TimeLimit() Action { return Action{kind: timeLimit} }

// Script decides about a command. n counts the commands of that name since the script was set, from 1. Handshakes and
// heartbeats are asked about, too: they are "hello", "isMaster" or "ismaster". It is called by several connections, one
// at a time.
type Script func(command string, n int) Action

// Proxy is a listener in front of one server.
type Proxy struct {
	listener net.Listener
	target   string
	all      sync.WaitGroup

	mu     sync.Mutex
	script Script
	counts map[string]int
	held   int        // commands that hang or are delayed
	landed *sync.Cond // held has become less
	conns  map[net.Conn]bool
	closed chan struct{}
}

// New listens on a free port of the loopback for connections to a server, given as host:port or as a mongodb:// URI of
// one host.
func New(server string) (*Proxy, error) {
	target, err := hostOf(server)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("faultproxy: %w", err)
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]bool{}, closed: make(chan struct{})}
	p.landed = sync.NewCond(&p.mu)
	p.Script(nil)
	p.all.Go(p.accept)
	return p, nil
}

func hostOf(server string) (string, error) {
	if !strings.Contains(server, "://") {
		return server, nil
	}
	u, err := url.Parse(server)
	if err != nil || strings.Contains(u.Host, ",") {
		return "", errors.New("faultproxy: want the URI of one host")
	}
	if u.Port() == "" {
		return u.Host + ":27017", nil
	}
	return u.Host, nil
}

// URI is where to connect. A replica set's members would be found past the proxy, so the connection is direct.
func (p *Proxy) URI() string {
	return "mongodb://" + p.listener.Addr().String() + "/?directConnection=true"
}

// Script sets what happens from now on and begins to count anew. nil: everything passes.
func (p *Proxy) Script(s Script) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script, p.counts = s, map[string]int{}
}

// Close ends all connections and waits for everything to stop.
func (p *Proxy) Close() error {
	p.mu.Lock()
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	for c := range p.conns {
		_ = c.Close() // it may be closed already
	}
	p.mu.Unlock()
	err := p.listener.Close()
	p.all.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.serve(client) })
	}
}

// track notes a connection, to be closed with the proxy; it says no when that has happened already.
func (p *Proxy) track(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
		return false
	default:
		p.conns[c] = true
		return true
	}
}

func (p *Proxy) untrack(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close() // it may be closed already
}

func (p *Proxy) serve(client net.Conn) {
	defer p.untrack(client)
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer p.untrack(server)
	if !p.track(client) || !p.track(server) {
		return
	}
	for {
		request, err := readMessage(client)
		if err != nil || !p.exchange(client, server, request) {
			return
		}
	}
}

// exchange deals with one command; false ends the connection.
func (p *Proxy) exchange(client io.Writer, server io.ReadWriter, request message) bool {
	a := p.decide(request.command())
	if a.delay > 0 || a.release != nil {
		p.hold(1)
		defer p.hold(-1)
		if !p.wait(a) {
			return false
		}
	}
	switch a.kind {
	case cutBefore:
		return false
	case notPrimary:
		return write(client, request.answer(errorBody(10107, "NotWritablePrimary")))
	case timeLimit:
		return write(client, request.answer(errorBody(50, "MaxTimeMSExpired")))
	}
	if !write(server, request) {
		return false
	}
	if request.wantsNoAnswer() {
		return true
	}
	for {
		reply, err := readMessage(server)
		if err != nil || a.kind == cutAfter {
			return false
		}
		switch {
		case a.kind == notPrimaryAfter:
			reply = request.answer(errorBody(11602, "InterruptedDueToReplStateChange"))
		case a.kind == concernError && request.writes():
			reply = request.answer(withConcernError(reply.body()))
		}
		if !write(client, reply) {
			return false
		}
		if !reply.moreToCome() {
			return true
		}
	}
}

func (p *Proxy) decide(command string) Action {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[command]++
	if p.script == nil {
		return Pass()
	}
	return p.script(command, p.counts[command])
}

// Land waits until every command that hung or was delayed has been carried out or dropped. Release them first.
func (p *Proxy) Land() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held > 0 {
		p.landed.Wait()
	}
}

func (p *Proxy) hold(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held += n
	p.landed.Broadcast()
}

// wait lets a delay pass, or a hanging command hang; false when the proxy was closed meanwhile.
func (p *Proxy) wait(a Action) bool {
	var delay <-chan time.Time
	if a.delay > 0 {
		delay = time.After(a.delay)
	}
	select {
	case <-delay:
		return true
	case <-a.release:
		return true
	case <-p.closed:
		return false
	}
}

func write(w io.Writer, m message) bool {
	_, err := w.Write(m)
	return err == nil
}

// message is one message of the wire protocol with its header: length, id, id answered, opcode.
type message []byte

const (
	opQuery = 2004
	opMsg   = 2013

	header    = 16
	maxLength = 48 << 20
)

func readMessage(r io.Reader) (message, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n < header+5 || n > maxLength {
		return nil, fmt.Errorf("faultproxy: a message of %d bytes", n)
	}
	m := make(message, n)
	copy(m, length[:])
	_, err := io.ReadFull(r, m[4:])
	return m, err
}

func (m message) opcode() uint32 { return binary.LittleEndian.Uint32(m[12:]) }

func (m message) flags() uint32 { return binary.LittleEndian.Uint32(m[header:]) }

// moreToCome: another message follows this one without being asked for.
func (m message) moreToCome() bool { return m.opcode() == opMsg && m.flags()&2 != 0 }

func (m message) wantsNoAnswer() bool { return m.moreToCome() }

// body is the command's or the answer's document: the section of kind 0 of an OP_MSG, or an OP_QUERY's query.
func (m message) body() []byte {
	switch m.opcode() {
	case opMsg:
		for rest := m[header+4:]; len(rest) > 5; {
			n := int(binary.LittleEndian.Uint32(rest[1:]))
			if n < 4 || n > len(rest)-1 {
				return nil
			}
			if rest[0] == 0 {
				return rest[1 : 1+n]
			}
			rest = rest[1+n:] // documents of an insert and the like
		}
	case opQuery:
		name := m[header+4:]
		for i, b := range name {
			if b == 0 && len(name) > i+9 {
				return name[i+9:] // two numbers after the collection's name
			}
		}
	}
	return nil
}

// command is the first name in the body.
func (m message) command() string {
	b := m.body()
	if len(b) < 6 {
		return ""
	}
	name, _, _ := strings.Cut(string(b[5:min(len(b), 69)]), "\x00")
	return name
}

func (m message) writes() bool {
	switch m.command() {
	case "insert", "update", "delete", "findAndModify":
		return true
	}
	return false
}

// answer is an OP_MSG that answers this one.
func (m message) answer(body []byte) message {
	out := make(message, header+5, header+5+len(body))
	binary.LittleEndian.PutUint32(out[0:], uint32(header+5+len(body)))
	copy(out[8:12], m[4:8])
	binary.LittleEndian.PutUint32(out[12:], opMsg)
	return append(out, body...)
}

// The little BSON there is to write.

func errorBody(code int32, name string) []byte {
	return document(double("ok", 0), text("errmsg", name), integer("code", code), text("codeName", name))
}

// withConcernError is an answer's document with one more field.
func withConcernError(body []byte) []byte {
	failure := document(integer("code", 64), text("codeName", "WriteConcernTimeout"), text("errmsg", "waiting for replication timed out"))
	return document(body[4:len(body)-1], append(element(3, "writeConcernError"), failure...))
}

func document(elements ...[]byte) []byte {
	d := make([]byte, 4)
	for _, e := range elements {
		d = append(d, e...)
	}
	d = append(d, 0)
	binary.LittleEndian.PutUint32(d, uint32(len(d)))
	return d
}

func element(kind byte, name string) []byte { return append(append([]byte{kind}, name...), 0) }

func integer(name string, v int32) []byte {
	return binary.LittleEndian.AppendUint32(element(16, name), uint32(v))
}

func double(name string, bits uint64) []byte {
	return binary.LittleEndian.AppendUint64(element(1, name), bits)
}

func text(name, v string) []byte {
	e := binary.LittleEndian.AppendUint32(element(2, name), uint32(len(v)+1))
	return append(append(e, v...), 0)
}

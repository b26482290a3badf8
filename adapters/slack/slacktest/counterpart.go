package slacktest

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Counterparts is where other people's software that speaks Slack lies. .ci/counterparts gets it there, and runs the tests
// that need it (built with -tags counterparts) where nobody else can reach it.
const Counterparts = ".ci/slack"

// readyWithin is how long a counterpart may take to start, and Eventually waits.
const readyWithin = 30 * time.Second

// Counterpart starts other people's software and returns when it takes connections at address; it ends with the test,
// which shows what the software said when it fails. name and those of args that begin with "./" are in Counterparts.
func Counterpart(t testing.TB, address string, env []string, name string, args ...string) {
	t.Helper()
	Spawn(t, env, name, args...)
	Eventually(t, name+" answers", func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// Spawn is Counterpart for software that takes no connections.
func Spawn(t testing.TB, env []string, name string, args ...string) {
	t.Helper()
	dir := counterparts(t)
	for i, a := range args {
		if strings.HasPrefix(a, "./") {
			args[i] = filepath.Join(dir, a)
		}
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(dir, name), args...)
	said := &saying{}
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), said, said
	if err := cmd.Start(); err != nil {
		t.Fatalf("it is not there; .ci/counterparts gets it: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, said)
		}
	})
}

// counterparts finds the folder from wherever in the repository a test runs.
func counterparts(t testing.TB) string {
	t.Helper()
	for dir, _ := filepath.Abs("."); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, Counterparts)); err == nil {
			return filepath.Join(dir, Counterparts)
		}
	}
	t.Fatal("there is no " + Counterparts + " above this test")
	return ""
}

// FreeAddress is an address of this machine's own at which nobody listens yet.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	return address
}

// Eventually waits for what other people's software does in its own time.
func Eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	late, again := time.NewTimer(readyWithin), time.NewTicker(20*time.Millisecond)
	defer late.Stop()
	defer again.Stop()
	for !is() {
		select {
		case <-late.C:
			t.Fatalf("it does not come to be that %s", what)
		case <-again.C:
		}
	}
}

// saying is what a process says, which goes on while it is read.
type saying struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *saying) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *saying) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

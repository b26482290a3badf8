package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/storage/storagetest"
)

// localConfig is a configuration that listens wherever there is room and keeps everything in a file of its own.
func localConfig(t *testing.T) Config {
	t.Helper()
	bare(t)
	t.Setenv("DEBRIEF_SQLITE_PATH", filepath.Join(t.TempDir(), "debrief.db"))
	t.Setenv("DEBRIEF_HTTP_ADDR", "127.0.0.1:0")
	t.Setenv("DEBRIEF_OPS_ADDR", "127.0.0.1:0")
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// program is one that runs in the background.
type program struct {
	page, ops net.Addr     // where it listens
	said      bytes.Buffer // to be read when it has ended
	stop      func()
	ended     chan error
}

// served starts the program, and returns when it listens. It ends with the test, if not before.
func served(t *testing.T, c Config) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &program{stop: stop, ended: make(chan error, 1)}
	there := make(chan struct{})
	go func() {
		r.ended <- runHere(ctx, c, &r.said, func(page, ops net.Addr) {
			r.page, r.ops = page, ops
			close(there)
		})
	}()
	select {
	case <-there:
	case err := <-r.ended:
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.end() })
	return r
}

// end ends it, and says how it ended.
func (r *program) end() error {
	r.stop()
	err := <-r.ended
	r.ended <- err
	return err
}

func fetch(t *testing.T, addr net.Addr, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr.String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Without anything configured there is a chat in the browser, ready when it says so, and it ends in order.
func TestServe(t *testing.T) {
	c := localConfig(t)
	r := served(t, c)
	if body := fetch(t, r.page, "/api/ana/state"); !strings.Contains(body, "incidents") {
		t.Errorf("the chat's state: %.200s", body)
	}
	if body := fetch(t, r.ops, "/livez"); body != "ok\n" {
		t.Errorf("/livez: %q", body)
	}
	other := c
	other.HTTPAddr, other.SQLitePath = r.page.String(), filepath.Join(t.TempDir(), "other.db")
	if err := runHere(t.Context(), other, io.Discard, nil); err == nil || !strings.Contains(err.Error(), "DEBRIEF_HTTP_ADDR chooses another address") {
		t.Errorf("an address in use gives %v", err)
	}
	if err := r.end(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if said := r.said.String(); !strings.Contains(said, "No platform is configured") {
		t.Errorf("said %q", said)
	}
}

// Reports give times as the chat's first people see them, unless another zone is configured.
func TestTheChatsZone(t *testing.T) {
	c := localConfig(t)
	for _, set := range []struct{ configured, want string }{{"", "Europe/Berlin"}, {"America/Lima", "America/Lima"}} {
		c.Timezone = set.configured
		p, err := open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.zone.String(); got != set.want {
			t.Errorf("configured %q: %s", set.configured, got)
		}
		if err := p.store.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The chat has no log-in, so other machines get to it only when that was asked for in so many words.
func TestServeStaysOnThisMachine(t *testing.T) {
	c := localConfig(t)
	for _, addr := range []string{"0.0.0.0:8080", ":8080", "192.0.2.7:80", "[::]:8080"} {
		c.HTTPAddr = addr
		if err := c.localOnly(); err == nil || !strings.Contains(err.Error(), "DEBRIEF_LOCAL_HOSTS") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, addr := range []string{"127.0.0.1:8080", "localhost:0", "[::1]:8080"} {
		c.HTTPAddr = addr
		if err := c.localOnly(); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	c.HTTPAddr, c.LocalHosts = "0.0.0.0:8080", []string{"trial.example.com"}
	if err := c.localOnly(); err != nil {
		t.Errorf("told to: %v", err)
	}
	c.HTTPAddr = "8080"
	if err := c.localOnly(); err == nil || !strings.Contains(err.Error(), "127.0.0.1:8080") {
		t.Errorf("no address: %v", err)
	}
}

// answered sends a request and gives the answer's code and text.
func answered(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// do has somebody do something in the chat, and gives the answer's code and text.
func do(t *testing.T, addr net.Addr, person, act string, asked map[string]any) (int, string) {
	t.Helper()
	asked["act"] = rand.Text()
	body, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr.String()+"/api/"+person+"/"+act, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return answered(t, req)
}

// What somebody deleted is not on the disk any more when the program has ended, however soon after that was.
func TestServeEndsWithoutWhatWasDeleted(t *testing.T) {
	const canary = "the canary that sang"
	c := localConfig(t)
	r := served(t, c)
	if code, answer := do(t, r.page, "ana", "say", map[string]any{"channel": "incidents", "text": canary}); code != http.StatusOK {
		t.Fatalf("say: HTTP %d, %s", code, answer)
	}
	if !storagetest.OnDisk(t, c.SQLitePath, canary) {
		t.Error("it was never there, so this proves nothing")
	}
	var page struct{ Messages []struct{ ID string } }
	if err := json.Unmarshal([]byte(fetch(t, r.page, "/api/ana/messages?channel=incidents")), &page); err != nil || len(page.Messages) != 1 {
		t.Fatalf("%d messages, %v", len(page.Messages), err)
	}
	if code, answer := do(t, r.page, "ana", "delete", map[string]any{"channel": "incidents", "message": page.Messages[0].ID}); code != http.StatusOK {
		t.Fatalf("delete: HTTP %d, %s", code, answer)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if storagetest.OnDisk(t, c.SQLitePath, canary) {
		t.Error("it is still on the disk")
	}
}

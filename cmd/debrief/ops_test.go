package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// The ops address says whether the program lives and takes events in, and counts.
func TestOps(t *testing.T) {
	var unready error
	l, err := listen(t.Context(), "operations", "DEBRIEF_OPS_ADDR", "127.0.0.1:0", opsHandler(func() error { return unready }, newRegistry()))
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- l.serve() }()
	ask := func(path string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.net.Addr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return answered(t, req)
	}
	if code, body := ask("/livez"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("/livez: %d %q", code, body)
	}
	if code, _ := ask("/readyz"); code != http.StatusOK {
		t.Errorf("/readyz: %d", code)
	}
	unready = errors.New("store: away")
	if code, body := ask("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "store: away") {
		t.Errorf("/readyz without a store: %d %q", code, body)
	}
	if code, body := ask("/metrics"); code != http.StatusOK || !strings.Contains(body, "go_goroutines") {
		t.Errorf("/metrics: %d %.80q", code, body)
	}
	if code, _ := ask("/"); code != http.StatusNotFound {
		t.Errorf("/: %d", code)
	}
	_, err = listen(t.Context(), "operations", "DEBRIEF_OPS_ADDR", l.net.Addr().String(), nil)
	if err == nil || !strings.Contains(err.Error(), "DEBRIEF_OPS_ADDR chooses another address") {
		t.Errorf("an address in use gives %v", err)
	}
	l.close()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

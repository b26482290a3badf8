package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"strings"
	"testing"
)

// The demo tells its incident to the end: the report is there, and the clock can be wound on.
func TestDemo(t *testing.T) {
	c := localConfig(t)
	ctx, cancel := context.WithCancel(t.Context())
	there := make(chan net.Addr, 1)
	ended := make(chan error, 1)
	go func() { ended <- demo(ctx, c, io.Discard, func(page, _ net.Addr) { there <- page }) }()
	select {
	case err := <-ended:
		t.Fatal(err)
	case at := <-there:
		var state struct {
			Clock struct{ Winds bool }
			Me    struct{ ID string }
		}
		body := fetch(t, at, "/api/lead/state")
		if err := json.Unmarshal([]byte(body), &state); err != nil || !state.Clock.Winds || state.Me.ID != "lead" {
			t.Errorf("state: %v, %.300s", err, body)
		}
		if body := fetch(t, at, "/api/lead/messages?channel=incident"); !strings.Contains(body, "is published") {
			t.Errorf("nothing is published in %.600s", body)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newRegistry counts what the program itself uses; the bot adds what it does.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// opsHandler answers those who operate the program: /livez while it runs, /readyz while it takes events in, /metrics.
// It says nothing about what people wrote.
func opsHandler(ready func() error, registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			answer(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		answer(w, http.StatusOK, "ok")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

func answer(w http.ResponseWriter, code int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	fmt.Fprintln(w, words)
}

// How long requests to a listener may take, and how large their heads may be.
const (
	headWithin  = 5 * time.Second
	idleWithin  = 2 * time.Minute
	headBytes   = 16 << 10
	closeWithin = 5 * time.Second
)

// listener is one address that is served.
type listener struct {
	name   string
	server *http.Server
	net    net.Listener
}

// openAddr takes an address, for what is served there. key names the setting that chose it.
func openAddr(ctx context.Context, what, key, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for %s: %w; is another debrief running? %s chooses another address", addr, what, err, key)
	}
	return l, nil
}

// listen opens an address that h answers on.
func listen(ctx context.Context, name, key, addr string, h http.Handler) (*listener, error) {
	l, err := openAddr(ctx, name, key, addr)
	if err != nil {
		return nil, err
	}
	return &listener{name: name, net: l, server: &http.Server{
		Handler: h, ReadHeaderTimeout: headWithin, IdleTimeout: idleWithin, MaxHeaderBytes: headBytes,
	}}, nil
}

// serve answers requests until close is called.
func (l *listener) serve() error {
	if err := l.server.Serve(l.net); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	return nil
}

// close lets running requests end, for a while.
func (l *listener) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close() // it had its time
	}
}

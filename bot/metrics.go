package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are what an operator watches: what waits and for how long, what was refused, and what was tried again.
type metrics struct {
	inbox     prometheus.Gauge
	inboxAge  prometheus.Gauge
	deadNow   prometheus.Gauge
	outbox    prometheus.Gauge
	outboxAge prometheus.Gauge
	dead      prometheus.Counter
	panics    prometheus.Counter
	conflicts prometheus.Counter
	retries   *prometheus.CounterVec
	sends     *prometheus.CounterVec
}

// newMetrics registers them; with a nil registry they count for nobody.
func newMetrics(registry prometheus.Registerer) *metrics {
	f := promauto.With(registry)
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Namespace: "debrief", Name: name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Namespace: "debrief", Name: name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return f.NewCounterVec(prometheus.CounterOpts{Namespace: "debrief", Name: name, Help: help}, labels)
	}
	return &metrics{
		inbox:     gauge("inbox_rows", "Accepted events that wait to be stepped."),
		inboxAge:  gauge("inbox_age_seconds", "How long the oldest of them has waited."),
		deadNow:   gauge("inbox_dead_rows", "Events that were set aside and can be replayed."),
		outbox:    gauge("outbox_effects", "Effects that wait to be carried out."),
		outboxAge: gauge("outbox_age_seconds", "How long the oldest of them has waited."),
		dead:      counter("dead_total", "Events that were set aside."),
		panics:    counter("panics_total", "Panics of the rules that were caught."),
		conflicts: counter("conflicts_total", "Saves that were repeated because somebody else was faster."),
		retries:   vec("retries_total", "What was put back to be tried again, by what it is.", "what"),
		sends:     vec("effects_total", "Effects by what came of them.", "kind", "outcome"),
	}
}

// measure sets the gauges from what the store counts.
func (b *Bot) measure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	h, err := b.store.Health(ctx)
	if err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	b.metrics.inbox.Set(float64(h.New))
	b.metrics.inboxAge.Set(b.age(h.OldestNew))
	b.metrics.deadNow.Set(float64(h.Dead))
	b.metrics.outbox.Set(float64(h.Effects))
	b.metrics.outboxAge.Set(b.age(h.Oldest))
	return nil
}

// age is how long ago it was, in seconds, by the store's clock; a zero time is no age.
func (b *Bot) age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, b.store.Now().Sub(since).Seconds())
}

// platform is the first part of a key: which chat it comes from.
func platform(key string) string {
	name, _, _ := strings.Cut(key, "/")
	return name
}

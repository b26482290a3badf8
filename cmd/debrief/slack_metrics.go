package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/debrief-bot/debrief/adapters/slack"
)

// slackMetrics says what the adapter for Slack has counted, which knows no Prometheus.
type slackMetrics struct{ chat *slack.Chat }

var (
	slackConnections = prometheus.NewDesc("debrief_slack_connections", "Connections of Socket Mode that are there.", nil, nil)
	slackEnded       = prometheus.NewDesc("debrief_slack_connections_ended_total", "Connections of Socket Mode that ended, by why.", []string{"why"}, nil)
	slackRefused     = prometheus.NewDesc("debrief_slack_refused_total", "What Slack, or somebody else, sent and was not taken, by why.", []string{"why"}, nil)
	slackLimited     = prometheus.NewDesc("debrief_slack_limited_total", "Calls that Slack put off, by method.", []string{"method"}, nil)
)

// Describe implements prometheus.Collector.
func (slackMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{slackConnections, slackEnded, slackRefused, slackLimited} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m slackMetrics) Collect(to chan<- prometheus.Metric) {
	counts := m.chat.Counts()
	to <- prometheus.MustNewConstMetric(slackConnections, prometheus.GaugeValue, float64(counts.Connections))
	for _, by := range []struct {
		desc *prometheus.Desc
		all  map[string]int
	}{{slackEnded, counts.Ended}, {slackRefused, counts.Refused}, {slackLimited, counts.Limited}} {
		for label, n := range by.all {
			to <- prometheus.MustNewConstMetric(by.desc, prometheus.CounterValue, float64(n), label)
		}
	}
}

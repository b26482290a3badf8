package slacktest

import (
	"strconv"
	"time"
)

// Slack's limits are for each method, by the minute: https://docs.slack.dev/apis/web-api/rate-limits
var tiers = map[string]int{
	"chat.delete": 50, "chat.postEphemeral": 100, "chat.postMessage": 300, "chat.update": 50,
	"conversations.history": 50, "conversations.info": 50, "conversations.join": 50, "conversations.list": 20,
	"conversations.members": 100, "conversations.open": 50, "conversations.replies": 50,
	"files.completeUploadExternal": 100, "files.getUploadURLExternal": 100, "reactions.add": 50, "reactions.get": 50,
	"reactions.remove": 20, "users.conversations": 50, "users.info": 100, "views.open": 100, "views.publish": 100,
}

// postBurst is how many posts a channel takes at once; over a longer time it takes one a second.
const postBurst = 4

// quota is what the workspace lets an app call.
type quota struct {
	on      bool
	mean    bool // history once a minute
	calls   map[string][]time.Time
	bursts  map[string]time.Time // when a channel's posts would have been a second apart
	refused int
}

// Limit has Slack refuse what is beyond its limits, from now on. Refused says how often it did.
func (s *Server) Limit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota = quota{on: true, calls: map[string][]time.Time{}, bursts: map[string]time.Time{}}
}

// LimitMeanly is Limit for the class of apps that may read a channel or thread once a minute:
// https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
func (s *Server) LimitMeanly() {
	s.Limit()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota.mean = true
}

// Refused is how often the app was told to wait by Limit.
func (s *Server) Refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quota.refused
}

// limited counts a call. Beyond the limits it says what Retry-After is.
func (s *Server) limited(method, channel string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.quota.on {
		return ""
	}
	now := s.Now()
	wait := max(s.quota.ofMethod(method, now), s.quota.ofChannel(method, channel, now))
	if wait <= 0 {
		s.quota.count(method, channel, now)
		return ""
	}
	s.quota.refused++
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}

// ofMethod is how long there is no call of a method.
func (q *quota) ofMethod(method string, now time.Time) time.Duration {
	most := tiers[method]
	if q.mean && (method == "conversations.history" || method == "conversations.replies") {
		most = 1
	}
	all := q.calls[method]
	if most == 0 || len(all) < most {
		return 0
	}
	return all[len(all)-most].Add(time.Minute).Sub(now)
}

// ofChannel is how long there is no post to a channel.
func (q *quota) ofChannel(method, channel string, now time.Time) time.Duration {
	if method != "chat.postMessage" || q.bursts[channel].Before(now) {
		return 0
	}
	return q.bursts[channel].Sub(now) - (postBurst-1)*time.Second
}

func (q *quota) count(method, channel string, now time.Time) {
	q.calls[method] = append(q.calls[method], now)
	if method == "chat.postMessage" {
		even := q.bursts[channel]
		if even.Before(now) {
			even = now
		}
		q.bursts[channel] = even.Add(time.Second)
	}
}

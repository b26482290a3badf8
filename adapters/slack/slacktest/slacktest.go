// Package slacktest is a Slack of our own, for tests: one workspace with people and channels, the Web API as far as an
// app like ours uses it, with the limits that Slack documents, and people who act.
//
// It speaks Slack and knows no app: what happens is delivered, signed, to whatever Connect, ServeTo or PostTo names, and
// whoever has the token may call its methods. What an app does that Slack would not take is refused as Slack refuses it,
// and remembered (Wrong). A page of a channel has at most 15 objects, as for the apps that Slack likes least.
//
// What goes wrong on the way is for the test to say: Fail breaks calls, and a delivery that was not acknowledged waits
// for Redeliver.
package slacktest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Who the app is in the workspace, and what it proves that with.
const (
	Team         = "T0ACME"
	TeamURL      = "https://acme.slack.example/"
	App          = "A0DEBRIEF"
	BotUser      = "U0DEBRIEF"
	BotID        = "B0DEBRIEF"
	BotName      = "debrief"
	BotToken     = "xoxb-fake-token-7f3a"
	Secret       = "fake-signing-secret-7f3a"
	AnswerSecret = "secret7f3a" // is in every response_url
)

// Server is the workspace. Its methods may be called from any goroutine.
type Server struct {
	URL string           // of the Web API: methods are below URL + "/api/"
	Now func() time.Time // the workspace's clock, set before anything happens; it makes the ids of messages

	t   testing.TB
	api *httptest.Server

	mu         sync.Mutex
	last       time.Time
	count      int
	users      map[string]User
	channels   map[string]*Channel
	messages   []*message
	told       []Told
	views      map[string]*view  // modals, by user
	homes      map[string]*view  // by user
	triggers   map[string]string // good for opening a view once: whose act
	answers    map[string]string // response_urls that are still good: whose act
	used       map[string]int    // how often each was
	revoked    string            // the error that every call gets
	granted    []string          // scopes, as every answer says; none: it does not say
	calls      map[string]int
	fail       func(method string) Fault
	subscribed func(event string) bool
	transport  Transport
	meddle     func(Delivery, Transport) (int, []byte)
	newest     Delivery
	waiting    []Delivery
	wrong      []string
	sockets    sockets
	quota      quota
	files      map[string]*file
	memory     *memory // nil: it is on the network
}

// User is somebody in the workspace.
type User struct {
	ID, Name, Display string
	TZ                string
	Admin             bool
	Bot               bool
	Guest             bool // sees only the channels that name them
	Deactivated       bool // can be neither written to nor asked
}

// Channel is a channel. A public one that names no members has everybody in it who is no guest.
type Channel struct {
	ID, Name   string
	Private    bool
	Archived   bool
	Shared     bool // with another organisation
	WithoutBot bool
	Members    []string
}

// Fault is what goes wrong with a call. The zero value: nothing.
type Fault struct {
	Status     int    // answered before anything is done, as by a server in front of Slack: 429, 503
	RetryAfter string // of a 429
	Error      string // answered before anything is done, as Slack's own: "missing_scope"
	Wait       func() // called before anything is done
	Late       func() // called when it is done, before the answer
	Lose       bool   // it is done, and the connection breaks before the answer
	Cut        bool   // it is done, and the answer breaks off in the middle
}

// New starts a workspace with nobody in it. It ends with the test, which fails then when the app did what Slack would not
// take.
func New(t testing.TB) *Server {
	s := newServer(t)
	s.start(httptest.NewServer(http.HandlerFunc(s.serve)))
	return s
}

// NewInMemory starts one that is reached by Dial and by nothing else: for tests in a bubble of testing/synctest, in which
// time passes only when everybody waits.
func NewInMemory(t testing.TB) *Server {
	s := newServer(t)
	s.memory = newMemory()
	api := &httptest.Server{Listener: s.memory, Config: &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: slackWaits}}
	api.Start()
	s.start(api)
	return s
}

func newServer(t testing.TB) *Server {
	return &Server{
		Now: time.Now, t: t, users: map[string]User{}, channels: map[string]*Channel{}, views: map[string]*view{}, homes: map[string]*view{},
		triggers: map[string]string{}, answers: map[string]string{}, used: map[string]int{}, files: map[string]*file{}, calls: map[string]int{},
		fail: func(string) Fault { return Fault{} }, subscribed: func(string) bool { return true },
		transport: func(Delivery) (int, []byte) { return 0, nil },
		sockets:   sockets{script: stays, tickets: map[string]bool{}},
	}
}

func (s *Server) start(api *httptest.Server) {
	s.api, s.URL = api, api.URL
	s.t.Cleanup(func() {
		s.Close()
		for _, l := range s.Links() {
			l.Close()
		}
		for _, problem := range s.Wrong() {
			s.t.Errorf("Slack would not take it: %s", problem)
		}
	})
	s.users[BotUser] = User{ID: BotUser, Name: BotName, Bot: true}
}

// Close takes the Web API away: connections to it are refused.
func (s *Server) Close() { s.api.Close() }

// AddUser has somebody in the workspace, or changes who they are.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = u
}

// AddChannel makes a channel, or changes it.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[c.ID] = &c
}

// Subscribe says which events the app gets, by the names of a manifest: "message.channels", "app_mention". Before, it
// gets all of them; so a mention comes twice, as a message and as a mention.
func (s *Server) Subscribe(to func(event string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribed = to
}

// Fail has f say, of every call from now on, what goes wrong with it. f may look at the workspace.
func (s *Server) Fail(f func(method string) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

// Once is for Fail: the next call of a method goes wrong; of any, when method is empty.
func Once(method string, fault Fault) func(string) Fault {
	var once sync.Once
	return func(called string) (f Fault) {
		if method == "" || called == method {
			once.Do(func() { f = fault })
		}
		return f
	}
}

// Deny is for Fail: the app lacks the scope of these methods.
func Deny(methods ...string) func(string) Fault {
	return func(called string) Fault {
		if slices.Contains(methods, called) {
			return Fault{Error: "missing_scope"}
		}
		return Fault{}
	}
}

// Revoke has every call refused with an error about the token ("token_revoked"), until it is called with none.
func (s *Server) Revoke(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = name
}

// Grant has every answer from now on say that the app has these scopes.
func (s *Server) Grant(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.granted = scopes
}

// Expire ends the time in which acts so far can be answered by response_url or with a form.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.answers)
	clear(s.triggers)
}

// Unhurried is a clock for an app that keeps within Slack's limits, in tests that are not about those: with every look at
// it an hour has passed.
func Unhurried() func() time.Time {
	var mu sync.Mutex
	at := time.Now()
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Hour)
		return at
	}
}

// Calls says how often a method was called.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Wrong is what the app did that Slack would not take.
func (s *Server) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.wrong)
}

// stamp is the id of what happens now. Each is a millisecond after the one before.
func (s *Server) stamp() string {
	now := s.Now()
	if next := s.last.Add(time.Millisecond); next.After(now) {
		now = next
	}
	s.last = now
	return fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)
}

// second is the time of an edit, which Slack cuts to whole seconds.
func (s *Server) second() string { return fmt.Sprintf("%d.000000", s.Now().Unix()) }

func (s *Server) number() int { s.count++; return s.count }

// Direct is the channel between the app and somebody alone.
func Direct(user string) string { return "D" + user[1:] }

// channel is a channel by its id; direct messages are there for everybody.
func (s *Server) channel(id string) (Channel, bool) {
	if user := "U" + strings.TrimPrefix(id, "D"); strings.HasPrefix(id, "D") {
		_, known := s.users[user]
		return Channel{ID: id, Members: []string{user, BotUser}}, known
	}
	c, ok := s.channels[id]
	if !ok {
		return Channel{}, false
	}
	return *c, true
}

// members are who is in a channel.
func (s *Server) members(c Channel) []string {
	all := slices.Clone(c.Members)
	if len(all) == 0 {
		for _, id := range slices.Sorted(maps.Keys(s.users)) {
			if u := s.users[id]; !u.Guest && !u.Bot {
				all = append(all, id)
			}
		}
	}
	if !c.WithoutBot && !slices.Contains(all, BotUser) {
		all = append(all, BotUser)
	}
	return all
}

// NameOf is a channel's name; empty: there is none of that id.
func (s *Server) NameOf(channel string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, _ := s.channel(channel)
	return c.Name
}

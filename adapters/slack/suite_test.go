package slack

import (
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/adapterstest"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

// Who and what is in the workspace of the tests.
const (
	ana, bo  = "U0ANA", "U0BO"
	ops      = "C0OPS"
	closed   = "C0CLOSED"
	disabled = "U0GONE"
)

var place = conversations.Place{Workspace: us.workspace(), Channel: ops}

// paths are where the adapter takes in what Slack sends.
var paths = slacktest.Paths{Events: EventsPath, Commands: CommandsPath, Interactions: InteractionsPath}

// workspace is a Slack with two people and a channel for them, who act as the suite says.
type workspace struct{ *slacktest.Server }

func newWorkspace(t *testing.T) workspace { return settled(slacktest.New(t)) }

// settled has people move into a workspace.
func settled(s *slacktest.Server) workspace {
	w := workspace{s}
	w.AddUser(slacktest.User{ID: ana, Name: "ana", Display: "Ana", TZ: "Europe/Berlin", Admin: true})
	w.AddUser(slacktest.User{ID: bo, Name: "bo", Display: "Bo", TZ: "America/New_York"})
	w.AddUser(slacktest.User{ID: "U0GUEST", Name: "guest", Guest: true})
	w.AddUser(slacktest.User{ID: disabled, Name: "gone", Deactivated: true})
	w.AddChannel(slacktest.Channel{ID: ops, Name: "ops", Members: []string{ana, bo}})
	w.AddChannel(slacktest.Channel{ID: closed, Name: "closed", Private: true, WithoutBot: true, Members: []string{bo}})
	w.AddChannel(slacktest.Channel{ID: "C0SHARED", Name: "shared", Shared: true})
	return w
}

func TestSuite(t *testing.T) {
	t.Run("http", func(t *testing.T) { adapterstest.Run(t, overHTTP) })
	t.Run("socket", func(t *testing.T) { adapterstest.Run(t, overSocket) })
}

func overHTTP(t *testing.T, log *slog.Logger) *adapterstest.Platform {
	w := newWorkspace(t)
	c := New(Options{BotToken: slacktest.BotToken, SigningSecret: slacktest.Secret, APIURL: w.URL + "/api", Pace: slacktest.Unhurried(), Log: log})
	w.ServeTo(c.Handler(), paths)
	return w.platform(c)
}

func overSocket(t *testing.T, log *slog.Logger) *adapterstest.Platform {
	w := newWorkspace(t)
	c := New(Options{BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, APIURL: w.URL + "/api", Pace: slacktest.Unhurried(), Log: log})
	c.sockets.pace = pace{stagger: time.Millisecond, steady: time.Millisecond, retry: time.Millisecond}
	w.Connect(func(d slacktest.Delivery) (int, []byte) {
		status, answer := w.Socket(d)
		for len(c.sockets.taking) > 0 { // what follows an acknowledgement is under way
			runtime.Gosched()
		}
		return status, answer
	})
	p := w.platform(c)
	p.Tokens = append(p.Tokens, slacktest.AppToken)
	p.Ready = func(*testing.T) { w.awaitLinks(links) } // from then on it calls nothing by itself
	p.Cut = func(*testing.T) {
		w.Fail(func(method string) (f slacktest.Fault) {
			if method == openMethod {
				f.Status = 503
			}
			return f
		})
		for _, l := range w.Links() {
			l.Close()
			<-l.Gone()
		}
		for c.sockets.gap.connections() > 0 { // the adapter has not noticed yet
			runtime.Gosched()
		}
		w.Fail(slacktest.Once("", slacktest.Fault{}))
		w.awaitLinks(links)
	}
	return p
}

func (w workspace) awaitLinks(n int) {
	for len(w.Links()) < n {
		runtime.Gosched()
	}
}

func (w workspace) platform(c *Chat) *adapterstest.Platform {
	w.Subscribe(func(event string) bool { return event != "app_mention" }) // with messages a mention would come twice
	return &adapterstest.Platform{
		Chat: c, Channel: place, Ana: ana, Bo: bo, Tokens: []string{slacktest.BotToken, slacktest.Secret, slacktest.AnswerSecret},
		Ready: func(*testing.T) {
			for {
				if _, _, ok := c.connected(); ok {
					return
				}
				runtime.Gosched()
			}
		},
		Do: w.do, Again: func(*testing.T) bool { return w.Again() }, Shown: w.shown, Private: w.private, Form: w.form,
		Pins:   []string{"pushpin"},
		Closed: conversations.Place{Workspace: us.workspace(), Channel: closed}, Unreachable: disabled,
		Expire: func(*testing.T) { w.Expire() },
		Busy: func(_ *testing.T, after time.Duration) {
			w.Fail(slacktest.Once("", busy(strconv.Itoa(int(after/time.Second)))))
		},
		Lose: func(*testing.T) { w.Fail(slacktest.Once("chat.postMessage", slacktest.Fault{Lose: true})) },
	}
}

// busy is a 429 with that Retry-After.
func busy(after string) slacktest.Fault { return slacktest.Fault{Status: 429, RetryAfter: after} }

// do has somebody act, and delivers that.
func (w workspace) do(_ *testing.T, a adapterstest.Act) adapterstest.Outcome {
	var out adapterstest.Outcome
	ref := a.Message
	switch a.Kind {
	case conversations.Said:
		said := slacktest.Message{User: a.Who, Channel: a.Where.Channel, Thread: a.Where.Thread, Text: typed(a), Files: a.Files}
		ref = conversations.MessageRef{Workspace: us.workspace(), Channel: a.Where.Channel}
		ref.ID, out.Acked = w.Say(said)
		out.Message = ref
	case conversations.Edited:
		out.Acked = w.Edit(ref.Channel, ref.ID, escape(a.Text))
	case conversations.Deleted:
		out.Acked = w.Delete(ref.Channel, ref.ID)
	case conversations.Reacted:
		out.Acked = w.React(a.Who, ref.Channel, ref.ID, a.Emoji, a.On)
	case conversations.Commanded:
		out.Acked = w.Command(a.Who, a.Where.Channel, a.Text)
	case conversations.Clicked:
		out.Acked = w.Click(a.Who, ref.Channel, ref.ID, a.Label, a.Choice)
	case conversations.Submitted:
		fields := map[string]string{}
		for _, f := range a.Fields {
			fields[f.Name] = f.Value
		}
		out.Acked = w.Submit(a.Who, fields)
	}
	return out
}

// typed is what somebody writes, as Slack sends it.
func typed(a adapterstest.Act) string {
	text := escape(a.Text)
	if a.Mention {
		text = "<@" + us.user + "> " + text
	}
	if a.Names != "" {
		text += " <@" + a.Names + ">"
	}
	return text
}

func (w workspace) shown(_ *testing.T, ref conversations.MessageRef) (adapterstest.Shown, bool) {
	m, ok := w.Find(ref.Channel, ref.ID)
	if !ok {
		return adapterstest.Shown{}, false
	}
	s := seen(m)
	for _, other := range w.Messages() {
		if strings.Contains(string(other.Metadata), `"of":"`+m.TS+`"`) {
			more := seen(other)
			s.Text, s.Pings, s.Links = s.Text+more.Text, append(s.Pings, more.Pings...), append(s.Links, more.Links...)
		}
	}
	return s, true
}

func seen(m slacktest.Message) adapterstest.Shown {
	s := adapterstest.Shown{Edited: m.Edited != ""}
	s.Text, s.Pings, s.Links = m.Read()
	for name, who := range m.Reactions {
		if slices.Contains(who, us.user) {
			s.Marks = append(s.Marks, conversations.Emoji(name))
		}
	}
	return s
}

func (w workspace) private(_ *testing.T, person string) []adapterstest.Shown {
	var all []adapterstest.Shown
	for _, m := range w.Messages() {
		if m.Channel == slacktest.Direct(person) {
			all = append(all, seen(m))
		}
	}
	for _, m := range w.Whispers() {
		if m.To == person {
			all = append(all, seen(m))
		}
	}
	return all
}

func (w workspace) form(_ *testing.T, person string) (title string, inputs []string, wrong []conversations.Field, open bool) {
	v, open := w.Form(person)
	for _, b := range v.Blocks {
		name, _ := b["block_id"].(string)
		inputs = append(inputs, name)
		if v.Wrong[name] != "" {
			wrong = append(wrong, conversations.Field{Name: name, Value: v.Wrong[name]})
		}
	}
	return v.Title, inputs, wrong, open
}

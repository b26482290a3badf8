package slack

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// What comes in is the same over HTTP and over a socket: an error means that it is not acknowledged.

// reply is how something is acknowledged, and what is done for who acted once it is.
type reply struct {
	payload any // what the acknowledgement carries; nil: nothing
	then    func(context.Context)
	unheard func(context.Context) // says the payload when there is nothing left to acknowledge on
}

// after does what follows the acknowledgement.
func (r reply) after(ctx context.Context) {
	if r.then == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	r.then(ctx)
}

// afterwards is how long an answer to an act may take once it is acknowledged.
const afterwards = 5 * time.Second

const (
	notSaved = "Not saved. Please try again."
	foreign  = "Debrief is set up for another workspace here, so I cannot help."
	shared   = "This channel is shared with another organisation. What is said in it belongs to both, so I keep nothing of it."
	tooLate  = "That took too long for Slack to open a form. Please try again."
	noForm   = "Slack opens no form just now. Nothing was changed; please try again in a minute."
	anyForm  = "Slack did not say whether it opened a form. If you see none, please try again."
	fromOld  = "This is from a version of me that is gone. Nothing was done; `/postmortem mine` shows what waits for you."
)

// maxInline is how much an acknowledgement may carry; Slack drops larger ones without a word.
const maxInline = 16 << 10

var errNotConnected = errors.New("slack: not connected yet")

// takeEvent hands a delivery of the Events API to the bot. nil: the bot has it safe, or it concerns nobody.
func (c *Chat) takeEvent(ctx context.Context, env envelope) (reply, error) {
	h, id, ok := c.connected()
	if !ok {
		return reply{}, errNotConnected
	}
	switch env.Type {
	case "event_callback":
	case "app_rate_limited":
		c.log.Error("slack holds back events: the workspace has more than it delivers", "platform", "slack")
		return reply{}, nil
	default:
		return reply{}, nil
	}
	e, concerns, err := id.receiveEvent(env)
	switch {
	case errors.Is(err, errForeign):
		c.refuse(refusedForeign, "an event of another workspace or app was refused")
		return reply{}, nil
	case !concerns:
		return c.notice(id, env), nil
	}
	answer, err := handOver(ctx, h, e)
	if err != nil {
		c.refuse(refusedUnsaved, "an event was not saved", "event", e.Key)
		return reply{}, errNotSaved
	}
	switch {
	case e.Kind == conversations.Opened:
		return c.showing(id, e, answer.Private), nil
	case !answer.Private.IsZero() && e.Who != "" && !comesAgain(env.Event, e) && c.answers(e.Key):
		return c.telling(id, e, answer.Private), nil
	}
	return reply{}, nil
}

// comesAgain reports whether what is said comes as a mention, too, perhaps to another replica. That one is answered: it
// comes also where the app may not read channels. What is to be kept is kept whichever comes first, under one key.
func comesAgain(ev event, e conversations.Event) bool {
	return ev.Type == "message" && ev.Subtype == "" && e.Mention && !isDirect(e.Where.Channel)
}

// answers reports whether an event is answered for the first time: Slack sends again what it heard no answer to, and who
// asked is to be told once.
func (c *Chat) answers(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered[key] {
		return false
	}
	if len(c.answered) >= answeredMost {
		clear(c.answered)
	}
	c.answered[key] = true
	return true
}

// answeredMost is how many answered events are remembered, of which only the newest come again.
const answeredMost = 10000

var errNotSaved = errors.New("slack: not saved")

// handOver asks the bot, while Slack still waits.
func handOver(ctx context.Context, h adapters.Handler, e conversations.Event) (conversations.Answer, error) {
	if ctx.Err() != nil {
		return conversations.Answer{}, errNotSaved
	}
	return h.Handle(ctx, e)
}

// notice looks at events that are nobody's but the adapter's own: that it was removed, that it was called where it does
// not listen.
func (c *Chat) notice(id identity, env envelope) reply {
	ev := env.Event
	where := conversations.Place{Workspace: id.workspace(), Channel: ev.Channel.ID, Thread: ev.ThreadTS}
	switch {
	case ended[ev.Type] != nil && ended[ev.Type](id, ev):
		select {
		case c.fatal <- errors.New("slack: the app was removed from the workspace; install it again and set its new token"):
		default: // it is known already
		}
	case env.Shared && ev.Type == "app_mention" && isID(ev.User):
		return c.telling(id, conversations.Event{Who: ev.User, Where: where}, said(shared))
	case env.Shared && ev.Type == "member_joined_channel" && ev.User == id.user && isID(ev.Inviter):
		return c.telling(id, conversations.Event{Who: ev.Inviter, Where: where}, said(shared))
	}
	return reply{}
}

// ended are the types of events that say that the app has no access any more.
var ended = map[string]func(identity, event) bool{
	"app_uninstalled": func(identity, event) bool { return true },
	"tokens_revoked":  func(id identity, ev event) bool { return slices.Contains(ev.Tokens.Bot, id.user) },
}

func said(text string) conversations.Body {
	return conversations.Body{Text: []conversations.Span{{Kind: conversations.Words, Text: text}}}
}

// tell shows somebody a private line where they acted. It may fail, as everything that is only said at once.
func (c *Chat) tell(ctx context.Context, id identity, e conversations.Event, b conversations.Body) {
	m := conversations.Message{Kind: conversations.Reply, Place: e.Where, Person: e.Who, Handle: e.Handle, Body: b}
	err := c.whisper(ctx, id, m)
	var later *adapters.RetryAfter
	for errors.As(err, &later) && inTimeFor(ctx, later.After) && sleep(ctx, later.After) {
		err = c.whisper(ctx, id, m)
	}
	if err != nil {
		c.log.Warn("an answer was not shown", "platform", "slack", "event", e.Key, "err", err)
	}
}

// inTimeFor reports whether there is time for a call after a while.
func inTimeFor(ctx context.Context, after time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) >= after+answerTime
}

func (c *Chat) telling(id identity, e conversations.Event, b conversations.Body) reply {
	return reply{then: func(ctx context.Context) { c.tell(ctx, id, e, b) }}
}

// takeCommand hands a command to the bot. The answer is a private line, or none.
func (c *Chat) takeCommand(ctx context.Context, form url.Values) (reply, error) {
	h, id, ok := c.connected()
	if !ok {
		return reply{payload: inline(notSaved)}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := id.receiveCommand(form, c.now())
	switch {
	case errors.Is(err, errForeign):
		c.refuse(refusedForeign, "a command of another workspace or app was refused")
		return reply{payload: inline(foreign)}, nil
	case err != nil:
		return reply{}, err
	}
	answer, err := handOver(ctx, h, a.event)
	switch {
	case err != nil:
		c.refuse(refusedUnsaved, "a command was not saved", "event", a.event.Key)
		return reply{payload: inline(notSaved), unheard: c.telling(id, a.event, said(notSaved)).then}, nil
	case answer.Form != nil:
		return c.opening(id, a, *answer.Form), nil
	case answer.Private.IsZero():
		return reply{}, nil
	}
	parts := id.render(answer.Private)
	told := c.telling(id, a.event, answer.Private)
	if first := newPrivate(parts[0], a.event.Where); len(parts) == 1 && fitsInline(first) {
		return reply{payload: first, unheard: told.then}, nil
	}
	return told, nil
}

func fitsInline(payload any) bool {
	b, err := json.Marshal(payload)
	return err == nil && len(b) <= maxInline
}

// inline is a private line with no more to it than words.
func inline(text string) private { return private{Type: "ephemeral", Text: escape(text)} }

// opening shows somebody a form. The trigger of their act is good for three seconds.
func (c *Chat) opening(id identity, a act, f conversations.Form) reply {
	return reply{then: func(ctx context.Context) {
		if _, err := c.api.OpenViewContext(ctx, a.trigger, form(f, a.event)); err != nil {
			c.log.Warn("a form was not opened", "platform", "slack", "event", a.event.Key, "err", clean("open a form", err))
			c.tell(ctx, id, a.event, said(unopened(err)))
		}
	}}
}

// unopened says to people why they see no form.
func unopened(err error) string {
	err = clean("open a form", err)
	switch name := code(err); {
	case name == "expired_trigger_id" || name == "exchanged_trigger_id":
		return tooLate
	case isRefused(err) || name != "" && !isUnsure(name):
		return noForm
	}
	return anyForm
}

// takeInteraction hands a click, a shortcut or a form to the bot.
func (c *Chat) takeInteraction(ctx context.Context, payload []byte) (reply, error) {
	h, id, ok := c.connected()
	if !ok {
		return reply{}, errNotConnected
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, concerns, err := id.receiveInteraction(payload, c.now())
	switch {
	case errors.Is(err, errForeign):
		c.refuse(refusedForeign, "an act in another workspace or app was refused")
		return reply{}, nil
	case errors.Is(err, errOld):
		c.refuse(refusedOutdated, "an act that is not known was refused", "event", a.event.Key)
		return c.answerForm(id, a, conversations.Answer{Errors: []conversations.Field{{Value: fromOld}}}, nil), nil
	case err != nil || !concerns:
		return reply{}, err
	}
	answer, err := handOver(ctx, h, a.event)
	if err != nil {
		c.refuse(refusedUnsaved, "an act was not saved", "event", a.event.Key)
	}
	switch {
	case a.event.Kind == conversations.Submitted:
		return c.answerForm(id, a, answer, err), nil
	case err != nil:
		return c.telling(id, a.event, said(notSaved)), nil
	case answer.Form != nil:
		return c.opening(id, a, *answer.Form), nil
	case !answer.Private.IsZero():
		return c.telling(id, a.event, answer.Private), nil
	}
	return reply{}, nil
}

// stays keeps a form open: with what is wrong below its fields, or as another form.
type stays struct {
	Action string                  `json:"response_action"`
	Errors map[string]string       `json:"errors,omitempty"`
	View   *slack.ModalViewRequest `json:"view,omitempty"`
}

// answerForm closes a form when it was taken, and keeps it as it was filled in when not.
func (c *Chat) answerForm(id identity, a act, answer conversations.Answer, err error) reply {
	wrong := answer.Errors
	if err != nil {
		wrong = []conversations.Field{{Value: notSaved}}
	}
	switch {
	case len(wrong) > 0 && len(a.inputs) > 0:
		return reply{payload: stays{Action: "errors", Errors: beside(wrong, a.inputs)}}
	case len(wrong) > 0:
		return c.telling(id, a.event, said(wrong[0].Value))
	case answer.Form != nil:
		v := form(*answer.Form, a.event)
		next := stays{Action: "update", View: &v}
		if !fitsInline(next) {
			return c.opening(id, a, *answer.Form) // the first one closes
		}
		return reply{payload: next}
	case !answer.Private.IsZero():
		return c.telling(id, a.event, answer.Private)
	}
	return reply{}
}

// beside puts what is wrong below the field it is about; what is about none of them, below the first.
func beside(wrong []conversations.Field, inputs []string) map[string]string {
	all := map[string]string{}
	for _, f := range wrong {
		name := f.Name
		if !slices.Contains(inputs, name) {
			name = inputs[0]
		}
		if all[name] != "" {
			all[name] += " "
		}
		all[name] += f.Value
	}
	return all
}

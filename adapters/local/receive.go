package local

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// queue puts an event in line for the bot. It stays there until the bot has it safe.
func (c *Chat) queue(e conversations.Event) {
	old := c.s.Waiting
	c.undo(func() { c.s.Waiting = old })
	c.s.Waiting = append(slices.Clip(old), e)
	c.tx.entry.Waiting = append(c.tx.entry.Waiting, c.filed(e))
}

// Redeliver hands every waiting event to the bot, in order, and returns how many still wait because they could not be
// saved or because no bot is there. People's acts call it; who plays the platform's retries calls it again.
func (c *Chat) Redeliver(ctx context.Context) int {
	c.delivering.Lock()
	defer c.delivering.Unlock()
	c.mu.Lock()
	waiting, h := slices.Clone(c.s.Waiting), c.handler
	c.mu.Unlock()
	if h == nil {
		return len(waiting)
	}
	for _, e := range waiting {
		answer, err := h.Handle(ctx, e)
		if err != nil {
			c.log.Warn("event not saved", "platform", "local", "event", e.Key)
			continue
		}
		if err := c.do(unnamed(ctx), func() error { c.handed(e, answer); return nil }); err != nil {
			c.log.Warn("answer not saved", "platform", "local", "event", e.Key)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.s.Waiting)
}

// waiting is how many events the bot does not have safe yet.
func (c *Chat) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.s.Waiting)
}

// interact hands over a click, a command or a form. Nobody repeats those: who acted is told when it was not saved.
func (c *Chat) interact(ctx context.Context, e conversations.Event) {
	c.mu.Lock()
	h := c.handler
	c.mu.Unlock()
	var answer conversations.Answer
	err := errNobodyThere
	if h != nil {
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		answer, err = h.Handle(ctx, e)
	}
	follows := func() { c.handed(e, answer) }
	if err != nil {
		c.log.Warn("act not saved", "platform", "local", "event", e.Key)
		follows = func() {
			c.notSaved(e)
			c.handedOver(e.Key)
		}
	}
	if c.do(unnamed(ctx), func() error { follows(); return nil }) != nil {
		c.log.Warn("answer not saved", "platform", "local", "event", e.Key)
	}
}

// handed is what follows when the bot has an event.
func (c *Chat) handed(e conversations.Event, answer conversations.Answer) {
	if e.Kind == conversations.Submitted && len(answer.Errors) == 0 && answer.Form == nil {
		c.setForm(c.formKey(e), nil)
	}
	c.show(e, answer)
	c.handedOver(e.Key)
}

// unnamed is the context of what follows from an act, which is done under no name.
func unnamed(ctx context.Context) context.Context { return WithAct(context.WithoutCancel(ctx), "") }

var errNobodyThere = errors.New("no bot is connected")

const notSaved = "Not saved. Please try again."

func (c *Chat) notSaved(e conversations.Event) {
	if c.s.Forms[c.formKey(e)] != nil && e.Kind == conversations.Submitted {
		c.stays(c.formKey(e), e.Who, []conversations.Field{{Value: notSaved}})
		return
	}
	c.tellPerson(e.Who, e.Where, notSaved)
}

// show is what the person who acted sees at once. Only an act can open a form, not a message.
func (c *Chat) show(e conversations.Event, a conversations.Answer) {
	if !a.Private.IsZero() && e.Who != "" {
		c.whisper(BotID, e.Who, e.Where, a.Private, "", "")
	}
	key := c.formKey(e)
	if len(a.Errors) > 0 && c.s.Forms[key] != nil {
		c.stays(key, e.Who, a.Errors)
	}
	act := e.Kind == conversations.Clicked || e.Kind == conversations.Commanded || e.Kind == conversations.Submitted
	if a.Form == nil || !act {
		return
	}
	f := &openForm{ID: c.next(), Version: 1, Where: e.Where, Message: e.Message, Form: clone(*a.Form)}
	if old := c.s.Forms[key]; old != nil && e.Kind == conversations.Submitted {
		f.ID, f.Version = old.ID, old.Version+1
	}
	c.setForm(key, f)
	c.stays(key, e.Who, nil)
}

// stays shows somebody their form, with what is wrong in it.
func (c *Chat) stays(key, person string, wrong []conversations.Field) {
	f := c.formOf(key)
	f.Errors = wrong
	c.setForm(key, f)
	form := clone(f.Form)
	c.did(Act{Did: "form", Where: f.Where, Person: person, Message: f.Message, Form: &form, Wrong: wrong})
}

// clone copies a form, since what people type is kept in it.
func clone(f conversations.Form) conversations.Form {
	f.Inputs = slices.Clone(f.Inputs)
	return f
}

// hears reports whether the bot gets events about a message: it is in the place, and the message is nobody's secret.
func (c *Chat) hears(m *message) bool {
	if m.Only != "" {
		return false
	}
	if _, ok := isDirect(m.Channel); ok {
		return true
	}
	ch := c.channel(m.Channel)
	return ch != nil && !ch.WithoutBot
}

// said is the event that a message was posted.
func said(m *message, people []Person) conversations.Event {
	text, mention := addressed(m.Text)
	if _, direct := isDirect(m.Channel); direct {
		mention = true // what is said to the bot alone is said to it
	}
	text, masked := conversations.Mask(mentions(text, people))
	return conversations.Event{
		Key: m.ref().Key(), Kind: conversations.Said, At: m.At, Where: m.where(), Who: m.Who, Message: m.ref(), MessageAt: m.At,
		ReplyTo: m.ReplyTo, Text: text, Masked: masked || m.Masked, Mention: mention, Files: slices.Clone(m.Files), Author: m.Author,
	}
}

var botMention = lazily(`^\s*(?i:@` + BotID + `)(?:[:,]|\b)\s*`)

// addressed cuts off the mention of the bot that a text begins with.
func addressed(text string) (rest string, mention bool) {
	loc := botMention().FindStringIndex(text)
	if loc == nil {
		return text, false
	}
	return text[loc[1]:], true
}

var someone = lazily(`(^|[^\pL\pN@<])@([\pL\pN][\pL\pN._-]*)`)

// mentions writes the people a text mentions by id, `<@kim>`, as both Slack and Discord send them.
func mentions(text string, people []Person) string {
	return someone().ReplaceAllStringFunc(text, func(s string) string {
		before, name, _ := strings.Cut(s, "@")
		id := strings.TrimRight(name, ".-_")
		if !slices.ContainsFunc(people, func(p Person) bool { return p.ID == id }) {
			return s
		}
		return before + "<@" + id + ">" + name[len(id):]
	})
}

// handle is a permission to answer an act privately.
func (c *Chat) handle() conversations.Handle {
	token := "handle-" + strconv.Itoa(c.next())
	now := c.now()
	expires := now.Add(handleLife).UTC().Truncate(time.Millisecond)
	maps.DeleteFunc(c.s.Handles, func(_ string, until time.Time) bool { return !now.Before(until) })
	c.s.Handles[token] = expires
	c.tx.entry.Handles = map[string]time.Time{token: expires}
	return conversations.Handle{Token: conversations.Secret(token), Expires: expires}
}

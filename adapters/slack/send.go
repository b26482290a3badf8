package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// eventType is what the metadata of all our messages is called; its payload holds the effect's id.
const eventType = "debrief_effect"

// marker is the payload of our metadata.
type marker struct {
	Effect string `json:"effect"`       // of a further message: "<effect>/<n>"
	Of     string `json:"of,omitempty"` // of a further message: the first one's id
	Part   int    `json:"part,omitempty"`
}

func (m marker) metadata() slack.MsgOption {
	payload := map[string]any{"effect": m.Effect}
	if m.Of != "" {
		payload["of"], payload["part"] = m.Of, m.Part
	}
	return slack.MsgOptionMetadata(slack.SlackMetadata{EventType: eventType, EventPayload: payload})
}

// partOf is the marker of the n-th message of an effect, from 0.
func partOf(effect string, n int) string {
	if n == 0 {
		return effect
	}
	return effect + "/" + strconv.Itoa(n)
}

// Send implements adapters.Chat.
func (c *Chat) Send(ctx context.Context, m conversations.Message) (conversations.Result, error) {
	id, err := c.identity(ctx)
	if err != nil {
		return conversations.Result{}, err
	}
	switch {
	case m.Kind == conversations.React:
		return conversations.Result{}, c.react(ctx, m)
	case m.Kind == conversations.Join:
		return conversations.Result{}, c.join(ctx, m)
	case m.Kind == conversations.Reply:
		return conversations.Result{}, c.whisper(ctx, id, m)
	case m.Edit.ID != "":
		return c.edit(ctx, id, m)
	case m.Kind == conversations.Private:
		if m.Place, err = c.direct(ctx, id, m.Person); err != nil {
			return conversations.Result{}, err
		}
		return c.post(ctx, id, m)
	case m.Kind == conversations.Post:
		return c.post(ctx, id, m)
	}
	return conversations.Result{}, fmt.Errorf("slack: cannot send a %q", m.Kind)
}

// direct is where somebody is written to alone.
func (c *Chat) direct(ctx context.Context, id identity, person string) (conversations.Place, error) {
	ch, _, _, err := c.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{person}})
	if err != nil {
		return conversations.Place{}, c.sending("open a direct message", err)
	}
	return conversations.Place{Workspace: id.workspace(), Channel: ch.ID}, nil
}

// post sends a message in as many parts as it needs. What goes on after the first is written below it. When an earlier
// try may have sent some of the parts, those are left alone.
func (c *Chat) post(ctx context.Context, id identity, m conversations.Message) (conversations.Result, error) {
	parts := id.render(m.Body)
	there := map[string]string{}
	if (len(parts) > 1 || c.attached(m) != nil) && !m.Since.IsZero() {
		var err error
		if there, err = c.markers(ctx, id, m); errors.Is(err, adapters.ErrUnreadable) {
			there = map[string]string{} // nobody can tell what is there
		} else if err != nil {
			return conversations.Result{}, err
		}
	}
	for n, p := range parts {
		if there[partOf(m.Effect, n)] != "" {
			continue
		}
		place := m.Place
		mark := marker{Effect: partOf(m.Effect, n)}
		if n > 0 {
			place, mark.Of, mark.Part = below(m.Place, there[m.Effect]), there[m.Effect], n
		}
		ts, err := c.postPart(ctx, place, p, mark)
		switch {
		case n == 0 && err != nil:
			return conversations.Result{}, err
		case errors.Is(err, adapters.ErrUndeliverable): // what people answer to and what is edited is there
			c.log.Error("the rest of a message was refused", "platform", "slack", "effect", m.Effect, "err", err)
			return resultIn(id, m, there), nil
		case err != nil:
			return conversations.Result{}, inPart(err)
		}
		there[mark.Effect] = ts
	}
	if err := c.attach(ctx, id, m, below(m.Place, there[m.Effect])); err != nil {
		return conversations.Result{}, inPart(err)
	}
	return resultIn(id, m, there), nil
}

// inPart is an error after a part of a message was sent. "Not now" would say that nothing was: it would be sent anew from
// the beginning. So this leaves it open, and the parts are looked for before the rest is sent.
func inPart(err error) error {
	var later *adapters.RetryAfter
	if errors.As(err, &later) {
		return fmt.Errorf("slack: the rest of a message has to wait %s", later.After)
	}
	return err
}

// below is where the further parts of a message are written: in its thread, or beside it in a direct message.
func below(p conversations.Place, first string) conversations.Place {
	if p.Thread == "" && !isDirect(p.Channel) {
		p.Thread = first
	}
	return p
}

func isDirect(channel string) bool { return channel != "" && channel[0] == 'D' }

func (c *Chat) postPart(ctx context.Context, place conversations.Place, p part, mark marker) (string, error) {
	options := append(shown(p), mark.metadata())
	if place.Thread != "" {
		options = append(options, slack.MsgOptionTS(place.Thread))
	}
	_, ts, err := c.api.PostMessageContext(ctx, place.Channel, options...)
	if err != nil {
		err = c.sending("post a message", err)
		var u *adapters.Undeliverable
		if errors.As(err, &u) && u.Gone {
			u.Gone, u.Reason = false, reason("thread_not_found")
		}
		return "", err
	}
	return ts, nil
}

// shown is how every message is to be shown: exactly, without pings by name, and without previews.
func shown(p part) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(p.text, false), slack.MsgOptionBlocks(p.blocks...), slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(), slack.MsgOptionLinkNames(false), slack.MsgOptionDisableMarkdown(),
	}
}

// result is where a message ended up. In direct messages people answer beside it.
func result(id identity, p conversations.Place, ts string) conversations.Result {
	p.Workspace = id.workspace()
	res := conversations.Result{Message: conversations.MessageRef{Workspace: p.Workspace, Channel: p.Channel, ID: ts}, Thread: p}
	res.At, _ = timeOf(ts)
	if p.Thread == "" && !isDirect(p.Channel) {
		res.Thread.Thread = ts
	}
	return res
}

// resultIn is where a message and what it goes on in ended up, by the ids under its markers.
func resultIn(id identity, m conversations.Message, there map[string]string) conversations.Result {
	res := result(id, m.Place, there[m.Effect])
	for n := 1; there[partOf(m.Effect, n)] != ""; n++ {
		res.Further = append(res.Further, conversations.MessageRef{
			Workspace: id.workspace(), Channel: m.Place.Channel, ID: there[partOf(m.Effect, n)],
		})
	}
	return res
}

// edit changes a message in place, with the parts that it goes on in.
func (c *Chat) edit(ctx context.Context, id identity, m conversations.Message) (conversations.Result, error) {
	parts := id.render(m.Body)
	further, sure, err := c.further(ctx, id, m)
	if err != nil {
		return conversations.Result{}, err
	}
	if !sure {
		parts = parts[:min(len(parts), 1+len(further))] // better cut than said twice
	}
	place := conversations.Place{Workspace: id.workspace(), Channel: m.Edit.Channel}
	if m.Place.Channel == m.Edit.Channel && m.Place.Thread != m.Edit.ID {
		place.Thread = m.Place.Thread
	}
	if err := c.update(ctx, m.Edit.Channel, m.Edit.ID, parts[0], marker{Effect: m.Effect}); err != nil {
		return conversations.Result{}, err
	}
	res := result(id, place, m.Edit.ID)
	for n, p := range parts[1:] {
		mark := marker{Effect: partOf(m.Effect, n+1), Of: m.Edit.ID, Part: n + 1}
		ts, err := c.editPart(ctx, below(place, m.Edit.ID), further[n+1], p, mark)
		if err != nil {
			return conversations.Result{}, inPart(err)
		}
		res.Further = append(res.Further, conversations.MessageRef{Workspace: id.workspace(), Channel: m.Edit.Channel, ID: ts})
	}
	for n, ts := range further {
		if n < len(parts) {
			continue
		}
		if _, _, err := c.api.DeleteMessageContext(ctx, m.Edit.Channel, ts); err != nil && code(err) != "message_not_found" {
			return conversations.Result{}, inPart(c.sending("delete a part", err))
		}
	}
	return res, c.attach(ctx, id, m, below(place, m.Edit.ID))
}

// editPart changes a further part; where there is none, or it was deleted, it is posted. It returns the part's id.
func (c *Chat) editPart(ctx context.Context, place conversations.Place, ts string, p part, mark marker) (string, error) {
	if ts != "" {
		err := c.update(ctx, place.Channel, ts, p, mark)
		var u *adapters.Undeliverable
		if !errors.As(err, &u) || !u.Gone {
			return ts, err
		}
	}
	return c.postPart(ctx, place, p, mark)
}

func (c *Chat) update(ctx context.Context, channel, ts string, p part, mark marker) error {
	_, _, _, err := c.api.UpdateMessageContext(ctx, channel, ts, append(shown(p), mark.metadata())...)
	if err != nil {
		return c.sending("edit a message", err)
	}
	return nil
}

// further are the messages that one of ours goes on in, by their place in it. Nobody knows how far an earlier try came:
// after one they are looked for, and where that cannot be, it is not sure that these are all.
func (c *Chat) further(ctx context.Context, id identity, m conversations.Message) (all map[int]string, sure bool, err error) {
	all = map[int]string{}
	if m.Since.IsZero() {
		for i, ref := range m.Further {
			all[i+1] = ref.ID
		}
		return all, true, nil
	}
	at, _ := timeOf(m.Edit.ID)
	place := below(conversations.Place{Channel: m.Edit.Channel}, m.Edit.ID)
	if m.Place.Channel == m.Edit.Channel && m.Place.Thread != "" {
		place.Thread = m.Place.Thread
	}
	err = c.history(ctx, place, at, func(w message) bool {
		if mark, ok := id.marker(w); ok && mark.Of == m.Edit.ID && mark.Part > 0 {
			all[mark.Part] = w.TS
		}
		return true
	})
	if errors.Is(err, adapters.ErrUnreadable) {
		m.Since = time.Time{}
		all, _, err = c.further(ctx, id, m)
		return all, false, err
	}
	return all, err == nil, err
}

// marker is what the metadata of a message of ours says. Other apps can write the same.
func (id identity) marker(m message) (marker, bool) {
	var mark marker
	if !id.isOwn(m) || m.Metadata.EventType != eventType || json.Unmarshal(m.Metadata.Payload, &mark) != nil {
		return marker{}, false
	}
	return mark, mark.Effect != ""
}

// react puts a reaction on a message or takes it off. That it is as it was to be is no error.
func (c *Chat) react(ctx context.Context, m conversations.Message) error {
	name := shortcode(m.Emoji)
	if name == "" {
		return &adapters.Undeliverable{Reason: "Slack has no name for this emoji"}
	}
	item := slack.NewRefToMessage(m.Target.Channel, m.Target.ID)
	var err error
	if m.On {
		err = c.api.AddReactionContext(ctx, name, item)
	} else {
		err = c.api.RemoveReactionContext(ctx, name, item)
	}
	if err == nil || code(err) == "already_reacted" || code(err) == "no_reaction" {
		return nil
	}
	err = c.sending("react", err)
	var u *adapters.Undeliverable
	if errors.As(err, &u) {
		u.Gone = false
	}
	return err
}

// shortcodes are Slack's names of the emoji that the bot reacts with.
var shortcodes = map[string]string{"📎": "paperclip", "⚠": "warning", "📝": "memo", "📌": "pushpin", "❌": "x", "🎯": "dart"}

func shortcode(emoji string) string { return shortcodes[conversations.Emoji(emoji)] }

// whisper answers somebody's act so that only they see it.
func (c *Chat) whisper(ctx context.Context, id identity, m conversations.Message) error {
	switch {
	case m.Handle.Token == atHome:
		return c.answerAtHome(ctx, id, m)
	case m.Handle.Token == "" && m.Place.Channel == "":
		return c.write(ctx, id, m)
	}
	for n, p := range id.render(m.Body) {
		err := c.whisperPart(ctx, m, p)
		if m.Handle.Token != "" && isRefused(err) && m.Place.Channel != "" {
			m.Handle.Token = "" // its address is no good, or not now: there is another way to say it
			err = c.whisperPart(ctx, m, p)
		}
		switch {
		case err != nil && n > 0:
			return inPart(err)
		case errors.Is(err, adapters.ErrUndeliverable) && m.Handle.Token == "":
			return c.write(ctx, id, m) // the bot, or whoever acted, is not in the channel that is meant
		case err != nil:
			return err
		}
	}
	return nil
}

// isRefused reports whether it is sure that nothing was shown.
func isRefused(err error) bool {
	var later *adapters.RetryAfter
	return errors.Is(err, adapters.ErrUndeliverable) || errors.As(err, &later)
}

// write answers somebody in a direct message, where there is no other way.
func (c *Chat) write(ctx context.Context, id identity, m conversations.Message) (err error) {
	if m.Place, err = c.direct(ctx, id, m.Person); err != nil {
		return err
	}
	_, err = c.post(ctx, id, m)
	return err
}

func (c *Chat) whisperPart(ctx context.Context, m conversations.Message, p part) error {
	if url := m.Handle.Token.Reveal(); url != "" {
		return c.respond(ctx, url, m.Place, p)
	}
	options := shown(p)
	if m.Place.Thread != "" {
		options = append(options, slack.MsgOptionTS(m.Place.Thread))
	}
	if _, err := c.api.PostEphemeralContext(ctx, m.Place.Channel, m.Person, options...); err != nil {
		return c.sending("answer privately", err)
	}
	return nil
}

// private is a private answer as Slack takes it in a response, or at a response_url.
type private struct {
	Type    string        `json:"response_type"`
	Replace bool          `json:"replace_original"`
	Text    string        `json:"text"`
	Blocks  []slack.Block `json:"blocks,omitempty"`
	Thread  string        `json:"thread_ts,omitempty"`
}

func newPrivate(p part, where conversations.Place) private {
	return private{Type: "ephemeral", Text: p.text, Blocks: p.blocks, Thread: where.Thread}
}

// respond posts a private answer to a response_url, which is a secret.
func (c *Chat) respond(ctx context.Context, url string, where conversations.Place, p part) error {
	body, err := json.Marshal(newPrivate(p, where))
	if err != nil {
		return fmt.Errorf("slack: answer privately: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return &adapters.Undeliverable{Reason: reason("used_url")}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		return clean("answer privately", err)
	}
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12)) // an answer that breaks off says nothing else
	_ = resp.Body.Close()
	var answer struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(said, &answer) // it may be "ok", or nothing
	switch {
	case resp.StatusCode == http.StatusServiceUnavailable:
		return &adapters.RetryAfter{After: unsaidWait}
	case resp.StatusCode >= 500:
		return fmt.Errorf("slack: answer privately: HTTP %d", resp.StatusCode)
	case resp.StatusCode >= 400 && resp.StatusCode <= 410 || answer.Error == "expired_url" || answer.Error == "used_url":
		return &adapters.Undeliverable{Reason: reason("used_url")}
	case resp.StatusCode >= 400 || answer.Error != "":
		return &adapters.Undeliverable{Reason: "Slack refuses it"}
	}
	return nil
}

// Find implements adapters.Chat. A post in parts is there when all of them are.
func (c *Chat) Find(ctx context.Context, m conversations.Message) (adapters.Found, conversations.Result, error) {
	if m.Kind != conversations.Post && m.Kind != conversations.Private || m.Edit.ID != "" {
		return adapters.CannotTell, conversations.Result{}, nil
	}
	id, err := c.identity(ctx)
	if err != nil {
		return adapters.CannotTell, conversations.Result{}, err
	}
	if m.Kind == conversations.Private {
		if m.Place, err = c.direct(ctx, id, m.Person); err != nil {
			return adapters.CannotTell, conversations.Result{}, err
		}
	}
	there, err := c.markers(ctx, id, m)
	switch {
	case errors.Is(err, adapters.ErrUnreadable):
		return adapters.CannotTell, conversations.Result{}, nil
	case err != nil:
		return adapters.CannotTell, conversations.Result{}, err
	}
	for n := range id.render(m.Body) {
		if there[partOf(m.Effect, n)] == "" {
			return adapters.No, conversations.Result{}, nil
		}
	}
	if rec := c.attached(m); rec != nil {
		file, err := c.isAttached(ctx, id, rec, below(m.Place, there[m.Effect]))
		if err != nil && !errors.Is(err, adapters.ErrUnreadable) {
			return adapters.CannotTell, conversations.Result{}, err
		}
		if !file {
			return adapters.No, conversations.Result{}, nil
		}
	}
	return adapters.Yes, resultIn(id, m, there), nil
}

// clockSkew is by how much Slack's clock and the store's may differ.
const clockSkew = 5 * time.Second

// markers are the ids of an effect's messages in a place since a time, by marker: of the post, and of the parts below it.
func (c *Chat) markers(ctx context.Context, id identity, m conversations.Message) (map[string]string, error) {
	since := m.Since
	if since.IsZero() {
		since = c.now().Add(-24 * time.Hour)
	}
	all := map[string]string{}
	collect := func(w message) bool {
		if mark, ok := id.marker(w); ok && (mark.Effect == m.Effect || strings.HasPrefix(mark.Effect, m.Effect+"/")) {
			all[mark.Effect] = w.TS
		}
		return true
	}
	if err := c.history(ctx, m.Place, since.Add(-clockSkew), collect); err != nil {
		return nil, err
	}
	if root := all[m.Effect]; root != "" && below(m.Place, root) != m.Place {
		return all, c.history(ctx, below(m.Place, root), since.Add(-clockSkew), collect)
	}
	return all, nil
}

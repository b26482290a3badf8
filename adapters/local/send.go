package local

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

func undeliverable(format string, args ...any) error {
	return &adapters.Undeliverable{Reason: fmt.Sprintf(format, args...)}
}

// enter is the head of every call of the bot: the context, then "not now".
func (c *Chat) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("local chat: %w", err)
	}
	if after := c.busy; after > 0 {
		c.busy = 0
		return &adapters.RetryAfter{After: after}
	}
	return nil
}

// Send implements adapters.Chat.
func (c *Chat) Send(ctx context.Context, m conversations.Message) (res conversations.Result, err error) {
	err = c.do(ctx, func() error {
		if err := c.enter(ctx); err != nil {
			return err
		}
		res, err = c.send(m)
		return err
	})
	if err == nil && m.Kind == conversations.Join {
		c.Redeliver(ctx)
	}
	return res, err
}

func (c *Chat) send(m conversations.Message) (conversations.Result, error) {
	switch {
	case m.Kind == conversations.React:
		return conversations.Result{}, c.botReacts(m)
	case m.Kind == conversations.Join:
		return conversations.Result{}, c.botJoins(m)
	case m.Kind == conversations.Reply:
		return c.botReplies(m)
	case m.Edit.ID != "":
		return c.botEdits(m)
	case m.Kind == conversations.Private:
		return c.botWrites(m)
	case m.Kind == conversations.Post:
		return c.botPosts(m)
	}
	return conversations.Result{}, fmt.Errorf("local chat: cannot send a %q", m.Kind)
}

// botJoins brings the bot into the public channels that match.
func (c *Chat) botJoins(m conversations.Message) error {
	for _, ch := range c.s.Channels {
		if !ch.WithoutBot || ch.Private || ch.Archived || !conversations.JoinMatches(m.Names, ch.Name) {
			continue
		}
		if err := c.changeNow(ch.Name, transcript.Deed{Verb: transcript.Invite, Who: BotID}, func(ch *Channel) { ch.WithoutBot = false }); err != nil {
			return err
		}
		c.happens(ch.Name, conversations.Event{Kind: conversations.Joined})
	}
	return nil
}

func (c *Chat) botPosts(m conversations.Message) (conversations.Result, error) {
	if err := c.open(m.Place); err != nil {
		return conversations.Result{}, err
	}
	return c.written(m, m.Place, "post"), nil
}

func (c *Chat) botWrites(m conversations.Message) (conversations.Result, error) {
	p := c.person(m.Person)
	if p == nil || !p.Active || p.Bot {
		return conversations.Result{}, undeliverable("%s cannot be written to", m.Person)
	}
	return c.written(m, Direct(m.Person), "private"), nil
}

func (c *Chat) written(m conversations.Message, p conversations.Place, did string) conversations.Result {
	id, at := c.stamp()
	body := m.Body
	w := &message{
		Channel: p.Channel, ID: id, Thread: p.Thread, At: at, Who: BotID,
		Body: &body, Effect: m.Effect, Slot: m.Slot,
	}
	c.post(w)
	c.did(Act{Did: did, Where: p, Person: m.Person, Slot: m.Slot, Message: w.ref(), Body: m.Body})
	return w.result()
}

// post adds a message to its place.
func (c *Chat) post(m *message) {
	old := c.s.Messages
	c.undo(func() {
		c.s.Messages = old
		c.forget(m)
	})
	c.s.Messages = append(old, m)
	c.remember(m)
	c.tx.entry.Messages = append(c.tx.entry.Messages, m)
}

func (m *message) result() conversations.Result {
	thread := m.where()
	if _, direct := isDirect(m.Channel); !direct && thread.Thread == "" {
		thread.Thread = m.ID
	}
	return conversations.Result{Message: m.ref(), Thread: thread, At: m.At}
}

func (c *Chat) botEdits(m conversations.Message) (conversations.Result, error) {
	old := c.message(m.Edit)
	switch {
	case old == nil:
		return conversations.Result{}, &adapters.Undeliverable{Reason: "the message was deleted", Gone: true}
	case !old.ours():
		return conversations.Result{}, undeliverable("the message is somebody else's")
	}
	if ch := c.channel(old.Channel); ch != nil && ch.Archived {
		return conversations.Result{}, undeliverable("#%s is archived", ch.Name)
	}
	c.touch(old)
	body := m.Body
	old.Body = &body
	_, old.Edited = c.stamp()
	person, _ := isDirect(old.Channel)
	c.did(Act{Did: "edit", Where: old.where(), Person: person, Slot: old.Slot, Message: old.ref(), Body: m.Body})
	return old.result(), nil
}

func (c *Chat) botReacts(m conversations.Message) error {
	on := c.message(m.Target)
	if on == nil || on.Only != "" {
		return undeliverable("the message was deleted")
	}
	if err := c.open(In(on.Channel)); err != nil {
		return err
	}
	emoji := conversations.Emoji(m.Emoji)
	if on.marked(BotID, emoji) == m.On {
		return nil // it is as it was to be
	}
	c.touch(on)
	on.mark(BotID, emoji, m.On)
	did := "unreact"
	if m.On {
		did = "react"
	}
	c.did(Act{Did: did, Where: on.where(), Message: on.ref(), Emoji: emoji})
	return nil
}

func (c *Chat) botReplies(m conversations.Message) (conversations.Result, error) {
	p := c.person(m.Person)
	if p == nil || !p.Active {
		return conversations.Result{}, undeliverable("%s cannot be written to", m.Person)
	}
	if token := m.Handle.Token.Reveal(); token != "" {
		if until, ok := c.s.Handles[token]; !ok || !c.now().Before(until) {
			return conversations.Result{}, undeliverable("it is too late to answer this")
		}
	} else if err := c.open(m.Place); err != nil {
		return conversations.Result{}, err
	}
	c.whisper(BotID, m.Person, m.Place, m.Body, m.Slot, m.Effect)
	return conversations.Result{}, nil
}

// whisper shows something in a place to one person only.
func (c *Chat) whisper(from, person string, p conversations.Place, body conversations.Body, slot, effect string) {
	id, at := c.stamp()
	w := &message{
		Channel: p.Channel, ID: id, Thread: p.Thread, At: at, Who: from, Body: &body, Only: person, Slot: slot, Effect: effect,
	}
	c.post(w)
	did := "reply"
	if from == "" {
		did = "notice"
	}
	c.did(Act{Did: did, Where: p, Person: person, Slot: slot, Message: w.ref(), Body: body})
}

// tellPerson is the chat itself speaking to somebody.
func (c *Chat) tellPerson(person string, p conversations.Place, text string) {
	c.whisper("", person, p, conversations.Body{Text: []conversations.Span{{Kind: conversations.Words, Text: text}}}, "", "")
}

// open says why the bot cannot write in a place; nil: it can.
func (c *Chat) open(p conversations.Place) error {
	if person, ok := isDirect(p.Channel); ok {
		if who := c.person(person); who == nil || !who.Active {
			return undeliverable("%s cannot be written to", person)
		}
		return nil
	}
	ch := c.channel(p.Channel)
	switch {
	case ch == nil || p.Workspace != Workspace:
		return undeliverable("there is no such channel")
	case ch.Archived:
		return undeliverable("#%s is archived", ch.Name)
	case ch.WithoutBot:
		return undeliverable("I am not in #%s", ch.Name)
	case p.Thread != "" && !c.threadLives(p):
		return undeliverable("the thread was deleted")
	}
	return nil
}

// threadLives reports whether a thread can be written to: its root is there, or a reply in it.
func (c *Chat) threadLives(p conversations.Place) bool {
	if root := c.index[p.Channel+"/"+p.Thread]; root != nil && !root.Gone {
		return true
	}
	return slices.ContainsFunc(c.s.Messages, func(m *message) bool {
		return m.Channel == p.Channel && m.Thread == p.Thread && !m.Gone && m.Only == ""
	})
}

// Find implements adapters.Chat. A private answer leaves no trace, nor does an edit or a reaction.
func (c *Chat) Find(ctx context.Context, m conversations.Message) (adapters.Found, conversations.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return adapters.CannotTell, conversations.Result{}, err
	}
	if (m.Kind != conversations.Post && m.Kind != conversations.Private) || m.Edit.ID != "" {
		return adapters.CannotTell, conversations.Result{}, nil
	}
	if ch := c.channel(m.Place.Channel); m.Kind == conversations.Post && ch != nil && ch.WithoutBot {
		return adapters.CannotTell, conversations.Result{}, nil
	}
	if w := c.effects[m.Effect]; w != nil {
		return adapters.Yes, w.result(), nil
	}
	return adapters.No, conversations.Result{}, nil
}

// Workspaces implements adapters.Chat.
func (c *Chat) Workspaces(ctx context.Context) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	return []string{Workspace}, nil
}

// Places implements adapters.Chat.
func (c *Chat) Places(ctx context.Context) ([]conversations.Place, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	var places []conversations.Place
	for _, ch := range c.s.Channels {
		if !ch.WithoutBot && !ch.Archived {
			places = append(places, In(ch.Name))
		}
	}
	slices.SortFunc(places, func(a, b conversations.Place) int { return strings.Compare(a.Channel, b.Channel) })
	return places, nil
}

// Read implements adapters.Chat. A mark is the id of the last message that was given.
func (c *Chat) Read(ctx context.Context, p conversations.Place, part conversations.Stretch) (adapters.Page, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return adapters.Page{}, err
	}
	if !c.readable(p.Channel) || p.Workspace != Workspace {
		return adapters.Page{}, fmt.Errorf("read a channel: %w", adapters.ErrUnreadable)
	}
	var page adapters.Page
	for _, m := range c.s.Messages {
		late := !part.To.IsZero() && m.At.After(part.To)
		if m.where() != p || m.Only != "" || m.Gone || m.At.Before(part.From) || late || m.ID <= part.Mark {
			continue
		}
		if len(page.Messages) == pageSize {
			last := page.Messages[pageSize-1]
			page.Left = &conversations.Stretch{From: last.At, To: part.To, Mark: last.Message.ID}
			break
		}
		page.Messages = append(page.Messages, c.snapshot(m))
	}
	return page, nil
}

func (c *Chat) readable(channel string) bool {
	if person, ok := isDirect(channel); ok {
		return c.person(person) != nil
	}
	ch := c.channel(channel)
	return ch != nil && !ch.WithoutBot
}

// Message implements adapters.Chat.
func (c *Chat) Message(ctx context.Context, ref conversations.MessageRef) (conversations.Snapshot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return conversations.Snapshot{}, err
	}
	m := c.message(ref)
	if m == nil || m.Only != "" || !c.readable(m.Channel) {
		return conversations.Snapshot{}, fmt.Errorf("read a message: %w", adapters.ErrUnreadable)
	}
	return c.snapshot(m), nil
}

func (c *Chat) snapshot(m *message) conversations.Snapshot {
	s := conversations.Snapshot{
		Message: m.ref(), Where: m.where(), At: m.At, EditedAt: m.Edited, Who: m.Who, Author: m.Author, Ours: m.ours(),
		ReplyTo: m.ReplyTo, Files: slices.Clone(m.Files),
	}
	if m.Body != nil {
		s.Text = conversations.Plain(m.Body.Text)
	} else {
		e := said(m, c.s.People)
		s.Text, s.Masked, s.Mention = e.Text, e.Masked, e.Mention
	}
	for _, r := range m.Reactions {
		people := slices.DeleteFunc(slices.Clone(r.Who), func(who string) bool { return who == BotID })
		if len(people) > 0 {
			s.Reactions = append(s.Reactions, conversations.Reaction{Emoji: r.Emoji, Who: people})
		}
	}
	return s
}

// User implements adapters.Chat.
func (c *Chat) User(ctx context.Context, workspace, id string) (conversations.Person, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return conversations.Person{}, err
	}
	p := c.person(id)
	if p == nil || workspace != Workspace {
		return conversations.Person{}, fmt.Errorf("read a person: %w", adapters.ErrUnreadable)
	}
	return p.Person, nil
}

// CanSee implements adapters.Chat.
func (c *Chat) CanSee(ctx context.Context, user string, p conversations.Place) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return false, err
	}
	if p.Workspace != Workspace {
		return false, fmt.Errorf("read a channel: %w", adapters.ErrUnreadable)
	}
	if person, ok := isDirect(p.Channel); ok {
		who := c.person(user)
		return user == person && who != nil && who.Active, nil
	}
	ch := c.channel(p.Channel)
	if ch == nil {
		return false, fmt.Errorf("read a channel: %w", adapters.ErrUnreadable)
	}
	if user == "" {
		return !ch.Private, nil
	}
	return c.sees(user, ch), nil
}

// sees reports whether somebody can read a channel.
func (c *Chat) sees(person string, ch *Channel) bool {
	p := c.person(person)
	if p == nil || !p.Active {
		return false
	}
	return (!ch.Private && !p.Outsider) || slices.Contains(ch.Members, person)
}

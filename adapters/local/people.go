package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/debrief-bot/debrief/conversations"
)

// Add puts people into the chat, or changes those that are there.
func (c *Chat) Add(people ...Person) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range people {
		if old := c.person(p.ID); old != nil {
			*old = p
			continue
		}
		c.s.People = append(c.s.People, p)
	}
}

// Open makes a channel, or changes the one of that name.
func (c *Chat) Open(ch Channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.channel(ch.Name); old != nil {
		*old = ch
		return
	}
	c.s.Channels = append(c.s.Channels, &ch)
}

// Enter makes somebody a member of a channel.
func (c *Chat) Enter(person, channel string) error {
	return c.change(channel, func(ch *Channel) {
		if !slices.Contains(ch.Members, person) {
			ch.Members = append(ch.Members, person)
		}
	})
}

// Leave takes somebody out of a channel.
func (c *Chat) Leave(person, channel string) error {
	return c.change(channel, func(ch *Channel) {
		ch.Members = slices.DeleteFunc(ch.Members, func(m string) bool { return m == person })
	})
}

// Archive closes a channel: it can be read and no longer written to.
func (c *Chat) Archive(channel string) error {
	return c.change(channel, func(ch *Channel) { ch.Archived = true })
}

// Deactivate closes somebody's account.
func (c *Chat) Deactivate(person string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.person(person)
	if p == nil {
		return nobody(person)
	}
	p.Active = false
	return nil
}

func (c *Chat) change(channel string, f func(*Channel)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.channel(channel)
	if ch == nil {
		return fmt.Errorf("there is no channel #%s", channel)
	}
	f(ch)
	return nil
}

// Join adds the bot to a channel.
func (c *Chat) Join(ctx context.Context, channel string) error {
	if err := c.change(channel, func(ch *Channel) { ch.WithoutBot = false }); err != nil {
		return err
	}
	c.mu.Lock()
	id, at := c.stamp()
	c.queue(conversations.Event{
		Key: Workspace + "/join/" + channel + "/" + id, Kind: conversations.Joined, At: at, Where: In(channel),
	})
	c.mu.Unlock()
	c.Redeliver(ctx)
	return nil
}

// Extra is what can go with a message.
type Extra struct {
	Files   []string // names
	ReplyTo string   // id of the message it answers, as Discord has it
	Program string   // the message is another program's, of this name, and nobody's
}

// Say posts a message. What begins with a slash is not sent, as on Slack: the person is told, and the reference that
// comes back is empty.
func (c *Chat) Say(ctx context.Context, person string, p conversations.Place, text string, extra Extra) (conversations.MessageRef, error) {
	c.mu.Lock()
	m, err := c.say(person, p, text, extra)
	c.mu.Unlock()
	if err != nil || m == nil {
		return conversations.MessageRef{}, err
	}
	c.Redeliver(ctx)
	return m.ref(), nil
}

func (c *Chat) say(person string, p conversations.Place, text string, extra Extra) (*message, error) {
	if err := c.mayWrite(person, p, extra.Program != ""); err != nil {
		return nil, err
	}
	if extra.Program == "" && strings.HasPrefix(text, "/") {
		c.tellPerson(person, p, refusal(text, p))
		return nil, nil
	}
	id, at := c.stamp()
	m := &message{
		Channel: p.Channel, ID: id, Thread: p.Thread, At: at, Who: person, Author: extra.Program,
		Text: text, Files: extra.Files, ReplyTo: extra.ReplyTo,
	}
	c.post(m)
	if c.hears(m) {
		c.queue(said(m, c.s.People))
	}
	return m, nil
}

// refusal is what Slack says, in our words, to a text that begins with a slash where it is no command.
func refusal(text string, p conversations.Place) string {
	word, rest, _ := strings.Cut(text, " ")
	if word == "/postmortem" && p.Thread != "" {
		return "/postmortem does not work inside threads. Write `@debrief " + strings.TrimSpace(rest) + "` instead. Your message was not sent."
	}
	return word + " is not a command here. Your message was not sent."
}

// mayWrite says why somebody cannot write somewhere; nil: they can.
func (c *Chat) mayWrite(person string, p conversations.Place, program bool) error {
	if who := c.person(person); !program && (who == nil || !who.Active) {
		return nobody(person)
	}
	if to, ok := isDirect(p.Channel); ok {
		if to != person {
			return fmt.Errorf("%s cannot write where only %s and the bot are", person, to)
		}
		return nil
	}
	ch := c.channel(p.Channel)
	switch {
	case ch == nil:
		return fmt.Errorf("there is no channel #%s", p.Channel)
	case ch.Archived:
		return fmt.Errorf("#%s is archived", p.Channel)
	case !program && !c.sees(person, ch):
		return fmt.Errorf("%s is not in #%s", person, p.Channel)
	case p.Thread != "" && c.index[p.Channel+"/"+p.Thread] == nil:
		return fmt.Errorf("there is no such thread in #%s", p.Channel)
	}
	return nil
}

func nobody(person string) error { return fmt.Errorf("there is nobody called %q here", person) }

var errGone = errors.New("the message is not there any more")

// Edit changes the words of somebody's own message.
func (c *Chat) Edit(ctx context.Context, person string, ref conversations.MessageRef, text string) error {
	c.mu.Lock()
	err := c.edit(person, ref, text)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.Redeliver(ctx)
	return nil
}

func (c *Chat) edit(person string, ref conversations.MessageRef, text string) error {
	m := c.message(ref)
	switch {
	case m == nil:
		return errGone
	case m.Who != person || m.ours():
		return fmt.Errorf("%s cannot edit a message of somebody else", person)
	}
	id, at := c.stamp()
	m.Text, m.Edited = text, at
	if c.hears(m) {
		e := said(m, c.s.People)
		e.Key = Workspace + "/edit/" + m.Channel + "/" + m.ID + "/" + id
		e.Kind, e.At, e.Files = conversations.Edited, at, m.Files
		c.queue(e)
	}
	return nil
}

// Delete deletes a message: one's own, or as an admin anybody's.
func (c *Chat) Delete(ctx context.Context, person string, ref conversations.MessageRef) error {
	c.mu.Lock()
	err := c.delete(person, ref)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.Redeliver(ctx)
	return nil
}

func (c *Chat) delete(person string, ref conversations.MessageRef) error {
	m, who := c.message(ref), c.person(person)
	switch {
	case m == nil:
		return errGone
	case who == nil:
		return nobody(person)
	case m.Who != person && !who.Admin:
		return fmt.Errorf("%s cannot delete a message of somebody else", person)
	}
	m.Gone, m.Text, m.Body, m.Files, m.Reactions = true, "", nil, nil, nil
	_, at := c.stamp()
	if c.hears(m) {
		c.queue(conversations.Event{
			Key: Workspace + "/gone/" + m.Channel + "/" + m.ID, Kind: conversations.Deleted, At: at,
			Where: m.where(), Message: m.ref(), MessageAt: m.At,
		})
	}
	return nil
}

// React puts an emoji on a message. Putting it there twice is once.
func (c *Chat) React(ctx context.Context, person string, ref conversations.MessageRef, emoji string) error {
	return c.reacted(ctx, person, ref, emoji, true)
}

// Unreact takes an emoji off a message.
func (c *Chat) Unreact(ctx context.Context, person string, ref conversations.MessageRef, emoji string) error {
	return c.reacted(ctx, person, ref, emoji, false)
}

func (c *Chat) reacted(ctx context.Context, person string, ref conversations.MessageRef, emoji string, on bool) error {
	c.mu.Lock()
	err := c.react(person, ref, emoji, on)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.Redeliver(ctx)
	return nil
}

func (c *Chat) react(person string, ref conversations.MessageRef, emoji string, on bool) error {
	m, who := c.message(ref), c.person(person)
	switch {
	case m == nil || m.Only != "":
		return errGone
	case who == nil || !who.Active:
		return nobody(person)
	}
	emoji = conversations.Emoji(emoji)
	if !m.mark(person, emoji, on) {
		return nil
	}
	id, at := c.stamp()
	if !c.hears(m) {
		return nil
	}
	sign := "-"
	if on {
		sign = "+"
	}
	c.queue(conversations.Event{
		Key:  strings.Join([]string{Workspace, "react", m.Channel, m.ID, person, emoji, sign, id}, "/"),
		Kind: conversations.Reacted, At: at, Where: In(m.Channel), Who: person,
		Message: m.ref(), MessageAt: m.At, Emoji: emoji, On: on,
	})
	return nil
}

// mark puts an emoji on a message or takes it off, and reports whether that changed anything.
func (m *message) mark(who, emoji string, on bool) bool {
	i := slices.IndexFunc(m.Reactions, func(r conversations.Reaction) bool { return r.Emoji == emoji })
	switch {
	case i < 0 && on:
		m.Reactions = append(m.Reactions, conversations.Reaction{Emoji: emoji, Who: []string{who}})
		return true
	case i < 0:
		return false
	}
	r := &m.Reactions[i]
	has := slices.Contains(r.Who, who)
	switch {
	case has == on:
		return false
	case on:
		r.Who = append(r.Who, who)
	default:
		r.Who = slices.DeleteFunc(r.Who, func(w string) bool { return w == who })
	}
	if len(r.Who) == 0 {
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	}
	return true
}

// Command is `/postmortem text`. Inside a thread it is refused, as on Slack.
func (c *Chat) Command(ctx context.Context, person string, p conversations.Place, text string) error {
	c.mu.Lock()
	if err := c.mayWrite(person, p, false); err != nil {
		c.mu.Unlock()
		return err
	}
	if p.Thread != "" {
		c.tellPerson(person, p, refusal("/postmortem "+text, p))
		c.mu.Unlock()
		return nil
	}
	_, at := c.stamp()
	words, masked := conversations.Mask(mentions(text, c.s.People))
	e := conversations.Event{
		Key: Workspace + "/cmd/" + strconv.Itoa(c.next()), Kind: conversations.Commanded, At: at, Where: p, Who: person,
		Text: strings.TrimSpace(words), Masked: masked, Handle: c.handle(),
	}
	c.mu.Unlock()
	c.interact(ctx, e)
	return nil
}

// Click presses the button of that label or verb on a message; for a menu, choice is the label or value of an option.
func (c *Chat) Click(ctx context.Context, person string, ref conversations.MessageRef, control, choice string) error {
	c.mu.Lock()
	e, err := c.click(person, ref, control, choice)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.interact(ctx, e)
	return nil
}

func (c *Chat) click(person string, ref conversations.MessageRef, label, choice string) (conversations.Event, error) {
	m, who := c.message(ref), c.person(person)
	switch {
	case m == nil || m.Body == nil || (m.Only != "" && m.Only != person):
		return conversations.Event{}, errGone
	case who == nil || !who.Active:
		return conversations.Event{}, nobody(person)
	}
	if to, ok := isDirect(m.Channel); ok && to != person {
		return conversations.Event{}, fmt.Errorf("%s does not see the messages of %s", person, to)
	}
	control, ok := findControl(*m.Body, label)
	if !ok {
		return conversations.Event{}, fmt.Errorf("no button [%s] on that message", label)
	}
	value := control.Value
	if len(control.Options) > 0 {
		o, ok := findOption(control.Options, choice)
		if !ok {
			return conversations.Event{}, fmt.Errorf("no choice %q in the menu [%s]", choice, label)
		}
		value = o.Value
	} else if choice != "" {
		return conversations.Event{}, fmt.Errorf("[%s] is a button, not a menu", label)
	}
	id, at := c.stamp()
	return conversations.Event{
		Key:  strings.Join([]string{Workspace, "click", m.Channel, m.ID, person, control.Verb, id}, "/"),
		Kind: conversations.Clicked, At: at, Where: m.where(), Who: person, Message: m.ref(), MessageAt: m.At,
		Verb: control.Verb, Subject: control.Subject, Value: value, Handle: c.handle(),
	}, nil
}

func findControl(b conversations.Body, label string) (conversations.Control, bool) {
	for _, row := range b.Controls {
		for _, control := range row {
			if control.Label == label || control.Verb == label {
				return control, true
			}
		}
	}
	return conversations.Control{}, false
}

func findOption(options []conversations.Option, choice string) (conversations.Option, bool) {
	i := slices.IndexFunc(options, func(o conversations.Option) bool { return o.Label == choice || o.Value == choice })
	if i < 0 {
		return conversations.Option{}, false
	}
	return options[i], true
}

// FormOf returns the form that somebody has before them, with what is wrong in it.
func (c *Chat) FormOf(person string) (form conversations.Form, wrong []conversations.Field, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.s.Forms[person]
	if f == nil {
		return conversations.Form{}, nil, false
	}
	return f.Form, slices.Clone(f.Errors), true
}

// Close shuts somebody's form without submitting it.
func (c *Chat) Close(person string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.s.Forms, person)
}

// Submit fills in the form that somebody has before them, by the names or labels of its inputs, and sends it. What is
// not given stays as it stands there. Like Slack it asks for what is not optional before anything is sent.
func (c *Chat) Submit(ctx context.Context, person string, values map[string]string) error {
	c.mu.Lock()
	e, ready, err := c.submit(person, values)
	c.mu.Unlock()
	if err != nil || !ready {
		return err
	}
	c.interact(ctx, e)
	return nil
}

func (c *Chat) submit(person string, values map[string]string) (e conversations.Event, ready bool, err error) {
	f := c.s.Forms[person]
	if f == nil {
		return e, false, fmt.Errorf("no form is open for %s", person)
	}
	fields, masked, err := c.fill(f, values)
	if err != nil {
		return e, false, err
	}
	if wrong := missing(f.Form, fields); len(wrong) > 0 {
		c.stays(person, f, wrong)
		return e, false, nil
	}
	_, at := c.stamp()
	return conversations.Event{
		Key:  fmt.Sprintf("%s/form/%d/%d/%s", Workspace, f.ID, f.Version, person),
		Kind: conversations.Submitted, At: at, Where: f.Where, Who: person, Message: f.Message, Masked: masked,
		Verb: f.Form.Verb, Subject: f.Form.Subject, Value: f.Form.Value, Fields: fields, Handle: c.handle(),
	}, true, nil
}

// fill puts the values into the form, so that it keeps them when it stays open, and returns them in its order.
func (c *Chat) fill(f *openForm, values map[string]string) (fields []conversations.Field, masked bool, err error) {
	used := 0
	for i := range f.Form.Inputs {
		in := &f.Form.Inputs[i]
		v, given := values[in.Name]
		if !given {
			v, given = values[in.Label]
		}
		if given {
			used++
			if in.Value, err = typed(*in, v); err != nil {
				return nil, false, err
			}
		}
		text, hidden := in.Value, false
		if len(in.Options) == 0 {
			text, hidden = conversations.Mask(mentions(in.Value, c.s.People))
		}
		masked = masked || hidden
		fields = append(fields, conversations.Field{Name: in.Name, Value: text})
	}
	if used != len(values) {
		return nil, false, fmt.Errorf("the form %q has no such input", f.Form.Title)
	}
	return fields, masked, nil
}

// typed is what an input becomes when somebody types or chooses v.
func typed(in conversations.Input, v string) (string, error) {
	if len(in.Options) == 0 || v == "" {
		return v, nil
	}
	o, ok := findOption(in.Options, v)
	if !ok {
		return "", fmt.Errorf("no choice %q for %q", v, in.Label)
	}
	return o.Value, nil
}

func missing(f conversations.Form, fields []conversations.Field) []conversations.Field {
	var wrong []conversations.Field
	for i, in := range f.Inputs {
		if !in.Optional && strings.TrimSpace(fields[i].Value) == "" {
			wrong = append(wrong, conversations.Field{Name: in.Name, Value: "Please fill this in."})
		}
	}
	return wrong
}

package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// Add puts people into the chat, or changes those that are there. See Admit for a chat that has a journal.
func (c *Chat) Add(people ...Person) {
	for _, p := range people {
		if err := c.Admit(context.Background(), p); err != nil {
			c.log.Error("somebody was not added", "platform", "local", "err", err)
		}
	}
}

// Admit puts somebody into the chat, or changes who is there under that id.
func (c *Chat) Admit(ctx context.Context, p Person) error {
	return c.do(ctx, func() error {
		old := slices.Clone(c.s.People)
		c.undo(func() { c.s.People = old })
		c.putPerson(p)
		c.tx.entry.People = append(c.tx.entry.People, p)
		return nil
	})
}

// Open makes a channel, or changes the one of that name. See Found for a chat that has a journal.
func (c *Chat) Open(ch Channel) {
	if err := c.Found(context.Background(), ch); err != nil {
		c.log.Error("a channel was not made", "platform", "local", "err", err)
	}
}

// Found makes a channel, or changes the one of that name.
func (c *Chat) Found(ctx context.Context, ch Channel) error {
	err := c.do(ctx, func() error {
		if old := c.channel(ch.Name); old != nil {
			was := *old
			c.undo(func() { *old = was })
			*old = ch
			c.tx.entry.Channels = append(c.tx.entry.Channels, old)
			return nil
		}
		old := c.s.Channels
		c.undo(func() { c.s.Channels = old })
		c.s.Channels = append(slices.Clone(old), &ch)
		c.tx.entry.Channels = append(c.tx.entry.Channels, &ch)
		if ch.WithoutBot && !ch.Private {
			c.happens(ch.Name, conversations.Event{Kind: conversations.Named, Value: ch.Name})
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.Redeliver(ctx)
	return nil
}

// Enter makes somebody a member of a channel.
func (c *Chat) Enter(ctx context.Context, person, channel string) error {
	return c.change(ctx, channel, transcript.Deed{Verb: transcript.Join, Who: person}, func(ch *Channel) {
		if !slices.Contains(ch.Members, person) {
			ch.Members = append(slices.Clone(ch.Members), person)
		}
	})
}

// Leave takes somebody out of a channel.
func (c *Chat) Leave(ctx context.Context, person, channel string) error {
	return c.change(ctx, channel, transcript.Deed{Verb: transcript.Leave, Who: person}, func(ch *Channel) {
		ch.Members = slices.DeleteFunc(slices.Clone(ch.Members), func(m string) bool { return m == person })
	})
}

// Archive closes a channel: it can be read and no longer written to.
func (c *Chat) Archive(ctx context.Context, channel string) error {
	return c.heard(ctx, channel, transcript.Archive, conversations.Event{Kind: conversations.Left, Value: conversations.Archived},
		func(ch *Channel) { ch.Archived = true })
}

// Unarchive opens it again.
func (c *Chat) Unarchive(ctx context.Context, channel string) error {
	return c.heard(ctx, channel, transcript.Unarchive, conversations.Event{Kind: conversations.Joined}, func(ch *Channel) { ch.Archived = false })
}

// Deactivate closes somebody's account.
func (c *Chat) Deactivate(ctx context.Context, person string) error {
	err := c.do(ctx, func() error {
		p := c.person(person)
		if p == nil {
			return nobody(person)
		}
		c.undo(func() { p.Active = true })
		p.Active = false
		c.tx.entry.People = append(c.tx.entry.People, *p)
		c.tell(transcript.Deed{Verb: transcript.Deactivate, Who: person})
		id, at := c.stamp()
		c.queue(conversations.Event{
			Key: Workspace + "/user/" + person + "/" + id, Kind: conversations.Changed, At: at, Who: person,
			Where: conversations.Place{Workspace: Workspace},
		})
		return nil
	})
	if err != nil {
		return err
	}
	c.Redeliver(ctx)
	return nil
}

// change changes a channel as a deed says.
func (c *Chat) change(ctx context.Context, channel string, d transcript.Deed, f func(*Channel)) error {
	return c.do(ctx, func() error { return c.changeNow(channel, d, f) })
}

func (c *Chat) changeNow(channel string, d transcript.Deed, f func(*Channel)) error {
	ch := c.channel(channel)
	if ch == nil {
		return fmt.Errorf("there is no channel #%s", channel)
	}
	was := *ch
	c.undo(func() { *ch = was })
	f(ch)
	d.Channel = channel
	c.tell(d)
	c.tx.entry.Channels = append(c.tx.entry.Channels, ch)
	return nil
}

// Join adds the bot to a channel.
func (c *Chat) Join(ctx context.Context, channel string) error {
	return c.heard(ctx, channel, transcript.Invite, conversations.Event{Kind: conversations.Joined}, func(ch *Channel) { ch.WithoutBot = false })
}

// Remove takes the bot out of a channel.
func (c *Chat) Remove(ctx context.Context, channel string) error {
	return c.heard(ctx, channel, transcript.Remove, conversations.Event{Kind: conversations.Left, Value: conversations.Removed},
		func(ch *Channel) { ch.WithoutBot = true })
}

// heard changes a channel, and lets the bot know.
func (c *Chat) heard(ctx context.Context, channel string, v transcript.Verb, e conversations.Event, f func(*Channel)) error {
	err := c.do(ctx, func() error {
		if err := c.changeNow(channel, transcript.Deed{Verb: v}, f); err != nil {
			return err
		}
		c.happens(channel, e)
		return nil
	})
	if err != nil {
		return err
	}
	c.Redeliver(ctx)
	return nil
}

// happens lets the bot know what happened to a channel.
func (c *Chat) happens(channel string, e conversations.Event) {
	id, at := c.stamp()
	what := map[conversations.EventKind]string{conversations.Joined: "join", conversations.Left: "left", conversations.Named: "named"}[e.Kind]
	e.Key, e.At, e.Where = Workspace+"/"+what+"/"+channel+"/"+id, at, In(channel)
	c.queue(e)
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
	var m *message
	err := c.do(ctx, func() (err error) {
		m, err = c.say(person, p, text, extra)
		return err
	})
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
	text, masked := conversations.Mask(text)
	d := transcript.Deed{
		Verb: transcript.Say, Who: person, Channel: p.Channel, Thread: p.Thread, Text: text, Files: extra.Files, ReplyTo: extra.ReplyTo,
	}
	if extra.Program != "" {
		d.Verb, d.Who = transcript.Program, extra.Program
	}
	if extra.Program == "" && strings.HasPrefix(text, "/") {
		c.tell(d)
		c.tellPerson(person, p, refusal(text, p))
		return nil, nil
	}
	id, at := c.stamp()
	d.Message = id
	m := &message{
		Channel: p.Channel, ID: id, Thread: p.Thread, At: at, Who: person, Author: extra.Program,
		Text: text, Masked: masked, Files: extra.Files, ReplyTo: extra.ReplyTo,
	}
	c.post(m)
	if c.hears(m) {
		c.queue(said(m, c.s.People))
	}
	c.tell(d)
	return m, nil
}

// refusal is what Slack says, in our words, to a text that begins with a slash where it is no command.
func refusal(text string, p conversations.Place) string {
	word, rest, _ := strings.Cut(text, " ")
	if word == "/postmortem" && p.Thread != "" {
		return "/postmortem does not work inside threads. Write `@debrief " + strings.TrimSpace(rest) + "` instead. Your message was not sent."
	}
	return word + " is not a command here; the only one is `/postmortem`. Your message was not sent."
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
	if err := c.do(ctx, func() error { return c.edit(person, ref, text) }); err != nil {
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
	c.touch(m)
	m.Text, m.Masked = conversations.Mask(text)
	m.Edited = at
	c.tell(transcript.Deed{Verb: transcript.Edit, Who: person, Channel: m.Channel, Thread: m.Thread, Message: m.ID, Text: m.Text})
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
	if err := c.do(ctx, func() error { return c.delete(person, ref) }); err != nil {
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
	c.touch(m)
	m.Gone, m.Text, m.Body, m.Files, m.Reactions, m.Tones = true, "", nil, nil, nil, nil
	c.tell(transcript.Deed{Verb: transcript.Delete, Who: person, Channel: m.Channel, Thread: m.Thread, Message: m.ID})
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
	if err := c.do(ctx, func() error { return c.react(person, ref, emoji, on) }); err != nil {
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
	picked := emoji
	emoji = conversations.Emoji(emoji)
	if m.marked(person, emoji) == on {
		return nil
	}
	c.touch(m)
	m.mark(person, emoji, on)
	m.tone(person, emoji, picked, on)
	id, at := c.stamp()
	d := transcript.Deed{Verb: transcript.Unreact, Who: person, Channel: m.Channel, Thread: m.Thread, Message: m.ID, Emoji: emoji}
	if on {
		d.Verb, d.Emoji = transcript.React, picked
	}
	c.tell(d)
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

// marked reports whether somebody's emoji is on a message.
func (m *message) marked(who, emoji string) bool {
	return slices.ContainsFunc(m.Reactions, func(r conversations.Reaction) bool {
		return r.Emoji == emoji && slices.Contains(r.Who, who)
	})
}

// tone remembers an emoji in the form in which somebody picked it: for the rules a tone of skin makes no difference, for
// people it does.
func (m *message) tone(who, emoji, picked string, on bool) {
	delete(m.Tones, emoji+" "+who)
	if on && picked != emoji && strings.Trim(picked, "abcdefghijklmnopqrstuvwxyz_:-0123456789") != "" {
		if m.Tones == nil {
			m.Tones = map[string]string{}
		}
		m.Tones[emoji+" "+who] = picked
	}
}

// mark puts an emoji on a message or takes it off.
func (m *message) mark(who, emoji string, on bool) {
	i := slices.IndexFunc(m.Reactions, func(r conversations.Reaction) bool { return r.Emoji == emoji })
	if i < 0 {
		if on {
			m.Reactions = append(m.Reactions, conversations.Reaction{Emoji: emoji, Who: []string{who}})
		}
		return
	}
	r := &m.Reactions[i]
	r.Who = slices.DeleteFunc(r.Who, func(w string) bool { return w == who })
	if on {
		r.Who = append(r.Who, who)
	}
	if len(r.Who) == 0 {
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	}
}

// Command is `/postmortem text`. Inside a thread it is refused, as on Slack.
func (c *Chat) Command(ctx context.Context, person string, p conversations.Place, text string) error {
	var e conversations.Event
	err := c.do(ctx, func() error {
		if err := c.mayWrite(person, p, false); err != nil {
			return err
		}
		plain, hidden := conversations.Mask(text)
		d := transcript.Deed{Verb: transcript.Command, Who: person, Channel: p.Channel, Thread: p.Thread, Text: plain}
		if p.Thread != "" {
			c.tell(d)
			c.tellPerson(person, p, refusal("/postmortem "+plain, p))
			return nil
		}
		_, at := c.stamp()
		words, masked := conversations.Mask(mentions(plain, c.s.People))
		e = conversations.Event{
			Key: Workspace + "/cmd/" + strconv.Itoa(c.next()), Kind: conversations.Commanded, At: at, Where: p, Who: person,
			Text: strings.TrimSpace(words), Masked: masked || hidden, Handle: c.handle(),
		}
		c.acted(e)
		c.tell(d)
		return nil
	})
	if err != nil || e.Key == "" {
		return err
	}
	c.interact(ctx, e)
	return nil
}

// Click presses the button of that label or verb on a message; for a menu, choice is the label or value of an option.
func (c *Chat) Click(ctx context.Context, person string, ref conversations.MessageRef, control, choice string) error {
	return c.clickNth(ctx, person, ref, control, 1, choice)
}

// clickNth is Click for the nth button of that label or verb, counted from 1.
func (c *Chat) clickNth(ctx context.Context, person string, ref conversations.MessageRef, control string, nth int, choice string) error {
	return c.press(ctx, person, ref, choice, func(b conversations.Body) (pressed, bool) {
		return findControl(b, control, nth)
	}, control)
}

// Press is Click for the control that stands in a row, both counted from 0: labels need not be unique on a message. The
// label is what the person read there; when another control stands there by now, the only one of that label is pressed, or none.
func (c *Chat) Press(ctx context.Context, person string, ref conversations.MessageRef, row, column int, label, choice string) error {
	return c.press(ctx, person, ref, choice, func(b conversations.Body) (pressed, bool) {
		return controlAt(b, row, column, label)
	}, label)
}

// pressed is a control, and which one of those of its label it is on its message, from 1.
type pressed struct {
	conversations.Control
	nth int
}

type findsControl func(conversations.Body) (pressed, bool)

func (c *Chat) press(ctx context.Context, person string, ref conversations.MessageRef, choice string, find findsControl, label string) error {
	var e conversations.Event
	err := c.do(ctx, func() (err error) {
		e, err = c.click(person, ref, choice, find, label)
		if err == nil {
			c.acted(e)
		}
		return err
	})
	if err != nil || e.Key == "" {
		return err
	}
	c.interact(ctx, e)
	return nil
}

func (c *Chat) click(person string, ref conversations.MessageRef, choice string, find findsControl, label string) (conversations.Event, error) {
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
	control, ok := find(*m.Body)
	if !ok {
		return conversations.Event{}, fmt.Errorf("no button [%s] on that message", label)
	}
	d := transcript.Deed{Verb: transcript.Click, Who: person, Channel: m.Channel, Thread: m.Thread, Message: m.ID, Label: control.Label, Nth: control.nth}
	value := control.Value
	if len(control.Options) > 0 {
		o, ok := findOption(control.Options, choice)
		if !ok {
			return conversations.Event{}, fmt.Errorf("no choice %q in the menu [%s]", choice, label)
		}
		value, d.Choice = o.Value, o.Label
	} else if choice != "" {
		return conversations.Event{}, fmt.Errorf("[%s] is a button, not a menu", label)
	}
	id, at := c.stamp()
	c.tell(d)
	return conversations.Event{
		Key:  strings.Join([]string{Workspace, "click", m.Channel, m.ID, person, control.Verb, id}, "/"),
		Kind: conversations.Clicked, At: at, Where: m.where(), Who: person, Message: m.ref(), MessageAt: m.At,
		Verb: control.Verb, Subject: control.Subject, Value: value, Handle: c.handle(),
	}, nil
}

func findControl(b conversations.Body, label string, nth int) (pressed, bool) {
	found := 0
	for _, row := range b.Controls {
		for _, control := range row {
			if control.Label != label && control.Verb != label {
				continue
			}
			if found++; found == max(nth, 1) {
				return pressed{control, found}, true
			}
		}
	}
	return pressed{}, false
}

// controlAt is the control of that label that stands in that place; when the message has changed meanwhile, the only one of
// that label, if there is only one.
func controlAt(b conversations.Body, row, column int, label string) (pressed, bool) {
	var all []pressed
	for i, r := range b.Controls {
		for j, control := range r {
			if control.Label != label {
				continue
			}
			all = append(all, pressed{control, len(all) + 1})
			if i == row && j == column {
				return all[len(all)-1], true
			}
		}
	}
	if len(all) == 1 {
		return all[0], true
	}
	return pressed{}, false
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
func (c *Chat) Close(ctx context.Context, person string) error {
	return c.do(ctx, func() error {
		c.setForm(inWindow(person, c.tx.window), nil)
		return nil
	})
}

// Dismiss takes away something that only this person sees.
func (c *Chat) Dismiss(ctx context.Context, person string, ref conversations.MessageRef) error {
	return c.do(ctx, func() error {
		m := c.message(ref)
		if m == nil || m.Only != person {
			return errGone
		}
		c.touch(m)
		m.Gone, m.Body = true, nil
		return nil
	})
}

// Submit fills in the form that somebody has before them, by the names or labels of its inputs, and sends it. What is
// not given stays as it stands there. Like Slack it asks for what is not optional before anything is sent.
func (c *Chat) Submit(ctx context.Context, person string, values map[string]string) error {
	var e conversations.Event
	err := c.do(ctx, func() (err error) {
		e, err = c.submit(person, values)
		if err == nil && e.Key != "" {
			c.acted(e)
		}
		return err
	})
	if err != nil || e.Key == "" {
		return err
	}
	c.interact(ctx, e)
	return nil
}

// submit is the event; one without a key when the form stays open.
func (c *Chat) submit(person string, values map[string]string) (e conversations.Event, err error) {
	key := inWindow(person, c.tx.window)
	f := c.formOf(key)
	if f == nil {
		return e, fmt.Errorf("no form is open for %s", person)
	}
	fields, masked, err := c.fill(f, values)
	if err != nil {
		return e, err
	}
	d := transcript.Deed{Verb: transcript.Submit, Who: person, Channel: f.Where.Channel, Thread: f.Where.Thread}
	for _, in := range f.Form.Inputs {
		_, byName := values[in.Name]
		if _, byLabel := values[in.Label]; byName || byLabel {
			d.Fields = append(d.Fields, transcript.Field{Name: in.Name, Value: in.Value})
		}
	}
	c.setForm(key, f)
	if wrong := missing(f.Form, fields); len(wrong) > 0 {
		c.tell(d)
		c.stays(key, person, wrong)
		return e, nil
	}
	_, at := c.stamp()
	c.tell(d)
	return conversations.Event{
		Key:  fmt.Sprintf("%s/form/%d/%d/%s", Workspace, f.ID, f.Version, person),
		Kind: conversations.Submitted, At: at, Where: f.Where, Who: person, Message: f.Message, Masked: masked,
		Verb: f.Form.Verb, Subject: f.Form.Subject, Value: f.Form.Value, Fields: fields, Handle: c.handle(),
	}, nil
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
		text := in.Value
		if len(in.Options) == 0 {
			var hidden, more bool
			in.Value, hidden = conversations.Mask(in.Value)
			text, more = conversations.Mask(mentions(in.Value, c.s.People))
			masked = masked || hidden || more
		}
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
	if in.Many {
		var chosen []string
		for _, one := range strings.Fields(v) {
			o, ok := findOption(in.Options, one)
			if !ok {
				return "", fmt.Errorf("no choice %q for %q", one, in.Label)
			}
			chosen = append(chosen, o.Value)
		}
		return strings.Join(chosen, " "), nil
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

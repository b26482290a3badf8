package local

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// Act is one thing that the bot, or the chat itself, did. Log returns them in order.
type Act struct {
	Did     string // "post", "private", "edit", "react", "unreact", "reply", "form"; "notice": the chat itself to a person
	At      time.Time
	Where   conversations.Place
	Person  string // who alone sees it
	Slot    string
	Message conversations.MessageRef // posted, edited, reacted to
	Emoji   string
	Body    conversations.Body
	Form    *conversations.Form
	Wrong   []conversations.Field // what is wrong in the form
}

func (c *Chat) did(a Act) {
	a.At = time.UnixMicro(c.s.LastStamp).UTC()
	old := c.s.Log
	c.undo(func() { c.s.Log = old })
	if c.journal != nil && a.Form == nil && a.Did != "reply" && a.Did != "notice" {
		return // the messages say it, and this one lives long
	}
	c.s.Log = append(c.s.Log, a)
}

// Log returns what the bot did from the n-th act on (0: all), in order.
func (c *Chat) Log(n int) []Act {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n >= len(c.s.Log) {
		return nil
	}
	return slices.Clone(c.s.Log[n:])
}

// Shown is one message as somebody sees it.
type Shown struct {
	Message   conversations.MessageRef
	Where     conversations.Place
	At        time.Time
	Edited    time.Time
	Who       string // BotID for the bot's, empty for the chat's own and for other programs
	Author    string // for other programs
	Only      string // the one person who sees it
	Slot      string // the bot's: what the message is for
	Text      string // of people as they typed it; of the bot without controls, see Body
	Body      conversations.Body
	Files     []string
	Reactions []conversations.Reaction
}

// Look returns what somebody sees in a place, oldest first: of a channel its roots, of a thread its root and replies.
// An empty reader sees what everybody sees.
func (c *Chat) Look(reader string, p conversations.Place) []Shown {
	c.mu.Lock()
	defer c.mu.Unlock()
	var seen []Shown
	for _, m := range c.s.Messages {
		here := m.where() == p || (p.Thread != "" && m.Channel == p.Channel && m.ID == p.Thread)
		if here && !m.Gone && (m.Only == "" || m.Only == reader) {
			seen = append(seen, c.shown(m))
		}
	}
	return seen
}

// Everything returns every message that is there, of all places and for whomever, in the order of writing.
func (c *Chat) Everything() []Shown {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Shown
	for _, m := range c.s.Messages {
		if !m.Gone {
			all = append(all, c.shown(m))
		}
	}
	return all
}

func (c *Chat) shown(m *message) Shown {
	s := Shown{
		Message: m.ref(), Where: m.where(), At: m.At, Edited: m.Edited, Who: m.Who, Author: m.Author, Only: m.Only,
		Slot: m.Slot, Text: m.Text, Files: slices.Clone(m.Files),
	}
	if m.Body != nil {
		s.Body = *m.Body
		s.Text = conversations.Plain(m.Body.Text)
	}
	for _, r := range m.Reactions {
		s.Reactions = append(s.Reactions, conversations.Reaction{Emoji: r.Emoji, Who: slices.Clone(r.Who)})
	}
	return s
}

// ReaderOf is how things are rendered for a person: times in their zone, or in the fallback where they have none.
func (c *Chat) ReaderOf(person string, fallback *time.Location) Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.readerOf(person, fallback)
}

func (c *Chat) readerOf(person string, fallback *time.Location) Reader {
	zone := fallback
	if p := c.person(person); p != nil {
		zone = p.Location(fallback)
	}
	names := map[string]string{}
	for _, p := range c.s.People {
		names[p.ID] = p.Name
	}
	return Reader{ID: person, Zone: zone, Name: func(id string) string { return names[id] }}
}

// Picture is the whole chat as text: every place with its messages, replies and reactions, then what the bot wrote to
// each person. Two chats in which the same people see the same have the same picture: ids, the times of the bot's
// messages and private answers are left out.
func (c *Chat) Picture() string {
	reader := c.ReaderOf("", time.UTC)
	byPlace := map[conversations.Place][]Shown{}
	var places []string
	for _, m := range c.Everything() {
		if m.Only != "" {
			continue
		}
		byPlace[m.Where] = append(byPlace[m.Where], m)
		if !slices.Contains(places, m.Where.Channel) {
			places = append(places, m.Where.Channel)
		}
	}
	slices.SortFunc(places, func(a, b string) int { return strings.Compare(placeName(a), placeName(b)) })
	var b strings.Builder
	for _, channel := range places {
		fmt.Fprintln(&b, placeName(channel))
		paint(&b, byPlace, In(channel), "  ", reader)
	}
	return b.String()
}

func paint(b *strings.Builder, byPlace map[conversations.Place][]Shown, p conversations.Place, indent string, r Reader) {
	for _, m := range byPlace[p] {
		for i, line := range strings.Split(m.line(r), "\n") {
			if i > 0 {
				line = "  " + line
			}
			b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
		}
		for _, mark := range marks(m.Reactions) {
			b.WriteString(indent + "  " + mark + "\n")
		}
		if p.Thread == "" {
			paint(b, byPlace, In(p.Channel, m.Message.ID), indent+"  > ", r)
		}
	}
}

func (s Shown) line(r Reader) string {
	switch {
	case s.Who == BotID:
		return "bot [" + s.Slot + "]: " + Text(s.Body, r)
	case s.Author != "":
		return clock(s.At) + " " + s.Author + " (app): " + s.textAndFiles()
	}
	edited := ""
	if !s.Edited.IsZero() {
		edited = " (edited)"
	}
	return clock(s.At) + " " + s.Who + edited + ": " + s.textAndFiles()
}

func (s Shown) textAndFiles() string {
	text := inert(s.Text)
	for _, f := range s.Files {
		text += " +file " + inert(f)
	}
	return text
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

// marks are the reactions of a message in an order that does not depend on who was first.
func marks(reactions []conversations.Reaction) []string {
	var lines []string
	for _, r := range reactions {
		who := slices.Clone(r.Who)
		slices.Sort(who)
		lines = append(lines, r.Emoji+" "+strings.Join(who, ", "))
	}
	slices.Sort(lines)
	return lines
}

// placeName is a channel as people name it.
func placeName(channel string) string {
	if _, ok := isDirect(channel); ok {
		return channel
	}
	return "#" + channel
}

package local

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// state is everything the chat remembers. It is what Save writes.
type state struct {
	LastStamp int64 // microseconds since 1970 of the newest happening
	Count     int   // of commands, forms and handles
	People    []Person
	Channels  []*Channel
	Messages  []*message // of all places, in the order in which they were written
	Forms     map[string]*openForm
	Handles   map[string]time.Time // until when each can be used
	Waiting   []conversations.Event
	Log       []Act
	Rev       int64 // how often it was changed; with a journal, the number of the newest entry
	Ahead     ahead // of the clocks
}

// Person is somebody in the chat.
type Person struct {
	conversations.Person
	Outsider bool // sees only the channels whose Members name them, as a guest on Slack
}

// Channel is a public or private channel. Its name is its id.
type Channel struct {
	Name       string
	Private    bool
	Archived   bool
	WithoutBot bool     // the bot has not been added yet: it hears nothing and cannot write here
	Members    []string // who is in; matters for private channels and for outsiders
}

// message is one message in a channel, in a thread or between the bot and a person.
type message struct {
	Channel string
	ID      string
	Thread  string `json:",omitempty"` // the id of its root, for replies
	At      time.Time
	Edited  time.Time `json:",omitzero"`
	Gone    bool      `json:",omitempty"`

	Who     string   `json:",omitempty"` // BotID for the bot's, empty for the chat's own and for other programs
	Author  string   `json:",omitempty"` // for other programs
	ReplyTo string   `json:",omitempty"`
	Text    string   `json:",omitempty"` // as it was typed, secrets masked
	Masked  bool     `json:",omitempty"` // something in Text was
	Files   []string `json:",omitempty"`

	Body   *conversations.Body `json:",omitempty"` // instead of Text: the bot's and the chat's own
	Only   string              `json:",omitempty"` // the one person who sees it
	Effect string              `json:",omitempty"`
	Slot   string              `json:",omitempty"`

	Reactions []conversations.Reaction `json:",omitempty"`
	Tones     map[string]string        `json:",omitempty"` // the emoji as it was picked, by emoji and person, where that differs

	Rev int64 // the change that touched it last
}

// openForm is a form that somebody has before them.
type openForm struct {
	ID      int
	Version int // raised when the bot puts another form in its place
	Where   conversations.Place
	Message conversations.MessageRef
	Form    conversations.Form
	Errors  []conversations.Field
}

func newState() state {
	return state{Forms: map[string]*openForm{}, Handles: map[string]time.Time{}}
}

// Save returns everything as bytes, for Load.
func (c *Chat) Save() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := json.Marshal(c.s)
	if err != nil {
		return nil, fmt.Errorf("save the local chat: %w", err)
	}
	return b, nil
}

// Load puts back what Save returned, in place of everything that is there.
func (c *Chat) Load(saved []byte) error {
	s := newState()
	if err := json.Unmarshal(saved, &s); err != nil {
		return fmt.Errorf("load the local chat: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s = s
	c.reindex()
	return nil
}

func (c *Chat) reindex() {
	c.places = map[conversations.Place][]*message{}
	c.index = map[string]*message{}
	c.effects = map[string]*message{}
	for _, m := range c.s.Messages {
		c.remember(m)
	}
}

func (c *Chat) remember(m *message) {
	c.index[m.Channel+"/"+m.ID] = m
	c.places[m.where()] = append(c.places[m.where()], m)
	if m.Effect != "" && m.Only == "" && c.effects[m.Effect] == nil {
		c.effects[m.Effect] = m
	}
}

// forget is remember undone.
func (c *Chat) forget(m *message) {
	delete(c.index, m.Channel+"/"+m.ID)
	c.places[m.where()] = slices.DeleteFunc(c.places[m.where()], func(other *message) bool { return other == m })
	if c.effects[m.Effect] == m {
		delete(c.effects, m.Effect)
	}
}

// stamp is the moment of a happening as Slack writes it, "1772456520.001000". Every one is a millisecond later than the
// one before or more, so that what happened at the same time keeps its order, in ids and in times.
func (c *Chat) stamp() (id string, at time.Time) {
	us := c.now().UnixMilli() * 1000
	us = max(us, c.s.LastStamp+1000)
	c.s.LastStamp = us
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6), time.UnixMicro(us).UTC()
}

// next counts commands, forms and handles.
func (c *Chat) next() int {
	c.s.Count++
	return c.s.Count
}

func (c *Chat) person(id string) *Person {
	for i := range c.s.People {
		if c.s.People[i].ID == id {
			return &c.s.People[i]
		}
	}
	return nil
}

func (c *Chat) channel(name string) *Channel {
	for _, ch := range c.s.Channels {
		if ch.Name == name {
			return ch
		}
	}
	return nil
}

// message finds a message that is still there.
func (c *Chat) message(ref conversations.MessageRef) *message {
	m := c.index[ref.Channel+"/"+ref.ID]
	if m == nil || m.Gone || ref.Workspace != Workspace {
		return nil
	}
	return m
}

func (m *message) ours() bool { return m.Who == BotID }

func (m *message) ref() conversations.MessageRef {
	return conversations.MessageRef{Workspace: Workspace, Channel: m.Channel, ID: m.ID}
}

func (m *message) where() conversations.Place {
	return conversations.Place{Workspace: Workspace, Channel: m.Channel, Thread: m.Thread}
}

// isDirect reports whether a channel is the place between the bot and one person, and who that is.
func isDirect(channel string) (person string, ok bool) {
	if len(channel) > 1 && channel[0] == '@' {
		return channel[1:], true
	}
	return "", false
}

// In is the place of a channel, or of the thread under a message when its id is given.
func In(channel string, thread ...string) conversations.Place {
	p := conversations.Place{Workspace: Workspace, Channel: channel}
	if len(thread) > 0 {
		p.Thread = thread[0]
	}
	return p
}

// Direct is the place between the bot and one person.
func Direct(person string) conversations.Place { return In("@" + person) }

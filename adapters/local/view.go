package local

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// What the page is told, as one person may see it. Names are short, because there are many of them.

type viewState struct {
	Born     string        `json:"born"` // tells this chat from every other
	Rev      int64         `json:"rev"`
	Version  string        `json:"version"` // of the page
	Clock    viewClock     `json:"clock"`
	Me       viewPerson    `json:"me"`
	People   []viewPerson  `json:"people"`
	Channels []viewChannel `json:"channels"`
	Commands []viewCommand `json:"commands"`
	Form     *viewForm     `json:"form"`
	Retells  bool          `json:"retells"` // it can be saved as a transcript
}

type viewClock struct {
	Now   time.Time `json:"now"`
	Next  time.Time `json:"next,omitzero"` // when something is due
	Winds bool      `json:"winds"`
	Busy  bool      `json:"busy"`            // it is being wound
	Spoke []string  `json:"spoke,omitempty"` // where the bot said something while it was wound last
}

type viewPerson struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Zone     string   `json:"zone"`
	Admin    bool     `json:"admin,omitempty"`
	Roles    []string `json:"roles,omitempty"`
	Gone     bool     `json:"gone,omitempty"`
	Outsider bool     `json:"outsider,omitempty"`
}

type viewChannel struct {
	Name       string   `json:"name"` // "@ana" is what is between the bot and ana
	Private    bool     `json:"private,omitempty"`
	Archived   bool     `json:"archived,omitempty"`
	WithoutBot bool     `json:"withoutBot,omitempty"`
	Members    []string `json:"members,omitempty"`
	Last       string   `json:"last,omitempty"` // id of the newest message in it or in its threads
}

type viewCommand struct {
	Name string `json:"name"`
	Args string `json:"args,omitempty"`
	Help string `json:"help"`
}

type viewMessage struct {
	ID        string          `json:"id"`
	Channel   string          `json:"channel"`
	Thread    string          `json:"thread,omitempty"`
	Gone      bool            `json:"gone,omitempty"`
	At        time.Time       `json:"at,omitzero"`
	Edited    bool            `json:"edited,omitempty"`
	Who       string          `json:"who,omitempty"`
	Author    string          `json:"author,omitempty"` // of another program
	Only      bool            `json:"only,omitempty"`
	Slot      string          `json:"slot,omitempty"`
	HTML      string          `json:"html,omitempty"`
	Text      string          `json:"text,omitempty"` // as it was typed, for whoever may edit it
	Files     []string        `json:"files,omitempty"`
	Reactions []viewReaction  `json:"reactions,omitempty"`
	Controls  [][]viewControl `json:"controls,omitempty"`
	Document  *viewDocument   `json:"document,omitempty"`
	Replies   *viewReplies    `json:"replies,omitempty"`
}

type viewReaction struct {
	Emoji string   `json:"emoji"` // as the bot knows it
	Shown string   `json:"shown"` // as it was picked
	Who   []string `json:"who"`   // ids, the first one first
}

type viewControl struct {
	Label   string   `json:"label"`
	Primary bool     `json:"primary,omitempty"`
	Options []string `json:"options,omitempty"`
}

type viewReplies struct {
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
	Who   []string  `json:"who"`
}

type viewDocument struct {
	Name  string     `json:"name"`
	Forms []viewLink `json:"forms"`
}

type viewLink struct {
	Label string `json:"label"`
	Ext   string `json:"ext"`
}

type viewForm struct {
	Key    string            `json:"key"` // another one for every form and every time it is put in place of another
	Title  string            `json:"title"`
	Submit string            `json:"submit"`
	Inputs []viewInput       `json:"inputs"`
	Wrong  map[string]string `json:"wrong,omitempty"`
}

type viewInput struct {
	Name     string       `json:"name"`
	Label    string       `json:"label"`
	Hint     string       `json:"hint,omitempty"`
	Value    string       `json:"value,omitempty"`
	Lines    bool         `json:"lines,omitempty"`
	Options  []viewOption `json:"options,omitempty"`
	Many     bool         `json:"many,omitempty"`
	Optional bool         `json:"optional,omitempty"`
}

type viewOption struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// viewChange is what happened since something.
type viewChange struct {
	Messages []viewMessage `json:"messages,omitempty"`
	Around   bool          `json:"around,omitempty"` // people or channels changed: read the state anew
	Form     *viewForm     `json:"form"`
	Formed   bool          `json:"formed,omitempty"` // Form says what is before the person now
	Clock    *viewClock    `json:"clock,omitempty"`
}

// viewPage is a part of what is written in a place, oldest first.
type viewPage struct {
	Rev      int64         `json:"rev"`
	Messages []viewMessage `json:"messages"`
	More     bool          `json:"more"` // there are older ones
	Missing  bool          `json:"missing,omitempty"`
}

const (
	pageOf      = 150 // messages that the page is given at once
	changesMost = 400 // changed messages after which it is quicker to read everything anew
)

func viewOfPerson(p Person) viewPerson {
	return viewPerson{ID: p.ID, Name: p.Name, Zone: p.Zone, Admin: p.Admin, Roles: p.Roles, Gone: !p.Active, Outsider: p.Outsider}
}

// state is everything but the messages, as one person sees it. false: there is no such person.
func (s *Server) state(person, window string) (viewState, bool) {
	c := s.chat
	c.mu.Lock()
	defer c.mu.Unlock()
	me := c.person(person)
	if me == nil {
		return viewState{}, false
	}
	v := viewState{
		Born: s.born(), Rev: c.s.Rev, Version: s.version, Me: viewOfPerson(*me), Form: viewOfForm(c.s.Forms[inWindow(person, window)]),
		Retells: s.o.Stage != nil && c.journal != nil, Channels: []viewChannel{},
	}
	for _, p := range c.s.People {
		if !p.Bot {
			v.People = append(v.People, viewOfPerson(p))
		}
	}
	for _, ch := range c.s.Channels {
		if !c.sees(person, ch) {
			continue
		}
		v.Channels = append(v.Channels, viewChannel{
			Name: ch.Name, Private: ch.Private, Archived: ch.Archived, WithoutBot: ch.WithoutBot, Members: ch.Members,
			Last: c.newest(person, ch.Name),
		})
	}
	v.Channels = append(v.Channels, viewChannel{Name: "@" + person, Last: c.newest(person, "@"+person)})
	for _, cmd := range conversations.Commands {
		v.Commands = append(v.Commands, viewCommand{Name: cmd.Name, Args: cmd.Args, Help: cmd.Help})
	}
	return v, true
}

// newest is the id of the newest message in a channel that somebody else wrote and this person sees.
func (c *Chat) newest(person, channel string) string {
	last := ""
	for _, m := range slices.Backward(c.s.Messages) {
		if m.Channel == channel && !m.Gone && m.Who != person && (m.Only == "" || m.Only == person) {
			last = m.ID
			break
		}
	}
	return last
}

// maySee reports whether somebody sees what is written in a channel.
func (c *Chat) maySee(person, channel string) bool {
	if to, ok := isDirect(channel); ok {
		return to == person
	}
	ch := c.channel(channel)
	return ch != nil && c.sees(person, ch)
}

// page is what somebody sees in a place, the newest messages before the one of an id; empty: the newest.
func (s *Server) page(person string, p conversations.Place, before string) viewPage {
	c := s.chat
	c.mu.Lock()
	defer c.mu.Unlock()
	v := viewPage{Rev: c.s.Rev, Messages: []viewMessage{}}
	root := c.index[p.Channel+"/"+p.Thread]
	if !c.maySee(person, p.Channel) || (p.Thread != "" && root == nil) {
		v.Missing = true
		return v
	}
	shown := c.showing(person)
	var found []*message
	all := c.places[p]
	for _, m := range slices.Backward(all) {
		if m.Gone && len(c.places[In(m.Channel, m.ID)]) == 0 || (before != "" && m.ID >= before) || (m.Only != "" && m.Only != person) {
			continue
		}
		if len(found) == pageOf {
			v.More = true
			break
		}
		found = append(found, m)
	}
	if root != nil && !v.More {
		found = append(found, root)
	}
	for _, m := range slices.Backward(found) {
		v.Messages = append(v.Messages, s.viewOf(m, shown))
	}
	return v
}

// showing is for whom a message is shown, and how.
type showing struct {
	person string
	reader Reader
}

func (c *Chat) showing(person string) showing {
	return showing{person: person, reader: c.readerOf(person, time.UTC)}
}

// viewOf is a message as somebody sees it.
func (s *Server) viewOf(m *message, to showing) viewMessage {
	v := viewMessage{ID: m.ID, Channel: m.Channel, Thread: m.Thread, At: m.At, Gone: m.Gone}
	if m.Thread == "" {
		v.Replies = s.chat.repliesTo(m, to.person)
	}
	if m.Gone {
		return v
	}
	v.Edited, v.Who, v.Author, v.Only, v.Files = !m.Edited.IsZero(), m.Who, m.Author, m.Only != "", m.Files
	if m.Body == nil {
		v.HTML = to.reader.typedHTML(m.Text)
		if m.Who == to.person {
			v.Text = m.Text
		}
	} else {
		v.Slot, v.HTML = m.Slot, HTML(*m.Body, to.reader)
		for _, row := range m.Body.Controls {
			v.Controls = append(v.Controls, viewOfRow(row))
		}
		if m.Body.File != nil {
			v.Document = s.viewOfDocument(*m.Body.File)
		}
	}
	for _, r := range m.Reactions {
		shown := r.Emoji
		for _, who := range r.Who {
			if picked := m.Tones[r.Emoji+" "+who]; picked != "" {
				shown = picked
				break
			}
		}
		v.Reactions = append(v.Reactions, viewReaction{Emoji: r.Emoji, Shown: inert(shown), Who: slices.Clone(r.Who)})
	}
	return v
}

func viewOfRow(row []conversations.Control) []viewControl {
	var all []viewControl
	for _, control := range row {
		v := viewControl{Label: control.Label, Primary: control.Primary}
		for _, o := range control.Options {
			v.Options = append(v.Options, inert(o.Label))
		}
		all = append(all, v)
	}
	return all
}

func (c *Chat) repliesTo(root *message, person string) *viewReplies {
	v := &viewReplies{}
	for _, m := range c.places[In(root.Channel, root.ID)] {
		if m.Gone || (m.Only != "" && m.Only != person) {
			continue
		}
		v.Count++
		v.Last = m.At
		if m.Who != "" && !slices.Contains(v.Who, m.Who) && len(v.Who) < 5 {
			v.Who = append(v.Who, m.Who)
		}
	}
	if v.Count == 0 {
		return nil
	}
	return v
}

func (s *Server) viewOfDocument(f conversations.File) *viewDocument {
	v := &viewDocument{Name: f.Name, Forms: []viewLink{{Label: "Markdown", Ext: "md"}}}
	for _, r := range s.o.Renderers {
		if f.Record == nil {
			break
		}
		v.Forms = append(v.Forms, viewLink{Label: r.Label, Ext: r.Ext})
	}
	return v
}

func viewOfForm(f *openForm) *viewForm {
	if f == nil {
		return nil
	}
	v := &viewForm{
		Key: strconv.Itoa(f.ID) + "." + strconv.Itoa(f.Version), Title: f.Form.Title, Submit: firstOf(f.Form.Submit, "Save"),
		Inputs: []viewInput{}, Wrong: map[string]string{},
	}
	for _, in := range f.Form.Inputs {
		i := viewInput{Name: in.Name, Label: in.Label, Hint: in.Hint, Value: in.Value, Lines: in.Lines, Optional: in.Optional}
		i.Many = in.Many && len(in.Options) > 0 // what is picked elsewhere is typed here
		for _, o := range in.Options {
			i.Options = append(i.Options, viewOption{Label: inert(o.Label), Value: o.Value})
		}
		v.Inputs = append(v.Inputs, i)
	}
	for _, w := range f.Errors {
		v.Wrong[w.Name] = strings.TrimSpace(v.Wrong[w.Name] + " " + w.Value)
	}
	return v
}

// since is what changed for somebody after a revision, the revision that it leads to, and what is closed at the next
// change. false: there is too much of it, or it is not this chat's, and everything is to be read anew.
func (s *Server) since(person, window string, rev int64) (v viewChange, now int64, next <-chan struct{}, ok bool) {
	c := s.chat
	c.mu.Lock()
	defer c.mu.Unlock()
	now, next = c.s.Rev, c.news
	if rev > now {
		return v, now, next, false
	}
	if rev == now {
		return v, now, next, true
	}
	v.Around = c.around > rev
	if c.formed[inWindow(person, window)] > rev {
		v.Formed, v.Form = true, viewOfForm(c.s.Forms[inWindow(person, window)])
	}
	if c.wound > rev {
		clock := s.clockNow()
		v.Clock = &clock
	}
	shown := c.showing(person)
	var changed []*message
	roots := map[*message]bool{}
	for _, m := range c.s.Messages {
		if m.Rev <= rev || (m.Only != "" && m.Only != person) || !c.maySee(person, m.Channel) {
			continue
		}
		if len(changed) == changesMost {
			return v, now, next, false
		}
		changed = append(changed, m)
		roots[m] = true
	}
	for _, m := range changed {
		if root := c.index[m.Channel+"/"+m.Thread]; m.Thread != "" && root != nil && !roots[root] && (root.Only == "" || root.Only == person) {
			roots[root] = true
			v.Messages = append(v.Messages, s.viewOf(root, shown)) // its replies are counted anew
		}
		v.Messages = append(v.Messages, s.viewOf(m, shown))
	}
	return v, now, next, true
}

// empty reports whether nothing changed for this person.
func (v viewChange) empty() bool {
	return len(v.Messages) == 0 && !v.Around && !v.Formed && v.Clock == nil
}

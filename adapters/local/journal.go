package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// Journal keeps what happens in a chat as plain bytes, so that the chat outlives its process. Any store that can file a
// row once under a name can be one.
type Journal interface {
	// Append files an entry under its number. When it returns nil the entry is durable. Appending the same again changes
	// nothing; ErrTaken when something else has that number. After any other error the entry may be there or not.
	Append(ctx context.Context, seq int64, entry []byte) error
	// Entries calls each with every entry from the number on that was not forgotten, in order.
	Entries(ctx context.Context, from int64, each func(seq int64, entry []byte) error) error
	// Forget drops every entry before the number for good, all at once for whoever reads: from then on Entries gives none of
	// them, and to append one is ErrTaken. After an error either all of them are there or none, and some may still be on the
	// disk; to forget again removes those, too.
	Forget(ctx context.Context, before int64) error
}

// ErrTaken means: another entry of the journal has that number. Somebody else writes, or a write that was given up arrived.
var ErrTaken = errors.New("another entry has this number")

// ErrNotSaved means: the journal did not take what somebody did, so it was not done.
var ErrNotSaved = errors.New("not saved")

const (
	appendWithin = 4 * time.Second // what filing an entry may take
	actsKnown    = 2000            // acts that are recognised when they come again
)

// entry is what one change of the chat left behind: everything that it touched, as it is since. Whoever reads all
// entries in order has the chat.
type entry struct {
	Stamp    int64                `json:"stamp"`
	Count    int                  `json:"count,omitempty"`
	Born     int64                `json:"born,omitempty"` // in the first entry: tells this chat from every other
	Act      string               `json:"act,omitempty"`  // the name that whoever acted gave this act
	People   []Person             `json:"people,omitempty"`
	Channels []*Channel           `json:"channels,omitempty"`
	Messages []*message           `json:"messages,omitempty"`
	Forms    map[string]*openForm `json:"forms,omitempty"` // nil: closed
	Handles  map[string]time.Time `json:"handles,omitempty"`
	Waiting  []waiting            `json:"waiting,omitempty"`
	Acting   []waiting            `json:"acting,omitempty"`
	Taken    []string             `json:"taken,omitempty"` // keys of events that the bot has
	Ahead    *ahead               `json:"ahead,omitempty"`
	Deeds    []deed               `json:"deeds,omitempty"` // what people did, for transcripts
	Part     int                  `json:"part,omitempty"`  // from 1: which part it is of the whole chat, written anew
	Acts     []string             `json:"acts,omitempty"`  // in the first part: names of the newest acts
}

// waiting is an event that is yet to be handed over. Most have been long since when they are read, so they stay as they
// are until they are needed.
type waiting struct {
	Key   string          `json:"key"`
	Event json.RawMessage `json:"event"`
}

// deed is something that somebody did, as a transcript tells it; or, with a time, that the clock was wound.
type deed struct {
	transcript.Deed
	Wound time.Time `json:",omitzero"`
}

// change is a change of the chat that is being made.
type change struct {
	entry  entry
	window string
	undo   []func() // in the order in which it was done
}

// do changes the chat: all of what f does, durably where there is a journal, or nothing of it. An act that has a name is done
// once, however often it comes.
func (c *Chat) do(ctx context.Context, f func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := actName(ctx)
	if name != "" && slices.Contains(c.acts, name) {
		return nil
	}
	c.tx = &change{window: windowOf(ctx)}
	stamp, count := c.s.LastStamp, c.s.Count
	c.undo(func() { c.s.LastStamp, c.s.Count = stamp, count })
	err := f()
	if err == nil {
		c.tx.entry.Act = name
		err = c.commit(ctx)
	} else if c.journal != nil {
		c.rollBack()
	}
	c.tx = nil
	return err
}

// knows reports whether the act of a context was done already.
func (c *Chat) knows(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := actName(ctx)
	return name != "" && slices.Contains(c.acts, name)
}

// undo says how to take back what is being done, for when it cannot be made durable.
func (c *Chat) undo(f func()) {
	if c.journal != nil && c.tx != nil {
		c.tx.undo = append(c.tx.undo, f)
	}
}

func (c *Chat) rollBack() {
	for _, f := range slices.Backward(c.tx.undo) {
		f()
	}
}

// commit files what was changed and tells those who watch. Without a journal it is kept in memory alone.
func (c *Chat) commit(ctx context.Context) error {
	e := &c.tx.entry
	if e.empty() && len(e.Deeds) == 0 {
		return nil
	}
	rev := c.s.Rev + 1
	for _, m := range e.Messages {
		m.Rev = rev
	}
	if rev == 1 {
		e.Born = c.born
	}
	if c.journal != nil {
		e.Stamp, e.Count, e.Taken = c.s.LastStamp, c.s.Count, c.taken
		if err := c.file(ctx, rev, e); err != nil {
			return err
		}
	}
	c.s.Rev, c.taken, c.stale = rev, nil, true
	c.learn(e)
	close(c.news)
	c.news = make(chan struct{})
	return nil
}

// file makes an entry durable, or takes back what it says. Where another one has its number, that one counts.
func (c *Chat) file(ctx context.Context, seq int64, e *entry) error {
	err := c.append(context.WithoutCancel(ctx), seq, e)
	if err == nil {
		return nil
	}
	c.log.Warn("the local chat's journal refused an entry", "platform", "local", "err", err)
	c.rollBack()
	if errors.Is(err, ErrTaken) {
		if err := c.read(ctx); err != nil {
			c.log.Warn("the local chat's journal cannot be read", "platform", "local", "err", err)
		}
	}
	return ErrNotSaved
}

// append makes an entry durable.
func (c *Chat) append(ctx context.Context, seq int64, e *entry) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an entry of the local chat: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, appendWithin)
	defer cancel()
	return c.journal.Append(ctx, seq, b)
}

func (e *entry) empty() bool {
	return len(e.People)+len(e.Channels)+len(e.Messages)+len(e.Forms)+len(e.Handles)+len(e.Waiting)+len(e.Acting) == 0 &&
		e.Ahead == nil
}

// learn keeps the names of the newest acts, and when people and places changed.
func (c *Chat) learn(e *entry) {
	c.acts = append(c.acts, e.Acts...)
	if e.Act != "" {
		c.acts = append(c.acts, e.Act)
		if len(c.acts) > 2*actsKnown {
			c.acts = slices.Clone(c.acts[actsKnown:])
		}
	}
	if len(e.People)+len(e.Channels) > 0 {
		c.around = c.s.Rev
	}
	for person := range e.Forms {
		c.formed[person] = c.s.Rev
	}
	if e.Ahead != nil {
		c.wound = c.s.Rev
	}
}

// Restore makes a chat of what its journal holds, and goes on there.
func Restore(ctx context.Context, o Options) (*Chat, error) {
	c := New(o)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.journal == nil {
		return c, nil
	}
	if err := c.read(ctx); err != nil {
		return nil, fmt.Errorf("read the local chat's journal: %w", err)
	}
	c.stale = c.s.Rev > 0 // whoever wrote it may have died before it was written anew
	if c.clock != nil && c.s.Rev > 0 {
		c.clock.put(c.s.Ahead.People)
	}
	if c.store != nil && c.s.Rev > 0 {
		c.store.put(c.s.Ahead.Store)
	}
	return c, nil
}

// read takes in the entries that came after the last one known.
func (c *Chat) read(ctx context.Context) error {
	var left []waiting
	err := entriesAfter(ctx, c.journal, c.s.Rev, func(seq int64, e *entry, fresh bool) error {
		if fresh && e.Part == 1 {
			c.s, c.acts, left = newState(), nil, nil
			c.reindex()
		}
		c.apply(e, seq)
		left = slices.DeleteFunc(left, func(w waiting) bool { return slices.Contains(e.Taken, w.Key) })
		// What somebody clicked was being handed over when this was written. Whether it was is not known, so it is again.
		left = append(append(left, e.Waiting...), e.Acting...)
		return nil
	})
	for _, w := range left {
		var e conversations.Event
		if err := json.Unmarshal(w.Event, &e); err != nil {
			return fmt.Errorf("event %s: %w", w.Key, err)
		}
		c.s.Waiting = append(slices.Clip(c.s.Waiting), e)
	}
	return err
}

// apply brings the chat to where it was after an entry.
func (c *Chat) apply(e *entry, seq int64) {
	c.s.LastStamp, c.s.Count, c.s.Rev = max(c.s.LastStamp, e.Stamp), max(c.s.Count, e.Count), seq
	for _, p := range e.People {
		c.putPerson(p)
	}
	for _, ch := range e.Channels {
		c.putChannel(ch)
	}
	for _, m := range e.Messages {
		if old := c.index[m.Channel+"/"+m.ID]; old != nil {
			*old = *m
			continue
		}
		c.s.Messages = append(c.s.Messages, m)
		c.remember(m)
	}
	for person, f := range e.Forms {
		if f == nil {
			delete(c.s.Forms, person)
		} else {
			c.s.Forms[person] = f
		}
	}
	maps.Copy(c.s.Handles, e.Handles)
	if e.Born != 0 {
		c.born = e.Born
	}
	if e.Ahead != nil {
		c.s.Ahead = *e.Ahead
	}
	c.learn(e)
}

func (c *Chat) putPerson(p Person) {
	if old := c.person(p.ID); old != nil {
		*old = p
		return
	}
	c.s.People = append(c.s.People, p)
}

func (c *Chat) putChannel(ch *Channel) {
	if old := c.channel(ch.Name); old != nil {
		*old = *ch
		return
	}
	c.s.Channels = append(c.s.Channels, ch)
}

// touch says that a message is about to change.
func (c *Chat) touch(m *message) {
	if c.tx == nil {
		return
	}
	if slices.Contains(c.tx.entry.Messages, m) {
		return
	}
	c.tx.entry.Messages = append(c.tx.entry.Messages, m)
	if c.journal == nil {
		return
	}
	old := *m
	old.Reactions = slices.Clone(m.Reactions)
	for i := range old.Reactions {
		old.Reactions[i].Who = slices.Clone(old.Reactions[i].Who)
	}
	old.Tones = maps.Clone(m.Tones)
	c.undo(func() { *m = old })
}

// formKey is the name of the form that somebody has before them in the window in which they acted.
func (c *Chat) formKey(e conversations.Event) string { return inWindow(e.Who, c.windows[e.Key]) }

// inWindow is the name of somebody's form in a window: in each they may have another one before them.
func inWindow(person, window string) string {
	if window == "" {
		return person
	}
	return person + "/" + window
}

// setForm puts a form before somebody, or with nil takes away the one they have.
func (c *Chat) setForm(person string, f *openForm) {
	old := c.s.Forms[person]
	if f == nil && old == nil {
		return
	}
	c.undo(func() {
		delete(c.s.Forms, person)
		if old != nil {
			c.s.Forms[person] = old
		}
	})
	if f == nil {
		delete(c.s.Forms, person)
	} else {
		c.s.Forms[person] = f
	}
	if c.tx.entry.Forms == nil {
		c.tx.entry.Forms = map[string]*openForm{}
	}
	c.tx.entry.Forms[person] = f
}

// formOf is the form that somebody has before them, as a copy that can be changed and put back; nil: none.
func (c *Chat) formOf(person string) *openForm {
	f := c.s.Forms[person]
	if f == nil {
		return nil
	}
	mine := *f
	mine.Form = clone(f.Form)
	return &mine
}

// acted notes that the bot is about to be handed what somebody clicked, typed or filled in.
func (c *Chat) acted(e conversations.Event) {
	w := c.filed(e)
	c.tx.entry.Acting = append(c.tx.entry.Acting, w)
	c.holds(append(slices.Clip(c.inHand), w))
	if c.tx.window != "" {
		c.windows[e.Key] = c.tx.window
	}
}

// holds says what is being handed over now.
func (c *Chat) holds(events []waiting) {
	old := c.inHand
	c.undo(func() { c.inHand = old })
	c.inHand = events
}

// filed is an event as a journal keeps it; nothing where there is none.
func (c *Chat) filed(e conversations.Event) waiting {
	w := waiting{Key: e.Key}
	if c.journal == nil {
		return w
	}
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // it is made of texts and times
	}
	w.Event = b
	return w
}

// handedOver forgets an event that the bot has. That it has is written down with whatever comes next: should the process
// die before, it is handed over again, which changes nothing.
func (c *Chat) handedOver(key string) {
	delete(c.windows, key)
	old := c.s.Waiting
	c.undo(func() { c.s.Waiting = old })
	c.s.Waiting = slices.DeleteFunc(slices.Clone(old), func(w conversations.Event) bool { return w.Key == key })
	c.holds(slices.DeleteFunc(slices.Clone(c.inHand), func(w waiting) bool { return w.Key == key }))
	if c.journal != nil {
		c.taken = append(c.taken, key)
	}
}

// tell writes down what somebody does, for a transcript.
func (c *Chat) tell(d transcript.Deed) {
	d.At = time.UnixMicro(c.s.LastStamp).UTC()
	if now := c.now(); now.After(d.At) {
		d.At = now.UTC()
	}
	c.tx.entry.Deeds = append(c.tx.entry.Deeds, deed{Deed: d})
}

type actKey struct{}

// WithAct gives what is done with this context a name. Doing it again under that name changes nothing, so that a browser
// that heard no answer can simply ask again.
func WithAct(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, actKey{}, name)
}

func actName(ctx context.Context) string {
	name, _ := ctx.Value(actKey{}).(string)
	return name
}

type windowKey struct{}

// WithWindow says in which of their windows somebody acts. A form opens in the one in which it was asked for.
func WithWindow(ctx context.Context, window string) context.Context {
	return context.WithValue(ctx, windowKey{}, window)
}

func windowOf(ctx context.Context) string {
	window, _ := ctx.Value(windowKey{}).(string)
	return window
}

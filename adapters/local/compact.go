package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/conversations/transcript"
)

// The journal says everything that was ever said, so that a message lives on in it after it was deleted, and a card with
// each of its edits. Every minute in which something happened it is therefore written anew: the chat as it is now is
// appended, in parts, and then everything before the first part is forgotten, at once or not at all. Whoever dies before
// that leaves parts that say nothing new and are passed over.

const (
	compactEvery = time.Minute
	partBytes    = 1 << 20 // of a part, about: a row of a database has its limits (MongoDB: 16 MB)
)

// gone stands in a transcript for the words of a message that was deleted. It begins as what is never taken for an answer.
const gone = "(deleted)"

// Compact writes the journal anew, without what is not in the chat any more. Words that were deleted or replaced are in it
// no longer when it returns nil. After an error the journal is as good as before, and it can be tried again. Run does it
// every minute in which something happened.
func (c *Chat) Compact(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.journal == nil || !c.stale {
		return nil
	}
	if err := c.compact(ctx); err != nil {
		return fmt.Errorf("write the local chat's journal anew: %w", err)
	}
	c.stale = false
	return nil
}

func (c *Chat) compact(ctx context.Context) error {
	deeds, err := c.deeds(ctx)
	if err != nil {
		return err
	}
	parts, err := c.parts(deeds)
	if err != nil {
		return err
	}
	first := c.s.Rev + 1
	for _, e := range parts {
		err := c.append(ctx, c.s.Rev+1, e)
		if errors.Is(err, ErrTaken) { // somebody else goes on with this chat
			return errors.Join(err, c.read(ctx))
		}
		if err != nil {
			return err
		}
		c.s.Rev++
	}
	forgetting, cancel := context.WithTimeout(ctx, appendWithin)
	defer cancel()
	return c.journal.Forget(forgetting, first)
}

// deeds are what people did, in order, as the journal has it.
func (c *Chat) deeds(ctx context.Context) ([]deed, error) {
	var all []deed
	err := entriesAfter(ctx, c.journal, 0, func(_ int64, e *entry, _ bool) error {
		all = append(all, e.Deeds...)
		return nil
	})
	return all, err
}

// parts are the chat as it is now, and what people did, as entries.
func (c *Chat) parts(deeds []deed) ([]*entry, error) {
	now := c.s.Ahead
	head := &entry{
		Born: c.born, Acts: c.acts[max(0, len(c.acts)-actsKnown):], People: c.s.People, Channels: c.s.Channels,
		Forms: c.s.Forms, Handles: c.s.Handles, Acting: c.inHand, Ahead: &now,
	}
	for _, e := range c.s.Waiting {
		head.Waiting = append(head.Waiting, c.filed(e))
	}
	parts := []*entry{head}
	err := inParts(c.s.Messages, func(some []*message) { parts = append(parts, &entry{Messages: some}) })
	if err != nil {
		return nil, err
	}
	for i, d := range deeds {
		deeds[i].Deed = c.forgetful(d.Deed)
	}
	if err := inParts(deeds, func(some []deed) { parts = append(parts, &entry{Deeds: some}) }); err != nil {
		return nil, err
	}
	for i, e := range parts {
		e.Part, e.Stamp, e.Count = i+1, c.s.LastStamp, c.s.Count
	}
	return parts, nil
}

// inParts gives a list in pieces that are not too large.
func inParts[T any](all []T, each func(some []T)) error {
	from, size := 0, 0
	for i, v := range all {
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode a part: %w", err)
		}
		if size += len(b); size > partBytes && i > from {
			each(all[from:i])
			from, size = i, len(b)
		}
	}
	if from < len(all) {
		each(all[from:])
	}
	return nil
}

// forgetful is a deed with the words that its message has now, whichever it had then: nobody is told in a transcript what
// was taken back.
func (c *Chat) forgetful(d transcript.Deed) transcript.Deed {
	if !slices.Contains([]transcript.Verb{transcript.Say, transcript.Program, transcript.Edit}, d.Verb) {
		return d
	}
	switch m := c.index[d.Channel+"/"+d.Message]; {
	case m == nil: // a text with a slash, which was not sent
	case m.Gone:
		d.Text, d.Files = gone, nil
	default:
		d.Text = m.Text
	}
	return d
}

// entriesAfter calls each with the journal's entries after the number known, in order. A journal that was written anew
// since then begins with a jump to what is a whole chat by itself: fresh tells its parts from entries that add to what is
// known. Parts that the journal does not begin with say nothing new, and come as empty entries.
func entriesAfter(ctx context.Context, j Journal, known int64, each func(seq int64, e *entry, fresh bool) error) error {
	fresh := false
	return j.Entries(ctx, known+1, func(seq int64, b []byte) error {
		var e entry
		if err := json.Unmarshal(b, &e); err != nil {
			return fmt.Errorf("entry %d: %w", seq, err)
		}
		jumped := seq != known+1
		if jumped && e.Part != 1 {
			return fmt.Errorf("entry %d comes after entry %d", seq, known)
		}
		known = seq
		fresh = jumped || fresh && e.Part > 1
		if e.Part > 0 && !fresh {
			e = entry{}
		}
		return each(seq, &e, fresh)
	})
}

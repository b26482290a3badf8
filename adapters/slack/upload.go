package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// A published report goes into its thread as a PDF, too, where the app may upload files. The upload is the last part of
// the message. Slack keeps nothing of ours with a file but its name, so the name tells which version of which report it
// is, and by it the file is found again.

// attached is the record that goes along with a message as a PDF; nil: none does.
func (c *Chat) attached(m conversations.Message) *postmortem.Record {
	if c.pdf == nil || m.Body.File == nil {
		return nil
	}
	return m.Body.File.Record
}

func fileName(rec *postmortem.Record) string { return fmt.Sprintf("%s-v%d.pdf", rec.ID, rec.Version) }

// attach uploads the PDF of a message into the thread, unless it is there. Where the app may not, or cannot, the message
// stands without it. Where nobody can tell whether it is there, as the app may not read the thread, it is uploaded, as the
// words are posted: twice is a nuisance, and one that is missing would stay so.
func (c *Chat) attach(ctx context.Context, id identity, m conversations.Message, thread conversations.Place) error {
	rec := c.attached(m)
	if rec == nil {
		return nil
	}
	there, err := c.isAttached(ctx, id, rec, thread)
	if err != nil && !errors.Is(err, adapters.ErrUnreadable) {
		return err
	}
	if there {
		return nil
	}
	pdf, err := c.pdf(*rec)
	if err != nil {
		c.log.Error("a report could not be printed", "platform", "slack", "effect", m.Effect, "err", err)
		return nil
	}
	comment := fmt.Sprintf("%s as a PDF, version %d", rec.ID, rec.Version)
	if rec.Roles {
		comment += ", with roles instead of names"
	}
	_, err = c.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Filename: fileName(rec), Title: fileName(rec), FileSize: len(pdf), Reader: bytes.NewReader(pdf), InitialComment: comment,
		Channel: thread.Channel, ThreadTimestamp: thread.Thread,
	})
	if err == nil {
		return nil
	}
	if err = c.sending("upload a file", err); errors.Is(err, adapters.ErrUndeliverable) {
		c.log.Info("a report stands without its file", "platform", "slack", "effect", m.Effect, "err", err)
		return nil
	}
	return err
}

// isAttached reports whether the PDF is in the thread. It cannot be older than what it was printed from.
func (c *Chat) isAttached(ctx context.Context, id identity, rec *postmortem.Record, thread conversations.Place) (there bool, err error) {
	err = c.history(ctx, thread, rec.Published.Add(-clockSkew), func(w message) bool {
		for _, f := range w.Files {
			there = there || id.isOwn(w) && f.Name == fileName(rec)
		}
		return !there
	})
	return there, err
}

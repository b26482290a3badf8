package slack

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// printing connects an adapter that prints reports, and has a thread for them.
func printing(t *testing.T) (workspace, *Chat, conversations.Place) {
	w, c, _, _ := connect(t)
	c.pdf = func(r postmortem.Record) ([]byte, error) {
		return fmt.Appendf(nil, "%%PDF %s %d %s", r.ID, r.Version, r.Title), nil
	}
	card, err := c.Send(t.Context(), post("the card"))
	if err != nil {
		t.Fatal(err)
	}
	return w, c, card.Thread
}

func report(thread conversations.Place, version int) conversations.Message {
	rec := postmortem.Record{ID: "PM-4", Version: version, Title: "Checkout errors", Published: time.Now()}
	text := fmt.Sprintf("# Report, version %d", version)
	return conversations.Message{
		Kind: conversations.Post, Effect: fmt.Sprint("effect-report-", version), Place: thread,
		Body: conversations.Body{Text: said(text).Text, File: &conversations.File{Name: "PM-4.md", Text: text, Record: &rec}},
	}
}

// deliver sends as the bot does: what was to wait is sent again, what is in doubt is looked for before, and an edit in
// doubt is made again.
func deliver(t *testing.T, c *Chat, m conversations.Message) conversations.Result {
	t.Helper()
	began := time.Now().Add(-time.Second)
	for range 5 {
		if !m.Since.IsZero() && m.Edit.ID == "" {
			found, res, err := c.Find(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if found == adapters.Yes {
				return res
			}
		}
		res, err := c.Send(t.Context(), m)
		var later *adapters.RetryAfter
		switch {
		case err == nil:
			return res
		case errors.Is(err, adapters.ErrUndeliverable):
			t.Fatal(err)
		case !errors.As(err, &later):
			m.Since = began
		}
	}
	t.Fatal("it is never sent")
	return conversations.Result{}
}

// posts are the messages of a thread, by what they say.
func (w workspace) posts(thread conversations.Place) map[string]int {
	all := map[string]int{}
	for _, m := range w.Messages() {
		if m.Thread == thread.Thread {
			text, _, _ := m.Read()
			all[strings.TrimSpace(text)]++
		}
	}
	return all
}

// Whatever goes wrong on the way, the report is in its thread once, and so is its PDF; so are those of the next version.
func TestTheReportComesWithItsPDFOnce(t *testing.T) {
	for name, fault := range map[string]func(string) slacktest.Fault{
		"nothing":                             func(string) (f slacktest.Fault) { return f },
		"the post's answer is lost":           slacktest.Once(posting, slacktest.Fault{Lose: true}),
		"not now, for the address":            slacktest.Once("files.getUploadURLExternal", busy("3")),
		"no address":                          slacktest.Once("files.getUploadURLExternal", slacktest.Fault{Status: 500}),
		"the address is lost":                 slacktest.Once("files.getUploadURLExternal", slacktest.Fault{Lose: true}),
		"the upload fails":                    slacktest.Once("upload", slacktest.Fault{Status: 503}),
		"not now, for sharing":                slacktest.Once("files.completeUploadExternal", busy("3")),
		"it is not shared":                    slacktest.Once("files.completeUploadExternal", slacktest.Fault{Status: 502}),
		"it is shared, and the answer lost":   slacktest.Once("files.completeUploadExternal", slacktest.Fault{Lose: true}),
		"it is shared, and the answer broken": slacktest.Once("files.completeUploadExternal", slacktest.Fault{Cut: true}),
	} {
		t.Run(name, func(t *testing.T) {
			w, c, thread := printing(t)
			w.Fail(fault)
			sent := deliver(t, c, report(thread, 1))
			next := report(thread, 2)
			next.Edit = sent.Message
			if _, err := c.Send(t.Context(), next); err != nil {
				t.Fatal(err)
			}
			deliver(t, c, next) // an edit may be made again
			for version := 1; version <= 2; version++ {
				files := w.File(fmt.Sprintf("PM-4-v%d.pdf", version))
				if len(files) != 1 || string(files[0]) != fmt.Sprintf("%%PDF PM-4 %d Checkout errors", version) {
					t.Errorf("version %d is there as %q", version, files)
				}
			}
			posts := w.posts(thread)
			if posts["Report, version 2"] != 1 || posts["PM-4 as a PDF, version 1"] != 1 || posts["PM-4 as a PDF, version 2"] != 1 || len(posts) != 3 {
				t.Errorf("in the thread is %v", posts)
			}
		})
	}
}

// The edit that brings the next version can fail in the same ways.
func TestTheNextVersionComesWithItsPDFOnce(t *testing.T) {
	for name, fault := range map[string]slacktest.Fault{
		"not now": busy("3"), "refused by a server": {Status: 502}, "the answer is lost": {Lose: true},
	} {
		t.Run(name, func(t *testing.T) {
			w, c, thread := printing(t)
			next := report(thread, 2)
			next.Edit = deliver(t, c, report(thread, 1)).Message
			w.Fail(slacktest.Once("files.completeUploadExternal", fault))
			deliver(t, c, next)
			if n := len(w.File("PM-4-v2.pdf")); n != 1 {
				t.Errorf("it is there %d times", n)
			}
		})
	}
}

// Without the right to upload, or when a report cannot be printed, the words stand alone, once, and nothing is said.
func TestAReportWithoutItsPDF(t *testing.T) {
	for name, prepare := range map[string]func(workspace, *Chat){
		"without the scope": func(w workspace, _ *Chat) { w.Fail(slacktest.Deny("files.getUploadURLExternal")) },
		"unprintable": func(_ workspace, c *Chat) {
			c.pdf = func(postmortem.Record) ([]byte, error) { return nil, errors.New("no room for it") }
		},
		"not wanted": func(_ workspace, c *Chat) { c.pdf = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w, c, thread := printing(t)
			prepare(w, c)
			m := report(thread, 1)
			deliver(t, c, m)
			m.Since = time.Now().Add(-time.Minute)
			deliver(t, c, m) // the bot died before it could note that it was sent
			if posts := w.posts(thread); posts["Report, version 1"] != 1 || len(posts) != 1 {
				t.Errorf("in the thread is %v", posts)
			}
		})
	}
}

// Who cannot look whether the file is there uploads it also when it may be there: none is missing, whether the upload failed
// or only its answer was lost.
func TestAPDFThatCannotBeLookedFor(t *testing.T) {
	for name, c := range map[string]struct {
		fault slacktest.Fault
		there int
	}{
		"nothing":            {slacktest.Fault{}, 1},
		"it is not shared":   {slacktest.Fault{Status: 502}, 1},
		"its answer is lost": {slacktest.Fault{Lose: true}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w, chat, thread := printing(t)
			blind, fails := slacktest.Deny("conversations.history", "conversations.replies"), slacktest.Once("files.completeUploadExternal", c.fault)
			w.Fail(func(method string) slacktest.Fault {
				if f := blind(method); f.Error != "" {
					return f
				}
				return fails(method)
			})
			deliver(t, chat, report(thread, 1))
			if n := len(w.File("PM-4-v1.pdf")); n != c.there {
				t.Errorf("it is there %d times", n)
			}
		})
	}
}

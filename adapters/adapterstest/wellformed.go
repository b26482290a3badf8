package adapterstest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// Malformed says what is wrong with an event of a person or a platform, by the rules that hold for all of them: its
// key, its times, what its kind must have, and that it survives being stored.
func Malformed(e conversations.Event) []string {
	var wrong []string
	say := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	say(workspaceKey.MatchString(e.Where.Workspace), "the workspace %q is not platform/name", e.Where.Workspace)
	prefix := keyPrefix(e)
	say(prefix == "" || strings.HasPrefix(e.Key, prefix), "the key %q does not begin with %q", e.Key, prefix)
	say(prefix != "", "%q is no kind that an adapter makes", e.Kind)
	if e.Kind == conversations.Said {
		say(e.Key == e.Message.Key(), "the key %q is not the message's", e.Key)
	}
	for name, at := range map[string]time.Time{"at": e.At, "messageAt": e.MessageAt, "handle.expires": e.Handle.Expires} {
		say(at.IsZero() || at.Location() == time.UTC, "%s is not UTC", name)
		say(at.Equal(at.Truncate(time.Millisecond)), "%s is finer than a millisecond", name)
	}
	say(!e.At.IsZero(), "it has no time")
	say(e.Where.Channel != "" || ownPage(e) || e.Kind == conversations.Told || e.Kind == conversations.Changed, "it has no channel")
	wrong = append(wrong, lacks(e)...)
	say(e.Emoji == conversations.Emoji(e.Emoji), "the emoji %q is not folded", e.Emoji)
	if masked, found := conversations.Mask(e.Text); found {
		say(false, "a secret is not masked: it should be %q", masked)
	}
	wrong = append(wrong, stored(e)...)
	return append(wrong, routed(e)...)
}

// ownPage reports whether somebody acts where there is no message: on a page of their own, in a form, by a shortcut that
// can be used anywhere.
func ownPage(e conversations.Event) bool {
	switch e.Kind {
	case conversations.Clicked, conversations.Submitted, conversations.Opened:
		return e.Message.ID == ""
	}
	return false
}

var workspaceKey = regexp.MustCompile(`^[a-z]+/[A-Za-z0-9]+$`)

// keyPrefix is how the key of an event of this kind begins; empty when adapters do not make such events.
func keyPrefix(e conversations.Event) string {
	w, message := e.Where.Workspace, e.Message.Channel+"/"+e.Message.ID
	switch e.Kind {
	case conversations.Said:
		return w + "/msg/" + message
	case conversations.Edited:
		return w + "/edit/" + message + "/"
	case conversations.Deleted:
		return w + "/gone/" + message
	case conversations.Reacted:
		return w + "/react/" + message + "/" + e.Who + "/"
	case conversations.Looked:
		return w + "/look/" + message + "/"
	case conversations.Commanded:
		return w + "/cmd/"
	case conversations.Clicked:
		return w + "/click/"
	case conversations.Submitted:
		return w + "/form/"
	case conversations.Joined:
		return w + "/join/" + e.Where.Channel + "/"
	case conversations.Left:
		return w + "/left/" + e.Where.Channel + "/"
	case conversations.Named:
		return w + "/named/" + e.Where.Channel + "/"
	case conversations.Changed:
		return w + "/user/" + e.Who + "/"
	case conversations.Opened:
		return w + "/home/" + e.Who + "/"
	case conversations.Told:
		return w + "/away/" // of all that is told, only that comes from an adapter
	}
	return ""
}

// lacks says what an event of its kind must have and has not, or has and must not have.
func lacks(e conversations.Event) []string {
	var wrong []string
	need := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, string(e.Kind)+": "+what)
		}
	}
	message := e.Message.Workspace == e.Where.Workspace && e.Message.Channel != "" && e.Message.ID != ""
	switch e.Kind {
	case conversations.Said, conversations.Edited, conversations.Deleted, conversations.Reacted, conversations.Looked:
		need(message, "no message")
		need(!e.MessageAt.IsZero(), "no time of the message")
	}
	switch e.Kind {
	case conversations.Said:
		need(e.At.Equal(e.MessageAt), "its time is not the message's")
		need((e.Who == "") != (e.Author == ""), "it is either a person's (who) or another program's (author)")
		need(e.Text != "" || len(e.Files) > 0 || e.Mention, "neither text nor files")
		need(e.Where.Thread != e.Message.ID || e.Where.Channel == e.Where.Thread, "a root message is not in its own thread")
	case conversations.Edited:
		need(!e.At.Before(e.MessageAt), "it was edited before it was written")
	case conversations.Deleted:
		need(e.Text == "", "a deletion has no text")
	case conversations.Reacted:
		need(e.Who != "", "nobody reacted")
		need(e.Emoji != "", "no emoji")
		need(e.Text == "", "a reaction has no text")
	case conversations.Named:
		need(e.Value != "", "no name")
	case conversations.Left:
		need(e.Value == conversations.Archived || e.Value == conversations.Removed || e.Value == conversations.Gone, "no reason")
	case conversations.Commanded, conversations.Clicked, conversations.Submitted, conversations.Opened, conversations.Changed:
		need(e.Who != "", "nobody acted")
	}
	switch e.Kind {
	case conversations.Commanded, conversations.Clicked:
		need(e.Handle.Token != "" || ownPage(e), "no way to answer privately")
	}
	switch e.Kind {
	case conversations.Clicked, conversations.Submitted:
		need(e.Verb != "", "no verb")
	}
	need((e.Handle.Token == "") == e.Handle.Expires.IsZero(), "a handle has a token and an expiry, or neither")
	need(e.Handle.Expires.IsZero() || e.Handle.Expires.After(e.At), "the handle had expired when it came")
	return wrong
}

// stored says whether an event comes back as it was from the form in which it is stored.
func stored(e conversations.Event) []string {
	b, err := json.Marshal(e)
	if err != nil {
		return []string{"it cannot be stored"}
	}
	var back conversations.Event
	if err := json.Unmarshal(b, &back); err != nil {
		return []string{"it cannot be read back"}
	}
	if !reflect.DeepEqual(e, back) {
		return []string{"it comes back from the store as another"}
	}
	return nil
}

// routed hands the event to the rules.
func routed(e conversations.Event) (wrong []string) {
	defer func() {
		if recover() != nil {
			wrong = append(wrong, "the rules panic when they route it")
		}
	}()
	r := conversations.Route(e, conversations.Settings{})
	ids, _ := r.Subjects(e, conversations.Settings{}, map[string][]string{})
	for _, id := range ids {
		if conversations.KindOf(id) == "" || conversations.WorkspaceOf(id) != e.Where.Workspace {
			wrong = append(wrong, fmt.Sprintf("it is routed to %q, which is no subject of its workspace", id))
		}
	}
	return wrong
}

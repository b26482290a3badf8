package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

const (
	pageSize  = 200 // objects asked for; Slack may give fewer: https://docs.slack.dev/apis/web-api/rate-limits
	pagesMost = 20  // of one look at what is there
)

// history shows every message of a place since a time, in no order. ErrUnreadable also when there are too many to tell.
func (c *Chat) history(ctx context.Context, p conversations.Place, since time.Time, show func(message) bool) error {
	cursor := ""
	for range pagesMost {
		all, next, _, err := c.page(ctx, p, stamp(since), "", cursor)
		if err != nil {
			return err
		}
		for _, m := range all {
			if !show(m) {
				return nil
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
	return fmt.Errorf("slack: look for a message among too many: %w", adapters.ErrUnreadable)
}

// page is one call. Slack gives a channel newest first and a thread oldest first, and a thread's root with every page.
func (c *Chat) page(ctx context.Context, p conversations.Place, oldest, latest, cursor string) (all []message, next string, more bool, err error) {
	method := "conversations.history"
	args := url.Values{
		"channel": {p.Channel}, "oldest": {oldest}, "latest": {latest}, "inclusive": {"1"}, "limit": {strconv.Itoa(pageSize)}, "cursor": {cursor},
		"include_all_metadata": {"1"},
	}
	if p.Thread != "" {
		method = "conversations.replies"
		args.Set("ts", p.Thread)
	}
	var got struct {
		Messages []message `json:"messages"`
		More     bool      `json:"has_more"`
		Paging   struct {
			Next string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	if err := c.ask(ctx, method, args, &got); err != nil {
		return nil, "", false, reading("read a channel", err)
	}
	c.limits.paged(method, len(got.Messages), got.More)
	return got.Messages, got.Paging.Next, got.More || got.Paging.Next != "", nil
}

// reactionsOf is a message with everybody who reacted; nil: it is something else.
func (c *Chat) reactionsOf(ctx context.Context, channel, ts string) (*message, error) {
	var got struct {
		Message *message `json:"message"`
	}
	err := c.ask(ctx, "reactions.get", url.Values{"channel": {channel}, "timestamp": {ts}, "full": {"true"}}, &got)
	return got.Message, err
}

// ask calls a method that answers with messages. The library reads the whole of them, and nothing when one field of one of
// them is not of the type that it knows; here only what is used is read, as of events.
func (c *Chat) ask(ctx context.Context, method string, args url.Values, answer any) error {
	for name, v := range args {
		if v[0] == "" {
			delete(args, name)
		}
	}
	args.Set("token", c.token.Reveal())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.apiURL+method, strings.NewReader(args.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	var outcome struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := parse(raw, &outcome); err != nil {
		return err
	}
	if !outcome.OK {
		return slack.SlackErrorResponse{Err: outcome.Error}
	}
	return parse(raw, answer)
}

// maxAnswer is more than Slack answers with: a page of messages as large as they can be.
const maxAnswer = 64 << 20

// isMessage tells what people and programs said from what Slack itself writes into a channel.
func (m message) isMessage() bool {
	switch m.Subtype {
	case "", "file_share", "thread_broadcast", "bot_message", "me_message":
		return m.TS != ""
	}
	return false
}

// snapshot is a message of a channel as the port has it; false: it is none.
func (id identity) snapshot(channel string, m message) (conversations.Snapshot, bool) {
	e, ok := id.aboutMessage(conversations.Said, channel, m.TS, m.ThreadTS)
	if !ok || !m.isMessage() {
		return conversations.Snapshot{}, false
	}
	return id.snapshotOf(e.Where, m), true
}

// whole is a message with everybody who reacted: a channel's history names only some of many.
func (c *Chat) whole(ctx context.Context, channel string, m message) (message, error) {
	if !slices.ContainsFunc(m.Reactions, func(r reaction) bool { return len(r.Users) < r.Count }) {
		return m, nil
	}
	whole, err := c.reactionsOf(ctx, channel, m.TS)
	if err != nil {
		err = reading("read reactions", err)
		var later *adapters.RetryAfter
		if errors.Is(err, adapters.ErrUnreadable) || errors.As(err, &later) && queueOf(ctx) == atLeisure {
			return m, nil // some of them are enough to see that it differs from what is known
		}
		return m, err
	}
	if whole != nil {
		m.Reactions = whole.Reactions
	}
	return m, nil
}

// Message implements adapters.Chat. reactions.get says everything, also of replies, and needs no right to read the
// channel; the channel is asked only where that method is not to be had.
func (c *Chat) Message(ctx context.Context, ref conversations.MessageRef) (conversations.Snapshot, error) {
	id, err := c.identity(ctx)
	if err != nil {
		return conversations.Snapshot{}, err
	}
	whole, err := c.reactionsOf(ctx, ref.Channel, ref.ID)
	var m message
	switch name := code(err); {
	case err == nil && whole != nil:
		m = *whole
	case err == nil || name == "missing_scope" || name == "unknown_method":
		if m, err = c.oneOf(ctx, ref); err != nil {
			return conversations.Snapshot{}, err
		}
	default:
		return conversations.Snapshot{}, reading("read a message", err)
	}
	if m.TS == "" {
		m.TS = ref.ID
	}
	s, ok := id.snapshot(ref.Channel, m)
	if !ok || s.Message.ID != ref.ID {
		return conversations.Snapshot{}, fmt.Errorf("slack: read a message: %w", adapters.ErrUnreadable)
	}
	return s, nil
}

// oneOf reads one message by the thread that it is in or begins.
func (c *Chat) oneOf(ctx context.Context, ref conversations.MessageRef) (message, error) {
	all, _, _, err := c.page(ctx, conversations.Place{Channel: ref.Channel, Thread: ref.ID}, ref.ID, ref.ID, "")
	if err != nil {
		return message{}, err
	}
	for _, m := range all {
		if m.TS == ref.ID {
			return c.whole(ctx, ref.Channel, m)
		}
	}
	return message{}, fmt.Errorf("slack: read a message: %w", adapters.ErrUnreadable)
}

// Read implements adapters.Chat. Each is one call, as apps of the slowest class may call once a minute, so a channel is read
// from the newest message back, as Slack has it, and a thread from the oldest on. A mark is the time of the last message
// that was read. Nobody waits for it, so it lets other calls go first.
func (c *Chat) Read(ctx context.Context, p conversations.Place, part conversations.Stretch) (adapters.Page, error) {
	id, err := c.identity(ctx)
	if err != nil {
		return adapters.Page{}, err
	}
	if p.Workspace != id.workspace() {
		return adapters.Page{}, fmt.Errorf("slack: read a channel: %w", adapters.ErrUnreadable)
	}
	ctx = leisurely(ctx)
	first, last := c.ends(p, part)
	all, next, more, err := c.page(ctx, p, stamp(first), stamp(last), "")
	within := func(m message) bool {
		at, ok := exactly(m.TS)
		return ok && !at.Before(first) && !at.After(last) // the root of a thread comes with every page
	}
	for err == nil && more && next != "" && !slices.ContainsFunc(all, within) { // Slack shows none of them
		all, next, more, err = c.page(ctx, p, stamp(first), stamp(last), next)
	}
	if err != nil {
		return adapters.Page{}, err
	}
	all = slices.DeleteFunc(all, func(m message) bool { return !within(m) })
	slices.SortFunc(all, func(a, b message) int { return strings.Compare(a.TS, b.TS) })
	page := adapters.Page{}
	if more && len(all) > 0 {
		page.Left = rest(p, part, all)
	}
	for _, m := range all {
		if m, err = c.whole(ctx, p.Channel, m); err != nil {
			return adapters.Page{}, err
		}
		s, ok := id.snapshot(p.Channel, m)
		if !ok || p.Thread == "" && s.Where.Thread != "" {
			continue // a reply that is shown in the channel, too, is read with its thread
		}
		page.Messages = append(page.Messages, s)
	}
	return page, nil
}

// ends are the times of the first and the last message that can be left of a stretch, as exact as Slack has them. An open
// one ends in the future, as Slack may page from the oldest message on where no end is said.
func (c *Chat) ends(p conversations.Place, part conversations.Stretch) (first, last time.Time) {
	first, last = milli(part.From), part.To.Add(time.Millisecond-time.Microsecond)
	if part.To.IsZero() {
		last = c.now().Add(24 * time.Hour)
	}
	switch mark, ok := exactly(part.Mark); {
	case !ok:
	case p.Thread != "":
		first = mark.Add(time.Microsecond)
	default:
		last = mark.Add(-time.Microsecond)
	}
	return first, last
}

// rest is what a page leaves of a part. The messages are sorted.
func rest(p conversations.Place, part conversations.Stretch, page []message) *conversations.Stretch {
	last := page[0]
	if p.Thread != "" {
		last = page[len(page)-1]
	}
	at, _ := exactly(last.TS)
	part.Mark = last.TS
	if p.Thread != "" {
		part.From = milli(at)
	} else {
		part.To = milli(at)
	}
	return &part
}

// User implements adapters.Chat.
func (c *Chat) User(ctx context.Context, workspace, id string) (conversations.Person, error) {
	us, err := c.identity(ctx)
	if err != nil {
		return conversations.Person{}, err
	}
	if workspace != us.workspace() {
		return conversations.Person{}, fmt.Errorf("slack: read a person: %w", adapters.ErrUnreadable)
	}
	u, err := c.api.GetUserInfoContext(ctx, id)
	if err != nil {
		return conversations.Person{}, reading("read a person", err)
	}
	p := conversations.Person{
		ID: u.ID, Name: inert(firstOf(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name, u.ID)), Active: !u.Deleted,
		Admin: u.IsAdmin || u.IsOwner || u.IsPrimaryOwner, Bot: u.IsBot,
	}
	if _, err := time.LoadLocation(u.TZ); err == nil {
		p.Zone = u.TZ
	}
	return p, nil
}

// Workspaces implements adapters.Chat. Over connections it waits for the first: who reads back before that would miss what
// is said until then.
func (c *Chat) Workspaces(ctx context.Context) ([]string, error) {
	id, err := c.identity(ctx)
	if err != nil {
		return nil, err
	}
	if c.sockets != nil {
		select {
		case <-c.sockets.flowing:
		case <-ctx.Done():
			return nil, errNotConnected
		}
	}
	return []string{id.workspace()}, nil
}

// Places implements adapters.Chat. Channels shared with other organisations are left out.
func (c *Chat) Places(ctx context.Context) ([]conversations.Place, error) {
	id, err := c.identity(ctx)
	if err != nil {
		return nil, err
	}
	var places []conversations.Place
	for cursor := ""; ; {
		got, next, err := c.api.GetConversationsForUserContext(ctx, &slack.GetConversationsForUserParameters{
			Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true, Limit: pageSize, Cursor: cursor,
		})
		if err != nil {
			return nil, reading("list channels", err)
		}
		for _, ch := range got {
			if !ch.IsExtShared && !ch.IsArchived {
				places = append(places, conversations.Place{Workspace: id.workspace(), Channel: ch.ID})
			}
		}
		if cursor = next; cursor == "" {
			slices.SortFunc(places, func(a, b conversations.Place) int { return strings.Compare(a.Channel, b.Channel) })
			return places, nil
		}
	}
}

// CanSee implements adapters.Chat. Guests see the channels that they are in.
func (c *Chat) CanSee(ctx context.Context, user string, p conversations.Place) (bool, error) {
	id, err := c.identity(ctx)
	if err != nil {
		return false, err
	}
	if p.Workspace != id.workspace() {
		return false, fmt.Errorf("slack: read a channel: %w", adapters.ErrUnreadable)
	}
	ch, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: p.Channel})
	if err != nil {
		return false, reading("read a channel", err)
	}
	open := ch.IsChannel && !ch.IsPrivate && !ch.IsIM && !ch.IsMpIM && !ch.IsExtShared
	if user == "" || ch.IsIM {
		return user != "" && ch.User == user || user == "" && open, nil
	}
	u, err := c.api.GetUserInfoContext(ctx, user)
	if code(err) == "user_not_found" || err == nil && u.Deleted {
		return false, nil
	}
	if err != nil {
		return false, reading("read a person", err)
	}
	if open && !u.IsRestricted && !u.IsUltraRestricted && !u.IsStranger && !id.stranger(u.TeamID) {
		return true, nil
	}
	for cursor := ""; ; {
		members, next, err := c.api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{
			ChannelID: p.Channel, Limit: pageSize, Cursor: cursor,
		})
		if err != nil {
			return false, reading("list who is in a channel", err)
		}
		if slices.Contains(members, user) {
			return true, nil
		}
		if cursor = next; cursor == "" {
			return false, nil
		}
	}
}

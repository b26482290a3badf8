package bot_test

import (
	"context"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// hook stands between the bot and one call of a port. It carries the call out with do, or does not, and says what the
// caller hears.
type hook func(ctx context.Context, call string, do func() error) error

// hookedStore is a store whose every call goes through a hook.
type hookedStore struct {
	storage.Store
	hook hook
}

func (s hookedStore) Ready(ctx context.Context) error {
	return s.hook(ctx, "Ready", func() error { return s.Store.Ready(ctx) })
}

func (s hookedStore) Next(ctx context.Context) (at time.Time, err error) {
	err = s.hook(ctx, "Next", func() (err error) { at, err = s.Store.Next(ctx); return err })
	return at, err
}

func (s hookedStore) Purge(ctx context.Context) (n int, err error) {
	err = s.hook(ctx, "Purge", func() (err error) { n, err = s.Store.Purge(ctx); return err })
	return n, err
}

func (s hookedStore) Accept(ctx context.Context, rows ...storage.Row) error {
	return s.hook(ctx, "Accept", func() error { return s.Store.Accept(ctx, rows...) })
}

func (s hookedStore) Claim(ctx context.Context, worker string) (lane storage.Lane, err error) {
	err = s.hook(ctx, "Claim", func() (err error) { lane, err = s.Store.Claim(ctx, worker); return err })
	return lane, err
}

func (s hookedStore) Renew(ctx context.Context, lane storage.Lane) error {
	return s.hook(ctx, "Renew", func() error { return s.Store.Renew(ctx, lane) })
}

func (s hookedStore) Finish(ctx context.Context, rows ...storage.Row) error {
	return s.hook(ctx, "Finish", func() error { return s.Store.Finish(ctx, rows...) })
}

func (s hookedStore) Release(ctx context.Context, lane storage.Lane, rest time.Duration) error {
	return s.hook(ctx, "Release", func() error { return s.Store.Release(ctx, lane, rest) })
}

func (s hookedStore) Fail(ctx context.Context, row storage.Row, reason string, dead bool) error {
	return s.hook(ctx, "Fail", func() error { return s.Store.Fail(ctx, row, reason, dead) })
}

func (s hookedStore) Load(ctx context.Context, id string) (subject conversations.Subject, err error) {
	err = s.hook(ctx, "Load", func() (err error) { subject, err = s.Store.Load(ctx, id); return err })
	return subject, err
}

func (s hookedStore) Find(ctx context.Context, q storage.Query) (all []conversations.Subject, err error) {
	err = s.hook(ctx, "Find", func() (err error) { all, err = s.Store.Find(ctx, q); return err })
	return all, err
}

func (s hookedStore) Route(ctx context.Context, addresses []string) (hits []storage.Hit, err error) {
	err = s.hook(ctx, "Route", func() (err error) { hits, err = s.Store.Route(ctx, addresses); return err })
	return hits, err
}

func (s hookedStore) Save(ctx context.Context, subject conversations.Subject, effects []conversations.Effect) error {
	return s.hook(ctx, "Save", func() error { return s.Store.Save(ctx, subject, effects) })
}

func (s hookedStore) Due(ctx context.Context, now time.Time, limit int) (ids []string, err error) {
	err = s.hook(ctx, "Due", func() (err error) { ids, err = s.Store.Due(ctx, now, limit); return err })
	return ids, err
}

func (s hookedStore) NextDue(ctx context.Context) (at time.Time, err error) {
	err = s.hook(ctx, "NextDue", func() (err error) { at, err = s.Store.NextDue(ctx); return err })
	return at, err
}

func (s hookedStore) ClaimEffect(ctx context.Context, worker string) (c storage.Claim, err error) {
	err = s.hook(ctx, "ClaimEffect", func() (err error) { c, err = s.Store.ClaimEffect(ctx, worker); return err })
	return c, err
}

func (s hookedStore) Settle(ctx context.Context, c storage.Claim, to storage.Settlement) error {
	return s.hook(ctx, "Settle", func() error { return s.Store.Settle(ctx, c, to) })
}

func (s hookedStore) Keep(ctx context.Context, row storage.Kept) error {
	return s.hook(ctx, "Keep", func() error { return s.Store.Keep(ctx, row) })
}

func (s hookedStore) Kept(ctx context.Context, key string) (row storage.Kept, err error) {
	err = s.hook(ctx, "Kept", func() (err error) { row, err = s.Store.Kept(ctx, key); return err })
	return row, err
}

func (s hookedStore) Discard(ctx context.Context, first, end string) error {
	return s.hook(ctx, "Discard", func() error { return s.Store.Discard(ctx, first, end) })
}

func (s hookedStore) Number(ctx context.Context, workspace, series, subject string) (n int, err error) {
	err = s.hook(ctx, "Number", func() (err error) { n, err = s.Store.Number(ctx, workspace, series, subject); return err })
	return n, err
}

// hookedChat is a chat whose every call by the bot goes through a hook.
type hookedChat struct {
	adapters.Chat
	hook hook
}

func (c hookedChat) Workspaces(ctx context.Context) (all []string, err error) {
	err = c.hook(ctx, "Workspaces", func() (err error) { all, err = c.Chat.Workspaces(ctx); return err })
	return all, err
}

func (c hookedChat) Places(ctx context.Context) (all []conversations.Place, err error) {
	err = c.hook(ctx, "Places", func() (err error) { all, err = c.Chat.Places(ctx); return err })
	return all, err
}

func (c hookedChat) Send(ctx context.Context, m conversations.Message) (r conversations.Result, err error) {
	err = c.hook(ctx, "Send", func() (err error) { r, err = c.Chat.Send(ctx, m); return err })
	return r, err
}

func (c hookedChat) Find(ctx context.Context, m conversations.Message) (f adapters.Found, r conversations.Result, err error) {
	err = c.hook(ctx, "Find", func() (err error) { f, r, err = c.Chat.Find(ctx, m); return err })
	return f, r, err
}

func (c hookedChat) Read(ctx context.Context, p conversations.Place, part conversations.Stretch) (page adapters.Page, err error) {
	err = c.hook(ctx, "Read", func() (err error) { page, err = c.Chat.Read(ctx, p, part); return err })
	return page, err
}

func (c hookedChat) Message(ctx context.Context, ref conversations.MessageRef) (s conversations.Snapshot, err error) {
	err = c.hook(ctx, "Message", func() (err error) { s, err = c.Chat.Message(ctx, ref); return err })
	return s, err
}

func (c hookedChat) User(ctx context.Context, workspace, id string) (p conversations.Person, err error) {
	err = c.hook(ctx, "User", func() (err error) { p, err = c.Chat.User(ctx, workspace, id); return err })
	return p, err
}

func (c hookedChat) CanSee(ctx context.Context, user string, p conversations.Place) (can bool, err error) {
	err = c.hook(ctx, "CanSee", func() (err error) { can, err = c.Chat.CanSee(ctx, user, p); return err })
	return can, err
}

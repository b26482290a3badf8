package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// The only way out. What is promised, and by which means:
//
//   - A call of a platform ends five seconds after the claim began, by the store's clock; the claim holds for thirty. So
//     whoever finds a claim that ran out knows that whatever it did has been done for long.
//   - A call whose end is not known leaves its claim to run out. Then a post is looked up; all else is done again, which
//     changes nothing, except for private answers, which are dropped.
//   - What came of an effect is accepted as an event before the effect is settled: a crash in between repeats both, and
//     the event's key is the effect's, so it counts once.
//   - What the platform refuses for good is never repeated, and the subject is told.
const (
	callBound    = 5 * time.Second   // of a platform call, from the start of the claim, by the store's clock
	claimBound   = storage.EffectTTL // of all that is done with one claim, by the real clock
	backOffFirst = time.Second       // after a failure that is known to have changed nothing
	backOffMost  = time.Minute
	noChatRest   = time.Minute // for effects of a platform that is not configured
)

// deliverOnce claims an effect and carries it out. false: none can be claimed now. The error is the store's.
func (b *Bot) deliverOnce(ctx context.Context, worker string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, claimBound)
	defer cancel()
	claiming, claimed := context.WithTimeout(ctx, storeBound)
	c, err := b.store.ClaimEffect(claiming, worker)
	claimed()
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim an effect: %w", err)
	}
	d := &delivery{Bot: b, claim: c, effect: c.Effect, workspace: conversations.WorkspaceOf(c.Subject.ID)}
	d.chat = b.chat(d.workspace)
	err = b.guard(func() error { return d.carryOut(ctx) })
	if isPanic(err) {
		err = d.again(ctx, err)
	}
	return true, err
}

// delivery is one claim being carried out.
type delivery struct {
	*Bot
	claim     storage.Claim
	effect    conversations.Effect
	workspace string
	chat      adapters.Chat
}

func (d *delivery) carryOut(ctx context.Context) error {
	if d.claim.Subject.V > conversations.Version {
		return d.later(ctx, newerRest, "newer")
	}
	switch d.effect.Kind {
	case conversations.Tell:
		return d.tell(ctx)
	case conversations.Keep:
		return d.keep(ctx)
	case conversations.Audit:
		return d.fileAudit(ctx)
	}
	if d.chat == nil {
		d.logger().Warn("an effect waits for a platform that is not configured")
		return d.later(ctx, noChatRest, "no platform")
	}
	switch d.effect.Kind {
	case conversations.Fetch:
		return d.fetch(ctx)
	case conversations.ReadBack:
		return d.readBack(ctx)
	}
	return d.send(ctx)
}

// tell says something to another subject.
func (d *delivery) tell(ctx context.Context) error {
	e := *d.effect.Tell
	if err := d.accept(ctx, rowFor(conversations.Addressed{Subject: e.Subject, Event: e})); err != nil {
		return d.again(ctx, err)
	}
	return d.done(ctx, nil, "told")
}

// keep files an immutable row.
func (d *delivery) keep(ctx context.Context) error {
	at := d.effect.At
	if at.IsZero() {
		at = d.now()
	}
	if _, err := d.file(ctx, at); err != nil {
		return d.again(ctx, err)
	}
	filed := d.result(conversations.Filed)
	filed.Value, filed.At, filed.Who = d.effect.Key, at, d.effect.Person
	if err := d.report(ctx, filed); err != nil {
		return d.again(ctx, err)
	}
	return d.done(ctx, nil, "kept")
}

// file makes the effect's row and keeps it under its key, where the first one stays.
func (d *delivery) file(ctx context.Context, at time.Time) ([]byte, error) {
	facts, err := d.facts(ctx)
	if err != nil {
		return nil, err
	}
	body, err := conversations.Row(d.claim.Subject, d.effect, facts)
	if err != nil {
		return nil, err
	}
	keeping, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	if err := d.store.Keep(keeping, storage.Kept{Key: d.effect.Key, At: at, Body: body}); err != nil {
		return nil, fmt.Errorf("keep %s: %w", d.effect.Key, err)
	}
	return body, nil
}

// fetch reads one message. That it cannot be read is an answer, too.
func (d *delivery) fetch(ctx context.Context) error {
	var snap conversations.Snapshot
	err := d.call(ctx, func(ctx context.Context) (err error) {
		snap, err = d.chat.Message(ctx, d.effect.Message)
		return err
	})
	fetched := d.result(conversations.Fetched)
	fetched.Seen = d.effect.Seen
	switch {
	case err == nil:
		fetched.Snapshot = &snap
	case !errors.Is(err, adapters.ErrUnreadable):
		return d.again(ctx, err)
	}
	if err := d.report(ctx, fetched); err != nil {
		return d.again(ctx, err)
	}
	return d.done(ctx, &storage.Ref{}, "fetched") // the slot's next one waits for its turn
}

// send posts, edits, reacts or answers privately.
func (d *delivery) send(ctx context.Context) error {
	inDoubt := !d.claim.Lapsed.IsZero() // an earlier claim may have sent it
	if d.effect.Kind == conversations.Reply && inDoubt {
		d.logger().Warn("a private answer may not have arrived and is not repeated")
		return d.done(ctx, nil, "dropped")
	}
	m, something, err := d.message(ctx)
	if err != nil {
		return d.again(ctx, err)
	}
	if inDoubt && isPost(m) {
		if settled, err := d.lookUpPost(ctx, m); settled || err != nil {
			return err
		}
	}
	if !something {
		return d.done(ctx, nil, "nothing to say")
	}
	hash := hashOf(m)
	if m.Edit.ID != "" && !inDoubt && hash == d.claim.Ref.Hash {
		return d.done(ctx, nil, "unchanged")
	}
	result, err := d.sendOnce(ctx, m)
	if isGone(m, err) {
		m.Edit, m.OpensThread = conversations.MessageRef{}, false
		if inDoubt {
			if settled, err := d.lookUpPost(ctx, m); settled || err != nil {
				return err
			}
		}
		result, err = d.sendOnce(ctx, m)
	}
	if err != nil {
		return d.notSent(ctx, err)
	}
	if isPost(m) && d.effect.Kind != conversations.Reply {
		return d.posted(ctx, result, hash, "sent")
	}
	ref := storage.Ref{Result: d.claim.Ref.Result, Hash: hash}
	ref.Result.Further = result.Further
	return d.done(ctx, &ref, "sent")
}

func (d *delivery) sendOnce(ctx context.Context, m conversations.Message) (result conversations.Result, err error) {
	err = d.call(ctx, func(ctx context.Context) (err error) {
		result, err = d.chat.Send(ctx, m)
		return err
	})
	return result, err
}

// isGone reports whether the message that was to be edited is not there any more: somebody deleted it. What it says is
// posted anew, once, in the same claim. Should that claim end in doubt, the address still names the old message: the next
// holder finds it gone, too, and looks the post up before anything is posted again.
func isGone(m conversations.Message, err error) bool {
	var u *adapters.Undeliverable
	return m.Edit.ID != "" && errors.As(err, &u) && u.Gone
}

// isPost tells what may be looked up from what is simply done again.
func isPost(m conversations.Message) bool {
	return (m.Kind == conversations.Post || m.Kind == conversations.Private) && m.Edit.ID == ""
}

// message renders the effect, from what is stored now. false: there is nothing left to say.
func (d *delivery) message(ctx context.Context) (conversations.Message, bool, error) {
	ef := d.effect
	m := conversations.Message{
		Effect: ef.ID, Kind: ef.Kind, Slot: ef.Slot, Place: ef.Place, Person: ef.Person, Target: ef.Message,
		Names: ef.Args, Emoji: ef.Emoji, On: ef.On, Handle: ef.Handle, Since: d.claim.Lapsed, OpensThread: ef.OpensThread(),
	}
	switch ef.Kind {
	case conversations.React, conversations.Join:
		return m, true, nil
	case conversations.Post, conversations.Private:
		m.Edit, m.Further = d.claim.Ref.Result.Message, d.claim.Ref.Result.Further
	case conversations.Reply:
		if expires := ef.Handle.Expires; !expires.IsZero() && !expires.After(d.now()) {
			m.Kind, m.Handle = conversations.Private, conversations.Handle{}
		}
	}
	facts, err := d.facts(ctx)
	if err != nil {
		return m, false, err
	}
	body, ok := conversations.Render(d.claim.Subject, ef, facts)
	m.Body = body
	return m, ok, nil
}

func (d *delivery) facts(ctx context.Context) (conversations.Facts, error) {
	r := d.reader(d.workspace, d.claim.Subject.ID)
	r.sure = d.effect.Kind == conversations.Private
	return r.gather(ctx, func(f conversations.Facts) conversations.Needs {
		return conversations.RenderNeeds(d.claim.Subject, d.effect, f)
	})
}

// lookUpPost finds out whether an earlier claim sent the post. settled: there is nothing left to do.
func (d *delivery) lookUpPost(ctx context.Context, m conversations.Message) (settled bool, err error) {
	var found adapters.Found
	var result conversations.Result
	err = d.call(ctx, func(ctx context.Context) (err error) {
		found, result, err = d.chat.Find(ctx, m)
		return err
	})
	switch {
	case errors.Is(err, adapters.ErrUndeliverable):
		return true, d.refused(ctx, err)
	case errors.Is(err, adapters.ErrUnreadable):
		found = adapters.CannotTell
	case err != nil:
		return true, d.again(ctx, err)
	}
	switch {
	case found == adapters.Yes:
		return true, d.posted(ctx, result, "", "adopted") // without a hash: what it says is not known
	case found == adapters.CannotTell && m.Kind == conversations.Private:
		d.logger().Warn("a private message may not have arrived and is not repeated")
		return true, d.done(ctx, nil, "dropped")
	}
	return false, nil
}

// posted tells the subject where its post is.
func (d *delivery) posted(ctx context.Context, result conversations.Result, hash, outcome string) error {
	sent := d.result(conversations.Sent)
	sent.Result = result
	if !result.At.IsZero() {
		sent.At = result.At
	}
	if err := d.report(ctx, sent); err != nil {
		return err // the claim runs out, and the post is looked up
	}
	return d.done(ctx, &storage.Ref{Result: normal(sent).Result, Hash: hash}, outcome)
}

// notSent deals with what the platform said instead of sending. What leaves open whether it sent keeps its claim: when
// that runs out, it is looked up or done again.
func (d *delivery) notSent(ctx context.Context, err error) error {
	var wait *adapters.RetryAfter
	switch {
	case errors.Is(err, adapters.ErrUndeliverable):
		return d.refused(ctx, err)
	case errors.As(err, &wait), errors.Is(err, errTooLate):
		return d.again(ctx, err)
	case isPanic(err) && !d.claim.Lapsed.IsZero():
		return d.again(ctx, err) // it stays in doubt, but its tries are counted
	}
	d.logger().Warn("it is not known whether an effect was sent", "err", err)
	d.count("uncertain")
	return nil
}

// refused tells the subject that this will never be.
func (d *delivery) refused(ctx context.Context, cause error) error {
	reason := "the platform refuses it"
	var u *adapters.Undeliverable
	if errors.As(cause, &u) {
		reason = u.Reason
	}
	d.logger().Warn("an effect was refused", "err", cause)
	return d.giveUp(ctx, reason, "refused")
}

func (d *delivery) giveUp(ctx context.Context, reason, outcome string) error {
	e := d.result(conversations.Refused)
	e.Reason = reason
	if err := d.report(ctx, e); err != nil {
		return err // the claim runs out, and the platform refuses it again
	}
	return d.done(ctx, nil, outcome)
}

// errTooLate: the platform is not called any more, so that nothing it does can overtake a later claim.
var errTooLate = errors.New("too late after the claim to call the platform")

// call calls the platform, if there is time left, with what is left of it.
func (d *delivery) call(ctx context.Context, f func(context.Context) error) error {
	left := d.left()
	if left <= 0 {
		return errTooLate
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	return d.guard(func() error { return f(ctx) })
}

// left is how much time there is for platform calls, by the store's clock.
func (d *delivery) left() time.Duration {
	return d.claim.StartedAt.Add(callBound).Sub(d.store.Now())
}

// again puts back what is known to have changed nothing outside: for as long as the platform asks, which is no attempt,
// else longer each time. What panics for the third time is given up, and the subject hears of it.
func (d *delivery) again(ctx context.Context, cause error) error {
	var retry *adapters.RetryAfter
	if errors.As(cause, &retry) {
		return d.later(ctx, retry.After, "later")
	}
	switch {
	case !isPanic(cause):
		d.logger().Warn("an effect is tried again", "err", cause)
	case d.claim.Tries+1 < panicsAtMost:
		d.logger().Error("an effect panicked and is tried again", "err", cause)
	default:
		d.logger().Error("an effect panicked and is given up", "err", cause)
		return d.giveUp(ctx, "internal error", "panic")
	}
	s := storage.Settlement{Again: backOff(d.claim.Tries), Attempt: true}
	err := d.settle(ctx, s, "again")
	if errors.Is(cause, storage.ErrUnavailable) {
		return errors.Join(cause, err)
	}
	return err
}

func backOff(tries int) time.Duration {
	return min(backOffMost, backOffFirst<<min(tries, 10))
}

// later puts the effect back without counting a try.
func (d *delivery) later(ctx context.Context, after time.Duration, outcome string) error {
	return d.settle(ctx, storage.Settlement{Again: max(after, time.Millisecond)}, outcome)
}

// done ends the effect. A ref, when given, becomes the slot's.
func (d *delivery) done(ctx context.Context, ref *storage.Ref, outcome string) error {
	return d.settle(ctx, storage.Settlement{Ref: ref}, outcome)
}

func (d *delivery) settle(ctx context.Context, s storage.Settlement, outcome string) error {
	d.count(outcome)
	if s.Again > 0 {
		d.metrics.retries.WithLabelValues("effect").Inc()
	}
	err := insist(func() error {
		ctx, cancel := context.WithTimeout(ctx, storeBound)
		defer cancel()
		return d.store.Settle(ctx, d.claim, s)
	})
	if errors.Is(err, storage.ErrConflict) {
		d.logger().Warn("an effect was taken over by another worker")
		return nil
	}
	if err != nil {
		return fmt.Errorf("settle %s: %w", d.effect.ID, err)
	}
	return nil
}

// result is an event about what came of the effect. Its key is the effect's, so however often it comes, it counts once.
func (d *delivery) result(kind conversations.EventKind) conversations.Event {
	return conversations.Event{
		Key: d.workspace + "/result/" + d.effect.ID, Kind: kind, At: d.now(), Subject: d.claim.Subject.ID,
		Where: conversations.Place{Workspace: d.workspace}, Message: d.effect.Message, Effect: d.effect.ID, Slot: d.effect.Slot,
	}
}

func (d *delivery) report(ctx context.Context, e conversations.Event) error {
	return insist(func() error {
		return d.accept(ctx, rowFor(conversations.Addressed{Subject: d.claim.Subject.ID, Event: e}))
	})
}

// insist makes a write that may be repeated up to three times while the store does not answer. A claim that is left to run
// out costs half a minute, a private answer, and a second look at what was sent; a short failure should not.
func insist(write func() error) error {
	err := write()
	for again := 0; again < 2 && errors.Is(err, storage.ErrUnavailable); again++ {
		err = write()
	}
	return err
}

func (d *delivery) logger() *slog.Logger {
	return d.log.With("platform", platform(d.workspace), "subject", d.claim.Subject.ID, "effect", d.effect.ID)
}

func (d *delivery) count(outcome string) {
	d.metrics.sends.WithLabelValues(string(d.effect.Kind), outcome).Inc()
}

// hashOf is the same for messages that look the same.
func hashOf(m conversations.Message) string {
	b, err := json.Marshal(struct {
		Body  conversations.Body
		Emoji string
		On    bool
	}{m.Body, m.Emoji, m.On})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

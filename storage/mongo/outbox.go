package mongo

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// pageSize is how many subjects of each sort ClaimEffect looks at in one read.
const pageSize = 8

// outboxOnly leaves out everything that delivery does not decide on.
var outboxOnly = bson.D{
	{Key: "outbox", Value: 1}, {Key: "refs", Value: 1}, {Key: "outboxRev", Value: 1}, {Key: "ready", Value: 1}, {Key: "wake", Value: 1},
}

// ClaimEffect implements storage.Outbox.
//
// Candidates are the subjects that are ready or whose wake has come, longest waiting first. What of one can be claimed
// is decided by storage.NextEntry from the outbox as read, and the claim holds only if the outbox is still that one
// (outboxRev): a newer entry of the slot that comes in between makes it miss. A subject that was looked at in vain (its
// destinations are busy) is put down for the right time, so it is read once and never stands in others' way.
//
// A claim whose answer was lost stands under the worker's name and runs out like that of a worker that died.
func (s *Store) ClaimEffect(ctx context.Context, worker string) (storage.Claim, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	for {
		now := s.Now()
		candidates, err := s.candidates(ctx, now)
		if err == nil && len(candidates) == 0 {
			err = fmt.Errorf("no effect can be claimed: %w", storage.ErrNotFound)
		}
		if err != nil {
			return storage.Claim{}, s.failed(ctx, "claim an effect", err)
		}
		for _, d := range candidates {
			claim, err := s.claimOf(ctx, d, worker, now)
			if err == nil {
				return claim, nil
			}
			if !errors.Is(err, errMissed) {
				return storage.Claim{}, s.failed(ctx, "claim an effect of "+d.ID, err)
			}
		}
	}
}

// errMissed: the subject has nothing to claim now, or its outbox changed after it was read.
var errMissed = errors.New("missed")

// candidates are the first of the subjects that wait for nothing and of those whose time has come.
func (s *Store) candidates(ctx context.Context, now time.Time) ([]document, error) {
	ready, err := s.firstBy(ctx, "ready", anyTime, pageSize)
	if err != nil {
		return nil, err
	}
	woken, err := s.firstBy(ctx, "wake", bson.D{{Key: "$lte", Value: now}}, pageSize)
	if err != nil {
		return nil, err
	}
	all := append(ready, woken...)
	slices.SortStableFunc(all, func(a, b document) int {
		return cmp.Or(a.since().Compare(b.since()), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// since is since when a candidate waits.
func (d document) since() time.Time {
	if d.Out.Ready.IsZero() {
		return d.Out.Wake
	}
	return d.Out.Ready
}

// anyTime matches fields that are there, by the index.
var anyTime = bson.D{{Key: "$gt", Value: time.Time{}}}

func (s *Store) firstBy(ctx context.Context, field string, times bson.D, limit int) ([]document, error) {
	cursor, err := s.subjects.Find(ctx, bson.D{{Key: field, Value: times}}, options.Find().
		SetSort(bson.D{{Key: field, Value: 1}}).
		SetLimit(int64(limit)).
		SetProjection(outboxOnly))
	if err != nil {
		return nil, err
	}
	var docs []document
	return docs, cursor.All(ctx, &docs)
}

func (s *Store) claimOf(ctx context.Context, d document, worker string, now time.Time) (storage.Claim, error) {
	entries, refs, err := d.Out.port()
	if err != nil {
		return storage.Claim{}, err
	}
	i, _ := storage.NextEntry(entries, refs, now)
	if i < 0 {
		if err := s.putDown(ctx, d, entries, refs); err != nil {
			return storage.Claim{}, err
		}
		return storage.Claim{}, errMissed
	}
	e := &entries[i]
	if e.State == storage.Sending && e.Lapsed.IsZero() {
		e.Lapsed = e.StartedAt
	}
	e.State, e.StartedAt, e.By = storage.Sending, now, worker
	subject, err := s.take(ctx, d, entries, refs, *e)
	if err != nil {
		return storage.Claim{}, err
	}
	return storage.Claim{
		Subject: subject, Effect: e.Effect, Ref: refs[e.Effect.Slot], StartedAt: e.StartedAt,
		Tries: e.Tries, Lapsed: e.Lapsed, Worker: worker,
	}, nil
}

// take writes a claim and returns the subject as it was in that moment. The entries are those after the claim.
func (s *Store) take(ctx context.Context, d document, entries []storage.Entry, refs map[string]storage.Ref, e storage.Entry) (conversations.Subject, error) {
	c := change{set: bson.D{
		{Key: "outbox.$[e].state", Value: string(storage.Sending)},
		{Key: "outbox.$[e].startedAt", Value: e.StartedAt},
		{Key: "outbox.$[e].by", Value: e.By},
	}}
	if !e.Lapsed.IsZero() {
		c.set = append(c.set, bson.E{Key: "outbox.$[e].lapsed", Value: e.Lapsed})
	}
	c.schedule(entries, refs)
	var after document
	err := s.subjects.FindOneAndUpdate(ctx, atOutboxRev(d), append(c.update(), nextOutboxRev),
		options.FindOneAndUpdate().
			SetArrayFilters([]any{bson.D{{Key: "e.id", Value: e.Effect.ID}}}).
			SetReturnDocument(options.After).
			SetProjection(withoutOutbox)).Decode(&after)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return conversations.Subject{}, errMissed
	}
	if err != nil {
		return conversations.Subject{}, err
	}
	return after.port()
}

// putDown writes when to look again at a subject, if its outbox is still the one that was read.
func (s *Store) putDown(ctx context.Context, d document, entries []storage.Entry, refs map[string]storage.Ref) error {
	var c change
	c.schedule(entries, refs)
	_, err := s.subjects.UpdateOne(ctx, atOutboxRev(d), c.update())
	return err
}

var nextOutboxRev = bson.E{Key: "$inc", Value: bson.D{{Key: "outboxRev", Value: int64(1)}}}

func atOutboxRev(d document) bson.D {
	return bson.D{{Key: "_id", Value: d.ID}, {Key: "outboxRev", Value: d.Out.OutboxRev}}
}

// change is an update of a subject's outbox fields.
type change struct {
	set   bson.D
	unset []string
}

// schedule sets one of ready and wake from what the outbox will be, and takes the other away.
func (c *change) schedule(entries []storage.Entry, refs map[string]storage.Ref) {
	ready, wake := turnOf(entries, refs)
	for _, f := range []bson.E{{Key: "ready", Value: ready}, {Key: "wake", Value: wake}} {
		if f.Value.(time.Time).IsZero() {
			c.unset = append(c.unset, f.Key)
		} else {
			c.set = append(c.set, f)
		}
	}
}

func (c *change) update() bson.D {
	var u bson.D
	if len(c.set) > 0 {
		u = append(u, bson.E{Key: "$set", Value: c.set})
	}
	if len(c.unset) > 0 {
		u = append(u, bson.E{Key: "$unset", Value: names(c.unset...)})
	}
	return u
}

// turnOf says since when an entry of the outbox waits for nothing, or else when the first can be claimed. Both are zero
// when the outbox is empty.
func turnOf(entries []storage.Entry, refs map[string]storage.Ref) (ready, wake time.Time) {
	i, wake := storage.NextEntry(entries, refs, time.Time{}) // nothing that waits for a time is free at the beginning of time
	if i >= 0 {
		return entries[i].Since, time.Time{}
	}
	return time.Time{}, wake
}

// Settle implements storage.Outbox. Repeated after a lost answer it says ErrConflict: the claim is settled and so no
// longer held, by the same write or by somebody else's; the caller has nothing more to do with it either way.
func (s *Store) Settle(ctx context.Context, c storage.Claim, settlement storage.Settlement) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	for {
		err := s.settle(ctx, c, settlement)
		if errors.Is(err, errMissed) {
			continue // a save or another delivery came in between
		}
		if err != nil {
			return s.failed(ctx, "settle "+c.Effect.ID, err)
		}
		return nil
	}
}

func (s *Store) settle(ctx context.Context, c storage.Claim, settlement storage.Settlement) error {
	var d document
	err := s.subjects.FindOne(ctx, byID(c.Subject.ID), options.FindOne().SetProjection(outboxOnly)).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return storage.ErrConflict
	}
	if err != nil {
		return err
	}
	entries, refs, err := d.Out.port()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(entries, func(e storage.Entry) bool { return holds(c, e) })
	if i < 0 {
		return storage.ErrConflict
	}
	if settlement.Again > 0 {
		return s.putBack(ctx, d, entries, refs, i, settlement)
	}
	return s.done(ctx, d, entries, refs, i, settlement.Ref)
}

func holds(c storage.Claim, e storage.Entry) bool {
	return e.Effect.ID == c.Effect.ID && e.State == storage.Sending && e.By == c.Worker && e.StartedAt.Equal(c.StartedAt)
}

func (s *Store) putBack(ctx context.Context, d document, entries []storage.Entry, refs map[string]storage.Ref, i int, settlement storage.Settlement) error {
	e := &entries[i]
	e.State, e.StartedAt, e.By = storage.Waiting, time.Time{}, ""
	e.NotBefore = milli(s.Now().Add(settlement.Again))
	if settlement.Attempt {
		e.Tries++
	}
	c := change{
		set: bson.D{
			{Key: "outbox.$[e].state", Value: string(e.State)},
			{Key: "outbox.$[e].notBefore", Value: e.NotBefore},
			{Key: "outbox.$[e].tries", Value: e.Tries},
		},
		unset: []string{"outbox.$[e].startedAt", "outbox.$[e].by"},
	}
	c.schedule(entries, refs)
	result, err := s.subjects.UpdateOne(ctx, atOutboxRev(d), append(c.update(), nextOutboxRev),
		options.UpdateOne().SetArrayFilters([]any{bson.D{{Key: "e.id", Value: e.Effect.ID}}}))
	return missed(result, err)
}

// done takes an entry away with those it superseded. The list of refs is written whole: outboxRev guards it.
func (s *Store) done(ctx context.Context, d document, entries []storage.Entry, refs map[string]storage.Ref, i int, given *storage.Ref) error {
	slot := entries[i].Effect.Slot
	gone := []string{entries[i].Effect.ID}
	var left []storage.Entry
	for j, e := range entries {
		switch {
		case j < i && slot != "" && e.Effect.Slot == slot && e.State == storage.Waiting:
			gone = append(gone, e.Effect.ID)
		case j != i:
			left = append(left, e)
		}
	}
	var c change
	if given != nil && slot != "" {
		r := *given
		r.At = s.Now()
		refs[slot] = r
		stored, err := withRef(d.Out.Refs, slot, r)
		if err != nil {
			return err
		}
		c.set = bson.D{{Key: "refs", Value: stored}}
	}
	c.schedule(left, refs)
	update := append(c.update(), nextOutboxRev,
		bson.E{Key: "$pull", Value: bson.D{{Key: "outbox", Value: bson.D{{Key: "id", Value: bson.D{{Key: "$in", Value: gone}}}}}}})
	result, err := s.subjects.UpdateOne(ctx, atOutboxRev(d), update)
	return missed(result, err)
}

func missed(result *mongo.UpdateResult, err error) error {
	if err == nil && result.MatchedCount == 0 {
		return errMissed
	}
	return err
}

func withRef(refs []ref, slot string, r storage.Ref) ([]ref, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("ref %s: %w", slot, err)
	}
	out := slices.DeleteFunc(slices.Clone(refs), func(r ref) bool { return r.Slot == slot })
	return append(out, ref{Slot: slot, Body: string(body)}), nil
}

// Pending implements storage.Outbox.
func (s *Store) Pending(ctx context.Context, id string) ([]storage.Entry, map[string]storage.Ref, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	var d document
	err := s.subjects.FindOne(ctx, byID(id), options.FindOne().SetProjection(outboxOnly)).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, s.failed(ctx, "pending of "+id, err)
	}
	entries, refs, err := d.Out.port()
	if err != nil {
		return nil, nil, s.failed(ctx, "pending of "+id, err)
	}
	return entries, refs, nil
}

// nextEffect is when the first effect can be claimed; zero when there is none. On the way it puts subjects down for the
// right time, as ClaimEffect does.
func (s *Store) nextEffect(ctx context.Context) (time.Time, error) {
	for {
		ready, err := s.firstBy(ctx, "ready", anyTime, 1)
		if err != nil {
			return time.Time{}, err
		}
		if len(ready) == 0 {
			return s.nextWake(ctx)
		}
		entries, refs, err := ready[0].Out.port()
		if err != nil {
			return time.Time{}, err
		}
		if i, _ := storage.NextEntry(entries, refs, s.Now()); i >= 0 {
			return s.Now(), nil
		}
		if err := s.putDown(ctx, ready[0], entries, refs); err != nil {
			return time.Time{}, err
		}
	}
}

func (s *Store) nextWake(ctx context.Context) (time.Time, error) {
	woken, err := s.firstBy(ctx, "wake", anyTime, 1)
	if err != nil || len(woken) == 0 {
		return time.Time{}, err
	}
	return milli(woken[0].Out.Wake), nil
}

// countEffects counts the entries of all outboxes and says since when the oldest of them is there.
func (s *Store) countEffects(ctx context.Context) (int, time.Time, error) {
	cursor, err := s.subjects.Aggregate(ctx, bson.A{
		bson.D{{Key: "$match", Value: bson.D{{Key: "$or", Value: bson.A{
			bson.D{{Key: "ready", Value: anyTime}}, bson.D{{Key: "wake", Value: anyTime}},
		}}}}},
		bson.D{{Key: "$unwind", Value: "$outbox"}},
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: nil},
			{Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}},
			{Key: "oldest", Value: bson.D{{Key: "$min", Value: "$outbox.since"}}},
		}}},
	})
	if err != nil {
		return 0, time.Time{}, err
	}
	var counted []struct {
		N      int       `bson:"n"`
		Oldest time.Time `bson:"oldest"`
	}
	if err := cursor.All(ctx, &counted); err != nil || len(counted) == 0 {
		return 0, time.Time{}, err
	}
	return counted[0].N, milli(counted[0].Oldest), nil
}

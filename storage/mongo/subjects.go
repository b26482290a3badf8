package mongo

import (
	"cmp"
	"context"
	"crypto/rand"
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

// withoutOutbox leaves out what steps never see.
var withoutOutbox = bson.D{{Key: "outbox", Value: 0}, {Key: "refs", Value: 0}}

// Load implements storage.Subjects.
func (s *Store) Load(ctx context.Context, id string) (conversations.Subject, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	var d document
	err := s.subjects.FindOne(ctx, byID(id), options.FindOne().SetProjection(withoutOutbox)).Decode(&d)
	if err != nil {
		return conversations.Subject{}, s.failed(ctx, "load "+id, err)
	}
	subject, err := d.port()
	if err != nil {
		return conversations.Subject{}, s.failed(ctx, "load "+id, err)
	}
	return subject, nil
}

// Find implements storage.Subjects.
func (s *Store) Find(ctx context.Context, q storage.Query) ([]conversations.Subject, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	found, err := s.find(ctx, q)
	if err != nil {
		return nil, s.failed(ctx, "find "+q.Address, err)
	}
	return found, nil
}

func (s *Store) find(ctx context.Context, q storage.Query) ([]conversations.Subject, error) {
	cursor, err := s.subjects.Find(ctx, filterOf(q), options.Find().
		SetSort(bson.D{{Key: "at", Value: 1}, {Key: "_id", Value: 1}}).
		SetLimit(int64(max(q.Limit, 0))).
		SetProjection(withoutOutbox))
	if err != nil {
		return nil, err
	}
	var docs []document
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, err
	}
	var out []conversations.Subject
	for _, d := range docs {
		subject, err := d.port()
		if err != nil {
			return nil, err
		}
		out = append(out, subject)
	}
	return out, nil
}

func filterOf(q storage.Query) bson.D {
	filter := bson.D{{Key: "addresses", Value: q.Address}}
	var at bson.D
	if !q.From.IsZero() {
		at = append(at, bson.E{Key: "$gte", Value: milli(q.From)})
	}
	if !q.Until.IsZero() {
		at = append(at, bson.E{Key: "$lt", Value: milli(q.Until)})
	}
	if at != nil {
		filter = append(filter, bson.E{Key: "at", Value: at})
	}
	return filter
}

// Route implements storage.Subjects. The hits are sorted by address and subject.
func (s *Store) Route(ctx context.Context, addresses []string) ([]storage.Hit, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	ctx, cancel := s.begin(ctx)
	defer cancel()
	docs, err := s.routing.do(ctx, addresses)
	if err != nil {
		return nil, s.failed(ctx, "route", err)
	}
	return hits(docs, addresses), nil
}

// withAddresses are the subjects that have one of the addresses, with nothing but their addresses.
func (s *Store) withAddresses(ctx context.Context, addresses []string) ([]document, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	cursor, err := s.subjects.Find(ctx, bson.D{{Key: "addresses", Value: bson.D{{Key: "$in", Value: addresses}}}},
		options.Find().SetProjection(bson.D{{Key: "addresses", Value: 1}}))
	if err != nil {
		return nil, err
	}
	var docs []document
	return docs, cursor.All(ctx, &docs)
}

// hits says which of them have which of the addresses.
func hits(docs []document, addresses []string) []storage.Hit {
	var out []storage.Hit
	for _, d := range docs {
		for _, a := range d.Addresses {
			if slices.Contains(addresses, a) {
				out = append(out, storage.Hit{Address: a, Subject: d.ID})
			}
		}
	}
	slices.SortFunc(out, func(a, b storage.Hit) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Subject, b.Subject))
	})
	return slices.Compact(out)
}

var errEffectsOfNothing = errors.New("a subject that is deleted has no effects")

// Save implements storage.Subjects.
//
// When the answer to its write is lost, it looks whether the write happened: every save draws a token of its own and
// stores it as savedBy. So a caller hardly ever has to repeat a save that succeeded; one who has to gets ErrConflict,
// loads, and finds what it stepped in Applied.
func (s *Store) Save(ctx context.Context, subject conversations.Subject, effects []conversations.Effect) error {
	looking, stop := context.WithTimeout(ctx, s.timeout+s.timeout/5)
	defer stop()
	ctx, cancel := s.begin(ctx)
	defer cancel()
	token := rand.Text()
	err := s.save(ctx, subject, effects, token)
	if err == nil {
		return nil
	}
	if (ctx.Err() != nil || unavailable(err)) && s.saved(looking, subject, token) {
		return nil
	}
	return s.failed(ctx, fmt.Sprintf("save %s at %d", subject.ID, subject.Rev), err)
}

func (s *Store) save(ctx context.Context, subject conversations.Subject, effects []conversations.Effect, token string) error {
	switch {
	case subject.State == nil && len(effects) > 0:
		return errEffectsOfNothing
	case subject.State == nil:
		return s.remove(ctx, subject)
	case subject.Rev == 0:
		return s.insert(ctx, subject, effects, token)
	}
	return s.update(ctx, subject, effects, token)
}

// saved finds out whether a save whose answer was lost has happened. It has what is left of the time and a fifth more;
// when it cannot tell it says no, and the caller repeats the save.
func (s *Store) saved(ctx context.Context, subject conversations.Subject, token string) bool {
	var d document
	err := s.subjects.FindOne(ctx, byID(subject.ID), options.FindOne().SetProjection(bson.D{{Key: "savedBy", Value: 1}})).Decode(&d)
	if subject.State == nil {
		return errors.Is(err, mongo.ErrNoDocuments)
	}
	return err == nil && d.SavedBy == token
}

func (s *Store) remove(ctx context.Context, subject conversations.Subject) error {
	if subject.Rev == 0 {
		err := s.subjects.FindOne(ctx, byID(subject.ID), options.FindOne().SetProjection(bson.D{{Key: "rev", Value: 1}})).Err()
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		return cmp.Or(err, storage.ErrConflict)
	}
	result, err := s.subjects.DeleteOne(ctx, append(atRev(subject), bson.E{Key: "outbox", Value: bson.D{{Key: "$size", Value: 0}}}))
	if err == nil && result.DeletedCount == 0 {
		return storage.ErrConflict
	}
	return err
}

func atRev(subject conversations.Subject) bson.D {
	return bson.D{{Key: "_id", Value: subject.ID}, {Key: "rev", Value: subject.Rev}}
}

func (s *Store) insert(ctx context.Context, subject conversations.Subject, effects []conversations.Effect, token string) error {
	fields, _, err := stateFields(subject.State)
	if err != nil {
		return err
	}
	state, err := bson.Marshal(fields)
	if err != nil {
		return err
	}
	now := s.Now()
	entries, err := newEntries(effects, now)
	if err != nil {
		return err
	}
	d := document{
		ID: subject.ID, Kind: string(subject.State.Kind()), V: subject.V, Rev: 1, Due: milli(subject.Due), At: milli(subject.At),
		Addresses: list(subject.Addresses), Applied: list(subject.Applied), SavedBy: token, State: state,
		Out: outboxFields{Outbox: entries, Refs: []ref{}, OutboxRev: 1},
	}
	if len(entries) > 0 {
		d.Out.Ready = now
	}
	_, err = s.subjects.InsertOne(ctx, d)
	if duplicate(err) {
		return storage.ErrConflict
	}
	return err
}

func (s *Store) update(ctx context.Context, subject conversations.Subject, effects []conversations.Effect, token string) error {
	change, err := s.changeOf(subject, effects, token)
	if err != nil {
		return err
	}
	result, err := s.subjects.UpdateOne(ctx, atRev(subject), change)
	if err == nil && result.MatchedCount == 0 {
		return storage.ErrConflict
	}
	return err
}

// changeOf sets every field that this program knows or takes it away, and appends to the outbox.
func (s *Store) changeOf(subject conversations.Subject, effects []conversations.Effect, token string) (bson.D, error) {
	fields, unset, err := stateFields(subject.State)
	if err != nil {
		return nil, err
	}
	values := bson.D{
		{Key: "kind", Value: string(subject.State.Kind())},
		{Key: "v", Value: subject.V},
		{Key: "rev", Value: subject.Rev + 1},
		{Key: "at", Value: milli(subject.At)},
		{Key: "addresses", Value: list(subject.Addresses)},
		{Key: "applied", Value: list(subject.Applied)},
		{Key: "savedBy", Value: token},
	}
	var gone []string
	if subject.Due.IsZero() {
		gone = append(gone, "due")
	} else {
		values = append(values, bson.E{Key: "due", Value: milli(subject.Due)})
	}
	for _, f := range fields {
		values = append(values, bson.E{Key: "state." + f.Key, Value: f.Value})
	}
	for _, f := range unset {
		gone = append(gone, "state."+f)
	}
	change := set(values)
	if len(gone) > 0 {
		change = append(change, bson.E{Key: "$unset", Value: names(gone...)})
	}
	if len(effects) == 0 {
		return change, nil
	}
	return appendEffects(change, effects, s.Now())
}

func appendEffects(change bson.D, effects []conversations.Effect, now time.Time) (bson.D, error) {
	entries, err := newEntries(effects, now)
	if err != nil {
		return nil, err
	}
	return append(change,
		bson.E{Key: "$push", Value: bson.D{{Key: "outbox", Value: bson.D{{Key: "$each", Value: entries}}}}},
		bson.E{Key: "$min", Value: bson.D{{Key: "ready", Value: now}}},
		bson.E{Key: "$inc", Value: bson.D{{Key: "outboxRev", Value: int64(1)}}},
	), nil
}

// stateFields are the fields of a state, and the names of those it can have and leaves out.
func stateFields(state conversations.State) (fields bson.D, unset []string, err error) {
	encoded, err := conversations.Encode(state)
	if err != nil {
		return nil, nil, err
	}
	fields = bson.D{}
	for _, name := range conversations.FieldNames(state.Kind()) {
		raw, ok := encoded[name]
		if !ok {
			unset = append(unset, name)
			continue
		}
		v, err := toBSON(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("field %s: %w", name, err)
		}
		fields = append(fields, bson.E{Key: name, Value: v})
		delete(encoded, name)
	}
	for name := range encoded {
		return nil, nil, fmt.Errorf("field %s is not one of FieldNames", name)
	}
	return fields, unset, nil
}

// Due implements storage.Subjects.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	if limit <= 0 {
		return nil, nil
	}
	ctx, cancel := s.begin(ctx)
	defer cancel()
	docs, err := s.dueUntil(ctx, bson.D{{Key: "$lte", Value: now}}, limit)
	if err != nil {
		return nil, s.failed(ctx, "due", err)
	}
	var ids []string
	for _, d := range docs {
		ids = append(ids, d.ID)
	}
	return ids, nil
}

// NextDue implements storage.Subjects.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	docs, err := s.dueUntil(ctx, bson.D{{Key: "$gt", Value: time.Time{}}}, 1)
	if err != nil {
		return time.Time{}, s.failed(ctx, "next due", err)
	}
	if len(docs) == 0 {
		return time.Time{}, nil
	}
	return milli(docs[0].Due), nil
}

func (s *Store) dueUntil(ctx context.Context, due bson.D, limit int) ([]document, error) {
	cursor, err := s.subjects.Find(ctx, bson.D{{Key: "due", Value: due}}, options.Find().
		SetSort(bson.D{{Key: "due", Value: 1}}).
		SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "due", Value: 1}}))
	if err != nil {
		return nil, err
	}
	var docs []document
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, err
	}
	slices.SortStableFunc(docs, func(a, b document) int { // the index leaves those of one moment in any order
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return docs, nil
}

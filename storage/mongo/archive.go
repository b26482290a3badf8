package mongo

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/debrief-bot/debrief/storage"
)

type kept struct {
	Key  string    `bson:"_id"`
	At   time.Time `bson:"at"`
	Body []byte    `bson:"body"`
}

func (k kept) port() storage.Kept { return storage.Kept{Key: k.Key, At: milli(k.At), Body: k.Body} }

// Keep implements storage.Archive: an insert, where a duplicate is success.
func (s *Store) Keep(ctx context.Context, k storage.Kept) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	_, err := s.kept.InsertOne(ctx, kept{Key: k.Key, At: k.At, Body: k.Body})
	if err != nil && !duplicate(err) {
		return s.failed(ctx, "keep "+k.Key, err)
	}
	return nil
}

// Kept implements storage.Archive.
func (s *Store) Kept(ctx context.Context, key string) (storage.Kept, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	var k kept
	if err := s.kept.FindOne(ctx, byID(key)).Decode(&k); err != nil {
		return storage.Kept{}, s.failed(ctx, "kept "+key, err)
	}
	return k.port(), nil
}

// KeptUnder implements storage.Archive: a range of _id.
func (s *Store) KeptUnder(ctx context.Context, prefix, past string, limit int) ([]storage.Kept, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	keys := bson.D{{Key: "$gte", Value: prefix}}
	if past >= prefix && past != "" {
		keys = bson.D{{Key: "$gt", Value: past}}
	}
	if end, ok := after(prefix); ok {
		keys = append(keys, bson.E{Key: "$lt", Value: end})
	}
	cursor, err := s.kept.Find(ctx, bson.D{{Key: "_id", Value: keys}},
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(max(limit, 0))))
	if err != nil {
		return nil, s.failed(ctx, "kept under "+prefix, err)
	}
	var rows []kept
	if err := cursor.All(ctx, &rows); err != nil {
		return nil, s.failed(ctx, "kept under "+prefix, err)
	}
	var out []storage.Kept
	for _, k := range rows {
		out = append(out, k.port())
	}
	return out, nil
}

// Discard implements storage.Archive: a range of _id. When the pages that held it are used again is the server's affair.
func (s *Store) Discard(ctx context.Context, first, end string) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	keys := bson.D{{Key: "$gte", Value: first}, {Key: "$lt", Value: end}}
	if _, err := s.kept.DeleteMany(ctx, bson.D{{Key: "_id", Value: keys}}); err != nil {
		return s.failed(ctx, "discard kept from "+first, err)
	}
	return nil
}

// after is the first string that no string with the prefix comes before; false when there is none.
func after(prefix string) (string, bool) {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch r {
		case utf8.MaxRune:
			continue
		case 0xD7FF:
			return prefix + "\uE000", true // surrogates are no runes
		}
		return prefix + string(r+1), true
	}
	return "", false
}

// numberID is the _id of a number: natural keys hold any character, so they are kept apart, not joined.
type numberID struct {
	Series  seriesID `bson:"series"`
	Subject string   `bson:"subject"`
}

type seriesID struct {
	Workspace string `bson:"workspace"`
	Name      string `bson:"name"`
}

type number struct {
	ID     numberID `bson:"_id"`
	Series seriesID `bson:"series"`
	N      int      `bson:"n"`
}

// Number implements storage.Archive. A number is drawn from the series' counter and then given to the subject by an
// insert; who finds that the subject has one takes that, and the drawn one is skipped.
func (s *Store) Number(ctx context.Context, workspace, series, subject string) (int, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	id := numberID{Series: seriesID{workspace, series}, Subject: subject}
	for {
		var given number
		err := s.numbers.FindOne(ctx, byID(id)).Decode(&given)
		if err == nil {
			return given.N, nil
		}
		if errors.Is(err, mongo.ErrNoDocuments) {
			err = s.giveNumber(ctx, id)
		}
		if err != nil {
			return 0, s.failed(ctx, "number of "+subject, err)
		}
	}
}

// giveNumber draws a number and inserts it, unless the subject has one by now or the number is taken.
func (s *Store) giveNumber(ctx context.Context, id numberID) error {
	n, err := s.draw(ctx, id.Series)
	if err != nil {
		return err
	}
	_, err = s.numbers.InsertOne(ctx, number{ID: id, Series: id.Series, N: n})
	if duplicate(err) {
		return nil
	}
	return err
}

// draw raises the counter, which is made by an insert: what an upsert says about itself is not reliable everywhere.
func (s *Store) draw(ctx context.Context, id seriesID) (int, error) {
	for {
		var counter struct {
			N int `bson:"n"`
		}
		err := s.counters.FindOneAndUpdate(ctx, byID(id), bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}},
			options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&counter)
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return counter.N, err
		}
		_, err = s.counters.InsertOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "n", Value: 0}})
		if err != nil && !duplicate(err) {
			return 0, err
		}
	}
}

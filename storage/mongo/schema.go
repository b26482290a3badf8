package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/debrief-bot/debrief/storage"
)

// schemaVersion is the layout of the collections that this program reads and writes.
const schemaVersion = 1

// index is one declared index. Every command of this package is served by one of them or by _id; a test holds that.
type index struct {
	collection string
	name       string
	keys       []string
	unique     bool
	sparse     bool
}

// indexes are all there are.
var indexes = []index{
	{collection: "inbox", name: "lane", keys: []string{"state", "lane", "seq"}},          // Claim: the next lane, and its rows
	{collection: "inbox", name: "age", keys: []string{"state", "seq"}},                   // Dead, Health
	{collection: "inbox", name: "done", keys: []string{"doneAt"}, sparse: true},          // Purge
	{collection: "lanes", name: "until", keys: []string{"until"}},                        // Purge
	{collection: "subjects", name: "address", keys: []string{"addresses", "at", "_id"}},  // Find, Route
	{collection: "subjects", name: "due", keys: []string{"due"}, sparse: true},           // Due, NextDue
	{collection: "subjects", name: "ready", keys: []string{"ready"}, sparse: true},       // ClaimEffect, Next, Health
	{collection: "subjects", name: "wake", keys: []string{"wake"}, sparse: true},         // ClaimEffect, Next, Health
	{collection: "numbers", name: "number", keys: []string{"series", "n"}, unique: true}, // no number twice, whatever happens
}

// Ready implements storage.Store. It measures the server's clock, looks at the schema's version, makes the indexes that
// are missing and checks those that are there. An index that cannot be made (a unique one over duplicates) or that is
// another than declared is an error that says which.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	err := s.prepare(ctx)
	if err == nil || errors.Is(err, storage.ErrNewer) || errors.As(err, new(indexError)) {
		return err
	}
	return s.failed(ctx, "ready", err)
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.measure(ctx); err != nil {
		return err
	}
	if err := s.checkVersion(ctx); err != nil {
		return err
	}
	var collections []string
	for _, x := range indexes {
		if !slices.Contains(collections, x.collection) {
			collections = append(collections, x.collection)
		}
	}
	for _, c := range collections {
		if err := s.ensureIndexes(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// checkVersion compares the database's version with the program's, and writes it into a new database.
func (s *Store) checkVersion(ctx context.Context) error {
	var schema struct {
		V int `bson:"v"`
	}
	err := s.meta.FindOne(ctx, byID("schema")).Decode(&schema)
	if errors.Is(err, mongo.ErrNoDocuments) {
		_, err = s.meta.InsertOne(ctx, bson.D{{Key: "_id", Value: "schema"}, {Key: "v", Value: schemaVersion}})
		if duplicate(err) {
			return s.checkVersion(ctx)
		}
		return err
	}
	if err != nil {
		return err
	}
	if schema.V > schemaVersion {
		return fmt.Errorf("mongo: schema %d, this program knows %d: %w", schema.V, schemaVersion, storage.ErrNewer)
	}
	return nil
}

// indexError is an index that is not as declared: somebody has to look.
type indexError struct{ text string }

func (e indexError) Error() string { return "mongo: " + e.text }

func (s *Store) ensureIndexes(ctx context.Context, collection string) error {
	there, err := s.listIndexes(ctx, collection)
	if err != nil {
		return err
	}
	var missing []mongo.IndexModel
	for _, x := range indexes {
		if x.collection != collection {
			continue
		}
		found, ok := there[x.name]
		if !ok {
			missing = append(missing, x.model())
		} else if !found.serves(x) {
			return indexError{fmt.Sprintf("index %s.%s is not the one this program needs; drop it and start again", collection, x.name)}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = s.db.Collection(collection).Indexes().CreateMany(ctx, missing)
	if err != nil && !unavailable(err) {
		return indexError{fmt.Sprintf("make the indexes of %s: %s", collection, brief(err))}
	}
	return err
}

func (x index) model() mongo.IndexModel {
	o := options.Index().SetName(x.name)
	if x.unique {
		o.SetUnique(true)
	}
	if x.sparse {
		o.SetSparse(true)
	}
	return mongo.IndexModel{Keys: x.keyDocument(), Options: o}
}

func (x index) keyDocument() bson.D {
	var keys bson.D
	for _, k := range x.keys {
		keys = append(keys, bson.E{Key: k, Value: 1})
	}
	return keys
}

// existing is an index as the server lists it.
type existing struct {
	Name   string `bson:"name"`
	Key    bson.D `bson:"key"`
	Unique bool   `bson:"unique"`
	Sparse bool   `bson:"sparse"`
}

func (e existing) serves(x index) bool {
	var keys []string
	for _, k := range e.Key {
		keys = append(keys, k.Key)
	}
	return slices.Equal(keys, x.keys) && e.Unique == x.unique
}

func (s *Store) listIndexes(ctx context.Context, collection string) (map[string]existing, error) {
	there := map[string]existing{}
	cursor, err := s.db.Collection(collection).Indexes().List(ctx)
	var refused mongo.CommandError
	if errors.As(err, &refused) && refused.HasErrorCode(codeNamespaceNotFound) {
		return there, nil
	}
	if err != nil {
		return nil, err
	}
	var list []existing
	if err := cursor.All(ctx, &list); err != nil {
		return nil, err
	}
	for _, e := range list {
		there[e.Name] = e
	}
	return there, nil
}

func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

package mongo

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// The figures of the design, as ratios within one run:
//
//	go test ./storage/mongo -run '^$' -bench . -benchtime 2000x
//
// They are MongoDB's only on a MongoDB. The server that .ci/mongo starts has no secondary indexes: on it Lane/behind10000
// and Point show its scans, and only Accept, Event and Effect over few documents say something about this package.
func BenchmarkStore(b *testing.B) {
	serverURI(b)
	storagetest.Benchmark(b, func(b *testing.B) storage.Store {
		s := openTest(b, Options{})
		if err := s.Ready(b.Context()); err != nil {
			b.Fatal(err)
		}
		return s
	})
}

// BenchmarkBareInsert is what Accept is compared with: one insert of the same size into a collection without indexes,
// with the same concern for durability.
func BenchmarkBareInsert(b *testing.B) {
	s := openTest(b, Options{})
	bare := s.db.Collection("bare")
	body := strings.Repeat("x", 600)
	for b.Loop() {
		if _, err := bare.InsertOne(b.Context(), bson.D{{Key: "body", Value: body}}); err != nil {
			b.Fatal(err)
		}
	}
}

package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// serverURI names the server of the tests, which skip where there is none.
func serverURI(t testing.TB) string {
	t.Helper()
	uri := os.Getenv("DEBRIEF_TEST_MONGO_URI")
	if uri == "" {
		t.Skip("no MongoDB server: run .ci/mongo/start and set DEBRIEF_TEST_MONGO_URI to the line it prints")
	}
	return uri
}

// openTest opens a store on a database of its own, which is dropped when the test ends.
func openTest(t testing.TB, o Options) *Store {
	t.Helper()
	o.Database = "debrief_test_" + bson.NewObjectID().Hex()
	s := openAt(t, serverURI(t), o)
	t.Cleanup(func() { dropDatabase(t, o.Database) })
	return s
}

func openAt(t testing.TB, uri string, o Options) *Store {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second // the machine may be busy; what takes how long is for TestHangingServer
	}
	s, err := Open(t.Context(), uri, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dropDatabase(t testing.TB, name string) {
	s, err := Open(context.Background(), serverURI(t), Options{Database: name})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.db.Drop(context.Background()); err != nil {
		t.Error(err)
	}
}

func harness() storagetest.Harness {
	return storagetest.Harness{
		Open: func(t testing.TB, clock func() time.Time) storage.Store { return openTest(t, Options{Clock: clock}) },
		Again: func(t testing.TB, s storage.Store, clock func() time.Time) storage.Store {
			return openAt(t, serverURI(t), Options{Clock: clock, Database: s.(*Store).db.Name()})
		},
		SetField:  setField,
		Field:     getField,
		Holds:     holdsText,
		Age:       age,
		MakeNewer: makeNewer,
	}
}

func setField(t testing.TB, s storage.Store, id, field string, value json.RawMessage) {
	v, err := toBSON(value)
	if err != nil {
		t.Fatal(err)
	}
	result, err := s.(*Store).subjects.UpdateOne(t.Context(), byID(id), set(bson.D{{Key: "state." + field, Value: v}}))
	if err != nil || result.MatchedCount != 1 {
		t.Fatal(result, err)
	}
}

func getField(t testing.TB, s storage.Store, id, field string) (json.RawMessage, bool) {
	var d document
	if err := s.(*Store).subjects.FindOne(t.Context(), byID(id)).Decode(&d); err != nil {
		t.Fatal(err)
	}
	v, err := d.State.LookupErr(field)
	if err != nil {
		return nil, false
	}
	raw, err := appendJSON(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return raw, true
}

func holdsText(t testing.TB, s storage.Store, text string) bool {
	cursor, err := s.(*Store).inbox.Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	var rows []bson.Raw
	if err := cursor.All(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if strings.Contains(string(r), text) {
			return true
		}
	}
	return false
}

func age(t testing.TB, s storage.Store, by time.Duration) {
	inbox := s.(*Store).inbox
	cursor, err := inbox.Find(t.Context(), bson.D{{Key: "state", Value: rowDone}}, options.Find().SetProjection(bson.D{{Key: "doneAt", Value: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		ID     rowID     `bson:"_id"`
		DoneAt time.Time `bson:"doneAt"`
	}
	if err := cursor.All(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if _, err := inbox.UpdateOne(t.Context(), byID(r.ID), set(bson.D{{Key: "doneAt", Value: r.DoneAt.Add(-by)}})); err != nil {
			t.Fatal(err)
		}
	}
}

func makeNewer(t testing.TB, s storage.Store) {
	_, err := s.(*Store).meta.UpdateOne(t.Context(), byID("schema"), set(bson.D{{Key: "v", Value: schemaVersion + 1}}))
	if err != nil {
		t.Fatal(err)
	}
}

// What a delivery decided from an outbox that a save has added to since is not carried out.
func TestASaveBetweenReadingAndDeciding(t *testing.T) {
	s := openTest(t, Options{})
	ctx := t.Context()
	subject := testReview("r", "")
	push := func(effect string) {
		t.Helper()
		if err := s.Save(ctx, subject, []conversations.Effect{testPost(effect, "x", "card")}); err != nil {
			t.Fatal(err)
		}
		subject.Rev++
	}
	read := func() document {
		t.Helper()
		found, err := s.candidates(ctx, s.Now().Add(time.Hour))
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return found[0]
	}
	push("card1")
	before := read()
	push("card2")
	if c, err := s.claimOf(ctx, before, "w", s.Now()); !errors.Is(err, errMissed) {
		t.Fatalf("claimed %q (%v), which is superseded", c.Effect.ID, err)
	}
	c, err := s.ClaimEffect(ctx, "w")
	if err != nil || c.Effect.ID != "card2" {
		t.Fatalf("claimed %q, %v", c.Effect.ID, err)
	}

	before = read()
	push("card3")
	entries, refs, err := before.Out.port()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.done(ctx, before, entries, refs, 1, nil); !errors.Is(err, errMissed) {
		t.Fatalf("settled (%v), which forgets that card3 waits", err)
	}
	if err := s.Settle(ctx, c, storage.Settlement{}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.ClaimEffect(ctx, "w"); err != nil || c.Effect.ID != "card3" {
		t.Fatalf("claimed %q, %v", c.Effect.ID, err)
	}
}

// A lease that ran out has one heir.
func TestExpiredLeaseRaced(t *testing.T) {
	now := noon
	s := openTest(t, Options{Clock: func() time.Time { return now }})
	ctx := t.Context()
	if err := s.Accept(ctx, testRow("lane", "k")); err != nil {
		t.Fatal(err)
	}
	for round := range 10 {
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := s.Claim(ctx, fmt.Sprint("w", i))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, storage.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d won, want one", round, won.Load())
		}
		now = now.Add(storage.LeaseTTL)
	}
}

// Opening needs no server, finds the database's name, and never repeats a password.
func TestOpen(t *testing.T) {
	for _, c := range []struct{ uri, given, want string }{
		{"mongodb://127.0.0.1:1", "", "debrief"},
		{"mongodb://127.0.0.1:1/incidents?w=1", "", "incidents"},
		{"mongodb://127.0.0.1:1/incidents", "other", "other"},
	} {
		s, err := Open(t.Context(), c.uri, Options{Database: c.given, Timeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.db.Name(); got != c.want {
			t.Errorf("%s: database %q, want %q", c.uri, got, c.want)
		}
		if err := s.Ready(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("Ready of a server that is away: %v, want ErrUnavailable", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, uri := range []string{
		"mongodb://u:hunter2@host:port/db", "mongodb://u:hunter2@", "mongodb://u:hunt%zzer2@host", "postgres://u:hunter2@host",
		"mongodb://u:hunter2@host/?w=x&readPreference=nowhere", "u:hunter2",
	} {
		s, err := Open(t.Context(), uri, Options{})
		if err == nil {
			t.Errorf("%s was opened", strings.ReplaceAll(uri, "hunter2", "…"))
			_ = s.Close()
		} else if strings.Contains(err.Error(), "hunt") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}

// TestARowThatCannotBeStoredFailsAlone: rows accepted at the same time share an insert, but not their troubles.
func TestARowThatCannotBeStoredFailsAlone(t *testing.T) {
	s := openTest(t, Options{})
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	row := func(key, text string) storage.Row {
		return storage.Row{Subject: "s", Lane: "l", Event: conversations.Event{Key: key, Text: text}}
	}
	const others = 20
	errs := make([]error, others+1)
	for range callsAtOnce {
		s.inserting.turn <- struct{}{} // nobody's turn comes before all are there
	}
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			text := "it was the cache"
			if i == others {
				text = strings.Repeat("x", 17<<20) // over what a document may hold
			}
			errs[i] = s.Accept(t.Context(), row(fmt.Sprint("k", i), text))
		})
	}
	for waiting := 0; waiting < len(errs); runtime.Gosched() {
		s.inserting.mu.Lock()
		if s.inserting.next != nil {
			waiting = len(s.inserting.next.all)
		}
		s.inserting.mu.Unlock()
	}
	for range callsAtOnce {
		<-s.inserting.turn
	}
	all.Wait()
	if errs[others] == nil {
		t.Error("what is too large for a document was accepted")
	}
	if err := errors.Join(errs[:others]...); err != nil {
		t.Error(err)
	}
	if h, err := s.Health(t.Context()); err != nil || h.New != others {
		t.Errorf("%d rows are stored, %v", h.New, err)
	}
}

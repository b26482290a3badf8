package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

// recording keeps the shape of every read and change that stores send: never a value.
type recording struct {
	mu     sync.Mutex
	shapes map[string]shape
}

// shape is what a command asks of the indexes.
type shape struct {
	Command    string
	Collection string
	Equal      []string // fields compared with one value or a list of them
	Range      []string // fields compared otherwise
	Sort       []string
}

func (r *recording) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		for _, s := range shapesOf(e.CommandName, e.Command) {
			r.mu.Lock()
			r.shapes[fmt.Sprint(s)] = s
			r.mu.Unlock()
		}
	}}
}

func shapesOf(name string, command bson.Raw) []shape {
	collection, _ := command.Lookup(name).StringValueOK()
	base := shape{Command: name, Collection: collection}
	switch name {
	case "find":
		return []shape{base.of(command.Lookup("filter"), command.Lookup("sort"))}
	case "findAndModify":
		return []shape{base.of(command.Lookup("query"), command.Lookup("sort"))}
	case "update", "delete":
		var out []shape
		for _, c := range elements(command.Lookup(name + "s")) {
			out = append(out, base.of(c.Document().Lookup("q"), bson.RawValue{}))
		}
		return out
	case "aggregate":
		match := elements(command.Lookup("pipeline"))[0].Document().Lookup("$match")
		if either, err := match.Document().LookupErr("$or"); err == nil {
			var out []shape
			for _, part := range elements(either) {
				out = append(out, base.of(part, bson.RawValue{}))
			}
			return out
		}
		return []shape{base.of(match, bson.RawValue{})}
	}
	return nil
}

func elements(array bson.RawValue) []bson.RawValue {
	values, err := array.Array().Values()
	if err != nil {
		panic(err)
	}
	return values
}

func (s shape) of(filter, sort bson.RawValue) shape {
	fields, _ := filter.Document().Elements()
	for _, f := range fields {
		if operators, ok := f.Value().DocumentOK(); ok && strings.HasPrefix(firstKey(operators), "$") && firstKey(operators) != "$in" {
			s.Range = append(s.Range, f.Key())
		} else {
			s.Equal = append(s.Equal, f.Key())
		}
	}
	if d, ok := sort.DocumentOK(); ok {
		order, _ := d.Elements()
		for _, f := range order {
			s.Sort = append(s.Sort, f.Key())
		}
	}
	return s
}

func firstKey(d bson.Raw) string {
	if e, err := d.Elements(); err == nil && len(e) > 0 {
		return e[0].Key()
	}
	return ""
}

// served reports whether an index finds exactly what is asked for, in the order asked for: its first fields are compared
// with values, then at most one by a range, and what follows is the order. _id finds one document whatever else is
// compared.
func (s shape) served() bool {
	if slices.Contains(s.Equal, "_id") || slices.Equal(s.Range, []string{"_id"}) && len(s.Equal) == 0 {
		return true
	}
	return slices.ContainsFunc(indexes, func(x index) bool {
		if x.collection != s.Collection {
			return false
		}
		keys := x.keys
		for len(keys) > 0 && slices.Contains(s.Equal, keys[0]) {
			keys = keys[1:]
		}
		if len(x.keys)-len(keys) != len(s.Equal) {
			return false
		}
		if len(s.Range) > 0 && (len(keys) == 0 || !slices.Equal(s.Range, keys[:1])) {
			return false
		}
		return len(s.Sort) <= len(keys) && slices.Equal(s.Sort, keys[:len(s.Sort)])
	})
}

// The suite, under a recorder: nothing that the store asks may be answered by a scan.
func TestStore(t *testing.T) {
	serverURI(t)
	r := &recording{shapes: map[string]shape{}}
	h := harness()
	h.Open = func(t testing.TB, clock func() time.Time) storage.Store {
		return openTest(t, Options{Clock: clock, monitor: r.monitor()})
	}
	storagetest.Run(t, h)
	t.Run("Indexes", func(t *testing.T) {
		if len(r.shapes) < 20 {
			t.Skip("the suite was not run as a whole")
		}
		for _, s := range r.shapes {
			if !s.served() {
				t.Errorf("no index serves %+v", s)
			}
		}
	})
}

// What was found by the shapes above is also asked of the server, where it can explain: it may read no more index keys
// than it returns, but for one at each end of a range.
func TestServerReadsWhatItReturns(t *testing.T) {
	s := openTest(t, Options{})
	fill(t, s)
	for what, find := range map[string]bson.D{
		"Claim":       {{Key: "find", Value: "inbox"}, {Key: "filter", Value: bson.D{{Key: "state", Value: rowNew}, {Key: "lane", Value: bson.D{{Key: "$gt", Value: "lane3"}}}}}, {Key: "sort", Value: bson.D{{Key: "lane", Value: 1}, {Key: "seq", Value: 1}}}, {Key: "limit", Value: 1}},
		"rows":        {{Key: "find", Value: "inbox"}, {Key: "filter", Value: bson.D{{Key: "state", Value: rowNew}, {Key: "lane", Value: "lane3"}}}, {Key: "sort", Value: bson.D{{Key: "seq", Value: 1}}}, {Key: "limit", Value: 64}},
		"Dead":        {{Key: "find", Value: "inbox"}, {Key: "filter", Value: bson.D{{Key: "state", Value: rowDead}}}, {Key: "sort", Value: bson.D{{Key: "seq", Value: 1}}}, {Key: "limit", Value: 5}},
		"Find":        {{Key: "find", Value: "subjects"}, {Key: "filter", Value: filterOf(storage.Query{Address: "a3", From: noon})}, {Key: "sort", Value: bson.D{{Key: "at", Value: 1}, {Key: "_id", Value: 1}}}},
		"Due":         {{Key: "find", Value: "subjects"}, {Key: "filter", Value: bson.D{{Key: "due", Value: bson.D{{Key: "$lte", Value: noon}}}}}, {Key: "sort", Value: bson.D{{Key: "due", Value: 1}}}, {Key: "limit", Value: 10}},
		"ClaimEffect": {{Key: "find", Value: "subjects"}, {Key: "filter", Value: bson.D{{Key: "ready", Value: anyTime}}}, {Key: "sort", Value: bson.D{{Key: "ready", Value: 1}}}, {Key: "limit", Value: pageSize}},
	} {
		var plan struct {
			ExecutionStats struct {
				Returned int `bson:"nReturned"`
				Keys     int `bson:"totalKeysExamined"`
				Docs     int `bson:"totalDocsExamined"`
			} `bson:"executionStats"`
		}
		err := s.db.RunCommand(t.Context(), bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "executionStats"}}).Decode(&plan)
		var refused mongo.CommandError
		if errors.As(err, &refused) {
			t.Logf("left out: this server cannot explain (%s)", brief(err))
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		stats := plan.ExecutionStats
		if stats.Returned == 0 {
			t.Logf("left out: this server explains %s in words of its own", what)
			continue
		}
		if stats.Keys > stats.Returned+2 || stats.Docs > stats.Returned {
			t.Errorf("%s examined %d keys and %d documents to return %d", what, stats.Keys, stats.Docs, stats.Returned)
		}
	}
}

// fill makes enough of everything for a scan to show.
func fill(t testing.TB, s *Store) {
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		row := testRow(fmt.Sprint("lane", i%10), fmt.Sprint("k", i))
		if err := s.Accept(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			if err := s.Fail(t.Context(), row, "panic", true); err != nil {
				t.Fatal(err)
			}
		}
		subject := testReview(fmt.Sprint("r", i), "")
		subject.Addresses = []string{fmt.Sprint("a", i%10)}
		if err := s.Save(t.Context(), subject, []conversations.Effect{testPost("e", "x", "")}); err != nil {
			t.Fatal(err)
		}
	}
}

// Ready makes what is missing, and refuses an index that is not the declared one.
func TestReadyMakesAndChecksIndexes(t *testing.T) {
	s := openTest(t, Options{})
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, x := range indexes {
		there, err := s.listIndexes(t.Context(), x.collection)
		if err != nil {
			t.Fatal(err)
		}
		if found, ok := there[x.name]; !ok || !found.serves(x) {
			t.Errorf("index %s of %s is %+v", x.name, x.collection, found)
		}
	}
	if err := s.inbox.Indexes().DropOne(t.Context(), "lane"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatalf("after an index was dropped: %v", err)
	}
	if there, err := s.listIndexes(t.Context(), "inbox"); err != nil || there["lane"].Name == "" {
		t.Fatalf("the dropped index was not made again: %v, %v", there, err)
	}

	wrong := openTest(t, Options{})
	other := index{name: "number", keys: []string{"n"}}
	if _, err := wrong.numbers.Indexes().CreateOne(t.Context(), other.model()); err != nil {
		t.Fatal(err)
	}
	if err := wrong.Ready(t.Context()); err == nil || errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "numbers.number") {
		t.Fatalf("Ready over another index: %v, want an error that names it", err)
	}
}

// A unique index that cannot be made is an error that waiting does not cure.
func TestReadyRefusesDuplicates(t *testing.T) {
	s := openTest(t, Options{})
	series := seriesID{"slack/T1", "PM"}
	for _, subject := range []string{"a", "b"} {
		if _, err := s.numbers.InsertOne(t.Context(), number{ID: numberID{series, subject}, Series: series, N: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ready(t.Context()); err == nil || errors.Is(err, storage.ErrUnavailable) {
		t.Fatalf("Ready over duplicates: %v, want an error that is not ErrUnavailable", err)
	}
}

// The states' fields are stored below "state", so their names meet no name of ours; but they must be names that a path
// can hold.
func TestFieldNamesCanBePaths(t *testing.T) {
	for _, k := range []conversations.Kind{
		conversations.KindReview, conversations.KindEvent, conversations.KindItem,
		conversations.KindNudge, conversations.KindPerson, conversations.KindWorkspace,
	} {
		for _, name := range conversations.FieldNames(k) {
			if name == "" || strings.ContainsAny(name, ".$\x00") {
				t.Errorf("%s has a field %q, which is no part of a path", k, name)
			}
		}
	}
}

// What a state says survives the way through BSON to the letter.
func TestJSONSurvives(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `""`, `"2026-03-02T12:00:00Z"`, `"\u0000 \u003c"`, `[]`, `{}`, `[[],{},null]`,
		`0`, `-1`, `9223372036854775807`, `-9223372036854775808`, `9223372036854775808`, `123456789012345678901234567890`,
		`1.5`, `-0`, `0.1`, `1e21`, `1e400`, `1.0`, `5e-324`, `0.30000000000000004`,
		`{"a.b":{"$set":1},"":2,"%":3,"%2E":4,"%n":"5","a\u0000b":6,"z":7,"a":8}`, `{"%n":"x"}`, `{"$date":"x"}`,
		`{"C1/171.01":[{"x.y":"$z"}]}`,
	} {
		v, err := toBSON([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		b, err := bson.Marshal(bson.D{{Key: "v", Value: v}})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := appendJSON(nil, bson.Raw(b).Lookup("v"))
		if err != nil || string(got) != text {
			t.Errorf("%s came back as %s, %v", text, got, err)
		}
		if !json.Valid(got) {
			t.Errorf("%s is not JSON", got)
		}
	}
}

// The same through a server, which may have views of its own about names.
func TestJSONSurvivesTheServer(t *testing.T) {
	s := openTest(t, Options{})
	const text = `{"a.b":{"$set":1,"x.y":[{"$z":1e400}]},"":2,"%":3,"$id":"4"}`
	if err := s.Save(t.Context(), testReview("r", ""), nil); err != nil {
		t.Fatal(err)
	}
	setField(t, s, "slack/T1/review/r", "extra", json.RawMessage(text))
	if got, _ := getField(t, s, "slack/T1/review/r", "extra"); string(got) != text {
		t.Errorf("%s came back as %s", text, got)
	}
}

func TestAfter(t *testing.T) {
	for prefix, want := range map[string]string{
		"a/": "a0", "a\U0010FFFF": "b", "\uD7FF": "\uE000", "ü": "ý", "": "", "\U0010FFFF": "",
	} {
		if got, ok := after(prefix); got != want || ok != (want != "") {
			t.Errorf("after %q comes %q, want %q", prefix, got, want)
		}
	}
}

// However much waits where nothing can be claimed, a claim costs the same few commands.
func TestCostOfAClaim(t *testing.T) {
	var commands atomic.Int64
	count := &event.CommandMonitor{Started: func(context.Context, *event.CommandStartedEvent) { commands.Add(1) }}
	s := openTest(t, Options{Clock: func() time.Time { return noon }, monitor: count})
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var busy []storage.Row
	for i := range 1000 {
		busy = append(busy, testRow("busy", fmt.Sprint("k", i)))
	}
	ok(s.Accept(ctx, busy...))
	_, err := s.Claim(ctx, "w")
	ok(err)
	ok(s.Accept(ctx, testRow("quiet", "q")))
	before := commands.Load()
	lane, err := s.Claim(ctx, "w")
	ok(err)
	if n := commands.Load() - before; lane.Name != "quiet" || n > 8 {
		t.Errorf("claiming %q took %d commands", lane.Name, n)
	}

	for i := range 50 { // each has one in sending and one that waits for it
		r := testReview(fmt.Sprint("r", i), "")
		ok(s.Save(ctx, r, []conversations.Effect{testPost("e1", "x", "")}))
		_, err := s.ClaimEffect(ctx, "w")
		ok(err)
		r.Rev++
		ok(s.Save(ctx, r, []conversations.Effect{testPost("e2", "x", "")}))
	}
	if _, err := s.ClaimEffect(ctx, "w"); !errors.Is(err, storage.ErrNotFound) {
		t.Fatalf("claimed one that must wait: %v", err)
	}
	before = commands.Load()
	if _, err := s.ClaimEffect(ctx, "w"); !errors.Is(err, storage.ErrNotFound) {
		t.Fatalf("claimed one that must wait: %v", err)
	}
	if n := commands.Load() - before; n > 2 {
		t.Errorf("finding nothing took %d commands, though all that wait were looked at before", n)
	}
}

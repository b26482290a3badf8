// Package mongo keeps Debrief's state in MongoDB, or in anything that speaks its protocol.
//
// It asks little of the server, so that much can be one: single-document updates, unique _id, compound and multikey
// indexes, findAndModify and a clock. It uses no transactions, change streams, sessions, pipeline updates, partial
// indexes or server-side time in filters, and does not count on the driver's retryable writes. A replica set is welcome
// and not required.
//
// Three rules make it right:
//
//   - Who won is decided by an insert that met no duplicate, or by the matched count of a conditional update; never by
//     an upsert.
//   - A subject has two revisions. Save compares and raises rev. Everything that touches the outbox raises outboxRev,
//     and whoever decides something about the outbox from what it read (ClaimEffect, Settle) compares outboxRev in its
//     one update. So a decision about the outbox holds for exactly the outbox it was made for, and still neither side
//     ever makes a Save conflict.
//   - A command whose answer got lost is never taken for a failure: it gives storage.ErrUnavailable, and doing it again
//     changes nothing (see each method for what a repeated call returns).
//
// Collections: subjects, inbox, lanes, kept, numbers, counters, meta. Their indexes are one table in schema.go.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/debrief-bot/debrief/storage"
)

// DefaultTimeout is how long a method takes at most, but for what finding out about a lost answer adds to it (a fifth).
const DefaultTimeout = 2 * time.Second

// Options are what may be set. The zero value is good.
type Options struct {
	Database string           // empty: the one named in the URI, else "debrief"
	Clock    func() time.Time // the store's clock; nil: the server's. Only tests set it
	Timeout  time.Duration    // of each method; zero: DefaultTimeout

	monitor *event.CommandMonitor
}

// Store is a MongoDB database. It implements storage.Store.
type Store struct {
	client  *mongo.Client
	db      *mongo.Database
	timeout time.Duration
	given   func() time.Time // Options.Clock
	clock   clock
	closed  atomic.Bool

	subjects, inbox, lanes, kept, numbers, counters, meta *mongo.Collection

	mu       sync.Mutex
	turn     string           // the lane that was claimed last
	seq      int64            // of the row that was accepted last
	failures map[rowID]string // tokens of failures of which it is not known whether they were counted

	inserting *shared[row, struct{}]
	routing   *shared[string, []document]
}

var _ storage.Store = (*Store)(nil)

// Open connects to the server that the URI names. It does not wait for it: a server that is away makes every method
// return storage.ErrUnavailable until it is there. Call Ready before anything else; until then the store's clock is the
// machine's.
func Open(ctx context.Context, uri string, o Options) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open mongo: %w: %w", storage.ErrUnavailable, err)
	}
	name, err := databaseName(uri, o.Database)
	if err != nil {
		return nil, err
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	client, err := mongo.Connect(clientOptions(uri, timeout).SetMonitor(o.monitor))
	if err != nil {
		return nil, fmt.Errorf("open mongo: %w", err)
	}
	db := client.Database(name)
	s := &Store{
		client: client, db: db, timeout: timeout, given: o.Clock,
		subjects: db.Collection("subjects"), inbox: db.Collection("inbox"), lanes: db.Collection("lanes"),
		kept: db.Collection("kept"), numbers: db.Collection("numbers"), counters: db.Collection("counters"),
		meta: db.Collection("meta"), failures: map[rowID]string{},
	}
	s.inserting, s.routing = share(s.insertRows), share(s.withAddresses)
	return s, nil
}

// databaseName decides between the option, the URI and the default. Its error does not repeat the URI, which holds a
// password.
func databaseName(uri, given string) (string, error) {
	cs, err := connstring.Parse(uri)
	if err != nil {
		return "", errors.New("open mongo: the URI cannot be read: " + withoutURI(err, uri))
	}
	switch {
	case given != "":
		return given, nil
	case cs.Database != "":
		return cs.Database, nil
	}
	return "debrief", nil
}

// withoutURI is what the driver complains about, unless it repeats the URI or the part of it that holds the password.
func withoutURI(err error, uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	user, _, found := strings.Cut(rest, "@")
	if strings.Contains(err.Error(), uri) || found && strings.Contains(err.Error(), user) {
		return "see the connection string format in MongoDB's manual"
	}
	return err.Error()
}

func clientOptions(uri string, timeout time.Duration) *options.ClientOptions {
	journal := true
	concern := writeconcern.Majority()
	concern.Journal = &journal
	return options.Client().ApplyURI(uri).
		SetAppName("debrief").
		SetTimeout(timeout).
		SetConnectTimeout(timeout).
		SetServerSelectionTimeout(timeout).
		SetWriteConcern(concern).
		SetReadPreference(readpref.Primary())
}

// begin bounds one method.
func (s *Store) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.timeout)
}

// Now implements storage.Store. Without Options.Clock it is the machine's clock plus the measured difference from the
// server's, which is measured again in the background when it is older than a minute.
func (s *Store) Now() time.Time {
	if s.given != nil {
		return milli(s.given())
	}
	return milli(s.serverNow())
}

// serverNow is the server's clock, also when another was given.
func (s *Store) serverNow() time.Time {
	if s.clock.stale() && !s.closed.Load() {
		go s.measureAgain()
	}
	return s.clock.now()
}

// Next implements storage.Store. What can be claimed already is told as now.
func (s *Store) Next(ctx context.Context) (time.Time, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	lane, err := s.nextLane(ctx)
	if err != nil {
		return time.Time{}, s.failed(ctx, "next lane", err)
	}
	effect, err := s.nextEffect(ctx)
	if err != nil {
		return time.Time{}, s.failed(ctx, "next effect", err)
	}
	return earlier(lane, effect), nil
}

// Health implements storage.Store.
func (s *Store) Health(ctx context.Context) (storage.Health, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	h, err := s.health(ctx)
	if err != nil {
		return storage.Health{}, s.failed(ctx, "health", err)
	}
	return h, nil
}

func (s *Store) health(ctx context.Context) (h storage.Health, err error) {
	if h.New, err = s.countRows(ctx, rowNew); err != nil {
		return h, err
	}
	if h.Dead, err = s.countRows(ctx, rowDead); err != nil {
		return h, err
	}
	var oldest row
	err = s.inbox.FindOne(ctx, bson.D{{Key: "state", Value: rowNew}},
		options.FindOne().SetSort(bson.D{{Key: "seq", Value: 1}}).SetProjection(bson.D{{Key: "at", Value: 1}})).Decode(&oldest)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return h, err
	}
	h.OldestNew = oldest.At
	h.Effects, h.Oldest, err = s.countEffects(ctx)
	return h, err
}

// Drop deletes the database with everything in it. It is for tests.
func (s *Store) Drop(ctx context.Context) error {
	if err := s.db.Drop(ctx); err != nil {
		return fmt.Errorf("drop the database: %w", err)
	}
	return nil
}

// Close implements storage.Store.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	if err := s.client.Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return fmt.Errorf("close mongo: %w", err)
	}
	return nil
}

// milli is a time as the database keeps it.
func milli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// earlier is the earlier of two times, where zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

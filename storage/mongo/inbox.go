package mongo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/debrief-bot/debrief/storage"
)

// States of a row. A done one has nothing but its _id, its state and doneAt.
const (
	rowNew  = "new"
	rowDead = "dead"
	rowDone = "done"
)

// rowID is a row's identity. Keys hold any character, so the two are kept apart, not joined.
type rowID struct {
	Key     string `bson:"key"`
	Subject string `bson:"subject"`
}

type row struct {
	ID    rowID     `bson:"_id"`
	State string    `bson:"state"`
	Lane  string    `bson:"lane"`
	Seq   int64     `bson:"seq"`   // order of acceptance
	At    time.Time `bson:"at"`    // accepted, by the store's clock
	Event string    `bson:"event"` // JSON
	Tries int       `bson:"tries"`
	Error string    `bson:"error,omitempty"`
}

func (r row) port() (storage.Row, error) {
	out := storage.Row{Subject: r.ID.Subject, Lane: r.Lane, Tries: r.Tries, Error: r.Error}
	if err := json.Unmarshal([]byte(r.Event), &out.Event); err != nil {
		return storage.Row{}, fmt.Errorf("event %s: %w", r.ID.Key, err)
	}
	return out, nil
}

func idOf(r storage.Row) rowID { return rowID{Key: r.Event.Key, Subject: r.Subject} }

// lease is a held or resting lane. A lane without one is free; so is one whose lease has run out.
type lease struct {
	Lane   string    `bson:"_id"`
	Worker string    `bson:"worker"` // empty: it rests
	Until  time.Time `bson:"until"`
}

// Accept implements storage.Inbox: one insert of all rows, where a duplicate is success. Calls that come at the same time
// share one.
func (s *Store) Accept(ctx context.Context, rows ...storage.Row) error {
	if len(rows) == 0 {
		return nil
	}
	ctx, cancel := s.begin(ctx)
	defer cancel()
	docs, err := s.newRows(rows)
	if err != nil {
		return fmt.Errorf("mongo: accept: %w", err)
	}
	if _, err = s.inserting.do(ctx, docs); err != nil {
		return s.failed(ctx, "accept", err)
	}
	return nil
}

func (s *Store) insertRows(ctx context.Context, docs []row) (struct{}, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	_, err := s.inbox.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	if duplicate(err) {
		err = nil
	}
	return struct{}{}, err
}

func (s *Store) newRows(rows []storage.Row) ([]row, error) {
	now, seq := s.Now(), s.nextSeq(len(rows))
	docs := make([]row, len(rows))
	for i, r := range rows {
		event, err := json.Marshal(r.Event)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", r.Event.Key, err)
		}
		docs[i] = row{ID: idOf(r), State: rowNew, Lane: r.Lane, Seq: seq + int64(i), At: now, Event: string(event)}
	}
	return docs, nil
}

// nextSeq takes n numbers for rows: the server's time in microseconds, raised where this process was quicker than that.
// Between processes the order is as good as the measured clocks; disorder is handled by meaning.
func (s *Store) nextSeq(n int) int64 {
	now := s.serverNow().UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	first := max(s.seq+1, now)
	s.seq = first + int64(n) - 1
	return first
}

// Claim implements storage.Inbox. Lanes are tried in the order of their names, from the one claimed last by this
// process on, each found by one seek in an index: past a held lane it goes without reading that lane's rows. A claim
// whose answer was lost leaves a lease under the worker's name, which runs out like that of a worker that died.
func (s *Store) Claim(ctx context.Context, worker string) (storage.Lane, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	start := s.lastLane()
	lane, err := s.claimBetween(ctx, worker, start, nil)
	if errors.Is(err, storage.ErrNotFound) && start != nil {
		lane, err = s.claimBetween(ctx, worker, nil, start)
	}
	if err != nil {
		return storage.Lane{}, s.failed(ctx, "claim a lane", err)
	}
	s.claimed(lane.Name)
	return lane, nil
}

func (s *Store) lastLane() *string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turn == "" {
		return nil
	}
	turn := s.turn
	return &turn
}

func (s *Store) claimed(lane string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn = lane
}

// claimBetween claims the first free lane after one and up to another; nil: without that end.
func (s *Store) claimBetween(ctx context.Context, worker string, from, to *string) (storage.Lane, error) {
	for {
		first, err := s.laneBetween(ctx, from, to)
		if err != nil {
			return storage.Lane{}, err
		}
		took, err := s.lease(ctx, first.Lane, worker)
		if err != nil {
			return storage.Lane{}, err
		}
		if took {
			lane, err := s.rowsOf(ctx, first.Lane, worker)
			if err != nil || len(lane.Rows) > 0 {
				return lane, err
			}
			if err := s.Release(ctx, lane, 0); err != nil { // somebody finished them meanwhile
				return storage.Lane{}, err
			}
		}
		from = &first.Lane
	}
}

// laneBetween returns the first new row of the first lane that has any. ErrNotFound.
func (s *Store) laneBetween(ctx context.Context, from, to *string) (row, error) {
	filter := bson.D{{Key: "state", Value: rowNew}}
	var ends bson.D
	if from != nil {
		ends = append(ends, bson.E{Key: "$gt", Value: *from})
	}
	if to != nil {
		ends = append(ends, bson.E{Key: "$lte", Value: *to})
	}
	if ends != nil {
		filter = append(filter, bson.E{Key: "lane", Value: ends})
	}
	var first row
	err := s.inbox.FindOne(ctx, filter, options.FindOne().
		SetSort(bson.D{{Key: "lane", Value: 1}, {Key: "seq", Value: 1}}).
		SetProjection(bson.D{{Key: "lane", Value: 1}})).Decode(&first)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return row{}, fmt.Errorf("no lane is free: %w", storage.ErrNotFound)
	}
	return first, err
}

// lease takes a lane if it is free.
func (s *Store) lease(ctx context.Context, lane, worker string) (bool, error) {
	held, err := s.leaseOf(ctx, lane)
	if err != nil {
		return false, err
	}
	now := s.Now()
	until := now.Add(storage.LeaseTTL)
	if held == nil {
		_, err := s.lanes.InsertOne(ctx, lease{Lane: lane, Worker: worker, Until: until})
		if duplicate(err) {
			return false, nil
		}
		return err == nil, err
	}
	if held.Until.After(now) {
		return false, nil
	}
	result, err := s.lanes.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: lane}, {Key: "until", Value: bson.D{{Key: "$lte", Value: now}}}},
		set(bson.D{{Key: "worker", Value: worker}, {Key: "until", Value: until}}))
	return err == nil && result.MatchedCount == 1, err
}

// leaseOf returns the lane's lease, nil when it has none.
func (s *Store) leaseOf(ctx context.Context, lane string) (*lease, error) {
	var l lease
	err := s.lanes.FindOne(ctx, byID(lane)).Decode(&l)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &l, nil
}

func (s *Store) rowsOf(ctx context.Context, lane, worker string) (storage.Lane, error) {
	out := storage.Lane{Name: lane, Worker: worker}
	filter := bson.D{{Key: "state", Value: rowNew}, {Key: "lane", Value: lane}}
	var err error
	out.Rows, err = s.findRows(ctx, filter, storage.LaneBatch)
	return out, err
}

func (s *Store) findRows(ctx context.Context, filter bson.D, limit int) ([]storage.Row, error) {
	cursor, err := s.inbox.Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "seq", Value: 1}}).SetLimit(int64(limit)))
	if err != nil {
		return nil, err
	}
	var rows []row
	if err := cursor.All(ctx, &rows); err != nil {
		return nil, err
	}
	var out []storage.Row
	for _, r := range rows {
		p, err := r.port()
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Renew implements storage.Inbox.
func (s *Store) Renew(ctx context.Context, lane storage.Lane) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	result, err := s.lanes.UpdateOne(ctx, heldBy(lane), set(bson.D{{Key: "until", Value: s.Now().Add(storage.LeaseTTL)}}))
	if err == nil && result.MatchedCount == 0 {
		err = storage.ErrConflict
	}
	if err != nil {
		return s.failed(ctx, "renew lane "+lane.Name, err)
	}
	return nil
}

func heldBy(lane storage.Lane) bson.D {
	return bson.D{{Key: "_id", Value: lane.Name}, {Key: "worker", Value: lane.Worker}}
}

// Finish implements storage.Inbox. Repeated, it only makes the keys live a little longer.
func (s *Store) Finish(ctx context.Context, rows ...storage.Row) error {
	if len(rows) == 0 {
		return nil
	}
	ctx, cancel := s.begin(ctx)
	defer cancel()
	ids := make([]rowID, len(rows))
	for i, r := range rows {
		ids[i] = idOf(r)
	}
	_, err := s.inbox.UpdateMany(ctx, byID(bson.D{{Key: "$in", Value: ids}}), bson.D{
		{Key: "$set", Value: bson.D{{Key: "state", Value: rowDone}}},
		{Key: "$unset", Value: names("lane", "seq", "at", "event", "tries", "error", "failure")},
		{Key: "$currentDate", Value: bson.D{{Key: "doneAt", Value: true}}},
	})
	if err != nil {
		return s.failed(ctx, "finish", err)
	}
	return nil
}

// Release implements storage.Inbox.
func (s *Store) Release(ctx context.Context, lane storage.Lane, rest time.Duration) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	var err error
	if rest <= 0 {
		_, err = s.lanes.DeleteOne(ctx, heldBy(lane))
	} else {
		_, err = s.lanes.UpdateOne(ctx, heldBy(lane),
			set(bson.D{{Key: "worker", Value: ""}, {Key: "until", Value: s.Now().Add(rest)}}))
	}
	if err != nil {
		return s.failed(ctx, "release lane "+lane.Name, err)
	}
	return nil
}

// Fail implements storage.Inbox. Every failure is counted under a token of its own and from the tries as read. When the
// answer is lost, the token is remembered for the repeated call, which so counts nothing that was counted; the first
// call's write, should it arrive late, finds other tries and changes nothing.
func (s *Store) Fail(ctx context.Context, r storage.Row, reason string, dead bool) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	state := rowNew
	if dead {
		state = rowDead
	}
	token := s.failure(idOf(r))
	for {
		err := s.count(ctx, idOf(r), token, bson.D{{Key: "state", Value: state}, {Key: "error", Value: reason}})
		if errors.Is(err, errMissed) {
			continue
		}
		if err != nil {
			return s.failed(ctx, "fail "+r.Event.Key, err)
		}
		s.counted(idOf(r))
		return nil
	}
}

// count raises a new row's tries by one, unless that was done under this token.
func (s *Store) count(ctx context.Context, id rowID, token string, values bson.D) error {
	var r struct {
		State   string `bson:"state"`
		Tries   int    `bson:"tries"`
		Failure string `bson:"failure"`
	}
	err := s.inbox.FindOne(ctx, byID(id), options.FindOne().SetProjection(bson.D{{Key: "event", Value: 0}})).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) || err == nil && (r.State != rowNew || r.Failure == token) {
		return nil
	}
	if err != nil {
		return err
	}
	result, err := s.inbox.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: "state", Value: rowNew}, {Key: "tries", Value: r.Tries}},
		set(append(values, bson.E{Key: "tries", Value: r.Tries + 1}, bson.E{Key: "failure", Value: token})))
	return missed(result, err)
}

// failure is the token of a row's failure: a new one, or that of a call whose answer was lost.
func (s *Store) failure(id rowID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures[id] == "" {
		s.failures[id] = rand.Text()
	}
	return s.failures[id]
}

func (s *Store) counted(id rowID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.failures, id)
}

// Dead implements storage.Inbox.
func (s *Store) Dead(ctx context.Context, limit int) ([]storage.Row, error) {
	if limit <= 0 {
		return nil, nil
	}
	ctx, cancel := s.begin(ctx)
	defer cancel()
	rows, err := s.findRows(ctx, bson.D{{Key: "state", Value: rowDead}}, limit)
	if err != nil {
		return nil, s.failed(ctx, "dead rows", err)
	}
	return rows, nil
}

// Replay implements storage.Inbox. Repeated after a lost answer it says ErrNotFound: the row is new by then.
func (s *Store) Replay(ctx context.Context, key, subject string) error {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	result, err := s.inbox.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: rowID{Key: key, Subject: subject}}, {Key: "state", Value: rowDead}},
		bson.D{
			{Key: "$set", Value: bson.D{{Key: "state", Value: rowNew}, {Key: "tries", Value: 0}}},
			{Key: "$unset", Value: names("error")},
		})
	if err == nil && result.MatchedCount == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return s.failed(ctx, "replay "+key, err)
	}
	return nil
}

const purgeBatch = 1000

// Purge implements storage.Store. It goes by the server's clock, also when another was given, because the server wrote
// doneAt. Leases that ran out long ago go, too, uncounted.
func (s *Store) Purge(ctx context.Context) (int, error) {
	ctx, cancel := s.begin(ctx)
	defer cancel()
	n, err := s.purgeRows(ctx)
	if err == nil {
		_, err = s.lanes.DeleteMany(ctx, bson.D{{Key: "until", Value: bson.D{{Key: "$lt", Value: s.Now().Add(-storage.KeyLife)}}}})
	}
	if err != nil {
		return n, s.failed(ctx, "purge", err)
	}
	return n, nil
}

func (s *Store) purgeRows(ctx context.Context) (int, error) {
	old := bson.E{Key: "doneAt", Value: bson.D{{Key: "$lt", Value: s.serverNow().Add(-storage.KeyLife)}}}
	cursor, err := s.inbox.Find(ctx, bson.D{old}, options.Find().SetSort(bson.D{{Key: "doneAt", Value: 1}}).
		SetLimit(purgeBatch).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return 0, err
	}
	var rows []struct {
		ID rowID `bson:"_id"`
	}
	if err := cursor.All(ctx, &rows); err != nil || len(rows) == 0 {
		return 0, err
	}
	ids := make([]rowID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	result, err := s.inbox.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, old})
	if err != nil {
		return 0, err
	}
	return int(result.DeletedCount), nil
}

// nextLane is when the first lane that has new rows can be claimed; zero when there is none.
func (s *Store) nextLane(ctx context.Context) (time.Time, error) {
	var next time.Time
	now := s.Now()
	for from := (*string)(nil); ; {
		first, err := s.laneBetween(ctx, from, nil)
		if errors.Is(err, storage.ErrNotFound) {
			return next, nil
		}
		if err != nil {
			return time.Time{}, err
		}
		held, err := s.leaseOf(ctx, first.Lane)
		if err != nil {
			return time.Time{}, err
		}
		if held == nil || !held.Until.After(now) {
			return now, nil
		}
		next = earlier(next, milli(held.Until))
		from = &first.Lane
	}
}

func (s *Store) countRows(ctx context.Context, state string) (int, error) {
	n, err := s.inbox.CountDocuments(ctx, bson.D{{Key: "state", Value: state}})
	return int(n), err
}

func set(fields bson.D) bson.D { return bson.D{{Key: "$set", Value: fields}} }

// names are fields to be unset.
func names(fields ...string) bson.D {
	var d bson.D
	for _, f := range fields {
		d = append(d, bson.E{Key: f, Value: ""})
	}
	return d
}

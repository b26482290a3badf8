package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// query is a statement's text. All of them are in this file, are prepared once for each connection, and are explained by
// TestEveryQueryUsesAnIndex. A limit is written "0 + ?": SQLite plans by the value of a bare one, and so prepares the
// statement anew whenever it is given one.
type query struct {
	text   string
	writes bool // runs on the writer's connection
}

// statements are prepared queries.
type statements map[*query]*sql.Stmt

var queries []*query

func reads(text string) *query  { return register(&query{text: text}) }
func writes(text string) *query { return register(&query{text: text, writes: true}) }

func register(q *query) *query {
	queries = append(queries, q)
	return q
}

// The writer's transaction.
var (
	beginImmediate = writes(`BEGIN IMMEDIATE`)
	commit         = writes(`COMMIT`)
	rollbackAll    = writes(`ROLLBACK`)
)

// The store as a whole.
var (
	readVersion  = writes(`PRAGMA user_version`)
	nextLane     = reads(`SELECT l.free FROM lanes l WHERE EXISTS (SELECT 1 FROM inbox i WHERE i.lane = l.name AND i.state = 0) ORDER BY l.free LIMIT 1`)
	nextDelivery = reads(`SELECT wake FROM deliveries ORDER BY wake LIMIT 1`)
	countNew     = reads(`SELECT count(*) FROM inbox WHERE state = 0`)
	oldestNew    = reads(`SELECT min((SELECT i.at FROM inbox i WHERE i.lane = l.name AND i.state = 0 ORDER BY i.seq LIMIT 1)) FROM lanes l`)
	countDead    = reads(`SELECT count(*) FROM inbox WHERE state = 1`)
	countEffects = reads(`SELECT count(*) FROM outbox`)
	oldestEffect = reads(`SELECT min(since) FROM outbox`)
	cutLog       = reads(`PRAGMA wal_checkpoint(TRUNCATE)`)
	purgeRows    = writes(`DELETE FROM inbox WHERE seq IN (SELECT seq FROM inbox WHERE state = 2 AND done_at < ? ORDER BY done_at LIMIT 0 + ?)`)
)

// The inbox.
const lastInQueue = `(SELECT coalesce(max(turn), 0) + 1 FROM lanes WHERE free = 0)`

var (
	insertRow    = writes(`INSERT INTO inbox (key, subject, lane, at, event, state, tries, error, done_at) VALUES (?, ?, ?, ?, ?, 0, 0, '', 0) ON CONFLICT (key, subject) DO NOTHING`)
	findRow      = writes(`SELECT seq, lane, state FROM inbox WHERE key = ? AND subject = ?`)
	finishRow    = writes(`UPDATE inbox SET state = 2, lane = '', event = '', tries = 0, error = '', done_at = ? WHERE key = ? AND subject = ? AND state < 2`)
	failRow      = writes(`UPDATE inbox SET state = ?, tries = tries + 1, error = ? WHERE seq = ?`)
	replayRow    = writes(`UPDATE inbox SET state = 0, tries = 0, error = '' WHERE seq = ?`)
	deadRows     = reads(`SELECT seq, subject, lane, event, tries, error FROM inbox WHERE state = 1 ORDER BY seq LIMIT 0 + ?`)
	rowsOfLane   = writes(`SELECT seq, subject, lane, event, tries, error FROM inbox WHERE lane = ? AND state = 0 ORDER BY seq LIMIT 0 + ?`)
	queueNewLane = writes(`INSERT INTO lanes (name, worker, free, turn) VALUES (?, '', 0, ` + lastInQueue + `) ON CONFLICT (name) DO NOTHING`)
	lanesBack    = writes(`SELECT name FROM lanes WHERE free > 0 AND free <= ? ORDER BY free, turn LIMIT 100`)
	queueLane    = writes(`UPDATE lanes SET free = 0, turn = ` + lastInQueue + ` WHERE name = ?`)
	firstLane    = writes(`SELECT name FROM lanes WHERE free = 0 ORDER BY turn LIMIT 1`)
	leaseLane    = writes(`UPDATE lanes SET worker = ?, free = ? WHERE name = ?`)
	renewLane    = writes(`UPDATE lanes SET free = ? WHERE name = ? AND worker = ?`)
	dropLane     = writes(`DELETE FROM lanes WHERE name = ? AND worker = ? AND NOT EXISTS (SELECT 1 FROM inbox WHERE lane = name AND state = 0)`)
	releaseLane  = writes(`UPDATE lanes SET worker = '', free = ?, turn = ` + lastInQueue + ` WHERE name = ? AND worker = ?`)
	forgetLane   = writes(`DELETE FROM lanes WHERE name = ?`)
)

// Subjects.
const subjectColumns = `s.id, s.kind, s.v, s.rev, s.due, s.at, s.addresses, s.applied, s.data`

var (
	loadSubject   = reads(`SELECT ` + subjectColumns + ` FROM subjects s WHERE s.id = ?`)
	claimSubject  = writes(`SELECT ` + subjectColumns + ` FROM subjects s WHERE s.id = ?`)
	findSubjects  = reads(`SELECT ` + subjectColumns + ` FROM addresses a JOIN subjects s ON s.id = a.subject WHERE a.address = ? AND a.at >= ? AND a.at < ? ORDER BY a.at, a.subject LIMIT 0 + ?`)
	routeAddress  = reads(`SELECT address, subject FROM addresses WHERE address = ?`)
	routeSeveral  = reads(`SELECT a.address, a.subject FROM json_each(?) j JOIN addresses a ON a.address = j.value`)
	dueSubjects   = reads(`SELECT id FROM subjects WHERE due <= ? ORDER BY due, id LIMIT 0 + ?`)
	nextDue       = reads(`SELECT due FROM subjects WHERE due IS NOT NULL ORDER BY due LIMIT 1`)
	storedSubject = writes(`SELECT rev, at, addresses, data FROM subjects WHERE id = ?`)
	insertSubject = writes(`INSERT INTO subjects (kind, v, rev, due, at, addresses, applied, data, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	updateSubject = writes(`UPDATE subjects SET kind = ?, v = ?, rev = ?, due = ?, at = ?, addresses = ?, applied = ?, data = ? WHERE id = ?`)
	deleteSubject = writes(`DELETE FROM subjects WHERE id = ?`)
	insertAddress = writes(`INSERT INTO addresses (address, at, subject) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`)
	deleteAddress = writes(`DELETE FROM addresses WHERE address = ? AND at = ? AND subject = ?`)
)

// The outbox.
const (
	entryColumns = `o.seq, o.id, o.destination, o.slot, o.state, o.tries, o.since, o.not_before, o.started_at, o.by, o.lapsed`
	withRef      = ` FROM outbox o LEFT JOIN refs r ON r.subject = o.subject AND r.slot = o.slot`
)

var (
	insertEffect   = writes(`INSERT INTO outbox (subject, id, destination, slot, body, state, tries, since, not_before, started_at, by, lapsed) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, '', ?)`)
	hasEffects     = writes(`SELECT EXISTS (SELECT 1 FROM outbox WHERE subject = ?)`)
	entriesOf      = writes(`SELECT ` + entryColumns + `, r.at` + withRef + ` WHERE o.subject = ? ORDER BY o.seq`)
	claimEntry     = writes(`SELECT o.body, r.result, r.hash` + withRef + ` WHERE o.seq = ?`)
	pendingEntries = reads(`SELECT ` + entryColumns + `, o.body FROM outbox o WHERE o.subject = ? ORDER BY o.seq`)
	pendingRefs    = reads(`SELECT slot, result, hash, at FROM refs WHERE subject = ?`)
	writeRef       = writes(`INSERT INTO refs (subject, slot, result, hash, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (subject, slot) DO UPDATE SET result = excluded.result, hash = excluded.hash, at = excluded.at`)
	updateEffect   = writes(`UPDATE outbox SET state = ?, tries = ?, not_before = ?, started_at = ?, by = ?, lapsed = ? WHERE seq = ?`)
	deleteEffect   = writes(`DELETE FROM outbox WHERE seq = ?`)
	writeDelivery  = writes(`INSERT INTO deliveries (subject, wake, since) VALUES (?, ?, ?) ON CONFLICT (subject) DO UPDATE SET wake = excluded.wake, since = excluded.since`)
	dropDelivery   = writes(`DELETE FROM deliveries WHERE subject = ?`)
	wakeDeliveries = writes(`UPDATE deliveries SET wake = 0 WHERE wake > 0 AND wake <= ?`)
	firstDelivery  = writes(`SELECT subject FROM deliveries WHERE wake = 0 ORDER BY since, subject LIMIT 1`)
)

// The archive.
var (
	insertKept   = writes(`INSERT INTO kept (key, at, body) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING`)
	selectKept   = reads(`SELECT key, at, body FROM kept WHERE key = ?`)
	keptBetween  = reads(`SELECT key, at, body FROM kept WHERE key >= ? AND key < ? ORDER BY key LIMIT 0 + ?`)
	keptFrom     = reads(`SELECT key, at, body FROM kept WHERE key >= ? ORDER BY key LIMIT 0 + ?`)
	deleteKept   = writes(`DELETE FROM kept WHERE key >= ? AND key < ?`)
	selectNumber = reads(`SELECT n FROM numbers WHERE workspace = ? AND series = ? AND subject = ?`)
	assignNumber = writes(`INSERT INTO numbers (workspace, series, subject, n)
		VALUES (?1, ?2, ?3, (SELECT coalesce(max(n), 0) + 1 FROM numbers WHERE workspace = ?1 AND series = ?2))
		ON CONFLICT (workspace, series, subject) DO UPDATE SET n = n RETURNING n`)
)

// prepared prepares the queries of one side.
func prepared(ctx context.Context, c interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}, writes bool,
) (statements, error) {
	all := statements{}
	for _, q := range queries {
		if q.writes != writes {
			continue
		}
		stmt, err := c.PrepareContext(ctx, q.text)
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", q.text, err)
		}
		all[q] = stmt
	}
	return all, nil
}

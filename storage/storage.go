// Package storage is the port to the database: what the bot must be able to keep, claim and find again.
//
// One rule carries all others: every write is one conditional change of one document, and doing it again changes
// nothing. There are no transactions in this port. What the store promises, whoever implements it:
//
//   - Accept is durable when it returns. A row that is already there is not an error: that is how the same happening,
//     delivered twice, has one effect.
//   - A subject is changed by Save alone, on its Rev; its outbox by ClaimEffect and Settle alone, on an entry's state
//     and holder. Save appends to the outbox and touches nothing that is in it; ClaimEffect and Settle never touch the
//     subject's own fields or Rev. So a delivery and a step never undo one another.
//   - Leases, claims and back-off are counted on the store's clock (Now), which is one for all replicas. Due is
//     compared with a time the caller gives: the bot's.
//   - Times come back in UTC, cut to the millisecond. A zero time is absent, and absent is never due.
//   - Fields of a subject that this program does not know, at the top level, survive its saves.
//   - Every method may be called from several goroutines and by several processes at once, and may be repeated.
//
// Errors: ErrNotFound, ErrConflict and ErrUnavailable are told apart by errors.Is; anything else is a defect.
// A cancelled context gives an error that is both ErrUnavailable and the context's.
package storage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

var (
	// ErrNotFound means: there is nothing of that name, or nothing to claim now.
	ErrNotFound = errors.New("not found")
	// ErrConflict means: somebody else changed it first, or a claim or lease is no longer held. Load again and decide again.
	ErrConflict = errors.New("changed by somebody else")
	// ErrUnavailable means: the store cannot be reached or did not answer in time; whether the write happened is not known.
	// Repeat it.
	ErrUnavailable = errors.New("store unavailable")
	// ErrNewer means: the database was written by a newer version of the program. Ready returns it; nothing else is touched.
	ErrNewer = errors.New("database belongs to a newer version")
)

// Figures that both sides of the port rely on.
const (
	LaneBatch   = 64                  // rows that one claim of a lane gives at most
	LeaseTTL    = 10 * time.Second    // how long a lane is held without being renewed
	EffectTTL   = 30 * time.Second    // how long an effect is held; then its holder is taken for dead
	SlotSpacing = 2 * time.Second     // at most one sending of a slot in this time
	KeyLife     = 14 * 24 * time.Hour // how long the keys of finished rows are remembered
)

// Store is a database. Every method returns soon after its context has ended, whatever the database does: ErrUnavailable.
type Store interface {
	Inbox
	Subjects
	Outbox
	Archive

	// Ready makes the schema and its indexes when they are missing and checks them. It can be called again at any time
	// and is also the health check. ErrNewer when the database is newer than this program.
	Ready(ctx context.Context) error
	// Now is the store's clock. It makes no round trip.
	Now() time.Time
	// Next is the earliest moment, by Now, at which something that waits today can be claimed: a lane that rests or
	// whose lease runs out, an effect that waits or whose claim runs out. Zero: nothing waits.
	Next(ctx context.Context) (time.Time, error)
	// Health counts what waits and what is stuck.
	Health(ctx context.Context) (Health, error)
	// Purge deletes the keys of rows that were finished more than KeyLife ago, a bounded number at a time, and says how
	// many it deleted.
	Purge(ctx context.Context) (int, error)
	// Close ends everything. Later calls give ErrUnavailable. Closing twice is harmless.
	Close() error
}

// Row is one event on its way to one subject. Its identity is (Event.Key, Subject).
type Row struct {
	Subject string
	Lane    string
	Event   conversations.Event
	Tries   int    // how often stepping it failed by its own fault
	Error   string // the last failure, in words for the operator
	Token   string // the store's own name of the row within a claim
}

// Lane is a claimed lane and the oldest of its rows, in the order in which they were accepted.
type Lane struct {
	Name   string
	Worker string
	Rows   []Row
}

// Inbox is where accepted events wait until their subject has been stepped.
type Inbox interface {
	// Accept inserts the rows that are not there yet. When it returns nil, all of them are durable, as new ones or from
	// before (also when long finished). On error any of them may be.
	Accept(ctx context.Context, rows ...Row) error
	// Claim takes the next lane, in turn, that has new rows, is not leased and does not rest. In turn: whatever order the
	// store keeps (by name, by waiting), no lane comes again before every other that waits has come once. It gives up to
	// LaneBatch rows. ErrNotFound when there is none. A busy lane costs the same whether it holds ten rows or ten thousand.
	Claim(ctx context.Context, worker string) (Lane, error)
	// Renew extends the lease to LeaseTTL from now. ErrConflict when it is no longer held: it was released, or somebody
	// else took over.
	Renew(ctx context.Context, lane Lane) error
	// Finish marks the rows done and wipes their content; only keys stay. It does not ask whether the lease is held:
	// a row that was stepped is done.
	Finish(ctx context.Context, rows ...Row) error
	// Release gives the lane back; nobody claims it for the duration rest. Not held any more: nothing happens.
	Release(ctx context.Context, lane Lane, rest time.Duration) error
	// Fail counts one more try of the row and records why. With dead the row is set aside: never claimed again, kept
	// with its content, counted by Health. A row that is finished or dead stays so.
	Fail(ctx context.Context, row Row, reason string, dead bool) error
	// Dead lists rows that were set aside, oldest first, at most limit.
	Dead(ctx context.Context, limit int) ([]Row, error)
	// Replay makes a dead row new again, with no tries. ErrNotFound when there is no such dead row.
	Replay(ctx context.Context, key, subject string) error
}

// Query finds subjects by one address.
type Query = conversations.Query

// Subjects are the documents.
type Subjects interface {
	// Load returns the subject as it is now. ErrNotFound.
	Load(ctx context.Context, id string) (conversations.Subject, error)
	// Find returns the subjects that have the address, by (At, ID); a zero At comes before all others. None: an empty
	// list.
	Find(ctx context.Context, q Query) ([]conversations.Subject, error)
	// Route returns, for each address, the ids of the subjects that have it, by one indexed read. No state is read.
	Route(ctx context.Context, addresses []string) ([]Hit, error)
	// Save writes the subject's own fields if its stored Rev is still s.Rev (0: if it does not exist) and raises it by
	// one; in the same write it appends the effects to the outbox, in order, claimable at once. A nil State deletes the
	// subject (no effects may be given, and one that still has outbox entries is not deleted: ErrConflict).
	// ErrConflict when the revision is another. The subject passed in is not changed.
	Save(ctx context.Context, s conversations.Subject, effects []conversations.Effect) error
	// Due returns ids of subjects whose Due is not after now, earliest first, at most limit.
	Due(ctx context.Context, now time.Time, limit int) ([]string, error)
	// NextDue is the earliest Due of all; zero when none is due ever.
	NextDue(ctx context.Context) (time.Time, error)
}

// Hit says that a subject has an address.
type Hit struct {
	Address string
	Subject string
}

// Ref is what is known about a slot: where its message is, when it was last sent, and what it said.
type Ref struct {
	Result conversations.Result `json:"result,omitzero"`
	Hash   string               `json:"hash,omitempty"` // of what was sent last
	At     time.Time            `json:"at"`             // when, by the store's clock
}

// Claim is an effect held by one worker until StartedAt+EffectTTL.
type Claim struct {
	Subject   conversations.Subject // as it was at the claim
	Effect    conversations.Effect
	Ref       Ref       // the slot's; zero when it has none
	StartedAt time.Time // when this claim began, by the store's clock
	Tries     int       // counted attempts before this one
	// Lapsed, when not zero: an earlier claim began then and was never settled; what became of it is not known. Of
	// several the first, and it stays when the effect is put back: a look-up must reach that far.
	Lapsed time.Time
	Worker string
}

// Settlement is what came of a claim.
type Settlement struct {
	// Again puts the effect back, to be claimed after this time. Zero: it is done, and goes, with those of its slot that
	// it superseded.
	Again time.Duration
	// Attempt counts the try. A platform that says "later" has not been tried.
	Attempt bool
	// Ref, when not nil and the effect is done, becomes the slot's. Its At is set by the store.
	Ref *Ref
}

// Outbox is the work of delivery. Which entry of a subject may be claimed is decided by Next in this package, for every
// store alike.
type Outbox interface {
	// ClaimEffect takes a claimable effect, of any subject, longest waiting first. ErrNotFound when there is none now.
	// However many ask at once, an entry has one holder, and a (subject, To) has one entry in sending.
	ClaimEffect(ctx context.Context, worker string) (Claim, error)
	// Settle ends the claim. ErrConflict when it is no longer held: somebody else took over, and nothing was changed.
	Settle(ctx context.Context, c Claim, s Settlement) error
	// Pending lists the outbox of one subject, in order; for doctor and tests.
	Pending(ctx context.Context, id string) ([]Entry, map[string]Ref, error)
}

// Archive keeps rows that never change, and hands out numbers.
type Archive interface {
	// Keep files the row under its key. A key that is taken keeps what it has: nil is returned.
	Keep(ctx context.Context, row Kept) error
	// Kept returns the row. ErrNotFound.
	Kept(ctx context.Context, key string) (Kept, error)
	// KeptUnder lists rows whose key begins with the prefix and sorts, by bytes, past another (empty: all of them), by key,
	// at most limit (0: all).
	KeptUnder(ctx context.Context, prefix, past string, limit int) ([]Kept, error)
	// Discard deletes the rows whose keys sort, by bytes, from the first on and before the end, and leaves nothing of them
	// on the disk as far as the database lets that be seen to. After an error any of them may be gone.
	Discard(ctx context.Context, first, end string) error
	// Number gives the subject its number in a series of a workspace: 1, 2, 3 …, the same one every time it is asked.
	// Numbers are never used twice; one may be skipped.
	Number(ctx context.Context, workspace, series, subject string) (int, error)
}

// Kept is an immutable row: a version of a report, an entry of the audit.
type Kept struct {
	Key  string    // natural, begins with the workspace
	At   time.Time // when it was made, by the bot's clock
	Body []byte    // what was kept, as its maker encoded it
}

// Health is what an operator asks about.
type Health struct {
	New       int       // rows waiting
	OldestNew time.Time // when the oldest of them was accepted, by Now; zero: none
	Dead      int       // rows set aside
	Effects   int       // effects waiting or in sending
	Oldest    time.Time // since when the oldest effect waits; zero: none
}

// EntryState says where an outbox entry stands.
type EntryState string

// An entry is new until it is claimed, and sending until it is settled.
const (
	Waiting EntryState = "new"
	Sending EntryState = "sending"
)

// Entry is an effect in a subject's outbox.
type Entry struct {
	Effect    conversations.Effect
	State     EntryState
	Tries     int
	Since     time.Time // appended at, by the store's clock
	NotBefore time.Time
	StartedAt time.Time // Sending: when the claim began
	By        string    // Sending: who holds it
	Lapsed    time.Time // when the first claim that ran out unsettled began; stays until the effect is done
}

// NextEntry decides which entry of one outbox may be claimed at the moment now: its index, or -1. wait is then the
// earliest moment at which that can change by the passing of time alone; zero when only a change of the outbox can.
//
// Order holds per destination: only the first entry of each is looked at. An entry in sending comes first, and may be
// taken over once its claim has run out. A waiting entry that has a newer one in its slot is superseded: it is never
// claimed and holds nobody up. A slot is sent at most once in SlotSpacing.
func NextEntry(entries []Entry, refs map[string]Ref, now time.Time) (index int, wait time.Time) {
	var seen []string
	for i, e := range entries {
		if slices.Contains(seen, e.Effect.To) {
			continue
		}
		at := headFor(entries, e.Effect.To)
		if at != i {
			continue // a superseded one, or one in sending comes first
		}
		seen = append(seen, e.Effect.To)
		free := freeAt(e, refs)
		if !free.After(now) {
			return i, time.Time{}
		}
		if wait.IsZero() || free.Before(wait) {
			wait = free
		}
	}
	return -1, wait
}

// headFor is the index of the entry that is next for a destination.
func headFor(entries []Entry, to string) int {
	head := -1
	for i, e := range entries {
		if e.Effect.To != to {
			continue
		}
		if e.State == Sending {
			return i
		}
		if head < 0 && !Superseded(entries, i) {
			head = i
		}
	}
	return head
}

// Superseded reports whether a waiting entry has a newer one in its slot. One that lapsed once may have been sent, so it
// is looked up before anything newer goes out, also when it was put back meanwhile.
func Superseded(entries []Entry, i int) bool {
	e := entries[i]
	if e.Effect.Slot == "" || e.State == Sending || !e.Lapsed.IsZero() {
		return false
	}
	for _, later := range entries[i+1:] {
		if later.Effect.Slot == e.Effect.Slot {
			return true
		}
	}
	return false
}

// freeAt is when an entry that is next for its destination can be claimed.
func freeAt(e Entry, refs map[string]Ref) time.Time {
	if e.State == Sending {
		return e.StartedAt.Add(EffectTTL)
	}
	free := e.NotBefore
	if ref, ok := refs[e.Effect.Slot]; ok && e.Effect.Slot != "" {
		if spaced := ref.At.Add(SlotSpacing); spaced.After(free) {
			free = spaced
		}
	}
	return free
}

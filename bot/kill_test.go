//go:build unix

package bot_test

import (
	"context"
	crand "crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
)

var killsFlag = flag.Int("kills", 1, "how many rounds TestProcesses plays; only the first is short")

const (
	leastKills  = 20 // in every run
	mostInBlock = 5
)

// A bot in a process of its own may be killed at any moment, and what comes out is the same.
//
// The chat, its people and its memory are in the test's process, as Slack is elsewhere. The bot runs in a child (the test
// binary, executed again) with its real workers, deliverers, beat and clock, over a real database, and is killed again and
// again: some time after it began, before, within and after its calls of the chat and the chat's calls of it, and at calls
// of its store. Another takes over at once. Events that were not acknowledged are brought again by the chat, clicks and
// commands are repeated by who made them.
//
// Of the clocks, people's is the transcript's. The store's is the machine's, but where everything waits for it, and nobody
// alive holds a lease or a claim, it is wound to the moment that is waited for: that takes nothing from the bots, which
// would do nothing meanwhile, and from the test the minutes of waiting.
func TestProcesses(t *testing.T) {
	onSQLite := func(t *testing.T) spec { return spec{SQLite: filepath.Join(t.TempDir(), "debrief.db")} }
	onMongoDB := func(t *testing.T) spec {
		uri := os.Getenv("DEBRIEF_TEST_MONGO_URI")
		if uri == "" {
			t.Skip("DEBRIEF_TEST_MONGO_URI names no MongoDB server; .ci/mongo/start starts one (needs Java 17 and Maven)")
		}
		return spec{MongoURI: uri, Database: "debrief_test_" + crand.Text()}
	}
	for _, c := range []struct {
		name       string
		signal     syscall.Signal
		replicas   int
		transcript string // of the first round
		spec       func(*testing.T) spec
	}{
		{"killed", syscall.SIGKILL, 1, "first-review", onSQLite},
		{"killed beside a second one", syscall.SIGKILL, 2, "actions", onSQLite},
		{"told to stop", syscall.SIGTERM, 1, "answers-follow-their-message", onSQLite},
		{"killed over MongoDB", syscall.SIGKILL, 2, "answers-follow-their-message", onMongoDB},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for round := range *killsFlag {
				name := c.transcript
				if round > 0 {
					name = deadlyTranscripts[round%len(deadlyTranscripts)]
				}
				r := &rig{
					spec: c.spec(t), signal: c.signal, replicas: c.replicas, kills: map[string]int{},
					rand: rand.New(rand.NewPCG(uint64(round), uint64(len(c.name)))),
				}
				if err := r.play(t, name); err != nil {
					t.Fatalf("round %d, %s: %v\n%s", round, name, err, r.lastWords())
				}
			}
		})
	}
}

// deadlyTranscripts are played in turn with -kills. In none of them does a private answer show what has not been worked
// off, since here people's lines are a minute apart and the bots are quicker.
var deadlyTranscripts = []string{
	"first-review", "actions", "published-then-corrected", "answers-follow-their-message", "next-twice",
	"two-reviews-in-one-channel", "addressed-replies", "timeline-by-hand", "defect-09-mentions", "inert",
	"private-channel", "start-twice",
}

// play plays a transcript, and says in what it came out otherwise than where nobody dies.
func (r *rig) play(t *testing.T, name string) error {
	t.Helper()
	path := filepath.Join(transcripts, name+".txtar")
	ctx, began := t.Context(), time.Now()
	var err error
	if r.store, err = r.spec.open(ctx, r.clock.now); err != nil {
		return err
	}
	defer r.store.Close()
	if s, ok := r.store.(*mongo.Store); ok {
		defer func() {
			if err := s.Drop(context.Background()); err != nil {
				t.Error(err)
			}
		}()
	}
	if err := r.store.Ready(ctx); err != nil {
		return err
	}
	r.people = local.NewClock(time.Time{})
	stage := &deadlyStage{rig: r, calm: playedCalmly(t, path), again: map[string]bool{}}
	stage.Stage = local.NewStage(local.StageOptions{
		Clock: r.people, NextDue: r.nextDue,
		Open: func(ctx context.Context, chat *local.Chat, zone *time.Location) (local.Bot, error) {
			r.chat, r.spec.Zone, r.over = chat, zone.String(), false
			for range r.replicas {
				if err := r.start(false); err != nil {
					return nil, err
				}
			}
			return r, r.connected(ctx)
		},
	})
	defer r.Close()
	want := stage.calm.played
	got, err := transcript.RunLoosely(ctx, want, stage)
	if err != nil {
		return err
	}
	if err := transcript.Compare(inEssence(t, want), inEssence(t, got)); err != nil {
		return err
	}
	inLines := r.killed()
	if err := stage.rampage(ctx, leastKills); err != nil {
		return err
	}
	return errors.Join(stage.same(), r.clean(ctx), r.summary(t, name, inLines, began))
}

// same looks whether the killing after the last line changed anything, and whether anything was posted twice.
func (s *deadlyStage) same() error {
	var errs []error
	if n := posts(s.Chat()); n != s.calm.posts {
		errs = append(errs, fmt.Errorf("the bot wrote %d messages, want %d", n, s.calm.posts))
	}
	saved, err := s.Chat().Save()
	if err != nil {
		return err
	}
	var all struct {
		Messages []struct{ Effect, Slot, Only string }
	}
	if err := json.Unmarshal(saved, &all); err != nil {
		return err
	}
	times := map[string]int{}
	for _, m := range all.Messages {
		if m.Effect != "" {
			if times[m.Effect]++; times[m.Effect] == 2 {
				errs = append(errs, fmt.Errorf("one effect was posted twice, in slot %q, to %q", m.Slot, m.Only))
			}
		}
	}
	return errors.Join(errs...)
}

// clean looks whether anything is left in inbox and outbox, stops the bots, and looks whether the database is whole.
func (r *rig) clean(ctx context.Context) error {
	next, err := r.store.Next(ctx)
	if err != nil {
		return err
	}
	h, err := r.store.Health(ctx)
	if err != nil {
		return err
	}
	if h.New+h.Dead+h.Effects > 0 || !next.IsZero() {
		return fmt.Errorf("left over at the end: %+v, the next thing at %s", h, next)
	}
	if err := r.Close(); err != nil {
		return err
	}
	if err := r.failure(); err != nil {
		return err
	}
	if r.signal == syscall.SIGTERM && !r.cutOff && r.longest > storage.SlotSpacing {
		return fmt.Errorf("all stopped in order, and still something waited %s: a lease or claim was left", r.longest)
	}
	if r.spec.SQLite == "" {
		return nil
	}
	db, err := sql.Open("sqlite", r.spec.SQLite)
	if err != nil {
		return err
	}
	defer db.Close()
	var sound string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&sound); err != nil {
		return err
	}
	if sound != "ok" {
		return fmt.Errorf("integrity_check: %s", sound)
	}
	return nil
}

// nextDue asks until it is told: a store that is busy for a moment is no news here.
func (r *rig) nextDue(ctx context.Context) (due time.Time, err error) {
	return due, r.until(ctx, "say what is due", func() bool {
		due, err = r.store.NextDue(ctx)
		return err == nil
	})
}

// summary tells with -v what was done.
func (r *rig) summary(t *testing.T, name string, inLines int, began time.Time) error {
	t.Helper()
	var kinds []string
	for _, k := range slices.Sorted(maps.Keys(r.kills)) {
		kinds = append(kinds, fmt.Sprintf("%d × %s", r.kills[k], k))
	}
	t.Logf("%s: %d signals, %d of them before the last line had settled, in %s; %d answers given up in doubt; the clock "+
		"wound by %s at most: %s", name, r.killed(), inLines,
		time.Since(began).Round(time.Millisecond), r.drops, r.longest.Round(time.Millisecond), strings.Join(kinds, "; "))
	if n := r.killed(); n < leastKills {
		return fmt.Errorf("only %d signals", n)
	}
	return nil
}

// lastWords are the last lines that the bots logged.
func (r *rig) lastWords() (words string) {
	r.do(func() { words = strings.Join(r.log[max(0, len(r.log)-40):], "\n") })
	return words
}

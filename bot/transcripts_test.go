package bot_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/bot"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/storagetest"
)

var update = flag.Bool("update", false, "rewrite what the bot says in the transcripts; read the diff before you keep it")

const transcripts = "../conversations/testdata"

// TestTranscripts plays every transcript on a store that behaves, and compares every line.
func TestTranscripts(t *testing.T) {
	for _, path := range transcriptFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			want := readTranscript(t, path)
			got, err := transcript.Run(t.Context(), want, newStage(t))
			if got != nil && *update {
				if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), got.String()); diff != "" && !*update {
				t.Errorf("the bot says otherwise (-file +bot); if it is right, run with -update:\n%s", diff)
			}
		})
	}
}

// TestFormsAndRepliesMakeOneReport: what people say makes the same report, whether they reply or use nothing but forms, buttons
// and mentions. TestTranscripts sees to it that both come out as they are written down.
func TestFormsAndRepliesMakeOneReport(t *testing.T) {
	forms, replies := reportIn(t, "nine-by-forms"), reportIn(t, "nine-by-replies")
	if diff := cmp.Diff(replies, forms); diff != "" {
		t.Errorf("by forms it is another (-replies +forms):\n%s", diff)
	}
}

func reportIn(t *testing.T, name string) string {
	t.Helper()
	_, report, ok := strings.Cut(readTranscript(t, filepath.Join(transcripts, name+".txtar")).String(), "\n-- report.md --\n")
	if !ok || !strings.Contains(report, "## How this was made") {
		t.Fatalf("%s has no report", name)
	}
	return report
}

func transcriptFiles(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(transcripts, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts in %s: %v", transcripts, err)
	}
	return paths
}

func readTranscript(t testing.TB, path string) *transcript.Transcript {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := transcript.Parse(filepath.Base(path), b)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// newStage is the bot on a local chat and a store in memory; nothing misbehaves but what the transcript asks for.
func newStage(t testing.TB) *local.Stage {
	t.Helper()
	people, stores := local.NewClock(time.Time{}), local.NewClock(time.Time{})
	memory := storagetest.NewMemory(stores.Now)
	var away atomic.Bool
	store := hookedStore{&threadsStay{Store: memory, t: t, whose: map[string]string{}}, func(_ context.Context, _ string, do func() error) error {
		if away.Load() {
			return storage.ErrUnavailable
		}
		return do()
	}}
	return local.NewStage(local.StageOptions{
		Clock: people, Store: stores,
		Open: func(ctx context.Context, chat *local.Chat, zone *time.Location) (local.Bot, error) {
			return openBot(ctx, store, chat, zone, people)
		},
		Next:    memory.Next,
		NextDue: memory.NextDue,
		Away:    away.Store,
	})
}

// threadsStay fails the test when a thread that was a review's becomes another's, or nobody's: the bot remembers whose it is.
type threadsStay struct {
	storage.Store
	t     testing.TB
	mu    sync.Mutex
	whose map[string]string // address of a thread → review
}

func (s *threadsStay) Save(ctx context.Context, subject conversations.Subject, effects []conversations.Effect) error {
	err := s.Store.Save(ctx, subject, effects)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for thread, whose := range s.whose {
		if has := slices.Contains(subject.Addresses, thread); has != (whose == subject.ID) {
			s.t.Errorf("%s was %s's; that %s has it is now %v", thread, whose, subject.ID, has)
		}
	}
	if r, ok := subject.State.(*conversations.Review); ok && r.Thread.Thread != "" && slices.Contains(subject.Addresses, r.Thread.Address()) {
		s.whose[r.Thread.Address()] = subject.ID
	}
	return nil
}

func openBot(ctx context.Context, s storage.Store, chat adapters.Chat, zone *time.Location, clock *local.Clock) (local.Bot, error) {
	b := bot.New(bot.Options{Store: s, Chats: []adapters.Chat{chat}, Now: clock.Now, Zone: zone})
	return b, b.CatchUp(ctx)
}

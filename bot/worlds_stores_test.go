package bot_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/storage"
	"github.com/debrief-bot/debrief/storage/mongo"
	"github.com/debrief-bot/debrief/storage/sqlite"
)

// onStores are the transcripts that are also played, in every world, on the stores that are used for real.
var onStores = []string{
	"first-review", "answers-follow-their-message", "actions", "published-then-corrected", "pins-made-while-away", "next-twice",
	"two-reviews-in-one-channel", "follows-the-message", "timeline-by-hand", "store-away",
}

// TestWorldsOnSQLite plays two short ones: a file takes its time with every write.
func TestWorldsOnSQLite(t *testing.T) {
	names := []string{"next-twice", "follows-the-message"}
	if *worldsFlag == "all" {
		names = onStores
	}
	playEverywhere(t, names, func(t testing.TB, clock func() time.Time) storage.Store {
		s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "debrief.db"), sqlite.Options{Clock: clock})
		return ready(t, s, err)
	})
}

// TestWorldsOnMongo plays all of them.
func TestWorldsOnMongo(t *testing.T) {
	uri := os.Getenv("DEBRIEF_TEST_MONGO_URI")
	if uri == "" {
		t.Skip("DEBRIEF_TEST_MONGO_URI names no MongoDB server; .ci/mongo/start starts one (needs Java 17 and Maven)")
	}
	playEverywhere(t, onStores, func(t testing.TB, clock func() time.Time) storage.Store {
		s, err := mongo.Open(context.Background(), uri, mongo.Options{
			Database: "debrief_test_" + rand.Text(), Clock: clock, Timeout: 30 * time.Second,
		})
		store := ready(t, s, err)
		t.Cleanup(func() { // before it is closed
			if err := s.Drop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		return store
	})
}

func ready(t testing.TB, s storage.Store, err error) storage.Store {
	t.Helper()
	if err == nil {
		err = s.Ready(context.Background())
	}
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

func playEverywhere(t *testing.T, names []string, open opener) {
	all := append([]world{{name: "nothing misbehaves", trouble: func(*trouble) {}}}, worlds...)
	for _, w := range all {
		t.Run(w.name, func(t *testing.T) {
			for _, name := range names {
				path := filepath.Join(transcripts, name+".txtar")
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					playIn(t, path, newWorldStageOn(t, open, w.seedsFor(path)[0], w.trouble))
				})
			}
		})
	}
}

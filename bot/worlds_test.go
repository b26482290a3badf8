package bot_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

var worldsFlag = flag.String("worlds", "", `"all": play every transcript in every world with many seeds, and kill more of them at every call`)

// seedsOfAll is how often each world that has seeds is played with -worlds=all.
const seedsOfAll = 12

// worlds are the ways in which the ports may misbehave. Whatever they do, a transcript must come out the same.
//
// Left alone are only the questions by which the platform vouches for somebody (CanSee): where it cannot say, the answer
// is a polite no, which is another answer.
var worlds = []world{
	{name: "every event twice, and once more a block later", trouble: func(tr *trouble) { tr.twice = true }},
	{name: "every event at the end of its block", trouble: func(tr *trouble) { tr.held = true }},
	{name: "the events of a block out of order", seeds: true, trouble: func(tr *trouble) { tr.held, tr.shuffled = true, true }},
	{name: "every send fails once", trouble: func(tr *trouble) { tr.sends = failsOnce(false, errReset) }},
	{name: "every send's reply is lost", trouble: func(tr *trouble) { tr.sends = failsOnce(true, errReset) }},
	{name: "every reading of the platform fails once", trouble: func(tr *trouble) { tr.reads = everyOther(errReset) }},
	{name: "every call of the platform is told to wait", trouble: func(tr *trouble) {
		tr.sends, tr.reads = failsOnce(false, errWait), everyOther(errWait)
	}},
	{name: "somebody else saves in between", trouble: func(tr *trouble) { tr.strangers = true }},
	{name: "the store fails now and then", seeds: true, trouble: func(tr *trouble) { tr.store = nowAndThen(tr.rand, 3, false) }},
	{name: "the store's answers are lost now and then", seeds: true, trouble: func(tr *trouble) {
		tr.store = nowAndThen(tr.rand, 3, true)
	}},
	{name: "restart after every line", trouble: func(tr *trouble) { tr.restarts = true }},
	{name: "two replicas", trouble: func(tr *trouble) { tr.replicas = 2 }},
	{name: "two replicas, out of order, sends and store fail", seeds: true, trouble: func(tr *trouble) {
		tr.replicas, tr.held, tr.shuffled, tr.inTurn, tr.twice, tr.strangers = 2, true, true, true, true, true
		tr.sends = failsOnce(tr.rand.IntN(2) == 0, errReset)
		tr.reads = everyOther(errReset)
		tr.store = nowAndThen(tr.rand, 8, tr.rand.IntN(2) == 0)
	}},
	{name: "killed now and then", seeds: true, trouble: func(tr *trouble) { tr.deaths = nowAndThenKilled(tr.rand, 40) }},
}

// TestWorlds plays every transcript in every world.
func TestWorlds(t *testing.T) {
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range transcriptFiles(t) {
				for _, seed := range w.seedsFor(path) {
					t.Run(fmt.Sprintf("%s/%d", nameOf(path), seed), func(t *testing.T) {
						t.Parallel()
						playIn(t, path, w.stage(t, seed))
					})
				}
			}
		})
	}
}

// shortOnes are killed at every call: pins that change, a review in which two press a button at once, and an offer that
// is made, clicked and becomes a review.
var shortOnes = []string{"follows-the-message", "next-twice", "defect-09-mentions"}

// TestKilledAtEveryCall kills the process at its N-th call of the store or the chat, for every N: before the call, and
// after it took effect but before the answer is known. Another process takes over, and the end is the same.
func TestKilledAtEveryCall(t *testing.T) {
	names := shortOnes
	if *worldsFlag == "all" {
		names = append(names, "actions", "addressed-replies", "start-twice", "start-asks-again", "store-away", "a-question-is-a-pin-too", "timeline-by-mention")
	}
	for _, name := range names {
		path := filepath.Join(transcripts, name+".txtar")
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/after=%t", name, after), func(t *testing.T) {
				t.Parallel()
				n, calls := 1, 0
				for ; ; n++ {
					death := &oneDeath{at: n, after: after}
					stage := newWorldStage(t, 0, func(tr *trouble) { tr.deaths = death })
					if err := comesOutTheSame(t, path, stage); err != nil {
						t.Fatalf("killed at call %d, %s: %v", n, death.call, err)
					}
					if !death.came {
						break
					}
					calls++
				}
				if calls < 50 {
					t.Errorf("only %d calls: nothing was tested", calls)
				}
			})
		}
	}
}

// world is one way to misbehave.
type world struct {
	name    string
	seeds   bool // it goes otherwise with another seed
	trouble func(*trouble)
}

// seedsFor are the seeds to play a transcript with: one, another for each transcript and always the same.
func (w world) seedsFor(path string) []uint64 {
	if !w.seeds {
		return []uint64{0}
	}
	h := fnv.New32()
	h.Write([]byte(path))
	seeds := []uint64{uint64(h.Sum32()) % 1000}
	if *worldsFlag == "all" {
		for i := range seedsOfAll {
			seeds = append(seeds, seeds[0]+uint64(i)+1)
		}
	}
	return seeds
}

func (w world) stage(t testing.TB, seed uint64) *worldStage { return newWorldStage(t, seed, w.trouble) }

func nameOf(path string) string { return strings.TrimSuffix(filepath.Base(path), ".txtar") }

var quietRuns sync.Map // by path: func() (quietRun, error)

// fromQuietWorld plays a transcript where nothing misbehaves. TestTranscripts compares that with the file.
func fromQuietWorld(t testing.TB, path string) quietRun {
	t.Helper()
	once, _ := quietRuns.LoadOrStore(path, sync.OnceValues(func() (quietRun, error) {
		return playQuietly(t, readTranscript(t, path))
	}))
	run, err := once.(func() (quietRun, error))()
	if err != nil {
		t.Fatalf("in a world where nothing misbehaves: %v", err)
	}
	return run
}

func playQuietly(t testing.TB, play *transcript.Transcript) (quietRun, error) {
	t.Helper()
	stage := &listener{Stage: newStage(t), run: quietRun{buttons: map[int]map[string]int{}}}
	var err error
	stage.run.played, err = transcript.Run(context.Background(), play, stage)
	return stage.run, err
}

func playIn(t *testing.T, path string, stage *worldStage) {
	t.Helper()
	if err := comesOutTheSame(t, path, stage); err != nil {
		t.Fatal(err)
	}
}

// comesOutTheSame plays a transcript on the stage, says where it differs from how it should come out, and looks whether
// anything was left lying.
func comesOutTheSame(t testing.TB, path string, stage *worldStage) error {
	t.Helper()
	stage.quiet = fromQuietWorld(t, path)
	want := stage.quiet.played
	got, err := transcript.RunLoosely(t.Context(), want, stage)
	if err != nil {
		return err
	}
	return errors.Join(transcript.Compare(inEssence(t, want), inEssence(t, got)), stage.leftOver(t.Context()))
}

var (
	firstPinLine = regexp.MustCompile(`bot -> \w+ in (#\S+): 📎 Kept for a review`)
	underWayLine = regexp.MustCompile(`is under way: its thread\.`)
)

// inEssence leaves out of a transcript what in private answers hangs on what comes first: who is told what is kept in a
// channel, since that is whose pin was read first there, and whether the card that is linked to has been posted.
func inEssence(t testing.TB, played *transcript.Transcript) *transcript.Transcript {
	t.Helper()
	text := firstPinLine.ReplaceAllString(played.String(), "bot -> somebody in $1: 📎 Kept for a review")
	text = underWayLine.ReplaceAllString(text, "is under way.")
	parsed, err := transcript.Parse(played.File, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestNobodyCanTell plays transcripts where every sending's answer is lost and the platform cannot say whether it
// arrived. What stands in a channel is then there twice, and people may answer where nobody listens: that is the price.
// Nothing that everybody should see is missing, and nobody is asked twice in private.
func TestNobodyCanTell(t *testing.T) {
	for _, name := range []string{"next-twice", "offer", "defect-12-offer-survives-a-restart", "start-twice"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(transcripts, name+".txtar")
			quiet := newStage(t)
			if _, err := transcript.Run(t.Context(), readTranscript(t, path), quiet); err != nil {
				t.Fatal(err)
			}
			stage := newWorldStage(t, 0, func(tr *trouble) { tr.cannotSay, tr.sends = true, failsOnce(true, errReset) })
			stage.quiet = fromQuietWorld(t, path)
			var tooMuch *transcript.BudgetError
			if _, err := transcript.Run(t.Context(), stage.quiet.played, stage); err != nil && !errors.As(err, &tooMuch) {
				t.Fatal(err)
			}
			want, got := countSaid(quiet.Chat()), countSaid(stage.Chat())
			for what, n := range want {
				switch {
				case strings.HasPrefix(what, "private") && got[what] != n:
					t.Errorf("%s: %d times, want %d", what, got[what], n)
				case got[what] > 2*n, got[what] < n && what != "post question 3": // whose [Next] nobody heard
					t.Errorf("%s: %d times, want %d or %d", what, got[what], n, 2*n)
				}
			}
		})
	}
}

// TestAnOfferWaitsUntilThePlatformCanSay plays offers where the platform cannot say at first whether somebody sees the
// place they are about. A polite no would lose them: nobody has asked, so nobody asks again.
func TestAnOfferWaitsUntilThePlatformCanSay(t *testing.T) {
	path := filepath.Join(transcripts, "offer.txtar")
	stage := newWorldStage(t, 0, func(tr *trouble) {
		tr.sight = func(_ context.Context, _ string, do func() error) error {
			if tr.rand.IntN(2) == 0 {
				return errReset
			}
			return do()
		}
	})
	if err := comesOutTheSame(t, path, stage); err != nil {
		t.Error(err)
	}
}

// countSaid counts what the bot posted, and what it said in private with a button that begins something.
func countSaid(chat *local.Chat) map[string]int {
	count := map[string]int{}
	for _, a := range chat.Log(0) {
		if a.Did == "post" || a.Did == "private" && len(a.Body.Controls) > 0 {
			count[a.Did+" "+a.Slot]++
		}
	}
	return count
}

// TestTheChannelIsArchived plays a review whose channel is archived in the middle: whoever leads it hears of it once,
// everything said before is kept, and nothing is tried for ever.
func TestTheChannelIsArchived(t *testing.T) {
	parsed, err := transcript.Parse("archived.txtar", []byte(archivedChannel))
	if err != nil {
		t.Fatal(err)
	}
	quiet, err := playQuietly(t, parsed)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range append([]world{{name: "quiet", trouble: func(*trouble) {}}}, worlds...) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			stage := w.stage(t, 1)
			stage.quiet = quiet
			if _, err := transcript.RunLoosely(t.Context(), parsed, stage); err != nil {
				t.Fatal(err)
			}
			if err := stage.leftOver(t.Context()); err != nil {
				t.Error(err)
			}
			if shut, refused := countDid(stage.Chat(), "private", "shut"), countDid(stage.Chat(), "private", "refused"); shut != 1 || refused > 0 {
				t.Errorf("ana heard %d times that the channel is archived and %d times that something cannot be shown, want once and never", shut, refused)
			}
			entries, _, err := stage.store.Pending(t.Context(), "local/main/review/cmd/1")
			if err != nil || len(entries) > 0 {
				t.Errorf("still to be sent: %d, %v", len(entries), err)
			}
		})
	}
}

func countDid(chat *local.Chat, did, slot string) int {
	n := 0
	for _, a := range chat.Log(0) {
		if a.Did == did && a.Slot == slot {
			n++
		}
	}
	return n
}

const archivedChannel = `# The channel is archived while its review is made.
now 2026-03-02 14:00 Europe/Berlin
people ana (facilitator), bo
-- #ops --
14:00 ana: it broke   =m1
14:01 bo +📌 m1
14:05 ana> /postmortem start tiny Broken
14:06 ana> [It is over]
-- #ops/PM-1 --
14:07 bo: it was the switch
14:08 ana> [Next] on question-1
14:09 ana archives
14:10 ana> [Next] on question-2
-- (3 days later) --
`

//go:build unix

package bot_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// calm is how a transcript comes out where nobody dies.
type calm struct {
	played  *transcript.Transcript
	dues    []time.Time           // what Due said, by call
	answers [][]transcript.Answer // all private answers so far, after each Settle
	posts   int                   // how many messages the bot wrote, for all or for one
}

// calmStage takes down how it comes out.
type calmStage struct {
	*local.Stage
	calm calm
}

func (s *calmStage) Settle(ctx context.Context) error {
	if err := s.Stage.Settle(ctx); err != nil {
		return err
	}
	scene, err := s.Scene(ctx)
	s.calm.answers = append(s.calm.answers, scene.Answers)
	return err
}

func (s *calmStage) Due(ctx context.Context) (time.Time, error) {
	due, err := s.Stage.Due(ctx)
	s.calm.dues = append(s.calm.dues, due)
	return due, err
}

var calmRuns sync.Map // by path: func() (calm, error)

// playedCalmly is how a transcript comes out in one process over a store in memory.
func playedCalmly(t *testing.T, path string) calm {
	t.Helper()
	once, _ := calmRuns.LoadOrStore(path, sync.OnceValues(func() (calm, error) {
		stage := &calmStage{Stage: newStage(t)}
		var err error
		stage.calm.played, err = transcript.Run(context.Background(), readTranscript(t, path), stage)
		stage.calm.posts = posts(stage.Chat())
		return stage.calm, err
	}))
	c, err := once.(func() (calm, error))()
	if err != nil {
		t.Fatalf("where nobody dies: %v", err)
	}
	return c
}

func posts(chat *local.Chat) (n int) {
	for _, a := range chat.Log(0) {
		if a.Did == "post" || a.Did == "private" {
			n++
		}
	}
	return n
}

// deadlyStage is a stage whose bots are killed, with people who try again what was not acknowledged.
type deadlyStage struct {
	*local.Stage
	rig  *rig
	calm calm

	dues, settled int
	last          time.Time           // when something was done last
	fresh         bool                // a block begins with the next line
	asked         []transcript.Deed   // in this block, what was said to the bot
	again         map[string]bool     // who did something a second time in this block
	seen          int                 // answers that were looked at
	kept          []transcript.Answer // those that count
	drops         int                 // answers given up in doubt before this block
}

// Due implements transcript.Stage. Lines that nothing is due between are one block, in every run the same.
func (s *deadlyStage) Due(ctx context.Context) (time.Time, error) {
	if s.dues++; s.dues <= len(s.calm.dues) {
		return s.calm.dues[s.dues-1], nil
	}
	return s.Stage.Due(ctx)
}

// Do implements transcript.Stage.
func (s *deadlyStage) Do(ctx context.Context, d transcript.Deed) (string, error) {
	if s.fresh {
		s.begin()
	}
	if d.Verb == transcript.Command || d.Verb == transcript.Click || strings.HasPrefix(d.Text, "@debrief") {
		s.asked = append(s.asked, d)
		if d.At.After(s.last) { // a minute has gone by: what they ask about has come in, as it has for real
			if err := s.Stage.Settle(ctx); err != nil {
				return "", err
			}
		}
	}
	s.last = d.At
	return s.insist(ctx, d)
}

// begin is the beginning of a block in which some are to be killed. They are spread over the whole transcript.
func (s *deadlyStage) begin() {
	s.fresh, s.asked, s.again = false, nil, map[string]bool{}
	left := leastKills*(s.settled+1)/len(s.calm.answers) + 2 - s.rig.killed()
	n := 0
	s.rig.do(func() { n, s.drops = min(left, 1+s.rig.rand.IntN(mostInBlock)), s.rig.drops })
	s.rig.more(n)
}

// insist does something until it is acknowledged. Nobody but the person repeats a click, a command or a form. Whether it
// was lost or only its acknowledgement they cannot know; when there is nothing to click on any more, it was not lost.
func (s *deadlyStage) insist(ctx context.Context, d transcript.Deed) (string, error) {
	s.rig.unsaved.Store(false)
	id, err := s.Stage.Do(ctx, d)
	for err == nil && s.rig.unsaved.Swap(false) {
		s.again[d.Who] = true
		if err := s.rig.connected(ctx); err != nil {
			return id, err
		}
		if _, err := s.Stage.Do(ctx, d); err != nil {
			break
		}
	}
	return id, err
}

// Pass implements transcript.Stage: bots die meanwhile, too.
func (s *deadlyStage) Pass(ctx context.Context, to time.Time) error {
	s.begin()
	return s.Stage.Pass(ctx, to)
}

// Settle implements transcript.Stage. Every private answer must have come that came where nobody died, but for those
// that the bots gave up in doubt; who was to get a button with one of these asks again.
func (s *deadlyStage) Settle(ctx context.Context) error {
	s.fresh = true
	wanted := s.wanted()
	for lost := 0; ; {
		if err := s.Stage.Settle(ctx); err != nil {
			return err
		}
		var err error
		if wanted, err = s.match(ctx, wanted); err != nil {
			return err
		}
		if len(wanted) == 0 {
			return nil
		}
		lost++
		drops := 0
		s.rig.do(func() { drops = s.rig.drops - s.drops })
		if max(lost, len(wanted)) > drops {
			return fmt.Errorf("of the private answers %d were given up in doubt, and %d are missing, the first: %+v", drops, len(wanted), wanted[0])
		}
		d, ok := s.unanswered(wanted)
		if !ok {
			return nil
		}
		s.again[d.Who] = true
		if err := s.rig.connected(ctx); err != nil {
			return err
		}
		if _, err := s.insist(ctx, d); err != nil {
			return fmt.Errorf("ask again: %w", err)
		}
	}
}

// wanted are the answers that are to come until the block has settled.
func (s *deadlyStage) wanted() []transcript.Answer {
	if s.settled >= len(s.calm.answers) {
		return nil
	}
	before := 0
	if s.settled > 0 {
		before = len(s.calm.answers[s.settled-1])
	}
	s.settled++
	return slices.Clone(s.calm.answers[s.settled-1][before:])
}

// match takes in the answers that came, and returns those that did not.
func (s *deadlyStage) match(ctx context.Context, wanted []transcript.Answer) ([]transcript.Answer, error) {
	scene, err := s.Stage.Scene(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range scene.Answers[s.seen:] {
		i := slices.IndexFunc(wanted, func(w transcript.Answer) bool { return sameAnswer(w, a) })
		switch {
		case i >= 0:
			wanted = slices.Delete(wanted, i, i+1)
		case strings.Contains(a.Text, "Not saved. Please try again."), s.again[a.To]:
			continue // who does something twice is answered twice
		}
		s.kept = append(s.kept, a)
	}
	s.seen = len(scene.Answers)
	return wanted, nil
}

// sameAnswer compares two answers but for what hangs on what came first, as inEssence does: numbers, who was told of the
// first pin in a channel, whether a card that is linked to had been posted.
func sameAnswer(a, b transcript.Answer) bool {
	text := func(a transcript.Answer) string {
		return aNumber.ReplaceAllString(underWayLine.ReplaceAllString(a.Text, "is under way."), "#")
	}
	who := a.To == b.To || strings.HasPrefix(a.Text, "📎 Kept for a review")
	return who && a.Channel == b.Channel && a.ByChat == b.ByChat && a.Form == b.Form && text(a) == text(b)
}

var aNumber = regexp.MustCompile(`\b(?:PM|A|E)-\d+\b`)

// unanswered is the last thing said to the bot by somebody who lacks an answer with a button.
func (s *deadlyStage) unanswered(wanted []transcript.Answer) (transcript.Deed, bool) {
	for _, d := range slices.Backward(s.asked) {
		if slices.ContainsFunc(wanted, func(w transcript.Answer) bool { return w.To == d.Who && len(w.Controls) > 0 }) {
			return d, true
		}
	}
	return transcript.Deed{}, false
}

// Scene implements transcript.Stage.
func (s *deadlyStage) Scene(ctx context.Context) (transcript.Scene, error) {
	scene, err := s.Stage.Scene(ctx)
	scene.Answers = slices.Clone(s.kept)
	return scene, err
}

// rampage goes on killing, when everything has been said, until so many have died.
func (s *deadlyStage) rampage(ctx context.Context, kills int) error {
	for died := s.rig.killed(); died < kills; died = s.rig.killed() {
		s.rig.people.Set(s.rig.people.Now().Add(time.Second)) // another start at another time reads back again
		if err := s.rig.connected(ctx); err != nil {
			return err
		}
		s.rig.more(2)
		if err := s.rig.until(ctx, "die", func() bool { return s.rig.killed() > died }); err != nil {
			return err
		}
		if err := s.Stage.Settle(ctx); err != nil {
			return err
		}
	}
	s.rig.more(0)
	return s.Stage.Settle(ctx)
}

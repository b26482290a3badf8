package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/conversations/transcript"
)

// toyStore outlives the toy bot: what came in, what is to be sent when, what is due.
type toyStore struct {
	away   bool
	inbox  []conversations.Event
	seen   map[string]bool
	card   conversations.Result
	taken  []string // answers, by key
	sent   int      // how many of them the card shows
	sentAt time.Time
	due    time.Time
}

// toy is a bot of a few rules. It pins, it has a card that is edited at most every two seconds, and it writes to bo.
type toy struct {
	s     *toyStore
	chat  *Chat
	store *Clock
	flaky bool // what comes is not saved the first time
	wild  bool // what comes is doubled and turned around
	tried map[string]bool
}

var errAway = errors.New("the store is away")

func (b *toy) Handle(_ context.Context, e conversations.Event) (conversations.Answer, error) {
	first := !b.tried[e.Key]
	b.tried[e.Key] = true
	switch {
	case b.s.away:
		return conversations.Answer{}, errAway
	case e.Kind == conversations.Commanded && e.Text == "help":
		return conversations.Answer{Private: words("Ask me anything.")}, nil
	case e.Kind == conversations.Clicked:
		return conversations.Answer{Form: &conversations.Form{Title: "Idea", Verb: "idea", Submit: "Keep", Inputs: []conversations.Input{
			{Name: "text", Label: "What?", Hint: "one line"},
			{Name: "kind", Label: "Kind", Value: "p", Options: []conversations.Option{{Label: "Prevent", Value: "p"}, {Label: "Detect", Value: "d"}}},
		}}}, nil
	case e.Kind == conversations.Submitted && e.Field("text") == "?":
		return conversations.Answer{Errors: []conversations.Field{{Name: "text", Value: "That is no idea."}}}, nil
	case b.flaky && first && e.Kind != conversations.Commanded && e.Kind != conversations.Submitted:
		return conversations.Answer{}, errAway
	}
	b.s.inbox = append(b.s.inbox, e)
	if b.wild {
		b.s.inbox = append([]conversations.Event{e}, b.s.inbox...)
	}
	return conversations.Answer{}, nil
}

func (b *toy) Drain(ctx context.Context) error {
	if b.s.away {
		return errAway
	}
	for _, e := range b.s.inbox {
		if b.s.seen[e.Key] {
			continue
		}
		b.s.seen[e.Key] = true
		if err := b.step(ctx, e); err != nil {
			return err
		}
	}
	b.s.inbox = nil
	return b.showCard(ctx)
}

func (b *toy) step(ctx context.Context, e conversations.Event) error {
	switch {
	case e.Kind == conversations.Reacted && e.Emoji == "📌":
		snap, err := b.chat.Message(ctx, e.Message)
		if err != nil {
			return err
		}
		_, err = b.chat.Send(ctx, conversations.Message{
			Kind: conversations.React, Target: e.Message, Emoji: "📎", On: len(snap.Reactions) > 0,
		})
		return err
	case e.Kind == conversations.Commanded:
		b.s.due = e.At.Add(21 * 24 * time.Hour)
		res, err := b.chat.Send(ctx, b.cardMessage(e.Where))
		b.s.card, b.s.sentAt = res, b.store.Now()
		return err
	case e.Kind == conversations.Submitted, e.Kind == conversations.Said && e.Where.Thread != "":
		b.s.taken = append(b.s.taken, e.Key)
	}
	return nil
}

func (b *toy) cardMessage(p conversations.Place) conversations.Message {
	m := conversations.Message{Kind: conversations.Post, Effect: "card", Slot: "card", Place: p}
	m.Body = words(fmt.Sprintf("PM-1 of %d answers, by ", len(b.s.taken)))
	m.Body.Text = append(m.Body.Text, conversations.Span{Kind: conversations.Someone, ID: "ana"},
		conversations.Span{Kind: conversations.Quoted, Text: " since "}, conversations.Span{Kind: conversations.Moment, Time: b.s.due.AddDate(0, 0, -21)})
	m.Body.Controls = [][]conversations.Control{{{Label: "Idea", Verb: "idea"}}}
	m.Body.File = &conversations.File{Name: "PM-1.md", Text: fmt.Sprintf("# %d answers\n", len(b.s.taken))}
	return m
}

func (b *toy) showCard(ctx context.Context) error {
	if b.s.sent == len(b.s.taken) || b.store.Now().Before(b.s.sentAt.Add(2*time.Second)) {
		return nil
	}
	m := b.cardMessage(b.s.card.Thread.Root())
	m.Edit = b.s.card.Message
	b.s.sent, b.s.sentAt = len(b.s.taken), b.store.Now()
	_, err := b.chat.Send(ctx, m)
	return err
}

func (b *toy) Tick(ctx context.Context, now time.Time) error {
	if b.s.due.IsZero() || b.s.due.After(now) {
		return nil
	}
	b.s.due = time.Time{}
	m := conversations.Message{Kind: conversations.Private, Effect: "nudge", Slot: "weekly", Person: "bo"}
	m.Body = conversations.Body{Text: []conversations.Span{{Kind: conversations.Words, Text: "It is "}, {Kind: conversations.Moment, Time: now}}}
	_, err := b.chat.Send(ctx, m)
	return err
}

func words(text string) conversations.Body {
	return conversations.Body{Text: []conversations.Span{{Kind: conversations.Words, Text: text}}}
}

const told = `# What a toy says.
now 2026-03-02 14:00 Europe/Berlin
people ana, bo America/New_York, kim
channels #war (private: ana)
-- #ops --
14:02 ana: it broke   =m1
14:03 bo +📌 m1
14:04 kim -📌 m1
      bot +📎 m1
14:10 ana> /postmortem help
      bot -> ana in #ops: Ask me anything.
14:11 ana> /postmortem start X
      bot: PM-1 of 0 answers, by @ana since Mon 2 Mar 14:11   =card
        [Idea]
        +file PM-1.md
-- #ops/PM-1 --
14:12 bo: one
& kim: two
      bot edits card:
        - PM-1 of 0 answers, by @ana since Mon 2 Mar 14:11
        + PM-1 of 2 answers, by @ana since Mon 2 Mar 14:11
14:13 bo> /postmortem next
      chat -> bo in #ops/card: /postmortem does not work inside threads. Write ` + "`@debrief next`" + ` instead. Your message was not sent.
14:14 ana> [Idea]
      bot asks ana: Idea
        text: What? – one line
        kind: Kind ▾ Prevent | Detect = Prevent
        [Keep]
14:15 ana> {}
      bot asks ana: Idea
        text: What? – one line
        kind: Kind ▾ Prevent | Detect = Prevent
        ! text: Please fill this in.
        [Keep]
14:16 ana> {text: ?; Kind: Detect}
      bot asks ana: Idea
        text: What? = ? – one line
        kind: Kind ▾ Prevent | Detect = Detect
        ! text: That is no idea.
        [Keep]
14:17 ana> {text: a guard}
      bot edits card:
        - PM-1 of 2 answers, by @ana since Mon 2 Mar 14:11
        + PM-1 of 3 answers, by @ana since Mon 2 Mar 14:11
14:18 restart
14:19 store away
14:20 bo: three
14:21 ana> [Idea] on card
      chat -> ana in #ops: Not saved. Please try again.
14:22 store back
      bot edits card:
        - PM-1 of 3 answers, by @ana since Mon 2 Mar 14:11
        + PM-1 of 4 answers, by @ana since Mon 2 Mar 14:11
-- (4 weeks later) --
      bot -> bo: It is Mon 23 Mar 09:11   =weekly
-- report.md --
# 4 answers
`

// play runs the transcript with a toy, and returns what came out, the picture, and when the nudge was posted.
func play(t *testing.T, wrap func(*toy)) (got, picture string, nudged time.Time) {
	t.Helper()
	tr, err := transcript.Parse("told", []byte(told))
	if err != nil {
		t.Fatal(err)
	}
	store := &toyStore{seen: map[string]bool{}}
	stores := NewClock(time.Time{})
	stage := NewStage(StageOptions{
		Store: stores,
		Open: func(_ context.Context, chat *Chat, _ *time.Location) (Bot, error) {
			b := &toy{s: store, chat: chat, store: stores, tried: map[string]bool{}}
			wrap(b)
			return b, nil
		},
		Next: func(context.Context) (time.Time, error) {
			if store.sent == len(store.taken) {
				return time.Time{}, nil
			}
			return store.sentAt.Add(2 * time.Second), nil
		},
		NextDue: func(context.Context) (time.Time, error) { return store.due, nil },
		Away:    func(away bool) { store.away = away },
	})
	out, err := transcript.Run(t.Context(), tr, stage)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range stage.Chat().Log(0) {
		if a.Did == "private" {
			nudged = a.At
		}
	}
	return out.String(), stage.Chat().Picture(), nudged
}

func TestStage(t *testing.T) {
	got, picture, nudged := play(t, func(*toy) {})
	if diff := transcript.Diff(told, got); diff != "" {
		t.Errorf("it came out differently:\n%s", diff)
	}
	if want := "2026-03-23T13:11:00Z"; nudged.Format(time.RFC3339) != want {
		t.Errorf("what was due on the way came at %s, not %s", nudged.Format(time.RFC3339), want)
	}
	for name, wrap := range map[string]func(*toy){
		"everything is refused once":   func(b *toy) { b.flaky = true },
		"doubled and the other way on": func(b *toy) { b.wild = true },
	} {
		world, otherPicture, _ := play(t, wrap)
		if diff := transcript.Diff(got, world); diff != "" {
			t.Errorf("%s: it came out differently:\n%s", name, diff)
		}
		if diff := transcript.Diff(picture, otherPicture); diff != "" {
			t.Errorf("%s: the chat looks different:\n%s", name, diff)
		}
	}
}

func TestPicture(t *testing.T) {
	_, picture, _ := play(t, func(*toy) {})
	want := `#ops
  2026-03-02 13:02:00.000 ana: it broke
    📌 bo
    📎 debrief
  bot [card]: PM-1 of 4 answers, by @ana since Mon 2 Mar 13:11
    [Idea]
    +file PM-1.md
    > 2026-03-02 13:12:00.000 bo: one
    > 2026-03-02 13:12:00.001 kim: two
    > 2026-03-02 13:20:00.000 bo: three
@bo
  bot [weekly]: It is Mon 23 Mar 13:11
`
	if diff := transcript.Diff(want, picture); diff != "" {
		t.Error(diff)
	}
}

// TestSettleGivesUp has something that waits for ever.
func TestSettleGivesUp(t *testing.T) {
	stores := NewClock(time.Time{})
	run := func(next, due func(context.Context) (time.Time, error)) error {
		s := NewStage(StageOptions{
			Store: stores, Next: next, NextDue: due,
			Open: func(context.Context, *Chat, *time.Location) (Bot, error) {
				return &toy{s: &toyStore{seen: map[string]bool{}}, store: stores, tried: map[string]bool{}}, nil
			},
		})
		start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
		if err := s.Begin(t.Context(), transcript.Setting{Start: start, Zone: time.UTC}); err != nil {
			t.Fatal(err)
		}
		return s.Settle(t.Context())
	}
	now := func(context.Context) (time.Time, error) { return time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC), nil }
	soon := func(context.Context) (time.Time, error) { return stores.Now().Add(time.Minute), nil }
	if err := run(soon, nil); err == nil || !strings.Contains(err.Error(), "still waits") {
		t.Errorf("what always waits a minute more: %v", err)
	}
	if err := run(now, nil); err == nil || !strings.Contains(err.Error(), "no rest") {
		t.Errorf("what nobody takes: %v", err)
	}
	if err := run(nil, now); err == nil || !strings.Contains(err.Error(), "no rest") {
		t.Errorf("what stays due: %v", err)
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	c := NewClock(at)
	c.Set(at.Add(-time.Hour))
	if !c.Now().Equal(at) {
		t.Errorf("it shows %s", c.Now())
	}
}

func TestFormText(t *testing.T) {
	f := conversations.Form{Title: "T", Inputs: []conversations.Input{{Name: "a", Label: "A", Value: "x\ny", Optional: true}}}
	got := FormText(f, []conversations.Field{{Value: "Not saved."}, {Name: "a", Value: "no"}})
	if want := "T\na: A (optional) = x / y\n! Not saved.\n! a: no"; got != want {
		t.Errorf("%q", got)
	}
	if !slices.Contains(strings.Split(got, "\n"), "T") {
		t.Error("no title")
	}
}

// TestTheStoresTimeGoesWithPeoples: what rests for an hour is free after an hour of theirs.
func TestTheStoresTimeGoesWithPeoples(t *testing.T) {
	people, stores := NewClock(time.Time{}), NewClock(time.Time{})
	s := NewStage(StageOptions{Clock: people, Store: stores, Open: func(context.Context, *Chat, *time.Location) (Bot, error) {
		return &toy{s: &toyStore{seen: map[string]bool{}}, store: stores, tried: map[string]bool{}}, nil
	}})
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	if err := s.Begin(t.Context(), transcript.Setting{Start: start, Zone: time.UTC}); err != nil {
		t.Fatal(err)
	}
	stores.Set(start.Add(time.Minute)) // it was wound ahead
	if err := s.Pass(t.Context(), start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if !people.Now().Equal(start.Add(time.Hour)) || !stores.Now().Equal(start.Add(time.Hour+time.Minute)) {
		t.Errorf("people have %s, the store has %s", people.Now(), stores.Now())
	}
}

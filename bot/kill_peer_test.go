//go:build unix

package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
)

// peer is one end of what a killed process and its chat talk over: lines of JSON, calls in both directions.
type peer struct {
	mu      sync.Mutex
	out     io.Writer
	last    int
	pending map[int]chan frame

	gone    chan struct{}  // closed when the other end is
	serving sync.WaitGroup // calls of the other end
}

// frame is one line.
type frame struct {
	ID    int             `json:",omitempty"` // zero: a line of the log, in Body
	Call  string          `json:",omitempty"` // empty: the answer to the call with this ID
	Now   time.Time       `json:",omitzero"`  // people's clock, for the bot
	Body  json.RawMessage `json:",omitempty"`
	Error *wireError      `json:",omitempty"`
}

// The arguments and results that are more than one value.
type (
	readArgs struct {
		Place conversations.Place
		Part  conversations.Stretch
	}
	userArgs struct{ Workspace, ID string }
	seeArgs  struct {
		User  string
		Place conversations.Place
	}
	findResult struct {
		Found  adapters.Found
		Result conversations.Result
	}
	windArgs struct{ Ahead time.Duration } // the store's clock before the machine's
)

// wireError is an error of a chat on its way.
type wireError struct {
	Text       string
	Refused    bool
	After      time.Duration
	Unreadable bool
}

func toWire(err error) *wireError {
	if err == nil {
		return nil
	}
	w := &wireError{Text: err.Error(), Unreadable: errors.Is(err, adapters.ErrUnreadable)}
	var refused *adapters.Undeliverable
	if errors.As(err, &refused) {
		w.Text, w.Refused = refused.Reason, true
	}
	var later *adapters.RetryAfter
	if errors.As(err, &later) {
		w.After = later.After
	}
	return w
}

func (w *wireError) err() error {
	switch {
	case w == nil:
		return nil
	case w.Refused:
		return &adapters.Undeliverable{Reason: w.Text}
	case w.After > 0:
		return &adapters.RetryAfter{After: w.After}
	case w.Unreadable:
		return fmt.Errorf("%s: %w", w.Text, adapters.ErrUnreadable)
	}
	return errors.New(w.Text)
}

var errPeerGone = errors.New("the other process is gone")

func newPeer(out io.Writer) *peer {
	return &peer{out: out, pending: map[int]chan frame{}, gone: make(chan struct{})}
}

func (p *peer) write(f frame) error {
	line, err := json.Marshal(f)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err = p.out.Write(append(line, '\n'))
	return err
}

// call asks the other end. sent, when not nil, is called once the question is on its way.
func (p *peer) call(ctx context.Context, call string, now time.Time, args, result any, sent func()) error {
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	answer := make(chan frame, 1)
	p.mu.Lock()
	p.last++
	f := frame{ID: p.last, Call: call, Now: now, Body: body}
	p.pending[f.ID] = answer
	p.mu.Unlock()
	if err := p.write(f); err != nil {
		return fmt.Errorf("%s: %w: %w", call, errPeerGone, err)
	}
	if sent != nil {
		sent()
	}
	var got frame
	select {
	case got = <-answer:
	case <-ctx.Done():
		return ctx.Err()
	case <-p.gone:
		select { // its last word may have been this
		case got = <-answer:
		default:
			return fmt.Errorf("%s: %w", call, errPeerGone)
		}
	}
	if got.Error != nil || result == nil {
		return got.Error.err()
	}
	return json.Unmarshal(got.Body, result)
}

// listen reads until the other end is gone. Each call is served by a goroutine of its own, everything else in its order.
func (p *peer) listen(in io.Reader, serve func(frame), log func(string)) {
	defer close(p.gone)
	lines := json.NewDecoder(in)
	for {
		var f frame
		if lines.Decode(&f) != nil {
			return // a line that was cut off by a death is none
		}
		switch {
		case f.ID == 0:
			var line string
			if json.Unmarshal(f.Body, &line) == nil {
				log(line)
			}
		case f.Call != "":
			p.serving.Go(func() { serve(f) })
		default:
			p.mu.Lock()
			answer := p.pending[f.ID]
			delete(p.pending, f.ID)
			p.mu.Unlock()
			if answer != nil {
				answer <- f
			}
		}
	}
}

// answer sends what came of a call. It fails when nobody is there to hear it.
func (p *peer) answer(to frame, result any, failed error) error {
	body, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return p.write(frame{ID: to.ID, Body: body, Error: toWire(failed)})
}

// with decodes the arguments of a call and carries it out.
func with[A, R any](f frame, do func(A) (R, error)) (any, error) {
	var args A
	if err := json.Unmarshal(f.Body, &args); err != nil {
		return nil, err
	}
	return do(args)
}

package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/debrief-bot/debrief/adapters"
	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// rounds is how often the rules may ask for more, given what was found: reviews, then their events, then the people in
// them, and two to spare.
const rounds = 5

// errNoFacts: the platform could not say something without which the step would decide wrongly. Tried again later.
var errNoFacts = errors.New("a fact is missing")

// reader gathers facts. One serves all rows of a run, so that what many of them need is read once; a run that is
// stepped again after a conflict gets a new one.
type reader struct {
	b         *Bot
	workspace string
	subject   string
	now       func() time.Time
	patience  time.Duration // with a platform that does not answer
	strict    bool          // people must be known, or what asks for them is tried again
	sure      bool          // and so must what they see
	found     map[conversations.Query][]conversations.Subject
	loaded    map[string]*conversations.Subject // nil: there is none
	known     []conversations.Place             // all places of the platform; nil: not asked yet
	zones     map[string]string                 // of people who have set one of their own; nil: not asked yet
}

func (b *Bot) reader(workspace, subject string) *reader {
	return &reader{
		b: b, workspace: workspace, subject: subject, now: b.now, patience: platformBound, strict: true,
		found: map[conversations.Query][]conversations.Subject{}, loaded: map[string]*conversations.Subject{},
	}
}

// gather reads what is needed, and asks again with what it found until nothing new is needed.
func (r *reader) gather(ctx context.Context, needs func(conversations.Facts) conversations.Needs) (conversations.Facts, error) {
	settings, err := r.b.settingsOf(ctx, r.workspace)
	if err != nil {
		return conversations.Facts{}, err
	}
	g := gathering{reader: r, done: map[any]bool{}}
	g.facts = conversations.Facts{
		Now: r.now(), Zone: settings.Location(r.b.zone), Settings: settings,
		People: map[string]conversations.Person{}, Unknown: map[string]bool{}, Kept: map[string][]byte{}, Sees: map[conversations.Sees]bool{},
		Unsure: map[conversations.Sees]bool{}, Powers: map[string]bool{},
	}
	for range rounds {
		more, err := g.read(ctx, needs(g.facts))
		if err != nil {
			return conversations.Facts{}, fmt.Errorf("facts for %s: %w", r.subject, err)
		}
		if !more {
			break
		}
	}
	return g.facts, nil
}

// gathering is one answer to one needs-function.
type gathering struct {
	*reader
	facts conversations.Facts
	done  map[any]bool // what was asked for already, by the types below
	mute  bool         // the platform let a question run out; it is not asked again this time
}

type (
	loadOf   string
	personOf string
	powersOf string
	keptOf   string
	numberIn string
	placesOf struct{}
)

// first reports whether this is asked for the first time.
func (g *gathering) first(what any) bool {
	if g.done[what] {
		return false
	}
	g.done[what] = true
	return true
}

// read gets what is asked for the first time; more is false when there was no such thing.
func (g *gathering) read(ctx context.Context, n conversations.Needs) (more bool, err error) {
	for _, q := range n.Queries {
		if g.first(q) {
			more, err = true, errors.Join(err, g.query(ctx, q))
		}
	}
	for _, id := range n.Load {
		if g.first(loadOf(id)) {
			more, err = true, errors.Join(err, g.load(ctx, id))
		}
	}
	for _, key := range n.Kept {
		if g.first(keptOf(key)) {
			more, err = true, errors.Join(err, g.kept(ctx, key))
		}
	}
	if n.Series != "" && g.first(numberIn(n.Series)) {
		more, err = true, errors.Join(err, g.number(ctx, n.Series))
	}
	if n.Places && g.first(placesOf{}) {
		more, err = true, errors.Join(err, g.places(ctx))
	}
	for _, id := range n.Powers {
		if id != "" && g.first(powersOf(id)) {
			g.first(personOf(id))
			more, err = true, errors.Join(err, g.person(ctx, id, true))
		}
	}
	for _, id := range n.People {
		if id != "" && g.first(personOf(id)) {
			more, err = true, errors.Join(err, g.person(ctx, id, false))
		}
	}
	for _, q := range n.Sees {
		if g.first(q) {
			can, e := g.sees(ctx, q)
			g.facts.Sees[q] = can
			more, err = true, errors.Join(err, e)
		}
	}
	slices.SortFunc(g.facts.Subjects, func(a, b conversations.Subject) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return more, err
}

func (g *gathering) add(s conversations.Subject) {
	if _, ok := g.facts.Subject(s.ID); !ok && s.V <= conversations.Version {
		g.facts.Subjects = append(g.facts.Subjects, s)
	}
}

func (g *gathering) query(ctx context.Context, q conversations.Query) error {
	found, ok := g.found[q]
	if !ok {
		ctx, cancel := context.WithTimeout(ctx, storeBound)
		defer cancel()
		var err error
		if found, err = g.b.store.Find(ctx, q); err != nil {
			return fmt.Errorf("find %s: %w", q.Address, err)
		}
		g.found[q] = found
	}
	for _, s := range found {
		g.add(s)
	}
	return nil
}

func (g *gathering) load(ctx context.Context, id string) error {
	s, ok := g.loaded[id]
	if !ok {
		found, err := g.b.load(ctx, id)
		if err != nil {
			return err
		}
		if found.Rev > 0 {
			s = &found
		}
		g.loaded[id] = s
	}
	if s != nil {
		g.add(*s)
	}
	return nil
}

func (g *gathering) kept(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	k, err := g.b.store.Kept(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("kept %s: %w", key, err)
	}
	g.facts.Kept[key] = k.Body
	return nil
}

func (g *gathering) number(ctx context.Context, series string) error {
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	n, err := g.b.store.Number(ctx, g.workspace, series, g.subject)
	if err != nil {
		return fmt.Errorf("number in %s: %w", series, err)
	}
	g.facts.Number = n
	return nil
}

// errMute: an earlier question of the same gathering ran out.
var errMute = errors.New("the platform did not answer just now")

// ask puts a question to the platform. One that hangs costs no more than one wait.
func (g *gathering) ask(ctx context.Context, patience time.Duration, question func(context.Context) error) error {
	if g.mute {
		return errMute
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := question(ctx)
	g.mute = err != nil && ctx.Err() != nil
	return err
}

// places must be complete or not at all: what is left out would never be read back.
func (g *gathering) places(ctx context.Context) error {
	chat := g.b.chat(g.workspace)
	if chat == nil {
		return nil
	}
	if g.known == nil {
		err := g.ask(ctx, placesBound, func(ctx context.Context) (err error) {
			g.known, err = chat.Places(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("places: %w: %w", errNoFacts, err)
		}
	}
	for _, p := range g.known {
		if p.Workspace == g.workspace {
			g.facts.Places = append(g.facts.Places, p)
		}
	}
	return nil
}

// sees is asked afresh every time; where the platform cannot say, the answer is no. Not so for what is said to somebody
// who has asked nothing: nobody would ask again. Nor where it only wants to be asked later, as it does of whoever catches up
// with much at once, and what is stepped can wait.
func (g *gathering) sees(ctx context.Context, q conversations.Sees) (can bool, err error) {
	chat := g.b.chat(g.workspace)
	if chat == nil {
		return false, nil
	}
	err = g.ask(ctx, g.patience, func(ctx context.Context) (err error) {
		can, err = chat.CanSee(ctx, q.Who, q.Where)
		return err
	})
	var later *adapters.RetryAfter
	switch {
	case err == nil:
		return can, nil
	case g.strict && errors.As(err, &later):
		return false, fmt.Errorf("who sees a place: %w: %w", errNoFacts, err)
	case g.sure && !errors.Is(err, adapters.ErrUnreadable):
		return false, fmt.Errorf("who sees a place: %w: %w", errNoFacts, err)
	}
	if !errors.Is(err, adapters.ErrUnreadable) {
		g.facts.Unsure[q] = true
	}
	g.b.log.Warn("the platform cannot say who sees a place", "platform", chat.Name(), "err", err)
	return false, nil
}

// person finds out who somebody is: as remembered, else from the platform, else as remembered from long ago. Somebody
// never heard of is waited for, since a date would be read in the wrong zone and a report would name an id; but not for
// ever. With powers the platform is asked in any case. That somebody is an admin is only said when it said so now; of
// roles, on which no more hangs than whose pin counts, what is remembered is good enough when it cannot say.
func (g *gathering) person(ctx context.Context, id string, powers bool) error {
	key := g.workspace + "/" + id
	have := g.recall(ctx, id, g.b.people.get(key))
	if chat := g.b.chat(g.workspace); chat != nil && (powers || !g.b.now().Before(have.until)) {
		var p conversations.Person
		question := func(ctx context.Context) (err error) {
			p, err = chat.User(ctx, g.workspace, id)
			return err
		}
		err := g.ask(ctx, g.patience, question)
		if err != nil && !errors.Is(err, adapters.ErrUnreadable) {
			err = g.ask(ctx, g.patience, question) // once more: a name that is missing stays missing in what is sent
		}
		have = g.b.met(key, have, p, err)
		have = g.remember(ctx, key, have)
		g.facts.Powers[id] = powers && err == nil
	}
	switch {
	case have.known:
		p := have.person
		p.Admin = p.Active && (slices.Contains(g.b.admins, id) || p.Admin && g.facts.Powers[id])
		if err := g.ownZone(ctx, &p); err != nil {
			return err
		}
		g.facts.People[id] = p
	case have.failing.IsZero() && !have.until.IsZero():
		g.facts.Unknown[id] = true
	case g.strict && !have.failing.IsZero() && g.b.now().Sub(have.failing) < strangerWait:
		return fmt.Errorf("person: %w", errNoFacts)
	}
	return nil
}

// recall is what is remembered of somebody: by this process, else by the store. A store that cannot say now is asked again
// the next time.
func (g *gathering) recall(ctx context.Context, id string, have remembered) remembered {
	if have.recalled {
		return have
	}
	s, err := g.b.load(ctx, conversations.PersonID(g.workspace, id))
	if err != nil {
		return have
	}
	have.recalled = true
	if known, ok := conversations.PersonOf(s); ok {
		have.kept = known.Person
		if !have.known {
			have.person, have.known, have.until = known.Person, true, known.Read.Add(personLife)
		}
	}
	g.b.people.put(g.workspace+"/"+id, have)
	return have
}

// remember has the store keep what the platform said about somebody, if that is new. It is a help for later: what goes
// wrong with it is tried again with the next answer.
func (g *gathering) remember(ctx context.Context, key string, have remembered) remembered {
	if !g.strict || !have.known || !have.recalled || have.person.Same(have.kept) {
		return have
	}
	if err := g.b.accept(ctx, rowFor(conversations.Met(g.workspace, have.person, g.b.now()))); err != nil {
		g.b.log.Warn("what the platform says about somebody could not be kept", "platform", platform(key), "err", err)
		return have
	}
	have.kept = have.person
	g.b.people.put(key, have)
	return have
}

// ownZone puts the zone that somebody has set over the one that the platform says.
func (g *gathering) ownZone(ctx context.Context, p *conversations.Person) error {
	if g.zones == nil {
		ctx, cancel := context.WithTimeout(ctx, storeBound)
		defer cancel()
		found, err := g.b.store.Find(ctx, conversations.ZonesOf(g.workspace))
		if err != nil {
			return fmt.Errorf("zones of people: %w", err)
		}
		g.zones = map[string]string{}
		for _, s := range found {
			who, zone := conversations.OwnZone(s)
			g.zones[who] = zone
		}
	}
	if zone := g.zones[p.ID]; zone != "" {
		p.Zone = zone
	}
	return nil
}

// load returns the subject; one without Rev and State when there is none.
func (b *Bot) load(ctx context.Context, id string) (conversations.Subject, error) {
	ctx, cancel := context.WithTimeout(ctx, storeBound)
	defer cancel()
	s, err := b.store.Load(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return conversations.Subject{ID: id}, nil
	}
	if err != nil {
		return conversations.Subject{}, fmt.Errorf("load %s: %w", id, err)
	}
	return s, nil
}

// people remembers who somebody is. What is old is better than nothing when the platform cannot say.
type people struct {
	mu  sync.Mutex
	all map[string]remembered
}

type remembered struct {
	person  conversations.Person
	known   bool
	until   time.Time // asked again after this, by the bot's clock; zero: it never answered
	failing time.Time // since when the platform cannot say who a stranger is; zero: it did not fail

	recalled bool                 // the store was asked, too
	kept     conversations.Person // what the store has
}

const (
	personLife     = time.Hour
	strangerLife   = 10 * time.Minute // the platform said that it knows nobody of that id
	strangerWait   = 2 * time.Minute  // while it cannot say who somebody is, what hangs on it waits so long
	peopleAtMost   = 20000            // then the memory begins anew
	settingsLife   = 5 * time.Second
	settingsAtMost = 1000
)

// met remembers what the platform said about somebody.
func (b *Bot) met(key string, have remembered, p conversations.Person, err error) remembered {
	switch {
	case err == nil:
		have.person, have.known, have.until, have.failing = p, true, b.now().Add(personLife), time.Time{}
	case errors.Is(err, adapters.ErrUnreadable):
		have.until, have.failing = b.now().Add(strangerLife), time.Time{}
	default:
		if !errors.Is(err, errMute) {
			b.log.Warn("the platform cannot say who somebody is", "platform", platform(key), "err", err)
		}
		if have.known || !have.failing.IsZero() {
			return have
		}
		have.failing = b.now()
	}
	b.people.put(key, have)
	return have
}

func (p *people) get(key string) remembered {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[key]
}

func (p *people) put(key string, r remembered) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil || len(p.all) >= peopleAtMost {
		p.all = map[string]remembered{}
	}
	p.all[key] = r
}

// settings remembers each workspace's settings for a few seconds. What this bot saves is forgotten at once.
type settings struct {
	mu  sync.Mutex
	all map[string]known
}

type known struct {
	settings conversations.Settings
	at       time.Time
}

// settingsOf are the workspace's settings, not older than a few seconds. Older ones are no help: by them a pin with an
// emoji that was just set would be forgotten.
func (b *Bot) settingsOf(ctx context.Context, workspace string) (conversations.Settings, error) {
	have, ok := b.settings.get(workspace)
	if age := b.now().Sub(have.at); ok && age >= 0 && age < settingsLife {
		return have.settings, nil
	}
	s, err := b.load(ctx, conversations.SettingsID(workspace))
	if err != nil {
		return conversations.Settings{}, err
	}
	now := conversations.SettingsOf(s)
	b.settings.put(workspace, known{settings: now, at: b.now()})
	return now, nil
}

func (s *settings) get(workspace string) (known, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.all[workspace]
	return k, ok
}

// known are the settings as far as they are remembered, else the defaults.
func (s *settings) known(workspace string) conversations.Settings {
	k, _ := s.get(workspace)
	return k.settings
}

func (s *settings) put(workspace string, k known) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil || len(s.all) >= settingsAtMost {
		s.all = map[string]known{}
	}
	s.all[workspace] = k
}

// saved forgets the settings when it was them that changed.
func (s *settings) saved(subject string) {
	workspace := conversations.WorkspaceOf(subject)
	if subject != conversations.SettingsID(workspace) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, workspace)
}

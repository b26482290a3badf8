package conversations

import (
	"slices"
	"time"
)

// Query finds subjects by one address.
type Query struct {
	Address string
	From    time.Time // At not before; zero: from the beginning
	Until   time.Time // At before; zero: to the end
	Limit   int       // at most so many, the first by (At, ID); 0: all
}

// Needs says what a step, a rendering or an answer must know. The bot reads it and asks again with what it found, until
// nothing new is needed; so people can be named who are only known from what was found.
type Needs struct {
	Queries []Query  // subjects by address
	Load    []string // subjects by id
	People  []string // ids on the platform
	Powers  []string // people whose Admin and Roles are asked of the platform now
	Kept    []string // keys of kept rows
	Series  string   // the subject is to have a number in this series
	Places  bool     // the channels the bot is in
	Sees    []Sees   // may this person see this place, asked of the platform now
}

// Sees asks whether somebody can see a place.
type Sees struct {
	Who   string
	Where Place
}

// Facts are what was found. They may be stale: nothing that must hold is concluded from them.
type Facts struct {
	Now      time.Time         // the bot's clock, UTC
	Zone     *time.Location    // the workspace's zone, never nil
	Settings Settings          // the workspace's
	Subjects []Subject         // of all Queries and Load, each once, by (At, ID)
	People   map[string]Person // those that the platform could name; Admin only where Powers asked and the platform said so now
	Unknown  map[string]bool   // those of whom the platform said that it knows nobody
	Powers   map[string]bool   // of whom the platform could say now what they may do
	Kept     map[string][]byte
	Number   int // in the Series asked for; 0: not asked
	Places   []Place
	Sees     map[Sees]bool // false also when the platform could not say
	Unsure   map[Sees]bool // of what the platform could not say it
}

// Subject returns the found subject of that id.
func (f Facts) Subject(id string) (Subject, bool) {
	i := slices.IndexFunc(f.Subjects, func(s Subject) bool { return s.ID == id })
	if i < 0 {
		return Subject{}, false
	}
	return f.Subjects[i], true
}

// hides reports whether something in a place is to be kept from whoever acted: they act somewhere else, and the platform
// does not say that they can see that place. What is hidden is answered like what does not exist.
func (f Facts) hides(p Place, e Event) bool {
	return p.Channel != e.Where.Channel && !f.Sees[Sees{Who: e.Who, Where: p.Root()}]
}

// hidden is what whoever acted is told of something that is kept from them. Where the platform only could not say, they are
// not told that it does not exist.
func (f Facts) hidden(name string, p Place, e Event) string {
	if f.Unsure[Sees{Who: e.Who, Where: p.Root()}] {
		return "I cannot find out just now whether you can see " + name + ". Nothing was changed; please try again in a minute."
	}
	return noSuch(name)
}

// unsureOfList is said below a list, or instead of an empty one, from which something may be missing.
const unsureOfList = "I cannot find out just now what you can see, so something may be missing here. Please try again in a minute."

// sight asks what hides must know.
func sight(p Place, e Event) []Sees {
	if p.Channel == e.Where.Channel || e.Who == "" {
		return nil
	}
	return []Sees{{Who: e.Who, Where: p.Root()}}
}

// adminOnly says, in words, why somebody cannot do what only admins can; empty: they can. Needs.Powers must have named
// them.
func (f Facts) adminOnly(who, otherwise string) string {
	switch {
	case f.Person(who).Admin:
		return ""
	case !f.Powers[who]:
		return "I cannot find out just now whether you are an admin here. Nothing was changed; please try again in a minute."
	}
	return otherwise
}

// Person returns what is known of somebody; where nothing is, the id stands for the name.
func (f Facts) Person(id string) Person {
	if p, ok := f.People[id]; ok {
		return p
	}
	return Person{ID: id, Name: id, Active: true}
}

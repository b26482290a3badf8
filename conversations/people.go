package conversations

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// KnownPerson is what the platform said about somebody. It is kept, so that a name outlives a restart, and a platform that
// is away for a day. What somebody may do is never read off it.
type KnownPerson struct {
	Person Person    `json:"person"`
	Read   time.Time `json:"read"` // when the platform said so, by the bot's clock
}

// PersonID is the subject that holds what is known of somebody, PersonOf reads it off it.
func PersonID(workspace, person string) string { return personID(workspace, person) }

// PersonOf returns what the platform last said about the person; false when nothing is kept.
func PersonOf(s Subject) (KnownPerson, bool) {
	p, ok := s.State.(*PersonState)
	if !ok || p == nil || p.Known == nil {
		return KnownPerson{}, false
	}
	return *p.Known, true
}

// Met is the event by which the bot has kept what the platform said about somebody at that moment.
func Met(workspace string, p Person, at time.Time) Addressed {
	id := personID(workspace, p.ID)
	body, err := json.Marshal(p)
	if err != nil {
		body = nil
	}
	return Addressed{Subject: id, Event: Event{
		Key:  workspace + "/met/" + p.ID + "/" + at.UTC().Format(time.RFC3339Nano),
		Kind: Told, Verb: "met", At: at, Where: Place{Workspace: workspace}, Value: string(body),
	}}
}

// meet keeps the newest of what the platform said.
func (p *PersonState) meet(o *out, e Event) *PersonState {
	var known Person
	if json.Unmarshal([]byte(e.Value), &known) != nil || known.ID != strings.TrimPrefix(rest(o.subject), "/") {
		return p
	}
	if p == nil {
		p = &PersonState{}
	}
	if p.Known == nil || e.At.After(p.Known.Read) {
		p.Known = &KnownPerson{Person: known, Read: e.At}
	}
	return p
}

// Same reports whether both say the same about somebody.
func (p Person) Same(q Person) bool {
	return slices.Equal(p.Roles, q.Roles) && p.ID == q.ID && p.Name == q.Name && p.Zone == q.Zone && p.Active == q.Active &&
		p.Admin == q.Admin && p.Bot == q.Bot
}

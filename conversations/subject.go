package conversations

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Kind is one of the six kinds of subjects.
type Kind string

// The six kinds.
const (
	KindReview    Kind = "review"
	KindEvent     Kind = "event"
	KindItem      Kind = "item"
	KindNudge     Kind = "nudge"
	KindPerson    Kind = "person"
	KindWorkspace Kind = "workspace"
)

// Version is the schema of subjects that this program writes. A subject with a newer one is not stepped.
const Version = 1

// Subject is one document: what every event changes exactly one of. Stores keep it with its outbox, which steps never see.
type Subject struct {
	ID        string    // "<workspace>/<kind>/<rest>"
	V         int       // schema version
	Rev       int64     // 0: not stored yet; Save compares and raises it
	Due       time.Time // when it wants to be ticked, by the bot's clock; zero: never
	Addresses []string  // the names under which Route and queries find it now; they follow from the state
	At        time.Time // how it sorts among the others of one address
	Applied   []int64   // hashes of the last event keys that were stepped, oldest first
	State     State     // nil: there is nothing (yet, or any more)
}

// State is what a subject's own fields are: one of *Review, *TimelineEvent, *ActionItem, *Nudge, *PersonState, *WorkspaceState.
type State interface {
	Kind() Kind
	// index says under which addresses the subject is found, how it sorts and when it is due: all computed from the state.
	index(id string) (addresses []string, at, due time.Time)
}

// NewState returns an empty state of the kind, nil for a kind this program does not know.
func NewState(k Kind) State {
	switch k {
	case KindReview:
		return new(Review)
	case KindEvent:
		return new(TimelineEvent)
	case KindItem:
		return new(ActionItem)
	case KindNudge:
		return new(Nudge)
	case KindPerson:
		return new(PersonState)
	case KindWorkspace:
		return new(WorkspaceState)
	}
	return nil
}

// KindOf reads the kind off a subject's id; empty when it is not one.
func KindOf(id string) Kind {
	parts := strings.SplitN(id, "/", 4)
	if len(parts) < 3 {
		return ""
	}
	k := Kind(parts[2])
	if NewState(k) == nil {
		return ""
	}
	return k
}

// WorkspaceOf reads the workspace off a subject's id or any other key.
func WorkspaceOf(id string) string {
	parts := strings.SplitN(id, "/", 3)
	if len(parts) < 3 {
		return id
	}
	return parts[0] + "/" + parts[1]
}

func subjectID(workspace string, k Kind, rest string) string {
	return workspace + "/" + string(k) + "/" + rest
}

// rest is a subject's id without workspace and kind.
func rest(id string) string {
	parts := strings.SplitN(id, "/", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[3]
}

// Encode returns a state's top-level fields as JSON values by name. Fields that are empty are left out.
func Encode(s State) (map[string]json.RawMessage, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", s.Kind(), err)
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("encode %s: %w", s.Kind(), err)
	}
	return fields, nil
}

// Decode is the inverse of Encode. Names it does not know are ignored: they belong to a newer version.
func Decode(k Kind, fields map[string]json.RawMessage) (State, error) {
	s := NewState(k)
	if s == nil {
		return nil, fmt.Errorf("decode: no kind %q", k)
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", k, err)
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("decode %s: %w", k, err)
	}
	return s, nil
}

// FieldNames lists every top-level field that a state of this kind can have, sorted. A store removes those of them that
// a state leaves out and keeps every other it finds.
func FieldNames(k Kind) []string {
	s := NewState(k)
	if s == nil {
		return nil
	}
	t := reflect.TypeOf(s).Elem()
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

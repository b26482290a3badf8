// Package postmortem is the record of one incident, and the report that is made of it. It knows nothing of chats: what
// is in a Record are names, times and words, ready to be printed. The same record gives the same report, to the byte.
package postmortem

import "time"

// Schema is the version of Record's JSON.
const Schema = 1

// Record is everything a report says.
type Record struct {
	Schema      int       `json:"schema"`
	ID          string    `json:"id"`                // "PM-4"
	Version     int       `json:"version,omitempty"` // 0: a draft
	Title       string    `json:"title"`
	Zone        string    `json:"zone"` // IANA name: the zone the report is printed in
	Facilitator string    `json:"facilitator"`
	People      []string  `json:"people,omitempty"` // who took part, by name
	Published   time.Time `json:"published,omitzero"`
	PublishedBy string    `json:"publishedBy,omitempty"`

	Timeline []Entry  `json:"timeline,omitempty"` // by time
	Notes    []Note   `json:"notes,omitempty"`    // what was said about what happened, without a time
	Causes   []Note   `json:"causes,omitempty"`
	Actions  []Action `json:"actions,omitempty"`
}

// Entry is one line of the timeline.
type Entry struct {
	ID       string    `json:"id,omitempty"` // "E-17"; empty: told in the review
	Time     time.Time `json:"time"`
	Text     string    `json:"text"`
	Who      string    `json:"who,omitempty"`
	Files    []string  `json:"files,omitempty"`
	How      How       `json:"how"`
	Subject  string    `json:"subject,omitempty"`  // what it was printed from
	Revision int       `json:"revision,omitempty"` // and which state of it
}

// How an entry came onto the timeline.
type How string

// The ways.
const (
	Pinned How = "pinned"
	ByHand How = "by hand"
	Told   How = "told in the review"
)

// Note is something people said.
type Note struct {
	Text string `json:"text"`
	Who  string `json:"who,omitempty"`
}

// Action is something to be changed.
type Action struct {
	ID       string `json:"id,omitempty"` // "A-17"; empty: not complete yet
	Text     string `json:"text"`
	Owner    string `json:"owner,omitempty"`
	Due      string `json:"due,omitempty"` // "2026-03-06", in the owner's zone
	Priority string `json:"priority,omitempty"`
	State    string `json:"state"`
	Reason   string `json:"reason,omitempty"`
	Doubt    string `json:"-"` // why the date that was typed could not be read; for those who can mend it
}

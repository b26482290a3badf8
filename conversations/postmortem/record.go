package postmortem

import "time"

// Schema is the version of Record's JSON.
const Schema = 1

// Record is everything a report says.
type Record struct {
	Schema      int        `json:"schema"`
	ID          string     `json:"id"`                // "PM-4"
	Version     int        `json:"version,omitempty"` // 0: a draft
	Title       string     `json:"title"`
	Severity    int        `json:"severity,omitempty"` // 1 (worst) to 5; 0: nobody said
	Zone        string     `json:"zone"`               // IANA name: the zone the report is printed in
	Facilitator string     `json:"facilitator"`
	People      []string   `json:"people,omitempty"` // who took part, by name, the facilitator first
	Roles       bool       `json:"roles,omitempty"`  // names were replaced by roles
	Approved    []Approval `json:"approved,omitempty"`
	Published   time.Time  `json:"published,omitzero"`
	PublishedBy string     `json:"publishedBy,omitempty"`
	Mentioned   []string   `json:"mentioned,omitempty"` // people who are only spoken of, by name; see WithRoles

	Summary string `json:"summary,omitempty"` // what people wrote or confirmed; empty: the report drafts one from the rest
	Trigger string `json:"trigger,omitempty"` // what set it off, in people's words; empty: nobody said

	Timeline  []Entry  `json:"timeline,omitempty"` // by time
	Notes     []Note   `json:"notes,omitempty"`    // what was said about what happened, without a time
	Moments   []Moment `json:"moments,omitempty"`  // those that somebody named or confirmed, in the order of MomentNames
	Detection []Note   `json:"detection,omitempty"`
	Impact    []Note   `json:"impact,omitempty"`
	Causes    []Cause  `json:"causes,omitempty"` // those without a cause that they explain, in order; see Cause.Root

	Surprises []Note   `json:"surprises,omitempty"`
	Helped    []Note   `json:"helped,omitempty"`
	Hindered  []Note   `json:"hindered,omitempty"`
	Lucky     []Note   `json:"lucky,omitempty"`
	Response  []Note   `json:"response,omitempty"` // how the response itself went
	Lessons   []Note   `json:"lessons,omitempty"`  // said of all of this without saying of which
	Actions   []Action `json:"actions,omitempty"`
	NoChange  string   `json:"noChange,omitempty"` // why nothing is changed, when somebody said that
	Ideas     []Note   `json:"ideas,omitempty"`    // kept during the incident, and not taken up
	Skipped   []Skip   `json:"skipped,omitempty"`  // questions that were left out, or not answered
}

// Approval says that somebody read the draft and agrees with it.
type Approval struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
}

// Entry is one line of the timeline.
type Entry struct {
	ID       string    `json:"id,omitempty"` // "E-17"; empty: told in the review
	Time     time.Time `json:"time"`
	Text     string    `json:"text"`
	Who      string    `json:"who,omitempty"`
	Program  bool      `json:"program,omitempty"` // Who is a program, such as an alerting one
	Files    []string  `json:"files,omitempty"`
	How      How       `json:"how"`
	Key      bool      `json:"key,omitempty"`      // a key moment: it decided what came
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

// MomentName is one of the turning points of an incident.
type MomentName string

// The moments, in the order in which they come.
const (
	Began   MomentName = "began"        // it began to hurt
	Noticed MomentName = "noticed"      // we knew
	Acked   MomentName = "acknowledged" // somebody took it on
	Eased   MomentName = "eased"        // it hurt less: mitigated
	Over    MomentName = "over"         // resolved
)

// MomentNames are all of them, in the order in which they come.
var MomentNames = []MomentName{Began, Noticed, Acked, Eased, Over}

// Moment is when it was what, and what shows it.
type Moment struct {
	Name    MomentName `json:"name"`
	Time    time.Time  `json:"time,omitzero"`
	Entry   string     `json:"entry,omitempty"`   // "E-17", where it is an event of the timeline
	Text    string     `json:"text,omitempty"`    // that event's words
	Unknown bool       `json:"unknown,omitempty"` // people said that it is not known
}

// Note is something people said.
type Note struct {
	Text string `json:"text"`
	Who  string `json:"who,omitempty"`
}

// Root is the question that a tree of causes answers.
type Root string

// The roots.
const (
	WhyHappened Root = "happened" // why it happened
	WhyLate     Root = "late"     // why it was noticed late
	WhyLong     Root = "long"     // why it took long
)

// Roots are all of them, in the order in which they are asked and printed.
var Roots = []Root{WhyHappened, WhyLate, WhyLong}

// Cause is a contributing factor; its Causes made it possible.
type Cause struct {
	ID       string   `json:"id,omitempty"` // "w4"; empty in a review that asks for no tree
	Root     Root     `json:"root,omitempty"`
	Text     string   `json:"text"`
	Who      string   `json:"who,omitempty"`
	Events   []string `json:"events,omitempty"`   // "E-17": what shows it
	Accepted string   `json:"accepted,omitempty"` // why we live with it: an accepted risk
	Causes   []Cause  `json:"causes,omitempty"`
}

// Action is something to be changed.
type Action struct {
	ID       string   `json:"id,omitempty"` // "A-17"; empty: not complete yet
	Text     string   `json:"text"`
	Owner    string   `json:"owner,omitempty"`
	Due      string   `json:"due,omitempty"` // "2026-03-06", in the owner's zone
	Priority string   `json:"priority,omitempty"`
	Kind     string   `json:"kind,omitempty"`   // prevent, detect, mitigate or process
	Test     string   `json:"test,omitempty"`   // how it will be known that it is done
	Causes   []string `json:"causes,omitempty"` // "w4": what it answers
	State    string   `json:"state"`
	Reason   string   `json:"reason,omitempty"`
	Doubt    string   `json:"-"` // why the date that was typed could not be read; for those who can mend it
}

// Skip is a question without an answer.
type Skip struct {
	Question string  `json:"question"`
	Why      string  `json:"why,omitempty"`     // empty: nobody said
	Section  Section `json:"section,omitempty"` // where the answer would have stood; empty: nowhere in particular
}

// Section is a part of the report, by its heading.
type Section string

// The sections, in the order in which they are printed.
const (
	SectionSummary     Section = "Summary"
	SectionImpact      Section = "Impact"
	SectionMetrics     Section = "Metrics"
	SectionDetection   Section = "Detection"
	SectionRootCauses  Section = "Root cause analysis"
	SectionActionItems Section = "Action items"
	SectionAccepted    Section = "Accepted risks"
	SectionResponse    Section = "Response"
	SectionLessons     Section = "Lessons learned"
	SectionKeyMoments  Section = "Key moments"
	SectionTimeline    Section = "Timeline"
	SectionIdeas       Section = "Ideas not taken up"
	SectionMade        Section = "How this was made"
)

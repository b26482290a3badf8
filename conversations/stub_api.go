package conversations

import "time"

// Route says what is done with an event of a person or a platform before it is acknowledged. Pure, and without any look-up.
func Route(e Event) Routing { return Routing{} }

// Subjects says whom the event concerns, given the subjects found by address: none (it is forgotten), one, or several,
// each of which gets a row of its own. The answer is what to say at once: nothing, usually; or why nothing is concerned.
func (r Routing) Subjects(e Event, found map[string][]string) ([]string, Answer) {
	return nil, Answer{}
}

// CheckNeeds says what Check must know.
func CheckNeeds(e Event, f Facts) Needs { return Needs{} }

// Check looks at what was typed before it is accepted. A non-zero answer means: not accepted, say this.
func Check(e Event, f Facts) (Answer, bool) { return Answer{}, true }

// RespondNeeds says what Respond must know.
func RespondNeeds(e Event, f Facts) Needs { return Needs{} }

// Respond answers an event that only reads: help, lists, opening a form.
func Respond(e Event, f Facts) Answer { return Answer{} }

// StepNeeds says what Step must know.
func StepNeeds(s Subject, e Event, f Facts) Needs { return Needs{} }

// Step is the rules: what an event makes of its subject, and what is to be done. It is pure. The subject given belongs to
// the call and must not be used afterwards. A subject that does not exist has Rev 0 and no State; one that is to be
// deleted comes back without State.
func Step(s Subject, e Event, f Facts) (Subject, []Effect) { return s, nil }

// RenderNeeds says what Render must know.
func RenderNeeds(s Subject, ef Effect, f Facts) Needs { return Needs{} }

// Render makes the words of a Post, Private or Reply from what is stored now. false: there is nothing left to say, and
// the effect is done without being sent.
func Render(s Subject, ef Effect, f Facts) (Body, bool) { return Body{}, false }

// Row makes the content of a Keep, with the same facts as Render. An error means that a fact is missing that must be
// there (a name the platform could not tell); it is tried again later.
func Row(s Subject, ef Effect, f Facts) ([]byte, error) { return nil, nil }

// Backread compares a message as the platform shows it with the subjects that hold it, and says what must come in: the
// message itself, under its own key, when nobody has stored it, or a Looked, when it differs. at is the time of the
// reading. holders are the subjects found under BackreadAddresses.
func Backread(snap Snapshot, holders []Subject, at time.Time) []Addressed { return nil }

// BackreadAddresses are the addresses and ids under which the holders of a message are found.
func BackreadAddresses(snap Snapshot) []string { return nil }

// Died turns an event that could not be stepped into one that tells the person; ok is false when there is nobody to tell.
func Died(e Event) (Addressed, bool) { return Addressed{}, false }

// Addressed is an event and the subject it is for.
type Addressed struct {
	Subject string
	Event   Event
}

// Away is the event by which the bot asks a workspace to read back: it was away from the platform and is back at the
// moment at. since is when it was last known to be there; zero: ask the workspace itself.
func Away(workspace string, since, at time.Time) Addressed { return Addressed{} }

// Package conversations is the rules of Debrief, and nothing but the rules: no clock, no I/O, no context, no log.
//
// What happens comes in as an Event, changes one Subject, and comes out as Effects:
//
//	Route   (event)                  → whom does it concern? nobody: it is forgotten
//	Check   (what was typed, facts)  → is it fit to be taken in?
//	Step    (subject, event, facts)  → the subject as it is then, and what is to be done
//	Render  (subject, effect, facts) → the words, just before they are sent
//	Respond (event, facts)           → an answer to what only reads
//
// Each of them has a twin that says what it Needs to know; the bot looks it up. There are six kinds of subjects, one file
// and one step function each: review.go, timeline.go, item.go, nudge.go, person.go, workspace.go. To change what is
// asked, see questions.go; what is nagged about, and when, reminders.go; what can be typed, commands.go; what an answer
// is, talk.go; the words, render*.go; what a report says, postmortem.
package conversations

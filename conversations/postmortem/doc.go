// Package postmortem is the record of one incident, and the report that is made of it. It knows nothing of chats: what
// is in a Record are names, times and words, ready to be printed. The same record gives the same report, to the byte.
//
// # The report
//
// Record.Report is what it says, section by section; Record.Markdown and the packages html and pdf print that, so that they
// differ in how they look and not in a word. The first page is for those who have a minute: what happened, whom it hit, how
// long it took, why, and what is changed. Then comes what was learned, and at the end, because it is long, the timeline,
// which proves the rest and is where those look who were there. A section without anything to say is left out, or says in
// one sentence which question was not answered. Answers to one question are one text or one list; who gave which stays in
// the record. Record.WithRoles takes the people out, Record.Metrics computes the four durations, Record.Mermaid draws the
// causes.
//
// # The record as JSON
//
// A Record is encoded by encoding/json and read by ParseRecord. "schema" is 1. It is raised when a field changes its
// meaning or goes, and a program refuses what is newer than itself; fields may be added without raising it, so ignore those
// that you do not know. Times are RFC 3339, in UTC. What is empty is left out. Texts are plain: nothing in them is markup.
//
//	schema        1
//	id            the number people know it by, such as "PM-4"
//	version       1 for what was published first, then 2 and so on; left out of a draft
//	title         in people's words
//	severity      1 (worst) to 5
//	zone          the IANA name of the time zone in which the report is printed
//	facilitator   who led the review, by name
//	people        who took part, by name, the facilitator first
//	mentioned     people who are only spoken of, by name
//	roles         true: all names of people were replaced by roles
//	approved      who agreed with the draft: [{who, at}]
//	published     when this version was published
//	publishedBy   by whom
//	summary       what people wrote or confirmed; without it the report drafts one
//	trigger       what set it off
//	timeline      by time: [{id, time, text, who, program, files, how, key, subject, revision}]
//	                id        "E-17"; left out of what was told in the review
//	                who       a name; program: true if that is a program
//	                files     names of files that were with the message
//	                how       "pinned", "by hand" or "told in the review"
//	                key       true: it decided what came
//	                subject   the machine's key of the message, and its revision; for comparing, not for reading
//	moments       [{name, time, entry, text, unknown}]
//	                name      "began", "noticed", "acknowledged", "eased" or "over"
//	                entry     the id of the entry of the timeline that shows it, and its text
//	                unknown   true: people said that it is not known
//	notes, detection, impact, surprises, helped, hindered, lucky, response, lessons, ideas
//	              what people said: [{text, who}]. Of what happened; how it was found out; who was hit; what surprised,
//	              helped, got in the way; where luck helped; how the response went; of all of these at once; and what was
//	              proposed during the incident and not taken up
//	causes        the causes that explain no other one: [{id, root, text, who, events, accepted, causes}]
//	                id        "w4"; left out in a review that asks for no tree
//	                root      "happened", "late" or "long": which question it answers
//	                events    ids of the entries that show it
//	                accepted  why it stays: an accepted risk
//	                causes    what made this one possible, of the same form
//	actions       [{id, text, owner, due, priority, kind, test, causes, state, reason}]
//	                id        "A-17"; left out while it is not complete
//	                due       a date such as "2026-03-06", in the owner's zone
//	                kind      "prevent", "detect", "mitigate" or "process"
//	                test      how it will be known that it is done
//	                causes    ids of the causes that it answers
//	                state     such as "proposed" or "done"; reason: why it will not be done, or what shows that it is
//	noChange      why nothing is changed
//	skipped       questions without an answer: [{question, why, section}]; section is a heading of the report
package postmortem

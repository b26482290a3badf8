package conversations

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Shortcuts are offered by a platform itself, on a message or anywhere, and not by a message of ours. Each opens a form.

// addForm is "Add to timeline" on a message, or on nothing.
func addForm(e Event) *Form {
	form := &Form{Title: "Add to timeline", Verb: "add", Submit: "Keep", Inputs: []Input{
		{Name: "text", Label: "What happened", Value: shorten(e.Text, answerRunes), Lines: true},
		{Name: "when", Label: "When", Hint: "14:05, yesterday 23:50, 10m ago; empty: now", Optional: true},
	}}
	if e.Message.ID != "" {
		form.Value = e.Message.Key()
		form.Inputs[1].Hint = "empty: when it was written"
	}
	return form
}

// startForm is "Start a postmortem": what `start` is told, and the channel, which a command knows by itself.
func startForm() *Form {
	return &Form{Title: "Start a postmortem", Verb: "start", Submit: "Start", Inputs: []Input{
		{Name: "channel", Label: "Where is it talked about? What is pinned there is its timeline", Hint: "#ops", Pick: PickChannel},
		{Name: "title", Label: "What happened, in a few words?", Hint: "empty: it is named after its day", Optional: true},
		{Name: "size", Label: "How much shall I ask?", Value: "nine", Options: []Option{{"Nine questions", "nine"}, {"Three questions", "tiny"}}},
		{Name: "severity", Label: "How bad was it? 1 is the worst", Options: severities(), Optional: true},
	}}
}

func severities() []Option {
	var options []Option
	for n := 1; n <= 5; n++ {
		options = append(options, Option{"Severity " + strconv.Itoa(n), strconv.Itoa(n)})
	}
	return options
}

// AsCommand is a form that tells what a command is told, as that command, said in the channel that was chosen. Its fields
// stay, so that what is wrong can be said beside them; and the title is read there, where it may begin like anything, as in
// "Tiny leak". Any other event comes back as it is.
func AsCommand(e Event) Event {
	if e.Kind != Submitted || e.Verb != "start" {
		return e
	}
	words := []string{"start"}
	if e.Field("size") == "tiny" {
		words = append(words, "tiny")
	}
	if n := e.Field("severity"); n != "" {
		words = append(words, "sev"+n)
	}
	e.Kind, e.Verb, e.Text = Commanded, "", strings.Join(words, " ")
	e.Where = Place{Workspace: e.Where.Workspace, Channel: channelOf(e.Field("channel"))}
	e.Message, e.MessageAt = MessageRef{}, time.Time{}
	return e
}

// channelOf reads a channel out of a form's field: as it is named, or an id that a picker gave.
func channelOf(value string) string {
	value = strings.TrimSpace(value)
	if channel, ok := sourceNamed(value); ok {
		return channel
	}
	return value
}

// actionForm is "Make it an action" on a message: one line of what we change, for an open review of that place.
func actionForm(e Event, f Facts) Answer {
	open := openHere(e, f)
	if len(open) == 0 {
		return private("No review is open here yet that it could be an action of. Put " + f.Settings.ideas()[0] + " on the message: it is kept as an idea, " +
			"and the next review offers it when it asks what we change. `/postmortem start` begins one.")
	}
	form := &Form{Title: "Make it an action", Verb: "action", Value: open[0].name(), Submit: "Add"}
	if len(open) > 1 { // one alone goes without saying
		which := Input{Name: "review", Label: "Of which review?", Value: form.Value}
		for _, r := range open {
			which.Options = append(which.Options, Option{shorten(r.name()+" "+r.Title, 70), r.name()})
		}
		form.Inputs = append(form.Inputs, which)
	}
	form.Inputs = append(form.Inputs,
		Input{Name: "text", Label: "What do we change?", Value: shorten(firstWords(e.Text), answerRunes)},
		Input{Name: "owner", Label: "Who?", Hint: "@kim", Pick: PickPerson, Optional: true},
		Input{Name: "due", Label: "By when?", Hint: "fri, 2 weeks, 2026-12-01", Pick: PickDay, Optional: true},
		Input{Name: "priority", Label: "How urgent?", Options: []Option{{"p1", "p1"}, {"p2", "p2"}, {"p3", "p3"}}, Optional: true},
	)
	return Answer{Form: form}
}

// openHere are the reviews of a place that take action items: the one whose thread it is, else those of the channel, the
// newest first.
func openHere(e Event, f Facts) []*Review {
	if s, ok := reviewHere(e, f); ok {
		return slices.DeleteFunc([]*Review{s.State.(*Review)}, func(r *Review) bool { return !r.takesActions() })
	}
	var open []*Review
	for _, s := range f.Subjects {
		if r, ok := s.State.(*Review); ok && r.takesActions() && r.Home.Channel == e.Where.Channel {
			open = append(open, r)
		}
	}
	slices.Reverse(open)
	return open
}

func (r *Review) takesActions() bool {
	return r.Number > 0 && (r.Stage == StageOpen || r.Stage == StageDraft)
}

// reviewOfForm is the number of the review that a form "Make it an action" is about; 0 for other events.
func reviewOfForm(e Event) int {
	if e.Kind != Submitted || e.Verb != "action" {
		return 0
	}
	_, n, _ := parseNumber(orElse(e.Field("review"), e.Value))
	return n
}

// actionLine is what the form says, as it would be typed.
func actionLine(e Event) string {
	words := []string{firstWords(e.Field("text"))}
	if owner := ownerOf(e.Field("owner")); owner != "" {
		words = append(words, "<@"+owner+">")
	}
	return strings.TrimSpace(strings.Join(append(words, e.Field("priority"), e.Field("due")), " "))
}

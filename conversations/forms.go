package conversations

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

func (r *Review) answerForm(id, question string) Answer {
	n, _ := strconv.Atoi(question)
	q, ok := r.question(n)
	if !ok {
		return private("Which question? They are 1 to " + strconv.Itoa(len(r.questions())) + ".")
	}
	return Answer{Form: &Form{
		Title: shorten(strconv.Itoa(q.N)+" · "+q.Short, 24), Verb: "answer", Subject: id, Value: strconv.Itoa(q.N), Submit: "Answer",
		Inputs: []Input{{Name: "text", Label: q.Title, Hint: plainHint(q.Hint), Lines: true}},
	}}
}

// plainHint is a text of ours for where no platform formats it: beside the inputs of a form.
func plainHint(s string) string { return strings.ReplaceAll(s, "`", "") }

const fillLines = 2 // a Discord form has room for five inputs

// fillForm asks for what lines of action items lack, all in one.
func (r *Review) fillForm(p *page, id string) Answer {
	open := r.openLines(p.facts.Settings)
	if len(open) == 0 {
		return private("Nothing is missing.")
	}
	form := &Form{Title: "Who, and by when?", Verb: "fill", Subject: id, Submit: "Save"}
	for _, l := range open[:min(fillLines, len(open))] {
		n := strconv.Itoa(l.Ordinal)
		if l.Owner == "" {
			form.Inputs = append(form.Inputs, Input{Name: "owner " + n, Label: shorten(l.Text, 38) + ": who?", Hint: "@kim", Pick: PickPerson, Optional: true})
		}
		if l.Due.IsZero() {
			form.Inputs = append(form.Inputs, Input{Name: "due " + n, Label: shorten(l.Text, 34) + ": by when?", Hint: "fri, 2 weeks, 2026-12-01", Pick: PickDay, Optional: true})
		}
	}
	return Answer{Form: form}
}

// formFor is the form that a control of the review opens.
func (r *Review) formFor(p *page, id string, e Event) Answer {
	switch e.Verb {
	case "answer form":
		return r.answerForm(id, e.Value)
	case "fill form":
		return r.fillForm(p, id)
	case "sort form":
		return r.sortForm(id, e.Value)
	case "rewrite form":
		return r.rewriteForm(id, e)
	case "form":
	default:
		return Answer{}
	}
	what, value := e.Value, ""
	if rest, ok := strings.CutPrefix(what, "skip "); ok {
		what, value = "skip", rest
	}
	form := &Form{Verb: what, Subject: id, Value: value, Submit: "Save"}
	switch what {
	case "words":
		form.Title = "Title, summary, trigger"
		form.Inputs = []Input{
			{Name: "title", Label: "Title", Value: r.Title},
			{Name: "summary", Label: "Summary", Hint: "empty: I write one from what was said", Value: r.Summary, Lines: true, Optional: true},
			{Name: "trigger", Label: "What set it off?", Hint: "the one thing that started it, not the cause", Value: r.Trigger, Lines: true, Optional: true},
		}
	case "severity":
		form.Title = "Severity"
		form.Inputs = []Input{{Name: "severity", Label: "How bad was it? 1 is the worst", Options: severities()}}
	case "moments":
		form.Title = "Four moments"
		shown := r.guesses(r.answers(), p.facts)
		said, _ := r.moments(r.answers(), p.facts)
		maps.Copy(shown, said)
		for _, name := range postmortem.MomentNames {
			form.Inputs = append(form.Inputs, Input{
				Name: string(name), Label: strings.ToUpper(string(name[:1])) + string(name[1:]), Hint: "14:31, E-14, unknown",
				Value: r.momentValue(shown[name], p), Optional: true,
			})
		}
	case "hand out":
		form.Title = "Ask one person"
		form.Submit = "Ask"
		var options []Option
		for _, q := range r.questions() {
			if !r.isClosed(q.N) && q.Gives != PartLeft {
				options = append(options, Option{strconv.Itoa(q.N) + " " + q.Short, strconv.Itoa(q.N)})
			}
		}
		form.Inputs = []Input{
			{Name: "question", Label: "What?", Options: options},
			{Name: "owner", Label: "Whom?", Hint: "@kim", Pick: PickPerson},
			{Name: "due", Label: "By when?", Hint: "thu, 2 days, 2026-12-01", Pick: PickDay, Optional: true},
		}
	case "skip":
		form.Title = "Leave a question out"
		form.Submit = "Leave out"
		form.Inputs = []Input{{Name: "why", Label: "Why? The report says it", Hint: "we have no numbers", Optional: true}}
		if value == "" {
			form.Value = strconv.Itoa(r.asking())
		}
	case "park":
		form.Title = "Park this review"
		form.Submit = "Park"
		form.Inputs = []Input{{Name: "until", Label: "Until when?", Hint: "next monday, or empty", Pick: PickDay, Optional: true}}
	case "cancel":
		form.Title = "Cancel this review"
		form.Submit = "Cancel it"
		form.Inputs = []Input{{Name: "reason", Label: "Why?", Hint: "it was a drill"}}
	case "hand over":
		form.Title = "Hand over"
		form.Submit = "Hand over"
		form.Inputs = []Input{{Name: "owner", Label: "Who leads it from now on?", Hint: "@kim", Pick: PickPerson}}
	default:
		return Answer{}
	}
	return Answer{Form: form}
}

// momentValue is how a moment stands in the form.
func (r *Review) momentValue(m moment, p *page) string {
	switch {
	case m.event != "":
		return m.event
	case m.unknown:
		return "unknown"
	case m.at.IsZero():
		return ""
	}
	return m.at.In(p.zone).Format("2006-01-02 15:04")
}

// sortForm lists what was heard for a question; what counts as an answer is ticked.
func (r *Review) sortForm(id, question string) Answer {
	n, _ := strconv.Atoi(question)
	replies := r.sortable(n, r.NextHeard)
	if len(replies) == 0 {
		return private("Nothing was heard for this question yet.")
	}
	taken := Input{Name: "taken", Label: "Ticked is taken as an answer", Many: true, Optional: true}
	var ticked []string
	for _, a := range replies {
		taken.Options = append(taken.Options, Option{shorten(firstLine(a.Body), 70), strconv.Itoa(a.N)})
		if a.Taken {
			ticked = append(ticked, strconv.Itoa(a.N))
		}
	}
	taken.Value = strings.Join(ticked, " ")
	return Answer{Form: &Form{
		Title: "Answer or talk?", Verb: "sort", Subject: id, Value: question + " " + strconv.Itoa(r.NextHeard), Submit: "Save",
		Inputs: []Input{taken},
	}}
}

// rewriteForm lets a reply be said in other words, by whoever said it.
func (r *Review) rewriteForm(id string, e Event) Answer {
	n, _ := strconv.Atoi(e.Value)
	i := slices.IndexFunc(r.Heard, func(h Heard) bool { return h.N == n && !h.Deleted })
	if i < 0 {
		return private("That reply is gone.")
	}
	if r.Heard[i].Who != e.Who {
		return private("Only whoever said it can say it in other words. ❌ on the reply leaves it out, and you can add your own.")
	}
	return Answer{Form: &Form{
		Title: "Write it again", Verb: "rewrite", Subject: id, Value: e.Value, Submit: "Save",
		Inputs: []Input{{Name: "text", Label: "In other words", Value: r.Heard[i].Text, Lines: true}},
	}}
}

// renderLook shows privately what is odd about the answers to a question.
func (r *Review) renderLook(p *page, id, question, who string) {
	n, _ := strconv.Atoi(question)
	var all []Answered
	answers := r.answers()
	odd := r.odd(answers, p.facts)
	for _, a := range answers {
		if a.Question == n && len(odd.looks(a)) > 0 {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		p.words("Nothing is left to look at.")
	}
	for i, a := range all {
		if i == 3 { // a message has room for five rows of buttons
			p.words("\n… and more. Look again when these are settled.")
			return
		}
		it := "it"
		if i > 0 {
			p.words("\n\n")
		}
		if len(all) > 1 {
			it = strconv.Itoa(i + 1)
			p.words("**" + it + "** ")
		}
		p.words("“").quote(shorten(a.Body, 300)).words("” – ").someone(a.Who)
		for _, d := range odd.looks(a) {
			p.words("\n").inert(d)
		}
		value := strconv.Itoa(a.N)
		var row []Control
		if a.Who == who {
			row = append(row, Control{Label: "Write " + it + " again", Verb: "rewrite form", Subject: id, Value: value, Primary: true})
		}
		p.row(append(row, Control{Label: "Keep " + it + " as it is", Verb: "keep", Subject: id, Value: value})...)
	}
}

// renderChanges shows privately what is different since the last version.
func (r *Review) renderChanges(p *page) {
	changes, ok := r.changes(r.answers(), p.facts)
	if !ok || len(changes) == 0 {
		p.words("Nothing has changed since the last version.")
		return
	}
	p.wordsf("**Since version %d**", len(r.Published))
	for i, c := range changes {
		if i == listed {
			p.wordsf("\n… and %d more", len(changes)-listed)
			break
		}
		p.words("\n• " + c.what)
		if c.text != "" {
			p.words(": ").quote(shorten(firstLine(c.text), 200))
		}
	}
}

package conversations

import (
	"github.com/debrief-bot/debrief/conversations/when"
)

func (i *ActionItem) renderNeeds(ef Effect) Needs {
	ids := append([]string{i.Owner, i.Facilitator, i.Candidate, i.Refused, i.By, ef.Person}, mentioned(i.Text)...)
	if i.Undo != nil {
		ids = append(ids, i.Undo.Who)
	}
	ids = append(ids, mentioned(i.Reason)...)
	return Needs{People: known(ids)}
}

func (i *ActionItem) name(p *page) *page { return p.words("**" + number("A", i.Number) + "** ") }

// render answers somebody who did something about the item, or wanted to.
func (i *ActionItem) render(p *page, id string, ef Effect) {
	switch ef.View {
	case "item":
		i.answer(p, ef.Args[0], ef.Person)
		if ef.Args[1] == "typed" && i.undoable(ef.Person) {
			p.row(Control{Label: "Undo", Verb: "undo", Subject: id})
		}
	case "help":
		if ef.Kind == Reply {
			i.preview(p, id)
			return
		}
		i.name(p).quote(i.Text).words(" – ").someone(ef.Person).words(" could use a hand: ").quote(ef.Args[0])
	}
}

func (i *ActionItem) answer(p *page, what, who string) {
	i.name(p).quote(shorten(i.Text, 300))
	switch what {
	case "not your item":
		p.words(" is for ").someone(orElse(i.Owner, i.Facilitator))
		if i.Owner != "" && i.Owner != i.Facilitator {
			p.words(" to deal with, or for ").someone(i.Facilitator)
			p.words(", who leads the review.")
			return
		}
		p.words(" to deal with.")
		return
	case "not asked":
		p.words(": nobody has asked you to take it. It")
	case "taken":
		p.words(" is not free to take. It")
	case "nobody named":
		p.words(": to whom? Name one person, as in `give " + number("A", i.Number) + " @kim`.")
		return
	case "unknown person":
		p.words(": I know nobody here of that name who could take it. Mention one person who is still here.")
		return
	case "unsure":
		p.words(": I cannot find out just now whether they are in ").channel(i.Where.Channel).words(". Nothing was changed; please try again in a minute.")
		return
	case "outside":
		p.words(": they are not in ").channel(i.Where.Channel).words(", so they could not see what it is about.")
		return
	case "no reason":
		p.words(": why not? A reason is all it takes: `wontdo " + number("A", i.Number) + " <reason>`.")
		return
	case "no evidence":
		p.words(": what shows it? A link or a sentence: `done " + number("A", i.Number) + " <evidence>`.")
		return
	case "nothing to undo":
		p.words(": there is nothing to undo. It")
	case "not yours to undo":
		p.words(": what was done last was ").someone(i.Undo.Who).words("'s, so it is theirs to undo. It")
	case "helped":
		p.words(": asked in the review's thread.")
		return
	}
	i.standing(p, who)
}

// undoable reports whether somebody can take back what was done last.
func (i *ActionItem) undoable(who string) bool { return i.Undo != nil && i.Undo.Who == who }

// standing goes on with how things stand, seen by somebody.
func (i *ActionItem) standing(p *page, who string) {
	switch i.State {
	case ItemDone:
		p.words(" is done")
		i.closing(p, who)
		return
	case ItemWontDo:
		p.words(" will not be done")
		i.closing(p, who)
		return
	case ItemWithdrawn:
		p.words(" is no longer among the changes of " + number("PM", i.PM) + ": its line was taken out there.")
		return
	case ItemOrphaned:
		p.words(" has no owner since ").someone(i.Owner).words(" left")
	case ItemOpen:
		p.words(" is open for taking")
	case ItemProposed:
		p.words(" waits for ")
		i.you(p, i.Owner, who).words(" to say yes")
		if i.Lapsed {
			p.words(", and counts as ")
			i.yours(p, i.Facilitator, who).words(" until then")
		}
	case ItemProgress:
		p.words(" is in progress, with ")
		i.you(p, i.Owner, who)
	default:
		p.words(" is ")
		i.yours(p, i.Owner, who)
	}
	if !i.Due.IsZero() {
		p.words(", due " + dueWords(i.Due.DayOnly().String()))
	}
	p.words(".")
	if !i.Quiet.IsZero() {
		p.words(" You hear of it again from " + dueWords(i.Quiet.String()) + " on.")
	}
	if i.Candidate != "" {
		p.words(" ")
		if i.Candidate == who {
			p.words("You are asked to take it.")
		} else {
			p.someone(i.Candidate).words(" is asked to take it; it stays where it is until they say yes.")
		}
	} else if i.Refused != "" && i.Refused != who {
		p.words(" ")
		i.refusal(p).words(".")
	}
}

// refusal says who could not take it, and why.
func (i *ActionItem) refusal(p *page) *page {
	p.someone(i.Refused).words(" could not take it")
	if i.Because != "" {
		p.words(": ").quote(shorten(i.Because, 160))
	}
	return p
}

// you is somebody, as one speaks to who.
func (i *ActionItem) you(p *page, id, who string) *page {
	if id == who {
		return p.words("you")
	}
	return p.someone(id)
}

func (i *ActionItem) yours(p *page, id, who string) *page {
	if id == who {
		return p.words("yours")
	}
	return p.someone(id).words("'s")
}

func (i *ActionItem) closing(p *page, who string) {
	if i.By != "" && i.By != who {
		p.words(", says ").someone(i.By)
	}
	if i.Reason != "" {
		p.words(": ").quote(shorten(i.Reason, 600))
	}
	p.words(".")
}

// preview shows a call for help before anybody else sees it.
func (i *ActionItem) preview(p *page, id string) {
	if i.Plea == "" {
		p.words("**" + number("A", i.Number) + "**: with what? `need help " + number("A", i.Number) + " <words>`.")
		return
	}
	p.words("This would stand in the thread of " + number("PM", i.PM) + ", with your name:\n").quote(i.Plea)
	p.row(Control{Label: "Post it", Verb: postHelp, Subject: id, Primary: true}, itemForm("Change the words", "need help", id))
}

// line is one item in the weekly message: what it is, how it stands to its date, and why it is there if it is not the
// reader's own.
func (i *ActionItem) line(p *page, rule cadence, today when.Date, who string) {
	p.words("\n")
	i.name(p).quote(shorten(i.Text, 160))
	if late := rule.lateness(i, today); late != "" {
		p.words(" – " + late)
	}
	if i.Test != "" {
		p.words(" · done when: ").quote(shorten(i.Test, 100))
	}
	switch {
	case i.State == ItemOrphaned:
		p.words(" · ").someone(i.Owner).words(" has left")
	case i.Owner == "" && i.Refused == "":
		p.words(" · open for taking")
	case i.Owner != "" && i.Owner != who:
		p.words(" · ").someone(i.Owner).words(" has not said yes")
	}
	if i.Refused != "" && i.Refused != who {
		p.words(" · ")
		i.refusal(p)
	}
	p.words(" (" + number("PM", i.PM) + ")")
}

// outcome is the same item after something came of it.
func (i *ActionItem) outcome(p *page, who string) {
	p.words("\n")
	i.name(p)
	switch i.State {
	case ItemDone:
		p.words("✓ done")
		i.because(p, who)
	case ItemWontDo:
		p.words("will not be done")
		i.because(p, who)
	default:
		p.quote(shorten(i.Text, 160))
		i.standing(p, who)
	}
}

func (i *ActionItem) because(p *page, who string) {
	if i.By != "" && i.By != who {
		p.words(", says ").someone(i.By)
	}
	if i.Reason != "" {
		p.words(" – “").quote(shorten(i.Reason, 160)).words("”")
	}
}

// row is one line of the list of action items.
func (i *ActionItem) row(p *page, who string) {
	p.words("\n• **" + number("A", i.Number) + "** ").quote(shorten(i.Text, 200))
	switch i.State {
	case ItemOpen:
		p.words(" · open for taking")
	case ItemOrphaned:
		p.words(" · ").someone(i.Owner).words(" has left")
	default:
		p.words(" · ").someone(i.Owner)
	}
	if i.Priority != "" {
		p.words(" · " + i.Priority)
	}
	if !i.Due.IsZero() {
		p.words(" · " + dueWords(i.Due.DayOnly().String()))
	}
	p.words(" · " + number("PM", i.PM))
	switch {
	case i.Candidate == who:
		p.words(" · do you take it? `accept` or `decline`")
	case i.Candidate != "":
		p.words(" · ").someone(i.Candidate).words(" is asked")
	case i.State == ItemProposed && i.Owner == who:
		p.words(" · do you take it? `accept` or `decline`")
	case i.State == ItemProposed:
		p.words(" · asked")
	case i.State == ItemProgress, !i.State.open():
		p.words(" · " + string(i.State))
	}
}

// itemFormNeeds says what a form about an item must know.
func itemFormNeeds(s Subject, e Event) Needs {
	i, ok := s.State.(*ActionItem)
	if !ok {
		return Needs{}
	}
	n := i.renderNeeds(Effect{Person: e.Who})
	n.Sees = sight(i.Where, e)
	return n
}

// form opens what a command needs to be told, or says why there is nothing to tell any more: the message that carries the
// button may be weeks old.
func (i *ActionItem) form(p *page, id string, e Event) Answer {
	verb := e.Value
	if e.Verb != "item form" {
		verb = e.Verb
	}
	switch {
	case !i.concerns(e.Who) && p.facts.hides(i.Where, e):
		return private(p.facts.hidden(number("A", i.Number), i.Where, e))
	case !i.State.open():
		i.answer(p, "closed", e.Who)
		return Answer{Private: p.body}
	}
	form := &Form{Verb: verb, Subject: id, Submit: "Save"}
	name := number("A", i.Number)
	label := shorten(i.Text, 40)
	switch verb {
	case "done":
		form.Title, form.Submit = name+" is done", "Done"
		form.Inputs = []Input{{Name: "text", Label: label, Hint: "what shows it: a link, or a sentence", Lines: true}}
	case "wontdo":
		form.Title = name + " will not be done"
		form.Inputs = []Input{{Name: "text", Label: label, Hint: "why not; it stands in the report", Lines: true}}
	case "give":
		form.Title, form.Submit = "Hand "+name+" over", "Ask them"
		form.Inputs = []Input{{Name: "owner", Label: label, Hint: "@kim; it is theirs once they say yes", Pick: PickPerson}}
	case "later":
		form.Title = "Hear of " + name + " later"
		form.Inputs = []Input{{Name: "due", Label: label, Hint: "friday, in 3 weeks, 2026-12-01", Pick: PickDay}}
	case "due":
		form.Title = "Another date for " + name
		form.Inputs = []Input{{Name: "due", Label: label, Hint: "friday, in 3 weeks, 2026-12-01", Value: i.Due.DayOnly().String(), Pick: PickDay}}
	case "decline":
		form.Title = "Not take " + name
		form.Inputs = []Input{{Name: "text", Label: label, Hint: "why, if you like to say", Optional: true, Lines: true}}
	case "need help":
		form.Title, form.Submit = "Ask about "+name, "Post it"
		form.Inputs = []Input{{
			Name: "text", Label: "In the thread of " + number("PM", i.PM), Value: i.Plea, Lines: true,
			Hint: "this stands there as it stands here, with your name",
		}}
	default:
		i.answer(p, "now", e.Who)
		return Answer{Private: p.body}
	}
	return Answer{Form: form}
}

package conversations

import (
	"slices"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// RespondNeeds says what Respond must know.
func RespondNeeds(e Event, f Facts) Needs {
	n := Needs{}
	if e.Kind == Opened {
		return homeNeeds(e, f)
	}
	if e.Kind == Clicked {
		n.Load = []string{e.Subject}
		if e.Verb == "action form" {
			n.Queries = hereQueries(e)
		}
		if s, ok := f.Subject(e.Subject); ok {
			if r, ok := s.State.(*Review); ok {
				n = merged(n, recordNeeds(s.ID, r, f))
				n.Sees = sight(r.Home, e)
				if len(r.Published) > 0 {
					n.Kept = append(n.Kept, r.Published[len(r.Published)-1].Key)
				}
			}
			n = merged(n, itemFormNeeds(s, e))
		}
		return n
	}
	n.People = []string{e.Who}
	typed, _ := ParseCommand(e.Text)
	switch typed.Name {
	case "timeline":
		if s, ok := reviewHere(e, f); ok {
			return merged(merged(n, recordNeeds(s.ID, s.State.(*Review), f)), Needs{Queries: hereQueries(e)})
		}
		n.Queries = append(hereQueries(e), startQuery(e))
		n.People = append(n.People, writers(f)...)
	case "draft":
		n.Sees = sights(e, f)
		pm, _ := reviewArgs(typed)
		n.Queries = hereQueries(e)
		if pm > 0 {
			n.Queries = []Query{{Address: numberAddress(e.Where.Workspace, "PM", pm)}}
		}
		if s, ok := reviewMeant(e, typed, f); ok {
			n = merged(n, recordNeeds(s.ID, s.State.(*Review), f))
		}
	case "actions":
		n.Queries = []Query{actionsQuery(e, typed, f)}
		if pm, _ := reviewArgs(typed); pm > 0 {
			n.Queries = append(n.Queries, Query{Address: numberAddress(e.Where.Workspace, "PM", pm)})
		}
		for _, s := range f.Subjects {
			if i, ok := s.State.(*ActionItem); ok {
				n.People = append(n.People, i.Owner, i.Candidate)
			}
		}
		n.Sees = sights(e, f)
	case "mine":
		return homeNeeds(e, f)
	case "settings":
		n.Powers = []string{e.Who}
		n.People = append(n.People, f.Settings.crewPeople()...)
	case "me":
		n.Load = []string{personID(e.Where.Workspace, e.Who)}
	case "list":
		n.Sees = sights(e, f)
		n.Queries = []Query{{Address: reviewsOf(e.Where.Workspace)}}
		for _, s := range f.Subjects {
			if r, ok := s.State.(*Review); ok {
				n.People = append(n.People, r.Facilitator)
			}
		}
	}
	n.People = known(n.People)
	return n
}

// sights asks for every place that something found is in.
func sights(e Event, f Facts) []Sees {
	var all []Sees
	for _, s := range f.Subjects {
		switch state := s.State.(type) {
		case *Review:
			all = append(all, sight(state.Home, e)...)
		case *ActionItem:
			all = append(all, sight(state.Where, e)...)
		}
	}
	return all
}

func merged(a, b Needs) Needs {
	a.Queries = append(a.Queries, b.Queries...)
	a.Load = append(a.Load, b.Load...)
	a.Sees = append(a.Sees, b.Sees...)
	a.People = known(append(a.People, b.People...))
	return a
}

// hereQueries find the reviews of the place where something was typed.
func hereQueries(e Event) []Query {
	qs := []Query{{Address: reviewsIn(e.Where)}}
	if e.Where.Thread != "" {
		qs = append(qs, Query{Address: e.Where.Address()})
	}
	return qs
}

// writers are those who wrote the events that were found.
func writers(f Facts) []string {
	var ids []string
	for _, s := range f.Subjects {
		if t, ok := s.State.(*TimelineEvent); ok {
			ids = append(ids, t.Who)
			ids = append(ids, mentioned(t.Shown().Text)...)
		}
	}
	return known(ids)
}

// reviewHere is the review whose thread this is.
func reviewHere(e Event, f Facts) (Subject, bool) {
	for _, s := range f.Subjects {
		if r, ok := s.State.(*Review); ok && e.Where.Thread != "" && r.Thread == e.Where {
			return s, true
		}
	}
	return Subject{}, false
}

// reviewMeant is the review that is named, else that of this thread, else the only open one of this channel.
func reviewMeant(e Event, typed Typed, f Facts) (Subject, bool) {
	pm, _ := reviewArgs(typed)
	if s, ok := reviewHere(e, f); ok && pm == 0 {
		return s, true
	}
	var found []Subject
	for _, s := range f.Subjects {
		if r, ok := s.State.(*Review); ok && r.Number > 0 && (pm == 0 || r.Number == pm) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return Subject{}, false
	}
	return found[0], true
}

func actionsQuery(e Event, typed Typed, f Facts) Query {
	if strings.EqualFold(strings.TrimSpace(typed.Rest), "mine") {
		return Query{Address: itemsOwned(e.Where.Workspace, e.Who)}
	}
	if pm, _ := reviewArgs(typed); pm > 0 {
		if s, ok := reviewMeant(e, typed, f); ok {
			return Query{Address: itemsOf(s.ID)}
		}
	}
	return Query{Address: openItems(e.Where.Workspace)}
}

// Respond answers an event that only reads: help, lists, opening a form.
func Respond(e Event, f Facts) Answer {
	p := &page{facts: f, zone: f.Person(e.Who).Location(f.Zone)}
	switch e.Kind {
	case Clicked:
		return respondClick(p, e, f)
	case Opened:
		home(p, e, f)
		return Answer{Private: p.body}
	}
	typed, ok := ParseCommand(e.Text)
	if !ok {
		return unknown(p, typed)
	}
	switch typed.Name {
	case "help":
		if strings.TrimSpace(e.Text) == "" {
			hello(p)
		} else {
			help(p, typed.Rest)
		}
	case "timeline":
		s, ok := reviewHere(e, f)
		if !ok {
			showTimeline(p, entriesOf(onTimeline(f)), "Nothing is on the timeline here. Put 📌 on a message, or type `event <text> @ <time>`.")
			break
		}
		here := s.State.(*Review)
		showTimeline(p, here.entries(here.answers(), f), "Nothing is on the timeline of this review.")
	case "draft":
		s, ok := reviewMeant(e, typed, f)
		if !ok || f.hides(s.State.(*Review).Home, e) {
			return private("Which review? `/postmortem list` shows them; then `draft PM-1`.")
		}
		draft(p, s.ID, s.State.(*Review), f)
	case "actions":
		listActions(p, e, f)
	case "mine":
		home(p, e, f)
	case "me":
		f.personOf(e.Where.Workspace, e.Who).words(p, when.DateOf(f.Now.In(p.zone)))
	case "list":
		listReviews(p, e, f)
	case "settings":
		settingsWords(p, f.Settings)
		if f.Person(e.Who).Admin {
			settingsMenu(p, e.Where.Workspace)
		}
	}
	return Answer{Private: p.body}
}

func unknown(p *page, typed Typed) Answer {
	word, _ := cutWord(typed.Rest)
	p.words("I do not know ").inert(shorten(word, 40)).words(".")
	if near := nearest(word); near != "" {
		p.words(" Did you mean `" + near + "`?")
	}
	p.words(" `/postmortem help` lists what I know.")
	return Answer{Private: p.body}
}

// help lists the commands, or explains one.
func help(p *page, topic string) {
	if t, ok := ParseCommand(topic); ok && strings.TrimSpace(topic) != "" {
		p.words("`" + strings.TrimSpace(t.Name+" "+t.Args) + "` – " + t.Help + ".")
		if t.about == aboutSettings {
			settingsHelp(p)
		}
		return
	}
	p.words(pinning + "\nType these after `/postmortem`, or in a thread after `@debrief`:")
	for _, c := range Commands {
		p.command(c)
	}
}

const pinning = "📌 on a message puts it on the timeline. **A pinned message without my 📎 is not kept**; ⚠ means kept, with something masked."

// forBeginners are the commands that whoever says nothing but the bot's name hears of.
var forBeginners = []string{"start", "event", "timeline", "mine", "list", "help"}

// hello answers who says nothing but the bot's name.
func hello(p *page) {
	p.words(pinning + "\nMost of what I can do hangs on buttons. Begin with one of these after `/postmortem`, or in a thread after `@debrief`:")
	for _, name := range forBeginners {
		p.command(command(name))
	}
}

func (p *page) command(c Command) {
	p.words("\n• `" + strings.TrimSpace(c.Name+" "+c.Args) + "` – " + c.Help)
}

func onTimeline(f Facts) []Subject {
	return slices.DeleteFunc(slices.Clone(f.Subjects), func(s Subject) bool {
		t, ok := s.State.(*TimelineEvent)
		return !ok || !t.OnTimeline()
	})
}

const listed = 40

// showTimeline lists events with their numbers, the newest when there are many.
func showTimeline(p *page, entries []entry, empty string) {
	if len(entries) == 0 {
		p.words(empty)
		return
	}
	p.words("**Timeline**")
	if len(entries) > listed {
		p.wordsf(", the last %d of %d", listed, len(entries))
		entries = entries[len(entries)-listed:]
	}
	var before time.Time
	for _, e := range entries {
		p.entry(e, before)
		before = e.Time
		if e.id != "" {
			p.words(" · " + e.id)
		}
	}
}

func draft(p *page, id string, r *Review, f Facts) {
	rec := r.signed(record(id, r, f))
	text := rec.Markdown()
	p.words(text)
	p.body.File = &File{Name: r.name() + "-draft.md", Text: text, Record: &rec}
}

func listActions(p *page, e Event, f Facts) {
	n := 0
	for _, s := range f.Subjects {
		i, ok := s.State.(*ActionItem)
		if !ok || i.State == ItemWithdrawn || (!i.concerns(e.Who) && f.hides(i.Where, e)) {
			continue
		}
		if n++; n > listed {
			continue
		}
		i.row(p, e.Who)
	}
	if n > listed {
		p.wordsf("\n… and %d more", n-listed)
	}
	switch {
	case len(f.Unsure) > 0:
		p.paragraph()
		p.words(unsureOfList)
	case n == 0:
		p.words("No action items are open.")
	}
}

func listReviews(p *page, e Event, f Facts) {
	n := 0
	for i := len(f.Subjects) - 1; i >= 0; i-- {
		r, ok := f.Subjects[i].State.(*Review)
		if !ok || r.Number == 0 || f.hides(r.Home, e) {
			continue
		}
		if n++; n > listed {
			break
		}
		p.words("\n• **" + r.name() + "** ").quote(r.Title).words(" · " + string(r.Stage) + " · led by ").someone(r.Facilitator)
		if r.Card.ID != "" {
			p.words(" · ").link("thread", r.Card)
		}
	}
	switch {
	case len(f.Unsure) > 0:
		p.paragraph()
		p.words(unsureOfList)
	case n == 0:
		p.words("There are no reviews yet. `/postmortem start` begins one.")
	}
}

// respondClick is a button or menu that only shows something or opens a form.
func respondClick(p *page, e Event, f Facts) Answer {
	s, _ := f.Subject(e.Subject)
	r, isReview := s.State.(*Review)
	switch {
	case e.Verb == "add form":
		return Answer{Form: addForm(e)}
	case e.Verb == "start form":
		return Answer{Form: startForm()}
	case e.Verb == "action form":
		return actionForm(e, f)
	case e.Verb == "help":
		help(p, "")
	case e.Verb == "keeps":
		p.words("I keep the text of messages that are or were pinned, of replies in review threads, and what people type to me; nothing else, not for a second. " +
			"Secrets are masked before anything is kept. What you delete here is deleted with me.")
	case e.Verb == "setting form":
		return settingForm(f.Settings, e.Where.Workspace, e.Value)
	case KindOf(s.ID) == KindItem:
		return s.State.(*ActionItem).form(p, s.ID, e)
	case !isReview:
		return private(notOurs)
	case r.begun() && f.hides(r.Home, e):
		return private(f.hidden(r.name(), r.Home, e))
	case e.Verb == "timeline":
		showTimeline(p, r.entries(r.answers(), f), "Nothing is on the timeline of this review.")
	case e.Verb == "draft":
		draft(p, s.ID, r, f)
	case e.Verb == "more":
		r.renderMore(p, s.ID)
	case e.Verb == "look":
		r.renderLook(p, s.ID, e.Value, e.Who)
	case e.Verb == "changes":
		r.renderChanges(p)
	default:
		return r.formFor(p, s.ID, e)
	}
	return Answer{Private: p.body}
}

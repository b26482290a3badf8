package conversations

import (
	"slices"
)

// Step is the rules: what an event makes of its subject, and what is to be done. It is pure. The subject given belongs to
// the call and must not be used afterwards. A subject that does not exist has Rev 0 and no State; one that is to be
// deleted comes back without State.
func Step(s Subject, e Event, f Facts) (Subject, []Effect) {
	o := &out{subject: s.ID, event: e}
	e.Snapshot = f.ofCrew(e.Snapshot, s.State)
	if passesOver(o, s, e, f) {
		return s, o.effects
	}
	var next State
	switch KindOf(s.ID) {
	case KindReview:
		r, _ := s.State.(*Review)
		if r = stepReview(o, r, e, f); r != nil {
			next = r
		}
	case KindEvent:
		t, _ := s.State.(*TimelineEvent)
		if t = stepTimelineEvent(o, t, e, f); t != nil {
			next = t
		}
	case KindItem:
		i, _ := s.State.(*ActionItem)
		if i = stepItem(o, i, e, f); i != nil {
			next = i
		}
	case KindNudge:
		n, _ := s.State.(*Nudge)
		if n = stepNudge(o, n, e, f); n != nil {
			next = n
		}
	case KindPerson:
		p, _ := s.State.(*PersonState)
		if e.Kind == Told && e.Verb == "met" {
			p = p.meet(o, e)
		} else {
			p = stepPerson(o, p, e, f)
		}
		if p != nil {
			next = p
		}
	case KindWorkspace:
		w, _ := s.State.(*WorkspaceState)
		if w = stepWorkspace(o, w, e, f); w != nil {
			next = w
		}
	}
	s.State = next
	s.V = Version
	if next != nil {
		s.Addresses, s.At, s.Due = next.index(s.ID)
		slices.Sort(s.Addresses)
		s.Addresses = slices.Compact(s.Addresses)
	}
	return s, o.effects
}

// StepNeeds says what Step must know. What somebody may do who wants something done is asked of the platform every time:
// what is remembered may be an hour old.
func StepNeeds(s Subject, e Event, f Facts) Needs {
	n := needsOf(s, e, f)
	n.Powers = append(n.Powers, f.Settings.crewNeeds(f.Settings.reactors(e.Snapshot)...)...)
	switch {
	case e.Who == "":
	case e.Kind == Commanded, e.Kind == Clicked, e.Kind == Submitted, e.Kind == Said && e.Mention:
		n.Powers = append(n.Powers, e.Who)
	case KindOf(s.ID) == KindReview && (e.Kind == Said || e.Kind == Edited || e.Kind == Reacted):
		n.Powers = append(n.Powers, f.Settings.crewNeeds(e.Who)...)
	}
	return n
}

func needsOf(s Subject, e Event, f Facts) Needs {
	switch KindOf(s.ID) {
	case KindReview:
		r, _ := s.State.(*Review)
		return reviewNeeds(s.ID, r, e, f)
	case KindEvent:
		t, _ := s.State.(*TimelineEvent)
		return timelineEventNeeds(s.ID, t, e, f)
	case KindItem:
		i, _ := s.State.(*ActionItem)
		return itemNeeds(i, e)
	case KindNudge:
		n, _ := s.State.(*Nudge)
		return nudgeNeeds(s.ID, n, e)
	case KindPerson:
		return personNeeds(s.ID, e, f)
	case KindWorkspace:
		return workspaceNeeds(s.ID, e)
	}
	return Needs{}
}

// out collects the effects of one step.
type out struct {
	subject string
	event   Event
	effects []Effect
}

func (o *out) workspace() string { return WorkspaceOf(o.subject) }

func (o *out) add(ef Effect) {
	ef.ID = effectID(o.subject, o.event.Key, len(o.effects))
	o.effects = append(o.effects, ef)
}

// tell says something to another subject.
func (o *out) tell(subject, verb, value string, fields ...Field) {
	id := effectID(o.subject, o.event.Key, len(o.effects))
	o.add(Effect{
		Kind: Tell, To: "tell " + subject,
		Tell: &Event{
			Key: o.workspace() + "/tell/" + id, Kind: Told, At: o.event.At, Subject: subject,
			Where: Place{Workspace: o.workspace()}, Who: o.event.Who, Verb: verb, Value: value, Fields: fields,
		},
	})
}

// reply answers the person who acted, privately.
func (o *out) reply(view string, args ...string) {
	if o.event.Who == "" {
		return
	}
	o.add(Effect{
		Kind: Reply, To: "reply " + o.event.Who, Place: o.event.Where, Person: o.event.Who, Handle: o.event.Handle,
		View: view, Args: args,
	})
}

// say is a reply whose words need nothing that is stored.
func (o *out) say(text string) { o.reply("say", text) }

// react puts the bot's own emoji on a message or takes it off; the newest wish for it wins.
func (o *out) react(m MessageRef, emoji string, on bool) {
	o.add(Effect{
		Kind: React, To: "react " + m.Channel + "/" + m.ID, Slot: "react " + emoji + " " + m.Channel + "/" + m.ID,
		Message: m, Emoji: emoji, On: on,
	})
}

// fetch asks for the message as it is now.
func (o *out) fetch(m MessageRef, seen int) {
	o.add(Effect{
		Kind: Fetch, To: "fetch " + m.Channel + "/" + m.ID, Slot: "fetch " + m.Channel + "/" + m.ID,
		Message: m, Seen: seen,
	})
}

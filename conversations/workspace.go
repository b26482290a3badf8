package conversations

import (
	"slices"
	"strings"
	"time"
)

// WorkspaceState is one workspace: its settings, and until when the bot is known to have listened to it.
type WorkspaceState struct {
	Settings Settings  `json:"settings,omitzero"`
	Alive    time.Time `json:"alive,omitzero"`
	Asked    string    `json:"asked,omitempty"` // the admin who was asked for the preset
	Reading  []Reading `json:"reading,omitempty"`
	Joiner   string    `json:"joiner,omitempty"` // the admin who last said which channels the bot joins
}

const (
	aliveEvery   = time.Hour
	readBackOver = 24 * time.Hour     // an old message can be pinned during a gap
	readBackJoin = 7 * 24 * time.Hour // on joining a channel
)

// Kind implements State.
func (*WorkspaceState) Kind() Kind { return KindWorkspace }

func (w *WorkspaceState) index(id string) (addresses []string, at, due time.Time) {
	if !w.Alive.IsZero() {
		due = w.Alive.Add(aliveEvery)
	}
	return []string{id}, time.Time{}, due
}

// SettingsID is the subject that holds a workspace's settings, SettingsOf reads them off it.
func SettingsID(workspace string) string { return workspaceID(workspace) }

// SettingsOf returns the settings; the platform's defaults when the subject is none or does not exist.
func SettingsOf(s Subject) Settings {
	var settings Settings
	if w, ok := s.State.(*WorkspaceState); ok && w != nil {
		settings = w.Settings
	}
	settings.platform, _, _ = strings.Cut(s.ID, "/")
	return settings
}

// away is the verb of Away.
const away = "away"

// Away is the event by which a workspace is asked to read back: the bot was away from the platform and is back at the
// moment at. since is when it was last known to be there; zero: ask the workspace itself. The bot says it at its start,
// an adapter hands it in when it had no connection for a while.
func Away(workspace string, since, at time.Time) Addressed {
	e := Event{
		Key: workspace + "/away/" + at.UTC().Format(time.RFC3339Nano), Kind: Told, Verb: away, At: at,
		Where: Place{Workspace: workspace},
	}
	if !since.IsZero() {
		e.Value = since.UTC().Format(time.RFC3339Nano)
	}
	return Addressed{Subject: workspaceID(workspace), Event: e}
}

func workspaceNeeds(id string, e Event) Needs {
	ws := WorkspaceOf(id)
	switch e.Kind {
	case Told, Ticked:
		return Needs{
			Places: e.Kind == Told,
			Queries: []Query{
				{Address: openReviews(ws)},
				{Address: EventsOf(ws), From: e.At.Add(-unusedLife), Limit: historyCap},
			},
		}
	case Commanded, Said, Clicked, Submitted:
		return Needs{People: []string{e.Who}}
	}
	return Needs{}
}

func stepWorkspace(o *out, w *WorkspaceState, e Event, f Facts) *WorkspaceState {
	if w == nil {
		w = &WorkspaceState{}
	}
	switch {
	case e.Kind == Joined:
		w.readBack(o, e.Where.Root(), e.At.Add(-readBackJoin))
	case e.Kind == Named:
		w.join(o)
	case e.Kind == Refused && e.Slot == "join":
		w.notJoined(o, e)
	case e.Kind == ReadTo || e.Kind == Refused:
		if i := w.reading(e.Slot); i >= 0 && w.Reading[i].heard(o, e) {
			w.Reading = slices.Delete(w.Reading, i, i+1)
		}
	case e.Kind == Told && e.Verb == away:
		since := w.Alive
		if t, err := time.Parse(time.RFC3339Nano, e.Value); err == nil {
			since = t
		}
		from := since.Add(-readBackOver)
		if since.IsZero() {
			from = e.At.Add(-readBackJoin)
		}
		for _, p := range f.Places {
			if p.Workspace == o.workspace() {
				w.readBack(o, p, from)
			}
		}
		w.lookAround(o, f)
		w.join(o)
		w.Alive = later(w.Alive, e.At)
	case e.Kind == Ticked:
		w.lookAround(o, f)
		w.join(o) // the platform may not have said that one was made
		w.Alive = later(w.Alive.Add(time.Millisecond), f.Now)
	case e.Kind == Commanded || e.Kind == Said:
		w.command(o, e, f)
	case e.Kind == Clicked && e.Verb == "preset":
		w.set(o, e, f, "preset "+e.Value)
	case e.Kind == Submitted && e.Verb == "setting":
		w.set(o, e, f, e.Value+" "+orElse(strings.TrimSpace(e.Field("value")), "default"))
	}
	return w
}

// readBack asks for what was written in a place.
func (w *WorkspaceState) readBack(o *out, p Place, from time.Time) {
	slot := "readback " + strings.TrimPrefix(p.Address(), p.Workspace+"/")
	i := w.reading(slot)
	if i < 0 {
		i = len(w.Reading)
		w.Reading = append(w.Reading, Reading{Slot: slot, Place: p})
	}
	w.Reading[i].since(o, from)
}

func (w *WorkspaceState) reading(slot string) int {
	return slices.IndexFunc(w.Reading, func(r Reading) bool { return r.Slot == slot })
}

// join has the bot join what is there and matches. That it is in some already changes nothing.
func (w *WorkspaceState) join(o *out) {
	if len(w.Settings.Join) > 0 {
		o.add(Effect{Kind: Join, To: "join", Slot: "join", Args: w.Settings.Join})
	}
}

// notJoined tells whoever wanted it that the platform does not let the bot join.
func (w *WorkspaceState) notJoined(o *out, e Event) {
	if w.Joiner != "" && len(w.Settings.Join) > 0 {
		o.add(Effect{Kind: Private, To: "person " + w.Joiner, Slot: "not joined", Person: w.Joiner, View: "not joined", Args: []string{e.Reason}})
	}
}

// lookAround reads the threads of open reviews and every known pin once more.
func (w *WorkspaceState) lookAround(o *out, f Facts) {
	for _, s := range f.Subjects {
		switch state := s.State.(type) {
		case *Review:
			if state.Thread.Thread != "" {
				w.readBack(o, state.Thread, state.Started)
			}
		case *TimelineEvent:
			if state.Message.ID != "" && state.Deleted.IsZero() {
				o.tell(s.ID, "look", "")
			}
		}
	}
}

// command is `settings name value`, or `start`, which is the first use of a workspace.
func (w *WorkspaceState) command(o *out, e Event, f Facts) {
	switch typed, _ := ParseCommand(e.Text); typed.Name {
	case "settings":
		w.set(o, e, f, typed.Rest)
	case "start":
		w.askPreset(o, e, f)
	}
}

// set changes one setting, if an admin wants it and it can be.
func (w *WorkspaceState) set(o *out, e Event, f Facts, typed string) {
	if no := f.adminOnly(e.Who, "Only an admin of this workspace can change its settings."); no != "" {
		o.say(no)
		return
	}
	w.Settings.platform, _, _ = strings.Cut(o.subject, "/")
	changed, problem := w.Settings.change(typed)
	if problem != "" {
		o.say(problem)
		return
	}
	name, _ := cutWord(typed)
	name = strings.ToLower(name)
	o.audit("settings "+name, "was "+hashed(w.Settings), "is "+hashed(changed))
	w.Settings = changed
	o.reply("setting", name)
	if name == "join" {
		w.Joiner = e.Who
		w.join(o)
	}
	if name == "preset" && w.Asked != "" {
		w.showPreset(o) // the question is answered, by whatever way
	}
}

// askPreset asks once, whoever of the admins is the first to start a review. Until somebody answers, what is usual on the
// platform counts. Nobody else is asked: they could not answer.
func (w *WorkspaceState) askPreset(o *out, e Event, f Facts) {
	if w.Settings.Preset != "" || w.Asked != "" || !f.Person(e.Who).Admin {
		return
	}
	w.Asked = e.Who
	w.showPreset(o)
}

func (w *WorkspaceState) showPreset(o *out) {
	o.add(Effect{Kind: Private, To: "person " + w.Asked, Slot: "preset", Person: w.Asked, View: "preset"})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// BackreadAddresses are the addresses and ids under which the holders of a message are found.
func BackreadAddresses(snap Snapshot) []string {
	addresses := []string{snap.Message.Key(), workspaceID(snap.Message.Workspace)}
	if snap.Where.Thread != "" {
		addresses = append(addresses, snap.Where.Address())
	}
	return addresses
}

// Backread compares a message as the platform shows it with the subjects that hold it, and says what must come in: the
// message itself, under its own key, when nobody has stored it, or a Looked, when it differs. at is the time of the
// reading. holders are the subjects found under BackreadAddresses.
func Backread(snap Snapshot, holders []Subject, at time.Time) []Addressed {
	var settings Settings
	var in []Addressed
	look := Event{
		Key:  snap.Message.Workspace + "/look/" + snap.Message.Channel + "/" + snap.Message.ID + "/" + at.UTC().Format(time.RFC3339Nano),
		Kind: Looked, At: at, Where: snap.Where, Message: snap.Message, MessageAt: snap.At,
	}
	for _, s := range holders {
		if SettingsID(snap.Message.Workspace) == s.ID {
			settings = SettingsOf(s)
		}
	}
	known := false
	for _, s := range holders {
		switch state := s.State.(type) {
		case *TimelineEvent:
			known = true
			if state.differs(snap, settings) {
				in = append(in, Addressed{s.ID, look})
			}
		case *Review:
			if snap.Ours || snap.Who == "" || toNoReview(snap) {
				continue
			}
			if i := state.heardIndex(snap.Message.ID); i >= 0 {
				if state.Heard[i].differs(snap, state) {
					in = append(in, Addressed{s.ID, look})
				}
				continue
			}
			in = append(in, Addressed{s.ID, saidAgain(snap)})
		}
	}
	if !known && pinnedIn(snap, settings) && settings.countsIn(snap.Where) {
		e := saidAgain(snap)
		e.Text, e.Snapshot = "", &Snapshot{Message: snap.Message, Where: snap.Where, At: snap.At, Reactions: snap.Reactions}
		in = append(in, Addressed{EventID(snap.Message), e})
	}
	return in
}

// toNoReview reports whether a message in a review's thread is a command that is none of the review's business, such as
// `@debrief draft`: those that only read are never stored, so nobody knows them, and they are no answers.
func toNoReview(snap Snapshot) bool {
	typed, ok := ParseCommand(snap.Text)
	return snap.Mention && ok && (typed.AtOnce || typed.about != aboutReview)
}

// saidAgain is the event of a message, as the platform would have sent it.
func saidAgain(snap Snapshot) Event {
	return Event{
		Key: snap.Message.Key(), Kind: Said, At: snap.At, Where: snap.Where, Who: snap.Who, Author: snap.Author,
		Message: snap.Message, MessageAt: snap.At, ReplyTo: snap.ReplyTo, Text: snap.Text, Masked: snap.Masked,
		Mention: snap.Mention, Files: snap.Files,
	}
}

func pinnedIn(snap Snapshot, settings Settings) bool {
	return slices.ContainsFunc(snap.Reactions, func(r Reaction) bool { return settings.isPin(r.Emoji) && len(r.Who) > 0 })
}

// differs reports whether the message shows other words or other pins than are stored, or can be read again.
func (t *TimelineEvent) differs(snap Snapshot, settings Settings) bool {
	if !t.Deleted.IsZero() {
		return false
	}
	if t.Unreadable {
		return true
	}
	if t.Pinned() && t.Hand == "" && (t.Text != cutRunes(snap.Text, textRunes) || !slices.Equal(t.Files, snap.Files)) {
		return true
	}
	shown, marks := 0, 0
	for _, r := range snap.Reactions {
		if settings.marks(r.Emoji) != "" {
			marks += len(r.Who)
		}
		if !settings.isPin(r.Emoji) {
			continue
		}
		for _, who := range r.Who {
			shown++
			if !slices.ContainsFunc(t.Pins, func(p Pin) bool { return p.On && p.Who == who && p.Emoji == r.Emoji }) {
				return true
			}
		}
	}
	on := 0
	for _, p := range t.Pins {
		if p.On {
			on++
		}
	}
	for _, m := range t.Marked {
		marks -= len(m.Who)
	}
	return on != shown || (t.Pinned() && marks != 0)
}

// differs reports whether the reply shows other words or other marks than are stored.
func (h Heard) differs(snap Snapshot, r *Review) bool {
	if h.Deleted {
		return false
	}
	if snap.EditedAt.After(h.EditedAt) {
		return true
	}
	for _, emoji := range []string{markTake, markLeave} {
		var who []string
		for _, reaction := range snap.Reactions {
			if reaction.Emoji == emoji {
				who = reaction.Who
			}
		}
		on := 0
		for _, m := range r.Marks {
			if m.Message == h.ID && m.Emoji == emoji && m.On {
				on++
				if !slices.Contains(who, m.Who) {
					return true
				}
			}
		}
		if on != len(who) {
			return true
		}
	}
	return false
}

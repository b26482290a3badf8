package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/transcript"
)

// tellWithin is how long the making of a transcript may take.
const tellWithin = 2 * time.Minute

// transcript gives what was done here as a file that plays back equal.
func (s *Server) transcript(w http.ResponseWriter, r *http.Request) {
	if s.o.Stage == nil || s.chat.journal == nil {
		http.NotFound(w, r)
		return
	}
	if !s.telling.TryLock() {
		http.Error(w, "A transcript is being made already.", http.StatusTooManyRequests)
		return
	}
	defer s.telling.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), tellWithin)
	defer cancel()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(tellWithin + writeWithin)) // else the server's own counts
	text, err := s.Transcript(ctx)
	if err != nil {
		s.log.Error("no transcript could be made", "platform", "local", "err", err)
		http.Error(w, "What was done here could not be written down: it does not play back. Nothing is lost; the log says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="debrief.txtar"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(text))
}

// Transcript writes down what people did in the chat, and has it played on a stage for what the bot says to it. The
// result plays back equal. Where the chat as it was differs from what came out, it says so.
func (s *Server) Transcript(ctx context.Context) (string, error) {
	told, err := s.tell(ctx)
	if err != nil {
		return "", err
	}
	played, picture, err := s.play(ctx, told)
	var over *transcript.BudgetError
	if errors.As(err, &over) { // it plays, and says what is over
		head, rest, _ := strings.Cut(played, "\n-- ")
		for _, what := range []string{"channel", "thread", "private"} {
			head += "\nbudget " + what + " 999: because this was tried out by hand"
		}
		played, err = head+"\n-- "+rest, nil
	}
	if err != nil {
		return "", err
	}
	if minutes(picture) != minutes(s.chat.Picture()) {
		head, rest, found := strings.Cut(played, "\n-- ")
		note := "\n\n# Played again, something came out differently from what was seen in the browser."
		if found {
			note += "\n\n-- " + rest
		}
		played = head + note
	}
	return played, nil
}

// minutes is a picture with times to the minute, as transcripts have them.
func minutes(picture string) string { return toTheMinute().ReplaceAllString(picture, "$1") }

var toTheMinute = lazily(`(\d{4}-\d\d-\d\d \d\d:\d\d):\d\d\.\d{3}`)

func (s *Server) play(ctx context.Context, told string) (played, picture string, err error) {
	t, err := transcript.Parse("debrief.txtar", []byte(told))
	if err != nil {
		return "", "", err
	}
	stage, end, err := s.o.Stage(ctx)
	if err != nil {
		return "", "", fmt.Errorf("make a stage: %w", err)
	}
	defer end()
	out, err := transcript.Retell(ctx, t, stage)
	if out == nil {
		return "", "", err
	}
	return out.String(), stage.Chat().Picture(), err
}

// tell writes down what people did.
func (s *Server) tell(ctx context.Context) (string, error) {
	deeds, err := s.chat.deeds(ctx)
	if err != nil {
		return "", fmt.Errorf("read the journal: %w", err)
	}
	t := newTeller(s.chat, s.o.Zone, deeds)
	t.head()
	for _, d := range deeds {
		t.deed(d)
	}
	return t.b.String(), nil
}

// teller writes a transcript.
type teller struct {
	b     strings.Builder
	chat  *Chat
	zone  *time.Location
	deeds []deed
	names map[string]string // of messages, by id
	now   time.Time
	here  string
}

// newTeller names every message that somebody does something with: people's m1, m2, and so on; the bot's as whoever runs
// the transcript will.
func newTeller(c *Chat, zone *time.Location, deeds []deed) *teller {
	t := &teller{chat: c, zone: zone, deeds: deeds, names: map[string]string{}}
	needed := map[string]bool{}
	mine := map[string]bool{}
	for _, d := range deeds {
		needed[d.Thread], needed[d.ReplyTo] = true, true
		if d.Verb == transcript.Say || d.Verb == transcript.Program {
			mine[d.Message] = true
		} else {
			needed[d.Message] = true
		}
	}
	count, slots := 0, map[string]int{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.s.Messages {
		switch {
		case mine[m.ID] && needed[m.ID]:
			count++
			t.names[m.ID] = "m" + strconv.Itoa(count)
		case m.ours() && m.Only == "":
			slot := strings.Join(strings.Fields(strings.ReplaceAll(m.Slot, "/", " ")), "-")
			if slot == "" {
				slot = "post"
			}
			if slots[slot]++; slots[slot] > 1 {
				slot += "." + strconv.Itoa(slots[slot])
			}
			t.names[m.ID] = slot
		}
	}
	t.now = c.now()
	if len(deeds) > 0 {
		t.now = deeds[0].At
	}
	t.now = t.now.In(zone).Truncate(time.Minute)
	return t
}

func (t *teller) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

func (t *teller) head() {
	c := t.chat
	c.mu.Lock()
	defer c.mu.Unlock()
	t.line("# What was done in the chat in the browser.")
	t.line("now %s %s", t.now.Format("2006-01-02 15:04"), t.zone)
	for _, p := range c.s.People {
		var notes []string
		if p.Admin {
			notes = append(notes, "admin")
		}
		if p.Outsider {
			notes = append(notes, "outsider")
		}
		if p.Bot {
			notes = append(notes, "bot")
		}
		if !p.Active && !t.did(transcript.Deactivate, p.ID, "") {
			notes = append(notes, "inactive")
		}
		for _, r := range p.Roles {
			notes = append(notes, "role "+r)
		}
		entry := p.ID
		if len(notes) > 0 {
			entry += " (" + strings.Join(notes, ", ") + ")"
		}
		if p.Zone != "" && p.Zone != t.zone.String() {
			entry += " " + p.Zone
		}
		t.line("people %s", entry)
	}
	for _, ch := range c.s.Channels {
		var notes []string
		switch {
		case ch.Private:
			notes = append(notes, "private: "+strings.Join(t.members(ch), " "))
		case t.began(ch.Archived, ch.Name, transcript.Archive, transcript.Unarchive):
			notes = append(notes, "archived")
		}
		if t.began(ch.WithoutBot, ch.Name, transcript.Remove, transcript.Invite) {
			notes = append(notes, "without bot")
		}
		entry := "#" + ch.Name
		if len(notes) > 0 {
			entry += " (" + strings.Join(notes, ", ") + ")"
		}
		t.line("channels %s", entry)
	}
}

// began reports whether something held of a channel before anybody did what makes it so, or ends it.
func (t *teller) began(now bool, channel string, makes, ends transcript.Verb) bool {
	for _, d := range t.deeds {
		if d.Channel == channel && (d.Verb == makes || d.Verb == ends) {
			return d.Verb == ends
		}
	}
	return now
}

// members are those of a channel before anybody joined or left it.
func (t *teller) members(ch *Channel) []string {
	first := map[string]transcript.Verb{}
	for _, d := range t.deeds {
		if d.Channel == ch.Name && first[d.Who] == "" && (d.Verb == transcript.Join || d.Verb == transcript.Leave) {
			first[d.Who] = d.Verb
		}
	}
	var in []string
	for _, p := range t.chat.s.People {
		if was := first[p.ID]; was == transcript.Leave || (was == "" && slices.Contains(ch.Members, p.ID)) {
			in = append(in, p.ID)
		}
	}
	return in
}

func (t *teller) did(v transcript.Verb, who, channel string) bool {
	return slices.ContainsFunc(t.deeds, func(d deed) bool { return d.Verb == v && d.Who == who && d.Channel == channel })
}

func (t *teller) deed(d deed) {
	if !d.Wound.IsZero() {
		to := d.Wound.In(t.zone).Truncate(time.Minute)
		if to.After(t.now) {
			t.line("-- (%s) --", to.Format("2006-01-02 15:04"))
			t.now = to
		}
		return
	}
	if place := t.place(d); place != t.here && place != "" {
		t.line("-- %s --", place)
		t.here = place
	} else {
		t.line("      bot") // everything settles, and what it says replaces this
	}
	at := t.when(d.At)
	switch on := t.names[d.Message]; d.Verb {
	case transcript.Say:
		t.said(at+d.Who+":", t.extras(d), d.Text)
	case transcript.Program:
		t.said(at+d.Who+" (app):", t.extras(d), d.Text)
	case transcript.Edit:
		t.said(at+d.Who+" edits "+on+":", "", d.Text)
	case transcript.Delete:
		t.line("%s%s deletes %s", at, d.Who, on)
	case transcript.React:
		t.line("%s%s +%s %s", at, d.Who, d.Emoji, on)
	case transcript.Unreact:
		t.line("%s%s -%s %s", at, d.Who, d.Emoji, on)
	case transcript.Command:
		first, rest, _ := strings.Cut(d.Text, "\n")
		t.line("%s%s> /postmortem %s", at, d.Who, first)
		t.goesOn(rest)
	case transcript.Click:
		label := pressedAs(d)
		target := ""
		if _, direct := isDirect(d.Channel); on != "" && !direct { // there the newest with this button is meant
			target = " on " + on
		}
		t.line("%s%s> [%s]%s", at, d.Who, label, target)
	case transcript.Submit:
		var fields []string
		for _, f := range d.Fields {
			fields = append(fields, f.Name+": "+strconv.Quote(f.Value))
		}
		t.line("%s%s> {%s}", at, d.Who, strings.Join(fields, "; "))
	case transcript.Join:
		t.line("%s%s joins", at, d.Who)
	case transcript.Leave:
		t.line("%s%s leaves", at, d.Who)
	case transcript.Deactivate:
		t.line("%s%s is deactivated", at, d.Who)
	case transcript.Archive, transcript.Unarchive, transcript.Invite, transcript.Remove:
		if d.Who == BotID {
			return // it joined by itself, and will again
		}
		does := map[transcript.Verb]string{
			transcript.Archive: "archives", transcript.Unarchive: "unarchives", transcript.Invite: "invites bot", transcript.Remove: "removes bot",
		}
		t.line("%s%s %s", at, t.anybody(), does[d.Verb])
	}
}

// pressedAs is what stands in the brackets of a click.
func pressedAs(d deed) string {
	label := d.Label
	if d.Nth > 1 || counted().MatchString(label) {
		label += fmt.Sprintf(" (%d)", max(d.Nth, 1))
	}
	switch {
	case d.Choice == "":
		return label
	case strings.ContainsAny(d.Choice, "[]\"\n") || strings.TrimSpace(d.Choice) != d.Choice:
		return label + " ▾ " + strconv.Quote(d.Choice)
	}
	return label + " ▾ " + d.Choice
}

// anybody is somebody, for what is nobody's in particular.
func (t *teller) anybody() string {
	t.chat.mu.Lock()
	defer t.chat.mu.Unlock()
	return t.chat.s.People[0].ID
}

// place is the section of a deed.
func (t *teller) place(d deed) string {
	switch {
	case d.Channel == "":
		return t.here
	case strings.HasPrefix(d.Channel, "@"):
		return d.Channel
	case d.Thread != "":
		return "#" + d.Channel + "/" + t.names[d.Thread]
	}
	return "#" + d.Channel
}

// when is the time before a line.
func (t *teller) when(at time.Time) string {
	at = at.In(t.zone).Truncate(time.Minute)
	if at.Before(t.now) {
		at = t.now
	}
	sameDay := at.Format(time.DateOnly) == t.now.Format(time.DateOnly)
	t.now = at
	if sameDay {
		return at.Format("15:04 ")
	}
	return at.Format("2006-01-02 15:04 ")
}

// extras is what goes with a message.
func (t *teller) extras(d deed) string {
	text := ""
	for _, f := range d.Files {
		text += "  +file " + f
	}
	if name := t.names[d.ReplyTo]; name != "" {
		text += "  ^" + name
	}
	if name := t.names[d.Message]; name != "" {
		text += "   =" + name
	}
	return text
}

// plainText is what can stand behind a name without being mistaken for something else.
var (
	plainText = lazily(`^[\pL\pN@/*"'“(\[][^\n]*$`)
	odd       = lazily(`^(edits|deletes|joins|leaves|invites|removes|archives|unarchives|is)\b|\(app\)|\s\s`)
	ending    = lazily(`(^|\n|\s\s)(=|\+file |\^)\S+$`)
	counted   = lazily(` \([1-9]\)$`)
)

// said writes a text behind what introduces it, where need be on lines of its own.
func (t *teller) said(head, extras, text string) {
	if plainText().MatchString(text) && !odd().MatchString(text) {
		t.line("%s %s%s", head, text, extras)
		return
	}
	t.line("%s%s", head, extras)
	t.goesOn(text)
	if ending().MatchString(text) { // what looks like a name or a file on the last line of a text is one
		t.line(`  \`)
	}
}

// goesOn writes the lines with which a text goes on. The backslash keeps them from being read as anything else.
func (t *teller) goesOn(text string) {
	if text == "" {
		return
	}
	for _, l := range strings.Split(text, "\n") {
		if l == "" {
			t.line("  .")
			continue
		}
		t.line(`  \%s`, l)
	}
}

package conversations

import (
	"regexp"
	"slices"
)

// A review takes its timeline from the channel it is started in and from those that are named: `start #ops #db Checkout`.
// What was pinned in them is shown where the review is held, so nothing may be taken from a channel that somebody who
// sees the review could not see: a private channel is a source of reviews that are held in it, and of no others. Who can
// see what is asked of the platform when somebody says start, when the pins are offered and when the review opens.

// sourceWord is a channel as it is named after `start`; `#1 priority` begins a title.
var sourceWord = regexp.MustCompile(`^(?:<#([^>|\s]+)(?:\|[^>]*)?>|#([\pL\pN_-]*\pL[\pL\pN_-]*))$`)

// channelRef is a channel that is named in the middle of a text.
var channelRef = regexp.MustCompile(`<#(?:[^>|\s]+\|)?([^>|\s]+)>`)

// sourceNamed reads a channel.
func sourceNamed(word string) (channel string, ok bool) {
	m := sourceWord.FindStringSubmatch(word)
	if m == nil {
		return "", false
	}
	return m[1] + m[2], true
}

// addSource notes another channel that was named.
func (r *Review) addSource(channel string) {
	if channel != r.Home.Channel && !slices.Contains(r.Also, channel) && len(r.Also) < mostOf {
		r.Also = append(r.Also, channel)
	}
}

// sourceSees asks what sourceRefused must know: whether everybody can see the channels, and whether who names them can.
func sourceSees(workspace, who string, channels []string) []Sees {
	var ask []Sees
	for _, c := range channels {
		p := Place{Workspace: workspace, Channel: c}
		ask = append(ask, Sees{Who: who, Where: p}, Sees{Where: p})
	}
	return ask
}

// Why a channel cannot be a source.
const (
	sourceHidden  = "hidden"  // whoever names it cannot see it, or it does not exist: the answer is the same
	sourceUnsure  = "unsure"  // the platform cannot say it just now
	sourcePrivate = "private" // more people may see the review than can see it
)

// sourceRefused says why a channel cannot be a source of a review that is held elsewhere; empty: it can.
func (f Facts) sourceRefused(workspace, who, channel string) string {
	p := Place{Workspace: workspace, Channel: channel}
	switch {
	case f.Unsure[Sees{Who: who, Where: p}] || f.Unsure[Sees{Where: p}]:
		return sourceUnsure
	case !f.Sees[Sees{Who: who, Where: p}]:
		return sourceHidden
	case !f.Sees[Sees{Where: p}]:
		return sourcePrivate
	}
	return ""
}

// startSources are the channels named in what was typed after `start`, but for the one where it was typed.
func startSources(e Event, typed Typed) []string {
	r := &Review{Home: e.Where.Root()}
	r.readStart(typed.Rest)
	return r.Also
}

// checkSources refuses a start that names a channel which cannot be a source.
func checkSources(e Event, typed Typed, f Facts) (Answer, bool) {
	for _, channel := range startSources(e, typed) {
		why := f.sourceRefused(e.Where.Workspace, e.Who, channel)
		if why == "" {
			continue
		}
		p := &page{facts: f, zone: f.Zone}
		sourceWords(p, e.Where.Channel, channel, why)
		p.words(" Nothing was started.")
		return Answer{Private: p.body}, false
	}
	return Answer{}, true
}

func sourceWords(p *page, home, channel, why string) {
	switch why {
	case sourceUnsure:
		p.words("I cannot find out just now who can see ").channel(channel).words(". Please try again in a minute, or leave it out.")
		return
	case sourceHidden:
		p.words("I know no channel ").channel(channel).words(" that you can see. Choose it from the list that opens when you type `#`.")
		return
	}
	p.channel(channel).words(" is private, and people who cannot see it could read in ").channel(home).
		words(" what was pinned there. Start the review in ").channel(channel).words(" instead, or leave it out.")
}

// withSources adds the channels that were named to the sources, with the window of the first; those that cannot be one by
// now are left out, and whoever acts hears of it.
func (r *Review) withSources(o *out, f Facts) {
	var left []string
	for _, channel := range r.Also {
		if why := f.sourceRefused(r.Home.Workspace, r.Facilitator, channel); why != "" {
			left = append(left, channel, why)
			continue
		}
		s := r.Sources[0]
		s.Channel = channel
		r.Sources = append(r.Sources, s)
	}
	if len(left) > 0 {
		o.reply("left out", left...)
	}
}

// renderLeftOut says which channels are no sources after all.
func (r *Review) renderLeftOut(p *page, args []string) {
	for i := 0; i+1 < len(args); i += 2 {
		if i > 0 {
			p.words("\n")
		}
		sourceWords(p, r.Home.Channel, args[i], args[i+1])
	}
}

// openTo are the subjects without the events of channels that cannot be sources.
func (r *Review) openTo(f Facts) []Subject {
	return slices.DeleteFunc(slices.Clone(f.Subjects), func(s Subject) bool {
		t, ok := s.State.(*TimelineEvent)
		return ok && t.Where.Channel != r.Home.Channel && f.sourceRefused(r.Home.Workspace, r.Facilitator, t.Where.Channel) != ""
	})
}

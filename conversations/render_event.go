package conversations

import "strconv"

func (t *TimelineEvent) render(p *page, ef Effect) {
	p.zone = p.facts.Person(ef.Person).Location(p.facts.Zone)
	name := number("E", t.Number)
	switch ef.View {
	case "event":
	default:
		return
	}
	shown := t.Shown()
	switch ef.Args[0] {
	case "kept":
		if n, _ := strconv.Atoi(ef.Args[1]); n > 1 {
			p.wordsf("Kept %d events. The first is **%s** ", n, name)
		} else {
			p.words("Kept as **" + name + "** ")
		}
	case "changed":
		p.words("**" + name + "** is now ")
	case "shown":
		p.words("Shown again: **" + name + "** ")
	}
	p.moment(shown.Time)
	if p.zone.String() != "UTC" {
		p.words(" (" + shown.Time.UTC().Format("15:04") + " UTC)")
	}
	p.words(" ").quote(shorten(firstLine(shown.Text), 300))
}

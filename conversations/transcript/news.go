package transcript

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Lines of the bot stand six spaces in, what continues them two more.
const (
	margin = "      "
	deeper = margin + "  "
)

// news is what the bot did since the last look, in the one order: private answers, reactions, edits, posts, private
// messages. Each entry is a line with those that continue it.
func (r *run) news(now Scene) []string {
	var lines []string
	lines = append(lines, r.answers(now)...)
	fresh := r.nameNew(now)
	lines = append(lines, r.marks(now)...)
	lines = append(lines, r.edits(now)...)
	for _, m := range fresh {
		lines = append(lines, unit(r.line(m, r.labels[m.ID])))
	}
	return lines
}

// unit is a line with those that continue it, as it stands in the file.
func unit(text string) string {
	var b strings.Builder
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimRight(l, " \t\r")
		switch {
		case i == 0:
			b.WriteString(margin + l)
		case l == "" || l == ".":
			b.WriteString(deeper + "." + l)
		default:
			b.WriteString(deeper + l)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// named puts a message's name at the end of its first line.
func named(text, name string) string {
	first, rest, more := strings.Cut(text, "\n")
	first = strings.TrimRight(first, " \t") + "   =" + name
	if more {
		return first + "\n" + rest
	}
	return first
}

func (r *run) answers(now Scene) []string {
	var fresh []Answer
	if len(now.Answers) > len(r.last.Answers) {
		fresh = slices.Clone(now.Answers[len(r.last.Answers):])
	}
	slices.SortStableFunc(fresh, func(a, b Answer) int { return r.order(a.To) - r.order(b.To) })
	var lines []string
	for _, a := range fresh {
		by := "bot"
		if a.ByChat {
			by = "chat"
		}
		if a.Form {
			lines = append(lines, unit(by+" asks "+a.To+": "+a.Text))
			continue
		}
		lines = append(lines, unit(by+" -> "+a.To+" in "+r.placeName(a.Channel, a.Thread)+": "+a.Text))
	}
	return lines
}

// order is where somebody stands among the people.
func (r *run) order(person string) int {
	return slices.IndexFunc(r.t.Setting.People, func(p Person) bool { return p.Name == person })
}

// nameNew names the messages that are new and returns them in the order in which they are written down.
func (r *run) nameNew(now Scene) []Message {
	var roots, replies []Message
	for _, m := range now.Messages {
		if _, known := r.ranks[m.ID]; known {
			continue
		}
		if m.Thread == "" {
			roots = append(roots, m)
		} else {
			replies = append(replies, m)
		}
	}
	r.name(roots) // first, because threads are called after them
	r.name(replies)
	fresh := append(roots, replies...)
	slices.SortFunc(fresh, func(a, b Message) int { return cmp.Or(r.byPlace(a, b), r.ranks[a.ID]-r.ranks[b.ID]) })
	return fresh
}

func (r *run) byPlace(a, b Message) int {
	return cmp.Or(r.distance(a)-r.distance(b), strings.Compare(r.placeName(a.Channel, a.Thread), r.placeName(b.Channel, b.Thread)))
}

func (r *run) name(fresh []Message) {
	slices.SortStableFunc(fresh, r.byPlace)
	if r.same != nil {
		r.nameAsExpected(fresh)
	}
	for _, m := range fresh {
		if r.labels[m.ID] == "" {
			r.call(m, r.freeName(slotName(m)))
		}
	}
}

func (r *run) call(m Message, name string) {
	r.ids[name], r.labels[m.ID], r.ranks[m.ID] = m.ID, name, len(r.ranks)
}

// slotName is what a message is called when it is the first of its kind.
func slotName(m Message) string {
	return cmp.Or(strings.Join(strings.Fields(strings.ReplaceAll(m.Slot, "/", " ")), "-"), "post")
}

// freeName is the name, or the first of name.2, name.3 … that nothing is called yet.
func (r *run) freeName(name string) string {
	unique := name
	for n := 2; r.ids[unique] != "" || r.given[unique]; n++ {
		unique = fmt.Sprintf("%s.%d", name, n)
	}
	return unique
}

var givenName = lazily(`(?m)\A.*   =(\S+)$`)

// nameAsExpected gives messages the names that those have in the file which say the same but for numbers.
func (r *run) nameAsExpected(fresh []Message) {
	for _, want := range r.expected() {
		g := givenName().FindStringSubmatch(want)
		if g == nil || r.ids[g[1]] != "" {
			continue
		}
		for _, m := range fresh {
			if r.labels[m.ID] == "" && r.same.pair(want, unit(r.line(m, g[1]))) {
				r.call(m, g[1])
				break
			}
		}
	}
}

// line is a new message with its name, as it is written down.
func (r *run) line(m Message, name string) string {
	return "bot" + r.toward(m) + ": " + named(m.Text, name)
}

// distance sorts messages: those of the section's place, those of others, then private ones by person.
func (r *run) distance(m Message) int {
	switch {
	case strings.HasPrefix(m.Channel, "@"):
		return 2 + r.order(m.Channel[1:])
	case r.isHere(m.Channel, m.Thread, m.ID):
		return 0
	}
	return 1
}

// toward says where a message is, when that is not the section's place.
func (r *run) toward(m Message) string {
	switch {
	case strings.HasPrefix(m.Channel, "@"):
		return " -> " + m.Channel[1:]
	case r.isHere(m.Channel, m.Thread, m.ID):
		return ""
	}
	return " in " + r.placeName(m.Channel, m.Thread)
}

func (r *run) placeName(channel, thread string) string {
	if strings.HasPrefix(channel, "@") {
		return channel
	}
	if thread == "" {
		return "#" + channel
	}
	return "#" + channel + "/" + cmp.Or(r.labels[thread], thread)
}

func (r *run) marks(now Scene) []string {
	var changed []Mark
	sign := map[Mark]string{}
	for _, m := range now.Marks {
		if !slices.Contains(r.last.Marks, m) {
			changed, sign[m] = append(changed, m), "+"
		}
	}
	for _, m := range r.last.Marks {
		if !slices.Contains(now.Marks, m) && !r.gone[m.Message] {
			changed, sign[m] = append(changed, m), "-"
		}
	}
	slices.SortFunc(changed, func(a, b Mark) int {
		return cmp.Or(r.ranks[a.Message]-r.ranks[b.Message], strings.Compare(sign[a]+a.Emoji, sign[b]+b.Emoji))
	})
	var lines []string
	for _, m := range changed {
		lines = append(lines, unit("bot "+sign[m]+m.Emoji+" "+cmp.Or(r.labels[m.Message], m.Message)))
	}
	return lines
}

// edits shows what differs in the messages that were there before, and which of them are gone.
func (r *run) edits(now Scene) []string {
	was := map[string]Message{}
	for _, m := range r.last.Messages {
		was[m.ID] = m
	}
	changed := slices.Clone(now.Messages)
	slices.SortStableFunc(changed, func(a, b Message) int { return r.ranks[a.ID] - r.ranks[b.ID] })
	var lines []string
	for _, m := range changed {
		old, known := was[m.ID]
		delete(was, m.ID)
		if diff := changes(old.Text, m.Text); known && diff != "" {
			lines = append(lines, unit("bot edits "+r.labels[m.ID]+r.toward(m)+":\n"+diff))
		}
	}
	for _, m := range r.last.Messages {
		if _, gone := was[m.ID]; gone {
			lines = append(lines, unit("bot deletes "+r.labels[m.ID]))
		}
	}
	return lines
}

// changes are the lines that differ, "- " before those that went and "+ " before those that came.
func changes(old, now string) string {
	var lines []string
	for _, d := range diff(trimmedLines(old), trimmedLines(now)) {
		if d.sign != ' ' {
			lines = append(lines, string(d.sign)+" "+d.text)
		}
	}
	return strings.Join(lines, "\n")
}

func trimmedLines(s string) []string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return lines
}

package transcript

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Play runs a transcript and prints it as it happens, for people to read: no line is longer than width characters, and
// every line has its time. Of an edit it shows what is new, of a long menu the first choices. The error is that of Run, or
// of writing.
func Play(ctx context.Context, t *Transcript, stage Stage, w io.Writer, width int) error {
	r := newRun(t, stage)
	p := &player{w: w, width: max(width, 40), zone: t.Setting.Zone}
	r.show = p.show
	if t.Title != "" {
		p.wrap("", "", t.Title)
	}
	if _, err := r.all(ctx); err != nil {
		return err
	}
	return p.err
}

// player prints what is played.
type player struct {
	w     io.Writer
	width int
	zone  *time.Location
	day   string
	err   error
}

func (p *player) show(n node, now time.Time) {
	switch n.kind {
	case plain:
		return
	case place:
		p.print("\n" + n.name + "\n")
	case passes:
		p.print("\n" + n.name + "\n")
	case report:
		head, text, _ := strings.Cut(n.text, "\n")
		p.print("\n" + head + "\n\n")
		for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			p.wrap("", "", strings.TrimPrefix(l, `\`+"-- "))
		}
	case bot:
		for _, l := range seen(strings.Split(strings.TrimSuffix(n.text, "\n"), "\n")) {
			p.wrap(l[:indent(l)], strings.Repeat(" ", indent(l)+2), l[indent(l):])
		}
	case act:
		p.act(n, now)
	}
}

// seen is what people see of what the bot does: of its edits what is new, or, where nothing is, what went; of its menus
// the first choices.
func seen(lines []string) []string {
	var all []string
	for i := 0; i < len(lines); i++ {
		all = append(all, closedMenus(lines[i]))
		if !strings.HasPrefix(lines[i], margin+"bot edits ") || !strings.HasSuffix(lines[i], ":") {
			continue
		}
		var came, went []string
		for ; i+1 < len(lines) && strings.HasPrefix(lines[i+1], deeper); i++ {
			line := strings.TrimPrefix(lines[i+1], deeper)
			if fresh, ok := strings.CutPrefix(line, "+ "); ok {
				came = append(came, deeper+closedMenus(fresh))
			} else {
				went = append(went, deeper+closedMenus(line))
			}
		}
		if len(came) == 0 {
			came = went
		}
		all = append(all, came...)
	}
	return all
}

// menuShown is how much of a menu is shown before anybody opens it.
const menuShown = 44

var menu = lazily(`\[[^\[\]▾]+ ▾ [^\]]*\]`)

func closedMenus(line string) string {
	return menu().ReplaceAllStringFunc(line, func(m string) string {
		for utf8.RuneCountInString(m) > menuShown {
			i := strings.LastIndex(strings.TrimSuffix(m, " | …]"), " | ")
			if i < 0 {
				break
			}
			m = m[:i] + " | …]"
		}
		return m
	})
}

// act prints a line of somebody's with the time that it really has.
func (p *player) act(n node, now time.Time) {
	now = now.In(p.zone)
	if day := now.Format("Monday 2 January 2006"); day != p.day {
		p.day = day
		p.print("\n" + day + "\n")
	}
	lines := strings.Split(strings.TrimSuffix(n.text, "\n"), "\n")
	head := strings.TrimSpace(lines[0])
	head = strings.TrimPrefix(head, "& ")
	if m := timed().FindString(head); m != "" {
		head = head[len(m):]
	}
	p.wrap(now.Format("15:04")+" ", margin, head)
	for _, l := range lines[1:] {
		p.wrap(deeper, deeper, strings.TrimSpace(l))
	}
}

// wrap prints a text in lines that fit, broken at spaces where it has any.
func (p *player) wrap(first, next, text string) {
	prefix := first
	for {
		room := p.width - utf8.RuneCountInString(prefix)
		if utf8.RuneCountInString(text) <= room {
			p.print(strings.TrimRight(prefix+text, " ") + "\n")
			return
		}
		cut := breakAt(text, max(room, 10))
		p.print(strings.TrimRight(prefix+text[:cut], " ") + "\n")
		text = strings.TrimLeft(text[cut:], " ")
		prefix = next
	}
}

// breakAt is where a text of more than n characters is best broken, as a byte index greater than zero.
func breakAt(text string, n int) int {
	space, count := 0, 0
	for i, r := range text {
		if count == n {
			if space > 0 {
				return space
			}
			return i
		}
		if r == ' ' && i > 0 {
			space = i
		}
		count++
	}
	return len(text)
}

func (p *player) print(s string) {
	if p.err == nil {
		_, p.err = fmt.Fprint(p.w, s)
	}
}

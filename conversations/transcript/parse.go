package transcript

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Error is what is wrong with a transcript, and where.
type Error struct {
	File string
	Line int
	Msg  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg) }

// line is what somebody does, as it was written.
type line struct {
	verb   verb
	who    string
	date   string // "2026-03-02"; empty: not said
	clock  string // "14:02"; empty: not said
	with   bool   // & : at the same moment as the one before
	text   string
	name   string // the name given to the message
	files  []string
	reply  string // name of the message it answers
	target string // name of the message it is about
	emoji  string
	label  string // of the button or menu
	nth    int    // among those of that label on the message, from 1; 0: the first
	choice string
	fields []Field
}

// Field is one value of a form.
type Field struct{ Name, Value string }

type verb string

const (
	says        verb = "says"
	programSays verb = "program says"
	reacts      verb = "reacts"
	unreacts    verb = "unreacts"
	edits       verb = "edits"
	deletes     verb = "deletes"
	commands    verb = "commands"
	clicks      verb = "clicks"
	submits     verb = "submits"
	joins       verb = "joins"
	leaves      verb = "leaves"
	invites     verb = "invites"
	removes     verb = "removes"
	archives    verb = "archives"
	unarchives  verb = "unarchives"
	deactivated verb = "is deactivated"
	restarts    verb = "restart"
	storeAway   verb = "store away"
	storeBack   verb = "store back"
)

// Parse reads a transcript. file is its name, for errors only.
func Parse(file string, data []byte) (*Transcript, error) {
	p := &parser{file: file, t: &Transcript{File: file, Budget: map[string]Exception{}}, names: map[string]int{}}
	text := string(data)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	p.lines = strings.SplitAfter(text, "\n")
	p.lines = p.lines[:len(p.lines)-1]
	if err := p.parse(); err != nil {
		return nil, err
	}
	return p.t, nil
}

type parser struct {
	file  string
	t     *Transcript
	lines []string
	at    int            // index of the line being read
	names map[string]int // of messages, and where they were given

	titled bool // the comment that the file begins with goes on
}

func (p *parser) fail(format string, args ...any) error {
	return &Error{File: p.file, Line: p.at + 1, Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) parse() error {
	for p.at < len(p.lines) && section(p.lines[p.at]) == "" {
		head := strings.TrimSpace(p.lines[p.at])
		if err := p.headLine(head); err != nil {
			return err
		}
		p.titled = p.titled && strings.HasPrefix(head, "#")
		p.take(plain, 1)
	}
	s := p.t.Setting
	if s.Zone == nil {
		return p.fail("the part before the first section must have a line like: now 2026-03-02 14:00 Europe/Berlin")
	}
	if len(s.People) == 0 {
		return p.fail("the part before the first section must have a line like: people ana, bo America/New_York")
	}
	if err := p.checkMembers(); err != nil {
		return err
	}
	for p.at < len(p.lines) {
		if err := p.section(section(p.lines[p.at])); err != nil {
			return err
		}
	}
	return nil
}

// take makes a node of the next n lines.
func (p *parser) take(k nodeKind, n int) *node {
	p.t.nodes = append(p.t.nodes, node{kind: k, line: p.at + 1, text: strings.Join(p.lines[p.at:p.at+n], "")})
	p.at += n
	return &p.t.nodes[len(p.t.nodes)-1]
}

// section is the name of the section that a line begins; empty when it begins none.
func section(line string) string {
	line = strings.TrimSuffix(line, "\n")
	if !strings.HasPrefix(line, "-- ") || !strings.HasSuffix(line, " --") || len(line) < len("-- x --") {
		return ""
	}
	return strings.TrimSpace(line[3 : len(line)-3])
}

func (p *parser) headLine(s string) error {
	word, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case s == "":
		return nil
	case strings.HasPrefix(s, "#"):
		if p.at == 0 || p.titled {
			p.t.Title = strings.TrimSpace(p.t.Title + " " + strings.TrimSpace(strings.TrimLeft(s, "#")))
		}
		p.titled = p.at == 0 || p.titled
		return nil
	case word == "now":
		return p.now(rest)
	case word == "people":
		return p.people(rest)
	case word == "channels":
		return p.channels(rest)
	case word == "budget":
		return p.budget(rest)
	}
	return p.fail("%q: before the first section there are only lines with now, people, channels, budget, and comments with #", word)
}

func (p *parser) now(s string) error {
	words := strings.Fields(s)
	if len(words) != 3 {
		return p.fail("write it like: now 2026-03-02 14:00 Europe/Berlin")
	}
	zone, err := time.LoadLocation(words[2])
	if err != nil {
		return p.fail("no time zone %q; write it like Europe/Berlin", words[2])
	}
	start, err := time.ParseInLocation("2006-01-02 15:04", words[0]+" "+words[1], zone)
	if err != nil {
		return p.fail("%q is no date and time like 2026-03-02 14:00", words[0]+" "+words[1])
	}
	p.t.Setting.Start, p.t.Setting.Zone = start, zone
	return nil
}

// listed is one entry of a list of people or channels.
type listed struct {
	name  string
	notes []string
	rest  string // a zone
}

// lazily compiles a pattern when it is first used: a program that may once read a transcript need not hold all of this.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

var listEntry = lazily(`^([^\s()]+)\s*(?:\(([^()]*)\))?\s*([^\s()]+)?\s*(?:\(([^()]*)\))?$`)

// list reads `ana (admin), bo America/New_York`.
func (p *parser) list(s string) ([]listed, error) {
	var all []listed
	for _, part := range splitOutside(s) {
		m := listEntry().FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return nil, p.fail("cannot read %q; write it like: ana (admin), bo America/New_York", strings.TrimSpace(part))
		}
		e := listed{name: m[1], rest: m[3]}
		for _, note := range strings.Split(m[2]+","+m[4], ",") {
			if note = strings.TrimSpace(note); note != "" {
				e.notes = append(e.notes, note)
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// splitOutside splits at commas that are in no brackets.
func splitOutside(s string) []string {
	var parts []string
	depth, from := 0, 0
	for i, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

var personName = lazily(`^\pL[\pL\pN._-]*$`)

func (p *parser) people(s string) error {
	entries, err := p.list(s)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case !personName().MatchString(e.name):
			return p.fail("%q is no name of a person: letters, digits, dots, dashes", e.name)
		case slices.Contains([]string{"bot", "chat", "store", "restart"}, e.name):
			return p.fail("nobody can be called %q: the line would mean something else", e.name)
		case p.t.person(e.name):
			return p.fail("%s is there already", e.name)
		}
		if _, err := time.LoadLocation(e.rest); err != nil {
			return p.fail("no time zone %q; write it like America/New_York", e.rest)
		}
		p.t.Setting.People = append(p.t.Setting.People, Person{
			Name: e.name, Zone: e.rest,
			Admin: slices.Contains(e.notes, "admin"), Bot: slices.Contains(e.notes, "bot"),
			Inactive: slices.Contains(e.notes, "inactive"), Outsider: slices.Contains(e.notes, "outsider"),
			Roles: rolesIn(e.notes),
		})
	}
	return nil
}

// rolesIn are those of the notes that name a role: `role mods`.
func rolesIn(notes []string) []string {
	var roles []string
	for _, n := range notes {
		if role, ok := strings.CutPrefix(n, "role "); ok {
			roles = append(roles, strings.TrimSpace(role))
		}
	}
	return roles
}

func (t *Transcript) person(name string) bool {
	return slices.ContainsFunc(t.Setting.People, func(p Person) bool { return p.Name == name })
}

func (p *parser) channels(s string) error {
	entries, err := p.list(s)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.name, "#") || e.rest != "" {
			return p.fail("cannot read %q; write it like: channels #ops, #inc-12 (private)", e.name)
		}
		ch := Channel{Name: e.name[1:]}
		for _, note := range e.notes {
			word, members, _ := strings.Cut(note, ":")
			switch word {
			case "private":
				ch.Private, ch.Members = true, strings.Fields(members)
				if len(ch.Members) == 0 {
					ch.Members = nil
				}
			case "archived":
				ch.Archived = true
			case "without bot":
				ch.WithoutBot = true
			default:
				return p.fail("a channel can be private, private: ana bo, archived, without bot; not %q", note)
			}
		}
		p.t.Setting.Channels = append(p.t.Setting.Channels, ch)
	}
	return nil
}

// checkMembers fills in who is in the private channels that name nobody.
func (p *parser) checkMembers() error {
	for i := range p.t.Setting.Channels {
		ch := &p.t.Setting.Channels[i]
		for _, m := range ch.Members {
			if !p.t.person(m) {
				return p.fail("#%s has a member %q who is not among the people", ch.Name, m)
			}
		}
		if !ch.Private || ch.Members != nil {
			continue
		}
		for _, person := range p.t.Setting.People {
			if !person.Outsider {
				ch.Members = append(ch.Members, person.Name)
			}
		}
	}
	return nil
}

var budgetLine = lazily(`^(channel|thread|private) (\d{1,3}): because (\S.*)$`)

func (p *parser) budget(s string) error {
	m := budgetLine().FindStringSubmatch(s)
	if m == nil {
		return p.fail("write it like: budget thread 14: because five people ask for the timeline (channel, thread or private)")
	}
	n, _ := strconv.Atoi(m[2])
	p.t.Budget[m[1]] = Exception{Limit: n, Because: m[3]}
	return nil
}

// section reads one section, whose name is given.
func (p *parser) section(name string) error {
	switch {
	case strings.HasPrefix(name, "#"), strings.HasPrefix(name, "@"):
		if err := p.placeName(name); err != nil {
			return err
		}
		p.take(place, 1).name = name
	case strings.HasPrefix(name, "("):
		if _, err := later(name, p.t.Setting.Start, p.t.Setting.Zone); err != nil {
			return p.fail("%v", err)
		}
		p.take(passes, 1).name = name
	case strings.HasSuffix(name, ".md"):
		n := 1
		for p.at+n < len(p.lines) && section(p.lines[p.at+n]) == "" {
			n++
		}
		p.take(report, n).name = name
		return nil
	default:
		return p.fail("a section is a place like #ops, #ops/PM-1 or @ana, a time like (3 weeks later), or report.md; not %q", name)
	}
	return p.body()
}

func (p *parser) placeName(name string) error {
	if name[0] == '@' {
		if !p.t.person(name[1:]) {
			return p.fail("%q is not among the people", name[1:])
		}
		return nil
	}
	channel, _, _ := strings.Cut(name[1:], "/")
	if channel == "" {
		return p.fail("a channel needs a name, like #ops")
	}
	if !slices.ContainsFunc(p.t.Setting.Channels, func(c Channel) bool { return c.Name == channel }) {
		p.t.Setting.Channels = append(p.t.Setting.Channels, Channel{Name: channel})
	}
	return nil
}

var amount = lazily(`^\((\d{1,4}) (minute|hour|day|week)s? later\)$`)

// later reads the name of a section in which time passes, and returns until when.
func later(name string, now time.Time, zone *time.Location) (time.Time, error) {
	if m := amount().FindStringSubmatch(name); m != nil {
		n, _ := strconv.Atoi(m[1])
		switch m[2] {
		case "minute":
			return now.Add(time.Duration(n) * time.Minute), nil
		case "hour":
			return now.Add(time.Duration(n) * time.Hour), nil
		case "week":
			n *= 7
		}
		return now.In(zone).AddDate(0, 0, n), nil
	}
	if t, err := time.ParseInLocation("(2006-01-02 15:04)", name, zone); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("cannot read the time %s; write it like (3 weeks later), (13 hours later) or (2026-03-24 10:00)", name)
}

// body reads the lines of a section.
func (p *parser) body() error {
	for p.at < len(p.lines) && section(p.lines[p.at]) == "" {
		head := strings.TrimSuffix(p.lines[p.at], "\n")
		trimmed := strings.TrimSpace(head)
		if strings.Contains(head, "\r") {
			return p.fail("the line has a carriage return; lines end in a newline alone")
		}
		switch {
		case trimmed == "" || head[0] == '#':
			p.take(plain, 1)
		case botLine(trimmed):
			p.take(bot, 1+p.deeper(indent(head)))
		default:
			if err := p.act(trimmed); err != nil {
				return err
			}
		}
	}
	return nil
}

func indent(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// botLine reports whether a line is one that the runner writes.
func botLine(s string) bool {
	for _, by := range []string{"bot", "chat"} {
		if rest, ok := strings.CutPrefix(s, by); ok && (rest == "" || rest[0] == ' ' || rest[0] == ':') {
			return true
		}
	}
	return false
}

// deeper counts the lines after this one that are indented deeper than n.
func (p *parser) deeper(n int) int {
	count := 0
	for _, next := range p.lines[p.at+1:] {
		if strings.TrimSpace(next) == "" || indent(next) <= n || section(next) != "" {
			break
		}
		count++
	}
	return count
}

// act reads a line of somebody's with those that continue it.
func (p *parser) act(head string) error {
	l, err := p.line(head)
	if err != nil {
		return err
	}
	n := 1 + p.more(indent(p.lines[p.at]))
	if n > 1 {
		if err := p.goOn(&l, goesOn(p.lines[p.at+1:p.at+n])); err != nil {
			return err
		}
	}
	if l.text == "" && slices.Contains([]verb{says, programSays, edits}, l.verb) && len(l.files) == 0 {
		return p.fail("there is no text")
	}
	if err := p.given(l.name); err != nil {
		return err
	}
	p.take(act, n).act = l
	return nil
}

// goOn adds the lines that continue a text. What goes with a message may stand after the last of them.
func (p *parser) goOn(l *line, more string) error {
	switch l.verb {
	case says, programSays:
		head, last := "", more
		if cut := strings.LastIndex(more, "\n"); cut >= 0 {
			head, last = more[:cut+1], more[cut+1:]
		}
		last, err := p.extras(last, l)
		if err != nil {
			return err
		}
		l.text = strings.TrimSpace(l.text + "\n" + head + last)
		return nil
	case edits, commands:
		l.text = strings.TrimSpace(l.text + "\n" + more)
		return nil
	}
	p.at++
	return p.fail("this line is indented, but the one above it has no text to go on with")
}

func (p *parser) given(name string) error {
	if name == "" {
		return nil
	}
	if at, taken := p.names[name]; taken {
		return p.fail("the name %s was given in line %d", name, at)
	}
	p.names[name] = p.at + 1
	return nil
}

// more counts the lines that continue the text of the line being read.
func (p *parser) more(n int) int {
	count := 0
	for _, next := range p.lines[p.at+1:] {
		s := strings.TrimSpace(next)
		if s == "" || indent(next) <= n || section(next) != "" || botLine(s) || strings.Contains(next, "\r") || p.looksLikeAct(s) {
			break
		}
		count++
	}
	return count
}

func (p *parser) looksLikeAct(s string) bool {
	_, err := p.line(s)
	return err == nil && !strings.HasPrefix(s, `\`)
}

// goesOn is the text of the lines that continue a message: less their common indentation, a lone dot being an empty line.
func goesOn(lines []string) string {
	common := indent(lines[0])
	for _, l := range lines {
		common = min(common, indent(l))
	}
	texts := make([]string, len(lines))
	for i, l := range lines {
		l = strings.TrimRight(l[common:], " \t\n")
		switch {
		case l == ".":
			l = ""
		case strings.HasPrefix(l, `\`):
			l = l[1:]
		}
		texts[i] = l
	}
	return strings.Join(texts, "\n")
}

// aMessage is how a message is named: m1, or `ana 14:02` when it has no name.
const aMessage = `([^\s:]+(?: \d\d:\d\d(?: \(\d+\))?)?)`

var (
	timed    = lazily(`^(?:(\d{4}-\d\d-\d\d) +)?(\d{1,2}:\d\d) +`)
	bySign   = lazily(`^(\S+) ([+-])(\S+) ` + aMessage + `$`)
	byEdit   = lazily(`^(\S+) edits ` + aMessage + `: *(.*)$`)
	byDelete = lazily(`^(\S+) deletes ` + aMessage + `$`)
	byWord   = lazily(`^(\S+) (joins|leaves|invites bot|removes bot|archives|unarchives|is deactivated)$`)
	byApp    = lazily(`^([^:()]*[^:()\s]) ?\(app\): *(.*)$`)
	byColon  = lazily(`^([^\s:>]+): *(.*)$`)
	byArrow  = lazily(`^([^\s:>]+)> *(.*)$`)
	tail     = lazily(`^(.*?)\s{2,}(=|\+file |\^)(\S+)$`)
	bracket  = lazily(`^\[([^\[\]]+?)(?: \(([1-9])\))?(?: ▾ ("(?:[^"\\]|\\.)*"|[^\[\]]+))?\](?: on ` + aMessage + `)?$`)
	goodName = lazily(`^\pL[\pL\pN._-]*$`)
)

// line reads one line of somebody's.
func (p *parser) line(s string) (line, error) {
	l := line{}
	if rest, ok := strings.CutPrefix(s, "& "); ok {
		l.with, s = true, strings.TrimSpace(rest)
	}
	if m := timed().FindStringSubmatch(s); m != nil {
		l.date, l.clock, s = m[1], m[2], s[len(m[0]):]
		if err := p.time(l); err != nil {
			return l, err
		}
	}
	switch s {
	case string(restarts), string(storeAway), string(storeBack):
		l.verb = verb(s)
		return l, nil
	}
	if err := p.who(s, &l); err != nil {
		return l, err
	}
	if l.verb != programSays && !p.t.person(l.who) {
		return l, p.fail("%q is not among the people: %s", l.who, strings.Join(p.t.names(), ", "))
	}
	return l, nil
}

func (p *parser) time(l line) error {
	if l.with {
		return p.fail("a line with & has the time of the one before it, and none of its own")
	}
	if _, err := time.Parse("15:04", l.clock); err != nil {
		return p.fail("%q is no time of the day like 14:02", l.clock)
	}
	if l.date == "" {
		return nil
	}
	if _, err := time.Parse("2006-01-02", l.date); err != nil {
		return p.fail("%q is no date like 2026-03-02", l.date)
	}
	return nil
}

func (t *Transcript) names() []string {
	var names []string
	for _, p := range t.Setting.People {
		names = append(names, p.Name)
	}
	return names
}

// who reads whose line it is and what they do.
func (p *parser) who(s string, l *line) error {
	if m := byArrow().FindStringSubmatch(s); m != nil {
		l.who = m[1]
		return p.control(m[2], l)
	}
	if m := byWord().FindStringSubmatch(s); m != nil {
		l.who, l.verb = m[1], verb(strings.TrimSuffix(m[2], " bot"))
		return nil
	}
	if m := bySign().FindStringSubmatch(s); m != nil {
		l.who, l.emoji, l.target, l.verb = m[1], m[3], m[4], reacts
		if m[2] == "-" {
			l.verb = unreacts
		}
		return nil
	}
	if m := byEdit().FindStringSubmatch(s); m != nil {
		l.who, l.verb, l.target, l.text = m[1], edits, m[2], strings.TrimSpace(m[3])
		return nil
	}
	if m := byDelete().FindStringSubmatch(s); m != nil {
		l.who, l.verb, l.target = m[1], deletes, m[2]
		return nil
	}
	if m := byApp().FindStringSubmatch(s); m != nil {
		l.who, l.verb = m[1], programSays
		return p.words(m[2], l)
	}
	if m := byColon().FindStringSubmatch(s); m != nil {
		l.who, l.verb = m[1], says
		return p.words(m[2], l)
	}
	return p.fail("cannot read %q; lines are like: ana: text, ana> [Next], ana +📌 m1, ana edits m1: text, ana deletes m1; lines that go on with a text are indented", s)
}

// words reads a message's text and what goes with it: its name, its files, what it answers.
func (p *parser) words(s string, l *line) error {
	text, err := p.extras(s, l)
	l.text = strings.TrimSpace(text)
	return err
}

// extras takes what goes with a message off the end of a line and returns the rest.
func (p *parser) extras(s string, l *line) (string, error) {
	s = "  " + s // so that there can be nothing else
	for {
		m := tail().FindStringSubmatch(s)
		if m == nil {
			return strings.TrimPrefix(strings.TrimRight(s, " \t"), "  "), nil
		}
		s = m[1]
		switch m[2] {
		case "=":
			if l.name != "" || !goodName().MatchString(m[3]) {
				return "", p.fail("%q is no name for a message: one word that begins with a letter", m[3])
			}
			l.name = m[3]
		case "^":
			l.reply = m[3]
		default:
			l.files = append([]string{m[3]}, l.files...)
		}
	}
}

// control reads what comes after `ana>`.
func (p *parser) control(s string, l *line) error {
	switch {
	case s == "/postmortem" || strings.HasPrefix(s, "/postmortem "):
		l.verb, l.text = commands, strings.TrimSpace(strings.TrimPrefix(s, "/postmortem"))
		return nil
	case strings.HasPrefix(s, "["):
		m := bracket().FindStringSubmatch(s)
		if m == nil {
			return p.fail("cannot read %q; write it like [Next], [Next] on card, [Which ▾ Tue 03:14]", s)
		}
		l.verb, l.label, l.choice, l.target = clicks, m[1], strings.TrimSpace(m[3]), m[4]
		if m[2] != "" {
			l.nth = int(m[2][0] - '0')
		}
		if unquoted, err := strconv.Unquote(l.choice); err == nil {
			l.choice = unquoted
		}
		return nil
	case strings.HasPrefix(s, "{"):
		l.verb = submits
		return p.form(s, l)
	}
	return p.fail("after %s> comes /postmortem …, a button like [Next], or a form like {text: words}", l.who)
}

// form reads `{text: "…"; when: 14:05}`.
func (p *parser) form(s string, l *line) error {
	rest := strings.TrimSpace(s[1:])
	for rest != "}" {
		name, value, ok := strings.Cut(rest, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return p.fail("cannot read the form; write it like {text: \"two; words\"; when: 14:05}")
		}
		value = strings.TrimSpace(value)
		end := strings.IndexAny(value, ";}")
		if quoted, err := strconv.QuotedPrefix(value); err == nil {
			unquoted, _ := strconv.Unquote(quoted)
			after := strings.TrimSpace(value[len(quoted):])
			l.fields = append(l.fields, Field{strings.TrimSpace(name), unquoted})
			rest, ok = strings.CutPrefix(after, ";")
			if !ok && after != "}" {
				return p.fail("after %s comes ; or }", quoted)
			}
			rest = strings.TrimSpace(rest)
			continue
		}
		if end < 0 {
			return p.fail("the form is not closed with }")
		}
		l.fields = append(l.fields, Field{strings.TrimSpace(name), strings.TrimSpace(value[:end])})
		rest = value[end:]
		rest = strings.TrimSpace(strings.TrimPrefix(rest, ";"))
	}
	return nil
}

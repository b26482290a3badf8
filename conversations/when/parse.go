package when

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// mode says for what a text is read.
type mode int

const (
	due  mode = iota // a due date: from today on
	past             // the time of an event: up to now
	line             // the same at the beginning of a line, where words of the text follow
)

// phrase is what the grammar makes of a text, before now and the zone give it a meaning.
type phrase struct {
	day    day            // nil: none was named
	clock  *clock         // nil: none was typed
	zone   *time.Location // nil: the speaker's
	part   string         // "morning", "afternoon", "evening", "night" or "last night"
	endDay bool           // "EOD": the day itself, today if no other is named
	span   time.Duration  // "in 48 hours", "10m ago": not zero
	epoch  *time.Time     // seconds since 1970

	intro   bool // opened by a word that only a date follows: by, due, on, in
	weak    bool // could as well be something else without such a word: 15th, 12/1
	amount  bool // a bare amount of time: 2 weeks
	written bool // a date written out: 31 feb, 2026-12-01
}

// clock is a time of day.
type clock struct{ hour, minute, second, milli int }

// day finds the date meant, given the calendar it is said in.
type day func(c calendar) (Date, error)

// calendar is what a day is counted from.
type calendar struct {
	today Date
	past  bool
	fits  func(Date) bool // not before today; or, for the past, not after now with the clock time typed
}

// word is one word of the text, folded for comparing, and as it was typed.
type word struct{ s, typed string }

// fold takes off what surrounds a word in a sentence, and case.
func fold(s string) word {
	s = strings.TrimRight(strings.TrimLeft(s, "(["), ",;)]!")
	if strings.HasSuffix(s, ".") && !dottedShort(s) && !strings.EqualFold(s, "a.m.") && !strings.EqualFold(s, "p.m.") {
		s = s[:len(s)-1]
	}
	return word{s: strings.ToLower(s), typed: s}
}

// dottedShort reports whether s is a date such as "01.12.".
func dottedShort(s string) bool {
	d, rest, ok := strings.Cut(s, ".")
	return ok && len(rest) >= 2 && allDigits(d) && allDigits(rest[:len(rest)-1])
}

// split makes words of a text; what is only punctuation vanishes.
func split(text string) []word {
	var words []word
	for _, f := range strings.Fields(text) {
		if w := fold(f); w.s != "" {
			words = append(words, w)
		}
	}
	return words
}

// parser reads words from left to right. A rule that does not apply leaves i where it was.
type parser struct {
	mode  mode
	words []word
	i     int
	phrase
}

// parse reads all the words as one phrase; ok is false when they are not one.
func parse(words []word, m mode) (ph phrase, ok bool) {
	if len(words) == 0 {
		return phrase{}, false
	}
	p := parser{mode: m, words: words}
	if p.moment() && p.done() {
		return p.phrase, true
	}
	p.i, p.phrase = 0, phrase{}
	if m == due {
		p.opening()
	}
	for !p.done() {
		if !p.readClock() && !p.readZone() && !p.readPart() && !p.readEndOfDay() && !p.readDay() {
			return phrase{}, false
		}
	}
	return p.phrase, p.agrees()
}

// agrees reports whether the parts found go together.
func (p *parser) agrees() bool {
	switch {
	case p.clock == nil:
		return p.day != nil || p.endDay
	case p.endDay:
		return false
	case p.part == "morning":
		return p.clock.hour < 12
	case p.part == "last night", p.part == "":
		return true
	}
	return p.clock.hour >= 12
}

func (p *parser) done() bool { return p.i >= len(p.words) }

// peek is the k-th word from here, empty behind the end.
func (p *parser) peek(k int) string {
	if p.i+k >= len(p.words) {
		return ""
	}
	return p.words[p.i+k].s
}

// accept reads one word if it is one of these.
func (p *parser) accept(these ...string) bool {
	if p.done() || !slices.Contains(these, p.peek(0)) {
		return false
	}
	p.i++
	return true
}

// sequence reads several words if they are exactly these.
func (p *parser) sequence(all ...string) bool {
	for k, s := range all {
		if p.peek(k) != s {
			return false
		}
	}
	p.i += len(all)
	return true
}

// first tries rules in turn and stays where it was when none applies.
func (p *parser) first(rules ...func() bool) bool {
	start, kept := p.i, p.phrase
	for _, rule := range rules {
		if rule() {
			return true
		}
		p.i, p.phrase = start, kept
	}
	return false
}

// opening reads the words that introduce a due date.
func (p *parser) opening() {
	if p.accept("due", "due:") {
		p.intro = true
	}
	if p.accept("by", "until", "till") || p.sequence("no", "later", "than") {
		p.intro = true
	}
}

// moment is a phrase that names a moment without day and clock: now, 10m ago, -15m, in 48 hours, 1794956400.
func (p *parser) moment() bool {
	if t, ok := readEpoch(p.peek(0), p.mode == past); ok {
		p.i++
		p.epoch = &t
		return true
	}
	if p.mode == due {
		p.accept("due", "due:")
		p.accept("in", "within")
		span, ok := p.readSpan()
		p.span = span
		return ok
	}
	if p.mode == past && (p.accept("now") || p.sequence("just", "now") || p.sequence("right", "now")) {
		p.epoch = new(time.Time) // the zero time stands for now
		return true
	}
	minus, signed := strings.CutPrefix(strings.Replace(p.peek(0), "−", "-", 1), "-")
	if signed {
		if p.mode == line {
			return false
		}
		rest := append([]word{{s: minus}}, p.words[1:]...)
		back := parser{mode: past, words: rest}
		span, ok := back.readSpan()
		p.i, p.span = back.i, -span
		return ok
	}
	p.accept("about", "around", "~")
	span, ok := p.readSpan()
	p.span = -span
	return ok && p.accept("ago")
}

// readEpoch reads Discord's <t:1794956400:R>, and if bare numbers may be times, seconds (1794956400, also with a
// fraction as Slack's message times have it) and milliseconds since 1970.
func readEpoch(s string, bare bool) (time.Time, bool) {
	if stamp, ok := strings.CutPrefix(s, "<t:"); ok && strings.HasSuffix(stamp, ">") {
		s, _, _ = strings.Cut(strings.TrimSuffix(stamp, ">"), ":")
		bare = true
	}
	whole, fraction, dotted := strings.Cut(s, ".")
	if !bare || !allDigits(whole) || (dotted && (!allDigits(fraction) || len(fraction) > 9)) {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, false
	case len(whole) == 10:
		return time.Unix(n, int64(milli(fraction))*1e6).UTC(), true
	case len(whole) == 13 && !dotted:
		return time.UnixMilli(n).UTC(), true
	}
	return time.Time{}, false
}

// milli reads the digits behind a decimal point as thousandths, cut off.
func milli(fraction string) int { return atoi((fraction + "000")[:3]) }

var numbers = map[string]int{
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
	"nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}

// readNumber reads "two", "2", or with the unit attached "2w".
func (p *parser) readNumber() (n int, unit string, ok bool) {
	s := p.peek(0)
	if n, ok := numbers[s]; ok {
		p.i++
		return n, "", true
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits == 0 || digits > 4 {
		return 0, "", false
	}
	p.i++
	return atoi(s[:digits]), s[digits:], true
}

var spans = map[string]time.Duration{
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
}

// readSpan reads an exact length of time in hours, minutes and seconds: 10m, 1h30m, 1 hour 30 minutes, half an hour,
// 1.5 hours. A due date in "m" is not read: it could be months.
func (p *parser) readSpan() (time.Duration, bool) {
	if p.sequence("half", "an", "hour") || p.sequence("half", "hour") {
		return 30 * time.Minute, true
	}
	total, last := time.Duration(0), time.Duration(math.MaxInt64)
	for !p.done() {
		start := p.i
		if total > 0 {
			p.accept("and")
		}
		part, unit, ok := p.spanPart(last)
		if !ok {
			p.i = start
			break
		}
		total, last = total+part, unit
	}
	return total, total > 0
}

// spanPart reads number and units, in one word or two, each unit smaller than the one before.
func (p *parser) spanPart(last time.Duration) (total, unit time.Duration, ok bool) {
	s := p.peek(0)
	if n, ok := numbers[s]; ok {
		name := p.peek(1)
		unit := spans[name]
		p.i += 2
		return time.Duration(n) * unit, unit, unit > 0 && unit < last && (name != "m" || p.mode != due)
	}
	if len(s) > 12 {
		return 0, 0, false
	}
	p.i++
	for s != "" {
		number := s[:len(s)-len(strings.TrimLeft(s, "0123456789."))]
		name := s[len(number):]
		if next := strings.IndexAny(name, "0123456789"); next >= 0 {
			name = name[:next]
		}
		s = s[len(number)+len(name):]
		if name == "" {
			name = p.peek(0)
			p.i++
		}
		amount, ok := decimal(number)
		unit = spans[name]
		if !ok || unit == 0 || unit >= last || (name == "m" && p.mode == due) {
			return 0, 0, false
		}
		total, last = total+time.Duration(amount*float64(unit)), unit
	}
	return total, unit, unit > 0
}

// decimal reads 10 and 1.5, below 10,000.
func decimal(s string) (float64, bool) {
	whole, fraction, dotted := strings.Cut(s, ".")
	if !allDigits(whole) || len(whole) > 4 || (dotted && (!allDigits(fraction) || len(fraction) > 2)) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// readClock reads a time of day: 14:05, 14:05:30, 9am, 9:40 am, noon.
func (p *parser) readClock() bool {
	if p.clock != nil {
		return false
	}
	return p.first(func() bool {
		p.accept("at", "@", "around", "about", "~", "ca")
		if p.mode == due && p.day != nil {
			p.accept("by")
		}
		if p.mode != line {
			if p.accept("noon", "midday") {
				p.clock = &clock{hour: 12}
				return true
			}
			if p.mode == past && p.day == nil && len(p.words) == p.i+1 && p.accept("midnight") {
				p.clock = &clock{} // the last one; of a named day it could be either end
				return true
			}
		}
		if p.done() {
			return false
		}
		s := strings.TrimLeft(p.words[p.i].typed, "~@")
		next := p.peek(1)
		c, zone, half, ok := readClockWord(s, next, false)
		if !ok {
			return false
		}
		p.i++
		if half {
			p.i++
		} else {
			p.accept("hrs", "h")
		}
		p.clock = &c
		if zone != nil {
			p.zone = zone
		}
		return true
	})
}

// readClockWord reads a time of day off one word. half says that the next one, am or pm, belongs to it. An offset
// attached with a minus counts only behind seconds or in an ISO form: 10:05-11:30 is a range.
func readClockWord(s, next string, iso bool) (c clock, zone *time.Location, half, ok bool) {
	hour, s, ok := cutDigits(s, 1)
	if !ok {
		return clock{}, nil, false, false
	}
	c.hour = hour
	minutes, seconds := false, false
	if rest, found := strings.CutPrefix(s, ":"); found {
		if c.minute, s, ok = cutDigits(rest, 2); !ok {
			return clock{}, nil, false, false
		}
		minutes = true
		if rest, found = strings.CutPrefix(s, ":"); found {
			if c.second, s, ok = cutDigits(rest, 2); !ok {
				return clock{}, nil, false, false
			}
			seconds = true
			if rest, found = strings.CutPrefix(s, "."); found {
				fraction := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
				if fraction == "" || len(fraction) > 9 {
					return clock{}, nil, false, false
				}
				c.milli, s = milli(fraction), rest[len(fraction):]
			}
		}
	}
	suffix := strings.ToLower(s)
	if suffix == "" && isHalf(next) {
		suffix, half = next, true
	}
	switch {
	case isHalf(suffix):
		if c.hour < 1 || c.hour > 12 {
			return clock{}, nil, false, false
		}
		c.hour %= 12
		if suffix[0] == 'p' {
			c.hour += 12
		}
	case !minutes:
		return clock{}, nil, false, false
	case suffix == "":
	case suffix[0] == '-' && !iso && !seconds:
		return clock{}, nil, false, false
	default:
		if zone, ok = readZone(s); !ok {
			return clock{}, nil, false, false
		}
	}
	return c, zone, half, c.hour < 24 && c.minute < 60 && c.second < 60
}

func isHalf(s string) bool { return s == "am" || s == "pm" || s == "a.m." || s == "p.m." }

// cutDigits reads a number of two digits, or as few as least, off the front of s; a further digit is refused.
func cutDigits(s string, least int) (n int, rest string, ok bool) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits < least || digits > 2 {
		return 0, s, false
	}
	return atoi(s[:digits]), s[digits:], true
}

// readZone reads a zone behind a clock time. An offset that is a word of its own needs its minutes. At the beginning of
// a line only capitals are a zone ("03:40 est" may go on), and a minus is none ("03:40 -05:00" is a range).
func (p *parser) readZone() bool {
	if p.clock == nil || p.zone != nil || p.peek(0) == "" {
		return false
	}
	typed := p.words[p.i].typed
	switch {
	case typed[0] != '+' && typed[0] != '-':
		if p.mode == line && !strings.Contains(typed, "/") && typed != strings.ToUpper(typed) {
			return false
		}
	case !strings.Contains(typed, ":") && (p.mode == line || len(typed) < 5), p.mode == line && typed[0] == '-':
		return false
	}
	zone, ok := readZone(typed)
	if ok {
		p.i++
		p.zone = zone
	}
	return ok
}

// readPart reads a part of the day. It gives no clock time.
func (p *parser) readPart() bool {
	if p.part != "" || p.day == nil || p.mode == line && p.clock != nil {
		return false
	}
	return p.first(func() bool {
		p.sequence("in", "the")
		return p.readPartName()
	})
}

func (p *parser) readPartName() bool {
	name := p.peek(0)
	if !p.accept("morning", "afternoon", "evening", "night") {
		return false
	}
	p.part = name
	return true
}

// readEndOfDay reads EOD and its kin, which name the day and no clock time.
func (p *parser) readEndOfDay() bool {
	if p.mode != due || p.endDay {
		return false
	}
	return p.first(func() bool {
		p.endDay = true
		if p.accept("eod", "eob", "cob") {
			return true
		}
		p.accept("the")
		return p.sequence("end", "of", "day") || p.sequence("end", "of", "the", "day") ||
			p.sequence("end", "of", "business") || p.sequence("close", "of", "business")
	})
}

// readDay reads whatever names a day.
func (p *parser) readDay() bool {
	if p.day != nil {
		return false
	}
	if p.mode == line && p.clock != nil { // 14:05 monday backups failed: monday belongs to the text
		return (p.peek(0) == "today" || p.peek(0) == "yesterday") && p.readNamedDay()
	}
	return p.first(func() bool {
		if p.accept("on") {
			p.intro = p.intro || p.mode == due
			return p.first(p.readWeekday, p.readCalendar)
		}
		return p.first(p.readNamedDay, p.readDays, p.readPeriod, p.readWeekday, p.readCalendar)
	})
}

// readNamedDay reads today, tomorrow, yesterday and their neighbours.
func (p *parser) readNamedDay() bool {
	switch {
	case p.accept("today"):
		p.day = inDays(0)
	case p.accept("tomorrow", "tmrw", "tmr"):
		p.day = inDays(1)
	case p.accept("yesterday"):
		p.day = inDays(-1)
	case p.accept("tonight"):
		p.day, p.part = inDays(0), "night"
	case p.sequence("day", "after", "tomorrow"), p.sequence("the", "day", "after", "tomorrow"):
		p.day = inDays(2)
	case p.sequence("day", "before", "yesterday"), p.sequence("the", "day", "before", "yesterday"):
		p.day = inDays(-2)
	case p.mode != due && p.sequence("last", "night"):
		p.day, p.part = inDays(-1), "last night"
	case p.accept("this"):
		p.day = inDays(0)
		return p.readPartName()
	default:
		return false
	}
	return true
}

func inDays(n int) day {
	return func(c calendar) (Date, error) { return c.today.AddDays(n), nil }
}

// readDays reads an amount of days or more: in 2 weeks, 3d, in 2 business days, a week from monday; 2 days ago.
func (p *parser) readDays() bool {
	if p.mode == due && p.accept("in", "within") {
		p.intro = true
	} else {
		p.amount = true
	}
	n, unit, ok := p.readNumber()
	if !ok || n == 0 {
		return false
	}
	if unit == "" {
		unit = p.peek(0)
		p.i++
	}
	var count func(Date) Date
	switch strings.TrimSuffix(unit, "'") {
	case "d", "day", "days":
		count = func(d Date) Date { return d.AddDays(n) }
	case "w", "wk", "wks", "week", "weeks":
		count = func(d Date) Date { return d.AddDays(7 * n) }
	case "fortnight", "fortnights":
		count = func(d Date) Date { return d.AddDays(14 * n) }
	case "mo", "mos", "month", "months":
		count = func(d Date) Date { return d.addMonths(n) }
	case "y", "yr", "yrs", "year", "years":
		count = func(d Date) Date { return d.addMonths(12 * n) }
	case "business", "working":
		if !p.accept("day", "days") {
			return false
		}
		count = func(d Date) Date { return d.addBusinessDays(n) }
	default:
		return false
	}
	if p.mode != due {
		if !p.accept("ago") || (unit[0] != 'd' && unit[0] != 'w') || unit == "working" {
			return false
		}
		back := n
		if unit[0] == 'w' {
			back = 7 * n
		}
		p.day = inDays(-back)
		return true
	}
	p.accept("time") // in two weeks' time
	from := inDays(0)
	if p.accept("from", "after") {
		if !p.accept("now") {
			if !p.first(p.readNamedDay, p.readWeekday) {
				return false
			}
			from = p.day
		}
		p.amount = false
	}
	p.day = func(c calendar) (Date, error) {
		d, err := from(c)
		if err != nil {
			return Date{}, err
		}
		return count(d), nil
	}
	return true
}

// addBusinessDays counts Mondays to Fridays; holidays are not known here.
func (d Date) addBusinessDays(n int) Date {
	weeks := (n - 1) / 5
	d = d.AddDays(7 * weeks)
	for n -= 5 * weeks; n > 0; {
		d = d.AddDays(1)
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
			n--
		}
	}
	return d
}

// readPeriod reads weeks, months, quarters and years. A period is due at its end; a week ends on Friday, and once
// that is over, on Sunday.
func (p *parser) readPeriod() bool {
	return p.mode == due && p.first(p.readWeekend, p.readEnd, p.readStart, p.readWhole)
}

// readWeekend reads the weekend, which ends on Sunday.
func (p *parser) readWeekend() bool {
	p.accept("over")
	p.accept("this", "the")
	p.day = ofWeek(0, time.Sunday)
	return p.accept("weekend")
}

// readEnd reads EOM, end of week, end of next month, the end of january.
func (p *parser) readEnd() bool {
	if s := p.peek(0); s == "eow" || s == "eom" || s == "eoq" || s == "eoy" {
		p.i++
		return p.endOf(map[byte]string{'w': "week", 'm': "month", 'q': "quarter", 'y': "year"}[s[2]], 0)
	}
	p.accept("at")
	p.accept("the")
	if !p.sequence("end", "of") {
		return false
	}
	if p.first(p.readMonthEnd, p.readQuarterEnd) {
		return true
	}
	n := 0
	if p.accept("next") {
		n = 1
	} else {
		p.accept("the", "this")
	}
	p.i++
	return p.endOf(p.words[min(p.i, len(p.words))-1].s, n)
}

// readStart reads start of next week: the first day of what has not begun.
func (p *parser) readStart() bool {
	p.accept("at")
	p.accept("the")
	if !p.sequence("start", "of", "next") && !p.sequence("beginning", "of", "next") {
		return false
	}
	if p.accept("week") {
		p.day = ofWeek(1, time.Monday)
		return true
	}
	if !p.endOf(p.peek(0), 0) {
		return false
	}
	p.i++
	end := p.day
	p.day = func(c calendar) (Date, error) {
		d, err := end(c)
		return d.AddDays(1), err
	}
	return true
}

// readWhole reads next week, this month, and next week friday.
func (p *parser) readWhole() bool {
	n := 0
	switch {
	case p.accept("next"):
		n = 1
	case !p.accept("this"):
		return false
	}
	unit := p.peek(0)
	p.i++
	if unit == "week" && p.first(func() bool {
		p.accept("on")
		weekday, ok := weekdays[p.peek(0)]
		p.i++
		p.day = ofWeek(n, weekday)
		return ok
	}) {
		return true
	}
	return p.endOf(unit, n)
}

// endOf makes the day the last of the present period (0) or the next one (1); false for what is no period.
func (p *parser) endOf(unit string, n int) bool {
	switch unit {
	case "week":
		p.day = weekEnd(n)
	case "month":
		p.day = monthsEnd(1, n)
	case "quarter":
		p.day = monthsEnd(3, n)
	case "year":
		p.day = monthsEnd(12, n)
	default:
		return false
	}
	return true
}

// monday is the first day of d's week.
func monday(d Date) Date { return d.AddDays(-(int(d.Weekday()) + 6) % 7) }

// ofWeek is a weekday of this week (0), the next or the last one.
func ofWeek(n int, w time.Weekday) day {
	return func(c calendar) (Date, error) {
		return monday(c.today).AddDays(7*n + (int(w)+6)%7), nil
	}
}

func weekEnd(n int) day {
	return func(c calendar) (Date, error) {
		friday := monday(c.today).AddDays(7*n + 4)
		if friday.Before(c.today) {
			return friday.AddDays(2), nil
		}
		return friday, nil
	}
}

// monthsEnd is the last day of the present period of so many months (0), or of the next one (1).
func monthsEnd(months, n int) day {
	return func(c calendar) (Date, error) {
		first := int(c.today.Month-1) / months * months
		return NewDate(c.today.Year, time.Month(first+(n+1)*months+1), 0), nil
	}
}

// readMonthEnd reads the month of "end of january [2027]".
func (p *parser) readMonthEnd() bool {
	month, ok := months[p.peek(0)]
	if !ok {
		return false
	}
	p.i++
	p.endOfMonth(month)
	return true
}

// readQuarterEnd reads the quarter of "end of Q1 [2027]".
func (p *parser) readQuarterEnd() bool {
	s := p.peek(0)
	if len(s) != 2 || s[0] != 'q' || s[1] < '1' || s[1] > '4' {
		return false
	}
	p.i++
	p.endOfMonth(time.Month(s[1]-'0') * 3)
	return true
}

func (p *parser) endOfMonth(month time.Month) {
	year := p.readYear()
	p.day = func(c calendar) (Date, error) {
		if year != 0 {
			return NewDate(year, month+1, 0), nil
		}
		end := NewDate(c.today.Year, month+1, 0)
		if end.Before(c.today) {
			end = NewDate(c.today.Year+1, month+1, 0)
		}
		return end, nil
	}
}

var weekdays = map[string]time.Weekday{
	"mon": 1, "monday": 1, "tue": 2, "tues": 2, "tuesday": 2, "wed": 3, "weds": 3, "wednesday": 3,
	"thu": 4, "thur": 4, "thurs": 4, "thursday": 4, "fri": 5, "friday": 5, "sat": 6, "saturday": 6, "sun": 0, "sunday": 0,
}

// readWeekday reads friday, next friday, last friday, friday next week, and friday 27 nov.
func (p *parser) readWeekday() bool {
	which := ""
	switch {
	case p.accept("this"):
		which = "this"
		p.accept("coming")
	case p.mode == due && p.accept("next", "coming"):
		which = "next"
	case p.mode != due && p.accept("last"):
		which = "last"
	}
	weekday, ok := weekdays[p.peek(0)]
	if !ok {
		return false
	}
	p.i++
	if which == "" && p.first(p.readCalendar) {
		p.day = onWeekday(p.day, weekday)
		p.weak = false
		return true
	}
	switch {
	case which != "":
	case p.sequence("this", "week"):
		p.day = ofWeek(0, weekday)
		return true
	case p.mode == due && p.sequence("next", "week"):
		p.day = ofWeek(1, weekday)
		return true
	case p.mode != due && p.sequence("last", "week"):
		p.day = ofWeek(-1, weekday)
		return true
	}
	p.day = func(c calendar) (Date, error) {
		near, step := 1, 1
		if c.past {
			near, step = 0, -1
		}
		switch which {
		case "this":
			near = 0
		case "last":
			near = 1
		}
		for k := near; ; k++ {
			d := c.today.AddDays(k * step)
			if d.Weekday() == weekday && (c.fits(d) || k >= 7) {
				return d, nil
			}
		}
	}
	return true
}

// onWeekday checks the weekday somebody wrote in front of a date.
func onWeekday(date day, w time.Weekday) day {
	return func(c calendar) (Date, error) {
		d, err := date(c)
		if err == nil && d.Weekday() != w {
			return Date{}, refuse(ErrNoSuchDate, d.spoken()+" is a "+d.Weekday().String()+", not a "+w.String())
		}
		return d, err
	}
}

var months = map[string]time.Month{
	"jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4, "may": 5,
	"jun": 6, "june": 6, "jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9,
	"oct": 10, "october": 10, "nov": 11, "november": 11, "dec": 12, "december": 12,
}

// readCalendar reads a date that is written out.
func (p *parser) readCalendar() bool {
	return p.first(p.readNumeric, p.readMonthDay, p.readDayMonth)
}

// readMonthDay reads Dec 1, December 1st, 2026.
func (p *parser) readMonthDay() bool {
	month, ok := months[p.peek(0)]
	if !ok {
		return false
	}
	p.i++
	n, _, ok := readDayNumber(p.peek(0))
	if !ok {
		return false
	}
	p.i++
	p.date(p.readYear(), month, n)
	return true
}

// readDayMonth reads 1 Dec, 1st of December 2026, and the 15th.
func (p *parser) readDayMonth() bool {
	p.accept("the")
	n, ordinal, ok := readDayNumber(p.peek(0))
	if !ok {
		return false
	}
	p.i++
	of := p.accept("of")
	if month, ok := months[p.peek(0)]; ok {
		p.i++
		p.date(p.readYear(), month, n)
		return true
	}
	if !ordinal || of {
		return false
	}
	p.weak = true
	p.day = func(c calendar) (Date, error) {
		step := 1
		if c.past {
			step = -1
		}
		for k := range 13 {
			month := NewDate(c.today.Year, c.today.Month+time.Month(k*step), 1)
			d := Date{Year: month.Year, Month: month.Month, Day: n}
			if exists(d.Year, d.Month, n) && c.fits(d) {
				return d, nil
			}
		}
		return Date{}, noSuchDate()
	}
	return true
}

// readDayNumber reads 1, 1st, 31.
func readDayNumber(s string) (n int, ordinal, ok bool) {
	digits := strings.TrimRight(s, "stndrh")
	switch s[len(digits):] {
	case "":
	case "st", "nd", "rd", "th":
		ordinal = true
	default:
		return 0, false, false
	}
	return atoi(digits), ordinal, allDigits(digits) && len(digits) <= 2
}

// readYear reads a year of four digits; 0 when there is none.
func (p *parser) readYear() int {
	s := p.peek(0)
	if len(s) != 4 || !allDigits(s) || s[0] == '0' {
		return 0
	}
	p.i++
	return atoi(s)
}

// readNumeric reads 2026-12-01, 2026-12-01T15:00Z, 01.12.2026, 1-Dec-2026, 12/01/2026 and 12/01.
func (p *parser) readNumeric() bool {
	s := p.peek(0)
	if s == "" || s[0] < '0' || s[0] > '9' || len(s) > 40 {
		return false
	}
	p.i++
	if len(s) > 11 && s[10] == 't' && p.clock == nil {
		c, zone, half, ok := readClockWord(s[11:], "", true)
		if !ok || half {
			return false
		}
		p.clock, p.zone, s = &c, zone, s[:10]
	}
	sep := strings.IndexAny(s, "-./")
	if sep < 0 {
		return false
	}
	parts := strings.Split(s, s[sep:sep+1])
	if len(parts) == 2 && s[sep] == '/' {
		parts = append(parts, "")
	}
	if len(parts) != 3 || !allDigits(parts[0]) || (s[sep] == '.' && parts[2] == "" && !dottedShort(s)) {
		return false
	}
	if month, ok := months[parts[1]]; ok && s[sep] == '-' && len(parts[0]) <= 2 && len(parts[2]) == 4 && allDigits(parts[2]) && parts[2][0] != '0' {
		p.date(atoi(parts[2]), month, atoi(parts[0]))
		return true
	}
	if !allDigits(parts[1]) || len(parts[1]) > 2 {
		return false
	}
	a, b := atoi(parts[0]), atoi(parts[1])
	if len(parts[0]) == 4 && s[sep] != '.' { // year first
		if s[0] == '0' || len(parts[2]) > 2 || !allDigits(parts[2]) {
			return false
		}
		p.date(a, time.Month(b), atoi(parts[2]))
		return true
	}
	if len(parts[0]) > 2 {
		return false
	}
	year := 0
	switch {
	case parts[2] == "":
	case !allDigits(parts[2]):
		return false
	case len(parts[2]) == 4 && parts[2][0] != '0':
		year = atoi(parts[2])
	case len(parts[2]) == 2 && s[sep] != '-':
		year = 2000 + atoi(parts[2])
	default:
		return false
	}
	if s[sep] == '.' {
		p.date(year, time.Month(b), a)
	} else {
		p.either(year, a, b)
	}
	p.weak = len(parts[2]) != 4 // 1/2 may be a fraction and 4.11.26 a version
	return true
}

// date is a date written out; year 0 means the nearest that fits.
func (p *parser) date(year int, month time.Month, n int) {
	p.written = true
	p.day = dated(year, month, n)
}

func dated(year int, month time.Month, n int) day {
	return func(c calendar) (Date, error) {
		if month < 1 || month > 12 {
			return Date{}, refuse(ErrNoSuchDate, "there is no month "+strconv.Itoa(int(month)))
		}
		if year != 0 {
			if !exists(year, month, n) {
				return Date{}, refuse(ErrNoSuchDate, "there is no "+strconv.Itoa(n)+" "+month.String()+" "+strconv.Itoa(year))
			}
			return Date{Year: year, Month: month, Day: n}, nil
		}
		step := 1
		if c.past {
			step = -1
		}
		for k := range 9 { // 29 February may be eight years away
			d := Date{Year: c.today.Year + k*step, Month: month, Day: n}
			if exists(d.Year, month, n) && c.fits(d) {
				return d, nil
			}
		}
		return Date{}, refuse(ErrNoSuchDate, "there is no "+strconv.Itoa(n)+" "+month.String())
	}
}

// either is a date whose order of day and month is not known: both readings, or the only one the calendar has.
func (p *parser) either(year, a, b int) {
	p.written = true
	p.day = func(c calendar) (Date, error) {
		dayFirst, _ := dated(year, time.Month(b), a)(c) // the zero Date where the calendar has none
		monthFirst, _ := dated(year, time.Month(a), b)(c)
		switch {
		case dayFirst.IsZero() && monthFirst.IsZero():
			return Date{}, noSuchDate()
		case dayFirst.IsZero() || dayFirst == monthFirst:
			return monthFirst, nil
		case monthFirst.IsZero():
			return dayFirst, nil
		}
		return Date{}, &Ambiguous{DayFirst: dayFirst, MonthFirst: monthFirst}
	}
}

func noSuchDate() error { return refuse(ErrNoSuchDate, "there is no such date") }

// tooLong reports whether a text is longer than any date.
func tooLong(text string) bool {
	return len(text) > MaxLength && utf8.RuneCountInString(text) > MaxLength
}

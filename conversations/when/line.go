package when

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxWords is how many words at the beginning or end of a line are looked at.
const maxWords = 10

// field is one word of a line and where it stands there.
type field struct{ start, end int }

// fields finds at most n words from offset on.
func fields(s string, offset, n int) []field {
	var found []field
	start := -1
	for i, r := range s[offset:] {
		switch space := unicode.IsSpace(r); {
		case space && start >= 0:
			found = append(found, field{start, offset + i})
			start = -1
			if len(found) == n {
				return found
			}
		case !space && start < 0:
			start = offset + i
		}
	}
	if start >= 0 {
		found = append(found, field{start, len(s)})
	}
	return found
}

// Leading splits the time off the beginning of a line: "03:40 tried to fail over", "3:40am: x", "- [2026-03-01 14:05
// UTC] – restarted", "10m ago: x". The time is read as Past reads it. rest is the line without the time, the list mark
// before and the separator behind it, and may be empty; of a range (14:05–14:20 degraded) t is the start, and rest the
// whole line. ok is false, and rest the line as it is, when the line does not begin with a time that has come.
func Leading(text string, now time.Time) (t time.Time, rest string, ok bool) {
	t, rest, phrase, err := leading(text, now)
	return t, rest, phrase != "" && err == nil
}

// Misread says what is wrong with the time that a line begins with, when Leading does not read it: it has the shape of one
// (25:99), does not exist (30 feb 14:00), has two readings or has not come. phrase is that time as it is written. err is as
// of Past, and nil when Leading reads the line or the line begins with something else.
func Misread(text string, now time.Time) (phrase string, err error) {
	_, _, phrase, err = leading(text, now)
	return phrase, err
}

// leading is Leading with the time as it is written, which is empty where there is none, and what is wrong with it.
func leading(text string, now time.Time) (t time.Time, rest, phrase string, err error) {
	begin := 0
	if first := fields(text, 0, 1); len(first) == 1 && strings.Contains("-*•–—", text[first[0].start:first[0].end]) {
		begin = first[0].end
	}
	found := fields(text, begin, maxWords)
	words := make([]word, len(found))
	for i, f := range found {
		words[i] = fold(strings.TrimLeft(text[f.start:min(f.end, f.start+maxWordLength)], "[(*_`@"))
	}
	for n := len(found); n > 0; n-- {
		whole := words[n-1]
		last := found[n-1]
		for _, end := range lastWordEnds(text, last) {
			words[n-1] = fold(strings.TrimLeft(text[last.start:end], "[(*_`@"))
			ph, ok := parse(words[:n], line)
			if !ok || (ph.clock == nil && ph.day != nil) {
				continue
			}
			rest, zone, isRange := behindRange(text[end:])
			if ph.zone == nil {
				ph.zone = zone
			}
			t, err := ph.past(now)
			phrase := text[found[0].start:end]
			if err != nil {
				return time.Time{}, text, phrase, err
			}
			if isRange {
				return t, strings.TrimSpace(text[begin:]), phrase, nil
			}
			return t, rest, phrase, nil
		}
		words[n-1] = whole
	}
	if len(found) > 0 {
		first := strings.Trim(text[found[0].start:found[0].end], "[]()*_`@:,;|-–—")
		if _, err := Past(first, now); err != nil && looksClock(fold(first).s) {
			return time.Time{}, text, first, err
		}
	}
	return time.Time{}, text, "", nil
}

// maxWordLength is how many bytes of a word are looked at; no word of a date has more.
const maxWordLength = 60

// lastWordEnds says where the last word of a time may end: before punctuation, or before a dash behind the minutes.
func lastWordEnds(text string, f field) []int {
	s := text[f.start:min(f.end, f.start+maxWordLength)]
	ends := []int{f.start + len(strings.TrimRight(s, ":,;|])*_`-–—"))}
	if colon := strings.Index(s, ":"); colon > 0 {
		if dash := strings.IndexAny(s[colon:], "-–—"); dash > 0 {
			ends = append(ends, f.start+colon+dash)
		}
	}
	return ends
}

// behindRange takes the separator off what follows a time. isRange says that a second time follows behind a dash; zone
// is the one behind that, which then holds for both.
func behindRange(s string) (rest string, zone *time.Location, isRange bool) {
	s = strings.TrimLeft(s, "])*_`")
	for range 3 {
		spaced := strings.TrimLeftFunc(s, unicode.IsSpace)
		r, size := utf8.DecodeRuneInString(spaced)
		if !strings.ContainsRune(":,;|-–—→", r) || size == 0 || r == utf8.RuneError {
			s = spaced
			break
		}
		behind := spaced[size:]
		next, _ := utf8.DecodeRuneInString(behind)
		if len(spaced) < len(s) && behind != "" && !unicode.IsSpace(next) {
			s = spaced // 03:40 :fire: and 03:40 -5 % are words, not separators
			break
		}
		s = behind
		if strings.ContainsRune("-–—", r) {
			zone, isRange = secondTime(s)
			if isRange {
				return s, zone, true
			}
		}
	}
	if after, ok := strings.CutPrefix(s, "to "); ok {
		zone, isRange = secondTime(after)
	}
	return strings.TrimSpace(s), zone, isRange
}

// secondTime reads the end of a range: a clock time and perhaps a zone.
func secondTime(s string) (*time.Location, bool) {
	var words []word
	for _, f := range fields(s, 0, 2) {
		words = append(words, fold(strings.TrimRight(s[f.start:min(f.end, f.start+maxWordLength)], ":")))
	}
	p := parser{mode: line, words: words}
	if len(words) == 0 || !p.readClock() {
		return nil, false
	}
	p.readZone()
	return p.zone, true
}

// At splits a trailing " @ <time>" off a text: "rolled back to 4.11 @ 14:05". The time is read as Past reads it, and
// rest is what stands before the @. found is false when no @ is meant as a time (a mention, an e-mail address, "@ the
// office"): rest is then the text as it is. When one plainly is but cannot be read, found is true and err as of Past.
func At(text string, now time.Time) (t time.Time, rest string, found bool, err error) {
	tries := 0
	for i := strings.LastIndex(text, "@"); i >= 0 && tries < maxWords; i = strings.LastIndex(text[:i], "@") {
		if before, _ := utf8.DecodeLastRuneInString(text[:i]); i > 0 && !unicode.IsSpace(before) {
			continue
		}
		if len(text)-i > 4*MaxLength {
			break // too far from the end for a time
		}
		tries++
		after := text[i+1:]
		t, err, meant := readAt(after, now)
		if meant {
			return t, strings.TrimSpace(text[:i]), true, err
		}
	}
	return time.Time{}, text, false, nil
}

// readAt reads what stands behind an @. Right behind it, letters are a name unless all of it is a time.
func readAt(after string, now time.Time) (t time.Time, err error, meant bool) {
	words := split(after)
	if len(words) == 0 || tooLong(after) {
		return time.Time{}, nil, false
	}
	first, _ := utf8.DecodeRuneInString(after)
	name := !unicode.IsSpace(first) && !unicode.IsDigit(first) && !strings.ContainsRune("-−<~", first)
	ph, ok := parse(words, past)
	if !ok {
		if name || !looksTimed(words) {
			return time.Time{}, nil, false
		}
		return time.Time{}, refuse(ErrUnknown, "I cannot read the time behind the @: put it at the end, as in `@ 14:05` or `@ yesterday 23:50 UTC`"), true
	}
	t, err = ph.past(now)
	return t, err, err == nil || !name
}

// looksTimed reports whether words that cannot be read were meant as a time.
func looksTimed(words []word) bool {
	first := words[0].s
	_, isDay := weekdays[first]
	_, isMonth := months[first]
	isDay = isDay || isMonth || first == "today" || first == "yesterday" || first == "tomorrow" || first == "last"
	if number, _, ok := readDayNumber(first); ok && number > 0 && len(words) > 1 {
		_, followed := months[words[1].s]
		isDay = isDay || followed
	}
	p := parser{mode: past, words: words[:1]}
	if looksClock(first) || (p.readNumeric() && !p.weak) || words[len(words)-1].s == "ago" {
		return true
	}
	for _, w := range words[:min(len(words), 5)] {
		if isDay && looksClock(w.s) {
			return true
		}
	}
	return false
}

// looksClock reports whether a word has the shape of a clock time, possible or not: 25:99, 13pm.
func looksClock(s string) bool {
	_, s, ok := cutDigits(strings.TrimLeft(s, "~"), 1)
	if !ok {
		return false
	}
	if rest, found := strings.CutPrefix(s, ":"); found {
		_, _, ok = cutDigits(rest, 2)
		return ok
	}
	return isHalf(s)
}

// binding are words that make a date or an amount of time behind them part of the task: "every 2 weeks", "fix the
// report for friday".
var binding = set(`a about after an and as at before between each every for from is last least less like more most next
	of or over past per previous since than the this to under vs was within`)

// measures are words that an amount of time belongs to: "set retention 30 days".
var measures = set(`age backoff cooldown delay duration expiry grace history interval lifetime limit lookback max maximum
	min minimum period retention sla slo threshold timeout ttl validity window`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// TrailingDue finds the due phrase at the end of an action's words: the longest suffix that Due reads, n words long.
// Words that belong to the task are left alone: "keep logs for 2 weeks" and "page after 5 minutes" have no due date,
// nor has a clock time without "by". ok is false when there is none. If n is then not 0, the last n words are a date
// written out that is ambiguous or does not exist, and Due of them says what to answer.
func TrailingDue(words []string, now time.Time) (d Date, n int, ok bool) {
	from := max(0, len(words)-maxWords)
	folded := make([]word, 0, maxWords)
	for _, w := range words[from:] {
		folded = append(folded, fold(w[:min(len(w), maxWordLength)]))
	}
	for i := range folded {
		ph, ok := parse(folded[i:], due)
		if !ok {
			continue
		}
		before := ""
		if i > 0 {
			before = folded[i-1].s
		}
		if !ph.closes(folded[i].s, before) {
			return Date{}, 0, false
		}
		n := len(folded) - i
		d, err := ph.due(now)
		if err == nil {
			return d, n, true
		}
		if _, ambiguous := errors.AsType[*Ambiguous](err); ph.written && (ambiguous || errors.Is(err, ErrNoSuchDate)) {
			return Date{}, n, false
		}
		return Date{}, 0, false
	}
	return Date{}, 0, false
}

// closes reports whether a phrase that ends an action's line is its due date and no part of the task.
func (ph phrase) closes(first, before string) bool {
	switch {
	case ph.epoch != nil:
		return true
	case first == "within", ph.day == nil && !ph.endDay && !ph.intro:
		return false
	case ph.intro:
		return true
	case ph.weak, binding[before]:
		return false
	}
	return !ph.amount || !measures[before]
}

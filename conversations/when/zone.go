package when

import (
	"strconv"
	"strings"
	"time"
)

// abbreviations are the zone abbreviations that are read. Each means its offset, in summer and winter alike: EST is
// UTC-5 in July too. Those that mean different things to different people (IST, AST) are missing on purpose.
var abbreviations = map[string]*time.Location{
	"utc": time.UTC, "gmt": time.UTC,
	"est": fixed("EST", -5), "edt": fixed("EDT", -4),
	"cst": fixed("CST", -6), "cdt": fixed("CDT", -5),
	"mst": fixed("MST", -7), "mdt": fixed("MDT", -6),
	"pst": fixed("PST", -8), "pdt": fixed("PDT", -7),
	"cet": fixed("CET", 1), "cest": fixed("CEST", 2),
	"eet": fixed("EET", 2), "eest": fixed("EEST", 3),
	"bst": fixed("BST", 1), "msk": fixed("MSK", 3), "jst": fixed("JST", 9),
	"aest": fixed("AEST", 10), "aedt": fixed("AEDT", 11),
}

// areas are the first parts of IANA names; no other name is looked up.
var areas = map[string]string{
	"africa": "Africa", "america": "America", "antarctica": "Antarctica", "arctic": "Arctic", "asia": "Asia",
	"atlantic": "Atlantic", "australia": "Australia", "europe": "Europe", "indian": "Indian", "pacific": "Pacific",
	"etc": "Etc", "us": "US", "canada": "Canada",
}

func fixed(name string, hours int) *time.Location { return time.FixedZone(name, hours*3600) }

// readZone reads a zone as one word: an abbreviation, UTC+2, +02:00, or an IANA name in any case.
func readZone(s string) (*time.Location, bool) {
	lower := strings.ToLower(s)
	if loc, ok := abbreviations[lower]; ok {
		return loc, true
	}
	if lower == "z" {
		return time.UTC, true
	}
	if area, city, ok := strings.Cut(s, "/"); ok {
		return readIANA(area, city)
	}
	if rest, ok := strings.CutPrefix(lower, "utc"); ok {
		return readOffset(rest)
	}
	if rest, ok := strings.CutPrefix(lower, "gmt"); ok {
		return readOffset(rest)
	}
	return readOffset(lower)
}

// readOffset reads +2, +02, +0200 and +02:00, up to 14 hours.
func readOffset(s string) (*time.Location, bool) {
	if len(s) < 2 || (s[0] != '+' && s[0] != '-') {
		return nil, false
	}
	digits := s[1:]
	if len(digits) == 5 && digits[2] == ':' {
		digits = digits[:2] + digits[3:]
	}
	if len(digits) == 3 || len(digits) > 4 || !allDigits(digits) {
		return nil, false
	}
	hours, minutes := atoi(digits[:min(2, len(digits))]), 0
	if len(digits) == 4 {
		minutes = atoi(digits[2:])
	}
	if minutes > 59 || hours*60+minutes > 14*60 {
		return nil, false
	}
	seconds := hours*3600 + minutes*60
	if s[0] == '-' {
		seconds = -seconds
	}
	if seconds == 0 {
		return time.UTC, true
	}
	return time.FixedZone("", seconds), true
}

func readIANA(area, city string) (*time.Location, bool) {
	area, ok := areas[strings.ToLower(area)]
	if !ok || city == "" || len(city) > 40 || strings.Trim(city, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") != "" {
		return nil, false
	}
	for _, name := range []string{city, titled(city)} {
		if loc, err := time.LoadLocation(area + "/" + name); err == nil {
			return loc, true
		}
	}
	return nil, false
}

// titled is "new_york" as the database spells it, "New_York".
func titled(city string) string {
	b := []byte(strings.ToLower(city))
	for i, c := range b {
		if (i == 0 || b[i-1] == '_' || b[i-1] == '/' || b[i-1] == '-') && c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// at is the moment when the clock in loc shows c on day d. Where the clocks are put back and show it twice, it is the
// first time; where they are put forward and skip it, it is as much later as they skip (02:30 becomes 03:30). Both are
// the same rule: the offset in force before the change counts.
func at(d Date, c clock, loc *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, c.hour, c.minute, c.second, c.milli*1e6, time.UTC)
	t := time.Date(d.Year, d.Month, d.Day, c.hour, c.minute, c.second, c.milli*1e6, loc)
	shown := func(t time.Time) time.Time { // what the clock shows, as if it were UTC
		_, offset := t.Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	if shown(t).Before(wall) { // skipped, and read with the offset after the change
		_, offset := t.Zone()
		return wall.Add(-time.Duration(offset) * time.Second).In(loc)
	}
	if start, _ := t.ZoneBounds(); !start.IsZero() && shown(t).Equal(wall) {
		_, before := start.Add(-time.Second).Zone()
		if first := wall.Add(-time.Duration(before) * time.Second).In(loc); first.Before(start) {
			return first
		}
	}
	return t
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// atoi reads digits already known to be few.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

package when

import (
	"fmt"
	"strconv"
	"time"
)

// Date is a calendar date in its owner's zone, and the clock time on it if one was given. The zero Date is "no date".
// Two Dates are equal (==) when they name the same day and, if any, the same clock time in the same offset.
type Date struct {
	Year  int
	Month time.Month
	Day   int

	timed  bool
	clock  int // milliseconds since 00:00 by the owner's clock
	offset int // that clock's minutes east of UTC
}

// NewDate returns the date, normalised as time.Date does it: 31 February is 2 or 3 March.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the calendar date of t in t's own location, without a clock time.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// dateAt returns the calendar date of t in t's own location, with its clock time.
func dateAt(t time.Time) Date {
	_, offset := t.Zone()
	offset /= 60 // offsets with seconds ended before 1972; without them RFC 3339 can carry every one
	t = t.In(time.FixedZone("", offset*60))
	d := DateOf(t)
	d.timed, d.offset = true, offset
	d.clock = ((t.Hour()*60+t.Minute())*60+t.Second())*1000 + t.Nanosecond()/1e6
	return d
}

// ParseDate reads what String writes. An empty text is the zero Date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return DateOf(t), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return Date{}, fmt.Errorf("parse date %q: neither 2006-01-02 nor RFC 3339", s)
	}
	_, offset := t.Zone()
	return dateAt(t.In(time.FixedZone("", offset))), nil
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String is "2006-01-02", or with a clock time "2006-01-02T15:04:05+01:00"; empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	if t, ok := d.Instant(); ok {
		return t.Format("2006-01-02T15:04:05.999Z07:00")
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes String; JSON therefore holds dates as strings.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) error {
	read, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = read
	return nil
}

// Instant is the moment that was typed, by the clock (offset) it was read in; false when only a day was.
func (d Date) Instant() (time.Time, bool) {
	if !d.timed {
		return time.Time{}, false
	}
	zone := time.FixedZone("", d.offset*60)
	if d.offset == 0 {
		zone = time.UTC
	}
	midnight := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
	return midnight.Add(time.Duration(d.clock) * time.Millisecond), true
}

// DayOnly is the date without its clock time.
func (d Date) DayOnly() Date { return Date{Year: d.Year, Month: d.Month, Day: d.Day} }

// Compare orders dates by calendar day and by nothing else: -1, 0 or 1.
func (d Date) Compare(o Date) int { return d.utc().Compare(o.utc()) }

// Before reports whether d's calendar day comes before o's.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// After reports whether d's calendar day comes after o's.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// DaysUntil is the number of calendar days from d to o, negative when o is earlier.
func (d Date) DaysUntil(o Date) int { return int(o.utc().Sub(d.utc()) / (24 * time.Hour)) }

// AddDays is the date n calendar days later (earlier when negative), without a clock time.
func (d Date) AddDays(n int) Date { return NewDate(d.Year, d.Month, d.Day+n) }

// addMonths is the same day n months later, or the last of that month where it has no such day, without a clock time.
func (d Date) addMonths(n int) Date {
	first := NewDate(d.Year, d.Month+time.Month(n), 1)
	return Date{Year: first.Year, Month: first.Month, Day: min(d.Day, daysIn(first.Year, first.Month))}
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// Midnight is the first moment of the day in loc, which is not 00:00 where clocks are put forward at midnight.
func (d Date) Midnight(loc *time.Location) time.Time { return at(d, clock{}, loc) }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// exists reports whether the calendar has the day.
func exists(year int, month time.Month, day int) bool {
	return month >= time.January && month <= time.December && day >= 1 && day <= daysIn(year, month)
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// spoken is the date as people write it in a sentence: "1 December 2026".
func (d Date) spoken() string {
	return strconv.Itoa(d.Day) + " " + d.Month.String() + " " + strconv.Itoa(d.Year)
}

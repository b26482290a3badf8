package when

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf8"
)

// The moment all tables speak of: Wednesday 2026-11-18 10:30 in Berlin.
var (
	berlin = zone("Europe/Berlin")
	now    = time.Date(2026, 11, 18, 10, 30, 0, 0, berlin)
)

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// shown writes a due date as the tables do: 2026-11-20, or 2026-11-20 17:00.
func shown(d Date) string {
	if t, ok := d.Instant(); ok {
		return t.Format("2006-01-02 15:04")
	}
	return d.String()
}

func TestDue(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// The forty measured phrases.
		{"today", "2026-11-18"},
		{"tomorrow", "2026-11-19"},
		{"tomorrow 5pm", "2026-11-19 17:00"},
		{"tomorrow at 17:00", "2026-11-19 17:00"},
		{"tonight", "2026-11-18"},
		{"friday", "2026-11-20"},
		{"Fri", "2026-11-20"},
		{"this friday", "2026-11-20"},
		{"next friday", "2026-11-20"},
		{"next monday", "2026-11-23"},
		{"monday 9am", "2026-11-23 09:00"},
		{"by friday", "2026-11-20"},
		{"friday noon", "2026-11-20 12:00"},
		{"wednesday", "2026-11-25"},
		{"in 2 weeks", "2026-12-02"},
		{"in two weeks", "2026-12-02"},
		{"2 weeks", "2026-12-02"},
		{"2w", "2026-12-02"},
		{"in 3 days", "2026-11-21"},
		{"3d", "2026-11-21"},
		{"in 48 hours", "2026-11-20 10:30"},
		{"in a month", "2026-12-18"},
		{"next week", "2026-11-27"},
		{"next month", "2026-12-31"},
		{"end of week", "2026-11-20"},
		{"EOW", "2026-11-20"},
		{"EOD", "2026-11-18"},
		{"EOD tomorrow", "2026-11-19"},
		{"end of month", "2026-11-30"},
		{"EOM", "2026-11-30"},
		{"end of quarter", "2026-12-31"},
		{"2026-12-01", "2026-12-01"},
		{"01.12.2026", "2026-12-01"}, // 12/01/2026, between these two, is asked back: TestAmbiguous
		{"1 Dec", "2026-12-01"},
		{"December 1st", "2026-12-01"},
		{"Jan 15", "2027-01-15"},
		{"in 2 business days", "2026-11-20"},
		{"2026-12-01T15:00Z", "2026-12-01 16:00"},
		{"tomorrow 5pm PST", "2026-11-20 02:00"},

		// Held out when the libraries were measured, and missed.
		{"a week from monday", "2026-11-30"},
		{"end of next week", "2026-11-27"},
		{"by eod friday", "2026-11-20"},
		{"next quarter", "2027-03-31"},
		{"monday morning", "2026-11-23"},
		{"tomorrow morning", "2026-11-19"},

		// Days and weekdays.
		{"tmrw", "2026-11-19"},
		{"the day after tomorrow", "2026-11-20"},
		{"this wednesday", "2026-11-18"},
		{"this coming friday", "2026-11-20"},
		{"on Monday", "2026-11-23"},
		{"friday next week", "2026-11-27"},
		{"next week on friday", "2026-11-27"},
		{"next week tuesday", "2026-11-24"},
		{"(by Fri)", "2026-11-20"},
		{"due: friday", "2026-11-20"},
		{"no later than friday", "2026-11-20"},
		{"friday afternoon", "2026-11-20"},
		{"this evening", "2026-11-18"},

		// Amounts.
		{"in a fortnight", "2026-12-02"},
		{"in two weeks' time", "2026-12-02"},
		{"2 weeks from friday", "2026-12-04"},
		{"a week from today", "2026-11-25"},
		{"2 days after tomorrow", "2026-11-21"},
		{"in 8 working days", "2026-11-30"},
		{"2mo", "2027-01-18"},
		{"in a year", "2027-11-18"},
		{"48h", "2026-11-20 10:30"},
		{"in 90 minutes", "2026-11-18 12:00"},

		// Periods are due at their end.
		{"this week", "2026-11-20"},
		{"by the end of the week", "2026-11-20"},
		{"by the end of the day", "2026-11-18"},
		{"this weekend", "2026-11-22"},
		{"start of next week", "2026-11-23"},
		{"start of next month", "2026-12-01"},
		{"beginning of next quarter", "2027-01-01"},
		{"end of next month", "2026-12-31"},
		{"end of january", "2027-01-31"},
		{"end of february 2028", "2028-02-29"},
		{"end of Q1", "2027-03-31"},
		{"EOY", "2026-12-31"},
		{"next year", "2027-12-31"},

		// Dates written out.
		{"18 nov", "2026-11-18"},
		{"17 nov", "2027-11-17"},
		{"29 feb", "2028-02-29"},
		{"1st of December", "2026-12-01"},
		{"the 15th", "2026-12-15"},
		{"the 31st", "2026-12-31"},
		{"Dec. 1, 2026", "2026-12-01"},
		{"Fri, 27 Nov", "2026-11-27"},
		{"Fri 27 Nov, 17:00", "2026-11-27 17:00"},
		{"1-Dec-2026", "2026-12-01"},
		{"2026/12/01", "2026-12-01"},
		{"01.12.", "2026-12-01"},
		{"1.12.26", "2026-12-01"},
		{"13/02/2027", "2027-02-13"},
		{"02/13/2027", "2027-02-13"},
		{"03/03/2027", "2027-03-03"},

		// Clock times and zones.
		{"17:00", "2026-11-18 17:00"},
		{"5 p.m. tomorrow", "2026-11-19 17:00"},
		{"tomorrow by 5 pm", "2026-11-19 17:00"},
		{"tomorrow 17:00 America/New_York", "2026-11-19 23:00"},
		{"tomorrow 17:00 america/new_york", "2026-11-19 23:00"},
		{"tomorrow 17:00 UTC+2", "2026-11-19 16:00"},
		{"2026-12-01 15:00:00-05:00", "2026-12-01 21:00"},
		{"tomorrow morning 9:00", "2026-11-19 09:00"},
		{"12am tomorrow", "2026-11-19 00:00"},
		{"<t:1796137200:D>", "2026-12-01 16:00"},
		{"5\u202fPM\u00a0tomorrow", "2026-11-19 17:00"},
	} {
		d, err := Due(c.text, now)
		if err != nil {
			t.Errorf("Due(%q) refused: %v", c.text, err)
		} else if shown(d) != c.want {
			t.Errorf("Due(%q) = %s, want %s", c.text, shown(d), c.want)
		}
	}
}

func TestPast(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// The 24 measured phrases.
		{"14:05", "2026-11-17 14:05"},
		{"09:40", "2026-11-18 09:40"},
		{"9:40am", "2026-11-18 09:40"},
		{"10m ago", "2026-11-18 10:20"},
		{"10 minutes ago", "2026-11-18 10:20"},
		{"an hour ago", "2026-11-18 09:30"},
		{"half an hour ago", "2026-11-18 10:00"},
		{"1h30m ago", "2026-11-18 09:00"},
		{"2h ago", "2026-11-18 08:30"},
		{"-15m", "2026-11-18 10:15"},
		{"yesterday 23:50", "2026-11-17 23:50"},
		{"yesterday 23:50 UTC", "2026-11-18 00:50"},
		{"yesterday at 11pm", "2026-11-17 23:00"},
		{"23:50 UTC", "2026-11-18 00:50"},
		{"last friday 18:00", "2026-11-13 18:00"},
		{"monday 14:05", "2026-11-16 14:05"},
		{"2026-11-17 23:50", "2026-11-17 23:50"},
		{"2026-11-17T22:50:00Z", "2026-11-17 23:50"},
		{"1794956400", "2026-11-18 00:00"},
		{"now", "2026-11-18 10:30"},
		{"just now", "2026-11-18 10:30"},
		{"Nov 17 14:05", "2026-11-17 14:05"},
		{"08:15 EST", "2026-11-17 14:15"},
		{"08:15 Europe/Berlin", "2026-11-18 08:15"},

		{"10:30", "2026-11-18 10:30"},
		{"10:31", "2026-11-17 10:31"},
		{"noon", "2026-11-17 12:00"},
		{"midnight", "2026-11-18 00:00"},
		{"around 9:40", "2026-11-18 09:40"},
		{"~9:40", "2026-11-18 09:40"},
		{"at 9 am", "2026-11-18 09:00"},
		{"1 hour and 30 minutes ago", "2026-11-18 09:00"},
		{"1h 30m ago", "2026-11-18 09:00"},
		{"1.5h ago", "2026-11-18 09:00"},
		{"-1h30m", "2026-11-18 09:00"},
		{"\u221215m", "2026-11-18 10:15"},
		{"-15 min", "2026-11-18 10:15"},
		{"wednesday 9:40", "2026-11-18 09:40"},
		{"wednesday 14:05", "2026-11-11 14:05"},
		{"last wednesday 9:40", "2026-11-11 09:40"},
		{"14:05 on monday", "2026-11-16 14:05"},
		{"23:50 UTC yesterday", "2026-11-18 00:50"},
		{"2 days ago 14:05", "2026-11-16 14:05"},
		{"day before yesterday 14:05", "2026-11-16 14:05"},
		{"this morning 9:40", "2026-11-18 09:40"},
		{"last night 23:50", "2026-11-17 23:50"},
		{"last night at 1am", "2026-11-18 01:00"},
		{"Dec 24 10:00", "2025-12-24 10:00"},
		{"Nov 18 14:05", "2025-11-18 14:05"},
		{"29 Feb 10:00", "2024-02-29 10:00"},
		{"Tue 17 Nov 14:05", "2026-11-17 14:05"},
		{"17.11.2026 14:05", "2026-11-17 14:05"},
		{"11/17/2026 2:05 PM", "2026-11-17 14:05"},
		{"the 17th 14:05", "2026-11-17 14:05"},
		{"2026-11-17 22:50:00+00:00", "2026-11-17 23:50"},
		{"2026-11-17 22:50:00 +0000", "2026-11-17 23:50"},
		{"2026-11-17 22:50:00.123456+00", "2026-11-17 23:50"},
		{"2026-11-17T17:50-05:00", "2026-11-17 23:50"},
		{"1794956400123", "2026-11-18 00:00"},
		{"1794956400.000100", "2026-11-18 00:00"},
		{"<t:1794956400>", "2026-11-18 00:00"},
	} {
		got, err := Past(c.text, now)
		if err != nil {
			t.Errorf("Past(%q) refused: %v", c.text, err)
		} else if got.Format("2006-01-02 15:04") != c.want {
			t.Errorf("Past(%q) = %s, want %s", c.text, got.Format("2006-01-02 15:04"), c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("fri ", 60)
	for _, c := range []struct {
		text      string
		due, past error
	}{
		// The twelve measured phrases.
		{"asap", ErrUnknown, ErrUnknown},
		{"soon", ErrUnknown, ErrUnknown},
		{"tbd", ErrUnknown, ErrUnknown},
		{"-", ErrUnknown, ErrUnknown},
		{"after v2.3 ships", ErrUnknown, ErrUnknown},
		{"when the sprint ends", ErrUnknown, ErrUnknown},
		{"P1", ErrUnknown, ErrUnknown},
		{"ask @maria", ErrUnknown, ErrUnknown},
		{"never", ErrUnknown, ErrUnknown},
		{"yes", ErrUnknown, ErrUnknown},
		{"31 feb", ErrNoSuchDate, ErrNoClock},
		{"2026-13-40", ErrNoSuchDate, ErrNoClock},

		{"", ErrUnknown, ErrUnknown},
		{"   ", ErrUnknown, ErrUnknown},
		{long, ErrTooLong, ErrTooLong},
		{"31 feb 10:00", ErrNoSuchDate, ErrNoSuchDate},
		{"29 feb 2027", ErrNoSuchDate, ErrNoClock},
		{"40/40/2026", ErrNoSuchDate, ErrNoClock},
		{"02.13.2027", ErrNoSuchDate, ErrNoClock},
		{"Mon 27 Nov", ErrNoSuchDate, ErrNoClock},
		{"yesterday", ErrPast, ErrNoClock},
		{"2026-11-17", ErrPast, ErrNoClock},
		{"17 nov 2026", ErrPast, ErrNoClock},
		{"01/02/2026", ErrPast, ErrNoClock},
		{"today 9am", ErrPast, nil},
		{"9:00", ErrPast, nil},
		{"tomorrow 9:00", nil, ErrFuture},
		{"today 14:05", nil, ErrFuture},
		{"2026-11-18 10:31", nil, ErrFuture},
		{"2126-12-01", ErrFar, ErrNoClock},
		{"in 9999 years", ErrFar, ErrUnknown},
		{"1999-12-01 10:00", ErrPast, ErrFar},
		{"1000000000", ErrUnknown, ErrFar},
		{"friday", nil, ErrNoClock},

		// What it could only guess.
		{"friday?", ErrUnknown, ErrUnknown},
		{"before friday", ErrUnknown, ErrUnknown},
		{"friday or monday", ErrUnknown, ErrUnknown},
		{"tomorrow at 9", ErrUnknown, ErrUnknown},
		{"friday midnight", ErrUnknown, ErrUnknown},
		{"in 3m", ErrUnknown, ErrUnknown},
		{"5m", ErrUnknown, ErrUnknown},
		{"in december", ErrUnknown, ErrUnknown},
		{"1.12", ErrUnknown, ErrUnknown},
		{"next weekend", ErrUnknown, ErrUnknown},
		{"24:00", ErrUnknown, ErrUnknown},
		{"13pm", ErrUnknown, ErrUnknown},
		{"14:05 -5", ErrUnknown, ErrUnknown},
		{"14:05 IST", ErrUnknown, ErrUnknown},
		{"14:05 Europe/Berln", ErrUnknown, ErrUnknown},
		{"14:05 ../../etc/passwd", ErrUnknown, ErrUnknown},
		{"14:05-14:20", ErrUnknown, ErrUnknown},
		{"this morning 14:05", ErrUnknown, ErrUnknown},
		{"last night", ErrUnknown, ErrNoClock},
	} {
		check := func(name string, err, want error) {
			if !errors.Is(err, want) || (want == nil && err != nil) {
				t.Errorf("%s(%.40q): %v, want %v", name, c.text, err, want)
			}
			if (errors.Is(err, ErrUnknown) || errors.Is(err, ErrTooLong)) && strings.Count(err.Error(), "`") != 4 {
				t.Errorf("%s(%.40q): %q does not give two examples", name, c.text, err)
			}
		}
		_, err := Due(c.text, now)
		check("Due", err, c.due)
		_, err = Past(c.text, now)
		check("Past", err, c.past)
	}
}

// What the errors tell people to try must work.
func TestExamplesWork(t *testing.T) {
	_, dueErr := Due("soon", now)
	for _, example := range quoted(dueErr.Error()) {
		if _, err := Due(example, now); err != nil {
			t.Errorf("Due(%q): %v", example, err)
		}
	}
	_, pastErr := Past("soon", now)
	for _, example := range quoted(pastErr.Error()) {
		if _, err := Past(example, now); err != nil {
			t.Errorf("Past(%q): %v", example, err)
		}
	}
}

func quoted(s string) []string {
	parts := strings.Split(s, "`")
	return []string{parts[1], parts[3]}
}

func TestAmbiguous(t *testing.T) {
	for _, c := range []struct{ text, dayFirst, monthFirst string }{
		{"12/01/2026", "2026-01-12", "2026-12-01"},
		{"12/01/26", "2026-01-12", "2026-12-01"},
		{"12-01-2026", "2026-01-12", "2026-12-01"},
		{"12/1", "2027-01-12", "2026-12-01"},
		{"by 12/01/2026", "2026-01-12", "2026-12-01"},
		{"12/01/2026 17:00 UTC", "2026-01-12 18:00", "2026-12-01 18:00"},
	} {
		_, err := Due(c.text, now)
		a, ok := errors.AsType[*Ambiguous](err)
		if !ok {
			t.Errorf("Due(%q): %v, want it asked back", c.text, err)
			continue
		}
		if shown(a.DayFirst) != c.dayFirst || shown(a.MonthFirst) != c.monthFirst {
			t.Errorf("Due(%q): %s or %s, want %s or %s", c.text, shown(a.DayFirst), shown(a.MonthFirst), c.dayFirst, c.monthFirst)
		}
	}
	_, err := Due("12/01/2026", now)
	if want := "that is 12 January 2026 or 1 December 2026: write `2026-01-12` or `2026-12-01`"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if _, err := Past("11/10/2026 14:05", now); !errors.As(err, new(*Ambiguous)) {
		t.Errorf("Past: %v, want it asked back", err)
	}
	if _, err := Past("12/11/2027 14:05", now); !errors.Is(err, ErrFuture) {
		t.Errorf("Past: %v, want %v", err, ErrFuture)
	}
}

func TestWeekendReadings(t *testing.T) {
	saturday := time.Date(2026, 11, 21, 10, 0, 0, 0, berlin)
	for text, want := range map[string]string{
		"EOW": "2026-11-22", "end of next week": "2026-11-27", "this weekend": "2026-11-22", "next week": "2026-11-27",
		"in 1 business day": "2026-11-23", "in 6 business days": "2026-11-30", "saturday": "2026-11-28",
	} {
		if d, err := Due(text, saturday); err != nil || d.String() != want {
			t.Errorf("Due(%q) = %s, %v; want %s", text, d, err, want)
		}
	}
}

func TestLeading(t *testing.T) {
	for _, c := range []struct{ line, want, rest string }{
		{"03:40 tried to fail over", "2026-11-18 03:40", "tried to fail over"},
		{"3:40am: x", "2026-11-18 03:40", "x"},
		{"3:40 am: x", "2026-11-18 03:40", "x"},
		{"2026-03-01 14:05 – restarted", "2026-03-01 14:05", "restarted"},
		{"2026-11-17T22:50:00Z restarted", "2026-11-17 23:50", "restarted"},
		{"yesterday 23:50 UTC paged kim", "2026-11-18 00:50", "paged kim"},
		{"03:40 yesterday we saw it", "2026-11-17 03:40", "we saw it"},
		{"monday 14:05 deploy", "2026-11-16 14:05", "deploy"},
		{"14:05 monday backups failed", "2026-11-17 14:05", "monday backups failed"},
		{"Nov 17 14:05: deploy", "2026-11-17 14:05", "deploy"},
		{"[03:40] restarted", "2026-11-18 03:40", "restarted"},
		{"[2026-11-17 14:05]: restarted", "2026-11-17 14:05", "restarted"},
		{"- 03:40 - restarted", "2026-11-18 03:40", "restarted"},
		{"  * 03:40 restarted", "2026-11-18 03:40", "restarted"},
		{"*03:40* restarted", "2026-11-18 03:40", "restarted"},
		{"`03:40` restarted", "2026-11-18 03:40", "restarted"},
		{"@03:40 restarted", "2026-11-18 03:40", "restarted"},
		{"03:40-restarted", "2026-11-18 03:40", "restarted"},
		{"03:40 → restarted", "2026-11-18 03:40", "restarted"},
		{"03:40 -5 % traffic", "2026-11-18 03:40", "-5 % traffic"},
		{"03:40 +1000 users", "2026-11-18 03:40", "+1000 users"},
		{"03:40 :fire: db", "2026-11-18 03:40", ":fire: db"},
		{"03:40 EST paged", "2026-11-18 09:40", "paged"},
		{"03:40 est. 500 users", "2026-11-18 03:40", "est. 500 users"},
		{"03:40 America/New_York paged", "2026-11-18 09:40", "paged"},
		{"14:05 foo/bar failed", "2026-11-17 14:05", "foo/bar failed"},
		{"10m ago: restarted", "2026-11-18 10:20", "restarted"},
		{"<t:1794956400:t> restarted", "2026-11-18 00:00", "restarted"},
		{"03:40", "2026-11-18 03:40", ""},
		{"03:40 12 pods restarted", "2026-11-18 03:40", "12 pods restarted"},
		// A range begins at its start and keeps its words.
		{"03:05–03:20 degraded", "2026-11-18 03:05", "03:05–03:20 degraded"},
		{"03:05-03:20 UTC degraded", "2026-11-18 04:05", "03:05-03:20 UTC degraded"},
		{"- 03:05 - 03:20: degraded", "2026-11-18 03:05", "03:05 - 03:20: degraded"},
		{"03:05 to 03:20 degraded", "2026-11-18 03:05", "03:05 to 03:20 degraded"},
	} {
		got, rest, ok := Leading(c.line, now)
		if !ok || got.Format("2006-01-02 15:04") != c.want || rest != c.rest {
			t.Errorf("Leading(%q) = %s, %q, %v; want %s, %q", c.line, got.Format("2006-01-02 15:04"), rest, ok, c.want, c.rest)
		}
	}
	for _, line := range []string{
		"", "  ", "- ", "restarted at 03:40", "now it is over", "noon traffic peaked", "1794956400 rows", "3 pods", "friday deploy",
		"yesterday was worse", "-15m rows", "25:00 x", "tomorrow 10:00 x", "2026-13-40 14:05 x", "12/01/2026 14:05 x", "3:1 ratio",
		"10.0.0.1:80 down", "🔥", "4.11 rolled back", "14:05/14:10 flapped",
	} {
		if got, rest, ok := Leading(line, now); ok || rest != line || !got.IsZero() {
			t.Errorf("Leading(%q) = %v, %q, %v; want nothing", line, got, rest, ok)
		}
	}
}

func TestMisread(t *testing.T) {
	for _, c := range []struct {
		line, phrase string
		reason       error
	}{
		{"25:99 deploy", "25:99", ErrUnknown},
		{"- [14:75] deploy", "14:75", ErrUnknown},
		{"13pm: deploy", "13pm", ErrUnknown},
		{"30 feb 14:00 deploy", "30 feb 14:00", ErrNoSuchDate},
		{"tomorrow 10:00 deploy", "tomorrow 10:00", ErrFuture},
		{"14:05 deploy", "14:05", nil},
		{"deploy 25:99", "", nil},
		{"3 pods", "", nil},
		{"3:1 ratio", "", nil},
		{"10.0.0.1:80 down", "", nil},
		{"friday deploy", "", nil},
		{"", "", nil},
	} {
		if phrase, err := Misread(c.line, now); phrase != c.phrase || !errors.Is(err, c.reason) {
			t.Errorf("Misread(%q) = %q, %v; want %q, %v", c.line, phrase, err, c.phrase, c.reason)
		}
	}
	var two *Ambiguous
	if _, err := Misread("12/01/2026 14:05 deploy", now); !errors.As(err, &two) {
		t.Errorf("a date with two readings: %v", err)
	}
}

func TestAt(t *testing.T) {
	for _, c := range []struct{ text, want, rest string }{
		{"rolled back to 4.11 @ 14:05", "2026-11-17 14:05", "rolled back to 4.11"},
		{"rolled back @14:05", "2026-11-17 14:05", "rolled back"},
		{"rolled back @ yesterday 23:50 UTC", "2026-11-18 00:50", "rolled back"},
		{"rolled back @yesterday 23:50", "2026-11-17 23:50", "rolled back"},
		{"rolled back @ 10m ago", "2026-11-18 10:20", "rolled back"},
		{"rolled back @ -15m", "2026-11-18 10:15", "rolled back"},
		{"paged @kim @ 9:40", "2026-11-18 09:40", "paged @kim"},
		{"mail to a@b.org bounced @ 9:40", "2026-11-18 09:40", "mail to a@b.org bounced"},
		{"@ 9:40", "2026-11-18 09:40", ""},
	} {
		got, rest, found, err := At(c.text, now)
		if err != nil || !found || got.Format("2006-01-02 15:04") != c.want || rest != c.rest {
			t.Errorf("At(%q) = %v, %q, %v, %v; want %s, %q", c.text, got, rest, found, err, c.want, c.rest)
		}
	}
	for text, want := range map[string]error{
		"x @ 25:99":                   ErrUnknown,
		"x @ 13pm":                    ErrUnknown,
		"x @ 14:05 then restarted":    ErrUnknown,
		"x @ 9:40 by @kim":            ErrUnknown,
		"x @ 14:05 PTS":               ErrUnknown,
		"x @ a while ago":             ErrUnknown,
		"x @ monday around 14:05 ish": ErrUnknown,
		"x @ tomorrow 9:00":           ErrFuture,
		"x @ 31 feb 10:00":            ErrNoSuchDate,
		"x @ yesterday":               ErrNoClock,
	} {
		if _, rest, found, err := At(text, now); !found || !errors.Is(err, want) || rest != "x" {
			t.Errorf("At(%q) = %q, %v, %v; want %v", text, rest, found, err, want)
		}
	}
	for _, text := range []string{
		"", "@", "x @", "thanks @kim", "thanks @sun", "thanks @may", "a@b.org", "<@U123> restarted", "met @ the office", "deployed @ v4.11",
		"scaled @ 3 nodes", "x@14:05", "@channel 14:05 restarted", "at 1/2 @ 1/2 capacity",
	} {
		if _, rest, found, err := At(text, now); found || err != nil || rest != text {
			t.Errorf("At(%q) = %q, %v, %v; want nothing found", text, rest, found, err)
		}
	}
}

func TestTrailingDue(t *testing.T) {
	for _, c := range []struct {
		line string
		n    int
		want string
	}{
		{"alert per country fri", 1, "2026-11-20"},
		{"alert per country @kim p1 fri", 1, "2026-11-20"},
		{"alert per country by friday.", 2, "2026-11-20"},
		{"alert per country in 2 weeks", 3, "2026-12-02"},
		{"alert per country @kim 2w", 1, "2026-12-02"},
		{"alert per country due next week", 3, "2026-11-27"},
		{"alert per country by the end of the month", 6, "2026-11-30"},
		{"alert per country on 1 Dec", 3, "2026-12-01"},
		{"alert per country Fri 27 Nov 17:00 UTC", 5, "2026-11-27 18:00"},
		{"alert per country by the 15th", 3, "2026-12-15"},
		{"alert per country by 5pm", 2, "2026-11-18 17:00"},
		{"alert per country 2026-12-01", 1, "2026-12-01"},
		{"alert per country a week from monday", 4, "2026-11-30"},
		{"alert per country eod", 1, "2026-11-18"},
		{"bump the limit to 5 tomorrow", 1, "2026-11-19"},
		{"scale to 3 nov 25", 2, "2026-11-25"},
		{"fix friday job monday", 1, "2026-11-23"},
		{"fri", 1, "2026-11-20"},
	} {
		d, n, ok := TrailingDue(strings.Fields(c.line), now)
		if !ok || n != c.n || shown(d) != c.want {
			t.Errorf("TrailingDue(%q) = %s, %d, %v; want %s, %d", c.line, shown(d), n, ok, c.want, c.n)
		}
	}
	for _, line := range []string{
		"", "fix friday job", "retry 3", "keep logs for 2 weeks", "raise retention to 30 days", "rotate keys every 3 months",
		"rotate keys every friday", "set retention 30 days", "page after 5 minutes", "page in 5 minutes", "run the backup at 5pm",
		"drop what we collected last friday", "alert when a certificate expires within 30 days", "write up what broke on 2026-11-17",
		"write up what broke yesterday", "upgrade to 1.12", "pin postgres 14.11.26", "reduce load 1/2", "handle the 2nd", "deploy at noon",
		"stop deploying between thu and mon", "cut it by 5", "ask @maria", "close P1", "do it asap",
	} {
		if d, n, ok := TrailingDue(strings.Fields(line), now); ok || n != 0 || !d.IsZero() {
			t.Errorf("TrailingDue(%q) = %s, %d, %v; want none", line, shown(d), n, ok)
		}
	}
	for line, want := range map[string]int{"alert per country 12/01/2026": 1, "alert by 12/1": 2, "alert per country 31 feb": 2} {
		if d, n, ok := TrailingDue(strings.Fields(line), now); ok || n != want || !d.IsZero() {
			t.Errorf("TrailingDue(%q) = %s, %d, %v; want %d words to ask about", line, shown(d), n, ok, want)
		}
	}
}

func TestClockChanges(t *testing.T) {
	for _, c := range []struct{ zone, date, clock, want string }{
		{"Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:30:00+02:00"},
		{"Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30:00+02:00"},
		{"America/New_York", "2026-03-08", "02:30", "2026-03-08T03:30:00-04:00"},
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01T01:30:00-04:00"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:45:00+11:00"},
		{"Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-05T01:45:00+11:00"},
		{"Africa/Cairo", "2026-04-24", "00:30", "2026-04-24T01:30:00+03:00"},
		{"Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T23:30:00+03:00"},
		{"America/Sao_Paulo", "2018-11-04", "00:30", "2018-11-04T01:30:00-02:00"},
		{"Pacific/Apia", "2011-12-30", "10:00", "2011-12-31T10:00:00+14:00"},
	} {
		loc := zone(c.zone)
		asked := time.Date(2026, 12, 31, 0, 0, 0, 0, loc)
		if year := atoi(c.date[:4]); year < 2020 {
			asked = time.Date(year+1, 1, 1, 0, 0, 0, 0, loc)
		}
		got, err := Past(c.date+" "+c.clock, asked)
		if err != nil || got.Format(time.RFC3339) != c.want {
			t.Errorf("%s %s %s = %s, %v; want %s", c.zone, c.date, c.clock, got.Format(time.RFC3339), err, c.want)
		}
	}
	cairo := Date{Year: 2026, Month: 4, Day: 24}.Midnight(zone("Africa/Cairo"))
	if got := cairo.Format(time.RFC3339); got != "2026-04-24T01:00:00+03:00" {
		t.Errorf("the first moment of 24 April 2026 in Cairo is %s", got)
	}
}

var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Havana", "Africa/Cairo", "Africa/Casablanca",
	"Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Gaza", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Marquesas",
	"Antarctica/Troll",
}

// moments are times over a year that never fall on the same hour twice running, and every change of the clocks.
func moments(loc *time.Location, year int) []time.Time {
	var all []time.Time
	start := time.Date(year, 1, 1, 0, 0, 0, 0, loc)
	for t := start; t.Year() == year; t = t.Add(53*time.Hour + 17*time.Minute + 11*time.Second) {
		all = append(all, t)
	}
	for t := start; ; {
		_, end := t.ZoneBounds()
		if end.IsZero() || end.Year() != year {
			return all
		}
		for _, near := range []time.Duration{-time.Hour, -time.Second, 0, 20 * time.Minute, 90 * time.Minute} {
			all = append(all, end.Add(near))
		}
		t = end
	}
}

func TestDueIsNeverBeforeToday(t *testing.T) {
	phrases := []string{
		"today", "tomorrow", "tonight", "friday", "next monday", "this sunday", "2w", "in 3 days", "in a month", "next week", "next month",
		"next quarter", "next year", "EOW", "EOD", "EOM", "EOQ", "EOY", "1 Dec", "feb 29", "the 31st", "01.12.", "13/2", "in 2 business days",
		"start of next week", "end of january", "end of q2", "this weekend", "00:30", "23:45", "tomorrow 02:30", "friday 5pm PST",
		"today 23:59 Pacific/Kiritimati", "monday 00:15 Pacific/Marquesas", "in 48 hours", "a week from monday", "day after tomorrow", "yesterday",
		"nov 1 01:30", "fri 2am UTC",
	}
	accepted := 0
	for _, name := range zones {
		loc := zone(name)
		for _, now := range slices.Concat(moments(loc, 2026), moments(loc, 2028)) {
			for _, phrase := range phrases {
				d, err := Due(phrase, now)
				if err != nil {
					if errors.Is(err, ErrUnknown) {
						t.Fatalf("Due(%q, %s): %v", phrase, now, err)
					}
					continue
				}
				accepted++
				if problem := badDue(d, now); problem != "" {
					t.Fatalf("Due(%q, %s) = %s: %s", phrase, now, d, problem)
				}
			}
		}
	}
	if accepted < 100000 {
		t.Errorf("only %d readings", accepted)
	}
}

// badDue says what is wrong with an accepted due date, "" for nothing.
func badDue(d Date, now time.Time) string {
	switch at, timed := d.Instant(); {
	case d.IsZero() || !exists(d.Year, d.Month, d.Day):
		return "no date"
	case d.Before(DateOf(now)):
		return "before today"
	case d.Year > now.Year()+maxYears+1:
		return "too far"
	case timed && at.Before(now):
		return "before now"
	case timed && DateOf(at.In(now.Location())) != d.DayOnly():
		return "not the speaker's date"
	}
	b, err := json.Marshal(d)
	if err != nil {
		return err.Error()
	}
	var back Date
	if err := json.Unmarshal(b, &back); err != nil || back != d {
		return fmt.Sprintf("%s comes back from JSON as %s, %v", d, back, err)
	}
	return ""
}

func TestPastIsNeverAfterNow(t *testing.T) {
	phrases := []string{
		"14:05", "00:15", "02:30", "23:50 UTC", "08:15 EST", "03:00 Pacific/Kiritimati", "10m ago", "-15m", "yesterday 23:50", "yesterday 00:30 PST",
		"last friday 18:00", "monday 14:05", "sunday 02:30", "Nov 1 01:30", "29 feb 12:00", "the 31st 00:10", "31.12. 23:59", "13/2 10:00", "now", "midnight",
		"noon", "last night 01:30", "last night 23:00", "this morning 2:30", "today 02:30", "2 days ago 02:30",
	}
	accepted := 0
	for _, name := range zones {
		loc := zone(name)
		for _, now := range slices.Concat(moments(loc, 2026), moments(loc, 2028)) {
			for _, phrase := range phrases {
				got, err := Past(phrase, now)
				if err != nil {
					if errors.Is(err, ErrUnknown) {
						t.Fatalf("Past(%q, %s): %v", phrase, now, err)
					}
					continue
				}
				accepted++
				if got.After(now) || got.Location() != loc {
					t.Fatalf("Past(%q, %s) = %s", phrase, now, got)
				}
			}
		}
	}
	if accepted < 50000 {
		t.Errorf("only %d readings", accepted)
	}
}

// Every clock time is read as a clock shows it, but for those that are skipped, and of two it is the first.
func TestClockTimesAreShown(t *testing.T) {
	for _, name := range zones {
		loc := zone(name)
		var changes []time.Time
		for t := time.Date(2026, 1, 1, 0, 0, 0, 0, loc); ; {
			_, end := t.ZoneBounds()
			if end.IsZero() || end.Year() > 2027 {
				break
			}
			changes, t = append(changes, end), end
		}
		for _, change := range changes {
			showing := map[string]time.Time{} // wall clock, the first time it is shown
			for at := change.Add(-6 * time.Hour); at.Before(change.Add(6 * time.Hour)); at = at.Add(5 * time.Minute) {
				if wall := at.Format("2006-01-02 15:04"); showing[wall].IsZero() {
					showing[wall] = at
				}
			}
			for wall, want := range showing {
				day, _ := ParseDate(wall[:10])
				got := at(day, clock{hour: atoi(wall[11:13]), minute: atoi(wall[14:])}, loc)
				if !got.Equal(want) && want.Sub(change.Add(-6*time.Hour)) > 2*time.Hour {
					t.Fatalf("%s %s = %s, want %s", name, wall, got, want)
				}
			}
		}
	}
}

func TestDate(t *testing.T) {
	a, b := NewDate(2026, 11, 18), NewDate(2026, 12, 1)
	switch {
	case !a.Before(b), b.Before(a), a.After(b), a.Compare(a) != 0, a.Compare(b) != -1:
		t.Error("order")
	case a.AddDays(13) != b, b.AddDays(-13) != a, a.DaysUntil(b) != 13, b.DaysUntil(a) != -13:
		t.Error("days")
	case a.Weekday() != time.Wednesday, NewDate(2026, 2, 31) != NewDate(2026, 3, 3):
		t.Error("calendar")
	case NewDate(2026, 1, 31).addMonths(1) != NewDate(2026, 2, 28):
		t.Error("months")
	case !Date{}.IsZero(), a.IsZero(), Date{}.String() != "":
		t.Error("zero")
	}
	timed, err := Due("2026-12-01 15:30 America/New_York", now)
	if err != nil || timed.String() != "2026-12-01T21:30:00+01:00" || timed.DayOnly() != b || timed == b {
		t.Errorf("%s, %v", timed, err)
	}
	for _, d := range []Date{{}, a, b, timed} {
		type record struct {
			Due Date `json:"due,omitzero"`
		}
		text, err := json.Marshal(record{d})
		if err != nil {
			t.Fatal(err)
		}
		var back record
		if err := json.Unmarshal(text, &back); err != nil || back.Due != d {
			t.Errorf("%s came back as %s, %v", text, back.Due, err)
		}
	}
	for _, s := range []string{"1 Dec", "2026-13-40", "2026-12-01T25:00:00Z"} {
		if _, err := ParseDate(s); err == nil {
			t.Errorf("ParseDate(%q) accepted", s)
		}
	}
}

// No text takes long: the longest that is read costs little more than a short one, and longer ones nothing.
func TestLongTexts(t *testing.T) {
	for _, part := range []string{"fri ", "@ 14:05 ", "@", "1h", "14:05 ", "a week from ", "the end of ", "é ", "Europe/Berlin ", "1", "( "} {
		text := strings.Repeat(part, 40000)
		if _, err := Due(text, now); !errors.Is(err, ErrTooLong) {
			t.Errorf("%q: %v", part, err)
		}
		if _, err := Past(text, now); !errors.Is(err, ErrTooLong) {
			t.Errorf("%q: %v", part, err)
		}
		Leading(text, now)
		_, _, _, _ = At(text, now)
		TrailingDue(strings.Fields(text), now)
	}
}

func seeds(f *testing.F) {
	for _, s := range []string{
		"friday", "in 2 weeks", "tomorrow 5pm PST", "12/01/2026", "31 feb", "2026-12-01T15:00Z", "a week from monday", "end of next week", "1h30m ago",
		"-15m", "yesterday 23:50 UTC", "08:15 Europe/Berlin", "1794956400", "<t:1794956400:R>", "- [03:40]: x", "03:05–03:20 UTC degraded", "x @ 14:05",
		"alert per country @kim p1 fri", "1.12.26", "0000-00-00", "99999999999999999999", "\xff\xfe", "the 31st", "q4", "end of", "on", "this", "in 0 days",
	} {
		f.Add(s, int64(1794994200), uint8(1))
	}
}

// moment makes a time between 2000 and 2068 in one of the zones.
func moment(seconds int64, zoneNumber uint8) time.Time {
	seconds %= 1 << 31
	if seconds < 0 {
		seconds = -seconds
	}
	return time.Unix(946684800+seconds, 0).In(zone(zones[int(zoneNumber)%len(zones)]))
}

func FuzzDue(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string, seconds int64, zoneNumber uint8) {
		now := moment(seconds, zoneNumber)
		d, err := Due(text, now)
		if err != nil {
			if !d.IsZero() || err.Error() == "" {
				t.Errorf("Due(%q) = %s, %v", text, d, err)
			}
			return
		}
		if problem := badDue(d, now); problem != "" {
			t.Errorf("Due(%q, %s) = %s: %s", text, now, d, problem)
		}
	})
}

func FuzzPast(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string, seconds int64, zoneNumber uint8) {
		now := moment(seconds, zoneNumber)
		got, err := Past(text, now)
		if err != nil {
			if !got.IsZero() || err.Error() == "" {
				t.Errorf("Past(%q) = %s, %v", text, got, err)
			}
			return
		}
		if got.After(now) || got.Before(now.AddDate(-maxYears, 0, 0)) {
			t.Errorf("Past(%q, %s) = %s", text, now, got)
		}
	})
}

func FuzzLine(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string, seconds int64, zoneNumber uint8) {
		now := moment(seconds, zoneNumber)
		if got, rest, ok := Leading(text, now); ok && (got.After(now) || !strings.HasSuffix(strings.TrimSpace(text), rest)) || !ok && rest != text {
			t.Errorf("Leading(%q, %s) = %s, %q, %v", text, now, got, rest, ok)
		} else if utf8.ValidString(text) && !utf8.ValidString(rest) {
			t.Errorf("Leading(%q) cuts a character: %q", text, rest)
		}
		if got, rest, found, err := At(text, now); got.After(now) || (err == nil && found == got.IsZero()) || !found && (rest != text || err != nil) ||
			!strings.HasPrefix(strings.TrimSpace(text), rest) && found {
			t.Errorf("At(%q, %s) = %s, %q, %v, %v", text, now, got, rest, found, err)
		}
		words := strings.Fields(text)
		d, n, ok := TrailingDue(words, now)
		if n < 0 || n > len(words) || ok != !d.IsZero() || ok && (n == 0 || badDue(d, now) != "") {
			t.Fatalf("TrailingDue(%q, %s) = %s, %d, %v", words, now, d, n, ok)
		}
		if ok {
			again, err := Due(strings.Join(words[len(words)-n:], " "), now)
			if !errors.Is(err, ErrTooLong) && (err != nil || again != d) {
				t.Errorf("TrailingDue(%q) = %s, Due of the same %s, %v", words, d, again, err)
			}
		}
	})
}

func BenchmarkDue(b *testing.B) {
	for _, text := range []string{"fri", "tomorrow 5pm PST", "by the end of next month", "tomorrow 17:00 Europe/Berlin", "tomorrow 17:00 Europe/Berln", "after v2.3 ships", strings.Repeat("in 1 ", 40)} {
		b.Run(text[:min(len(text), 20)], func(b *testing.B) {
			for b.Loop() {
				_, _ = Due(text, now)
			}
		})
	}
}

func BenchmarkPast(b *testing.B) {
	for _, text := range []string{"14:05", "yesterday 23:50 UTC", "Nov 17 14:05", "1h30m ago"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				_, _ = Past(text, now)
			}
		})
	}
}

func BenchmarkLine(b *testing.B) {
	const text = "2026-11-17 14:05 – rolled back to 4.11, see a@b.org @ yesterday 23:50"
	words := strings.Fields("set up one alert per country and hand it to @kim p1 by the end of next week")
	b.Run("Leading", func(b *testing.B) {
		for b.Loop() {
			Leading(text, now)
		}
	})
	b.Run("At", func(b *testing.B) {
		for b.Loop() {
			_, _, _, _ = At(text, now)
		}
	})
	b.Run("TrailingDue", func(b *testing.B) {
		for b.Loop() {
			TrailingDue(words, now)
		}
	})
}

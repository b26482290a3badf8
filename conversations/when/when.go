// Package when reads the dates and times that people type, in English.
//
// The grammar is fixed and written out in parse.go. What it does not know is refused with two examples of what it does;
// it never guesses. It has no clock: now is an argument, and now's location is the speaker's zone.
//
//   - Due reads a due date, TrailingDue the one at the end of an action's line.
//   - Past reads the time of an event, Leading the one at the beginning of a line, At the one behind its last " @ ".
//
// What words mean where people differ:
//
//   - A weekday is the nearest after today; "next friday" and "friday" are the same day. The reading is to be shown.
//   - A period is due at its end: "next month" is its last day, "end of week" is Friday (Sunday once Friday is over).
//   - 01.12.2026 is day first, 12/01/2026 is asked back (Ambiguous), a date without a year is the nearest that fits.
//   - A zone behind the clock time holds for the whole phrase: "yesterday 23:50 UTC" is yesterday in UTC. Abbreviations
//     mean their offset, so EST is UTC-5 in July too; IANA names (Europe/Berlin) know about summer.
//   - A clock time that a change of the clocks skips or repeats is read with the offset before the change: of two 02:30s
//     the first, and 02:30 on a night without one is 03:30.
//
// IANA names need the zone database of the system or of the program (import time/tzdata).
package when

import (
	"errors"
	"time"
)

// MaxLength is how many characters a phrase may have.
const MaxLength = 200

// maxYears is how far from now a date may be. What lies further away is a slip of the finger.
const maxYears = 10

// The reasons for which a text is refused; test for them with errors.Is. An *Ambiguous is a reason of its own.
var (
	ErrUnknown    = errors.New("not a date or time")
	ErrNoSuchDate = errors.New("no such date")
	ErrPast       = errors.New("in the past")
	ErrFuture     = errors.New("in the future")
	ErrFar        = errors.New("more than ten years away")
	ErrNoClock    = errors.New("no clock time")
	ErrTooLong    = errors.New("too long")
)

// Refusal is an error of this package: its reason for programs, its text for the person who typed. The text holds
// nothing of what was typed but numbers.
type Refusal struct {
	Reason error
	Text   string
}

// Error is a sentence for people, without capital and full stop.
func (r *Refusal) Error() string { return r.Text }

// Unwrap is the reason.
func (r *Refusal) Unwrap() error { return r.Reason }

func refuse(reason error, text string) error { return &Refusal{Reason: reason, Text: text} }

// Ambiguous is the error for a date that has two readings, 12/01/2026, so that they can be offered. Readings carry the
// clock time if one was typed. Either may be a date that Due or Past would refuse.
type Ambiguous struct {
	DayFirst   Date // 12 January
	MonthFirst Date // 1 December
}

// Error is a sentence for people that says how to write either.
func (a *Ambiguous) Error() string {
	return "that is " + a.DayFirst.spoken() + " or " + a.MonthFirst.spoken() + ": write `" + a.DayFirst.DayOnly().String() +
		"` or `" + a.MonthFirst.DayOnly().String() + "`"
}

// Due reads a due date: a calendar date in now's zone, with an instant only if a clock time was typed (or hours: "in 48
// hours"). It is never before today, an instant never before now, and neither more than ten years away. Errors are
// *Refusal (ErrUnknown, ErrNoSuchDate, ErrPast, ErrFar, ErrTooLong) and *Ambiguous; the Date is then zero.
func Due(text string, now time.Time) (Date, error) {
	if tooLong(text) {
		return Date{}, refuse(ErrTooLong, "that is too long for a date: "+tryDue(now))
	}
	ph, ok := parse(split(text), due)
	if !ok {
		return Date{}, refuse(ErrUnknown, "I cannot read that as a date: "+tryDue(now))
	}
	return ph.due(now)
}

// Past reads the time of something that has happened, in now's zone unless one is typed; it is never after now. A clock
// time without a day is the last such time: 14:05 typed at 10:30 was yesterday. A day needs a clock time. Errors are
// *Refusal (ErrUnknown, ErrNoSuchDate, ErrFuture, ErrNoClock, ErrFar, ErrTooLong) and *Ambiguous; the time is then zero.
func Past(text string, now time.Time) (time.Time, error) {
	if tooLong(text) {
		return time.Time{}, refuse(ErrTooLong, "that is too long for a time: "+tryPast())
	}
	ph, ok := parse(split(text), past)
	if !ok {
		return time.Time{}, refuse(ErrUnknown, "I cannot read that as a time: "+tryPast())
	}
	return ph.past(now)
}

func tryDue(now time.Time) string {
	return "try `friday` or `" + DateOf(now).AddDays(14).String() + "`"
}

func tryPast() string { return "try `14:05` or `yesterday 23:50 UTC`" }

// due gives a phrase its meaning as a due date.
func (ph phrase) due(now time.Time) (Date, error) {
	today := DateOf(now)
	if t, ok := ph.moment(now); ok {
		return dueAt(t, now)
	}
	zoned := ph.zoned(now)
	c := calendar{today: DateOf(zoned)}
	c.fits = func(d Date) bool { return !d.Before(c.today) }
	d, err := ph.named(c)
	if a, ok := errors.AsType[*Ambiguous](err); ok {
		if a.DayFirst.Before(c.today) && a.MonthFirst.Before(c.today) {
			return Date{}, refuse(ErrPast, "that is in the past: "+tryDue(now))
		}
		return Date{}, ph.timed(a, zoned.Location(), now.Location())
	}
	if err != nil {
		return Date{}, err
	}
	if ph.clock != nil {
		return dueAt(at(ph.night(d), *ph.clock, zoned.Location()), now)
	}
	switch {
	case d.Before(today):
		return Date{}, refuse(ErrPast, d.spoken()+" is in the past: "+tryDue(now))
	case d.After(today.addMonths(12 * maxYears)):
		return Date{}, refuse(ErrFar, "that is more than ten years away: "+tryDue(now))
	}
	return d, nil
}

// dueAt is a due date with a clock time.
func dueAt(t, now time.Time) (Date, error) {
	switch {
	case t.Before(now):
		return Date{}, refuse(ErrPast, "that time has passed: "+tryDue(now))
	case t.After(now.AddDate(maxYears, 0, 0)):
		return Date{}, refuse(ErrFar, "that is more than ten years away: "+tryDue(now))
	}
	return dateAt(t.In(now.Location())), nil
}

// past gives a phrase its meaning as the time of an event.
func (ph phrase) past(now time.Time) (time.Time, error) {
	if t, ok := ph.moment(now); ok {
		return notAfter(t, now)
	}
	if ph.clock == nil {
		return time.Time{}, refuse(ErrNoClock, "the clock time is missing: "+tryPast())
	}
	zoned := ph.zoned(now)
	moment := func(d Date) time.Time { return at(ph.night(d), *ph.clock, zoned.Location()) }
	c := calendar{today: DateOf(zoned), past: true}
	c.fits = func(d Date) bool { return !moment(d).After(now) }
	d, err := ph.named(c)
	if a, ok := errors.AsType[*Ambiguous](err); ok {
		if !c.fits(a.DayFirst) && !c.fits(a.MonthFirst) {
			return notAfter(moment(a.DayFirst), now)
		}
		return time.Time{}, ph.timed(a, zoned.Location(), now.Location())
	}
	if err != nil {
		return time.Time{}, err
	}
	if ph.day == nil && !c.fits(d) {
		d = d.AddDays(-1)
	}
	return notAfter(moment(d), now)
}

func notAfter(t, now time.Time) (time.Time, error) {
	switch {
	case t.After(now):
		return time.Time{}, refuse(ErrFuture, "that has not happened yet: "+tryPast())
	case t.Before(now.AddDate(-maxYears, 0, 0)):
		return time.Time{}, refuse(ErrFar, "that is more than ten years ago: "+tryPast())
	}
	return t.In(now.Location()), nil
}

// moment is the time of a phrase that needs no calendar.
func (ph phrase) moment(now time.Time) (time.Time, bool) {
	switch {
	case ph.span != 0:
		return now.Add(ph.span), true
	case ph.epoch != nil && ph.epoch.IsZero():
		return now, true
	case ph.epoch != nil:
		return *ph.epoch, true
	}
	return time.Time{}, false
}

// zoned is now by the clock the phrase is read in.
func (ph phrase) zoned(now time.Time) time.Time {
	if ph.zone != nil {
		return now.In(ph.zone)
	}
	return now
}

// named is the day the phrase names, today if it names none.
func (ph phrase) named(c calendar) (Date, error) {
	if ph.day == nil {
		return c.today, nil
	}
	return ph.day(c)
}

// night moves "last night 01:30" to today's date: the night began yesterday.
func (ph phrase) night(d Date) Date {
	if ph.part == "last night" && ph.clock.hour < 12 {
		return d.AddDays(1)
	}
	return d
}

// timed puts the clock time, if any, on the readings of an ambiguous date, in the speaker's zone.
func (ph phrase) timed(a *Ambiguous, zone, speaker *time.Location) error {
	if ph.clock == nil {
		return a
	}
	reading := func(d Date) Date { return dateAt(at(d, *ph.clock, zone).In(speaker)) }
	return &Ambiguous{DayFirst: reading(a.DayFirst), MonthFirst: reading(a.MonthFirst)}
}

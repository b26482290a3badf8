package conversations

import (
	"strconv"
	"time"

	"github.com/debrief-bot/debrief/conversations/when"
)

// What is nagged about, and when: all of it computed from dates, nothing remembered. Who is told what lies in nudge.go.
//
// A reminder belongs to a nominal day, the Tuesday, in the zone of whoever gets it. The day is part of the id of the one
// message that can exist for it; so neither a clock that jumps, nor a change of zone, nor a second process says anything
// twice. When it is really said follows from the day: in the morning, later when the bot was away, never outside of
// working hours, and not at all when the next one is near.

// cadence is the rhythm of the reminders of a workspace.
type cadence struct {
	day           time.Weekday
	every         int // weeks
	hour          int // of the day, by the clock of whoever is told
	opens, closes int // hours between which what was missed may be said
	days          [7]bool
	nameless      bool // nobody's lateness is pointed out
}

// nudgeRule is the workspace's rhythm.
func (s Settings) nudgeRule() cadence {
	c := cadence{nameless: s.Community()}
	c.day, c.hour, c.every = s.nudge()
	c.opens, c.closes = s.hours()
	none := true
	for day := range c.days {
		c.days[day] = s.worksOn(time.Weekday(day))
		none = none && !c.days[day]
	}
	if none || c.opens >= c.closes { // nobody could ever be told anything
		return Settings{Preset: s.preset()}.nudgeRule()
	}
	return c
}

const (
	touchedRest = 3 * 24 * time.Hour // what somebody just dealt with is left alone
	handDelay   = 30 * time.Minute   // items handed over within it come in one message
	handHour    = 10
	answerDays  = 2 // working days in which somebody may say whether they take an item
	ignoredMost = 3 // weekly messages in a row that nobody answered, before they are asked whether to go on
)

// fortnights are counted from this week on, so that every workspace has the same ones.
var firstWeek = when.NewDate(2000, time.January, 2) // a Sunday

// isNominal reports whether the day is one of the cadence's.
func (c cadence) isNominal(d when.Date) bool {
	return d.Weekday() == c.day && (firstWeek.DaysUntil(d)/7)%c.every == 0
}

// next is the first nominal day after d.
func (c cadence) next(d when.Date) when.Date {
	for d = d.AddDays(1); !c.isNominal(d); {
		d = d.AddDays(1)
	}
	return d
}

// moment is when the message of that day is to be said.
func (c cadence) moment(d when.Date, loc *time.Location) time.Time { return c.morning(d, c.hour, loc) }

// morning is that hour of the day, or of the first working day after it. Where the clock leaves the hour out, it is the
// hour after; where it has it twice, it is one of them.
func (c cadence) morning(d when.Date, hour int, loc *time.Location) time.Time {
	for !c.works(d) {
		d = d.AddDays(1)
	}
	return time.Date(d.Year, d.Month, d.Day, hour, 0, 0, 0, loc)
}

// works reports whether people may be told something on that day.
func (c cadence) works(d when.Date) bool {
	return c.days[d.Weekday()]
}

// latest is the last nominal day whose moment has come.
func (c cadence) latest(now time.Time, loc *time.Location) when.Date {
	d := when.DateOf(now.In(loc))
	for !c.isNominal(d) || c.moment(d, loc).After(now) {
		d = d.AddDays(-1)
	}
	return d
}

// upcoming is the first nominal day whose moment is still to come.
func (c cadence) upcoming(now time.Time, loc *time.Location) when.Date {
	d := c.next(c.latest(now, loc))
	for !c.moment(d, loc).After(now) { // where the calendar leaves a day out
		d = c.next(d)
	}
	return d
}

// sending is when the message of that day is said, seen from now: at its moment, else as soon as it is a decent hour.
// false: the next one is too near, what there is to say belongs to that.
func (c cadence) sending(day when.Date, now time.Time, loc *time.Location) (time.Time, bool) {
	t := c.moment(day, loc)
	switch {
	case now.Before(t):
		return t, true
	case now.Before(t.Add(time.Hour)):
		return now, true // also where the hour that was set is not one of the working hours
	}
	t = c.decent(now, c.hour, loc)
	near := time.Duration(c.every) * 7 * 12 * time.Hour // half of the time between two of them
	return t, t.Add(near).Before(c.moment(c.next(day), loc))
}

// decent is now, in working hours, else that hour of the next day on which people work.
func (c cadence) decent(now time.Time, hour int, loc *time.Location) time.Time {
	local := now.In(loc)
	today := when.DateOf(local)
	hour = min(max(hour, c.opens), c.closes-1)
	switch {
	case c.works(today) && local.Hour() >= c.opens && local.Hour() < c.closes:
		return now
	case local.Hour() < c.opens:
		return c.morning(today, hour, loc)
	}
	return c.morning(today.AddDays(1), hour, loc)
}

// handing is when somebody is asked about what was handed to them now.
func (c cadence) handing(now time.Time, loc *time.Location) time.Time {
	return c.decent(now.Add(handDelay), handHour, loc).In(loc)
}

// answerBy is until when somebody may say whether they take what they were asked to: the same time of the day, after so
// many working days.
func (c cadence) answerBy(asked time.Time, loc *time.Location) time.Time {
	return c.workingDaysAfter(asked, answerDays, loc)
}

// workingDaysAfter is the same time of the day on the n-th day after it on which people work.
func (c cadence) workingDaysAfter(t time.Time, n int, loc *time.Location) time.Time {
	local := t.In(loc)
	d := when.DateOf(local)
	for left := n; left > 0 || !c.works(d); {
		if d = d.AddDays(1); c.works(d) {
			left--
		}
	}
	return time.Date(d.Year, d.Month, d.Day, local.Hour(), local.Minute(), local.Second(), 0, loc)
}

// check is when it is looked whether anybody answered the message of that day: the evening before the next.
func (c cadence) check(day when.Date, loc *time.Location) time.Time {
	return c.moment(c.next(day), loc).Add(-12 * time.Hour)
}

// due reports whether an item belongs into the message of that nominal day, said at the moment now: it is late, or due
// before the next one; nobody put it off until later, and nobody dealt with it in the last days.
func (c cadence) due(i *ActionItem, day when.Date, now time.Time) bool {
	switch {
	case !i.State.open() || i.Quiet.After(day) || now.Sub(i.Touched) < touchedRest:
		return false
	case i.Due.IsZero():
		return true // nobody set a date: they are asked whether they are still at it
	}
	return i.Due.Before(c.next(day))
}

// lateness is how an item stands to its date on that day, in words; empty when it has none.
func (c cadence) lateness(i *ActionItem, today when.Date) string {
	days := i.Due.DaysUntil(today)
	switch {
	case i.Due.IsZero():
		return ""
	case c.nameless:
		return "planned for " + dueWords(i.Due.DayOnly().String())
	case days == 0:
		return "due today"
	case days == 1:
		return "1 day late"
	case days > 1:
		return strconv.Itoa(days) + " days late"
	case days > -7:
		return "due " + i.Due.Weekday().String()
	}
	return "due " + dueWords(i.Due.DayOnly().String())
}

// weekly tells something to the one message that a person gets in a week; it makes the message if there is none yet. The
// person must be among the facts. What may be told:
//
//   - "weekly question": value is a review's subject; fields question, its number, and by, a date or empty
//   - "weekly note": value is a review's subject; field text, one sentence for whoever leads it
//   - "weekly offer": value is the nudge of an offer
//   - "weekly item": value is an action item that has become theirs to settle
//
// It is a Tell like any other: durable with the state that asked for it, and counted once.
func (o *out) weekly(who string, f Facts, verb, value string, fields ...Field) string {
	return o.weeklyOf(who, f.Settings.nudgeRule().upcoming(f.Now, f.Person(who).Location(f.Zone)), verb, value, fields...)
}

func (o *out) weeklyOf(who string, day when.Date, verb, value string, fields ...Field) string {
	id := weeklyID(o.workspace(), who, day)
	o.tell(id, verb, value, append([]Field{{"who", who}, {"day", day.String()}}, fields...)...)
	return id
}

// hand asks somebody, with everything else that is handed to them on the same day, whether they take an item. The person
// must be among the facts.
func (o *out) hand(who, item string, f Facts) string {
	at := f.Settings.nudgeRule().handing(o.event.At, f.Person(who).Location(f.Zone))
	return o.handAt(who, item, at)
}

func (o *out) handAt(who, item string, at time.Time) string {
	id := handoverID(o.workspace(), who, when.DateOf(at))
	o.tell(id, "handed", item, Field{"who", who}, Field{"at", at.Format(time.RFC3339)})
	return id
}

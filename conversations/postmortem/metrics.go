package postmortem

import "time"

// MetricName is one of the four durations by which incidents are compared.
type MetricName string

// The metrics.
const (
	TimeToDetect      MetricName = "time to detect"
	TimeToAcknowledge MetricName = "time to acknowledge"
	TimeToMitigate    MetricName = "time to mitigate"
	TimeToResolve     MetricName = "time to resolve"
)

// Metric is a duration of the incident with the two moments that it was computed from.
type Metric struct {
	Name        MetricName
	From, Until Moment        // always named; without a time where nobody said it
	Took        time.Duration // 0 unless Known
	OutOfOrder  bool          // both are there, but Until comes before From
}

// Known reports whether both moments are there and in order. Only then does Took mean anything: what is missing is not
// zero.
func (m Metric) Known() bool { return !m.From.missing() && !m.Until.missing() && !m.OutOfOrder }

// Missing are the moments that nobody named, or that people said are not known.
func (m Metric) Missing() []MomentName {
	var names []MomentName
	for _, end := range []Moment{m.From, m.Until} {
		if end.missing() {
			names = append(names, end.Name)
		}
	}
	return names
}

func (m Moment) missing() bool { return m.Unknown || m.Time.IsZero() }

// Metrics are the four durations of the incident, always all of them and always in this order:
//
//	time to detect        from when it began      to when it was noticed
//	time to acknowledge   from when it was noticed to when somebody took it on
//	time to mitigate      from when it began      to when it eased
//	time to resolve       from when it began      to when it was over
//
// All but the second are counted from the beginning, so they are what the people felt who were hit, not what was left for
// those who helped. They are elapsed time: a change to daylight-saving time changes nothing. Missing moments make a
// metric unknown, never zero.
func (r Record) Metrics() []Metric {
	ends := []struct {
		name        MetricName
		from, until MomentName
	}{
		{TimeToDetect, Began, Noticed},
		{TimeToAcknowledge, Noticed, Acked},
		{TimeToMitigate, Began, Eased},
		{TimeToResolve, Began, Over},
	}
	all := make([]Metric, len(ends))
	for i, e := range ends {
		m := Metric{Name: e.name, From: r.moment(e.from), Until: r.moment(e.until)}
		if !m.From.missing() && !m.Until.missing() {
			m.OutOfOrder = m.Until.Time.Before(m.From.Time)
		}
		if m.Known() {
			m.Took = m.Until.Time.Sub(m.From.Time)
		}
		all[i] = m
	}
	return all
}

// moment is the one of that name; without a time if nobody named it.
func (r Record) moment(name MomentName) Moment {
	for _, m := range r.Moments {
		if m.Name == name {
			return m
		}
	}
	return Moment{Name: name}
}

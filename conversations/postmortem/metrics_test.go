package postmortem

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMetrics(t *testing.T) {
	start := time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC) // the clocks go forward in Berlin three hours later
	at := func(name MomentName, hours float64) Moment {
		return Moment{Name: name, Time: start.Add(time.Duration(hours * float64(time.Hour)))}
	}
	all := []Moment{at(Began, 0), at(Noticed, 0.5), at(Acked, 1), at(Eased, 5), at(Over, 49)}
	metric := func(moments []Moment, name MetricName) Metric {
		for _, m := range (Record{Moments: moments}).Metrics() {
			if m.Name == name {
				return m
			}
		}
		t.Fatalf("there is no %s", name)
		return Metric{}
	}
	for _, c := range []struct {
		what    string
		moments []Moment
		name    MetricName
		took    time.Duration
		missing []MomentName
		wrong   bool
	}{
		{"detect", all, TimeToDetect, 30 * time.Minute, nil, false},
		{"acknowledge, counted from noticing", all, TimeToAcknowledge, 30 * time.Minute, nil, false},
		{"mitigate, over the change of the clocks", all, TimeToMitigate, 5 * time.Hour, nil, false},
		{"resolve, over days", all, TimeToResolve, 49 * time.Hour, nil, false},
		{"nobody named anything", nil, TimeToDetect, 0, []MomentName{Began, Noticed}, false},
		{"the beginning is not known", []Moment{{Name: Began, Unknown: true}, at(Over, 1)}, TimeToResolve, 0, []MomentName{Began}, false},
		{"said to be unknown, with a time that was left", []Moment{{Name: Began, Time: start, Unknown: true}, at(Over, 1)}, TimeToResolve, 0, []MomentName{Began}, false},
		{"not over", all[:3], TimeToResolve, 0, []MomentName{Over}, false},
		{"out of order", []Moment{at(Began, 1), at(Noticed, 0)}, TimeToDetect, 0, nil, true},
		{"at the same time is in order", []Moment{at(Began, 1), at(Noticed, 1)}, TimeToDetect, 0, nil, false},
	} {
		m := metric(c.moments, c.name)
		if m.Took != c.took || !slices.Equal(m.Missing(), c.missing) || m.OutOfOrder != c.wrong {
			t.Errorf("%s: %+v, missing %v", c.what, m, m.Missing())
		}
		if known := len(c.missing) == 0 && !c.wrong; m.Known() != known {
			t.Errorf("%s: known is %t", c.what, m.Known())
		}
	}
}

func TestMetricsThatAreNotKnownAreSaidToBe(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	md := Record{ID: "PM-1", Title: "Odd", Zone: "UTC", Moments: []Moment{
		{Name: Began, Time: noon, Entry: "E-1"}, {Name: Noticed, Time: noon.Add(-time.Hour)}, {Name: Eased, Unknown: true},
	}}.Markdown()
	for _, want := range []string{
		"| Time to detect | not clear: the second comes before the first | began 12:00 UTC (E-1) | noticed 11:00 UTC |",
		"| Time to acknowledge | not known | noticed 11:00 UTC | acknowledged: nobody said |",
		"| Time to mitigate | not known | began 12:00 UTC (E-1) | eased: not known |",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("the report lacks %q:\n%s", want, md)
		}
	}
	if strings.Contains(md, "0 minutes") {
		t.Errorf("something that is not known is zero:\n%s", md)
	}
	if md := (Record{ID: "PM-1", Title: "None", Zone: "UTC"}).Markdown(); strings.Contains(md, "## Metrics") {
		t.Errorf("there are no moments, and a section for them:\n%s", md)
	}
}

package sqlite

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// backlog names the tables that hold only what waits. Counting them reads them whole, which is the counting itself.
var backlog = []string{"lanes", "l", "deliveries", "outbox"}

// mayScan lists the queries that read a table of the backlog from end to end, by an index.
var mayScan = []*query{oldestNew, countEffects, nextLane, nextDelivery, oldestEffect}

var (
	scanned  = regexp.MustCompile(`^SCAN (\S+)`)
	bareScan = regexp.MustCompile(`^SCAN \S+$`)
)

// A database grows for years: no query may read a growing table from end to end, or sort what it cannot bound.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "debrief.db"), nil)
	explained := 0
	for _, q := range queries {
		for _, step := range plan(t, s, q) {
			explained++
			switch {
			case strings.Contains(step, "TEMP B-TREE"):
				t.Errorf("%s\n\tsorts: %s", q.text, step)
			case step == "SCAN CONSTANT ROW": // a row that is made up
			case strings.Contains(step, "VIRTUAL TABLE"): // the list of addresses that was given
			case bareScan.MatchString(step), scanned.MatchString(step) && !allowed(q, step):
				t.Errorf("%s\n\treads a whole table: %s", q.text, step)
			}
		}
	}
	if explained < len(queries)/2 {
		t.Fatalf("%d steps of %d queries were explained, so EXPLAIN does not work", explained, len(queries))
	}
}

func allowed(q *query, step string) bool {
	switch q {
	case countDead, deadRows: // the index holds nothing but dead rows
		return strings.Contains(step, "inbox_dead")
	case countNew: // and this one nothing but new ones
		return strings.Contains(step, "inbox_new")
	}
	return slices.Contains(mayScan, q) && slices.Contains(backlog, scanned.FindStringSubmatch(step)[1])
}

// plan is how SQLite would run a query. It does not need the arguments.
func plan(t *testing.T, s *Store, q *query) []string {
	t.Helper()
	db := beside(t, s.path)
	defer db.Close()
	args := make([]any, strings.Count(q.text, "?"))
	if strings.Contains(q.text, "?1") {
		args = make([]any, 3)
	}
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+q.text, args...)
	if err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	steps, err := collect(rows, func(row scanner) (string, error) {
		var id, parent, unused int
		var detail string
		err := row.Scan(&id, &parent, &unused, &detail)
		return detail, err
	})
	if err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	return steps
}

// What may read the whole backlog is what counts it; what claims from it may not.
func TestClaimsSeekTheirIndex(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "debrief.db"), nil)
	for q, index := range map[*query]string{
		firstLane:      "lanes_queue (free=?)",
		lanesBack:      "lanes_queue (free>? AND free<?)",
		rowsOfLane:     "inbox_new (lane=?)",
		firstDelivery:  "deliveries_wake (wake=?)",
		wakeDeliveries: "deliveries_wake (wake>? AND wake<?)",
		dueSubjects:    "subjects_due (due<?)",
		purgeRows:      "inbox_done (done_at<?)",
	} {
		if steps := plan(t, s, q); !strings.Contains(strings.Join(steps, "\n"), index) {
			t.Errorf("%s\n\twants %s, got %q", q.text, index, steps)
		}
	}
}

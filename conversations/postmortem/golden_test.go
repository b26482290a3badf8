package postmortem

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the reports in testdata anew")

// The reports in testdata are to be read: each is one record as JSON and what is printed of it, with names and, where a
// file *.roles.md is there, with roles.
func TestReports(t *testing.T) {
	records, err := filepath.Glob("testdata/*.json")
	if err != nil || len(records) == 0 {
		t.Fatal("no records in testdata", err)
	}
	for _, path := range records {
		name := strings.TrimSuffix(path, ".json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := ParseRecord(body)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".md", rec.Markdown())
			if _, err := os.Stat(name + ".roles.md"); err == nil {
				golden(t, name+".roles.md", rec.WithRoles().Markdown())
			}
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err, "(go test ./conversations/postmortem -update writes it)")
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

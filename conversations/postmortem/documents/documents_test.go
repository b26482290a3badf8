package documents

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

func example(t *testing.T) postmortem.Record {
	t.Helper()
	body, err := os.ReadFile("../testdata/wiki-down.json")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := postmortem.ParseRecord(body)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestDocuments(t *testing.T) {
	begins := map[string]string{"PM-7.md": "# PM-7 ", "PM-7.html": "<!DOCTYPE html>", "PM-7.pdf": "%PDF-", "PM-7.json": "{\n  \"schema\": 1,"}
	rec := example(t)
	all := Of(rec)
	if len(all) != len(begins) {
		t.Fatalf("there are %d documents", len(all))
	}
	for _, d := range all {
		body, err := d.Bytes()
		if err != nil {
			t.Fatal(d.Name, err)
		}
		if want, ok := begins[d.Name]; !ok || !bytes.HasPrefix(body, []byte(want)) {
			t.Errorf("%s begins with %q", d.Name, body[:min(20, len(body))])
		}
		if d.Label == "JSON" {
			got, err := postmortem.ParseRecord(body)
			if diff := cmp.Diff(rec, got); err != nil || diff != "" {
				t.Errorf("the JSON reads back as (-was +is) %v:\n%s", err, diff)
			}
		}
	}
}

func TestNamesOfFilesAreSafe(t *testing.T) {
	for id, want := range map[string]string{"PM-4": "PM-4", "": "postmortem", "../../etc": "etc", "-rf": "rf", `a"b` + "\r\nX: y": "abXy", "..": "postmortem"} {
		if got := base(id); got != want {
			t.Errorf("%q makes %q, want %q", id, got, want)
		}
	}
}

package postmortem

import (
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// Whatever prints a report need not clean its texts any more: they are on one line, and what is not seen is out.
func TestTextsOfAReportAreClean(t *testing.T) {
	odd := []string{"a\x00b\u202ec", "two\nlines\rmore", "zero\u200bwidth", "bad\xffutf8", "tag\U000E0041", "\x07", "  around  "}
	for i, said := range slices.Concat(odd, hostile) {
		for seed := range int64(5) {
			rec := invented(rand.New(rand.NewSource(int64(i)*100+seed)), func(string) string { return said })
			if seed%2 == 0 {
				rec.Summary = "" // then the report drafts one
			}
			for _, text := range textsOf(rec.Report()) {
				if strings.ContainsAny(text, "\n\r") || Clean(text) != text {
					t.Fatalf("%q leaves %q in the report", said, text)
				}
			}
		}
	}
}

func textsOf(r Report) []string {
	all := []string{r.ID, r.Title, r.Byline}
	var items func(l List)
	items = func(l List) {
		for _, i := range l {
			all = append(all, i.Text.String())
			items(i.Items)
		}
	}
	var whys func(l []Why)
	whys = func(l []Why) {
		for _, w := range l {
			all = append(all, w.Text)
			whys(w.Whys)
		}
	}
	for _, part := range r.Parts {
		for _, b := range part.Blocks {
			switch b := b.(type) {
			case Paragraph:
				all = append(all, b.Text.String())
			case Subheading:
				all = append(all, string(b))
			case List:
				items(b)
			case Table:
				for _, c := range b.Columns {
					all = append(all, c.Head)
				}
				for _, row := range b.Rows {
					all = append(all, row.Day)
					for _, c := range row.Cells {
						all = append(all, c.String())
					}
				}
			case Whys:
				for _, branch := range b.Branches {
					all = append(all, branch.Question)
					whys(branch.Whys)
				}
			}
		}
	}
	return all
}

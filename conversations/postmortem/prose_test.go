package postmortem

import (
	"strings"
	"testing"
)

// printed are blocks in Markdown.
func printed(blocks []Block) string {
	var parts []string
	for _, b := range blocks {
		parts = append(parts, Markdown(b))
	}
	return strings.TrimPrefix(strings.Join(parts, ""), "\n")
}

func TestAnswersBecomeProse(t *testing.T) {
	long := strings.Repeat("All of it was slow, and then some more of it was slow as well. ", 4)
	for _, c := range []struct {
		what    string
		answers []string
		want    string
	}{
		{"nothing", nil, ""},
		{"white space", []string{" \n "}, ""},
		{"one is a paragraph", []string{"about 9k carts"}, "About 9k carts.\n"},
		{"several are a list", []string{"DE, FR, NL.", "about 9k carts"}, "- DE, FR, NL\n- About 9k carts\n"},
		{"several sentences keep their stops", []string{"it broke. Nobody saw it", "why?"}, "- It broke. Nobody saw it.\n- Why?\n"},
		{"lines are answers of their own", []string{"- one\n- two\n3. three"}, "- One\n- Two\n- Three\n"},
		{"said twice", []string{"EU only", "eu only."}, "EU only.\n"},
		{"a colon opens a list", []string{"two sprints:\n- french\n- dutch\n\nand the help"}, "- Two sprints:\n  - French\n  - Dutch\n- And the help\n"},
		{"a colon alone", []string{"two sprints:\n- french\n- dutch"}, "Two sprints:\n\n- French\n- Dutch\n"},
		{"long ones are paragraphs", []string{long, long + "x"}, strings.TrimSpace(long) + "\n\n" + long + "x.\n"},
		{"links end as they are", []string{"see https://x.example/a"}, "See https://x.example/a\n"},
		{"names of things keep their spelling", []string{"iOS is hit", "kube-proxy as well", "e.g. that one"}, "- iOS is hit\n- kube-proxy as well\n- e.g. that one\n"},
		{"abbreviations keep their stops", []string{"login, search etc.", "vitamin C."}, "- Login, search etc.\n- Vitamin C.\n"},
		{"other scripts", []string{"все упало", "日本で"}, "- Все упало\n- 日本で\n"},
	} {
		var notes []Note
		for _, a := range c.answers {
			notes = append(notes, Note{Text: a, Who: "ana"})
		}
		got := printed(said(notes))
		if got != c.want {
			t.Errorf("%s: %q becomes %q, want %q", c.what, c.answers, got, c.want)
		}
	}
}

func TestCutEndsAtAWord(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"short", "short"},
		{"the alert averages, all countries", "the alert averages…"},
		{"donaudampfschifffahrtsgesellschaft", "donaudampfschifffahrtsg…"},
	} {
		if got := cut(c.in, 24); got != c.want {
			t.Errorf("%q is cut to %q, want %q", c.in, got, c.want)
		}
	}
}

func TestParagraphs(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"it broke.\n\nthen it was fixed", "It broke.\n\nThen it was fixed.\n"},
		{"two things:\n- a disk\n- a rule", "Two things:\n\n- A disk\n- A rule\n"},
	} {
		if got := printed(paragraphs(c.in)); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

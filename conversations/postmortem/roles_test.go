package postmortem

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesBecomeRolesInText(t *testing.T) {
	rec := Record{
		Facilitator: "Ana Silva", People: []string{"Ana Silva", "bo", "Kim | on call", "Will Young", "Ana Costa"}, Mentioned: []string{"田中", "d_ef"},
		Timeline: []Entry{{Who: "pager of bo", Program: true}, {Who: "Bot 7", Program: true}},
	}
	cast := rec.cast()
	for _, c := range []struct{ in, want string }{
		{"Ana Silva saw it", "The facilitator saw it"},
		{"it was ana  silva.", "it was the facilitator."},
		{"ask @bo, or @BO!", "ask participant A, or participant A!"},
		{"bo's deploy, about, turbo, robot, bo2, bo-bo", "participant A's deploy, about, turbo, robot, bo2, participant A-participant A"},
		{"Kim did; kim did", "Participant B did; participant B did"},
		{"will it work, Will? All young. Young did", "will it work, participant C? All young. Participant C did"},
		{"ana or Ana", "a participant or a participant"},
		{"ana costa and Costa", "participant D and participant D"},
		{"田中さんが直した", "participant Eさんが直した"},
		{"d_ef, D_EF", "participant F, participant F"},
		{"b\u200bo did it", "participant A did it"},
		{"Bot 7 did it", "Bot 7 did it"},
		{"Done. Bo left", "Done. Participant A left"},
		{"mail x@bo", "mail x@participant A"},
		{"", ""},
	} {
		if got := cast.text(c.in); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
	roles := rec.WithRoles()
	if got := roles.Timeline[0].Who; got != "pager of participant A" {
		t.Errorf("a program that is called after somebody is %q", got)
	}
	if got := roles.Timeline[1].Who; got != "Bot 7" {
		t.Errorf("a program lost its name: %q", got)
	}
	if diff := cmp.Diff(roles, roles.WithRoles()); diff != "" {
		t.Errorf("roles twice are not the same:\n%s", diff)
	}
}

// crew are names that occur nowhere in our own words.
var crew = []string{"Zora", "quill", "Wanda Xu", "José Peña", "x_yz", "Ørsted (night)", "王芳", "vik.tor", "Oona-Lee", "Дмитрий", "Ümit İpek", "Będzin Łoś"}

// Nobody's name is left anywhere, in the report or in the record, and the record they came from is not touched.
func TestWithRolesLeavesNoName(t *testing.T) {
	for seed := range int64(60) {
		rnd := rand.New(rand.NewSource(seed))
		some := anything(rnd)
		rec := invented(rnd, func(field string) string {
			switch field {
			case "Who", "Facilitator", "People", "Owner", "PublishedBy", "Mentioned":
				return crew[rnd.Intn(len(crew))]
			case "ID", "Entry", "Events", "Causes", "Due", "Zone", "Priority", "Kind", "State":
				return some(field)
			}
			return []string{"%s did it", "ask @%s\nor not", "it was (%s)", "%s, %[1]s %[1]s's", "*%s*", "/%s/"}[rnd.Intn(6)] + some(field)
		})
		fill(reflect.ValueOf(&rec).Elem(), func() string {
			name := crew[rnd.Intn(len(crew))]
			if rnd.Intn(3) == 0 {
				return strings.ToUpper(name)
			}
			return name
		})
		rec.Mentioned = crew
		before, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		roles := rec.WithRoles()
		if after, _ := json.Marshal(rec); string(after) != string(before) {
			t.Fatalf("seed %d: the record was changed:\n%s", seed, cmp.Diff(string(before), string(after)))
		}
		body, err := json.Marshal(roles)
		if err != nil {
			t.Fatal(err)
		}
		var decoded any
		if err := json.Unmarshal(body, &decoded); err != nil {
			t.Fatal(err)
		}
		texts := []string{words(shown(t, roles.Markdown())), roles.Markdown()}
		collect(decoded, &texts)
		for _, text := range texts {
			for i, name := range crew {
				if occurs[i].MatchString(text) {
					t.Fatalf("seed %d: %q is left in %q\n%s", seed, name, text, body)
				}
			}
		}
		if !roles.Roles {
			t.Fatal("the record does not say that it has roles")
		}
	}
}

// occurs finds each of the crew as a whole word, by another way than ours.
var occurs = func() []*regexp.Regexp {
	all := make([]*regexp.Regexp, len(crew))
	for i, name := range crew {
		pattern := `(?i)(?:^|[^\pL\pN\pM])` + strings.ReplaceAll(regexp.QuoteMeta(name), " ", `\s+`) + `(?:$|[^\pL\pN\pM])`
		if name == "王芳" {
			pattern = name
		}
		all[i] = regexp.MustCompile(pattern)
	}
	return all
}()

// fill puts names into the places that texts left for them.
func fill(v reflect.Value, name func() string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i), name)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), name)
		}
	case reflect.String:
		if strings.Contains(v.String(), "%s") {
			v.SetString(strings.NewReplacer("%s", name(), "%[1]s", name()).Replace(v.String()))
		}
	}
}

func collect(v any, texts *[]string) {
	switch v := v.(type) {
	case string:
		*texts = append(*texts, v)
	case []any:
		for _, e := range v {
			collect(e, texts)
		}
	case map[string]any:
		for _, e := range v {
			collect(e, texts)
		}
	}
}

func FuzzWithRoles(f *testing.F) {
	for _, name := range append(crew, "", " ", "@", "(", "a", "\u200b", "|x|") {
		f.Add(name, name+" did it, @"+name)
	}
	f.Fuzz(func(t *testing.T, name, said string) {
		rec := Record{Title: said, Facilitator: name, Timeline: []Entry{{Text: said, Who: name}}}
		got := rec.WithRoles()
		if strings.TrimSpace(string(folded(name))) == "" || name == somebody {
			return
		}
		if got.Facilitator != "the facilitator" || got.Timeline[0].Who != "the facilitator" {
			t.Errorf("%q became %q and %q", name, got.Facilitator, got.Timeline[0].Who)
		}
		_ = got.Markdown()
	})
}

func TestRoleLetters(t *testing.T) {
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := lettered(n); got != want {
			t.Errorf("letter %d is %q, want %q", n, got, want)
		}
	}
	var people []string
	for i := range 60 {
		people = append(people, fmt.Sprintf("p%d", i))
	}
	seen := map[string]bool{}
	for _, role := range (Record{People: append(people, "A")}).WithRoles().People {
		if seen[role] || role == "participant A" {
			t.Errorf("%s is two people, or called like somebody", role)
		}
		seen[role] = true
	}
}

func TestMentionedPeopleHaveRoles(t *testing.T) {
	rec := Record{People: []string{"ana"}, Title: "ask @Dan Lee, @ana", Mentioned: []string{"Dan Lee"}, Causes: []Cause{{Causes: []Cause{{Text: "Dan was away"}}}}}
	got := rec.WithRoles()
	if got.Title != "ask participant B, participant A" || got.Causes[0].Causes[0].Text != "Participant B was away" || got.Mentioned != nil {
		t.Errorf("%+v", got)
	}
}

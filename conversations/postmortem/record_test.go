package postmortem

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// made fills a value: texts by text (which is told the field's name), times and numbers by rnd, lists with up to three
// elements.
func made(rnd *rand.Rand, v reflect.Value, field string, depth int, text func(field string) string) {
	switch v.Interface().(type) {
	case time.Time:
		if rnd.Intn(5) > 0 {
			v.Set(reflect.ValueOf(time.Unix(1_700_000_000+rnd.Int63n(40*3600), 0).UTC()))
		}
		return
	case How:
		v.SetString(string([]How{Pinned, ByHand, Told}[rnd.Intn(3)]))
		return
	case MomentName:
		v.SetString(string(MomentNames[rnd.Intn(len(MomentNames))]))
		return
	case Root:
		v.SetString(string(append(Roots, "", "unheard of")[rnd.Intn(5)]))
		return
	case Section:
		v.SetString(string([]Section{"", SectionImpact, SectionLessons, SectionRootCauses}[rnd.Intn(4)]))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Doubt" { // the only one that is not kept
				made(rnd, v.Field(i), name, depth, text)
			}
		}
	case reflect.Slice:
		n := rnd.Intn(4)
		if depth > 3 || n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			made(rnd, v.Index(i), field, depth+1, text)
		}
	case reflect.String:
		v.SetString(text(field))
	case reflect.Bool:
		v.SetBool(rnd.Intn(3) == 0)
	case reflect.Int:
		v.SetInt(rnd.Int63n(4))
	default:
		panic("a kind of field that this test does not know: " + v.Kind().String())
	}
}

// invented is a record of any shape, with texts from text.
func invented(rnd *rand.Rand, text func(field string) string) Record {
	var r Record
	made(rnd, reflect.ValueOf(&r).Elem(), "", 0, text)
	r.Schema, r.Zone, r.Roles = Schema, []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "no/where", ""}[rnd.Intn(5)], false
	return r
}

// anything is a text as people type them, and as they should not.
func anything(rnd *rand.Rand) func(string) string {
	return func(field string) string {
		switch field {
		case "ID", "Entry", "Events", "Causes":
			return fmt.Sprintf("E-%d", rnd.Intn(5))
		case "Due":
			return []string{"", "2026-03-06", "soon"}[rnd.Intn(3)]
		}
		return []string{"", "the alert averages all countries", "ana saw it: yes.", "Two things:\n- one\n- two\n\nand more", hostile[rnd.Intn(len(hostile))]}[rnd.Intn(5)]
	}
}

func TestRecordReadsBackFromItsJSON(t *testing.T) {
	for seed := range int64(200) {
		rnd := rand.New(rand.NewSource(seed))
		rec := invented(rnd, anything(rnd))
		body, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRecord(body)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(rec, got); diff != "" {
			t.Fatalf("seed %d: the record reads back as (-was +is):\n%s", seed, diff)
		}
		if diff := cmp.Diff(rec.Markdown(), got.Markdown()); diff != "" {
			t.Fatalf("seed %d: the report reads back as (-was +is):\n%s", seed, diff)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	for _, name := range []string{"shop-over-midnight", "wiki-down", "cloudflare-2019", "two-pins"} {
		body, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"zone":"Local","timeline":[{}],"moments":[{"name":"over","time":"2026-01-01T00:00:00+01:00"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		rec, err := ParseRecord(body)
		if err != nil {
			return
		}
		again, err := json.Marshal(rec)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		got, err := ParseRecord(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, again)
		}
		if got.Markdown() != rec.Markdown() {
			t.Fatalf("the report is another one after writing and reading:\n%s", cmp.Diff(rec.Markdown(), got.Markdown()))
		}
		if twice, _ := json.Marshal(got); string(twice) != string(again) {
			t.Fatalf("written twice:\n%s\n%s", again, twice)
		}
		_ = rec.WithRoles().Markdown()
	})
}

func TestParseRecordRefuses(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{``, "read a record: unexpected end of JSON input"},
		{`[]`, "read a record: json: cannot unmarshal array"},
		{`{}`, "it has no schema, so it is no record"},
		{`{"schema":0}`, "it has no schema, so it is no record"},
		{`{"schema":2,"id":7}`, "of a newer schema: 2, and this program reads up to 1"},
		{`{"schema":1,"id":7}`, "read a record of schema 1: json: cannot unmarshal number"},
		{`{"schema":1} x`, "invalid character 'x'"},
	} {
		_, err := ParseRecord([]byte(c.body))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseRecord(%s) says %v, want %q", c.body, err, c.want)
		}
		if newer := strings.Contains(c.body, `"schema":2`); errors.Is(err, ErrNewer) != newer {
			t.Errorf("ParseRecord(%s): is it ErrNewer? %t", c.body, !newer)
		}
	}
}

// What the package comment says of the JSON is all there is.
func TestEveryFieldOfTheJSONIsDescribed(t *testing.T) {
	body, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, word := range strings.FieldsFunc(string(body), func(r rune) bool { return !unicode.IsLetter(r) }) {
		described[word] = true
	}
	seen := map[reflect.Type]bool{}
	var check func(typ reflect.Type)
	check = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || seen[typ] {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "-" {
				continue
			}
			if !described[name] {
				t.Errorf("%s.%s is %q in JSON, of which doc.go says nothing", typ.Name(), typ.Field(i).Name, name)
			}
			check(typ.Field(i).Type)
		}
	}
	check(reflect.TypeFor[Record]())
}

package storagetest

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// A clone must be what a trip through JSON would give, and nothing that is done to the original may show in it.
func TestClone(t *testing.T) {
	tryClone[storage.Row](t)
	tryClone[storage.Entry](t)
	tryClone[map[string]storage.Ref](t)
	tryClone[conversations.Review](t)
	tryClone[conversations.TimelineEvent](t)
	tryClone[conversations.ActionItem](t)
	tryClone[conversations.Nudge](t)
	tryClone[conversations.PersonState](t)
	tryClone[conversations.WorkspaceState](t)
}

func tryClone[T any](t *testing.T) {
	t.Helper()
	var original, want T
	fill(reflect.ValueOf(&original).Elem(), 1, 0)
	b, err := json.Marshal(original)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	got := clone(original)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%T: cloned\n%+v\nand through JSON\n%+v", want, got, want)
	}
	fill(reflect.ValueOf(&original).Elem(), 2, 0)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%T: the clone changes with its original:\n%+v\nand was\n%+v", want, got, want)
	}
}

// fill writes into everything that a value leads to: where there is nothing yet it makes something, else it writes over
// what is there.
func fill(v reflect.Value, n int64, depth int) {
	if depth > 8 {
		return
	}
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(time.Date(2026, 3, int(n), 4, 5, 6, 0, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n, depth+1)
			}
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), n, depth+1)
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		}
		for i := range v.Len() {
			fill(v.Index(i), n, depth+1)
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, 1, depth+1)
		if old := v.MapIndex(key); old.IsValid() {
			value.Set(old)
		}
		fill(value, n, depth+1)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(string(rune('a' + n)))
	case reflect.Bool:
		v.SetBool(n == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(n))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(n))
	}
}

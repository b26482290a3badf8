package storagetest

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
	"time"
)

// clone copies a value so that nothing of it is shared with the original, and as a trip through JSON would leave it:
// only exported fields, empty lists and maps absent. It is what makes Memory fast: the trip itself costs thirty times
// more. A value is copied as a whole, and then what it still shares is replaced, of which most values have little.
func clone[T any](v T) T {
	if part := detacherOf(reflect.TypeFor[T]()); part != nil {
		part(reflect.ValueOf(&v).Elem())
	}
	return v
}

// detacher replaces in a value, which is a plain copy, all that it shares with the original. nil: it shares nothing.
type detacher func(reflect.Value)

var (
	timeType  = reflect.TypeFor[time.Time]()
	detachers sync.Map // reflect.Type → detacher
)

func detacherOf(t reflect.Type) detacher {
	if known, ok := detachers.Load(t); ok {
		return known.(detacher)
	}
	d := newDetacher(t)
	detachers.Store(t, d)
	return d
}

func newDetacher(t reflect.Type) detacher {
	switch {
	case t == timeType:
		return detachTime
	case encodesItself(t):
		return throughJSON
	}
	switch t.Kind() {
	case reflect.Struct:
		return structDetacher(t)
	case reflect.Array:
		return elementsDetacher(t)
	case reflect.Slice:
		return sliceDetacher(t)
	case reflect.Pointer, reflect.Map:
		return lateDetacher(t)
	case reflect.Interface:
		return func(v reflect.Value) {
			if !v.IsNil() {
				throughJSON(v)
			}
		}
	}
	return nil
}

// detachTime leaves out the reading of the machine's own clock, which no database knows.
func detachTime(v reflect.Value) {
	p := v.Addr().Interface().(*time.Time)
	*p = p.Round(0)
}

func structDetacher(t reflect.Type) detacher {
	type field struct {
		index  int
		detach detacher
	}
	var parts []field
	var kept []int
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Tag.Get("json") == "-" {
			continue
		}
		kept = append(kept, i)
		if d := detacherOf(f.Type); d != nil {
			parts = append(parts, field{i, d})
		}
	}
	whole := len(kept) == t.NumField()
	if whole && len(parts) == 0 {
		return nil
	}
	return func(v reflect.Value) {
		if !whole {
			out := reflect.New(t).Elem()
			for _, i := range kept {
				out.Field(i).Set(v.Field(i))
			}
			v.Set(out)
		}
		for _, f := range parts {
			f.detach(v.Field(f.index))
		}
	}
}

func elementsDetacher(t reflect.Type) detacher {
	d := detacherOf(t.Elem())
	if d == nil {
		return nil
	}
	return func(v reflect.Value) {
		for i := range v.Len() {
			d(v.Index(i))
		}
	}
}

// sliceDetacher looks at its elements late: a type may hold a list of itself.
func sliceDetacher(t reflect.Type) detacher {
	elements := sync.OnceValue(func() detacher { return elementsDetacher(t) })
	return func(v reflect.Value) {
		if v.Len() == 0 {
			v.SetZero()
			return
		}
		out := reflect.MakeSlice(t, v.Len(), v.Len())
		reflect.Copy(out, v)
		v.Set(out)
		if d := elements(); d != nil {
			d(v)
		}
	}
}

// lateDetacher is for pointers and maps, which may lead back to the type itself as well.
func lateDetacher(t reflect.Type) detacher {
	element := sync.OnceValue(func() detacher { return detacherOf(t.Elem()) })
	fresh := func(of reflect.Value) reflect.Value {
		v := reflect.New(t.Elem()).Elem()
		v.Set(of)
		if d := element(); d != nil {
			d(v)
		}
		return v
	}
	if t.Kind() == reflect.Pointer {
		return func(v reflect.Value) {
			if !v.IsNil() {
				v.Set(fresh(v.Elem()).Addr())
			}
		}
	}
	return func(v reflect.Value) {
		if v.Len() == 0 {
			v.SetZero()
			return
		}
		out := reflect.MakeMapWithSize(t, v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), fresh(it.Value()))
		}
		v.Set(out)
	}
}

// throughJSON is for what has a form of its own in JSON, so that its fields say nothing.
func throughJSON(v reflect.Value) {
	b, err := json.Marshal(v.Interface())
	v.SetZero()
	if err == nil {
		err = json.Unmarshal(b, v.Addr().Interface())
	}
	if err != nil {
		panic("storagetest: " + v.Type().String() + " does not survive JSON: " + err.Error())
	}
}

var (
	jsonType = reflect.TypeFor[json.Marshaler]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
)

// encodesItself reports whether the type has its own form in JSON. Raw messages do, but are plain bytes all the same.
func encodesItself(t reflect.Type) bool {
	return t.Kind() != reflect.Pointer && t != reflect.TypeFor[json.RawMessage]() &&
		(reflect.PointerTo(t).Implements(jsonType) || reflect.PointerTo(t).Implements(textType))
}

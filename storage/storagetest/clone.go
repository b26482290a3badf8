package storagetest

import (
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
	"time"
)

// clone copies a value so that nothing of it is shared with the original, and as a trip through JSON would leave it:
// only exported fields, empty lists and maps absent. It is what makes Memory fast: the trip itself costs ten times more.
func clone[T any](v T) T {
	var out T
	copyInto(reflect.ValueOf(&out).Elem(), reflect.ValueOf(&v).Elem())
	return out
}

var timeType = reflect.TypeFor[time.Time]()

func copyInto(dst, src reflect.Value) {
	if src.Type() == timeType {
		dst.Set(reflect.ValueOf(src.Interface().(time.Time).Round(0)))
		return
	}
	if encodesItself(src.Type()) {
		throughJSON(dst, src)
		return
	}
	switch src.Kind() {
	case reflect.Pointer:
		if !src.IsNil() {
			dst.Set(reflect.New(src.Type().Elem()))
			copyInto(dst.Elem(), src.Elem())
		}
	case reflect.Struct:
		copyFields(dst, src)
	case reflect.Slice:
		if src.Len() > 0 {
			dst.Set(reflect.MakeSlice(src.Type(), src.Len(), src.Len()))
			copyElements(dst, src)
		}
	case reflect.Array:
		copyElements(dst, src)
	case reflect.Map:
		copyMap(dst, src)
	case reflect.Interface:
		if !src.IsNil() {
			throughJSON(dst, src)
		}
	default:
		dst.Set(src)
	}
}

func copyFields(dst, src reflect.Value) {
	for i := range src.NumField() {
		f := src.Type().Field(i)
		if f.IsExported() && f.Tag.Get("json") != "-" {
			copyInto(dst.Field(i), src.Field(i))
		}
	}
}

func copyElements(dst, src reflect.Value) {
	if flat(src.Type().Elem().Kind()) {
		reflect.Copy(dst, src)
		return
	}
	for i := range src.Len() {
		copyInto(dst.Index(i), src.Index(i))
	}
}

func copyMap(dst, src reflect.Value) {
	if src.Len() == 0 {
		return
	}
	dst.Set(reflect.MakeMapWithSize(src.Type(), src.Len()))
	for it := src.MapRange(); it.Next(); {
		v := reflect.New(src.Type().Elem()).Elem()
		copyInto(v, it.Value())
		dst.SetMapIndex(it.Key(), v)
	}
}

func flat(k reflect.Kind) bool {
	return k == reflect.String || k >= reflect.Bool && k <= reflect.Complex128
}

func throughJSON(dst, src reflect.Value) {
	b, err := json.Marshal(src.Interface())
	if err == nil {
		err = json.Unmarshal(b, dst.Addr().Interface())
	}
	if err != nil {
		panic("storagetest: " + src.Type().String() + " does not survive JSON: " + err.Error())
	}
}

var (
	marshalers sync.Map // reflect.Type → bool
	jsonType   = reflect.TypeFor[json.Marshaler]()
	textType   = reflect.TypeFor[encoding.TextMarshaler]()
)

// encodesItself reports whether the type has its own form in JSON, so that its fields say nothing. Raw messages do,
// but are plain bytes all the same.
func encodesItself(t reflect.Type) bool {
	if known, ok := marshalers.Load(t); ok {
		return known.(bool)
	}
	own := t.Kind() != reflect.Pointer && t != reflect.TypeFor[json.RawMessage]() &&
		(reflect.PointerTo(t).Implements(jsonType) || reflect.PointerTo(t).Implements(textType))
	marshalers.Store(t, own)
	return own
}

package mongo

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

// document is a subject as it is stored. A state's fields are below "state", so that none of them can meet a name of
// the store's, whatever later versions call them. Fields that are not named here or in the state are never touched.
type document struct {
	ID        string    `bson:"_id"`
	Kind      string    `bson:"kind"`
	V         int       `bson:"v"`
	Rev       int64     `bson:"rev"`
	Due       time.Time `bson:"due,omitempty"` // absent, or it would tick for ever
	At        time.Time `bson:"at"`            // always there, in the year 1 when zero: it sorts before all others
	Addresses []string  `bson:"addresses"`
	Applied   []int64   `bson:"applied"`
	SavedBy   string    `bson:"savedBy"` // drawn by the Save that made this rev
	State     bson.Raw  `bson:"state"`

	Out outboxFields `bson:",inline"`
}

// outboxFields are what belongs to delivery. Save appends to outbox, lowers ready and raises outboxRev; it never writes
// what it read of them.
//
// Ready and Wake say when to look at the outbox, so that it is found by an index. One of them is there when the outbox
// is not empty; both after a Save, until somebody looks.
type outboxFields struct {
	Outbox    []entry   `bson:"outbox"`
	Refs      []ref     `bson:"refs"` // a list, because a slot as a field's name would be split at its dots
	OutboxRev int64     `bson:"outboxRev"`
	Ready     time.Time `bson:"ready,omitempty"` // an entry waits for nothing since then, whatever the clock says
	Wake      time.Time `bson:"wake,omitempty"`  // from then on an entry can be claimed
}

type entry struct {
	ID        string    `bson:"id"`
	Body      string    `bson:"body"` // the effect as JSON
	State     string    `bson:"state"`
	Tries     int       `bson:"tries"`
	Since     time.Time `bson:"since"`
	NotBefore time.Time `bson:"notBefore,omitempty"`
	StartedAt time.Time `bson:"startedAt,omitempty"`
	By        string    `bson:"by,omitempty"`
	Lapsed    time.Time `bson:"lapsed,omitempty"`
}

type ref struct {
	Slot string `bson:"slot"`
	Body string `bson:"body"` // the port's Ref as JSON
}

func newEntries(effects []conversations.Effect, now time.Time) ([]entry, error) {
	entries := make([]entry, len(effects))
	for i, e := range effects {
		body, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("effect %s: %w", e.ID, err)
		}
		entries[i] = entry{ID: e.ID, Body: string(body), State: string(storage.Waiting), Since: now}
	}
	return entries, nil
}

func (e entry) port() (storage.Entry, error) {
	out := storage.Entry{
		State: storage.EntryState(e.State), Tries: e.Tries, Since: milli(e.Since), NotBefore: milli(e.NotBefore),
		StartedAt: milli(e.StartedAt), By: e.By, Lapsed: milli(e.Lapsed),
	}
	if err := json.Unmarshal([]byte(e.Body), &out.Effect); err != nil {
		return storage.Entry{}, fmt.Errorf("effect %s: %w", e.ID, err)
	}
	return out, nil
}

func (o outboxFields) port() ([]storage.Entry, map[string]storage.Ref, error) {
	var entries []storage.Entry
	for _, e := range o.Outbox {
		p, err := e.port()
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, p)
	}
	refs := map[string]storage.Ref{}
	for _, r := range o.Refs {
		var p storage.Ref
		if err := json.Unmarshal([]byte(r.Body), &p); err != nil {
			return nil, nil, fmt.Errorf("ref %s: %w", r.Slot, err)
		}
		refs[r.Slot] = p
	}
	return entries, refs, nil
}

// port decodes the subject.
func (d document) port() (conversations.Subject, error) {
	fields := map[string]json.RawMessage{}
	elements, err := d.State.Elements()
	if err != nil {
		return conversations.Subject{}, err
	}
	for _, e := range elements {
		if fields[e.Key()], err = appendJSON(nil, e.Value()); err != nil {
			return conversations.Subject{}, err
		}
	}
	state, err := conversations.Decode(conversations.Kind(d.Kind), fields)
	if err != nil && d.V > conversations.Version {
		state, err = conversations.NewState(conversations.Kind(d.Kind)), nil // of another shape; nobody steps it
	}
	if err != nil {
		return conversations.Subject{}, err
	}
	s := conversations.Subject{
		ID: d.ID, V: d.V, Rev: d.Rev, Due: milli(d.Due), At: milli(d.At), State: state,
	}
	if len(d.Addresses) > 0 {
		s.Addresses = d.Addresses
	}
	if len(d.Applied) > 0 {
		s.Applied = d.Applied
	}
	return s, nil
}

// list is never nil, which the driver would store as null.
func list[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}

// The fields of a state are JSON and are stored as the BSON that says the same, so that people can read and query them.
// What BSON or a server has no room for is escaped: names with a dot, a dollar or a zero byte in them, and numbers that
// are neither an int64 nor exactly a float64.

// numberField is the only name in a document that stands for such a number. No escaped name looks like it.
const numberField = "%n"

// toBSON converts one JSON value.
func toBSON(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := readValue(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func readValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return readObject(d)
		}
		return readArray(d)
	case json.Number:
		return toNumber(t), nil
	}
	return t, nil // string, bool, nil
}

func readObject(d *json.Decoder) (any, error) {
	out := bson.D{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := readValue(d)
		if err != nil {
			return nil, err
		}
		out = append(out, bson.E{Key: escapeName(name.(string)), Value: v})
	}
	_, err := d.Token()
	return out, err
}

func readArray(d *json.Decoder) (any, error) {
	out := bson.A{}
	for d.More() {
		v, err := readValue(d)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := d.Token()
	return out, err
}

func toNumber(n json.Number) any {
	text := n.String()
	if i, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(i, 10) == text {
		return i
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		if b, err := json.Marshal(f); err == nil && string(b) == text {
			return f
		}
	}
	return bson.D{{Key: numberField, Value: text}}
}

// appendJSON appends one BSON value as JSON: the inverse of toBSON.
func appendJSON(b []byte, v bson.RawValue) ([]byte, error) {
	switch v.Type {
	case bson.TypeEmbeddedDocument:
		return appendObject(b, v.Document())
	case bson.TypeArray:
		return appendArray(b, v.Array())
	case bson.TypeString:
		return appendMarshalled(b, v.StringValue())
	case bson.TypeBoolean:
		return strconv.AppendBool(b, v.Boolean()), nil
	case bson.TypeInt64:
		return strconv.AppendInt(b, v.Int64(), 10), nil
	case bson.TypeInt32:
		return strconv.AppendInt(b, int64(v.Int32()), 10), nil
	case bson.TypeDouble:
		return appendMarshalled(b, v.Double())
	case bson.TypeNull:
		return append(b, "null"...), nil
	}
	return nil, fmt.Errorf("a state has a value of BSON type %s", v.Type)
}

func appendMarshalled(b []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return append(b, text...), err
}

func appendObject(b []byte, d bson.Raw) ([]byte, error) {
	elements, err := d.Elements()
	if err != nil {
		return nil, err
	}
	if len(elements) == 1 && elements[0].Key() == numberField {
		return append(b, elements[0].Value().StringValue()...), nil
	}
	b = append(b, '{')
	for i, e := range elements {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendMarshalled(b, unescapeName(e.Key())); err != nil {
			return nil, err
		}
		if b, err = appendJSON(append(b, ':'), e.Value()); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendArray(b []byte, a bson.RawArray) ([]byte, error) {
	values, err := a.Values()
	if err != nil {
		return nil, err
	}
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendJSON(b, v); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

var escaper = strings.NewReplacer("%", "%25", ".", "%2E", "$", "%24", "\x00", "%00")

func escapeName(s string) string {
	if s == "" {
		return "%"
	}
	return escaper.Replace(s)
}

func unescapeName(s string) string {
	if s == "%" {
		return ""
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "%")
		b.WriteString(before)
		if !found || len(rest) < 2 {
			return b.String()
		}
		c, err := hex.DecodeString(rest[:2])
		if err != nil {
			return b.String() // not written by us
		}
		b.Write(c)
		s = rest[2:]
	}
}

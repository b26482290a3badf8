package postmortem

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ErrNewer says that a record was written by a newer program than this one.
var ErrNewer = errors.New("the record is of a newer schema")

// ParseRecord reads a record's JSON. It refuses what it could only read in part: another schema than those up to Schema,
// or something that is no record at all.
func ParseRecord(body []byte) (Record, error) {
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return Record{}, fmt.Errorf("read a record: %w", err)
	}
	switch {
	case head.Schema == nil || *head.Schema < 1:
		return Record{}, errors.New("read a record: it has no schema, so it is no record")
	case *head.Schema > Schema:
		return Record{}, fmt.Errorf("read a record: %w: %d, and this program reads up to %d", ErrNewer, *head.Schema, Schema)
	}
	var r Record
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, fmt.Errorf("read a record of schema %d: %w", *head.Schema, err)
	}
	return r, nil
}

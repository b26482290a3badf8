package conversations

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// AuditEntry is one act that somebody may be asked about later. It says who did what, when, where and to what: ids and
// hashes, never a word of what people wrote, so that it can outlive everything it is about.
type AuditEntry struct {
	ID      string            `json:"id"` // the same however often the act is carried out again
	At      time.Time         `json:"at"`
	What    string            `json:"what"` // the act, as it is typed: "publish", "settings crew", "timeline hide"
	Who     string            `json:"who"`
	Where   Place             `json:"where,omitzero"`
	Subject string            `json:"subject"`
	IDs     []string          `json:"ids,omitempty"`    // what it was about: PM-4, A-17, keys of kept rows
	Hashes  map[string]string `json:"hashes,omitempty"` // SHA-256 of those of them that are kept rows
}

// audit has an entry filed about what the acting person has just done. What is said of it follows from the event alone,
// so an event that is stepped twice leaves one entry. Never put in ids what somebody wrote.
func (o *out) audit(what string, ids ...string) {
	id := effectID(o.subject, o.event.Key, len(o.effects))
	o.add(Effect{
		Kind: Audit, To: "audit", Key: AuditKey(o.workspace(), o.event.At) + "/" + id,
		Place: o.event.Where, Person: o.event.Who, At: o.event.At, View: what, Args: ids,
	})
}

// AuditKey begins the keys of all entries about one moment. They sort by time.
func AuditKey(workspace string, at time.Time) string {
	return workspace + "/audit/" + at.UTC().Format("2006-01-02T15:04:05.000Z")
}

// auditNeeds asks for the rows whose hashes go with the entry.
func auditNeeds(ef Effect) Needs {
	n := Needs{}
	for _, id := range ef.Args {
		if strings.Count(id, "/") > 1 {
			n.Kept = append(n.Kept, id)
		}
	}
	return n
}

// auditRow makes the entry.
func auditRow(s Subject, ef Effect, f Facts) ([]byte, error) {
	entry := AuditEntry{
		ID: ef.ID, At: ef.At, What: ef.View, Who: ef.Person, Where: ef.Place, Subject: s.ID, IDs: ef.Args,
	}
	for _, id := range ef.Args {
		if body, ok := f.Kept[id]; ok {
			if entry.Hashes == nil {
				entry.Hashes = map[string]string{}
			}
			sum := sha256.Sum256(body)
			entry.Hashes[id] = hex.EncodeToString(sum[:])
		}
	}
	b, err := json.Marshal(entry)
	if err != nil {
		return nil, fmt.Errorf("audit entry %s: %w", ef.ID, err)
	}
	return b, nil
}

// hashed is a short name for a value that is not to be told.
func hashed(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:8])
}

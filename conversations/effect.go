package conversations

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"time"
)

// EffectKind says what is to be done.
type EffectKind string

// The kinds of effects. Only posts need looking up after a crash; everything else is simply done again.
const (
	Post     EffectKind = "post"     // a message to a place; an edit of it once the slot has an address
	Private  EffectKind = "private"  // a direct message to a person; likewise edited
	Reply    EffectKind = "reply"    // a private answer to an act, by its Handle; never looked up, dropped in doubt
	Join     EffectKind = "join"     // become a member of the public channels whose names match one of Args
	React    EffectKind = "react"    // put the bot's own Emoji on Message (On), or take it off
	Fetch    EffectKind = "fetch"    // read Message with all its reactions; answered by a Fetched with the same Seen
	ReadBack EffectKind = "readback" // read a page of Part of Place; what is new or differs comes in as events; answered by ReadTo
	Tell     EffectKind = "tell"     // say something to another subject
	Keep     EffectKind = "keep"     // file an immutable row under its natural key; answered by Filed
	Audit    EffectKind = "audit"    // file an immutable entry about who did what; nothing answers
)

// Effect is something that a step wants done. It is durable with the state that asked for it, and carried out afterwards.
// It says what to show (View, Args), never the words: those are rendered from what is stored when it is sent.
type Effect struct {
	ID   string     `json:"id"`             // hash of subject, event and ordinal; also the marker of the message on the platform
	To   string     `json:"to"`             // destination; effects of one subject to one destination keep their order
	Slot string     `json:"slot,omitempty"` // the one intention this is the newest version of; empty: stands alone
	Kind EffectKind `json:"kind"`

	Place   Place      `json:"place,omitzero"`
	Person  string     `json:"person,omitempty"`
	Message MessageRef `json:"message,omitzero"`
	Handle  Handle     `json:"handle,omitzero"`
	Emoji   string     `json:"emoji,omitempty"`
	On      bool       `json:"on,omitempty"`
	Seen    int        `json:"seen,omitempty"`
	At      time.Time  `json:"at,omitzero"`
	Part    Stretch    `json:"part,omitzero"`

	View string   `json:"view,omitempty"` // what Render shows
	Args []string `json:"args,omitempty"`

	Tell *Event `json:"tell,omitempty"` // Subject names who is told; its Key follows from the effect
	Key  string `json:"key,omitempty"`  // Keep, Audit: the row's natural key
}

// ReadOnly reports whether carrying the effect out changes nothing outside, so that an uncertain end needs no wait.
func (e Effect) ReadOnly() bool { return e.Kind == Fetch || e.Kind == ReadBack }

// Inside reports whether the effect stays in the store and never reaches a platform.
func (e Effect) Inside() bool { return e.Kind == Tell || e.Kind == Keep || e.Kind == Audit }

// OpensThread reports whether people will reply under the post: it is a review's card, posted outside of any thread.
func (e Effect) OpensThread() bool { return e.Kind == Post && e.Slot == "card" && e.Place.Thread == "" }

// effectID makes an id that is the same whenever the same event is stepped again: 24 characters, lower case and digits,
// short enough for Discord's nonce of 25.
func effectID(subject, eventKey string, ordinal int) string {
	sum := sha256.Sum256([]byte(subject + "\x00" + eventKey + "\x00" + strconv.Itoa(ordinal)))
	return idEncoding.EncodeToString(sum[:15])
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// KeyHash is the 64-bit hash under which Applied remembers an event's key.
func KeyHash(key string) int64 {
	sum := sha256.Sum256([]byte(key))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

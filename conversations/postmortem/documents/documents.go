// Package documents lists what a record can be downloaded as. Whoever offers downloads or writes files reads this list: a
// new kind of document is one entry here.
package documents

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/postmortem/html"
	"github.com/debrief-bot/debrief/conversations/postmortem/pdf"
)

// Document is one way to have a record as a file.
type Document struct {
	Label string                 // what people call it: "Markdown"
	Name  string                 // of the file, safe on every system: "PM-4.md"
	MIME  string                 // with its character set
	Bytes func() ([]byte, error) // prints it; the same record gives the same bytes
}

// kinds are the documents, in the order in which they are offered.
var kinds = []struct {
	label, ending, mime string
	print               func(postmortem.Record) ([]byte, error)
}{
	{"Markdown", ".md", "text/markdown; charset=utf-8", func(r postmortem.Record) ([]byte, error) { return []byte(r.Markdown()), nil }},
	{"HTML", ".html", "text/html; charset=utf-8", html.Print},
	{"PDF", ".pdf", "application/pdf", pdf.Print},
	{"JSON", ".json", "application/json", data},
}

// Of are the documents of a record. Nothing is printed until it is asked for.
func Of(rec postmortem.Record) []Document {
	var all []Document
	for _, k := range kinds {
		all = append(all, Document{
			Label: k.label, Name: base(rec.ID) + k.ending, MIME: k.mime,
			Bytes: func() ([]byte, error) { return k.print(rec) },
		})
	}
	return all
}

// data is the record itself, as postmortem.ParseRecord reads it, a field on a line so that versions can be compared.
func data(rec postmortem.Record) ([]byte, error) {
	body, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("print the record as JSON: %w", err)
	}
	return append(body, '\n'), nil
}

// base is the name of a file without its ending: the number of the record, as far as it is letters, digits and dashes.
func base(id string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, id)
	if safe = strings.Trim(safe, "-"); safe == "" {
		return "postmortem"
	}
	return safe
}

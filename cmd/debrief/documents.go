package main

import (
	"path/filepath"
	"strings"

	"github.com/debrief-bot/debrief/adapters/local"
	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/postmortem/documents"
)

// renderers are the forms beside Markdown in which the chat in the browser offers a report. The page of HTML is shown.
func renderers() []local.Renderer {
	var all []local.Renderer
	for i, d := range documents.Of(postmortem.Record{}) {
		ext := strings.TrimPrefix(filepath.Ext(d.Name), ".")
		if ext == "md" {
			continue
		}
		all = append(all, local.Renderer{
			Label: d.Label, Ext: ext, Type: d.MIME, Shown: ext == "html",
			Render: func(r postmortem.Record) ([]byte, error) { return documents.Of(r)[i].Bytes() },
		})
	}
	return all
}

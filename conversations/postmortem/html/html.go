// Package html prints a report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. It
// says what the Markdown says, word for word. What people wrote is text and stays text: tables are written cell by cell,
// and what reads freely goes through a Markdown reader that knows no HTML and then through a list of the six elements that
// may come out of it. The policy in its head forbids everything but its one style sheet.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the style sheet
	"encoding/base64"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"

	"github.com/debrief-bot/debrief/conversations/postmortem"
	"github.com/debrief-bot/debrief/conversations/postmortem/picture"
)

//go:embed report.css
var style string

// Print is the report of a record as an HTML document.
func Print(rec postmortem.Record) ([]byte, error) {
	d := document{free: goldmark.New(), allowed: bluemonday.NewPolicy()}
	d.allowed.AllowElements("h3", "p", "ul", "li", "strong", "em")
	report := rec.Report()
	sum := sha256.Sum256([]byte(style))
	d.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	d.raw(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-` +
		base64.StdEncoding.EncodeToString(sum[:]) + `'; img-src data:; base-uri 'none'; form-action 'none'">` + "\n")
	d.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	d.raw("<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
	d.words(strings.TrimSpace(report.ID + " " + report.Title))
	d.raw("</title>\n<style>" + style + "</style>\n</head>\n<body>\n<header>\n<h1>")
	if report.ID != "" {
		d.raw(`<span class="id">`)
		d.words(report.ID)
		d.raw("</span> ")
	}
	d.words(report.Title)
	d.raw("</h1>\n<p class=\"byline\">")
	d.words(report.Byline)
	d.raw("</p>\n</header>\n<nav aria-label=\"Sections\">\n<ul>\n")
	for _, part := range report.Parts {
		d.raw(`<li><a href="#` + anchor(part.Heading) + `">` + string(part.Heading) + "</a></li>\n")
	}
	d.raw("</ul>\n</nav>\n<main>\n")
	for _, part := range report.Parts {
		if err := d.part(part); err != nil {
			return nil, fmt.Errorf("print the section %q: %w", part.Heading, err)
		}
	}
	d.raw("</main>\n</body>\n</html>\n")
	return d.b.Bytes(), nil
}

// anchor is a heading as the name of a place in the document.
func anchor(s postmortem.Section) string {
	return strings.ReplaceAll(strings.ToLower(string(s)), " ", "-")
}

// document is one that is being written.
type document struct {
	b        bytes.Buffer
	free     goldmark.Markdown
	allowed  *bluemonday.Policy
	pictures int
}

// raw writes what is ours.
func (d *document) raw(s string) { d.b.WriteString(s) }

// words write a text, which stays one whatever is in it.
func (d *document) words(s string) {
	if !strings.ContainsAny(s, `&<>"'`) {
		d.b.WriteString(s)
		return
	}
	d.b.WriteString(html.EscapeString(s))
}

func (d *document) text(t postmortem.Text) {
	for _, s := range t {
		tag := [...]string{postmortem.Plain: "", postmortem.Strong: "strong", postmortem.Emphasis: "em"}[s.Style]
		if tag == "" {
			d.words(s.Text)
			continue
		}
		d.raw("<" + tag + ">")
		d.words(s.Text)
		d.raw("</" + tag + ">")
	}
}

func (d *document) part(part postmortem.Part) error {
	id := anchor(part.Heading)
	d.raw(`<section aria-labelledby="` + id + `">` + "\n" + `<h2 id="` + id + `">` + string(part.Heading) + "</h2>\n")
	var prose strings.Builder
	flush := func() error {
		if prose.Len() == 0 {
			return nil
		}
		var made bytes.Buffer
		if err := d.free.Convert([]byte(prose.String()), &made); err != nil {
			return err
		}
		d.b.Write(d.allowed.SanitizeBytes(made.Bytes()))
		prose.Reset()
		return nil
	}
	for _, block := range part.Blocks {
		switch block := block.(type) {
		case postmortem.Table:
			if err := flush(); err != nil {
				return err
			}
			d.table(block)
		case postmortem.Whys:
			if err := flush(); err != nil {
				return err
			}
			d.figure("Pictures of the causes", picture.Whys(block))
		case postmortem.Course:
			if err := flush(); err != nil {
				return err
			}
			d.figure("Picture of the timeline", []picture.Picture{picture.Course(block)})
		default:
			prose.WriteString(postmortem.Markdown(block))
		}
	}
	if err := flush(); err != nil {
		return err
	}
	d.raw("</section>\n")
	return nil
}

// shrunk is how wide a picture can be, in points, that the widest page shows whole at three quarters of its size. report.css
// has the page's width and that share.
const shrunk = 696 / 0.75

// figure shows pictures. It scrolls where it is wider than the page, so it can be reached with the keyboard.
func (d *document) figure(label string, pictures []picture.Picture) {
	if len(pictures) == 0 {
		return
	}
	class := "pictures"
	if slices.ContainsFunc(pictures, func(p picture.Picture) bool { return p.Width > shrunk }) {
		class += " wide"
	}
	d.raw(`<div class="` + class + `" role="region" aria-label="` + label + `" tabindex="0">` + "\n")
	for _, p := range pictures {
		d.pictures++
		d.raw(p.SVG(fmt.Sprintf("picture-%d", d.pictures)) + "\n")
	}
	d.raw("</div>\n")
}

// table writes a table. The roles are those that its elements have anyway; on a phone the style sheet makes of each row a
// block, and browsers would take the roles from them.
func (d *document) table(t postmortem.Table) {
	d.raw("<table role=\"table\">\n<thead role=\"rowgroup\">\n<tr role=\"row\">")
	open := make([]string, len(t.Columns))
	end := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		class := ""
		if c.Short {
			class = ` class="s"`
		}
		if c.Head == "" {
			d.raw(`<td role="cell"` + class + `></td>`)
		} else {
			d.raw(`<th scope="col" role="columnheader"` + class + ">")
			d.words(c.Head)
			d.raw("</th>")
		}
		label := ""
		if c.Head != "" {
			label = ` data-head="` + html.EscapeString(c.Head) + `"`
		}
		open[i], end[i] = `<td role="cell"`+class+label+">", "</td>"
		if i == 0 {
			open[i], end[i] = `<th scope="row" role="rowheader"`+class+label+">", "</th>"
		}
	}
	d.raw("</tr>\n</thead>\n<tbody role=\"rowgroup\">\n")
	for i, row := range t.Rows {
		if row.Day != "" {
			if i > 0 {
				d.raw("</tbody>\n<tbody role=\"rowgroup\">\n")
			}
			d.raw(fmt.Sprintf(`<tr class="day" role="row"><th scope="rowgroup" role="rowheader" colspan="%d">`, len(t.Columns)))
			d.words(row.Day)
			d.raw("</th></tr>\n")
			continue
		}
		if row.Key {
			d.raw(`<tr class="key" role="row">`)
		} else {
			d.raw(`<tr role="row">`)
		}
		for j, cell := range row.Cells {
			if len(cell) == 0 {
				// Without its head: an empty cell has nothing to say on a phone.
				d.raw(`<td role="cell" class="none"></td>`)
				continue
			}
			d.raw(open[j])
			d.text(cell)
			d.raw(end[j])
		}
		d.raw("</tr>\n")
	}
	d.raw("</tbody>\n</table>\n")
}

package postmortem

import "strings"

// Markdown is the report as a CommonMark document with tables. What people said is escaped: it formats and links
// nothing.
func (r Record) Markdown() string {
	report := r.Report()
	m := markdown{diagram: r.Mermaid}
	m.b.WriteString("# ")
	m.text(plain(strings.TrimSpace(report.ID + " " + report.Title)))
	m.b.WriteString("\n\n")
	m.text(plain(report.Byline))
	m.b.WriteString("\n")
	for _, part := range report.Parts {
		m.b.WriteString("\n## " + string(part.Heading) + "\n")
		for _, block := range part.Blocks {
			m.block(block)
		}
	}
	return m.b.String()
}

// Markdown is a block of a report in CommonMark. Pictures are none in it: see Record.Mermaid.
func Markdown(block Block) string {
	m := markdown{diagram: func() string { return "" }}
	m.block(block)
	return m.b.String()
}

// markdown is a document that is being written.
type markdown struct {
	b       strings.Builder
	diagram func() string
}

// block writes a block behind an empty line.
func (m *markdown) block(block Block) {
	switch block := block.(type) {
	case Paragraph:
		m.b.WriteString("\n")
		m.text(block.Text)
		m.b.WriteString("\n")
	case Subheading:
		m.b.WriteString("\n### " + string(block) + "\n")
	case List:
		m.b.WriteString("\n")
		m.list(block, "")
	case Table:
		m.b.WriteString("\n")
		m.table(block)
	case Whys:
		if diagram := m.diagram(); diagram != "" {
			m.b.WriteString("\n```mermaid\n" + diagram + "```\n")
		}
	case Course: // no program that reads Markdown draws one; the table says it all
	}
}

func (m *markdown) list(list List, indent string) {
	for _, item := range list {
		m.b.WriteString(indent + "- ")
		m.text(item.Text)
		m.b.WriteString("\n")
		m.list(item.Items, indent+"  ")
	}
}

func (m *markdown) table(t Table) {
	m.b.WriteString("|")
	for _, c := range t.Columns {
		if c.Head != "" {
			m.b.WriteString(" ")
			m.text(plain(c.Head))
		}
		m.b.WriteString(" |")
	}
	m.b.WriteString("\n|" + strings.Repeat("---|", len(t.Columns)) + "\n")
	for _, row := range t.Rows {
		if row.Day != "" {
			m.b.WriteString("| **" + row.Day + "** |" + strings.Repeat(" |", len(t.Columns)-1) + "\n")
			continue
		}
		m.b.WriteString("|")
		for _, cell := range row.Cells {
			m.b.WriteString(" ")
			m.text(cell)
			m.b.WriteString(" |")
		}
		m.b.WriteString("\n")
	}
}

// text writes what a block, an item or a cell says.
func (m *markdown) text(t Text) {
	for i, s := range t {
		around := [...]string{Plain: "", Strong: "**", Emphasis: "*"}[s.Style]
		m.b.WriteString(around)
		m.b.WriteString(escape(s.Text, i == 0))
		m.b.WriteString(around)
	}
}

package postmortem

import "strings"

var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `>`, `\>`, `|`, `\|`, `~`, `\~`, `#`, `\#`,
	`&`, `\&`, `!`, `\!`, `$`, `\$`,
)

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// escape makes a text on one line, cleaned, inert in Markdown: it shows exactly what was typed, and links, formats and pings
// nothing. (A bare address stays one; whether it can be clicked is the reader's program's affair.) One that opens a line
// does not begin a list, a heading or a rule.
func escape(s string, opens bool) string {
	s = markup.Replace(s)
	if opens && s != "" {
		return unlist(s)
	}
	return s
}

// unlist escapes what would begin a list item, a rule or an underlined heading.
func unlist(line string) string {
	switch line[0] {
	case '-', '+', '=':
		return `\` + line
	}
	i := 0
	for i < len(line) && i < 9 && line[i] >= '0' && line[i] <= '9' {
		i++
	}
	if i > 0 && i < len(line) && (line[i] == '.' || line[i] == ')') && (i+1 == len(line) || line[i+1] == ' ') {
		return line[:i] + `\` + line[i:]
	}
	return line
}

// Clean takes out what changes how a text reads without being seen: direction overrides, zero-width characters other
// than the joiners that emoji and scripts need, tag characters and other controls.
func Clean(s string) string {
	if simple(s) {
		return s
	}
	s = newlines.Replace(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < 0x20 || (r >= 0x7F && r < 0xA0):
			return -1
		case r == 0x200B || r == 0x200E || r == 0x200F || r == 0x2060 || r == 0xFEFF || r == 0x00AD:
			return -1
		case (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069):
			return -1
		case r >= 0xE0000 && r <= 0xE007F:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

// simple reports whether a text is all printable ASCII, as most lines are: then there is nothing to clean.
func simple(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 0x20 && c != '\n' && c != '\t') || c >= 0x7F {
			return false
		}
	}
	return true
}

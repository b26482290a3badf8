package postmortem

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How what people typed in a chat becomes prose: answers in pieces become a paragraph or a list, sentences begin with a
// capital and end with a full stop. No word is changed. What is said here is plain text; escape comes after.

// point is one thing somebody said, with what they listed under it.
type point struct {
	text string
	subs []string
}

var bullet = regexp.MustCompile(`^\s*(?:[-*+•–]\s+|\d{1,2}[.)]\s+)`)

// points are the answers to one question, one after the other, each once. An answer of several lines is several points; a
// line that ends in a colon has those that follow it under it.
func points(notes []Note) []point {
	var all []point
	said := map[string]bool{}
	for _, n := range notes {
		head := -1
		for _, line := range strings.Split(Clean(n.Text), "\n") {
			text := strings.TrimSpace(bullet.ReplaceAllString(line, ""))
			if text == "" {
				if strings.TrimSpace(line) == "" && head >= 0 && len(all[head].subs) > 0 {
					head = -1 // a blank line ends the list under a colon
				}
				continue
			}
			if head >= 0 {
				all[head].subs = append(all[head].subs, text)
				continue
			}
			if strings.HasSuffix(text, ":") {
				head = len(all)
			} else if key := strings.ToLower(strings.TrimRight(text, ".!")); said[key] {
				continue
			} else {
				said[key] = true
			}
			all = append(all, point{text: text})
		}
	}
	return all
}

// longPoint is the length in runes from which a point is a paragraph rather than an item of a list.
const longPoint = 240

// said is what people answered to one question: one answer as a paragraph, several as a list, long ones as paragraphs.
func said(notes []Note) []Block {
	all := points(notes)
	long := true
	for _, p := range all {
		long = long && len(p.subs) == 0 && utf8.RuneCountInString(p.text) >= longPoint
	}
	if len(all) > 1 && !long {
		var list List
		for _, p := range all {
			list = append(list, Item{plain(phrase(p.text)), bullets(p.subs)})
		}
		return []Block{list}
	}
	var blocks []Block
	for _, p := range all {
		blocks = append(blocks, Paragraph{plain(sentence(p.text))})
		if len(p.subs) > 0 {
			blocks = append(blocks, bullets(p.subs))
		}
	}
	return blocks
}

// paragraphs are a text that somebody wrote as such: each line is a paragraph, unless they made a list.
func paragraphs(text string) []Block {
	var blocks []Block
	for _, l := range strings.Split(Clean(text), "\n") {
		switch {
		case strings.TrimSpace(l) == "":
		case bullet.MatchString(l):
			return said([]Note{{Text: text}})
		default:
			blocks = append(blocks, Paragraph{plain(sentence(l))})
		}
	}
	return blocks
}

// runIn are answers under a few bold words: beside them if it is one answer, below them if there are several.
func runIn(words string, notes []Note) []Block {
	body := said(notes)
	if len(body) == 0 {
		return nil
	}
	if first, ok := body[0].(Paragraph); ok && len(points(notes)) == 1 {
		body[0] = Paragraph{append(Text{{words + ".", Strong}, {Text: " "}}, first.Text...)}
		return body
	}
	return append([]Block{Paragraph{Text{{words + ":", Strong}}}}, body...)
}

func bullets(texts []string) List {
	var list List
	for _, t := range texts {
		list = append(list, Item{Text: plain(phrase(t))})
	}
	return list
}

// sentence is a text with a capital at its beginning and a full stop at its end.
func sentence(s string) string { return stop(capital(strings.TrimSpace(s))) }

// inner is the end of a sentence inside a text.
var inner = regexp.MustCompile(`[.!?]["'”’)]?\s+\p{Lu}`)

// phrase is a text as the item of a list: one sentence has no full stop, several have.
func phrase(s string) string {
	s = capital(strings.TrimSpace(s))
	if inner.MatchString(s) {
		return stop(s)
	}
	if strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "..") && !abbreviation.MatchString(s) {
		s = strings.TrimSuffix(s, ".")
	}
	return s
}

var abbreviation = regexp.MustCompile(`(?i)(?:\b\pL|\betc|\bapprox|\bmin|\bno|\bvs|\bresp)\.$`)

// capital begins a text with a capital, if its first word is an ordinary one: iOS, e-mail addresses and commands with
// signs in them stay what they are.
func capital(s string) string {
	word, _, _ := strings.Cut(s, " ")
	for i, r := range strings.TrimRight(word, ".?!") {
		if !unicode.IsLower(r) && (i == 0 || !strings.ContainsRune(",;:'’", r)) {
			return s
		}
	}
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// stop ends a text with a full stop, unless it ends in something that is one, in a picture, or in a link.
func stop(s string) string {
	last, _ := utf8.DecodeLastRuneInString(s)
	switch {
	case s == "" || strings.ContainsRune(".!?…:;,", last) || unicode.Is(unicode.So, last) || unicode.Is(unicode.Mn, last):
		return s
	case strings.Contains(s[strings.LastIndexAny(s, " \t\n")+1:], "://"):
		return s
	}
	return s + "."
}

// oneLine is a text on one line, cleaned.
func oneLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// inRow is a text as the content of one cell of a table, cleaned: lines stand beside each other.
func inRow(s string) string {
	s = strings.TrimSpace(Clean(s))
	if !strings.Contains(s, "\n") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimLeft(l, " \t")
	}
	return strings.Join(lines, " / ")
}

// dots stand where a text should be and is not.
func dots(s string) string {
	if s == "" {
		return "…"
	}
	return s
}

// cut shortens a text at a word to about so many runes.
func cut(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	head := string(runes[:limit-1])
	if i := strings.LastIndexAny(head, " \n\t"); i > len(head)/2 {
		head = head[:i]
	}
	return strings.TrimRight(head, " ,;:-–") + "…"
}

// list is "a, b and c".
func list(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

var smallNumbers = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// count is "no causes", "one cause", "13 causes".
func count(n int, one, many string) string {
	number := fmt.Sprint(n)
	if n < len(smallNumbers) {
		number = smallNumbers[n]
	}
	if n == 1 {
		return number + " " + one
	}
	return number + " " + many
}

// Duration says how long, in whole minutes, hours and days: a day is never lost.
func Duration(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	parts := []string{}
	if days := minutes / (24 * 60); days > 0 {
		parts = append(parts, plural(days, "day"))
	}
	if hours := minutes / 60 % 24; hours > 0 {
		parts = append(parts, plural(hours, "hour"))
	}
	if m := minutes % 60; m > 0 || len(parts) == 0 {
		parts = append(parts, plural(m, "minute"))
	}
	return strings.Join(parts, " ")
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func sameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

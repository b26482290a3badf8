package pdf

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// A reader of the PDFs that this package writes, and of no others: enough to see what is on which page.

var (
	object = regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj`)
	stream = regexp.MustCompile(`(?s)^(.*?)stream\n(.*)\nendstream`)
	kids   = regexp.MustCompile(`/Kids \[([^\]]*)\]`)
	refs   = regexp.MustCompile(`(\d+) 0 R`)
	inside = regexp.MustCompile(`/Contents (\d+) 0 R`)
)

// pagesOf are the texts of the pages: one line for each base line, in the order in which they were written.
func pagesOf(t testing.TB, pdf []byte) []string {
	t.Helper()
	var pages []string
	for _, contents := range contentsOf(t, pdf) {
		pages = append(pages, textOf([]byte(contents)))
	}
	return pages
}

// contentsOf are the instructions that draw the pages.
func contentsOf(t testing.TB, pdf []byte) []string {
	t.Helper()
	objects := map[string][]byte{}
	for _, m := range object.FindAllSubmatch(pdf, -1) {
		objects[string(m[1])] = m[2]
	}
	var pages []string
	for _, body := range objects {
		m := kids.FindSubmatch(body)
		if m == nil || !bytes.Contains(body, []byte("/Type /Pages")) {
			continue
		}
		for _, ref := range refs.FindAllSubmatch(m[1], -1) {
			contents := inside.FindSubmatch(objects[string(ref[1])])
			if contents == nil {
				t.Fatalf("page %s has no contents", ref[1])
			}
			pages = append(pages, unpacked(t, objects[string(contents[1])]))
		}
	}
	if len(pages) == 0 {
		t.Fatal("the PDF has no pages")
	}
	return pages
}

func unpacked(t testing.TB, body []byte) string {
	t.Helper()
	m := stream.FindSubmatch(body)
	if m == nil {
		t.Fatal("a page is no stream")
	}
	raw := m[2]
	if bytes.Contains(m[1], []byte("/FlateDecode")) {
		z, err := zlib.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return string(raw)
}

func textOf(raw []byte) string {
	var b strings.Builder
	line := ""
	for {
		from := bytes.Index(raw, []byte("BT "))
		if from < 0 {
			break
		}
		raw = raw[from+3:]
		open := bytes.IndexByte(raw, '(')
		end := bytes.Index(raw, []byte(" ET"))
		if open < 0 || end >= 0 && end < open { // it selects a font
			continue
		}
		y := strings.Fields(string(raw[:open]))[1]
		text, rest := quoted(raw[open+1:])
		raw = rest
		if line != "" && y != line {
			b.WriteString("\n")
		} else if line != "" {
			b.WriteString("\t")
		}
		line = y
		b.WriteString(text)
	}
	return b.String() + "\n"
}

// quoted is a string in brackets, as UTF-16.
func quoted(raw []byte) (text string, rest []byte) {
	var units []byte
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case ')':
			var all []uint16
			for j := 0; j+1 < len(units); j += 2 {
				all = append(all, uint16(units[j])<<8|uint16(units[j+1]))
			}
			return string(utf16.Decode(all)), raw[i+1:]
		case '\\':
			i++
			switch raw[i] {
			case 'r':
				units = append(units, '\r')
			case 'n':
				units = append(units, '\n')
			default:
				units = append(units, raw[i])
			}
		default:
			units = append(units, raw[i])
		}
	}
	panic("a text without an end: " + strconv.Quote(string(raw)))
}

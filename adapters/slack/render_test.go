package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/debrief-bot/debrief/adapters/slack/slacktest"
	"github.com/debrief-bot/debrief/conversations"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func spans(all ...conversations.Span) conversations.Body { return conversations.Body{Text: all} }

func ours(text string) conversations.Span {
	return conversations.Span{Kind: conversations.Words, Text: text}
}

func theirs(text string) conversations.Span {
	return conversations.Span{Kind: conversations.Quoted, Text: text}
}

func on(level int) conversations.Span {
	return conversations.Span{Kind: conversations.Item, Level: level, Text: "\n• "}
}

var (
	noon = conversations.Span{Kind: conversations.Moment, Time: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Text: "Mon 2 Mar 12:00"}
	one  = conversations.Span{Kind: conversations.Moment, Time: time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC), Text: "13:00", Hour: true}
	kim  = conversations.Span{Kind: conversations.Someone, ID: "U0KIM", Text: "@Kim <!channel>"}
)

// bodies are one of each kind of message that the bot sends.
var bodies = map[string]conversations.Body{
	"card": func() conversations.Body {
		b := spans(ours("**PM-42** · **"), theirs("Checkout *down* <@U1>"), ours("** · collecting ▸ **what happened** ▸ why\n"), noon, ours(" – "), one,
			ours(" in "), conversations.Span{Kind: conversations.Channel, ID: "C0OPS", Text: "C0OPS"}, ours("\n✓ 1 Timeline\n● 2 Moments, asked"))
		b.Controls = [][]conversations.Control{
			{
				{Label: "Answer", Verb: "answer form", Subject: "s", Options: []conversations.Option{{Label: "Impact", Value: "4"}}},
				{Label: "Live: off", Verb: "live", Subject: "s", Value: "on"},
			},
			{{Label: "Undo A-1", Verb: "undo", Subject: "a"}, {Label: "Undo A-2", Verb: "undo", Subject: "b"}, {Label: "Publish", Verb: "publish", Subject: "s", Primary: true}},
		}
		return b
	}(),
	"whys": spans(ours("5 · Why did it happen?"), on(0), ours("**w1** "), theirs("it was applied *everywhere*"), ours(" – "), kim, on(1), ours("**w2** "),
		theirs("roll-out\nin stages"), on(2), ours("w3 ○ why?"), on(0), ours("w4"), ours("\n`w4: …` adds under w4.")),
	"report": spans(ours("# PM-1 Checkout\n\nLed by Ana.\n\n## Timeline\n\n| When | What |\n|---|---|\n| **Mon 2 Mar** | |\n| 13:02 | errors \\*are\\* up \\| a lot |\n\n" +
		"## Causes\n\n- *why* it happened\n  - a cause, see [the graph](https://grafana.example/d/1)\n\n```mermaid\ngraph TD\n```\n\n### What we change\n\n1. first\n2. second\n\n> a quote\n\n```\ncode *as it is*\n```\n")),
	"nudge": func() conversations.Body {
		b := spans(ours("One of your follow-ups is late.\n"), conversations.Span{Kind: conversations.Link, Text: "A-17", Ref: conversations.MessageRef{Workspace: "slack/T0ACME", Channel: "C0OPS", ID: "1772456520.000100"}},
			ours(" "), theirs("Alert per country"), ours(" – 6 days late"))
		long := strings.Repeat("long", 40)
		b.Controls = [][]conversations.Control{{{Label: "Later", Verb: "later", Subject: long, Options: []conversations.Option{{Label: "a day", Value: "1 day"}, {Label: "a week", Value: "1 week"}}}}}
		return b
	}(),
	"weekly": func() conversations.Body {
		b := spans(ours("2 of your follow-ups are late."))
		for n, text := range []string{"alert per country", "runbook"} {
			b = withItem(b, n+1, text)
		}
		b.Text = append(b.Text, ours("\n\nFor the rest, type it."))
		b.Controls = append(b.Controls, []conversations.Control{{Label: "Pause these", Verb: "me pause", Subject: "p"}})
		return b
	}(),
	"hostile": spans(ours("they said: "), theirs("<!channel> <@U0BO> *b* `c` https://evil.example :x: \u202egpj\x00")),
}

// withItem adds an item with a row of controls below it.
func withItem(b conversations.Body, n int, text string) conversations.Body {
	name := "A-" + strconv.Itoa(n)
	b.Text = append(b.Text, ours("\n**"+name+"** "), theirs(text), conversations.Span{Kind: conversations.Buttons, Row: len(b.Controls)})
	b.Controls = append(b.Controls, []conversations.Control{{Label: "Done " + name, Verb: "item form", Subject: name, Value: "done"}})
	return b
}

func TestRender(t *testing.T) {
	for name, b := range bodies {
		t.Run(name, func(t *testing.T) {
			var all []any
			for _, p := range us.render(b) {
				raw := encoded(t, p.blocks)
				if _, problem := slacktest.CheckBlocks(string(raw)); problem != "" {
					t.Error(problem)
				}
				all = append(all, map[string]any{"text": p.text, "blocks": p.blocks})
			}
			golden(t, name, all)
		})
	}
}

// TestRowsInALongText: whatever a text is divided into, each row of it stands once, below what it is about.
func TestRowsInALongText(t *testing.T) {
	for _, size := range []int{1, 500, 3000, 9000} {
		b := conversations.Body{}
		for n := range 60 {
			b = withItem(b, n+1, strings.Repeat("x", size))
		}
		n := 0
		for _, p := range us.render(b) {
			blocks, problem := slacktest.CheckBlocks(string(encoded(t, p.blocks)))
			if problem != "" {
				t.Errorf("%d: Slack would not take it: %s", size, problem)
			}
			last := ""
			for _, block := range blocks {
				text, _, _ := slacktest.Message{Blocks: []map[string]any{block}}.Read()
				if block["type"] != "actions" {
					last = text
					continue
				}
				n++
				name := "A-" + strconv.Itoa(n)
				if strings.TrimSpace(text) != "Done "+name || !strings.HasSuffix(strings.TrimRight(last, "\n"), "x") || size < 2000 && !strings.Contains(last, name+" x") {
					t.Errorf("%d: row %d is %q, below %.20q", size, n, text, last)
				}
				last = ""
			}
		}
		if n != 60 {
			t.Errorf("%d: there are %d rows", size, n)
		}
	}
}

func TestForm(t *testing.T) {
	f := conversations.Form{Title: "Answer or talk, and which one?", Verb: "answer", Subject: "s", Value: "4", Inputs: []conversations.Input{
		{Name: "text", Label: "What happened?", Hint: "one line", Value: strings.Repeat("x", 4000), Lines: true},
		{Name: "kind", Label: "Kind", Optional: true, Value: "b", Options: []conversations.Option{{Label: "A", Value: "a"}, {Label: "B", Value: "b"}}},
		{Name: "day", Label: "By when?", Hint: "fri", Value: "2026-03-20", Pick: conversations.PickDay},
		{Name: "typed", Label: "And this?", Value: "fri", Pick: conversations.PickDay, Optional: true},
		{Name: "who", Label: "Who?", Hint: "@kim", Pick: conversations.PickPerson},
		{Name: "channel", Label: "Where?", Pick: conversations.PickChannel},
		{Name: "crew", Label: "Who takes part?", Pick: conversations.PickPerson, Many: true, Value: "<@U0KIM> everybody <@U0BO>"},
		{Name: "channels", Label: "And where?", Pick: conversations.PickChannel, Many: true, Value: "all"},
		{Name: "taken", Label: "Taken", Many: true, Value: "1 2", Options: []conversations.Option{{Label: "one", Value: "1"}, {Label: "two", Value: "2"}, {Label: "three", Value: "3"}}},
	}}
	v := form(f, conversations.Event{Where: conversations.Place{Channel: "C0OPS", Thread: "1772456520.000100"}})
	var view map[string]any
	if err := json.Unmarshal(encoded(t, v), &view); err != nil {
		t.Fatal(err)
	}
	if problem := slacktest.CheckView(view); problem != "" {
		t.Error(problem)
	}
	golden(t, "form", v)
}

func encoded(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return b
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("it is not what %s says; go test ./adapters/slack -update writes it:\n%s", path, got.String())
	}
}

// TestMenusThatDoNotFit: what a menu says comes back, however little room its options have.
func TestMenusThatDoNotFit(t *testing.T) {
	for _, subject := range []string{"s", strings.Repeat("s/", 80)} {
		for _, copies := range []int{1, 2} {
			b := conversations.Body{}
			for range copies {
				b.Controls = append(b.Controls, []conversations.Control{{Label: "Later", Verb: "later", Subject: subject, Options: []conversations.Option{{Label: "a", Value: "1|day 2"}}}})
			}
			raw := encoded(t, us.render(b)[0].blocks)
			var blocks []struct{ Elements []action }
			if err := json.Unmarshal(raw, &blocks); err != nil {
				t.Fatal(err)
			}
			for _, row := range blocks {
				menu := row.Elements[0]
				value := optionOf(t, raw)
				if c, ok := readControl(menu.ActionID, value); !ok || c != (control{"later", subject, "1|day 2"}) {
					t.Errorf("%q and %q are read as %+v", menu.ActionID, value, c)
				}
			}
		}
	}
}

func optionOf(t *testing.T, raw []byte) string {
	var blocks []struct {
		Elements []struct {
			Options []choice `json:"options"`
		} `json:"elements"`
	}
	if err := json.Unmarshal(raw, &blocks); err != nil {
		t.Fatal(err)
	}
	return blocks[0].Elements[0].Options[0].Value
}

// FuzzRender: whatever people and we write, Slack takes it, what they wrote is all there, and it does nothing.
func FuzzRender(f *testing.F) {
	f.Add("**bold** `", "their *words* <!here>", "\n- item\n```\ncode")
	f.Add("# a", strings.Repeat("long ", 9000), "| a | b |")
	f.Add("[", "](http://evil.example)", "_*`\\")
	f.Fuzz(func(t *testing.T, before, quoted, after string) {
		text := ""
		for _, p := range us.render(spans(ours(before), theirs(quoted), ours(after))) {
			blocks, problem := slacktest.CheckBlocks(string(encoded(t, p.blocks)))
			if problem != "" {
				t.Errorf("Slack would not take it: %s", problem)
			}
			part, pings, _ := slacktest.Message{Ours: true, Text: p.text, Blocks: blocks}.Read()
			if len(pings) > 0 {
				t.Errorf("it pings %v", pings)
			}
			text += part
		}
		if strings.Contains(before, "```") || strings.Contains(before, "|") || !utf8.ValidString(before+quoted+after) {
			return // it may be inside what is not shown
		}
		if want := letters(inert(quoted)); !strings.Contains(letters(text), want) {
			t.Errorf("%q is shown as %q", want, text)
		}
	})
}

// letters is a text without what separates words.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// TestAChannelThatIsOnlyAName is words: as a reference to a channel Slack would refuse it.
func TestAChannelThatIsOnlyAName(t *testing.T) {
	for id, want := range map[string]bool{"C0WAR": true, "war": false, "inc-7": false, "WAR": false} {
		b, err := json.Marshal(us.render(conversations.Body{Text: []conversations.Span{
			{Kind: conversations.Item, Text: "• "}, {Kind: conversations.Channel, ID: id, Text: id},
		}})[0].blocks)
		if err != nil {
			t.Fatal(err)
		}
		refers := strings.Contains(string(b), `"channel_id"`) || strings.Contains(string(b), `\u003c#`)
		if refers != want || !strings.Contains(string(b), id) {
			t.Errorf("%s: %s", id, b)
		}
	}
}

package slacktest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// CheckBlocks says what Slack would not take about blocks: https://docs.slack.dev/reference/block-kit/blocks
func CheckBlocks(raw string) ([]map[string]any, string) {
	if raw == "" || raw == "null" {
		return nil, ""
	}
	var blocks []map[string]any
	if err := json.Unmarshal([]byte(raw), &blocks); err != nil {
		return nil, err.Error()
	}
	if len(blocks) > 50 {
		return nil, "more than 50 blocks"
	}
	total, seen := 0, map[string]bool{}
	for _, b := range blocks {
		n, problem := checkBlock(b, seen)
		if problem != "" {
			return nil, problem
		}
		total += n
	}
	if total > 13000 {
		return nil, fmt.Sprintf("msg_blocks_too_long: %d", total)
	}
	return blocks, ""
}

// checkBlock says how much room a block takes, and what is wrong with it. seen are the ids of blocks and actions so far.
func checkBlock(b map[string]any, seen map[string]bool) (size int, problem string) {
	if id, _ := b["block_id"].(string); id != "" {
		if seen["block "+id] || len(id) > 255 {
			return 0, "two blocks are " + id + ", or it is too long"
		}
		seen["block "+id] = true
	}
	elements, _ := b["elements"].([]any)
	switch n := length(b, "text", "text"); b["type"] {
	case "divider":
	case "header":
		if n < 1 || n > 150 {
			return 0, fmt.Sprintf("a header of %d characters", n)
		}
	case "section":
		if n < 1 || n > 3000 {
			return 0, fmt.Sprintf("a section of %d characters", n)
		}
		if accessory, ok := b["accessory"].(map[string]any); ok {
			return n, checkAction(accessory, seen)
		}
		return n, ""
	case "context":
		if len(elements) < 1 || len(elements) > 10 {
			return 0, fmt.Sprintf("a context of %d elements", len(elements))
		}
	case "rich_text":
		return checkRichText(b["elements"])
	case "actions":
		if len(elements) < 1 || len(elements) > 25 {
			return 0, fmt.Sprintf("%d elements in a row", len(elements))
		}
		for _, e := range elements {
			e, _ := e.(map[string]any)
			if problem := checkAction(e, seen); problem != "" {
				return 0, problem
			}
		}
	default:
		return 0, fmt.Sprintf("a block of type %v", b["type"])
	}
	return 0, ""
}

// checkAction looks at an element whose action id must be its own.
func checkAction(e map[string]any, seen map[string]bool) string {
	id, _ := e["action_id"].(string)
	if seen[id] {
		return "two actions are " + id
	}
	seen[id] = true
	return checkElement(e)
}

func checkElement(e map[string]any) string {
	id, _ := e["action_id"].(string)
	if id == "" || len(id) > 255 {
		return "an action id of " + strconv.Itoa(len(id))
	}
	switch e["type"] {
	case "button":
		if n := length(e, "text", "text"); n < 1 || n > 75 {
			return fmt.Sprintf("a button of %d characters", n)
		}
		if value, _ := e["value"].(string); len(value) > 2000 {
			return "a value that is too long"
		}
	case "users_select", "multi_users_select", "conversations_select", "multi_conversations_select", "datepicker":
		if n := length(e, "placeholder", "text"); n > 150 {
			return fmt.Sprintf("a placeholder of %d characters", n)
		}
		if day, ok := e["initial_date"].(string); ok {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				return "an initial date that is none: " + day
			}
		}
	case "static_select", "multi_static_select":
		if n := length(e, "placeholder", "text"); n < 1 || n > 150 {
			return fmt.Sprintf("a placeholder of %d characters", n)
		}
		options, _ := e["options"].([]any)
		if len(options) < 1 || len(options) > 100 {
			return fmt.Sprintf("%d options", len(options))
		}
		for _, o := range options {
			o, _ := o.(map[string]any)
			if n := length(o, "text", "text"); n < 1 || n > 75 {
				return fmt.Sprintf("an option of %d characters", n)
			}
			if value, _ := o["value"].(string); value == "" || len(value) > 150 {
				return "an option's value is too long or empty: " + value
			}
		}
	case "plain_text_input":
		if v, _ := e["initial_value"].(string); utf8.RuneCountInString(v) > 3000 {
			return "an initial value that is too long"
		}
	default:
		return fmt.Sprintf("an element of type %v", e["type"])
	}
	return ""
}

func checkRichText(elements any) (total int, problem string) {
	all, _ := elements.([]any)
	if len(all) == 0 {
		return 0, "a rich text of nothing"
	}
	for _, e := range all {
		e, _ := e.(map[string]any)
		switch e["type"] {
		case "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted":
			n, problem := checkRichText(e["elements"])
			if problem != "" {
				return 0, problem
			}
			total += n
		case "text":
			s, _ := e["text"].(string)
			if s == "" {
				return 0, "a text of nothing"
			}
			total += utf8.RuneCountInString(s)
		case "link", "channel", "date", "user", "broadcast", "usergroup":
			total += 20
		default:
			return 0, fmt.Sprintf("rich text of type %v", e["type"])
		}
	}
	return total, ""
}

// CheckView says what Slack would not take about a modal or a home: https://docs.slack.dev/reference/views
func CheckView(v map[string]any) string {
	blocks, _ := v["blocks"].([]any)
	if len(blocks) > 100 {
		return "too many blocks"
	}
	if metadata, _ := v["private_metadata"].(string); len(metadata) > 3000 {
		return "too much metadata"
	}
	for _, name := range []string{"title", "submit", "close"} {
		if n := length(v, name, "text"); v["type"] == "modal" && (n < 1 || n > 24) {
			return fmt.Sprintf("%s of %d characters", name, n)
		}
	}
	seen := map[string]bool{}
	for _, b := range blocks {
		b, _ := b.(map[string]any)
		if problem := checkInput(b, seen); problem != "" {
			return problem
		}
	}
	return ""
}

// checkInput looks at a block of a view: an input, or any other.
func checkInput(b map[string]any, seen map[string]bool) string {
	if b["type"] != "input" {
		_, problem := checkBlock(b, seen)
		return problem
	}
	if n := length(b, "label", "text"); n < 1 || n > 2000 {
		return "an input without a label"
	}
	element, _ := b["element"].(map[string]any)
	return checkElement(element)
}

// length is how long a text in an object is.
func length(m map[string]any, path ...string) int {
	for _, p := range path[:len(path)-1] {
		m, _ = m[p].(map[string]any)
	}
	s, _ := m[path[len(path)-1]].(string)
	return utf8.RuneCountInString(s)
}

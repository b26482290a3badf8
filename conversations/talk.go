package conversations

import (
	"strings"
	"unicode"
)

// looksLikeTalk decides whether a plain reply in focus is just talk. When in doubt it is an answer: a wrong 📝 costs one
// tap, a lost answer costs the lesson. Today it knows what is never taken: nothing to read but emoji, what begins
// with a bracket, as asides do, and the word that moves on.
func looksLikeTalk(text string) bool {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "(") || strings.EqualFold(text, "next") {
		return true
	}
	for _, word := range strings.Fields(text) {
		if isEmojiName(word) {
			continue
		}
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return false
		}
	}
	return true
}

// isEmojiName reports whether the word is an emoji written as a name, `:thumbsup:`.
func isEmojiName(word string) bool {
	return len(word) > 2 && strings.HasPrefix(word, ":") && strings.HasSuffix(word, ":")
}

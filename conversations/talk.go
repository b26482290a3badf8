package conversations

import (
	"math/bits"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// asking is what kind of thing a question asks for. It decides what fits.
type asking string

// What is asked for.
const (
	askTimeline asking = "timeline" // what happened when
	askMoments  asking = "moments"  // a time
	askChoice   asking = "choice"   // how we found out: an alert, a customer, luck
	askImpact   asking = "impact"   // who was hit, how many, what they could not do
	askWhy      asking = "why"      // conditions; a bare noun will do
	askFree     asking = "free"     // what surprised us, what helped
	askActions  asking = "actions"  // what we change, or leave as it is
)

// A signal is something that can be seen in a reply. Its weight says how much it speaks for an answer, or, below zero,
// for talk.
type signal struct {
	name   string
	weight float64
	seen   func(r *reply) bool
}

// signals is how a reply is judged: the weights of what is seen in it are added up, and with less than nothing it is
// talk. The weights are fitted from the replies in testdata/talk:
//
//	go test ./conversations -run TestTalk -fit
//
// writes them here. It fits them on one half of the replies only; TestTalk measures on the other. A new signal starts
// with the weight 0. To see why a reply was judged as it was, ask judge.
var signals = []signal{
	{"any reply", -0.7, func(*reply) bool { return true }},

	// How long it is.
	{"one word", -0.6, func(r *reply) bool { return len(r.words) == 1 }},
	{"two or three words", -0.5, func(r *reply) bool { return len(r.words) == 2 || len(r.words) == 3 }},
	{"more than six words", 1.3, func(r *reply) bool { return len(r.words) > 6 }},
	{"more than twelve words", 0.5, func(r *reply) bool { return len(r.words) > 12 }},
	{"several lines, a quote or code", 0.1, func(r *reply) bool { return r.shaped }},

	// What it contains.
	{"a number", 0.5, func(r *reply) bool { return r.number && !r.clock }},
	{"a clock time", 0.8, func(r *reply) bool { return r.clock }},
	{"a name as programs have them", 0.7, func(r *reply) bool { return r.technical }},
	{"a word of the trade", 1.3, func(r *reply) bool { return r.has(sayTrade) }},
	{"who was hit", 0.7, func(r *reply) bool { return r.has(sayHit) }},
	{"the past", 0.4, func(r *reply) bool { return r.past }},
	{"what was not there", 0.2, func(r *reply) bool { return r.has(sayAbsence) }},
	{"a reason", 0.3, func(r *reply) bool { return r.has(sayReason) }},
	{"I think", 0.2, func(r *reply) bool { return r.has(sayHedge) }},
	{"a link and words", 0.1, func(r *reply) bool { return r.link && len(r.words) > 2 }},
	{"emoji", -0.1, func(r *reply) bool { return r.emoji }},
	{"an exclamation", -0.2, func(r *reply) bool { return strings.HasSuffix(r.text, "!") }},

	// Questions.
	{"ends in a question mark", -1.1, func(r *reply) bool { return r.question }},
	{"opens as a question and ends as one", -1.6, func(r *reply) bool { return r.question && r.opens(sayAsks) && !r.claims() && !r.suggests() }},
	{"opens as a question, without the mark", -1.3, func(r *reply) bool { return !r.question && r.asksPlainly() }},
	{"a claim that ends in a question mark", 0.4, func(r *reply) bool { return r.question && r.claims() }},
	{"an idea that ends in a question mark", 0.3, func(r *reply) bool { return r.question && r.suggests() }},
	{"goes on after a question mark", -0.3, func(r *reply) bool { return r.goesOn }},

	{"a statement with a question mark", 0.5, func(r *reply) bool {
		return r.question && !r.opens(sayAsks) && !r.opens(sayReaction) && len(r.words) > 1
	}},

	// What people say to each other.
	{"nothing but a reaction", -1.5, func(r *reply) bool { return r.onlySays(sayReaction) || r.wholly(sayWhole) }},
	{"opens with a reaction, and is short", -0.9, func(r *reply) bool { return r.opens(sayReaction) && !r.opens(sayYesNo) && len(r.words) <= 5 }},
	{"opens with a reaction and goes on", -0.1, func(r *reply) bool { return r.opens(sayReaction) && len(r.words) > 5 }},
	{"ends with a reaction, and is short", 0, func(r *reply) bool { return r.ends(sayReaction) && len(r.words) <= 5 }},
	{"ends by pointing at something said", -0.4, func(r *reply) bool { return r.ends(sayThat) && len(r.words) <= 8 }},
	{"opens by going on from something said", -1.1, func(r *reply) bool { return r.opens(sayJoin) && !r.number && !r.has(sayCounted) }},
	{"speaks of somebody or something named before", -0.6, func(r *reply) bool { return r.has(sayThird) }},
	{"a tag at the end, without a question mark", -1.2, func(r *reply) bool { return r.ends(sayAfter) && !r.question }},
	{"opens with yes or no and goes on", 0, func(r *reply) bool { return r.opens(sayYesNo) && len(r.words) > 3 }},
	{"a comment on what was said", -1.4, func(r *reply) bool { return r.opens(sayComment) }},
	{"a feeling", -0.3, func(r *reply) bool { return r.has(sayFeeling) }},
	{"laughter", -0.6, func(r *reply) bool { return r.has(sayLaughter) }},
	{"thanks or sorry", -0.7, func(r *reply) bool { return r.has(sayCourtesy) }},
	{"begins with a mention", 0, func(r *reply) bool { return r.mention }},
	{"speaks to somebody", -0.3, func(r *reply) bool { return r.has(sayYou) }},

	// The writer, and the meeting.
	{"opens with what the writer does next", -1.1, func(r *reply) bool { return r.opens(sayPlan) || r.opens(sayPause) && !r.number }},
	{"what the writer feels or wants", -1.1, func(r *reply) bool { return r.opens(sayWish) }},
	{"what the writer does next", -1.1, func(r *reply) bool { return r.has(sayPlan) }},
	{"what the writer will do", -0.1, func(r *reply) bool { return r.has(sayOffer) && r.about != askActions }},
	{"the writer speaks of now", -0.6, func(r *reply) bool { return r.opens(saySelf) && !r.has(sayHedge) && !r.pastAt(1) && !r.pastAt(2) }},
	{"when people meet", -0.2, func(r *reply) bool { return r.has(sayMeeting) }},
	{"the review itself", -1, func(r *reply) bool { return r.has(sayProcess) }},

	// Whether it fits what was asked.
	{"a time, where things happened", 1, func(r *reply) bool { return r.clock && (r.about == askTimeline || r.about == askMoments) }},
	{"no time, where one is asked for", -0.4, func(r *reply) bool { return !r.clock && !r.number && r.about == askMoments }},
	{"a way of finding out, asked for", 0.7, func(r *reply) bool { return r.about == askChoice && r.has(sayFound) }},
	{"a number, where people were hit", 0.6, func(r *reply) bool { return r.number && r.about == askImpact }},
	{"a short line of its own", 1.4, (*reply).bare},
	{"nothing to hold on to", -0.8, func(r *reply) bool { return r.asksFacts() && len(r.words) > 1 && r.hollow() }},
	{"a short noun for a why", 0.2, func(r *reply) bool { return r.about == askWhy && r.bare() }},
	{"what surprised, helped or was lucky", 0.3, func(r *reply) bool { return r.about == askFree && r.has(sayLesson) }},
	{"opens as what surprised", 1, func(r *reply) bool { return r.about == askFree && r.opens(sayThatClause) }},
	{"begins with something to do", 0.7, func(r *reply) bool { return r.about == askActions && (r.opens(sayTodo) || r.opens(sayOffer)) }},
	{"an owner, a priority or a date", 0.1, func(r *reply) bool { return r.about == askActions && r.owned }},
	{"something left as it is", 0.7, func(r *reply) bool { return r.about == askActions && r.has(sayAccept) }},
	{"a short line of what to change", 0.4, func(r *reply) bool { return r.about == askActions && r.bare() }},
}

// smallWords are those of which sentences are made. What they weigh is fitted like the signals: people tell what
// happened with "in" and "because", and talk to each other with "you" and "that".
var smallWords = map[string]float64{
	"the": 0.1, "a": 0.3, "an": -0.2, "that": -0.5, "this": -0.6, "it": 0.6,
	"we": -0.5, "us": -0.2, "our": 0.1, "i": -0.9, "me": -0.8, "my": -0.1,
	"you": -0.5, "they": 0, "them": 0.1, "he": -0.3, "she": 0, "was": 0.1,
	"were": 0, "is": -0.5, "are": -0.7, "be": 0, "had": -0.1, "has": 0,
	"have": -0.6, "did": -0.3, "do": -0.2, "does": 0, "can": 0, "could": 0.2,
	"would": -0.1, "will": -0.2, "to": -0.1, "for": -0.2, "in": 0.5, "on": 0.2,
	"at": -0.1, "of": 0.2, "no": 0.2, "not": 0, "and": -0.1, "but": 0.1,
	"so": -0.2, "or": -0.9, "from": -0.1, "by": 0.2, "with": 0, "as": -0.1,
	"about": -0.1, "only": -0.1, "all": -0.2, "one": 0.1, "two": 0.1, "there": -0.1,
	"then": -0.1, "what": -0.3, "how": 0, "who": -0.3, "when": 0.1, "which": -0.2,
	"before": 0.1, "after": -0.1, "because": 0.2, "since": 0.1, "between": 0,
	"still": 0, "already": -0.1, "again": -0.3, "just": -0.2, "even": -0.1,
	"too": -0.1, "now": -0.3, "here": -0.4, "first": 0.2, "last": 0.1, "same": 0.2,
	"over": 0.1, "out": 0.2, "up": 0, "off": 0.1, "per": 0, "without": 0.2,
	"where": -0.1, "if": 0, "than": 0.2, "more": 0,
}

// looksLikeTalk decides whether a plain reply in focus is just talk. When in doubt it is an answer: a wrong 📝 costs one
// tap, a lost answer costs the lesson.
func looksLikeTalk(text string, about asking) bool {
	taken, _ := judge(text, about)
	return !taken
}

// judge decides whether a reply is taken as an answer, and says by which signals.
func judge(text string, about asking) (taken bool, why []signal) {
	r := readReply(text, about)
	switch {
	case r.never():
		return false, []signal{{name: "never taken"}}
	case r.correction():
		return true, []signal{{name: "a correction"}}
	case r.parses():
		return true, []signal{{name: "what was asked for, and nothing else"}}
	case len(cutRunes(text, readRunes)) < len(text):
		return true, []signal{{name: "long"}}
	case len(r.words) == 0: // a link, a mention
		return false, []signal{{name: "no words"}}
	}
	sum := 0.0
	for _, s := range signals {
		if s.seen(r) {
			sum += s.weight
			why = append(why, s)
		}
	}
	for _, word := range r.small() {
		sum += smallWords[word]
		why = append(why, signal{name: "the word " + word, weight: smallWords[word]})
	}
	return sum >= 0, why
}

// reply is a reply as the signals see it.
type reply struct {
	about asking
	text  string        // as it was typed, without what surrounds it and without quotes
	flat  string        // its words: lower case, no accents, no apostrophes, no links, mentions and emoji
	words []wordSpan    // where they are in flat
	said  []heardPhrase // which of the words and phrases below it contains

	mention   bool // begins with one
	owned     bool // has a mention further on, a priority
	link      bool
	emoji     bool
	shaped    bool // several lines, a quote, code
	number    bool
	clock     bool
	technical bool
	question  bool // ends in a question mark
	goesOn    bool // has one, and goes on
	past      bool
}

type wordSpan struct{ start, end int }

// heardPhrase is a phrase found among the words.
type heardPhrase struct {
	in          group
	first, size int // words
}

// readRunes is how much of a reply is read: who writes more than that is not just talking.
const readRunes = 600

// readReply sees what there is to see in a reply.
func readReply(text string, about asking) *reply {
	r := &reply{about: about, said: make([]heardPhrase, 0, 32), words: make([]wordSpan, 0, 16)}
	text = strings.TrimSpace(cutRunes(text, readRunes))
	body := unquoted(text)
	r.shaped = body != text || strings.Contains(body, "\n") || strings.Contains(body, "`")
	r.text = body
	if strings.ContainsAny(body, "0123456789") {
		r.clock = clockTime.MatchString(body)
	}
	var flat strings.Builder
	for i, field := range strings.Fields(body) {
		word := strings.ToLower(field)
		if strings.ContainsFunc(word, plainer) {
			word = accents.Replace(word)
		}
		switch {
		case strings.Contains(word, "://"):
			r.link = true
		case strings.HasPrefix(word, "<@"), len(word) > 1 && word[0] == '@' && isLetterAt(word[1:]):
			r.mention = r.mention || i == 0
			r.owned = r.owned || i > 0
		case isEmoji(word):
			r.emoji = true
		default:
			r.add(&flat, word)
			r.technical = r.technical || isTechnical(field)
		}
	}
	r.flat = flat.String()
	r.question = endsInQuestion(body)
	if i := strings.IndexAny(body, "?\uff1f"); i >= 0 && !r.question {
		r.goesOn = len(strings.Fields(body[i:])) > 2
	}
	r.find()
	r.past = r.hasPast()
	r.clock = r.clock || r.has(sayClock)
	return r
}

// add adds the words within what stands between spaces: "DE/FR" and "well…no" are two.
func (r *reply) add(flat *strings.Builder, field string) {
	for _, word := range strings.FieldsFunc(field, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c) && c != '+' && c != '_'
	}) {
		digit := strings.ContainsFunc(word, unicode.IsDigit)
		switch {
		case isPriority(word):
			r.owned = true
		case digit && word[0] != '+' && word[0] != 'w':
			r.number = true
		}
		if flat.Len() > 0 {
			flat.WriteByte(' ')
		}
		start := flat.Len()
		flat.WriteString(word)
		r.words = append(r.words, wordSpan{start, flat.Len()})
	}
}

// find looks up every run of words. Words of languages without spaces are looked for anywhere.
func (r *reply) find() {
	for i, w := range r.words {
		longest := phrases[r.flat[w.start:w.end]].longest
		for n := 1; n <= longest && i+n <= len(r.words); n++ {
			for in := phrases[r.flat[w.start:r.words[i+n-1].end]].in; in != 0; in &= in - 1 {
				r.said = append(r.said, heardPhrase{group(bits.TrailingZeros64(uint64(in))), i, n})
			}
		}
	}
	if !strings.ContainsFunc(r.flat, unspaced) {
		return
	}
	for _, p := range unspacedPhrases {
		i := strings.Index(r.flat, p.text)
		if i < 0 || p.in == sayReaction && len(r.flat) > len(p.text)+12 { // four letters more: it is said of something
			continue
		}
		r.said = append(r.said, heardPhrase{p.in, min(i, 1), 1})
	}
}

func (r *reply) has(g group) bool {
	for _, s := range r.said {
		if s.in == g {
			return true
		}
	}
	return false
}

func (r *reply) opens(g group) bool {
	for _, s := range r.said {
		if s.in == g && s.first == 0 {
			return true
		}
	}
	return false
}

func (r *reply) ends(g group) bool {
	for _, s := range r.said {
		if s.in == g && s.first > 0 && s.first+s.size == len(r.words) {
			return true
		}
	}
	return false
}

// wholly reports whether all of the reply is one phrase of the group.
func (r *reply) wholly(g group) bool {
	for _, s := range r.said {
		if s.in == g && s.size == len(r.words) {
			return true
		}
	}
	return false
}

// onlySays reports whether every word belongs to the group or to those that fill sentences.
func (r *reply) onlySays(g group) bool {
	if !r.has(g) || r.number || r.link || len(r.words) > 12 {
		return false
	}
	covered := make([]bool, len(r.words))
	for _, s := range r.said {
		if s.in == g || s.in == sayFiller || s.in == sayYesNo || s.in == sayLaughter || s.in == sayCourtesy {
			for i := range s.size {
				covered[min(s.first+i, len(covered)-1)] = true
			}
		}
	}
	for _, c := range covered {
		if !c {
			return false
		}
	}
	return true
}

// never is what is not taken whatever it says: emoji only, what begins with a bracket, as asides do, and the word that
// moves on.
func (r *reply) never() bool {
	if strings.HasPrefix(r.text, "(") || strings.EqualFold(r.text, "next") {
		return true
	}
	return len(r.words) == 0 && !r.link && !r.mention && !r.clock
}

// small are the small words in it, each once.
func (r *reply) small() []string {
	var small []string
	for i := range r.words {
		word := r.word(i)
		if _, known := smallWords[word]; known && !slices.Contains(small, word) {
			small = append(small, word)
		}
	}
	return small
}

// correction is one of somebody's own words: s/12k/9k/ or *9k.
func (r *reply) correction() bool {
	return (strings.HasPrefix(r.text, "s/") || strings.HasPrefix(r.text, "*")) && substitution.MatchString(r.text)
}

// parses reports whether there is nothing in the reply but what a typed question asks for: a time, a number, a choice,
// or that it is not known.
func (r *reply) parses() bool {
	if r.question || len(r.words) == 0 || len(r.words) > 8 {
		return r.clock && len(r.words) == 0
	}
	covered := 0
	for i, w := range r.words {
		switch {
		case unicode.IsDigit(rune(r.flat[w.start])) && quantity.MatchString(r.flat[w.start:w.end]):
			covered++
		case r.covers(sayUnknown, i), r.covers(sayAmount, i), r.about == askChoice && r.covers(sayChoice, i):
			covered++
		}
	}
	if covered < len(r.words) {
		return false
	}
	return r.has(sayUnknown) || r.number || r.clock || r.has(sayAmount) && !r.onlyAmountUnits() || r.about == askChoice && r.has(sayChoice)
}

func (r *reply) covers(g group, i int) bool {
	for _, s := range r.said {
		if s.in == g && s.first <= i && i < s.first+s.size {
			return true
		}
	}
	return false
}

// onlyAmountUnits reports whether there is a unit without anything counted, "min".
func (r *reply) onlyAmountUnits() bool { return !r.has(sayCounted) && !r.number && !r.clock }

// asksPlainly reports whether a reply without a question mark opens as a question does: "who approved that", "was it".
func (r *reply) asksPlainly() bool {
	for i := range min(2, len(r.words)-1) {
		if i > 0 && !r.covers(sayFiller, 0) && !r.covers(sayReaction, 0) && !r.covers(sayLaughter, 0) {
			break
		}
		first := r.word(i) // "who's telling them"
		if r.about != askFree && (first == "whos" || first == "wheres" || first == "hows" || first == "whens") {
			return true
		}
		wonders := r.covers(sayWonder, i) && r.covers(sayHelper, i+1) && r.about != askFree
		wonders = wonders || r.covers(sayWonder, i) && r.covers(sayHelper, i+2) && r.covers(saySubject, i+3)
		wonders = wonders || slices.Contains([]string{"did", "does", "is", "are"}, first) && !r.covers(sayAbsence, i+1)
		if wonders || r.covers(sayHelper, i) && r.covers(saySubject, i+1) {
			return true
		}
	}
	return false
}

// claims reports whether a question is a statement that asks to be contradicted: "right?", "shouldn't it", "maybe".
func (r *reply) claims() bool {
	if r.opens(sayTag) || r.has(sayHedge) {
		return true
	}
	for _, s := range r.said {
		if s.in == sayEndTag && s.first+s.size == len(r.words) && s.first > 1 {
			return true
		}
	}
	return false
}

// suggests reports whether the reply is an idea for a change that is put as a question: "what about", "should we".
func (r *reply) suggests() bool { return r.about == askActions && r.opens(sayIdea) }

// bare is a short line without anything that people say to each other.
func (r *reply) bare() bool {
	return len(r.words) <= 8 && !r.question && !r.has(sayYou) && !r.has(sayReaction) && !r.has(sayPlan) && !r.has(sayFeeling) &&
		!r.opens(sayComment) && !r.opens(saySelf) && !r.opens(sayAsks) && !r.has(sayProcess) && !r.has(sayCourtesy) && !r.has(sayLaughter)
}

// asksFacts reports whether the question asks for what can be looked up rather than for what people think.
func (r *reply) asksFacts() bool {
	return r.about == askTimeline || r.about == askMoments
}

// hollow reports whether there is nothing in the reply that could be a fact.
func (r *reply) hollow() bool {
	return !r.number && !r.clock && !r.technical && !r.past && !r.has(sayTrade) && !r.has(sayHit) && !r.has(sayAbsence) &&
		!r.has(sayUnknown) && !r.has(sayCounted) && !r.has(sayFound) && !r.has(sayLesson)
}

func (r *reply) word(i int) string { return r.flat[r.words[i].start:r.words[i].end] }

// pastAt reports whether that word is of the past, or ends as those do in English.
func (r *reply) pastAt(i int) bool {
	if i >= len(r.words) {
		return false
	}
	word := r.word(i)
	return len(word) > 4 && strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "eed") || r.covers(sayPast, i)
}

func (r *reply) hasPast() bool {
	for i := range r.words {
		if r.pastAt(i) {
			return true
		}
	}
	return false
}

func endsInQuestion(text string) bool {
	text = strings.TrimRightFunc(text, func(c rune) bool {
		return c != '?' && c != '\uff1f' && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
	for _, end := range []string{"?", "\uff1f", "ですか", "ますか", "ましたか", "でしょうか"} {
		if strings.HasSuffix(text, end) {
			return true
		}
	}
	return false
}

// unquoted is the text without the lines that repeat what others said.
func unquoted(text string) string {
	if !strings.HasPrefix(text, ">") && !strings.Contains(text, "\n>") {
		return text
	}
	var own []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, ">") {
			own = append(own, line)
		}
	}
	return strings.TrimSpace(strings.Join(own, ""))
}

// isEmoji reports whether the word is an emoji, written as itself, as a name or with signs; or nothing but signs.
func isEmoji(word string) bool {
	switch word {
	case "xd", ":d", ":p", "<3", ":o", ":3", "^^":
		return true
	}
	if isEmojiName(word) || strings.HasPrefix(word, "<:") || strings.HasPrefix(word, "<a:") {
		return true
	}
	return !strings.ContainsFunc(word, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}

// isEmojiName reports whether the word is an emoji written as a name, `:thumbsup:`.
func isEmojiName(word string) bool {
	return len(word) > 2 && strings.HasPrefix(word, ":") && strings.HasSuffix(word, ":")
}

// isPriority reports whether the word is p0 to p4.
func isPriority(word string) bool {
	return len(word) == 2 && word[0] == 'p' && word[1] >= '0' && word[1] <= '4'
}

// isTechnical reports whether the word looks like a name that programs have: load_orders, gw3, TTL, collapseKey, a=1.
func isTechnical(word string) bool {
	word = strings.Trim(word, ".,:;!?()\"'*~")
	var lower, upper, digits, signs int
	camel := false
	for i, c := range word {
		switch {
		case unicode.IsUpper(c):
			camel = camel || lower > 0
			upper++
		case unicode.IsLower(c):
			lower++
		case unicode.IsDigit(c):
			digits++
		case strings.ContainsRune("_=/`<>\\", c), c == '.' && i > 0:
			signs++
		}
	}
	letters := lower + upper
	return letters > 0 && (camel || signs > 0 || upper > 1 && lower <= 1) || letters > 1 && digits > 0 && unicode.IsLetter(rune(word[0])) && !isPriority(word)
}

// plainer reports whether there may be a plainer way to write the letter.
func plainer(c rune) bool { return c == '\'' || c > unicode.MaxASCII }

func isLetterAt(s string) bool {
	c, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(c)
}

// unspaced are the letters of languages that put no space between words.
func unspaced(c rune) bool { return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana) }

var (
	clockTime = regexp.MustCompile(`(?i)(?:^|[^\d.,:])(?:[01]?\d|2[0-4])(?:[:h]|時)[0-5]\d|(?:^|\D)(?:[01]?\d|2[0-4])[.][0-5]\d(?: |$)` +
		`|(?:^|\D)(?:[01]?\d|2[0-4]) ?(?:am|pm|uhr|utc|h\d?\d?|ish|時|o'?clock)(?:\P{L}|ご?ろ|頃|$)|<t:\d+` +
		`|\b(?:half|halb|quarter \w+|viertel \w+|kwart \w+) \d`)
	quantity     = regexp.MustCompile(`^[~<>]?\d[\d.,]*(?:k|m|mb|gb|tb|s|ms|h|min|m|am|pm|mio|mrd|bn|ish|eur|usd|h\d\d|p|ppl|x)?$`)
	substitution = regexp.MustCompile(`^(?:s/[^/]+/[^/]*/?g?|\*+\s?[\pL\pN].*[^*]|\*+\d)$`)

	accents = strings.NewReplacer(
		"'", "", "’", "",
		"á", "a", "à", "a", "â", "a", "ã", "a", "ä", "ae", "å", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i",
		"ì", "i", "î", "i", "ï", "i", "ó", "o", "ò", "o", "ô", "o", "õ", "o", "ö", "oe", "ú", "u", "ù", "u", "û", "u",
		"ü", "ue", "ç", "c", "ñ", "n", "ß", "ss", "œ", "oe",
	)
)

// group is a meaning that words share.
type group int

// The groups. What is in them stands below.
const (
	sayFiller group = iota
	sayReaction
	sayWhole
	sayWish
	sayLaughter
	sayCourtesy
	sayFeeling
	sayYesNo
	sayComment
	sayAsks
	sayWonder
	sayHelper
	saySubject
	sayTag
	sayEndTag
	sayIdea
	sayYou
	sayPlan
	sayPause
	sayThird
	sayJoin
	sayAfter
	sayOffer
	saySelf
	sayMeeting
	sayProcess
	sayHedge
	sayReason
	sayPast
	sayAbsence
	sayTrade
	sayHit
	sayFound
	sayChoice
	sayLesson
	sayThatClause
	sayThat
	sayTodo
	sayClock
	sayAccept
	sayUnknown
	sayAmount
	sayCounted
)

// vocabulary is what the groups consist of: words and phrases with commas between, in lower case, without accents
// (ä is ae, ß is ss) and without apostrophes. English first, then German, French, Spanish, Portuguese, Dutch, Japanese.
//
//nolint:misspell // what is wrong in English may be right in another language
var vocabulary = map[group]string{
	sayFiller: `
		a, all, also, and, as, at, both, but, for, from, i, in, is, it, its, just, me, my, myself, now, of, on, one,
		our, pretty, quite,
		really, right, side, so, some, still, such, team, that, thats, the, then, there, this, to, too, totally, us,
		very, was, we, well, with,
		above, am, are, be, been, do, did, does, guys, folks, people, everyone, everybody, here, job, kinda, lot, lots,
		man, much, again, more, part,
		only, or, tho, though, time, what, work, works, yourself, mate, dude, you, your, can, will, super, mega, ha,
		aber, alle, allerseits, auch, das, dass, der, die, ein, eine, ist, ja, mir, mich, nur, schon, sehr, und, uns,
		von, war, wie, doch, mal, immer, mit,
		au, bien, ca, ce, cest, est, et, je, la, le, les, moi, pour, tous, tout, toutes, tres, un, vous, de, si,
		con, el, es, eso, lo, los, mi, muy, para, por, que, todo, todos, tu, y, yo, nos, pues,
		da, e, eu, foi, isso, mais, muito, o, os, pessoal, um,
		allemaal, dat, een, en, het, ik, ook, voor, zo, heel, wel
	`,
	sayReaction: `
		ok, okay, okey, oki, okie, k, kk, acked, aye, ty, tx, np, yw, nw, roger, copy that, got it, gotcha,
		understood, i see, ah, aha, ahh, oh, ooh, ouch,
		oof, ugh, uff, puh, phew, yikes, wow, whoa, woah, wtf, omg, omfg, jeez, gosh, damn, dang, oh god, oh no, oh my,
		oh wow, oh well, oh yes, rip, gg, ggwp, wp, f, f in the chat, same, same here,
		same question, same as above, samesies, ditto, likewise, me too, me neither, us too, mee too, +1, +1s, +100,
		plus one, i second that, second that, agree, agreed, i agree, we agree, fully agree, totally agree,
		cant agree more, concur,
		exactly, precisely, indeed, absolutely, definitely, totally, so true, very true, true story, true that,
		youre right, you are right, nice, nice one, nice work, nice catch, awesome,
		lovely, wonderful, beautiful, superb, fair, fair enough,
		fair point, good point, great point, good call, good job, good idea, great idea, good question, great question,
		good work, great work, great job, good catch, good stuff,
		good one, good to know, good enough, good luck, good thing, good news, well done, well put, well said, kudos,
		props, congrats, congratulations, bravo, chapeau, hats off, ftw, sounds good, sounds great, sounds fair,
		sounds like a plan, sounds right to me, looks good, looks good to me, looks right to me, lgtm, sgtm, wfm,
		works for me, fine with me, fine by me,
		ok with me, ok by me, okay with me, ok for me, good for me, good with me, im good, i am good, all good,
		makes sense, that makes sense, make sense, love it, love this, love that, like it, i like it, i like that,
		yes please, yesss, yess, yup, yep, yeah, yea, yeh, yah, ya, yay, woot, woohoo, hooray, sure, sure thing,
		of course, obviously, whatever, meh, hm, hmm, hmmm, mhm, mmh, mm, uh, huh, eh, idk, dunno, idc, ikr, imo,
		tbh, til, smh, afaik, fyi, lets go, lets do it, lets do that, do it, go for it, ship it, count me in, im in,
		i am in, in favour, in favor, for me too, preach, amen, facepalm, sigh, my bad, case closed, can confirm,
		seriously, for real, no way, no worries, no problem, never mind, nevermind, nvm, wait what, you bet,
		kinda, ridiculous,
		hilarious, legendary, mind blown, hear hear, well then, there you go,
		here we go, thats it, thats fair, thats right, thats true, thats what i meant, not sure, im not sure,
		i am not sure, no objection, no objections, none from me, nothing to add, nothing more to add, nothing from me,
		nothing from my side, nothing else from me, all good from my side, looks complete, looks correct, looks right,
		looks fine, seems right, seems fine, seems good, guilty as charged, i stand corrected,
		easier said than done, proud of us, proud, not me, tmi, tldr, wdym, bruh, bro, welp, aww, aw, boo,
		hell yeah, hell no, big oof, poggers, pog, kek, sheesh, fwiw, cheers mate, understandable, makes me sad,
		as expected, as always, as usual, no comment, no offense, no pun intended, hi, hey, hello, hi all, hey all,
		hello all, hi everyone, good morning, gm, good night, gn, night all, bye, cya, see you, see ya, later, ttyl,
		youre welcome,
		stimmt, stimmt so, genau, richtig, korrekt, jap, jup, joa, jawohl, na klar, alles klar, klingt gut,
		hoert sich gut an, passt, passt so, passt fuer mich, einverstanden, sehr gut, spitze,
		echt jetzt, ach, ach so, achso, ach ja, oh je, ohje, mist, mein gott, in ordnung,
		geht klar, von mir aus, meinetwegen, sehe ich auch so, seh ich auch so, sehe ich genauso, geht mir genauso,
		geht mir auch so, mir auch, mich auch, mir egal, ich auch, ich auch nicht, dito, gerne,
		wahnsinn, keine ahnung, kein ding, kein problem, kein plan, gute idee, guter punkt, gute arbeit,
		gute frage, gut gemacht, tja, naja, na ja, hae, wie immer, schoen, guten morgen, moin, tschuess, bis morgen,
		bis spaeter, bis dann, bis gleich, nichts von mir, nichts hinzuzufuegen, das stimmt, wusste ich auch nicht,
		nicht sicher, weiss nicht, weiss ich nicht, ich weiss nicht,
		daccord, d accord, ok pour moi, ouais, ouaip, exactement, tout a fait, cest vrai, cest ca, carrement,
		absolument, bien vu, bien joue, genial, parfait, pareil, moi aussi, moi non plus, idem, ca marche, ca me va,
		ca roule, bonne idee, bonne question, ah bon, ah oui, ah daccord, mince, zut, oups, aie, hein, bof, enfin,
		pas mal, bonjour, salut, bonsoir, bonne nuit, a demain, a plus, a tout a lheure, rien a ajouter, je sais pas,
		je ne sais pas, cest note, ok note, je suis daccord, dac, en effet, effectivement, bien sur, evidemment,
		incroyable, la meme, nickel, impeccable,
		vale, de acuerdo, estoy de acuerdo, eso es, eso mismo, claro, claro que si, totalmente, correcto,
		cierto, es cierto, es verdad, tienes razon, estupendo, muy bien, buena idea, buen punto,
		buen trabajo, buena pregunta, guay, mola, uf, vaya, pues vaya, madre mia, anda, ostras, yo tambien, yo tampoco,
		a mi tambien, a mi no, lo mismo, me parece bien, por mi bien, dale, ok listo, no se, ni idea, buenos dias,
		buenas, hola, adios, hasta luego, hasta manana, nos vemos, nada que anadir, interesante, increible, que fuerte,
		que risa, suena bien, me gusta, tal cual, menos mal, enhorabuena, de nada,
		concordo, exatamente, isso, isso mesmo, isso ai, com certeza, ta certo, ta bom, beleza, blz,
		combinado, fechado, otimo, bacana, boa ideia, bom ponto, boa pergunta,
		valeu demais, nossa, caramba, eita, puxa, poxa, eu tambem, eu tambem nao, tambem acho, mesma coisa, verdade,
		e verdade, faz sentido, pode ser, tudo bem, por mim tudo bem, por mim ok, de acordo, nao sei, sei la, bom dia,
		boa tarde, boa noite, oi, ola, tchau, ate mais, ate logo, ate amanha, nada a acrescentar, interessante,
		incrivel, que bom, top demais, parabens, bom trabalho, gostei, sim senhor,
		klopt, klopt zo, precies, inderdaad, absoluut, akkoord, mee eens, helemaal mee eens,
		heel goed, goed idee, goed punt, goede vraag, goed gedaan, goed werk, lekker, oke, oke dan, tuurlijk,
		natuurlijk, snap ik, duidelijk, begrepen, ik ook, ik ook niet, mij ook, zelfde, hetzelfde, zo is het, oei,
		jeetje, geen idee, geen idee eigenlijk, weet ik niet, ik weet het niet, weet niet, goedemorgen, hoi, hallo,
		doei, tot morgen, tot straks, tot zo, tot later, niets toe te voegen, vind ik ook, doen we, jammer, netjes,
		is goed, maakt niet uit, kan kloppen,
		tamam, evet, ありがとうございます, ありがとうございました, お疲れ様です, お疲れ様でした, いいと思います, 良いと思います, 同意します, 了解しました, 承知しました, なるほど, そうですね,
		そうです, そうだね, 了解, 承知, ありがとう, いいね, いいですね, 同感, 同じく, 私も, たしかに, 確かに, すごい, よかった, 良かった, お疲れ, はい, いいえ, 大丈夫, うん,
		ja precies, ja genau, bene, va bene, perfetto, esatto, grazie mille, dobrze, spoko,
		typisch, verstaendlich, nachvollziehbar, unfassbar, verrueckt, uebel, fies,
		peinlich, boah, jesses, kann passieren, passiert, war ja klar, hab ich mir gedacht,
		dachte ich mir, gefaellt mir, find ich gut, finde ich gut, bin dabei, bin dafuer, dafuer, bei mir auch,
		gleichfalls, ebenso, ebenfalls, meine rede, gut zu wissen, viel erfolg, viel glueck, gute besserung,
		hallo zusammen, servus, gruezi, merci vielmal,
		typique, dingue, cest fou, drole, trop bien, trop drole, la classe,
		je suis pour, je vote pour, bien dit, bien note, bien recu, recu, compris, cest clair, ca alors,
		oh la la, ah la la, la vache, puree, quelle histoire, pas de probleme, pas de souci, aucun souci, volontiers,
		avec plaisir, bonne chance, cest bon, cest bon pour moi, rien a dire, rien de plus,
		tipico, que locura, locura, que bien, que mal, que horror, dios mio, uy, ojala,
		ya ves, ya te digo, como siempre, sin duda, desde luego, por supuesto, me apunto, a favor, apuntado, entendido,
		recibido, sin problema, no pasa nada, no hay problema, buena suerte, animo, nada mas, nada por mi parte,
		eso digo yo, lo dicho, hola a todos,
		terrivel, horrivel, loucura, que loucura, meu deus, putz, pois e, ne, como sempre, sem duvida,
		claro que sim, to dentro, estou dentro, entendi, anotado, recebido, sem problema, nao tem problema, boa sorte,
		nada mais, nada da minha parte, sim concordo, certinho, show de bola, muito bom, muito bem,
		bizar, wauw, gek, vreselijk, pff, pfff, sjonge, allemachtig, zoals altijd, zonder twijfel, ik doe mee,
		genoteerd, ontvangen, begrijpelijk, geen probleem, komt goed, sterkte, niks, niets meer, verder niets,
		verder niks, wist ik ook niet, eens met, dat klopt, klopt helemaal, leuk, fijn, tof, gaaf,
		笑, すみません, ごめん, ごめんなさい, 失礼, お願いします, よろしく, 賛成, 異議なし, 問題ありません, わかりました, 分かりました, 面白い, びっくり, まじ, やばい, 残念,
		understood thanks, fair play, cant argue, hard to argue, no argument, no complaints, no comments,
		no notes, what they said, as above, ok by all, no strong feelings, no strong opinion, no opinion,
		no preference, either way, either is fine, up to you, your call, if you say so, if you like, works either way,
		thats my view too, was about to say, was going to say, same thought, thinking the same, my thoughts exactly,
		took the words, you read my mind, hopefully, i hope so, hope so, i doubt it, doubt it, i wish, if only,
		one can dream, dream on, must be nice, been there, been there done that, story of my life, welcome to my life,
		tell me about it, told you, told you so, called it, knew it, big if true, big mood, relatable, no cap,
		big yikes, the pain, so much pain, this hurts, ouchie, yeesh, crikey, blimey, bloody hell,
		good lord, lord, heavens, holy, holy cow, holy moly, dear god, dear lord, christ, jesus, bonkers,
		wicked, splendid, top stuff, top work, nicely done, nice job, nice find, nice work all,
		solid work, super helpful, very helpful, thats helpful, helpful, good shout, good spot, great spot,
		great shout, great find, spot on, bang on, nailed it, bingo, this is it, this is the one, touche, checkmate,
		mic drop, chefs kiss, hurrah, woo, woop, wooo, yasss, yass, heck yes, agreed then, its a deal,
		seconding, thirded, motion carried, no idea sorry, no clue sorry, beats me, search me,
		pass on this, pass on that, ill pass, skip me, nope nothing, all yours, go ahead, please do, by all means,
		feel free, be my guest, roger that, wilco, ok then, ok cool, ok great, ok thanks, ok sure, right then, righto,
		alright, alrighty, aight, allright, so be it, whatever works, all set, im set, good to go,
		surprise surprise, shocker, no surprise there, not surprised, unsurprising, colour me surprised,
		color me surprised, sleep well, take care, safe travels, have fun, enjoy, get some sleep, get some rest,
		rest well, bon appetit, guten appetit, mahlzeit, prost, sante, salud, saude, proost, eet smakelijk,
		bonnes vacances,
		will do
	`,
	sayWhole: `
		this, this one, that one, right, true, fine, word, w, l, done, sick, lit, me, epic, night, morning, welcome,
		good, great, super, top, respect, maybe, perhaps,
		possibly, probably, yes, correct, could be, might be, can be, confirm, i remember, i remember that, what, why,
		who, when, how, how so, huh, sorry, really,
		gut, wirklich, was, warum, wieso, vielleicht, ja, doch, spannend, igual, bien, bueno, hecho, listo, si, quiza,
		tal vez, que, note, vu, oui, pourquoi, quoi,
		vraiment, peut etre, sim, talvez, bom, feito, o que, goed, misschien, waarom, echt, echt waar, wat,
		legal, massa, show, boa, certo, sweet, neat, cool, wild, grand, mental, quality, solid, pain, deal, carried,
		ready, approved, pass, ace, lush, facts, mood, alter, mann, hart, bitter, fou, dur, ouf, voor, succes, dios,
		madre, ay, ai, ack, um, interesting, funny, painful, useless, awful, terrible, crazy, insane, brutal, based,
		dope, stark, nou, klar, eens, juist, zeker, exact, exacto, exato, perfect, perfecto, perfeito, nuts,
		impressive, seconded, logical, logique, logico, logisch, horrible, interessant, heftig, krass, toll, klasse,
		prima, mooi, confirmed, noted, guilty, classic, legend, amazing, brilliant, excellent, fantastic, typical,
		textbook, jo, pour, unglaublich, schade, dommage
	`,
	sayWish: `
		i would like, id like, id rather, i would rather, i wish, i hope, i want to, i want a, i hear, i am happy,
		im happy, im ok, im fine, im good, id prefer, i prefer, i dont mind, i dont want, i dont care, i dont get,
		i dont understand, i dont follow,
		i dont see, i dont have, i dont know, i cant, i cannot, i have no, i have a, i have another, im confused,
		im lost, im curious, im not, i am not, im too, im still, im only, im just, im here, im with, im so, im all,
		i keep, i like, i love, i hate, i feel, i miss, i missed, i agree, i disagree, i second, i see, i trust,
		i vote, i would say no, im glad, im sorry, im afraid,
		im wondering, i wonder, wondering, curious, hoping, happy to, glad, lets, let us, we should probably,
		we should all, we should talk, we should do this, we can discuss, we can talk, we need to talk, lets be,
		lets talk, lets discuss, lets see, lets not, lets move, lets do, lets vote, shall we,
		ich wuerde, ich wuerde lieber, ich haette, ich haette gern, ich wuensche, ich hoffe, ich finde, ich verstehe,
		ich bin, ich bin nicht, ich bin mir, ich fuehle, ich moechte, ich will, ich kenne, ich hab keine,
		ich habe keine, lasst uns, lass uns, mir waere lieber, hoffentlich, jaimerais, je prefere, je voudrais,
		jespere, je comprends, je ne comprends, je suis, je suis pas, je ne suis, jai pas, je nai pas,
		on devrait parler,
		me gustaria, prefiero, quisiera, espero, entiendo, no entiendo, no lo entiendo, no estoy, yo no,
		yo creo que no, gostaria, prefiro, queria, espero que, entendo, nao entendi, nao entendo, nao estou, eu nao,
		vamos falar, ik zou graag, ik wil graag, liever, ik hoop, ik snap, ik begrijp, ik ben, ik heb geen, laten we,
		i make it, id sign, i would sign, i dread, i bet nobody, i never, i always,
		let us hear, lets hear, i never understood, i thought i was
	`,
	sayLaughter: `
		lol, lold, lul, lmao, lmfao, rofl, roflmao, haha, hahah, hahaha, hahahaha, hehe, hehehe, hihi, ahahah, ahaha,
		heh, ha ha, xd, joke, joking, jk, kidding, just kidding, youre kidding, you are kidding, no kidding, sarcasm,
		haha genau, scherz, witzig, lustig, mdr, ptdr, xptdr, jaja, jajaja, jajajaja, jeje, jejeje, kkkk, kkkkk, kkk,
		rsrs, rs, hahaha ja, grapje, www, broma, brincadeira, blague
	`,
	sayCourtesy: `
		thanks, thank you, thankyou, thx, thnx, thks, tks, tnx, ty, tysm, tyvm, tyty, much appreciated, appreciate it,
		appreciated, cheers, sorry, apologies, i apologize, i apologise, my apologies, please, pls, plz, great job,
		good job, good work, great work, nice work, well done, you did great, amazing job everyone, no blame,
		welcome back, happy birthday, get well, have a good one, have a nice, enjoy your,
		danke, danke dir, danke euch, dankeschoen, vielen dank, besten dank, merci, herzlichen dank, tut mir leid,
		entschuldigung, entschuldige, sry, sorry dafuer, bitte, gute arbeit, schoenen feierabend, schoenes wochenende,
		merci beaucoup, merci a tous, merci bien, desole, desolee, pardon, excusez moi, sil te plait, sil vous plait,
		stp, svp, de rien, bon courage, bonne journee, bon weekend,
		gracias, muchas gracias, mil gracias, perdon, perdona, lo siento, disculpa, disculpad, por favor, porfa,
		buen trabajo, buen finde,
		obrigado, obrigada, brigado, brigada, valeu, vlw, muito obrigado, muito obrigada, desculpa, desculpe,
		desculpem, foi mal, bom trabalho,
		bedankt, dank je, dankjewel, dank jullie, dankuwel, dank u, thanks allemaal, sorry hoor, het spijt me,
		alsjeblieft, aub, goed gedaan, fijne avond, fijn weekend
	`,
	sayFeeling: `
		i love, i loved, i hate, love, adore, crying, screaming, dying, dead, im dead, feel bad, feels bad, my head,
		my brain, my life, cant believe, i cant even, cursed, blessed, wholesome, congrats, happy, so sad, sad, scary,
		embarrassing, hugs, yay, fun times, what fun, fun, rant, cheer, omg, kinda neat, annoying, terrifying,
		nightmare, insane, lovely, shame, facepalm, heartbreaking, gotta love, cant wait, poor, hero, heroes, legend,
		drama, boring, tired, exhausted, hungry, beer, beers, pizza, cake, popcorn, coffee machine next, karma, curse,
		traurig, peinlich, wahnsinn, armer, schlimm, furchtbar, triste, dommage, genant, que pena, pena, verguenza,
		da hora, jammer, zielig, erg, feest, bier, cerveza, cerveja, biere
	`,
	sayYesNo: `
		yes, yep, yeah, yup, yea, yeh, ya, no, nope, nah, nay, not really, kind of, sort of, partly, ja, nein, ne, nee,
		noe, jein, doch, oui, si, non, pas vraiment, ouais, sim, nao, jo, はい, いいえ, both, neither, true, actually,
		correct, right, agreed, exactly
	`,
	sayComment: `
		thats, that is, that was, that will, that would, that wont, that depends, that explains, that sounds,
		that feels, that seems, that looks, that reminds, that should, that cant, that doesnt, that bit, that question,
		that one, this is, this was, this feels, this sounds, this should, this one, this needs, its not, its fine,
		its ok, its all, what a, such a, too much, too many details, so much, you, youre, your, u, and you, over to,
		not the point, not going, not my, not convinced, im not convinced, not here, not sure, not again,
		not sure about, speaking of, reminds me, good luck, never heard, first i heard, nobody told me, no one told me,
		someone should, somebody should, somebody please, someone please, anyone, anybody, we talked, we said,
		we already, we discussed, didnt we, havent we, weve been here, ill never, even better, even worse, easier said,
		better late, lets hope, fingers crossed, only then, at last, finally, about time, you guys, still, well that,
		well thats, lots of, again, i already, as i said, like i said, as said, see above, what she said, what he said,
		look at, check out,
		das ist, das war, das waere, das klingt, das sind, das sehe, das stimmt, das machen wir, das haben wir,
		das ging, das muss, das wird, das kann, das hatten wir, das geht, dat is, dat was, dat zijn, dat klinkt,
		dat wordt, dat moet, dat kan, dat hebben we, dat weet, cest, cetait, ce serait, ca, ca fait, on peut,
		on dirait, eso, eso es, eso fue, eso no, eso lo, esto es, esto no, es un, seria, vamos a, isso e, isso foi,
		isso nao, isso ai, isso seria, e um, doe ik, heb ik, wusste ich, weiss ich,
		cant argue, hard to, no need, no point, same for, same with, works for, fine for, fine by, ok for, ok by,
		okay for, good for, happy with, happy for, as long as, in an ideal, one can, must be, must have been,
		we should, we really, we could, some things, some day, someday, next time, imagine, remember when, remember,
		funny how, funny that, love how, love that, love the, classic, typical, figures, story, welcome to,
		at least we, at least its, could have been, couldve been, its been, its not your, its nobodys, dont worry,
		dont be, dont forget, take care, be careful, careful, easy, relax, calm down, come on, cmon, here, there,
		nobody here, lots, plenty, never a, who knew, who knows, god knows, sounds like, looks like we, seems like we,
		seems we, feels like, smells like, no wonder, makes me, made my, made me, also dann, na dann, das hat,
		mal sehen, schauen wir, hoffen wir, wenn du, wenn ihr, wie gesagt, on verra, comme dhab, comme toujours,
		comme je, si tu, si vous, si quieres, como dije, como digo, ya veremos, ya lo, se voce, se quiser, como eu,
		vamos ver, zoals ik, als je, we zullen,
		steht doch, steht schon, as these, wonder who, sure would, only if, put them, put him, put her, give him,
		give her, give them, someone give, somebody give,
		good that you, glad you, nice that you, nice of, kind of you, makes you, you never, thanks for, respect to,
		kudos to, props to, shout out, shoutout, big up, hats off to, credit to, bravo to, well done to, didnt know we,
		did not know we, we had to, do we have, close enough, near enough, good enough, whatever, looks like the,
		seems like the, gut dass du, schoen dass, danke dass, das weiss, da sag, dazu sag, dazu kann, da kann ich,
		da bin ich, frag, fragt, bien que tu, merci pour, cest gentil, bueno que, que bueno que, gracias por,
		que bom que, obrigado por, goed dat je, bedankt voor, fijn dat
	`,
	sayAsks: `
		who, whos, what, whats, whatre, when, whens, where, wheres, why, which, whose, whom, how, hows, how many, is,
		isnt, are, arent, was, wasnt, were, werent, do, dont, does, doesnt, did, didnt, can, cant, could, couldnt,
		should, shouldnt, would, wouldnt, will, wont, has, hasnt, have, havent, had, hadnt, am, any, anyone, anybody,
		anything, may, might, shall, wdym, got any, is it, so what, so who, so why, so is, so was, so are, so how,
		so we, so which, so where, so now, and who, and what, and why, and when, and how, and is, and was, but why,
		but how, but what, but who, but is, but was, wait who, wait was, wait is, wait what, wait which, wait why,
		wait when, wait how, ok so, ok but, hm why, hmm why, hmm is, hmm was, hmm wasnt, hm wasnt, hmm are, hm was,
		seriously, really, remind me, by whom, in which, at what, from when, from which, since when, for how, to whom,
		with which, on which, out of curiosity, quick question, question, dumb question, stupid question, q,
		can somebody, can someone, can anyone, can we, could we, could you, can you, do we, do you, are we, are you,
		did you, have you, has anyone, does anyone, does it, did we, is that, is there, is this, was that, was it,
		was this, what about, what if, what do you, link to,
		wer, wen, wem, wessen, wann, wo, wohin, woher, warum, wieso, weshalb, wie, wieviel, wie viele, welche, welcher,
		welches, welchen, ist, sind, waren, war, hat, haben, hast, habt, hatte, hatten, kann, kannst, koennen, koennt,
		koennte, soll, sollen, sollten, sollte, gibt, gab, macht, magst, machen, muss, muessen, darf, duerfen, wird,
		wurde, weiss, weisst, gilt, zaehlt, stimmt das, und wer, und was, und wann, und wie, aber warum, aber wie,
		haben wir, reicht, meinst,
		qui, que, quoi, quel, quelle, quels, quelles, quand, ou, pourquoi, comment, combien, est ce, estce, est ce que,
		cest quoi, cest qui, cetait quand, cetait pas, cest pas, dou, y a, tu as, as tu, vous avez, avez vous, on a,
		peut on, on peut, peux tu, pouvez vous, fautil, faut il, quelquun, quest ce, qu est ce, depuis quand, et le,
		et la, et les,
		quien, quienes, cual, cuales, cuando, donde, por que, porque no, como, cuanto, cuanta, cuantos, cuantas, a que,
		de que, para que, para cuando, desde cuando, es, era, fue, eran, hay, habia, puede, puedes, podemos, podeis,
		podria, alguien, tenemos, teneis, tienes, seguro que, estas, estamos, y quien, y si, pero por que, ha, han,
		sabe, sabes, sabemos,
		quem, qual, quais, quando, onde, porque, quanto, quanta, quantos, quantas, o que, foi, sera, tem, tinha, pode,
		alguem, temos, tem certeza, voce, voces, e se, mas por que, esta, da pra, de onde, cade,
		wat, wanneer, waar, waarom, hoe, hoeveel, welke, welk, wiens, zijn, heeft, hebben, heb, hadden, kan, kun,
		kunnen, kunt, zou, zouden, moet, moeten, mag, mogen, iemand, weet, weten, waarvoor, klopt dat, en wie, en wat,
		maar waarom, hebben we, doet, gaat, en de
	`,
	sayWonder: `
		who, whos, what, whats, when, whens, where, wheres, why, which, how, hows, wer, wen, wem, was, wann, wo, warum,
		wieso, wie, welche, welcher, welches, qui, quel, quelle, quand, ou, pourquoi, comment, combien, quien, que,
		cual, cuando, donde, por que, como, cuanto, cuantos, cuantas, quem, qual, quando, onde, o que, quanto, quantos,
		quantas, wat, wanneer, waar, waarom, hoe, hoeveel, welke
	`,
	sayHelper: `
		is, isnt, are, arent, was, wasnt, were, werent, do, dont, does, doesnt, did, didnt, can, cant, could, couldnt,
		should, shouldnt, would, wouldnt, will, wont, has, hasnt, have, havent, had, hadnt, am, any, about, else, if,
		kind, sort, the hell, the heck, tho, though, exactly, now, not, even, pushed, approved, said, owns, knows,
		wants, decided, wrote, made, got, needs, pays, takes, signs, runs, one, ones,
		ist, sind, war, waren, hat, haben, hast, habt, hatte, hatten, kann, kannst, koennen, koennt, soll, sollen,
		sollten, gibt, macht, machen, muss, muessen, darf, wird, wurde, weiss, geht, heisst, viele, lange, est, sont,
		etait, avait, a, ont, as, avez, peut, peux, doit, fait, va, es, son, era, fue, ha, han, hay, puede, puedes,
		hace, e, foi, tem, pode, faz, vai, zijn, heeft, hebben, kan, kun, moet, gaat, doet, weet
	`,
	saySubject: `
		i, you, we, he, she, it, they, that, this, these, those, there, the, a, an, any, anyone, anybody, someone,
		somebody, everyone, everybody, your, our, my, u, ya, yall, ich, du, wir, er, sie, es, ihr, man, das, dies, der,
		die, den, jemand, wer, noch, je, tu, il, elle, on, nous, vous, ils, ca, quelquun, ce, yo, el, ella, nosotros,
		eso, esto, alguien, eu, voce, ele, ela, nos, isso, alguem, ik, jij, hij, zij, wij, jullie, dat, dit, iemand
	`,
	sayTag: `
		wasnt it that, isnt it that, isnt it, wasnt it also, wasnt it, shouldnt, shouldnt it, shouldnt the,
		shouldnt we, couldnt it be, could it be, might it be, may it be, maybe, perhaps, probably, possibly, also,
		and also, mostly, mobile, even, didnt we, wasnt that because, wasnt the, isnt the, isnt it because,
		is it because, isnt it just, because, bc, no, not, i think, i guess, vielleicht, evtl, eventuell, womoeglich,
		wohl, liegt es nicht, war es nicht, lag es nicht, weil, peut etre, peutetre, parce que, quiza, quizas, tal vez,
		a lo mejor, porque, talvez, acho que, misschien, omdat, たぶん
	`,
	sayEndTag: `
		right, no, correct, i think, i guess, i believe, or, or so, maybe, yes, too, as well, only, innit, wasnt it,
		isnt it, didnt it, didnt we, werent they, oder, nicht, nicht wahr, richtig, glaube ich, gell, ne, non, cest ca,
		je crois, je pense, verdad, creo, cierto, certo, nao, acho, toch, of niet, denk ik, niet, ですよね, かな
	`,
	sayIdea: `
		what about, how about, what if, should we, should it, could we, could the, could, maybe, perhaps, would a,
		would an, would it help, would it make sense, why not, why dont we, wouldnt it, shouldnt we, shouldnt,
		couldnt we, lets, can the, can it, might a, worth, or, alert, a, an, another, more, better, add, some,
		vielleicht, wie waere, wie waers, wie waers mit, sollten wir, sollte man, koennte man, koennten wir,
		warum nicht, und wenn, peut etre, et si on, et si, pourquoi ne pas, pourquoi pas, on pourrait, pourrait on,
		faudrait, quiza, quizas, tal vez, y si, podriamos, por que no, deberiamos, talvez, e se, que tal, poderiamos,
		deveriamos, por que nao, misschien, zouden we, kunnen we, moeten we, wat als, waarom niet, wat dacht je,
		should, would, can we, shall we, might we, sollten, koennte, pourrait, devrait, deberia, podria, deveria,
		poderia, zou
	`,
	sayYou: `
		you, youre, youve, youd, your, yours, ur, yall, du, dir, dich, dein, deine, euch, euer, eure, tu, toi, vous,
		votre, vos, usted, ustedes, vosotros, voce, voces, vc, vcs, jij, jullie, jou, jouw,
		habt ihr, seid ihr, koennt ihr, wisst ihr, hast du, kannst du, weisst du, meinst du, magst du, tienes, puedes,
		sabes, peux tu, tu peux
	`,
	sayPlan: `
		let me, lemme, let me check, ill check, i will check, will check, ill look, i will look, will look, ill ask,
		i will ask, will ask, asking around, ill find, i will find, ill get back, i will get back, will get back,
		get back to you, ill come back, come back, will come back, coming back, ill add, will add later, add later,
		ill post, will post, will confirm, ill confirm, will update, ill update, ill do, ill dig,
		looking it up, looking now, looking into, having a look, have a look, take a look, taking a look, give me,
		gimme, gimme a, bear with me, just a sec, 2 min pls, moment pls, hold on, hang on, hold that thought,
		brb, afk, bbl, bbiab, bbs, gtg, g2g, ttyl, back in, be back, be right back, back soon, back later,
		back now, im back, i am back, back at it, right back, later today, later tonight, read up, reading up,
		catching up, catch up, writing it, one more thing coming, more in a bit, in a bit, in a sec, tomorrow morning,
		tmrw, tmr, by tomorrow i, need to check, have to check, need to ask, have to ask, need to look, id need to,
		i need to, i have to, gotta, gotta go, got to go, have to go, need to go, need to run, need to drop,
		need to leave, must go, have to run, have to drop, have to leave, have to jump, heading out, heading home,
		heading to, im off, i am off, off to, off for, stepping out, stepping away, signing off, logging off,
		dropping off, jumping off, jump to, jump on, hop off, on my phone, from my phone, on mobile, on the train,
		in a meeting, in another meeting, in a call, on a call, phone call, joining, join in, joining late,
		joining from, just joined, just woke up, woke up, late for, running late, dentist, lunch break, bio break,
		coffee break, grabbing, grab a, grab lunch, getting coffee, school run, double check, verify that, pull up,
		pulling up, coming up, will send, sending it, ill send, i can ask, can ask, can check, i can check, i can look,
		can look, scroll up, scrolling, still searching, trying to find, cant find, cannot find, getting the, will get,
		will read, ill read, ill let, ill take a, ping me, dm me, dm you, ill ping, ill show, ill dm, ill be back,
		ill be, i will be, ill try, ill see, think about it, let me think, need to think, wrong channel, wrong thread,
		wrong window, wrong chat, oops, ignore that, ignore me, ignore my, disregard, asleep, on leave, on vacation,
		on holiday, on pto, ooo, off sick, out sick, came in late, before my time, no access, have access,
		remember that, cant remember, dont remember, i forgot, cant promise, give me till, till tomorrow,
		einen moment, momentchen, kleinen moment, bin gleich, gleich wieder, gleich da, bin kurz, bin weg, bin raus,
		bin dann, muss weg, muss los, muss leider, muss kurz, muss jetzt, ich schau, ich schaue, schau gleich,
		schau mal, schaue nach, schau nach, ich guck, guck mal, ich gucke, gucke, ich suche, suche das, suche raus,
		such ich raus, ich frag, ich frage, frag mal, frage nach, frag nach, ich pruefe, pruefe das, ich klaere,
		klaere das, klaer ich, ich melde mich, melde mich, reiche nach, reiche ich nach, liefere nach, im urlaub,
		hatte urlaub, war im urlaub, war krank, nicht da, im zug, im termin, im meeting, im call, telefonat,
		falscher kanal, falscher channel, warte, wartet, wart mal, lies mal, lese gerade, lese nach, bis gleich,
		hole mir,
		2 minutes, je regarde, je verifie, je vais regarder, je vais verifier, je cherche, je demande, je reviens,
		je retrouve, je reponds, je te dis, je vous dis, jarrive, je dois, je file, je mabsente, je suis en,
		je men occupe, tout a lheure, ce soir, de retour, en reunion, en vacances, en conge, absent, mauvais canal,
		oups, je vois ca, je colle, je complete,
		dame un, dadme, lo miro, lo reviso, lo compruebo, lo busco, lo pregunto, voy a mirar, voy a ver, voy a revisar,
		voy a preguntar, voy a, ahora vuelvo, vuelvo, ahora miro, ahora lo, miro, estoy mirando, estoy buscando,
		despues os, tengo que irme, tengo que salir, me voy, tengo reunion, estaba de vacaciones, de vacaciones,
		canal equivocado, ya vuelvo, enseguida, ahora mismo, deja que, dejame, dejadme, dejame ver, te digo, os digo,
		so um, so um minuto, pera, perai, espera ai, vou ver, vou verificar, vou checar, vou olhar, vou perguntar,
		vou procurar, vou confirmar, vou buscar, vou sair, ja volto, volto ja, volto, ja vejo, ja confirmo, deixa eu,
		deixa eu ver, deixe me, estou vendo, estou olhando, to vendo, to olhando, tenho que sair, preciso sair,
		preciso ver, canal errado, ferias, de ferias, estava de folga, te falo, aviso voces,
		even kijken, even checken, even zoeken, wacht even, een seconde, een momentje, ik kijk, ik check, ik zoek,
		ik vraag, ik ga, kijk ik na, ik kom, kom erop terug, kom er op terug, kom er zo op terug, zo terug,
		ben zo terug, moet weg, moet gaan, ik moet, was op vakantie, op vakantie, vakantie, verkeerd kanaal, oeps,
		ik laat het, laat weten, zoek ik op, zo meteen,
		あとで, 後で, ちょっと待, 少々お待ち, 待って, 確認します, 確認中, 調べます, 調べてみ, 見ています, 聞いてみ, 席を外, 離席, 戻ります, 今から, また明日, 会議, お昼, ランチ, 後ほど,
		のちほど, 探します, bir dakika, un attimo, arrivo, chwila,
		hold tight, writing it up, writing up, in a few, give me a few, looking at it, checking now, am at, i am at,
		im at, on it, on my way, omw, back shortly, be there, need a minute, need five, need a break, will try,
		will see, will think, will talk, will ping, will have to, let you know, let me know, keep you posted,
		stay tuned, more soon, more later, details later, tbc, to be confirmed, will follow, follows, to follow, folgt,
		kommt gleich, kommt noch, trage ich nach, muss ich nachsehen, muss ich nachschauen, muesste ich nachsehen,
		ich muss, ich hole, bin unterwegs, bin im, sitze im, melde mich gleich, je dois verifier, je dois partir,
		il faut que je, je te redis, je vous redis, je reviens vers, on verra, jy vais, je pars, tengo que mirar,
		tengo que, os lo digo, os cuento, te cuento, os paso, estoy en, estoy fuera, vuelvo en, volvere,
		preciso confirmar, preciso checar, tenho que ver, tenho que, estou em, estou no, vou pegar, ja mando, ja te,
		moet nog, moet even, zoek het, kijk het, ik moet nog, ben in, zit in, ben even, まだ見て, 確認して, あとから, 待ってください,
		ive asked, i asked, i have asked, asked finance, will fill, fill this in, fill that in, fill in later,
		no reply yet, waiting for a reply, waiting for, still waiting, waiting on, not with me, dont have my laptop,
		away from, once im, when im back, when i get, when im home, as soon as i, habe gefragt, hab gefragt,
		warte noch, warte auf, jai demande, jattends, he preguntado, estoy esperando, perguntei, estou esperando,
		heb gevraagd, wacht nog, wacht op
	`,
	sayPause: `
		one sec, one second, one moment, one minute, a sec, a moment, sec, 1 sec, 1sec, a minute, 1 min, moment,
		moment mal, sekunde, sek, une seconde, une minute, un instant, deux minutes, attends, attendez, un momento,
		un segundo, un seg, un minuto, espera, esperad, um momento, um segundo, um minuto, momentje, a ver,
		just a moment, just a minute, just a second, quick pause, wait, wart mal, warte, wacht, pera, later,
		later today, soon, tomorrow, kurz, gleich, spaeter, nachher, luego, mas tarde, depois, mais tarde, plus tard,
		straks, dadelijk, looking, looking now, checking, searching, reading, typing, cooking, driving, walking,
		eating, commuting, travelling, traveling, digging, testing, test,
		will, gonna, not gonna, about to, going to ask, going to check, werde, vais, vou, zal
	`,
	sayThird: `
		he, she, him, her, his, hers, they, them, their, those, these, it, thats, er, sie, ihm, ihn, il, elle, ils,
		elles, leur, lui, ella, ellos, ele, ela, eles, elas, dele, dela, hij, zij, hem, haar, hun
	`,
	sayJoin: `
		and, so, but, then, or, ok so, so basically, tbf, to be fair, in fairness, although, though, anyway, anyways,
		plus, besides, still, otherwise, und, aber, also, oder, trotzdem, jedenfalls, et, mais, alors, donc, y, pero,
		entonces, o sea, e, mas, entao, en, maar, dus
	`,
	sayAfter: `
		right, is it, isnt it, are we, arent we, do we, dont we, did we, didnt we, does it, doesnt it, was it,
		wasnt it, were we, have we, havent we, can we, cant we, or what, or not, or is it, or did he, or did she,
		or just, even, though, tho, lol, indeed, oder, gell, ne, verdad, toch
	`,
	sayOffer: `
		i will, ill, i can, i could, i would, id, i may, i might, im going to, i am going to, im gonna, i want to,
		i plan to, happy to, i volunteer, i take, we will have, we will, im happy to, ich werde, ich kann, ich koennte,
		ich uebernehme, ich mache, mach ich, uebernehme ich, je peux, je vais, je prends, je men occupe, puedo,
		yo puedo, me encargo, lo hago, lo cojo, eu posso, posso, eu faco, eu cuido, eu pego, ik kan, ik zal, ik doe,
		ik pak, ik neem, ik maak, やります, 担当します
	`,
	saySelf: `
		i, im, id, ive, ill, my, me, ich, mein, meine, mir, je, jai, moi, mon, yo, mi, estoy, eu, meu, minha, estou,
		ik, mijn, 私, 僕
	`,
	sayMeeting: `
		meeting, meetings, standup, stand up, after lunch, hard stop, reschedule, timebox, time check, min left,
		minutes left, wrap up, wrap this up, wrapping up, tonight, next week we, next part, next call, this call,
		this meeting, the call, half an hour left, over time, overtime, its late, its 2am, 2am here, bed, to bed,
		weekend plans, see you, talk later, talk tomorrow, good night, feierabend, mittagspause, mittag essen,
		mittagessen, essen gehen, naechste meeting, morgen weiter, bis morgen, reunion, dejeuner, apres manger,
		on continue demain, almuerzo, comer, seguimos manana, manana seguimos, almoco, reuniao, continuamos amanha,
		vergadering, pauze, morgen verder, volgende week verder,
		for lunch, at lunch now, lunch now, before lunch, lunch first, lunch time, lunchtime, quick break, short break,
		a break, five minute break, coffee break, tea break, continue tomorrow, continue this, continue later,
		pick this up, resume, until tomorrow, do this tomorrow, do it tomorrow, call it a day, enough for today,
		for today, hop on a call, jump on a call, quick call, screen share, share your screen, youre muted, on mute,
		cant hear, voice chat later, pause machen, nach dem essen, fuer heute, telefonieren, videocall,
		faire une pause, pour aujourdhui, por hoy, hacer una pausa, por hoje, uma pausa, fazer uma pausa, voor vandaag,
		pauze houden
	`,
	sayProcess: `
		bot, the bot, debrief, this bot, question, this question, that question, next question, the question,
		last question, next one, skip, skip this, skip that, move on, moving on, moving this, lets move, park this,
		park that, parking lot, timebox, vote, voting, go back to, back to impact, back to the, relitigate, offtopic,
		off topic, lets not, let us not, lets leave, leave it, id leave, lets keep, keep it, lets stick, stick with,
		lets take, we can take, lets say, lets write, write that down, write this down, write it down, someone write,
		take notes, note that, my notes, notes, the label, labels, pin, pins, pinned, unpin, entries, entry,
		merge those, which ones are, which causes, causes are left, are left, left open, one open, which one,
		what counts, which counts, does that count, does it count, count as, counts as, do we count, zaehlt,
		both lines, the report, the doc, the document, this doc, postmortem, post mortem, retro, review bot,
		this thread, in this thread, the thread, what does, the timeline, anything else, any other, anyone else,
		what do others, others think, who else, everyone ok, everybody ok, are we done, were done, we are done,
		is that all, thats all, thats everything, that everything, everything, any objections, objections, agree on,
		is the last, last one, how many left, lost track, i lost, remind me, put that, put it under, belongs here,
		belongs to, belong here, under lucky, where do i, wrong question, wrong place, duplicate of, already said,
		already above, see above, same as above, root cause then, symptom, symptom or, mixing, going in circles,
		rabbit hole, zoom out, step back, blame, blaming, no blame, not blame, dont blame, not the time, not now,
		on topic, focus, focus please, next step, next steps, to jira, which board, in person, expand, elaborate,
		explain that, can you explain, over to you, should be here, be here, someone from, anyone from, person from,
		from support on, ask finance, ask the, who signs, who decides, who decided, who pays, who owns, who takes,
		take this offline, bigger discussion, other discussion, separate discussion, needs its own, convinced,
		comment on, what does accept, accept mean,
		der bot, die frage, frage, naechste frage, naechster punkt, machen wir weiter, weiter gehts, abschweifen,
		noch was, noch jemand, sonst noch, sonst noch was, alle fertig, protokoll, aufschreiben, bericht, notieren,
		gehoert hier, gehoert nicht, gehoert das, was heisst, wer macht, wer kann, wer uebernimmt, lasst uns, lass uns,
		zum thema, das thema, ueberspringen, abstimmen, ursache oder,
		la question, question suivante, on passe, passer a la suite, la suite, on continue, on avance, suivant, le bot,
		qui sen charge, qui peut, autre chose, quelque chose a ajouter, on a fini, cest fini, le rapport, noter ca,
		hors sujet,
		la pregunta, siguiente, siguiente pregunta, pasamos, seguimos, el bot, algo mas, alguien mas, hemos terminado,
		quien lo hace, quien puede, el informe, apuntad, votamos, saltar,
		a pergunta, proxima, proxima pergunta, vamos seguir, o bot, mais alguma, mais alguem, alguem mais, acabamos,
		terminamos, quem faz, quem pode, quem pode pegar, quem vai, o relatorio, anota, pular,
		de vraag, volgende vraag, volgende, gaan we verder, de bot, nog iets, nog iemand, zijn we klaar, wie doet,
		wie kan, wie pakt, het rapport, opschrijven, overslaan, 次の質問, 次に, ボット, 誰が, 以上です, 他に,
		talk about that, wording, phrase that, rephrase, word it, reword, how you arrived, every attempt, in there,
		in private, private channel, on the list, still on the, whats left, on the agenda, agenda, facilitator, scribe,
		chime in, weigh in, your take, thoughts, any thoughts, other thoughts, opinions, ideas, any ideas, go first,
		want to go, want to start, your turn, whos next, round robin, back on topic, off the record, on the record,
		for the record, in the record, strike that, scratch that, delete that, edit that, ill edit, edited, typo,
		my typo, too long, too detailed, summarise, summarize, sum up, recap, tl dr, context please, more context,
		source, sources please, evidence, screenshot, screenshots, link please, proof, number please, numbers please,
		formulierung, formulieren, umformulieren, meinungen, moderiert, zusammenfassung, tippfehler, wer faengt an,
		des idees, un avis, des avis, coquille, resume, opiniones, resumen, errata, opinioes, resumo, meningen,
		samenvatting, typfout
	`,
	sayHedge: `
		i think, i believe, i guess, i suppose, i assume, i reckon, i suspect, i thought, id say, i would say, i bet,
		pretty sure, fairly sure, im sure, im fairly sure, afair, afaik, as far as i know, iirc, if i remember,
		if i recall, maybe, perhaps, probably, possibly, likely, ich glaube, ich denke, glaube, vermutlich,
		wahrscheinlich, vielleicht, schaetzungsweise, geschaetzt, je crois, je pense, peut etre, probablement, creo,
		creo que, supongo, quiza, quizas, tal vez, probablemente, acho que, acho, creio que, talvez, provavelmente,
		ik denk, ik geloof, volgens mij, waarschijnlijk, misschien, と思います, と思う, たぶん, 多分, おそらく
	`,
	sayReason: `
		because, bc, cuz, coz, cause, cos, since, due to, so that, as a result, caused by, caused, the reason,
		reason is, reason was, which meant, meant that, meaning, so nobody, so we, so the, so people, therefore,
		led to, leads to, depends on, weil, da, denn, wegen, aufgrund, dadurch, deshalb, daher, sodass, parce que,
		parce quon, a cause, car, du coup, donc, grace a, porque, por culpa, debido, ya que, por eso, ya, devido,
		por causa, pois, por isso, omdat, doordat, vanwege, door, daardoor, want, dus, ので, から, ため, せい
	`,
	sayPast: `
		was, were, had, didnt, did, wasnt, werent, hadnt, couldnt, went, came, got, gave, took, made, found, saw, knew,
		thought, began, started, ran, sent, lost, left, kept, fell, broke, hit, told, said, wrote, brought, bought,
		built, felt, held, met, paid, shut, spent, stood, stuck, threw, woke, grew, heard, drove, chose, blew, rose,
		spoke, been, done, gone, became, rang, turned out, used to,
		war, waren, hat, hatte, hatten, haben, hab, wurde, wurden, konnte, konnten, musste, mussten, wollte, ging,
		gingen, kam, kamen, lief, liefen, stand, standen, fiel, gab, fand, wusste, dachte, blieb, sah, gemeldet,
		gesehen, gemacht, gefunden, gestartet, neu gestartet, gelaufen, ausgefallen, angerufen, betroffen,
		etait, etaient, avait, avaient, a ete, ont, ont ete, avons, jai, on a, nous avons, est tombe, ete, sest,
		a commence, a fini, fini, fait, pris, vu, trouve, lance, relance, perdu,
		era, eran, estaba, estaban, fue, fueron, habia, habian, hemos, han, ha, tuvo, tuvieron, tuvimos, hicimos, hizo,
		vimos, vio, paramos, llegaron, llego, aviso, empezo, termino, cayo, fallo, dejo, pudo, pudieron, perdimos,
		quedo, reiniciamos, activamos, reinicie,
		estava, estavam, foi, foram, tinha, tinham, teve, tiveram, fizemos, fez, viu, parou, comecou, acabou, caiu,
		falhou, ficou, ficaram, perdemos, perdeu, conseguiu, reiniciei, avisou, recebeu, limpamos, mostrava,
		hadden, werd, werden, kon, konden, kwam, kwamen, stond, stonden, liep, viel, bleef, belde, begon, zag, zagen,
		wist, vond, draaide, gedaan, gevonden, gestart, gebeld, gezien, hebben we, heeft, zijn, is gevallen, kostte,
		した, ました, でした, だった, された, れた, なった, かった, った
	`,
	sayAbsence: `
		no, none, nobody, no one, noone, nothing, never, neither, nor, not, without, missing, lack, lacking, lacks,
		absent, isnt, wasnt, arent, doesnt, dont, didnt, hasnt, wont, cannot, couldnt, zero, too little, too few,
		too late, too many, too slow, only one, nobody knew, unknown, unclear, unowned, kein, keine, keinen, keiner,
		keinem, niemand, nichts, nie, nicht, ohne, fehlt, fehlte, fehlende, fehlender, fehlendes, fehlen, zu wenig,
		zu viele, zu spaet, mangelnde, personne, aucun, aucune, rien, jamais, sans, pas de, pas, manque, absence,
		nadie, ninguno, ninguna, ningun, nada, nunca, sin, falta, faltaba, no hay, no habia, ninguem, nenhum, nenhuma,
		sem, faltou, nao ha, nao tinha, nao havia, geen, niets, nooit, zonder, ontbrak, ontbrekende, ontbreekt, gebrek,
		te weinig, te laat, te veel, ない, なし, なかった, 誰も, いない, せず, ません
	`,
	sayTrade: `
		alert, alerts, alarm, alarms, alerting, monitoring, monitor, monitors, metric, metrics, dashboard, dashboards,
		graph, graphs, probe, probes, threshold, pager, paging, paged, page, pages, pagerduty, opsgenie, oncall,
		on call, runbook, runbooks, playbook, incident, outage, outages, error, errors, crash, crashed, crashes,
		crashing, timeout, timeouts, latency, lag, retry, retries, queue, queues, backlog, worker, workers, server,
		servers, service, services, host, hosts, node, nodes, pod, pods, cluster, clusters, shard, shards, region,
		regions, replica, replicas, primary, failover, load, traffic, request, requests, cache, caches, caching, disk,
		disks, memory, cpu, storage, volume, volumes, backup, backups, snapshot, snapshots, restore, restored, db,
		database, databases, mysql, postgres, redis, kafka, sql, query, queries, index, table, tables, rows, row,
		record, records, migration, migrations, schema, deploy, deploys, deployed, deployment, release, releases,
		released, rollout, roll out, rollback, rolled, rolling, roll back, revert, reverted, build, builds, hotfix,
		patch, commit, merge, merged, branch, pipeline, pipelines, job, jobs, cron, script, scripts, test, tests,
		tested, testing, staging, canary, prod, production, config, configs, configuration, setting, settings, flag,
		flags, default, defaults, limit, limits, quota, quotas, rate limit, throttle, permission, permissions, access,
		password, token, tokens, key, keys, cert, certs, certificate, certificates, tls, ssl, dns, zone, zones, ttl,
		network, firewall, proxy, gateway, gateways, router, loadbalancer, balancer, cdn, api, apis, endpoint, webhook,
		webhooks, client, clients, app, apps, website, site, login, logins, logged, log, logs, provider, providers,
		vendor, vendors, supplier, contract, sla, slo, credit, credits, docs, documentation, ticket, tickets, owner,
		owners, ownership, process, procedure, checklist, review, reviews, reviewed, reviewer, validation, check,
		checks, checked, dedupe, dependency, dependencies, version, versions, library, upgrade, upgraded, update,
		updates, bug, bugs, exploit, code, repo, monorepo, container, image, images, docker, kubernetes, kubectl,
		terraform, ansible, airflow, aws, cloudflare, github, gitlab, grafana, sentry, slack, discord, twitter,
		instagram, reddit, email, emails, mail, mails, bridge, support, status page, statuspage, restart, restarted,
		restarting, reboot, rebooted, shutdown, killed, kill, scaled, scale, capacity, data, dataset, partition, dupes,
		duplicate, duplicates, duplicated, player, players, mods, admin, admins, root, ssh, console, firmware,
		hardware, switch, cable, power, ups, cooling, battery, device, devices, tenant, payment, payments, checkout,
		cart, carts, order, orders, invoice, invoices, refund, refunds, bank, push, notification, notifications,
		campaign, sms, otp, 2fa, contractor, handover, hand over, silo, training, workload, freeze, deadline,
		complexity, drift, toil, legacy, debt, tech debt, hiring, budget, circuit breaker, kill switch, escalation,
		rotation, drill, game day, secret, secrets, credentials, vpn, sso, oauth, ldap, vault, auth, iam, scheduler,
		lock, locks, deadlock, race condition, leak, oom, garbage, heap, thread pool, connection pool, connections,
		sessions, session, cookies,
		alarme, ueberwachung, meldung, warnung, warnungen, ausfall, fehler, stoerung, neustart, datenbank, platte,
		speicher, zertifikat, zertifikate, anmeldung, zugang, zugriff, passwort, dienst, dienste, rechner, netz,
		netzwerk, leitung, verteiler, einstellung, grenze, grenzwert, pruefung, zustaendigkeit, zustaendig, schicht,
		schichtwechsel, anbieter, vertrag, dokumentation, anleitung, sicherung, sicherungen, vertretung, umgebung,
		auslieferung, freigabe, abhaengigkeit, bereitschaft, schluessel, lager, konto, zahlung, bestellung,
		bestellungen, inventar, erneuern, erneuerung, kommunikation, prozess, ablauf, testumgebung,
		alerte, alertes, surveillance, panne, erreur, erreurs, serveur, serveurs, disque, memoire, base de donnees,
		requete, requetes, sauvegarde, sauvegardes, deploiement, mise en production, redemarrage, certificat,
		certificats, acces, mot de passe, reseau, fournisseur, contrat, seuil, file, compte, paiement, commande,
		commandes, bascule, nettoyage, joueurs, boutique, equipe,
		alerta, alertas, monitorizacion, caida, errores, servidor, servidores, disco, memoria, base de datos, consulta,
		consultas, copia de seguridad, copias, despliegue, despliegues, reinicio, certificado, acceso, contrasena, red,
		proveedor, contrato, procedimiento, umbral, cola, cuenta, pago, pagos, pedido, pedidos, carritos,
		notificaciones, pruebas, documentacion, reintentos, campana, campanas, configuracion, equipo, panel,
		monitoramento, queda, erro, erros, banco, banco de dados, implantacion, acesso, senha, rede, fornecedor,
		procedimento, limite, fila, conta, pagamento, pagamentos, testes, codigo, desinstalacoes, botao, relatorio,
		painel,
		waarschuwing, storing, fout, fouten, schijf, geheugen, databank, bewaking, reservekopie, herstart, uitrol,
		certificaat, toegang, wachtwoord, netwerk, leverancier, drempel, wachtrij, rekening, betaling, bestelling,
		eigenaar, testomgeving, sleutel, bijwerken, tegoed,
		サーバー, サーバ, アラート, 監視, ディスク, データベース, バックアップ, ログ, エラー, 障害, 再起動, デプロイ, 設定, 証明書, キャッシュ, メンテナンス, マイグレーション, レプリカ, 権限,
		テスト, レビュー, スナップショット, 手順, ネットワーク, 復旧, 負荷
	`,
	sayHit: `
		users, user, customer, customers, clients, people, everyone, everybody, visitors, visitor, players, members,
		member, shoppers, subscribers, readers, guests, patients, students, drivers, employees, staff, developers,
		devs, partners, partner, tenants, accounts, account, sellers, merchants, agents, analysts, eu, us, uk, apac,
		emea, latam, internal, external, ios, android, desktop, mobile, web, stores, store, warehouse, half of,
		third of, most, all of, sessions, carts, orders, lost, missed, delayed, late, unable, unavailable, couldnt,
		could not, cannot, blocked, affected, impacted, complaints, complained, revenue, sales, money, hours, minutes,
		days, percent, minor, major,
		kunden, kunde, nutzer, benutzer, anwender, mitarbeiter, leute, standorte, standort, filialen, grosskunde,
		betroffen, stunden, minuten, prozent, euro, umsatz, schaden, verloren, utilisateurs, client, personnes, monde,
		site, heures, euros, perdu, touches, usuarios, clientes, cliente, personas, gente, horas, perdidos, afectados,
		pessoas, afetados, klanten, klant, gebruikers, mensen, medewerkers, uur, getroffen, ユーザー, 顧客, お客様, 人, 名, 影響
	`,
	sayFound: `
		alert, alerts, alarm, alarms, pager, page, paged, pagerduty, opsgenie, monitoring, monitor, nagios, grafana,
		prometheus, datadog, sentry, probe, watchdog, healthcheck, synthetic, customer, customers, client, user, users,
		player, players, complaint, complaints, complained, complaining, ticket, tickets, support, call centre,
		call center, helpdesk, twitter, instagram, reddit, facebook, mastodon, tweet, tweets, social media, press,
		forum, chat, email, emails, phone, called, call, rang, wrote, mentioned, noticed, reported, report, told,
		pinged, luck, lucky, by luck, chance, by chance, accident, by accident, coincidence, eyeballing, manually,
		manual, dashboard, dashboards, graph, colleague, someone, somebody, dev, devs, developer, developers, intern,
		boss, ceo, cfo, finance, qa, audit, auditor, scan, word of mouth, streamer, clip, dmd, dm, bounced, spike,
		automatic, anomaly, review, reviews, vendor, provider, partner, researcher, invoice, bill, playing,
		ueberwachung, anruf, anrufe, kunde, kunden, nutzer, mitarbeiter, kollege, kollegin, kollegen, zufall,
		zufaellig, meldung, beschwerde, beschwerden, azubi, gemeldet, gesehen, aufgefallen, bemerkt, gefragt, alerte,
		clients, utilisateur, utilisateurs, hasard, par hasard, appel, surveillance, collegue, quelquun, remarque,
		signale, plaint, plainte, alerta, cliente, clientes, usuario, usuarios, casualidad, por casualidad, llamada,
		monitorizacion, companero, queja, quejas, aviso, mensaje, llegaron, equipo de soporte, acaso, por acaso,
		ligacao, monitoramento, colega, alguem, reclamacao, reclamacoes, avisou, suporte, klant, klanten, gebruiker,
		toeval, toevallig, melding, collega, belde, gebeld, klacht, klachten, iemand, 通報, 報告, アラート, 監視, 問い合わせ, 偶然, お客様,
		ユーザー
	`,
	sayChoice: `
		alert, an alert, the alert, alerts, alarm, monitoring, pager, pagerduty, opsgenie, page, a page, the page,
		customer, customers, a customer, the customer, users, a user, user, support, ticket, tickets, luck, by luck,
		pure luck, chance, by chance, pure chance, accident, by accident, coincidence, colleague, a colleague,
		one of us, ourselves, us, twitter, reddit, manually, manual, automatic, automatically, a person, person,
		somebody, someone, someone of ours, kunde, ein kunde, der kunde, kunden, zufall, zufaellig, durch zufall,
		ueberwachung, kollege, ein kollege, client, un client, alerte, une alerte, hasard, par hasard, collegue,
		un collegue, cliente, un cliente, alerta, una alerta, uma alerta, um alerta, por casualidad, suerte,
		por suerte, um cliente, sorte, por sorte, por acaso, klant, een klant, toeval, toevallig, melding, een melding,
		collega, een collega, アラート, お客様, 偶然, 監視
	`,
	sayLesson: `
		surprised, surprising, surprise, surprises, unexpected, unexpectedly, didnt expect, never expected, didnt know,
		never knew, had no idea, no clue, no idea that, helped, help, helpful, hindered, hindrance, obstacle,
		obstacles, lucky, luck, luckily, fortunately, good, bad, worked, works, worked well, went well, went wrong,
		quick, quickly, slow, slowly, calm, chaos, chaotic, clear, unclear, confusing, confused, saved, great,
		annoying, too many, too few, at once, by hand, ready, knew, hard, harder, easy, easier, handy, useful, useless,
		thanks to, outdated, stale, on hand, available, communication, comms, roles, coordination, hero, ueberraschend,
		ueberrascht, ueberraschung, geholfen, half, hilfreich, glueck, zum glueck, pech, gut, schlecht, schnell,
		langsam, lief gut, chaotisch, unklar, rettung, gerettet, surpris, surprenant, aide, aidait, chance,
		heureusement, malheureusement, bien, mal, vite, rapide, lent, formidable, positif, negatif, sorprendio,
		sorprendido, sorpresa, ayudo, ayuda, suerte, por suerte, rapido, lento, menos mal que, surpreendeu, surpresa,
		ajudou, atrapalhou, sorte, azar, bem, devagar, verrast, verrassend, verrassing, geholpen, hielp, geluk,
		gelukkig, goed, slecht, snel, traag, 助かった, 幸い, 良かった, 驚いた, 思わなかった, おかげ, うまくいった, 悪かった
	`,
	sayThat: `
		that, this, it, these, those, there, here, one, ones, so, him, them, das, dem, dazu, da, davon, dran, hier, ca,
		cela, ici, la, eso, esto, ello, aqui, isso, isto, nisso, dat, dit, daar, ervan
	`,
	sayThatClause: `
		that, that the, that nobody, how, how long, how fast, how quickly, how many, how much, how few, how well,
		how little, the fact, what, why, dass, wie, wie viel, wie lange, wie schnell, que, que le, que la, que les,
		que personne, que el, que nadie, lo que, o que, que o, que a, dat, hoe, hoe weinig, hoe snel, honestly, tbh,
		mostly, lucky, luckily, helped, hindered, good, bad, hilfe, glueck, geholfen, no, nobody, no one, not, the, a,
		we, nothing, our, two, three, people, someone
	`,
	sayTodo: `
		add, adds, alert, always, announce, archive, ask, assign, audit, auto, automate, automatic, automated, avoid,
		backfill, backup, ban, better, block, budget, buy, cache, cap, change, check, checklist, clean, clean up,
		cleanup, close, collect, configure, connect, consider, create, cron, cut, dashboard, decide, decommission,
		define, delete, demo, deprecate, disable, document, dont, drain, drill, drop, dry run, enable, enforce, ensure,
		escalate, expand, expire, explain, expose, extend, extra, fail, feature flag, fix, flag, formalize, freeze,
		game day, get, get rid of, give, have, hide, hire, implement, improve, include, increase, index, instrument,
		introduce, invest, investigate, join, keep, kill, kill switch, lag, less, let, lets, limit, link, lint, list,
		load test, lock, log, lower, make, measure, merge, migrate, mirror, mock, monitor, more, move, mute, name,
		need, never, new, no, no more, notify, onboard, only, open, own, owner, page, parallelize, pay, pin, plan,
		practice, prevent, print, prioritize, prune, publish, pull, push, put, quota, raise, rate limit, re enable,
		reenable, rebuild, record, reduce, refactor, refuse, regular, rehearse, reject, remove, rename, renegotiate,
		renew, replace, require, restore, restrict, retire, retry, revert, review, rewrite, roll, rollback, rotate,
		run, runbook, save, scale, schedule, script, second, send, separate, set, set up, setup, share, ship, shorten,
		show, shut, simplify, split, staging, standardize, status, stop, store, switch, tag, talk to, teach, template,
		test, tests, throttle, tighten, track, train, try, tune, turn off, turn on, two, unmute, update, upgrade, use,
		validate, verify, version, wait for, warn, we need, we should, we must, we have to, weekly, monthly, wire,
		write,
		neue, neuer, neues, automatisch, automatische, bessere, mehr, weniger, zweiter, zweite, alarm, ueberwachung,
		anleitung, checkliste, wir sollten, wir brauchen, wir muessen, man sollte, einfuehren, ajouter, creer, mettre,
		supprimer, corriger, tester, automatiser, documenter, ecrire, expirer, migrer, limiter, verifier, revoir,
		surveiller, deplacer, former, faire, arreter, activer, desactiver, reduire, il faut, il faudrait, on devrait,
		anadir, agregar, crear, poner, quitar, borrar, arreglar, probar, automatizar, documentar, escribir, migrar,
		limitar, revisar, monitorizar, mover, formar, hacer, dejar de, activar, desactivar, reducir, subir, bajar,
		hay que, deberiamos, adicionar, criar, colocar, remover, tirar, corrigir, testar, escrever, monitorar, treinar,
		fazer, parar de, ativar, desativar, reduzir, aumentar, precisamos, temos que, devemos, trava, separar,
		toevoegen, maken, schrijven, verwijderen, we moeten, we zouden, we moesten, betere, meer, minder, nieuwe,
		tweede
	`,
	sayClock: `
		noon, midnight, half past, half one, half two, half three, half four, half five, half six, half seven,
		half eight, half nine, half ten, half eleven, half twelve, quarter past, quarter to, quarter after,
		a quarter past, past one, past two, past three, past four, past five, past six, past seven, past eight,
		past nine, past ten, past eleven, past twelve, to one, to two, to three, to four, to five, to six, to seven,
		to eight, to nine, to ten, to eleven, to twelve, o clock, oclock, mittags, mitternacht, viertel nach,
		viertel vor, halb eins, halb zwei, halb drei, halb vier, halb fuenf, halb sechs, halb sieben, halb acht,
		halb neun, halb zehn, halb elf, halb zwoelf, kurz vor, kurz nach, midi, minuit, mediodia, medianoche, las ocho,
		las nueve, las diez, las once, las doce, la una, las dos, las tres, las cuatro, las cinco, las seis, las siete,
		y media, y cuarto, meio dia, meia noite, e meia, halftwaalf, kwart over, kwart voor, halfelf, middernacht,
		half twaalf, 正午,
		at one, at two, at three, at four, at five, at six, at seven, at eight, at nine, at ten, at eleven, at twelve,
		by noon, by lunch, by midnight, um eins, um zwei, um drei, um vier, um fuenf, um sechs, um sieben, um acht,
		um neun, um zehn, um elf, um zwoelf
	`,
	sayAccept: `
		accept, accepts, accepted, accepting, acceptable, wont fix, wontfix, wont change, wont do, will not fix,
		no change, no action, no changes, not changing, out of scope, out of our hands, too expensive, not worth,
		not worth it, live with, leave as is, leave it as is, fixed already, already fixed, already done, done already,
		risk, drop it, skip, covered by, tracked in, nothing to do, nothing we can do, nothing to change,
		deprecated anyway, replaced, will be replaced, planned, is planned, akzeptiert, akzeptieren, in kauf,
		nichts zu aendern, nichts zu tun, zu teuer, lassen wir, bleibt so, wird ersetzt, risiko, accepte, accepter,
		on accepte, on garde, rien a faire, trop cher, on laisse, risque, aceptado, aceptamos, aceptar, se acepta,
		sin cambios, nada que hacer, demasiado caro, no vamos a cambiar, riesgo, aceito, aceitamos, aceitar,
		sem mudanca, muito caro, nada a fazer, risco, accepteren, geaccepteerd, aanvaard, laten we zo, te duur,
		niets aan, doen we niets aan, risico, 受け入れ, 対応しない, リスク
	`,
	sayUnknown: `
		unknown, not known, none, n, n a, na, nil, null, zero, nothing, nobody, no one, noone, unclear, unsure,
		nothing really, nothing else, nothing more, not really, not much, dont know, we dont know, nobody knows,
		no idea, no data, no numbers, cant say, cannot say, cant tell, hard to say, hard to tell, unbekannt,
		nicht bekannt, keine, keiner, kein, keins, niemand, nichts, unklar, weiss man nicht, weiss keiner,
		wissen wir nicht, niemand weiss es, inconnu, inconnue, aucun, aucune, personne, rien, pas connu,
		on ne sait pas, on sait pas, desconocido, ninguno, ninguna, nadie, nada, cero, no se sabe, sin datos,
		desconhecido, nenhum, nenhuma, ninguem, nao sabemos, sem dados, onbekend, geen, niets, nul, weten we niet, 不明,
		なし, ありません, 無し, わからない, 分からない, 未知, bilinmiyor, sconosciuto, nessuno, niente, nieznane
	`,
	sayAmount: `
		one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, twenty, thirty, forty, fifty,
		hundred, hundreds, thousand, thousands, million, millions, dozen, dozens, half, quarter, third, a third, all,
		all of them, everyone, everybody, almost, about, around, approx, circa, ca, roughly, at least, up to, over,
		under, more than, less than, nearly, or so, ish, past, to, at, min, mins, minutes, minute, hour, hours, h, s,
		sec, seconds, days, day, percent, k, m, mio, users, customers, people, tickets, orders, carts, emails, eur,
		euro, euros, usd, dollars, am, pm, utc, gmt, cet, cest, est, pst, pdt, edt, uhr, began, knew, eased, noon,
		midnight, o clock, oclock, ein, eins, zwei, drei, vier, fuenf, sechs, sieben, acht, neun, zehn, hundert,
		tausend, etwa, ungefaehr, rund, kunden, nutzer, stunden, minuten, viertel, nach, vor, halb, kurz, mittag,
		beginn, ende, un, une, deux, trois, quatre, cinq, dix, cent, mille, environ, clients, heures, vers, midi,
		minuit, debut, fin, uno, una, dos, tres, cuatro, cinco, diez, cien, mil, unos, unas, sobre, las, clientes,
		usuarios, horas, minutos, mediodia, cerca, de, dois, duas, quatro, dez, cem, umas, uns, as, twee, drie, vijf,
		tien, honderd, duizend, ongeveer, klanten, uur, rond, kwart, 約, 人, 件, 時, 分, 頃, ごろ
	`,
	sayCounted: `
		one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, twenty, thirty, forty, fifty,
		hundred, hundreds, thousand, thousands, million, millions, dozen, dozens, a third, noon, midnight, all of them,
		everyone, everybody, all users, all customers, eins, zwei, drei, vier, fuenf, sechs, sieben, acht, neun, zehn,
		hundert, tausend, mittag, deux, trois, quatre, cinq, dix, cent, mille, midi, minuit, dos, tres, cuatro, cinco,
		diez, cien, mil, mediodia, dois, duas, quatro, dez, twee, drie, vijf, tien, honderd, duizend
	`,
}

// groups are a set of groups.
type groups uint64

// spacedPhrase is what a word, or several with one space between, says, and how many words those phrases have at most that
// begin with it.
type spacedPhrase struct {
	in      groups
	longest int
}

type unspacedPhrase struct {
	text string
	in   group
}

// phrases are the words and phrases by their text; unspacedPhrases are looked for anywhere. Every start makes them, and they
// stay: so there is one map of known size, and the texts are parts of the vocabulary.
var phrases, unspacedPhrases = indexPhrases(vocabulary)

func indexPhrases(vocabulary map[group]string) (map[string]spacedPhrase, []unspacedPhrase) {
	spaced := make(map[string]spacedPhrase, 6000)
	var other []unspacedPhrase
	for in, list := range vocabulary {
		for text := range strings.SplitSeq(list, ",") {
			text = strings.TrimSpace(text)
			if strings.ContainsFunc(text, unspaced) {
				other = append(other, unspacedPhrase{text, in})
				continue
			}
			p := spaced[text]
			p.in |= 1 << in
			spaced[text] = p
			begins, _, _ := strings.Cut(text, " ")
			first := spaced[begins]
			first.longest = max(first.longest, 1+strings.Count(text, " "))
			spaced[begins] = first
		}
	}
	delete(spaced, "") // a list ends with a comma
	return spaced, other
}

package conversations

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Question is one thing a review asks. To reword one or to add one, change this table and its transcript.
type Question struct {
	N       int
	Phase   string   // the phase it belongs to, as the card shows it
	Short   string   // its name on the card
	Title   string   // what is asked
	Hint    string   // how to answer, and what helps
	Gives   Part     // what becomes of the answers
	Choices []string // answers that a menu offers
}

// Part is the part of the record that answers to a question go into.
type Part string

// The parts.
const (
	PartTimeline  Part = "timeline"  // lines with a time become entries
	PartMoments   Part = "moments"   // when it was what
	PartDetection Part = "detection" // how we found out
	PartImpact    Part = "impact"    // who was hit
	PartCauses    Part = "causes"    // each line is a contributing factor
	PartSurprises Part = "surprises" // what we did not expect
	PartLessons   Part = "lessons"   // what helped, hindered, was lucky; how we responded
	PartActions   Part = "actions"   // each line is an action item
	PartLeft      Part = "left"      // each line is about a cause that no action item answers
)

// phases are the names on the card, in order; the last one has no questions.
var phases = []string{"what happened", "why", "what we change", "report"}

// tiny are the questions of the tiny review, nine those of a whole one.
var (
	tiny = []Question{
		{
			N: 1, Phase: "what happened", Short: "What happened", Gives: PartTimeline,
			Title: "What happened?",
			Hint:  "What is missing here? One line each, time first: `14:10 tried a restart`. A sentence or two on who was hit helps too.",
		},
		{
			N: 2, Phase: "why", Short: "Why", Gives: PartCauses,
			Title: "What made it possible?",
			Hint:  "Several answers are fine, one line each. We look for conditions: what made it the sensible thing to do, or easy to get wrong?",
		},
		{
			N: 3, Phase: "what we change", Short: "What we change", Gives: PartActions,
			Title: "What do we change?",
			Hint:  "One line each, with owner, priority and date if you know them: `add an alert per country @kim p1 fri`.",
		},
	}
	nine = []Question{
		{
			N: 1, Phase: "what happened", Short: "Timeline", Gives: PartTimeline,
			Title: "What is missing on the timeline?",
			Hint:  "One line each, time first: `14:10 tried a restart`.",
		},
		{
			N: 2, Phase: "what happened", Short: "Four moments", Gives: PartMoments,
			Title: "When did it begin, and when was it over?",
			Hint: "Change what is wrong and add what is missing, by a time or an event: `eased 14:31`, `over E-14`, `noticed unknown`. " +
				"When somebody took it on counts too: `acknowledged 14:12`.",
		},
		{
			N: 3, Phase: "what happened", Short: "How we found out", Gives: PartDetection,
			Title:   "How did we find out?",
			Hint:    "An alert, one of us, a customer, luck? And what did it look like at first?",
			Choices: []string{"an alert", "one of us noticed", "a customer told us", "by luck"},
		},
		{
			N: 4, Phase: "what happened", Short: "Impact", Gives: PartImpact,
			Title: "Who was hit, how many, and what could they not do?",
			Hint:  "Numbers if you have them; `unknown` is an answer. What begins with ( is just talk.",
		},
		{
			N: 5, Phase: "why", Short: "Why", Gives: PartCauses,
			Title: "Why did it happen, why did we notice late, why did it take long?",
			Hint: "One line each. Begin with `late:` for why we noticed late, with `long:` for why it took long, and with `w2:` for why `w2` was so. " +
				"`(E-3)` points at the event that shows it.",
		},
		{
			N: 6, Phase: "why", Short: "What surprised us", Gives: PartSurprises,
			Title: "What surprised us?",
			Hint:  "What did we believe that was not so? What do we know only now?",
		},
		{
			N: 7, Phase: "why", Short: "What helped", Gives: PartLessons,
			Title: "What helped, what got in the way, where were we lucky?",
			Hint:  "One line each. Begin with `helped:`, `hindered:` or `lucky:`, and with `response:` for how we worked together.",
		},
		{
			N: 8, Phase: "what we change", Short: "What we change", Gives: PartActions,
			Title: "What do we change?",
			Hint: "One line each, with owner, priority, date and the cause it answers, as far as you know them: `add an alert per country @kim p1 fri w5`. " +
				"What is missing can be filled in later.",
		},
		{
			N: 9, Phase: "what we change", Short: "Causes without a change", Gives: PartLeft,
			Title: "These causes have no change. What about them?",
			Hint:  "`w4: add a check @bo fri` makes a change, `w4: A-3` says that `A-3` covers it, and `w4: accepted, the system is retired in May` lives with it.",
		},
	}
)

// questions are those of a review, in the order in which Next asks them.
func (r *Review) questions() []Question {
	if r.Tiny {
		return tiny
	}
	return nine
}

// question returns the question of that number.
func (r *Review) question(n int) (Question, bool) {
	for _, q := range r.questions() {
		if q.N == n {
			return q, true
		}
	}
	return Question{}, false
}

// giving is the number of the question whose answers go into that part; 0: this review does not ask it.
func (r *Review) giving(p Part) int {
	i := slices.IndexFunc(r.questions(), func(q Question) bool { return q.Gives == p })
	if i < 0 {
		return 0
	}
	return r.questions()[i].N
}

// asks is what kind of thing the question asks for.
func (q Question) asks() asking {
	switch q.Gives {
	case PartTimeline:
		return askTimeline
	case PartMoments:
		return askMoments
	case PartDetection:
		return askChoice
	case PartImpact:
		return askImpact
	case PartCauses:
		return askWhy
	case PartActions, PartLeft:
		return askActions
	}
	return askFree
}

// labels reports whether a reply says by its form that it is an answer: it names a moment, a root of the whys, or what
// kind of lesson it is.
func (q Question) labels(body string, now time.Time) bool {
	switch q.Gives {
	case PartMoments:
		read, _ := incident{}.readMoments(body, now)
		return len(read) > 0
	case PartCauses:
		return rootAddress.MatchString(body)
	case PartLessons:
		return lessonAddress.MatchString(body)
	}
	return false
}

var lessonAddress = regexp.MustCompile(`^\s*(?i)(helped|went well|good|hindered|in the way|harder|bad|lucky|luck|response)\s*:\s*`)

// lesson is one line of an answer about what helped: what kind of lesson it is, empty where nobody said, and its words.
func lesson(line string) (kind, text string) {
	line = bulletMark.ReplaceAllString(line, "")
	m := lessonAddress.FindStringSubmatch(line)
	if m == nil {
		return "", strings.TrimSpace(line)
	}
	switch word := strings.ToLower(m[1]); word {
	case "helped", "went well", "good":
		kind = "helped"
	case "lucky", "luck":
		kind = "lucky"
	case "response":
		kind = word
	default:
		kind = "hindered"
	}
	return kind, strings.TrimSpace(line[len(m[0]):])
}

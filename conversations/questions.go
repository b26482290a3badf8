package conversations

// Question is one thing a review asks. To reword one or to add one, change this table and its transcript.
type Question struct {
	N     int
	Phase string // the phase it belongs to, as the card shows it
	Short string // its name on the card
	Title string // what is asked
	Hint  string // how to answer, and what helps
	Gives Part   // what becomes of the answers
}

// Part is the part of the record that answers to a question go into.
type Part string

// The parts.
const (
	PartTimeline Part = "timeline" // lines with a time become entries
	PartCauses   Part = "causes"   // each answer is a contributing factor
	PartActions  Part = "actions"  // each line is an action item
)

// phases are the names on the card, in order; the last one has no questions.
var phases = []string{"what happened", "why", "what we change", "report"}

// tiny are the questions of the tiny review.
var tiny = []Question{
	{
		N: 1, Phase: "what happened", Short: "What happened", Gives: PartTimeline,
		Title: "What happened?",
		Hint:  "What is missing here? One line each, time first: `14:10 tried a restart`. A sentence or two on who was hit helps too.",
	},
	{
		N: 2, Phase: "why", Short: "Why", Gives: PartCauses,
		Title: "What made it possible?",
		Hint:  "Several answers are fine, one message each. We look for conditions: what made it the sensible thing to do, or easy to get wrong?",
	},
	{
		N: 3, Phase: "what we change", Short: "What we change", Gives: PartActions,
		Title: "What do we change?",
		Hint:  "One line each, with owner, priority and date if you know them: `alert per country @kim p1 fri`.",
	},
}

// questions are those of a review, in the order in which Next asks them.
func (r *Review) questions() []Question { return tiny }

// question returns the question of that number.
func (r *Review) question(n int) (Question, bool) {
	for _, q := range r.questions() {
		if q.N == n {
			return q, true
		}
	}
	return Question{}, false
}

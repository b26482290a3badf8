package conversations

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Command is one thing people can type, after `/postmortem` or after a mention of the bot.
type Command struct {
	Name   string // one or two words
	Args   string // how its arguments are shown in help
	Help   string // one line
	AtOnce bool   // it only reads
	about  about  // whom it concerns
}

// about says how the subject of a command is found.
type about int

const (
	aboutNothing  about = iota // it only reads
	aboutNew                   // it makes something new
	aboutReview                // the review that is named, or the one of this place
	aboutNumber                // what its first argument names: E-17, A-3
	aboutSettings              // the workspace
	aboutMe                    // whoever says it
)

// Commands is the one table of what can be typed. Adapters, completion, the manifest, help and transcripts read it.
var Commands = []Command{
	{Name: "start", Args: "[tiny] [sev1 … sev5] [#channel …] [title]", Help: "begin a review of what was pinned here", about: aboutNew},
	{Name: "event", Args: "<text> [@ <time>]", Help: "put lines on the timeline by hand, one event a line", about: aboutNew},
	{Name: "timeline", Help: "show what is on the timeline here", AtOnce: true},
	{Name: "timeline edit", Args: "<E-n> <text>", Help: "correct the words of an event", about: aboutNumber},
	{Name: "timeline at", Args: "<E-n> <time>", Help: "correct the time of an event", about: aboutNumber},
	{Name: "timeline hide", Args: "<E-n>", Help: "leave an event out of every report", about: aboutNumber},
	{Name: "timeline show", Args: "<E-n>", Help: "take a hidden event in again", about: aboutNumber},
	{Name: "answer", Args: "<question> <text>", Help: "answer a question from anywhere", about: aboutReview},
	{Name: "why", Args: "[w<n>:] <text>", Help: "name a cause, or what was behind another one", about: aboutReview},
	{Name: "risk", Args: "<w<n>> <why>", Help: "live with a cause that has no change", about: aboutReview},
	{Name: "next", Help: "close the question that is asked and go on", about: aboutReview},
	{Name: "ask", Args: "<question> [@person] [date]", Help: "ask a question here now, or one person by a date", about: aboutReview},
	{Name: "skip", Args: "[question] [why]", Help: "leave a question out", about: aboutReview},
	{Name: "live", Args: "on | off", Help: "on: the next question follows on Next; off: I ask when told to", about: aboutReview},
	{Name: "park", Args: "[until <date>] [why]", Help: "pause the review", about: aboutReview},
	{Name: "resume", Help: "go on with a parked review", about: aboutReview},
	{Name: "cancel", Args: "<why>", Help: "end the review without a report", about: aboutReview},
	{Name: "hand over", Args: "<@person>", Help: "let somebody else lead the review", about: aboutReview},
	{Name: "take over", Help: "lead a review whose facilitator has been silent for two working days", about: aboutReview},
	{Name: "severity", Args: "<1 … 5>", Help: "say how bad it was; 1 and 2 need an approval", about: aboutReview},
	{Name: "title", Args: "<words>", Help: "change the title", about: aboutReview},
	{Name: "summary", Args: "<words>", Help: "write the report's summary", about: aboutReview},
	{Name: "trigger", Args: "<words>", Help: "say what set it off", about: aboutReview},
	{Name: "draft", Args: "[PM-n]", Help: "read the report as it stands", AtOnce: true},
	{Name: "approve", Args: "[PM-n]", Help: "agree with the draft as it is", about: aboutReview},
	{Name: "publish", Args: "[PM-n] [anyway] [roles]", Help: "publish the report, with roles instead of names if you like", about: aboutReview},
	{Name: "reopen", Args: "[PM-n]", Help: "take a published or cancelled review up again", about: aboutReview},
	{Name: "actions", Args: "[mine | PM-n]", Help: "list open action items", AtOnce: true},
	{Name: "mine", Help: "what waits for you: reviews, and your action items with their buttons", AtOnce: true},
	{Name: "done", Args: "<A-n> <evidence>", Help: "close an action item as done", about: aboutNumber},
	{Name: "wontdo", Args: "<A-n> <reason>", Help: "close an action item that will not be done", about: aboutNumber},
	{Name: "later", Args: "<A-n> <a day | a week | date>", Help: "hear of an action item again after that; its due date stays", about: aboutNumber},
	{Name: "due", Args: "<A-n> <date>", Help: "give an action item another due date", about: aboutNumber},
	{Name: "give", Args: "<A-n> <@person>", Help: "hand an action item over, once they say yes", about: aboutNumber},
	{Name: "accept", Args: "<A-n>", Help: "say yes to an action item you were asked to take", about: aboutNumber},
	{Name: "decline", Args: "<A-n> [why]", Help: "say no to it", about: aboutNumber},
	{Name: "take", Args: "<A-n>", Help: "take an action item that nobody has", about: aboutNumber},
	{Name: "back", Args: "<A-n>", Help: "give an action item back", about: aboutNumber},
	{Name: "keep", Args: "<A-n>", Help: "say that you are still at an action item", about: aboutNumber},
	{Name: "need help", Args: "<A-n> <words>", Help: "ask for help in the review's thread; you see the words first", about: aboutNumber},
	{Name: "undo", Args: "<A-n>", Help: "take back what you just did to an action item", about: aboutNumber},
	{Name: "me", Help: "what you hear from me, and when", AtOnce: true},
	{Name: "me pause", Args: "[until <date>]", Help: "no private messages until then; two weeks without a date", about: aboutMe},
	{Name: "me digest", Help: "no weekly message", about: aboutMe},
	{Name: "me stop", Args: "<PM-n>", Help: "nothing about the action items of that review", about: aboutMe},
	{Name: "me zone", Args: "<Area/City>", Help: "your time zone, where it is not the one of your profile", about: aboutMe},
	{Name: "me resume", Args: "[PM-n]", Help: "end what you paused or stopped", about: aboutMe},
	{Name: "list", Help: "list the reviews of this workspace", AtOnce: true},
	{Name: "settings", Args: "[<name> <value>]", Help: "show or change how this workspace works", about: aboutSettings},
	{Name: "help", Args: "[command]", Help: "all commands, or one of them explained", AtOnce: true},
}

// Typed is a command as somebody typed it.
type Typed struct {
	Command
	Rest string // its arguments
}

// ParseCommand reads the words after `/postmortem`. Without any it is help. ok is false for words it does not know;
// Rest is then the whole text.
func ParseCommand(text string) (t Typed, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Typed{Command: command("help")}, true
	}
	first, more := cutWord(text)
	second, rest := cutWord(more)
	for _, c := range Commands {
		if c.Name == strings.ToLower(first+" "+second) {
			return Typed{c, rest}, true
		}
	}
	for _, c := range Commands {
		if c.Name == strings.ToLower(first) {
			return Typed{c, more}, true
		}
	}
	return Typed{Rest: text}, false
}

// NamesChannels reports whether a command takes channels, so that those in it are to be written as references,
// `<#id|name>`; in all other texts they are words for people to read.
func NamesChannels(text string) bool {
	typed, ok := ParseCommand(text)
	return ok && (typed.about == aboutSettings || strings.Contains(typed.Args, "#channel"))
}

// forItem reports whether a command is about an action item.
func forItem(c Command) bool { return c.about == aboutNumber && strings.HasPrefix(c.Args, "<A-n>") }

func command(name string) Command {
	i := slices.IndexFunc(Commands, func(c Command) bool { return c.Name == name })
	return Commands[i]
}

// nearest is the command whose first word is most likely meant by a word we do not know; empty when none is near.
func nearest(word string) string {
	word = strings.ToLower(word)
	for _, c := range Commands {
		if oneSlip(word, c.Name) || (len(word) >= 3 && strings.HasPrefix(c.Name, word)) {
			return c.Name
		}
	}
	return ""
}

// oneSlip reports whether a differs from b by one letter too many, too few or wrong, or by two neighbours swapped.
func oneSlip(a, b string) bool {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	a, b = a[head:len(a)-tail], b[head:len(b)-tail]
	if len(a) <= 1 && len(b) <= 1 {
		return true
	}
	return len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}

// cutWord splits off the first word, keeping line breaks in what follows.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " \t\n")
	i := strings.IndexAny(s, " \t\n")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i:], " \t")
}

var numberWord = regexp.MustCompile(`^(?i)(PM|A|E)-(\d{1,9})$`)

// parseNumber reads PM-42, A-17 or E-3, in either case, and returns it as it is written.
func parseNumber(word string) (series string, n int, ok bool) {
	m := numberWord.FindStringSubmatch(strings.Trim(word, "`.,:"))
	if m == nil {
		return "", 0, false
	}
	n, err := strconv.Atoi(m[2])
	if err != nil || n == 0 {
		return "", 0, false
	}
	return strings.ToUpper(m[1]), n, true
}

// addressed reads `4: about 9k carts`: an answer to question 4.
func addressed(text string) (question int, body string, ok bool) {
	m := addressedReply.FindStringSubmatch(text)
	if m == nil {
		return 0, text, false
	}
	n, _ := strconv.Atoi(m[1])
	return n, strings.TrimSpace(text[len(m[0]):]), true
}

// Only one digit and not followed by another: `14:10 tried a restart` is a time, `1:30 pm` is one too.
var addressedReply = regexp.MustCompile(`^\s*([1-9]):(?:\s+|$)`)

package conversations

import (
	"regexp"
	"strings"
	"unicode"
)

// Mask replaces the secrets in what people type, before anything is stored, by what kind they were: "[masked: AWS key]".
// found says that there were any. All else stays byte for byte, and masking again changes nothing. It takes time linear
// in the text.
//
// It knows tokens and keys by their makers' prefixes; private keys, JWTs, Authorization headers, passwords in URLs and
// payment cards by their form; and values that are given to a name such as password or api_key (see assigned). It errs
// on the side of masking where a text looks like configuration, and of leaving it where it looks like prose. E-mail
// addresses and the ids of chat platforms are no secrets.
func Mask(text string) (masked string, found bool) {
	masked = text
	for range maxMaskPasses {
		again := maskOnce(masked)
		if again == masked {
			return masked, masked != text
		}
		masked = again
	}
	return mask("secret"), true // built to unfold with every pass: none of it is worth keeping
}

// maxMaskPasses bounds how often a text is looked at. What stands beside a secret may show itself as another once that
// is masked, so a text is done when a pass finds nothing.
const maxMaskPasses = 8

func mask(kind string) string { return "[masked: " + kind + "]" }

// secret is one rule: what of a text is masked, and as what.
type secret struct {
	kind  string
	hints []string       // lower case; one of them is in every text that matches, so that most texts are never searched
	long  int            // instead of hints: what matches has at least so many characters without a space
	find  *regexp.Regexp // its last group, or all of it where it has none, is the secret
	is    func(value string) bool
}

// secrets are applied in this order.
var secrets = []secret{
	{kind: "private key", hints: []string{"private key"}, find: regexp.MustCompile(
		`(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)`)},

	{kind: "Slack webhook", hints: []string{"hooks.slack"}, find: regexp.MustCompile(
		`(?i)(?:https?://)?hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[\w/.-]+`)},
	{kind: "Slack token", hints: []string{"xox", "xapp-"}, find: regexp.MustCompile(
		`\b(?:xox[a-z](?:\.xox[a-z])?|xapp)-[A-Za-z0-9-]{10,}`)},
	{kind: "Discord webhook", hints: []string{"/webhooks/"}, find: regexp.MustCompile(
		`(?i)(?:https?://)?(?:[a-z]+\.)?discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]+/[\w-]+`)},
	{kind: "Discord token", long: 56, find: regexp.MustCompile(
		`\b(?:[MNO][A-Za-z0-9_-]{22,30}\.[A-Za-z0-9_-]{5,8}\.[A-Za-z0-9_-]{27,}|mfa\.[A-Za-z0-9_-]{80,})`)},

	{kind: "AWS key", hints: []string{"akia", "asia"}, find: regexp.MustCompile(
		`\b(?:AKIA|ASIA)[A-Z0-9]{16,}\b`)},
	{kind: "AWS key", hints: []string{"access_key", "accesskey", "aws", "session"}, find: regexp.MustCompile(
		`(?i)(?:secret_?access_?key|aws_?secret(?:_?key)?|(?:aws_?)?session_?token)[\\"']*` + assign + `[\\"']*([A-Za-z0-9/+=]{16,})`)},
	{kind: "GitHub token", hints: []string{"gh", "github_pat_"}, find: regexp.MustCompile(
		`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})`)},
	{kind: "GitLab token", hints: []string{"glpat-", "gldt-", "glrt-", "glptt-"}, find: regexp.MustCompile(
		`\bgl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]+)*`)},
	{kind: "Google key", hints: []string{"aiza", "gocspx-", "ya29."}, find: regexp.MustCompile(
		`\b(?:AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,}|ya29\.[A-Za-z0-9_-]{20,})`)},
	{kind: "Stripe key", hints: []string{"sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"}, find: regexp.MustCompile(
		`\b(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{10,}`)},
	{kind: "npm token", hints: []string{"npm_"}, find: regexp.MustCompile(
		`\bnpm_[A-Za-z0-9]{30,}`)},
	{kind: "PyPI token", hints: []string{"pypi-"}, find: regexp.MustCompile(
		`\bpypi-(?:AgE[A-Za-z0-9_-]{20,}|[A-Za-z0-9_-]{50,})`)},
	{kind: "API key", hints: []string{"sk-", "sg.", "hvs.", "hvb.", "dop_v1_"}, is: hasDigit, find: regexp.MustCompile(
		`\b(?:sk-[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|hv[sb]\.[A-Za-z0-9_-]{20,}|dop_v1_[a-f0-9]{32,})`)},
	{kind: "JWT", hints: []string{"eyj"}, find: regexp.MustCompile(
		`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){1,3}`)},

	{kind: "credentials", hints: []string{"authorization"}, is: settled, find: regexp.MustCompile(
		`(?i)authorization[\\"'*]*` + assign + `[\\"'*]*(?:bearer|basic|bot|token|digest|apikey)[\s\p{Zs}]+([^\s\p{Zs}\\"'<>` + "`" + `]{6,})`)},
	{kind: "credentials", hints: []string{"authorization", "bearer"}, is: strange, find: regexp.MustCompile(
		`(?i)(?:authorization[\\"'*]*` + assign + `[\\"'*]*|\bbearer[\s\p{Zs}]+)([^\s\p{Zs}\\"'<>` + "`" + `]{6,})`)},
	{kind: "password", hints: []string{"://"}, is: notPlaceholder, find: regexp.MustCompile(
		`://[^\s/?#:@<>"'` + "`" + `]*:([^\s/?#<>"'` + "`" + `]+)@`)},
	{kind: "password", hints: []string{"://"}, is: notPort, find: regexp.MustCompile( // with an unescaped / ? or #
		`://[^\s/?#:@<>"'` + "`" + `]*:([^\s@<>"'` + "`" + `]+)@[A-Za-z0-9\[]`)},
	{kind: "password", hints: []string{"curl"}, is: notPlaceholder, find: regexp.MustCompile(
		`\bcurl\b[^\n]{0,200}?[ \t](?:-u|--user)[ \t=]*["']?[^\s:"']+:([^\s"']+)`)},
}

// assign is what stands between a name and the value it is given, on one line.
const assign = `[ \t\p{Zs}]*(?:=>|:=|=|:)[ \t\p{Zs}]*`

func maskOnce(text string) string {
	lower := lowered(text)
	for _, s := range secrets {
		if s.long > 0 && longestWord(text) < s.long || s.long == 0 && !containsAny(lower, s.hints) {
			continue
		}
		text = s.replace(text)
	}
	if containsAny(lower, nameHints) {
		text = maskAssigned(text)
	}
	if digits(text) >= 13 {
		text = maskCards(text)
	}
	return text
}

// lowered is the text with its ASCII letters made small, byte for byte in the same place.
func lowered(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}

// longestWord is the length of the longest run without a space.
func longestWord(s string) int {
	longest, start := 0, 0
	for i := range len(s) {
		if s[i] <= ' ' {
			start = i + 1
		}
		longest = max(longest, i+1-start)
	}
	return longest
}

func containsAny(s string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// replace masks what the rule finds.
func (s secret) replace(text string) string {
	var b strings.Builder
	done := 0
	for _, m := range s.find.FindAllStringSubmatchIndex(text, -1) {
		start, end := m[len(m)-2], m[len(m)-1]
		if s.is != nil && !s.is(text[start:end]) {
			continue
		}
		b.WriteString(text[done:start])
		b.WriteString(mask(s.kind))
		done = end
	}
	return b.String() + text[done:]
}

// names are what secrets are called. They may be the end of a longer name, DB_PASSWORD, and are not its beginning:
// token_count and passwords are something else.
const names = `(pass(?:word|wd|phrase|code)?|pwd|secret(?:[_-]?key)?|(?:api|access|private|account|auth|signing|encryption)[ _-]?key|token|credentials?)`

// nameHints are lower case; one of them is in every name, so that most texts are never searched for one.
var nameHints = []string{"pass", "pwd", "secret", "key", "token", "credential"}

// beginsName reports whether a text, in lower case, may begin with a name.
func beginsName(s string) bool {
	switch s[0] {
	case 'p':
		return beginsAny(s, "pass", "pwd", "private")
	case 'a':
		return beginsAny(s, "api", "access", "account", "auth")
	case 's':
		return beginsAny(s, "secret", "signing")
	case 'c':
		return strings.HasPrefix(s, "credential")
	case 'e':
		return strings.HasPrefix(s, "encryption")
	case 't':
		return strings.HasPrefix(s, "token")
	}
	return false
}

// assignment is a name and the sign behind it (a group), which on a command line may be a space; the value follows.
var assignment = regexp.MustCompile(`^(?i)` + names + "(?:[\\\\\"'`*_]*" + `([ \t\p{Zs}]*(?:=>|:=|=|:|[ \t\p{Zs}]is[ \t\p{Zs}])[ \t\p{Zs}]*)[\\*_]*[ \t\p{Zs}]*|([ \t]+))`)

// maxAssignment is how long name and sign may be together.
const maxAssignment = 100

// maskAssigned masks the values that are given to a name.
func maskAssigned(text string) string {
	var b strings.Builder
	lower, done := lowered(text), 0
	for i := 0; i < len(text); i++ {
		if !beginsName(lower[i:]) {
			continue
		}
		m := assignment.FindStringSubmatchIndex(text[i:min(len(text), i+maxAssignment)])
		if m == nil || m[6] >= 0 && !isOption(text[:i]) {
			continue
		}
		name, between := text[i+m[2]:i+m[3]], " "
		if m[4] >= 0 {
			between = text[i+m[4] : i+m[5]]
		}
		kind := nameKind(name)
		start, end, quoted := valueAt(text, i+m[1])
		quotation := quoted != 0 && kind != "password" && strings.Contains(text[start:end], " ")
		if quotation || !assigned(text[start:end], between, quoted, text[end:]) {
			i += len(name) - 1
			continue
		}
		end += valueEnd(text[end:], quoted) // what is longer than was looked at is a secret to its end
		b.WriteString(text[done:start])
		b.WriteString(mask(kind))
		done, i = end, end-1
	}
	return b.String() + text[done:]
}

// isOption reports whether what stands before a name makes it the option of a command: --password, --db-password.
func isOption(before string) bool {
	word := before[strings.LastIndexAny(before[max(0, len(before)-maxAssignment):], " \t\n")+1+max(0, len(before)-maxAssignment):]
	return strings.HasPrefix(word, "--")
}

func beginsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// maxValue is how much of a value is looked at to judge it.
const maxValue = 256

// valueAt finds the value that begins at i; quoted is its quotation mark, 0 when it has none.
func valueAt(text string, i int) (start, end int, quoted byte) {
	if i < len(text) && strings.IndexByte("\"'`", text[i]) >= 0 {
		rest := text[i+1 : min(len(text), i+1+maxValue)]
		if n := valueEnd(rest, text[i]); n < len(rest) && rest[n] == text[i] {
			return i + 1, i + 1 + n, text[i]
		}
		i++ // a mark that is never closed
	}
	return i, i + valueEnd(text[i:min(len(text), i+maxValue)], 0), 0
}

// valueEnd is the length of the value, or of what is left of it, at the beginning of s.
func valueEnd(s string, quoted byte) int {
	n := strings.IndexFunc(s, func(r rune) bool {
		if quoted != 0 {
			return r == rune(quoted) || r == '\n'
		}
		return unicode.IsSpace(r) || strings.ContainsRune("\"'`,;&<>|)]}\\", r)
	})
	if n < 0 {
		return len(s)
	}
	return n
}

// assigned judges a value by where it stands: tight as in configuration (password=hunter, "password": "hunter") anything
// is a secret that is no plain word like `required`; in what could be prose (password: …, the token is …) only what no
// word looks like.
func assigned(v, between string, quoted byte, behind string) bool {
	sign := strings.TrimSpace(between)
	equals := sign == "=" || sign == ":=" || sign == "=>"
	lastOfLine := behind == "" || behind[0] == '\n' || behind[0] == '\r'
	if equals && (sign == between || lastOfLine) || quoted != 0 && (equals || sign == ":") {
		return settled(v)
	}
	return strange(v)
}

// nameKind is what a value is masked as, by its name.
func nameKind(name string) string {
	switch name = strings.ToLower(name); {
	case strings.HasPrefix(name, "pass"), name == "pwd":
		return "password"
	case name == "token":
		return "token"
	case strings.HasPrefix(name, "api"):
		return "API key"
	}
	return "secret"
}

// plain are values that say something about a secret and are none.
var plain = map[string]bool{}

func init() {
	for _, w := range strings.Fields(`true false null none nil undefined empty unset required optional expired invalid missing
		redacted hidden masked changed reset wrong valid revoked rotated string value secret password passwd token bearer basic
		example placeholder unknown enabled disabled needed`) {
		plain[w] = true
	}
}

var (
	call    = regexp.MustCompile(`^[A-Za-z_][\w.]*\(`)
	version = regexp.MustCompile(`^v?[0-9]+(?:[.:/-][0-9]+)+`)
)

// notPlaceholder reports whether a value is not plainly something that stands for one: $PASS, <password>, ****, xxx.
func notPlaceholder(v string) bool {
	if v == "" || strings.HasPrefix(v, "$") || strings.HasPrefix(v, "{") || strings.HasPrefix(v, "<") || strings.HasPrefix(v, "%(") ||
		strings.HasPrefix(v, "[masked") || strings.HasPrefix(v, "...") || strings.HasPrefix(v, "…") {
		return false
	}
	return strings.Trim(v, v[:1]) != "" || len(v) == 1 && unicode.IsLetter(rune(v[0]))
}

// settled reports whether a value that is certainly one, such as what follows "password=", is a secret.
func settled(v string) bool {
	return len(v) >= 4 && notPlaceholder(v) && !plain[strings.ToLower(strings.TrimRight(v, ".!?"))] && !call.MatchString(v) &&
		(len(v) >= 6 || strings.Trim(v, "0123456789") != "")
}

// strange reports whether a value that may be a word of a sentence is a secret: six characters or more with digits or
// signs among letters, which no path, address, date or version is; or a number too short for a time or an id.
func strange(v string) bool {
	v = strings.TrimRight(v, ".!?:")
	if len(v) < 6 || !settled(v) || strings.HasPrefix(v, "/") || strings.HasPrefix(v, "./") || strings.HasPrefix(v, "~/") ||
		strings.Contains(v, "://") || version.MatchString(v) {
		return false
	}
	letters := strings.ContainsFunc(v, unicode.IsLetter)
	if !letters {
		return len(v) < 10 && digits(v) == len(v)
	}
	return hasDigit(v) || strings.ContainsAny(v, "!@#$%^&*+=?~") || len(v) >= 16 && mixed(v)
}

// mixed reports whether capitals stand among small letters.
func mixed(v string) bool {
	return strings.ContainsFunc(v[1:], unicode.IsUpper) && strings.ContainsFunc(v, unicode.IsLower)
}

func hasDigit(v string) bool { return strings.ContainsAny(v, "0123456789") }

// notPort reports whether what stands between : and @ in a URL is no port and path: host:8080/@kim.
func notPort(v string) bool {
	head := v[:strings.IndexAny(v+"/", "/?#")]
	return notPlaceholder(v) && strings.Trim(head, "0123456789") != ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func digits(s string) int {
	n := 0
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

// card is a number in one, or in the groups that cards are printed in.
var card = regexp.MustCompile(`^(?:[0-9]{4}(?:(?: [0-9]{4}){3}(?: [0-9]{1,3})?|(?:-[0-9]{4}){3}(?:-[0-9]{1,3})?| [0-9]{6} [0-9]{4,5}|-[0-9]{6}-[0-9]{4,5})|[0-9]+)`)

// maxCard is more than the longest card number has, groups and all.
const maxCard = 32

// maskCards masks payment card numbers: 13 to 16 digits in one, or 14 to 19 in groups. Longer ones in one are ids.
func maskCards(text string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); i++ {
		if !isDigit(text[i]) {
			continue
		}
		near := text[i:min(len(text), i+maxCard)]
		if digits(near) >= 13 {
			end := i + card.FindStringIndex(near)[1]
			if isCard(text, i, end) {
				b.WriteString(text[done:i])
				b.WriteString(mask("card number"))
				done, i = end, end-1
				continue
			}
		}
		for i+1 < len(text) && isDigit(text[i+1]) { // the card may begin with the next group
			i++
		}
	}
	return b.String() + text[done:]
}

// isCard reports whether a number stands alone, begins as payment cards do and has their check digit.
func isCard(text string, start, end int) bool {
	if start > 0 && strings.ContainsRune("-_.+", rune(text[start-1])) || start > 0 && isWord(text[start-1]) {
		return false
	}
	if end < len(text) && (isWord(text[end]) || end+1 < len(text) && strings.ContainsRune("-.", rune(text[end])) && isWord(text[end+1])) {
		return false
	}
	number := strings.NewReplacer(" ", "", "-", "").Replace(text[start:end])
	switch n := len(number); {
	case n == end-start && n > 16, n < 13, !luhn(number):
		return false
	case n == 13:
		return number[0] == '4'
	case n == 14:
		return number[0] == '3' && strings.ContainsRune("0689", rune(number[1]))
	case n == 15:
		return number[:2] == "34" || number[:2] == "37"
	}
	return number[0] >= '3' && number[0] <= '6' || number[:2] >= "22" && number[:2] <= "27"
}

func isWord(c byte) bool {
	return c == '_' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// luhn checks the last digit.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

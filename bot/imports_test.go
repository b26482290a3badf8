package bot

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The architecture, as a test. Each rule says why, and the reason is what a failure prints.

const module = "github.com/debrief-bot/debrief"

// arrow says which packages of this module the packages under a path may import. The longest path that fits counts.
type arrow struct {
	from   string
	to     []string // paths; "x/..." is x and everything below it
	reason string
}

var arrows = []arrow{
	{"cmd", []string{"..."}, "cmd wires everything by hand"},
	{"bot", []string{"adapters", "storage", "conversations"}, "the bot knows the two ports and the rules, but no platform and no database"},
	{"adapters", []string{"conversations"}, "the port to chats speaks in the rules' words only"},
	{"adapters/adapterstest", []string{"adapters", "conversations/..."}, "the suite knows the port, not who implements it"},
	{"adapters/slack/slacktest", nil, "a Slack of our own knows no app, or it could not tell whether ours speaks Slack"},
	{"adapters/*", []string{"adapters", "conversations/..."}, "a platform imports its port and the types it uses, never a sibling, the bot or a store"},
	{"storage", []string{"conversations"}, "the port to databases speaks in the rules' words only"},
	{"storage/storagetest", []string{"storage", "conversations"}, "the suite knows the port, not who implements it"},
	{"storage/*", []string{"storage", "storage/*/...", "conversations"}, "a store imports its port and the types it uses, never a sibling, the bot or a chat"},
	{"conversations", []string{"conversations/when", "conversations/postmortem"}, "the rules stand alone: everything else depends on them"},
	{"conversations/when", nil, "dates and times need nothing else"},
	{"conversations/postmortem", nil, "the record and its report need nothing else"},
	{"conversations/postmortem/picture", []string{"conversations/postmortem"}, "pictures show what a report says"},
	{"conversations/postmortem/html", []string{"conversations/postmortem", "conversations/postmortem/picture"}, "a document prints a report and its pictures, and knows no other document"},
	{"conversations/postmortem/pdf", []string{"conversations/postmortem", "conversations/postmortem/picture"}, "a document prints a report and its pictures, and knows no other document"},
	{"conversations/postmortem/documents", []string{"conversations/postmortem", "conversations/postmortem/html", "conversations/postmortem/pdf"}, "the list of documents knows them all"},
	{"conversations/transcript", []string{"conversations", "conversations/..."}, "transcripts are run against an interface, which others implement"},
}

// inTests may be imported by the tests of any package, in addition.
var inTests = []string{"storage/storagetest", "adapters/adapterstest", "adapters/slack/slacktest", "adapters/local", "conversations/transcript"}

// inTestsOf may be imported by the tests of one package, in addition: the bot is played over real databases.
var inTestsOf = map[string][]string{"bot": {"storage/sqlite", "storage/mongo"}}

// owner says in which packages, and below them, a third-party module may be imported.
type owner struct {
	module   string
	packages []string
	reason   string
}

var owners = []owner{
	{"github.com/robfig/cron/v3", []string{"bot", "cmd"}, "cron is a metronome, and only the bot has a beat"},
	{"github.com/prometheus/client_golang", []string{"bot", "cmd"}, "metrics are counted in one place"},
	{"go.mongodb.org/mongo-driver/v2", []string{"storage/mongo"}, "no other package knows MongoDB"},
	{"modernc.org/sqlite", []string{"storage/sqlite"}, "no other package knows SQLite"},
	{"github.com/kelseyhightower/envconfig", []string{"cmd"}, "configuration is read in one place"},
	{"github.com/spf13/cobra", []string{"cmd"}, "commands of the program are in one place"},
	{"github.com/yuin/goldmark", []string{"adapters/local", "conversations/postmortem/html"}, "words in CommonMark become HTML where a browser shows them, and in a report for browsers"},
	{"github.com/microcosm-cc/bluemonday", []string{"conversations/postmortem/html"}, "HTML is made in one place"},
	{"codeberg.org/go-pdf/fpdf", []string{"conversations/postmortem/pdf"}, "PDF is made in one place"},
	{"gonum.org/v1/plot", []string{"conversations/postmortem/picture"}, "pictures are drawn in one place"},
	{"golang.org/x/image", []string{"conversations/postmortem/picture"}, "pictures are drawn in one place"},
	{"codeberg.org/go-fonts/liberation", []string{"conversations/postmortem/picture", "conversations/postmortem/pdf"}, "pictures are measured in the font that the PDF embeds"},
	{"github.com/slack-go/slack", []string{"adapters/slack"}, "no other package knows Slack"},
	{"github.com/gorilla/websocket", []string{"adapters/slack"}, "connections of Socket Mode are held in one place"},
	{"github.com/bwmarrin/discordgo", []string{"adapters/discord"}, "no other package knows Discord"},
}

// testTools are modules that any test, and any suite of tests, may use. gorilla/websocket, which slack-go needs anyway, is
// the server's side of Slack's Socket Mode.
var testTools = []string{"github.com/gorilla/websocket", "github.com/google/go-cmp", "pgregory.net/rapid", "golang.org/x/tools/txtar", "golang.org/x/net/html", "github.com/yuin/goldmark"}

// impure are packages of the standard library that the rules must not import.
var impure = []string{"context", "os", "os/exec", "io/fs", "io/ioutil", "net", "net/http", "log", "log/slog", "database/sql", "math/rand", "math/rand/v2", "crypto/rand", "sync", "syscall", "path/filepath"}

// clocks are functions of package time by which a clock is read or waited for.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// topLevel are the only names at the top of the repository.
var topLevel = []string{"README.md", "LICENSE", "adapters", "bot", "cmd", "conversations", "deploy", "storage", "go.mod", "go.sum"}

// source is a Go file of the module.
type source struct {
	path string // from the top, with slashes
	file *ast.File
	set  *token.FileSet
}

func (s source) pkg() string  { return path.Dir(s.path) }
func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// isSuite tells packages that only tests import, by their name: storagetest, adapterstest.
func (s source) isSuite() bool { return strings.HasSuffix(s.pkg(), "test") }

func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.set.Position(n.Pos()).Line)
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(set, p, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{path: strings.TrimPrefix(filepath.ToSlash(p), "../"), file: f, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("found only %d files: is this the module?", len(all))
	}
	return all
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if reason := forbidden(s, imported); reason != "" {
				t.Errorf("%s imports %s: %s", s.at(spec), imported, reason)
			}
		}
	}
}

// forbidden says why a file must not import a package; empty: it may.
func forbidden(s source, imported string) string {
	if inner, ok := strings.CutPrefix(imported, module+"/"); ok {
		return forbiddenInner(s, inner)
	}
	if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
		return forbiddenModule(s, imported)
	}
	if isPure(s) && slices.Contains(impure, imported) {
		return "the rules are pure: no clock, no I/O, no context, no log"
	}
	return ""
}

func forbiddenInner(s source, inner string) string {
	if inner == s.pkg() || s.isTest() && (slices.Contains(inTests, inner) || slices.Contains(inTestsOf[s.pkg()], inner)) {
		return ""
	}
	a := arrowOf(s.pkg())
	if a.from == "" {
		return "no arrow begins at this package; say in imports_test.go what it may import"
	}
	for _, to := range a.to {
		to = strings.ReplaceAll(to, "storage/*", firstTwo(s.pkg()))
		below, all := strings.CutSuffix(to, "...")
		if inner == to || all && (below == "" || inner == strings.TrimSuffix(below, "/") || strings.HasPrefix(inner, below)) {
			return ""
		}
	}
	return a.reason
}

func arrowOf(pkg string) arrow {
	var best arrow
	for _, a := range arrows {
		parent, wild := strings.CutSuffix(a.from, "/*")
		fits := pkg == a.from || strings.HasPrefix(pkg, a.from+"/")
		if wild {
			fits = strings.HasPrefix(pkg, parent+"/")
		}
		if fits && len(a.from) > len(best.from) {
			best = a
		}
	}
	return best
}

// firstTwo are the first two parts of a path: "storage/mongo" of "storage/mongo/mongotest".
func firstTwo(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func forbiddenModule(s source, imported string) string {
	in := func(module string) bool { return imported == module || strings.HasPrefix(imported, module+"/") }
	if (s.isTest() || s.isSuite()) && slices.ContainsFunc(testTools, in) {
		return ""
	}
	for _, o := range owners {
		if !in(o.module) {
			continue
		}
		for _, p := range o.packages {
			if s.pkg() == p || strings.HasPrefix(s.pkg(), p+"/") {
				return ""
			}
		}
		return o.reason + ": " + strings.Join(o.packages, ", ")
	}
	return "a module that no package owns; every dependency has one place, named in imports_test.go"
}

// isPure tells the packages of the rules. What transcripts are run with reads files, and so may tests.
func isPure(s source) bool {
	return strings.HasPrefix(s.path, "conversations/") && s.pkg() != "conversations/transcript" && !s.isTest()
}

func TestTheRulesReadNoClock(t *testing.T) {
	for _, s := range sources(t) {
		if !isPure(s) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clocks, call.Sel.Name) {
				t.Errorf("%s uses time.%s: time is an input of the rules, or they could not be tested", s.at(call), call.Sel.Name)
			}
			return true
		})
	}
}

func TestNoTestSleeps(t *testing.T) {
	for _, s := range sources(t) {
		if !s.isTest() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok || call.Sel.Name != "Sleep" {
				return true
			}
			if pkg, ok := call.X.(*ast.Ident); ok && pkg.Name == "time" && !importsSynctest(s.file) {
				t.Errorf("%s sleeps: wind a clock, wait for what should happen, or use testing/synctest", s.at(call))
			}
			return true
		})
	}
}

func importsSynctest(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	ignored := ignoredNames(t)
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || slices.Contains(topLevel, name) || matchesAny(ignored, name) {
			continue
		}
		t.Errorf("%s: the top level is fixed, so that a stranger finds everything in eight names", name)
	}
}

// ignoredNames are the patterns of .gitignore: what running the program leaves behind is no part of the house.
func ignoredNames(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../.gitignore")
	if err != nil {
		return nil
	}
	return strings.Fields(string(b))
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(strings.Trim(p, "/"), name)
		return ok && err == nil
	})
}

func TestTheArrowsAreEnforced(t *testing.T) {
	for _, c := range []struct {
		file, imports string
		ok            bool
	}{
		{"bot/bot.go", "storage", true},
		{"bot/bot.go", "storage/sqlite", false},
		{"bot/bot.go", "adapters/local", false},
		{"bot/bot_test.go", "adapters/local", true},
		{"bot/bot.go", "storage/storagetest", false},
		{"bot/bot_test.go", "storage/sqlite", true},
		{"conversations/review_test.go", "storage/sqlite", false},
		{"adapters/adapters.go", "storage", false},
		{"adapters/slack/slack.go", "adapters", true},
		{"adapters/slack/slack.go", "adapters/discord", false},
		{"adapters/slack/slack.go", "adapters/slack/slacktest", false},
		{"adapters/slack/slack_test.go", "adapters/slack/slacktest", true},
		{"adapters/slack/slacktest/methods.go", "adapters/slack", false},
		{"adapters/slack/slacktest/methods.go", "conversations", false},
		{"adapters/slack/slack.go", "storage", false},
		{"adapters/local/stage.go", "conversations/transcript", true},
		{"storage/storage.go", "conversations", true},
		{"storage/storage.go", "adapters", false},
		{"storage/mongo/mongo.go", "storage", true},
		{"storage/mongo/mongo.go", "storage/sqlite", false},
		{"storage/mongo/mongo.go", "storage/mongo/wire", true},
		{"storage/mongo/wire/wire.go", "storage/mongo", true},
		{"conversations/review.go", "conversations/when", true},
		{"conversations/review.go", "storage", false},
		{"conversations/when/date.go", "conversations", false},
		{"conversations/postmortem/record.go", "conversations/postmortem/html", false},
		{"conversations/postmortem/html/html.go", "conversations/postmortem", true},
		{"conversations/postmortem/html/html.go", "conversations/postmortem/pdf", false},
		{"conversations/postmortem/pdf/pdf.go", "conversations", false},
		{"cmd/debrief/main.go", "storage/mongo", true},
		{"exporters/x.go", "conversations", false},
	} {
		s := source{path: c.file}
		if reason := forbidden(s, module+"/"+c.imports); (reason == "") != c.ok {
			t.Errorf("%s imports %s: forbidden because %q, want allowed: %v", c.file, c.imports, reason, c.ok)
		}
	}
	for _, c := range []struct {
		file, imports string
		ok            bool
	}{
		{"bot/tick.go", "github.com/robfig/cron/v3", true},
		{"storage/sqlite/sqlite.go", "modernc.org/sqlite", true},
		{"storage/mongo/mongotest/server.go", "go.mongodb.org/mongo-driver/v2/bson", true},
		{"bot/bot.go", "go.mongodb.org/mongo-driver/v2/bson", false},
		{"conversations/postmortem/pdf/pdf.go", "codeberg.org/go-pdf/fpdf", true},
		{"conversations/postmortem/html/html.go", "codeberg.org/go-pdf/fpdf", false},
		{"conversations/review.go", "context", false},
		{"conversations/review.go", "strings", true},
		{"conversations/review_test.go", "os", true},
		{"bot/bot.go", "example.com/left-pad", false},
		{"bot/bot_test.go", "github.com/google/go-cmp/cmp", true},
		{"bot/bot.go", "github.com/google/go-cmp/cmp", false},
	} {
		s := source{path: c.file}
		if reason := forbidden(s, c.imports); (reason == "") != c.ok {
			t.Errorf("%s imports %s: forbidden because %q, want allowed: %v", c.file, c.imports, reason, c.ok)
		}
	}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"github.com/debrief-bot/debrief/conversations"
)

// Config is everything the environment can say. The README's table is made from it.
type Config struct {
	HTTPAddr      string               `envconfig:"HTTP_ADDR" default:"127.0.0.1:8080" desc:"where the chat in the browser is served, or what Slack sends is taken in"`
	OpsAddr       string               `envconfig:"OPS_ADDR" default:"127.0.0.1:8081" desc:"where /livez, /readyz and /metrics are served"`
	SQLitePath    string               `envconfig:"SQLITE_PATH" default:"./debrief.db" desc:"the SQLite file that holds everything, when no MongoDB is configured"`
	MongoURI      conversations.Secret `envconfig:"MONGO_URI" desc:"a MongoDB connection string; when set, everything is kept there"`
	SlackToken    conversations.Secret `envconfig:"SLACK_BOT_TOKEN" desc:"the bot token of a Slack app, xoxb-…; when set, Debrief is in Slack instead of the browser"`
	SlackSigning  conversations.Secret `envconfig:"SLACK_SIGNING_SECRET" desc:"the signing secret of the Slack app, by which it is known that a request is Slack's; with it Slack sends to DEBRIEF_HTTP_ADDR"`
	SlackAppToken conversations.Secret `envconfig:"SLACK_APP_TOKEN" desc:"an app-level token of the Slack app, xapp-…; with it, instead of the signing secret, Slack sends over connections that Debrief opens (Socket Mode)"`
	SlackAPIURL   string               `envconfig:"SLACK_API_URL" desc:"where Slack's methods are called, when not at Slack"`
	LocalHosts    []string             `envconfig:"LOCAL_HOSTS" desc:"names beside this machine's own under which the chat in the browser may be opened, with commas between; whoever reaches it can act as anybody"`
	Admins        []string             `envconfig:"ADMINS" desc:"ids of people who count as admins, beside those that the platform says are, with commas between"`
	Timezone      string               `envconfig:"TIMEZONE" desc:"the zone of a workspace that has not set its own, as in Europe/Berlin; without it UTC, and for the chat in the browser the zone of its first admin"`
	LogLevel      string               `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warn or error"`
}

const prefix = "DEBRIEF"

// testPrefix marks variables that only tests read.
const testPrefix = "DEBRIEF_TEST_"

// loadConfig reads the environment. Every problem is named, not only the first.
func loadConfig() (Config, error) {
	var problems []error
	for _, key := range unknownKeys(os.Environ()) {
		problems = append(problems, fmt.Errorf("%s is not a setting I know%s", key, didYouMean(key)))
	}
	problems = append(problems, readFiles()...)
	var c Config
	if err := envconfig.Process(prefix, &c); err != nil {
		problems = append(problems, err)
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		problems = append(problems, fmt.Errorf("%s_TIMEZONE: there is no zone %q; names look like Europe/Berlin", prefix, c.Timezone))
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		problems = append(problems, fmt.Errorf("%s_LOG_LEVEL: %q is none of debug, info, warn, error", prefix, c.LogLevel))
	}
	return c, errors.Join(append(problems, c.slackProblems()...)...)
}

// setting is one row of the table in the README.
type setting struct{ Key, Default, Meaning string }

func settings() []setting {
	var all []setting
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		s := setting{Key: prefix + "_" + f.Tag.Get("envconfig"), Default: f.Tag.Get("default"), Meaning: f.Tag.Get("desc")}
		if f.Type == reflect.TypeFor[conversations.Secret]() {
			s.Meaning += "; a secret: " + s.Key + "_FILE names a file that holds it"
		}
		all = append(all, s)
	}
	return all
}

// secrets are the keys that can also be given as a file.
func secrets() []string {
	var keys []string
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Type == reflect.TypeFor[conversations.Secret]() {
			keys = append(keys, prefix+"_"+f.Tag.Get("envconfig"))
		}
	}
	return keys
}

// unknownKeys lists the variables with our prefix that are no setting.
func unknownKeys(environ []string) []string {
	var known []string
	for _, s := range settings() {
		known = append(known, s.Key)
	}
	for _, key := range secrets() {
		known = append(known, key+"_FILE")
	}
	var unknown []string
	for _, kv := range environ {
		key, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(key, prefix+"_") && !strings.HasPrefix(key, testPrefix) && !slices.Contains(known, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// didYouMean names the setting that shares the longest beginning with an unknown key.
func didYouMean(key string) string {
	best, most := "", len(prefix)+1
	for _, s := range settings() {
		n := 0
		for n < len(s.Key) && n < len(key) && s.Key[n] == key[n] {
			n++
		}
		if n > most {
			best, most = s.Key, n
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// readFiles puts the content of every …_FILE in the place of its secret.
func readFiles() []error {
	var problems []error
	for _, key := range secrets() {
		path := os.Getenv(key + "_FILE")
		if path == "" {
			continue
		}
		if os.Getenv(key) != "" {
			problems = append(problems, fmt.Errorf("%s and %s_FILE are both set; keep one", key, key))
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			var pathErr *fs.PathError
			if errors.As(err, &pathErr) {
				err = pathErr.Err
			}
			problems = append(problems, fmt.Errorf("%s_FILE: cannot read %s: %w", key, path, err))
			continue
		}
		if err := os.Setenv(key, strings.TrimSpace(string(b))); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

// logger writes to standard error what is at least as urgent as the level that is set.
func (c Config) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo // loadConfig has refused every other word
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

package adapterstest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/debrief-bot/debrief/conversations"
)

// How the adapter is set up whose events the golden files hold.
const (
	SlackTeam    = "T0ACME"
	SlackApp     = "A0DEBRIEF"
	SlackBotUser = "U0DEBRIEF" // as whom it is mentioned
	SlackBotID   = "B0DEBRIEF" // as whom it posts

	DiscordGuild   = "1332998465126400001"
	DiscordBot     = "1369237251686400007" // the bot's user
	DiscordApp     = "1200000000000000100"
	DiscordSession = "session-1" // the gateway session in which every dispatch comes
)

// Accepted is the moment at which every envelope is accepted, for happenings that have no time of their own.
var Accepted = time.Date(2026, 3, 2, 13, 30, 0, 0, time.UTC)

//go:embed testdata
var goldenFiles embed.FS

// Case is one golden file.
type Case struct {
	Name      string                // of the file, without .json
	About     string                // what it shows
	Happening string                // the same in every file about one happening
	Before    [][]byte              // envelopes that are delivered first
	Envelope  []byte                // as it comes
	Events    []conversations.Event // what must come of it
}

// Cases reads the golden files of a platform, by name. The envelopes are JSON, those of Slack's commands form bodies;
// of Slack's interactions it is what the form field payload holds.
func Cases(platform string) ([]Case, error) {
	paths, err := fs.Glob(goldenFiles, path.Join("testdata", platform, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("golden files of %s: %w", platform, err)
	}
	var all []Case
	for _, p := range paths {
		data, err := goldenFiles.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("golden file: %w", err)
		}
		c, err := readCase(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
		c.Name = strings.TrimSuffix(path.Base(p), ".json")
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there are no golden files of %q", platform)
	}
	return all, nil
}

func readCase(data []byte) (Case, error) {
	var f struct {
		About     string                `json:"about"`
		Happening string                `json:"happening"`
		Before    []json.RawMessage     `json:"before"`
		Envelope  json.RawMessage       `json:"envelope"`
		Events    []conversations.Event `json:"events"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Case{}, err
	}
	c := Case{About: f.About, Happening: f.Happening, Events: f.Events}
	var err error
	if c.Envelope, err = wire(f.Envelope); err != nil {
		return Case{}, err
	}
	for _, b := range f.Before {
		e, err := wire(b)
		if err != nil {
			return Case{}, err
		}
		c.Before = append(c.Before, e)
	}
	return c, nil
}

// wire is an envelope as it comes: a string is a form body, everything else is JSON.
func wire(raw json.RawMessage) ([]byte, error) {
	if len(raw) > 0 && raw[0] == '"' {
		var form string
		err := json.Unmarshal(raw, &form)
		return []byte(form), err
	}
	var b bytes.Buffer
	err := json.Compact(&b, raw)
	return b.Bytes(), err
}

// Golden delivers every golden envelope of a platform to the adapter's receive function and compares the events that come
// of it. The adapter must be set up as the constants here say. An adapter that writes controls in another way than the
// files gives one rewrite, which is applied to every envelope.
func Golden(t *testing.T, platform string, receive func(envelope []byte) []conversations.Event, rewrite ...func([]byte) []byte) {
	t.Helper()
	cases, err := Cases(platform)
	if err != nil {
		t.Fatal(err)
	}
	deliver := func(envelope []byte) []conversations.Event {
		for _, r := range rewrite {
			envelope = r(envelope)
		}
		return receive(envelope)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			for _, b := range c.Before {
				deliver(b)
			}
			got := deliver(c.Envelope)
			if want := indented(c.Events); indented(got) != want {
				t.Errorf("%s\nit came in as\n%s\nnot as\n%s", c.About, indented(got), want)
			}
			for _, e := range got {
				for _, wrong := range Malformed(e) {
					t.Errorf("%s: %s", e.Key, wrong)
				}
			}
		})
	}
}

func indented(events []conversations.Event) string {
	if len(events) == 0 {
		return "nothing"
	}
	b, err := json.MarshalIndent(events, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

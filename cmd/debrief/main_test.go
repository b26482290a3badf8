package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/storage/sqlite"
)

// A database that is away is named by its setting, without what the setting holds.
func TestMongoAway(t *testing.T) {
	bare(t)
	t.Setenv("DEBRIEF_MONGO_URI", "mongodb://ana:hunter2@127.0.0.1:1/debrief")
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	_, err = openStore(t.Context(), c, sqlite.Options{})
	if err == nil || !strings.Contains(err.Error(), "is DEBRIEF_MONGO_URI its address?") || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

// What is typed wrong is an error that says what would have been right.
func TestTypedWrong(t *testing.T) {
	localConfig(t)
	nowhere := filepath.Join(t.TempDir(), "nothing")
	t.Setenv("DEBRIEF_SQLITE_PATH", filepath.Join(nowhere, "debrief.db"))
	for _, typed := range []struct{ args, want string }{
		{"exprot", "did you mean export?"},
		{"bogus", "debrief --help lists them"},
		{"manifest slak", "did you mean slack?"},
		{"manifest teams", "debrief manifest --help lists them"},
		{"play", "first-review.txtar: debrief play FILE"},
		{"export", "name the folder to write to: debrief export DIR"},
		{"export " + nowhere, "to export from"},
	} {
		var out bytes.Buffer
		cmd := root()
		cmd.SetArgs(strings.Fields(typed.args))
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), typed.want) {
			t.Errorf("debrief %s: %v, want %q", typed.args, err, typed.want)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bare takes every variable of ours out of the environment, for one test.
func bare(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		if key, value, _ := strings.Cut(kv, "="); strings.HasPrefix(key, prefix+"_") {
			t.Setenv(key, value) // so that it comes back
			if err := os.Unsetenv(key); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestConfigDefaults(t *testing.T) {
	bare(t)
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.SQLitePath != "./debrief.db" || c.MongoURI != "" || c.LogLevel != "info" {
		t.Errorf("defaults are %+v", c)
	}
}

func TestConfigNamesEveryProblem(t *testing.T) {
	bare(t)
	t.Setenv("DEBRIEF_SQLITE_PAHT", "x")
	t.Setenv("DEBRIEF_COLOUR", "red")
	t.Setenv("DEBRIEF_TIMEZONE", "Europe/Nowhere")
	t.Setenv("DEBRIEF_LOG_LEVEL", "loud")
	t.Setenv("DEBRIEF_MONGO_URI_FILE", filepath.Join(t.TempDir(), "none"))
	_, err := loadConfig()
	if err == nil {
		t.Fatal("no problem was found")
	}
	for _, want := range []string{
		"DEBRIEF_SQLITE_PAHT is not a setting I know; did you mean DEBRIEF_SQLITE_PATH?", "DEBRIEF_COLOUR is not a setting",
		`there is no zone "Europe/Nowhere"`, `"loud" is none of`, "DEBRIEF_MONGO_URI_FILE: cannot read",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

func TestConfigReadsSecretsFromFilesAndNeverPrintsThem(t *testing.T) {
	bare(t)
	path := filepath.Join(t.TempDir(), "uri")
	if err := os.WriteFile(path, []byte("mongodb://app:canary-7@db.internal/debrief\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DEBRIEF_MONGO_URI_FILE", path)
	t.Setenv("DEBRIEF_MONGO_URI", "") // restored afterwards: reading the file sets it
	c, err := loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if c.MongoURI.Reveal() != "mongodb://app:canary-7@db.internal/debrief" {
		t.Error("the secret was not read from its file")
	}
	if s := sprint(c); strings.Contains(s, "canary-7") {
		t.Errorf("a secret was printed: %s", s)
	}
	t.Setenv("DEBRIEF_MONGO_URI", "mongodb://other")
	if _, err := loadConfig(); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("a secret given twice gives %v", err)
	}
}

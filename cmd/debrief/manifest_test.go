package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestManifestCommand(t *testing.T) {
	printed := func(args ...string) (string, error) {
		var out bytes.Buffer
		cmd := root()
		cmd.SetArgs(append([]string{"manifest", "slack"}, args...))
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		err := cmd.Execute()
		return out.String(), err
	}
	if out, err := printed("--url", "https://d.example.com", "--with", "talk"); err != nil || !strings.Contains(out, "https://d.example.com/slack/events") || !strings.Contains(out, "channels:history") {
		t.Errorf("%s, %v", out, err)
	}
	if out, err := printed("--mode", "socket"); err != nil || !strings.Contains(out, `"socket_mode_enabled": true`) || strings.Contains(out, "https://") {
		t.Errorf("%s, %v", out, err)
	}
	for _, args := range [][]string{
		{},
		{"--url", "here"},
		{"--url", "https://d.example.com", "--with", "all"},
		{"--mode", "pigeon"},
		{"--mode", "socket", "--url", "https://d.example.com"},
	} {
		if out, err := printed(args...); err == nil {
			t.Errorf("%v prints %s", args, out)
		}
	}
}

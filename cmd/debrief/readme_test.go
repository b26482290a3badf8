package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/adapters/slack"
)

var update = flag.Bool("update", false, "rewrite the parts of the README that are made from the program")

const (
	readme      = "../../README.md"
	firstReview = "../../conversations/testdata/first-review.txtar"
	wholeReview = "../../conversations/testdata/whole-review.txtar"
)

// TestReadme keeps the README's transcript and its table of settings equal to the program.
func TestReadme(t *testing.T) {
	got, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	played, err := os.ReadFile(wholeReview)
	if err != nil {
		t.Fatal(err)
	}
	want := replaced(t, string(got), "by a test -->\n````\n", "\n````", strings.TrimRight(string(played), "\n"))
	want = replaced(t, want, "| variable | default | meaning |\n|---|---|---|\n", "\n<!-- end of settings -->", table())
	want = replaced(t, want, "| scope | what for |\n|---|---|\n", "<!-- end of scopes -->", scopes())
	if *update {
		if err := os.WriteFile(readme, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(got) != want {
		t.Error("README.md is not what the program is; run: go test ./cmd/debrief -run TestReadme -update")
	}
}

// replaced puts text between the first mark and the first end after it.
func replaced(t *testing.T, s, mark, end, text string) string {
	t.Helper()
	before, rest, ok := strings.Cut(s, mark)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md has no part between %q and %q", mark, end)
	}
	return before + mark + text + end + after
}

func scopes() string {
	var b strings.Builder
	for _, s := range slack.Scopes {
		why := s.Why
		if s.With != "" {
			why += " (`" + s.With + "`)"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.Name, why)
	}
	return b.String()
}

func table() string {
	var rows []string
	for _, s := range settings() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", s.Key, code(s.Default), s.Meaning))
	}
	return strings.Join(rows, "\n")
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

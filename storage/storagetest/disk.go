package storagetest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// OnDisk reports whether a text stands anywhere in the files of a database: those whose names begin with the path.
func OnDisk(t testing.TB, path, text string) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("files %q, %v", files, err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(b), text)
	})
}

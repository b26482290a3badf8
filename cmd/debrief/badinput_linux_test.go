package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// A file that this user may not write, and a folder in which this user may not make one, are named as such. Root may write
// everything, so the thread becomes somebody else, and is thrown away afterwards.
func TestReadOnlyFileAndFolder(t *testing.T) {
	for name, lock := range map[string]func(c Config) error{
		"file": func(c Config) error {
			p := served(t, c)
			if err := p.end(); err != nil {
				return err
			}
			return os.Chmod(c.SQLitePath, 0o444)
		},
		"folder": func(c Config) error { return os.Chmod(filepath.Dir(c.SQLitePath), 0o555) },
	} {
		t.Run(name, func(t *testing.T) {
			c := localConfig(t)
			dir := filepath.Dir(c.SQLitePath)
			for p := dir; p != filepath.Dir(p); p = filepath.Dir(p) {
				info, err := os.Stat(p)
				if err == nil && info.Mode().Perm()&0o055 != 0o055 {
					err = os.Chmod(p, info.Mode().Perm()|0o055)
				}
				if err != nil {
					t.Fatalf("open %s to everybody: %v", p, err)
				}
			}
			if err := lock(c); err != nil {
				t.Fatal(err)
			}
			said := make(chan error, 1)
			go func() {
				runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
				if os.Geteuid() == 0 {
					_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
				}
				said <- started(t, c)
			}()
			err := <-said
			if err == nil {
				t.Fatal("it ran")
			}
			for _, w := range []string{"this user may not write it, or may not make it in " + dir, c.SQLitePath, "DEBRIEF_SQLITE_PATH"} {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

package sqlite

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// A file that this user may not write is named as such. Root may write everything, so the thread becomes somebody else,
// and is thrown away afterwards.
func TestOpenRefusesAReadOnlyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "debrief.db")
	if err := openStore(t, path, nil).Close(); err != nil {
		t.Fatal(err)
	}
	for p := dir; p != filepath.Dir(p); p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err == nil && info.Mode().Perm()&0o055 != 0o055 {
			err = os.Chmod(p, info.Mode().Perm()|0o055)
		}
		if err != nil {
			t.Fatalf("open %s to everybody: %v", p, err)
		}
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		}
		if s, err := Open(t.Context(), path, Options{}); err == nil {
			_ = s.Close()
			t.Error("opened a file that cannot be written")
		} else {
			want(t, err.Error(), "may not write it", path)
		}
	}()
	<-done
}

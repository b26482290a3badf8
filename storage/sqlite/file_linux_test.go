package sqlite

import (
	"errors"
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

// Opening the file a second time in one process, and closing that, must not strip the first store of its lock on it: a
// process beside us would take itself for the only one. POSIX locks are lost that way; see fcntl(2).
func TestLockSurvivesASecondOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debrief.db")
	openStore(t, path, nil)
	if err := openStore(t, path, nil).Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const getLock = 36 // F_OFD_GETLK
	shared := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 0x40000002, Len: 510}
	if err := syscall.FcntlFlock(f.Fd(), getLock, &shared); err != nil {
		t.Fatal(err)
	}
	if shared.Type == syscall.F_UNLCK {
		t.Error("nobody holds the file any more")
	}
}

// TestAloneByWhateverName: a file is the same by every link to it, so only one program at a time runs on it.
func TestAloneByWhateverName(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "debrief.db"), filepath.Join(dir, "link.db")
	openStore(t, path, nil).Close()
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][2]string{{path, link}, {link, path}} {
		first, err := Open(t.Context(), names[0], Options{Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Open(t.Context(), names[1], Options{Alone: true}); !errors.Is(err, ErrInUse) {
			t.Errorf("while %s is in use, opening %s says %v", names[0], names[1], err)
			if err == nil {
				_ = second.Close()
			}
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

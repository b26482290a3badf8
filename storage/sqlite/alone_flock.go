//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// alone locks a file beside the database, or says that another program has. The kernel unlocks it when the process ends,
// also when it was killed, so that nobody is ever kept out by the dead. It is a file of its own, because SQLite locks the
// database itself, and it is never removed: whoever comes between would lock one that nobody finds any more. It lies where the
// database does, by whatever link that was named.
func alone(path string) (*os.File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil { // else it is yet to be made
		path = target
	}
	f, err := os.OpenFile(path+"-lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the file that says who runs: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("%w; end that one, or choose another path", ErrInUse)
	}
	if err != nil {
		_ = f.Close() // nothing is in it
		return nil, err
	}
	return f, nil
}

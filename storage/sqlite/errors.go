package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/debrief-bot/debrief/storage"
)

const readOnlyFileSystem = syscall.EROFS

// errClosed is what calls of a closed store get.
var errClosed = errors.New("the store is closed")

// wrap says what was being done to which file, and sorts the error: what time or an operator can mend is ErrUnavailable.
func (s *Store) wrap(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrConflict):
		return fmt.Errorf("sqlite: %s: %w", doing, err)
	case errors.Is(err, storage.ErrNewer):
		return fmt.Errorf("sqlite: %s in %s: %w", doing, s.path, err)
	case ctx.Err() != nil:
		return fmt.Errorf("sqlite: %s: %w: %w", doing, storage.ErrUnavailable, ctx.Err())
	}
	words, passes := explain(err)
	if passes {
		return fmt.Errorf("sqlite: %s in %s: %w: %s: %w", doing, s.path, storage.ErrUnavailable, words, err)
	}
	return fmt.Errorf("sqlite: %s in %s: %s: %w", doing, s.path, words, err)
}

// explain says in words for an operator what SQLite means by an error, and whether it may pass.
// Codes: https://www.sqlite.org/rescode.html.
func explain(err error) (words string, passes bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return "it failed", errors.Is(err, errClosed) || errors.Is(err, sql.ErrConnDone) ||
			errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		return "the disk is full", true
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_PROTOCOL:
		return "another process holds the database locked", true
	case lib.SQLITE_READONLY:
		return "the file cannot be written", true
	case lib.SQLITE_CANTOPEN:
		return "the file, or its -wal and -shm beside it, cannot be opened", true
	case lib.SQLITE_IOERR:
		return "the disk failed", true
	case lib.SQLITE_INTERRUPT, lib.SQLITE_NOMEM:
		return "it was broken off", true
	case lib.SQLITE_NOTADB:
		return "the file is not an SQLite database", false
	case lib.SQLITE_CORRUPT:
		return "the file is damaged; restore a backup, or try the sqlite3 program's .recover", false
	}
	return "it failed", false
}

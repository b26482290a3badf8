package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/debrief-bot/debrief/storage"
)

// Who wrote a file, and how: SQLite keeps both numbers in its header.
const (
	applicationID = 0x44627266 // "Dbrf"
	schemaVersion = 2
)

// schema makes an empty database. Times are milliseconds since 1970; a zero time is that of year 1, so that it sorts
// before all others, but for due, which is absent when there is none.
//
// Three tables hold only what waits, and are as small as the backlog: outbox, lanes and deliveries. Every other grows for
// years and is only ever read through an index; TestEveryQueryUsesAnIndex holds us to it.
const schema = `
CREATE TABLE subjects (
	id        TEXT    NOT NULL PRIMARY KEY,
	kind      TEXT    NOT NULL,
	v         INTEGER NOT NULL,
	rev       INTEGER NOT NULL,
	due       INTEGER,
	at        INTEGER NOT NULL,
	addresses TEXT    NOT NULL, -- JSON, as given; the table of that name is its index
	applied   BLOB    NOT NULL, -- 8 bytes each
	data      TEXT    NOT NULL  -- JSON: the state's top-level fields, and those of newer versions
) STRICT;
CREATE INDEX subjects_due ON subjects (due, id) WHERE due IS NOT NULL;

CREATE TABLE addresses (
	address TEXT    NOT NULL,
	at      INTEGER NOT NULL,
	subject TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	PRIMARY KEY (address, at, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_subject ON addresses (subject);

CREATE TABLE outbox (
	seq         INTEGER PRIMARY KEY, -- the order within a subject
	subject     TEXT    NOT NULL REFERENCES subjects (id),
	id          TEXT    NOT NULL,
	destination TEXT    NOT NULL,
	slot        TEXT    NOT NULL,
	body        TEXT    NOT NULL, -- JSON of the effect
	state       TEXT    NOT NULL,
	tries       INTEGER NOT NULL,
	since       INTEGER NOT NULL,
	not_before  INTEGER NOT NULL,
	started_at  INTEGER NOT NULL,
	by          TEXT    NOT NULL,
	lapsed      INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_subject ON outbox (subject);
CREATE INDEX outbox_since ON outbox (since);

CREATE TABLE refs (
	subject TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
	slot    TEXT    NOT NULL,
	result  TEXT    NOT NULL, -- JSON
	hash    TEXT    NOT NULL,
	at      INTEGER NOT NULL,
	PRIMARY KEY (subject, slot)
) STRICT, WITHOUT ROWID;

-- One row for each subject that has effects: when the first of them can be claimed (0: at once) and since when it waits.
CREATE TABLE deliveries (
	subject TEXT    NOT NULL PRIMARY KEY REFERENCES subjects (id) ON DELETE CASCADE,
	wake    INTEGER NOT NULL,
	since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_wake ON deliveries (wake, since);

CREATE TABLE inbox (
	seq     INTEGER PRIMARY KEY, -- the order of acceptance
	key     TEXT    NOT NULL,
	subject TEXT    NOT NULL,
	lane    TEXT    NOT NULL,
	at      INTEGER NOT NULL,
	event   TEXT    NOT NULL, -- JSON; empty once the row is done
	state   INTEGER NOT NULL, -- 0 new, 1 dead, 2 done
	tries   INTEGER NOT NULL,
	error   TEXT    NOT NULL,
	done_at INTEGER NOT NULL, -- by the machine's clock, whatever clock the store was given
	UNIQUE (key, subject)
) STRICT;
CREATE INDEX inbox_new ON inbox (lane, seq) WHERE state = 0;
CREATE INDEX inbox_dead ON inbox (seq) WHERE state = 1;
CREATE INDEX inbox_done ON inbox (done_at) WHERE state = 2;

-- One row for each lane that has new rows, is leased or rests. free is when its lease runs out or its rest is over; 0: it
-- stands in the queue, at turn. One whose rows have gone meanwhile is dropped when its turn comes.
CREATE TABLE lanes (
	name   TEXT    NOT NULL PRIMARY KEY,
	worker TEXT    NOT NULL,
	free   INTEGER NOT NULL,
	turn   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_queue ON lanes (free, turn);

CREATE TABLE kept (
	key  TEXT    NOT NULL PRIMARY KEY,
	at   INTEGER NOT NULL,
	body BLOB    NOT NULL
) STRICT;

CREATE TABLE numbers (
	workspace TEXT    NOT NULL,
	series    TEXT    NOT NULL,
	subject   TEXT    NOT NULL,
	n         INTEGER NOT NULL,
	PRIMARY KEY (workspace, series, subject),
	UNIQUE (workspace, series, n)
) STRICT, WITHOUT ROWID;
`

// look inspects the file before SQLite touches it and makes it when it is missing, readable by its owner alone: it will
// hold what people said.
func look(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist: make it, or choose another path", dir)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return errors.New("it is a directory; the path must name a file in it")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, readOnlyFileSystem) {
		return fmt.Errorf("this user may not write it, or may not make it in %s: %w", dir, err)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return whose(f)
}

// whose reads the file's header: https://www.sqlite.org/fileformat.html#the_database_header.
func whose(f io.Reader) error {
	header := make([]byte, 100)
	switch n, err := io.ReadFull(f, header); {
	case n == 0 && errors.Is(err, io.EOF):
		return nil // new
	case err != nil || string(header[:16]) != "SQLite format 3\x00":
		return errors.New("it is not an SQLite database: move it away, or choose another path")
	}
	if id := binary.BigEndian.Uint32(header[68:]); id != applicationID {
		return fmt.Errorf("it is another program's SQLite database (application id %#x): choose another path", id)
	}
	return nil
}

// prepare makes the schema where there is none. The application id goes first, while the file has no write-ahead log yet:
// so whose finds it in the header from the first byte on.
func prepare(ctx context.Context, c *sql.Conn) error {
	var version int
	if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > schemaVersion {
		return newer(version)
	}
	if version == schemaVersion {
		return execAll(ctx, c, "PRAGMA journal_mode = WAL")
	}
	if version > 0 {
		return fmt.Errorf("it was made before the first release, and its schema, number %d, is not read any more: move it away, or choose another path", version)
	}
	return execAll(ctx, c,
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		"PRAGMA journal_mode = WAL",
		"BEGIN IMMEDIATE",
		schema,
		fmt.Sprintf("PRAGMA user_version = %d", schemaVersion),
		"COMMIT",
	)
}

func execAll(ctx context.Context, c *sql.Conn, statements ...string) error {
	for _, text := range statements {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func newer(version int) error {
	return fmt.Errorf("%w: its schema is number %d and this program knows %d: start the newer program, or choose another path",
		storage.ErrNewer, version, schemaVersion)
}

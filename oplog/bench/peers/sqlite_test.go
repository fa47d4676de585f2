package peers

import (
	"database/sql"
	"path/filepath"

	_ "modernc.org/sqlite"
)

// lite is SQLite in WAL mode with synchronous=FULL: a commit is one write to the WAL and one sync. There is one
// connection, as SQLite has one writer: the others wait in Go, which is kinder to it than SQLITE_BUSY.
type lite struct {
	db  *sql.DB
	put func([]byte) error
}

func openLite(dir string) (*sql.DB, *sql.Stmt, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "ops.sqlite")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE ops (seq INTEGER PRIMARY KEY, op BLOB NOT NULL)"); err != nil {
		return nil, nil, err
	}
	ins, err := db.Prepare("INSERT INTO ops (op) VALUES (?)")
	return db, ins, err
}

// openSQLite is one transaction for each op.
func openSQLite(dir string) (log, error) {
	db, ins, err := openLite(dir)
	return lite{db, func(v []byte) error {
		_, err := ins.Exec(v)
		return err
	}}, err
}

// openSQLiteQueue commits all that wait in one transaction, by the queue that raw has.
func openSQLiteQueue(dir string) (log, error) {
	db, ins, err := openLite(dir)
	q := &queue{flush: func(vals [][]byte) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		put := tx.Stmt(ins)
		for _, v := range vals {
			if _, err := put.Exec(v); err != nil {
				_ = tx.Rollback()
				return err
			}
		}
		return tx.Commit()
	}}
	return lite{db, q.append}, err
}

func (l lite) append(v []byte) error { return l.put(v) }

func (l lite) close() (e extent, err error) {
	var pages, free, size int64
	for _, q := range []struct {
		sql string
		to  any
	}{{"SELECT count(*) FROM ops", &e.ops}, {"PRAGMA page_count", &pages}, {"PRAGMA freelist_count", &free}, {"PRAGMA page_size", &size}} {
		if err := l.db.QueryRow(q.sql).Scan(q.to); err != nil {
			return e, err
		}
	}
	e.used = (pages - free) * size
	return e, l.db.Close()
}

package oplog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Backup writes a copy of the durable log to w, while appending goes on, and gives its size. The copy is a log: put it into
// a folder as oplog.db. It is one read transaction, so w should be a file rather than a slow line: pages that it covers
// are not reused until it ends, and where the file outgrows its mapping everything waits for it. So a log that is open for
// writing gives up, with vox/oplog/io, a w that takes nothing for half a minute.
func (l *Log[S]) Backup(w io.Writer) (n int64, err error) {
	if l.s == nil {
		return 0, &Error{Code: CodeIO, Text: "there is no op-log to back up yet"}
	}
	var slow *unstalled
	if !l.opt.ReadOnly {
		slow = &unstalled{w: w, limit: cmp.Or(l.opt.stall, backupStall)}
		w = slow
	}
	err = l.s.view(func(tx *bolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	if slow != nil && slow.err != nil {
		return n, slow.err
	}
	return wrapRead(n, err)
}

// Repaired is what Repair did.
type Repaired struct {
	Kept  uint64 // ops that are good and in the log now
	Lost  uint64 // ops after them that were there, good or not
	Aside string // where the file as it was now lies; empty if nothing was wrong and nothing was done
}

// Repair cuts the log in dir at its last good op, and keeps the file as it was aside. Marks, index and base are made anew;
// memos that are not good come back when the log is opened. Errors: vox/oplog/locked; vox/oplog/damaged where the file's
// pages are so broken that no op can be reached, or where the base of a trimmed log is lost: then only a backup, or the
// archive, helps.
func Repair[S any](ctx context.Context, dir string, p Projection[S], now time.Time) (Repaired, error) {
	if _, err := os.Stat(filepath.Join(dir, dbName)); errors.Is(err, fs.ErrNotExist) {
		return Repaired{}, nil
	}
	s, done, err := openAlone(dir, "repair")
	s, last, why, err := ending(s, err, dir)
	if err != nil {
		return Repaired{}, err
	}
	if done == nil {
		done = func() { _ = s.close() }
	}
	defer done()
	r, err := verify(ctx, s, p, last, nil)
	if r.first(why); err != nil || r.Problem == "" {
		return Repaired{Kept: r.Ops}, err
	}
	created, err := s.created()
	if err != nil {
		created = now
	}
	w, err := rewrite(dir, created)
	if err != nil {
		return Repaired{}, err
	}
	defer w.abandon()
	w.indexed = true
	r, err = survey[S]{s: s, proj: p, head: last, to: []*rewriting{w}, salvage: true}.run(ctx)
	if err != nil {
		return Repaired{}, err
	}
	// What an earlier trim kept is worth having, but no reason to fail.
	if err := w.copyKept(s, true); err != nil && !isDamage(err) {
		return Repaired{}, err
	}
	if _, err := w.finish(s.base); err != nil {
		return Repaired{}, err
	}
	if err := w.check(r.Head); err != nil {
		return Repaired{}, err
	}
	aside := filepath.Join(dir, fmt.Sprintf("oplog.db.damaged-%s", now.UTC().Format("20060102T150405.000000")))
	if os.Link(s.path(), aside) != nil { // a link, so that there is a log at every moment
		if err := os.Rename(s.path(), aside); err != nil {
			return Repaired{}, ioError(err, "put the damaged op-log aside")
		}
	}
	forgetVerified(dir)
	if err := w.replace(dir); err != nil {
		return Repaired{}, err
	}
	return Repaired{Kept: r.Ops, Lost: max(last, s.origin.Seq+r.Ops) - s.origin.Seq - r.Ops, Aside: aside}, nil
}

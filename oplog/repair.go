package oplog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Backup writes a copy of the durable log to w, while appending goes on, and gives its size. The copy is a log: put it into
// a folder as oplog.db. It is one read transaction, so w should be a file rather than a slow line: pages that it covers
// are not reused until it ends.
func (l *Log[S]) Backup(w io.Writer) (n int64, err error) {
	if l.s == nil {
		return 0, &Error{Code: CodeIO, Text: "there is no op-log to back up yet"}
	}
	err = l.s.view(func(tx *bolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	return wrapRead(n, err)
}

// Repaired is what Repair did.
type Repaired struct {
	Kept  uint64 // ops that are good and in the log now
	Lost  uint64 // ops after them that were there, good or not
	Aside string // where the file as it was now lies; empty if nothing was wrong and nothing was done
}

// Repair cuts the log in dir at its last good op, and keeps the file as it was aside. Marks and index are made anew; memos
// come back when the log is opened. Errors: vox/oplog/locked; vox/oplog/damaged where the file's pages are so broken that
// no op can be reached: then only a backup helps.
func Repair[S any](ctx context.Context, dir string, p Projection[S], now time.Time) (Repaired, error) {
	s, err := openStore(dir, true, DefaultLockTimeout, time.Now)
	if err != nil || s == nil {
		return Repaired{}, err
	}
	defer s.close()
	last, err := s.lastSeq()
	if err != nil {
		return Repaired{}, err
	}
	r, err := verify(ctx, s, p, last, nil)
	if err != nil || r.Problem == "" {
		return Repaired{Kept: r.Ops}, err
	}
	tmp := filepath.Join(dir, fmt.Sprintf("oplog.db.tmp-repair-%d", now.UnixMicro()))
	defer os.Remove(tmp)
	if err := fill(tmp, now); err != nil {
		return Repaired{}, err
	}
	kept, err := s.copyGood(ctx, tmp, last)
	if err != nil {
		return Repaired{}, err
	}
	aside := filepath.Join(dir, fmt.Sprintf("oplog.db.damaged-%s", now.UTC().Format("20060102T150405.000000")))
	if os.Link(s.path(), aside) != nil { // a link, so that there is a log at every moment
		if err := os.Rename(s.path(), aside); err != nil {
			return Repaired{}, ioError(err, "put the damaged op-log aside")
		}
	}
	if err := os.Rename(tmp, s.path()); err != nil {
		return Repaired{}, ioError(err, "put the repaired op-log in place")
	}
	syncDir(dir)
	return Repaired{Kept: kept, Lost: last - min(kept, last), Aside: aside}, nil
}

// copyGood copies the verified ops up to the first bad one into the empty log at path.
func (s *store) copyGood(ctx context.Context, path string, last uint64) (uint64, error) {
	db, err := bolt.Open(path, fileMode, &bolt.Options{FreelistType: bolt.FreelistMapType, Timeout: time.Second})
	if err != nil {
		return 0, commitError(err)
	}
	defer db.Close()
	p := s.origin
	for p.Seq < last {
		if err := ctx.Err(); err != nil {
			return p.Seq, err
		}
		c, err := s.load(p.Seq, last, false)
		bad := err != nil
		if bad && len(c.vals) == 0 { // the block is cut at its first missing op: take those before it one by one
			c, err = s.load(p.Seq, p.Seq+1, false)
			var own *Error
			if err != nil && (!errors.As(err, &own) || own.Code != CodeDamaged) {
				return p.Seq, err
			}
			if err != nil {
				break
			}
		}
		good, err := c.good(p)
		if len(good.ops) > 0 {
			if err := db.Update(func(tx *bolt.Tx) error { return putOps(tx, good.ops, good.vals, good.marks) }); err != nil {
				return p.Seq, commitError(err)
			}
			p = good.end
		}
		if err != nil {
			break
		}
	}
	return p.Seq, nil
}

// goodOps are those of a chunk that come before the first bad one.
type goodOps struct {
	ops   []Op
	vals  [][]byte
	marks []pos
	end   pos
}

func (c *chunk) good(p pos) (goodOps, error) {
	g := goodOps{end: p}
	in := newInterner()
	for i, v := range c.vals {
		one := chunk{first: c.first + uint64(i), vals: [][]byte{v}}
		ops, to, err := one.verify(g.end, in)
		if err != nil {
			return g, err
		}
		g.ops, g.vals, g.end = append(g.ops, ops...), append(g.vals, v), to
		if to.Seq%block == 0 {
			g.marks = append(g.marks, to)
		}
	}
	return g, nil
}

package oplog

import (
	"context"
	"time"
)

// Compacted is what Compact did.
type Compacted struct {
	Ops                     uint64 // that are in the log
	BytesBefore, BytesAfter int64  // of the file
}

// Compact writes the log in dir anew, without free space, and puts it in place of the old file in one step: a crash at any
// moment leaves the one or the other. The log is verified while it is copied, as Verify does; with any problem nothing is
// changed. Memos of other reducer versions are left out. It holds the log alone: errors are vox/oplog/locked while a host
// runs or anyone reads, vox/oplog/damaged, vox/oplog/disk-full. progress, if not nil, is called now and then with the ops
// behind it and in all.
func Compact[S any](ctx context.Context, dir string, p Projection[S], now time.Time, progress func(done, total uint64)) (Compacted, error) {
	s, done, err := openAlone(dir, "compact")
	if err != nil {
		return Compacted{}, err
	}
	defer done()
	last, err := s.lastSeq()
	if err != nil {
		return Compacted{}, err
	}
	before, err := s.size()
	if err != nil {
		return Compacted{}, err
	}
	created, err := s.created()
	if err != nil {
		return Compacted{}, err
	}
	w, err := rewrite(dir, created)
	if err != nil {
		return Compacted{}, err
	}
	defer w.abandon()
	r, err := survey[S]{s: s, proj: p, head: last, progress: progress, to: []*rewriting{w}}.run(ctx)
	if err := rewritten(r, err, "compacted"); err != nil {
		return Compacted{}, err
	}
	if err := w.copyKept(s, false); err != nil {
		return Compacted{}, err
	}
	if err := w.copyIndex(ctx, s, func(seq uint64) bool { return seq <= last }); err != nil {
		return Compacted{}, err
	}
	after, err := w.finish(s.base)
	if err != nil {
		return Compacted{}, err
	}
	if err := w.check(r.Head); err != nil {
		return Compacted{}, err
	}
	verifiedBy(r, now).save(dir)
	if err := w.replace(dir); err != nil {
		return Compacted{}, err
	}
	return Compacted{Ops: r.Ops, BytesBefore: before, BytesAfter: after}, nil
}

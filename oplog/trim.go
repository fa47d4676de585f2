package oplog

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// TrimOptions say what Trim may take out of a log.
type TrimOptions struct {
	Before   int64     // microseconds: ops with a time before it may go
	KeepFrom uint64    // this op and all after it stay; 0: no bound
	Names    []string  // ops under these index names stay readable through Indexed
	Archive  string    // the file that takes the ops; it must not exist. Empty: one in the folder, named after the ops
	Now      time.Time // when this happens
}

// Trimmed is what Trim did.
type Trimmed struct {
	Base                    uint64 // the last op that is not in the log any more; 0 if none ever went
	Archived                uint64 // ops that went into the archive
	Kept                    uint64 // of these, the ops that stay readable by name
	Archive                 string // the archive; empty where nothing could go
	BytesBefore, BytesAfter int64  // of the log
}

// Trim moves the oldest ops of the log in dir into an archive, up to the largest multiple of 1024 that o allows. The
// archive is a log of its own: put into an empty folder as oplog.db it is read like any other. The log then begins at its
// base: the state there, which is what the replay gives. Reads of before fail with vox/oplog/trimmed, which names the
// archive; the ops under o.Names are still found by any of their names.
//
// The whole log is verified meanwhile; with any problem nothing is changed. The archive is written, read back and verified,
// and synced, before the log is put in place of the old one in one step: a crash at any moment loses nothing. Errors:
// vox/oplog/locked while a host runs or anyone reads, vox/oplog/invalid where the archive is there already,
// vox/oplog/damaged, vox/oplog/disk-full. Where nothing can go, nothing is done, and that is no error.
func Trim[S any](ctx context.Context, dir string, p Projection[S], o TrimOptions, progress func(done, total uint64)) (Trimmed, error) {
	s, done, err := openAlone(dir, "trim")
	if err != nil {
		return Trimmed{}, err
	}
	defer done()
	t := trimming[S]{dir: dir, s: s, proj: p, o: o}
	if t.last, err = s.lastSeq(); err != nil {
		return Trimmed{}, err
	}
	if t.out.BytesBefore, err = s.size(); err != nil {
		return Trimmed{}, err
	}
	if t.cut, err = t.where(); err != nil {
		return Trimmed{}, err
	}
	t.out.Base, t.out.BytesAfter = s.origin.Seq, t.out.BytesBefore
	if t.cut <= s.origin.Seq {
		return t.out, nil
	}
	if o.Archive == "" {
		t.o.Archive = freeArchive(dir, s.origin.Seq+1, t.cut)
	} else if _, err := os.Lstat(o.Archive); !errors.Is(err, fs.ErrNotExist) {
		return Trimmed{}, noArchive(o.Archive)
	}
	return t.run(ctx, progress)
}

func noArchive(name string) *Error {
	return &Error{
		Code: CodeInvalid, Text: fmt.Sprintf("the archive %q is there already: nothing was trimmed", name),
		Hint: "name another file with --archive; one that an interrupted trim left is a whole log, and not needed",
	}
}

// trimming is one Trim.
type trimming[S any] struct {
	dir       string
	s         *store
	proj      Projection[S]
	o         TrimOptions
	last, cut uint64
	at        pos    // of cut, as the survey found it
	state     []byte // there
	out       Trimmed
}

// where gives the multiple of 1024 up to which ops go.
func (t *trimming[S]) where() (uint64, error) {
	if t.o.Before <= t.s.origin.At || t.last == t.s.origin.Seq {
		return t.s.origin.Seq, nil
	}
	seq, err := t.s.findTime(t.o.Before-1, t.last)
	if err != nil {
		return 0, err
	}
	if t.o.KeepFrom > 0 {
		seq = min(seq, t.o.KeepFrom-1)
	}
	return seq / block * block, nil
}

func (t *trimming[S]) run(ctx context.Context, progress func(done, total uint64)) (Trimmed, error) {
	created, err := t.s.created()
	if err != nil {
		return Trimmed{}, err
	}
	folder := filepath.Dir(t.o.Archive)
	if folder != t.dir {
		sweep(folder)
	}
	old, err := rewrite(folder, created)
	if err != nil {
		return Trimmed{}, err
	}
	defer old.abandon()
	now, err := rewrite(t.dir, created)
	if err != nil {
		return Trimmed{}, err
	}
	defer now.abandon()
	old.last, now.skip = t.cut, t.cut
	now.names, now.kept = t.o.Names, map[uint64]struct{}{}
	reach := func(p pos, state S) {
		if p.Seq == t.cut {
			t.at, t.state = p, t.proj.Encode(state)
		}
	}
	r, err := survey[S]{s: t.s, proj: t.proj, head: t.last, progress: progress, to: []*rewriting{old, now}, reach: reach}.run(ctx)
	if err := rewritten(r, err, "trimmed"); err != nil {
		return Trimmed{}, err
	}
	if t.at.Seq != t.cut || t.at.At >= t.o.Before { // the search trusted times that nothing had verified
		return Trimmed{}, damaged(0, "the times of the ops around %d are not in order: nothing was trimmed", t.cut)
	}
	a, err := t.archive(ctx, old)
	if err != nil {
		return Trimmed{}, err
	}
	return t.replace(ctx, now, a, r)
}

// archive finishes the archive, reads it back, and gives it its name.
func (t *trimming[S]) archive(ctx context.Context, w *rewriting) (archived, error) {
	a := archived{first: t.s.origin.Seq + 1, last: t.cut, at: t.at.At, name: nameOf(t.o.Archive)}
	if err := w.copyKept(t.s, false); err != nil {
		return a, err
	}
	if err := w.copyIndex(ctx, t.s, func(seq uint64) bool { return seq <= t.cut }); err != nil {
		return a, err
	}
	if _, err := w.finish(t.s.base); err != nil {
		return a, err
	}
	r, err := VerifyDir(ctx, w.dir, t.proj, nil)
	if err == nil {
		err = r.Err()
	}
	if err == nil && r.Head != t.at.Head {
		err = damaged(0, "the archive that was written ends at op %d, not at op %d", r.Head.Seq, t.cut)
	}
	if err != nil {
		return a, err
	}
	if a.sum, err = sumOf(w.path()); err != nil {
		return a, err
	}
	t.out.Archived, t.out.Archive = w.ops, t.o.Archive
	// A link does not replace what came there meanwhile; file systems without links get a rename.
	if err := os.Link(w.path(), t.o.Archive); errors.Is(err, fs.ErrExist) {
		return a, noArchive(t.o.Archive)
	} else if err == nil {
		err = os.Remove(w.path())
		if err == nil {
			err = syncDir(filepath.Dir(t.o.Archive))
		}
		if err != nil {
			return a, ioError(err, "put the archive in place")
		}
		w.abandon()
		return a, nil
	}
	return a, w.place(t.o.Archive)
}

// replace finishes the log that is left, and puts it in place of the old one.
func (t *trimming[S]) replace(ctx context.Context, w *rewriting, a archived, r Report) (out Trimmed, err error) {
	if err := w.copyKept(t.s, false); err != nil {
		return out, err
	}
	stays := func(seq uint64) bool {
		_, kept := w.kept[seq]
		return kept || seq <= t.s.origin.Seq || seq > t.cut && seq <= t.last
	}
	if err := w.copyIndex(ctx, t.s, stays); err != nil {
		return out, err
	}
	b := makeBase(t.at, t.proj.Version(), t.state, t.o.Now, t.s.base, a)
	if t.out.BytesAfter, err = w.finish(b); err != nil {
		return out, err
	}
	if err := w.check(r.Head); err != nil {
		return out, err
	}
	if err := w.replace(t.dir); err != nil {
		return out, err
	}
	t.out.Base, t.out.Kept = t.cut, uint64(len(w.kept))
	return t.out, nil
}

// sumOf is the SHA-256 of a file.
func sumOf(name string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return sum, ioError(err, "read the archive back")
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, ioError(err, "read the archive back")
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

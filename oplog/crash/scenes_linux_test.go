package crash

import (
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"voxmesh/oplog"
)

// scene is what is recorded.
type scene struct {
	name string
	// record gives the record, and what had been said about the log before it.
	record func(t *testing.T, r *rand.Rand) (*record, *history)
	weight int // of the states, in percent
}

// The weights follow what a state costs: to read the log of a first run takes a millisecond, of the others up to fifty.
var scenes = []scene{
	{"first run", firstRun, 35},
	{"running", running, 20},
	{"running, large ops", runningLarge, 6},
	{"killed and started again", twoLives, 30},
	{"compact", compacting, 4},
	{"trim", trimming, 3},
	{"upgrade from format 1", upgrading, 2},
}

// newLife gives the number of a life that no other has, and the next one.
func newLife(r *rand.Rand, isLarge bool) uint64 {
	n := large * (1 + r.Uint64N(1<<30))
	if isLarge {
		return n
	}
	return n + 1
}

// firstRun is a process that makes a log in an empty folder, and appends to it.
func firstRun(t *testing.T, r *rand.Rand) (*record, *history) {
	rec := newRecord(t.TempDir())
	o := order{Verb: "append", Dir: filepath.Join(rec.root, logDir), Life: newLife(r, false), Groups: 4, MemoEvery: 16}
	if err := rec.run(t, o, nil, nil); err != nil {
		t.Fatal(err)
	}
	return rec, newHistory()
}

// upon has a log made by one process, and records what another does with it.
func upon(t *testing.T, made, then order) (*record, *history) {
	rec := newRecord(t.TempDir())
	known := newHistory()
	made.Dir = filepath.Join(rec.root, logDir)
	then.Dir = made.Dir
	grow(t, known, made)
	if err := rec.settle(); err != nil {
		t.Fatal(err)
	}
	if err := rec.run(t, then, nil, nil); err != nil {
		t.Fatal(err)
	}
	if last := rec.events[len(rec.events)-1]; last.line != "done" {
		t.Fatalf("the child ends with %v", last)
	}
	return rec, known
}

// running is a process that appends to a log which has been there, with memos.
func running(t *testing.T, r *rand.Rand) (*record, *history) {
	life := newLife(r, false)
	return upon(t, order{Verb: "append", Life: life, Groups: 15, MemoEvery: 32}, order{Verb: "append", Life: life + 1, Groups: 30, MemoEvery: 32})
}

// runningLarge is the same with a log of some megabytes, which grows.
func runningLarge(t *testing.T, r *rand.Rand) (*record, *history) {
	life := newLife(r, true)
	return upon(t, order{Verb: "append", Life: life, Groups: 15, MemoEvery: 32}, order{Verb: "append", Life: life + large, Groups: 10, MemoEvery: 32})
}

// compacting is a process that writes a log anew, and appends to that.
func compacting(t *testing.T, r *rand.Rand) (*record, *history) {
	life := newLife(r, false)
	return upon(t, order{Verb: "append", Life: life, Groups: 25, MemoEvery: 32}, order{Verb: "compact", Life: life + 1, Groups: 3, MemoEvery: 32})
}

// trimming is a process that moves the first 1,024 ops of a log into an archive, and appends to what is left.
func trimming(t *testing.T, r *rand.Rand) (*record, *history) {
	life := newLife(r, false)
	return upon(t, order{Verb: "append", Life: life, Groups: 200, MemoEvery: 256}, order{Verb: "trim", Life: life + 1, Groups: 3, MemoEvery: 32})
}

// upgrading is a process that opens a log which a program of format 1 wrote, and appends to it.
func upgrading(t *testing.T, r *rand.Rand) (*record, *history) {
	rec := newRecord(t.TempDir())
	dir := filepath.Join(rec.root, logDir)
	if err := errors.Join(os.MkdirAll(dir, 0o700), unpack("../testdata/format-1.db.gz", filepath.Join(dir, "oplog.db"))); err != nil {
		t.Fatal(err)
	}
	l, err := oplog.Open(dir, fold{}, oplog.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	known := newHistory()
	known.before, err = l.Since(0, 1<<30)
	if err := errors.Join(err, l.Close(), rec.settle()); err != nil {
		t.Fatal(err)
	}
	if err := rec.run(t, order{Verb: "append", Dir: dir, Life: newLife(r, false), Groups: 3, MemoEvery: 1024}, nil, nil); err != nil {
		t.Fatal(err)
	}
	return rec, known
}

func unpack(from, to string) error {
	packed, err := os.Open(from)
	if err != nil {
		return err
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// twoLives is a process that is killed at any call, and one that goes on with what it left. Between them nothing is synced.
func twoLives(t *testing.T, r *rand.Rand) (*record, *history) {
	rec := newRecord(t.TempDir())
	dir := filepath.Join(rec.root, logDir)
	life := newLife(r, false)
	var killIf func(event) bool
	switch r.IntN(3) {
	case 0: // while it makes the log
		killIf = after(1+r.IntN(24), func(event) bool { return true })
	case 1: // between the last write of a commit and its sync
		killIf = after(1+r.IntN(60), isMeta)
	case 2:
		killIf = after(1+r.IntN(400), func(event) bool { return true })
	}
	if err := rec.run(t, order{Verb: "append", Dir: dir, Life: life, Groups: 20, MemoEvery: 16}, nil, killIf); err != nil {
		t.Fatal(err)
	}
	if err := rec.run(t, order{Verb: "append", Dir: dir, Life: life + 1, Groups: 8, MemoEvery: 16}, nil, nil); err != nil {
		t.Fatal(err)
	}
	return rec, newHistory()
}

// after gives a condition that holds at the nth event that is such.
func after(n int, such func(event) bool) func(event) bool {
	return func(e event) bool {
		if such(e) {
			n--
		}
		return n == 0
	}
}

// isMeta says whether e writes one of the two pages that make a commit count.
func isMeta(e event) bool { return e.kind == evWrite && e.off <= 8192 && len(e.data) == 8192 }

// grow runs a child that is not traced, to its end.
func grow(t *testing.T, h *history, o order) {
	t.Helper()
	c := startChild(t, o)
	defer c.end()
	done := false
	for c.Scan() {
		if err := h.note(o.Life, c.Text()); err != nil {
			t.Fatal(err)
		}
		done = c.Text() == "done"
	}
	if !done {
		t.Fatal("the child did not finish")
	}
}

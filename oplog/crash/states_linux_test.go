package crash

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"voxmesh/oplog"
)

// logDir is where the log lies below the folder that is recorded. Both levels are made by the process that makes the log.
const logDir = "data/voxmesh"

// scratch gives a folder in memory where there is one: the states are made to be looked at, not to last.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "voxmesh-crash-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// outcome counts what states were like.
type outcome struct {
	states, noLog, ops, beyond uint64
	lost                       error // the first thing that was wrong
	wrong                      int
}

func (o *outcome) add(p outcome) {
	o.states, o.noLog, o.ops, o.beyond, o.wrong = o.states+p.states, o.noLog+p.noLog, o.ops+p.ops, o.beyond+p.beyond, o.wrong+p.wrong
	o.lost = errors.Join(o.lost, p.lost)
}

// trial is one state to be looked at.
type trial struct {
	number int
	moment int
	tree   tree
	h      *history
}

// control is what is done to a record to see that it is seen: no event that is dropped counts, and all moments are after from.
type control struct {
	dropped func(event) bool
	from    int
}

// replay makes n states that power cuts at random moments of the record may leave, and looks at each. known is what had
// been said about the log before the record. ctl is nil where the record is taken as it is.
func replay(t *testing.T, rec *record, known *history, n int, seed uint64, ctl *control) (outcome, error) {
	t.Helper()
	known = known.clone()
	var err error
	if known.chain, err = chainOf(filepath.Join(rec.root, logDir)); err != nil {
		return outcome{}, err
	}
	base := scratch(t)
	trials := make(chan trial)
	var mu sync.Mutex
	var sum outcome
	var wg sync.WaitGroup
	for w := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			dir := filepath.Join(base, fmt.Sprint(w))
			for tr := range trials {
				o := tr.look(dir)
				if o.lost != nil {
					o.lost = fmt.Errorf("state %d of seed %d, at event %d of %d (%v): %w", tr.number, seed, tr.moment, len(rec.events), rec.events[max(0, tr.moment-1)], o.lost)
					o.wrong = 1
				}
				mu.Lock()
				if sum.lost != nil {
					o.lost = nil
				} else if o.lost != nil && ctl == nil {
					keepState(t, rec, tr)
				}
				sum.add(o)
				mu.Unlock()
			}
		})
	}
	err = states(rec, known, n, seed, ctl, trials)
	close(trials)
	wg.Wait()
	return sum, err
}

// states goes over the record once and hands out states at n random moments.
func states(rec *record, known *history, n int, seed uint64, ctl *control, out chan<- trial) error {
	if ctl == nil {
		ctl = &control{}
	}
	r := rand.New(rand.NewPCG(seed, 2))
	moments := make([]int, n)
	for i := range moments {
		moments[i] = ctl.from + r.IntN(len(rec.events)+1-ctl.from)
	}
	slices.Sort(moments)
	d := rec.start.clone()
	at := 0
	for i, m := range moments {
		for ; at < m; at++ {
			e := &rec.events[at]
			switch {
			case e.kind == evBegin:
				known.lives[e.life] = true
			case e.kind == evLine:
				if err := known.note(e.life, e.line); err != nil {
					return err
				}
			case ctl.dropped == nil || !ctl.dropped(*e):
				d.apply(at, e)
			}
		}
		out <- trial{i, m, d.crash(rand.New(rand.NewPCG(seed, uint64(i)<<8|3))), known.clone()}
	}
	return nil
}

// look makes the state in dir and checks it.
func (tr trial) look(dir string) outcome {
	o := outcome{states: 1}
	defer os.RemoveAll(dir)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700), tr.tree.write(dir)); err != nil {
		o.lost = err
		return o
	}
	if tr.tree[filepath.Join(logDir, "oplog.db")] == nil {
		o.noLog = 1
	}
	f, err := tr.h.check(filepath.Join(dir, logDir), 1<<40+uint64(tr.number))
	o.ops, o.beyond, o.lost = f.ops, f.beyond, err
	return o
}

// keepState leaves a bad state, and what led to it, for whoever looks into it: with `go test -artifacts`.
func keepState(t *testing.T, rec *record, tr trial) {
	dir := t.ArtifactDir()
	var text []byte
	for i, e := range rec.events[:tr.moment] {
		text = fmt.Appendf(text, "%d %v\n", i, e)
	}
	state := filepath.Join(dir, "state")
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "events"), text, 0o600), os.MkdirAll(state, 0o700), tr.tree.write(state)); err != nil {
		t.Log(err)
	}
	t.Logf("the state and its events are in %s", dir)
}

// chainOf gives the hash after each op of the log in dir, the first that of no op.
func chainOf(dir string) ([]oplog.Hash, error) {
	l, err := oplog.Open(dir, fold{}, oplog.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	ops, err := allOps(l, dir)
	if err != nil {
		return nil, err
	}
	chain := []oplog.Hash{oplog.Genesis()}
	for i, o := range ops {
		enc, err := oplog.EncodeOp(o)
		if err != nil {
			return nil, err
		}
		chain = append(chain, chain[i].Next(enc))
	}
	return chain, nil
}

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

// perRecord is how many states are made of one record, at most.
const perRecord = 500

// TestPowerCuts replays states that power cuts may leave.
func TestPowerCuts(t *testing.T) {
	total := count(t, "VOXMESH_CRASH_STATES", 300)
	s := seed(t)
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(s, 4))
			var sum outcome
			records := 0
			for left := max(1, total*sc.weight/100); left > 0; records++ {
				rec, known := sc.record(t, r)
				n := min(left, perRecord)
				o, err := replay(t, rec, known, n, r.Uint64(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if left -= n; o.lost != nil {
					t.Fatal(o.lost)
				}
				sum.add(o)
				_ = os.RemoveAll(rec.root)
			}
			t.Logf("%d states of %d records: %d without a log yet, %d ops, %d beyond what was acknowledged; lost 0, damaged 0", sum.states, records, sum.noLog, sum.ops, sum.beyond)
		})
	}
}

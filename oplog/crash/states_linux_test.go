package crash

import (
	"errors"
	"fmt"
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
	if _, ok := tr.tree[filepath.Join(logDir, "oplog.db")]; !ok {
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

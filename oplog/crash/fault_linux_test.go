package crash

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"voxmesh/oplog"

	"golang.org/x/sys/unix"
)

// fault is what a disk does.
type fault struct {
	call  string
	errno syscall.Errno
	times int  // 0: from then on always
	after bool // the call is carried out, and said not to be
	// codes are what an append may be refused with; some is what at least one must be refused with, over all trials.
	codes   []string
	some    string
	resumes bool // there is an acknowledgement after the refusals, if there is time enough
}

func (f fault) String() string {
	s := f.call + " " + unix.ErrnoName(f.errno)
	switch f.times {
	case 0:
		s += " for good"
	case 1:
		s += " once"
	default:
		s += fmt.Sprintf(" %d times", f.times)
	}
	if f.after {
		s += ", though it is done"
	}
	return s
}

var (
	onlyFull   = []string{oplog.CodeDiskFull}
	onlyBroken = []string{oplog.CodeBroken}
	fullBroken = []string{oplog.CodeDiskFull, oplog.CodeBroken}
	blobBroken = []string{oplog.CodeBlobIO, oplog.CodeBroken}
	blobFull   = []string{oplog.CodeBlobFull}
)

// faults are all of them. Only the log is written with pwrite64, synced with fdatasync and resized with ftruncate; blobs are
// written with write and synced with fsync, as folders are.
var faults = []fault{
	{"fdatasync", unix.EIO, 1, false, onlyBroken, oplog.CodeBroken, false},
	{"fdatasync", unix.EIO, 0, false, onlyBroken, oplog.CodeBroken, false},
	{"fdatasync", unix.EIO, 1, true, onlyBroken, oplog.CodeBroken, false},
	{"fdatasync", unix.ENOSPC, 1, false, onlyBroken, oplog.CodeBroken, false},
	{"fdatasync", unix.EDQUOT, 0, false, onlyBroken, oplog.CodeBroken, false},
	{"pwrite64", unix.EIO, 1, false, onlyBroken, oplog.CodeBroken, false},
	{"pwrite64", unix.EIO, 0, false, onlyBroken, oplog.CodeBroken, false},
	{"pwrite64", unix.EIO, 1, true, onlyBroken, oplog.CodeBroken, false},
	{"pwrite64", unix.ENOSPC, 1, false, onlyFull, oplog.CodeDiskFull, true},
	{"pwrite64", unix.ENOSPC, 7, false, onlyFull, oplog.CodeDiskFull, true},
	{"pwrite64", unix.ENOSPC, 0, false, onlyFull, oplog.CodeDiskFull, false},
	{"pwrite64", unix.EDQUOT, 1, false, onlyFull, oplog.CodeDiskFull, true},
	{"pwrite64", unix.ENOSPC, 1, true, fullBroken, oplog.CodeDiskFull, false},
	{"ftruncate", unix.ENOSPC, 1, false, onlyFull, oplog.CodeDiskFull, true},
	{"ftruncate", unix.EIO, 1, false, onlyBroken, oplog.CodeBroken, false},
	{"fsync", unix.EIO, 1, false, blobBroken, oplog.CodeBlobIO, false},
	{"fsync", unix.EIO, 0, false, blobBroken, oplog.CodeBlobIO, false},
	{"write", unix.ENOSPC, 1, false, blobFull, oplog.CodeBlobFull, true},
	{"openat", unix.ENOSPC, 1, false, blobFull, oplog.CodeBlobFull, true},
	{"mkdirat", unix.ENOSPC, 1, false, blobFull, oplog.CodeBlobFull, true},
	{"renameat", unix.EIO, 1, false, blobBroken, oplog.CodeBlobIO, true},
}

// TestRefusedCalls has the system refuse one call or all from one on, at any place, to a process that appends and to one
// that makes its log: nothing acknowledged is lost, by a restart or by a power cut; a log that cannot know what is on the
// disk says so at once and acknowledges nothing more; one that can goes on.
func TestRefusedCalls(t *testing.T) {
	if !canRefuse {
		t.Skip("SKIPPED: calls can be refused on amd64 only")
	}
	places := count(t, "VOXMESH_FAULTS", 1)
	r := rand.New(rand.NewPCG(seed(t), 7))
	old := filepath.Join(t.TempDir(), "old")
	before := newHistory()
	grow(t, before, order{Verb: "append", Dir: filepath.Join(old, logDir), Life: 1, Groups: 10, MemoEvery: 32})
	usual := map[bool]map[string]int{} // how often each call is made when nothing is wrong
	for _, fresh := range []bool{true, false} {
		tr := newFaultTrial(t, "append", old, before, fresh, 2)
		if err := tr.rec.run(t, tr.order, nil, nil); err != nil {
			t.Fatal(err)
		}
		usual[fresh] = tr.rec.calls
	}
	trials, hits, unopened, states := 0, 0, 0, 0
	for _, f := range faults {
		if places == 1 && r.IntN(slow) > 0 {
			continue
		}
		seen := map[string]int{}
		for place := range places {
			fresh := place%3 == 2 || usual[false][f.call] == 0
			n := usual[fresh][f.call]
			if n == 0 {
				t.Fatalf("%v: there is no such call", f)
			}
			tr := newFaultTrial(t, "append", old, before, fresh, newLife(r, false))
			if fresh { // while the log is made
				n = min(n, 6)
			}
			tr.refuse = &refusal{call: f.call, from: 1 + r.IntN(n), times: f.times, errno: f.errno, after: f.after}
			tr.early = tr.refuse.from < usual[fresh][f.call]/2
			if err := tr.run(t, f, seen); err != nil {
				t.Fatalf("%v, at call %d, first run %v: %v\n%s", f, tr.refuse.from, fresh, err, strings.Join(tr.said, "\n"))
			}
			o, err := replay(t, tr.rec, tr.known, 5, r.Uint64(), nil)
			if err != nil || o.lost != nil {
				t.Fatalf("%v, at call %d, first run %v, and a power cut after it: %v %v", f, tr.refuse.from, fresh, err, o.lost)
			}
			trials, hits, states = trials+1, hits+tr.refuse.hits, states+int(o.states)
			if !tr.opened {
				unopened++
			}
			_ = os.RemoveAll(tr.rec.root)
		}
		if f.some != "" && places >= 20 && seen[f.some] == 0 {
			t.Errorf("%v: never refused with %s: %v", f, f.some, seen)
		}
	}
	t.Logf("%d trials of %d faults: %d calls refused, %d logs not opened, %d power cuts after it; lost 0", trials, len(faults), hits, unopened, states)
}

type faultTrial struct {
	rec    *record
	known  *history // what was said before
	order  order
	refuse *refusal
	early  bool // the fault comes in the first half of the child's work
	said   []string
	opened bool
}

// newFaultTrial gives an empty folder, or a copy of old.
func newFaultTrial(t *testing.T, verb, old string, before *history, fresh bool, life uint64) *faultTrial {
	t.Helper()
	tr := &faultTrial{rec: newRecord(filepath.Join(t.TempDir(), "new")), known: newHistory()}
	tr.order = order{Verb: verb, Dir: filepath.Join(tr.rec.root, logDir), Life: life, Groups: 16, MemoEvery: 32}
	if fresh {
		if err := os.Mkdir(tr.rec.root, 0o700); err != nil {
			t.Fatal(err)
		}
		return tr
	}
	tr.known = before.clone()
	if err := os.CopyFS(tr.rec.root, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	if err := tr.rec.settle(); err != nil {
		t.Fatal(err)
	}
	return tr
}

// run runs the child with its fault, and holds what it said against what the log promises and what is there.
func (tr *faultTrial) run(t *testing.T, f fault, seen map[string]int) error {
	t.Helper()
	if err := tr.rec.run(t, tr.order, tr.refuse, nil); err != nil {
		return err
	}
	h := tr.known.clone()
	resumed := true
	var head, reads uint64
	for _, e := range tr.rec.events {
		if e.kind != evLine {
			continue
		}
		tr.said = append(tr.said, e.line)
		if err := h.note(tr.order.Life, e.line); err != nil {
			return err
		}
		verb, rest, _ := strings.Cut(e.line, " ")
		var code string
		var w, i int
		switch verb {
		case "open":
			tr.opened = true
		case "ack":
			resumed = true
		case "refused":
			if _, err := fmt.Sscanf(rest, "%d %d %s %d", &w, &i, &code, &head); err != nil {
				return err
			}
			resumed = false
			seen[code]++
			if !slices.Contains(f.codes, code) {
				return fmt.Errorf("refused with %s", code)
			}
		case "failed":
			if code, _, _ = strings.Cut(rest, " "); tr.opened || !slices.Contains([]string{oplog.CodeDiskFull, oplog.CodeBroken, oplog.CodeIO}, code) {
				return fmt.Errorf("failed with %s", code)
			}
		case "read":
			if _, err := fmt.Sscanf(rest, "%d", &reads); err != nil {
				return err
			}
		}
	}
	switch last := tr.said[len(tr.said)-1]; {
	case tr.opened && last != "done":
		return fmt.Errorf("it did not end as ordered: %q", last)
	case tr.opened && len(h.broken) > 0 && reads != h.broken[tr.order.Life]:
		return fmt.Errorf("%d ops can be read, the head was at %d", reads, h.broken[tr.order.Life])
	case tr.opened && f.resumes && !resumed && tr.early:
		return fmt.Errorf("it did not resume")
	}
	_, err := h.check(tr.order.Dir, 0)
	return err
}

// TestRefusedRewrites has the system refuse a call to a process that compacts or trims a log, and then appends: the log is
// the old one or the new one, whole.
func TestRefusedRewrites(t *testing.T) {
	if !canRefuse {
		t.Skip("SKIPPED: calls can be refused on amd64 only")
	}
	places := count(t, "VOXMESH_FAULTS", 1)
	r := rand.New(rand.NewPCG(seed(t), 10))
	any := []string{oplog.CodeDiskFull, oplog.CodeBroken, oplog.CodeBlobFull, oplog.CodeBlobIO}
	for verb, groups := range map[string]int{"compact": 10, "trim": 200} {
		old := filepath.Join(t.TempDir(), "old")
		before := newHistory()
		grow(t, before, order{Verb: "append", Dir: filepath.Join(old, logDir), Life: 1, Groups: groups, MemoEvery: 256})
		usual := newFaultTrial(t, verb, old, before, false, 2)
		usual.order.Groups = 2
		if err := usual.rec.run(t, usual.order, nil, nil); err != nil {
			t.Fatal(err)
		}
		trials, hits, unopened, states := 0, 0, 0, 0
		for _, call := range []string{"pwrite64", "fdatasync", "fsync", "ftruncate", "truncate", "renameat", "linkat", "mkdirat", "openat", "unlinkat", "write"} {
			n := usual.rec.calls[call]
			if places == 1 && r.IntN(slow) > 0 || places == 1 && verb == "trim" && r.IntN(4) > 0 { // the log is long, and this the short run
				n = 0
			}
			for place := 0; n > 0 && place < places; place++ {
				tr := newFaultTrial(t, verb, old, before, false, newLife(r, false))
				tr.order.Groups = 2
				f := fault{call: call, errno: []syscall.Errno{unix.EIO, unix.ENOSPC}[r.IntN(2)], times: r.IntN(2), codes: any}
				tr.refuse = &refusal{call: call, from: 1 + r.IntN(n), times: f.times, errno: f.errno}
				if err := tr.run(t, f, map[string]int{}); err != nil {
					t.Fatalf("%s: %v, at call %d: %v\n%s", verb, f, tr.refuse.from, err, strings.Join(tr.said, "\n"))
				}
				o, err := replay(t, tr.rec, tr.known, 3, r.Uint64(), nil)
				if err != nil || o.lost != nil {
					t.Fatalf("%s: %v, at call %d, and a power cut after it: %v %v", verb, f, tr.refuse.from, err, o.lost)
				}
				trials, hits, states = trials+1, hits+tr.refuse.hits, states+int(o.states)
				if !tr.opened {
					unopened++
				}
				_ = os.RemoveAll(tr.rec.root)
			}
		}
		t.Logf("%s: %d trials, %d calls refused, %d ended by it, %d power cuts after it; lost 0", verb, trials, hits, unopened, states)
	}
}

// TestAFailedSyncIsNotForgotten: after a sync has failed, the next one succeeds, and what the first left in the kernel's
// memory is nowhere else. A process that comes next finds it there, and must not build on it.
func TestAFailedSyncIsNotForgotten(t *testing.T) {
	if !canRefuse {
		t.Skip("SKIPPED: calls can be refused on amd64 only")
	}
	r := rand.New(rand.NewPCG(seed(t), 8))
	states := 0
	for i := range count(t, "VOXMESH_FAULTS", 2) {
		rec := newRecord(t.TempDir())
		o := order{Verb: "one", Dir: filepath.Join(rec.root, logDir), Life: newLife(r, false), Groups: 12, MemoEvery: 16}
		if err := rec.run(t, o, &refusal{call: "fdatasync", from: 6 + r.IntN(6), times: 1, errno: unix.EIO}, nil); err != nil {
			t.Fatal(err)
		}
		begin := len(rec.events)
		o.Life++
		if err := rec.run(t, o, nil, nil); err != nil {
			t.Fatal(err)
		}
		sum, err := replay(t, rec, newHistory(), 60, r.Uint64(), &control{from: begin})
		if err != nil || sum.lost != nil {
			t.Fatalf("trial %d: %v %v", i, err, sum.lost)
		}
		states += int(sum.states)
	}
	t.Logf("%d power cuts after a failed sync and a restart: lost 0", states)
}

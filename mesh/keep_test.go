package mesh

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"voxmesh/audit"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// filler writes ops that concern nothing, many in a commit.
func filler(t testing.TB, h *Host, n int) {
	t.Helper()
	for ; n > 0; n -= 500 {
		err := h.commit(within(t), func(*State) ([]oplog.Draft, error) {
			var out []oplog.Draft
			for range min(n, 500) {
				out = append(out, draft(KindCapSet, ada, "", &CapSet{Node: MeshTarget}))
			}
			return out, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// kept is a host's folder after weeks of work, with what can be asked of it.
type keptFolder struct {
	dir         string
	d           *dial
	run, job    string // long ago
	item, batch string
	fresh       Ticket // of today
	was, is     remembered
	acts        uint64
}

// atWorkForWeeks leaves a log of more than two blocks that nobody has open.
func atWorkForWeeks(t *testing.T) *keptFolder {
	t.Helper()
	f := &keptFolder{d: newDial(), dir: filepath.Join(t.TempDir(), "mesh")}
	h := openAt(t, f.dir, f.d)
	all := []*worker{newWorker("home", echo()), newWorker(admitted(t, h, "bob"), echo())}
	stop := atWork(h, all)
	flow := runFlow(t, h, flowSource(step("split", `args: ["a", "b"]`), step("render", `each: "${split.parts}", args: ["${item}"]`)))
	flowEnd(t, h, flow.RunID)
	f.run, f.item, f.job = flow.RunID, flow.ItemID, flowJobs(h.Snapshot(), flow.RunID)["render[1]"].Job
	f.was = remember(t, h, f.run, f.job)
	var items []string
	for _, text := range []string{"one", "two"} {
		v, err := h.SubmitIntent(within(t), ada, Intent{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, v.ItemID)
	}
	b, err := h.Batch(within(t), ada, items)
	if err != nil {
		t.Fatal(err)
	}
	f.batch = b.BatchID
	filler(t, h, 1500)
	f.d.turn(8 * 24 * time.Hour)
	carryOut(t, h, Action{Name: ActKill, Target: f.batch}) // what was open until now
	filler(t, h, 600)
	stop()
	f.d.turn(14 * 24 * time.Hour)
	t.Cleanup(atWork(h, all))
	f.fresh = submitWasm(t, h, func(r *JobRequest) { r.Args = []string{"fresh"} })
	until(t, h, "the job ends", func(s *State) bool { j, _ := s.Job(f.fresh.JobID); return j.State.Ended() })
	f.is = remember(t, h, f.fresh.RunID, f.fresh.JobID)
	filler(t, h, 1500)
	f.acts = h.Snapshot().Acts
	_, err = TrimLog(within(t), f.dir, time.Now(), filepath.Join(f.dir, "a.db"), nil)
	wantCode(t, err, oplog.CodeLocked)
	closeHost(t, h)
	return f
}

func (f *keptFolder) trim(t *testing.T, before time.Time, name string) oplog.Trimmed {
	t.Helper()
	if name != "" {
		name = filepath.Join(f.dir, name)
	}
	out, err := trimLog(within(t), f.dir, before, name, f.d.now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestATrimmedLog(t *testing.T) {
	f := atWorkForWeeks(t)
	_, err := trimLog(within(t), f.dir, f.d.now().Add(time.Hour), filepath.Join(f.dir, "a.db"), f.d.now(), nil)
	wantCode(t, err, oplog.CodeInvalid)
	old, err := os.ReadFile(filepath.Join(f.dir, "oplog.db"))
	if err != nil {
		t.Fatal(err)
	}
	out := f.trim(t, f.d.now(), "a.db")
	if out.Base == 0 || out.Base%1024 != 0 || out.Kept < 3 || out.Archived != out.Base {
		t.Fatalf("%+v", out)
	}
	if again := f.trim(t, f.d.now(), "again.db"); again.Archived != 0 || again.Base != out.Base {
		t.Errorf("%+v", again)
	}
	f.d.turn(3 * 24 * time.Hour)
	h := openAt(t, f.dir, f.d)
	filler(t, h, 1)
	if _, ok := h.Snapshot().Job(f.fresh.JobID); ok {
		t.Fatal("the job of three days ago is in the state")
	}

	// What was there when it was trimmed is told as ever; what ended before is in the archive.
	differs(t, "fresh", reflect.ValueOf(remember(t, h, f.fresh.RunID, f.fresh.JobID)), reflect.ValueOf(f.is))
	for what, err := range map[string]error{
		"run": errOf(h.Run(f.run)), "job": errOf(h.Job(f.job)), "item": errOf(h.Item(f.item)), "batch": errOf(h.BatchItems(f.batch)),
		"explain": errOf(h.Explain(f.job)), "output": errOf(h.Tail(within(t), f.job, 10)),
		"replay": errOf(h.Act(within(t), confirm(t, ActReplay, f.run), Action{Name: ActReplay, Target: f.run})),
	} {
		if _, hint := fault.Of(err); !fault.Is(err, oplog.CodeTrimmed) || !strings.Contains(err.Error(), "a.db") || hint == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, c := range map[string]struct {
		err  error
		code string
	}{
		"run": {errOf(h.Run("r-ffff")), "vox/run/unknown"}, "job": {errOf(h.Job("j-ffff")), "vox/job/unknown"},
		"item": {errOf(h.Item("h-ffff")), "vox/hopper/unknown"}, "nonsense": {errOf(h.Run("r-")), "vox/run/unknown"},
	} {
		if _, hint := fault.Of(c.err); !fault.Is(c.err, c.code) || !strings.Contains(hint, "a.db") {
			t.Errorf("%s: %v (%s)", what, c.err, hint)
		}
	}
	auditsWhole(t, h, f.acts)
	axisBegins(t, h, out.Base)
	h2 := h
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	for _, o := range []SubscribeOptions{{Replay: true}, {Since: 5}, {Since: out.Base}} {
		if e := recv(t, h2.Subscribe(ctx, o)); e.Seq != out.Base+1 {
			t.Errorf("%+v begins with op %d, the log after %d", o, e.Seq, out.Base)
		}
	}
	if ops, err := h.Ops(0, 3); err != nil || len(ops) != 3 || ops[0].Seq != out.Base+1 || h.Base().Seq != out.Base {
		t.Errorf("%v, %v", ops, err)
	}
	pagesEnd(t, h, f.fresh.JobID)

	// The archive is a log of its own: what it was asked before it answers again.
	archive := t.TempDir()
	b, err := os.ReadFile(filepath.Join(f.dir, "a.db"))
	if err != nil || len(b) >= len(old) {
		t.Fatalf("%d of %d bytes, %v", len(b), len(old), err)
	}
	if err := os.WriteFile(filepath.Join(archive, "oplog.db"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if v, err := r.Run(f.run); err != nil || v.Status != f.was.run.Status || !slices.Equal(v.Jobs, f.was.run.Jobs) || v.EndedAt != f.was.run.EndedAt {
		t.Errorf("%+v, %v", v, err)
	}
}

func errOf[T any](_ T, err error) error { return err }

// auditsWhole looks that no entry is lost, before the base or after it, and that all can be proven.
func auditsWhole(t *testing.T, h *Host, acts uint64) {
	t.Helper()
	rep, err := h.VerifyAudit(within(t))
	if err != nil || rep.Verified != acts || rep.Failed != 0 {
		t.Errorf("%+v, %v; there are %d", rep, err, acts)
	}
	all, err := h.AuditEntries(0)
	if err != nil || len(all) != int(acts) {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	slices.Reverse(all)
	var hashes audit.Hashes
	var tree audit.Tree
	leaves := make([][32]byte, len(all))
	for i, e := range all {
		leaves[i] = tree.Append(e.Stored)
		hashes.Add(leaves[i])
	}
	head := audit.Head{Size: acts, Root: tree.Root()}
	if root, err := hashes.Root(acts); err != nil || root != h.Snapshot().Audit.Root() {
		t.Errorf("the tree has another root: %v", err)
	}
	for i, e := range all {
		one, err := h.AuditEntry(e.AuditID)
		if err != nil || h.VerifyEntry(one) != nil || !bytes.Equal(one.Stored, e.Stored) {
			t.Errorf("%s: %v", e.AuditID, err)
		}
		proof, err := hashes.ProveInclusion(acts, uint64(i))
		if err == nil {
			err = audit.CheckInclusion(proof, head, uint64(i), leaves[i])
		}
		if err != nil {
			t.Errorf("%s: %v", e.AuditID, err)
		}
		if on, err := h.ActsOn(e.Target, 5); err != nil || len(on) == 0 {
			t.Errorf("acts on %s: %d, %v", e.Target, len(on), err)
		}
	}
	if err := h.ExportAudit(io.Discard); err != nil {
		t.Error(err)
	}
}

// axisBegins looks that the axis of time begins where the log does.
func axisBegins(t *testing.T, h *Host, base uint64) {
	t.Helper()
	began, err := h.Began()
	if err != nil {
		t.Fatal(err)
	}
	first, err := h.Ops(0, 1)
	if err != nil || first[0].At != began.UnixMicro() {
		t.Errorf("it began at %v, the first op was at %d, %v", began, first[0].At, err)
	}
	i, err := h.At(began)
	if err != nil || i.Seq <= base || i.State.Seq != i.Seq {
		t.Errorf("%+v, %v", i, err)
	}
	for _, seq := range []uint64{base, base + 1} {
		i, err := h.AtSeq(seq)
		m, err2 := h.Moment(seq)
		if err != nil || err2 != nil || i.Seq != seq || m.Seq != seq || (m.Event == "") != (seq == base) {
			t.Errorf("op %d: %+v, %v, %v", seq, m, err, err2)
		}
	}
	for _, err := range []error{errOf(h.AtSeq(base - 1)), errOf(h.At(time.UnixMicro(i.At - 400*day))), errOf(h.Moment(1))} {
		wantCode(t, err, oplog.CodeTrimmed)
	}
	long := began.Add(-60 * 24 * time.Hour)
	ticks, err := h.Density(long, h.Now().Add(time.Hour), 50)
	sum := uint64(0)
	for _, k := range ticks {
		sum += k.N
	}
	if err != nil || sum != h.Head().Seq-base {
		t.Errorf("the axis has %d ops of %d, %v", sum, h.Head().Seq-base, err)
	}
	if marks, err := h.Marks(long, h.Now().Add(time.Hour)); err != nil || len(marks) == 0 {
		t.Errorf("%v, %v", marks, err)
	}
}

// pagesEnd pages back to the beginning, where it ends.
func pagesEnd(t *testing.T, h *Host, fresh string) {
	t.Helper()
	found, pages := false, 0
	for at := h.Now().Add(time.Second); !at.IsZero(); pages++ {
		p, err := h.JobsBefore(at, 1)
		if err != nil {
			if found {
				wantCode(t, err, oplog.CodeTrimmed)
				break
			}
			t.Fatal(err)
		}
		for _, j := range p.Rows {
			found = found || j.JobID == fresh
		}
		at = p.Next
	}
	if !found || pages > 20 {
		t.Errorf("%d pages, found: %v", pages, found)
	}
	if _, err := h.RunsBefore(h.Now(), 1000); err != nil {
		t.Error(err)
	}
}

// Work that is open keeps all of its ops, however old they are, and with them all that came later.
func TestWhatIsOpenIsNotTrimmed(t *testing.T) {
	dir, d := filepath.Join(t.TempDir(), "mesh"), newDial()
	h := openAt(t, dir, d)
	filler(t, h, 1100)
	v, err := h.SubmitIntent(within(t), ada, Intent{Text: "some day"})
	if err != nil {
		t.Fatal(err)
	}
	filler(t, h, 1100)
	d.turn(90 * 24 * time.Hour)
	filler(t, h, 1100)
	was, err := h.Item(v.ItemID)
	if err != nil {
		t.Fatal(err)
	}
	closeHost(t, h)
	f := &keptFolder{dir: dir, d: d}
	if out := f.trim(t, d.now(), ""); out.Base != 1024 || out.Archive != filepath.Join(dir, "oplog-archive-1-1024.db") {
		t.Fatalf("%+v", out)
	}
	h = openAt(t, dir, d)
	carryOut(t, h, Action{Name: ActKill, Target: v.ItemID})
	filler(t, h, 1100)
	weeks(t, h, d, 1)
	is, err := h.Item(v.ItemID)
	if err != nil || !reflect.DeepEqual(is.Trail[:2], was.Trail) || is.Outcome != "cancelled" {
		t.Errorf("%+v\nwas %+v, %v", is.Trail, was.Trail, err)
	}
	closeHost(t, h)
	out := f.trim(t, d.now().Add(-48*time.Hour), "b.db")
	if out.Base <= 1024 {
		t.Fatalf("%+v", out)
	}
	c, err := CompactLog(within(t), dir, nil)
	if err != nil || c.Ops == 0 || c.BytesAfter <= 0 {
		t.Errorf("%+v, %v", c, err)
	}
	h = openAt(t, dir, d)
	_, err = h.Item(v.ItemID)
	if wantCode(t, err, oplog.CodeTrimmed); !strings.Contains(err.Error(), "oplog-archive-1-1024.db to b.db") {
		t.Errorf("%v", err)
	}
	auditsWhole(t, h, h.Snapshot().Acts)
	_, err = CompactLog(within(t), dir, nil)
	wantCode(t, err, oplog.CodeLocked)
}

package mesh

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// bookOf opens a log in a fresh folder, without a host, for tests that write ops of their own.
func bookOf(t testing.TB, now func() time.Time) *records {
	t.Helper()
	dir := t.TempDir()
	log, err := oplog.Open(dir, Projection{}, oplog.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return &records{dir: dir, log: log, blobs: oplog.OpenBlobs(dir), now: now}
}

func (r *records) write(t testing.TB, ds ...oplog.Draft) []oplog.Op {
	t.Helper()
	ops, err := r.log.Append(within(t), ds...)
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

// statusDraft is an op that hardly changes anything.
func statusDraft(node string, s Status) oplog.Draft {
	return draft(KindNodeStatus, "host", "", &NodeStatusChanged{Node: node, Status: s})
}

// actDraft is an entry's op with bytes that nobody signed; named as this version does it, or as the one before did.
func actDraft(id, target string, named bool) oplog.Draft {
	names := []string{IndexAudit}
	if named {
		names = append(names, actIndex(id), actIndex(target))
	}
	return draft(KindAuditEntry, ada, "", &AuditRecorded{
		AuditID: id, Action: ActPause, Target: target, Class: privacy.PairedPeersOnly, Stored: []byte("unsigned " + id),
	}, names...)
}

// uneven fills a log with ops whose times stand still and jump, some of them acts.
func uneven(t testing.TB, n int) (*records, []oplog.Op) {
	t.Helper()
	d := newDial()
	r := bookOf(t, d.now)
	acts := uint64(0)
	for i := range n {
		d.turn(time.Duration([...]int64{0, 1, 0, 350_000, 0, 2_000_000, 999_999}[i%7]*int64(1+i%5)) * time.Microsecond)
		if i%17 == 3 {
			acts++
			r.write(t, actDraft("a-"+itoa(acts), "bob", true))
			continue
		}
		r.write(t, statusDraft("bob", Status(i%3)))
	}
	ops, err := r.Ops(0, n+1)
	if err != nil || len(ops) != n {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	return r, ops
}

// window draws an interval around the ops.
func window(t *rapid.T, ops []oplog.Op) (from, to time.Time) {
	edge := func(name string) int64 {
		if rapid.Bool().Draw(t, name+" at an op") {
			return ops[rapid.IntRange(0, len(ops)-1).Draw(t, name)].At + rapid.Int64Range(-1, 1).Draw(t, name+" off")
		}
		return rapid.Int64Range(ops[0].At-5*second, ops[len(ops)-1].At+5*second).Draw(t, name)
	}
	return time.UnixMicro(edge("from")), time.UnixMicro(edge("to"))
}

func TestDensityCountsEveryOpOnce(t *testing.T) {
	r, ops := uneven(t, 1500)
	rapid.Check(t, func(t *rapid.T) {
		from, to := window(t, ops)
		n := rapid.OneOf(rapid.IntRange(-1, 12), rapid.IntRange(13, 400)).Draw(t, "columns")
		ticks, err := r.Density(from, to, n)
		if err != nil {
			t.Fatal(err)
		}
		if n <= 0 || !to.After(from) {
			if len(ticks) != 0 {
				t.Fatalf("%d columns of nothing", len(ticks))
			}
			return
		}
		if len(ticks) != n || ticks[0].At != from.UnixMicro() {
			t.Fatalf("%d columns from %d, want %d from %d", len(ticks), ticks[0].At, n, from.UnixMicro())
		}
		var sum, want uint64
		for _, op := range ops {
			if op.At >= from.UnixMicro() && op.At < to.UnixMicro() {
				want++
			}
		}
		for i, c := range ticks {
			end := to.UnixMicro()
			if i+1 < n {
				end = ticks[i+1].At
			}
			if end < c.At {
				t.Fatalf("column %d runs backwards", i)
			}
			var here uint64
			for _, op := range ops {
				if op.At >= c.At && op.At < end {
					here++
				}
			}
			if c.N != here {
				t.Fatalf("column %d of [%d, %d): %d, want %d", i, c.At, end, c.N, here)
			}
			sum += c.N
		}
		if sum != want {
			t.Fatalf("the columns have %d ops, the window %d", sum, want)
		}
	})
}

func TestDensityOfOddWindows(t *testing.T) {
	r, ops := uneven(t, 40)
	for name, w := range map[string][2]time.Time{
		"since year 1":     {{}, time.UnixMicro(ops[39].At + 1)},
		"all there can be": {{}, time.UnixMicro(1<<63 - 1)},
	} {
		ticks, err := r.Density(w[0], w[1], 7)
		var sum uint64
		for _, c := range ticks {
			sum += c.N
		}
		if err != nil || len(ticks) != 7 || sum != 40 {
			t.Errorf("%s: %d columns with %d ops, %v", name, len(ticks), sum, err)
		}
	}
	if ticks, err := r.Density(time.UnixMicro(0), time.UnixMicro(1<<60), 1<<30); err != nil || len(ticks) != ticksMost {
		t.Errorf("%d columns, %v", len(ticks), err)
	}
	if at, err := r.Began(); err != nil || at.UnixMicro() != ops[0].At {
		t.Errorf("began %s, %v", at, err)
	}
	empty := bookOf(t, time.Now)
	if at, err := empty.Began(); err != nil || !at.IsZero() {
		t.Errorf("an empty log began %s, %v", at, err)
	}
	if ticks, err := empty.Density(time.UnixMicro(0), time.UnixMicro(100), 3); err != nil || len(ticks) != 3 || ticks[2] != (Tick{66, 0}) {
		t.Errorf("an empty log: %v, %v", ticks, err)
	}
}

func TestMarksAreTheActsOfTheWindow(t *testing.T) {
	r, ops := uneven(t, 700)
	rapid.Check(t, func(t *rapid.T) {
		from, to := window(t, ops)
		marks, err := r.Marks(from, to)
		if err != nil {
			t.Fatal(err)
		}
		var want []oplog.Op
		for _, op := range ops {
			if op.Kind == KindAuditEntry && op.At >= from.UnixMicro() && op.At < to.UnixMicro() {
				want = append(want, op)
			}
		}
		if len(marks) != len(want) {
			t.Fatalf("%d marks, want %d", len(marks), len(want))
		}
		for i, m := range marks {
			var rec AuditRecorded
			if err := unmarshal(want[i].Body, &rec); err != nil {
				t.Fatal(err)
			}
			if m != (Mark{want[i].Seq, want[i].At, rec.AuditID, rec.Action, rec.Target, rec.Class, ada}) {
				t.Fatalf("mark %d is %+v", i, m)
			}
		}
	})
}

func TestMarksAreBoundedAndClean(t *testing.T) {
	d := newDial()
	r := bookOf(t, d.now)
	ds := make([]oplog.Draft, 0, marksMost+5)
	for i := range marksMost + 5 {
		ds = append(ds, actDraft("a-"+itoa(uint64(i)), "bob", true))
	}
	ds = append(ds, draft(KindAuditEntry, ada, "", &AuditRecorded{AuditID: "a-x", Action: "\x1b[31mred", Target: "two\nlines"}, IndexAudit))
	ops := r.write(t, ds...)
	marks, err := r.Marks(time.Time{}, d.now().Add(time.Second))
	if err != nil || len(marks) != marksMost || marks[marksMost-1].Seq != ops[len(ops)-1].Seq || marks[0].Seq != ops[6].Seq {
		t.Fatalf("%d marks from op %d, %v", len(marks), marks[0].Seq, err)
	}
	last := marks[marksMost-1]
	if strings.ContainsAny(last.Action+last.Target, "\x1b\n") {
		t.Errorf("%+v", last)
	}
}

// Stepping goes op by op, those of one time too, and a time leads to the last op that had happened.
func TestEventsAreSteps(t *testing.T) {
	r, ops := uneven(t, 2600)
	for _, i := range []int{0, 1, 2, 1022, 1023, 1024, 1500, 2047, 2048, len(ops) - 2} {
		e, ok, err := r.NextEvent(ops[i].Seq)
		if err != nil || !ok || e != (Stop{Seq: ops[i+1].Seq, At: ops[i+1].At}) {
			t.Errorf("after op %d: %+v, %v, %v", ops[i].Seq, e, ok, err)
		}
		last := i
		for last+1 < len(ops) && ops[last+1].At == ops[i].At {
			last++
		}
		e, ok, err = r.EventAt(time.UnixMicro(ops[i].At))
		if err != nil || !ok || e != (Stop{Seq: ops[last].Seq, At: ops[i].At}) {
			t.Errorf("at op %d: %+v, %v, %v; want op %d", ops[i].Seq, e, ok, err, ops[last].Seq)
		}
	}
	if e, ok, err := r.NextEvent(ops[len(ops)-1].Seq); ok || err != nil {
		t.Errorf("after the last: %+v, %v", e, err)
	}
	if e, ok, err := r.EventAt(time.UnixMicro(ops[0].At - 1)); ok || err != nil {
		t.Errorf("before the first: %+v, %v", e, err)
	}
}

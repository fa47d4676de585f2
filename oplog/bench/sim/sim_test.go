package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/oplog"
)

// tale folds the ops of a recipe, without a disk.
func tale(t *testing.T, r Recipe, people float64, each func(before, s *mesh.State, op oplog.Op)) *mesh.State {
	t.Helper()
	if err := r.check(); err != nil {
		t.Fatal(err)
	}
	p := mesh.Projection{}
	w, s := newSim(r), p.New()
	w.people = people
	for seq := uint64(1); seq <= r.Ops; {
		drafts := w.commit()
		if len(drafts) == 0 {
			t.Fatalf("a commit without ops after op %d", seq-1)
		}
		for _, d := range drafts {
			op := oplog.Op{Seq: seq, At: w.now.UnixMicro(), Kind: d.Kind, Actor: d.Actor, Trace: d.Trace, Body: d.Body, Index: d.Index}
			before := p.Clone(s)
			s = p.Apply(s, op)
			if each != nil {
				each(before, s, op)
			}
			seq++
		}
	}
	return s
}

// TestEveryOpCounts wants of each op that it changes the state beyond what its time alone does, and of the sim that it
// writes ops of every kind that the reducer knows.
func TestEveryOpCounts(t *testing.T) {
	const ops = 6000
	kinds := map[string]int{}
	p := mesh.Projection{}
	tale(t, Recipe{Ops: ops, Nodes: 60, PerDay: 300, Seed: 3}, 0.2, func(before, s *mesh.State, op oplog.Op) {
		if kinds[op.Kind]++; kinds[op.Kind] > 8 {
			return // enough of these, each costs two encodings
		}
		nothing := p.Apply(p.Clone(before), oplog.Op{Seq: op.Seq, At: op.At, Kind: "of_tomorrow"})
		if bytes.Equal(p.Encode(nothing), p.Encode(p.Clone(s))) {
			t.Fatalf("op %d, %s, changed nothing", op.Seq, op.Kind)
		}
	})
	for _, k := range []string{
		mesh.KindHostStarted, mesh.KindInviteMinted, mesh.KindInviteRevoked, mesh.KindNodeAdmitted, mesh.KindNodeDescribed, mesh.KindNodeStatus,
		mesh.KindNodeMode, mesh.KindNodeLocked, mesh.KindNodeGone, mesh.KindJobSubmitted, mesh.KindJobLeased, mesh.KindJobStarted, mesh.KindJobRequeued,
		mesh.KindJobFinished, mesh.KindCapSet, mesh.KindAccessAdded, mesh.KindAccessRemoved, mesh.KindAuditEntry, mesh.KindItemAdmitted,
		mesh.KindItemTriaged, mesh.KindItemOverridden, mesh.KindItemsBatched, mesh.KindItemClosed, mesh.KindItemSuggested,
		mesh.KindWorkflowStarted, mesh.KindActivityExpanded, mesh.KindActivitySkipped, mesh.KindActivityReused, mesh.KindWorkflowFinished,
	} {
		if kinds[k] == 0 {
			t.Errorf("there is no op of kind %s among %d", k, ops)
		}
	}
}

// TestTheMeshLives wants work that ends and a state that does not grow with the log.
func TestTheMeshLives(t *testing.T) {
	var ended, flows, closed int
	size := map[uint64]int{}
	s := tale(t, Recipe{Ops: 15_000, Nodes: 30, Skewed: true, PerDay: 1500, Seed: 5}, 0.01, func(_, s *mesh.State, op oplog.Op) {
		switch op.Kind {
		case mesh.KindJobFinished:
			ended++
		case mesh.KindWorkflowFinished:
			flows++
		}
		if op.Seq%5000 == 0 {
			size[op.Seq] = len(s.Jobs()) + len(s.Runs()) + len(s.Hopper().Items()) + len(s.Invites())
		}
	})
	if ended < 1000 || flows < 25 {
		t.Errorf("%d jobs and %d workflows ended", ended, flows)
	}
	if first, last := size[5000], size[15_000]; last > first*3/2 {
		t.Errorf("the state has %d entities after 5,000 ops and %d after 15,000", first, last)
	}
	if n := len(s.Held()) + s.QueueLen(); n == 0 || n > 100 {
		t.Errorf("%d jobs are open", n)
	}
	for _, it := range s.Hopper().Items() {
		if it.State == hopper.Closed {
			closed++
		}
		if s.At-it.At > int64(72*time.Hour/time.Microsecond) {
			t.Errorf("%s is %v old and still there, %s", it.ID, time.Duration(s.At-it.At)*time.Microsecond, it.State)
		}
	}
	if _, _, history := s.Hopper().Counts(); history == 0 || closed != history {
		t.Errorf("%d items closed, %d in the history", closed, history)
	}
	busiest := 0
	for _, n := range s.Workers() {
		for _, h := range n.Last {
			if h.Job != "" {
				busiest++
				break
			}
		}
	}
	if len(s.Workers()) != 30 || busiest == 0 {
		t.Errorf("%d nodes, %d of them had work lately", len(s.Workers()), busiest)
	}
}

func TestTheSameRecipeGivesTheSameLog(t *testing.T) {
	r := Recipe{Ops: 1500, Nodes: 12, PerDay: 500, Seed: 7}
	dir := t.TempDir()
	a, err := Make(t.Context(), dir, r, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := Ready(dir, r); !ok || m.Head != a.Head || m.Rate() <= 0 {
		t.Errorf("what was made is not found again: %+v", m)
	}
	if _, ok := Ready(dir, Recipe{Ops: 1501, Nodes: 12, PerDay: 500, Seed: 7}); ok {
		t.Error("a log is taken for that of another recipe")
	}
	b, err := Make(t.Context(), t.TempDir(), r, io.Discard)
	if err != nil || b.Head != a.Head || b.Ops != 1500 {
		t.Errorf("%d ops with head %s, then %d with %s, %v", a.Ops, a.Head, b.Ops, b.Head, err)
	}
	r.Seed++
	if c, err := Make(t.Context(), t.TempDir(), r, io.Discard); err != nil || c.Head == a.Head {
		t.Errorf("another seed gives the same log, %v", err)
	}
	if _, err := Make(t.Context(), dir, r, io.Discard); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a folder with a log is taken: %v", err)
	}
	for _, bad := range []Recipe{{Nodes: 1}, {Ops: 1}, {Ops: 1, Nodes: 1, PerDay: -1}} {
		if _, err := Make(t.Context(), t.TempDir(), bad, io.Discard); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestALogThatIsNotFinishedIsGood(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop() // which it notices when it waits for the disk
	dir := t.TempDir()
	m, err := Make(ctx, dir, Recipe{Ops: 10_000_000, Nodes: 4, PerDay: 500, Seed: 1}, io.Discard)
	if !errors.Is(err, context.Canceled) || m.Ops == 0 || m.Ops >= 10_000_000 {
		t.Fatalf("%d ops, %v", m.Ops, err)
	}
	rep, err := oplog.VerifyDir(t.Context(), dir, mesh.Projection{}, nil)
	if err != nil || rep.Problem != "" || rep.Ops != m.Ops {
		t.Fatalf("%+v, %v", rep, err)
	}
	if _, ok := Ready(dir, m.Recipe); ok {
		t.Error("an unfinished log counts as made")
	}
	if err := Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is not removed: %v", err)
	}
	other := t.TempDir()
	if err := Remove(other); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a folder that is no log of the generator is removed: %v", err)
	}
}

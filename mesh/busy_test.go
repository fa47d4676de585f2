package mesh

import (
	"strings"
	"testing"
	"time"

	"voxmesh/oplog"
)

// A node that says again and again that it is full is asked more and more seldom, until a job of it ends.
func TestAFullNodeIsAskedSeldom(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := newBusyNodes(func() time.Time { return now })
	for i, want := range []time.Duration{2, 4, 8, 10, 10} {
		b.set("bob", "cpu")
		now = now.Add(want*time.Second - 1)
		if !b.is("bob", "cpu") || b.is("bob", "gpu") || b.is("bobo", "cpu") {
			t.Errorf("time %d: asked again before %d s", i, want)
		}
		if now = now.Add(1); b.is("bob", "cpu") {
			t.Errorf("time %d: not asked again after %d s", i, want)
		}
	}
	b.set("bob", "cpu")
	b.ended("bo")
	if !b.is("bob", "cpu") {
		t.Error("a job of another node counts")
	}
	b.ended("bob")
	if b.is("bob", "cpu") {
		t.Error("a job ended, and it is left alone")
	}
	now = now.Add(time.Hour)
	b.set("bob", "cpu")
	if now = now.Add(busyFor); b.is("bob", "cpu") {
		t.Error("what it said an hour ago counts")
	}
}

// Why a job waits is what the node said of it, not that it is next.
func TestExplainHasWhatTheNodeSaid(t *testing.T) {
	tp := newTape().start("bob")
	tp.submit("j-1")
	tp.lease("j-1", "bob", 1)
	const said = "per_peer_overrides[mira@aurelia].max_concurrent (line 4 of donations.vox): 1 jobs of \"mira@aurelia\" run here, of at most 1"
	j := tp.job(t, "j-1")
	op := newSteps(tp.s).requeue(j, CauseYield, said, "")
	tp.drafts([]oplog.Draft{op})
	if e := explain(tp.s, nil, tp.now(), tp.job(t, "j-1")); !strings.HasPrefix(e.Why, "bob said not now: per_peer_overrides") {
		t.Errorf("it says %q", e.Why)
	}
}

package meshpane

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

func (o *ops) spend(node string, cents int64) {
	id := fmt.Sprintf("j-%04x", o.seq)
	o.add(mesh.KindJobSubmitted, mesh.Encode(&mesh.JobSubmitted{Job: id, Run: "r" + id[1:], Kind: "cpu", Runner: "wasm", Class: privacy.PairedPeersOnly}))
	o.add(mesh.KindJobLeased, mesh.Encode(&mesh.JobLeased{Job: id, Node: node, Attempt: 1}))
	o.add(mesh.KindJobStarted, mesh.Encode(&mesh.JobStarted{Job: id, Attempt: 1}))
	o.add(mesh.KindJobFinished, mesh.Encode(&mesh.JobFinished{Job: id, Attempt: 1, Status: mesh.Succeeded, CostMicros: cents * 10_000}))
}

func (r *rig) inspector() string {
	b := cell.New(120, 40)
	r.p.Draw(b, layout.Screen(120, 40, layout.Parts{Scrubber: true, Strip: true}))
	var out strings.Builder
	for y := range b.H {
		for x := 78; x < b.W; x++ {
			out.WriteString(b.At(x, y).S)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// What an hour cost is the same whether it is summed at once or, of many jobs, in a command; until the first sum is
// there, a dash stands in its place.
func TestLastHour(t *testing.T) {
	o := meshOf("alice-gpu", "bob-cpu")
	r := newRig(t, o, &shelf{})
	r.s.Node = "bob-cpu"
	for range 3 {
		o.spend("bob-cpu", 7)
	}
	r.s.World = world(o.st)
	r.p.Update(pane.Changed{})
	if got := r.inspector(); !strings.Contains(got, "$0.21 an hour") {
		t.Errorf("of few jobs:\n%s", got)
	}
	for range manyJobs {
		o.spend("alice-gpu", 1)
	}
	r.s.World = world(o.st)
	_, cmd := r.p.Update(pane.Changed{})
	if got := r.inspector(); !strings.Contains(got, "– an hour") {
		t.Errorf("before the sum:\n%s", got)
	}
	r.do(cmd)
	if got := r.inspector(); !strings.Contains(got, "$0.21 an hour") {
		t.Errorf("after it:\n%s", got)
	}
	r.s.Node = "alice-gpu"
	if got := r.inspector(); !strings.Contains(got, "$5.00 an hour") {
		t.Errorf("of the other:\n%s", got)
	}
	for name, sums := range map[string]hourly{"the same": sumHour(o.st, time.Time{}, now), "later": sumHour(o.st, time.Time{}, now.Add(2*time.Hour))} {
		for _, id := range []string{"alice-gpu", "bob-cpu"} {
			if want := o.st.CostSince(sums.at.Add(-time.Hour), id); sums.of[id] != want {
				t.Errorf("%s: %s cost %d, want %d", name, id, sums.of[id], want)
			}
		}
	}
}

// Sums are asked for once a second at most, and of another instant at once.
func TestLastHourIsSummedSeldom(t *testing.T) {
	o := meshOf("alice-gpu")
	for range manyJobs + 1 {
		o.spend("alice-gpu", 1)
	}
	r := newRig(t, o, &shelf{})
	clock := now
	r.s.Now = func() time.Time { return clock }
	asked := func() bool {
		cmd := r.p.hour.follow(r.s)
		if cmd != nil {
			r.do(func() tea.Msg { return cmd() })
		}
		return cmd != nil
	}
	if !asked() || asked() {
		t.Error("it is summed once")
	}
	o.spend("alice-gpu", 1)
	r.s.World = world(o.st)
	if clock = clock.Add(sumEvery / 2); asked() {
		t.Error("twice in a second")
	}
	if clock = clock.Add(sumEvery); !asked() {
		t.Error("not after a second")
	}
	if clock = clock.Add(2 * sumEvery); asked() {
		t.Error("although nothing happened")
	}
	r.s.World.Past = now.Add(-time.Minute)
	if !asked() {
		t.Error("not of another instant")
	}
}

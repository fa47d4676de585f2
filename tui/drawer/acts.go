package drawer

import (
	"cmp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
)

// acts are the entries of the audit log that touched the run, its jobs, or a node that held one of them meanwhile.
type acts struct {
	all   []mesh.AuditEntry // oldest first
	have  bool
	known uint64 // how many entries there were when they were asked for
	asked uint64
	err   error
}

type actsRead struct {
	generation uint64
	all        []mesh.AuditEntry
	err        error
}

const (
	actsMost  = 100 // of one run, or one node
	nodesMost = 8   // whose acts are looked at
)

// readActs reads the acts where there are more than before.
func (l *Layer) readActs() tea.Cmd {
	a := &l.acts
	known := l.s.World.State.Acts
	if a.asked != 0 || a.err != nil || !l.s.World.Lost.IsZero() || a.have && (known <= a.known || !l.s.Live()) {
		return nil
	}
	a.asked, a.known = l.s.Generation(), known
	gen, run, rec, v := a.asked, l.run, l.rec, l.loaded.view
	return func() tea.Msg {
		all, err := readActs(rec, run, &v)
		return actsRead{gen, all, err}
	}
}

func readActs(rec Records, run string, v *mesh.RunView) ([]mesh.AuditEntry, error) {
	all, err := rec.ActsOn(run, actsMost)
	if err != nil {
		return nil, err
	}
	all = slices.Clone(all)
	for _, node := range nodesOf(v.Root) {
		on, err := rec.ActsOn(node, actsMost)
		if err != nil {
			return nil, err
		}
		for _, e := range on {
			if e.TsMicros >= v.Start && (v.EndedAt == 0 || e.TsMicros <= v.EndedAt) {
				all = append(all, e)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b mesh.AuditEntry) int { return cmp.Compare(a.Op, b.Op) })
	return slices.CompactFunc(all, func(a, b mesh.AuditEntry) bool { return a.Op == b.Op }), nil
}

func nodesOf(s mesh.SpanView) []string {
	var out []string
	var walk func(mesh.SpanView)
	walk = func(s mesh.SpanView) {
		if s.NodeID != "" && len(out) < nodesMost && !slices.Contains(out, s.NodeID) {
			out = append(out, s.NodeID)
		}
		for _, c := range s.Children {
			walk(c)
		}
	}
	walk(s)
	return out
}

func (l *Layer) actsEnded(m actsRead) tea.Cmd {
	a := &l.acts
	if m.generation != a.asked {
		return nil
	}
	a.asked, a.err = 0, m.err
	if m.err == nil {
		a.all, a.have = m.all, true
	}
	if l.loaded.have {
		l.arrange()
	}
	return nil
}

// shownActs are those that had been done at the instant that is shown.
func (l *Layer) shownActs() []mesh.AuditEntry {
	if l.s.World.Past.IsZero() {
		return l.acts.all
	}
	var out []mesh.AuditEntry
	for _, e := range l.acts.all {
		if e.Op <= l.s.World.State.Seq {
			out = append(out, e)
		}
	}
	return out
}

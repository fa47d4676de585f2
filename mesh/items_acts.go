package mesh

import (
	"context"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// needsOverride is vox/hopper/capability-required.
func needsOverride(item string) *fault.Error {
	return fault.New("vox/hopper/capability-required", "changing the priority or the place of %s needs a DeveloperOverride", printable(item)).
		WithHint(`voxmesh hopper reprioritize %s PRIORITY --confirm %s --reason "why"`, printable(item), printable(item))
}

// Reprioritize changes the priority of an item, or, with place over 0, its place in the inbox (from 1; the priority follows
// its new neighbours where p is 0). The signed entry is in the same commit. What it means at each state: an item of the
// inbox is queued anew; an assigned one is recalled unless it started; one that runs is asked to yield where its priority
// falls; a closed one is refused. Codes: vox/hopper/capability-required, vox/hopper/unknown, vox/hopper/closed,
// vox/act/impossible, vox/act/nothing-to-do. The capability is spent only where the act is possible.
func (h *Host) Reprioritize(ctx context.Context, g *audit.DeveloperOverride, item string, p hopper.Priority, place int) (ItemView, error) {
	if !g.Grant().Valid() || g.Target() != item {
		return ItemView{}, needsOverride(item)
	}
	w := &act{name: ActReprioritize, target: item, actor: g.Actor(), reason: g.Reason()}
	err := h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		if err := next.override(w, p, place); err != nil {
			return nil, err
		}
		if err := g.Spend(w.actor, item); err != nil {
			return nil, err
		}
		return append(w.ops, h.entry(next, w)), nil
	})
	if err != nil {
		return ItemView{}, err
	}
	return h.itemAnswer(w)
}

// override decides what a person's word means for an item at the state that it is in, and fills in the act's ops.
func (s *State) override(w *act, p hopper.Priority, place int) error {
	it, err := s.item(w.target)
	if err != nil {
		return err
	}
	rec, err := s.overridden(it, p, place)
	if err != nil {
		return err
	}
	w.begin(s, it.Class)
	rec.Reason, rec.AuditID = w.reason, w.id
	w.detail = map[string]string{
		"item_id": it.ID, "original_priority": it.Value.String(), "original_source": it.Source.String(),
		"developer_priority": hopper.Priority(rec.To).String(), "capability": CapabilityOverride, "state": it.State.String(),
	}
	if rec.Place > 0 {
		w.detail["place"] = itoa(uint64(rec.Place))
	}
	w.ops = append(w.ops, w.draft(KindItemOverridden, s.traceOf(it), rec, itemIndex(it.ID)))
	if it.State == hopper.Assigned {
		steps := newSteps(s)
		for _, j := range s.itemJobs(it) {
			if j.State == Leased {
				w.ops = append(w.ops, steps.requeue(j, CauseYield, "recalled by "+w.id, w.id))
			}
		}
	}
	return nil
}

// overridden is the change itself, or why there is none.
func (s *State) overridden(it *hopper.Item, p hopper.Priority, place int) (*ItemOverridden, error) {
	switch {
	case it.State == hopper.Closed:
		return nil, closedItem(it)
	case p > hopper.Urgent || place < 0 || p == 0 && place == 0:
		return nil, fault.New("vox/act/impossible", "%s is to get a priority from 1 to 9, or a place from 1", it.ID).
			WithHint("voxmesh hopper reprioritize %s urgent", it.ID)
	case it.State == hopper.Started && place > 0:
		return nil, fault.New("vox/act/impossible", "%s runs: it has no place in the inbox", it.ID).
			WithHint("lower its priority, and it makes room as soon as other work wants its slot")
	}
	rec := &ItemOverridden{Item: it.ID, From: uint8(it.Value), To: uint8(p)}
	if place == 0 {
		if it.Value == p && it.Source == hopper.Developer && it.Order == hopper.Due(it.Rank, it.At) {
			return nil, fault.New("vox/act/nothing-to-do", "%s is %s already, by a developer", it.ID, p).
				WithHint("voxmesh hopper inbox shows what waits in which order")
		}
		rec.Yield = it.State == hopper.Started && p < it.Value
		return rec, nil
	}
	m, ok := s.hopper.MoveTo(it.ID, place)
	if !ok {
		return nil, unknownItem(it.ID)
	}
	if p == 0 {
		p = m.Clamp(it.Value)
	}
	if m.Place == s.hopper.Place(it.ID) && p == it.Value {
		return nil, fault.New("vox/act/nothing-to-do", "%s is at place %d already", it.ID, m.Place).
			WithHint("voxmesh hopper inbox shows what waits in which order")
	}
	rec.To, rec.Place, rec.Order = uint8(p), uint32(m.Place), m.Order
	return rec, nil
}

// itemJobs gives the jobs of an item that are in the state.
func (s *State) itemJobs(it *hopper.Item) []*Job {
	if run, ok := s.Run(it.Run); ok && run.Item == it.ID {
		return s.jobsOf(run)
	}
	return nil
}

func (s *State) traceOf(it *hopper.Item) string {
	if run, ok := s.Run(it.Run); ok {
		return run.Trace
	}
	return ""
}

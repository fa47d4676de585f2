package mesh

import (
	"context"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// Batched is a batch that was made.
type Batched struct {
	BatchID   string     `json:"batch_id"`
	AuditID   string     `json:"audit_id"`
	Signature string     `json:"signature"`
	Items     []ItemView `json:"items"`
}

// maxBatch is how many items can be one batch: the op that makes it is found under the name of each, and of itself.
const maxBatch = oplog.MaxNames - 1

// Batch makes several items of the inbox start as one, and be cancelled as one: kill takes its id. They go to the place of
// the last of them, so nobody is overtaken and no capability is needed. Codes: vox/hopper/unknown, vox/hopper/closed,
// vox/hopper/batch, vox/hopper/capability-required.
func (h *Host) Batch(ctx context.Context, actor string, items []string) (Batched, error) {
	w := &act{name: ActBatch, actor: actor}
	if len(items) > maxBatch {
		return Batched{}, fault.New("vox/hopper/batch", "%d items are too many for one batch: at most %d", len(items), maxBatch).
			WithHint("make several batches of them")
	}
	err := h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		if err := next.hopper.CanGroup(items); err != nil {
			return nil, err
		}
		w.target = shortID("b-", next.Batches)
		w.begin(next, next.widest(items))
		w.detail = map[string]string{"items": itoa(uint64(len(items)))}
		if list := strings.Join(items, " "); len(list) <= 1000 {
			w.detail["item_ids"] = list
		}
		rec := &ItemsBatched{Batch: w.target, Items: items, AuditID: w.id}
		index := []string{itemIndex(w.target)}
		for _, id := range items {
			index = append(index, itemIndex(id))
		}
		return []oplog.Draft{w.draft(KindItemsBatched, "", rec, index...), h.entry(next, w)}, nil
	})
	if err != nil {
		return Batched{}, err
	}
	s := h.Snapshot()
	return Batched{
		BatchID: w.target, AuditID: w.result.AuditID, Signature: w.result.Signature,
		Items: s.ItemViews(s.hopper.Batch(w.target), h.Telemetry(), h.now()),
	}, nil
}

// widest is the widest class of items.
func (s *State) widest(items []string) privacy.Class {
	class := privacy.Unknown
	for _, id := range items {
		if it, ok := s.hopper.Item(id); ok {
			class = max(class, it.Class)
		}
	}
	return class
}

// itemsOf gives the items that a target of an act names: one, or those of a batch. Code vox/hopper/unknown.
func (s *State) itemsOf(target string) ([]*hopper.Item, error) {
	if strings.HasPrefix(target, "b-") {
		if items := s.hopper.Batch(target); len(items) > 0 {
			return items, nil
		}
		return nil, unknownBatch(target)
	}
	it, err := s.item(target)
	if err != nil {
		return nil, err
	}
	return []*hopper.Item{it}, nil
}

func unknownBatch(id string) *fault.Error {
	return fault.New("vox/hopper/unknown", "there is no batch %s in the hopper", printable(id)).
		WithHint("voxmesh hopper inbox lists what waits, with its batch")
}

// isItem reports whether an id is of the hopper: an item's or a batch's.
func isItem(id string) bool { return strings.HasPrefix(id, "h-") || strings.HasPrefix(id, "b-") }

// prepareKillItems ends items: those of the inbox at once, the others with all that is left of their runs.
func (h *Host) prepareKillItems(next *State, w *act) error {
	items, err := next.itemsOf(w.target)
	if err != nil {
		return err
	}
	class := privacy.Unknown
	for _, it := range items {
		class = max(class, it.Class)
	}
	w.begin(next, class)
	x := newSteps(next)
	for _, it := range items {
		switch {
		case it.State == hopper.Closed:
		case it.State == hopper.Inbox:
			rec := &ItemClosed{Item: it.ID, Outcome: uint8(hopper.Cancelled), Why: "killed by " + w.id, AuditID: w.id}
			w.ops = append(w.ops, w.draft(KindItemClosed, "", rec, itemIndex(it.ID)))
			w.result.Affected++
		default:
			if run, ok := next.Run(it.Run); ok {
				h.endRun(x, w, run)
			}
		}
	}
	if len(w.ops) > 0 {
		return nil
	}
	if len(items) == 1 && items[0].ID == w.target {
		return fault.New("vox/act/nothing-to-do", "%s is closed already: %s", w.target, items[0].Outcome).
			WithHint("voxmesh hopper history shows how it ended")
	}
	return fault.New("vox/act/nothing-to-do", "all of %s is closed already", w.target).WithHint("voxmesh hopper history shows how it ended")
}

// endRun ends all that is left of a run.
func (h *Host) endRun(x *steps, w *act, run *Run) {
	h.endJobs(x, w, x.s.jobsOf(run))
	w.endFlow(run)
}

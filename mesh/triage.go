package mesh

import (
	"slices"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/oplog"
)

// triageLoop makes runs of the intents in the inbox as soon as the mesh has a model for them.
func (h *Host) triageLoop() {
	moved := h.Watch(h.ctx)
	none := uint64(0) // in the state after this op no intent waited
	for more := true; more; _, more = <-moved {
		for h.triage(&none) {
		}
	}
}

// triage makes one pass, in one commit, and reports whether another may find more to do. It looks through the inbox only
// while there is a model and an intent came since none waited: the inbox may be long, and everything that happens wakes
// the loop.
func (h *Host) triage(none *uint64) bool {
	s := h.Snapshot()
	if h.ctx.Err() != nil || *none > h.intents.Load() || s.DefaultModel() == "" {
		return false
	}
	if !s.hasIntents() {
		*none = max(s.Seq, 1)
		return false
	}
	given := 0
	err := h.commit(h.ctx, func(next *State) ([]oplog.Draft, error) {
		drafts := next.triageOps()
		given = len(drafts) / 2
		return drafts, nil
	})
	if err != nil {
		h.cfg.Log("triage: %v", err)
	}
	return err == nil && given > 0
}

// hasIntents reports whether an item waits for a model.
func (s *State) hasIntents() bool {
	return slices.ContainsFunc(s.hopper.Inbox(0), func(it *hopper.Item) bool { return it.State == hopper.Inbox })
}

// triageOps makes runs of the first intents of the inbox: leasesPerPass of them, and a batch as a whole.
func (s *State) triageOps() []oplog.Draft {
	var drafts []oplog.Draft
	n, batch := uint64(0), ""
	for _, it := range s.hopper.Inbox(0) {
		if it.State != hopper.Inbox {
			continue
		}
		if n >= leasesPerPass && (batch == "" || it.Batch != batch) {
			break
		}
		rec, ok := s.intentJob(admittedOf(it))
		if !ok {
			continue
		}
		rec.Item, rec.Job, rec.Run, rec.Submitter = it.ID, shortID("j-", s.Submitted+n), s.runAfter(n), s.Operator
		trace := newTrace()
		drafts = append(drafts,
			draft(KindItemTriaged, "host", trace, &ItemTriaged{Item: it.ID, Run: rec.Run}, itemIndex(it.ID)),
			draft(KindJobSubmitted, it.Actor, trace, rec, submitIndex(rec)...))
		n, batch = n+1, it.Batch
	}
	return drafts
}

// admittedOf is an item of the inbox as it came in, with the rank that it has by now.
func admittedOf(it *hopper.Item) *ItemAdmitted {
	return &ItemAdmitted{
		Item: it.ID, Intent: it.Intent, Prompt: it.Prompt, Class: it.Class, Priority: uint8(it.Value), Source: uint8(it.Source),
		Kind: it.Kind, Models: it.Models, Nodes: it.Nodes, On: it.On,
	}
}

// intentJob is the text job that an intent becomes, without its ids; false while no online node has a model.
func (s *State) intentJob(it *ItemAdmitted) (*JobSubmitted, bool) {
	model := s.DefaultModel()
	if model == "" {
		return nil, false
	}
	for _, m := range it.Models {
		if s.offers(func(n *Node) bool { return n.fitting(m) }) {
			model = m
			break
		}
	}
	rec := &JobSubmitted{
		Kind: "text", Runner: "text", Model: model, Prompt: it.Prompt, Class: it.Class, Priority: it.Priority, Source: it.Source,
		On: it.On, Title: clean.Max(it.Intent, 60).String(),
	}
	// A question to a model fits a gpu slot too. The hint counts where a node has both, so that it is never a dead end.
	if it.Kind == "gpu" && s.offers(func(n *Node) bool { _, ok := n.slot("gpu"); return ok && n.fitting(model) }) {
		rec.Kind = "gpu"
	}
	return rec, true
}

// offers reports whether a node that is online is as asked.
func (s *State) offers(so func(*Node) bool) bool {
	return slices.ContainsFunc(s.Nodes(), func(n *Node) bool { return n.Status == Online && so(n) })
}

// fitting reports whether the node has a model that fits its memory.
func (n *Node) fitting(model string) bool {
	return slices.ContainsFunc(n.Models, func(m Model) bool { return m.Name == model && m.Fits })
}

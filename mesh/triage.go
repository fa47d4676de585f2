package mesh

import (
	"slices"
	"strconv"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/oplog"
)

// triageLoop makes runs of the intents in the inbox as soon as the mesh has a model for them.
func (h *Host) triageLoop() {
	moved := h.Watch(h.ctx)
	var seen triaged
	for more := true; more; _, more = <-moved {
		for h.triage(&seen) {
		}
	}
}

// triaged is what the last pass that could do nothing saw. The inbox may be long, and everything that happens wakes the
// loop: it is looked through only if an intent came since, or one waits and the models are others.
type triaged struct {
	seq    uint64 // of the state
	waits  bool   // an intent was there
	models string // see offered
}

// triage makes one pass, in one commit, and reports whether another may find more to do.
func (h *Host) triage(seen *triaged) bool {
	s := h.Snapshot()
	old := seen.seq > h.intents.Load()
	if h.ctx.Err() != nil || old && !seen.waits {
		return false
	}
	now := triaged{seq: max(s.Seq, 1), models: s.offered()}
	if old && now.models == seen.models {
		return false
	}
	given := 0
	if now.waits = s.hasIntents(); now.waits && now.models != "" {
		err := h.commit(h.ctx, func(next *State) ([]oplog.Draft, error) {
			drafts := next.triageOps()
			given = len(drafts) / 2
			return drafts, nil
		})
		if err != nil {
			h.cfg.Log("triage: %v", err)
			return false
		}
	}
	if given == 0 {
		*seen = now
	}
	return given > 0
}

// offered names the models that nodes have who are online.
func (s *State) offered() string {
	var b strings.Builder
	for _, n := range s.Nodes() {
		if n.Status != Online || len(n.Models) == 0 {
			continue
		}
		b.WriteString(n.ID)
		for _, m := range n.Models {
			b.WriteString("\x00" + m.Name + strconv.FormatBool(m.Fits))
		}
		b.WriteByte('\n')
	}
	return b.String()
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
			draft(KindJobSubmitted, it.Actor, trace, rec, submitIndex(rec, trace)...))
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

// intentJob is the text job that an intent becomes, without its ids; false while no model is there for it.
func (s *State) intentJob(it *ItemAdmitted) (*JobSubmitted, bool) {
	model := s.intentModel(it)
	if model == "" {
		return nil, false
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

// intentModel is the model that answers an intent: one that it names and an online node has; else the mesh's default; but
// where it is for a node, or names one, that has another, that node's. Empty: there is none as things are.
func (s *State) intentModel(it *ItemAdmitted) string {
	on := func(n *Node) bool { return it.On == "" || n.ID == it.On }
	for _, m := range it.Models {
		if s.offers(func(n *Node) bool { return on(n) && n.fitting(m) }) {
			return m
		}
	}
	model := s.DefaultModel()
	wanted := func(n *Node) bool {
		if it.On != "" {
			return n.ID == it.On
		}
		return slices.Contains(it.Nodes, n.ID) || n.Label != "" && slices.Contains(it.Nodes, n.Label)
	}
	if s.offers(func(n *Node) bool { return wanted(n) && n.fitting(model) }) {
		return model
	}
	for _, n := range s.Nodes() {
		if n.Status != Online || !wanted(n) {
			continue
		}
		for _, m := range n.Models {
			if m.Fits {
				return m.Name
			}
		}
	}
	if it.On != "" {
		return ""
	}
	return model
}

// offers reports whether a node that is online is as asked.
func (s *State) offers(so func(*Node) bool) bool {
	return slices.ContainsFunc(s.Nodes(), func(n *Node) bool { return n.Status == Online && so(n) })
}

// fitting reports whether the node has a model that fits its memory.
func (n *Node) fitting(model string) bool {
	return slices.ContainsFunc(n.Models, func(m Model) bool { return m.Name == model && m.Fits })
}

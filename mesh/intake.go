package mesh

import (
	"context"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/oplog"
)

// Intent is what somebody wants done, in words.
type Intent struct {
	Text    string
	Session string        // where it was said: an editor, a chat; or empty
	Class   privacy.Class // Unknown: paired-peers-only
	// Priority is what the person says it is; 0: the classifier decides.
	Priority hopper.Priority
	On       string // a node's id or label, or empty
}

// maxIntentBytes bounds an intent: what a person says, not a book.
const maxIntentBytes = 64 << 10

// SubmitIntent takes an intent in. It is durable, classified and signed when this returns: a text job for the default
// model, or, while the mesh has no model, an item of the inbox. Codes: vox/hopper/intent-empty, vox/hopper/intent-too-long,
// vox/node/unknown.
func (h *Host) SubmitIntent(ctx context.Context, actor string, in Intent) (ItemView, error) {
	text, err := intentText(in.Text)
	if err != nil {
		return ItemView{}, err
	}
	said := hopper.Classify(text, h.Snapshot().Known())
	prompt, _, err := h.PutBlob(strings.NewReader(text), MaxBlob)
	if err != nil {
		return ItemView{}, err
	}
	w := &act{actor: actor}
	err = h.commit(ctx, func(next *State) ([]oplog.Draft, error) {
		on, err := next.resolveNode(in.On)
		if err != nil {
			return nil, err
		}
		rec := intentItem(text, in, said)
		if rec.Prompt, rec.On = prompt, on; on != "" { // that was said, and what the words hint at counts no more
			rec.Nodes = []string{on}
		}
		r := next.intentRank(in.Priority, text, said)
		rec.Priority, rec.Source = uint8(r.Value), uint8(r.Source)
		job, ok := next.intentJob(rec)
		if !ok { // the triage loop makes it a run when the mesh has a model
			first, last := h.admit(next, w, "", rec)
			return []oplog.Draft{first, last}, nil
		}
		return h.admitJob(next, w, newTrace(), rec, job), nil
	})
	if err != nil {
		return ItemView{}, err
	}
	return h.itemAnswer(w)
}

// intentText is what somebody said, safe to draw and to hand on.
func intentText(said string) (string, error) {
	if len(said) > maxIntentBytes {
		return "", fault.New("vox/hopper/intent-too-long", "the intent has %d bytes: at most %d", len(said), maxIntentBytes).
			WithHint("put the text into a file and name it: voxmesh run text - < FILE")
	}
	text := strings.TrimSpace(clean.Block(said).String())
	if text == "" {
		return "", fault.New("vox/hopper/intent-empty", "there is nothing to do in an empty intent").
			WithHint("voxmesh hopper submit \"what you want done\"")
	}
	return text, nil
}

// intentItem is the item of an intent, but for its rank, its node and its blob.
func intentItem(text string, in Intent, said hopper.Classification) *ItemAdmitted {
	rec := &ItemAdmitted{
		Intent: clean.Max(text, hopper.MaxIntent).String(), Session: clean.Max(in.Session, 60).String(), Class: in.Class,
		Classified: uint8(said.Priority), Confidence: uint8(min(max(said.Confidence, 0), 100)),
		Kind: said.Affinity.Kind, Models: said.Affinity.Models, Nodes: said.Affinity.Nodes,
	}
	if rec.Class == privacy.Unknown {
		rec.Class = privacy.PairedPeersOnly
	}
	return rec
}

// intentRank decides the priority of an intent: see hopper.Admission.
func (s *State) intentRank(said hopper.Priority, text string, c hopper.Classification) hopper.Rank {
	learned, ok := s.hopper.Learned(text)
	return hopper.Admission(c, learned, ok, said)
}

// Known are the names that an intent may speak of: the models of the nodes that are online, and the ids and labels of all
// that joined.
func (s *State) Known() hopper.Known {
	var k hopper.Known
	seen := map[string]bool{}
	for _, n := range s.Nodes() {
		if !n.Host {
			k.Nodes = append(k.Nodes, n.ID)
		}
		if n.Label != "" && n.Label != n.ID {
			k.Nodes = append(k.Nodes, n.Label)
		}
		if n.Status != Online {
			continue
		}
		for _, m := range n.Models {
			if !seen[m.Name] {
				seen[m.Name] = true
				k.Models = append(k.Models, m.Name)
			}
		}
	}
	return k
}

// itemAnswer is the item of an act that is in the log, with its signed entry.
func (h *Host) itemAnswer(w *act) (ItemView, error) {
	v, err := h.Item(w.target)
	v.AuditID, v.Signature = w.result.AuditID, w.result.Signature
	return v, err
}

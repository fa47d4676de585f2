package mesh

import (
	"time"

	"voxmesh/mesh/privacy"
)

// DefaultModel is the model that a text job runs when none is named: the one that fits on most online nodes, the first by
// name among equals; where none fits, the one that most hold; empty where there is none.
func (s *State) DefaultModel() string {
	fits, held := map[string]int{}, map[string]int{}
	for _, n := range s.Nodes() {
		if n.Status != Online {
			continue
		}
		for _, m := range n.Models {
			held[m.Name]++
			if m.Fits {
				fits[m.Name]++
			}
		}
	}
	if len(fits) == 0 {
		return most(held)
	}
	return most(fits)
}

// most is the name that is counted most often, the first among equals.
func most(count map[string]int) string {
	best := ""
	for name, k := range count {
		if k > count[best] || k == count[best] && (best == "" || name < best) {
			best = name
		}
	}
	return best
}

// ModelView is one model on one node.
type ModelView struct {
	NodeID       string        `json:"node_id"`
	Model        string        `json:"model"`
	Tag          string        `json:"tag"`
	SizeBytes    int64         `json:"size_bytes"`
	Backend      string        `json:"backend"`
	FitsInVRAM   bool          `json:"fits_in_vram"`
	Loaded       bool          `json:"loaded"`
	Family       string        `json:"family,omitempty"`
	Context      int64         `json:"context,omitempty"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	AsOf         int64         `json:"as_of"`
}

func modelView(n *Node, m Model, at int64) ModelView {
	return ModelView{
		NodeID: n.ID, Model: m.Name, Tag: m.Tag, SizeBytes: m.Size, Backend: m.Backend, FitsInVRAM: m.Fits,
		Loaded: m.Loaded, Family: m.Family, Context: m.Context, PrivacyClass: n.Class, AsOf: at,
	}
}

// ModelsView is which model lives where. Notes says, for a node without models, why.
type ModelsView struct {
	ByModel map[string][]ModelView `json:"by_model"`
	Notes   map[string]string      `json:"notes"`
}

// Models gives the registry. as_of is when the node was last heard where telemetry knows it.
func (s *State) Models(tel *Telemetry, now time.Time) ModelsView {
	v := ModelsView{ByModel: map[string][]ModelView{}, Notes: map[string]string{}}
	for _, n := range s.Nodes() {
		at := n.StatusAt
		if b, ok := tel.Node(n.ID); ok {
			at = now.Add(-b.Age(now)).UnixMicro()
		}
		for _, m := range n.Models {
			v.ByModel[m.Name] = append(v.ByModel[m.Name], modelView(n, m, at))
		}
		if len(n.Models) == 0 && n.ModelsNote != "" {
			v.Notes[n.ID] = n.ModelsNote
		}
	}
	return v
}

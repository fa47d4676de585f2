package mesh

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"

	"voxmesh/mesh/privacy"
)

// Verdict is a node's fitness for a job, by the host's rules. The worker decides again, with its own policy.
type Verdict struct {
	NodeID       string        `json:"node_id"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	Allowed      bool          `json:"allowed"`
	Rule         string        `json:"rule,omitempty"` // the first rule that refused
	Reason       string        `json:"reason,omitempty"`
}

// The rules in the order in which they are asked. Busy rules say "not now", the others "not as things are".
const (
	RuleNode     = "node"
	RuleLocked   = "locked"
	RuleOffline  = "offline"
	RuleMode     = "mode"
	RuleHours    = "hours" // of its policy: others may not use it now
	RuleOwner    = "owner" // its owner needs it
	RuleClass    = "class"
	RuleKind     = "kind"
	RuleCommand  = "command" // its owner does not give that program
	RuleModel    = "model"
	RuleNSFW     = "nsfw"
	RulePriority = "priority"
	RuleDuration = "duration"
	RuleRefused  = "refused"
	RuleBudget   = "budget"
	RuleBusy     = "busy"
)

// placement is one look at the mesh for placing jobs: the state, the spend, and what is in use.
type placement struct {
	s      *State
	window Window
	cap    *int64
	use    map[string]int // node/kind
	busy   func(node, kind string) bool
	rtt    func(node string) time.Duration

	yielding []*Job // that run and were asked to make room: see yields
}

func newPlacement(s *State, tel *Telemetry, now time.Time, busy func(node, kind string) bool) *placement {
	p := &placement{s: s, window: s.Window(now), cap: s.EffectiveMeshCap(), use: map[string]int{}, busy: busy}
	for _, j := range s.Held() {
		p.use[j.Node+"/"+j.Kind]++
	}
	p.rtt = func(node string) time.Duration {
		b, _ := tel.Node(node)
		return b.RTT
	}
	return p
}

// judge asks every rule in order and gives the first refusal.
func (p *placement) judge(n *Node, j *Job) Verdict {
	v := Verdict{NodeID: n.ID, PrivacyClass: n.Class, Allowed: true}
	p.ask(n, j, func(rule, format string, args ...any) bool {
		v.Allowed, v.Rule, v.Reason = false, rule, fmt.Sprintf(format, args...)
		return false
	})
	return v
}

// ask goes through the rules in order and gives every refusal to no, until that says that it heard enough.
func (p *placement) ask(n *Node, j *Job, no func(rule, format string, args ...any) (more bool)) {
	if j.On != "" && j.On != n.ID && !no(RuleNode, "the job asks for %s", j.On) {
		return
	}
	if n.Locked != "" && !no(RuleLocked, "locked: %s", n.Locked) {
		return
	}
	if n.Status != Online && !no(RuleOffline, "%s since %s", n.Status, clock(n.StatusAt)) {
		return
	}
	if n.Mode != Active && !no(RuleMode, "%s by its owner's orders", n.Mode) {
		return
	}
	if n.Away != "" && !no(n.awayRule(), "%s", n.Away) {
		return
	}
	if reason := classRefusal(n, j.Class); reason != "" && !no(RuleClass, "%s", reason) {
		return
	}
	if rule, reason := p.fits(n, j); rule != "" && !no(rule, "%s", reason) {
		return
	}
	if !n.Host {
		if rule, reason := p.donor(n, j); rule != "" && !no(rule, "%s", reason) {
			return
		}
	}
	slot, ok := n.slot(j.Kind)
	if used := p.use[n.ID+"/"+j.Kind]; ok && used >= int(slot.Max) {
		no(RuleBusy, "no %s free: %d of %d in use", j.Kind, used, slot.Max)
		return
	}
	if ok && p.busy != nil && p.busy(n.ID, j.Kind) {
		no(RuleBusy, "it said a moment ago that its %s slots are taken", j.Kind)
	}
}

// awayRule is the rule by which a node that is away takes nothing.
func (n *Node) awayRule() string {
	if n.AwayRule == RuleHours {
		return RuleHours
	}
	return RuleOwner
}

// classRefusal says why a job of the class may not go to n, or is empty.
func classRefusal(n *Node, c privacy.Class) string {
	switch {
	case n.Host:
		return ""
	case c == privacy.LocalOnly:
		return "the job is LOCAL and stays on the host"
	case c.Effective() == privacy.PublicMesh && !n.OptIn:
		return "the job is PUBLIC and the node has not opted in"
	}
	return ""
}

// fits asks for the slot kind, and for the program or the model. The host runs no programs: what others may run on a
// machine stands in its donations.vox, and the host's own node has none.
func (p *placement) fits(n *Node, j *Job) (rule, reason string) {
	if _, ok := n.slot(j.Kind); !ok {
		return RuleKind, fmt.Sprintf("it gives no %s slots", j.Kind)
	}
	switch j.Runner {
	case "wasm":
		return "", ""
	case "command":
		switch {
		case n.Host:
			return RuleCommand, "the host runs no commands: only joined nodes give some"
		case !slices.Contains(n.Commands, j.Command):
			return RuleCommand, "it does not give the command " + printable(j.Command)
		}
		return "", ""
	}
	for _, m := range n.Models {
		if m.Name != j.Model {
			continue
		}
		if !m.Fits {
			return RuleModel, fmt.Sprintf("%s does not fit its memory", m.Name)
		}
		return "", ""
	}
	if len(n.Models) == 0 && n.ModelsNote != "" {
		return RuleModel, fmt.Sprintf("it has no models: %s", n.ModelsNote)
	}
	return RuleModel, "it does not have " + cmp.Or(j.Model, "a model")
}

// donor asks the summary of the node's policy, its own earlier answer, and the caps.
func (p *placement) donor(n *Node, j *Job) (rule, reason string) {
	for _, r := range j.Refused {
		if r.Node == n.ID && r.Policy == n.Policy {
			return RuleRefused, "its policy said no: " + r.Reason
		}
	}
	switch asked := j.TimeoutMS / 1000; {
	case j.NSFW && !n.NSFW:
		return RuleNSFW, "the job is marked NSFW and the node takes none"
	case j.Priority < n.MinPriority:
		return RulePriority, fmt.Sprintf("priority %d is under the node's least, %d", j.Priority, n.MinPriority)
	case n.MaxJobSecs > 0 && asked > n.MaxJobSecs:
		return RuleDuration, fmt.Sprintf("the job asks for %d s and the node gives at most %d", asked, n.MaxJobSecs)
	case n.free(j.Kind): // a cap is for paid work
		return "", ""
	case n.Cap != nil && p.window.Node(n.ID).Micros >= *n.Cap:
		return RuleBudget, fmt.Sprintf("waiting for budget: $%.2f of $%.2f used in 24 h", usd(p.window.Node(n.ID).Micros), usd(*n.Cap))
	case p.cap != nil && p.window.Mesh.Micros >= *p.cap:
		return RuleBudget, fmt.Sprintf("waiting for budget: the mesh used $%.2f of $%.2f in 24 h", usd(p.window.Mesh.Micros), usd(*p.cap))
	}
	return "", ""
}

// slot is what the node gives of a kind. The host's own node gives text and embed as well where it has models.
func (n *Node) slot(kind string) (Slot, bool) {
	for _, s := range n.Slots {
		if s.Kind == kind && s.Max > 0 {
			return s, true
		}
	}
	return Slot{}, false
}

// best chooses the node for a job: one that its intent names, where that may take it; then the highest donor's weight scaled by what is free, then the lower load, then the
// shorter round trip, then the id. The host's own node has weight 0: it serves when nobody else does.
func (p *placement) best(j *Job) (*Node, bool) {
	var nodes []*Node
	for _, n := range p.s.Nodes() {
		if p.judge(n, j).Allowed {
			nodes = append(nodes, n)
		}
	}
	if len(nodes) == 0 {
		return nil, false
	}
	score := func(n *Node) (weight, load float64) {
		s, _ := n.slot(j.Kind)
		load = float64(p.use[n.ID+"/"+j.Kind]) / float64(s.Max)
		w := float64(s.Weight) + 1 // a donated slot of weight 0 still goes before the host
		if n.Host {
			w = 0
		}
		return w * (1 - load), load
	}
	wanted := p.s.wanted(j)
	sort.SliceStable(nodes, func(a, b int) bool {
		if a, b := wanted[nodes[a].ID], wanted[nodes[b].ID]; a != b {
			return a
		}
		wa, la := score(nodes[a])
		wb, lb := score(nodes[b])
		ra, rb := p.rtt(nodes[a].ID), p.rtt(nodes[b].ID)
		switch {
		case wa != wb:
			return wa > wb
		case la != lb:
			return la < lb
		case ra != rb:
			return ra < rb
		}
		return nodes[a].ID < nodes[b].ID
	})
	return nodes[0], true
}

func clock(micros int64) string { return time.UnixMicro(micros).Format("15:04:05") }

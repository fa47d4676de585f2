package mesh

import (
	"sort"
	"time"

	"voxmesh/mesh/invite"
	"voxmesh/mesh/privacy"
)

// The types of this file are what commands print and panes draw: the state and the telemetry of one moment put
// together. Fields that only telemetry knows are nil (null) when it is absent, as for the past.

// NodeView is one node.
type NodeView struct {
	ID             string        `json:"id"`
	Kind           string        `json:"kind"` // worker, orchestrator
	Label          string        `json:"label"`
	Status         Status        `json:"status"`
	Mode           Mode          `json:"mode"`
	Locked         string        `json:"locked,omitempty"`
	Orchestrator   string        `json:"orchestrator"`
	Model          *string       `json:"model"` // loaded, else the first that it has
	UptimeMS       *int64        `json:"uptime_ms"`
	Tokens         int64         `json:"tokens"`
	CostUSD        float64       `json:"cost_usd"`
	CostCapUSD     *float64      `json:"cost_cap_usd"`
	CurrentTask    *string       `json:"current_task"`
	LastEvents     []EventLine   `json:"last_events"`
	PrivacyClass   privacy.Class `json:"privacy_class"`
	HeartbeatAgeMS *int64        `json:"heartbeat_age_ms"`
	Slots          []SlotView    `json:"slots"`
	RTTMS          *float64      `json:"rtt_ms"`
	JoinedAt       int64         `json:"joined_at_micros"`
	Addr           string        `json:"addr,omitempty"`
	Key            string        `json:"key,omitempty"`
	ModelsNote     string        `json:"models_note,omitempty"`
	Models         []ModelView   `json:"models"`
	NSFW           bool          `json:"nsfw_allowed"`
	MinPriority    uint8         `json:"min_priority"`
	MaxJobSecs     int64         `json:"max_job_duration_secs"`
	Away           string        `json:"away,omitempty"`        // why its policy takes nothing for now
	PolicyNote     string        `json:"policy_note,omitempty"` // why its policy file is not what is in force
	Commands       []string      `json:"commands"`
	Prices         []PriceView   `json:"prices_usd"`
	Jobs           []JobView     `json:"jobs"`
}

// EventLine is one line of a node's recent history.
type EventLine struct {
	At   int64  `json:"ts_micros"`
	Name string `json:"event"`
	Job  string `json:"job_id,omitempty"`
}

// SlotView is one kind of work that a node gives, with what of it is in use.
type SlotView struct {
	Kind          string `json:"kind"`
	InUse         int    `json:"in_use"`
	MaxConcurrent uint32 `json:"max_concurrent"`
	Weight        uint32 `json:"weight"`
}

// PriceView is what a node asks for work of one kind, in USD; null is what the mesh says.
type PriceView struct {
	Kind    string   `json:"kind"`
	PerHour *float64 `json:"usd_per_hour"`
	PerMTok *float64 `json:"usd_per_million_tokens"`
}

// NodeViews gives the workers, and the host's own node first where all is set.
func (s *State) NodeViews(tel *Telemetry, now time.Time, all bool) []NodeView {
	out := []NodeView{}
	for _, n := range s.Nodes() {
		if n.Host && !all {
			continue
		}
		out = append(out, s.NodeView(n, tel, now))
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].Kind == "orchestrator" && out[j].Kind != "orchestrator"
	})
	return out
}

// NodeView gives one node. tel is nil for the past and for a reader without a host.
func (s *State) NodeView(n *Node, tel *Telemetry, now time.Time) NodeView {
	v := NodeView{
		ID: n.ID, Kind: "worker", Label: n.Label, Status: n.Status, Mode: n.Mode, Locked: n.Locked, Orchestrator: s.Mesh,
		Tokens: n.Tokens, CostUSD: usd(n.Spent), CostCapUSD: usdOpt(n.Cap),
		LastEvents: []EventLine{}, PrivacyClass: n.Class, Slots: []SlotView{}, JoinedAt: n.JoinedAt,
		Addr: n.Addr, Key: n.Key, ModelsNote: n.ModelsNote, Models: []ModelView{}, Jobs: []JobView{},
		NSFW: n.NSFW, MinPriority: n.MinPriority, MaxJobSecs: n.MaxJobSecs,
		Away: n.Away, PolicyNote: n.PolicyNote, Commands: append([]string{}, n.Commands...), Prices: []PriceView{},
	}
	for _, p := range n.Prices {
		v.Prices = append(v.Prices, PriceView{p.Kind, usdOpt(p.PerHour), usdOpt(p.PerMTok)})
	}
	if n.Host {
		v.Kind = "orchestrator"
	}
	use := map[string]int{}
	for _, j := range s.HeldBy(n.ID) {
		use[j.Kind]++
		v.Jobs = append(v.Jobs, s.JobView(j))
		if v.CurrentTask == nil && j.State == Running {
			id := j.Job
			v.CurrentTask = &id
		}
	}
	for _, sl := range n.Slots {
		v.Slots = append(v.Slots, SlotView{sl.Kind, use[sl.Kind], sl.Max, sl.Weight})
	}
	for i := len(n.Last) - 1; i >= 0; i-- {
		v.LastEvents = append(v.LastEvents, EventLine{n.Last[i].At, n.Last[i].Name, n.Last[i].Job})
	}
	for _, m := range n.Models {
		v.Models = append(v.Models, modelView(n, m, s.At))
		if v.Model == nil || m.Loaded {
			name := m.Name
			v.Model = &name
		}
	}
	if b, ok := tel.Node(n.ID); ok {
		age := b.Age(now).Milliseconds()
		v.HeartbeatAgeMS = &age
		if b.RTT > 0 {
			rtt := float64(b.RTT.Microseconds()) / 1000
			v.RTTMS = &rtt
		}
		up := b.Uptime(now).Milliseconds()
		v.UptimeMS = &up
	}
	return v
}

// EdgeView is one line between two nodes.
type EdgeView struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Kind   string   `json:"kind"`
	Status string   `json:"status"` // ok, degraded, offline
	RTTMS  *float64 `json:"rtt_ms"`
}

// EdgeViews gives the lines of the mesh: each worker is linked to the host.
func (s *State) EdgeViews(tel *Telemetry) []EdgeView {
	out := []EdgeView{}
	for _, n := range s.Workers() {
		e := EdgeView{From: s.Mesh, To: n.ID, Kind: "link", Status: pick(int(n.Status), "offline", "degraded", "ok")}
		if b, ok := tel.Node(n.ID); ok && b.RTT > 0 {
			rtt := float64(b.RTT.Microseconds()) / 1000
			e.RTTMS = &rtt
		}
		out = append(out, e)
	}
	return out
}

// SummaryView is the mesh in one line.
type SummaryView struct {
	Nodes        int      `json:"nodes"`
	Active       int      `json:"active"`
	Blocked      int      `json:"blocked"`
	Errors       int64    `json:"errors"`
	TokS         *float64 `json:"tok_s"`
	CostH        float64  `json:"cost_h"`
	DefaultModel *string  `json:"default_model"`
	BuildState   string   `json:"build_state"`
	Queue        int      `json:"queue"` // items of the hopper that wait
	Running      int      `json:"running"`
	Mesh         string   `json:"mesh"`
	Operator     string   `json:"operator"`
}

// Summary counts the machines that joined (active: online and taking work; blocked: joined but not taking any), the
// jobs that failed in 24 hours, and what an hour costs at the rate of the last one.
func (s *State) Summary(tel *Telemetry, now time.Time) SummaryView {
	v := SummaryView{Mesh: s.Mesh, Operator: s.Operator, BuildState: Version(), Errors: s.ErrorCount, Queue: s.InboxLen(), Running: len(s.Held())}
	for _, n := range s.Workers() {
		v.Nodes++
		if n.Status == Online && n.Mode == Active && n.Locked == "" && n.Away == "" {
			v.Active++
		} else {
			v.Blocked++
		}
	}
	v.CostH = usd(s.CostSince(now.Add(-time.Hour), ""))
	if m := s.DefaultModel(); m != "" {
		v.DefaultModel = &m
	}
	if tel != nil {
		r := tel.TokensPerSecond(now)
		v.TokS = &r
	}
	return v
}

// BudgetView is what was spent in 24 hours, and the caps.
type BudgetView struct {
	PerNode   []NodeBudget `json:"per_node"`
	Aggregate struct {
		UsedUSD float64  `json:"used_usd_24h"`
		CapUSD  *float64 `json:"cap_usd_24h"`
	} `json:"aggregate"`
}

// NodeBudget is the spend of one node.
type NodeBudget struct {
	NodeID       string        `json:"node_id"`
	UsedUSD      float64       `json:"used_usd"`
	CapUSD       *float64      `json:"cap_usd"`
	Tokens       int64         `json:"tokens"`
	PrivacyClass privacy.Class `json:"privacy_class"`
}

// Budget gives the spend of the 24 hours that end at now.
func (s *State) Budget(now time.Time) BudgetView {
	v := BudgetView{PerNode: []NodeBudget{}}
	w := s.Window(now)
	for _, n := range s.Workers() {
		sp := w.Node(n.ID)
		v.PerNode = append(v.PerNode, NodeBudget{n.ID, usd(sp.Micros), usdOpt(n.Cap), sp.Tokens, n.Class})
	}
	v.Aggregate.UsedUSD = usd(w.Mesh.Micros)
	v.Aggregate.CapUSD = usdOpt(s.EffectiveMeshCap())
	return v
}

func usd(micros int64) float64 { return float64(micros) / 1e6 }

func usdOpt(micros *int64) *float64 {
	if micros == nil {
		return nil
	}
	v := usd(*micros)
	return &v
}

// InviteView is one invite, without its secret.
type InviteView struct {
	PeerID       string        `json:"peer_id"`
	State        string        `json:"state"` // open, used, revoked, expired
	Label        string        `json:"label"`
	Slots        []string      `json:"slots"`
	ExpiresIn    int64         `json:"expires_in_secs"`
	NodeID       *string       `json:"node_id"`
	PrivacyClass privacy.Class `json:"privacy_class"`
}

// InviteViews gives the invites of the last day, the newest first.
func (s *State) InviteViews(now time.Time) []InviteView {
	all := s.Invites()
	sort.SliceStable(all, func(i, k int) bool { return all[i].MintedAt > all[k].MintedAt })
	out := make([]InviteView, 0, len(all))
	for _, i := range all {
		v := InviteView{
			PeerID: i.PeerID, State: i.State(now.UnixMicro()), Label: i.Label, Slots: invite.Slots(i.Slots).Strings(),
			PrivacyClass: privacy.PairedPeersOnly,
		}
		if v.State == "open" {
			v.ExpiresIn = (i.ExpiresAt - now.UnixMicro()) / 1e6
		}
		if i.UsedBy != "" {
			v.NodeID = &i.UsedBy
		}
		out = append(out, v)
	}
	return out
}

// AccessView is one key that may enter over SSH.
type AccessView struct {
	Fingerprint string `json:"fingerprint"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	AddedAt     int64  `json:"added_at_micros,omitempty"`
}

// AccessViews gives the keys that may enter.
func (s *State) AccessViews() []AccessView {
	out := []AccessView{}
	for _, a := range s.Access() {
		out = append(out, AccessView{a.Fingerprint, a.Name, a.Role, a.AddedAt})
	}
	return out
}

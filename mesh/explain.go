package mesh

import (
	"fmt"
	"strings"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/privacy"
)

// Explanation says where a job could go and why not elsewhere.
type Explanation struct {
	ItemID       string        `json:"item_id,omitempty"` // of the hopper
	JobID        string        `json:"job_id"`
	Status       JobState      `json:"status"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	WaitsFor     string        `json:"waits_for,omitempty"` // of a queued job: see Waits.For
	Why          string        `json:"why"`
	Nodes        []Verdict     `json:"nodes"`
}

// Explain judges every node for a job of the state, as if it were about to be placed; false where it is not there. tel
// may be nil.
func (s *State) Explain(tel *Telemetry, now time.Time, jobID string) (Explanation, bool) {
	j, ok := s.Job(jobID)
	if !ok {
		return Explanation{}, false
	}
	return explain(s, tel, now, j), true
}

func explain(s *State, tel *Telemetry, now time.Time, j *Job) Explanation {
	e := Explanation{ItemID: j.Item, JobID: j.Job, Status: j.State, PrivacyClass: j.Class, Nodes: []Verdict{}}
	w := s.Waits(tel, now)
	for _, n := range s.Nodes() {
		e.Nodes = append(e.Nodes, w.p.judge(n, j))
	}
	e.WaitsFor = w.For(j)
	e.Why = why(j, e.Nodes, w)
	return e
}

func why(j *Job, nodes []Verdict, w *Waits) string {
	switch j.State {
	case Queued:
		return whyQueued(j, nodes, w)
	case Leased:
		return "given to " + j.Node + ", not started yet"
	case Running:
		return "runs on " + j.Node + " since " + clock(j.StartedAt)
	}
	text := j.State.String()
	if j.Node != "" {
		text += " on " + j.Node
	}
	if j.Error != "" {
		text += ": " + j.Error
	}
	return text
}

// notNow is what a node said of the job when it was asked last, and took it back for now only; or empty.
func notNow(j *Job, node string) string {
	if n := len(j.Attempts); n > 0 && j.Attempts[n-1].Node == node && j.Attempts[n-1].End == CauseYield.String() {
		return j.Attempts[n-1].Reason
	}
	return ""
}

func whyQueued(j *Job, nodes []Verdict, w *Waits) string {
	busy := 0
	for _, v := range nodes {
		switch {
		case v.Allowed && notNow(j, v.NodeID) != "":
			return v.NodeID + " said not now: " + notNow(j, v.NodeID) + "; it is asked again"
		case v.Allowed:
			return "next to start on " + v.NodeID
		case v.Rule == RuleBusy:
			busy++
		case j.On == v.NodeID:
			return v.NodeID + ": " + v.Reason
		}
	}
	if j.On == "" && busy > 0 {
		return fmt.Sprintf("no %s free: %d nodes could run it and are busy", j.Kind, busy)
	}
	if d := w.decide(j); d.node != "" {
		return d.node + ": " + d.reason
	}
	if j.On != "" {
		return j.On + " is no longer in the mesh"
	}
	return "no node of the mesh can take it as things are"
}

// Fit is a node's fitness for a job that nobody sent yet, with what is known of the model there. What memory a node has
// is not known to the host: the node says itself whether the model fits.
type Fit struct {
	Verdict
	Model ModelView `json:"model"` // zero where the node does not have it
	Has   bool      `json:"has"`
	InUse int       `json:"in_use"` // slots of the kind that it asks for
	Slots int       `json:"slots"`
	Word  string    `json:"word"` // loaded, fits, busy, yes (no model is needed), or no: and why in a word or two
}

// NodesFor judges every node for a job like req, in the order of ids. An empty Kind is the runner's own, an empty Model
// the mesh's default, an Unknown class and a priority of 0 what Submit makes of them. tel may be nil.
func (s *State) NodesFor(tel *Telemetry, now time.Time, req JobRequest) []Fit {
	j := &Job{JobSubmitted: JobSubmitted{
		Kind: req.Kind, Runner: req.Runner, Command: req.Command, Model: req.Model, Class: req.Class, Priority: uint8(req.Priority), NSFW: req.NSFW,
		TimeoutMS: req.Timeout.Milliseconds(), On: req.On,
	}}
	if j.Kind == "" {
		j.Kind = ownKind(j.Runner)
	}
	if j.Model == "" && asksModel(j.Runner) {
		j.Model = s.DefaultModel()
	}
	if j.Class == privacy.Unknown {
		j.Class = privacy.PairedPeersOnly
	}
	if j.Priority == 0 {
		j.Priority = uint8(hopper.Normal)
	}
	p := newPlacement(s, tel, now, nil)
	out := make([]Fit, 0, s.nodes.Len())
	for _, n := range s.Nodes() {
		out = append(out, p.fit(n, j))
	}
	return out
}

func (p *placement) fit(n *Node, j *Job) Fit {
	f := Fit{Verdict: p.judge(n, j)}
	if sl, ok := n.slot(j.Kind); ok {
		f.InUse, f.Slots = p.use[n.ID+"/"+j.Kind], int(sl.Max)
	}
	for _, m := range n.Models {
		if asksModel(j.Runner) && m.Name == j.Model {
			f.Model, f.Has = modelView(n, m, p.s.At), true
		}
	}
	f.Word = f.word(n, j)
	return f
}

// word says in the width of a column what the verdict says in a sentence.
func (f *Fit) word(n *Node, j *Job) string {
	switch {
	case f.Allowed && f.Model.Loaded:
		return "loaded"
	case f.Allowed && f.Has:
		return "fits"
	case f.Allowed:
		return "yes"
	}
	switch f.Rule {
	case RuleBusy:
		return "busy"
	case RuleOffline:
		return "no: " + n.Status.String()
	case RuleMode:
		return "no: " + n.Mode.String()
	case RuleKind:
		return "no: no " + j.Kind + " slot"
	case RuleModel:
		if f.Has {
			return "no: too large"
		}
		return "no: absent"
	case RuleBudget:
		return "no: over budget"
	case RuleHours:
		return "no: off hours"
	case RuleOwner:
		return "no: owner busy"
	case RuleLocked, RuleClass:
		return "no: " + f.Rule
	case RuleNode:
		return "no: not asked"
	}
	return "no: policy"
}

// Explain says why a job is where it is, or an item of the hopper: through its job, or why it is in the inbox. Codes:
// vox/job/unknown, vox/hopper/unknown.
func (h *Host) Explain(id string) (Explanation, error) {
	return h.records.explain(id, h.Telemetry())
}

// Explain says why a job, or an item, is where it is, by the log alone. Codes: vox/job/unknown, vox/hopper/unknown.
func (r *Reader) Explain(id string) (Explanation, error) { return r.explain(id, nil) }

func (r *records) explain(id string, tel *Telemetry) (Explanation, error) {
	if strings.HasPrefix(id, "h-") {
		return r.explainItem(id, tel)
	}
	j, err := r.Job(id)
	if err != nil {
		return Explanation{}, err
	}
	return explain(r.Snapshot(), tel, r.now(), j), nil
}

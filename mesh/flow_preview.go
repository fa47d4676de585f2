package mesh

import (
	"cmp"
	"fmt"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
)

// FlowStepView is one activity of a preview, in the order in which they could run.
type FlowStepView struct {
	Activity     string        `json:"activity"`
	Runner       string        `json:"runner"`
	Kind         string        `json:"kind"`
	Model        string        `json:"model,omitempty"`
	PrivacyClass privacy.Class `json:"privacy_class"`
	Needs        []string      `json:"needs"`
	Stage        int           `json:"stage"` // from 1: activities of one stage could run side by side
	Count        int           `json:"count"` // of its fan-out; 1 for none, 0: only known once its list is
	Retry        int           `json:"retry,omitempty"`
	NodeID       string        `json:"node_id,omitempty"` // where it would go now
	Why          string        `json:"why"`               // there, or why it would wait
	WaitsFor     string        `json:"waits_for,omitempty"`
	CostUSD      float64       `json:"cost_usd_at_most"` // for one try of one of it: to its timeout, or to an hour, at the node's prices
	CostKnown    bool          `json:"cost_known"`       // tokens cannot be known before
}

// previewHour is how long an activity without a timeout is taken to run.
const previewHour = time.Hour

// PreviewWorkflow tells what a run would do, and changes nothing: each activity is judged alone, as if it were about to be
// placed, by what is so now. tel may be nil. Codes: vox/node/unknown, vox/node/ambiguous, vox/workflow/invalid.
func (s *State) PreviewWorkflow(d *workflow.Definition, on string, tel *Telemetry, now time.Time) ([]FlowStepView, error) {
	priority, err := hopper.ParsePriority(d.Priority)
	if err != nil {
		return nil, fault.New("vox/workflow/invalid", "the priority of %s", printable(d.Name)).Wrap(err)
	}
	if err := s.resolveFlow(d); err != nil {
		return nil, err
	}
	if on, err = s.resolveNode(on); err != nil {
		return nil, err
	}
	w, out := s.Waits(tel, now), []FlowStepView{}
	for stage, names := range d.Stages() {
		for _, name := range names {
			a, _ := d.Activity(name)
			v := FlowStepView{
				Activity: name, Needs: append([]string{}, d.NeedsOf(name)...), Stage: stage + 1, Count: 1, Retry: a.Retry,
			}
			switch {
			case a.EachOf != "":
				v.Count = 0
			case a.Fanned():
				v.Count = len(a.Each)
			}
			j := &Job{JobSubmitted: *flowJob(a, d.ClassOf(a))}
			j.Priority = uint8(priority)
			if j.On, err = s.resolveNode(cmp.Or(a.On, on)); err != nil {
				return nil, err
			}
			if j.Model == "" && asksModel(j.Runner) {
				j.Model = s.DefaultModel()
			}
			w.preview(j, &v)
			out = append(out, v)
		}
	}
	return out, nil
}

// preview fills in where a job would go, why, and what it may cost there.
func (w *Waits) preview(j *Job, v *FlowStepView) {
	v.Runner, v.Kind, v.Model, v.PrivacyClass = j.Runner, j.Kind, j.Model, j.Class
	n, ok := w.p.best(j)
	if ok {
		v.NodeID, v.Why = n.ID, w.p.whyBest(n, j)
	} else {
		d := w.decide(j)
		v.WaitsFor, v.Why = d.word, d.word
		if d.node != "" {
			v.Why = d.node + ": " + d.reason
			n, _ = w.p.s.Node(d.node)
		}
	}
	switch {
	case n == nil:
	case n.Host || n.free(j.Kind):
		v.CostKnown = true
	case j.Kind == "gpu" || j.Kind == "cpu":
		v.CostKnown = true
		v.CostUSD = usd(DefaultPrices().Cost(n, j.Kind, cmp.Or(time.Duration(j.TimeoutMS)*time.Millisecond, previewHour), 0))
	}
}

// whyBest says why a job would go to the node that was found best.
func (p *placement) whyBest(n *Node, j *Job) string {
	if j.On == n.ID {
		return "it asks for " + n.ID
	}
	sl, _ := n.slot(j.Kind)
	text := fmt.Sprintf("%d of %d %s free", max(int(sl.Max)-p.use[n.ID+"/"+j.Kind], 0), sl.Max, j.Kind)
	switch {
	case n.Host && j.Class == privacy.LocalOnly:
		return text + ", LOCAL work stays on the host"
	case n.Host:
		return text + ", no other node takes it now"
	case asksModel(j.Runner):
		return text + ", it has " + j.Model
	}
	return fmt.Sprintf("%s, weight %d", text, sl.Weight)
}

package mesh

import (
	"strings"

	"voxmesh/hopper"
)

// explainItem says why an item is where it is: its job speaks for it, of a workflow the one that is next in the queue. An
// intent of the inbox has none: what it would become is judged.
func (r *records) explainItem(id string, tel *Telemetry) (Explanation, error) {
	s := r.Snapshot()
	it, ok := s.hopper.Item(id)
	if !ok {
		return r.explainOld(id)
	}
	if it.State == hopper.Inbox {
		return s.explainIntent(it, s.Waiting(tel, r.now())), nil
	}
	j := s.waitingJob(it)
	if jobs := s.itemJobs(it); j == nil && len(jobs) > 0 {
		j = jobs[len(jobs)-1]
	}
	if j == nil {
		w := s.Waiting(tel, r.now())
		return Explanation{ItemID: id, PrivacyClass: it.Class, WaitsFor: w.For(it), Why: w.why(it), Nodes: []Verdict{}}, nil
	}
	return explain(s, tel, r.now(), j), nil
}

// explainOld speaks of an item that closed more than a day ago.
func (r *records) explainOld(id string) (Explanation, error) {
	v, err := r.Item(id)
	if err != nil {
		return Explanation{}, err
	}
	if v.JobID != "" {
		return r.explain(v.JobID, nil)
	}
	return Explanation{ItemID: id, PrivacyClass: v.PrivacyClass, Why: strings.TrimSuffix(v.Outcome+": "+v.Why, ": "), Nodes: []Verdict{}}, nil
}

// explainIntent judges every node for the question that an intent is, where the mesh had a model.
func (s *State) explainIntent(it *hopper.Item, w *Waiting) Explanation {
	j := &Job{JobSubmitted: JobSubmitted{
		Item: it.ID, Kind: "text", Runner: "text", Class: it.Class, Priority: uint8(it.Value), On: it.On,
	}}
	if rec, ok := s.intentJob(admittedOf(it)); ok {
		j.JobSubmitted = *rec
	} else if len(it.Models) > 0 {
		j.Model = it.Models[0]
	}
	e := Explanation{ItemID: it.ID, PrivacyClass: it.Class, WaitsFor: w.For(it), Why: w.why(it), Nodes: []Verdict{}}
	for _, n := range s.Nodes() {
		e.Nodes = append(e.Nodes, w.waits.p.judge(n, j))
	}
	return e
}

package mesh

import (
	"slices"
	"time"

	"voxmesh/mesh/workflow"
)

// forest builds the trees of the runs of one state as they are at one moment.
type forest struct {
	s     *State
	now   int64  // unix microseconds
	waits *Waits // made once, when a job that waits is met
}

// run builds the tree of a run from its jobs. d may be nil: then activities of which nothing is recorded are not shown.
func (f *forest) run(r *Run, jobs []*Job, d *workflow.Definition) RunView {
	row := runRow(r, jobs, f.now)
	v := RunView{
		RunID: row.RunID, TraceID: row.TraceID, Title: row.Title, PrivacyClass: row.PrivacyClass, Status: row.Status,
		Start: row.Start, DurationMS: row.DurationMS, CostUSD: row.CostUSD, Jobs: append([]string{}, r.Jobs...), NodeID: row.NodeID,
		EndedAt: row.EndedAt, Model: row.Model, Tokens: row.Tokens, Attempts: row.Attempts, Done: row.Done, Error: row.Error,
		ItemID: r.Item, Skews: skewsOf(jobs),
		Root: SpanView{
			SpanID: SpanID(r.ID), SpanKind: SpanRun, SpanName: r.Title, Status: row.Status, Start: r.At, End: row.EndedAt,
			DurationMS: row.DurationMS, PrivacyClass: r.Class, CostUSD: row.CostUSD,
			Attributes: map[string]string{AttrTrace: r.Trace, AttrRun: r.ID, AttrClass: r.Class.String()},
		},
	}
	if r.Item != "" {
		v.Root.Attributes[AttrItem] = r.Item
	}
	if r.Flow == nil {
		v.Root.Children = make([]SpanView, 0, len(jobs))
		for _, j := range jobs {
			v.Root.Children = append(v.Root.Children, f.job(r, v.Root.SpanID, j))
		}
		if len(jobs) > 0 {
			v.ReplayOf = jobs[0].ReplayOf
		}
		return v
	}
	v.Workflow, v.ReplayOf = r.Flow.Name, r.Flow.ReplayOf
	v.Root.Attributes[AttrWorkflow] = r.Flow.Name
	v.Root.End = r.Flow.Ended
	v.Root.Children, v.Activities = f.activities(r, v.Root.SpanID, jobs, d)
	return v
}

// job is the activity of a run that is no workflow.
func (f *forest) job(r *Run, parent string, j *Job) SpanView {
	s := f.activity(r, parent, SpanID(j.Run, j.Job), j)
	s.SpanName = j.Runner + " " + j.Title
	s.Children = make([]SpanView, 0, len(j.Attempts))
	for i := range j.Attempts {
		s.Children = append(s.Children, f.attempt(j, s.SpanID, "", &j.Attempts[i], j.Attempts[i].N))
	}
	return s
}

// activity is the span of a job, or of the jobs of all tries of an activity, of which j is the last, without its attempts.
func (f *forest) activity(r *Run, parent, id string, j *Job) SpanView {
	s := SpanView{
		SpanID: id, ParentID: parent, SpanKind: SpanActivity, Status: j.State.String(), Start: j.SubmittedAt, End: j.EndedAt,
		DurationMS: max(orNow(j.EndedAt, f.now)-j.SubmittedAt, 0) / 1000, PrivacyClass: j.Class, NodeID: j.Node, JobID: j.Job,
		Error: j.Error, CostUSD: usd(j.Cost),
		Attributes: map[string]string{
			AttrTrace: r.Trace, AttrRun: r.ID, AttrJob: j.Job, AttrKind: j.Kind, AttrRunner: j.Runner, AttrClass: j.Class.String(),
		},
	}
	if j.State == Queued {
		if f.waits == nil {
			f.waits = f.s.Waits(nil, time.UnixMicro(f.now))
		}
		s.Waits = f.waits.slot(j)
	}
	return s
}

// slot is For without the place in the queue: that would be a walk through all of it, for each picture of a run.
func (w *Waits) slot(j *Job) string {
	if k := w.kindOf(j); !k.free {
		return k.word
	}
	return ""
}

// attempt is one lease of a job, which is the shown-th one of its activity.
func (f *forest) attempt(j *Job, parent, label string, a *Attempt, shown uint32) SpanView {
	n := itoa(uint64(a.N))
	end := max(orNow(a.EndedAt, f.now), a.LeasedAt)
	s := SpanView{
		SpanID: SpanID(j.Run, j.Job, n), ParentID: parent, SpanKind: SpanAttempt, SpanName: "attempt " + itoa(uint64(shown)), Status: a.End,
		Start: a.LeasedAt, End: a.EndedAt, DurationMS: (end - a.LeasedAt) / 1000, PrivacyClass: j.Class, NodeID: a.Node,
		JobID: j.Job, Attempt: a.N, Error: a.Reason, Events: attemptEvents(a), Attributes: f.leaseAttributes(j, label, a),
	}
	if s.Status == "" {
		s.Status = j.State.String()
	}
	w := wordOf(j, a, end)
	part := func(kind SpanKind, name, status string, from, to int64, open bool) SpanView {
		p := SpanView{
			SpanID: SpanID(j.Run, j.Job, n, name), ParentID: s.SpanID, SpanKind: kind, SpanName: name, Status: status,
			Start: from, End: to, DurationMS: (to - from) / 1000, PrivacyClass: j.Class, NodeID: a.Node, JobID: j.Job, Attempt: a.N,
			Attributes: s.Attributes, Children: []SpanView{},
		}
		if open && a.EndedAt == 0 {
			p.End = 0
		}
		return p
	}
	const well = "succeeded"
	lease := part(SpanLease, "lease", well, a.LeasedAt, w.took, false)
	if w.began == 0 {
		dispatch := part(SpanDispatch, "dispatch", s.Status, w.took, end, true)
		w.hang(&dispatch, nil)
		s.Children = []SpanView{lease, dispatch}
		return s
	}
	dispatch := part(SpanDispatch, "dispatch", well, w.took, w.began, false)
	run := part(SpanPhase, "run", s.Status, w.began, end, true)
	w.hang(&dispatch, &run)
	s.Children = []SpanView{lease, dispatch, run}
	return s
}

func (f *forest) leaseAttributes(j *Job, label string, a *Attempt) map[string]string {
	at := map[string]string{
		AttrTrace: j.Trace, AttrRun: j.Run, AttrJob: j.Job, AttrLease: streamKey(j.Job, a.N), AttrKind: j.Kind, AttrClass: j.Class.String(),
	}
	if peer := f.s.peerID(a.Node); peer != "" {
		at[AttrPeer] = peer
	}
	if label != "" {
		at[AttrActivity] = label
	}
	return at
}

// peerID is what names the key of a machine: the id of the invite that it came with, or of the host's own key.
func (s *State) peerID(node string) string {
	n, ok := s.Node(node)
	switch {
	case !ok:
		return ""
	case n.Host:
		return s.PeerID
	}
	return n.Invite
}

func attemptEvents(a *Attempt) []SpanEvent {
	out := make([]SpanEvent, 0, 3)
	out = append(out, SpanEvent{At: a.LeasedAt, Name: "leased", NodeID: a.Node})
	if a.StartedAt > 0 {
		out = append(out, SpanEvent{At: a.StartedAt, Name: "started", NodeID: a.Node})
	}
	if a.End != "" {
		out = append(out, SpanEvent{At: a.EndedAt, Name: a.End, NodeID: a.Node, Detail: a.Reason})
	}
	return out
}

// skewsOf gives the skews that are worth a word: the largest of each node, in the order of nodes.
func skewsOf(jobs []*Job) []ClockSkew {
	var out []ClockSkew
	for _, j := range jobs {
		if !j.SkewKnown || len(j.Phases) == 0 || abs(j.Skew) <= SkewSaid {
			continue
		}
		i := slices.IndexFunc(out, func(c ClockSkew) bool { return c.NodeID == j.Node })
		switch {
		case i < 0:
			out = append(out, ClockSkew{j.Node, j.Skew})
		case abs(out[i].Micros) < abs(j.Skew):
			out[i].Micros = j.Skew
		}
	}
	slices.SortFunc(out, func(a, b ClockSkew) int {
		if a.NodeID < b.NodeID {
			return -1
		}
		return 1
	})
	return out
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

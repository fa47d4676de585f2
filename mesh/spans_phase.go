package mesh

import (
	"slices"

	"voxmesh/mesh/fabric"
)

// word is what a worker says of one attempt, put onto the host's clock.
type word struct {
	spans   []SpanRecord // corrected
	placed  []bool
	attempt string // id of the attempt's span
	skew    int64
	took    int64 // when the worker took the job; when it was leased, where it did not say
	began   int64 // when it ran; 0: it did not
}

// wordOf reads what the worker said of an attempt that ended at end. The host knows best when a job was leased and when it
// ended; that it had started by StartedAt it heard of, and the worker may know that it was a little before.
func wordOf(j *Job, a *Attempt, end int64) word {
	w := word{took: a.LeasedAt}
	if a.StartedAt > 0 {
		w.began = between(a.StartedAt, a.LeasedAt, end)
	}
	if len(j.Phases) == 0 || a.N != j.Attempt || a.EndedAt == 0 {
		return w
	}
	if j.SkewKnown {
		w.skew = between(j.Skew, -latest, latest)
	}
	w.attempt = AttemptSpanID(j.Run, j.Job, a.N)
	w.spans, w.placed = slices.Clone(j.Phases), make([]bool, len(j.Phases))
	first, exec := end, int64(0)
	for i := range w.spans {
		p := &w.spans[i]
		p.Start, p.End = between(p.Start, 0, latest)-w.skew, between(p.End, 0, latest)-w.skew
		first = min(first, p.Start)
		if p.Name == fabric.PhaseExecute {
			exec = between(p.Start, a.LeasedAt, end)
		}
	}
	if exec > 0 && (w.began == 0 || exec < w.began) {
		w.began = exec
	}
	w.took = between(first, a.LeasedAt, orNow(w.began, end))
	return w
}

// latest bounds the times that are believed at all: unix microseconds of the year 2112. Differences of such times do
// not overflow.
const latest = int64(1) << 52

func between(t, from, to int64) int64 { return max(from, min(t, to)) }

// hang puts what the worker said below the phase that it belongs to. run is nil where the job did not run.
func (w *word) hang(dispatch, run *SpanView) {
	for i := range w.spans {
		p := &w.spans[i]
		if p.Parent != w.attempt || w.placed[i] {
			continue
		}
		if run == nil || fabric.BeforeRun(p.Name) {
			w.below(dispatch, i)
		} else {
			w.below(run, i)
		}
	}
	for _, s := range []*SpanView{dispatch, run} {
		if s != nil {
			byStart(s.Children)
		}
	}
}

// below makes the i-th span a child of s, within its bounds, with all that belongs to it. A span is placed once, so that
// no chain of parents, however it was made up, goes round. Its id is a hash of the worker's and of the attempt's: a worker
// can work out the ids of all other spans of a run, and must not be able to put one of its own in the place of another.
func (w *word) below(s *SpanView, i int) {
	w.placed[i] = true
	p := w.spans[i]
	to := s.End
	from := between(p.Start, s.Start, to)
	c := SpanView{
		SpanID: SpanID(w.attempt, p.ID), ParentID: s.SpanID, SpanKind: SpanPhase, SpanName: p.Name, Status: "succeeded", Start: from, End: between(p.End, from, to),
		PrivacyClass: s.PrivacyClass, NodeID: s.NodeID, JobID: s.JobID, Attempt: s.Attempt, Error: p.Error, SkewMicros: w.skew,
		Attributes: s.Attributes, Children: []SpanView{},
	}
	c.DurationMS = (c.End - c.Start) / 1000
	if p.Error != "" {
		c.Status = "failed"
	}
	for k := range w.spans {
		if w.spans[k].Parent == p.ID && !w.placed[k] {
			w.below(&c, k)
		}
	}
	byStart(c.Children)
	s.Children = append(s.Children, c)
}

func byStart(all []SpanView) {
	slices.SortStableFunc(all, func(a, b SpanView) int {
		switch {
		case a.Start < b.Start:
			return -1
		case a.Start > b.Start:
			return 1
		}
		return 0
	})
}

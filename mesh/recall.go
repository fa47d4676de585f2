package mesh

import (
	"fmt"
	"strings"

	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// What left the hot state is read from the log: a job, an item or a workflow's run from the state after its last op, in which
// all of it stands as it was in the end. That costs a seek, whatever it is made of, and needs no op of its own but the last.

// recallTries is how many of the newest ops of something are looked at. What comes so late that its own state is gone is
// rare: a word of a model about an item that closed the day before.
const recallTries = 16

// lastWith gives the state after the newest op under an index name in which there is what is looked for; nil where the log
// has none.
func (r *records) lastWith(name string, has func(*State) bool) (*State, error) {
	before := uint64(0)
	for range recallTries {
		ops, err := r.log.IndexedBack(name, 0, before, 1)
		if err != nil || len(ops) == 0 {
			return nil, err
		}
		i, err := r.log.AtSeq(ops[0].Seq)
		if err != nil {
			return nil, err
		}
		if has(i.State) {
			return i.State, nil
		}
		before = ops[0].Seq
	}
	return nil, nil
}

// Job gives a job, from the state or, when it ended more than a day ago, from the log. Codes: vox/job/unknown,
// vox/oplog/trimmed.
func (r *records) Job(id string) (*Job, error) {
	s := r.Snapshot()
	if j, ok := s.Job(id); ok {
		return j, nil
	}
	was, err := r.lastWith(jobIndex(id), func(s *State) bool { _, ok := s.Job(id); return ok })
	if err != nil {
		return nil, err
	}
	if was == nil {
		return nil, r.trimmedOr(s.made(id), "job "+id, fault.New("vox/job/unknown", "there is no job %s", printable(id)).WithHint("voxmesh jobs lists them"))
	}
	j, _ := was.Job(id)
	return j, nil
}

// story is a run with its jobs, and the state by which it is shown.
type story struct {
	run  *Run
	jobs []*Job
	by   *State
	hot  bool // all of it is in the newest state
}

// story finds a run in the state or, when it or a part of it ended more than a day ago, in the log. Codes: vox/run/unknown,
// vox/oplog/trimmed.
func (r *records) story(id string) (story, error) {
	s := r.Snapshot()
	if run, ok := s.Run(id); ok && s.whole(run) {
		return story{run, s.jobsOf(run), s, true}, nil
	}
	first, err := r.log.Indexed(runIndex(id), 1)
	if err != nil {
		return story{}, err
	}
	if len(first) == 0 {
		return story{}, r.trimmedOr(s.made(id), "run "+id, unknownRun(id))
	}
	if first[0].Kind == KindJobSubmitted {
		return r.plainStory(id, s)
	}
	was, err := r.lastWith(runIndex(id), func(s *State) bool { _, ok := s.Run(id); return ok })
	if err != nil {
		return story{}, err
	}
	if was == nil {
		return story{}, unknownRun(id)
	}
	run, _ := was.Run(id)
	return r.settle(story{run: run, jobs: was.jobsOf(run), by: was})
}

// whole reports whether the state has all jobs of a run: those of a workflow stay as long as it does, those of another run
// go one by one, the first a day after the run began at the earliest.
func (s *State) whole(r *Run) bool {
	limit := s.At - keepMicros
	if r.Flow != nil {
		return r.Flow.Ended == 0 || r.Flow.Ended > limit
	}
	return r.At > limit
}

// plainStory is that of a run that is no workflow: only its submissions bear its name, the rest is told of each job.
func (r *records) plainStory(id string, s *State) (story, error) {
	ops, err := r.log.Indexed(runIndex(id), everyOp)
	if err != nil {
		return story{}, err
	}
	old := &State{}
	for _, op := range ops {
		apply(old, op)
	}
	run, ok := old.Run(id)
	if !ok {
		return story{}, unknownRun(id)
	}
	if hot, ok := s.Run(id); ok && len(hot.Jobs) == len(run.Jobs) {
		return story{hot, s.jobsOf(hot), s, true}, nil
	}
	st, err := r.settle(story{run: run, jobs: old.jobsOf(run), by: s})
	if err != nil || len(st.jobs) == 0 {
		return st, err
	}
	last := st.jobs[len(st.jobs)-1].Job
	if _, ok := s.Job(last); ok {
		return st, nil // it goes on, or ended just now
	}
	// The machines as they were then: some may have left.
	was, err := r.lastWith(jobIndex(last), func(s *State) bool { _, ok := s.Job(last); return ok })
	if was != nil && err == nil {
		st.by = was
	}
	return st, err
}

// settle brings the jobs that go on in a story to what is known of them now.
func (r *records) settle(st story) (story, error) {
	for i, j := range st.jobs {
		if j.State.Ended() {
			continue
		}
		now, err := r.Job(j.Job)
		if err != nil {
			return story{}, err
		}
		st.jobs[i] = now
	}
	return st, nil
}

func unknownRun(id string) *fault.Error {
	return fault.New("vox/run/unknown", "there is no run %s", printable(id)).WithHint("voxmesh runs lists them")
}

// lastItem gives the state in which an item stands for the last time. Codes: vox/hopper/unknown, vox/oplog/trimmed.
func (r *records) lastItem(id string) (*State, error) {
	s := r.Snapshot()
	has := func(s *State) bool { _, ok := s.hopper.Item(id); return ok }
	if has(s) {
		return s, nil
	}
	was, err := r.lastWith(itemIndex(id), has)
	if err != nil {
		return nil, err
	}
	if was == nil {
		return nil, r.trimmedOr(s.made(id), "item "+id, unknownItem(id))
	}
	return was, nil
}

// recall gives a state in which the target of a replay stands with all that belongs to it: the newest one, where that has it,
// else one with what the log says of it. Codes: those of Job, Item and Run.
func (r *records) recall(target string) (*State, error) {
	s := r.Snapshot()
	was, run := s, ""
	switch n, ok := s.Node(target); {
	case ok:
		run = n.Run
	case strings.HasPrefix(target, "r-"):
		run = target
	case strings.HasPrefix(target, "h-"):
		last, err := r.lastItem(target)
		if err != nil {
			return nil, err
		}
		it, _ := last.hopper.Item(target)
		if run = it.Run; last != s {
			was = s.apart()
			was.hopper.Put(*it)
		}
	case strings.HasPrefix(target, "j-"):
		j, err := r.Job(target)
		if err != nil {
			return nil, err
		}
		run = j.Run
	}
	if run == "" {
		return was, nil
	}
	st, err := r.story(run)
	if err != nil || st.hot {
		return was, err
	}
	if was == s {
		was = s.apart()
	}
	was.runs.Set(run, st.run)
	for _, j := range st.jobs {
		was.jobs.Set(j.Job, j)
	}
	return was, nil
}

// made reports whether an id was given out: numbers are, in order.
func (s *State) made(id string) bool {
	if len(id) < 3 {
		return false
	}
	n, ok := shortNumber(id[2:])
	if !ok {
		return false
	}
	switch id[:2] {
	case "j-":
		return n < s.Submitted
	case "r-":
		return n < max(s.NextRun, s.Submitted)
	case "h-":
		return n < s.Admitted
	case "b-":
		return n < s.Batches
	}
	return false
}

// BatchItems gives the items of a batch as they are, or were in the end. Codes: vox/hopper/unknown, vox/oplog/trimmed.
func (r *records) BatchItems(batch string) ([]ItemView, error) {
	s := r.Snapshot()
	ops, err := r.log.Indexed(itemIndex(batch), 1)
	if err != nil {
		return nil, err
	}
	var rec ItemsBatched
	if len(ops) == 0 || ops[0].Kind != KindItemsBatched || unmarshal(ops[0].Body, &rec) != nil || rec.Batch != batch {
		return nil, r.trimmedOr(s.made(batch), "batch "+batch, unknownBatch(batch))
	}
	out := make([]ItemView, 0, len(rec.Items))
	for _, id := range rec.Items {
		v, err := r.Item(id)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// trimmedOr is the error for what the log does not have: that it was trimmed, where it was there once, or else that it is
// unknown, with a word on where the log begins.
func (r *records) trimmedOr(made bool, what string, unknown *fault.Error) error {
	base, files := r.log.Base(), r.log.Archives()
	if base.Seq == 0 || len(files) == 0 {
		return unknown
	}
	name := files[0].Name
	if n := len(files); n > 1 {
		name = fmt.Sprintf("one of %s to %s", name, files[n-1].Name)
	}
	if !made {
		return unknown.WithHint("%s; the log was trimmed: what was before op %d is in %s", unknown.Hint, base.Seq+1, name)
	}
	return fault.New(oplog.CodeTrimmed, "%s ended before op %d, where the log begins since it was trimmed: it is in %s", printable(what), base.Seq+1, name).
		WithHint("copy the archive into an empty folder as oplog.db, and ask there: voxmesh --data FOLDER")
}

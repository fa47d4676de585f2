package mesh

import (
	"cmp"
	"slices"
	"time"

	"voxmesh/hopper"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// Lists of what ended are paged back through the states of the past: each holds all that ended in the day before it, so a
// page costs a seek for each day that it covers, however long the log is, and nothing has to be kept for it.

// backPage is how much a page has where no limit is given; backDays bounds the days that one call looks at, for a mesh in
// which little happens.
const (
	backPage = 100
	backDays = 128
)

// Older is a page of what ended, newest end first.
type Older[T any] struct {
	Rows []T
	// Next is where the next page begins: what ended before it. Zero: there is nothing older.
	Next time.Time
}

// RunsBefore gives the newest limit runs (0: 100) that ended before t, as they ended.
func (r *records) RunsBefore(t time.Time, limit int) (Older[RunView], error) {
	return back(r, t, limit, func(s *State) []ending[string] {
		var out []ending[string]
		for _, run := range s.Runs() {
			if end := runRow(run, s.jobsOf(run), s.At).EndedAt; end != 0 {
				out = append(out, ending[string]{end, run.ID})
			}
		}
		return out
	}, func(s *State, id string) (RunView, error) {
		run, _ := s.Run(id)
		if !s.whole(run) {
			return r.Run(id)
		}
		f := forest{s: s, now: s.At}
		return f.run(run, s.jobsOf(run), r.definition(run)), nil
	})
}

// JobsBefore gives the newest limit jobs (0: 100) that ended before t.
func (r *records) JobsBefore(t time.Time, limit int) (Older[JobView], error) {
	return back(r, t, limit, func(s *State) []ending[*Job] {
		var out []ending[*Job]
		for _, j := range s.Jobs() {
			if j.State.Ended() {
				out = append(out, ending[*Job]{j.EndedAt, j})
			}
		}
		return out
	}, func(s *State, j *Job) (JobView, error) { return s.JobView(j), nil })
}

// ItemsBefore gives the newest limit items of the hopper (0: 100) that closed before t.
func (r *records) ItemsBefore(t time.Time, limit int) (Older[ItemView], error) {
	return back(r, t, limit, func(s *State) []ending[*hopper.Item] {
		items := s.hopper.History(0)
		out := make([]ending[*hopper.Item], len(items))
		for i, it := range items {
			out[i] = ending[*hopper.Item]{it.Since, it}
		}
		return out
	}, func(s *State, it *hopper.Item) (ItemView, error) {
		return s.ItemView(it, nil, time.UnixMicro(s.At)), nil
	})
}

// ending is something that ended at a time, unix microseconds.
type ending[K any] struct {
	at   int64
	what K
}

// back goes from state to state, a day apart, until there is enough. Of what ended in one microsecond it gives all or nothing:
// a page begins where the one before it ended.
func back[K, T any](r *records, t time.Time, limit int, ended func(*State) []ending[K], view func(*State, K) (T, error)) (Older[T], error) {
	if limit <= 0 {
		limit = backPage
	}
	page, before := Older[T]{Rows: []T{}}, t.UnixMicro()
	for range backDays {
		i, err := r.At(time.UnixMicro(before - 1))
		switch {
		case fault.Is(err, oplog.CodeTrimmed) && len(page.Rows) > 0:
			return page, nil
		case err != nil:
			return page, err
		case i.Seq == 0:
			return page, nil
		}
		s, from := i.State, i.State.At-keepMicros
		all := slices.DeleteFunc(ended(s), func(e ending[K]) bool { return e.at <= from })
		slices.SortStableFunc(all, func(a, b ending[K]) int { return cmp.Compare(b.at, a.at) })
		for _, e := range all {
			if e.at < before && len(page.Rows) >= limit {
				page.Next = time.UnixMicro(before)
				return page, nil
			}
			v, err := view(s, e.what)
			if err != nil {
				return page, err
			}
			page.Rows, before = append(page.Rows, v), e.at
		}
		before = from + 1
	}
	page.Next = time.UnixMicro(before)
	return page, nil
}

package mesh

import (
	"sort"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
)

// Tick is one column of the time axis: N ops have a time from At (unix microseconds) up to the next column's.
type Tick struct {
	At int64
	N  uint64
}

// ticksMost bounds the columns of one Density: no screen has more.
const ticksMost = 4096

// Density cuts [from, to) into n columns (at most 4,096) of equal length and counts the ops in each. It searches the
// log by time and reads no op, so it costs the same for a minute and for all of a long log. Where to is not after from,
// or n is not positive, there is nothing.
func (r *records) Density(from, to time.Time, n int) ([]Tick, error) {
	lo, hi := max(from.UnixMicro(), 0), to.UnixMicro()
	n = min(n, ticksMost)
	if hi <= lo || n <= 0 {
		return nil, nil
	}
	span, k := uint64(hi-lo), uint64(n)
	out := make([]Tick, n)
	borders := make([]int64, n+1)
	for i := range borders {
		at := lo + int64(span/k*uint64(i)+span%k*uint64(i)/k)
		borders[i] = at - 1 // an op at a border belongs to the column that begins there
		if i < n {
			out[i].At = at
		}
	}
	seqs, err := r.log.SeqsAt(borders)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].N = seqs[i+1] - seqs[i]
	}
	return out, nil
}

// Began is when the log begins, the zero time where it is empty. The state at that time is the first that can be had: of a
// trimmed log, the one with its first op.
func (r *records) Began() (time.Time, error) {
	at, ok, err := r.log.Began()
	if err != nil {
		return time.Time{}, err
	}
	if ok {
		return time.UnixMicro(at), nil
	}
	if base, err := r.log.AtSeq(r.log.Base().Seq); err == nil && base.Seq > 0 { // all of it was trimmed
		return time.UnixMicro(base.At), nil
	}
	return time.Time{}, nil
}

// Stop is an op as a place on the time axis: where stepping from event to event stops.
type Stop struct {
	Seq uint64
	At  int64 // unix microseconds
}

// NextEvent gives the first op after op seq; false where there is none yet. So a step of n from op seq leads to
// NextEvent(seq+n-1), one below the beginning of a trimmed log to its first op. Like EventAt it reads no op.
func (r *records) NextEvent(seq uint64) (Stop, bool, error) {
	e, ok, err := r.log.Next(seq)
	return Stop(e), ok, err
}

// EventAt gives the last op with a time at or before t: of several with one time the last; false where there is none.
func (r *records) EventAt(t time.Time) (Stop, bool, error) {
	e, ok, err := r.log.PrevTime(t.UnixMicro() + 1)
	return Stop(e), ok, err
}

// Mark is an act on the time axis.
type Mark struct {
	Seq     uint64
	At      int64 // unix microseconds
	AuditID string
	Action  string
	Target  string
	Class   privacy.Class
	Actor   string
}

// marksMost bounds what Marks gives.
const marksMost = 1000

// Marks gives the acts with a time in [from, to), oldest first: the newest 1,000 where there are more.
func (r *records) Marks(from, to time.Time) ([]Mark, error) {
	lo, hi := max(from.UnixMicro(), 0), to.UnixMicro()
	if hi <= lo {
		return nil, nil
	}
	seqs, err := r.log.SeqsAt([]int64{lo - 1, hi - 1})
	if err != nil {
		return nil, err
	}
	ops, err := r.log.IndexedBack(IndexAudit, seqs[0], seqs[1]+1, marksMost)
	if err != nil {
		return nil, err
	}
	out := make([]Mark, 0, len(ops))
	for i := len(ops) - 1; i >= 0; i-- {
		var rec AuditRecorded
		if unmarshal(ops[i].Body, &rec) != nil {
			continue // of a later version
		}
		out = append(out, Mark{
			Seq: ops[i].Seq, At: ops[i].At, AuditID: short(rec.AuditID), Action: short(rec.Action), Target: short(rec.Target),
			Class: rec.Class, Actor: short(ops[i].Actor),
		})
	}
	return out, nil
}

// short is a name or an id from the log, safe to draw.
func short(s string) string { return clean.Max(s, 80).String() }

// newestFirst sorts runs by their start.
func newestFirst(runs []*Run) {
	sort.Slice(runs, func(i, k int) bool {
		if runs[i].At != runs[k].At {
			return runs[i].At > runs[k].At
		}
		return runs[i].ID > runs[k].ID
	})
}

package mesh

import (
	"encoding/hex"
	"time"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fabric"
)

// phaseSlack is how far outside of its attempt a phase may lie when it comes in: clocks agree only so far, and what is
// shown is moved in between the attempt's bounds.
const phaseSlack = time.Minute

// maxPhaseError bounds the error of a phase: the whole of it stands in the job's.
const maxPhaseError = 120

// phasesOf takes in what a worker says that it did for an attempt. Dropped is what is not of the form, has a name that is
// not known, an id that is there already, times that cannot be, or a parent that is neither the attempt nor another one
// taken in.
func phasesOf(j *Job, spans []fabric.Span, skew int64, known bool, now time.Time) []SpanRecord {
	spans = spans[:min(len(spans), fabric.MaxSpans)]
	from := j.LeasedAt - phaseSlack.Microseconds()
	to := max(now.UnixMicro(), j.LeasedAt) + phaseSlack.Microseconds()
	n := itoa(uint64(j.Attempt))
	attempt := SpanID(j.Run, j.Job, n)
	taken := map[string]bool{
		SpanID(j.Run): true, SpanID(j.Run, j.Job): true, SpanID(j.Run, "activity", label(j.Activity, j.Index, j.Fanned)): true, attempt: true,
	}
	for _, part := range []string{"lease", "dispatch", "run"} {
		taken[SpanID(j.Run, j.Job, n, part)] = true
	}
	var ok []SpanRecord
	for _, s := range spans {
		if !isSpanID(s.ID) || taken[s.ID] || !fabric.KnownPhase(s.Name) || s.Start <= 0 || s.Start > latest || s.End < s.Start || s.End > latest {
			continue
		}
		if s.End-s.Start > to-from || known && (s.Start-skew < from || s.End-skew > to) {
			continue
		}
		taken[s.ID] = true
		ok = append(ok, SpanRecord{s.ID, s.Parent, s.Name, s.Start, s.End, clean.Max(s.Error, maxPhaseError).String()})
	}
	return rooted(ok, attempt)
}

// rooted keeps the spans whose chain of parents leads to root, each after its parent.
func rooted(spans []SpanRecord, root string) []SpanRecord {
	var out []SpanRecord
	reached, used := map[string]bool{root: true}, make([]bool, len(spans))
	for more := true; more; {
		more = false
		for i, s := range spans {
			if !used[i] && reached[s.Parent] {
				used[i], reached[s.ID], more = true, true, true
				out = append(out, s)
			}
		}
	}
	return out
}

// isSpanID reports whether s is the id of a span by W3C Trace Context: 16 lower-case hex digits, not all of them zero.
func isSpanID(s string) bool {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 8 || s == "0000000000000000" {
		return false
	}
	return hex.EncodeToString(b) == s
}

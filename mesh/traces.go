package mesh

import (
	"strings"

	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// traceShown is how many digits of a trace lists show, and how many of them a run is found by. The op has all 32.
const traceShown = 8

// traceNames is the index name of the op that a run with this trace begins with. Logs of before there was such a name have
// runs that are found by their ids alone, but for those of the last day.
func traceNames(trace string) []string {
	if len(trace) < traceShown {
		return nil
	}
	return []string{"trace:" + trace[:traceShown]}
}

// startIndex names the op that a workflow's run begins with.
func startIndex(r *WorkflowStarted, trace string) []string {
	return append(traceNames(trace), runIndex(r.Run), itemIndex(r.Item))
}

// traceRunsMost bounds how many runs are looked at for one trace: two that share eight digits are rare.
const traceRunsMost = 64

// RunOfTrace gives the id of the run with a trace, or with one that begins with the digits given, at least 8. Codes:
// vox/run/unknown, vox/run/ambiguous.
func (r *records) RunOfTrace(trace string) (string, error) {
	trace = strings.ToLower(trace)
	if !isTrace(trace) {
		return "", fault.New("vox/run/unknown", "%s is no trace: 8 to 32 hex digits", printable(trace)).WithHint("voxmesh runs shows them")
	}
	found := map[string]bool{}
	for _, run := range r.Snapshot().Runs() {
		if strings.HasPrefix(run.Trace, trace) {
			found[run.ID] = true
		}
	}
	ops, err := r.log.IndexedBack(traceNames(trace)[0], 0, 0, traceRunsMost)
	if err != nil {
		return "", err
	}
	for _, op := range ops {
		if id := startedRun(op); id != "" && strings.HasPrefix(op.Trace, trace) {
			found[id] = true
		}
	}
	switch len(found) {
	case 0:
		return "", fault.New("vox/run/unknown", "there is no run with the trace %s", trace).
			WithHint("voxmesh runs lists those of the last day; one that an earlier voxmesh started, or that was trimmed, is found by its id alone")
	case 1:
		for id := range found {
			return id, nil
		}
	}
	return "", fault.New("vox/run/ambiguous", "%d runs have a trace that begins with %s", len(found), trace).WithHint("give more of its 32 digits")
}

// startedRun is the run that an op begins, or empty.
func startedRun(op oplog.Op) string {
	switch op.Kind {
	case KindJobSubmitted:
		var r JobSubmitted
		if unmarshal(op.Body, &r) == nil {
			return r.Run
		}
	case KindWorkflowStarted:
		var r WorkflowStarted
		if unmarshal(op.Body, &r) == nil {
			return r.Run
		}
	}
	return ""
}

// isTrace reports whether text can be a trace, or the beginning of one that is long enough to be found.
func isTrace(s string) bool {
	if len(s) < traceShown || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

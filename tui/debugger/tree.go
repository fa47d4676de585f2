package debugger

import (
	"slices"
	"strconv"
	"strings"

	"voxmesh/mesh"
)

// span is a span of the run where it stands in the tree, which is an array: each before what is in it.
type span struct {
	v       *mesh.SpanView
	kind    mesh.SpanKind
	parent  int // -1 above the run
	end     int // the index after all that is in it
	depth   int
	status  string
	shape   shape // of which to is 0 while it goes on
	opens   bool  // unless it is closed by hand
	says    bool  // closed, it hides more than its own bar says
	problem bool
}

// tree is a run as it is arranged. It is made at once, in a command where it is large, and not changed.
type tree struct {
	view  mesh.RunView
	spans []span
	gaps  []gap
	first int64 // the first change
	last  int64 // and the last
}

// newTree arranges a run. away tells which nodes are not heard.
func newTree(v mesh.RunView, away func(node string) bool) *tree {
	t := &tree{view: v}
	t.spans = make([]span, 0, count(&t.view.Root))
	t.add(&t.view.Root, -1, 0)
	t.opening()
	t.troubles(away)
	t.changes()
	return t
}

func count(s *mesh.SpanView) int {
	n := 1
	for i := range s.Children {
		n += count(&s.Children[i])
	}
	return n
}

func (t *tree) add(v *mesh.SpanView, parent, depth int) {
	i := len(t.spans)
	s := span{v: v, kind: v.SpanKind, parent: parent, depth: depth, status: statusOf(v)}
	if depth == 0 {
		s.kind = mesh.SpanRun
	}
	t.spans = append(t.spans, s)
	for k := range v.Children {
		t.add(&v.Children[k], i, depth+1)
	}
	t.spans[i].end = len(t.spans)
	t.spans[i].shape = t.shapeOf(i)
}

// statusOf gives the status of a span in one of the words that there are for a job, where that is possible.
func statusOf(v *mesh.SpanView) string {
	switch v.Status {
	case mesh.CauseLost.String(), mesh.CauseRefused.String(), mesh.CauseRevoked.String():
		return mesh.Failed.String()
	}
	return v.Status
}

// open reports whether a status is of something that goes on, or did not begin.
func open(status string) bool {
	switch status {
	case mesh.Running.String(), mesh.Leased.String(), mesh.Queued.String(), mesh.ActivityWaiting, "":
		return true
	}
	return false
}

// trouble reports whether something ended otherwise than it should.
func trouble(status string) bool {
	switch status {
	case mesh.Failed.String(), mesh.TimedOut.String(), mesh.Killed.String():
		return true
	}
	return false
}

// latest bounds the times that are believed, so that no difference of two overflows: unix microseconds of the year 2112.
const latest = int64(1) << 52

func believed(t int64) int64 { return max(0, min(t, latest)) }

// beginOf is when a span began; 0 where it waits for others.
func beginOf(v *mesh.SpanView) int64 {
	if v.Status == mesh.ActivityWaiting {
		return 0
	}
	return believed(v.Start)
}

// endOf is when a span ended that began at from; 0 while it goes on.
func endOf(v *mesh.SpanView, status string, from int64) int64 {
	switch {
	case v.End > 0:
		return max(believed(v.End), from)
	case from == 0 || open(status):
		return 0
	}
	return from + min(max(v.DurationMS, 0), latest/1000)*1000
}

// endMark is the sign of how a span ended. What was neither done nor failed, as an attempt that made room for another,
// was ended.
func endMark(status string) mark {
	switch {
	case open(status):
		return goesOn
	case status == mesh.Succeeded.String(), status == mesh.ActivityReusedFrom:
		return done
	case status == mesh.ActivitySkippedAs:
		return blank
	case trouble(status) && status != mesh.Killed.String():
		return failed
	}
	return killed
}

// shapeOf gives the shape of a span whose children were added.
func (t *tree) shapeOf(i int) shape {
	s := &t.spans[i]
	v := s.v
	from := beginOf(v)
	out := shape{from: from, to: endOf(v, s.status, from), end: endMark(s.status)}
	switch s.kind {
	case mesh.SpanRun:
		out.line, out.leased, out.ran = true, from, from
	case mesh.SpanActivity:
		for k := i + 1; k < s.end; k = t.spans[k].end {
			if c := &t.spans[k]; c.kind == mesh.SpanAttempt && c.shape.from > 0 && out.leased == 0 {
				out.leased, out.ran = c.shape.from, c.shape.ran
			}
		}
		if len(v.Children) == 0 && out.to > 0 { // done without an attempt: the result of another run
			out.leased, out.ran = from, from
		}
	case mesh.SpanAttempt:
		out.leased = from
		for k := i + 1; k < s.end; k = t.spans[k].end {
			if c := &t.spans[k]; c.kind == mesh.SpanPhase && c.shape.from > 0 && (out.ran == 0 || c.shape.from < out.ran) {
				out.ran = c.shape.from
			}
		}
		if out.ran == 0 && len(v.Children) == 0 && s.status != mesh.Leased.String() {
			out.ran = from
		}
	case mesh.SpanLease, mesh.SpanDispatch:
		out.leased = from
	default:
		out.leased, out.ran = from, from
	}
	return out
}

// familyMost is how many elements a fan-out may have that are all open because one of them is.
const familyMost = 8

// opening says which branches are open by themselves: where an attempt failed or came again, and with it the whole of a
// small fan-out. What is alone in its run is open to its phases.
func (t *tree) opening() {
	if len(t.spans) == 0 {
		return
	}
	root := &t.spans[0]
	root.opens, root.says = true, true
	family, size := map[string]bool{}, map[string]int{}
	for i := 1; i < root.end; i = t.spans[i].end {
		s := &t.spans[i]
		s.opens = t.tried(i)
		if name, fanned := fanOf(s.v.SpanName); fanned {
			size[name]++
			family[name] = family[name] || s.opens
		}
	}
	for i := 1; i < root.end; i = t.spans[i].end {
		s := &t.spans[i]
		name, fanned := fanOf(s.v.SpanName)
		s.says = s.opens
		s.opens = s.opens || fanned && family[name] && size[name] <= familyMost
		if s.end == root.end && i == 1 { // the only one
			s.opens = true
			if k := i + 1; k < s.end && t.spans[k].end == s.end {
				t.spans[k].opens = true
			}
		}
	}
	for i := range t.spans {
		s := &t.spans[i]
		if s.kind == mesh.SpanAttempt {
			for k := i + 1; k < s.end; k++ {
				s.says = s.says || t.spans[k].v.Error != "" && t.spans[k].kind == mesh.SpanPhase
			}
		}
	}
}

// tried reports whether in a branch an attempt failed, or was not the only one.
func (t *tree) tried(i int) bool {
	n, s := 0, &t.spans[i]
	for k := i + 1; k < s.end; k = t.spans[k].end {
		if c := &t.spans[k]; c.kind == mesh.SpanAttempt {
			n++
			if trouble(c.status) {
				return true
			}
		}
	}
	return n > 1 || trouble(s.status)
}

// fanOf gives the name of an activity without its index, and whether it has one.
func fanOf(name string) (string, bool) {
	head, rest, ok := strings.Cut(name, "[")
	return head, ok && strings.HasSuffix(rest, "]")
}

// troubles says where someone should look: where a thing failed, waits for what does not come by itself, or is with a
// node that is not heard; in the innermost branch that says so, and no deeper than the attempts.
func (t *tree) troubles(away func(string) bool) {
	for i := len(t.spans) - 1; i >= 0; i-- {
		s := &t.spans[i]
		if s.kind != mesh.SpanActivity && s.kind != mesh.SpanAttempt {
			continue
		}
		inner := false
		for k := i + 1; k < s.end; k = t.spans[k].end {
			inner = inner || t.spans[k].problem
		}
		late := s.kind == mesh.SpanAttempt && s.shape.end == goesOn && away != nil && away(s.v.NodeID)
		s.problem = !inner && (trouble(s.status) || late || open(s.status) && s.v.Waits != "")
	}
}

// changes finds when nothing changes for long.
func (t *tree) changes() {
	all := make([]int64, 0, 2*len(t.spans))
	add := func(at int64) {
		if at > 0 && (len(all) == 0 || all[len(all)-1] != at) { // a branch often begins with what is in it
			all = append(all, at)
		}
	}
	for i := range t.spans {
		s := &t.spans[i]
		add(s.shape.from)
		add(s.shape.to)
		for _, e := range s.v.Events {
			add(believed(e.At))
		}
	}
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i]-all[i-1] > gapLeast {
			t.gaps = append(t.gaps, gap{all[i-1], all[i]})
		}
	}
	if len(all) > 0 {
		t.first, t.last = all[0], all[len(all)-1]
	}
}

// lanes gives the spans that are in no closed branch, by their index.
func (t *tree) lanes(folds map[string]bool) []int {
	out := make([]int, 0, min(len(t.spans), 1024))
	for i := 0; i < len(t.spans); {
		s := &t.spans[i]
		out = append(out, i)
		if s.end > i+1 && !t.open(i, folds) {
			i = s.end
			continue
		}
		i++
	}
	return out
}

func (t *tree) open(i int, folds map[string]bool) bool {
	s := &t.spans[i]
	if o, ok := folds[t.key(i)]; ok {
		return o
	}
	return s.opens
}

// hidden is how many spans a closed branch hides that its own bar does not show: 0 where that is an attempt that went as
// it should, or the stages of one.
func (t *tree) hidden(i int, folds map[string]bool) int {
	s := &t.spans[i]
	if s.end == i+1 || t.open(i, folds) {
		return 0
	}
	if _, byHand := folds[t.key(i)]; byHand || s.says {
		return s.end - i - 1
	}
	return 0
}

// key names a span among the rows. What a worker says of itself has an id that it made up, so that is not trusted: such
// a span is named by its place in its attempt.
func (t *tree) key(i int) string {
	s := &t.spans[i]
	if s.kind != mesh.SpanPhase || s.parent < 0 || t.spans[s.parent].kind == mesh.SpanAttempt {
		return s.v.SpanID
	}
	a := s.parent
	for a > 0 && t.spans[a].kind != mesh.SpanAttempt {
		a = t.spans[a].parent
	}
	return t.spans[a].v.SpanID + "#" + strconv.Itoa(i-a)
}

// find gives the index of a span by its id, or of the first one of a job; -1 where there is none.
func (t *tree) find(id string) int {
	for i := range t.spans {
		if v := t.spans[i].v; v.SpanID == id || v.JobID == id && id != "" {
			return i
		}
	}
	return -1
}

// activity gives the activity that a span is of; -1 where it is the run.
func (t *tree) activity(i int) int {
	for i > 0 && t.spans[i].kind != mesh.SpanActivity {
		i = t.spans[i].parent
	}
	if i > 0 {
		return i
	}
	return -1
}

// attempt gives the attempt that a span is, or is in; of an activity its last one; -1 where there is none.
func (t *tree) attempt(i int) int {
	for k := i; k > 0; k = t.spans[k].parent {
		if t.spans[k].kind == mesh.SpanAttempt {
			return k
		}
	}
	out := -1
	if i >= 0 && t.spans[i].kind == mesh.SpanActivity {
		for k := i + 1; k < t.spans[i].end; k = t.spans[k].end {
			if t.spans[k].kind == mesh.SpanAttempt {
				out = k
			}
		}
	}
	return out
}

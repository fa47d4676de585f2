package drawer

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/pane"
)

// line is a row of the tree: a span, an event of one, or an act.
type line struct {
	id     string // of the row
	parent string
	span   string
	job    string
	guide  string
	name   string
	class  privacy.Class
	node   string
	start  int64 // unix microseconds
	op     uint64
	spans  bool // it lasts, and has a status
	took   time.Duration
	status string
	try    uint32
	cost   int64
	costly bool // its cost is known
	err    string

	branch  bool
	open    bool
	hidden  int
	problem bool
}

// seek takes the console to an op, or to a moment where there is none.
func seek(micros int64, op uint64) pane.Action {
	switch {
	case op > 0:
		return pane.Seek{Seq: op}
	case micros > 0:
		return pane.Seek{At: time.UnixMicro(micros)}
	}
	return nil
}

// grower makes the rows of a tree.
type grower struct {
	folds  map[string]bool
	cost   func(job string) (int64, bool)
	away   func(node string) bool
	single bool
	out    []line
}

// treeOf gives the rows of a run's tree that are not hidden in a closed branch. Failed branches and those that go on are
// open, the others closed, unless folds says otherwise. Acts stand after the jobs.
func treeOf(v *mesh.RunView, acts []mesh.AuditEntry, folds map[string]bool, cost func(string) (int64, bool), away func(string) bool) []line {
	g := &grower{folds: folds, cost: cost, away: away, single: len(v.Root.Children) == 1}
	root := g.span(v.Root, "", "")
	root.cost, root.costly, root.branch = micros(v.CostUSD), true, true
	root.open = open(folds, v.Root.SpanID, true)
	if !root.open {
		root.hidden = below(v.Root) + len(acts)
		return []line{root}
	}
	g.out = append(g.out, root)
	for i, c := range v.Root.Children {
		g.grow(c, root.id, "", i == len(v.Root.Children)-1 && len(acts) == 0, 1)
	}
	for i, e := range acts {
		g.out = append(g.out, actLine(e, root.id, guide("", i == len(acts)-1)))
	}
	return g.out
}

func micros(usd float64) int64 { return int64(usd*1e6 + 0.5) }

func open(folds map[string]bool, id string, standard bool) bool {
	if o, ok := folds[id]; ok {
		return o
	}
	return standard
}

func guide(before string, last bool) string {
	if last {
		return before + "└ "
	}
	return before + "├ "
}

func under(before string, last bool) string {
	if last {
		return before + "  "
	}
	return before + "│ "
}

func (g *grower) grow(s mesh.SpanView, parent, before string, last bool, depth int) {
	n := g.span(s, parent, guide(before, last))
	kids := childrenOf(s)
	n.branch = len(kids) > 0
	n.open = n.branch && open(g.folds, s.SpanID, opensItself(s) || depth == 1 && g.single)
	if n.branch && !n.open {
		n.hidden = below(s)
	}
	g.out = append(g.out, n)
	if !n.open {
		return
	}
	before = under(before, last)
	for i, k := range kids {
		end := i == len(kids)-1
		if k.span != nil {
			g.grow(*k.span, n.id, before, end, depth+1)
			continue
		}
		e := eventLine(s, *k.event, i, n.id, guide(before, end))
		g.out = append(g.out, e)
	}
}

// kid is a child of a span: another span, or an event.
type kid struct {
	at    int64
	span  *mesh.SpanView
	event *mesh.SpanEvent
}

// childrenOf gives the children of a span by time. Lease, dispatch and run say with their lengths what the events of an
// attempt say with their moments: in a tree the events are enough, and what the worker did stands among them.
func childrenOf(s mesh.SpanView) []kid {
	var out []kid
	for i := range s.Events {
		out = append(out, kid{s.Events[i].At, nil, &s.Events[i]})
	}
	for i := range s.Children {
		c := &s.Children[i]
		if s.SpanKind != mesh.SpanAttempt || len(s.Events) == 0 {
			out = append(out, kid{c.Start, c, nil})
			continue
		}
		for k := range c.Children {
			out = append(out, kid{c.Children[k].Start, &c.Children[k], nil})
		}
	}
	slices.SortStableFunc(out, func(a, b kid) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	return out
}

// below counts the rows under a span.
func below(s mesh.SpanView) int {
	n := 0
	for _, k := range childrenOf(s) {
		n++
		if k.span != nil {
			n += below(*k.span)
		}
	}
	return n
}

// opensItself reports whether a branch is open unless it is closed by hand: where something in it failed or goes on.
func opensItself(s mesh.SpanView) bool {
	switch s.Status {
	case mesh.Succeeded.String(), mesh.Queued.String(), mesh.ActivityWaiting, mesh.ActivitySkippedAs, mesh.ActivityReusedFrom:
	default:
		return true
	}
	return slices.ContainsFunc(s.Children, opensItself)
}

func (g *grower) span(s mesh.SpanView, parent, guide string) line {
	n := line{
		id: s.SpanID, parent: parent, span: s.SpanID, job: s.JobID, guide: guide, name: safe(s.SpanName),
		class: s.PrivacyClass, node: s.NodeID, start: s.Start, spans: true,
		took: time.Duration(s.DurationMS) * time.Millisecond, status: spanStatus(s), try: s.Attempt, err: safe(s.Error),
	}
	if s.JobID != "" && s.Attempt == 0 && g.cost != nil {
		n.cost, n.costly = g.cost(s.JobID)
	}
	if n.status == mesh.ActivityWaiting {
		n.start, n.took = 0, 0 // it did not begin: the instant that is shown is not its start
	}
	n.problem = problem(n.status)
	switch {
	case n.err != "" || s.Waits == "":
	case n.status == mesh.ActivitySkippedAs:
		n.err = safe(s.Waits)
	case n.status == mesh.ActivityWaiting:
		n.err = "waits for " + safe(s.Waits)
	default:
		n.err = "waits: " + safe(s.Waits) // as "no cpu free"
	}
	if n.status == "running" && s.Attempt > 0 && g.away != nil && g.away(s.NodeID) {
		n.problem = true
	}
	return n
}

// spanStatus is the status of a span; why a lease ended in a word that fits the column.
func spanStatus(s mesh.SpanView) string {
	if s.Attempt == 0 {
		return s.Status
	}
	return attemptStatus(s.Status)
}

func attemptStatus(status string) string {
	switch status {
	case mesh.CauseLost.String():
		return "failed"
	case mesh.CauseDrain.String():
		return "drained"
	case mesh.CauseYield.String():
		return "yielded"
	case mesh.CauseRestart.String():
		return "restarted"
	}
	return status
}

func problem(status string) bool {
	switch status {
	case "succeeded", "running", "drained", "yielded", "restarted", mesh.ActivitySkippedAs, mesh.ActivityReusedFrom, "":
		return false
	}
	return true
}

func eventLine(of mesh.SpanView, e mesh.SpanEvent, i int, parent, guide string) line {
	name := strings.ReplaceAll(e.Name, "_", " ")
	if e.Detail != "" {
		name += ", " + e.Detail
	}
	return line{
		id: of.SpanID + "#" + strconv.Itoa(i), parent: parent, span: of.SpanID, job: of.JobID, guide: guide, name: safe(name),
		class: of.PrivacyClass, node: e.NodeID, start: e.At, try: of.Attempt,
	}
}

func actLine(e mesh.AuditEntry, parent, guide string) line {
	node := ""
	if !strings.HasPrefix(e.Target, "j-") && !strings.HasPrefix(e.Target, "r-") {
		node = safe(e.Target)
	}
	return line{
		id: "act:" + e.AuditID, parent: parent, guide: guide, name: safe(e.Action) + " by " + safe(actor(e.Actor)),
		class: classOf(e), node: node, start: e.TsMicros, op: e.Op, err: safe(e.Reason),
	}
}

func classOf(e mesh.AuditEntry) privacy.Class {
	c, err := privacy.Parse(e.PrivacyClass)
	if err != nil {
		return privacy.Unknown
	}
	return c
}

// actor is who did something, without what kind of door it came through.
func actor(s string) string {
	if _, name, ok := strings.Cut(s, ":"); ok && name != "" {
		return name
	}
	return s
}

// unfoldTo opens the branches above a job or a span.
func (l *Layer) unfoldTo(s mesh.SpanView, want string) bool {
	for _, c := range s.Children {
		if c.SpanID == want || c.JobID == want || l.unfoldTo(c, want) {
			l.folds[s.SpanID] = true
			return true
		}
	}
	return false
}

func (l *Layer) close() {
	if l.view != events || l.tree.At() >= len(l.lines) {
		return
	}
	n := l.lines[l.tree.At()]
	if n.branch && n.open {
		l.folds[n.span] = false
		l.grow()
		return
	}
	if n.parent != "" {
		l.tree.Select(n.parent)
		l.chose()
	}
}

func (l *Layer) unfold() {
	if l.view != events || l.tree.At() >= len(l.lines) {
		return
	}
	i := l.tree.At()
	switch n := l.lines[i]; {
	case n.branch && !n.open:
		l.folds[n.span] = true
		l.grow()
	case n.branch && i+1 < len(l.lines):
		l.tree.Select(l.lines[i+1].id)
		l.chose()
	}
}

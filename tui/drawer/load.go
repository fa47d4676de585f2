package drawer

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/reading"
)

// A run of more jobs than this is folded into its tree in a command, at most once a second.
const manyJobs = 200

// loaded is the run that is shown and how it is being read. Nothing in it points into a state.
type loaded struct {
	view mesh.RunView
	have bool
	past time.Time // the instant that view is of

	log     *mesh.RunView        // the same from the log, where the state does not hold it
	jobs    map[string]*mesh.Job // of the log
	asked   uint64               // the generation of a read on its way; 0: none
	build   uint64               // and of a tree
	slow    bool
	err     error
	nothere string // why there is nothing to show at this instant
}

// The results of commands.
type (
	fetched struct {
		generation uint64
		run        string
		view       mesh.RunView
		jobs       map[string]*mesh.Job
		err        error
	}
	built struct {
		generation uint64
		view       mesh.RunView
		ok         bool
		past       time.Time
	}
	late struct{ generation uint64 }
)

// refresh takes in the world. second: a second went by.
func (l *Layer) refresh(second bool) tea.Cmd {
	var cmds []tea.Cmd
	st := l.s.World.State
	if st == nil {
		return nil
	}
	if l.run == "" { // a job of which only the log knows the run
		if j, ok := st.Job(l.want); ok {
			l.run = j.Run
		}
	}
	run, ok := st.Run(l.run)
	switch {
	case ok && len(run.Jobs) <= manyJobs:
		v, _ := st.RunView(l.run, l.s.Time().UnixMicro())
		l.adopt(v)
	case ok:
		cmds = append(cmds, l.buildTree(st, second))
	default:
		cmds = append(cmds, l.old())
	}
	if l.loaded.have {
		cmds = append(cmds, l.readActs())
	}
	if l.view == output {
		cmds = append(cmds, l.tail(second))
	}
	return tea.Batch(cmds...)
}

// buildTree makes the view of a large run in a command. Another instant does not wait for the second to end.
func (l *Layer) buildTree(st *mesh.State, second bool) tea.Cmd {
	past := l.s.World.Past
	if l.loaded.build != 0 || !second && l.loaded.have && past.Equal(l.loaded.past) {
		return nil
	}
	l.loaded.build = l.s.Generation()
	gen, id, now := l.loaded.build, l.run, l.s.Time().UnixMicro()
	return func() tea.Msg {
		v, ok := st.RunView(id, now)
		return built{gen, v, ok, past}
	}
}

func (l *Layer) buildEnded(m built) tea.Cmd {
	if m.generation != l.loaded.build {
		return nil
	}
	l.loaded.build = 0
	if !m.past.Equal(l.s.World.Past) {
		return l.refresh(true)
	}
	if m.ok {
		l.adopt(m.view)
	}
	return l.readActs()
}

// old shows a run that the state does not hold: from the log, where it had ended long before, and not at all where it
// had not begun.
func (l *Layer) old() tea.Cmd {
	d := &l.loaded
	if d.log == nil {
		if d.err != nil {
			return nil
		}
		return l.fetch()
	}
	if d.log.Start > l.s.Time().UnixMicro() {
		d.have = false
		d.nothere = l.run + " had not begun"
		return nil
	}
	l.adopt(*d.log)
	return nil
}

// fetch reads the run from the log.
func (l *Layer) fetch() tea.Cmd {
	d := &l.loaded
	if d.asked != 0 {
		return nil
	}
	d.asked, d.slow = l.s.Generation(), false
	gen, run, job, rec, ctx := d.asked, l.run, l.want, l.rec, l.ctx
	return tea.Batch(func() tea.Msg {
		m := fetched{generation: gen, run: run}
		m.read(ctx, rec, job)
		return m
	}, l.lateness(gen))
}

func (l *Layer) lateness(gen uint64) tea.Cmd { return reading.Late(l.ctx, late{gen}) }

func (m *fetched) read(ctx context.Context, rec Records, job string) {
	if m.run == "" {
		var j *mesh.Job
		if j, m.err = rec.Job(job); m.err != nil {
			return
		}
		m.run = j.Run
	}
	if m.view, m.err = rec.Run(m.run); m.err != nil {
		return
	}
	m.jobs = map[string]*mesh.Job{}
	for _, id := range m.view.Jobs[:min(len(m.view.Jobs), manyJobs)] {
		if ctx.Err() != nil {
			return
		}
		if j, err := rec.Job(id); err == nil {
			m.jobs[id] = j
		}
	}
}

func (l *Layer) fetchEnded(m fetched) tea.Cmd {
	d := &l.loaded
	if m.generation != d.asked {
		return nil
	}
	d.asked, d.slow, d.err = 0, false, m.err
	if m.err != nil {
		return nil
	}
	l.run, d.log, d.jobs = m.run, &m.view, m.jobs
	return l.refresh(true)
}

func (l *Layer) isLate(m late) {
	switch m.generation {
	case l.loaded.asked:
		l.loaded.slow = true
	case l.out.asked:
		l.out.slow = true
	}
}

func (l *Layer) retry() tea.Cmd {
	l.loaded.err, l.acts.err, l.out.err = nil, nil, nil
	l.acts.have = false
	return l.refresh(true)
}

// adopt shows a view of the run.
func (l *Layer) adopt(v mesh.RunView) {
	l.loaded.view, l.loaded.have, l.loaded.nothere, l.loaded.err = v, true, "", nil
	l.loaded.past = l.s.World.Past
	l.arrange()
}

// arrange makes the rows of the view anew, and those of the tree: by them the others know of which job they speak.
func (l *Layer) arrange() {
	v := &l.loaded.view
	l.grow()
	switch l.view {
	case attempts:
		l.tries = triesOf(v)
		l.attempts.Set(idsOf(l.tries, func(t try) string { return t.id }))
	case record:
		l.fields = l.recordOf(v)
		l.record.Set(idsOf(l.fields, func(f field) string { return f.id }))
	}
}

// grow makes the rows of the tree anew, and takes the cursor to what was asked for, once.
func (l *Layer) grow() {
	v := &l.loaded.view
	if l.want != "" {
		l.unfoldTo(v.Root, l.want)
	}
	l.lines = treeOf(v, l.shownActs(), l.folds, l.costOf, l.isAway)
	l.tree.Set(idsOf(l.lines, func(n line) string { return n.id }))
	if l.want == "" {
		l.failedFirst()
		return
	}
	l.placed = true
	for _, n := range l.lines {
		if n.span == l.want || n.job == l.want {
			l.tree.Select(n.id)
			break
		}
	}
	l.want = ""
}

// failedFirst takes the cursor, once, to what failed: to the first attempt that did, with what it said, else to the first
// branch.
func (l *Layer) failedFirst() {
	if l.placed || !failed(l.loaded.view.Status) {
		return
	}
	l.placed = true
	found := ""
	for _, n := range l.lines {
		if !n.problem || n.parent == "" {
			continue
		}
		if found == "" || n.try > 0 {
			found = n.id
		}
		if n.try > 0 {
			break
		}
	}
	if found != "" {
		l.tree.Select(found)
		l.chose()
	}
}

func failed(status string) bool {
	return status == mesh.Failed.String() || status == mesh.TimedOut.String()
}

func idsOf[T any](all []T, id func(T) string) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = id(x)
	}
	return out
}

// jobOf gives a job of the run, of the state that is shown or of the log.
func (l *Layer) jobOf(id string) (*mesh.Job, bool) {
	if j, ok := l.s.World.State.Job(id); ok {
		return j, true
	}
	j, ok := l.loaded.jobs[id]
	return j, ok
}

func (l *Layer) costOf(job string) (int64, bool) {
	if j, ok := l.jobOf(job); ok {
		return j.Cost, true
	}
	return 0, false
}

// isAway reports whether a node that should be at work is not heard.
func (l *Layer) isAway(node string) bool {
	n, ok := l.s.World.State.Node(node)
	return ok && n.Status != mesh.Online && !n.Host
}

// safe is text of the log or of an error, safe to draw in one row.
func safe(s string) string { return clean.Max(s, 400).String() }

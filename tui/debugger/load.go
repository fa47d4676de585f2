package debugger

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/workflow"
	"voxmesh/tui/reading"
)

// A run of more jobs than this is arranged in a command, at most once a second.
const manyJobs = 200

// jobsMost is how many jobs are kept that were read from the log.
const jobsMost = 200

// loaded is how the run is being read. Nothing in it points into a state.
type loaded struct {
	of   version // what the tree was made of
	next time.Time

	def     *workflow.Definition // of a workflow, once it was read
	defined bool                 // or could not be
	defAsk  uint64

	log     *tree                // the run from the log, where the state does not hold it
	jobs    map[string]*mesh.Job // that the state does not hold; nil: it could not be read
	jobAsk  uint64
	asked   uint64 // the generation of a read on its way; 0: none
	build   uint64 // and of a tree
	slow    bool
	err     error
	nothere string // why there is nothing to show at this instant
}

// version is what a tree is of.
type version struct {
	seq  uint64
	past time.Time
	log  bool
}

// The results of commands.
type (
	fetched struct {
		generation uint64
		run        string
		tree       *tree
		err        error
	}
	jobRead struct {
		generation uint64
		id         string
		job        *mesh.Job
	}
	built struct {
		generation uint64
		tree       *tree // nil: the run was not there
		of         version
	}
	defined struct {
		generation uint64
		def        *workflow.Definition
	}
	late struct{ generation uint64 }
)

// Definer is a host that can tell what a workflow's run was fixed to. Of one that cannot, the activities are shown of which
// something is recorded.
type Definer interface {
	// Definition gives the definition of a run of a workflow. Codes: vox/run/unknown, vox/blob/missing.
	Definition(run string) (*workflow.Definition, error)
}

// refresh takes in the world.
func (l *Layer) refresh() tea.Cmd {
	st := l.s.World.State
	if st == nil {
		return nil
	}
	l.now = l.s.Time().UnixMicro()
	if l.run == "" { // a job of which only the log knows the run
		if j, ok := st.Job(l.want); ok {
			l.run = j.Run
		}
	}
	run, ok := st.Run(l.run)
	if !ok {
		return l.old()
	}
	of := version{seq: st.Seq, past: l.s.World.Past}
	if l.tree != nil && of == l.loaded.of {
		return nil
	}
	define := l.define(run)
	if len(run.Jobs) <= manyJobs {
		v, _ := st.RunViewOf(l.run, l.loaded.def, l.now)
		return tea.Batch(define, l.adopt(newTree(v, isAway(st)), of))
	}
	return tea.Batch(define, l.build(st, of))
}

// define reads the definition of a workflow, once.
func (l *Layer) define(run *mesh.Run) tea.Cmd {
	d := &l.loaded
	host, ok := l.rec.(Definer)
	if !ok || run.Flow == nil || d.defined || d.defAsk != 0 || !l.s.World.Lost.IsZero() {
		return nil
	}
	d.defAsk = l.s.Generation()
	gen, id := d.defAsk, l.run
	return func() tea.Msg {
		def, err := host.Definition(id)
		if err != nil {
			def = nil // what is recorded is shown all the same
		}
		return defined{gen, def}
	}
}

func (l *Layer) defineEnded(m defined) tea.Cmd {
	d := &l.loaded
	if m.generation != d.defAsk {
		return nil
	}
	d.defAsk, d.defined, d.def = 0, true, m.def
	d.of, d.next = version{}, time.Time{}
	return l.refresh()
}

// build arranges a large run in a command. Another instant does not wait for the second to end.
func (l *Layer) build(st *mesh.State, of version) tea.Cmd {
	d := &l.loaded
	if d.build != 0 || l.tree != nil && of.past.Equal(d.of.past) && l.s.Now().Before(d.next) {
		return nil
	}
	d.build, d.next = l.s.Generation(), l.s.Now().Add(time.Second)
	gen, id, def, now := d.build, l.run, d.def, l.now
	return func() tea.Msg {
		v, ok := st.RunViewOf(id, def, now)
		if !ok {
			return built{generation: gen, of: of}
		}
		return built{gen, newTree(v, isAway(st)), of}
	}
}

func (l *Layer) buildEnded(m built) tea.Cmd {
	if m.generation != l.loaded.build {
		return nil
	}
	l.loaded.build = 0
	if !m.of.past.Equal(l.s.World.Past) || m.tree == nil {
		return l.refresh()
	}
	return l.adopt(m.tree, m.of)
}

// isAway tells which nodes are not heard.
func isAway(st *mesh.State) func(string) bool {
	return func(node string) bool {
		n, ok := st.Node(node)
		return ok && n.Status != mesh.Online && !n.Host
	}
}

// old shows a run that the state does not hold: from the log, where it had ended long before, and not at all where it
// had not begun.
func (l *Layer) old() tea.Cmd {
	d := &l.loaded
	if d.log == nil {
		if d.err != nil || d.asked != 0 {
			return nil
		}
		return l.fetch()
	}
	if d.log.view.Start > l.now {
		l.tree, l.shown = nil, nil
		l.list.Set(nil)
		d.of = version{}
		d.nothere = l.run + " had not begun"
		return nil
	}
	of := version{log: true}
	if l.tree != nil && d.of == of {
		return nil
	}
	return l.adopt(d.log, of)
}

// fetch reads the run from the log.
func (l *Layer) fetch() tea.Cmd {
	d := &l.loaded
	d.asked, d.slow = l.s.Generation(), false
	gen, run, job, rec := d.asked, l.run, l.want, l.rec
	return tea.Batch(func() tea.Msg {
		m := fetched{generation: gen, run: run}
		m.read(rec, job)
		return m
	}, l.lateness(gen))
}

func (l *Layer) lateness(gen uint64) tea.Cmd { return reading.Late(l.ctx, late{gen}) }

func (m *fetched) read(rec Records, job string) {
	if m.run == "" {
		var j *mesh.Job
		if j, m.err = rec.Job(job); m.err != nil {
			return
		}
		m.run = j.Run
	}
	view, err := rec.Run(m.run)
	if m.err = err; err != nil {
		return
	}
	m.tree = newTree(view, nil)
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
	l.run, d.log = m.run, m.tree
	return l.refresh()
}

func (l *Layer) isLate(m late) {
	switch m.generation {
	case l.loaded.asked:
		l.loaded.slow = true
	case l.out.asked:
		l.out.slow = true
	default:
		if l.cmp != nil && m.generation == l.cmp.asked {
			l.cmp.slow = true
		}
	}
}

func (l *Layer) retry() tea.Cmd {
	l.loaded.err, l.out.err = nil, nil
	return tea.Batch(l.refresh(), l.tail(true))
}

// adopt shows a tree of the run.
func (l *Layer) adopt(t *tree, of version) tea.Cmd {
	was := l.list.Selected()
	l.tree, l.loaded.of, l.loaded.nothere, l.loaded.err = t, of, "", nil
	l.arrange()
	if l.want != "" {
		return l.goTo(l.want)
	}
	if l.list.Selected() != was {
		l.want = was // it is picked again when it comes back, unless the cursor was moved
	}
	return l.follow()
}

// goTo puts the cursor on a span or on the first of a job, and opens the branches above it. What is not there yet stays
// wanted.
func (l *Layer) goTo(want string) tea.Cmd {
	i := l.tree.find(want)
	if i < 0 {
		return l.follow()
	}
	l.unfoldTo(i)
	l.arrange()
	l.list.Select(l.tree.key(i))
	return l.chose()
}

// arrange makes the lanes anew.
func (l *Layer) arrange() {
	l.shown = l.tree.lanes(l.folds)
	ids := make([]string, len(l.shown))
	for i, k := range l.shown {
		ids[i] = l.tree.key(k)
	}
	l.list.Set(ids)
}

// unfoldTo opens the branches above a span.
func (l *Layer) unfoldTo(i int) {
	for k := l.tree.spans[i].parent; k >= 0; k = l.tree.spans[k].parent {
		if !l.tree.open(k, l.folds) {
			l.folds[l.tree.key(k)] = true
		}
	}
}

// follow reads what is to be known of the span under the cursor: the record of its job, how much went in, and its output.
func (l *Layer) follow() tea.Cmd { return tea.Batch(l.readJob(), l.readSizes(), l.tail(false)) }

// readJob reads the job of the span under the cursor from the log, where the state does not hold it.
func (l *Layer) readJob() tea.Cmd {
	d, id := &l.loaded, l.outputJob()
	if id == "" || d.jobAsk != 0 || !l.s.World.Lost.IsZero() {
		return nil
	}
	if _, ok := l.job(id); ok {
		return nil
	}
	if _, tried := d.jobs[id]; tried {
		return nil
	}
	d.jobAsk = l.s.Generation()
	gen, rec := d.jobAsk, l.rec
	return func() tea.Msg {
		j, err := rec.Job(id)
		if err != nil {
			j = nil // its tree says what there is to say
		}
		return jobRead{gen, id, j}
	}
}

func (l *Layer) jobEnded(m jobRead) tea.Cmd {
	d := &l.loaded
	if m.generation != d.jobAsk {
		return nil
	}
	d.jobAsk = 0
	if len(d.jobs) >= jobsMost || d.jobs == nil {
		d.jobs = map[string]*mesh.Job{}
	}
	d.jobs[m.id] = m.job
	return tea.Batch(l.readJob(), l.readSizes()) // the cursor may have moved on
}

// job gives a job of the run, of the state that is shown or of the log.
func (l *Layer) job(id string) (*mesh.Job, bool) {
	if j, ok := l.s.World.State.Job(id); ok {
		return j, true
	}
	j := l.loaded.jobs[id]
	return j, j != nil
}

// safe is text of the log or of an error, safe to draw in one row.
func safe(s string) string { return clean.Max(s, 400).String() }

// Package debugger is the layer that shows a run as lanes on an axis of time: a lane for the run, for each of its
// activities, their attempts, and the phases of those; and of the span that is picked what went in, what came out, why
// it is there, and its output. Two attempts can be put side by side.
//
// It shows the run as it is in the session's world, at the instant that the console shows; what the state of that instant
// does not hold is read from the log in a command. What goes on grows with the clock. Stretches in which nothing changes
// are folded, and said to be. The tree of a run is an array that is made when the run changed, of a large run in a
// command; a frame costs what is on the screen, however many spans there are. Nothing here changes the mesh: verbs are
// actions for the root.
package debugger

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
)

// Records is what the debugger needs of the host.
type Records interface {
	// Run gives a run with its tree, old ones too. Code vox/run/unknown.
	Run(id string) (mesh.RunView, error)
	// Job gives a job, old ones too. Code vox/job/unknown.
	Job(id string) (*mesh.Job, error)
	// Tail gives the last most bytes of a job's output as it is now.
	Tail(ctx context.Context, job string, most int) (mesh.Output, error)
}

// region is a part of the layer that can have the focus.
type region int

const (
	lanes region = iota
	about
	output
	ruler // the axis
	numRegions
)

// Layer is the timeline of one run. Make one with New.
type Layer struct {
	s    *pane.Session
	rec  Records
	ctx  context.Context
	stop context.CancelFunc

	run  string // empty as long as only the job is known
	want string // the job or span that the cursor is to go to
	now  int64  // the moment that is shown, unix microseconds

	loaded loaded
	sizes  sizes
	tree   *tree
	folds  map[string]bool // opened or closed by hand, by span id
	shown  []int           // the lanes: indices into the tree
	list   list.List
	marked []string // the attempts to compare, two at most, the older mark first
	win    window
	axis   axis
	of     axisOf // what axis was made of

	focus region
	under region // about or output: what stands under the lanes where there is room for one
	alone bool
	facts scroller

	out out
	cmp *comparison

	frame layout.Frame
	rects [numRegions]layout.Rect
	views layout.Places // the names of views in a border
	signs layout.Places // the signs of closed branches
	body  layout.Rect
	from  int // the first lane that is shown in body
	marks []mark
	parts []row.Stretch // of the bar that is being drawn
	grip  grip
}

// New makes the timeline of a run, or of that of a job or a span, and the command that reads what the state does not hold.
// Requests end with ctx, or when the layer closes.
func New(ctx context.Context, s *pane.Session, rec Records, ref pane.Ref) (*Layer, tea.Cmd) {
	ctx, stop := context.WithCancel(ctx)
	l := &Layer{s: s, rec: rec, ctx: ctx, stop: stop, under: about}
	l.list.Keep(true)
	return l, l.show(ref)
}

// show turns to a run, a job or a span.
func (l *Layer) show(ref pane.Ref) tea.Cmd {
	run, want := ref.ID, ""
	switch ref.Kind {
	case pane.Span:
		run, want, _ = strings.Cut(ref.ID, "/")
	case pane.Job:
		want, run = ref.ID, ""
		if j, ok := l.s.World.State.Job(ref.ID); ok {
			run = j.Run
		}
		l.s.Job = ref.ID
	case pane.Run:
	default:
		return nil
	}
	if run == "" || run != l.run {
		l.loaded, l.tree, l.shown, l.marked, l.cmp = loaded{}, nil, nil, nil, nil
		l.folds, l.win, l.out = map[string]bool{}, window{}, newOut()
		l.list.Set(nil)
	}
	l.run, l.want = run, want
	if run != "" {
		l.s.Run = run
	}
	cmd := l.refresh()
	if l.tree != nil && l.want != "" {
		return tea.Batch(cmd, l.goTo(l.want))
	}
	return cmd
}

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Typing is false: letters are keys.
func (l *Layer) Typing() bool { return false }

// Closed ends what is being read.
func (l *Layer) Closed() { l.stop() }

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed:
		return nil, l.refresh()
	case pane.Second:
		return nil, tea.Batch(l.refresh(), l.tail(true), l.rewrap())
	case pane.Reveal:
		return nil, l.show(msg.Ref)
	case fetched:
		return nil, l.fetchEnded(msg)
	case jobRead:
		return nil, l.jobEnded(msg)
	case sized:
		return nil, l.sizesEnded(msg)
	case built:
		return nil, l.buildEnded(msg)
	case defined:
		return nil, l.defineEnded(msg)
	case tailed:
		l.tailEnded(msg)
	case compared:
		l.compareEnded(msg)
	case late:
		l.isLate(msg)
	case pane.Do:
		return l.do(msg)
	case pane.Click:
		return l.click(msg)
	case pane.Drag:
		l.drag(msg)
	case pane.Wheel:
		l.wheel(msg)
	}
	return nil, nil
}

// picked is the index of the span under the cursor; -1 where there is none.
func (l *Layer) picked() int {
	if i := l.list.At(); i < len(l.shown) {
		return l.shown[i]
	}
	return -1
}

// span gives the span under the cursor, nil where there is none.
func (l *Layer) span() *span {
	if i := l.picked(); i >= 0 {
		return &l.tree.spans[i]
	}
	return nil
}

// chose follows the cursor: its job is the selected one of the console, the window shows its span, and its output is
// read.
func (l *Layer) chose() tea.Cmd {
	l.facts = scroller{}
	s := l.span()
	if s == nil {
		return nil
	}
	if s.v.JobID != "" {
		l.s.Job = s.v.JobID
	}
	l.want = ""
	l.win.reveal(l.full(), s.shape, l.now)
	return l.follow()
}

// Selected is what a verb acts on: the job of the span under the cursor, else the run.
func (l *Layer) Selected() pane.Ref {
	if s := l.span(); s != nil && s.v.JobID != "" {
		return pane.Ref{Kind: pane.Job, ID: s.v.JobID}
	}
	if l.run == "" {
		return pane.Ref{Kind: pane.Job, ID: l.want}
	}
	return pane.Ref{Kind: pane.Run, ID: l.run}
}

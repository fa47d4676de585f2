// Package drawer is the layer that opens a run, a job or a span: the tree of what happened in it, its output, its
// attempts, and its record with the acts that touched it.
//
// What it shows is of the session's world, at the instant that the console shows. What the state of that instant no
// longer holds, a run that ended more than a day before, is fetched from the log in a command; a result that comes for an
// older question is dropped. Output is bounded to its last 64 KB, cleaned before it is drawn, and followed while its end
// is in sight. Every row of a run, a job or a span is drawn by package row, with its class. Nothing here changes the
// mesh: verbs are actions for the root.
package drawer

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

// Records is what the drawer needs of the host.
type Records interface {
	// Run gives a run with its tree, old ones too. Code vox/run/unknown.
	Run(id string) (mesh.RunView, error)
	// Job gives a job, old ones too. Code vox/job/unknown.
	Job(id string) (*mesh.Job, error)
	// Tail gives the last most bytes of a job's output as it is now.
	Tail(ctx context.Context, job string, most int) (mesh.Output, error)
	// ActsOn gives the newest entries of the audit log that touched a node, a job or a run.
	ActsOn(target string, limit int) ([]mesh.AuditEntry, error)
}

// view is what of the run is shown.
type view int

const (
	events view = iota
	output
	attempts
	record
	numViews
)

var viewNames = [numViews]string{"Events", "Output", "Attempts", "Record"}

// Layer is the drawer of one run. Make one with New.
type Layer struct {
	s    *pane.Session
	rec  Records
	ctx  context.Context
	stop context.CancelFunc

	run    string // empty as long as only the job is known
	want   string // the job or span that the cursor is to go to
	placed bool   // the cursor was taken to where it begins
	view   view
	whole  bool // it has the whole pane, however wide that is

	loaded loaded
	acts   acts
	out    outView
	folds  map[string]bool // opened or closed by hand, by span id

	lines    []line
	tree     list.List
	tries    []try
	attempts list.List
	fields   []field
	record   list.List

	frame layout.Frame
	rect  layout.Rect
	tabs  layout.Places
	signs layout.Places // the signs of closed branches; what is the row
	body  layout.Rect
	from  int // the first row that is shown in body
}

// New makes the drawer for a run, a job or a span, and the command that fetches what the state does not hold. Requests
// end with ctx, or when the layer closes.
func New(ctx context.Context, s *pane.Session, rec Records, ref pane.Ref) (*Layer, tea.Cmd) {
	ctx, stop := context.WithCancel(ctx)
	l := &Layer{s: s, rec: rec, ctx: ctx, stop: stop, folds: map[string]bool{}, out: newOutView()}
	l.tree.Keep(true)
	l.attempts.Keep(true)
	l.record.Keep(true)
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
		l.loaded, l.acts, l.out = loaded{}, acts{}, newOutView()
		l.lines, l.folds, l.placed = nil, map[string]bool{}, false
	}
	l.run, l.want = run, want
	if run != "" {
		l.s.Run = run
	}
	return l.refresh(true)
}

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Typing is false: letters are keys.
func (l *Layer) Typing() bool { return false }

// Closed ends what is being fetched.
func (l *Layer) Closed() { l.stop() }

// Update takes a message.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Changed:
		return nil, l.refresh(false)
	case pane.Second:
		return nil, l.refresh(true)
	case pane.Reveal:
		return nil, l.show(msg.Ref)
	case fetched:
		return nil, l.fetchEnded(msg)
	case built:
		return nil, l.buildEnded(msg)
	case actsRead:
		return nil, l.actsEnded(msg)
	case tailed:
		l.tailEnded(msg)
	case late:
		l.isLate(msg)
	case pane.Do:
		return l.do(msg)
	case pane.Click:
		return l.click(msg)
	case pane.Wheel:
		l.wheel(msg)
	}
	return nil, nil
}

func (l *Layer) do(msg pane.Do) (pane.Action, tea.Cmd) {
	switch msg.ID {
	case keys.Back:
		if l.whole {
			l.whole = false
			return nil, nil
		}
		return pane.Close{}, nil
	case keys.View:
		if l.loaded.view.Workflow != "" {
			return pane.Visit{Ref: l.here(), As: pane.AsTimeline}, nil
		}
		return nil, l.turn((l.view + 1) % numViews)
	case keys.Next:
		return nil, l.turn((l.view + 1) % numViews)
	case keys.Previous:
		return nil, l.turn((l.view + numViews - 1) % numViews)
	case keys.Alone:
		l.whole = !l.whole
	case keys.Copy:
		return l.copy(), nil
	case keys.Replay:
		return l.replay(), nil
	case keys.Kill, keys.Explain:
		return pane.Act{Verb: msg.ID, On: l.Selected()}, nil
	case keys.Retry:
		return nil, l.retry()
	case keys.Open:
		return l.open(), nil
	case keys.Left:
		l.close()
	case keys.Right:
		l.unfold()
	case keys.Seek:
		return l.next(), nil
	default:
		l.move(msg)
	}
	return nil, nil
}

func (l *Layer) turn(v view) tea.Cmd {
	l.view = v
	if l.loaded.have {
		l.arrange()
	}
	if v == output {
		return l.tail(true)
	}
	return nil
}

// rows is the list of the view; the output has none, it scrolls.
func (l *Layer) rows() *list.List {
	switch l.view {
	case events:
		return &l.tree
	case attempts:
		return &l.attempts
	case record:
		return &l.record
	}
	return nil
}

func (l *Layer) move(msg pane.Do) {
	if rows := l.rows(); rows != nil {
		rows.Move(msg.ID)
		l.chose()
		return
	}
	l.out.view.Move(msg.ID)
}

// chose makes the job of the selected row the selected one of the console.
func (l *Layer) chose() {
	if job := l.job(); job != "" {
		l.s.Job = job
	}
}

// Selected is what a verb acts on: the job of the row under the cursor, else the run.
func (l *Layer) Selected() pane.Ref {
	if job := l.job(); job != "" {
		return pane.Ref{Kind: pane.Job, ID: job}
	}
	if l.run == "" {
		return pane.Ref{Kind: pane.Job, ID: l.want}
	}
	return pane.Ref{Kind: pane.Run, ID: l.run}
}

// here is the span under the cursor of the tree, else the run: where the timeline begins.
func (l *Layer) here() pane.Ref {
	if i := l.tree.At(); l.view == events && i < len(l.lines) && l.lines[i].span != "" {
		return pane.Ref{Kind: pane.Span, ID: l.run + "/" + l.lines[i].span}
	}
	return pane.Ref{Kind: pane.Run, ID: l.run}
}

// job is that of the row under the cursor; empty where it is of the whole run.
func (l *Layer) job() string {
	switch l.view {
	case events:
		if i := l.tree.At(); i < len(l.lines) {
			return l.lines[i].job
		}
	case output:
		return l.outputJob()
	case attempts:
		if i := l.attempts.At(); i < len(l.tries) {
			return l.tries[i].job
		}
	case record:
		if i := l.record.At(); i < len(l.fields) {
			return l.fields[i].job
		}
	}
	return ""
}

// open takes the console to where the row under the cursor began, or to the op of an act.
func (l *Layer) open() pane.Action {
	switch l.view {
	case events:
		if i := l.tree.At(); i < len(l.lines) {
			return seek(l.lines[i].start, l.lines[i].op)
		}
	case attempts:
		if i := l.attempts.At(); i < len(l.tries) {
			return seek(l.tries[i].leased, 0)
		}
	case record:
		if i := l.record.At(); i < len(l.fields) {
			return seek(l.fields[i].when, l.fields[i].op)
		}
	}
	return nil
}

// next goes to the next row that failed, is late or waits.
func (l *Layer) next() pane.Action {
	rows := l.rows()
	if rows == nil {
		return nil
	}
	bad := map[string]bool{}
	switch l.view {
	case events:
		for _, n := range l.lines {
			bad[n.id] = n.problem
		}
	case attempts:
		for _, t := range l.tries {
			bad[t.id] = t.problem
		}
	}
	if !rows.Step(func(id string) bool { return bad[id] }) {
		return pane.Notice{Text: "nothing failed, is late or waits here"}
	}
	l.chose()
	return nil
}

// Keys gives the bindings of the view.
func (l *Layer) Keys() []keys.Binding {
	off := func(id keys.ID) func() string {
		return func() string { return verb.Refuse(l.s, id, l.Selected()) }
	}
	bs := []keys.Binding{keys.Get(keys.Copy).As("copy", "copy the link, on a span with its id")}
	if l.view == events {
		bs = append(bs, fold(keys.Left, "fold", "close the branch, or go to what it is in"), fold(keys.Right, "", "open the branch, or go into it"))
	}
	viewKey := keys.Get(keys.View).As("view", "events, output, attempts, record")
	if l.loaded.view.Workflow != "" {
		viewKey = keys.Get(keys.View).As("timeline", "the same run on an axis of time")
	}
	bs = append(bs,
		viewKey,
		keys.Get(keys.Next).As("", "next view"), keys.Get(keys.Previous).As("", "previous view"),
	)
	if l.view == events || l.view == attempts {
		bs = append(bs, keys.Get(keys.Seek).As("problem", "next that failed, is late or waits"))
	}
	bs = append(bs, l.replayKey(), keys.Get(keys.Kill).When(off(keys.Kill)))
	if l.view != output {
		bs = append(bs, keys.Get(keys.Open).As("go there", "take the whole console to that instant"))
	}
	bs = append(bs,
		keys.Get(keys.Explain).As("explain", "explain: why here, waiting, failed"),
		keys.Get(keys.Alone).As("", "over the whole pane, and back"),
		keys.Get(keys.Retry).As(l.retryWord(), "read again what could not be read"),
		keys.Get(keys.Back).As("close", "close the drawer"),
	)
	return append(bs, list.Movement()...)
}

// fold is a key of the tree as the last row shows it.
func fold(id keys.ID, short, long string) keys.Binding {
	b := keys.Get(id).As(short, long)
	if short != "" {
		b.SetHelp("←→", long)
	}
	return b
}

func (l *Layer) retryWord() string {
	if l.loaded.err != nil || l.acts.err != nil || l.out.err != nil {
		return "retry"
	}
	return ""
}

// The drawer's width beside its pane, from layout.Wide on; what the pane keeps, from layout.Widest on.
const (
	besideWidth = 72
	paneKeeps   = 88
)

// place gives the drawer's rectangle: the whole pane, or beside it where that is wide.
func (l *Layer) place(f layout.Frame) layout.Rect {
	r := f.Pane
	if f.Width < layout.Wide || l.whole {
		return r
	}
	w := besideWidth
	if f.Width >= layout.Widest {
		w = max(w, f.Width-paneKeeps)
	}
	return layout.Rect{X: r.X + r.W - w, Y: r.Y, W: w, H: r.H}
}

// Draw draws the drawer over the pane.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	l.frame, l.rect = f, l.place(f)
	l.tabs.Forget()
	l.signs.Forget()
	l.body = layout.Rect{}
	l.draw(b, l.rect)
}

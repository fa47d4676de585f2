package debugger

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/verb"
)

func (l *Layer) do(msg pane.Do) (pane.Action, tea.Cmd) {
	if l.cmp != nil {
		return l.doCompare(msg)
	}
	switch msg.ID {
	case keys.Back:
		if l.alone {
			l.alone = false
			return nil, nil
		}
		return pane.Close{}, nil
	case keys.View:
		return pane.Several{pane.Close{}, pane.Visit{Ref: l.here(), As: pane.AsTree}}, nil
	case keys.Next:
		return nil, l.turn(1)
	case keys.Previous:
		return nil, l.turn(numRegions - 1)
	case keys.Alone:
		l.alone = !l.alone
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
	case keys.Seek:
		return l.next()
	case keys.Mark:
		return l.mark(), nil
	case keys.Compare:
		return l.compare()
	case keys.ZoomIn, keys.ZoomOut, keys.Fit:
		l.zoom(msg.ID)
	default:
		return nil, l.move(msg.ID)
	}
	return nil, nil
}

// turn gives the focus to another region.
func (l *Layer) turn(by region) tea.Cmd {
	l.focus = (l.focus + by) % numRegions
	if l.focus == about || l.focus == output {
		l.under = l.focus
	}
	return l.tail(false)
}

func (l *Layer) move(id keys.ID) tea.Cmd {
	switch l.focus {
	case about:
		l.facts.move(id)
	case output:
		l.out.view.Move(id)
	case ruler:
		l.slide(id)
	default:
		switch id {
		case keys.Left:
			return l.close()
		case keys.Right:
			return l.unfold()
		}
		if l.list.Move(id) {
			return l.chose()
		}
	}
	return nil
}

// slide moves the window.
func (l *Layer) slide(id keys.ID) {
	f := l.full()
	switch id {
	case keys.Left:
		l.win.by(f, -1.0/panShare)
	case keys.Right:
		l.win.by(f, 1.0/panShare)
	case keys.PageUp:
		l.win.by(f, -1)
	case keys.PageDown:
		l.win.by(f, 1)
	case keys.HalfUp:
		l.win.by(f, -0.5)
	case keys.HalfDown:
		l.win.by(f, 0.5)
	case keys.Home:
		l.win.pan(f, f.from)
	case keys.End:
		l.win.pan(f, f.to)
	case keys.Up, keys.Down: // a lane can be picked from here too
		l.list.Move(id)
	}
}

// zoom changes how long the window is, round the span under the cursor where that is in it.
func (l *Layer) zoom(id keys.ID) {
	if l.tree == nil {
		return
	}
	if id == keys.Fit {
		l.win = window{}
		return
	}
	f := l.full()
	from, to := l.win.see(f)
	at := (from + to) / 2
	if s := l.span(); s != nil && s.shape.from >= from && s.shape.from <= to {
		at = s.shape.from
	}
	l.win.zoom(f, id == keys.ZoomIn, at)
}

// close closes the branch under the cursor, or goes to what it is in.
func (l *Layer) close() tea.Cmd {
	i := l.picked()
	if i < 0 {
		return nil
	}
	s := &l.tree.spans[i]
	if s.end > i+1 && l.tree.open(i, l.folds) {
		l.folds[l.tree.key(i)] = false
		l.arrange()
		return nil
	}
	if s.parent >= 0 {
		l.list.Select(l.tree.key(s.parent))
	}
	return l.chose()
}

// unfold opens the branch under the cursor, or goes into it.
func (l *Layer) unfold() tea.Cmd {
	i := l.picked()
	if i < 0 || l.tree.spans[i].end == i+1 {
		return nil
	}
	if !l.tree.open(i, l.folds) {
		l.folds[l.tree.key(i)] = true
		l.arrange()
		return nil
	}
	l.list.Select(l.tree.key(i + 1))
	return l.chose()
}

// next goes to the next span that failed, is late or waits, and opens the branches above it.
func (l *Layer) next() (pane.Action, tea.Cmd) {
	if l.tree == nil {
		return nil, nil
	}
	n := len(l.tree.spans)
	for k := 1; k <= n; k++ {
		i := (max(l.picked(), 0) + k) % n
		if !l.tree.spans[i].problem {
			continue
		}
		if !slices.Contains(l.shown, i) {
			l.unfoldTo(i)
			l.arrange()
		}
		l.list.Select(l.tree.key(i))
		return nil, l.chose()
	}
	return pane.Notice{Text: "nothing failed, is late or waits here"}, nil
}

// open takes the console to where the span under the cursor began.
func (l *Layer) open() pane.Action {
	s := l.span()
	switch {
	case s == nil:
		return nil
	case s.shape.from == 0:
		return pane.Notice{Text: safe(s.v.SpanName) + " has not begun"}
	}
	return pane.Seek{At: time.UnixMicro(s.shape.from)}
}

// here is the span under the cursor, else the run.
func (l *Layer) here() pane.Ref {
	if s := l.span(); s != nil {
		return pane.Ref{Kind: pane.Span, ID: l.run + "/" + s.v.SpanID}
	}
	return pane.Ref{Kind: pane.Run, ID: l.run}
}

func (l *Layer) link() string { return "vox://trace/" + l.tree.view.TraceID }

// copy copies the link of the run, on a span with its id.
func (l *Layer) copy() pane.Action {
	if l.tree == nil {
		return nil
	}
	text := l.link()
	if i := l.picked(); i > 0 {
		text += "/" + l.tree.spans[i].v.SpanID
	}
	return pane.Clip{Text: text, Said: "copied " + format.Middle(safe(text), 60)}
}

// replay asks to run again: of a workflow the run, from the activity under the cursor on, else the job.
func (l *Layer) replay() pane.Action {
	on, from := l.replays()
	return pane.Act{Verb: keys.Replay, On: on, Text: from}
}

func (l *Layer) replays() (on pane.Ref, from string) {
	if l.tree == nil || l.tree.view.Workflow == "" {
		return l.Selected(), ""
	}
	if i := l.tree.activity(l.picked()); i > 0 {
		from = l.tree.spans[i].v.SpanName
	}
	return pane.Ref{Kind: pane.Run, ID: l.run}, from
}

// mark marks the attempt under the cursor, or takes its mark away. There are two marks at most: a third takes the place
// of the older one.
func (l *Layer) mark() pane.Action {
	if l.tree == nil {
		return nil
	}
	i := l.tree.attempt(l.picked())
	if i < 0 {
		return pane.Notice{Text: "space marks an attempt, and here is none"}
	}
	id := l.tree.spans[i].v.SpanID
	for k, m := range l.marked {
		if m == id {
			l.marked = append(l.marked[:k:k], l.marked[k+1:]...)
			return nil
		}
	}
	if len(l.marked) == 2 {
		l.marked = l.marked[1:]
	}
	l.marked = append(l.marked[:len(l.marked):len(l.marked)], id)
	l.unfoldTo(i)
	l.arrange()
	return nil
}

// Keys gives the bindings of the region that has the focus.
func (l *Layer) Keys() []keys.Binding {
	if l.cmp != nil {
		return l.compareKeys()
	}
	off := func(id keys.ID, on pane.Ref) func() string {
		return func() string { return verb.Refuse(l.s, id, on) }
	}
	again, _ := l.replays()
	bs := []keys.Binding{keys.Get(keys.Open).As("as of here", "take the whole console to where the span began")}
	switch l.focus {
	case lanes:
		bs = append(bs, arrows("fold", "close the branch, or go to what it is in"), keys.Get(keys.Right).As("", "open the branch, or go into it"))
	case ruler:
		bs = append(bs, arrows("move", "an eighth of the window to the left"), keys.Get(keys.Right).As("", "an eighth of the window to the right"))
	}
	bs = append(bs, zoomKey(), keys.Get(keys.ZoomOut).As("", "zoom out"), keys.Get(keys.Fit).As("", "the whole run"))
	return append(append(bs,
		keys.Get(keys.Seek).As("problem", "next that failed, is late or waits"),
		keys.Get(keys.Mark).As("mark", "mark an attempt, two to compare"),
		keys.Get(keys.Compare).As("compare", "compare the two marked attempts"),
		keys.Get(keys.Copy).As("copy", "copy the link, on a span with its id"),
		keys.Get(keys.Replay).As("replay", "replay: of a workflow from this activity on").When(off(keys.Replay, again)),
		keys.Get(keys.Kill).When(off(keys.Kill, l.Selected())),
		keys.Get(keys.Explain).As("explain", "explain: why here, waiting, failed"),
		keys.Get(keys.View).As("tree", "the same run as a tree"),
		keys.Get(keys.Next).As("", "next region: lanes, span, output, axis"), keys.Get(keys.Previous).As("", "previous region"),
		keys.Get(keys.Alone).As("", "this region alone, and back"),
		keys.Get(keys.Retry).As(l.retryWord(), "read again what could not be read"),
		keys.Get(keys.Back).As("close", "close the timeline"),
	), list.Movement()...)
}

// arrows is ← as the last row shows it, for both.
func arrows(short, long string) keys.Binding {
	b := keys.Get(keys.Left).As(short, long)
	b.SetHelp("←→", long)
	return b
}

// zoomKey is + as the last row shows it, for all three.
func zoomKey() keys.Binding {
	b := keys.Get(keys.ZoomIn).As("zoom", "zoom in")
	b.SetHelp("+ - 0", "zoom in")
	return b
}

func (l *Layer) retryWord() string {
	if l.loaded.err != nil || l.out.err != nil {
		return "retry"
	}
	return ""
}

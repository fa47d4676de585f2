package scrub

import (
	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// opHere is the op at whose moment the knob stands exactly, 0 where it stands at a time.
func (b *Bar) opHere() uint64 {
	switch {
	case !b.past:
	case b.pending && b.want.op && b.want.step == 0:
		return b.want.seq
	case !b.pending && b.shown.op:
		return b.shown.instant.Seq
	}
	return 0
}

// markHere is the act at the knob: the op itself or, where the knob stands at a time, the last act in its column.
func (b *Bar) markHere() (mesh.Mark, bool) {
	if !b.past {
		return mesh.Mark{}, false
	}
	seq, t := b.opHere(), b.knob.UnixMicro()
	for i := len(b.axis.marks) - 1; i >= 0; i-- {
		m := b.axis.marks[i]
		if m.Seq == seq || seq == 0 && m.At <= t && b.win.column(m.At) == b.win.column(t) {
			return m, true
		}
	}
	return mesh.Mark{}, false
}

// open shows the act at the knob in Audit, and takes the console to it; elsewhere it opens the time field.
func (b *Bar) open() pane.Action {
	m, ok := b.markHere()
	if !ok {
		b.openField()
		return nil
	}
	return pane.Several{pane.Seek{Seq: m.Seq}, pane.Visit{Ref: pane.Ref{Kind: pane.Entry, ID: m.AuditID}}}
}

func (b *Bar) goMark(m mesh.Mark) tea.Cmd {
	return b.head(place{op: true, seq: m.Seq, at: b.clamp(m.At)})
}

// nextMark goes to the next act in the window, after the last one to the first.
func (b *Bar) nextMark() (pane.Action, tea.Cmd) {
	if len(b.axis.marks) == 0 {
		return pane.Notice{Text: "no act in this window: - makes it wider"}, nil
	}
	seq, t := b.opHere(), b.moment().UnixMicro()
	for _, m := range b.axis.marks {
		if seq > 0 && m.Seq > seq || seq == 0 && m.At > t {
			return nil, b.goMark(m)
		}
	}
	return nil, b.goMark(b.axis.marks[0])
}

// click goes to a column: to its act, or the next of its acts where it has several. A double one opens it.
func (b *Bar) click(c pane.Click) (pane.Action, tea.Cmd) {
	if c.Right || b.typing || !b.rect.Has(c.X, c.Y) {
		return nil, nil
	}
	x := c.X - b.bar().X
	switch {
	case x < 0:
		return nil, nil
	case x >= b.win.n:
		return nil, b.Live()
	case c.Double:
		if _, ok := b.markHere(); ok {
			return b.open(), nil
		}
		return nil, nil
	}
	here := b.opHere()
	var first, next *mesh.Mark
	for i := range b.axis.marks {
		m := &b.axis.marks[i]
		if b.win.column(m.At) != x {
			continue
		}
		if first == nil {
			first = m
		}
		if next == nil && here > 0 && m.Seq > here {
			next = m
		}
	}
	switch {
	case next != nil:
		return nil, b.goMark(*next)
	case first != nil:
		return nil, b.goMark(*first)
	}
	return b.column(x)
}

// drag moves the knob with the mouse; beyond the ends of the bar it stays there.
func (b *Bar) drag(d pane.Drag) (pane.Action, tea.Cmd) {
	if b.typing || !b.rect.Has(d.FromX, d.FromY) || d.FromX == d.X && d.FromY == d.Y {
		return nil, nil
	}
	c := max(min(d.X-b.bar().X, b.win.n-1), 0)
	if b.past && c == b.win.column(b.knob.UnixMicro()) || !b.past && b.win.open && c == b.win.n-1 {
		return nil, nil
	}
	return b.column(c)
}

// column goes to the last moment of a column. The last column of a window that ended with the present is live.
func (b *Bar) column(c int) (pane.Action, tea.Cmd) {
	if b.win.n == 0 {
		return nil, nil
	}
	if b.win.open && c >= b.win.n-1 {
		return nil, b.Live()
	}
	return b.seek(micros(b.win.last(c)))
}

// bar is where the columns are, as last drawn.
func (b *Bar) bar() layout.Rect {
	_, label := b.win.labels()
	x, _ := room(b.rect.W, label)
	return layout.Rect{X: b.rect.X + x, Y: b.rect.Y, W: b.win.n, H: 1}
}

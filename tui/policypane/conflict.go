package policypane

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/policy"
	"voxmesh/tui/boxes"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// conflict is the box that stands where a file that is to be written changed underneath: what changed, and the two ways
// on. Nothing is written while it is open, and nothing is lost when it is closed.
type conflict struct {
	p    *Pane
	disk reading
	diff []string

	top, rows int
}

func newConflict(p *Pane) *conflict {
	text := strings.TrimSuffix(policy.Diff(p.base.Source(), p.disk.file.Source()), "\n")
	return &conflict{p: p, disk: *p.disk, diff: strings.Split(text, "\n")}
}

func (*conflict) Typing() bool { return false }
func (*conflict) Bare() bool   { return false }
func (*conflict) Closed()      {}

// Update takes a message.
func (l *conflict) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Wheel:
		l.scroll(map[bool]int{true: wheelRows, false: -wheelRows}[msg.Down])
	case pane.Do:
		switch msg.ID {
		case keys.Back:
			return pane.Close{}, nil
		case keys.Open:
			return pane.Several{pane.Close{}, l.p.onTop()}, nil
		case keys.PutBack:
			l.p.putBack()
			says := l.p.says
			l.p.says = ""
			return pane.Several{pane.Close{}, pane.Notice{Text: says}}, nil
		default:
			l.move(msg.ID)
		}
	}
	return nil, nil
}

func (l *conflict) move(id keys.ID) {
	by := map[keys.ID]int{
		keys.Up: -1, keys.Down: 1, keys.PageUp: -l.rows, keys.PageDown: l.rows, keys.HalfUp: -(l.rows + 1) / 2,
		keys.HalfDown: (l.rows + 1) / 2, keys.Home: -len(l.diff), keys.End: len(l.diff),
	}
	l.scroll(by[id])
}

func (l *conflict) scroll(by int) { l.top = max(min(l.top+by, len(l.diff)-l.rows), 0) }

// Keys gives the bindings.
func (l *conflict) Keys() []keys.Binding {
	why := func() string {
		if l.p.disk == nil {
			return "the file is as it was again"
		}
		return l.p.refuse()
	}
	return append([]keys.Binding{
		keys.Get(keys.Open).As("mine on top", "make my edits again on the file as it is now").When(why),
		keys.Get(keys.PutBack).As("take the file's", "let my edits go, and take the file as it is now").When(why),
		keys.Get(keys.Back).As("neither", "close; the edits stay, and nothing is written"),
	}, list.Movement()...)
}

const conflictWidth = 90

// Draw draws the box over the pane.
func (l *conflict) Draw(b *cell.Buffer, f layout.Frame) {
	w := min(conflictWidth, f.Width-4) - 4
	n := len(l.p.steps)
	text := format.Wrap(fmt.Sprintf("%s changed since the form read it, so nothing was written. This is what somebody else "+
		"changed; the form holds %s of yours.", nameOfFile(l.p.doc.Path), format.Many(n, "edit")), w)
	fixed := 2 + len(text) + 1 + 2
	over := f.Over(fixed + min(len(l.diff), 12))
	r := layout.Box(f, over, conflictWidth, min(fixed+len(l.diff), over.H))
	boxes.Plain(b, r, "Changed on disk")
	in := r.BoxText()
	y := boxes.Paragraph(b, in, in.Y, text, theme.Style{})
	l.rows = max(in.Y+in.H-2-y, 0)
	l.scroll(0)
	for i := range l.rows {
		if l.top+i >= len(l.diff) {
			break
		}
		s := strings.ReplaceAll(l.diff[l.top+i], "\t", "    ")
		b.Put(in.X, y+i, in.W, format.End(s, in.W), diffInk(s))
	}
	if len(l.diff) > l.rows {
		pane.Facts(b, r, r.Y+r.H-1, format.Position(l.top, min(l.top+l.rows, len(l.diff)), len(l.diff)), theme.In(theme.Second))
	}
	b.Put(in.X, in.Y+in.H-1, in.W, format.End("$ git diff "+nameOfFile(l.p.doc.Path), in.W), theme.In(theme.Third))
}

func diffInk(line string) theme.Style {
	switch {
	case strings.HasPrefix(line, "+"):
		return theme.In(theme.OK)
	case strings.HasPrefix(line, "-"):
		return theme.In(theme.Failed)
	case strings.HasPrefix(line, "@@"):
		return theme.In(theme.Third)
	}
	return theme.Style{}
}

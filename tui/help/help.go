// Package help is the layer that lists the keys: at the left those of the focused region, with the reason for what
// can't be done now, at the right those that work everywhere. It reads bindings and nothing else, so it can't say
// something that a key does not do. Bubbles' viewport keeps where it is scrolled to.
package help

import (
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/list"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// Layer is one help. Make one with New.
type Layer struct {
	region     string
	here       []keys.Binding
	everywhere []keys.Binding
	filter     list.Filter
	view       viewport.Model // where it is scrolled to; the rows are drawn here, since a cell has a style of its own
}

// New makes the help of a region.
func New(region string, here, everywhere []keys.Binding) *Layer {
	l := &Layer{region: region, here: shown(here), everywhere: shown(everywhere), view: viewport.New()}
	l.view.KeyMap = viewport.KeyMap{
		Up: keys.Get(keys.Up).Binding, Down: keys.Get(keys.Down).Binding,
		PageUp: keys.Get(keys.PageUp).Binding, PageDown: keys.Get(keys.PageDown).Binding,
		HalfPageUp: keys.Get(keys.HalfUp).Binding, HalfPageDown: keys.Get(keys.HalfDown).Binding,
	}
	return l
}

func shown(bs []keys.Binding) []keys.Binding {
	var out []keys.Binding
	for _, b := range bs {
		if b.Long() != "" {
			out = append(out, b)
		}
	}
	return out
}

// Typing reports whether the search is open.
func (l *Layer) Typing() bool { return l.filter.Typing() }

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Closed has nothing to end.
func (l *Layer) Closed() {}

// Update scrolls and closes.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		l.filter.Type(msg)
	case tea.PasteMsg:
		l.filter.Paste(msg.Content)
	case pane.Do:
		if l.filter.Typing() {
			l.filter.Do(msg.ID, msg.Key)
			return nil, nil
		}
		switch msg.ID {
		case keys.Back:
			if l.filter.Clear() {
				return nil, nil
			}
			return pane.Close{}, nil
		case keys.Filter:
			l.filter.Open()
		case keys.Home:
			l.view.GotoTop()
		case keys.End:
			l.view.GotoBottom()
		default:
			l.view, _ = l.view.Update(msg.Key)
		}
	case pane.Wheel:
		if msg.Down {
			l.view.ScrollDown(wheelRows)
		} else {
			l.view.ScrollUp(wheelRows)
		}
	}
	return nil, nil
}

// Keys are those of the help itself.
func (l *Layer) Keys() []keys.Binding {
	if l.filter.Typing() {
		return l.filter.Keys()
	}
	return append([]keys.Binding{keys.Get(keys.Filter).As("search", "search the keys"), keys.Get(keys.Back).As("close", "close the help")},
		list.Movement()...)
}

// found gives the bindings that the search leaves.
func (l *Layer) found(bs []keys.Binding) []keys.Binding {
	var out []keys.Binding
	for _, b := range bs {
		if l.filter.Matches(list.Fields{Text: b.Show() + " " + b.Short + " " + b.Long() + " " + b.Reason(), Age: -1}) {
			out = append(out, b)
		}
	}
	return out
}

const (
	boxWidth = 90
	keyWidth = 10

	wheelRows = 3 // a notch of the wheel
)

// Draw draws the two columns.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	w := min(boxWidth, f.Width-4)
	left := l.column(l.found(l.here), w/2-3)
	right := l.column(l.found(l.everywhere), w-w/2-3)
	h := min(max(len(left), len(right))+3, f.Pane.H)
	r := layout.Rect{X: (f.Width - w) / 2, Y: f.Pane.Y + (f.Pane.H-h)/2, W: w, H: h}
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	border := pane.Frame(b, r, true)
	x := pane.Heading(b, r, "Help", !l.filter.Typing(), border)
	l.filter.Draw(b, r, x, r.Y)
	if text := l.filter.Text(); text != "" {
		pane.Facts(b, r, r.Y, "/"+format.End(text, 20), border)
	}
	in := r.Inner()
	rows := in.H - 1
	all := max(len(left), len(right))
	l.fit(in.W, rows, all)
	b.Put(in.X+1, in.Y, w/2-3, l.region, theme.In(theme.Text).With(theme.Bold))
	b.Put(in.X+w/2, in.Y, w/2-3, "Everywhere", theme.In(theme.Text).With(theme.Bold))
	draw(b, in.X+1, in.Y+1, rows, left, l.view.YOffset())
	draw(b, in.X+w/2, in.Y+1, rows, right, l.view.YOffset())
	if all > rows {
		pane.Facts(b, r, r.Y+r.H-1, "↑↓ more", border)
	}
}

// fit tells the view how much there is, and how much of it the screen shows.
func (l *Layer) fit(w, rows, all int) {
	l.view.SetWidth(w)
	l.view.SetHeight(max(rows, 0))
	if l.view.TotalLineCount() != all {
		l.view.SetContentLines(make([]string, all))
	}
	l.view.SetYOffset(l.view.YOffset()) // not beyond what there is now
}

type line struct {
	key, text string
	st        theme.Style
	w         int
}

// column gives the lines of some bindings: those that can't be used are faint and say why in the next lines.
func (l *Layer) column(bs []keys.Binding, w int) []line {
	var out []line
	for _, b := range bs {
		st := theme.Style{}
		why := b.Reason()
		if why != "" {
			st = theme.In(theme.Third)
		}
		for i, s := range format.Wrap(b.Long(), w-keyWidth) {
			key := b.Show()
			if i > 0 {
				key = ""
			}
			out = append(out, line{key, s, st, w})
		}
		if why != "" {
			for _, s := range format.Wrap(why, w-keyWidth-2) {
				out = append(out, line{"", "  " + s, theme.In(theme.Third), w})
			}
		}
	}
	return out
}

func draw(b *cell.Buffer, x, y, rows int, lines []line, top int) {
	for i := top; i < len(lines) && i < top+rows; i++ {
		s := lines[i]
		if ansi.StringWidth(s.key) >= keyWidth {
			s.key = format.End(s.key, keyWidth-1)
		}
		b.Put(x, y+i-top, keyWidth, s.key, theme.In(theme.Second))
		b.Put(x+keyWidth, y+i-top, s.w-keyWidth, s.text, s.st)
	}
}

package auditpane

import (
	"maps"
	"slices"

	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"voxmesh/audit"
	"voxmesh/mesh/clean"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

// Layer shows one entry: its fields, the very bytes that were signed, the signature and the key. The console behind it
// shows the mesh as it was when the act was recorded. Bubbles' viewport keeps where it is scrolled to.
type Layer struct {
	s     *pane.Session
	e     entry
	actor string
	view  viewport.Model // the rows are drawn here, since a cell has a style of its own
	width int            // for which lines was made
	lines []line
}

func newLayer(s *pane.Session, e *entry) *Layer {
	l := &Layer{s: s, e: *e, view: viewport.New()}
	l.actor = (&Pane{s: s}).who(e.actor)
	l.view.KeyMap = viewport.KeyMap{
		Up: keys.Get(keys.Up).Binding, Down: keys.Get(keys.Down).Binding,
		PageUp: keys.Get(keys.PageUp).Binding, PageDown: keys.Get(keys.PageDown).Binding,
		HalfPageUp: keys.Get(keys.HalfUp).Binding, HalfPageDown: keys.Get(keys.HalfDown).Binding,
	}
	return l
}

// Typing is false: letters are keys.
func (l *Layer) Typing() bool { return false }

// Bare is false.
func (l *Layer) Bare() bool { return false }

// Closed has nothing to end.
func (l *Layer) Closed() {}

// Selected is the entry.
func (l *Layer) Selected() pane.Ref { return pane.Ref{Kind: pane.Entry, ID: l.e.id} }

const wheelRows = 3 // a notch of the wheel

// Update scrolls, closes, and takes in what was found of the signature meanwhile.
func (l *Layer) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case pane.Do:
		return l.do(msg), nil
	case pane.Wheel:
		if msg.Down {
			l.view.ScrollDown(wheelRows)
		} else {
			l.view.ScrollUp(wheelRows)
		}
	case checked:
		if v, ok := msg.verdicts[l.e.raw.Op]; ok {
			l.e.mark, l.e.why, l.width = v.mark, v.why, 0
		}
	}
	return nil, nil
}

func (l *Layer) do(msg pane.Do) pane.Action {
	switch msg.ID {
	case keys.Back:
		return pane.Close{}
	case keys.Live:
		return pane.GoLive{}
	case keys.Copy:
		return pane.Clip{Text: l.e.id, Said: "copied " + l.e.id}
	case keys.Home:
		l.view.GotoTop()
	case keys.End:
		l.view.GotoBottom()
	case keys.Up:
		l.view.ScrollUp(1)
	case keys.Down:
		l.view.ScrollDown(1)
	default:
		l.view, _ = l.view.Update(msg.Key)
	}
	return nil
}

// Keys are those of the layer.
func (l *Layer) Keys() []keys.Binding {
	return append([]keys.Binding{
		keys.Get(keys.Back).As("close", "close the entry; the instant stays"),
		keys.Get(keys.Live), keys.Get(keys.Copy).As("copy", "copy its id"),
	}, keys.Pick(keys.Up, keys.Down, keys.PageUp, keys.PageDown, keys.HalfUp, keys.HalfDown, keys.Home, keys.End)...)
}

const (
	boxWidth = 100
	longName = 70 // columns from which the names of fields are not cut
)

// Draw draws the box.
func (l *Layer) Draw(b *cell.Buffer, f layout.Frame) {
	w := f.Width
	if w >= layout.Wide {
		w = boxWidth
	}
	lines := l.rows(w - 4)
	h := min(len(lines)+3, f.Pane.H)
	r := layout.Rect{X: (f.Width - w) / 2, Y: f.Pane.Y + (f.Pane.H-h)/2, W: w, H: h}
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	border := pane.Frame(b, r, true)
	drawTitle(b, r, &l.e, true, border)
	in := r.Inner()
	rows := max(in.H-1, 0)
	l.scroll(in.W, rows, len(lines))
	top := l.view.YOffset()
	for i := top; i < len(lines) && i < top+rows; i++ {
		l.drawLine(b, in.X+1, in.Y+i-top, in.W-2, lines[i])
	}
	b.Put(in.X+1, in.Y+in.H-1, in.W-2, commandOf(&l.e), theme.In(theme.Third))
	if len(lines) > rows {
		pane.Facts(b, r, r.Y+r.H-1, "↑↓ more", border)
	}
}

// scroll tells the view how much there is, and how much of it the screen shows.
func (l *Layer) scroll(w, rows, all int) {
	l.view.SetWidth(w)
	l.view.SetHeight(rows)
	if l.view.TotalLineCount() != all {
		l.view.SetContentLines(make([]string, all))
	}
	l.view.SetYOffset(l.view.YOffset()) // not beyond what there is now
}

// line is a row of the box: a label and text. That of the target ends with its class.
type line struct {
	label, text string
	st          theme.Style
	target      bool
}

func labelWidth(w int) int {
	if w >= longName {
		return 18
	}
	return 11
}

func (l *Layer) drawLine(b *cell.Buffer, x, y, w int, s line) {
	if n := labelWidth(w); s.label != "" {
		b.Put(x, y, n, s.label, theme.In(theme.Second))
		x, w = x+n, w-n
	}
	if !s.target {
		b.Put(x, y, w, s.text, s.st)
		return
	}
	room := w - row.BadgeWidth - 1
	row.Inline(b, x, y, w, l.e.class, format.Middle(s.text, room), s.st)
}

// rows makes the lines for a width: the fields, then the bytes.
func (l *Layer) rows(w int) []line {
	if l.width == w && l.lines != nil {
		return l.lines
	}
	e := &l.e
	l.width, l.lines = w, nil
	if e.why != "" {
		l.put(w, "", e.why, theme.In(theme.Failed))
		l.lines = append(l.lines, line{})
	}
	l.put(w, "action", e.action, theme.Style{})
	l.lines = append(l.lines, line{label: "target", text: e.target, target: true})
	l.put(w, "class", e.class.String()+": "+e.class.Tip(), theme.Style{})
	l.put(w, "actor", l.actor, theme.Style{})
	if l.actor != e.actor {
		l.put(w, " ", e.actor, theme.In(theme.Second))
	}
	l.put(w, "reason", reasonOf(e), theme.Style{})
	for _, k := range slices.Sorted(maps.Keys(e.raw.Detail)) {
		l.put(w, named(k), clean.Line(e.raw.Detail[k]).String(), theme.Style{})
	}
	l.put(w, "recorded", full(e.raw.TsMicros, l.s.Now().Location())+", op "+grouped(e.raw.Op), theme.Style{})
	l.put(w, "log before", clean.Line(e.raw.PrevHead).String(), theme.In(theme.Second))
	l.put(w, "key", clean.Line(e.raw.KeyID).String(), theme.Style{})
	l.bytes(w)
	return l.lines
}

// put adds a field, its text broken into rows. One without a label takes the whole width.
func (l *Layer) put(w int, label, text string, st theme.Style) {
	n := labelWidth(w)
	if label != "" {
		w -= n
	}
	label = format.End(label, n-1)
	for i, s := range format.Wrap(text, w) {
		l.lines = append(l.lines, line{label: label, text: s, st: st})
		if i == 0 && label != "" {
			label = " "
		}
	}
}

// bytes adds what was signed, and the signature.
func (l *Layer) bytes(w int) {
	st := theme.Style{}
	head, raw := "Signed", l.e.raw.Stored
	if message, err := audit.SignedBytes(raw); err == nil {
		head += ", with the line \"" + domain(message) + "\" before it"
		raw = message[len(domain(message))+1:]
	} else {
		head = "Stored, which is no entry: " + clean.Line(err.Error()).String()
	}
	l.lines = append(l.lines, line{})
	for _, s := range format.Wrap(head, w) {
		l.lines = append(l.lines, line{text: s, st: theme.In(theme.Second)})
	}
	for _, s := range format.Chunk(clean.Line(string(raw)).String(), w) {
		l.lines = append(l.lines, line{text: s, st: st})
	}
	if sig := clean.Line(l.e.raw.Signature).String(); sig != "" {
		l.lines = append(l.lines, line{}, line{text: "Signature, Ed25519", st: theme.In(theme.Second)})
		for _, s := range format.Chunk(sig, w) {
			l.lines = append(l.lines, line{text: s, st: st})
		}
	}
}

// domain is the first line of what is signed: what says that it is an audit entry.
func domain(message []byte) string {
	i := slices.Index(message, '\n')
	return string(message[:max(i, 0)])
}

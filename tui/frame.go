package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/charmbracelet/x/ansi"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// View gives the screen, drawn anew only where something changed since the last time.
func (c *console) View() tea.View {
	if c.dirty != 0 {
		drawn := c.draw()
		if drawn != c.cached {
			c.cached = drawn
			c.pace.soon(worldGap)
		}
		c.dirty = 0
	}
	if c.stirred {
		c.stirred = false
		c.pace.soon(handGap)
	}
	v := tea.NewView(c.cached)
	v.AltScreen = true
	v.ReportFocus = true
	v.WindowTitle = "voxmesh"
	if c.s.World.State.Mesh != "" {
		v.WindowTitle += " " + c.s.World.State.Mesh
	}
	if l := c.layers.top(); c.mouse && (l == nil || !l.Bare()) {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

func (c *console) draw() string {
	if c.width <= 0 || c.height <= 0 {
		return ""
	}
	if c.buf == nil || c.buf.W != c.width || c.buf.H != c.height {
		c.buf = cell.New(c.width, c.height)
		c.dirty = everything
	}
	f := layout.Screen(c.width, c.height, layout.Parts{
		Scrubber: true, Strip: c.active == 0 && c.sums().nodes > 0, Moment: !c.s.World.Past.IsZero(),
	})
	top := c.layers.top()
	if f != c.frame || top != nil || c.covered {
		c.dirty = everything
	}
	c.frame, c.covered = f, top != nil
	c.clear()
	switch {
	case f.TooSmall:
		c.drawTooSmall()
	case top != nil && top.Bare():
		top.Draw(c.buf, f)
	default:
		c.drawParts()
	}
	return c.buf.Render(c.s.Theme)
}

// clear takes away what is to be drawn anew.
func (c *console) clear() {
	if c.dirty == everything {
		c.buf.Clear()
		c.words = c.words[:0]
		return
	}
	for g := header; g <= foot; g <<= 1 {
		if c.dirty&g == 0 {
			continue
		}
		for _, r := range g.rects(c.frame) {
			c.buf.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
			c.words = slices.DeleteFunc(c.words, func(w word) bool { return w.y >= r.Y && w.y < r.Y+r.H })
		}
	}
}

// drawParts draws those parts that are out of date, the layers over them.
func (c *console) drawParts() {
	for _, part := range []struct {
		g    region
		draw func()
	}{
		{header, c.drawHeader},
		{body, func() { c.tabs[c.active].pane.Draw(c.buf, c.frame) }},
		{axis, func() {
			c.bar.Draw(c.buf, c.frame)
			c.bar.DrawMoment(c.buf, c.frame.Moment)
		}},
		{status, func() { c.drawStatus(c.frame.Status) }},
		{over, func() {
			for _, l := range c.layers.layers {
				l.Draw(c.buf, c.frame)
			}
		}},
		{foot, c.drawKeys},
	} {
		if c.dirty&part.g != 0 {
			part.draw()
		}
	}
}

func (c *console) drawTooSmall() {
	says := fmt.Sprintf("voxmesh needs %d×%d, this is %d×%d", layout.MinWidth, layout.MinHeight, c.width, c.height)
	x := max((c.width-ansi.StringWidth(says))/2, 0)
	c.buf.Put(x, max((c.height-1)/2, 0), c.width, says, theme.Style{})
	if c.height > 1 {
		c.drawStatus(c.frame.Status)
	}
}

// drawHeader: where, who, when. The tabs stand at fixed columns and never move.
func (c *console) drawHeader() {
	from := c.drawTabs()
	wide := c.frame.Width >= layout.Wide
	gap := 2
	if wide {
		gap = 3
	}
	end := c.width - 1
	if wide {
		end = c.buf.Right(from, end, 0, c.s.Now().Format("15:04:05"), theme.In(theme.Second)) - gap
	}
	state, st := c.state()
	end = c.buf.Right(from, end, 0, state, st)
	operator := c.s.Operator
	if operator == "" {
		operator = c.s.World.State.Operator
	}
	if c.s.Viewer {
		operator += " view only"
	}
	near := 1
	if wide {
		near = gap
	}
	end = c.yielding(from, end-near, operator, theme.Style{})
	c.yielding(from, end-gap, c.s.World.State.Mesh, theme.In(theme.Second))
}

// yielding writes what gives way: where it does not fit it is cut, and left out where nothing of it would be left.
func (c *console) yielding(from, end int, s string, st theme.Style) int {
	room := end - from - 1
	if s == "" || room < 2 {
		return end
	}
	return c.buf.Right(from+1, end, 0, format.End(s, room), st)
}

func (c *console) drawTabs() int {
	small := c.frame.Width < 80
	x := 0
	for i, t := range c.tabs {
		name := fmt.Sprintf("%d %s", i+1, t.name)
		if small {
			name = fmt.Sprint(i + 1)
		}
		lead, tail, st := " ", " ", theme.In(theme.Second)
		if a, ok := t.pane.(pane.Attentive); ok && a.Attention() {
			tail = "•"
		}
		if i == c.active {
			lead, tail, st = "[", "]", theme.In(theme.Text).With(theme.Bold)
		}
		w := ansi.StringWidth(name)
		if lead != " " || !small || i == 0 {
			c.buf.Put(x, 0, 1, lead, st)
		}
		c.buf.Put(x+1, 0, w, name, st)
		c.buf.Put(x+1+w, 0, 1, tail, st)
		c.button(x, x+w+2, 0, t.key)
		x += w + 2
		if small {
			x-- // brackets take the place of the blanks between
		}
	}
	if small {
		x = c.buf.Put(x+1, 0, 8, c.tabs[c.active].name, theme.In(theme.Text).With(theme.Bold))
	}
	return x
}

func (c *console) state() (string, theme.Style) {
	if lost := c.s.World.Lost; !lost.IsZero() {
		return "○ host lost " + format.Clock(c.s.Now().Sub(lost)), theme.In(theme.Failed)
	}
	if text, st := c.bar.State(); text != "" {
		return text, st
	}
	return "● live", theme.In(theme.OK)
}

// drawStatus: nodes, queue, errors, money, model.
func (c *console) drawStatus(r layout.Rect) {
	if r.Empty() {
		return
	}
	b, st, sum := c.buf, c.s.World.State, c.sums()
	second, line := theme.In(theme.Second), theme.In(theme.Third)
	x := r.X + 1
	between := ""
	full := false // numbers are never cut: what does not fit whole is left out, and all after it
	var door pane.Action
	put := func(s string, ink theme.Style) {
		full = full || x+ansi.StringWidth(between+s) > r.W
		if !full {
			x = b.Put(x, r.Y, r.W-x, between, line)
			from := x
			x = b.Put(x, r.Y, r.W-x, s, ink)
			c.door(from, x, r.Y, door)
		}
		between = ""
	}
	wide := r.W >= layout.Wide
	door = pane.Turn{Pane: keys.Pane1}
	put(count(sum.nodes, "node"), second)
	for _, s := range []struct {
		n    int
		sign string
		word string
		ink  theme.Style
	}{{sum.degraded, "◐", "degraded", theme.In(theme.Waiting)}, {sum.offline, "○", "offline", theme.In(theme.Failed)}} {
		switch {
		case s.n == 0:
		case wide:
			put(fmt.Sprintf("  %s %d %s", s.sign, s.n, s.word), s.ink)
		default:
			put(fmt.Sprintf(" %s%d", s.sign, s.n), s.ink)
		}
	}
	between, door = " │ ", pane.Turn{Pane: keys.Pane3}
	inbox, _, _ := st.Hopper().Counts()
	put(fmt.Sprintf("queue %d", inbox), second)
	between, door = " │ ", pane.Several{pane.Turn{Pane: keys.Pane2}, pane.Tell{Pane: keys.Pane2, Msg: pane.Narrow{Filter: "status:failed"}}}
	ink := second
	if st.ErrorCount > 0 {
		ink = theme.In(theme.Failed)
	}
	put(count(int(st.ErrorCount), "error"), ink)
	between, door = " │ ", pane.Several{pane.Turn{Pane: keys.Pane1}, pane.Tell{Pane: keys.Pane1, Msg: pane.BySpend{}}}
	c.putMoney(put, wide)
	model := sum.model
	if model == "" {
		model = "no model"
	}
	if room := r.W - x - 3; room >= 8 {
		between, door = " │ ", pane.Turn{Pane: keys.Pane4}
		put(format.Model(model, room), second)
	}
}

func (c *console) putMoney(put func(string, theme.Style), wide bool) {
	used, limit := c.s.World.Spend.Mesh.Micros, c.sums().limit
	n := 6
	if wide {
		n = 10
	}
	mark := format.Mark(used, limit)
	ink := theme.In(theme.Second)
	switch mark {
	case "!":
		ink = theme.In(theme.Waiting)
	case "!!":
		ink = theme.In(theme.Failed)
	}
	put("24 h "+format.Gauge(used, limit, n)+" "+format.Money(used)+"/"+format.Cap(limit)+mark, ink)
}

// sums are what the frame says of all machines together.
type sums struct {
	of                       *mesh.State
	nodes, degraded, offline int
	limit                    *int64
	model                    string
}

// sums adds up the state that is shown, once.
func (c *console) sums() *sums {
	st, s := c.s.World.State, &c.summed
	if s.of == st {
		return s
	}
	*s = sums{of: st, limit: st.EffectiveMeshCap(), model: st.DefaultModel()}
	for _, n := range st.Workers() {
		s.nodes++
		switch n.Status {
		case mesh.Degraded:
			s.degraded++
		case mesh.Offline:
			s.offline++
		}
	}
	return s
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// drawKeys: the keys of the focused region, as many as fit; at the right the way out and help. A notice takes the left.
func (c *console) drawKeys() {
	r := c.frame.Keys
	b := c.buf
	b.Fill(r.X, r.Y, r.W, r.H, " ", theme.Style{})
	bs := c.focused().Keys()
	layer := c.layers.top() != nil
	if !c.s.World.Past.IsZero() && !layer && !c.typing() {
		row := c.bar.RowKeys()
		bs = append(row, slices.DeleteFunc(bs, func(b keys.Binding) bool {
			return slices.ContainsFunc(row, func(r keys.Binding) bool { return r.ID == b.ID })
		})...)
	}
	end := r.W - 1
	if !c.typing() && (layer || !c.long()) {
		end = c.putKey(end, keys.Get(keys.Help)) - 2
		if !layer {
			end = c.putKey(end, c.commandKey()) - 2
		}
	}
	if layer || c.typing() {
		for _, k := range bs {
			if k.ID == keys.Back && k.Short != "" {
				end = c.putKey(end, k) - 2
			}
		}
	}
	if c.notice.text != "" {
		b.Put(r.X+1, r.Y, end-r.X-2, format.End(c.notice.text, end-r.X-2), theme.Style{})
		return
	}
	x := r.X + 1
	for _, k := range bs {
		if k.Short == "" || k.ID == keys.Back && (layer || c.typing()) || k.Acts && c.s.Viewer {
			continue
		}
		w := ansi.StringWidth(k.Show() + " " + k.Short)
		if x+w > end-1 {
			break
		}
		c.wordAt(x, r.Y, k)
		x += w + 2
	}
}

// long reports whether a notice needs the whole row: why something was refused is worth more than what is always there.
func (c *console) long() bool {
	end := c.frame.Keys.W - 1
	for _, k := range []keys.Binding{keys.Get(keys.Help), c.commandKey()} {
		end -= ansi.StringWidth(k.Show()+" "+k.Short) + 2
	}
	return ansi.StringWidth(c.notice.text) > end-c.frame.Keys.X-2
}

// commandKey is the key of the palette, as the terminal sends it: ⌘K where it says that it can tell that key.
func (c *console) commandKey() keys.Binding {
	k := keys.Get(keys.Palette)
	if c.super {
		k.SetHelp("⌘K", k.Long())
	}
	return k
}

// putKey writes a key so that it ends before column end.
func (c *console) putKey(end int, k keys.Binding) int {
	x := end - ansi.StringWidth(k.Show()+" "+k.Short)
	c.wordAt(x, c.frame.Keys.Y, k)
	return x
}

func (c *console) wordAt(x, y int, k keys.Binding) {
	ks, ts := theme.In(theme.Text).With(theme.Bold), theme.In(theme.Second)
	if k.Reason() != "" {
		ks, ts = theme.In(theme.Third).With(theme.Faint), theme.In(theme.Third).With(theme.Faint)
	}
	at := c.buf.Put(x, y, c.width, k.Show(), ks)
	end := c.buf.Put(at+1, y, c.width, k.Short, ts)
	c.button(x, end, y, k.ID)
}

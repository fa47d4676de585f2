package scrub

import (
	"sort"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/tui/keys"
)

// sign is what stands in a column.
type sign uint8

const (
	none   sign = iota
	some        // ops
	many        // far more than elsewhere
	act         // a MeshActionCommitted
	unborn      // before the log began
)

// axis is what the log holds in a window.
type axis struct {
	win   window
	signs []sign
	marks []mesh.Mark // oldest first, all in the window
	began time.Time   // zero: the log is empty, or was not read yet
	err   error
	gen   uint64
}

type axisMsg struct {
	gen uint64
	axis
}

// room is how many columns of time there are on a screen of a width, and where the first one is. Labels as wide as
// label stand at both sides.
func room(width, label int) (x, n int) {
	right := label + 8
	if width >= wide {
		right += 2
	}
	x = label + 2
	return x, width - x - right
}

// most is how many columns there are at most, as the log counts in no more.
const most = 4096

// place puts the window where it belongs: live, or with the knob where it stands in it now.
func (b *Bar) place() {
	now, began := b.s.Now().UnixMicro(), b.began()
	fit := func(n int) window {
		if !b.past {
			return live(now, b.size, n, began)
		}
		t := b.knob.UnixMicro()
		c := n / 2
		if b.win.n > 0 {
			if was := b.win.column(t); was >= 0 && was < b.win.n {
				c = was * n / b.win.n
			}
		}
		return around(now, b.size, n, began, t, c)
	}
	_, label := fit(1).labels() // which follow from the length alone
	_, n := room(b.width, label)
	b.win = fit(max(min(n, most), 1))
}

func (b *Bar) began() int64 {
	if b.axis.began.IsZero() {
		return 0
	}
	return b.axis.began.UnixMicro()
}

// resize fits the window to another width.
func (b *Bar) resize() tea.Cmd {
	b.place()
	return b.read()
}

// zoom takes the next length, and keeps the knob where it stands.
func (b *Bar) zoom(id keys.ID) tea.Cmd {
	was := b.size
	switch id {
	case keys.ZoomIn:
		b.size = max(b.size-1, 0)
	case keys.ZoomOut:
		b.size = min(b.size+1, whole)
	default:
		b.size = whole
	}
	if b.size == was || b.width == 0 {
		return nil
	}
	b.place()
	return b.read()
}

// slide moves a live window on: its end is now. It reads when a column went by or ops came.
func (b *Bar) slide() tea.Cmd {
	if b.past || b.width == 0 {
		return nil
	}
	was := b.win
	b.place()
	if b.win.first == was.first && b.win.col == was.col && b.win.n == was.n && b.seen == b.newest() {
		return nil
	}
	return b.read()
}

// watch moves the window when the knob left it.
func (b *Bar) watch() tea.Cmd {
	if b.width == 0 {
		return nil
	}
	if c := b.win.column(b.knob.UnixMicro()); c >= 0 && c < b.win.n {
		return nil
	}
	b.place()
	return b.read()
}

// newest is the last op of the present.
func (b *Bar) newest() uint64 {
	if b.past || b.s.World.State == nil {
		return b.seen
	}
	return b.s.World.State.Seq
}

// read asks the log what lies in the window. While an answer is out no other one is asked for: it asks again itself.
func (b *Bar) read() tea.Cmd {
	if b.reading || b.width == 0 {
		return nil
	}
	b.reading = true
	b.readGen = b.s.Generation()
	b.seen = b.newest()
	gen, log, win, began, ctx := b.readGen, b.log, b.win, b.axis.began, b.ctx
	now := b.s.Now()
	return func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		return axisMsg{gen, readAxis(log, win, began, now)}
	}
}

func readAxis(log Log, win window, began, now time.Time) axis {
	a := axis{win: win, began: began}
	if began.IsZero() {
		if a.began, a.err = log.Began(); a.err != nil {
			a.began = time.Time{}
			return a
		}
		if a.began.After(now) || a.began.Before(time.Unix(0, 0)) {
			a.began = time.Time{}
		}
	}
	from, to := time.UnixMicro(win.from()), time.UnixMicro(win.to())
	ticks, err := log.Density(from, to, win.n)
	if a.err = err; err != nil {
		return a
	}
	if len(ticks) != win.n && len(ticks) > 0 {
		a.err = fault.New("vox/oplog/damaged", "the log counts in %d columns, not in %d", len(ticks), win.n)
		return a
	}
	marks, err := log.Marks(from, to)
	if a.err = err; err != nil {
		return a
	}
	for _, m := range marks {
		if m.At >= win.from() && m.At < win.to() {
			a.marks = append(a.marks, m)
		}
	}
	sort.SliceStable(a.marks, func(i, k int) bool { return a.marks[i].Seq < a.marks[k].Seq })
	a.signs = signs(win, ticks, a.marks, a.began)
	return a
}

// enough is the least number of ops that are many.
const enough = 8

// signs says what stands in each column. Many are at least 8, and twice as much as the columns with ops have on average.
func signs(win window, ticks []mesh.Tick, marks []mesh.Mark, began time.Time) []sign {
	out := make([]sign, win.n)
	sum, busy := 0.0, 0.0
	for _, t := range ticks {
		if t.N > 0 {
			sum += float64(t.N)
			busy++
		}
	}
	for i := range out {
		n := 0.0
		if i < len(ticks) {
			n = float64(ticks[i].N)
		}
		switch {
		case n >= enough && n*busy >= 2*sum:
			out[i] = many
		case n > 0:
			out[i] = some
		case !began.IsZero() && win.last(i) < began.UnixMicro():
			out[i] = unborn
		}
	}
	for _, m := range marks {
		if c := win.column(m.At); c >= 0 && c < len(out) {
			out[c] = act
		}
	}
	return out
}

func (b *Bar) takeAxis(m axisMsg) tea.Cmd {
	if m.gen != b.readGen {
		return nil
	}
	b.reading = false
	learned := b.axis.began.IsZero() && !m.began.IsZero()
	if m.err != nil { // what was read before stands
		m.axis.signs, m.axis.marks, m.axis.win = b.axis.signs, b.axis.marks, b.axis.win
	}
	asked := m.win
	b.axis, b.axis.gen = m.axis, m.gen
	if learned && b.size == whole {
		b.place()
	}
	if m.err == nil && (asked.first != b.win.first || asked.col != b.win.col || asked.n != b.win.n) {
		return b.read()
	}
	return nil
}

package scrub

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/cell"
	"voxmesh/tui/field"
	"voxmesh/tui/format"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/theme"
)

// maxTime is the longest text that the time field takes.
const maxTime = 40

func (b *Bar) openField() {
	b.typing, b.wrong = true, false
	b.in = field.New("", maxTime, nil)
}

func (b *Bar) doTyping(d pane.Do) (pane.Action, tea.Cmd) {
	switch d.ID {
	case keys.Back:
		b.typing = false
	case keys.Open:
		return b.enter()
	case keys.Clear:
		b.wrong = false
		b.in.Set("")
	case keys.Earlier, keys.Later, keys.PrevEvent, keys.NextEvent, keys.TypeTime, keys.Play, keys.Live, keys.Retry:
		// a word of the last row was clicked: it is not meant as text
	default:
		b.wrong = false
		b.in.Key(d.Key)
	}
	return nil, nil
}

// enter goes where the text says, or says what it could say. Nothing is nothing.
func (b *Bar) enter() (pane.Action, tea.Cmd) {
	if b.in.Value() == "" {
		b.typing = false
		return nil, nil
	}
	p, present, ok := parse(b.in.Value(), b.s.Now(), b.moment())
	if !ok {
		b.wrong = true
		return nil, nil
	}
	b.typing = false
	switch {
	case present:
		return nil, b.Live()
	case p.op:
		return nil, b.head(p)
	}
	return b.seek(p.at)
}

// drawField draws the time field in the place of the bar: what is typed, and what it means or could say.
func (b *Bar) drawField(buf *cell.Buffer, r layout.Rect) {
	x := buf.Put(r.X, r.Y, r.W, "[time ", theme.In(theme.Text).With(theme.Bold))
	w := min(max(r.W-x-len(takes)-3, 12), maxTime)
	b.in.Draw(buf, x, r.Y, w, true)
	x += w + 1
	text, st := b.meaning()
	x = buf.Put(x, r.Y, r.X+r.W-1-x, format.End(text, r.X+r.W-1-x), st)
	buf.Put(x, r.Y, 1, "]", theme.In(theme.Text).With(theme.Bold))
	if r.H > 1 {
		buf.Put(r.X+6, r.Y+1, r.W-6, format.End(takesMore, r.W-7), theme.In(theme.Third))
	}
}

// meaning says where the text would lead.
func (b *Bar) meaning() (string, theme.Style) {
	if b.wrong {
		return takes, theme.In(theme.Failed)
	}
	now := b.s.Now()
	switch p, present, ok := parse(b.in.Value(), now, b.moment()); {
	case !ok:
		return takes, theme.In(theme.Third)
	case present:
		return "→ live", theme.In(theme.OK)
	case p.op:
		return "→ op " + number(p.seq), theme.In(theme.Waiting)
	default:
		return "→ " + p.at.Format("Mon ") + format.Day(p.at.UnixMicro(), now) + p.at.Format(" 15:04:05"), theme.In(theme.Waiting)
	}
}

// clamp makes a time of the log one that can be shown: not before 1970 and not after now.
func (b *Bar) clamp(t int64) time.Time {
	return micros(max(min(t, b.s.Now().UnixMicro()), 0))
}

func micros(t int64) time.Time { return time.UnixMicro(t) }

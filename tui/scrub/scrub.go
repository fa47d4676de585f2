// Package scrub is the time axis under every pane, and the way to the past and back.
//
// A Bar belongs to one console, whose root owns it: it is no pane, but the last region in tab. It knows three moments:
// the present, the one on which the knob stands, and the one that is shown. A key or a drag moves the knob at once; the
// host is asked for the instant 100 ms after the last of them, and until it answers the picture stays as it is. An
// answer that is not the one that was asked for last is dropped. While the past is shown nothing of it changes, however
// much happens meanwhile, and no moment is ever later than the present: what would be is the present.
//
// The window is cut into columns on a grid that stands still, so that a live bar changes when a column goes by or ops
// come, and not else. All reads of the log are commands; Draw computes nothing twice. The clock is the session's.
package scrub

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/field"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
)

// Log is what the bar asks of the host. A *mesh.Host and a *mesh.Reader are one.
type Log interface {
	Began() (time.Time, error)
	Density(from, to time.Time, n int) ([]mesh.Tick, error)
	Marks(from, to time.Time) ([]mesh.Mark, error)
	Moment(seq uint64) (mesh.Moment, error)
	NextEvent(seq uint64) (mesh.Stop, bool, error)
	EventAt(t time.Time) (mesh.Stop, bool, error)
	At(t time.Time) (mesh.Instant, error)
	AtSeq(seq uint64) (mesh.Instant, error)
}

// Shown says that another instant is shown now; Instant is nil for the present. Two of them may arrive in another order
// than they were sent: what holds is Past and At, also between a change and its message.
type Shown struct {
	Instant *mesh.Instant
	At      time.Time
}

// Bar is the scrubber of one console. Make one with New.
type Bar struct {
	ctx context.Context
	s   *pane.Session
	log Log

	width   int // of the screen
	size    int // of lengths
	win     window
	axis    axis
	reading bool   // of the axis
	readGen uint64 // the read that counts
	seen    uint64 // the newest op of which the axis knows
	focused bool

	past    bool
	knob    time.Time // where it stands, in the past
	shown   spot      // what the picture is of, in the past
	want    place     // what was asked for, or is about to be
	pending bool      // from the key to its answer
	gen     uint64    // the request that counts
	failed  error     // of the last request

	speed     int // 0 is stopped
	playGen   uint64
	playFrom  time.Time
	playSince time.Time

	typing bool
	wrong  bool // what was typed can't be read
	in     field.Text

	rect  layout.Rect
	drawn drawing
}

// New makes the scrubber of a console, live, with a window of an hour. Reads end with ctx.
func New(ctx context.Context, s *pane.Session, log Log) *Bar {
	return &Bar{ctx: ctx, s: s, log: log, size: hour}
}

// Past gives the instant that is shown, and whether it is one of the past.
func (b *Bar) Past() (mesh.Instant, bool) { return b.shown.instant, b.past }

// At is the moment that is shown, which is later than the instant's last op or the same; zero: live.
func (b *Bar) At() time.Time {
	if !b.past {
		return time.Time{}
	}
	return b.shown.at
}

// Focus gives the bar the focus, or takes it.
func (b *Bar) Focus(on bool) { b.focused = on }

// Typing reports whether the time field is open: then the bar has the keys, whatever has the focus.
func (b *Bar) Typing() bool { return b.typing }

// Update takes a message: the size of the screen, Second and Changed, pane.Do for the bindings of Keys and TimeKeys, the
// mouse over the bar, and what its own commands bring.
func (b *Bar) Update(msg tea.Msg) (pane.Action, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		b.width = msg.Width
		return nil, b.resize()
	case pane.Second:
		return nil, b.slide()
	case pane.Do:
		return b.do(msg)
	case pane.Click:
		return b.click(msg)
	case pane.Drag:
		return b.drag(msg)
	case tea.KeyPressMsg:
		if b.typing {
			b.wrong = false
			b.in.Key(msg)
		}
	case tea.PasteMsg:
		if b.typing {
			b.wrong = false
			b.in.Paste(msg.Content)
		}
	case axisMsg:
		return nil, b.takeAxis(msg)
	case wake:
		if msg.gen == b.gen && b.pending {
			return nil, b.ask()
		}
	case answer:
		return b.takeAnswer(msg)
	case beat:
		return b.playOn(msg)
	}
	return nil, nil
}

func (b *Bar) do(d pane.Do) (pane.Action, tea.Cmd) {
	if b.typing {
		return b.doTyping(d)
	}
	switch d.ID {
	case keys.Earlier:
		return b.seek(b.moment().Add(-time.Second))
	case keys.Later:
		return b.seek(b.moment().Add(time.Second))
	case keys.PrevEvent:
		return nil, b.step(-1)
	case keys.NextEvent:
		return nil, b.step(1)
	case keys.TypeTime:
		b.openField()
	case keys.Play:
		return nil, b.play()
	case keys.Live:
		return nil, b.Live()
	case keys.Retry:
		if b.failed != nil {
			return nil, b.retry()
		}
		return nil, b.read()
	case keys.Open:
		return b.open(), nil
	case keys.Seek:
		return b.nextMark()
	case keys.ZoomIn, keys.ZoomOut, keys.Fit:
		return nil, b.zoom(d.ID)
	default:
		return b.move(d.ID)
	}
	return nil, nil
}

// move goes along the columns.
func (b *Bar) move(id keys.ID) (pane.Action, tea.Cmd) {
	if b.win.n == 0 {
		return nil, nil
	}
	quarter := max(b.win.n/4, 1)
	by := map[keys.ID]int{
		keys.Left: -1, keys.Right: 1, keys.PageUp: -quarter, keys.PageDown: quarter, keys.HalfUp: -quarter, keys.HalfDown: quarter,
	}[id]
	switch {
	case by != 0:
		c := b.moment().UnixMicro()/b.win.col + int64(by)
		return b.seek(time.UnixMicro((c+1)*b.win.col - 1))
	case id == keys.Home:
		return b.seek(time.UnixMicro(b.win.last(0)))
	case id == keys.End:
		return nil, b.Live()
	}
	return nil, nil
}

// moment is where the knob stands: in the past, or now.
func (b *Bar) moment() time.Time {
	if b.past {
		return b.knob
	}
	return b.s.Now()
}

// Keys gives the bindings of the bar while it has the focus, and those of the time field while that is open.
func (b *Bar) Keys() []keys.Binding {
	if b.typing {
		return append([]keys.Binding{
			keys.Get(keys.Open).As("go", "go there"),
			keys.Get(keys.Back).As("put back", "close the field and stay"),
		}, field.Keys()...)
	}
	open := keys.Get(keys.Open).As("type a time", "type a time")
	if _, ok := b.markHere(); ok {
		open = open.As("show the act", "show the act at the knob in Audit")
	}
	out := append(b.TimeKeys(),
		open,
		keys.Get(keys.Left).As("", "a column back"), keys.Get(keys.Right).As("", "a column on"),
		keys.Get(keys.ZoomIn).As("closer", "a shorter window"), keys.Get(keys.ZoomOut).As("wider", "a longer window"),
		keys.Get(keys.Fit).As("all", "the whole log"), keys.Get(keys.Seek).As("act", "next act"),
	)
	return append(out,
		keys.Get(keys.PageUp).As("", "a quarter of the window back"), keys.Get(keys.PageDown).As("", "a quarter of the window on"),
		keys.Get(keys.HalfUp).As("", "a quarter of the window back"), keys.Get(keys.HalfDown).As("", "a quarter of the window on"),
		keys.Get(keys.Home).As("", "begin of the window"), keys.Get(keys.End).As("", "live"),
	)
}

// TimeKeys gives the bindings that go through time from everywhere.
func (b *Bar) TimeKeys() []keys.Binding {
	live := func() string {
		if b.past {
			return ""
		}
		return "you are live: [ goes back"
	}
	out := []keys.Binding{
		keys.Get(keys.Earlier), keys.Get(keys.Later).When(live),
		keys.Get(keys.PrevEvent), keys.Get(keys.NextEvent).When(live),
		keys.Get(keys.TypeTime), keys.Get(keys.Play).When(live), keys.Get(keys.Live).When(live),
	}
	if b.failed != nil || b.axis.err != nil {
		out = append(out, keys.Get(keys.Retry).As("retry", "ask the log again"))
	}
	return out
}

// RowKeys is TimeKeys as the last row has them in the past: both keys of a pair before one word.
func (b *Bar) RowKeys() []keys.Binding {
	out := b.TimeKeys()
	for i := range out {
		switch k := &out[i]; k.ID {
		case keys.Earlier:
			k.SetHelp("[ ]", k.Long())
		case keys.PrevEvent:
			k.SetHelp("{ }", k.Long())
		}
	}
	return out
}

// after brings a message when a while has passed.
func (b *Bar) after(d time.Duration, msg tea.Msg) tea.Cmd {
	ctx := b.ctx
	return func() tea.Msg {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

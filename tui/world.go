package tui

import (
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/pane"
	"voxmesh/tui/scrub"
)

// read fetches the world: in a command, because the telemetry has a lock.
func (c *console) read() pane.World {
	w := pane.World{State: c.o.Source.Snapshot(), Tel: c.o.Source.Telemetry(), Lost: c.o.Lost}
	if w.State == nil {
		w.State = &mesh.State{}
	}
	w.Spend = c.spend.window(w.State, c.o.Clock())
	return w
}

// spend is the last window of spend that was added up. Commands share it.
type spend struct {
	mu  sync.Mutex
	of  *mesh.State
	at  time.Time
	sum mesh.Window
}

// resting is for how long a window holds where nothing happens: what leaves 24 hours meanwhile leaves them so much later.
const resting = 10 * time.Second

// window adds up what was spent in the 24 hours before now, where it is time to.
func (s *spend) window(st *mesh.State, now time.Time) mesh.Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since := now.Sub(s.at); s.of != st || since < 0 || since >= resting {
		s.of, s.at, s.sum = st, now, st.Window(now)
	}
	return s.sum
}

// minGap is the least time between two looks at a mesh that changes all the time: a frame.
const minGap = time.Second / FPS

// follow waits for the next change.
func (c *console) follow(gap time.Duration) tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(gap)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.ctx.Done():
			return nil
		}
		select {
		case _, ok := <-c.watch:
			if !ok {
				return nil
			}
			return worldMsg{c.read()}
		case <-c.o.Source.Done():
			return lostMsg{}
		case <-c.ctx.Done():
			return nil
		}
	}
}

func (c *console) tick() tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(time.Second)
		defer t.Stop()
		select {
		case <-t.C:
			return secondMsg{c.read()}
		case <-c.ctx.Done():
			return nil
		}
	}
}

// take makes a world the newest one. A host that is lost stays so: its last state remains, and only its age moves. While
// the past is shown the newest world waits.
func (c *console) take(w pane.World, why tea.Msg) tea.Cmd {
	if c.present.Lost.IsZero() || !w.Lost.IsZero() {
		c.present = w
	}
	if c.s.World.Past.IsZero() {
		c.s.World = c.present
	} else {
		c.s.World.Lost = c.present.Lost
	}
	return c.spread(why)
}

// show makes an instant of the past the world, or the newest world again.
func (c *console) show(m scrub.Shown) tea.Cmd {
	c.s.World = c.present
	if m.Instant != nil {
		st := m.Instant.State
		c.s.World = pane.World{State: st, Spend: st.Window(m.At), Past: m.At, Lost: c.present.Lost}
	}
	return c.spread(pane.Changed{})
}

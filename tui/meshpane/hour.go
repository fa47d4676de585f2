package meshpane

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/tui/format"
	"voxmesh/tui/pane"
)

// Of a mesh that ran more than manyJobs the cost of the last hour is summed in a command, at most once a second, and
// where nothing happened once in ten: with 10,000 jobs a sum takes some 2 ms, and a key must not wait for it.
const (
	manyJobs   = 500
	sumEvery   = time.Second
	sumResting = 10 * time.Second
)

// hour is what the jobs of the last hour cost on each machine, as it was summed last.
type hour struct {
	asked uint64 // the generation of a sum on its way; 0: none
	costs hourly
}

// hourly are the sums of one state.
type hourly struct {
	seq  uint64    // of the state
	past time.Time // the instant, in the past
	at   time.Time // when the hour ends
	of   map[string]int64
}

// summed brings them from a command.
type summed struct {
	generation uint64
	costs      hourly
}

// follow sums anew where it is time to. Of few jobs the sum is made when it is drawn.
func (h *hour) follow(s *pane.Session) tea.Cmd {
	st, now, past := s.World.State, s.Time(), s.World.Past
	if st == nil || st.Submitted <= manyJobs || h.asked != 0 {
		return nil
	}
	every := sumEvery
	if st.Seq == h.costs.seq {
		every = sumResting
	}
	if since := now.Sub(h.costs.at); h.of(past) && since >= 0 && since < every {
		return nil
	}
	h.asked = s.Generation()
	generation := h.asked
	return func() tea.Msg { return summed{generation, sumHour(st, past, now)} }
}

func (h *hour) take(m summed) {
	if m.generation == h.asked {
		h.asked, h.costs = 0, m.costs
	}
}

// of reports whether there are sums of an instant, or of the present.
func (h *hour) of(past time.Time) bool { return h.costs.of != nil && h.costs.past.Equal(past) }

func sumHour(st *mesh.State, past, now time.Time) hourly {
	sums := hourly{st.Seq, past, now, map[string]int64{}}
	from := now.Add(-time.Hour).UnixMicro()
	for _, j := range st.Jobs() {
		if j.State.Ended() && j.EndedAt >= from {
			sums.of[j.Node] += j.Cost
		}
	}
	return sums
}

// lastHour writes what the jobs of the last hour cost on a machine; a dash until it is known.
func (p *Pane) lastHour(node string) string {
	st := p.s.World.State
	switch {
	case st.Submitted <= manyJobs:
		return format.Money(st.CostSince(p.s.Time().Add(-time.Hour), node))
	case p.hour.of(p.s.World.Past):
		return format.Money(p.hour.costs.of[node])
	}
	return format.Dash
}

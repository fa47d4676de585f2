package scrub

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/tui/pane"
)

// pulse is how often playing moves on, and asks at most.
const pulse = 100 * time.Millisecond

// beat: playing moves on.
type beat struct{ gen uint64 }

// play turns the speed: 1, 10, 60 times, stop.
func (b *Bar) play() tea.Cmd {
	if !b.past {
		return nil
	}
	next := map[int]int{0: 1, 1: 10, 10: 60}[b.speed]
	b.stop()
	b.speed = next
	if next == 0 {
		b.aim(place{at: b.knob})
		return b.ask()
	}
	b.playFrom, b.playSince = b.knob, b.s.Now()
	return b.after(pulse, beat{b.playGen})
}

// stop ends playing.
func (b *Bar) stop() {
	b.speed = 0
	b.playGen = b.s.Generation()
}

// playOn moves the knob to where the time is that passed since playing began, and asks for the instant there unless an
// answer is still out. At the present it is live.
func (b *Bar) playOn(m beat) (pane.Action, tea.Cmd) {
	if m.gen != b.playGen || b.speed == 0 {
		return nil, nil
	}
	now := b.s.Now()
	at := b.playFrom.Add(now.Sub(b.playSince) * time.Duration(b.speed))
	if !at.Before(now) {
		return nil, b.Live()
	}
	next := b.after(pulse, m)
	if b.pending {
		b.knob = at
		return nil, tea.Batch(next, b.watch())
	}
	b.aim(place{at: at})
	return nil, tea.Batch(next, b.watch(), b.ask())
}

// Package reading is what a part of the screen shows of a read that goes on, or that failed.
//
// A read shows nothing for a moment, then the faint shape of its rows, so that what is quick does not flicker: Late tells
// when that moment is over. A failed one says where its rows would stand what could not be read, why, what to do, and the
// key that tries again. Nothing is drawn outside of the rectangle that is given.
package reading

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// Patience is how long a read may take before its place shows that something is to come.
const Patience = 100 * time.Millisecond

// mostSaid bounds what is shown of an error, in bytes: others may have written it.
const mostSaid = 400

// Late gives a message when a read takes longer than Patience, and none when ctx ends before.
func Late(ctx context.Context, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(Patience)
		defer t.Stop()
		select {
		case <-t.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

// Failed writes what could not be read and what to do about it.
func Failed(b *cell.Buffer, r layout.Rect, what string, err error) {
	y, end := r.Y, r.Y+r.H
	put := func(s string, ink theme.Ink) {
		if y < end {
			b.Put(r.X, y, r.W, s, theme.In(ink))
		}
		y++
	}
	for _, s := range format.Wrap(what+": "+clean.Max(err.Error(), mostSaid).String(), r.W) {
		put(s, theme.Failed)
	}
	if _, hint := fault.Of(err); hint != "" {
		put(clean.Max(hint, mostSaid).String(), theme.Second)
	}
	put("r retry", theme.Second)
}

// Shape draws rows of the right shape for what is being read.
func Shape(b *cell.Buffer, r layout.Rect) {
	st := theme.In(theme.Third).With(theme.Faint)
	for y := range r.H {
		b.Fill(r.X+2, r.Y+y, max(min(r.W-4, 60)-(y*17)%31, 4), 1, "─", st)
	}
}

package pane

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// Question is one that takes too long to be answered at once, so that a command does it: which rows a list has. One is on
// its way at a time; what changes meanwhile is asked after it, but what is wanted otherwise replaces it.
type Question[A any] struct {
	asked uint64 // the generation of the one on its way; 0: none
	again bool   // the world changed meanwhile
}

// Answered brings an answer.
type Answered[A any] struct {
	generation uint64
	Answer     A
}

// Open reports whether one is on its way.
func (q *Question[A]) Open() bool { return q.asked != 0 }

// Drop forgets the one on its way: it was answered otherwise.
func (q *Question[A]) Drop() { q.asked = 0 }

// Ask gives the command that brings the answer as Answered, or none where one is on its way and nothing else is wanted.
// answer runs beside the console, and not at all once ctx is done.
func (q *Question[A]) Ask(ctx context.Context, s *Session, wanted bool, answer func() A) tea.Cmd {
	if q.Open() && !wanted {
		q.again = true
		return nil
	}
	q.again, q.asked = false, s.Generation()
	gen := q.asked
	return func() tea.Msg {
		if ctx.Err() != nil {
			return nil
		}
		return Answered[A]{gen, answer()}
	}
}

// Take reports whether an answer is to the question on its way, and whether that is to be asked again. An answer that is
// not is to be dropped.
func (q *Question[A]) Take(m Answered[A]) (current, again bool) {
	if m.generation != q.asked {
		return false, false
	}
	q.asked = 0
	return true, q.again
}

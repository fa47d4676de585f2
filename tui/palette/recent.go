package palette

import (
	"slices"

	"voxmesh/tui/pane"
)

// remembered is how many choices are kept, offered how many of them stand first where nothing was typed: what fits the
// selection should be in sight too.
const remembered, offered = 24, 4

// Recent is what was chosen before in this console, newest first. The zero value has nothing; the root keeps one for
// each console and gives it to every palette.
type Recent struct{ chosen []entry }

// Visited puts going to a thing in front: for what was opened elsewhere than in the palette.
func (r *Recent) Visited(s *pane.Session, on pane.Ref) {
	if e, ok := entryOf(s, on); ok && on.Kind != pane.Mesh {
		r.add(e)
	}
}

func (r *Recent) add(e entry) {
	if e.with != "" {
		return // what was typed once is not typed again by itself
	}
	k := e.key()
	r.chosen = slices.DeleteFunc(r.chosen, func(o entry) bool { return o.key() == k })
	r.chosen = slices.Insert(r.chosen, 0, e)
	r.chosen = r.chosen[:min(len(r.chosen), remembered)]
}

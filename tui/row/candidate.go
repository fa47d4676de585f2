package row

import (
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// candidateName is how wide a machine's name is in a row of Candidate.
const candidateName = 14

// Candidate draws a machine that could be chosen, with its class, and what speaks for it or against it.
func Candidate(b *cell.Buffer, x, y, w int, class privacy.Class, id, why string, st theme.Style) {
	b.Put(x+1, y, candidateName, format.Middle(id, candidateName), st)
	at := Badge(b, x+1+candidateName+1, y, class) + 1
	b.Put(at, y, x+w-at, format.End(why, x+w-at), st)
}

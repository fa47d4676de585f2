package row

import (
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/theme"
)

// choiceName is how wide a machine's name is in a row of Choice.
const choiceName = 14

// Choice draws a machine that could be chosen, with its class, and what speaks for it or against it.
func Choice(b *cell.Buffer, x, y, w int, class privacy.Class, id, why string, st theme.Style) {
	b.Put(x+1, y, choiceName, format.Middle(id, choiceName), st)
	at := Badge(b, x+1+choiceName+1, y, class) + 1
	b.Put(at, y, x+w-at, format.End(why, x+w-at), st)
}

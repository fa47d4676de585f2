// Package elsewhere is not of the console: what it draws is not looked at.
package elsewhere

import (
	"voxmesh/mesh"
	"voxmesh/tui/cell"
)

func draw(b *cell.Buffer, st *mesh.State) {
	for i, n := range st.Nodes() {
		b.Put(0, i, 10, n.ID, cell.Style{})
	}
}

package labels

import (
	"voxmesh/mesh"
	"voxmesh/tui/cell"
)

func Node(b *cell.Buffer, x, y int, n *mesh.Node) { b.Put(x, y, 10, n.ID, cell.Style{}) }

func Lines(b *cell.Buffer, lines []string) {
	for i, l := range lines {
		b.Put(0, i, 10, l, cell.Style{})
	}
}

func Pad(s string, w int) string { return s }

type List struct{ ids []string }

func (l *List) Set(ids []string)                              { l.ids = ids }
func (l *List) IDs() []string                                 { return l.ids }
func (l *List) Selected() string                              { return l.ids[0] }
func (l *List) Each(b *cell.Buffer, f func(y int, id string)) {}

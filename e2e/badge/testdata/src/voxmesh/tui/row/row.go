package row

import (
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
)

type Field struct {
	Text  string
	Width int
}

func Badge(b *cell.Buffer, x, y int, class privacy.Class) int { return x }

func Node(b *cell.Buffer, x, y, w int, class privacy.Class, id Field, rest []Field) {
	b.Put(x, y, w, id.Text, cell.Style{})
}

func Job(b *cell.Buffer, x, y, w int, class privacy.Class, id string, rest []Field) {}

func Bare(b *cell.Buffer, x, y, w int, id string) {} // want `Bare draws without a privacy class`

type Painter struct{}

func (Painter) Line(b *cell.Buffer, id string) {} // want `Line draws without a privacy class`

func fields(b *cell.Buffer, rest []Field) {}

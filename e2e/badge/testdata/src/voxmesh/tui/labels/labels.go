package labels

import (
	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/graph"
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

// Filter lets through what has a text. What it is asked about it does not keep.
type Filter struct {
	text  string
	parts []string
}

func (f *Filter) Matches(text string) bool { return text == f.text }
func (f *Filter) Draw(b *cell.Buffer, x, y int) (end int) {
	return b.Put(x, y, 10, f.text, cell.Style{})
}

// Text is a field that is typed in.
type Text struct{ letters []string }

func (t *Text) Set(s string)                  {}
func (t *Text) Value() string                 { return "" }
func (t *Text) Draw(b *cell.Buffer, x, y int) {}

// View draws a picture, each name in its ring.
type View struct {
	pic   *graph.Picture
	names []string
}

func (v *View) Set(p *graph.Picture)          { v.pic = p }
func (v *View) Draw(b *cell.Buffer, x, y int) {}

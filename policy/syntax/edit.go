package syntax

import (
	"fmt"
	"slices"
)

// Edit replaces the bytes [Start, End) of a source by Text; Start == End inserts.
type Edit struct {
	Start, End int
	Text       string
}

// Apply gives src with the edits made. Edits may come in any order and must not overlap; insertions at one place keep
// the order in which they were given.
func Apply(src []byte, edits ...Edit) ([]byte, error) {
	es := slices.Clone(edits)
	slices.SortStableFunc(es, func(a, b Edit) int { return a.Start - b.Start })
	out := make([]byte, 0, len(src)+64)
	at := 0
	for _, e := range es {
		if e.Start < at || e.End < e.Start || e.End > len(src) {
			return nil, fmt.Errorf("edit of bytes %d to %d does not fit a source of %d bytes edited up to %d", e.Start, e.End, len(src), at)
		}
		out = append(append(out, src[at:e.Start]...), e.Text...)
		at = e.End
	}
	return append(out, src[at:]...), nil
}

// Replace plans the exchange of n itself, without what stands around it. A value that is missing is put behind its
// colon, which is added where it is missing too; a blank is added where text would grow together with what is beside it.
// For an absent node it changes nothing.
func (n Node) Replace(text string) Edit {
	if !n.Valid() {
		return Edit{}
	}
	start, end := n.Span()
	if n.Kind() == MissingNode && text != "" {
		if p := n.Parent(); p.Kind() == FieldNode && p.end() == p.t.nodes[p.i].name+1 {
			text = ": " + text
		} else {
			text = " " + text
		}
	}
	return n.t.exchange(start, end, text)
}

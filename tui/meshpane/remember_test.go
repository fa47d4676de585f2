package meshpane

import (
	"maps"
	"testing"
)

// A second console shows the same picture as the first: also of the machine that stands where the axes cross.
func TestEveryPlaceIsKept(t *testing.T) {
	for _, ids := range [][]string{{"alice"}, {"alice", "bob"}, {"zoe"}, {"a", "b", "c", "d", "e"}} {
		kept, o := &shelf{}, meshOf(ids...)
		first := newRig(t, o, kept).p.graph.known
		if second := newRig(t, o, kept).p.graph.known; len(first) != len(ids)+1 || !maps.Equal(first, second) {
			t.Errorf("of %v the first console shows %v, the second %v", ids, first, second)
		}
	}
}

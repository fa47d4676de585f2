package hopperpane

import "testing"

func TestPrint(t *testing.T) {
	for _, sz := range [][2]int{{120, 40}, {80, 24}, {60, 16}} {
		t.Log("\n" + play(t, busy(), sz[0], sz[1]).view())
	}
}

package policypane

import (
	"slices"
	"testing"

	"voxmesh/tui/keys"
	"voxmesh/tui/pane"
)

// The pictures of the design, row for row.
func TestDrawings(t *testing.T) {
	x := play(t, home, 120, 40).without("alice@aurelia")
	x.to("slots[1].max_concurrent").do(keys.Open).typed("6").do(keys.Open)
	x.to("per_peer_overrides[0].min_priority").do(keys.Open).typed("3").do(keys.Open)
	x.to("per_peer_overrides[0].max_concurrent").do(keys.Open).typed("1").do(keys.Open)
	x.to("slots[1].max_concurrent")
	got, want := x.rows(), drawing(t, "policy-120x40.txt")
	for y := 1; y <= 35; y++ {
		if got[y] != want[y] {
			t.Errorf("row %d is\n%s, want\n%s", y, got[y], want[y])
		}
	}
	x = play(t, home, 80, 24).without("alice@aurelia")
	x.to("per_peer_overrides[0].min_priority").do(keys.Open).typed("3").do(keys.Open)
	x.to("per_peer_overrides[0].max_concurrent").do(keys.Open).typed("1").do(keys.Open)
	x.to("slots[1].max_concurrent").do(keys.Open).typed("6")
	got, want = x.rows(), drawing(t, "policy-80x24.txt")
	for y := 1; y <= 20; y++ {
		if got[y] != want[y] {
			t.Errorf("row %d is\n%s, want\n%s", y, got[y], want[y])
		}
	}
}

// without makes a peer unknown.
func (x *screen) without(peer string) *screen {
	x.book.peers = slices.DeleteFunc(x.book.peers, func(p string) bool { return p == peer })
	return x.do(keys.Retry).send(pane.Second{}).reread()
}

// reread lets the form read the file once more.
func (x *screen) reread() *screen {
	x.run(x.p.read())
	return x
}

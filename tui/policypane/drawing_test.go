package policypane

import (
	"testing"

	"voxmesh/tui/keys"
)

// The pictures of the design, row for row.
func TestDrawings(t *testing.T) {
	x := play(t, home, 120, 40)
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
	t.Logf("\n%s", x.view())
	x = play(t, home, 80, 24)
	x.to("per_peer_overrides[0].min_priority").do(keys.Open).typed("3").do(keys.Open)
	x.to("per_peer_overrides[0].max_concurrent").do(keys.Open).typed("1").do(keys.Open)
	x.to("slots[1].max_concurrent").do(keys.Open).typed("6")
	got, want = x.rows(), drawing(t, "policy-80x24.txt")
	for y := 1; y <= 20; y++ {
		if got[y] != want[y] {
			t.Errorf("row %d is\n%s, want\n%s", y, got[y], want[y])
		}
	}
	t.Logf("\n%s", x.view())
}

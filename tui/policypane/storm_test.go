package policypane

import (
	"math/rand"
	"testing"

	"voxmesh/tui/pane"
)

// The same with the mouse, other sizes, and somebody else who changes the file: nothing panics, every frame fits, and the
// file has only what the form showed when it was written, or what the other wrote.
func TestStorm(t *testing.T) {
	letters := []string{"6", "0", "9", "a", ",", "x", `"`, " ", "}", "none", "bob@aurelia"}
	for seed := range int64(20) {
		r := rand.New(rand.NewSource(seed)) //nolint:gosec // a test that can be repeated
		sizes := [][2]int{{80, 24}, {120, 40}, {60, 16}, {200, 60}}
		src := []string{home, broken, "", home + "\npolicy night {\n}\n"}[seed%4]
		size := sizes[r.Intn(len(sizes))]
		x := play(t, src, size[0], size[1])
		for range 150 {
			bs, shown, disk, before := x.p.Keys(), x.text(), string(x.book.src), string(x.book.before)
			if x.over != nil {
				bs = x.over.Keys()
			}
			switch id := bs[r.Intn(len(bs))].ID; {
			case x.p.Typing() && r.Intn(2) == 0:
				x.typed(letters[r.Intn(len(letters))])
			case r.Intn(12) == 0:
				x.send(pane.Click{X: r.Intn(size[0]), Y: r.Intn(size[1]), Double: r.Intn(2) == 0})
			case r.Intn(25) == 0:
				x.book.src = []byte([]string{home, broken, "", src + "// x\n", src}[r.Intn(5)])
				x.book.exists, disk = len(x.book.src) > 0, string(x.book.src)
				second(x)
			case r.Intn(10) == 0:
				x.send(pane.Drag{FromX: r.Intn(size[0]), FromY: r.Intn(size[1]), X: r.Intn(size[0]), Y: r.Intn(size[1]), Done: r.Intn(2) == 0})
			case r.Intn(40) == 0:
				size = sizes[r.Intn(4)]
				x.size(size[0], size[1])
			default:
				x.do(id)
			}
			x.view()
			if got := string(x.book.src); got != disk && got != shown && got != before {
				t.Fatalf("seed %d: the file is\n%s", seed, got)
			}
		}
	}
}

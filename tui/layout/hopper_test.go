package layout

import "testing"

func TestHopperScreens(t *testing.T) {
	for _, tc := range []struct {
		name   string
		w, h   int
		shown  int
		detail bool
		alone  bool
		digits int
		want   Hopper
	}{
		{"the drawing", 120, 40, 0, false, false, 1, Hopper{
			Wide: true, Columns: [3]Rect{{0, 1, 42, 22}, {42, 1, 40, 22}, {82, 1, 38, 22}}, Detail: Rect{0, 23, 120, 13},
		}},
		{"10,000 items", 120, 40, 0, false, false, 5, Hopper{
			Wide: true, Columns: [3]Rect{{0, 1, 45, 22}, {45, 1, 40, 22}, {85, 1, 35, 22}}, Detail: Rect{0, 23, 120, 13},
		}},
		{"one list", 80, 24, 1, false, false, 1, Hopper{Columns: [3]Rect{1: {0, 1, 80, 14}}, Detail: Rect{0, 15, 80, 6}}},
		{"alone", 120, 40, 2, true, true, 1, Hopper{Detail: Rect{0, 1, 120, 35}}},
		{"one up", 70, 20, 2, false, false, 1, Hopper{Columns: [3]Rect{2: {0, 1, 70, 16}}}},
		{"no such list", 70, 20, 9, false, false, 1, Hopper{Columns: [3]Rect{2: {0, 1, 70, 16}}}},
	} {
		f := Screen(tc.w, tc.h, Parts{Scrubber: true})
		if got := HopperPane(f, tc.shown, tc.detail, tc.alone, tc.digits); got != tc.want {
			t.Errorf("%s is\n%+v, want\n%+v", tc.name, got, tc.want)
		}
	}
}

// At every size the rectangles lie beside each other within the pane, and cover it.
func TestHopperCoversThePane(t *testing.T) {
	for w := MinWidth; w <= 300; w += 3 {
		for h := MinHeight; h <= 100; h += 3 {
			f := Screen(w, h, Parts{Scrubber: true})
			p := HopperPane(f, 0, false, false, 7)
			cells := p.Detail.W * p.Detail.H
			for _, r := range p.Columns {
				cells += r.W * r.H
				if r.W < 0 || r.H < 0 || r.X+r.W > f.Pane.X+f.Pane.W || r.Y+r.H > f.Pane.Y+f.Pane.H {
					t.Fatalf("%d×%d: %+v", w, h, p)
				}
			}
			if cells != f.Pane.W*f.Pane.H {
				t.Fatalf("%d×%d: %d cells of %d: %+v", w, h, cells, f.Pane.W*f.Pane.H, p)
			}
		}
	}
}

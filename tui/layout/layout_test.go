package layout

import (
	"fmt"
	"strings"
	"testing"
)

// drawing draws the rectangles, a column for four and a row for two, each with its letter.
func drawing(w, h int, rects map[string]Rect) string {
	var out strings.Builder
	for y := 0; y < h; y++ {
		var row strings.Builder
		for x := 0; x < w; x += 4 {
			c := "."
			for name, r := range rects {
				if r.Has(x, y) {
					c = name
				}
			}
			row.WriteString(c)
		}
		out.WriteString(row.String() + "\n")
	}
	return out.String()
}

// fold writes equal rows once, with their number.
func fold(s string) string {
	var out []string
	rows := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i := 0; i < len(rows); {
		n := 1
		for i+n < len(rows) && rows[i+n] == rows[i] {
			n++
		}
		out = append(out, fmt.Sprintf("%2d %s", n, rows[i]))
		i += n
	}
	return strings.Join(out, "\n")
}

func TestMeshScreens(t *testing.T) {
	for _, tc := range []struct {
		name  string
		w, h  int
		parts Parts
		focus Region
		view  Region
		alone bool
		want  string
	}{
		{"80x24, the graph", 80, 24, Parts{Strip: true, Scrubber: true}, Graph, Graph, false, `
 1 HHHHHHHHHHHHHHHHHHHH
19 GGGGGGGGGGGGIIIIIIII
 1 SSSSSSSSSSSSSSSSSSSS
 1 AAAAAAAAAAAAAAAAAAAA
 1 TTTTTTTTTTTTTTTTTTTT
 1 KKKKKKKKKKKKKKKKKKKK`},
		{"80x24, the nodes", 80, 24, Parts{Strip: true, Scrubber: true}, List, List, false, `
 1 HHHHHHHHHHHHHHHHHHHH
19 LLLLLLLLLLLLIIIIIIII
 1 SSSSSSSSSSSSSSSSSSSS
 1 AAAAAAAAAAAAAAAAAAAA
 1 TTTTTTTTTTTTTTTTTTTT
 1 KKKKKKKKKKKKKKKKKKKK`},
		{"80x24, the past", 80, 24, Parts{Strip: true, Scrubber: true, Moment: true}, Inspector, Graph, false, `
 1 HHHHHHHHHHHHHHHHHHHH
19 GGGGGGGGGGGGIIIIIIII
 1 MMMMMMMMMMMMMMMMMMMM
 1 AAAAAAAAAAAAAAAAAAAA
 1 TTTTTTTTTTTTTTTTTTTT
 1 KKKKKKKKKKKKKKKKKKKK`},
		{"120x40: both", 120, 40, Parts{Strip: true, Scrubber: true}, Graph, Graph, false, `
 1 HHHHHHHHHHHHHHHHHHHHHHHHHHHHHH
23 GGGGGGGGGGGGGGGGGGGGIIIIIIIIII
11 LLLLLLLLLLLLLLLLLLLLIIIIIIIIII
 1 SSSSSSSSSSSSSSSSSSSSSSSSSSSSSS
 2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
 1 TTTTTTTTTTTTTTTTTTTTTTTTTTTTTT
 1 KKKKKKKKKKKKKKKKKKKKKKKKKKKKKK`},
		{"160x30", 160, 30, Parts{}, List, List, false, `
 1 HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH
27 LLLLLLLLLLLLLLLLLLLLLLLLLLLLIIIIIIIIIIII
 1 TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT
 1 KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK`},
		{"one at a time", 64, 20, Parts{Strip: true, Scrubber: true}, Inspector, Graph, false, `
 1 HHHHHHHHHHHHHHHH
16 IIIIIIIIIIIIIIII
 1 AAAAAAAAAAAAAAAA
 1 TTTTTTTTTTTTTTTT
 1 KKKKKKKKKKKKKKKK`},
		{"alone", 80, 24, Parts{}, List, Graph, true, `
 1 HHHHHHHHHHHHHHHHHHHH
21 LLLLLLLLLLLLLLLLLLLL
 1 TTTTTTTTTTTTTTTTTTTT
 1 KKKKKKKKKKKKKKKKKKKK`},
		{"too small", 56, 10, Parts{Strip: true}, List, List, false, `
 9 LLLLLLLLLLLLLL
 1 TTTTTTTTTTTTTT`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := Screen(tc.w, tc.h, tc.parts)
			m := MeshPane(f, tc.focus, tc.view, tc.alone)
			got := fold(drawing(tc.w, tc.h, map[string]Rect{
				"H": f.Header, "G": m.Graph, "L": m.List, "I": m.Inspector, "S": f.Strip, "M": f.Moment, "A": f.Scrubber,
				"T": f.Status, "K": f.Keys,
			}))
			if want := strings.TrimPrefix(tc.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestInviteForms(t *testing.T) {
	for _, tc := range []struct {
		name       string
		w, h       int
		codeW      int
		big        bool
		code, link Rect
	}{
		{"80x24", 80, 24, 41, false, Rect{39, 1, 41, 21}, Rect{0, 13, 38, 9}},
		{"without a code", 80, 24, 0, false, Rect{}, Rect{0, 13, 80, 9}},
		{"no room for the code", 80, 20, 41, false, Rect{}, Rect{0, 11, 80, 7}},
		{"120x40", 120, 40, 41, true, Rect{37, 4, 47, 27}, Rect{84, 4, 36, 27}},
		{"112x36", 112, 36, 41, true, Rect{33, 2, 47, 27}, Rect{80, 2, 32, 27}},
		{"wide and low", 120, 30, 41, false, Rect{79, 1, 41, 21}, Rect{0, 16, 78, 12}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := Screen(tc.w, tc.h, Parts{Strip: true})
			h := 21
			if tc.codeW == 0 {
				h = 0
			}
			got := InviteForms(f.Layer, f, tc.codeW, h)
			if got.Big != tc.big || got.Code != tc.code || got.Link != tc.link {
				t.Errorf("big %v, code %v, link %v", got.Big, got.Code, got.Link)
			}
		})
	}
}

// At every size everything lies on the screen and nothing on something else.
func TestNothingOverlaps(t *testing.T) {
	for w := 1; w <= 220; w += 3 {
		for h := 1; h <= 70; h++ {
			for _, p := range []Parts{{}, {Strip: true}, {Strip: true, Scrubber: true}, {Scrubber: true, Moment: true}} {
				f := Screen(w, h, p)
				m := MeshPane(f, List, Graph, false)
				rects := []Rect{f.Header, m.Graph, m.List, m.Inspector, f.Strip, f.Moment, f.Scrubber, f.Status, f.Keys}
				cells := 0
				for i, r := range rects {
					if r.Empty() {
						continue
					}
					if r.X < 0 || r.Y < 0 || r.X+r.W > w || r.Y+r.H > h {
						t.Fatalf("%dx%d %v: rectangle %d is %v", w, h, p, i, r)
					}
					for _, q := range rects[:i] {
						if !q.Empty() && r.X < q.X+q.W && q.X < r.X+r.W && r.Y < q.Y+q.H && q.Y < r.Y+r.H {
							t.Fatalf("%dx%d %v: %v lies on %v", w, h, p, r, q)
						}
					}
					cells += r.W * r.H
				}
				if cells != w*h {
					t.Fatalf("%dx%d %v: %d of %d cells are used", w, h, p, cells, w*h)
				}
			}
		}
	}
}

func TestListPane(t *testing.T) {
	for _, tc := range []struct {
		name   string
		w, h   int
		detail bool
		alone  bool
		want   string
	}{
		{"80x24", 80, 24, false, false, `
 1 ....................
15 LLLLLLLLLLLLLLLLLLLL
 6 DDDDDDDDDDDDDDDDDDDD
 2 ....................`},
		{"80x24, in the details", 80, 24, true, false, `
 1 ....................
15 LLLLLLLLLLLLLLLLLLLL
 6 DDDDDDDDDDDDDDDDDDDD
 2 ....................`},
		{"120x40", 120, 40, false, false, `
 1 ..............................
31 LLLLLLLLLLLLLLLLLLLLLLLLLLLLLL
 6 DDDDDDDDDDDDDDDDDDDDDDDDDDDDDD
 2 ..............................`},
		{"the list alone", 80, 24, false, true, `
 1 ....................
21 LLLLLLLLLLLLLLLLLLLL
 2 ....................`},
		{"the details alone", 80, 24, true, true, `
 1 ....................
21 DDDDDDDDDDDDDDDDDDDD
 2 ....................`},
		{"one at a time", 64, 20, false, false, `
 1 ................
17 LLLLLLLLLLLLLLLL
 2 ................`},
		{"one at a time, the details", 64, 20, true, false, `
 1 ................
17 DDDDDDDDDDDDDDDD
 2 ................`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := ListPane(Screen(tc.w, tc.h, Parts{}), tc.detail, tc.alone)
			got := fold(drawing(tc.w, tc.h, map[string]Rect{"L": p.List, "D": p.Detail}))
			if want := strings.TrimPrefix(tc.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	var ps Places
	ps.Add(2, 5, 1, 7)
	ps.Add(5, 6, 1, 8)
	for x, want := range map[int]int{2: 7, 4: 7, 5: 8} {
		if got, ok := ps.At(x, 1); !ok || got != want {
			t.Errorf("at %d is %d, %v, want %d", x, got, ok, want)
		}
	}
	for _, at := range [][2]int{{1, 1}, {6, 1}, {2, 0}, {2, 2}} {
		if got, ok := ps.At(at[0], at[1]); ok {
			t.Errorf("at %v is %d", at, got)
		}
	}
	if ps.Forget(); len(ps) != 0 {
		t.Error("places that are forgotten are there")
	}
}

func TestBox(t *testing.T) {
	for _, tc := range []struct {
		name string
		w, h int
		box  int
		rows int
		want string
	}{
		{"over the pane", 80, 24, 48, 9, `
 6 ....................
 9 ....BBBBBBBBBBBB....
 9 ....................`},
		{"too high for the pane", 80, 24, 48, 21, `
 1 ....................
21 ....BBBBBBBBBBBB....
 2 ....................`},
		{"too high for all", 80, 24, 48, 40, `
 1 ....................
22 ....BBBBBBBBBBBB....
 1 ....................`},
		{"wider than the screen", 60, 20, 90, 4, `
 7 ...............
 4 .BBBBBBBBBBBBBB
 9 ...............`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := Screen(tc.w, tc.h, Parts{Strip: true, Scrubber: true})
			r := Box(f, f.Over(tc.rows), tc.box, tc.rows)
			got := fold(drawing(tc.w, tc.h, map[string]Rect{"B": r}))
			if want := strings.TrimPrefix(tc.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if in := r.BoxText(); in.X != r.X+2 || in.Y != r.Y+1 || in.W != r.W-4 || in.H != r.H-2 {
				t.Errorf("in %v the text stands in %v", r, in)
			}
		})
	}
}

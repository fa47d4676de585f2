package boxes

import (
	"slices"
	"strings"
	"testing"

	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

// screen is what stands in a buffer, without blanks at the ends of rows.
func screen(b *cell.Buffer) string {
	var out strings.Builder
	for y := range b.H {
		var row strings.Builder
		for x := range b.W {
			row.WriteString(b.At(x, y).S)
		}
		out.WriteString("\n" + strings.TrimRight(row.String(), " "))
	}
	return out.String()
}

func TestDraw(t *testing.T) {
	b := cell.New(34, 6)
	b.Fill(0, 0, 34, 6, "x", theme.Style{})
	r := layout.Rect{X: 2, Y: 1, W: 30, H: 4}
	Draw(b, r, "Cap: a-node-with-a-long-name", privacy.PublicMesh)
	in := r.BoxText()
	Name(b, in.X, in.Y, "Label", true)
	if y := Paragraph(b, in, in.Y+1, []string{"One row, and", "one that has no room"}, theme.Style{}); y != in.Y+4 {
		t.Errorf("the next stands in row %d", y)
	}
	if y := Paragraph(b, in, in.Y, nil, theme.Style{}); y != in.Y {
		t.Errorf("after nothing comes row %d", y)
	}
	want := `
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
xx╭[Cap: a-node-with-─ PUBLIC ─╮xx
xx│ Label     ▸                │xx
xx│ One row, and               │xx
xx╰────────────────────────────╯xx
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`
	if got := screen(b); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	Plain(b, r, "Join a mesh")
	Name(b, in.X, in.Y, "Label", false)
	want = `
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
xx╭[Join a mesh]───────────────╮xx
xx│ Label                      │xx
xx│                            │xx
xx╰────────────────────────────╯xx
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`
	if got := screen(b); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
}

// Each letter is a row of that part: t is the title, j scrolls, b is a blank, c is a command of two rows.
func TestFit(t *testing.T) {
	const rows = "tjjjjjbccb"
	cuts := []Cut[byte]{Keep[byte]('j', 3), Keep[byte]('b', 0), Keep[byte]('j', 1), Keep[byte]('c', 0), Keep[byte]('j', 0)}
	for _, tc := range []struct {
		room, top int
		want      string
		rows      []int
		movedTo   int
	}{
		{12, 4, "tjjjjjbccb", nil, 0}, // all has room, and nothing scrolls
		{9, 4, "tjjjjbccb", nil, 1},
		{8, 1, "tjjjbccb", []int{0, 2, 3, 4, 6, 7, 8, 9}, 1},
		{7, 9, "tjjjbcc", []int{0, 3, 4, 5, 6, 7, 8}, 2}, // the last blank goes first
		{6, 0, "tjjjcc", nil, 0},
		{4, 0, "tjcc", nil, 0},
		{3, 2, "tj", []int{0, 3}, 2}, // half a command is none
		{1, 0, "t", nil, 0},
		{-1, 0, "t", nil, 0},
	} {
		top := tc.top
		stay, seen, all := Fit([]byte(rows), tc.room, cuts, 'c', 'j', &top)
		got := ""
		for _, i := range stay {
			got += rows[i : i+1]
		}
		if got != tc.want || top != tc.movedTo || seen != strings.Count(got, "j") || all != 5 {
			t.Errorf("room for %d: %q from %d on, %d of %d; want %q from %d on", tc.room, got, top, seen, all, tc.want, tc.movedTo)
		}
		if tc.rows != nil && !slices.Equal(stay, tc.rows) {
			t.Errorf("room for %d: the rows %v, want %v", tc.room, stay, tc.rows)
		}
	}
}

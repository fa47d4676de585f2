package columns

import (
	"strings"
	"testing"

	"voxmesh/tui/cell"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

type column int

var heads = []Head[column]{
	{Column: 0, Name: "NAME", Width: 6, Gap: 1}, {Column: 1, Name: "SIZE", Width: 4, Gap: 2, Right: true}, {Column: 3, Name: "AGE", Width: 4, Gap: 1, Right: true},
}

// row is what stands in a row of a buffer, without blanks at its end.
func row(b *cell.Buffer, y int) string {
	var out strings.Builder
	for x := range b.W {
		out.WriteString(b.At(x, y).S)
	}
	return strings.TrimRight(out.String(), " ")
}

func TestHeads(t *testing.T) {
	var o Order[column]
	for _, tc := range []struct {
		click int // column of the screen, −1 for none
		want  string
	}{
		{-1, "  NAME▴   SIZE  AGE"},
		{2, "  NAME▾   SIZE  AGE"},
		{1, "  NAME▴   SIZE  AGE"},  // the blank before a head is its own
		{11, "  NAME   SIZE▾  AGE"}, // the most first; the sign takes of the gap before
		{8, "  NAME   SIZE▴  AGE"},
		{17, "  NAME    SIZE AGE▾"},
	} {
		b := cell.New(24, 1)
		o.Draw(b, 1, 0, heads)
		if tc.click >= 0 {
			c, ok := o.At(tc.click, 0)
			if !ok {
				t.Fatalf("no head at %d", tc.click)
			}
			o.Choose(c, c != 0)
			b.Clear()
			o.Draw(b, 1, 0, heads)
		}
		if got := row(b, 0); got != tc.want {
			t.Errorf("after a click at %d: %q, want %q", tc.click, got, tc.want)
		}
	}
	if _, ok := o.At(19, 0); ok {
		t.Error("there is a head after the last")
	}
	if _, ok := o.At(3, 1); ok {
		t.Error("there is a head under the heads")
	}
}

func TestNext(t *testing.T) {
	o := Order[column]{By: 0}
	if got := o.Next(2); got != 2 {
		t.Errorf("before anything was drawn the next is %d", got)
	}
	o.Draw(cell.New(24, 1), 0, 0, heads)
	for _, want := range []column{1, 3, 0} {
		if o.Choose(o.Next(2), false); o.By != want {
			t.Errorf("the next is %d, want %d", o.By, want)
		}
	}
	if o.Choose(0, false); !o.Down {
		t.Error("the same once more does not turn the order")
	}
	if o.Forget(); o.Next(2) != 2 {
		t.Error("heads that are forgotten are gone through")
	}
}

func TestShape(t *testing.T) {
	b := cell.New(24, 4)
	Shape(b, 1, 1, 2, heads)
	if row(b, 0) != "" || row(b, 3) != "" {
		t.Error("other rows than those two are drawn")
	}
	for y := 1; y < 3; y++ {
		for x := range b.W {
			in := x >= 2 && x < 8 || x >= 10 && x < 14 || x >= 15 && x < 19
			if first := x == 2 || x == 10 || x == 15; first && b.At(x, y).S != "─" || !in && b.At(x, y).S != " " {
				t.Errorf("row %d is %q", y, row(b, y))
				break
			}
		}
	}
}

func TestViews(t *testing.T) {
	var v Views[column]
	b := cell.New(26, 1)
	r := layout.Rect{X: 1, W: 25, H: 5}
	for _, tc := range []struct {
		shown   column
		focused bool
		want    string
	}{
		{0, true, "  [All] Running  Failed"},
		{2, true, "   All  Running [Failed]"},
		{1, false, "   All  Running  Failed"},
	} {
		b.Clear()
		if end := v.Draw(b, r, []string{"All", "Running", "Failed"}, tc.shown, tc.focused, theme.Style{}); end != 24 {
			t.Errorf("the names end before %d", end)
		}
		if got := row(b, 0); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
	for x, want := range map[int]column{2: 0, 6: 0, 7: 1, 15: 1, 16: 2, 23: 2} {
		if got, ok := v.At(x, 0); !ok || got != want {
			t.Errorf("at %d is view %d, %v, want %d", x, got, ok, want)
		}
	}
	if _, ok := v.At(1, 0); ok {
		t.Error("the corner is a view")
	}
	b.Clear()
	if v.Draw(b, layout.Rect{X: 1, W: 12, H: 5}, []string{"All", "Running"}, 1, true, theme.Style{}); row(b, 0) != "   All [Runn" {
		t.Errorf("names that don't fit are %q", row(b, 0))
	}
}

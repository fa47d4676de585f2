package empty

import (
	"slices"
	"strings"
	"testing"

	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

func row(b *cell.Buffer, y int) string {
	var out strings.Builder
	for x := range b.W {
		out.WriteString(b.At(x, y).S)
	}
	return strings.TrimRight(out.String(), " ")
}

func TestChoice(t *testing.T) {
	var c Choice
	in := layout.Rect{X: 2, Y: 1, W: 30, H: 4}
	b := cell.New(36, 6)
	c.Draw(b, in, 2, "Send it", "See a demo", false)
	if got := row(b, 2); got != "    [Send it]     See a demo" {
		t.Errorf("got %q", got)
	}
	for _, k := range Keys() {
		if was := c.At; !c.Move(k.ID) || c.At == was {
			t.Errorf("%s does not go to the other button", k.ID)
		}
	}
	if c.Move(keys.Open) {
		t.Error("enter goes to the other button")
	}
	c.At = 1
	b.Clear()
	c.Draw(b, in, 2, "Send it", "See a demo", true)
	if got := row(b, 2); got != "     Send it     [See a demo]" {
		t.Errorf("got %q", got)
	}
	if got := b.At(6, 2).Style; got != theme.In(theme.Third) {
		t.Errorf("a button that can't be used is drawn with %v", got)
	}
	for x, want := range map[int]int{4: 0, 12: 0, 17: 1, 28: 1} {
		if got, ok := c.Clicked(x, 2); !ok || got != want {
			t.Errorf("at %d is button %d, %v, want %d", x, got, ok, want)
		}
	}
	for _, at := range [][2]int{{3, 2}, {13, 2}, {16, 2}, {29, 2}, {5, 1}} {
		if i, ok := c.Clicked(at[0], at[1]); ok {
			t.Errorf("at %v is button %d", at, i)
		}
	}
	b.Clear()
	c.Draw(b, in, 5, "Send it", "See a demo", false)
	if _, ok := c.Clicked(5, 5); ok || row(b, 5) != "" {
		t.Error("buttons under the rectangle are drawn")
	}
}

func TestCentre(t *testing.T) {
	in := layout.Rect{X: 2, Y: 1, W: 9, H: 2}
	b := cell.New(14, 5)
	for y := range 5 {
		Centre(b, in, y, "now", theme.Style{})
	}
	var got []string
	for y := range 5 {
		got = append(got, row(b, y))
	}
	if want := []string{"", "     now", "     now", "", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b.Clear()
	Centre(b, in, 1, "more than there is room for", theme.Style{})
	if got := row(b, 1); got != "  more than" {
		t.Errorf("got %q", got)
	}
}

// Package empty is what a pane with nothing to show has in common with the others: a sentence in the middle that says
// why, and two buttons that do something about it, the second of them a demo.
//
// A Choice is which of the buttons has the focus and where they were drawn; what they do is the pane's.
package empty

import (
	"github.com/charmbracelet/x/ansi"

	"voxmesh/tui/cell"
	"voxmesh/tui/keys"
	"voxmesh/tui/layout"
	"voxmesh/tui/theme"
)

const (
	buttons = 2
	between = 4 // blanks
)

// Choice is the two buttons: the first has the focus at first.
type Choice struct {
	At int // the one with the focus

	places layout.Places
}

// Keys are those that go from one button to the other.
func Keys() []keys.Binding {
	return []keys.Binding{
		keys.Get(keys.Left).As("", "the other one"), keys.Get(keys.Right).As("", "the other one"),
		keys.Get(keys.Next).As("next", "the other one"), keys.Get(keys.Previous).As("", "the other one"),
	}
}

// Move takes a key, and reports whether it is one of Keys.
func (c *Choice) Move(id keys.ID) bool {
	switch id {
	case keys.Left, keys.Right, keys.Next, keys.Previous:
		c.At = (c.At + 1) % buttons
		return true
	}
	return false
}

// Clicked gives the button that a click is on.
func (c *Choice) Clicked(x, y int) (button int, ok bool) { return c.places.At(x, y) }

// Forget makes the buttons unclickable: they are not drawn.
func (c *Choice) Forget() { c.places.Forget() }

// Draw draws the buttons side by side into the middle of row y. off says that the first can't be used now.
func (c *Choice) Draw(b *cell.Buffer, in layout.Rect, y int, first, second string, off bool) {
	c.Forget()
	if y >= in.Y+in.H {
		return
	}
	x := in.X + max((in.W-ansi.StringWidth(first)-ansi.StringWidth(second)-2*buttons-between)/2, 0)
	for i, name := range []string{first, second} {
		text, st := " "+name+" ", theme.In(theme.Second)
		if i == c.At {
			text, st = "["+name+"]", theme.In(theme.Primary).With(theme.Bold)
		}
		if i == 0 && off {
			st = theme.In(theme.Third)
		}
		to := b.Put(x, y, in.X+in.W-x, text, st)
		c.places.Add(x, to, y, i)
		x = to + between
	}
}

// Centre writes a sentence into the middle of row y; a row that is not in the rectangle takes none.
func Centre(b *cell.Buffer, in layout.Rect, y int, s string, st theme.Style) {
	if y < in.Y || y >= in.Y+in.H {
		return
	}
	x := in.X + max((in.W-ansi.StringWidth(s))/2, 0)
	b.Put(x, y, in.X+in.W-x, s, st)
}

package layout

// Over gives what a box of some rows, its border among them, lies over: the pane, or where that has too few rows all that
// a layer may use.
func (f Frame) Over(rows int) Rect {
	if rows > f.Pane.H {
		return f.Layer
	}
	return f.Pane
}

// Box puts a box of some rows, its border among them, into the middle of over. It is as wide as w where the frame has
// the width, and no higher than over.
func Box(f Frame, over Rect, w, rows int) Rect {
	w, rows = min(w, f.Width-4), min(rows, over.H)
	return Rect{(f.Width - w) / 2, over.Y + (over.H-rows)/2, w, rows}
}

// BoxText is where the text of a box stands: within its border, and a blank at both sides.
func (r Rect) BoxText() Rect { return Rect{r.X + 2, r.Y + 1, r.W - 4, r.H - 2} }

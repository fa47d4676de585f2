package layout

// HopperColumns are the columns of the Hopper pane: inbox, assigned, history.
const HopperColumns = 3

// Hopper arranges the Hopper pane: where it is wide its columns side by side over the details, else one list.
type Hopper struct {
	Wide    bool
	Columns [HopperColumns]Rect // of a wide one; else those that are not shown are empty
	Detail  Rect
}

// The parts of a wide pane: columns of 42, 40 and 38 of 120, and three rows of eight for the details.
const (
	inboxShare    = 35 // percent
	detailShare   = 3
	detailOf      = 8
	mostDetail    = 24
	leastHistory  = 30
	twoDigits     = 2 // of a place in the inbox, for which there is room
	leastWideRows = 16
)

// HopperPane arranges it in the frame. shown is the column that has the focus, or is shown where there is room for one;
// detail and alone are those of ListPane. digits is how many the last place of the inbox has: from three on the inbox
// takes a column more for each, which the history gives.
func HopperPane(f Frame, shown int, detail, alone bool, digits int) Hopper {
	if f.Width < Wide || f.OneUp || alone || f.Pane.H < leastWideRows {
		l := ListPane(f, detail, alone)
		h := Hopper{Detail: l.Detail}
		h.Columns[max(min(shown, HopperColumns-1), 0)] = l.List
		return h
	}
	p := f.Pane
	rows := min(p.H*detailShare/detailOf, mostDetail)
	h := Hopper{Wide: true, Detail: Rect{p.X, p.Y + p.H - rows, p.W, rows}}
	in := p.W * inboxShare / 100
	mid := p.W / HopperColumns
	more := max(min(digits-twoDigits, p.W-in-mid-leastHistory), 0)
	for i, w := range [HopperColumns]int{in + more, mid, p.W - in - mid - more} {
		x := p.X
		if i > 0 {
			x = h.Columns[i-1].X + h.Columns[i-1].W
		}
		h.Columns[i] = Rect{x, p.Y, w, p.H - rows}
	}
	return h
}

package layout

// Place is something on the screen that can be clicked, and what it means.
type Place struct {
	Rect
	What int
}

// Places are the things of one kind that can be clicked. They do not overlap.
type Places []Place

// Forget empties ps: before things are drawn anew.
func (ps *Places) Forget() { *ps = (*ps)[:0] }

// Add takes a thing that was drawn in row y, from column x to the one before end.
func (ps *Places) Add(x, end, y, what int) { *ps = append(*ps, Place{Rect{x, y, end - x, 1}, what}) }

// At gives what a click means.
func (ps Places) At(x, y int) (what int, ok bool) {
	for _, p := range ps {
		if p.Has(x, y) {
			return p.What, true
		}
	}
	return 0, false
}

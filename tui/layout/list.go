package layout

// ListDetail is a pane with a list over the details of the row that is selected. The one that is not shown is empty.
type ListDetail struct{ List, Detail Rect }

// detailRows is the height of the details with their border.
const detailRows = 6

// ListPane arranges such a pane in the frame. detail says that the details have the focus, and alone that what has it
// is to be shown alone.
func ListPane(f Frame, detail, alone bool) ListDetail {
	r := f.Pane
	switch {
	case (f.OneUp || alone) && detail:
		return ListDetail{Detail: r}
	case f.OneUp || alone:
		return ListDetail{List: r}
	}
	h := r.H - detailRows
	return ListDetail{
		List:   Rect{r.X, r.Y, r.W, h},
		Detail: Rect{r.X, r.Y + h, r.W, detailRows},
	}
}

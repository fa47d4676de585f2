package debugger

// window is which part of the run's time is shown. The zero value shows all of it.
type window struct {
	size int64 // microseconds; 0: all
	from int64 // its left edge
	held bool  // it stays where it is; else it ends where the run does
}

// The least that a window shows, and by which part of it ← and → move it.
const (
	sizeLeast = 10_000
	panShare  = 8
)

// full is the whole of the run's time.
type full struct{ from, to int64 }

// see gives the edges of the window.
func (w *window) see(f full) (from, to int64) {
	size := f.to - f.from
	if w.size <= 0 || w.size >= size {
		return f.from, f.to
	}
	from = f.to - w.size
	if w.held {
		from = max(min(w.from, from), f.from)
	}
	return from, from + w.size
}

// zoom makes the window half or twice as long, so that a moment stays at its place.
func (w *window) zoom(f full, in bool, at int64) {
	from, to := w.see(f)
	size := (to - from) * 2
	if in {
		size = max((to-from)/2, sizeLeast)
	}
	if size >= f.to-f.from {
		*w = window{}
		return
	}
	at = max(min(at, to), from)
	share := float64(at-from) / float64(max(to-from, 1))
	w.size = size
	w.pan(f, at-int64(share*float64(size)))
}

// pan moves the left edge. At the end of the run the window stays with that.
func (w *window) pan(f full, from int64) {
	if w.size <= 0 || w.size >= f.to-f.from {
		return
	}
	w.from = max(min(from, f.to-w.size), f.from)
	w.held = w.from+w.size < f.to
}

// by moves it by a part of itself.
func (w *window) by(f full, share float64) {
	from, to := w.see(f)
	w.pan(f, from+int64(share*float64(to-from)))
}

// reveal moves the window to a shape that is not in it.
func (w *window) reveal(f full, s shape, now int64) {
	from, to := w.see(f)
	end := s.to
	if end == 0 {
		end = now
	}
	if s.from == 0 || end >= from && s.from <= to {
		return
	}
	w.pan(f, s.from-w.size/panShare)
}

// times is how many windows the run has.
func (w *window) times(f full) int64 {
	from, to := w.see(f)
	return max((f.to-f.from+(to-from)/2)/max(to-from, 1), 1)
}

// full is the whole time of the run: to its end, or to the moment that is shown.
func (l *Layer) full() full {
	if l.tree == nil {
		return full{}
	}
	root := &l.tree.spans[0]
	to := root.shape.to
	if to == 0 {
		to = max(l.now, l.tree.last)
	}
	return full{l.tree.first, max(to, l.tree.last)}
}

// axisOf is what an axis was made of.
type axisOf struct {
	tree     *tree
	from, to int64
	w        int
}

// ruled gives the axis of the window in w columns. It is made anew only when one of these is another.
func (l *Layer) ruled(w int) *axis {
	from, to := l.win.see(l.full())
	of := axisOf{l.tree, from, to, w}
	if of != l.of {
		open := int64(0)
		if l.tree.spans[0].shape.to == 0 {
			open = l.tree.last
		}
		l.axis, l.of = newAxis(l.tree.gaps, open, from, to, w), of
	}
	return &l.axis
}

package scrub

import (
	"math/bits"
	"time"
)

// length is one of the lengths that the window can have.
type length struct {
	d    time.Duration // 0: the whole log
	name string
}

// lengths are the steps of + and -, the shortest first.
func lengths() []length {
	const day = 24 * time.Hour
	return []length{
		{time.Minute, "1 m"},
		{5 * time.Minute, "5 m"},
		{15 * time.Minute, "15 m"},
		{time.Hour, "1 h"},
		{6 * time.Hour, "6 h"},
		{day, "24 h"},
		{7 * day, "7 d"},
		{30 * day, "30 d"},
		{0, "all"},
	}
}

const (
	hour  = 3 // where a console begins
	whole = 8 // the whole log
)

// window is a stretch of time in columns. The columns lie on a grid that begins with 1970, so that a window that slides
// moves by whole columns and what is counted in one stays as it is. Times are unix microseconds.
type window struct {
	first int64 // the number of the first column, counted from 1970
	col   int64 // the length of a column, above 0
	n     int   // how many there are, above 0
	begin int64 // what stands at the left and at the right: no more than a column from the borders
	end   int64
	d     time.Duration // the length that was asked for
	open  bool          // the last column held the present when the window was placed: it is live
}

// from is the first microsecond of the window, to the first one after it.
func (w window) from() int64 { return w.first * w.col }
func (w window) to() int64   { return (w.first + int64(w.n)) * w.col }

// column is the column in which a time lies: below 0 or from n on where that is none of the window's.
func (w window) column(t int64) int {
	c := t/w.col - w.first
	if t < 0 {
		c--
	}
	return int(max(min(c, int64(w.n)), -1))
}

// last is the last microsecond of a column: everything that stands up to it has happened then.
func (w window) last(c int) int64 { return (w.first+int64(c)+1)*w.col - 1 }

// columnLength cuts a length into n columns. That of the whole log grows all the time: it is made longer by up to a
// sixteenth, so that the grid stays the same for a while.
func columnLength(d time.Duration, n int, grows bool) int64 {
	col := max((d.Microseconds()+int64(n)-1)/int64(n), 1)
	if grows {
		if b := bits.Len64(uint64(col)); b > 5 {
			step := int64(1) << (b - 5)
			col = (col + step - 1) / step * step
		}
	}
	return col
}

// live is the window of n columns that ends now. began is when the log begins, 0 where that is not known.
func live(now int64, size, n int, began int64) window {
	d := lengths()[size].d
	all := d == 0
	if all {
		d = 30 * 24 * time.Hour
		if began > 0 && began <= now {
			d = max(time.Duration(now-began)*time.Microsecond, time.Minute)
		}
	}
	w := window{n: max(n, 1), end: now, d: d, open: true}
	w.col = columnLength(d, w.n, all)
	w.first = now/w.col - int64(w.n) + 1
	w.begin = now - d.Microseconds()
	if all {
		w.begin = w.from()
	}
	return w
}

// around is the window of the same lengths with a time in column c, or further right where it would hold what is not
// yet: then it is live's.
func around(now int64, size, n int, began, t int64, c int) window {
	w := live(now, size, n, began)
	first := max(t/w.col-int64(c), 0)
	if first >= w.first {
		return w
	}
	w.first, w.open = first, false
	w.begin, w.end = w.from(), w.to()
	return w
}

// labels is how the ends of a window are written, and how wide that is.
func (w window) labels() (layout string, width int) {
	const day = 24 * time.Hour
	switch {
	case w.d < 15*time.Minute:
		return "15:04:05", 8
	case w.d <= day:
		return "15:04", 5
	case w.d < 300*day:
		return "2 Jan", 6
	}
	return "2 Jan 2006", 11
}

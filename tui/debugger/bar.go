package debugger

// mark is what stands in one column of a lane.
type mark uint8

const (
	blank   mark = iota
	waits        // in a queue
	leased       // lease and dispatch
	runs         // at work
	through      // a fold, at work all the time
	line         // of the run
	breaks       // the edge of a fold
	goesOn
	done
	failed
	killed
)

// shape is what of a span is drawn. Times are unix microseconds; what did not come yet is 0.
type shape struct {
	from   int64 // it was there, and waited
	leased int64 // a node had it
	ran    int64 // it was at work
	to     int64 // it ended; of what goes on now
	end    mark  // goesOn, done, failed, killed, or blank where another sign says it
	line   bool  // it is drawn as a line: the run
}

// draw writes a shape into the columns of an axis, which are as many as out has. A shape that is in the window has at
// least one sign.
func (s shape) draw(a *axis, out []mark) {
	clear(out)
	if s.from > 0 && a.has(s.from, s.to) {
		s.fill(a, out)
	}
	for _, p := range a.parts {
		if !p.fold {
			continue
		}
		for x := p.x; x < p.x+p.n; x++ {
			if out[x] == runs {
				out[x] = through
			}
		}
		out[p.x], out[p.x+p.n-1] = breaks, breaks
	}
	if s.from > 0 && s.end != blank && s.to >= a.from && s.to <= a.to {
		out[a.column(s.to)] = s.end
	}
}

// fill writes the stages of a shape, each from the column in which it began up to the next.
func (s shape) fill(a *axis, out []mark) {
	begin := func(t int64) int {
		if t == 0 || t > a.to {
			return a.w
		}
		return a.column(t)
	}
	first, last := a.column(s.from), a.w
	if s.to <= a.to {
		last = max(a.column(s.to), first+1)
	}
	lease, run := begin(s.leased), begin(s.ran)
	for x := first; x < last; x++ {
		switch {
		case s.line:
			out[x] = line
		case x >= run:
			out[x] = runs
		case x >= lease:
			out[x] = leased
		default:
			out[x] = waits
		}
	}
}

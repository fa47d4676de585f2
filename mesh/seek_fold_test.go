package mesh_test

import (
	"runtime"
	"time"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// kindCost is what the reducer takes for the ops of one kind.
type kindCost struct {
	n    int
	took time.Duration
}

// foldOps is how many ops the reducer is measured on.
const foldOps = 100_000

// folds measures the reducer, on ops from the middle of the log: all together, and by kind.
func (r *seekResult) folds(log *oplog.Log[*mesh.State]) error {
	p := mesh.Projection{}
	n := min(foldOps, r.recipe.Ops/3)
	in, err := log.AtSeq(r.recipe.Ops / 2)
	if err != nil {
		return err
	}
	start := p.Clone(in.State)
	ops, err := log.Since(in.Seq, int(n))
	if err != nil {
		return err
	}
	best := time.Duration(1 << 62)
	for range 3 {
		s := p.Clone(start)
		runtime.GC()
		begun := time.Now()
		for _, op := range ops {
			s = p.Apply(s, op)
		}
		best = min(best, time.Since(begun))
	}
	r.foldOp = best / time.Duration(len(ops))
	r.rest -= r.foldOp
	r.fold = map[string]*kindCost{}
	clock := clockCost()
	s := p.Clone(start)
	runtime.GC()
	for _, op := range ops {
		c := r.fold[op.Kind]
		if c == nil {
			c = &kindCost{}
			r.fold[op.Kind] = c
		}
		begun := time.Now()
		s = p.Apply(s, op)
		c.took += time.Since(begun) - clock
		c.n++
	}
	return nil
}

// clockCost is what one measurement of nothing takes.
func clockCost() time.Duration {
	const n = 100_000
	var sum time.Duration
	for range n {
		begun := time.Now()
		sum += time.Since(begun)
	}
	return sum / n
}

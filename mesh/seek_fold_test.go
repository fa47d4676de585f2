package mesh_test

import (
	"runtime"
	"time"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

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
	var all times
	for range 3 {
		s := p.Clone(start)
		runtime.GC()
		cpu, begun := cpuTime(), time.Now()
		for _, op := range ops {
			s = p.Apply(s, op)
		}
		took := time.Since(begun)
		if cpu := cpuTime() - cpu; cpu > 0 {
			took = cpu // the machine may do something else meanwhile
		}
		all = append(all, took/time.Duration(len(ops)))
	}
	r.foldOp = all.at(0)
	r.rest = max(r.rest-r.foldOp, 0)
	r.fold = map[string]times{}
	clock := clockCost()
	s := p.Clone(start)
	runtime.GC()
	for _, op := range ops {
		begun := time.Now()
		s = p.Apply(s, op)
		r.fold[op.Kind] = append(r.fold[op.Kind], max(time.Since(begun)-clock, 0))
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

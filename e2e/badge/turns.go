package badge

import (
	"golang.org/x/tools/go/ssa"
)

// choosers gives the parameters by which a function finds a thing: a number, an id, or something that has one.
func (f *flow) choosers(v ssa.Value, fn *ssa.Function) []*ssa.Parameter {
	ps, ok := f.chosen[v]
	if !ok {
		for _, p := range fn.Params {
			if f.kinds.of(p.Type()) == nil && f.kinds.within(p.Type()) == nil && !isBuffer(p.Type()) && madeOf(v, p, map[ssa.Value]bool{}) {
				ps = append(ps, p)
			}
		}
		f.chosen[v] = ps
	}
	return ps
}

// madeOf reports whether a value is made of another one, or found by it.
func madeOf(v, of ssa.Value, seen map[ssa.Value]bool) bool {
	if v == of {
		return true
	}
	i, ok := v.(ssa.Instruction)
	if !ok || seen[v] {
		return false
	}
	seen[v] = true
	if a, ok := v.(*ssa.Alloc); ok {
		for _, r := range *a.Referrers() {
			if s, ok := r.(*ssa.Store); ok && s.Addr == a && madeOf(s.Val, of, seen) {
				return true
			}
		}
		return false
	}
	for _, op := range i.Operands(nil) {
		if *op != nil && madeOf(*op, of, seen) {
			return true
		}
	}
	return false
}

// turned gives the marks of a thing that is found by an argument: those of the loops in which that is another one in
// each round, and those of the caller's parameters that it is made of.
func (f *flow) turned(arg ssa.Value, b *ssa.BasicBlock, m mark) marks {
	out := marks{}
	thing := mark{in: m.in, as: m.as, at: m.at, kind: m.kind}
	for _, l := range f.loops.at(b) {
		if f.loops.varies(arg, l) {
			thing.loop = l
			out.add(thing)
		}
	}
	thing.loop, thing.by = nil, true
	for _, p := range f.choosers(arg, b.Parent()) {
		thing.param = p
		out.add(thing)
	}
	return out
}

// turn notes whether a parameter gets another value in each round of a loop, here or further out.
func (f *flow) turn(arg ssa.Value, b *ssa.BasicBlock, p *ssa.Parameter) {
	if f.turns[p] {
		return
	}
	for m := range f.turned(arg, b, mark{}) {
		if m.loop != nil || f.turns[m.param] {
			f.turns[p] = true
			f.changed = true
			return
		}
	}
}

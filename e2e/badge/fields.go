package badge

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// field gives the marks of a field of x: those of x, and those of the field wherever it was set.
func (f *flow) field(x ssa.Value, n int, b *ssa.BasicBlock) marks {
	v := f.fieldOf(x, n)
	thing := f.kinds.of(x.Type()) != nil
	if isPlain(v.Type()) && !thing {
		return nil
	}
	out := marks{}
	for m := range f.marked(x, b) {
		if m, ok := f.meant(mark{from: v}, m); ok {
			out.add(m)
		}
	}
	if !thing || collects(v.Type()) {
		f.resolve(f.fields[v], out, map[mark]bool{})
	}
	return out
}

// fieldOf gives a field of a struct, or of that to which x points.
func (f *flow) fieldOf(x ssa.Value, n int) *types.Var {
	s := structOf(x.Type())
	v := s.Field(n)
	f.owner[v] = s
	return v
}

// resolve puts what a parameter was given in the place of the parameter.
func (f *flow) resolve(s, out marks, seen map[mark]bool) {
	for m := range s {
		if m.param == nil {
			out.add(m)
			continue
		}
		if seen[m] {
			continue
		}
		seen[m] = true
		if m.by {
			if f.turns[m.param] {
				out.add(mark{many: true, in: m.in, as: m.as, at: m.at, kind: m.kind})
			}
			continue
		}
		given := marks{}
		for a := range f.given[m.param] {
			if a, ok := f.meant(m, a); ok {
				given.add(a)
			}
		}
		f.resolve(given, out, seen)
	}
}

// meant gives what m, a mark of a parameter, means where a is one of what the parameter gets; false: nothing of it.
func (f *flow) meant(m, a mark) (mark, bool) {
	if m.one {
		if a.many && !a.text {
			return a, false
		}
		a.one = a.param != nil
	}
	switch {
	case m.from == nil:
	case a.in == m.from:
		a.in = nil
	case a.in == nil:
		a.as = nil
		if a.param != nil && a.from == nil && !a.by {
			a.from = m.from
		}
	case f.owner[a.in] != nil && f.owner[a.in] == f.owner[m.from]:
		return a, false // it lies in another field
	default:
		a.in, a.as = nil, nil
	}
	if m.in != nil {
		if a.in != nil {
			a.as = nil
		}
		a.in = m.in
	}
	if m.as != nil {
		a.as = m.as
	}
	return a, true
}

package badge

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// update is what a map gets. A number under a key counts something, so the key is none of a thing.
func (f *flow) update(i *ssa.MapUpdate) {
	b := i.Block()
	s := marks{}
	if !isPlain(i.Value.Type()) {
		s.join(f.marked(i.Value, b)).join(f.marked(i.Key, b))
	}
	f.store(i.Map, s.gathered(i.Pos(), false), i.Pos(), nil)
}

// store puts marks into what an address leads to.
func (f *flow) store(addr ssa.Value, s marks, at token.Pos, seen map[ssa.Value]bool) {
	if len(s) == 0 || seen[addr] {
		return
	}
	switch a := addr.(type) {
	case *ssa.Alloc, *ssa.Global, *ssa.MakeSlice, *ssa.MakeMap:
		if f.kinds.within(addr.Type()) == nil {
			f.news(grow(f.mem, addr, s))
		}
	case *ssa.FreeVar:
		if to := f.loops.binding(a); to != nil {
			f.store(to, s, at, seen)
		}
	case *ssa.FieldAddr:
		v := f.fieldOf(a.X, a.Field)
		if f.kinds.within(v.Type()) == nil {
			f.news(grow(f.fields, v, s.lasting(v.Type())))
		}
		if local(a.X) {
			f.store(a.X, s.passing().put(v), at, seen)
		}
	case *ssa.IndexAddr:
		if _, fixed := a.Index.(*ssa.Const); !fixed {
			s = s.gathered(at, false)
		}
		f.store(a.X, s, at, seen)
	case *ssa.Phi:
		if seen == nil {
			seen = map[ssa.Value]bool{}
		}
		seen[a] = true
		for _, e := range a.Edges {
			f.store(e, s, at, seen)
		}
	case *ssa.Parameter:
		f.news(grow(f.filled, a, s))
	case *ssa.UnOp:
		f.store(a.X, s, at, seen)
	case *ssa.Slice:
		f.store(a.X, s, at, seen)
	case *ssa.ChangeType:
		f.store(a.X, s, at, seen)
	case *ssa.MakeInterface:
		f.store(a.X, s, at, seen)
	case *ssa.Call, *ssa.Extract:
		f.set(addr, addr.(ssa.Instruction).Block(), s)
	}
}

// local reports whether a struct is a variable of the function, or an element of a collection that has marks itself.
func local(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Alloc, *ssa.IndexAddr, *ssa.FreeVar:
		return true
	case *ssa.FieldAddr:
		return local(v.X)
	}
	return false
}

func structOf(t types.Type) *types.Struct {
	return types.Unalias(pointee(t)).Underlying().(*types.Struct)
}

package badge

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// asks reports whether a method only looks at what it is given: by its name, Matches, and by what it gives, yes or no.
// A console's part that has such a method is held to it by changers.
func asks(fn *ssa.Function) bool {
	r := fn.Signature.Results()
	return fn.Name() == "Matches" && fn.Signature.Recv() != nil && r.Len() == 1 && isBasic(r.At(0).Type(), types.IsBoolean)
}

// changers finds the methods that should only ask and change their receiver.
func (f *flow) changers() []finding {
	var found []finding
	for _, fn := range f.fns {
		if asks(fn) && len(fn.Params) > 0 && f.changes(fn.Params[0], map[*ssa.Parameter]bool{}) {
			found = append(found, finding{fn.Pos(), fn.String(), fn.Name() + " keeps something: the check of rows takes a method of that name for one that only looks"})
		}
	}
	return found
}

// changes reports whether a function stores something in what one of its parameters leads to, or lets another do so.
func (f *flow) changes(p *ssa.Parameter, seen map[*ssa.Parameter]bool) bool {
	if seen[p] {
		return false
	}
	seen[p] = true
	for _, b := range p.Parent().Blocks {
		for _, i := range b.Instrs {
			switch i := i.(type) {
			case *ssa.Store:
				if leads(i.Addr, p) {
					return true
				}
			case *ssa.MapUpdate:
				if leads(i.Map, p) {
					return true
				}
			case ssa.CallInstruction:
				if f.letsChange(i.Common(), p, seen) {
					return true
				}
			}
		}
	}
	return false
}

func (f *flow) letsChange(c *ssa.CallCommon, p *ssa.Parameter, seen map[*ssa.Parameter]bool) bool {
	for _, t := range f.targets(c) {
		for n, a := range t.args {
			if a != nil && n < len(t.fn.Params) && leads(a, p) && f.changes(t.fn.Params[n], seen) {
				return true
			}
		}
	}
	k := keeps(c)
	return len(f.targets(c)) == 0 && k != nil && leads(k, p)
}

// leads reports whether an address, a slice or a map is a part of what a parameter leads to.
func leads(v ssa.Value, p *ssa.Parameter) bool {
	switch v := v.(type) {
	case *ssa.Parameter:
		return v == p
	case *ssa.FieldAddr:
		return leads(v.X, p)
	case *ssa.IndexAddr:
		return leads(v.X, p)
	case *ssa.Slice:
		return leads(v.X, p)
	case *ssa.UnOp:
		switch v.Type().Underlying().(type) {
		case *types.Pointer, *types.Slice, *types.Map:
			return leads(v.X, p)
		}
	}
	return false
}

package badge

import (
	"go/token"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// loop is a loop of a function: its blocks, or, where the function itself is the body that an iterator or another
// function calls again and again, all of it.
type loop struct {
	fn     *ssa.Function
	header *ssa.BasicBlock // nil: the whole function
	blocks map[*ssa.BasicBlock]bool
}

// loops gives the loops of the functions of a package.
type loops struct {
	of    map[*ssa.Function][]*loop
	whole map[*ssa.Function]*loop
	sites map[*ssa.Function]*ssa.MakeClosure // where a closure is made
	memo  map[variance]bool
}

type variance struct {
	v ssa.Value
	l *loop
}

func newLoops(fns []*ssa.Function) *loops {
	ls := &loops{map[*ssa.Function][]*loop{}, map[*ssa.Function]*loop{}, map[*ssa.Function]*ssa.MakeClosure{}, map[variance]bool{}}
	for _, fn := range fns {
		ls.of[fn] = natural(fn)
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if m, ok := i.(*ssa.MakeClosure); ok {
					ls.sites[m.Fn.(*ssa.Function)] = m
				}
			}
		}
	}
	for _, fn := range fns {
		if fn.Synthetic == "range-over-func yield" {
			ls.repeat(fn)
		}
	}
	return ls
}

// repeat says that a function is called again and again, and gives it as a loop.
func (ls *loops) repeat(fn *ssa.Function) (l *loop, fresh bool) {
	if l, ok := ls.whole[fn]; ok {
		return l, false
	}
	l = &loop{fn: fn}
	ls.whole[fn] = l
	ls.of[fn] = append(ls.of[fn], l)
	clear(ls.memo)
	return l, true
}

// natural finds the loops of a function: what leads back to a block that dominates it.
func natural(fn *ssa.Function) []*loop {
	byHeader := map[*ssa.BasicBlock]*loop{}
	var out []*loop
	for _, b := range fn.Blocks {
		for _, h := range b.Succs {
			if !h.Dominates(b) {
				continue
			}
			l := byHeader[h]
			if l == nil {
				l = &loop{fn, h, map[*ssa.BasicBlock]bool{h: true}}
				byHeader[h] = l
				out = append(out, l)
			}
			l.fill(b)
		}
	}
	return out
}

func (l *loop) fill(b *ssa.BasicBlock) {
	if l.blocks[b] {
		return
	}
	l.blocks[b] = true
	for _, p := range b.Preds {
		l.fill(p)
	}
}

// has reports whether a block runs within a loop: it is in it, or in a closure that is made in it.
func (ls *loops) has(l *loop, b *ssa.BasicBlock) bool {
	for b != nil {
		if b.Parent() == l.fn {
			return l.header == nil || l.blocks[b]
		}
		m := ls.sites[b.Parent()]
		if m == nil {
			return false
		}
		b = m.Block()
	}
	return false
}

// at gives the loops in which a block runs.
func (ls *loops) at(b *ssa.BasicBlock) []*loop {
	var out []*loop
	for b != nil {
		for _, l := range ls.of[b.Parent()] {
			if l.header == nil || l.blocks[b] {
				out = append(out, l)
			}
		}
		m := ls.sites[b.Parent()]
		if m == nil {
			break
		}
		b = m.Block()
	}
	return out
}

// binding gives what a closure's variable is where the closure is made; nil for a function that is no closure.
func (ls *loops) binding(v *ssa.FreeVar) ssa.Value {
	fn := v.Parent()
	if m := ls.sites[fn]; m != nil {
		for i, f := range fn.FreeVars {
			if f == v {
				return m.Bindings[i]
			}
		}
	}
	return nil
}

// varies reports whether a value is another one in another round of a loop.
func (ls *loops) varies(v ssa.Value, l *loop) bool {
	key := variance{v, l}
	known, ok := ls.memo[key]
	if !ok {
		known = ls.differs(v, l, map[ssa.Value]bool{})
		ls.memo[key] = known
	}
	return known
}

// differs looks for what varies among all that a value is made of.
func (ls *loops) differs(v ssa.Value, l *loop, seen map[ssa.Value]bool) bool {
	if seen[v] {
		return false
	}
	seen[v] = true
	switch v := v.(type) {
	case *ssa.Parameter:
		return l.header == nil && v.Parent() == l.fn
	case *ssa.FreeVar:
		b := ls.binding(v)
		return b != nil && ls.differs(b, l, seen)
	case *ssa.Alloc:
		return ls.stored(v, l, seen)
	}
	i, ok := v.(ssa.Instruction)
	if !ok || i.Block() == nil || !ls.has(l, i.Block()) {
		return false
	}
	switch v := v.(type) {
	case *ssa.Next, *ssa.Select:
		return true
	case *ssa.Phi:
		if v.Block() == l.header {
			return true
		}
	case *ssa.UnOp:
		if v.Op == token.ARROW {
			return true
		}
	case *ssa.Call:
		// What is asked twice in the same way is the same, unless who is asked is not known here: an iterator that is pulled.
		if v.Call.IsInvoke() || v.Call.StaticCallee() == nil && !isBuiltin(v) {
			return true
		}
	}
	for _, op := range i.Operands(nil) {
		if *op != nil && ls.differs(*op, l, seen) {
			return true
		}
	}
	return false
}

func isBuiltin(c *ssa.Call) bool {
	_, ok := c.Call.Value.(*ssa.Builtin)
	return ok
}

// stored reports whether a variable gets, within a loop, a value that varies in it. addr is what the variable is called in
// the function that is looked at.
func (ls *loops) stored(addr ssa.Value, l *loop, seen map[ssa.Value]bool) bool {
	for _, r := range *addr.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Addr == addr && ls.has(l, r.Block()) && ls.differs(r.Val, l, seen) {
				return true
			}
		case *ssa.FieldAddr:
			if ls.stored(r, l, seen) {
				return true
			}
		case *ssa.MakeClosure:
			for i, b := range r.Bindings {
				if b == addr && ls.stored(r.Fn.(*ssa.Function).FreeVars[i], l, seen) {
					return true
				}
			}
		}
	}
	return false
}

// functions gives every function that the sources of a package have, with closures, and the start of its variables.
func functions(p *ssa.Package) []*ssa.Function {
	var out []*ssa.Function
	var add func(*ssa.Function)
	add = func(f *ssa.Function) {
		if f == nil || len(f.Blocks) == 0 {
			return
		}
		out = append(out, f)
		for _, a := range f.AnonFuncs {
			add(a)
		}
	}
	scope := p.Pkg.Scope()
	for _, name := range scope.Names() {
		switch o := scope.Lookup(name).(type) {
		case *types.Func:
			add(p.Prog.FuncValue(o))
		case *types.TypeName:
			n, ok := o.Type().(*types.Named)
			if !ok || o.IsAlias() {
				continue
			}
			for m := range n.Methods() {
				add(p.Prog.FuncValue(m))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Members)) { // those called init, which no scope has
		if f, ok := p.Members[name].(*ssa.Function); ok && !slices.Contains(out, f) {
			add(f)
		}
	}
	return out
}

package badge

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"
)

// sink is where a text is drawn.
type sink struct {
	constant bool       // by tui/row, with a class that is written there; else past tui/row
	each     bool       // every element of what it gets
	by       *kind      // text of such a thing that is found by what it gets
	from     *types.Var // this field of what it gets; nil: all of it
	at       token.Pos
	what     string
}

// draw does a call that draws.
func (f *flow) draw(i ssa.CallInstruction) {
	c, b := i.Common(), i.Block()
	fn := c.StaticCallee()
	x := sink{at: i.Pos(), what: name(c)}
	if fn != nil && home(fn) == rowPkg && takes(fn.Signature, isClass) {
		x.constant = true
		fixed := false
		for _, a := range c.Args {
			if !isClass(a.Type()) {
				continue
			}
			fixed = fixed || f.fixed(i, a)
		}
		if !fixed {
			return
		}
	}
	var asks ssa.Value // what keeps ids and asks a function of ours to draw each does not draw them itself
	if slices.ContainsFunc(c.Args, func(a ssa.Value) bool { return f.ours[closure(a)] }) {
		asks = keeps(c)
	}
	for _, a := range operands(c) {
		if isBuffer(a.Type()) || isClass(a.Type()) || a == asks {
			continue
		}
		s := f.marked(a, b)
		if k := f.kinds.within(a.Type()); k != nil {
			s = s.join(marks{{many: true, at: i.Pos(), kind: k}: {}})
		}
		x.each = collects(a.Type())
		if bearsText(a.Type()) {
			f.reach(i, s, x)
		}
	}
}

// fixed reports whether a class is a constant of the sources. One that comes with a parameter is looked at where the
// function is called.
func (f *flow) fixed(i ssa.CallInstruction, v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Const, *ssa.Global:
		return true
	case *ssa.Parameter:
		f.news(!f.classes[v])
		f.classes[v] = true
	case *ssa.Phi:
		for _, e := range v.Edges {
			if _, ok := e.(*ssa.Const); !ok {
				return false
			}
		}
		return true
	case *ssa.UnOp:
		return f.fixed(i, v.X)
	case *ssa.FreeVar:
		if to := f.loops.binding(v); to != nil {
			return f.fixed(i, to)
		}
	case *ssa.Alloc:
		stores := 0
		for _, r := range *v.Referrers() {
			if s, ok := r.(*ssa.Store); ok && s.Addr == v {
				stores++
				if !f.fixed(i, s.Val) {
					return false
				}
			}
		}
		return stores > 0
	}
	return false
}

// reach is a text with marks that gets to where it is drawn, at a call that draws or leads there.
func (f *flow) reach(i ssa.CallInstruction, s marks, x sink) {
	for m := range s {
		m, ok := f.meant(mark{from: x.from}, m)
		if !ok {
			continue
		}
		if m.param != nil {
			x := x
			x.each, x.from, x.by = x.each && !m.one || m.each, m.from, nil
			if m.by {
				x.each, x.by = false, m.kind
			}
			f.sinkParam(m.param, x)
			continue
		}
		if m.many && !m.text && !x.each || m.kind != nil && x.constant && !m.kind.own {
			continue
		}
		f.find(i, m, x)
	}
}

func (f *flow) sinkParam(p *ssa.Parameter, x sink) {
	all := f.sinks[p]
	if all == nil {
		all = map[sink]bool{}
		f.sinks[p] = all
	}
	for y := range all { // one of each sort is enough to say
		if y.constant == x.constant && y.each == x.each && y.from == x.from && (y.by == nil) == (x.by == nil) {
			return
		}
	}
	all[x] = true
	f.changed = true
}

func (f *flow) find(i ssa.CallInstruction, m mark, x sink) {
	pos, fn := i.Pos(), i.Parent()
	if m.at.IsValid() {
		pos, fn = m.at, f.around(m.at, fn)
	}
	format := "text of %s, one of many, reaches %s at %s without its class: " + whatToDo
	if x.constant {
		format = "the row of each %s gets the same class, a constant, from %s at %s: " + whatToGive
	}
	say := fmt.Sprintf(format, m.kind.name, x.what, place(f.fset, x.at))
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	f.found[finding{pos, fn.String(), say}] = true
}

// around gives the function that a position is in.
func (f *flow) around(pos token.Pos, or *ssa.Function) *ssa.Function {
	for _, fn := range f.fns {
		if s := fn.Syntax(); s != nil && s.Pos() <= pos && pos < s.End() {
			return fn
		}
	}
	return or
}

// name is how a message calls what is called.
func name(c *ssa.CallCommon) string {
	if c.IsInvoke() {
		return c.Method.Name()
	}
	fn := c.StaticCallee()
	if fn == nil {
		return "a function that draws"
	}
	if m, ok := fn.Object().(*types.Func); ok {
		if r := m.Signature().Recv(); r != nil {
			if n, ok := pointee(r.Type()).(*types.Named); ok {
				return n.Obj().Name() + "." + m.Name()
			}
		}
		return m.Pkg().Name() + "." + m.Name()
	}
	return fn.Name()
}

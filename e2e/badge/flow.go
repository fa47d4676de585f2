package badge

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// flow follows marks through a package until nothing new is found. All its sets only grow.
type flow struct {
	fset  *token.FileSet
	fns   []*ssa.Function
	ours  map[*ssa.Function]bool
	loops *loops
	kinds kinds
	funcs []funcValue // the functions that are used as values

	called map[*ssa.CallCommon][]target
	chosen map[ssa.Value][]*ssa.Parameter // by which parameters a value is chosen

	vals   map[ssa.Value]marks // what a function computes
	mem    map[ssa.Value]marks // what was stored in a variable, slice or map
	fields map[*types.Var]marks
	owner  map[*types.Var]*types.Struct // whose field it is
	rets   map[result]marks
	given  map[*ssa.Parameter]marks // the collections that a parameter gets, from anywhere
	turns  map[*ssa.Parameter]bool  // those that get another value in each round of a loop
	filled map[*ssa.Parameter]marks // what a function stores in what it is given

	sinks   map[*ssa.Parameter]map[sink]bool
	classes map[*ssa.Parameter]bool // these become the class of a row

	found   map[finding]bool
	changed bool
}

type result struct {
	fn *ssa.Function
	n  int
}

func newFlow(fset *token.FileSet, p *ssa.Package) *flow {
	f := &flow{
		called: map[*ssa.CallCommon][]target{},
		fset:   fset, fns: functions(p), ours: map[*ssa.Function]bool{}, kinds: kinds{},
		vals: map[ssa.Value]marks{}, mem: map[ssa.Value]marks{}, fields: map[*types.Var]marks{}, owner: map[*types.Var]*types.Struct{}, rets: map[result]marks{},
		given: map[*ssa.Parameter]marks{}, turns: map[*ssa.Parameter]bool{}, chosen: map[ssa.Value][]*ssa.Parameter{}, filled: map[*ssa.Parameter]marks{},
		sinks: map[*ssa.Parameter]map[sink]bool{}, classes: map[*ssa.Parameter]bool{}, found: map[finding]bool{},
	}
	for _, fn := range f.fns {
		f.ours[fn] = true
	}
	f.loops = newLoops(f.fns)
	f.funcs = funcValues(f.fns)
	return f
}

func (f *flow) solve() []finding {
	for f.changed = true; f.changed; {
		f.changed = false
		for _, fn := range f.fns {
			for _, b := range fn.Blocks {
				for _, i := range b.Instrs {
					f.step(i)
				}
			}
		}
	}
	out := f.changers()
	for x := range f.found {
		out = append(out, x)
	}
	return out
}

func (f *flow) news(is bool) { f.changed = f.changed || is }

// marked gives the marks of a value where a block uses it.
func (f *flow) marked(v ssa.Value, b *ssa.BasicBlock) marks {
	var out marks
	switch v := v.(type) {
	case *ssa.Const, *ssa.Function, *ssa.Builtin:
		return nil
	case *ssa.Parameter:
		k := f.kinds.of(v.Type())
		if k != nil || bearsText(v.Type()) || isPlain(v.Type()) {
			out = marks{{param: v, kind: k}: {}}
		}
		if k != nil {
			out = out.join(f.fresh(v, k, b))
		}
	case *ssa.FreeVar:
		if to := f.loops.binding(v); to != nil {
			out = f.marked(to, b)
		}
	}
	out = out.join(f.vals[v]).join(f.mem[v])
	for m := range out {
		if m.loop != nil && !f.loops.has(m.loop, b) {
			delete(out, m)
		}
	}
	return out
}

// fresh gives a thing its marks: the loops in which it is another one in each round.
func (f *flow) fresh(v ssa.Value, k *kind, b *ssa.BasicBlock) marks {
	out := marks{}
	for _, l := range f.loops.at(b) {
		if f.loops.varies(v, l) {
			out.add(mark{loop: l, kind: k})
		}
	}
	return out
}

// kindOf gives the kind of a value: of what is embedded in a thing, the thing's.
func (f *flow) kindOf(v ssa.Value) *kind {
	var base ssa.Value
	n := 0
	switch v := v.(type) {
	case *ssa.UnOp:
		if at, ok := v.X.(*ssa.FieldAddr); ok {
			return f.kindOf(at)
		}
	case *ssa.FieldAddr:
		base, n = v.X, v.Field
	case *ssa.Field:
		base, n = v.X, v.Field
	}
	if base != nil && f.kinds.of(v.Type()) != nil && structOf(base.Type()).Field(n).Embedded() {
		if k := f.kindOf(base); k != nil {
			return k
		}
	}
	return f.kinds.of(v.Type())
}

// set gives a value that an instruction computes its marks.
func (f *flow) set(v ssa.Value, b *ssa.BasicBlock, s marks) {
	t := v.Type()
	if k := f.kindOf(v); k != nil {
		out := f.fresh(v, k, b)
		for _, p := range f.choosers(v, b.Parent()) {
			out.add(mark{param: p, by: true, kind: k})
		}
		for m := range s {
			if m.param != nil {
				m.kind = k
				out.add(m)
			}
		}
		f.news(grow(f.vals, v, out))
		return
	}
	if f.kinds.within(t) != nil {
		return // its elements have marks of their own
	}
	f.news(grow(f.vals, v, s.fitting(t, f.kinds)))
}

// step does one instruction.
func (f *flow) step(i ssa.Instruction) {
	b := i.Block()
	switch i := i.(type) {
	case *ssa.Store:
		if !isPlain(i.Val.Type()) {
			f.store(i.Addr, f.marked(i.Val, b), i.Pos(), nil)
		}
	case *ssa.MapUpdate:
		f.update(i)
	case *ssa.Return:
		for n, v := range i.Results {
			f.news(grow(f.rets, result{i.Parent(), n}, f.marked(v, b)))
		}
	case *ssa.Phi:
		f.phi(i)
	case ssa.CallInstruction:
		f.call(i)
	case ssa.Value:
		f.set(i, b, f.computed(i, b))
	}
}

// computed gives the marks of what an instruction computes from its operands.
func (f *flow) computed(v ssa.Value, b *ssa.BasicBlock) marks {
	switch v := v.(type) {
	case *ssa.UnOp:
		if v.Op == token.ARROW {
			return nil
		}
		return f.marked(v.X, b)
	case *ssa.FieldAddr:
		return f.field(v.X, v.Field, b)
	case *ssa.Field:
		return f.field(v.X, v.Field, b)
	case *ssa.IndexAddr:
		return f.element(v.X, v.Index, v, b)
	case *ssa.Index:
		return f.element(v.X, v.Index, v, b)
	case *ssa.Lookup:
		return f.element(v.X, v.Index, v, b)
	case *ssa.Extract:
		return f.extract(v, b)
	case *ssa.BinOp:
		return f.marked(v.X, b).join(f.marked(v.Y, b))
	case *ssa.Convert:
		return f.marked(v.X, b)
	case *ssa.MultiConvert:
		return f.marked(v.X, b)
	case *ssa.ChangeType:
		return f.marked(v.X, b)
	case *ssa.ChangeInterface:
		return f.marked(v.X, b)
	case *ssa.MakeInterface:
		return f.marked(v.X, b).held(v.X.Type())
	case *ssa.TypeAssert:
		return f.asserted(v, b)
	case *ssa.SliceToArrayPointer:
		return f.marked(v.X, b)
	case *ssa.Slice:
		return f.marked(v.X, b)
	case *ssa.MakeClosure:
		out := marks{}
		for _, x := range v.Bindings {
			out.join(f.marked(x, b))
		}
		return out.mixed()
	}
	return nil
}

// asserted gives the marks of what an interface holds, if that is of a type.
func (f *flow) asserted(v *ssa.TypeAssert, b *ssa.BasicBlock) marks {
	s := f.marked(v.X, b)
	if types.IsInterface(v.AssertedType) {
		return s
	}
	out := marks{}
	for m := range s {
		if m.as == nil || types.Identical(m.as, v.AssertedType) {
			m.as = nil
			out.add(m)
		}
	}
	return out
}

// phi joins what comes from several sides. A number does not bring a mark into the next round: what a loop counts is of
// no thing. A text that grows from round to round is one of all.
func (f *flow) phi(p *ssa.Phi) {
	out := marks{}
	b := p.Block()
	header := b.Dominees() != nil && f.heads(b)
	if header && isPlain(p.Type()) {
		return
	}
	for _, e := range p.Edges {
		s := f.marked(e, b)
		out.join(s)
		if header && isBasic(p.Type(), types.IsString) && reaches(e, p, map[ssa.Value]bool{}) {
			out.join(s.gathered(e.Pos(), true))
		}
	}
	f.set(p, b, out)
}

func (f *flow) heads(b *ssa.BasicBlock) bool {
	for _, l := range f.loops.of[b.Parent()] {
		if l.header == b {
			return true
		}
	}
	return false
}

// reaches reports whether a value is made of another one by something else than a choice.
func reaches(v, of ssa.Value, seen map[ssa.Value]bool) bool {
	i, ok := v.(ssa.Instruction)
	if !ok || seen[v] || v == of {
		return false
	}
	seen[v] = true
	for _, op := range i.Operands(nil) {
		_, choice := v.(*ssa.Phi)
		if *op == of && !choice || *op != nil && reaches(*op, of, seen) {
			return true
		}
	}
	if s, ok := v.(*ssa.Slice); ok { // the arguments of a variadic call
		if a, ok := s.X.(*ssa.Alloc); ok {
			return arrayReaches(a, of, seen)
		}
	}
	return false
}

func arrayReaches(a *ssa.Alloc, of ssa.Value, seen map[ssa.Value]bool) bool {
	for _, r := range *a.Referrers() {
		at, ok := r.(*ssa.IndexAddr)
		if !ok {
			continue
		}
		for _, r := range *at.Referrers() {
			if s, ok := r.(*ssa.Store); ok && s.Addr == at && reaches(s.Val, of, seen) {
				return true
			}
		}
	}
	return false
}

// element gives the marks of an element of x, which v is.
func (f *flow) element(x, index, v ssa.Value, b *ssa.BasicBlock) marks {
	return f.taken(f.marked(x, b), v.Type(), b, func(l *loop) bool { return f.loops.varies(index, l) })
}

// taken gives the marks of an element of something with marks s.
func (f *flow) taken(s marks, t types.Type, b *ssa.BasicBlock, varies func(*loop) bool) marks {
	if len(s) == 0 || isPlain(t) {
		return nil
	}
	out := marks{}
	for m := range s {
		if m.loop != nil || m.text {
			out.add(m)
			continue
		}
		if m.by {
			out.add(m)
			continue
		}
		any := m
		any.one = any.param != nil && !any.each && !collects(t)
		out.add(any)
		for _, l := range f.loops.at(b) {
			switch {
			case !varies(l):
			case m.many:
				out.add(mark{loop: l, in: m.in, as: m.as, at: m.at, kind: m.kind})
			default:
				m.each = true
				out.add(m)
			}
		}
	}
	return out
}

// extract gives the marks of one of several values.
func (f *flow) extract(v *ssa.Extract, b *ssa.BasicBlock) marks {
	next, ok := v.Tuple.(*ssa.Next)
	if !ok {
		if c, ok := v.Tuple.(*ssa.Call); ok {
			return f.results(c, v.Index)
		}
		return f.marked(v.Tuple, b)
	}
	over, ok := next.Iter.(*ssa.Range)
	if !ok || v.Index == 0 {
		return nil
	}
	varies := func(l *loop) bool { return f.loops.varies(next, l) }
	out := marks{}.join(f.taken(f.marked(over.X, b), v.Type(), b, varies))
	if k := f.kinds.within(over.X.Type()); k != nil { // by the key of a map of things one is told from the other
		for _, l := range f.loops.at(b) {
			if varies(l) {
				out.add(mark{loop: l, kind: k})
			}
		}
	}
	return out
}

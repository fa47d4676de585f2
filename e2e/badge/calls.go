package badge

import (
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// funcValue is a function that is used as a value: with the receiver that is bound to it, if there is one.
type funcValue struct {
	sig  *types.Signature
	fn   *ssa.Function
	recv ssa.Value
}

// target is a function that a call may call, with the arguments for its parameters; nil for those not known.
type target struct {
	fn   *ssa.Function
	args []ssa.Value
	held bool // the first of them is an interface that holds the receiver
}

// funcValues finds the functions that are used otherwise than by calling them.
func funcValues(fns []*ssa.Function) []funcValue {
	var out []funcValue
	for _, fn := range fns {
		for _, b := range fn.Blocks {
			for _, i := range b.Instrs {
				if m, ok := i.(*ssa.MakeClosure); ok {
					out = append(out, valueOf(m.Fn.(*ssa.Function), m.Bindings))
					continue
				}
				var called ssa.Value
				if c, ok := i.(ssa.CallInstruction); ok {
					called = c.Common().Value
				}
				for n, op := range i.Operands(nil) {
					if g, ok := (*op).(*ssa.Function); ok && !(n == 0 && called == g) {
						out = append(out, valueOf(g, nil))
					}
				}
			}
		}
	}
	return out
}

// valueOf sees through what the compiler puts round a method that is used as a value.
func valueOf(fn *ssa.Function, bindings []ssa.Value) funcValue {
	v := funcValue{sig: fn.Signature, fn: origin(fn)}
	m, ok := fn.Object().(*types.Func)
	if !ok || fn.Synthetic == "" || m.Signature().Recv() == nil {
		return v
	}
	if real := fn.Prog.FuncValue(m); real != nil {
		v.fn = real
		if len(bindings) == 1 {
			v.recv = bindings[0]
		}
	}
	return v
}

func origin(fn *ssa.Function) *ssa.Function {
	if o := fn.Origin(); o != nil {
		return o
	}
	return fn
}

// targets gives the functions of this package that a call may call; none where it leads elsewhere.
func (f *flow) targets(c *ssa.CallCommon) []target {
	ts, ok := f.called[c]
	if !ok {
		ts = f.calledBy(c)
		f.called[c] = ts
	}
	return ts
}

func (f *flow) calledBy(c *ssa.CallCommon) []target {
	if c.IsInvoke() {
		var out []target
		for _, fn := range f.fns {
			if m, ok := fn.Object().(*types.Func); ok && m.Name() == c.Method.Name() && fn.Signature.Recv() != nil && sameParams(m.Signature(), c.Signature()) {
				out = append(out, target{fn, append([]ssa.Value{c.Value}, c.Args...), true})
			}
		}
		return out
	}
	if fn := c.StaticCallee(); fn != nil {
		if fn = origin(fn); f.ours[fn] {
			return []target{{fn: fn, args: c.Args}}
		}
		if v := valueOf(fn, nil); f.ours[v.fn] {
			return []target{v.target(c.Args)}
		}
		return nil
	}
	var out []target
	for _, v := range f.funcs {
		if f.ours[v.fn] && sameParams(v.sig, c.Signature()) {
			out = append(out, v.target(c.Args))
		}
	}
	return out
}

func (v funcValue) target(args []ssa.Value) target {
	if len(v.fn.Params) == len(args)+1 {
		args = append([]ssa.Value{v.recv}, args...)
	}
	return target{fn: v.fn, args: args}
}

func sameParams(a, b *types.Signature) bool {
	return types.Identical(a.Params(), b.Params()) && types.Identical(a.Results(), b.Results())
}

// call does a call: what it draws, what it stores, and what it gives.
func (f *flow) call(i ssa.CallInstruction) {
	c := i.Common()
	if b, ok := c.Value.(*ssa.Builtin); ok {
		f.builtin(b.Name(), i)
		return
	}
	ts := f.targets(c)
	for _, t := range ts {
		f.pass(i, t)
	}
	if len(ts) == 0 {
		f.leave(i)
	}
	if v := i.Value(); v != nil {
		if _, several := v.Type().(*types.Tuple); !several {
			f.set(v, v.Block(), f.results(v, 0))
		}
	}
}

func (f *flow) builtin(name string, i ssa.CallInstruction) {
	c, b := i.Common(), i.Block()
	switch name {
	case "append":
		s := f.marked(c.Args[0], b)
		if len(c.Args) > 1 {
			s = s.join(f.marked(c.Args[1], b).gathered(i.Pos(), false))
		}
		f.set(i.Value(), b, s)
	case "copy":
		f.store(c.Args[0], f.marked(c.Args[1], b).gathered(i.Pos(), false), i.Pos(), nil)
	case "min", "max":
		s := marks{}
		for _, a := range c.Args {
			s.join(f.marked(a, b))
		}
		f.set(i.Value(), b, s)
	}
}

// pass hands the arguments to a function of this package.
func (f *flow) pass(i ssa.CallInstruction, t target) {
	b := i.Block()
	constant := false
	for n, p := range t.fn.Params {
		if n >= len(t.args) || t.args[n] == nil {
			continue
		}
		a := t.args[n]
		s := f.argument(t, n, b)
		f.turn(a, b, p)
		for x := range f.sinks[p] {
			if x.by != nil {
				f.reach(i, f.turned(a, b, mark{kind: x.by}), x)
			} else {
				f.reach(i, s, x)
			}
		}
		if f.kinds.within(p.Type()) == nil {
			all := s.gathered(i.Pos(), false)
			f.news(grow(f.given, p, all.lasting(p.Type())))
			if !collects(p.Type()) {
				f.news(grow(f.given, p, all))
			}
		}
		f.store(a, f.seenFrom(i, t, f.filled[p], p.Type()), i.Pos(), nil)
		constant = constant || f.classes[p] && f.fixed(i, a)
	}
	if constant {
		for _, a := range t.args {
			if a != nil {
				f.reach(i, f.marked(a, b), sink{constant: true, at: i.Pos(), what: t.fn.Name()})
			}
		}
	}
}

// seenFrom gives what marks of a function mean in a value of a type where it is called: its parameters become the
// arguments.
func (f *flow) seenFrom(i ssa.CallInstruction, t target, s marks, in types.Type) marks {
	out := marks{}
	for m := range s {
		n := parameter(t.fn, m)
		if n < 0 {
			out.add(m)
			continue
		}
		if n >= len(t.args) || t.args[n] == nil {
			continue
		}
		if m.by {
			out.join(f.turned(t.args[n], i.Block(), m))
			continue
		}
		for a := range f.argument(t, n, i.Block()) {
			a, ok := f.meant(m, a)
			if !ok {
				continue
			}
			if m.kind != nil {
				a.kind = m.kind
			}
			if m.each {
				a.each = a.param != nil
				a.text = a.text || a.many && !collects(in)
			}
			out.add(a)
		}
	}
	return out
}

// argument gives the marks of the nth argument. Where an interface is asked for a method, what it holds of types that
// have another method does not get there.
func (f *flow) argument(t target, n int, b *ssa.BasicBlock) marks {
	s := f.marked(t.args[n], b)
	if n > 0 || !t.held {
		return s
	}
	out := marks{}
	for m := range s {
		if m.as == nil || answers(m.as, t.fn) {
			m.as = nil
			out.add(m)
		}
	}
	return out
}

// answers reports whether a function is the method of a type that has its name.
func answers(t types.Type, fn *ssa.Function) bool {
	of, ok := fn.Object().(*types.Func)
	if !ok {
		return true
	}
	o, _, _ := types.LookupFieldOrMethod(t, true, of.Pkg(), of.Name())
	m, ok := o.(*types.Func)
	return !ok || m.Origin() == of.Origin()
}

// parameter gives which parameter of a function a mark is, −1 for none.
func parameter(fn *ssa.Function, m mark) int {
	for n, p := range fn.Params {
		if p == m.param {
			return n
		}
	}
	return -1
}

// results gives the marks of one of a call's values.
func (f *flow) results(c *ssa.Call, n int) marks {
	out := marks{}
	t := c.Type()
	if tuple, ok := t.(*types.Tuple); ok {
		t = tuple.At(n).Type()
	}
	ts := f.targets(&c.Call)
	for _, to := range ts {
		out.join(f.seenFrom(c, to, f.rets[result{to.fn, n}], t))
	}
	if len(ts) > 0 {
		return out
	}
	if isPlain(t) && (f.draws(&c.Call) || measures(&c.Call, t)) {
		return out
	}
	// Elsewhere: what it gives is made of all that it gets.
	keeper := keeps(&c.Call)
	for _, a := range operands(&c.Call) {
		s := f.marked(a, c.Block())
		switch {
		case collects(t):
		case a == keeper: // one of what it keeps
			s = f.taken(s, t, c.Block(), func(l *loop) bool { return f.loops.varies(c, l) })
		default:
			s = s.joined(a.Type())
		}
		if !types.Identical(t, a.Type()) {
			s = s.mixed()
		}
		out.join(s)
		if k := f.kinds.within(a.Type()); k != nil {
			out.add(mark{many: true, text: !collects(t), at: c.Pos(), kind: k})
		}
	}
	return out
}

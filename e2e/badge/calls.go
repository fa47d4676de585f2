package badge

import (
	"go/types"
	"strings"

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
			s.join(f.marked(c.Args[1], b).gathered(i.Pos(), false))
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
		for x := range f.sinks[p] {
			f.reach(i, s, x)
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

// measures reports whether a call finds a place in a text, or how long it is: such a number says nothing of a thing.
func measures(c *ssa.CallCommon, t types.Type) bool {
	fn := c.StaticCallee()
	return fn != nil && fn.Pkg != nil && types.Identical(t, types.Typ[types.Int]) && measuring[fn.Pkg.Pkg.Path()]
}

var measuring = map[string]bool{"strings": true, "slices": true, "bytes": true, "unicode/utf8": true, "github.com/charmbracelet/x/ansi": true}

// keeps gives the receiver of a call, where that is a part of the console that keeps what it is given, such as a list of
// ids; nil for any other call.
func keeps(c *ssa.CallCommon) ssa.Value {
	fn := c.StaticCallee()
	if fn == nil || fn.Signature.Recv() == nil || len(c.Args) == 0 || asks(fn) {
		return nil
	}
	n, ok := pointee(c.Args[0].Type()).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || !strings.HasPrefix(n.Obj().Pkg().Path(), consolePkg+"/") {
		return nil
	}
	return c.Args[0]
}

// operands are the arguments of a call, with the receiver, or the function where it is a value.
func operands(c *ssa.CallCommon) []ssa.Value {
	if c.IsInvoke() || c.StaticCallee() == nil {
		return append([]ssa.Value{c.Value}, c.Args...)
	}
	return c.Args
}

// leave is a call that leads out of the package: it may draw, write into a text that grows, or call back.
func (f *flow) leave(i ssa.CallInstruction) {
	c, b := i.Common(), i.Block()
	args, keeper := operands(c), keeps(c)
	text, kept := marks{}, marks{}
	var k *kind
	for _, a := range args {
		if s := f.marked(a, b); a != keeper {
			text.join(s.joined(a.Type()).mixed())
			kept.join(s.mixed())
		}
		if in := f.kinds.within(a.Type()); in != nil {
			k = in
		}
	}
	for _, a := range args {
		if fn := closure(a); fn != nil && f.ours[fn] {
			f.callBack(i, fn, k)
		}
	}
	if f.draws(c) {
		f.draw(i)
		return
	}
	for _, a := range args {
		if writes(a) {
			f.store(a, text.gathered(i.Pos(), true), i.Pos(), nil)
		}
	}
	if keeper != nil {
		f.store(keeper, kept.gathered(i.Pos(), false), i.Pos(), nil)
	}
}

// callBack is a function of this package that is called from elsewhere, perhaps many times.
func (f *flow) callBack(i ssa.CallInstruction, fn *ssa.Function, k *kind) {
	l, fresh := f.loops.repeat(fn)
	f.news(fresh)
	b := i.Block()
	for _, p := range fn.Params {
		s := marks{}
		for _, a := range operands(i.Common()) {
			if closure(a) == nil {
				s.join(f.taken(f.marked(a, b).mixed(), p.Type(), fn.Blocks[0], func(x *loop) bool { return x == l }))
			}
		}
		if k != nil {
			s.add(mark{loop: l, kind: k})
		}
		f.set(p, fn.Blocks[0], s)
	}
}

func closure(v ssa.Value) *ssa.Function {
	switch v := v.(type) {
	case *ssa.MakeClosure:
		return valueOf(v.Fn.(*ssa.Function), v.Bindings).fn
	case *ssa.Function:
		return valueOf(v, nil).fn
	case *ssa.ChangeType:
		return closure(v.X)
	}
	return nil
}

// writes reports whether an argument is a text that grows.
func writes(v ssa.Value) bool {
	if m, ok := v.(*ssa.MakeInterface); ok {
		v = m.X
	}
	t := v.Type()
	if _, ok := t.Underlying().(*types.Pointer); !ok {
		return false
	}
	return isNamed(t, "strings", "Builder") || isNamed(t, "bytes", "Buffer") || isNamed(t, "text/tabwriter", "Writer") || isNamed(t, "bufio", "Writer")
}

// draws reports whether a call that leads out of the package puts what it gets on the screen.
func (f *flow) draws(c *ssa.CallCommon) bool {
	for _, a := range operands(c) {
		if isBuffer(a.Type()) {
			return true
		}
	}
	fn := c.StaticCallee()
	if fn == nil || fn.Pkg == nil {
		return false
	}
	path := fn.Pkg.Pkg.Path()
	return c.Signature().Results().Len() == 0 && (strings.HasPrefix(path, bubblesPkg+"/") || strings.HasPrefix(path, chartPkg+"/"))
}

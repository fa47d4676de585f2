package badge

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// measures reports whether a call finds a place in a text, or how long it is: such a number says nothing of a thing.
func measures(c *ssa.CallCommon, t types.Type) bool {
	fn := c.StaticCallee()
	return fn != nil && types.Identical(t, types.Typ[types.Int]) && measuring[home(fn)]
}

var measuring = map[string]bool{"strings": true, "slices": true, "bytes": true, "unicode/utf8": true, "github.com/charmbracelet/x/ansi": true}

// home gives the path of the package that a function is of; a package that is not imported directly is known by that.
func home(fn *ssa.Function) string {
	if o := fn.Object(); o != nil && o.Pkg() != nil {
		return o.Pkg().Path()
	}
	return ""
}

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
	if fn == nil {
		return false
	}
	path := home(fn)
	return c.Signature().Results().Len() == 0 && (strings.HasPrefix(path, bubblesPkg+"/") || strings.HasPrefix(path, chartPkg+"/"))
}

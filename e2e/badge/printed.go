package badge

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// printed finds what tui/cli prints of a thing, one of many, without its class.
//
// There a row is a []string for table, or the arguments of a print function of fmt. In a loop over things, one that is
// made of the thing must have a call of badge or badgeOf that gets something of it too. The rule looks at the text of
// the loop alone and not at what it calls: commands print a row where they loop, and --json, which prints whole values,
// carries the class as a field.
func printed(pass *analysis.Pass) []finding {
	ks := kinds{}
	var found []finding
	for _, file := range pass.Files {
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			name := pass.TypesInfo.Defs[fn.Name].(*types.Func).FullName()
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if loop, ok := n.(*ast.RangeStmt); ok {
					for _, f := range printedIn(pass.TypesInfo, ks, loop) {
						f.fn = name
						found = append(found, f)
					}
				}
				return true
			})
		}
	}
	return found
}

func printedIn(info *types.Info, ks kinds, loop *ast.RangeStmt) []finding {
	things := map[types.Object]*kind{}
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			if o := info.ObjectOf(id); o != nil && ks.of(o.Type()) != nil {
				things[o] = ks.of(o.Type())
			}
		}
	}
	add(loop.Key)
	add(loop.Value)
	ast.Inspect(loop.Body, func(n ast.Node) bool { // n := nodes[id]
		if a, ok := n.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
			for _, e := range a.Lhs {
				add(e)
			}
		}
		return true
	})
	if len(things) == 0 {
		return nil
	}
	var found []finding
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		parts := pieces(info, n)
		if parts == nil {
			return true
		}
		for o, k := range things {
			if uses(info, parts, o) && !badged(info, parts, o) {
				found = append(found, finding{pos: n.Pos(), say: "text of " + k.name + ", one of many, is printed without its class: " + whatToPrint})
				break
			}
		}
		return false
	})
	return found
}

// pieces gives what a row is made of: the elements of a []string, or the arguments of a print function of fmt.
func pieces(info *types.Info, n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if s, ok := info.TypeOf(n).Underlying().(*types.Slice); ok && isBasic(s.Elem(), types.IsString) {
			return n.Elts
		}
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		f, ok := info.ObjectOf(sel.Sel).(*types.Func)
		if ok && f.Pkg() != nil && f.Pkg().Path() == "fmt" && strings.Contains(f.Name(), "rint") && !strings.HasPrefix(f.Name(), "S") {
			return n.Args
		}
	}
	return nil
}

// uses reports whether a thing stands among some expressions, other than to be counted.
func uses(info *types.Info, in []ast.Expr, o types.Object) bool {
	got := false
	for _, e := range in {
		ast.Inspect(e, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			got = got || ok && info.ObjectOf(id) == o
			return !got
		})
	}
	return got
}

func badged(info *types.Info, in []ast.Expr, o types.Object) bool {
	return slices.ContainsFunc(in, func(e ast.Expr) bool {
		got := false
		ast.Inspect(e, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return !got
			}
			id, ok := c.Fun.(*ast.Ident)
			if ok && (id.Name == "badge" || id.Name == "badgeOf") && uses(info, c.Args, o) {
				got = true
			}
			return !got
		})
		return got
	})
}

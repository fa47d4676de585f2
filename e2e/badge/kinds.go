package badge

import (
	"go/types"
	"strings"
)

// kind is a kind of thing whose row shows a class.
type kind struct {
	name string
	own  bool // it has a class of its own; an invite has none, it is for paired peers always
}

// classless are the kinds that no field betrays.
var classless = map[string]bool{module + "/mesh.Invite": true, consolePkg + "/graph.Node": true}

// kinds knows which types are such a thing.
type kinds map[types.Type]*kind

// of gives the kind of a type, nil where it is none. Pointers count as what they point to.
func (ks kinds) of(t types.Type) *kind {
	t = pointee(t)
	if k, ok := ks[t]; ok {
		return k
	}
	ks[t] = nil // ends a type that holds itself
	k := ks.find(t, 3)
	ks[t] = k
	return k
}

// find looks into a type: into its own fields where it is one of the mesh, deeper where it is one of the console, which
// wraps things to show them.
func (ks kinds) find(t types.Type, depth int) *kind {
	name, path := "", ""
	switch n := t.(type) {
	case *types.Named:
		if n.Obj().Pkg() == nil {
			return nil
		}
		path, name = n.Obj().Pkg().Path(), n.Obj().Pkg().Name()+"."+n.Obj().Name()
		if path != module && !strings.HasPrefix(path, module+"/") || path == privacyPkg {
			return nil
		}
		if classless[path+"."+n.Obj().Name()] {
			return &kind{name, false}
		}
		if saysClass(n) {
			return &kind{name, true}
		}
	case *types.Struct:
		path, name = consolePkg, "struct"
	default:
		return nil
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	if hasClass(s, 3) {
		return &kind{name, true}
	}
	if path != consolePkg && !strings.HasPrefix(path, consolePkg+"/") || depth == 0 {
		return nil
	}
	for f := range s.Fields() {
		if k := ks.find(pointee(f.Type()), depth-1); k != nil {
			return &kind{name, k.own}
		}
	}
	return nil
}

// hasClass reports whether a struct, or one that it embeds, has a class among its fields. As text it is one too.
func hasClass(s *types.Struct, depth int) bool {
	for f := range s.Fields() {
		if isClass(f.Type()) || f.Name() == "PrivacyClass" {
			return true
		}
		if e, ok := pointee(f.Type()).Underlying().(*types.Struct); ok && f.Embedded() && depth > 0 && hasClass(e, depth-1) {
			return true
		}
	}
	return false
}

// saysClass reports whether a type has a method that gives a class.
func saysClass(n *types.Named) bool {
	says := func(f *types.Func) bool {
		sig := f.Signature()
		return sig.Params().Len() == 0 && sig.Results().Len() == 1 && isClass(sig.Results().At(0).Type())
	}
	for m := range n.Methods() {
		if says(m) {
			return true
		}
	}
	if i, ok := n.Underlying().(*types.Interface); ok {
		for m := range i.Methods() {
			if says(m) {
				return true
			}
		}
	}
	return false
}

// within gives the kind of which a type is a collection: a slice, an array, a map, a channel, an iterator.
func (ks kinds) within(t types.Type) *kind {
	switch u := pointee(t).Underlying().(type) {
	case *types.Slice:
		return ks.part(u.Elem())
	case *types.Array:
		return ks.part(u.Elem())
	case *types.Chan:
		return ks.part(u.Elem())
	case *types.Map:
		if k := ks.part(u.Elem()); k != nil {
			return k
		}
		return ks.part(u.Key())
	case *types.Signature:
		if yield := yieldOf(u); yield != nil {
			for v := range yield.Params().Variables() {
				if k := ks.part(v.Type()); k != nil {
					return k
				}
			}
		}
	}
	return nil
}

func (ks kinds) part(t types.Type) *kind {
	if k := ks.of(t); k != nil {
		return k
	}
	switch pointee(t).Underlying().(type) {
	case *types.Slice, *types.Array, *types.Map:
		return ks.within(t)
	}
	return nil
}

// yieldOf gives the function that an iterator calls, nil where the signature is that of none.
func yieldOf(s *types.Signature) *types.Signature {
	if s.Params().Len() != 1 || s.Results().Len() != 0 {
		return nil
	}
	y, ok := s.Params().At(0).Type().Underlying().(*types.Signature)
	if !ok || y.Results().Len() != 1 || !isBasic(y.Results().At(0).Type(), types.IsBoolean) {
		return nil
	}
	return y
}

// pointee takes away what leads to a type: pointers and other names.
func pointee(t types.Type) types.Type {
	for {
		t = types.Unalias(t)
		p, ok := t.(*types.Pointer)
		if !ok {
			return t
		}
		t = p.Elem()
	}
}

func isNamed(t types.Type, path, name string) bool {
	n, ok := pointee(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path && n.Obj().Name() == name
}

func isClass(t types.Type) bool  { return isNamed(t, privacyPkg, "Class") }
func isBuffer(t types.Type) bool { return isNamed(t, cellPkg, "Buffer") }

func isBasic(t types.Type, info types.BasicInfo) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&info != 0
}

// isLetter reports whether a type is a byte or a rune: of such ones a text consists.
func isLetter(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && (b.Kind() == types.Uint8 || b.Kind() == types.Int32)
}

// isPlain reports whether a type is a number or a time: no text, but text can be made of it. A class is neither: what is
// made of it says just what a row has to say.
func isPlain(t types.Type) bool {
	t = pointee(t)
	return !isClass(t) && isBasic(t, types.IsNumeric) || isNamed(t, "time", "Time")
}

// bearsText reports whether there can be text in a value of a type.
func bearsText(t types.Type) bool { return bears(t, 4, false, nil) }

// collects reports whether there can be a collection of texts in it.
func collects(t types.Type) bool { return bears(t, 4, true, nil) }

// bears looks for text in a type, or for a collection of texts. ks, if it is given, are things in which it does not look.
func bears(t types.Type, depth int, many bool, ks kinds) bool {
	t = pointee(t)
	if depth == 0 || isBuffer(t) || isNamed(t, "time", "Time") || isNamed(t, "time", "Location") || isNamed(t, "context", "Context") {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return !many && u.Info()&types.IsString != 0
	case *types.Interface:
		return true
	case *types.Slice:
		return bears(u.Elem(), depth, false, ks) || isLetter(u.Elem()) && !many
	case *types.Array:
		return bears(u.Elem(), depth, false, ks)
	case *types.Chan:
		return bears(u.Elem(), depth, false, ks)
	case *types.Map:
		return bears(u.Key(), depth, false, ks) || bears(u.Elem(), depth, false, ks)
	case *types.Struct:
		for f := range u.Fields() {
			if ks != nil && (ks.of(f.Type()) != nil || ks.within(f.Type()) != nil) {
				continue
			}
			if bears(f.Type(), depth-1, many, ks) {
				return true
			}
		}
	case *types.Signature:
		if y := yieldOf(u); y != nil {
			return tupleBears(y.Params(), depth-1, false, ks)
		}
		return tupleBears(u.Results(), depth-1, many, ks)
	case *types.Tuple:
		return tupleBears(u, depth, many, ks)
	}
	return false
}

func tupleBears(t *types.Tuple, depth int, many bool, ks kinds) bool {
	for v := range t.Variables() {
		if bears(v.Type(), depth, many, ks) {
			return true
		}
	}
	return false
}

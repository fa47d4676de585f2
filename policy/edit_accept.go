package policy

import (
	"slices"

	"voxmesh/policy/syntax"
)

// cut says what of the old and the new file an edit is about, and so is left out when the rest is compared.
type cut uint8

const (
	cutBoth    cut = iota // a field or an element, of both
	cutElement            // an element that was there
	cutFields             // a field that was there, as often as it was
)

// accept reads what an edit gave and holds it to what was meant: at the place it says so, everywhere else it says what
// it said before, and no more is wrong with it.
func (f *File) accept(d *draft, at []spot, how cut, says func(now syntax.Node) bool) (*File, error) {
	if d.tree == f.tree {
		return f, nil
	}
	g := f.again(d.tree.Source())
	if g.errors > f.errors {
		return nil, f.newError(g, how)
	}
	before, after := readNode(f.tree.Root()), readNode(g.tree.Root())
	without(&before, d.block, at, how)
	if how == cutBoth {
		without(&after, d.block, at, how)
	}
	now := draft{tree: g.tree, block: d.block}
	if !says(now.node(at)) || !equal(before, after) {
		return nil, unsound("the file would say something else than was meant", "edit it by hand")
	}
	return g, nil
}

// again reads another source as f was read.
func (f *File) again(src []byte) *File {
	g := Parse(f.name, src)
	if f.viewed {
		g, _ = g.For(f.view)
	}
	return g
}

// newError is what is wrong with an edited file that was not wrong before.
func (f *File) newError(g *File, how cut) error {
	e := &EditError{Code: "vox/policy/not-sound", Message: "the file would have more errors than it has", Hint: "mend the file by hand first"}
	for _, p := range g.problems {
		if p.Severity != SeverityError || slices.ContainsFunc(f.problems, func(o Problem) bool { return o.Code == p.Code && o.Message == p.Message }) {
			continue
		}
		e.Message = p.Message
		if e.Hint = p.ErrorHint(); e.Hint == "" {
			e.Hint = "see " + p.Code
		}
		if how == cutBoth && p.Code != "vox/policy/"+syntax.CodeSyntax && p.Code != "vox/policy/"+syntax.CodeUnclosed {
			e.Code = "vox/policy/bad-value"
		}
		break
	}
	return e
}

// without takes what an edit is about out of what a file says.
func without(file *val, block int, at []spot, how cut) {
	if block >= len(file.fields) {
		return
	}
	v := &file.fields[block].val
	for i, s := range at {
		last := i == len(at)-1
		if s.name == "" {
			if s.i >= len(v.items) {
				return
			}
			if last {
				v.items = slices.Delete(v.items, s.i, s.i+1)
				return
			}
			v = &v.items[s.i]
			continue
		}
		m := v.at(s.name)
		if m < 0 {
			return
		}
		switch {
		case last && how == cutFields:
			v.fields = slices.DeleteFunc(v.fields, func(m member) bool { return m.name == s.name })
		case last:
			v.fields = slices.Delete(v.fields, m, m+1)
		}
		if last {
			return
		}
		v = &v.fields[m].val
	}
}

// unknown gives what of a value is in fields that are not known.
func unknown(f Field, v val) val {
	out := val{shape: v.shape, junk: v.junk}
	for _, i := range v.items {
		out.items = append(out.items, unknown(elementOf(f), i))
	}
	for _, m := range v.fields {
		if indexField(f.Fields, m.name) < 0 {
			out.fields = append(out.fields, m)
		}
	}
	return out
}

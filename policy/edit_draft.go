package policy

import (
	"bytes"
	"strings"

	"voxmesh/policy/syntax"
)

// spot is one step of the way to a place, without keys: a field, or the i-th element where name is empty.
type spot struct {
	name string
	i    int
}

// draft is a source on its way through the splices that make one edit.
type draft struct {
	tree  *syntax.Tree
	block int // which child of the root, without errors
}

func (f *File) draft() (*draft, error) {
	if !f.block.Valid() {
		return nil, unsound("the file has no policy to edit, or several", "name the policy")
	}
	d := &draft{tree: f.tree}
	for n := range f.tree.Root().Children() {
		if n == f.block {
			break
		}
		if n.Kind() != syntax.ErrorNode {
			d.block++
		}
	}
	if !f.block.Closed() {
		return nil, unsound("the policy has no closing bracket", "mend the file by hand first")
	}
	return d, nil
}

func (d *draft) policy() syntax.Node {
	i := 0
	for n := range d.tree.Root().Children() {
		if n.Kind() == syntax.ErrorNode {
			continue
		}
		if i == d.block {
			return n
		}
		i++
	}
	return syntax.Node{}
}

// node gives what stands at a place: a field or an element.
func (d *draft) node(at []spot) syntax.Node {
	n := d.policy()
	for _, s := range at {
		if s.name != "" {
			n = value(n).Field(s.name)
			continue
		}
		i := 0
		list := value(n)
		n = syntax.Node{}
		for e := range list.Children() {
			if e.Kind() == syntax.ErrorNode {
				continue
			}
			if i == s.i {
				n = e
				break
			}
			i++
		}
	}
	return n
}

// apply makes a splice and reads the source again.
func (d *draft) apply(edits ...syntax.Edit) error {
	if len(edits) == 0 {
		return unsound("this cannot be edited where it stands", "mend the file by hand first")
	}
	out, err := syntax.Apply(d.tree.Source(), edits...)
	if err != nil {
		return unsound("this cannot be edited where it stands", "mend the file by hand first")
	}
	d.tree = syntax.Parse(out)
	return nil
}

// set makes the value of what stands at a place be v, and gives what it says then: v, with the fields that are there
// and not known.
func (d *draft) set(at []spot, f Field, v val) (val, error) {
	n := d.node(at)
	now := value(n)
	if old := readAt(n); same(f, old, v) {
		return old, nil
	}
	if n.Kind() == syntax.FieldNode && !whole(n) {
		return v, d.mend(n, write(f, ordered(f, v), false))
	}
	switch {
	case v.shape == isList && now.Kind() == syntax.ListNode && now.Closed():
		return d.setList(at, f, v)
	case v.shape == isRecord && now.Kind() == syntax.RecordNode && now.Closed():
		return d.setRecord(at, f, v)
	}
	return v, d.apply(now.Replace(write(f, ordered(f, v), now.Kind() == syntax.StringNode)))
}

// readAt gives what a field or an element says.
func readAt(n syntax.Node) val {
	if n.Kind() == syntax.FieldNode {
		return readField(n)
	}
	return readNode(n)
}

// whole reports whether a field has its colon and a value, and nothing else.
func whole(n syntax.Node) bool {
	for c := range n.Children() {
		if c.Kind() == syntax.ErrorNode || c.Kind() == syntax.MissingNode {
			return false
		}
	}
	return n.First().Valid()
}

// mend gives a field that is not whole its value: all behind its name is written anew, if no comment stands there.
func (d *draft) mend(n syntax.Node, text string) error {
	_, from := n.NameSpan()
	_, to := n.Span()
	tail := string(d.tree.Source()[from:to])
	switch {
	case strings.HasSuffix(tail, ":"):
		blanks := to
		if rest := d.tree.Source()[to:]; bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte(",")) {
			blanks += bytes.IndexByte(rest, ',')
		}
		return d.apply(syntax.Edit{Start: to, End: blanks, Text: " " + text})
	case strings.Contains(tail, "//") || strings.Contains(tail, "/*"):
		return unsound("what stands behind this name cannot be read", "mend the file by hand first")
	}
	return d.apply(syntax.Edit{Start: from, End: to, Text: ": " + text})
}

// setRecord makes a record say v: field by field, and what it does not know stays.
func (d *draft) setRecord(at []spot, f Field, v val) (val, error) {
	out := ordered(f, v)
	for _, m := range out.fields {
		if _, err := d.put(at, f, m.name, m.val); err != nil {
			return val{}, err
		}
	}
	for _, known := range f.Fields {
		for !v.has(known.Name) && value(d.node(at)).Field(known.Name).Valid() {
			if err := d.apply(value(d.node(at)).Field(known.Name).Remove()...); err != nil {
				return val{}, err
			}
		}
	}
	for _, m := range readAt(d.node(at)).fields {
		if indexField(f.Fields, m.name) < 0 {
			out.fields = append(out.fields, m)
		}
	}
	return out, nil
}

// put sets or adds a field of the record (or of the block) at a place.
func (d *draft) put(at []spot, f Field, name string, v val) (val, error) {
	sub := f.Fields[indexField(f.Fields, name)]
	n := value(d.node(at))
	if n.Field(name).Valid() {
		return d.set(append(at[:len(at):len(at)], spot{name: name}), sub, v)
	}
	after := placeIn(n, fieldNames(f.Fields), name)
	v = ordered(sub, v)
	if len(v.items) > 0 && v.items[0].shape == isRecord && listsOfLines(n) {
		if err := d.apply(n.InsertField(after, name+": []")...); err != nil {
			return val{}, err
		}
		list := value(d.node(append(at[:len(at):len(at)], spot{name: name})))
		return v, d.insert(list, 0, sub, v.items)
	}
	return v, d.apply(n.InsertField(after, name+": "+write(sub, v, false))...)
}

// listsOfLines reports whether the lists of records in a block have a line for each of them.
func listsOfLines(n syntax.Node) bool {
	for c := range n.Children() {
		list := c.Value()
		if list.Kind() == syntax.ListNode && list.First().Kind() == syntax.RecordNode {
			return list.First().Line() != list.Line()
		}
	}
	return false
}

// insert puts new elements before the i-th of a list.
func (d *draft) insert(list syntax.Node, i int, f Field, vs []val) error {
	texts := make([]string, len(vs))
	e := elementOf(f)
	for k, v := range vs {
		texts[k] = writeLike(list, e, ordered(e, v))
	}
	if i >= countOf(list) {
		return d.apply(list.Append(texts...)...)
	}
	return d.apply(list.Insert(i, texts...)...)
}

package policy

import (
	"bytes"
	"fmt"
	"slices"

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
		switch n := len(f.Policies()); {
		case len(f.Source()) > syntax.MaxSize:
			return nil, unsound(fmt.Sprintf("the file has more than %d bytes and was not read", syntax.MaxSize), "make it smaller by hand first")
		case n == 0:
			return nil, unsound("there is no policy in the file", "begin it by hand: policy donations { }")
		}
		return nil, unsound("the file has several policies", "name the policy")
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
	edits, err := sure(edits)
	if err != nil {
		return err
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
	if old := readAt(n); same(f, old, v) {
		return old, nil
	}
	now := value(n)
	switch sound := now.Closed() && (n.Kind() != syntax.FieldNode || whole(n)); {
	case sound && v.shape == isList && now.Kind() == syntax.ListNode:
		return d.setList(at, f, v)
	case sound && v.shape == isRecord && now.Kind() == syntax.RecordNode:
		return d.setRecord(at, f, v)
	}
	edits, err := exchange(n, f, v)
	if err != nil {
		return val{}, err
	}
	return v, d.apply(edits...)
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

// exchange plans another value for a field or an element, instead of all of the one that is there.
func exchange(n syntax.Node, f Field, v val) ([]syntax.Edit, error) {
	now := value(n)
	if !n.Valid() {
		return sure(nil)
	}
	text := write(f, ordered(f, v), now.Kind() == syntax.StringNode)
	if n.Kind() == syntax.FieldNode && !whole(n) {
		return mend(n, text)
	}
	return []syntax.Edit{now.Replace(text)}, nil
}

// mend plans a value for a field that is not whole: all behind its name is written anew, if no comment stands there.
func mend(n syntax.Node, text string) ([]syntax.Edit, error) {
	start, to := n.Span()
	_, from := n.NameSpan()
	tail := n.Text()[from-start:]
	switch {
	case bytes.HasSuffix(tail, []byte(":")):
		return []syntax.Edit{{Start: to, End: to + blanksToComma(n), Text: " " + text}}, nil
	case bytes.Contains(tail, []byte("//")) || bytes.Contains(tail, []byte("/*")):
		return nil, unsound("what stands behind this name cannot be read", "mend the file by hand first")
	}
	return []syntax.Edit{{Start: from, End: to, Text: ": " + text}}, nil
}

// blanksToComma is how many blanks stand between a node and the comma behind it.
func blanksToComma(n syntax.Node) int {
	start, end := n.Span()
	from, to := n.Parent().Span()
	rest := n.Parent().Text()[end-from : to-from]
	if blanks := len(rest) - len(bytes.TrimLeft(rest, " \t")); start < end && blanks < len(rest) && rest[blanks] == ',' {
		return blanks
	}
	return 0
}

// mostSteps is more than a record takes: one for its values, and one for each field to add or to remove.
const mostSteps = 16

// setRecord makes a record say v: field by field, and what it does not know stays.
func (d *draft) setRecord(at []spot, f Field, v val) (val, error) {
	for _, m := range v.fields {
		if m.val.shape != isList || !value(d.node(at)).Field(m.name).Valid() {
			continue
		}
		if _, err := d.put(at, f, m.name, m.val); err != nil {
			return val{}, err
		}
	}
	for range mostSteps {
		edits, err := nextStep(value(d.node(at)), f, v)
		if err != nil {
			return val{}, err
		}
		if len(edits) == 0 {
			break
		}
		if err := d.apply(edits...); err != nil {
			return val{}, err
		}
	}
	return withUnknown(f, v, readAt(d.node(at))), nil
}

// withUnknown gives v with the fields of a record that are not known.
func withUnknown(f Field, v, now val) val {
	if v.shape != isRecord {
		return v
	}
	v.fields = slices.Clone(v.fields)
	for _, m := range now.fields {
		if indexField(f.Fields, m.name) < 0 {
			v.fields = append(v.fields, m)
		}
	}
	return v
}

// nextStep plans what comes next to make an element say v; nothing, if it does, or if only lists in it are left to set.
func nextStep(n syntax.Node, f Field, v val) ([]syntax.Edit, error) {
	if v.shape != isRecord || n.Kind() != syntax.RecordNode || !n.Closed() {
		if same(f, readNode(n), v) {
			return nil, nil
		}
		return exchange(n, f, v)
	}
	v = ordered(f, v)
	var edits []syntax.Edit
	for _, m := range v.fields {
		field, sub := n.Field(m.name), f.Fields[indexField(f.Fields, m.name)]
		if !field.Valid() || same(sub, readField(field), m.val) || m.val.shape == isList && field.Value().Kind() == syntax.ListNode {
			continue
		}
		more, err := exchange(field, sub, m.val)
		if err != nil {
			return nil, err
		}
		edits = append(edits, more...)
	}
	if len(edits) > 0 {
		return edits, nil
	}
	for _, m := range v.fields {
		if !n.Field(m.name).Valid() {
			text := m.name + ": " + write(f.Fields[indexField(f.Fields, m.name)], m.val, false)
			return sure(n.InsertField(placeIn(n, fieldNames(f.Fields), m.name), text))
		}
	}
	for _, known := range f.Fields {
		if field := n.Field(known.Name); field.Valid() && !v.has(known.Name) {
			return sure(field.Remove())
		}
	}
	return nil, nil
}

// sure makes an edit that there is not an error.
func sure(edits []syntax.Edit) ([]syntax.Edit, error) {
	if len(edits) == 0 {
		return nil, unsound("this cannot be edited where it stands", "mend the file by hand first")
	}
	return edits, nil
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
	edits, err := d.insertion(list, i, f, vs)
	if err != nil {
		return err
	}
	return d.apply(edits...)
}

// insertion plans new elements before the i-th of a list.
func (d *draft) insertion(list syntax.Node, i int, f Field, vs []val) ([]syntax.Edit, error) {
	texts := make([]string, len(vs))
	e := elementOf(f)
	for k, v := range vs {
		texts[k] = writeLike(list, e, ordered(e, v))
	}
	return sure(list.Insert(i, texts...))
}

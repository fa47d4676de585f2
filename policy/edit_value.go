package policy

import (
	"slices"
	"strconv"
	"strings"

	"voxmesh/policy/syntax"
)

// shape is what a val is.
type shape uint8

const (
	isOther  shape = iota // what cannot be read; text is its bytes
	isBool                // text is true or false
	isNumber              // text is its digits
	isText                // a name or a string; text is without quotes and escapes
	isList
	isRecord
)

// val is what a value says, without how it is written. Blocks and whole files are records too.
type val struct {
	shape  shape
	text   string
	items  []val
	fields []member
	junk   string // the bytes of what cannot be read within a list or record, or before a field's value
}

type member struct {
	name string
	val  val
}

func boolVal(b bool) val            { return val{shape: isBool, text: strconv.FormatBool(b)} }
func intVal(i int64) val            { return val{shape: isNumber, text: strconv.FormatInt(i, 10)} }
func textVal(s string) val          { return val{shape: isText, text: s} }
func listVal(vs ...val) val         { return val{shape: isList, items: vs} }
func (v *val) has(name string) bool { return v.at(name) >= 0 }

// at is the place of the first member of that name, or -1.
func (v *val) at(name string) int {
	return slices.IndexFunc(v.fields, func(m member) bool { return m.name == name })
}

// get is the first member of that name.
func (v *val) get(name string) (val, bool) {
	if i := v.at(name); i >= 0 {
		return v.fields[i].val, true
	}
	return val{}, false
}

// put sets the first member of that name, or adds one.
func (v *val) put(name string, to val) {
	if i := v.at(name); i >= 0 {
		v.fields[i].val = to
		return
	}
	v.fields = append(v.fields, member{name, to})
}

// readNode gives what a node says: a value, a record of the fields of a block, or one of all blocks of a file.
func readNode(n syntax.Node) val {
	switch n.Kind() {
	case syntax.NameNode:
		text := string(n.Text())
		if text == "true" || text == "false" {
			return val{shape: isBool, text: text}
		}
		return textVal(text)
	case syntax.NumberNode:
		return val{shape: isNumber, text: string(n.Text())}
	case syntax.StringNode:
		if s, err := syntax.Unquote(n.Text()); err == nil {
			return textVal(s)
		}
	case syntax.ListNode:
		v := val{shape: isList}
		for e := range n.Children() {
			if e.Kind() == syntax.ErrorNode {
				v.junk += string(e.Text()) + "\n"
				continue
			}
			v.items = append(v.items, readNode(e))
		}
		return v
	case syntax.RecordNode, syntax.BlockNode, syntax.FileNode:
		v := val{shape: isRecord}
		for c := range n.Children() {
			switch c.Kind() {
			case syntax.FieldNode:
				v.fields = append(v.fields, member{string(c.Name()), readField(c)})
			case syntax.BlockNode:
				v.fields = append(v.fields, member{string(c.Keyword()) + " " + string(c.Name()), readNode(c)})
			default:
				v.junk += string(c.Text()) + "\n"
			}
		}
		return v
	}
	return val{text: string(n.Text())}
}

func readField(n syntax.Node) val {
	v := readNode(n.Value())
	for c := range n.Children() {
		if c.Kind() == syntax.ErrorNode {
			v.junk += string(c.Text())
		}
	}
	return v
}

// equal reports whether two values say the same, to the letter. The order of fields counts for nothing, except of those
// with one name.
func equal(a, b val) bool {
	if a.shape != b.shape || a.text != b.text || a.junk != b.junk || len(a.fields) != len(b.fields) {
		return false
	}
	if !slices.EqualFunc(a.items, b.items, equal) {
		return false
	}
	x, y := byName(a.fields), byName(b.fields)
	return slices.EqualFunc(x, y, func(m, n member) bool { return m.name == n.name && equal(m.val, n.val) })
}

func byName(ms []member) []member {
	ms = slices.Clone(ms)
	slices.SortStableFunc(ms, func(m, n member) int { return strings.Compare(m.name, n.name) })
	return ms
}

// normal gives the one form of all values of a field that mean the same, or false if v cannot stand there. Fields that
// are not known are left out of it.
func normal(f Field, v val) (val, bool) {
	if v.junk != "" {
		return val{}, false
	}
	switch f.Type {
	case Bool:
		return v, v.shape == isBool
	case Int:
		i, err := strconv.ParseInt(v.text, 10, 64)
		return intVal(i), v.shape == isNumber && err == nil
	case Decimal:
		i, err := parseMicro(v.text)
		return intVal(i), v.shape == isNumber && err == nil
	case Choice, Text, Clock:
		return v, v.shape == isText
	case Texts, Records:
		if v.shape != isList {
			return val{}, false
		}
		out := listVal()
		for _, e := range v.items {
			n, ok := normal(elementOf(f), e)
			if !ok {
				return val{}, false
			}
			out.items = append(out.items, n)
		}
		return out, true
	}
	if f.Name == fBusy && v.shape == isBool {
		if v.text == "false" {
			return v, true
		}
		v = yieldVal(DefaultYield())
	}
	return normalRecord(f, v)
}

func normalRecord(f Field, v val) (val, bool) {
	if v.shape != isRecord {
		return val{}, false
	}
	out := val{shape: isRecord}
	for _, m := range v.fields {
		i := indexField(f.Fields, m.name)
		if i < 0 {
			continue
		}
		n, ok := normal(f.Fields[i], m.val)
		if !ok || out.has(m.name) {
			return val{}, false
		}
		out.fields = append(out.fields, member{m.name, n})
	}
	if f.Name == fBusy && !out.has(fGrace) {
		out.put(fGrace, intVal(DefaultGraceSecs))
	}
	return out, true
}

// same reports whether two values of a field mean the same.
func same(f Field, a, b val) bool {
	x, ok := normal(f, a)
	y, ok2 := normal(f, b)
	return ok && ok2 && equal(x, y)
}

// yieldVal is the record that says y.
func yieldVal(y Yield) val {
	return val{shape: isRecord, fields: []member{
		{fCPU, intVal(int64(y.CPUPercent))},
		{fGPU, intVal(int64(y.GPUPercent))},
		{fInput, intVal(int64(y.InputSecs))},
		{fGrace, intVal(int64(y.GraceSecs))},
	}}
}

// elementOf is what an element of a list is, as a field.
func elementOf(f Field) Field {
	e := Field{Name: f.Name, Type: Record, Fields: f.Fields}
	if f.Type == Texts {
		e.Type, e.Choices = Text, f.Choices
		if len(f.Choices) > 0 {
			e.Type = Choice
		}
	}
	return e
}

// keyOf is the field that names a record in a path, or "".
func keyOf(f Field) string {
	for _, k := range f.Fields {
		if k.Key {
			return k.Name
		}
	}
	return ""
}

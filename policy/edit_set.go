package policy

import (
	"fmt"
	"strings"

	"voxmesh/policy/syntax"
)

// resolve reads a path and gives what may stand at each of its steps.
func resolve(path string) ([]step, []Field, error) {
	steps, ok := cutPath(path)
	if !ok {
		return nil, nil, badPath(path)
	}
	at := Field{Fields: table}
	fields := make([]Field, len(steps))
	for i, s := range steps {
		isList := at.Type == Texts || at.Type == Records
		switch {
		case s.elem && (i == 0 || !isList):
			return nil, nil, pathError(path, fmt.Sprintf("%s is no list", at.Name), "")
		case s.elem && s.index() < 0 && !s.adds() && at.Type == Records && keyOf(at) == "":
			return nil, nil, pathError(path, fmt.Sprintf("what %s has is named by numbers", at.Name), "as in "+at.Name+"[0]")
		case s.elem:
			at = elementOf(at)
		case isList && len(at.Fields) > 0:
			return nil, nil, pathError(path, fmt.Sprintf("%s is a list", at.Name), "as in "+at.Name+"[0]."+s.name)
		default:
			k := indexField(at.Fields, s.name)
			if k < 0 {
				return nil, nil, unknownName(path, at, s.name)
			}
			at = at.Fields[k]
		}
		fields[i] = at
	}
	return steps, fields, nil
}

func unknownName(path string, at Field, name string) error {
	known := fieldNames(at.Fields)
	if len(known) == 0 {
		return pathError(path, fmt.Sprintf("%s has no fields", at.Name), "")
	}
	hint := ""
	if near := nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	} else {
		hint = "known are " + strings.Join(known, ", ")
	}
	return pathError(path, fmt.Sprintf("there is no setting %q", clip(name)), hint)
}

func badPath(path string) error {
	return pathError(path, fmt.Sprintf("%q is no path to a setting", clip(path)), "as in slots[0].weight or min_priority")
}

func pathError(_, message, hint string) error {
	return &EditError{Code: "vox/policy/bad-path", Message: message, Hint: hint}
}

// placing is one Set on its way.
type placing struct {
	path   string
	steps  []step
	fields []Field // what may stand at each step
	v      val

	at   []spot // what is set or made, once it is
	what Field
	want val
}

// says reports whether a node says what was meant.
func (e *placing) says(now syntax.Node) bool {
	got := readAt(now)
	return now.Valid() && same(e.what, got, e.want) && equal(unknown(e.what, got), unknown(e.what, e.want))
}

// make goes down the path as far as there is something, and sets or adds what is left.
func (e *placing) make(d *draft) error {
	n := d.policy()
	for i, s := range e.steps {
		done, next, err := e.step(d, n, i, s)
		if done || err != nil {
			return err
		}
		n = next
	}
	v, err := e.under(len(e.steps))
	if err != nil {
		return err
	}
	e.what = e.fields[len(e.fields)-1]
	e.want, err = d.set(e.at, e.what, v)
	return err
}

// step goes from n to what step i names. It is done if that was not there and has been made.
func (e *placing) step(d *draft, n syntax.Node, i int, s step) (done bool, next syntax.Node, err error) {
	box, holder := value(n), Field{Fields: table}
	if i > 0 {
		holder = e.fields[i-1]
		if yieldWord := holder.Name == fBusy && readNode(box).shape == isBool; yieldWord || noValue(n) {
			v, err := e.whole(i, box)
			if err != nil {
				return true, n, err
			}
			e.what = holder
			e.want, err = d.set(e.at, holder, v)
			return true, n, err
		}
	}
	if !box.Closed() || s.elem != (box.Kind() == syntax.ListNode) {
		return true, n, unsound(fmt.Sprintf("%s is %s here, or it is not closed", holder.Name, box.Kind()), "set "+holder.Name+" as a whole, or mend the file by hand first")
	}
	if s.elem {
		return e.element(d, box, i, s)
	}
	here := e.at
	e.at = append(e.at, spot{name: s.name})
	if next = box.Field(s.name); next.Valid() {
		return false, next, nil
	}
	v, err := e.under(i + 1)
	if err != nil {
		return true, n, err
	}
	e.what = e.fields[i]
	e.want, err = d.put(here, holder, s.name, v)
	return true, n, err
}

// noValue reports whether a field has nothing behind its name, or behind its colon.
func noValue(n syntax.Node) bool {
	return n.Kind() == syntax.FieldNode && n.First().Kind() == syntax.MissingNode && !n.First().Next().Valid()
}

// element goes to an element of a list, or adds it.
func (e *placing) element(d *draft, list syntax.Node, i int, s step) (done bool, next syntax.Node, err error) {
	next, at := pick(list, s)
	n := countOf(list)
	if next.Valid() {
		e.at = append(e.at, spot{i: at})
		return false, next, nil
	}
	if index := s.index(); index > n {
		return true, next, absent(e.path, n)
	}
	v, err := e.under(i + 1)
	if err != nil {
		return true, next, err
	}
	e.at, e.what, e.want = append(e.at, spot{i: n}), e.fields[i], v
	return true, next, d.insert(list, n, e.fields[i-1], []val{v})
}

// whole gives the value of a field that has none yet, or that is true or false where a record goes.
func (e *placing) whole(i int, box syntax.Node) (val, error) {
	v, err := e.under(i)
	if err != nil || string(box.Text()) != "true" {
		return v, err
	}
	full := yieldVal(DefaultYield())
	for _, m := range v.fields {
		full.put(m.name, m.val)
	}
	return full, nil
}

// under gives the value that stands behind the first i steps of the path when all that is behind them is new: that of
// the whole path is the one to set.
func (e *placing) under(i int) (val, error) {
	last := len(e.steps) - 1
	v := e.v
	for k := last; k >= max(0, i-1); k-- {
		s := e.steps[k]
		if s.elem {
			if k >= i && s.index() > 0 {
				return val{}, absent(e.path, 0)
			}
			var err error
			if v, err = e.keyed(k, s, v); err != nil {
				return val{}, err
			}
		}
		if s.elem || k == last {
			if err := complete(e.fields[k], e.path, v); err != nil {
				return val{}, err
			}
		}
		switch {
		case k < i:
		case s.elem:
			v = listVal(v)
		default:
			v = val{shape: isRecord, fields: []member{{s.name, v}}}
		}
	}
	return v, nil
}

// keyed gives an element what the brackets say of it.
func (e *placing) keyed(k int, s step, v val) (val, error) {
	if s.adds() || s.index() >= 0 {
		return v, nil
	}
	f := e.fields[k]
	name := keyOf(f)
	if name == "" {
		return v, nil
	}
	if _, ok := v.get(name); ok {
		return v, nil
	}
	id, err := fitted(f.Fields[indexField(f.Fields, name)], e.path, val{shape: isText, text: s.key, junk: `"`})
	if err != nil {
		return val{}, err
	}
	v.fields = append([]member{{name, id}}, v.fields...)
	return v, nil
}

func absent(path string, n int) error {
	return &EditError{
		Code: "vox/policy/no-such", Message: fmt.Sprintf("%s is not in the file", clip(path)),
		Hint: fmt.Sprintf("the list has %d elements, counted from 0", n),
	}
}

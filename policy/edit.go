package policy

import (
	"fmt"

	"voxmesh/policy/syntax"
)

// The edits of a file. Each gives a new File (the old one stays) whose bytes differ from the old one's in what was edited
// and nowhere else; the style around the place is kept. An edit works on a file with errors too, where what it touches
// is sound; one after which the file says something else than was meant is not made.
//
// Of two fields with one name, an edit sets the first, which is the one that counts, and removes both. What a record has
// beyond the fields that are known here stays when the record is set. Comments within a value that is exchanged as a
// whole (a record for true) go with it.
//
// Errors are of the type EditError: vox/policy/bad-path (no such setting), vox/policy/no-such (nothing stands there),
// vox/policy/bad-value (with what is expected), vox/policy/not-sound (what is there cannot be edited safely).

// EditError is why an edit was not made.
type EditError struct {
	Code, Message, Hint string
}

// Error is the message.
func (e *EditError) Error() string { return e.Message }

// ErrorCode is the stable code.
func (e *EditError) ErrorCode() string { return e.Code }

// ErrorHint says what to do instead.
func (e *EditError) ErrorHint() string { return e.Hint }

func unsound(message, hint string) error {
	return &EditError{Code: "vox/policy/not-sound", Message: message, Hint: hint}
}

// Set gives the file with value at path, as in slots[0].weight, per_peer_overrides[alice@aurelia].min_priority,
// allowed_users or allowed_users[2]. value is written as in the file; names may lack their quotes, and a list its
// brackets. What is not there is made, at its place in the canonical order: the field, the list, and the element where
// the brackets name a new key, the number after the last one, or nothing (slots[]). A value that means what is there
// already changes nothing.
func (f *File) Set(path, value string) (*File, error) {
	steps, fields, err := resolve(path)
	if err != nil {
		return nil, err
	}
	v, err := valueFor(fields[len(fields)-1], path, value)
	if err != nil {
		return nil, err
	}
	d, err := f.draft()
	if err != nil {
		return nil, err
	}
	e := &placing{path: path, steps: steps, fields: fields, v: v}
	if err := e.make(d); err != nil {
		return nil, err
	}
	return f.accept(d, e.at, cutBoth, e.says)
}

// Unset gives the file without what stands at path: a field with the comments that are its own, or an element of a list.
func (f *File) Unset(path string) (*File, error) {
	d, at, err := f.locate(path)
	if err != nil {
		return nil, err
	}
	field := at[len(at)-1].name != ""
	how := cutElement
	if field {
		how = cutFields
	}
	for n := d.node(at); n.Valid(); n = d.node(at) {
		if err := d.apply(n.Remove()...); err != nil {
			return nil, err
		}
		if !field {
			break
		}
	}
	return f.accept(d, at, how, func(now syntax.Node) bool { return !field || !now.Valid() })
}

// Move gives the file with the element at path, as in slots[2], at another index of its list, from 0 and counted without
// the element itself. Its own comments go along.
func (f *File) Move(path string, to int) (*File, error) {
	d, at, err := f.locate(path)
	if err != nil {
		return nil, err
	}
	last := at[len(at)-1]
	if last.name != "" {
		return nil, &EditError{Code: "vox/policy/bad-path", Message: fmt.Sprintf("%s is no element of a list", clip(path)), Hint: "as in slots[2]"}
	}
	list := d.node(at).Parent()
	n := countOf(list)
	if to < 0 || to >= n {
		return nil, &EditError{Code: "vox/policy/bad-value", Message: fmt.Sprintf("%s cannot go to place %d", clip(path), to), Hint: fmt.Sprintf("expected a whole number from 0 to %d", n-1)}
	}
	if to == last.i {
		return f, nil
	}
	want := readNode(list)
	moved := want.items[last.i]
	want.items = append(want.items[:last.i:last.i], want.items[last.i+1:]...)
	want.items = append(want.items[:to:to], append([]val{moved}, want.items[to:]...)...)
	if err := d.apply(d.node(at).MoveTo(to)...); err != nil {
		return nil, err
	}
	return f.accept(d, at[:len(at)-1], cutBoth, func(now syntax.Node) bool { return equal(readNode(value(now)), want) })
}

// locate finds what stands at a path, for an edit of it.
func (f *File) locate(path string) (*draft, []spot, error) {
	steps, ok := cutPath(path)
	if !ok {
		return nil, nil, badPath(path)
	}
	d, err := f.draft()
	if err != nil {
		return nil, nil, err
	}
	n, at := d.policy(), []spot(nil)
	for _, s := range steps {
		next, i := syntax.Node{}, 0
		if n = value(n); s.elem {
			next, i = pick(n, s)
		} else if n.Kind() == syntax.BlockNode || n.Kind() == syntax.RecordNode {
			next = n.Field(s.name)
		}
		if !next.Valid() {
			if _, _, err := resolve(path); err != nil {
				return nil, nil, err
			}
			return nil, nil, noSuch(path, n, s)
		}
		if !n.Closed() {
			return nil, nil, unsound("a bracket around "+clip(path)+" is not closed", "mend the file by hand first")
		}
		n, at = next, append(at, spot{s.name, i})
	}
	return d, at, nil
}

func noSuch(path string, n syntax.Node, s step) error {
	hint := ""
	if n.Kind() == syntax.ListNode {
		hint = fmt.Sprintf("the list has %d elements, counted from 0", countOf(n))
	}
	return &EditError{Code: "vox/policy/no-such", Message: fmt.Sprintf("%s is not in the file", clip(path)), Hint: hint}
}

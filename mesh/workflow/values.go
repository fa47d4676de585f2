package workflow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"voxmesh/mesh/privacy"
	"voxmesh/policy/syntax"
)

// elements gives those of a list, without what could not be read.
func elements(v syntax.Node) []syntax.Node {
	var all []syntax.Node
	for e := range v.Children() {
		if e.Kind() != syntax.ErrorNode {
			all = append(all, e)
		}
	}
	return all
}

// is reports whether v has the kind, and says so if it has not.
func (d *decoder) is(v syntax.Node, k syntax.NodeKind, what, expected string) bool {
	if v.Kind() == k {
		return true
	}
	d.wrong(v, what, expected)
	return false
}

// wrong says that a value is of the wrong type.
func (d *decoder) wrong(v syntax.Node, what, expected string) {
	if k := v.Kind(); k != syntax.None && k != syntax.MissingNode && k != syntax.ErrorNode {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, k), expected, "")
	}
}

// plain gives the text of a value: of a name as it is, of a string without its quotes; and, where numbers are taken, of a
// number as it is written.
func (d *decoder) plain(v syntax.Node, what string, numbers bool) (string, bool) {
	switch v.Kind() {
	case syntax.NameNode:
		return string(v.Text()), true
	case syntax.StringNode:
		s, err := syntax.Unquote(v.Text())
		switch {
		case errors.Is(err, syntax.ErrUnclosed): // the parser has said so
			return "", false
		case err != nil:
			d.fail(v, "bad-string", err.Error(), "", "")
			return "", false
		case strings.Contains(s, "\x00"):
			d.fail(v, "bad-string", what+" has a NUL in it", "", "")
			return "", false
		}
		return s, true
	case syntax.NumberNode:
		if numbers {
			return string(v.Text()), true
		}
	}
	expected := "a name"
	if numbers {
		expected = "a text"
	}
	d.wrong(v, what, expected)
	return "", false
}

// word reads the value of a field that is one text. Only what may hold references, and is not asked of a model, may be empty.
func (d *decoder) word(v syntax.Node, f *field, what string, to *string) bool {
	s, ok := d.plain(v, what, f.form == formString || f.form == formRank)
	if ok && s == "" && (f.form != formString || f.required) {
		d.fail(v, "wrong-type", what+" is empty", "", "")
		return false
	}
	if ok {
		*to = s
	}
	return ok
}

// texts reads a list. It is not nil if there is one, so that an empty list is a list.
func (d *decoder) texts(v syntax.Node, f *field, o origin, numbers bool) []string {
	if v.Kind() != syntax.ListNode {
		expected := "a list, as in [split, render]"
		switch f.form {
		case formStrings:
			expected = `a list, as in ["240", "${split.output}"]`
		case formEach:
			expected = `a list, or a reference to one, as in "${split.parts}"`
		}
		d.wrong(v, f.name, expected)
		return nil
	}
	o.lists[f.name] = v
	all := []string{}
	for i, e := range elements(v) {
		if i == int(f.max) {
			d.fail(e, "too-many", fmt.Sprintf("%s has more than %d elements", f.name, f.max), "", "")
			break
		}
		if s, ok := d.plain(e, fmt.Sprintf("%s[%d]", f.name, i), numbers); ok {
			all = append(all, s)
			o.set(f.name, e)
		}
	}
	return all
}

func (d *decoder) boolean(v syntax.Node, what string, to *bool) {
	if v.Kind() != syntax.NameNode {
		d.wrong(v, what, "true or false")
		return
	}
	switch text := string(v.Text()); text {
	case "true", "false":
		*to = text == "true"
	default:
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, clip(text)), "true or false", nearest(text, []string{"true", "false"}))
	}
}

// beyond stands for every number that is outside all ranges.
const beyond = 1 << 30

// integer reads a whole number. Whether it is in range is the checker's business.
func (d *decoder) integer(v syntax.Node, what string, set func(int)) {
	if !d.is(v, syntax.NumberNode, what, "a whole number") {
		return
	}
	text := string(v.Text())
	if strings.Trim(text, "-0123456789") != "" {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s, which is no whole number", what, clip(text)), "a whole number", "")
		return
	}
	i, err := strconv.Atoi(text)
	if err != nil || i > beyond || i < -1 {
		i = beyond
	}
	set(i)
}

func (d *decoder) class(v syntax.Node, f *field, to *privacy.Class) {
	s, ok := d.plain(v, f.name, false)
	if !ok {
		return
	}
	c, err := privacy.Parse(s)
	if err != nil {
		d.fail(v, "unknown-class", fmt.Sprintf("%q is no privacy class", clip(s)), orList(f.choices), nearest(s, f.choices))
		return
	}
	*to = c
}

// orList writes "a, b or c".
func orList(s []string) string {
	if len(s) < 2 {
		return strings.Join(s, "")
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}

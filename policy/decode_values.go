package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"voxmesh/policy/syntax"
)

// users reads a list of those allowed, who must be named with their mesh.
func (d *decoder) users(v syntax.Node, list string) []string {
	names := d.names(v, list)
	i := 0
	for e := range v.Children() {
		if s, ok := plainName(e); ok && i < len(names) {
			d.bareUser(e, s, "it matches nobody")
			i++
		}
	}
	return names
}

// bareUser warns of a user without a mesh where only a whole name can match: "alice" of any mesh may be anybody.
func (d *decoder) bareUser(n syntax.Node, s, effect string) {
	if !strings.Contains(s, "@") {
		d.say(SeverityWarning, n, "bare-user", fmt.Sprintf("%q names no mesh: %s", clip(s), effect), "USER@MESH", "")
	}
}

// names reads a list of names. It is never nil if there is a list, so that an empty one is not "any".
func (d *decoder) names(v syntax.Node, list string) []string {
	if v.Kind() != syntax.ListNode {
		d.is(v, syntax.ListNode, named(list), "a list, as in ["+example(list)+"]")
		return nil
	}
	names := []string{}
	i := 0
	for e := range v.Children() {
		if e.Kind() == syntax.ErrorNode {
			continue
		}
		if s, ok := plainName(e); ok {
			names = append(names, s)
		} else {
			d.name(e, where{list: list, i: i}, "a name, as in "+example(list))
		}
		i++
	}
	return names
}

// example is an element of a list as it could be.
func example(list string) string {
	switch list {
	case fScopes:
		return "render"
	case fMeshes:
		return "aurelia"
	case fCommands:
		return "ffmpeg"
	case fModels:
		return `"llama3.2:3b"`
	}
	return `"alice@aurelia"`
}

// is reports whether v has the kind, and says so if it has not.
func (d *decoder) is(v syntax.Node, k syntax.NodeKind, what where, expected string) bool {
	if v.Kind() == k {
		return true
	}
	if v.Kind() != syntax.None && v.Kind() != syntax.MissingNode {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, v.Kind()), expected, "")
	}
	return false
}

func (d *decoder) boolean(v syntax.Node, what where, to *bool) bool {
	if v.Kind() == syntax.NameNode {
		switch text := string(v.Text()); text {
		case "true", "false":
			*to = text == "true"
			return true
		default:
			d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, clip(text)), "true or false", nearest(text, []string{"true", "false"}))
			return false
		}
	}
	d.is(v, syntax.NameNode, what, "true or false")
	return false
}

// integer reads a whole number in the range of its field. expected is for the message; empty is the range.
func (d *decoder) integer(v syntax.Node, what where, f *Field, expected string) (int64, bool) {
	if v.Kind() == syntax.NumberNode {
		if i, err := strconv.ParseInt(string(v.Text()), 10, 64); err == nil && i >= f.Min && i <= f.Max {
			return i, true
		}
	}
	if expected == "" {
		expected = fmt.Sprintf("a whole number from %d to %d", f.Min, f.Max)
	}
	if !d.is(v, syntax.NumberNode, what, expected) {
		return 0, false
	}
	text := string(v.Text())
	if strings.Trim(text, "-0123456789") != "" {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s, which is no whole number", what, clip(text)), expected, "")
		return 0, false
	}
	d.fail(v, "out-of-range", fmt.Sprintf("%s is %s; it goes from %d to %d", what, clip(text), f.Min, f.Max), expected, "")
	return 0, false
}

// decimal reads a number in millionths, exactly.
func (d *decoder) decimal(v syntax.Node, what where, f *Field) (int64, bool) {
	expected := fmt.Sprintf("a number from %s to %s with at most six decimals, as in 0.12", micro(f.Min), micro(f.Max))
	if !d.is(v, syntax.NumberNode, what, expected) {
		return 0, false
	}
	text := string(v.Text())
	i, err := parseMicro(text)
	switch {
	case err != nil:
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s, which %v", what, clip(text), err), expected, "")
	case i < f.Min || i > f.Max:
		d.fail(v, "out-of-range", fmt.Sprintf("%s is %s; it goes from %s to %s", what, clip(text), micro(f.Min), micro(f.Max)), expected, "")
	default:
		return i, true
	}
	return 0, false
}

// parseMicro reads a decimal number as millionths, without rounding. What is too large is the largest there is.
func parseMicro(s string) (int64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	const all = "0123456789"
	switch {
	case whole == "" || strings.Trim(whole+fraction, all) != "" || point && fraction == "":
		return 0, errors.New("is no decimal number")
	case len(fraction) > 6:
		return 0, errors.New("has more than six decimals")
	}
	i, err := strconv.ParseInt(whole+(fraction + "000000")[:6], 10, 64)
	if err != nil {
		i = math.MaxInt64
	}
	if negative {
		i = -i
	}
	return i, nil
}

// choice reads one of the names that a field may have, and says whether it is one. Empty: it is no name, which was said.
func (d *decoder) choice(v syntax.Node, what where, f *Field) (s string, known bool) {
	s, ok := plainName(v)
	if !ok {
		s, _ = d.name(v, what, orList(f.Choices))
	}
	return s, s == "" || slices.Contains(f.Choices, s)
}

// kind reads a kind of work; empty if there is none.
func (d *decoder) kind(v syntax.Node, what where, f *Field) string {
	s, known := d.choice(v, what, f)
	if !known {
		d.fail(v, "unknown-kind", fmt.Sprintf("%s is %q, which is no kind of work", what, clip(s)), orList(f.Choices), near(s, f.Choices))
		return ""
	}
	return s
}

// near is nearest, and of words that begin like a choice that choice: monday is mon.
func near(s string, choices []string) string {
	s = strings.ToLower(s)
	for _, c := range choices {
		if strings.HasPrefix(s, c) {
			return c
		}
	}
	return nearest(s, choices)
}

// orList writes "a, b or c".
func orList(s []string) string {
	if len(s) < 2 {
		return strings.Join(s, "")
	}
	return strings.Join(s[:len(s)-1], ", ") + " or " + s[len(s)-1]
}

// name reads a name, which may be written bare or as a string.
func (d *decoder) name(v syntax.Node, what where, expected string) (string, bool) {
	if s, ok := plainName(v); ok {
		return s, true
	}
	if v.Kind() == syntax.StringNode {
		_, err := syntax.Unquote(v.Text())
		switch {
		case err == nil:
			d.fail(v, "wrong-type", what.String()+" has an empty name", expected, "")
		case err != syntax.ErrUnclosed: //nolint:errorlint // the parser has spoken about that one
			d.fail(v, "bad-string", err.Error(), "", "")
		}
		return "", false
	}
	if v.Kind() == syntax.NameNode {
		d.fail(v, "wrong-type", fmt.Sprintf("%s is %s", what, v.Text()), expected, "")
		return "", false
	}
	d.is(v, syntax.StringNode, what, expected)
	return "", false
}

func plainName(v syntax.Node) (string, bool) {
	switch v.Kind() {
	case syntax.NameNode:
		s := string(v.Text())
		return s, s != "true" && s != "false"
	case syntax.StringNode:
		s, err := syntax.Unquote(v.Text())
		return s, err == nil && s != ""
	}
	return "", false
}

package policypane

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"voxmesh/policy"
	"voxmesh/policy/syntax"
)

// value is what stands at a place of the file.
type value struct {
	text    string // as the form shows it and as it is typed
	present bool
	names   []string // of a list; nil where it is none
	wrong   string   // what was expected, where it is not that
}

// read gives the value of a field from its node; an absent one says nothing.
func read(f policy.Field, n syntax.Node) value {
	if !n.Valid() || n.Kind() == syntax.MissingNode {
		return value{}
	}
	v := value{present: true}
	switch f.Type {
	case policy.Texts:
		return readNames(f, n)
	case policy.Bool:
		switch string(n.Text()) {
		case "true":
			v.text = "yes"
		case "false":
			v.text = "no"
		default:
			v.text, v.wrong = raw(n), "true or false"
		}
		return v
	case policy.Int, policy.Decimal:
		v.text = raw(n)
		if n.Kind() != syntax.NumberNode {
			v.wrong = expected(f)
			return v
		}
	default:
		s, ok := nameOf(n)
		if !ok {
			v.text, v.wrong = raw(n), expected(f)
			return v
		}
		v.text = shown(s, false)
	}
	if !sound(f, v.text) {
		v.wrong = expected(f)
	}
	return v
}

func readNames(f policy.Field, n syntax.Node) value {
	v := value{present: true, wrong: expected(f), text: raw(n)}
	if n.Kind() != syntax.ListNode {
		return v
	}
	names := []string{}
	for e := range n.Children() {
		s, ok := nameOf(e)
		if !ok || s == "" {
			return v
		}
		names = append(names, s)
	}
	v.names, v.text, v.wrong = names, writeList(names), ""
	if !sound(f, v.text) {
		v.wrong = expected(f)
	}
	return v
}

// mostRaw bounds what is shown of a value that the form cannot read.
const mostRaw = 200

func raw(n syntax.Node) string {
	text := n.Text()
	if len(text) > mostRaw {
		text = text[:mostRaw]
	}
	return string(text)
}

// nameOf is a name, bare or in quotes.
func nameOf(n syntax.Node) (string, bool) {
	switch n.Kind() {
	case syntax.NameNode:
		return string(n.Text()), true
	case syntax.StringNode:
		s, err := syntax.Unquote(n.Text())
		return s, err == nil
	}
	return "", false
}

// numberOf is a whole number, 0 where there is none.
func numberOf(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// sound reports whether a field takes what is typed. Nothing at all takes a field out of the file, where it may be absent.
func sound(f policy.Field, text string) bool {
	if text == "" {
		return !f.Required
	}
	switch f.Type {
	case policy.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		return err == nil && n >= f.Min && n <= f.Max && text[0] != '+'
	case policy.Decimal:
		n, ok := micros(text)
		return ok && n >= f.Min && n <= f.Max
	case policy.Choice:
		return slices.Contains(f.Choices, text)
	case policy.Clock:
		return clock(text) || f.Name == "to" && text == "24:00"
	case policy.Texts:
		names, ok := readList(text)
		return ok && (len(f.Choices) == 0 || !slices.ContainsFunc(names, func(n string) bool {
			return !slices.Contains(f.Choices, n) && n != wordAny && n != wordNone
		}))
	}
	s, ok := readName(text)
	return ok && s != "" && s != "true" && s != "false"
}

func clock(s string) bool {
	if len(s) != 5 || s[2] != ':' {
		return false
	}
	h, err := strconv.ParseUint(s[:2], 10, 8)
	m, err2 := strconv.ParseUint(s[3:], 10, 8)
	return err == nil && err2 == nil && h < 24 && m < 60
}

// micros reads a number with at most six decimals, in millionths.
func micros(s string) (int64, bool) {
	const decimals = 6
	whole, part, _ := strings.Cut(s, ".")
	if len(part) > decimals || strings.Trim(whole+part, "0123456789") != "" || whole == "" || strings.HasSuffix(s, ".") {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", decimals-len(part)), 10, 64)
	return n, err == nil
}

// span says in a few words what a field takes.
func span(f policy.Field) string {
	switch f.Type {
	case policy.Int:
		s := fmt.Sprintf("%d to %d", f.Min, f.Max)
		if f.Unit != "" {
			s += " " + f.Unit
		}
		return s
	case policy.Decimal:
		return fmt.Sprintf("%d to %d %s", f.Min/1e6, f.Max/1e6, f.Unit)
	case policy.Bool, policy.Record:
		return "yes or no"
	case policy.Choice:
		return either(f.Choices)
	case policy.Clock:
		return "a time of day"
	case policy.Texts:
		if len(f.Choices) > 0 {
			return "of " + strings.Join(f.Choices, " ")
		}
		return "names, with commas between"
	case policy.Text:
		return "a name"
	}
	return "a table"
}

// expected says what a field takes, in the words for one who typed something else.
func expected(f policy.Field) string {
	switch f.Type {
	case policy.Int:
		return fmt.Sprintf("a whole number from %d to %d", f.Min, f.Max)
	case policy.Decimal:
		return fmt.Sprintf("%d to %d, with at most six decimals", f.Min/1e6, f.Max/1e6)
	case policy.Clock:
		return "a time of day, as in 07:30"
	case policy.Texts:
		if len(f.Choices) > 0 {
			return "some of " + strings.Join(f.Choices, ", ")
		}
		return "names, with commas between"
	case policy.Choice:
		return either(f.Choices)
	}
	return span(f)
}

func either(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}

// literal writes what was typed as the file has it.
func literal(f policy.Field, text string) string {
	switch f.Type {
	case policy.Text, policy.Clock:
		s, _ := readName(text)
		return syntax.Quote(s)
	case policy.Int:
		return strconv.FormatInt(numberOf(text), 10)
	}
	return text
}

package policy

import (
	"bytes"
	"slices"
	"strings"

	"voxmesh/policy/syntax"
)

// write gives the text of a new value. Names are bare where that is legal and quote does not ask for quotes; within one
// list all are written alike.
func write(f Field, v val, quote bool) string {
	switch v.shape {
	case isText:
		if quote || f.Type == Clock || !legalName(v.text) {
			return syntax.Quote(v.text)
		}
		return v.text
	case isList:
		e := elementOf(f)
		if f.Type == Texts {
			quote = quote || slices.ContainsFunc(v.items, func(i val) bool { return !legalName(i.text) })
		}
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = write(e, item, quote)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case isRecord:
		if len(v.fields) == 0 {
			return "{}"
		}
		var parts []string
		for _, m := range v.fields {
			if i := indexField(f.Fields, m.name); i >= 0 {
				parts = append(parts, m.name+": "+write(f.Fields[i], m.val, false))
			}
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	}
	return v.text
}

// legalName reports whether a name means itself when it is written bare.
func legalName(s string) bool {
	if s == "true" || s == "false" {
		return false
	}
	toks := syntax.Parse([]byte(s)).Tokens()
	return len(toks) == 2 && toks[0].Kind == syntax.Ident
}

// ordered gives a record with its fields in canonical order.
func ordered(f Field, v val) val {
	if v.shape == isList {
		v.items = slices.Clone(v.items)
		for i := range v.items {
			v.items[i] = ordered(elementOf(f), v.items[i])
		}
	}
	if v.shape == isRecord {
		v.fields = slices.Clone(v.fields)
		slices.SortStableFunc(v.fields, func(a, b member) int {
			return indexField(f.Fields, a.name) - indexField(f.Fields, b.name)
		})
	}
	return v
}

// writeLike gives the text of a new element of a list the way those there are written.
func writeLike(list syntax.Node, f Field, v val) string {
	var last syntax.Node
	quote := false
	for e := range list.Children() {
		if e.Kind() == syntax.StringNode {
			quote = true
		}
		if e.Kind() != syntax.ErrorNode {
			last = e
		}
	}
	if v.shape != isRecord {
		return write(f, v, quote)
	}
	if last.Kind() != syntax.RecordNode || !last.Closed() || last.First().Kind() != syntax.FieldNode {
		return write(f, v, false)
	}
	if text, ok := fill(last, f, v); ok {
		return text
	}
	return lineOf(last, f, v)
}

// fill writes v into a copy of a record that has the same fields and no comments: with its blanks, order and quotes.
func fill(like syntax.Node, f Field, v val) (string, bool) {
	text := like.Text()
	if bytes.Contains(text, []byte("//")) || bytes.Contains(text, []byte("/*")) {
		return "", false
	}
	start, _ := like.Span()
	var edits []syntax.Edit
	for c := range like.Children() {
		to, ok := v.get(string(c.Name()))
		if c.Kind() != syntax.FieldNode || !ok || !c.Value().Valid() {
			return "", false
		}
		sub := f.Fields[indexField(f.Fields, string(c.Name()))]
		e := c.Value().Replace(write(sub, to, c.Value().Kind() == syntax.StringNode))
		e.Start, e.End = e.Start-start, e.End-start
		edits = append(edits, e)
	}
	if len(edits) != len(v.fields) {
		return "", false
	}
	out, err := syntax.Apply(text, edits...)
	return string(out), err == nil
}

// lineOf writes a record with the blanks of another: within its braces, after its colons, between its fields. One on
// many lines is taken for its lines.
func lineOf(like syntax.Node, f Field, v val) string {
	src := like.Text()
	first := like.First()
	pad := blanksBefore(src, first, like)
	colon := " "
	if value := first.Value(); value.Valid() {
		_, nameEnd := first.NameSpan()
		from, _ := value.Span()
		start, _ := like.Span()
		if gap := string(src[nameEnd-start : from-start]); strings.TrimSpace(gap) == ":" {
			colon = gap[strings.IndexByte(gap, ':')+1:]
		}
	}
	between, commas := between(src, first, like)
	var b strings.Builder
	b.WriteString("{" + pad)
	for i, m := range v.fields {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(m.name + ":" + colon + write(f.Fields[indexField(f.Fields, m.name)], m.val, quotesIn(like, m.name)))
	}
	end := blanksAfter(src)
	if commas && strings.HasSuffix(strings.TrimRight(string(src[:len(src)-1]), " \t\r\n"), ",") {
		b.WriteByte(',')
	}
	return b.String() + end + "}"
}

// quotesIn reports whether a record writes the field as a string.
func quotesIn(like syntax.Node, name string) bool {
	return like.Field(name).Value().Kind() == syntax.StringNode
}

// blanksBefore gives what stands between the opening brace and the first field, if that is blanks.
func blanksBefore(src []byte, first, like syntax.Node) string {
	start, _ := like.Span()
	from, _ := first.Span()
	if gap := string(src[1 : from-start]); strings.TrimSpace(gap) == "" {
		return gap
	}
	return " "
}

// blanksAfter gives the blanks before the closing brace.
func blanksAfter(src []byte) string {
	inner := src[1 : len(src)-1]
	return string(inner[len(bytes.TrimRight(inner, " \t\r\n")):])
}

// between gives what parts the first two fields, if that is blanks and a comma at most.
func between(src []byte, first, like syntax.Node) (gap string, commas bool) {
	start, _ := like.Span()
	_, end := first.Span()
	pad := blanksBefore(src, first, like)
	if second := first.Next(); second.Valid() {
		from, _ := second.Span()
		gap = string(src[end-start : from-start])
		if strings.TrimSpace(strings.Replace(gap, ",", "", 1)) == "" && gap != "" {
			return gap, strings.Contains(gap, ",")
		}
	}
	if strings.Contains(pad, "\n") {
		return "," + pad, true
	}
	if pad == "" {
		return ",", true
	}
	return ", ", true
}

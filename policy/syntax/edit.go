package syntax

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Edit replaces the bytes [Start, End) of a source by Text; Start == End inserts.
type Edit struct {
	Start, End int
	Text       string
}

// Apply gives src with the edits made. Edits may come in any order and must not overlap; insertions at one place keep
// the order in which they were given.
func Apply(src []byte, edits ...Edit) ([]byte, error) {
	es := slices.Clone(edits)
	slices.SortStableFunc(es, func(a, b Edit) int { return a.Start - b.Start })
	out := make([]byte, 0, len(src)+64)
	at := 0
	for _, e := range es {
		if e.Start < at || e.End < e.Start || e.End > len(src) {
			return nil, fmt.Errorf("edit of bytes %d to %d does not fit a source of %d bytes edited up to %d", e.Start, e.End, len(src), at)
		}
		out = append(append(out, src[at:e.Start]...), e.Text...)
		at = e.End
	}
	return append(out, src[at:]...), nil
}

// Replace plans the exchange of n itself, without what stands around it.
func (n Node) Replace(text string) Edit {
	start, end := n.Span()
	return Edit{start, end, text}
}

// Append plans the adding of elements at the end of a list, in the style of those that are there: on their own lines or
// on one, with or without commas, with or without a trailing one. Nil if n is no list with both of its brackets.
func (n Node) Append(texts ...string) []Edit {
	if n.Kind() != ListNode || !n.Closed() || len(texts) == 0 {
		return nil
	}
	items := n.items()
	if len(items) == 0 {
		return n.fill(texts)
	}
	last := items[len(items)-1]
	s := n.commas(items)
	end := last.t.off(last.end())
	at, trailing := last.afterComma()
	if indent, ok := last.startsLine(); ok {
		nl := n.t.newline(end)
		var b strings.Builder
		for i, text := range texts {
			b.WriteString(nl + indent + text)
			if trailing || s.used && i < len(texts)-1 {
				b.WriteByte(',')
			}
		}
		edits := []Edit{{n.t.lineTail(at), n.t.lineTail(at), b.String()}}
		if s.used && !trailing {
			edits = append([]Edit{{end, end, ","}}, edits...)
		}
		return edits
	}
	after := strings.TrimPrefix(s.gap, ",")
	if trailing {
		at := n.t.off(at)
		return []Edit{{at, at, after + strings.Join(texts, ","+after) + ","}}
	}
	return []Edit{{end, end, s.gap + strings.Join(texts, s.gap)}}
}

// fill plans the first elements of an empty list. Comments within it stay above them.
func (n Node) fill(texts []string) []Edit {
	t, d := n.t, &n.t.nodes[n.i]
	from, to := t.off(d.open+1), t.off(d.close)
	lastNL, comment := int32(-1), int32(-1)
	indent := ""
	for i := d.open + 1; i < d.close; i++ {
		switch t.toks[i].Kind {
		case Newline:
			lastNL = i
		case LineComment, BlockComment:
			comment = i
			if ind, ok := t.startsLine(i); ok {
				indent = ind
			}
		}
	}
	outer, ownLine := n.lineIndent()
	if indent == "" {
		indent = outer + n.unit()
	}
	lines := func(nl string) string {
		var b strings.Builder
		for _, text := range texts {
			b.WriteString(nl + indent + text + ",")
		}
		return b.String()
	}
	switch {
	case lastNL >= 0:
		at := t.off(lastNL) // a comment right before the closing bracket stays there, below the elements
		return []Edit{{at, at, lines(t.newline(at))}}
	case comment >= 0:
		at := t.off(comment + 1)
		return []Edit{{at, at, " " + strings.Join(texts, ", ")}}
	case ownLine && strings.HasPrefix(texts[0], "{"):
		nl := t.newline(from)
		return []Edit{{from, to, lines(nl) + nl + outer}}
	}
	return []Edit{{to, to, strings.Join(texts, ", ") + string(t.src[from:to])}}
}

// InsertField plans a new field in a block or record, after the given field, or as the first one where after is absent.
// text is the whole field, without a comma. Nil if n has not both of its brackets.
func (n Node) InsertField(after Node, text string) []Edit {
	if k := n.Kind(); (k != BlockNode && k != RecordNode) || !n.Closed() {
		return nil
	}
	items := n.items()
	if len(items) == 0 {
		return n.firstField(text)
	}
	indent, many := "", false
	for _, f := range items {
		if ind, ok := f.startsLine(); ok {
			indent, many = ind, true
			break
		}
	}
	s := n.commas(items)
	if !after.Valid() {
		return n.fieldBefore(items[0], many, indent, s, text)
	}
	end := after.t.off(after.end())
	at, comma := after.afterComma()
	if many && n.t.lineEnds(at) {
		nl := n.t.newline(end)
		place := n.t.lineTail(at)
		switch {
		case comma:
			return []Edit{{place, place, nl + indent + text + ","}}
		case s.used:
			return []Edit{{end, end, ","}, {place, place, nl + indent + text}}
		}
		return []Edit{{place, place, nl + indent + text}}
	}
	if comma {
		p := n.t.off(at)
		return []Edit{{p, p, strings.TrimPrefix(s.gap, ",") + text + ","}}
	}
	return []Edit{{end, end, s.gap + text}}
}

// fieldBefore plans a field in front of the first one: on a line of its own right after the opening bracket, so that
// comments above the first field stay with it.
func (n Node) fieldBefore(first Node, many bool, indent string, s separators, text string) []Edit {
	if s.used {
		text += ","
	}
	open := n.t.nodes[n.i].open
	if _, ok := first.startsLine(); ok && many && n.t.lineEnds(open+1) {
		at := n.t.lineTail(open + 1)
		return []Edit{{at, at, n.t.newline(at) + indent + text}}
	}
	start, _ := first.Span()
	return []Edit{{start, start, text + " "}}
}

// firstField plans the only field of an empty block or record.
func (n Node) firstField(text string) []Edit {
	t, d := n.t, &n.t.nodes[n.i]
	from, to := t.off(d.open+1), t.off(d.close)
	outer, _ := n.lineIndent()
	if n.Kind() == RecordNode && !bytes.Contains(t.src[from:to], []byte("\n")) {
		return []Edit{{to, to, " " + text + " "}}
	}
	nl := t.newline(from)
	line := nl + outer + n.unit() + text
	for i := d.close - 1; i > d.open; i-- {
		if t.toks[i].Kind == Newline {
			return []Edit{{t.off(i), t.off(i), line}}
		}
	}
	if len(bytes.TrimSpace(t.src[from:to])) > 0 { // a comment on the same line
		return []Edit{{to, to, line + nl + outer}}
	}
	return []Edit{{from, to, line + nl + outer}}
}

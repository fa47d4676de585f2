package syntax

import (
	"slices"
	"strings"
)

// InsertField plans a new field in a block or record, after the given field (or block), or as the first one where after
// is absent. text is the whole field, without a comma. Comments stay with the fields that they belong to. Nil if n has
// not both of its brackets, after is not within it, or the source would become too large.
func (n Node) InsertField(after Node, text string) []Edit {
	b, ok := n.body()
	if k := n.Kind(); !ok || k != BlockNode && k != RecordNode || !writable([]string{text}) {
		return nil
	}
	switch i := slices.Index(b.kids, after); {
	case i >= 0:
		return b.t.fits(b.after(i, []string{text}))
	case after.Valid():
		return nil
	case len(b.kids) == 0:
		if !b.gap(0).sound || b.gap(0).comma >= 0 {
			return nil
		}
		return b.t.fits(n.firstField(text))
	}
	return b.t.fits(b.before(0, []string{text}))
}

// fill plans the first elements of an empty list. Comments within it stay above them.
func (n Node) fill(texts []string) []Edit {
	t, d := n.t, &n.t.nodes[n.i]
	from, to := t.off(d.open+1), t.off(d.close)
	g := t.gap(d.open+1, d.close)
	outer, ownLine := n.lineIndent()
	indent := ""
	for i := d.open + 1; i < d.close; i++ {
		if k := t.toks[i].Kind; k == LineComment || k == BlockComment {
			if ind, ok := t.startsLine(i); ok {
				indent = ind
			}
		}
	}
	if indent == "" {
		indent = outer + n.unit()
	}
	switch {
	case g.last >= 0:
		at := t.off(g.last) // a comment right before the closing bracket stays there, below the elements
		nl := t.newline(at)
		return []Edit{{at, at, nl + strings.TrimSuffix(lines(indent, texts, ",", nl), nl)}}
	case t.comment(g.from, g.to) >= 0:
		at := t.off(t.trimmed(g.to))
		return []Edit{{at, at, " " + strings.Join(texts, ", ")}}
	case ownLine && strings.HasPrefix(texts[0], "{"):
		nl := t.newline(from)
		return []Edit{{from, to, nl + lines(indent, texts, ",", nl) + outer}}
	}
	return []Edit{{to, to, strings.Join(texts, ", ") + string(t.src[from:to])}}
}

// firstField plans the only field of an empty block or record.
func (n Node) firstField(text string) []Edit {
	t, d := n.t, &n.t.nodes[n.i]
	from, to := t.off(d.open+1), t.off(d.close)
	g := t.gap(d.open+1, d.close)
	outer, _ := n.lineIndent()
	nl := t.newline(from)
	line := nl + outer + n.unit() + text
	switch {
	case g.last >= 0:
		return []Edit{{t.off(g.last), t.off(g.last), line}}
	case n.Kind() == RecordNode:
		at := t.off(t.trimmed(g.to))
		return []Edit{{at, to, " " + text + " "}}
	case t.comment(g.from, g.to) >= 0:
		return []Edit{{t.off(t.trimmed(g.to)), to, line + nl + outer}}
	}
	return []Edit{{from, to, line + nl + outer}}
}

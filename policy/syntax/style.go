package syntax

import (
	"bytes"
	"strings"
)

// end is the token after n.
func (n Node) end() int32 { return n.t.nodes[n.i].end }

// separators is how the elements of a list or the fields of a record are parted.
type separators struct {
	used  bool   // by commas
	gap   string // what stands between two of them on one line
	after string // the part of gap behind the comma
}

// separators looks at how the kids of b, of which there is at least one, are parted around gap at. A single one says nothing, unless
// it has a comma: then a record is like those beside it, lists and records get commas and blocks none, as in the plan's file.
func (b body) separators(at int) separators {
	s := separators{gap: " ", after: " "}
	if b.n.Kind() == FileNode {
		return s
	}
	if s.used = b.gap(1).comma >= 0; !s.used && len(b.kids) == 1 {
		s.used = b.n.Kind() != BlockNode && b.besideUsed()
	}
	if s.used {
		s.gap = ", "
	}
	if len(b.kids) < 2 {
		return s
	}
	for _, i := range []int{at, len(b.kids) - 1} { // there, or between the last two
		if i == 0 || i >= len(b.kids) {
			continue
		}
		g := b.gap(i)
		text := b.t.text(g.from, g.to)
		if text != "" && g.first < 0 && (g.comma >= 0) == s.used && strings.Trim(text, " \t,") == "" {
			s.gap, s.after = text, strings.TrimLeft(strings.TrimLeft(text, " \t"), ",")
			return s
		}
	}
	return s
}

// besideUsed reports whether the records beside b part their fields by commas; true if none of them says.
func (b body) besideUsed() bool {
	if b.n.Kind() != RecordNode || b.n.Parent().Kind() != ListNode {
		return true
	}
	for r := range b.n.Parent().Children() {
		if first := r.First(); r.Kind() == RecordNode && first.Next().Valid() {
			return b.t.gap(first.end(), first.Next().start()).comma >= 0
		}
	}
	return true
}

// startsLine reports whether n is the first thing on its line, and the blanks before it.
func (n Node) startsLine() (indent string, ok bool) { return n.t.startsLine(n.t.nodes[n.i].first) }

func (t *Tree) startsLine(tok int32) (indent string, ok bool) {
	i := tok
	for i > 0 && t.toks[i-1].Kind == Space {
		i--
	}
	if i > 0 && t.toks[i-1].Kind != Newline && t.toks[i-1].Kind != BOM {
		return "", false
	}
	return string(t.src[t.off(i):t.off(tok)]), true
}

// lineIndent gives the blanks that begin the line of n, and whether that line begins with n's own field or with n.
func (n Node) lineIndent() (indent string, own bool) {
	start, _ := n.Span()
	line, _ := n.t.Position(start)
	text, _ := n.t.Line(line)
	indent = string(text[:len(text)-len(bytes.TrimLeft(text, " \t"))])
	at := n
	if p := n.Parent(); p.Kind() == FieldNode {
		at = p
	}
	_, own = at.startsLine()
	// A block on one line begins its line too; but what is in it does not.
	return indent, own && at.Kind() != BlockNode
}

// unit is what one step of indentation looks like in this file.
func (n Node) unit() string {
	for at := n; at.Valid() && at.Kind() != FileNode; at = at.Parent() {
		outer, _ := at.lineIndent()
		for c := range at.Children() {
			if at.Kind() == FieldNode {
				break
			}
			if inner, ok := c.startsLine(); ok && len(inner) > len(outer) && strings.HasPrefix(inner, outer) {
				return inner[len(outer):]
			}
		}
	}
	if outer, _ := n.lineIndent(); strings.Contains(outer, "\t") {
		return "\t"
	}
	return "  "
}

// newline gives the line end in use near a byte offset: the next one, or the one before, or "\n".
func (t *Tree) newline(off int) string {
	i := bytes.IndexByte(t.src[off:], '\n')
	if i >= 0 {
		i += off
	} else if i = bytes.LastIndexByte(t.src[:off], '\n'); i < 0 {
		return "\n"
	}
	if i > 0 && t.src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineEnds reports whether nothing but trivia follows on the line from token tok on.
func (t *Tree) lineEnds(tok int32) bool {
	for i := tok; ; i++ {
		switch k := t.toks[i].Kind; {
		case k == Newline:
			return true
		case !k.trivia():
			return false
		}
	}
}

// lineTail gives the offset where a new line may be put after token tok-1: behind the comments of its line, or right
// there if something else follows on the line.
func (t *Tree) lineTail(tok int32) int {
	if !t.lineEnds(tok) {
		return t.off(tok)
	}
	i := tok
	for t.toks[i].Kind != Newline {
		i++
	}
	return t.off(i)
}

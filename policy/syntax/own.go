package syntax

import "slices"

// Whose a comment is decides what goes along when something is removed or moved, and between what a new thing may
// stand. Between two neighbours within brackets stand trivia and at most one comma. Lines are those that line ends make;
// a block comment over several lines is a piece of the line on which it begins.
//
//   - What stands on the line of the first neighbour's end is its own: `a: 1, // note`.
//   - Comments on lines of their own, directly above the second neighbour, are its own, up to the first blank line; but
//     not where others share the line of the second neighbour: then they are about the line.
//   - Comments before the second neighbour on its line are its own: `/* one */ b`.
//   - With both on one line, a comma parts the comments; without one they are the first neighbour's, and before the
//     closing bracket the comma parts them too.
//   - The rest is nobody's and stays: what stands on the line of the opening bracket, with nothing else after it; below
//     the last neighbour; before the closing bracket on its line; above a blank line.

// gap is what stands between two neighbours, or between one and the bracket.
type gap struct {
	t           *Tree
	from, to    int32 // its tokens
	comma       int32 // -1 if there is none
	first, last int32 // its first and its last line end, -1 if there is none
	sound       bool  // trivia and at most one comma
}

func (t *Tree) gap(from, to int32) gap {
	g := gap{t: t, from: from, to: to, comma: -1, first: -1, last: -1, sound: true}
	t.look(from, to)
	for i := from; i < to; i++ {
		switch k := t.toks[i].Kind; {
		case k == Newline:
			if g.first < 0 {
				g.first = i
			}
			g.last = i
		case k == Comma && g.comma < 0:
			g.comma = i
		case !k.trivia():
			g.sound = false
		}
	}
	return g
}

// leads reports whether the comma begins the line of the second neighbour.
func (g gap) leads() bool { return g.last >= 0 && g.comma > g.last }

// loose reports whether the comma stands on a line of neither neighbour.
func (g gap) loose() bool { return g.comma > g.first && g.comma < g.last && g.first >= 0 }

func (t *Tree) look(from, to int32) {
	if t.looked != nil {
		*t.looked += int(to - from)
	}
}

// lineEnd gives the token that begins the line after that of the first neighbour.
func (g gap) lineEnd() int32 {
	if g.first < 0 {
		return g.to
	}
	return g.first + 1
}

// comment gives the first comment in the tokens [from, to), or -1.
func (t *Tree) comment(from, to int32) int32 {
	for i := from; i < to; i++ {
		t.look(i, i+1)
		if k := t.toks[i].Kind; k == LineComment || k == BlockComment {
			return i
		}
	}
	return -1
}

// body is a block, list, record or file with what stands directly within it.
type body struct {
	n           Node
	t           *Tree
	kids        []Node // errors are among them
	open, close int32  // the brackets; of a file -1 and the end
}

// body gives what is within n. False for a node without both of its brackets, and for one that has none.
func (n Node) body() (body, bool) {
	b, ok := n.bodyOf()
	if ok {
		b.t.look(0, int32(len(b.kids)))
	}
	return b, ok
}

func (n Node) bodyOf() (body, bool) {
	switch n.Kind() {
	case FileNode:
		return body{n, n.t, slices.Collect(n.Children()), -1, int32(len(n.t.toks) - 1)}, true
	case BlockNode, ListNode, RecordNode:
		if n.Closed() {
			d := &n.t.nodes[n.i]
			return body{n, n.t, slices.Collect(n.Children()), d.open, d.close}, true
		}
	}
	return body{}, false
}

// place finds n in what is around it.
func (n Node) place() (body, int, bool) {
	if !n.Valid() || n.i == 0 {
		return body{}, 0, false
	}
	b, ok := n.Parent().body()
	if !ok {
		return body{}, 0, false
	}
	i := slices.Index(b.kids, n)
	return b, i, i >= 0
}

// values reports whether all that is within b are sound elements of a list.
func (b body) values() bool {
	for _, k := range b.kids {
		switch k.Kind() {
		case NameNode, NumberNode, StringNode:
		case ListNode, RecordNode:
			if !k.Closed() {
				return false
			}
		default:
			return false
		}
	}
	return b.n.Kind() == ListNode
}

// gap gives what stands before kid i; at the number of kids, what stands before the closing bracket.
func (b body) gap(i int) gap {
	from, to := b.open+1, b.close
	if i > 0 {
		from = b.kids[i-1].end()
	}
	if i < len(b.kids) {
		to = b.kids[i].start()
	}
	return b.t.gap(from, to)
}

// start is the first token of n.
func (n Node) start() int32 { return n.t.nodes[n.i].first }

// starts reports whether kid i is the first of its line, but for its own comments and a comma.
func (b body) starts(i int) bool { return b.gap(i).last >= 0 || i == 0 && b.n.Kind() == FileNode }

// ends reports whether kid i is the last of its line, but for its own comments and a comma.
func (b body) ends(i int) bool {
	return b.gap(i+1).first >= 0 || i == len(b.kids)-1 && b.n.Kind() == FileNode
}

// shared reports whether another kid follows on the line on which kid i ends.
func (b body) shared(i int) bool { return i+1 < len(b.kids) && b.gap(i+1).first < 0 }

// lead gives the first token of what kid i has for itself: of its comments, of a comma that leads its line, or its own.
func (b body) lead(i int) int32 {
	if b.shared(i) {
		return b.leadValue(i)
	}
	return b.leadAbove(i)
}

// leadLine is lead on the line of the kid itself.
func (b body) leadLine(i int) int32 {
	g := b.gap(i)
	from := g.from
	if g.last >= 0 {
		from = g.last + 1
		if g.leads() {
			from = min(g.comma, b.t.commentOr(from, g.comma))
			return from
		}
	} else if g.comma >= 0 {
		from = g.comma + 1
	} else if i > 0 {
		return g.to
	}
	return b.t.commentOr(from, g.to)
}

// leadValue is leadLine without a comma that leads.
func (b body) leadValue(i int) int32 {
	g := b.gap(i)
	if g.leads() {
		return b.t.commentOr(g.comma+1, g.to)
	}
	return b.leadLine(i)
}

func (t *Tree) commentOr(from, to int32) int32 {
	if c := t.comment(from, to); c >= 0 {
		return c
	}
	return to
}

// leadAbove is leadLine with the comments right above the line.
func (b body) leadAbove(i int) int32 {
	g, lead := b.gap(i), b.leadLine(i)
	for end := g.last; end >= g.from; {
		start := end - 1
		for start >= g.from && b.t.toks[start].Kind != Newline {
			b.t.look(start, start+1)
			start--
		}
		if start < g.from && (g.from > 0 || b.open >= 0) {
			break // the line of what is before
		}
		c := b.t.comment(start+1, end)
		if c < 0 || g.comma > start && g.comma < end {
			break
		}
		lead, end = c, start
	}
	return lead
}

// tail gives the token after what kid i has for itself: after its comma and the comments behind it on its last line.
func (b body) tail(i int) int32 {
	g := b.gap(i + 1)
	to := g.to
	switch {
	case g.first >= 0:
		to = g.first
	case g.comma >= 0:
		to = g.comma + 1
	}
	for to > g.from && b.t.toks[to-1].Kind == Space {
		to--
	}
	return to
}

// trimmed gives the token after the last one before tok that is no blank.
func (t *Tree) trimmed(tok int32) int32 {
	for tok > 0 && t.toks[tok-1].Kind == Space {
		tok--
	}
	return tok
}

// lineStart gives the token that begins the line of tok.
func (t *Tree) lineStart(tok int32) int32 {
	for tok > 0 && t.toks[tok-1].Kind != Newline && t.toks[tok-1].Kind != BOM {
		t.look(tok, tok+1)
		tok--
	}
	return tok
}

// text gives the bytes of the tokens [from, to).
func (t *Tree) text(from, to int32) string { return string(t.src[t.off(from):t.off(to)]) }

// blanks gives the blanks that begin the line of tok.
func (t *Tree) blanks(tok int32) string {
	from := t.lineStart(tok)
	to := from
	for t.toks[to].Kind == Space {
		to++
	}
	return t.text(from, to)
}

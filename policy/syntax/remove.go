package syntax

// Remove plans the removal of an element of a list, of a field or block within a block or record, or of a block of the
// file, with the comma that parts it from the others and the comments that are its own: those behind it on its last
// line, those before it on its line, and those right above it, up to a blank line, unless siblings share its line.
// Lines that it had for itself go wholly; blank lines stay. What stands on the line of the opening bracket, or below
// the last element, stays. A list or record of which the only element goes closes up to [] or {} if nothing else
// is in it; a block of many lines keeps them. Nil if the brackets around it or within it are not sound, for an error, and
// for what stands between neither commas nor brackets.
func (n Node) Remove() []Edit {
	b, k, ok := n.place()
	if !ok || !n.removable() {
		return nil
	}
	pre, post := b.gap(k), b.gap(k+1)
	if !pre.sound || !post.sound || b.besideError(k) {
		return nil
	}
	s, e := b.removal(k, pre, post)
	edits := []Edit{b.t.cut(s, e)}
	kept := func(g gap) bool {
		return g.comma >= 0 && (b.t.off(g.comma) < s || b.t.off(g.comma) >= e)
	}
	switch {
	case kept(post) && (k == 0 || kept(pre)):
		edits = append(edits, b.t.dropComma(post.comma))
	case kept(pre) && k == len(b.kids)-1 && post.comma < 0:
		edits = append([]Edit{b.t.dropComma(pre.comma)}, edits...)
	}
	return edits
}

// removable reports whether n is something that stands by itself and whose end is known.
func (n Node) removable() bool {
	switch n.Kind() {
	case FieldNode, BlockNode, NameNode, NumberNode, StringNode, ListNode, RecordNode:
	default:
		return false
	}
	if p := n.Parent().Kind(); p == FieldNode || p == ErrorNode {
		return false
	}
	return n.allClosed()
}

func (n Node) allClosed() bool {
	switch n.Kind() {
	case BlockNode, ListNode, RecordNode:
		if !n.Closed() {
			return false
		}
	}
	for c := range n.Children() {
		if !c.allClosed() {
			return false
		}
	}
	return true
}

// besideError reports whether an error shares a line with kid k: what belongs to what is not known there.
func (b body) besideError(k int) bool {
	return k > 0 && b.kids[k-1].Kind() == ErrorNode && !b.starts(k) || b.shared(k) && b.kids[k+1].Kind() == ErrorNode
}

// removal gives the bytes that go with kid k, of one piece. A comma may be left on either side of them.
func (b body) removal(k int, pre, post gap) (s, e int) {
	t, lead, tail := b.t, b.lead(k), b.tail(k)
	starts, ends := b.starts(k), b.ends(k)
	switch next := k+1 < len(b.kids); {
	case b.alone() && t.comment(b.open+1, lead) < 0 && t.comment(tail, b.close) < 0 && (b.n.Kind() != BlockNode || !ends):
		return t.off(b.open + 1), t.off(b.close)
	case k == 0 && next && post.leads() && t.comment(post.first, post.comma) < 0:
		// The line of the next one has its comma first, and the first one has none: the next one takes its place.
		return t.off(lead), t.off(b.leadValue(k + 1))
	case starts && ends:
		return t.off(t.lineStart(lead)), t.off(post.lineEnd())
	case next && !ends:
		return t.off(b.leadValue(k)), t.off(b.leadLine(k + 1))
	case ends:
		if !next && post.comma < 0 && pre.comma >= 0 {
			lead = pre.comma
		}
		return t.off(t.trimmed(lead)), t.off(tail)
	}
	return b.lastBeforeBracket(k, pre, post, lead, tail)
}

// alone reports whether b has brackets and one kid.
func (b body) alone() bool { return len(b.kids) == 1 && b.open >= 0 }

// lastBeforeBracket is the removal of the last kid when the closing bracket stands on its line.
func (b body) lastBeforeBracket(k int, pre, post gap, lead, tail int32) (s, e int) {
	t := b.t
	if pre.last < 0 { // and what is before it too
		if post.comma < 0 && pre.comma >= 0 {
			lead = pre.comma
		}
		return t.off(t.trimmed(lead)), t.off(tail)
	}
	above := pre.first
	if t.hasLine(pre.from, above) || post.comma >= 0 && pre.comma >= 0 && t.comment(pre.comma, above) >= 0 {
		above = -1 // a line comment would swallow the bracket; another, behind the comma, would become the bracket's
	}
	if k == 0 || above < 0 || t.comment(above, lead) >= 0 || pre.loose() {
		for t.toks[tail].Kind == Space {
			tail++
		}
		return t.off(lead), t.off(tail)
	}
	return t.off(t.trimmed(above)), t.off(tail)
}

// cut plans the removal of bytes, with a blank in their stead if their neighbours would become one word.
func (t *Tree) cut(s, e int) Edit {
	if s > 0 && e < len(t.src) && glues(t.src[s-1], t.src[e]) {
		return Edit{s, e, " "}
	}
	return Edit{s, e, ""}
}

// dropComma plans the removal of a comma alone: with its line if nothing else is on it, with the blanks after it if it
// begins a line, with those before it if not.
func (t *Tree) dropComma(comma int32) Edit {
	from, to := t.trimmed(comma), comma+1
	if from == t.lineStart(comma) {
		for t.toks[to].Kind == Space {
			to++
		}
		if t.toks[to].Kind == Newline {
			return Edit{t.off(from), t.off(to + 1), ""}
		}
		from = comma
	}
	return t.cut(t.off(from), t.off(to))
}

// glues reports whether two bytes side by side belong to one name or number.
func glues(a, b byte) bool {
	word := func(c byte) bool {
		k := classes[c]
		return k == cLetter || k == cDigit || k == cHigh || c == '.'
	}
	return word(a) && (word(b) || b == '-')
}

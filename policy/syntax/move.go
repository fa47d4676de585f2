package syntax

import "strings"

// MoveTo plans moving an element of a list to index i, counted without itself, with the comments that are its own. The
// separators stay as they are: lines change places, and where the last one has no comma, that stays so; on one line the
// elements change places. An index behind the end is the last place. Nil where nothing changes, for an index below 0,
// and where Insert and Remove are.
func (n Node) MoveTo(i int) []Edit {
	b, k, ok := n.place()
	if !ok || i < 0 || !b.values() || !n.allClosed() {
		return nil
	}
	if i = min(i, len(b.kids)-1); i == k {
		return nil
	}
	for j := min(i, k); j <= max(i, k)+1; j++ {
		if !b.gap(j).sound {
			return nil
		}
	}
	if b.movesLine(k, i) {
		return b.t.fits(b.moveLine(k, i))
	}
	if edits := b.rotate(k, i); edits != nil {
		return b.t.fits(edits)
	}
	return b.t.fits(b.carry(k, i))
}

// movesLine reports whether kid k has its lines for itself and can be put between the lines at i with its comma.
func (b body) movesLine(k, i int) bool {
	pre, post := b.gap(k), b.gap(k+1)
	if !b.starts(k) || !b.ends(k) || pre.loose() || post.loose() {
		return false
	}
	if pre.leads() || post.leads() {
		next := b.gap(i + 1)
		behind := post.comma >= 0 && !post.leads()
		fits := next.leads() || next.comma < 0 && next.first >= 0 && i == len(b.kids)-1
		return pre.leads() && !behind && i > 0 && b.gap(i).leads() && (i < k || fits)
	}
	if i < k {
		g := b.gap(i)
		return g.last >= 0 && !g.leads() && !g.loose() && b.t.off(b.t.lineStart(b.leadAbove(i))) <= b.t.off(b.kids[i].start())
	}
	g := b.gap(i + 1)
	return g.first >= 0 && (g.comma < 0 || g.comma < g.first)
}

// moveLine plans the move of whole lines. The comma changes hands where the last place is left or taken.
func (b body) moveLine(k, i int) []Edit {
	t, post, kid := b.t, b.gap(k+1), b.kids[k]
	from, to := t.off(t.lineStart(b.lead(k))), t.off(post.lineEnd())
	at := t.off(t.lineStart(b.leadAbove(i)))
	if i > k {
		at = t.off(b.gap(i + 1).lineEnd())
	}
	text := string(t.src[from:to])
	edits := []Edit{{from, to, ""}}
	other := -1
	switch last := len(b.kids) - 1; {
	case k == last:
		other = last - 1
	case i == last:
		other = last
	}
	if other >= 0 && !b.gap(max(k, 1)).leads() {
		comma := b.gap(other + 1).comma
		switch {
		case post.comma < 0 && comma >= 0:
			end := t.off(kid.end()) - from
			text = text[:end] + "," + text[end:]
			edits = append(edits, t.dropComma(comma))
		case post.comma >= 0 && comma < 0:
			cut := t.dropComma(post.comma)
			text = text[:cut.Start-from] + cut.Text + text[cut.End-from:]
			end := t.off(b.kids[other].end())
			edits = append(edits, Edit{end, end, ","})
		}
	}
	return append(edits, Edit{at, at, text})
}

// rotate plans the move within one line: what stands between the elements stays where it is. Nil where the elements from
// k to i are not on one line, or a comment would not go along.
func (b body) rotate(k, i int) []Edit {
	t, lo, hi := b.t, min(i, k), max(i, k)
	from, to := make([]int, 0, hi-lo+1), make([]int, 0, hi-lo+1)
	for j := lo; j <= hi; j++ {
		if j > lo && b.gap(j).first >= 0 {
			return nil
		}
		s, e, ok := b.hole(j)
		if !ok || j > lo && s == to[j-lo-1] {
			return nil
		}
		from, to = append(from, s), append(to, e)
	}
	same := true
	for j := 1; j < len(from)-1; j++ {
		same = same && string(t.src[to[j-1]:from[j]]) == string(t.src[to[j]:from[j+1]])
	}
	text := func(j int) string { return string(t.src[from[j]:to[j]]) }
	last := hi - lo
	switch {
	case same && k > i:
		return []Edit{t.insert(from[0], text(last)+string(t.src[to[last-1]:from[last]])), t.cut(to[last-1], to[last])}
	case same:
		return []Edit{t.cut(from[0], from[1]), t.insert(to[last], string(t.src[to[0]:from[1]])+text(0))}
	}
	edits := make([]Edit, 0, last+1)
	for j := range from {
		put := j + 1
		if k > i {
			put = j - 1
		}
		edits = append(edits, t.exchange(from[j], to[j], text((put+last+1)%(last+1))))
	}
	return edits
}

// hole gives the bytes of kid j with its comments, up to its comma. False where a comment stands behind the comma, or
// runs to the end of the line.
func (b body) hole(j int) (s, e int, ok bool) {
	t, g, kid := b.t, b.gap(j+1), b.kids[j]
	end := b.tail(j)
	if g.comma >= 0 && g.comma < end {
		if t.comment(g.comma, end) >= 0 {
			return 0, 0, false
		}
		end = t.trimmed(g.comma)
	}
	for c := kid.end(); c < end; c++ {
		if t.toks[c].Kind == LineComment {
			return 0, 0, false
		}
	}
	return t.off(b.leadValue(j)), t.off(end), b.leadValue(j) == b.lead(j) || b.shared(j) || b.gap(j).leads()
}

// carry plans the move where the element is in another layout than its new place: it is taken out and put in.
func (b body) carry(k, i int) []Edit {
	t, n, pre, post := b.t, b.kids[k], b.gap(k), b.gap(k+1)
	out := n.Remove()
	if out == nil {
		return nil
	}
	lead, end := b.leadLine(k), b.tail(k)
	p := piece{core: t.text(lead, n.end()), tail: t.text(n.end(), end)}
	if b.shared(k) {
		lead = b.leadValue(k)
		p.core = t.text(lead, n.end())
	}
	if pre.comma >= lead {
		p.core = t.text(lead, pre.comma) + strings.TrimLeft(t.text(pre.comma+1, n.end()), " \t")
	}
	if post.comma >= 0 && post.comma < end {
		p.tail = strings.TrimRight(t.text(n.end(), post.comma), " \t") + t.text(post.comma+1, end)
	}
	if above := b.lead(k); above < lead {
		p.above = t.text(above, t.lineStart(lead))
	}
	if p.above == "" && !t.hasLine(n.end(), end) {
		if i < k {
			return append(out, b.before(i, []string{p.core + p.tail})...)
		}
		return append(out, b.after(i, []string{p.core + p.tail})...)
	}
	if i < k {
		return append(out, b.pieceBefore(i, p)...)
	}
	return append(out, b.pieceAfter(i, p)...)
}

// piece is an element that is carried elsewhere, without its comma.
type piece struct {
	above string // comments on lines of their own, with the last line end
	core  string // with the comments before it on its line
	tail  string // comments behind it
}

// hasLine reports whether a line comment is among the tokens [from, to).
func (t *Tree) hasLine(from, to int32) bool {
	for i := from; i < to; i++ {
		if t.toks[i].Kind == LineComment {
			return true
		}
	}
	return false
}

// pieceBefore plans an element with comments that need lines of their own, before kid i.
func (b body) pieceBefore(i int, p piece) []Edit {
	t, nl := b.t, b.t.lineBreak(b.kids[i])
	if b.starts(i) {
		indent := t.blanks(b.kids[i].start())
		text := indent + p.above
		if p.above != "" {
			text += indent
		}
		if b.gap(i).leads() {
			text += ", " + p.core + p.tail + nl
		} else {
			text += p.core + "," + p.tail + nl
		}
		return []Edit{t.insert(t.off(t.lineStart(b.leadAbove(i))), text)}
	}
	indent, _ := b.indent()
	text := nl + indent + p.above
	if p.above != "" {
		text += indent
	}
	at := b.leadLine(i)
	return []Edit{{t.off(t.trimmed(at)), t.off(at), text + p.core + "," + p.tail + nl + indent}}
}

// pieceAfter is pieceBefore, after kid i.
func (b body) pieceAfter(i int, p piece) []Edit {
	t, kid, post := b.t, b.kids[i], b.gap(i+1)
	nl := t.newline(t.off(kid.end()))
	indent, _ := b.indent()
	at := b.tail(i)
	here := post.comma >= 0 && post.comma < at
	text := nl + indent + p.above
	if p.above != "" {
		text += indent
	}
	text += p.core
	if here {
		text += ","
	}
	text += p.tail
	var edits []Edit
	if !here && (post.comma >= 0 || b.separators(i).used) {
		edits = append(edits, Edit{t.off(kid.end()), t.off(kid.end()), ","})
	}
	if post.first < 0 {
		text += nl + indent
	} else {
		at = post.first
	}
	return append(edits, Edit{t.off(at), t.off(at), text})
}

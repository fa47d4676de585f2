package syntax

import "strings"

// Append plans the adding of elements at the end of a list, in the style of those that are there: on their own lines or
// on one, with or without commas, with or without a trailing one. Comments behind the last one stay with it, those below
// it stay below. Nil if n is no list with both of its brackets, if something in it is no value, or if the source would become
// too large. The texts are values as they are to be written, without a comment at the end; how deep they nest is the
// caller's business.
func (n Node) Append(texts ...string) []Edit {
	b, ok := n.body()
	if !ok || !b.values() || !writable(texts) {
		return nil
	}
	if len(b.kids) == 0 {
		if !b.gap(0).sound || b.gap(0).comma >= 0 {
			return nil
		}
		return b.t.fits(n.fill(texts))
	}
	return b.t.fits(b.after(len(b.kids)-1, texts))
}

// Insert plans elements before the i-th of a list, from 0, in the style of those around; from the number of elements on
// it is Append. Comments above an element stay above it. Nil where Append is, and for an index below 0.
func (n Node) Insert(i int, texts ...string) []Edit {
	b, ok := n.body()
	if !ok || i < 0 || !b.values() || !writable(texts) {
		return nil
	}
	if i >= len(b.kids) {
		return n.Append(texts...)
	}
	return b.t.fits(b.before(i, texts))
}

// writable reports whether there are texts, and none of them is empty.
func writable(texts []string) bool {
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			return false
		}
	}
	return len(texts) > 0
}

// fits gives the edits if the source does not become too large by them.
func (t *Tree) fits(edits []Edit) []Edit {
	size := len(t.src)
	for _, e := range edits {
		size += len(e.Text) - (e.End - e.Start)
	}
	if size > MaxSize {
		return nil
	}
	return edits
}

// before plans new kids before kid i.
func (b body) before(i int, texts []string) []Edit {
	t, g, kid := b.t, b.gap(i), b.kids[i]
	if !g.sound || !b.gap(i+1).sound || kid.Kind() == ErrorNode {
		return nil
	}
	s := b.separators(i)
	rows := b.n.Kind() == ListNode // a list with several elements on a line keeps that
	switch {
	case i == 0 && len(b.kids) > 1 && b.gap(1).leads():
		return b.beforeLeading(texts)
	case g.leads():
		return []Edit{t.insert(t.off(t.lineStart(b.leadAbove(i))), lines(b.prefix(i), texts, "", t.lineBreak(kid)))}
	case b.starts(i) && !(rows && b.shared(i)):
		comma := ""
		if s.used {
			comma = ","
		}
		return []Edit{t.insert(t.off(t.lineStart(b.leadAbove(i))), lines(t.blanks(kid.start()), texts, comma, t.lineBreak(kid)))}
	}
	return []Edit{t.insert(t.off(b.leadLine(i)), strings.Join(texts, s.gap)+s.gap)}
}

// beforeLeading plans new kids before the first one where commas begin the lines of the others.
func (b body) beforeLeading(texts []string) []Edit {
	t, kid, nl := b.t, b.kids[0], b.t.lineBreak(b.kids[1])
	prefix := b.prefix(1)
	more := ""
	for _, text := range texts[1:] {
		more += nl + prefix + text
	}
	lead := b.lead(0)
	if lead == kid.start() || !b.starts(0) {
		return []Edit{t.insert(t.off(lead), texts[0]+more+nl+prefix)}
	}
	at := t.off(t.lineStart(lead))
	return []Edit{
		t.insert(at, t.blanks(kid.start())+texts[0]+more+nl),
		t.insert(t.off(kid.start()), ", "),
	}
}

// prefix is what begins the line of kid i, up to its value: blanks and the comma that leads it.
func (b body) prefix(i int) string {
	t, g := b.t, b.gap(i)
	from := t.lineStart(b.kids[i].start())
	if t.comment(from, g.to) >= 0 {
		return t.blanks(g.to) + ", "
	}
	return t.text(from, g.to)
}

// lines writes each text on a line of its own.
func lines(prefix string, texts []string, comma, nl string) string {
	var w strings.Builder
	for _, text := range texts {
		w.WriteString(prefix + text + comma + nl)
	}
	return w.String()
}

// lineBreak is the line end in use around n.
func (t *Tree) lineBreak(n Node) string { return t.newline(t.off(n.start())) }

// after plans new kids after kid i.
func (b body) after(i int, texts []string) []Edit {
	kid, pre, post := b.kids[i], b.gap(i), b.gap(i+1)
	if !pre.sound || !post.sound || kid.Kind() == ErrorNode {
		return nil
	}
	if !b.linesAfter(i) {
		return b.inlineAfter(i, texts)
	}
	return b.linesBelow(i, texts)
}

// inlineAfter plans new kids after kid i on its line.
func (b body) inlineAfter(i int, texts []string) []Edit {
	s, tail := b.separators(i+1), b.tail(i)
	if comma := b.gap(i + 1).comma; comma >= 0 && comma < tail {
		return []Edit{b.t.insert(b.t.off(tail), s.after+strings.Join(texts, s.gap)+",")}
	}
	return []Edit{b.t.insert(b.t.off(tail), s.gap+strings.Join(texts, s.gap))}
}

// linesAfter reports whether what comes after kid i gets a line of its own.
func (b body) linesAfter(i int) bool {
	post := b.gap(i + 1)
	behind := post.first >= 0 && b.t.comment(post.from, post.first) >= 0
	switch {
	case b.shared(i):
		return false
	case behind || b.n.Kind() == FileNode || post.loose():
		return true
	case b.n.Kind() == ListNode:
		return b.starts(i)
	case post.first < 0:
		return b.starts(i)
	}
	_, many := b.indent()
	return many
}

// indent gives the blanks before the first kid that begins a line, or those that one would have.
func (b body) indent() (blanks string, many bool) {
	for i, k := range b.kids {
		if b.starts(i) {
			return b.t.blanks(k.start()), true
		}
	}
	outer, _ := b.n.lineIndent()
	return outer + b.n.unit(), false
}

// linesBelow plans new kids on lines below that of kid i.
func (b body) linesBelow(i int, texts []string) []Edit {
	t, kid, pre, post := b.t, b.kids[i], b.gap(i), b.gap(i+1)
	nl := t.newline(t.off(kid.end()))
	at := b.tail(i)
	if post.first >= 0 {
		at = post.first
	}
	if next := i+1 < len(b.kids) && post.leads(); next || pre.leads() && i > 0 && post.comma < 0 {
		prefix := ""
		if next {
			prefix = b.prefix(i + 1)
		} else {
			prefix = b.prefix(i)
		}
		return []Edit{t.insert(t.off(at), nl+strings.TrimSuffix(lines(prefix, texts, "", nl), nl))}
	}
	indent, _ := b.indent()
	if b.starts(i) {
		indent = t.blanks(kid.start())
	}
	var w strings.Builder
	used, trailing := b.separators(i+1).used, post.comma >= 0
	for j, text := range texts {
		w.WriteString(nl + indent + text)
		if trailing || used && (j < len(texts)-1 || i < len(b.kids)-1) {
			w.WriteByte(',')
		}
	}
	if trailing && post.first >= 0 && post.comma > post.first { // on a line of its own
		off := t.lineTail(post.comma + 1)
		return []Edit{t.insert(off, w.String())}
	}
	edits := []Edit{t.insert(t.off(at), w.String())}
	if used && !trailing {
		end := t.off(kid.end())
		edits = append([]Edit{{end, end, ","}}, edits...)
	}
	return edits
}

// insert plans new bytes, with a blank where they and their neighbours would become one word.
func (t *Tree) insert(at int, text string) Edit { return t.exchange(at, at, text) }

// exchange plans other bytes, with a blank where they and their neighbours would become one word.
func (t *Tree) exchange(s, e int, text string) Edit {
	if text == "" {
		return Edit{s, e, ""}
	}
	if s > 0 && glues(t.src[s-1], text[0]) {
		text = " " + text
	}
	if e < len(t.src) && glues(text[len(text)-1], t.src[e]) {
		text += " "
	}
	return Edit{s, e, text}
}

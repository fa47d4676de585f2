package syntax

import (
	"bytes"
	"strings"
)

// Format gives the source in the one style of `policy fmt`. A source with errors, or one that
// would become too large, is given as it is, and false. What it
// means is the same, its comments are all there and in the same order, and formatting again changes nothing.
//
// Each field and block of a block has a line of its own, indented by two blanks or, where most lines are, by tabs. Lists
// and records stay as they were: on one line, `[a, b]` and `{ a: 1, b: 2 }`, or on many, with a comma after each line and
// the brackets at the ends of theirs; what shared a line still does. One blank stands after a colon, none before. Blank
// lines stay between things, at most one together. Comments stay beside what they were beside; those that stood under
// each other at the ends of lines do so again, the others have one blank before them. Their text is as it was.
// Line ends are those of most lines, one is at the end, and a byte order mark stays.
func Format(t *Tree) ([]byte, bool) {
	if errs, _ := t.Errors(); len(errs) > 0 {
		return t.src, false
	}
	p := printer{t: t, out: make([]byte, 0, len(t.src)+64)}
	p.nl, p.unit = t.habits()
	if bytes.HasPrefix(t.src, []byte("\ufeff")) {
		p.out = append(p.out, "\ufeff"...)
		p.empty = len(p.out)
	}
	p.fresh = true
	b, _ := t.Root().body()
	p.within(b, false)
	p.newline(false)
	out := p.align()
	if len(out) > MaxSize {
		return t.src, false // nobody could read it
	}
	return out, true
}

// habits gives the line end and the indent of most lines.
func (t *Tree) habits() (nl, unit string) {
	crlf, tabs := 0, 0
	for i, tok := range t.toks {
		if tok.Kind != Newline {
			continue
		}
		crlf--
		if t.src[tok.Off] == '\r' {
			crlf += 2
		}
		if t.toks[i+1].Kind == Space && t.toks[i+2].Kind != Newline {
			tabs--
			if t.src[t.toks[i+1].Off] == '\t' {
				tabs += 2
			}
		}
	}
	nl, unit = "\n", "  "
	if crlf > 0 {
		nl = "\r\n"
	}
	if tabs > 0 {
		unit = "\t"
	}
	return nl, unit
}

// printer writes a tree in one style.
type printer struct {
	t        *Tree
	out      []byte
	empty    int // the length of out before anything was written
	nl, unit string
	level    int
	lines    int    // line ends written
	fresh    bool   // nothing is on the line yet
	line     bool   // a line comment is the last thing on the line
	tails    []tail // line comments behind something
}

// newline ends the line, and makes a blank one after it if asked to. There is none at the beginning of the file.
func (p *printer) newline(blank bool) {
	p.line = false
	if len(p.out) == p.empty || p.fresh {
		return
	}
	p.out = append(p.out, p.nl...)
	p.lines++
	if blank {
		p.out = append(p.out, p.nl...)
		p.lines++
	}
	p.fresh = true
}

// full reports whether more was written than can be read again; then the rest is not written.
func (p *printer) full() bool { return len(p.out) > MaxSize }

// put writes text, after a blank if there is to be one and something is on the line.
func (p *printer) put(text []byte, space bool) {
	if p.full() {
		return
	}
	if p.line {
		p.newline(false)
	}
	switch {
	case p.fresh:
		for range p.level {
			p.out = append(p.out, p.unit...)
		}
	case space:
		p.out = append(p.out, ' ')
	}
	p.out = append(p.out, text...)
	p.fresh = false
}

// comments writes the comments among the tokens [from, to) and reports whether there are some. first says whether there
// is a blank before the first one.
func (p *printer) comments(from, to int32, first bool) bool {
	some := false
	for i := from; i < to; i++ {
		k := p.t.toks[i].Kind
		if k != LineComment && k != BlockComment {
			continue
		}
		text := p.t.TokenText(int(i))
		if k == LineComment {
			text = bytes.TrimRight(text, "\r") // they would become part of the line end
		}
		behind := !p.fresh && !p.line
		p.put(text, some || first)
		if k == LineComment && behind {
			p.tails = append(p.tails, tail{len(p.out) - len(text), p.lines, p.t.off(i)})
		}
		some, p.line = true, k == LineComment
	}
	return some
}

// node writes n.
func (p *printer) node(n Node, space bool) {
	t := p.t
	d := &t.nodes[n.i]
	switch n.Kind() {
	case BlockNode:
		p.run(d.first, d.open+1, space)
		p.brackets(n)
	case FieldNode:
		value := n.Value()
		wraps := t.hasLine(d.first, value.start())
		p.run(d.first, d.first+1, space)
		if wraps {
			p.level++
		}
		p.run(d.first+1, value.start(), true)
		p.node(value, true)
		if wraps {
			p.level--
		}
	case ListNode, RecordNode:
		p.put(t.TokenText(int(d.open)), space)
		p.brackets(n)
	default:
		p.put(n.Text(), space)
	}
}

// run writes the tokens [from, to) of a head: words and comments with a blank between, none before a colon.
func (p *printer) run(from, to int32, space bool) {
	for i := from; i < to; i++ {
		switch k := p.t.toks[i].Kind; {
		case k == LineComment || k == BlockComment:
			p.comments(i, i+1, space)
		case !k.trivia():
			p.put(p.t.TokenText(int(i)), space && k != Colon)
		default:
			continue
		}
		space = true
	}
}

// brackets writes what is within n, and its closing bracket.
func (p *printer) brackets(n Node) {
	b, _ := n.body()
	many := b.many()
	if many {
		p.level++
	}
	some := p.within(b, many)
	if many {
		p.level--
	}
	p.put(p.t.TokenText(int(b.close)), some && n.Kind() != ListNode)
}

// many reports whether what is in b has lines of its own.
func (b body) many() bool {
	if b.n.Kind() == BlockNode && len(b.kids) > 0 {
		return true
	}
	for i := range len(b.kids) + 1 {
		if g := b.gap(i); g.first >= 0 {
			return len(b.kids) > 0 || b.t.comment(g.from, g.to) >= 0
		}
	}
	return false
}

// within writes what is within b, without its brackets, and reports whether there is anything.
func (p *printer) within(b body, many bool) bool {
	some := false
	for i := range len(b.kids) + 1 {
		space := b.n.Kind() != ListNode || i > 0 || many
		if p.between(b, i, many, space) {
			some, space = true, true
		}
		if i < len(b.kids) {
			p.node(b.kids[i], space)
			some = true
		}
	}
	return some
}

// between writes gap i of b: its comma and its comments, and the line ends if what follows begins a line.
func (p *printer) between(b body, i int, many, space bool) (some bool) {
	t, g, n := p.t, b.gap(i), len(b.kids)
	fields := b.n.Kind() == BlockNode || b.n.Kind() == FileNode
	breaks := b.n.Kind() == FileNode || many && (i == 0 || i == n || g.first >= 0 || fields)
	near := g.to // the end of what belongs to what is before
	switch {
	case b.n.Kind() == FileNode && i == 0, i == 0 && g.first < 0:
		near = g.from
	case g.first >= 0:
		near = g.first
	case g.comma >= 0:
		near = g.comma
	}
	// In a list of one line a trailing comma stays if it parts the last one from a comment.
	comma := !fields && i > 0 && (i < n || many || t.comment(near, g.to) >= 0 && g.comma >= 0)
	if comma && breaks {
		p.put([]byte{','}, false)
	}
	some = p.comments(g.from, near, space)
	if comma && !breaks {
		p.put([]byte{','}, false)
	}
	if !breaks {
		return p.comments(near, g.to, space) || some
	}
	return p.linesWithin(g, near, i == 0, i == n) || some
}

// linesWithin writes the lines of a gap from token at on: comments on lines of their own, and before what follows.
func (p *printer) linesWithin(g gap, at int32, first, last bool) (some bool) {
	blank := false
	for start := at; ; {
		end := start
		for end < g.to && p.t.toks[end].Kind != Newline {
			end++
		}
		lastLine := end >= g.to
		has := p.t.comment(start, end) >= 0
		switch {
		case has || lastLine && !last:
			p.newline(blank && !first)
			some = p.comments(start, end, true) || some
			blank, first = false, false
		case !lastLine && start > at && (g.comma < start || g.comma >= end):
			blank = true
		}
		if lastLine {
			break
		}
		start = end + 1
	}
	if last {
		p.newline(false)
	}
	return some
}

// tail is a line comment behind something on its line.
type tail struct {
	at   int // in the output
	line int // of the output
	src  int // in the source
}

// align puts the line comments that stood under each other in the source, apart from what is before them, under each
// other again.
func (p *printer) align() []byte {
	var out []byte
	done := 0
	for i := 0; i < len(p.tails); {
		column := width(p.t.src, p.tails[i].src)
		srcLine, _ := p.t.Position(p.tails[i].src)
		end, most, apart := i, 0, false
		for ; end < len(p.tails) && p.tails[end].line == p.tails[i].line+end-i; end++ {
			line, _ := p.t.Position(p.tails[end].src)
			if line != srcLine+end-i || width(p.t.src, p.tails[end].src) != column {
				break
			}
			most = max(most, width(p.out, p.tails[end].at))
			apart = apart || p.apart(p.tails[end].src)
		}
		if !apart {
			i = end // by chance: nothing was put there by blanks
		}
		for ; i < end; i++ {
			out = append(out, p.out[done:p.tails[i].at]...)
			done = p.tails[i].at
			out = append(out, strings.Repeat(" ", most-width(p.out, done))...)
		}
	}
	if done == 0 {
		return p.out
	}
	return append(out, p.out[done:]...)
}

// apart reports whether more than a blank is before a byte of the source.
func (p *printer) apart(at int) bool {
	before := p.t.src[:at]
	return bytes.HasSuffix(before, []byte("  ")) || bytes.HasSuffix(before, []byte("\t"))
}

// width gives the column of a byte, from 0: runes, and tabs up to the next multiple of eight.
func width(src []byte, at int) int {
	w := 0
	for _, r := range string(src[bytes.LastIndexByte(src[:at], '\n')+1 : at]) {
		switch r {
		case '\t':
			w += 8 - w%8
		case '\ufeff':
		default:
			w++
		}
	}
	return w
}

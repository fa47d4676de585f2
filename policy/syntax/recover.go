package syntax

// opening remembers the line on which a bracket was opened.
type opening struct {
	line   int32
	indent int
}

func (p *parser) opening() opening { return opening{p.line, p.indent} }

// outdented reports whether the token at pos begins a line that stands no deeper than the line of the bracket, so that
// the bracket's end was forgotten. Only asked when a first reading found one open.
func (p *parser) outdented(o opening) bool {
	if !p.byIndent || !p.bol || p.line == o.line {
		return false
	}
	if k := p.kind(); k == RBrace || k == RBracket {
		return p.indent < o.indent
	}
	return p.indent <= o.indent
}

// unclosed says that a bracket of n has no end.
func (p *parser) unclosed(n int32, o opening, end string) {
	d := &p.t.nodes[n]
	if d.close >= 0 {
		return
	}
	p.open = true
	if d.open < 0 {
		return // that its beginning is missing was said
	}
	line := 0
	if len(p.t.errs) < maxErrors { // counting lines costs; see failAt
		line, _ = p.t.Position(p.t.off(p.pos))
	}
	p.failAt(d.open, CodeUnclosed, "'"+end+"'", "this bracket is still open where %s on line %d ends it", p.found(), line)
}

// junk takes what cannot stand at pos, up to where reading can go on: a field, a closing bracket, a comma, or the next
// line. Values within keep their structure, so that their brackets match.
func (p *parser) junk(parent int32, expected string) int32 {
	if p.kind() != Invalid { // the lexer has spoken
		p.failAt(p.pos, CodeSyntax, expected, "%s cannot stand here", p.found())
	}
	n := p.begin(ErrorNode, parent, p.pos)
	prev := int32(0)
	for first := true; ; first = false {
		k := p.kind()
		if k == EOF || !first && p.bol {
			break
		}
		if !first && (k == RBrace || k == RBracket || k == Comma) {
			break
		}
		if k == Ident || k == String {
			if a, b := p.peek(); !first && (a == Colon || a == LBrace || (a == Ident || a == String) && b == LBrace) {
				break
			}
		}
		if k == LBrace || k == LBracket {
			prev = p.link(n, prev, p.value(n))
			continue
		}
		p.next()
	}
	p.finish(n)
	return n
}

// tooDeep takes what is nested too deep, with all its brackets, without looking into it.
func (p *parser) tooDeep(parent int32) int32 {
	p.failAt(p.pos, CodeTooDeep, "", "nested deeper than %d", MaxDepth)
	n := p.begin(ErrorNode, parent, p.pos)
	for open := 0; p.kind() != EOF; {
		switch p.kind() {
		case LBrace, LBracket:
			open++
		case RBrace, RBracket:
			open--
		}
		p.next()
		if open <= 0 && p.t.toks[p.last-1].Kind != Ident && p.t.toks[p.last-1].Kind != String {
			break
		}
	}
	p.finish(n)
	return n
}

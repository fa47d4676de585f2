package syntax

import "fmt"

// parser is a recursive descent over the tokens. pos is always at a token that is no trivia.
type parser struct {
	t    *Tree
	pos  int32
	last int32 // the end of what was taken: one past the last token
	bol  bool  // the token at pos is the first of its line
	line int32
	// indent is the width of the blanks that begin the line of pos.
	indent   int
	depth    int
	lists    int  // lists that are open around pos
	braces   int  // blocks and records that are open around pos
	open     bool // something stayed open
	byIndent bool // guess ends from the indentation
	steps    int  // tokens looked at, which a test holds linear
}

func (p *parser) kind() Kind { return p.t.toks[p.pos].Kind }

// next takes the token at pos and moves to the next one that is no trivia. It stays at EOF.
func (p *parser) next() {
	p.last = p.pos + 1
	toks := p.t.toks
	if p.pos >= 0 && toks[p.pos].Kind == EOF {
		return
	}
	p.bol = p.pos < 0
	for p.pos++; ; p.pos++ {
		p.steps++
		switch toks[p.pos].Kind {
		case Newline:
			p.bol, p.indent = true, 0
			p.line++
		case Space:
			if p.bol {
				p.indent = int(toks[p.pos+1].Off - toks[p.pos].Off)
			}
		case BOM, LineComment, BlockComment:
		default:
			return
		}
	}
}

// peek gives the kind of the token after pos, and that of the one after it.
func (p *parser) peek() (Kind, Kind) {
	toks := p.t.toks
	i := p.pos
	after := func() Kind {
		if toks[i].Kind == EOF {
			return EOF
		}
		for i++; toks[i].Kind.trivia(); i++ {
			p.steps++
		}
		p.steps++
		return toks[i].Kind
	}
	a := after()
	if a != Ident && a != String {
		return a, EOF // nobody asks further
	}
	return a, after()
}

func (p *parser) begin(k NodeKind, parent int32, first int32) int32 {
	p.t.nodes = append(p.t.nodes, node{kind: k, first: first, end: first, name: -1, open: -1, close: -1, parent: parent})
	return int32(len(p.t.nodes) - 1)
}

func (p *parser) finish(n int32) { p.t.nodes[n].end = max(p.last, p.t.nodes[n].first) }

// link puts child after prev in parent (first, if prev is 0) and gives the new prev.
func (p *parser) link(parent, prev, child int32) int32 {
	if prev == 0 {
		p.t.nodes[parent].child = child
	} else {
		p.t.nodes[prev].next = child
	}
	return child
}

func (p *parser) failAt(tok int32, code, expected, format string, args ...any) {
	if len(p.t.errs) >= maxErrors {
		p.t.unsaid++ // formatting what nobody reads is work that a hostile file could make long
		return
	}
	start, end := p.t.off(tok), p.t.off(tok+1)
	p.t.fail(Error{Code: code, Start: start, End: end, Message: fmt.Sprintf(format, args...), Expected: expected})
}

// found names the token at pos as a message would.
func (p *parser) found() string {
	switch p.kind() {
	case EOF:
		return "the end of the file"
	case String:
		return "a string"
	case Invalid, Ident, Number:
		text := p.t.TokenText(int(p.pos))
		if len(text) > 40 {
			text = text[:40]
		}
		return fmt.Sprintf("%q", text)
	}
	return "'" + string(p.t.TokenText(int(p.pos))) + "'"
}

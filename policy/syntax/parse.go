package syntax

import (
	"bytes"
	"fmt"
	"sort"
)

// Parse reads a source into a tree. It never fails: see Tree.Errors. The bytes are copied.
func Parse(src []byte) *Tree {
	t := &Tree{src: bytes.Clone(src)}
	if len(src) > MaxSize {
		t.keepUnread()
		return t
	}
	t.lex()
	lexed, unsaid := len(t.errs), t.unsaid
	p := parse(t, false)
	if p.open {
		// A bracket stayed open. Its end may be guessed from the indentation, which keeps the fields after it; the
		// reading that has to complain less is the one that is kept, and of equals the one that guesses.
		nodes, errs, more := t.nodes, t.errs, t.unsaid
		t.nodes, t.errs, t.unsaid = nil, append([]Error(nil), errs[:lexed]...), unsaid
		parse(t, true)
		if len(t.errs)+t.unsaid > len(errs)+more {
			t.nodes, t.errs, t.unsaid = nodes, errs, more
		}
	}
	sort.SliceStable(t.errs, func(i, j int) bool { return t.errs[i].Start < t.errs[j].Start })
	return t
}

// keepUnread makes the tree of a source that is too large: its bytes, one error, nothing else.
func (t *Tree) keepUnread() {
	t.toks = []Token{{Kind: Invalid}, {Kind: EOF}}
	t.lines = []uint32{0}
	t.nodes = []node{
		{kind: FileNode, end: 2, name: -1, open: -1, close: -1, child: 1},
		{kind: ErrorNode, end: 1, name: -1, open: -1, close: -1},
	}
	t.fail(Error{
		Code: CodeTooLarge, Message: fmt.Sprintf("the file has %d bytes and was not read", len(t.src)),
		Expected: fmt.Sprintf("at most %d bytes", MaxSize),
	})
}

func parse(t *Tree, byIndent bool) *parser {
	p := &parser{t: t, pos: -1, byIndent: byIndent}
	if t.nodes == nil {
		t.nodes = make([]node, 0, len(t.toks)/4+4)
	}
	p.next()
	file := p.begin(FileNode, 0, 0)
	t.nodes[file].first = 0
	prev := int32(0)
	for p.kind() != EOF {
		prev = p.link(file, prev, p.topLevel(file))
	}
	p.last = int32(len(t.toks))
	p.finish(file)
	return p
}

// topLevel reads one thing of the file: a block, or what should not be there.
func (p *parser) topLevel(file int32) int32 {
	if p.kind() == Ident {
		switch a, b := p.peek(); {
		case a == LBrace, (a == Ident || a == String) && b == LBrace:
			return p.block(file)
		case (a == Ident || a == String) && b != Colon:
			return p.block(file) // its brace is missing
		case a == Colon:
			p.failAt(p.pos, CodeSyntax, "policy NAME { … }", "the field %s stands outside any block", p.found())
			return p.field(file)
		}
	}
	return p.junk(file, "policy NAME { … }")
}

// block reads KEYWORD NAME { fields and blocks }.
func (p *parser) block(parent int32) int32 {
	n, o := p.begin(BlockNode, parent, p.pos), p.opening()
	keyword := p.pos
	p.next()
	if k := p.kind(); k == Ident || k == String {
		p.t.nodes[n].name = p.pos
		p.next()
	} else {
		p.failAt(keyword, CodeSyntax, "a name after the word", "this block has no name")
	}
	if p.kind() != LBrace {
		p.failAt(p.last-1, CodeSyntax, "'{' after this", "found %s where the block should begin", p.found())
		if a, _ := p.peek(); p.kind() != Ident || a != Colon {
			p.finish(n)
			return n
		}
	}
	p.fields(n, o)
	return n
}

// fields reads { … } into n, a block or a record. The opening brace may be missing.
func (p *parser) fields(n int32, o opening) {
	if p.kind() == LBrace {
		p.t.nodes[n].open = p.pos
		p.next()
	}
	p.depth++
	p.braces++
	prev, item := int32(0), false
loop:
	for !p.outdented(o) {
		switch p.kind() {
		case EOF:
			break loop
		case RBrace:
			p.t.nodes[n].close = p.pos
			p.next()
			break loop
		case RBracket:
			if p.lists > 0 {
				break loop
			}
			prev = p.link(n, prev, p.junk(n, "a field or '}'"))
		case Comma:
			p.comma(item, "a field")
			item = false
			continue
		case Ident, String:
			prev = p.link(n, prev, p.fieldOrBlock(n))
		default:
			prev = p.link(n, prev, p.junk(n, "a field or '}'"))
		}
		item = true
	}
	p.depth--
	p.braces--
	p.unclosed(n, o, "}")
	p.finish(n)
}

func (p *parser) fieldOrBlock(parent int32) int32 {
	if p.kind() == Ident {
		if a, b := p.peek(); (a == Ident || a == String) && b == LBrace {
			if p.depth >= MaxDepth {
				return p.tooDeep(parent)
			}
			return p.block(parent)
		}
	}
	return p.field(parent)
}

// field reads NAME : VALUE. A missing colon or value is an error and the field is still there.
func (p *parser) field(parent int32) int32 {
	n := p.begin(FieldNode, parent, p.pos)
	p.t.nodes[n].name = p.pos
	p.next()
	prev := int32(0)
	switch k := p.kind(); {
	case k == Colon:
		p.next()
	case k == Invalid && !p.bol: // nameless = 1: said by the lexer
		e := p.begin(ErrorNode, n, p.pos)
		p.next()
		p.finish(e)
		prev = p.link(n, prev, e)
		if p.kind() == Colon {
			p.next()
		}
	case !p.bol && p.beginsValue():
		p.failAt(p.pos, CodeSyntax, "':'", "found %s after the name of a field", p.found())
	default:
		p.failAt(p.t.nodes[n].name, CodeSyntax, "':' and a value", "this is no field")
		p.link(n, prev, p.missing(n))
		p.finish(n)
		return n
	}
	p.link(n, prev, p.value(n))
	p.finish(n)
	return n
}

// value reads a value, or says that there is none.
func (p *parser) value(parent int32) int32 {
	switch p.kind() {
	case LBracket:
		return p.list(parent)
	case LBrace:
		if p.depth >= MaxDepth {
			return p.tooDeep(parent)
		}
		n := p.begin(RecordNode, parent, p.pos)
		p.fields(n, p.opening())
		return n
	case Invalid:
		return p.junk(parent, "a value")
	case Number:
		return p.scalar(NumberNode, parent)
	case Ident:
		if a, _ := p.peek(); a != Colon {
			return p.scalar(NameNode, parent)
		}
	case String:
		if a, _ := p.peek(); a != Colon {
			return p.scalar(StringNode, parent)
		}
	}
	p.failAt(p.last-1, CodeSyntax, "a value after this", "found %s instead of a value", p.found())
	return p.missing(parent)
}

func (p *parser) scalar(k NodeKind, parent int32) int32 {
	n := p.begin(k, parent, p.pos)
	p.next()
	p.finish(n)
	return n
}

// beginsValue reports whether a value stands at pos, and not the name of a field.
func (p *parser) beginsValue() bool {
	switch p.kind() {
	case Number, LBrace, LBracket:
		return true
	case Ident, String:
		a, _ := p.peek()
		return a != Colon
	}
	return false
}

// missing is a node without bytes, right after what was taken last.
func (p *parser) missing(parent int32) int32 { return p.begin(MissingNode, parent, p.last) }

// list reads [ … ].
func (p *parser) list(parent int32) int32 {
	if p.depth >= MaxDepth {
		return p.tooDeep(parent)
	}
	o := p.opening()
	n := p.begin(ListNode, parent, p.pos)
	p.t.nodes[n].open = p.pos
	p.next()
	p.depth++
	p.lists++
	prev, item := int32(0), false
loop:
	for !p.outdented(o) {
		switch p.kind() {
		case EOF:
			break loop
		case RBracket:
			p.t.nodes[n].close = p.pos
			p.next()
			break loop
		case RBrace:
			if p.braces > 0 {
				break loop
			}
			prev = p.link(n, prev, p.junk(n, "a value or ']'"))
		case Comma:
			p.comma(item, "a value")
			item = false
			continue
		case Ident, String:
			if a, _ := p.peek(); a == Colon {
				if p.bol {
					break loop // a field of what is around: the end of the list is missing
				}
				p.failAt(p.pos, CodeSyntax, "{ … } around the fields", "the field %s stands in a list", p.found())
				prev = p.link(n, prev, p.field(n))
			} else {
				prev = p.link(n, prev, p.value(n))
			}
		case Number, LBrace, LBracket:
			prev = p.link(n, prev, p.value(n))
		default:
			prev = p.link(n, prev, p.junk(n, "a value or ']'"))
		}
		item = true
	}
	p.depth--
	p.lists--
	p.unclosed(n, o, "]")
	p.finish(n)
	return n
}

func (p *parser) comma(item bool, expected string) {
	if !item {
		p.failAt(p.pos, CodeSyntax, expected, "there is nothing before this ','")
	}
	p.next()
}

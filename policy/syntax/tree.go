package syntax

import (
	"bytes"
	"iter"
	"sort"
	"unicode/utf8"
)

// Tree is a source with its tokens and nodes. Make one with Parse.
type Tree struct {
	src    []byte
	toks   []Token
	nodes  []node
	lines  []uint32 // where each line begins
	errs   []Error
	unsaid int  // errors beyond maxErrors
	looked *int // counts tokens looked at by plans, for a test that holds them linear
}

// node is a range of tokens [first, end). Trivia at its edges belongs to its parent. Indexes into nodes; 0, the file,
// stands for "none" in child and next.
type node struct {
	kind        NodeKind
	first, end  int32
	name        int32 // the token of a block's or field's name, or -1
	open, close int32 // the tokens of the brackets, or -1
	parent      int32
	child, next int32
}

func (t *Tree) fail(e Error) {
	if len(t.errs) < maxErrors {
		t.errs = append(t.errs, e)
	} else {
		t.unsaid++
	}
}

// Source gives the bytes that were parsed. They must not be changed.
func (t *Tree) Source() []byte { return t.src }

// Errors gives what is wrong with the form, in the order of the source: at most 100, then only counted in more.
func (t *Tree) Errors() (errs []Error, more int) { return t.errs, t.unsaid }

// Root is the node of the whole file.
func (t *Tree) Root() Node { return Node{t, 0} }

// Tokens gives all tokens; the last one is EOF. They must not be changed.
func (t *Tree) Tokens() []Token { return t.toks }

// TokenText gives the bytes of token i.
func (t *Tree) TokenText(i int) []byte { return t.src[t.off(int32(i)):t.off(int32(i)+1)] }

func (t *Tree) off(i int32) int {
	// The last token's place is the length of the source: a source too large to read may not fit a uint32.
	if int(i) >= len(t.toks)-1 {
		return len(t.src)
	}
	return int(t.toks[i].Off)
}

// Position gives the line and the column of a byte offset, both from 1; columns count runes.
func (t *Tree) Position(off int) (line, col int) {
	off = max(0, min(off, len(t.src)))
	line = sort.Search(len(t.lines), func(i int) bool { return int(t.lines[i]) > off })
	from := int(t.lines[line-1])
	if line == 1 && bytes.HasPrefix(t.src, []byte("\ufeff")) && off >= 3 {
		from = 3 // the mark is no column
	}
	return line, 1 + utf8.RuneCount(t.src[from:off])
}

// Line gives the bytes of a line (from 1) without its end, and the offset where it begins.
func (t *Tree) Line(line int) (text []byte, off int) {
	if line < 1 || line > len(t.lines) {
		return nil, len(t.src)
	}
	off = int(t.lines[line-1])
	end := len(t.src)
	if line < len(t.lines) {
		end = int(t.lines[line])
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(t.src[off:end], []byte("\n")), []byte("\r"))
	if line == 1 && bytes.HasPrefix(text, []byte("\ufeff")) {
		return text[3:], off + 3
	}
	return text, off
}

// Print writes the tree out again, by walking it: every token once, in the order of the nodes.
func Print(t *Tree) []byte {
	return t.print(make([]byte, 0, len(t.src)), 0)
}

func (t *Tree) print(b []byte, i int32) []byte {
	n := &t.nodes[i]
	at := n.first
	for c := n.child; c != 0; c = t.nodes[c].next {
		b = append(b, t.src[t.off(at):t.off(t.nodes[c].first)]...)
		b = t.print(b, c)
		at = t.nodes[c].end
	}
	return append(b, t.src[t.off(at):t.off(n.end)]...)
}

// Node is a place in a tree. The zero Node is absent: its Kind is None and all else is empty.
type Node struct {
	t *Tree
	i int32
}

// Kind is what the node is.
func (n Node) Kind() NodeKind {
	if n.t == nil {
		return None
	}
	return n.t.nodes[n.i].kind
}

// Valid reports whether there is a node.
func (n Node) Valid() bool { return n.t != nil }

// Parent is the node around n; the file has none.
func (n Node) Parent() Node {
	if n.t == nil || n.i == 0 {
		return Node{}
	}
	return Node{n.t, n.t.nodes[n.i].parent}
}

// First is the first node within n.
func (n Node) First() Node {
	if n.t == nil || n.t.nodes[n.i].child == 0 {
		return Node{}
	}
	return Node{n.t, n.t.nodes[n.i].child}
}

// Next is the node after n with the same parent.
func (n Node) Next() Node {
	if n.t == nil || n.t.nodes[n.i].next == 0 {
		return Node{}
	}
	return Node{n.t, n.t.nodes[n.i].next}
}

// Children yields the nodes directly within n, errors included.
func (n Node) Children() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for c := n.First(); c.Valid(); c = c.Next() {
			if !yield(c) {
				return
			}
		}
	}
}

// Span gives the byte offsets of n, without the trivia around it.
func (n Node) Span() (start, end int) {
	if n.t == nil {
		return 0, 0
	}
	d := &n.t.nodes[n.i]
	if d.end <= d.first {
		return n.t.off(d.first), n.t.off(d.first)
	}
	return n.t.off(d.first), n.t.off(d.end)
}

// Text gives the bytes of n.
func (n Node) Text() []byte {
	if n.t == nil {
		return nil
	}
	start, end := n.Span()
	return n.t.src[start:end]
}

// Line is the line on which n begins, from 1; 0 for an absent node.
func (n Node) Line() int {
	if n.t == nil {
		return 0
	}
	start, _ := n.Span()
	line, _ := n.t.Position(start)
	return line
}

// Closed reports whether a block, list or record has both of its brackets.
func (n Node) Closed() bool {
	return n.t != nil && n.t.nodes[n.i].open >= 0 && n.t.nodes[n.i].close >= 0
}

// Keyword gives the first word of a block: "policy", "workflow".
func (n Node) Keyword() []byte {
	if n.Kind() != BlockNode {
		return nil
	}
	return n.t.TokenText(int(n.t.nodes[n.i].first))
}

// Name gives the name of a block or field, without quotes if it was written with them. Empty if it has none.
func (n Node) Name() []byte {
	if n.t == nil || n.t.nodes[n.i].name < 0 {
		return nil
	}
	i := n.t.nodes[n.i].name
	text := n.t.TokenText(int(i))
	if n.t.toks[i].Kind == String {
		if s, err := Unquote(text); err == nil {
			return []byte(s)
		}
	}
	return text
}

// NameSpan gives the byte offsets of the name of a block or field; of the whole node where it has none.
func (n Node) NameSpan() (start, end int) {
	if n.t == nil || n.t.nodes[n.i].name < 0 {
		return n.Span()
	}
	i := n.t.nodes[n.i].name
	return n.t.off(i), n.t.off(i + 1)
}

// Value is the value of a field, which may be a MissingNode.
func (n Node) Value() Node {
	if n.Kind() != FieldNode {
		return Node{}
	}
	for c := n.First(); c.Valid(); c = c.Next() {
		if c.Kind() != ErrorNode {
			return c
		}
	}
	return Node{}
}

// Field is the first field of that name directly within a block or record.
func (n Node) Field(name string) Node {
	for c := n.First(); c.Valid(); c = c.Next() {
		if c.Kind() == FieldNode && string(c.Name()) == name {
			return c
		}
	}
	return Node{}
}

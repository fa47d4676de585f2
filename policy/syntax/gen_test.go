package syntax

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// thing is what a drawn source says: a model beside the tree. Each comment of the source belongs to a thing: to the one
// that it goes with, or to the one in whose brackets it is nobody's.
type thing struct {
	kind   NodeKind
	name   string // of a block or field
	word   string // keyword of a block, or the text of a scalar
	kids   []*thing
	parent *thing
}

// sketch is the same as that of a node.
func (h *thing) sketch() string {
	var parts []string
	for _, k := range h.kids {
		parts = append(parts, k.sketch())
	}
	in := strings.Join(parts, " ")
	switch h.kind {
	case FileNode:
		return in
	case BlockNode:
		return h.word + " " + h.name + "{" + in + "}"
	case FieldNode:
		return h.name + ":" + in
	case ListNode:
		return "[" + in + "]"
	case RecordNode:
		return "{" + in + "}"
	}
	return h.word
}

func (h *thing) within(x *thing) bool {
	for ; h != nil; h = h.parent {
		if h == x {
			return true
		}
	}
	return false
}

// drawn is a source with what it says and whose its comments are.
type drawn struct {
	t      *rapid.T
	w      strings.Builder
	file   *thing
	owners []*thing // of comment i
	inner  []bool   // it is within the brackets of its owner
	in     *thing   // the brackets being written
	texts  []string
	nl     string
	unit   string
	calm   bool // no comments in odd places
}

func drawSource(t *rapid.T) *drawn {
	d := &drawn{t: t, file: &thing{kind: FileNode}}
	d.nl = rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "line end")
	d.unit = rapid.SampledFrom([]string{"  ", "\t", "    "}).Draw(t, "unit")
	d.calm = d.may(2)
	if d.may(6) {
		d.w.WriteString("\ufeff")
	}
	for range d.upTo(2) + 1 {
		d.file.kids = append(d.file.kids, d.block(d.file, 0))
	}
	d.write(d.file, 0)
	return d
}

func (d *drawn) source() []byte { return []byte(d.w.String()) }

// may is true in one of n draws.
func (d *drawn) may(n int) bool        { return rapid.IntRange(0, n-1).Draw(d.t, "") == n-1 }
func (d *drawn) upTo(n int) int        { return rapid.IntRange(0, n).Draw(d.t, "") }
func (d *drawn) odd(n int) bool        { return !d.calm && d.may(n) }
func (d *drawn) name() string          { return d.of("a", "bb", "kind", "x-1", "é", "true") }
func (d *drawn) blank() string         { return d.of(" ", " ", "", "  ", "\t") }
func (d *drawn) put(s ...string)       { d.w.WriteString(strings.Join(s, "")) }
func (d *drawn) of(s ...string) string { return rapid.SampledFrom(s).Draw(d.t, "") }

func (d *drawn) block(parent *thing, depth int) *thing {
	h := &thing{kind: BlockNode, word: d.of("policy", "step"), name: d.name(), parent: parent}
	for range d.upTo(3) {
		if depth < 1 && d.may(6) {
			h.kids = append(h.kids, d.block(h, depth+1))
		} else {
			h.kids = append(h.kids, d.field(h, depth))
		}
	}
	return h
}

func (d *drawn) field(parent *thing, depth int) *thing {
	h := &thing{kind: FieldNode, name: d.name(), parent: parent}
	h.kids = []*thing{d.value(h, depth)}
	return h
}

func (d *drawn) value(parent *thing, depth int) *thing {
	h := &thing{parent: parent}
	switch c := d.upTo(6); {
	case c < 2 || depth > 2:
		h.kind, h.word = NameNode, d.name()
	case c == 2:
		h.kind, h.word = NumberNode, d.of("1", "-3", "2.5", "10m")
	case c == 3:
		h.kind, h.word = StringNode, d.of(`""`, `"a b"`, `"// no"`, `"/* no"`, `"\"]}"`)
	case c == 4:
		h.kind = RecordNode
		for range d.upTo(3) {
			h.kids = append(h.kids, d.field(h, depth+1))
		}
	default:
		h.kind = ListNode
		for range d.upTo(5) {
			h.kids = append(h.kids, d.value(h, depth+1))
		}
	}
	return h
}

// comment writes a comment of owner; a line comment wants a line end after it, which the caller writes.
func (d *drawn) comment(owner *thing, line bool) {
	text := fmt.Sprintf("/* c%d */", len(d.owners))
	switch {
	case line:
		text = fmt.Sprintf("// c%d { [ \" /*", len(d.owners))
	case d.odd(6):
		text = fmt.Sprintf("/* c%d"+d.nl+"  // ] } */", len(d.owners))
	}
	d.owners = append(d.owners, owner)
	d.inner = append(d.inner, owner == d.in)
	d.texts = append(d.texts, text)
	d.put(text)
}

// glue writes a blank where two words would become one.
func (d *drawn) glue(next string) {
	if s := d.w.String(); s != "" && glues(s[len(s)-1], next[0]) {
		d.put(" ")
	}
}

// trivia is what may stand between two tokens within one thing.
func (d *drawn) trivia(owner *thing) {
	d.put(d.blank())
	for d.odd(5) {
		line := d.may(3)
		d.comment(owner, line)
		if line {
			d.put(d.nl)
		}
		d.put(d.blank())
	}
}

func (d *drawn) write(h *thing, depth int) {
	switch h.kind {
	case FileNode:
		d.inside(h, depth)
	case BlockNode:
		d.glue(h.word)
		d.put(h.word)
		d.trivia(h)
		d.glue(h.name)
		d.put(h.name)
		d.trivia(h)
		d.put("{")
		d.inside(h, depth+1)
		d.put("}")
	case FieldNode:
		d.glue(h.name)
		d.put(h.name)
		d.trivia(h)
		d.put(":")
		d.trivia(h)
		d.write(h.kids[0], depth)
	case ListNode:
		d.put("[")
		d.inside(h, depth+1)
		d.put("]")
	case RecordNode:
		d.put("{")
		d.inside(h, depth+1)
		d.put("}")
	default:
		d.glue(h.word)
		d.put(h.word)
	}
}

// inside writes what is within brackets, or the file, in some layout.
func (d *drawn) inside(h *thing, depth int) {
	n := len(h.kids)
	defer func(in *thing) { d.in = in }(d.in)
	layout := d.of("one line", "lines", "lines", "mixed", "leading")
	commas := d.of("all", "all", "none", "mixed")
	if h.kind == FileNode {
		layout, commas = d.of("lines", "lines", "mixed"), "none"
	}
	breaks := make([]bool, n+1)
	comma := make([]bool, n+1)
	for i := range breaks {
		breaks[i] = layout == "lines" || layout == "leading" && i > 0 || layout == "mixed" && d.may(2)
		comma[i] = i > 0 && (commas == "all" || commas == "mixed" && d.may(2))
	}
	comma[n] = comma[n] && n > 0 && d.may(2)
	if n == 0 && layout == "leading" {
		layout = "lines"
	}
	indent := strings.Repeat(d.unit, depth)
	for i := 0; i <= n; i++ {
		d.in = h
		g := place{h: h, comma: comma[i], lead: layout == "leading" && i < n && comma[i] || d.odd(8), indent: indent}
		if i > 0 {
			g.before = h.kids[i-1]
		}
		if i < n {
			g.after = h.kids[i]
			g.shared = i+1 < n && !breaks[i+1]
		} else if depth > 0 {
			g.indent = strings.Repeat(d.unit, depth-1)
		}
		g.start = i == 0 && h.kind == FileNode
		if breaks[i] {
			d.linesBetween(g)
		} else {
			d.onLine(g)
		}
		if i < n {
			d.write(h.kids[i], depth)
		}
	}
}

// place is what is around a gap that is being written.
type place struct {
	h             *thing
	before, after *thing // nil for the brackets
	comma, lead   bool
	shared, start bool
	indent        string
}

// onLine writes a gap without a line end.
func (d *drawn) onLine(g place) {
	owner := g.before
	if owner == nil {
		owner = g.after
	}
	if owner == nil {
		owner = g.h
	}
	d.put(d.blank())
	if d.odd(4) {
		d.comment(owner, false)
		d.put(d.blank())
	}
	if g.comma {
		d.put(",", d.blank())
		if owner = g.after; owner == nil {
			owner = g.h
		}
		if d.odd(4) {
			d.comment(owner, false)
			d.put(d.blank())
		}
	}
}

// linesBetween writes a gap with line ends.
func (d *drawn) linesBetween(g place) {
	first := g.before
	if first == nil {
		first = g.h
	}
	comma := g.comma
	if comma && !g.lead {
		d.put(d.of("", "", "", " "), ",")
		comma = false
	}
	if !g.start {
		switch {
		case d.may(4):
			d.put(d.blank())
			d.comment(first, true)
		case d.odd(5):
			d.put(d.blank())
			d.comment(first, false)
			d.put(d.blank())
		}
		d.put(d.nl)
	}
	for d.may(4) { // what is nobody's
		line := d.odd(2)
		d.put(g.indent)
		d.comment(g.h, line)
		d.put(d.nl, d.of("", " "), d.nl)
		if comma && d.odd(4) {
			d.put(g.indent, ",", d.nl)
			comma = false
		}
	}
	owner := g.after
	if owner == nil || g.shared {
		owner = g.h
	}
	for d.may(4) {
		d.put(g.indent)
		d.comment(owner, d.may(2))
		d.put(d.nl)
	}
	if g.after == nil {
		owner = g.h
		if comma {
			d.put(g.indent, ",", d.nl)
		}
	}
	d.put(g.indent)
	if g.after != nil && comma {
		if d.odd(5) {
			d.comment(owner, false)
		}
		d.put(", ")
	}
	if g.after != nil {
		owner = g.after
	}
	if d.odd(5) {
		d.comment(owner, false)
		d.put(d.blank())
	}
}

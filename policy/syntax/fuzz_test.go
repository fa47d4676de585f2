package syntax

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// model reads a tree into what it says.
func model(n Node, parent *thing) (*thing, map[Node]*thing) {
	all := map[Node]*thing{}
	var read func(n Node, parent *thing) *thing
	read = func(n Node, parent *thing) *thing {
		h := &thing{kind: n.Kind(), name: string(n.Name()), parent: parent, word: string(n.Text())}
		if h.kind == BlockNode {
			h.word = string(n.Keyword())
		}
		all[n] = h
		for c := range n.Children() {
			h.kids = append(h.kids, read(c, h))
		}
		return h
	}
	return read(n, parent), all
}

// tried is an edit of a sound source: what it should say after, and which comments should be gone.
type tried struct {
	edits  []Edit
	says   string
	gone   []string // nil: all comments stay in their order
	moves  bool
	needed bool // a plan must be there
}

// try plans one of all possible edits of one of all nodes.
func try(tree *Tree, pick uint32) tried {
	n := Node{tree, int32(pick>>8) % int32(len(tree.nodes))}
	root, all := model(tree.Root(), nil)
	h := all[n]
	errs, _ := tree.Errors()
	isSound := len(errs) == 0
	at := int(pick) >> 3 & 7
	text := []string{"n", "-7", `"q"`, "[]"}[pick>>6&3]
	leaf := func(word string) *thing { return &thing{kind: NameNode, word: word} }
	var r tried
	switch pick & 7 {
	case 0, 1:
		r.edits = n.Remove()
		if b, k, ok := n.place(); ok && r.edits != nil {
			h.parent.kids = slices.Delete(h.parent.kids, k, k+1)
			for i := b.lead(k); i < b.tail(k); i++ {
				if c := tree.toks[i].Kind; c == LineComment || c == BlockComment {
					r.gone = append(r.gone, string(tree.TokenText(int(i))))
				}
			}
			r.needed = true
		}
	case 2:
		r.edits, r.needed = n.Insert(at, text), isSound && h.kind == ListNode
		if r.edits != nil {
			h.kids = slices.Insert(h.kids, min(at, len(h.kids)), leaf(text))
		}
	case 3:
		r.edits, r.needed = n.Append(text, "m"), isSound && h.kind == ListNode
		if r.edits != nil {
			h.kids = append(h.kids, leaf(text), leaf("m"))
		}
	case 4, 5:
		r.edits, r.moves = n.MoveTo(at), true
		if r.edits != nil {
			k := slices.Index(h.parent.kids, h)
			rest := slices.Delete(h.parent.kids, k, k+1)
			h.parent.kids = slices.Insert(rest, min(at, len(rest)), h)
		}
	case 6:
		var after Node
		i := 0
		for c := range n.Children() {
			if i < at {
				after = c
				i++
			}
		}
		r.edits = n.InsertField(after, "n: 0")
		r.needed = isSound && (h.kind == BlockNode || h.kind == RecordNode)
		if r.edits != nil {
			h.kids = slices.Insert(h.kids, i, leaf("n:0"))
		}
	case 7:
		if k := n.Kind(); k != NameNode && k != NumberNode && k != StringNode && k != MissingNode {
			break
		}
		r.edits, r.needed = []Edit{n.Replace(text)}, true
		h.kind, h.word = NameNode, text
	}
	r.says = root.sketch()
	return r
}

func FuzzEdit(f *testing.F) {
	i := uint32(0)
	for _, src := range corpus(f) {
		for range 8 {
			i += 1<<8 | 1
			f.Add(src, i*7)
		}
	}
	for _, file := range []string{"insert", "remove", "field", "replace", "move", "format"} {
		for _, c := range goldens(f, file) {
			i += 1<<8 | 1
			f.Add([]byte(c.before), i*5)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, pick uint32) {
		tree := Parse(src)
		r := try(tree, pick)
		if r.edits == nil {
			if r.needed && len(src) < MaxSize/2 {
				t.Fatalf("no plan %d for %q", pick, src)
			}
			return
		}
		out, err := Apply(src, r.edits...)
		if err != nil {
			t.Fatalf("%v: %+v in %q", err, r.edits, src)
		}
		now := Parse(out)
		if !bytes.Equal(Print(now), out) {
			t.Fatalf("not lossless: %q", out)
		}
		if errs, _ := tree.Errors(); len(errs) > 0 {
			return // what it says is a guess
		}
		errs, _ := now.Errors()
		if slices.ContainsFunc(errs, func(e Error) bool { return e.Code == CodeTooDeep }) {
			return // a list was put where nothing deeper fits: whoever edits reads again, and does not make such an edit
		}
		if got := sketch(now.Root()); len(errs) > 0 || got != r.says {
			t.Fatalf("plan %d %+v: errors %+v, says\n%s\nnot\n%s\nin\n%q\nfrom\n%q", pick, r.edits, errs, got, r.says, out, src)
		}
		got, want := comments(now), comments(tree)
		if r.moves {
			slices.Sort(got)
			slices.Sort(want)
		}
		if i := strings.Index(strings.Join(want, "\x00"), strings.Join(r.gone, "\x00")); len(want)-len(got) != len(r.gone) || i < 0 {
			t.Fatalf("plan %d: comments %q of %q in\n%q\nfrom\n%q", pick, got, want, out, src)
		}
		for _, c := range got { // what is left is a part of what was, in its order
			j := slices.Index(want, c)
			if j < 0 {
				t.Fatalf("plan %d: comment %q is new or out of order in\n%q\nfrom\n%q", pick, c, out, src)
			}
			want = want[j+1:]
		}
	})
}

func FuzzFormat(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	for _, file := range []string{"insert", "remove", "field", "move", "format"} {
		for _, c := range goldens(f, file) {
			f.Add([]byte(c.before))
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) { formatted(t, Parse(src)) })
}

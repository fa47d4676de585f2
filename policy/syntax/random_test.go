package syntax

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// comments gives the comments of a tree in their order.
func comments(t *Tree) []string {
	var all []string
	for i, tok := range t.Tokens() {
		if tok.Kind == LineComment || tok.Kind == BlockComment {
			all = append(all, string(t.TokenText(i)))
		}
	}
	return all
}

// nodeOf finds the node of a thing: both trees have the same shape.
func nodeOf(root Node, h *thing) Node {
	if h.parent == nil {
		return root
	}
	n := nodeOf(root, h.parent).First()
	for i := slices.Index(h.parent.kids, h); i > 0; i-- {
		n = n.Next()
	}
	return n
}

// all gives the things of a kind below h.
func (h *thing) all(keep func(*thing) bool) []*thing {
	var found []*thing
	if keep(h) {
		found = append(found, h)
	}
	for _, k := range h.kids {
		found = append(found, k.all(keep)...)
	}
	return found
}

// scene is a drawn source, parsed, as it should be.
func scene(t *rapid.T) (*drawn, *Tree) {
	d := drawSource(t)
	tree := Parse(d.source())
	if errs, _ := tree.Errors(); len(errs) > 0 {
		t.Fatalf("drawn with errors %+v:\n%s", errs, show(d.source()))
	}
	if got := sketch(tree.Root()); got != d.file.sketch() || !slices.Equal(comments(tree), d.texts) {
		t.Fatalf("drawn\n%s\nas\n%s\nread as\n%s", show(d.source()), d.file.sketch(), got)
	}
	return d, tree
}

// result applies edits and holds what is true of every one of them.
func result(t *rapid.T, d *drawn, tree *Tree, edits []Edit, what string) *Tree {
	if edits == nil {
		t.Fatalf("%s: no plan for\n%s", what, show(d.source()))
	}
	src := d.source()
	out, err := Apply(src, edits...)
	if err != nil {
		t.Fatalf("%s: %v: %+v in\n%s", what, err, edits, show(src))
	}
	now := Parse(out)
	if errs, _ := now.Errors(); len(errs) > 0 || !bytes.Equal(Print(now), out) {
		t.Fatalf("%s: errors %+v in\n%s\nfrom\n%s", what, errs, show(out), show(src))
	}
	if got, want := sketch(now.Root()), d.file.sketch(); got != want {
		t.Fatalf("%s: says\n%s\nnot\n%s\nin\n%s\nfrom\n%s", what, got, want, show(out), show(src))
	}
	return now
}

// keeps holds that all comments but those that went are there, in their order.
func keeps(t *rapid.T, d *drawn, now *Tree, what string, gone func(owner *thing, inner bool) bool) {
	var want []string
	for i, text := range d.texts {
		if !gone(d.owners[i], d.inner[i]) {
			want = append(want, text)
		}
	}
	if got := comments(now); !slices.Equal(got, want) {
		t.Fatalf("%s: comments\n%q\nnot\n%q\nin\n%s\nfrom\n%s", what, got, want, show(now.Source()), show(d.source()))
	}
}

// subsequence reports whether all bytes of a are in b, in their order.
func subsequence(a, b []byte) bool {
	for _, c := range b {
		if len(a) > 0 && a[0] == c {
			a = a[1:]
		}
	}
	return len(a) == 0
}

func isList(h *thing) bool     { return h.kind == ListNode }
func nobody(*thing, bool) bool { return false }

func TestRandomRemove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, tree := scene(t)
		all := d.file.all(func(h *thing) bool {
			return h.parent != nil && h.parent.kind != FieldNode
		})
		x := rapid.SampledFrom(all).Draw(t, "which")
		edits := nodeOf(tree.Root(), x).Remove()
		what := "remove " + x.sketch()
		i := slices.Index(x.parent.kids, x)
		x.parent.kids = slices.Delete(x.parent.kids, i, i+1)
		now := result(t, d, tree, edits, what)
		keeps(t, d, now, what, func(owner *thing, _ bool) bool { return owner.within(x) })
		ownStay(t, d, now, what, x.parent)
		for _, e := range edits {
			if e.Text != "" && e.Text != " " {
				t.Fatalf("%s writes %q", what, e.Text)
			}
		}
	})
}

func TestRandomInsert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, tree := scene(t)
		lists := d.file.all(isList)
		if len(lists) == 0 {
			return
		}
		list := rapid.SampledFrom(lists).Draw(t, "which")
		i := rapid.IntRange(0, len(list.kids)+1).Draw(t, "at")
		texts := rapid.SliceOfN(rapid.SampledFrom([]string{"n", "-7", `"q"`, "{ k: v }", "[]"}), 1, 3).Draw(t, "texts")
		edits := nodeOf(tree.Root(), list).Insert(i, texts...)
		i = min(i, len(list.kids))
		for j, text := range texts {
			word := strings.ReplaceAll(text, " ", "")
			list.kids = slices.Insert(list.kids, i+j, &thing{kind: NameNode, word: word, parent: list})
		}
		now := result(t, d, tree, edits, "insert")
		keeps(t, d, now, "insert", nobody)
		if !subsequence(d.source(), now.Source()) && len(list.kids) > len(texts) {
			t.Fatalf("insert changed other bytes:\n%s\nfrom\n%s", show(now.Source()), show(d.source()))
		}
		ownStay(t, d, now, "insert", list)
	})
}

// ownStay holds that the comments of the old elements of a list are still theirs.
func ownStay(t *rapid.T, d *drawn, now *Tree, what string, list *thing) {
	b, ok := nodeOf(now.Root(), list).body()
	if !ok {
		t.Fatal("no list")
	}
	for i := 1; i < len(b.kids); i++ {
		if g := b.gap(i); g.first < 0 && g.comma < 0 {
			return // without a comma a comment between two on one line is the first one's
		}
	}
	for i, kid := range list.kids {
		var want []string
		for j, owner := range d.owners {
			if owner.within(kid) {
				want = append(want, d.texts[j])
			}
		}
		var got []string
		for tok := b.lead(i); tok < b.tail(i); tok++ {
			if k := now.toks[tok].Kind; k == LineComment || k == BlockComment {
				got = append(got, string(now.TokenText(int(tok))))
			}
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Fatalf("%s: %s lost %q in\n%s\nfrom\n%s", what, kid.sketch(), w, show(now.Source()), show(d.source()))
			}
		}
	}
}

func TestRandomMove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, tree := scene(t)
		lists := d.file.all(func(h *thing) bool { return isList(h) && len(h.kids) > 1 })
		if len(lists) == 0 {
			return
		}
		list := rapid.SampledFrom(lists).Draw(t, "which")
		k := rapid.IntRange(0, len(list.kids)-1).Draw(t, "from")
		i := rapid.IntRange(0, len(list.kids)-1).Draw(t, "to")
		x := list.kids[k]
		edits := nodeOf(tree.Root(), x).MoveTo(i)
		if i == k {
			if edits != nil {
				t.Fatalf("a plan for nothing: %+v", edits)
			}
			return
		}
		list.kids = slices.Insert(slices.Delete(list.kids, k, k+1), i, x)
		now := result(t, d, tree, edits, "move")
		theirs := func(all []string) (mine, others []string) {
			for _, text := range all {
				j := slices.Index(d.texts, text)
				if j < 0 {
					t.Fatalf("move: a new comment %q in\n%s\nfrom\n%s", text, show(now.Source()), show(d.source()))
				}
				if d.owners[j].within(x) {
					mine = append(mine, text)
				} else {
					others = append(others, text)
				}
			}
			return mine, others
		}
		mine, others := theirs(comments(now))
		wasMine, wasOthers := theirs(d.texts)
		if !slices.Equal(mine, wasMine) || !slices.Equal(others, wasOthers) {
			t.Fatalf("move: comments %q and %q, not %q and %q in\n%s\nfrom\n%s", mine, others, wasMine, wasOthers, show(now.Source()), show(d.source()))
		}
		ownStay(t, d, now, "move", list)
	})
}

func TestRandomField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, tree := scene(t)
		all := d.file.all(func(h *thing) bool { return h.kind == BlockNode || h.kind == RecordNode })
		in := rapid.SampledFrom(all).Draw(t, "which")
		i := rapid.IntRange(0, len(in.kids)).Draw(t, "at")
		var after Node
		if i > 0 {
			after = nodeOf(tree.Root(), in.kids[i-1])
		}
		edits := nodeOf(tree.Root(), in).InsertField(after, "n: 0")
		in.kids = slices.Insert(in.kids, i, &thing{kind: NameNode, word: "n:0", parent: in})
		now := result(t, d, tree, edits, "field")
		keeps(t, d, now, "field", nobody)
		if !subsequence(d.source(), now.Source()) && len(in.kids) > 1 {
			t.Fatalf("field changed other bytes:\n%s\nfrom\n%s", show(now.Source()), show(d.source()))
		}
		ownStay(t, d, now, "field", in)
	})
}

func TestRandomReplace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, tree := scene(t)
		all := d.file.all(func(h *thing) bool { return h.parent != nil && h.kind != FieldNode && h.kind != BlockNode })
		if len(all) == 0 {
			return
		}
		x := rapid.SampledFrom(all).Draw(t, "which")
		text := rapid.SampledFrom([]string{"n", "-7", `"q"`, "[]"}).Draw(t, "text")
		edit := nodeOf(tree.Root(), x).Replace(text)
		x.kind, x.word, x.kids = NameNode, text, nil
		now := result(t, d, tree, []Edit{edit}, "replace")
		keeps(t, d, now, "replace", func(owner *thing, inner bool) bool {
			return owner.within(x) && (owner != x || inner)
		})
	})
}

// Many edits, one after the other, say what was meant.
func TestRandomSeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, tree := scene(t)
		for _, pick := range rapid.SliceOfN(rapid.Uint32(), 1, 12).Draw(t, "picks") {
			r := try(tree, pick)
			if r.edits == nil {
				if r.needed {
					t.Fatalf("no plan %d in\n%s", pick, show(tree.src))
				}
				continue
			}
			out, err := Apply(tree.src, r.edits...)
			now := Parse(out)
			errs, _ := now.Errors()
			if got := sketch(now.Root()); err != nil || len(errs) > 0 || got != r.says {
				t.Fatalf("plan %d %+v: %v, errors %+v, says\n%s\nnot\n%s\nin\n%s\nfrom\n%s", pick, r.edits, err, errs, got, r.says, show(out), show(tree.src))
			}
			tree = now
		}
		formatted(t, tree)
	})
}

// Lines that change places are the same lines, in a list with a comma after each or none.
func TestRandomMoveOfLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comma := rapid.SampledFrom([]string{",", ""}).Draw(t, "comma")
		var lines []string
		elements := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "{\n      k: 1 // in\n    }", "// above\n    b", "\n    // free\n\n    /* c */ c"}), 2, 6).Draw(t, "elements")
		for i, e := range elements {
			lines = append(lines, "    "+e+comma+strings.Repeat(" // behind", i%2)+"\n")
		}
		src := "policy p {\n  x: [ // head\n" + strings.Join(lines, "") + "    // below\n  ]\n}\n"
		tree := Parse([]byte(src))
		list := find(tree.Root(), "p.x").Value()
		k := rapid.IntRange(0, len(elements)-1).Draw(t, "from")
		i := rapid.IntRange(0, len(elements)-1).Draw(t, "to")
		b, _ := list.body()
		out, err := Apply([]byte(src), b.kids[k].MoveTo(i)...)
		was, now := strings.Split(src, "\n"), strings.Split(string(out), "\n")
		slices.Sort(was)
		slices.Sort(now)
		if err != nil || !slices.Equal(was, now) || k != i && string(out) == src {
			t.Fatalf("%d to %d: %v\n%s\nfrom\n%s", k, i, err, show(out), show([]byte(src)))
		}
	})
}

package syntax

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// check holds what every tree promises, whatever the source.
func check(t *testing.T, src []byte) *Tree {
	t.Helper()
	tree := Parse(src)
	if got := Print(tree); !bytes.Equal(got, src) {
		t.Fatalf("Print(Parse(x)) differs:\n got %q\nwant %q", got, src)
	}
	toks := tree.Tokens()
	var joined []byte
	for i := range toks {
		joined = append(joined, tree.TokenText(i)...)
		if i > 0 && toks[i].Kind != EOF && len(tree.TokenText(i)) == 0 {
			t.Fatalf("token %d is empty", i)
		}
	}
	if !bytes.Equal(joined, src) || toks[len(toks)-1].Kind != EOF {
		t.Fatalf("tokens do not cover %q", src)
	}
	walk(t, tree, tree.Root(), 0)
	errs, more := tree.Errors()
	if len(errs) > maxErrors || more > 0 && len(errs) < maxErrors {
		t.Fatalf("%d errors and %d more", len(errs), more)
	}
	for _, e := range errs {
		if e.Start < 0 || e.End < e.Start || e.End > len(src) || e.Message == "" || e.Code == "" {
			t.Fatalf("bad error %+v in %d bytes", e, len(src))
		}
	}
	return tree
}

// walk holds that nodes nest: each within its parent, after its sibling, significant at both edges.
func walk(t *testing.T, tree *Tree, n Node, depth int) {
	t.Helper()
	if depth > 2*MaxDepth+4 {
		t.Fatalf("nodes nest %d deep", depth)
	}
	d := tree.nodes[n.i]
	at := d.first
	for c := range n.Children() {
		e := tree.nodes[c.i]
		if e.first < at || e.end < e.first || e.end > d.end || c.Parent() != n {
			t.Fatalf("%v [%d,%d) does not fit in %v [%d,%d) after %d", c.Kind(), e.first, e.end, n.Kind(), d.first, d.end, at)
		}
		if e.end == e.first && c.Kind() != MissingNode {
			t.Fatalf("%v without tokens", c.Kind())
		}
		if e.end > e.first && tree.toks[e.end-1].Kind.trivia() {
			t.Fatalf("%v ends in trivia", c.Kind())
		}
		at = e.end
		walk(t, tree, c, depth+1)
	}
}

func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../testdata/corpus/*.vox")
	if err != nil || len(files) < 21 {
		t.Fatalf("corpus: %d files, %v", len(files), err)
	}
	m := make(map[string][]byte)
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m[filepath.Base(f)] = b
	}
	return m
}

func TestCorpusIsLossless(t *testing.T) {
	for name, src := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			tree := check(t, src)
			errs, _ := tree.Errors()
			if !strings.HasPrefix(name, "err-") && len(errs) > 0 {
				t.Errorf("errors in a good file: %+v", errs)
			}
		})
	}
}

// Every cut of every file, and every file with a byte lost or doubled, is kept and nested well too.
func TestDamagedFilesAreLossless(t *testing.T) {
	for name, src := range corpus(t) {
		if len(src) > 2000 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for i := range src {
				check(t, src[:i])
				check(t, append(bytes.Clone(src[:i]), src[i+1:]...))
				check(t, append(bytes.Clone(src[:i+1]), src[i:]...))
			}
		})
	}
}

// sketch writes the tree in one line, for the tests of the grammar.
func sketch(n Node) string {
	var parts []string
	for c := range n.Children() {
		parts = append(parts, sketch(c))
	}
	in := strings.Join(parts, " ")
	switch n.Kind() {
	case FileNode:
		return in
	case BlockNode:
		return fmt.Sprintf("%s %s{%s}", n.Keyword(), n.Name(), in)
	case FieldNode:
		return fmt.Sprintf("%s:%s", n.Name(), in)
	case ListNode:
		return "[" + in + "]"
	case RecordNode:
		return "{" + in + "}"
	case MissingNode:
		return "-"
	case ErrorNode:
		if in != "" {
			return "!(" + in + ")"
		}
		return "!"
	}
	return string(n.Text())
}

func TestGrammarAndRecovery(t *testing.T) {
	for _, tc := range []struct {
		src, tree string
		errs      int
	}{
		{`policy a { x: 1 y: [a, "b" -3,], z: {p: q} }`, `policy a{x:1 y:[a "b" -3] z:{p:q}}`, 0},
		{`policy "a b" { "x y": 10m.5 }`, `policy a b{x y:10m.5}`, 0},
		{`workflow w { step one { k: cpu } step two { } }`, `workflow w{step one{k:cpu} step two{}}`, 0},
		{"policy a {\n x: [\n 1\n y: 2\n}", `policy a{x:[1] y:2}`, 1},
		{"policy a {\n x: [\n  { k: 1\n y: 2\n}\nz b { }", `policy a{x:[{k:1}] y:2} z b{}`, 2},
		{"policy a {\n x: 1\npolicy b { y: 2 }\n", `policy a{x:1} policy b{y:2}`, 1},
		{"policy a { x: 1 \n y 2\n z: 3 }", `policy a{x:1 y:2 z:3}`, 1},
		{"policy a { x\n y: 2 }", `policy a{x:- y:2}`, 1},
		{"policy a { x: y: 2 }", `policy a{x:- y:2}`, 1},
		{"policy a { x = 5 y: 2 }", `policy a{x:! 5 y:2}`, 1},
		{"policy a { x: 5 6 7 y: 2 }", `policy a{x:5 ! y:2}`, 1},
		{"policy a { x: 5 [1 {k: 2}] 9\n y: 2 }", `policy a{x:5 !([1 {k:2}]) y:2}`, 1},
		{"policy a { ] x: [1}, y: 2 }", `policy a{! x:[1]} ! y:2 !`, 5},
		{"policy a { x: [a: 1, b: 2] }", `policy a{x:[a:1 b:2]}`, 2},
		{"policy a\n x: 1\n}", `policy a{x:1}`, 1},
		{"policy { x: 1 }", `policy {x:1}`, 1},
		{"policy a { , x: 1,, y: 2 }", `policy a{x:1 y:2}`, 2},
		{"policy a { x: \"abc\n y: 2 }", `policy a{x:"abc y:2}`, 1},
		{"policy a { x: 1 } }", `policy a{x:1} !`, 1},
		{"x: 1", `x:1`, 1},
	} {
		tree := check(t, []byte(tc.src))
		errs, _ := tree.Errors()
		if got := sketch(tree.Root()); got != tc.tree || len(errs) != tc.errs {
			t.Errorf("%q\n got %s\nwant %s\nerrors %+v", tc.src, got, tc.tree, errs)
		}
	}
}

func TestBounds(t *testing.T) {
	big := bytes.Repeat([]byte("x"), MaxSize+1)
	if errs, _ := check(t, big).Errors(); len(errs) != 1 || errs[0].Code != CodeTooLarge {
		t.Errorf("too large: %+v", errs)
	}
	nest := func(n int) []byte {
		return []byte("policy a {\n x: " + strings.Repeat("[", n) + strings.Repeat("]", n) + "\n y: 2 }")
	}
	if errs, _ := check(t, nest(MaxDepth-1)).Errors(); len(errs) != 0 {
		t.Errorf("%d deep: %+v", MaxDepth, errs)
	}
	tree := check(t, nest(MaxDepth))
	if errs, _ := tree.Errors(); len(errs) != 1 || errs[0].Code != CodeTooDeep {
		t.Errorf("too deep: %+v", errs)
	}
	if y := tree.Root().First().Field("y"); string(y.Value().Text()) != "2" {
		t.Error("the field after what was too deep is lost")
	}
	for _, s := range []string{"[", "{", "a b {", "a:[", "[{", "}", "]", "\"", "/*", ",", "=", "a", "a b ", "{a:[}", "\xff", "a:\n"} {
		check(t, bytes.Repeat([]byte(s), 50_000/len(s)))
	}
}

// Twice the input makes twice the tokens and nodes and no more than twice the memory (2.2 with rounding), whatever
// the shape: no timing.
func TestCostIsLinear(t *testing.T) {
	for _, s := range []string{
		"  { peer: \"a@b\", nsfw_allowed: true }, // c\n", "[", "a:[} ", "{a:", "x y\n", "\"\n", "/* */ ", "a\n b\n", "]", "= = =\n", "a: 1 2 ",
	} {
		cost := func(n int) (work float64) {
			src := []byte("policy a {\n l: [\n" + strings.Repeat(s, n/len(s)))
			tree := Parse(src)
			return float64(len(tree.toks) + len(tree.nodes) + steps(tree))
		}
		small, big := cost(20_000), cost(40_000)
		if big > 2.2*small {
			t.Errorf("%q: twice the input costs %.2f times as much", s, big/small)
		}
	}
}

// steps reads the tree again with a parser that counts each look at a token.
func steps(t *Tree) int {
	c := &Tree{src: t.src, toks: t.toks, lines: t.lines}
	a := parse(c, false).steps
	c.nodes = nil
	return a + parse(c, true).steps
}

func TestPositions(t *testing.T) {
	src := "\ufeffab\r\né/*\n*/x"
	tree := Parse([]byte(src))
	for _, tc := range []struct {
		at        string
		line, col int
	}{{"ab", 1, 1}, {"b", 1, 2}, {"é", 2, 1}, {"/*", 2, 2}, {"*/", 3, 1}, {"x", 3, 3}} {
		if l, c := tree.Position(strings.Index(src, tc.at)); l != tc.line || c != tc.col {
			t.Errorf("%q at %d:%d, want %d:%d", tc.at, l, c, tc.line, tc.col)
		}
	}
	if l, _ := tree.Line(1); string(l) != "ab" {
		t.Errorf("line 1 is %q", l)
	}
	if l, _ := tree.Line(9); l != nil {
		t.Errorf("line 9 is %q", l)
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"", "alice@aurelia", "a\"b\\c", "\n\r\t\x00\x1b", "日本 \u202e", "\ufffd"} {
		q := Quote(s)
		if got, err := Unquote([]byte(q)); err != nil || got != s {
			t.Errorf("Unquote(%s) = %q, %v", q, got, err)
		}
		if errs, _ := Parse([]byte("p a { x: " + q + " }")).Errors(); len(errs) > 0 {
			t.Errorf("%s: %+v", q, errs)
		}
	}
	for _, bad := range []string{"", `"`, `x`, `"\"`, `"\q"`, `"\u12"`, `"\u{110000}"`, `"\u{}"`, `"\ud800"`, "\"\xff\"", `"\uzzzz"`} {
		if s, err := Unquote([]byte(bad)); err == nil {
			t.Errorf("Unquote(%s) = %q without an error", bad, s)
		}
	}
}

func FuzzLossless(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) { check(t, src) })
}

package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// shapes are sources that grow with n, each with a list x of n elements within it.
func shapes(n int) map[string]string {
	lines := strings.Repeat("    // own\n    { a: 1, b: 2 }, // c\n", n)
	records := strings.Repeat("  {\n  a: 1 // c\n  }\n", n)
	return map[string]string{
		"one line":       "policy p { x: [" + strings.Repeat("a, ", n-1) + "a] }",
		"no commas":      "policy p { x: [" + strings.Repeat("a ", n) + "] }",
		"uneven":         "policy p { x: [" + strings.Repeat("a,  b, ", n/2-1) + "a, b] }",
		"many lines":     "policy p {\n  x: [\n" + lines + "  ]\n}\n",
		"records":        "policy p {\n  x: [\n" + records + "  ]\n}\n",
		"leading commas": "policy p {\n  x: [ a\n" + strings.Repeat("  , a // c\n", n-1) + "  ]\n}\n",
		"rows":           "policy p {\n  x: [\n" + strings.Repeat("  a, b, // c\n", n/2) + "  ]\n}\n",
		"comments":       "policy p {\n  x: [\n" + strings.Repeat("// c\n", n) + "a, b,\n" + strings.Repeat("/* c */\n", n) + "c\n]\n}\n",
		"blank lines":    "policy p {\n  x: [\n a," + strings.Repeat("\n", n) + "b, c\n]\n}\n",
	}
}

// Twice the elements make a plan look at no more than twice the tokens, wherever it is: no timing.
func TestPlansAreLinear(t *testing.T) {
	plans := map[string]func(list Node, kids []Node) []Edit{
		"append":       func(l Node, k []Node) []Edit { return l.Append("n", "m") },
		"insert first": func(l Node, k []Node) []Edit { return l.Insert(0, "n") },
		"insert":       func(l Node, k []Node) []Edit { return l.Insert(len(k)/2, "n") },
		"remove first": func(l Node, k []Node) []Edit { return k[0].Remove() },
		"remove":       func(l Node, k []Node) []Edit { return k[len(k)/2].Remove() },
		"remove last":  func(l Node, k []Node) []Edit { return k[len(k)-1].Remove() },
		"to the front": func(l Node, k []Node) []Edit { return k[len(k)-1].MoveTo(0) },
		"to the end":   func(l Node, k []Node) []Edit { return k[0].MoveTo(len(k)) },
		"a step":       func(l Node, k []Node) []Edit { return k[len(k)/2].MoveTo(len(k)/2 + 1) },
		"remove all":   func(l Node, k []Node) []Edit { return l.Parent().Remove() },
		"field":        func(l Node, k []Node) []Edit { return l.Parent().Parent().InsertField(l.Parent(), "n: 0") },
		"format": func(l Node, k []Node) []Edit {
			out, ok := Format(l.t)
			if !ok {
				return nil
			}
			return []Edit{{0, len(l.t.src), string(out)}}
		},
	}
	cost := func(t *testing.T, shape string, n int, plan func(Node, []Node) []Edit) float64 {
		tree := Parse([]byte(shapes(n)[shape]))
		if errs, _ := tree.Errors(); len(errs) > 0 {
			t.Fatal(errs)
		}
		looked := 0
		tree.looked = &looked
		list := find(tree.Root(), "p.x").Value()
		var kids []Node
		for c := range list.Children() {
			kids = append(kids, c)
		}
		edits := plan(list, kids)
		out, err := Apply(tree.src, edits...)
		if err != nil || edits == nil {
			t.Fatalf("%d edits, %v", len(edits), err)
		}
		if errs, _ := Parse(out).Errors(); len(errs) > 0 {
			t.Fatal(errs)
		}
		return float64(looked + 10*len(edits))
	}
	for shape := range shapes(4) {
		for name, plan := range plans {
			t.Run(shape+"/"+name, func(t *testing.T) {
				n := 2_000
				if shape == "one line" || shape == "many lines" {
					n = 10_000
				}
				small, big := cost(t, shape, n/2, plan), cost(t, shape, n, plan)
				if big > 2.2*small+100 {
					t.Errorf("twice the elements cost %.0f looks, not %.0f", big, small)
				}
				if per := big / float64(n); per > 120 {
					t.Errorf("%.0f looks for each element", per)
				}
			})
		}
	}
}

// At the bounds a plan is made or refused, and never makes what cannot be read.
func TestPlansAtTheBounds(t *testing.T) {
	deep := "policy p {\n x: " + strings.Repeat("[", MaxDepth-1) + "a" + strings.Repeat("]", MaxDepth-1) + "\n y: 2 }"
	tree := Parse([]byte(deep))
	n := find(tree.Root(), "p.x").Value()
	for n.First().Valid() {
		n = n.First()
	}
	for _, edits := range [][]Edit{n.Remove(), n.Parent().Insert(0, "n"), n.Parent().Append("n"), {n.Replace("n")}} {
		out, err := Apply(tree.src, edits...)
		if errs, _ := Parse(out).Errors(); err != nil || edits == nil || len(errs) > 0 {
			t.Errorf("%+v: %v, %v", edits, err, errs)
		}
	}
	formatted(t, tree)
	formatted(t, Parse([]byte(strings.ReplaceAll(deep, "[", "[\n"))))

	full := fmt.Sprintf("policy p { x: [a, b] y: {} } //%s", strings.Repeat("x", MaxSize))[:MaxSize]
	tree = Parse([]byte(full))
	list := find(tree.Root(), "p.x").Value()
	if errs, _ := tree.Errors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	if list.Append("n") != nil || list.Insert(0, "n") != nil || find(tree.Root(), "p").InsertField(Node{}, "n: 0") != nil {
		t.Error("a plan for what is too large")
	}
	if list.First().Remove() == nil || list.First().MoveTo(1) == nil {
		t.Error("no plan for what gets no larger")
	}
	if out, ok := Format(tree); ok || string(out) != full {
		t.Error("formatted into what is too large")
	}
	wide := "policy p { x: " + strings.Repeat("[\n", 60) + strings.Repeat("1\n", 100_000) + strings.Repeat("]", 60) + "}"
	if out, ok := Format(Parse([]byte(wide))); ok || string(out) != wide {
		t.Error("blew up by indenting")
	}
}

// What is no place for an edit has no plan, and nothing panics.
func TestNoPlanWhereThereIsNone(t *testing.T) {
	for _, src := range append([]string{"", "x", "policy p {", "policy p { x: [", "policy p { x: [a, {", "x: 1", "p { x: [a = 1 ] }", "p a { x: [,a] y: {,} }", "p a { x: [,] y: {,} }", strings.Repeat("x", MaxSize+1)}, deepBrackets()...) {
		tree := Parse([]byte(src))
		nodes := []Node{{}}
		for i := range tree.nodes {
			nodes = append(nodes, Node{tree, int32(i)})
		}
		for _, n := range nodes {
			plans := map[string][]Edit{"remove": n.Remove(), "append": n.Append("n"), "insert": n.Insert(0, "n"), "move": n.MoveTo(0), "field": n.InsertField(Node{}, "n: 0")}
			closed := n.Closed()
			for name, edits := range plans {
				if edits != nil && (!n.Valid() || n.Kind() == ErrorNode || !closed && name != "remove" && name != "move") {
					t.Errorf("%s of %v in %.40q: %+v", name, n.Kind(), src, edits)
				}
				if _, err := Apply([]byte(src), edits...); err != nil {
					t.Errorf("%s in %.40q: %v", name, src, err)
				}
			}
		}
	}
}

func deepBrackets() []string {
	return []string{"p a { x: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}", "p a { x: " + strings.Repeat("{ a: ", 200)}
}

package syntax

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// golden is one case of testdata/golden: `== name`, `$ edit`, the source, `--`, and what becomes of it, or `nil`. ␍ is a
// carriage return, ␄ at the end means without the last line end.
type golden struct{ name, edit, before, after string }

func goldens(t testing.TB, file string) []golden {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "golden", file+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	seen := map[string]bool{}
	for _, part := range strings.Split("\n"+string(b), "\n== ")[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		edit, rest, _ := strings.Cut(rest, "\n")
		before, after, ok := strings.Cut(rest, "\n--\n")
		if !ok || !strings.HasPrefix(edit, "$ ") || seen[name] {
			t.Fatalf("%s: bad case %q", file, name)
		}
		seen[name] = true
		c := golden{name: name, edit: edit[2:], before: text(before), after: text(strings.TrimSuffix(after, "\n"))}
		cases = append(cases, c)
	}
	return cases
}

func text(s string) string {
	s = strings.ReplaceAll(s, "␍", "\r")
	if cut, ok := strings.CutSuffix(s, "␄"); ok {
		return cut
	}
	return s + "\n"
}

// find follows a path such as p.x[1].kind or p[2]: names of blocks and fields, and indexes of what is within.
func find(n Node, path string) Node {
	for path != "" {
		if n.Kind() == FieldNode {
			n = n.Value()
		}
		var part string
		if i := strings.IndexAny(path[1:], ".["); i >= 0 {
			part, path = path[:i+1], path[i+1:]
		} else {
			part, path = path, ""
		}
		if strings.HasPrefix(part, "[") {
			i, _ := strconv.Atoi(strings.Trim(part, "[]"))
			n = n.First()
			for ; i > 0; i-- {
				n = n.Next()
			}
			continue
		}
		name, found := strings.TrimPrefix(part, "."), Node{}
		for c := range n.Children() {
			if !found.Valid() && string(c.Name()) == name {
				found = c
			}
		}
		n = found
	}
	return n
}

// plan reads an edit of a golden case.
func plan(t testing.TB, tree *Tree, edit string) []Edit {
	t.Helper()
	verb, rest, _ := strings.Cut(edit, " ")
	path, rest, _ := strings.Cut(rest, " ")
	n := find(tree.Root(), path)
	list := n
	if n.Kind() == FieldNode {
		list = n.Value()
	}
	switch verb {
	case "remove":
		return n.Remove()
	case "append":
		return list.Append(strings.Split(rest, " | ")...)
	case "insert":
		at, texts, _ := strings.Cut(rest, " ")
		i, err := strconv.Atoi(at)
		if err != nil {
			t.Fatal(err)
		}
		return list.Insert(i, strings.Split(texts, " | ")...)
	case "move":
		i, err := strconv.Atoi(rest)
		if err != nil {
			t.Fatal(err)
		}
		return n.MoveTo(i)
	case "replace":
		return []Edit{list.Replace(rest)}
	case "field":
		after, text, _ := strings.Cut(rest, " ")
		if n.Kind() == FieldNode {
			n = n.Value()
		}
		if after == "-" {
			return n.InsertField(Node{}, text)
		}
		return n.InsertField(find(n, after), text)
	case "format":
		out, ok := Format(tree)
		if !ok {
			return nil
		}
		return []Edit{{0, len(tree.src), string(out)}}
	}
	t.Fatalf("no edit %q", verb)
	return nil
}

// variants are the same case with other line ends, in another file, and without what follows its last byte.
var variants = []struct {
	name string
	turn func(s string) string
}{
	{"as it is", func(s string) string { return s }},
	{"CRLF", func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
	}},
	{"no newline at the end", func(s string) string { return strings.TrimRight(s, "\r\n") }},
	{"among others", func(s string) string {
		return "\ufeff// head { [ \"\n\npolicy before { x: [ 1, 2, ] } // behind\n\n" + s + "/* foot */\npolicy after {\n\tx: 1 // one\n}\n// end"
	}},
}

func testGolden(t *testing.T, file string, atLeast int) {
	cases := goldens(t, file)
	if len(cases) < atLeast {
		t.Errorf("only %d cases", len(cases))
	}
	for _, c := range cases {
		for _, v := range variants {
			t.Run(c.name+"/"+v.name, func(t *testing.T) {
				if v.name != "as it is" && strings.Contains(c.name, "FILE") {
					t.SkipNow() // what is edited is the file
				}
				src, want := []byte(v.turn(c.before)), v.turn(c.after)
				tree := check(t, src)
				edits := plan(t, tree, c.edit)
				if c.after == "nil\n" {
					if edits != nil {
						t.Errorf("planned %v", edits)
					}
					return
				}
				out, err := Apply(src, edits...)
				if err != nil || string(out) != want {
					t.Fatalf("%s (%v)\n%s\ngives\n%s\nwant\n%s\nedits %+v", c.edit, err, show(src), show(out), show([]byte(want)), edits)
				}
				sound(t, tree, out)
			})
		}
	}
}

func show(b []byte) string { return strings.ReplaceAll(fmt.Sprintf("%q", b), `\n`, "\\n\n") }

// sound holds that an edit made no errors.
func sound(t testing.TB, before *Tree, out []byte) *Tree {
	t.Helper()
	tree := Parse(out)
	if !bytes.Equal(Print(tree), out) {
		t.Fatalf("not lossless: %q", out)
	}
	was, more := before.Errors()
	errs, moreNow := tree.Errors()
	if len(errs)+moreNow > len(was)+more {
		t.Fatalf("new errors %+v in\n%s\nfrom\n%s", errs, show(out), show(before.Source()))
	}
	return tree
}

func TestInsertGolden(t *testing.T)  { testGolden(t, "insert", 10) }
func TestRemoveGolden(t *testing.T)  { testGolden(t, "remove", 10) }
func TestFieldGolden(t *testing.T)   { testGolden(t, "field", 10) }
func TestFormatGolden(t *testing.T)  { testGolden(t, "format", 10) }
func TestReplaceGolden(t *testing.T) { testGolden(t, "replace", 5) }
func TestMoveGolden(t *testing.T)    { testGolden(t, "move", 10) }

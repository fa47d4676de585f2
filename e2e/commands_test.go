package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"voxmesh/tui/cli"
)

var (
	inText = regexp.MustCompile("`(voxmesh [^`]+)`")
	inCode = regexp.MustCompile(`(?m)^(voxmesh .*)$`)
)

// TestNamedCommandsExist: every `voxmesh …` in the documents is a command of the tree.
func TestNamedCommandsExist(t *testing.T) {
	known := cli.Commands()
	if len(known) < 20 {
		t.Fatalf("the tree has only %d commands", len(known))
	}
	found := 0
	for _, doc := range documents(t) {
		text := read(t, doc)
		named := inText.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1)
		for _, block := range fence.FindAllStringSubmatch(text, -1) {
			named = append(named, inCode.FindAllStringSubmatch(block[1], -1)...)
		}
		for _, m := range named {
			words := commandWords(m[1])
			if len(words) == 0 {
				continue // the program with a flag alone
			}
			found++
			if !isCommand(known, words) {
				t.Errorf("%s names `%s`, which is no command", doc, m[1])
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d commands were found in the documents: the pattern finds nothing", found)
	}
}

// commandWords are the lower-case words after the program's name, up to the first argument or flag.
func commandWords(line string) []string {
	var out []string
	for _, w := range strings.Fields(line)[1:] {
		if strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			break
		}
		out = append(out, w)
	}
	return out
}

// isCommand reports whether words begin with a command that takes what is left of them as arguments: one with commands
// below it takes none that look like a command.
func isCommand(known, words []string) bool {
	for n := len(words); n > 0; n-- {
		path := strings.Join(words[:n], " ")
		if !slices.Contains(known, path) {
			continue
		}
		return n == len(words) || !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, path+" ") })
	}
	return false
}

func TestIsCommand(t *testing.T) {
	known := []string{"invite", "invite ls", "join", "oplog", "oplog verify"}
	for line, want := range map[string]bool{
		"voxmesh join URL":         true,
		"voxmesh invite":           true,
		"voxmesh invite ls":        true,
		"voxmesh invite nothing":   false,
		"voxmesh oplog verify":     true,
		"voxmesh oplog mend":       false,
		"voxmesh conquer the moon": false,
	} {
		if got := isCommand(known, commandWords(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// later are commands that hints name and that come with later work; whoever adds one takes it off this list.
var later = []string{}

// groups do nothing by themselves: a hint must name what is below them.
var groups = []string{"access", "hopper", "oplog", "policy", "run", "workflow"}

var hinted = regexp.MustCompile("(?:^|`|: )voxmesh ([a-z]+(?: [a-z]+)*(?: --help)?)")

// TestHintsNameCommands: what an error or a written file tells people to type is a command of the tree.
func TestHintsNameCommands(t *testing.T) {
	known := cli.Commands()
	for _, c := range later {
		if slices.Contains(known, c) {
			t.Errorf("%s is there: take it off the list of what comes later", c)
		}
	}
	all := slices.Concat(known, later, []string{"help"}) // cobra adds that one itself
	found := 0
	for _, name := range allFiles(t) {
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "e2e/") {
			continue
		}
		for _, hint := range hints(t, name) {
			for _, m := range hinted.FindAllStringSubmatch(hint, -1) {
				found++
				if !hintHolds(all, strings.Fields(m[1])) {
					t.Errorf("%s tells people to type `voxmesh %s`, which is no command", name, m[1])
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d commands were found in hints: the pattern finds nothing", found)
	}
}

// hintHolds reports whether words begin with a command; prose may follow it.
func hintHolds(known, words []string) bool {
	if last := len(words) - 1; words[last] == "--help" {
		return slices.Contains(known, strings.Join(words[:last], " "))
	}
	for n := len(words); n > 0; n-- {
		path := strings.Join(words[:n], " ")
		if slices.Contains(known, path) {
			return !slices.Contains(groups, path)
		}
	}
	return false
}

// hints gives the texts of a file that tell people what to do: what WithHint is given, what stands in a Hint field or a
// constant that begins with hint, and every text with a command in backticks.
func hints(t *testing.T, name string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	add := func(e ast.Expr, always bool) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		s, err := strconv.Unquote(lit.Value)
		if err == nil && (always || strings.Contains(s, "`voxmesh ")) {
			out = append(out, s)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "WithHint" && len(n.Args) > 0 {
				add(n.Args[0], true)
				return true
			}
			for _, a := range n.Args {
				add(a, false)
			}
		case *ast.KeyValueExpr:
			key, ok := n.Key.(*ast.Ident)
			add(n.Value, ok && key.Name == "Hint")
		case *ast.ValueSpec:
			for i, v := range n.Values {
				add(v, strings.HasPrefix(n.Names[i].Name, "hint"))
			}
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				add(e, false)
			}
		}
		return true
	})
	return out
}

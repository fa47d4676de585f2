package e2e

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	gopackages "golang.org/x/tools/go/packages"

	"voxmesh/e2e/badge"
)

// checked is what the check of package badge says of some packages.
type checked struct {
	paths   []string
	found   []analysis.Diagnostic
	excused []string
	fset    *token.FileSet
}

// check runs the check on packages. planted is a file more for some of them, by their names: its name and its text.
func check(t *testing.T, planted map[string][2]string, patterns ...string) checked {
	t.Helper()
	c := checked{fset: token.NewFileSet()}
	// What the packages import is read as the compiler left it: their own sources are all that is checked.
	pkgs, err := gopackages.Load(&gopackages.Config{
		Mode: gopackages.NeedName | gopackages.NeedFiles | gopackages.NeedCompiledGoFiles | gopackages.NeedImports |
			gopackages.NeedTypes | gopackages.NeedTypesSizes | gopackages.NeedSyntax | gopackages.NeedTypesInfo | gopackages.NeedModule,
		Dir: root(t), Fset: c.fset,
	}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			t.Fatalf("%s: %v", p.PkgPath, e)
		}
		if more, ok := planted[p.Name]; ok {
			plant(t, p, c.fset, more[0], more[1])
		}
	}
	g, err := checker.Analyze([]*analysis.Analyzer{badge.Analyzer}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range g.Roots {
		if a.Err != nil {
			t.Fatalf("%s: %v", a.Package.PkgPath, a.Err)
		}
		c.paths = append(c.paths, a.Package.PkgPath)
		c.found = append(c.found, a.Diagnostics...)
		c.excused = append(c.excused, a.Result.(badge.Excused)...)
	}
	return c
}

// plant gives a package a file more. An overlay would do the same, but with one all that is imported is read from its
// sources, down to the standard library.
func plant(t *testing.T, p *gopackages.Package, fset *token.FileSet, name, src string) {
	t.Helper()
	f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	p.Syntax, p.CompiledGoFiles = append(p.Syntax, f), append(p.CompiledGoFiles, name)
	p.TypesInfo = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}
	conf := types.Config{GoVersion: "go" + p.Module.GoVersion, Sizes: p.TypesSizes, Importer: imported{p.Types}}
	if p.Types, err = conf.Check(p.PkgPath, fset, p.Syntax, p.TypesInfo); err != nil {
		t.Fatal(err)
	}
}

// imported gives what a package imports already.
type imported struct{ by *types.Package }

func (i imported) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	for _, p := range i.by.Imports() {
		if p.Path() == path {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s does not import %s", i.by.Path(), path)
}

// TestRowsShowTheirClass holds the console to it: a row for a node, a job, a run, a span and their like is drawn by
// tui/row, with its privacy class.
func TestRowsShowTheirClass(t *testing.T) {
	c := check(t, nil, module+"/tui/...")
	for _, d := range c.found {
		at := c.fset.Position(d.Pos)
		if rel, err := filepath.Rel(root(t), at.Filename); err == nil {
			at.Filename = filepath.ToSlash(rel)
		}
		t.Errorf("%s: %s", at, d.Message)
	}
	all := consolePackages(t)
	if len(all) < 20 {
		t.Errorf("the console has the packages %q alone", all)
	}
	for _, p := range all {
		if !slices.Contains(c.paths, p) {
			t.Errorf("%s was not looked at", p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(badge.Allowed)) {
		if !slices.Contains(c.excused, name) {
			t.Errorf("%s needs no leave any more: take it out of badge.Allowed", name)
		}
		if len(badge.Allowed[name]) < 20 {
			t.Errorf("%s has no reason in badge.Allowed", name)
		}
	}
}

// consolePackages gives the packages of the console: the folders that have sources.
func consolePackages(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(root(t), "tui"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "testdata" {
			return fs.SkipDir
		}
		sources, err := filepath.Glob(filepath.Join(path, "*.go"))
		if slices.ContainsFunc(sources, func(s string) bool { return !strings.HasSuffix(s, "_test.go") }) {
			rel, err := filepath.Rel(root(t), path)
			if err != nil {
				return err
			}
			out = append(out, module+"/"+filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBadgeSeesTheRealThing: a check that knew the types of the console no more would pass everything.
func TestBadgeSeesTheRealThing(t *testing.T) {
	planted, sources, patterns := map[string][2]string{}, map[string]string{}, []string{}
	for name, src := range careless {
		if name == "meshpane" {
			for i, th := range things {
				src += fmt.Sprintf("\nfunc thing%d(b *cell.Buffer, all []%s) {\n\tfor i, x := range all {\n\t\tb.Put(0, i, 9, x.%s, theme.Style{}) // bad %s\n\t}\n}\n", i, th.of, th.text, th.of)
			}
		}
		file := filepath.Join(root(t), "tui", name, "careless.go")
		planted[name], sources[file] = [2]string{file, src}, src
		patterns = append(patterns, module+"/tui/"+name)
	}
	c := check(t, planted, patterns...)
	type place struct {
		file string
		line int
	}
	said := map[place]string{}
	for _, d := range c.found {
		at := c.fset.Position(d.Pos)
		if sources[at.Filename] == "" {
			t.Errorf("%s: %s", at, d.Message)
			continue
		}
		said[place{at.Filename, at.Line}] = d.Message
	}
	for file, src := range sources {
		for i, line := range strings.Split(src, "\n") {
			at := fmt.Sprintf("%s: %s", filepath.Base(filepath.Dir(file)), strings.TrimSpace(line))
			bad := strings.Contains(line, "// bad")
			switch message, found := said[place{file, i + 1}]; {
			case bad && !found:
				t.Errorf("not seen: %s", at)
			case found && !bad:
				t.Errorf("wrongly: %s: %s", at, message)
			case found && (!strings.Contains(message, "class") || !strings.Contains(message, "tui/row")):
				t.Errorf("says not what to do: %s", message)
			}
		}
	}
}

package e2e

import (
	"fmt"
	"go/token"
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

// check runs the check on packages. overlay is files that are not there, or not so.
func check(t *testing.T, overlay map[string][]byte, patterns ...string) checked {
	t.Helper()
	c := checked{fset: token.NewFileSet()}
	// What the packages import is read as the compiler left it: their own sources are all that is checked.
	pkgs, err := gopackages.Load(&gopackages.Config{
		Mode: gopackages.NeedName | gopackages.NeedFiles | gopackages.NeedCompiledGoFiles | gopackages.NeedImports |
			gopackages.NeedTypes | gopackages.NeedTypesSizes | gopackages.NeedSyntax | gopackages.NeedTypesInfo,
		Dir: root(t), Fset: c.fset, Overlay: overlay,
	}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			t.Fatalf("%s: %v", p.PkgPath, e)
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
	for _, p := range []string{"/tui", "/tui/row", "/tui/meshpane", "/tui/cli"} {
		if !slices.Contains(c.paths, module+p) {
			t.Errorf("%s was not looked at", module+p)
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

// things are the types whose rows show a class, with a field that is text.
var things = []struct{ of, text string }{
	{"*mesh.Node", "ID"},
	{"mesh.NodeView", "ID"},
	{"*mesh.Job", "Title"},
	{"mesh.JobView", "JobID"},
	{"*mesh.Run", "Title"},
	{"mesh.RunView", "RunID"},
	{"mesh.SpanView", "SpanName"},
	{"mesh.ModelView", "Model"},
	{"*mesh.Invite", "Label"},
	{"mesh.InviteView", "PeerID"},
	{"mesh.AuditEntry", "AuditID"},
	{"mesh.Verdict", "NodeID"},
	{"mesh.NodeBudget", "NodeID"},
	{"entry", "node.ID"},
}

// careless is what someone might write in the Mesh pane. A line that ends in bad is a mistake, any other is none.
const careless = `
func (p *Pane) carelessLoop(b *cell.Buffer) {
	for i, n := range p.s.World.State.Nodes() {
		b.Put(0, i, 9, n.ID, theme.Style{}) // bad
	}
}

func (p *Pane) carelessHelp(b *cell.Buffer) {
	for i, n := range p.s.World.State.Nodes() {
		p.carelessOne(b, i, n) // bad
	}
}

func (p *Pane) carelessOne(b *cell.Buffer, y int, n *mesh.Node) {
	b.Right(0, 40, y, "node "+format.Middle(n.ID, 9), theme.Style{})
}

func (p *Pane) carelessFunc(b *cell.Buffer) {
	put := func(y int, e entry) { b.Put(0, y, 9, e.node.ID, theme.Style{}) }
	for i, id := range p.order {
		put(i, p.entries[id]) // bad
	}
}

func (p *Pane) carelessID(b *cell.Buffer) {
	for i, id := range []string{"a", "b"} {
		if n, ok := p.s.World.State.Node(id); ok {
			b.Put(0, i, 9, n.ID, theme.Style{}) // bad
		}
	}
}

func (p *Pane) carelessLines(b *cell.Buffer, in layout.Rect) {
	var lines []line
	for _, j := range p.s.World.State.Held() {
		lines = append(lines, second(j.Job, j.Title)) // bad
	}
	p.drawLines(b, in, lines, false, theme.Style{})
}

func (p *Pane) carelessClass(b *cell.Buffer) {
	for i, n := range p.s.World.State.Nodes() {
		row.Node(b, 0, i, 80, privacy.PublicMesh, row.Glyph{}, row.Field{Text: n.ID}, nil, row.Look{}) // bad
	}
}

func (p *Pane) carelessFact(b *cell.Buffer, r layout.Rect) {
	for _, j := range p.s.World.State.Held() {
		pane.Facts(b, r, 0, j.Title, theme.Style{}) // bad
	}
}

func (p *Pane) careful(b *cell.Buffer) {
	for i, j := range p.s.World.State.Held() {
		row.Job(b, 0, i, 80, j.Class, j.Job, []row.Field{{Text: j.Title}}, format.Money(j.Cost), row.Look{})
	}
	b.Put(0, 0, 9, p.selected().node.ID, theme.Style{})
}
`

// TestBadgeSeesTheRealThing: a check that knew the types of the console no more would pass everything.
func TestBadgeSeesTheRealThing(t *testing.T) {
	var src strings.Builder
	src.WriteString("package meshpane\n\nimport (\n")
	for _, p := range []string{"mesh", "mesh/privacy", "tui/cell", "tui/format", "tui/layout", "tui/pane", "tui/row", "tui/theme"} {
		fmt.Fprintf(&src, "\t%q\n", module+"/"+p)
	}
	src.WriteString(")\n" + careless)
	for i, th := range things {
		fmt.Fprintf(&src, "\nfunc thing%d(b *cell.Buffer, all []%s) {\n\tfor i, x := range all {\n\t\tb.Put(0, i, 9, x.%s, theme.Style{}) // bad %s\n\t}\n}\n", i, th.of, th.text, th.of)
	}
	name := filepath.Join(root(t), "tui", "meshpane", "careless.go")
	c := check(t, map[string][]byte{name: []byte(src.String())}, module+"/tui/meshpane")
	said := map[int]string{}
	for _, d := range c.found {
		at := c.fset.Position(d.Pos)
		if at.Filename != name {
			t.Errorf("%s: %s", at, d.Message)
			continue
		}
		said[at.Line] = d.Message
	}
	for i, line := range strings.Split(src.String(), "\n") {
		bad := strings.Contains(line, "// bad")
		switch message, found := said[i+1]; {
		case bad && !found:
			t.Errorf("not seen: %s", strings.TrimSpace(line))
		case found && !bad:
			t.Errorf("wrongly: %s: %s", strings.TrimSpace(line), message)
		case found && (!strings.Contains(message, "class") || !strings.Contains(message, "tui/row")):
			t.Errorf("says not what to do: %s", message)
		}
	}
}

package e2e

import (
	"fmt"
	"go/token"
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

// careless is what someone might write in the Mesh pane, in the Runs pane and in the drawer. A line that ends in bad is
// a mistake, any other is none.
var careless = map[string]string{"meshpane": carelessMesh, "runspane": carelessRuns, "drawer": carelessDrawer, "palette": carelessPalette, "explain": carelessAnswer}

const carelessMesh = `package meshpane

import (
	"voxmesh/mesh"
	"voxmesh/mesh/privacy"
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/layout"
	"voxmesh/tui/pane"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

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
	for i, id := range p.nodes.IDs() {
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

const carelessRuns = `package runspane

import (
	"voxmesh/tui/cell"
	"voxmesh/tui/format"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (p *Pane) carelessRows(b *cell.Buffer) {
	from, to := p.list.Window(10)
	for i, id := range p.list.IDs()[from:to] {
		r := p.shown.runs[id]
		b.Put(0, i, 9, r.RunID, theme.Style{}) // bad
	}
}

func (p *Pane) carelessHead(b *cell.Buffer, cols []column) {
	for y, id := range p.list.IDs() {
		p.carelessRow(b, y, p.shown.runs[id], cols) // bad
	}
}

func (p *Pane) carelessRow(b *cell.Buffer, y int, r *run, cols []column) {
	x := 0
	for _, c := range cols {
		if h := heads[c]; h.text != nil {
			text, st := h.text(p, r, h.width)
			x = b.Put(x, y, h.width, format.End(text, h.width), st)
		}
	}
}

func (p *Pane) carelessAt(b *cell.Buffer) {
	for y := range p.shown.ids {
		p.carelessNth(b, y) // bad
	}
}

func (p *Pane) carelessNth(b *cell.Buffer, n int) {
	b.Put(0, n, 9, p.shown.runs[p.shown.ids[n]].Title, theme.Style{})
}

func (p *Pane) careful(b *cell.Buffer, cols []column) {
	for y, id := range p.list.IDs() {
		r := p.shown.runs[id]
		row.Run(b, 0, y, 80, r.PrivacyClass, row.Field{Text: r.RunID}, nil, row.Look{})
		p.drawRun(b, 0, y, 80, r, cols, 14, row.Look{Selected: id == p.list.Selected()})
	}
	p.carelessRow(b, 0, p.shown.runs[p.list.Selected()], cols)
}
`

const carelessDrawer = `package drawer

import (
	"strings"

	"voxmesh/mesh"
	"voxmesh/tui/cell"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (l *Layer) carelessTree(b *cell.Buffer, s mesh.SpanView, y int) {
	for _, c := range s.Children {
		y++
		b.Put(0, y, 9, "├ "+safe(c.SpanName), theme.Style{}) // bad
		l.carelessTree(b, c, y)
	}
}

func (l *Layer) carelessLines(b *cell.Buffer) {
	for i := range l.lines {
		n := &l.lines[i]
		b.Put(0, i, 9, n.guide+n.name, theme.Style{}) // bad
	}
}

func (l *Layer) carelessActs(b *cell.Buffer) {
	var who []string
	for _, e := range l.shownActs() {
		who = append(who, actor(e.Actor)) // bad
	}
	b.Put(0, 0, 80, strings.Join(who, ", "), theme.Style{})
}

func (l *Layer) careful(b *cell.Buffer) {
	for i, t := range l.tries {
		row.Run(b, 0, i, 80, t.class, row.Field{Text: t.job}, []row.Field{{Text: t.node}}, row.Look{})
	}
	b.Put(0, 9, 80, l.loaded.view.Title, theme.Style{})
}
`

const carelessPalette = `package palette

import (
	"voxmesh/tui/cell"
	"voxmesh/tui/row"
	"voxmesh/tui/theme"
)

func (l *Layer) carelessRows(b *cell.Buffer) {
	for i, n := range l.s.World.State.Nodes() {
		b.Put(0, i, 9, n.Label, theme.Style{}) // bad
	}
}

func (l *Layer) careful(b *cell.Buffer) {
	for i, n := range l.s.World.State.Nodes() {
		row.Choice(b, 0, i, 80, n.Class, row.Offer{What: n.ID, Thing: true}, row.Look{})
	}
}
`

const carelessAnswer = `package explain

import "voxmesh/mesh"

func (a *answer) carelessNodes(e mesh.Explanation) {
	for _, v := range e.Nodes {
		a.say(v.NodeID+": "+v.Reason, plain) // bad
	}
}

func (a *answer) careful(e mesh.Explanation) {
	for _, v := range e.Nodes {
		a.verdict(v, false)
	}
}
`

// TestBadgeSeesTheRealThing: a check that knew the types of the console no more would pass everything.
func TestBadgeSeesTheRealThing(t *testing.T) {
	overlay, sources, patterns := map[string][]byte{}, map[string]string{}, []string{}
	for name, src := range careless {
		if name == "meshpane" {
			for i, th := range things {
				src += fmt.Sprintf("\nfunc thing%d(b *cell.Buffer, all []%s) {\n\tfor i, x := range all {\n\t\tb.Put(0, i, 9, x.%s, theme.Style{}) // bad %s\n\t}\n}\n", i, th.of, th.text, th.of)
			}
		}
		file := filepath.Join(root(t), "tui", name, "careless.go")
		overlay[file], sources[file] = []byte(src), src
		patterns = append(patterns, module+"/tui/"+name)
	}
	c := check(t, overlay, patterns...)
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

// Package badge is a check of the sources: nobody draws a row past package tui/row, which asks for the privacy class.
//
// A row is one of many: a node, a job, a run, a span, a model's place, an invite, an audit entry or a hopper item, drawn
// in each round of a loop. The check knows these kinds by their types (what has a privacy.Class, and what of the
// console holds such a thing), follows what text is made of them, through fields, closures and interfaces, and fails
// where text that differs from round to round reaches a cell.Buffer other than through a function of tui/row that takes
// the class: in the loop itself, in a function or a closure that it calls, with the thing or with the number or id by
// which it is found, or later, where the loop gathers lines that another one draws. It fails too where the class that
// tui/row gets is a constant and not that of the thing. A thing that stands alone, such as the one that is inspected,
// may be written freely: its title has the class. So may what is made of the class alone, and where in a text something
// stands, or how wide it is.
//
// What it does not see: rows that a package outside the console draws from text it was given without a Buffer, text
// that goes through a channel or through reflection, and a class that is taken from another thing. In tui/cli, where
// rows are printed, it asks for less: see the comment at printed.
package badge

import (
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"
)

// The packages that the check knows.
const (
	module      = "voxmesh"
	consolePkg  = module + "/tui"
	rowPkg      = consolePkg + "/row"
	cellPkg     = consolePkg + "/cell"
	cliPkg      = consolePkg + "/cli"
	privacyPkg  = module + "/mesh/privacy"
	chartPkg    = "github.com/NimbleMarkets/ntcharts"
	bubblesPkg  = "charm.land/bubbles/v2"
	whatToDo    = "draw it with a function of tui/row, which takes its privacy class"
	whatToGive  = "give the function of tui/row the privacy class of the thing itself"
	whatToPrint = "a printed row carries the class: put badge(…) of its own privacy class beside it"
)

// Analyzer is the check, for any driver of golang.org/x/tools/go/analysis.
// Its result is an Excused.
var Analyzer = &analysis.Analyzer{
	Name:       "badge",
	Doc:        "report rows for nodes, jobs and their like that are drawn without package tui/row, or without their own privacy class",
	Run:        run,
	ResultType: reflect.TypeFor[Excused](),
}

// Excused are the functions of Allowed in which something was found and not reported.
type Excused []string

// Allowed are functions, by their full names, in which text of such things is written in a loop and is no row of theirs;
// each with the reason. A function that is here without need fails the test that runs the check on the console.
var Allowed = map[string]string{
	"(*voxmesh/tui/meshpane.Pane).lastLines": "the history of one node, whose class is in the title over it: an event names its job as one of its words",
	"(*voxmesh/tui/canvas.View).captionOf":   "a name on the canvas stands beside its ring, and that is the class: row.Ring gives it",
	"(*voxmesh/tui/canvas.View).stem":        "what the names in a cluster share stands beside its ring too, or over all that is shown of it; a cluster is of one class",
	"(*voxmesh/tui/drawer.Layer).drawFacts":  "the record: facts of one run, whose class is in the title over it, and of each of its jobs under the row of that job, which has it",
	"(*voxmesh/tui/cli.app).oneNode":         "the models that one node has, under the line with its class, which is theirs",
}

// finding is one thing to report.
type finding struct {
	pos token.Pos
	fn  string
	say string
}

func run(pass *analysis.Pass) (any, error) {
	path := pass.Pkg.Path()
	var found []finding
	switch {
	case path != consolePkg && !strings.HasPrefix(path, consolePkg+"/"), path == cellPkg:
		return Excused(nil), nil
	case path == rowPkg:
		found = unclassed(pass.Pkg)
	case path == cliPkg:
		found = printed(pass)
	default:
		found = newFlow(pass.Fset, build(pass)).solve()
	}
	slices.SortFunc(found, func(a, b finding) int { return cmp.Or(cmp.Compare(a.pos, b.pos), strings.Compare(a.say, b.say)) })
	var excused Excused
	last := token.NoPos
	for _, f := range found {
		switch _, ok := Allowed[f.fn]; {
		case ok:
			excused = append(excused, f.fn)
		case f.pos != last:
			last = f.pos
			pass.Reportf(f.pos, "%s", f.say)
		}
	}
	return slices.Compact(excused), nil
}

// build makes the SSA form of a package; of those that it imports the types are enough.
func build(pass *analysis.Pass) *ssa.Package {
	prog := ssa.NewProgram(pass.Fset, 0)
	for _, p := range pass.Pkg.Imports() {
		prog.CreatePackage(p, nil, nil, true)
	}
	p := prog.CreatePackage(pass.Pkg, pass.Files, pass.TypesInfo, false)
	p.Build()
	return p
}

// unclassed finds the functions of tui/row that draw and do not take a class.
func unclassed(p *types.Package) []finding {
	var found []finding
	look := func(f *types.Func) {
		sig := f.Signature()
		if f.Exported() && takes(sig, isBuffer) && !takes(sig, isClass) {
			say := fmt.Sprintf("%s draws without a privacy class: make the class an argument", f.Name())
			found = append(found, finding{f.Pos(), f.FullName(), say})
		}
	}
	for _, name := range p.Scope().Names() {
		switch o := p.Scope().Lookup(name).(type) {
		case *types.Func:
			look(o)
		case *types.TypeName:
			if n, ok := o.Type().(*types.Named); ok {
				for m := range n.Methods() {
					look(m)
				}
			}
		}
	}
	return found
}

func takes(sig *types.Signature, what func(types.Type) bool) bool {
	for v := range sig.Params().Variables() {
		if what(v.Type()) {
			return true
		}
	}
	return false
}

// place is a position as a message has it, without folders.
func place(fset *token.FileSet, pos token.Pos) string {
	p := fset.Position(pos)
	return fmt.Sprintf("%s:%d", filepath.Base(p.Filename), p.Line)
}

package workflow

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"voxmesh/policy/syntax"
)

// Parse reads a file; name is only for messages. It never fails: what is wrong stands in Problems. Blocks of other kinds,
// a policy above all, may stand in the same file and are skipped. The cost is linear in the size of the file.
func Parse(name string, src []byte) *File {
	tree := syntax.Parse(src)
	d := &decoder{report: report{name: name, tree: tree}}
	d.formErrors()
	f := &File{Name: name}
	seen := make(map[string]int)
	for n := range tree.Root().Children() {
		if n.Kind() != syntax.BlockNode {
			continue
		}
		switch kw := string(n.Keyword()); kw {
		case "workflow":
			f.Blocks++
			d.next(f, n, seen)
		case "policy":
		default:
			d.note(n, "unknown-block", fmt.Sprintf("blocks of the kind %q are not read here", clip(kw)), "workflow NAME { … }", func() string { return nearest(kw, []string{"workflow"}) })
		}
	}
	if f.Blocks == 0 {
		d.add(finding{severity: severityError, code: "none", message: "there is no workflow in this file", expected: "workflow NAME { … }"})
	}
	f.Problems = d.sorted()
	return f
}

// formErrors takes over what the tree says of the form. Its parser knows policies alone by name.
func (d *decoder) formErrors() {
	errs, more := d.tree.Errors()
	for _, e := range errs {
		expected := strings.ReplaceAll(e.Expected, "policy NAME", "workflow NAME")
		d.add(finding{severity: severityError, code: e.Code, off: e.Start, message: e.Message, expected: expected})
	}
	d.unsaid += more
	d.lost = d.lost || more > 0
}

// next reads one workflow of a file. seen has the lines of those before it, by name.
func (d *decoder) next(f *File, n syntax.Node, seen map[string]int) {
	switch {
	case f.Blocks == maxWorkflows+1:
		d.fail(n, "too-many", fmt.Sprintf("a file has at most %d workflows", maxWorkflows), "", "")
		return
	case f.Blocks > maxWorkflows:
		return
	}
	w := d.workflow(n)
	if line, twice := seen[w.Name]; twice {
		start, _ := n.NameSpan()
		d.add(finding{severityError, "duplicate-workflow", start, fmt.Sprintf("there is already a workflow %s on line %d", w.Name, line), "another name", ""})
	} else if w.Name != "" {
		seen[w.Name] = w.Line
	}
	f.Workflows = append(f.Workflows, w)
}

// position is Tree.Position. The column is counted from the place that was asked for before, so that asking for all names
// of a file that is one long line costs no more than reading it.
func (d *decoder) position(off int) (line, col int) {
	src := d.tree.Source()
	if off >= d.askedOff && d.askedLine > 0 && off < d.askedEnd {
		line, col = d.askedLine, d.askedCol+utf8.RuneCount(src[d.askedOff:off])
	} else {
		line, col = d.tree.Position(off)
		text, from := d.tree.Line(line)
		d.askedEnd = from + len(text)
	}
	d.askedOff, d.askedLine, d.askedCol = off, line, col
	return line, col
}

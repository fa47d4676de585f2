package send

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/fault"
	flows "voxmesh/mesh/workflow"
)

// plan is what a workflow's file would do.
type plan struct {
	name       string
	definition *flows.Definition
	steps      []mesh.FlowStepView
	wrong      []string // what is wrong with the file, as the command line says it
}

func (p *plan) sound() bool { return p.definition != nil }

// planned is a file that was read.
type planned struct {
	generation uint64
	plan       plan
	err        error
}

// fileMost is the longest workflow file that is read.
const fileMost = 1 << 20

// read reads the file and stores the modules that it names.
func (l *Layer) read() tea.Cmd {
	l.why, l.sending = "", l.s.Generation()
	generation, ctx, host, files := l.sending, l.ctx, l.host, l.files
	name := strings.TrimSpace(l.text.Value())
	return func() tea.Msg {
		p, err := readPlan(ctx, host, files, name)
		return planned{generation, p, err}
	}
}

func readPlan(ctx context.Context, host Host, files Files, name string) (plan, error) {
	in, err := files(ctx, name)
	if err != nil {
		return plan{}, err
	}
	src, err := io.ReadAll(io.LimitReader(in, fileMost+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return plan{}, err
	}
	f := flows.Parse(filepath.Base(name), src)
	w, ok := f.Workflow("")
	switch {
	case f.Errors():
		return plan{wrong: wrongIn(f)}, nil
	case !ok:
		return plan{}, fault.New("vox/workflow/no-such", "the file has %d workflows", len(f.Workflows)).
			WithHint("voxmesh workflow run %s --name NAME", filepath.Base(name))
	}
	modules := map[string]string{}
	for _, m := range w.Modules() {
		if modules[m], err = store(ctx, host, files, beside(name, m)); err != nil {
			return plan{}, fmt.Errorf("the module %s: %w", clean.Max(m, 60), err)
		}
	}
	d, err := flows.Compile(w, modules)
	if err != nil {
		return plan{}, err
	}
	return plan{name: w.Name, definition: d}, nil
}

// beside is a path in the folder of another, whichever system it is of: the terminal may sit on another machine.
func beside(file, name string) string {
	if i := strings.LastIndexAny(file, `/\`); i >= 0 {
		return file[:i+1] + name
	}
	return path.Clean(name)
}

func wrongIn(f *flows.File) []string {
	var out []string
	for _, p := range f.Problems {
		if p.Severity == "error" {
			out = append(out, p.Error())
		}
	}
	return out
}

func (l *Layer) planEnded(m planned) {
	if m.generation != l.sending {
		return
	}
	l.sending = 0
	if m.err != nil {
		l.why = "Not read: " + m.err.Error() + "."
		if _, hint := fault.Of(m.err); hint != "" {
			l.why += " " + hint
		}
		return
	}
	l.plan = m.plan
	l.judge()
}

// look makes the preview anew: where its activities would go changes with the mesh.
func (l *Layer) look() {
	if !l.plan.sound() {
		return
	}
	steps, err := l.s.World.State.PreviewWorkflow(l.plan.definition, l.on, l.s.World.Tel, l.s.Now())
	if err != nil {
		l.why = err.Error()
	}
	l.plan.steps = steps
}

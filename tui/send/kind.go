package send

import (
	"path/filepath"
	"slices"
	"strings"

	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/tui/pane"
)

// kind is a kind of work. Those that are jobs are named as their runners are.
type kind string

const (
	intent   kind = "intent"
	prompt   kind = "text"
	embed    kind = "embed"
	wasm     kind = "wasm"
	command  kind = "command"
	workflow kind = "workflow"
)

var kinds = []kind{intent, prompt, embed, wasm, command, workflow}

// label is how the box names it, and text what is typed for it.
func (k kind) label() string {
	switch k {
	case prompt:
		return "prompt"
	case wasm:
		return "wasm file"
	}
	return string(k)
}

func (k kind) text() string {
	switch k {
	case intent:
		return "Intent"
	case prompt:
		return "Prompt"
	case embed:
		return "Text"
	case command:
		return "Program"
	}
	return "File"
}

// fromFile reports whether the work is read from a file of whoever is here.
func (k kind) fromFile() bool { return k == wasm || k == workflow }

// asksModel reports whether a model of one's choice is asked.
func (k kind) asksModel() bool { return k == prompt || k == embed }

// fileWork begins what was typed before the box opened where a workflow is meant: the word, a blank, and a path.
const fileWork = "workflow "

// begin chooses the kind of work and where it goes by what the box was opened on.
func (l *Layer) begin(to pane.Ref) {
	l.kind = intent
	st := l.s.World.State
	switch to.Kind {
	case pane.Node:
		l.on, l.kind = to.ID, prompt
		if n, ok := st.Node(to.ID); ok && len(n.Models) > 0 && !has(n, l.model) {
			l.model = n.Models[0].Name
		}
		if l.model == "" {
			l.kind = wasm
		}
	case pane.Model:
		l.model, l.kind = to.ID, prompt
	}
	if path, ok := strings.CutPrefix(l.text.Value(), fileWork); ok {
		l.kind = workflow
		l.text.Set(path)
	}
}

func has(n *mesh.Node, model string) bool {
	return slices.ContainsFunc(n.Models, func(m mesh.Model) bool { return m.Name == model })
}

// parts are the fields that there are for this kind of work.
func (l *Layer) parts() []part {
	switch l.kind {
	case intent:
		return []part{what, text, on, class}
	case wasm, command:
		return []part{what, text, args, on, class}
	case workflow:
		return []part{what, text, on} // its file says the class of each activity
	}
	return []part{what, text, model, on, class}
}

// request is the job but for what is stored first. An intent is judged as the text job that it becomes.
func (l *Layer) request() mesh.JobRequest {
	input := strings.TrimSpace(l.text.Value())
	r := mesh.JobRequest{Runner: string(l.kind), Class: l.class, On: l.on, Title: clean.Max(input, maxName).String()}
	switch l.kind {
	case wasm:
		r.Args = strings.Fields(l.args.Value())
		r.Title = clean.Max(filepath.Base(input), maxName).String()
	case command:
		r.Command, r.Args = input, strings.Fields(l.args.Value())
	case intent:
		r.Runner, r.Model = string(prompt), l.model
	default:
		r.Model = l.model
	}
	return r
}

// classified is what the hopper would make of an intent as it is typed.
func (l *Layer) classified() hopper.Classification {
	st := l.s.World.State
	known := hopper.Known{Models: l.models()}
	for _, n := range st.Nodes() {
		known.Nodes = append(known.Nodes, n.ID)
	}
	return hopper.Classify(l.text.Value(), known)
}

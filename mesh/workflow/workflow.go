// Package workflow reads workflow files and decides, step by step, what of a run is next.
//
// A file is in the literal language of donations.vox (package policy/syntax): `workflow NAME { … }`, activities as
// records. Parse gives the typed form and every problem with its place; Compile fixes a workflow into a Definition, of
// which the bytes are canonical: a run names them by their hash and never looks at the file again. Next is pure: from a
// Definition and what is recorded of a run it gives what is to be started, skipped or ended, so that a host that is
// killed at any moment and asks again gets the same answer. What a step is called derives from its definition and its
// inputs.
package workflow

import (
	"slices"
	"strings"
	"time"

	"voxmesh/mesh/privacy"
)

// Workflow is one `workflow NAME { … }` as it was written.
type Workflow struct {
	Name       string
	Class      privacy.Class // of activities that name none; Unknown in a file becomes paired-peers-only
	Priority   string        // as written; empty: normal
	Activities []Activity    // in the order of the file
	Line, Col  int           // of its name
}

// Activity is one piece of work of a workflow, or, with Each, one for each element of a list.
//
// Args, Stdin, Prompt, Each and Condition.Says may hold references: ${split.output} the whole output of an activity (of
// a fan-out: those of all, each on its own line, in order), ${split.parts} its parts (the elements where the output is
// a JSON list of strings or numbers, else its lines that are not blank), ${split.parts[1]} one of them, from 0,
// ${render[2].output} that of one element of a fan-out; within a fan-out ${item} and ${index}. $$ is a dollar sign.
type Activity struct {
	Name    string
	Runner  string // wasm, text, embed, command
	Kind    string // of slot; empty: the runner's own
	Module  string // path beside the file, or blob:HASH
	Command string
	Model   string
	Args    []string
	Stdin   string
	Prompt  string
	Needs   []string // beside those that it refers to
	Each    []string // a list that is written out
	EachOf  string   // or a reference to one: "${split.parts}"
	Retry   int      // tries more after a failure, 0 to 10
	Timeout time.Duration
	When    []Condition // all must hold; none: all needs succeeded
	Class   privacy.Class
	On      string
	NSFW    bool
	Scope   string

	Line, Col int // of its name
}

// Condition is `{ of: lint, is: failed }`, or `{ of: ask, says: "yes" }`: the whole output, without blanks at its ends.
type Condition struct {
	Of   string
	Is   string // succeeded, failed, skipped, ended; empty where Says is asked
	Says string
	Not  bool
}

// Problem is a diagnostic at a place of a file. Its shape is that of a policy's. Line and Col are from 1, Col in runes;
// SourceLine is the line, or of a very long one the part around the place, and Caret how many of its runes stand before
// the place. Codes are stable: codePrefix and syntax, unclosed, too-large, too-deep, none, empty, unknown-block,
// unknown-field, duplicate-field, missing-field, forbidden-field, wrong-type, bad-string, bad-name, bad-path, out-of-range,
// too-many, duplicate-name, duplicate-workflow, unknown-runner, unknown-kind, unknown-class, unknown-priority,
// unknown-outcome, unknown-activity, bad-reference, self-reference, cycle, not-fan-out, no-element, outside-fan-out,
// class-leak, local-command, never-runs, no-effect, more.
type Problem struct {
	Severity   string `json:"severity"` // error, warning, note
	File       string `json:"file"`
	Line       int    `json:"line"`
	Col        int    `json:"col"`
	Code       string `json:"code"`
	Message    string `json:"message"`
	Expected   string `json:"expected,omitempty"`
	Nearest    string `json:"nearest,omitempty"`
	SourceLine string `json:"source_line"`
	Caret      int    `json:"caret"`
}

// File is a source with the workflows in it. One with errors runs nothing.
type File struct {
	Name      string
	Workflows []Workflow
	Problems  []Problem // in the order of the lines; at most about a hundred
	Blocks    int       // how many workflows stand in it, sound or not; a file of policies has none
}

// Bounds of a workflow.
const (
	MaxActivities = 200
	MaxFanOut     = 1000
	MaxRetry      = 10
)

// Errors reports whether the file has an error.
func (f *File) Errors() bool {
	for _, p := range f.Problems {
		if p.Severity == "error" {
			return true
		}
	}
	return false
}

// Workflow gives one by name; the only one where name is empty.
func (f *File) Workflow(name string) (*Workflow, bool) {
	if name == "" {
		if len(f.Workflows) != 1 {
			return nil, false
		}
		return &f.Workflows[0], true
	}
	for i := range f.Workflows {
		if f.Workflows[i].Name == name {
			return &f.Workflows[i], true
		}
	}
	return nil, false
}

// Activity gives one by name.
func (w *Workflow) Activity(name string) (*Activity, bool) {
	for i := range w.Activities {
		if w.Activities[i].Name == name {
			return &w.Activities[i], true
		}
	}
	return nil, false
}

// Modules gives the paths that the workflow names, each once, in order; blob: names are none.
func (w *Workflow) Modules() []string {
	var paths []string
	for _, a := range w.Activities {
		if a.Module != "" && !strings.HasPrefix(a.Module, blobPrefix) && !slices.Contains(paths, a.Module) {
			paths = append(paths, a.Module)
		}
	}
	return paths
}

// ClassOf is the class of an activity: its own, else that of the workflow, else paired-peers-only.
func (w *Workflow) ClassOf(a *Activity) privacy.Class {
	switch {
	case a.Class != privacy.Unknown:
		return a.Class
	case w.Class != privacy.Unknown:
		return w.Class
	}
	return privacy.PairedPeersOnly
}

// Fanned reports whether there is one instance for each element of a list.
func (a *Activity) Fanned() bool { return a.Each != nil || a.EachOf != "" }

// KindOf is the kind of slot that a job of the activity needs.
func (a *Activity) KindOf() string {
	if a.Kind == "" {
		return kindsOf(a.Runner)[0]
	}
	return a.Kind
}

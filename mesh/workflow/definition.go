package workflow

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
)

// Definition is a workflow fixed for a run: modules are hashes, classes are filled in, and nothing of where it stood in a
// file is left. Make one with Compile or Decode; it is never changed, so it may be shared.
type Definition struct {
	Workflow
	plan *plan
}

// Compile fixes a workflow. modules gives the hash (64 hex) for each path of Modules. Codes: vox/workflow/no-module, which
// names the path; vox/workflow/invalid for a workflow that Parse would find an error in.
func Compile(w *Workflow, modules map[string]string) (*Definition, error) {
	d := &Definition{Workflow: *w}
	d.Line, d.Col = 0, 0
	d.Class = w.ClassOf(&Activity{})
	d.Activities = slices.Clone(w.Activities)
	for i := range d.Activities {
		a := &d.Activities[i]
		a.Line, a.Col = 0, 0
		a.Class = w.ClassOf(a)
		if a.Runner != "wasm" {
			continue
		}
		hash, blob := strings.CutPrefix(a.Module, blobPrefix)
		if !blob {
			hash = modules[a.Module]
		}
		if hash == "" {
			return nil, fault.New(codePrefix+"no-module", "the module %q of %s is not there", clip(a.Module), clip(a.Name)).
				WithHint("put it beside the file")
		}
		a.Module = hash
	}
	return Decode(d.Encode())
}

// Modules gives the hashes of the modules, each once, in order.
func (d *Definition) Modules() []string {
	var hashes []string
	for _, a := range d.Activities {
		if a.Module != "" && !slices.Contains(hashes, a.Module) {
			hashes = append(hashes, a.Module)
		}
	}
	return hashes
}

// The form of a definition: JSON with the members in this order, those that say nothing left out, no blanks. V is 1.
type (
	wireWorkflow struct {
		V          int            `json:"v"`
		Name       string         `json:"name"`
		Privacy    string         `json:"privacy"`
		Priority   string         `json:"priority,omitempty"`
		Activities []wireActivity `json:"activities"`
	}
	wireActivity struct {
		Name        string          `json:"name"`
		Runner      string          `json:"runner"`
		Kind        string          `json:"kind"`
		Module      string          `json:"module,omitempty"`
		Command     string          `json:"command,omitempty"`
		Model       string          `json:"model,omitempty"`
		Args        []string        `json:"args,omitempty"`
		Stdin       string          `json:"stdin,omitempty"`
		Prompt      string          `json:"prompt,omitempty"`
		Needs       []string        `json:"needs,omitempty"`
		Each        *[]string       `json:"each,omitempty"`
		EachOf      string          `json:"each_of,omitempty"`
		Retry       int             `json:"retry,omitempty"`
		TimeoutSecs int64           `json:"timeout_secs,omitempty"`
		When        []wireCondition `json:"when,omitempty"`
		Privacy     string          `json:"privacy"`
		On          string          `json:"on,omitempty"`
		NSFW        bool            `json:"nsfw,omitempty"`
		Scope       string          `json:"scope,omitempty"`
	}
	wireCondition struct {
		Of   string `json:"of"`
		Is   string `json:"is,omitempty"`
		Says string `json:"says,omitempty"`
		Not  bool   `json:"not,omitempty"`
	}
)

const wireVersion = 1

// maxEncoded bounds what is decoded: a file of the largest size with every letter escaped.
const maxEncoded = 8 << 20

// marshal writes canonical JSON: members in the order of the type, no blanks, no letters escaped that need not be.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil // strings, numbers and lists of them can always be written
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (a *Activity) wire() wireActivity {
	w := wireActivity{
		Name: a.Name, Runner: a.Runner, Kind: a.KindOf(), Module: a.Module, Command: a.Command, Model: a.Model, Args: a.Args,
		Stdin: a.Stdin, Prompt: a.Prompt, Needs: a.Needs, EachOf: a.EachOf, Retry: a.Retry,
		TimeoutSecs: int64(a.Timeout / time.Second), Privacy: a.Class.String(), On: a.On, NSFW: a.NSFW, Scope: a.Scope,
	}
	if a.Each != nil {
		w.Each = &a.Each
	}
	for _, c := range a.When {
		w.When = append(w.When, wireCondition(c))
	}
	return w
}

func (w *wireActivity) activity() Activity {
	a := Activity{
		Name: w.Name, Runner: w.Runner, Kind: w.Kind, Module: w.Module, Command: w.Command, Model: w.Model, Args: w.Args,
		Stdin: w.Stdin, Prompt: w.Prompt, Needs: w.Needs, EachOf: w.EachOf, Retry: w.Retry,
		Timeout: time.Duration(w.TimeoutSecs) * time.Second, On: w.On, NSFW: w.NSFW, Scope: w.Scope,
	}
	a.Class, _ = privacy.Parse(w.Privacy)
	if w.Each != nil {
		a.Each = *w.Each
	}
	for _, c := range w.When {
		a.When = append(a.When, Condition(c))
	}
	return a
}

// Encode gives the canonical bytes: equal definitions, equal bytes, wherever they stood in a file.
func (d *Definition) Encode() []byte {
	w := wireWorkflow{V: wireVersion, Name: d.Name, Privacy: d.ClassOf(&Activity{}).String(), Priority: d.Priority, Activities: []wireActivity{}}
	for i := range d.Activities {
		w.Activities = append(w.Activities, d.Activities[i].wire())
	}
	return marshal(w)
}

// Decode reads what Encode wrote, and nothing else: there is one form of each definition. Bytes are hostile: bounds and
// checks are those of Parse. Code: vox/workflow/invalid.
func Decode(b []byte) (*Definition, error) {
	if len(b) > maxEncoded {
		return nil, invalid("the definition is too large: %d bytes", len(b))
	}
	var w wireWorkflow
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, invalid("the definition cannot be read").Wrap(err)
	}
	if w.V != wireVersion {
		return nil, invalid("the definition is of version %d", w.V).WithHint("a newer voxmesh wrote it")
	}
	if len(w.Activities) > MaxActivities {
		return nil, invalid("the definition has %d activities", len(w.Activities))
	}
	d := &Definition{Workflow: Workflow{Name: w.Name, Priority: w.Priority}}
	d.Class, _ = privacy.Parse(w.Privacy)
	for i := range w.Activities {
		a := w.Activities[i].activity()
		if a.Class == privacy.Unknown { // "unknown" is what an Unknown is called, and would come out as it went in
			return nil, invalid("the definition has an activity without a privacy class")
		}
		d.Activities = append(d.Activities, a)
	}
	src := &fromValues{w: &d.Workflow, fixed: true}
	if check(&d.Workflow, src); src.err != nil {
		return nil, src.err
	}
	if !bytes.Equal(d.Encode(), b) {
		return nil, invalid("the definition is not in its one form")
	}
	d.plan = newPlan(&d.Workflow)
	return d, nil
}

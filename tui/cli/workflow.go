package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
)

func (a *app) workflowCmd() *cobra.Command {
	c := &cobra.Command{
		Use: "workflow", Short: "Work of several steps: workflow files",
		Long: "A workflow file says which activities there are, what each needs, and where its inputs come from. Its modules lie in\n" +
			"its folder. FILE may be - for standard input; in a session it is, and modules are named --module PATH=blob:HASH.",
	}
	c.AddCommand(a.workflowPreviewCmd(), a.workflowRunCmd(), a.workflowLsCmd())
	return c
}

func (f *flowFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.name, "name", "", "which workflow of the file (default: the only one)")
	fl.StringVar(&f.on, "on", "", "the node for all of it, by id or label")
	fl.StringArrayVar(&f.modules, "module", nil, "PATH=FILE or PATH=blob:HASH: what to take for a module of the workflow (may be repeated)")
	fl.BoolVar(&f.outside, "allow-outside", false, "follow links of modules that lead out of the folder of the workflow's file")
	fl.StringVar(&f.file, "file", "", "what the file is called in diagnostics")
	_ = fl.MarkHidden("file")
}

// packed are the files of a workflow command: the source goes to the host's standard input, and its modules are stored by
// store, or by the host where store is nil. bad answers a file that has errors where it was typed.
func (a *app) packed(f *flowFlags, store putter, bad func(*flowSource) error) files {
	return files{own: []string{"module", "allow-outside", "file"}, pack: func(_ context.Context, put putter, args []string) (*parcel, error) {
		s, err := a.readFlow(f, args[0])
		if err != nil {
			return nil, err
		}
		if store != nil {
			put = store
		}
		hashes := map[string]string{}
		if s.flow != nil {
			if hashes, err = a.collect(s, f, put); err != nil {
				return nil, err
			}
		}
		if s.bad() {
			return nil, bad(s)
		}
		p := &parcel{args: []string{"-"}, flags: []string{"--file=" + s.file.Name}, in: bytes.NewReader(s.src)}
		for _, path := range sortedKeys(hashes) {
			p.flags = append(p.flags, "--module="+path+"="+blobPrefix+hashes[path])
		}
		return p, nil
	}}
}

// previewView is what a run would do.
type previewView struct {
	File        string              `json:"file"`
	Name        string              `json:"name"`
	Class       privacy.Class       `json:"privacy_class"` // the widest of its activities
	Priority    string              `json:"priority"`
	Steps       []mesh.FlowStepView `json:"steps"`
	Problems    []workflow.Problem  `json:"problems"`
	PlacesKnown bool                `json:"places_known"` // false: no host was asked
	CostUSD     float64             `json:"cost_usd_at_most"`
	CostKnown   bool                `json:"cost_known"` // false: there is more that cannot be known before
}

func (a *app) workflowPreviewCmd() *cobra.Command {
	f := &flowFlags{}
	c := &cobra.Command{
		Use: "preview FILE", Short: "Check a workflow, and show its order, where each activity would go, and what it may cost",
		Args: cobra.ExactArgs(1),
		Long: "Each problem is printed with its line and a caret; with errors it exits 1. Else: the activities in stages, as they\n" +
			"could run side by side, the class of each, where it would go now and why, and what it may cost at most. Nothing is\n" +
			"changed. Without a host the file is checked, and places are unknown.",
		Example: "  voxmesh workflow preview ./render.vox\n  voxmesh workflow preview ./render.vox --on alice-gpu --json",
	}
	c.RunE = a.command(read, a.packed(f, hashed, func(s *flowSource) error { return a.showPreview(previewOf(s)) }),
		func(ctx context.Context, args []string) error {
			s, err := interruptible(ctx, func() (*flowSource, error) { return a.readFlow(f, args[0]) })
			if err != nil {
				return err
			}
			v := previewOf(s)
			if s.flow == nil {
				return a.showPreview(v)
			}
			hashes, err := a.collect(s, f, hashed)
			if err != nil {
				return err
			}
			if a.host != nil {
				s.ask(a.host)
			}
			if v.Problems = append([]workflow.Problem{}, s.problems...); s.bad() && a.local {
				return a.showPreview(v)
			}
			if a.soften(&v, s, hashes); v.bad() {
				return a.showPreview(v)
			}
			def, err := workflow.Compile(s.flow, hashes)
			if err != nil {
				return err
			}
			if err := a.places(&v, def, f.on); err != nil {
				return err
			}
			return a.showPreview(v)
		})
	f.add(c)
	return c
}

func (v *previewView) bad() bool {
	return slices.ContainsFunc(v.Problems, func(p workflow.Problem) bool { return p.Severity == severityError })
}

func previewOf(s *flowSource) previewView {
	v := previewView{File: s.file.Name, Steps: []mesh.FlowStepView{}, Problems: append([]workflow.Problem{}, s.problems...)}
	if s.flow != nil {
		v.Name, v.Class, v.Priority = s.flow.Name, s.flow.Class, s.flow.Priority
	}
	return v
}

// soften makes warnings of modules that a session did not name: what they are called matters to no place.
func (a *app) soften(v *previewView, s *flowSource, hashes map[string]string) {
	for i := range v.Problems {
		if v.Problems[i].Code == "vox/cli/refused" {
			v.Problems[i].Severity = "warning"
		}
	}
	for _, path := range s.flow.Modules() {
		if hashes[path] == "" {
			hashes[path] = strings.Repeat("0", 64)
		}
	}
}

// places asks where each activity would go. Without a host nobody can tell.
func (a *app) places(v *previewView, def *workflow.Definition, on string) error {
	st, tel, now := &mesh.State{}, (*mesh.Telemetry)(nil), time.Time{}
	if a.host != nil {
		st, tel, now = a.host.Snapshot(), a.host.Telemetry(), a.host.Now()
	} else {
		on, def = "", anywhere(def)
	}
	steps, err := st.PreviewWorkflow(def, on, tel, now)
	if err != nil {
		return err
	}
	v.PlacesKnown, v.CostKnown, v.Class = a.host != nil, a.host != nil, privacy.LocalOnly
	for i := range steps {
		s := &steps[i]
		if !v.PlacesKnown {
			s.NodeID, s.WaitsFor, s.Why, s.CostUSD, s.CostKnown = "", "", "no host runs: places are unknown", 0, false
		}
		v.add(*s)
	}
	return nil
}

// add counts a step in, with every try that each of its elements may have.
func (v *previewView) add(s mesh.FlowStepView) {
	v.Class = max(v.Class, s.PrivacyClass)
	v.CostUSD += s.CostUSD * float64(max(s.Count, 1)*(1+s.Retry))
	v.CostKnown = v.CostKnown && s.CostKnown && s.Count > 0
	v.Steps = append(v.Steps, s)
}

// anywhere is a definition of which no activity asks for a node.
func anywhere(def *workflow.Definition) *workflow.Definition {
	d := *def
	d.Activities = slices.Clone(def.Activities)
	for i := range d.Activities {
		d.Activities[i].On = ""
	}
	return &d
}

func (a *app) showPreview(v previewView) error {
	if v.bad() {
		a.exit = 1
	}
	return a.show(v, func(w io.Writer) {
		writeFlowProblems(w, v.Problems)
		if len(v.Steps) == 0 {
			return
		}
		fmt.Fprintf(w, "%s  %s  %d activities  %s\n", v.Name, badge(v.Class), len(v.Steps), v.File)
		rows := [][]string{{"STAGE", "ACTIVITY", "CLASS", "RUNS", "TIMES", "NEEDS", "NODE", "AT MOST", "WHY"}}
		for _, s := range v.Steps {
			rows = append(rows, []string{
				fmt.Sprint(s.Stage), s.Activity, badge(s.PrivacyClass), strings.TrimSpace(s.Runner + " " + s.Model), times(s.Count),
				dash(strings.Join(s.Needs, " ")), dash(s.NodeID), costText(s.CostUSD, s.CostKnown, v.PlacesKnown), dash(s.Why),
			})
		}
		table(w, rows)
		if !v.PlacesKnown {
			fmt.Fprintln(w, "No host runs here: places and costs are unknown.")
			return
		}
		fmt.Fprintf(w, "all of it: at most %s\n", costText(v.CostUSD, v.CostKnown, true))
	})
}

func times(n int) string {
	if n == 0 {
		return "?"
	}
	return fmt.Sprint(n)
}

// costText says at most how much; what cannot be known before comes on top.
func costText(usd float64, known, places bool) string {
	switch {
	case !places:
		return "?"
	case known:
		return dollars(usd)
	}
	return dollars(usd) + " + ?"
}

func (a *app) workflowRunCmd() *cobra.Command {
	f := &flowFlags{}
	var priority, session string
	var detach bool
	c := &cobra.Command{
		Use: "run FILE", Short: "Run a workflow, and follow it; it goes on whoever is killed", Args: cobra.ExactArgs(1),
		Long: "Takes the workflow in through the hopper and tells of each activity as it starts and ends; ctrl+c detaches, and the\n" +
			"run goes on. It exits 0 only if all of it succeeded. A file with errors runs nothing.",
		Example: "  voxmesh workflow run ./render.vox\n  voxmesh workflow run ./render.vox --on alice-gpu --detach",
	}
	c.RunE = a.command(acts, a.packed(f, nil, a.refusal), func(ctx context.Context, args []string) error {
		h, err := a.acting()
		if err != nil {
			return err
		}
		req := mesh.FlowRequest{On: f.on, Session: session}
		if req.Priority, err = priorityFlag(priority); err != nil {
			return err
		}
		s, err := a.readFlow(f, args[0])
		if err != nil {
			return err
		}
		if s.bad() {
			return a.refusal(s)
		}
		hashes, err := a.collect(s, f, func(_ string, r io.Reader) (string, error) {
			hash, _, err := h.PutBlob(r, mesh.MaxBlob)
			return hash, err
		})
		if err != nil {
			return err
		}
		if s.ask(h); s.bad() {
			return a.refusal(s)
		}
		if req.Definition, err = workflow.Compile(s.flow, hashes); err != nil {
			return fault.New("vox/workflow/invalid", "compile %s", s.flow.Name).WithHint("`voxmesh workflow preview` shows what is wrong").Wrap(err)
		}
		return a.runFlow(ctx, h, req, detach)
	})
	f.add(c)
	c.Flags().StringVar(&priority, "priority", "", "background, normal, urgent, or 1 to 9 (default: as the file says)")
	c.Flags().StringVar(&session, "session", "", "where it was said: an editor, a chat")
	c.Flags().BoolVar(&detach, "detach", false, "do not wait: print the run's id")
	return c
}

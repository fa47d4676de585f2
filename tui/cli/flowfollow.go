package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
	"voxmesh/mesh/workflow"
	"voxmesh/oplog"
)

// flowResult is what workflow run prints at the end.
type flowResult struct {
	mesh.RunView
	Root    any          `json:"root,omitempty"`   // not the tree: voxmesh runs ID gives it
	Outputs []flowOutput `json:"outputs,omitzero"` // of the last activities, once the run has ended
}

// flowOutput is what one of them put out, or its beginning.
type flowOutput struct {
	Activity     string        `json:"activity"` // "publish", "render[1]"
	PrivacyClass privacy.Class `json:"privacy_class"`
	Status       string        `json:"status"`
	NodeID       string        `json:"node_id,omitempty"`
	JobID        string        `json:"job_id,omitempty"` // of an earlier run where its result was taken over
	Bytes        int64         `json:"output_bytes"`
	Output       *string       `json:"output,omitempty"`
	OutputBase64 *string       `json:"output_base64,omitempty"`
	Truncated    bool          `json:"truncated,omitempty"`
}

// longestOutput is how much of an output the answer holds; voxmesh logs has all of it.
const longestOutput = 64 << 10

func (a *app) runFlow(ctx context.Context, h *mesh.Host, req mesh.FlowRequest, detach bool) error {
	from := h.Head().Seq
	t, err := h.RunWorkflow(ctx, a.actor, req)
	if err != nil {
		return err
	}
	v, err := h.Run(t.RunID)
	if err != nil {
		return err
	}
	if detach {
		return a.show(flowResult{RunView: v}, func(w io.Writer) {
			fmt.Fprintf(w, "%s %s  %s  %s\n", v.RunID, v.ItemID, badge(v.PrivacyClass), v.Title)
		})
	}
	a.say("%s  %s  %s submitted  item %s  trace %s", v.RunID, badge(v.PrivacyClass), v.Title, v.ItemID, v.TraceID)
	f := &flowTeller{a: a, h: h, def: req.Definition, trace: t.TraceID, run: t.RunID, began: map[string]uint32{}}
	if err := f.follow(ctx, from); err != nil {
		return err
	}
	if ctx.Err() != nil {
		a.say("detached: %s goes on. voxmesh runs %s shows it, voxmesh kill %s ends it", t.RunID, t.RunID, t.RunID)
		a.exit = 130
		return nil
	}
	return a.endOfFlow(ctx, h, t.RunID, req.Definition)
}

// flowTeller tells of a run as it goes on: from its ops, so that nothing is left out however fast it goes.
type flowTeller struct {
	a     *app
	h     *mesh.Host
	def   *workflow.Definition
	trace string
	run   string
	began map[string]uint32 // the attempts of which the start was told
}

// follow tells until the run has ended or ctx does.
func (f *flowTeller) follow(ctx context.Context, from uint64) error {
	const many = 256
	for {
		st := f.h.Snapshot() // first: what it knows is among the ops that are read after it
		for {
			ops, err := f.h.Ops(from, many)
			if err != nil {
				return err
			}
			for _, op := range ops {
				from = op.Seq
				if op.Trace == f.trace && !f.a.json {
					f.tell(op)
				}
			}
			if len(ops) < many {
				break
			}
		}
		if r, ok := st.Run(f.run); !ok || r.Flow == nil || r.Flow.Ended > 0 {
			return nil
		}
		if !waitFor(ctx, f.h, max(from, st.Seq)) {
			if ctx.Err() == nil {
				return noHost()
			}
			return nil
		}
	}
}

func (f *flowTeller) tell(op oplog.Op) {
	data, ok := mesh.EventOf(op).Data.(map[string]any)
	if !ok {
		return
	}
	text := func(key string) string {
		if data[key] == nil {
			return ""
		}
		return fmt.Sprint(data[key])
	}
	switch op.Kind {
	case mesh.KindJobStarted, mesh.KindJobFinished, mesh.KindJobRequeued:
		if j, err := f.h.Job(text("job_id")); err == nil {
			f.job(op.Kind, j, text("reason"))
		}
	case mesh.KindActivitySkipped:
		f.a.say("%s  %s  skipped: %s", text("activity"), f.class(text("activity")), text("reason"))
	case mesh.KindActivityExpanded:
		f.a.say("%s  %s  %s of them", text("activity"), f.class(text("activity")), text("count"))
	}
}

// class is the badge of an activity.
func (f *flowTeller) class(name string) string {
	act, ok := f.def.Activity(name)
	if !ok {
		return badge(privacy.Unknown)
	}
	return badge(f.def.ClassOf(act))
}

func (f *flowTeller) job(kind string, j *mesh.Job, reason string) {
	name, more := labelOf(j), ""
	if j.Try > 1 {
		more = fmt.Sprintf(", try %d", j.Try)
	}
	if j.Attempt > 1 {
		more += fmt.Sprintf(", attempt %d", j.Attempt)
	}
	if kind != mesh.KindJobRequeued && j.Node != "" && f.began[j.Job] < j.Attempt { // of a fast one only the end is in the log
		f.began[j.Job] = j.Attempt
		f.a.say("%s  %s  started on %s%s", name, badge(j.Class), j.Node, more)
	}
	switch kind {
	case mesh.KindJobStarted:
	case mesh.KindJobRequeued:
		f.a.say("%s  %s  waits again: %s", name, badge(j.Class), dash(reason))
	default:
		end := fmt.Sprintf("%s on %s%s  %s  $%.4f", j.State, dash(j.Node), more, millis(j.DurationMS), float64(j.Cost)/1e6)
		if j.Error != "" {
			end += "  " + j.Error
		}
		f.a.say("%s  %s  %s", name, badge(j.Class), end)
	}
}

func labelOf(j *mesh.Job) string {
	if j.Activity == "" {
		return j.Title
	}
	return workflow.Label(j.Activity, int(j.Index), j.Fanned)
}

// endOfFlow tells how a run ended. Its end is data; the exit code is 0 only if all of it succeeded.
func (a *app) endOfFlow(ctx context.Context, h *mesh.Host, run string, def *workflow.Definition) error {
	v, err := h.Run(run)
	if err != nil {
		return err
	}
	if v.Status != mesh.Succeeded.String() {
		a.exit = 1
	}
	res := flowResult{RunView: v, Outputs: []flowOutput{}}
	if r, ok := h.Snapshot().Run(run); ok {
		res.Outputs = append(res.Outputs, outputsOf(ctx, h, r, def)...)
	}
	return a.show(res, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  %s  %s  %d of %d done  %s  %s  trace %s\n", v.RunID, badge(v.PrivacyClass), v.Title, v.Status, v.Done, v.Activities,
			millis(v.DurationMS), dollars(v.CostUSD), v.TraceID)
		if v.Error != "" {
			fmt.Fprintf(w, "%s\n", cleanText(v.Error))
		}
		if len(res.Outputs) == 0 {
			return
		}
		rows := [][]string{{"OUTPUT OF", "CLASS", "STATUS", "NODE", "SIZE", "BEGINS WITH"}}
		for _, o := range res.Outputs {
			rows = append(rows, []string{o.Activity, badge(o.PrivacyClass), o.Status, dash(o.NodeID), bytesText(o.Bytes), o.begin()})
		}
		table(w, rows)
	})
}

func (o *flowOutput) begin() string {
	const most = 60
	switch {
	case o.OutputBase64 != nil:
		return "(bytes)"
	case o.Output == nil || *o.Output == "":
		return "-"
	}
	return clean.Max(*o.Output, most).String()
}

// outputsOf gives what the last activities put out, in the order of the file.
func outputsOf(ctx context.Context, h *mesh.Host, r *mesh.Run, def *workflow.Definition) []flowOutput {
	last := lastOf(def, func(name string) bool {
		return slices.ContainsFunc(r.Flow.Steps, func(s mesh.FlowStep) bool { return s.Activity == name && s.Skipped != "" })
	})
	var out []flowOutput
	for _, name := range def.Order() {
		if !slices.Contains(last, name) {
			continue
		}
		newest := map[uint32]*mesh.Job{}
		for _, id := range r.Jobs {
			if j, err := h.Job(id); err == nil && j.Activity == name && (newest[j.Index] == nil || newest[j.Index].Try < j.Try) {
				newest[j.Index] = j
			}
		}
		for _, i := range sortedKeys(newest) {
			j := newest[i]
			o := flowOutput{Activity: labelOf(j), PrivacyClass: j.Class, Status: j.State.String(), NodeID: j.Node, JobID: j.Job, Bytes: j.OutputSize}
			o.set(firstBytes(ctx, h, j.Job), j.OutputSize)
			out = append(out, o)
		}
		for _, s := range r.Flow.Steps {
			if s.Activity != name || s.Reused == "" {
				continue
			}
			o := flowOutput{
				Activity: workflow.Label(name, int(s.Index), s.Fanned), PrivacyClass: s.Class, Status: mesh.Succeeded.String(), NodeID: s.Node,
				JobID: s.Reused, Bytes: s.Size,
			}
			o.set(firstBytes(ctx, h, s.Reused), s.Size)
			out = append(out, o)
		}
	}
	return out
}

// lastOf gives the activities that no other one took the output of: those that none needs, or only such as were skipped.
func lastOf(def *workflow.Definition, skipped func(name string) bool) []string {
	needed := map[string]bool{}
	for _, act := range def.Activities {
		if skipped(act.Name) {
			needed[act.Name] = true // it put out nothing
			continue
		}
		for _, n := range def.NeedsOf(act.Name) {
			needed[n] = true
		}
	}
	var out []string
	for _, act := range def.Activities {
		if !needed[act.Name] {
			out = append(out, act.Name)
		}
	}
	return out
}

var errEnough = errors.New("enough")

// firstBytes gives the beginning of a job's output.
func firstBytes(ctx context.Context, h *mesh.Host, job string) []byte {
	var b bytes.Buffer
	_ = h.Output(ctx, job, func(c mesh.Chunk) error {
		if c.Restart {
			b.Reset()
		}
		b.Write(c.Data[:min(len(c.Data), longestOutput-b.Len())])
		if b.Len() >= longestOutput {
			return errEnough
		}
		return nil
	}) // what can't be read any more is not there
	return b.Bytes()
}

func (o *flowOutput) set(b []byte, size int64) {
	o.Truncated = int64(len(b)) < size
	if o.Truncated { // not in the middle of a letter
		for n := 0; n < utf8.UTFMax && len(b) > 0 && !utf8.Valid(b); n++ {
			b = b[:len(b)-1]
		}
	}
	if utf8.Valid(b) {
		s := string(b)
		o.Output = &s
		return
	}
	s := base64.StdEncoding.EncodeToString(b)
	o.OutputBase64 = &s
}

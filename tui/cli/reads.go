package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
)

func (a *app) nodesCmd() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "nodes [ID]", Short: "The machines of the mesh", Args: cobra.MaximumNArgs(1),
		RunE: a.command(read, files{}, func(_ context.Context, args []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return a.oneNode(s, args[0])
			}
			v := s.Snapshot().NodeViews(s.Telemetry(), s.Now(), all)
			return a.show(v, func(w io.Writer) { nodeTable(w, v) })
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "with this machine")
	return c
}

func (a *app) oneNode(s source, id string) error {
	st := s.Snapshot()
	n, ok := st.Node(id)
	if !ok {
		return fault.New("vox/node/unknown", "there is no node %q", id).WithHint("voxmesh nodes lists them")
	}
	v := st.NodeView(n, s.Telemetry(), s.Now())
	return a.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  %s, %s\n", v.ID, badge(v.PrivacyClass), v.Status, v.Mode)
		if v.Locked != "" {
			fmt.Fprintf(w, "locked: %s\n", v.Locked)
		}
		if v.Away != "" {
			fmt.Fprintf(w, "away: %s\n", v.Away)
		}
		if v.PolicyNote != "" {
			fmt.Fprintf(w, "policy: %s\n", v.PolicyNote)
		}
		fmt.Fprintf(w, "kind %s   joined %s   beat %s ago   up %s\n", v.Kind, at(v.JoinedAt), ageOpt(v.HeartbeatAgeMS), ageOpt(v.UptimeMS))
		fmt.Fprintf(w, "24 h %s of %s   tokens %d\n", dollars(v.CostUSD), dollarsOpt(v.CostCapUSD), v.Tokens)
		fmt.Fprintf(w, "gives %s   longest job %d s   NSFW %v   priority >= %d\n", slotText(v.Slots), v.MaxJobSecs, v.NSFW, v.MinPriority)
		for _, m := range v.Models {
			fmt.Fprintf(w, "model %s  %s  %s\n", m.Model, bytesText(m.SizeBytes), modelState(m))
		}
		if len(v.Models) == 0 && v.ModelsNote != "" {
			fmt.Fprintf(w, "no models: %s\n", v.ModelsNote)
		}
		if len(v.Jobs) > 0 {
			jobTable(w, v.Jobs)
		}
		for _, e := range v.LastEvents {
			fmt.Fprintf(w, "%s  %s  %s\n", at(e.At), e.Name, e.Job)
		}
	})
}

func nodeTable(w io.Writer, nodes []mesh.NodeView) {
	if len(nodes) == 0 {
		fmt.Fprintln(w, "No other machine has joined. Invite one: voxmesh invite")
		return
	}
	rows := [][]string{{"NODE", "CLASS", "STATE", "JOBS", "24 H", "BEAT", "GIVES", "MODEL"}}
	for _, n := range nodes {
		state := n.Status.String()
		switch {
		case n.Locked != "":
			state = "locked"
		case n.Status == mesh.Online && n.Mode != mesh.Active:
			state = n.Mode.String()
		case n.Status == mesh.Online && n.Away != "":
			state = "away"
		}
		rows = append(rows, []string{
			n.ID, badge(n.PrivacyClass), state, fmt.Sprint(len(n.Jobs)), dollars(n.CostUSD) + "/" + dollarsOpt(n.CostCapUSD),
			ageOpt(n.HeartbeatAgeMS), slotText(n.Slots), or(n.Model, "-"),
		})
	}
	table(w, rows)
	for _, n := range nodes {
		if n.PolicyNote != "" {
			fmt.Fprintf(w, "%s  %s  %s\n", n.ID, badge(n.PrivacyClass), n.PolicyNote)
		}
	}
}

func slotText(slots []mesh.SlotView) string {
	if len(slots) == 0 {
		return "nothing"
	}
	parts := make([]string, 0, len(slots))
	for _, s := range slots {
		parts = append(parts, fmt.Sprintf("%s %d/%d", s.Kind, s.InUse, s.MaxConcurrent))
	}
	return strings.Join(parts, " ")
}

func (a *app) edgesCmd() *cobra.Command {
	return &cobra.Command{
		Use: "edges", Short: "The links between machines", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			v := s.Snapshot().EdgeViews(s.Telemetry())
			return a.show(v, func(w io.Writer) {
				rows := [][]string{{"FROM", "TO", "KIND", "STATUS", "RTT"}}
				for _, e := range v {
					rtt := "-"
					if e.RTTMS != nil {
						rtt = fmt.Sprintf("%.1f ms", *e.RTTMS)
					}
					rows = append(rows, []string{e.From, e.To, e.Kind, e.Status, rtt})
				}
				table(w, rows)
			})
		}),
	}
}

func (a *app) summaryCmd() *cobra.Command {
	return &cobra.Command{
		Use: "summary", Short: "The mesh in one line", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			v := s.Snapshot().Summary(s.Telemetry(), s.Now())
			return a.show(v, func(w io.Writer) {
				name := v.Mesh
				if name == "" {
					name = "no mesh yet"
				}
				fmt.Fprintf(w, "%s: %d nodes, %d active, %d blocked; queue %d, running %d, errors %d; %s an hour; %s\n",
					name, v.Nodes, v.Active, v.Blocked, v.Queue, v.Running, v.Errors, dollars(v.CostH), or(v.DefaultModel, "no model"))
			})
		}),
	}
}

func (a *app) modelsCmd() *cobra.Command {
	return &cobra.Command{
		Use: "models", Short: "Which model lives where, and whether it fits", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			v := s.Snapshot().Models(s.Telemetry(), s.Now())
			return a.show(v, func(w io.Writer) { modelTable(w, v) })
		}),
	}
}

func modelTable(w io.Writer, v mesh.ModelsView) {
	names := make([]string, 0, len(v.ByModel))
	for name := range v.ByModel {
		names = append(names, name)
	}
	sort.Strings(names)
	rows := [][]string{{"MODEL", "NODE", "CLASS", "SIZE", "QUANT", "BACKEND", "STATE"}}
	for _, name := range names {
		for _, m := range v.ByModel[name] {
			rows = append(rows, []string{name, m.NodeID, badge(m.PrivacyClass), bytesText(m.SizeBytes), m.Tag, m.Backend, modelState(m)})
		}
	}
	if len(rows) == 1 {
		fmt.Fprintln(w, "No node has a model.")
	} else {
		table(w, rows)
	}
	nodes := make([]string, 0, len(v.Notes))
	for n := range v.Notes {
		nodes = append(nodes, n)
	}
	sort.Strings(nodes)
	for _, n := range nodes {
		fmt.Fprintf(w, "%s: %s\n", n, v.Notes[n])
	}
}

func modelState(m mesh.ModelView) string {
	switch {
	case m.Loaded:
		return "loaded"
	case m.FitsInVRAM:
		return "fits"
	}
	return "does not fit"
}

func (a *app) jobsCmd() *cobra.Command {
	var o older
	c := &cobra.Command{
		Use: "jobs", Short: "The jobs of the last day, newest first; older ones with --before", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			if o.asked() {
				return olderPage(a, &o, s.Now(), s.JobsBefore, jobTable)
			}
			v := s.Snapshot().JobViews()
			return a.show(v, func(w io.Writer) { jobTable(w, v) })
		}),
	}
	o.flags(c)
	return c
}

func jobTable(w io.Writer, jobs []mesh.JobView) {
	if len(jobs) == 0 {
		fmt.Fprintln(w, "No job in the last day. Send one: voxmesh run wasm FILE")
		return
	}
	rows := [][]string{{"JOB", "CLASS", "STATUS", "WHAT", "NODE", "TRY", "TIME", "COST"}}
	for _, j := range jobs {
		rows = append(rows, []string{
			j.JobID, badge(j.PrivacyClass), strings.ReplaceAll(j.Status.String(), "_", " "), j.Runner + " " + j.Title,
			or(j.NodeID, "-"), fmt.Sprint(j.Attempt), millis(j.DurationMS), dollars(j.CostUSD),
		})
	}
	table(w, rows)
}

func (a *app) runsCmd() *cobra.Command {
	var o older
	c := &cobra.Command{
		Use: "runs [ID|TRACE]", Short: "The runs of the last day, older ones with --before, or one with its tree", Args: cobra.MaximumNArgs(1),
		RunE: a.command(read, files{}, func(_ context.Context, args []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				_, v, err := placeOf(s, args[0])
				if err != nil {
					return err
				}
				return a.show(v, func(w io.Writer) { runTree(w, v) })
			}
			if o.asked() {
				return olderPage(a, &o, s.Now(), s.RunsBefore, runTable)
			}
			v := s.Runs()
			return a.show(v, func(w io.Writer) { runTable(w, v) })
		}),
	}
	o.flags(c)
	return c
}

func runTable(w io.Writer, runs []mesh.RunView) {
	rows := [][]string{{"RUN", "CLASS", "STATUS", "DONE", "WHAT", "TRACE", "START", "TIME", "COST"}}
	for _, r := range runs {
		rows = append(rows, []string{
			r.RunID, badge(r.PrivacyClass), r.Status, doneText(r), r.Title, r.TraceID[:min(8, len(r.TraceID))], at(r.Start),
			millis(r.DurationMS), dollars(r.CostUSD),
		})
	}
	table(w, rows)
}

// doneText is how far a workflow is.
func doneText(v mesh.RunView) string {
	if v.Workflow == "" {
		return "-"
	}
	return fmt.Sprintf("%d/%d", v.Done, v.Activities)
}

func runTree(w io.Writer, v mesh.RunView) {
	fmt.Fprintf(w, "%s  %s  %s  %s", v.RunID, badge(v.PrivacyClass), v.Status, v.Title)
	if v.Workflow != "" {
		fmt.Fprintf(w, "  workflow, %d of %d done", v.Done, v.Activities)
	}
	if v.ItemID != "" {
		fmt.Fprintf(w, "  item %s", v.ItemID)
	}
	if v.ReplayOf != "" {
		fmt.Fprintf(w, "  replay of %s", v.ReplayOf)
	}
	fmt.Fprintf(w, "\nvox://trace/%s\n", v.TraceID)
	var walk func(s mesh.SpanView, depth int)
	walk = func(s mesh.SpanView, depth int) {
		fmt.Fprintf(w, "%s%s  %s  %s  %s  %s", strings.Repeat("  ", depth), s.SpanName, badge(s.PrivacyClass), dash(s.NodeID), s.Status, millis(s.DurationMS))
		switch {
		case s.Waits == "":
		case s.Status == "skipped":
			fmt.Fprintf(w, ": %s", s.Waits)
		default:
			fmt.Fprintf(w, "  waits for %s", s.Waits)
		}
		if s.Error != "" {
			fmt.Fprintf(w, "  %s", cleanText(s.Error))
		}
		fmt.Fprintln(w)
		for _, c := range s.Children {
			walk(c, depth+1)
		}
	}
	walk(v.Root, 0)
	for _, k := range v.Skews {
		fmt.Fprintf(w, "%s clock %+.1f s, corrected\n", k.NodeID, float64(k.Micros)/1e6)
	}
}

func (a *app) explainCmd() *cobra.Command {
	return &cobra.Command{
		Use: "explain JOB|ITEM", Short: "Why a job, or an item of the hopper, is where it is, node by node", Args: cobra.ExactArgs(1),
		RunE: a.command(read, files{}, func(_ context.Context, args []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			v, err := s.Explain(args[0])
			if err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s  %s  %s: %s\n", cmp.Or(v.JobID, v.ItemID), badge(v.PrivacyClass), v.Status, v.Why)
				rows := [][]string{{"NODE", "CLASS", "ANSWER", "RULE", "WHY"}}
				for _, n := range v.Nodes {
					answer := "no"
					if n.Allowed {
						answer = "yes"
					}
					rows = append(rows, []string{n.NodeID, badge(n.PrivacyClass), answer, n.Rule, n.Reason})
				}
				table(w, rows)
			})
		}),
	}
}

func (a *app) budgetCmd() *cobra.Command {
	c := &cobra.Command{
		Use: "budget", Short: "What was spent in 24 hours, and the caps", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			v := s.Snapshot().Budget(s.Now())
			return a.show(v, func(w io.Writer) {
				rows := [][]string{{"NODE", "CLASS", "USED", "CAP", "TOKENS"}}
				for _, n := range v.PerNode {
					rows = append(rows, []string{n.NodeID, badge(n.PrivacyClass), dollars(n.UsedUSD), dollarsOpt(n.CapUSD), fmt.Sprint(n.Tokens)})
				}
				rows = append(rows, []string{"mesh", "", dollars(v.Aggregate.UsedUSD), dollarsOpt(v.Aggregate.CapUSD), ""})
				table(w, rows)
			})
		}),
	}
	c.AddCommand(a.budgetSetCmd())
	return c
}

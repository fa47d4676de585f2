package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"voxmesh/audit"
	"voxmesh/hopper"
	"voxmesh/mesh"
	"voxmesh/mesh/clean"
	"voxmesh/mesh/privacy"
)

func (a *app) hopperCmd() *cobra.Command {
	c := &cobra.Command{
		Use: "hopper", Short: "The one front door for work: what waits, what runs, what is over",
		Long: "Whatever is sent becomes an item of the hopper: inbox, triaged, assigned, started, closed. Items start in the order\n" +
			"of the inbox; each step of priority is worth 15 minutes of waiting, so that nothing waits for ever.",
	}
	c.AddCommand(a.hopperSubmitCmd(), a.hopperShowCmd(), a.reprioritizeCmd(), a.hopperBatchCmd(), a.hopperSuggestCmd(),
		a.hopperListCmd("inbox", "What waits, next first", "The inbox is empty. Say what you want done: voxmesh hopper submit INTENT", (*hopper.Board).Inbox),
		a.hopperListCmd("assigned", "What nodes have, newest first", "No node has work of the hopper.", (*hopper.Board).Assigned),
		a.hopperListCmd("history", "What ended in the last day, newest first; older with --before", "Nothing ended in the last day.", (*hopper.Board).History))
	return c
}

// longestIntent is how much of standard input is read for an intent; the host says what is too long.
const longestIntent = 1 << 20

func (a *app) hopperSubmitCmd() *cobra.Command {
	var session, class, priority, on string
	c := &cobra.Command{
		Use: "submit INTENT", Short: "Say what you want done; it is classified at once", Args: cobra.MinimumNArgs(1),
		Long: "Takes in what you want done, in words. It is classified at once and becomes a question to the mesh's default model;\n" +
			"while the mesh has no model it waits in the inbox. Several words are one intent; - reads standard input.",
		Example: "  voxmesh hopper submit fix the flaky test in oplog\n  voxmesh hopper submit --priority urgent 'summarise the build log'",
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			in := mesh.Intent{Text: strings.Join(args, " "), Session: session, On: on}
			if in.Class, err = privacy.Parse(class); err != nil {
				return usage("%v", err)
			}
			if in.Priority, err = priorityFlag(priority); err != nil {
				return err
			}
			if len(args) == 1 && args[0] == "-" {
				b, err := io.ReadAll(io.LimitReader(a.in, longestIntent))
				if err != nil {
					return fmt.Errorf("read the intent: %w", err)
				}
				in.Text = string(b)
			}
			v, err := h.SubmitIntent(ctx, a.actor, in)
			if err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s  %s  %s by %s, confidence %.2f  %s\n", v.ItemID, badge(v.PrivacyClass), v.Priority, v.PrioritySource, v.Confidence, itemState(v))
				if v.RunID != "" {
					fmt.Fprintf(w, "%s %s  trace %s\n", v.RunID, v.JobID, v.TraceID)
				} else if v.Why != "" {
					fmt.Fprintln(w, v.Why)
				}
			})
		}),
	}
	fl := c.Flags()
	fl.StringVar(&session, "session", "", "where it was said: an editor, a chat")
	fl.StringVar(&class, "privacy", "paired-peers-only", "who may see it: local-only, paired-peers-only, public-mesh")
	fl.StringVar(&priority, "priority", "", "background, normal, urgent, or 1 to 9 (default: the classifier decides)")
	fl.StringVar(&on, "on", "", "the node to run it on, by id or label")
	return c
}

// priorityFlag reads --priority; 0 where it was not given, so that whoever asked is not taken for having set it.
func priorityFlag(s string) (hopper.Priority, error) {
	if s == "" {
		return 0, nil
	}
	p, err := hopper.ParsePriority(s)
	if err != nil {
		return 0, usage("%v", err)
	}
	return p, nil
}

func (a *app) hopperListCmd(name, short, none string, list func(*hopper.Board, int) []*hopper.Item) *cobra.Command {
	var limit int
	var o older
	c := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			if limit < 0 {
				return usage("--limit is not negative")
			}
			s, err := a.src()
			if err != nil {
				return err
			}
			if o.limit = limit; o.asked() {
				return olderPage(a, &o, s.Now(), s.ItemsBefore, func(w io.Writer, v []mesh.ItemView) { itemTable(w, name, v, s.Now().UnixMicro()) })
			}
			st := s.Snapshot()
			v := st.ItemViews(list(st.Hopper(), limit), s.Telemetry(), s.Now())
			return a.show(v, func(w io.Writer) {
				if len(v) == 0 {
					fmt.Fprintln(w, none)
					return
				}
				itemTable(w, name, v, s.Now().UnixMicro())
			})
		}),
	}
	c.Flags().IntVar(&limit, "limit", 0, "how many at most (0: all)")
	if name == "history" {
		o.beforeFlag(c)
	}
	return c
}

// itemTable writes items with the columns of the console's hopper.
func itemTable(w io.Writer, list string, items []mesh.ItemView, now int64) {
	var rows [][]string
	switch list {
	case "inbox":
		rows = [][]string{{"#", "ITEM", "CLASS", "PRIORITY", "BY", "INTENT", "WAITS FOR", "AGE", "BATCH"}}
	case "assigned":
		rows = [][]string{{"ITEM", "CLASS", "PRIORITY", "BY", "INTENT", "NODE", "STATE", "AGE", "BATCH"}}
	default:
		rows = [][]string{{"ITEM", "CLASS", "PRIORITY", "BY", "INTENT", "OUTCOME", "TRIES", "NODE", "TIME", "ENDED"}}
	}
	for _, v := range items {
		by, intent, age := shortSource(v.PrioritySource), short(v.Intent), millis(max(now-v.SubmittedAt, 0)/1000)
		switch list {
		case "inbox":
			rows = append(rows, []string{fmt.Sprint(v.Place), v.ItemID, badge(v.PrivacyClass), v.Priority, by, intent, dash(v.WaitsFor), age, dash(v.Batch)})
		case "assigned":
			rows = append(rows, []string{v.ItemID, badge(v.PrivacyClass), v.Priority, by, intent, dash(v.NodeID), v.State, age, dash(v.Batch)})
		default:
			rows = append(rows, []string{
				v.ItemID, badge(v.PrivacyClass), v.Priority, by, intent, v.Outcome, fmt.Sprint(v.Attempts), dash(v.NodeID), millis(v.DurationMS), at(v.Since),
			})
		}
	}
	table(w, rows)
}

// shortIntent is how much of an intent a table shows.
const shortIntent = 48

func short(intent string) string { return clean.Max(intent, shortIntent).String() }

func shortSource(s string) string {
	for _, src := range []hopper.Source{hopper.LearningPolicy, hopper.Orchestrator, hopper.Developer} {
		if src.String() == s {
			return src.Short()
		}
	}
	return "-"
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (a *app) hopperShowCmd() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "One item with its trail, or the items of a batch; old ones too", Args: cobra.ExactArgs(1),
		RunE: a.command(read, files{}, func(_ context.Context, args []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			if strings.HasPrefix(args[0], "b-") {
				v, err := s.BatchItems(args[0])
				if err != nil {
					return err
				}
				return a.show(v, func(w io.Writer) { itemTable(w, "history", v, s.Now().UnixMicro()) })
			}
			v, err := s.Item(args[0])
			if err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) { itemText(w, v, s.Now().UnixMicro()) })
		}),
	}
}

func itemState(v mesh.ItemView) string {
	if v.Outcome != "" {
		return v.Outcome
	}
	if v.Place > 0 {
		return fmt.Sprintf("%s, place %d", v.State, v.Place)
	}
	return v.State
}

// itemText writes one item as the console's hopper shows the one that is selected.
func itemText(w io.Writer, v mesh.ItemView, now int64) {
	fmt.Fprintf(w, "%s  %s  %s\n", v.ItemID, badge(v.PrivacyClass), v.Intent)
	fmt.Fprintf(w, "%s   %s by %s   submitted %s by %s", itemState(v), v.Priority, v.PrioritySource, at(v.SubmittedAt), v.Actor)
	if v.Session != "" {
		fmt.Fprintf(w, "   session %s", v.Session)
	}
	fmt.Fprintln(w)
	switch {
	case v.Outcome != "":
		fmt.Fprintf(w, "ended %s, work of %s", at(v.Since), millis(v.DurationMS))
		if v.Why != "" {
			fmt.Fprintf(w, ": %s", v.Why)
		}
		fmt.Fprintln(w)
	case v.State == hopper.Assigned.String() || v.State == hopper.Started.String():
		fmt.Fprintln(w, v.Why)
	case v.WaitsFor != "" || v.Why != "":
		fmt.Fprintf(w, "waits %s", millis(max(now-v.SubmittedAt, 0)/1000))
		if !strings.Contains(v.Why, v.WaitsFor) {
			fmt.Fprintf(w, ", %s", v.WaitsFor)
		}
		if v.Why != "" {
			fmt.Fprintf(w, ": %s", v.Why)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "wants kind %s   models %s   nodes %s   classified %s, confidence %.2f\n", any1(v.ClassifiedAffinity.Kind),
		any1(strings.Join(v.ClassifiedAffinity.Models, " ")), any1(strings.Join(v.ClassifiedAffinity.Nodes, " ")), dash(v.ClassifiedPriority), v.Confidence)
	var is []string
	for _, p := range [][2]string{{"run", v.RunID}, {"job", v.JobID}, {"on", v.NodeID}, {"batch", v.Batch}, {"trace", v.TraceID}} {
		if p[1] != "" {
			is = append(is, p[0]+" "+p[1])
		}
	}
	if len(is) > 0 {
		fmt.Fprintln(w, strings.Join(is, "   "))
	}
	if len(v.Trail) > 0 {
		rows := [][]string{{"AT", "STEP", "WHO", "DETAIL", "ENTRY"}}
		for _, t := range v.Trail {
			rows = append(rows, []string{at(t.At), t.Step, dash(t.Actor), dash(t.Detail), dash(t.AuditID)})
		}
		fmt.Fprintln(w)
		table(w, rows)
	}
}

func any1(s string) string {
	if s == "" {
		return "any"
	}
	return s
}

func (a *app) reprioritizeCmd() *cobra.Command {
	var confirm, reason string
	var place int
	c := &cobra.Command{
		Use: "reprioritize ID PRIORITY --confirm ID --reason TEXT", Short: "Change an item's priority or place: a DeveloperOverride, signed",
		Args: cobra.RangeArgs(1, 2),
		Long: "Sets the priority of an item: background, normal, urgent, or 1 to 9. With --place it goes to that place of the inbox,\n" +
			"and PRIORITY may be left out: it follows its new neighbours. What waits is queued anew, what a node has and did not\n" +
			"begin is called back, what runs is asked to make room where its priority falls, what is closed is refused.\n" +
			"Confirmation and reason mint a DeveloperOverride, which is kept in the audit log; without them nothing changes.",
		Example: "  voxmesh hopper reprioritize h-7c1e urgent --confirm h-7c1e --reason 'blocks the release'",
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			var p hopper.Priority
			switch {
			case len(args) == 2 && args[1] == "":
				return usage("a priority is background, normal, urgent, or a number from 1 to 9")
			case len(args) == 2:
				if p, err = priorityFlag(args[1]); err != nil {
					return err
				}
			case place == 0:
				return usage("reprioritize takes a priority, or --place N")
			}
			if place < 0 {
				return usage("a place is 1 or more")
			}
			g, err := audit.ConfirmOverride(a.actor, args[0], confirm, reason)
			if err != nil {
				if _, none := h.Item(args[0]); none != nil { // no capability helps with what is not there
					return none
				}
				return err
			}
			v, err := h.Reprioritize(ctx, g, args[0], p, place)
			if err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s  %s  %s by %s  %s  %s\n", v.ItemID, badge(v.PrivacyClass), v.Priority, v.PrioritySource, itemState(v), v.AuditID)
			})
		}),
	}
	c.Flags().StringVar(&confirm, "confirm", "", "the item's id, typed again")
	c.Flags().StringVar(&reason, "reason", "", "why: kept in the signed entry")
	c.Flags().IntVar(&place, "place", 0, "the place of the inbox that it goes to, from 1")
	return c
}

func (a *app) hopperBatchCmd() *cobra.Command {
	return &cobra.Command{
		Use: "batch ID ID…", Short: "Start several items of the inbox as one, and cancel them as one", Args: cobra.MinimumNArgs(1),
		Long: "The items go to the place of the last of them, so that nobody is overtaken. `voxmesh kill` with the batch's id\n" +
			"cancels all that are left of it.",
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			v, err := h.Batch(ctx, a.actor, args)
			if err != nil {
				return err
			}
			return a.show(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s  %d items  %s\n", v.BatchID, len(v.Items), v.AuditID)
				itemTable(w, "inbox", v.Items, h.Now().UnixMicro())
			})
		}),
	}
}

func (a *app) hopperSuggestCmd() *cobra.Command {
	var model string
	c := &cobra.Command{
		Use: "suggest ID", Short: "Ask a model what it would make of an item; it decides nothing", Args: cobra.ExactArgs(1),
		RunE: a.command(acts, files{}, func(ctx context.Context, args []string) error {
			h, err := a.acting()
			if err != nil {
				return err
			}
			t, err := h.Suggest(ctx, a.actor, args[0], model)
			if err != nil {
				return err
			}
			return a.show(t, func(w io.Writer) {
				fmt.Fprintf(w, "%s asks; the answer will stand in the trail of %s\n", t.JobID, args[0])
			})
		}),
	}
	c.Flags().StringVar(&model, "model", "", "the model (default: the mesh's own)")
	return c
}

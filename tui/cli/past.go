package cli

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// logSource reads the op-log.
type logSource interface {
	Ops(since uint64, limit int) ([]oplog.Op, error)
	LogStats() (oplog.Stats, error)
	VerifyLog(ctx context.Context, progress func(done, total uint64)) (oplog.Report, error)
	BackupLog(w io.Writer) (int64, error)
}

func (a *app) oplogCmd() *cobra.Command {
	c := &cobra.Command{Use: "oplog", Short: "The log behind it all"}
	c.AddCommand(a.oplogAtCmd(), a.oplogTailCmd(), a.oplogStatsCmd(), a.oplogVerifyCmd(), a.oplogBackupCmd(), a.oplogRepairCmd(),
		a.oplogCompactCmd(), a.oplogTrimCmd())
	return c
}

// instantView is the mesh as it was.
type instantView struct {
	TsMicros int64             `json:"ts_micros"`
	Seq      uint64            `json:"seq"`
	OpTs     int64             `json:"op_ts_micros"`
	MemoTs   int64             `json:"memo_ts"`
	MemoSeq  uint64            `json:"memo_seq"`
	Mesh     string            `json:"mesh"`
	Nodes    []mesh.NodeView   `json:"nodes"`
	Edges    []mesh.EdgeView   `json:"edges"`
	Jobs     []mesh.JobView    `json:"jobs"`
	Invites  []mesh.InviteView `json:"invites"`
	Budget   mesh.BudgetView   `json:"budget"`
	Queue    int               `json:"queue"`
	Hopper   hopperCounts      `json:"hopper"`
	Acts     uint64            `json:"audit_entries"`
}

// hopperCounts says how many items are where.
type hopperCounts struct {
	Inbox    int `json:"inbox"`
	Assigned int `json:"assigned"`
	History  int `json:"history"` // closed in the day before
}

func (a *app) oplogAtCmd() *cobra.Command {
	return &cobra.Command{
		Use: "at TIME", Short: "The whole mesh as it was (RFC 3339, microseconds, or -5m)", Args: cobra.ExactArgs(1),
		RunE: a.command(read, files{}, func(_ context.Context, args []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			t, err := parseTime(args[0], s.Now())
			if err != nil {
				return err
			}
			i, err := s.At(t)
			if err != nil {
				return err
			}
			v := instantView{
				TsMicros: t.UnixMicro(), Seq: i.Seq, OpTs: i.At, MemoTs: i.MemoAt, MemoSeq: i.MemoSeq, Mesh: i.State.Mesh,
				Nodes: i.State.NodeViews(nil, t, false), Edges: i.State.EdgeViews(nil), Jobs: i.State.JobViews(),
				Invites: i.State.InviteViews(t), Budget: i.State.Budget(t), Queue: i.State.QueueLen(), Acts: i.State.Acts,
			}
			v.Hopper.Inbox, v.Hopper.Assigned, v.Hopper.History = i.State.Hopper().Counts()
			return a.show(v, func(w io.Writer) {
				fmt.Fprintf(w, "%s: op %d, %d nodes, %d jobs, queue %d, inbox %d\n", at(v.TsMicros), v.Seq, len(v.Nodes), len(v.Jobs), v.Queue, v.Hopper.Inbox)
				if len(v.Nodes) > 0 {
					nodeTable(w, v.Nodes)
				}
				if len(v.Jobs) > 0 {
					jobTable(w, v.Jobs)
				}
			})
		}),
	}
}

// parseTime reads an instant: RFC 3339, unix microseconds, or a time ago such as -5m.
func parseTime(s string, now time.Time) (time.Time, error) {
	ago, ok := strings.CutPrefix(s, agoPrefix)
	if !ok {
		ago, ok = strings.CutPrefix(s, "-")
	}
	if d, err := time.ParseDuration(ago); ok && err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 {
		return time.UnixMicro(n), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	return time.Time{}, usage("%q is no time: give RFC 3339 (2026-03-02T10:12:00Z), microseconds, or -5m", s)
}

// opView is one op as it is printed: its event, and the bytes' size.
type opView struct {
	Seq      uint64 `json:"seq"`
	TsMicros int64  `json:"ts_micros"`
	Kind     string `json:"kind"`
	Actor    string `json:"actor"`
	TraceID  string `json:"trace_id"`
	Bytes    int    `json:"body_bytes"`
	Data     any    `json:"data"`
}

const tailOps = 20

func (a *app) oplogTailCmd() *cobra.Command {
	var follow bool
	var n int
	c := &cobra.Command{
		Use: "tail", Short: "The last ops, one a line", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(ctx context.Context, _ []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			head := s.Snapshot().Seq
			from := head - min(head, uint64(max(n, 0)))
			for {
				if from, err = a.printOps(s, from); err != nil || !follow || a.host == nil {
					return err
				}
				if !waitFor(ctx, a.host, from) {
					return nil
				}
			}
		}),
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes")
	c.Flags().IntVarP(&n, "lines", "n", tailOps, "how many to begin with")
	return c
}

// waitFor waits until the log has more than seq; false when nobody waits any longer.
func waitFor(ctx context.Context, h *mesh.Host, seq uint64) bool {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	moved := h.Watch(ctx)
	for h.Snapshot().Seq <= seq {
		if _, ok := <-moved; !ok {
			return false
		}
	}
	return ctx.Err() == nil
}

func (a *app) printOps(s source, from uint64) (uint64, error) {
	for {
		ops, err := s.Ops(from, 256)
		if err != nil || len(ops) == 0 {
			return from, err
		}
		for _, op := range ops {
			from = op.Seq
			v := opView{op.Seq, op.At, op.Kind, op.Actor, op.Trace, len(op.Body), mesh.EventOf(op).Data}
			if a.json {
				err = writeJSON(a.out, v)
			} else {
				_, err = fmt.Fprintf(a.out, "%8d  %s  %-16s %s\n", v.Seq, at(v.TsMicros), v.Kind, cleanText(v.Actor+"  "+flat(v.Data)))
			}
			if err != nil {
				return from, err
			}
		}
	}
}

// flat writes the fields of an event in one line, in the order of their names.
func flat(data any) string {
	m, ok := data.(map[string]any)
	if !ok {
		return ""
	}
	keys := sortedKeys(m)
	parts := make([]string, 0, len(keys))
	for _, k := range keys {
		parts = append(parts, fmt.Sprintf("%s=%v", k, pointed(m[k])))
	}
	return strings.Join(parts, " ")
}

// pointed is what a field that may be missing points to, and "none" where it is.
func pointed(v any) any {
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() != reflect.Pointer:
		return v
	case r.IsNil():
		return "none"
	}
	return r.Elem().Interface()
}

func (a *app) eventsCmd() *cobra.Command {
	var topics []string
	var since int64
	c := &cobra.Command{
		Use: "events", Short: "What happens, one JSON object a line", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(ctx context.Context, _ []string) error {
			for _, t := range topics {
				if !knownTopic(t) {
					return usage("there is no topic %q: %s", t, strings.Join(mesh.Topics(), ", "))
				}
			}
			s, err := a.src()
			if err != nil {
				return err
			}
			if base := s.Base().Seq; since >= 0 && uint64(since) < base {
				fmt.Fprintf(a.err, "ops %d to %d were trimmed: the log begins with op %d\n", since+1, base, base+1)
			}
			if a.host == nil {
				return a.pastEvents(topics, since)
			}
			for e := range a.host.Subscribe(ctx, mesh.SubscribeOptions{
				Topics: topics, Since: uint64(max(since, 0)), Replay: since == 0,
			}) {
				if err := writeJSON(a.out, e); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	c.Flags().StringArrayVar(&topics, "topic", nil, "only this topic: "+strings.Join(mesh.Topics(), ", "))
	c.Flags().Int64Var(&since, "since", -1, "begin after this op (0: with the first)")
	return c
}

// pastEvents prints what the log holds; without a host nothing more will come.
func (a *app) pastEvents(topics []string, since int64) error {
	s, err := a.src()
	if err != nil {
		return err
	}
	if since < 0 {
		return noHost()
	}
	from := uint64(since)
	for {
		ops, err := s.Ops(from, 256)
		if err != nil || len(ops) == 0 {
			return err
		}
		for _, op := range ops {
			from = op.Seq
			for _, e := range mesh.EventsOf(op) {
				if len(topics) > 0 && !slices.Contains(topics, e.Topic) {
					continue
				}
				if err := writeJSON(a.out, e); err != nil {
					return err
				}
			}
		}
	}
}

func knownTopic(t string) bool { return slices.Contains(mesh.Topics(), t) }

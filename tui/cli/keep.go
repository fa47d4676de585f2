package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// oplogBackupCmd copies the log while the host works.
func (a *app) oplogBackupCmd() *cobra.Command {
	return &cobra.Command{
		Use: "backup", Short: "A copy of the log to standard output, while the host works", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(ctx context.Context, _ []string) error {
			if a.json {
				return usage("oplog backup writes the file itself: leave --json out")
			}
			if a.tty || a.clientTTY {
				return usage("oplog backup writes to a file: voxmesh oplog backup > oplog.db")
			}
			s, err := a.src()
			if err != nil {
				return err
			}
			out := &outlet{w: a.out, ctx: ctx}
			_, err = s.BackupLog(out)
			switch {
			case ctx.Err() != nil && out.failed() != nil:
				return toldToStop(ctx, ctx.Err(), "the copy was told to stop and is not whole", "remove what was written")
			case out.failed() != nil:
				return unwritable("the copy", out.failed())
			}
			return err
		}),
	}
}

// alone refuses what needs the log for itself while a host runs, and says which host that is.
func (a *app) alone(ctx context.Context, dir string) error {
	if !a.hostRuns(ctx, dir) {
		return nil
	}
	who := "the op-log is in use by a host that runs on this data folder"
	log, err := oplog.Open(dir, mesh.Projection{}, oplog.Options{ReadOnly: true, LockTimeout: time.Millisecond})
	switch {
	case err == nil:
		return log.Close() // it has just ended
	case fault.Is(err, oplog.CodeLocked):
		who = err.Error()
	}
	return fault.New(oplog.CodeLocked, "%s", who).WithHint("stop it (ctrl+c where it runs, or kill with its pid), then give the command again")
}

// oplogRepairCmd cuts a damaged log at its last good op.
func (a *app) oplogRepairCmd() *cobra.Command {
	return &cobra.Command{
		Use: "repair", Short: "Cut a damaged log at its last good op, and keep the rest aside", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			dir, err := a.owned(ctx)
			if err != nil {
				return err
			}
			r, err := oplog.Repair(ctx, dir, mesh.Projection{}, time.Now())
			if err != nil {
				return toldToStop(ctx, err, "the repair was told to stop", "nothing was changed")
			}
			end := endOf(dir)
			v := map[string]any{"kept": r.Kept, "lost": r.Lost, "aside": r.Aside, "kept_until_micros": end.At}
			return a.show(v, func(w io.Writer) { repairText(w, r, end) })
		}),
	}
}

// endOf is where a log ends.
func endOf(dir string) oplog.Head {
	r, err := mesh.OpenReader(dir)
	if err != nil {
		return oplog.Head{} // it was repaired all the same
	}
	defer r.Close()
	return r.Head()
}

func repairText(w io.Writer, r oplog.Repaired, end oplog.Head) {
	switch {
	case r.Aside == "" && r.Kept == 0:
		fmt.Fprintln(w, "there are no ops: nothing was changed")
	case r.Aside == "":
		fmt.Fprintf(w, "all %d ops are good: nothing was changed\n", r.Kept)
	case r.Lost == 0:
		fmt.Fprintf(w, "all %d ops are good and kept, until %s; what is not an op was made anew\n", r.Kept, at(end.At))
		fmt.Fprintf(w, "the file as it was: %s\n", r.Aside)
	default:
		fmt.Fprintf(w, "kept ops %d to %d, until %s; cut off %d\n", end.Seq-r.Kept+1, end.Seq, at(end.At), r.Lost)
		fmt.Fprintf(w, "the file as it was, with what was cut off: %s\n", r.Aside)
	}
}

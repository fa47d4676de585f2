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
		RunE: a.command(read, files{}, func(context.Context, []string) error {
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
			_, err = s.BackupLog(a.out)
			return err
		}),
	}
}

// oplogRepairCmd cuts a damaged log at its last good op.
func (a *app) oplogRepairCmd() *cobra.Command {
	return &cobra.Command{
		Use: "repair", Short: "Cut a damaged log at its last good op, and keep the rest aside", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			dir, err := a.dataDir()
			if err != nil {
				return err
			}
			if a.hostRuns(ctx, dir) {
				return fault.New("vox/oplog/locked", "a host runs on this data folder").WithHint("end it first")
			}
			r, err := oplog.Repair(ctx, dir, mesh.Projection{}, time.Now())
			if err != nil {
				return err
			}
			return a.show(map[string]any{"kept": r.Kept, "lost": r.Lost, "aside": r.Aside}, func(w io.Writer) {
				if r.Aside == "" {
					fmt.Fprintf(w, "all %d ops are good: nothing was changed\n", r.Kept)
					return
				}
				fmt.Fprintf(w, "kept %d ops, cut off %d; the file as it was: %s\n", r.Kept, r.Lost, r.Aside)
			})
		}),
	}
}

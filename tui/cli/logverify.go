package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

func (a *app) oplogVerifyCmd() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check every op against the chain, and every memo", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(ctx context.Context, _ []string) error {
			rep, took, err := a.verifyLog(ctx)
			if err != nil {
				return toldToStop(ctx, err, "the check was told to stop", "nothing was changed; what it had found so far is not kept")
			}
			if err := notGood(rep); err != nil {
				return err
			}
			return a.show(reportView(rep, took), func(w io.Writer) {
				fmt.Fprintf(w, "%d ops and %d memos are good; head %s\n", rep.Ops, rep.Memos, rep.Head.Hash.String()[:16])
				if took >= time.Millisecond {
					n := checkedBytes(rep)
					fmt.Fprintf(w, "%s in %s: %.0f ops/s, %s/s\n", bytesText(n), millis(took.Milliseconds()), rate(rep.Ops, took), bytesText(int64(rate(uint64(n), took))))
				}
			})
		}),
	}
}

// checkedBytes are those of the ops and memos that a verification read.
func checkedBytes(r oplog.Report) int64 { return int64(r.OpBytes + r.MemoBytes) }

func reportView(r oplog.Report, took time.Duration) map[string]any {
	return map[string]any{
		"ops": r.Ops, "memos": r.Memos, "seq": r.Head.Seq, "head": r.Head.Hash.String(), "first_bad": r.FirstBad, "problem": r.Problem,
		"base": r.Base, "kept": r.Kept, "op_bytes": r.OpBytes, "memo_bytes": r.MemoBytes, "old_memos": r.OldMemos,
		"seconds": took.Seconds(), "ops_per_sec": rate(r.Ops, took), "bytes_per_sec": rate(uint64(checkedBytes(r)), took),
	}
}

// verifyLog checks the log in the host, or the files themselves where no host runs: also such as a host would refuse.
func (a *app) verifyLog(ctx context.Context) (oplog.Report, time.Duration, error) {
	if a.host != nil {
		p := a.pace("verify", a.logBytes(a.host))
		rep, err := a.host.VerifyLog(ctx, p.step)
		return rep, p.end(), err
	}
	dir, err := a.dataDir()
	if err != nil {
		return oplog.Report{}, 0, err
	}
	var bytes int64
	if a.talks() {
		if r, err := mesh.OpenReader(dir); err == nil { // where it is refused, the check says why
			bytes = a.logBytes(r)
			_ = r.Close()
		}
	}
	p := a.pace("verify", bytes)
	rep, err := oplog.VerifyDir(ctx, dir, mesh.Projection{}, p.step)
	return rep, p.end(), err
}

// logBytes is how much a verification goes through, where somebody looks; 0 where that is not known.
func (a *app) logBytes(s logSource) int64 {
	if !a.talks() {
		return 0
	}
	st, err := s.LogStats()
	if err != nil {
		return 0
	}
	return int64(st.OpBytes + st.MemoBytes)
}

// notGood is the error of a log that does not verify: which op, what is still good, and what to do.
func notGood(r oplog.Report) error {
	err := r.Err()
	if err == nil {
		return nil
	}
	code, _ := fault.Of(err)
	switch {
	case r.FirstBad > r.Base+1:
		text := r.Problem
		if r.Head.Seq+1 == r.FirstBad {
			text += "; what is good ends at " + at(r.Head.At)
		}
		return fault.New(code, "%s", text).
			WithHint("stop the host if one runs, then `voxmesh oplog repair` keeps ops %d to %d and puts the file as it was aside; or restore a backup that verifies", r.Base+1, r.FirstBad-1)
	case r.FirstBad > 0 || r.Ops == 0:
		return fault.New(code, "%s", r.Problem).
			WithHint("restore the last backup that verifies; the file stays as it is")
	}
	return fault.New(code, "%s; ops %d to %d are good, until %s", r.Problem, r.Base+1, r.Head.Seq, at(r.Head.At)).
		WithHint("stop the host if one runs, then `voxmesh oplog repair` makes what is not an op anew")
}

// toldToStop is the error of a piece of work that ctrl+c ended; any other stays as it is.
func toldToStop(ctx context.Context, err error, text, hint string) error {
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New("vox/cli/interrupted", "%s", text).WithHint("%s", hint)
}

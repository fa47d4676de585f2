package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/mesh"
	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// oplogCompactCmd writes the log anew without its free pages.
func (a *app) oplogCompactCmd() *cobra.Command {
	return &cobra.Command{
		Use: "compact", Short: "Give back what is free in the log's file, while no host runs", Args: cobra.NoArgs,
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			dir, err := a.owned(ctx)
			if err != nil {
				return err
			}
			p := a.pace("compact", 0)
			c, err := mesh.CompactLog(ctx, dir, p.step)
			took := p.end()
			if err != nil {
				return toldToStop(ctx, err, "compacting was told to stop", "nothing was changed")
			}
			v := map[string]any{"ops": c.Ops, "bytes_before": c.BytesBefore, "bytes_after": c.BytesAfter, "seconds": took.Seconds()}
			return a.show(v, func(w io.Writer) { compactText(w, c) })
		}),
	}
}

func compactText(w io.Writer, c oplog.Compacted) {
	if c.Ops == 0 {
		fmt.Fprintln(w, "there are no ops: nothing was changed")
		return
	}
	fmt.Fprintf(w, "%d ops, all verified: %s\n", c.Ops, shrunk(c.BytesBefore, c.BytesAfter))
}

// shrunk says what became of a file's size.
func shrunk(before, after int64) string {
	text := fmt.Sprintf("the file took %s and takes %s now", bytesText(before), bytesText(after))
	if before > after && before > 0 {
		text += fmt.Sprintf(" (%s less)", percent(float64(before-after)/float64(before)))
	}
	return text
}

// oplogTrimCmd takes the oldest ops out of the log, into an archive.
func (a *app) oplogTrimCmd() *cobra.Command {
	var before, archive string
	c := &cobra.Command{
		Use: "trim --before TIME", Short: "Move the ops from before a time into an archive, while no host runs", Args: cobra.NoArgs,
		Long: "Moves the ops from before a time (RFC 3339, microseconds, or -720h) into an archive, and has the log begin after them.\n" +
			"Nothing is destroyed: the archive is a log of its own and is verified before the log is cut. Audit entries stay, and stay\n" +
			"provable; what something that is not over still needs stays too. The cut lies at a multiple of 1024 ops.",
		RunE: a.command(here, files{}, func(ctx context.Context, _ []string) error {
			if before == "" {
				return usage("say what may go: --before TIME")
			}
			t, err := parseTime(before, time.Now())
			if err != nil {
				return err
			}
			if t.After(time.Now()) {
				return usage("%s is in the future: name a time that is past", at(t.UnixMicro()))
			}
			dir, err := a.owned(ctx)
			if err != nil {
				return err
			}
			if archive, err = archivePath(archive); err != nil {
				return err
			}
			p := a.pace("trim", 0)
			r, err := mesh.TrimLog(ctx, dir, t, archive, p.step)
			took := p.end()
			if err != nil {
				return toldToStop(ctx, err, "trimming was told to stop", "nothing was changed")
			}
			return a.showTrimmed(dir, t, r, took)
		}),
	}
	c.Flags().StringVar(&before, "before", "", "ops from before this time may go: RFC 3339, microseconds, or -720h")
	c.Flags().StringVar(&archive, "archive", "", "the file to make (default: oplog-archive-FIRST-LAST.db in the data folder)")
	return c
}

// owned gives the data folder of a piece of work that needs the log for itself. Code: vox/oplog/locked while a host runs.
func (a *app) owned(ctx context.Context) (string, error) {
	dir, err := a.dataDir()
	if err != nil {
		return "", err
	}
	return dir, a.alone(ctx, dir)
}

// archivePath is where an archive goes: never over something. Code: vox/file/exists.
func archivePath(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", unreadable(name, err)
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fault.New("vox/file/exists", "%s is there already", cleanText(name)).WithHint("name a file that is not there yet: an archive is never written over")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", unreadable(name, err)
	}
	if st, err := os.Stat(filepath.Dir(path)); err != nil || !st.IsDir() {
		return "", fault.New("vox/file/unwritable", "%s is no folder", cleanText(filepath.Dir(name))).WithHint("make it, or name a file in another one").Wrap(err)
	}
	return path, nil
}

func (a *app) showTrimmed(dir string, before time.Time, r oplog.Trimmed, took time.Duration) error {
	v := map[string]any{
		"base": r.Base, "archived": r.Archived, "kept": r.Kept, "archive": r.Archive,
		"bytes_before": r.BytesBefore, "bytes_after": r.BytesAfter, "seconds": took.Seconds(), "reason": "",
	}
	why := whyNoMore(dir, before, r)
	v["reason"] = why
	return a.show(v, func(w io.Writer) {
		if r.Archived == 0 {
			fmt.Fprintf(w, "nothing was trimmed: %s\n", why)
			return
		}
		fmt.Fprintf(w, "ops %d to %d are in %s, verified\n", r.Base-r.Archived+1, r.Base, r.Archive)
		if r.Kept > 0 {
			fmt.Fprintf(w, "%d of them are kept in the log too: audit entries, which stay provable\n", r.Kept)
		}
		fmt.Fprintf(w, "the log begins with op %d; %s\n", r.Base+1, shrunk(r.BytesBefore, r.BytesAfter))
		if why != "" {
			fmt.Fprintf(w, "no more was trimmed: %s\n", why)
		}
	})
}

// cutEvery is what the place of a cut is a multiple of: the blocks of the log.
const cutEvery = 1024

// whyNoMore says what kept a trim from what was asked for: empty where nothing did.
func whyNoMore(dir string, before time.Time, t oplog.Trimmed) string {
	r, err := mesh.OpenReader(dir)
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	st, err := r.LogStats()
	switch {
	case err != nil:
		return err.Error()
	case st.Ops == 0:
		return "there are no ops"
	case before.UnixMicro() <= st.FirstAt && t.Archived > 0:
		return ""
	case before.UnixMicro() <= st.FirstAt:
		return fmt.Sprintf("no op is from before %s: the log begins with op %d of %s", at(before.UnixMicro()), t.Base+1, at(st.FirstAt))
	}
	i, err := r.At(before)
	if err != nil {
		return err.Error()
	}
	if i.Seq/cutEvery*cutEvery > t.Base {
		return whoNeeds(r)
	}
	if t.Archived > 0 {
		return ""
	}
	return fmt.Sprintf("only %d ops are from before %s, and the cut lies at a multiple of %d", i.Seq-min(t.Base, i.Seq), at(before.UnixMicro()), cutEvery)
}

// whoNeeds names the op that has to stay, and what it belongs to.
func whoNeeds(r *mesh.Reader) string {
	seq, err := r.Needed()
	if err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("op %d and later ones are still needed", seq)
	ops, err := r.Ops(seq-min(seq, 1), 1)
	if err != nil || len(ops) == 0 || seq == 0 {
		return text
	}
	for _, name := range ops[0].Index {
		if kind, id, ok := strings.Cut(name, ":"); ok {
			return fmt.Sprintf("%s: with it began %s %s, of %s, which is not over or ended less than a day before the log's last op", text, kind, cleanText(id), at(ops[0].At))
		}
	}
	return text
}

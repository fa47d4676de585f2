package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"

	"voxmesh/oplog"
)

const (
	// muchFree is the share of free pages from which on the log is worth compacting: half of what it takes on the disk.
	muchFree = 0.5
	// worthCompacting is the size from which on that is worth a word: a new file has free pages too.
	worthCompacting = 4 << 20
	// staleCheck is how old a verification may be before somebody is told: rot that nobody reads is found by nobody.
	staleCheck = 30 * 24 * time.Hour
)

func (a *app) oplogStatsCmd() *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "Sizes of the log, and when it was last verified", Args: cobra.NoArgs,
		RunE: a.command(read, files{}, func(context.Context, []string) error {
			s, err := a.src()
			if err != nil {
				return err
			}
			st, err := s.LogStats()
			if err != nil {
				return err
			}
			return a.show(statsView(st), func(w io.Writer) { statsTable(w, st, s.Now()) })
		}),
	}
}

// verifiedView is the last verification of a log.
type verifiedView struct {
	AtMicros int64  `json:"at_micros"`
	Ops      uint64 `json:"ops"`
	Problem  string `json:"problem"`
}

func statsView(s oplog.Stats) map[string]any {
	v := map[string]any{
		"file_bytes": s.FileBytes, "used_bytes": s.UsedBytes, "other_bytes": otherBytes(s), "ops": s.Ops, "op_bytes": s.OpBytes,
		"memos": s.Memos, "memo_bytes": s.MemoBytes, "memo_share": s.MemoShare, "last_memo": s.LastMemo,
		"freelist_share": s.FreeShare, "first_at_micros": s.FirstAt, "last_at_micros": s.LastAt, "clock_steps": s.ClockSteps,
		"blobs": s.Blobs, "blob_bytes": s.BlobBytes, "broken": s.Broken, "format_version": s.FormatVersion,
		"base": s.Base, "base_at_micros": s.BaseAt, "kept": s.Kept, "archive": s.Archive, "verified": nil,
	}
	if c := s.Verified; c != nil {
		v["verified"] = verifiedView{c.At, c.Ops, c.Problem}
	}
	return v
}

// otherBytes are those of the used pages that are neither ops nor memos: index, marks, times, and what pages leave empty.
func otherBytes(s oplog.Stats) int64 {
	return max(s.UsedBytes-int64(s.OpBytes)-int64(s.MemoBytes), 0)
}

// statsTable writes the numbers for people.
func statsTable(w io.Writer, s oplog.Stats, now time.Time) {
	rows := [][]string{
		{"file", fmt.Sprintf("%s, %s used, %s free", bytesText(s.FileBytes), bytesText(s.UsedBytes), percent(s.FreeShare))},
		{"ops", opsText(s)},
		{"memos", memosText(s)},
		{"index, rest", bytesText(otherBytes(s))},
		{"blobs", fmt.Sprintf("%d, %s", s.Blobs, bytesText(s.BlobBytes))},
		{"verified", verifiedText(s.Verified, now)},
	}
	if s.Base > 0 {
		rows = append(rows, []string{"trimmed", fmt.Sprintf("ops 1 to %d, until %s: the last of them are in %s; %d are kept here too", s.Base, at(s.BaseAt), or(&s.Archive, "an archive"), s.Kept)})
	}
	if s.FormatVersion > 0 {
		rows = append(rows, []string{"format", fmt.Sprint(s.FormatVersion)})
	}
	if s.ClockSteps > 0 {
		rows = append(rows, []string{"clock", fmt.Sprintf("stepped back %d times since the host began; no op's time did", s.ClockSteps)})
	}
	if s.Broken != "" {
		rows = append(rows, []string{"refuses", s.Broken})
	}
	table(w, rows)
	if s.FreeShare > muchFree && s.FileBytes > worthCompacting {
		fmt.Fprintf(w, "\n%s of the file is free: `voxmesh oplog compact` gives it back, while no host runs\n", percent(s.FreeShare))
	}
}

func opsText(s oplog.Stats) string {
	if s.Ops == 0 {
		return "none"
	}
	return fmt.Sprintf("%d (%d to %d), %s; %s to %s", s.Ops, s.Base+1, s.Base+s.Ops, bytesText(int64(s.OpBytes)), at(s.FirstAt), at(s.LastAt))
}

func memosText(s oplog.Stats) string {
	if s.Memos == 0 {
		return "none yet"
	}
	return fmt.Sprintf("%d, %s: %s of the ops' bytes; the last at op %d", s.Memos, bytesText(int64(s.MemoBytes)), percent(s.MemoShare), s.LastMemo)
}

func verifiedText(c *oplog.Verified, now time.Time) string {
	switch {
	case c == nil:
		return "never: voxmesh oplog verify"
	case c.Problem != "":
		return fmt.Sprintf("%s: %s", at(c.At), c.Problem)
	}
	text := fmt.Sprintf("%s: %d ops, all good", at(c.At), c.Ops)
	if old := now.Sub(time.UnixMicro(c.At)); old > staleCheck {
		text += fmt.Sprintf("; %d days ago", int(old.Hours())/24)
	}
	return text
}

// percent writes a share of 0 to 1; a little is never said to be nothing, nor most to be all.
func percent(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "under 0.1 %"
	case share < 0.1, share > 0.99 && share < 1:
		share = math.Floor(share*1000) / 1000
		return fmt.Sprintf("%.1f %%", share*100)
	}
	return fmt.Sprintf("%.0f %%", share*100)
}

package mesh

import (
	"context"
	"time"

	"voxmesh/mesh/fault"
	"voxmesh/oplog"
)

// TrimLog moves the ops of before a time out of the log of a data folder on which no host runs, into an archive, a log of its
// own that must not exist yet; "" is one in the data folder, named after its ops. All that the state still holds stays with all of its ops: work that is open, however old, and
// what ended in the last day. Audit entries stay where they are found, so that all of them can still be proven. Where nothing
// can go, nothing is done. Codes: vox/oplog/invalid for a time in the future or an archive that is there, vox/oplog/locked
// while a host runs, vox/oplog/damaged, vox/oplog/disk-full.
func TrimLog(ctx context.Context, dir string, before time.Time, archive string, progress func(done, total uint64)) (oplog.Trimmed, error) {
	return trimLog(ctx, dir, before, archive, time.Now(), progress)
}

func trimLog(ctx context.Context, dir string, before time.Time, archive string, now time.Time, progress func(done, total uint64)) (oplog.Trimmed, error) {
	if before.After(now) {
		return oplog.Trimmed{}, fault.New(oplog.CodeInvalid, "%s is in the future: nothing was trimmed", before.Format(time.RFC3339)).
			WithHint("name a time that is past: voxmesh oplog trim --before -720h")
	}
	from, err := needed(dir)
	if err != nil {
		return oplog.Trimmed{}, err
	}
	return oplog.Trim(ctx, dir, Projection{}, oplog.TrimOptions{
		Before: max(before.UnixMicro(), 0), KeepFrom: from, Names: []string{IndexAudit}, Archive: archive, Now: now,
	}, progress)
}

// CompactLog writes the log of a data folder, on which no host runs, anew without free space. Codes: vox/oplog/locked while a
// host runs, vox/oplog/damaged, vox/oplog/disk-full.
func CompactLog(ctx context.Context, dir string, progress func(done, total uint64)) (oplog.Compacted, error) {
	return oplog.Compact(ctx, dir, Projection{}, time.Now(), progress)
}

// needed is Needed of a folder's log.
func needed(dir string) (uint64, error) {
	r, err := OpenReader(dir)
	if err != nil {
		return 0, err
	}
	from, err := r.Needed()
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	return from, err
}

// Needed is the first op that what is in the state was made of, as far as the log is asked for it: that of the oldest job,
// run or item. 0 is none. A trim leaves it and all after it in the log.
func (r *records) Needed() (uint64, error) {
	s := r.Snapshot()
	from := uint64(0)
	need := func(seq uint64) {
		if from == 0 || seq < from {
			from = seq
		}
	}
	for _, j := range s.Jobs() {
		need(j.Seq)
	}
	for _, it := range s.hopper.Items() {
		need(it.Seq)
	}
	for _, run := range s.Runs() {
		ops, err := r.log.Indexed(runIndex(run.ID), 1)
		if err != nil {
			return 0, err
		}
		if len(ops) > 0 {
			need(ops[0].Seq)
		}
	}
	return from, nil
}

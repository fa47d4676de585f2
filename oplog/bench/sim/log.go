package sim

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// Recipe says what log to make.
type Recipe struct {
	Ops    uint64
	Nodes  int
	Skewed bool
	PerDay float64 // ops
	Seed   uint64
}

// ahead is how many ops the generator queues before it waits for the disk.
const ahead = 4096

// Make makes a log by the real path: the ops of the sim, appended by oplog with the projection of mesh.
func Make(ctx context.Context, dir string, r Recipe, say io.Writer) error {
	if _, err := os.Stat(filepath.Join(dir, "oplog.db")); err == nil {
		return fmt.Errorf("there is a log in %s already", dir)
	}
	s := newSim(r.Seed, r.Nodes, r.Skewed, r.PerDay)
	log, err := oplog.Open(dir, mesh.Projection{}, oplog.Options{Now: func() time.Time { return s.now }})
	if err != nil {
		return err
	}
	begun := time.Now()
	err = fill(ctx, log, s, r.Ops, func(done uint64) {
		fmt.Fprintf(say, "\r%d of %d ops, %.0f a second ", done, r.Ops, float64(done)/time.Since(begun).Seconds())
	})
	if cerr := log.Close(); err == nil {
		err = cerr
	}
	fmt.Fprintln(say)
	return err
}

func fill(ctx context.Context, log *oplog.Log[*mesh.State], s *sim, ops uint64, progress func(done uint64)) error {
	var last *oplog.Pending
	next := s.begin()
	queued, told := 0, uint64(0)
	for seq := uint64(0); seq < ops; {
		next = next[:min(uint64(len(next)), ops-seq)]
		p, err := log.Do(func(*mesh.State) ([]oplog.Draft, error) { return next, nil })
		if err != nil {
			return err
		}
		last, seq, queued = p, seq+uint64(len(next)), queued+len(next)
		if queued >= ahead {
			if err := last.Wait(ctx); err != nil {
				return err
			}
			queued = 0
		}
		if seq-told >= 100_000 {
			told = seq
			progress(seq)
		}
		next = s.commit()
	}
	if last == nil {
		return nil
	}
	return last.Wait(ctx)
}

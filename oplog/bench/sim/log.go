package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

// Recipe says what log to make. The same recipe gives the same ops.
type Recipe struct {
	Ops    uint64  // at least 1
	Nodes  int     // 1 to 1,000,000
	Skewed bool    // a few nodes have most of the ops (Zipf 1.1), else all alike
	PerDay float64 // ops in 24 hours of the log's time; 0: PerDay
	Seed   uint64
}

// PerDay is how many ops a day has where a recipe does not say.
const PerDay = 30_000

// Made is what was made. Make leaves it beside the log, as made.json.
type Made struct {
	Recipe  Recipe
	Ops     uint64
	Head    string // hash of the last op, hex
	Reducer uint32 // the version that its memos are of
	Took    time.Duration
}

// Rate is how many ops were made in a second.
func (m Made) Rate() float64 { return float64(m.Ops) / max(m.Took.Seconds(), 1e-9) }

const madeName = "made.json"

const (
	// ahead is how many ops the generator queues before it waits for the disk; as many are on their way to it.
	ahead = 4096
	// tellEvery is how often progress is told, in ops.
	tellEvery = 50_000
)

func (r *Recipe) check() error {
	if r.PerDay == 0 {
		r.PerDay = PerDay
	}
	switch {
	case r.Ops == 0:
		return errors.New("a log of 0 ops is none: ask for one at least")
	case r.Nodes < 1 || r.Nodes > 1_000_000:
		return fmt.Errorf("%d nodes: a mesh has 1 to 1,000,000", r.Nodes)
	case !(r.PerDay >= 1 && r.PerDay <= 1e9):
		return fmt.Errorf("%g ops a day: between 1 and 1e9 make sense", r.PerDay)
	}
	return nil
}

// Make makes a log in dir, which it creates, by the real path: the ops of the sim, appended by oplog with the projection
// of mesh. It says how far it is on say. Where ctx ends, the log ends after the ops made so far, and is good; the error is
// that of ctx. A folder that has a log is refused.
func Make(ctx context.Context, dir string, r Recipe, say io.Writer) (Made, error) {
	made := Made{Recipe: r}
	if err := made.Recipe.check(); err != nil {
		return made, err
	}
	if dir == "" {
		return made, errors.New("no folder is named for the log")
	}
	if _, err := os.Stat(filepath.Join(dir, "oplog.db")); err == nil {
		return made, fmt.Errorf("there is a log in %s already: name another folder, or delete that one", dir)
	}
	s := newSim(made.Recipe)
	var now atomic.Int64
	now.Store(s.now.UnixMicro())
	log, err := oplog.Open(dir, mesh.Projection{}, oplog.Options{Now: func() time.Time { return time.UnixMicro(now.Load()) }})
	if err != nil {
		return made, fmt.Errorf("make a log in %s: %w", dir, err)
	}
	begun := time.Now()
	err = fill(ctx, log, s, &now, made.Recipe.Ops, func(done uint64) { progress(say, done, made.Recipe.Ops, time.Since(begun)) })
	if cerr := log.Close(); err == nil {
		err = cerr
	}
	made.Took = time.Since(begun)
	h := log.Head()
	made.Ops, made.Head, made.Reducer = h.Seq, h.Hash.String(), mesh.Projection{}.Version()
	progress(say, made.Ops, made.Recipe.Ops, made.Took)
	fmt.Fprintln(say)
	return made, errors.Join(err, made.note(dir))
}

func (m Made) note(dir string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, madeName), append(b, '\n'), 0o600)
}

// Remove deletes a log that Make made: where there is no made.json, nothing; of the folder, what is a log's.
func Remove(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, madeName)); err != nil {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "oplog.*"))
	for _, f := range append(files, filepath.Join(dir, madeName)) {
		err = errors.Join(err, os.Remove(f))
	}
	if err == nil {
		_ = os.Remove(dir) // unless there is more in it
	}
	return err
}

// Ready reports whether dir has the log of a recipe, whole, with memos that this program reads.
func Ready(dir string, r Recipe) (Made, bool) {
	var made Made
	b, err := os.ReadFile(filepath.Join(dir, madeName))
	if err != nil || json.Unmarshal(b, &made) != nil || r.check() != nil {
		return made, false
	}
	return made, made.Recipe == r && made.Ops == r.Ops && made.Reducer == (mesh.Projection{}).Version()
}

func progress(say io.Writer, done, of uint64, took time.Duration) {
	rate := float64(done) / max(took.Seconds(), 1e-9)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	left := time.Duration(float64(of-min(done, of)) / max(rate, 1) * float64(time.Second)).Round(time.Second)
	fmt.Fprintf(say, "\r%d of %d ops, %.0f a second, %v left, heap %d MB   ", done, of, rate, left, m.HeapInuse>>20)
}

// fill appends ops. Two loads are under way: one is made while the other one is written.
func fill(ctx context.Context, log *oplog.Log[*mesh.State], s *sim, now *atomic.Int64, ops uint64, tell func(done uint64)) error {
	var before, last *oplog.Pending
	queued, told := 0, uint64(0)
	for seq := uint64(0); seq < ops; {
		next := s.commit()
		next = next[:min(uint64(len(next)), ops-seq)]
		now.Store(s.now.UnixMicro())
		p, err := log.Do(func(*mesh.State) ([]oplog.Draft, error) { return next, nil })
		if err != nil {
			return err
		}
		last, seq, queued = p, seq+uint64(len(next)), queued+len(next)
		if queued >= ahead {
			if before != nil {
				if err := before.Wait(ctx); err != nil {
					return err
				}
			}
			before, queued = last, 0
		}
		if seq-told >= tellEvery {
			told = seq
			tell(seq)
		}
	}
	return last.Wait(ctx)
}

package mesh_test

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"voxmesh/mesh"
	"voxmesh/oplog"
	"voxmesh/oplog/bench/sim"
)

// seekCase is a log to measure, and how.
type seekCase struct {
	recipe sim.Recipe
	dir    string
	seeks  int
	cold   int
	json   int    // places of which the peer has a memo; 0: leave the peer out
	mvcc   uint64 // up to so many ops the index of versions is measured
}

func (c seekCase) name() string {
	return fmt.Sprintf("ops=%d/nodes=%d/%s", c.recipe.Ops, c.recipe.Nodes, map[bool]string{false: "uniform", true: "skewed"}[c.recipe.Skewed])
}

// seekCases are all combinations that the environment asks for. See BenchmarkSeek.
func seekCases(b *testing.B) []seekCase {
	list := func(name, or string) []string {
		return strings.Split(cmp.Or(os.Getenv("VOXMESH_BENCH_"+name), or), ",")
	}
	number := func(name string, s string) uint64 {
		n, err := strconv.ParseUint(strings.ReplaceAll(s, "_", ""), 10, 64)
		if err != nil {
			b.Fatalf("VOXMESH_BENCH_%s: %v", name, err)
		}
		return n
	}
	one := func(name, or string) int { return int(number(name, list(name, or)[0])) }
	var out []seekCase
	for _, ops := range list("OPS", "30000") {
		for _, nodes := range list("NODES", "300") {
			for _, access := range list("ACCESS", "uniform") {
				if access != "uniform" && access != "skewed" {
					b.Fatalf("VOXMESH_BENCH_ACCESS: %q is neither uniform nor skewed", access)
				}
				out = append(out, seekCase{
					recipe: sim.Recipe{
						Ops: number("OPS", ops), Nodes: int(number("NODES", nodes)), Skewed: access == "skewed",
						PerDay: float64(one("PERDAY", strconv.Itoa(sim.PerDay))), Seed: 1,
					},
					seeks: one("SEEKS", "200"), cold: one("COLD", "5"), json: one("JSON", "8"), mvcc: number("MVCC", list("MVCC", "1000000")[0]),
				})
			}
		}
	}
	return out
}

// BenchmarkSeek measures what it costs to reach the state after any op of a log, beside its peers, which seek in the same
// log in turns: memos of JSON, and an index of versions. It prints tables. The environment says how large:
//
//	VOXMESH_BENCH_OPS=100000,1000000,10000000  VOXMESH_BENCH_NODES=1000,10000  VOXMESH_BENCH_ACCESS=uniform,skewed
//	VOXMESH_BENCH_SEEKS=500   seeks of each, warm          VOXMESH_BENCH_COLD=60   each in a process of its own; 0: none
//	VOXMESH_BENCH_JSON=16     memos of JSON to seek in     VOXMESH_BENCH_MVCC=1000000   the most ops for the index of versions
//	VOXMESH_BENCH_PERDAY=30000  ops in 24 hours of the log's time
//	VOXMESH_BENCH_LOGS=DIR    where logs are kept and found again; else each is made anew and deleted
//
// A log of 10 million ops takes some 6 GB.
func BenchmarkSeek(b *testing.B) {
	var done []*seekResult
	for _, c := range seekCases(b) {
		b.Run(c.name(), func(b *testing.B) {
			var r *seekResult
			for range b.N { // with -benchtime 1x, as it is meant, once
				r = c.run(b)
			}
			done = append(done, r)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(r.ours.at(0.5).Seconds()*1e3, "p50-ms")
			b.ReportMetric(r.ours.at(0.99).Seconds()*1e3, "p99-ms")
			b.ReportMetric(r.share(), "memo-%")
			if len(r.json) > 0 {
				b.ReportMetric(r.json.at(0.99).Seconds()/r.ours.at(0.99).Seconds(), "json/ours-p99")
			}
		})
	}
	printSeeks(os.Stdout, done)
}

// seekResult is what was measured in one log.
type seekResult struct {
	seekCase
	made         sim.Made
	stats        oplog.Stats
	ours         times
	drag         times
	replay       []uint64 // ops between the memo and the place, of ours
	json         times
	jsonBytes    int
	mvcc         times
	mvccBytes    int64
	mvccTook     time.Duration
	encode       times
	decode       times
	memoBytes    int // stored
	rawBytes     int
	entities     string
	fold         map[string]times         // of one op, by kind
	foldOp, rest time.Duration            // of one op: the reducer, and all else in a drag
	cpu          map[string]time.Duration // of all warm seeks; 0 where the system is not asked
	cold         map[string]times
	coldOpen     times
	coldCached   int64 // bytes of the file in memory before the seek, at most; -1: the system does not say
}

func (r *seekResult) share() float64 {
	return 100 * float64(r.stats.MemoBytes) / float64(max(r.stats.OpBytes, 1))
}

// run measures a case, making its log if need be.
func (c seekCase) run(b *testing.B) *seekResult {
	b.Helper()
	root := os.Getenv("VOXMESH_BENCH_LOGS")
	if root == "" {
		root = b.TempDir()
	}
	c.dir = filepath.Join(root, strings.NewReplacer("ops=", "", "nodes=", "", "/", "-").Replace(c.name()))
	r := &seekResult{seekCase: c, cold: map[string]times{}, cpu: map[string]time.Duration{}, coldCached: -1}
	begun := time.Now()
	now := func(what string) {
		fmt.Fprintf(os.Stderr, "# %s, %v: %s\n", r.short(), time.Since(begun).Round(time.Second), what)
	}
	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	var ok bool
	if r.made, ok = sim.Ready(c.dir, c.recipe); !ok {
		now("making the log")
		must(sim.Remove(c.dir))
		var err error
		r.made, err = sim.Make(b.Context(), c.dir, c.recipe, io.Discard)
		must(err)
	}
	if os.Getenv("VOXMESH_BENCH_LOGS") == "" {
		defer os.RemoveAll(c.dir)
	}
	log, err := oplog.Open(c.dir, mesh.Projection{}, oplog.Options{ReadOnly: true})
	must(err)
	r.stats, err = log.Stats()
	must(err)
	now("making the peers' files")
	peers, err := newPeers(b, c, log)
	must(err)
	defer peers.close()
	r.mvccBytes, r.mvccTook, r.jsonBytes = peers.mvccBytes, peers.mvccTook, peers.jsonBytes()
	now("seeking")
	must(r.warm(log, peers))
	now("dragging, encoding, folding")
	must(r.dragging(log))
	must(r.memos(log))
	must(r.folds(log))
	must(log.Close())
	peers.close() // their pages too
	now("seeking, cold")
	must(r.coldSeeks(b.Context(), peers))
	return r
}

// rounds is how many turns each has: the machine is not the same all the time.
const rounds = 20

// warm has ours and the peers seek in turns.
func (r *seekResult) warm(log *oplog.Log[*mesh.State], p *peers) error {
	rng := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		runtime.GC() // what another left behind is not this one's
		for range max(r.seeks/rounds, 1) {
			seq := 1 + rng.Uint64N(r.recipe.Ops-1)
			if err := forget(log); err != nil {
				return err
			}
			var in oplog.Instant[*mesh.State]
			if err := r.time("ours", &r.ours, func() (err error) { in, err = log.AtSeq(seq); return err }); err != nil {
				return err
			}
			if in.Seq != seq || in.State.Seq != seq {
				return fmt.Errorf("asked for the state after op %d, got that after %d", seq, in.Seq)
			}
			r.replay = append(r.replay, seq-in.MemoSeq)
		}
		if err := r.warmJSON(rng, p); err != nil {
			return err
		}
		if p.mvcc == nil {
			continue
		}
		runtime.GC()
		for range max(r.seeks/rounds, 1) {
			seq := 1 + rng.Uint64N(r.recipe.Ops-1)
			if err := r.time("versions", &r.mvcc, func() error { _, err := p.mvcc.at(seq, 0); return err }); err != nil {
				return err
			}
		}
	}
	return nil
}

// time measures one seek: what passes on the clock, and what the process takes of the processors meanwhile, which says
// more where the machine is busy with something else.
func (r *seekResult) time(who string, to *times, seek func() error) error {
	cpu, begun := cpuTime(), time.Now()
	err := seek()
	*to = append(*to, time.Since(begun))
	r.cpu[who] += cpuTime() - cpu
	return err
}

// cpuMean is what a seek takes of the processors.
func (r *seekResult) cpuMean(who string, of times) time.Duration {
	return r.cpu[who] / time.Duration(max(len(of), 1))
}

// warmJSON is a turn of the memos of JSON.
func (r *seekResult) warmJSON(rng *rand.Rand, p *peers) error {
	if len(p.json) == 0 {
		return nil
	}
	var text []byte
	runtime.GC()
	for range max(r.seeks/rounds, 1) {
		m := &p.json[rng.IntN(len(p.json))]
		seq := m.seq + uint64(rng.IntN(len(m.tail)+1))
		var err error
		if text, err = m.read(text); err != nil {
			return err
		}
		if err := r.time("json", &r.json, func() error { _, err := m.at(text, seq); return err }); err != nil {
			return err
		}
	}
	return nil
}

// forget has the log hold states of its beginning only, so that a seek starts from a memo.
func forget(log *oplog.Log[*mesh.State]) error {
	for seq := range uint64(4) {
		if _, err := log.AtSeq(log.Base().Seq + seq + 1); err != nil {
			return err
		}
	}
	return nil
}

// dragging is a scrubber: from a place on, forward by 1 to 1,000 ops each time.
func (r *seekResult) dragging(log *oplog.Log[*mesh.State]) error {
	rng := rand.New(rand.NewPCG(3, 4))
	runtime.GC()
	var ops uint64
	for range rounds {
		seq := 1 + rng.Uint64N(r.recipe.Ops/2)
		if _, err := log.AtSeq(seq); err != nil {
			return err
		}
		for range max(r.seeks/rounds, 1) {
			step := 1 + rng.Uint64N(1000)
			if seq+step >= r.recipe.Ops {
				break
			}
			seq += step
			if err := r.time("drag", &r.drag, func() error { _, err := log.AtSeq(seq); return err }); err != nil {
				return err
			}
			ops += step
		}
	}
	r.rest = r.cpu["drag"] / time.Duration(max(ops, 1)) // the reducer's part is taken off in folds
	return nil
}

// memos measures the form of a memo, on states of the log.
func (r *seekResult) memos(log *oplog.Log[*mesh.State]) error {
	p := mesh.Projection{}
	for i := range uint64(10) {
		in, err := log.AtSeq(r.recipe.Ops * (i + 5) / 15)
		if err != nil {
			return err
		}
		s := p.Clone(in.State)
		runtime.GC()
		begun := time.Now()
		raw := p.Encode(s)
		r.encode = append(r.encode, time.Since(begun))
		r.rawBytes, r.memoBytes = len(raw), len(s2.Encode(nil, raw))
		begun = time.Now()
		_, err = p.Decode(raw)
		r.decode = append(r.decode, time.Since(begun))
		if err != nil {
			return err
		}
		d := mesh.DumpOf(in.State)
		r.entities = fmt.Sprintf("%d nodes, %d jobs, %d runs, %d items", len(d.Nodes), len(d.Jobs), len(d.Runs), len(d.Items))
	}
	return nil
}

// times are durations of one kind.
type times []time.Duration

// at gives a quantile: 0.5 is the median, 1 the greatest.
func (t times) at(q float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(t))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

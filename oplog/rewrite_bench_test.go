package oplog

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// sum is the least projection there can be, so that the benchmarks measure the log and not the fold.
type sum struct{}

func (sum) Version() uint32             { return 1 }
func (sum) New() uint64                 { return 0 }
func (sum) Clone(s uint64) uint64       { return s }
func (sum) Apply(s uint64, _ Op) uint64 { return s + 1 }
func (sum) Encode(s uint64) []byte      { return binary.BigEndian.AppendUint64(nil, s) }
func (sum) Decode(b []byte) (uint64, error) {
	if len(b) != 8 {
		return 0, errShort
	}
	return binary.BigEndian.Uint64(b), nil
}

// BenchmarkRewrite compacts and trims (at half) a log of 100,000 ops; VOXMESH_BENCH_OPS says another number.
func BenchmarkRewrite(b *testing.B) {
	n := 100_000
	if v, err := strconv.Atoi(os.Getenv("VOXMESH_BENCH_OPS")); err == nil {
		n = v
	}
	made := b.TempDir()
	c := &clock{epoch}
	l, err := Open(made, sum{}, Options{Now: c.now})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i < n; {
		var ds []Draft
		for ; len(ds) < 5000 && i < n; i++ {
			ds = append(ds, Draft{
				Kind: "job_finished", Actor: "node:n1", Trace: fmt.Sprintf("%032x", i+1), Body: make([]byte, 120),
				Index: []string{fmt.Sprintf("job:j-%x", i/4), fmt.Sprintf("run:r-%x", i/40)},
			})
		}
		c.t += 1e6
		if _, err := l.Append(context.Background(), ds...); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	for _, what := range []string{"compact", "trim"} {
		b.Run(what, func(b *testing.B) {
			var before, after int64
			for b.Loop() {
				b.StopTimer()
				dir := b.TempDir()
				copyFile(b, filepath.Join(made, dbName), filepath.Join(dir, dbName))
				b.StartTimer()
				if what == "compact" {
					r, err := Compact(context.Background(), dir, sum{}, c.now(), nil)
					if err != nil {
						b.Fatal(err)
					}
					before, after = r.BytesBefore, r.BytesAfter
					continue
				}
				o := TrimOptions{Before: epoch + (c.t-epoch)/2, Archive: filepath.Join(dir, "archive.db"), Now: time.UnixMicro(c.t)}
				r, err := Trim(context.Background(), dir, sum{}, o, nil)
				if err != nil || r.Base == 0 {
					b.Fatalf("%+v %v", r, err)
				}
				before, after = r.BytesBefore, r.BytesAfter
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
			b.ReportMetric(float64(before)/float64(n), "B/op-before")
			b.ReportMetric(float64(after)/float64(n), "B/op-after")
		})
	}
}

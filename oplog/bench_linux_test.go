package oplog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rawGroup is the limit: a plain file and one fdatasync for all that wait, with nothing else.
type rawGroup struct {
	mu    sync.Mutex
	f     *os.File
	wait  []chan error
	buf   []byte
	wake  chan struct{}
	ended chan struct{}
}

func newRawGroup(b *testing.B) *rawGroup {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	g := &rawGroup{f: f, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		for range g.wake {
			g.mu.Lock()
			wait, buf := g.wait, g.buf
			g.wait, g.buf = nil, nil
			g.mu.Unlock()
			if len(wait) == 0 {
				continue
			}
			_, err := f.Write(buf)
			if err == nil {
				err = unix.Fdatasync(int(f.Fd()))
			}
			for _, c := range wait {
				c <- err
			}
		}
	}()
	b.Cleanup(func() { close(g.wake); <-g.ended; _ = f.Close() })
	return g
}

func (g *rawGroup) append(v []byte) error {
	c := make(chan error, 1)
	g.mu.Lock()
	g.wait, g.buf = append(g.wait, c), append(g.buf, v...)
	select {
	case g.wake <- struct{}{}:
	default:
	}
	g.mu.Unlock()
	return <-c
}

// BenchmarkDurableAppend compares durable appends of ops whose encoding has 200 bytes with the raw limit, in turns within
// one run, because disks are noisy: read the ratio, not the rates. disk/payload is what the
// file takes, memos and all.
func BenchmarkDurableAppend(b *testing.B) {
	body := make([]byte, 200-2-3-8-1-9-1-7)
	for _, writers := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			l, err := Open(b.TempDir(), bare{}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			g := newRawGroup(b)
			val := make([]byte, 208)
			run := func(n int, fn func() error) time.Duration {
				var wg sync.WaitGroup
				begin := time.Now()
				for w := range writers {
					wg.Go(func() {
						for i := w; i < n; i += writers {
							if err := fn(); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				return time.Since(begin)
			}
			var ours, raw time.Duration
			ops, turn := 0, 50*writers
			for b.Loop() {
				raw += run(turn, func() error { return g.append(val) })
				ours += run(turn, func() error {
					_, err := l.Append(context.Background(), Draft{Kind: "job_ended", Actor: "node:n1", Body: body})
					return err
				})
				ops += turn
			}
			b.ReportMetric(float64(ops)/ours.Seconds(), "ops/s")
			b.ReportMetric(float64(ops)/raw.Seconds(), "raw-ops/s")
			b.ReportMetric(raw.Seconds()/ours.Seconds(), "of-raw")
			b.ReportMetric(0, "ns/op")
			if st, err := l.Stats(); err == nil && ops > 50_000 {
				b.ReportMetric(float64(st.UsedBytes)/float64(st.OpBytes), "disk/payload")
			}
		})
	}
}

// BenchmarkSeek is a seek to random places of a log, cold in this process.
func BenchmarkSeek(b *testing.B) {
	dir, _ := testLog(b, 60_000, Options{})
	l, err := Open(dir, fold{1}, Options{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	x := uint64(1)
	for b.Loop() {
		x = x*6364136223846793005 + 1442695040888963407
		if _, err := l.AtSeq(x >> 33 % 60_000); err != nil {
			b.Fatal(err)
		}
	}
}

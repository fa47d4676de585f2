package sim

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"voxmesh/mesh"
	"voxmesh/oplog"
)

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func tape(n, nodes int) []oplog.Op {
	s := newSim(1, nodes, false, 30000)
	var ops []oplog.Op
	add := func(ds []oplog.Draft) {
		for _, d := range ds {
			ops = append(ops, oplog.Op{Seq: uint64(len(ops) + 1), At: s.now.UnixMicro(), Kind: d.Kind, Actor: d.Actor, Trace: d.Trace, Body: d.Body, Index: d.Index})
		}
	}
	add(s.begin())
	for len(ops) < n {
		add(s.commit())
	}
	return ops
}

func TestProbe(t *testing.T) {
	p := mesh.Projection{}
	ops := tape(200_000, 10_000)
	s := p.New()
	for _, o := range ops[:150_000] {
		s = p.Apply(s, o)
	}
	os.WriteFile("/tmp/state.bin", p.Encode(s), 0o600)
	raw := p.Encode(s)
	for range 4 {
		runtime.GC()
		debug.SetGCPercent(-1)
		c, _ := p.Decode(raw)
		begin := cpu()
		for _, o := range ops[150_000:158_000] {
			c = p.Apply(c, o)
		}
		f8 := (cpu()-begin)/8000
		begin = cpu()
		for _, o := range ops[158_000:182_000] {
			c = p.Apply(c, o)
		}
		t.Logf("nogc fold first 8000 %v, next 24000 %v an op", f8, (cpu()-begin)/24_000)
		begin = cpu()
		raw := p.Encode(c)
		enc := cpu()-begin
		begin = cpu()
		z := s2.Encode(nil, raw)
		zt := cpu()-begin
		begin = cpu()
		s2.Decode(nil, z)
		uz := cpu()-begin
		begin = cpu()
		if _, err := p.Decode(raw); err != nil {
			t.Fatal(err)
		}
		dec := cpu()-begin
		t.Logf("raw %d s2 %d encode %v s2 %v unS2 %v decode %v", len(raw), len(z), enc, zt, uz, dec)
		debug.SetGCPercent(100)
	}
	js, _ := json.Marshal(struct {
		N []*mesh.Node
		J []*mesh.Job
		R []*mesh.Run
		H any
	}{s.Nodes(), s.Jobs(), s.Runs(), s.Hopper().Items()})
	var out any
	begin := cpu()
	json.Unmarshal(js, &out)
	t.Logf("json %d any decode %v", len(js), cpu()-begin)
}

func BenchmarkFold(b *testing.B) {
	p := mesh.Projection{}
	ops := tape(200_000, 10_000)
	s := p.New()
	for _, o := range ops[:150_000] {
		s = p.Apply(s, o)
	}
	raw := p.Encode(s)
	var c *mesh.State
	i := 32_000
	b.ReportAllocs()
	for b.Loop() {
		if i == 32_000 {
			b.StopTimer()
			c, _ = p.Decode(raw)
			i = 0
			b.StartTimer()
		}
		c = p.Apply(c, ops[150_000+i])
		i++
	}
}

func BenchmarkDecode(b *testing.B) {
	p := mesh.Projection{}
	s := p.New()
	for _, o := range tape(200_000, 10_000) {
		s = p.Apply(s, o)
	}
	raw := p.Encode(s)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

package worker

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/worker/runner"
)

// Results that are not settled pile up while the host is slow; each report must still fit into a message (the fake
// host checks it), and none may be lost.
func TestManyResultsFitIntoReports(t *testing.T) {
	const jobs = 14
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.settle = false
		start(t, h, says(strings.Repeat("x", fabric.InlineOutput)), func(c *Config) { c.Policy = OwnerPolicy(jobs) })
		for n := range jobs {
			h.send(fabric.KindAssign, h.task("j-"+strconv.Itoa(n), 1))
		}
		h.until("a full report", func(r fabric.Report) bool {
			done := 0
			for _, w := range r.Held {
				if w.Phase == fabric.PhaseDone {
					done++
				}
			}
			return len(r.Held) == jobs && done == inlineMost/fabric.InlineOutput
		})
		h.set(func() { h.settle = true })
		seen := map[string]bool{}
		h.until("all delivered", func(r fabric.Report) bool {
			for _, w := range r.Held {
				if w.Result != nil && len(w.Result.Output) == fabric.InlineOutput {
					seen[w.Job] = true
				}
			}
			return len(r.Held) == 0
		})
		if len(seen) != jobs {
			t.Errorf("%d of %d results came", len(seen), jobs)
		}
	})
}

func TestFits(t *testing.T) {
	was := []fabric.Model{{Name: "a", Fits: true}}
	for _, c := range []struct {
		m      runner.Model
		free   int64
		known  bool
		before []fabric.Model
		want   bool
	}{
		{runner.Model{Name: "a", SizeBytes: 100}, 100, true, nil, true},
		{runner.Model{Name: "a", SizeBytes: 101}, 100, true, nil, false},
		{runner.Model{Name: "a", SizeBytes: 110}, 100, true, was, true},
		{runner.Model{Name: "a", SizeBytes: 113}, 100, true, was, false},
		{runner.Model{Name: "a", SizeBytes: 1}, 0, false, was, false},
		{runner.Model{Name: "a", SizeBytes: 999, Loaded: true}, 0, true, nil, true},
	} {
		if got := fits(c.m, c.free, c.known, c.before); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if n, ok := parseAvailable("MemTotal: 9 kB\nMemAvailable:    12 kB\n"); !ok || n != 12<<10 {
		t.Errorf("%d, %v", n, ok)
	}
}

func TestModulesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		a := start(t, h, says("x"), func(c *Config) { c.ModuleMax = 25 })
		var hashes []string
		for n := range 4 {
			as := h.task("j-"+strconv.Itoa(n), 1)
			as.Module = h.blob([]byte("module " + strconv.Itoa(100+n)))
			hashes = append(hashes, as.Module)
			h.send(fabric.KindAssign, as)
			h.phase(as.Job, fabric.PhaseDone)
		}
		h.gone("j-3")
		a.modules.mu.Lock()
		defer a.modules.mu.Unlock()
		if len(a.modules.known) != 2 || a.modules.known[hashes[3]] == nil || a.modules.known[hashes[2]] == nil {
			t.Errorf("kept: %v", a.modules.known)
		}
	})
}

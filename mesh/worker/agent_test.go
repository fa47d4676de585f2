package worker

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/worker/runner"
)

func TestJobRunsAndIsRepeatedUntilSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.settle = false
		a := start(t, h, says("hello\n"))
		h.send(fabric.KindAssign, h.task("j-1", 1))
		w := h.phase("j-1", fabric.PhaseDone)
		if w.Result.Status != "succeeded" || string(w.Result.Output) != "hello\n" || w.Result.OutputSize != 6 || w.Result.Tokens != 3 {
			t.Errorf("result %+v", w.Result)
		}
		for range 3 {
			if w := h.phase("j-1", fabric.PhaseDone); w.Result == nil || string(w.Result.Output) != "hello\n" {
				t.Fatalf("not repeated: %+v", w)
			}
		}
		h.send(fabric.KindAssign, h.task("j-1", 1)) // again: it is not run again
		h.phase("j-1", fabric.PhaseDone)
		h.set(func() { h.settle = true })
		h.gone("j-1")
		if left, _ := os.ReadDir(a.spoolDir()); len(left) != 0 {
			t.Errorf("spools left: %v", left)
		}
		h.set(func() {
			if string(h.live) != "hello\n" {
				t.Errorf("live output %q", h.live)
			}
		})
	})
}

func TestNewerAttemptReplacesTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		news := make(chan string, 8)
		a := start(t, h, hangs(news))
		for _, attempt := range []uint32{2, 2, 1} { // a repeat and an overtaken one change nothing
			h.send(fabric.KindAssign, h.task("j-1", attempt))
		}
		h.phase("j-1", fabric.PhaseRunning)
		h.send(fabric.KindAssign, h.task("j-1", 3))
		for _, want := range []string{"start", "end", "start"} {
			if got := <-news; got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
		for w := h.phase("j-1", fabric.PhaseRunning); w.Attempt != 3; w = h.phase("j-1", fabric.PhaseRunning) {
			if w.Attempt != 2 { // reports of the old one may still be on their way
				t.Fatalf("attempt %d", w.Attempt)
			}
		}
		if l := a.cfg.Slots.Load(); l.ByKind["cpu"] != 1 || l.ByPeer["alice@aurelia"] != 1 {
			t.Errorf("load %+v", l)
		}
	})
}

func TestRefusalsNameTheField(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fabric.Assign)
		want   string
		busy   bool
	}{
		"nsfw":      {func(a *fabric.Assign) { a.NSFW = true }, "nsfw_allowed (line 3 of donations.vox)", false},
		"kind":      {func(a *fabric.Assign) { a.Kind = "gpu" }, "slots (line 2 of donations.vox)", false},
		"public":    {func(a *fabric.Assign) { a.Class = "new-class" }, "public_mesh_opt_in (not in donations.vox)", false},
		"borrowed":  {func(a *fabric.Assign) { a.Runner, a.Kind = "text", "cpu" }, "needs a text or gpu slot", false},
		"submitter": {func(a *fabric.Assign) { a.Submitter = "alice@aurelia" }, "no usable name", false},
		"module":    {func(a *fabric.Assign) { a.Module = "../../etc/passwd" }, "names no module", false},
		"busy":      {func(*fabric.Assign) {}, "slots[0].max_concurrent (line 2 of donations.vox)", true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				start(t, h, hangs(make(chan string, 8)), func(cfg *Config) {
					if c.busy {
						cfg.Slots.kind["cpu"] = 2 // taken by another mesh
					}
				})
				as := h.task("j-1", 1)
				c.change(&as)
				h.send(fabric.KindAssign, as)
				w := h.phase("j-1", fabric.PhaseRefused)
				if !strings.Contains(w.Reason, c.want) || w.Busy != c.busy {
					t.Errorf("busy %v, %q, want %q", w.Busy, w.Reason, c.want)
				}
				h.gone("j-1")
			})
		})
	}
}

func TestCancelKillsAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		news := make(chan string, 8)
		a := start(t, h, hangs(news))
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRunning)
		h.send(fabric.KindOrders, fabric.Orders{V: 1, LeaseMS: 30000, Cancel: []fabric.JobRef{{Job: "j-1", Attempt: 7}}}) // another attempt
		h.send(fabric.KindOrders, fabric.Orders{V: 1, LeaseMS: 30000, Cancel: []fabric.JobRef{{Job: "j-1", Attempt: 1}}})
		if w := h.phase("j-1", fabric.PhaseDone); w.Result.Status != "killed" {
			t.Errorf("%+v", w.Result)
		}
		h.gone("j-1")
		if l := a.cfg.Slots.Load(); len(l.ByKind) != 0 || len(l.ByPeer) != 0 {
			t.Errorf("slots are not given back: %+v", l)
		}
	})
}

func TestSilenceStopsTheJob(t *testing.T) {
	for _, c := range []struct {
		lease int64
		least time.Duration
	}{{30000, 25 * time.Second}, {6000, 5 * time.Second}, {60000, 55 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHost(t)
			h.lease = c.lease
			news := make(chan string, 8)
			start(t, h, hangs(news))
			h.send(fabric.KindAssign, h.task("j-1", 1))
			<-news
			h.phase("j-1", fabric.PhaseRunning)
			for range 3 { // while it is heard, it goes on, longer than any lease
				time.Sleep(time.Duration(c.lease) * time.Millisecond)
				if len(news) > 0 {
					t.Fatal("stopped although the host answers")
				}
			}
			h.set(func() { h.silent = true })
			began := time.Now()
			<-news
			if took := time.Since(began); took > c.least || took < c.least-3*time.Second {
				t.Errorf("lease %d ms: stopped after %v of silence, want %v less a beat", c.lease, took, c.least)
			}
			h.set(func() {
				h.silent = false
				for len(h.reports) > 0 {
					<-h.reports
				}
			})
			for range 3 {
				h.until("nothing of it", func(r fabric.Report) bool {
					if len(r.Held) != 0 {
						t.Errorf("reported: %+v", r.Held)
					}
					return true
				})
			}
		})
	}
}

func TestLargeOutputIsHandedOver(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 100_000) // 1.6 MB, four pieces
	t.Run("lost pieces", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHost(t)
			calls := 0
			h.onPut = func(off, _ int64, _ []byte) (string, bool) {
				calls++
				switch calls {
				case 2:
					return "", false // dropped: the answer says where it is
				case 4:
					h.have = nil
					return "0", false // the host lost all
				}
				return "", true
			}
			start(t, h, says(string(big)))
			h.send(fabric.KindAssign, h.task("j-1", 1))
			w := h.phase("j-1", fabric.PhaseDone)
			if w.Result.Status != "succeeded" || w.Result.OutputHash != hashBytes(big) || w.Result.OutputSize != int64(len(big)) || w.Result.Output != nil {
				t.Errorf("%+v", w.Result)
			}
			if !bytes.Equal(h.have, big) {
				t.Errorf("%d bytes arrived", len(h.have))
			}
		})
	})
	t.Run("refused", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHost(t)
			h.onPut = func(int64, int64, []byte) (string, bool) { return "refused", false }
			start(t, h, says(string(big)))
			h.send(fabric.KindAssign, h.task("j-1", 1))
			w := h.phase("j-1", fabric.PhaseDone)
			if w.Result.Status != "failed" || w.Result.Code != codeOutput || w.Result.OutputHash != "" || w.Result.Error == "" {
				t.Errorf("%+v", w.Result)
			}
		})
	})
}

func TestBlobsAreVerified(t *testing.T) {
	module := bytes.Repeat([]byte("module!!"), fabric.PieceSize/8+10)
	for name, c := range map[string]struct {
		spoil  func(call int, off int64, piece []byte) []byte
		status string
	}{
		"whole":        {func(_ int, _ int64, p []byte) []byte { return p }, "succeeded"},
		"short pieces": {func(_ int, _ int64, p []byte) []byte { return p[:min(len(p), 100_000)] }, "succeeded"},
		"spoilt once": {func(n int, _ int64, p []byte) []byte {
			if n == 1 {
				p[0]++
			}
			return p
		}, "succeeded"},
		"spoilt always":  {func(_ int, _ int64, p []byte) []byte { return bytes.ToUpper(p) }, "failed"},
		"absent at once": {func(n int, _ int64, p []byte) []byte { return p[:min(n/2, 1)*len(p)] }, "succeeded"},
		"absent":         {func(int, int64, []byte) []byte { return nil }, "failed"},
		"endless":        {func(int, int64, []byte) []byte { return make([]byte, 1<<20) }, "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t)
				n := 0
				h.onBlob = func(off int64, p []byte) []byte { n++; return c.spoil(n, off, p) }
				start(t, h, fakeWASM(func(_ context.Context, job runner.WASMJob, _ runner.Sink) runner.Result {
					if b, err := os.ReadFile(job.ModulePath); err != nil || !bytes.Equal(b, module) || job.ModuleHash != hashBytes(module) {
						t.Errorf("the module is %d bytes, %v", len(b), err)
					}
					return runner.Result{Status: runner.Succeeded}
				}))
				as := h.task("j-1", 1)
				as.Module = h.blob(module)
				h.send(fabric.KindAssign, as)
				w := h.phase("j-1", fabric.PhaseDone)
				if w.Result.Status != c.status || c.status == "failed" && w.Result.Code != codeBlob {
					t.Errorf("%+v", w.Result)
				}
				calls := n
				as.Job = "j-2"
				h.send(fabric.KindAssign, as)
				h.phase("j-2", fabric.PhaseDone)
				if c.status == "succeeded" && n != calls {
					t.Error("a module that is kept was fetched again")
				}
			})
		})
	}
}

func TestPanicEndsOneJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		bad := true
		start(t, h, fakeWASM(func(_ context.Context, _ runner.WASMJob, out runner.Sink) runner.Result {
			if bad {
				bad = false
				panic("boom")
			}
			return runner.Result{Status: runner.Succeeded}
		}))
		h.send(fabric.KindAssign, h.task("j-1", 1))
		if w := h.phase("j-1", fabric.PhaseDone); w.Result.Code != codePanic {
			t.Errorf("%+v", w.Result)
		}
		h.send(fabric.KindAssign, h.task("j-2", 1))
		if w := h.phase("j-2", fabric.PhaseDone); w.Result.Status != "succeeded" {
			t.Errorf("%+v", w.Result)
		}
	})
}

func TestEndReportsNothingAsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		news := make(chan string, 8)
		a := start(t, h, hangs(news))
		h.send(fabric.KindAssign, h.task("j-1", 1))
		h.phase("j-1", fabric.PhaseRunning)
		if err := a.Leave(context.Background()); err != nil {
			t.Fatal(err)
		}
		h.until("the goodbye", func(r fabric.Report) bool {
			if len(r.Held) > 0 && r.Held[0].Phase == fabric.PhaseDone {
				t.Errorf("reported as done: %+v", r.Held)
			}
			return r.Leaving && len(r.Held) == 0
		})
		h.send(fabric.KindAssign, h.task("j-2", 1))
		h.until("nothing is taken", func(r fabric.Report) bool { return r.Leaving && len(r.Held) == 0 })
	})
}

func TestRealModuleIsKilledWithItsProcess(t *testing.T) {
	w, err := runner.NewWASM(runner.WASMConfig{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	h := newHost(t)
	start(t, h, w)
	for _, name := range []string{"hello", "loop"} {
		module, err := os.ReadFile(filepath.Join("runner", "testdata", name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		as := h.task("j-"+name, 1)
		as.Module, as.Args, as.Stdin = h.blob(module), []string{"a"}, h.blob([]byte("input\n"))
		h.send(fabric.KindAssign, as)
		if name == "loop" {
			h.phase("j-loop", fabric.PhaseRunning)
			h.send(fabric.KindOrders, fabric.Orders{V: 1, Cancel: []fabric.JobRef{{Job: "j-loop", Attempt: 1}}})
			if r := h.phase("j-loop", fabric.PhaseDone).Result; r.Status != "killed" {
				t.Errorf("%+v", r)
			}
			continue
		}
		if r := h.phase("j-hello", fabric.PhaseDone).Result; r.Status != "succeeded" || !strings.HasSuffix(string(r.Output), "a\ninput\nend\n") {
			t.Errorf("%+v %q", r, r.Output)
		}
	}
}

func TestTextAndEmbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		start(t, h, says(""), func(cfg *Config) { cfg.Ollama, cfg.Policy = fakeModels{}, OwnerPolicy(3) })
		r := h.until("models", func(r fabric.Report) bool { return len(r.Describe.Models) == 1 })
		if m := r.Describe.Models[0]; m.Name != "tiny:latest" || !m.Fits || !m.Loaded || m.Backend != "ollama" || len(r.Describe.Slots) != 3 || r.Describe.Slots[0].Max != 3 {
			t.Errorf("%+v", r.Describe)
		}
		for _, kind := range []string{"text", "embed"} {
			as := h.task("j-"+kind, 1)
			as.Kind, as.Runner, as.Model, as.Prompt = kind, kind, "tiny", h.blob([]byte("why?"))
			h.send(fabric.KindAssign, as)
			if w := h.phase("j-"+kind, fabric.PhaseDone); string(w.Result.Output) != kind+" tiny why?" || w.Result.Tokens != 7 {
				t.Errorf("%+v", w.Result)
			}
		}
	})
}

type fakeModels struct{}

func (fakeModels) Models(context.Context) ([]runner.Model, error) {
	return []runner.Model{{Name: "tiny:latest", Loaded: true, SizeBytes: 1 << 60}}, nil
}

func (fakeModels) Generate(_ context.Context, j runner.TextJob, out runner.Sink) runner.Result {
	_, _ = io.WriteString(out, "text "+j.Model+" "+j.Prompt)
	return runner.Result{Status: runner.Succeeded, TokensIn: 3, TokensOut: 4}
}

func (fakeModels) Embed(_ context.Context, j runner.EmbedJob, out runner.Sink) runner.Result {
	_, _ = io.WriteString(out, "embed "+j.Model+" "+j.Input[0])
	return runner.Result{Status: runner.Succeeded, TokensIn: 7}
}

package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/worker/runner"
)

const (
	trace1 = "0af7651916cd43dd8448eb211c80319c"
	root1  = "b7ad6b7169203331"
)

func TestWhatWasDoneForAnAttemptGoesBackWithItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t)
		h.trace = "00-" + trace1 + "-" + root1 + "-01"
		big := strings.Repeat("x", fabric.InlineOutput+1)
		start(t, h, fakeWASM(func(_ context.Context, job runner.WASMJob, out runner.Sink) runner.Result {
			time.Sleep(time.Second)
			done := job.Phase(runner.PhaseCompile)
			time.Sleep(2 * time.Second)
			done(errors.New("no\x1b[31m room"))
			job.Phase(runner.PhaseInterpret) // never ended
			_, _ = out.Write([]byte(big))
			return runner.Result{Status: runner.Failed, Error: "it went wrong"}
		}))
		as := h.task("j-1", 1)
		as.Stdin = h.blob([]byte("input"))
		h.send(fabric.KindAssign, as)
		w := h.phase("j-1", fabric.PhaseDone)
		type told struct {
			Name, Error string
			Millis      int64
		}
		var got []told
		ids := map[string]string{}
		for _, s := range w.Result.Spans {
			got = append(got, told{s.Name, s.Error, (s.End - s.Start) / 1000})
			ids[s.Name] = s.ID
			if want := map[bool]string{true: root1, false: ids[fabric.PhaseExecute]}[s.Name != fabric.PhaseCompile]; s.Name != fabric.PhaseCompile && s.Parent != want {
				t.Errorf("%+v", s)
			}
			if now := time.Now(); len(s.ID) != 16 || s.Start > now.UnixMicro() || s.Start < now.Add(-time.Minute).UnixMicro() {
				t.Errorf("%+v", s)
			}
		}
		want := []told{
			{"admit", "", 0},
			{"fetch module", "", 0},
			{"fetch input", "", 0},
			{"compile", "no�[31m room", 2000},
			{"execute", "it went wrong", 3000},
			{"upload", "", 0},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("\n%+v\n%+v", got, want)
		}
		if s := w.Result.Spans[3]; s.Parent != ids[fabric.PhaseExecute] || len(ids) != 6 {
			t.Errorf("%+v", w.Result.Spans)
		}
		h.until("a clock", func(r fabric.Report) bool { return r.ClockUS > 0 && r.ClockUS <= time.Now().UnixMicro() })
	})
}

// A header that is no traceparent, or whose trace is not sampled, gets the job done and nothing told.
func TestATraceparentIsNotBelieved(t *testing.T) {
	for _, header := range []string{
		"", "00-1-2-01", "00-" + trace1 + "-" + root1 + "-00", "00-" + trace1 + "-0000000000000000-01",
		"00-00000000000000000000000000000000-" + root1 + "-01", "ff-" + trace1 + "-" + root1 + "-01",
		"00-" + strings.ToUpper(trace1) + "-" + root1 + "-01", strings.Repeat("00-", 100_000),
		"00-" + trace1 + "-" + root1 + "-01\r\nset-cookie: a=b",
	} {
		tr := newTrail(header, time.Now)
		tr.begin(fabric.PhaseAdmit).end("")
		if got := tr.spans(); got != nil {
			t.Errorf("%.80q: %v", header, got)
		}
	}
}

func TestSpansAreBounded(t *testing.T) {
	tr := newTrail("00-"+trace1+"-"+root1+"-01", time.Now)
	for range 10 * fabric.MaxSpans {
		tr.begin(fabric.PhaseAdmit).end(strings.Repeat("é", 10_000))
	}
	got := tr.spans()
	if len(got) != fabric.MaxSpans || len([]rune(got[0].Error)) != maxSpanError {
		t.Errorf("%d, %q", len(got), got[0].Error)
	}
	b, err := json.Marshal(got)
	if err != nil || len(b) > bytesOf(got) {
		t.Errorf("%d bytes, counted as %d, %v", len(b), bytesOf(got), err)
	}
}

// Results with many spans wait for the next report like those with much output: a report always gets through.
func TestAReportWithManySpansGetsThrough(t *testing.T) {
	a := &Agent{cfg: Config{Now: time.Now}, jobs: map[string]*job{}}
	spans := make([]fabric.Span, fabric.MaxSpans)
	for i := range spans {
		spans[i] = fabric.Span{ID: root1, Parent: root1, Name: fabric.PhaseFetchModule, Start: 1 << 50, End: 1 << 50, Error: strings.Repeat("é", maxSpanError)}
	}
	for i := range maxHeld {
		id := "j-" + strings.Repeat("a", i%50) + string(rune('a'+i/50))
		a.jobs[id] = &job{as: fabric.Assign{Job: id, Attempt: 1}, phase: fabric.PhaseDone, result: &fabric.Result{Spans: spans, Error: strings.Repeat("é", 300)}}
	}
	b, err := json.Marshal(a.compose(fabric.Describe{}))
	if err != nil || len(b) > fabric.MaxPayload {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// Every part that a runner tells of has a name that hosts take.
func TestRunnersTellOfKnownPhases(t *testing.T) {
	for _, name := range []string{runner.PhaseInterpret, runner.PhaseCompile, runner.PhaseCompiled} {
		if !fabric.KnownPhase(name) || fabric.BeforeRun(name) {
			t.Error(name)
		}
	}
	if fabric.KnownPhase("run") || fabric.KnownPhase("") {
		t.Error("the host's own phase")
	}
}

// The real runner tells what it did with a module that is worth compiling.
func TestTheRunnerTellsOfItsParts(t *testing.T) {
	module := paddedModule(t)
	w, err := runner.NewWASM(runner.WASMConfig{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	run := func() map[string]bool {
		tr := newTrail("00-"+trace1+"-"+root1+"-01", time.Now)
		var out bytes.Buffer
		r := w.Run(t.Context(), runner.WASMJob{ModulePath: module, Phase: func(name string) func(error) {
			s := tr.begin(name)
			return func(err error) { s.end(because(err)) }
		}}, &out)
		if r.Status != runner.Succeeded {
			t.Fatalf("%+v", r)
		}
		names := map[string]bool{}
		for _, s := range tr.spans() {
			names[s.Name] = true
		}
		return names
	}
	if first := run(); !first[runner.PhaseInterpret] {
		t.Errorf("%v", first)
	}
	if err := w.Compile(t.Context(), module, ""); err != nil {
		t.Fatal(err)
	}
	if second := run(); !reflect.DeepEqual(second, map[string]bool{runner.PhaseCompiled: true}) {
		t.Errorf("%v", second)
	}
}

// paddedModule is a small module with a custom section that makes it large enough to be kept compiled.
func paddedModule(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("runner", "testdata", "hello.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	const n = 100_000
	body := append([]byte{3, 'p', 'a', 'd'}, make([]byte, n)...)
	b = append(b, 0, byte(len(body)&0x7f|0x80), byte(len(body)>>7&0x7f|0x80), byte(len(body)>>14))
	path := filepath.Join(t.TempDir(), "padded.wasm")
	if err := os.WriteFile(path, append(b, body...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func BenchmarkTrail(b *testing.B) {
	for b.Loop() {
		tr := newTrail("00-"+trace1+"-"+root1+"-01", time.Now)
		for range 6 {
			tr.begin(fabric.PhaseAdmit).end("")
		}
		if len(tr.spans()) != 6 {
			b.Fatal("spans are missing")
		}
	}
}

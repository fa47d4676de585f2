package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"voxmesh/mesh/fabric"
	"voxmesh/mesh/fault"
	"voxmesh/mesh/worker/runner"
)

func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		os.Exit(runner.ChildMain())
	}
	goleak.VerifyTestMain(m)
}

// host is the other side of the protocol, without a network.
type host struct {
	t *testing.T

	mu       sync.Mutex
	handlers map[string]func(fabric.Msg)
	silent   bool
	closed   bool
	settle   bool // results and refusals are settled as they come
	lease    int64
	head     fabric.Head
	cancel   []fabric.JobRef
	blobs    map[string][]byte
	onBlob   func(off int64, piece []byte) []byte
	onPut    func(off, size int64, p []byte) (answer string, keep bool)
	have     []byte // of the output that is put
	live     []byte
	trace    string // traceparent of what is sent
	reports  chan fabric.Report
}

func newHost(t *testing.T) *host {
	return &host{
		t: t, handlers: map[string]func(fabric.Msg){}, blobs: map[string][]byte{}, lease: 30000, settle: true, trace: "00-1-2-01",
		reports: make(chan fabric.Report, 4096),
	}
}

func (h *host) Handle(kind string, fn func(fabric.Msg)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handlers[kind] = fn
	return nil
}

func (h *host) Close() {}

func (h *host) Publish(kind string, header map[string]string, data []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	off, _ := strconv.ParseInt(header[fabric.HeaderOffset], 10, 64)
	if kind != fabric.KindOut || header[fabric.HeaderJob] == "" || header[fabric.HeaderAttempt] == "" || len(data) > 32<<10 {
		h.t.Errorf("published %s %v, %d bytes", kind, header, len(data))
	}
	if off == int64(len(h.live)) {
		h.live = append(h.live, data...)
	}
	return nil
}

func (h *host) Request(ctx context.Context, kind string, header map[string]string, data []byte) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, fault.New("vox/fabric/revoked", "expelled")
	}
	if h.silent {
		return nil, fault.New("vox/fabric/down", "down")
	}
	off, _ := strconv.ParseInt(header[fabric.HeaderOffset], 10, 64)
	switch kind {
	case fabric.KindReport:
		return h.answer(data), nil
	case fabric.KindBlob:
		b := h.blobs[header[fabric.HeaderHash]]
		piece := b[min(off, int64(len(b))):min(off+fabric.PieceSize, int64(len(b)))]
		if h.onBlob != nil {
			piece = h.onBlob(off, bytes.Clone(piece))
		}
		return piece, nil
	case fabric.KindPut:
		return []byte(h.take(off, header, data)), nil
	}
	h.t.Errorf("request of kind %s", kind)
	return nil, nil
}

func (h *host) take(off int64, header map[string]string, p []byte) string {
	size, _ := strconv.ParseInt(header[fabric.HeaderSize], 10, 64)
	if h.onPut != nil {
		if answer, keep := h.onPut(off, size, p); answer != "" || !keep {
			if answer == "" {
				answer = strconv.Itoa(len(h.have))
			}
			return answer
		}
	}
	if off == 0 {
		h.have = nil
	}
	if off == int64(len(h.have)) {
		h.have = append(h.have, p...)
	}
	if int64(len(h.have)) == size && hashBytes(h.have) == header[fabric.HeaderHash] {
		return "done"
	}
	return strconv.Itoa(len(h.have))
}

func (h *host) answer(data []byte) []byte {
	var r fabric.Report
	if err := json.Unmarshal(data, &r); err != nil || len(data) > fabric.MaxPayload {
		h.t.Errorf("report of %d bytes: %v", len(data), err)
	}
	o := fabric.Orders{V: 1, LeaseMS: h.lease, Head: h.head, Cancel: h.cancel}
	h.cancel = nil
	for _, w := range r.Held {
		if h.settle && (w.Phase == fabric.PhaseDone || w.Phase == fabric.PhaseRefused) {
			o.Settled = append(o.Settled, fabric.JobRef{Job: w.Job, Attempt: w.Attempt})
		}
	}
	h.reports <- r
	b, _ := json.Marshal(o)
	return b
}

// set changes the host under its lock.
func (h *host) set(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fn()
}

func (h *host) send(kind string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	fn := h.handlers[kind]
	h.mu.Unlock()
	fn(fabric.Msg{Node: "bob", Kind: kind, Data: b, Header: map[string]string{fabric.HeaderTraceparent: h.trace}})
}

// until reads reports until one fits.
func (h *host) until(what string, fits func(fabric.Report) bool) fabric.Report {
	h.t.Helper()
	var last fabric.Report
	for range 100 {
		select {
		case last = <-h.reports:
			if fits(last) {
				return last
			}
		case <-time.After(time.Minute):
			h.t.Fatalf("no report for a minute; waiting for: %s", what)
		}
	}
	h.t.Fatalf("never: %s; last report %+v", what, last)
	return last
}

// phase waits until the job is reported in that phase.
func (h *host) phase(job, phase string) fabric.Held {
	h.t.Helper()
	var found fabric.Held
	h.until(job+" "+phase, func(r fabric.Report) bool {
		for _, w := range r.Held {
			if w.Job == job && w.Phase == phase {
				found = w
				return true
			}
		}
		return false
	})
	return found
}

// gone waits for a report that does not list the job.
func (h *host) gone(job string) {
	h.t.Helper()
	h.until(job+" gone", func(r fabric.Report) bool {
		for _, w := range r.Held {
			if w.Job == job {
				return false
			}
		}
		return true
	})
}

func (h *host) blob(b []byte) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.blobs[hashBytes(b)] = b
	return hashBytes(b)
}

func hashBytes(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// fakeWASM runs a function for a module.
type fakeWASM func(ctx context.Context, job runner.WASMJob, out runner.Sink) runner.Result

func (f fakeWASM) Run(ctx context.Context, job runner.WASMJob, out runner.Sink) runner.Result {
	return f(ctx, job, out)
}

// says is a module that prints text.
func says(text string) fakeWASM {
	return func(_ context.Context, _ runner.WASMJob, out runner.Sink) runner.Result {
		_, _ = out.Write([]byte(text))
		return runner.Result{Status: runner.Succeeded, TokensIn: 1, TokensOut: 2}
	}
}

// hangs is a module that never ends by itself; each start and end of it goes to news.
func hangs(news chan string) fakeWASM {
	return func(ctx context.Context, _ runner.WASMJob, _ runner.Sink) runner.Result {
		news <- "start"
		<-ctx.Done()
		news <- "end"
		return runner.Result{Status: runner.Killed, Code: runner.CodeKilled, Error: "killed", ExitCode: runner.NoExit}
	}
}

const openPolicy = `policy donations {
  slots: [ { kind: cpu, max_concurrent: 2, weight: 50 }, { kind: text, max_concurrent: 1, weight: 50 } ]
  nsfw_allowed: false
}
`

// start runs an agent against h until the test ends.
func start(t *testing.T, h *host, w WASMRunner, change ...func(*Config)) *Agent {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "donations.vox")
	write(t, path, openPolicy)
	cfg := Config{
		Link: h, Node: "bob", Mesh: "aurelia", Policy: NewFilePolicy(path, time.Now), Slots: NewSlots(), WASM: w, Dir: filepath.Join(dir, "work"),
		Log: t.Logf, Version: "test",
	}
	for _, fn := range change {
		fn(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !h.closed {
			t.Errorf("run: %v", err)
		}
	})
	h.until("first report", func(fabric.Report) bool { return true })
	return a
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// task is a wasm job that the open policy admits.
func (h *host) task(id string, attempt uint32) fabric.Assign {
	return fabric.Assign{
		V: 1, Job: id, Attempt: attempt, Kind: "cpu", Runner: "wasm", Module: h.blob([]byte("a module")), Class: "paired-peers-only",
		Priority: 5, TimeoutMS: 60000, Submitter: "alice",
	}
}

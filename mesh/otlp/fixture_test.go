package otlp

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"voxmesh/mesh"
	"voxmesh/mesh/fabric"
	"voxmesh/mesh/invite"
	"voxmesh/mesh/worker"
	"voxmesh/mesh/worker/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// collector takes spans as a real one does.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	status int // what is answered; 0: all well
	hang   chan struct{}
	header http.Header
	got    []*tracepb.ResourceSpans
	came   chan struct{}
}

func newCollector(t *testing.T) *collector {
	c := &collector{came: make(chan struct{}, 100)}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	var req collectorpb.ExportTraceServiceRequest
	c.mu.Lock()
	status, hang := c.status, c.hang
	c.header = r.Header
	switch {
	case status != 0:
	case err != nil, r.URL.Path != "/v1/traces", r.Header.Get("Content-Type") != "application/x-protobuf", proto.Unmarshal(b, &req) != nil:
		status = http.StatusUnsupportedMediaType
	default:
		status = http.StatusOK
		c.got = append(c.got, req.ResourceSpans...)
	}
	c.mu.Unlock()
	select {
	case c.came <- struct{}{}:
	default:
	}
	if hang != nil {
		<-hang
	}
	w.WriteHeader(status)
}

// answer makes the collector answer with a status from now on.
func (c *collector) answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

// spans waits until there are spans of a trace, and gives them by id with their resources.
func (c *collector) spans(t *testing.T, trace string) map[string]seen {
	t.Helper()
	for {
		all := map[string]seen{}
		c.mu.Lock()
		for _, rs := range c.got {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					if hex.EncodeToString(s.TraceId) == trace {
						all[hex.EncodeToString(s.SpanId)] = seen{s, flat(rs.Resource.Attributes)}
					}
				}
			}
		}
		c.mu.Unlock()
		if len(all) > 0 {
			return all
		}
		select {
		case <-c.came:
		case <-time.After(patience):
			t.Fatal("nothing came of trace " + trace)
		}
	}
}

type seen struct {
	*tracepb.Span
	resource map[string]string
}

func flat(at []*commonpb.KeyValue) map[string]string {
	out := map[string]string{}
	for _, kv := range at {
		switch v := kv.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			out[kv.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			out[kv.Key] = fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_DoubleValue:
			out[kv.Key] = fmt.Sprint(v.DoubleValue)
		}
	}
	return out
}

// wasm says hello.
type wasm struct{}

func (wasm) Run(_ context.Context, _ runner.WASMJob, out runner.Sink) runner.Result {
	_, _ = out.Write([]byte("hello\n"))
	return runner.Result{Status: runner.Succeeded}
}

// openMesh is a host with its own worker and one more, bob, whose clock is an hour ahead.
func openMesh(t *testing.T) *mesh.Host {
	t.Helper()
	h, err := mesh.Open(t.Context(), mesh.Config{Dir: t.TempDir(), Mesh: "home", Operator: "ada", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	agent(t, h, "home", worker.OwnerPolicy(2), time.Now)
	i, err := h.MintInvite(t.Context(), "cli:ada", mesh.InviteRequest{Label: "bob", Slots: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	u, err := invite.Parse(i.URL)
	if err != nil {
		t.Fatal(err)
	}
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	w, err := fabric.Join(t.Context(), fabric.JoinConfig{URL: u, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "donations.vox")
	if err := os.WriteFile(path, []byte("policy donations {\n  slots: [ { kind: cpu, max_concurrent: 2, weight: 50 } ]\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	agent(t, h, w.NodeID, worker.NewFilePolicy(path, time.Now), func() time.Time { return time.Now().Add(time.Hour) })
	return h
}

func agent(t *testing.T, h *mesh.Host, node string, p worker.PolicySource, now func() time.Time) {
	t.Helper()
	l, err := h.Bus().Local(node)
	if err != nil {
		t.Fatal(err)
	}
	a, err := worker.New(worker.Config{
		Link: l, Node: node, Mesh: "home", Policy: p, Slots: worker.NewSlots(), WASM: wasm{}, Dir: t.TempDir(), Now: now, Log: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		l.Close()
	})
}

// run runs a job on a node to its end.
func run(t *testing.T, h *mesh.Host, on string) mesh.Ticket {
	t.Helper()
	hash, _, err := h.PutBlob(strings.NewReader("\x00asm"), mesh.MaxBlob)
	if err != nil {
		t.Fatal(err)
	}
	tk, err := h.Submit(t.Context(), "cli:ada", mesh.JobRequest{Runner: "wasm", Module: hash, Title: "hello.wasm", On: on})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if j, err := h.WaitJob(ctx, tk.JobID); err != nil || j.State != mesh.Succeeded {
		t.Fatalf("%+v, %v", j, err)
	}
	return tk
}

// export runs an exporter until the test ends, or until what it gives is called.
func export(t *testing.T, src Source, change func(*Config)) (stop func(), log func() string) {
	t.Helper()
	var mu sync.Mutex
	var b strings.Builder
	cfg := Config{Version: "test", look: time.Millisecond, first: time.Millisecond, Log: func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&b, format+"\n", args...)
	}}
	if change != nil {
		change(&cfg)
	}
	e, err := New(src, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop, func() string {
		mu.Lock()
		defer mu.Unlock()
		return b.String()
	}
}

// times is how many root spans of a trace came.
func (c *collector) times(trace string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, rs := range c.got {
		for _, s := range rs.ScopeSpans[0].Spans {
			if len(s.ParentSpanId) == 0 && hex.EncodeToString(s.TraceId) == trace {
				n++
			}
		}
	}
	return n
}

package otel

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long anything may take before the test gives up.
const patience = 90 * time.Second

const config = `receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:0
exporters:
  debug:
    verbosity: detailed
    use_internal_logger: false
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [debug]
`

// A host and a friend's worker, each a process of its own; a job of the host's runs at the friend's. The collector gets
// one trace with the spans of both machines, and they are those that `voxmesh runs` shows.
func TestARealCollectorGetsTheSpansOfBothMachines(t *testing.T) {
	bin := t.TempDir()
	build(t, ".", filepath.Join(bin, "collector"), "./collector")
	build(t, filepath.Join("..", "..", ".."), filepath.Join(bin, "voxmesh"), "voxmesh")
	c := startCollector(t, filepath.Join(bin, "collector"))

	host := newMachine(t, bin, "aurelia", "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+c.addr)
	host.start("serve", "--listen", "127.0.0.1:0", "--mesh", "aurelia")
	host.ready()
	var inv struct {
		URL string `json:"bearer_url"`
	}
	host.ok(&inv, "invite", "--slot", "cpu", "--label", "alice")
	friend := newMachine(t, bin, "friend")
	friend.ok(nil, "join", inv.URL, "--yes")
	friend.start("work")
	var job struct {
		RunID   string `json:"run_id"`
		TraceID string `json:"trace_id"`
		Status  string `json:"status"`
		NodeID  string `json:"node_id"`
	}
	module, err := filepath.Abs(filepath.Join("..", "..", "..", "mesh", "worker", "runner", "testdata", "hello.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	host.ok(&job, "run", "wasm", module, "--on", "alice")
	if job.Status != "succeeded" || job.NodeID != "alice" {
		t.Fatalf("%+v", job)
	}
	var run struct {
		Root span `json:"root"`
	}
	host.ok(&run, "runs", job.RunID)
	got := c.spans(t, job.TraceID)

	machines := map[string]int{}
	var check func(s span)
	check = func(s span) {
		g, ok := got[s.ID]
		if !ok || g.parent != s.Parent || g.resource["service.name"] != "voxmesh" || g.attributes["vox.mesh.run_id"] != job.RunID {
			t.Errorf("%s: %+v", s.Name, g)
		}
		machines[g.resource["service.instance.id"]]++
		delete(got, s.ID)
		for _, c := range s.Children {
			check(c)
		}
	}
	check(run.Root)
	if len(got) != 0 {
		t.Errorf("and there came %+v", got)
	}
	if machines["aurelia"] < 4 || machines["alice"] < 4 || len(machines) != 2 {
		t.Errorf("spans of machines: %v", machines)
	}
}

// span is one of `voxmesh runs ID --json`.
type span struct {
	ID       string `json:"span_id"`
	Parent   string `json:"parent_id"`
	Name     string `json:"span_name"`
	Children []span `json:"children"`
}

func build(t *testing.T, dir, out, what string) {
	t.Helper()
	began := time.Now()
	c := exec.Command("go", "build", "-o", out, what)
	c.Dir = dir
	if b, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", what, err, b)
	}
	t.Logf("go build %s: %v", what, time.Since(began).Round(time.Second))
}

// text is what a process wrote so far.
type text struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{}
}

func newText() *text { return &text{more: make(chan struct{}, 1)} }

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	select {
	case x.more <- struct{}{}:
	default:
	}
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// until waits until what was written fits.
func (x *text) until(t *testing.T, what string, fits func(string) bool) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for !fits(x.String()) {
		select {
		case <-x.more:
		case <-timer.C:
			t.Fatalf("never: %s\n%s", what, x.String())
		}
	}
}

// run starts a process that the test ends.
func run(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.Process.Signal(os.Interrupt) != nil {
			_ = c.Process.Kill()
		}
		kill := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
		defer kill.Stop()
		_ = c.Wait()
	})
}

type collector struct {
	addr string
	out  *text
}

func startCollector(t *testing.T, bin string) *collector {
	t.Helper()
	file := filepath.Join(t.TempDir(), "collector.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	k, errs := &collector{out: newText()}, newText()
	c := exec.Command(bin, file)
	c.Stdout, c.Stderr = k.out, errs
	run(t, c)
	listens := regexp.MustCompile(`Starting HTTP server.*"endpoint": "([^"]+)"`)
	errs.until(t, "the collector listens", func(s string) bool {
		if m := listens.FindStringSubmatch(s); m != nil {
			k.addr = m[1]
		}
		return strings.Contains(s, "Everything is ready")
	})
	return k
}

// received is a span as the collector shows it.
type received struct {
	parent               string
	resource, attributes map[string]string
}

// spans waits for a whole trace, of which the root came, and gives it by the ids of spans.
func (c *collector) spans(t *testing.T, trace string) map[string]received {
	t.Helper()
	var all map[string]received
	c.out.until(t, "the trace "+trace, func(s string) bool {
		all = parse(s, trace)
		for _, r := range all {
			if r.parent == "" {
				return strings.HasSuffix(s, "\n")
			}
		}
		return false
	})
	return all
}

// parse reads what the debug exporter writes.
func parse(s, trace string) map[string]received {
	all := map[string]received{}
	var resource, attributes, into map[string]string
	var id, parent string
	ours := false
	lines := bufio.NewScanner(strings.NewReader(s))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		key, value, _ := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(line, "Resource attributes"):
			resource = map[string]string{}
			into = resource
		case strings.HasPrefix(line, "Span #"):
			attributes = map[string]string{}
		case strings.HasPrefix(line, "Attributes"):
			into = attributes
		case strings.HasPrefix(line, "Events"):
			into = nil
		case key == "Trace ID":
			ours = value == trace
		case key == "Parent ID":
			parent = value
		case key == "ID":
			if id = value; ours {
				all[id] = received{parent, resource, attributes}
			}
		case strings.HasPrefix(line, "-> ") && into != nil:
			name, rest, _ := strings.Cut(strings.TrimPrefix(line, "-> "), ": ")
			if _, inner, ok := strings.Cut(rest, "("); ok {
				into[name] = strings.TrimSuffix(inner, ")")
			}
		}
	}
	return all
}

// machine is a data folder, and what runs on it.
type machine struct {
	t   *testing.T
	bin string
	env []string
	out *text
}

func newMachine(t *testing.T, bin, name string, env ...string) *machine {
	t.Helper()
	short, err := os.MkdirTemp("", "vx") // sockets have short paths
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	m := &machine{t: t, bin: filepath.Join(bin, "voxmesh"), out: newText()}
	m.env = append(append(os.Environ(),
		"VOXMESH_DATA="+filepath.Join(t.TempDir(), name), "XDG_RUNTIME_DIR="+short, "HOME="+t.TempDir(), "USER=mira", "OLLAMA_HOST=127.0.0.1:1",
	), env...)
	return m
}

func (m *machine) command(args ...string) *exec.Cmd {
	c := exec.Command(m.bin, append([]string{"--json"}, args...)...)
	c.Env, c.Dir = m.env, m.t.TempDir()
	return c
}

// start starts a command that goes on until the test ends.
func (m *machine) start(args ...string) {
	m.t.Helper()
	c := m.command(args...)
	c.Stdout, c.Stderr = m.out, io.Discard
	run(m.t, c)
}

func (m *machine) ready() {
	m.t.Helper()
	m.out.until(m.t, "ready", func(s string) bool { return strings.Contains(s, `"ready"`) })
}

// ok runs a command and reads the data of its answer.
func (m *machine) ok(data any, args ...string) {
	m.t.Helper()
	c := m.command(args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	var answer struct {
		Data  json.RawMessage
		Error json.RawMessage
	}
	if json.Unmarshal(out, &answer) != nil || err != nil || answer.Data == nil {
		m.t.Fatalf("%v: %v\n%s\n%s", args, err, out, errs.String())
	}
	if data == nil {
		return
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		m.t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

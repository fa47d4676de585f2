package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before a test gives up. It is a bound, never a wait.
const patience = 90 * time.Second

var binary struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if binary.dir != "" {
		_ = os.RemoveAll(binary.dir)
	}
	os.Exit(code)
}

// voxmesh is the program itself, built once for all tests.
func voxmesh(t testing.TB) string {
	t.Helper()
	binary.once.Do(func() {
		if binary.dir, binary.err = os.MkdirTemp("", "voxmesh-e2e-"); binary.err != nil {
			return
		}
		binary.path = filepath.Join(binary.dir, "voxmesh")
		out, err := exec.Command("go", "build", "-o", binary.path, "voxmesh").CombinedOutput()
		if err != nil {
			binary.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// machine is one machine of a test: a data folder, and what runs on it.
type machine struct {
	t    testing.TB
	name string
	dir  string
	env  []string
	run  string // runtime folder: sockets have short paths
}

// newMachine makes a machine without anything on it. No model server is reachable unless a test says so.
func newMachine(t testing.TB, name string) *machine {
	t.Helper()
	run, err := os.MkdirTemp("", "vx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	m := &machine{t: t, name: name, dir: filepath.Join(t.TempDir(), name), run: run}
	m.env = append(os.Environ(),
		"VOXMESH_DATA="+m.dir, "XDG_RUNTIME_DIR="+run, "HOME="+t.TempDir(), "USER=mira", "OLLAMA_HOST=127.0.0.1:1",
		"GORACE=atexit_sleep_ms=0", "NO_COLOR=1", "TERM=xterm-256color",
	)
	return m
}

func (m *machine) command(args ...string) *exec.Cmd {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	m.t.Cleanup(stop)
	c := exec.CommandContext(ctx, voxmesh(m.t), args...)
	c.Env, c.Dir = m.env, m.t.TempDir()
	c.WaitDelay = 5 * time.Second
	return c
}

// answer is what a command printed.
type answer struct {
	exit   int
	out    string
	err    string
	data   json.RawMessage
	code   string
	text   string
	hint   string
	failed bool // an envelope with an error
}

// do runs a command with --json and reads its envelope.
func (m *machine) do(args ...string) answer { return m.feed("", args...) }

// feed is do with standard input.
func (m *machine) feed(stdin string, args ...string) answer {
	m.t.Helper()
	a := m.raw(stdin, append([]string{"--json"}, args...)...)
	var env struct {
		V     int
		Data  json.RawMessage
		Error *struct{ Code, Message, Hint string }
	}
	if err := json.Unmarshal([]byte(a.out), &env); err != nil {
		m.t.Fatalf("%s: %v printed no envelope (%v), exit %d:\n%s\n%s", m.name, args, err, a.exit, a.out, a.err)
	}
	if env.V != 1 {
		m.t.Fatalf("%s: %v: v is %d", m.name, args, env.V)
	}
	a.data = env.Data
	if env.Error != nil {
		a.failed, a.code, a.text, a.hint = true, env.Error.Code, env.Error.Message, env.Error.Hint
	}
	return a
}

// raw runs a command as it is.
func (m *machine) raw(stdin string, args ...string) answer {
	m.t.Helper()
	c := m.command(args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr, c.Stdin = &out, &errs, strings.NewReader(stdin)
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatalf("%s: %v: %v\n%s", m.name, args, err, errs.String())
	}
	return answer{exit: c.ProcessState.ExitCode(), out: out.String(), err: errs.String()}
}

// ok runs a command that must succeed and reads its data into v (nil: not read).
func (m *machine) ok(v any, args ...string) {
	m.t.Helper()
	a := m.do(args...)
	if a.failed || a.exit != 0 {
		m.t.Fatalf("%s: %v: exit %d, %s %s\n%s", m.name, args, a.exit, a.code, a.text, a.err)
	}
	a.read(m.t, v)
}

func (a answer) read(t testing.TB, v any) {
	t.Helper()
	if v == nil {
		return
	}
	if err := json.Unmarshal(a.data, v); err != nil {
		t.Fatalf("data %s: %v", a.data, err)
	}
}

// refused runs a command that must fail with a code and an exit status.
func (m *machine) refused(code string, exit int, args ...string) answer {
	m.t.Helper()
	a := m.do(args...)
	if a.code != code || a.exit != exit {
		m.t.Fatalf("%s: %v: exit %d with %q (%s), want exit %d with %q", m.name, args, a.exit, a.code, a.text, exit, code)
	}
	if a.text == "" || a.hint == "" {
		m.t.Errorf("%s: %v: %s says %q and hints %q: both are needed", m.name, args, code, a.text, a.hint)
	}
	return a
}

// process is a program that goes on until it is told to end.
type process struct {
	t     testing.TB
	name  string
	cmd   *exec.Cmd
	lines chan string
	errs  *lockedBuffer
	ended chan struct{}
}

// start begins a process and hears its standard output line by line. It is ended with the test.
func (m *machine) start(args ...string) *process {
	m.t.Helper()
	c := exec.Command(voxmesh(m.t), args...)
	c.Env, c.Dir = m.env, m.t.TempDir()
	p := &process{t: m.t, name: m.name + " " + strings.Join(args, " "), cmd: c, lines: make(chan string, 4096), errs: &lockedBuffer{}, ended: make(chan struct{})}
	out, err := c.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	c.Stderr = p.errs
	if err := c.Start(); err != nil {
		m.t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		defer close(p.lines)
		r := bufio.NewReaderSize(out, 1<<20)
		for {
			line, err := r.ReadString('\n')
			if line != "" {
				p.lines <- line
			}
			if err != nil {
				break
			}
		}
		_ = c.Wait()
	}()
	m.t.Cleanup(p.kill)
	return p
}

// line gives the next line of output.
func (p *process) line() string {
	p.t.Helper()
	select {
	case l, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("%s ended:\n%s", p.name, p.errs)
		}
		return l
	case <-time.After(patience):
		p.t.Fatalf("%s says nothing:\n%s", p.name, p.errs)
	}
	return ""
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	p.wait()
}

// stop asks it to end, as ctrl+c does, and gives its exit code.
func (p *process) stop() int {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	p.wait()
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) wait() {
	go func() {
		for range p.lines { //nolint:revive // drained, so that its writer can end
		}
	}()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Errorf("%s does not end:\n%s", p.name, p.errs)
	}
}

// serve starts a host and gives it once it is ready.
func (m *machine) serve(args ...string) *host {
	m.t.Helper()
	args = append([]string{"--json", "serve", "--mesh", m.name}, args...)
	if !strings.Contains(strings.Join(args, " "), "--listen") && !m.wasHost() {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	h := &host{machine: m, process: m.start(args...)}
	var env struct{ Data readyLine }
	if err := json.Unmarshal([]byte(h.line()), &env); err != nil || env.Data.Event != "ready" {
		m.t.Fatalf("%s: no ready line: %v %+v\n%s", m.name, err, env, h.errs)
	}
	h.ready = env.Data
	return h
}

func (m *machine) wasHost() bool {
	_, err := os.Stat(filepath.Join(m.dir, "listen"))
	return err == nil
}

type readyLine struct {
	Event, Listen, Mesh string
	SSH                 *string
	Pid                 int
	PeerID              string `json:"peer_id"`
}

// host is a machine with a host on it.
type host struct {
	*machine
	*process
	ready readyLine
}

type inviteData struct {
	PeerID    string   `json:"peer_id"`
	URL       string   `json:"bearer_url"`
	Install   string   `json:"install_command"`
	Print     string   `json:"install_command_print"`
	QR        string   `json:"qr_text"`
	ExpiresIn int      `json:"expires_in_secs"`
	Slots     []string `json:"slots"`
}

type joinData struct {
	Inviter, Mesh string
	PeerID        string  `json:"peer_id"`
	JoinedAs      *string `json:"joined_as"`
	Slots         []string
	PolicyPreview string `json:"policy_preview"`
	Class         string `json:"privacy_class"`
	Fingerprint   string `json:"host_fingerprint"`
	ExpiresIn     int    `json:"expires_in_secs"`
}

type jobData struct {
	JobID    string  `json:"job_id"`
	RunID    string  `json:"run_id"`
	TraceID  string  `json:"trace_id"`
	NodeID   *string `json:"node_id"`
	Attempt  int
	Status   string
	ExitCode *int     `json:"exit_code"`
	Output   *string  `json:"output"`
	Cost     *float64 `json:"cost_usd"`
	Tokens   int
	Code     string
	Error    string
	Class    string `json:"privacy_class"`
}

// invite mints an invite for one cpu slot.
func (h *host) invite(label string) inviteData {
	h.machine.t.Helper()
	var v inviteData
	h.ok(&v, "invite", "--slot", "cpu", "--label", label)
	return v
}

// friend is a machine that joined h and works for it.
func (h *host) friend(name string, env ...string) (*machine, *process) {
	h.machine.t.Helper()
	m := newMachine(h.machine.t, name)
	m.env = append(m.env, env...)
	a := m.feed(h.invite(name).URL, "join", "-", "--yes")
	if a.failed || a.exit != 0 {
		h.machine.t.Fatalf("%s cannot join: %s %s\n%s", name, a.code, a.text, a.err)
	}
	p := m.start("work")
	h.await("MeshNodeStatus", map[string]any{"node_id": name, "status": "online"})
	return m, p
}

// event is one line of voxmesh events.
type event struct {
	V        int
	Topic    string
	Event    string
	Seq      uint64
	TraceID  string `json:"trace_id"`
	TsMicros int64  `json:"ts_micros"`
	Data     map[string]any
}

// await waits for an event with these data, from the first op on.
func (h *host) await(name string, want map[string]any) event {
	h.machine.t.Helper()
	return h.awaitSince(0, name, want)
}

// awaitEnd waits until a job has ended, however it did.
func (h *host) awaitEnd(job string) {
	h.machine.t.Helper()
	h.awaitAny(0, func(e event) bool {
		switch e.Data["status"] {
		case "succeeded", "failed", "killed", "timed_out":
			return e.Event == "vox.workflow.activity" && e.Data["job_id"] == job
		}
		return false
	})
}

// awaitSince is await for events after an op.
func (h *host) awaitSince(seq uint64, name string, want map[string]any) event {
	h.machine.t.Helper()
	return h.awaitAny(seq, func(e event) bool { return e.Event == name && matches(e.Data, want) })
}

// awaitAny waits for the first event after an op that is the one.
func (h *host) awaitAny(seq uint64, one func(event) bool) event {
	h.machine.t.Helper()
	p := h.machine.start("events", "--since", fmt.Sprint(seq))
	defer p.kill()
	for {
		line := p.line()
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			h.machine.t.Fatalf("events printed %q: %v", line, err)
		}
		if one(e) {
			return e
		}
	}
}

func matches(data, want map[string]any) bool {
	for k, v := range want {
		if fmt.Sprint(data[k]) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

// runWASM runs a module of the runner's tests and gives how it ended.
func (m *machine) runWASM(file string, args ...string) jobData {
	m.t.Helper()
	a := m.do(append([]string{"run", "wasm", wasmFile(m.t, file)}, args...)...)
	if a.failed {
		m.t.Fatalf("run %s: %s %s\n%s", file, a.code, a.text, a.err)
	}
	var j jobData
	a.read(m.t, &j)
	return j
}

func wasmFile(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range []string{"../mesh/worker/runner/testdata", "../mesh/worker/runner/demo"} {
		p, err := filepath.Abs(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Fatalf("there is no module %s", name)
	return ""
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var _ io.Writer = (*lockedBuffer)(nil)

func itoa(n uint64) string { return fmt.Sprint(n) }

// awaitText waits until the process said something on standard error.
func (p *process) awaitText(text string) {
	p.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(p.errs.String(), text) {
		select {
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("%s never said %q:\n%s", p.name, text, p.errs)
		}
	}
}

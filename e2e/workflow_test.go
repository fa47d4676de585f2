package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// oracle is a model server that counts what it is asked: outside of the mesh, so that nothing that a mesh believes of
// itself can make the count right.
type oracle struct {
	addr    string
	arrived chan string
	open    chan struct{} // one token lets one held question through

	mu    sync.Mutex
	asked map[string]int
	holds string // questions that begin with it are held; empty: none
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	o := &oracle{arrived: make(chan string, 1000), open: make(chan struct{}, 1000), asked: map[string]int{}}
	model := `{"models":[{"name":"tiny:latest","model":"tiny:latest","size":492094,"details":{"family":"llama","quantization_level":"unknown"}}]}`
	mux := http.NewServeMux()
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	mux.HandleFunc("/api/tags", say(model))
	mux.HandleFunc("/api/ps", say(`{"models":[]}`))
	mux.HandleFunc("/api/version", say(`{"version":"0.0.0"}`))
	mux.HandleFunc("/api/generate", o.generate)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	o.addr = strings.TrimPrefix(s.URL, "http://")
	return o
}

func (o *oracle) generate(w http.ResponseWriter, r *http.Request) {
	var q struct{ Prompt string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	q.Prompt = strings.TrimSpace(q.Prompt)
	o.mu.Lock()
	o.asked[q.Prompt]++
	held := o.holds != "" && strings.HasPrefix(q.Prompt, o.holds)
	o.mu.Unlock()
	o.arrived <- q.Prompt
	if held {
		select {
		case <-o.open:
		case <-r.Context().Done():
			return
		}
	}
	out := json.NewEncoder(w)
	_ = out.Encode(map[string]any{"model": "tiny:latest", "response": answerTo(q.Prompt), "done": false})
	_ = out.Encode(map[string]any{"model": "tiny:latest", "response": "", "done": true, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4})
}

// answerTo is what the oracle says: a list where one is asked for.
func answerTo(prompt string) string {
	if n := 0; strings.HasPrefix(prompt, "list ") {
		_, _ = fmt.Sscanf(prompt, "list %d", &n)
		parts := make([]string, n)
		for i := range parts {
			parts[i] = fmt.Sprintf("part-%d", i)
		}
		b, _ := json.Marshal(parts)
		return string(b)
	}
	return "answer to " + prompt
}

// await waits until n more questions came.
func (o *oracle) await(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(patience)
	for range n {
		select {
		case <-o.arrived:
		case <-deadline:
			t.Fatalf("no %d questions came; so far %v", n, o.counts())
		}
	}
}

// release lets n held questions be answered.
func (o *oracle) release(n int) {
	for range n {
		o.open <- struct{}{}
	}
}

func (o *oracle) hold(prefix string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holds = prefix
}

func (o *oracle) counts() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]int{}
	for k, n := range o.asked {
		out[k] = n
	}
	return out
}

// onceEach checks that exactly these questions came, each once.
func (o *oracle) onceEach(t *testing.T, want ...string) {
	t.Helper()
	got := o.counts()
	for _, q := range want {
		if got[q] != 1 {
			t.Errorf("%q was asked %d times", q, got[q])
		}
		delete(got, q)
	}
	for q, n := range got {
		t.Errorf("%q was asked %d times: nobody was to", q, n)
	}
}

// modelFriend is a machine that joined h with a text slot, and has the oracle for a model server.
func (h *host) modelFriend(name string, o *oracle) (*machine, *process) {
	h.machine.t.Helper()
	m := newMachine(h.machine.t, name)
	m.env = append(m.env, "OLLAMA_HOST="+o.addr)
	var inv inviteData
	h.ok(&inv, "invite", "--slot", "text", "--label", name)
	m.ok(nil, "join", inv.URL, "--yes")
	p := m.start("work")
	h.await("MeshNodeDescribed", map[string]any{"node_id": name, "models": 1})
	return m, p
}

type spanData struct {
	Kind     string `json:"span_kind"`
	Name     string `json:"span_name"`
	Status   string
	NodeID   string `json:"node_id"`
	Children []spanData
}

type flowData struct {
	RunID      string `json:"run_id"`
	ItemID     string `json:"item_id"`
	TraceID    string `json:"trace_id"`
	Status     string
	Workflow   string
	Done       int
	Activities int
	Error      string
	Root       spanData
	Outputs    []struct {
		Activity string
		Status   string
		NodeID   string `json:"node_id"`
		Output   *string
	}
}

func (s spanData) walk(visit func(spanData)) {
	visit(s)
	for _, c := range s.Children {
		c.walk(visit)
	}
}

// file writes a file into a folder of the test.
func fileIn(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// awaitFlow waits until a run of a workflow has ended, and gives it.
func (h *host) awaitFlow(run string) flowData {
	h.machine.t.Helper()
	var v flowData
	h.ok(&v, "runs", run)
	h.await("HopperItemClosed", map[string]any{"item_id": v.ItemID})
	v = flowData{}
	h.ok(&v, "runs", run)
	return v
}

const fanOut = `workflow fan {
  activities: [
    { name: split, runner: text, model: "tiny:latest", prompt: "list 9" },
    { name: render, runner: text, model: "tiny:latest", each: "${split.parts}", prompt: "render ${item}" },
    { name: join, runner: text, model: "tiny:latest", prompt: "join ${render.output}" },
  ]
}
`

// A fan-out over three workers, with the host killed twice in the middle: each question is asked exactly once, counted by
// who was asked.
func TestFanOutWithTheHostKilledTwice(t *testing.T) {
	t.Parallel()
	o := newOracle(t)
	o.hold("render ")
	m := newMachine(t, "aurelia")
	host := m.serve()
	for _, name := range []string{"alice", "bob", "carol"} {
		host.modelFriend(name, o)
	}
	flow := fileIn(t, t.TempDir(), "fan.vox", fanOut)
	var v flowData
	host.ok(&v, "workflow", "run", flow, "--detach")
	if v.RunID == "" || v.TraceID == "" || v.ItemID == "" {
		t.Fatalf("run gave %+v", v)
	}
	o.await(t, 1+3) // the list, and a part on each worker
	host.kill()
	o.release(1) // one ends while nobody is there to hear it
	host = m.serve()
	o.release(2)
	o.await(t, 3)
	host.kill()
	host = m.serve()
	o.hold("")
	o.release(9)
	done := host.awaitFlow(v.RunID)
	if done.Status != "succeeded" || done.Done != 11 || done.Activities != 11 {
		t.Errorf("in the end %s, %d of %d done: %s", done.Status, done.Done, done.Activities, done.Error)
	}
	want := []string{"list 9"}
	var outputs []string
	for i := range 9 {
		want = append(want, fmt.Sprintf("render part-%d", i))
		outputs = append(outputs, fmt.Sprintf("answer to render part-%d", i))
	}
	o.onceEach(t, append(want, "join "+strings.Join(outputs, "\n"))...)

	// Every job of it has one result, and the trace has all three machines.
	finished := map[string]int{}
	for _, d := range host.ops("job_finished") {
		finished[fmt.Sprint(d["job_id"])]++
	}
	for id, n := range finished {
		if n != 1 {
			t.Errorf("%s has %d results", id, n)
		}
	}
	nodes := map[string]bool{}
	done.Root.walk(func(s spanData) {
		if s.Kind == "attempt" {
			nodes[s.NodeID] = true
		}
	})
	if len(finished) != 11 || len(nodes) != 3 {
		t.Errorf("%d results by %v", len(finished), nodes)
	}
	if it := host.item(v.ItemID); it.State != "closed" || it.Outcome != "done" {
		t.Errorf("its item is %+v", it)
	}
	host.ok(nil, "oplog", "verify")
	host.ok(nil, "audit", "verify")
}

const twoPlaces = `workflow pair {
  activities: [
    { name: left, runner: wasm, module: "bin/hello.wasm", args: ["left"], on: alice },
    { name: right, runner: wasm, module: "bin/hello.wasm", args: ["${left.output}"], on: bob },
  ]
}
`

// pairFolder is a folder with a workflow and the module that it names.
func pairFolder(t *testing.T, name string) (dir, flow string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(wasmFile(t, "hello.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	fileIn(t, dir, "bin/hello.wasm", string(wasm))
	return dir, fileIn(t, dir, name, twoPlaces)
}

// One trace has the spans of two machines, told by each of itself; the command that follows a run tells of each activity.
func TestTraceOfTwoMachines(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	host.friend("bob")
	_, flow := pairFolder(t, "pair.vox")
	a := host.raw("", "workflow", "run", flow) // from a folder that is not the workflow's
	if a.exit != 0 {
		t.Fatalf("exit %d\n%s%s", a.exit, a.out, a.err)
	}
	for _, want := range []string{"left  PAIRED  started on alice", "left  PAIRED  succeeded on alice", "right  PAIRED  started on bob", "right  PAIRED  succeeded on bob"} {
		if !strings.Contains(a.err, want) {
			t.Errorf("it never said %q:\n%s", want, a.err)
		}
	}
	if !strings.Contains(a.out, "2 of 2 done") || !strings.Contains(a.out, "right") {
		t.Errorf("at the end it says\n%s", a.out)
	}
	var rows []flowData
	host.ok(&rows, "runs")
	if len(rows) != 1 || rows[0].Workflow != "pair" || rows[0].Done != 2 || rows[0].Activities != 2 {
		t.Fatalf("runs gave %+v", rows)
	}
	var v flowData
	host.ok(&v, "runs", rows[0].RunID)
	phases, kinds := map[string][]string{}, map[string]bool{}
	v.Root.walk(func(s spanData) {
		kinds[s.Kind] = true
		if s.Kind == "phase" {
			phases[s.NodeID] = append(phases[s.NodeID], s.Name)
		}
	})
	for _, node := range []string{"alice", "bob"} {
		if !slices.Contains(phases[node], "fetch module") || !slices.Contains(phases[node], "execute") {
			t.Errorf("%s says of itself %v", node, phases[node])
		}
	}
	for _, k := range []string{"run", "activity", "attempt"} {
		if !kinds[k] {
			t.Errorf("the tree has no %s: %v", k, kinds)
		}
	}
	if text := host.raw("", "open", "vox://trace/"+v.TraceID).out; !strings.Contains(text, "left") || !strings.Contains(text, "right") || !strings.Contains(text, "PAIRED") {
		t.Errorf("open gave\n%s", text)
	}

	// From the second activity on: the first one's result is taken over.
	var act actData
	host.ok(&act, "replay", v.RunID, "--from", "right", "--confirm", v.RunID, "--reason", "once more")
	again := host.awaitFlow(act.RunID)
	if again.Status != "succeeded" || again.RunID == v.RunID {
		t.Errorf("replayed: %+v", again)
	}
	starts := 0
	for _, d := range host.ops("job_submitted") {
		if d["run_id"] == act.RunID {
			starts++
		}
	}
	if starts != 1 {
		t.Errorf("the replay from the second of two activities started %d", starts)
	}
	host.refused("vox/confirm/required", 3, "replay", v.RunID, "--from", "right")
}

// The whole answer of a run that is followed is data, and exits 0 only where all of it succeeded.
func TestWorkflowAnswers(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	host.friend("bob")
	dir, flow := pairFolder(t, "pair.vox")
	var v flowData
	host.ok(&v, "workflow", "run", flow, "--session", "editor")
	if v.Status != "succeeded" || len(v.Outputs) != 1 || v.Outputs[0].Activity != "right" || v.Outputs[0].NodeID != "bob" || v.Outputs[0].Output == nil {
		t.Errorf("%+v", v)
	}
	fileIn(t, dir, "exit7.wasm", string(mustRead(t, wasmFile(t, "exit7.wasm"))))
	bad := fileIn(t, dir, "bad.vox", `workflow bad { activities: [ { name: ends, runner: wasm, module: "exit7.wasm" }, { name: never, runner: wasm, module: "exit7.wasm", needs: [ends] } ] }`)
	a := host.do("workflow", "run", bad)
	if a.exit != 1 || a.failed {
		t.Fatalf("a workflow that failed: exit %d, %s %s", a.exit, a.code, a.text)
	}
	var f flowData
	a.read(t, &f)
	if f.Status != "failed" || f.Error == "" {
		t.Errorf("%+v", f)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type previewData struct {
	File, Name  string
	Class       string `json:"privacy_class"`
	PlacesKnown bool   `json:"places_known"`
	Steps       []struct {
		Activity string
		Stage    int
		NodeID   string `json:"node_id"`
		Why      string
		Class    string `json:"privacy_class"`
	}
	Problems []struct {
		Severity, File, Code, Message string
		Line, Col                     int
		SourceLine                    string `json:"source_line"`
	}
}

// A preview changes nothing and says what would be; what is wrong is said with its place.
func TestWorkflowPreview(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	dir, flow := pairFolder(t, "pair.vox")

	var v previewData
	m.ok(&v, "workflow", "preview", flow) // no host yet
	if v.Name != "pair" || v.PlacesKnown || len(v.Steps) != 2 || v.Steps[0].Activity != "left" || v.Steps[1].Stage != 2 || v.Steps[0].NodeID != "" || v.Steps[0].Why == "" {
		t.Errorf("without a host %+v", v)
	}
	host := m.serve()
	host.friend("alice")
	host.friend("bob")
	before := len(host.ops("job_submitted"))
	host.ok(&v, "workflow", "preview", flow)
	if !v.PlacesKnown || len(v.Steps) != 2 || v.Steps[0].NodeID != "alice" || v.Steps[1].NodeID != "bob" || v.File != flow {
		t.Errorf("with a host %+v", v)
	}
	if text := host.raw("", "workflow", "preview", flow).out; !strings.Contains(text, "PAIRED") || !strings.Contains(text, "STAGE") || !strings.Contains(text, "at most") {
		t.Errorf("for people:\n%s", text)
	}

	leak := fileIn(t, dir, "leak.vox", `workflow leak {
  activities: [
    { name: secret, runner: wasm, module: "bin/hello.wasm", privacy: local-only },
    { name: tell, runner: wasm, module: "bin/hello.wasm", args: ["${secret.output}"], privacy: public-mesh },
  ]
}
`)
	cycle := fileIn(t, dir, "cycle.vox", `workflow cycle {
  activities: [
    { name: one, runner: wasm, module: "bin/hello.wasm", needs: [two] },
    { name: two, runner: wasm, module: "bin/hello.wasm", needs: [one] },
  ]
}
`)
	gone := fileIn(t, dir, "gone.vox", `workflow gone {
  activities: [
    { name: here, runner: wasm, module: "bin/hello.wasm" },
    { name: there, runner: wasm, module: "bin/nowhere.wasm" },
  ]
}
`)
	outside := fileIn(t, filepath.Join(dir, "bin"), "outside.vox", `workflow outside {
  activities: [ { name: sneak, runner: wasm, module: "../pair.vox" } ]
}
`)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "passwd.wasm")); err != nil {
		t.Fatal(err)
	}
	linked := fileIn(t, dir, "linked.vox", `workflow linked { activities: [ { name: sneak, runner: wasm, module: "passwd.wasm" } ] }`)
	for _, tc := range []struct {
		file string
		line int
	}{{leak, 4}, {cycle, 3}, {gone, 4}} {
		a := host.do("workflow", "preview", tc.file)
		var v previewData
		a.read(t, &v)
		if a.exit != 1 || a.failed || len(v.Problems) == 0 || v.Problems[0].Severity != "error" || v.Problems[0].Line != tc.line || v.Problems[0].SourceLine == "" || v.Problems[0].File != tc.file {
			t.Errorf("%s: exit %d, %+v %s", filepath.Base(tc.file), a.exit, v, a.text)
		}
		text := host.raw("", "workflow", "preview", tc.file)
		if text.exit != 1 || !strings.Contains(text.out, fmt.Sprintf("%s:%d:", tc.file, tc.line)) || !strings.Contains(text.out, "^") {
			t.Errorf("%s for people: exit %d\n%s", filepath.Base(tc.file), text.exit, text.out)
		}
		if a := host.do("workflow", "run", tc.file); a.exit == 0 || !a.failed || !strings.Contains(a.text, fmt.Sprintf(":%d:", tc.line)) {
			t.Errorf("%s ran: exit %d, %s %s", filepath.Base(tc.file), a.exit, a.code, a.text)
		}
	}
	host.refused("vox/workflow/invalid", 1, "workflow", "run", outside)
	host.refused("vox/workflow/outside", 3, "workflow", "run", linked)
	if got := len(host.ops("job_submitted")); got != before {
		t.Errorf("%d jobs came of previews and refusals", got-before)
	}
	if a := host.do("workflow", "run", linked, "--allow-outside", "--detach"); a.failed {
		t.Errorf("allowed to: %s %s", a.code, a.text)
	}

	var rows []struct {
		Name, File         string
		Activities, Errors int
	}
	host.ok(&rows, "workflow", "ls", "--workspace", dir)
	var names []string
	for _, r := range rows {
		names = append(names, r.File)
		if r.File == "pair.vox" && (r.Name != "pair" || r.Activities != 2 || r.Errors != 0) || r.File == "leak.vox" && r.Errors != 1 {
			t.Errorf("%+v", r)
		}
	}
	if strings.Join(names, " ") != "cycle.vox gone.vox leak.vox linked.vox pair.vox" {
		t.Errorf("ls gave %v", names)
	}
	host.refused("vox/workflow/no-such", 4, "workflow", "preview", flow, "--name", "other")
}

// keyed lets a fresh key into a host, as an operator, and gives what runs a command over ssh with it.
func (h *host) keyed(t *testing.T) func(stdin string, args ...string) (string, int) {
	t.Helper()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("SKIPPED: there is no ssh on this machine; apt-get install openssh-client")
	}
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("SKIPPED: there is no ssh-keygen on this machine; apt-get install openssh-client")
	}
	key := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-C", "mira", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	if a := h.feed(string(mustRead(t, key+".pub")), "access", "add", "-", "--role", "operator"); a.failed {
		t.Fatalf("access add: %s %s", a.code, a.text)
	}
	addr, port, err := net.SplitHostPort(*h.ready.SSH)
	if err != nil {
		t.Fatal(err)
	}
	return func(stdin string, args ...string) (string, int) {
		t.Helper()
		c := exec.Command(ssh, append([]string{
			"-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
			"-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-i", key, "-p", port, addr,
		}, args...)...)
		var out bytes.Buffer
		c.Stdout, c.Stderr, c.Stdin = &out, &out, strings.NewReader(stdin)
		_ = c.Run()
		return out.String(), c.ProcessState.ExitCode()
	}
}

// Over plain ssh a workflow comes through standard input, and its modules are blobs: no path is opened for a session.
func TestWorkflowOverSSH(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve("--ssh", "127.0.0.1:0", "--listen", "127.0.0.1:0")
	enter := host.keyed(t)
	host.friend("alice")
	host.friend("bob")
	dir, flow := pairFolder(t, "pair.vox")

	out, code := enter(twoPlaces, "workflow", "run", "-")
	if code != 3 || !strings.Contains(out, "vox/cli/refused") || !strings.Contains(out, "--module bin/hello.wasm=blob:HASH") {
		t.Errorf("modules that are files: exit %d\n%s", code, out)
	}
	if out, code := enter("", "workflow", "run", flow); code != 3 || !strings.Contains(out, "vox/cli/refused") {
		t.Errorf("a path: exit %d\n%s", code, out)
	}
	if out, code := enter(twoPlaces, "workflow", "run", "-", "--module", "bin/hello.wasm="+filepath.Join(dir, "bin/hello.wasm")); code != 3 || !strings.Contains(out, "vox/cli/refused") {
		t.Errorf("a module's path: exit %d\n%s", code, out)
	}
	if out, code := enter(twoPlaces, "workflow", "preview", "-"); code != 0 || !strings.Contains(out, "alice") || !strings.Contains(out, "warning") {
		t.Errorf("a preview: exit %d\n%s", code, out)
	}
	if out, code := enter(twoPlaces, "workflow", "run", "-", "--module", "bin/hello.wasm=blob:"+strings.Repeat("0", 64)); code != 1 || !strings.Contains(out, "vox/blob/missing") {
		t.Errorf("a blob that is not there: exit %d\n%s", code, out)
	}
	hash, code := enter(string(mustRead(t, wasmFile(t, "hello.wasm"))), "blob", "put")
	if code != 0 || len(strings.TrimSpace(hash)) != 64 {
		t.Fatalf("blob put: exit %d\n%s", code, hash)
	}
	out, code = enter(twoPlaces, "workflow", "run", "-", "--module", "bin/hello.wasm=blob:"+strings.TrimSpace(hash))
	if code != 0 || !strings.Contains(out, "2 of 2 done") {
		t.Errorf("with its modules: exit %d\n%s", code, out)
	}
	if out, code := enter("", "workflow", "ls"); code != 3 || !strings.Contains(out, "vox/cli/refused") {
		t.Errorf("ls in a session: exit %d\n%s", code, out)
	}
	if out, code := enter("say it over ssh\n", "hopper", "submit", "-"); code != 0 || !strings.Contains(out, "PAIRED") {
		t.Errorf("an intent: exit %d\n%s", code, out)
	}
}

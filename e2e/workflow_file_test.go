package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

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

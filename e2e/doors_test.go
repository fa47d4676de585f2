package e2e

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Over SSH the same commands run in the host, for keys that were let in and nobody else.
func TestSSHDoor(t *testing.T) {
	t.Parallel()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("SKIPPED: there is no ssh on this machine; apt-get install openssh-client")
	}
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("SKIPPED: there is no ssh-keygen on this machine; apt-get install openssh-client")
	}
	host := newMachine(t, "aurelia").serve("--ssh", "127.0.0.1:0", "--listen", "127.0.0.1:0")
	if host.ready.SSH == nil {
		t.Fatal("the ready line names no ssh address")
	}
	addr, port, err := net.SplitHostPort(*host.ready.SSH)
	if err != nil {
		t.Fatal(err)
	}
	keys := t.TempDir()
	for _, name := range []string{"mira", "stranger"} {
		if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", filepath.Join(keys, name)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	enter := func(key string, stdin string, args ...string) (string, int) {
		t.Helper()
		c := exec.Command(ssh, append([]string{
			"-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
			"-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-i", filepath.Join(keys, key), "-p", port, addr,
		}, args...)...)
		var out bytes.Buffer
		c.Stdout, c.Stderr, c.Stdin = &out, &out, strings.NewReader(stdin)
		_ = c.Run()
		return out.String(), c.ProcessState.ExitCode()
	}
	if out, code := enter("mira", "", "nodes", "--json"); code != 255 {
		t.Fatalf("a key that nobody let in: exit %d\n%s", code, out)
	}
	pub, err := os.ReadFile(filepath.Join(keys, "mira.pub"))
	if err != nil {
		t.Fatal(err)
	}
	if a := host.feed(string(pub), "access", "add", "-"); a.failed {
		t.Fatalf("access add: %s %s", a.code, a.text)
	}
	out, code := enter("mira", "", "nodes", "--all", "--json")
	var env struct {
		V    int
		Data []map[string]any
	}
	if err := json.Unmarshal([]byte(out), &env); err != nil || code != 0 || env.V != 1 || len(env.Data) != 1 {
		t.Fatalf("nodes over ssh: exit %d, %v\n%s", code, err, out)
	}
	if out, code := enter("stranger", "", "nodes"); code != 255 {
		t.Errorf("a stranger: exit %d\n%s", code, out)
	}
	if out, code := enter("mira", "", "pause", "aurelia", "--confirm", "aurelia", "--reason", "x"); code != 3 || !strings.Contains(out, "vox/access/denied") {
		t.Errorf("a viewer acts: exit %d\n%s", code, out)
	}
	if a := host.feed(string(pub), "access", "add", "-", "--role", "operator"); a.failed {
		t.Fatalf("access add: %s %s", a.code, a.text)
	}
	wasm, err := os.ReadFile(wasmFile(t, "hello.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if out, code := enter("mira", string(wasm), "run", "wasm", "-", "--", "over", "ssh"); code != 0 || !strings.Contains(out, "over") {
		t.Errorf("a module through standard input: exit %d\n%s", code, out)
	}
	for _, args := range [][]string{{"serve"}, {"work"}, {"demo"}, {"nodes", "--data", "/etc"}, {"run", "wasm", "/etc/passwd"}, {"policy", "show", "--workspace", "/etc"}} {
		if out, code := enter("mira", "", args...); code != 3 || !strings.Contains(out, "vox/cli/refused") {
			t.Errorf("%v in a session: exit %d\n%s", args, code, out)
		}
	}
	if out, code := enter("mira", "", "sh", "-c", "id"); code != 2 || strings.Contains(out, "uid=") {
		t.Errorf("a shell: exit %d\n%s", code, out)
	}
	host.ok(nil, append([]string{"access", "rm"}, strings.Fields(string(pub))[:2]...)...)
	if out, code := enter("mira", "", "nodes"); code != 255 {
		t.Errorf("a key that was taken away: exit %d\n%s", code, out)
	}
}

// The demo is a real mesh, and leaves nothing behind.
func TestDemo(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "demo")
	tmp := t.TempDir()
	m.env = append(m.env, "TMPDIR="+tmp)
	p := m.start("demo", "--nodes", "2")
	joined, done := 0, 0
	for done < 2 {
		line := p.line()
		if strings.Contains(line, "joined with an invite of its own") {
			joined++
		}
		if strings.Contains(line, "status=succeeded") {
			done++
		}
	}
	if joined != 2 {
		t.Errorf("%d workers joined", joined)
	}
	if len(children(t, p.cmd.Process.Pid)) == 0 {
		t.Error("the workers are no processes of their own")
	}
	if code := p.stop(); code != 0 {
		t.Errorf("after ctrl+c: exit %d\n%s", code, p.errs)
	}
	if left := filesBelow(t, tmp); len(left) > 0 {
		t.Errorf("the demo left %v", left)
	}
	out, _ := exec.Command("pgrep", "-f", tmp).Output()
	if len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("processes are left: %s", out)
	}
}

// Whoever looks while a host starts, which has its log before it has its door, gets an answer.
func TestALookWhileAHostStarts(t *testing.T) {
	m := newMachine(t, "aurelia")
	h := m.serve()
	var it itemData
	m.ok(&it, "hopper", "submit", "a thought")
	h.kill()
	p := m.start("--json", "serve", "--mesh", m.name)
	for n := 0; n == 0 || len(p.lines) == 0; n++ {
		if items := m.list("inbox"); len(items) != 1 || items[0].ItemID != it.ItemID {
			t.Fatalf("%+v", items)
		}
	}
}

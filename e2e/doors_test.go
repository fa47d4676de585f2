package e2e

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
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

// screen runs a program in a real terminal and waits for what it shows.
type screen struct {
	t    *testing.T
	tty  *os.File
	cmd  *exec.Cmd
	text *lockedBuffer
	done chan struct{}
}

func (m *machine) screen(t *testing.T, rows, cols uint16, args ...string) *screen {
	t.Helper()
	c := exec.Command(voxmesh(t), args...)
	c.Env, c.Dir = m.env, t.TempDir()
	tty, err := pty.StartWithSize(c, &pty.Winsize{Rows: rows, Cols: cols})
	if err != nil {
		t.Skipf("SKIPPED: this machine gives no pseudo-terminal: %v", err)
	}
	s := &screen{t: t, tty: tty, cmd: c, text: &lockedBuffer{}, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		buf := make([]byte, 64<<10)
		for {
			n, err := tty.Read(buf)
			_, _ = s.text.Write(buf[:n])
			if err != nil {
				_ = c.Wait()
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-s.done
		_ = tty.Close()
	})
	return s
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?<>=]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)|\x1b[()][A-Z0-9]|\x1b[=>]|\x1bP[^\x1b]*\x1b\\\\")

// await waits until the terminal was sent some text, escapes apart.
func (s *screen) await(text string) {
	s.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(escapes.ReplaceAllString(s.text.String(), ""), text) {
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Fatalf("the screen never showed %q:\n%q", text, s.text)
		}
	}
}

func (s *screen) key(keys string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) left() {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatalf("the console does not end:\n%q", s.text)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the console ended with %d", code)
	}
}

// The console attached to a host: the live mesh, an invite added and used, and out again; the host goes on.
func TestConsoleOnARunningHost(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	s := m.screen(t, 24, 80)
	s.await("Only this machine is here")
	host.friend("alice")
	s.await("alice")
	s.await("PAIRED")
	s.key("A")
	s.await("Minutes")
	s.key("\r")
	s.await("waiting for the node")
	s.await("vox+invite://")
	s.key("q") // closes the layer
	s.key("q") // leaves
	s.left()
	if !strings.Contains(s.text.String(), "\x1b[?1049l") {
		t.Error("the terminal was not given back")
	}
	host.ok(nil, "summary")
}

// Without a host the console becomes one, and another terminal finds it.
func TestConsoleBecomesTheHost(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	s := m.screen(t, 40, 120)
	s.await("Only this machine is here")
	m.ok(nil, "summary")
	m.ok(nil, "invite", "--slot", "gpu")
	s.key("q")
	s.left()
	m.refused("vox/host/none", 5, "invite")
}

// A demo whose terminal is closed leaves nothing behind either.
func TestDemoLosesItsTerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "demo")
	tmp := t.TempDir()
	m.env = append(m.env, "TMPDIR="+tmp)
	s := m.screen(t, 24, 80, "demo", "--nodes", "1")
	s.await("alice-gpu")
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
	select {
	case <-s.done:
	case <-time.After(patience):
		t.Fatal("the demo does not end")
	}
	if left := filesBelow(t, tmp); len(left) > 0 {
		t.Errorf("the demo left %v", left)
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

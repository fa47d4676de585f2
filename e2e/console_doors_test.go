//go:build unix

package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// door is the SSH door of a host, and how somebody comes in with a key of theirs.
type door struct {
	t    *testing.T
	host *host
	ssh  string
	dir  string
	addr string
	port string
}

func openDoor(t *testing.T) *door {
	t.Helper()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("SKIPPED: there is no ssh on this machine; apt-get install openssh-client")
	}
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("SKIPPED: there is no ssh-keygen on this machine; apt-get install openssh-client")
	}
	host := newMachine(t, "aurelia").serve("--ssh", "127.0.0.1:0", "--listen", "127.0.0.1:0")
	if host.ready.SSH == nil {
		t.Fatal("the ready line names no ssh address")
	}
	d := &door{t: t, host: host, ssh: ssh, dir: t.TempDir()}
	if d.addr, d.port, err = net.SplitHostPort(*host.ready.SSH); err != nil {
		t.Fatal(err)
	}
	return d
}

// let makes a key for somebody and lets it in.
func (d *door) let(name, role string) {
	d.t.Helper()
	key := filepath.Join(d.dir, name)
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key).CombinedOutput(); err != nil {
		d.t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	pub, err := os.ReadFile(key + ".pub")
	if err != nil {
		d.t.Fatal(err)
	}
	if a := d.host.feed(string(pub), "access", "add", "-", "--role", role); a.failed {
		d.t.Fatalf("access add: %s %s", a.code, a.text)
	}
}

// enter opens a terminal and in it the console, as `ssh HOST` does from elsewhere.
func (d *door) enter(name string, l look) *terminal {
	d.t.Helper()
	c := exec.Command(d.ssh,
		"-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
		"-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-i", filepath.Join(d.dir, name), "-p", d.port, d.addr)
	c.Env = append(plain(os.Environ()), l.env...)
	return openTerminal(d.t, name, c, l)
}

// The same console through a real ssh client: an operator acts there, a viewer looks and is told why no more.
func TestConsoleOverSSH(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	d.let("mira", "operator")
	d.let("vera", "viewer")
	d.host.friend("alice")
	job, _ := d.host.running("loop.wasm")

	mira, vera := d.enter("mira", look{}), d.enter("vera", look{})
	mira.awaitRow("[1 Mesh]", "aurelia  mira ● live")
	mira.await("alice PAIRED", "Running 1")
	vera.awaitRow("[1 Mesh]", "vera view only ● live")
	vera.await("alice PAIRED", "Running 1")

	for _, key := range []string{"K", "P", "D", "A", "S", "C"} {
		vera.key(key)
		vera.awaitRow(" "+key+" ", "you are here to view only")
		vera.key("?") // and away with the notice
		vera.await("[Help]")
		vera.key("q")
		vera.gone("[Help]", "you are here to view only")
	}

	mira.key("K")
	mira.await("[Kill: work on alice]", job.JobID)
	mira.confirm("alice", "over ssh")
	mira.awaitRow("killed 1 job of alice", "a-0002")
	vera.await("Running 0")
	d.host.awaitEnd(job.JobID)
	entries := d.host.entries()
	if len(entries) != 1 || !strings.HasPrefix(entries[0].Actor, "ssh:SHA256:") || entries[0].Reason != "over ssh" {
		t.Errorf("the log has %+v", entries)
	}

	vera.resize(120, 40)
	vera.until("the wide screen, with Nodes under the graph", func(p picture) bool {
		_, _, table := p.find("╭ Nodes ─")
		return p.w == 120 && table
	})
	for _, s := range []*terminal{mira, vera} {
		s.key("q")
		s.left()
	}
	d.host.ok(nil, "summary")
}

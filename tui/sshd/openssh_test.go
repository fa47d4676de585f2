//go:build unix

package sshd

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	gossh "golang.org/x/crypto/ssh"
)

// openssh is the ssh of this machine with a key of its own, pointed at a door.
type openssh struct {
	path, key string
	server    *Server
	known     *ring
	own       gossh.PublicKey
}

func newOpenssh(t *testing.T, cfg Config) *openssh {
	t.Helper()
	path, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("SKIPPED: no ssh on this machine; the TCP door is not tried with OpenSSH")
	}
	s, known, _ := tcp(t, cfg)
	o := &openssh{path: path, server: s, known: known}
	o.key, o.own = o.newKeyFile(t, "own")
	known.add(o.own, "mira", Operator)
	return o
}

// newKeyFile writes a private key and its public half beside it.
func (o *openssh) newKeyFile(t *testing.T, name string) (string, gossh.PublicKey) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := gossh.MarshalPrivateKey(priv, name)
	if err != nil {
		t.Fatal(err)
	}
	sshPub, err := gossh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".pub", marshalPub(sshPub), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, sshPub
}

// cmd is ssh with args, at most for the patience of a test.
func (o *openssh) cmd(t *testing.T, options []string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	_, port, err := net.SplitHostPort(o.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	all := []string{
		"-F", "/dev/null", "-p", port, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
	}
	if options == nil {
		options = []string{"-i", o.key}
	}
	all = append(append(append(all, options...), "mira@127.0.0.1"), args...)
	c := exec.CommandContext(ctx, o.path, all...)
	c.WaitDelay = time.Second
	return c
}

func exitOf(err error) int {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

func TestOpenSSHRunsCommands(t *testing.T) {
	o := newOpenssh(t, Config{Exec: func(ctx context.Context, s *Session) int {
		switch s.Args[0] {
		case "put":
			h := sha256.New()
			n, err := io.Copy(h, s.Stdin)
			fmt.Fprintf(s.Stdout, "%d %x %v", n, h.Sum(nil), err)
		case "yes":
			for ctx.Err() == nil {
				if _, err := io.WriteString(s.Stdout, "y\n"); err != nil {
					break
				}
			}
		default:
			fmt.Fprintf(s.Stdout, "%q %s %s", s.Args, s.Name, s.Getenv("LC_ALL"))
			fmt.Fprint(s.Stderr, "to stderr")
			return 3
		}
		return 0
	}})
	c := o.cmd(t, nil, "nodes", "--json", `'two words'`)
	c.Env = append(os.Environ(), "LC_ALL=C")
	c.Args = append(c.Args[:1:1], append([]string{"-o", "SendEnv=LC_ALL PATH"}, c.Args[1:]...)...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); exitOf(err) != 3 || out.String() != `["nodes" "--json" "two words"] mira C` || errs.String() != "to stderr" {
		t.Errorf("%v, %q, %q", err, &out, &errs)
	}

	const size = 8 << 20
	c = o.cmd(t, nil, "put", "-")
	c.Stdin = random(size)
	h := sha256.New()
	_, _ = io.Copy(h, random(size))
	if got, err := c.Output(); err != nil || string(got) != fmt.Sprintf("%d %x %v", size, h.Sum(nil), error(nil)) {
		t.Errorf("put: %s, %v", got, err)
	}

	c = o.cmd(t, nil, "yes") // as in `ssh host logs -f | head -c 2`
	r, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 2)); err != nil {
		t.Error(err)
	}
	_ = r.Close()
	_ = c.Wait() // the deadline of the command is what fails the test
	if c.ProcessState.ExitCode() == -1 {
		t.Error("the command went on when nobody read it")
	}
}

func TestOpenSSHOfferingAVictimsKeyIsItself(t *testing.T) {
	o := newOpenssh(t, Config{Exec: whoami})
	victim, pub := o.newKeyFile(t, "victim")
	o.known.add(pub, "victim", Operator)
	if err := os.Remove(victim); err != nil { // the victim's public key is all that there is
		t.Fatal(err)
	}
	got, err := o.cmd(t, []string{"-i", victim + ".pub", "-i", o.key}, "whoami").Output()
	if err != nil || !strings.HasPrefix(string(got), "mira ") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := o.cmd(t, []string{"-i", victim + ".pub"}, "whoami").CombinedOutput(); exitOf(err) != 255 || strings.Contains(string(got), "victim operator") {
		t.Errorf("the public key alone: %q, %v", got, err)
	}
}

func TestOpenSSHIsRefusedTheRest(t *testing.T) {
	o := newOpenssh(t, Config{Exec: whoami})
	stranger, _ := o.newKeyFile(t, "stranger")
	for name, c := range map[string]*exec.Cmd{
		"stranger":    o.cmd(t, []string{"-i", stranger}, "whoami"),
		"sftp":        o.cmd(t, []string{"-i", o.key, "-s"}, "sftp"),
		"remote port": o.cmd(t, []string{"-i", o.key, "-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"}),
		"stdio":       o.cmd(t, []string{"-i", o.key, "-W", o.server.Addr().String()}),
	} {
		if out, err := c.CombinedOutput(); exitOf(err) != 255 {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
	if out, err := o.cmd(t, nil).CombinedOutput(); exitOf(err) != 2 || !strings.Contains(string(out), "no shell") {
		t.Errorf("a shell: %q, %v", out, err)
	}
}

func TestOpenSSHShowsTheConsole(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	o := newOpenssh(t, Config{Console: func(s *Session) (tea.Model, []tea.ProgramOption) { return tiny{name: s.Term}, nil }})
	g := newGlass(t, 83, 26)
	c := o.cmd(t, []string{"-i", o.key, "-tt"})
	c.Stdin, c.Stdout, c.Stderr = g.tty, g.tty, g.tty
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	g.see(t, "<83x26>")
	g.see(t, "(xterm-256color)")
	g.press(t, "q")
	if err := await(t, "the end of ssh", done); err != nil {
		t.Error(err)
	}
	g.see(t, "\x1b[?1049l")
}

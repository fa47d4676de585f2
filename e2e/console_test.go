//go:build unix

package e2e

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// consoleAlone opens the console on a machine where no host runs: it becomes one, at an address that the system chooses.
func (m *machine) consoleAlone(l look) *terminal {
	m.t.Helper()
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.dir, "listen"), []byte("127.0.0.1:0\n"), 0o600); err != nil {
		m.t.Fatal(err)
	}
	s := m.console(l)
	s.await("Only this machine is here")
	return s
}

var aLink = regexp.MustCompile(`vox\+invite://\S+`)

// invite adds a node, and gives the link as somebody reads it who marks it with the mouse: in the form that stands alone.
func (s *terminal) invite(label string) string {
	s.t.Helper()
	s.key("A")
	s.await("[Add a node]")
	s.typed(label)
	s.key("enter")
	s.await("waiting for the node", "[Command]")
	s.key("tab", "tab")
	s.await("[Link]")
	s.key("z")
	p := s.await("expires in", "esc back")
	link := aLink.FindString(strings.Join(p.rows()[:2], ""))
	s.key("esc")
	s.await("waiting for the node")
	return link
}

// choose opens the palette and chooses the only row that fits what is typed.
func (s *terminal) choose(query, row string) {
	s.t.Helper()
	s.key(":")
	s.await("[Command]")
	s.typed(query)
	s.await("▸ " + row)
	s.key("enter")
	s.gone("[Command]")
}

// confirm types the id that the box asks for, and a reason, and says yes.
func (s *terminal) confirm(id, reason string) {
	s.t.Helper()
	s.await("Type  "+id+"  to confirm", "Reason")
	s.typed(id)
	s.key("enter")
	s.typed(reason)
	s.await("--confirm "+id, reason)
	s.key("enter")
	s.gone("to confirm")
}

// lit reports whether an edge of the canvas carries work: it is bold, and its braille two dots thick.
func lit(p picture) bool {
	for y := 1; y < p.h-3; y++ {
		for x := range 46 {
			g := p.at(x, y)
			if r := []rune(g.text)[0]; r > 0x2800 && r <= 0x28ff && g.attrs&bold != 0 {
				return true
			}
		}
	}
	return false
}

// rowWith gives the row in which all of these stand.
func (p picture) rowWith(texts ...string) (string, bool) {
	for _, row := range p.rows() {
		all := true
		for _, text := range texts {
			all = all && strings.Contains(row, text)
		}
		if all {
			return row, true
		}
	}
	return "", false
}

// awaitRow waits for a row in which all of these stand.
func (s *terminal) awaitRow(texts ...string) string {
	s.t.Helper()
	var row string
	s.until(fmt.Sprintf("a row with %q", texts), func(p picture) bool {
		var ok bool
		row, ok = p.rowWith(texts...)
		return ok
	})
	return row
}

var (
	sentJob = regexp.MustCompile(`sent (j-\w+)   2 shows its run (r-\w+)`)
	auditID = regexp.MustCompile(`a-\d+`)
)

// send sends a module to a node by the palette and gives the ids of the job and its run.
func (s *terminal) sendTo(node, path, args string) (job, run string) {
	s.t.Helper()
	s.choose("send "+node, "send FILE to "+node)
	s.await("[Send]", "[wasm file]", "File")
	s.paste(path)
	if args != "" {
		s.key("tab")
		s.typed(args)
	}
	s.key("enter")
	row := s.awaitRow("sent j-", "2 shows its run")
	m := sentJob.FindStringSubmatch(row)
	if m == nil {
		s.t.Fatalf("%q names no job and no run", row)
	}
	return m[1], m[2]
}

// Two people, two machines, two consoles, and no command is typed: one adds a node, the other joins with the link, work
// is sent and seen, other work is killed, and the act stands signed in the log.
func TestJourneyByConsoleAlone(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").consoleAlone(look{})
	link := host.invite("alice")
	if !strings.HasPrefix(link, "vox+invite://127.0.0.1:") || len(link) > 106 {
		t.Fatalf("the link alone reads %q", link)
	}

	friend := newMachine(t, "friend").consoleAlone(look{})
	friend.key("J")
	friend.await("[Join a mesh]")
	friend.paste(link)
	friend.await("127.0.0.1:") // the address can be read, the rest cannot
	if p := friend.screen(); strings.Contains(p, link[len(link)-20:]) {
		t.Errorf("the link is shown:\n%s", p)
	}
	friend.key("enter")
	p := friend.await("invited by mira", "Host key", "PAIRED", "cpu ×1", "[Join]")
	if strings.Contains(p.String(), link[len(link)-20:]) {
		t.Errorf("the link is shown:\n%s", p)
	}
	friend.key("enter")
	friend.await("[5 Policy]", "this machine is alice in")

	host.await("alice PAIRED", "● online") // its inspector took the place of the forms
	host.await("▸(●) alice", "1 node │")
	if p := host.picture(); lit(p) {
		t.Errorf("an edge without work is lit:\n%s", p)
	}

	_, run := host.sendTo("alice", wasmFile(t, "primes.wasm"), "300000000")
	host.until("the edge lit while the job runs", lit)
	host.until("the edge as before, after it", func(p picture) bool { return !lit(p) })
	host.key("2")
	host.awaitRow(run, "PAIRED", "succeeded", "alice")
	host.key("enter")
	host.await("[Events]", run+" PAIRED  succeeded", "attempt 1", "vox://trace/")
	host.key("v")
	host.await("[Output]", "16252325 primes up to 300000000")
	host.key("esc")
	host.await("[All]")

	_, run = host.sendTo("alice", wasmFile(t, "trickle.wasm"), "")
	host.await("▸ " + run)
	host.awaitRow(run, "running")
	host.key("K")
	host.await("[Kill", "PAIRED", "Stops 1 running job")
	host.confirm(run, "runaway render")
	said := host.awaitRow("killed", "a-0")
	id := auditID.FindString(said)
	host.awaitRow(run, "killed")
	host.key("6")
	host.awaitRow("kill", run, "PAIRED", "runaway", "✓")
	host.key("enter") // its bytes, and the console at that instant
	host.await("["+id+"  kill "+run+" PAIRED]", "✓ as signed", "runaway render", "AS OF")
	host.key("esc")
	host.await("[Audit]")
	host.key(".")
	host.awaitRow("[6 Audit]", "● live")

	for _, s := range []*terminal{host, friend} {
		s.key("q")
		s.left()
	}
}

// The console attached to a host: the live mesh, an invite added and used, and out again; the host goes on.
func TestConsoleOnARunningHost(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	s := m.console(look{})
	s.await("Only this machine is here")
	host.friend("alice")
	s.await("alice PAIRED", "● online")
	if link := s.invite("bob"); !aLink.MatchString(link) {
		t.Errorf("the link alone reads %q", link)
	}
	s.key("q") // closes the layer
	s.await("alice PAIRED")
	s.key("v")
	s.awaitRow("bob", "PAIRED", "invited")
	s.key("q") // leaves
	s.left()
	host.ok(nil, "summary")
}

// Without a host the console becomes one, and another terminal finds it.
func TestConsoleBecomesTheHost(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	s := m.consoleAlone(look{cols: 120, rows: 40})
	m.ok(nil, "summary")
	m.ok(nil, "invite", "--slot", "gpu")
	s.key("q")
	s.left()
	m.refused("vox/host/none", 5, "invite")
}

// Every word that says what can be done is a button, and whoever clicks needs no key.
func TestConsoleByMouse(t *testing.T) {
	t.Parallel()
	s := newMachine(t, "aurelia").consoleAlone(look{})
	for _, step := range [][2]string{
		{"Join a friend's mesh", "[Join a mesh]"},
		{"esc close", "[Join a friend's mesh]"},
		{"Add a node", "╭[Add a node]"},
		{"enter mint", "waiting for the node"},
		{"X revoke", "This invite was revoked."},
		{"esc close", "in about a minute."},
		{"2 Runs", "Nothing ran yet"},
		{"? help", "╭[Help"},
		{"esc close", "Nothing ran yet"},
		{": command", "╭[Command]"},
		{"esc close", "Nothing ran yet"},
		{"0 nodes", "[1 Mesh]"},
	} {
		s.clickOn(step[0])
		s.await(step[1])
	}
	s.key("q")
	s.left()
}

// A demo whose terminal is closed leaves nothing behind either.
func TestDemoLosesItsTerminal(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("SKIPPED: this runs under nohup, and so does every program that it starts")
	}
	t.Parallel()
	m := newMachine(t, "demo")
	tmp := t.TempDir()
	m.env = append(m.env, "TMPDIR="+tmp)
	s := m.console(look{}, "demo", "--nodes", "1")
	s.await("alice-gpu")
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
	select {
	case <-s.ended:
	case <-time.After(patience):
		t.Fatal("the demo does not end")
	}
	if left := filesBelow(t, tmp); len(left) > 0 {
		t.Errorf("the demo left %v", left)
	}
}

// What a job puts out reaches a terminal cleaned.
func TestHostileOutputOnATerminal(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	host.friend("alice")
	s := m.console(look{}, "run", "wasm", wasmFile(t, "hello.wasm"), "--on", "alice", "--", hostileText)
	s.left()
	for _, bad := range []string{"\x1b]0;", "\x1b]52", "\x1b[2J", "\u009b", "\u202e", "\u200b"} {
		if strings.Contains(s.wrote(), bad) {
			t.Errorf("the terminal got %q in %q", bad, s.wrote())
		}
	}
	if !strings.Contains(s.screen(), "evil") {
		t.Errorf("the terminal got only %q", s.wrote())
	}
}

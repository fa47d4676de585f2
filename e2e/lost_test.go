//go:build unix

package e2e

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/term"
)

// shown is what a person sees on a screen of 80×24 now.
func (s *screen) shown() string {
	em := vt.NewEmulator(80, 24)
	answered := make(chan struct{})
	go func() { defer close(answered); _, _ = io.Copy(io.Discard, em) }() // what it answers, nobody asked here
	_, _ = em.WriteString(s.text.String())
	text := em.String()
	_ = em.Close()
	<-answered
	return text
}

// shows waits until all of these texts are on the screen at the same time.
func (s *screen) shows(texts ...string) {
	s.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		all, missing := s.shown(), ""
		for _, text := range texts {
			if !strings.Contains(all, text) {
				missing = text
			}
		}
		if missing == "" {
			return
		}
		select {
		case <-tick.C:
		case <-s.done:
			s.t.Fatalf("the console ended and never showed %q:\n%s", missing, all)
		case <-deadline:
			s.t.Fatalf("the screen never showed %q:\n%s", missing, all)
		}
	}
}

// settings are those of the terminal itself: whether it echoes, waits for whole lines, and so on.
func (s *screen) settings() *term.State {
	s.t.Helper()
	raw, err := s.tty.SyscallConn()
	if err != nil {
		s.t.Fatal(err)
	}
	var st *term.State
	if cerr := raw.Control(func(fd uintptr) { st, err = term.GetState(int(fd)) }); cerr != nil || err != nil {
		s.t.Fatal(cerr, err)
	}
	return st
}

// fresh are the settings of a terminal that nobody had yet.
func fresh(t *testing.T) *term.State {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	st, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// A host that is killed leaves the console with the last state, in which one can look and not act; when it is there
// again, so is the console.
func TestHostIsKilledUnderAConsole(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	host.friend("alice")
	job := host.runWASM("hello.wasm", "--on", "alice", "--", "before the end")
	s := m.screen(t, 24, 80)
	s.shows("● live", "alice")
	host.kill()
	s.shows("host lost", "alice")
	s.key("A")
	s.shows("the host is lost")
	s.key("2")
	s.shows(job.RunID, "host lost")
	s.key("\r") // the drawer reads the log of a host that is not there
	s.shows("vox://trace/"+job.TraceID, "host lost")
	m.serve()
	s.shows("● live", "alice")
	if strings.Contains(s.shown(), "host lost") {
		t.Error("it is live and lost")
	}
	s.key("q")
	s.left()
	if got := s.shown(); strings.Contains(got, "live") {
		t.Errorf("the console's screen was not left:\n%s", got)
	}
}

// A host that ends in order is lost no less; r looks for it at once, and q leaves for good.
func TestHostEndsUnderAConsole(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	s := m.screen(t, 24, 80)
	s.shows("● live")
	if code := host.stop(); code != 0 {
		t.Errorf("the host ended with %d:\n%s", code, host.errs)
	}
	s.shows("host lost", "Only this machine is here")
	// Nothing holds the log: a command reads it, and a host can have it.
	m.ok(nil, "oplog", "verify")
	host = m.serve()
	s.key("r")
	s.shows("● live")
	host.kill()
	s.shows("host lost")
	s.key("q")
	s.left()
	if *s.settings() != *fresh(t) {
		t.Error("the terminal was not given back as it was")
	}
	if m.do("summary").failed {
		t.Error("the log cannot be read after that")
	}
}

// A console opens at a run, and a link that leads nowhere opens none.
func TestOpenAtARun(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	job := host.runWASM("hello.wasm")
	link := "vox://trace/" + job.TraceID
	for _, ref := range []string{link, job.RunID} {
		var run struct {
			RunID string `json:"run_id"`
		}
		if m.ok(&run, "open", ref); run.RunID != job.RunID {
			t.Errorf("open %s gives %s, want %s", ref, run.RunID, job.RunID)
		}
	}
	m.refused("vox/run/unknown", 4, "open", "vox://trace/00000000000000000000000000000000")

	s := m.screen(t, 24, 80, "open", link)
	s.shows(link, job.RunID, "● live")
	s.key("q") // the drawer
	s.key("q")
	s.left()

	s = m.screen(t, 24, 80, "open", "r-0000")
	s.await("vox/run/unknown")
	<-s.done
	if code := s.cmd.ProcessState.ExitCode(); code != 4 || strings.Contains(s.text.String(), "\x1b[?1049h") {
		t.Errorf("a run that is not there: exit %d, and a console", code)
	}

	host.kill()
	s = m.screen(t, 24, 80, "open", job.RunID) // this one becomes the host
	s.shows(link, "● live")
	s.key("q")
	s.key("q")
	s.left()
	m.refused("vox/run/unknown", 4, "open", "r-0000")
}

//go:build unix

package e2e

import (
	"strings"
	"testing"
)

// A host that is killed leaves the console with the last state, in which one can look and not act; when it is there
// again, so is the console.
func TestHostIsKilledUnderAConsole(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	host.friend("alice")
	job := host.runWASM("hello.wasm", "--on", "alice", "--", "before the end")
	s := m.console(look{})
	x, y, _ := s.await("● live", "▸(●) alice").find("▸(●) alice")
	host.kill()
	p := s.await("host lost", "▸(●) alice")
	if p.at(x, y).text != "▸" || p.at(x+1, y).attrs&faint == 0 {
		t.Errorf("what is old does not look so, or stands elsewhere:\n%s", p)
	}
	s.key("A")
	s.await("the host is lost")
	s.key("2")
	s.await(job.RunID, "host lost")
	s.key("enter") // the drawer reads the log of a host that is not there
	s.await("vox://trace/"+job.TraceID, "host lost")
	m.serve()
	s.await("● live", "alice")
	s.gone("host lost")
	s.key("1")
	if p := s.await("▸(●) alice"); p.at(x, y).text != "▸" {
		t.Errorf("the node stands elsewhere:\n%s", p)
	}
	s.key("q")
	s.left()
}

// A host that ends in order is lost no less; r looks for it at once, and q leaves for good.
func TestHostEndsUnderAConsole(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	s := m.console(look{})
	s.await("● live")
	if code := host.stop(); code != 0 {
		t.Errorf("the host ended with %d:\n%s", code, host.errs)
	}
	s.await("host lost", "Only this machine is here")
	// Nothing holds the log: a command reads it, and a host can have it.
	m.ok(nil, "oplog", "verify")
	host = m.serve()
	s.key("r")
	s.await("● live")
	host.kill()
	s.await("host lost")
	s.key("q")
	s.left()
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

	s := m.console(look{}, "open", link)
	s.await(link, job.RunID, "● live")
	s.key("q") // the drawer
	s.key("q")
	s.left()

	s = m.console(look{}, "open", "r-0000")
	s.await("vox/run/unknown")
	<-s.ended
	if code := s.cmd.ProcessState.ExitCode(); code != 4 || strings.Contains(s.wrote(), "\x1b[?1049h") {
		t.Errorf("a run that is not there: exit %d, and a console", code)
	}

	host.kill()
	s = m.console(look{}, "open", job.RunID) // this one becomes the host
	s.await(link, "● live")
	s.key("q")
	s.key("q")
	s.left()
	m.refused("vox/run/unknown", 4, "open", "r-0000")
}

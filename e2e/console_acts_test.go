//go:build unix

package e2e

import (
	"strings"
	"testing"
	"time"
)

// live is a console at work on a mesh: a host, a friend's machine, and the console attached to the host.
func live(t *testing.T) (*host, *terminal) {
	t.Helper()
	m := newMachine(t, "aurelia")
	host := m.serve()
	host.friend("alice")
	s := m.console(look{})
	s.await("▸(●) alice", "alice PAIRED", "● live")
	return host, s
}

// running starts a job that never ends by itself and gives its id, and when it began.
func (h *host) running(file string) (job jobData, began time.Time) {
	h.machine.t.Helper()
	job = h.detached(file, "--on", "alice")
	e := h.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "running"})
	return job, time.UnixMicro(e.TsMicros)
}

// Nothing is killed by a slip: the wrong id does nothing, esc does nothing; the id and a reason kill, and are kept.
func TestConsoleKillAsksFirst(t *testing.T) {
	t.Parallel()
	host, s := live(t)
	job, _ := host.running("loop.wasm")
	s.await("Running 1", job.JobID)

	s.key("K")
	s.await("[Kill: work on alice]", job.JobID, "Waiting for the id. The reason is missing.")
	s.typed("alicia")
	s.key("enter")
	s.typed("runaway render")
	s.await("alicia", "The reason is there.")
	s.key("enter")
	s.await("[Kill: work on alice]", "Not the id: letter 5 is another one.")
	s.key("esc")
	s.gone("[Kill")

	s.key("K")
	s.await("[Kill: work on alice]", "Waiting for the id. The reason is missing.") // nothing was kept
	s.typed("alice")
	s.key("enter", "enter")
	s.await("The reason is missing")
	s.typed("runaway render")
	s.key("esc")
	s.gone("[Kill")
	entries := host.entries()
	if j := host.job(job.JobID); j.Status != "running" || len(entries) != 0 {
		t.Fatalf("before anybody confirmed the job is %s, and there are %d entries", j.Status, len(entries))
	}

	s.key("K")
	s.confirm("alice", "runaway render")
	id := auditID.FindString(s.awaitRow("killed 1 job of alice", "a-0"))
	host.awaitEnd(job.JobID)
	entries = host.entries()
	if len(entries) != 1 || entries[0].AuditID != id || entries[0].Reason != "runaway render" || entries[0].Target != "alice" || entries[0].Action != "kill" {
		t.Errorf("the notice names %s; the log has %+v", id, entries)
	}
	if j := host.job(job.JobID); j.Status != "killed" {
		t.Errorf("the job is %s", j.Status)
	}
	s.await("Running 0")
	s.key("q")
	s.left()
}

// The past is looked at by keys, by a typed time and by the mouse; nothing acts on it, and live is one key away.
func TestConsoleLooksAtThePast(t *testing.T) {
	t.Parallel()
	host, s := live(t)
	job, began := host.running("loop.wasm")
	host.ok(nil, "kill", "alice", "--confirm", "alice", "--reason", "it is over")
	host.awaitEnd(job.JobID)
	s.await("Running 0")

	s.key("[")
	s.awaitRow("[1 Mesh]", "AS OF")
	s.key("P")
	s.awaitRow("P pause: you are looking at the past: press . for live")
	s.key(".")
	s.awaitRow("[1 Mesh]", "● live")

	// The instant at which the job ran, typed: it runs, as of then.
	s.key("t")
	s.await("[time ")
	s.typed(began.Add(time.Millisecond).Local().Format("15:04:05.000"))
	s.key("enter")
	s.await("AS OF "+began.Local().Format("15:04:05"), "Running 1", job.JobID)
	s.awaitRow(" op ", job.JobID) // what happened last
	if !lit(s.picture()) {
		t.Errorf("the edge of a node that worked then is not lit:\n%s", s.screen())
	}
	s.key("2")
	s.awaitRow(job.RunID, "running", "alice")
	s.key("K")
	s.await("you are looking at the past: press . for live")
	s.key("}")
	s.awaitRow(job.RunID, "killed") // the next event is its end
	s.key("{")
	s.awaitRow(job.RunID, "running")
	s.key(".")
	s.awaitRow("[2 Runs]", "● live")
	s.awaitRow(job.RunID, "killed")

	s.dragTheKnob()
	s.key(".")
	s.awaitRow("[2 Runs]", "● live")
	s.key("q")
	s.left()
}

// knob gives the column of the scrubber's knob.
func (p picture) knob(row int) int {
	for x := p.w - 1; x >= 0; x-- {
		if p.at(x, row).text == "●" {
			return x
		}
	}
	return -1
}

// dragTheKnob takes the scrubber's window to a minute, and drags its knob to the left, into what the log holds.
func (s *terminal) dragTheKnob() {
	s.t.Helper()
	const bar = 21
	here := time.Now() // the log is older than that; the screen changes every second
	s.click(s.picture().knob(bar), bar)
	s.until("the scrubber with the focus", func(p picture) bool { return p.at(0, bar).text == "[" })
	s.key(".")
	s.awaitRow("[2 Runs]", "● live")
	for _, window := range []string{"15 m", "5 m", "1 m"} {
		s.key("+")
		s.until("a window of "+window, func(p picture) bool { return strings.Contains(p.row(bar), "  "+window+"]") })
	}
	s.until("a log that reaches back to where the knob is dragged", func(picture) bool { return time.Since(here) > 6*time.Second })
	from := s.picture().knob(bar)
	s.drag(from, from-3, bar)
	s.until("the past, and the knob to the left", func(p picture) bool {
		return strings.Contains(p.row(0), "AS OF") && p.knob(bar) < from
	})
	if row := s.row(-1); strings.Count(row, "1 s") > 1 {
		s.t.Errorf("the last row names a key twice: %q", row)
	}
}

// A pause by the palette, taken back by U; a cap by C, for which work waits, taken back by U.
func TestConsolePausesAndCaps(t *testing.T) {
	t.Parallel()
	host, s := live(t)
	s.choose("pause alice", "pause alice")
	s.await("[Pause: alice]", "$ voxmesh pause alice")
	s.confirm("alice", "a test of pause")
	s.awaitRow("paused alice", "a-0001", "U resume")
	s.await("alice ‖", "paused")
	s.key("U")
	s.awaitRow("resumed alice", "a-0002")
	s.gone("alice ‖")
	s.await("active")

	s.key("C")
	s.await("[Cap: alice]", "Dollars in 24 hours")
	s.key("ctrl+u")
	s.typed("0")
	s.await("no paid work at all", "--cap 0")
	s.key("enter")
	s.awaitRow("cap of alice: $0.00", "U takes it off again")
	job := host.detached("hello.wasm", "--on", "alice")
	s.await("queue 1")
	s.key("2")
	s.awaitRow(job.RunID, "queued", "over budget")
	s.key("e")
	s.await("[Explain", "waiting for budget")
	s.key("esc")
	s.gone("[Explain")
	s.key("U")
	s.awaitRow("cap of alice: none")
	s.awaitRow(job.RunID, "succeeded")
	s.key("q")
	s.left()
	var v verifyData
	host.ok(&v, "audit", "verify")
	if v.Failed != 0 || v.Verified < 2 {
		t.Errorf("verify %+v", v)
	}
}

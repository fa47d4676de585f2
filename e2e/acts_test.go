package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type actData struct {
	AuditID   string `json:"audit_id"`
	Signature string
	Action    string
	Target    string
	RunID     string `json:"run_id"`
	JobID     string `json:"job_id"`
}

type entryData struct {
	AuditID   string `json:"audit_id"`
	Action    string
	Target    string
	Actor     string
	Reason    string
	Class     string `json:"privacy_class"`
	Signature string
	Seq       uint64
	Stored    string
}

// entries gives the audit log without the entries that say that work was sent.
func (m *machine) entries() []entryData {
	m.t.Helper()
	var all []entryData
	m.ok(&all, "audit")
	return slices.DeleteFunc(all, func(e entryData) bool { return e.Action == "submit" })
}

type verifyData struct {
	Entries, Verified, Failed int
	TreeSize                  int `json:"tree_size"`
	Root                      string
}

// Without the target's id and a reason nothing is done, and nothing is logged as done.
func TestKillAsksFirst(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	job := host.detached("loop.wasm", "--on", "alice")
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "running"})

	host.refused("vox/confirm/required", 3, "kill", "alice")
	host.refused("vox/confirm/required", 3, "kill", "alice", "--confirm", "alicia", "--reason", "runaway")
	host.refused("vox/confirm/reason-required", 3, "kill", "alice", "--confirm", "alice")
	host.refused("vox/confirm/reason-required", 3, "kill", "alice", "--confirm", "alice", "--reason", "  ")
	host.refused("vox/node/unknown", 4, "kill", "bob", "--confirm", "bob", "--reason", "runaway")
	for _, act := range []string{"pause", "drain", "replay", "revoke"} {
		host.refused("vox/confirm/required", 3, act, "alice")
	}
	if entries := host.entries(); len(entries) != 0 {
		t.Fatalf("refused acts left %d entries", len(entries))
	}
	if j := host.job(job.JobID); j.Status != "running" {
		t.Fatalf("a refused kill left the job %s", j.Status)
	}
}

// A confirmed kill ends the job with every process behind it, leaves a signed entry, and what was put out is kept.
func TestKillLeavesASignedEntry(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "aurelia")
	host := m.serve()
	_, work := host.friend("alice")
	job := host.detached("trickle.wasm", "--on", "alice")
	follow := host.machine.start("logs", job.JobID, "-f")
	if got := follow.line(); got != "tick\n" {
		t.Fatalf("logs -f gave %q", got)
	}
	if n := len(children(t, work.cmd.Process.Pid)); n != 1 {
		t.Errorf("the worker has %d children while one job runs", n)
	}
	var act actData
	host.ok(&act, "kill", "alice", "--confirm", "alice", "--reason", "runaway render")
	if act.AuditID == "" || len(act.Signature) < 64 || act.Action != "kill" || act.Target != "alice" {
		t.Errorf("kill gave %+v", act)
	}
	follow.wait()
	if code := follow.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("logs -f ended with %d", code)
	}
	j := host.job(job.JobID)
	if j.Status != "killed" {
		t.Errorf("the job is %s", j.Status)
	}
	if out := host.raw("", "logs", job.JobID).out; !strings.HasPrefix(out, "tick\n") {
		t.Errorf("output so far was not kept: %q", out)
	}
	awaitGone(t, work.cmd.Process.Pid)

	entries := host.entries()
	if len(entries) != 1 || entries[0].AuditID != act.AuditID || entries[0].Reason != "runaway render" ||
		!strings.HasPrefix(entries[0].Actor, "cli:") || entries[0].Signature != act.Signature || entries[0].Class != "paired-peers-only" {
		t.Fatalf("entries %+v", entries)
	}
	var v verifyData
	host.ok(&v, "audit", "verify")
	if v.Entries != 2 || v.Verified != 2 || v.Failed != 0 || v.TreeSize != 2 || len(v.Root) != 64 {
		t.Errorf("verify %+v, want the submission and the kill", v)
	}
	checkExport(t, host)
	host.stop()
	flipOneByte(t, m, entries[0])
}

// checkExport verifies an export with nothing but the public key, and then with one byte changed.
func checkExport(t *testing.T, h *host) {
	t.Helper()
	export := h.raw("", "audit", "export").out
	path := filepath.Join(t.TempDir(), "export")
	if err := os.WriteFile(path, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := newMachine(t, "stranger")
	key := filepath.Join(h.dir, "audit.pub")
	stranger.ok(nil, "audit", "verify", "--export", path, "--key", key)
	bad := strings.Replace(export, "runaway", "runawax", 1)
	if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	a := stranger.do("audit", "verify", "--export", path, "--key", key)
	if a.exit != 1 || a.code != "vox/audit/not-verified" || !strings.Contains(a.text, "a-0002") {
		t.Errorf("a changed export: exit %d, %s: %s", a.exit, a.code, a.text)
	}
}

// flipOneByte changes one byte of the entry in the log's file. Both checks fail and name the op; neither crashes, and
// no host starts on it.
func flipOneByte(t *testing.T, m *machine, e entryData) {
	t.Helper()
	path := filepath.Join(m.dir, "oplog.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("runaway render"))
	if at < 0 {
		t.Fatal("the entry is not in the file")
	}
	for at >= 0 { // older pages may hold copies
		b[at] = 'R'
		at = bytes.Index(b, []byte("runaway render"))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"oplog", "verify"}, {"audit", "verify"}, {"serve", "--listen", "127.0.0.1:0"}} {
		a := m.do(args...)
		if a.exit != 1 || a.code != "vox/oplog/damaged" || !strings.Contains(a.text, "op "+itoa(e.Seq)) {
			t.Errorf("%v after a flipped byte in op %d: exit %d, %s: %s", args, e.Seq, a.exit, a.code, a.text)
		}
	}
	repaired(t, m, e.Seq)
}

// repaired cuts the damaged log; the op before is kept, the file as it was lies aside, and a host starts again.
func repaired(t *testing.T, m *machine, bad uint64) {
	t.Helper()
	var v struct {
		Kept, Lost uint64
		Aside      string
	}
	m.ok(&v, "oplog", "repair")
	if v.Kept != bad-1 || v.Aside == "" {
		t.Errorf("repair at op %d: %+v", bad, v)
	}
	m.ok(nil, "oplog", "verify")
	m.serve().ok(nil, "summary")
}

// Pause keeps new work away and resume lets it come; drain ends by itself; replay runs again; revoke expels for ever.
func TestActsOnANode(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	friend, work := host.friend("alice")
	confirm := func(act string) actData {
		t.Helper()
		var v actData
		host.ok(&v, act, "alice", "--confirm", "alice", "--reason", "a test of "+act)
		return v
	}
	confirm("pause")
	job := host.detached("hello.wasm", "--on", "alice")
	var why struct {
		Why   string
		Nodes []struct {
			NodeID string `json:"node_id"`
			Rule   string
		}
	}
	host.ok(&why, "explain", job.JobID)
	if !strings.Contains(why.Why, "paused") {
		t.Errorf("explain says %q of a job for a paused node", why.Why)
	}
	host.ok(nil, "resume", "alice")
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "succeeded"})

	again := confirm("replay")
	host.await("vox.workflow.activity", map[string]any{"job_id": again.JobID, "status": "succeeded"})
	confirm("drain")
	host.await("MeshNodeMode", map[string]any{"node_id": "alice", "mode": "drained"})
	host.ok(nil, "resume", "alice")

	confirm("revoke")
	host.refused("vox/node/unknown", 4, "nodes", "alice")
	work.stop()
	back := friend.start("work")
	host.await("MeshActionCommitted", map[string]any{"action": "revoke", "node_id": "alice"})
	back.awaitText("expelled")
	var v verifyData
	host.ok(&v, "audit", "verify")
	if v.Verified != 7 || v.Failed != 0 {
		t.Errorf("verify %+v, want 7 entries: the submission, pause, resume, replay, drain, resume, revoke", v)
	}
}

// A cap of 0 is no paid work; the queue says so, and lifting the cap lets the job go.
func TestBudgetCap(t *testing.T) {
	t.Parallel()
	host := newMachine(t, "aurelia").serve()
	host.friend("alice")
	host.ok(nil, "budget", "set", "alice", "--cap", "0")
	job := host.detached("hello.wasm", "--on", "alice")
	var why struct{ Why string }
	host.ok(&why, "explain", job.JobID)
	if !strings.Contains(why.Why, "waiting for budget") {
		t.Errorf("explain says %q", why.Why)
	}
	host.ok(nil, "budget", "set", "alice", "--cap", "none")
	host.await("vox.workflow.activity", map[string]any{"job_id": job.JobID, "status": "succeeded"})
	if a := host.do("budget", "set", "alice", "--cap", "-1"); a.exit != 2 {
		t.Errorf("a negative cap: exit %d", a.exit)
	}
}
